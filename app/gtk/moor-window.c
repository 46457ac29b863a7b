/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-window-private.h"

#include <glib/gi18n.h>

#include "moor-application.h"
#include "moor-selection.h"
#include "moor-text.h"
#include "moor-widgets.h"
#include "moor-words.h"

/**
 * MoorWindow:
 *
 * The one window: a system, three places, and the run view that every job opens.
 * Places show and ask; what is to happen is in moor-window-actions.c.
 */
G_DEFINE_FINAL_TYPE (MoorWindow, moor_window, GTK_TYPE_APPLICATION_WINDOW)

static gboolean
is_running (MoorWindow *self)
{
  return self->run != NULL && !moor_run_is_finished (self->run);
}

static void
enable (MoorWindow *self, const char *name, gboolean enabled)
{
  GAction *action = g_action_map_lookup_action (G_ACTION_MAP (self), name);

  g_simple_action_set_enabled (G_SIMPLE_ACTION (action), enabled);
}

static void
show_info (MoorWindow *self, const char *icon, GtkMessageType type, const char *text)
{
  gtk_widget_set_visible (GTK_WIDGET (self->info_bar), text != NULL);
  if (text == NULL)
    return;
  gtk_info_bar_set_message_type (self->info_bar, type);
  gtk_image_set_from_icon_name (self->info_image, icon, GTK_ICON_SIZE_MENU);
  gtk_label_set_label (self->info_label, text);
}

static void
update_info (MoorWindow *self)
{
  GListModel *people = moor_profiles_place_get_people (self->profiles_place);
  const char *place = gtk_stack_get_visible_child_name (self->places);

  if (moor_client_is_root (self->client))
    show_info (self, "dialog-warning-symbolic", GTK_MESSAGE_WARNING,
               _ ("Mooring runs as the administrator (root). It can reach everybody’s files; "
                  "close it when you are done."));
  else if (g_strcmp0 (place, "profiles") == 0 && !moor_selection_all_reachable (people))
    show_info (self, "dialog-information-symbolic", GTK_MESSAGE_INFO,
               _ ("You can capture your own profile. For other people’s, start Mooring as the "
                  "administrator (root)."));
  else
    show_info (self, NULL, GTK_MESSAGE_OTHER, NULL);
}

static void
show_system_label (MoorWindow *self)
{
  g_autofree char *path = moor_text_path (self->root);
  g_autofree char *name = moor_profiles_place_dup_system_name (self->profiles_place);
  g_autofree char *tip = NULL;
  g_autofree char *spoken = NULL;
  const char *label = name != NULL ? name : path;

  if (g_str_equal (self->root, "/"))
    label = _ ("This computer");
  /* Translators: a system's name and its folder */
  tip = g_strdup_printf (_ ("%s, in %s. Choose the system to work on"), label, path);
  spoken = g_strdup_printf (_ ("System: %s"), label);
  moor_label_show (self->system_label, label);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->system_button), tip);
  atk_object_set_name (gtk_widget_get_accessible (GTK_WIDGET (self->system_button)), spoken);
}

/**
 * moor_window_update:
 *
 * Sets what can be done now, from the state of window and places.  The only
 * place that does.
 */
void
moor_window_update (MoorWindow *self)
{
  gboolean idle = !is_running (self);
  gboolean in_run = self->run != NULL;
  MoorStoreItem *item = moor_stores_place_get_selected (self->stores_place);
  g_autoptr(JsonObject) capture = moor_profiles_place_dup_request (self->profiles_place);
  g_autoptr(JsonObject) check = moor_check_place_dup_request (self->check_place, self->root);
  g_autoptr(MoorCheckEntry) entry = moor_check_place_dup_selected (self->check_place);

  enable (self, "rescan", idle && !in_run);
  enable (self, "system", idle && !in_run);
  enable (self, "choose-root", idle && !in_run);
  enable (self, "show-place", idle && !in_run);
  enable (self, "choose-store", idle);
  enable (self, "capture", idle && capture != NULL);
  enable (self, "store-restore", idle && item != NULL && moor_store_item_can_restore (item));
  enable (self, "store-check", idle && item != NULL && moor_store_item_can_check (item));
  enable (self, "store-resume", idle && item != NULL && moor_store_item_can_resume (item));
  enable (self, "store-delete", idle && item != NULL);
  enable (self, "check", idle && check != NULL);
  enable (self, "put-back", idle && entry != NULL && entry->difference != NULL);
  enable (self, "find", in_run);
  enable (self, "run-cancel", !idle && moor_run_get_state (self->run) == MOOR_RUN_RUNNING);
  gtk_widget_set_visible (GTK_WIDGET (self->system_button), !in_run);
  show_system_label (self);
  update_info (self);
}

