/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-volume.h"

#include <stdio.h>
#include <sys/mount.h>

#include "moor-error.h"
#include "moor-test.h"

/* A folder for images and mounts; everything mounted below it goes in the end. */
typedef struct
{
  char *root;
  MoorTestVolume volume;
} Fixture;

static int
setup (void **state)
{
  Fixture *fixture = g_new0 (Fixture, 1);

  fixture->root = moor_test_dir_new ();
  *state = fixture;
  return 0;
}

static int
teardown (void **state)
{
  Fixture *fixture = *state;
  g_auto(MoorFd) dfd = moor_open_dir (NULL, fixture->root, NULL);
  g_autoptr(GPtrArray) mounts = moor_volume_mounts_below (dfd, NULL);

  for (guint i = mounts->len; i > 0; i--)
    (void) umount2 (g_ptr_array_index (mounts, i - 1), MNT_DETACH);
  moor_test_volume_free (&fixture->volume);
  moor_test_dir_free (fixture->root);
  g_free (fixture);
  return 0;
}

static gboolean
use_volume (Fixture *fixture, const char *fs_type, guint size_mib)
{
  if (!moor_test_can_mount (fs_type))
    return FALSE;
  assert_true (moor_test_volume_new (fixture->root, "volume", fs_type, size_mib, &fixture->volume));
  return TRUE;
}

/* Below the mounted volume, or the mount point itself for "". */
static char *
inside (const Fixture *fixture, const char *path)
{
  return *path == '\0' ? g_strdup (fixture->volume.mount_point)
                       : g_build_filename (fixture->volume.mount_point, path, NULL);
}

static MoorVolume *
volume_at (const char *path)
{
  g_auto(MoorFd) fd = moor_open_dir (NULL, path, NULL);
  g_autoptr(GError) error = NULL;
  MoorVolume *volume = moor_volume_for_fd (fd, &error);

  assert_no_gerror (error);
  assert_non_null (volume);
  return volume;
}

static MoorVolume *
volume_inside (const Fixture *fixture, const char *path)
{
  g_autofree char *full = inside (fixture, path);

  return volume_at (full);
}

static void
run_inside (const Fixture *fixture, const char *const *words, const char *path)
{
  g_autofree char *full = inside (fixture, path);
  g_autoptr(GPtrArray) argv = g_ptr_array_new ();

  for (gsize i = 0; words[i] != NULL; i++)
    g_ptr_array_add (argv, (gpointer) words[i]);
  g_ptr_array_add (argv, full);
  g_ptr_array_add (argv, NULL);
  assert_true (moor_test_run ((const char *const *) argv->pdata, NULL));
}

static void
make_subvolume (const Fixture *fixture, const char *path)
{
  static const char *const words[] = { "btrfs", "-q", "subvolume", "create", NULL };

  run_inside (fixture, words, path);
}

static char *
make_folder (const Fixture *fixture, const char *name)
{
  char *path = g_build_filename (fixture->root, name, NULL);

  assert_int_equal (g_mkdir_with_parents (path, 0755), 0);
  return path;
}

/* What blkid reads from the image. */
static char *
uuid_of_image (const Fixture *fixture)
{
  const char *argv[] = { "blkid", "-p", "-o", "value", "-s", "UUID", fixture->volume.image, NULL };
  char *output = NULL;

  assert_true (moor_test_run (argv, &output));
  return g_strchomp (output);
}

static void
assert_is_found (const char *name, const char *mount_point)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MoorVolume) volume = moor_volume_find (name, &error);

  assert_no_gerror (error);
  assert_string_equal (volume->mount_point, mount_point);
  assert_string_equal (volume->name, name);
}

static void
assert_is_device (const char *source, const MoorVolume *wanted)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MoorVolume) volume = moor_volume_find_device (source, &error);

  assert_no_gerror (error);
  assert_true (moor_domain_equal (&volume->domain, &wanted->domain));
}

static void
test_ext4_is_described (void **state)
{
  Fixture *fixture = *state;
  g_autoptr(MoorVolume) volume = NULL;
  g_autofree char *uuid = NULL;

  if (!use_volume (fixture, "ext4", 16))
    moor_test_skip ("no root, loop devices or mkfs.ext4");

  volume = volume_inside (fixture, "");
  uuid = uuid_of_image (fixture);
  assert_string_equal (volume->name, uuid);
  assert_string_equal (volume->fs_type, "ext4");
  assert_string_equal (volume->mount_point, fixture->volume.mount_point);
  assert_string_equal (volume->mount_root, "/");
  assert_true (g_str_has_prefix (volume->device, "/dev/loop"));
  assert_true (volume->can_link);
  assert_false (volume->can_clone);
  assert_false (volume->read_only);
  assert_int_equal (volume->max_links, 65000);
  assert_int_equal (volume->n_errors, 0);
}

