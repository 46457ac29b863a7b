/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "moor-report-file.h"
#include "moor-report-html.h"
#include "moor-report-json.h"
#include "moor-report-log.h"
#include "moor-report-table.h"
#include "moor-report-terminal.h"
#include "moor-report-text.h"
#include "moor-test.h"

static void
assert_contains (const char *text, const char *part)
{
  assert_non_null (text);
  if (strstr (text, part) == NULL)
    fail_msg ("“%s” is not in “%s”", part, text);
}

static void
assert_lacks (const char *text, const char *part)
{
  if (strstr (text, part) != NULL)
    fail_msg ("“%s” is in “%s”", part, text);
}

static JsonObject *
parse (const char *text)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) node = json_from_string (text, &error);

  assert_no_gerror (error);
  return json_node_dup_object (node);
}

static JsonObject *
request_for (const char *operation)
{
  JsonObject *request = json_object_new ();

  json_object_set_string_member (request, "operation", operation);
  json_object_set_string_member (request, "root", "/mnt/old");
  json_object_set_string_member (request, "store", "/mnt/old/a store");
  return request;
}

static char *
text_of (const char *operation, const char *json)
{
  g_autoptr(JsonObject) request = request_for (operation);
  g_autoptr(JsonObject) result = parse (json);

  return moor_report_text (request, result);
}

static MoorEvent
progress_at (guint64 done, guint64 total, double fraction)
{
  MoorEvent event = { .kind = MOOR_EVENT_PROGRESS };

  event.operation = (char *) "capture";
  event.phase = (char *) "link";
  event.done_objects = done;
  event.total_objects = total;
  event.fraction = fraction;
  event.rate = 45000;
  event.low_s = 9;
  event.high_s = 12;
  return event;
}

static void
test_progress_has_no_number_in_the_first_seconds (void **state)
{
  const MoorEvent event = progress_at (1200, 50000, 0.1);
  g_autofree char *line = moor_report_progress_line (&event, 2.9, 80);

  assert_string_equal (line, "Linking…");
}

static void
test_progress_tells_done_rate_elapsed_and_a_range (void **state)
{
  const MoorEvent event = progress_at (12345, 50000, 0.24);
  g_autofree char *line = moor_report_progress_line (&event, 65, 120);

  assert_string_equal (line, "Linking  12,345 of 50,000  24 %  45,000/s  1:05  9–12 s left");
}

static void
test_progress_never_says_more_than_everything (void **state)
{
  const MoorEvent event = progress_at (60000, 50000, 1.7);
  g_autofree char *line = moor_report_progress_line (&event, 4000, 120);

  assert_contains (line, "50,000 of 50,000");
  assert_contains (line, "99 %");
  assert_contains (line, "1:06:40");
  assert_contains (line, "finishing");
  assert_lacks (line, "left");
}

static void
test_progress_fits_the_terminal (void **state)
{
  const MoorEvent event = progress_at (12345, 50000, 0.24);

  for (guint width = 0; width < 80; width++)
    {
      g_autofree char *line = moor_report_progress_line (&event, 10, width);

      assert_true (moor_text_width (line) < MAX (width, 1));
    }
}

static void
test_terminal_rewrites_one_line_and_clears_it (void **state)
{
  g_autoptr(GOutputStream) stream = g_memory_output_stream_new_resizable ();
  g_autoptr(MoorReportTerminal) report = moor_report_terminal_new (stream, TRUE, FALSE);
  const MoorEvent event = progress_at (1, 2, 0.5);
  g_autofree char *written = NULL;

  moor_report_terminal_event (&event, report);
  moor_report_terminal_draw (report, 80);
  moor_report_terminal_draw (report, 80);
  moor_report_terminal_clear (report);
  assert_true (g_output_stream_write_all (stream, "", 1, NULL, NULL, NULL));
  written = g_strdup (g_memory_output_stream_get_data (G_MEMORY_OUTPUT_STREAM (stream)));
  assert_lacks (written, "\n");
  assert_true (g_str_has_suffix (written, "\r        \r") || g_str_has_suffix (written, " \r"));
}

