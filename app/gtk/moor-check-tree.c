/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-check-tree.h"

#include <glib/gi18n.h>
#include <string.h>

#include "moor-text.h"
#include "moor-words.h"

#define MAX_CHILDREN 5000
#define ROWS_AT_ONCE 250

/**
 * MoorCheckTree:
 *
 * Every object of a store with how it compares.  Folders are read from the
 * catalogue when they are opened; rows go in a few hundred at a time, so that
 * neither a folder of thousands nor fifty thousand differences hold the window
 * up.  With "only differences" it is a flat list instead.
 */
struct _MoorCheckTree
{
  GtkBox parent_instance;

  MoorClient *client;
  char *root;
  char *store;
  MoorDifferences *differences;
  GtkTreeStore *all;
  GtkListStore *only;
  guint n_listed; /* of the differences */
  guint fill_id;
  GCancellable *cancellable; /* (nullable): of the folders being read */

  GtkTreeView *tree_view;
  GtkTreeSelection *selection;
  GtkTreeViewColumn *status_column;
  GtkCellRenderer *status_renderer;
};

G_DEFINE_FINAL_TYPE (MoorCheckTree, moor_check_tree, GTK_TYPE_BOX)

/* The numbers stand in the template too. */
enum
{
  COLUMN_NAME = 0,
  COLUMN_ICON = 1,
  COLUMN_STATUS_ICON = 2,
  COLUMN_STATUS_TEXT = 3,
  COLUMN_SIZE = 4,
  COLUMN_PROFILE,
  COLUMN_PATH,
  COLUMN_STATUS,
  COLUMN_KIND,
  COLUMN_LOADED,
  N_COLUMNS
};

