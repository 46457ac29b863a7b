/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "faulty-sys.h"
#include "moor-test.h"

#include <glib/gstdio.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "moor-fd.h"
#include "moor-walk.h"

/* Mirrors get the attributes of their directories whatever they inherited, and nobody
 * looks for what they cannot have inherited. */

#define ACL_DEFAULT "system.posix_acl_default"

typedef struct
{
  char *root;
  char *src;
  char *dst;
  MoorTestVolume volume;
  GError *problem; /* (owned) (nullable) */
} Fixture;

static int
setup (void **state)
{
  Fixture *fixture = g_new0 (Fixture, 1);

  fixture->root = moor_test_dir_new ();
  fixture->src = g_build_filename (fixture->root, "src", NULL);
  fixture->dst = g_build_filename (fixture->root, "dst", NULL);
  assert_int_equal (g_mkdir (fixture->dst, 0755), 0);
  fault.n_calls = 0;
  fault.fail_at = 0;
  fault.before = NULL;
  *state = fixture;
  return 0;
}

static int
teardown (void **state)
{
  Fixture *fixture = *state;

  moor_test_volume_free (&fixture->volume);
  moor_test_dir_free (fixture->root);
  g_clear_error (&fixture->problem);
  g_free (fixture->src);
  g_free (fixture->dst);
  g_free (fixture);
  return 0;
}

/* What a new directory in @path shall inherit: an ACL for user 4242. */
static void
set_default_acl (const char *dir, const char *name)
{
  static const guint32 acl[] = {
    GUINT32_TO_LE (2),    GUINT32_TO_LE (0x00070001), G_MAXUINT32, GUINT32_TO_LE (0x00070002),
    GUINT32_TO_LE (4242), GUINT32_TO_LE (0x00050004), G_MAXUINT32, GUINT32_TO_LE (0x00070010),
    G_MAXUINT32,          GUINT32_TO_LE (0x00000020), G_MAXUINT32
  };
  g_autofree char *path = g_build_filename (dir, name, NULL);

  assert_int_equal (setxattr (path, ACL_DEFAULT, acl, sizeof acl, 0), 0);
}

static void
set_mark (const char *dir, const char *name, int mark)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);
  g_auto(MoorFd) fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int flags = 0;

  assert_int_equal (ioctl (fd, FS_IOC_GETFLAGS, &flags), 0);
  flags |= mark;
  assert_int_equal (ioctl (fd, FS_IOC_SETFLAGS, &flags), 0);
}

static void
make_source (const Fixture *fixture)
{
  static const char *const names[] = { "plain/inner/most", "acl/inner", "marked/inner", "named" };
  g_autofree char *named = g_build_filename (fixture->src, "named", NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_build_filename (fixture->src, names[i], NULL);

      assert_int_equal (g_mkdir_with_parents (path, 0750), 0);
    }
  set_default_acl (fixture->src, "acl");
  set_mark (fixture->src, "marked", FS_NOATIME_FL);
  assert_int_equal (setxattr (named, "user.colour", "red", 3, 0), 0);
  assert_int_equal (chmod (named, 02771), 0);
}

static gboolean
enter_cb (MoorDir *dir, guint worker, gpointer user_data)
{
  Fixture *fixture = user_data;
  MoorMeta *meta = g_new0 (MoorMeta, 1);

  moor_dir_set_data (dir, meta);
  return moor_dir_read_meta (dir, meta, &fixture->problem)
         && (moor_dir_parent (dir) == NULL
             || moor_dir_make_mirror (dir, moor_dir_name (dir), 0700, NULL, &fixture->problem));
}

static gboolean
entry_cb (MoorDir *dir,
          const char *name,
          guint8 type,
          guint64 ino,
          guint worker,
          gpointer user_data)
{
  return TRUE;
}

static void
leave_cb (MoorDir *dir, guint worker, gpointer user_data)
{
  Fixture *fixture = user_data;

  if (moor_dir_parent (dir) != NULL && fixture->problem == NULL)
    (void) moor_dir_finish_mirror (dir, moor_dir_data (dir), &fixture->problem);
}

static void
problem_cb (MoorDir *dir,
            const char *name,
            int errnum,
            const GError *error,
            guint worker,
            gpointer user_data)
{
  Fixture *fixture = user_data;

  if (fixture->problem == NULL)
    fixture->problem = g_error_copy (error);
}

static void
free_meta (gpointer meta)
{
  moor_meta_clear (meta);
  g_free (meta);
}

