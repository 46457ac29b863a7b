/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdatomic.h>
#include <string.h>

#include "moor-object-private.h"

/* The catalogue's writer.
 *
 *   worker ---.
 *   worker ---+--> batches (up to MAX_QUEUED_BYTES) --> writer thread --> SQLite
 *   worker ---'
 *
 * All rows go into one transaction, which is committed by moor_writer_finish():
 * until then a crash leaves the catalogue as it was.  After a failure the thread
 * goes on taking batches out of the queue, so that no worker waits for ever, and
 * throws them away. */

#define MAX_QUEUED_BYTES (8 * 1024 * 1024)

struct _MoorWriter
{
  MoorStore *store;
  _Atomic guint64 last_id;
  sqlite3_stmt *insert; /* used with the store's lock held */
  GThread *thread;

  GMutex lock; /* guards the members below */
  GCond filled;
  GCond drained;
  GQueue batches; /* (element-type MoorBatch) (owned) */
  gsize n_queued_bytes;
  gboolean closed; /* no more batches will come */
  GError *error;
};

static gboolean
insert_batch (MoorWriter *writer, const MoorBatch *batch, GError **error)
{
  const MoorDb *db = &writer->store->db;
  MoorBinder binder = { .stmt = writer->insert };
  MoorBatchRow row;
  gsize position = 0;

  while (moor_batch_next (batch, &position, &row))
    {
      moor_bind_object (&binder, &row.object, row.xattrs, row.n_xattr_bytes);
      if (!moor_db_run (db, &binder, "writing", error))
        return FALSE;
    }
  return TRUE;
}

/* Another function of the store may have committed since the last batch. */
static gboolean
write_batch (MoorWriter *writer, const MoorBatch *batch, GError **error)
{
  const MoorDb *db = &writer->store->db;
  gboolean written;

  moor_lock (&writer->store->lock);
  written = (sqlite3_get_autocommit (db->handle) == 0
             || moor_db_exec (db, "BEGIN IMMEDIATE", "writing", error))
            && insert_batch (writer, batch, error);
  moor_unlock (&writer->store->lock);
  return written;
}

static gboolean
end_transaction (MoorWriter *writer, gboolean commit, GError **error)
{
  const MoorDb *db = &writer->store->db;
  gboolean done = TRUE;

  moor_lock (&writer->store->lock);
  if (sqlite3_get_autocommit (db->handle) == 0)
    {
      if (commit)
        done = moor_db_exec (db, "COMMIT", "writing", error);
      if (!commit || !done)
        (void) sqlite3_exec (db->handle, "ROLLBACK", NULL, NULL, NULL);
    }
  moor_unlock (&writer->store->lock);
  return done;
}

/* Waits for a batch; %NULL when there will be none any more. */
static MoorBatch *
pop_batch (MoorWriter *writer)
{
  MoorBatch *batch = NULL;
  const GList *link;

  moor_lock (&writer->lock);
  while (writer->batches.length == 0 && !writer->closed)
    moor_wait (&writer->filled, &writer->lock);
  if ((link = g_queue_pop_head_link (&writer->batches)) != NULL)
    {
      batch = link->data;
      writer->n_queued_bytes -= moor_batch_get_n_bytes (batch);
      g_cond_broadcast (&writer->drained);
    }
  moor_unlock (&writer->lock);
  return batch;
}

static void
note_failure (MoorWriter *writer, GError *error)
{
  moor_lock (&writer->lock);
  writer->error = error;
  g_cond_broadcast (&writer->drained);
  moor_unlock (&writer->lock);
}

static gpointer
writer_main (gpointer user_data)
{
  MoorWriter *writer = user_data;
  gboolean failed = FALSE;
  MoorBatch *batch;

  while ((batch = pop_batch (writer)) != NULL)
    {
      GError *error = NULL;

      if (!failed && !write_batch (writer, batch, &error))
        {
          failed = TRUE;
          note_failure (writer, error);
        }
      moor_batch_free (batch);
    }
  return NULL;
}

static gboolean
prepare_writer (MoorWriter *writer, GError **error)
{
  g_autoptr(MoorTransaction) transaction = moor_transaction_read (writer->store, error);
  g_autoptr(sqlite3_stmt) last = NULL;
  const MoorDb *db = &writer->store->db;
  gboolean has_row = FALSE;

  if (transaction == NULL
      || (last = moor_db_prepare (db, "SELECT max(id) FROM object", error)) == NULL
      || !moor_db_step (db, last, "reading", &has_row, error)
      || (writer->insert = moor_db_prepare (db, moor_object_insert_sql, error)) == NULL)
    return FALSE;
  atomic_init (&writer->last_id, has_row ? (guint64) MAX (sqlite3_column_int64 (last, 0), 0) : 0);
  return TRUE;
}

