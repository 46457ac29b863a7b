/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-stores-place.h"

#include <glib/gi18n.h>

#include "moor-status-page.h"
#include "moor-store-row.h"
#include "moor-text.h"
#include "moor-widgets.h"
#include "moor-words.h"

/**
 * MoorStoresPlace:
 *
 * The stores that were found on the chosen system, and what is known of the
 * selected one.
 */
struct _MoorStoresPlace
{
  GtkBox parent_instance;

  GListStore *stores;        /* (element-type MoorStoreItem) (owned) */
  GPtrArray *more_paths;     /* (element-type filename) (owned): stores elsewhere */
  GCancellable *cancellable; /* (nullable): of what is under way */
  char *wanted_path;         /* (nullable): to be selected once the list is there */
  char *root;

  GtkStack *stack;
  MoorStatusPage *status_page;
  GtkListBox *store_list;
  GtkLabel *title_label;
  GtkLabel *state_label;
  GtkGrid *facts_grid;
  GtkWidget *resume_button;
  GtkWidget *restore_button;
};

G_DEFINE_FINAL_TYPE (MoorStoresPlace, moor_stores_place, GTK_TYPE_BOX)

enum
{
  SELECTION_CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static void
add_fact (MoorStoresPlace *self, int *row, const char *name, const char *value)
{
  GtkWidget *name_label;
  GtkWidget *value_label;

  if (value == NULL || *value == '\0')
    return;
  name_label = gtk_label_new (name);
  value_label = gtk_label_new (value);
  gtk_label_set_xalign (GTK_LABEL (name_label), 0);
  gtk_label_set_yalign (GTK_LABEL (name_label), 0);
  gtk_style_context_add_class (gtk_widget_get_style_context (name_label), "dim-label");
  gtk_label_set_xalign (GTK_LABEL (value_label), 0);
  gtk_label_set_line_wrap (GTK_LABEL (value_label), TRUE);
  gtk_label_set_line_wrap_mode (GTK_LABEL (value_label), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_max_width_chars (GTK_LABEL (value_label), 30);
  gtk_widget_set_hexpand (value_label, TRUE);
  gtk_grid_attach (self->facts_grid, name_label, 0, *row, 1, 1);
  gtk_grid_attach (self->facts_grid, value_label, 1, *row, 1, 1);
  gtk_widget_show (name_label);
  gtk_widget_show (value_label);
  (*row)++;
}

/* Each person in a line, told apart by login name too. */
static char *
dup_people_lines (MoorStoreItem *item)
{
  JsonArray *people = moor_json_list (moor_store_item_get_json (item), "people");
  GString *text = g_string_new (NULL);

  for (guint i = 0; people != NULL && i < json_array_get_length (people); i++)
    {
      const char *name = json_array_get_string_element (people, i);
      g_autofree char *person = moor_words_person (
          name, g_hash_table_lookup (moor_store_item_get_full_names (item), name));

      g_string_append_printf (text, "%s%s", i > 0 ? "\n" : "", person);
    }
  return g_string_free (text, FALSE);
}

static void
show_facts (MoorStoresPlace *self, MoorStoreItem *item)
{
  JsonObject *json = moor_store_item_get_json (item);
  guint64 made_s = moor_json_count (json, "made");
  guint64 sealed_s = moor_json_count (json, "sealed");
  g_autofree char *made = made_s > 0 ? moor_words_moment ((gint64) made_s) : NULL;
  g_autofree char *sealed = sealed_s > 0 ? moor_words_moment ((gint64) sealed_s) : NULL;
  g_autofree char *size = moor_text_size (moor_json_count (json, "bytes"));
  g_autofree char *count = moor_text_count (moor_json_count (json, "objects"));
  g_autofree char *objects = g_strdup_printf (_ ("%s files and folders"), count);
  g_autofree char *people = dup_people_lines (item);
  guint owner_uid = (guint) moor_json_count (json, "owner");
  g_autofree char *owner = owner_uid == 0 ? g_strdup (_ ("the administrator (root)"))
                                          : g_strdup_printf (_ ("user %u"), owner_uid);
  int row = 0;

  moor_container_clear (GTK_CONTAINER (self->facts_grid));
  add_fact (self, &row, _ ("Problem"), moor_json_text (json, "problem"));
  add_fact (self, &row, _ ("In use by"), moor_json_text (json, "in-use-by"));
  add_fact (self, &row, _ ("People"), people);
  add_fact (self, &row, _ ("Holds"), objects);
  add_fact (self, &row, _ ("Size"), size);
  add_fact (self, &row, _ ("System"), moor_json_text (json, "system"));
  add_fact (self, &row, _ ("Computer"), moor_json_text (json, "host"));
  if (sealed != NULL)
    add_fact (self, &row, _ ("Captured"), sealed);
  else
    add_fact (self, &row, _ ("Begun"), made);
  add_fact (self, &row, _ ("Owner"), owner);
  add_fact (self, &row, _ ("Folder"), moor_store_item_get_path (item));
}

static void
row_selected_cb (MoorStoresPlace *self, GtkListBoxRow *row)
{
  MoorStoreItem *item = moor_stores_place_get_selected (self);

  if (item != NULL)
    {
      const char *state = moor_json_text (moor_store_item_get_json (item), "state-text");
      g_autofree char *title = moor_store_item_dup_title (item);

      gtk_label_set_label (self->title_label, title);
      gtk_label_set_label (self->state_label, state != NULL ? state : "");
      gtk_widget_set_visible (self->resume_button, moor_store_item_can_resume (item));
      gtk_widget_set_visible (self->restore_button, !moor_store_item_can_resume (item));
      show_facts (self, item);
    }
  g_signal_emit (self, signals[SELECTION_CHANGED], 0);
}

static GtkWidget *
create_row_cb (gpointer item, gpointer user_data)
{
  return moor_store_row_new (item);
}

static void
moor_stores_place_dispose (GObject *object)
{
  MoorStoresPlace *self = MOOR_STORES_PLACE (object);

  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);

  G_OBJECT_CLASS (moor_stores_place_parent_class)->dispose (object);
}

static void
moor_stores_place_finalize (GObject *object)
{
  MoorStoresPlace *self = MOOR_STORES_PLACE (object);

  g_clear_object (&self->stores);
  g_ptr_array_unref (self->more_paths);
  g_free (self->wanted_path);
  g_free (self->root);

  G_OBJECT_CLASS (moor_stores_place_parent_class)->finalize (object);
}

static void
moor_stores_place_class_init (MoorStoresPlaceClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = moor_stores_place_dispose;
  G_OBJECT_CLASS (klass)->finalize = moor_stores_place_finalize;

  signals[SELECTION_CHANGED] = g_signal_new ("selection-changed", MOOR_TYPE_STORES_PLACE,
                                             G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                             0);

  g_type_ensure (MOOR_TYPE_STATUS_PAGE);
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/mooring/Mooring/ui/moor-stores-place.ui");
  gtk_widget_class_bind_template_child (widget_class, MoorStoresPlace, stack);
  gtk_widget_class_bind_template_child (widget_class, MoorStoresPlace, status_page);
  gtk_widget_class_bind_template_child (widget_class, MoorStoresPlace, store_list);
  gtk_widget_class_bind_template_child (widget_class, MoorStoresPlace, title_label);
  gtk_widget_class_bind_template_child (widget_class, MoorStoresPlace, state_label);
  gtk_widget_class_bind_template_child (widget_class, MoorStoresPlace, facts_grid);
  gtk_widget_class_bind_template_child (widget_class, MoorStoresPlace, resume_button);
  gtk_widget_class_bind_template_child (widget_class, MoorStoresPlace, restore_button);
  gtk_widget_class_bind_template_callback (widget_class, row_selected_cb);
}

static void
moor_stores_place_init (MoorStoresPlace *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->more_paths = g_ptr_array_new_with_free_func (g_free);
  self->stores = g_list_store_new (MOOR_TYPE_STORE_ITEM);
  gtk_list_box_bind_model (self->store_list, G_LIST_MODEL (self->stores), create_row_cb, NULL,
                           NULL);
}

static void
select_wanted (MoorStoresPlace *self)
{
  int wanted = 0;

  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self->stores)); i++)
    {
      g_autoptr(MoorStoreItem) item = g_list_model_get_item (G_LIST_MODEL (self->stores), i);

      if (g_strcmp0 (moor_store_item_get_path (item), self->wanted_path) == 0)
        wanted = (int) i;
    }
  gtk_list_box_select_row (self->store_list,
                           gtk_list_box_get_row_at_index (self->store_list, wanted));
}

