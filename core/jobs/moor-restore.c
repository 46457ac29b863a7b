/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-restore-private.h"

#include <string.h>

#include "moor-text.h"
#include "moor-threads-private.h"
#include "moor-verify.h"
#include "moor-wanted-private.h"

/* The state in which a restore of some paths, which runs or was cut off, found the store. */
#define BEFORE_PATHS "before-paths"

static const MoorPhase phases[] = { { "plan", 2 },
                                    { "accounts", 3 },
                                    { "restore", 60 },
                                    { "verify", 35 } };

static void
restoring_free (MoorRestoring *person)
{
  g_clear_pointer (&person->account, moor_account_free);
  if (person->has_plan)
    moor_account_plan_clear (&person->plan);
  g_free (person->target_name);
  g_free (person->target_home);
  g_free (person);
}

/* The new login name that --map gives somebody. */
static char *
mapped_name (const MoorRestoreOptions *options, const char *name)
{
  gsize length = strlen (name);

  for (const char *const *at = options->map; at != NULL && *at != NULL; at++)
    {
      if (strncmp (*at, name, length) == 0 && (*at)[length] == ':' && (*at)[length + 1] != '\0')
        return g_strdup (*at + length + 1);
    }
  return g_strdup (name);
}

static gboolean
check_map (const MoorRestoreOptions *options, GPtrArray *stored, GError **error)
{
  for (const char *const *at = options->map; at != NULL && *at != NULL; at++)
    {
      g_auto(GStrv) names = g_strsplit (*at, ":", 2);
      gboolean known = FALSE;

      if (names[0] == NULL || names[1] == NULL || !moor_name_is_valid (names[1]))
        return moor_throw (error, MOOR_ERROR_USAGE, "“%s” is not of the form OLD:NEW", *at);
      for (guint i = 0; i < stored->len; i++)
        known = known
                || g_str_equal (((MoorStoredProfile *) g_ptr_array_index (stored, i))->name,
                                names[0]);
      if (!known)
        return moor_throw (error, MOOR_ERROR_USAGE, "there is nobody called “%s” in this store",
                           names[0]);
    }
  return TRUE;
}

static MoorAccount *
load_account (MoorStore *store, const MoorStoredProfile *profile, GError **error)
{
  g_autofree char *file = g_strconcat (profile->name, ".json", NULL);
  g_autoptr(GBytes) bytes = moor_store_read_file (store, "accounts", file, error);

  return bytes != NULL ? moor_account_from_bytes (bytes, error) : NULL;
}

/* What a store of an ordinary user says about accounts is not even looked at:
 * groups and password are what the system says, and so is the home. */
static void
take_home_of_system (const MoorRestore *restore, MoorRestoring *person)
{
  const MoorProfile *known = moor_system_find_profile (restore->system, person->target_name);

  if (known == NULL)
    return;
  g_free (person->target_home);
  person->target_home = g_strdup (known->home);
}

/* What becomes of one person on the target. */
static MoorRestoring *
plan_person (const MoorRestore *restore, MoorStoredProfile *profile, GError **error)
{
  MoorRestoring *person = g_new0 (MoorRestoring, 1);

  person->profile = profile;
  person->how = "";
  person->target_name = mapped_name (restore->options, profile->name);
  person->target_home = g_strdup (profile->home);
  person->ids = (MoorIdMap){ profile->uid, profile->uid, profile->gid, profile->gid };
  if (moor_store_get_owner (restore->store) != 0)
    {
      take_home_of_system (restore, person);
      return person;
    }
  if (!profile->has_account)
    return person;

  person->account = load_account (restore->store, profile, error);
  person->has_plan = person->account != NULL
                     && moor_account_plan (restore->system, person->account, person->target_name,
                                           &person->plan, error);
  if (!person->has_plan)
    {
      restoring_free (person);
      return NULL;
    }
  g_free (person->target_home);
  person->target_home = g_strdup (person->plan.home);
  person->ids.new_uid = person->plan.uid;
  person->ids.new_gid = person->plan.gid;
  person->makes_account = person->plan.state == MOOR_ACCOUNT_ABSENT
                          || person->plan.state == MOOR_ACCOUNT_ABSENT_ID_TAKEN;
  return person;
}

/* A store that an ordinary user made is hostile input to root: it can give its
 * owner's files back to its owner, and nothing else. */
static gboolean
check_owner (const MoorRestore *restore, const MoorRestoring *person, GError **error)
{
  guint32 owner = moor_store_get_owner (restore->store);
  const MoorProfile *known = moor_system_find_profile (restore->system, person->target_name);

  if (owner == 0)
    return TRUE;
  if (person->profile->uid != owner || person->has_plan || known == NULL || known->uid != owner
      || g_strcmp0 (known->home, person->target_home) != 0)
    return moor_throw (
        error, MOOR_ERROR_REFUSED,
        "the store at %s belongs to an ordinary user (%u); it gives files back to that "
        "user's own home only, and makes no accounts",
        moor_store_get_path (restore->store), owner);
  return TRUE;
}

