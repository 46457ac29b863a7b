/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-issue.h"
#include "moor-kind.h"
#include "moor-sys.h"

G_BEGIN_DECLS

/**
 * MoorPlaced:
 * @MOOR_PLACED_LINKED: the target is a new name of the source's inode
 * @MOOR_PLACED_ALREADY: the target was that before
 * @MOOR_PLACED_REFLINKED: the target is a new inode that shares the data
 * @MOOR_PLACED_COPIED: the target is a new inode with its own data
 * @MOOR_PLACED_TAKEN: the target name is another object; nothing was changed
 * @MOOR_PLACED_FAILED: nothing was placed; see the cause
 */
typedef enum
{
  MOOR_PLACED_LINKED,
  MOOR_PLACED_ALREADY,
  MOOR_PLACED_REFLINKED,
  MOOR_PLACED_COPIED,
  MOOR_PLACED_TAKEN,
  MOOR_PLACED_FAILED,
} MoorPlaced;

#define MOOR_HASH_BYTES 32 /* SHA-256 */

/* How the names of half-made copies begin: only a run that died leaves one. */
#define MOOR_TEMP_PREFIX ".moor-tmp-"

/**
 * MoorPlacing:
 * @stx: what lies under the target name now (basic fields, btime, mount id);
 *   for %MOOR_PLACED_TAKEN too
 * @cause: why it could not be linked, or not be placed
 * @errnum: the errno behind @cause
 * @hash: SHA-256 of the content, for a regular file that was copied or reflinked
 * @lost_metadata: an attribute could not be set on a copy
 */
typedef struct
{
  struct statx stx;
  MoorCause cause;
  int errnum;
  gboolean lost_metadata;
  gboolean has_hash;
  guint8 hash[MOOR_HASH_BYTES];
} MoorPlacing;

MoorPlaced moor_link_entry (const MoorSys *sys,
                            int src_dfd,
                            const char *src_name,
                            int dst_dfd,
                            const char *dst_name,
                            MoorPlacing *out_placing);
MoorPlaced moor_copy_entry (const MoorSys *sys,
                            int src_dfd,
                            const char *src_name,
                            int dst_dfd,
                            const char *dst_name,
                            gboolean allow_reflink,
                            GCancellable *cancellable,
                            MoorPlacing *out_placing);
MoorPlaced moor_place_entry (const MoorSys *sys,
                             int src_dfd,
                             const char *src_name,
                             int dst_dfd,
                             const char *dst_name,
                             MoorMethod best_method,
                             GCancellable *cancellable,
                             MoorPlacing *out_placing);
gboolean moor_same_content (const MoorSys *sys,
                            int a_dfd,
                            const char *a_name,
                            int b_dfd,
                            const char *b_name,
                            GCancellable *cancellable,
                            guint8 out_hash[MOOR_HASH_BYTES]);
gboolean moor_is_copy (const MoorSys *sys,
                       int src_dfd,
                       int dst_dfd,
                       const char *name,
                       GCancellable *cancellable,
                       MoorPlacing *out_placing);
gboolean moor_hash_entry (const MoorSys *sys,
                          int dfd,
                          const char *name,
                          GCancellable *cancellable,
                          guint8 out_hash[MOOR_HASH_BYTES],
                          GError **error);

G_END_DECLS
