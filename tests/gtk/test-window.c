/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-gtk-test.h"

#include "moor-log-view.h"
#include "moor-selection.h"
#include "moor-words.h"

/* What a person sees and can do in each state of each place.  The engine is a
 * fake, so that every state is there when the test wants it. */

#define WINDOW GTK_WIDGET (test->window)

static void
test_people_are_listed_before_their_homes_are_measured (void **state)
{
  MoorGtkTest *test = *state;

  test->fake->estimate_step_ms = 150;
  moor_gtk_open (test);
  moor_gtk_wait (moor_gtk_shows (WINDOW, "Alice Anderson"));
  assert_true (moor_gtk_shows (WINDOW, "Bob Brown"));
  moor_gtk_wait (moor_gtk_shows (WINDOW, "so far"));
  moor_gtk_picture (test, "01-measuring");
  assert_false (moor_gtk_shows (WINDOW, "stay where they are"));
}

static void
test_sizes_and_time_to_link_are_shown_as_a_range (void **state)
{
  MoorGtkTest *test = *state;

  moor_gtk_open (test);
  moor_gtk_wait (moor_gtk_shows (WINDOW, "stay where they are"));
  assert_true (moor_gtk_shows (WINDOW, "412,904 files"));
  assert_true (moor_gtk_shows (WINDOW, "7–11 s to link"));
  assert_true (moor_gtk_shows (WINDOW, "under 1 s to link"));
  assert_true (moor_gtk_shows (WINDOW, "copying would take"));
  assert_true (moor_gtk_shows (WINDOW, "Needs attention"));
  assert_true (moor_gtk_shows (WINDOW, "bench-7, Debian GNU/Linux 12"));
  moor_gtk_picture (test, "02-profiles");
}

static void
test_totals_follow_who_is_chosen (void **state)
{
  MoorGtkTest *test = *state;
  g_autoptr(MoorPerson) alice = NULL;
  GListModel *people;

  moor_gtk_open (test);
  moor_gtk_wait (moor_gtk_shows (WINDOW, "512,904 files"));
  people = moor_profiles_place_get_people (test->window->profiles_place);
  alice = g_list_model_get_item (people, 0);
  moor_person_set_selected (alice, FALSE);
  assert_true (moor_gtk_shows (WINDOW, "100,000 files"));
  assert_true (moor_gtk_shows (WINDOW, "Not chosen"));
  assert_false (moor_gtk_shows (WINDOW, "7–11 s to link"));
  moor_gtk_picture (test, "07-not-chosen");
  for (guint i = 0; i < g_list_model_get_n_items (people); i++)
    {
      g_autoptr(MoorPerson) person = g_list_model_get_item (people, i);

      moor_person_set_selected (person, FALSE);
    }
  assert_true (moor_gtk_shows (WINDOW, "Choose whose files"));
  assert_false (moor_gtk_enabled (test, "capture"));
}

static void
test_what_needs_attention_is_grouped_by_cause_with_its_remedy (void **state)
{
  MoorGtkTest *test = *state;
  GtkWidget *list;

  moor_gtk_open (test);
  moor_gtk_wait (moor_gtk_shows (WINDOW, "stay where they are"));
  list = moor_gtk_find (WINDOW, GTK_TYPE_LIST_BOX, "People");
  gtk_list_box_select_row (GTK_LIST_BOX (list),
                           gtk_list_box_get_row_at_index (GTK_LIST_BOX (list), 1));
  assert_true (moor_gtk_shows (WINDOW, "another disk or partition"));
  assert_true (moor_gtk_shows (WINDOW, "it only takes more time and space"));
  assert_false (moor_gtk_shows (WINDOW, "chattr"));
  assert_true (moor_gtk_shows (WINDOW, "contract.odt"));
  moor_gtk_picture (test, "03-attention");
}

