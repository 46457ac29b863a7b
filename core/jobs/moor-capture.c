/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-capture-run-private.h"

#include <string.h>

#include "moor-account.h"
#include "moor-list-files.h"
#include "moor-locked.h"
#include "moor-process.h"
#include "moor-text.h"
#include "moor-threads-private.h"

static const MoorPhase phases[] = { { "prepare", 1 }, { "link", 90 }, { "seal", 9 } };

static void
capture_clear (MoorCapture *capture)
{
  moor_ruling_clear (&capture->ruling);
  moor_rule_source_clear (&capture->stored_source);
  g_clear_pointer (&capture->errors, moor_error_control_free);
  g_clear_pointer (&capture->locks, moor_lock_control_free);
  g_clear_pointer (&capture->chosen, g_ptr_array_unref);
  g_clear_pointer (&capture->store, moor_store_unref);
  g_clear_pointer (&capture->counts, g_free);
  g_clear_pointer (&capture->unasked, moor_unasked_free);
}

/* Only here: the type is shared. */
typedef MoorCapture Capture;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Capture, capture_clear)

static gboolean
same_volume (const MoorPart *part, const MoorChosen *chosen)
{
  return part != NULL && part->volume != NULL
         && moor_domain_equal (&part->volume->domain, &chosen->place.volume->domain);
}

/* Where the copies of a home on another volume are in the first part.  Its own volume's
 * homes are there under their paths on that volume.  If those are the paths they have in
 * the system, too, no two can be the same; else the copies are below a name that nothing
 * on that volume has, or it would be in the store: the store's own. */
static char *
tree_path_of_copies (const Capture *capture, const MoorPart *primary, const char *path)
{
  MoorVolume *volume = moor_system_get_volume (capture->system);
  g_autofree char *top = NULL;

  if (primary->volume != NULL && moor_domain_equal (&primary->volume->domain, &volume->domain))
    top = moor_volume_path_of (volume, moor_system_get_dfd (capture->system), NULL);
  if (top != NULL && top[0] == '\0')
    return g_strdup (path + 1);
  return path[1] != '\0' ? g_build_filename (primary->path, path, NULL) : g_strdup (primary->path);
}

/* Finds or makes the part of the store that takes one home. */
static gboolean
assign_part (Capture *capture, MoorChosen *chosen, GError **error)
{
  const MoorPart *primary = moor_store_get_part (capture->store, 0);

  chosen->part = moor_store_find_part (capture->store, chosen->place.volume->name);
  if (chosen->part != NULL && !same_volume (chosen->part, chosen))
    return moor_throw (
        error, MOOR_ERROR_REFUSED,
        "the home of “%s” and the store are on the same volume, but reached through "
        "two mounts (%s and %s), between which nothing can be linked; give the store's "
        "folder as a path below %s",
        chosen->profile->name, chosen->place.volume->mount_point,
        chosen->part->volume != NULL ? chosen->part->volume->mount_point : "?",
        chosen->place.volume->mount_point);

  /* On the first part's own volume this records where the system mounts it. */
  if (chosen->part == primary
      && moor_store_add_part (capture->store, chosen->place.volume, chosen->place.mount_point,
                              error)
             == NULL)
    return FALSE;
  /* An ordinary user can make no folder at the top of another volume. */
  if (chosen->part == NULL && moor_scope_volume_takes_part (capture->system, chosen)
      && capture->options->best_method == MOOR_METHOD_LINK && geteuid () == 0)
    {
      chosen->part = moor_store_add_part (capture->store, chosen->place.volume,
                                          chosen->place.mount_point, error);
      if (chosen->part == NULL)
        return FALSE;
    }
  if (chosen->part == NULL)
    {
      chosen->part = primary;
      chosen->copy_only = TRUE;
      chosen->tree_path = tree_path_of_copies (capture, primary, chosen->place.path);
      return TRUE;
    }
  chosen->tree_path = g_strdup (chosen->place.volume_path);
  return TRUE;
}

