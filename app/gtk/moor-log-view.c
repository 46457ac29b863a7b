/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-log-view.h"

#include <glib/gi18n.h>

#include "moor-words.h"

/**
 * MoorLogView:
 *
 * The log of a job: filtered by level, searched, followed unless the person has
 * scrolled away.  Shows at most %MOOR_RUN_MAX_LOG_LINES; new lines go in with
 * one insertion for each delivery.
 */
struct _MoorLogView
{
  GtkBox parent_instance;

  MoorRun *run;
  guint64 last_serial; /* of what is shown or was filtered out */

  GtkComboBox *level_combo;
  GtkToggleButton *search_button;
  GtkSearchBar *search_bar;
  GtkEntry *search_entry;
  GtkLabel *search_label;
  GtkScrolledWindow *scrolled;
  GtkTextView *text_view;
};

G_DEFINE_FINAL_TYPE (MoorLogView, moor_log_view, GTK_TYPE_BOX)

static GtkTextBuffer *
get_buffer (MoorLogView *self)
{
  return gtk_text_view_get_buffer (self->text_view);
}

static gboolean
is_at_bottom (MoorLogView *self)
{
  GtkAdjustment *adjustment = gtk_scrolled_window_get_vadjustment (self->scrolled);

  return gtk_adjustment_get_value (adjustment) + gtk_adjustment_get_page_size (adjustment)
         >= gtk_adjustment_get_upper (adjustment) - 20;
}

static void
append_line (GString *text, const MoorLogLine *line)
{
  g_autoptr(GDateTime) time = g_date_time_new_from_unix_local (line->time_us / G_USEC_PER_SEC);
  g_autofree char *clock = time != NULL ? g_date_time_format (time, "%H:%M:%S")
                                        : g_strdup ("--:--:--");

  g_string_append_printf (text, "%s  %-8s %s\n", clock, moor_word_log_level (line->level),
                          line->text);
}

/* The lines that came since the last time, oldest first. */
static char *
dup_new_lines (MoorLogView *self)
{
  GString *text = g_string_new (NULL);
  gint level = gtk_combo_box_get_active (self->level_combo);
  GList *link = moor_run_get_log (self->run)->tail;

  while (link != NULL && ((const MoorLogLine *) link->data)->serial > self->last_serial)
    link = link->prev;
  link = link != NULL ? link->next : moor_run_get_log (self->run)->head;

  for (; link != NULL; link = link->next)
    {
      const MoorLogLine *line = link->data;

      self->last_serial = MAX (self->last_serial, line->serial);
      if ((gint) line->level >= level)
        append_line (text, line);
    }
  return g_string_free (text, FALSE);
}

static void
drop_oldest_lines (GtkTextBuffer *buffer)
{
  gint excess = gtk_text_buffer_get_line_count (buffer) - 1 - MOOR_RUN_MAX_LOG_LINES;
  GtkTextIter start;
  GtkTextIter end;

  if (excess <= 0)
    return;
  gtk_text_buffer_get_start_iter (buffer, &start);
  gtk_text_buffer_get_iter_at_line (buffer, &end, excess);
  gtk_text_buffer_delete (buffer, &start, &end);
}

/**
 * moor_log_view_refresh:
 *
 * Shows what has come since the last time.
 */
void
moor_log_view_refresh (MoorLogView *self)
{
  GtkTextBuffer *buffer = get_buffer (self);
  g_autofree char *text = NULL;
  gboolean follow;
  GtkTextIter end;

  if (self->run == NULL)
    return;
  text = dup_new_lines (self);
  if (*text == '\0')
    return;

  follow = is_at_bottom (self);
  gtk_text_buffer_get_end_iter (buffer, &end);
  gtk_text_buffer_insert (buffer, &end, text, -1);
  drop_oldest_lines (buffer);
  if (follow)
    gtk_text_view_scroll_mark_onscreen (self->text_view, gtk_text_buffer_get_mark (buffer, "end"));
}

