/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-job.h"

#include <string.h>

#include "moor-counter.h"
#include "moor-lock.h"
#include "moor-text.h"

/*
 * Workers add to two atomic counters; whoever adds first after a tenth of a
 * second has passed writes the progress event.  Everything else is rare and
 * goes under one lock.  The sink has a lock of its own, which is held while it
 * runs: that is what makes events come one at a time.
 *
 * Order: sink_lock is taken first, lock inside it, never the other way round.
 */

#define PROGRESS_INTERVAL_MS 100
#define MAX_ISSUES 10000
#define MAX_PHASES 16
#define MAX_LOG_BYTES (4 * 1024 * 1024)

typedef struct
{
  guint64 n[3]; /* by MoorSeverity */
  char *example;
} CauseCount;

struct _MoorJob
{
  gatomicrefcount ref_count;
  char *id;
  char *operation;
  GCancellable *cancellable; /* (owned) */
  MoorEventFunc sink;
  gpointer user_data;
  const MoorSys *sys;

  gsize done_objects;   /* (atomic) */
  gsize done_bytes;     /* (atomic) */
  gsize next_report_ms; /* (atomic): monotonic */

  GMutex sink_lock; /* held while the sink runs: guards last_fraction */
  double last_fraction;

  GMutex lock; /* guards every member below */
  MoorPhase phases[MAX_PHASES];
  guint n_phases;
  guint phase; /* index of the one that runs */
  gboolean in_phase;
  gboolean phase_done;
  guint64 total_objects;
  guint64 total_bytes;
  gint64 phase_started_us;
  gint64 rate_time_us;
  guint64 rate_objects;
  double rate;
  GPtrArray *issues; /* (element-type MoorIssue) (owned): the first MAX_ISSUES */
  CauseCount counts[MOOR_N_CAUSES];
  guint64 n_exceptions;
  guint64 n_unkept_issues;
  MoorSeverity unkept_severity; /* the worst of them */
  GString *log;
  guint64 n_unkept_lines;
};

/**
 * moor_job_new:
 * @operation: what runs: "capture", "restore", ...
 * @cancellable: (nullable): stops it
 * @sink: (nullable): told about events, in whatever thread they arise
 * @user_data: for @sink; outlives the job
 *
 * Returns: (transfer full): a new job.  Any thread.
 */
MoorJob *
moor_job_new (const char *operation,
              GCancellable *cancellable,
              MoorEventFunc sink,
              gpointer user_data)
{
  MoorJob *job = g_new0 (MoorJob, 1);

  g_atomic_ref_count_init (&job->ref_count);
  job->id = g_uuid_string_random ();
  job->operation = g_strdup (operation);
  job->cancellable = cancellable != NULL ? g_object_ref (cancellable) : g_cancellable_new ();
  job->sink = sink;
  job->user_data = user_data;
  job->sys = moor_sys_posix ();
  job->last_fraction = 0;
  job->issues = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_issue_free);
  job->log = g_string_new (NULL);
  g_mutex_init (&job->sink_lock);
  g_mutex_init (&job->lock);
  return job;
}

/**
 * moor_job_ref:
 *
 * Returns: (transfer full): @job.  Any thread.
 */
MoorJob *
moor_job_ref (MoorJob *job)
{
  g_atomic_ref_count_inc (&job->ref_count);
  return job;
}

/**
 * moor_job_unref:
 * @job: (transfer full) (nullable): what is no longer needed.  Any thread.
 */
void
moor_job_unref (MoorJob *job)
{
  if (job == NULL || !g_atomic_ref_count_dec (&job->ref_count))
    return;

  g_free (job->id);
  g_free (job->operation);
  g_object_unref (job->cancellable);
  g_ptr_array_unref (job->issues);
  for (guint i = 0; i < MOOR_N_CAUSES; i++)
    g_free (job->counts[i].example);
  g_string_free (job->log, TRUE);
  g_mutex_clear (&job->sink_lock);
  g_mutex_clear (&job->lock);
  g_free (job);
}

/**
 * moor_job_set_sys:
 * @sys: (nullable): the system calls to go through; outlives the job
 *
 * Before the operation starts.
 */
void
moor_job_set_sys (MoorJob *job, const MoorSys *sys)
{
  job->sys = sys != NULL ? sys : moor_sys_posix ();
}

/**
 * moor_job_get_sys:
 *
 * Returns: the system calls to go through.  Any thread.
 */
const MoorSys *
moor_job_get_sys (MoorJob *job)
{
  return job->sys;
}

/**
 * moor_job_get_cancellable:
 *
 * Returns: (transfer none): what stops @job.  Any thread.
 */
GCancellable *
moor_job_get_cancellable (MoorJob *job)
{
  return job->cancellable;
}

