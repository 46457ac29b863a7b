/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-profiles-place.h"

#include <glib/gi18n.h>

#include "moor-person-pane.h"
#include "moor-person-row.h"
#include "moor-selection.h"
#include "moor-status-page.h"
#include "moor-text.h"
#include "moor-widgets.h"
#include "moor-words.h"

/**
 * MoorProfilesPlace:
 *
 * Whom to capture.  The list is there as soon as "profiles" has answered; sizes
 * and times come in while "estimate" runs.
 */
struct _MoorProfilesPlace
{
  GtkBox parent_instance;

  MoorClient *client;
  char *root;
  char *store;
  char *system_name;         /* (nullable): until "profiles" has answered */
  GListStore *people;        /* (element-type MoorPerson) (owned) */
  JsonObject *totals;        /* (nullable): once the estimate is done */
  GCancellable *cancellable; /* (nullable): of what is under way */
  gboolean measuring;

  GtkStack *stack;
  MoorStatusPage *status_page;
  GtkListBox *people_list;
  MoorPersonPane *pane;
  GtkSpinner *spinner;
  GtkLabel *totals_label;
  GtkLabel *store_label;
  GtkWidget *capture_button;
};

G_DEFINE_FINAL_TYPE (MoorProfilesPlace, moor_profiles_place, GTK_TYPE_BOX)

enum
{
  SELECTION_CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

/* What an answer needs to find its way: place and question. */
typedef struct
{
  MoorProfilesPlace *place;
  GCancellable *cancellable;
} Question;

static Question *
question_new (MoorProfilesPlace *self)
{
  Question *question = g_new0 (Question, 1);

  question->place = g_object_ref (self);
  question->cancellable = g_object_ref (self->cancellable);
  return question;
}

static void
question_free (Question *question)
{
  g_object_unref (question->place);
  g_object_unref (question->cancellable);
  g_free (question);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Question, question_free)

/* Answers to a question nobody asks any more are dropped. */
static gboolean
is_current (const Question *question)
{
  return question->cancellable == question->place->cancellable;
}

static void
show_shares (MoorProfilesPlace *self)
{
  guint n_people = g_list_model_get_n_items (G_LIST_MODEL (self->people));
  guint64 most = 1;

  for (guint i = 0; i < n_people; i++)
    {
      g_autoptr(MoorPerson) person = g_list_model_get_item (G_LIST_MODEL (self->people), i);

      most = MAX (most, moor_person_get_n_bytes (person));
    }
  for (guint i = 0; i < n_people; i++)
    {
      GtkListBoxRow *row = gtk_list_box_get_row_at_index (self->people_list, (int) i);
      MoorPerson *person = moor_person_row_get_person (MOOR_PERSON_ROW (row));

      moor_person_row_set_share (MOOR_PERSON_ROW (row),
                                 (double) moor_person_get_n_bytes (person) / (double) most);
    }
}

static void
show_totals (MoorProfilesPlace *self)
{
  g_autofree char *sentence = moor_selection_dup_sentence (G_LIST_MODEL (self->people),
                                                           self->totals, self->measuring);

  moor_label_show (self->totals_label, sentence);
  gtk_widget_set_visible (GTK_WIDGET (self->spinner), self->measuring);
  g_object_set (self->spinner, "active", self->measuring, NULL);
}

static void
selection_changed_cb (MoorProfilesPlace *self)
{
  show_totals (self);
  g_signal_emit (self, signals[SELECTION_CHANGED], 0);
}

static MoorPerson *
find_person (MoorProfilesPlace *self, const char *name)
{
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self->people)); i++)
    {
      g_autoptr(MoorPerson) person = g_list_model_get_item (G_LIST_MODEL (self->people), i);

      if (g_strcmp0 (moor_person_get_name (person), name) == 0)
        return person;
    }
  return NULL;
}

static void
news_cb (const MoorNews *news, gpointer user_data)
{
  const Question *question = user_data;
  MoorProfilesPlace *self = question->place;
  GHashTableIter iter;
  gpointer name;
  gpointer event;

  if (!is_current (question))
    return;

  g_hash_table_iter_init (&iter, news->profiles);
  while (g_hash_table_iter_next (&iter, &name, &event))
    {
      MoorPerson *person = find_person (self, name);

      if (person != NULL)
        moor_person_take_event (person, event);
    }
  for (guint i = 0; i < news->troubles->len; i++)
    {
      const MoorTrouble *trouble = g_ptr_array_index (news->troubles, i);
      MoorPerson *person = find_person (self, trouble->profile);

      if (person != NULL)
        moor_person_add_trouble (person, trouble);
    }
  show_shares (self);
  show_totals (self);
}

