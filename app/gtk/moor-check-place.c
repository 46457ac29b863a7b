/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-check-place.h"

#include <glib/gi18n.h>

#include "moor-status-page.h"
#include "moor-store-item.h"
#include "moor-text.h"
#include "moor-widgets.h"
#include "moor-words.h"

/**
 * MoorCheckPlace:
 *
 * Whether everything came back: a verdict, each person before and after, and
 * every object with how it compares.
 */
struct _MoorCheckPlace
{
  GtkBox parent_instance;

  GListModel *stores;
  char *wanted_store; /* (nullable): selected as soon as it is there */
  char *store;        /* (nullable): what the shown result is of */
  JsonObject *result;
  GCancellable *cancellable; /* (nullable): of the result being prepared */

  GtkComboBoxText *store_combo;
  GtkComboBox *against_combo;
  GtkWidget *check_button;
  GtkStack *stack;
  MoorStatusPage *status_page;
  GtkWidget *verdict_box;
  GtkImage *verdict_image;
  GtkLabel *verdict_label;
  GtkLabel *sentence_label;
  GtkGrid *people_grid;
  GtkToggleButton *only_button;
  GtkWidget *truncated_label;
  MoorCheckTree *tree;
  GtkWidget *details_box;
  GtkWidget *no_details_label;
  GtkImage *details_image;
  GtkLabel *details_status_label;
  GtkLabel *details_path_label;
  GtkLabel *details_cause_label;
  GtkLabel *details_remedy_label;
  GtkWidget *put_back_button;
};

G_DEFINE_FINAL_TYPE (MoorCheckPlace, moor_check_place, GTK_TYPE_BOX)

