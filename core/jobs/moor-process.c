/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-process.h"

#include <gio/gio.h>

#include "moor-text.h"

/*
 * <externalProcess> and <processing> of rule files.  A command line is split into
 * words as a shell would, and nothing else of a shell is there: no expansion, no
 * pipes.  It runs with the rights of whoever runs the job, only when that was
 * allowed, and only from files that nobody else can have written.
 */

static const char *
when_id (MoorWhen when)
{
  static const char *const ids[] = { "pre-scan",  "scan-success",  "post-scan",
                                     "pre-apply", "apply-success", "post-apply" };

  return ids[when];
}

/* Why a command is not run; NULL if it is. */
static const char *
why_not (const MoorRuleProcess *process, const MoorProcessOptions *options)
{
  if (process->command_line == NULL)
    return "it is made for Windows";
  if (!options->allowed)
    return "commands were not allowed; --allow-commands does";
  if (!options->trusted)
    return "its rule file belongs to somebody else, or others may write to it";
  return NULL;
}

typedef struct
{
  GError *error;
  gboolean done;
} Waiting;

static void
waited_cb (GObject *source, GAsyncResult *async, gpointer user_data)
{
  Waiting *waiting = user_data;

  (void) g_subprocess_wait_finish (G_SUBPROCESS (source), async, &waiting->error);
  waiting->done = TRUE;
}

/* Waits until @process has ended; on cancellation it is made to. */
static gboolean
wait_for (GSubprocess *process, GCancellable *cancellable, GError **error)
{
  g_autoptr(GMainContext) context = g_main_context_new ();
  Waiting waiting = { 0 };

  g_main_context_push_thread_default (context);
  g_subprocess_wait_async (process, cancellable, waited_cb, &waiting);
  while (!waiting.done)
    g_main_context_iteration (context, TRUE);
  g_main_context_pop_thread_default (context);
  if (waiting.error == NULL)
    return TRUE;
  g_subprocess_force_exit (process);
  g_propagate_error (error, waiting.error);
  return FALSE;
}

/* Runs one command line.  Returns its exit status, or -1 with @error. */
static int
run_command (MoorJob *job, const char *command_line, GError **error)
{
  g_auto(GStrv) argv = NULL;
  g_autoptr(GSubprocess) process = NULL;

  if (!g_shell_parse_argv (command_line, NULL, &argv, error))
    return -1;
  process = g_subprocess_newv (
      (const char *const *) argv,
      G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE, error);
  if (process == NULL || !wait_for (process, moor_job_get_cancellable (job), error))
    return -1;
  return g_subprocess_get_if_exited (process) ? g_subprocess_get_exit_status (process)
                                              : 128 + g_subprocess_get_term_sig (process);
}

static JsonArray *
get_list (JsonObject *result)
{
  if (!json_object_has_member (result, "commands"))
    json_object_set_array_member (result, "commands", json_array_new ());
  return json_object_get_array_member (result, "commands");
}

static char *
describe (const MoorRuleProcess *process)
{
  return process->command_line != NULL ? g_utf8_make_valid (process->command_line, -1)
                                       : moor_call_format (process->call);
}

/* Runs it, or says why not. */
static gboolean
run_one (MoorJob *job,
         const MoorRuleOutcome *outcome,
         const MoorRuleProcess *process,
         const MoorProcessOptions *options,
         JsonObject *entry,
         GError **error)
{
  const MoorRuleComponent *component = g_ptr_array_index (outcome->components, process->component);
  const char *why = why_not (process, options);
  g_autofree char *text = describe (process);
  g_autoptr(GError) problem = NULL;
  int status;

  json_object_set_string_member (entry, "when", when_id (process->when));
  json_object_set_string_member (entry, "command", text);
  json_object_set_string_member (entry, "component", component->path);
  json_object_set_boolean_member (entry, "run", why == NULL);
  if (why != NULL)
    {
      json_object_set_string_member (entry, "why", why);
      moor_job_log (job, MOOR_LOG_INFO, "Not run (%s): %s: %s", when_id (process->when), text, why);
      return TRUE;
    }

  moor_job_log (job, MOOR_LOG_INFO, "Running (%s): %s", when_id (process->when), text);
  status = run_command (job, process->command_line, &problem);
  json_object_set_int_member (entry, "status", status);
  if (g_error_matches (problem, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      g_propagate_error (error, g_steal_pointer (&problem));
      return FALSE;
    }
  if (status == 0)
    return TRUE;
  json_object_set_string_member (entry, "why", problem != NULL ? problem->message : "it failed");
  moor_job_log (job, MOOR_LOG_WARNING, "%s: %s (%d)", text,
                problem != NULL ? problem->message : "it failed", status);
  moor_job_issue (job, MOOR_SEVERITY_WARNING, MOOR_CAUSE_OTHER, text, NULL, 0,
                  "a command of the rules failed");
  return TRUE;
}

/**
 * moor_process_run:
 * @outcome: (nullable): the rules; %NULL: nothing is done
 * @when: which commands
 * @result: gets the member "commands": when command component run why status
 *
 * Runs what rules want to be run at this moment, one after the other, or lists it as
 * not run.  That a command fails is a warning of @job and no reason to stop.
 *
 * Blocks until they have ended.  Any thread.
 *
 * Returns: %FALSE with %G_IO_ERROR_CANCELLED
 */
gboolean
moor_process_run (MoorJob *job,
                  const MoorRuleOutcome *outcome,
                  MoorWhen when,
                  const MoorProcessOptions *options,
                  JsonObject *result,
                  GError **error)
{
  for (guint i = 0; outcome != NULL && i < outcome->processes->len; i++)
    {
      const MoorRuleProcess *process = g_ptr_array_index (outcome->processes, i);
      JsonObject *entry;

      if (process->when != when)
        continue;
      entry = json_object_new ();
      json_array_add_object_element (get_list (result), entry);
      if (!run_one (job, outcome, process, options, entry, error))
        return FALSE;
    }
  return TRUE;
}