/**
 * moor_writer_new:
 * @store: opened writable; in the middle of a capture
 *
 * Starts the thread that writes rows to the catalogue.  A store has one writer at
 * a time.  While it is at work other functions of the store may be used; those
 * that change the catalogue commit the rows that were written so far.  Readers
 * have to wait until it has finished.
 *
 * Returns: (transfer full): the writer, or %NULL with @error set
 */
MoorWriter *
moor_writer_new (MoorStore *store, GError **error)
{
  g_autoptr(MoorWriter) writer = g_new0 (MoorWriter, 1);

  g_return_val_if_fail (store->writable, NULL);

  writer->store = moor_store_ref (store);
  g_mutex_init (&writer->lock);
  g_cond_init (&writer->filled);
  g_cond_init (&writer->drained);
  g_queue_init (&writer->batches);
  if (!prepare_writer (writer, error))
    return NULL;
  writer->thread = g_thread_new ("catalogue", writer_main, writer);
  return g_steal_pointer (&writer);
}

/**
 * moor_writer_next_id:
 *
 * Any thread.
 *
 * Returns: a number for a new object, higher than all before: whoever takes that
 *   of a directory before those of what is in it has parents come first
 */
guint64
moor_writer_next_id (MoorWriter *writer)
{
  return atomic_fetch_add_explicit (&writer->last_id, 1, memory_order_relaxed) + 1;
}

/**
 * moor_writer_push:
 * @batch: (transfer full): rows
 *
 * Hands rows to the writer.  Blocks while too many wait already; any thread.
 *
 * Returns: %FALSE if the writer has failed: moor_writer_finish() knows why
 */
gboolean
moor_writer_push (MoorWriter *writer, MoorBatch *batch)
{
  const gsize n_bytes = moor_batch_get_n_bytes (batch);
  gboolean accepted;

  moor_lock (&writer->lock);
  while (writer->error == NULL && writer->n_queued_bytes > 0
         && writer->n_queued_bytes + n_bytes > MAX_QUEUED_BYTES)
    moor_wait (&writer->drained, &writer->lock);

  accepted = writer->error == NULL && !writer->closed;
  if (accepted)
    {
      g_queue_push_tail_link (&writer->batches, moor_batch_get_link (batch));
      writer->n_queued_bytes += n_bytes;
      g_cond_signal (&writer->filled);
    }
  moor_unlock (&writer->lock);

  if (!accepted)
    moor_batch_free (batch);
  return accepted;
}

static void
stop_thread (MoorWriter *writer)
{
  if (writer->thread == NULL)
    return;
  moor_lock (&writer->lock);
  writer->closed = TRUE;
  g_cond_signal (&writer->filled);
  moor_unlock (&writer->lock);
  (void) moor_thread_join (g_steal_pointer (&writer->thread));
}

/**
 * moor_writer_finish:
 *
 * Waits until every row is written, and commits.  Nothing can be pushed
 * afterwards.  Blocks; one thread, once.
 *
 * Returns: whether all rows are on the disk.  If not, @error is the first failure
 *   (%G_IO_ERROR_NO_SPACE with the volume named), and none of them is, but those
 *   that another function of the store has committed
 */
gboolean
moor_writer_finish (MoorWriter *writer, GError **error)
{
  g_return_val_if_fail (writer->thread != NULL, FALSE);

  stop_thread (writer);
  if (writer->error == NULL)
    return end_transaction (writer, TRUE, error);
  (void) end_transaction (writer, FALSE, NULL);
  g_propagate_error (error, g_steal_pointer (&writer->error));
  return FALSE;
}

/**
 * moor_writer_free:
 * @writer: (transfer full) (nullable): a writer
 *
 * Without moor_writer_finish() before, its rows are rolled back.
 */
void
moor_writer_free (MoorWriter *writer)
{
  if (writer == NULL)
    return;
  if (writer->thread != NULL)
    {
      stop_thread (writer);
      (void) end_transaction (writer, FALSE, NULL);
    }
  (void) sqlite3_finalize (writer->insert);
  g_clear_error (&writer->error);
  g_mutex_clear (&writer->lock);
  g_cond_clear (&writer->filled);
  g_cond_clear (&writer->drained);
  moor_store_unref (writer->store);
  g_free (writer);
}
