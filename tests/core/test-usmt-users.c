/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "moor-test.h"
#include "moor-usmt-users.h"

/* Who takes part, whom they become, and where Windows paths lead. */

#define DAY (G_GINT64_CONSTANT (24) * 3600 * G_USEC_PER_SEC)
#define NOW (G_GINT64_CONSTANT (1700000000) * G_USEC_PER_SEC)

/* The people of PC1 in the manual's cases; kiosk never logged on. */
static const struct
{
  const char *login;
  int days_ago;
  gboolean has_profile;
} people[] = {
  { "admin", 1, TRUE },           { "kiosk", 0, FALSE },          { "CONTOSO\\user1", 5, TRUE },
  { "CONTOSO\\user2", 90, TRUE }, { "FABRIKAM\\user2", 2, TRUE }, { "WORK\\old", 400, TRUE },
};

static GPtrArray *
make_people (void)
{
  GPtrArray *users = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_usmt_user_free);

  for (guint i = 0; i < G_N_ELEMENTS (people); i++)
    {
      MoorUsmtUser *user = moor_usmt_user_new (people[i].login, "PC1", 1000 + i);

      user->by_default = TRUE;
      user->can_be_taken = people[i].has_profile;
      user->last_used_us = NOW - people[i].days_ago * DAY;
      user->is_logged_on = i == 0;
      g_ptr_array_add (users, user);
    }
  return users;
}

static MoorUsmtPaths *
make_paths (void)
{
  MoorUsmtPaths *paths = moor_usmt_paths_new ();

  g_free (paths->computer);
  paths->computer = g_strdup ("PC1");
  return paths;
}

static MoorUsmtCommand *
parse (MoorUsmtTool tool, const char *line)
{
  g_auto(GStrv) words = g_strsplit (line, " ", -1);
  MoorUsmtCommand *command = moor_usmt_command_new (tool, (const char *const *) words);
  g_autoptr(GError) error = NULL;

  (void) (moor_usmt_command_parse (command, &error) && moor_usmt_command_check (command, &error));
  assert_no_gerror (error);
  return command;
}

static char *
choose (GPtrArray *users, MoorUsmtTool tool, const char *options)
{
  g_autofree char *line = g_strconcat ("C:\\st /nocompress ", options, NULL);
  g_autoptr(MoorUsmtCommand) command = parse (tool, g_strchomp (line));
  g_autoptr(MoorUsmtPaths) paths = make_paths ();
  g_autoptr(GError) error = NULL;
  GString *chosen = g_string_new (NULL);

  assert_true (moor_usmt_choose_users (command, paths, users, NOW, &error));
  for (guint i = 0; i < users->len; i++)
    {
      const MoorUsmtUser *user = g_ptr_array_index (users, i);

      if (user->chosen)
        g_string_append_printf (chosen, "%s%s", chosen->len > 0 ? " " : "", user->login);
    }
  return g_string_free (chosen, FALSE);
}

