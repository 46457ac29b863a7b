/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-link.h"

#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mount.h>

#include "link-fixture.h"

static void
test_every_kind_but_a_directory_gets_a_second_name (void **state)
{
  Fixture *fixture = *state;

  make_every_kind (fixture);
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      assert_int_equal (do_link (fixture, kinds[i]), MOOR_PLACED_LINKED);
      assert_int_equal (fixture->placing.stx.stx_ino, moor_test_inode (fixture->src, kinds[i]));
      assert_int_equal (fixture->placing.stx.stx_nlink, 2);
      assert_true ((fixture->placing.stx.stx_mask & STATX_MNT_ID) != 0);
      assert_int_equal (fixture->placing.cause, MOOR_CAUSE_NONE);
    }

  assert_int_equal (mkdirat (fixture->src_dfd, "folder", 0700), 0);
  assert_int_equal (do_place (fixture, "folder", MOOR_METHOD_LINK), MOOR_PLACED_FAILED);
  assert_int_equal (fixture->placing.cause, MOOR_CAUSE_CHANGED);
  assert_int_equal (fixture->placing.errnum, EISDIR);
  assert_false (moor_test_exists (fixture->dst, "folder"));
}

static void
test_a_second_run_finds_its_work_done (void **state)
{
  Fixture *fixture = *state;

  make_every_kind (fixture);
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      assert_int_equal (do_link (fixture, kinds[i]), MOOR_PLACED_LINKED);
      assert_int_equal (do_link (fixture, kinds[i]), MOOR_PLACED_ALREADY);
      assert_int_equal (do_copy (fixture, moor_sys_posix (), kinds[i]), MOOR_PLACED_ALREADY);
      assert_int_equal (fixture->placing.stx.stx_ino, moor_test_inode (fixture->src, kinds[i]));
    }
}

static void
test_another_object_in_the_way_is_left_alone (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *content = NULL;

  write_at (fixture->src_dfd, "file", "mine");
  write_at (fixture->dst_dfd, "file", "someone else's");
  assert_int_equal (do_link (fixture, "file"), MOOR_PLACED_TAKEN);
  assert_int_equal (do_copy (fixture, moor_sys_posix (), "file"), MOOR_PLACED_TAKEN);
  assert_int_equal (fixture->placing.stx.stx_ino, moor_test_inode (fixture->dst, "file"));
  assert_false (fixture->placing.has_hash);
  content = moor_test_read (fixture->dst, "file");
  assert_string_equal (content, "someone else's");
}

static void
test_what_vanished_is_told_as_vanished (void **state)
{
  Fixture *fixture = *state;

  assert_int_equal (do_place (fixture, "gone", MOOR_METHOD_LINK), MOOR_PLACED_FAILED);
  assert_int_equal (fixture->placing.cause, MOOR_CAUSE_VANISHED);
  assert_int_equal (do_place (fixture, "gone", MOOR_METHOD_COPY), MOOR_PLACED_FAILED);
  assert_int_equal (fixture->placing.cause, MOOR_CAUSE_VANISHED);
  assert_int_equal (fixture->placing.errnum, ENOENT);
}

static void
test_any_name_can_be_placed (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *longest = g_strnfill (255, 'x');
  g_autofree char *too_long = g_strnfill (256, 'x');
  const char *names[] = { "two\nlines", "\xff\xfe not UTF-8", longest, "-rf", " ", "\\" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      write_at (fixture->src_dfd, names[i], "payload");
      assert_int_equal (do_link (fixture, names[i]), MOOR_PLACED_LINKED);
      assert_int_equal (unlinkat (fixture->dst_dfd, names[i], 0), 0);
      assert_int_equal (do_copy (fixture, moor_sys_posix (), names[i]), MOOR_PLACED_COPIED);
    }
  assert_int_equal (count_names (fixture), G_N_ELEMENTS (names));

  write_at (fixture->src_dfd, "short", "payload");
  assert_int_equal (moor_link_entry (moor_sys_posix (), fixture->src_dfd, "short", fixture->dst_dfd,
                                     too_long, &fixture->placing),
                    MOOR_PLACED_FAILED);
  assert_int_equal (fixture->placing.cause, MOOR_CAUSE_NAME);
}

