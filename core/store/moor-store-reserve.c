/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "moor-store-private.h"

/* Room for the day when a volume is full.
 *
 * Giving space back (a roll back, an undo, a deletion) begins with a commit to the
 * catalogue, which takes some: the journal, a page, a folder.  So every part holds a
 * file that is good for nothing but to be removed then.  It is no more than a help:
 * where it cannot be made, or something else eats up what it gave, the job fails
 * as it would have done without. */

#define RESERVE_BYTES (512 * 1024)
#define ENOUGH_BYTES (4 * 1024 * 1024)

static gboolean
is_whole (int dfd)
{
  struct stat st;

  return fstatat (dfd, MOOR_RESERVE, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG (st.st_mode)
         && st.st_size == RESERVE_BYTES;
}

/**
 * moor_reserve_make:
 * @dfd: the directory of a part
 *
 * Sets room aside if there is none yet and the volume has some.  Nothing depends on it,
 * so there is no error.  Blocks.
 */
void
moor_reserve_make (int dfd)
{
  const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  g_auto(MoorFd) fd = -1;

  if (is_whole (dfd))
    return;
  (void) unlinkat (dfd, MOOR_RESERVE, 0);
  fd = openat (dfd, MOOR_RESERVE, flags, 0600);
  if (fd >= 0 && posix_fallocate (fd, 0, RESERVE_BYTES) != 0)
    {
      g_debug ("no room was set aside in the store");
      (void) unlinkat (dfd, MOOR_RESERVE, 0);
    }
}

/* What root alone may use does not count: part of it, on ext4, is for nobody. */
static gboolean
has_room (int dfd, guint64 n_bytes)
{
  struct statvfs vfs;

  return fstatvfs (dfd, &vfs) == 0 && (guint64) vfs.f_bavail * vfs.f_frsize >= n_bytes;
}

/**
 * moor_reserve_use:
 *
 * Gives back the room of every open part whose volume is full.  What is freed may be
 * taken again only once the file system has written that down, so that is waited for.
 * Blocks.
 */
void
moor_reserve_use (MoorStore *store)
{
  for (guint i = 0; i < store->parts->len; i++)
    {
      const MoorPart *part = g_ptr_array_index (store->parts, i);

      if (part->dfd < 0 || has_room (part->dfd, RESERVE_BYTES)
          || unlinkat (part->dfd, MOOR_RESERVE, 0) < 0)
        continue;
      g_message ("The volume at “%s” is full: the room that the store had set aside is used",
                 part->volume->mount_point);
      (void) syncfs (part->dfd);
    }
}

/**
 * moor_reserve_restore:
 *
 * At the end of a job, sets room aside again where there is none, the volume has enough
 * by now and the store stays.  Blocks.
 */
void
moor_reserve_restore (MoorStore *store)
{
  if (!store->writable || store->owner != geteuid () || moor_store_is_being_removed (store))
    return;
  for (guint i = 0; i < store->parts->len; i++)
    {
      const MoorPart *part = g_ptr_array_index (store->parts, i);

      if (part->dfd >= 0 && has_room (part->dfd, ENOUGH_BYTES))
        moor_reserve_make (part->dfd);
    }
}
