/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "moor-report-usmt-log.h"
#include "moor-report-usmt-progress.h"
#include "moor-test.h"

/* USMT's logs, as those read them who know nothing of Mooring. */

typedef struct
{
  MoorUsmtRun *run;
  GOutputStream *log_stream;
  GOutputStream *progress_stream;
  MoorReportUsmtLog *log;
  MoorReportUsmtProgress *progress;
} Fixture;

static const char *const arguments[] = {
  "C:\\State Store", "/hardlink", "/nocompress", "/c", "/v:5", NULL
};

static MoorUsmtUser *
add_user (MoorUsmtRun *run, const char *login, gboolean chosen)
{
  MoorUsmtUser *user = moor_usmt_user_new (login, "PC1", 1000);

  user->by_default = user->can_be_taken = TRUE;
  user->chosen = chosen;
  g_ptr_array_add (run->users, user);
  return user;
}

static int
setup (void **state)
{
  Fixture *fixture = g_new0 (Fixture, 1);

  fixture->run = moor_usmt_run_new (MOOR_USMT_SCANSTATE, arguments);
  assert_true (moor_usmt_command_parse (fixture->run->command, NULL));
  assert_true (moor_usmt_command_check (fixture->run->command, NULL));
  g_free (fixture->run->computer);
  fixture->run->computer = g_strdup ("PC1");
  add_user (fixture->run, "alice", TRUE)->n_bytes = 3 << 20;
  add_user (fixture->run, "bob the builder", FALSE);
  fixture->log_stream = g_memory_output_stream_new_resizable ();
  fixture->progress_stream = g_memory_output_stream_new_resizable ();
  fixture->log = moor_report_usmt_log_new (fixture->log_stream, "9.9");
  fixture->progress = moor_report_usmt_progress_new (fixture->progress_stream, "9.9");
  moor_usmt_run_subscribe (fixture->run, moor_report_usmt_log_notice, fixture->log);
  moor_usmt_run_subscribe (fixture->run, moor_report_usmt_progress_notice, fixture->progress);
  *state = fixture;
  return 0;
}

static int
teardown (void **state)
{
  Fixture *fixture = *state;

  moor_report_usmt_log_free (fixture->log);
  moor_report_usmt_progress_free (fixture->progress);
  g_object_unref (fixture->log_stream);
  g_object_unref (fixture->progress_stream);
  moor_usmt_run_free (fixture->run);
  g_free (fixture);
  return 0;
}

static void
tell (const Fixture *fixture, MoorUsmtNotice notice)
{
  notice.run = fixture->run;
  moor_report_usmt_log_notice (&notice, fixture->log);
  moor_report_usmt_progress_notice (&notice, fixture->progress);
}

static char *
text_of (GOutputStream *stream)
{
  GMemoryOutputStream *memory = G_MEMORY_OUTPUT_STREAM (stream);

  return g_strndup (g_memory_output_stream_get_data (memory),
                    g_memory_output_stream_get_data_size (memory));
}

static void
assert_has (const char *text, const char *part)
{
  if (strstr (text, part) == NULL)
    fail_msg ("“%s” is not in “%s”", part, text);
}

static void
assert_log_has (const Fixture *fixture, const char *part)
{
  g_autofree char *text = text_of (fixture->log_stream);

  assert_has (text, part);
}

/* A field of the last line of the progress log, as ZTIUserState.wsf finds it. */
static char *
field (const Fixture *fixture, guint index)
{
  g_autofree char *text = g_strchomp (text_of (fixture->progress_stream));
  const char *line = strrchr (text, '\n') != NULL ? strrchr (text, '\n') + 1 : text;
  g_auto(GStrv) fields = g_strsplit (line, ",", -1);

  assert_true (g_strv_length (fields) >= 5);
  return g_strdup (g_strstrip (fields[index]));
}

static void
assert_fields (const Fixture *fixture, const char *key, const char *value)
{
  g_autofree char *found_key = field (fixture, 3);
  g_autofree char *found_value = field (fixture, 4);

  assert_string_equal (found_key, key);
  assert_string_equal (found_value, value);
}

static void
assert_matches (const char *pattern, const char *text)
{
  if (!g_regex_match_simple (pattern, text, 0, 0))
    fail_msg ("“%s” does not fit %s", text, pattern);
}

