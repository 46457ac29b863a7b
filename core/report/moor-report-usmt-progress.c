/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-report-usmt-progress.h"

#include <string.h>

#include "moor-report-print.h"
#include "moor-text.h"

/* The progress log: date, time, elapsed, and then pairs of a key and a value. */

#define MEGABYTE (1024.0 * 1024.0)

struct _MoorReportUsmtProgress
{
  GOutputStream *stream; /* (owned) */
  char *version;
  gint64 started_us;
  GError *error; /* (nullable): the first one; nothing is written after it */
};

/**
 * moor_report_usmt_progress_new:
 * @stream: (transfer none): where the lines go, without a buffer; not closed
 * @version: of this program
 *
 * Returns: (transfer full): a new subscriber
 */
MoorReportUsmtProgress *
moor_report_usmt_progress_new (GOutputStream *stream, const char *version)
{
  MoorReportUsmtProgress *report = g_new0 (MoorReportUsmtProgress, 1);

  report->stream = g_object_ref (stream);
  report->version = g_strdup (version);
  report->started_us = g_get_monotonic_time ();
  return report;
}

/**
 * moor_report_usmt_progress_free:
 * @report: (transfer full) (nullable): what is no longer needed
 */
void
moor_report_usmt_progress_free (MoorReportUsmtProgress *report)
{
  if (report == NULL)
    return;

  g_object_unref (report->stream);
  g_clear_error (&report->error);
  g_free (report->version);
  g_free (report);
}

/* The same months everywhere: programs read them. */
static char *
format_now (void)
{
  static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
  g_autoptr(GDateTime) now = g_date_time_new_now_local ();
  g_autofree char *time = g_date_time_format (now, "%H:%M:%S %:z");

  return g_strdup_printf ("%02d %s %04d, %s", g_date_time_get_day_of_month (now),
                          months[g_date_time_get_month (now) - 1], g_date_time_get_year (now),
                          time);
}

/* In quotes where that is needed to stay one field. */
static char *
quote (const char *text)
{
  g_autofree char *clean = moor_report_clean (text);
  g_autoptr(GString) doubled = g_string_new (clean);

  if (clean[0] != '\0' && strpbrk (clean, " ,\"") == NULL)
    return g_steal_pointer (&clean);
  g_string_replace (doubled, "\"", "\"\"", 0);
  return g_strdup_printf ("\"%s\"", doubled->str);
}

static void write_fields (MoorReportUsmtProgress *report,
                          const char *first,
                          ...) G_GNUC_NULL_TERMINATED;

/* A line of pairs: keys as they are, values in quotes where they need them. */
static void
write_fields (MoorReportUsmtProgress *report, const char *first, ...)
{
  gint64 elapsed_s = (g_get_monotonic_time () - report->started_us) / G_USEC_PER_SEC;
  g_autofree char *now = format_now ();
  g_autoptr(GString) line = g_string_new (now);
  va_list args;

  g_string_append_printf (line, ", %02d:%02d:%02d", (int) (elapsed_s / 3600),
                          (int) (elapsed_s / 60 % 60), (int) (elapsed_s % 60));
  va_start (args, first);
  for (const char *field = first; field != NULL; field = va_arg (args, const char *))
    {
      g_autofree char *quoted = quote (field);

      g_string_append_printf (line, ", %s", quoted);
    }
  va_end (args);
  g_string_append_c (line, '\n');
  if (report->error == NULL)
    (void) g_output_stream_write_all (report->stream, line->str, line->len, NULL, NULL,
                                      &report->error);
}

static void
write_begin (MoorReportUsmtProgress *report, const MoorUsmtRun *run)
{
  g_autofree char *program = g_strconcat (moor_usmt_tool_name (run->command->tool), ".exe", NULL);
  g_autofree char *line = moor_usmt_command_text (run->command, FALSE);

  write_fields (report, "program", program, "productVersion", report->version, "computerName",
                run->computer, "commandLine", line, NULL);
}

static void
write_users (MoorReportUsmtProgress *report, const MoorUsmtRun *run)
{
  for (guint i = 0; i < run->users->len; i++)
    {
      const MoorUsmtUser *user = g_ptr_array_index (run->users, i);
      g_autofree char *account = moor_usmt_user_dup_account (user);

      if ((user->by_default && user->can_be_taken) || user->chosen)
        write_fields (report, "detectedUser", account, "includedInMigration",
                      user->chosen ? "Yes" : "No", NULL);
    }
}

static void
write_component (MoorReportUsmtProgress *report, const MoorUsmtNotice *notice)
{
  g_autofree char *account = notice->user != NULL ? moor_usmt_user_dup_account (notice->user)
                                                  : g_strdup ("This Computer");

  write_fields (report, "forUser", account, "detectedComponent", notice->text,
                "includedInMigration", notice->flag ? "Yes" : "No", NULL);
}

