/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-trouble-row.h"

#include <glib/gi18n.h>

#include "moor-text.h"
#include "moor-widgets.h"
#include "moor-words.h"

/**
 * MoorTroubleRow:
 *
 * Problems of one cause: what it is, how many, what can be done, and the first
 * of them as an example.
 */
struct _MoorTroubleRow
{
  GtkListBoxRow parent_instance;

  GtkImage *image;
  GtkLabel *text_label;
  GtkLabel *count_label;
  GtkLabel *remedy_label;
  GtkLabel *example_label;
};

G_DEFINE_FINAL_TYPE (MoorTroubleRow, moor_trouble_row, GTK_TYPE_LIST_BOX_ROW)

static void
moor_trouble_row_class_init (MoorTroubleRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/mooring/Mooring/ui/moor-trouble-row.ui");
  gtk_widget_class_bind_template_child (widget_class, MoorTroubleRow, image);
  gtk_widget_class_bind_template_child (widget_class, MoorTroubleRow, text_label);
  gtk_widget_class_bind_template_child (widget_class, MoorTroubleRow, count_label);
  gtk_widget_class_bind_template_child (widget_class, MoorTroubleRow, remedy_label);
  gtk_widget_class_bind_template_child (widget_class, MoorTroubleRow, example_label);
}

static void
moor_trouble_row_init (MoorTroubleRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * moor_trouble_row_new:
 *
 * Returns: (transfer floating): a new row that shows nothing yet
 */
GtkWidget *
moor_trouble_row_new (void)
{
  return g_object_new (MOOR_TYPE_TROUBLE_ROW, NULL);
}

/**
 * moor_trouble_row_show:
 * @trouble: what to show now
 */
void
moor_trouble_row_show (MoorTroubleRow *self, const MoorTrouble *trouble)
{
  MoorWord severity = moor_word_severity (trouble->severity);
  const char *remedy = moor_word_remedy (trouble->cause);
  const char *text = moor_word_cause (trouble->cause);
  g_autofree char *path = moor_text_path (trouble->example->path);
  g_autofree char *count = moor_words_objects (trouble->n);
  g_autofree char *example = trouble->n > 1 ? g_strdup_printf (_ ("For example %s"), path)
                                            : g_strdup (path);

  gtk_image_set_from_icon_name (self->image, severity.icon, GTK_ICON_SIZE_MENU);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->image), severity.text);
  atk_object_set_name (gtk_widget_get_accessible (GTK_WIDGET (self->image)), severity.text);
  atk_object_set_name (gtk_widget_get_accessible (GTK_WIDGET (self)), text);
  moor_label_show (self->text_label, text);
  moor_label_show (self->count_label, count);
  moor_label_show (self->remedy_label, remedy);
  gtk_widget_set_visible (GTK_WIDGET (self->remedy_label), *remedy != '\0');
  moor_label_show (self->example_label, example);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->example_label), path);
  gtk_widget_set_visible (GTK_WIDGET (self->example_label), *path != '\0');
}

/**
 * moor_trouble_list_show:
 * @list: a list of #MoorTroubleRow and nothing else
 * @troubles: (element-type MoorTrouble): what to show
 *
 * Brings @list up to date without building rows that are already there.
 */
void
moor_trouble_list_show (GtkListBox *list, GPtrArray *troubles)
{
  GtkListBoxRow *row;

  for (guint i = 0; i < troubles->len; i++)
    {
      row = gtk_list_box_get_row_at_index (list, (int) i);
      if (row == NULL)
        {
          row = GTK_LIST_BOX_ROW (moor_trouble_row_new ());
          gtk_list_box_insert (list, GTK_WIDGET (row), -1);
        }
      moor_trouble_row_show (MOOR_TROUBLE_ROW (row), g_ptr_array_index (troubles, i));
    }
  while ((row = gtk_list_box_get_row_at_index (list, (int) troubles->len)) != NULL)
    gtk_widget_destroy (GTK_WIDGET (row));
}
