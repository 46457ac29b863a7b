/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-root.h"

#include <stdio.h>
#include <string.h>

#include "moor-meta.h"
#include "moor-text.h"
#include "moor-walk.h"

/*
 * A system is set aside, and put back, by renaming the entries of its root.
 * Where something inside a directory has to stay, the directory stays too and
 * its other entries are renamed one level down.  Every rename is atomic and is
 * never repeated: what has been moved is no longer where it came from.
 */

/**
 * moor_store_is_trusted:
 * @what: what is about to happen, for the message: "set aside"
 *
 * A store that an ordinary user made may say anything: root does nothing on its
 * word but give that user's files back.  Any thread.
 *
 * Returns: %FALSE with %MOOR_ERROR_REFUSED
 */
gboolean
moor_store_is_trusted (MoorStore *store, const char *what, GError **error)
{
  if (geteuid () != 0 || moor_store_get_owner (store) == 0)
    return TRUE;
  return moor_throw (
      error, MOOR_ERROR_REFUSED,
      "the store at %s belongs to an ordinary user; nothing is %s on its word. Run this "
      "as that user",
      moor_store_get_path (store), what);
}

/**
 * moor_root_check:
 * @what: what is about to happen, for the message: "set aside"
 *
 * Refuses a root that must not be taken apart.  Blocks.  Any thread.
 *
 * Returns: %FALSE with %MOOR_ERROR_REFUSED or %MOOR_ERROR_NOT_PERMITTED
 */
gboolean
moor_root_check (MoorSystem *system, const char *what, GError **error)
{
  g_autoptr(GPtrArray) mounts = NULL;
  g_autoptr(GString) names = NULL;

  if (geteuid () != 0)
    return moor_throw (error, MOOR_ERROR_NOT_PERMITTED, "a system is %s by root only; use sudo",
                       what);
  if (moor_system_is_running (system))
    return moor_throw (error, MOOR_ERROR_REFUSED,
                       "%s is the system that is running now; it cannot be %s. Start the computer "
                       "from a live medium and name the mounted root with --root",
                       moor_system_get_path (system), what);
  if (moor_system_get_volume (system)->read_only)
    return moor_throw (error, MOOR_ERROR_REFUSED,
                       "%s is mounted read-only; mount it writable first",
                       moor_system_get_path (system));

  mounts = moor_volume_mounts_below (moor_system_get_dfd (system), error);
  if (mounts == NULL)
    return FALSE;
  if (mounts->len == 0)
    return TRUE;

  names = g_string_new (NULL);
  for (guint i = 0; i < mounts->len; i++)
    {
      g_autofree char *name = moor_text_path (g_ptr_array_index (mounts, i));

      g_string_append_printf (names, "%s“%s”", i > 0 ? ", " : "", name);
    }
  return moor_throw (
      error, MOOR_ERROR_REFUSED,
      "something is mounted below %s: %s. Unmount it first; what is on it stays there "
      "untouched, a part of the store too",
      moor_system_get_path (system), names->str);
}

/**
 * moor_root_describe:
 *
 * Returns: (transfer full): where the root of @system is, in words that survive a
 *   restart; %NULL with %G_IO_ERROR.  Blocks.  Any thread.
 */
char *
moor_root_describe (MoorSystem *system, GError **error)
{
  MoorVolume *volume = moor_system_get_volume (system);
  g_autofree char *path = moor_volume_path_of (volume, moor_system_get_dfd (system), error);

  return path != NULL ? g_strdup_printf ("%s:/%s", volume->name, path) : NULL;
}

/**
 * moor_root_check_same:
 *
 * Looks whether @system is the one that was set aside into @store.  Blocks.  Any
 * thread.
 *
 * Returns: %FALSE with %MOOR_ERROR_REFUSED if it is another one, or %G_IO_ERROR
 */
gboolean
moor_root_check_same (MoorSystem *system, MoorStore *store, GError **error)
{
  g_autofree char *here = moor_root_describe (system, error);
  g_autofree char *recorded = NULL;

  if (here == NULL || !moor_store_read_meta (store, "root", &recorded, error))
    return FALSE;
  if (recorded != NULL && !g_str_equal (here, recorded))
    return moor_throw (error, MOOR_ERROR_REFUSED,
                       "the store at %s belongs to the system at %s, and this one is at %s; name "
                       "the right one with --root",
                       moor_store_get_path (store), recorded, here);
  return TRUE;
}

