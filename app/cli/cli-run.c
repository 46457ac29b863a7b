/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gunixoutputstream.h>
#include <glib-unix.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "moor-report-json.h"
#include "moor-report-log.h"
#include "moor-report-terminal.h"
#include "moor-report-text.h"

/*
 * One request, from the command line to the exit code.  The operation runs in a
 * thread; the main thread has the loop, and with it signals and the progress
 * line, so that Ctrl+C is heard whatever the operation waits for.  The event
 * lines and the log are written where events arise: a reader that is slow slows
 * the operation down instead of filling the memory.
 */

#define DRAW_INTERVAL_MS 100
#define DEFAULT_WIDTH 80

typedef struct
{
  Cli *cli;
  JsonObject *request;
  GMainLoop *loop;
  GCancellable *cancellable;
  MoorReportTerminal *terminal;
  MoorReportJson *json; /* (nullable) */
  MoorReportLog *log;   /* (nullable) */

  /* The worker's until it has ended. */
  MoorExit code;
  JsonObject *result;
  GError *error;
} Run;

static void
sink (const MoorEvent *event, gpointer user_data)
{
  Run *run = user_data;

  moor_report_terminal_event (event, run->terminal);
  if (run->json != NULL)
    moor_report_json_event (event, run->json);
  if (run->log != NULL)
    moor_report_log_event (event, run->log);
}

static void
work (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  Run *run = task_data;

  run->code = moor_request_run (run->request, NULL, run->cancellable, sink, run, &run->result,
                                &run->error);
  g_task_return_boolean (task, TRUE);
}

static void
ended_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Run *run = user_data;

  (void) g_task_propagate_boolean (G_TASK (result), NULL);
  g_main_loop_quit (run->loop);
}