static void
test_a_volume_is_found_again_by_name_and_device (void **state)
{
  Fixture *fixture = *state;
  const char *label[] = { "e2label", NULL, "moor-test", NULL };
  g_autoptr(MoorVolume) volume = NULL;
  g_autofree char *uuid = NULL;
  g_autofree char *quoted = NULL;

  if (!use_volume (fixture, "ext4", 16))
    moor_test_skip ("no root, loop devices or mkfs.ext4");

  volume = volume_inside (fixture, "");
  uuid = g_strconcat ("UUID=", volume->name, NULL);
  quoted = g_strconcat ("UUID=\"", volume->name, "\"", NULL);
  assert_is_found (volume->name, fixture->volume.mount_point);
  assert_is_device (volume->device, volume);
  assert_is_device (uuid, volume);
  assert_is_device (quoted, volume);
  label[1] = volume->device;
  if (moor_test_run (label, NULL))
    assert_is_device ("LABEL=moor-test", volume);
}

static void
test_a_volume_keeps_its_name_wherever_it_is_mounted (void **state)
{
  Fixture *fixture = *state;
  g_autoptr(MoorVolume) before = NULL;
  g_autofree char *elsewhere = make_folder (fixture, "else where\n");

  if (!use_volume (fixture, "ext4", 16))
    moor_test_skip ("no root, loop devices or mkfs.ext4");

  before = volume_inside (fixture, "");
  assert_int_equal (mount (before->device, elsewhere, "ext4", 0, NULL), 0);
  assert_int_equal (umount2 (fixture->volume.mount_point, 0), 0);
  assert_is_found (before->name, elsewhere);
}

