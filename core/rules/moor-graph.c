/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-graph-private.h"

#include <string.h>

/* How the nodes of patterns become a graph
 *
 *   /home/a/x        top -home-> . -a-> . -x-> (x ends here)
 *   /home/a/x/y                               `-y-> (y ends here)
 *   /home/a/b*c/z              a -b*c-> T -z-> ...
 *                                `-b*-> S -*c-> T      S loops
 *
 * One edge is one component of a path.  A star spans components, so what has one
 * (`b*c`) leads on in two ways: a single component that fits it; or one that fits
 * its start, into a node S in which one stays however many components follow, and
 * from there one that fits its end.  With several stars there is an S for each, and
 * edges for what lies between two of them.  A walk is thus in a set of nodes, and
 * in few: patterns share all they start with alike. */

static void
grow_map (MoorPairMap *map)
{
  const MoorPairMap old = *map;

  map->n_slots = MAX (64u, old.n_slots * 2);
  map->keys = g_new (guint64, map->n_slots);
  map->values = g_new0 (guint32, map->n_slots);
  map->n_used = 0;
  for (guint32 i = 0; i < old.n_slots; i++)
    {
      if (old.values[i] != 0)
        moor_pair_map_set (map, (guint32) (old.keys[i] >> 32), (guint32) old.keys[i],
                           old.values[i]);
    }
  g_free (old.keys);
  g_free (old.values);
}

/**
 * moor_pair_map_set:
 * @value: not 0
 */
void
moor_pair_map_set (MoorPairMap *map, guint32 a, guint32 b, guint32 value)
{
  const guint64 key = (guint64) a << 32 | b;
  guint32 slot;

  if (map->n_used >= map->n_slots / 2)
    grow_map (map);
  slot = moor_pair_map_slot (map, key);
  while (map->values[slot] != 0 && map->keys[slot] != key)
    slot = (slot + 1) & (map->n_slots - 1);
  map->n_used += map->values[slot] == 0;
  map->keys[slot] = key;
  map->values[slot] = value;
}

/**
 * moor_pair_map_clear:
 */
void
moor_pair_map_clear (MoorPairMap *map)
{
  g_clear_pointer (&map->keys, g_free);
  g_clear_pointer (&map->values, g_free);
}

/**
 * moor_names_init:
 */
void
moor_names_init (MoorNames *names)
{
  names->numbers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  names->strings = g_ptr_array_new ();
  g_ptr_array_add (names->strings, NULL);
}

/**
 * moor_names_clear:
 */
void
moor_names_clear (MoorNames *names)
{
  g_clear_pointer (&names->numbers, g_hash_table_unref);
  g_clear_pointer (&names->strings, g_ptr_array_unref);
}

/**
 * moor_names_add:
 *
 * Returns: the number of @name, which may have had it before
 */
guint32
moor_names_add (MoorNames *names, const char *name)
{
  guint32 number = moor_names_find (names, name);
  char *copy;

  if (number != 0)
    return number;
  copy = g_strdup (name);
  number = names->strings->len;
  g_ptr_array_add (names->strings, copy);
  g_hash_table_insert (names->numbers, copy, GUINT_TO_POINTER (number));
  return number;
}

/**
 * moor_graph_init:
 */
void
moor_graph_init (MoorGraph *graph)
{
  const guint32 top = 0;

  graph->nodes = g_array_new (FALSE, TRUE, sizeof (MoorGraphNode));
  graph->starts = g_array_new (FALSE, FALSE, sizeof (guint32));
  /* It is looked into though it is empty. */
  graph->edges = g_array_sized_new (FALSE, FALSE, sizeof (MoorGlobEdge), 1);
  moor_names_init (&graph->names);
  moor_names_init (&graph->globs);
  g_array_set_size (graph->nodes, 1);
  g_array_append_val (graph->starts, top);
}

/**
 * moor_graph_clear:
 */
void
moor_graph_clear (MoorGraph *graph)
{
  g_clear_pointer (&graph->nodes, g_array_unref);
  g_clear_pointer (&graph->starts, g_array_unref);
  g_clear_pointer (&graph->edges, g_array_unref);
  moor_names_clear (&graph->names);
  moor_names_clear (&graph->globs);
  moor_pair_map_clear (&graph->literal_nodes);
  moor_pair_map_clear (&graph->glob_nodes);
}

static guint32
find_or_make (MoorGraph *graph, MoorPairMap *map, guint32 from, guint32 name, gboolean *out_made)
{
  guint32 to = moor_pair_map_get (map, from, name);

  *out_made = to == 0;
  if (to != 0)
    return to;
  to = graph->nodes->len;
  g_array_set_size (graph->nodes, to + 1);
  moor_pair_map_set (map, from, name, to);
  return to;
}

static guint32
add_literal (MoorGraph *graph, guint32 from, const char *component)
{
  gboolean made;

  moor_graph_node (graph, from)->has_literals = TRUE;
  return find_or_make (graph, &graph->literal_nodes, from,
                       moor_names_add (&graph->names, component), &made);
}

