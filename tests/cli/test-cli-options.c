/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "cli-test.h"
#include "moor-error.h"

/* What the command line promises before any work is done. */

static const char *const verbs[][3] = {
  { "--help" },
  { "profiles", "--help" },
  { "estimate", "--help" },
  { "capture", "--help" },
  { "explain", "--help" },
  { "verify", "--help" },
  { "set-aside", "--help" },
  { "restore", "--help" },
  { "undo", "--help" },
  { "rollback", "--help" },
  { "accept", "--help" },
  { "lint", "--help" },
  { "store", "--help" },
  { "store", "list", "--help" },
  { "store", "show", "--help" },
  { "store", "delete", "--help" },
};

static void
assert_lines_fit (const char *text)
{
  g_auto(GStrv) lines = g_strsplit (text, "\n", -1);

  for (char **line = lines; *line != NULL; line++)
    {
      if (g_utf8_strlen (*line, -1) > 80)
        fail_msg ("longer than 80 columns: %s", *line);
    }
}

static void
test_help_of_every_verb_fits_and_goes_to_stdout (void **state)
{
  for (gsize i = 0; i < G_N_ELEMENTS (verbs); i++)
    {
      g_auto(CliRun) run = cli_test_run (verbs[i][0], verbs[i][1], verbs[i][2], NULL);

      cli_test_expect (&run, MOOR_EXIT_COMPLETE);
      cli_test_has (run.out, "Usage:");
      assert_string_equal (run.err, "");
      assert_lines_fit (run.out);
    }
}

static void
test_version_names_the_licence (void **state)
{
  g_auto(CliRun) run = cli_test_run ("--version", NULL);

  cli_test_expect (&run, MOOR_EXIT_COMPLETE);
  assert_true (g_str_has_prefix (run.out, "mooring "));
  cli_test_has (run.out, "GNU GPL version 3 or later");
  assert_string_equal (run.err, "");
}

typedef struct
{
  const char *arguments[6];
  const char *said;
} Mistake;

static const Mistake mistakes[] = {
  { { "frobnicate" }, "“frobnicate” is not a command" },
  { { "wipe" }, "“wipe” is not a command" },
  { { "--frobnicate" }, "--frobnicate" },
  { { "store" }, "A command is missing" },
  { { "store", "frobnicate" }, "“frobnicate” is not a command" },
  { { "profiles", "--frobnicate" }, "--frobnicate" },
  { { "estimate", "--frobnicate" }, "--frobnicate" },
  { { "capture", "--store", "/x", "--frobnicate" }, "--frobnicate" },
  { { "verify", "--store", "/x", "--frobnicate" }, "--frobnicate" },
  { { "set-aside", "--frobnicate" }, "--frobnicate" },
  { { "restore", "--frobnicate" }, "--frobnicate" },
  { { "undo", "--frobnicate" }, "--frobnicate" },
  { { "rollback", "--frobnicate" }, "--frobnicate" },
  { { "accept", "--frobnicate" }, "--frobnicate" },
  { { "store", "list", "--frobnicate" }, "--frobnicate" },
  { { "store", "delete", "/x", "--frobnicate" }, "--frobnicate" },
  { { "capture" }, "--store is missing" },
  { { "capture", "--store" }, "--store" },
  { { "capture", "--store", "" }, "--store needs a path" },
  { { "capture", "--store", "/x", "surplus" }, "“surplus” is one argument too many" },
  { { "capture", "--store", "/x", "--method", "magic" }, "link, reflink, copy" },
  { { "capture", "--store", "/x", "--threads", "many" }, "--threads needs a number" },
  { { "estimate", "--used-within", "-3" }, "--used-within needs a number" },
  { { "capture", "--store", "/x", "--efs", "magic" }, "copyraw" },
  { { "explain" }, "PATH is missing" },
  { { "set-aside", "--store", "/x" }, "--root is missing" },
  { { "rollback", "--store", "/x" }, "--root is missing" },
  { { "restore", "--store", "/x", "--conflict", "fight" }, "rules, keep-both, keep-old, keep-new" },
  { { "verify", "--store", "/x", "--report", "report.pdf" }, ".html, .csv or .json" },
  { { "store", "show" }, "DIR is missing" },
  { { "store", "show", "/a", "/b" }, "“/b” is one argument too many" },
};