static void
test_json_lines_are_one_object_each (void **state)
{
  g_autoptr(GOutputStream) stream = g_memory_output_stream_new_resizable ();
  g_autoptr(MoorReportJson) report = moor_report_json_new (stream);
  g_autoptr(MoorIssue) issue = moor_issue_new (MOOR_SEVERITY_WARNING, MOOR_CAUSE_IMMUTABLE,
                                                "/home/a/new\nline\xff", "a", 0, "copied");
  const MoorEvent first = { .kind = MOOR_EVENT_ISSUE,
                            .operation = (char *) "capture",
                            .issue = issue };
  const MoorEvent last = { .kind = MOOR_EVENT_RESULT,
                           .operation = (char *) "capture",
                           .message = (char *) "broken \xff byte" };
  g_autoptr(GError) error = NULL;
  g_auto(GStrv) lines = NULL;

  moor_report_json_event (&first, report);
  moor_report_json_event (&last, report);
  assert_true (moor_report_json_finish (report, &error));
  assert_true (g_output_stream_write_all (stream, "", 1, NULL, NULL, NULL));

  lines = g_strsplit (g_memory_output_stream_get_data (G_MEMORY_OUTPUT_STREAM (stream)), "\n", -1);
  assert_int_equal (g_strv_length (lines), 3);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr(JsonObject) object = parse (lines[i]);

      assert_int_equal (json_object_get_int_member (object, "v"), 1);
    }
}

static void
test_log_escapes_paths_and_sums_up_by_cause (void **state)
{
  g_autoptr(GOutputStream) stream = g_memory_output_stream_new_resizable ();
  g_autoptr(MoorReportLog) report = moor_report_log_new (stream);
  g_autoptr(MoorIssue) issue = moor_issue_new (MOOR_SEVERITY_WARNING, MOOR_CAUSE_IMMUTABLE,
                                                "/home/a/new\nline", "a", EPERM, "copied");
  const MoorEvent event = { .kind = MOOR_EVENT_ISSUE,
                            .operation = (char *) "capture",
                            .issue = issue };
  const MoorEvent last = { .kind = MOOR_EVENT_RESULT,
                           .operation = (char *) "capture",
                           .exit_code = 3,
                           .message = (char *) "Complete with exceptions" };
  const char *written;

  moor_report_log_event (&event, report);
  moor_report_log_event (&event, report);
  moor_report_log_event (&last, report);
  assert_true (g_output_stream_write_all (stream, "", 1, NULL, NULL, NULL));
  written = g_memory_output_stream_get_data (G_MEMORY_OUTPUT_STREAM (stream));
  assert_contains (written, "/home/a/new\\x0aline");
  assert_contains (written, "summary: 2 × The file is marked immutable");
  assert_contains (written, "(exit 3)");
}

static void
test_table_aligns_and_drops_empty_columns (void **state)
{
  static const char *const titles[] = { "Name", "Empty", "Files", NULL };
  g_autoptr(MoorTable) table = moor_table_new (titles, "llr");
  g_autoptr(GString) out = g_string_new (NULL);

  moor_table_add (table, "åsa");
  moor_table_add (table, "");
  moor_table_add (table, "1");
  moor_table_add (table, "山田");
  moor_table_add (table, "");
  moor_table_add (table, "123,456");
  moor_table_write (table, "", out);
  assert_string_equal (out->str, "Name    Files\n"
                                 "åsa         1\n"
                                 "山田  123,456\n");
}

static void
test_estimate_says_what_stays_and_what_it_costs (void **state)
{
  g_autofree char *text = text_of (
      "estimate",
      "{\"profiles\":[{\"name\":\"alice\",\"full-name\":\"Alice\\u001b[31m\",\"files\":1200,"
      "\"bytes\":5000000,\"seconds-low\":1.2,\"seconds-high\":2.1,\"state\":\"ready\"}],"
      "\"totals\":{\"files\":512904,\"bytes\":84100000000,\"new-space\":38000000,\"seconds-low\":9,"
      "\"seconds-high\":12,\"copy-seconds-low\":640,\"copy-seconds-high\":660},"
      "\"excluded\":[{\"pattern\":\".cache\",\"name\":\"Caches\",\"objects\":12,\"bytes\":3000}],"
      "\"causes\":[{\"cause\":\"immutable\",\"severity\":\"warning\",\"count\":2,"
      "\"text\":\"The file is marked immutable\",\"remedy\":\"Clear it.\",\"example\":\"/home/x\"}]}");

  assert_contains (text, "512,904 files, 84.1 GB stay where they are; 38.0 MB of new space; about "
                         "9–12 s; copying would take about 10–11 min.");
  assert_contains (text, "Alice\\x1b[31m");
  assert_contains (text, "Caches");
  assert_contains (text, "2 × The file is marked immutable\n      for example /home/x");
  assert_contains (text, "Nothing was changed.");
}

static void
test_commands_that_were_not_run_are_listed (void **state)
{
  static const char answer[] =
      "{\"commands\":[{\"when\":\"pre-scan\",\"command\":\"/bin/one\\u001b[31m\",\"component\":\"T\","
      "\"run\":false,\"why\":\"commands were not allowed\"},"
      "{\"when\":\"post-scan\",\"command\":\"two\",\"component\":\"T\",\"run\":true,\"status\":3,"
      "\"why\":\"it failed\"},null]}";
  static const char *const operations[] = { "capture", "restore" };

  for (guint i = 0; i < G_N_ELEMENTS (operations); i++)
    {
      g_autofree char *text = text_of (operations[i], answer);

      assert_contains (text, "/bin/one\\x1b[31m (T, pre-scan): not run\n"
                             "      commands were not allowed\n");
      assert_contains (text, "two (T, post-scan): failed\n      it failed\n");
    }
}