static void
level_changed_cb (MoorLogView *self)
{
  gtk_text_buffer_set_text (get_buffer (self), "", 0);
  self->last_serial = 0;
  moor_log_view_refresh (self);
}

static void
select_match (MoorLogView *self, gboolean found, GtkTextIter *start, GtkTextIter *end)
{
  gtk_label_set_label (self->search_label, found ? "" : _ ("Not found"));
  if (!found)
    return;
  gtk_text_buffer_select_range (get_buffer (self), start, end);
  gtk_text_view_scroll_to_iter (self->text_view, start, 0.1, FALSE, 0, 0);
}

static void
search (MoorLogView *self, gboolean forward, gboolean from_start)
{
  const char *text = gtk_entry_get_text (self->search_entry);
  const GtkTextSearchFlags flags = GTK_TEXT_SEARCH_CASE_INSENSITIVE | GTK_TEXT_SEARCH_TEXT_ONLY;
  GtkTextBuffer *buffer = get_buffer (self);
  GtkTextIter from;
  GtkTextIter to;
  GtkTextIter start;
  GtkTextIter end;
  gboolean found;

  if (*text == '\0')
    {
      gtk_label_set_label (self->search_label, "");
      return;
    }
  (void) gtk_text_buffer_get_selection_bounds (buffer, &from, &to);
  if (from_start)
    gtk_text_buffer_get_start_iter (buffer, &to);

  found = forward ? gtk_text_iter_forward_search (&to, text, flags, &start, &end, NULL)
                  : gtk_text_iter_backward_search (&from, text, flags, &start, &end, NULL);
  if (!found)
    {
      gtk_text_buffer_get_start_iter (buffer, &to);
      gtk_text_buffer_get_end_iter (buffer, &from);
      found = forward ? gtk_text_iter_forward_search (&to, text, flags, &start, &end, NULL)
                      : gtk_text_iter_backward_search (&from, text, flags, &start, &end, NULL);
    }
  select_match (self, found, &start, &end);
}

static void
search_changed_cb (MoorLogView *self)
{
  search (self, TRUE, TRUE);
}

static void
next_match_cb (MoorLogView *self)
{
  search (self, TRUE, FALSE);
}

static void
previous_match_cb (MoorLogView *self)
{
  search (self, FALSE, FALSE);
}

static char *
dup_shown_text (MoorLogView *self)
{
  GtkTextIter start;
  GtkTextIter end;

  gtk_text_buffer_get_bounds (get_buffer (self), &start, &end);
  return gtk_text_buffer_get_text (get_buffer (self), &start, &end, FALSE);
}

static void
copy_clicked_cb (MoorLogView *self)
{
  g_autofree char *text = dup_shown_text (self);

  gtk_clipboard_set_text (gtk_widget_get_clipboard (GTK_WIDGET (self), GDK_SELECTION_CLIPBOARD),
                          text, -1);
}

static void
save_ready_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr(GtkWindow) window = user_data;
  g_autoptr(GError) error = NULL;
  GtkWidget *dialog;

  if (g_file_replace_contents_finish (G_FILE (source), result, NULL, &error))
    return;
  dialog = gtk_message_dialog_new (window, GTK_DIALOG_MODAL | GTK_DIALOG_DESTROY_WITH_PARENT,
                                   GTK_MESSAGE_ERROR, GTK_BUTTONS_CLOSE,
                                   _ ("The log could not be saved"));
  gtk_message_dialog_format_secondary_text (GTK_MESSAGE_DIALOG (dialog), "%s", error->message);
  g_signal_connect (dialog, "response", G_CALLBACK (gtk_widget_destroy), NULL);
  gtk_window_present (GTK_WINDOW (dialog));
}

