/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

void moor_container_clear (GtkContainer *container);
void moor_label_show (GtkLabel *label, const char *text);
void moor_widget_set_class (GtkWidget *widget, const char *style, gboolean on);

G_END_DECLS