static gboolean
add_profile (Capture *capture, MoorChosen *chosen, GError **error)
{
  struct stat st;
  MoorStoredProfile stored = {
    .name = chosen->profile->name,
    .full_name = chosen->profile->full_name,
    .uid = chosen->profile->uid,
    .gid = chosen->profile->gid,
    .has_account = chosen->profile->state == MOOR_PROFILE_READY,
    .home = chosen->place.path,
    .part = chosen->part->index,
    .tree_path = chosen->tree_path,
  };

  if (fstat (chosen->place.dfd, &st) < 0)
    return moor_throw_errno (error, errno, "looking at the home of “%s”", chosen->profile->name);
  stored.home_dev = st.st_dev;
  stored.home_ino = st.st_ino;
  chosen->id = moor_store_add_profile (capture->store, &stored, error);
  return chosen->id != 0;
}

static void
keep_source_cb (const char *name, GBytes *bytes, gpointer user_data)
{
  Capture *capture = user_data;
  g_autoptr(GError) error = NULL;

  if (moor_store_keep_file (capture->store, "rules", name, bytes, &error))
    return;
  moor_job_log (capture->job, MOOR_LOG_WARNING, "keeping the rules %s: %s", name, error->message);
  moor_job_issue (capture->job, MOOR_SEVERITY_WARNING, MOOR_CAUSE_OTHER, name, NULL, 0,
                  "the store does not say by which rules it was made");
}

/* Everything a system knows about a person besides the home. */
static gboolean
keep_account (Capture *capture, const MoorChosen *chosen, GError **error)
{
  g_autoptr(MoorAccount) account = NULL;
  g_autoptr(GBytes) bytes = NULL;
  g_autofree char *file = g_strconcat (chosen->profile->name, ".json", NULL);

  if (chosen->profile->state != MOOR_PROFILE_READY)
    return TRUE;
  account = moor_account_read (capture->system, chosen->profile->name, error);
  if (account == NULL)
    {
      g_prefix_error (error, "reading the account of “%s”: ", chosen->profile->name);
      return FALSE;
    }
  bytes = moor_account_to_bytes (account);
  return moor_store_keep_file (capture->store, "accounts", file, bytes, error);
}

/* Without its rules nobody could tell whether the store holds everything. */
static gboolean
keep_rules (Capture *capture, GError **error)
{
  if (capture->ruling.host != NULL)
    return moor_rule_source_keep (capture->source, capture->ruling.host, capture->store, error);
  moor_rules_foreach_source (capture->ruling.rules, keep_source_cb, capture);
  return TRUE;
}

static gboolean
prepare (Capture *capture, GError **error)
{
  moor_job_begin_phase (capture->job, "prepare", 0, 0);
  if (!moor_capture_record_people (capture, error)
      || !moor_host_announce_record (capture->store, capture->ruling.host != NULL, error)
      || !moor_store_begin_catalogue (capture->store, error))
    return FALSE;

  for (guint i = 0; i < capture->chosen->len; i++)
    {
      MoorChosen *chosen = g_ptr_array_index (capture->chosen, i);

      if (!moor_job_check (capture->job, error) || !assign_part (capture, chosen, error)
          || !add_profile (capture, chosen, error) || !keep_account (capture, chosen, error))
        return FALSE;
      moor_job_profile (capture->job, chosen->profile->name, "waiting", 0, 0);
    }
  if (!keep_rules (capture, error))
    return FALSE;
  moor_job_end_phase (capture->job);
  return TRUE;
}

static void
close_all (int *fds, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      if (fds[i] >= 0)
        (void) close (fds[i]);
    }
}

static gboolean
open_twins (Capture *capture, int *fds, GError **error)
{
  const MoorSys *sys = moor_job_get_sys (capture->job);

  for (guint i = 0; i < capture->chosen->len; i++)
    {
      const MoorChosen *chosen = g_ptr_array_index (capture->chosen, i);

      fds[i] =
          chosen->tree_path[0] != '\0'
              ? moor_make_dirs_beneath (sys, chosen->part->tree_dfd, chosen->tree_path, 0700, error)
              : moor_open_beneath (sys, chosen->part->tree_dfd, ".", O_RDONLY | O_DIRECTORY, error);
      if (fds[i] < 0)
        return FALSE;
    }
  return TRUE;
}

