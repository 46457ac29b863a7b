/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs-fixture.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <unistd.h>

/* Some paths out of a store, between a set aside and a whole restore, and after
 * one that was cut off: the store does not forget where it was. */

#define ALL "\"create-accounts\":true"
#define SOME "\"create-accounts\":true,\"paths\":[\"/home/alice/data\"]"

static void
assert_state (JobsFixture *fixture, const char *expected)
{
  g_autoptr(JsonObject) store = jobs_run (fixture, MOOR_EXIT_COMPLETE, "store-show", NULL);

  assert_string_equal (json_object_get_string_member (store, "state"), expected);
}

/* The old system is set aside, and a new one is there without people. */
static int
setup (void **state)
{
  JobsFixture *fixture = jobs_fixture_new (NULL, 0);

  *state = fixture;
  if (!jobs_can_make_accounts ())
    return 0;
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", NULL);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "set-aside", NULL);
  jobs_unpack_image (fixture);
  return 0;
}

static int
refuse_to_rename (int src_dfd, const char *src, int dst_dfd, const char *dst, unsigned flags)
{
  errno = EIO;
  return -1;
}

/* A whole restore that fails when the first home should get its name. */
static void
begin_restore (JobsFixture *fixture)
{
  static MoorSys sys;

  sys = *moor_sys_posix ();
  sys.renameat2 = refuse_to_rename;
  fixture->sys = &sys;
  jobs_must (fixture, MOOR_EXIT_FAILED, "restore", ALL);
  fixture->sys = NULL;
  assert_state (fixture, "restoring");
}

static void
cancel_cb (const MoorEvent *event, gpointer user_data)
{
  if (event->kind == MOOR_EVENT_PROFILE)
    g_cancellable_cancel (((JobsFixture *) user_data)->cancellable);
}

/* A restore of some paths that is cancelled when the first home is begun. */
static void
begin_paths (JobsFixture *fixture)
{
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  GCancellable *before = fixture->cancellable;

  fixture->cancellable = cancellable;
  fixture->on_event = cancel_cb;
  fixture->user_data = fixture;
  jobs_must (fixture, MOOR_EXIT_CANCELLED, "restore", SOME);
  fixture->on_event = NULL;
  fixture->cancellable = before;
  assert_state (fixture, "restoring");
}

static void
assert_rolls_back (JobsFixture *fixture)
{
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "rollback", NULL);
  assert_true (moor_test_exists (fixture->root, "usr/bin/old-tool"));
  assert_false (moor_test_exists (fixture->root, "usr/bin/new-tool"));
  assert_true (moor_test_exists (fixture->root, "home/alice/data"));
  assert_state (fixture, "sealed");
}

static void
test_some_paths_leave_the_store_as_it_was (void **state)
{
  if (!jobs_can_make_accounts ())
    {
      moor_test_skip ("accounts are made by root, with the package passwd");
      return;
    }
  assert_int_not_equal (jobs_try (*state, "restore", SOME, NULL), MOOR_EXIT_FAILED);
  assert_state (*state, "set-aside");
  assert_rolls_back (*state);
}

static void
test_some_paths_do_not_end_a_restore_that_was_cut_off (void **state)
{
  if (!jobs_can_make_accounts ())
    {
      moor_test_skip ("accounts are made by root, with the package passwd");
      return;
    }
  begin_restore (*state);
  (void) jobs_try (*state, "restore", SOME, NULL);
  assert_state (*state, "restoring");
  assert_rolls_back (*state);
}

static void
test_a_restore_after_some_paths_were_cut_off_can_be_undone (void **state)
{
  if (!jobs_can_make_accounts ())
    {
      moor_test_skip ("accounts are made by root, with the package passwd");
      return;
    }
  begin_paths (*state);
  jobs_must (*state, MOOR_EXIT_COMPLETE, "restore", ALL);
  assert_state (*state, "restored");
  jobs_must (*state, MOOR_EXIT_COMPLETE, "undo", NULL);
  assert_state (*state, "set-aside");
  assert_rolls_back (*state);
}

static void
test_what_an_earlier_restore_began_with_is_forgotten (void **state)
{
  JobsFixture *fixture = *state;

  if (!jobs_can_make_accounts ())
    {
      moor_test_skip ("accounts are made by root, with the package passwd");
      return;
    }
  assert_rolls_back (fixture);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "restore", NULL);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "undo", NULL);
  assert_state (fixture, "sealed");
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "set-aside", NULL);
  jobs_unpack_image (fixture);
  begin_paths (fixture);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "restore", ALL);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "undo", NULL);
  assert_state (fixture, "set-aside");
  assert_rolls_back (fixture);
}

static void
test_some_paths_come_back_once_more (void **state)
{
  JobsFixture *fixture = *state;

  if (!jobs_can_make_accounts ())
    {
      moor_test_skip ("accounts are made by root, with the package passwd");
      return;
    }
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "restore", ALL);
  jobs_remove (fixture, "home/alice/data");
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "restore", SOME);
  assert_true (moor_test_exists (fixture->root, "home/alice/data"));
  assert_state (fixture, "restored");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_some_paths_leave_the_store_as_it_was, setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_some_paths_do_not_end_a_restore_that_was_cut_off, setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_restore_after_some_paths_were_cut_off_can_be_undone,
                                     setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_what_an_earlier_restore_began_with_is_forgotten, setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_some_paths_come_back_once_more, setup, jobs_teardown),
  };

  return cmocka_run_group_tests_name ("core/restore-paths", tests, NULL, NULL);
}
