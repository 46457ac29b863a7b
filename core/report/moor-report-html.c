/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-report-html.h"

#include "moor-issue.h"
#include "moor-report-private.h"
#include "moor-report-text-private.h"
#include "moor-text.h"

/* A page that stands alone: no script, nothing fetched, fit for paper. */

static const char page_head[] =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\">\n"
    "<head>\n"
    "<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
    "'unsafe-inline'\">\n"
    "<title>Mooring: what came back</title>\n"
    "<style>\n"
    "body { font: 15px/1.5 system-ui, sans-serif; color: #241f31; background: #fff; max-width: "
    "70rem; margin: 2rem auto; padding: 0 1rem }\n"
    "h1 { font-size: 1.6rem; margin-bottom: 0.3rem }\n"
    "h2 { font-size: 1.15rem; margin: 2rem 0 0.5rem }\n"
    "dl { display: grid; grid-template-columns: max-content auto; gap: 0.1rem 1rem; margin: 1rem 0 "
    "}\n"
    "dt { color: #5e5c64 }\n"
    "dd { margin: 0; overflow-wrap: anywhere }\n"
    "table { border-collapse: collapse; width: 100% }\n"
    "th, td { text-align: left; vertical-align: top; padding: 0.3rem 0.6rem; border-bottom: 1px "
    "solid #deddda }\n"
    "th { color: #5e5c64; font-weight: 600 }\n"
    "td.n, th.n { text-align: right; white-space: nowrap }\n"
    "td.path { font-family: monospace; overflow-wrap: anywhere }\n"
    ".verdict { padding: 0.8rem 1rem; border-left: 4px solid #c01c28; background: #fdf0f0; "
    "white-space: pre-line }\n"
    ".verdict.clean { border-color: #26a269; background: #eff9f3 }\n"
    "@media print { body { margin: 0; max-width: none; font-size: 10pt } thead { display: "
    "table-header-group } tr { break-inside: avoid } }\n"
    "</style>\n"
    "</head>\n"
    "<body>\n";

/* Attacker's text: names, paths, full names. */
static void
add_escaped (GString *out, const char *text)
{
  g_autofree char *clean = moor_report_clean (text);
  g_autofree char *escaped = g_markup_escape_text (clean, -1);

  g_string_append (out, escaped);
}

static void
add_cell (GString *out, const char *class, const char *text)
{
  g_string_append_printf (out, "<td%s%s%s>", class[0] != '\0' ? " class=\"" : "", class,
                          class[0] != '\0' ? "\"" : "");
  add_escaped (out, text);
  g_string_append (out, "</td>");
}

static void
add_member_cell (GString *out, const char *class, JsonObject *object, const char *member)
{
  add_cell (out, class, moor_member_word (object, member));
}

static void
add_count_cell (GString *out, JsonObject *object, const char *member)
{
  g_autofree char *count = moor_text_count (moor_member_count (object, member));

  add_cell (out, "n", count);
}

static void
add_size_cell (GString *out, JsonObject *object, const char *member)
{
  g_autofree char *size = moor_text_size (moor_member_count (object, member));

  add_cell (out, "n", size);
}

static void
add_fact (GString *out, const char *title, const char *value)
{
  if (value[0] == '\0')
    return;
  g_string_append_printf (out, "<dt>%s</dt><dd>", title);
  add_escaped (out, value);
  g_string_append (out, "</dd>\n");
}

static void
add_head (GString *out, JsonObject *request, JsonObject *result)
{
  g_autofree char *now = moor_text_time (g_get_real_time () * 1000);
  gboolean restored = g_str_equal (moor_member_word (result, "against"), "restored");
  gboolean clean = moor_member_flag (result, "clean");
  g_autoptr(GString) verdict = g_string_new (NULL);

  g_string_append (out, "<h1>What came back</h1>\n<dl>\n");
  add_fact (out, "System", moor_member_word (request, "root"));
  add_fact (out, "Store", moor_member_word (request, "store"));
  add_fact (out, "Compared",
            restored ? "the store (before) with the restored system (after)"
                     : "the store (before) with its source (after)");
  add_fact (out, "Date", now);
  g_string_append (out, "</dl>\n");

  moor_report_add_verdict (verdict, request, result, restored ? "restored" : "source");
  g_string_append_printf (out, "<p class=\"verdict%s\">", clean ? " clean" : "");
  add_escaped (out, g_strchomp (g_strdelimit (verdict->str, "\n", ' ')));
  g_string_append (out, "</p>\n");
}

