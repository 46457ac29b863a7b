/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-check-tree-private.h"

#include <glib/gi18n.h>

#include "moor-text.h"
#include "moor-words.h"

G_DEFINE_FINAL_TYPE (MoorCheckTree, moor_check_tree, GTK_TYPE_BOX)

enum
{
  SELECTION_CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

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
      self->only, NULL, -1, MOOR_CHECK_COLUMN_NAME, name, MOOR_CHECK_COLUMN_ICON,
      moor_check_tree_kind_icon (kind), MOOR_CHECK_COLUMN_STATUS_ICON, word.icon,
      MOOR_CHECK_COLUMN_STATUS_TEXT, word.text, MOOR_CHECK_COLUMN_PROFILE, profile,
      MOOR_CHECK_COLUMN_PATH, path, MOOR_CHECK_COLUMN_STATUS, status, MOOR_CHECK_COLUMN_KIND, kind,
      -1);
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
  guint end = MIN (all->len, self->n_listed + MOOR_CHECK_ROWS_AT_ONCE);

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

  gtk_tree_model_get (model, iter, MOOR_CHECK_COLUMN_STATUS, &status, -1);
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
  gtk_widget_class_bind_template_callback_full (widget_class, "row_expanded_cb",
                                                G_CALLBACK (moor_check_tree_read_folder));
  gtk_widget_class_bind_template_callback (widget_class, selection_changed_cb);
}

static void
moor_check_tree_init (MoorCheckTree *self)
{
  GType types[MOOR_CHECK_N_COLUMNS];

  for (guint i = 0; i < MOOR_CHECK_N_COLUMNS; i++)
    types[i] = i == MOOR_CHECK_COLUMN_LOADED ? G_TYPE_BOOLEAN : G_TYPE_STRING;

  gtk_widget_init_template (GTK_WIDGET (self));
  self->all = gtk_tree_store_newv (MOOR_CHECK_N_COLUMNS, types);
  self->only = gtk_list_store_newv (MOOR_CHECK_N_COLUMNS, types);
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
      moor_check_tree_set_entry (self, &iter, name, "", person, "directory", NULL, size);
      moor_check_tree_add_note (self, &iter, _ ("Reading…"));
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
  gtk_tree_model_get (model, &iter, MOOR_CHECK_COLUMN_PROFILE, &entry->profile,
                      MOOR_CHECK_COLUMN_PATH, &entry->path, MOOR_CHECK_COLUMN_STATUS,
                      &entry->status, MOOR_CHECK_COLUMN_KIND, &entry->kind, -1);
  if (entry->profile == NULL)
    return NULL;
  entry->difference = moor_differences_find (self->differences, entry->profile, entry->path);
  if (entry->difference != NULL)
    json_object_ref (entry->difference);
  return g_steal_pointer (&entry);
}