static void
test_an_empty_system_says_so (void **state)
{
  MoorGtkTest *test = *state;

  test->fake->no_people = TRUE;
  test->fake->n_stores = 0;
  moor_gtk_open (test);
  moor_gtk_wait (moor_gtk_shows (WINDOW, "Nobody lives here"));
  assert_false (moor_gtk_enabled (test, "capture"));
  moor_gtk_picture (test, "04-empty");
  moor_gtk_activate (test, "show-place", "stores");
  moor_gtk_wait (moor_gtk_shows (WINDOW, "No store yet"));
  moor_gtk_activate (test, "show-place", "check");
  moor_gtk_wait (moor_gtk_shows (WINDOW, "Nothing to check yet"));
  moor_gtk_picture (test, "05-nothing-to-check");
}

static void
test_a_system_that_cannot_be_read_offers_to_try_again (void **state)
{
  MoorGtkTest *test = *state;

  test->fake->fail = "profiles";
  moor_gtk_open (test);
  moor_gtk_wait (moor_gtk_shows (WINDOW, "no /etc/passwd. Nothing was changed."));
  moor_gtk_picture (test, "06-unreadable");
  test->fake->fail = NULL;
  moor_gtk_activate (test, "rescan", NULL);
  moor_gtk_wait (moor_gtk_shows (WINDOW, "Alice Anderson"));
}

static void
test_a_capture_shows_its_progress_and_ends_with_the_next_step (void **state)
{
  MoorGtkTest *test = *state;
  g_autoptr(JsonObject) request = NULL;

  test->fake->capture_steps = 30;
  test->fake->capture_step_ms = 60;
  moor_gtk_open (test);
  moor_gtk_wait (moor_gtk_shows (WINDOW, "stay where they are"));
  moor_gtk_activate (test, "capture", NULL);
  request = moor_fake_dup_last_request (test->fake);
  moor_gtk_wait (moor_gtk_shows (WINDOW, "items a second"));
  assert_true (moor_gtk_shows (WINDOW, "Capturing"));
  assert_true (moor_gtk_shows (WINDOW, "Linking"));
  assert_true (moor_gtk_shows (WINDOW, "Bob Brown"));
  assert_true (moor_gtk_shows (WINDOW, "Waiting"));
  assert_true (moor_gtk_shows (WINDOW, "Remaining: a moment"));
  moor_gtk_picture (test, "10-capturing");
  moor_gtk_wait (moor_gtk_finished (test));
  assert_true (moor_gtk_shows (WINDOW, "Captured"));
  assert_true (moor_gtk_shows (WINDOW, "are safe in the store"));
  assert_true (moor_gtk_shows (WINDOW, "It took "));
  assert_non_null (moor_gtk_find (WINDOW, GTK_TYPE_BUTTON, "Show the _Store"));
  moor_gtk_picture (test, "11-captured");
  moor_gtk_activate (test, "run-show-store", NULL);
  moor_gtk_wait (moor_gtk_shows (WINDOW, "Sealed: complete and safe"));
}

static void
test_no_remaining_time_is_told_in_the_first_seconds_and_a_range_after (void **state)
{
  MoorGtkTest *test = *state;

  test->fake->capture_steps = 100;
  test->fake->capture_step_ms = 50;
  moor_gtk_open (test);
  moor_gtk_wait (moor_gtk_enabled (test, "capture") && moor_gtk_shows (WINDOW, "stay where"));
  moor_gtk_activate (test, "capture", NULL);
  moor_gtk_wait (moor_gtk_shows (WINDOW, "items a second"));
  while (moor_run_get_elapsed_us (test->window->run) < 2500 * 1000)
    {
      g_autofree char *text = moor_run_dup_remaining_text (test->window->run);

      assert_string_equal (text, "a moment…");
      moor_gtk_settle (200);
    }
  moor_gtk_wait (moor_gtk_shows (WINDOW, " s") && moor_gtk_shows (WINDOW, "Remaining: ")
                 && !moor_gtk_shows (WINDOW, "Remaining: a moment"));
  assert_true (moor_gtk_shows (WINDOW, "–") || moor_gtk_shows (WINDOW, "up to"));
  moor_gtk_picture (test, "16-half-way");
  moor_gtk_wait (moor_gtk_finished (test));
}

