/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "moor-client.h"

G_BEGIN_DECLS

#define MOOR_TYPE_PROFILES_PLACE (moor_profiles_place_get_type ())
G_DECLARE_FINAL_TYPE (MoorProfilesPlace, moor_profiles_place, MOOR, PROFILES_PLACE, GtkBox)

void moor_profiles_place_load (MoorProfilesPlace *self, MoorClient *client, const char *root);
void moor_profiles_place_stop (MoorProfilesPlace *self);
GListModel *moor_profiles_place_get_people (MoorProfilesPlace *self);
const char *moor_profiles_place_get_store (MoorProfilesPlace *self);
char *moor_profiles_place_dup_system_name (MoorProfilesPlace *self);
void moor_profiles_place_set_store (MoorProfilesPlace *self, const char *store);
gboolean moor_profiles_place_is_measuring (MoorProfilesPlace *self);
JsonObject *moor_profiles_place_dup_request (MoorProfilesPlace *self);

G_END_DECLS
