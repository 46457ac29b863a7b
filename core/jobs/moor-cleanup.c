/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-restore-private.h"

#include <string.h>
#include <sys/sysmacros.h>

#include "moor-counter.h"
#include "moor-text.h"
#include "moor-walk.h"

/*
 * <destinationCleanup>: what has to go before files come back.  Nothing is
 * deleted.  Where a home is built anew, what is to go is not taken over, and
 * stays in the home that was there; in a living tree it is put into the store's
 * keeping, and `undo` brings it back.  Folders stay.
 */

/* The key under which the job is kept that has cleaned up outside of homes. */
#define DONE_KEY "restore-cleaned"

typedef struct
{
  const MoorRestore *restore;
  const char *top;    /* the path of what is walked */
  GHashTable *spared; /* (element-type filename) (nullable): folders that are not entered */
  gsize n_gone;       /* (atomic) */
} Cleanup;

static char *
path_of (const Cleanup *cleanup, MoorDir *dir, const char *name)
{
  g_autofree char *below = moor_dir_path_below (dir, name);

  return g_strconcat (strlen (cleanup->top) > 1 ? cleanup->top : "", "/", below, NULL);
}

static void
report (const Cleanup *cleanup, MoorDir *dir, const char *name, const GError *error)
{
  g_autofree char *path = path_of (cleanup, dir, name);

  moor_job_log (cleanup->restore->job, MOOR_LOG_ERROR, "%s", error->message);
  moor_job_issue (cleanup->restore->job, MOOR_SEVERITY_ERROR, MOOR_CAUSE_OTHER, path, NULL, 0,
                  "not cleaned up");
}

/* The store is no part of what is cleaned up. */
static gboolean
enter_cb (MoorDir *dir, guint worker, gpointer user_data)
{
  MoorStore *store = ((const Cleanup *) user_data)->restore->store;
  const struct statx *stx = moor_dir_statx (dir);
  struct stat st;

  for (guint i = 0; i < moor_store_get_n_parts (store); i++)
    {
      const MoorPart *part = moor_store_get_part (store, i);

      if (part->dfd >= 0 && fstat (part->dfd, &st) == 0 && st.st_ino == stx->stx_ino
          && major (st.st_dev) == stx->stx_dev_major && minor (st.st_dev) == stx->stx_dev_minor)
        return FALSE;
    }
  return TRUE;
}

static gboolean
entry_cb (MoorDir *dir,
          const char *name,
          guint8 type,
          guint64 ino,
          guint worker,
          gpointer user_data)
{
  Cleanup *cleanup = user_data;
  const MoorRestore *restore = cleanup->restore;
  g_autofree char *path = path_of (cleanup, dir, name);
  g_autoptr(GError) error = NULL;
  int dfd;

  if (type == DT_DIR)
    return cleanup->spared == NULL || !g_hash_table_contains (cleanup->spared, path);
  if (!moor_target_rules_clean_up (restore->rules->target, path, FALSE))
    return FALSE;
  dfd = moor_dir_fd (dir, &error);
  if (dfd >= 0 && moor_replaced_put_away (restore, dfd, name, path, &error))
    {
      moor_counter_add (&cleanup->n_gone, 1);
      return FALSE;
    }
  report (cleanup, dir, name, error);
  return FALSE;
}

static void
problem_cb (MoorDir *dir,
            const char *name,
            int errnum,
            const GError *error,
            guint worker,
            gpointer user_data)
{
  report (user_data, dir, name, error);
}

static gboolean
clean (Cleanup *cleanup, int dfd, GError **error)
{
  static const MoorWalkVisitor visitor = { .enter = enter_cb,
                                           .entry = entry_cb,
                                           .problem = problem_cb };
  MoorJob *job = cleanup->restore->job;
  const MoorWalkRoot root = { .dfd = dfd, .mirror_dfd = -1, .name = cleanup->top };
  const MoorWalkOptions options = { .n_workers = 1, .sys = moor_job_get_sys (job) };

  if (!moor_walk_run (&root, 1, &visitor, cleanup, &options, moor_job_get_cancellable (job), error))
    return FALSE;
  if (cleanup->n_gone > 0)
    moor_job_log (job, MOOR_LOG_INFO,
                  "Cleaned up below %s: %" G_GSIZE_FORMAT " files are in the store's folder "
                  "“replaced” now",
                  cleanup->top, cleanup->n_gone);
  return TRUE;
}

