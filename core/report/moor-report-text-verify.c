/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-issue.h"
#include "moor-report-text-private.h"

/* What a verification found, as a table of people and groups of differences. */

static guint64
count_differences (JsonObject *profile)
{
  return moor_member_count (profile, "changed") + moor_member_count (profile, "missing")
         + moor_member_count (profile, "extra") + moor_member_count (profile, "metadata")
         + moor_member_count (profile, "renamed");
}

static void
add_people (GString *out, JsonObject *verification)
{
  static const char *const titles[] = { "Name",        "Full name",  "Files before", "Size before",
                                        "Files after", "Size after", "Same",         "Copies",
                                        "Differences", NULL };
  g_autoptr(MoorTable) table = moor_table_new (titles, "llrrrrrrr");
  guint n = moor_member_length (verification, "profiles");

  for (guint i = 0; i < n; i++)
    {
      JsonObject *profile = moor_member_element (verification, "profiles", i);

      moor_table_take_text (table, profile, "name");
      moor_table_take_text (table, profile, "full-name");
      moor_table_take_count (table, profile, "before-files");
      moor_table_take_size (table, profile, "before-bytes");
      moor_table_take_count (table, profile, "after-files");
      moor_table_take_size (table, profile, "after-bytes");
      moor_table_take_count (table, profile, "same");
      moor_table_take_count (table, profile, "equal-copy");
      moor_table_take (table, moor_text_count (count_differences (profile)));
    }
  moor_table_write (table, "", out);
}

typedef struct
{
  char *status;
  char *cause;
  char *example;
  guint64 n;
  guint64 n_blocking;
} Group;

static void
group_free (gpointer data)
{
  Group *group = data;

  g_free (group->status);
  g_free (group->cause);
  g_free (group->example);
  g_free (group);
}

/* Paths of differences begin at the home. */
static char *
describe_place (JsonObject *difference)
{
  g_autofree char *profile = moor_member_text (difference, "profile");
  g_autofree char *path = moor_member_text (difference, "path");

  return profile[0] != '\0' ? g_strdup_printf ("%s: %s", profile, path[0] != '\0' ? path : ".")
                            : g_steal_pointer (&path);
}

static Group *
find_group (GPtrArray *groups, JsonObject *difference)
{
  const char *status = moor_member_word (difference, "status");
  const char *cause = moor_member_word (difference, "cause");
  Group *group;

  for (guint i = 0; i < groups->len; i++)
    {
      group = g_ptr_array_index (groups, i);
      if (g_str_equal (group->status, status) && g_str_equal (group->cause, cause))
        return group;
    }
  group = g_new0 (Group, 1);
  group->status = g_strdup (status);
  group->cause = g_strdup (cause);
  group->example = describe_place (difference);
  g_ptr_array_add (groups, group);
  return group;
}

static void
add_group (GString *out, const Group *group, const char *step)
{
  g_autofree char *count = moor_text_count (group->n);
  g_autofree char *status = moor_report_status_text (group->status);
  MoorCause cause = MOOR_CAUSE_OTHER;
  gboolean known = moor_cause_from_id (group->cause, &cause) && cause != MOOR_CAUSE_NONE;

  if (known && (cause == MOOR_CAUSE_MOVED || cause == MOOR_CAUSE_WITHHELD))
    g_string_append_printf (out, "  %s × %s", count,
                            cause == MOOR_CAUSE_MOVED ? "moved by a rule"
                                                      : "left in the store by a rule");
  else
    g_string_append_printf (out, "  %s × %s", count, status);
  if (known && cause != MOOR_CAUSE_MOVED && cause != MOOR_CAUSE_WITHHELD)
    g_string_append_printf (out, ": %s", moor_cause_text (cause));
  if (group->n_blocking > 0)
    g_string_append_printf (out, " (stands in the way of %s)", step);
  g_string_append_printf (out, "\n      for example %s\n", group->example);
  if (known && moor_cause_remedy (cause)[0] != '\0')
    g_string_append_printf (out, "      %s\n", moor_cause_remedy (cause));
}

/* Differences grouped by status and cause. */
void
moor_report_add_differences (GString *out, JsonObject *verification)
{
  g_autoptr(GPtrArray) groups = g_ptr_array_new_with_free_func (group_free);
  gboolean restored = g_str_equal (moor_member_word (verification, "against"), "restored");
  guint n = moor_member_length (verification, "differences");

  for (guint i = 0; i < n; i++)
    {
      JsonObject *difference = moor_member_element (verification, "differences", i);
      Group *group = find_group (groups, difference);

      group->n++;
      if (moor_member_flag (difference, "blocks"))
        group->n_blocking++;
    }
  if (groups->len > 0)
    g_string_append (out, "\nDifferences:\n");
  for (guint i = 0; i < groups->len; i++)
    add_group (out, g_ptr_array_index (groups, i), restored ? "accepting" : "setting aside");
  if (moor_member_flag (verification, "truncated"))
    g_string_append (out, "  There are more; only the first of them are listed.\n");
}

/* What it means for setting the system aside; of the running system nothing is. */
static void
add_gate (GString *out, JsonObject *request, guint64 n_blocking)
{
  g_autofree char *blocking = moor_text_count (n_blocking);

  if (n_blocking > 0)
    g_string_append_printf (out,
                            "The gate is closed: %s of them stand in the way of setting the system "
                            "aside.\n",
                            blocking);
  else if (!g_str_equal (moor_member_word (request, "root"), "/"))
    g_string_append (out, "The gate is open: the old system may be set aside.\n");
}

/* Whether it is all there, in one or two sentences. */
void
moor_report_add_verdict (GString *out,
                         JsonObject *request,
                         JsonObject *verification,
                         const char *against)
{
  g_autofree char *same = moor_text_count (moor_member_count (verification, "same"));
  g_autofree char *copies = moor_text_count (moor_member_count (verification, "equal-copy"));
  guint64 n_differences = count_differences (verification);
  g_autofree char *differences = moor_text_count (n_differences);

  if (n_differences == 0)
    g_string_append_printf (out,
                            "Everything is there: %s objects are the very same files, %s are equal "
                            "copies, none differs.\n",
                            same, copies);
  else if (moor_member_flag (verification, "clean"))
    g_string_append_printf (out,
                            "Everything is there: %s objects are the very same files, %s are equal "
                            "copies. Differences that do no harm: %s.\n",
                            same, copies, differences);
  else
    g_string_append_printf (
        out, "%s objects are the very same files, %s are equal copies; differences: %s.\n", same,
        copies, differences);
  if (!g_str_equal (against, "restored"))
    add_gate (out, request, moor_member_count (verification, "blocking"));
}

void
moor_report_text_verify (MoorReportText *text)
{
  g_autofree char *against = moor_member_text (text->result, "against");
  gboolean restored = g_str_equal (against, "restored");

  g_string_append_printf (text->out, "The store (before) against the %s (after):\n\n",
                          restored ? "restored system" : "source");
  add_people (text->out, text->result);
  moor_report_add_differences (text->out, text->result);
  moor_report_add_causes (text);
  g_string_append_c (text->out, '\n');
  moor_report_add_verdict (text->out, text->request, text->result, against);
}
