/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-run-view.h"

#include <glib/gi18n.h>

#include "moor-log-view.h"
#include "moor-run-row.h"
#include "moor-text.h"
#include "moor-trouble-row.h"
#include "moor-widgets.h"
#include "moor-words.h"

/**
 * MoorRunView:
 *
 * What every job looks like while it runs, and when it has ended: phases, one
 * bar, people, problems by cause, log, and the obvious next step.
 */
struct _MoorRunView
{
  GtkBox parent_instance;

  MoorRun *run;
  guint tick_id;
  char *shown_phases;      /* (nullable): what the row of phases was built from */
  GHashTable *people_rows; /* (element-type utf8 MoorRunRow) (keys owned) */

  GtkStack *icon_stack;
  GtkSpinner *spinner;
  GtkImage *state_image;
  GtkLabel *title_label;
  GtkLabel *sentence_label;
  GtkContainer *phases_box;
  GtkProgressBar *bar;
  GtkWidget *numbers_box;
  GtkLabel *bytes_label;
  GtkLabel *rate_label;
  GtkLabel *elapsed_label;
  GtkLabel *remaining_label;
  GtkStack *stack;
  GtkListBox *people_list;
  GtkListBox *troubles_list;
  MoorLogView *log_view;
  GtkButton *back_button;
  GtkButton *next_button;
  GtkWidget *remove_button;
  GtkWidget *cancel_button;
};

G_DEFINE_FINAL_TYPE (MoorRunView, moor_run_view, GTK_TYPE_BOX)

/* The step that follows, by what has ended and how. */
typedef struct
{
  const char *operation;
  MoorRunState state;
  const char *label;
  const char *action;
} NextStep;

/* clang-format off */
static const NextStep next_steps[] = {
  { "capture", MOOR_RUN_COMPLETE, N_("Show the _Store"), "win.run-show-store" },
  { "capture", MOOR_RUN_EXCEPTIONS, N_("Show the _Store"), "win.run-show-store" },
  { "capture", MOOR_RUN_CANCELLED, N_("_Resume"), "win.run-again" },
  { "restore", MOOR_RUN_COMPLETE, N_("_Check What Came Back"), "win.run-check" },
  { "restore", MOOR_RUN_EXCEPTIONS, N_("_Check What Came Back"), "win.run-check" },
  { "restore", MOOR_RUN_CANCELLED, N_("_Resume"), "win.run-again" },
  { "verify", MOOR_RUN_COMPLETE, N_("Show the _Result"), "win.run-show-check" },
  { "verify", MOOR_RUN_EXCEPTIONS, N_("Show the _Result"), "win.run-show-check" },
  { "verify", MOOR_RUN_CANCELLED, N_("Check _Again"), "win.run-again" },
  { "delete", MOOR_RUN_CANCELLED, N_("_Continue Deleting"), "win.run-again" },
};
/* clang-format on */

static const NextStep *
find_next_step (MoorRun *run)
{
  static const NextStep try_again = { NULL, MOOR_RUN_FAILED, N_ ("_Try Again"), "win.run-again" };

  if (moor_run_get_state (run) == MOOR_RUN_FAILED)
    return &try_again;
  for (guint i = 0; i < G_N_ELEMENTS (next_steps); i++)
    {
      if (next_steps[i].state == moor_run_get_state (run)
          && g_strcmp0 (next_steps[i].operation, moor_run_get_operation (run)) == 0)
        return &next_steps[i];
    }
  return NULL;
}

static const char *
get_state_icon (MoorRun *run)
{
  switch (moor_run_get_state (run))
    {
    case MOOR_RUN_COMPLETE:
      return "emblem-ok-symbolic";
    case MOOR_RUN_EXCEPTIONS:
      return "dialog-warning-symbolic";
    case MOOR_RUN_FAILED:
      return "dialog-error-symbolic";
    case MOOR_RUN_CANCELLED:
      return "media-playback-pause-symbolic";
    case MOOR_RUN_RUNNING:
    case MOOR_RUN_STOPPING:
    default:
      return "content-loading-symbolic";
    }
}

