/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-estimate-private.h"

#include "moor-remove.h"
#include "moor-text.h"
#include "moor-threads-private.h"

/*
 * How long linking takes is tried out: the capture's own walk links a few
 * thousand real objects into a folder that is removed again.  A directory costs
 * as much as DIRECTORY_UNITS files (measured on ext4, xfs and btrfs).
 */

#define PROBE_OBJECTS 4000
#define DIRECTORY_UNITS 2.4
#define CATALOGUE_FACTOR 1.28 /* rows, index, sealing: what a capture does and a probe does not */
#define N_COMMITS 50          /* what making and sealing a store waits for, measured */
#define N_COMMIT_PROBES 6
#define OPENING_S 0.018 /* what a capture takes to begin and to end, however little it links */
#define RANGE_LOW 0.75
#define RANGE_HIGH 1.45
#define CATALOGUE_ROW_BYTES 130
#define DIRECTORY_BYTES 4096
#define COPY_FAST_BYTES_S (400.0 * 1000 * 1000)
#define COPY_SLOW_BYTES_S (130.0 * 1000 * 1000)
#define COPY_FAST_OBJECT_S 60e-6
#define COPY_SLOW_OBJECT_S 160e-6

/**
 * moor_estimated_add:
 * @sum: gets what @one counted as well
 */
void
moor_estimated_add (MoorEstimated *sum, const MoorEstimated *one)
{
  sum->n_files += one->n_files;
  sum->n_directories += one->n_directories;
  sum->n_bytes += one->n_bytes;
  sum->n_copies += one->n_copies;
  sum->n_copy_bytes += one->n_copy_bytes;
  sum->n_excluded += one->n_excluded;
  sum->n_excluded_bytes += one->n_excluded_bytes;
}

static double
units_of (double n_files, double n_directories)
{
  return n_files + DIRECTORY_UNITS * n_directories;
}

/* Makes a folder for the probe beside the homes' volume's root. */
static char *
make_probe_folder (const MoorSys *sys, int volume_dfd)
{
  g_autofree char *name = g_strdup_printf (".mooring-probe-%08x", g_random_int ());

  return sys->mkdirat (volume_dfd, name, 0700) == 0 ? g_steal_pointer (&name) : NULL;
}

