/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-run-row.h"

#include <glib/gi18n.h>

#include "moor-avatar.h"
#include "moor-text.h"
#include "moor-widgets.h"
#include "moor-words.h"

/**
 * MoorRunRow:
 *
 * How far a job is with one person.
 */
struct _MoorRunRow
{
  GtkListBoxRow parent_instance;

  char *person; /* for assistive tools */

  MoorAvatar *avatar;
  GtkLabel *name_label;
  GtkLabel *login_label;
  GtkLabel *size_label;
  GtkLabel *files_label;
  GtkImage *state_image;
  GtkLabel *state_label;
};

G_DEFINE_FINAL_TYPE (MoorRunRow, moor_run_row, GTK_TYPE_LIST_BOX_ROW)

static void
moor_run_row_finalize (GObject *object)
{
  g_free (MOOR_RUN_ROW (object)->person);

  G_OBJECT_CLASS (moor_run_row_parent_class)->finalize (object);
}

static void
moor_run_row_class_init (MoorRunRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = moor_run_row_finalize;

  g_type_ensure (MOOR_TYPE_AVATAR);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/mooring/Mooring/ui/moor-run-row.ui");
  gtk_widget_class_bind_template_child (widget_class, MoorRunRow, avatar);
  gtk_widget_class_bind_template_child (widget_class, MoorRunRow, name_label);
  gtk_widget_class_bind_template_child (widget_class, MoorRunRow, login_label);
  gtk_widget_class_bind_template_child (widget_class, MoorRunRow, size_label);
  gtk_widget_class_bind_template_child (widget_class, MoorRunRow, files_label);
  gtk_widget_class_bind_template_child (widget_class, MoorRunRow, state_image);
  gtk_widget_class_bind_template_child (widget_class, MoorRunRow, state_label);
}

static void
moor_run_row_init (MoorRunRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * moor_run_row_new:
 * @name: login name
 * @full_name: (nullable): what people call the person
 *
 * Returns: (transfer floating): a new row
 */
GtkWidget *
moor_run_row_new (const char *name, const char *full_name)
{
  MoorRunRow *self = g_object_new (MOOR_TYPE_RUN_ROW, NULL);

  self->person = moor_words_person (name, full_name);
  moor_avatar_set_person (self->avatar, name, full_name != NULL ? full_name : name, NULL);
  gtk_label_set_label (self->name_label, full_name != NULL ? full_name : name);
  gtk_label_set_label (self->login_label, name);
  gtk_widget_set_visible (GTK_WIDGET (self->login_label), full_name != NULL);
  return GTK_WIDGET (self);
}

static MoorWord
get_state (MoorRun *run, const MoorEvent *event)
{
  const char *state = event != NULL ? event->state : "waiting";

  if (g_strcmp0 (state, "done") == 0)
    return (MoorWord){ "done", _ ("Done"), "emblem-ok-symbolic" };
  if (g_strcmp0 (state, "attention") == 0)
    return (MoorWord){ "attention", _ ("Done, see Problems"), "dialog-warning-symbolic" };
  if (moor_run_get_state (run) == MOOR_RUN_COMPLETE)
    return (MoorWord){ "done", _ ("Done"), "emblem-ok-symbolic" };
  if (moor_run_is_finished (run))
    return (MoorWord){ "unfinished", _ ("Not finished"), "media-playback-pause-symbolic" };
  if (g_strcmp0 (state, "working") == 0)
    return (MoorWord){ "working", _ ("Working…"), "media-playback-start-symbolic" };
  return (MoorWord){ "waiting", _ ("Waiting"), "content-loading-symbolic" };
}

/**
 * moor_run_row_show:
 * @run: the job
 * @event: (nullable): what it told of the person last
 *
 * Shows how far @run is with the person.
 */
void
moor_run_row_show (MoorRunRow *self, MoorRun *run, const MoorEvent *event)
{
  MoorWord state = get_state (run, event);
  g_autofree char *files = moor_words_files (event != NULL ? event->done_objects : 0);
  g_autofree char *size = moor_text_size (event != NULL ? event->done_bytes : 0);
  g_autofree char *spoken = NULL;

  moor_label_show (self->size_label, event != NULL ? size : "");
  moor_label_show (self->files_label, event != NULL ? files : "");
  moor_label_show (self->state_label, state.text);
  gtk_image_set_from_icon_name (self->state_image, state.icon, GTK_ICON_SIZE_MENU);
  spoken = g_strdup_printf ("%s, %s, %s, %s", self->person, gtk_label_get_label (self->size_label),
                            gtk_label_get_label (self->files_label), state.text);
  atk_object_set_name (gtk_widget_get_accessible (GTK_WIDGET (self)), spoken);
}
