/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-bags-private.h"

#include <string.h>

/* Bags are what is found at the end of a node: leaves, and the rules that have them.
 *
 *   bag of "/home/a" and below:   *       -> include of group 3
 *                                 *.tmp   -> exclude of group 3, include of group 7
 *                                 core    -> exclude of group 3
 *
 * A leaf is a key: `*`, none, a whole name, an ending that starts with a dot, or a glob.
 * A name is looked up as each, in every bag that counts where it is; all rules that are
 * found this way are then judged together: for each group the one with the highest rank
 * wins, and the object is taken if an include wins in any group. */

static void
filter_free (gpointer data)
{
  moor_filter_free (data);
}

/**
 * moor_bags_init:
 * @items: (element-type MoorRuleItem): what rules are indices into; not needed afterwards
 */
void
moor_bags_init (MoorBags *bags, const GPtrArray *items)
{
  bags->filters = g_ptr_array_new_full (items->len, filter_free);
  for (guint i = 0; i < items->len; i++)
    {
      const MoorCall *call = ((const MoorRuleItem *) g_ptr_array_index (items, i))->call;

      g_ptr_array_add (bags->filters,
                       moor_filter_needs_look (call) ? moor_filter_new (call) : NULL);
    }
  bags->entries = g_array_new (FALSE, FALSE, sizeof (MoorLeafEntry));
  bags->bags = g_array_new (FALSE, TRUE, sizeof (MoorBag));
  bags->slices = g_array_new (FALSE, TRUE, sizeof (MoorLeafSlice));
  moor_names_init (&bags->exact);
  moor_names_init (&bags->suffixes);
  moor_names_init (&bags->globs);
  g_array_set_size (bags->bags, 1);
  g_array_set_size (bags->slices, 1);
}

/**
 * moor_bags_clear:
 */
void
moor_bags_clear (MoorBags *bags)
{
  for (guint i = 0; i < bags->bags->len; i++)
    g_clear_pointer (&g_array_index (bags->bags, MoorBag, i).globs, g_array_unref);
  g_clear_pointer (&bags->filters, g_ptr_array_unref);
  g_clear_pointer (&bags->entries, g_array_unref);
  g_clear_pointer (&bags->bags, g_array_unref);
  g_clear_pointer (&bags->slices, g_array_unref);
  g_clear_pointer (&bags->by_leaf, g_free);
  g_clear_pointer (&bags->by_group, g_free);
  moor_names_clear (&bags->exact);
  moor_names_clear (&bags->suffixes);
  moor_names_clear (&bags->globs);
  moor_pair_map_clear (&bags->leaves);
}

/**
 * moor_bags_new_bag:
 *
 * Returns: the number of a bag with nothing in it
 */
guint32
moor_bags_new_bag (MoorBags *bags)
{
  g_array_set_size (bags->bags, bags->bags->len + 1);
  return bags->bags->len - 1;
}

static guint32
key_of (MoorBags *bags, guint32 bag, const char *leaf)
{
  MoorBag *into = &g_array_index (bags->bags, MoorBag, bag);

  if (leaf == NULL)
    return MOOR_LEAF_NONE;
  if (g_str_equal (leaf, "*"))
    return MOOR_LEAF_STAR;
  if (strchr (leaf, '*') == NULL)
    {
      into->has_exact = TRUE;
      return MOOR_LEAF_EXACT | moor_names_add (&bags->exact, leaf);
    }
  if (leaf[0] == '*' && leaf[1] == '.' && strchr (leaf + 1, '*') == NULL)
    {
      into->has_suffix = TRUE;
      bags->max_suffix_bytes = MAX (bags->max_suffix_bytes, strlen (leaf + 1));
      return MOOR_LEAF_SUFFIX | moor_names_add (&bags->suffixes, leaf + 1);
    }
  return MOOR_LEAF_GLOB | moor_names_add (&bags->globs, leaf);
}

/**
 * moor_bags_add:
 * @leaf: (nullable): of the rule's pattern, folded if case does not count
 * @rule: its cover is set here
 */
void
moor_bags_add (MoorBags *bags, guint32 bag, const char *leaf, const MoorLeafRule *rule)
{
  MoorLeafEntry entry = { .bag = bag, .key = key_of (bags, bag, leaf), .rule = *rule };

  entry.rule.cover = MOOR_COVERS_SOME;
  if (entry.key == MOOR_LEAF_STAR)
    entry.rule.cover = MOOR_COVERS_ALL;
  else if (entry.key == MOOR_LEAF_NONE)
    entry.rule.cover = MOOR_COVERS_DIRECTORIES;
  g_array_append_val (bags->entries, entry);
}

#define ORDER(a, b) \
  if ((a) != (b)) \
  return (a) < (b) ? -1 : 1

static int
compare_by_group (gconstpointer a, gconstpointer b)
{
  const MoorLeafEntry *entry_a = a;
  const MoorLeafEntry *entry_b = b;

  ORDER (entry_a->bag, entry_b->bag);
  ORDER (entry_a->rule.group, entry_b->rule.group);
  ORDER (entry_b->rule.rank, entry_a->rule.rank);
  ORDER (entry_a->rule.rule, entry_b->rule.rule);
  return 0;
}

