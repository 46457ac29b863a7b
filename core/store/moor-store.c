/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-store-private.h"

#include <errno.h>
#include <string.h>

/* A store in use: one connection to its catalogue, behind one lock, and the
 * descriptors of its parts.  The thread that has the store and the thread of its
 * MoorWriter share the connection; everything but the writer's rows is its own
 * transaction, on the disk when the function returns. */

/* clang-format off */
static const struct
{
  const char *id;
  const char *text;
} states[] = {
  [0] = { "", "" },
  [MOOR_STORE_CAPTURING] = { "capturing", "The capture is not finished" },
  [MOOR_STORE_SEALED] = { "sealed", "Complete and sealed" },
  [MOOR_STORE_SETTING_ASIDE] = { "setting-aside", "Setting the old system aside is not finished" },
  [MOOR_STORE_SET_ASIDE] = { "set-aside", "The old system is set aside" },
  [MOOR_STORE_WIPING] = { "wiping", "Wiping the old system is not finished" },
  [MOOR_STORE_WIPED] = { "wiped", "The old system is wiped" },
  [MOOR_STORE_RESTORING] = { "restoring", "The restore is not finished" },
  [MOOR_STORE_RESTORED] = { "restored", "Restored" },
  [MOOR_STORE_UNDOING] = { "undoing", "Undoing the restore is not finished" },
  [MOOR_STORE_ROLLING_BACK] = { "rolling-back", "Putting the old system back is not finished" },
  [MOOR_STORE_ACCEPTING] = { "accepting", "Giving the store up after the refresh is not finished" },
  [MOOR_STORE_DELETING] = { "deleting", "Deleting the store is not finished" },
};
/* clang-format on */

/**
 * moor_store_state_id:
 *
 * Returns: the lasting word for @state in events, reports and scripts.  Any thread.
 */
const char *
moor_store_state_id (MoorStoreState state)
{
  g_return_val_if_fail ((guint) state < G_N_ELEMENTS (states), "");
  return states[state].id;
}

/**
 * moor_store_state_text:
 *
 * Returns: @state in English, without full stop; front ends translate it.  Any thread.
 */
const char *
moor_store_state_text (MoorStoreState state)
{
  g_return_val_if_fail ((guint) state < G_N_ELEMENTS (states), "");
  return states[state].text;
}

/**
 * moor_store_info_clear:
 *
 * Frees what @info holds.
 */
void
moor_store_info_clear (MoorStoreInfo *info)
{
  g_free (info->uuid);
  g_free (info->system_name);
  g_free (info->host_name);
  g_free (info->machine_id);
  g_free (info->note);
  *info = (MoorStoreInfo){ 0 };
}

/**
 * moor_store_ref:
 *
 * Returns: (transfer full): @store.  Any thread.
 */
MoorStore *
moor_store_ref (MoorStore *store)
{
  g_atomic_ref_count_inc (&store->ref_count);
  return store;
}

/**
 * moor_store_unref:
 * @store: (transfer full): what is no longer needed
 *
 * With the last reference the lock is released and the store closed; nothing on
 * the disk changes.  Any thread.
 */
void
moor_store_unref (MoorStore *store)
{
  g_return_if_fail (store != NULL);

  MOOR_TSAN_RELEASE (store);
  if (!g_atomic_ref_count_dec (&store->ref_count))
    return;

  MOOR_TSAN_ACQUIRE (store);
  moor_store_unlock (store);
  moor_db_close (&store->db);
  if (store->parts->len == 0 && store->dfd >= 0)
    moor_fd_close (store->dfd);
  g_clear_pointer (&store->parts, g_ptr_array_unref);
  if (store->marker_fd >= 0)
    moor_fd_close (store->marker_fd);
  g_mutex_clear (&store->lock);
  g_free (store->path);
  g_free (store->shown);
  g_free (store->uuid);
  g_free (store);
}

/**
 * moor_store_get_path:
 *
 * Returns: (type filename): the store's directory as it was found.  Any thread.
 */
const char *
moor_store_get_path (MoorStore *store)
{
  return store->path;
}

/**
 * moor_store_get_uuid:
 *
 * Returns: what tells this store and its copies from every other one.  Any thread.
 */
const char *
moor_store_get_uuid (MoorStore *store)
{
  return store->uuid;
}