static void
test_every_line_of_the_main_log_has_its_layout (void **state)
{
  const Fixture *fixture = *state;
  g_autofree char *text = NULL;
  g_auto(GStrv) lines = NULL;

  tell (fixture, (MoorUsmtNotice){ .kind = MOOR_USMT_NOTICE_BEGIN });
  tell (fixture, (MoorUsmtNotice){ .kind = MOOR_USMT_NOTICE_SYSTEM });
  tell (fixture, (MoorUsmtNotice){ .kind = MOOR_USMT_NOTICE_PHASE, .phase = "Scanning" });
  tell (fixture, (MoorUsmtNotice){ .kind = MOOR_USMT_NOTICE_SIZE, .n_bytes = 3 << 20 });
  tell (fixture, (MoorUsmtNotice){ .kind = MOOR_USMT_NOTICE_END });
  text = text_of (fixture->log_stream);
  lines = g_strsplit (g_strchomp (text), "\n", -1);
  for (char **line = lines; *line != NULL; line++)
    assert_matches ("^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d, "
                    "(Info   |Warning|Error  |Status ) {15}\\[0x[0-9a-f]{6}\\] .",
                    *line);
}

static void
test_the_usual_lines_come_in_their_order (void **state)
{
  static const char *const order[] = { "USMT Started at 2",
                                       "Command line: scanstate \"C:\\State Store\" /hardlink",
                                       "Activity: 'MIGACTIVITY_COMMAND_LINE_PROCESSING'",
                                       "Computer name: PC1",
                                       "User: PC1\\alice (migrated)",
                                       "Script file specified: /mig/MigUser.xml",
                                       "Activity: 'MIGACTIVITY_DISCOVER'",
                                       "Examining the system to discover migration units",
                                       "PC1\\alice approximate size (files only): 3 MB",
                                       "Success.",
                                       "USMT Completed at 2",
                                       "ScanState return code: 0",
                                       "USMT ERROR SUMMARY",
                                       "No error in migration process is recorded." };
  const Fixture *fixture = *state;
  g_autofree char *text = NULL;
  const char *at;

  g_ptr_array_add (fixture->run->rule_files, g_strdup ("/mig/MigUser.xml"));
  tell (fixture, (MoorUsmtNotice){ .kind = MOOR_USMT_NOTICE_BEGIN });
  tell (fixture, (MoorUsmtNotice){ .kind = MOOR_USMT_NOTICE_SYSTEM });
  tell (fixture, (MoorUsmtNotice){ .kind = MOOR_USMT_NOTICE_PHASE, .phase = "Scanning" });
  tell (fixture, (MoorUsmtNotice){ .kind = MOOR_USMT_NOTICE_SIZE, .n_bytes = 3 << 20 });
  tell (fixture, (MoorUsmtNotice){ .kind = MOOR_USMT_NOTICE_END });
  at = text = text_of (fixture->log_stream);
  for (guint i = 0; i < G_N_ELEMENTS (order); i++)
    {
      assert_has (at, order[i]);
      at = strstr (at, order[i]);
    }
}

static void
test_errors_are_counted_by_their_number (void **state)
{
  const Fixture *fixture = *state;
  MoorUsmtProblem *problem = g_new0 (MoorUsmtProblem, 1);
  g_autoptr(MoorIssue) issue = moor_issue_new (MOOR_SEVERITY_ERROR, MOOR_CAUSE_NO_SPACE,
                                                "/home/alice/a\n.iso", "alice", 0, "left out");

  tell (fixture, (MoorUsmtNotice){ .kind = MOOR_USMT_NOTICE_ISSUE, .issue = issue });
  *problem = (MoorUsmtProblem){ 112, 2, TRUE, g_strdup ("Write error") };
  g_ptr_array_add (fixture->run->problems, problem);
  fixture->run->code = MOOR_USMT_UNABLE_DOMIGRATION;
  fixture->run->message = g_strdup ("The volume is full");
  tell (fixture, (MoorUsmtNotice){ .kind = MOOR_USMT_NOTICE_END });
  assert_log_has (fixture, "Error                 [0x0803ba] /home/alice/a\\x0a.iso: ");
  assert_log_has (fixture, "Error 112.[gle=0x00000070]");
  assert_log_has (fixture, "|   Error Code | Caused Abort | Recurrence | First Occurence");
  assert_log_has (fixture, "|          112 |          Yes |          2 | Write error");
  assert_log_has (fixture, "Failed.");
  assert_log_has (fixture, "The volume is full");
}

