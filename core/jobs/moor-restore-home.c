/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-restore-private.h"

#include <stdio.h>
#include <string.h>

#include "moor-locked.h"
#include "moor-text.h"
#include "moor-walk.h"

/*
 * One home comes back in four steps, each recorded before the next begins:
 *
 *   staging  a directory in the part's `replaced/JOB/NAME`, which no user can
 *            reach, and its inode are recorded
 *   ready    it is complete and on the disk
 *   (rename) NOREPLACE when there is no home, EXCHANGE when there is one, which
 *            is then kept where the staging was
 *   done
 *
 * "The home's inode is the recorded one" means that the rename has happened.
 */

static char *
base_name (const char *path)
{
  const char *slash = strrchr (path, '/');

  return g_strdup (slash != NULL ? slash + 1 : path);
}

static gboolean
make_parents (MoorSystem *system, const char *home, GError **error)
{
  g_autofree char *parent = g_path_get_dirname (home);
  g_auto(MoorPlace) place = { .dfd = -1 };
  g_autofree char *name = NULL;
  g_auto(MoorFd) made = -1;
  g_autofree char *above = NULL;
  g_auto(MoorPlace) above_place = { .dfd = -1 };

  if (strlen (parent) <= 1 || (moor_system_locate (system, parent, &place, NULL) && place.dfd >= 0))
    return TRUE;
  if (!make_parents (system, parent, error))
    return FALSE;
  above = g_path_get_dirname (parent);
  name = base_name (parent);
  if (!moor_system_locate (system, above, &above_place, error))
    return FALSE;
  made = moor_make_dirs_beneath (moor_sys_posix (), above_place.dfd, name, 0755, error);
  return made >= 0;
}

/**
 * moor_restore_locate_home:
 * @home: (type filename): a home's path within the system
 * @make_parents_first: make the directories above it that are missing
 * @out_home: (out): the home; its `dfd` is -1 if there is none
 * @out_parent: (out): the directory it is or will be in
 *
 * Blocks.  Any thread.
 *
 * Returns: %FALSE as moor_system_locate()
 */
gboolean
moor_restore_locate_home (MoorSystem *system,
                          const char *home,
                          gboolean make_parents_first,
                          MoorPlace *out_home,
                          MoorPlace *out_parent,
                          GError **error)
{
  g_autofree char *parent = NULL;

  if (make_parents_first && !make_parents (system, home, error))
    return FALSE;
  if (!moor_system_locate (system, home, out_home, error))
    return FALSE;
  parent = g_path_get_dirname (out_home->path);
  return moor_system_locate (system, parent, out_parent, error);
}

static gboolean
record (const MoorRestore *restore, MoorRestoring *person, MoorRestoreStep step, GError **error)
{
  person->profile->restore.step = step;
  return moor_store_set_restore (restore->store, person->profile->id, &person->profile->restore,
                                 error);
}

static guint64
inode_of (int dfd)
{
  struct stat st;

  return dfd >= 0 && fstat (dfd, &st) == 0 ? st.st_ino : 0;
}

/* Opens the directory that holds the staging, and tells its name there. */
static int
open_staging_parent (const MoorRestore *restore,
                     const MoorRestoring *person,
                     char **out_name,
                     GError **error)
{
  const MoorRestoreRecord *record = &person->profile->restore;
  const MoorPart *part = moor_store_get_part (restore->store, record->part);
  g_autofree char *folder = g_path_get_dirname (record->staging);

  if (part == NULL || part->dfd < 0)
    {
      moor_throw (
          error, MOOR_ERROR_REFUSED,
          "the home of “%s” is being built on the volume %s, which is not mounted; mount it and "
          "run this again",
          person->target_name, part != NULL ? part->volume_name : "?");
      return -1;
    }
  *out_name = base_name (record->staging);
  return moor_make_dirs_beneath (moor_job_get_sys (restore->job), part->dfd, folder, 0700, error);
}

/* @merging tells everything but where the store's files are. */
static gboolean
merge (MoorMerge *merging, GError **error)
{
  const MoorStoredProfile *profile = merging->person->profile;
  const MoorPart *part = moor_store_get_part (merging->restore->store, profile->part);
  g_auto(MoorFd) store_dfd = -1;

  store_dfd = moor_open_beneath (moor_job_get_sys (merging->restore->job), part->tree_dfd,
                                 profile->tree_path, O_RDONLY | O_DIRECTORY, error);
  if (store_dfd < 0)
    {
      g_prefix_error (error, "the store's files of “%s”: ", profile->name);
      return FALSE;
    }
  merging->store_dfd = store_dfd;
  return moor_merge_run (merging, error);
}