enum
{
  SELECTION_CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

typedef struct
{
  MoorCheckPlace *place;
  GCancellable *cancellable;
  MoorClient *client;
  char *root;
} Preparation;

static void
preparation_free (Preparation *preparation)
{
  g_object_unref (preparation->place);
  g_object_unref (preparation->cancellable);
  g_object_unref (preparation->client);
  g_free (preparation->root);
  g_free (preparation);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Preparation, preparation_free)

static void
show_details (MoorCheckPlace *self, const MoorCheckEntry *entry)
{
  MoorWord status = moor_word_status (entry->status);
  MoorCause cause = MOOR_CAUSE_NONE;
  gboolean restored = g_strcmp0 (moor_json_text (self->result, "against"), "restored") == 0;
  gboolean can_put_back = restored && g_strcmp0 (entry->status, "missing") == 0;
  const char *remedy;
  g_autofree char *path = g_strconcat (entry->profile, *entry->path != '\0' ? "/" : "", entry->path,
                                       NULL);
  g_autofree char *text = NULL;

  if (!moor_cause_from_id (moor_json_text (entry->difference, "cause"), &cause))
    cause = MOOR_CAUSE_NONE;
  gtk_image_set_from_icon_name (self->details_image, status.icon, GTK_ICON_SIZE_MENU);
  gtk_label_set_label (self->details_status_label, status.text);
  gtk_label_set_label (self->details_path_label, path);
  text = entry->difference != NULL
             ? moor_words_cause (cause, moor_json_text (entry->difference, "detail"))
             : g_strdup (moor_word_status_meaning (entry->status));
  gtk_label_set_label (self->details_cause_label, text);
  gtk_widget_set_visible (GTK_WIDGET (self->details_cause_label), *text != '\0');
  remedy = can_put_back ? _ ("Put it back from the store: nothing else is touched.")
                        : moor_word_remedy (cause);
  if (!restored && moor_json_flag (entry->difference, "blocks"))
    remedy = _ ("Capture once more before the system is replaced.");
  gtk_label_set_label (self->details_remedy_label, remedy);
  gtk_widget_set_visible (GTK_WIDGET (self->details_remedy_label), *remedy != '\0');
  gtk_widget_set_visible (self->put_back_button, can_put_back);
}

static void
selection_changed_cb (MoorCheckPlace *self)
{
  g_autoptr(MoorCheckEntry) entry = moor_check_tree_dup_selected (self->tree);

  gtk_widget_set_visible (self->details_box, entry != NULL);
  gtk_widget_set_visible (self->no_details_label, entry == NULL);
  if (entry != NULL)
    show_details (self, entry);
  g_signal_emit (self, signals[SELECTION_CHANGED], 0);
}

static void
only_toggled_cb (MoorCheckPlace *self)
{
  moor_check_tree_set_only_differences (self->tree,
                                        gtk_toggle_button_get_active (self->only_button));
}

static void
show_waiting (MoorCheckPlace *self)
{
  gboolean any = self->stores != NULL && g_list_model_get_n_items (self->stores) > 0;

  if (any)
    moor_status_page_show (self->status_page, "edit-find-symbolic", _ ("See what came back"),
                           _ ("A check compares every file in the store with the computer. It "
                              "changes nothing."),
                           NULL, NULL);
  else
    moor_status_page_show (self->status_page, "edit-find-symbolic", _ ("Nothing to check yet"),
                           _ ("A check needs a store, and a capture makes one."),
                           _ ("Go to _Profiles"), "win.show-profiles");
  gtk_stack_set_visible_child_name (self->stack, "status");
}

static MoorStoreItem *
get_item (MoorCheckPlace *self)
{
  const char *path = gtk_combo_box_get_active_id (GTK_COMBO_BOX (self->store_combo));
  guint n_stores = self->stores != NULL ? g_list_model_get_n_items (self->stores) : 0;

  for (guint i = 0; i < n_stores; i++)
    {
      g_autoptr(MoorStoreItem) item = g_list_model_get_item (self->stores, i);

      if (g_strcmp0 (moor_store_item_get_path (item), path) == 0)
        return item;
    }
  return NULL;
}

static void
store_changed_cb (MoorCheckPlace *self)
{
  MoorStoreItem *item = get_item (self);

  if (item == NULL)
    return;
  if (self->result != NULL && g_strcmp0 (moor_store_item_get_path (item), self->store) == 0)
    {
      gtk_combo_box_set_active_id (self->against_combo, moor_json_text (self->result, "against"));
      gtk_stack_set_visible_child_name (self->stack, "result");
    }
  else
    {
      gtk_combo_box_set_active_id (self->against_combo,
                                   moor_store_item_is_restored (item) ? "restored" : "source");
      show_waiting (self);
    }
  g_signal_emit (self, signals[SELECTION_CHANGED], 0);
}

static void
stores_changed_cb (MoorCheckPlace *self)
{
  g_autofree char *wanted = g_strdup (
      self->wanted_store != NULL ? self->wanted_store
                                 : gtk_combo_box_get_active_id (GTK_COMBO_BOX (self->store_combo)));

  gtk_combo_box_text_remove_all (self->store_combo);
  for (guint i = 0; i < g_list_model_get_n_items (self->stores); i++)
    {
      g_autoptr(MoorStoreItem) item = g_list_model_get_item (self->stores, i);
      g_autofree char *text = moor_store_item_dup_label (item);

      if (moor_store_item_can_check (item))
        gtk_combo_box_text_append (self->store_combo, moor_store_item_get_path (item), text);
    }
  if (wanted == NULL || !gtk_combo_box_set_active_id (GTK_COMBO_BOX (self->store_combo), wanted))
    gtk_combo_box_set_active (GTK_COMBO_BOX (self->store_combo), 0);
  if (self->result == NULL)
    show_waiting (self);
  g_signal_emit (self, signals[SELECTION_CHANGED], 0);
}

static void
attach_label (GtkGrid *grid, int column, int row, const char *text, const char *style, float xalign)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_xalign (GTK_LABEL (label), xalign);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_widget_set_hexpand (label, column == 0);
  if (style != NULL)
    gtk_style_context_add_class (gtk_widget_get_style_context (label), style);
  gtk_grid_attach (grid, label, column, row, 1, 1);
  gtk_widget_show (label);
}

static char *
dup_side (JsonObject *profile, const char *files_member, const char *bytes_member)
{
  g_autofree char *files = moor_words_files (moor_json_count (profile, files_member));
  g_autofree char *bytes = moor_text_size (moor_json_count (profile, bytes_member));

  return g_strdup_printf ("%s, %s", files, bytes);
}

static char *
dup_person_verdict (JsonObject *profile)
{
  static const char *const members[] = { "missing", "changed", "metadata", "renamed", "extra" };
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (members); i++)
    {
      guint64 n = moor_json_count (profile, members[i]);
      g_autofree char *count = moor_text_count (n);
      g_autofree char *word = g_utf8_strdown (moor_word_status (members[i]).text, -1);

      if (n > 0)
        g_string_append_printf (text, "%s%s %s", text->len > 0 ? ", " : "", count, word);
    }
  if (text->len == 0)
    g_string_append (text, _ ("all as before"));
  return g_string_free (text, FALSE);
}

