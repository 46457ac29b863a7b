/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-link-walk-private.h"

#include <linux/fs.h>
#include <string.h>

#include "moor-lock.h"
#include "moor-text.h"

/*
 * Twins: the directories of the store.  One that is selected is made when it is
 * entered.  One that is only passed through gets its twin when something below
 * it is put there; until then it is put off:
 *
 *   alice           made (roots always are)
 *     .config       put off  <- made, top down, by the worker that links x
 *       app         put off  <-
 *         x         selected
 *
 * A few are put off at once at most, as making them takes all their descriptors.
 */

#define MAX_PUT_OFF 32

/* Who else's twins are where: what is on the way to them is never moved aside. */
void
moor_link_collect_roots (MoorLinkRun *run)
{
  for (guint i = 0; i < run->walk->chosen->len; i++)
    {
      const MoorChosen *chosen = g_ptr_array_index (run->walk->chosen, i);
      g_autofree char *at = g_strdup (chosen->tree_path);

      while (at != NULL && at[0] != '\0')
        {
          char *slash = strrchr (at, '/');

          g_hash_table_add (run->roots, g_strdup_printf ("%u/%s", chosen->part->index, at));
          if (slash == NULL)
            break;
          *slash = '\0';
        }
    }
}

static gboolean
leads_to_a_root (const MoorLinkRun *run, MoorDir *dir, const char *name)
{
  const MoorChosen *chosen = moor_link_chosen (run, moor_dir_data (dir));
  g_autofree char *below = NULL;
  g_autofree char *path = NULL;

  if (!chosen->is_system || chosen->tree_path == NULL)
    return FALSE;
  below = moor_dir_path_below (dir, name);
  path = chosen->tree_path[0] != '\0'
             ? g_strdup_printf ("%u/%s/%s", chosen->part->index, chosen->tree_path, below)
             : g_strdup_printf ("%u/%s", chosen->part->index, below);
  return g_hash_table_contains (run->roots, path);
}

/* Moves what the store holds under @name out of the way.  It may be the last
 * name of what somebody had before they saved the file anew, so it is kept. */
gboolean
moor_link_supersede (MoorLinkRun *run, guint worker, MoorDir *dir, const char *name, GError **error)
{
  MoorLinkWorker *own = &run->workers[worker];
  const MoorPart *part = moor_link_chosen (run, moor_dir_data (dir))->part;
  g_autofree char *kept = NULL;
  g_autofree char *path = moor_link_path (run, dir, name);
  g_autofree char *text = moor_text_path (path);
  g_auto(MoorFd) keep_dfd = -1;
  int mirror_fd = moor_dir_mirror_fd (dir, error);

  if (mirror_fd < 0)
    return FALSE;
  keep_dfd = moor_make_dirs_beneath (run->sys, part->dfd, "replaced/saved-anew", 0700, error);
  if (keep_dfd < 0)
    return FALSE;

  kept = g_strdup_printf ("%.8s-%u-%u", moor_job_get_id (run->walk->job), worker,
                          own->n_superseded++);
  if (run->sys->renameat2 (mirror_fd, name, keep_dfd, kept, RENAME_NOREPLACE) < 0)
    return moor_throw_errno (error, errno, "keeping the earlier version of “%s”", text);

  own->here.n_superseded++;
  moor_job_log (run->walk->job, MOOR_LOG_INFO,
                "The earlier version of “%s” is kept as replaced/saved-anew/%s", text, kept);
  return TRUE;
}

static gboolean
read_directory (MoorLinkRun *run, MoorDir *dir, MoorLinkDir *data)
{
  g_autoptr(GError) error = NULL;

  if (moor_dir_read_meta (dir, &data->meta, &error))
    {
      if (data->meta.flags & MOOR_META_LOCKING_FLAGS)
        moor_link_note_locked (run, dir, data, "", data->meta.flags & MOOR_META_LOCKING_FLAGS);
      return TRUE;
    }

  moor_job_log (run->walk->job, MOOR_LOG_ERROR, "%s: %s", moor_dir_name (dir), error->message);
  return FALSE;
}

static void
add_directory_row (MoorLinkRun *run, guint worker, MoorDir *dir, const MoorLinkDir *data)
{
  MoorDir *parent = moor_dir_parent (dir);
  const MoorLinkDir *above = parent != NULL ? moor_dir_data (parent) : NULL;
  MoorObject object = { .method = MOOR_METHOD_MADE };

  moor_link_fill_object (&object, &data->meta.stx);
  object.id = data->id;
  object.parent = above != NULL ? above->id : 0;
  object.name = moor_dir_name (dir);
  object.profile = moor_link_chosen (run, data)->id;
  object.flags = (guint32) data->meta.flags;
  object.xattrs = data->meta.xattrs;
  moor_link_add_row (run, worker, &object);
}

