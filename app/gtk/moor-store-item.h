/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

#define MOOR_TYPE_STORE_ITEM (moor_store_item_get_type ())
G_DECLARE_FINAL_TYPE (MoorStoreItem, moor_store_item, MOOR, STORE_ITEM, GObject)

MoorStoreItem *moor_store_item_new (JsonObject *store);
JsonObject *moor_store_item_get_json (MoorStoreItem *self);
const char *moor_store_item_get_path (MoorStoreItem *self);
const char *moor_store_item_get_state (MoorStoreItem *self);
gboolean moor_store_item_is_usable (MoorStoreItem *self);
gboolean moor_store_item_can_restore (MoorStoreItem *self);
gboolean moor_store_item_can_resume (MoorStoreItem *self);
gboolean moor_store_item_can_check (MoorStoreItem *self);
gboolean moor_store_item_is_restored (MoorStoreItem *self);
char *moor_store_item_dup_title (MoorStoreItem *self);
char *moor_store_item_dup_summary (MoorStoreItem *self);
char *moor_store_item_dup_label (MoorStoreItem *self);
GHashTable *moor_store_item_get_full_names (MoorStoreItem *self);

G_END_DECLS
