/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-threads-private.h"

#include <time.h>

#include "moor-text.h"

#define N_PROBES 24
#define N_PROBE_DEPTH 12
#define N_PROBE_ENTRIES 40
#define MAX_THREADS 64
#define MAX_DISK_THREADS 8
#define MAX_BTRFS_LINKERS 2
/* Clock over processor: 1.0 in memory, 2.5 on a fast disk; too many workers cost nothing. */
#define DISK_RATIO 1.5

/* Looks at some entries of one directory.  Returns one of its directories, picked
 * at random, open; or -1. */
static int
look_at_dir (int dfd, GRand *rand)
{
  g_autofree char *next = NULL;
  g_autoptr(DIR) stream = fdopendir (openat (dfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const struct dirent *entry;
  gint32 n_dirs = 0;

  for (guint n = 0; stream != NULL && n < N_PROBE_ENTRIES && (entry = readdir (stream)) != NULL;
       n++)
    {
      struct stat st;

      if (!moor_name_is_valid (entry->d_name)
          || fstatat (dfd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR (st.st_mode))
        continue;
      if (g_rand_int_range (rand, 0, ++n_dirs) == 0)
        {
          g_free (next);
          next = g_strdup (entry->d_name);
        }
    }
  return next != NULL
             ? moor_open_beneath (moor_sys_posix (), dfd, next, O_RDONLY | O_DIRECTORY, NULL)
             : -1;
}

/* Goes down along random directories and adds up how long that took on the clock
 * and on the processor. */
static void
probe_once (int home_dfd, GRand *rand, double *wall_s, double *cpu_s)
{
  g_auto(MoorFd) fd = fcntl (home_dfd, F_DUPFD_CLOEXEC, 3);
  gint64 started_us = g_get_monotonic_time ();
  struct timespec from;
  struct timespec to;

  (void) clock_gettime (CLOCK_THREAD_CPUTIME_ID, &from);
  for (guint depth = 0; fd >= 0 && depth < N_PROBE_DEPTH; depth++)
    {
      int next = look_at_dir (fd, rand);

      moor_fd_close (fd);
      fd = next;
    }
  (void) clock_gettime (CLOCK_THREAD_CPUTIME_ID, &to);
  *wall_s += (double) (g_get_monotonic_time () - started_us) / G_USEC_PER_SEC;
  *cpu_s += (double) (to.tv_sec - from.tv_sec) + (double) (to.tv_nsec - from.tv_nsec) / 1e9;
}

/* Whether reading below these directories waits for the disk.  Looks at a few
 * hundred entries to find out. */
static gboolean
disk_limits (const int *dfds, guint n_dfds)
{
  g_autoptr(GRand) rand = g_rand_new_with_seed (1);
  double wall_s = 0;
  double cpu_s = 0;

  for (guint i = 0; n_dfds > 0 && i < N_PROBES; i++)
    probe_once (dfds[i % n_dfds], rand, &wall_s, &cpu_s);
  return wall_s > 0.002 && wall_s > DISK_RATIO * cpu_s;
}

static guint
choose (guint wanted, const int *dfds, guint n_dfds, gboolean links_on_btrfs)
{
  guint n_processors = MAX (1, g_get_num_processors ());

  if (wanted > 0)
    return MIN (wanted, MAX_THREADS);
  if (links_on_btrfs)
    return MIN (n_processors, MAX_BTRFS_LINKERS);
  return disk_limits (dfds, n_dfds) ? MAX_DISK_THREADS : n_processors;
}

static gboolean
is_btrfs (const MoorVolume *volume)
{
  return volume != NULL && g_str_equal (volume->fs_type, "btrfs");
}

/**
 * moor_choose_n_threads:
 * @wanted: what a person asked for; 0 to choose
 * @chosen: (element-type MoorChosen): whose homes are linked
 *
 * Chooses by what limits: as many as cores while the tree is in memory, eight
 * when the disk is waited for, two on btrfs, where linkers stand in each
 * other's way.  Looks at a few hundred entries to find out.  Blocks.  Any thread.
 *
 * Returns: how many workers to use, at least 1
 */
guint
moor_choose_n_threads (guint wanted, GPtrArray *chosen)
{
  g_autofree int *dfds = g_new0 (int, chosen->len);
  gboolean links_on_btrfs = FALSE;

  for (guint i = 0; i < chosen->len; i++)
    {
      const MoorChosen *one = g_ptr_array_index (chosen, i);

      dfds[i] = one->place.dfd;
      links_on_btrfs = links_on_btrfs || is_btrfs (one->place.volume);
    }
  return choose (wanted, dfds, chosen->len, links_on_btrfs);
}

/**
 * moor_choose_n_threads_for_store:
 * @wanted: what a person asked for; 0 to choose
 * @links: what the store holds is linked, not only read
 *
 * Like moor_choose_n_threads(), for jobs that begin with a store's trees.
 * Blocks.  Any thread.
 *
 * Returns: how many workers to use, at least 1
 */
guint
moor_choose_n_threads_for_store (guint wanted, MoorStore *store, gboolean links)
{
  guint n_parts = moor_store_get_n_parts (store);
  g_autofree int *dfds = g_new0 (int, n_parts);
  gboolean links_on_btrfs = FALSE;
  guint n_dfds = 0;

  for (guint i = 0; i < n_parts; i++)
    {
      const MoorPart *part = moor_store_get_part (store, i);

      if (part->tree_dfd >= 0)
        dfds[n_dfds++] = part->tree_dfd;
      links_on_btrfs = links_on_btrfs || (links && is_btrfs (part->volume));
    }
  return choose (wanted, dfds, n_dfds, links_on_btrfs);
}
