/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-meta.h"

#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "faulty-sys.h"
#include "moor-error.h"
#include "moor-fd.h"
#include "moor-test.h"

#define DEFAULT "system.posix_acl_default"

/* A folder with nothing in it. */
typedef struct
{
  char *root;
  MoorFd dfd;
} Fixture;

static Fixture *current; /* what `before` works on */

static int
setup (void **state)
{
  Fixture *fixture = g_new0 (Fixture, 1);

  memset (&fault, 0, sizeof fault);
  fixture->root = moor_test_dir_new ();
  fixture->dfd = open (fixture->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  assert_true (fixture->dfd >= 0);
  current = fixture;
  *state = fixture;
  return 0;
}

static int
teardown (void **state)
{
  Fixture *fixture = *state;

  memset (&fault, 0, sizeof fault);
  close (fixture->dfd);
  moor_test_dir_free (fixture->root);
  g_free (fixture);
  return 0;
}

static char *
path_of (const Fixture *fixture, const char *name)
{
  return g_build_filename (fixture->root, name, NULL);
}

static void
run_on (const Fixture *fixture, const char *program, const char *what, const char *name)
{
  g_autofree char *path = path_of (fixture, name);
  const char *argv[] = { program, what, path, NULL };
  const char *modify[] = { program, "-m", what, path, NULL };

  assert_true (moor_test_run (strcmp (program, "setfacl") == 0 ? modify : argv, NULL));
}

static int
open_dir (const Fixture *fixture, const char *name)
{
  int fd = openat (fixture->dfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  assert_true (fd >= 0);
  return fd;
}

static gsize
size_of_xattr (const Fixture *fixture, const char *name, const char *xattr)
{
  g_autofree char *path = path_of (fixture, name);
  ssize_t n = lgetxattr (path, xattr, NULL, 0);

  return n < 0 ? 0 : (gsize) n;
}

/* A folder that carries all that a folder can. */
static void
make_rich_dir (const Fixture *fixture, const char *name)
{
  const struct timespec times[2] = { { 1300000000, 1 }, { 1200000000, 999999999 } };
  g_autofree char *path = path_of (fixture, name);

  assert_int_equal (mkdirat (fixture->dfd, name, 0700), 0);
  assert_int_equal (setxattr (path, "user.note", "\0\xff", 2, 0), 0);
  run_on (fixture, "setfacl", "u:1234:rwx,d:u:1234:rx,d:g:4321:r", name);
  run_on (fixture, "chattr", "+dA", name);
  if (geteuid () == 0)
    {
      assert_int_equal (setxattr (path, "trusted.note", "t", 1, 0), 0);
      assert_int_equal (chown (path, 1000, 1001), 0);
    }
  assert_int_equal (chmod (path, 03750), 0);
  assert_int_equal (utimensat (AT_FDCWD, path, times, 0), 0);
}

static void
read_dir_meta (const Fixture *fixture, const char *name, MoorMeta *out_meta)
{
  g_auto(MoorFd) fd = open_dir (fixture, name);
  g_autoptr(GError) error = NULL;

  (void) moor_meta_read (moor_sys_posix (), fd, out_meta, &error);
  assert_no_gerror (error);
}

static gboolean
apply_to_dir (const Fixture *fixture, const MoorSys *sys, const char *name, const MoorMeta *meta)
{
  g_auto(MoorFd) fd = open_dir (fixture, name);

  return moor_meta_apply (sys, fd, meta, NULL);
}

static void
assert_dir_has (const Fixture *fixture, const char *name, const MoorMeta *meta)
{
  g_auto(MoorMeta) now = { .flags = 0 };
  g_autoptr(GString) words = g_string_new (NULL);

  read_dir_meta (fixture, name, &now);
  if (!moor_meta_equal (meta, &now, words))
    fail_msg ("“%s” differs: %s", name, words->str);
}

static void
test_a_folder_gets_everything_another_has (void **state)
{
  const Fixture *fixture = *state;
  g_auto(MoorMeta) meta = { .flags = 0 };

  make_rich_dir (fixture, "rich");
  read_dir_meta (fixture, "rich", &meta);
  assert_int_equal (g_variant_n_children (meta.xattrs), geteuid () == 0 ? 4 : 3);
  assert_int_equal (meta.flags & (FS_NODUMP_FL | FS_NOATIME_FL), FS_NODUMP_FL | FS_NOATIME_FL);

  assert_int_equal (mkdirat (fixture->dfd, "new", 0700), 0);
  assert_true (apply_to_dir (fixture, moor_sys_posix (), "new", &meta));
  assert_dir_has (fixture, "new", &meta);
  assert_true (apply_to_dir (fixture, moor_sys_posix (), "new", &meta));
  assert_dir_has (fixture, "new", &meta);
}

static void
test_what_was_inherited_goes (void **state)
{
  const Fixture *fixture = *state;
  g_auto(MoorMeta) meta = { .flags = 0 };

  assert_int_equal (mkdirat (fixture->dfd, "plain", 0755), 0);
  read_dir_meta (fixture, "plain", &meta);
  assert_null (meta.xattrs);

  make_rich_dir (fixture, "rich");
  assert_int_equal (mkdirat (fixture->dfd, "rich/new", 0700), 0);
  assert_true (size_of_xattr (fixture, "rich/new", DEFAULT) > 0);
  assert_true (apply_to_dir (fixture, moor_sys_posix (), "rich/new", &meta));
  assert_dir_has (fixture, "rich/new", &meta);
  assert_true (apply_to_dir (fixture, moor_sys_posix (), "rich", &meta));
  assert_dir_has (fixture, "rich", &meta);
}

static void
test_an_immutable_folder_stays_immutable_and_can_be_set_again (void **state)
{
  const Fixture *fixture = *state;
  g_auto(MoorMeta) meta = { .flags = 0 };

  if (geteuid () != 0)
    moor_test_skip ("only root may set the immutable mark");

  make_rich_dir (fixture, "rich");
  run_on (fixture, "chattr", "+ia", "rich");
  read_dir_meta (fixture, "rich", &meta);
  assert_int_equal (mkdirat (fixture->dfd, "new", 0700), 0);
  assert_true (apply_to_dir (fixture, moor_sys_posix (), "new", &meta));
  assert_dir_has (fixture, "new", &meta);
  assert_int_equal (mkdirat (fixture->dfd, "new/child", 0700), -1);
  assert_true (apply_to_dir (fixture, moor_sys_posix (), "new", &meta));
  assert_dir_has (fixture, "new", &meta);
  run_on (fixture, "chattr", "-ia", "rich");
  run_on (fixture, "chattr", "-ia", "new");
}

static void
test_times_can_be_set_alone_afterwards (void **state)
{
  const Fixture *fixture = *state;
  g_auto(MoorMeta) meta = { .flags = 0 };

  make_rich_dir (fixture, "rich");
  read_dir_meta (fixture, "rich", &meta);
  moor_test_write (fixture->root, "rich/child", "");
  assert_true (moor_meta_apply_times (moor_sys_posix (), fixture->dfd, "rich", &meta, NULL));
  assert_dir_has (fixture, "rich", &meta);
}

static void
test_differences_are_told_in_words (void **state)
{
  const Fixture *fixture = *state;
  g_auto(MoorMeta) a = { .flags = 0 };
  g_auto(MoorMeta) b = { .flags = 0 };
  g_autoptr(GString) words = g_string_new (NULL);

  make_rich_dir (fixture, "rich");
  assert_int_equal (mkdirat (fixture->dfd, "plain", 0755), 0);
  read_dir_meta (fixture, "rich", &a);
  read_dir_meta (fixture, "plain", &b);
  assert_false (moor_meta_equal (&a, &b, words));
  assert_non_null (strstr (words->str, "mode 3750 before, 0755 now"));
  assert_non_null (strstr (words->str, "access control list lost"));
  assert_non_null (strstr (words->str, "user.note lost"));
  assert_non_null (strstr (words->str, "999999999"));
  assert_non_null (strstr (words->str, "attributes (chattr)"));
  assert_false (moor_meta_equal (&b, &a, NULL));
  assert_true (moor_meta_equal (&a, &a, NULL));
}

/* An attribute that the target does not take. */
static void
refuse_attribute (const char *call)
{
  if (strcmp (call, "fsetxattr") == 0 && fault.fail_at == 0)
    {
      fault.fail_at = fault.n_calls + 1;
      fault.errnum = EOPNOTSUPP;
    }
}

static void
test_what_cannot_be_set_is_named_and_the_rest_is_set (void **state)
{
  const Fixture *fixture = *state;
  g_auto(MoorMeta) meta = { .flags = 0 };
  g_auto(MoorMeta) now = { .flags = 0 };
  g_autoptr(GError) error = NULL;
  g_auto(MoorFd) fd = -1;

  make_rich_dir (fixture, "rich");
  read_dir_meta (fixture, "rich", &meta);
  assert_int_equal (mkdirat (fixture->dfd, "new", 0700), 0);
  fd = open_dir (fixture, "new");
  fault.before = refuse_attribute;
  assert_false (moor_meta_apply (&faulty_sys, fd, &meta, &error));
  assert_gerror (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  assert_non_null (strstr (error->message, ".note"));
  read_dir_meta (fixture, "new", &now);
  assert_int_equal (now.stx.stx_mode, meta.stx.stx_mode);
  assert_int_equal (now.stx.stx_mtime.tv_nsec, 999999999);
  assert_true (size_of_xattr (fixture, "new", DEFAULT) > 0);
}

static void
test_survives_a_fault_in_every_call_of_apply (void **state)
{
  for (guint n = 1;; n++)
    {
      g_auto(MoorMeta) meta = { .flags = 0 };
      void *fresh = NULL;
      Fixture *fixture;
      gboolean applied;
      gboolean reached;

      setup (&fresh);
      fixture = fresh;
      make_rich_dir (fixture, "rich");
      read_dir_meta (fixture, "rich", &meta);
      assert_int_equal (mkdirat (fixture->dfd, "new", 0700), 0);
      fault.fail_at = n;
      fault.errnum = EIO;
      fault.n_calls = 0;
      applied = apply_to_dir (fixture, &faulty_sys, "new", &meta);
      reached = fault.n_calls >= n;
      fault.fail_at = 0;
      if (applied)
        assert_dir_has (fixture, "new", &meta);
      assert_true (apply_to_dir (fixture, &faulty_sys, "new", &meta));
      assert_dir_has (fixture, "new", &meta);
      teardown (&fresh);
      if (!reached)
        {
          assert_true (applied && n > 10);
          return;
        }
    }
}

/* In a process of its own, because there is no way back to root.  Returns what
 * went wrong, as an exit status. */
static int
apply_as_nobody (int fd, const MoorMeta *meta)
{
  g_autoptr(GError) error = NULL;
  struct stat st;

  if (setgid (65534) < 0 || setuid (65534) < 0)
    return 1;
  if (moor_meta_apply (moor_sys_posix (), fd, meta, &error))
    return 2;
  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED)
      || strstr (error->message, "owner") == NULL)
    return 3;
  if (fstat (fd, &st) < 0 || (st.st_mode & 07777) != 0755)
    return 4;
  if (st.st_mtim.tv_sec != 1200000000)
    return 5;
  return fgetxattr (fd, "user.note", NULL, 0) == 1 ? 0 : 6;
}

static void
test_who_is_not_root_loses_the_owner_and_setuid_alone (void **state)
{
  const Fixture *fixture = *state;
  const struct timespec times[2] = { { 1200000000, 0 }, { 1200000000, 0 } };
  g_auto(MoorMeta) meta = { .flags = 0 };
  g_autofree char *path = path_of (fixture, "program");
  g_autofree char *other = path_of (fixture, "copy");
  g_auto(MoorFd) source = -1;
  g_auto(MoorFd) fd = -1;
  int status = 0;
  pid_t pid;

  if (geteuid () != 0)
    moor_test_skip ("only root can make somebody else's file");

  moor_test_write (fixture->root, "program", "");
  moor_test_write (fixture->root, "copy", "");
  assert_int_equal (setxattr (path, "user.note", "x", 1, 0), 0);
  assert_int_equal (chmod (path, 04755), 0);
  assert_int_equal (utimensat (AT_FDCWD, path, times, 0), 0);
  source = open (path, O_RDONLY | O_CLOEXEC);
  assert_true (moor_meta_read (moor_sys_posix (), source, &meta, NULL));
  assert_int_equal (chown (other, 65534, 65534), 0);
  fd = open (other, O_RDONLY | O_CLOEXEC);

  pid = fork ();
  if (pid == 0)
    _exit (apply_as_nobody (fd, &meta));
  assert_int_equal (waitpid (pid, &status, 0), pid);
  assert_int_equal (status, 0);
}

static void
test_what_cannot_be_opened_gets_everything_too (void **state)
{
  const Fixture *fixture = *state;
  const struct timespec times[2] = { { 1300000000, 1 }, { 1200000000, 2 } };
  static const char *const names[] = { "link", "fifo", "device" };

  if (geteuid () != 0)
    moor_test_skip ("only root may make devices");

  moor_test_write (fixture->root, "secret", "");
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_auto(MoorMeta) meta = { .flags = 0 };
      g_auto(MoorMeta) now = { .flags = 0 };
      g_autofree char *path = path_of (fixture, names[i]);
      g_autoptr(GError) error = NULL;

      for (guint round = 0; round < 2; round++)
        {
          if (i == 0)
            assert_int_equal (symlinkat ("secret", fixture->dfd, names[i]), 0);
          else if (i == 1)
            assert_int_equal (mkfifoat (fixture->dfd, names[i], 0600), 0);
          else
            assert_int_equal (mknodat (fixture->dfd, names[i], S_IFCHR | 0600, 0x103), 0);
          if (round == 1)
            break;

          assert_int_equal (lsetxattr (path, "trusted.note", "x", 1, 0), 0);
          assert_int_equal (lchown (path, 1000, 1001), 0);
          if (i > 0)
            run_on (fixture, "setfacl", "u:1234:rw", names[i]);
          assert_int_equal (utimensat (AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW), 0);
          assert_true (moor_meta_read_at (moor_sys_posix (), fixture->dfd, names[i], &meta, NULL));
          assert_int_equal (unlinkat (fixture->dfd, names[i], 0), 0);
        }

      alarm (20);
      (void) moor_meta_apply_at (moor_sys_posix (), fixture->dfd, names[i], &meta, &error);
      alarm (0);
      assert_no_gerror (error);
      assert_true (moor_meta_read_at (moor_sys_posix (), fixture->dfd, names[i], &now, NULL));
      assert_true (moor_meta_equal (&meta, &now, NULL));
      assert_int_equal (size_of_xattr (fixture, names[i], "trusted.note"), 1);
    }
  assert_int_equal (size_of_xattr (fixture, "secret", "trusted.note"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, setup, teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (test_a_folder_gets_everything_another_has),
    TEST (test_what_was_inherited_goes),
    TEST (test_an_immutable_folder_stays_immutable_and_can_be_set_again),
    TEST (test_times_can_be_set_alone_afterwards),
    TEST (test_differences_are_told_in_words),
    TEST (test_what_cannot_be_set_is_named_and_the_rest_is_set),
    cmocka_unit_test (test_survives_a_fault_in_every_call_of_apply),
    TEST (test_who_is_not_root_loses_the_owner_and_setuid_alone),
    TEST (test_what_cannot_be_opened_gets_everything_too),
  };

  return cmocka_run_group_tests_name ("core/meta", tests, NULL, NULL);
}
