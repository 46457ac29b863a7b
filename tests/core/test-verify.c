/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs-fixture.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *
in_store (const JobsFixture *fixture, const char *below_root)
{
  return g_build_filename (fixture->store, "tree", fixture->root, below_root, NULL);
}

static int
setup (void **state)
{
  JobsFixture *fixture = jobs_fixture_new (NULL, 0);

  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", NULL);
  *state = fixture;
  return 0;
}

/* Captured, set aside, another system in its place, and restored. */
static int
setup_restored (void **state)
{
  JobsFixture *fixture = NULL;

  (void) setup ((void **) &fixture);
  *state = fixture;
  if (!jobs_can_make_accounts ())
    return 0;
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "set-aside", NULL);
  jobs_unpack_image (fixture);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "restore", "\"enable-accounts\":true");
  return 0;
}

static void
append (const JobsFixture *fixture, const char *path)
{
  g_autofree char *full = jobs_path (fixture, path);
  FILE *file = fopen (full, "ae");

  assert_non_null (file);
  fputs ("more", file);
  fclose (file);
}

static JsonObject *
verify (JobsFixture *fixture, MoorExit expected)
{
  JsonObject *result = jobs_run (fixture, expected, "verify", NULL);

  assert_int_equal (json_object_get_boolean_member (result, "clean"),
                    expected == MOOR_EXIT_COMPLETE);
  return result;
}

static void
test_an_untouched_source_is_the_same (void **state)
{
  g_autoptr(JsonObject) result = verify (*state, MOOR_EXIT_COMPLETE);

  assert_int_equal (jobs_number (result, "same"), 9);
  assert_int_equal (jobs_number (result, "blocking"), 0);
  assert_string_equal (json_object_get_string_member (result, "against"), "source");
}

static void
test_a_file_saved_anew_is_found (void **state)
{
  JobsFixture *fixture = *state;
  g_autoptr(JsonObject) result = NULL;

  jobs_write (fixture, "home/alice/data", "data of alice", JOBS_ALICE);
  result = verify (fixture, MOOR_EXIT_DIFFERENCES);
  assert_true (jobs_differs (result, "data", "changed"));
  assert_int_equal (jobs_number (result, "blocking"), 1);
}

static void
test_a_file_edited_in_place_is_found (void **state)
{
  JobsFixture *fixture = *state;
  g_autoptr(JsonObject) result = NULL;

  append (fixture, "home/alice/data");
  result = verify (fixture, MOOR_EXIT_DIFFERENCES);
  assert_true (jobs_differs (result, "data", "changed"));
}

static void
test_a_new_file_and_a_new_folder_are_found (void **state)
{
  JobsFixture *fixture = *state;
  g_autoptr(JsonObject) result = NULL;

  jobs_write (fixture, "home/alice/new", "new", JOBS_ALICE);
  jobs_write (fixture, "home/bob/folder/new", "new", JOBS_BOB);
  result = verify (fixture, MOOR_EXIT_DIFFERENCES);
  assert_true (jobs_differs (result, "new", "missing"));
  assert_true (jobs_differs (result, "folder", "missing"));
}

static void
test_a_new_cache_does_not_matter (void **state)
{
  JobsFixture *fixture = *state;

  jobs_write (fixture, "home/alice/.cache/thumbnails/two", "new", JOBS_ALICE);
  jobs_write (fixture, "home/bob/.cache/first", "new", JOBS_BOB);
  json_object_unref (verify (fixture, MOOR_EXIT_COMPLETE));
}

static void
test_what_was_deleted_is_told_and_blocks_nothing (void **state)
{
  JobsFixture *fixture = *state;
  g_autoptr(JsonObject) result = NULL;

  jobs_remove (fixture, "home/alice/data");
  jobs_remove (fixture, "home/bob/music");
  result = verify (fixture, MOOR_EXIT_COMPLETE);
  assert_true (jobs_differs (result, "data", "extra"));
  assert_true (jobs_differs (result, "music/song.ogg", "extra"));
}

static void
test_a_file_that_came_and_went_does_not_matter (void **state)
{
  JobsFixture *fixture = *state;

  jobs_write (fixture, "home/alice/brief", "new", JOBS_ALICE);
  jobs_remove (fixture, "home/alice/brief");
  json_object_unref (verify (fixture, MOOR_EXIT_COMPLETE));
}

static void
test_a_home_that_disappeared_blocks (void **state)
{
  JobsFixture *fixture = *state;
  g_autoptr(JsonObject) result = NULL;

  jobs_remove (fixture, "home/bob");
  result = verify (fixture, MOOR_EXIT_DIFFERENCES);
  assert_true (jobs_differs (result, "", "missing"));
}