static const struct
{
  const char *id;
  const char *options;
  const char *chosen;
} selections[] = {
  { "I1", "", "admin CONTOSO\\user1 CONTOSO\\user2 FABRIKAM\\user2 WORK\\old" },
  { "I1", "/all", "admin CONTOSO\\user1 CONTOSO\\user2 FABRIKAM\\user2 WORK\\old" },
  { "I2", "/ue:*\\* /ui:fabrikam\\user2", "FABRIKAM\\user2" },
  { "I3", "/ui:contoso\\* /ue:contoso\\user1",
    "admin CONTOSO\\user1 CONTOSO\\user2 FABRIKAM\\user2 WORK\\old" },
  { "I4", "/ue:contoso\\user1 /uel:14", "admin CONTOSO\\user1 FABRIKAM\\user2" },
  { "I5", "/uel:30 /ui:fabrikam\\*", "admin CONTOSO\\user1 FABRIKAM\\user2" },
  { "I6", "/ue:*\\* /ui:%computername%\\*", "admin" },
  { "I7", "/ue:%computername%\\*", "CONTOSO\\user1 CONTOSO\\user2 FABRIKAM\\user2 WORK\\old" },
  { "I8", "/ue:*\\user*", "admin WORK\\old" },
  { "I11", "/ue:*\\* /ui:contoso\\user1 /ui:fabrikam\\user2", "CONTOSO\\user1 FABRIKAM\\user2" },
  { "I20", "/uel:90 /ui:contoso\\*", "admin CONTOSO\\user1 CONTOSO\\user2 FABRIKAM\\user2" },
  { "8.1 /ui alone", "/ui:contoso\\user1",
    "admin CONTOSO\\user1 CONTOSO\\user2 FABRIKAM\\user2 WORK\\old" },
  { "8.1 /ue:X", "/ue:contoso\\*", "admin FABRIKAM\\user2 WORK\\old" },
  { "8.1 bare name is local", "/ue:*\\* /ui:admin", "admin" },
  { "8.1 bare name is local", "/ue:*\\* /ui:user2", "" },
  { "8.1 logged on", "/uel:0", "admin" },
  { "8.1 a date", "/uel:2023/11/09", "admin CONTOSO\\user1 FABRIKAM\\user2" },
  { "only * is a wildcard", "/ue:*\\user?",
    "admin CONTOSO\\user1 CONTOSO\\user2 FABRIKAM\\user2 "
    "WORK\\old" },
  { "I19 no SID of Windows exists here", "/ue:*\\* /ui:S-1-5-21-1-2-3-*", "" },
  { "I19 the SID of a Unix user", "/ue:*\\* /ui:S-1-22-1-1000", "admin" },
  { "I19 the built-in administrator", "/ue:*-500",
    "admin CONTOSO\\user1 CONTOSO\\user2 FABRIKAM\\user2 WORK\\old" },
};

static void
test_every_selection_of_the_manual (void **state)
{
  for (gsize i = 0; i < G_N_ELEMENTS (selections); i++)
    {
      g_autoptr(GPtrArray) users = make_people ();
      g_autofree char *chosen = choose (users, MOOR_USMT_SCANSTATE, selections[i].options);

      if (!g_str_equal (chosen, selections[i].chosen))
        fail_msg ("%s: “%s” chooses “%s” instead of “%s”", selections[i].id, selections[i].options,
                  chosen, selections[i].chosen);
    }
}

static void
test_a_choice_at_either_end_leaves_the_rest (void **state)
{
  /* I10: what no single command can say */
  g_autoptr(GPtrArray) users = make_people ();
  g_autofree char *scanned = choose (users, MOOR_USMT_SCANSTATE, "/ue:*\\* /ui:contoso\\*");
  g_autofree char *loaded = NULL;

  assert_string_equal (scanned, "CONTOSO\\user1 CONTOSO\\user2");
  for (guint i = users->len; i > 0; i--)
    {
      if (!((MoorUsmtUser *) g_ptr_array_index (users, i - 1))->chosen)
        g_ptr_array_remove_index (users, i - 1);
    }
  loaded = choose (users, MOOR_USMT_LOADSTATE, "/ue:contoso\\user1");
  assert_string_equal (loaded, "CONTOSO\\user2");
}

static void
test_accounts_of_the_system_are_taken_only_by_their_name (void **state)
{
  g_autoptr(GPtrArray) users = make_people ();
  MoorUsmtUser *root = moor_usmt_user_new ("root", "PC1", 0);
  g_autofree char *by_wildcard = NULL;
  g_autofree char *by_name = NULL;

  root->can_be_taken = TRUE;
  g_ptr_array_add (users, root);
  by_wildcard = choose (users, MOOR_USMT_SCANSTATE, "/ue:*\\* /ui:pc1\\*");
  by_name = choose (users, MOOR_USMT_SCANSTATE, "/ue:*\\* /ui:pc1\\root");
  assert_string_equal (by_wildcard, "admin");
  assert_string_equal (by_name, "root");
}

static void
test_a_domain_is_known_by_its_full_name_and_its_label (void **state)
{
  g_autoptr(GPtrArray)
                 users = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_usmt_user_free);
  MoorUsmtUser *user = moor_usmt_user_new ("eve@contoso.com", "PC1", 70001);
  g_autofree char *by_label = NULL;
  g_autofree char *by_name = NULL;

  user->by_default = user->can_be_taken = TRUE;
  g_ptr_array_add (users, user);
  by_label = choose (users, MOOR_USMT_SCANSTATE, "/ue:*\\* /ui:CONTOSO\\eve");
  by_name = choose (users, MOOR_USMT_SCANSTATE, "/ue:*\\* /ui:contoso.com\\*");
  assert_string_equal (by_label, "eve@contoso.com");
  assert_string_equal (by_name, "eve@contoso.com");
}