/**
 * moor_job_check:
 * @error: return location for a #GError
 *
 * Returns: %FALSE with %G_IO_ERROR_CANCELLED once @job was cancelled.  Any thread.
 */
gboolean
moor_job_check (MoorJob *job, GError **error)
{
  return !g_cancellable_set_error_if_cancelled (job->cancellable, error);
}

/**
 * moor_job_get_id:
 *
 * Returns: a UUID.  Any thread.
 */
const char *
moor_job_get_id (MoorJob *job)
{
  return job->id;
}

static void
emit (MoorJob *job, MoorEvent *event)
{
  if (job->sink == NULL)
    return;

  event->time_us = g_get_real_time ();
  event->operation = job->operation;
  moor_lock (&job->sink_lock);
  if (event->kind == MOOR_EVENT_PROGRESS && event->fraction >= 0)
    {
      job->last_fraction = CLAMP (event->fraction, job->last_fraction, 1.0);
      event->fraction = job->last_fraction;
    }
  job->sink (event, job->user_data);
  moor_unlock (&job->sink_lock);
}

static guint
weight_between (const MoorJob *job, guint from, guint to)
{
  guint sum = 0;

  for (guint i = from; i < to; i++)
    sum += job->phases[i].weight;
  return sum;
}

/* Objects a second, smoothed over a few seconds. */
static void
update_rate_locked (MoorJob *job, guint64 done, gint64 now_us)
{
  double seconds = (double) (now_us - job->rate_time_us) / G_USEC_PER_SEC;
  double rate;

  if (seconds < 0.3 || done < job->rate_objects)
    return;
  rate = (double) (done - job->rate_objects) / seconds;
  job->rate = job->rate > 0 ? job->rate * 0.7 + rate * 0.3 : rate;
  job->rate_time_us = now_us;
  job->rate_objects = done;
}

static void
fill_progress_locked (MoorJob *job, MoorEvent *event)
{
  gint64 now_us = g_get_monotonic_time ();
  guint total_weight = weight_between (job, 0, job->n_phases);
  guint weight = job->in_phase ? job->phases[job->phase].weight : 0;
  double part = 0;

  event->kind = MOOR_EVENT_PROGRESS;
  event->phase = (char *) (job->in_phase ? job->phases[job->phase].id : NULL);
  event->phase_index = job->phase;
  event->n_phases = job->n_phases;
  event->done_objects = moor_counter_get (&job->done_objects);
  event->done_bytes = moor_counter_get (&job->done_bytes);
  event->total_objects = MAX (job->total_objects, job->total_objects > 0 ? event->done_objects : 0);
  event->total_bytes = MAX (job->total_bytes, job->total_bytes > 0 ? event->done_bytes : 0);
  event->low_s = event->high_s = -1;
  event->fraction = -1;
  update_rate_locked (job, event->done_objects, now_us);
  event->rate = job->rate;
  if (total_weight == 0)
    return;

  if (job->phase_done)
    part = 1;
  else if (event->total_objects > 0)
    part = (double) event->done_objects / (double) event->total_objects;
  /* Most of the work, and nobody knows how much it is: no fraction is told. */
  if (event->total_objects == 0 && weight * 2 > total_weight)
    return;
  event->fraction = (weight_between (job, 0, job->phase) + weight * part) / total_weight;
  if (event->total_objects > 0 && job->rate > 0 && weight > 0)
    {
      double rest = (double) (event->total_objects - event->done_objects) / job->rate;
      double whole = (double) event->total_objects / job->rate;
      guint later = weight_between (job, job->phase + 1, job->n_phases);

      rest += whole * later / weight;
      event->low_s = rest * 0.8;
      event->high_s = rest * 1.25 + 0.2;
    }
}

static void
emit_progress (MoorJob *job)
{
  MoorEvent event = { 0 };

  moor_lock (&job->lock);
  fill_progress_locked (job, &event);
  moor_unlock (&job->lock);
  emit (job, &event);
}

/**
 * moor_job_set_phases:
 * @phases: (array length=n_phases): in their order; the ids live as long as the job
 *
 * Tells what is to come.  The thread that runs the operation.
 */
void
moor_job_set_phases (MoorJob *job, const MoorPhase *phases, guint n_phases)
{
  MoorEvent event = { .kind = MOOR_EVENT_JOB, .state = (char *) "started" };

  g_return_if_fail (n_phases <= MAX_PHASES);

  moor_lock (&job->lock);
  memcpy (job->phases, phases, n_phases * sizeof *phases);
  job->n_phases = n_phases;
  moor_unlock (&job->lock);
  event.n_phases = n_phases;
  emit (job, &event);
}