static void
show_state (MoorRunView *self)
{
  g_autofree char *title = moor_run_dup_title (self->run);
  g_autofree char *sentence = moor_run_dup_sentence (self->run);
  gboolean finished = moor_run_is_finished (self->run);

  moor_label_show (self->title_label, title);
  moor_label_show (self->sentence_label, sentence);
  gtk_stack_set_visible_child_name (self->icon_stack, finished ? "image" : "spinner");
  g_object_set (self->spinner, "active", !finished, NULL);
  gtk_image_set_from_icon_name (self->state_image, get_state_icon (self->run),
                                GTK_ICON_SIZE_DIALOG);
  moor_widget_set_class (GTK_WIDGET (self->state_image), "moor-complete",
                         moor_run_get_state (self->run) == MOOR_RUN_COMPLETE);
  moor_widget_set_class (GTK_WIDGET (self->state_image), "moor-exceptions",
                         moor_run_get_state (self->run) == MOOR_RUN_EXCEPTIONS);
  moor_widget_set_class (GTK_WIDGET (self->state_image), "moor-failed",
                         moor_run_get_state (self->run) == MOOR_RUN_FAILED);
  atk_object_set_description (gtk_widget_get_accessible (GTK_WIDGET (self)), title);
}

static void
show_buttons (MoorRunView *self)
{
  gboolean finished = moor_run_is_finished (self->run);
  const NextStep *next = finished ? find_next_step (self->run) : NULL;
  gboolean half_captured = moor_run_get_state (self->run) == MOOR_RUN_CANCELLED
                           && g_strcmp0 (moor_run_get_operation (self->run), "capture") == 0;

  gtk_widget_set_visible (self->cancel_button, !finished);
  gtk_widget_set_visible (GTK_WIDGET (self->back_button), finished);
  gtk_widget_set_visible (self->remove_button, half_captured);
  gtk_button_set_label (self->back_button, half_captured ? _ ("_Keep It for Later") : _ ("_Done"));
  gtk_widget_set_visible (GTK_WIDGET (self->next_button), next != NULL);
  if (next == NULL)
    return;
  gtk_button_set_label (self->next_button, _ (next->label));
  gtk_actionable_set_action_name (GTK_ACTIONABLE (self->next_button), next->action);
}

/* clang-format off */
static const MoorWord phase_done = { "done", N_("Done"), "object-select-symbolic" };
static const MoorWord phase_working = { "working", N_("Under way"), "media-playback-start-symbolic" };
static const MoorWord phase_waiting = { "waiting", N_("To come"), "content-loading-symbolic" };
static const MoorWord phase_stopped = { "stopped", N_("Stopped"), "media-playback-pause-symbolic" };
static const MoorWord phase_failed = { "failed", N_("Failed"), "dialog-error-symbolic" };
/* clang-format on */

static const MoorWord *
get_open_phase (MoorRun *run)
{
  if (moor_run_get_state (run) == MOOR_RUN_FAILED)
    return &phase_failed;
  return moor_run_is_finished (run) ? &phase_stopped : &phase_working;
}

static void
add_phase (MoorRunView *self, const MoorWord *state, const char *text, gboolean current)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *label = gtk_label_new (text);
  GtkWidget *image = gtk_image_new_from_icon_name (state->icon, GTK_ICON_SIZE_MENU);

  gtk_widget_set_tooltip_text (image, _ (state->text));
  atk_object_set_name (gtk_widget_get_accessible (image), _ (state->text));
  gtk_container_add (GTK_CONTAINER (box), image);
  gtk_container_add (GTK_CONTAINER (box), label);
  if (!current)
    gtk_style_context_add_class (gtk_widget_get_style_context (box), "dim-label");
  gtk_container_add (self->phases_box, box);
  gtk_widget_show_all (box);
}

