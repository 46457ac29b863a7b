/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs-fixture.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What could not be looked at is not proven: a verification that cannot read a
 * part of the source must not open the gate. */

#define AGAINST_SOURCE "\"against\":\"source\""

/* Calls about one directory that fail. */
static struct
{
  guint64 ino;
  const char *name; /* opening this in it */
  gboolean reads;   /* reading its entries */
  gboolean xattrs;  /* reading its attributes */
} broken;

static gboolean
is_broken (int fd)
{
  struct stat st;

  return broken.ino != 0 && fstat (fd, &st) == 0 && st.st_ino == broken.ino;
}

static int
broken_openat2 (int dfd, const char *path, const struct open_how *how)
{
  if (broken.name != NULL && g_str_equal (path, broken.name) && is_broken (dfd))
    {
      errno = EIO;
      return -1;
    }
  return moor_sys_posix ()->openat2 (dfd, path, how);
}

static ssize_t
broken_getdents (int fd, void *buffer, size_t n_bytes)
{
  if (broken.reads && is_broken (fd))
    {
      errno = EIO;
      return -1;
    }
  return moor_sys_posix ()->getdents (fd, buffer, n_bytes);
}

static ssize_t
broken_flistxattr (int fd, char *list, size_t n_bytes)
{
  if (broken.xattrs && is_broken (fd))
    {
      errno = EIO;
      return -1;
    }
  return moor_sys_posix ()->flistxattr (fd, list, n_bytes);
}

static MoorSys broken_sys;

static int
setup (void **state)
{
  memset (&broken, 0, sizeof broken);
  broken_sys = *moor_sys_posix ();
  broken_sys.openat2 = broken_openat2;
  broken_sys.getdents = broken_getdents;
  broken_sys.flistxattr = broken_flistxattr;
  return jobs_setup (state);
}

static void
break_dir (JobsFixture *fixture, const char *below_root)
{
  broken.ino = moor_test_inode (fixture->root, below_root);
  assert_true (broken.ino != 0);
  fixture->sys = &broken_sys;
}

/* Neither a verification nor a set aside takes the store for complete. */
static void
assert_gate_closed (JobsFixture *fixture)
{
  g_autofree char *home = jobs_path (fixture, "home/alice");

  jobs_must (fixture, MOOR_EXIT_DIFFERENCES, "verify", AGAINST_SOURCE);
  if (geteuid () == 0)
    jobs_must (fixture, MOOR_EXIT_REFUSED, "set-aside", NULL);
  assert_true (g_file_test (home, G_FILE_TEST_IS_DIR));
}

static void
test_a_folder_that_cannot_be_opened_is_no_proof (void **state)
{
  JobsFixture *fixture = *state;

  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", NULL);
  break_dir (fixture, "home/alice");
  broken.name = "Documents";
  assert_gate_closed (fixture);
}

static void
test_a_folder_that_cannot_be_listed_is_no_proof (void **state)
{
  JobsFixture *fixture = *state;

  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", NULL);
  break_dir (fixture, "home/alice/Documents");
  broken.reads = TRUE;
  assert_gate_closed (fixture);
}

static void
test_a_home_that_could_not_be_captured_is_no_proof (void **state)
{
  JobsFixture *fixture = *state;

  break_dir (fixture, "home/alice");
  broken.xattrs = TRUE;
  jobs_must (fixture, MOOR_EXIT_EXCEPTIONS, "capture", NULL);
  fixture->sys = NULL;
  assert_gate_closed (fixture);
}

static void
test_a_home_that_cannot_be_opened_is_an_issue (void **state)
{
  JobsFixture *fixture = *state;

  break_dir (fixture, "home/alice");
  broken.name = ".";
  jobs_must (fixture, MOOR_EXIT_EXCEPTIONS, "estimate", NULL);
  jobs_must (fixture, MOOR_EXIT_EXCEPTIONS, "capture", NULL);
  assert_true (jobs_has_issue (fixture, MOOR_CAUSE_READ_ERROR, "home/alice"));
  fixture->sys = NULL;
  assert_gate_closed (fixture);
}

static void
test_a_store_that_cannot_be_opened_is_no_proof (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *tree = NULL;

  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", NULL);
  tree = g_build_filename (fixture->store, "tree", fixture->root, "home/alice", NULL);
  broken.ino = moor_test_inode (tree, "");
  broken.name = ".";
  fixture->sys = &broken_sys;
  assert_true (broken.ino != 0);
  assert_gate_closed (fixture);
}

static void
test_a_copy_that_is_not_what_was_copied_is_no_proof (void **state)
{
  static const struct timespec times[2] = { { 1500000000, 1 }, { 1400000000, 123456789 } };
  JobsFixture *fixture = *state;
  g_autofree char *data = jobs_path (fixture, "home/alice/data");
  g_autofree char *folder = g_build_filename (fixture->store, "tree", fixture->root, "home/alice",
                                              NULL);
  g_autofree char *copy = g_build_filename (folder, "data", NULL);

  assert_int_equal (utimensat (AT_FDCWD, data, times, 0), 0);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", "\"method\":\"copy\"");
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", AGAINST_SOURCE);
  moor_test_write (folder, "data", "DATA of alice");
  assert_int_equal (utimensat (AT_FDCWD, copy, times, 0), 0);
  assert_gate_closed (fixture);
}

static void
test_what_is_saved_anew_in_a_subvolume_is_seen (void **state)
{
  JobsFixture *fixture;
  g_autofree char *subvolume = NULL;
  g_autoptr(JsonObject) result = NULL;

  if (!moor_test_can_mount ("btrfs"))
    {
      moor_test_skip ("btrfs cannot be mounted here");
      return;
    }
  fixture = jobs_fixture_new ("btrfs", 160);
  subvolume = jobs_path (fixture, "home/alice/sub");
  jobs_command ("btrfs", "subvolume", "create", subvolume, NULL);
  jobs_write (fixture, "home/alice/sub/plan.txt", "first", JOBS_ALICE);
  jobs_write (fixture, "home/alice/sub/kept.txt", "kept", JOBS_ALICE);
  jobs_must (fixture, MOOR_EXIT_EXCEPTIONS, "capture", NULL);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", AGAINST_SOURCE);

  jobs_write (fixture, "home/alice/sub/plan.txt", "second", JOBS_ALICE);
  jobs_write (fixture, "home/alice/sub/new.txt", "new", JOBS_ALICE);
  result = jobs_run (fixture, MOOR_EXIT_DIFFERENCES, "verify", AGAINST_SOURCE);
  assert_true (jobs_differs (result, "sub/plan.txt", "changed"));
  assert_true (jobs_differs (result, "sub/new.txt", "missing"));
  assert_false (jobs_differs (result, "sub/kept.txt", "extra"));
  jobs_fixture_free (fixture);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_a_folder_that_cannot_be_opened_is_no_proof, setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_folder_that_cannot_be_listed_is_no_proof, setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_home_that_could_not_be_captured_is_no_proof, setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_home_that_cannot_be_opened_is_an_issue, setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_store_that_cannot_be_opened_is_no_proof, setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_copy_that_is_not_what_was_copied_is_no_proof, setup,
                                     jobs_teardown),
    cmocka_unit_test (test_what_is_saved_anew_in_a_subvolume_is_seen),
  };

  return cmocka_run_group_tests_name ("core/gate", tests, NULL, NULL);
}
