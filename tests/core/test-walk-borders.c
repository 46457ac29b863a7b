/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-test.h"

#include <dirent.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "moor-error.h"
#include "moor-fd.h"
#include "moor-lock.h"
#include "moor-walk.h"

/* What a walk must not be led across.
 *
 * The attack: while a walk of a privileged program goes on, the owner of the tree
 * swaps a directory for a symbolic link to one that is not theirs and back, as fast
 * as possible, in the tree that is read or in the mirror that is written.  Nothing
 * outside may be seen or made.
 *
 * The borders: a mount is not entered, another btrfs subvolume is entered and
 * marked. */

typedef struct
{
  char *root;
  char *src;
  char *dst;
  char *outside;
} Fixture;

static char *
make_dir (const char *root, const char *name)
{
  char *path = g_build_filename (root, name, NULL);

  assert_int_equal (g_mkdir (path, 0755), 0);
  return path;
}

static int
setup (void **state)
{
  Fixture *fixture = g_new0 (Fixture, 1);

  fixture->root = moor_test_dir_new ();
  fixture->src = make_dir (fixture->root, "src");
  fixture->dst = make_dir (fixture->root, "dst");
  fixture->outside = make_dir (fixture->root, "outside");
  moor_test_write (fixture->outside, "secret", "x");
  *state = fixture;
  return 0;
}

static int
teardown (void **state)
{
  Fixture *fixture = *state;

  moor_test_dir_free (fixture->root);
  g_free (fixture->src);
  g_free (fixture->dst);
  g_free (fixture->outside);
  g_free (fixture);
  return 0;
}

/* What the walks saw; each member is counted atomically. */
typedef struct
{
  gint n_entries;
  gint n_secrets;
  gint n_marked;
  gint n_problems;
  gint n_mirrors;
  gint n_other_domain;
} Sight;

static gboolean
enter (MoorDir *dir, guint worker, gpointer user_data)
{
  Sight *sight = user_data;
  MoorDir *parent = moor_dir_parent (dir);

  if (moor_dir_is_other_subvolume (dir))
    g_atomic_int_inc (&sight->n_marked);
  if (parent != NULL && moor_dir_has_mirror (parent)
      && moor_dir_make_mirror (dir, moor_dir_name (dir), 0755, NULL, NULL))
    g_atomic_int_inc (&sight->n_mirrors);
  return TRUE;
}

static gboolean
entry (MoorDir *dir, const char *name, guint8 type, guint64 ino, guint worker, gpointer user_data)
{
  Sight *sight = user_data;

  g_atomic_int_inc (&sight->n_entries);
  if (strcmp (name, "secret") == 0)
    g_atomic_int_inc (&sight->n_secrets);
  return TRUE;
}

/* Makes something in the mirror, as a restore does. */
static void
leave (MoorDir *dir, guint worker, gpointer user_data)
{
  int fd;

  if (!moor_dir_has_mirror (dir))
    return;
  fd = moor_dir_mirror_fd (dir, NULL);
  if (fd >= 0)
    (void) mknodat (fd, "restored", S_IFREG | 0600, 0);
}

static void
problem (MoorDir *dir,
         const char *name,
         int errnum,
         const GError *error,
         guint worker,
         gpointer user_data)
{
  Sight *sight = user_data;

  g_atomic_int_inc (&sight->n_problems);
  if (g_error_matches (error, MOOR_ERROR, MOOR_ERROR_OTHER_DOMAIN))
    g_atomic_int_inc (&sight->n_other_domain);
}

static gboolean
look (Sight *sight, const char *src, const char *dst)
{
  static const MoorWalkVisitor visitor = {
    .enter = enter,
    .entry = entry,
    .leave = leave,
    .problem = problem,
  };
  /* So few that most directories have to be reopened by name. */
  const MoorWalkOptions options = { .n_workers = 2, .max_open_dirs = 4 };
  g_auto(MoorFd) src_fd = moor_open_dir (NULL, src, NULL);
  g_auto(MoorFd) dst_fd = dst != NULL ? moor_open_dir (NULL, dst, NULL) : -1;
  const MoorWalkRoot root = { .dfd = src_fd, .mirror_dfd = dst_fd, .name = "" };

  return moor_walk_run (&root, 1, &visitor, sight, &options, NULL, NULL);
}

/* DIR/dir-N/dir-N/dir-N, each with a file. */
static void
make_tree (const char *dir, guint depth)
{
  moor_test_write (dir, "file", "x");
  for (guint i = 0; depth > 0 && i < 3; i++)
    {
      g_autofree char *name = g_strdup_printf ("dir-%u", i);
      g_autofree char *child = make_dir (dir, name);

      make_tree (child, depth - 1);
    }
}