/**
 * moor_cleanup_home:
 * @home_dfd: @person's living home, into which files are going to be merged
 *
 * Cleans it up.  May be repeated.  Blocks.
 *
 * Returns: %FALSE with %G_IO_ERROR
 */
gboolean
moor_cleanup_home (const MoorRestore *restore,
                   const MoorRestoring *person,
                   int home_dfd,
                   GError **error)
{
  Cleanup cleanup = { .restore = restore, .top = person->target_home };

  return clean (&cleanup, home_dfd, error);
}

static GHashTable *
list_spared (const MoorRestore *restore)
{
  GHashTable *spared = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  const GPtrArray *homes = restore->rules->host->all_homes;

  for (guint i = 0; i < homes->len; i++)
    g_hash_table_add (spared, g_strdup (g_ptr_array_index (homes, i)));
  for (guint i = 0; i < restore->people->len; i++)
    {
      const MoorRestoring *person = g_ptr_array_index (restore->people, i);

      g_hash_table_add (spared, g_strdup (person->target_home));
    }
  return spared;
}

static gboolean
is_in_one_of (GHashTable *spared, const char *path)
{
  GHashTableIter iter;
  gpointer home;

  g_hash_table_iter_init (&iter, spared);
  while (g_hash_table_iter_next (&iter, &home, NULL))
    {
      if (moor_path_is_at_or_below (path, home))
        return TRUE;
    }
  return FALSE;
}

static gboolean
clean_folder (const MoorRestore *restore, GHashTable *spared, const char *folder, GError **error)
{
  g_auto(MoorPlace) place = { .dfd = -1 };
  g_autoptr(GError) problem = NULL;
  Cleanup cleanup = { .restore = restore, .top = folder, .spared = spared };

  if (folder[0] == '\0')
    {
      moor_job_log (restore->job, MOOR_LOG_WARNING,
                    "A rule that cleans up everywhere is not obeyed: give it a folder");
      return TRUE;
    }
  if (is_in_one_of (spared, folder))
    return TRUE;
  if (!moor_system_locate (restore->system, folder, &place, &problem)
      && !g_error_matches (problem, G_IO_ERROR, G_IO_ERROR_NOT_FOUND)
      && !g_error_matches (problem, G_IO_ERROR, G_IO_ERROR_NOT_DIRECTORY))
    {
      g_propagate_error (error, g_steal_pointer (&problem));
      return FALSE;
    }
  return place.dfd < 0 || clean (&cleanup, place.dfd, error);
}

/**
 * moor_cleanup_run:
 *
 * Cleans up outside of homes, once: what has come back since then is not cleaned up.
 * A rule that would have the whole system gone through is refused.  May be repeated.
 * Blocks.
 *
 * Returns: %FALSE with %G_IO_ERROR
 */
gboolean
moor_cleanup_run (const MoorRestore *restore, GError **error)
{
  const gboolean may = geteuid () == 0 && moor_store_get_owner (restore->store) == 0;
  g_autoptr(GHashTable) spared = NULL;
  g_autoptr(GPtrArray) folders = NULL;
  g_autofree char *done = NULL;

  if (restore->rules == NULL || !restore->rules->cleans || !may || restore->options->paths != NULL)
    return TRUE;
  done = moor_store_dup_meta (restore->store, DONE_KEY, NULL);
  if (done != NULL)
    return TRUE;
  spared = list_spared (restore);
  folders = moor_target_rules_list_cleanups (restore->rules->target);
  for (guint i = 0; i < folders->len; i++)
    {
      if (!clean_folder (restore, spared, g_ptr_array_index (folders, i), error))
        return FALSE;
    }
  return moor_store_set_meta (restore->store, DONE_KEY, moor_job_get_id (restore->job), error);
}

/**
 * moor_cleanup_forget:
 *
 * Lets the next restore from @store clean up again.  Blocks.
 *
 * Returns: %FALSE with an error of the catalogue
 */
gboolean
moor_cleanup_forget (MoorStore *store, GError **error)
{
  return moor_store_set_meta (store, DONE_KEY, NULL, error);
}
