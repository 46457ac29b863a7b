/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-restore-private.h"

#include <stdio.h>
#include <string.h>

#include "moor-fd.h"
#include "moor-walk.h"

/*
 * What is replaced or cleaned up in a living tree is kept in the part of the
 * store on the same volume:
 *
 *   replaced/JOB/:system/etc/hosts/2a7f     the path, and in it, as a name, the
 *                                          inode of what replaced it; 0: nothing
 *
 * What comes is put there first and then exchanged for what is there, so each
 * has one of the two names at any moment.  A file whose own inode is its name
 * was not exchanged yet, or is exchanged back.
 */

#define FOLDER ":system" /* nobody can be called so */
#define NOTHING "0"
#define HALF_MADE "new"

/* The part that is on the volume of @dfd; NULL if there is none. */
static gboolean
find_part_beside (const MoorRestore *restore, int dfd, const MoorPart **out_part, GError **error)
{
  MoorDomain domain;

  *out_part = NULL;
  if (!moor_domain_of_fd (moor_job_get_sys (restore->job), dfd, &domain, error))
    return FALSE;
  for (guint i = 0; i < moor_store_get_n_parts (restore->store); i++)
    {
      const MoorPart *part = moor_store_get_part (restore->store, i);

      if (part->dfd >= 0 && part->volume != NULL
          && moor_domain_equal (&part->volume->domain, &domain))
        *out_part = part;
    }
  return TRUE;
}

/* The folder in which what has the name @path is kept. */
static int
open_keeping (const MoorRestore *restore, const MoorPart *part, const char *path, GError **error)
{
  g_autofree char *below = g_strdup_printf ("replaced/%.8s/" FOLDER "%s",
                                            moor_job_get_id (restore->job), path);

  return moor_make_dirs_beneath (moor_job_get_sys (restore->job), part->dfd, below, 0700, error);
}

static MoorPlaced
fail (MoorPlacing *placing, int errnum)
{
  placing->cause = moor_cause_from_errno (errnum);
  placing->errnum = errnum;
  return MOOR_PLACED_FAILED;
}

/* Puts what comes into the keeping, under the number of its inode. */
static MoorPlaced
stage (const MoorCollision *collision, int folder, char **out_name, MoorPlacing *placing)
{
  MoorJob *job = collision->restore->job;
  const MoorSys *sys = moor_job_get_sys (job);
  const gboolean keeps = moor_restore_keeps_existing (collision->fate);
  g_auto(MoorMeta) existing = { 0 };
  g_autoptr(GError) error = NULL;
  struct statx stx;
  MoorPlaced placed;

  /* A run that was cut off may have left it; it is a link or a copy of what is in the store. */
  if (sys->unlinkat (folder, HALF_MADE, 0) < 0 && errno != ENOENT)
    return fail (placing, errno);
  placed = moor_place_entry (sys, collision->src_dfd, collision->src_name, folder, HALF_MADE,
                             keeps ? MOOR_METHOD_REFLINK : collision->method,
                             moor_job_get_cancellable (job), placing);
  if (placed == MOOR_PLACED_FAILED || placed == MOOR_PLACED_TAKEN)
    return MOOR_PLACED_FAILED;
  if (placed != MOOR_PLACED_LINKED
      && ((keeps
           && !moor_meta_read_at (sys, collision->dst_dfd, collision->dst_name, &existing, &error))
          || !moor_restore_give_attributes (collision->restore, collision->fate, collision->ids,
                                            folder, HALF_MADE, keeps ? &existing : NULL, &error)))
    moor_job_log (job, MOOR_LOG_WARNING, "%s", error->message);
  if (sys->statx (folder, HALF_MADE, AT_SYMLINK_NOFOLLOW, STATX_INO, &stx) < 0)
    return fail (placing, errno);
  *out_name = g_strdup_printf ("%" G_GINT64_MODIFIER "x", (guint64) stx.stx_ino);
  /* The same inode may be there already; then this name stays, and goes with the next. */
  if (sys->renameat2 (folder, HALF_MADE, folder, *out_name, RENAME_NOREPLACE) < 0
      && errno != EEXIST)
    return fail (placing, errno);
  return placed;
}

/**
 * moor_replaced_exchange:
 * @placing: (inout): of what comes
 *
 * Gives what comes the name that is taken, and keeps what had it.  Blocks.  Any thread.
 *
 * Returns: how it was placed; %MOOR_PLACED_TAKEN if the store has no part on that
 *   volume, where the other could be kept: nothing was changed
 */
