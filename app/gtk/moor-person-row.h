/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "moor-person.h"

G_BEGIN_DECLS

#define MOOR_TYPE_PERSON_ROW (moor_person_row_get_type ())
G_DECLARE_FINAL_TYPE (MoorPersonRow, moor_person_row, MOOR, PERSON_ROW, GtkListBoxRow)

GtkWidget *moor_person_row_new (MoorPerson *person, const char *root);
MoorPerson *moor_person_row_get_person (MoorPersonRow *self);
void moor_person_row_set_share (MoorPersonRow *self, double share);

G_END_DECLS
