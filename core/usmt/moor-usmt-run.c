/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-usmt-run-private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "moor-error.h"
#include "moor-text.h"

/*
 * One call of a command: begun with its arguments, executed, ended with a code.
 * What happens on the way is told in USMT's terms to whoever writes logs.
 */

typedef struct
{
  MoorUsmtNoticeFunc func;
  gpointer user_data;
} Subscriber;

typedef struct
{
  MoorUsmtRun run;
  GArray *subscribers; /* (element-type Subscriber) (owned) */
} RunPrivate;

static void
problem_free (gpointer data)
{
  MoorUsmtProblem *problem = data;

  g_free (problem->first);
  g_free (problem);
}

/**
 * moor_usmt_run_new:
 * @arguments: (array zero-terminated=1): what stands behind the program's name
 *
 * Returns: (transfer full): a call that is not begun yet
 */
MoorUsmtRun *
moor_usmt_run_new (MoorUsmtTool tool, const char *const *arguments)
{
  RunPrivate *private = g_new0 (RunPrivate, 1);
  MoorUsmtRun *run = &private->run;

  private->subscribers = g_array_new (FALSE, FALSE, sizeof (Subscriber));
  run->command = moor_usmt_command_new (tool, arguments);
  run->paths = moor_usmt_paths_new ();
  run->root = g_strdup ("/");
  run->computer = g_strdup (run->paths->computer);
  run->rule_files = g_ptr_array_new_with_free_func (g_free);
  run->users = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_usmt_user_free);
  run->problems = g_ptr_array_new_with_free_func (problem_free);
  return run;
}

/**
 * moor_usmt_run_free:
 * @run: (transfer full) (nullable): what is no longer needed
 */
void
moor_usmt_run_free (MoorUsmtRun *run)
{
  if (run == NULL)
    return;

  moor_usmt_command_free (run->command);
  moor_usmt_paths_free (run->paths);
  g_free (run->root);
  g_free (run->computer);
  g_free (run->system_name);
  g_free (run->store_path);
  g_free (run->store);
  g_free (run->log_path);
  g_free (run->progress_path);
  g_ptr_array_unref (run->rule_files);
  g_free (run->config);
  g_ptr_array_unref (run->users);
  g_ptr_array_unref (run->problems);
  g_free (run->message);
  g_array_unref (((RunPrivate *) run)->subscribers);
  g_free (run);
}

/**
 * moor_usmt_run_subscribe:
 * @func: told what happens, one thing at a time, in whatever thread it arises
 * @user_data: for @func; outlives @run
 *
 * Before moor_usmt_run_execute().
 */
void
moor_usmt_run_subscribe (MoorUsmtRun *run, MoorUsmtNoticeFunc func, gpointer user_data)
{
  const Subscriber subscriber = { func, user_data };

  g_array_append_val (((RunPrivate *) run)->subscribers, subscriber);
}

/* Tells all subscribers. */
void
moor_usmt_tell (MoorUsmtRun *run, MoorUsmtNotice *notice)
{
  GArray *subscribers = ((RunPrivate *) run)->subscribers;

  notice->run = run;
  for (guint i = 0; i < subscribers->len; i++)
    {
      const Subscriber *subscriber = &g_array_index (subscribers, Subscriber, i);

      subscriber->func (notice, subscriber->user_data);
    }
}

void
moor_usmt_log (MoorUsmtRun *run, MoorLogLevel level, const char *format, ...)
{
  g_autofree char *text = NULL;
  MoorUsmtNotice notice = { .kind = MOOR_USMT_NOTICE_LOG, .level = level };
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);

  if (level == MOOR_LOG_WARNING)
    run->n_warnings++;
  notice.text = text;
  moor_usmt_tell (run, &notice);
}

void
moor_usmt_print (MoorUsmtRun *run, const char *format, ...)
{
  g_autofree char *text = NULL;
  MoorUsmtNotice notice = { .kind = MOOR_USMT_NOTICE_OUTPUT };
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);

  notice.text = text;
  moor_usmt_tell (run, &notice);
}

