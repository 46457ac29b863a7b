/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-restore-dialog.h"

#include <glib/gi18n.h>

#include "moor-request.h"
#include "moor-words.h"

/**
 * MoorRestoreDialog:
 *
 * Asks whose files to put back, and how.
 */
struct _MoorRestoreDialog
{
  GtkDialog parent_instance;

  MoorStoreItem *item;

  GtkContainer *people_box;
  GtkToggleButton *create_button;
  GtkToggleButton *enable_button;
  GtkComboBox *conflict_combo;
};

G_DEFINE_FINAL_TYPE (MoorRestoreDialog, moor_restore_dialog, GTK_TYPE_DIALOG)

#define LOGIN_KEY "moor-login"

typedef struct
{
  GPtrArray *names;
  guint n_people;
} Chosen;

static void
collect_cb (GtkWidget *button, gpointer user_data)
{
  Chosen *chosen = user_data;

  chosen->n_people++;
  if (gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (button)))
    g_ptr_array_add (chosen->names, g_object_get_data (G_OBJECT (button), LOGIN_KEY));
}

static void
person_toggled_cb (MoorRestoreDialog *self)
{
  g_autoptr(GPtrArray) names = g_ptr_array_new ();
  Chosen chosen = { names, 0 };

  gtk_container_foreach (self->people_box, collect_cb, &chosen);
  gtk_dialog_set_response_sensitive (GTK_DIALOG (self), GTK_RESPONSE_OK, names->len > 0);
}

static void
add_person (MoorRestoreDialog *self, JsonNode *node)
{
  const char *name = json_node_get_string (node);
  g_autofree char *label = moor_words_person (
      name, g_hash_table_lookup (moor_store_item_get_full_names (self->item), name));
  GtkWidget *button = gtk_check_button_new_with_label (label);

  g_object_set_data_full (G_OBJECT (button), LOGIN_KEY, g_strdup (name), g_free);
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (button), TRUE);
  g_signal_connect_object (button, "toggled", G_CALLBACK (person_toggled_cb), self,
                           G_CONNECT_SWAPPED);
  gtk_container_add (self->people_box, button);
  gtk_widget_show (button);
}

static void
moor_restore_dialog_dispose (GObject *object)
{
  g_clear_object (&MOOR_RESTORE_DIALOG (object)->item);

  G_OBJECT_CLASS (moor_restore_dialog_parent_class)->dispose (object);
}

static void
moor_restore_dialog_class_init (MoorRestoreDialogClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = moor_restore_dialog_dispose;

  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/mooring/Mooring/ui/moor-restore-dialog.ui");
  gtk_widget_class_bind_template_child (widget_class, MoorRestoreDialog, people_box);
  gtk_widget_class_bind_template_child (widget_class, MoorRestoreDialog, create_button);
  gtk_widget_class_bind_template_child (widget_class, MoorRestoreDialog, enable_button);
  gtk_widget_class_bind_template_child (widget_class, MoorRestoreDialog, conflict_combo);
}

static void
moor_restore_dialog_init (MoorRestoreDialog *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  g_object_bind_property (self->create_button, "active", self->enable_button, "sensitive",
                          G_BINDING_SYNC_CREATE);
}

/**
 * moor_restore_dialog_new:
 * @parent: the window it belongs to
 * @item: the store to restore from
 * @system: where the system is that is restored to
 *
 * Returns: (transfer none): a new dialog
 */
GtkWidget *
moor_restore_dialog_new (GtkWindow *parent, MoorStoreItem *item, const char *system)
{
  MoorRestoreDialog *self = g_object_new (MOOR_TYPE_RESTORE_DIALOG, "transient-for", parent,
                                          "use-header-bar", TRUE, NULL);
  JsonArray *people = moor_json_list (moor_store_item_get_json (item), "people");
  guint n_people = people != NULL ? json_array_get_length (people) : 0;
  g_autofree char *into = NULL;

  /* Translators: where the files go, "to /mnt/new" */
  into = g_strdup_printf (_ ("to %s"), system);
  gtk_header_bar_set_subtitle (GTK_HEADER_BAR (gtk_dialog_get_header_bar (GTK_DIALOG (self))),
                               into);
  self->item = g_object_ref (item);
  for (guint i = 0; i < n_people; i++)
    add_person (self, json_array_get_element (people, i));
  person_toggled_cb (self);
  return GTK_WIDGET (self);
}

/**
 * moor_restore_dialog_dup_request:
 * @root: (type filename): the system to restore to
 *
 * Returns: (transfer full): the restore that was set up
 */
JsonObject *
moor_restore_dialog_dup_request (MoorRestoreDialog *self, const char *root)
{
  JsonObject *request = moor_request_new ("restore", root, NULL);
  g_autoptr(GPtrArray) names = g_ptr_array_new ();
  Chosen chosen = { names, 0 };
  gboolean create = gtk_toggle_button_get_active (self->create_button);

  gtk_container_foreach (self->people_box, collect_cb, &chosen);
  g_ptr_array_add (names, NULL);
  json_object_set_string_member (request, "store", moor_store_item_get_path (self->item));
  moor_request_set_strings (request, "users", (const char *const *) names->pdata);
  json_object_set_boolean_member (request, "create-accounts", create);
  json_object_set_boolean_member (request, "enable-accounts",
                                  create && gtk_toggle_button_get_active (self->enable_button));
  json_object_set_string_member (request, "conflict",
                                 gtk_combo_box_get_active_id (self->conflict_combo));
  return request;
}