static void
take_estimate (MoorProfilesPlace *self, JsonObject *result)
{
  JsonArray *profiles = moor_json_list (result, "profiles");
  guint n_profiles = profiles != NULL ? json_array_get_length (profiles) : 0;

  for (guint i = 0; i < n_profiles; i++)
    {
      JsonObject *profile = json_array_get_object_element (profiles, i);
      MoorPerson *person = find_person (self, moor_json_text (profile, "name"));

      if (person != NULL)
        moor_person_take_estimate (person, profile);
    }
  g_clear_pointer (&self->totals, json_object_unref);
  if (json_object_has_member (result, "totals"))
    self->totals = json_object_ref (json_object_get_object_member (result, "totals"));
  moor_person_pane_set_excluded (self->pane, moor_json_list (result, "excluded"));
  if (self->store == NULL && moor_json_text (result, "store-path") != NULL)
    {
      g_autofree char *store = moor_text_to_path (moor_json_text (result, "store-path"));

      moor_profiles_place_set_store (self, store);
    }
  show_shares (self);
}

static void
estimate_ready_cb (GObject *source, GAsyncResult *async_result, gpointer user_data)
{
  g_autoptr(Question) question = user_data;
  MoorProfilesPlace *self = question->place;
  g_autoptr(JsonObject) result = NULL;
  g_autoptr(GError) error = NULL;

  (void) moor_client_run_finish (MOOR_CLIENT (source), async_result, &result, &error);
  if (!is_current (question))
    return;

  self->measuring = FALSE;
  if (error == NULL && result != NULL)
    take_estimate (self, result);
  show_totals (self);
  if (error != NULL && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      g_autofree char *reason = moor_words_error (error);
      g_autofree char *text = g_strdup_printf (_ ("The homes could not be measured. %s"), reason);

      moor_label_show (self->totals_label, text);
    }
  g_signal_emit (self, signals[SELECTION_CHANGED], 0);
}

static void
start_estimate (MoorProfilesPlace *self)
{
  JsonObject *request = moor_request_new ("estimate", self->root, NULL);
  g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  guint n_people = g_list_model_get_n_items (G_LIST_MODEL (self->people));

  for (guint i = 0; i < n_people; i++)
    {
      g_autoptr(MoorPerson) person = g_list_model_get_item (G_LIST_MODEL (self->people), i);

      if (moor_person_get_selectable (person))
        g_ptr_array_add (names, g_strdup (moor_person_get_name (person)));
    }
  g_ptr_array_add (names, NULL);
  moor_request_set_strings (request, "users", (const char *const *) names->pdata);

  self->measuring = names->len > 1;
  if (self->measuring)
    moor_client_run_async (self->client, request, news_cb, question_new (self),
                           (GDestroyNotify) question_free, self->cancellable, estimate_ready_cb,
                           question_new (self));
  else
    json_object_unref (request);
  show_totals (self);
}

static void
fill_people (MoorProfilesPlace *self, JsonArray *profiles)
{
  guint n_profiles = profiles != NULL ? json_array_get_length (profiles) : 0;

  g_list_store_remove_all (self->people);
  for (guint i = 0; i < n_profiles; i++)
    {
      g_autoptr(MoorPerson) person = moor_person_new (json_array_get_object_element (profiles, i),
                                                       self->client);

      moor_person_reset_measure (person);
      g_signal_connect_object (person, "notify::selected", G_CALLBACK (selection_changed_cb), self,
                               G_CONNECT_SWAPPED);
      g_list_store_append (self->people, person);
    }
  if (n_profiles == 0)
    {
      moor_status_page_show (self->status_page, "system-users-symbolic", _ ("Nobody lives here"),
                             _ ("This system has no person with a home. Choose another system at "
                                "the top left."),
                             NULL, NULL);
      gtk_stack_set_visible_child_name (self->stack, "status");
      return;
    }
  gtk_stack_set_visible_child_name (self->stack, "people");
  gtk_list_box_select_row (self->people_list, gtk_list_box_get_row_at_index (self->people_list, 0));
}

