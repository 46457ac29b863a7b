/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs-fixture.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* What gives space back or leads back must not need any: it works on volumes on which
 * not one byte is free. */

static const char *const fs_types[] = { "ext4", "xfs", "btrfs" };

/* Writes to the root's volume until nothing more goes. */
static void
fill_up (const JobsFixture *fixture)
{
  static const gsize sizes[] = { 256 * 1024, 4096, 512, 1 };
  g_autofree char *zeros = g_malloc0 (sizes[0]);

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autofree char *name = g_strdup_printf ("filler-%" G_GSIZE_FORMAT, i);
      g_autofree char *path = jobs_path (fixture, name);
      int fd = open (path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

      while (fd >= 0 && write (fd, zeros, sizes[i]) == (ssize_t) sizes[i])
        ;
      if (fd >= 0)
        {
          (void) fsync (fd);
          (void) close (fd);
        }
    }
  sync ();
}

static void
run_with (const char *fs_type, const char *operation, const char *members, gboolean refresh)
{
  JobsFixture *fixture = jobs_fixture_new (fs_type, strcmp (fs_type, "xfs") == 0 ? 320 : 128);

  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", NULL);
  if (refresh)
    {
      jobs_must (fixture, MOOR_EXIT_COMPLETE, "set-aside", NULL);
      jobs_unpack_image (fixture);
      jobs_must (fixture, MOOR_EXIT_COMPLETE, "restore", "\"enable-accounts\":true");
    }
  fill_up (fixture);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, operation, members);
  if (refresh)
    jobs_must (fixture, g_str_equal (operation, "undo") ? MOOR_EXIT_REFUSED : MOOR_EXIT_COMPLETE,
               "verify", NULL);
  else
    assert_false (g_file_test (fixture->store, G_FILE_TEST_EXISTS));
  jobs_fixture_free (fixture);
}

static void
run_everywhere (const char *operation, const char *members, gboolean refresh)
{
  guint n_run = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (fs_types); i++)
    {
      if (!moor_test_can_mount (fs_types[i]) || !jobs_can_make_accounts ())
        continue;
      run_with (fs_types[i], operation, members, refresh);
      n_run++;
    }
  if (n_run == 0)
    moor_test_skip ("no file system can be made and mounted here");
}

static void
test_a_store_is_deleted (void **state)
{
  run_everywhere ("delete", NULL, FALSE);
}

static void
test_a_refresh_is_rolled_back (void **state)
{
  run_everywhere ("rollback", NULL, TRUE);
}

static void
test_a_restore_is_undone (void **state)
{
  run_everywhere ("undo", NULL, TRUE);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_a_store_is_deleted),
    cmocka_unit_test (test_a_refresh_is_rolled_back),
    cmocka_unit_test (test_a_restore_is_undone),
  };

  return cmocka_run_group_tests_name ("core/full-disk", tests, NULL, NULL);
}