static void
test_a_wrong_command_line_is_marked_in_the_log (void **state)
{
  const Fixture *fixture = *state;

  fixture->run->command->culprit = 3;
  fixture->run->code = MOOR_USMT_INVALID_PARAMETERS;
  tell (fixture, (MoorUsmtNotice){ .kind = MOOR_USMT_NOTICE_END });
  assert_log_has (fixture, "/nocompress ##ERROR## --> /c /v:5");
}

static void
test_verbosity_decides_what_is_in_the_log (void **state)
{
  const Fixture *fixture = *state;
  g_autofree char *text = NULL;

  fixture->run->command->verbosity = 0;
  tell (
      fixture,
      (MoorUsmtNotice){ .kind = MOOR_USMT_NOTICE_LOG, .level = MOOR_LOG_INFO, .text = "a detail" });
  tell (fixture, (MoorUsmtNotice){ .kind = MOOR_USMT_NOTICE_PHASE, .phase = "Saving" });
  tell (fixture, (MoorUsmtNotice){ .kind = MOOR_USMT_NOTICE_LOG,
                                   .level = MOOR_LOG_WARNING,
                                   .text = "take care" });
  text = text_of (fixture->log_stream);
  assert_null (strstr (text, "a detail"));
  assert_null (strstr (text, "Activity"));
  assert_has (text, "Warning               [0x000000] take care");
}

static void
test_progress_lines_have_date_time_offset_and_elapsed (void **state)
{
  const Fixture *fixture = *state;
  g_autofree char *text = NULL;

  tell (fixture, (MoorUsmtNotice){ .kind = MOOR_USMT_NOTICE_BEGIN });
  text = text_of (fixture->progress_stream);
  assert_matches ("^\\d\\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \\d{4}, "
                  "\\d\\d:\\d\\d:\\d\\d [+-]\\d\\d:\\d\\d, \\d\\d:\\d\\d:\\d\\d, "
                  "program, ScanState.exe, productVersion, 9.9, computerName, PC1, commandLine, "
                  "\"scanstate \"\"C:\\\\State Store\"\" /hardlink /nocompress /c /v:5\"\n$",
                  text);
}

static void
test_progress_is_read_by_splitting_at_commas (void **state)
{
  const Fixture *fixture = *state;
  const MoorUsmtUser *alice = g_ptr_array_index (fixture->run->users, 0);
  g_autoptr(MoorIssue) issue = moor_issue_new (MOOR_SEVERITY_ERROR, MOOR_CAUSE_PERMISSION,
                                                "/home/alice/a, b", "alice", 0, "left out");

  tell (fixture, (MoorUsmtNotice){ .kind = MOOR_USMT_NOTICE_PHASE, .phase = "Saving" });
  assert_fields (fixture, "PHASE", "Saving");
  tell (fixture, (MoorUsmtNotice){ .kind = MOOR_USMT_NOTICE_USER, .user = alice });
  assert_fields (fixture, "collectingUser", "PC1\\alice");
  tell (fixture, (MoorUsmtNotice){ .kind = MOOR_USMT_NOTICE_SIZE, .n_bytes = 3 << 19 });
  assert_fields (fixture, "totalSizeInMBToTransfer", "1.50");
  tell (fixture,
        (MoorUsmtNotice){ .kind = MOOR_USMT_NOTICE_PROGRESS, .percent = 48, .minutes = -1 });
  assert_fields (fixture, "totalPercentageCompleted", "48");
  tell (fixture,
        (MoorUsmtNotice){ .kind = MOOR_USMT_NOTICE_PROGRESS, .percent = 49, .minutes = 3 });
  assert_fields (fixture, "totalMinutesRemaining", "3");
  tell (fixture, (MoorUsmtNotice){ .kind = MOOR_USMT_NOTICE_ISSUE, .issue = issue, .flag = TRUE });
  assert_fields (fixture, "error", "UnableToOpen");
  {
    g_autofree char *text = text_of (fixture->progress_stream);

    assert_has (text, "error, UnableToOpen, objectName, \"/home/alice/a, b\", action, Abort, "
                      "errorCode, 5, message, \"");
  }
}

