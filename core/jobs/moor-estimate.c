/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-estimate-private.h"

#include <string.h>
#include <sys/sysmacros.h>

#include "moor-counter.h"
#include "moor-text.h"
#include "moor-threads-private.h"
#include "moor-unasked.h"
#include "moor-walk.h"

/*
 * The same walk as a capture's, but it only counts.  What a rule leaves out is
 * walked as well, because its size is shown.  The time to link comes from trying
 * it on a few thousand real objects; see moor-estimate-time.c.
 */

#define PROFILE_EVENT_MS 150

static const MoorPhase phases[] = { { "scan", 90 }, { "probe", 10 } };

typedef struct
{
  gsize n_objects; /* (atomic) both */
  gsize n_bytes;
} RuleCount;

typedef struct
{
  MoorJob *job;
  const MoorSys *sys;
  MoorSystem *system;
  MoorRuling ruling;
  MoorRules *rules;  /* (not owned): those of @ruling */
  gboolean compiled; /* they say what is taken; else what is left out */
  GArray
      *elsewhere; /* (element-type struct stat) (owned): where a walk of the system does not go */
  GPtrArray *chosen;     /* (element-type MoorChosen) (owned) */
  MoorEstimated *people; /* (owned): one for each of @chosen */
  RuleCount *left_out;   /* (owned): one for each rule */
  MoorUnasked *unasked;  /* (owned) */
  MoorEstimated *here;   /* (owned): one for each worker: of the directory it is in */
} Run;

typedef struct
{
  guint chosen;
  MoorRuleState state;
  int left_out_by; /* a rule, or -1 */
  gint counted;    /* (atomic): the capture will make it */
  gboolean copied;
} DirData;

static const MoorChosen *
chosen_of (const Run *run, guint index)
{
  return g_ptr_array_index (run->chosen, index);
}

static char *
path_of (const Run *run, MoorDir *dir, const char *name)
{
  const DirData *data = moor_dir_data (dir);
  g_autofree char *below = moor_dir_path_below (dir, name);

  return g_build_filename (chosen_of (run, data->chosen)->place.path, below, NULL);
}

static void
report (Run *run,
        MoorDir *dir,
        const char *name,
        MoorSeverity severity,
        MoorCause cause,
        int errnum,
        const char *action)
{
  const DirData *data = moor_dir_data (dir);
  g_autofree char *path = path_of (run, dir, name);

  moor_job_issue (run->job, severity, cause, path, chosen_of (run, data->chosen)->profile->name,
                  errnum, action);
  moor_counter_add (&run->people[data->chosen].n_attention, 1);
}

/* Counts @dir and those above it, which the capture makes once something is below. */
static void
count_directory (Run *run, MoorDir *dir, guint worker)
{
  for (; dir != NULL; dir = moor_dir_parent (dir))
    {
      DirData *data = moor_dir_data (dir);

      if (!g_atomic_int_compare_and_exchange (&data->counted, FALSE, TRUE))
        return;
      run->here[worker].n_directories++;
    }
}

static gboolean
is_elsewhere (const Run *run, MoorDir *dir, const DirData *data)
{
  const struct statx *stx = moor_dir_statx (dir);

  if (!chosen_of (run, data->chosen)->is_system || moor_dir_parent (dir) == NULL)
    return FALSE;
  for (guint i = 0; i < run->elsewhere->len; i++)
    {
      const struct stat *st = &g_array_index (run->elsewhere, struct stat, i);

      if (st->st_ino == stx->stx_ino
          && st->st_dev == makedev (stx->stx_dev_major, stx->stx_dev_minor))
        return TRUE;
    }
  return moor_scope_is_store (run->sys, moor_dir_fd (dir, NULL));
}

/* Gives away what was counted in one directory. */
static void
add_up (Run *run, const DirData *data, guint worker)
{
  MoorEstimated *here = &run->here[worker];
  MoorEstimated *all = &run->people[data->chosen];

  moor_counter_add (&all->n_files, here->n_files);
  moor_counter_add (&all->n_directories, here->n_directories);
  moor_counter_add (&all->n_bytes, here->n_bytes);
  moor_counter_add (&all->n_copies, here->n_copies);
  moor_counter_add (&all->n_copy_bytes, here->n_copy_bytes);
  moor_counter_add (&all->n_excluded, here->n_excluded);
  moor_job_add (run->job, here->n_files + here->n_directories, here->n_bytes);
  *here = (MoorEstimated){ 0 };

  if (moor_counter_is_due (&all->next_event_ms, PROFILE_EVENT_MS))
    moor_job_profile (run->job, chosen_of (run, data->chosen)->profile->name, "working",
                      moor_counter_get (&all->n_files), moor_counter_get (&all->n_bytes));
}