static void
fill_stores (MoorStoresPlace *self, JsonArray *stores)
{
  guint n_stores = stores != NULL ? json_array_get_length (stores) : 0;

  g_list_store_remove_all (self->stores);
  for (guint i = 0; i < n_stores; i++)
    {
      g_autoptr(MoorStoreItem)
                     item = moor_store_item_new (json_array_get_object_element (stores, i));

      g_list_store_append (self->stores, item);
    }
  if (n_stores == 0)
    {
      moor_status_page_show (self->status_page, "drive-harddisk-symbolic", _ ("No store yet"),
                             _ ("A capture makes one. Choose people in the Profiles place and "
                                "press Capture."),
                             _ ("Go to _Profiles"), "win.show-profiles");
      gtk_stack_set_visible_child_name (self->stack, "status");
      g_signal_emit (self, signals[SELECTION_CHANGED], 0);
      return;
    }
  gtk_stack_set_visible_child_name (self->stack, "stores");
  select_wanted (self);
}

static void
stores_ready_cb (GObject *source, GAsyncResult *async_result, gpointer user_data)
{
  g_autoptr(MoorStoresPlace) self = user_data;
  g_autoptr(JsonObject) result = NULL;
  g_autoptr(GError) error = NULL;

  (void) moor_client_run_finish (MOOR_CLIENT (source), async_result, &result, &error);
  if (self->cancellable == NULL || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;

  if (error != NULL)
    {
      g_autofree char *text = moor_words_error (error);

      g_list_store_remove_all (self->stores);
      moor_status_page_show (self->status_page, "dialog-error-symbolic",
                             _ ("The stores cannot be listed"), text, _ ("_Try Again"),
                             "win.rescan");
      gtk_stack_set_visible_child_name (self->stack, "status");
      g_signal_emit (self, signals[SELECTION_CHANGED], 0);
      return;
    }
  fill_stores (self, moor_json_list (result, "stores"));
}

/* A folder that is not there would spoil the whole answer. */
static void
drop_gone_paths (MoorStoresPlace *self)
{
  for (guint i = self->more_paths->len; i > 0; i--)
    {
      if (!g_file_test (g_ptr_array_index (self->more_paths, i - 1), G_FILE_TEST_IS_DIR))
        g_ptr_array_remove_index (self->more_paths, i - 1);
    }
}

/**
 * moor_stores_place_load:
 * @client: whom to ask
 * @root: (type filename): the system
 *
 * Shows the stores of @root.
 */
void
moor_stores_place_load (MoorStoresPlace *self, MoorClient *client, const char *root)
{
  JsonObject *request = moor_request_new ("store-list", root, NULL);
  g_autoptr(GPtrArray) dirs = g_ptr_array_new ();

  drop_gone_paths (self);
  if (g_strcmp0 (self->root, root) != 0)
    {
      g_free (self->root);
      self->root = g_strdup (root);
      g_ptr_array_set_size (self->more_paths, 0);
    }
  /* On the running system, the usual places are known to the engine. */
  if (!g_str_equal (root, "/"))
    {
      g_ptr_array_add (dirs, (gpointer) root);
      for (guint i = 0; i < self->more_paths->len; i++)
        g_ptr_array_add (dirs, g_ptr_array_index (self->more_paths, i));
      g_ptr_array_add (dirs, NULL);
      moor_request_set_strings (request, "dirs", (const char *const *) dirs->pdata);
    }

  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  self->cancellable = g_cancellable_new ();
  if (g_list_model_get_n_items (G_LIST_MODEL (self->stores)) == 0)
    {
      moor_status_page_show (self->status_page, "drive-harddisk-symbolic",
                             _ ("Looking for stores…"), _ ("This takes a moment."), NULL, NULL);
      gtk_stack_set_visible_child_name (self->stack, "status");
    }
  moor_client_run_async (client, request, NULL, NULL, NULL, self->cancellable, stores_ready_cb,
                         g_object_ref (self));
}

/**
 * moor_stores_place_add_path:
 * @store: a store that may be where nobody looks for it, as the engine writes it
 *
 * Has @store looked for too, from the next load on.
 */
void
moor_stores_place_add_path (MoorStoresPlace *self, const char *store)
{
  g_autofree char *path = moor_text_to_path (store);

  if (path != NULL && !g_ptr_array_find_with_equal_func (self->more_paths, path, g_str_equal, NULL))
    g_ptr_array_add (self->more_paths, g_steal_pointer (&path));
}

GListModel *
moor_stores_place_get_stores (MoorStoresPlace *self)
{
  return G_LIST_MODEL (self->stores);
}

/**
 * moor_stores_place_get_selected:
 *
 * Returns: (transfer none) (nullable): the store that is selected
 */
MoorStoreItem *
moor_stores_place_get_selected (MoorStoresPlace *self)
{
  GtkListBoxRow *row = gtk_list_box_get_selected_row (self->store_list);

  return row != NULL ? moor_store_row_get_item (MOOR_STORE_ROW (row)) : NULL;
}

/**
 * moor_stores_place_select:
 * @path: (type filename): a store
 *
 * Selects it, now or as soon as the list is there.
 */
void
moor_stores_place_select (MoorStoresPlace *self, const char *path)
{
  g_free (self->wanted_path);
  self->wanted_path = g_strdup (path);
  if (g_list_model_get_n_items (G_LIST_MODEL (self->stores)) > 0)
    select_wanted (self);
}