/* One of USMT's phases; the one that runs already is not entered again. */
void
moor_usmt_enter (MoorUsmtCourse *course, const char *phase)
{
  MoorUsmtNotice notice = { .kind = MOOR_USMT_NOTICE_PHASE, .phase = phase };

  if (g_strcmp0 (course->phase, phase) == 0)
    return;
  g_free (course->phase);
  course->phase = g_strdup (phase);
  moor_usmt_tell (course->run, &notice);
}

static char *
describe_issue (const MoorIssue *issue, guint32 error_code)
{
  return g_strdup_printf ("%s (error %u): %s", moor_cause_text (issue->cause), error_code,
                          issue->path);
}

/* Counts an error for the summary. */
void
moor_usmt_count_issue (MoorUsmtRun *run, const MoorIssue *issue, gboolean caused_abort)
{
  guint32 error_code = moor_usmt_system_error (issue);
  MoorUsmtProblem *problem = NULL;

  run->n_errors++;
  for (guint i = 0; i < run->problems->len && problem == NULL; i++)
    {
      MoorUsmtProblem *other = g_ptr_array_index (run->problems, i);

      if (other->error_code == error_code)
        problem = other;
    }
  if (problem == NULL)
    {
      problem = g_new0 (MoorUsmtProblem, 1);
      problem->error_code = error_code;
      problem->first = describe_issue (issue, error_code);
      g_ptr_array_add (run->problems, problem);
    }
  problem->n_times++;
  problem->caused_abort = problem->caused_abort || caused_abort;
}

static gboolean
add_drives (MoorUsmtRun *run, GError **error)
{
  GPtrArray *drives = run->command->values[MOOR_USMT_DRIVE];

  for (guint i = 0; drives != NULL && i < drives->len; i++)
    {
      if (!moor_usmt_paths_add_drive (run->paths, g_ptr_array_index (drives, i), error))
        return FALSE;
    }
  return TRUE;
}

static const char *
get_working_directory (const MoorUsmtRun *run)
{
  const char *dir = g_getenv ("USMT_WORKING_DIR");

  return dir != NULL && dir[0] != '\0' ? dir : run->paths->directory;
}

/* Where the log goes, also when the rest of the line is wrong. */
static gboolean
find_log (MoorUsmtRun *run, GError **error)
{
  const char *value = moor_usmt_value (run->command, MOOR_USMT_LOG);
  g_autofree char *lower = g_ascii_strdown (moor_usmt_tool_name (run->command->tool), -1);
  g_autofree char *name = g_strconcat (lower, ".log", NULL);
  g_autoptr(GError) problem = NULL;

  if (value == NULL)
    {
      g_autofree char *dir = moor_usmt_path (run->paths, get_working_directory (run), NULL);

      run->log_path = g_build_filename (dir != NULL ? dir : run->paths->directory, name, NULL);
      return TRUE;
    }
  run->log_path = moor_usmt_path (run->paths, value, &problem);
  if (run->log_path != NULL)
    return TRUE;
  run->command->culprit = run->command->places[MOOR_USMT_LOG];
  if (g_error_matches (problem, MOOR_USMT_ERROR, MOOR_USMT_ERROR_OPTION_PARAM_TOO_LARGE))
    g_propagate_error (error, g_steal_pointer (&problem));
  else
    moor_usmt_rethrow (error, MOOR_USMT_INIT_LOGFILE_FAILED, g_steal_pointer (&problem));
  return FALSE;
}

static gboolean
find_progress (MoorUsmtRun *run, GError **error)
{
  const char *value = moor_usmt_value (run->command, MOOR_USMT_PROGRESS);
  g_autoptr(GError) problem = NULL;

  if (value == NULL)
    return TRUE;
  run->progress_path = moor_usmt_path (run->paths, value, &problem);
  if (run->progress_path != NULL)
    return TRUE;
  run->command->culprit = run->command->places[MOOR_USMT_PROGRESS];
  moor_usmt_rethrow (error, MOOR_USMT_ERROR_UNABLE_CREATE_PROGRESS_LOG, g_steal_pointer (&problem));
  return FALSE;
}

