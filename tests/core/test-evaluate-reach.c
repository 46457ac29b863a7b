/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules-fixture.h"

#include <sys/stat.h>

/* How far reaches what a person's own file says to rules. */

#define COMPONENT(attributes, body) \
  "<component type=\"Documents\" " attributes "><displayName>C</displayName>" body "</component>"
#define ROLE(body) "<role role=\"Data\">" body "</role>"
#define RULES(attributes, body) "<rules " attributes ">" body "</rules>"
#define FILES(text) "<pattern type=\"File\">" text "</pattern>"
#define SET(body) "<objectSet>" body "</objectSet>"
#define INCLUDE(body) "<include>" SET (body) "</include>"
#define ENVIRONMENT(body) "<environment>" body "</environment>"
#define VARIABLE(name, body) "<variable name=\"" name "\">" body "</variable>"
#define SETTING(file, name) \
  "<script>MigXmlHelper.GetStringContent(\"Ini\",\"" file "|Main[" name "]\")</script>"
#define OWN_SETTINGS "/home/alice/.config/app.ini"

/* A Linux system with two people. */
static int
setup (void **state)
{
  System *system = g_new0 (System, 1);
  static const char *const names[] = { "alice", "bob" };

  system_open (system, MOOR_PATHS_LINUX);
  moor_rule_host_set_linux_variables (system->host);
  moor_rule_host_add_drive (system->host, MOOR_DRIVE_FIXED, "");
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *home = g_strconcat ("/home/", names[i], NULL);

      moor_rule_user_set_linux_variables (moor_rule_host_add_user (system->host, names[i], home),
                                          NULL);
      system_make_dir (system, home);
    }
  *state = system;
  return 0;
}

static int
teardown (void **state)
{
  System *system = *state;

  system_close (system);
  g_free (system);
  return 0;
}

/* Items of a System context with one rule, and whether it was told that it asks for too much. */
static void
assert_reaches (const System *system, const char *role, const char *expected, gboolean is_told)
{
  g_autofree char *component = g_strdup_printf (COMPONENT ("context=\"System\"", "%s"), role);
  g_autoptr(MoorRuleOutcome) outcome = evaluate (system->host, component);

  assert_items (system->host, outcome, expected);
  assert_int_equal (find_finding (outcome, "foreign-place") != NULL, is_told);
}

static void
test_a_persons_file_names_places_of_the_own_home_only (void **state)
{
  const System *system = *state;
#define NAMED_IN(file, setting) \
  ROLE (RULES ("", INCLUDE ("<content filter='MigXmlHelper.ExtractDirectory(\",\",\"0\"," \
                            "\"/* [*]\")'>" SET ("<pattern type=\"Ini\">" file "|Main[" setting \
                                                 "]</pattern>") "</content>")))

  system_make_dir (system, "/etc");
  system_make_dir (system, "/home/alice/mail");
  system_write (system, OWN_SETTINGS,
                "[Main]\nOwn=/home/alice/mail\nSystem=/etc\nBob=/home/bob\nTop=/\n"
                "Up=/home/alice/../../etc\nBack=/home/alice\\..\\..\\etc\nAll=/home/alice\n"
                "Variable=%DEFAULTUSERPROFILE%/..\n");
  system_write (system, "/etc/app.ini", "[Main]\nSystem=/etc\n");
  assert_reaches (system, NAMED_IN (OWN_SETTINGS, "Own"), "include system /home/alice/mail/* [*]\n",
                  FALSE);
  assert_reaches (system, NAMED_IN (OWN_SETTINGS, "All"), "include system /home/alice/* [*]\n",
                  FALSE);
  assert_reaches (system, NAMED_IN (OWN_SETTINGS, "System"), "", TRUE);
  assert_reaches (system, NAMED_IN (OWN_SETTINGS, "Bob"), "", TRUE);
  assert_reaches (system, NAMED_IN (OWN_SETTINGS, "Top"), "", TRUE);
  assert_reaches (system, NAMED_IN (OWN_SETTINGS, "Up"), "", TRUE);
  assert_reaches (system, NAMED_IN (OWN_SETTINGS, "Back"), "", TRUE);
  assert_reaches (system, NAMED_IN (OWN_SETTINGS, "Variable"), "", TRUE);
  assert_reaches (system, NAMED_IN ("/etc/app.ini", "System"), "include system /etc/* [*]\n",
                  FALSE);
#undef NAMED_IN
}