static gboolean
enter_cb (MoorDir *dir, guint worker, gpointer user_data)
{
  Run *run = user_data;
  MoorDir *parent = moor_dir_parent (dir);
  const DirData *above = parent != NULL ? moor_dir_data (parent) : NULL;
  guint chosen = ((const DirData *) moor_dir_data (parent != NULL ? parent : dir))->chosen;
  MoorDecision decision = { .selected = TRUE, .descend = TRUE, .rule = -1 };
  DirData *data = g_new0 (DirData, 1);

  data->chosen = chosen;
  data->left_out_by = -1;
  if (above != NULL)
    moor_ruling_decide (run->rules, run->sys, parent, moor_dir_fd, above->state,
                        moor_dir_name (dir), TRUE, &decision);
  else
    decision.state = moor_ruling_start (run->rules, chosen_of (run, chosen)->place.path);
  data->state = decision.state;
  if (above != NULL && !run->compiled)
    data->left_out_by = above->left_out_by >= 0 || decision.selected ? above->left_out_by
                                                                     : decision.rule;
  data->copied = chosen_of (run, chosen)->copy_only || moor_dir_is_other_subvolume (dir);
  moor_dir_set_data (dir, data);
  if (is_elsewhere (run, dir, data))
    return FALSE;
  if (data->left_out_by < 0 && decision.selected)
    count_directory (run, dir, worker);
  if (decision.descend || !run->compiled)
    return TRUE;
  add_up (run, data, worker);
  return FALSE;
}

static void
count_left_out (Run *run, const DirData *data, int rule, guint64 size)
{
  if (rule >= 0)
    {
      moor_counter_add (&run->left_out[rule].n_objects, 1);
      moor_counter_add (&run->left_out[rule].n_bytes, size);
    }
  moor_counter_add (&run->people[data->chosen].n_excluded, 1);
  moor_counter_add (&run->people[data->chosen].n_excluded_bytes, size);
}

/* Why an object will have to be copied, if it will. */
static MoorCause
copy_cause (const Run *run, const DirData *data, const struct statx *stx)
{
  const MoorVolume *volume = chosen_of (run, data->chosen)->place.volume;

  if (data->copied)
    return volume->can_link ? MOOR_CAUSE_OTHER_VOLUME : MOOR_CAUSE_NO_LINKS;
  if (stx->stx_attributes & STATX_ATTR_IMMUTABLE)
    return MOOR_CAUSE_IMMUTABLE;
  if (stx->stx_attributes & STATX_ATTR_APPEND)
    return MOOR_CAUSE_APPEND_ONLY;
  if (stx->stx_nlink >= volume->max_links)
    return MOOR_CAUSE_TOO_MANY_LINKS;
  return MOOR_CAUSE_NONE;
}

/* Counts what no rule asks for.  Outside homes that is nearly everything. */
static void
count_unasked (Run *run, MoorDir *dir, const DirData *data, const char *name, gboolean is_dir)
{
  if (!chosen_of (run, data->chosen)->is_system
      && moor_unasked_count (run->unasked, data->chosen, is_dir))
    moor_unasked_take_example (run->unasked, data->chosen, path_of (run, dir, name));
}

/* Whether a subdirectory is entered.  What a table of caches leaves out is, for its size;
 * what no rule asks for is not. */
static gboolean
enters (Run *run, MoorDir *dir, const DirData *data, const char *name, guint worker)
{
  MoorDecision decision;

  if (!run->compiled)
    return TRUE;
  moor_ruling_decide (run->rules, run->sys, dir, moor_dir_fd, data->state, name, TRUE, &decision);
  if (decision.selected || decision.descend)
    return TRUE;
  run->here[worker].n_excluded++;
  if (decision.rule >= 0)
    moor_counter_add (&run->left_out[decision.rule].n_objects, 1);
  else
    count_unasked (run, dir, data, name, TRUE);
  return FALSE;
}