/**
 * moor_store_get_owner:
 *
 * Whoever owns the directory may have written everything in it, whatever the
 * catalogue says about who captured.  Any thread.
 *
 * Returns: the user that the store's directory belongs to
 */
guint32
moor_store_get_owner (MoorStore *store)
{
  return store->owner;
}

/**
 * moor_store_get_state:
 *
 * Returns: the state as it was when the store was opened, locked, or changed
 *   through @store.  Any thread.
 */
MoorStoreState
moor_store_get_state (MoorStore *store)
{
  MoorStoreState state;

  moor_lock (&store->lock);
  state = store->state;
  moor_unlock (&store->lock);
  return state;
}

static MoorTransaction *
begin (MoorStore *store, const char *sql, const char *what, GError **error)
{
  moor_lock (&store->lock);
  if ((sqlite3_get_autocommit (store->db.handle) != 0
       || moor_db_exec (&store->db, "COMMIT", "writing", error))
      && moor_db_exec (&store->db, sql, what, error))
    return store;
  moor_unlock (&store->lock);
  return NULL;
}

/**
 * moor_transaction_read:
 *
 * Returns: a transaction that sees one state of the catalogue, or %NULL with @error set
 */
MoorTransaction *
moor_transaction_read (MoorStore *store, GError **error)
{
  return begin (store, "BEGIN", "reading", error);
}

/**
 * moor_transaction_write:
 *
 * Returns: a transaction that may change the catalogue, or %NULL with @error set
 */
MoorTransaction *
moor_transaction_write (MoorStore *store, GError **error)
{
  if (!store->writable)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_READ_ONLY,
                   "The store “%s” was opened for reading only", store->shown);
      return NULL;
    }
  /* A capture is what fills volumes: it has no use for what is kept for the way back. */
  if (moor_store_get_state (store) != MOOR_STORE_CAPTURING)
    moor_reserve_use (store);
  return begin (store, "BEGIN IMMEDIATE", "writing", error);
}

/**
 * moor_transaction_commit:
 *
 * Returns: whether everything in the transaction is on the disk; if not, nothing
 *   of it will be, and @error is set
 */
gboolean
moor_transaction_commit (MoorTransaction *transaction, GError **error)
{
  return moor_db_exec (&transaction->db, "COMMIT", "writing", error);
}

/**
 * moor_transaction_end:
 *
 * Rolls back what was not committed.
 */
void
moor_transaction_end (MoorTransaction *transaction)
{
  if (sqlite3_get_autocommit (transaction->db.handle) == 0)
    (void) sqlite3_exec (transaction->db.handle, "ROLLBACK", NULL, NULL, NULL);
  moor_unlock (&transaction->lock);
}

/**
 * moor_store_load_rows:
 * @sql: fixed text, without parameters
 * @read_row: makes something of a row, or returns %NULL with its error set
 *
 * Blocks; any thread, one at a time.
 *
 * Returns: (transfer full): what @read_row made, in the order of the rows; or %NULL with
 *   @error set
 */
GPtrArray *
moor_store_load_rows (MoorStore *store,
                      const char *sql,
                      MoorRowFunc read_row,
                      GDestroyNotify free_row,
                      GError **error)
{
  g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func (free_row);
  g_autoptr(MoorTransaction) transaction = moor_transaction_read (store, error);
  g_autoptr(sqlite3_stmt) stmt = NULL;
  gboolean has_row = FALSE;

  if (transaction == NULL || (stmt = moor_db_prepare (&store->db, sql, error)) == NULL)
    return NULL;
  do
    {
      gpointer row;

      if (!moor_db_step (&store->db, stmt, "reading", &has_row, error))
        return NULL;
      if (!has_row)
        break;
      if ((row = read_row (store, stmt, error)) == NULL)
        return NULL;
      g_ptr_array_add (rows, row);
    }
  while (has_row);
  return g_steal_pointer (&rows);
}

/**
 * moor_store_write_meta:
 * @value: (nullable): %NULL to forget the key
 *
 * Inside a transaction.
 */
