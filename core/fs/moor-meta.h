/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-sys.h"

G_BEGIN_DECLS

/* What makes an object resist: a store's own objects never carry these. */
#define MOOR_META_LOCKING_FLAGS (0x10 | 0x20) /* FS_IMMUTABLE_FL | FS_APPEND_FL */

/**
 * MoorMeta:
 * @stx: owner, mode, times
 * @flags: chattr flags, 0 where the file system has none
 * @xattrs: (owned) (nullable): every extended attribute with its value, ACLs and
 *   capabilities included; a #GVariant of type `a(ayay)`, sorted by name; %NULL if there are none
 *
 * Everything about a directory or a copied object that does not ride on an inode.
 */
typedef struct
{
  struct statx stx;
  int flags;
  GVariant *xattrs;
} MoorMeta;

void moor_meta_clear (MoorMeta *meta);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (MoorMeta, moor_meta_clear)

gboolean moor_meta_read (const MoorSys *sys, int fd, MoorMeta *out_meta, GError **error);
gboolean moor_meta_read_known (const MoorSys *sys,
                               int fd,
                               const struct statx *stx,
                               MoorMeta *out_meta,
                               GError **error);
gboolean moor_meta_read_at (const MoorSys *sys,
                            int dfd,
                            const char *name,
                            MoorMeta *out_meta,
                            GError **error);
gboolean moor_meta_apply (const MoorSys *sys, int fd, const MoorMeta *meta, GError **error);
gboolean moor_meta_is_bare (const MoorSys *sys, int fd);
gboolean moor_meta_apply_bare (const MoorSys *sys, int fd, const MoorMeta *meta, GError **error);
gboolean moor_meta_apply_at (const MoorSys *sys,
                             int dfd,
                             const char *name,
                             const MoorMeta *meta,
                             GError **error);
gboolean moor_meta_apply_times (const MoorSys *sys,
                                int dfd,
                                const char *name,
                                const MoorMeta *meta,
                                GError **error);
gboolean moor_meta_equal (const MoorMeta *a, const MoorMeta *b, GString *out_difference);

/**
 * MoorIdMap:
 *
 * Which owner and group numbers become which others.
 */
typedef struct
{
  guint32 old_uid;
  guint32 new_uid;
  guint32 old_gid;
  guint32 new_gid;
} MoorIdMap;

GVariant *moor_meta_map_xattrs (GVariant *xattrs, const MoorIdMap *map);
gboolean moor_meta_reown (const MoorSys *sys,
                          int dfd,
                          const char *name,
                          const MoorIdMap *map,
                          gboolean *out_changed,
                          GError **error);

G_END_DECLS