/* Makes the directory @dir's twin; a file that was there before is moved aside. */
static gboolean
make_mirror (MoorLinkRun *run, guint worker, MoorDir *dir, gboolean *out_existed, GError **error)
{
  const char *name = moor_dir_name (dir);
  g_autoptr(GError) first = NULL;

  if (moor_dir_make_mirror (dir, name, 0700, out_existed, &first))
    return TRUE;
  if (!run->walk->resumed || !g_error_matches (first, G_IO_ERROR, G_IO_ERROR_NOT_DIRECTORY))
    {
      g_propagate_error (error, g_steal_pointer (&first));
      return FALSE;
    }
  return moor_link_supersede (run, worker, moor_dir_parent (dir), name, error)
         && moor_dir_make_mirror (dir, name, 0700, out_existed, error);
}

static gboolean
make_on_disk (MoorLinkRun *run, guint worker, MoorDir *dir, gboolean *out_existed)
{
  g_autoptr(GError) error = NULL;
  MoorDir *parent = moor_dir_parent (dir);
  gboolean full;
  int mirror_fd;

  *out_existed = run->walk->resumed;
  if (parent != NULL && !make_mirror (run, worker, dir, out_existed, &error))
    {
      full = g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
      moor_job_log (run->walk->job, MOOR_LOG_ERROR, "%s", error->message);
      moor_link_report (run, parent, moor_dir_name (dir), MOOR_SEVERITY_ERROR,
                        full ? MOOR_CAUSE_NO_SPACE : MOOR_CAUSE_OTHER, 0,
                        "left out with all it holds");
      return FALSE;
    }
  if (!*out_existed)
    return TRUE;

  /* An earlier run may have taken our own permission already. */
  mirror_fd = moor_dir_mirror_fd (dir, NULL);
  if (mirror_fd >= 0)
    (void) run->sys->fchmod (mirror_fd, 0700);
  return TRUE;
}

/* Makes the twin of @dir, whose parent has one.  Nobody else makes it now. */
static gboolean
make_one (MoorLinkRun *run, guint worker, MoorDir *dir, gboolean *out_existed)
{
  MoorLinkDir *data = moor_dir_data (dir);
  MoorDir *parent = moor_dir_parent (dir);

  if (!read_directory (run, dir, data))
    {
      moor_link_report (run, parent != NULL ? parent : dir,
                        parent != NULL ? moor_dir_name (dir) : NULL, MOOR_SEVERITY_ERROR,
                        MOOR_CAUSE_READ_ERROR, 0, "left out with all it holds");
      return FALSE;
    }
  if (!make_on_disk (run, worker, dir, out_existed))
    return FALSE;

  data->id = moor_link_next_id (run);
  if (parent == NULL)
    run->walk->counts[data->chosen].root_object = data->id;
  add_directory_row (run, worker, dir, data);
  run->workers[worker].here.n_directories++;
  g_atomic_int_set (&data->made, TRUE);
  return TRUE;
}

/**
 * moor_link_make_twin:
 *
 * Makes the twin of a directory that is being entered, and those above it that were put
 * off.  In a store that held something before, what is in it will be swept.
 *
 * Returns: %FALSE if there is none, which was reported
 */
gboolean
moor_link_make_twin (MoorLinkRun *run, guint worker, MoorDir *dir)
{
  MoorLinkDir *data = moor_dir_data (dir);
  MoorDir *parent = moor_dir_parent (dir);
  gboolean existed = FALSE;

  if (parent != NULL && !moor_link_need_twin (run, worker, parent))
    return FALSE;
  if (!make_one (run, worker, dir, &existed))
    return FALSE;
  if (existed && run->walk->resumed)
    data->seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return TRUE;
}

/* Makes what was put off from @dir upwards, the uppermost first. */
static gboolean
make_put_off_locked (MoorLinkRun *run, guint worker, MoorDir *dir)
{
  MoorDir *path[MAX_PUT_OFF + 1];
  guint n = 0;
  gboolean existed;

  for (MoorDir *at = dir; at != NULL; at = moor_dir_parent (at))
    {
      const MoorLinkDir *data = moor_dir_data (at);

      if (g_atomic_int_get (&data->made))
        break;
      if (data->failed)
        return FALSE;
      path[n++] = at;
    }
  while (n > 0)
    {
      MoorDir *next = path[--n];

      if (!make_one (run, worker, next, &existed))
        {
          ((MoorLinkDir *) moor_dir_data (next))->failed = TRUE;
          return FALSE;
        }
    }
  return TRUE;
}

/**
 * moor_link_need_twin:
 *
 * Makes the twin of @dir now if it was put off.  In callbacks of @dir and of what is
 * below it.
 *
 * Returns: %FALSE if it cannot be made, which was reported
 */
