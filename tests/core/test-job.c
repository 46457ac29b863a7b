/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-test.h"

#include "moor-job.h"

#include <string.h>

static const MoorPhase phases[] = { { "scan", 1 }, { "link", 8 }, { "seal", 1 } };

/* What a front end would have seen. */
typedef struct
{
  GPtrArray *events; /* (element-type MoorEvent) (owned) */
  gint n_inside;     /* (atomic) */
  gboolean two_at_once;
} Seen;

static void
seen_cb (const MoorEvent *event, gpointer user_data)
{
  Seen *seen = user_data;

  if (g_atomic_int_add (&seen->n_inside, 1) != 0)
    seen->two_at_once = TRUE;
  g_ptr_array_add (seen->events, moor_event_copy (event));
  (void) g_atomic_int_add (&seen->n_inside, -1);
}

static int
setup (void **state)
{
  Seen *seen = g_new0 (Seen, 1);

  seen->events = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_event_free);
  *state = seen;
  return 0;
}

static int
teardown (void **state)
{
  Seen *seen = *state;

  g_ptr_array_unref (seen->events);
  g_free (seen);
  return 0;
}

static const MoorEvent *
last (const Seen *seen, MoorEventKind kind)
{
  for (guint i = seen->events->len; i > 0; i--)
    {
      const MoorEvent *event = g_ptr_array_index (seen->events, i - 1);

      if (event->kind == kind)
        return event;
    }
  return NULL;
}

static void
assert_fraction_never_falls (const Seen *seen)
{
  double fraction = 0;

  for (guint i = 0; i < seen->events->len; i++)
    {
      const MoorEvent *event = g_ptr_array_index (seen->events, i);

      if (event->kind != MOOR_EVENT_PROGRESS || event->fraction < 0)
        continue;
      assert_true (event->fraction >= fraction && event->fraction <= 1);
      fraction = event->fraction;
    }
}

static void
test_phases_are_told_in_order (void **state)
{
  Seen *seen = *state;
  g_autoptr(MoorJob) job = moor_job_new ("capture", NULL, seen_cb, seen);
  g_autoptr(GString) told = g_string_new (NULL);

  moor_job_set_phases (job, phases, G_N_ELEMENTS (phases));
  for (gsize i = 0; i < G_N_ELEMENTS (phases); i++)
    {
      moor_job_begin_phase (job, phases[i].id, 10, 0);
      moor_job_end_phase (job);
    }
  assert_int_equal (moor_job_conclude (job, NULL, NULL), MOOR_EXIT_COMPLETE);

  for (guint i = 0; i < seen->events->len; i++)
    {
      const MoorEvent *event = g_ptr_array_index (seen->events, i);

      if (event->kind == MOOR_EVENT_PHASE)
        g_string_append_printf (told, "%s %u %s,", event->phase, event->phase_index, event->state);
      assert_string_equal (event->operation, "capture");
      assert_true (event->time_us > 0);
    }
  assert_string_equal (told->str, "scan 0 started,scan 0 done,link 1 started,link 1 done,"
                                  "seal 2 started,seal 2 done,");
  assert_int_equal (((MoorEvent *) g_ptr_array_index (seen->events, 0))->kind, MOOR_EVENT_JOB);
  assert_int_equal (last (seen, MOOR_EVENT_RESULT)->exit_code, 0);
}

static gpointer
add_many (gpointer user_data)
{
  for (guint i = 0; i < 2000; i++)
    {
      moor_job_add (user_data, 1, 10);
      if (i % 500 == 0)
        {
          moor_job_issue (user_data, MOOR_SEVERITY_NOTE, MOOR_CAUSE_VANISHED, "/x", NULL, 0, "y");
          moor_job_log (user_data, MOOR_LOG_INFO, "line %u", i);
          g_usleep (30 * 1000);
        }
    }
  return NULL;
}

static void
test_workers_add_up_and_events_come_one_at_a_time (void **state)
{
  Seen *seen = *state;
  g_autoptr(MoorJob) job = moor_job_new ("capture", NULL, seen_cb, seen);
  GThread *threads[4];

  moor_job_set_phases (job, phases, G_N_ELEMENTS (phases));
  moor_job_begin_phase (job, "link", 8000, 80000);
  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("adder", add_many, job);
  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  moor_job_end_phase (job);

  assert_false (seen->two_at_once);
  assert_fraction_never_falls (seen);
  assert_true (last (seen, MOOR_EVENT_PROGRESS)->done_objects == 8000);
  assert_true (last (seen, MOOR_EVENT_PROGRESS)->done_bytes == 80000);
  assert_int_equal (moor_job_get_n_exceptions (job), 0);
}