static guint
get_width (void)
{
  struct winsize size = { 0 };

  return ioctl (STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col
                                                                          : DEFAULT_WIDTH;
}

static gboolean
draw_cb (gpointer user_data)
{
  Run *run = user_data;

  moor_report_terminal_draw (run->terminal, get_width ());
  return G_SOURCE_CONTINUE;
}

static gboolean
terminated_cb (gpointer user_data)
{
  Run *run = user_data;

  g_cancellable_cancel (run->cancellable);
  return G_SOURCE_CONTINUE;
}

/* Once: in an orderly way.  Twice: the user knows better; every state on disk is
 * one the next run recognises. */
static gboolean
interrupted_cb (gpointer user_data)
{
  Run *run = user_data;

  if (g_cancellable_is_cancelled (run->cancellable))
    {
      moor_report_terminal_say (run->terminal, "mooring: stopped at once\n");
      _exit (MOOR_EXIT_CANCELLED);
    }
  moor_report_terminal_say (run->terminal, "mooring: stopping after the current file; press Ctrl+C "
                                           "again to stop at once\n");
  g_cancellable_cancel (run->cancellable);
  return G_SOURCE_CONTINUE;
}

/* Under nohup a hang-up stays without effect. */
static gboolean
is_ignored (int signal_number)
{
  struct sigaction action;

  return sigaction (signal_number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

static void
attach_sources (Run *run, GPtrArray *sources)
{
  GSource *sources_by_signal[] = {
    g_unix_signal_source_new (SIGINT),
    g_unix_signal_source_new (SIGTERM),
    is_ignored (SIGHUP) ? NULL : g_unix_signal_source_new (SIGHUP),
    g_timeout_source_new (DRAW_INTERVAL_MS),
  };
  static const GSourceFunc callbacks[] = { interrupted_cb, terminated_cb, terminated_cb, draw_cb };

  for (guint i = 0; i < G_N_ELEMENTS (callbacks); i++)
    {
      if (sources_by_signal[i] == NULL)
        continue;
      g_source_set_callback (sources_by_signal[i], callbacks[i], run, NULL);
      (void) g_source_attach (sources_by_signal[i], NULL);
      g_ptr_array_add (sources, sources_by_signal[i]);
    }
}

static void
forget_source (gpointer source)
{
  g_source_destroy (source);
  g_source_unref (source);
}

static void
run_until_done (Run *run)
{
  g_autoptr(GPtrArray) sources = g_ptr_array_new_with_free_func (forget_source);
  g_autoptr(GTask) task = g_task_new (NULL, NULL, ended_cb, run);

  attach_sources (run, sources);
  g_task_set_task_data (task, run, NULL);
  g_task_run_in_thread (task, work);
  g_main_loop_run (run->loop);
  moor_report_terminal_draw (run->terminal, get_width ());
  moor_report_terminal_clear (run->terminal);
}

static gboolean
open_log (Run *run, GError **error)
{
  g_autoptr(GOutputStream) stream = NULL;
  const char *path = run->cli->log_path;
  int fd;

  if (path == NULL)
    return TRUE;

  fd = open (path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
  if (fd < 0)
    return moor_throw_errno (error, errno, "opening the log “%s”", path);
  stream = g_unix_output_stream_new (fd, TRUE);
  run->log = moor_report_log_new (stream);
  return TRUE;
}

/* A line that is rewritten needs a terminal, and one that can do it; and JSON on
 * the same terminal would be torn apart by it. */
static gboolean
can_show_progress (const Cli *cli)
{
  return isatty (STDERR_FILENO) && g_strcmp0 (g_getenv ("TERM"), "dumb") != 0
         && !(cli->json && isatty (STDOUT_FILENO));
}

/* What there is to read, however it ended.  After a failure that is only what
 * stands in the way. */
static char *
write_text (Run *run)
{
  if (run->result == NULL)
    return NULL;
  if (run->error == NULL || g_error_matches (run->error, MOOR_ERROR, MOOR_ERROR_DIFFERENCES))
    return moor_report_text (run->request, run->result);
  if (g_error_matches (run->error, MOOR_ERROR, MOOR_ERROR_REFUSED))
    return moor_report_refusal_text (run->request, run->result);
  return NULL;
}

static int
tell_result (Run *run)
{
  g_autofree char *text = write_text (run);
  int code = (int) run->code;

  if (text != NULL && cli_print (run->cli, text) != MOOR_EXIT_COMPLETE
      && code == MOOR_EXIT_COMPLETE)
    code = MOOR_EXIT_FAILED;
  return code;
}

static int
tell_json (Run *run)
{
  g_autoptr(GError) error = NULL;

  if (moor_report_json_finish (run->json, &error))
    return (int) run->code;
  g_prefix_error (&error, "standard output: ");
  cli_complain (run->cli, error->message);
  return run->code == MOOR_EXIT_COMPLETE ? MOOR_EXIT_FAILED : (int) run->code;
}

static const char *
describe_cancelled (const Run *run)
{
  static const char *const lookers[] = { "profiles",   "estimate", "verify", "store-list",
                                         "store-show", "explain",  NULL };

  return g_strv_contains (lookers, json_object_get_string_member (run->request, "operation"))
             ? "cancelled; nothing was changed"
             : "cancelled; what was done so far is kept, and the same command continues";
}

static int
tell (Run *run)
{
  g_autoptr(GError) error = NULL;
  int code = run->json != NULL ? tell_json (run) : tell_result (run);

  if (run->code == MOOR_EXIT_CANCELLED)
    cli_complain (run->cli, describe_cancelled (run));
  else if (run->error != NULL)
    cli_complain (run->cli, run->error->message);
  if (run->log != NULL && !moor_report_log_finish (run->log, &error))
    {
      g_prefix_error (&error, "%s: ", run->cli->log_path);
      cli_complain (run->cli, error->message);
      code = code == MOOR_EXIT_COMPLETE ? MOOR_EXIT_FAILED : code;
    }
  return code;
}

/**
 * cli_run:
 * @request: what to do: see moor-request.h
 * @out_result: (out) (optional) (nullable): what came of it
 *
 * Runs a request, shows how far it is, and tells what came of it.
 *
 * Returns: the exit code
 */
int
cli_run (Cli *cli, JsonObject *request, JsonObject **out_result)
{
  Run run = { .cli = cli, .request = request };
  int code;

  if (!open_log (&run, &run.error))
    {
      code = cli_fail (cli, MOOR_EXIT_FAILED, "%s", run.error->message);
      g_error_free (run.error);
      return code;
    }
  run.loop = g_main_loop_new (NULL, FALSE);
  run.cancellable = g_cancellable_new ();
  run.terminal = moor_report_terminal_new (cli->err, can_show_progress (cli), cli->verbose);
  run.json = cli->json ? moor_report_json_new (cli->out) : NULL;

  run_until_done (&run);
  code = tell (&run);

  if (out_result != NULL)
    *out_result = g_steal_pointer (&run.result);
  g_clear_pointer (&run.result, json_object_unref);
  g_clear_error (&run.error);
  moor_report_json_free (run.json);
  moor_report_log_free (run.log);
  moor_report_terminal_free (run.terminal);
  g_object_unref (run.cancellable);
  g_main_loop_unref (run.loop);
  return code;
}

/**
 * cli_parse_and_run:
 * @syntax: what may stand there
 * @argv: the first is not looked at
 *
 * What most commands are: a request from the command line, run.
 *
 * Returns: the exit code
 */
int
cli_parse_and_run (Cli *cli, const CliSyntax *syntax, int argc, char **argv)
{
  int code = MOOR_EXIT_COMPLETE;
  g_autoptr(JsonObject) request = cli_parse (cli, syntax, argc, argv, &code);

  return request != NULL ? cli_run (cli, request, NULL) : code;
}
