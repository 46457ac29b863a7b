/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs-fixture.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A new system with accounts for both, in which bob has worked already. */
static int
setup (void **state)
{
  JobsFixture *fixture = jobs_fixture_new (NULL, 0);

  *state = fixture;
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", NULL);
  if (geteuid () != 0)
    return 0;
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "set-aside", NULL);
  jobs_unpack_image (fixture);
  jobs_add_people (fixture);
  jobs_write (fixture, "home/bob/today", "today", JOBS_BOB);
  return 0;
}

#define NEEDS_ROOT() \
  do \
    { \
      if (geteuid () != 0) \
        { \
          moor_test_skip ("homes are swapped by root"); \
          return; \
        } \
    } \
  while (0)

static char *
picture (const JobsFixture *fixture)
{
  g_autofree char *home = jobs_path (fixture, "home");

  return jobs_tree (home, NULL, JOBS_TREE_INODES | JOBS_TREE_NO_ROOT);
}

/* Where what came back is kept now, as the answer says. */
static char *
kept_at (const JobsFixture *fixture, JsonObject *result, const char *name, const char *below)
{
  JsonArray *profiles = json_object_get_array_member (result, "profiles");

  for (guint i = 0; i < json_array_get_length (profiles); i++)
    {
      JsonObject *profile = json_array_get_object_element (profiles, i);

      if (g_str_equal (json_object_get_string_member (profile, "name"), name))
        return g_build_filename (fixture->store, json_object_get_string_member (profile, "kept-at"),
                                 below, NULL);
    }
  return NULL;
}

static void
test_homes_are_as_before_and_what_was_saved_is_kept (void **state)
{
  static const char *const members[] = { NULL, "\"move\":true", NULL };
  JobsFixture *fixture = *state;
  g_autofree char *before = NULL;

  NEEDS_ROOT ();
  before = picture (fixture);
  for (gsize i = 0; i < G_N_ELEMENTS (members); i++)
    {
      g_autoptr(JsonObject) result = NULL;
      g_autofree char *after = NULL;
      g_autofree char *since = NULL;

      jobs_must (fixture, MOOR_EXIT_COMPLETE, "restore", members[i]);
      jobs_write (fixture, "home/bob/since", "since", JOBS_BOB);
      result = jobs_run (fixture, MOOR_EXIT_COMPLETE, "undo", NULL);
      assert_string_equal (jobs_how (result, "alice"), "taken-back");
      after = picture (fixture);
      jobs_assert_trees (before, after);
      since = kept_at (fixture, result, "bob", "since");
      assert_true (moor_test_exists (since, ""));
    }
}

static void
test_a_rehearsal_changes_nothing (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  NEEDS_ROOT ();
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "restore", NULL);
  before = picture (fixture);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "undo", "\"dry-run\":true");
  after = picture (fixture);
  jobs_assert_trees (before, after);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", NULL);
}

static void
test_with_nothing_restored_there_is_nothing_to_do (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  NEEDS_ROOT ();
  before = picture (fixture);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "undo", NULL);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "restore", NULL);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "undo", NULL);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "undo", NULL);
  after = picture (fixture);
  jobs_assert_trees (before, after);
}

static void
test_the_store_can_be_rolled_back_and_accepted_afterwards (void **state)
{
  JobsFixture *fixture = *state;

  NEEDS_ROOT ();
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "restore", NULL);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "undo", NULL);
  jobs_must (fixture, MOOR_EXIT_REFUSED, "accept", NULL);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "rollback", NULL);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", NULL);
}

/* Somebody removed the restored home: what it had replaced comes back. */
static void
test_a_restored_home_that_is_gone_is_no_hindrance (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  NEEDS_ROOT ();
  before = picture (fixture);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "restore", NULL);
  jobs_remove (fixture, "home/bob");
  jobs_remove (fixture, "home/alice");
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "undo", NULL);
  after = picture (fixture);
  jobs_assert_trees (before, after);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "restore", NULL);
}

/* It is another home now: nobody takes it away. */
static void
test_a_home_that_somebody_put_there_is_refused (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *other = jobs_path (fixture, "home/elsewhere");
  g_autofree char *bob = jobs_path (fixture, "home/bob");

  NEEDS_ROOT ();
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "restore", NULL);
  jobs_write (fixture, "home/elsewhere/other", "other", JOBS_BOB);
  jobs_remove (fixture, "home/bob");
  assert_int_equal (rename (other, bob), 0);
  jobs_must (fixture, MOOR_EXIT_REFUSED, "undo", NULL);
  assert_true (moor_test_exists (fixture->root, "home/bob/other"));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_homes_are_as_before_and_what_was_saved_is_kept, setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_rehearsal_changes_nothing, setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_with_nothing_restored_there_is_nothing_to_do, setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_the_store_can_be_rolled_back_and_accepted_afterwards,
                                     setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_restored_home_that_is_gone_is_no_hindrance, setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_home_that_somebody_put_there_is_refused, setup,
                                     jobs_teardown),
  };

  return cmocka_run_group_tests_name ("core/undo", tests, NULL, NULL);
}