static void
place_changed_cb (MoorWindow *self)
{
  if (gtk_widget_in_destruction (GTK_WIDGET (self)) || self->client == NULL)
    return;
  moor_window_update (self);
}

static void
append_system (GMenu *menu, const char *label, const char *root)
{
  g_autoptr(GMenuItem) item = g_menu_item_new (label, NULL);

  g_menu_item_set_action_and_target (item, "win.system", "s", root);
  g_menu_append_item (menu, item);
}

static void
fill_system_menu (MoorWindow *self, JsonArray *systems)
{
  g_autoptr(GMenu) menu = g_menu_new ();
  g_autoptr(GMenu) found = g_menu_new ();
  g_autoptr(GMenu) more = g_menu_new ();
  guint n_systems = systems != NULL ? json_array_get_length (systems) : 0;
  gboolean listed = g_str_equal (self->root, "/");

  append_system (found, _ ("This computer"), "/");
  for (guint i = 0; i < n_systems; i++)
    {
      JsonObject *system = json_array_get_object_element (systems, i);
      const char *root = moor_json_text (system, "root");
      const char *name = moor_json_text (system, "name");
      const char *host = moor_json_text (system, "host");
      g_autofree char *title = moor_words_system (name, host);
      g_autofree char *label = g_strdup_printf (_ ("%s, in %s"), title, root != NULL ? root : "?");

      if (root == NULL || moor_json_flag (system, "running") || g_str_equal (root, "/"))
        continue;
      listed = listed || g_str_equal (root, self->root);
      append_system (found, label, root);
    }
  if (!listed)
    append_system (found, self->root, self->root);

  g_menu_append (more, _ ("_Choose a Folder…"), "win.choose-root");
  g_menu_append_section (menu, NULL, G_MENU_MODEL (found));
  g_menu_append_section (menu, NULL, G_MENU_MODEL (more));
  gtk_menu_button_set_menu_model (self->system_button, G_MENU_MODEL (menu));
}

static void
systems_ready_cb (GObject *source, GAsyncResult *async_result, gpointer user_data)
{
  g_autoptr(MoorWindow) self = user_data;
  g_autoptr(JsonObject) result = NULL;

  (void) moor_client_run_finish (MOOR_CLIENT (source), async_result, &result, NULL);
  if (g_cancellable_is_cancelled (self->cancellable))
    return;
  fill_system_menu (self, moor_json_list (result, "systems"));
}

/**
 * moor_window_load:
 *
 * Reads everything about the chosen system anew.
 */
void
moor_window_load (MoorWindow *self)
{
  show_system_label (self);
  fill_system_menu (self, NULL);
  moor_client_run_async (self->client, moor_request_new ("systems", "/", NULL), NULL, NULL, NULL,
                         self->cancellable, systems_ready_cb, g_object_ref (self));
  moor_profiles_place_load (self->profiles_place, self->client, self->root);
  moor_stores_place_load (self->stores_place, self->client, self->root);
  moor_window_update (self);
}

/**
 * moor_window_set_root:
 * @root: (type filename): the system to work on from now on
 */
