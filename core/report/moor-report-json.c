/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-report-json.h"

struct _MoorReportJson
{
  GOutputStream *stream; /* (owned) */
  GError *error;         /* (nullable): the first one; nothing is written after it */
};

/**
 * moor_report_json_new:
 * @stream: (transfer none): where the lines go; not closed
 *
 * Returns: (transfer full): a new subscriber
 */
MoorReportJson *
moor_report_json_new (GOutputStream *stream)
{
  MoorReportJson *report = g_new0 (MoorReportJson, 1);

  report->stream = g_object_ref (stream);
  return report;
}

/**
 * moor_report_json_free:
 * @report: (transfer full) (nullable): what is no longer needed
 */
void
moor_report_json_free (MoorReportJson *report)
{
  if (report == NULL)
    return;

  g_object_unref (report->stream);
  g_clear_error (&report->error);
  g_free (report);
}

/* A reader that went away does not stop a job: the error waits for the end. */
static void
write_line (MoorReportJson *report, const char *line)
{
  g_autofree char *valid = g_utf8_make_valid (line, -1);
  g_autofree char *whole = g_strconcat (valid, "\n", NULL);

  if (report->error == NULL)
    (void) g_output_stream_printf (report->stream, NULL, NULL, &report->error, "%s", whole);
}

/**
 * moor_report_json_event:
 * @event: what happened
 * @report: a #MoorReportJson
 *
 * Writes one event: a #MoorEventFunc.  Blocks while the reader is slow, and the
 * job with it.
 */
void
moor_report_json_event (const MoorEvent *event, gpointer report)
{
  g_autofree char *line = moor_event_to_json (event);

  write_line (report, line);
}

/**
 * moor_report_json_finish:
 * @error: return location for a #GError
 *
 * Returns: %FALSE with the first error that writing met: the reader did not get
 *   everything.  Blocks.
 */
gboolean
moor_report_json_finish (MoorReportJson *report, GError **error)
{
  if (report->error == NULL)
    (void) g_output_stream_flush (report->stream, NULL, &report->error);
  if (report->error == NULL)
    return TRUE;

  g_propagate_error (error, g_error_copy (report->error));
  return FALSE;
}
