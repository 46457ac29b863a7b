/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-object-private.h"

/* What is written to a catalogue beside the rows of the capture: changes of single
 * objects, issues, and which jobs there were. */

/**
 * moor_store_update_object:
 * @object: everything about one object; @id says which
 *
 * Replaces a row, on the disk when this returns %TRUE.  Blocks; any thread, one at
 * a time.
 *
 * Returns: %FALSE with @error set, to %G_IO_ERROR_NOT_FOUND if there is no such object
 */
gboolean
moor_store_update_object (MoorStore *store, const MoorObject *object, GError **error)
{
  static const char sql[] = "UPDATE object SET (" MOOR_OBJECT_COLUMNS
                            ") = (?1, ?, ?, ?, ?, ?, ?, ?,"
                            " ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) WHERE id = ?1";
  g_autoptr(MoorTransaction) transaction = moor_transaction_write (store, error);
  g_autoptr(sqlite3_stmt) stmt = NULL;
  MoorBinder binder = { 0 };
  const guint8 *xattrs = NULL;
  gsize n_xattr_bytes = 0;

  if (transaction == NULL || (stmt = moor_db_prepare (&store->db, sql, error)) == NULL)
    return FALSE;
  if (object->xattrs != NULL)
    {
      xattrs = g_variant_get_data (object->xattrs);
      n_xattr_bytes = g_variant_get_size (object->xattrs);
    }
  binder.stmt = stmt;
  moor_bind_object (&binder, object, xattrs, n_xattr_bytes);
  if (!moor_db_run (&store->db, &binder, "writing", error))
    return FALSE;
  if (sqlite3_changes (store->db.handle) != 1)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                   "The catalogue of “%s” has no object %" G_GUINT64_FORMAT, store->shown,
                   object->id);
      return FALSE;
    }
  return moor_transaction_commit (transaction, error);
}

/**
 * moor_store_set_target_names:
 * @names: (element-type gsize filename): from an object's number (GSIZE_TO_POINTER())
 *   to the name it was restored under; %NULL where that is its own again
 *
 * Records all of them, or none.  Blocks; any thread, one at a time.
 */
gboolean
moor_store_set_target_names (MoorStore *store, GHashTable *names, GError **error)
{
  static const char sql[] = "UPDATE object SET target_name = ? WHERE id = ?";
  g_autoptr(MoorTransaction) transaction = moor_transaction_write (store, error);
  g_autoptr(sqlite3_stmt) stmt = NULL;
  MoorBinder binder = { 0 };
  GHashTableIter iter;
  gpointer id;
  gpointer name;

  if (transaction == NULL || (stmt = moor_db_prepare (&store->db, sql, error)) == NULL)
    return FALSE;
  binder.stmt = stmt;
  g_hash_table_iter_init (&iter, names);
  while (g_hash_table_iter_next (&iter, &id, &name))
    {
      moor_bind_path (&binder, name);
      moor_bind_bits (&binder, GPOINTER_TO_SIZE (id));
      if (!moor_db_run (&store->db, &binder, "writing", error))
        return FALSE;
    }
  return moor_transaction_commit (transaction, error);
}

/**
 * moor_store_clear_target_names:
 *
 * Forgets where objects were restored.  Blocks; any thread, one at a time.
 */
gboolean
moor_store_clear_target_names (MoorStore *store, GError **error)
{
  g_autoptr(MoorTransaction) transaction = moor_transaction_write (store, error);

  return transaction != NULL
         && moor_db_exec (&store->db,
                          "UPDATE object SET target_name = NULL WHERE target_name IS NOT NULL",
                          "writing", error)
         && moor_transaction_commit (transaction, error);
}

/**
 * moor_store_add_issues:
 * @job: the job's name
 * @issues: (element-type MoorIssue): what went differently
 *
 * Records all of them, or none.  Blocks; any thread, one at a time.
 */