static void
write_size (MoorReportUsmtProgress *report, guint64 n_bytes)
{
  char number[G_ASCII_DTOSTR_BUF_SIZE];

  g_ascii_formatd (number, sizeof number, "%.2f", (double) n_bytes / MEGABYTE);
  write_fields (report, "totalSizeInMBToTransfer", number, NULL);
}

static void
write_percentage (MoorReportUsmtProgress *report, guint percent, int minutes)
{
  g_autofree char *number = g_strdup_printf ("%u", percent);
  g_autofree char *remaining = g_strdup_printf ("%d", minutes);

  write_fields (report, "totalPercentageCompleted", number, NULL);
  if (minutes >= 0)
    write_fields (report, "totalMinutesRemaining", remaining, NULL);
}

static const char *
name_error (const MoorUsmtRun *run, guint32 code)
{
  if (run->command->tool == MOOR_USMT_LOADSTATE)
    return "UnableToApply";
  switch (code)
    {
    case 112:
      return "UnableToCopy";
    case 21:
    case 1117:
      return "UnableToAccessDevice";
    default:
      return "UnableToOpen";
    }
}

static void
write_issue (MoorReportUsmtProgress *report, const MoorUsmtNotice *notice)
{
  guint32 code = moor_usmt_system_error (notice->issue);
  g_autofree char *number = g_strdup_printf ("%u", code);
  g_autofree char *path = moor_text_path (notice->issue->path);

  if (notice->issue->severity == MOOR_SEVERITY_ERROR)
    write_fields (report, "error", name_error (notice->run, code), "objectName", path, "action",
                  notice->flag ? "Abort" : "Ignore", "errorCode", number, "message",
                  moor_cause_text (notice->issue->cause), NULL);
}

static void
write_end (MoorReportUsmtProgress *report, const MoorUsmtRun *run)
{
  g_autofree char *code = g_strdup_printf ("%d", (int) run->code);
  g_autofree char *ignored = g_strdup_printf ("%" G_GUINT64_FORMAT, run->n_errors);
  const char *message = run->message != NULL ? run->message : moor_usmt_code_name (run->code);

  if (run->code == MOOR_USMT_SUCCESS || run->code == MOOR_USMT_WOULD_HAVE_FAILED)
    write_percentage (report, 100, 0);
  write_fields (report, "errorCode", code, "numberOfIgnoredErrors", ignored, "message",
                run->code == MOOR_USMT_SUCCESS ? "Successful run" : message, NULL);
}

/**
 * moor_report_usmt_progress_notice:
 * @notice: what happens
 * @report: a #MoorReportUsmtProgress
 *
 * Writes one notice: a #MoorUsmtNoticeFunc.  Blocks.
 */
void
moor_report_usmt_progress_notice (const MoorUsmtNotice *notice, gpointer report)
{
  g_autofree char *account = notice->user != NULL ? moor_usmt_user_dup_account (notice->user)
                                                  : NULL;

  switch (notice->kind)
    {
    case MOOR_USMT_NOTICE_BEGIN:
      write_begin (report, notice->run);
      break;
    case MOOR_USMT_NOTICE_SYSTEM:
      write_users (report, notice->run);
      break;
    case MOOR_USMT_NOTICE_PHASE:
      write_fields (report, "PHASE", notice->phase, NULL);
      break;
    case MOOR_USMT_NOTICE_COMPONENT:
      write_component (report, notice);
      break;
    case MOOR_USMT_NOTICE_SIZE:
      write_size (report, notice->n_bytes);
      break;
    case MOOR_USMT_NOTICE_USER:
      if (notice->run->command->tool == MOOR_USMT_SCANSTATE)
        write_fields (report, "collectingUser", account, NULL);
      break;
    case MOOR_USMT_NOTICE_PROGRESS:
      write_percentage (report, notice->percent, notice->minutes);
      break;
    case MOOR_USMT_NOTICE_ISSUE:
      write_issue (report, notice);
      break;
    case MOOR_USMT_NOTICE_END:
      write_end (report, notice->run);
      break;
    case MOOR_USMT_NOTICE_LOG:
    case MOOR_USMT_NOTICE_OUTPUT:
    default:
      break;
    }
}

/**
 * moor_report_usmt_progress_finish:
 * @error: return location for a #GError
 *
 * Returns: %FALSE with the first error that writing met.  Blocks.
 */
gboolean
moor_report_usmt_progress_finish (MoorReportUsmtProgress *report, GError **error)
{
  if (report->error == NULL)
    return TRUE;

  g_propagate_error (error, g_error_copy (report->error));
  return FALSE;
}
