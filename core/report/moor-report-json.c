/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-report-json.h"

struct _MoorReportJson
{
  GOutputStream *stream; /* (owned) */
  GError *error;         /* (nullable): the first one; nothing is written after it */
  gboolean has_result;
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
  MoorReportJson *self = report;
  g_autofree char *line = moor_event_to_json (event);

  if (event->kind == MOOR_EVENT_RESULT)
    self->has_result = TRUE;
  write_line (self, line);
}

/**
 * moor_report_json_object:
 * @object: what came of a command that has no events
 *
 * Writes one object as a line.  Blocks.
 */
void
moor_report_json_object (MoorReportJson *report, JsonObject *object)
{
  g_autoptr(JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  g_autofree char *line = NULL;

  json_node_set_object (node, object);
  line = json_to_string (node, FALSE);
  report->has_result = TRUE;
  write_line (report, line);
}

/**
 * moor_report_json_has_result:
 *
 * Returns: whether the last line was written
 */
gboolean
moor_report_json_has_result (const MoorReportJson *report)
{
  return report->has_result;
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