static gboolean
link_homes (Capture *capture, const int *fds, GError **error)
{
  g_autoptr(MoorWriter) writer = moor_writer_new (capture->store, error);
  g_autoptr(GError) walk_error = NULL;
  g_autoptr(GString) locked = g_string_new (NULL);
  MoorLinkWalk walk = {
    .job = capture->job,
    .rules = capture->ruling.rules,
    .writer = writer,
    .store = capture->store,
    .best_method = capture->options->best_method,
    .resumed = capture->resumed,
    .stop_on_error = capture->options->stop_on_error,
    .errors = capture->errors,
    .locks = capture->locks,
    .strangers = capture->ruling.strangers,
    .n_workers = moor_choose_n_threads (capture->options->n_threads, capture->chosen),
    .chosen = capture->chosen,
    .mirror_dfds = fds,
    .counts = capture->counts,
    .locked = locked,
    .unasked = capture->unasked,
  };

  if (writer == NULL)
    return FALSE;
  moor_job_log (capture->job, MOOR_LOG_INFO, "Linking with %u workers", walk.n_workers);
  moor_job_begin_phase (capture->job, "link", capture->options->n_expected, 0);
  (void) moor_link_walk_run (&walk, &walk_error);
  /* The writer's error is the cause when both failed. */
  if (!moor_writer_finish (writer, error))
    return FALSE;
  if (walk_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&walk_error));
      return FALSE;
    }
  moor_job_end_phase (capture->job);
  return moor_store_set_meta (capture->store, MOOR_LOCKED_META, locked->str, error);
}

static void
add_counts (const MoorCaptureCounts *counts, MoorStoredProfile *stored, MoorStoreInfo *totals)
{
  stored->n_objects = counts->n_files;
  stored->n_directories = counts->n_directories;
  stored->n_linked = counts->n_linked + counts->n_already;
  stored->n_copied = counts->n_copied + counts->n_reflinked;
  stored->n_bytes = counts->n_bytes;
  stored->n_excluded = counts->n_excluded;
  stored->root_object = counts->root_object;
  totals->n_objects += counts->n_files + counts->n_directories;
  totals->n_linked += stored->n_linked;
  totals->n_copied += stored->n_copied;
  totals->n_bytes += counts->n_bytes;
  totals->n_copied_bytes += counts->n_copied_bytes;
}

static gboolean
update_profiles (Capture *capture, MoorStoreInfo *totals, GError **error)
{
  g_autoptr(GPtrArray) stored = moor_store_load_profiles (capture->store, error);

  if (stored == NULL)
    return FALSE;
  for (guint i = 0; i < capture->chosen->len; i++)
    {
      const MoorChosen *chosen = g_ptr_array_index (capture->chosen, i);

      for (guint j = 0; j < stored->len; j++)
        {
          MoorStoredProfile *profile = g_ptr_array_index (stored, j);

          if (profile->id != chosen->id)
            continue;
          add_counts (&capture->counts[i], profile, totals);
          if (!moor_store_update_profile (capture->store, profile, error))
            return FALSE;
          moor_job_profile (capture->job, profile->name, "done", profile->n_objects,
                            profile->n_bytes);
        }
    }
  return TRUE;
}

static gboolean
seal (Capture *capture, GError **error)
{
  MoorStoreInfo totals = { 0 };
  g_autoptr(GPtrArray) issues = NULL;
  g_autofree char *log = NULL;
  g_autoptr(GBytes) log_bytes = NULL;

  moor_job_begin_phase (capture->job, "seal", 0, 0);
  if (!moor_job_check (capture->job, error) || !update_profiles (capture, &totals, error))
    return FALSE;

  issues = moor_job_dup_issues (capture->job);
  totals.n_issues = moor_job_get_n_exceptions (capture->job);
  log = moor_job_dup_log (capture->job);
  log_bytes = g_bytes_new (log, strlen (log));
  if (!moor_store_add_issues (capture->store, moor_job_get_id (capture->job), issues, error)
      || !moor_store_keep_file (capture->store, "log", "capture.log", log_bytes, error)
      || !moor_store_seal (capture->store, &totals, error))
    return FALSE;
  moor_job_end_phase (capture->job);
  return TRUE;
}

