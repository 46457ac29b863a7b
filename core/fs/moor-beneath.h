/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-fd.h"
#include "moor-sys.h"

G_BEGIN_DECLS

/**
 * MoorDomain:
 *
 * One link domain (DESIGN 3): objects in it can be hard-linked to each other.
 * Both members must be equal: a bind mount shares @dev, a btrfs subvolume
 * shares @mnt_id.
 */
typedef struct
{
  guint64 dev;
  guint64 mnt_id;
} MoorDomain;

gboolean moor_domain_of_fd (const MoorSys *sys, int fd, MoorDomain *out_domain, GError **error);
gboolean moor_domain_equal (const MoorDomain *a, const MoorDomain *b);
void moor_domain_from_statx (const struct statx *stx, MoorDomain *out_domain);

int moor_open_dir (const MoorSys *sys, const char *path, GError **error);
int moor_open_in_root (const MoorSys *sys,
                       int root_dfd,
                       const char *path,
                       int flags,
                       char **out_canonical,
                       GError **error);
int moor_open_beneath (const MoorSys *sys, int dfd, const char *path, int flags, GError **error);
int moor_make_dirs_beneath (const MoorSys *sys,
                            int dfd,
                            const char *path,
                            mode_t mode,
                            GError **error);
char *moor_fd_path (int fd);

G_END_DECLS
