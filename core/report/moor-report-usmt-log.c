/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-report-usmt-log.h"

#include <sys/utsname.h>

#include "moor-report-print.h"
#include "moor-text.h"

/*
 * The main log of scanstate, loadstate and usmtutils: a level in a field of 22
 * characters, where in the program it comes from, the text, and the system's error.
 */

#define SITE_TOP 0x000000u
#define SITE_PROFILE 0x0803bau
#define SITE_COPY 0x0802e9u
#define MEGABYTE (1024.0 * 1024.0)

struct _MoorReportUsmtLog
{
  GOutputStream *stream; /* (owned) */
  char *version;
  GError *error; /* (nullable): the first one; nothing is written after it */
};

static const struct
{
  const char *phase;
  const char *text;
  const char *activity;
} phases[] = {
  { "Initializing", "Starting the migration process", "MIGACTIVITY_STARTUP" },
  { "Estimating", "Estimating the space that is needed", "MIGACTIVITY_ESTIMATE" },
  { "Scanning", "Examining the system to discover migration units", "MIGACTIVITY_DISCOVER" },
  { "Collecting", "Gathering data", "MIGACTIVITY_GATHER" },
  { "Saving", "Commit", "MIGACTIVITY_COMMIT" },
  { "Applying", "Applying data", "MIGACTIVITY_APPLY" },
};

/**
 * moor_report_usmt_phase_text:
 * @phase: one of USMT's
 *
 * Returns: a line about it for people.  Any thread.
 */
const char *
moor_report_usmt_phase_text (const char *phase)
{
  for (guint i = 0; i < G_N_ELEMENTS (phases); i++)
    {
      if (g_str_equal (phases[i].phase, phase))
        return phases[i].text;
    }
  return phase;
}

/**
 * moor_report_usmt_log_new:
 * @stream: (transfer none): where the lines go; not closed
 * @version: of this program
 *
 * Returns: (transfer full): a new subscriber
 */
MoorReportUsmtLog *
moor_report_usmt_log_new (GOutputStream *stream, const char *version)
{
  MoorReportUsmtLog *report = g_new0 (MoorReportUsmtLog, 1);

  report->stream = g_object_ref (stream);
  report->version = g_strdup (version);
  return report;
}

/**
 * moor_report_usmt_log_free:
 * @report: (transfer full) (nullable): what is no longer needed
 */
void
moor_report_usmt_log_free (MoorReportUsmtLog *report)
{
  if (report == NULL)
    return;

  g_object_unref (report->stream);
  g_clear_error (&report->error);
  g_free (report->version);
  g_free (report);
}

static void
write_line (MoorReportUsmtLog *report,
            const char *level,
            guint32 site,
            const char *text,
            guint32 system_error)
{
  g_autofree char *time = moor_text_time (g_get_real_time () * 1000);
  g_autofree char *clean = moor_report_clean (text);
  g_autofree char *suffix = system_error != 0 ? g_strdup_printf ("[gle=0x%08x]", system_error)
                                              : g_strdup ("");

  if (report->error == NULL)
    (void) g_output_stream_printf (report->stream, NULL, NULL, &report->error,
                                   "%s, %-22s[0x%06x] %s%s\n", time, level, site, clean, suffix);
}

static void say (MoorReportUsmtLog *report, const char *format, ...) G_GNUC_PRINTF (2, 3);

static void
say (MoorReportUsmtLog *report, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);

  write_line (report, "Info", SITE_TOP, text, 0);
}

static char *
format_moment (void)
{
  g_autoptr(GDateTime) now = g_date_time_new_now_local ();
  g_autofree char *seconds = g_date_time_format (now, "%Y/%m/%d:%H:%M:%S");

  return g_strdup_printf ("%s.%03d", seconds, g_date_time_get_microsecond (now) / 1000);
}

static void
write_activity (MoorReportUsmtLog *report, const MoorUsmtRun *run, const char *activity)
{
  g_autofree char *text = g_strdup_printf ("Activity: '%s'", activity);

  if ((run->command->verbosity & MOOR_USMT_V_STATUS) != 0)
    write_line (report, "Status", SITE_TOP, text, 0);
}

static void
write_begin (MoorReportUsmtLog *report, const MoorUsmtRun *run)
{
  g_autofree char *moment = format_moment ();
  g_autofree char *line = moor_usmt_command_text (run->command, FALSE);

  say (report, "%s of Mooring %s", moor_usmt_tool_name (run->command->tool), report->version);
  say (report, "USMT Started at %s", moment);
  say (report, "Command line: %s", line);
  write_activity (report, run, "MIGACTIVITY_COMMAND_LINE_PROCESSING");
}

