/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-widgets.h"

static void
destroy_cb (GtkWidget *widget, gpointer user_data)
{
  gtk_widget_destroy (widget);
}

/**
 * moor_container_clear:
 *
 * Destroys all children of @container.
 */
void
moor_container_clear (GtkContainer *container)
{
  gtk_container_foreach (container, destroy_cb, NULL);
}
