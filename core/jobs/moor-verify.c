/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-gate-private.h"
#include "moor-verify-private.h"

#include "moor-counter.h"
#include "moor-ruling.h"
#include "moor-text.h"
#include "moor-threads-private.h"

#define MAX_DIFFERENCES 50000

/**
 * moor_status_id:
 *
 * Returns: the word for @status in results and reports.  Any thread.
 */
const char *
moor_status_id (MoorStatus status)
{
  static const char *const ids[] = { "same",  "equal-copy", "changed", "missing",
                                     "extra", "metadata",   "renamed" };

  g_return_val_if_fail ((guint) status < G_N_ELEMENTS (ids), "");
  return ids[status];
}

/**
 * moor_comparison_add:
 * @below_home: (type filename): the object, below the person's home
 * @blocks: nothing may be destroyed while this is so
 * @detail: what is different, in words; for %MOOR_STATUS_RENAMED the other name
 *
 * Counts a difference, and keeps the first fifty thousand.  Any thread.
 */
void
moor_comparison_add (MoorComparison *comparison,
                     MoorCompared *compared,
                     const char *below_home,
                     MoorStatus status,
                     MoorCause cause,
                     MoorKind kind,
                     gboolean blocks,
                     const char *detail)
{
  g_autofree char *path = moor_text_path (below_home);
  g_autofree char *text = moor_text_path (detail);
  JsonObject *entry = json_object_new ();

  json_object_set_string_member (entry, "profile", compared->profile->name);
  json_object_set_string_member (entry, "path", path);
  json_object_set_string_member (entry, "status", moor_status_id (status));
  json_object_set_string_member (entry, "cause", moor_cause_id (cause));
  json_object_set_string_member (entry, "remedy", moor_cause_remedy (cause));
  json_object_set_string_member (entry, "detail", text);
  json_object_set_string_member (entry, "kind", moor_kind_id (kind));
  json_object_set_boolean_member (entry, "blocks", blocks);

  moor_counter_add (&compared->n_status[status], 1);
  if (blocks)
    moor_counter_add (&compared->n_blocking, 1);
  if (blocks && cause != MOOR_CAUSE_NONE)
    {
      g_autofree char *full = g_build_filename (compared->profile->home, below_home, NULL);

      moor_job_issue (comparison->job,
                      comparison->options->only_notes ? MOOR_SEVERITY_NOTE : MOOR_SEVERITY_ERROR,
                      cause, full, compared->profile->name, 0, detail);
    }

  moor_lock (&comparison->lock);
  comparison->n_differences++;
  if (json_array_get_length (comparison->differences) < MAX_DIFFERENCES)
    json_array_add_object_element (comparison->differences, g_steal_pointer (&entry));
  moor_unlock (&comparison->lock);
  g_clear_pointer (&entry, json_object_unref);
}

/**
 * moor_verify_assume_mounts:
 *
 * Tells @system which of its mount points are the volumes that @store has parts
 * on, for a system whose fstab does not say so.  Before anything is located.
 */
void
moor_verify_assume_mounts (MoorStore *store, MoorSystem *system)
{
  for (guint i = 0; i < moor_store_get_n_parts (store); i++)
    {
      const MoorPart *part = moor_store_get_part (store, i);

      if (part->mount_point != NULL && part->mount_point[0] == '/' && part->mount_point[1] != '\0')
        moor_system_assume_mount (system, part->mount_point, part->volume_name);
    }
}

static gboolean
open_store_side (MoorComparison *comparison, MoorCompared *compared, GError **error)
{
  const MoorStoredProfile *profile = compared->profile;

  compared->part = moor_store_get_part (comparison->options->store, profile->part);
  if (compared->moved)
    return TRUE;
  if (compared->part == NULL || compared->part->tree_dfd < 0)
    return moor_throw (error, MOOR_ERROR_REFUSED,
                       "the part of the store that holds “%s” is on the volume %s, which is not "
                       "mounted; mount it and run this again",
                       profile->name, compared->part != NULL ? compared->part->volume_name : "?");

  compared->store_dfd = moor_open_beneath (comparison->sys, compared->part->tree_dfd,
                                           profile->tree_path, O_RDONLY | O_DIRECTORY, NULL);
  if (compared->store_dfd < 0)
    moor_comparison_add (comparison, compared, "", MOOR_STATUS_MISSING, MOOR_CAUSE_MISSING,
                         MOOR_KIND_DIRECTORY, TRUE, "the store no longer has this home");
  return TRUE;
}

