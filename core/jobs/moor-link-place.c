/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-link-walk-private.h"

#include <linux/fs.h>
#include <string.h>
#include <sys/sysmacros.h>

/* How one object that is no directory comes into the store. */

/* One object on its way into the store. */
typedef struct
{
  MoorLinkRun *run;
  const MoorLinkDir *data;
  int src_fd;
  int dst_fd;
  const char *name;
  gboolean locked; /* a Config.xml forbids to link it now */
} Placement;

static gboolean
is_locked (MoorLinkRun *run, MoorDir *dir, int src_fd, const char *name)
{
  const MoorLockControl *locks = run->walk->locks;
  g_autofree char *path = NULL;
  struct statx stx;

  if (locks == NULL
      || run->sys->statx (src_fd, name, AT_SYMLINK_NOFOLLOW, STATX_TYPE | STATX_INO, &stx) < 0
      || !S_ISREG (stx.stx_mode)
      || !moor_lock_control_knows (locks, (guint64) makedev (stx.stx_dev_major, stx.stx_dev_minor),
                                   stx.stx_ino))
    return FALSE;
  path = moor_link_path (run, dir, name);
  return moor_lock_control_copies (locks, path);
}

static MoorMethod
best_method (const Placement *placement)
{
  const MoorMethod best = placement->run->walk->best_method;

  if (moor_link_chosen (placement->run, placement->data)->in_the_clear || placement->locked)
    return MOOR_METHOD_COPY;
  return placement->data->copy_only && best == MOOR_METHOD_LINK ? MOOR_METHOD_REFLINK : best;
}

static MoorPlaced
place (const Placement *placement, MoorPlacing *placing)
{
  const MoorLinkRun *run = placement->run;
  const char *name = placement->name;
  MoorMethod best = best_method (placement);
  MoorPlaced placed = MOOR_PLACED_FAILED;

  if (best == MOOR_METHOD_LINK)
    {
      placed = moor_link_entry (run->sys, placement->src_fd, name, placement->dst_fd, name,
                                placing);
      if (placed != MOOR_PLACED_FAILED || run->walk->writer == NULL)
        return placed;
    }
  placed = moor_place_entry (run->sys, placement->src_fd, name, placement->dst_fd, name, best,
                             run->cancellable, placing);
  if (placing->cause == MOOR_CAUSE_NONE && placement->data->copy_only)
    placing->cause = MOOR_CAUSE_OTHER_VOLUME;
  else if (placing->cause == MOOR_CAUSE_NONE && placement->locked)
    placing->cause = MOOR_CAUSE_IN_USE;
  return placed;
}

static void
note_placed (MoorLinkRun *run,
             guint worker,
             MoorDir *dir,
             const MoorLinkDir *data,
             const char *name,
             MoorPlaced placed,
             const MoorPlacing *placing)
{
  MoorCaptureCounts *here = &run->workers[worker].here;
  MoorObject object = { .method = MOOR_METHOD_LINK };
  gboolean copied = placed == MOOR_PLACED_COPIED || placed == MOOR_PLACED_REFLINKED;

  moor_link_fill_object (&object, &placing->stx);
  object.id = moor_link_next_id (run);
  object.parent = data->id;
  object.name = name;
  object.profile = moor_link_chosen (run, data)->id;
  here->n_files++;
  here->n_bytes += placing->stx.stx_size;
  here->n_linked += placed == MOOR_PLACED_LINKED;
  here->n_already += placed == MOOR_PLACED_ALREADY;
  if (copied)
    {
      object.method = placed == MOOR_PLACED_COPIED ? MOOR_METHOD_COPY : MOOR_METHOD_REFLINK;
      object.cause = placing->cause;
      object.hash = placing->has_hash ? placing->hash : NULL;
      here->n_copied += placed == MOOR_PLACED_COPIED;
      here->n_reflinked += placed == MOOR_PLACED_REFLINKED;
      here->n_copied_bytes += placing->stx.stx_size;
      if (run->walk->best_method == MOOR_METHOD_LINK && !moor_link_chosen (run, data)->in_the_clear)
        moor_link_report (run, dir, name, MOOR_SEVERITY_WARNING, placing->cause, placing->errnum,
                          placed == MOOR_PLACED_COPIED ? "copied" : "copied, sharing its data");
    }
  if (placing->cause == MOOR_CAUSE_IMMUTABLE || placing->cause == MOOR_CAUSE_APPEND_ONLY)
    moor_link_note_locked (run, dir, data, name,
                           placing->cause == MOOR_CAUSE_IMMUTABLE ? FS_IMMUTABLE_FL : FS_APPEND_FL);
  if (copied && placing->lost_metadata)
    moor_link_report (run, dir, name, MOOR_SEVERITY_WARNING, MOOR_CAUSE_METADATA, 0,
                      "copied without it");
  moor_link_add_row (run, worker, &object);
}

