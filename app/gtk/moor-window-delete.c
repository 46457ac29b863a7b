/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-window-private.h"

#include <glib/gi18n.h>

#include "moor-text.h"
#include "moor-words.h"

/* Deleting a store: first asked as a dry run, so that the question can say what
 * would come back and what would be lost. */

typedef struct
{
  MoorWindow *window;
  char *store;
  GtkToggleButton *consent; /* (nullable): in the dialog */
} Deletion;

static void
deletion_free (gpointer data)
{
  Deletion *deletion = data;

  g_object_unref (deletion->window);
  g_free (deletion->store);
  g_free (deletion);
}

static void
free_closure_cb (gpointer data, GClosure *closure)
{
  deletion_free (data);
}

static void
response_cb (GtkDialog *dialog, gint response, gpointer user_data)
{
  Deletion *deletion = user_data;
  g_autoptr(JsonObject) request = moor_request_new ("delete", deletion->window->root, NULL);
  g_autoptr(MoorWindow) window = g_object_ref (deletion->window);

  json_object_set_string_member (request, "store", deletion->store);
  if (deletion->consent != NULL)
    json_object_set_boolean_member (request, "even-last-copies",
                                    gtk_toggle_button_get_active (deletion->consent));
  gtk_widget_destroy (GTK_WIDGET (dialog));
  if (response == GTK_RESPONSE_OK)
    moor_window_start (window, request);
}

static void
consent_toggled_cb (GtkToggleButton *consent, gpointer dialog)
{
  gtk_dialog_set_response_sensitive (dialog, GTK_RESPONSE_OK,
                                     gtk_toggle_button_get_active (consent));
}

static void
add_consent (Deletion *deletion, GtkWidget *dialog)
{
  GtkWidget *area = gtk_message_dialog_get_message_area (GTK_MESSAGE_DIALOG (dialog));
  GtkWidget *consent = gtk_check_button_new_with_mnemonic (
      _ ("_Delete even what exists nowhere else"));

  deletion->consent = GTK_TOGGLE_BUTTON (consent);
  gtk_container_add (GTK_CONTAINER (area), consent);
  gtk_widget_show (consent);
  gtk_dialog_set_response_sensitive (GTK_DIALOG (dialog), GTK_RESPONSE_OK, FALSE);
  g_signal_connect_object (consent, "toggled", G_CALLBACK (consent_toggled_cb), dialog, 0);
}

static char *
dup_consequences (JsonObject *result)
{
  guint64 n_last = moor_json_count (result, "last-copies");
  g_autofree char *freed = moor_text_size (moor_json_count (result, "freed"));
  g_autofree char *last = moor_words_files (n_last);
  g_autofree char *last_bytes = moor_text_size (moor_json_count (result, "last-copy-bytes"));

  if (n_last == 0)
    return g_strdup_printf (_ ("This frees %s. Nothing is lost: every file in it also exists "
                               "outside of it."),
                            freed);
  return g_strdup_printf (
      _ ("This frees %s. %s, %s, exist only in this store and would be lost for "
         "ever."),
      freed, last, last_bytes);
}

static void
ask (Deletion *deletion, JsonObject *result)
{
  g_autofree char *consequences = dup_consequences (result);
  g_autofree char *text = g_strdup_printf ("%s\n\n%s", deletion->store, consequences);
  GtkWidget *dialog = gtk_message_dialog_new (
      GTK_WINDOW (deletion->window), GTK_DIALOG_MODAL | GTK_DIALOG_DESTROY_WITH_PARENT,
      GTK_MESSAGE_WARNING, GTK_BUTTONS_NONE, _ ("Delete this store?"));
  GtkWidget *button;

  gtk_message_dialog_format_secondary_text (GTK_MESSAGE_DIALOG (dialog), "%s", text);
  gtk_dialog_add_button (GTK_DIALOG (dialog), _ ("_Cancel"), GTK_RESPONSE_CANCEL);
  button = gtk_dialog_add_button (GTK_DIALOG (dialog), _ ("_Delete the Store"), GTK_RESPONSE_OK);
  gtk_style_context_add_class (gtk_widget_get_style_context (button), "destructive-action");
  gtk_dialog_set_default_response (GTK_DIALOG (dialog), GTK_RESPONSE_CANCEL);
  if (moor_json_count (result, "last-copies") > 0)
    add_consent (deletion, dialog);
  g_signal_connect_data (dialog, "response", G_CALLBACK (response_cb), deletion, free_closure_cb,
                         0);
  gtk_window_present (GTK_WINDOW (dialog));
}

static void
dry_run_ready_cb (GObject *source, GAsyncResult *async_result, gpointer user_data)
{
  Deletion *deletion = user_data;
  g_autoptr(JsonObject) result = NULL;
  g_autoptr(GError) error = NULL;

  (void) moor_client_run_finish (MOOR_CLIENT (source), async_result, &result, &error);
  if (g_cancellable_is_cancelled (deletion->window->cancellable))
    {
      deletion_free (deletion);
      return;
    }
  /* Last copies make the answer a refusal, with the numbers in it. */
  if (error != NULL && moor_json_count (result, "last-copies") == 0)
    {
      g_autofree char *text = moor_words_error (error);

      moor_window_show_error (deletion->window, _ ("The store cannot be deleted"), text);
      deletion_free (deletion);
      return;
    }
  ask (deletion, result);
}

/**
 * moor_window_confirm_delete:
 * @store: which store, as the engine writes it
 *
 * Finds out what deleting it would free and lose, asks, and deletes it if that
 * is wanted.
 */
void
moor_window_confirm_delete (MoorWindow *self, const char *store)
{
  JsonObject *request = moor_request_new ("delete", self->root, NULL);
  Deletion *deletion = g_new0 (Deletion, 1);

  deletion->window = g_object_ref (self);
  deletion->store = g_strdup (store);
  json_object_set_string_member (request, "store", store);
  json_object_set_boolean_member (request, "dry-run", TRUE);
  moor_client_run_async (self->client, request, NULL, NULL, NULL, self->cancellable,
                         dry_run_ready_cb, deletion);
}
