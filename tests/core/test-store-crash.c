/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store-fixture.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/wait.h>

/* A store that is being made, sealed or removed, and a crash or a fault at every
 * single change of the disk. */

/* Every moment at which a store changes the disk: calls of ours, wrapped by the
 * linker, and those of SQLite, replaced in its table.  Number `at` fails with EIO,
 * or ends the process. */
static struct
{
  gboolean dies;
  guint n_calls;
  guint at; /* 0: none */
} fault;

static gboolean
fault_is_due (void)
{
  if (fault.at == 0 || ++fault.n_calls != fault.at)
    return FALSE;
  if (fault.dies)
    _exit (9);
  errno = EIO;
  return TRUE;
}

int __real_mkdirat (int dfd, const char *path, mode_t mode);
int __wrap_mkdirat (int dfd, const char *path, mode_t mode);
int
__wrap_mkdirat (int dfd, const char *path, mode_t mode)
{
  return fault_is_due () ? -1 : __real_mkdirat (dfd, path, mode);
}

int __real_renameat (int src_dfd, const char *src, int dst_dfd, const char *dst);
int __wrap_renameat (int src_dfd, const char *src, int dst_dfd, const char *dst);
int
__wrap_renameat (int src_dfd, const char *src, int dst_dfd, const char *dst)
{
  return fault_is_due () ? -1 : __real_renameat (src_dfd, src, dst_dfd, dst);
}

int __real_unlinkat (int dfd, const char *path, int flags);
int __wrap_unlinkat (int dfd, const char *path, int flags);
int
__wrap_unlinkat (int dfd, const char *path, int flags)
{
  return fault_is_due () ? -1 : __real_unlinkat (dfd, path, flags);
}

int __real_fsync (int fd);
int __wrap_fsync (int fd);
int
__wrap_fsync (int fd)
{
  return fault_is_due () ? -1 : __real_fsync (fd);
}

int __real_syncfs (int fd);
int __wrap_syncfs (int fd);
int
__wrap_syncfs (int fd)
{
  return fault_is_due () ? -1 : __real_syncfs (fd);
}

ssize_t __real_write (int fd, const void *buffer, size_t n_bytes);
ssize_t __wrap_write (int fd, const void *buffer, size_t n_bytes);
ssize_t
__wrap_write (int fd, const void *buffer, size_t n_bytes)
{
  return fault_is_due () ? -1 : __real_write (fd, buffer, n_bytes);
}

static ssize_t
faulty_pwrite (int fd, const void *buffer, size_t n_bytes, off_t offset)
{
  return fault_is_due () ? -1 : pwrite (fd, buffer, n_bytes, offset);
}

static int
faulty_unlink (const char *path)
{
  return fault_is_due () ? -1 : unlink (path);
}

static int
faulty_ftruncate (int fd, off_t n_bytes)
{
  return fault_is_due () ? -1 : ftruncate (fd, n_bytes);
}

static void
replace_calls_of_sqlite (void)
{
  const struct
  {
    const char *name;
    sqlite3_syscall_ptr call;
  } calls[] = {
    { "pwrite", (sqlite3_syscall_ptr) faulty_pwrite },
    { "pwrite64", (sqlite3_syscall_ptr) faulty_pwrite },
    { "unlink", (sqlite3_syscall_ptr) faulty_unlink },
    { "ftruncate", (sqlite3_syscall_ptr) faulty_ftruncate },
  };
  sqlite3_vfs *vfs = sqlite3_vfs_find ("unix");

  for (gsize i = 0; i < G_N_ELEMENTS (calls); i++)
    (void) vfs->xSetSystemCall (vfs, calls[i].name, calls[i].call);
}

/* Runs @func in a process of its own that dies at call @at.
 * Returns: FALSE once @at was not reached, and @func had to succeed. */
static gboolean
dies_at (guint at, gboolean (*func) (const char *path), const char *path)
{
  int status = 0;
  pid_t pid = fork ();

  assert_true (pid >= 0);
  if (pid == 0)
    {
      fault.dies = TRUE;
      fault.n_calls = 0;
      fault.at = at;
      _exit (func (path) ? 0 : 1);
    }
  assert_int_equal (waitpid (pid, &status, 0), pid);
  assert_true (WIFEXITED (status));
  assert_int_not_equal (WEXITSTATUS (status), 1);
  return WEXITSTATUS (status) == 9;
}

static gboolean
run_create (const char *path)
{
  g_autoptr(MoorStore) store = moor_store_create (path, &some_info, NULL);

  return store != NULL;
}

static void
test_making_a_store_may_stop_anywhere (void **state)
{
  const Fixture *fixture = *state;
  guint at = 1;
  gboolean died;

  do
    {
      g_autofree char *path = g_strdup_printf ("%s-%u", fixture->path, at);
      g_autoptr(GError) error = NULL;
      g_autoptr(MoorStore) store = NULL;

      died = dies_at (at++, run_create, path);
      store = moor_store_open (path, TRUE, &error);
      if (store == NULL)
        {
          assert_true (died);
          assert_gerror (error, MOOR_ERROR, MOOR_ERROR_STORE_UNUSABLE);
          store = create (path);
        }
      assert_int_equal (moor_store_get_state (store), MOOR_STORE_CAPTURING);
    }
  while (died);
  assert_true (at > 20);
}