enum
{
  SELECTION_CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

/* One folder on its way into the tree. */
typedef struct
{
  MoorCheckTree *tree;
  GCancellable *cancellable;
  GtkTreeRowReference *parent;
  char *profile;
  char *path;
  JsonObject *result;
  guint n_done;
} Folder;

static void
folder_free (gpointer data)
{
  Folder *folder = data;

  g_clear_object (&folder->tree);
  g_clear_object (&folder->cancellable);
  g_clear_pointer (&folder->parent, gtk_tree_row_reference_free);
  g_clear_pointer (&folder->result, json_object_unref);
  g_free (folder->profile);
  g_free (folder->path);
  g_free (folder);
}

/**
 * moor_check_entry_free:
 * @entry: (transfer full): what is no longer needed
 */
void
moor_check_entry_free (MoorCheckEntry *entry)
{
  g_free (entry->profile);
  g_free (entry->path);
  g_free (entry->status);
  g_free (entry->kind);
  g_clear_pointer (&entry->difference, json_object_unref);
  g_free (entry);
}

static const char *
get_kind_icon (const char *kind)
{
  if (g_strcmp0 (kind, "directory") == 0)
    return "folder-symbolic";
  if (g_strcmp0 (kind, "symlink") == 0)
    return "emblem-symbolic-link";
  return "text-x-generic-symbolic";
}

static const char *
get_status (MoorCheckTree *self,
            const char *profile,
            const char *path,
            const char *kind,
            const char *method)
{
  JsonObject *difference = moor_differences_find (self->differences, profile, path);

  if (difference != NULL)
    return moor_json_text (difference, "status");
  if (g_strcmp0 (kind, "directory") == 0)
    return moor_differences_count_inside (self->differences, profile, path) > 0 ? "inside"
                                                                                : "folder";
  return g_strcmp0 (method, "copy") == 0 || g_strcmp0 (method, "reflink") == 0 ? "equal-copy"
                                                                               : "same";
}

static char *
dup_status_text (MoorCheckTree *self, const char *status, const char *profile, const char *path)
{
  guint n_inside;

  if (g_strcmp0 (status, "inside") != 0)
    return g_strdup (moor_word_status (status).text);
  n_inside = moor_differences_count_inside (self->differences, profile, path);
  return g_strdup_printf (ngettext ("%u difference inside", "%u differences inside", n_inside),
                          n_inside);
}

static void
set_entry (MoorCheckTree *self,
           GtkTreeIter *iter,
           const char *profile,
           const char *path,
           const char *name,
           const char *kind,
           const char *method,
           const char *size)
{
  const char *status = get_status (self, profile, path, kind, method);
  g_autofree char *status_text = dup_status_text (self, status, profile, path);
  gboolean is_person = *path == '\0';

  gtk_tree_store_set (self->all, iter, COLUMN_NAME, name, COLUMN_ICON,
                      is_person ? "avatar-default-symbolic" : get_kind_icon (kind),
                      COLUMN_STATUS_ICON, moor_word_status (status).icon, COLUMN_STATUS_TEXT,
                      status_text, COLUMN_SIZE, size, COLUMN_PROFILE, profile, COLUMN_PATH, path,
                      COLUMN_STATUS, status, COLUMN_KIND, kind, COLUMN_LOADED, FALSE, -1);
}

static void
add_note (MoorCheckTree *self, GtkTreeIter *parent, const char *text)
{
  GtkTreeIter iter;

  gtk_tree_store_append (self->all, &iter, parent);
  gtk_tree_store_set (self->all, &iter, COLUMN_NAME, text, -1);
}

static char *
dup_child_path (const char *parent, const char *name)
{
  return *parent == '\0' ? g_strdup (name) : g_strconcat (parent, "/", name, NULL);
}

static void
add_child (Folder *folder,
           GtkTreeIter *parent,
           GtkTreeIter *after,
           gboolean first,
           JsonObject *entry)
{
  MoorCheckTree *self = folder->tree;
  const char *name = moor_json_text (entry, "name");
  const char *kind = moor_json_text (entry, "kind");
  gboolean is_directory = g_strcmp0 (kind, "directory") == 0;
  g_autofree char *path = dup_child_path (folder->path, name != NULL ? name : "?");
  g_autofree char *size = is_directory ? NULL : moor_text_size (moor_json_count (entry, "size"));
  GtkTreeIter iter;

  /* After a known sibling: finding the last one again and again is quadratic. */
  gtk_tree_store_insert_after (self->all, &iter, parent, first ? NULL : after);
  set_entry (self, &iter, folder->profile, path, name, kind, moor_json_text (entry, "method"),
             size);
  if (is_directory)
    add_note (self, &iter, _ ("Reading…"));
  *after = iter;
}

static void
add_extra_children (Folder *folder, GtkTreeIter *parent)
{
  MoorCheckTree *self = folder->tree;
  GPtrArray *extra = moor_differences_find_extra (self->differences, folder->profile, folder->path);
  guint n_extra = extra != NULL ? extra->len : 0;

  for (guint i = 0; i < MIN (n_extra, MAX_CHILDREN); i++)
    {
      JsonObject *difference = g_ptr_array_index (extra, i);
      const char *path = moor_json_text (difference, "path");
      const char *slash = strrchr (path, '/');
      GtkTreeIter iter;

      gtk_tree_store_prepend (self->all, &iter, parent);
      set_entry (self, &iter, folder->profile, path, slash != NULL ? slash + 1 : path,
                 moor_json_text (difference, "kind"), NULL, NULL);
    }
}

static void
finish_folder (Folder *folder, GtkTreeIter *parent, GtkTreeIter *note, guint n_entries)
{
  MoorCheckTree *self = folder->tree;

  add_extra_children (folder, parent);
  if (n_entries > MAX_CHILDREN)
    {
      g_autofree char *count = moor_text_count (n_entries - MAX_CHILDREN);
      g_autofree char *text = g_strdup_printf (_ ("… and %s more"), count);

      gtk_tree_store_set (self->all, note, COLUMN_NAME, text, -1);
    }
  else if (gtk_tree_model_iter_n_children (GTK_TREE_MODEL (self->all), parent) == 1)
    gtk_tree_store_set (self->all, note, COLUMN_NAME, _ ("(empty)"), -1);
  else
    (void) gtk_tree_store_remove (self->all, note);
}

/* The note ("Reading...") is the last child until all are there. */
static gboolean
get_last_two (MoorCheckTree *self, Folder *folder, GtkTreeIter *parent, GtkTreeIter *note)
{
  g_autoptr(GtkTreePath) path = gtk_tree_row_reference_get_path (folder->parent);

  return path != NULL && gtk_tree_model_get_iter (GTK_TREE_MODEL (self->all), parent, path)
         && gtk_tree_model_iter_nth_child (GTK_TREE_MODEL (self->all), note, parent,
                                           (gint) folder->n_done);
}

static gboolean
fill_folder_cb (gpointer user_data)
{
  Folder *folder = user_data;
  MoorCheckTree *self = folder->tree;
  JsonArray *entries = moor_json_list (folder->result, "entries");
  guint n_entries = entries != NULL ? json_array_get_length (entries) : 0;
  guint end = MIN (MIN (n_entries, MAX_CHILDREN), folder->n_done + ROWS_AT_ONCE);
  gboolean first = folder->n_done == 0;
  GtkTreeIter parent;
  GtkTreeIter note;
  GtkTreeIter after = { 0 };

  if (g_cancellable_is_cancelled (folder->cancellable)
      || !get_last_two (self, folder, &parent, &note))
    return G_SOURCE_REMOVE;

  if (!first)
    (void) gtk_tree_model_iter_nth_child (GTK_TREE_MODEL (self->all), &after, &parent,
                                          (gint) folder->n_done - 1);
  for (; folder->n_done < end; folder->n_done++)
    {
      add_child (folder, &parent, &after, first,
                 json_array_get_object_element (entries, folder->n_done));
      first = FALSE;
    }
  if (folder->n_done < MIN (n_entries, MAX_CHILDREN))
    return G_SOURCE_CONTINUE;
  finish_folder (folder, &parent, &note, n_entries);
  return G_SOURCE_REMOVE;
}

static void
browse_ready_cb (GObject *source, GAsyncResult *async_result, gpointer user_data)
{
  Folder *folder = user_data;
  g_autoptr(GError) error = NULL;
  GtkTreeIter parent;
  GtkTreeIter note;

  (void) moor_client_run_finish (MOOR_CLIENT (source), async_result, &folder->result, &error);
  if (g_cancellable_is_cancelled (folder->cancellable))
    {
      folder_free (folder);
      return;
    }
  if (error != NULL && get_last_two (folder->tree, folder, &parent, &note))
    {
      gtk_tree_store_set (folder->tree->all, &note, COLUMN_NAME, error->message, -1);
      folder_free (folder);
      return;
    }
  (void) g_idle_add_full (G_PRIORITY_LOW, fill_folder_cb, folder, folder_free);
}

static void
row_expanded_cb (MoorCheckTree *self, GtkTreeIter *iter, GtkTreePath *path)
{
  GtkTreeModel *model = GTK_TREE_MODEL (self->all);
  JsonObject *request;
  gboolean loaded;
  Folder *folder;

  gtk_tree_model_get (model, iter, COLUMN_LOADED, &loaded, -1);
  if (loaded)
    return;
  gtk_tree_store_set (self->all, iter, COLUMN_LOADED, TRUE, -1);

  folder = g_new0 (Folder, 1);
  folder->tree = g_object_ref (self);
  folder->cancellable = g_object_ref (self->cancellable);
  folder->parent = gtk_tree_row_reference_new (model, path);
  gtk_tree_model_get (model, iter, COLUMN_PROFILE, &folder->profile, COLUMN_PATH, &folder->path,
                      -1);

  request = moor_request_new ("browse", self->root, NULL);
  json_object_set_string_member (request, "store", self->store);
  json_object_set_string_member (request, "profile", folder->profile);
  json_object_set_string_member (request, "path", folder->path);
  moor_client_run_async (self->client, request, NULL, NULL, NULL, self->cancellable,
                         browse_ready_cb, folder);
}

static void
list_difference (MoorCheckTree *self, JsonObject *difference)
{
  const char *status = moor_json_text (difference, "status");
  const char *profile = moor_json_text (difference, "profile");
  const char *path = moor_json_text (difference, "path");
  const char *kind = moor_json_text (difference, "kind");
  MoorWord word = moor_word_status (status);
  g_autofree char *name = g_strconcat (profile, *path != '\0' ? "/" : "", path, NULL);

  gtk_list_store_insert_with_values (
      self->only, NULL, -1, COLUMN_NAME, name, COLUMN_ICON, get_kind_icon (kind),
      COLUMN_STATUS_ICON, word.icon, COLUMN_STATUS_TEXT, word.text, COLUMN_PROFILE, profile,
      COLUMN_PATH, path, COLUMN_STATUS, status, COLUMN_KIND, kind, -1);
}

/* The list of differences opens with the details of the first. */
static void
select_first (MoorCheckTree *self)
{
  GtkTreeModel *only = GTK_TREE_MODEL (self->only);
  GtkTreeIter iter;

  if (gtk_tree_view_get_model (self->tree_view) == only
      && !gtk_tree_selection_get_selected (self->selection, NULL, NULL)
      && gtk_tree_model_get_iter_first (only, &iter))
    gtk_tree_selection_select_iter (self->selection, &iter);
}

static gboolean
fill_differences_cb (gpointer user_data)
{
  MoorCheckTree *self = user_data;
  GPtrArray *all = moor_differences_get_all (self->differences);
  guint end = MIN (all->len, self->n_listed + ROWS_AT_ONCE);

  for (; self->n_listed < end; self->n_listed++)
    list_difference (self, g_ptr_array_index (all, self->n_listed));
  select_first (self);
  if (self->n_listed < all->len)
    return G_SOURCE_CONTINUE;
  self->fill_id = 0;
  return G_SOURCE_REMOVE;
}

static void
selection_changed_cb (MoorCheckTree *self)
{
  g_signal_emit (self, signals[SELECTION_CHANGED], 0);
}

static gboolean
is_bad (const char *status)
{
  return g_strcmp0 (status, "missing") == 0 || g_strcmp0 (status, "changed") == 0
         || g_strcmp0 (status, "inside") == 0;
}

/* Red that can be read: on light as on dark its contrast is above 4.5. */
static GdkRGBA
get_bad_colour (GtkWidget *widget)
{
  static const GdkRGBA on_light = { 0.647, 0.114, 0.176, 1 };
  static const GdkRGBA on_dark = { 1.0, 0.482, 0.388, 1 };
  GtkStyleContext *context = gtk_widget_get_style_context (widget);
  GdkRGBA text;

  gtk_style_context_get_color (context, gtk_style_context_get_state (context), &text);
  return text.red + text.green + text.blue > 1.5 ? on_dark : on_light;
}

/* Red and bold, beside icon and words: never by colour alone. */
static void
status_data_cb (GtkTreeViewColumn *column,
                GtkCellRenderer *renderer,
                GtkTreeModel *model,
                GtkTreeIter *iter,
                gpointer user_data)
{
  MoorCheckTree *self = user_data;
  g_autofree char *status = NULL;

  gtk_tree_model_get (model, iter, COLUMN_STATUS, &status, -1);
  if (is_bad (status))
    {
      GdkRGBA colour = get_bad_colour (GTK_WIDGET (self->tree_view));

      g_object_set (renderer, "foreground-rgba", &colour, "weight", PANGO_WEIGHT_BOLD, NULL);
    }
  else
    g_object_set (renderer, "foreground-set", FALSE, "weight", PANGO_WEIGHT_NORMAL, NULL);
}

static void
moor_check_tree_dispose (GObject *object)
{
  MoorCheckTree *self = MOOR_CHECK_TREE (object);

  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_handle_id (&self->fill_id, g_source_remove);
  g_clear_object (&self->client);

  G_OBJECT_CLASS (moor_check_tree_parent_class)->dispose (object);
}

static void
moor_check_tree_finalize (GObject *object)
{
  MoorCheckTree *self = MOOR_CHECK_TREE (object);

  g_clear_object (&self->all);
  g_clear_object (&self->only);
  g_clear_pointer (&self->differences, moor_differences_unref);
  g_free (self->root);
  g_free (self->store);

  G_OBJECT_CLASS (moor_check_tree_parent_class)->finalize (object);
}

static void
moor_check_tree_class_init (MoorCheckTreeClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = moor_check_tree_dispose;
  G_OBJECT_CLASS (klass)->finalize = moor_check_tree_finalize;

  signals[SELECTION_CHANGED] = g_signal_new ("selection-changed", MOOR_TYPE_CHECK_TREE,
                                             G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                             0);

  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/mooring/Mooring/ui/moor-check-tree.ui");
  gtk_widget_class_bind_template_child (widget_class, MoorCheckTree, tree_view);
  gtk_widget_class_bind_template_child (widget_class, MoorCheckTree, selection);
  gtk_widget_class_bind_template_child (widget_class, MoorCheckTree, status_column);
  gtk_widget_class_bind_template_child (widget_class, MoorCheckTree, status_renderer);
  gtk_widget_class_bind_template_callback (widget_class, row_expanded_cb);
  gtk_widget_class_bind_template_callback (widget_class, selection_changed_cb);
}

static void
moor_check_tree_init (MoorCheckTree *self)
{
  GType types[N_COLUMNS];

  for (guint i = 0; i < N_COLUMNS; i++)
    types[i] = i == COLUMN_LOADED ? G_TYPE_BOOLEAN : G_TYPE_STRING;

  gtk_widget_init_template (GTK_WIDGET (self));
  self->all = gtk_tree_store_newv (N_COLUMNS, types);
  self->only = gtk_list_store_newv (N_COLUMNS, types);
  gtk_tree_view_set_model (self->tree_view, GTK_TREE_MODEL (self->all));
  gtk_tree_view_column_set_cell_data_func (self->status_column, self->status_renderer,
                                           status_data_cb, self, NULL);
}

/**
 * moor_check_tree_clear:
 *
 * Shows nothing any more.
 */
void
moor_check_tree_clear (MoorCheckTree *self)
{
  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_handle_id (&self->fill_id, g_source_remove);
  gtk_tree_view_set_model (self->tree_view, NULL);
  gtk_tree_store_clear (self->all);
  gtk_list_store_clear (self->only);
  gtk_tree_view_set_model (self->tree_view, GTK_TREE_MODEL (self->all));
}

/**
 * moor_check_tree_show:
 * @client: whom to ask what is in a folder
 * @root: (type filename): the system
 * @store: the store, as the engine writes it
 * @profiles: "profiles" of the check
 * @differences: what it found
 *
 * Shows the result of a check.
 */
void
moor_check_tree_show (MoorCheckTree *self,
                      MoorClient *client,
                      const char *root,
                      const char *store,
                      JsonArray *profiles,
                      MoorDifferences *differences)
{
  guint n_profiles = profiles != NULL ? json_array_get_length (profiles) : 0;

  moor_check_tree_clear (self);
  self->cancellable = g_cancellable_new ();
  g_set_object (&self->client, client);
  g_free (self->root);
  self->root = g_strdup (root);
  g_free (self->store);
  self->store = g_strdup (store);
  g_clear_pointer (&self->differences, moor_differences_unref);
  self->differences = moor_differences_ref (differences);
  self->n_listed = 0;

  for (guint i = 0; i < n_profiles; i++)
    {
      JsonObject *profile = json_array_get_object_element (profiles, i);
      const char *name = moor_json_text (profile, "name");
      g_autofree char *person = moor_words_person (name, moor_json_text (profile, "full-name"));
      g_autofree char *size = moor_text_size (moor_json_count (profile, "before-bytes"));
      GtkTreeIter iter;

      gtk_tree_store_append (self->all, &iter, NULL);
      set_entry (self, &iter, name, "", person, "directory", NULL, size);
      add_note (self, &iter, _ ("Reading…"));
    }
  self->fill_id = g_idle_add_full (G_PRIORITY_LOW, fill_differences_cb, self, NULL);
}

/**
 * moor_check_tree_set_only_differences:
 * @only_differences: a flat list of what differs, instead of the tree of everything
 */
void
moor_check_tree_set_only_differences (MoorCheckTree *self, gboolean only_differences)
{
  gtk_tree_view_set_model (self->tree_view, only_differences ? GTK_TREE_MODEL (self->only)
                                                             : GTK_TREE_MODEL (self->all));
  select_first (self);
  selection_changed_cb (self);
}

/**
 * moor_check_tree_dup_selected:
 *
 * Returns: (transfer full) (nullable): what is selected
 */
MoorCheckEntry *
moor_check_tree_dup_selected (MoorCheckTree *self)
{
  g_autoptr(MoorCheckEntry) entry = g_new0 (MoorCheckEntry, 1);
  GtkTreeModel *model;
  GtkTreeIter iter;

  if (!gtk_tree_selection_get_selected (self->selection, &model, &iter))
    return NULL;
  gtk_tree_model_get (model, &iter, COLUMN_PROFILE, &entry->profile, COLUMN_PATH, &entry->path,
                      COLUMN_STATUS, &entry->status, COLUMN_KIND, &entry->kind, -1);
  if (entry->profile == NULL)
    return NULL;
  entry->difference = moor_differences_find (self->differences, entry->profile, entry->path);
  if (entry->difference != NULL)
    json_object_ref (entry->difference);
  return g_steal_pointer (&entry);
}
