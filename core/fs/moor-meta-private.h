/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <linux/fs.h>

#include "moor-fd.h"
#include "moor-meta.h"

G_BEGIN_DECLS

#define MOOR_XATTR_ACL_ACCESS "system.posix_acl_access"
#define MOOR_XATTR_ACL_DEFAULT "system.posix_acl_default"
#define MOOR_XATTR_CAPABILITY "security.capability"

/* What chattr may change and what makes sense elsewhere.  Left out: what
 * describes how a file is laid out, and FS_PROJINHERIT_FL, because without the
 * project id (which #MoorMeta does not hold) it would forbid links into the
 * directory. */
#define MOOR_META_SETTABLE_FLAGS \
  (FS_SYNC_FL | FS_NODUMP_FL | FS_NOATIME_FL | FS_COMPR_FL | FS_NOCOMP_FL | FS_NOCOW_FL \
   | FS_NOTAIL_FL | FS_JOURNAL_DATA_FL | FS_DIRSYNC_FL | FS_TOPDIR_FL | MOOR_META_LOCKING_FLAGS)

/* One object that was opened: a file or directory, or (@is_path, O_PATH)
 * anything at all.  Whatever becomes of its name, this stays the same object. */
typedef struct
{
  const MoorSys *sys;
  int fd;
  gboolean is_path;
} MoorHandle;

int moor_open_path (const MoorSys *sys, int dfd, const char *name);
gboolean moor_handle_read (const MoorHandle *handle, MoorMeta *out_meta, GError **error);
GPtrArray *moor_handle_list_xattrs (const MoorHandle *handle, char **out_list);
gboolean moor_handle_can_have_flags (const MoorHandle *handle, const struct statx *stx);
int moor_handle_chmod (const MoorHandle *handle, mode_t mode);
int moor_handle_set_xattr (const MoorHandle *handle, const char *name, GVariant *value);
GVariant *moor_xattrs_lookup (GVariant *xattrs, const char *name);

G_END_DECLS