static void
test_making_a_store_survives_every_fault (void **state)
{
  const Fixture *fixture = *state;

  fault.dies = FALSE;
  for (fault.at = 1;; fault.at++)
    {
      const guint at = fault.at;
      g_autofree char *path = g_strdup_printf ("%s-%u", fixture->path, at);
      g_autoptr(GError) error = NULL;
      g_autoptr(MoorStore) store = NULL;

      fault.n_calls = 0;
      store = moor_store_create (path, &some_info, &error);
      fault.at = 0;
      if (fault.n_calls < at)
        break;
      assert_true ((store == NULL) == (error != NULL));
      if (store == NULL)
        store = create (path);
      fault.at = at;
    }
  fault.at = 0;
}

static gboolean
run_seal (const char *path)
{
  const MoorStoreInfo totals = { .n_objects = 1 };
  g_autoptr(MoorStore) store = moor_store_open (path, TRUE, NULL);

  return store != NULL && moor_store_seal (store, &totals, NULL);
}

static void
test_sealing_may_stop_anywhere (void **state)
{
  const Fixture *fixture = *state;
  guint at = 1;
  gboolean died;

  make (fixture->path);
  do
    {
      g_autoptr(MoorStore) store = NULL;

      died = dies_at (at++, run_seal, fixture->path);
      store = reopen (fixture->path, TRUE);
      if (!died)
        assert_int_equal (moor_store_get_state (store), MOOR_STORE_SEALED);
      else
        assert_true (moor_store_set_state (store, MOOR_STORE_CAPTURING, NULL));
    }
  while (died);
  assert_true (at > 10);
}

static gboolean
run_remove (const char *path)
{
  g_autoptr(MoorStore) store = moor_store_open (path, TRUE, NULL);

  return store != NULL && moor_store_remove_marker (store, NULL);
}

static void
test_removing_a_store_may_stop_anywhere (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(GBytes) bytes = g_bytes_new_static ("x", 1);
  guint at = 1;
  gboolean died;

  do
    {
      g_autoptr(MoorStore) store = create (fixture->path);
      g_autoptr(GError) error = NULL;

      assert_true (moor_store_keep_file (store, "log", "capture.log", bytes, NULL));
      assert_true (moor_store_set_state (store, MOOR_STORE_DELETING, NULL));
      g_clear_pointer (&store, moor_store_unref);
      died = dies_at (at++, run_remove, fixture->path);
      if ((store = moor_store_open (fixture->path, TRUE, NULL)) != NULL)
        {
          assert_int_equal (moor_store_get_state (store), MOOR_STORE_DELETING);
          assert_true (moor_store_remove_marker (store, &error));
        }
      assert_true (moor_store_remove_remains (fixture->path, &error));
      assert_no_gerror (error);
      assert_false (moor_test_exists (fixture->root, "store"));
    }
  while (died);
  assert_true (at > 10);
}

static gboolean
run_remove_parts (const char *path)
{
  g_autoptr(MoorStore) store = moor_store_open (path, TRUE, NULL);

  return store != NULL && moor_store_open_parts (store, NULL)
         && moor_store_remove_marker (store, NULL);
}

static void
test_removing_parts_may_stop_anywhere (void **state)
{
  Volumes volumes;
  guint at = 1;
  gboolean died;

  if (!volumes_new (&volumes))
    {
      skip ();
      return;
    }
  do
    {
      g_autoptr(MoorStore) store = create (volumes.path);
      g_autoptr(GError) error = NULL;

      add_second_part (store, &volumes);
      assert_true (moor_store_set_state (store, MOOR_STORE_ACCEPTING, NULL));
      g_clear_pointer (&store, moor_store_unref);
      died = dies_at (at++, run_remove_parts, volumes.path);
      if ((store = moor_store_open (volumes.path, TRUE, NULL)) != NULL)
        {
          assert_true (moor_store_open_parts (store, &error));
          assert_true (moor_store_remove_marker (store, &error));
        }
      assert_true (moor_store_remove_remains (volumes.path, &error));
      assert_false (moor_test_exists (volumes.first.mount_point, "srv/store"));
      assert_false (moor_test_exists (volumes.second.mount_point, "srv/store"));
    }
  while (died);
  volumes_free (&volumes);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_making_a_store_may_stop_anywhere, setup, teardown),
    cmocka_unit_test_setup_teardown (test_making_a_store_survives_every_fault, setup, teardown),
    cmocka_unit_test_setup_teardown (test_sealing_may_stop_anywhere, setup, teardown),
    cmocka_unit_test_setup_teardown (test_removing_a_store_may_stop_anywhere, setup, teardown),
    cmocka_unit_test (test_removing_parts_may_stop_anywhere),
  };

  replace_calls_of_sqlite ();
  return cmocka_run_group_tests_name ("core/store-crash", tests, NULL, NULL);
}
