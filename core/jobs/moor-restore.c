/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-restore-private.h"

#include <string.h>

#include "moor-process.h"
#include "moor-threads-private.h"
#include "moor-verify.h"
#include "moor-wanted-private.h"

/* The state in which a restore of some paths, which runs or was cut off, found the store. */
#define BEFORE_PATHS "before-paths"

static const MoorPhase phases[] = { { "plan", 2 },
                                    { "accounts", 3 },
                                    { "restore", 60 },
                                    { "verify", 35 } };

static gboolean
check_state (MoorStore *store, GError **error)
{
  switch ((int) moor_store_get_state (store))
    {
    case MOOR_STORE_SEALED:
    case MOOR_STORE_SET_ASIDE:
    case MOOR_STORE_WIPED:
    case MOOR_STORE_RESTORING:
    case MOOR_STORE_RESTORED:
      return TRUE;
    default:
      return moor_throw (
          error, MOOR_ERROR_REFUSED, "nothing can be restored from the store at %s now: %s",
          moor_store_get_path (store), moor_store_state_text (moor_store_get_state (store)));
    }
}

static void
tell_notes (MoorJob *job, GPtrArray *notes)
{
  for (guint i = 0; i < notes->len; i++)
    {
      const MoorIssue *note = g_ptr_array_index (notes, i);

      moor_job_issue (job, note->severity, note->cause, note->path, note->profile, note->errnum,
                      note->action);
    }
}

static gboolean
make_accounts (const MoorRestore *restore, GPtrArray *people, GError **error)
{
  for (guint i = 0; i < people->len; i++)
    {
      const MoorRestoring *person = g_ptr_array_index (people, i);
      g_autoptr(GPtrArray)
                     notes = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_issue_free);
      gboolean wanted = restore->options->create_accounts || restore->options->enable_accounts;
      gboolean applied;

      if (!person->has_plan || !wanted || !moor_job_check (restore->job, NULL))
        continue;
      applied = moor_account_apply (restore->system, person->account, &person->plan,
                                    restore->options->enable_accounts, notes,
                                    moor_job_get_cancellable (restore->job), error);
      tell_notes (restore->job, notes);
      if (!applied)
        {
          g_prefix_error (error, "the account of “%s”: ", person->target_name);
          return FALSE;
        }
      moor_job_log (restore->job, MOOR_LOG_INFO, "The account of %s is there", person->target_name);
    }
  return moor_job_check (restore->job, error);
}

static guint64
count_objects (GPtrArray *people)
{
  guint64 n_objects = 0;

  for (guint i = 0; i < people->len; i++)
    {
      const MoorStoredProfile *profile = ((MoorRestoring *) g_ptr_array_index (people, i))->profile;

      n_objects += profile->n_objects + profile->n_directories;
    }
  return n_objects;
}

static gboolean
restore_homes (const MoorRestore *restore, GPtrArray *people, GError **error)
{
  for (guint i = 0; i < people->len; i++)
    {
      MoorRestoring *person = g_ptr_array_index (people, i);

      moor_job_profile (restore->job, person->target_name, "working", 0, 0);
      if (!moor_job_check (restore->job, error) || !moor_restore_home (restore, person, error))
        return FALSE;
      moor_job_profile (restore->job, person->target_name, "done", person->profile->n_objects,
                        person->profile->n_bytes);
      moor_job_log (restore->job, MOOR_LOG_INFO, "The home of %s is back at %s (%s)",
                    person->target_name, person->target_home, person->how);
    }
  return TRUE;
}

static gboolean
restore_systems (const MoorRestore *restore, GError **error)
{
  for (guint i = 0; i < restore->systems->len; i++)
    {
      MoorRestoring *system = g_ptr_array_index (restore->systems, i);

      moor_job_profile (restore->job, system->target_name, "working", 0, 0);
      if (!moor_job_check (restore->job, error) || !moor_restore_system (restore, system, error))
        return FALSE;
      moor_job_profile (restore->job, system->target_name, "done", system->profile->n_objects,
                        system->profile->n_bytes);
      moor_job_log (restore->job, MOOR_LOG_INFO, "What the system had at %s is back (%s)",
                    system->target_home, system->how);
    }
  return TRUE;
}