static void
mirror_all (Fixture *fixture, const MoorSys *sys)
{
  static const MoorWalkVisitor visitor = { enter_cb, entry_cb, NULL, leave_cb, problem_cb };
  const MoorWalkOptions options = { .n_workers = 1, .sys = sys, .data_free = free_meta };
  g_auto(MoorFd) src_fd = open (fixture->src, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_auto(MoorFd) dst_fd = open (fixture->dst, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const MoorWalkRoot root = { .dfd = src_fd, .mirror_dfd = dst_fd, .name = "root" };
  g_autoptr(GError) error = NULL;

  assert_true (moor_walk_run (&root, 1, &visitor, fixture, &options, NULL, &error));
  assert_no_gerror (fixture->problem);
}

static void
assert_mirrored (const Fixture *fixture)
{
  static const char *const names[] = { "plain",     "plain/inner", "plain/inner/most", "acl",
                                       "acl/inner", "marked",      "marked/inner",     "named" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *from = g_build_filename (fixture->src, names[i], NULL);
      g_autofree char *to = g_build_filename (fixture->dst, names[i], NULL);
      g_auto(MoorFd) from_fd = open (from, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      g_auto(MoorFd) to_fd = open (to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      g_auto(MoorMeta) a = { .flags = 0 };
      g_auto(MoorMeta) b = { .flags = 0 };
      g_autoptr(GString) words = g_string_new (NULL);

      assert_true (moor_meta_read (moor_sys_posix (), from_fd, &a, NULL));
      assert_true (moor_meta_read (moor_sys_posix (), to_fd, &b, NULL));
      if (!moor_meta_equal (&a, &b, words))
        fail_msg ("%s: %s", names[i], words->str);
    }
}

static void
test_nothing_is_inherited_from_a_bare_folder (void **state)
{
  Fixture *fixture = *state;

  make_source (fixture);
  mirror_all (fixture, moor_sys_posix ());
  assert_mirrored (fixture);
}

static void
test_an_inherited_acl_goes (void **state)
{
  Fixture *fixture = *state;

  make_source (fixture);
  set_default_acl (fixture->dst, ".");
  mirror_all (fixture, moor_sys_posix ());
  assert_mirrored (fixture);
}

static void
test_inherited_marks_go (void **state)
{
  Fixture *fixture = *state;

  make_source (fixture);
  set_mark (fixture->dst, ".", FS_NODUMP_FL | FS_NOATIME_FL);
  mirror_all (fixture, moor_sys_posix ());
  assert_mirrored (fixture);
}

static void
test_what_an_earlier_run_left_goes (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *inner = NULL;

  make_source (fixture);
  inner = g_build_filename (fixture->dst, "plain", "inner", NULL);
  assert_int_equal (g_mkdir_with_parents (inner, 0700), 0);
  set_default_acl (fixture->dst, "plain");
  set_default_acl (fixture->dst, "plain/inner");
  set_mark (fixture->dst, "plain/inner", FS_NODUMP_FL);
  assert_int_equal (setxattr (inner, "user.colour", "blue", 4, 0), 0);
  mirror_all (fixture, moor_sys_posix ());
  assert_mirrored (fixture);
}

static void
test_properties_of_btrfs_go (void **state)
{
  Fixture *fixture = *state;

  if (!moor_test_can_mount ("btrfs"))
    moor_test_skip ("no root, loop devices or mkfs.btrfs");

  assert_true (moor_test_volume_new (fixture->root, "volume", "btrfs", 128, &fixture->volume));
  g_free (fixture->src);
  g_free (fixture->dst);
  fixture->src = g_build_filename (fixture->volume.mount_point, "src", NULL);
  fixture->dst = g_build_filename (fixture->volume.mount_point, "dst", NULL);
  make_source (fixture);
  assert_int_equal (g_mkdir (fixture->dst, 0755), 0);
  assert_int_equal (setxattr (fixture->dst, "btrfs.compression", "zlib", 4, 0), 0);
  mirror_all (fixture, moor_sys_posix ());
  assert_mirrored (fixture);
}

static guint n_looks;

static void
count_looks (const char *call)
{
  if (strcmp (call, "flistxattr") == 0 || strcmp (call, "get_flags") == 0)
    n_looks++;
}

/* Of a plain folder only the source is looked at; once more that of the root. */
static void
test_nobody_looks_for_what_cannot_be_there (void **state)
{
  static const guint n_dirs = 50;
  Fixture *fixture = *state;

  for (guint i = 0; i < n_dirs; i++)
    {
      g_autofree char *path = g_strdup_printf ("%s/%u", fixture->src, i);

      assert_int_equal (g_mkdir_with_parents (path, 0755), 0);
    }
  n_looks = 0;
  fault.before = count_looks;
  mirror_all (fixture, &faulty_sys);
  assert_int_equal (n_looks, 2 * (n_dirs + 1) + 2);
}

int
main (void)
{
#define TEST(name) cmocka_unit_test_setup_teardown (name, setup, teardown)
  const struct CMUnitTest tests[] = {
    TEST (test_nothing_is_inherited_from_a_bare_folder),
    TEST (test_an_inherited_acl_goes),
    TEST (test_inherited_marks_go),
    TEST (test_what_an_earlier_run_left_goes),
    TEST (test_properties_of_btrfs_go),
    TEST (test_nobody_looks_for_what_cannot_be_there),
  };

  return cmocka_run_group_tests_name ("core/walk-meta", tests, NULL, NULL);
}
