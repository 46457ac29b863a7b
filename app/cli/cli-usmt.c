/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"

#include <fcntl.h>
#include <gio/gunixoutputstream.h>
#include <glib-unix.h>
#include <stdio.h>
#include <unistd.h>

#include "moor-report-print.h"
#include "moor-report-usmt-log.h"
#include "moor-report-usmt-progress.h"

/*
 * scanstate, loadstate and usmtutils: the logs and the console around what
 * core/usmt does.  The work is done in a thread; the main thread has the loop and
 * with it the signals.
 */

typedef struct
{
  Cli *cli;
  MoorUsmtRun *run;
  GMainLoop *loop;
  GCancellable *cancellable;
  MoorReportUsmtLog *log;           /* (nullable) */
  MoorReportUsmtProgress *progress; /* (nullable) */
} Usmt;

static void say (Usmt *usmt, const char *format, ...) G_GNUC_PRINTF (2, 3);

static void
say (Usmt *usmt, const char *format, ...)
{
  g_autofree char *text = NULL;
  g_autofree char *clean = NULL;
  g_autofree char *line = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);

  clean = moor_report_clean (text);
  line = g_strconcat (clean, "\n", NULL);
  (void) cli_print (usmt->cli, line);
}

static void
show_end (Usmt *usmt)
{
  const MoorUsmtRun *run = usmt->run;
  const char *tool = moor_usmt_tool_name (run->command->tool);

  if (run->code == MOOR_USMT_SUCCESS && run->command->tool != MOOR_USMT_USMTUTILS)
    say (usmt, "Success.");
  else if (run->code == MOOR_USMT_WOULD_HAVE_FAILED)
    say (usmt, "Success, %" G_GUINT64_FORMAT " errors ignored; see the log %s", run->n_errors,
         run->log_path);
  else if (run->code != MOOR_USMT_SUCCESS)
    {
      say (usmt, "Failed.");
      say (usmt, "%s", run->message);
      if (usmt->log != NULL)
        say (usmt, "See the log %s", run->log_path);
    }
  say (usmt, "%s return code: %d", tool, (int) run->code);
}

/* What stands on the console: a MoorUsmtNoticeFunc. */
static void
show (const MoorUsmtNotice *notice, gpointer user_data)
{
  Usmt *usmt = user_data;

  switch ((int) notice->kind)
    {
    case MOOR_USMT_NOTICE_PHASE:
      if (notice->run->command->tool != MOOR_USMT_USMTUTILS)
        say (usmt, "%s...", moor_report_usmt_phase_text (notice->phase));
      break;
    case MOOR_USMT_NOTICE_OUTPUT:
      (void) cli_print (usmt->cli, notice->text);
      (void) cli_print (usmt->cli, "\n");
      break;
    case MOOR_USMT_NOTICE_LOG:
      if (notice->level == MOOR_LOG_WARNING
          || (notice->run->command->verbosity & MOOR_USMT_V_DEBUG) != 0)
        cli_complain (usmt->cli, notice->text);
      break;
    case MOOR_USMT_NOTICE_END:
      show_end (usmt);
      break;
    default:
      break;
    }
}

static GOutputStream *
open_file (const char *path, int flags, GError **error)
{
  int fd = moor_usmt_open_log (path, flags, error);

  return fd >= 0 ? g_unix_output_stream_new (fd, TRUE) : NULL;
}

/* The main log is added to, the progress log begins anew. */
static gboolean
open_logs (Usmt *usmt, GError **error)
{
  g_autoptr(GError) problem = NULL;
  g_autoptr(GOutputStream) log = open_file (usmt->run->log_path, O_APPEND, &problem);
  g_autoptr(GOutputStream) progress = NULL;

  if (log == NULL)
    {
      moor_usmt_rethrow (error, MOOR_USMT_INIT_LOGFILE_FAILED, g_steal_pointer (&problem));
      return FALSE;
    }
  usmt->log = moor_report_usmt_log_new (log, MOOR_VERSION);
  moor_usmt_run_subscribe (usmt->run, moor_report_usmt_log_notice, usmt->log);
  if (usmt->run->progress_path == NULL)
    return TRUE;
  progress = open_file (usmt->run->progress_path, O_TRUNC, &problem);
  if (progress == NULL)
    {
      moor_usmt_rethrow (error, MOOR_USMT_ERROR_UNABLE_CREATE_PROGRESS_LOG,
                         g_steal_pointer (&problem));
      return FALSE;
    }
  usmt->progress = moor_report_usmt_progress_new (progress, MOOR_VERSION);
  moor_usmt_run_subscribe (usmt->run, moor_report_usmt_progress_notice, usmt->progress);
  return TRUE;
}