/* Everybody's fate before anybody's files: what goes from one to another has to be known. */
static gboolean
plan_fates (const MoorRestore *restore, GError **error)
{
  for (guint i = 0; i < restore->people->len; i++)
    {
      if (!moor_fates_plan (restore, g_ptr_array_index (restore->people, i), error))
        return FALSE;
    }
  for (guint i = 0; i < restore->systems->len; i++)
    {
      if (!moor_fates_plan (restore, g_ptr_array_index (restore->systems, i), error))
        return FALSE;
    }
  moor_placements_add_files (restore);
  return TRUE;
}

static gboolean
restore_everything (const MoorRestore *restore, GPtrArray *people, GError **error)
{
  moor_job_begin_phase (restore->job, "restore",
                        count_objects (people) + count_objects (restore->systems), 0);
  if (!plan_fates (restore, error) || !moor_cleanup_run (restore, error)
      || !restore_homes (restore, people, error) || !restore_systems (restore, error)
      || !moor_placements_bring (restore, NULL, restore->outside, -1, TRUE, error)
      || (restore->outside->len > 0 && !moor_store_sync (restore->store, error)))
    return FALSE;
  moor_job_end_phase (restore->job);
  return TRUE;
}

/* Compares what came back, and writes down whether anything differs. */
static gboolean
verify (const MoorRestore *restore, JsonObject *result, GError **error)
{
  g_autoptr(MoorRules) rules = moor_rules_new_everything ();
  g_autoptr(GError) problem = NULL;
  JsonObject *verification = json_object_new ();
  const MoorVerifyOptions options = { .store = restore->store,
                                      .against = MOOR_AGAINST_RESTORED,
                                      .rules = rules,
                                      .n_threads = restore->n_workers };
  gboolean clean = moor_verify_run (restore->job, restore->system, &options, verification, NULL,
                                    &problem);

  json_object_set_object_member (result, "verification", verification);
  if (!moor_store_set_meta (restore->store, "restore-verified", clean ? "clean" : "differs", error))
    return FALSE;
  if (problem != NULL)
    g_propagate_error (error, g_steal_pointer (&problem));
  return clean;
}

/* A restore of some paths was cut off: this one began where that one did. */
static gboolean
go_on_from_paths (MoorStore *store, GError **error)
{
  g_autoptr(GError) problem = NULL;
  g_autofree char *id = moor_store_dup_meta (store, BEFORE_PATHS, &problem);

  if (problem != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&problem));
      return FALSE;
    }
  if (id == NULL)
    return TRUE;
  return (g_str_equal (id, moor_store_state_id (MOOR_STORE_RESTORED))
          || moor_store_set_meta (store, MOOR_BEFORE_RESTORE, id, error))
         && moor_store_set_meta (store, BEFORE_PATHS, NULL, error);
}

static gboolean
enter_restoring (const MoorRestore *restore, GError **error)
{
  MoorStore *store = restore->store;
  const gboolean is_whole = restore->options->paths == NULL;
  MoorStoreState state = moor_store_get_state (store);
  const char *id = moor_store_state_id (state);

  if (state == MOOR_STORE_RESTORING)
    return !is_whole || go_on_from_paths (store, error);
  if (!restore->goes_on
      && (!moor_store_clear_target_names (store, error) || !moor_cleanup_forget (store, error)))
    return FALSE;
  if (!moor_store_set_meta (store, BEFORE_PATHS, is_whole ? NULL : id, error)
      || (is_whole && state != MOOR_STORE_RESTORED
          && !moor_store_set_meta (store, MOOR_BEFORE_RESTORE, id, error)))
    return FALSE;
  return moor_store_set_state (store, MOOR_STORE_RESTORING, error);
}

/* Some files out of a store do not make it a restored one, nor do they end a
 * restore of everything that was cut off before. */
static gboolean
leave_paths (const MoorRestore *restore, GError **error)
{
  MoorStoreState before = MOOR_STORE_RESTORING;

  if (!moor_restore_state_before (restore->store, BEFORE_PATHS, &before, error))
    return FALSE;
  if (before == MOOR_STORE_RESTORING)
    {
      moor_job_log (restore->job, MOOR_LOG_WARNING,
                    "The restore that was cut off before is still to be gone on with: run it again "
                    "without paths");
      return TRUE;
    }
  return moor_store_set_state (restore->store, before, error)
         && moor_store_set_meta (restore->store, BEFORE_PATHS, NULL, error);
}

