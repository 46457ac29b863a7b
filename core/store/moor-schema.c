/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "moor-db-private.h"
#include "moor-store.h"

/* The tables of format 1 (DESIGN 4).  Paths and the names of objects are bytes,
 * times are nanoseconds since the epoch.  A catalogue whose tables differ from
 * these by a single character was not made by Mooring. */

static const struct
{
  const char *name;
  const char *sql;
} tables[] = {
  { "meta", "CREATE TABLE meta(\n"
            "  key TEXT PRIMARY KEY NOT NULL,\n"
            "  value TEXT NOT NULL\n"
            ") WITHOUT ROWID" },
  { "volume", "CREATE TABLE volume(\n"
              "  part INTEGER PRIMARY KEY,\n"
              "  name TEXT NOT NULL,\n"
              "  path BLOB NOT NULL, -- of the part, below the volume's root\n"
              "  mount_point BLOB NOT NULL -- in the captured system\n"
              ")" },
  { "profile", "CREATE TABLE profile(\n"
               "  id INTEGER PRIMARY KEY,\n"
               "  name TEXT NOT NULL,\n"
               "  full_name TEXT,\n"
               "  uid INTEGER NOT NULL,\n"
               "  gid INTEGER NOT NULL,\n"
               "  home BLOB NOT NULL,\n"
               "  part INTEGER NOT NULL REFERENCES volume(part),\n"
               "  tree_path BLOB NOT NULL, -- below the part's tree/\n"
               "  root_object INTEGER NOT NULL,\n"
               "  home_dev INTEGER NOT NULL,\n"
               "  home_ino INTEGER NOT NULL,\n"
               "  n_objects INTEGER NOT NULL,\n"
               "  n_directories INTEGER NOT NULL,\n"
               "  n_linked INTEGER NOT NULL,\n"
               "  n_copied INTEGER NOT NULL,\n"
               "  n_bytes INTEGER NOT NULL,\n"
               "  n_excluded INTEGER NOT NULL,\n"
               "  n_excluded_bytes INTEGER NOT NULL,\n"
               "  restore_step INTEGER NOT NULL DEFAULT 0,\n"
               "  restore_part INTEGER NOT NULL DEFAULT 0,\n"
               "  restore_staging BLOB, -- below the part\n"
               "  restore_staging_ino INTEGER NOT NULL DEFAULT 0,\n"
               "  restore_replaced_ino INTEGER NOT NULL DEFAULT 0,\n"
               "  restore_moved INTEGER NOT NULL DEFAULT 0,\n"
               "  restore_exchanged INTEGER NOT NULL DEFAULT 0,\n"
               "  restore_target_name TEXT,\n"
               "  restore_target_home BLOB,\n"
               "  restore_target_uid INTEGER NOT NULL DEFAULT 0,\n"
               "  restore_target_gid INTEGER NOT NULL DEFAULT 0\n"
               ")" },
  { "account", "CREATE TABLE account(\n"
               "  profile INTEGER PRIMARY KEY REFERENCES profile(id) ON DELETE CASCADE,\n"
               "  name TEXT NOT NULL,\n"
               "  uid INTEGER NOT NULL,\n"
               "  gid INTEGER NOT NULL\n"
               ")" },
  { "component", "CREATE TABLE component(\n"
                 "  id INTEGER PRIMARY KEY,\n"
                 "  name TEXT NOT NULL\n"
                 ")" },
  { "object",
    "CREATE TABLE object(\n"
    "  id INTEGER PRIMARY KEY,\n"
    "  parent INTEGER NOT NULL, -- 0: a home\n"
    "  name BLOB NOT NULL,\n"
    "  kind INTEGER NOT NULL, -- 1 file, 2 directory, 3 symlink, 4 fifo, 5 socket, 6 char "
    "device, 7 block device\n"
    "  method INTEGER NOT NULL, -- 1 link, 2 reflink, 3 copy, 4 made\n"
    "  cause INTEGER NOT NULL, -- why it is not a link\n"
    "  size INTEGER NOT NULL,\n"
    "  mtime_ns INTEGER NOT NULL,\n"
    "  mode INTEGER NOT NULL,\n"
    "  uid INTEGER NOT NULL,\n"
    "  gid INTEGER NOT NULL,\n"
    "  dev INTEGER NOT NULL,\n"
    "  ino INTEGER NOT NULL,\n"
    "  nlink INTEGER NOT NULL,\n"
    "  profile INTEGER NOT NULL,\n"
    "  flags INTEGER NOT NULL,\n"
    "  hash BLOB, -- SHA-256, copies only\n"
    "  xattrs BLOB, -- directories and copies only\n"
    "  target_name BLOB, -- what it was restored as, if not as name\n"
    "  component INTEGER\n"
    ")" },
  { "issue", "CREATE TABLE issue(\n"
             "  id INTEGER PRIMARY KEY,\n"
             "  job TEXT NOT NULL,\n"
             "  severity INTEGER NOT NULL,\n"
             "  cause INTEGER NOT NULL,\n"
             "  path BLOB NOT NULL,\n"
             "  profile TEXT,\n"
             "  errnum INTEGER NOT NULL,\n"
             "  action TEXT NOT NULL\n"
             ")" },
  { "job", "CREATE TABLE job(\n"
           "  name TEXT PRIMARY KEY NOT NULL,\n"
           "  operation TEXT NOT NULL,\n"
           "  finished_ns INTEGER NOT NULL,\n"
           "  exit_code INTEGER NOT NULL,\n"
           "  summary TEXT NOT NULL\n"
           ") WITHOUT ROWID" },
};