static void
test_cancel_stops_after_the_current_file_and_can_be_resumed (void **state)
{
  MoorGtkTest *test = *state;
  g_autoptr(JsonObject) request = NULL;

  test->fake->capture_steps = 100;
  test->fake->capture_step_ms = 150;
  moor_gtk_open (test);
  moor_gtk_wait (moor_gtk_enabled (test, "capture") && moor_gtk_shows (WINDOW, "stay where"));
  moor_gtk_activate (test, "capture", NULL);
  moor_gtk_wait (moor_gtk_shows (WINDOW, "items a second"));
  moor_gtk_activate (test, "run-cancel", NULL);
  assert_true (moor_gtk_shows (WINDOW, "Stopping after the current file"));
  assert_false (moor_gtk_enabled (test, "run-cancel"));
  moor_gtk_wait (moor_gtk_finished (test));
  assert_true (moor_gtk_shows (WINDOW, "The capture was stopped"));
  assert_non_null (moor_gtk_find (WINDOW, GTK_TYPE_BUTTON, "_Keep It for Later"));
  assert_non_null (moor_gtk_find (WINDOW, GTK_TYPE_BUTTON, "_Remove It"));
  moor_gtk_picture (test, "12-cancelled");

  test->fake->capture_steps = 2;
  moor_gtk_activate (test, "run-again", NULL);
  moor_gtk_wait (moor_gtk_finished (test));
  request = moor_fake_dup_last_request (test->fake);
  assert_true (json_object_get_boolean_member (request, "resume"));
  assert_true (moor_gtk_shows (WINDOW, "Captured"));
}

static void
test_exceptions_are_named_by_cause_with_a_count_and_a_remedy (void **state)
{
  MoorGtkTest *test = *state;

  test->fake->capture_steps = 40;
  test->fake->capture_exit = MOOR_EXIT_EXCEPTIONS;
  moor_gtk_open (test);
  moor_gtk_wait (moor_gtk_enabled (test, "capture") && moor_gtk_shows (WINDOW, "stay where"));
  moor_gtk_activate (test, "capture", NULL);
  moor_gtk_wait (moor_gtk_finished (test));
  assert_true (moor_gtk_shows (WINDOW, "with exceptions"));
  assert_true (moor_gtk_shows (WINDOW, "another disk or partition"));
  assert_true (moor_gtk_shows (WINDOW, "5 items"));
  moor_gtk_picture (test, "13-exceptions");
}

static void
test_a_failed_capture_says_why_and_offers_to_try_again (void **state)
{
  MoorGtkTest *test = *state;

  test->fake->fail = "capture";
  moor_gtk_open (test);
  moor_gtk_wait (moor_gtk_enabled (test, "capture") && moor_gtk_shows (WINDOW, "stay where"));
  moor_gtk_activate (test, "capture", NULL);
  moor_gtk_wait (moor_gtk_finished (test));
  assert_true (moor_gtk_shows (WINDOW, "The capture failed"));
  assert_true (moor_gtk_shows (WINDOW, "no /etc/passwd. Nothing was changed."));
  assert_non_null (moor_gtk_find (WINDOW, GTK_TYPE_BUTTON, "_Try Again"));
  moor_gtk_picture (test, "14-failed");
}