/* What the new system has to mount for the homes on other volumes to be found. */
static void
tell_mount (const MoorRestore *restore, const MoorPart *part)
{
  g_auto(GStrv) name = g_strsplit (part->volume_name, ":", 2);

  moor_job_log (
      restore->job, MOOR_LOG_WARNING,
      "The new system does not mount the volume %s at %s yet: its /etc/fstab needs the line "
      "“UUID=%s %s %s defaults%s%s 0 2”",
      part->volume_name, part->mount_point, name[0], part->mount_point,
      part->volume != NULL ? part->volume->fs_type : "auto", name[1] != NULL ? ",subvolid=" : "",
      name[1] != NULL ? name[1] : "");
}

static void
tell_mounts (const MoorRestore *restore, GPtrArray *people)
{
  g_autoptr(GHashTable) told = g_hash_table_new (g_direct_hash, g_direct_equal);

  if (moor_system_is_running (restore->system))
    return;
  for (guint i = 0; i < people->len; i++)
    {
      const MoorRestoring *person = g_ptr_array_index (people, i);
      const MoorPart *part = moor_store_get_part (restore->store, person->profile->part);

      if (part->index > 0 && part->mount_point != NULL && strlen (part->mount_point) > 1
          && !moor_system_mounts (restore->system, part->mount_point)
          && g_hash_table_add (told, (gpointer) part))
        tell_mount (restore, part);
    }
}

static gboolean
is_stored (MoorReader *reader,
           GPtrArray *people,
           const char *path,
           gboolean *out_known,
           GError **error)
{
  for (guint i = 0; !*out_known && i < people->len; i++)
    {
      const MoorRestoring *person = g_ptr_array_index (people, i);

      if (!moor_wanted_is_stored (reader, person->profile, path, out_known, error))
        return FALSE;
    }
  return TRUE;
}

/* A path that nobody's files hold was perhaps misspelt: it is not passed over. */
static gboolean
report_unknown_paths (const MoorRestore *restore, GError **error)
{
  g_autoptr(MoorReader) reader = moor_reader_new (restore->store, error);

  for (const char *const *path = restore->options->paths; reader != NULL && *path != NULL; path++)
    {
      gboolean known = FALSE;

      if (!is_stored (reader, restore->people, *path, &known, error)
          || !is_stored (reader, restore->systems, *path, &known, error))
        return FALSE;
      if (!known)
        moor_job_issue (restore->job, MOOR_SEVERITY_ERROR, MOOR_CAUSE_MISSING, *path, NULL, 0,
                        "nothing restored: the store holds nothing of this name");
    }
  return reader != NULL;
}

/* That a store has rules which nobody asked for is told. */
static void
tell_rules (const MoorRestore *restore, const MoorRuleSource *source, JsonObject *result)
{
  g_autoptr(MoorHostRecord) record = NULL;

  if (source != NULL || restore->options->paths != NULL
      || !moor_host_read_record (restore->store, &record, NULL) || record == NULL)
    return;
  json_object_set_boolean_member (result, "rules-in-store", TRUE);
  moor_job_log (restore->job, MOOR_LOG_WARNING,
                "This store was made with rule files, and none count now: everything goes to the "
                "plain place it had. --rules-from-store uses them");
}

static gboolean
run_commands (const MoorRestore *restore,
              const MoorRuleSource *source,
              MoorWhen when,
              JsonObject *result,
              GError **error)
{
  const MoorProcessOptions options = { .allowed = source != NULL && source->allow_commands,
                                       .trusted = source != NULL && source->trusted };

  return restore->rules == NULL
         || moor_process_run (restore->job, restore->rules->outcome, when, &options, result, error);
}

static gboolean
apply (MoorRestore *restore, const MoorRuleSource *source, JsonObject *result, GError **error)
{
  g_autoptr(MoorSystem) system = NULL;
  g_autoptr(MoorAdded) added = NULL;

  moor_job_begin_phase (restore->job, "accounts", 0, 0);
  if (!moor_restore_give_passwords (restore, restore->people, error)
      || !make_accounts (restore, restore->people, error)
      || !moor_restore_passwords_given (restore, error)
      || !moor_restore_apply_groups (restore, error))
    return FALSE;
  moor_job_end_phase (restore->job);

  /* The accounts that were made say where homes are. */
  system = moor_system_open (moor_system_get_path (restore->system), error);
  if (system == NULL)
    return FALSE;
  moor_verify_assume_mounts (restore->store, system);
  restore->system = system;
  if (restore->systems->len > 0 || restore->rules != NULL)
    {
      restore->added = added = moor_added_open (moor_job_get_sys (restore->job), restore->store,
                                                error);
      if (added == NULL)
        return FALSE;
    }
  if (!restore_everything (restore, restore->people, error))
    return FALSE;
  if (restore->options->paths != NULL)
    return report_unknown_paths (restore, error) && leave_paths (restore, error);
  return moor_store_set_state (restore->store, MOOR_STORE_RESTORED, error)
         && run_commands (restore, source, MOOR_WHEN_APPLY_SUCCESS, result, error)
         && verify (restore, result, error);
}