static const char *
describe_user (const MoorUsmtUser *user)
{
  if (user->chosen)
    return "migrated";
  return user->can_be_taken ? "left out" : "no profile that can be taken";
}

static void
write_system (MoorReportUsmtLog *report, const MoorUsmtRun *run)
{
  struct utsname names;

  say (report, "Computer name: %s", run->computer);
  if (run->system_name != NULL)
    say (report, "Operating system: %s", run->system_name);
  say (report, "System root: %s", run->root);
  if (uname (&names) == 0)
    say (report, "Architecture: %s", names.machine);
  for (guint i = 0; i < run->users->len; i++)
    {
      const MoorUsmtUser *user = g_ptr_array_index (run->users, i);
      g_autofree char *account = moor_usmt_user_dup_account (user);

      if (user->by_default || user->chosen)
        say (report, "User: %s (%s%s)", account, describe_user (user),
             user->is_logged_on ? ", logged on" : "");
    }
  for (guint i = 0; i < run->rule_files->len; i++)
    say (report, "Script file specified: %s",
         (const char *) g_ptr_array_index (run->rule_files, i));
  if (run->config != NULL)
    say (report, "Configuration file specified: %s", run->config);
}

static void
write_phase (MoorReportUsmtLog *report, const MoorUsmtNotice *notice)
{
  for (guint i = 0; i < G_N_ELEMENTS (phases); i++)
    {
      if (g_str_equal (phases[i].phase, notice->phase))
        write_activity (report, notice->run, phases[i].activity);
    }
  say (report, "%s", moor_report_usmt_phase_text (notice->phase));
}

static void
write_sizes (MoorReportUsmtLog *report, const MoorUsmtRun *run)
{
  for (guint i = 0; i < run->users->len; i++)
    {
      const MoorUsmtUser *user = g_ptr_array_index (run->users, i);
      g_autofree char *account = moor_usmt_user_dup_account (user);

      if (user->chosen)
        say (report, "%s approximate size (files only): %.0f MB", account,
             (double) user->n_bytes / MEGABYTE);
    }
}

static const char *
level_of_issue (const MoorIssue *issue)
{
  switch (issue->severity)
    {
    case MOOR_SEVERITY_ERROR:
      return "Error";
    case MOOR_SEVERITY_WARNING:
      return "Warning";
    case MOOR_SEVERITY_NOTE:
    default:
      return "Info";
    }
}

static gboolean
is_verbose (const MoorUsmtRun *run)
{
  return (run->command->verbosity & MOOR_USMT_V_VERBOSE) != 0;
}

static void
write_issue (MoorReportUsmtLog *report, const MoorUsmtNotice *notice)
{
  const MoorIssue *issue = notice->issue;
  guint32 code = moor_usmt_system_error (issue);
  g_autofree char *path = moor_text_path (issue->path);
  g_autofree char *text = NULL;

  if (issue->severity == MOOR_SEVERITY_NOTE && !is_verbose (notice->run))
    return;
  text = g_strdup_printf ("%s: %s; %s. Error %u.", path, moor_cause_text (issue->cause),
                          issue->action, code);
  write_line (report, level_of_issue (issue),
              issue->profile != NULL && g_str_equal (issue->action, "left out") ? SITE_PROFILE
                                                                                : SITE_COPY,
              text, issue->severity == MOOR_SEVERITY_NOTE ? 0 : code);
}

static void
write_log (MoorReportUsmtLog *report, const MoorUsmtNotice *notice)
{
  switch (notice->level)
    {
    case MOOR_LOG_ERROR:
      write_line (report, "Error", SITE_TOP, notice->text, 0);
      break;
    case MOOR_LOG_WARNING:
      write_line (report, "Warning", SITE_TOP, notice->text, 0);
      break;
    case MOOR_LOG_INFO:
    case MOOR_LOG_DEBUG:
    default:
      if (is_verbose (notice->run))
        write_line (report, "Info", SITE_TOP, notice->text, 0);
      break;
    }
}

/* In the log a table's columns are set apart by blanks. */
static void
write_output (MoorReportUsmtLog *report, const char *text)
{
  g_autofree char *line = g_strdelimit (g_strdup (text), "\t", ' ');

  say (report, "%s", line);
}

