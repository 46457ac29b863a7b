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

/**
 * moor_label_show:
 * @text: what it shall show
 *
 * Sets the text only if it is another one: laying a label out again costs more
 * than a comparison, and a running job says the same ten times a second.
 */
void
moor_label_show (GtkLabel *label, const char *text)
{
  if (g_strcmp0 (gtk_label_get_label (label), text) != 0)
    gtk_label_set_label (label, text);
}

/**
 * moor_widget_set_class:
 * @style: a style class
 * @on: whether @widget shall have it
 */
void
moor_widget_set_class (GtkWidget *widget, const char *style, gboolean on)
{
  GtkStyleContext *context = gtk_widget_get_style_context (widget);

  if (on)
    gtk_style_context_add_class (context, style);
  else
    gtk_style_context_remove_class (context, style);
}
