/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-target-rules.h"

G_BEGIN_DECLS

/**
 * MoorItemIndex:
 *
 * Rules, found by the directory up to which their pattern is literal: a path
 * is held against those of its ancestors only.
 */
typedef struct
{
  MoorPathStyle style;
  GHashTable *by_prefix; /* (element-type filename GPtrArray): of rules, not owned */
  guint n_items;
} MoorItemIndex;

MoorItemIndex *moor_item_index_new (MoorPathStyle style);
void moor_item_index_free (MoorItemIndex *index);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorItemIndex, moor_item_index_free)

void moor_item_index_add (MoorItemIndex *index, const MoorRuleItem *item);
GPtrArray *moor_item_index_list_prefixes (
    const MoorItemIndex *index); /* (element-type filename) (owned) */
gboolean moor_item_index_is_empty (const MoorItemIndex *index);
GPtrArray *moor_item_index_match (const MoorItemIndex *index,
                                  const char *path,
                                  gboolean is_node); /* (element-type MoorRuleItem) (nullable) */

/**
 * MoorMove:
 * @source: (nullable): of RelativeMove: what is below it moves
 * @target: where to, canonical
 * @leaf: (nullable): of ExactMove: the one file that everything becomes
 *
 * What a <locationModify> says, with everything expanded.
 */
typedef struct
{
  MoorHelper helper;
  char *source;
  char *target;
  char *leaf;
} MoorMove;

/* What a move does to an object. */
typedef enum
{
  MOOR_MOVE_NOT,
  MOOR_MOVE_TO,
  MOOR_MOVE_NOWHERE, /* a folder whose files go elsewhere without it */
} MoorMoved;

MoorMove *moor_move_new (const MoorRuleItem *item, const MoorRuleHost *host, GError **error);
void moor_move_free (MoorMove *move);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorMove, moor_move_free)

/**
 * MoorFolders:
 *
 * The folders that variables stand for at the source, and the drives: what
 * Move() takes off the beginning of a path.
 */
typedef struct
{
  MoorPathStyle style;
  GHashTable *folders; /* (element-type filename) (owned): a set */
  GPtrArray *drives;   /* (element-type filename) (owned) */
} MoorFolders;

MoorFolders *moor_folders_new (const MoorRuleHost *host);
void moor_folders_free (MoorFolders *folders);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorFolders, moor_folders_free)

MoorMoved moor_move_apply (const MoorMove *move,
                           const MoorFolders *folders,
                           const char *path,
                           gboolean is_node,
                           char **out_path);

const char *moor_path_below (MoorPathStyle style, const char *path, const char *top);

G_END_DECLS