gboolean
moor_link_need_twin (MoorLinkRun *run, guint worker, MoorDir *dir)
{
  const MoorLinkDir *data = moor_dir_data (dir);
  gboolean made;

  if (g_atomic_int_get (&data->made))
    return TRUE;
  moor_lock (&run->twin_lock);
  made = make_put_off_locked (run, worker, dir);
  moor_unlock (&run->twin_lock);
  return made;
}

/**
 * moor_link_put_off_twin:
 *
 * For a directory that is entered and is not selected itself.  If the store has its
 * twin, from an earlier run or because a home's is below, that is taken at once.
 *
 * Returns: %FALSE if there has to be one and is none, which was reported
 */
gboolean
moor_link_put_off_twin (MoorLinkRun *run, guint worker, MoorDir *dir)
{
  MoorLinkDir *data = moor_dir_data (dir);
  MoorDir *parent = moor_dir_parent (dir);
  const MoorLinkDir *above = moor_dir_data (parent);
  g_autoptr(GError) error = NULL;

  data->n_put_off = g_atomic_int_get (&above->made) ? 1 : above->n_put_off + 1;
  if (data->n_put_off >= MAX_PUT_OFF || leads_to_a_root (run, parent, moor_dir_name (dir)))
    return moor_link_make_twin (run, worker, dir);
  /* By induction: a twin can be there only if that of the parent was taken at once. */
  if (!run->walk->resumed || data->n_put_off > 1)
    return TRUE;
  if (!moor_dir_open_mirror (dir, moor_dir_name (dir), &error)
      && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    return TRUE;
  /* One that is there and cannot be opened cannot be made either, which is told. */
  return moor_link_make_twin (run, worker, dir);
}

typedef struct
{
  const MoorLinkRun *run;
  MoorDir *dir;
  const MoorLinkDir *data;
  GPtrArray *extra; /* (element-type filename) (owned) */
} Sweep;

static gboolean
collect_unseen_cb (const char *name, guint8 type, guint64 ino, gpointer user_data)
{
  Sweep *sweep = user_data;

  if (!g_hash_table_contains (sweep->data->seen, name)
      && !leads_to_a_root (sweep->run, sweep->dir, name))
    g_ptr_array_add (sweep->extra, g_strdup (name));
  return TRUE;
}

/**
 * moor_link_sweep_twin:
 *
 * What an earlier run linked and nobody has any more goes out of the tree.
 */
void
moor_link_sweep_twin (MoorLinkRun *run, guint worker, MoorDir *dir)
{
  const MoorLinkDir *data = moor_dir_data (dir);
  g_autoptr(GPtrArray) extra = g_ptr_array_new_with_free_func (g_free);
  Sweep sweep = { run, dir, data, extra };
  g_autoptr(GError) error = NULL;
  int mirror_fd = moor_dir_mirror_fd (dir, &error);

  if (mirror_fd < 0 || !moor_list_dir (run->sys, mirror_fd, collect_unseen_cb, &sweep, &error))
    {
      moor_job_log (run->walk->job, MOOR_LOG_WARNING, "%s", error->message);
      moor_link_report (run, dir, NULL, MOOR_SEVERITY_WARNING, MOOR_CAUSE_OTHER, 0,
                        "what nobody has any more stays in the store");
      return;
    }
  for (guint i = 0; i < extra->len; i++)
    {
      if (!moor_link_supersede (run, worker, dir, g_ptr_array_index (extra, i), &error))
        {
          moor_job_log (run->walk->job, MOOR_LOG_ERROR, "%s", error->message);
          moor_link_report (run, dir, g_ptr_array_index (extra, i), MOOR_SEVERITY_WARNING,
                            MOOR_CAUSE_OTHER, 0, "stays in the store");
          g_clear_error (&error);
        }
    }
}

/**
 * moor_link_finish_twin:
 *
 * Gives the twin of @dir, if it has one, the attributes of @dir.  Nothing will be put
 * into it any more.
 */
void
moor_link_finish_twin (MoorLinkRun *run, MoorDir *dir)
{
  MoorLinkDir *data = moor_dir_data (dir);
  g_autoptr(GError) error = NULL;

  /* The top of a volume is the store's own folder. */
  if (run->walk->writer == NULL || !g_atomic_int_get (&data->made)
      || (moor_dir_parent (dir) == NULL && moor_link_chosen (run, data)->tree_path[0] == '\0'))
    return;

  /* The store has to stay removable; the catalogue has the marks. */
  data->meta.flags &= ~MOOR_META_LOCKING_FLAGS;
  if (moor_dir_finish_mirror (dir, &data->meta, &error))
    return;

  moor_job_log (run->walk->job, MOOR_LOG_WARNING, "%s", error->message);
  moor_link_report (run, dir, NULL, MOOR_SEVERITY_WARNING, MOOR_CAUSE_METADATA, 0,
                    "kept without it");
}