static void
test_a_restore_tells_which_rules_did_not_count (void **state)
{
  g_autofree char *text = text_of (
      "restore", "{\"rules-in-store\":true,\"profiles\":[{\"name\":\"a\",\"elsewhere\":1200}],"
                 "\"rules\":[{\"file\":\"x.xml\",\"findings\":[{\"line\":4,\"column\":1,"
                 "\"level\":\"note\",\"text\":\"Drive C: means nothing.\"}]}]}");

  assert_contains (text, "--rules-from-store");
  assert_contains (text, "Rules sent 1,200 objects to other places.");
  assert_contains (text, "x.xml:4:1: note: Drive C: means nothing.");
}

static void
test_what_rules_moved_has_words_of_its_own (void **state)
{
  g_autofree char *text = text_of (
      "verify", "{\"against\":\"restored\",\"clean\":true,\"same\":1,\"renamed\":2,"
                "\"profiles\":[],\"differences\":["
                "{\"profile\":\"a\",\"path\":\"x\",\"status\":\"renamed\",\"cause\":\"moved\"},"
                "{\"profile\":\"a\",\"path\":\"y\",\"status\":\"renamed\","
                "\"cause\":\"withheld\"}]}");

  assert_contains (text, "1 × moved by a rule\n");
  assert_contains (text, "1 × left in the store by a rule\n");
  assert_null (strstr (text, "both were kept"));
}

static void
test_a_rehearsal_of_a_restore_counts_what_would_come (void **state)
{
  g_autoptr(JsonObject) request = request_for ("restore");
  g_autoptr(JsonObject) result = parse ("{\"dry-run\":true,\"profiles\":[{\"name\":\"a\","
                                         "\"files\":1200,\"bytes\":5,\"linked\":0}]}");
  g_autofree char *text = NULL;

  json_object_set_boolean_member (request, "dry-run", TRUE);
  text = moor_report_text (request, result);
  assert_contains (text, "1,200");
  assert_null (strstr (text, "Linked"));
}

static const char verification[] =
    "{\"against\":\"source\",\"clean\":false,\"blocking\":1,\"same\":10,\"equal-copy\":1,"
    "\"missing\":1,\"changed\":2,"
    "\"profiles\":[{\"name\":\"a<b\",\"before-files\":12,\"after-files\":11}],"
    "\"differences\":[{\"profile\":\"a<b\",\"path\":\"=cmd|'<script>\\\"x\\\"\",\"status\":"
    "\"missing\",\"cause\":\"missing\",\"detail\":\"\",\"kind\":\"file\",\"blocks\":true},"
    "{\"profile\":\"a<b\",\"path\":\"/home/a/1\",\"status\":\"changed\",\"cause\":\"changed\"},"
    "{\"profile\":\"a<b\",\"path\":\"/home/a/2\",\"status\":\"changed\",\"cause\":\"changed\"}]}";

static void
test_verification_groups_differences_and_tells_the_verdict (void **state)
{
  g_autofree char *text = text_of ("verify", verification);

  assert_contains (text, "1 × missing: It should be there and is not (stands in the way");
  assert_contains (text, "2 × changed: It changed since it was captured\n"
                         "      for example a<b: /home/a/1");
  assert_contains (text, "The gate is closed: 1 of them");
}

static void
test_page_escapes_hostile_names_and_fetches_nothing (void **state)
{
  g_autoptr(JsonObject) request = request_for ("verify");
  g_autoptr(JsonObject) result = parse (verification);
  g_autofree char *page = moor_report_html (request, result);

  assert_contains (page, "a&lt;b");
  assert_contains (page, "&lt;script&gt;");
  assert_lacks (page, "<script");
  assert_lacks (page, "http://");
  assert_lacks (page, "https://");
  assert_contains (page, "It should be there and is not");
}

static void
test_table_for_spreadsheets_guards_formulas (void **state)
{
  g_autoptr(JsonObject) result = parse (verification);
  g_autofree char *table = moor_report_csv (result);

  assert_true (g_str_has_prefix (table, "profile,path,kind,status,cause,detail,remedy,blocks\r\n"));
  assert_contains (table, "\"a<b\",\"'=cmd|'<script>\"\"x\"\"\",\"file\",\"missing\"");
}