static void
test_people_and_components_are_listed (void **state)
{
  const Fixture *fixture = *state;
  const MoorUsmtUser *alice = g_ptr_array_index (fixture->run->users, 0);
  g_autofree char *text = NULL;

  tell (fixture, (MoorUsmtNotice){ .kind = MOOR_USMT_NOTICE_SYSTEM });
  tell (fixture, (MoorUsmtNotice){ .kind = MOOR_USMT_NOTICE_COMPONENT,
                                   .text = "My Pictures",
                                   .user = alice,
                                   .flag = TRUE });
  tell (fixture, (MoorUsmtNotice){ .kind = MOOR_USMT_NOTICE_COMPONENT, .text = "Printers" });
  text = text_of (fixture->progress_stream);
  assert_has (text, ", detectedUser, PC1\\alice, includedInMigration, Yes\n");
  assert_has (text, ", detectedUser, \"PC1\\bob the builder\", includedInMigration, No\n");
  assert_has (text, ", forUser, PC1\\alice, detectedComponent, \"My Pictures\", "
                    "includedInMigration, Yes\n");
  assert_has (text, ", forUser, \"This Computer\", detectedComponent, Printers, "
                    "includedInMigration, No\n");
}

static void
test_a_successful_run_ends_as_others_look_for_it (void **state)
{
  const Fixture *fixture = *state;
  g_autofree char *text = NULL;

  tell (fixture, (MoorUsmtNotice){ .kind = MOOR_USMT_NOTICE_END });
  text = text_of (fixture->progress_stream);
  assert_has (text, "PercentageCompleted, 100\n");
  assert_true (g_str_has_suffix (
      text, "errorCode, 0, numberOfIgnoredErrors, 0, message, \"Successful run\"\n"));
}

static void
test_a_failed_run_tells_its_code_and_no_100_percent (void **state)
{
  const Fixture *fixture = *state;
  g_autofree char *text = NULL;

  fixture->run->code = MOOR_USMT_INVALID_STORE_LOCATION;
  fixture->run->message = g_strdup ("There is a store");
  tell (fixture, (MoorUsmtNotice){ .kind = MOOR_USMT_NOTICE_END });
  text = text_of (fixture->progress_stream);
  assert_null (strstr (text, "PercentageCompleted"));
  assert_true (g_str_has_suffix (
      text, "errorCode, 27, numberOfIgnoredErrors, 0, message, \"There is a store\"\n"));
}

static void
test_what_cannot_be_written_is_told_at_the_end (void **state)
{
  const Fixture *fixture = *state;

  assert_true (g_output_stream_close (fixture->progress_stream, NULL, NULL));
  assert_true (g_output_stream_close (fixture->log_stream, NULL, NULL));
  tell (fixture, (MoorUsmtNotice){ .kind = MOOR_USMT_NOTICE_BEGIN });
  assert_false (moor_report_usmt_progress_finish (fixture->progress, NULL));
  assert_false (moor_report_usmt_log_finish (fixture->log, NULL));
}

#define usmt_test(function) cmocka_unit_test_setup_teardown (function, setup, teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    usmt_test (test_every_line_of_the_main_log_has_its_layout),
    usmt_test (test_the_usual_lines_come_in_their_order),
    usmt_test (test_errors_are_counted_by_their_number),
    usmt_test (test_a_wrong_command_line_is_marked_in_the_log),
    usmt_test (test_verbosity_decides_what_is_in_the_log),
    usmt_test (test_progress_lines_have_date_time_offset_and_elapsed),
    usmt_test (test_progress_is_read_by_splitting_at_commas),
    usmt_test (test_people_and_components_are_listed),
    usmt_test (test_a_successful_run_ends_as_others_look_for_it),
    usmt_test (test_a_failed_run_tells_its_code_and_no_100_percent),
    usmt_test (test_what_cannot_be_written_is_told_at_the_end),
  };

  return cmocka_run_group_tests_name ("report/usmt", tests, NULL, NULL);
}