static gboolean
open_other_side (MoorComparison *comparison,
                 MoorSystem *system,
                 MoorCompared *compared,
                 GError **error)
{
  gboolean restored = comparison->options->against == MOOR_AGAINST_RESTORED;
  const MoorStoredProfile *profile = compared->profile;
  const char *home = restored && profile->restore.target_home != NULL ? profile->restore.target_home
                                                                      : profile->home;
  g_auto(MoorPlace) place = { .dfd = -1 };
  g_autoptr(GError) problem = NULL;

  if (moor_system_locate (system, home, &place, &problem))
    compared->other_dfd = g_steal_fd (&place.dfd);
  else if (g_error_matches (problem, G_IO_ERROR, G_IO_ERROR_NOT_MOUNTED))
    {
      g_propagate_error (error, g_steal_pointer (&problem));
      return FALSE;
    }
  compared->other_path = g_strdup (home);
  if (compared->other_dfd < 0)
    moor_comparison_add (
        comparison, compared, "", MOOR_STATUS_MISSING, MOOR_CAUSE_MISSING, MOOR_KIND_DIRECTORY,
        TRUE, restored ? "the home is not there" : "the home disappeared since the capture");
  return TRUE;
}

/* Whether a person's files are on a volume that is put away and not touched. */
static gboolean
is_out_of_reach (MoorComparison *comparison, MoorSystem *system, const MoorStoredProfile *profile)
{
  const MoorPart *part = moor_store_get_part (comparison->options->store, profile->part);

  if (!comparison->options->only_root || part == NULL || part->dfd >= 0
      || g_str_equal (part->volume_name, moor_system_get_volume (system)->name))
    return FALSE;
  moor_job_log (comparison->job, MOOR_LOG_INFO,
                "%s is on another volume, which is not mounted and not touched", profile->name);
  return TRUE;
}

static gboolean
open_sides (MoorComparison *comparison, MoorSystem *system, GPtrArray *profiles, GError **error)
{
  gboolean restored = comparison->options->against == MOOR_AGAINST_RESTORED;

  for (guint i = 0; i < profiles->len; i++)
    {
      const MoorStoredProfile *profile = g_ptr_array_index (profiles, i);
      MoorCompared *compared = &comparison->compared[comparison->n_compared];

      if (restored && profile->restore.step < MOOR_RESTORE_DONE)
        {
          moor_job_log (comparison->job, MOOR_LOG_INFO, "%s was not restored yet", profile->name);
          continue;
        }
      if (is_out_of_reach (comparison, system, profile))
        continue;
      comparison->n_compared++;
      compared->profile = profile;
      compared->store_dfd = compared->other_dfd = -1;
      compared->moved = restored && profile->restore.moved;
      compared->ids = (MoorIdMap){ profile->uid, profile->uid, profile->gid, profile->gid };
      if (restored)
        {
          compared->ids.new_uid = profile->restore.target_uid;
          compared->ids.new_gid = profile->restore.target_gid;
        }
      if (!open_store_side (comparison, compared, error)
          || !open_other_side (comparison, system, compared, error))
        return FALSE;
    }
  return TRUE;
}

static void
set_statuses (JsonObject *object, const gsize *n_status)
{
  for (guint i = 0; i < MOOR_N_STATUSES; i++)
    json_object_set_int_member (object, moor_status_id ((MoorStatus) i), (gint64) n_status[i]);
}

static gsize
fill_result (MoorComparison *comparison, JsonObject *result)
{
  JsonArray *profiles = json_array_new ();
  gsize totals[MOOR_N_STATUSES] = { 0 };
  gsize n_blocking = 0;

  for (guint i = 0; i < comparison->n_compared; i++)
    {
      const MoorCompared *compared = &comparison->compared[i];
      JsonObject *profile = json_object_new ();
      g_autofree char *home = moor_text_path (compared->profile->home);
      g_autofree char *target = moor_text_path (compared->other_path != NULL ? compared->other_path
                                                                             : "");

      json_object_set_string_member (profile, "name", compared->profile->name);
      json_object_set_string_member (
          profile, "full-name",
          compared->profile->full_name != NULL ? compared->profile->full_name : "");
      json_object_set_string_member (profile, "home", home);
      json_object_set_string_member (profile, "target", target);
      json_object_set_int_member (profile, "before-files", (gint64) compared->n_before);
      json_object_set_int_member (profile, "before-bytes", (gint64) compared->bytes_before);
      json_object_set_int_member (profile, "after-files", (gint64) compared->n_after);
      json_object_set_int_member (profile, "after-bytes", (gint64) compared->bytes_after);
      json_object_set_int_member (profile, "blocking", (gint64) compared->n_blocking);
      set_statuses (profile, compared->n_status);
      json_array_add_object_element (profiles, profile);
      for (guint status = 0; status < MOOR_N_STATUSES; status++)
        totals[status] += compared->n_status[status];
      n_blocking += compared->n_blocking;
    }

  json_object_set_string_member (result, "against",
                                 comparison->options->against == MOOR_AGAINST_SOURCE ? "source"
                                                                                     : "restored");
  json_object_set_boolean_member (result, "clean", n_blocking == 0);
  json_object_set_int_member (result, "blocking", (gint64) n_blocking);
  set_statuses (result, totals);
  json_object_set_array_member (result, "profiles", profiles);
  json_object_set_array_member (result, "differences", json_array_ref (comparison->differences));
  json_object_set_boolean_member (result, "truncated",
                                  comparison->n_differences
                                      > json_array_get_length (comparison->differences));
  json_object_set_array_member (result, "causes", moor_job_causes_to_json (comparison->job));
  return n_blocking;
}