/* Marks come last: they would stop the rename. */
static void
mark_again (const MoorRestore *restore, const MoorRestoring *person)
{
  g_auto(MoorPlace) home = { .dfd = -1 };

  if (moor_system_locate (restore->system, person->target_home, &home, NULL) && home.dfd >= 0)
    moor_locked_reinstate (restore->job, restore->store, person->profile->id, person->target_name,
                           home.dfd);
}

/* The home that was captured, still where it was: its volume was never set aside. */
static gboolean
is_the_captured_one (const MoorRestore *restore, const MoorRestoring *person, const MoorPlace *home)
{
  const MoorPart *part = moor_store_get_part (restore->store, person->profile->part);

  return home->dfd >= 0 && inode_of (home->dfd) == person->profile->home_ino
         && g_str_equal (part->volume_name, home->volume->name);
}

/* Which numbers the store's files get is written down before the first of them gets
 * them: whoever undoes it, or rolls back, has to know, however far it came. */
static gboolean
announce_numbers (const MoorRestore *restore, MoorRestoring *person, GError **error)
{
  const MoorIdMap *ids = &person->ids;
  MoorRestoreStep step = person->profile->restore.step;

  if (ids->old_uid == ids->new_uid && ids->old_gid == ids->new_gid)
    return TRUE;
  return record (restore, person, restore->options->paths != NULL ? step : MOOR_RESTORE_IN_PLACE,
                 error);
}

/* Once only: what has come back since then is not cleaned up. */
static gboolean
clean_up (const MoorRestore *restore, MoorRestoring *person, int home_dfd, GError **error)
{
  if (restore->rules == NULL || !restore->rules->cleans || restore->options->paths != NULL
      || person->profile->restore.step != MOOR_RESTORE_NONE)
    return TRUE;
  return moor_cleanup_home (restore, person, home_dfd, error)
         && record (restore, person, MOOR_RESTORE_IN_PLACE, error);
}

/* Into the living home: a mount point, no part on its volume, only some paths. */
static gboolean
restore_in_place (const MoorRestore *restore,
                  MoorRestoring *person,
                  const MoorPlace *home,
                  const MoorPlace *parent,
                  GError **error)
{
  const MoorSys *sys = moor_job_get_sys (restore->job);
  g_autofree char *name = base_name (home->path);
  g_auto(MoorFd) made = -1;
  MoorMerge merging = { .restore = restore,
                        .person = person,
                        .existing_dfd = -1,
                        .target_dfd = home->dfd,
                        .in_place = TRUE };

  if (home->dfd < 0)
    {
      made = moor_make_dirs_beneath (sys, parent->dfd, name, 0700, error);
      if (made < 0)
        return FALSE;
      merging.target_dfd = made;
      if (sys->fchownat (made, "", person->ids.new_uid, person->ids.new_gid, AT_EMPTY_PATH) < 0)
        return moor_throw_errno (error, errno, "giving “%s” to its owner", home->path);
    }
  /* Some files more change no folder, nor does what never went away. */
  merging.keeps_folders = restore->options->paths != NULL
                          || is_the_captured_one (restore, person, home);
  if (!clean_up (restore, person, merging.target_dfd, error)
      || !announce_numbers (restore, person, error) || !merge (&merging, error)
      || !moor_store_sync (restore->store, error))
    return FALSE;
  mark_again (restore, person);
  person->how = person->n_linked + person->n_copied == 0 ? "already" : "in-place";
  return restore->options->paths != NULL || record (restore, person, MOOR_RESTORE_IN_PLACE, error);
}

static void
begin_staging (const MoorRestore *restore,
               MoorRestoring *person,
               const MoorPart *part,
               gboolean move)
{
  MoorRestoreRecord *staging = &person->profile->restore;

  g_free (staging->staging);
  staging->staging = g_strdup_printf ("replaced/%.8s/%s", moor_job_get_id (restore->job),
                                      person->profile->name);
  staging->step = MOOR_RESTORE_NONE;
  staging->part = part->index;
  staging->moved = move;
}

