/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-report-file.h"

#include <string.h>

#include "moor-error.h"
#include "moor-issue.h"
#include "moor-report-html.h"
#include "moor-report-private.h"

/**
 * moor_report_format_from_path:
 * @path: (type filename): the file to write
 * @out_format: (out): what its name asks for
 * @error: return location for a #GError
 *
 * Any thread.
 *
 * Returns: %FALSE with %MOOR_ERROR_USAGE if nobody knows such files
 */
gboolean
moor_report_format_from_path (const char *path, MoorReportFormat *out_format, GError **error)
{
  static const struct
  {
    const char *suffix;
    MoorReportFormat format;
  } formats[] = {
    { ".html", MOOR_REPORT_HTML },
    { ".csv", MOOR_REPORT_CSV },
    { ".json", MOOR_REPORT_JSON },
  };

  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    {
      if (g_str_has_suffix (path, formats[i].suffix))
        {
          *out_format = formats[i].format;
          return TRUE;
        }
    }
  return moor_throw (error, MOOR_ERROR_USAGE,
                     "A report is written as .html, .csv or .json, which “%s” is not", path);
}

/* A cell that a spreadsheet takes for text, whatever somebody called a file. */
static void
add_cell (GString *out, const char *text, gboolean is_last)
{
  g_autofree char *clean = moor_report_clean (text);
  const char *guard = clean[0] != '\0' && strchr ("=+-@", clean[0]) != NULL ? "'" : "";

  g_string_append_printf (out, "\"%s", guard);
  for (const char *at = clean; *at != '\0'; at++)
    {
      if (*at == '"')
        g_string_append_c (out, '"');
      g_string_append_c (out, *at);
    }
  g_string_append (out, is_last ? "\"\r\n" : "\",");
}

static void
add_row (GString *out, JsonObject *difference)
{
  static const char *const members[] = { "profile", "path", "kind", "status", "cause", "detail" };
  MoorCause cause = MOOR_CAUSE_NONE;

  for (guint i = 0; i < G_N_ELEMENTS (members); i++)
    add_cell (out, moor_member_word (difference, members[i]), FALSE);
  (void) moor_cause_from_id (moor_member_word (difference, "cause"), &cause);
  add_cell (out, moor_cause_remedy (cause), FALSE);
  add_cell (out, moor_member_flag (difference, "blocks") ? "yes" : "no", TRUE);
}

/**
 * moor_report_csv:
 * @result: of a verification: see moor-request.h
 *
 * Writes the differences as a table for a spreadsheet, with a header.  A cell
 * that would be a formula is guarded.  Any thread.
 *
 * Returns: (transfer full): CSV in UTF-8
 */
char *
moor_report_csv (JsonObject *result)
{
  GString *out = g_string_new ("profile,path,kind,status,cause,detail,remedy,blocks\r\n");
  guint n = moor_member_length (result, "differences");

  for (guint i = 0; i < n; i++)
    add_row (out, moor_member_element (result, "differences", i));
  return g_string_free (out, FALSE);
}

static char *
write_json (JsonObject *request, JsonObject *result)
{
  g_autoptr(JsonObject) whole = json_object_new ();
  g_autoptr(JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  g_autoptr(GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *date = g_date_time_format_iso8601 (now);
  g_autofree char *text = NULL;

  json_object_set_int_member (whole, "v", 1);
  json_object_set_string_member (whole, "date", date);
  json_object_set_string_member (whole, "root", moor_member_word (request, "root"));
  json_object_set_string_member (whole, "store", moor_member_word (request, "store"));
  json_object_set_object_member (whole, "result", json_object_ref (result));
  json_node_set_object (node, whole);
  text = json_to_string (node, TRUE);
  return g_strconcat (text, "\n", NULL);
}

/**
 * moor_report_write_file:
 * @path: (type filename): the file to write; its name says the format
 * @request: what was asked
 * @result: of a verification: see moor-request.h
 * @error: return location for a #GError
 *
 * Writes a report, replacing a file of that name only once the new one is
 * complete.  Blocks; any thread.
 *
 * Returns: %FALSE with %MOOR_ERROR_USAGE or %G_FILE_ERROR
 */
gboolean
moor_report_write_file (const char *path, JsonObject *request, JsonObject *result, GError **error)
{
  MoorReportFormat format = MOOR_REPORT_HTML;
  g_autofree char *text = NULL;

  if (!moor_report_format_from_path (path, &format, error))
    return FALSE;

  switch (format)
    {
    case MOOR_REPORT_CSV:
      text = moor_report_csv (result);
      break;
    case MOOR_REPORT_JSON:
      text = write_json (request, result);
      break;
    case MOOR_REPORT_HTML:
    default:
      text = moor_report_html (request, result);
      break;
    }
  return g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0666, error);
}