static void
test_a_store_is_deleted_only_after_saying_what_is_lost (void **state)
{
  MoorGtkTest *test = *state;
  GtkWidget *dialog;
  GtkWidget *consent;

  test->fake->last_copies = 2304;
  moor_gtk_open (test);
  moor_gtk_activate (test, "show-place", "stores");
  moor_gtk_wait (moor_gtk_shows (WINDOW, "Sealed: complete"));
  assert_true (
      moor_gtk_shows (WINDOW, "Alice Anderson, Bob Brown and Carol Castellanos-Weatherby"));
  assert_true (moor_gtk_shows (WINDOW, "Bob Brown (bob)"));
  moor_gtk_picture (test, "20-stores");
  moor_gtk_activate (test, "store-delete", NULL);
  moor_gtk_wait (moor_gtk_dialog (test) != NULL);
  dialog = moor_gtk_dialog (test);
  assert_true (moor_gtk_shows (dialog, "2,304 files"));
  assert_true (moor_gtk_shows (dialog, "lost for ever"));
  assert_false (gtk_widget_get_sensitive (
      gtk_dialog_get_widget_for_response (GTK_DIALOG (dialog), GTK_RESPONSE_OK)));
  moor_gtk_picture (test, "21-delete");
  consent = moor_gtk_find (dialog, GTK_TYPE_CHECK_BUTTON, "nowhere else");
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (consent), TRUE);
  gtk_dialog_response (GTK_DIALOG (dialog), GTK_RESPONSE_OK);
  moor_gtk_wait (moor_gtk_finished (test));
  assert_true (moor_gtk_shows (WINDOW, "The store is deleted"));
  moor_gtk_activate (test, "run-back", NULL);
  moor_gtk_wait (moor_gtk_shows (WINDOW, "No store yet"));
}

static void
test_a_half_made_store_offers_to_resume (void **state)
{
  MoorGtkTest *test = *state;

  test->fake->state = "capturing";
  test->fake->n_stores = 3;
  moor_gtk_open (test);
  moor_gtk_activate (test, "show-place", "stores");
  moor_gtk_wait (moor_gtk_shows (WINDOW, "The capture is not finished"));
  assert_non_null (moor_gtk_find (WINDOW, GTK_TYPE_BUTTON, "Res_ume the Capture"));
  assert_false (moor_gtk_enabled (test, "store-restore"));
  moor_gtk_picture (test, "22-half-made");
}

static void
test_restore_asks_whom_and_how (void **state)
{
  MoorGtkTest *test = *state;
  g_autoptr(JsonObject) request = NULL;
  GtkWidget *dialog;
  GtkWidget *bob;

  moor_gtk_open (test);
  moor_gtk_activate (test, "show-place", "stores");
  moor_gtk_wait (moor_gtk_enabled (test, "store-restore"));
  moor_gtk_activate (test, "store-restore", NULL);
  moor_gtk_wait (moor_gtk_dialog (test) != NULL);
  dialog = moor_gtk_dialog (test);
  assert_true (moor_gtk_shows (dialog, "to /mnt/old"));
  assert_true (moor_gtk_shows (dialog, "Carol Castellanos-Weatherby (carol)"));
  moor_gtk_picture (test, "23-restore");
  bob = moor_gtk_find (dialog, GTK_TYPE_CHECK_BUTTON, "bob");
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (bob), FALSE);
  gtk_dialog_response (GTK_DIALOG (dialog), GTK_RESPONSE_OK);
  moor_gtk_wait (moor_gtk_finished (test));
  request = moor_fake_dup_last_request (test->fake);
  assert_int_equal (json_array_get_length (json_object_get_array_member (request, "users")), 2);
  assert_true (json_object_get_boolean_member (request, "create-accounts"));
  assert_string_equal (json_object_get_string_member (request, "conflict"), "rules");
  assert_true (moor_gtk_shows (WINDOW, "Restored"));
  assert_true (moor_gtk_shows (WINDOW, "The files of Alice Anderson, Bob Brown and"));
  moor_gtk_picture (test, "24-restored");
  moor_gtk_activate (test, "run-check", NULL);
  moor_gtk_wait (moor_gtk_finished (test));
  assert_int_equal (moor_fake_count (test->fake, "verify"), 1);
}

static void
check (MoorGtkTest *test)
{
  moor_gtk_open (test);
  moor_gtk_activate (test, "show-place", "check");
  moor_gtk_wait (moor_gtk_enabled (test, "check"));
  moor_gtk_activate (test, "check", NULL);
  moor_gtk_wait (moor_gtk_finished (test));
  moor_gtk_activate (test, "run-show-check", NULL);
}

