/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs-fixture.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define NEEDS_VOLUMES(fs_type) \
  do \
    { \
      if (!moor_test_can_mount (fs_type)) \
        { \
          moor_test_skip ("loop devices and mkfs." fs_type " are for root"); \
          return; \
        } \
    } \
  while (0)

/* Leaves about @n_bytes of the root's volume free. */
static void
fill (const JobsFixture *fixture, guint64 n_bytes)
{
  g_autofree char *path = jobs_path (fixture, "filler");
  struct statvfs vfs;
  guint64 n_free;
  int fd = open (path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

  assert_true (fd >= 0);
  assert_int_equal (fstatvfs (fd, &vfs), 0);
  n_free = (guint64) vfs.f_bavail * vfs.f_frsize;
  assert_true (n_free > n_bytes);
  assert_int_equal (posix_fallocate (fd, 0, (off_t) (n_free - n_bytes)), 0);
  close (fd);
}

static void
test_a_disk_that_fills_up_stops_it_and_freeing_some_helps (void **state)
{
  JobsFixture *fixture;
  g_autofree char *first = NULL;
  g_autofree char *filler = NULL;

  NEEDS_VOLUMES ("ext4");
  fixture = jobs_fixture_new ("ext4", 64);
  first = jobs_path (fixture, "home/alice/data");
  filler = g_strnfill (200, 'n');
  for (guint i = 0; i < 15000; i++)
    {
      g_autofree char *name = g_strdup_printf ("%s/home/alice/%s%u", fixture->root, filler, i);

      assert_int_equal (link (first, name), 0);
    }
  fill (fixture, 5 * 1024 * 1024);
  jobs_must (fixture, MOOR_EXIT_FAILED, "capture", NULL);
  jobs_must (fixture, MOOR_EXIT_REFUSED, "set-aside", NULL);
  jobs_remove (fixture, "filler");
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", NULL);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", NULL);
  jobs_fixture_free (fixture);
}

/* Bob's home is on a volume of its own; the system says so in its fstab. */
static JobsFixture *
two_volumes_new (const char *fs_type, MoorTestVolume *people)
{
  JobsFixture *fixture = jobs_fixture_new ("ext4", 64);
  g_autofree char *uuid = NULL;
  g_autofree char *fstab = NULL;
  const char *argv[] = { "blkid", "-s", "UUID", "-o", "value", NULL, NULL };

  assert_true (moor_test_volume_new (fixture->dir, "people", fs_type, 64, people));
  argv[5] = people->image;
  assert_true (moor_test_run (argv, &uuid));
  fstab = g_strdup_printf ("UUID=%s /people %s defaults 0 2\n", g_strstrip (uuid), fs_type);
  moor_test_write (fixture->root, "etc/fstab", fstab);
  moor_test_write (fixture->root, "etc/passwd",
                   "root:x:0:0:root:/root:/bin/bash\n"
                   "alice:x:1000:1000:Alice Archer,,,:/home/alice:/bin/bash\n"
                   "bob:x:1001:1001:Bob:/people/bob:/bin/bash\n");
  jobs_remove (fixture, "home/bob");
  jobs_command ("mkdir", "-p", people->mount_point, NULL);
  moor_test_write (people->mount_point, "bob/notes.txt", "notes");
  moor_test_write (people->mount_point, "bob/music/song.ogg", "la");
  {
    g_autofree char *bob = g_build_filename (people->mount_point, "bob", NULL);

    jobs_command ("chown", "-R", "1001:1001", bob, NULL);
  }
  return fixture;
}

static guint
count_files (const char *dir, const char *end)
{
  g_autofree char *tree = jobs_tree (dir, NULL, JOBS_TREE_PLAIN);
  g_auto(GStrv) lines = g_strsplit (tree, "\n", -1);
  guint n = 0;

  for (char **line = lines; *line != NULL; line++)
    {
      const char *space = strchr (*line, ' ');
      g_autofree char *path = space != NULL ? g_strndup (*line, (gsize) (space - *line)) : NULL;

      n += path != NULL && g_str_has_suffix (path, end);
    }
  return n;
}

