/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

void moor_container_clear (GtkContainer *container);

G_END_DECLS
