/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-client.h"

#include <unistd.h>

#include "moor-lock.h"
#include "moor-news-private.h"

#define DELIVERY_INTERVAL_US (100 * 1000)

/**
 * MoorClient:
 *
 * Runs requests for a front end (DESIGN 2, app/client).
 *
 *   worker thread                         the caller's main context
 *   runner -> sink -> MoorNews (lock) --> a source, every 100 ms at most: MoorNewsFunc
 *          -> ended --------------------> the rest of the news, then the GTask's callback
 *
 * Each request has a thread of its own: GTask's pool has ten, and a job may take
 * hours.  What the worker tells is added up under a lock (see #MoorNews), so a
 * flood of a million issues costs the main loop no more than a trickle.
 *
 * The runner is the seam: in process by default, another one in tests.
 */
struct _MoorClient
{
  GObject parent_instance;

  MoorRunner runner;
  gpointer runner_data;
  GDestroyNotify runner_destroy;
};

G_DEFINE_FINAL_TYPE (MoorClient, moor_client, G_TYPE_OBJECT)

/* One request under way.  Thread and source share it until the thread has said
 * that it ended; then the source's next turn, the last one, frees it. */
typedef struct
{
  MoorClient *client;
  JsonObject *request;
  GCancellable *cancellable;
  GTask *task;
  MoorNewsFunc func;
  gpointer func_data;
  GDestroyNotify func_destroy;

  GSource *source; /* (owned): the thread only sets when it is ready */

  /* Written by the thread before it says that it ended, read after. */
  MoorExit exit_code;
  JsonObject *result;
  GError *error;

  GMutex lock;
  /* Guarded by lock: */
  MoorNews *news;
  gboolean armed;
  gboolean ended;
} Run;

typedef struct
{
  MoorExit exit_code;
  JsonObject *result;
  GError *error;
} Outcome;

static void
outcome_free (Outcome *outcome)
{
  g_clear_pointer (&outcome->result, json_object_unref);
  g_clear_error (&outcome->error);
  g_free (outcome);
}

static void
run_free (Run *run)
{
  if (run->func_destroy != NULL)
    run->func_destroy (run->func_data);
  json_object_unref (run->request);
  g_clear_pointer (&run->result, json_object_unref);
  g_clear_error (&run->error);
  g_clear_object (&run->cancellable);
  g_clear_object (&run->task);
  g_clear_object (&run->client);
  g_source_unref (run->source);
  g_clear_pointer (&run->news, moor_news_free);
  g_mutex_clear (&run->lock);
  g_free (run);
}

static void
finish (Run *run)
{
  g_autoptr(GTask) task = g_steal_pointer (&run->task);
  Outcome *outcome = g_new0 (Outcome, 1);

  outcome->exit_code = run->exit_code;
  outcome->result = g_steal_pointer (&run->result);
  outcome->error = g_steal_pointer (&run->error);
  run_free (run);

  g_task_return_pointer (task, outcome, (GDestroyNotify) outcome_free);
}

static gboolean
tell_cb (gpointer user_data)
{
  Run *run = user_data;
  g_autoptr(MoorNews) news = NULL;
  gboolean ended;

  moor_lock (&run->lock);
  news = g_steal_pointer (&run->news);
  run->armed = FALSE;
  ended = run->ended;
  moor_unlock (&run->lock);

  if (news != NULL && run->func != NULL)
    run->func (news, run->func_data);
  if (!ended)
    return G_SOURCE_CONTINUE;
  finish (run);
  return G_SOURCE_REMOVE;
}

static gboolean
dispatch_cb (GSource *source, GSourceFunc callback, gpointer user_data)
{
  g_source_set_ready_time (source, -1);
  return callback (user_data);
}

static GSourceFuncs source_funcs = { .dispatch = dispatch_cb };

static void
sink_cb (const MoorEvent *event, gpointer user_data)
{
  Run *run = user_data;

  if (event->kind == MOOR_EVENT_JOB || event->kind == MOOR_EVENT_RESULT)
    return;

  moor_lock (&run->lock);
  if (run->news == NULL)
    run->news = moor_news_new ();
  moor_news_add (run->news, event);
  if (!run->armed)
    g_source_set_ready_time (run->source, g_get_monotonic_time () + DELIVERY_INTERVAL_US);
  run->armed = TRUE;
  moor_unlock (&run->lock);
}

static gpointer
run_thread (gpointer user_data)
{
  Run *run = user_data;

  run->exit_code = run->client->runner (run->request, run->cancellable, sink_cb, run,
                                        run->client->runner_data, &run->result, &run->error);

  moor_lock (&run->lock);
  run->ended = TRUE;
  g_source_set_ready_time (run->source, 0);
  moor_unlock (&run->lock);
  return NULL;
}