gboolean
moor_store_add_issues (MoorStore *store, const char *job, GPtrArray *issues, GError **error)
{
  static const char sql[] = "INSERT INTO issue(job, severity, cause, path, profile, errnum, action)"
                            " VALUES(?, ?, ?, ?, ?, ?, ?)";
  g_autoptr(MoorTransaction) transaction = moor_transaction_write (store, error);
  g_autoptr(sqlite3_stmt) stmt = NULL;
  MoorBinder binder = { 0 };

  if (transaction == NULL || (stmt = moor_db_prepare (&store->db, sql, error)) == NULL)
    return FALSE;
  binder.stmt = stmt;
  for (guint i = 0; i < issues->len; i++)
    {
      const MoorIssue *issue = g_ptr_array_index (issues, i);

      moor_bind_text (&binder, job);
      moor_bind_int (&binder, issue->severity);
      moor_bind_int (&binder, issue->cause);
      moor_bind_path (&binder, issue->path);
      moor_bind_text (&binder, issue->profile);
      moor_bind_int (&binder, issue->errnum);
      moor_bind_text (&binder, issue->action);
      if (!moor_db_run (&store->db, &binder, "writing", error))
        return FALSE;
    }
  return moor_transaction_commit (transaction, error);
}

static gpointer
read_issue (MoorStore *store, sqlite3_stmt *stmt, GError **error)
{
  static const char damage[] = "an issue has an impossible value";
  MoorColumns columns = { .stmt = stmt };
  const int severity = (int) moor_columns_int (&columns, MOOR_SEVERITY_NOTE, MOOR_SEVERITY_ERROR,
                                               damage);
  const int cause = (int) moor_columns_int (&columns, MOOR_CAUSE_NONE, MOOR_N_CAUSES - 1, damage);
  g_autofree char *path = moor_columns_dup (&columns, MOOR_COLUMN_BYTES, FALSE, damage);
  g_autofree char *profile = moor_columns_dup (&columns, MOOR_COLUMN_BYTES, TRUE, damage);
  const int errnum = (int) moor_columns_int (&columns, 0, G_MAXINT, damage);
  g_autofree char *action = moor_columns_dup (&columns, MOOR_COLUMN_BYTES, FALSE, damage);

  if (columns.damage == NULL)
    return moor_issue_new ((MoorSeverity) severity, (MoorCause) cause, path, profile, errnum,
                           action);
  (void) moor_db_throw_damaged (&store->db, error, columns.damage);
  return NULL;
}

/**
 * moor_store_load_issues:
 *
 * Blocks; any thread, one at a time.
 *
 * Returns: (transfer full) (element-type MoorIssue): the issues of all jobs, in the
 *   order in which they were recorded; %NULL with @error set
 */
GPtrArray *
moor_store_load_issues (MoorStore *store, GError **error)
{
  static const char sql[] =
      "SELECT severity, cause, path, profile, errnum, action FROM issue ORDER BY id";

  return moor_store_load_rows (store, sql, read_issue, (GDestroyNotify) moor_issue_free, error);
}

/**
 * moor_store_note_job:
 * @job: the job's name; one that was noted before is replaced
 * @operation: what it was: "capture"
 * @exit_code: how it ended
 * @summary: one line for people
 *
 * Records that a job has ended.  Blocks; any thread, one at a time.
 */
gboolean
moor_store_note_job (MoorStore *store,
                     const char *job,
                     const char *operation,
                     int exit_code,
                     const char *summary,
                     GError **error)
{
  static const char sql[] = "INSERT OR REPLACE INTO job(name, operation, finished_ns, exit_code,"
                            " summary) VALUES(?, ?, ?, ?, ?)";
  g_autoptr(MoorTransaction) transaction = moor_transaction_write (store, error);
  g_autoptr(sqlite3_stmt) stmt = NULL;
  MoorBinder binder = { 0 };

  if (transaction == NULL || (stmt = moor_db_prepare (&store->db, sql, error)) == NULL)
    return FALSE;
  binder.stmt = stmt;
  moor_bind_text (&binder, job);
  moor_bind_text (&binder, operation);
  moor_bind_int (&binder, g_get_real_time () * 1000);
  moor_bind_int (&binder, exit_code);
  moor_bind_text (&binder, summary);
  return moor_db_run (&store->db, &binder, "writing", error)
         && moor_transaction_commit (transaction, error);
}