static void
add_numbers (JsonObject *object, const MoorCaptureCounts *counts)
{
  const struct
  {
    const char *member;
    gsize value;
  } numbers[] = {
    { "objects", counts->n_files + counts->n_directories },
    { "files", counts->n_files },
    { "directories", counts->n_directories },
    { "bytes", counts->n_bytes },
    { "linked", counts->n_linked },
    { "already", counts->n_already },
    { "reflinked", counts->n_reflinked },
    { "copied", counts->n_copied },
    { "copied-bytes", counts->n_copied_bytes },
    { "excluded", counts->n_excluded },
    { "superseded", counts->n_superseded },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      gint64 before = json_object_get_int_member_with_default (object, numbers[i].member, 0);

      json_object_set_int_member (object, numbers[i].member, before + (gint64) numbers[i].value);
    }
}

static void
fill_result (Capture *capture, JsonObject *result)
{
  JsonArray *profiles = json_array_new ();

  json_object_set_string_member (result, "store", capture->options->store_path);
  if (capture->store != NULL)
    json_object_set_string_member (result, "state",
                                   moor_store_state_id (moor_store_get_state (capture->store)));
  json_object_set_double_member (
      result, "seconds", (double) (g_get_monotonic_time () - capture->started_us) / G_USEC_PER_SEC);
  for (guint i = 0; capture->counts != NULL && i < capture->chosen->len; i++)
    {
      const MoorChosen *chosen = g_ptr_array_index (capture->chosen, i);
      JsonObject *profile = json_object_new ();

      json_object_set_string_member (profile, "name", chosen->profile->name);
      json_object_set_string_member (profile, "full-name",
                                     chosen->profile->full_name != NULL ? chosen->profile->full_name
                                                                        : "");
      add_numbers (profile, &capture->counts[i]);
      /* Of a person it matters what is a link in the store, not in which run it became one. */
      json_object_set_int_member (
          profile, "linked", (gint64) (capture->counts[i].n_linked + capture->counts[i].n_already));
      add_numbers (result, &capture->counts[i]);
      json_array_add_object_element (profiles, profile);
    }
  json_object_set_array_member (result, "profiles", profiles);
  json_object_set_array_member (result, "causes", moor_job_causes_to_json (capture->job));
  if (capture->ruling.outcome != NULL)
    json_object_set_array_member (
        result, "rules", moor_findings_to_json (capture->source->set, capture->ruling.outcome));
  if (capture->ruling.outcome != NULL && capture->unasked != NULL)
    json_object_set_array_member (result, "unasked",
                                  moor_unasked_to_json (capture->unasked, capture->chosen));
}

/* Which errors end the run, and what is not linked because it is locked: as the Config.xml says
 * that was given now, or else the store's. */
static gboolean
obey_config (Capture *capture, GError **error)
{
  const MoorRuleSource *source = capture->options->source->config != NULL ? capture->options->source
                                                                          : capture->source;
  const MoorHostOptions options = { .drives = (const char *const *) source->drives,
                                    .local_only = source->local_only };
  g_autoptr(MoorRuleHost) own_host = NULL;
  const MoorRuleHost *host = capture->ruling.host;
  g_autofree char *locks = NULL;

  if (source->config == NULL)
    return TRUE;
  if (host == NULL)
    {
      own_host = moor_host_new (capture->system, &options, error);
      host = own_host;
    }
  if (host == NULL)
    return FALSE;
  moor_error_control_tell (capture->job, source->config, host);
  capture->errors = moor_error_control_new (source->config, host);
  (void) g_file_get_contents ("/proc/locks", &locks, NULL, NULL);
  capture->locks = moor_lock_control_new (source->config, host, locks != NULL ? locks : "");
  return TRUE;
}

/* Holds the rules against the system and who was chosen; what they take outside homes
 * is chosen by that, too. */
static gboolean
rule (Capture *capture, GError **error)
{
  for (guint i = capture->chosen->len; i > 0; i--)
    {
      if (((const MoorChosen *) g_ptr_array_index (capture->chosen, i - 1))->is_system)
        g_ptr_array_remove_index (capture->chosen, i - 1);
    }
  moor_ruling_clear (&capture->ruling);
  g_clear_pointer (&capture->errors, moor_error_control_free);
  g_clear_pointer (&capture->locks, moor_lock_control_free);
  if (!moor_ruling_make (&capture->ruling, capture->job, capture->system, capture->chosen,
                         capture->source, error)
      || !moor_ruling_add_system (&capture->ruling, capture->job, capture->system,
                                  capture->has_system, capture->chosen, error))
    return FALSE;
  return obey_config (capture, error);
}

/* Chooses whose files it is about and opens the store.  *out_nothing: there is nothing to
 * do, which was logged. */
