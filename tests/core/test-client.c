/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-test.h"

#include "moor-client.h"

/* Jobs of a front end: told of in small portions, in the caller's own main loop,
 * and ended once. */

#define N_FLOOD 200000

typedef struct
{
  GMainLoop *loop;
  GThread *owner;
  guint n_deliveries;
  guint64 n_issues;
  guint64 n_log_lines;
  guint64 n_log_dropped;
  guint64 last_done;
  gboolean in_other_thread;
  gboolean ended;
  gboolean told_after_end;
  MoorExit exit_code;
  JsonObject *result;
  GError *error;
} Heard;

static MoorExit
flooding_runner (JsonObject *request,
                 GCancellable *cancellable,
                 MoorEventFunc sink,
                 gpointer sink_data,
                 gpointer runner_data,
                 JsonObject **out_result,
                 GError **error)
{
  g_autoptr(MoorIssue) issue = moor_issue_new (MOOR_SEVERITY_WARNING, MOOR_CAUSE_OTHER_VOLUME,
                                                "/home/alice/file", "alice", 0, "copied");

  for (guint64 i = 1; i <= N_FLOOD; i++)
    {
      MoorEvent told = { .kind = MOOR_EVENT_ISSUE, .issue = issue };
      MoorEvent log = { .kind = MOOR_EVENT_LOG, .message = (char *) "a line" };
      MoorEvent progress = { .kind = MOOR_EVENT_PROGRESS, .done_objects = i };

      sink (&told, sink_data);
      sink (&log, sink_data);
      sink (&progress, sink_data);
    }
  *out_result = json_object_new ();
  json_object_set_int_member (*out_result, "objects", N_FLOOD);
  return MOOR_EXIT_EXCEPTIONS;
}

/* Runs until it is cancelled. */
static MoorExit
patient_runner (JsonObject *request,
                GCancellable *cancellable,
                MoorEventFunc sink,
                gpointer sink_data,
                gpointer runner_data,
                JsonObject **out_result,
                GError **error)
{
  while (!g_cancellable_set_error_if_cancelled (cancellable, error))
    g_usleep (1000);
  return MOOR_EXIT_CANCELLED;
}

static void
news_cb (const MoorNews *news, gpointer user_data)
{
  Heard *heard = user_data;

  heard->n_deliveries++;
  heard->in_other_thread = heard->in_other_thread || g_thread_self () != heard->owner;
  heard->told_after_end = heard->told_after_end || heard->ended;
  for (guint i = 0; i < news->troubles->len; i++)
    heard->n_issues += ((const MoorTrouble *) g_ptr_array_index (news->troubles, i))->n;
  heard->n_log_lines += news->log->length;
  heard->n_log_dropped += news->n_log_dropped;
  if (news->progress != NULL)
    heard->last_done = news->progress->done_objects;
}

static void
ended_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Heard *heard = user_data;

  heard->ended = TRUE;
  heard->exit_code = moor_client_run_finish (MOOR_CLIENT (source), result, &heard->result,
                                             &heard->error);
  g_main_loop_quit (heard->loop);
}

static void
heard_clear (Heard *heard)
{
  g_clear_pointer (&heard->result, json_object_unref);
  g_clear_error (&heard->error);
  g_main_loop_unref (heard->loop);
}

static void
run (MoorRunner runner, GCancellable *cancellable, Heard *heard)
{
  g_autoptr(MoorClient) client = moor_client_new_with_runner (runner, NULL, NULL);

  heard->loop = g_main_loop_new (NULL, FALSE);
  heard->owner = g_thread_self ();
  moor_client_run_async (client, moor_request_new ("capture", "/", NULL), news_cb, heard, NULL,
                         cancellable, ended_cb, heard);
  g_main_loop_run (heard->loop);
}

static void
test_a_flood_arrives_counted_and_in_few_portions (void **state)
{
  Heard heard = { 0 };
  gint64 started_us = g_get_monotonic_time ();
  guint most;

  run (flooding_runner, NULL, &heard);
  most = (guint) ((g_get_monotonic_time () - started_us) / (100 * 1000)) + 2;
  assert_true (heard.n_deliveries >= 1);
  assert_true (heard.n_deliveries <= most);
  assert_int_equal (heard.n_issues, N_FLOOD);
  assert_int_equal (heard.n_log_lines + heard.n_log_dropped, N_FLOOD);
  assert_true (heard.n_log_lines <= 1000 * (guint64) heard.n_deliveries);
  assert_int_equal (heard.last_done, N_FLOOD);
  heard_clear (&heard);
}

static void
test_the_end_comes_after_all_news_in_the_owners_thread (void **state)
{
  Heard heard = { 0 };

  run (flooding_runner, NULL, &heard);
  assert_true (heard.ended);
  assert_false (heard.told_after_end);
  assert_false (heard.in_other_thread);
  assert_int_equal (heard.exit_code, MOOR_EXIT_EXCEPTIONS);
  assert_int_equal (json_object_get_int_member (heard.result, "objects"), N_FLOOD);
  heard_clear (&heard);
}

static gboolean
cancel_cb (gpointer cancellable)
{
  g_cancellable_cancel (cancellable);
  return G_SOURCE_REMOVE;
}

static void
test_cancelling_ends_a_job_by_its_callback (void **state)
{
  Heard heard = { 0 };
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();

  g_timeout_add (50, cancel_cb, cancellable);
  run (patient_runner, cancellable, &heard);
  assert_int_equal (heard.exit_code, MOOR_EXIT_CANCELLED);
  assert_gerror (heard.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  heard_clear (&heard);
}

static void
count_end_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  (void) moor_client_run_finish (MOOR_CLIENT (source), result, NULL, NULL);
  (*(guint *) user_data)++;
}

static void
test_twenty_long_jobs_run_at_once (void **state)
{
  g_autoptr(MoorClient) client = moor_client_new_with_runner (patient_runner, NULL, NULL);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  guint n_ended = 0;

  for (guint i = 0; i < 20; i++)
    moor_client_run_async (client, moor_request_new ("verify", "/", NULL), NULL, NULL, NULL,
                           cancellable, count_end_cb, &n_ended);
  g_timeout_add (50, cancel_cb, cancellable);
  while (n_ended < 20)
    g_main_context_iteration (NULL, TRUE);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_a_flood_arrives_counted_and_in_few_portions),
    cmocka_unit_test (test_the_end_comes_after_all_news_in_the_owners_thread),
    cmocka_unit_test (test_cancelling_ends_a_job_by_its_callback),
    cmocka_unit_test (test_twenty_long_jobs_run_at_once),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
