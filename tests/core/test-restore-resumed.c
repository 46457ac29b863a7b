/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs-fixture.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A restore that was cut off and is run again, while the computer was in use in
 * between, or a disk had its moments. */

#define ALL "\"create-accounts\":true"
#define MOVE "\"create-accounts\":true,\"move\":true"

static MoorSys sys;
static guint64 broken_ino;

static int
refuse_to_rename (int src_dfd, const char *src, int dst_dfd, const char *dst, unsigned flags)
{
  errno = EIO;
  return -1;
}

static int
fail_to_open_alice (int dfd, const char *path, const struct open_how *how)
{
  struct stat st;

  if (g_str_equal (path, "alice") && fstat (dfd, &st) == 0 && st.st_ino == broken_ino)
    {
      errno = EIO;
      return -1;
    }
  return moor_sys_posix ()->openat2 (dfd, path, how);
}

/* The old system is set aside, and a new one is there without people. */
static int
setup (void **state)
{
  JobsFixture *fixture = jobs_fixture_new (NULL, 0);

  *state = fixture;
  sys = *moor_sys_posix ();
  if (!jobs_can_make_accounts ())
    return 0;
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", NULL);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "set-aside", NULL);
  jobs_unpack_image (fixture);
  return 0;
}

/* Cut off when everything is ready, and only the rename is missing. */
static void
begin_restore (JobsFixture *fixture, const char *members)
{
  sys.renameat2 = refuse_to_rename;
  fixture->sys = &sys;
  jobs_must (fixture, MOOR_EXIT_FAILED, "restore", members);
  fixture->sys = NULL;
}

static void
test_what_was_saved_in_between_is_kept (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *data = NULL;

  if (!jobs_can_make_accounts ())
    {
      moor_test_skip ("accounts are made by root, with the package passwd");
      return;
    }
  begin_restore (fixture, ALL);
  jobs_write (fixture, "home/alice/today.txt", "written today", JOBS_ALICE);
  jobs_write (fixture, "home/alice/data", "other data", JOBS_ALICE);
  (void) jobs_try (fixture, "restore", ALL, NULL);
  assert_true (moor_test_exists (fixture->root, "home/alice/today.txt"));
  assert_true (moor_test_exists (fixture->root, "home/alice/Documents/letter.txt"));
  assert_true (moor_test_exists (fixture->root, "home/alice/data(1)"));

  jobs_must (fixture, MOOR_EXIT_COMPLETE, "undo", NULL);
  assert_true (moor_test_exists (fixture->root, "home/alice/today.txt"));
  assert_false (moor_test_exists (fixture->root, "home/alice/Documents"));
  data = moor_test_read (fixture->root, "home/alice/data");
  assert_string_equal (data, "other data");
}

/* Dies between the exchange and its record. */
static int
rename_and_stop (int src_dfd, const char *src, int dst_dfd, const char *dst, unsigned flags)
{
  int result = moor_sys_posix ()->renameat2 (src_dfd, src, dst_dfd, dst, flags);

  sys.renameat2 = refuse_to_rename;
  if (result < 0)
    return result;
  errno = EIO;
  return -1;
}

static void
test_a_home_that_appeared_in_between_can_be_put_back (void **state)
{
  JobsFixture *fixture = *state;

  if (!jobs_can_make_accounts ())
    {
      moor_test_skip ("accounts are made by root, with the package passwd");
      return;
    }
  begin_restore (fixture, ALL);
  jobs_write (fixture, "home/alice/.profile", "# profile\n", JOBS_ALICE);
  sys.renameat2 = rename_and_stop;
  fixture->sys = &sys;
  jobs_must (fixture, MOOR_EXIT_FAILED, "restore", ALL);
  fixture->sys = NULL;
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "restore", ALL);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "undo", NULL);
  assert_true (moor_test_exists (fixture->root, "home/alice/.profile"));
  assert_false (moor_test_exists (fixture->root, "home/alice/data"));
}

