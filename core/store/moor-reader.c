/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-object-private.h"

/* A reader has a connection and statements of its own, so every thread that
 * verifies or restores can have one. */

struct _MoorReader
{
  MoorStore *store; /* keeps the directory open */
  MoorDb db;
  sqlite3_stmt *children;
  sqlite3_stmt *each;
  sqlite3_stmt *everything;
  sqlite3_stmt *lookup;
};

#define SELECT "SELECT " MOOR_OBJECT_COLUMNS " FROM object "

static gboolean
prepare_reader (MoorReader *reader, GError **error)
{
  /* The index has the names of a directory in order, so this order is free. */
  static const char children_sql[] = SELECT "WHERE parent = ? ORDER BY name";
  static const char each_sql[] = SELECT "WHERE profile = ? ORDER BY id";
  static const char everything_sql[] = SELECT "ORDER BY id";
  static const char lookup_sql[] = SELECT "WHERE parent = ? AND name = ? ORDER BY id";
  const MoorDb *db = &reader->db;

  return (reader->children = moor_db_prepare (db, children_sql, error)) != NULL
         && (reader->each = moor_db_prepare (db, each_sql, error)) != NULL
         && (reader->everything = moor_db_prepare (db, everything_sql, error)) != NULL
         && (reader->lookup = moor_db_prepare (db, lookup_sql, error)) != NULL;
}

/**
 * moor_reader_new:
 * @store: a store; quick lookups need it to have been sealed
 *
 * Opens the catalogue once more, for the thread that uses the reader.  Not while
 * a #MoorWriter is at work.  Blocks; any thread.
 *
 * Returns: (transfer full): a reader, or %NULL with @error set
 */
MoorReader *
moor_reader_new (MoorStore *store, GError **error)
{
  g_autoptr(MoorReader) reader = g_new0 (MoorReader, 1);

  reader->store = moor_store_ref (store);
  reader->db.dfd = store->dfd;
  reader->db.path = store->shown;
  if (!moor_db_open (&reader->db, MOOR_CATALOGUE, FALSE, error)
      || !moor_schema_check (&reader->db, error) || !prepare_reader (reader, error))
    return NULL;
  return g_steal_pointer (&reader);
}

/**
 * moor_reader_free:
 * @reader: (transfer full) (nullable): what is no longer needed
 */
void
moor_reader_free (MoorReader *reader)
{
  if (reader == NULL)
    return;
  (void) sqlite3_finalize (reader->children);
  (void) sqlite3_finalize (reader->each);
  (void) sqlite3_finalize (reader->everything);
  (void) sqlite3_finalize (reader->lookup);
  moor_db_close (&reader->db);
  moor_store_unref (reader->store);
  g_free (reader);
}

/* Tells @func about every row of a statement that has its parameters. */
static gboolean
tell_rows (MoorReader *reader,
           sqlite3_stmt *stmt,
           MoorObjectFunc func,
           gpointer user_data,
           GError **error)
{
  gboolean go_on = TRUE;
  gboolean has_row = FALSE;
  MoorObject object;

  while (go_on)
    {
      if (!moor_db_step (&reader->db, stmt, "reading", &has_row, error))
        return FALSE;
      if (!has_row)
        return TRUE;
      if (!moor_read_object (&reader->db, stmt, &object, error))
        return FALSE;
      go_on = func (&object, user_data);
      g_clear_pointer (&object.xattrs, g_variant_unref);
    }
  return TRUE;
}

static gboolean
tell_and_reset (MoorReader *reader,
                sqlite3_stmt *stmt,
                MoorObjectFunc func,
                gpointer user_data,
                GError **error)
{
  /* A callback that reads on through the same statement would spoil it. */
  g_return_val_if_fail (sqlite3_stmt_busy (stmt) == 0, FALSE);

  gboolean told = tell_rows (reader, stmt, func, user_data, error);

  (void) sqlite3_reset (stmt);
  return told;
}

/**
 * moor_reader_children:
 * @parent: a directory's number; 0 for the homes themselves
 * @func: told about each; %FALSE ends it early, which is no failure.  What it is given
 *   lives until it returns, and it may not call the same function of @reader
 *
 * Reads what is in a directory, by name.  Blocks; one thread at a time.
 *
 * Returns: %FALSE with %MOOR_ERROR_STORE_UNUSABLE at the first row that cannot be true
 */
gboolean
moor_reader_children (MoorReader *reader,
                      guint64 parent,
                      MoorObjectFunc func,
                      gpointer user_data,
                      GError **error)
{
  MoorBinder binder = { .stmt = reader->children };

  moor_bind_bits (&binder, parent);
  return tell_and_reset (reader, reader->children, func, user_data, error);
}

/**
 * moor_reader_each:
 * @profile: whose objects; 0 for everybody's
 * @func: as in moor_reader_children()
 *
 * Reads all objects by number, which has directories come before what is in them.
 * Blocks; one thread at a time.
 *
 * Returns: as moor_reader_children()
 */
gboolean
moor_reader_each (MoorReader *reader,
                  guint32 profile,
                  MoorObjectFunc func,
                  gpointer user_data,
                  GError **error)
{
  MoorBinder binder = { .stmt = reader->each };

  if (profile == 0)
    return tell_and_reset (reader, reader->everything, func, user_data, error);
  moor_bind_int (&binder, profile);
  return tell_and_reset (reader, reader->each, func, user_data, error);
}

/**
 * moor_reader_lookup:
 * @name: (type filename): in the directory @parent
 * @func: told about the object, if there is one: as in moor_reader_children()
 *
 * Blocks; one thread at a time.
 *
 * Returns: as moor_reader_children(); %TRUE without a call of @func if there is no
 *   such object
 */
gboolean
moor_reader_lookup (MoorReader *reader,
                    guint64 parent,
                    const char *name,
                    MoorObjectFunc func,
                    gpointer user_data,
                    GError **error)
{
  MoorBinder binder = { .stmt = reader->lookup };
  gboolean told;

  moor_bind_bits (&binder, parent);
  moor_bind_path (&binder, name);
  told = tell_and_reset (reader, reader->lookup, func, user_data, error);
  (void) sqlite3_clear_bindings (reader->lookup);
  return told;
}
