/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-object-private.h"

#define N_COLUMNS "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?"

const char moor_object_insert_sql[] = "INSERT INTO object(" MOOR_OBJECT_COLUMNS
                                      ") VALUES(" N_COLUMNS ")";

/**
 * moor_bind_object:
 * @xattrs: (nullable): the attributes as they are stored, instead of @object's
 *
 * Binds every column of %MOOR_OBJECT_COLUMNS.
 */
void
moor_bind_object (MoorBinder *binder,
                  const MoorObject *object,
                  const guint8 *xattrs,
                  gsize n_xattr_bytes)
{
  moor_bind_bits (binder, object->id);
  moor_bind_bits (binder, object->parent);
  moor_bind_path (binder, object->name);
  moor_bind_int (binder, object->kind);
  moor_bind_int (binder, object->method);
  moor_bind_int (binder, object->cause);
  moor_bind_bits (binder, object->size);
  moor_bind_int (binder, object->mtime_ns);
  moor_bind_int (binder, object->mode);
  moor_bind_int (binder, object->uid);
  moor_bind_int (binder, object->gid);
  moor_bind_bits (binder, object->dev);
  moor_bind_bits (binder, object->ino);
  moor_bind_int (binder, object->nlink);
  moor_bind_int (binder, object->profile);
  moor_bind_int (binder, object->flags);
  moor_bind_bytes (binder, object->hash, MOOR_HASH_BYTES);
  moor_bind_bytes (binder, xattrs, n_xattr_bytes);
  moor_bind_path (binder, object->target_name);
}

/* A home itself may have no name of its own. */
static const char *
read_name (MoorColumns *columns, guint64 parent)
{
  const int index = columns->index;

  if (parent == 0 && sqlite3_column_type (columns->stmt, index) == SQLITE_BLOB
      && sqlite3_column_bytes (columns->stmt, index) == 0)
    {
      columns->index++;
      return "";
    }
  return moor_columns_peek (columns, MOOR_COLUMN_NAME, FALSE, "an object has an impossible name");
}

static const guint8 *
read_hash (MoorColumns *columns)
{
  const int index = columns->index++;
  const int type = sqlite3_column_type (columns->stmt, index);

  if (type == SQLITE_BLOB && sqlite3_column_bytes (columns->stmt, index) == MOOR_HASH_BYTES)
    return sqlite3_column_blob (columns->stmt, index);
  if (type != SQLITE_NULL && columns->damage == NULL)
    columns->damage = "an object has an impossible hash";
  return NULL;
}

/* (transfer full): copied, for the variant may outlive the row. */
static GVariant *
read_xattrs (MoorColumns *columns)
{
  const int index = columns->index++;
  const int type = sqlite3_column_type (columns->stmt, index);
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GVariant) xattrs = NULL;

  if (type == SQLITE_NULL)
    return NULL;
  if (type == SQLITE_BLOB)
    {
      const void *blob = sqlite3_column_blob (columns->stmt, index);

      bytes = g_bytes_new (blob, (gsize) sqlite3_column_bytes (columns->stmt, index));
      xattrs = g_variant_ref_sink (
          g_variant_new_from_bytes (G_VARIANT_TYPE ("a(ayay)"), bytes, FALSE));
    }
  if (xattrs != NULL && g_variant_is_normal_form (xattrs))
    return g_steal_pointer (&xattrs);
  if (columns->damage == NULL)
    columns->damage = "an object has impossible attributes";
  return NULL;
}

/**
 * moor_read_object:
 * @stmt: stands on a row of %MOOR_OBJECT_COLUMNS
 * @out_object: (out): strings live until @stmt is stepped; its xattrs are owned by the
 *   caller
 *
 * Reads one object and believes nothing.
 */
gboolean
moor_read_object (const MoorDb *db, sqlite3_stmt *stmt, MoorObject *out_object, GError **error)
{
  MoorColumns columns = { .stmt = stmt };
  MoorObject object = { 0 };

  object.id = moor_columns_count (&columns, "an object has an impossible number");
  object.parent = moor_columns_count (&columns, "an object has an impossible parent");
  object.name = read_name (&columns, object.parent);
  object.kind = (MoorKind) moor_columns_int (&columns, MOOR_KIND_FILE, MOOR_KIND_BLOCK_DEVICE,
                                             "an object is of no known kind");
  object.method = (MoorMethod) moor_columns_int (&columns, MOOR_METHOD_LINK, MOOR_METHOD_MADE,
                                                 "an object came by no known method");
  object.cause = (MoorCause) moor_columns_int (&columns, MOOR_CAUSE_NONE, MOOR_N_CAUSES - 1,
                                               "an object has no known cause");
  object.size = moor_columns_count (&columns, "an object has an impossible size");
  object.mtime_ns = (gint64) moor_columns_bits (&columns, "an object has an impossible time");
  object.mode = moor_columns_u32 (&columns, "an object has an impossible mode");
  object.uid = moor_columns_u32 (&columns, "an object has an impossible owner");
  object.gid = moor_columns_u32 (&columns, "an object has an impossible group");
  object.dev = moor_columns_bits (&columns, "an object has an impossible device");
  object.ino = moor_columns_bits (&columns, "an object has an impossible inode");
  object.nlink = moor_columns_u32 (&columns, "an object has an impossible number of names");
  object.profile = moor_columns_u32 (&columns, "an object belongs to nobody");
  object.flags = moor_columns_u32 (&columns, "an object has impossible flags");
  object.hash = read_hash (&columns);
  object.xattrs = read_xattrs (&columns);
  object.target_name = moor_columns_peek (&columns, MOOR_COLUMN_TARGET, TRUE,
                                          "an object has an impossible target name");

  if (columns.damage == NULL && moor_kind_from_mode (object.mode) != object.kind)
    columns.damage = "an object's mode does not fit its kind";
  if (columns.damage != NULL)
    {
      g_clear_pointer (&object.xattrs, g_variant_unref);
      return moor_db_throw_damaged (db, error, columns.damage);
    }
  *out_object = object;
  return TRUE;
}
