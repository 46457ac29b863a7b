/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-report-text-private.h"

/* profiles, estimate, capture */

static char *
describe_profile (JsonObject *profile)
{
  g_autofree char *state = moor_report_state_text (moor_member_word (profile, "state"));
  g_autofree char *problem = moor_member_text (profile, "problem");
  g_autofree char *encrypted = moor_member_text (profile, "encrypted");
  GString *text = g_string_new (state);

  if (moor_member_flag (profile, "in-use"))
    g_string_append (text, ", in use");
  if (encrypted[0] != '\0')
    g_string_append_printf (text, ", encrypted (%s)", encrypted);
  if (!moor_member_flag (profile, "selected"))
    g_string_append (text, ", left out unless named");
  if (problem[0] != '\0')
    g_string_append_printf (text, ": %s", problem);
  return g_string_free (text, FALSE);
}

static void
add_system (MoorReportText *text)
{
  g_autofree char *system = moor_member_text (text->result, "system");
  g_autofree char *host = moor_member_text (text->result, "host");
  g_autofree char *root = moor_member_text (text->result, "root");

  g_string_append_printf (text->out, "%s%s%s at %s%s\n\n", system, host[0] != '\0' ? ", " : "",
                          host, root,
                          moor_member_flag (text->result, "running") ? " (this computer)" : "");
}

void
moor_report_text_profiles (MoorReportText *text)
{
  static const char *const titles[] = { "Name", "Full name", "Id",    "Home",
                                        "Kind", "Last used", "State", NULL };
  g_autoptr(MoorTable) table = moor_table_new (titles, "llrllll");
  guint n = moor_member_length (text->result, "profiles");

  add_system (text);
  for (guint i = 0; i < n; i++)
    {
      JsonObject *profile = moor_member_element (text->result, "profiles", i);

      moor_table_take_text (table, profile, "name");
      moor_table_take_text (table, profile, "full-name");
      moor_table_take (table,
                       g_strdup_printf ("%" G_GUINT64_FORMAT, moor_member_count (profile, "uid")));
      moor_table_take_text (table, profile, "home");
      moor_table_take_text (table, text->result, "kind");
      moor_table_take_time (table, profile, "last-used");
      moor_table_take (table, describe_profile (profile));
    }
  moor_table_write (table, "", text->out);
  if (n == 0)
    g_string_append (text->out, "Nobody has a profile there.\n");
}

static char *
describe_estimate (JsonObject *profile)
{
  g_autofree char *state = moor_report_state_text (moor_member_word (profile, "state"));
  guint64 attention = moor_member_count (profile, "attention");
  g_autofree char *count = moor_text_count (attention);

  return attention > 0 ? g_strdup_printf ("%s, %s need attention", state, count)
                       : g_steal_pointer (&state);
}

static void
add_estimate_table (MoorReportText *text)
{
  static const char *const titles[] = { "Name",         "Full name", "Files", "Size",
                                        "Time to link", "State",     NULL };
  g_autoptr(MoorTable) table = moor_table_new (titles, "llrrrl");
  guint n = moor_member_length (text->result, "profiles");

  for (guint i = 0; i < n; i++)
    {
      JsonObject *profile = moor_member_element (text->result, "profiles", i);

      moor_table_take_text (table, profile, "name");
      moor_table_take_text (table, profile, "full-name");
      moor_table_take_count (table, profile, "files");
      moor_table_take_size (table, profile, "bytes");
      moor_table_take_range (table, profile);
      moor_table_take (table, describe_estimate (profile));
    }
  moor_table_write (table, "", text->out);
}

static void
add_excluded (MoorReportText *text)
{
  static const char *const titles[] = { "What", "Objects", "Size", "Pattern", NULL };
  g_autoptr(MoorTable) table = moor_table_new (titles, "lrrl");
  guint n = moor_member_length (text->result, "excluded");

  if (n == 0)
    return;
  for (guint i = 0; i < n; i++)
    {
      JsonObject *entry = moor_member_element (text->result, "excluded", i);

      moor_table_take_text (table, entry, "name");
      moor_table_take_count (table, entry, "objects");
      moor_table_take_size (table, entry, "bytes");
      moor_table_take_text (table, entry, "pattern");
    }
  g_string_append (text->out, moor_member_length (text->result, "rules") > 0
                                  ? "\nLeft out by the rules:\n"
                                  : "\nLeft out, because programs make it anew:\n");
  moor_table_write (table, "  ", text->out);
}

/* Rule files are about what is taken; what they do not speak of is told, too. */
static void
add_unasked (MoorReportText *text, const char *what_of_it)
{
  guint n = moor_member_length (text->result, "unasked");

  if (n == 0)
    return;
  g_string_append_printf (text->out, "\nNo rule asks for these, so they %s the store:\n",
                          what_of_it);
  for (guint i = 0; i < n; i++)
    {
      JsonObject *home = moor_member_element (text->result, "unasked", i);
      g_autofree char *name = moor_member_text (home, "profile");
      g_autofree char *folders = moor_text_count (moor_member_count (home, "folders"));
      g_autofree char *files = moor_text_count (moor_member_count (home, "files"));

      g_string_append_printf (text->out, "  %s: %s folders and %s files, such as\n", name, folders,
                              files);
      for (guint j = 0; j < moor_member_length (home, "examples"); j++)
        {
          g_autofree char *example = moor_member_element_text (home, "examples", j);

          g_string_append_printf (text->out, "      %s\n", example);
        }
    }
  g_string_append (text->out, "MigDocs.xml finds documents wherever they are; without rule files, "
                              "homes are taken whole.\n");
}

