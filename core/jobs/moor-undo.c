/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-undo-private.h"

#include <stdio.h>
#include <string.h>

#include "moor-text.h"

static const MoorPhase phases[] = { { "undo", 1 } };

/* A folder and a name in it. */
typedef struct
{
  int dfd;
  char *name;
} Spot;

static void
spot_clear (Spot *spot)
{
  if (spot->dfd >= 0)
    (void) close (spot->dfd);
  g_free (spot->name);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Spot, spot_clear)

static gboolean
open_spot (const MoorSys *sys, int dfd, const char *path, Spot *out_spot, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);

  out_spot->name = g_path_get_basename (path);
  out_spot->dfd = moor_make_dirs_beneath (sys, dfd, folder, 0700, error);
  return out_spot->dfd >= 0;
}

static guint64
inode_at (const MoorSys *sys, int dfd, const char *name)
{
  struct statx stx;

  return dfd >= 0 && sys->statx (dfd, name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &stx) == 0
             ? stx.stx_ino
             : 0;
}

/* A home that is marked immutable cannot be renamed. */
static void
unmark (const MoorSys *sys, int home_dfd)
{
  int flags;

  if (sys->get_flags (home_dfd, &flags) == 0 && (flags & MOOR_META_LOCKING_FLAGS) != 0)
    (void) sys->set_flags (home_dfd, flags & ~MOOR_META_LOCKING_FLAGS);
}

/* Somebody removed the restored home: there is nothing to take out, and only what it
 * replaced to put back. */
static gboolean
put_back_replaced (MoorJob *job,
                   const MoorStoredProfile *profile,
                   const Spot *staging,
                   int parent_dfd,
                   const char *name,
                   GError **error)
{
  const MoorSys *sys = moor_job_get_sys (job);
  const MoorRestoreRecord *record = &profile->restore;

  moor_job_log (job, MOOR_LOG_WARNING, "The restored home of %s is gone already",
                record->target_name);
  if (record->exchanged && parent_dfd >= 0
      && inode_at (sys, staging->dfd, staging->name) == record->replaced_ino
      && sys->renameat2 (staging->dfd, staging->name, parent_dfd, name, RENAME_NOREPLACE) < 0)
    return moor_throw_errno (error, errno, "putting back what “%s” replaced", record->target_home);
  return TRUE;
}

/* Takes the restored home out of its place, and puts the replaced one back. */
static gboolean
swap_back (MoorJob *job,
           MoorSystem *system,
           const MoorStoredProfile *profile,
           const Spot *staging,
           GError **error)
{
  const MoorSys *sys = moor_job_get_sys (job);
  const MoorRestoreRecord *record = &profile->restore;
  g_auto(MoorPlace) home = { .dfd = -1 };
  g_auto(MoorPlace) parent = { .dfd = -1 };
  g_autofree char *name = g_path_get_basename (record->target_home);

  /* The restored home lies in the staging: the rename was undone, or never done. */
  if (inode_at (sys, staging->dfd, staging->name) == record->staging_ino)
    return TRUE;
  if (!moor_restore_locate_home (system, record->target_home, FALSE, &home, &parent, error))
    return FALSE;
  if (home.dfd < 0)
    return put_back_replaced (job, profile, staging, parent.dfd, name, error);
  /* Cut off after that. */
  if (record->exchanged && inode_at (sys, parent.dfd, name) == record->replaced_ino)
    return TRUE;
  if (inode_at (sys, parent.dfd, name) != record->staging_ino)
    return moor_throw (error, MOOR_ERROR_REFUSED,
                       "“%s” is not the home that was restored any more; nothing was changed "
                       "there. Move it elsewhere and run this again",
                       record->target_home);
  unmark (sys, home.dfd);
  if (sys->renameat2 (parent.dfd, name, staging->dfd, staging->name,
                      record->exchanged ? RENAME_EXCHANGE : RENAME_NOREPLACE)
      < 0)
    return moor_throw_errno (error, errno, "taking the home of “%s” back", record->target_name);
  return TRUE;
}