/* An estimate that was too low, and phases that start at nothing again. */
static void
test_the_fraction_never_falls (void **state)
{
  Seen *seen = *state;
  g_autoptr(MoorJob) job = moor_job_new ("capture", NULL, seen_cb, seen);

  moor_job_set_phases (job, phases, G_N_ELEMENTS (phases));
  moor_job_begin_phase (job, "scan", 0, 0);
  moor_job_end_phase (job);
  moor_job_begin_phase (job, "link", 10, 0);
  moor_job_add (job, 100, 0);
  moor_job_end_phase (job);
  moor_job_begin_phase (job, "link", 1000, 0);
  g_usleep (110 * 1000);
  moor_job_add (job, 1, 0);
  moor_job_end_phase (job);
  moor_job_begin_phase (job, "seal", 0, 0);
  moor_job_end_phase (job);
  assert_fraction_never_falls (seen);
  assert_true (last (seen, MOOR_EVENT_PROGRESS)->fraction >= 0.9);
}

static void
test_an_exception_changes_the_outcome_and_a_note_does_not (void **state)
{
  g_autoptr(MoorJob) quiet = moor_job_new ("capture", NULL, NULL, NULL);
  g_autoptr(MoorJob) job = moor_job_new ("capture", NULL, NULL, NULL);
  g_autoptr(JsonObject) result = json_object_new ();
  g_autoptr(JsonArray) causes = NULL;

  moor_job_issue (quiet, MOOR_SEVERITY_NOTE, MOOR_CAUSE_VANISHED, "/a", NULL, 0, "left out");
  assert_int_equal (moor_job_conclude (quiet, NULL, NULL), MOOR_EXIT_COMPLETE);

  moor_job_issue (job, MOOR_SEVERITY_ERROR, MOOR_CAUSE_READ_ERROR, "/a", "alice", 5, "left out");
  moor_job_issue (job, MOOR_SEVERITY_ERROR, MOOR_CAUSE_READ_ERROR, "/b", "alice", 5, "left out");
  assert_int_equal (moor_job_conclude (job, NULL, result), MOOR_EXIT_EXCEPTIONS);
  assert_int_equal (json_object_get_int_member (result, "exit"), MOOR_EXIT_EXCEPTIONS);

  causes = moor_job_causes_to_json (job);
  assert_int_equal (json_array_get_length (causes), 1);
  assert_int_equal (json_object_get_int_member (json_array_get_object_element (causes, 0), "count"),
                    2);
  assert_string_equal (
      json_object_get_string_member (json_array_get_object_element (causes, 0), "example"), "/a");
}

static void
test_many_issues_are_all_counted (void **state)
{
  g_autoptr(MoorJob) job = moor_job_new ("capture", NULL, NULL, NULL);
  g_autoptr(GPtrArray) kept = NULL;

  for (guint i = 0; i < 12000; i++)
    moor_job_issue (job, MOOR_SEVERITY_ERROR, MOOR_CAUSE_OTHER, "/x", NULL, 0, "y");
  kept = moor_job_dup_issues (job);
  assert_int_equal (moor_job_get_n_exceptions (job), 12000);
  assert_int_equal (kept->len, 10001);
  assert_string_equal (((MoorIssue *) g_ptr_array_index (kept, 10000))->action,
                       "2,000 more are counted, but not listed");
  assert_int_equal (((MoorIssue *) g_ptr_array_index (kept, 10000))->severity, MOOR_SEVERITY_ERROR);
}

static void
test_a_log_that_is_too_long_says_what_is_missing (void **state)
{
  g_autoptr(MoorJob) job = moor_job_new ("capture", NULL, NULL, NULL);
  g_autofree char *long_line = g_strnfill (64 * 1024, 'x');
  g_autofree char *whole = NULL;
  g_autofree char *cut = NULL;

  moor_job_log (job, MOOR_LOG_INFO, "%s", long_line);
  whole = moor_job_dup_log (job);
  assert_null (strstr (whole, "more lines"));
  for (guint i = 0; i < 100; i++)
    moor_job_log (job, MOOR_LOG_INFO, "%s", long_line);
  cut = moor_job_dup_log (job);
  assert_true (g_str_has_suffix (cut, " more lines were too many to be kept\n"));
}

static void
test_a_cancelled_job_says_so (void **state)
{
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(MoorJob) job = moor_job_new ("capture", cancellable, NULL, NULL);
  g_autoptr(GError) error = NULL;

  assert_true (moor_job_check (job, NULL));
  g_cancellable_cancel (cancellable);
  assert_false (moor_job_check (job, &error));
  assert_gerror (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  assert_int_equal (moor_job_conclude (job, error, NULL), MOOR_EXIT_CANCELLED);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_phases_are_told_in_order, setup, teardown),
    cmocka_unit_test_setup_teardown (test_workers_add_up_and_events_come_one_at_a_time, setup,
                                     teardown),
    cmocka_unit_test_setup_teardown (test_the_fraction_never_falls, setup, teardown),
    cmocka_unit_test (test_an_exception_changes_the_outcome_and_a_note_does_not),
    cmocka_unit_test (test_many_issues_are_all_counted),
    cmocka_unit_test (test_a_log_that_is_too_long_says_what_is_missing),
    cmocka_unit_test (test_a_cancelled_job_says_so),
  };

  return cmocka_run_group_tests_name ("core/job", tests, NULL, NULL);
}
