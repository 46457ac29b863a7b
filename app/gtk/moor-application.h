/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "moor-client.h"

G_BEGIN_DECLS

#define MOOR_APPLICATION_ID "io.github.mooring.Mooring"

#define MOOR_TYPE_APPLICATION (moor_application_get_type ())
G_DECLARE_FINAL_TYPE (MoorApplication, moor_application, MOOR, APPLICATION, GtkApplication)

MoorApplication *moor_application_new (MoorClient *client);

G_END_DECLS