static void
save_response_cb (GtkNativeDialog *dialog, gint response, gpointer user_data)
{
  MoorLogView *self = user_data;

  if (response == GTK_RESPONSE_ACCEPT)
    {
      g_autoptr(GFile) file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (dialog));
      g_autofree char *text = dup_shown_text (self);
      const gsize length = strlen (text);
      g_autoptr(GBytes) bytes = g_bytes_new_take (g_steal_pointer (&text), length);

      g_file_replace_contents_bytes_async (
          file, bytes, NULL, FALSE, G_FILE_CREATE_PRIVATE, NULL, save_ready_cb,
          g_object_ref (gtk_widget_get_toplevel (GTK_WIDGET (self))));
    }
  g_object_unref (dialog);
}

static void
save_clicked_cb (MoorLogView *self)
{
  GtkWindow *window = GTK_WINDOW (gtk_widget_get_toplevel (GTK_WIDGET (self)));
  GtkFileChooserNative *dialog = gtk_file_chooser_native_new (
      _ ("Save the Log"), window, GTK_FILE_CHOOSER_ACTION_SAVE, _ ("_Save"), _ ("_Cancel"));

  gtk_file_chooser_set_do_overwrite_confirmation (GTK_FILE_CHOOSER (dialog), TRUE);
  gtk_file_chooser_set_current_name (GTK_FILE_CHOOSER (dialog), "mooring.log");
  g_signal_connect_object (dialog, "response", G_CALLBACK (save_response_cb), self, 0);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (dialog));
}

static void
moor_log_view_dispose (GObject *object)
{
  g_clear_object (&MOOR_LOG_VIEW (object)->run);

  G_OBJECT_CLASS (moor_log_view_parent_class)->dispose (object);
}

static void
moor_log_view_class_init (MoorLogViewClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = moor_log_view_dispose;

  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/mooring/Mooring/ui/moor-log-view.ui");
  gtk_widget_class_bind_template_child (widget_class, MoorLogView, level_combo);
  gtk_widget_class_bind_template_child (widget_class, MoorLogView, search_button);
  gtk_widget_class_bind_template_child (widget_class, MoorLogView, search_bar);
  gtk_widget_class_bind_template_child (widget_class, MoorLogView, search_entry);
  gtk_widget_class_bind_template_child (widget_class, MoorLogView, search_label);
  gtk_widget_class_bind_template_child (widget_class, MoorLogView, scrolled);
  gtk_widget_class_bind_template_child (widget_class, MoorLogView, text_view);
  gtk_widget_class_bind_template_callback (widget_class, level_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, search_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, next_match_cb);
  gtk_widget_class_bind_template_callback (widget_class, previous_match_cb);
  gtk_widget_class_bind_template_callback (widget_class, copy_clicked_cb);
  gtk_widget_class_bind_template_callback (widget_class, save_clicked_cb);
}

static void
moor_log_view_init (MoorLogView *self)
{
  GtkTextIter end;

  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_search_bar_connect_entry (self->search_bar, self->search_entry);
  g_object_bind_property (self->search_button, "active", self->search_bar, "search-mode-enabled",
                          G_BINDING_BIDIRECTIONAL);
  gtk_text_buffer_get_end_iter (get_buffer (self), &end);
  gtk_text_buffer_create_mark (get_buffer (self), "end", &end, FALSE);
}

/**
 * moor_log_view_set_run:
 * @run: (nullable): whose log to show
 */
void
moor_log_view_set_run (MoorLogView *self, MoorRun *run)
{
  g_set_object (&self->run, run);
  level_changed_cb (self);
}

/**
 * moor_log_view_start_search:
 *
 * Opens the search and gives it the focus.
 */
void
moor_log_view_start_search (MoorLogView *self)
{
  gtk_search_bar_set_search_mode (self->search_bar, TRUE);
  gtk_widget_grab_focus (GTK_WIDGET (self->search_entry));
}

/**
 * moor_log_view_get_n_lines:
 *
 * Returns: how many lines are shown
 */
guint
moor_log_view_get_n_lines (MoorLogView *self)
{
  return (guint) gtk_text_buffer_get_line_count (get_buffer (self)) - 1;
}