static gboolean
find_store_path (MoorUsmtRun *run, GError **error)
{
  const char *text = run->command->operands->len > 0 ? g_ptr_array_index (run->command->operands, 0)
                                                     : moor_usmt_value (run->command, MOOR_USMT_RD);

  if (text == NULL)
    return TRUE;
  run->store_path = moor_usmt_path (run->paths, text, error);
  if (run->store_path == NULL)
    return FALSE;
  if (g_str_equal (run->store_path, "/"))
    return moor_usmt_throw (error, MOOR_USMT_INVALID_PARAMETERS,
                            "The StorePath is a folder, not the top of the system");
  run->store = g_build_filename (run->store_path, "USMT", NULL);
  return TRUE;
}

/* Where @path leads to, as far as it exists. */
static char *
resolve (const char *path)
{
  g_autofree char *above = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *found = realpath (path, NULL);
  g_autofree char *resolved = NULL;

  if (found != NULL || g_str_equal (above, path))
    return g_strdup (found != NULL ? found : path);
  resolved = resolve (above);
  return g_build_filename (resolved, name, NULL);
}

/* Whether @path is in the store, or will be; its StorePath may hold what it likes besides. */
gboolean
moor_usmt_is_in_store (const MoorUsmtRun *run, const char *path)
{
  g_autofree char *top = NULL;
  g_autofree char *resolved = NULL;

  if (run->store == NULL || path == NULL)
    return FALSE;
  top = resolve (moor_store_exists (run->store_path) ? run->store_path : run->store);
  resolved = resolve (path);
  return moor_path_is_at_or_below (resolved, top);
}

/**
 * moor_usmt_open_log:
 * @path: (type filename): where somebody wants a log or a list
 * @flags: `O_APPEND` or `O_TRUNC`
 *
 * Opens a file for writing, and makes it if need be.  Where others can write a link may
 * lead anywhere: it is followed only if it is ours, or root's.  Blocks.  Any thread.
 *
 * Returns: a descriptor, or -1 with %G_IO_ERROR
 */
int
moor_usmt_open_log (const char *path, int flags, GError **error)
{
  const int how = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | flags;
  int fd = open (path, how | O_NOFOLLOW, 0600);
  struct stat st;

  if (fd < 0 && errno == ELOOP && lstat (path, &st) == 0
      && (st.st_uid == 0 || st.st_uid == geteuid ()))
    fd = open (path, how, 0600);
  if (fd < 0 && errno == ELOOP)
    moor_throw (error, MOOR_ERROR_REFUSED, "“%s” is a link of somebody else's", path);
  else if (fd < 0)
    moor_throw_errno (error, errno, "writing “%s”", path);
  return fd;
}

/* What is not to be written is not where anything is written. */
static gboolean
check_logs (MoorUsmtRun *run, GError **error)
{
  if (!moor_usmt_is_in_store (run, run->log_path)
      && !moor_usmt_is_in_store (run, run->progress_path))
    return TRUE;
  if (moor_usmt_is_in_store (run, run->log_path))
    g_clear_pointer (&run->log_path, g_free);
  g_clear_pointer (&run->progress_path, g_free);
  return moor_usmt_throw (error, MOOR_USMT_INIT_LOGFILE_FAILED,
                          "A log cannot be kept in the store %s", run->store);
}

/**
 * moor_usmt_run_begin:
 * @error: return location for a #GError
 *
 * Takes the command line apart and finds out where the logs and the store are.
 * Where the main log goes is known after a failure, too, unless it would go into the store.
 * Reads directories only.
 *
 * Returns: %FALSE with %MOOR_USMT_ERROR
 */
gboolean
moor_usmt_run_begin (MoorUsmtRun *run, GError **error)
{
  g_autoptr(GError) problem = NULL;

  if (moor_usmt_command_parse (run->command, &problem))
    (void) (add_drives (run, &problem) && moor_usmt_command_check (run->command, &problem));
  if (problem != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&problem));
      (void) (find_log (run, NULL) && find_store_path (run, NULL) && check_logs (run, NULL));
      return FALSE;
    }
  return find_log (run, error) && find_progress (run, error) && find_store_path (run, error)
         && check_logs (run, error);
}

/**
 * moor_usmt_run_fail:
 * @error: why
 *
 * Makes @error the outcome.
 */
void
moor_usmt_run_fail (MoorUsmtRun *run, const GError *error)
{
  run->code = moor_usmt_code_from_error (run->command->tool, error);
  g_free (run->message);
  run->message = g_strdup (error->message);
}

