/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-gtk-test.h"

#include <time.h>

#include "moor-log-view.h"

/* The promise that the window never freezes: while an engine floods it with a
 * million events of each kind, no turn of the main loop takes more than 100 ms. */

#define MAX_TURN_US (100 * 1000)
#define MAX_TURN_WALL_US (10 * MAX_TURN_US)
#define N_EVENTS 1000000

#define WINDOW GTK_WIDGET (test->window)

/* The longest turn, by the processor's clock: on a busy machine the wall's clock
 * counts other programs in.  Waiting would not show there, so the wall's clock is
 * watched too, with a wide margin. */
typedef struct
{
  gint64 woken_us;
  gint64 woken_cpu_us;
  gint64 longest_us;
  gint64 longest_cpu_us;
  GPollFunc poll;
} Watch;

static Watch watch;

static gint64
cpu_time_us (void)
{
  struct timespec now;

  (void) clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
  return (gint64) now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

/* The loop is busy from when poll returns until it polls again. */
static gint
watching_poll (GPollFD *fds, guint n_fds, gint timeout_ms)
{
  gint64 now_us = g_get_monotonic_time ();
  gint n;

  if (watch.woken_us != 0)
    {
      watch.longest_us = MAX (watch.longest_us, now_us - watch.woken_us);
      watch.longest_cpu_us = MAX (watch.longest_cpu_us, cpu_time_us () - watch.woken_cpu_us);
    }
  n = watch.poll (fds, n_fds, timeout_ms);
  watch.woken_us = g_get_monotonic_time ();
  watch.woken_cpu_us = cpu_time_us ();
  return n;
}

static void
start_watch (void)
{
  watch = (Watch){ .poll = g_main_context_get_poll_func (NULL) };
  g_main_context_set_poll_func (NULL, watching_poll);
}

static void
stop_watch (const char *what)
{
  g_main_context_set_poll_func (NULL, watch.poll);
  print_message ("longest turn, %s: %d ms (%d ms by the wall)\n", what,
                 (int) (watch.longest_cpu_us / 1000), (int) (watch.longest_us / 1000));
  assert_true (watch.longest_cpu_us < MAX_TURN_US);
  assert_true (watch.longest_us < MAX_TURN_WALL_US);
}

static void
run_flood (MoorGtkTest *test, const char *page)
{
  GtkWidget *stack;

  test->fake->flood = N_EVENTS;
  moor_gtk_open (test);
  moor_gtk_wait (moor_gtk_enabled (test, "capture") && moor_gtk_shows (WINDOW, "stay where"));
  moor_gtk_activate (test, "capture", NULL);
  stack = gtk_widget_get_ancestor (
      moor_gtk_find (GTK_WIDGET (test->window->run_view), GTK_TYPE_LIST_BOX, NULL), GTK_TYPE_STACK);
  gtk_stack_set_visible_child_name (GTK_STACK (stack), page);
  moor_gtk_settle (500);

  start_watch ();
  while (!moor_gtk_finished (test))
    moor_gtk_iterate ();
  stop_watch (page);
  moor_gtk_picture (test, page);
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
  stop_watch ("50,000 differences");
}

/* The name in the last row of a folder. */
static char *
dup_last_name (GtkTreeView *view, const char *path_text)
{
  GtkTreeModel *model = gtk_tree_view_get_model (view);
  GtkTreeIter parent;
  GtkTreeIter last;
  char *name = NULL;
  int n = 0;

  if (gtk_tree_model_get_iter_from_string (model, &parent, path_text))
    n = gtk_tree_model_iter_n_children (model, &parent);
  if (n > 0 && gtk_tree_model_iter_nth_child (model, &last, &parent, n - 1))
    gtk_tree_model_get (model, &last, 0, &name, -1);
  return name;
}

static gboolean
ends_with (GtkTreeView *view, const char *path_text, const char *expected)
{
  g_autofree char *name = dup_last_name (view, path_text);

  return g_strcmp0 (name, expected) == 0;
}

static void
expand (GtkTreeView *view, const char *path_text)
{
  g_autoptr(GtkTreePath) path = gtk_tree_path_new_from_string (path_text);

  (void) gtk_tree_view_expand_row (view, path, FALSE);
}

/* 20,000 files of the store, and 5,333 that it does not know. */
static void
test_what_is_too_much_for_a_folder_is_counted (void **state)
{
  MoorGtkTest *test = *state;
  GtkWidget *only;
  GtkTreeView *view;

  test->fake->n_differences = 80000;
  test->fake->n_children = 20000;
  moor_gtk_open (test);
  moor_gtk_activate (test, "show-place", "check");
  moor_gtk_wait (moor_gtk_enabled (test, "check"));
  moor_gtk_activate (test, "check", NULL);
  moor_gtk_wait (moor_gtk_finished (test));
  moor_gtk_activate (test, "run-show-check", NULL);
  moor_gtk_wait ((only = moor_gtk_find (WINDOW, GTK_TYPE_CHECK_BUTTON, "Only")) != NULL
                 && gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (only)));
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (only), FALSE);
  view = GTK_TREE_VIEW (moor_gtk_find (WINDOW, GTK_TYPE_TREE_VIEW, NULL));
  expand (view, "0");
  moor_gtk_wait (!ends_with (view, "0", "Reading…"));
  expand (view, "0:0");
  moor_gtk_wait (ends_with (view, "0:0", "… and 15,333 more"));
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
    window_test (test_what_is_too_much_for_a_folder_is_counted),
  };

  if (!gtk_init_check (&argc, &argv))
    {
      print_message ("1..0 # SKIP no display\n");
      return 77;
    }
  return cmocka_run_group_tests (tests, NULL, NULL);
}