static void
count_entry (Run *run,
             MoorDir *dir,
             const DirData *data,
             const char *name,
             const struct statx *stx,
             guint worker)
{
  MoorEstimated *here = &run->here[worker];
  MoorCause cause = copy_cause (run, data, stx);

  if (run->compiled)
    count_directory (run, dir, worker);
  here->n_files++;
  here->n_bytes += stx->stx_size;
  if (cause == MOOR_CAUSE_NONE)
    return;
  here->n_copies++;
  here->n_copy_bytes += stx->stx_size;
  report (run, dir, name, MOOR_SEVERITY_NOTE, cause, 0, "will be copied");
}

static gboolean
entry_cb (MoorDir *dir,
          const char *name,
          guint8 type,
          guint64 ino,
          guint worker,
          gpointer user_data)
{
  Run *run = user_data;
  const DirData *data = moor_dir_data (dir);
  MoorDecision decision = { .selected = data->left_out_by < 0, .rule = data->left_out_by };
  struct statx stx;
  int fd;

  if (type == DT_DIR)
    return enters (run, dir, data, name, worker);
  if (data->left_out_by < 0 && (data->state != 0 || run->compiled))
    moor_ruling_decide (run->rules, run->sys, dir, moor_dir_fd, data->state, name, FALSE,
                        &decision);
  if (!decision.selected && decision.rule < 0)
    {
      run->here[worker].n_excluded++;
      count_unasked (run, dir, data, name, FALSE);
      return FALSE;
    }

  fd = moor_dir_fd (dir, NULL);
  if (fd < 0
      || run->sys->statx (fd, name, AT_SYMLINK_NOFOLLOW | AT_STATX_DONT_SYNC,
                          STATX_TYPE | STATX_NLINK | STATX_SIZE, &stx)
             < 0)
    {
      if (errno != ENOENT && decision.selected)
        report (run, dir, name, MOOR_SEVERITY_WARNING, moor_cause_from_errno (errno), errno,
                "will be left out");
      return FALSE;
    }
  if (decision.selected)
    count_entry (run, dir, data, name, &stx, worker);
  else
    count_left_out (run, data, decision.rule, stx.stx_size);
  return FALSE;
}

static void
entries_done_cb (MoorDir *dir, guint worker, gpointer user_data)
{
  add_up (user_data, moor_dir_data (dir), worker);
}

static void
problem_cb (MoorDir *dir,
            const char *name,
            int errnum,
            const GError *error,
            guint worker,
            gpointer user_data)
{
  Run *run = user_data;
  const DirData *data = moor_dir_data (dir);
  MoorCause cause = moor_cause_from_errno (errnum);

  if (g_error_matches (error, MOOR_ERROR, MOOR_ERROR_OTHER_DOMAIN))
    cause = MOOR_CAUSE_MOUNT_POINT;
  else if (errnum == EACCES && geteuid () == 0)
    cause = MOOR_CAUSE_UNREADABLE_MOUNT;
  /* Another volume of the system is walked by itself, if at all. */
  if (cause == MOOR_CAUSE_MOUNT_POINT && chosen_of (run, data->chosen)->is_system)
    return;
  if (cause != MOOR_CAUSE_VANISHED && data->left_out_by < 0)
    report (run, dir, name, MOOR_SEVERITY_WARNING, cause, errnum,
            "will be left out with all it holds");
}

static gboolean
scan (Run *run, guint n_workers, GError **error)
{
  static const MoorWalkVisitor visitor = { enter_cb, entry_cb, entries_done_cb, NULL, problem_cb };
  g_autofree MoorWalkRoot *roots = g_new0 (MoorWalkRoot, run->chosen->len + 1);
  g_autofree DirData *seeds = g_new0 (DirData, run->chosen->len + 1);
  MoorWalkOptions options = { .n_workers = n_workers, .sys = run->sys, .data_free = g_free };

  moor_job_begin_phase (run->job, "scan", 0, 0);
  for (guint i = 0; i < run->chosen->len; i++)
    {
      roots[i].dfd = chosen_of (run, i)->place.dfd;
      roots[i].mirror_dfd = -1;
      roots[i].name = chosen_of (run, i)->profile->name;
      /* What a root that cannot even be opened is told with. */
      seeds[i].chosen = i;
      seeds[i].left_out_by = -1;
      roots[i].data = &seeds[i];
    }
  if (!moor_walk_run (roots, run->chosen->len, &visitor, run, &options,
                      moor_job_get_cancellable (run->job), error))
    return FALSE;
  for (guint i = 0; i < run->chosen->len; i++)
    moor_job_profile (run->job, chosen_of (run, i)->profile->name, "done", run->people[i].n_files,
                      run->people[i].n_bytes);
  moor_job_end_phase (run->job);
  return TRUE;
}