static void
test_a_tree_that_could_not_be_opened_is_moved_the_next_time (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *homes = NULL;

  if (!jobs_can_make_accounts ())
    {
      moor_test_skip ("accounts are made by root, with the package passwd");
      return;
    }
  homes = g_build_filename (fixture->store, "tree", fixture->root, "home", NULL);
  broken_ino = moor_test_inode (homes, "");
  assert_true (broken_ino != 0);
  sys.openat2 = fail_to_open_alice;
  fixture->sys = &sys;
  jobs_must (fixture, MOOR_EXIT_FAILED, "restore", MOVE);
  fixture->sys = NULL;
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "restore", MOVE);
  assert_true (moor_test_exists (fixture->root, "home/alice/data"));
}

/* Alice's number is carol's in the new system, and something is mounted in her home. */
static void
take_alices_number (JobsFixture *fixture)
{
  moor_test_write (fixture->root, "etc/passwd",
                   "root:x:0:0:root:/root:/bin/bash\n"
                   "carol:x:1000:1000::/home/carol:/bin/sh\n"
                   "alice:x:2000:2000:Alice:/home/alice:/bin/sh\n");
  moor_test_write (fixture->root, "etc/group", "root:x:0:\ncarol:x:1000:\nalice:x:2000:\n");
  jobs_write (fixture, "home/alice/of-today", "today", 2000);
  jobs_mount (fixture, "home/alice/mnt", "-t", "tmpfs", "tmpfs", NULL);
}

static GCancellable *to_cancel;

static int
chown_and_cancel (int dfd, const char *path, uid_t uid, gid_t gid, int flags)
{
  g_cancellable_cancel (to_cancel);
  return moor_sys_posix ()->fchownat (dfd, path, uid, gid, flags);
}

static void
assert_old_numbers (JobsFixture *fixture)
{
  g_autofree char *home = g_build_filename (fixture->store, "old-system/home/alice", NULL);
  g_autofree char *tree = jobs_tree (home, NULL, JOBS_TREE_PLAIN);

  assert_null (strstr (tree, "2000"));
}

static void
test_numbers_given_before_it_was_cut_off_are_taken_back (void **state)
{
  JobsFixture *fixture = *state;
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  GCancellable *before = fixture->cancellable;

  if (!jobs_can_make_accounts ())
    {
      moor_test_skip ("accounts are made by root, with the package passwd");
      return;
    }
  take_alices_number (fixture);
  fixture->cancellable = to_cancel = cancellable;
  sys.fchownat = chown_and_cancel;
  fixture->sys = &sys;
  jobs_must (fixture, MOOR_EXIT_CANCELLED, "restore", "\"users\":[\"alice\"]");
  fixture->sys = NULL;
  fixture->cancellable = before;
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "undo", NULL);
  assert_old_numbers (fixture);
}

static void
test_a_roll_back_takes_the_numbers_of_some_paths_back (void **state)
{
  JobsFixture *fixture = *state;

  if (!jobs_can_make_accounts ())
    {
      moor_test_skip ("accounts are made by root, with the package passwd");
      return;
    }
  take_alices_number (fixture);
  (void) jobs_try (fixture, "restore", "\"users\":[\"alice\"],\"paths\":[\"/home/alice/data\"]",
                   NULL);
  jobs_unmount (fixture);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "rollback", NULL);
  {
    g_autofree char *home = jobs_path (fixture, "home/alice");
    g_autofree char *tree = jobs_tree (home, NULL, JOBS_TREE_PLAIN);

    assert_null (strstr (tree, "2000"));
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_what_was_saved_in_between_is_kept, setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_home_that_appeared_in_between_can_be_put_back, setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_tree_that_could_not_be_opened_is_moved_the_next_time,
                                     setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_numbers_given_before_it_was_cut_off_are_taken_back, setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_roll_back_takes_the_numbers_of_some_paths_back, setup,
                                     jobs_teardown),
  };

  return cmocka_run_group_tests_name ("core/restore-resumed", tests, NULL, NULL);
}
