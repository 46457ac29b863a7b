/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-fd.h"

G_BEGIN_DECLS

#define MOOR_BTRFS_ROOT_INO 256 /* what every subvolume's root has */

char *moor_btrfs_uuid (int fd);
gboolean moor_btrfs_subvolume_id (int fd, guint64 *out_id);
gboolean moor_btrfs_is_read_only (int fd);
guint64 moor_btrfs_n_errors (int fd);
int moor_btrfs_open_subvolume (int root_fd, guint64 id);

G_END_DECLS