static void
test_mistakes_go_to_stderr_and_end_with_two (void **state)
{
  for (gsize i = 0; i < G_N_ELEMENTS (mistakes); i++)
    {
      const char *const *at = mistakes[i].arguments;
      g_auto(CliRun) run = cli_test_run (at[0], at[1], at[2], at[3], at[4], NULL);

      cli_test_expect (&run, MOOR_EXIT_USAGE);
      assert_string_equal (run.out, "");
      assert_true (g_str_has_prefix (run.err, "mooring: "));
      cli_test_has (run.err, mistakes[i].said);
    }
}

static void
test_unknown_command_lists_what_there_is (void **state)
{
  g_auto(CliRun) run = cli_test_run ("frobnicate", NULL);

  cli_test_has (run.err, "capture");
  cli_test_has (run.err, "set-aside");
  cli_test_has (run.err, "store");
}

static void
test_mistakes_are_told_as_json_too (void **state)
{
  g_auto(CliRun) run = cli_test_run ("capture", "--json", "--frobnicate", NULL);
  g_autoptr(JsonObject) last = cli_test_last_event (&run);

  cli_test_expect (&run, MOOR_EXIT_USAGE);
  assert_int_equal (json_object_get_int_member (last, "exit"), MOOR_EXIT_USAGE);
  cli_test_has (json_object_get_string_member (last, "message"), "--frobnicate");
}

static void
test_a_hostile_argument_cannot_write_to_the_terminal (void **state)
{
  g_auto(CliRun) run = cli_test_run ("capture", "--store", "/x", "a\x1b]0;title\a\n\xff", NULL);

  cli_test_expect (&run, MOOR_EXIT_USAGE);
  cli_test_lacks (run.err, "\x1b");
  cli_test_has (run.err, "\\x1b]0;title\\x07\\x0a");
}

static void
test_two_dashes_end_the_options (void **state)
{
  g_auto(CliRun) run = cli_test_run ("store", "show", "--", "--no-such-store", NULL);

  cli_test_expect (&run, MOOR_EXIT_STORE_UNUSABLE);
  cli_test_has (run.err, "--no-such-store");
}

static void
test_a_log_that_cannot_be_written_stops_before_anything (void **state)
{
  g_auto(CliRun) run = cli_test_run ("--log", "/no/such/folder/log", "store", "list", NULL);

  cli_test_expect (&run, MOOR_EXIT_FAILED);
  cli_test_has (run.err, "/no/such/folder/log");
  assert_string_equal (run.out, "");
}

static void
test_a_plain_locale_gets_plain_signs (void **state)
{
  g_autofree char *before = g_strdup (g_getenv ("LC_ALL"));

  assert_true (g_setenv ("LC_ALL", "C", TRUE));
  {
    g_auto(CliRun) run = cli_test_run ("frobnicate", NULL);

    cli_test_has (run.err, "\"frobnicate\" is not a command");
  }
  if (before != NULL)
    assert_true (g_setenv ("LC_ALL", before, TRUE));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_help_of_every_verb_fits_and_goes_to_stdout),
    cmocka_unit_test (test_version_names_the_licence),
    cmocka_unit_test (test_mistakes_go_to_stderr_and_end_with_two),
    cmocka_unit_test (test_unknown_command_lists_what_there_is),
    cmocka_unit_test (test_mistakes_are_told_as_json_too),
    cmocka_unit_test (test_a_hostile_argument_cannot_write_to_the_terminal),
    cmocka_unit_test (test_two_dashes_end_the_options),
    cmocka_unit_test (test_a_log_that_cannot_be_written_stops_before_anything),
    cmocka_unit_test (test_a_plain_locale_gets_plain_signs),
  };

  return cmocka_run_group_tests_name ("cli/options", tests, NULL, NULL);
}