static gboolean
run_tool (MoorUsmtCourse *course, GError **error)
{
  const MoorUsmtCommand *command = course->run->command;

  switch (command->tool)
    {
    case MOOR_USMT_SCANSTATE:
      if (moor_usmt_has (command, MOOR_USMT_GENCONFIG)
          || moor_usmt_has (command, MOOR_USMT_GENMIGXML))
        return moor_usmt_generate (course, error);
      return moor_usmt_scan (course, error);
    case MOOR_USMT_LOADSTATE:
      return moor_usmt_load (course, error);
    case MOOR_USMT_USMTUTILS:
    default:
      if (moor_usmt_has (command, MOOR_USMT_RD))
        return moor_usmt_remove (course, error);
      if (moor_usmt_has (command, MOOR_USMT_VERIFY))
        return moor_usmt_verify (course, error);
      if (moor_usmt_has (command, MOOR_USMT_EXTRACT))
        return moor_usmt_extract (course, error);
      moor_usmt_print (course->run, "Mooring encrypts no stores: there are no algorithms.");
      return TRUE;
    }
}

static void
conclude (MoorUsmtCourse *course, const GError *error)
{
  MoorUsmtRun *run = course->run;

  if (course->stopped)
    {
      run->code = MOOR_USMT_MIGRATION_STOPPED_NONFATAL;
      run->message = g_strdup_printf (
          "Stopped by an error: %s. With /c such errors are skipped",
          run->problems->len > 0
              ? ((MoorUsmtProblem *) g_ptr_array_index (run->problems, run->problems->len - 1))
                    ->first
              : (error != NULL ? error->message : "see the log"));
    }
  else if (error != NULL)
    moor_usmt_run_fail (run, error);
  else if (run->n_errors > 0)
    {
      run->code = MOOR_USMT_WOULD_HAVE_FAILED;
      run->message = g_strdup_printf ("%" G_GUINT64_FORMAT " errors were ignored", run->n_errors);
    }
}

static void
forward_cb (GCancellable *cancellable, gpointer user_data)
{
  g_cancellable_cancel (user_data);
}

/**
 * moor_usmt_run_execute:
 * @cancellable: (nullable): stops it in an orderly way
 *
 * Does what the command line says, unless it failed before.  Blocks.
 *
 * Returns: the code, which is in @run as well
 */
MoorUsmtCode
moor_usmt_run_execute (MoorUsmtRun *run, GCancellable *cancellable)
{
  g_autoptr(GCancellable) stop = g_cancellable_new ();
  MoorUsmtCourse course = { .run = run, .stop = stop, .lock_fd = -1, .diag_fd = -1 };
  MoorUsmtNotice begin = { .kind = MOOR_USMT_NOTICE_BEGIN };
  g_autoptr(GError) error = NULL;
  gulong handler = cancellable != NULL
                       ? g_cancellable_connect (cancellable, G_CALLBACK (forward_cb), stop, NULL)
                       : 0;

  moor_usmt_tell (run, &begin);
  if (run->code == MOOR_USMT_SUCCESS)
    {
      moor_usmt_enter (&course, "Initializing");
      if (moor_usmt_prepare (&course, &error))
        (void) run_tool (&course, &error);
      conclude (&course, error);
    }

  if (handler != 0)
    g_cancellable_disconnect (cancellable, handler);
  g_clear_pointer (&course.system, moor_system_unref);
  g_clear_pointer (&course.errors, moor_error_control_free);
  g_clear_pointer (&course.let_pass, g_hash_table_unref);
  g_clear_pointer (&course.failed, g_ptr_array_unref);
  if (course.diag_fd >= 0)
    (void) close (course.diag_fd);
  if (course.lock_fd >= 0)
    (void) close (course.lock_fd);
  g_free (course.phase);
  return run->code;
}

/**
 * moor_usmt_run_end:
 *
 * Tells the subscribers how it ended.
 *
 * Returns: the code
 */
MoorUsmtCode
moor_usmt_run_end (MoorUsmtRun *run)
{
  MoorUsmtNotice notice = { .kind = MOOR_USMT_NOTICE_END };

  moor_usmt_tell (run, &notice);
  return run->code;
}