/* What the row of phases depends on. */
static char *
dup_phases_key (MoorRun *run)
{
  GPtrArray *phases = moor_run_get_phases (run);
  const MoorRunPhase *last = phases->len > 0 ? g_ptr_array_index (phases, phases->len - 1) : NULL;

  return g_strdup_printf ("%u %u %d %d", phases->len, moor_run_get_n_phases (run),
                          last != NULL && last->done, (int) moor_run_get_state (run));
}

static void
show_phases (MoorRunView *self)
{
  GPtrArray *phases = moor_run_get_phases (self->run);
  guint n_phases = moor_run_get_n_phases (self->run);
  gboolean completed = moor_run_get_state (self->run) == MOOR_RUN_COMPLETE
                       || moor_run_get_state (self->run) == MOOR_RUN_EXCEPTIONS;
  g_autofree char *shown = dup_phases_key (self->run);

  if (g_strcmp0 (shown, self->shown_phases) == 0)
    return;
  g_free (self->shown_phases);
  self->shown_phases = g_steal_pointer (&shown);
  moor_container_clear (self->phases_box);
  for (guint i = 0; i < phases->len; i++)
    {
      const MoorRunPhase *phase = g_ptr_array_index (phases, i);
      gboolean done = phase->done || completed;

      add_phase (self, done ? &phase_done : get_open_phase (self->run), moor_word_phase (phase->id),
                 !done);
    }
  if (phases->len < n_phases && !moor_run_is_finished (self->run))
    {
      guint n_more = n_phases - phases->len;
      g_autofree char *more = g_strdup_printf (ngettext ("%u more step", "%u more steps", n_more),
                                               n_more);

      add_phase (self, &phase_waiting, more, FALSE);
    }
}

static void
show_progress (MoorRunView *self)
{
  const MoorEvent *progress = moor_run_get_progress (self->run);
  MoorRunState state = moor_run_get_state (self->run);
  gboolean finished = moor_run_is_finished (self->run);
  g_autofree char *done = NULL;
  g_autofree char *total = NULL;
  g_autofree char *text = NULL;
  g_autofree char *done_bytes = NULL;
  g_autofree char *rate = NULL;
  g_autofree char *rate_text = NULL;

  /* What has ended has its numbers in the sentence above; the last phase's would confuse. */
  gtk_widget_set_visible (GTK_WIDGET (self->bar),
                          !finished || (state == MOOR_RUN_CANCELLED && progress != NULL));
  if (state == MOOR_RUN_COMPLETE || state == MOOR_RUN_EXCEPTIONS)
    return;
  if (progress == NULL)
    {
      gtk_progress_bar_set_text (self->bar, "");
      gtk_progress_bar_pulse (self->bar);
      return;
    }
  done = moor_text_count (progress->done_objects);
  total = moor_text_count (progress->total_objects);
  text = progress->total_objects > 0 ? g_strdup_printf (_ ("%s of %s items"), done, total)
                                     : g_strdup_printf (_ ("%s items"), done);
  gtk_progress_bar_set_text (self->bar, text);
  if (progress->fraction >= 0 || finished)
    gtk_progress_bar_set_fraction (self->bar, CLAMP (progress->fraction, 0, 1));
  else
    gtk_progress_bar_pulse (self->bar);

  done_bytes = moor_text_size (progress->done_bytes);
  moor_label_show (self->bytes_label, done_bytes);
  rate = moor_text_count ((guint64) MAX (progress->rate, 0));
  rate_text = g_strdup_printf (_ ("%s items a second"), rate);
  moor_label_show (self->rate_label, progress->rate > 0 && !finished ? rate_text : "");
}

static void
show_times (MoorRunView *self)
{
  g_autofree char *elapsed = moor_words_elapsed (moor_run_get_elapsed_us (self->run));
  g_autofree char *remaining = moor_run_dup_remaining_text (self->run);
  g_autofree char *elapsed_text = g_strdup_printf (_ ("Elapsed: %s"), elapsed);
  g_autofree char *remaining_text = g_strdup_printf (_ ("Remaining: %s"), remaining);

  gtk_widget_set_visible (self->numbers_box, !moor_run_is_finished (self->run));
  moor_label_show (self->elapsed_label, elapsed_text);
  moor_label_show (self->remaining_label, remaining_text);
}

