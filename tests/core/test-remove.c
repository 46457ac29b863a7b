/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-test.h"

#include <dirent.h>
#include <errno.h>
#include <glib/gstdio.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "moor-error.h"
#include "moor-fd.h"
#include "moor-lock.h"
#include "moor-remove.h"

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

/* What one removal told, from all workers. */
typedef struct
{
  GMutex lock;
  GPtrArray *removed;  /* (element-type filename) (owned) */
  GPtrArray *resisted; /* (element-type filename) (owned): "PATH: ERRNO" */
  guint64 n_removed;
  guint64 n_resisted;
} Outcome;

static void
outcome_init (Outcome *outcome)
{
  *outcome = (Outcome){ .removed = g_ptr_array_new_with_free_func (g_free),
                        .resisted = g_ptr_array_new_with_free_func (g_free) };
  g_mutex_init (&outcome->lock);
}

static void
outcome_clear (Outcome *outcome)
{
  g_ptr_array_unref (outcome->removed);
  g_ptr_array_unref (outcome->resisted);
  g_mutex_clear (&outcome->lock);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Outcome, outcome_clear)

static void
note (const char *path, guint8 type, int errnum, guint worker, gpointer user_data)
{
  Outcome *outcome = user_data;

  moor_lock (&outcome->lock);
  if (errnum == 0)
    g_ptr_array_add (outcome->removed, g_strdup (path));
  else
    g_ptr_array_add (outcome->resisted, g_strdup_printf ("%s: %s", path, g_strerror (errnum)));
  moor_unlock (&outcome->lock);
}

static gboolean
remove_it (const Fixture *fixture,
           const char *name,
           const MoorSys *sys,
           gboolean clear_flags,
           Outcome *outcome)
{
  const MoorRemoveOptions options = {
    .sys = sys,
    .clear_flags = clear_flags,
    .n_workers = 2,
    .func = note,
    .user_data = outcome,
  };
  g_autoptr(GError) error = NULL;
  gboolean removed = moor_remove_tree (fixture->fd, name, &options, &outcome->n_removed,
                                       &outcome->n_resisted, NULL, &error);

  assert_int_equal (outcome->n_removed, outcome->removed->len);
  assert_int_equal (outcome->n_resisted, outcome->resisted->len);
  assert_true (removed == (error == NULL));
  return removed;
}

static gboolean
has_text (GPtrArray *texts, const char *text)
{
  return g_ptr_array_find_with_equal_func (texts, text, g_str_equal, NULL);
}

static void
make_tree (const char *root, const char *name, guint n_dirs, guint n_files)
{
  for (guint i = 0; i < n_dirs; i++)
    for (guint k = 0; k < n_files; k++)
      {
        g_autofree char *path = g_strdup_printf ("%s/%u/%u/file-%u", name, i % 5, i, k);

        moor_test_write (root, path, "x");
      }
}

static void
test_a_tree_goes_with_everything_in_it (void **state)
{
  const Fixture *fixture = *state;
  g_auto(Outcome) outcome;
  g_auto(Outcome) again;

  outcome_init (&outcome);
  outcome_init (&again);
  make_tree (fixture->root, "tree", 20, 5);
  moor_test_write (fixture->root, "precious/file", "x");
  assert_int_equal (symlinkat ("../precious", fixture->fd, "tree/link"), 0);
  assert_int_equal (mkfifoat (fixture->fd, "tree/fifo", 0600), 0);
  assert_int_equal (linkat (fixture->fd, "precious/file", fixture->fd, "tree/name", 0), 0);

  assert_true (remove_it (fixture, "tree", NULL, FALSE, &outcome));
  /* 100 files, 20 + 5 + 1 directories, 3 more */
  assert_int_equal (outcome.n_removed, 129);
  assert_int_equal (outcome.n_resisted, 0);
  assert_true (has_text (outcome.removed, ""));
  assert_true (has_text (outcome.removed, "link"));
  assert_true (has_text (outcome.removed, "0/0/file-3"));
  assert_false (moor_test_exists (fixture->root, "tree"));
  assert_true (moor_test_exists (fixture->root, "precious/file"));

  assert_true (remove_it (fixture, "tree", NULL, FALSE, &again));
  assert_int_equal (again.n_removed + again.n_resisted, 0);
}

