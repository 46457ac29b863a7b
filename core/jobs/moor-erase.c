/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-erase.h"

#include <string.h>

#include "moor-remove.h"
#include "moor-text.h"

/* Everything in a part but the catalogue and the marker, which go last. */
static const char *const folders[] = { "tree",       "rules",    "accounts",
                                       "registry",   "replaced", "old-system",
                                       "new-system", "log",      NULL };

typedef struct
{
  const char *const *wanted;
  GPtrArray *found; /* (element-type filename) (owned) */
} Search;

/* A roll back after a roll back keeps its new system under a numbered name. */
static gboolean
is_wanted (const char *const *wanted, const char *name)
{
  for (; *wanted != NULL; wanted++)
    {
      gsize length = strlen (*wanted);

      if (g_str_equal (*wanted, name)
          || (g_str_equal (*wanted, "new-system") && strncmp (name, *wanted, length) == 0
              && name[length] == '-'))
        return TRUE;
    }
  return FALSE;
}

static gboolean
search_cb (const char *name, guint8 type, guint64 ino, gpointer user_data)
{
  Search *search = user_data;

  if (is_wanted (search->wanted, name))
    g_ptr_array_add (search->found, g_strdup (name));
  return TRUE;
}

/* Which of the wanted folders a part has. */
static GPtrArray *
list_folders (const MoorSys *sys, const MoorPart *part, const char *const *wanted, GError **error)
{
  g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func (g_free);
  Search search = { wanted, found };

  return moor_list_dir (sys, part->dfd, search_cb, &search, error) ? g_steal_pointer (&found)
                                                                   : NULL;
}

/**
 * moor_erase_open_folders:
 * @wanted: (array zero-terminated=1): names of folders of a part
 *
 * Opens those that exist, in all parts.  Blocks.
 *
 * Returns: (transfer full) (element-type MoorWalkRoot): to be given to
 *   moor_erase_close_folders(); %NULL with %G_IO_ERROR
 */
GArray *
moor_erase_open_folders (MoorJob *job, MoorStore *store, const char *const *wanted, GError **error)
{
  const MoorSys *sys = moor_job_get_sys (job);
  GArray *roots = g_array_new (FALSE, TRUE, sizeof (MoorWalkRoot));

  for (guint i = 0; i < moor_store_get_n_parts (store); i++)
    {
      const MoorPart *part = moor_store_get_part (store, i);
      g_autoptr(GPtrArray) names = NULL;

      if (part->dfd < 0)
        continue;
      names = list_folders (sys, part, wanted, error);
      for (guint j = 0; names != NULL && j < names->len; j++)
        {
          MoorWalkRoot root = { .mirror_dfd = -1 };

          root.name = g_intern_string (g_ptr_array_index (names, j));
          root.dfd = moor_open_beneath (sys, part->dfd, root.name, O_RDONLY | O_DIRECTORY, error);
          if (root.dfd < 0)
            g_clear_pointer (&names, g_ptr_array_unref);
          else
            g_array_append_val (roots, root);
        }
      if (names == NULL)
        {
          moor_erase_close_folders (roots);
          return NULL;
        }
    }
  return roots;
}

/**
 * moor_erase_close_folders:
 * @roots: (transfer full) (nullable): what moor_erase_open_folders() returned
 */
void
moor_erase_close_folders (GArray *roots)
{
  for (guint i = 0; roots != NULL && i < roots->len; i++)
    (void) close (g_array_index (roots, MoorWalkRoot, i).dfd);
  if (roots != NULL)
    g_array_unref (roots);
}

/* While a store is being removed, its parts go first: whether that has happened,
 * on a volume that is there, to a part that could not be opened. */