static void
add_numbers (JsonObject *object, const MoorEstimated *counts)
{
  const struct
  {
    const char *member;
    gsize value;
  } numbers[] = {
    { "files", counts->n_files },         { "directories", counts->n_directories },
    { "bytes", counts->n_bytes },         { "links", counts->n_files - counts->n_copies },
    { "copies", counts->n_copies },       { "copy-bytes", counts->n_copy_bytes },
    { "excluded", counts->n_excluded },   { "excluded-bytes", counts->n_excluded_bytes },
    { "attention", counts->n_attention },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      gint64 before = json_object_get_int_member_with_default (object, numbers[i].member, 0);

      json_object_set_int_member (object, numbers[i].member, before + (gint64) numbers[i].value);
    }
}

static void
fill_left_out (const Run *run, JsonObject *result)
{
  JsonArray *left_out = json_array_new ();

  json_object_set_array_member (result, "excluded", left_out);
  for (guint i = 0; i < moor_rules_get_n_rules (run->rules); i++)
    {
      JsonObject *entry;

      if (run->left_out[i].n_objects == 0)
        continue;
      entry = json_object_new ();
      json_object_set_string_member (entry, "pattern", moor_rules_get_pattern (run->rules, i));
      json_object_set_string_member (entry, "name", moor_rules_get_name (run->rules, i));
      json_object_set_int_member (entry, "objects", (gint64) run->left_out[i].n_objects);
      json_object_set_int_member (entry, "bytes", (gint64) run->left_out[i].n_bytes);
      json_array_add_object_element (left_out, entry);
    }
}

static void
fill_result (const Run *run, const MoorLinkCost *cost, JsonObject *result)
{
  JsonArray *profiles = json_array_new ();
  JsonObject *totals = json_object_new ();
  MoorEstimated all = { 0 };

  for (guint i = 0; i < run->chosen->len; i++)
    {
      const MoorProfile *profile = chosen_of (run, i)->profile;
      JsonObject *entry = json_object_new ();
      g_autofree char *home = moor_text_path (profile->home);

      json_object_set_string_member (entry, "name", profile->name);
      json_object_set_string_member (entry, "full-name",
                                     profile->full_name != NULL ? profile->full_name : "");
      json_object_set_string_member (entry, "home", home);
      json_object_set_string_member (entry, "state",
                                     moor_profile_state_id (chosen_of (run, i)->is_system
                                                                ? MOOR_PROFILE_READY
                                                                : profile->state));
      add_numbers (entry, &run->people[i]);
      add_numbers (totals, &run->people[i]);
      moor_link_cost_fill (cost, &run->people[i], FALSE, entry);
      moor_estimated_add (&all, &run->people[i]);
      json_array_add_object_element (profiles, entry);
    }
  moor_link_cost_fill (cost, &all, TRUE, totals);
  json_object_set_double_member (totals, "scan-seconds", cost->scan_s);
  json_object_set_array_member (result, "profiles", profiles);
  json_object_set_object_member (result, "totals", totals);
  fill_left_out (run, result);
  if (run->compiled)
    json_object_set_array_member (result, "unasked",
                                  moor_unasked_to_json (run->unasked, run->chosen));
  json_object_set_array_member (result, "causes", moor_job_causes_to_json (run->job));
  if (run->ruling.outcome != NULL)
    json_object_set_array_member (
        result, "rules", moor_findings_to_json (run->ruling.outcome->set, run->ruling.outcome));
}

static void
run_clear (Run *run)
{
  moor_ruling_clear (&run->ruling);
  g_clear_pointer (&run->elsewhere, g_array_unref);
  g_clear_pointer (&run->chosen, g_ptr_array_unref);
  g_free (run->people);
  g_free (run->left_out);
  g_clear_pointer (&run->unasked, moor_unasked_free);
  g_free (run->here);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Run, run_clear)