static void
emit_phase (MoorJob *job, const char *state)
{
  MoorEvent event = { .kind = MOOR_EVENT_PHASE, .state = (char *) state };

  moor_lock (&job->lock);
  event.phase = (char *) job->phases[job->phase].id;
  event.phase_index = job->phase;
  event.n_phases = job->n_phases;
  event.total_objects = job->total_objects;
  moor_unlock (&job->lock);
  emit (job, &event);
}

/**
 * moor_job_begin_phase:
 * @id: one of those given to moor_job_set_phases()
 * @total_objects: how many objects it will deal with, 0 if nobody knows yet
 * @total_bytes: their size, 0 if nobody knows yet
 *
 * Starts a phase; counting starts anew.  The thread that runs the operation.
 */
void
moor_job_begin_phase (MoorJob *job, const char *id, guint64 total_objects, guint64 total_bytes)
{
  moor_lock (&job->lock);
  for (guint i = 0; i < job->n_phases; i++)
    {
      if (g_str_equal (job->phases[i].id, id))
        job->phase = i;
    }
  job->in_phase = TRUE;
  job->phase_done = FALSE;
  job->total_objects = total_objects;
  job->total_bytes = total_bytes;
  job->phase_started_us = job->rate_time_us = g_get_monotonic_time ();
  job->rate_objects = 0;
  job->rate = 0;
  moor_counter_set (&job->done_objects, 0);
  moor_counter_set (&job->done_bytes, 0);
  moor_unlock (&job->lock);
  emit_phase (job, "started");
}

/**
 * moor_job_end_phase:
 *
 * Ends the phase that runs.  The thread that runs the operation.
 */
void
moor_job_end_phase (MoorJob *job)
{
  moor_lock (&job->lock);
  job->phase_done = TRUE;
  moor_unlock (&job->lock);
  emit_progress (job);
  emit_phase (job, "done");
}

/**
 * moor_job_add:
 * @n_objects: objects dealt with since the last call from this thread
 * @n_bytes: their size in bytes
 *
 * Any thread; cheap, yet best called once for a handful of objects.
 */
void
moor_job_add (MoorJob *job, guint64 n_objects, guint64 n_bytes)
{
  moor_counter_add (&job->done_objects, n_objects);
  moor_counter_add (&job->done_bytes, n_bytes);
  if (moor_counter_is_due (&job->next_report_ms, PROGRESS_INTERVAL_MS))
    emit_progress (job);
}

/**
 * moor_job_profile:
 * @name: login name
 * @state: "waiting", "working", "done" or "attention"
 * @n_objects: @n_bytes: dealt with so far for this person
 *
 * Any thread.
 */
void
moor_job_profile (MoorJob *job,
                  const char *name,
                  const char *state,
                  guint64 n_objects,
                  guint64 n_bytes)
{
  MoorEvent event = { .kind = MOOR_EVENT_PROFILE,
                      .profile = (char *) name,
                      .state = (char *) state };

  event.done_objects = n_objects;
  event.done_bytes = n_bytes;
  emit (job, &event);
}

/**
 * moor_job_issue:
 * @path: (type filename): the object, as a path within the system
 * @profile: (nullable): login name of the person it belongs to
 * @errnum: the errno behind it, or 0
 * @action: what was done instead
 *
 * Counts an issue and tells about it.  Anything but a note turns the outcome
 * into "complete with exceptions".  Any thread.
 */
void
moor_job_issue (MoorJob *job,
                MoorSeverity severity,
                MoorCause cause,
                const char *path,
                const char *profile,
                int errnum,
                const char *action)
{
  MoorIssue *issue = moor_issue_new (severity, cause, path, profile, errnum, action);
  g_autoptr(MoorIssue) surplus = NULL;
  MoorEvent event = { .kind = MOOR_EVENT_ISSUE, .issue = issue };
  CauseCount *count = &job->counts[cause];

  emit (job, &event);

  moor_lock (&job->lock);
  count->n[severity]++;
  if (count->example == NULL)
    count->example = g_strdup (issue->path);
  if (severity != MOOR_SEVERITY_NOTE)
    job->n_exceptions++;
  if (job->issues->len < MAX_ISSUES)
    g_ptr_array_add (job->issues, issue);
  else
    {
      surplus = issue;
      job->n_unkept_issues++;
      job->unkept_severity = MAX (job->unkept_severity, severity);
    }
  moor_unlock (&job->lock);
}

/**
 * moor_job_log:
 * @format: one line of English
 *
 * Any thread.
 */
void
moor_job_log (MoorJob *job, MoorLogLevel level, const char *format, ...)
{
  g_autofree char *message = NULL;
  g_autofree char *time = moor_text_time (g_get_real_time () * 1000);
  MoorEvent event = { .kind = MOOR_EVENT_LOG, .level = level };
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);

  moor_lock (&job->lock);
  if (job->log->len < MAX_LOG_BYTES)
    g_string_append_printf (job->log, "%s %s %s\n", time, moor_log_level_id (level), message);
  else
    job->n_unkept_lines++;
  moor_unlock (&job->lock);
  event.message = message;
  emit (job, &event);
}

