/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-report-text-private.h"

/* set-aside, restore, undo, rollback, accept */

static void
add_entries (MoorReportText *text)
{
  static const char *const titles[] = { "What happens", "Path", NULL };
  g_autoptr(MoorTable) table = moor_table_new (titles, "ll");
  guint n = moor_member_length (text->result, "entries");

  for (guint i = 0; i < n; i++)
    {
      JsonObject *entry = moor_member_element (text->result, "entries", i);

      moor_table_take (table, moor_report_state_text (moor_member_word (entry, "consequence")));
      moor_table_take_text (table, entry, "path");
    }
  moor_table_write (table, "  ", text->out);
}

/* An element is either a text, or an object with a path and what became of it. */
static char *
describe_element (JsonObject *result, const char *member, guint index)
{
  JsonObject *element = moor_member_element (result, member, index);
  g_autofree char *path = NULL;
  g_autofree char *now = NULL;

  if (element == NULL)
    return moor_member_element_text (result, member, index);
  path = moor_member_text (element, "path");
  now = moor_member_text (element, "now");
  return now[0] != '\0' ? g_strdup_printf ("%s, now %s", path, now) : g_steal_pointer (&path);
}

static void
add_list (MoorReportText *text, const char *member, const char *title)
{
  guint n = moor_member_length (text->result, member);

  if (n > 0)
    g_string_append_printf (text->out, "\n%s:\n", title);
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *line = describe_element (text->result, member, i);

      g_string_append_printf (text->out, "  %s\n", line);
    }
}

static void
add_set_aside (MoorReportText *text)
{
  g_autofree char *store = moor_member_text (text->request, "store");
  g_autofree char *root = moor_member_text (text->request, "root");
  guint64 n_moved = moor_member_count (text->result, "moved");
  g_autofree char *moved = moor_text_count (n_moved);

  if (moor_report_is_dry_run (text))
    g_string_append_printf (text->out, "This is what setting %s aside would do:\n", root);
  else if (n_moved > 0)
    g_string_append_printf (text->out, "%s is set aside: %s entries are in %s/old-system now.\n",
                            root, moved, store);
  else
    g_string_append_printf (text->out, "%s is set aside already: there was nothing to do.\n", root);
  add_entries (text);
  add_list (text, "unselected", "These homes are in no store; they are only in what is set aside");
  moor_report_add_causes (text);
}

void
moor_report_text_set_aside (MoorReportText *text)
{
  add_set_aside (text);
  if (moor_report_is_dry_run (text))
    {
      g_string_append (text->out, "\nNothing was changed.\n");
      return;
    }
  g_string_append (text->out, "\nNothing was deleted. What you can do now:\n");
  moor_report_add_hint (text, "rollback", "put everything back as it was");
  moor_report_add_hint (text, "restore", "link everything back, once the new system is there");
}

static char *
describe_account (JsonObject *account)
{
  g_autofree char *action = moor_report_state_text (moor_member_word (account, "action"));
  g_autofree char *state = moor_report_state_text (moor_member_word (account, "state"));

  return action[0] != '\0' ? g_steal_pointer (&action) : g_steal_pointer (&state);
}

static char *
describe_id (JsonObject *account)
{
  guint64 uid = moor_member_count (account, "uid");
  guint64 new_uid = moor_member_count (account, "new-uid");

  return uid == new_uid || new_uid == 0
             ? g_strdup_printf ("%" G_GUINT64_FORMAT, uid)
             : g_strdup_printf ("%" G_GUINT64_FORMAT " → %" G_GUINT64_FORMAT, uid, new_uid);
}

static void
add_accounts (MoorReportText *text)
{
  static const char *const titles[] = { "Account",        "There",        "Id",
                                        "Files re-owned", "What happens", NULL };
  g_autoptr(MoorTable) table = moor_table_new (titles, "lllrl");
  guint n = moor_member_length (text->result, "accounts");

  for (guint i = 0; i < n; i++)
    {
      JsonObject *account = moor_member_element (text->result, "accounts", i);

      moor_table_take_text (table, account, "name");
      moor_table_take_text (table, account, "target");
      moor_table_take (table, describe_id (account));
      moor_table_take_count (table, account, "reowned");
      moor_table_take (table, describe_account (account));
    }
  if (n > 0)
    g_string_append_c (text->out, '\n');
  moor_table_write (table, "", text->out);
}

