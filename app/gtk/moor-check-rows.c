/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-check-tree-private.h"

#include <glib/gi18n.h>
#include <string.h>

#include "moor-text.h"
#include "moor-words.h"

/* The rows of the tree of everything: people, and what is in a folder once it is opened. */

#define MAX_CHILDREN 5000

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

const char *
moor_check_tree_kind_icon (const char *kind)
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

void
moor_check_tree_set_entry (MoorCheckTree *self,
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

  gtk_tree_store_set (self->all, iter, MOOR_CHECK_COLUMN_NAME, name, MOOR_CHECK_COLUMN_ICON,
                      is_person ? "avatar-default-symbolic" : moor_check_tree_kind_icon (kind),
                      MOOR_CHECK_COLUMN_STATUS_ICON, moor_word_status (status).icon,
                      MOOR_CHECK_COLUMN_STATUS_TEXT, status_text, MOOR_CHECK_COLUMN_SIZE, size,
                      MOOR_CHECK_COLUMN_PROFILE, profile, MOOR_CHECK_COLUMN_PATH, path,
                      MOOR_CHECK_COLUMN_STATUS, status, MOOR_CHECK_COLUMN_KIND, kind,
                      MOOR_CHECK_COLUMN_LOADED, FALSE, -1);
}

void
moor_check_tree_add_note (MoorCheckTree *self, GtkTreeIter *parent, const char *text)
{
  GtkTreeIter iter;

  gtk_tree_store_append (self->all, &iter, parent);
  gtk_tree_store_set (self->all, &iter, MOOR_CHECK_COLUMN_NAME, text, -1);
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
  moor_check_tree_set_entry (self, &iter, folder->profile, path, name, kind,
                             moor_json_text (entry, "method"), size);
  if (is_directory)
    moor_check_tree_add_note (self, &iter, _ ("Reading…"));
  *after = iter;
}

/* Returns: how many there are. */
static guint
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
      moor_check_tree_set_entry (self, &iter, folder->profile, path,
                                 slash != NULL ? slash + 1 : path,
                                 moor_json_text (difference, "kind"), NULL, NULL);
    }
  return n_extra;
}

/* How many of @n have no row. */
static guint
count_surplus (guint n)
{
  return n > MAX_CHILDREN ? n - MAX_CHILDREN : 0;
}

static void
finish_folder (Folder *folder, GtkTreeIter *parent, GtkTreeIter *note, guint n_entries)
{
  MoorCheckTree *self = folder->tree;
  guint n_extra = add_extra_children (folder, parent);
  guint n_surplus = count_surplus (n_entries) + count_surplus (n_extra);

  if (n_surplus > 0)
    {
      g_autofree char *count = moor_text_count (n_surplus);
      g_autofree char *text = g_strdup_printf (_ ("… and %s more"), count);

      gtk_tree_store_set (self->all, note, MOOR_CHECK_COLUMN_NAME, text, -1);
    }
  else if (gtk_tree_model_iter_n_children (GTK_TREE_MODEL (self->all), parent) == 1)
    gtk_tree_store_set (self->all, note, MOOR_CHECK_COLUMN_NAME, _ ("(empty)"), -1);
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
  guint end = MIN (MIN (n_entries, MAX_CHILDREN), folder->n_done + MOOR_CHECK_ROWS_AT_ONCE);
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
      gtk_tree_store_set (folder->tree->all, &note, MOOR_CHECK_COLUMN_NAME, error->message, -1);
      folder_free (folder);
      return;
    }
  (void) g_idle_add_full (G_PRIORITY_LOW, fill_folder_cb, folder, folder_free);
}

/* Reads what is in a folder when that is opened for the first time. */
void
moor_check_tree_read_folder (MoorCheckTree *self, GtkTreeIter *iter, GtkTreePath *path)
{
  GtkTreeModel *model = GTK_TREE_MODEL (self->all);
  JsonObject *request;
  gboolean loaded;
  Folder *folder;

  gtk_tree_model_get (model, iter, MOOR_CHECK_COLUMN_LOADED, &loaded, -1);
  if (loaded)
    return;
  gtk_tree_store_set (self->all, iter, MOOR_CHECK_COLUMN_LOADED, TRUE, -1);

  folder = g_new0 (Folder, 1);
  folder->tree = g_object_ref (self);
  folder->cancellable = g_object_ref (self->cancellable);
  folder->parent = gtk_tree_row_reference_new (model, path);
  gtk_tree_model_get (model, iter, MOOR_CHECK_COLUMN_PROFILE, &folder->profile,
                      MOOR_CHECK_COLUMN_PATH, &folder->path, -1);

  request = moor_request_new ("browse", self->root, NULL);
  json_object_set_string_member (request, "store", self->store);
  json_object_set_string_member (request, "profile", folder->profile);
  json_object_set_string_member (request, "path", folder->path);
  moor_client_run_async (self->client, request, NULL, NULL, NULL, self->cancellable,
                         browse_ready_cb, folder);
}
