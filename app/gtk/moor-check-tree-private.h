/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What the tree's widget (moor-check-tree.c) and its rows (moor-check-rows.c) share. */

#include "moor-check-tree.h"

G_BEGIN_DECLS

#define MOOR_CHECK_ROWS_AT_ONCE 250

/**
 * MoorCheckTree:
 *
 * Every object of a store with how it compares.  Folders are read from the
 * catalogue when they are opened; rows go in a few hundred at a time, so that
 * neither a folder of thousands nor fifty thousand differences hold the window
 * up.  With "only differences" it is a flat list instead.
 */
struct _MoorCheckTree
{
  GtkBox parent_instance;

  MoorClient *client;
  char *root;
  char *store;
  MoorDifferences *differences;
  GtkTreeStore *all;
  GtkListStore *only;
  guint n_listed; /* of the differences */
  guint fill_id;
  GCancellable *cancellable; /* (nullable): of the folders being read */

  GtkTreeView *tree_view;
  GtkTreeSelection *selection;
  GtkTreeViewColumn *status_column;
  GtkCellRenderer *status_renderer;
};

/* The numbers stand in the template too. */
enum
{
  MOOR_CHECK_COLUMN_NAME = 0,
  MOOR_CHECK_COLUMN_ICON = 1,
  MOOR_CHECK_COLUMN_STATUS_ICON = 2,
  MOOR_CHECK_COLUMN_STATUS_TEXT = 3,
  MOOR_CHECK_COLUMN_SIZE = 4,
  MOOR_CHECK_COLUMN_PROFILE,
  MOOR_CHECK_COLUMN_PATH,
  MOOR_CHECK_COLUMN_STATUS,
  MOOR_CHECK_COLUMN_KIND,
  MOOR_CHECK_COLUMN_LOADED,
  MOOR_CHECK_N_COLUMNS
};

const char *moor_check_tree_kind_icon (const char *kind);
void moor_check_tree_set_entry (MoorCheckTree *self,
                                GtkTreeIter *iter,
                                const char *profile,
                                const char *path,
                                const char *name,
                                const char *kind,
                                const char *method,
                                const char *size);
void moor_check_tree_add_note (MoorCheckTree *self, GtkTreeIter *parent, const char *text);
void moor_check_tree_read_folder (MoorCheckTree *self, GtkTreeIter *iter, GtkTreePath *path);

G_END_DECLS
