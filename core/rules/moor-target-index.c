/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-target-private.h"

#include <string.h>

static void
bucket_free (gpointer bucket)
{
  g_ptr_array_unref (bucket);
}

/**
 * moor_item_index_new:
 *
 * Returns: (transfer full): an index without rules
 */
MoorItemIndex *
moor_item_index_new (MoorPathStyle style)
{
  MoorItemIndex *index = g_new0 (MoorItemIndex, 1);

  index->style = style;
  index->by_prefix = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, bucket_free);
  return index;
}

/**
 * moor_item_index_free:
 * @index: (nullable) (transfer full): the rules in it stay; any thread
 */
void
moor_item_index_free (MoorItemIndex *index)
{
  if (index == NULL)
    return;
  g_hash_table_unref (index->by_prefix);
  g_free (index);
}

static char *
fold (MoorPathStyle style, const char *path)
{
  return style == MOOR_PATHS_WINDOWS ? moor_pattern_fold (path) : g_strdup (path);
}

/* "/a/b*" -> "/a", "/a/b" -> "/a/b", "*" -> "" */
static char *
literal_prefix (const char *node)
{
  const char *star = strchr (node, '*');
  const char *end;

  if (star == NULL)
    return g_strdup (node);
  end = star;
  while (end > node && *end != '/')
    end--;
  return g_strndup (node, (gsize) (end - node));
}

/**
 * moor_item_index_add:
 * @item: (not owned): has to outlive @index
 *
 * Adds a rule about files; one about anything else matches no file, and is left out.
 */
void
moor_item_index_add (MoorItemIndex *index, const MoorRuleItem *item)
{
  g_autofree char *prefix = NULL;
  g_autofree char *key = NULL;
  GPtrArray *bucket;

  if (item->pattern->type != MOOR_PATTERN_FILE)
    return;
  prefix = literal_prefix (item->pattern->node);
  key = fold (index->style, prefix);
  bucket = g_hash_table_lookup (index->by_prefix, key);
  if (bucket == NULL)
    {
      bucket = g_ptr_array_new ();
      g_hash_table_insert (index->by_prefix, g_steal_pointer (&key), bucket);
    }
  g_ptr_array_add (bucket, (gpointer) item);
  index->n_items++;
}

/**
 * moor_item_index_list_prefixes:
 *
 * Returns: (transfer full) (element-type filename): the directories below which
 *   something can match
 */
GPtrArray *
moor_item_index_list_prefixes (const MoorItemIndex *index)
{
  GPtrArray *prefixes = g_ptr_array_new_with_free_func (g_free);
  GHashTableIter iter;
  gpointer prefix;

  g_hash_table_iter_init (&iter, index->by_prefix);
  while (g_hash_table_iter_next (&iter, &prefix, NULL))
    g_ptr_array_add (prefixes, g_strdup (prefix));
  return prefixes;
}

/**
 * moor_item_index_is_empty:
 *
 * Returns: whether moor_item_index_match() finds nothing, whatever it is asked.  Any thread.
 */
gboolean
moor_item_index_is_empty (const MoorItemIndex *index)
{
  return index->n_items == 0;
}

static void
take_matches (const MoorItemIndex *index,
              const GPtrArray *bucket,
              const char *path,
              gboolean is_node,
              GPtrArray **matches)
{
  for (guint i = 0; bucket != NULL && i < bucket->len; i++)
    {
      const MoorRuleItem *item = g_ptr_array_index (bucket, i);

      if (!moor_pattern_matches (item->pattern, index->style, path, is_node))
        continue;
      if (*matches == NULL)
        *matches = g_ptr_array_new ();
      g_ptr_array_add (*matches, (gpointer) item);
    }
}

/**
 * moor_item_index_match:
 * @path: (type filename): canonical and absolute
 * @is_node: it is a directory
 *
 * Any thread.
 *
 * Returns: (transfer container) (nullable) (element-type MoorRuleItem): the rules
 *   whose pattern matches, in no order; %NULL if none does
 */
GPtrArray *
moor_item_index_match (const MoorItemIndex *index, const char *path, gboolean is_node)
{
  g_autofree char *prefix = NULL;
  GPtrArray *matches = NULL;
  char *slash;

  if (index->n_items == 0)
    return NULL;
  prefix = fold (index->style, path);
  while (TRUE)
    {
      take_matches (index, g_hash_table_lookup (index->by_prefix, prefix), path, is_node, &matches);
      slash = strrchr (prefix, '/');
      if (slash == NULL)
        return matches;
      *slash = '\0';
    }
}
