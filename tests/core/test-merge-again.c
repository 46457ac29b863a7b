/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs-fixture.h"

#include <unistd.h>

/* Merged in place once more, what is there already is left alone: copies too. */

static void
assert_no_doubles (JobsFixture *fixture)
{
  static const char *const doubles[] = { "home/alice/data(1)", "home/alice/last(1)",
                                         "home/alice/.bashrc(1)",
                                         "home/alice/Documents/letter(1).txt" };

  for (gsize i = 0; i < G_N_ELEMENTS (doubles); i++)
    {
      if (moor_test_exists (fixture->root, doubles[i]))
        fail_msg ("%s was made beside what is there", doubles[i]);
    }
}

static void
test_copies_of_what_never_went_away_are_not_put_beside_it (void **state)
{
  JobsFixture *fixture = *state;

  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", "\"method\":\"copy\"");
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "restore", NULL);
  assert_no_doubles (fixture);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "restore", NULL);
  assert_no_doubles (fixture);
}

static void
test_what_differs_is_still_put_beside (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *last = jobs_path (fixture, "home/alice/last");

  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", "\"method\":\"copy\"");
  jobs_write (fixture, "home/alice/data", "DATA of alice", JOBS_ALICE);
  assert_int_equal (unlink (last), 0);
  assert_int_equal (symlink ("Documents/newer.txt", last), 0);
  (void) jobs_try (fixture, "restore", NULL, NULL);
  assert_true (moor_test_exists (fixture->root, "home/alice/data(1)"));
  assert_int_not_equal (moor_test_inode (fixture->root, "home/alice/last(1)"), 0);
}

static int
setup_two_volumes (void **state)
{
  *state = NULL;
  if (!jobs_can_make_accounts () || !moor_test_can_mount ("ext4"))
    return 0;
  *state = jobs_fixture_new ("ext4", 32);
  return 0;
}

static int
teardown_two_volumes (void **state)
{
  if (*state != NULL)
    jobs_fixture_free (*state);
  return 0;
}

static void
test_a_home_on_another_volume_gets_copies_once (void **state)
{
  JobsFixture *fixture = *state;

  if (fixture == NULL)
    {
      moor_test_skip ("a volume is mounted and accounts are made by root");
      return;
    }
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", NULL);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "set-aside", NULL);
  jobs_unpack_image (fixture);
  jobs_mount (fixture, "home", "-t", "tmpfs", "tmpfs", NULL);
  jobs_must (fixture, MOOR_EXIT_EXCEPTIONS, "restore", "\"create-accounts\":true");
  assert_true (moor_test_exists (fixture->root, "home/alice/data"));
  jobs_must (fixture, MOOR_EXIT_EXCEPTIONS, "restore", "\"create-accounts\":true");
  assert_no_doubles (fixture);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_copies_of_what_never_went_away_are_not_put_beside_it,
                                     jobs_setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_what_differs_is_still_put_beside, jobs_setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_home_on_another_volume_gets_copies_once,
                                     setup_two_volumes, teardown_two_volumes),
  };

  return cmocka_run_group_tests_name ("core/merge-again", tests, NULL, NULL);
}
