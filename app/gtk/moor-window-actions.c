/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-window-private.h"

#include <glib/gi18n.h>

#include "moor-restore-dialog.h"
#include "moor-text.h"
#include "moor-words.h"

/* Everything that a button, a menu or a key can ask of the window. */

static void
rescan_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  moor_window_load (user_data);
}

static void
system_cb (GSimpleAction *action, GVariant *value, gpointer user_data)
{
  moor_window_set_root (user_data, g_variant_get_string (value, NULL));
}

static void
root_chosen_cb (GtkNativeDialog *dialog, gint response, gpointer user_data)
{
  g_autofree char *root = gtk_file_chooser_get_filename (GTK_FILE_CHOOSER (dialog));

  if (response == GTK_RESPONSE_ACCEPT && root != NULL)
    moor_window_set_root (user_data, root);
  g_object_unref (dialog);
}

static void
choose_root_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  GtkFileChooserNative *dialog = gtk_file_chooser_native_new (
      _ ("Choose the Root of a System"), user_data, GTK_FILE_CHOOSER_ACTION_SELECT_FOLDER,
      _ ("_Choose"), _ ("_Cancel"));

  g_signal_connect_object (dialog, "response", G_CALLBACK (root_chosen_cb), user_data, 0);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (dialog));
}

static void
store_chosen_cb (GtkNativeDialog *dialog, gint response, gpointer user_data)
{
  MoorWindow *self = user_data;
  g_autofree char *store = gtk_file_chooser_get_filename (GTK_FILE_CHOOSER (dialog));

  if (response == GTK_RESPONSE_ACCEPT && store != NULL)
    {
      moor_profiles_place_set_store (self->profiles_place, store);
      moor_window_update (self);
    }
  g_object_unref (dialog);
}

static void
choose_store_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  MoorWindow *self = user_data;
  const char *store = moor_profiles_place_get_store (self->profiles_place);
  GtkFileChooserNative *dialog = gtk_file_chooser_native_new (
      _ ("Where the Store Shall Be"), user_data, GTK_FILE_CHOOSER_ACTION_SAVE, _ ("_Choose"),
      _ ("_Cancel"));
  g_autofree char *name = store != NULL ? g_path_get_basename (store) : g_strdup ("mooring");

  gtk_file_chooser_set_current_name (GTK_FILE_CHOOSER (dialog), name);
  gtk_file_chooser_set_current_folder (GTK_FILE_CHOOSER (dialog), self->root);
  g_signal_connect_object (dialog, "response", G_CALLBACK (store_chosen_cb), user_data, 0);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (dialog));
}

static void
show_place_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  moor_window_show_place (user_data, g_variant_get_string (parameter, NULL));
}

static void
show_profiles_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  moor_window_show_place (user_data, "profiles");
}

static void
find_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  moor_run_view_start_search (((MoorWindow *) user_data)->run_view);
}

static void
close_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  gtk_window_close (user_data);
}

static void
capture_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  MoorWindow *self = user_data;
  g_autoptr(JsonObject) request = moor_profiles_place_dup_request (self->profiles_place);

  if (request != NULL)
    moor_window_start (self, request);
}

static JsonObject *
request_for_store (MoorWindow *self, const char *operation, const char *store)
{
  JsonObject *request = moor_request_new (operation, self->root, NULL);

  json_object_set_string_member (request, "store", store);
  return request;
}

static void
restore_response_cb (MoorRestoreDialog *dialog, gint response, gpointer user_data)
{
  MoorWindow *self = user_data;
  g_autoptr(JsonObject) request = NULL;

  if (response == GTK_RESPONSE_OK)
    request = moor_restore_dialog_dup_request (dialog, self->root);
  gtk_widget_destroy (GTK_WIDGET (dialog));
  if (request != NULL)
    moor_window_start (self, request);
}

static void
store_restore_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  MoorWindow *self = user_data;
  g_autofree char *path = moor_text_path (self->root);
  /* The folder, not the name: what is there may have been replaced since it was read. */
  const char *where = g_str_equal (self->root, "/") ? _ ("this computer") : path;
  GtkWidget *dialog = moor_restore_dialog_new (
      GTK_WINDOW (self), moor_stores_place_get_selected (self->stores_place), where);

  g_signal_connect_object (dialog, "response", G_CALLBACK (restore_response_cb), self, 0);
  gtk_window_present (GTK_WINDOW (dialog));
}

static void
store_check_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  MoorWindow *self = user_data;
  MoorStoreItem *item = moor_stores_place_get_selected (self->stores_place);
  g_autoptr(JsonObject)
                 request = request_for_store (self, "verify", moor_store_item_get_path (item));

  json_object_set_string_member (request, "against",
                                 moor_store_item_is_restored (item) ? "restored" : "source");
  moor_window_start (self, request);
}

static void
store_resume_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  MoorWindow *self = user_data;
  MoorStoreItem *item = moor_stores_place_get_selected (self->stores_place);
  g_autoptr(JsonObject)
                 request = request_for_store (self, "capture", moor_store_item_get_path (item));
  JsonArray *people = moor_json_list (moor_store_item_get_json (item), "people");

  if (people != NULL && json_array_get_length (people) > 0)
    json_object_set_array_member (request, "users", json_array_ref (people));
  json_object_set_boolean_member (request, "resume", TRUE);
  moor_window_start (self, request);
}