typedef struct
{
  char *a;
  char *b;
  gint stop;
  guint n_swaps;
  GThread *thread;
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

/* Begins to swap DIR/dir-0/dir-0 for a link to @outside. */
static void
swapper_start (Swapper *swapper, const char *dir, const char *outside)
{
  *swapper = (Swapper){ .a = g_build_filename (dir, "dir-0", "dir-0", NULL),
                        .b = g_build_filename (dir, "dir-0", "other", NULL) };
  assert_int_equal (symlink (outside, swapper->b), 0);
  swapper->thread = g_thread_new ("swap", swap, swapper);
}

static void
swapper_stop (Swapper *swapper)
{
  g_atomic_int_set (&swapper->stop, TRUE);
  moor_thread_join (swapper->thread);
  g_free (swapper->a);
  g_free (swapper->b);
}

static void
test_a_directory_swapped_for_a_link_leads_nowhere_else (void **state)
{
  const Fixture *fixture = *state;
  Sight sight = { 0 };
  Swapper swapper;

  make_tree (fixture->src, 3);
  swapper_start (&swapper, fixture->src, fixture->outside);
  for (guint i = 0; i < 1000; i++)
    (void) look (&sight, fixture->src, NULL);
  swapper_stop (&swapper);

  print_message ("# %u swaps, %d times noticed\n", swapper.n_swaps, sight.n_problems);
  assert_int_equal (sight.n_secrets, 0);
  assert_true (swapper.n_swaps > 0);
}

static void
test_a_mirror_swapped_for_a_link_is_not_written_through (void **state)
{
  const Fixture *fixture = *state;
  Sight sight = { 0 };
  Swapper swapper;

  make_tree (fixture->src, 3);
  make_tree (fixture->dst, 3);
  swapper_start (&swapper, fixture->dst, fixture->outside);
  for (guint i = 0; i < 1000; i++)
    (void) look (&sight, fixture->src, fixture->dst);
  swapper_stop (&swapper);

  print_message ("# %u swaps, %d of 39000 mirrors refused\n", swapper.n_swaps,
                 39 * 1000 - sight.n_mirrors);
  assert_false (moor_test_exists (fixture->outside, "restored"));
  assert_false (moor_test_exists (fixture->outside, "dir-0"));
  assert_true (moor_test_exists (fixture->dst, "dir-1/dir-2/restored"));
  assert_true (swapper.n_swaps > 0);
}

static void
test_a_mount_is_not_entered (void **state)
{
  const Fixture *fixture = *state;
  g_autofree char *mount_point = make_dir (fixture->src, "mounted");
  Sight sight = { 0 };
  gboolean walked;

  if (geteuid () != 0)
    moor_test_skip ("bind mounts need root");
  if (mount (fixture->outside, mount_point, NULL, MS_BIND, NULL) < 0)
    moor_test_skip ("bind mounts are not permitted here");
  walked = look (&sight, fixture->src, NULL);
  assert_int_equal (umount2 (mount_point, MNT_DETACH), 0);

  assert_true (walked);
  assert_int_equal (sight.n_entries, 1);
  assert_int_equal (sight.n_problems, 1);
  assert_int_equal (sight.n_other_domain, 1);
}

static void
test_a_mirror_behind_a_mount_is_refused (void **state)
{
  const Fixture *fixture = *state;
  g_autofree char *mount_point = make_dir (fixture->dst, "dir");
  Sight sight = { 0 };
  gboolean walked;

  if (geteuid () != 0)
    moor_test_skip ("bind mounts need root");
  if (mount (fixture->outside, mount_point, NULL, MS_BIND, NULL) < 0)
    moor_test_skip ("bind mounts are not permitted here");
  moor_test_write (fixture->src, "dir/file", "x");
  walked = look (&sight, fixture->src, fixture->dst);
  assert_int_equal (umount2 (mount_point, MNT_DETACH), 0);

  assert_true (walked);
  assert_int_equal (sight.n_mirrors, 0);
  assert_false (moor_test_exists (fixture->outside, "restored"));
}

/* A volume with a subvolume in it, both with a directory and a file. */
static gboolean
look_at_subvolume (const char *mount_point, Sight *sight)
{
  g_autofree char *subvolume = g_build_filename (mount_point, "subvolume", NULL);
  const char *argv[] = { "btrfs", "subvolume", "create", subvolume, NULL };

  if (!moor_test_run (argv, NULL))
    return FALSE;
  moor_test_write (subvolume, "below/file", "x");
  moor_test_write (mount_point, "plain/file", "x");
  return look (sight, mount_point, NULL);
}

static void
test_a_subvolume_is_entered_and_marked (void **state)
{
  const Fixture *fixture = *state;
  MoorTestVolume volume;
  Sight sight = { 0 };
  gboolean looked;

  if (!moor_test_can_mount ("btrfs"))
    moor_test_skip ("needs root and mkfs.btrfs");

  looked = moor_test_volume_new (fixture->root, "volume", "btrfs", 128, &volume)
           && look_at_subvolume (volume.mount_point, &sight);
  moor_test_volume_free (&volume);

  assert_true (looked);
  assert_int_equal (sight.n_problems, 0);
  assert_int_equal (sight.n_entries, 5);
  assert_int_equal (sight.n_marked, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, setup, teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (test_a_directory_swapped_for_a_link_leads_nowhere_else),
    TEST (test_a_mirror_swapped_for_a_link_is_not_written_through),
    TEST (test_a_mount_is_not_entered),
    TEST (test_a_mirror_behind_a_mount_is_refused),
    TEST (test_a_subvolume_is_entered_and_marked),
  };

  return cmocka_run_group_tests_name ("core/walk-borders", tests, NULL, NULL);
}