static const struct
{
  const char *id;
  const char *options;
  const char *map;
  const char *unused;
} moves[] = {
  { "I12", "/mu:contoso\\user1:fabrikam\\user1", "CONTOSO\\user1:fabrikam\\user1", "" },
  { "I17", "/md:contoso:fabrikam /md:contoso:farnorth",
    "CONTOSO\\user1:fabrikam\\user1 CONTOSO\\user2:fabrikam\\user2", "/md:contoso:farnorth" },
  { "I18", "/md:contso:fabrikam", "", "/md:contso:fabrikam" },
  { "8.3 wildcard", "/md:f*:north", "FABRIKAM\\user2:north\\user2", "" },
  { "7.2 renamed computer", "/mu:pc1\\admin:newpc\\boss", "admin:boss", "" },
  { "7.2 renamed computer", "/md:pc1:newpc", "", "" },
  { "1.3 bare names", "/mu:admin:boss", "admin:boss", "" },
  { "1.3 /mu goes before /md", "/md:contoso:x /mu:contoso\\user1:y\\z",
    "CONTOSO\\user1:y\\z CONTOSO\\user2:x\\user2", "" },
  { "8.3 local users have no domain here", "/md:pc1:corp", "", "" },
};

static char *
join (GPtrArray *texts)
{
  GString *joined = g_string_new (NULL);

  for (guint i = 0; i < texts->len; i++)
    g_string_append_printf (joined, "%s%s", i > 0 ? " " : "",
                            (const char *) g_ptr_array_index (texts, i));
  return g_string_free (joined, FALSE);
}

static void
test_every_move_of_the_manual (void **state)
{
  for (gsize i = 0; i < G_N_ELEMENTS (moves); i++)
    {
      g_autofree char *line = g_strconcat ("C:\\st /nocompress ", moves[i].options, NULL);
      g_autoptr(MoorUsmtCommand) command = parse (MOOR_USMT_LOADSTATE, line);
      g_autoptr(MoorUsmtPaths) paths = make_paths ();
      g_autoptr(GPtrArray) users = make_people ();
      g_autoptr(GPtrArray) map = g_ptr_array_new_with_free_func (g_free);
      g_autoptr(GPtrArray) unused = g_ptr_array_new_with_free_func (g_free);
      g_autofree char *mapped = NULL;
      g_autofree char *rest = NULL;

      assert_true (moor_usmt_choose_users (command, paths, users, NOW, NULL));
      assert_true (moor_usmt_map_users (command, paths, "newpc", users, map, unused, NULL));
      mapped = join (map);
      rest = join (unused);
      if (!g_str_equal (mapped, moves[i].map) || !g_str_equal (rest, moves[i].unused))
        fail_msg ("%s: “%s” gives “%s”, unused “%s”", moves[i].id, moves[i].options, mapped, rest);
    }
}

typedef struct
{
  char *dir;
  MoorUsmtPaths *paths;
} Fixture;

static int
setup (void **state)
{
  Fixture *fixture = g_new0 (Fixture, 1);
  g_autofree char *drive = NULL;

  fixture->dir = moor_test_dir_new ();
  fixture->paths = make_paths ();
  moor_test_write (fixture->dir, "c/StateStore/x", "");
  moor_test_write (fixture->dir, "c/Users/alice/x", "");
  moor_test_write (fixture->dir, "c/users/bob/x", "");
  drive = g_strdup_printf ("c:=%s/c", fixture->dir);
  assert_true (moor_usmt_paths_add_drive (fixture->paths, drive, NULL));
  g_free (fixture->paths->directory);
  fixture->paths->directory = g_strdup (fixture->dir);
  *state = fixture;
  return 0;
}

static int
teardown (void **state)
{
  Fixture *fixture = *state;

  moor_test_dir_free (fixture->dir);
  moor_usmt_paths_free (fixture->paths);
  g_free (fixture);
  return 0;
}