static void
test_report_needs_a_name_that_says_its_format (void **state)
{
  g_autoptr(GError) error = NULL;
  MoorReportFormat format = MOOR_REPORT_HTML;

  assert_true (moor_report_format_from_path ("a.json", &format, NULL));
  assert_int_equal (format, MOOR_REPORT_JSON);
  assert_false (moor_report_format_from_path ("a.pdf", &format, &error));
  assert_int_equal (moor_exit_from_error (error), MOOR_EXIT_USAGE);
}

/* Results may come from a child process: whatever is missing or of another type
 * must not end in a crash. */
static void
test_every_answer_survives_nonsense (void **state)
{
  static const char *const operations[] = { "profiles",  "estimate", "capture",    "verify",
                                            "set-aside", "restore",  "undo",       "rollback",
                                            "accept",    "delete",   "store-list", "store-show" };
  static const char *const answers[] = {
    "{}",
    "{\"profiles\":[1,null,{}],\"totals\":[],\"causes\":\"x\",\"verification\":{},\"stores\":[{}],"
    "\"entries\":[{}],\"classes\":[null],\"saved-since\":[{},\"x\",3],\"files\":\"many\"}",
  };

  for (guint i = 0; i < G_N_ELEMENTS (operations); i++)
    {
      for (guint k = 0; k < G_N_ELEMENTS (answers); k++)
        {
          g_autofree char *text = text_of (operations[i], answers[k]);

          assert_true (strlen (text) > 0);
        }
    }
}

static void
test_a_refusal_lists_what_stands_in_the_way_and_claims_nothing (void **state)
{
  g_autofree char *answer = g_strdup_printf (
      "{\"verification\":%s,\"classes\":[{\"class\":\"data\",\"objects\":3,\"last-copies\":1}]}",
      verification);
  g_autoptr(JsonObject) request = request_for ("accept");
  g_autoptr(JsonObject) result = parse (answer);
  g_autofree char *text = moor_report_refusal_text (request, result);

  assert_contains (text, "services, databases");
  assert_contains (text, "1 × missing");
  assert_lacks (text, "accepted");
}

static void
test_a_roll_back_tells_how_many_files_are_not_listed (void **state)
{
  g_autofree char *all = text_of ("rollback", "{\"saved-since\":[\"new-system/home/a/b\"]}");
  g_autofree char *some = text_of ("rollback", "{\"saved-since\":[\"new-system/home/a/b\"],"
                                               "\"saved-since-unlisted\":12345}");

  assert_contains (all, "  new-system/home/a/b\n");
  assert_lacks (all, "more below");
  assert_contains (some, "  new-system/home/a/b\n  … and 12,345 more below the same folders\n");
}

static void
test_commands_are_quoted_for_a_shell (void **state)
{
  g_autoptr(JsonObject) request = request_for ("capture");
  g_autofree char *command = moor_report_command (request, "restore");

  assert_string_equal (command, "mooring restore --store '/mnt/old/a store' --root /mnt/old");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_progress_has_no_number_in_the_first_seconds),
    cmocka_unit_test (test_progress_tells_done_rate_elapsed_and_a_range),
    cmocka_unit_test (test_progress_never_says_more_than_everything),
    cmocka_unit_test (test_progress_fits_the_terminal),
    cmocka_unit_test (test_terminal_rewrites_one_line_and_clears_it),
    cmocka_unit_test (test_json_lines_are_one_object_each),
    cmocka_unit_test (test_log_escapes_paths_and_sums_up_by_cause),
    cmocka_unit_test (test_table_aligns_and_drops_empty_columns),
    cmocka_unit_test (test_estimate_says_what_stays_and_what_it_costs),
    cmocka_unit_test (test_commands_that_were_not_run_are_listed),
    cmocka_unit_test (test_a_restore_tells_which_rules_did_not_count),
    cmocka_unit_test (test_what_rules_moved_has_words_of_its_own),
    cmocka_unit_test (test_a_rehearsal_of_a_restore_counts_what_would_come),
    cmocka_unit_test (test_verification_groups_differences_and_tells_the_verdict),
    cmocka_unit_test (test_page_escapes_hostile_names_and_fetches_nothing),
    cmocka_unit_test (test_table_for_spreadsheets_guards_formulas),
    cmocka_unit_test (test_report_needs_a_name_that_says_its_format),
    cmocka_unit_test (test_every_answer_survives_nonsense),
    cmocka_unit_test (test_a_refusal_lists_what_stands_in_the_way_and_claims_nothing),
    cmocka_unit_test (test_a_roll_back_tells_how_many_files_are_not_listed),
    cmocka_unit_test (test_commands_are_quoted_for_a_shell),
  };

  return cmocka_run_group_tests_name ("core/report", tests, NULL, NULL);
}
