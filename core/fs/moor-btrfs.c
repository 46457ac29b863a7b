/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What only btrfs has to be asked: each subvolume is a volume of its own, and
 * is found by its number wherever it lies. */

#include "moor-btrfs-private.h"

#include <linux/btrfs.h>
#include <sys/ioctl.h>

#include "moor-beneath.h"
#include "moor-probe-private.h"

#define N_DEPTH_MAX 16 /* subvolumes within subvolumes */

/* Returns: (transfer full) (nullable): the UUID of the whole file system. */
char *
moor_btrfs_uuid (int fd)
{
  struct btrfs_ioctl_fs_info_args info = { .flags = 0 };

  return ioctl (fd, BTRFS_IOC_FS_INFO, &info) == 0 ? moor_uuid_to_text (info.fsid) : NULL;
}

/* The number of the subvolume that @fd, a directory, is in. */
gboolean
moor_btrfs_subvolume_id (int fd, guint64 *out_id)
{
  struct btrfs_ioctl_ino_lookup_args lookup = { .objectid = MOOR_BTRFS_ROOT_INO };

  if (ioctl (fd, BTRFS_IOC_INO_LOOKUP, &lookup) < 0)
    return FALSE;

  *out_id = lookup.treeid;
  return TRUE;
}

/* A subvolume can be read-only on a mount that is not. */
gboolean
moor_btrfs_is_read_only (int fd)
{
  guint64 flags = 0;

  return ioctl (fd, BTRFS_IOC_SUBVOL_GETFLAGS, &flags) == 0 && (flags & BTRFS_SUBVOL_RDONLY) != 0;
}

/* All that the devices have counted since somebody reset the counters. */
guint64
moor_btrfs_n_errors (int fd)
{
  struct btrfs_ioctl_fs_info_args info = { .flags = 0 };
  guint64 n_errors = 0;

  if (ioctl (fd, BTRFS_IOC_FS_INFO, &info) < 0)
    return 0;

  for (guint64 devid = 1; devid <= info.max_id; devid++)
    {
      struct btrfs_ioctl_get_dev_stats stats = { .devid = devid,
                                                 .nr_items = BTRFS_DEV_STAT_VALUES_MAX };

      if (ioctl (fd, BTRFS_IOC_GET_DEV_STATS, &stats) < 0)
        continue;
      for (guint i = 0; i < MIN (stats.nr_items, BTRFS_DEV_STAT_VALUES_MAX); i++)
        n_errors += stats.values[i];
    }
  return n_errors;
}

/* Opens the subvolume @treeid, which has a name in directory @dirid of the
 * subvolume whose root @root_fd is. */
static int
open_child (int root_fd, guint64 treeid, guint64 dirid)
{
  struct btrfs_ioctl_ino_lookup_user_args lookup = { .treeid = treeid, .dirid = dirid };
  g_autofree char *path = NULL;

  if (ioctl (root_fd, BTRFS_IOC_INO_LOOKUP_USER, &lookup) < 0)
    return -1;

  path = g_strconcat (lookup.path, lookup.name, NULL);
  return moor_open_beneath (NULL, root_fd, path, O_RDONLY | O_DIRECTORY, NULL);
}

static int
open_subvolume (int root_fd, guint64 id, guint depth)
{
  struct btrfs_ioctl_get_subvol_rootref_args refs = { .min_treeid = 0 };
  gboolean more = depth < N_DEPTH_MAX;

  while (more)
    {
      more = FALSE;
      if (ioctl (root_fd, BTRFS_IOC_GET_SUBVOL_ROOTREF, &refs) < 0)
        {
          if (errno != EOVERFLOW)
            return -1;
          more = TRUE;
        }
      for (guint i = 0; i < refs.num_items; i++)
        {
          g_auto(MoorFd)
                      child = open_child (root_fd, refs.rootref[i].treeid, refs.rootref[i].dirid);
          int found = -1;

          if (child >= 0 && refs.rootref[i].treeid == id)
            {
              found = child;
              child = -1;
            }
          else if (child >= 0)
            found = open_subvolume (child, id, depth + 1);
          if (found >= 0)
            return found;
        }
    }
  return -1;
}

/* Looks for subvolume @id below the subvolume whose root @root_fd is, and opens
 * its root.  What another mount hides is not found.  Returns: a descriptor, or
 * -1. */
int
moor_btrfs_open_subvolume (int root_fd, guint64 id)
{
  return open_subvolume (root_fd, id, 0);
}