static MoorExit
run_in_process (JsonObject *request,
                GCancellable *cancellable,
                MoorEventFunc sink,
                gpointer sink_data,
                gpointer runner_data,
                JsonObject **out_result,
                GError **error)
{
  return moor_request_run (request, moor_sys_posix (), cancellable, sink, sink_data, out_result,
                           error);
}

static void
moor_client_finalize (GObject *object)
{
  MoorClient *self = MOOR_CLIENT (object);

  if (self->runner_destroy != NULL)
    self->runner_destroy (self->runner_data);

  G_OBJECT_CLASS (moor_client_parent_class)->finalize (object);
}

static void
moor_client_class_init (MoorClientClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = moor_client_finalize;
}

static void
moor_client_init (MoorClient *self)
{
  self->runner = run_in_process;
}

/**
 * moor_client_new:
 *
 * Returns: (transfer full): a client that runs requests in this process
 */
MoorClient *
moor_client_new (void)
{
  return g_object_new (MOOR_TYPE_CLIENT, NULL);
}

/**
 * moor_client_new_with_runner:
 * @runner: runs a request; called in any thread, several at once
 * @runner_data: for @runner
 * @destroy: (nullable): frees @runner_data
 *
 * Returns: (transfer full): a client that runs requests through @runner
 */
MoorClient *
moor_client_new_with_runner (MoorRunner runner, gpointer runner_data, GDestroyNotify destroy)
{
  MoorClient *self = moor_client_new ();

  self->runner = runner;
  self->runner_data = runner_data;
  self->runner_destroy = destroy;
  return self;
}

/**
 * moor_client_can_reach:
 * @uid: whose profile
 *
 * Returns: whether a job of this client may read that person's files
 */
gboolean
moor_client_can_reach (MoorClient *self, guint32 uid)
{
  return self->runner != run_in_process || geteuid () == 0 || geteuid () == uid;
}

/**
 * moor_client_is_root:
 *
 * Returns: whether jobs run in this process with root's rights
 */
gboolean
moor_client_is_root (MoorClient *self)
{
  return self->runner == run_in_process && geteuid () == 0;
}

/**
 * moor_client_run_async:
 * @request: (transfer full): what to do, see moor-request.h; not touched by the caller again
 * @func: (nullable): hears what the job tells, at most 10 times a second
 * @func_data: for @func
 * @func_destroy: (nullable): frees @func_data after the last delivery
 * @cancellable: (nullable): stops the job; it still ends by @callback
 * @callback: called once, after the last delivery
 * @user_data: for @callback
 *
 * Starts @request in a thread of its own and returns at once.  @func and
 * @callback are called in the caller's thread-default main context.  The thread
 * that runs that context only.
 */
void
moor_client_run_async (MoorClient *self,
                       JsonObject *request,
                       MoorNewsFunc func,
                       gpointer func_data,
                       GDestroyNotify func_destroy,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  Run *run = g_new0 (Run, 1);

  g_return_if_fail (MOOR_IS_CLIENT (self));
  g_return_if_fail (request != NULL);

  run->client = g_object_ref (self);
  run->request = request;
  run->cancellable = cancellable != NULL ? g_object_ref (cancellable) : g_cancellable_new ();
  run->func = func;
  run->func_data = func_data;
  run->func_destroy = func_destroy;
  g_mutex_init (&run->lock);

  /* A job that got to its end has succeeded, whatever was asked meanwhile. */
  run->task = g_task_new (self, NULL, callback, user_data);
  g_task_set_source_tag (run->task, moor_client_run_async);
  g_task_set_check_cancellable (run->task, FALSE);

  run->source = g_source_new (&source_funcs, sizeof (GSource));
  g_source_set_name (run->source, "[mooring] job");
  g_source_set_callback (run->source, tell_cb, run, NULL);
  g_source_attach (run->source, g_main_context_get_thread_default ());

  g_thread_unref (g_thread_new ("mooring-job", run_thread, run));
}

/**
 * moor_client_run_finish:
 * @result: what the callback got
 * @out_result: (out) (optional) (nullable): the answer; may come with an error too
 * @error: return location for a #GError
 *
 * Returns: how it ended; @error is set for whatever is no result
 */
MoorExit
moor_client_run_finish (MoorClient *self,
                        GAsyncResult *result,
                        JsonObject **out_result,
                        GError **error)
{
  Outcome *outcome;
  MoorExit exit_code;

  g_return_val_if_fail (g_task_is_valid (result, self), MOOR_EXIT_FAILED);

  outcome = g_task_propagate_pointer (G_TASK (result), NULL);
  exit_code = outcome->exit_code;
  if (out_result != NULL)
    *out_result = g_steal_pointer (&outcome->result);
  if (outcome->error != NULL)
    g_propagate_error (error, g_steal_pointer (&outcome->error));
  outcome_free (outcome);
  return exit_code;
}
