/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-report-text-private.h"

#include <string.h>

#include "moor-report-text.h"

/* What the answers to all operations share. */

typedef void (*TextFunc) (MoorReportText *text);

static const struct
{
  const char *operation;
  TextFunc func;
} operations[] = {
  { "profiles", moor_report_text_profiles },     { "estimate", moor_report_text_estimate },
  { "capture", moor_report_text_capture },       { "explain", moor_report_text_explain },
  { "verify", moor_report_text_verify },         { "set-aside", moor_report_text_set_aside },
  { "restore", moor_report_text_restore },       { "undo", moor_report_text_undo },
  { "rollback", moor_report_text_rollback },     { "accept", moor_report_text_accept },
  { "delete", moor_report_text_delete },         { "store-list", moor_report_text_store_list },
  { "store-show", moor_report_text_store_show },
};

/* A plain space, so that what is printed can be searched for. */
static void
replace_hard_spaces (GString *out)
{
  g_string_replace (out, "\u00a0", " ", 0);
}

/**
 * moor_report_text:
 * @request: what was asked
 * @result: what came of it: see moor-request.h
 *
 * Writes a result as plain sentences and tables for a person.  Any thread.
 *
 * Returns: (transfer full): lines of UTF-8; "" for an operation without a text
 */
char *
moor_report_text (JsonObject *request, JsonObject *result)
{
  const char *operation = moor_member_word (request, "operation");
  MoorReportText text = { request, result, g_string_new (NULL) };

  for (guint i = 0; i < G_N_ELEMENTS (operations); i++)
    {
      if (g_str_equal (operations[i].operation, operation))
        operations[i].func (&text);
    }
  replace_hard_spaces (text.out);
  return g_string_free (text.out, FALSE);
}

/**
 * moor_report_refusal_text:
 * @request: what was asked
 * @result: what the refusal is about
 *
 * Writes what stands in the way of a request that was refused: differences, or
 * what would go for good.  Any thread.
 *
 * Returns: (transfer full): lines of UTF-8; "" if there is nothing to list
 */
char *
moor_report_refusal_text (JsonObject *request, JsonObject *result)
{
  MoorReportText text = { request, result, g_string_new (NULL) };
  JsonObject *verification = moor_member_object (result, "verification");

  moor_report_add_classes (&text);
  if (!moor_member_flag (verification, "clean"))
    moor_report_add_differences (text.out, verification);
  replace_hard_spaces (text.out);
  return g_string_free (text.out, FALSE);
}

gboolean
moor_report_is_dry_run (const MoorReportText *text)
{
  return moor_member_flag (text->request, "dry-run");
}

void
moor_table_take_count (MoorTable *table, JsonObject *object, const char *member)
{
  moor_table_take (table, moor_text_count (moor_member_count (object, member)));
}

void
moor_table_take_size (MoorTable *table, JsonObject *object, const char *member)
{
  moor_table_take (table, moor_text_size (moor_member_count (object, member)));
}

void
moor_table_take_text (MoorTable *table, JsonObject *object, const char *member)
{
  moor_table_take (table, moor_member_text (object, member));
}

void
moor_table_take_range (MoorTable *table, JsonObject *object)
{
  double low_s = moor_member_number (object, "seconds-low", -1);
  double high_s = moor_member_number (object, "seconds-high", -1);

  moor_table_take (table, high_s >= 0 ? moor_text_seconds_range (low_s, high_s) : g_strdup (""));
}

void
moor_table_take_time (MoorTable *table, JsonObject *object, const char *member)
{
  gint64 seconds = (gint64) MIN (moor_member_count (object, member), G_MAXINT32);

  moor_table_take (table, seconds > 0 ? moor_text_time (seconds * G_GINT64_CONSTANT (1000000000))
                                      : g_strdup (""));
}

/* "about 9–12 s", but not "about under 1 s" */
static char *
about (double low_s, double high_s)
{
  g_autofree char *range = moor_text_seconds_range (low_s, high_s);

  return g_ascii_isdigit (range[0]) ? g_strconcat ("about ", range, NULL)
                                    : g_steal_pointer (&range);
}

/**
 * moor_report_totals_sentence:
 * @totals: of an estimate
 *
 * Returns: (transfer full): what a capture would mean, in one sentence without
 *   full stop: "512,904 files, 84.1 GB stay where they are; 38 MB of new space;
 *   about 9–12 s; copying would take about 11 min".  Any thread.
 */