static void
test_each_volume_has_its_part_and_a_refresh_uses_both (void **state)
{
  JobsFixture *fixture;
  MoorTestVolume people;
  g_autofree char *bob = NULL;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  g_autoptr(JsonObject) result = NULL;

  NEEDS_VOLUMES ("ext4");
  if (!jobs_can_make_accounts ())
    {
      moor_test_skip ("accounts are made with useradd");
      return;
    }
  fixture = two_volumes_new ("ext4", &people);
  bob = g_build_filename (people.mount_point, "bob", NULL);
  before = jobs_tree (bob, NULL, JOBS_TREE_INODES);

  /* Both are mounted apart, as by a live medium. */
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", NULL);
  assert_int_equal (count_files (people.mount_point, "bob/notes.txt"), 2);
  assert_int_equal (count_files (fixture->store, "bob/notes.txt"), 0);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", NULL);

  /* Mounted where it belongs it is in the way, and is named. */
  jobs_mount (fixture, "people", "--bind", people.mount_point, NULL);
  jobs_must (fixture, MOOR_EXIT_REFUSED, "set-aside", NULL);
  jobs_unmount (fixture);

  jobs_must (fixture, MOOR_EXIT_COMPLETE, "set-aside", NULL);
  after = jobs_tree (bob, NULL, JOBS_TREE_INODES);
  jobs_assert_trees (before, after);
  jobs_unpack_image (fixture);
  result = jobs_run (fixture, MOOR_EXIT_COMPLETE, "restore", "\"enable-accounts\":true");
  g_free (after);
  after = jobs_tree (bob, NULL, JOBS_TREE_INODES);
  jobs_assert_trees (before, after);
  assert_string_equal (jobs_how (result, "bob"), "already");
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", NULL);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "rollback", NULL);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", NULL);
  jobs_must (fixture, MOOR_EXIT_REFUSED, "delete", NULL);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "delete", "\"even-last-copies\":true");
  assert_int_equal (count_files (people.mount_point, "bob/notes.txt"), 1);
  moor_test_volume_free (&people);
  jobs_fixture_free (fixture);
}

static void
test_a_home_on_a_volume_without_links_is_copied (void **state)
{
  const char *fs_type = moor_test_linkless_type ();
  JobsFixture *fixture;
  MoorTestVolume people;
  g_autoptr(JsonObject) result = NULL;

  if (fs_type == NULL)
    {
      moor_test_skip ("neither vfat nor exfat can be made and mounted here");
      return;
    }
  fixture = two_volumes_new (fs_type, &people);
  result = jobs_run (fixture, MOOR_EXIT_EXCEPTIONS, "capture", NULL);
  assert_int_equal (jobs_number (result, "copied"), 2);
  assert_true (jobs_has_issue (fixture, MOOR_CAUSE_NO_LINKS, "bob/notes.txt")
               || jobs_has_issue (fixture, MOOR_CAUSE_OTHER_VOLUME, "bob/notes.txt"));
  assert_int_equal (count_files (people.mount_point, "bob/notes.txt"), 1);
  assert_int_equal (count_files (fixture->store, "bob/notes.txt"), 1);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", "\"content\":true");
  moor_test_write (people.mount_point, "bob/notes.txt", "NOTES");
  jobs_must (fixture, MOOR_EXIT_DIFFERENCES, "verify", "\"content\":true");
  moor_test_volume_free (&people);
  jobs_fixture_free (fixture);
}

static void
test_a_volume_that_is_not_there_is_said_to_be_missing (void **state)
{
  JobsFixture *fixture;
  MoorTestVolume people;

  NEEDS_VOLUMES ("ext4");
  fixture = two_volumes_new ("ext4", &people);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", NULL);
  jobs_command ("umount", people.mount_point, NULL);
  jobs_must (fixture, MOOR_EXIT_REFUSED, "verify", NULL);
  jobs_must (fixture, MOOR_EXIT_REFUSED, "restore", NULL);
  jobs_must (fixture, MOOR_EXIT_REFUSED, "delete", NULL);
  jobs_must (fixture, MOOR_EXIT_REFUSED, "capture", "\"resume\":true");
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "set-aside", "\"dry-run\":true");
  moor_test_volume_free (&people);
  jobs_fixture_free (fixture);
}