/* `echo y | usmtutils /rd ...` answers as well. */
static gboolean
answer_is_yes (Usmt *usmt, const char *question)
{
  char answer[16] = "";

  (void) moor_report_print (usmt->cli->out, question, NULL);
  if (fgets (answer, sizeof answer, stdin) == NULL)
    return FALSE;
  return answer[0] == 'y' || answer[0] == 'Y';
}

static gboolean
ask (Usmt *usmt, GError **error)
{
  g_autofree char *question = moor_usmt_run_dup_question (usmt->run);

  if (question == NULL || answer_is_yes (usmt, question))
    return TRUE;
  return moor_usmt_throw (error, MOOR_USMT_STATUS_CANCELED, "Nothing was deleted");
}

static void
work (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  Usmt *usmt = task_data;

  (void) moor_usmt_run_execute (usmt->run, usmt->cancellable);
  g_task_return_boolean (task, TRUE);
}

static void
ended_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Usmt *usmt = user_data;

  (void) g_task_propagate_boolean (G_TASK (result), NULL);
  g_main_loop_quit (usmt->loop);
}

/* Once: in an orderly way.  Twice: at once; the next run recognises every state. */
static gboolean
interrupted_cb (gpointer user_data)
{
  Usmt *usmt = user_data;

  if (g_cancellable_is_cancelled (usmt->cancellable))
    _exit (MOOR_USMT_STATUS_CANCELED);
  g_cancellable_cancel (usmt->cancellable);
  return G_SOURCE_CONTINUE;
}

static void
execute (Usmt *usmt)
{
  g_autoptr(GTask) task = g_task_new (NULL, NULL, ended_cb, usmt);
  guint interrupted = g_unix_signal_add (SIGINT, interrupted_cb, usmt);
  guint terminated = g_unix_signal_add (SIGTERM, interrupted_cb, usmt);

  g_task_set_task_data (task, usmt, NULL);
  g_task_run_in_thread (task, work);
  g_main_loop_run (usmt->loop);
  g_source_remove (interrupted);
  g_source_remove (terminated);
}

static void
close_logs (Usmt *usmt)
{
  g_autoptr(GError) error = NULL;

  if ((usmt->log != NULL && !moor_report_usmt_log_finish (usmt->log, &error))
      || (usmt->progress != NULL && !moor_report_usmt_progress_finish (usmt->progress, &error)))
    cli_complain (usmt->cli, error->message);
  moor_report_usmt_log_free (usmt->log);
  moor_report_usmt_progress_free (usmt->progress);
}

static int
run_tool (Usmt *usmt)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GError) log_error = NULL;

  (void) moor_usmt_run_begin (usmt->run, &error);
  if (g_error_matches (error, MOOR_USMT_ERROR, MOOR_USMT_DISPLAY_HELP))
    {
      (void) cli_print (usmt->cli, moor_usmt_help (usmt->run->command->tool));
      return MOOR_USMT_DISPLAY_HELP;
    }
  moor_usmt_run_subscribe (usmt->run, show, usmt);
  /* What is wrong with the line goes before what is wrong with its logs. */
  if (usmt->run->log_path != NULL && !open_logs (usmt, &log_error) && error == NULL)
    error = g_steal_pointer (&log_error);
  if (error == NULL)
    (void) ask (usmt, &error);
  if (error != NULL)
    moor_usmt_run_fail (usmt->run, error);
  execute (usmt);
  return (int) moor_usmt_run_end (usmt->run);
}

/**
 * cli_usmt:
 * @argv: the first is the name of the tool; what follows is in USMT's syntax
 *
 * Runs scanstate, loadstate or usmtutils.
 *
 * Returns: USMT's return code
 */
int
cli_usmt (Cli *cli, int argc, char **argv)
{
  MoorUsmtTool tool = MOOR_USMT_SCANSTATE;
  Usmt usmt = { .cli = cli };
  int code;

  (void) moor_usmt_tool_from_name (argv[0], &tool);
  usmt.run = moor_usmt_run_new (tool, (const char *const *) argv + 1);
  /* Nobody reads a password out of /proc from now on. */
  moor_usmt_hide_secrets (tool, argv + 1);
  usmt.loop = g_main_loop_new (NULL, FALSE);
  usmt.cancellable = g_cancellable_new ();
  code = run_tool (&usmt);

  close_logs (&usmt);
  g_object_unref (usmt.cancellable);
  g_main_loop_unref (usmt.loop);
  moor_usmt_run_free (usmt.run);
  return code;
}