/**
 * moor_job_get_n_exceptions:
 *
 * Returns: how many issues there are that are more than notes.  Any thread.
 */
guint64
moor_job_get_n_exceptions (MoorJob *job)
{
  guint64 n;

  moor_lock (&job->lock);
  n = job->n_exceptions;
  moor_unlock (&job->lock);
  return n;
}

/**
 * moor_job_dup_issues:
 *
 * Returns: (transfer full) (element-type MoorIssue): the first ten thousand
 *   issues, and if there are more, a last one that tells how many.  Any thread.
 */
GPtrArray *
moor_job_dup_issues (MoorJob *job)
{
  GPtrArray *issues = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_issue_free);

  moor_lock (&job->lock);
  for (guint i = 0; i < job->issues->len; i++)
    g_ptr_array_add (issues, moor_issue_copy (g_ptr_array_index (job->issues, i)));
  if (job->n_unkept_issues > 0)
    {
      g_autofree char *count = moor_text_count (job->n_unkept_issues);
      g_autofree char *action = g_strdup_printf ("%s more are counted, but not listed", count);

      g_ptr_array_add (
          issues, moor_issue_new (job->unkept_severity, MOOR_CAUSE_OTHER, "/", NULL, 0, action));
    }
  moor_unlock (&job->lock);
  return issues;
}

/**
 * moor_job_causes_to_json:
 *
 * Returns: (transfer full): an object for each cause and severity that occurred:
 *   cause, severity, count, text, remedy, example.  Any thread.
 */
JsonArray *
moor_job_causes_to_json (MoorJob *job)
{
  JsonArray *causes = json_array_new ();

  moor_lock (&job->lock);
  for (guint i = 0; i < MOOR_N_CAUSES; i++)
    {
      for (guint severity = 0; severity < G_N_ELEMENTS (job->counts[i].n); severity++)
        {
          g_autofree char *example = NULL;
          JsonObject *entry;

          if (job->counts[i].n[severity] == 0)
            continue;
          example = moor_text_path (job->counts[i].example);
          entry = json_object_new ();
          json_object_set_string_member (entry, "cause", moor_cause_id ((MoorCause) i));
          json_object_set_string_member (entry, "severity",
                                         moor_severity_id ((MoorSeverity) severity));
          json_object_set_int_member (entry, "count", (gint64) job->counts[i].n[severity]);
          json_object_set_string_member (entry, "text", moor_cause_text ((MoorCause) i));
          json_object_set_string_member (entry, "remedy", moor_cause_remedy ((MoorCause) i));
          json_object_set_string_member (entry, "example", example);
          json_array_add_object_element (causes, entry);
        }
    }
  moor_unlock (&job->lock);
  return causes;
}

/**
 * moor_job_dup_log:
 *
 * Returns: (transfer full): what was logged so far, to be kept in the store.  Where
 *   that was too much, the last line tells how many lines are missing.  Any thread.
 */
char *
moor_job_dup_log (MoorJob *job)
{
  char *log;

  moor_lock (&job->lock);
  if (job->n_unkept_lines == 0)
    log = g_strdup (job->log->str);
  else
    {
      g_autofree char *count = moor_text_count (job->n_unkept_lines);

      log = g_strdup_printf ("%s… %s more lines were too many to be kept\n", job->log->str, count);
    }
  moor_unlock (&job->lock);
  return log;
}

/**
 * moor_job_conclude:
 * @error: (nullable): how it failed
 * @result: (transfer none) (nullable): what came of it; gets "exit" and "message"
 *
 * Tells the outcome as the last event.  The thread that ran the operation, once.
 *
 * Returns: the exit code
 */
MoorExit
moor_job_conclude (MoorJob *job, const GError *error, JsonObject *result)
{
  MoorEvent event = { .kind = MOOR_EVENT_RESULT, .result = result };
  MoorExit code = moor_exit_from_error (error);

  if (code == MOOR_EXIT_COMPLETE && moor_job_get_n_exceptions (job) > 0)
    code = MOOR_EXIT_EXCEPTIONS;

  event.exit_code = (int) code;
  event.message = (char *) (error != NULL                  ? error->message
                            : code == MOOR_EXIT_EXCEPTIONS ? "Complete with exceptions"
                                                           : "Complete");
  if (result != NULL)
    {
      json_object_set_int_member (result, "exit", (gint64) code);
      json_object_set_string_member (result, "message", event.message);
    }
  emit (job, &event);
  return code;
}