/* An edge for names that fit the bytes of @start up to @end. */
static void
add_edge (MoorGraph *graph, guint32 from, const char *start, const char *end, guint32 to)
{
  g_autofree char *glob = g_strndup (start, (gsize) (end - start));
  MoorGlobEdge edge = { .from = from, .to = to };

  if (!g_str_equal (glob, "*"))
    {
      const guint32 number = moor_names_add (&graph->globs, glob);

      edge.glob = g_ptr_array_index (graph->globs.strings, number);
    }
  g_array_append_val (graph->edges, edge);
}

/* The node in which one stays after the star that is the last byte before @end. */
static guint32
add_loop (MoorGraph *graph, guint32 from, const char *start, const char *end, gboolean *out_made)
{
  /* No component has a slash, so this is nobody else's name. */
  g_autofree char *key = g_strdup_printf ("%.*s/", (int) (end - start), start);
  guint32 loop = find_or_make (graph, &graph->glob_nodes, from, moor_names_add (&graph->globs, key),
                               out_made);

  moor_graph_node (graph, loop)->loops = TRUE;
  return loop;
}

/* Edges from the loop after the star at @star: to the end, and to later loops. */
static void
add_from_loop (MoorGraph *graph,
               guint32 from,
               guint32 loop,
               const char *component,
               const char *star,
               guint32 to)
{
  const char *end = component + strlen (component);
  gboolean made;

  add_edge (graph, loop, star, end, to);
  for (const char *at = strchr (star + 1, '*'); at != NULL; at = strchr (at + 1, '*'))
    add_edge (graph, loop, star, at + 1, add_loop (graph, from, component, at + 1, &made));
}

/* The loop of patterns that start with a star, which also stands for nothing, and for the
 * slash before a name. */
static guint32
add_open_top (MoorGraph *graph)
{
  gboolean made;
  guint32 top = add_loop (graph, 0, "", "", &made);

  if (made)
    g_array_append_val (graph->starts, top);
  return top;
}

/* What a component with stars leads to.  @open: @from is the loop of its first star. */
static guint32
add_stars (MoorGraph *graph, guint32 from, const char *component, gboolean open, gboolean includes)
{
  const char *end = component + strlen (component);
  gboolean is_new = FALSE;
  gboolean made;
  guint32 to;

  if (open && g_str_equal (component, "*"))
    return from;
  to = find_or_make (graph, &graph->glob_nodes, from, moor_names_add (&graph->globs, component),
                     &is_new);
  if (is_new && !open)
    add_edge (graph, from, component, end, to);
  for (const char *star = strchr (component, '*'); star != NULL; star = strchr (star + 1, '*'))
    {
      const gboolean is_from = open && star == component;
      guint32 loop = is_from ? from : add_loop (graph, from, component, star + 1, &made);

      if (includes)
        moor_graph_node (graph, loop)->reaches_include = TRUE;
      if (is_new && !is_from && !open)
        add_edge (graph, from, component, star + 1, loop);
      if (is_new)
        add_from_loop (graph, from, loop, component, star, to);
    }
  return to;
}

/**
 * moor_graph_add:
 * @node: of a pattern, folded if case does not count
 * @is_include: whether what ends there may take something
 *
 * Returns: where one is when a path has matched @node
 */
guint32
moor_graph_add (MoorGraph *graph, const char *node, gboolean is_include)
{
  g_auto(GStrv) components = g_strsplit (node, "/", -1);
  const gboolean open = node[0] == '*';
  guint32 at = open ? add_open_top (graph) : 0;

  if (node[0] == '\0')
    return 0;
  for (guint i = open ? 0 : 1; components[i] != NULL; i++)
    {
      if (is_include)
        moor_graph_node (graph, at)->reaches_include = TRUE;
      if (strchr (components[i], '*') != NULL)
        at = add_stars (graph, at, components[i], open && i == 0, is_include);
      else
        at = add_literal (graph, at, components[i]);
    }
  return at;
}

/* Any order that keeps those of one node together. */
static int
compare_edges (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, sizeof (MoorGlobEdge));
}

/**
 * moor_graph_finish:
 *
 * Sorts the edges and drops those that are there twice; nothing may be added any more.
 */
void
moor_graph_finish (MoorGraph *graph)
{
  guint n_kept = 0;

  g_array_sort (graph->edges, compare_edges);
  for (guint i = 0; i < graph->edges->len; i++)
    {
      const MoorGlobEdge edge = g_array_index (graph->edges, MoorGlobEdge, i);
      MoorGraphNode *from = moor_graph_node (graph, edge.from);

      if (n_kept > 0
          && memcmp (&g_array_index (graph->edges, MoorGlobEdge, n_kept - 1), &edge, sizeof edge)
                 == 0)
        continue;
      if (from->n_edges++ == 0)
        from->first_edge = n_kept;
      g_array_index (graph->edges, MoorGlobEdge, n_kept++) = edge;
    }
  g_array_set_size (graph->edges, n_kept);
}