static const char index_name[] = "object_by_name";
static const char index_sql[] = "CREATE INDEX object_by_name ON object(parent, name)";

/**
 * moor_schema_create:
 *
 * Makes the tables in an empty catalogue; inside the caller's transaction.
 */
gboolean
moor_schema_create (const MoorDb *db, GError **error)
{
  g_autofree char *version = g_strdup_printf ("PRAGMA user_version = %d", MOOR_STORE_FORMAT);

  for (gsize i = 0; i < G_N_ELEMENTS (tables); i++)
    if (!moor_db_exec (db, tables[i].sql, "making", error))
      return FALSE;
  return moor_db_exec (db, version, "making", error);
}

static gboolean
check_version (const MoorDb *db, GError **error)
{
  g_autoptr(sqlite3_stmt) stmt = moor_db_prepare (db, "PRAGMA user_version", error);
  gboolean has_row = FALSE;
  int version;

  if (stmt == NULL || !moor_db_step (db, stmt, "opening", &has_row, error))
    return FALSE;

  version = has_row ? sqlite3_column_int (stmt, 0) : 0;
  if (version > MOOR_STORE_FORMAT)
    return moor_throw (error, MOOR_ERROR_STORE_NEWER,
                       "The store “%s” was made by a newer Mooring: it has format %d, and this "
                       "program knows formats up to %d. Use a Mooring that knows format %d.",
                       db->path, version, MOOR_STORE_FORMAT, version);
  return version == MOOR_STORE_FORMAT
         || moor_db_throw_damaged (db, error, "it was not made by Mooring");
}

/* Whether Mooring made the thing called @name with the statement @sql. */
static gboolean
is_known (const char *name, const char *sql, guint *n_tables)
{
  if (g_strcmp0 (name, index_name) == 0)
    return g_strcmp0 (sql, index_sql) == 0;

  for (gsize i = 0; i < G_N_ELEMENTS (tables); i++)
    if (g_strcmp0 (name, tables[i].name) == 0 && g_strcmp0 (sql, tables[i].sql) == 0)
      {
        *n_tables += 1;
        return TRUE;
      }
  return FALSE;
}

/**
 * moor_schema_check:
 *
 * Looks whether the catalogue has a format that this program knows, and exactly
 * its tables: no view or trigger that somebody has added.
 *
 * Returns: %FALSE with %MOOR_ERROR_STORE_NEWER or %MOOR_ERROR_STORE_UNUSABLE
 */
gboolean
moor_schema_check (const MoorDb *db, GError **error)
{
  g_autoptr(sqlite3_stmt) stmt = NULL;
  gboolean has_row = FALSE;
  guint n_tables = 0;

  if (!check_version (db, error))
    return FALSE;
  if ((stmt = moor_db_prepare (db, "SELECT name, sql FROM sqlite_schema", error)) == NULL)
    return FALSE;

  do
    {
      if (!moor_db_step (db, stmt, "opening", &has_row, error))
        return FALSE;
      if (has_row
          && !is_known ((const char *) sqlite3_column_text (stmt, 0),
                        (const char *) sqlite3_column_text (stmt, 1), &n_tables))
        return moor_db_throw_damaged (db, error, "it holds something that Mooring did not make");
    }
  while (has_row);

  return n_tables == G_N_ELEMENTS (tables)
         || moor_db_throw_damaged (db, error, "some of its tables are missing");
}

/**
 * moor_schema_add_index:
 *
 * Makes what lookups by name need, if it is not there.  Takes about 0.6 s for a
 * million objects, and room for them in the directory for temporary files.
 */
gboolean
moor_schema_add_index (const MoorDb *db, GError **error)
{
  return moor_schema_drop_index (db, error)
         && moor_db_exec (db, index_sql, "making the index of", error);
}

/**
 * moor_schema_drop_index:
 *
 * Takes the index away, so that adding many objects is cheap.
 */
gboolean
moor_schema_drop_index (const MoorDb *db, GError **error)
{
  return moor_db_exec (db, "DROP INDEX IF EXISTS object_by_name", "changing the index of", error);
}
