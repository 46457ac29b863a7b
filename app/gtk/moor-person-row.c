/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-person-row.h"

#include <glib/gi18n.h>

#include "moor-avatar.h"
#include "moor-text.h"
#include "moor-widgets.h"
#include "moor-words.h"

/**
 * MoorPersonRow:
 *
 * One person in the Profiles place.  Shows a #MoorPerson, and lets it be chosen.
 */
struct _MoorPersonRow
{
  GtkListBoxRow parent_instance;

  MoorPerson *person;

  /* Template children: owned by the template, gone after destroy. */
  GtkWidget *check_button;
  MoorAvatar *avatar;
  GtkLabel *name_label;
  GtkLabel *home_label;
  GtkProgressBar *share_bar;
  GtkLabel *size_label;
  GtkLabel *files_label;
  GtkLabel *time_label;
  GtkImage *state_image;
  GtkLabel *state_label;
};

G_DEFINE_FINAL_TYPE (MoorPersonRow, moor_person_row, GTK_TYPE_LIST_BOX_ROW)

static void
show_no_numbers (MoorPersonRow *self, const char *text)
{
  moor_label_show (self->size_label, text);
  moor_label_show (self->files_label, "");
  moor_label_show (self->time_label, "");
  gtk_widget_hide (GTK_WIDGET (self->share_bar));
}

static void
show_numbers (MoorPersonRow *self)
{
  MoorMeasure measure = moor_person_get_measure (self->person);
  g_autofree char *size = NULL;
  g_autofree char *files = NULL;
  g_autofree char *time = NULL;
  double low_s;
  double high_s;

  if (!moor_person_get_selectable (self->person))
    {
      show_no_numbers (self, "–");
      return;
    }
  if (measure == MOOR_MEASURE_NONE)
    {
      show_no_numbers (self, "…");
      return;
    }
  if (measure == MOOR_MEASURE_DONE && moor_person_get_n_files (self->person) == 0)
    {
      show_no_numbers (self, _ ("No files"));
      return;
    }

  size = moor_text_size (moor_person_get_n_bytes (self->person));
  files = moor_words_files (moor_person_get_n_files (self->person));
  gtk_widget_show (GTK_WIDGET (self->share_bar));
  moor_label_show (self->size_label, size);
  moor_label_show (self->files_label, files);

  moor_person_get_seconds (self->person, &low_s, &high_s);
  if (high_s >= 0 && moor_person_get_selected (self->person))
    {
      g_autofree char *range = moor_words_duration (low_s, high_s);

      /* Translators: "9–12 s to link" */
      time = g_strdup_printf (_ ("%s to link"), range);
    }
  moor_label_show (self->time_label, time != NULL ? time : "");
}

static void
changed_cb (MoorPersonRow *self)
{
  const char *icon;
  const char *state = moor_person_get_state_text (self->person, &icon);
  g_autofree char *spoken = NULL;

  show_numbers (self);
  moor_label_show (self->state_label, state);
  gtk_image_set_from_icon_name (self->state_image, icon, GTK_ICON_SIZE_MENU);

  spoken = g_strdup_printf ("%s, %s, %s, %s, %s", moor_person_get_full_name (self->person),
                            gtk_label_get_label (self->size_label),
                            gtk_label_get_label (self->files_label),
                            gtk_label_get_label (self->time_label), state);
  atk_object_set_name (gtk_widget_get_accessible (GTK_WIDGET (self)), spoken);
}

static void
moor_person_row_dispose (GObject *object)
{
  MoorPersonRow *self = MOOR_PERSON_ROW (object);

  g_clear_object (&self->person);

  G_OBJECT_CLASS (moor_person_row_parent_class)->dispose (object);
}

static void
moor_person_row_class_init (MoorPersonRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = moor_person_row_dispose;

  g_type_ensure (MOOR_TYPE_AVATAR);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/mooring/Mooring/ui/moor-person-row.ui");
  gtk_widget_class_bind_template_child (widget_class, MoorPersonRow, check_button);
  gtk_widget_class_bind_template_child (widget_class, MoorPersonRow, avatar);
  gtk_widget_class_bind_template_child (widget_class, MoorPersonRow, name_label);
  gtk_widget_class_bind_template_child (widget_class, MoorPersonRow, home_label);
  gtk_widget_class_bind_template_child (widget_class, MoorPersonRow, share_bar);
  gtk_widget_class_bind_template_child (widget_class, MoorPersonRow, size_label);
  gtk_widget_class_bind_template_child (widget_class, MoorPersonRow, files_label);
  gtk_widget_class_bind_template_child (widget_class, MoorPersonRow, time_label);
  gtk_widget_class_bind_template_child (widget_class, MoorPersonRow, state_image);
  gtk_widget_class_bind_template_child (widget_class, MoorPersonRow, state_label);
}

static void
moor_person_row_init (MoorPersonRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

static void
show_identity (MoorPersonRow *self, const char *root)
{
  const char *picture = moor_person_get_picture (self->person);
  const char *home = moor_person_get_home (self->person);
  g_autofree char *path = NULL;
  g_autofree char *used = moor_words_when (moor_person_get_last_used (self->person));
  g_autofree char *who = NULL;
  g_autofree char *choose = NULL;

  /* Pictures of a foreign system are not decoded with root's rights. */
  if (picture != NULL && *picture != '\0' && geteuid () != 0)
    path = g_build_filename (root, picture, NULL);
  moor_avatar_set_person (self->avatar, moor_person_get_name (self->person),
                          moor_person_get_full_name (self->person), path);

  moor_label_show (self->name_label, moor_person_get_full_name (self->person));
  who = g_strjoin (" · ", moor_person_get_name (self->person), home != NULL ? home : "", used,
                   NULL);
  moor_label_show (self->home_label, who);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->home_label), who);

  choose = g_strdup_printf (_ ("Choose %s"), moor_person_get_full_name (self->person));
  atk_object_set_name (gtk_widget_get_accessible (self->check_button), choose);
  gtk_widget_set_sensitive (self->check_button, moor_person_get_selectable (self->person));
}

/**
 * moor_person_row_new:
 * @person: who
 * @root: (type filename): the system they are in
 *
 * Returns: (transfer floating): a new row that follows @person
 */
GtkWidget *
moor_person_row_new (MoorPerson *person, const char *root)
{
  MoorPersonRow *self = g_object_new (MOOR_TYPE_PERSON_ROW, NULL);

  self->person = g_object_ref (person);
  show_identity (self, root);
  g_object_bind_property (person, "selected", self->check_button, "active",
                          G_BINDING_SYNC_CREATE | G_BINDING_BIDIRECTIONAL);
  g_signal_connect_object (person, "changed", G_CALLBACK (changed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (person, "notify::selected", G_CALLBACK (changed_cb), self,
                           G_CONNECT_SWAPPED);
  changed_cb (self);
  return GTK_WIDGET (self);
}

MoorPerson *
moor_person_row_get_person (MoorPersonRow *self)
{
  return self->person;
}

/**
 * moor_person_row_set_share:
 * @share: of the space that all people take, 0 to 1
 *
 * Sets the length of the bar.
 */
void
moor_person_row_set_share (MoorPersonRow *self, double share)
{
  gtk_progress_bar_set_fraction (self->share_bar, CLAMP (share, 0, 1));
}
