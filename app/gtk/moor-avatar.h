/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define MOOR_TYPE_AVATAR (moor_avatar_get_type ())
G_DECLARE_FINAL_TYPE (MoorAvatar, moor_avatar, MOOR, AVATAR, GtkDrawingArea)

void moor_avatar_set_person (MoorAvatar *self,
                             const char *name,
                             const char *full_name,
                             const char *picture);

G_END_DECLS