/**
 * moor_root_part:
 * @make: make a part on the root's volume if there is none
 *
 * Finds the part of @store between which and the root of @system entries can be
 * renamed.  Blocks.  Any thread.
 *
 * Returns: (transfer none): %NULL with %MOOR_ERROR_REFUSED if there is none
 */
const MoorPart *
moor_root_part (MoorStore *store, MoorSystem *system, gboolean make, GError **error)
{
  MoorVolume *volume = moor_system_get_volume (system);
  const MoorPart *part = moor_store_find_part (store, volume->name);

  if (part == NULL && make)
    return moor_store_add_part (store, volume, "/", error);
  if (part == NULL || part->dfd < 0)
    {
      moor_throw (error, MOOR_ERROR_REFUSED, "the store at %s has no part on the volume of %s",
                  moor_store_get_path (store), moor_system_get_path (system));
      return NULL;
    }
  if (!moor_domain_equal (&part->volume->domain, &volume->domain))
    {
      moor_throw (error, MOOR_ERROR_REFUSED,
                  "the store and the system are on the same volume, but reached through two mounts "
                  "(%s and %s); give the store's folder as a path below %s",
                  part->volume->mount_point, volume->mount_point, volume->mount_point);
      return NULL;
    }
  return part;
}

typedef struct
{
  MoorJob *job;
  const MoorSys *sys;
  const MoorKeep *keep;
  gboolean dry_run;
  MoorMoveFunc func;
  gpointer user_data;
} Mover;

static gboolean
collect_cb (const char *name, guint8 type, guint64 ino, gpointer user_data)
{
  g_ptr_array_add (user_data, g_strdup (name));
  return TRUE;
}

static GPtrArray *
list_names (const MoorSys *sys, int dfd, GError **error)
{
  g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func (g_free);

  if (!moor_list_dir (sys, dfd, collect_cb, names, error))
    return NULL;
  g_ptr_array_sort (names, (GCompareFunc) moor_compare_names);
  return g_steal_pointer (&names);
}

static gboolean move_level (Mover *mover,
                            int from_dfd,
                            int to_dfd,
                            const char *path,
                            GError **error);

static gboolean
move_partly (Mover *mover,
             int from_dfd,
             int to_dfd,
             const char *name,
             const char *path,
             GError **error)
{
  g_auto(MoorFd) from_child = moor_open_beneath (mover->sys, from_dfd, name,
                                                  O_RDONLY | O_DIRECTORY, error);
  g_auto(MoorFd) to_child = -1;

  if (from_child < 0)
    return FALSE;
  if (to_dfd >= 0 && !mover->dry_run)
    {
      to_child = moor_make_dirs_beneath (mover->sys, to_dfd, name, 0755, error);
      if (to_child < 0)
        return FALSE;
    }
  return move_level (mover, from_child, to_child, path, error);
}

static gboolean
move_level (Mover *mover, int from_dfd, int to_dfd, const char *path, GError **error)
{
  g_autoptr(GPtrArray) names = list_names (mover->sys, from_dfd, error);

  for (guint i = 0; names != NULL && i < names->len; i++)
    {
      const char *name = g_ptr_array_index (names, i);
      g_autofree char *below = path[0] != '\0' ? g_build_filename (path, name, NULL)
                                               : g_strdup (name);
      MoorConsequence consequence = moor_keep_consequence (mover->keep, below);

      if (!moor_job_check (mover->job, error))
        return FALSE;
      mover->func (below, consequence, mover->user_data);
      if (consequence == MOOR_CONSEQUENCE_PARTLY
          && !move_partly (mover, from_dfd, to_dfd, name, below, error))
        return FALSE;
      if (consequence == MOOR_CONSEQUENCE_MOVES && !mover->dry_run
          && mover->sys->renameat2 (from_dfd, name, to_dfd, name, RENAME_NOREPLACE) < 0)
        return moor_throw_errno (error, errno, "moving “/%s”", below);
      moor_job_add (mover->job, 1, 0);
    }
  return names != NULL;
}

