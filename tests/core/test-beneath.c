/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-test.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <limits.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "moor-beneath.h"
#include "moor-error.h"

#define STRANGER 12345

typedef struct
{
  char *root;
  int fd;
} Fixture;

static int
setup (void **state)
{
  Fixture *fixture = g_new0 (Fixture, 1);

  fixture->root = moor_test_dir_new ();
  fixture->fd = moor_open_dir (NULL, fixture->root, NULL);
  assert_true (fixture->fd >= 0);
  *state = fixture;
  return 0;
}

static int
teardown (void **state)
{
  Fixture *fixture = *state;

  moor_fd_close (fixture->fd);
  moor_test_dir_free (fixture->root);
  g_free (fixture);
  return 0;
}

static void
make_link (const Fixture *fixture, const char *target, const char *name)
{
  assert_int_equal (symlinkat (target, fixture->fd, name), 0);
}

/* What @path leads to must be the object @real below the fixture's root. */
static void
assert_leads_to (const Fixture *fixture, const char *path, const char *real)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *canonical = NULL;
  g_autofree char *expected = g_strconcat ("/", real, NULL);
  g_auto(MoorFd) fd = moor_open_in_root (NULL, fixture->fd, path, O_RDONLY, &canonical, &error);
  struct stat st;

  assert_no_gerror (error);
  assert_int_equal (fstat (fd, &st), 0);
  assert_int_equal (st.st_ino, moor_test_inode (fixture->root, real));
  assert_string_equal (canonical, expected);
}

static void
test_links_of_the_owner_lead_through_the_system_root (void **state)
{
  const Fixture *fixture = *state;

  moor_test_write (fixture->root, "var/home/alice/file", "x");
  make_link (fixture, "var/home", "home");
  make_link (fixture, "/var/../home", "absolute");
  make_link (fixture, "../../../../var", "up");
  make_link (fixture, "absolute/alice/file", "last");

  assert_leads_to (fixture, "/home/alice", "var/home/alice");
  assert_leads_to (fixture, "home//alice/./file", "var/home/alice/file");
  assert_leads_to (fixture, "/absolute/alice/", "var/home/alice");
  assert_leads_to (fixture, "up/home", "var/home");
  assert_leads_to (fixture, "/last", "var/home/alice/file");
  assert_leads_to (fixture, "/../../home/alice/../..", "var");
  assert_leads_to (fixture, "/", "");
  assert_leads_to (fixture, "", "");
}

static void
test_flags_are_those_asked_for (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(GError) error = NULL;
  g_auto(MoorFd) file = -1;
  g_auto(MoorFd) dir = -1;

  moor_test_write (fixture->root, "dir/file", "x");
  file = moor_open_in_root (NULL, fixture->fd, "dir/file", O_PATH, NULL, &error);
  assert_no_gerror (error);
  assert_int_equal (fcntl (file, F_GETFL) & O_PATH, O_PATH);
  assert_int_equal (fcntl (file, F_GETFD), FD_CLOEXEC);
  dir = moor_open_in_root (NULL, fixture->fd, "dir", O_RDONLY | O_DIRECTORY, NULL, &error);
  assert_no_gerror (error);
  assert_true (moor_open_in_root (NULL, fixture->fd, "dir/file", O_DIRECTORY, NULL, &error) < 0);
  assert_gerror (error, G_IO_ERROR, G_IO_ERROR_NOT_DIRECTORY);
}