/* A home that was the store's own tree goes back into the store. */
static gboolean
move_back (MoorJob *job,
           MoorSystem *system,
           MoorStore *store,
           const MoorStoredProfile *profile,
           const Spot *staging,
           GError **error)
{
  const MoorSys *sys = moor_job_get_sys (job);
  const MoorPart *part = moor_store_get_part (store, profile->part);
  g_auto(Spot) tree = { .dfd = -1 };

  if (!open_spot (sys, part->tree_dfd, profile->tree_path, &tree, error))
    return FALSE;
  /* Cut off after both renames, it is in neither place but here. */
  if (inode_at (sys, tree.dfd, tree.name) == profile->restore.staging_ino)
    return TRUE;
  if (profile->restore.step >= MOOR_RESTORE_READY
      && !swap_back (job, system, profile, staging, error))
    return FALSE;
  if (inode_at (sys, staging->dfd, staging->name) != profile->restore.staging_ino)
    return TRUE;
  if (sys->renameat2 (staging->dfd, staging->name, tree.dfd, tree.name, RENAME_NOREPLACE) < 0)
    return moor_throw_errno (error, errno, "moving the files of “%s” back into the store",
                             profile->name);
  return TRUE;
}

static gboolean
forget (MoorStore *store, const MoorStoredProfile *profile, GError **error)
{
  const MoorRestoreRecord none = { .step = MOOR_RESTORE_NONE };

  return moor_store_set_restore (store, profile->id, &none, error);
}

/**
 * moor_undo_profile:
 * @out_how: (out): "taken-back", "in-place" or "none"
 *
 * Takes one person's restore back.  What was saved into the restored home since
 * stays in it, in the part's `replaced` folder.  May be repeated after a crash.
 * Blocks.
 *
 * Returns: %FALSE with %MOOR_ERROR_REFUSED or %G_IO_ERROR
 */
gboolean
moor_undo_profile (MoorJob *job,
                   MoorSystem *system,
                   MoorStore *store,
                   const MoorStoredProfile *profile,
                   const char **out_how,
                   GError **error)
{
  const MoorRestoreRecord *record = &profile->restore;
  const MoorPart *part = moor_store_get_part (store, record->part);
  g_auto(Spot) staging = { .dfd = -1 };

  *out_how = "none";
  if (record->step == MOOR_RESTORE_NONE && record->target_name == NULL)
    return TRUE;
  /* Some paths have come back, and may have got other numbers. */
  if (record->step == MOOR_RESTORE_NONE)
    return moor_undo_reown (job, store, profile, error) && moor_store_sync (store, error)
           && forget (store, profile, error);
  if (record->step == MOOR_RESTORE_IN_PLACE)
    {
      *out_how = "in-place";
      moor_job_log (job, MOOR_LOG_INFO,
                    "The files of %s were merged into the home that is there; they stay",
                    profile->name);
      return moor_undo_reown_home (job, system, store, profile, error)
             && moor_store_sync (store, error) && forget (store, profile, error);
    }
  if (part->dfd < 0)
    return moor_throw (error, MOOR_ERROR_REFUSED, "the volume %s is not mounted; mount it first",
                       part->volume_name);

  *out_how = "taken-back";
  if (!open_spot (moor_job_get_sys (job), part->dfd, record->staging, &staging, error))
    return FALSE;
  if (record->moved && !move_back (job, system, store, profile, &staging, error))
    return FALSE;
  if (!record->moved && record->step >= MOOR_RESTORE_READY
      && !swap_back (job, system, profile, &staging, error))
    return FALSE;
  return moor_undo_reown (job, store, profile, error) && moor_store_sync (store, error)
         && forget (store, profile, error);
}

static gboolean
undo_all (MoorJob *job,
          MoorSystem *system,
          MoorStore *store,
          gboolean dry_run,
          JsonArray *out,
          GError **error)
{
  g_autoptr(GPtrArray) profiles = moor_store_load_profiles (store, error);

  for (guint i = 0; profiles != NULL && i < profiles->len; i++)
    {
      const MoorStoredProfile *profile = g_ptr_array_index (profiles, i);
      const char *how = "would-be-taken-back";
      JsonObject *entry;

      if (!moor_job_check (job, error)
          || (!dry_run && !moor_undo_profile (job, system, store, profile, &how, error)))
        return FALSE;
      entry = json_object_new ();
      json_object_set_string_member (entry, "name", profile->name);
      json_object_set_string_member (entry, "how", how);
      json_object_set_string_member (
          entry, "kept-at", profile->restore.staging != NULL ? profile->restore.staging : "");
      json_array_add_object_element (out, entry);
    }
  return profiles != NULL;
}

/* What was replaced in living trees has its names again. */
static gboolean
put_back (MoorJob *job, MoorSystem *system, MoorStore *store, JsonObject *result, GError **error)
{
  guint n_back = 0;

  if (!moor_replaced_put_back (job, system, store, &n_back, error))
    return FALSE;
  if (n_back > 0)
    moor_job_log (job, MOOR_LOG_INFO, "%u files that the restore replaced are back", n_back);
  json_object_set_int_member (result, "put-back", n_back);
  return n_back == 0 || moor_store_sync (store, error);
}