/* Why an object has to be copied, as far as that is seen on it. */
static MoorCause
why_copied (const Placement *placement)
{
  struct statx stx;

  if (placement->data->copy_only)
    return MOOR_CAUSE_OTHER_VOLUME;
  if (placement->locked)
    return MOOR_CAUSE_IN_USE;
  if (placement->run->sys->statx (placement->src_fd, placement->name, AT_SYMLINK_NOFOLLOW,
                                  STATX_BASIC_STATS, &stx)
      < 0)
    return MOOR_CAUSE_NONE;
  if ((stx.stx_attributes & STATX_ATTR_IMMUTABLE) != 0)
    return MOOR_CAUSE_IMMUTABLE;
  if ((stx.stx_attributes & STATX_ATTR_APPEND) != 0)
    return MOOR_CAUSE_APPEND_ONLY;
  return stx.stx_nlink
                 >= moor_link_chosen (placement->run, placement->data)->place.volume->max_links
             ? MOOR_CAUSE_TOO_MANY_LINKS
             : MOOR_CAUSE_NONE;
}

/* Whether what has the name in the store is the copy that an earlier run made. */
static gboolean
is_earlier_copy (const Placement *placement, MoorPlacing *placing)
{
  MoorCause cause = why_copied (placement);
  MoorPlacing found;

  if ((cause == MOOR_CAUSE_NONE && best_method (placement) == MOOR_METHOD_LINK)
      || !moor_is_copy (placement->run->sys, placement->src_fd, placement->dst_fd, placement->name,
                        placement->run->cancellable, &found))
    return FALSE;
  *placing = found;
  placing->cause = cause;
  return TRUE;
}

static void
fail_entry (MoorLinkRun *run, MoorDir *dir, const char *name, const GError *error)
{
  moor_job_log (run->walk->job, MOOR_LOG_ERROR, "%s", error->message);
  moor_link_report (run, dir, name, MOOR_SEVERITY_ERROR, MOOR_CAUSE_OTHER, 0, "left out");
}

/**
 * moor_link_place:
 * @dir: has its twin
 * @name: (type filename): an entry of @dir that is no directory
 *
 * Links or copies it into the twin and counts it; what cannot be had is reported.
 */
void
moor_link_place (MoorLinkRun *run, guint worker, MoorDir *dir, const char *name)
{
  const MoorLinkDir *data = moor_dir_data (dir);
  g_autoptr(GError) error = NULL;
  MoorPlacing placing = { 0 };
  Placement placement;
  MoorPlaced placed;
  int src_fd = moor_dir_fd (dir, &error);
  int dst_fd = src_fd >= 0 ? moor_dir_mirror_fd (dir, &error) : -1;

  if (dst_fd < 0)
    {
      fail_entry (run, dir, name, error);
      return;
    }

  placement = (Placement){ run, data, src_fd, dst_fd, name, is_locked (run, dir, src_fd, name) };
  placed = place (&placement, &placing);
  if (placed == MOOR_PLACED_TAKEN && run->walk->writer != NULL
      && is_earlier_copy (&placement, &placing))
    placed = MOOR_PLACED_COPIED;
  if (placed == MOOR_PLACED_TAKEN && run->walk->writer != NULL)
    {
      if (!moor_link_supersede (run, worker, dir, name, &error))
        {
          fail_entry (run, dir, name, error);
          return;
        }
      placed = place (&placement, &placing);
    }

  if (placed == MOOR_PLACED_FAILED || placed == MOOR_PLACED_TAKEN)
    {
      if (!g_cancellable_is_cancelled (run->cancellable))
        moor_link_report (run, dir, name,
                          placing.cause == MOOR_CAUSE_VANISHED ? MOOR_SEVERITY_NOTE
                                                               : MOOR_SEVERITY_ERROR,
                          placing.cause, placing.errnum, "left out");
      return;
    }
  note_placed (run, worker, dir, data, name, placed, &placing);
}