static void
test_a_subvolume_in_a_home_is_taken_and_said_so (void **state)
{
  JobsFixture *fixture;
  g_autofree char *sub = NULL;
  g_autofree char *kept = NULL;
  g_autoptr(JsonObject) result = NULL;

  NEEDS_VOLUMES ("btrfs");
  fixture = jobs_fixture_new ("btrfs", 192);
  sub = jobs_path (fixture, "home/alice/sub");
  jobs_command ("btrfs", "subvolume", "create", sub, NULL);
  jobs_write (fixture, "home/alice/sub/folder/file", "in a subvolume", JOBS_ALICE);
  result = jobs_run (fixture, MOOR_EXIT_EXCEPTIONS, "capture", NULL);
  assert_true (jobs_has_issue (fixture, MOOR_CAUSE_OTHER_VOLUME, "sub/folder/file"));
  assert_int_equal (jobs_number (result, "reflinked"), 1);
  kept = moor_test_read (fixture->store, "tree/home/alice/sub/folder/file");
  assert_string_equal (kept, "in a subvolume");
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", "\"content\":true");
  jobs_fixture_free (fixture);
}

static void
test_a_mount_in_a_home_is_told_and_not_crossed (void **state)
{
  JobsFixture *fixture;
  g_autofree char *site = NULL;

  if (geteuid () != 0)
    {
      moor_test_skip ("mounting takes root");
      return;
    }
  fixture = jobs_fixture_new (NULL, 0);
  site = jobs_path (fixture, "srv/site");
  jobs_mount (fixture, "home/alice/bound", "--bind", site, NULL);
  jobs_must (fixture, MOOR_EXIT_EXCEPTIONS, "capture", NULL);
  assert_true (jobs_has_issue (fixture, MOOR_CAUSE_MOUNT_POINT, "/home/alice/bound"));
  assert_int_equal (count_files (fixture->store, "index.html"), 0);
  jobs_must (fixture, MOOR_EXIT_DIFFERENCES, "verify", NULL);
  jobs_fixture_free (fixture);
}

static void
test_xfs_and_btrfs_link_like_ext4 (void **state)
{
  static const char *const types[] = { "xfs", "btrfs" };

  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    {
      JobsFixture *fixture;
      g_autoptr(JsonObject) result = NULL;
      g_autofree char *before = NULL;
      g_autofree char *after = NULL;

      if (!moor_test_can_mount (types[i]) || !jobs_can_make_accounts ())
        {
          moor_test_skip ("this takes loop devices, mkfs and useradd");
          return;
        }
      fixture = jobs_fixture_new (types[i], 320);
      before = jobs_tree (fixture->root, "StateStore", JOBS_TREE_INODES | JOBS_TREE_NO_ROOT);
      result = jobs_run (fixture, MOOR_EXIT_COMPLETE, "capture", NULL);
      assert_int_equal (jobs_number (result, "linked"), 9);
      jobs_must (fixture, MOOR_EXIT_COMPLETE, "set-aside", NULL);
      jobs_unpack_image (fixture);
      jobs_must (fixture, MOOR_EXIT_COMPLETE, "restore", "\"enable-accounts\":true");
      jobs_must (fixture, MOOR_EXIT_COMPLETE, "rollback", NULL);
      after = jobs_tree (fixture->root, "StateStore", JOBS_TREE_INODES | JOBS_TREE_NO_ROOT);
      jobs_assert_trees (before, after);
      jobs_fixture_free (fixture);
    }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_a_disk_that_fills_up_stops_it_and_freeing_some_helps),
    cmocka_unit_test (test_each_volume_has_its_part_and_a_refresh_uses_both),
    cmocka_unit_test (test_a_home_on_a_volume_without_links_is_copied),
    cmocka_unit_test (test_a_volume_that_is_not_there_is_said_to_be_missing),
    cmocka_unit_test (test_a_subvolume_in_a_home_is_taken_and_said_so),
    cmocka_unit_test (test_a_mount_in_a_home_is_told_and_not_crossed),
    cmocka_unit_test (test_xfs_and_btrfs_link_like_ext4),
  };

  return cmocka_run_group_tests_name ("core/capture-volumes", tests, NULL, NULL);
}