static void
test_a_file_that_anybody_may_write_names_no_place (void **state)
{
  const System *system = *state;
  g_autofree char *path = g_build_filename (system->root, "srv/app.ini", NULL);

  system_write (system, "/srv/app.ini", "[Main]\nPlace=/etc\n");
  assert_int_equal (chmod (path, 0666), 0);
  assert_reaches (system,
                  ENVIRONMENT (VARIABLE ("A", SETTING ("/srv/app.ini", "Place")))
                      ROLE (RULES ("", INCLUDE (FILES ("%A%/* [*]")))),
                  "", TRUE);
}

static void
test_a_variable_from_a_persons_file_names_places_of_the_own_home_only (void **state)
{
  const System *system = *state;
#define WITH(setting, pattern) \
  ENVIRONMENT (VARIABLE ("A", SETTING (OWN_SETTINGS, setting)) VARIABLE ("B", "<text>%A%</text>")) \
  ROLE (RULES ("", INCLUDE (FILES (pattern) FILES ("/data [*]"))))

  system_write (system, OWN_SETTINGS,
                "[Main]\nOwn=/home/alice/mail\nSystem=/etc\nVersion=3.2\nStars=3*\n");
  assert_reaches (system, WITH ("Own", "%A%/* [*]"),
                  "include system /home/alice/mail/* [*]\ninclude system /data [*]\n", FALSE);
  assert_reaches (system, WITH ("System", "%A%/* [*]"), "include system /data [*]\n", TRUE);
  assert_reaches (system, WITH ("System", "%B%/* [*]"), "include system /data [*]\n", TRUE);
  assert_reaches (system, WITH ("Version", "/home/alice/app-%A% [*]"),
                  "include system /home/alice/app-3.2 [*]\ninclude system /data [*]\n", FALSE);
  assert_reaches (system, WITH ("Version", "/opt/app-%B% [*]"), "include system /data [*]\n", TRUE);
  assert_reaches (system, WITH ("Stars", "/home/%A% [*]"), "include system /data [*]\n", TRUE);
#undef WITH
}

static void
test_a_persons_file_moves_nothing_out_of_the_home (void **state)
{
  const System *system = *state;
#define MOVE(setting) \
  ENVIRONMENT (VARIABLE ("A", SETTING (OWN_SETTINGS, setting))) \
  ROLE (RULES ("", "<locationModify script=\"MigXmlHelper.RelativeMove('/old','%A%')\">" SET ( \
                       FILES ("/old/* [*]")) "</locationModify>"))

  system_write (system, OWN_SETTINGS, "[Main]\nOwn=/home/alice/new\nSystem=/etc/cron.d\n");
  assert_reaches (system, MOVE ("Own"), "move system /old/* [*]\n", FALSE);
  assert_reaches (system, MOVE ("System"), "", TRUE);
#undef MOVE
}

static void
test_a_command_takes_no_word_from_a_persons_file (void **state)
{
  const System *system = *state;
  g_autoptr(MoorRuleOutcome) outcome = NULL;

  system_write (system, OWN_SETTINGS, "[Main]\nPlace=/etc\n");
  outcome = evaluate (
      system->host,
      COMPONENT ("context=\"System\"",
                 ENVIRONMENT (VARIABLE ("A", SETTING (OWN_SETTINGS, "Place")))
                     ROLE (RULES ("", "<externalProcess when=\"pre-apply\"><commandLine>tool %A%"
                                      "</commandLine><commandLine>other</commandLine>"
                                      "</externalProcess>"))));
  assert_int_equal (outcome->processes->len, 1);
  assert_non_null (find_finding (outcome, "foreign-word"));
}