static void
test_what_is_missing_is_named (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(GError) error = NULL;

  assert_true (moor_open_in_root (NULL, fixture->fd, "/home/alice", O_RDONLY, NULL, &error) < 0);
  assert_gerror (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  assert_non_null (strstr (error->message, "/home/alice"));
  g_clear_error (&error);
  assert_true (moor_open_dir (NULL, "/no/such/folder", &error) < 0);
  assert_non_null (strstr (error->message, "/no/such/folder"));
}

static void
test_a_ring_of_links_is_an_error (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(GError) error = NULL;

  make_link (fixture, "b", "a");
  make_link (fixture, "a", "b");
  assert_true (moor_open_in_root (NULL, fixture->fd, "a", O_RDONLY, NULL, &error) < 0);
  assert_gerror (error, G_IO_ERROR, g_io_error_from_errno (ELOOP));
}

static void
test_links_of_strangers_are_refused (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(GError) error = NULL;

  if (geteuid () != 0)
    moor_test_skip ("giving links away needs root");

  moor_test_write (fixture->root, "secret/file", "x");
  make_link (fixture, "secret", "theirs");
  assert_int_equal (fchownat (fixture->fd, "theirs", STRANGER, STRANGER, AT_SYMLINK_NOFOLLOW), 0);

  assert_true (moor_open_in_root (NULL, fixture->fd, "theirs/file", O_RDONLY, NULL, &error) < 0);
  assert_gerror (error, MOOR_ERROR, MOOR_ERROR_REFUSED);
  assert_non_null (strstr (error->message, "theirs"));
  g_clear_error (&error);
  assert_true (moor_open_in_root (NULL, fixture->fd, "theirs", O_PATH, NULL, &error) < 0);
  assert_gerror (error, MOOR_ERROR, MOOR_ERROR_REFUSED);

  /* In a root that is theirs, their links are as good as root's. */
  assert_int_equal (fchown (fixture->fd, STRANGER, STRANGER), 0);
  assert_leads_to (fixture, "theirs/file", "secret/file");
}

static void
test_beneath_follows_nothing_and_leads_nowhere_else (void **state)
{
  static const char *const hostile[] = {
    "link", "link/file", "..", "dir/../..", "/etc", "deep/link"
  };
  const Fixture *fixture = *state;
  g_auto(MoorFd) fd = -1;
  g_auto(MoorFd) self = -1;
  g_autoptr(GError) error = NULL;

  moor_test_write (fixture->root, "dir/file", "x");
  moor_test_write (fixture->root, "deep/file", "x");
  make_link (fixture, "dir", "link");
  make_link (fixture, "../dir/file", "deep/link");

  for (gsize i = 0; i < G_N_ELEMENTS (hostile); i++)
    {
      g_autoptr(GError) refused = NULL;

      assert_true (moor_open_beneath (NULL, fixture->fd, hostile[i], O_RDONLY, &refused) < 0);
      assert_int_equal (refused->domain, G_IO_ERROR);
    }
  fd = moor_open_beneath (NULL, fixture->fd, "dir/file", O_RDONLY, &error);
  assert_no_gerror (error);
  assert_int_equal (fcntl (fd, F_GETFD), FD_CLOEXEC);
  self = moor_open_beneath (NULL, fixture->fd, "", O_RDONLY | O_DIRECTORY, &error);
  assert_no_gerror (error);
}

static void
test_paths_may_be_longer_than_a_system_call_takes (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(GError) error = NULL;
  GString *path = g_string_new (NULL);
  g_auto(MoorFd) made = -1;
  g_auto(MoorFd) found = -1;
  struct stat a, b;

  while (path->len < 3 * PATH_MAX)
    g_string_append (path, "a-rather-long-name-of-a-directory//");
  made = moor_make_dirs_beneath (NULL, fixture->fd, path->str, 0755, &error);
  assert_no_gerror (error);
  found = moor_open_beneath (NULL, fixture->fd, path->str, O_RDONLY | O_DIRECTORY, &error);
  assert_no_gerror (error);
  assert_int_equal (fstat (made, &a), 0);
  assert_int_equal (fstat (found, &b), 0);
  assert_int_equal (a.st_ino, b.st_ino);
  g_clear_error (&error);
  g_string_append (path, "../../x");
  assert_true (moor_open_beneath (NULL, fixture->fd, path->str, O_RDONLY, &error) < 0);
  g_string_free (path, TRUE);
}

static void
test_directories_are_made_where_they_are_missing (void **state)
{
  static const char *const hostile[] = { "link/new", "../new", "/tmp/new", "file/new",
                                         "a/../../new" };
  const Fixture *fixture = *state;

  make_link (fixture, "a", "link");
  moor_test_write (fixture->root, "file", "x");
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr(GError) error = NULL;
      g_auto(MoorFd) fd = moor_make_dirs_beneath (NULL, fixture->fd, "a/./b//c", 0700, &error);
      struct stat st;

      assert_no_gerror (error);
      assert_int_equal (fstat (fd, &st), 0);
      assert_int_equal (st.st_mode & 07777, 0700);
      assert_int_equal (st.st_ino, moor_test_inode (fixture->root, "a/b/c"));
    }
  for (gsize i = 0; i < G_N_ELEMENTS (hostile); i++)
    {
      g_autoptr(GError) error = NULL;

      assert_true (moor_make_dirs_beneath (NULL, fixture->fd, hostile[i], 0700, &error) < 0);
      assert_non_null (error);
    }
  assert_false (moor_test_exists (fixture->root, "a/new"));
  assert_false (moor_test_exists (fixture->root, "../new"));
}

static struct
{
  guint n_calls;
  guint fail_at;
} fault;

static gboolean
fault_is_due (void)
{
  if (++fault.n_calls != fault.fail_at)
    return FALSE;

  errno = EIO;
  return TRUE;
}

static int
faulty_openat2 (int dfd, const char *path, const struct open_how *how)
{
  return fault_is_due () ? -1 : moor_sys_posix ()->openat2 (dfd, path, how);
}

static int
faulty_mkdirat (int dfd, const char *path, mode_t mode)
{
  return fault_is_due () ? -1 : moor_sys_posix ()->mkdirat (dfd, path, mode);
}

static int
faulty_statx (int dfd, const char *path, int flags, unsigned mask, struct statx *out_stx)
{
  return fault_is_due () ? -1 : moor_sys_posix ()->statx (dfd, path, flags, mask, out_stx);
}

static ssize_t
faulty_readlinkat (int dfd, const char *path, char *buffer, size_t n_bytes)
{
  return fault_is_due () ? -1 : moor_sys_posix ()->readlinkat (dfd, path, buffer, n_bytes);
}

