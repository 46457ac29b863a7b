/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-fd.h"
#include "moor-link.h"

G_BEGIN_DECLS

#define MOOR_STATX_MASK (STATX_BASIC_STATS | STATX_BTIME | STATX_MNT_ID)

MoorPlaced moor_placing_fail (MoorPlacing *placing, MoorCause cause, int errnum);
MoorPlaced moor_placing_existing (const MoorSys *sys,
                                  int src_dfd,
                                  const char *src_name,
                                  int dst_dfd,
                                  const char *dst_name,
                                  MoorPlacing *placing);
gboolean moor_same_inode (const struct statx *a, const struct statx *b);
int moor_open_file (const MoorSys *sys, int dfd, const char *name);
int moor_transfer_content (const MoorSys *sys,
                           int src_fd,
                           int dst_fd,
                           guint64 size,
                           GCancellable *cancellable,
                           guint8 out_hash[MOOR_HASH_BYTES]);

G_END_DECLS