static gboolean
check_permission (const MoorRestore *restore, const MoorRestoring *person, GError **error)
{
  if (geteuid () == 0 || person->ids.new_uid == geteuid ())
    return TRUE;
  return moor_throw (error, MOOR_ERROR_NOT_PERMITTED,
                     "the files of “%s” are for somebody else; run this as root (sudo)",
                     person->target_name);
}

static void
report_plan (const MoorRestore *restore, const MoorRestoring *person)
{
  if (person->ids.old_uid == person->ids.new_uid && person->ids.old_gid == person->ids.new_gid)
    return;
  moor_job_issue (restore->job, MOOR_SEVERITY_NOTE, MOOR_CAUSE_ID_TAKEN, person->target_home,
                  person->target_name, 0, "the files get the new numbers");
  moor_job_log (
      restore->job, MOOR_LOG_WARNING,
      "%s had the numbers %u:%u and gets %u:%u here%s%s; the store's files change owner with "
      "them, they are the same files",
      person->target_name, person->ids.old_uid, person->ids.old_gid, person->ids.new_uid,
      person->ids.new_gid, person->plan.taken_by != NULL ? ": the old one belongs to " : "",
      person->plan.taken_by != NULL ? person->plan.taken_by : "");
}

static GPtrArray *
plan (const MoorRestore *restore, GPtrArray *stored, GError **error)
{
  g_autoptr(GPtrArray) people = g_ptr_array_new_with_free_func ((GDestroyNotify) restoring_free);
  g_autoptr(GString) missing = g_string_new (NULL);

  /* Nobody who needs a new number gets one that somebody else comes with. */
  for (guint i = 0; i < stored->len; i++)
    {
      const MoorStoredProfile *profile = g_ptr_array_index (stored, i);

      moor_system_reserve_ids (restore->system, profile->name, profile->uid, profile->gid);
    }
  for (guint i = 0; i < stored->len; i++)
    {
      MoorStoredProfile *profile = g_ptr_array_index (stored, i);
      MoorRestoring *person;

      if (!moor_selection_matches (&restore->options->selection, profile->name))
        continue;
      if (restore->options->selection.users == NULL && geteuid () != 0
          && profile->uid != geteuid ())
        continue;
      person = plan_person (restore, profile, error);
      if (person == NULL)
        return NULL;
      g_ptr_array_add (people, person);
      if (!check_owner (restore, person, error) || !check_permission (restore, person, error))
        return NULL;
      if (person->makes_account && !restore->options->create_accounts
          && !restore->options->enable_accounts)
        g_string_append_printf (missing, "%s%s", missing->len > 0 ? ", " : "", person->target_name);
      report_plan (restore, person);
    }
  if (missing->len > 0)
    {
      moor_throw (error, MOOR_ERROR_REFUSED,
                  "there is no account on this system for %s; say --create-accounts (locked), "
                  "--enable-accounts (with the old password), or --map OLD:NEW",
                  missing->str);
      return NULL;
    }
  return g_steal_pointer (&people);
}

static gboolean
check_parts (const MoorRestore *restore, GPtrArray *people, GError **error)
{
  for (guint i = 0; i < people->len; i++)
    {
      const MoorRestoring *person = g_ptr_array_index (people, i);
      const MoorPart *part = moor_store_get_part (restore->store, person->profile->part);

      if (part == NULL || part->dfd < 0)
        return moor_throw (
            error, MOOR_ERROR_REFUSED,
            "the part of the store that holds “%s” is on the volume %s, which is not "
            "mounted; mount it and run this again, or leave that person out",
            person->profile->name, part != NULL ? part->volume_name : "?");
    }
  return TRUE;
}

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

static gboolean
restore_homes (const MoorRestore *restore, GPtrArray *people, GError **error)
{
  guint64 n_objects = 0;

  for (guint i = 0; i < people->len; i++)
    {
      const MoorStoredProfile *profile = ((MoorRestoring *) g_ptr_array_index (people, i))->profile;

      n_objects += profile->n_objects + profile->n_directories;
    }
  moor_job_begin_phase (restore->job, "restore", n_objects, 0);
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
  moor_job_end_phase (restore->job);
  return TRUE;
}

static const char *
account_action (const MoorRestore *restore, const MoorRestoring *person)
{
  if (!person->has_plan)
    return "none";
  if (!person->makes_account)
    return "kept";
  return restore->options->enable_accounts ? "enabled" : "created";
}