static void
add_person (MoorCheckPlace *self, int row, JsonObject *profile)
{
  const char *full_name = moor_json_text (profile, "full-name");
  const char *name = moor_json_text (profile, "name");
  g_autofree char *person = moor_words_person (name, full_name);
  g_autofree char *before = dup_side (profile, "before-files", "before-bytes");
  g_autofree char *after = dup_side (profile, "after-files", "after-bytes");
  g_autofree char *verdict = dup_person_verdict (profile);
  guint64 n_bad = moor_json_count (profile, "missing") + moor_json_count (profile, "changed");
  GtkWidget *image = gtk_image_new_from_icon_name (
      n_bad > 0 ? "dialog-error-symbolic" : "emblem-ok-symbolic", GTK_ICON_SIZE_MENU);

  attach_label (self->people_grid, 0, row, person, NULL, 0);
  attach_label (self->people_grid, 1, row, before, NULL, 1);
  attach_label (self->people_grid, 2, row, after, NULL, 1);
  gtk_grid_attach (self->people_grid, image, 3, row, 1, 1);
  gtk_widget_show (image);
  attach_label (self->people_grid, 4, row, verdict, NULL, 0);
}

static void
show_people (MoorCheckPlace *self)
{
  JsonArray *profiles = moor_json_list (self->result, "profiles");
  guint n_profiles = profiles != NULL ? json_array_get_length (profiles) : 0;

  moor_container_clear (GTK_CONTAINER (self->people_grid));
  attach_label (self->people_grid, 0, 0, _ ("Person"), "dim-label", 0);
  attach_label (self->people_grid, 1, 0, _ ("Before"), "dim-label", 1);
  attach_label (self->people_grid, 2, 0, _ ("After"), "dim-label", 1);
  attach_label (self->people_grid, 4, 0, _ ("Compared"), "dim-label", 0);
  for (guint i = 0; i < n_profiles; i++)
    add_person (self, (int) i + 1, json_array_get_object_element (profiles, i));
}

static guint64
count_drift (JsonObject *result)
{
  return moor_json_count (result, "changed") + moor_json_count (result, "missing")
         + moor_json_count (result, "extra") + moor_json_count (result, "metadata")
         + moor_json_count (result, "renamed");
}

static char *
dup_verdict (JsonObject *result)
{
  gboolean restored = g_strcmp0 (moor_json_text (result, "against"), "restored") == 0;
  guint64 n = moor_json_count (result, "blocking");
  g_autofree char *count = moor_text_count (n);

  if (moor_json_flag (result, "clean"))
    return g_strdup (restored ? _ ("Everything came back") : _ ("Everything is in the store"));
  return g_strdup_printf (
      restored ? ngettext ("%s thing did not come back as it was",
                           "%s things did not come back as they were", (gulong) n)
               : ngettext ("%s thing is not in the store as it should be",
                           "%s things are not in the store as they should be", (gulong) n),
      count);
}

static char *
dup_verdict_sentence (JsonObject *result)
{
  guint64 n_same = moor_json_count (result, "same") + moor_json_count (result, "equal-copy");
  guint64 n_drift = count_drift (result);
  g_autofree char *same = moor_words_files (n_same);
  g_autofree char *drift = moor_text_count (n_drift);

  if (n_drift == 0)
    return g_strdup_printf (_ ("%s were compared, and every one is as it was."), same);
  if (moor_json_flag (result, "clean"))
    return g_strdup_printf (_ ("%s are as they were. %s more differ in ways that lose nothing: "
                               "tick “Only differences” to see them."),
                            same, drift);
  return g_strdup_printf (_ ("%s are as they were. Select a difference to see its cause and what "
                             "to do."),
                          same);
}

static void
show_verdict (MoorCheckPlace *self)
{
  gboolean clean = moor_json_flag (self->result, "clean");
  g_autofree char *verdict = dup_verdict (self->result);
  g_autofree char *sentence = dup_verdict_sentence (self->result);

  moor_widget_set_class (self->verdict_box, "moor-good", clean);
  moor_widget_set_class (self->verdict_box, "moor-bad", !clean);
  gtk_image_set_from_icon_name (self->verdict_image,
                                clean ? "emblem-ok-symbolic" : "dialog-error-symbolic",
                                GTK_ICON_SIZE_DIALOG);
  gtk_label_set_label (self->verdict_label, verdict);
  gtk_label_set_label (self->sentence_label, sentence);
}