static guint
count_fds (void)
{
  g_autoptr(GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  guint n_fds = 0;

  while (g_dir_read_name (dir) != NULL)
    n_fds++;
  return n_fds;
}

/* After each failure the error is set and nothing leaks; a plain run completes it. */
static void
test_survives_a_fault_in_every_call (void **state)
{
  const Fixture *fixture = *state;
  const guint n_fds = count_fds ();
  MoorSys faulty = *moor_sys_posix ();
  gboolean reached = TRUE;

  faulty.openat2 = faulty_openat2;
  faulty.mkdirat = faulty_mkdirat;
  faulty.statx = faulty_statx;
  faulty.readlinkat = faulty_readlinkat;
  make_link (fixture, "/0", "zero");

  for (fault.fail_at = 1; reached; fault.fail_at++)
    {
      g_autoptr(GError) error = NULL;
      g_autofree char *path = g_strdup_printf ("0/%u/x/y", fault.fail_at);
      g_autofree char *by_link = g_strdup_printf ("zero/%u/x/y", fault.fail_at);
      int fd;

      fault.n_calls = 0;
      fd = moor_make_dirs_beneath (&faulty, fixture->fd, path, 0755, &error);
      if (fd >= 0)
        {
          moor_fd_close (fd);
          fd = moor_open_in_root (&faulty, fixture->fd, by_link, O_RDONLY, NULL, &error);
        }
      reached = fault.n_calls >= fault.fail_at;
      if (reached)
        {
          assert_true (fd < 0);
          assert_gerror (error, G_IO_ERROR, g_io_error_from_errno (EIO));
          fd = moor_make_dirs_beneath (NULL, fixture->fd, path, 0755, NULL);
        }
      assert_true (fd >= 0);
      moor_fd_close (fd);
      assert_int_equal (count_fds (), n_fds);
    }
  assert_true (fault.fail_at > 20);
}

static int
statx_without_mount (int dfd, const char *path, int flags, unsigned mask, struct statx *out_stx)
{
  int result = moor_sys_posix ()->statx (dfd, path, flags, mask, out_stx);

  out_stx->stx_mask &= ~(guint32) STATX_MNT_ID;
  out_stx->stx_mnt_id = 0;
  return result;
}

static void
test_the_mount_is_known_on_old_kernels_too (void **state)
{
  const Fixture *fixture = *state;
  MoorSys sys = *moor_sys_posix ();
  MoorDomain now, old;

  sys.statx = statx_without_mount;
  assert_true (moor_domain_of_fd (NULL, fixture->fd, &now, NULL));
  assert_true (moor_domain_of_fd (&sys, fixture->fd, &old, NULL));
  assert_true (now.mnt_id != 0);
  assert_true (moor_domain_equal (&now, &old));
}

static void
test_a_bind_mount_is_another_domain (void **state)
{
  const Fixture *fixture = *state;
  g_autofree char *mount_point = g_build_filename (fixture->root, "b", NULL);
  g_autofree char *source = g_build_filename (fixture->root, "a", NULL);
  MoorDomain here, there;
  g_auto(MoorFd) fd = -1;

  if (geteuid () != 0)
    moor_test_skip ("bind mounts need root");

  moor_test_write (fixture->root, "a/file", "x");
  moor_test_write (fixture->root, "b/file", "x");
  if (mount (source, mount_point, NULL, MS_BIND, NULL) < 0)
    moor_test_skip ("bind mounts are not permitted here");
  fd = moor_open_beneath (NULL, fixture->fd, "b", O_RDONLY | O_DIRECTORY, NULL);
  (void) moor_domain_of_fd (NULL, fixture->fd, &here, NULL);
  (void) moor_domain_of_fd (NULL, fd, &there, NULL);
  assert_int_equal (umount2 (mount_point, MNT_DETACH), 0);

  assert_true (fd >= 0);
  assert_int_equal (here.dev, there.dev);
  assert_false (moor_domain_equal (&here, &there));
}

static void
test_a_descriptor_knows_its_path (void **state)
{
  const Fixture *fixture = *state;
  g_autofree char *path = moor_fd_path (fixture->fd);

  assert_string_equal (path, fixture->root);
  assert_null (moor_fd_path (-1));
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, setup, teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (test_links_of_the_owner_lead_through_the_system_root),
    TEST (test_flags_are_those_asked_for),
    TEST (test_what_is_missing_is_named),
    TEST (test_a_ring_of_links_is_an_error),
    TEST (test_links_of_strangers_are_refused),
    TEST (test_beneath_follows_nothing_and_leads_nowhere_else),
    TEST (test_paths_may_be_longer_than_a_system_call_takes),
    TEST (test_directories_are_made_where_they_are_missing),
    TEST (test_survives_a_fault_in_every_call),
    TEST (test_the_mount_is_known_on_old_kernels_too),
    TEST (test_a_bind_mount_is_another_domain),
    TEST (test_a_descriptor_knows_its_path),
  };

  return cmocka_run_group_tests_name ("core/beneath", tests, NULL, NULL);
}
