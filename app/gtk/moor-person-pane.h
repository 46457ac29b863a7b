/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "moor-person.h"

G_BEGIN_DECLS

#define MOOR_TYPE_PERSON_PANE (moor_person_pane_get_type ())
G_DECLARE_FINAL_TYPE (MoorPersonPane, moor_person_pane, MOOR, PERSON_PANE, GtkBox)

void moor_person_pane_set_person (MoorPersonPane *self, MoorPerson *person);
void moor_person_pane_set_excluded (MoorPersonPane *self, JsonArray *excluded);

G_END_DECLS