static void
test_what_is_not_mounted_is_not_found (void **state)
{
  g_autoptr(GError) error = NULL;

  assert_null (moor_volume_find ("00000000-0000-0000-0000-000000000000", &error));
  assert_gerror (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);
  assert_null (moor_volume_find_device ("UUID=00000000-0000-0000-0000-000000000000", &error));
  assert_gerror (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);
  assert_null (moor_volume_find_device ("LABEL=no such label", &error));
  assert_gerror (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);
  assert_null (moor_volume_find_device ("/dev/null", &error));
  assert_gerror (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);
  assert_null (moor_volume_find ("no-uuid:5", &error));
  assert_gerror (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

static void
test_a_mount_of_the_whole_volume_is_preferred (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *part = make_folder (fixture, "a part");
  g_autofree char *folder = NULL;
  g_autoptr(MoorVolume) whole = NULL;
  g_autoptr(MoorVolume) bound = NULL;

  if (!use_volume (fixture, "ext4", 16))
    moor_test_skip ("no root, loop devices or mkfs.ext4");

  folder = inside (fixture, "folder");
  assert_int_equal (g_mkdir_with_parents (folder, 0755), 0);
  assert_int_equal (mount (folder, part, NULL, MS_BIND, NULL), 0);
  whole = volume_inside (fixture, "");
  bound = volume_at (part);
  assert_string_equal (bound->name, whole->name);
  assert_string_equal (bound->mount_root, "/folder");
  assert_string_equal (bound->mount_point, part);
  assert_false (moor_domain_equal (&bound->domain, &whole->domain));
  assert_is_found (whole->name, fixture->volume.mount_point);
}

static void
test_a_read_only_mount_is_known_as_such (void **state)
{
  Fixture *fixture = *state;
  g_autoptr(MoorVolume) volume = NULL;

  if (!use_volume (fixture, "ext4", 16))
    moor_test_skip ("no root, loop devices or mkfs.ext4");

  assert_int_equal (mount (NULL, fixture->volume.mount_point, NULL, MS_REMOUNT | MS_RDONLY, NULL),
                    0);
  volume = volume_inside (fixture, "");
  assert_true (volume->read_only);
}

static void
test_recorded_errors_are_counted (void **state)
{
  Fixture *fixture = *state;
  g_autoptr(MoorVolume) before = NULL;
  g_autoptr(MoorVolume) after = NULL;
  g_autofree char *name = NULL;
  g_autofree char *trigger = NULL;
  g_auto(MoorFd) fd = -1;

  if (!use_volume (fixture, "ext4", 16))
    moor_test_skip ("no root, loop devices or mkfs.ext4");

  before = volume_inside (fixture, "");
  name = g_path_get_basename (before->device);
  trigger = g_build_filename ("/sys/fs/ext4", name, "trigger_fs_error", NULL);
  fd = open (trigger, O_WRONLY | O_CLOEXEC);
  if (fd < 0 || write (fd, "test", 4) != 4)
    moor_test_skip ("the kernel cannot be asked to record an error");
  for (guint i = 0; i < 100 && (after == NULL || after->n_errors == 0); i++)
    {
      g_usleep (50 * 1000);
      g_clear_pointer (&after, moor_volume_unref);
      after = volume_inside (fixture, "");
    }
  assert_true (after->n_errors > 0);
}

static void
test_xfs_is_known_to_clone (void **state)
{
  Fixture *fixture = *state;
  g_autoptr(MoorVolume) volume = NULL;
  g_autofree char *uuid = NULL;

  if (!use_volume (fixture, "xfs", 320))
    moor_test_skip ("no root, loop devices or mkfs.xfs");

  volume = volume_inside (fixture, "");
  uuid = uuid_of_image (fixture);
  assert_string_equal (volume->name, uuid);
  assert_string_equal (volume->fs_type, "xfs");
  assert_true (volume->can_link);
  assert_true (volume->can_clone);
  assert_int_equal (volume->max_links, G_MAXINT32);
}

static void
test_xfs_without_reflink_is_known_not_to_clone (void **state)
{
  Fixture *fixture = *state;
  g_autoptr(MoorVolume) volume = NULL;

  if (!use_volume (fixture, "xfs", 320))
    moor_test_skip ("no root, loop devices or mkfs.xfs");

  {
    const char *make[] = { "mkfs.xfs", "-q", "-f", "-m", "reflink=0", fixture->volume.image, NULL };
    const char *again[] = {
      "mount", "-o", "loop", fixture->volume.image, fixture->volume.mount_point, NULL
    };

    assert_int_equal (umount2 (fixture->volume.mount_point, 0), 0);
    if (!moor_test_run (make, NULL) || !moor_test_run (again, NULL))
      moor_test_skip ("mkfs.xfs cannot leave reflinks out");
  }
  volume = volume_inside (fixture, "");
  assert_false (volume->can_clone);
}

static void
test_each_subvolume_is_a_volume (void **state)
{
  static const char *const freeze[] = { "btrfs", "property", "set", NULL };
  Fixture *fixture = *state;
  g_autoptr(MoorVolume) top = NULL;
  g_autoptr(MoorVolume) home = NULL;
  g_autoptr(MoorVolume) nested = NULL;
  g_autofree char *uuid = NULL;
  g_autofree char *top_name = NULL;
  g_autofree char *nested_path = NULL;

  if (!use_volume (fixture, "btrfs", 256))
    moor_test_skip ("no root, loop devices or mkfs.btrfs");

  make_subvolume (fixture, "@home");
  {
    g_autofree char *deep = inside (fixture, "@home/deep/down");

    assert_int_equal (g_mkdir_with_parents (deep, 0755), 0);
  }
  make_subvolume (fixture, "@home/deep/down/sub");
  uuid = uuid_of_image (fixture);
  top_name = g_strconcat (uuid, ":5", NULL);
  nested_path = inside (fixture, "@home/deep/down/sub");

  top = volume_inside (fixture, "");
  home = volume_inside (fixture, "@home/deep");
  nested = volume_at (nested_path);
  assert_string_equal (top->name, top_name);
  assert_true (g_str_has_prefix (home->name, uuid));
  assert_string_not_equal (home->name, top->name);
  assert_string_not_equal (nested->name, home->name);
  assert_string_equal (home->mount_root, "/@home");
  assert_string_equal (nested->mount_point, nested_path);
  assert_string_equal (nested->mount_root, "/@home/deep/down/sub");
  assert_int_equal (top->max_links, 65535);
  assert_true (top->can_clone && top->can_link);
  assert_int_equal (top->n_errors, 0);
  assert_is_found (top->name, fixture->volume.mount_point);
  assert_is_found (home->name, home->mount_point);
  assert_is_found (nested->name, nested_path);

  assert_false (nested->read_only);
  {
    const char *argv[] = { freeze[0], freeze[1], freeze[2], nested_path, "ro", "true", NULL };
    g_autoptr(MoorVolume) frozen = NULL;

    assert_true (moor_test_run (argv, NULL));
    frozen = volume_at (nested_path);
    assert_true (frozen->read_only);
  }
}

static void
assert_subvolume_at (const MoorVolume *any, const char *subvolume, const char *mount_point)
{
  g_autofree char *uuid = g_strndup (any->name, 36);
  g_autofree char *source = g_strconcat ("UUID=", uuid, NULL);
  g_autoptr(GError) error = NULL;
  g_autoptr(MoorVolume) by_uuid = moor_volume_find_device_subvolume (source, subvolume, &error);
  g_autoptr(MoorVolume) by_device = NULL;

  assert_no_gerror (error);
  assert_string_equal (by_uuid->mount_point, mount_point);
  by_device = moor_volume_find_device_subvolume (any->device, subvolume, &error);
  assert_no_gerror (error);
  assert_string_equal (by_device->mount_point, mount_point);
}

static void
test_subvolumes_of_an_fstab_are_found (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *elsewhere = make_folder (fixture, "home");
  g_autofree char *below = NULL;
  g_autoptr(MoorVolume) top = NULL;
  g_autoptr(MoorVolume) mounted = NULL;
  g_autoptr(GError) error = NULL;

  if (!use_volume (fixture, "btrfs", 256))
    moor_test_skip ("no root, loop devices or mkfs.btrfs");

  make_subvolume (fixture, "@home");
  top = volume_inside (fixture, "");
  below = inside (fixture, "@home");
  assert_subvolume_at (top, "@home", below);
  assert_subvolume_at (top, "/@home", below);
  assert_subvolume_at (top, "/", fixture->volume.mount_point);
  assert_null (moor_volume_find_device_subvolume (top->device, "@nowhere", &error));
  assert_gerror (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);

  assert_int_equal (mount (top->device, elsewhere, "btrfs", 0, "subvol=@home"), 0);
  assert_int_equal (umount2 (fixture->volume.mount_point, 0), 0);
  mounted = volume_at (elsewhere);
  assert_string_equal (mounted->mount_root, "/@home");
  assert_subvolume_at (mounted, "@home", elsewhere);
  assert_is_found (mounted->name, elsewhere);
  g_clear_error (&error);
  assert_null (moor_volume_find_device_subvolume (mounted->device, "/", &error));
  assert_gerror (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

static void
test_a_path_is_told_only_of_what_is_on_the_volume (void **state)
{
  Fixture *fixture = *state;
  g_autoptr(MoorVolume) volume = NULL;
  g_autofree char *deep = NULL;
  g_autofree char *path = NULL;
  g_autofree char *top = NULL;
  g_autoptr(GError) error = NULL;
  g_auto(MoorFd) root = -1;
  g_auto(MoorFd) fd = -1;
  g_auto(MoorFd) outside = moor_open_dir (NULL, fixture->root, NULL);

  if (!use_volume (fixture, "ext4", 16))
    moor_test_skip ("no root, loop devices or mkfs.ext4");

  volume = volume_inside (fixture, "");
  deep = inside (fixture, "a/b\n c");
  assert_int_equal (g_mkdir_with_parents (deep, 0755), 0);
  root = moor_volume_open_root (volume, NULL);
  fd = moor_open_dir (NULL, deep, NULL);
  top = moor_volume_path_of (volume, root, NULL);
  path = moor_volume_path_of (volume, fd, NULL);
  assert_string_equal (top, "");
  assert_string_equal (path, "a/b\n c");

  assert_null (moor_volume_path_of (volume, outside, &error));
  assert_gerror (error, MOOR_ERROR, MOOR_ERROR_OTHER_DOMAIN);
  g_clear_error (&error);
  assert_int_equal (rmdir (deep), 0);
  assert_null (moor_volume_path_of (volume, fd, &error));
  assert_gerror (error, MOOR_ERROR, MOOR_ERROR_VANISHED);
}

static void
test_a_root_that_is_another_volume_by_now_is_not_opened (void **state)
{
  Fixture *fixture = *state;
  g_autoptr(MoorVolume) volume = NULL;
  g_autoptr(GError) error = NULL;

  if (!use_volume (fixture, "ext4", 16))
    moor_test_skip ("no root, loop devices or mkfs.ext4");

  volume = volume_inside (fixture, "");
  assert_int_equal (umount2 (fixture->volume.mount_point, 0), 0);
  assert_int_equal (moor_volume_open_root (volume, &error), -1);
  assert_gerror (error, MOOR_ERROR, MOOR_ERROR_OTHER_DOMAIN);
}

static void
test_mounts_below_a_folder_are_listed (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *sibling = make_folder (fixture, "volume2");
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  g_autoptr(GPtrArray) mounts = NULL;
  g_auto(MoorFd) fd = -1;

  if (!use_volume (fixture, "ext4", 16))
    moor_test_skip ("no root, loop devices or mkfs.ext4");

  first = inside (fixture, "a b");
  second = inside (fixture, "a b/z");
  assert_int_equal (mount ("none", sibling, "tmpfs", 0, NULL), 0);
  assert_int_equal (g_mkdir_with_parents (first, 0755), 0);
  assert_int_equal (mount ("none", first, "tmpfs", 0, NULL), 0);
  assert_int_equal (g_mkdir_with_parents (second, 0755), 0);
  assert_int_equal (mount ("none", second, "tmpfs", 0, NULL), 0);
  assert_int_equal (mount ("none", second, "tmpfs", 0, NULL), 0);

  fd = moor_open_dir (NULL, fixture->volume.mount_point, NULL);
  mounts = moor_volume_mounts_below (fd, NULL);
  assert_int_equal (mounts->len, 2);
  assert_string_equal (g_ptr_array_index (mounts, 0), first);
  assert_string_equal (g_ptr_array_index (mounts, 1), second);
  assert_int_equal (umount2 (second, 0), 0);
}

static void
test_the_list_has_volumes_and_no_pseudo_file_systems (void **state)
{
  Fixture *fixture = *state;
  g_autoptr(GPtrArray) volumes = NULL;
  guint n_ours = 0;

  if (!use_volume (fixture, "ext4", 16))
    moor_test_skip ("no root, loop devices or mkfs.ext4");

  volumes = moor_volume_list (NULL);
  for (guint i = 0; i < volumes->len; i++)
    {
      const MoorVolume *volume = g_ptr_array_index (volumes, i);

      assert_string_not_equal (volume->fs_type, "proc");
      assert_string_not_equal (volume->fs_type, "sysfs");
      assert_string_not_equal (volume->fs_type, "tmpfs");
      n_ours += strcmp (volume->mount_point, fixture->volume.mount_point) == 0;
    }
  assert_int_equal (n_ours, 1);
}

static void
test_a_volume_without_uuid_has_a_name_for_now (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *point = make_folder (fixture, "memory");
  g_autoptr(MoorVolume) volume = NULL;

  if (geteuid () != 0 || mount ("none", point, "tmpfs", 0, NULL) < 0)
    moor_test_skip ("only root may mount");

  volume = volume_at (point);
  assert_true (g_str_has_prefix (volume->name, "tmpfs-"));
  assert_null (volume->device);
  assert_true (volume->can_link);
  assert_is_found (volume->name, point);
}

static void
test_space_is_told (void **state)
{
  Fixture *fixture = *state;
  MoorSpace space;
  g_auto(MoorFd) fd = -1;

  if (!use_volume (fixture, "ext4", 16))
    moor_test_skip ("no root, loop devices or mkfs.ext4");

  fd = moor_open_dir (NULL, fixture->volume.mount_point, NULL);
  assert_true (moor_volume_space (fd, &space, NULL));
  assert_in_range (space.n_total_bytes, 8 << 20, 16 << 20);
  assert_in_range (space.n_free_bytes, 4 << 20, 16 << 20);
  assert_in_range (space.n_free_inodes, 100, 1 << 20);
}

static void
test_the_volume_of_an_unprivileged_folder_is_known (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorVolume) volume = volume_at (fixture->root);
  g_autofree char *below = NULL;
  g_auto(MoorFd) fd = moor_open_dir (NULL, fixture->root, NULL);

  assert_true (volume->name[0] != '\0');
  below = moor_volume_path_of (volume, fd, NULL);
  assert_non_null (below);
  assert_true (g_str_has_suffix (fixture->root, below));
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, setup, teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (test_ext4_is_described),
    TEST (test_a_volume_is_found_again_by_name_and_device),
    TEST (test_a_volume_keeps_its_name_wherever_it_is_mounted),
    TEST (test_what_is_not_mounted_is_not_found),
    TEST (test_a_mount_of_the_whole_volume_is_preferred),
    TEST (test_a_read_only_mount_is_known_as_such),
    TEST (test_recorded_errors_are_counted),
    TEST (test_xfs_is_known_to_clone),
    TEST (test_xfs_without_reflink_is_known_not_to_clone),
    TEST (test_each_subvolume_is_a_volume),
    TEST (test_subvolumes_of_an_fstab_are_found),
    TEST (test_a_path_is_told_only_of_what_is_on_the_volume),
    TEST (test_a_root_that_is_another_volume_by_now_is_not_opened),
    TEST (test_mounts_below_a_folder_are_listed),
    TEST (test_the_list_has_volumes_and_no_pseudo_file_systems),
    TEST (test_a_volume_without_uuid_has_a_name_for_now),
    TEST (test_space_is_told),
    TEST (test_the_volume_of_an_unprivileged_folder_is_known),
  };

  return cmocka_run_group_tests_name ("core/volume", tests, NULL, NULL);
}
