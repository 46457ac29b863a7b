/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-job.h"
#include "moor-store.h"
#include "moor-system.h"

G_BEGIN_DECLS

#define MOOR_OLD_SYSTEM "old-system"
#define MOOR_NEW_SYSTEM "new-system"

/**
 * MoorKeep:
 * @paths: (element-type filename) (owned): canonical paths below the root, without
 *   leading slash, that stay where they are
 *
 * What of a system root never moves: the store itself, and what somebody protects.
 */
typedef struct
{
  GPtrArray *paths;
} MoorKeep;

void moor_keep_clear (MoorKeep *keep);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (MoorKeep, moor_keep_clear)

typedef enum
{
  MOOR_CONSEQUENCE_MOVES,
  MOOR_CONSEQUENCE_STAYS,
  MOOR_CONSEQUENCE_PARTLY, /* an ancestor of something that stays */
} MoorConsequence;

typedef void (*MoorMoveFunc) (const char *path, MoorConsequence consequence, gpointer user_data);

gboolean moor_keep_init (MoorKeep *keep,
                         MoorSystem *system,
                         MoorStore *store,
                         const char *const *protect,
                         GError **error);
MoorConsequence moor_keep_consequence (const MoorKeep *keep, const char *path);
gboolean moor_keep_record (const MoorKeep *keep, MoorStore *store, GError **error);
gboolean moor_store_is_trusted (MoorStore *store, const char *what, GError **error);
gboolean moor_root_check (MoorSystem *system, const char *what, GError **error);
char *moor_root_describe (MoorSystem *system, GError **error);
gboolean moor_root_check_same (MoorSystem *system, MoorStore *store, GError **error);
const MoorPart *moor_root_part (MoorStore *store,
                                MoorSystem *system,
                                gboolean make,
                                GError **error);
gboolean moor_root_move_out (MoorJob *job,
                             int root_dfd,
                             int keep_dfd,
                             const MoorKeep *keep,
                             gboolean dry_run,
                             MoorMoveFunc func,
                             gpointer user_data,
                             GError **error);
gboolean moor_root_move_back (MoorJob *job,
                              int kept_dfd,
                              int root_dfd,
                              MoorMoveFunc func,
                              gpointer user_data,
                              GError **error);
gboolean moor_root_record (MoorJob *job,
                           MoorStore *store,
                           int root_dfd,
                           const MoorKeep *keep,
                           GError **error);
gboolean moor_root_reinstate (MoorJob *job,
                              MoorStore *store,
                              int root_dfd,
                              const MoorKeep *keep,
                              GError **error);

G_END_DECLS