static void
test_a_marked_file_is_copied_and_the_copy_can_be_deleted (void **state)
{
  static const struct
  {
    const char *mark;
    MoorCause cause;
  } marks[] = { { "+i", MOOR_CAUSE_IMMUTABLE }, { "+a", MOOR_CAUSE_APPEND_ONLY } };
  Fixture *fixture = *state;
  g_autofree char *path = g_build_filename (fixture->src, "file", NULL);

  if (geteuid () != 0)
    moor_test_skip ("only root may set the immutable mark");

  for (gsize i = 0; i < G_N_ELEMENTS (marks); i++)
    {
      const char *mark[] = { "chattr", marks[i].mark, path, NULL };
      const char *unmark[] = { "chattr", "-ia", path, NULL };

      write_at (fixture->src_dfd, "file", "payload");
      assert_true (moor_test_run (mark, NULL));
      assert_int_equal (do_link (fixture, "file"), MOOR_PLACED_FAILED);
      assert_int_equal (fixture->placing.cause, marks[i].cause);
      assert_int_equal (fixture->placing.errnum, EPERM);
      assert_int_equal (do_place (fixture, "file", MOOR_METHOD_LINK), MOOR_PLACED_COPIED);
      assert_int_equal (fixture->placing.cause, marks[i].cause);
      assert_false (fixture->placing.lost_metadata);
      assert_hash_of (fixture, path);
      assert_int_equal (unlinkat (fixture->dst_dfd, "file", 0), 0);
      assert_true (moor_test_run (unmark, NULL));
    }
}

static void
test_each_errno_has_its_cause (void **state)
{
  static const struct
  {
    int errnum;
    MoorCause cause;
  } faults[] = {
    { ENOSPC, MOOR_CAUSE_NO_SPACE },       { EDQUOT, MOOR_CAUSE_NO_SPACE },
    { EROFS, MOOR_CAUSE_READ_ONLY },       { EIO, MOOR_CAUSE_READ_ERROR },
    { EACCES, MOOR_CAUSE_PERMISSION },     { EPERM, MOOR_CAUSE_PERMISSION },
    { EMLINK, MOOR_CAUSE_TOO_MANY_LINKS }, { EXDEV, MOOR_CAUSE_OTHER_VOLUME },
  };
  Fixture *fixture = *state;

  write_at (fixture->src_dfd, "file", "payload");
  for (gsize i = 0; i < G_N_ELEMENTS (faults); i++)
    {
      fault.n_calls = 0;
      fault.fail_at = 1;
      fault.errnum = faults[i].errnum;
      assert_int_equal (moor_link_entry (&faulty_sys, fixture->src_dfd, "file", fixture->dst_dfd,
                                         "file", &fixture->placing),
                        MOOR_PLACED_FAILED);
      assert_int_equal (fixture->placing.cause, faults[i].cause);
      assert_int_equal (fixture->placing.errnum, faults[i].errnum);
    }
}

static void
test_what_is_mounted_on_a_file_is_not_copied (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *path = g_build_filename (fixture->src, "file", NULL);
  g_autofree char *other = g_build_filename (fixture->root, "other", NULL);
  MoorPlaced placed;

  if (geteuid () != 0)
    moor_test_skip ("only root may mount");

  moor_test_write (fixture->root, "other", "other");
  write_at (fixture->src_dfd, "file", "payload");
  if (mount (other, path, NULL, MS_BIND, NULL) < 0)
    moor_test_skip ("no bind mounts here");
  placed = do_place (fixture, "file", MOOR_METHOD_LINK);
  assert_int_equal (umount2 (path, MNT_DETACH), 0);
  assert_int_equal (placed, MOOR_PLACED_FAILED);
  assert_int_equal (fixture->placing.cause, MOOR_CAUSE_MOUNT_POINT);
  assert_int_equal (count_names (fixture), 0);
}

