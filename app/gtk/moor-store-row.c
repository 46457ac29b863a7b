/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-store-row.h"

#include "moor-words.h"

/**
 * MoorStoreRow:
 *
 * One store in the Stores place.
 */
struct _MoorStoreRow
{
  GtkListBoxRow parent_instance;

  MoorStoreItem *item;

  GtkLabel *title_label;
  GtkLabel *summary_label;
  GtkImage *state_image;
  GtkLabel *state_label;
};

G_DEFINE_FINAL_TYPE (MoorStoreRow, moor_store_row, GTK_TYPE_LIST_BOX_ROW)

static void
moor_store_row_dispose (GObject *object)
{
  g_clear_object (&MOOR_STORE_ROW (object)->item);

  G_OBJECT_CLASS (moor_store_row_parent_class)->dispose (object);
}

static void
moor_store_row_class_init (MoorStoreRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = moor_store_row_dispose;

  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/mooring/Mooring/ui/moor-store-row.ui");
  gtk_widget_class_bind_template_child (widget_class, MoorStoreRow, title_label);
  gtk_widget_class_bind_template_child (widget_class, MoorStoreRow, summary_label);
  gtk_widget_class_bind_template_child (widget_class, MoorStoreRow, state_image);
  gtk_widget_class_bind_template_child (widget_class, MoorStoreRow, state_label);
}

static void
moor_store_row_init (MoorStoreRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * moor_store_row_new:
 * @item: which store
 *
 * Returns: (transfer floating): a new row
 */
GtkWidget *
moor_store_row_new (MoorStoreItem *item)
{
  MoorStoreRow *self = g_object_new (MOOR_TYPE_STORE_ROW, NULL);
  const char *state = moor_json_text (moor_store_item_get_json (item), "state-text");
  const char *icon = moor_store_item_is_usable (item)
                         ? moor_word_store_icon (moor_store_item_get_state (item))
                         : "dialog-error-symbolic";
  g_autofree char *title = moor_store_item_dup_title (item);
  g_autofree char *summary = moor_store_item_dup_summary (item);
  g_autofree char *spoken = g_strdup_printf ("%s, %s, %s", title, state != NULL ? state : "",
                                             summary);

  self->item = g_object_ref (item);
  gtk_label_set_label (self->title_label, title);
  gtk_label_set_label (self->summary_label, summary);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->summary_label), summary);
  gtk_label_set_label (self->state_label, state != NULL ? state : "");
  gtk_image_set_from_icon_name (self->state_image, icon, GTK_ICON_SIZE_MENU);
  atk_object_set_name (gtk_widget_get_accessible (GTK_WIDGET (self)), spoken);
  return GTK_WIDGET (self);
}

MoorStoreItem *
moor_store_row_get_item (MoorStoreRow *self)
{
  return self->item;
}
