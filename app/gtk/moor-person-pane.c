/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-person-pane.h"

#include <glib/gi18n.h>

#include "moor-text.h"
#include "moor-trouble-row.h"
#include "moor-widgets.h"
#include "moor-words.h"

#define MAX_EXCLUDED_ROWS 50

/**
 * MoorPersonPane:
 *
 * What is to know about the selected person before a capture: what needs
 * attention, and what is left out.
 */
struct _MoorPersonPane
{
  GtkBox parent_instance;

  MoorPerson *person;

  GtkLabel *name_label;
  GtkLabel *who_label;
  GtkLabel *problem_label;
  GtkLabel *no_troubles_label;
  GtkWidget *troubles_frame;
  GtkListBox *troubles_list;
  GtkLabel *excluded_label;
  GtkWidget *excluded_expander;
  GtkGrid *excluded_grid;
};

G_DEFINE_FINAL_TYPE (MoorPersonPane, moor_person_pane, GTK_TYPE_BOX)

static void
show_excluded (MoorPersonPane *self)
{
  guint64 n_excluded = moor_person_get_n_excluded (self->person);
  g_autofree char *objects = moor_words_objects (n_excluded);
  g_autofree char *size = moor_text_size (moor_person_get_excluded_bytes (self->person));
  g_autofree char *text = NULL;

  if (moor_person_get_measure (self->person) != MOOR_MEASURE_DONE)
    text = g_strdup (_ ("Not known yet."));
  else if (n_excluded == 0)
    text = g_strdup (_ ("Nothing: the whole home is captured."));
  else
    text = g_strdup_printf (_ ("%s, %s: caches and trash, which programs make anew."), objects,
                            size);
  moor_label_show (self->excluded_label, text);
}

static char *
dup_who (MoorPerson *person)
{
  const char *home = moor_person_get_home (person);
  g_autofree char *used = moor_words_when (moor_person_get_last_used (person));

  return g_strjoin (" · ", moor_person_get_name (person), home != NULL ? home : "", used, NULL);
}

static void
changed_cb (MoorPersonPane *self)
{
  GPtrArray *troubles = moor_person_get_troubles (self->person);
  gboolean measured = moor_person_get_measure (self->person) == MOOR_MEASURE_DONE;
  const char *problem = moor_person_get_problem (self->person);
  g_autofree char *text = moor_text_path (problem != NULL ? problem : "");
  g_autofree char *who = dup_who (self->person);

  moor_label_show (self->name_label, moor_person_get_full_name (self->person));
  moor_label_show (self->who_label, who);
  moor_label_show (self->problem_label, text);
  gtk_widget_set_visible (GTK_WIDGET (self->problem_label), *text != '\0');

  moor_trouble_list_show (self->troubles_list, troubles);
  gtk_widget_set_visible (self->troubles_frame, troubles->len > 0);
  gtk_widget_set_visible (GTK_WIDGET (self->no_troubles_label), troubles->len == 0);
  moor_label_show (self->no_troubles_label,
                   measured ? _ ("Nothing. Every file can be linked.") : _ ("Nothing so far."));
  show_excluded (self);
}

static void
drop_person (MoorPersonPane *self)
{
  if (self->person != NULL)
    g_signal_handlers_disconnect_by_data (self->person, self);
  g_clear_object (&self->person);
}

static void
moor_person_pane_dispose (GObject *object)
{
  drop_person (MOOR_PERSON_PANE (object));

  G_OBJECT_CLASS (moor_person_pane_parent_class)->dispose (object);
}

static void
moor_person_pane_class_init (MoorPersonPaneClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = moor_person_pane_dispose;

  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/mooring/Mooring/ui/moor-person-pane.ui");
  gtk_widget_class_bind_template_child (widget_class, MoorPersonPane, name_label);
  gtk_widget_class_bind_template_child (widget_class, MoorPersonPane, who_label);
  gtk_widget_class_bind_template_child (widget_class, MoorPersonPane, problem_label);
  gtk_widget_class_bind_template_child (widget_class, MoorPersonPane, no_troubles_label);
  gtk_widget_class_bind_template_child (widget_class, MoorPersonPane, troubles_frame);
  gtk_widget_class_bind_template_child (widget_class, MoorPersonPane, troubles_list);
  gtk_widget_class_bind_template_child (widget_class, MoorPersonPane, excluded_label);
  gtk_widget_class_bind_template_child (widget_class, MoorPersonPane, excluded_expander);
  gtk_widget_class_bind_template_child (widget_class, MoorPersonPane, excluded_grid);
}

static void
moor_person_pane_init (MoorPersonPane *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_widget_hide (self->excluded_expander);
}

/**
 * moor_person_pane_set_person:
 * @person: (nullable): whom to show; the pane hides itself for nobody
 */
void
moor_person_pane_set_person (MoorPersonPane *self, MoorPerson *person)
{
  drop_person (self);
  gtk_widget_set_visible (GTK_WIDGET (self), person != NULL);
  if (person == NULL)
    return;
  self->person = g_object_ref (person);
  g_signal_connect_object (person, "changed", G_CALLBACK (changed_cb), self, G_CONNECT_SWAPPED);
  changed_cb (self);
}

static void
add_excluded_row (MoorPersonPane *self, int row, JsonObject *excluded)
{
  const char *name = moor_json_text (excluded, "name");
  const char *pattern = moor_json_text (excluded, "pattern");
  g_autofree char *size = moor_text_size (moor_json_count (excluded, "bytes"));
  GtkWidget *name_label = gtk_label_new (name != NULL ? name : pattern);
  GtkWidget *size_label = gtk_label_new (size);

  gtk_label_set_xalign (GTK_LABEL (name_label), 0);
  gtk_label_set_ellipsize (GTK_LABEL (name_label), PANGO_ELLIPSIZE_MIDDLE);
  gtk_widget_set_hexpand (name_label, TRUE);
  gtk_widget_set_tooltip_text (name_label, pattern);
  gtk_label_set_xalign (GTK_LABEL (size_label), 1);
  gtk_grid_attach (self->excluded_grid, name_label, 0, row, 1, 1);
  gtk_grid_attach (self->excluded_grid, size_label, 1, row, 1, 1);
  gtk_widget_show (name_label);
  gtk_widget_show (size_label);
}

/**
 * moor_person_pane_set_excluded:
 * @excluded: (nullable): "excluded" of an estimate
 *
 * Shows what is left out, by pattern.
 */
void
moor_person_pane_set_excluded (MoorPersonPane *self, JsonArray *excluded)
{
  guint n_rows = excluded != NULL ? json_array_get_length (excluded) : 0;

  moor_container_clear (GTK_CONTAINER (self->excluded_grid));
  for (guint i = 0; i < MIN (n_rows, MAX_EXCLUDED_ROWS); i++)
    add_excluded_row (self, (int) i, json_array_get_object_element (excluded, i));
  gtk_widget_set_visible (self->excluded_expander, n_rows > 0);
}