char *
moor_report_totals_sentence (JsonObject *totals)
{
  g_autofree char *files = moor_text_count (moor_member_count (totals, "files"));
  g_autofree char *size = moor_text_size (moor_member_count (totals, "bytes"));
  g_autofree char *new_space = moor_text_size (moor_member_count (totals, "new-space"));
  double high_s = moor_member_number (totals, "seconds-high", -1);
  double copy_high_s = moor_member_number (totals, "copy-seconds-high", -1);
  GString *sentence = g_string_new (NULL);

  g_string_append_printf (sentence, "%s files, %s stay where they are; %s of new space", files,
                          size, new_space);
  if (high_s >= 0)
    {
      g_autofree char *range = about (moor_member_number (totals, "seconds-low", 0), high_s);

      g_string_append_printf (sentence, "; %s", range);
    }
  if (copy_high_s >= 0)
    {
      g_autofree char *range = about (moor_member_number (totals, "copy-seconds-low", 0),
                                      copy_high_s);

      g_string_append_printf (sentence, "; copying would take %s", range);
    }
  replace_hard_spaces (sentence);
  return g_string_free (sentence, FALSE);
}

/**
 * moor_report_state_text:
 * @state: (nullable): of a person: "ready", "no-account", ...
 *
 * Returns: (transfer full): the words for it; "" without @state.  Any thread.
 */
char *
moor_report_state_text (const char *state)
{
  return g_strdelimit (moor_report_clean (state != NULL ? state : ""), "-", ' ');
}

/**
 * moor_report_status_text:
 * @status: of an object in a verification
 *
 * Returns: (transfer full): the words for it.  Any thread.
 */
char *
moor_report_status_text (const char *status)
{
  static const struct
  {
    const char *id;
    const char *text;
  } texts[] = {
    { "same", "same file" },
    { "equal-copy", "equal copy" },
    { "changed", "changed" },
    { "missing", "missing" },
    { "extra", "extra" },
    { "renamed", "renamed" },
    { "metadata", "metadata differs" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      if (g_str_equal (texts[i].id, status))
        return g_strdup (texts[i].text);
    }
  return moor_report_clean (status);
}

static char *
quote (const char *path)
{
  const char *plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-+:@,";

  return path[0] != '\0' && strspn (path, plain) == strlen (path) ? g_strdup (path)
                                                                  : g_shell_quote (path);
}

/**
 * moor_report_command:
 * @request: what was asked
 * @verb: what may be asked next
 *
 * Returns: (transfer full): the command line for @verb on the same store and
 *   system.  Any thread.
 */
char *
moor_report_command (JsonObject *request, const char *verb)
{
  g_autofree char *store = moor_member_text (request, "store");
  g_autofree char *root = moor_member_text (request, "root");
  g_autofree char *quoted_store = quote (store);
  g_autofree char *quoted_root = quote (root);
  GString *command = g_string_new ("mooring ");

  g_string_append_printf (command, "%s --store %s", verb, quoted_store);
  if (root[0] != '\0' && strcmp (root, "/") != 0)
    g_string_append_printf (command, " --root %s", quoted_root);
  return g_string_free (command, FALSE);
}

/* One thing that can be done next. */
void
moor_report_add_hint (MoorReportText *text, const char *verb, const char *why)
{
  g_autofree char *command = moor_report_command (text->request, verb);

  g_string_append_printf (text->out, "  %s:\n      %s\n", why, command);
}

static void
add_cause (GString *out, JsonObject *cause)
{
  g_autofree char *count = moor_text_count (moor_member_count (cause, "count"));
  g_autofree char *what = moor_member_text (cause, "text");
  g_autofree char *example = moor_member_text (cause, "example");
  g_autofree char *remedy = moor_member_text (cause, "remedy");

  g_string_append_printf (out, "  %s × %s\n", count, what);
  if (example[0] != '\0')
    g_string_append_printf (out, "      for example %s\n", example);
  if (remedy[0] != '\0')
    g_string_append_printf (out, "      %s\n", remedy);
}

/* Differences are told as such, with the same causes. */
static gboolean
is_difference (JsonObject *result, const char *cause)
{
  JsonObject *inner = moor_member_object (result, "verification");
  JsonObject *verification = inner != NULL ? inner : result;
  guint n = moor_member_length (verification, "differences");

  for (guint i = 0; i < n; i++)
    {
      JsonObject *difference = moor_member_element (verification, "differences", i);

      if (g_str_equal (moor_member_word (difference, "cause"), cause))
        return TRUE;
    }
  return FALSE;
}

static void
add_causes_where (MoorReportText *text, gboolean notes, const char *title)
{
  guint n = moor_member_length (text->result, "causes");
  gboolean titled = FALSE;

  for (guint i = 0; i < n; i++)
    {
      JsonObject *cause = moor_member_element (text->result, "causes", i);

      if (cause == NULL || g_str_equal (moor_member_word (cause, "severity"), "note") != notes
          || is_difference (text->result, moor_member_word (cause, "cause")))
        continue;
      if (!titled)
        g_string_append_printf (text->out, "\n%s:\n", title);
      titled = TRUE;
      add_cause (text->out, cause);
    }
}

/* What was met, grouped by cause: first what needs a person, then the rest. */
void
moor_report_add_causes (MoorReportText *text)
{
  add_causes_where (text, FALSE, "Needs attention");
  add_causes_where (text, TRUE, "Good to know");
}