/* Where the store's own tree becomes the home, the staging is that tree. */
static gboolean
stage_by_moving (const MoorRestore *restore,
                 MoorRestoring *person,
                 const MoorPart *part,
                 GError **error)
{
  const MoorSys *sys = moor_job_get_sys (restore->job);
  g_autofree char *folder = g_path_get_dirname (person->profile->tree_path);
  g_autofree char *tree_name = base_name (person->profile->tree_path);
  g_autofree char *name = NULL;
  g_auto(MoorFd) from_dfd = moor_open_beneath (sys, part->tree_dfd, folder, O_RDONLY | O_DIRECTORY,
                                                error);
  g_autoptr(GError) problem = NULL;
  g_auto(MoorFd) tree_dfd = from_dfd >= 0 ? moor_open_beneath (sys, from_dfd, tree_name,
                                                                O_RDONLY | O_DIRECTORY, &problem)
                                           : -1;
  g_auto(MoorFd) to_dfd = -1;

  if (from_dfd < 0)
    return FALSE;
  if (problem != NULL && !g_error_matches (problem, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    {
      g_propagate_error (error, g_steal_pointer (&problem));
      return FALSE;
    }
  /* Moved before a crash: then it lies in the staging already. */
  if (tree_dfd >= 0)
    person->profile->restore.staging_ino = inode_of (tree_dfd);
  if (!record (restore, person, MOOR_RESTORE_STAGING, error))
    return FALSE;
  to_dfd = open_staging_parent (restore, person, &name, error);
  if (to_dfd < 0)
    return FALSE;
  if (tree_dfd >= 0 && sys->renameat2 (from_dfd, tree_name, to_dfd, name, RENAME_NOREPLACE) < 0)
    return moor_throw_errno (error, errno, "moving the files of “%s” out of the store",
                             person->profile->name);
  return TRUE;
}

static gboolean
stage_by_linking (const MoorRestore *restore,
                  MoorRestoring *person,
                  const MoorPlace *home,
                  gboolean keep_existing,
                  GError **error)
{
  const MoorSys *sys = moor_job_get_sys (restore->job);
  g_autofree char *name = NULL;
  g_auto(MoorFd) folder_dfd = open_staging_parent (restore, person, &name, error);
  g_auto(MoorFd) staging_dfd = -1;
  MoorMerge merging = { .restore = restore,
                        .person = person,
                        .existing_dfd = keep_existing ? home->dfd : -1 };

  if (folder_dfd < 0)
    return FALSE;
  staging_dfd = moor_make_dirs_beneath (sys, folder_dfd, name, 0700, error);
  if (staging_dfd < 0)
    return FALSE;
  person->profile->restore.staging_ino = inode_of (staging_dfd);
  merging.target_dfd = staging_dfd;
  return record (restore, person, MOOR_RESTORE_STAGING, error) && merge (&merging, error);
}

/* The one rename that brings a home back. */
static gboolean
swap (const MoorRestore *restore, MoorRestoring *person, const MoorPlace *parent, GError **error)
{
  const MoorSys *sys = moor_job_get_sys (restore->job);
  const MoorRestoreRecord *record = &person->profile->restore;
  g_autofree char *name = NULL;
  g_autofree char *target = base_name (record->target_home);
  g_auto(MoorFd) folder_dfd = open_staging_parent (restore, person, &name, error);

  if (folder_dfd < 0)
    return FALSE;
  if (sys->renameat2 (folder_dfd, name, parent->dfd, target,
                      record->exchanged ? RENAME_EXCHANGE : RENAME_NOREPLACE)
      < 0)
    return moor_throw_errno (error, errno, "putting the home of “%s” in its place",
                             person->target_name);
  return TRUE;
}

static gboolean
can_move (const MoorRestore *restore,
          const MoorRestoring *person,
          const MoorPart *part,
          gboolean is_empty)
{
  gboolean can = is_empty && part->index == person->profile->part
                 && person->ids.old_uid == person->ids.new_uid
                 && person->ids.old_gid == person->ids.new_gid
                 && (person->fates == NULL || g_hash_table_size (person->fates) == 0)
                 && person->incoming == NULL;

  if (restore->options->move && !can)
    moor_job_log (
        restore->job, MOOR_LOG_INFO,
        "%s is linked, not moved: the home is not empty, or on another volume, or has other "
        "owner numbers, or rules move or change something in it",
        person->target_name);
  return restore->options->move && can;
}

/* Makes the home that will come into its place, and puts it on the disk. */
static gboolean
stage (const MoorRestore *restore,
       MoorRestoring *person,
       const MoorPart *part,
       const MoorPlace *home,
       gboolean keep_existing,
       GError **error)
{
  const MoorRestoreRecord *state = &person->profile->restore;
  gboolean staged = TRUE;

  if (state->step < MOOR_RESTORE_READY)
    staged = state->moved ? stage_by_moving (restore, person, part, error)
                          : stage_by_linking (restore, person, home, keep_existing, error);
  return staged && moor_store_sync (restore->store, error)
         && record (restore, person, MOOR_RESTORE_READY, error);
}

static gboolean
bring_back (const MoorRestore *restore,
            MoorRestoring *person,
            const MoorPart *part,
            const MoorPlace *home,
            const MoorPlace *parent,
            GError **error)
{
  MoorRestoreRecord *state = &person->profile->restore;
  gboolean is_empty = home->dfd < 0 || moor_home_is_skeleton (restore->system, home->dfd);

  /* A staging that was begun before a crash is gone on with, unless files may have
   * been saved in the home that is there since then: they are in none. */
  if ((state->step != MOOR_RESTORE_STAGING && state->step != MOOR_RESTORE_READY)
      || state->staging == NULL || (!is_empty && !state->moved))
    begin_staging (restore, person, part, can_move (restore, person, part, is_empty));
  state->exchanged = home->dfd >= 0;
  state->replaced_ino = inode_of (home->dfd);
  if (!stage (restore, person, part, home, !is_empty, error)
      || !swap (restore, person, parent, error) || !moor_store_sync (restore->store, error))
    return FALSE;
  person->how = state->moved ? "moved" : state->exchanged ? "exchanged" : "new";
  return record (restore, person, MOOR_RESTORE_DONE, error);
}

/* Whether the home is there as the record says it should be. */
static gboolean
is_done (const MoorRestoring *person, const MoorPlace *home)
{
  const MoorRestoreRecord *state = &person->profile->restore;

  return state->step >= MOOR_RESTORE_READY && state->step != MOOR_RESTORE_IN_PLACE && home->dfd >= 0
         && inode_of (home->dfd) == state->staging_ino;
}

/* Whether the last restore ended with something missing or different. */
static gboolean
is_wanting (const MoorRestore *restore)
{
  g_autofree char *verified = moor_store_dup_meta (restore->store, "restore-verified", NULL);

  return g_strcmp0 (verified, "differs") == 0;
}

/* A home came back, but not all of it: what could not be restored then may be now. */
static gboolean
complete (const MoorRestore *restore, MoorRestoring *person, const MoorPlace *home, GError **error)
{
  MoorMerge merging = { .restore = restore,
                        .person = person,
                        .existing_dfd = -1,
                        .target_dfd = home->dfd,
                        .in_place = TRUE };

  if (!merge (&merging, error) || !moor_store_sync (restore->store, error))
    return FALSE;
  mark_again (restore, person);
  if (person->n_linked + person->n_copied > 0)
    person->how = "in-place";
  return TRUE;
}

/* The part whose volume the home is on, if a rename between them is possible. */
static const MoorPart *
find_part (const MoorRestore *restore, const MoorPlace *home, const MoorPlace *parent)
{
  const MoorPart *part = moor_store_find_part (restore->store, home->volume->name);

  if (part == NULL || part->dfd < 0 || part->volume == NULL || parent->dfd < 0
      || !moor_domain_equal (&part->volume->domain, &home->volume->domain)
      || !moor_domain_equal (&parent->volume->domain, &home->volume->domain))
    return NULL;
  return part;
}

static gboolean
has_mounts (const MoorPlace *home)
{
  g_autoptr(GPtrArray) mounts = home->dfd >= 0 ? moor_volume_mounts_below (home->dfd, NULL) : NULL;

  return mounts != NULL && mounts->len > 0;
}

static void
set_target (MoorRestoring *person, const MoorPlace *home)
{
  MoorRestoreRecord *state = &person->profile->restore;

  g_free (state->target_name);
  g_free (state->target_home);
  state->target_name = g_strdup (person->target_name);
  state->target_home = g_strdup (home->path);
  state->target_uid = person->ids.new_uid;
  state->target_gid = person->ids.new_gid;
}

/* Objects of a restore that was cut off have the numbers it gave them already. */
static gboolean
check_same_target (const MoorRestoring *person, GError **error)
{
  const MoorRestoreRecord *state = &person->profile->restore;

  if (state->step == MOOR_RESTORE_NONE
      || (state->target_uid == person->ids.new_uid && state->target_gid == person->ids.new_gid))
    return TRUE;
  return moor_throw (
      error, MOOR_ERROR_REFUSED,
      "the restore of “%s” was begun for “%s” (%u:%u) and cut off; give the same --map "
      "again, or take it back with “mooring undo” first",
      person->profile->name, state->target_name != NULL ? state->target_name : "?",
      state->target_uid, state->target_gid);
}

/**
 * moor_restore_home:
 * @person: whose home; gets `how` and counters
 *
 * Brings one home back, whole or not at all, but for the cases where it has to
 * be merged in place.  May be repeated after a crash.  Blocks.
 *
 * Returns: %FALSE with %MOOR_ERROR_REFUSED or %G_IO_ERROR
 */
gboolean
moor_restore_home (const MoorRestore *restore, MoorRestoring *person, GError **error)
{
  MoorRestoreRecord *state = &person->profile->restore;
  g_auto(MoorPlace) home = { .dfd = -1 };
  g_auto(MoorPlace) parent = { .dfd = -1 };
  const MoorPart *part;
  gboolean by_swap;

  if (!moor_restore_locate_home (restore->system, person->target_home, TRUE, &home, &parent, error))
    {
      g_prefix_error (error,
                      "the place of the home of “%s”, %s, cannot be used: ", person->target_name,
                      person->target_home);
      return FALSE;
    }
  /* Some paths go into the home that is there, whatever has become of it. */
  if (restore->options->paths != NULL)
    {
      if (state->step == MOOR_RESTORE_NONE)
        set_target (person, &home);
      return restore_in_place (restore, person, &home, &parent, error);
    }
  if (is_done (person, &home))
    {
      person->how = "already";
      if (state->step != MOOR_RESTORE_DONE)
        return record (restore, person, MOOR_RESTORE_DONE, error);
      return state->moved || !is_wanting (restore) || complete (restore, person, &home, error);
    }
  /* What came back and was taken away since comes back once more; a home that was
   * moved out of the store is not there any more. */
  if (state->step == MOOR_RESTORE_DONE && home.dfd < 0 && !state->moved)
    state->step = MOOR_RESTORE_NONE;
  if (state->step == MOOR_RESTORE_DONE)
    return moor_throw (
        error, MOOR_ERROR_REFUSED,
        "the home of “%s” was restored, and is another one now; “mooring undo” takes the "
        "restore back",
        person->target_name);

  if (!check_same_target (person, error))
    return FALSE;
  set_target (person, &home);
  part = find_part (restore, &home, &parent);
  /* Only root can swap homes, and only out of a place that nobody else can reach. */
  by_swap = geteuid () == 0 && moor_store_get_owner (restore->store) == 0;
  if (by_swap && part != NULL && !has_mounts (&home)
      && !is_the_captured_one (restore, person, &home))
    return bring_back (restore, person, part, &home, &parent, error);

  if (!is_the_captured_one (restore, person, &home))
    moor_job_issue (restore->job, by_swap ? MOOR_SEVERITY_WARNING : MOOR_SEVERITY_NOTE,
                    MOOR_CAUSE_KEPT_IN_PLACE, person->target_home, person->target_name, 0,
                    "merged in place");
  return restore_in_place (restore, person, &home, &parent, error);
}

/**
 * moor_restore_system:
 * @system: one of the pseudo people; gets `how` and counters
 *
 * Brings back what was taken outside people's homes from one volume, into the system as
 * it is.  What it replaces is kept in the store, for moor_replaced_put_back().  May be
 * repeated after a crash.  Blocks.
 *
 * Returns: %FALSE with %G_IO_ERROR
 */
gboolean
moor_restore_system (const MoorRestore *restore, MoorRestoring *system, GError **error)
{
  g_auto(MoorPlace) place = { .dfd = -1 };
  g_auto(MoorPlace) parent = { .dfd = -1 };
  g_auto(MoorFd) made = -1;
  MoorMerge merging = { .restore = restore,
                        .person = system,
                        .existing_dfd = -1,
                        .in_place = TRUE,
                        .keeps_folders = TRUE };

  if (!moor_restore_locate_home (restore->system, system->target_home, TRUE, &place, &parent,
                                 error))
    return FALSE;
  merging.target_dfd = place.dfd;
  /* A drive that the new system does not have: its files come to the same path. */
  if (place.dfd < 0)
    {
      g_autofree char *name = base_name (place.path);

      if (!moor_added_note (restore->added, 'd', 0, place.path, error))
        return FALSE;
      merging.target_dfd = made = moor_make_dirs_beneath (moor_job_get_sys (restore->job),
                                                          parent.dfd, name, 0755, error);
      if (made < 0)
        return FALSE;
    }
  if (system->profile->restore.step == MOOR_RESTORE_NONE)
    set_target (system, &place);
  if (!merge (&merging, error) || !moor_store_sync (restore->store, error))
    return FALSE;
  system->how = system->n_linked + system->n_copied + system->n_replaced == 0 ? "already"
                                                                              : "in-place";
  return restore->options->paths != NULL || record (restore, system, MOOR_RESTORE_IN_PLACE, error);
}
