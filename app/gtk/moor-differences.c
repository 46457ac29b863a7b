/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-differences.h"

#include <string.h>

#include "moor-words.h"

/* Three tables, all keyed by "profile/path"; the home itself is "profile".  A
 * login name holds no slash, so keys cannot be mistaken for each other. */
struct _MoorDifferences
{
  gatomicrefcount ref_count;
  JsonObject *result;
  GPtrArray *all;       /* (element-type JsonObject) (borrowed from result), by person and path */
  GHashTable *by_path;  /* (element-type utf8 JsonObject) */
  GHashTable *n_inside; /* (element-type utf8 guint): of folders */
  GHashTable *extra;    /* (element-type utf8 GPtrArray): children a store does not know */
};

static char *
dup_key (const char *profile, const char *path)
{
  if (path == NULL || *path == '\0')
    return g_strdup (profile);
  return g_strconcat (profile, "/", path, NULL);
}

static int
compare_differences (gconstpointer a, gconstpointer b)
{
  JsonObject *const *first = a;
  JsonObject *const *second = b;
  int order = g_strcmp0 (moor_json_text (*first, "profile"), moor_json_text (*second, "profile"));

  if (order != 0)
    return order;
  return g_strcmp0 (moor_json_text (*first, "path"), moor_json_text (*second, "path"));
}

static void
count_in_parents (MoorDifferences *self, char *key)
{
  char *slash;

  while ((slash = strrchr (key, '/')) != NULL)
    {
      guint n;

      *slash = '\0';
      n = GPOINTER_TO_UINT (g_hash_table_lookup (self->n_inside, key));
      g_hash_table_replace (self->n_inside, g_strdup (key), GUINT_TO_POINTER (n + 1));
    }
}

static void
add_extra (MoorDifferences *self, const char *key, JsonObject *difference)
{
  const char *slash = strrchr (key, '/');
  g_autofree char *parent = slash != NULL ? g_strndup (key, (gsize) (slash - key)) : NULL;
  GPtrArray *children;

  if (parent == NULL)
    return;
  children = g_hash_table_lookup (self->extra, parent);
  if (children == NULL)
    {
      children = g_ptr_array_new ();
      g_hash_table_insert (self->extra, g_steal_pointer (&parent), children);
    }
  g_ptr_array_add (children, difference);
}

static void
add_difference (MoorDifferences *self, JsonObject *difference)
{
  const char *profile = moor_json_text (difference, "profile");
  g_autofree char *key = NULL;

  if (profile == NULL)
    return;
  key = dup_key (profile, moor_json_text (difference, "path"));
  g_ptr_array_add (self->all, difference);
  if (g_strcmp0 (moor_json_text (difference, "status"), "extra") == 0)
    add_extra (self, key, difference);
  g_hash_table_replace (self->by_path, g_strdup (key), difference);
  count_in_parents (self, key);
}

/**
 * moor_differences_new:
 * @result: (transfer none): the answer of a check
 *
 * Takes some time for tens of thousands of differences.  Any thread.
 *
 * Returns: (transfer full): its differences, sorted and indexed
 */
MoorDifferences *
moor_differences_new (JsonObject *result)
{
  MoorDifferences *self = g_new0 (MoorDifferences, 1);
  JsonArray *differences = moor_json_list (result, "differences");
  guint n_differences = differences != NULL ? json_array_get_length (differences) : 0;

  g_atomic_ref_count_init (&self->ref_count);
  self->result = json_object_ref (result);
  self->all = g_ptr_array_new ();
  self->by_path = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->n_inside = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->extra = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                       (GDestroyNotify) g_ptr_array_unref);

  for (guint i = 0; i < n_differences; i++)
    add_difference (self, json_array_get_object_element (differences, i));
  g_ptr_array_sort (self->all, compare_differences);
  return self;
}

MoorDifferences *
moor_differences_ref (MoorDifferences *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
moor_differences_unref (MoorDifferences *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_ptr_array_unref (self->all);
  g_hash_table_unref (self->by_path);
  g_hash_table_unref (self->n_inside);
  g_hash_table_unref (self->extra);
  json_object_unref (self->result);
  g_free (self);
}

/**
 * moor_differences_get_all:
 *
 * Returns: (transfer none) (element-type JsonObject): all, by person and path
 */
GPtrArray *
moor_differences_get_all (MoorDifferences *self)
{
  return self->all;
}

/**
 * moor_differences_find:
 * @profile: login name
 * @path: below the home, as the engine writes it; empty for the home
 *
 * Returns: (transfer none) (nullable): what differs about it, if anything does
 */
JsonObject *
moor_differences_find (MoorDifferences *self, const char *profile, const char *path)
{
  g_autofree char *key = dup_key (profile, path);

  return g_hash_table_lookup (self->by_path, key);
}

/**
 * moor_differences_count_inside:
 * @profile: login name
 * @path: of a folder
 *
 * Returns: how many differences are below it
 */
guint
moor_differences_count_inside (MoorDifferences *self, const char *profile, const char *path)
{
  g_autofree char *key = dup_key (profile, path);

  return GPOINTER_TO_UINT (g_hash_table_lookup (self->n_inside, key));
}

/**
 * moor_differences_find_extra:
 * @profile: login name
 * @path: of a folder
 *
 * Returns: (transfer none) (nullable) (element-type JsonObject): what is in it
 *   and the store knows nothing of
 */
GPtrArray *
moor_differences_find_extra (MoorDifferences *self, const char *profile, const char *path)
{
  g_autofree char *key = dup_key (profile, path);

  return g_hash_table_lookup (self->extra, key);
}
