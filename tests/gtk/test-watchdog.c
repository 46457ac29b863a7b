/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-gtk-test.h"

#include "moor-log-view.h"

/* The promise that the window never freezes: while an engine floods it with a
 * million events of each kind, no turn of the main loop takes more than 100 ms. */

#define MAX_TURN_US (100 * 1000)
#define N_EVENTS 1000000

#define WINDOW GTK_WIDGET (test->window)

/* When the loop last came back from work, and the longest time it was away. */
typedef struct
{
  gint64 woken_us;
  gint64 longest_us;
  GPollFunc poll;
} Watch;

static Watch watch;

/* The loop is busy from when poll returns until it polls again. */
static gint
watching_poll (GPollFD *fds, guint n_fds, gint timeout_ms)
{
  gint64 now_us = g_get_monotonic_time ();
  gint n;

  if (watch.woken_us != 0)
    watch.longest_us = MAX (watch.longest_us, now_us - watch.woken_us);
  n = watch.poll (fds, n_fds, timeout_ms);
  watch.woken_us = g_get_monotonic_time ();
  return n;
}

static void
start_watch (void)
{
  watch = (Watch){ .poll = g_main_context_get_poll_func (NULL) };
  g_main_context_set_poll_func (NULL, watching_poll);
}

static gint64
stop_watch (void)
{
  g_main_context_set_poll_func (NULL, watch.poll);
  return watch.longest_us;
}

static void
run_flood (MoorGtkTest *test, const char *page)
{
  gint64 longest_us;

  test->fake->flood = N_EVENTS;
  moor_gtk_open (test);
  moor_gtk_wait (moor_gtk_enabled (test, "capture") && moor_gtk_shows (WINDOW, "stay where"));
  moor_gtk_activate (test, "capture", NULL);
  gtk_stack_set_visible_child_name (
      GTK_STACK (gtk_widget_get_ancestor (moor_gtk_find (WINDOW, GTK_TYPE_LIST_BOX, NULL),
                                          GTK_TYPE_STACK)),
      page);
  moor_gtk_settle (500);

  start_watch ();
  while (!moor_gtk_finished (test))
    moor_gtk_iterate ();
  longest_us = stop_watch ();

  print_message ("longest turn with “%s” on screen: %d ms\n", page, (int) (longest_us / 1000));
  moor_gtk_picture (test, page);
  assert_true (longest_us < MAX_TURN_US);
  assert_true (moor_run_get_n_troubles (test->window->run) >= N_EVENTS);
  assert_true (moor_run_get_log (test->window->run)->length <= MOOR_RUN_MAX_LOG_LINES);
}

static void
test_a_million_events_do_not_hold_up_the_people_page (void **state)
{
  run_flood (*state, "people");
}

static void
test_a_million_events_do_not_hold_up_the_problems_page (void **state)
{
  run_flood (*state, "problems");
}

static void
test_a_million_events_do_not_hold_up_the_log_and_it_stays_bounded (void **state)
{
  MoorGtkTest *test = *state;
  GtkWidget *log;

  run_flood (test, "log");
  log = moor_gtk_find (WINDOW, MOOR_TYPE_LOG_VIEW, NULL);
  assert_non_null (log);
  assert_true (moor_log_view_get_n_lines (MOOR_LOG_VIEW (log)) <= MOOR_RUN_MAX_LOG_LINES);
  assert_true (moor_log_view_get_n_lines (MOOR_LOG_VIEW (log)) > 100);
}

static void
test_fifty_thousand_differences_do_not_hold_up_the_check (void **state)
{
  MoorGtkTest *test = *state;
  GtkWidget *view;
  gint64 longest_us;

  test->fake->n_differences = 50000;
  test->fake->n_children = 20000;
  moor_gtk_open (test);
  moor_gtk_activate (test, "show-place", "check");
  moor_gtk_wait (moor_gtk_enabled (test, "check"));
  moor_gtk_activate (test, "check", NULL);
  moor_gtk_wait (moor_gtk_finished (test));
  moor_gtk_settle (500);

  start_watch ();
  moor_gtk_activate (test, "run-show-check", NULL);
  moor_gtk_wait ((view = moor_gtk_find (WINDOW, GTK_TYPE_TREE_VIEW, NULL)) != NULL);
  moor_gtk_wait (
      gtk_tree_model_iter_n_children (gtk_tree_view_get_model (GTK_TREE_VIEW (view)), NULL)
      == 50000);
  longest_us = stop_watch ();
  print_message ("longest turn with 50,000 differences: %d ms\n", (int) (longest_us / 1000));
  assert_true (longest_us < MAX_TURN_US);
}

#define window_test(f) cmocka_unit_test_setup_teardown (f, moor_gtk_setup, moor_gtk_teardown)

int
main (int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
    window_test (test_a_million_events_do_not_hold_up_the_people_page),
    window_test (test_a_million_events_do_not_hold_up_the_problems_page),
    window_test (test_a_million_events_do_not_hold_up_the_log_and_it_stays_bounded),
    window_test (test_fifty_thousand_differences_do_not_hold_up_the_check),
  };

  if (!gtk_init_check (&argc, &argv))
    {
      print_message ("1..0 # SKIP no display\n");
      return 77;
    }
  return cmocka_run_group_tests (tests, NULL, NULL);
}