/* Rules are held against the system as it is before anything comes back. */
static gboolean
run_with (MoorRestore *restore, const MoorRuleSource *source, JsonObject *result, GError **error)
{
  g_autoptr(MoorRestoreRules) rules = NULL;
  gboolean applied;

  if (source != NULL)
    {
      restore->rules = rules = moor_restore_rules_new (restore, source, error);
      if (rules == NULL)
        return FALSE;
      json_object_set_array_member (result, "rules",
                                    moor_findings_to_json (source->set, rules->outcome));
    }
  moor_job_end_phase (restore->job);
  if (restore->options->dry_run)
    return TRUE;
  if (!enter_restoring (restore, error)
      || !run_commands (restore, source, MOOR_WHEN_PRE_APPLY, result, error))
    return FALSE;
  applied = apply (restore, source, result, error);
  if (!run_commands (restore, source, MOOR_WHEN_POST_APPLY, result, applied ? error : NULL))
    return FALSE;
  return applied;
}

static gboolean
run (MoorRestore *restore, JsonObject *result, GError **error)
{
  const MoorRuleSource *rules = restore->options->rules;
  const MoorRuleSource *source = rules != NULL && rules->set != NULL ? rules : NULL;

  if (!moor_restore_check_parts (restore, restore->people, error)
      || !moor_restore_check_parts (restore, restore->systems, error)
      || !moor_restore_plan_groups (restore, error))
    return FALSE;
  tell_rules (restore, source, result);
  tell_mounts (restore, restore->people);
  return run_with (restore, source, result, error);
}

/**
 * moor_restore_run:
 * @store: open and locked
 * @result: gets what came of it; see moor-request.h
 *
 * Makes the accounts, brings the homes back, and verifies them.  Each home is
 * there whole or not at all; moor_undo_run() takes it back.  May be repeated
 * after a crash or a cancellation: it goes on.  Blocks.  Any thread.
 *
 * Returns: %FALSE with %MOOR_ERROR_REFUSED before anything was changed,
 *   %MOOR_ERROR_DIFFERENCES if what came back is not what went, or %G_IO_ERROR
 */
gboolean
moor_restore_run (MoorJob *job,
                  MoorSystem *system,
                  MoorStore *store,
                  const MoorRestoreOptions *options,
                  JsonObject *result,
                  GError **error)
{
  MoorRestore restore = { .job = job, .system = system, .store = store, .options = options };
  g_autoptr(GPtrArray) stored = NULL;
  g_autoptr(GPtrArray) people = NULL;
  g_autoptr(GPtrArray) systems = NULL;
  g_autoptr(GPtrArray) outside = NULL;
  g_autoptr(GPtrArray) others = NULL;
  gboolean restored;

  moor_job_set_phases (job, phases, G_N_ELEMENTS (phases));
  moor_job_begin_phase (job, "plan", 0, 0);
  restore.n_workers = moor_choose_n_threads_for_store (options->n_threads, store, TRUE);
  if (!check_state (store, error))
    return FALSE;
  restore.goes_on = moor_store_get_state (store) == MOOR_STORE_RESTORING
                    || moor_store_get_state (store) == MOOR_STORE_RESTORED;
  stored = moor_store_load_profiles (store, error);
  if (stored == NULL || !moor_restore_check_map (options, stored, error))
    return FALSE;
  moor_verify_assume_mounts (store, system);
  people = moor_restore_plan_people (&restore, stored, error);
  if (people != NULL && options->paths == NULL
      && !moor_restore_check_homes (&restore, stored, people, error))
    g_clear_pointer (&people, g_ptr_array_unref);
  if (people == NULL)
    {
      moor_restore_fill_result (&restore, result);
      return FALSE;
    }
  systems = moor_restore_plan_systems (&restore, stored);
  outside = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_incoming_free);
  restore.people = people;
  restore.systems = systems;
  restore.outside = outside;
  others = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_regrouped_free);
  restore.others = others;
  restored = run (&restore, result, error);
  moor_restore_fill_result (&restore, result);
  return restored;
}
