/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs-fixture.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RESTORE "\"enable-accounts\":true"
#define KEPT "StateStore/s1"

/* What was there before the set aside, to be found again. */
static char *
picture (const JobsFixture *fixture)
{
  return jobs_tree (fixture->root, KEPT, JOBS_TREE_INODES);
}

static int
setup (void **state)
{
  JobsFixture *fixture = jobs_fixture_new (NULL, 0);

  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", NULL);
  *state = fixture;
  return 0;
}

static void
refresh (JobsFixture *fixture, const char *members)
{
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "set-aside", NULL);
  jobs_unpack_image (fixture);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "restore", members);
}

static JsonObject *
roll_back (JobsFixture *fixture, const char *before)
{
  JsonObject *result = jobs_run (fixture, MOOR_EXIT_COMPLETE, "rollback", NULL);
  g_autofree char *after = picture (fixture);

  jobs_assert_trees (before, after);
  return result;
}

static gboolean
is_listed (JsonObject *result, const char *path)
{
  JsonArray *saved = json_object_get_array_member (result, "saved-since");

  for (guint i = 0; i < json_array_get_length (saved); i++)
    {
      if (g_str_equal (json_array_get_string_element (saved, i), path))
        return TRUE;
    }
  return FALSE;
}

static void
test_after_a_set_aside_all_is_as_it_was (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *before = picture (fixture);

  NEEDS_ACCOUNTS ();
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "set-aside", NULL);
  json_object_unref (roll_back (fixture, before));
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", NULL);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "rollback", NULL);
}

static void
test_after_an_image_the_new_system_is_kept (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *before = picture (fixture);
  g_autoptr(JsonObject) result = NULL;

  NEEDS_ACCOUNTS ();
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "set-aside", NULL);
  jobs_unpack_image (fixture);
  moor_test_write (fixture->root, "home/alice/since", "saved without a restore");
  result = roll_back (fixture, before);
  assert_true (is_listed (result, "new-system/home/alice/since"));
  assert_true (moor_test_exists (fixture->store, "new-system/usr/bin/new-tool"));
  assert_true (moor_test_exists (fixture->store, "new-system/home/alice/since"));
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", NULL);
}

static void
test_after_a_restore_what_was_saved_since_is_listed (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *before = picture (fixture);
  g_autoptr(JsonObject) result = NULL;

  NEEDS_ACCOUNTS ();
  refresh (fixture, RESTORE);
  jobs_write (fixture, "home/alice/Documents/since.txt", "since", JOBS_ALICE);
  result = roll_back (fixture, before);
  assert_true (is_listed (result, "new-system/home/alice/Documents/since.txt"));
  assert_false (is_listed (result, "new-system/home/alice/Documents/letter.txt"));
  assert_true (moor_test_exists (fixture->store, "new-system/home/alice/Documents/since.txt"));
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", NULL);
}

static void
test_too_much_for_the_list_is_counted (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *before = picture (fixture);
  g_autoptr(JsonObject) result = NULL;

  NEEDS_ACCOUNTS ();
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "set-aside", NULL);
  jobs_unpack_image (fixture);
  for (guint i = 0; i < 10003; i++)
    {
      g_autofree char *name = g_strdup_printf ("home/alice/since/%u", i);

      moor_test_write (fixture->root, name, "");
    }
  result = roll_back (fixture, before);
  assert_int_equal (json_array_get_length (json_object_get_array_member (result, "saved-since")),
                    10000);
  assert_int_equal (jobs_number (result, "saved-since-unlisted"), 3);
}

static void
test_a_rehearsal_changes_nothing (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  NEEDS_ACCOUNTS ();
  refresh (fixture, RESTORE);
  before = picture (fixture);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "rollback", "\"dry-run\":true");
  after = picture (fixture);
  jobs_assert_trees (before, after);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", NULL);
}