static void
expand (MoorGtkTest *test, const char *path_text)
{
  GtkTreeView *view = GTK_TREE_VIEW (moor_gtk_find (WINDOW, GTK_TYPE_TREE_VIEW, NULL));
  g_autoptr(GtkTreePath) path = gtk_tree_path_new_from_string (path_text);

  (void) gtk_tree_view_expand_row (view, path, FALSE);
}

static void
select_row (MoorGtkTest *test, const char *path_text)
{
  GtkTreeView *view = GTK_TREE_VIEW (moor_gtk_find (WINDOW, GTK_TYPE_TREE_VIEW, NULL));
  g_autoptr(GtkTreePath) path = gtk_tree_path_new_from_string (path_text);

  gtk_tree_view_set_cursor (view, path, NULL, FALSE);
}

static int
count_rows (MoorGtkTest *test, const char *path_text)
{
  GtkTreeView *view = GTK_TREE_VIEW (moor_gtk_find (WINDOW, GTK_TYPE_TREE_VIEW, NULL));
  GtkTreeModel *model = gtk_tree_view_get_model (view);
  GtkTreeIter iter;

  if (path_text == NULL)
    return gtk_tree_model_iter_n_children (model, NULL);
  if (!gtk_tree_model_get_iter_from_string (model, &iter, path_text))
    return -1;
  return gtk_tree_model_iter_n_children (model, &iter);
}

static void
test_everything_came_back_is_said_in_so_many_words (void **state)
{
  MoorGtkTest *test = *state;

  check (test);
  moor_gtk_wait (moor_gtk_shows (WINDOW, "Everything came back"));
  assert_true (moor_gtk_shows (WINDOW, "412,904 files"));
  moor_gtk_wait (count_rows (test, NULL) == 3);
  expand (test, "0");
  moor_gtk_wait (count_rows (test, "0") == 4);
  expand (test, "0:0");
  moor_gtk_wait (count_rows (test, "0:0") == 12);
  select_row (test, "0:0:3");
  moor_gtk_wait (moor_gtk_shows (WINDOW, "Same file"));
  moor_gtk_picture (test, "30-everything-came-back");
}

static void
test_a_difference_shows_its_cause_and_its_remedy (void **state)
{
  MoorGtkTest *test = *state;
  g_autoptr(JsonObject) request = NULL;

  test->fake->n_differences = 40;
  check (test);
  moor_gtk_wait (moor_gtk_shows (WINDOW, "16 things did not come back"));
  moor_gtk_wait (count_rows (test, NULL) == 40);
  select_row (test, "0");
  moor_gtk_wait (moor_gtk_shows (WINDOW, "It should be there and is not"));
  assert_true (moor_gtk_shows (WINDOW, "Put it back from the store"));
  moor_gtk_picture (test, "31-differences");
  moor_gtk_activate (test, "put-back", NULL);
  moor_gtk_wait (moor_gtk_finished (test));
  request = moor_fake_dup_last_request (test->fake);
  assert_string_equal (json_object_get_string_member (request, "operation"), "restore");
  assert_string_equal (
      json_array_get_string_element (json_object_get_array_member (request, "paths"), 0),
      "Documents/letter-00000.odt");
}

static void
test_a_folder_of_thousands_is_read_in_parts (void **state)
{
  MoorGtkTest *test = *state;

  test->fake->n_children = 20000;
  check (test);
  moor_gtk_wait (moor_gtk_shows (WINDOW, "Everything came back"));
  moor_gtk_wait (count_rows (test, NULL) == 3);
  expand (test, "0");
  moor_gtk_wait (count_rows (test, "0") == 4);
  expand (test, "0:0");
  moor_gtk_wait (count_rows (test, "0:0") == 5001);
}

static void
assert_fits (MoorGtkTest *test, const char *what)
{
  int width;
  int height;

  gtk_window_resize (GTK_WINDOW (test->window), 800, 560);
  moor_gtk_settle (150);
  gtk_window_get_size (GTK_WINDOW (test->window), &width, &height);
  if (width > 800 || height > 600)
    fail_msg ("%s needs %d × %d", what, width, height);
}