static void
add_person (GString *out, JsonObject *profile)
{
  static const char *const counts[] = { "same",  "equal-copy", "changed", "missing",
                                        "extra", "renamed",    "metadata" };

  g_string_append (out, "<tr>");
  add_member_cell (out, "", profile, "name");
  add_member_cell (out, "", profile, "full-name");
  add_count_cell (out, profile, "before-files");
  add_size_cell (out, profile, "before-bytes");
  add_count_cell (out, profile, "after-files");
  add_size_cell (out, profile, "after-bytes");
  for (guint i = 0; i < G_N_ELEMENTS (counts); i++)
    add_count_cell (out, profile, counts[i]);
  g_string_append (out, "</tr>\n");
}

static void
add_people (GString *out, JsonObject *result)
{
  guint n = moor_member_length (result, "profiles");

  g_string_append (
      out, "<h2>People</h2>\n<table>\n<thead><tr><th>Name</th><th>Full name</th>"
           "<th class=\"n\">Files before</th><th class=\"n\">Size before</th>"
           "<th class=\"n\">Files after</th><th class=\"n\">Size after</th>"
           "<th class=\"n\">Same file</th><th class=\"n\">Equal copy</th>"
           "<th class=\"n\">Changed</th><th class=\"n\">Missing</th><th class=\"n\">Extra</th>"
           "<th class=\"n\">Renamed</th><th class=\"n\">Metadata</th></tr></thead>\n<tbody>\n");
  for (guint i = 0; i < n; i++)
    add_person (out, moor_member_element (result, "profiles", i));
  g_string_append (out, "</tbody>\n</table>\n");
}

static void
add_difference (GString *out, JsonObject *difference)
{
  g_autofree char *status = moor_report_status_text (moor_member_word (difference, "status"));
  MoorCause cause = MOOR_CAUSE_NONE;

  (void) moor_cause_from_id (moor_member_word (difference, "cause"), &cause);
  g_string_append (out, "<tr>");
  add_member_cell (out, "", difference, "profile");
  add_member_cell (out, "path", difference, "path");
  add_cell (out, "", status);
  add_cell (out, "", cause != MOOR_CAUSE_NONE ? moor_cause_text (cause) : "");
  add_member_cell (out, "", difference, "detail");
  add_cell (out, "", cause != MOOR_CAUSE_NONE ? moor_cause_remedy (cause) : "");
  add_cell (out, "", moor_member_flag (difference, "blocks") ? "yes" : "no");
  g_string_append (out, "</tr>\n");
}

static void
add_differences (GString *out, JsonObject *result)
{
  guint n = moor_member_length (result, "differences");

  g_string_append (out, "<h2>Differences</h2>\n");
  if (n == 0)
    {
      g_string_append (out, "<p>There are none.</p>\n");
      return;
    }
  g_string_append (out,
                   "<table>\n<thead><tr><th>Name</th><th>Path</th><th>Status</th><th>Cause</th>"
                   "<th>Detail</th><th>What to do</th><th>Stands in the way</th></tr></thead>\n"
                   "<tbody>\n");
  for (guint i = 0; i < n; i++)
    add_difference (out, moor_member_element (result, "differences", i));
  g_string_append (out, "</tbody>\n</table>\n");
  if (moor_member_flag (result, "truncated"))
    g_string_append (out, "<p>There are more; only the first of them are listed.</p>\n");
}

/**
 * moor_report_html:
 * @request: what was asked
 * @result: of a verification: see moor-request.h
 *
 * Writes a verification as a page of its own, to be handed over or printed.  All
 * names in it are escaped.  Any thread.
 *
 * Returns: (transfer full): HTML in UTF-8
 */
char *
moor_report_html (JsonObject *request, JsonObject *result)
{
  GString *out = g_string_new (page_head);

  add_head (out, request, result);
  add_people (out, result);
  add_differences (out, result);
  g_string_append (out, "</body>\n</html>\n");
  return g_string_free (out, FALSE);
}