static void
index_thread (GTask *task, gpointer source, gpointer result, GCancellable *cancellable)
{
  g_task_return_pointer (task, moor_differences_new (result),
                         (GDestroyNotify) moor_differences_unref);
}

static void
indexed_cb (GObject *source, GAsyncResult *async_result, gpointer user_data)
{
  g_autoptr(Preparation) preparation = user_data;
  MoorCheckPlace *self = preparation->place;
  g_autoptr(MoorDifferences) differences = g_task_propagate_pointer (G_TASK (async_result), NULL);
  gboolean clean;

  if (differences == NULL || preparation->cancellable != self->cancellable)
    return;
  clean = moor_json_flag (self->result, "clean");
  moor_check_tree_show (self->tree, preparation->client, preparation->root, self->store,
                        moor_json_list (self->result, "profiles"), differences);
  gtk_toggle_button_set_active (self->only_button, !clean);
  only_toggled_cb (self);
}

static void
drop_result (MoorCheckPlace *self)
{
  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->result, json_object_unref);
  g_clear_pointer (&self->store, g_free);
}

static void
moor_check_place_dispose (GObject *object)
{
  MoorCheckPlace *self = MOOR_CHECK_PLACE (object);

  drop_result (self);
  g_clear_object (&self->stores);

  G_OBJECT_CLASS (moor_check_place_parent_class)->dispose (object);
}

static void
moor_check_place_finalize (GObject *object)
{
  g_free (MOOR_CHECK_PLACE (object)->wanted_store);

  G_OBJECT_CLASS (moor_check_place_parent_class)->finalize (object);
}

static void
bind_children (GtkWidgetClass *widget_class)
{
  gtk_widget_class_bind_template_child (widget_class, MoorCheckPlace, store_combo);
  gtk_widget_class_bind_template_child (widget_class, MoorCheckPlace, against_combo);
  gtk_widget_class_bind_template_child (widget_class, MoorCheckPlace, check_button);
  gtk_widget_class_bind_template_child (widget_class, MoorCheckPlace, stack);
  gtk_widget_class_bind_template_child (widget_class, MoorCheckPlace, status_page);
  gtk_widget_class_bind_template_child (widget_class, MoorCheckPlace, verdict_box);
  gtk_widget_class_bind_template_child (widget_class, MoorCheckPlace, verdict_image);
  gtk_widget_class_bind_template_child (widget_class, MoorCheckPlace, verdict_label);
  gtk_widget_class_bind_template_child (widget_class, MoorCheckPlace, sentence_label);
  gtk_widget_class_bind_template_child (widget_class, MoorCheckPlace, people_grid);
  gtk_widget_class_bind_template_child (widget_class, MoorCheckPlace, only_button);
  gtk_widget_class_bind_template_child (widget_class, MoorCheckPlace, truncated_label);
  gtk_widget_class_bind_template_child (widget_class, MoorCheckPlace, tree);
  gtk_widget_class_bind_template_child (widget_class, MoorCheckPlace, details_box);
  gtk_widget_class_bind_template_child (widget_class, MoorCheckPlace, no_details_label);
  gtk_widget_class_bind_template_child (widget_class, MoorCheckPlace, details_image);
  gtk_widget_class_bind_template_child (widget_class, MoorCheckPlace, details_status_label);
  gtk_widget_class_bind_template_child (widget_class, MoorCheckPlace, details_path_label);
  gtk_widget_class_bind_template_child (widget_class, MoorCheckPlace, details_cause_label);
  gtk_widget_class_bind_template_child (widget_class, MoorCheckPlace, details_remedy_label);
  gtk_widget_class_bind_template_child (widget_class, MoorCheckPlace, put_back_button);
}

static void
moor_check_place_class_init (MoorCheckPlaceClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = moor_check_place_dispose;
  G_OBJECT_CLASS (klass)->finalize = moor_check_place_finalize;

  signals[SELECTION_CHANGED] = g_signal_new ("selection-changed", MOOR_TYPE_CHECK_PLACE,
                                             G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                             0);

  g_type_ensure (MOOR_TYPE_STATUS_PAGE);
  g_type_ensure (MOOR_TYPE_CHECK_TREE);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/mooring/Mooring/ui/moor-check-place.ui");
  bind_children (widget_class);
  gtk_widget_class_bind_template_callback (widget_class, selection_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, only_toggled_cb);
  gtk_widget_class_bind_template_callback (widget_class, store_changed_cb);
}