static gboolean
begin (Capture *capture, gboolean *out_nothing, GError **error)
{
  const MoorCaptureOptions *options = capture->options;

  *out_nothing = FALSE;
  capture->chosen = moor_scope_choose (capture->job, capture->system, &options->selection, error);
  if (capture->chosen == NULL)
    return FALSE;
  if (!moor_store_exists (options->store_path))
    {
      if (!rule (capture, error))
        return FALSE;
      *out_nothing = capture->chosen->len == 0;
    }
  if (*out_nothing)
    {
      moor_job_log (capture->job, MOOR_LOG_INFO, "There is nobody to capture; no store was made");
      return TRUE;
    }
  if (!moor_capture_open_store (capture, error))
    return FALSE;
  *out_nothing = moor_store_get_state (capture->store) == MOOR_STORE_SEALED && !options->resume;
  if (*out_nothing)
    {
      moor_job_log (capture->job, MOOR_LOG_INFO,
                    "The store is sealed already; --resume takes what was saved since");
      return TRUE;
    }
  if (capture->resumed && !moor_capture_add_stored (capture, error))
    return FALSE;
  return (capture->ruling.rules != NULL && !capture->resumed) || rule (capture, error);
}

static gboolean
run_commands (Capture *capture, MoorWhen when, JsonObject *result, GError **error)
{
  const MoorProcessOptions options = { .allowed = capture->source->allow_commands,
                                       .trusted = capture->source->trusted };

  return moor_process_run (capture->job, capture->ruling.outcome, when, &options, result, error);
}

/* Links everything, between what the rules want to be run before and afterwards. */
static gboolean
link_everything (Capture *capture, JsonObject *result, GError **error)
{
  g_autofree int *fds = g_new (int, capture->chosen->len + 1);
  gboolean linked;

  memset (fds, -1, (capture->chosen->len + 1) * sizeof *fds);
  if (!run_commands (capture, MOOR_WHEN_PRE_SCAN, result, error))
    return FALSE;
  linked = open_twins (capture, fds, error) && link_homes (capture, fds, error);
  close_all (fds, capture->chosen->len);
  if (linked)
    return run_commands (capture, MOOR_WHEN_SCAN_SUCCESS, result, error)
           && run_commands (capture, MOOR_WHEN_POST_SCAN, result, error);
  (void) run_commands (capture, MOOR_WHEN_POST_SCAN, result, NULL);
  return FALSE;
}

static gboolean
run (Capture *capture, JsonObject *result, GError **error)
{
  gboolean nothing;

  if (!begin (capture, &nothing, error))
    return FALSE;
  if (nothing)
    return TRUE;
  capture->counts = g_new0 (MoorCaptureCounts, capture->chosen->len + 1);
  capture->unasked = moor_unasked_new (capture->chosen->len);
  capture->started_us = g_get_monotonic_time ();
  return prepare (capture, error) && link_everything (capture, result, error)
         && seal (capture, error)
         && (capture->options->list_path == NULL
             || moor_list_files_write (capture->store, capture->options->list_path, error));
}

/**
 * moor_capture_run:
 * @result: gets what came of it, on failure too; see moor-request.h
 *
 * Links the chosen people's homes into a store and seals it.  The source is
 * not changed, but for link counts and ctimes.
 *
 * Can be repeated: an unfinished store is gone on with, a sealed one is left
 * alone, or with `resume` opened again for what was saved since.
 *
 * Blocks.  Any thread, one at a time for each store.
 *
 * Returns: %FALSE with %MOOR_ERROR_REFUSED, %MOOR_ERROR_BUSY,
 *   %MOOR_ERROR_STORE_UNUSABLE, or %G_IO_ERROR; the store then stays as a
 *   `capturing` one
 */
gboolean
moor_capture_run (MoorJob *job,
                  MoorSystem *system,
                  const MoorCaptureOptions *options,
                  JsonObject *result,
                  GError **error)
{
  g_auto(Capture)
          capture = { .job = job, .system = system, .options = options, .source = options->source };
  gboolean captured;

  capture.started_us = g_get_monotonic_time ();
  moor_job_set_phases (job, phases, G_N_ELEMENTS (phases));
  captured = run (&capture, result, error);
  fill_result (&capture, result);
  return captured;
}