static MoorRunRow *
add_person (MoorRunView *self, const char *name)
{
  const char *full_name = g_hash_table_lookup (moor_run_get_full_names (self->run), name);
  GtkWidget *row = moor_run_row_new (name, full_name);

  gtk_list_box_insert (self->people_list, row, -1);
  g_hash_table_insert (self->people_rows, g_strdup (name), row);
  return MOOR_RUN_ROW (row);
}

/* Those whose turn has not come are there from the beginning. */
static void
add_people (MoorRunView *self)
{
  JsonArray *users = moor_json_list (moor_run_get_request (self->run), "users");

  for (guint i = 0; users != NULL && i < json_array_get_length (users); i++)
    {
      const char *name = json_array_get_string_element (users, i);

      if (name != NULL && !g_hash_table_contains (self->people_rows, name))
        moor_run_row_show (add_person (self, name), self->run, NULL);
    }
}

static void
show_people (MoorRunView *self)
{
  GHashTable *people = moor_run_get_people (self->run);
  GHashTableIter iter;
  gpointer name;
  gpointer value;

  g_hash_table_iter_init (&iter, people);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    {
      if (!g_hash_table_contains (self->people_rows, name))
        (void) add_person (self, name);
    }
  g_hash_table_iter_init (&iter, self->people_rows);
  while (g_hash_table_iter_next (&iter, &name, &value))
    moor_run_row_show (value, self->run, g_hash_table_lookup (people, name));
}

static void
show_troubles (MoorRunView *self)
{
  GtkWidget *page = gtk_stack_get_child_by_name (self->stack, "problems");
  guint64 n = moor_run_get_n_troubles (self->run);
  g_autofree char *count = moor_text_count (n);
  g_autofree char *title = n > 0 ? g_strdup_printf (_ ("Problems (%s)"), count)
                                 : g_strdup (_ ("Problems"));

  /* Rows that nobody sees can wait until the page is turned. */
  if (gtk_stack_get_visible_child (self->stack) == page)
    moor_trouble_list_show (self->troubles_list, moor_run_get_troubles (self->run));
  gtk_container_child_set (GTK_CONTAINER (self->stack), page, "title", title, NULL);
}

static void
page_turned_cb (MoorRunView *self)
{
  if (self->run != NULL)
    show_troubles (self);
}

static void
news_cb (MoorRunView *self)
{
  show_state (self);
  show_buttons (self);
  show_phases (self);
  show_progress (self);
  show_times (self);
  show_people (self);
  show_troubles (self);
  moor_log_view_refresh (self->log_view);
}

static void
finished_cb (MoorRunView *self)
{
  MoorRunState state = moor_run_get_state (self->run);

  if (state == MOOR_RUN_EXCEPTIONS && moor_run_get_n_troubles (self->run) > 0)
    gtk_stack_set_visible_child_name (self->stack, "problems");
  else if (state == MOOR_RUN_FAILED)
    gtk_stack_set_visible_child_name (self->stack, "log");
  if (gtk_widget_get_visible (GTK_WIDGET (self->next_button)))
    gtk_widget_grab_focus (GTK_WIDGET (self->next_button));
}

static gboolean
tick_cb (gpointer user_data)
{
  MoorRunView *self = user_data;

  if (moor_run_is_finished (self->run))
    {
      self->tick_id = 0;
      return G_SOURCE_REMOVE;
    }
  show_times (self);
  return G_SOURCE_CONTINUE;
}

static void
drop_run (MoorRunView *self)
{
  if (self->run != NULL)
    g_signal_handlers_disconnect_by_data (self->run, self);
  g_clear_handle_id (&self->tick_id, g_source_remove);
  g_clear_object (&self->run);
}