MoorPlaced
moor_replaced_exchange (const MoorCollision *collision, MoorPlacing *placing)
{
  const MoorSys *sys = moor_job_get_sys (collision->restore->job);
  const MoorPart *part = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *name = NULL;
  g_auto(MoorFd) folder = -1;
  MoorPlaced placed;

  if (find_part_beside (collision->restore, collision->dst_dfd, &part, &error))
    {
      if (part == NULL)
        return MOOR_PLACED_TAKEN;
      folder = open_keeping (collision->restore, part, collision->target, &error);
    }
  if (folder < 0)
    {
      moor_job_log (collision->restore->job, MOOR_LOG_ERROR, "%s", error->message);
      return fail (placing, EIO);
    }
  placed = stage (collision, folder, &name, placing);
  if (placed == MOOR_PLACED_FAILED)
    return placed;
  if (sys->renameat2 (folder, name, collision->dst_dfd, collision->dst_name, RENAME_EXCHANGE) == 0)
    return placed;
  /* What had the name is gone meanwhile. */
  if (errno == ENOENT
      && sys->renameat2 (folder, name, collision->dst_dfd, collision->dst_name, RENAME_NOREPLACE)
             == 0)
    return placed;
  return fail (placing, errno);
}

/**
 * moor_replaced_put_away:
 * @dfd: @name: a file of a living tree
 * @path: (type filename): the same, absolute, within the restored system
 *
 * Moves it into the store's keeping.  Blocks.  Any thread.
 *
 * Returns: %FALSE with %G_IO_ERROR; %G_IO_ERROR_NOT_SUPPORTED where the store has no
 *   part on its volume
 */
gboolean
moor_replaced_put_away (const MoorRestore *restore,
                        int dfd,
                        const char *name,
                        const char *path,
                        GError **error)
{
  const MoorSys *sys = moor_job_get_sys (restore->job);
  const MoorPart *part = NULL;
  g_auto(MoorFd) folder = -1;

  if (!find_part_beside (restore, dfd, &part, error))
    return FALSE;
  if (part == NULL)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                   "“%s” cannot be put away: the store has no part on its volume", path);
      return FALSE;
    }
  folder = open_keeping (restore, part, path, error);
  if (folder < 0)
    return FALSE;
  if (sys->renameat2 (dfd, name, folder, NOTHING, RENAME_NOREPLACE) < 0)
    return moor_throw_errno (error, errno, "putting “%s” away", path);
  return TRUE;
}

typedef struct
{
  MoorJob *job;
  MoorSystem *system;
  guint n_back; /* of the one worker */
  GError *failed;
} Back;