static void
write_rule (MoorReportUsmtLog *report)
{
  g_autofree char *dashes = g_strnfill (78, '-');

  say (report, "+%s", dashes);
}

static void
write_summary (MoorReportUsmtLog *report, const MoorUsmtRun *run)
{
  g_autofree char *dashes = g_strnfill (30, '-');

  say (report, "%s USMT ERROR SUMMARY %s", dashes, dashes);
  say (report, "* USMT error code %d: %s", (int) run->code, moor_usmt_code_name (run->code));
  write_rule (report);
  if (run->problems->len == 0)
    {
      say (report, "| No error in migration process is recorded.");
      write_rule (report);
      return;
    }
  say (report, "| %12s | %12s | %10s | %s", "Error Code", "Caused Abort", "Recurrence",
       "First Occurence");
  for (guint i = 0; i < run->problems->len; i++)
    {
      const MoorUsmtProblem *problem = g_ptr_array_index (run->problems, i);
      g_autofree char *first = moor_text_path (problem->first);

      say (report, "| %12u | %12s | %10" G_GUINT64_FORMAT " | %s", problem->error_code,
           problem->caused_abort ? "Yes" : "No", problem->n_times, first);
    }
  write_rule (report);
  if (moor_usmt_code_advice (run->code)[0] != '\0')
    say (report, "* %s", moor_usmt_code_advice (run->code));
}

static gboolean
has_succeeded (const MoorUsmtRun *run)
{
  return run->code == MOOR_USMT_SUCCESS || run->code == MOOR_USMT_WOULD_HAVE_FAILED;
}

static void
write_end (MoorReportUsmtLog *report, const MoorUsmtRun *run)
{
  g_autofree char *moment = format_moment ();

  if (run->command->culprit >= 0 || run->code == MOOR_USMT_INVALID_PARAMETERS)
    {
      g_autofree char *marked = moor_usmt_command_text (run->command, TRUE);

      write_line (report, "Error", SITE_TOP, marked, 0);
    }
  if (!has_succeeded (run) && run->message != NULL)
    write_line (report, "Error", SITE_TOP, run->message, 0);
  say (report, "%s", has_succeeded (run) ? "Success." : "Failed.");
  if (has_succeeded (run) && run->message != NULL)
    say (report, "%s", run->message);
  say (report, "USMT Completed at %s", moment);
  say (report, "%s return code: %d", moor_usmt_tool_name (run->command->tool), (int) run->code);
  write_summary (report, run);
}

/**
 * moor_report_usmt_log_notice:
 * @notice: what happens
 * @report: a #MoorReportUsmtLog
 *
 * Writes one notice: a #MoorUsmtNoticeFunc.  Blocks.
 */
void
moor_report_usmt_log_notice (const MoorUsmtNotice *notice, gpointer report)
{
  switch (notice->kind)
    {
    case MOOR_USMT_NOTICE_BEGIN:
      write_begin (report, notice->run);
      break;
    case MOOR_USMT_NOTICE_SYSTEM:
      write_system (report, notice->run);
      break;
    case MOOR_USMT_NOTICE_PHASE:
      write_phase (report, notice);
      break;
    case MOOR_USMT_NOTICE_SIZE:
      write_sizes (report, notice->run);
      break;
    case MOOR_USMT_NOTICE_ISSUE:
      write_issue (report, notice);
      break;
    case MOOR_USMT_NOTICE_LOG:
      write_log (report, notice);
      break;
    case MOOR_USMT_NOTICE_OUTPUT:
      write_output (report, notice->text);
      break;
    case MOOR_USMT_NOTICE_END:
      write_end (report, notice->run);
      break;
    case MOOR_USMT_NOTICE_COMPONENT:
    case MOOR_USMT_NOTICE_USER:
    case MOOR_USMT_NOTICE_PROGRESS:
    default:
      break;
    }
}

/**
 * moor_report_usmt_log_finish:
 * @error: return location for a #GError
 *
 * Returns: %FALSE with the first error that writing met.  Blocks.
 */
gboolean
moor_report_usmt_log_finish (MoorReportUsmtLog *report, GError **error)
{
  if (report->error == NULL)
    (void) g_output_stream_flush (report->stream, NULL, &report->error);
  if (report->error == NULL)
    return TRUE;

  g_propagate_error (error, g_error_copy (report->error));
  return FALSE;
}