static void
profiles_ready_cb (GObject *source, GAsyncResult *async_result, gpointer user_data)
{
  g_autoptr(Question) question = user_data;
  MoorProfilesPlace *self = question->place;
  g_autoptr(JsonObject) result = NULL;
  g_autoptr(GError) error = NULL;

  (void) moor_client_run_finish (MOOR_CLIENT (source), async_result, &result, &error);
  if (!is_current (question))
    return;

  if (error != NULL)
    {
      g_autofree char *text = moor_words_error (error);

      moor_status_page_show (self->status_page, "dialog-error-symbolic",
                             _ ("This system cannot be read"), text, _ ("_Try Again"),
                             "win.rescan");
      gtk_stack_set_visible_child_name (self->stack, "status");
      g_signal_emit (self, signals[SELECTION_CHANGED], 0);
      return;
    }
  g_free (self->system_name);
  self->system_name = moor_words_system (moor_json_text (result, "system"),
                                         moor_json_text (result, "host"));
  fill_people (self, moor_json_list (result, "profiles"));
  start_estimate (self);
  g_signal_emit (self, signals[SELECTION_CHANGED], 0);
}

static void
find_store_thread (GTask *task, gpointer source, gpointer root, GCancellable *cancellable)
{
  g_task_return_pointer (task, moor_request_default_store (root, NULL), g_free);
}

static void
store_found_cb (GObject *source, GAsyncResult *async_result, gpointer user_data)
{
  g_autoptr(Question) question = user_data;
  g_autofree char *store = g_task_propagate_pointer (G_TASK (async_result), NULL);

  if (store == NULL || !is_current (question) || question->place->store != NULL)
    return;
  moor_profiles_place_set_store (question->place, store);
  g_signal_emit (question->place, signals[SELECTION_CHANGED], 0);
}

/* Where a store usually goes depends on what is mounted where: that may block. */
static void
find_store (MoorProfilesPlace *self)
{
  g_autoptr(GTask)
                 task = g_task_new (self, self->cancellable, store_found_cb, question_new (self));

  g_task_set_source_tag (task, find_store);
  g_task_set_task_data (task, g_strdup (self->root), g_free);
  g_task_run_in_thread (task, find_store_thread);
}

static void
row_selected_cb (MoorProfilesPlace *self, GtkListBoxRow *row)
{
  moor_person_pane_set_person (
      self->pane, row != NULL ? moor_person_row_get_person (MOOR_PERSON_ROW (row)) : NULL);
}

static void
row_activated_cb (MoorProfilesPlace *self, GtkListBoxRow *row)
{
  MoorPerson *person = moor_person_row_get_person (MOOR_PERSON_ROW (row));

  moor_person_set_selected (person, !moor_person_get_selected (person));
}

static GtkWidget *
create_row_cb (gpointer item, gpointer user_data)
{
  MoorProfilesPlace *self = user_data;

  return moor_person_row_new (item, self->root);
}

static void
moor_profiles_place_dispose (GObject *object)
{
  MoorProfilesPlace *self = MOOR_PROFILES_PLACE (object);

  moor_profiles_place_stop (self);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->client);

  G_OBJECT_CLASS (moor_profiles_place_parent_class)->dispose (object);
}

static void
moor_profiles_place_finalize (GObject *object)
{
  MoorProfilesPlace *self = MOOR_PROFILES_PLACE (object);

  g_free (self->root);
  g_free (self->store);
  g_free (self->system_name);
  g_clear_object (&self->people);
  g_clear_pointer (&self->totals, json_object_unref);

  G_OBJECT_CLASS (moor_profiles_place_parent_class)->finalize (object);
}

static void
moor_profiles_place_class_init (MoorProfilesPlaceClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = moor_profiles_place_dispose;
  G_OBJECT_CLASS (klass)->finalize = moor_profiles_place_finalize;

  signals[SELECTION_CHANGED] = g_signal_new ("selection-changed", MOOR_TYPE_PROFILES_PLACE,
                                             G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                             0);

  g_type_ensure (MOOR_TYPE_STATUS_PAGE);
  g_type_ensure (MOOR_TYPE_PERSON_PANE);
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/mooring/Mooring/ui/moor-profiles-place.ui");
  gtk_widget_class_bind_template_child (widget_class, MoorProfilesPlace, stack);
  gtk_widget_class_bind_template_child (widget_class, MoorProfilesPlace, status_page);
  gtk_widget_class_bind_template_child (widget_class, MoorProfilesPlace, people_list);
  gtk_widget_class_bind_template_child (widget_class, MoorProfilesPlace, pane);
  gtk_widget_class_bind_template_child (widget_class, MoorProfilesPlace, spinner);
  gtk_widget_class_bind_template_child (widget_class, MoorProfilesPlace, totals_label);
  gtk_widget_class_bind_template_child (widget_class, MoorProfilesPlace, store_label);
  gtk_widget_class_bind_template_child (widget_class, MoorProfilesPlace, capture_button);
  gtk_widget_class_bind_template_callback (widget_class, row_selected_cb);
  gtk_widget_class_bind_template_callback (widget_class, row_activated_cb);
}

