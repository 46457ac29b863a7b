/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-test.h"

#include "moor-event.h"

#include <string.h>

static MoorEvent *
round_trip (const MoorEvent *event)
{
  g_autofree char *line = moor_event_to_json (event);
  g_autoptr(GError) error = NULL;
  MoorEvent *back;

  assert_null (strchr (line, '\n'));
  assert_true (g_utf8_validate (line, -1, NULL));
  back = moor_event_from_json (line, &error);
  assert_no_gerror (error);
  assert_non_null (back);
  assert_int_equal (back->kind, event->kind);
  assert_int_equal (back->time_us, event->time_us);
  assert_string_equal (back->operation, "capture");
  return back;
}

static void
test_a_phase_keeps_everything (void **state)
{
  const MoorEvent event = { .kind = MOOR_EVENT_PHASE,
                            .time_us = G_GINT64_CONSTANT (1700000000123456),
                            .operation = (char *) "capture",
                            .phase = (char *) "link",
                            .state = (char *) "started",
                            .phase_index = 1,
                            .n_phases = 3,
                            .total_objects = G_GUINT64_CONSTANT (5000000000) };
  g_autoptr(MoorEvent) back = round_trip (&event);

  assert_string_equal (back->phase, "link");
  assert_string_equal (back->state, "started");
  assert_int_equal (back->phase_index, 1);
  assert_int_equal (back->n_phases, 3);
  assert_true (back->total_objects == event.total_objects);
}

static void
test_progress_keeps_everything (void **state)
{
  const MoorEvent event = { .kind = MOOR_EVENT_PROGRESS,
                            .operation = (char *) "capture",
                            .phase = (char *) "link",
                            .done_objects = 7,
                            .total_objects = 9,
                            .done_bytes = G_GUINT64_CONSTANT (1) << 60,
                            .total_bytes = G_GUINT64_CONSTANT (1) << 61,
                            .fraction = 0.25,
                            .rate = 1234.5,
                            .low_s = 1.5,
                            .high_s = 2.5 };
  g_autoptr(MoorEvent) back = round_trip (&event);

  assert_true (back->done_objects == 7 && back->total_objects == 9);
  assert_true (back->done_bytes == event.done_bytes && back->total_bytes == event.total_bytes);
  assert_true (back->fraction == 0.25 && back->rate == 1234.5);
  assert_true (back->low_s == 1.5 && back->high_s == 2.5);
}

static void
test_unknown_progress_stays_unknown (void **state)
{
  const MoorEvent event = { .kind = MOOR_EVENT_PROGRESS,
                            .operation = (char *) "capture",
                            .fraction = -1,
                            .low_s = -1,
                            .high_s = -1 };
  g_autoptr(MoorEvent) back = round_trip (&event);

  assert_true (back->fraction < 0 && back->low_s < 0 && back->high_s < 0);
  assert_null (back->phase);
}

static void
test_a_profile_and_a_job_keep_everything (void **state)
{
  const MoorEvent profile = { .kind = MOOR_EVENT_PROFILE,
                              .operation = (char *) "capture",
                              .profile = (char *) "alice",
                              .state = (char *) "working",
                              .done_objects = 3,
                              .done_bytes = 4 };
  const MoorEvent job = { .kind = MOOR_EVENT_JOB,
                          .operation = (char *) "capture",
                          .state = (char *) "started" };
  g_autoptr(MoorEvent) back = round_trip (&profile);
  g_autoptr(MoorEvent) other = round_trip (&job);

  assert_string_equal (back->profile, "alice");
  assert_string_equal (back->state, "working");
  assert_true (back->done_objects == 3 && back->done_bytes == 4);
  assert_string_equal (other->state, "started");
}

static void
test_an_issue_keeps_everything (void **state)
{
  g_autoptr(MoorIssue) issue = moor_issue_new (MOOR_SEVERITY_WARNING, MOOR_CAUSE_IMMUTABLE,
                                                "/home/alice/a\n\xff"
                                                "b",
                                                "alice", 1, "copied");
  const MoorEvent event = { .kind = MOOR_EVENT_ISSUE,
                            .operation = (char *) "capture",
                            .issue = issue };
  g_autoptr(MoorEvent) back = round_trip (&event);

  assert_int_equal (back->issue->severity, MOOR_SEVERITY_WARNING);
  assert_int_equal (back->issue->cause, MOOR_CAUSE_IMMUTABLE);
  assert_string_equal (back->issue->profile, "alice");
  assert_string_equal (back->issue->action, "copied");
  assert_int_equal (back->issue->errnum, 1);
  assert_string_equal (back->issue->path, "/home/alice/a\\x0a\\xffb");
}

