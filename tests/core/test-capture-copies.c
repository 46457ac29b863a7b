/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs-fixture.h"

#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* What was copied in an earlier run is found again, and not copied once more. */

static guint64
copy_of (const JobsFixture *fixture, const char *below_root)
{
  g_autofree char *path = g_build_filename (fixture->store, "tree", fixture->root, below_root,
                                            NULL);

  return moor_test_inode (path, "");
}

static gboolean
keeps_anything (const JobsFixture *fixture)
{
  return moor_test_exists (fixture->store, "replaced/saved-anew");
}

static void
test_copies_are_found_again (void **state)
{
  static const char *const files[] = { "home/alice/data", "home/alice/last",
                                       "home/alice/Documents/letter.txt" };
  JobsFixture *fixture = *state;
  guint64 before[G_N_ELEMENTS (files)];
  g_autoptr(JsonObject) result = NULL;

  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", "\"method\":\"copy\"");
  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    {
      before[i] = copy_of (fixture, files[i]);
      assert_true (before[i] != 0);
    }
  result = jobs_run (fixture, MOOR_EXIT_COMPLETE, "capture", "\"method\":\"copy\",\"resume\":true");
  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    assert_int_equal (copy_of (fixture, files[i]), before[i]);
  assert_int_equal (jobs_number (result, "superseded"), 0);
  assert_int_equal (jobs_number (result, "copied"), 9);
  assert_false (keeps_anything (fixture));
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", "\"against\":\"source\",\"content\":true");
}

static void
test_what_changed_is_copied_again (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *data = jobs_path (fixture, "home/alice/data");
  g_autoptr(JsonObject) result = NULL;
  GStatBuf st;
  struct timespec times[2];

  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", "\"method\":\"copy\"");
  assert_int_equal (g_stat (data, &st), 0);
  times[0] = st.st_atim;
  times[1] = st.st_mtim;
  /* The same size and time, and other content. */
  jobs_write (fixture, "home/alice/data", "DATA of alice", JOBS_ALICE);
  assert_int_equal (utimensat (AT_FDCWD, data, times, 0), 0);
  result = jobs_run (fixture, MOOR_EXIT_COMPLETE, "capture", "\"method\":\"copy\",\"resume\":true");
  assert_int_equal (jobs_number (result, "superseded"), 1);
  assert_true (keeps_anything (fixture));
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", "\"against\":\"source\",\"content\":true");
}

static void
test_what_can_be_linked_by_now_is_linked (void **state)
{
  JobsFixture *fixture = *state;
  g_autoptr(JsonObject) result = NULL;

  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", "\"method\":\"copy\"");
  result = jobs_run (fixture, MOOR_EXIT_COMPLETE, "capture", "\"resume\":true");
  assert_int_equal (jobs_number (result, "linked"), 9);
  assert_int_equal (copy_of (fixture, "home/alice/data"),
                    moor_test_inode (fixture->root, "home/alice/data"));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_copies_are_found_again, jobs_setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_what_changed_is_copied_again, jobs_setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_what_can_be_linked_by_now_is_linked, jobs_setup,
                                     jobs_teardown),
  };

  return cmocka_run_group_tests_name ("core/capture-copies", tests, NULL, NULL);
}