static void
moor_profiles_place_init (MoorProfilesPlace *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->people = g_list_store_new (MOOR_TYPE_PERSON);
  gtk_list_box_bind_model (self->people_list, G_LIST_MODEL (self->people), create_row_cb, self,
                           NULL);
}

/**
 * moor_profiles_place_load:
 * @client: whom to ask
 * @root: (type filename): the system
 *
 * Shows the people of @root, and begins to measure their homes.
 */
void
moor_profiles_place_load (MoorProfilesPlace *self, MoorClient *client, const char *root)
{
  moor_profiles_place_stop (self);
  g_set_object (&self->client, client);
  if (g_strcmp0 (self->root, root) != 0)
    {
      g_free (self->root);
      self->root = g_strdup (root);
      g_clear_pointer (&self->system_name, g_free);
      moor_profiles_place_set_store (self, NULL);
    }
  g_clear_pointer (&self->totals, json_object_unref);
  g_clear_object (&self->cancellable);
  self->cancellable = g_cancellable_new ();

  moor_status_page_show (self->status_page, "system-users-symbolic", _ ("Looking for people…"),
                         _ ("This takes a moment."), NULL, NULL);
  gtk_stack_set_visible_child_name (self->stack, "status");
  if (self->store == NULL)
    find_store (self);
  moor_client_run_async (client, moor_request_new ("profiles", root, NULL), NULL, NULL, NULL,
                         self->cancellable, profiles_ready_cb, question_new (self));
}

/**
 * moor_profiles_place_stop:
 *
 * Stops measuring; what is known stays.
 */
void
moor_profiles_place_stop (MoorProfilesPlace *self)
{
  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
}

GListModel *
moor_profiles_place_get_people (MoorProfilesPlace *self)
{
  return G_LIST_MODEL (self->people);
}

/**
 * moor_profiles_place_get_store:
 *
 * Returns: (type filename) (nullable): where the store will be
 */
const char *
moor_profiles_place_get_store (MoorProfilesPlace *self)
{
  return self->store;
}

/**
 * moor_profiles_place_dup_system_name:
 *
 * Returns: (transfer full) (nullable): what people call the system; %NULL while unknown
 */
char *
moor_profiles_place_dup_system_name (MoorProfilesPlace *self)
{
  return g_strdup (self->system_name);
}

/**
 * moor_profiles_place_set_store:
 * @store: (type filename) (nullable): where the store shall be; %NULL while unknown
 */
void
moor_profiles_place_set_store (MoorProfilesPlace *self, const char *store)
{
  g_autofree char *path = NULL;
  g_autofree char *text = NULL;

  g_free (self->store);
  self->store = g_strdup (store);
  path = moor_text_path (store != NULL ? store : "…");
  text = g_strdup_printf (_ ("The store will be at %s"), path);
  moor_label_show (self->store_label, text);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->store_label), path);
}

gboolean
moor_profiles_place_is_measuring (MoorProfilesPlace *self)
{
  return self->measuring;
}

/**
 * moor_profiles_place_dup_request:
 *
 * Returns: (transfer full) (nullable): the capture that is set up here; %NULL if
 *   nobody is chosen or there is no place for the store
 */
JsonObject *
moor_profiles_place_dup_request (MoorProfilesPlace *self)
{
  g_auto(GStrv) names = moor_selection_dup_names (G_LIST_MODEL (self->people));
  JsonObject *request;

  if (names[0] == NULL || self->store == NULL)
    return NULL;
  request = moor_request_new ("capture", self->root, self->store);
  moor_request_set_strings (request, "users", (const char *const *) names);
  json_object_set_boolean_member (request, "resume", TRUE);
  if (self->totals != NULL)
    json_object_set_int_member (
        request, "expect", (gint64) moor_selection_count_objects (G_LIST_MODEL (self->people)));
  return request;
}