static char *
describe_how (const char *how)
{
  static const struct
  {
    const char *id;
    const char *text;
  } texts[] = {
    { "new", "new" },
    { "exchanged", "exchanged; the replaced home is kept" },
    { "moved", "moved out of the store" },
    { "in-place", "merged in place" },
    { "already", "was there already" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      if (g_str_equal (texts[i].id, how))
        return g_strdup (texts[i].text);
    }
  return moor_report_state_text (how);
}

static void
add_homes (MoorReportText *text)
{
  static const char *const titles[] = { "Name",      "Home",        "Linked", "Copied",
                                        "Kept both", "How it came", NULL };
  g_autoptr(MoorTable) table = moor_table_new (titles, "llrrrl");
  guint n = moor_member_length (text->result, "profiles");

  for (guint i = 0; i < n; i++)
    {
      JsonObject *profile = moor_member_element (text->result, "profiles", i);

      moor_table_take_text (table, profile, "name");
      moor_table_take_text (table, profile, "home");
      moor_table_take_count (table, profile, "linked");
      moor_table_take_count (table, profile, "copied");
      moor_table_take_count (table, profile, "collisions");
      moor_table_take (table, describe_how (moor_member_word (profile, "how")));
    }
  moor_table_write (table, "", text->out);
}

/* Before anything came back there is nothing to count but what the store has. */
static void
add_planned_homes (MoorReportText *text)
{
  static const char *const titles[] = { "Name", "Home", "Files", "Their size", NULL };
  g_autoptr(MoorTable) table = moor_table_new (titles, "llrr");
  guint n = moor_member_length (text->result, "profiles");

  for (guint i = 0; i < n; i++)
    {
      JsonObject *profile = moor_member_element (text->result, "profiles", i);

      moor_table_take_text (table, profile, "name");
      moor_table_take_text (table, profile, "home");
      moor_table_take_count (table, profile, "files");
      moor_table_take_size (table, profile, "bytes");
    }
  moor_table_write (table, "", text->out);
}

static void
add_verification (MoorReportText *text)
{
  JsonObject *verification = moor_member_object (text->result, "verification");

  if (verification == NULL)
    return;
  g_string_append (text->out, "\nCompared with the store: ");
  moor_report_add_verdict (text->out, text->request, verification, "restored");
  moor_report_add_differences (text->out, verification);
}

/* What rules did, and that some did not. */
static void
add_rules (MoorReportText *text)
{
  guint64 n_elsewhere = 0;
  g_autofree char *elsewhere = NULL;

  for (guint i = 0; i < moor_member_length (text->result, "profiles"); i++)
    n_elsewhere += moor_member_count (moor_member_element (text->result, "profiles", i),
                                      "elsewhere");
  elsewhere = moor_text_count (n_elsewhere);
  if (n_elsewhere > 0)
    g_string_append_printf (text->out, "\nRules sent %s objects to other places.\n", elsewhere);
  if (moor_member_flag (text->result, "rules-in-store"))
    g_string_append (text->out,
                     "\nThe store was made with rule files, and none count now: everything goes "
                     "to the place\nit had. --rules-from-store uses them.\n");
  moor_report_add_rules (text);
}

void
moor_report_text_restore (MoorReportText *text)
{
  if (moor_report_is_dry_run (text))
    {
      g_string_append (text->out, "This is what a restore would do:\n\n");
      add_planned_homes (text);
    }
  else
    add_homes (text);
  add_accounts (text);
  moor_report_add_causes (text);
  add_rules (text);
  if (moor_report_is_dry_run (text))
    {
      g_string_append (text->out, "\nNothing was changed.\n");
      return;
    }
  add_verification (text);
  g_string_append (text->out, "\nThe store is still complete. What you can do now:\n");
  moor_report_add_hint (text, "undo", "take the restored homes out again");
  moor_report_add_hint (text, "accept --dry-run",
                        "see what giving the old system and the store up would mean");
}

/* Whatever is too much for a list is counted. */
static void
add_saved_since (MoorReportText *text)
{
  guint64 n_unlisted = moor_member_count (text->result, "saved-since-unlisted");
  g_autofree char *unlisted = moor_text_count (n_unlisted);

  add_list (text, "saved-since", "Saved since then, and where it is now");
  if (n_unlisted > 0)
    g_string_append_printf (text->out, "  … and %s more below the same folders\n", unlisted);
}

static void
add_who_went_back (MoorReportText *text)
{
  static const char *const titles[] = { "Name", "What happened", NULL };
  g_autoptr(MoorTable) table = moor_table_new (titles, "ll");
  guint n = moor_member_length (text->result, "profiles");

  for (guint i = 0; i < n; i++)
    {
      JsonObject *profile = moor_member_element (text->result, "profiles", i);

      moor_table_take_text (table, profile, "name");
      moor_table_take (table, moor_report_state_text (moor_member_word (profile, "how")));
    }
  moor_table_write (table, "  ", text->out);
}

static void
add_what_went_back (MoorReportText *text, const char *done, const char *planned)
{
  gboolean something = moor_member_length (text->result, "profiles") > 0
                       || moor_member_length (text->result, "entries") > 0;

  if (moor_report_is_dry_run (text))
    g_string_append_printf (text->out, "%s\n", planned);
  else
    g_string_append_printf (text->out, "%s%s\n", done,
                            something ? "" : " It was so already: there was nothing to do.");
  add_who_went_back (text);
  add_entries (text);
  add_saved_since (text);
  moor_report_add_causes (text);
  if (moor_report_is_dry_run (text))
    g_string_append (text->out, "\nNothing was changed.\n");
}

void
moor_report_text_undo (MoorReportText *text)
{
  add_what_went_back (text,
                      moor_member_length (text->result, "left") > 0
                          ? "The homes are as they were before the restore; the system is not."
                          : "The homes are as they were before the restore.",
                      "This is what undoing the restore would do:");
  add_list (text, "left", "The restore put this outside homes, and it stays");
}

void
moor_report_text_rollback (MoorReportText *text)
{
  add_what_went_back (text,
                      "The old system is back in its place. Nothing was deleted: the new one is in "
                      "the store's new-system folder.",
                      "This is what rolling back would do:");
  if (!moor_report_is_dry_run (text) && moor_member_length (text->result, "profiles") > 0)
    g_string_append (text->out,
                     "\nA file that was edited in place since the restore is the edited one in "
                     "both systems.\n");
}

static char *
describe_class (const char *class)
{
  static const struct
  {
    const char *id;
    const char *text;
  } texts[] = {
    { "programs", "programs of the old system" },
    { "caches", "caches of people whose homes are back" },
    { "back", "homes that are back" },
    { "homes", "homes, and files in homes, that are in no store" },
    { "data", "services, databases and what administrators keep" },
    { "unknown", "folders that no system has by itself" },
    { "replaced", "homes and files that were replaced" },
    { "new-system", "a new system that a roll back took out" },
    { "store", "the store" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      if (g_str_equal (texts[i].id, class))
        return g_strdup (texts[i].text);
    }
  return moor_report_state_text (class);
}

/* What goes for good, by what it would mean. */
void
moor_report_add_classes (MoorReportText *text)
{
  static const char *const titles[] = { "What goes",  "Objects",     "Nowhere else",
                                        "Their size", "Space freed", NULL };
  g_autoptr(MoorTable) table = moor_table_new (titles, "lrrrr");
  guint n = moor_member_length (text->result, "classes");

  for (guint i = 0; i < n; i++)
    {
      JsonObject *entry = moor_member_element (text->result, "classes", i);

      moor_table_take (table, describe_class (moor_member_word (entry, "class")));
      moor_table_take_count (table, entry, "objects");
      moor_table_take_count (table, entry, "last-copies");
      moor_table_take_size (table, entry, "bytes");
      moor_table_take_size (table, entry, "freed");
    }
  moor_table_write (table, "", text->out);
}

static guint64
sum_freed (JsonObject *result)
{
  guint n = moor_member_length (result, "classes");
  guint64 n_bytes = 0;

  for (guint i = 0; i < n; i++)
    n_bytes += moor_member_count (moor_member_element (result, "classes", i), "freed");
  return n_bytes;
}

void
moor_report_text_accept (MoorReportText *text)
{
  g_autofree char *removed = moor_text_count (moor_member_count (text->result, "removed"));
  g_autofree char *freed = moor_text_size (sum_freed (text->result));

  moor_report_add_classes (text);
  moor_report_add_causes (text);
  if (moor_report_is_dry_run (text))
    g_string_append (text->out, "\nNothing was changed.\n");
  else
    g_string_append_printf (text->out,
                            "\nThe new system is accepted: %s names were removed, %s came free.\n",
                            removed, freed);
}