static void
test_ext4_copies_what_has_65000_names (void **state)
{
  Fixture *fixture = *state;
  MoorPlaced placed = MOOR_PLACED_LINKED;
  guint n = 1;

  if (!use_volume (fixture, "ext4", 64))
    moor_test_skip ("no root, loop devices or mkfs.ext4");

  write_at (fixture->src_dfd, "file", "payload");
  for (; placed == MOOR_PLACED_LINKED && n < 70000; n++)
    {
      g_autofree char *name = g_strdup_printf ("%u", n);

      placed = moor_link_entry (moor_sys_posix (), fixture->src_dfd, "file", fixture->src_dfd, name,
                                &fixture->placing);
    }
  assert_int_equal (placed, MOOR_PLACED_FAILED);
  assert_int_equal (n - 1, 65000);
  assert_int_equal (fixture->placing.cause, MOOR_CAUSE_TOO_MANY_LINKS);
  assert_int_equal (do_place (fixture, "file", MOOR_METHOD_LINK), MOOR_PLACED_COPIED);
  assert_int_equal (fixture->placing.cause, MOOR_CAUSE_TOO_MANY_LINKS);
  assert_int_equal (fixture->placing.errnum, EMLINK);
}

static void
test_xfs_links_and_clones (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *path = NULL;

  if (!use_volume (fixture, "xfs", 320))
    moor_test_skip ("no root, loop devices or mkfs.xfs");

  path = g_build_filename (fixture->src, "file", NULL);
  write_at (fixture->src_dfd, "file", "payload");
  assert_int_equal (do_place (fixture, "file", MOOR_METHOD_LINK), MOOR_PLACED_LINKED);
  assert_int_equal (unlinkat (fixture->dst_dfd, "file", 0), 0);
  assert_int_equal (do_place (fixture, "file", MOOR_METHOD_REFLINK), MOOR_PLACED_REFLINKED);
  assert_int_equal (fixture->placing.cause, MOOR_CAUSE_NONE);
  assert_hash_of (fixture, path);
  assert_same_meta (fixture, "file");
}

static void
test_btrfs_reflinks_across_subvolumes (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *path = NULL;
  const char *create[] = { "btrfs", "-q", "subvolume", "create", NULL, NULL };

  if (!use_volume (fixture, "btrfs", 256))
    moor_test_skip ("no root, loop devices or mkfs.btrfs");

  close_folders (fixture);
  fixture->src = g_build_filename (fixture->volume.mount_point, "one", NULL);
  fixture->dst = g_build_filename (fixture->volume.mount_point, "two", NULL);
  create[4] = fixture->src;
  assert_true (moor_test_run (create, NULL));
  create[4] = fixture->dst;
  assert_true (moor_test_run (create, NULL));
  open_folders (fixture);

  make_every_kind (fixture);
  path = g_build_filename (fixture->src, "file", NULL);
  assert_int_equal (do_place (fixture, "file", MOOR_METHOD_LINK), MOOR_PLACED_REFLINKED);
  assert_int_equal (fixture->placing.cause, MOOR_CAUSE_OTHER_VOLUME);
  assert_int_equal (fixture->placing.errnum, EXDEV);
  assert_hash_of (fixture, path);
  assert_same_meta (fixture, "file");
  for (gsize i = 1; i < G_N_ELEMENTS (kinds); i++)
    {
      assert_int_equal (do_place (fixture, kinds[i], MOOR_METHOD_LINK), MOOR_PLACED_COPIED);
      assert_int_equal (fixture->placing.cause, MOOR_CAUSE_OTHER_VOLUME);
    }
}