/* A long path must not make the window wider than the screen. */
static void
ellipsize (GtkCellLayout *layout)
{
  GList *cells = gtk_cell_layout_get_cells (layout);

  g_object_set (cells->data, "ellipsize", PANGO_ELLIPSIZE_END, NULL);
  g_list_free (cells);
}

static void
moor_check_place_init (MoorCheckPlace *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_combo_box_set_active_id (self->against_combo, "source");
  ellipsize (GTK_CELL_LAYOUT (self->store_combo));
  gtk_widget_hide (self->details_box);
  show_waiting (self);
}

/**
 * moor_check_place_set_stores:
 * @stores: (element-type MoorStoreItem): followed from now on
 */
void
moor_check_place_set_stores (MoorCheckPlace *self, GListModel *stores)
{
  g_set_object (&self->stores, stores);
  g_signal_connect_object (stores, "items-changed", G_CALLBACK (stores_changed_cb), self,
                           G_CONNECT_SWAPPED);
}

/**
 * moor_check_place_select:
 * @store: which store to check, now or as soon as it is in the list
 */
void
moor_check_place_select (MoorCheckPlace *self, const char *store)
{
  g_free (self->wanted_store);
  self->wanted_store = g_strdup (store);
  gtk_combo_box_set_active_id (GTK_COMBO_BOX (self->store_combo), store);
}

/**
 * moor_check_place_forget:
 *
 * Drops the result: another system has been chosen.
 */
void
moor_check_place_forget (MoorCheckPlace *self)
{
  drop_result (self);
  moor_check_tree_clear (self->tree);
  show_waiting (self);
}

/**
 * moor_check_place_dup_request:
 * @root: (type filename): the system
 *
 * Returns: (transfer full) (nullable): the check that is set up here
 */
JsonObject *
moor_check_place_dup_request (MoorCheckPlace *self, const char *root)
{
  const char *store = gtk_combo_box_get_active_id (GTK_COMBO_BOX (self->store_combo));
  JsonObject *request;

  if (store == NULL)
    return NULL;
  request = moor_request_new ("verify", root, NULL);
  json_object_set_string_member (request, "store", store);
  json_object_set_string_member (request, "against",
                                 gtk_combo_box_get_active_id (self->against_combo));
  return request;
}

/**
 * moor_check_place_show_result:
 * @client: whom to ask what is in a folder
 * @root: (type filename): the system
 * @store: the store, as the engine writes it
 * @result: what a verify answered
 *
 * Shows @result; the tree follows once the differences are sorted.
 */
void
moor_check_place_show_result (MoorCheckPlace *self,
                              MoorClient *client,
                              const char *root,
                              const char *store,
                              JsonObject *result)
{
  g_autoptr(GTask) task = NULL;
  Preparation *preparation = g_new0 (Preparation, 1);

  drop_result (self);
  moor_check_tree_clear (self->tree);
  self->result = json_object_ref (result);
  self->store = g_strdup (store);
  self->cancellable = g_cancellable_new ();
  moor_check_place_select (self, store);
  gtk_combo_box_set_active_id (self->against_combo, moor_json_text (result, "against"));

  show_verdict (self);
  show_people (self);
  gtk_widget_set_visible (self->truncated_label, moor_json_flag (result, "truncated"));
  gtk_stack_set_visible_child_name (self->stack, "result");

  preparation->place = g_object_ref (self);
  preparation->cancellable = g_object_ref (self->cancellable);
  preparation->client = g_object_ref (client);
  preparation->root = g_strdup (root);
  task = g_task_new (self, self->cancellable, indexed_cb, preparation);
  g_task_set_source_tag (task, moor_check_place_show_result);
  g_task_set_task_data (task, json_object_ref (result), (GDestroyNotify) json_object_unref);
  g_task_run_in_thread (task, index_thread);
}

/**
 * moor_check_place_dup_selected:
 *
 * Returns: (transfer full) (nullable): what is selected in the tree
 */
MoorCheckEntry *
moor_check_place_dup_selected (MoorCheckPlace *self)
{
  return moor_check_tree_dup_selected (self->tree);
}

/**
 * moor_check_place_get_store:
 *
 * Returns: (nullable): the store whose result is shown
 */
const char *
moor_check_place_get_store (MoorCheckPlace *self)
{
  return self->store;
}