/* What came to be outside homes is gone again, where nothing is lost with it. */
static gboolean
take_out (MoorJob *job, MoorSystem *system, MoorStore *store, JsonObject *result, GError **error)
{
  JsonArray *left = json_array_new ();
  guint n_gone = 0;

  json_object_set_array_member (result, "left", left);
  if (!moor_added_take_out (job, system, store, &n_gone, left, error))
    return FALSE;
  if (n_gone > 0)
    moor_job_log (job, MOOR_LOG_INFO, "%u names that the restore added outside homes are gone",
                  n_gone);
  json_object_set_int_member (result, "taken-out", n_gone);
  return TRUE;
}

/**
 * moor_restore_state_before:
 * @key: under which it was written down
 * @out_state: (inout): the state in which a restore found @store; as it is if nothing
 *   was written down
 *
 * Blocks.  Any thread, one at a time.
 *
 * Returns: %FALSE with an error of the catalogue
 */
gboolean
moor_restore_state_before (MoorStore *store,
                           const char *key,
                           MoorStoreState *out_state,
                           GError **error)
{
  g_autoptr(GError) problem = NULL;
  g_autofree char *id = moor_store_dup_meta (store, key, &problem);

  if (problem != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&problem));
      return FALSE;
    }
  for (int state = MOOR_STORE_CAPTURING; state <= MOOR_STORE_DELETING; state++)
    {
      if (g_strcmp0 (moor_store_state_id ((MoorStoreState) state), id) == 0)
        *out_state = (MoorStoreState) state;
    }
  return TRUE;
}

/**
 * moor_undo_run:
 * @store: open and locked
 * @result: gets "profiles", "put-back", "taken-out" and "left"
 *
 * Takes a restore back: every home that was swapped in goes back into the
 * store's keeping, with what was saved in it since, and what it replaced comes
 * back.  So does what was replaced or cleaned up in living trees, and what was added
 * outside homes goes, if it is still what the store holds: the rest is "left".  Accounts
 * that were made stay.  May be repeated after a crash.
 *
 * Blocks.  Any thread.
 *
 * Returns: %FALSE with %MOOR_ERROR_REFUSED or %G_IO_ERROR
 */
gboolean
moor_undo_run (MoorJob *job,
               MoorSystem *system,
               MoorStore *store,
               gboolean dry_run,
               JsonObject *result,
               GError **error)
{
  MoorStoreState state = moor_store_get_state (store);
  MoorStoreState before = MOOR_STORE_SEALED;
  JsonArray *profiles = json_array_new ();

  moor_job_set_phases (job, phases, G_N_ELEMENTS (phases));
  json_object_set_array_member (result, "profiles", profiles);
  json_object_set_boolean_member (result, "dry-run", dry_run);
  if (!moor_store_is_trusted (store, "undone", error))
    return FALSE;
  if (state == MOOR_STORE_SEALED || state == MOOR_STORE_SET_ASIDE || state == MOOR_STORE_WIPED)
    {
      moor_job_log (job, MOOR_LOG_INFO,
                    "Nothing is restored from this store, so there is nothing to undo");
      return TRUE;
    }
  if (state != MOOR_STORE_RESTORING && state != MOOR_STORE_RESTORED && state != MOOR_STORE_UNDOING)
    return moor_throw (error, MOOR_ERROR_REFUSED,
                       "nothing can be undone with the store at %s now: %s",
                       moor_store_get_path (store), moor_store_state_text (state));

  moor_verify_assume_mounts (store, system);
  moor_job_begin_phase (job, "undo", 0, 0);
  if (dry_run)
    return undo_all (job, system, store, TRUE, profiles, error);
  if (!moor_store_set_state (store, MOOR_STORE_UNDOING, error)
      || !put_back (job, system, store, result, error)
      || !take_out (job, system, store, result, error)
      || !undo_all (job, system, store, FALSE, profiles, error)
      || !moor_store_clear_target_names (store, error) || !moor_cleanup_forget (store, error)
      || !moor_added_forget (job, store, error)
      || !moor_restore_state_before (store, MOOR_BEFORE_RESTORE, &before, error)
      || !moor_store_set_state (store, before, error))
    return FALSE;
  moor_job_end_phase (job);
  return TRUE;
}