/* How long it takes until a little that was written is on the disk, in seconds. */
static double
time_commit (const MoorSys *sys, int probe_dfd)
{
  g_auto(MoorFd) fd = sys->openat (probe_dfd, "commit",
                                    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  gint64 started_us = g_get_monotonic_time ();
  guint n = 0;

  while (fd >= 0 && n < N_COMMIT_PROBES && sys->write (fd, "commit", 6) == 6
         && sys->fsync (fd) == 0)
    n++;
  return n > 0 ? (double) (g_get_monotonic_time () - started_us) / G_USEC_PER_SEC / n : 0;
}

/* Links a part of the homes and takes the time.  FALSE: nothing to be learned. */
static gboolean
probe (MoorLinkCost *cost,
       MoorJob *job,
       GPtrArray *chosen,
       const MoorRuling *ruling,
       guint n_threads,
       int probe_dfd)
{
  g_autofree int *mirrors = g_new (int, chosen->len);
  g_autofree MoorCaptureCounts *counts = g_new0 (MoorCaptureCounts, chosen->len);
  MoorLinkWalk walk = { .job = job,
                        .rules = ruling->rules,
                        .strangers = ruling->strangers,
                        .best_method = MOOR_METHOD_LINK };
  double units = 0;
  double sync_s;
  gint64 started_us;
  gint64 linked_us;
  gboolean walked;

  walk.n_workers = moor_choose_n_threads (n_threads, chosen);
  walk.stop_after = PROBE_OBJECTS;
  walk.chosen = chosen;
  walk.mirror_dfds = mirrors;
  walk.counts = counts;
  for (guint i = 0; i < chosen->len; i++)
    {
      g_autofree char *name = g_strdup_printf ("%u", i);

      mirrors[i] = moor_make_dirs_beneath (moor_job_get_sys (job), probe_dfd, name, 0700, NULL);
    }

  /* What others have not written yet is not part of the cost. */
  (void) moor_job_get_sys (job)->syncfs (probe_dfd);
  started_us = g_get_monotonic_time ();
  walked = moor_link_walk_run (&walk, NULL);
  linked_us = g_get_monotonic_time ();
  (void) moor_job_get_sys (job)->syncfs (probe_dfd);
  sync_s = (double) (g_get_monotonic_time () - linked_us) / G_USEC_PER_SEC;

  for (guint i = 0; i < chosen->len; i++)
    {
      units += units_of ((double) counts[i].n_files, (double) counts[i].n_directories);
      if (mirrors[i] >= 0)
        (void) close (mirrors[i]);
    }
  if (!walked || units < 200)
    return FALSE;
  cost->unit_s = (double) (linked_us - started_us) / G_USEC_PER_SEC / units * CATALOGUE_FACTOR;
  cost->fixed_s = MIN (
      OPENING_S + 2 * sync_s + N_COMMITS * time_commit (moor_job_get_sys (job), probe_dfd), 5);
  return TRUE;
}

/* The people on the volume of the first one: one volume is tried out for all. */
static GPtrArray *
same_volume (GPtrArray *chosen)
{
  GPtrArray *same = g_ptr_array_new ();
  const MoorChosen *first = NULL;

  for (guint i = 0; i < chosen->len; i++)
    {
      MoorChosen *one = g_ptr_array_index (chosen, i);

      if (one->copy_only)
        continue;
      if (first == NULL)
        first = one;
      if (moor_domain_equal (&first->place.volume->domain, &one->place.volume->domain))
        g_ptr_array_add (same, one);
    }
  return same;
}

/* Where a probe may make its folder: the volume's root, or for an ordinary user the own home. */
static int
open_probe_place (const MoorChosen *one)
{
  if (geteuid () == 0)
    return moor_volume_open_root (one->place.volume, NULL);
  return openat (one->place.dfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* A folder that came and went leaves no time behind. */
static void
forget_visit (const MoorSys *sys, int dfd, const struct stat *before)
{
  const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, before->st_mtim };

  (void) sys->utimensat (dfd, "", times, AT_EMPTY_PATH);
}

/**
 * moor_link_cost_measure:
 * @chosen: (element-type MoorChosen): whose homes would be captured
 * @ruling: what would be taken
 *
 * Tries out what linking costs here.  Where that cannot be tried, because the
 * volume is full or read-only, say, the usual cost stays and the log says so.
 *
 * Blocks.  Any thread.
 *
 * Returns: %FALSE with %G_IO_ERROR_CANCELLED
 */
gboolean
moor_link_cost_measure (MoorLinkCost *cost,
                        MoorJob *job,
                        GPtrArray *chosen,
                        const MoorRuling *ruling,
                        const MoorEstimateOptions *options,
                        GError **error)
{
  const MoorSys *sys = moor_job_get_sys (job);
  g_autoptr(GPtrArray) same = same_volume (chosen);
  const MoorChosen *first = same->len > 0 ? g_ptr_array_index (same, 0) : NULL;
  g_auto(MoorFd) volume_dfd = first != NULL ? open_probe_place (first) : -1;
  struct stat before = { 0 };
  g_autofree char *name = NULL;
  gboolean measured = FALSE;

  if (volume_dfd >= 0 && fstat (volume_dfd, &before) == 0)
    name = make_probe_folder (sys, volume_dfd);

  if (first != NULL && g_str_equal (first->place.volume->fs_type, "btrfs"))
    cost->bytes_per_link = 600;
  if (name != NULL)
    {
      MoorRemoveOptions remove = { .sys = sys, .n_workers = 1 };
      g_auto(MoorFd) probe_dfd = moor_open_beneath (sys, volume_dfd, name, O_RDONLY | O_DIRECTORY,
                                                     NULL);

      measured = probe_dfd >= 0 && probe (cost, job, same, ruling, options->n_threads, probe_dfd);
      if (!moor_remove_tree (volume_dfd, name, &remove, NULL, NULL, NULL, NULL))
        moor_job_log (job, MOOR_LOG_WARNING, "The folder %s on %s can be removed", name,
                      first->place.volume->mount_point);
      forget_visit (sys, volume_dfd, &before);
    }
  if (!measured)
    moor_job_log (job, MOOR_LOG_DEBUG, "The time to link is a usual one: it was not measured here");
  return moor_job_check (job, error);
}

/**
 * moor_link_cost_fill:
 * @whole: @counts is of the whole capture, not of one person
 * @object: gets seconds-low and seconds-high, for the whole also new-space and what copying would
 * cost
 */
void
moor_link_cost_fill (const MoorLinkCost *cost,
                     const MoorEstimated *counts,
                     gboolean whole,
                     JsonObject *object)
{
  double n_objects = (double) (counts->n_files + counts->n_directories);
  double link_s = cost->unit_s
                  * units_of ((double) counts->n_files, (double) counts->n_directories);
  double copies_low_s = (double) counts->n_copy_bytes / COPY_FAST_BYTES_S;
  double copies_high_s = (double) counts->n_copy_bytes / COPY_SLOW_BYTES_S;
  double fixed_s = whole ? cost->fixed_s : 0;

  json_object_set_double_member (object, "seconds-low",
                                 (link_s + fixed_s) * RANGE_LOW + copies_low_s);
  json_object_set_double_member (object, "seconds-high",
                                 (link_s + fixed_s) * RANGE_HIGH + copies_high_s);
  if (!whole)
    return;

  json_object_set_int_member (object, "new-space",
                              (gint64) (n_objects * (cost->bytes_per_link + CATALOGUE_ROW_BYTES))
                                  + (gint64) counts->n_directories * DIRECTORY_BYTES
                                  + (gint64) counts->n_copy_bytes);
  json_object_set_double_member (object, "copy-seconds-low",
                                 (double) counts->n_bytes / COPY_FAST_BYTES_S
                                     + n_objects * COPY_FAST_OBJECT_S);
  json_object_set_double_member (object, "copy-seconds-high",
                                 (double) counts->n_bytes / COPY_SLOW_BYTES_S
                                     + n_objects * COPY_SLOW_OBJECT_S);
}