static void
fill_result (const MoorRestore *restore, GPtrArray *people, JsonObject *result)
{
  static const char *const states[] = { "same", "other-id", "absent", "id-taken" };
  JsonArray *accounts = json_array_new ();
  JsonArray *profiles = json_array_new ();

  for (guint i = 0; people != NULL && i < people->len; i++)
    {
      const MoorRestoring *person = g_ptr_array_index (people, i);
      JsonObject *account = json_object_new ();
      JsonObject *profile = json_object_new ();
      g_autofree char *home = moor_text_path (person->target_home);

      json_object_set_string_member (account, "name", person->profile->name);
      json_object_set_string_member (account, "target", person->target_name);
      json_object_set_string_member (account, "state",
                                     person->has_plan ? states[person->plan.state] : "none");
      json_object_set_string_member (account, "action", account_action (restore, person));
      json_object_set_int_member (account, "uid", person->ids.old_uid);
      json_object_set_int_member (account, "new-uid", person->ids.new_uid);
      json_object_set_int_member (account, "reowned", (gint64) person->n_reowned);
      json_array_add_object_element (accounts, account);

      json_object_set_string_member (profile, "name", person->profile->name);
      json_object_set_string_member (profile, "target", person->target_name);
      json_object_set_string_member (profile, "home", home);
      json_object_set_string_member (profile, "how", person->how);
      json_object_set_int_member (profile, "files", (gint64) person->profile->n_objects);
      json_object_set_int_member (profile, "bytes", (gint64) person->profile->n_bytes);
      json_object_set_int_member (profile, "linked", (gint64) person->n_linked);
      json_object_set_int_member (profile, "copied", (gint64) person->n_copied);
      json_object_set_int_member (profile, "collisions", (gint64) person->n_collisions);
      json_array_add_object_element (profiles, profile);
    }
  json_object_set_array_member (result, "accounts", accounts);
  json_object_set_array_member (result, "profiles", profiles);
  json_object_set_boolean_member (result, "dry-run", restore->options->dry_run);
  json_object_set_array_member (result, "causes", moor_job_causes_to_json (restore->job));
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

/* A path that nobody's files hold was perhaps misspelt: it is not passed over. */
static gboolean
report_unknown_paths (const MoorRestore *restore, GPtrArray *people, GError **error)
{
  g_autoptr(MoorReader) reader = moor_reader_new (restore->store, error);

  for (const char *const *path = restore->options->paths; reader != NULL && *path != NULL; path++)
    {
      gboolean known = FALSE;

      for (guint i = 0; !known && i < people->len; i++)
        {
          const MoorRestoring *person = g_ptr_array_index (people, i);

          if (!moor_wanted_is_stored (reader, person->profile, *path, &known, error))
            return FALSE;
        }
      if (!known)
        moor_job_issue (restore->job, MOOR_SEVERITY_ERROR, MOOR_CAUSE_MISSING, *path, NULL, 0,
                        "nothing restored: the store holds nothing of this name");
    }
  return reader != NULL;
}

static gboolean
run (MoorRestore *restore, GPtrArray *people, JsonObject *result, GError **error)
{
  g_autoptr(MoorSystem) system = NULL;

  if (!check_parts (restore, people, error))
    return FALSE;
  tell_mounts (restore, people);
  moor_job_end_phase (restore->job);
  if (restore->options->dry_run)
    return TRUE;

  if (!enter_restoring (restore, error))
    return FALSE;
  moor_job_begin_phase (restore->job, "accounts", 0, 0);
  if (!make_accounts (restore, people, error))
    return FALSE;
  moor_job_end_phase (restore->job);

  /* The accounts that were made say where homes are. */
  system = moor_system_open (moor_system_get_path (restore->system), error);
  if (system == NULL)
    return FALSE;
  moor_verify_assume_mounts (restore->store, system);
  restore->system = system;
  if (!restore_homes (restore, people, error))
    return FALSE;
  if (restore->options->paths != NULL)
    return report_unknown_paths (restore, people, error) && leave_paths (restore, error);
  return moor_store_set_state (restore->store, MOOR_STORE_RESTORED, error)
         && verify (restore, result, error);
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
  gboolean restored;

  moor_job_set_phases (job, phases, G_N_ELEMENTS (phases));
  moor_job_begin_phase (job, "plan", 0, 0);
  restore.n_workers = moor_choose_n_threads_for_store (options->n_threads, store, TRUE);
  if (!check_state (store, error))
    return FALSE;
  stored = moor_store_load_profiles (store, error);
  if (stored == NULL || !check_map (options, stored, error))
    return FALSE;
  moor_verify_assume_mounts (store, system);
  people = plan (&restore, stored, error);
  if (people != NULL && options->paths == NULL
      && !moor_restore_check_homes (&restore, stored, people, error))
    g_clear_pointer (&people, g_ptr_array_unref);
  restored = people != NULL && run (&restore, people, result, error);
  fill_result (&restore, people, result);
  return restored;
}