static void
test_an_object_that_the_store_lost_is_found (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *file = in_store (fixture, "home/alice/data");
  g_autofree char *folder = in_store (fixture, "home/alice/Documents");
  g_autoptr(JsonObject) result = NULL;

  assert_int_equal (g_unlink (file), 0);
  jobs_command ("rm", "-rf", folder, NULL);
  result = verify (fixture, MOOR_EXIT_DIFFERENCES);
  assert_true (jobs_differs (result, "data", "missing"));
  assert_true (jobs_differs (result, "Documents", "missing"));
}

static void
test_an_object_that_was_replaced_in_the_store_is_found (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *file = in_store (fixture, "home/alice/data");
  g_autofree char *folder = g_path_get_dirname (file);
  g_autoptr(JsonObject) result = NULL;

  moor_test_write (folder, "data", "data of alice");
  result = verify (fixture, MOOR_EXIT_DIFFERENCES);
  assert_true (jobs_differs (result, "data", "changed"));
}

static void
test_a_file_became_a_folder_and_the_reverse (void **state)
{
  JobsFixture *fixture = *state;
  g_autoptr(JsonObject) result = NULL;

  jobs_remove (fixture, "home/alice/data");
  jobs_write (fixture, "home/alice/data/inside", "x", JOBS_ALICE);
  jobs_remove (fixture, "home/alice/Documents");
  jobs_write (fixture, "home/alice/Documents", "x", JOBS_ALICE);
  result = verify (fixture, MOOR_EXIT_DIFFERENCES);
  assert_true (jobs_differs (result, "data", "changed"));
  assert_true (jobs_differs (result, "Documents", "changed"));
}

static void
test_the_store_lost_a_whole_home (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *home = in_store (fixture, "home/bob");
  g_autoptr(JsonObject) result = NULL;

  jobs_command ("rm", "-rf", home, NULL);
  result = verify (fixture, MOOR_EXIT_DIFFERENCES);
  assert_true (jobs_differs (result, "", "missing"));
}

static void
test_copies_are_compared_by_content_on_request (void **state)
{
  JobsFixture *fixture = *state;
  const struct timespec times[2] = { { 0, UTIME_OMIT }, { 1600000000, 5 } };
  g_autofree char *file = jobs_path (fixture, "home/alice/data");

  jobs_must (fixture, MOOR_EXIT_COMPLETE, "delete", NULL);
  assert_int_equal (utimensat (AT_FDCWD, file, times, 0), 0);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", "\"method\":\"copy\"");
  moor_test_write (fixture->root, "home/alice/data", "DATA OF ALICE");
  assert_int_equal (utimensat (AT_FDCWD, file, times, 0), 0);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", NULL);
  jobs_must (fixture, MOOR_EXIT_DIFFERENCES, "verify", "\"content\":true");
}

static void
test_an_unfinished_store_is_not_verified (void **state)
{
  JobsFixture *fixture = *state;

  fixture->cancellable = g_cancellable_new ();
  g_cancellable_cancel (fixture->cancellable);
  jobs_must (fixture, MOOR_EXIT_CANCELLED, "capture", "\"resume\":true");
  g_clear_object (&fixture->cancellable);
  jobs_must (fixture, MOOR_EXIT_REFUSED, "verify", NULL);
}

static void
test_a_word_that_is_no_side_is_refused (void **state)
{
  static const char *const members[] = { "\"against\":\"sauce\"", "\"against\":[]", "\"content\":1",
                                         "\"threads\":\"two\"", "\"root\":5" };

  for (gsize i = 0; i < G_N_ELEMENTS (members); i++)
    jobs_must (*state, MOOR_EXIT_USAGE, "verify", members[i]);
}

static void
test_what_was_restored_is_the_same (void **state)
{
  g_autoptr(JsonObject) result = NULL;

  NEEDS_ACCOUNTS ();
  result = verify (*state, MOOR_EXIT_COMPLETE);
  assert_string_equal (json_object_get_string_member (result, "against"), "restored");
  assert_int_equal (jobs_number (result, "same"), 9);
}

static void
test_ordinary_use_adds_and_blocks_nothing (void **state)
{
  JobsFixture *fixture = *state;
  g_autoptr(JsonObject) result = NULL;

  NEEDS_ACCOUNTS ();
  jobs_write (fixture, "home/alice/Documents/new.txt", "new", JOBS_ALICE);
  result = verify (fixture, MOOR_EXIT_COMPLETE);
  assert_true (jobs_differs (result, "Documents/new.txt", "extra"));
}