static void
test_a_chosen_folder_is_named_by_patterns_as_it_is_or_not_at_all (void **state)
{
  const System *system = *state;
  MoorRuleUser *user = g_ptr_array_index (system->host->users, 0);
  g_autoptr(GHashTable) folders = g_hash_table_new (g_str_hash, g_str_equal);

  g_hash_table_remove_all (user->variables);
  g_hash_table_insert (folders, (gpointer) "XDG_MUSIC_DIR",
                       (gpointer) "/home/alice/..\\..\\..\\etc");
  g_hash_table_insert (folders, (gpointer) "XDG_VIDEOS_DIR", (gpointer) "/home/alice/V*");
  g_hash_table_insert (folders, (gpointer) "XDG_PICTURES_DIR", (gpointer) "/home/alice/Bilder");
  moor_rule_user_set_linux_variables (user, folders);
  assert_null (g_hash_table_lookup (user->variables, "XDG_MUSIC_DIR"));
  assert_null (g_hash_table_lookup (user->variables, "CSIDL_PLAYLISTS"));
  assert_null (g_hash_table_lookup (user->variables, "CSIDL_MYVIDEO"));
  assert_string_equal (g_hash_table_lookup (user->variables, "XDG_PICTURES_DIR"),
                       "/home/alice/Bilder");
}

static void
test_a_persons_file_on_a_windows_system_is_the_persons_in_any_case (void **state)
{
  System system = { .root = NULL };
#define NAMED(setting) \
  ENVIRONMENT (VARIABLE ("A", "<script>MigXmlHelper.GetStringContent(\"Ini\",\"c:\\users\\ALICE\\" \
                              "app.ini|Main[" setting "]\")</script>")) \
  ROLE (RULES ("", INCLUDE (FILES ("%A%\\* [*]"))))

  system_open (&system, MOOR_PATHS_WINDOWS);
  moor_rule_host_set_variable (system.host, "SYSTEMDRIVE", "C:");
  moor_rule_host_add_drive (system.host, MOOR_DRIVE_FIXED, "/C:");
  moor_rule_host_add_user (system.host, "alice", "/C:/Users/alice");
  system_write (&system, "C:/Users/alice/app.ini",
                "[Main]\nOwn=C:\\USERS\\alice\\mail\nSystem=C:\\Windows\n");
  assert_reaches (&system, NAMED ("Own"), "include system C:\\USERS\\alice\\mail\\* [*]\n", FALSE);
  assert_reaches (&system, NAMED ("System"), "", TRUE);
  system_close (&system);
#undef NAMED
}

/* ---- which home a place is in ---- */

static void
test_a_home_inside_another_is_looked_into_through_its_own_descriptor (void **state)
{
  const System *system = *state;
  MoorRuleUser *outer = g_ptr_array_index (system->host->users, 0);
  MoorRuleUser *inner = moor_rule_host_add_user (system->host, "carol", "/home/alice/carol");
  g_autofree char *elsewhere = g_build_filename (system->root, "volume", NULL);
  g_autofree char *home = g_build_filename (system->root, "home/alice", NULL);

  system_write (system, "/volume/settings", "");
  outer->home_dfd = open (home, O_PATH | O_DIRECTORY | O_CLOEXEC);
  inner->home_dfd = open (elsewhere, O_PATH | O_DIRECTORY | O_CLOEXEC);
  assert_true (outer->home_dfd >= 0 && inner->home_dfd >= 0);
  assert_reaches (system,
                  ENVIRONMENT (VARIABLE ("A", SET (FILES ("/home/alice/carol [settings]"))))
                      ROLE (RULES ("", INCLUDE (FILES ("%A% [*]")))),
                  "include system /home/alice/carol/settings [*]\n", FALSE);
  moor_fd_close (outer->home_dfd);
  moor_fd_close (inner->home_dfd);
  outer->home_dfd = -1;
  inner->home_dfd = -1;
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_a_persons_file_names_places_of_the_own_home_only, setup,
                                     teardown),
    cmocka_unit_test_setup_teardown (test_a_file_that_anybody_may_write_names_no_place, setup,
                                     teardown),
    cmocka_unit_test_setup_teardown (
        test_a_variable_from_a_persons_file_names_places_of_the_own_home_only, setup, teardown),
    cmocka_unit_test_setup_teardown (test_a_persons_file_moves_nothing_out_of_the_home, setup,
                                     teardown),
    cmocka_unit_test_setup_teardown (test_a_command_takes_no_word_from_a_persons_file, setup,
                                     teardown),
    cmocka_unit_test_setup_teardown (
        test_a_chosen_folder_is_named_by_patterns_as_it_is_or_not_at_all, setup, teardown),
    cmocka_unit_test (test_a_persons_file_on_a_windows_system_is_the_persons_in_any_case),
    cmocka_unit_test_setup_teardown (
        test_a_home_inside_another_is_looked_into_through_its_own_descriptor, setup, teardown),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
