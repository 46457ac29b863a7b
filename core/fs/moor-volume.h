/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-beneath.h"

G_BEGIN_DECLS

/**
 * MoorVolume:
 * @name: its lasting name: file system UUID, and `:ID` of the subvolume on btrfs;
 *   for a file system without UUID its type and device number
 * @fs_type: `ext4`, `xfs`, `btrfs`, ...
 * @device: (nullable): path of the block device
 * @mount_point: (type filename): where it is mounted now, on the machine that runs Mooring
 * @mount_root: (type filename): which directory of the file system is mounted there; `/` mostly
 * @can_link: hard links work
 * @can_clone: FICLONE works
 * @max_links: names one inode may have
 * @n_errors: errors that the file system has recorded, 0 if none or unknown
 *
 * One volume (link domain) as it is mounted now.  Ref-counted and immutable:
 * any thread may hold and read it.
 */
typedef struct
{
  char *name;
  char *fs_type;
  char *device;
  char *mount_point;
  char *mount_root;
  MoorDomain domain;
  gboolean read_only;
  gboolean can_link;
  gboolean can_clone;
  guint64 max_links;
  guint64 n_errors;
} MoorVolume;

/**
 * MoorSpace:
 * @n_free_bytes: bytes that an ordinary file may still take
 * @n_free_inodes: inodes left; %G_MAXUINT64 where the file system makes them as needed
 */
typedef struct
{
  guint64 n_total_bytes;
  guint64 n_free_bytes;
  guint64 n_free_inodes;
} MoorSpace;

MoorVolume *moor_volume_for_fd (int fd, GError **error);
GPtrArray *moor_volume_list (GError **error); /* (element-type MoorVolume) (owned) */
MoorVolume *moor_volume_find (const char *name, GError **error);
MoorVolume *moor_volume_find_device (const char *source, GError **error);
MoorVolume *moor_volume_find_device_subvolume (const char *source,
                                               const char *subvolume,
                                               GError **error);
MoorVolume *moor_volume_ref (MoorVolume *volume);
void moor_volume_unref (MoorVolume *volume);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorVolume, moor_volume_unref)

int moor_volume_open_root (MoorVolume *volume, GError **error);
char *moor_volume_path_of (MoorVolume *volume, int fd, GError **error);
GPtrArray *moor_volume_mounts_below (int dfd, GError **error); /* (element-type filename) (owned) */
GPtrArray *moor_volume_network_mounts (GError **error);        /* (element-type filename) (owned) */
gboolean moor_volume_space (int fd, MoorSpace *out_space, GError **error);

G_END_DECLS