/* Where the store would be; what is wrong with that place is a problem to be
 * told, not the end of an estimate. */
static void
look_at_store (Run *run, const MoorEstimateOptions *options, JsonObject *result)
{
  g_autoptr(MoorVolume) volume = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *text = moor_text_path (options->store_path);
  MoorSpace space = { 0 };

  json_object_set_string_member (result, "store-path", text);
  if (!moor_scope_check_store_path (run->system, options->store_path, &volume, &error))
    {
      json_object_set_string_member (result, "store-problem", error->message);
      moor_job_log (run->job, MOOR_LOG_WARNING, "%s", error->message);
      return;
    }
  else
    {
      g_auto(MoorFd) fd = moor_volume_open_root (volume, NULL);

      if (fd >= 0 && moor_volume_space (fd, &space, NULL))
        json_object_set_int_member (result, "store-free", (gint64) space.n_free_bytes);
    }
}

static void
add_elsewhere (Run *run, int fd)
{
  struct stat st;

  if (fd >= 0 && fstat (fd, &st) == 0)
    g_array_append_val (run->elsewhere, st);
}

/* Whose files it is about, and by which rules. */
static gboolean
choose (Run *run, const MoorEstimateOptions *options, GError **error)
{
  g_auto(MoorFd) store_fd = open (options->store_path, O_PATH | O_DIRECTORY | O_CLOEXEC);

  run->chosen = moor_scope_choose (run->job, run->system, &options->selection, error);
  if (run->chosen == NULL
      || !moor_ruling_make (&run->ruling, run->job, run->system, run->chosen, options->source,
                            error)
      || !moor_ruling_add_system (&run->ruling, run->job, run->system, FALSE, run->chosen, error))
    return FALSE;

  run->rules = run->ruling.rules;
  run->compiled = moor_rules_are_compiled (run->rules);
  run->elsewhere = g_array_new (FALSE, FALSE, sizeof (struct stat));
  add_elsewhere (run, store_fd);
  if (run->ruling.strangers != NULL)
    g_array_append_vals (run->elsewhere, run->ruling.strangers->data, run->ruling.strangers->len);
  for (guint i = 0; i < run->chosen->len; i++)
    {
      MoorChosen *chosen = g_ptr_array_index (run->chosen, i);

      chosen->copy_only = chosen->in_the_clear
                          || !moor_scope_volume_takes_part (run->system, chosen);
      add_elsewhere (run, chosen->place.dfd);
    }
  return TRUE;
}

/**
 * moor_estimate_run:
 * @result: gets counts, sizes, times and problems; see moor-request.h
 *
 * Counts what a capture would take and how long it would be at it.  Writes
 * nothing but a small folder of links, for a moment, on the volumes of the homes.
 *
 * Blocks.  Any thread.
 *
 * Returns: %FALSE with %MOOR_ERROR_REFUSED or %G_IO_ERROR
 */
gboolean
moor_estimate_run (MoorJob *job,
                   MoorSystem *system,
                   const MoorEstimateOptions *options,
                   JsonObject *result,
                   GError **error)
{
  g_auto(Run) run = { .job = job, .sys = moor_job_get_sys (job), .system = system };
  MoorLinkCost cost = MOOR_LINK_COST_INIT;
  gint64 started_us = g_get_monotonic_time ();
  guint n_workers;

  moor_job_set_phases (job, phases, G_N_ELEMENTS (phases));
  if (!choose (&run, options, error))
    return FALSE;

  n_workers = moor_choose_n_threads (options->n_threads, run.chosen);
  run.people = g_new0 (MoorEstimated, run.chosen->len + 1);
  run.left_out = g_new0 (RuleCount, moor_rules_get_n_rules (run.rules) + 1);
  run.unasked = moor_unasked_new (run.chosen->len);
  run.here = g_new0 (MoorEstimated, n_workers);
  look_at_store (&run, options, result);
  if (!scan (&run, n_workers, error))
    return FALSE;
  cost.scan_s = (double) (g_get_monotonic_time () - started_us) / G_USEC_PER_SEC;

  moor_job_begin_phase (job, "probe", 0, 0);
  if (!moor_link_cost_measure (&cost, job, run.chosen, &run.ruling, options, error))
    return FALSE;
  moor_job_end_phase (job);
  fill_result (&run, &cost, result);
  return TRUE;
}