gboolean
moor_store_write_meta (MoorStore *store, const char *key, const char *value, GError **error)
{
  static const char set_sql[] = "INSERT OR REPLACE INTO meta(key, value) VALUES(?, ?)";
  static const char unset_sql[] = "DELETE FROM meta WHERE key = ?";
  g_autoptr(sqlite3_stmt)
                 stmt = moor_db_prepare (&store->db, value != NULL ? set_sql : unset_sql, error);
  MoorBinder binder = { .stmt = stmt };

  if (stmt == NULL)
    return FALSE;
  moor_bind_text (&binder, key);
  if (value != NULL)
    moor_bind_text (&binder, value);
  return moor_db_run (&store->db, &binder, "writing", error);
}

/**
 * moor_store_write_meta_int:
 *
 * Inside a transaction.
 */
gboolean
moor_store_write_meta_int (MoorStore *store, const char *key, gint64 value, GError **error)
{
  g_autofree char *text = g_strdup_printf ("%" G_GINT64_FORMAT, value);

  return moor_store_write_meta (store, key, text, error);
}

/* Inside a transaction.  @out_value is %NULL if there is no such key. */
static gboolean
read_meta (MoorStore *store, const char *key, char **out_value, GError **error)
{
  g_autoptr(sqlite3_stmt)
                 stmt = moor_db_prepare (&store->db, "SELECT value FROM meta WHERE key = ?", error);
  MoorBinder binder = { .stmt = stmt };
  MoorColumns columns = { .stmt = stmt };
  gboolean has_row = FALSE;

  *out_value = NULL;
  if (stmt == NULL)
    return FALSE;
  moor_bind_text (&binder, key);
  if (!moor_db_step (&store->db, stmt, "reading", &has_row, error))
    return FALSE;
  if (has_row)
    *out_value = moor_columns_dup (&columns, MOOR_COLUMN_BYTES, FALSE, "a setting is no text");
  return columns.damage == NULL || moor_db_throw_damaged (&store->db, error, columns.damage);
}

/* As read_meta(), for a number from @min to @max; 0 if there is no such key. */
static gboolean
read_meta_int (MoorStore *store,
               const char *key,
               gint64 min,
               gint64 max,
               gint64 *out_value,
               GError **error)
{
  g_autofree char *text = NULL;
  g_autofree char *damage = NULL;

  *out_value = 0;
  if (!read_meta (store, key, &text, error))
    return FALSE;
  if (text == NULL || g_ascii_string_to_signed (text, 10, min, max, out_value, NULL))
    return TRUE;

  damage = g_strdup_printf ("“%s” has an impossible value", key);
  return moor_db_throw_damaged (&store->db, error, damage);
}

/**
 * moor_store_load_state:
 *
 * Looks again in which state the store is.  Inside a transaction.
 */
gboolean
moor_store_load_state (MoorStore *store, GError **error)
{
  gint64 state;

  if (!read_meta_int (store, "state", MOOR_STORE_CAPTURING, MOOR_STORE_DELETING, &state, error))
    return FALSE;
  if (state == 0)
    return moor_db_throw_damaged (&store->db, error, "it does not say what state the store is in");
  store->state = (MoorStoreState) state;
  return TRUE;
}

/**
 * moor_store_load:
 *
 * Reads what every user of a store needs, and looks whether the catalogue belongs
 * to the marker.
 */
gboolean
moor_store_load (MoorStore *store, GError **error)
{
  g_autoptr(MoorTransaction) transaction = moor_transaction_read (store, error);
  g_autofree char *uuid = NULL;

  if (transaction == NULL || !moor_schema_check (&store->db, error)
      || !read_meta (store, "uuid", &uuid, error))
    return FALSE;
  if (g_strcmp0 (uuid, store->uuid) != 0)
    return moor_db_throw_damaged (&store->db, error,
                                  "it belongs to another store than the file MOORING");
  return moor_store_load_state (store, error) && moor_parts_load (store, error);
}

/**
 * moor_store_set_state:
 *
 * Moves the store on.  When this returns %TRUE the state is on the disk, and what
 * it announces may begin; otherwise nothing has changed.  Blocks; any thread, one
 * at a time.
 */
