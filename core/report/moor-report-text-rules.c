/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-report-text-private.h"

/* explain, and what the rule files of an estimate or a capture made somebody wonder about */

static char *
describe_place (JsonObject *rule)
{
  g_autofree char *file = moor_member_text (rule, "file");
  guint64 line = moor_member_count (rule, "line");

  if (file[0] == '\0')
    return g_strdup ("the table of caches");
  return line > 0 ? g_strdup_printf ("%s:%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT, file, line,
                                     moor_member_count (rule, "column"))
                  : g_steal_pointer (&file);
}

static void
add_rule (GString *out, JsonObject *rule)
{
  g_autofree char *kind = moor_member_text (rule, "kind");
  g_autofree char *pattern = moor_member_text (rule, "pattern");
  g_autofree char *written = moor_member_text (rule, "written");
  g_autofree char *component = moor_member_text (rule, "component");
  g_autofree char *verdict = moor_member_text (rule, "verdict");
  g_autofree char *place = describe_place (rule);

  g_string_append_printf (out, "  %s %s%s%s\n", moor_member_flag (rule, "won") ? "*" : "-",
                          kind[0] != '\0' ? kind : "exclude", " ", pattern);
  if (written[0] != '\0' && !g_str_equal (written, pattern))
    g_string_append_printf (out, "      written %s\n", written);
  if (component[0] != '\0')
    g_string_append_printf (out, "      in the component %s\n", component);
  g_string_append_printf (out, "      %s\n", place);
  if (verdict[0] != '\0')
    g_string_append_printf (out, "      %s\n", verdict);
}

static void
add_rules (MoorReportText *text, const char *member, const char *title)
{
  guint n = moor_member_length (text->result, member);

  if (n == 0)
    return;
  g_string_append_printf (text->out, "\n%s:\n", title);
  for (guint i = 0; i < n; i++)
    add_rule (text->out, moor_member_element (text->result, member, i));
}

void
moor_report_text_explain (MoorReportText *text)
{
  g_autofree char *path = moor_member_text (text->result, "path");
  g_autofree char *reason = moor_member_text (text->result, "reason");

  g_string_append_printf (text->out, "%s %s.\n", path,
                          moor_member_flag (text->result, "selected") ? "is taken" : "is left out");
  if (!moor_member_flag (text->result, "exists"))
    g_string_append (text->out, "There is no such object now.\n");
  if (reason[0] != '\0')
    g_string_append_printf (text->out, "%s\n", reason);
  add_rules (text, "candidates", "Rules about it (* decides)");
  add_rules (text, "collisions", "Rules of other components");
  moor_report_add_rules (text);
}

static void
add_finding (GString *out, const char *file, JsonObject *finding)
{
  g_autofree char *what = moor_member_text (finding, "text");
  g_autofree char *remedy = moor_member_text (finding, "remedy");
  guint64 count = moor_member_count (finding, "count");
  guint64 line = moor_member_count (finding, "line");

  g_string_append_printf (out, "  %s", file);
  if (line > 0)
    g_string_append_printf (out, ":%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT, line,
                            moor_member_count (finding, "column"));
  g_string_append_printf (out, ": %s: %s", moor_member_word (finding, "level"), what);
  if (count > 1)
    g_string_append_printf (out, " (%" G_GUINT64_FORMAT " times)", count);
  g_string_append_c (out, '\n');
  if (remedy[0] != '\0')
    g_string_append_printf (out, "      %s\n", remedy);
}

static void
add_command (GString *out, JsonObject *entry)
{
  g_autofree char *command = moor_member_text (entry, "command");
  g_autofree char *component = moor_member_text (entry, "component");
  g_autofree char *why = moor_member_text (entry, "why");

  g_string_append_printf (out, "  %s (%s, %s)%s%s\n", command, component,
                          moor_member_word (entry, "when"),
                          moor_member_flag (entry, "run") ? "" : ": not run",
                          why[0] != '\0' && moor_member_flag (entry, "run") ? ": failed" : "");
  if (why[0] != '\0')
    g_string_append_printf (out, "      %s\n", why);
}

/* What rules wanted to be run, and what came of it. */
static void
add_commands (MoorReportText *text)
{
  guint n = moor_member_length (text->result, "commands");

  if (n > 0)
    g_string_append (text->out, "\nCommands of the rule files:\n");
  for (guint i = 0; i < n; i++)
    add_command (text->out, moor_member_element (text->result, "commands", i));
}

/* What the rule files made somebody wonder about, and the commands they name. */
void
moor_report_add_rules (MoorReportText *text)
{
  guint n_files = moor_member_length (text->result, "rules");
  gboolean titled = FALSE;

  for (guint i = 0; i < n_files; i++)
    {
      JsonObject *file = moor_member_element (text->result, "rules", i);
      g_autofree char *name = moor_member_text (file, "file");
      guint n = moor_member_length (file, "findings");

      for (guint j = 0; j < n; j++)
        {
          if (!titled)
            g_string_append (text->out, "\nAbout the rule files:\n");
          titled = TRUE;
          add_finding (text->out, name, moor_member_element (file, "findings", j));
        }
    }
  add_commands (text);
}