/**
 * moor_root_move_out:
 * @keep_dfd: where the entries go; -1 for a dry run
 * @func: told about each entry that moves, stays or is taken apart
 *
 * Renames everything below @root_dfd into @keep_dfd but what stays.  May be
 * repeated after a crash.  Blocks.  Any thread.
 *
 * Returns: %FALSE with %G_IO_ERROR: what was moved stays moved
 */
gboolean
moor_root_move_out (MoorJob *job,
                    int root_dfd,
                    int keep_dfd,
                    const MoorKeep *keep,
                    gboolean dry_run,
                    MoorMoveFunc func,
                    gpointer user_data,
                    GError **error)
{
  Mover mover = { job, moor_job_get_sys (job), keep, dry_run, func, user_data };

  return move_level (&mover, root_dfd, keep_dfd, "", error);
}

static gboolean
move_back_level (Mover *mover, int from_dfd, int to_dfd, const char *path, GError **error)
{
  g_autoptr(GPtrArray) names = list_names (mover->sys, from_dfd, error);

  for (guint i = 0; names != NULL && i < names->len; i++)
    {
      const char *name = g_ptr_array_index (names, i);
      g_autofree char *below = path[0] != '\0' ? g_build_filename (path, name, NULL)
                                               : g_strdup (name);
      g_auto(MoorFd) from_child = -1;
      g_auto(MoorFd) to_child = -1;

      if (!moor_job_check (mover->job, error))
        return FALSE;
      mover->func (below, MOOR_CONSEQUENCE_MOVES, mover->user_data);
      if (mover->sys->renameat2 (from_dfd, name, to_dfd, name, RENAME_NOREPLACE) == 0)
        continue;
      if (errno != EEXIST)
        return moor_throw_errno (error, errno, "moving “/%s” back", below);

      /* A directory that stayed, because something in it had to stay. */
      from_child = moor_open_beneath (mover->sys, from_dfd, name, O_RDONLY | O_DIRECTORY, error);
      to_child = from_child >= 0
                     ? moor_open_beneath (mover->sys, to_dfd, name, O_RDONLY | O_DIRECTORY, error)
                     : -1;
      if (to_child < 0 || !move_back_level (mover, from_child, to_child, below, error))
        return FALSE;
      if (mover->sys->unlinkat (from_dfd, name, AT_REMOVEDIR) < 0)
        return moor_throw_errno (error, errno, "clearing “%s”", below);
    }
  return names != NULL;
}

/**
 * moor_root_move_back:
 * @kept_dfd: what moor_root_move_out() filled
 * @root_dfd: a root that holds nothing but what stayed
 *
 * Renames everything back.  May be repeated after a crash.  Blocks.  Any thread.
 *
 * Returns: %FALSE with %G_IO_ERROR: what was moved stays moved
 */
gboolean
moor_root_move_back (MoorJob *job,
                     int kept_dfd,
                     int root_dfd,
                     MoorMoveFunc func,
                     gpointer user_data,
                     GError **error)
{
  Mover mover = { job, moor_job_get_sys (job), NULL, FALSE, func, user_data };

  return move_back_level (&mover, kept_dfd, root_dfd, "", error);
}

static void
add_ancestors (GHashTable *set, const char *path)
{
  for (const char *slash = strchr (path, '/'); slash != NULL; slash = strchr (slash + 1, '/'))
    g_hash_table_add (set, g_strndup (path, (gsize) (slash - path)));
}

/* The directories that stay because of what is in them, the deepest first. */
static GPtrArray *
list_ancestors (const MoorKeep *keep)
{
  g_autoptr(GHashTable) set = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GPtrArray *ancestors = g_ptr_array_new_with_free_func (g_free);
  GHashTableIter iter;
  gpointer path;

  for (guint i = 0; i < keep->paths->len; i++)
    add_ancestors (set, g_ptr_array_index (keep->paths, i));
  g_hash_table_iter_init (&iter, set);
  while (g_hash_table_iter_next (&iter, &path, NULL))
    g_ptr_array_add (ancestors, g_strdup (path));
  g_ptr_array_sort (ancestors, (GCompareFunc) moor_compare_names);
  /* Sorted by name a directory stands before what is in it. */
  for (guint i = 0; i < ancestors->len / 2; i++)
    {
      gpointer other = ancestors->pdata[ancestors->len - 1 - i];

      ancestors->pdata[ancestors->len - 1 - i] = ancestors->pdata[i];
      ancestors->pdata[i] = other;
    }
  g_ptr_array_add (ancestors, g_strdup ("."));
  return ancestors;
}

