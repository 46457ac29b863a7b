/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "moor-client.h"
#include "moor-differences.h"

G_BEGIN_DECLS

/**
 * MoorCheckEntry:
 * @status: id of its status
 * @difference: (nullable): what the check told of it
 *
 * What is selected in the tree.
 */
typedef struct
{
  char *profile;
  char *path;
  char *status;
  char *kind;
  JsonObject *difference;
} MoorCheckEntry;

void moor_check_entry_free (MoorCheckEntry *entry);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorCheckEntry, moor_check_entry_free)

#define MOOR_TYPE_CHECK_TREE (moor_check_tree_get_type ())
G_DECLARE_FINAL_TYPE (MoorCheckTree, moor_check_tree, MOOR, CHECK_TREE, GtkBox)

void moor_check_tree_show (MoorCheckTree *self,
                           MoorClient *client,
                           const char *root,
                           const char *store,
                           JsonArray *profiles,
                           MoorDifferences *differences);
void moor_check_tree_clear (MoorCheckTree *self);
void moor_check_tree_set_only_differences (MoorCheckTree *self, gboolean only_differences);
MoorCheckEntry *moor_check_tree_dup_selected (MoorCheckTree *self);

G_END_DECLS