static void
test_every_place_fits_on_a_small_screen (void **state)
{
  MoorGtkTest *test = *state;

  test->fake->n_differences = 40;
  test->fake->capture_steps = 40;
  test->fake->capture_exit = MOOR_EXIT_EXCEPTIONS;
  moor_gtk_open (test);
  moor_gtk_wait (moor_gtk_shows (WINDOW, "stay where"));
  assert_fits (test, "Profiles");
  moor_gtk_picture (test, "40-small-profiles");
  moor_gtk_activate (test, "show-place", "stores");
  moor_gtk_wait (moor_gtk_enabled (test, "store-restore"));
  assert_fits (test, "Stores");
  moor_gtk_picture (test, "41-small-stores");
  moor_gtk_activate (test, "capture", NULL);
  moor_gtk_wait (moor_gtk_finished (test));
  assert_fits (test, "the run view");
  moor_gtk_picture (test, "42-small-run");
  moor_gtk_activate (test, "run-back", NULL);
  moor_gtk_activate (test, "show-place", "check");
  moor_gtk_wait (moor_gtk_enabled (test, "check"));
  moor_gtk_activate (test, "check", NULL);
  moor_gtk_wait (moor_gtk_finished (test));
  moor_gtk_activate (test, "run-show-check", NULL);
  moor_gtk_wait (moor_gtk_shows (WINDOW, "It should be there and is not"));
  assert_fits (test, "Check");
  moor_gtk_picture (test, "43-small-check");
}

static void
test_the_log_is_filtered_and_searched (void **state)
{
  MoorGtkTest *test = *state;
  GtkWidget *log;
  GtkWidget *level;
  guint n_all;

  test->fake->capture_steps = 40;
  moor_gtk_open (test);
  moor_gtk_wait (moor_gtk_enabled (test, "capture") && moor_gtk_shows (WINDOW, "stay where"));
  assert_false (moor_gtk_enabled (test, "find"));
  moor_gtk_activate (test, "capture", NULL);
  moor_gtk_wait (moor_gtk_finished (test));
  moor_gtk_activate (test, "find", NULL);
  log = moor_gtk_find (WINDOW, MOOR_TYPE_LOG_VIEW, NULL);
  assert_non_null (log);
  moor_gtk_wait (moor_gtk_find (log, GTK_TYPE_SEARCH_ENTRY, NULL) != NULL);
  n_all = moor_log_view_get_n_lines (MOOR_LOG_VIEW (log));
  assert_int_equal (n_all, 41);
  gtk_entry_set_text (GTK_ENTRY (moor_gtk_find (log, GTK_TYPE_SEARCH_ENTRY, NULL)), "part-031");
  moor_gtk_settle (300);
  moor_gtk_picture (test, "15-log-search");
  gtk_entry_set_text (GTK_ENTRY (moor_gtk_find (log, GTK_TYPE_SEARCH_ENTRY, NULL)), "no such");
  moor_gtk_wait (moor_gtk_shows (log, "Not found"));
  level = moor_gtk_find (log, GTK_TYPE_COMBO_BOX_TEXT, NULL);
  gtk_combo_box_set_active (GTK_COMBO_BOX (level), MOOR_LOG_WARNING);
  assert_int_equal (moor_log_view_get_n_lines (MOOR_LOG_VIEW (log)), 5);
}

static void
test_no_cause_speaks_of_the_command_line (void **state)
{
  static const char *const commands[] = { "--", "mount -o", "chattr", "fsck", "smartctl", "sudo" };

  (void) state;
  for (guint cause = MOOR_CAUSE_NONE + 1; cause < MOOR_N_CAUSES; cause++)
    {
      const char *text = moor_word_cause ((MoorCause) cause);
      const char *remedy = moor_word_remedy ((MoorCause) cause);

      if (!g_str_has_suffix (text, ".") || !g_str_has_suffix (remedy, "."))
        fail_msg ("no full sentences: “%s” “%s”", text, remedy);
      for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
        {
          if (strstr (text, commands[i]) != NULL || strstr (remedy, commands[i]) != NULL)
            fail_msg ("words of the command line: “%s” “%s”", text, remedy);
        }
    }
}

