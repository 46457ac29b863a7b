/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-report-text-private.h"

/* store list, store show, store delete */

static char *
join_people (JsonObject *store)
{
  guint n = moor_member_length (store, "people");
  GString *people = g_string_new (NULL);

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *name = moor_member_element_text (store, "people", i);

      g_string_append_printf (people, "%s%s", i > 0 ? ", " : "", name);
    }
  return g_string_free (people, FALSE);
}

static char *
describe_state (JsonObject *store)
{
  g_autofree char *state = moor_member_text (store, "state-text");
  g_autofree char *busy = moor_member_text (store, "in-use-by");
  g_autofree char *problem = moor_member_text (store, "problem");
  GString *text = g_string_new (state);

  if (busy[0] != '\0')
    g_string_append_printf (text, "%sin use by %s", text->len > 0 ? "; " : "", busy);
  if (problem[0] != '\0')
    g_string_append_printf (text, "%s%s", text->len > 0 ? "; " : "", problem);
  return g_string_free (text, FALSE);
}

void
moor_report_text_store_list (MoorReportText *text)
{
  static const char *const titles[] = { "Store",   "Made", "System", "Host", "People",
                                        "Objects", "Size", "State",  NULL };
  g_autoptr(MoorTable) table = moor_table_new (titles, "lllllrrl");
  guint n = moor_member_length (text->result, "stores");

  for (guint i = 0; i < n; i++)
    {
      JsonObject *store = moor_member_element (text->result, "stores", i);

      moor_table_take_text (table, store, "path");
      moor_table_take_time (table, store, "made");
      moor_table_take_text (table, store, "system");
      moor_table_take_text (table, store, "host");
      moor_table_take (table, join_people (store));
      moor_table_take_count (table, store, "objects");
      moor_table_take_size (table, store, "bytes");
      moor_table_take (table, describe_state (store));
    }
  moor_table_write (table, "", text->out);
  if (n == 0)
    g_string_append (text->out, "No store was found.\n");
}

static void
add_line (GString *out, const char *title, const char *value)
{
  if (value[0] != '\0')
    g_string_append_printf (out, "%-10s %s\n", title, value);
}

static void
add_text_line (GString *out, const char *title, JsonObject *object, const char *member)
{
  g_autofree char *value = moor_member_text (object, member);

  add_line (out, title, value);
}

static void
add_time_line (GString *out, const char *title, JsonObject *object, const char *member)
{
  gint64 seconds = (gint64) MIN (moor_member_count (object, member), G_MAXINT32);
  g_autofree char *value = moor_text_time (seconds * G_GINT64_CONSTANT (1000000000));

  if (seconds > 0)
    add_line (out, title, value);
}

static void
add_facts (GString *out, JsonObject *store)
{
  g_autofree char *state = describe_state (store);
  g_autofree char *objects = moor_text_count (moor_member_count (store, "objects"));
  g_autofree char *size = moor_text_size (moor_member_count (store, "bytes"));
  g_autofree char *holds = g_strdup_printf ("%s objects, %s", objects, size);

  add_text_line (out, "Store", store, "path");
  add_text_line (out, "UUID", store, "uuid");
  add_line (out, "State", state);
  add_text_line (out, "System", store, "system");
  add_text_line (out, "Host", store, "host");
  add_time_line (out, "Made", store, "made");
  add_time_line (out, "Sealed", store, "sealed");
  add_line (out, "Holds", holds);
}

static void
add_parts (GString *out, JsonObject *store)
{
  static const char *const titles[] = { "Part", "Volume", "State", NULL };
  g_autoptr(MoorTable) table = moor_table_new (titles, "lll");
  guint n = moor_member_length (store, "parts");

  for (guint i = 0; i < n; i++)
    {
      JsonObject *part = moor_member_element (store, "parts", i);

      moor_table_take_text (table, part, "path");
      moor_table_take_text (table, part, "volume");
      moor_table_add (table, moor_member_flag (part, "mounted") ? "there" : "volume not mounted");
    }
  g_string_append_c (out, '\n');
  moor_table_write (table, "", out);
}

static void
add_people (GString *out, JsonObject *store)
{
  static const char *const titles[] = { "Name", "Full name", "Home",   "Files",
                                        "Size", "Linked",    "Copied", NULL };
  g_autoptr(MoorTable) table = moor_table_new (titles, "lllrrrr");
  guint n = moor_member_length (store, "profiles");

  for (guint i = 0; i < n; i++)
    {
      JsonObject *profile = moor_member_element (store, "profiles", i);

      moor_table_take_text (table, profile, "name");
      moor_table_take_text (table, profile, "full-name");
      moor_table_take_text (table, profile, "home");
      moor_table_take_count (table, profile, "files");
      moor_table_take_size (table, profile, "bytes");
      moor_table_take_count (table, profile, "linked");
      moor_table_take_count (table, profile, "copied");
    }
  g_string_append_c (out, '\n');
  moor_table_write (table, "", out);
}

void
moor_report_text_store_show (MoorReportText *text)
{
  add_facts (text->out, text->result);
  add_parts (text->out, text->result);
  add_people (text->out, text->result);
  moor_report_add_causes (text);
}

void
moor_report_text_delete (MoorReportText *text)
{
  g_autofree char *store = moor_member_text (text->request, "store");
  g_autofree char *objects = moor_text_count (moor_member_count (text->result, "objects"));
  g_autofree char *freed = moor_text_size (moor_member_count (text->result, "freed"));
  guint64 n_last = moor_member_count (text->result, "last-copies");
  g_autofree char *last = moor_text_count (n_last);
  g_autofree char *last_size = moor_text_size (moor_member_count (text->result, "last-copy-bytes"));

  if (moor_report_is_dry_run (text))
    g_string_append_printf (text->out, "Deleting %s would remove %s objects; %s would come free.\n",
                            store, objects, freed);
  else
    g_string_append_printf (text->out, "%s is deleted: %s objects; %s came free.\n", store, objects,
                            freed);
  if (n_last > 0)
    g_string_append_printf (text->out, "%s of them (%s) %s the last copy of somebody's data.\n",
                            last, last_size, moor_report_is_dry_run (text) ? "are" : "were");
  moor_report_add_causes (text);
  if (moor_report_is_dry_run (text))
    g_string_append (text->out, "Nothing was changed.\n");
}