static void
test_each_loss_in_a_restored_home_is_found (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *notes = jobs_path (fixture, "home/bob/notes.txt");
  g_autofree char *folder = jobs_path (fixture, "home/alice/Documents/old");
  g_autofree char *letter = jobs_path (fixture, "home/alice/Documents/letter.txt");
  g_autoptr(JsonObject) result = NULL;

  NEEDS_ACCOUNTS ();
  jobs_remove (fixture, "home/alice/data");
  jobs_write (fixture, "home/alice/.bashrc", "anew", JOBS_ALICE);
  assert_int_equal (chmod (notes, 0777), 0);
  assert_int_equal (chown (letter, 7, 7), 0);
  assert_int_equal (chmod (folder, 0711), 0);
  jobs_remove (fixture, "home/bob/music");
  append (fixture, "home/alice/Pictures/a.jpg");
  result = verify (fixture, MOOR_EXIT_DIFFERENCES);
  assert_true (jobs_differs (result, "data", "missing"));
  assert_true (jobs_differs (result, ".bashrc", "changed"));
  assert_true (jobs_differs (result, "notes.txt", "metadata"));
  assert_true (jobs_differs (result, "Documents/letter.txt", "metadata"));
  assert_true (jobs_differs (result, "Documents/old", "metadata"));
  assert_true (jobs_differs (result, "music", "missing"));
  assert_true (jobs_differs (result, "music/song.ogg", "missing"));
  assert_true (jobs_differs (result, "Pictures/a.jpg", "changed"));
}

static void
test_the_source_can_be_asked_for_still (void **state)
{
  NEEDS_ACCOUNTS ();
  jobs_must (*state, MOOR_EXIT_COMPLETE, "verify", "\"against\":\"restored\"");
}

/* Of nothing it would be true that all is there. */
static void
test_what_was_never_restored_is_not_found_in_order (void **state)
{
  JobsFixture *fixture = *state;

  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", NULL);
  jobs_must (fixture, MOOR_EXIT_REFUSED, "verify", "\"against\":\"restored\"");
  assert_non_null (strstr (fixture->message, "nothing is restored"));
}

/* The rules ask for a program that is installed only after the capture. */
static void
test_what_rules_reach_only_now_is_missing (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *rules = g_build_filename (fixture->dir, "app.xml", NULL);
  g_autofree char *members = g_strdup_printf ("\"rules\":[\"%s\"]", rules);
  g_autoptr(JsonObject) result = NULL;

  if (geteuid () != 0)
    {
      moor_test_skip ("only root captures what is outside homes");
      return;
    }
  moor_test_write (fixture->dir, "app.xml",
                   "<migration urlid='urn:app'><component type='Application' context='System'>"
                   "<displayName>App</displayName><role role='Data'><detection><conditions>"
                   "<condition>MigXmlHelper.DoesObjectExist('File','/opt/app')</condition>"
                   "</conditions></detection><rules><include><objectSet>"
                   "<pattern type='File'>/opt/app/* [*]</pattern></objectSet></include>"
                   "</rules></role></component></migration>");
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", members);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", NULL);
  jobs_write (fixture, "opt/app/data.txt", "precious", 0);
  result = verify (fixture, MOOR_EXIT_DIFFERENCES);
  assert_true (jobs_differs (result, "opt/app/data.txt", "missing"));
  assert_int_equal (jobs_number (result, "blocking"), 2);
  jobs_must (fixture, MOOR_EXIT_REFUSED, "set-aside", NULL);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_an_untouched_source_is_the_same, setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_file_saved_anew_is_found, setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_file_edited_in_place_is_found, setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_new_file_and_a_new_folder_are_found, setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_what_was_never_restored_is_not_found_in_order, jobs_setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_what_rules_reach_only_now_is_missing, jobs_setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_new_cache_does_not_matter, setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_what_was_deleted_is_told_and_blocks_nothing, setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_file_that_came_and_went_does_not_matter, setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_home_that_disappeared_blocks, setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_an_object_that_the_store_lost_is_found, setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_an_object_that_was_replaced_in_the_store_is_found, setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_file_became_a_folder_and_the_reverse, setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_the_store_lost_a_whole_home, setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_copies_are_compared_by_content_on_request, setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_an_unfinished_store_is_not_verified, setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_word_that_is_no_side_is_refused, setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_what_was_restored_is_the_same, setup_restored,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_ordinary_use_adds_and_blocks_nothing, setup_restored,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_each_loss_in_a_restored_home_is_found, setup_restored,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_the_source_can_be_asked_for_still, setup_restored,
                                     jobs_teardown),
  };

  return cmocka_run_group_tests_name ("core/verify", tests, NULL, NULL);
}