static const struct
{
  const char *text;
  const char *path; /* below the fixture's folder; absolute with a slash; NULL: refused */
  const char *said;
} paths_table[] = {
  { "C:\\StateStore", "c/StateStore", NULL },
  { "c:/statestore", "c/StateStore", NULL },
  { "C:\\statestore\\USMT", "c/StateStore/USMT", NULL },
  { "C:\\New\\Folder\\", "c/New/Folder", NULL },
  { "C:\\Users\\alice", "c/Users/alice", NULL },
  { "C:\\USERS\\alice", "c/USERS/alice", NULL }, /* two names fit: neither is taken */
  { "C:\\a\\..\\..\\..\\b", "c/b", NULL },
  { "\\StateStore", "c/StateStore", NULL },
  { "%MOOR_TEST_STORE%\\sub", "c/StateStore/sub", NULL },
  { "%moor_test_store%", "c/StateStore", NULL },
  { "MigUser.xml", "MigUser.xml", NULL },
  { ".\\c\\statestore", "c/StateStore", NULL },
  { "/mnt/StateStore", "/mnt/StateStore", NULL },
  { "100%", "100%", NULL },
  { "D:\\StateStore", NULL, "--drive D:=DIR" },
  { "%MOOR_TEST_UNSET%\\x", NULL, "%MOOR_TEST_UNSET% in" },
  { "\\\\server\\share", NULL, "network" },
};

static void
test_paths_of_windows_lead_to_directories (void **state)
{
  const Fixture *fixture = *state;

  assert_true (g_setenv ("MOOR_TEST_STORE", "C:\\StateStore", TRUE));
  for (gsize i = 0; i < G_N_ELEMENTS (paths_table); i++)
    {
      g_autoptr(GError) error = NULL;
      g_autofree char *path = moor_usmt_path (fixture->paths, paths_table[i].text, &error);
      g_autofree char *expected = NULL;

      if (paths_table[i].path == NULL)
        {
          assert_gerror (error, MOOR_USMT_ERROR, MOOR_USMT_INVALID_PARAMETERS);
          assert_non_null (strstr (error->message, paths_table[i].said));
          continue;
        }
      assert_no_gerror (error);
      expected = paths_table[i].path[0] == '/'
                     ? g_strdup (paths_table[i].path)
                     : g_build_filename (fixture->dir, paths_table[i].path, NULL);
      assert_string_equal (path, expected);
    }
}

static void
test_a_relative_path_counts_with_its_directory (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(GError) error = NULL;
  g_autofree char *name = g_strnfill (250, 'n');
  g_autofree char *path = moor_usmt_path (fixture->paths, name, &error);

  assert_null (path);
  assert_gerror (error, MOOR_USMT_ERROR, MOOR_USMT_ERROR_OPTION_PARAM_TOO_LARGE);
}

static void
test_a_drive_needs_a_letter_and_a_folder (void **state)
{
  static const char *const wrong[] = { "C:", "C:=", "=/mnt", "1:=/mnt", "C=/mnt", "C:=/not/there" };
  const Fixture *fixture = *state;

  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_autoptr(GError) error = NULL;

      assert_false (moor_usmt_paths_add_drive (fixture->paths, wrong[i], &error));
      assert_gerror (error, MOOR_USMT_ERROR, MOOR_USMT_INVALID_PARAMETERS);
    }
  assert_false (moor_usmt_paths_add_drive (fixture->paths, "C:=/", NULL));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_every_selection_of_the_manual),
    cmocka_unit_test (test_a_choice_at_either_end_leaves_the_rest),
    cmocka_unit_test (test_accounts_of_the_system_are_taken_only_by_their_name),
    cmocka_unit_test (test_a_domain_is_known_by_its_full_name_and_its_label),
    cmocka_unit_test (test_every_move_of_the_manual),
    cmocka_unit_test_setup_teardown (test_paths_of_windows_lead_to_directories, setup, teardown),
    cmocka_unit_test_setup_teardown (test_a_relative_path_counts_with_its_directory, setup,
                                     teardown),
    cmocka_unit_test_setup_teardown (test_a_drive_needs_a_letter_and_a_folder, setup, teardown),
  };

  return cmocka_run_group_tests_name ("usmt/users", tests, NULL, NULL);
}