static void
comparison_clear (MoorComparison *comparison, guint n_workers)
{
  for (guint i = 0; i < comparison->n_compared; i++)
    {
      if (comparison->compared[i].store_dfd >= 0)
        (void) close (comparison->compared[i].store_dfd);
      if (comparison->compared[i].other_dfd >= 0)
        (void) close (comparison->compared[i].other_dfd);
      g_free (comparison->compared[i].other_path);
    }
  for (guint i = 0; i < n_workers; i++)
    g_clear_pointer (&comparison->readers[i], moor_reader_free);
  g_free (comparison->compared);
  g_free (comparison->readers);
  json_array_unref (comparison->differences);
  g_mutex_clear (&comparison->lock);
}

static gboolean
check_state (const MoorVerifyOptions *options, GError **error)
{
  MoorStoreState state = moor_store_get_state (options->store);

  if (state == MOOR_STORE_CAPTURING)
    return moor_throw (error, MOOR_ERROR_REFUSED,
                       "the store at %s is not complete: its capture did not come to its end; run "
                       "“mooring capture --resume” first",
                       moor_store_get_path (options->store));
  return TRUE;
}

/* Whether rules take what is outside homes, and the store knows of nothing there. */
static gboolean
reaches_unseen_system (const MoorComparison *comparison)
{
  g_autofree const char **homes = g_new0 (const char *, comparison->profiles->len + 1);

  if (comparison->options->against != MOOR_AGAINST_SOURCE || !comparison->compiled
      || geteuid () != 0 || moor_store_get_owner (comparison->options->store) != 0)
    return FALSE;
  for (guint i = 0; i < comparison->profiles->len; i++)
    {
      const MoorStoredProfile *profile = g_ptr_array_index (comparison->profiles, i);

      if (g_str_equal (profile->name, MOOR_SYSTEM_PROFILE) && g_str_equal (profile->home, "/"))
        return FALSE;
      homes[i] = profile->home;
    }
  return moor_rules_reach_outside (comparison->rules, homes);
}

/* Conditions may hold now that did not when the store was made: what they let rules take
 * outside homes, on the volume that is wiped, is missing in the store. */
static gboolean
compare_unseen_system (MoorComparison *comparison, GError **error)
{
  MoorCompared *compared = &comparison->compared[comparison->n_compared];
  g_auto(MoorPlace) place = { .dfd = -1 };

  if (!reaches_unseen_system (comparison))
    return TRUE;
  if (!moor_system_locate (comparison->system, "/", &place, error))
    return FALSE;
  comparison->outside = (MoorStoredProfile){ .name = (char *) MOOR_SYSTEM_PROFILE,
                                             .home = (char *) "/" };
  *compared = (MoorCompared){ .profile = &comparison->outside, .store_dfd = -1, .other_dfd = -1 };
  moor_comparison_find_unseen (comparison, compared, place.dfd, ".", "",
                               moor_ruling_start (comparison->rules, "/"));
  if (compared->n_blocking > 0)
    {
      compared->other_path = g_strdup ("/");
      comparison->n_compared++;
    }
  return moor_job_check (comparison->job, error);
}

/* To compare with what was never restored would find nothing, and call that in order. */
static gboolean
is_restored (const MoorComparison *comparison, GError **error)
{
  MoorStore *store = comparison->options->store;
  const MoorStoreState state = moor_store_get_state (store);

  if (comparison->options->against != MOOR_AGAINST_RESTORED || comparison->n_compared > 0
      || state == MOOR_STORE_RESTORING || state == MOOR_STORE_RESTORED)
    return TRUE;
  return moor_throw (error, MOOR_ERROR_REFUSED,
                     "nothing is restored from the store at %s, so there is nothing to compare it "
                     "with; run “mooring restore” first",
                     moor_store_get_path (store));
}