static void
test_what_is_no_directory_goes_alone (void **state)
{
  static const char *const names[] = { "file", "link" };
  const Fixture *fixture = *state;

  moor_test_write (fixture->root, "dir/file", "x");
  moor_test_write (fixture->root, "file", "x");
  assert_int_equal (symlinkat ("dir", fixture->fd, "link"), 0);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_auto(Outcome) outcome;

      outcome_init (&outcome);
      assert_true (remove_it (fixture, names[i], NULL, FALSE, &outcome));
      assert_int_equal (outcome.n_removed, 1);
      assert_false (moor_test_exists (fixture->root, names[i]));
    }
  assert_true (moor_test_exists (fixture->root, "dir/file"));
}

static void
test_only_one_name_can_be_asked_for (void **state)
{
  static const char *const names[] = { "", ".", "..", "dir/file", "/etc" };
  const Fixture *fixture = *state;

  moor_test_write (fixture->root, "dir/file", "x");
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr(GError) error = NULL;

      assert_false (moor_remove_tree (fixture->fd, names[i], NULL, NULL, NULL, NULL, &error));
      assert_gerror (error, MOOR_ERROR, MOOR_ERROR_USAGE);
    }
  assert_true (moor_test_exists (fixture->root, "dir/file"));
}

static void
test_a_tree_may_be_deeper_than_any_path (void **state)
{
  const Fixture *fixture = *state;
  g_auto(MoorFd) fd = -1;
  GString *path = g_string_new ("deep");
  guint64 n_removed;

  for (guint i = 1; i < 3000; i++)
    g_string_append (path, "/deep");
  fd = moor_make_dirs_beneath (NULL, fixture->fd, path->str, 0755, NULL);
  assert_true (fd >= 0);
  assert_true (moor_remove_tree (fixture->fd, "deep", NULL, &n_removed, NULL, NULL, NULL));
  assert_int_equal (n_removed, 3000);
  assert_false (moor_test_exists (fixture->root, "deep"));
  g_string_free (path, TRUE);
}

static void
test_cancelled_before_it_starts (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GError) error = NULL;
  guint64 n_removed = 1;

  moor_test_write (fixture->root, "dir/file", "x");
  g_cancellable_cancel (cancellable);
  assert_false (moor_remove_tree (fixture->fd, "dir", NULL, &n_removed, NULL, cancellable, &error));
  assert_gerror (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  assert_int_equal (n_removed, 0);
  assert_true (moor_test_exists (fixture->root, "dir/file"));
}

static void
cancel_at_ten (const char *path, guint8 type, int errnum, guint worker, gpointer user_data)
{
  static gint n_told;

  if (g_atomic_int_add (&n_told, 1) == 9)
    g_cancellable_cancel (user_data);
}