static void
moor_run_view_dispose (GObject *object)
{
  MoorRunView *self = MOOR_RUN_VIEW (object);

  drop_run (self);
  g_clear_pointer (&self->people_rows, g_hash_table_unref);
  g_clear_pointer (&self->shown_phases, g_free);

  G_OBJECT_CLASS (moor_run_view_parent_class)->dispose (object);
}

static void
bind_children (GtkWidgetClass *widget_class)
{
  gtk_widget_class_bind_template_child (widget_class, MoorRunView, icon_stack);
  gtk_widget_class_bind_template_child (widget_class, MoorRunView, spinner);
  gtk_widget_class_bind_template_child (widget_class, MoorRunView, state_image);
  gtk_widget_class_bind_template_child (widget_class, MoorRunView, title_label);
  gtk_widget_class_bind_template_child (widget_class, MoorRunView, sentence_label);
  gtk_widget_class_bind_template_child (widget_class, MoorRunView, phases_box);
  gtk_widget_class_bind_template_child (widget_class, MoorRunView, bar);
  gtk_widget_class_bind_template_child (widget_class, MoorRunView, numbers_box);
  gtk_widget_class_bind_template_child (widget_class, MoorRunView, bytes_label);
  gtk_widget_class_bind_template_child (widget_class, MoorRunView, rate_label);
  gtk_widget_class_bind_template_child (widget_class, MoorRunView, elapsed_label);
  gtk_widget_class_bind_template_child (widget_class, MoorRunView, remaining_label);
  gtk_widget_class_bind_template_child (widget_class, MoorRunView, stack);
  gtk_widget_class_bind_template_child (widget_class, MoorRunView, people_list);
  gtk_widget_class_bind_template_child (widget_class, MoorRunView, troubles_list);
  gtk_widget_class_bind_template_child (widget_class, MoorRunView, log_view);
  gtk_widget_class_bind_template_child (widget_class, MoorRunView, back_button);
  gtk_widget_class_bind_template_child (widget_class, MoorRunView, next_button);
  gtk_widget_class_bind_template_child (widget_class, MoorRunView, remove_button);
  gtk_widget_class_bind_template_child (widget_class, MoorRunView, cancel_button);
}

static void
moor_run_view_class_init (MoorRunViewClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = moor_run_view_dispose;

  g_type_ensure (MOOR_TYPE_LOG_VIEW);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/mooring/Mooring/ui/moor-run-view.ui");
  bind_children (widget_class);
  gtk_widget_class_bind_template_callback (widget_class, page_turned_cb);
}

static void
moor_run_view_init (MoorRunView *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->people_rows = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

/**
 * moor_run_view_set_run:
 * @run: the job to show from now on
 */
void
moor_run_view_set_run (MoorRunView *self, MoorRun *run)
{
  drop_run (self);
  g_hash_table_remove_all (self->people_rows);
  g_clear_pointer (&self->shown_phases, g_free);
  moor_container_clear (GTK_CONTAINER (self->people_list));
  moor_container_clear (GTK_CONTAINER (self->troubles_list));
  gtk_progress_bar_set_fraction (self->bar, 0);
  moor_label_show (self->bytes_label, "");
  moor_label_show (self->rate_label, "");
  gtk_stack_set_visible_child_name (self->stack, "people");

  self->run = g_object_ref (run);
  moor_log_view_set_run (self->log_view, run);
  g_signal_connect_object (run, "news", G_CALLBACK (news_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (run, "finished", G_CALLBACK (finished_cb), self, G_CONNECT_SWAPPED);
  self->tick_id = g_timeout_add_seconds (1, tick_cb, self);
  add_people (self);
  news_cb (self);
}

/**
 * moor_run_view_start_search:
 *
 * Opens the log and searches it.
 */
void
moor_run_view_start_search (MoorRunView *self)
{
  gtk_stack_set_visible_child_name (self->stack, "log");
  moor_log_view_start_search (self->log_view);
}
