/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "moor-client.h"
#include "moor-store-item.h"

G_BEGIN_DECLS

#define MOOR_TYPE_STORES_PLACE (moor_stores_place_get_type ())
G_DECLARE_FINAL_TYPE (MoorStoresPlace, moor_stores_place, MOOR, STORES_PLACE, GtkBox)

void moor_stores_place_load (MoorStoresPlace *self, MoorClient *client, const char *root);
void moor_stores_place_add_path (MoorStoresPlace *self, const char *store);
GListModel *moor_stores_place_get_stores (MoorStoresPlace *self);
MoorStoreItem *moor_stores_place_get_selected (MoorStoresPlace *self);
void moor_stores_place_select (MoorStoresPlace *self, const char *path);

G_END_DECLS