static void
test_cancelled_in_the_middle_it_can_be_taken_up (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  const MoorRemoveOptions options = { .n_workers = 2,
                                      .func = cancel_at_ten,
                                      .user_data = cancellable };
  g_autoptr(GError) error = NULL;
  guint64 n_removed = 0;

  make_tree (fixture->root, "tree", 20, 5);
  assert_false (
      moor_remove_tree (fixture->fd, "tree", &options, &n_removed, NULL, cancellable, &error));
  assert_gerror (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  assert_true (n_removed >= 10 && n_removed < 20);
  assert_true (moor_remove_tree (fixture->fd, "tree", NULL, NULL, NULL, NULL, NULL));
  assert_false (moor_test_exists (fixture->root, "tree"));
}

static void
test_what_is_mounted_in_it_stays (void **state)
{
  const Fixture *fixture = *state;
  g_autofree char *source = g_build_filename (fixture->root, "source", NULL);
  g_autofree char *target = g_build_filename (fixture->root, "tree", "a", "mounted", NULL);
  g_auto(Outcome) outcome;
  g_auto(Outcome) again;
  gboolean removed;

  if (geteuid () != 0)
    moor_test_skip ("bind mounts need root");

  outcome_init (&outcome);
  outcome_init (&again);
  make_tree (fixture->root, "tree", 5, 2);
  moor_test_write (fixture->root, "source/precious", "x");
  assert_int_equal (g_mkdir_with_parents (target, 0755), 0);
  if (mount (source, target, NULL, MS_BIND, NULL) < 0)
    {
      outcome_clear (&outcome);
      outcome_clear (&again);
      moor_test_skip ("bind mounts are not permitted here");
    }
  removed = remove_it (fixture, "tree", NULL, TRUE, &outcome);
  removed = removed && moor_test_exists (fixture->root, "tree/a/mounted/precious");
  assert_int_equal (umount2 (target, MNT_DETACH), 0);

  assert_true (removed);
  assert_int_equal (outcome.n_removed, 20);
  assert_int_equal (outcome.n_resisted, 3);
  assert_true (has_text (outcome.resisted, "a/mounted: Invalid cross-device link"));
  assert_true (moor_test_exists (fixture->root, "source/precious"));

  assert_true (remove_it (fixture, "tree", NULL, TRUE, &again));
  assert_int_equal (again.n_removed, 3);
  assert_true (moor_test_exists (fixture->root, "source/precious"));
}

#define MARKS (FS_IMMUTABLE_FL | FS_APPEND_FL)

/* Gives an object exactly the marks @flags. */
static gboolean
mark (const Fixture *fixture, const char *name, int flags)
{
  const MoorSys *sys = moor_sys_posix ();
  g_auto(MoorFd) fd = moor_open_beneath (NULL, fixture->fd, name, O_RDONLY, NULL);
  int old = 0;

  return fd >= 0 && sys->get_flags (fd, &old) == 0
         && sys->set_flags (fd, (old & ~MARKS) | flags) == 0;
}

static int
flags_of (const Fixture *fixture, const char *name)
{
  g_auto(MoorFd) fd = moor_open_beneath (NULL, fixture->fd, name, O_RDONLY, NULL);
  int flags = 0;

  (void) moor_sys_posix ()->get_flags (fd, &flags);
  return flags & MARKS;
}

static void
test_marks_resist_unless_they_may_be_taken_off (void **state)
{
  const Fixture *fixture = *state;
  g_auto(Outcome) kept;
  g_auto(Outcome) gone;

  outcome_init (&kept);
  outcome_init (&gone);
  moor_test_write (fixture->root, "tree/immutable/file", "x");
  moor_test_write (fixture->root, "tree/append/file", "x");
  moor_test_write (fixture->root, "tree/other/file", "x");
  moor_test_write (fixture->root, "tree/other/unmarked", "x");
  if (!mark (fixture, "tree/immutable", FS_IMMUTABLE_FL)
      || !mark (fixture, "tree/append", FS_APPEND_FL)
      || !mark (fixture, "tree/other/file", FS_IMMUTABLE_FL))
    {
      outcome_clear (&kept);
      outcome_clear (&gone);
      moor_test_skip ("chattr needs root, and a file system that knows it");
    }

  assert_true (remove_it (fixture, "tree", NULL, FALSE, &kept));
  assert_int_equal (kept.n_removed, 1);
  assert_int_equal (kept.n_resisted, 7);
  assert_true (has_text (kept.resisted, "other/file: Operation not permitted"));
  assert_true (has_text (kept.resisted, "other: Directory not empty"));

  assert_true (remove_it (fixture, "tree", NULL, TRUE, &gone));
  assert_int_equal (gone.n_removed, 7);
  assert_int_equal (gone.n_resisted, 0);
  assert_false (moor_test_exists (fixture->root, "tree"));
}

static void
test_what_stays_keeps_its_marks (void **state)
{
  const Fixture *fixture = *state;
  g_autofree char *below = g_build_filename (fixture->root, "below", NULL);
  Fixture inside = { .root = below };
  g_auto(Outcome) outcome;
  gboolean removed;

  outcome_init (&outcome);
  moor_test_write (fixture->root, "below/tree/file", "x");
  assert_int_equal (linkat (fixture->fd, "below/tree/file", fixture->fd, "other", 0), 0);
  if (!mark (fixture, "other", FS_IMMUTABLE_FL) || !mark (fixture, "below", FS_IMMUTABLE_FL))
    {
      outcome_clear (&outcome);
      moor_test_skip ("chattr needs root, and a file system that knows it");
    }
  inside.fd = moor_open_dir (NULL, below, NULL);
  removed = remove_it (&inside, "tree", NULL, TRUE, &outcome);
  moor_fd_close (inside.fd);

  assert_true (removed);
  assert_int_equal (outcome.n_removed, 2);
  assert_false (moor_test_exists (fixture->root, "below/tree"));
  assert_int_equal (flags_of (fixture, "other"), FS_IMMUTABLE_FL);
  assert_int_equal (flags_of (fixture, "below"), FS_IMMUTABLE_FL);
  assert_true (mark (fixture, "other", 0) && mark (fixture, "below", 0));
}

/* Somebody saves a file into a directory just before it is removed. */
static gint n_saved;

static int
save_before_rmdir (int dfd, const char *path, int flags)
{
  if (strcmp (path, "busy") == 0 && g_atomic_int_add (&n_saved, -1) > 0)
    {
      (void) mkdirat (dfd, "busy/more", 0755);
      (void) moor_fd_close (openat (dfd, "busy/more/saved", O_CREAT | O_CLOEXEC, 0644));
    }
  return unlinkat (dfd, path, flags);
}

static void
test_what_is_saved_meanwhile_goes_too (void **state)
{
  const Fixture *fixture = *state;
  MoorSys sys = *moor_sys_posix ();
  g_auto(Outcome) outcome;
  g_auto(Outcome) never;

  outcome_init (&outcome);
  outcome_init (&never);
  sys.unlinkat = save_before_rmdir;
  moor_test_write (fixture->root, "tree/a/busy/file", "x");
  n_saved = 2;
  assert_true (remove_it (fixture, "tree", &sys, FALSE, &outcome));
  assert_int_equal (outcome.n_resisted, 0);
  assert_int_equal (outcome.n_removed, 4 + 2 * 2);
  assert_true (has_text (outcome.removed, "a/busy/more/saved"));

  /* Who never stops saving is not waited for. */
  moor_test_write (fixture->root, "tree/a/busy/file", "x");
  n_saved = 1000;
  assert_true (remove_it (fixture, "tree", &sys, FALSE, &never));
  assert_true (has_text (never.resisted, "a/busy: Directory not empty"));
  assert_int_equal (never.n_resisted, 3);
}

/* The attack: while a tree is removed, its owner swaps a directory in it for a link
 * to one that is not theirs. */
typedef struct
{
  char *a;
  char *b;
  gint stop;
  guint n_swaps;
} Swapper;

static gpointer
swap (gpointer user_data)
{
  Swapper *swapper = user_data;

  while (!g_atomic_int_get (&swapper->stop))
    if (renameat2 (AT_FDCWD, swapper->a, AT_FDCWD, swapper->b, RENAME_EXCHANGE) == 0)
      swapper->n_swaps++;
  return NULL;
}

static void
test_a_swapped_directory_does_not_lead_out (void **state)
{
  const Fixture *fixture = *state;
  Swapper swapper = { .a = g_build_filename (fixture->root, "tree", "0", "0", NULL),
                      .b = g_build_filename (fixture->root, "tree", "0", "5", NULL) };
  g_autofree char *precious = g_build_filename (fixture->root, "precious", NULL);
  GThread *thread;

  make_tree (fixture->root, "precious", 6, 5);
  thread = g_thread_new ("swap", swap, &swapper);
  for (guint i = 0; i < 300; i++)
    {
      g_auto(Outcome) outcome;

      outcome_init (&outcome);
      make_tree (fixture->root, "tree", 1, 20);
      assert_int_equal (symlink (precious, swapper.b), 0);
      (void) remove_it (fixture, "tree", NULL, FALSE, &outcome);
      while (moor_test_exists (fixture->root, "tree"))
        assert_true (moor_remove_tree (fixture->fd, "tree", NULL, NULL, NULL, NULL, NULL));
    }
  g_atomic_int_set (&swapper.stop, TRUE);
  moor_thread_join (thread);

  print_message ("# %u swaps\n", swapper.n_swaps);
  assert_true (swapper.n_swaps > 0);
  for (guint i = 0; i < 6; i++)
    for (guint k = 0; k < 5; k++)
      {
        g_autofree char *name = g_strdup_printf ("precious/%u/%u/file-%u", i % 5, i, k);

        assert_true (moor_test_exists (fixture->root, name));
      }
  g_free (swapper.a);
  g_free (swapper.b);
}

static void
test_a_subvolume_is_part_of_the_tree (void **state)
{
  const Fixture *fixture = *state;
  g_autofree char *tree = NULL;
  g_autofree char *subvolume = NULL;
  Fixture inside = { 0 };
  MoorTestVolume volume;
  g_auto(Outcome) outcome;
  gboolean made, removed = FALSE, left = TRUE;

  if (!moor_test_can_mount ("btrfs"))
    moor_test_skip ("needs root and mkfs.btrfs");

  outcome_init (&outcome);
  made = moor_test_volume_new (fixture->root, "volume", "btrfs", 128, &volume);
  if (made)
    {
      const char *argv[] = { "btrfs", "subvolume", "create", NULL, NULL };

      tree = g_build_filename (volume.mount_point, "tree", NULL);
      argv[3] = subvolume = g_build_filename (tree, "subvolume", NULL);
      made = g_mkdir (tree, 0755) == 0 && moor_test_run (argv, NULL);
    }
  if (made)
    {
      moor_test_write (subvolume, "dir/file", "x");
      inside.root = volume.mount_point;
      inside.fd = moor_open_dir (NULL, inside.root, NULL);
      removed = remove_it (&inside, "tree", NULL, FALSE, &outcome);
      left = moor_test_exists (inside.root, "tree");
      moor_fd_close (inside.fd);
    }
  moor_test_volume_free (&volume);

  assert_true (made);
  assert_true (removed);
  assert_false (left);
  assert_int_equal (outcome.n_removed, 4);
}

/* The call number `fail_at`, counted over all members and threads, fails with EIO. */
static struct
{
  gint n_calls;
  gint fail_at;
} fault;

static gboolean
fault_is_due (void)
{
  if (g_atomic_int_add (&fault.n_calls, 1) + 1 != fault.fail_at)
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
faulty_statx (int dfd, const char *path, int flags, unsigned mask, struct statx *out_stx)
{
  return fault_is_due () ? -1 : moor_sys_posix ()->statx (dfd, path, flags, mask, out_stx);
}

static ssize_t
faulty_getdents (int fd, void *buffer, size_t n_bytes)
{
  return fault_is_due () ? -1 : moor_sys_posix ()->getdents (fd, buffer, n_bytes);
}

static int
faulty_unlinkat (int dfd, const char *path, int flags)
{
  return fault_is_due () ? -1 : moor_sys_posix ()->unlinkat (dfd, path, flags);
}

/* After each failure it is told that something is left, and a plain run removes it. */
static void
test_survives_a_fault_in_every_call (void **state)
{
  const Fixture *fixture = *state;
  MoorSys faulty = *moor_sys_posix ();
  gboolean reached = TRUE;

  faulty.openat2 = faulty_openat2;
  faulty.statx = faulty_statx;
  faulty.getdents = faulty_getdents;
  faulty.unlinkat = faulty_unlinkat;

  for (fault.fail_at = 1; reached; fault.fail_at++)
    {
      g_auto(Outcome) outcome;
      gboolean removed;

      outcome_init (&outcome);
      make_tree (fixture->root, "tree", 4, 2);
      fault.n_calls = 0;
      removed = remove_it (fixture, "tree", &faulty, FALSE, &outcome);
      reached = fault.n_calls >= fault.fail_at;
      assert_true (moor_test_exists (fixture->root, "tree")
                   == (!removed || outcome.n_resisted > 0));
      assert_true (moor_remove_tree (fixture->fd, "tree", NULL, NULL, NULL, NULL, NULL));
      assert_false (moor_test_exists (fixture->root, "tree"));
    }
  assert_true (fault.fail_at > 50);
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, setup, teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (test_a_tree_goes_with_everything_in_it),
    TEST (test_what_is_no_directory_goes_alone),
    TEST (test_only_one_name_can_be_asked_for),
    TEST (test_a_tree_may_be_deeper_than_any_path),
    TEST (test_cancelled_before_it_starts),
    TEST (test_cancelled_in_the_middle_it_can_be_taken_up),
    TEST (test_what_is_mounted_in_it_stays),
    TEST (test_marks_resist_unless_they_may_be_taken_off),
    TEST (test_what_stays_keeps_its_marks),
    TEST (test_what_is_saved_meanwhile_goes_too),
    TEST (test_a_swapped_directory_does_not_lead_out),
    TEST (test_a_subvolume_is_part_of_the_tree),
    TEST (test_survives_a_fault_in_every_call),
  };

  return cmocka_run_group_tests_name ("core/remove", tests, NULL, NULL);
}
