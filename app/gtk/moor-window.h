/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "moor-client.h"

G_BEGIN_DECLS

#define MOOR_TYPE_WINDOW (moor_window_get_type ())
G_DECLARE_FINAL_TYPE (MoorWindow, moor_window, MOOR, WINDOW, GtkApplicationWindow)

MoorWindow *moor_window_new (GtkApplication *application, MoorClient *client, const char *root);

G_END_DECLS
