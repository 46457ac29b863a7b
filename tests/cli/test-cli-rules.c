/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli-test.h"
#include "moor-error.h"

/* Rule files from the command line. */

static const char rules_text[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<migration urlid=\"http://example.org/cli\">\n"
    "  <component type=\"Documents\" context=\"User\">\n"
    "    <displayName>Letters</displayName>\n"
    "    <role role=\"Data\"><rules context=\"User\">\n"
    "      <include><objectSet><pattern type=\"File\">%USERPROFILE%\\* [*]</pattern>"
    "</objectSet></include>\n"
    "      <exclude><objectSet><pattern type=\"File\">%USERPROFILE%\\Documents\\* [*.odt]"
    "</pattern></objectSet></exclude>\n"
    "    </rules></role>\n"
    "  </component>\n"
    "</migration>\n";

typedef struct
{
  char *dir;
  char *root;
  char *store;
  char *rules;
} Fixture;

static int
setup (void **state)
{
  static const char *const people[] = { "alice", NULL };
  Fixture *fixture = g_new0 (Fixture, 1);

  *state = fixture;
  fixture->dir = moor_test_dir_new ();
  fixture->root = g_build_filename (fixture->dir, "system", NULL);
  fixture->store = g_build_filename (fixture->root, "StateStore", NULL);
  fixture->rules = g_build_filename (fixture->dir, "rules.xml", NULL);
  cli_test_make_system (fixture->root, people);
  cli_test_fill_home (fixture->root, "alice", 1000);
  moor_test_write (fixture->dir, "rules.xml", rules_text);
  return 0;
}

static int
teardown (void **state)
{
  Fixture *fixture = *state;

  moor_test_dir_free (fixture->dir);
  g_free (fixture->root);
  g_free (fixture->store);
  g_free (fixture->rules);
  g_free (fixture);
  return 0;
}

static void
test_rules_say_what_is_captured_and_verified (void **state)
{
  const Fixture *fixture = *state;
  g_auto(CliRun) estimate = cli_test_run ("estimate", "--root", fixture->root, "--rules",
                                           fixture->rules, NULL);
  g_auto(CliRun) capture = cli_test_run ("capture", "--root", fixture->root, "--store",
                                          fixture->store, "--rules", fixture->rules, NULL);
  g_auto(CliRun) verify = cli_test_run ("verify", "--root", fixture->root, "--store",
                                         fixture->store, NULL);

  cli_test_expect (&estimate, MOOR_EXIT_COMPLETE);
  cli_test_has (estimate.out, "Left out by the rules");
  cli_test_expect (&capture, MOOR_EXIT_COMPLETE);
  assert_true (moor_test_exists (fixture->store, "rules/rules.xml"));
  cli_test_expect (&verify, MOOR_EXIT_COMPLETE);
}

static void
test_explain_names_file_line_and_component (void **state)
{
  const Fixture *fixture = *state;
  g_auto(CliRun) run = cli_test_run ("explain", "/home/alice/Documents/report.odt", "--root",
                                      fixture->root, "--rules", fixture->rules, NULL);
  g_auto(CliRun) other = cli_test_run ("explain", "/home/alice/letter.txt", "--root",
                                        fixture->root, "--rules", fixture->rules, NULL);

  cli_test_expect (&run, MOOR_EXIT_COMPLETE);
  cli_test_has (run.out, "is left out");
  cli_test_has (run.out, "rules.xml:7:");
  cli_test_has (run.out, "Letters");
  cli_test_expect (&other, MOOR_EXIT_COMPLETE);
  cli_test_has (other.out, "is taken");
}

static void
test_explain_takes_a_path_of_a_drive_as_patterns_do (void **state)
{
  Fixture *fixture = *state;
  g_auto(CliRun) run = cli_test_run ("explain", "c:\\alice\\letter.txt", "--drive", "C:=/home",
                                      "--root", fixture->root, NULL);
  g_auto(CliRun) other = cli_test_run ("explain", "D:\\alice", "--drive", "C:=/home", "--root",
                                        fixture->root, NULL);

  cli_test_expect (&run, MOOR_EXIT_COMPLETE);
  cli_test_has (run.out, "/home/alice/letter.txt");
  cli_test_expect (&other, MOOR_EXIT_USAGE);
  cli_test_has (other.err, "--drive D:=DIR");
}

static void
test_explain_knows_the_caches_too (void **state)
{
  const Fixture *fixture = *state;
  g_auto(CliRun) run = cli_test_run ("explain", "/home/alice/.cache/thumbnails/x", "--root",
                                      fixture->root, NULL);
  g_auto(CliRun) json = cli_test_run ("--json", "explain", "/home/alice/letter.txt", "--root",
                                       fixture->root, NULL);
  g_autoptr(JsonObject) last = cli_test_last_event (&json);
  JsonObject *result = json_object_get_object_member (last, "result");

  cli_test_expect (&run, MOOR_EXIT_COMPLETE);
  cli_test_has (run.out, "is left out");
  assert_true (json_object_get_boolean_member (result, "selected"));
}

static void
test_a_path_of_this_machine_is_meant_within_the_system (void **state)
{
  const Fixture *fixture = *state;
  g_autofree char *path = g_build_filename (fixture->root, "home/alice/letter.txt", NULL);
  g_auto(CliRun) run = cli_test_run ("explain", path, "--root", fixture->root, NULL);

  cli_test_expect (&run, MOOR_EXIT_COMPLETE);
  cli_test_has (run.out, "/home/alice/letter.txt is taken");
  cli_test_lacks (run.out, fixture->root);
}

static void
test_a_rule_file_that_is_not_in_order_is_refused (void **state)
{
  const Fixture *fixture = *state;
  g_autofree char *missing = g_build_filename (fixture->dir, "missing.xml", NULL);
  g_auto(CliRun) absent = cli_test_run ("capture", "--root", fixture->root, "--store",
                                         fixture->store, "--rules", missing, NULL);

  assert_int_not_equal (absent.code, MOOR_EXIT_COMPLETE);
  cli_test_has (absent.err, "missing.xml");
  moor_test_write (fixture->dir, "rules.xml", "<migration>\n<component>\n</migration>\n");
  {
    g_auto(CliRun) run = cli_test_run ("capture", "--root", fixture->root, "--store",
                                        fixture->store, "--rules", fixture->rules, NULL);

    assert_int_not_equal (run.code, MOOR_EXIT_COMPLETE);
    cli_test_has (run.err, "rules.xml:3:");
  }
  assert_false (moor_test_exists (fixture->store, ""));
}

static void
test_a_rule_file_is_no_config_and_a_drive_has_a_letter (void **state)
{
  const Fixture *fixture = *state;
  g_auto(CliRun) config = cli_test_run ("estimate", "--root", fixture->root, "--config",
                                         fixture->rules, NULL);
  g_auto(CliRun) drive = cli_test_run ("estimate", "--root", fixture->root, "--rules",
                                        fixture->rules, "--drive", "C", NULL);

  cli_test_expect (&config, MOOR_EXIT_USAGE);
  cli_test_has (config.err, "--rules");
  cli_test_expect (&drive, MOOR_EXIT_USAGE);
  cli_test_has (drive.err, "C:=DIR");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_rules_say_what_is_captured_and_verified, setup, teardown),
    cmocka_unit_test_setup_teardown (test_explain_names_file_line_and_component, setup, teardown),
    cmocka_unit_test_setup_teardown (test_explain_takes_a_path_of_a_drive_as_patterns_do, setup,
                                     teardown),
    cmocka_unit_test_setup_teardown (test_explain_knows_the_caches_too, setup, teardown),
    cmocka_unit_test_setup_teardown (test_a_path_of_this_machine_is_meant_within_the_system, setup,
                                     teardown),
    cmocka_unit_test_setup_teardown (test_a_rule_file_that_is_not_in_order_is_refused, setup,
                                     teardown),
    cmocka_unit_test_setup_teardown (test_a_rule_file_is_no_config_and_a_drive_has_a_letter, setup,
                                     teardown),
  };

  return cmocka_run_group_tests_name ("cli/rules", tests, NULL, NULL);
}
