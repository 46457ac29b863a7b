/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-report-log.h"

#include "moor-report-private.h"
#include "moor-text.h"

struct _MoorReportLog
{
  GOutputStream *stream; /* (owned) */
  GError *error;         /* (nullable): the first one; nothing is written after it */
  guint64 counts[MOOR_N_CAUSES];
  char *examples[MOOR_N_CAUSES]; /* (nullable): made fit for a line */
};

/**
 * moor_report_log_new:
 * @stream: (transfer none): where the lines go; not closed
 *
 * Returns: (transfer full): a new subscriber
 */
MoorReportLog *
moor_report_log_new (GOutputStream *stream)
{
  MoorReportLog *report = g_new0 (MoorReportLog, 1);

  report->stream = g_object_ref (stream);
  return report;
}

/**
 * moor_report_log_free:
 * @report: (transfer full) (nullable): what is no longer needed
 */
void
moor_report_log_free (MoorReportLog *report)
{
  if (report == NULL)
    return;

  for (guint i = 0; i < MOOR_N_CAUSES; i++)
    g_free (report->examples[i]);
  g_object_unref (report->stream);
  g_clear_error (&report->error);
  g_free (report);
}

/**
 * moor_report_log_line:
 * @message: text; control characters are escaped
 *
 * Writes one line.  Blocks.
 */
void
moor_report_log_line (MoorReportLog *report, MoorLogLevel level, const char *message)
{
  g_autofree char *time = moor_text_time (g_get_real_time () * 1000);
  g_autofree char *clean = moor_report_clean (message);

  if (report->error == NULL)
    (void) g_output_stream_printf (report->stream, NULL, NULL, &report->error, "%s %-7s %s\n", time,
                                   moor_log_level_id (level), clean);
}

static char *
describe_issue (const MoorIssue *issue)
{
  g_autofree char *path = moor_text_path (issue->path);
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, "%s: %s", path, moor_cause_text (issue->cause));
  if (issue->errnum != 0)
    g_string_append_printf (text, " (%s)", g_strerror (issue->errnum));
  if (issue->action[0] != '\0')
    g_string_append_printf (text, "; %s", issue->action);
  return g_string_free (text, FALSE);
}

static MoorLogLevel
level_of_issue (const MoorIssue *issue)
{
  switch (issue->severity)
    {
    case MOOR_SEVERITY_ERROR:
      return MOOR_LOG_ERROR;
    case MOOR_SEVERITY_WARNING:
      return MOOR_LOG_WARNING;
    case MOOR_SEVERITY_NOTE:
    default:
      return MOOR_LOG_INFO;
    }
}

/**
 * moor_report_log_text:
 * @event: what happened
 * @out_level: (out): how important it is
 *
 * Returns: (transfer full) (nullable): @event as one line; %NULL if it does not
 *   belong into a log
 */
char *
moor_report_log_text (const MoorEvent *event, MoorLogLevel *out_level)
{
  *out_level = MOOR_LOG_INFO;
  switch (event->kind)
    {
    case MOOR_EVENT_JOB:
      return g_strdup_printf ("%s: started", event->operation);
    case MOOR_EVENT_PHASE:
      return g_strdup_printf ("%s: phase %s %s", event->operation, event->phase, event->state);
    case MOOR_EVENT_ISSUE:
      *out_level = level_of_issue (event->issue);
      return describe_issue (event->issue);
    case MOOR_EVENT_LOG:
      *out_level = event->level;
      return g_strdup (event->message);
    case MOOR_EVENT_RESULT:
      *out_level = event->exit_code == MOOR_EXIT_COMPLETE     ? MOOR_LOG_INFO
                   : event->exit_code == MOOR_EXIT_EXCEPTIONS ? MOOR_LOG_WARNING
                                                              : MOOR_LOG_ERROR;
      return g_strdup_printf ("%s: %s (exit %d)", event->operation, event->message,
                              event->exit_code);
    case MOOR_EVENT_PROFILE:
      return g_strcmp0 (event->state, "working") == 0 || g_strcmp0 (event->state, "waiting") == 0
                 ? NULL
                 : g_strdup_printf ("%s: %s", event->profile, event->state);
    case MOOR_EVENT_PROGRESS:
    default:
      return NULL;
    }
}

static void
count_issue (MoorReportLog *report, const MoorIssue *issue)
{
  report->counts[issue->cause]++;
  if (report->examples[issue->cause] == NULL)
    report->examples[issue->cause] = moor_text_path (issue->path);
}

static void
write_summary (MoorReportLog *report)
{
  for (guint i = 0; i < MOOR_N_CAUSES; i++)
    {
      g_autofree char *line = NULL;

      if (report->counts[i] == 0)
        continue;
      line = g_strdup_printf ("summary: %" G_GUINT64_FORMAT " × %s, for example %s. %s",
                              report->counts[i], moor_cause_text ((MoorCause) i),
                              report->examples[i], moor_cause_remedy ((MoorCause) i));
      moor_report_log_line (report, MOOR_LOG_INFO, g_strchomp (line));
    }
}

/**
 * moor_report_log_event:
 * @event: what happened
 * @report: a #MoorReportLog
 *
 * Writes one event: a #MoorEventFunc.  The result is preceded by a summary of
 * the issues by cause.  Blocks.
 */
void
moor_report_log_event (const MoorEvent *event, gpointer report)
{
  MoorReportLog *self = report;
  MoorLogLevel level = MOOR_LOG_INFO;
  g_autofree char *text = moor_report_log_text (event, &level);

  if (event->kind == MOOR_EVENT_ISSUE)
    count_issue (self, event->issue);
  if (event->kind == MOOR_EVENT_RESULT)
    write_summary (self);
  if (text != NULL)
    moor_report_log_line (self, level, text);
}

/**
 * moor_report_log_finish:
 * @error: return location for a #GError
 *
 * Returns: %FALSE with the first error that writing met.  Blocks.
 */
gboolean
moor_report_log_finish (MoorReportLog *report, GError **error)
{
  if (report->error == NULL)
    (void) g_output_stream_flush (report->stream, NULL, &report->error);
  if (report->error == NULL)
    return TRUE;

  g_propagate_error (error, g_error_copy (report->error));
  return FALSE;
}