/* Gives what is kept as @name in @folder its path again, unless something else has it. */
static gboolean
bring_back (Back *back,
            int folder,
            const char *name,
            const char *path,
            gboolean *out_is_taken,
            GError **error)
{
  const MoorSys *sys = moor_job_get_sys (back->job);
  const guint64 replacer = g_ascii_strtoull (name, NULL, 16);
  g_autofree char *parent = g_path_get_dirname (path);
  g_autofree char *base = g_path_get_basename (path);
  g_auto(MoorPlace) place = { .dfd = -1 };
  g_autoptr(GError) problem = NULL;
  struct statx live = { 0 };

  *out_is_taken = FALSE;
  if (!moor_system_locate (back->system, parent, &place, &problem)
      && !g_error_matches (problem, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    {
      g_propagate_error (error, g_steal_pointer (&problem));
      return FALSE;
    }
  *out_is_taken = place.dfd < 0;
  if (place.dfd < 0)
    return TRUE;
  if (sys->statx (place.dfd, base, AT_SYMLINK_NOFOLLOW, STATX_INO, &live) < 0 && errno != ENOENT)
    return moor_throw_errno (error, errno, "looking at “%s”", path);
  *out_is_taken = live.stx_ino != 0 && live.stx_ino != replacer;
  if (*out_is_taken)
    return TRUE;
  if (sys->renameat2 (folder, name, place.dfd, base,
                      live.stx_ino != 0 ? RENAME_EXCHANGE : RENAME_NOREPLACE)
      < 0)
    return moor_throw_errno (error, errno, "putting “%s” back", path);
  back->n_back++;
  return TRUE;
}

static gboolean
back_entry_cb (MoorDir *dir,
               const char *name,
               guint8 type,
               guint64 ino,
               guint worker,
               gpointer user_data)
{
  Back *back = user_data;
  g_autofree char *below = NULL;
  g_autofree char *path = NULL;
  gboolean is_taken = FALSE;
  struct statx kept;
  int folder;

  if (type == DT_DIR || back->failed != NULL)
    return type == DT_DIR;
  folder = moor_dir_fd (dir, &back->failed);
  if (folder < 0 || g_str_equal (name, HALF_MADE))
    return FALSE;
  if (moor_job_get_sys (back->job)->statx (folder, name, AT_SYMLINK_NOFOLLOW, STATX_INO, &kept) < 0)
    {
      moor_throw_errno (&back->failed, errno, "looking at what was replaced");
      return FALSE;
    }
  if (kept.stx_ino == g_ascii_strtoull (name, NULL, 16))
    return FALSE;
  below = moor_dir_path_below (dir, NULL);
  path = g_strconcat ("/", below, NULL);
  if (bring_back (back, folder, name, path, &is_taken, &back->failed) && is_taken)
    moor_job_issue (back->job, MOOR_SEVERITY_WARNING, MOOR_CAUSE_COLLISION, path, NULL, 0,
                    "what the restore replaced stays in the store's folder “replaced”: there is "
                    "something else in its place now");
  return FALSE;
}

static gboolean
back_enter_cb (MoorDir *dir, guint worker, gpointer user_data)
{
  return TRUE;
}

static void
back_problem_cb (MoorDir *dir,
                 const char *name,
                 int errnum,
                 const GError *error,
                 guint worker,
                 gpointer user_data)
{
  Back *back = user_data;

  if (back->failed == NULL)
    back->failed = g_error_copy (error);
}

static gboolean
note_name_cb (const char *name, guint8 type, guint64 ino, gpointer user_data)
{
  if (type == DT_DIR)
    g_ptr_array_add (user_data, g_strdup (name));
  return TRUE;
}

/* What one job has replaced. */
static gboolean
put_back_job (Back *back, int replaced, const char *job, GError **error)
{
  static const MoorWalkVisitor visitor = { .enter = back_enter_cb,
                                           .entry = back_entry_cb,
                                           .problem = back_problem_cb };
  const MoorWalkOptions options = { .n_workers = 1, .sys = moor_job_get_sys (back->job) };
  g_autofree char *path = g_build_filename (job, FOLDER, NULL);
  g_autoptr(GError) problem = NULL;
  g_auto(MoorFd) folder = moor_open_beneath (options.sys, replaced, path, O_RDONLY | O_DIRECTORY,
                                              &problem);
  const MoorWalkRoot root = { .dfd = folder, .mirror_dfd = -1, .name = job };

  if (folder < 0 && g_error_matches (problem, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    return TRUE;
  if (folder < 0)
    {
      g_propagate_error (error, g_steal_pointer (&problem));
      return FALSE;
    }
  if (moor_walk_run (&root, 1, &visitor, back, &options, moor_job_get_cancellable (back->job),
                     &problem)
      && back->failed == NULL)
    return TRUE;
  if (back->failed == NULL)
    back->failed = g_steal_pointer (&problem);
  g_propagate_error (error, g_steal_pointer (&back->failed));
  return FALSE;
}

/**
 * moor_replaced_put_back:
 * @out_n_back: (out): how many objects have their names again
 *
 * Undoes every moor_replaced_exchange() and moor_replaced_put_away() of restores from
 * @store, unless something else has the name by now: that is told.  May be
 * repeated.  Blocks.
 *
 * Returns: %FALSE with %G_IO_ERROR
 */
gboolean
moor_replaced_put_back (MoorJob *job,
                        MoorSystem *system,
                        MoorStore *store,
                        guint *out_n_back,
                        GError **error)
{
  const MoorSys *sys = moor_job_get_sys (job);
  Back back = { .job = job, .system = system };

  for (guint i = 0; i < moor_store_get_n_parts (store); i++)
    {
      const MoorPart *part = moor_store_get_part (store, i);
      g_autoptr(GPtrArray) jobs = g_ptr_array_new_with_free_func (g_free);
      g_autoptr(GError) problem = NULL;
      g_auto(MoorFd) replaced = -1;

      if (part->dfd < 0)
        continue;
      replaced = moor_open_beneath (sys, part->dfd, "replaced", O_RDONLY | O_DIRECTORY, &problem);
      if (replaced < 0 && g_error_matches (problem, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
        continue;
      if (replaced < 0)
        {
          g_propagate_error (error, g_steal_pointer (&problem));
          return FALSE;
        }
      if (!moor_list_dir (sys, replaced, note_name_cb, jobs, error))
        return FALSE;
      for (guint j = 0; j < jobs->len; j++)
        {
          if (!put_back_job (&back, replaced, g_ptr_array_index (jobs, j), error))
            return FALSE;
        }
    }
  *out_n_back = back.n_back;
  return TRUE;
}