void
moor_window_set_root (MoorWindow *self, const char *root)
{
  g_autofree char *chosen = g_strdup (root);
  GAction *action = g_action_map_lookup_action (G_ACTION_MAP (self), "system");

  g_free (self->root);
  self->root = g_steal_pointer (&chosen);
  g_simple_action_set_state (G_SIMPLE_ACTION (action), g_variant_new_string (self->root));
  moor_check_place_forget (self->check_place);
  moor_window_load (self);
}

/**
 * moor_window_show_place:
 * @place: "profiles", "stores" or "check"
 */
void
moor_window_show_place (MoorWindow *self, const char *place)
{
  gtk_stack_set_visible_child_name (self->places, place);
}

static void
notify_user (MoorWindow *self)
{
  g_autoptr(GNotification) notification = NULL;
  g_autofree char *title = moor_run_dup_title (self->run);
  g_autofree char *sentence = moor_run_dup_sentence (self->run);

  if (gtk_window_is_active (GTK_WINDOW (self)))
    return;
  notification = g_notification_new (title);
  g_notification_set_body (notification, sentence);
  g_application_send_notification (G_APPLICATION (gtk_window_get_application (GTK_WINDOW (self))),
                                   "job", notification);
}

static void
show_run_title (MoorWindow *self)
{
  g_autofree char *title = moor_run_dup_title (self->run);

  gtk_window_set_title (GTK_WINDOW (self), title);
}

static void
run_finished_cb (MoorWindow *self)
{
  GtkApplication *application = gtk_window_get_application (GTK_WINDOW (self));

  if (self->inhibit_cookie != 0)
    gtk_application_uninhibit (application, self->inhibit_cookie);
  self->inhibit_cookie = 0;
  if (self->close_after_run)
    {
      gtk_widget_destroy (GTK_WIDGET (self));
      return;
    }
  show_run_title (self);
  notify_user (self);
  moor_window_update (self);
}

static void
learn_names (GHashTable *full_names, GHashTable *more)
{
  GHashTableIter iter;
  gpointer name;
  gpointer full_name;

  g_hash_table_iter_init (&iter, more);
  while (g_hash_table_iter_next (&iter, &name, &full_name))
    g_hash_table_replace (full_names, g_strdup (name), g_strdup (full_name));
}

/* From the stores first: after a refresh the system may not know its people yet. */
static GHashTable *
dup_full_names (MoorWindow *self)
{
  GHashTable *full_names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  GListModel *stores = moor_stores_place_get_stores (self->stores_place);
  GListModel *people = moor_profiles_place_get_people (self->profiles_place);

  for (guint i = 0; i < g_list_model_get_n_items (stores); i++)
    {
      g_autoptr(MoorStoreItem) item = g_list_model_get_item (stores, i);

      learn_names (full_names, moor_store_item_get_full_names (item));
    }
  for (guint i = 0; i < g_list_model_get_n_items (people); i++)
    {
      g_autoptr(MoorPerson) person = g_list_model_get_item (people, i);
      const char *name = moor_person_get_name (person);
      const char *full_name = moor_person_get_full_name (person);

      if (g_strcmp0 (name, full_name) != 0)
        g_hash_table_replace (full_names, g_strdup (name), g_strdup (full_name));
    }
  return full_names;
}

/**
 * moor_window_start:
 * @request: (transfer none): a job
 *
 * Runs it in the run view.
 */
void
moor_window_start (MoorWindow *self, JsonObject *request)
{
  g_autoptr(GHashTable) full_names = dup_full_names (self);

  g_return_if_fail (!is_running (self));

  moor_profiles_place_stop (self->profiles_place);
  g_clear_object (&self->run);
  self->run = moor_run_new (self->client, request);
  moor_run_set_full_names (self->run, full_names);
  g_signal_connect_object (self->run, "news", G_CALLBACK (show_run_title), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->run, "finished", G_CALLBACK (run_finished_cb), self,
                           G_CONNECT_SWAPPED);
  moor_run_view_set_run (self->run_view, self->run);
  show_run_title (self);
  gtk_stack_set_visible_child_name (self->main_stack, "run");
  gtk_stack_set_visible_child_name (self->title_stack, "run");
  self->inhibit_cookie = gtk_application_inhibit (
      gtk_window_get_application (GTK_WINDOW (self)), GTK_WINDOW (self),
      GTK_APPLICATION_INHIBIT_LOGOUT | GTK_APPLICATION_INHIBIT_SUSPEND,
      _ ("Files are being worked on"));
  moor_run_start (self->run);
  moor_window_update (self);
}

