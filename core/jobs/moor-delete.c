/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-delete.h"

#include "moor-erase.h"
#include "moor-text.h"

static const MoorPhase phases[] = { { "check", 30 }, { "delete", 70 } };

/* The old system of a refresh goes by accepting it, not by this.  A new system that
 * was taken out by a roll back has nobody else to remove it: it counts. */
static gboolean
check_keeps_nothing (MoorJob *job, MoorStore *store, GError **error)
{
  static const char *const names[] = { "old-system", NULL };
  MoorStoreState state = moor_store_get_state (store);
  GArray *kept;
  guint n_kept;

  if (state == MOOR_STORE_DELETING)
    return TRUE;
  if (state == MOOR_STORE_ACCEPTING || state == MOOR_STORE_RESTORING
      || state == MOOR_STORE_ROLLING_BACK || state == MOOR_STORE_UNDOING)
    return moor_throw (error, MOOR_ERROR_REFUSED,
                       "the store at %s is in the middle of something: %s",
                       moor_store_get_path (store), moor_store_state_text (state));
  kept = moor_erase_open_folders (job, store, names, error);
  if (kept == NULL)
    return FALSE;
  n_kept = kept->len;
  moor_erase_close_folders (kept);
  if (n_kept > 0)
    return moor_throw (error, MOOR_ERROR_REFUSED,
                       "the store at %s still keeps the system that was set aside; "
                       "“mooring accept” gives it up, “mooring rollback” puts it back",
                       moor_store_get_path (store));
  return TRUE;
}

static gboolean
count_losses (MoorJob *job, MoorStore *store, MoorLastCopies *out_losses, GError **error)
{
  static const char *const names[] = { "tree", "replaced", "new-system", NULL };
  MoorLastCopies classes[MOOR_MAX_CLASSES];
  GArray *roots = moor_erase_open_folders (job, store, names, error);
  gboolean counted;

  if (roots == NULL)
    return FALSE;
  counted = moor_last_copies_count (job, (const MoorWalkRoot *) (gpointer) roots->data, roots->len,
                                    NULL, NULL, classes, error);
  moor_erase_close_folders (roots);
  *out_losses = classes[0];
  return counted;
}

static gboolean
check_losses (MoorStore *store,
              const MoorLastCopies *losses,
              gboolean even_last_copies,
              GError **error)
{
  g_autofree char *count = moor_text_count (losses->n_last);
  g_autofree char *size = moor_text_size (losses->n_last_bytes);

  if (losses->n_last == 0 || even_last_copies)
    return TRUE;
  return moor_throw (
      error, MOOR_ERROR_REFUSED,
      "the store at %s holds the last copy of %s files (%s); restore it first, or say "
      "--even-last-copies to lose them",
      moor_store_get_path (store), count, size);
}

/* What cannot be opened as a store may be the remains of one: then they go. */
static gboolean
end_removal (MoorJob *job, const MoorDeleteOptions *options, const GError *problem, GError **error)
{
  if (!options->dry_run && moor_store_exists (options->store_path)
      && moor_store_remove_remains (options->store_path, NULL))
    {
      moor_job_log (job, MOOR_LOG_INFO, "What was left of the store at %s is gone",
                    options->store_path);
      return TRUE;
    }
  g_propagate_error (error, g_error_copy (problem));
  return FALSE;
}

static gboolean
delete_store (MoorJob *job, const MoorDeleteOptions *options, JsonObject *result, GError **error)
{
  g_autoptr(GError) problem = NULL;
  g_autoptr(MoorStore) store = moor_store_open (options->store_path, TRUE, &problem);
  MoorLastCopies losses = { 0 };

  if (store == NULL)
    return end_removal (job, options, problem, error);
  if (!moor_store_lock (store, "delete", error) || !moor_store_open_parts (store, error)
      || !moor_erase_check_parts (store, error) || !check_keeps_nothing (job, store, error))
    return FALSE;
  moor_job_begin_phase (job, "check", 0, 0);
  if (!count_losses (job, store, &losses, error))
    return FALSE;
  moor_job_end_phase (job);
  json_object_set_int_member (result, "objects", (gint64) losses.n_objects);
  json_object_set_int_member (result, "last-copies", (gint64) losses.n_last);
  json_object_set_int_member (result, "last-copy-bytes", (gint64) losses.n_last_bytes);
  json_object_set_int_member (result, "freed", (gint64) losses.n_freed_bytes);
  json_object_set_boolean_member (result, "dry-run", options->dry_run);
  if (options->dry_run)
    return TRUE;
  /* A deletion that was begun was allowed then. */
  if (moor_store_get_state (store) != MOOR_STORE_DELETING
      && (!check_losses (store, &losses, options->even_last_copies, error)
          || !moor_store_set_state (store, MOOR_STORE_DELETING, error)))
    return FALSE;
  moor_job_begin_phase (job, "delete", losses.n_objects, 0);
  if (!moor_erase_store (job, store, result, error))
    return FALSE;
  moor_job_end_phase (job);
  return moor_store_remove_remains (options->store_path, error);
}

/**
 * moor_delete_run:
 * @result: gets what it holds, what would be lost and what comes back
 *
 * Removes a store with all its parts.  A store that holds the last name of
 * anything is left alone unless somebody said otherwise.  Repeated after a crash
 * it goes on.  Blocks.  Any thread.
 *
 * Returns: %FALSE with %MOOR_ERROR_REFUSED, %MOOR_ERROR_BUSY,
 *   %MOOR_ERROR_STORE_UNUSABLE or %G_IO_ERROR
 */
gboolean
moor_delete_run (MoorJob *job, const MoorDeleteOptions *options, JsonObject *result, GError **error)
{
  moor_job_set_phases (job, phases, G_N_ELEMENTS (phases));
  return delete_store (job, options, result, error);
}

/**
 * moor_delete_before_overwriting:
 * @store_path: (type filename): a store in whose place a new one is wanted
 *
 * Removes it if nothing is lost with it.  Blocks.
 *
 * Returns: %FALSE as moor_delete_run()
 */
gboolean
moor_delete_before_overwriting (MoorJob *job, const char *store_path, GError **error)
{
  const MoorDeleteOptions options = { .store_path = store_path };
  g_autoptr(JsonObject) result = json_object_new ();

  return delete_store (job, &options, result, error);
}
