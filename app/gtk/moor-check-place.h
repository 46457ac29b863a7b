/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "moor-check-tree.h"

G_BEGIN_DECLS

#define MOOR_TYPE_CHECK_PLACE (moor_check_place_get_type ())
G_DECLARE_FINAL_TYPE (MoorCheckPlace, moor_check_place, MOOR, CHECK_PLACE, GtkBox)

void moor_check_place_set_stores (MoorCheckPlace *self, GListModel *stores);
void moor_check_place_select (MoorCheckPlace *self, const char *store);
void moor_check_place_forget (MoorCheckPlace *self);
JsonObject *moor_check_place_dup_request (MoorCheckPlace *self, const char *root);
void moor_check_place_show_result (MoorCheckPlace *self,
                                   MoorClient *client,
                                   const char *root,
                                   const char *store,
                                   JsonObject *result);
MoorCheckEntry *moor_check_place_dup_selected (MoorCheckPlace *self);
const char *moor_check_place_get_store (MoorCheckPlace *self);

G_END_DECLS