static gboolean
is_gone (MoorStore *store, const MoorPart *part)
{
  MoorStoreState state = moor_store_get_state (store);
  g_autoptr(MoorVolume) volume = NULL;
  g_autoptr(GError) error = NULL;
  g_auto(MoorFd) root_dfd = -1;
  g_auto(MoorFd) dfd = -1;

  if (state != MOOR_STORE_ACCEPTING && state != MOOR_STORE_DELETING)
    return FALSE;
  volume = moor_volume_find (part->volume_name, NULL);
  root_dfd = volume != NULL ? moor_volume_open_root (volume, NULL) : -1;
  if (root_dfd < 0)
    return FALSE;
  dfd = moor_open_beneath (NULL, root_dfd, part->path, O_PATH | O_DIRECTORY, &error);
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

/**
 * moor_erase_check_parts:
 *
 * Blocks.  Any thread.
 *
 * Returns: %FALSE with %MOOR_ERROR_REFUSED if a part of @store is on a volume that
 *   is not mounted, so that nobody can say what removing it would lose, or on one
 *   that has recorded errors
 */
gboolean
moor_erase_check_parts (MoorStore *store, GError **error)
{
  for (guint i = 0; i < moor_store_get_n_parts (store); i++)
    {
      const MoorPart *part = moor_store_get_part (store, i);

      if (part->dfd < 0 && !is_gone (store, part))
        return moor_throw (
            error, MOOR_ERROR_REFUSED,
            "a part of the store is on the volume %s, which is not mounted; mount it "
            "and run this again",
            part->volume_name);
      if (part->dfd >= 0 && part->volume->n_errors > 0)
        return moor_throw (
            error, MOOR_ERROR_REFUSED,
            "the file system at %s has recorded errors; repair it (fsck, or a btrfs scrub) before "
            "anything on it is deleted",
            part->volume->mount_point);
    }
  return TRUE;
}

static void
resisted_cb (const char *path, guint8 type, int errnum, guint worker, gpointer user_data)
{
  if (errnum != 0)
    moor_job_issue (user_data, MOOR_SEVERITY_ERROR, moor_cause_from_errno (errnum), path, NULL,
                    errnum, "could not be removed");
  else
    moor_job_add (user_data, 1, 0);
}

static gboolean
erase_folder (MoorJob *job, int part_dfd, const char *name, guint64 *n_removed, GError **error)
{
  MoorRemoveOptions options = { .sys = moor_job_get_sys (job),
                                .clear_flags = TRUE,
                                .func = resisted_cb,
                                .user_data = job };
  guint64 n_here = 0;
  guint64 n_resisted = 0;
  g_autoptr(GError) problem = NULL;

  if (!moor_remove_tree (part_dfd, name, &options, &n_here, &n_resisted,
                         moor_job_get_cancellable (job), &problem))
    {
      if (g_error_matches (problem, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
        return TRUE;
      g_propagate_error (error, g_steal_pointer (&problem));
      return FALSE;
    }
  *n_removed += n_here;
  if (n_resisted > 0)
    return moor_throw (error, MOOR_ERROR_REFUSED,
                       "%" G_GUINT64_FORMAT
                       " objects of “%s” could not be removed; see which, and run "
                       "this again",
                       n_resisted, name);
  return TRUE;
}

/**
 * moor_erase_store:
 * @store: in the state `deleting` or `accepting`, locked; all parts are there
 *
 * Removes everything a store holds, the catalogue and the marker last.  May be
 * repeated after a crash.  Blocks.
 *
 * Returns: %FALSE with %MOOR_ERROR_REFUSED if something resisted, or %G_IO_ERROR
 */
gboolean
moor_erase_store (MoorJob *job, MoorStore *store, JsonObject *result, GError **error)
{
  guint64 n_removed = 0;

  for (guint i = 0; i < moor_store_get_n_parts (store); i++)
    {
      const MoorPart *part = moor_store_get_part (store, i);
      g_autoptr(GPtrArray) names = NULL;

      /* Only what is gone already may be closed by now. */
      if (part->dfd < 0)
        continue;
      names = list_folders (moor_job_get_sys (job), part, folders, error);
      for (guint j = 0; names != NULL && j < names->len; j++)
        {
          if (!erase_folder (job, part->dfd, g_ptr_array_index (names, j), &n_removed, error))
            return FALSE;
        }
      if (names == NULL)
        return FALSE;
    }
  json_object_set_int_member (result, "removed", (gint64) n_removed);
  return moor_store_remove_marker (store, error);
}
