/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-rollback.h"

#include <string.h>

#include "moor-text.h"
#include "moor-undo-private.h"
#include "moor-walk.h"

/*
 * Two moves: what is in the root now goes out into `new-system`, then the old
 * system comes back in.  Which of the two runs is written down before it
 * begins, because an entry of the root does not show whose it is.
 */

#define PHASE_OUT "out"
#define PHASE_IN "in"
#define MAX_SAVED_SINCE 10000

static const MoorPhase phases[] = { { "homes", 30 },
                                    { "move-out", 10 },
                                    { "move-back", 10 },
                                    { "check", 50 } };

typedef struct
{
  MoorJob *job;
  const MoorSys *sys;
  MoorSystem *system;
  MoorStore *store;
  const MoorPart *part; /* on the root's volume */
  MoorKeep keep;
  char *new_name;     /* the folder that takes the new system */
  JsonArray *entries; /* (not owned): the result's */
  const char *consequence;
} Rollback;

static void
rollback_clear (Rollback *rollback)
{
  moor_keep_clear (&rollback->keep);
  g_clear_pointer (&rollback->new_name, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Rollback, rollback_clear)

static void
list_cb (const char *path, MoorConsequence consequence, gpointer user_data)
{
  Rollback *rollback = user_data;
  g_autofree char *text = moor_text_path (path);
  JsonObject *entry;

  if (consequence == MOOR_CONSEQUENCE_PARTLY)
    return;
  entry = json_object_new ();
  json_object_set_string_member (entry, "path", text);
  json_object_set_string_member (
      entry, "consequence", consequence == MOOR_CONSEQUENCE_STAYS ? "kept" : rollback->consequence);
  json_array_add_object_element (rollback->entries, entry);
}

/* A name that no earlier roll back has used. */
static gboolean
choose_new_name (Rollback *rollback, GError **error)
{
  struct statx stx;

  g_clear_pointer (&rollback->new_name, g_free);
  if (!moor_store_read_meta (rollback->store, "new-system", &rollback->new_name, error))
    return FALSE;
  if (rollback->new_name != NULL && moor_name_is_valid (rollback->new_name))
    return TRUE;
  g_clear_pointer (&rollback->new_name, g_free);
  rollback->new_name = g_strdup (MOOR_NEW_SYSTEM);
  for (guint n = 2; rollback->sys->statx (rollback->part->dfd, rollback->new_name,
                                          AT_SYMLINK_NOFOLLOW, STATX_INO, &stx)
                    == 0;
       n++)
    {
      g_free (rollback->new_name);
      rollback->new_name = g_strdup_printf (MOOR_NEW_SYSTEM "-%u", n);
    }
  return moor_store_set_meta (rollback->store, "new-system", rollback->new_name, error);
}

/* Homes on other volumes were never set aside: their swap is taken back.  Homes
 * on the root's volume come back with the old system. */
static gboolean
take_homes_back (Rollback *rollback, JsonArray *out, GError **error)
{
  g_autoptr(GPtrArray) profiles = moor_store_load_profiles (rollback->store, error);

  for (guint i = 0; profiles != NULL && i < profiles->len; i++)
    {
      const MoorStoredProfile *profile = g_ptr_array_index (profiles, i);
      JsonObject *entry = json_object_new ();
      const char *how = "with-the-old-system";

      json_array_add_object_element (out, entry);
      /* What was never swapped in is put away; what is on another volume was never set aside. */
      if (profile->restore.part != rollback->part->index
          || profile->restore.step != MOOR_RESTORE_DONE)
        {
          if (!moor_undo_profile (rollback->job, rollback->system, rollback->store, profile, &how,
                                  error))
            return FALSE;
        }
      else if (!profile->restore.moved
               && !moor_undo_reown (rollback->job, rollback->store, profile, error))
        return FALSE;
      json_object_set_string_member (entry, "name", profile->name);
      json_object_set_string_member (entry, "how", how);
    }
  return profiles != NULL;
}

static gboolean
move_out (Rollback *rollback, GError **error)
{
  g_auto(MoorFd) new_dfd = moor_make_dirs_beneath (rollback->sys, rollback->part->dfd,
                                                    rollback->new_name, 0700, error);

  rollback->consequence = "set-aside";
  return new_dfd >= 0
         && moor_root_move_out (rollback->job, moor_system_get_dfd (rollback->system), new_dfd,
                                &rollback->keep, FALSE, list_cb, rollback, error)
         && moor_store_sync (rollback->store, error);
}

static gboolean
move_back (Rollback *rollback, GError **error)
{
  int root_dfd = moor_system_get_dfd (rollback->system);
  g_autoptr(GError) problem = NULL;
  g_auto(MoorFd) old_dfd = moor_open_beneath (rollback->sys, rollback->part->dfd, MOOR_OLD_SYSTEM,
                                               O_RDONLY | O_DIRECTORY, &problem);

  /* Cut off at the very end, all of it is back. */
  if (g_error_matches (problem, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    return TRUE;
  if (problem != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&problem));
      return FALSE;
    }
  rollback->consequence = "put-back";
  return moor_root_move_back (rollback->job, old_dfd, root_dfd, list_cb, rollback, error)
         && moor_root_reinstate (rollback->job, rollback->store, root_dfd, &rollback->keep, error)
         && moor_store_sync (rollback->store, error);
}

typedef struct
{
  Rollback *rollback;
  gint64 since_ns;
  GMutex lock; /* guards the members below */
  JsonArray *out;
  guint64 n_unlisted;
} Search;

static gboolean
search_enter_cb (MoorDir *dir, guint worker, gpointer user_data)
{
  return TRUE;
}

/* A file with one name only is in no store and in no old home: it is new. */
static gboolean
search_entry_cb (MoorDir *dir,
                 const char *name,
                 guint8 type,
                 guint64 ino,
                 guint worker,
                 gpointer user_data)
{
  Search *search = user_data;
  struct statx stx;
  int dfd;

  if (type == DT_DIR)
    return TRUE;
  dfd = moor_dir_fd (dir, NULL);
  if (type == DT_REG && dfd >= 0
      && search->rollback->sys->statx (dfd, name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &stx) == 0
      && stx.stx_nlink == 1
      && stx.stx_mtime.tv_sec * G_GINT64_CONSTANT (1000000000) + stx.stx_mtime.tv_nsec
             >= search->since_ns)
    {
      g_autofree char *below = moor_dir_path (dir);
      g_autofree char *path = g_build_filename (search->rollback->new_name, below, name, NULL);
      g_autofree char *text = moor_text_path (path);

      g_mutex_lock (&search->lock);
      if (json_array_get_length (search->out) < MAX_SAVED_SINCE)
        json_array_add_string_element (search->out, text);
      else
        search->n_unlisted++;
      g_mutex_unlock (&search->lock);
    }
  return FALSE;
}

static void
search_problem_cb (MoorDir *dir,
                   const char *name,
                   int errnum,
                   const GError *error,
                   guint worker,
                   gpointer user_data)
{
  moor_job_log (((Search *) user_data)->rollback->job, MOOR_LOG_WARNING, "%s", error->message);
}

/* Files that people saved in the new system's homes: they are not lost, and it is
 * said where they are. */
static gboolean
list_saved_since (Rollback *rollback, JsonArray *out, guint64 *out_n_unlisted, GError **error)
{
  static const MoorWalkVisitor visitor = { search_enter_cb, search_entry_cb, NULL, NULL,
                                           search_problem_cb };
  g_autoptr(GPtrArray) profiles = moor_store_load_profiles (rollback->store, error);
  g_auto(MoorStoreInfo) info = { 0 };
  const MoorWalkOptions options = { .sys = rollback->sys };
  Search search = { .rollback = rollback, .out = out };
  gboolean searched = profiles != NULL && moor_store_get_info (rollback->store, &info, error);

  g_mutex_init (&search.lock);
  search.since_ns = info.sealed_ns;
  for (guint i = 0; searched && i < profiles->len; i++)
    {
      const MoorStoredProfile *profile = g_ptr_array_index (profiles, i);
      /* Somebody who was not restored yet may have saved something there all the same. */
      const char *home = profile->restore.target_home != NULL ? profile->restore.target_home
                                                              : profile->home;
      g_autofree char *path = g_build_filename (rollback->new_name, home, NULL);
      g_auto(MoorFd) dfd = moor_open_beneath (rollback->sys, rollback->part->dfd, path,
                                               O_RDONLY | O_DIRECTORY, NULL);
      MoorWalkRoot root = { .dfd = dfd, .mirror_dfd = -1, .name = home };

      searched = dfd < 0
                 || moor_walk_run (&root, 1, &visitor, &search, &options,
                                   moor_job_get_cancellable (rollback->job), error);
    }
  g_mutex_clear (&search.lock);
  *out_n_unlisted = search.n_unlisted;
  return searched;
}

/* Whether a person's folder of the store became the home, and went out with it.  Seen
 * on the store itself: what is recorded is forgotten one by one. */
static gboolean
lost_tree (const Rollback *rollback, const MoorStoredProfile *profile)
{
  const MoorPart *part = moor_store_get_part (rollback->store, profile->part);
  g_autoptr(GError) error = NULL;
  g_auto(MoorFd) dfd = -1;

  if (part->tree_dfd < 0)
    return profile->restore.moved;
  dfd = moor_open_beneath (rollback->sys, part->tree_dfd, profile->tree_path, O_PATH | O_DIRECTORY,
                           &error);
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

/* After it the store is as it was when it was sealed; unless its own trees were
 * moved out into the new system: then its capture has to be gone on with. */
static gboolean
conclude (Rollback *rollback, GError **error)
{
  static const MoorRestoreRecord none = { .step = MOOR_RESTORE_NONE };
  g_autoptr(GPtrArray) profiles = moor_store_load_profiles (rollback->store, error);
  gboolean moved = FALSE;

  for (guint i = 0; profiles != NULL && i < profiles->len; i++)
    {
      const MoorStoredProfile *profile = g_ptr_array_index (profiles, i);

      moved = moved || lost_tree (rollback, profile);
      if (!moor_store_set_restore (rollback->store, profile->id, &none, error))
        return FALSE;
    }
  (void) rollback->sys->unlinkat (rollback->part->dfd, MOOR_OLD_SYSTEM, AT_REMOVEDIR);
  if (moved)
    moor_job_log (rollback->job, MOOR_LOG_WARNING,
                  "The store's own folders went into the new system when they were moved; run "
                  "“mooring capture --resume” to link the old system's files again");
  /* What was protected this time is asked for anew the next time. */
  return profiles != NULL
         && moor_store_set_state (rollback->store, moved ? MOOR_STORE_CAPTURING : MOOR_STORE_SEALED,
                                  error)
         && moor_store_set_meta (rollback->store, "kept", "", error);
}

static gboolean
begin (Rollback *rollback, GError **error)
{
  MoorStoreState state = moor_store_get_state (rollback->store);
  /* Cut off in the middle of a set aside, what is in the root is still the old system. */
  const char *first = state == MOOR_STORE_SETTING_ASIDE ? PHASE_IN : PHASE_OUT;

  return moor_store_set_meta (rollback->store, "rollback", first, error)
         && moor_store_set_meta (rollback->store, "new-system", "", error)
         && moor_store_set_state (rollback->store, MOOR_STORE_ROLLING_BACK, error);
}

static gboolean
throw_no_phase (const Rollback *rollback, const char *phase, GError **error)
{
  if (error != NULL && *error != NULL)
    return FALSE;
  return moor_throw (error, MOOR_ERROR_STORE_UNUSABLE,
                     "the catalogue of the store at %s does not say how far the roll back has come "
                     "(“%s”); the old system is in the store's folder “%s”",
                     moor_store_get_path (rollback->store), phase != NULL ? phase : "",
                     MOOR_OLD_SYSTEM);
}

static gboolean
run (Rollback *rollback, JsonObject *result, GError **error)
{
  JsonArray *profiles = json_array_new ();
  JsonArray *saved = json_array_new ();
  guint64 n_unlisted = 0;
  g_autofree char *phase = NULL;

  json_object_set_array_member (result, "profiles", profiles);
  json_object_set_array_member (result, "saved-since", saved);
  if (moor_store_get_state (rollback->store) == MOOR_STORE_ROLLING_BACK)
    moor_job_log (rollback->job, MOOR_LOG_INFO, "Going on with the roll back that was cut off");
  else if (!begin (rollback, error))
    return FALSE;

  /* Taken for the other one, both systems would be mixed. */
  phase = moor_store_dup_meta (rollback->store, "rollback", error);
  if (phase == NULL || (!g_str_equal (phase, PHASE_OUT) && !g_str_equal (phase, PHASE_IN)))
    return throw_no_phase (rollback, phase, error);
  if (g_str_equal (phase, PHASE_OUT))
    {
      moor_job_begin_phase (rollback->job, "homes", 0, 0);
      if (!take_homes_back (rollback, profiles, error) || !choose_new_name (rollback, error))
        return FALSE;
      moor_job_begin_phase (rollback->job, "move-out", 0, 0);
      if (!move_out (rollback, error)
          || !moor_store_set_meta (rollback->store, "rollback", PHASE_IN, error))
        return FALSE;
    }
  moor_job_begin_phase (rollback->job, "move-back", 0, 0);
  if (!move_back (rollback, error))
    return FALSE;
  moor_job_begin_phase (rollback->job, "check", 0, 0);
  if (!choose_new_name (rollback, error) || !list_saved_since (rollback, saved, &n_unlisted, error))
    return FALSE;
  json_object_set_int_member (result, "saved-since-unlisted", (gint64) n_unlisted);
  json_object_set_string_member (result, "new-system", rollback->new_name);
  return conclude (rollback, error);
}

static gboolean
check_state (MoorStore *store, gboolean *out_nothing, GError **error)
{
  MoorStoreState state = moor_store_get_state (store);
  g_autofree char *phase = moor_store_dup_meta (store, "rollback", NULL);

  /* One that took back homes which were moved leaves a capture to be gone on with. */
  *out_nothing = state == MOOR_STORE_SEALED || (state == MOOR_STORE_CAPTURING && phase != NULL);
  if (*out_nothing)
    return TRUE;
  switch ((int) state)
    {
    case MOOR_STORE_SETTING_ASIDE:
    case MOOR_STORE_SET_ASIDE:
    case MOOR_STORE_RESTORING:
    case MOOR_STORE_RESTORED:
    case MOOR_STORE_UNDOING:
    case MOOR_STORE_ROLLING_BACK:
      return TRUE;
    default:
      return moor_throw (error, MOOR_ERROR_REFUSED,
                         "nothing can be rolled back with the store at %s: %s",
                         moor_store_get_path (store), moor_store_state_text (state));
    }
}

/* A restore into a system that was never set aside is undone, not rolled back. */
static gboolean
check_old_system (const Rollback *rollback, GError **error)
{
  g_auto(MoorFd) old_dfd = moor_open_beneath (rollback->sys, rollback->part->dfd, MOOR_OLD_SYSTEM,
                                               O_RDONLY | O_DIRECTORY, NULL);

  if (old_dfd >= 0 || moor_store_get_state (rollback->store) == MOOR_STORE_ROLLING_BACK)
    return TRUE;
  return moor_throw (
      error, MOOR_ERROR_REFUSED,
      "the store at %s keeps no old system that could be put back; “mooring undo” takes a "
      "restore back",
      moor_store_get_path (rollback->store));
}

/**
 * moor_rollback_run:
 * @store: open and locked
 * @result: gets "profiles", "entries", "saved-since" (the first ten thousand),
 *   "saved-since-unlisted" (how many more there are) and "new-system"
 *
 * Puts the old system back.  What is in the root now goes into the store's
 * `new-system`; nothing is deleted.  May be repeated after a crash.  Blocks.
 * Any thread.
 *
 * Returns: %FALSE with %MOOR_ERROR_REFUSED, %MOOR_ERROR_NOT_PERMITTED or %G_IO_ERROR
 */
gboolean
moor_rollback_run (MoorJob *job,
                   MoorSystem *system,
                   MoorStore *store,
                   gboolean dry_run,
                   JsonObject *result,
                   GError **error)
{
  g_auto(Rollback) rollback = { .job = job, .system = system, .store = store };
  gboolean nothing;

  moor_job_set_phases (job, phases, G_N_ELEMENTS (phases));
  if (!moor_root_check (system, "rolled back", error)
      || !moor_store_is_trusted (store, "rolled back", error)
      || !check_state (store, &nothing, error))
    return FALSE;
  if (nothing)
    {
      moor_job_log (job, MOOR_LOG_INFO,
                    "No system is set aside in this store: there is nothing to roll back");
      return TRUE;
    }
  rollback.sys = moor_job_get_sys (job);
  rollback.part = moor_root_part (store, system, FALSE, error);
  if (rollback.part == NULL || !moor_root_check_same (system, store, error)
      || !moor_keep_init (&rollback.keep, system, store, NULL, error)
      || !check_old_system (&rollback, error))
    return FALSE;

  moor_verify_assume_mounts (store, system);
  rollback.entries = json_array_new ();
  json_object_set_boolean_member (result, "dry-run", dry_run);
  json_object_set_array_member (result, "entries", rollback.entries);
  if (!dry_run)
    return run (&rollback, result, error);
  rollback.consequence = "set-aside";
  return moor_root_move_out (job, moor_system_get_dfd (system), -1, &rollback.keep, TRUE, list_cb,
                             &rollback, error);
}
