/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The only place that knows how a catalogue is opened and how SQLite fails. */

#include <sqlite3.h>

#include "moor-error.h"

G_BEGIN_DECLS

#define MOOR_CATALOGUE "catalogue.db"
#define MOOR_CATALOGUE_NEW "catalogue.db.new" /* while it is being made */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (sqlite3_stmt, sqlite3_finalize)

/**
 * MoorDb:
 * @handle: (owned) (nullable): the connection
 * @dfd: (not owned): the store's directory; open as long as @handle is
 * @path: (not owned): the store's path, fit for messages
 */
typedef struct
{
  sqlite3 *handle;
  int dfd;
  const char *path;
} MoorDb;

gboolean moor_db_open (MoorDb *db, const char *name, gboolean writable, GError **error);
void moor_db_close (MoorDb *db);
gboolean moor_db_throw (const MoorDb *db, GError **error, const char *what);
gboolean moor_db_throw_read_only (const MoorDb *db, GError **error, const char *what);
gboolean moor_db_throw_damaged (const MoorDb *db, GError **error, const char *damage);
gboolean moor_db_exec (const MoorDb *db, const char *sql, const char *what, GError **error);
sqlite3_stmt *moor_db_prepare (const MoorDb *db, const char *sql, GError **error);
gboolean moor_db_step (const MoorDb *db,
                       sqlite3_stmt *stmt,
                       const char *what,
                       gboolean *out_has_row,
                       GError **error);

gboolean moor_schema_create (const MoorDb *db, GError **error);
gboolean moor_schema_check (const MoorDb *db, GError **error);
gboolean moor_schema_add_index (const MoorDb *db, GError **error);
gboolean moor_schema_drop_index (const MoorDb *db, GError **error);

/**
 * MoorBinder:
 *
 * Binds the parameters of a statement from left to right.  What is bound must
 * live until the statement has been stepped.
 */
typedef struct
{
  sqlite3_stmt *stmt;
  int index;
  int rc; /* the last failure */
} MoorBinder;

gboolean moor_db_run (const MoorDb *db, MoorBinder *binder, const char *what, GError **error);

static inline void
moor_bind_int (MoorBinder *binder, gint64 value)
{
  int rc = sqlite3_bind_int64 (binder->stmt, ++binder->index, value);

  if (rc != SQLITE_OK)
    binder->rc = rc;
}

static inline void
moor_bind_bits (MoorBinder *binder, guint64 value)
{
  moor_bind_int (binder, (gint64) value);
}

/* %NULL becomes NULL. */
static inline void
moor_bind_bytes (MoorBinder *binder, const void *bytes, gsize n_bytes)
{
  int rc;

  binder->index++;
  if (bytes == NULL)
    rc = sqlite3_bind_null (binder->stmt, binder->index);
  else
    rc = sqlite3_bind_blob64 (binder->stmt, binder->index, bytes, n_bytes, SQLITE_STATIC);
  if (rc != SQLITE_OK)
    binder->rc = rc;
}

static inline void
moor_bind_path (MoorBinder *binder, const char *path)
{
  moor_bind_bytes (binder, path, path != NULL ? strlen (path) : 0);
}

static inline void
moor_bind_text (MoorBinder *binder, const char *text)
{
  int rc = sqlite3_bind_text (binder->stmt, ++binder->index, text, -1, SQLITE_STATIC);

  if (rc != SQLITE_OK)
    binder->rc = rc;
}

/**
 * MoorColumns:
 * @damage: (nullable): what is wrong with the first column that cannot be true
 *
 * Reads the columns of a row from left to right and trusts none of them: a
 * catalogue may have been written by somebody who wants to mislead root.
 */
typedef struct
{
  sqlite3_stmt *stmt;
  int index;
  const char *damage;
} MoorColumns;

typedef enum
{
  MOOR_COLUMN_BYTES,         /* any bytes but NUL */
  MOOR_COLUMN_NAME,          /* one entry of a directory */
  MOOR_COLUMN_RELATIVE_PATH, /* names; may be empty */
  MOOR_COLUMN_ABSOLUTE_PATH, /* a slash and names */
  MOOR_COLUMN_TARGET,        /* where an object went: see MoorObject */
} MoorColumnShape;

gint64 moor_columns_int (MoorColumns *columns, gint64 min, gint64 max, const char *damage);
guint64 moor_columns_count (MoorColumns *columns, const char *damage);
guint32 moor_columns_u32 (MoorColumns *columns, const char *damage);
guint64 moor_columns_bits (MoorColumns *columns, const char *damage);
const char *moor_columns_peek (MoorColumns *columns,
                               MoorColumnShape shape,
                               gboolean nullable,
                               const char *damage);
char *moor_columns_dup (MoorColumns *columns,
                        MoorColumnShape shape,
                        gboolean nullable,
                        const char *damage);

G_END_DECLS
