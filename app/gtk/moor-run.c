/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-run.h"

#include "moor-person.h"
#include "moor-words.h"

/**
 * MoorRun:
 *
 * One job as the window knows it: its request, what it has told so far, how it
 * ended.  Bounded however long the job runs.  Emits "news" (at most 10 times a
 * second) while it runs, and "finished" once.  Main thread only.
 */
struct _MoorRun
{
  GObject parent_instance;

  MoorClient *client;
  JsonObject *request;
  GCancellable *cancellable;
  MoorRunState state;
  MoorExit exit_code;
  JsonObject *result;
  GError *error;

  gint64 started_us;
  gint64 ended_us;
  guint n_phases;
  GPtrArray *phases; /* (element-type MoorRunPhase) (owned) */
  MoorEvent *progress;
  GHashTable *full_names; /* (element-type utf8 utf8) (owned) */
  GHashTable *people;     /* (element-type utf8 MoorEvent) (owned) */
  GPtrArray *troubles;    /* (element-type MoorTrouble) (owned) */
  guint64 n_troubles;
  GQueue *log; /* (element-type MoorLogLine) (owned) */
  guint64 n_log_lines;
};

G_DEFINE_FINAL_TYPE (MoorRun, moor_run, G_TYPE_OBJECT)

enum
{
  NEWS,
  FINISHED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static void
log_line_free (gpointer data)
{
  MoorLogLine *line = data;

  g_free (line->text);
  g_free (line);
}

static void
run_phase_free (gpointer data)
{
  MoorRunPhase *phase = data;

  g_free (phase->id);
  g_free (phase);
}

static void
moor_run_finalize (GObject *object)
{
  MoorRun *self = MOOR_RUN (object);

  g_clear_object (&self->client);
  g_clear_object (&self->cancellable);
  json_object_unref (self->request);
  g_clear_pointer (&self->result, json_object_unref);
  g_clear_error (&self->error);
  g_ptr_array_unref (self->phases);
  moor_event_free (self->progress);
  g_hash_table_unref (self->full_names);
  g_hash_table_unref (self->people);
  g_ptr_array_unref (self->troubles);
  g_queue_free_full (self->log, log_line_free);

  G_OBJECT_CLASS (moor_run_parent_class)->finalize (object);
}

static void
moor_run_class_init (MoorRunClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = moor_run_finalize;

  signals[NEWS] = g_signal_new ("news", MOOR_TYPE_RUN, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                G_TYPE_NONE, 0);
  signals[FINISHED] = g_signal_new ("finished", MOOR_TYPE_RUN, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                    NULL, G_TYPE_NONE, 0);
}

static void
moor_run_init (MoorRun *self)
{
  self->cancellable = g_cancellable_new ();
  self->phases = g_ptr_array_new_with_free_func (run_phase_free);
  self->full_names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->people = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                        (GDestroyNotify) moor_event_free);
  self->troubles = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_trouble_free);
  self->log = g_queue_new ();
}

/**
 * moor_run_new:
 * @client: runs it
 * @request: (transfer none): what to do; not changed afterwards
 *
 * Returns: (transfer full): a job that has not been started
 */
MoorRun *
moor_run_new (MoorClient *client, JsonObject *request)
{
  MoorRun *self = g_object_new (MOOR_TYPE_RUN, NULL);

  self->client = g_object_ref (client);
  self->request = json_object_ref (request);
  return self;
}

/**
 * moor_run_set_full_names:
 * @full_names: (element-type utf8 utf8): what people are called, by login name
 *
 * Lets the job be told in the words of people.
 */
void
moor_run_set_full_names (MoorRun *self, GHashTable *full_names)
{
  g_hash_table_unref (self->full_names);
  self->full_names = g_hash_table_ref (full_names);
}

static void
take_phase (MoorRun *self, const MoorEvent *event)
{
  MoorRunPhase *last = NULL;

  if (self->phases->len > 0)
    last = g_ptr_array_index (self->phases, self->phases->len - 1);

  self->n_phases = MAX (self->n_phases, event->n_phases);
  if (g_strcmp0 (event->state, "started") == 0)
    {
      MoorRunPhase *phase = g_new0 (MoorRunPhase, 1);

      phase->id = g_strdup (event->phase);
      if (last != NULL)
        last->done = TRUE;
      g_ptr_array_add (self->phases, phase);
    }
  else if (last != NULL)
    {
      last->done = TRUE;
    }
}

static void
add_log_line (MoorRun *self, gint64 time_us, MoorLogLevel level, char *text)
{
  MoorLogLine *line = g_new0 (MoorLogLine, 1);

  line->serial = ++self->n_log_lines;
  line->time_us = time_us;
  line->level = level;
  line->text = text;
  g_queue_push_tail (self->log, line);
  if (self->log->length > MOOR_RUN_MAX_LOG_LINES)
    log_line_free (g_queue_pop_head (self->log));
}

static void
take_log (MoorRun *self, const MoorNews *news)
{
  if (news->n_log_dropped > 0)
    add_log_line (self, g_get_real_time (), MOOR_LOG_INFO,
                  g_strdup_printf ("(%" G_GUINT64_FORMAT " lines came too fast to be shown here)",
                                   news->n_log_dropped));
  for (GList *link = news->log->head; link != NULL; link = link->next)
    {
      const MoorEvent *event = link->data;

      add_log_line (self, event->time_us, event->level, g_strdup (event->message));
    }
}

