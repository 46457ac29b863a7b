/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-status-page.h"

/**
 * MoorStatusPage:
 *
 * What a place shows when it has nothing to show: an icon, a sentence and the
 * obvious next step.
 */
struct _MoorStatusPage
{
  GtkBox parent_instance;

  GtkImage *image;
  GtkLabel *title_label;
  GtkLabel *text_label;
  GtkButton *button;
};

G_DEFINE_FINAL_TYPE (MoorStatusPage, moor_status_page, GTK_TYPE_BOX)

static void
moor_status_page_class_init (MoorStatusPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/mooring/Mooring/ui/moor-status-page.ui");
  gtk_widget_class_bind_template_child (widget_class, MoorStatusPage, image);
  gtk_widget_class_bind_template_child (widget_class, MoorStatusPage, title_label);
  gtk_widget_class_bind_template_child (widget_class, MoorStatusPage, text_label);
  gtk_widget_class_bind_template_child (widget_class, MoorStatusPage, button);
}

static void
moor_status_page_init (MoorStatusPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * moor_status_page_show:
 * @icon: name of a symbolic icon
 * @title: a few words
 * @text: a sentence or two
 * @button_label: (nullable): the next step, with a mnemonic; %NULL for none
 * @action_name: (nullable): what the button does
 */
void
moor_status_page_show (MoorStatusPage *self,
                       const char *icon,
                       const char *title,
                       const char *text,
                       const char *button_label,
                       const char *action_name)
{
  gtk_image_set_from_icon_name (self->image, icon, GTK_ICON_SIZE_DIALOG);
  gtk_label_set_label (self->title_label, title);
  gtk_label_set_label (self->text_label, text);
  gtk_widget_set_visible (GTK_WIDGET (self->button), button_label != NULL);
  if (button_label == NULL)
    return;
  gtk_button_set_label (self->button, button_label);
  gtk_actionable_set_action_name (GTK_ACTIONABLE (self->button), action_name);
}