static gboolean
compare (MoorComparison *comparison,
         MoorSystem *system,
         GPtrArray *profiles,
         guint n_workers,
         GError **error)
{
  guint64 n_objects = 0;

  for (guint i = 0; i < profiles->len; i++)
    {
      const MoorStoredProfile *profile = g_ptr_array_index (profiles, i);

      n_objects += profile->n_objects + profile->n_directories;
    }
  moor_job_begin_phase (comparison->job, "verify", n_objects, 0);
  if (!open_sides (comparison, system, profiles, error) || !is_restored (comparison, error)
      || !moor_comparison_walk (comparison, n_workers, error)
      || !compare_unseen_system (comparison, error))
    return FALSE;
  moor_job_end_phase (comparison->job);
  return TRUE;
}

/* Which rules tell what of the other side matters. */
static gboolean
make_rules (MoorRuling *ruling,
            MoorJob *job,
            MoorSystem *system,
            GPtrArray *profiles,
            const MoorVerifyOptions *options,
            GError **error)
{
  g_autoptr(MoorHostRecord) record = NULL;

  if (options->against == MOOR_AGAINST_SOURCE)
    return moor_ruling_of_store (ruling, job, options->store, profiles, system,
                                 moor_system_get_dfd (system), error);
  if (options->rules != NULL)
    {
      ruling->rules = moor_rules_ref (options->rules);
      return TRUE;
    }
  if (!moor_host_read_record (options->store, &record, error))
    return FALSE;
  ruling->rules = record != NULL ? moor_rules_new_everything () : moor_rules_new_default (error);
  return ruling->rules != NULL;
}

/**
 * moor_verify_run:
 * @result: gets counts and differences; see moor-request.h
 * @out_gate: (out) (optional) (nullable): the proof, when the source was compared, the
 *   store is sealed and nothing blocks; else %NULL
 *
 * Compares a store with the source it was captured from, or with what was
 * restored from it.  Changes nothing.  Blocks.  Any thread.
 *
 * Returns: %FALSE with %MOOR_ERROR_DIFFERENCES if anything blocks,
 *   %MOOR_ERROR_REFUSED, %MOOR_ERROR_STORE_UNUSABLE or %G_IO_ERROR
 */
gboolean
moor_verify_run (MoorJob *job,
                 MoorSystem *system,
                 const MoorVerifyOptions *options,
                 JsonObject *result,
                 MoorGate **out_gate,
                 GError **error)
{
  guint n_workers = moor_choose_n_threads_for_store (options->n_threads, options->store, FALSE);
  MoorComparison comparison = { .job = job, .sys = moor_job_get_sys (job), .options = options };
  g_autoptr(GPtrArray) profiles = NULL;
  g_auto(MoorRuling) ruling = { 0 };
  gboolean compared;
  gsize n_blocking;

  if (out_gate != NULL)
    *out_gate = NULL;
  if (!check_state (options, error))
    return FALSE;
  profiles = moor_store_load_profiles (options->store, error);
  if (profiles == NULL)
    return FALSE;

  moor_verify_assume_mounts (options->store, system);
  if (!make_rules (&ruling, job, system, profiles, options, error))
    return FALSE;
  comparison.system = system;
  comparison.rules = ruling.rules;
  comparison.compiled = moor_rules_are_compiled (ruling.rules);
  comparison.profiles = profiles;
  comparison.homes = ruling.host != NULL ? ruling.host->all_homes : NULL;
  comparison.compared = g_new0 (MoorCompared, profiles->len + 1);
  comparison.readers = g_new0 (MoorReader *, n_workers);
  comparison.differences = json_array_new ();
  g_mutex_init (&comparison.lock);
  compared = compare (&comparison, system, profiles, n_workers, error);
  n_blocking = fill_result (&comparison, result);
  comparison_clear (&comparison, n_workers);
  if (!compared)
    return FALSE;

  if (n_blocking > 0)
    return moor_throw (error, MOOR_ERROR_DIFFERENCES, "%" G_GSIZE_FORMAT " objects differ",
                       n_blocking);
  if (out_gate != NULL && options->against == MOOR_AGAINST_SOURCE
      && moor_store_get_state (options->store) == MOOR_STORE_SEALED)
    *out_gate = moor_gate_new (options->store, system);
  return TRUE;
}