/**
 * moor_root_record:
 *
 * Writes down owner, mode, time and attributes of the root and of the
 * directories that stay, before their entries are moved.  Blocks.
 *
 * Returns: %FALSE with %G_IO_ERROR
 */
gboolean
moor_root_record (MoorJob *job,
                  MoorStore *store,
                  int root_dfd,
                  const MoorKeep *keep,
                  GError **error)
{
  const MoorSys *sys = moor_job_get_sys (job);
  g_autoptr(GPtrArray) ancestors = list_ancestors (keep);

  for (guint i = 0; i < ancestors->len; i++)
    {
      const char *path = g_ptr_array_index (ancestors, i);
      g_autofree char *key = g_strconcat ("ancestor:", path, NULL);
      g_auto(MoorMeta) meta = { 0 };
      g_auto(MoorFd) fd = -1;
      g_autofree char *text = NULL;

      fd = moor_open_beneath (sys, root_dfd, path, O_RDONLY | O_DIRECTORY, NULL);
      if (fd < 0)
        continue;
      if (!moor_meta_read (sys, fd, &meta, error))
        return FALSE;
      text = g_strdup_printf ("%u %u %u %" G_GINT64_FORMAT " %u", meta.stx.stx_mode,
                              meta.stx.stx_uid, meta.stx.stx_gid,
                              (gint64) meta.stx.stx_mtime.tv_sec, meta.stx.stx_mtime.tv_nsec);
      if (!moor_store_set_meta (store, key, text, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
reinstate_one (const MoorSys *sys, int root_dfd, const char *path, const char *text, GError **error)
{
  g_auto(MoorFd) fd = moor_open_beneath (sys, root_dfd, path, O_RDONLY | O_DIRECTORY, error);
  unsigned mode;
  unsigned uid;
  unsigned gid;
  gint64 seconds;
  unsigned nanoseconds;
  struct timespec times[2] = { { .tv_nsec = UTIME_OMIT } };

  if (fd < 0)
    return FALSE;
  if (sscanf (text, "%u %u %u %" G_GINT64_FORMAT " %u", &mode, &uid, &gid, &seconds, &nanoseconds)
      != 5)
    return moor_throw (error, MOOR_ERROR_STORE_UNUSABLE, "what is recorded of “/%s” is damaged",
                       path);

  times[1].tv_sec = seconds;
  times[1].tv_nsec = nanoseconds;
  if (sys->fchownat (fd, "", uid, gid, AT_EMPTY_PATH) < 0 || sys->fchmod (fd, mode & 07777) < 0
      || sys->utimensat (fd, "", times, AT_EMPTY_PATH) < 0)
    return moor_throw_errno (error, errno, "giving “/%s” its old attributes", path);
  return TRUE;
}

/**
 * moor_root_reinstate:
 *
 * Gives the root and the directories that stayed the attributes that
 * moor_root_record() wrote down.  Blocks.
 *
 * Returns: %FALSE with %G_IO_ERROR
 */
gboolean
moor_root_reinstate (MoorJob *job,
                     MoorStore *store,
                     int root_dfd,
                     const MoorKeep *keep,
                     GError **error)
{
  g_autoptr(GPtrArray) ancestors = list_ancestors (keep);

  for (guint i = 0; i < ancestors->len; i++)
    {
      const char *path = g_ptr_array_index (ancestors, i);
      g_autofree char *key = g_strconcat ("ancestor:", path, NULL);
      g_autofree char *text = NULL;

      if (!moor_store_read_meta (store, key, &text, error))
        return FALSE;
      if (text != NULL && !reinstate_one (moor_job_get_sys (job), root_dfd, path, text, error))
        return FALSE;
    }
  return TRUE;
}
