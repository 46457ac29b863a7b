/* SPDX-License-Identifier: GPL-3.0-or-later */

/* An ordinary user captures the own profile into a store in the own home.  What
 * they do runs in a child that is nobody else. */

#include "jobs-fixture.h"

#include <glib/gstdio.h>
#include <grp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char *shared; /* how the child's last request ended */

static void
run_here (JobsFixture *fixture, guint uid, const char *operation, const char *members)
{
  g_autoptr(JsonObject) result = NULL;
  g_autoptr(GString) text = g_string_new (NULL);
  MoorExit code;

  if (uid != 0 && (setgroups (0, NULL) < 0 || setgid (uid) < 0 || setuid (uid) < 0))
    _exit (99);
  code = jobs_try (fixture, operation, members, &result);
  g_string_append (text, fixture->message);
  for (guint i = 0; i < fixture->issues->len && i < 5; i++)
    {
      const MoorIssue *issue = g_ptr_array_index (fixture->issues, i);

      g_string_append_printf (text, "; %s: %s (%s)", issue->path, issue->action,
                              moor_cause_id (issue->cause));
    }
  g_strlcpy (shared, text->str, 4096);
  _exit ((int) code);
}

static void
must_as (JobsFixture *fixture,
         guint uid,
         MoorExit expected,
         const char *operation,
         const char *members)
{
  int status;
  pid_t pid;

  fflush (NULL);
  pid = fork ();
  assert_true (pid >= 0);
  if (pid == 0)
    run_here (fixture, uid, operation, members);
  assert_int_equal (waitpid (pid, &status, 0), pid);
  assert_true (WIFEXITED (status));
  if (WEXITSTATUS (status) != (int) expected)
    fail_msg ("%s by %u ended with %d and not %d: %s", operation, uid, WEXITSTATUS (status),
              expected, shared);
}

static int
setup (void **state)
{
  JobsFixture *fixture = jobs_fixture_new (NULL, 0);

  g_free (fixture->store);
  fixture->store = jobs_path (fixture, "home/alice/StateStore/mine");
  *state = fixture;
  return 0;
}

static guint64
inode_in_store (const JobsFixture *fixture, const char *below_root)
{
  g_autofree char *path = g_build_filename (fixture->store, "tree", fixture->root, below_root,
                                            NULL);

  return moor_test_inode (path, "");
}

#define ALICE "\"users\":[\"alice\"]"

static void
test_a_user_captures_the_own_home_into_it (void **state)
{
  JobsFixture *fixture = *state;

  must_as (fixture, JOBS_ALICE, MOOR_EXIT_COMPLETE, "capture", NULL);
  assert_int_equal (inode_in_store (fixture, "home/alice/data"),
                    moor_test_inode (fixture->root, "home/alice/data"));
  assert_int_equal (inode_in_store (fixture, "home/alice/StateStore/mine"), 0);
  assert_int_equal (inode_in_store (fixture, "home/bob"), 0);
  must_as (fixture, JOBS_ALICE, MOOR_EXIT_COMPLETE, "verify", NULL);
  must_as (fixture, JOBS_ALICE, MOOR_EXIT_COMPLETE, "capture", "\"resume\":true");
  must_as (fixture, JOBS_ALICE, MOOR_EXIT_COMPLETE, "verify", NULL);
}

static void
test_a_file_deleted_since_comes_back (void **state)
{
  JobsFixture *fixture = *state;
  guint64 ino = moor_test_inode (fixture->root, "home/alice/data");

  must_as (fixture, JOBS_ALICE, MOOR_EXIT_COMPLETE, "capture", NULL);
  jobs_remove (fixture, "home/alice/data");
  must_as (fixture, JOBS_ALICE, MOOR_EXIT_COMPLETE, "restore", NULL);
  assert_int_equal (moor_test_inode (fixture->root, "home/alice/data"), ino);
  must_as (fixture, JOBS_ALICE, MOOR_EXIT_COMPLETE, "restore", NULL);
}

static void
test_a_folder_without_permission_to_write_is_no_hindrance (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *folder = jobs_path (fixture, "home/alice/Documents");

  assert_int_equal (chmod (folder, 0555), 0);
  must_as (fixture, JOBS_ALICE, MOOR_EXIT_COMPLETE, "capture", NULL);
  jobs_write (fixture, "home/alice/Documents/new", "new", JOBS_ALICE);
  jobs_remove (fixture, "home/alice/Documents/letter.txt");
  must_as (fixture, JOBS_ALICE, MOOR_EXIT_COMPLETE, "capture", "\"resume\":true");
  must_as (fixture, JOBS_ALICE, MOOR_EXIT_COMPLETE, "verify", NULL);
  must_as (fixture, JOBS_ALICE, MOOR_EXIT_COMPLETE, "delete", "\"even-last-copies\":true");
  assert_false (moor_test_exists (fixture->store, ""));
}

static void
test_what_the_user_may_not_link_is_said (void **state)
{
  JobsFixture *fixture = *state;

  moor_test_write (fixture->root, "home/alice/roots", "of root");
  must_as (fixture, JOBS_ALICE, MOOR_EXIT_EXCEPTIONS, "capture", NULL);
  assert_non_null (strstr (shared, "/home/alice/roots"));
  assert_true (inode_in_store (fixture, "home/alice/data") != 0);
}

static void
test_somebody_else_s_home_is_not_permitted (void **state)
{
  JobsFixture *fixture = *state;

  must_as (fixture, JOBS_ALICE, MOOR_EXIT_NOT_PERMITTED, "capture", "\"users\":[\"bob\"]");
  assert_false (moor_test_exists (fixture->store, ""));
}

static void
test_root_makes_no_store_there_and_believes_none (void **state)
{
  JobsFixture *fixture = *state;

  must_as (fixture, 0, MOOR_EXIT_REFUSED, "capture", NULL);
  must_as (fixture, JOBS_ALICE, MOOR_EXIT_COMPLETE, "capture", NULL);
  must_as (fixture, 0, MOOR_EXIT_REFUSED, "set-aside", NULL);
  must_as (fixture, 0, MOOR_EXIT_REFUSED, "capture", "\"resume\":true");
  must_as (fixture, 0, MOOR_EXIT_COMPLETE, "verify", NULL);
  jobs_remove (fixture, "home/alice/data");
  must_as (fixture, 0, MOOR_EXIT_COMPLETE, "restore", NULL);
  assert_true (moor_test_exists (fixture->root, "home/alice/data"));
}

static void
test_a_user_sets_no_system_aside (void **state)
{
  JobsFixture *fixture = *state;

  must_as (fixture, JOBS_ALICE, MOOR_EXIT_COMPLETE, "capture", NULL);
  must_as (fixture, JOBS_ALICE, MOOR_EXIT_NOT_PERMITTED, "set-aside", NULL);
  must_as (fixture, JOBS_ALICE, MOOR_EXIT_NOT_PERMITTED, "rollback", NULL);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_a_user_captures_the_own_home_into_it, setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_file_deleted_since_comes_back, setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_folder_without_permission_to_write_is_no_hindrance,
                                     setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_what_the_user_may_not_link_is_said, setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_somebody_else_s_home_is_not_permitted, setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_root_makes_no_store_there_and_believes_none, setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_user_sets_no_system_aside, setup, jobs_teardown),
  };

  if (geteuid () != 0)
    {
      print_message ("skipped: only root can become somebody else\n");
      return 77;
    }
  shared = mmap (NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  g_assert (shared != MAP_FAILED);
  return cmocka_run_group_tests_name ("core/capture-own", tests, NULL, NULL);
}