static void
store_delete_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  MoorWindow *self = user_data;

  moor_window_confirm_delete (
      self, moor_store_item_get_path (moor_stores_place_get_selected (self->stores_place)));
}

static void
check_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  MoorWindow *self = user_data;
  g_autoptr(JsonObject) request = moor_check_place_dup_request (self->check_place, self->root);

  if (request != NULL)
    moor_window_start (self, request);
}

static void
put_back_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  MoorWindow *self = user_data;
  g_autoptr(MoorCheckEntry) entry = moor_check_place_dup_selected (self->check_place);
  g_autoptr(JsonObject) request = request_for_store (
      self, "restore", moor_check_place_get_store (self->check_place));
  const char *users[] = { entry->profile, NULL };
  const char *paths[] = { entry->path, NULL };

  moor_request_set_strings (request, "users", users);
  if (*entry->path != '\0')
    moor_request_set_strings (request, "paths", paths);
  moor_window_start (self, request);
}

static void
run_cancel_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  MoorWindow *self = user_data;

  moor_run_cancel (self->run);
  moor_window_update (self);
}

static void
run_again_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  MoorWindow *self = user_data;
  g_autoptr(JsonObject) request = json_object_ref (moor_run_get_request (self->run));

  moor_window_start (self, request);
}

static const char *
get_home_place (MoorRun *run)
{
  const char *operation = moor_run_get_operation (run);

  if (g_strcmp0 (operation, "capture") == 0 && moor_run_get_state (run) == MOOR_RUN_FAILED)
    return "profiles";
  return g_strcmp0 (operation, "verify") == 0 ? "check" : "stores";
}

static void
note_store (MoorWindow *self)
{
  const char *store = moor_run_get_store (self->run);

  if (store == NULL || g_strcmp0 (moor_run_get_operation (self->run), "delete") == 0)
    return;
  moor_stores_place_add_path (self->stores_place, store);
  moor_stores_place_select (self->stores_place, store);
}

static void
run_back_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  MoorWindow *self = user_data;

  note_store (self);
  moor_window_leave_run (self, get_home_place (self->run));
}

static void
run_remove_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  MoorWindow *self = user_data;

  moor_window_confirm_delete (self, moor_run_get_store (self->run));
}

static void
run_show_store_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  MoorWindow *self = user_data;

  note_store (self);
  moor_window_leave_run (self, "stores");
}

static void
show_check (MoorWindow *self, JsonObject *result)
{
  g_autofree char *store = g_strdup (moor_run_get_store (self->run));

  note_store (self);
  moor_window_leave_run (self, "check");
  moor_check_place_show_result (self->check_place, self->client, self->root, store, result);
}

static void
run_show_check_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  MoorWindow *self = user_data;
  g_autoptr(JsonObject) result = json_object_ref (moor_run_get_result (self->run));

  show_check (self, result);
}

/* A restore ends with a check of its own; where that is missing, one is run. */
static void
run_check_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  MoorWindow *self = user_data;
  JsonObject *result = moor_run_get_result (self->run);
  g_autoptr(JsonObject) verification = NULL;
  g_autoptr(JsonObject) request = NULL;

  if (result != NULL && json_object_has_member (result, "verification"))
    verification = json_object_ref (json_object_get_object_member (result, "verification"));
  if (verification != NULL && json_object_has_member (verification, "profiles"))
    {
      show_check (self, verification);
      return;
    }
  request = request_for_store (self, "verify", moor_run_get_store (self->run));
  json_object_set_string_member (request, "against", "restored");
  moor_window_start (self, request);
}

static const GActionEntry actions[] = {
  { .name = "rescan", .activate = rescan_cb },
  { .name = "system", .parameter_type = "s", .state = "'/'", .change_state = system_cb },
  { .name = "choose-root", .activate = choose_root_cb },
  { .name = "choose-store", .activate = choose_store_cb },
  { .name = "show-place", .parameter_type = "s", .activate = show_place_cb },
  { .name = "show-profiles", .activate = show_profiles_cb },
  { .name = "find", .activate = find_cb },
  { .name = "close", .activate = close_cb },
  { .name = "capture", .activate = capture_cb },
  { .name = "store-restore", .activate = store_restore_cb },
  { .name = "store-check", .activate = store_check_cb },
  { .name = "store-resume", .activate = store_resume_cb },
  { .name = "store-delete", .activate = store_delete_cb },
  { .name = "check", .activate = check_cb },
  { .name = "put-back", .activate = put_back_cb },
  { .name = "run-cancel", .activate = run_cancel_cb },
  { .name = "run-again", .activate = run_again_cb },
  { .name = "run-back", .activate = run_back_cb },
  { .name = "run-remove", .activate = run_remove_cb },
  { .name = "run-show-store", .activate = run_show_store_cb },
  { .name = "run-show-check", .activate = run_show_check_cb },
  { .name = "run-check", .activate = run_check_cb },
};

/**
 * moor_window_add_actions:
 *
 * Gives the window all its actions.
 */
void
moor_window_add_actions (MoorWindow *self)
{
  g_action_map_add_action_entries (G_ACTION_MAP (self), actions, G_N_ELEMENTS (actions), self);
}