static void
test_a_nocow_file_is_cloned_with_its_mark (void **state)
{
  Fixture *fixture = *state;
  g_auto(MoorFd) fd = -1;
  g_auto(MoorFd) copy = -1;
  int flags = FS_NOCOW_FL;

  if (!use_volume (fixture, "btrfs", 256))
    moor_test_skip ("no root, loop devices or mkfs.btrfs");

  fd = openat (fixture->src_dfd, "disk", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  assert_int_equal (ioctl (fd, FS_IOC_SETFLAGS, &flags), 0);
  assert_int_equal (write (fd, "payload", 7), 7);
  assert_int_equal (do_place (fixture, "disk", MOOR_METHOD_REFLINK), MOOR_PLACED_REFLINKED);
  copy = openat (fixture->dst_dfd, "disk", O_RDONLY | O_CLOEXEC);
  assert_int_equal (ioctl (copy, FS_IOC_GETFLAGS, &flags), 0);
  assert_true ((flags & FS_NOCOW_FL) != 0);
}

static void
test_a_file_system_without_links_gets_copies (void **state)
{
  Fixture *fixture = *state;
  const char *fs_type = moor_test_linkless_type ();

  if (fs_type == NULL || !use_volume (fixture, fs_type, 40))
    moor_test_skip ("neither vfat nor exfat can be made and mounted here");

  write_at (fixture->src_dfd, "file", "payload");
  assert_int_equal (do_place (fixture, "file", MOOR_METHOD_LINK), MOOR_PLACED_COPIED);
  assert_int_equal (fixture->placing.cause, MOOR_CAUSE_NO_LINKS);
}

static void
test_a_read_only_volume_is_told_as_read_only (void **state)
{
  Fixture *fixture = *state;

  if (!use_volume (fixture, "ext4", 16))
    moor_test_skip ("no root, loop devices or mkfs.ext4");

  write_at (fixture->src_dfd, "file", "payload");
  assert_int_equal (mount (NULL, fixture->volume.mount_point, NULL, MS_REMOUNT | MS_RDONLY, NULL),
                    0);
  assert_int_equal (do_place (fixture, "file", MOOR_METHOD_LINK), MOOR_PLACED_FAILED);
  assert_int_equal (fixture->placing.cause, MOOR_CAUSE_READ_ONLY);
  assert_int_equal (do_place (fixture, "file", MOOR_METHOD_COPY), MOOR_PLACED_FAILED);
  assert_int_equal (fixture->placing.cause, MOOR_CAUSE_READ_ONLY);
}

static void
test_a_full_volume_is_told_as_full (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *large = g_strnfill (12 << 20, 'z');

  if (!use_volume (fixture, "ext4", 16))
    moor_test_skip ("no root, loop devices or mkfs.ext4");

  write_at (fixture->src_dfd, "large", "z");
  {
    g_autofree char *path = g_build_filename (fixture->src, "large", NULL);

    assert_true (g_file_set_contents (path, large, 8 << 20, NULL));
  }
  assert_int_equal (do_place (fixture, "large", MOOR_METHOD_COPY), MOOR_PLACED_FAILED);
  assert_int_equal (fixture->placing.cause, MOOR_CAUSE_NO_SPACE);
  assert_int_equal (count_names (fixture), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, setup, teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (test_every_kind_but_a_directory_gets_a_second_name),
    TEST (test_a_second_run_finds_its_work_done),
    TEST (test_another_object_in_the_way_is_left_alone),
    TEST (test_what_vanished_is_told_as_vanished),
    TEST (test_any_name_can_be_placed),
    TEST (test_a_marked_file_is_copied_and_the_copy_can_be_deleted),
    TEST (test_each_errno_has_its_cause),
    TEST (test_what_is_mounted_on_a_file_is_not_copied),
    TEST (test_ext4_copies_what_has_65000_names),
    TEST (test_xfs_links_and_clones),
    TEST (test_btrfs_reflinks_across_subvolumes),
    TEST (test_a_nocow_file_is_cloned_with_its_mark),
    TEST (test_a_file_system_without_links_gets_copies),
    TEST (test_a_read_only_volume_is_told_as_read_only),
    TEST (test_a_full_volume_is_told_as_full),
  };

  return cmocka_run_group_tests_name ("core/link", tests, NULL, NULL);
}