static void
test_a_log_line_and_a_result_keep_everything (void **state)
{
  g_autoptr(JsonObject) result = json_object_new ();
  const MoorEvent log = { .kind = MOOR_EVENT_LOG,
                          .operation = (char *) "capture",
                          .level = MOOR_LOG_WARNING,
                          .message = (char *) "beware" };
  const MoorEvent end = { .kind = MOOR_EVENT_RESULT,
                          .operation = (char *) "capture",
                          .exit_code = 3,
                          .message = (char *) "Complete with exceptions",
                          .result = result };
  g_autoptr(MoorEvent) line = round_trip (&log);
  g_autoptr(MoorEvent) back = NULL;

  json_object_set_int_member (result, "objects", 12);
  back = round_trip (&end);
  assert_int_equal (line->level, MOOR_LOG_WARNING);
  assert_string_equal (line->message, "beware");
  assert_int_equal (back->exit_code, 3);
  assert_string_equal (back->message, "Complete with exceptions");
  assert_int_equal (json_object_get_int_member (back->result, "objects"), 12);
}

/* Names of files and of people end up in messages; a front end has to be able to
 * read the line whatever they are. */
static void
test_hostile_strings_make_a_readable_line (void **state)
{
  static const char *const hostile[] = { "a\nb\rc",     "\xff\xfe", "\"},{\"event\":\"result\"",
                                         "\x01\x1b[2J", "\\x41",    "\xed\xa0\x80",
                                         "\xc3",        "" };

  for (gsize i = 0; i < G_N_ELEMENTS (hostile); i++)
    {
      g_autoptr(MoorIssue) issue = moor_issue_new (MOOR_SEVERITY_ERROR, MOOR_CAUSE_OTHER,
                                                    hostile[i], hostile[i], 5, hostile[i]);
      const MoorEvent log = { .kind = MOOR_EVENT_LOG,
                              .operation = (char *) "capture",
                              .message = (char *) hostile[i],
                              .profile = (char *) hostile[i] };
      const MoorEvent event = { .kind = MOOR_EVENT_ISSUE,
                                .operation = (char *) "capture",
                                .issue = issue };
      g_autoptr(MoorEvent) line = round_trip (&log);
      g_autoptr(MoorEvent) back = round_trip (&event);

      assert_int_equal (back->issue->errnum, 5);
      assert_non_null (line->message);
    }
}

static void
test_what_is_no_event_is_refused (void **state)
{
  static const char *const lines[] = { "",
                                       "nonsense",
                                       "[]",
                                       "5",
                                       "null",
                                       "{}",
                                       "{\"event\":5}",
                                       "{\"event\":[\"log\"]}",
                                       "{\"event\":\"unheard-of\"}",
                                       "{\"event\":\"log\"" };

  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(MoorEvent) event = moor_event_from_json (lines[i], &error);

      if (event != NULL)
        fail_msg ("“%s” was taken for an event", lines[i]);
      assert_non_null (error);
    }
}

/* The other end of a pipe may be anybody: wrong types and numbers are survived. */
static void
test_members_of_wrong_types_are_survived (void **state)
{
  static const char *const kinds[] = { "job",   "phase", "progress", "profile",
                                       "issue", "log",   "result" };
  static const char *const values[] = { "5",  "-5", "1.5",   "true", "null",
                                        "[]", "{}", "\"x\"", "1e308" };

  for (gsize i = 0; i < G_N_ELEMENTS (kinds) * G_N_ELEMENTS (values); i++)
    {
      const char *value = values[i / G_N_ELEMENTS (kinds)];
      g_autoptr(GString) line = g_string_new (NULL);
      g_autoptr(MoorEvent) event = NULL;
      static const char *const members[] = { "operation",  "phase",        "state",  "profile",
                                             "message",    "index",        "phases", "done",
                                             "total",      "fraction",     "rate",   "exit",
                                             "severity",   "cause",        "path",   "errno",
                                             "action",     "level",        "result", "time-us",
                                             "done-bytes", "remaining-low" };

      g_string_append_printf (line, "{\"event\":\"%s\"", kinds[i % G_N_ELEMENTS (kinds)]);
      for (gsize j = 0; j < G_N_ELEMENTS (members); j++)
        g_string_append_printf (line, ",\"%s\":%s", members[j], value);
      g_string_append_c (line, '}');
      event = moor_event_from_json (line->str, NULL);
      assert_non_null (event);
      if (event->kind == MOOR_EVENT_ISSUE)
        assert_true (event->issue != NULL && event->issue->path != NULL);
    }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_a_phase_keeps_everything),
    cmocka_unit_test (test_progress_keeps_everything),
    cmocka_unit_test (test_unknown_progress_stays_unknown),
    cmocka_unit_test (test_a_profile_and_a_job_keep_everything),
    cmocka_unit_test (test_an_issue_keeps_everything),
    cmocka_unit_test (test_a_log_line_and_a_result_keep_everything),
    cmocka_unit_test (test_hostile_strings_make_a_readable_line),
    cmocka_unit_test (test_what_is_no_event_is_refused),
    cmocka_unit_test (test_members_of_wrong_types_are_survived),
  };

  return cmocka_run_group_tests_name ("core/event", tests, NULL, NULL);
}