static void
test_a_moved_home_is_rolled_back_too (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *before = picture (fixture);

  NEEDS_ACCOUNTS ();
  refresh (fixture, RESTORE ",\"move\":true");
  json_object_unref (roll_back (fixture, before));
  json_object_unref (roll_back (fixture, before));
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", "\"resume\":true");
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", NULL);
}

static void
test_other_numbers_are_given_back (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *before = picture (fixture);

  NEEDS_ACCOUNTS ();
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "set-aside", NULL);
  jobs_unpack_image (fixture);
  moor_test_write (fixture->root, "etc/passwd",
                   "root:x:0:0:root:/root:/bin/bash\ncarol:x:1000:1000::/home/carol:/bin/sh\n");
  moor_test_write (fixture->root, "etc/group", "root:x:0:\ncarol:x:1000:\n");
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "restore", RESTORE);
  json_object_unref (roll_back (fixture, before));
}

static void
test_a_second_refresh_after_a_roll_back (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *before = picture (fixture);
  g_autoptr(JsonObject) result = NULL;

  NEEDS_ACCOUNTS ();
  refresh (fixture, RESTORE);
  json_object_unref (roll_back (fixture, before));
  refresh (fixture, RESTORE);
  result = roll_back (fixture, before);
  assert_string_equal (json_object_get_string_member (result, "new-system"), "new-system-2");
  assert_true (moor_test_exists (fixture->store, "new-system/usr/bin/new-tool"));
  assert_true (moor_test_exists (fixture->store, "new-system-2/usr/bin/new-tool"));
}

/* The old system goes back to where it came from, and nothing else is moved out. */
static void
test_another_root_is_refused (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *other = g_build_filename (fixture->dir, "other", NULL);
  g_autofree char *members = g_strdup_printf ("\"root\":\"%s\"", other);

  NEEDS_ACCOUNTS ();
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "set-aside", NULL);
  moor_test_write (other, "etc/os-release", "ID=debian\n");
  jobs_must (fixture, MOOR_EXIT_REFUSED, "rollback", members);
  assert_true (moor_test_exists (other, "etc/os-release"));
  assert_false (moor_test_exists (other, "usr"));
}

static void
test_without_an_old_system_it_says_what_to_do (void **state)
{
  JobsFixture *fixture = *state;

  NEEDS_ACCOUNTS ();
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "rollback", NULL);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "restore", NULL);
  jobs_must (fixture, MOOR_EXIT_REFUSED, "rollback", NULL);
  assert_non_null (strstr (fixture->message, "undo"));
}

/* Whoever rolled back may give the new system and the store up. */
static void
test_after_it_the_store_can_be_deleted (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *before = picture (fixture);
  g_autofree char *after = NULL;

  NEEDS_ACCOUNTS ();
  refresh (fixture, RESTORE);
  jobs_write (fixture, "home/bob/since", "since", JOBS_BOB);
  json_object_unref (roll_back (fixture, before));
  jobs_must (fixture, MOOR_EXIT_REFUSED, "delete", NULL);
  assert_true (moor_test_exists (fixture->store, "new-system/home/bob/since"));
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "delete", "\"even-last-copies\":true");
  assert_false (moor_test_exists (fixture->store, ""));
  after = picture (fixture);
  assert_non_null (strstr (after, "home/bob/notes.txt"));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_after_a_set_aside_all_is_as_it_was, setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_after_an_image_the_new_system_is_kept, setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_after_a_restore_what_was_saved_since_is_listed, setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_too_much_for_the_list_is_counted, setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_rehearsal_changes_nothing, setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_moved_home_is_rolled_back_too, setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_other_numbers_are_given_back, setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_second_refresh_after_a_roll_back, setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_another_root_is_refused, setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_without_an_old_system_it_says_what_to_do, setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_after_it_the_store_can_be_deleted, setup, jobs_teardown),
  };

  return cmocka_run_group_tests_name ("core/rollback", tests, NULL, NULL);
}
