/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "moor-store-item.h"

G_BEGIN_DECLS

#define MOOR_TYPE_STORE_ROW (moor_store_row_get_type ())
G_DECLARE_FINAL_TYPE (MoorStoreRow, moor_store_row, MOOR, STORE_ROW, GtkListBoxRow)

GtkWidget *moor_store_row_new (MoorStoreItem *item);
MoorStoreItem *moor_store_row_get_item (MoorStoreRow *self);

G_END_DECLS