static void
test_errors_are_told_without_options_and_with_what_helps (void **state)
{
  g_autoptr(GError) missing = NULL;
  g_autoptr(GError) busy = NULL;
  g_autofree char *missing_text = NULL;
  g_autofree char *busy_text = NULL;

  (void) state;
  (void) moor_throw (&missing, MOOR_ERROR_REFUSED,
                     "there is no account on this system for %s; say --create-accounts (locked), "
                     "or --map OLD:NEW",
                     "alice");
  missing_text = moor_words_error (missing);
  assert_string_equal (missing_text,
                       "There is no account on this system for alice. Nothing was changed.");
  (void) moor_throw (&busy, MOOR_ERROR_BUSY, "another job holds the store");
  busy_text = moor_words_error (busy);
  assert_string_equal (busy_text, "Another job holds the store. Wait until the other job has "
                                  "ended, then try again.");
}

static void
test_times_are_told_as_narrow_as_they_are_known (void **state)
{
  static const struct
  {
    double low_s;
    double high_s;
    const char *text;
  } times[] = {
    { 0.1, 0.4, "under 1 s" }, { 3.4, 7.6, "up to 8 s" },  { 7.2, 10.4, "7–11 s" },
    { 610, 705, "10–12 min" }, { 60, 300, "up to 5 min" }, { 5500, 14000, "2–4 h" },
    { 10000, 14000, "3–4 h" },
  };

  (void) state;
  for (guint i = 0; i < G_N_ELEMENTS (times); i++)
    {
      g_autofree char *text = moor_words_duration (times[i].low_s, times[i].high_s);

      assert_string_equal (text, times[i].text);
    }
}

#define window_test(f) cmocka_unit_test_setup_teardown (f, moor_gtk_setup, moor_gtk_teardown)

int
main (int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
    window_test (test_people_are_listed_before_their_homes_are_measured),
    window_test (test_sizes_and_time_to_link_are_shown_as_a_range),
    window_test (test_totals_follow_who_is_chosen),
    window_test (test_what_needs_attention_is_grouped_by_cause_with_its_remedy),
    window_test (test_an_empty_system_says_so),
    window_test (test_a_system_that_cannot_be_read_offers_to_try_again),
    window_test (test_a_capture_shows_its_progress_and_ends_with_the_next_step),
    window_test (test_no_remaining_time_is_told_in_the_first_seconds_and_a_range_after),
    window_test (test_cancel_stops_after_the_current_file_and_can_be_resumed),
    window_test (test_exceptions_are_named_by_cause_with_a_count_and_a_remedy),
    window_test (test_a_failed_capture_says_why_and_offers_to_try_again),
    window_test (test_a_store_is_deleted_only_after_saying_what_is_lost),
    window_test (test_a_half_made_store_offers_to_resume),
    window_test (test_restore_asks_whom_and_how),
    window_test (test_everything_came_back_is_said_in_so_many_words),
    window_test (test_a_difference_shows_its_cause_and_its_remedy),
    window_test (test_a_folder_of_thousands_is_read_in_parts),
    window_test (test_every_place_fits_on_a_small_screen),
    window_test (test_the_log_is_filtered_and_searched),
    cmocka_unit_test (test_no_cause_speaks_of_the_command_line),
    cmocka_unit_test (test_errors_are_told_without_options_and_with_what_helps),
    cmocka_unit_test (test_times_are_told_as_narrow_as_they_are_known),
  };

  if (!gtk_init_check (&argc, &argv))
    {
      print_message ("1..0 # SKIP no display\n");
      return 77;
    }
  if (argc > 1)
    cmocka_set_test_filter (argv[1]);
  return cmocka_run_group_tests (tests, NULL, NULL);
}