gboolean
moor_store_set_state (MoorStore *store, MoorStoreState state, GError **error)
{
  g_autoptr(MoorTransaction) transaction = NULL;

  g_return_val_if_fail (state >= MOOR_STORE_CAPTURING && state <= MOOR_STORE_DELETING, FALSE);

  if (store->writable && state != MOOR_STORE_CAPTURING)
    moor_reserve_use (store);
  if ((transaction = moor_transaction_write (store, error)) == NULL
      || !moor_store_write_meta_int (store, "state", state, error)
      || !moor_transaction_commit (transaction, error))
    return FALSE;
  store->state = state;
  return TRUE;
}

/**
 * moor_store_set_meta:
 * @key: not one that the store itself uses: begin it with the job's name, "restore.undo"
 * @value: (nullable): UTF-8; %NULL to forget the key
 *
 * Keeps a fact for later runs; on the disk when this returns %TRUE.  Blocks; any
 * thread, one at a time.
 */
gboolean
moor_store_set_meta (MoorStore *store, const char *key, const char *value, GError **error)
{
  g_autoptr(MoorTransaction) transaction = moor_transaction_write (store, error);

  return transaction != NULL && moor_store_write_meta (store, key, value, error)
         && moor_transaction_commit (transaction, error);
}

/**
 * moor_store_read_meta:
 * @out_value: (out) (transfer full) (nullable): what moor_store_set_meta() kept; %NULL if
 *   there is no such key
 *
 * As moor_store_dup_meta(), for who must not take a key that cannot be read for none.
 * Blocks; any thread, one at a time.
 */
gboolean
moor_store_read_meta (MoorStore *store, const char *key, char **out_value, GError **error)
{
  g_autoptr(MoorTransaction) transaction = moor_transaction_read (store, error);

  *out_value = NULL;
  return transaction != NULL && read_meta (store, key, out_value, error);
}

/**
 * moor_store_dup_meta:
 *
 * Blocks; any thread, one at a time.
 *
 * Returns: (transfer full) (nullable): what moor_store_set_meta() kept; %NULL
 *   without @error if there is no such key
 */
char *
moor_store_dup_meta (MoorStore *store, const char *key, GError **error)
{
  char *value = NULL;

  (void) moor_store_read_meta (store, key, &value, error);
  return value;
}

static gboolean
read_info_texts (MoorStore *store, MoorStoreInfo *info, GError **error)
{
  info->uuid = g_strdup (store->uuid);
  return read_meta (store, "system_name", &info->system_name, error)
         && read_meta (store, "host_name", &info->host_name, error)
         && read_meta (store, "machine_id", &info->machine_id, error)
         && read_meta (store, "note", &info->note, error);
}

static gboolean
read_info_numbers (MoorStore *store, MoorStoreInfo *info, GError **error)
{
  const struct
  {
    const char *key;
    guint64 *count;
  } counts[] = {
    { "n_objects", &info->n_objects },
    { "n_linked", &info->n_linked },
    { "n_copied", &info->n_copied },
    { "n_bytes", &info->n_bytes },
    { "n_copied_bytes", &info->n_copied_bytes },
    { "n_issues", &info->n_issues },
  };
  gint64 value;

  for (gsize i = 0; i < G_N_ELEMENTS (counts); i++)
    {
      if (!read_meta_int (store, counts[i].key, 0, G_MAXINT64, &value, error))
        return FALSE;
      *counts[i].count = (guint64) value;
    }
  if (!read_meta_int (store, "owner_uid", 0, G_MAXUINT32, &value, error))
    return FALSE;
  info->owner_uid = (guint32) value;
  return read_meta_int (store, "made_ns", 0, G_MAXINT64, &info->made_ns, error)
         && read_meta_int (store, "sealed_ns", 0, G_MAXINT64, &info->sealed_ns, error);
}

/**
 * moor_store_get_info:
 * @out_info: (out caller-allocates): what the catalogue says about the store
 *
 * What the owner is, moor_store_get_owner() knows for certain.  Blocks; any
 * thread, one at a time.
 */
gboolean
moor_store_get_info (MoorStore *store, MoorStoreInfo *out_info, GError **error)
{
  g_autoptr(MoorTransaction) transaction = moor_transaction_read (store, error);
  g_auto(MoorStoreInfo) info = { 0 };

  if (transaction == NULL || !read_info_texts (store, &info, error)
      || !read_info_numbers (store, &info, error))
    return FALSE;

  *out_info = info;
  info = (MoorStoreInfo){ 0 };
  return TRUE;
}