/**
 * moor_window_leave_run:
 * @place: where to go
 *
 * Leaves the run view, and reads anew what the job may have changed.
 */
void
moor_window_leave_run (MoorWindow *self, const char *place)
{
  g_return_if_fail (!is_running (self));

  g_clear_object (&self->run);
  gtk_window_set_title (GTK_WINDOW (self), _ ("Mooring"));
  gtk_stack_set_visible_child_name (self->main_stack, "places");
  gtk_stack_set_visible_child_name (self->title_stack, "places");
  moor_window_show_place (self, place);
  moor_window_load (self);
}

/**
 * moor_window_show_error:
 * @title: what did not work
 * @text: why
 */
void
moor_window_show_error (MoorWindow *self, const char *title, const char *text)
{
  GtkWidget *dialog = gtk_message_dialog_new (GTK_WINDOW (self),
                                              GTK_DIALOG_MODAL | GTK_DIALOG_DESTROY_WITH_PARENT,
                                              GTK_MESSAGE_ERROR, GTK_BUTTONS_CLOSE, "%s", title);

  gtk_message_dialog_format_secondary_text (GTK_MESSAGE_DIALOG (dialog), "%s", text);
  g_signal_connect (dialog, "response", G_CALLBACK (gtk_widget_destroy), NULL);
  gtk_window_present (GTK_WINDOW (dialog));
}

static void
close_response_cb (GtkDialog *dialog, gint response, gpointer user_data)
{
  MoorWindow *self = user_data;

  gtk_widget_destroy (GTK_WIDGET (dialog));
  if (response != GTK_RESPONSE_OK)
    return;
  if (!is_running (self))
    {
      gtk_widget_destroy (GTK_WIDGET (self));
      return;
    }
  self->close_after_run = TRUE;
  moor_run_cancel (self->run);
}

static gboolean
moor_window_delete_event (GtkWidget *widget, GdkEventAny *event)
{
  MoorWindow *self = MOOR_WINDOW (widget);
  GtkWidget *dialog;

  if (!is_running (self))
    return GDK_EVENT_PROPAGATE;

  dialog = gtk_message_dialog_new (
      GTK_WINDOW (self), GTK_DIALOG_MODAL | GTK_DIALOG_DESTROY_WITH_PARENT, GTK_MESSAGE_QUESTION,
      GTK_BUTTONS_NONE, _ ("Stop the job and close Mooring?"));
  gtk_message_dialog_format_secondary_text (
      GTK_MESSAGE_DIALOG (dialog),
      _ ("It stops after the current file. Nothing is lost, and it can "
         "be resumed later from the Stores place."));
  gtk_dialog_add_buttons (GTK_DIALOG (dialog), _ ("_Keep Working"), GTK_RESPONSE_CANCEL,
                          _ ("_Stop and Close"), GTK_RESPONSE_OK, NULL);
  g_signal_connect_object (dialog, "response", G_CALLBACK (close_response_cb), self, 0);
  gtk_window_present (GTK_WINDOW (dialog));
  return GDK_EVENT_STOP;
}

static void
moor_window_dispose (GObject *object)
{
  MoorWindow *self = MOOR_WINDOW (object);

  g_cancellable_cancel (self->cancellable);
  if (self->run != NULL)
    moor_run_cancel (self->run);
  g_clear_object (&self->run);
  g_clear_object (&self->client);
  g_clear_object (&self->settings);

  G_OBJECT_CLASS (moor_window_parent_class)->dispose (object);
}