static void
news_cb (const MoorNews *news, gpointer user_data)
{
  MoorRun *self = user_data;
  GHashTableIter iter;
  gpointer name;
  gpointer event;

  for (guint i = 0; i < news->phases->len; i++)
    take_phase (self, g_ptr_array_index (news->phases, i));
  if (news->progress != NULL)
    {
      moor_event_free (self->progress);
      self->progress = moor_event_copy (news->progress);
    }

  g_hash_table_iter_init (&iter, news->profiles);
  while (g_hash_table_iter_next (&iter, &name, &event))
    g_hash_table_replace (self->people, g_strdup (name), moor_event_copy (event));

  for (guint i = 0; i < news->troubles->len; i++)
    {
      const MoorTrouble *trouble = g_ptr_array_index (news->troubles, i);

      self->n_troubles += trouble->n;
      moor_troubles_add (self->troubles, trouble, FALSE);
    }
  take_log (self, news);
  g_signal_emit (self, signals[NEWS], 0);
}

static MoorRunState
state_from_exit (MoorExit exit_code)
{
  switch (exit_code)
    {
    case MOOR_EXIT_COMPLETE:
      return MOOR_RUN_COMPLETE;
    case MOOR_EXIT_EXCEPTIONS:
    case MOOR_EXIT_DIFFERENCES:
      return MOOR_RUN_EXCEPTIONS;
    case MOOR_EXIT_CANCELLED:
      return MOOR_RUN_CANCELLED;
    case MOOR_EXIT_FAILED:
    case MOOR_EXIT_USAGE:
    case MOOR_EXIT_REFUSED:
    case MOOR_EXIT_BUSY:
    case MOOR_EXIT_STORE_UNUSABLE:
    case MOOR_EXIT_NOT_PERMITTED:
    default:
      return MOOR_RUN_FAILED;
    }
}

static void
finished_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr(MoorRun) self = user_data;

  self->exit_code = moor_client_run_finish (self->client, result, &self->result, &self->error);
  self->ended_us = g_get_monotonic_time ();
  self->state = state_from_exit (self->exit_code);
  if (self->error != NULL && self->state != MOOR_RUN_CANCELLED)
    add_log_line (self, g_get_real_time (), MOOR_LOG_ERROR, moor_words_error (self->error));
  g_signal_emit (self, signals[NEWS], 0);
  g_signal_emit (self, signals[FINISHED], 0);
}

/**
 * moor_run_start:
 *
 * Starts the job.  Once.
 */
void
moor_run_start (MoorRun *self)
{
  g_return_if_fail (self->started_us == 0);

  self->started_us = g_get_monotonic_time ();
  moor_client_run_async (self->client, json_object_ref (self->request), news_cb,
                         g_object_ref (self), g_object_unref, self->cancellable, finished_cb,
                         g_object_ref (self));
}

/**
 * moor_run_cancel:
 *
 * Asks the job to stop; it ends after the current file, with "finished".
 */
void
moor_run_cancel (MoorRun *self)
{
  if (self->state != MOOR_RUN_RUNNING)
    return;
  self->state = MOOR_RUN_STOPPING;
  g_cancellable_cancel (self->cancellable);
  g_signal_emit (self, signals[NEWS], 0);
}

JsonObject *
moor_run_get_request (MoorRun *self)
{
  return self->request;
}

const char *
moor_run_get_operation (MoorRun *self)
{
  return moor_json_text (self->request, "operation");
}

/**
 * moor_run_get_store:
 *
 * Returns: (type filename) (nullable): the store it works on
 */
const char *
moor_run_get_store (MoorRun *self)
{
  const char *store = moor_json_text (self->result, "store");

  return store != NULL ? store : moor_json_text (self->request, "store");
}

JsonObject *
moor_run_get_result (MoorRun *self)
{
  return self->result;
}

const GError *
moor_run_get_error (MoorRun *self)
{
  return self->error;
}

MoorExit
moor_run_get_exit_code (MoorRun *self)
{
  return self->exit_code;
}

MoorRunState
moor_run_get_state (MoorRun *self)
{
  return self->state;
}

gboolean
moor_run_is_finished (MoorRun *self)
{
  return self->state >= MOOR_RUN_COMPLETE;
}

/**
 * moor_run_get_n_phases:
 *
 * Returns: how many phases there will be, as far as the job has told
 */
guint
moor_run_get_n_phases (MoorRun *self)
{
  return self->n_phases;
}

GPtrArray *
moor_run_get_phases (MoorRun *self)
{
  return self->phases;
}

const MoorEvent *
moor_run_get_progress (MoorRun *self)
{
  return self->progress;
}

GHashTable *
moor_run_get_people (MoorRun *self)
{
  return self->people;
}

GHashTable *
moor_run_get_full_names (MoorRun *self)
{
  return self->full_names;
}

GPtrArray *
moor_run_get_troubles (MoorRun *self)
{
  return self->troubles;
}

guint64
moor_run_get_n_troubles (MoorRun *self)
{
  return self->n_troubles;
}

GQueue *
moor_run_get_log (MoorRun *self)
{
  return self->log;
}

gint64
moor_run_get_elapsed_us (MoorRun *self)
{
  if (self->started_us == 0)
    return 0;
  return (self->ended_us != 0 ? self->ended_us : g_get_monotonic_time ()) - self->started_us;
}