static int
compare_by_leaf (gconstpointer a, gconstpointer b)
{
  const MoorLeafEntry *entry_a = a;
  const MoorLeafEntry *entry_b = b;

  ORDER (entry_a->bag, entry_b->bag);
  ORDER (entry_a->key, entry_b->key);
  return compare_by_group (a, b);
}

/* Writes those of the entries from @first to @end that can ever win, all of one bag and leaf. */
static MoorLeafSlice
take_slice (const MoorBags *bags, guint first, guint end, MoorLeafRule *to)
{
  MoorLeafSlice slice = { .at = to };
  gboolean settled = FALSE;

  for (guint i = first; i < end; i++)
    {
      const MoorLeafRule *rule = &g_array_index (bags->entries, MoorLeafEntry, i).rule;

      if (i > first
          && rule->group != g_array_index (bags->entries, MoorLeafEntry, i - 1).rule.group)
        settled = FALSE;
      if (!settled)
        *to++ = *rule;
      settled = settled || !rule->filtered;
    }
  slice.end = to;
  return slice;
}

static void
place_slice (MoorBags *bags, const MoorLeafEntry *entry, MoorLeafSlice slice)
{
  MoorBag *bag = &g_array_index (bags->bags, MoorBag, entry->bag);

  if (entry->key == MOOR_LEAF_STAR)
    bag->stars = slice;
  else if (entry->key == MOOR_LEAF_NONE)
    bag->nodes = slice;
  else if ((entry->key & MOOR_LEAF_KINDS) == MOOR_LEAF_GLOB)
    {
      MoorLeafGlob glob = { .glob = g_ptr_array_index (bags->globs.strings,
                                                       entry->key & ~MOOR_LEAF_KINDS),
                            .slice = slice };

      glob.pairs = moor_leaf_pairs (glob.glob);
      if (bag->globs == NULL)
        bag->globs = g_array_new (FALSE, FALSE, sizeof glob);
      g_array_append_val (bag->globs, glob);
    }
  else
    {
      g_array_append_val (bags->slices, slice);
      moor_pair_map_set (&bags->leaves, entry->bag, entry->key, bags->slices->len - 1);
    }
}

static void
finish_leaves (MoorBags *bags)
{
  MoorLeafRule *to;
  guint end;

  g_array_sort (bags->entries, compare_by_leaf);
  to = bags->by_leaf = g_new (MoorLeafRule, bags->entries->len + 1);
  for (guint i = 0; i < bags->entries->len; i = end)
    {
      const MoorLeafEntry *first = &g_array_index (bags->entries, MoorLeafEntry, i);
      MoorLeafSlice slice;

      for (end = i + 1; end < bags->entries->len; end++)
        {
          const MoorLeafEntry *entry = &g_array_index (bags->entries, MoorLeafEntry, end);

          if (entry->bag != first->bag || entry->key != first->key)
            break;
        }
      slice = take_slice (bags, i, end, to);
      to += slice.end - slice.at;
      place_slice (bags, first, slice);
    }
}

/**
 * moor_bags_finish:
 *
 * Puts everything in order; nothing may be added any more.
 */
void
moor_bags_finish (MoorBags *bags)
{
  finish_leaves (bags);
  g_array_sort (bags->entries, compare_by_group);
  bags->by_group = g_new (MoorLeafRule, bags->entries->len + 1);
  for (guint i = 0; i < bags->entries->len; i++)
    {
      const MoorLeafEntry *entry = &g_array_index (bags->entries, MoorLeafEntry, i);
      MoorBag *bag = &g_array_index (bags->bags, MoorBag, entry->bag);

      bags->by_group[i] = entry->rule;
      if (bag->all.at == NULL)
        bag->all.at = &bags->by_group[i];
      bag->all.end = &bags->by_group[i + 1];
    }
  g_clear_pointer (&bags->entries, g_array_unref);
}

/**
 * moor_bag_set_new:
 * @ids: bags, in rising order
 *
 * Returns: (transfer full): a set that can be looked for, but not used before
 *   moor_bag_set_complete(); free with g_free()
 */
MoorBagSet *
moor_bag_set_new (const guint32 *ids, guint n_ids)
{
  MoorBagSet *set = g_malloc0 (sizeof *set + n_ids * sizeof *ids);

  set->n_bags = n_ids;
  for (guint i = 0; i < n_ids; i++)
    set->bags[i] = ids[i];
  return set;
}

/**
 * moor_bag_set_hash:
 */
guint
moor_bag_set_hash (gconstpointer set)
{
  const MoorBagSet *bag_set = set;
  guint hash = bag_set->n_bags;

  for (guint i = 0; i < bag_set->n_bags; i++)
    hash = hash * 2654435761u + bag_set->bags[i];
  return hash;
}

/**
 * moor_bag_set_equal:
 */
gboolean
moor_bag_set_equal (gconstpointer a, gconstpointer b)
{
  const MoorBagSet *set_a = a;
  const MoorBagSet *set_b = b;

  return set_a->n_bags == set_b->n_bags
         && memcmp (set_a->bags, set_b->bags, set_a->n_bags * sizeof set_a->bags[0]) == 0;
}
