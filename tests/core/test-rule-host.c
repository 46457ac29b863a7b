/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-test.h"

#include "moor-rule-host.h"

static MoorRuleUser *
alice (MoorRuleHost *host)
{
  return moor_rule_host_add_user (host, "alice", "/home/alice");
}

static const char *
value_of (const MoorRuleUser *user, const char *name)
{
  return g_hash_table_lookup (user->variables, name);
}

static void
test_names_of_windows_mean_the_folders_of_linux (void **state)
{
  static const char *const expected[][2] = {
    { "USERPROFILE", "/home/alice" },
    { "HOMEPATH", "/home/alice" },
    { "HOME", "/home/alice" },
    { "APPDATA", "/home/alice/.config" },
    { "CSIDL_APPDATA", "/home/alice/.config" },
    { "XDG_CONFIG_HOME", "/home/alice/.config" },
    { "CSIDL_LOCAL_APPDATA", "/home/alice/.local/share" },
    { "XDG_DATA_HOME", "/home/alice/.local/share" },
    { "XDG_STATE_HOME", "/home/alice/.local/state" },
    { "XDG_CACHE_HOME", "/home/alice/.cache" },
    { "CSIDL_PERSONAL", "/home/alice/Documents" },
    { "CSIDL_MYDOCUMENTS", "/home/alice/Documents" },
    { "CSIDL_MYPICTURES", "/home/alice/Pictures" },
    { "CSIDL_DESKTOP", "/home/alice/Desktop" },
    { "FOLDERID_DOWNLOADS", "/home/alice/Downloads" },
    { "USERNAME", "alice" },
  };
  g_autoptr(MoorRuleHost) host = moor_rule_host_new (MOOR_PATHS_LINUX, -1);
  MoorRuleUser *user = alice (host);

  moor_rule_user_set_linux_variables (user, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (expected); i++)
    assert_string_equal (value_of (user, expected[i][0]), expected[i][1]);
}

static void
test_a_folder_is_where_the_person_has_it (void **state)
{
  g_autoptr(MoorRuleHost) host = moor_rule_host_new (MOOR_PATHS_LINUX, -1);
  g_autoptr(GHashTable) folders = g_hash_table_new (g_str_hash, g_str_equal);
  MoorRuleUser *user = alice (host);

  g_hash_table_insert (folders, (gpointer) "XDG_PICTURES_DIR", (gpointer) "/home/alice/Bilder");
  g_hash_table_insert (folders, (gpointer) "XDG_MUSIC_DIR", (gpointer) "Musik");
  moor_rule_user_set_linux_variables (user, folders);

  assert_string_equal (value_of (user, "CSIDL_MYPICTURES"), "/home/alice/Bilder");
  assert_string_equal (value_of (user, "XDG_PICTURES_DIR"), "/home/alice/Bilder");
  assert_string_equal (value_of (user, "CSIDL_MYMUSIC"), "/home/alice/Musik");
  assert_string_equal (value_of (user, "CSIDL_PLAYLISTS"), "/home/alice/Musik/Playlists");
}

static void
test_a_folder_that_the_person_does_not_have_has_no_variable (void **state)
{
  g_autoptr(MoorRuleHost) host = moor_rule_host_new (MOOR_PATHS_LINUX, -1);
  g_autoptr(GHashTable) folders = g_hash_table_new (g_str_hash, g_str_equal);
  MoorRuleUser *user = alice (host);

  moor_rule_user_set_linux_variables (user, folders);
  assert_null (value_of (user, "CSIDL_MYVIDEO"));
  assert_null (value_of (user, "XDG_VIDEOS_DIR"));
}

static void
test_what_no_linux_rule_could_mean_has_no_value (void **state)
{
  static const char *const names[] = { "WINDIR", "SYSTEMROOT", "PROGRAMFILES", "CSIDL_WINDOWS" };
  g_autoptr(MoorRuleHost) host = moor_rule_host_new (MOOR_PATHS_LINUX, -1);

  moor_rule_host_set_linux_variables (host);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    assert_null (g_hash_table_lookup (host->variables, names[i]));
  assert_string_equal (g_hash_table_lookup (host->variables, "SYSTEMDRIVE"), "");
  assert_string_equal (g_hash_table_lookup (host->variables, "PROFILESFOLDER"), "/home");
}

static void
test_names_are_the_same_in_any_case (void **state)
{
  g_autoptr(MoorRuleHost) host = moor_rule_host_new (MOOR_PATHS_LINUX, -1);

  moor_rule_host_set_variable (host, "ProfilesFolder", "/people");
  moor_rule_host_set_variable (host, "PROFILESfolder", "/home");
  assert_int_equal (g_hash_table_size (host->variables), 1);
  assert_string_equal (g_hash_table_lookup (host->variables, "PROFILESFOLDER"), "/home");
}

static void
test_who_takes_part_has_a_home_among_all_homes (void **state)
{
  g_autoptr(MoorRuleHost) host = moor_rule_host_new (MOOR_PATHS_LINUX, -1);

  (void) alice (host);
  (void) alice (host);
  moor_rule_host_add_drive (host, MOOR_DRIVE_FIXED, "");
  assert_int_equal (host->users->len, 2);
  assert_int_equal (host->all_homes->len, 1);
  assert_int_equal (host->drives->len, 1);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_names_of_windows_mean_the_folders_of_linux),
    cmocka_unit_test (test_a_folder_is_where_the_person_has_it),
    cmocka_unit_test (test_a_folder_that_the_person_does_not_have_has_no_variable),
    cmocka_unit_test (test_what_no_linux_rule_could_mean_has_no_value),
    cmocka_unit_test (test_names_are_the_same_in_any_case),
    cmocka_unit_test (test_who_takes_part_has_a_home_among_all_homes),
  };

  return cmocka_run_group_tests_name ("core/rule-host", tests, NULL, NULL);
}
