/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "moor-client.h"

G_BEGIN_DECLS

#define MOOR_TYPE_TROUBLE_ROW (moor_trouble_row_get_type ())
G_DECLARE_FINAL_TYPE (MoorTroubleRow, moor_trouble_row, MOOR, TROUBLE_ROW, GtkListBoxRow)

GtkWidget *moor_trouble_row_new (void);
void moor_trouble_row_show (MoorTroubleRow *self, const MoorTrouble *trouble);
void moor_trouble_list_show (GtkListBox *list, GPtrArray *troubles);

G_END_DECLS