static void
add_copies (MoorReportText *text, JsonObject *totals)
{
  guint64 copies = moor_member_count (totals, "copies");
  g_autofree char *links = moor_text_count (moor_member_count (totals, "links"));
  g_autofree char *count = moor_text_count (copies);
  g_autofree char *size = moor_text_size (moor_member_count (totals, "copy-bytes"));

  if (copies > 0)
    g_string_append_printf (text->out, "%s would be linked, %s copied (%s).\n", links, count, size);
}

static void
add_store_place (MoorReportText *text)
{
  g_autofree char *path = moor_member_text (text->result, "store-path");
  g_autofree char *problem = moor_member_text (text->result, "store-problem");
  g_autofree char *free_space = moor_text_size (moor_member_count (text->result, "store-free"));

  if (problem[0] != '\0')
    g_string_append_printf (text->out, "\nA store cannot be made at %s: %s.\n", path, problem);
  else if (path[0] != '\0')
    g_string_append_printf (text->out, "\nThe store would be %s, with %s free.\n", path,
                            free_space);
}

void
moor_report_text_estimate (MoorReportText *text)
{
  JsonObject *totals = moor_member_object (text->result, "totals");
  g_autofree char *sentence = moor_report_totals_sentence (totals);

  if (moor_member_length (text->result, "profiles") == 0)
    {
      g_string_append (text->out, "Nobody is selected: there is nothing to capture.\n");
      return;
    }
  add_estimate_table (text);
  g_string_append_printf (text->out, "\n%s.\n", sentence);
  add_copies (text, totals);
  add_excluded (text);
  add_unasked (text, "would not be in");
  moor_report_add_rules (text);
  moor_report_add_causes (text);
  add_store_place (text);
  g_string_append (text->out, "Nothing was changed.\n");
}

static void
add_capture_table (MoorReportText *text)
{
  static const char *const titles[] = { "Name",   "Full name", "Files", "Size",
                                        "Linked", "Copied",    NULL };
  g_autoptr(MoorTable) table = moor_table_new (titles, "llrrrr");
  guint n = moor_member_length (text->result, "profiles");

  for (guint i = 0; i < n; i++)
    {
      JsonObject *profile = moor_member_element (text->result, "profiles", i);

      moor_table_take_text (table, profile, "name");
      moor_table_take_text (table, profile, "full-name");
      moor_table_take_count (table, profile, "files");
      moor_table_take_size (table, profile, "bytes");
      moor_table_take_count (table, profile, "linked");
      moor_table_take_count (table, profile, "copied");
    }
  moor_table_write (table, "", text->out);
}

static void
add_part (GString *out, JsonObject *result, const char *member, const char *format)
{
  guint64 n = moor_member_count (result, member);
  g_autofree char *count = moor_text_count (n);

  if (n > 0)
    {
      g_string_append (out, ", ");
      g_string_append (out, count);
      g_string_append (out, format);
    }
}

static void
add_capture_sentence (MoorReportText *text)
{
  JsonObject *result = text->result;
  g_autofree char *files = moor_text_count (moor_member_count (result, "files"));
  g_autofree char *size = moor_text_size (moor_member_count (result, "bytes"));
  g_autofree char *linked = moor_text_count (moor_member_count (result, "linked"));
  g_autofree char *copied_size = moor_text_size (moor_member_count (result, "copied-bytes"));
  g_autofree char *excluded_size = moor_text_size (moor_member_count (result, "excluded-bytes"));
  g_autofree char *copied = g_strdup_printf (" copied (%s)", copied_size);
  g_autofree char *excluded = moor_member_count (result, "excluded-bytes") > 0
                                  ? g_strdup_printf (" left out (%s)", excluded_size)
                                  : g_strdup (" left out");
  double seconds = moor_member_number (result, "seconds", -1);

  g_string_append_printf (text->out, "\n%s files, %s: %s linked", files, size, linked);
  add_part (text->out, result, "already", " linked before");
  add_part (text->out, result, "reflinked", " sharing their data");
  add_part (text->out, result, "copied", copied);
  add_part (text->out, result, "excluded", excluded);
  add_part (text->out, result, "superseded", " saved anew since then and linked anew");
  g_string_append (text->out, ".\n");
  if (seconds >= 0)
    g_string_append_printf (text->out, "It took %.1f s.\n", seconds);
}

static void
add_capture_hints (MoorReportText *text)
{
  g_autofree char *root = moor_member_text (text->request, "root");

  g_string_append (text->out, "\nWhat you can do now:\n");
  moor_report_add_hint (text, "verify", "compare the store with its source");
  if (root[0] != '\0' && !g_str_equal (root, "/"))
    moor_report_add_hint (text, "set-aside", "set the old system aside");
  moor_report_add_hint (text, "restore", "link everything back, once the new system is there");
}

static void
add_capture_end (MoorReportText *text)
{
  g_autofree char *store = moor_member_text (text->result, "store");

  if (g_str_equal (moor_member_word (text->result, "state"), "sealed"))
    {
      g_string_append_printf (text->out,
                              "\nThe store is %s. It is complete and sealed; the source was not "
                              "changed.\n",
                              store);
      add_capture_hints (text);
    }
  else
    g_string_append_printf (
        text->out, "\nThe store is %s. It is not complete: the same command continues.\n", store);
}

void
moor_report_text_capture (MoorReportText *text)
{
  const char *state = moor_member_word (text->result, "state");

  if (moor_member_length (text->result, "profiles") > 0)
    {
      add_capture_table (text);
      add_capture_sentence (text);
      add_unasked (text, "are not in");
    }
  else if (state[0] != '\0')
    g_string_append (text->out, "The capture was complete already: there was nothing to do.\n");
  else
    g_string_append (text->out, "Nobody is selected: there was nothing to capture.\n");
  moor_report_add_rules (text);
  moor_report_add_causes (text);
  if (state[0] != '\0')
    add_capture_end (text);
}