static void
moor_window_finalize (GObject *object)
{
  MoorWindow *self = MOOR_WINDOW (object);

  g_clear_object (&self->cancellable);
  g_free (self->root);

  G_OBJECT_CLASS (moor_window_parent_class)->finalize (object);
}

static void
moor_window_class_init (MoorWindowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = moor_window_dispose;
  G_OBJECT_CLASS (klass)->finalize = moor_window_finalize;
  widget_class->delete_event = moor_window_delete_event;

  g_type_ensure (MOOR_TYPE_PROFILES_PLACE);
  g_type_ensure (MOOR_TYPE_STORES_PLACE);
  g_type_ensure (MOOR_TYPE_CHECK_PLACE);
  g_type_ensure (MOOR_TYPE_RUN_VIEW);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/mooring/Mooring/ui/moor-window.ui");
  gtk_widget_class_bind_template_child (widget_class, MoorWindow, main_stack);
  gtk_widget_class_bind_template_child (widget_class, MoorWindow, places);
  gtk_widget_class_bind_template_child (widget_class, MoorWindow, title_stack);
  gtk_widget_class_bind_template_child (widget_class, MoorWindow, system_button);
  gtk_widget_class_bind_template_child (widget_class, MoorWindow, system_label);
  gtk_widget_class_bind_template_child (widget_class, MoorWindow, menu_button);
  gtk_widget_class_bind_template_child (widget_class, MoorWindow, info_bar);
  gtk_widget_class_bind_template_child (widget_class, MoorWindow, info_label);
  gtk_widget_class_bind_template_child (widget_class, MoorWindow, info_image);
  gtk_widget_class_bind_template_child (widget_class, MoorWindow, profiles_place);
  gtk_widget_class_bind_template_child (widget_class, MoorWindow, stores_place);
  gtk_widget_class_bind_template_child (widget_class, MoorWindow, check_place);
  gtk_widget_class_bind_template_child (widget_class, MoorWindow, run_view);
  gtk_widget_class_bind_template_callback (widget_class, place_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, moor_window_update);
}

static void
bind_settings (MoorWindow *self)
{
  GSettingsSchemaSource *source = g_settings_schema_source_get_default ();
  g_autoptr(GSettingsSchema)
                 schema = source != NULL
                              ? g_settings_schema_source_lookup (source, MOOR_APPLICATION_ID, TRUE)
                              : NULL;

  /* Started from the build folder, nothing is remembered. */
  if (schema == NULL)
    return;
  self->settings = g_settings_new (MOOR_APPLICATION_ID);
  g_settings_bind (self->settings, "window-width", self, "default-width", G_SETTINGS_BIND_DEFAULT);
  g_settings_bind (self->settings, "window-height", self, "default-height",
                   G_SETTINGS_BIND_DEFAULT);
}

static void
moor_window_init (MoorWindow *self)
{
  self->cancellable = g_cancellable_new ();
  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_widget_set_size_request (GTK_WIDGET (self), 800, 560);
  bind_settings (self);
  moor_window_add_actions (self);
}

static void
size_allocate_cb (MoorWindow *self)
{
  int width;
  int height;

  if (gtk_window_is_maximized (GTK_WINDOW (self)))
    return;
  gtk_window_get_size (GTK_WINDOW (self), &width, &height);
  g_object_set (self, "default-width", width, "default-height", height, NULL);
}

/**
 * moor_window_new:
 * @application: whose window it is
 * @client: runs what is asked for
 * @root: (type filename): the system to open on
 *
 * Returns: (transfer none): a new window that has begun to load
 */
MoorWindow *
moor_window_new (GtkApplication *application, MoorClient *client, const char *root)
{
  MoorWindow *self = g_object_new (MOOR_TYPE_WINDOW, "application", application, NULL);

  self->client = g_object_ref (client);
  moor_check_place_set_stores (self->check_place,
                               moor_stores_place_get_stores (self->stores_place));
  if (self->settings != NULL)
    g_signal_connect (self, "size-allocate", G_CALLBACK (size_allocate_cb), NULL);
  moor_window_set_root (self, root);
  return self;
}
