/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli-test.h"
#include "moor-error.h"

static const char good[] =
    "<migration urlid='http://example.com/good'>\n"
    "<component type='Documents' context='User'><displayName>Papers</displayName>\n"
    "<role role='Data'><rules><include><objectSet>\n"
    "<pattern type='File'>%CSIDL_PERSONAL%\\* [*]</pattern>\n"
    "</objectSet></include></rules></role></component>\n"
    "</migration>\n";

static const char odd[] =
    "<migration urlid='http://example.com/odd'>\n"
    "<component type='Documents' context='User'><displayName>Papers</displayName>\n"
    "<role role='Data'><rules><Include><objectSet>\n"
    "<pattern type='File'>%CSIDL_PERSONAL%\\* [*]</pattern>\n"
    "</objectSet></Include></rules></role></component>\n"
    "</migration>\n";

static void
run_on (const char *content, int code, const char *said)
{
  g_autofree char *dir = moor_test_dir_new ();
  g_autofree char *path = g_build_filename (dir, "rules.xml", NULL);
  g_auto(CliRun) run = { 0 };

  moor_test_write (dir, "rules.xml", content);
  run = cli_test_run ("lint", path, NULL);
  cli_test_expect (&run, code);
  cli_test_has (run.out, said);
  assert_string_equal (run.err, "");
  moor_test_dir_free (g_steal_pointer (&dir));
}

static void
test_a_file_in_order_ends_with_zero (void **state)
{
  run_on (good, MOOR_EXIT_COMPLETE, "nothing to mend");
  run_on ("<Configuration/>", MOOR_EXIT_COMPLETE, "nothing to mend");
  run_on ("<offline><winDir><path>C:\\Windows</path></winDir></offline>", MOOR_EXIT_COMPLETE,
          "nothing to mend");
}

static void
test_notes_alone_end_with_zero (void **state)
{
  g_autofree char *text = g_strdup (good);
  char *at = strstr (text, "%CSIDL_PERSONAL%");

  memcpy (at, "C:\\Documents____", 16);
  run_on (text, MOOR_EXIT_COMPLETE, "rules.xml:4:1: note: ");
}

static void
test_warnings_end_with_three_and_tell_the_place (void **state)
{
  run_on (odd, MOOR_EXIT_EXCEPTIONS,
          "rules.xml:3:26: warning: <Include> is written <include>. Correct its capitals.\n"
          "0 files refused, 1 warning.\n");
}

static void
test_refused_files_end_with_one (void **state)
{
  run_on ("<migration>\n<component></migration>", MOOR_EXIT_FAILED, "rules.xml:2:24: error: ");
  run_on ("<html/>", MOOR_EXIT_FAILED, "rules.xml:1:1: error: The file starts with <html>");
  run_on ("", MOOR_EXIT_FAILED, "rules.xml: error: The file is empty.");
}

static void
test_every_file_is_read_even_after_one_that_cannot_be (void **state)
{
  g_autofree char *dir = moor_test_dir_new ();
  g_autofree char *path = g_build_filename (dir, "odd.xml", NULL);
  g_autofree char *missing = g_build_filename (dir, "miss\ning.xml", NULL);
  g_auto(CliRun) run = { 0 };

  moor_test_write (dir, "odd.xml", odd);
  run = cli_test_run ("lint", missing, dir, path, NULL);
  cli_test_expect (&run, MOOR_EXIT_FAILED);
  cli_test_has (run.out, "miss\\x0aing.xml: error: opening it: No such file or directory\n");
  cli_test_has (run.out, "error: opening it: Is a directory\n");
  cli_test_has (run.out, "odd.xml:3:26: warning: ");
  cli_test_has (run.out, "2 files refused, 1 warning.\n");
  moor_test_dir_free (g_steal_pointer (&dir));
}

/* A pipe that nobody writes to would be waited for, and a device has no end. */
static void
test_what_is_no_file_of_that_size_is_refused_at_once (void **state)
{
  g_autofree char *dir = moor_test_dir_new ();
  g_autofree char *fifo = g_build_filename (dir, "fifo", NULL);
  g_autofree char *large = g_build_filename (dir, "large", NULL);
  g_auto(CliRun) run = { 0 };

  moor_test_write (dir, "large", "<");
  assert_int_equal (truncate (large, 20 * 1024 * 1024), 0);
  assert_int_equal (mkfifo (fifo, 0600), 0);
  run = cli_test_run ("lint", fifo, "/dev/zero", large, NULL);
  cli_test_expect (&run, MOOR_EXIT_FAILED);
  cli_test_has (run.out, "fifo: error: It is no rule file: it is no regular file.\n");
  cli_test_has (run.out, "/dev/zero: error: It is no rule file: it is no regular file.\n");
  cli_test_has (run.out, "large: error: It is no rule file: it is too large.\n");
  moor_test_dir_free (g_steal_pointer (&dir));
}

static void
test_json_is_one_result (void **state)
{
  g_autofree char *dir = moor_test_dir_new ();
  g_autofree char *path = g_build_filename (dir, "odd.xml", NULL);
  g_autoptr(JsonObject) event = NULL;
  g_auto(CliRun) run = { 0 };
  JsonObject *result;
  JsonObject *finding;

  moor_test_write (dir, "odd.xml", odd);
  run = cli_test_run ("--json", "lint", path, NULL);
  cli_test_expect (&run, MOOR_EXIT_EXCEPTIONS);
  event = cli_test_last_event (&run);
  assert_int_equal (json_object_get_int_member (event, "exit"), MOOR_EXIT_EXCEPTIONS);
  result = json_object_get_object_member (event, "result");
  assert_int_equal (json_object_get_int_member (result, "files"), 1);
  finding = json_array_get_object_element (json_object_get_array_member (result, "findings"), 0);
  assert_string_equal (json_object_get_string_member (finding, "level"), "warning");
  assert_string_equal (json_object_get_string_member (finding, "code"), "wrong-capitals");
  assert_int_equal (json_object_get_int_member (finding, "line"), 3);
  assert_int_equal (json_object_get_int_member (finding, "column"), 26);
  moor_test_dir_free (g_steal_pointer (&dir));
}

static void
test_lint_without_files_is_a_mistake (void **state)
{
  g_auto(CliRun) run = cli_test_run ("lint", NULL);

  cli_test_expect (&run, MOOR_EXIT_USAGE);
  cli_test_has (run.err, "FILE is missing");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_a_file_in_order_ends_with_zero),
    cmocka_unit_test (test_notes_alone_end_with_zero),
    cmocka_unit_test (test_warnings_end_with_three_and_tell_the_place),
    cmocka_unit_test (test_refused_files_end_with_one),
    cmocka_unit_test (test_every_file_is_read_even_after_one_that_cannot_be),
    cmocka_unit_test (test_what_is_no_file_of_that_size_is_refused_at_once),
    cmocka_unit_test (test_json_is_one_result),
    cmocka_unit_test (test_lint_without_files_is_a_mistake),
  };

  return cmocka_run_group_tests_name ("cli/lint", tests, NULL, NULL);
}
