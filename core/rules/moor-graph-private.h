/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Two numbers -> a number that is not 0. */
typedef struct
{
  guint64 *keys;
  guint32 *values;
  guint32 n_slots; /* a power of 2, or 0 */
  guint32 n_used;
} MoorPairMap;

void moor_pair_map_set (MoorPairMap *map, guint32 a, guint32 b, guint32 value);
void moor_pair_map_clear (MoorPairMap *map);

static inline guint32
moor_pair_map_slot (const MoorPairMap *map, guint64 key)
{
  const guint64 mixed = key * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);

  return (guint32) (mixed >> 32) & (map->n_slots - 1);
}

static inline guint32
moor_pair_map_get (const MoorPairMap *map, guint32 a, guint32 b)
{
  const guint64 key = (guint64) a << 32 | b;

  if (map->n_used == 0)
    return 0;
  for (guint32 slot = moor_pair_map_slot (map, key);; slot = (slot + 1) & (map->n_slots - 1))
    {
      if (map->values[slot] == 0 || map->keys[slot] == key)
        return map->values[slot];
    }
}

/* Strings and their numbers, from 1. */
typedef struct
{
  GHashTable *numbers; /* (element-type utf8 guint) (owned) */
  GPtrArray *strings;  /* (element-type utf8): those of @numbers; 0 is none */
} MoorNames;

void moor_names_init (MoorNames *names);
void moor_names_clear (MoorNames *names);
guint32 moor_names_add (MoorNames *names, const char *name);

static inline guint32
moor_names_find (const MoorNames *names, const char *name)
{
  return GPOINTER_TO_UINT (g_hash_table_lookup (names->numbers, name));
}

/* What a name that fits @glob leads to. */
typedef struct
{
  guint32 from;
  guint32 to;
  const char *glob; /* %NULL: any name */
} MoorGlobEdge;

/**
 * MoorGraphNode:
 * @exact_bag: @subtree_bag: what ends here, 0 if nothing does
 * @loops: below it one is still there
 * @has_literals: some name that is spelled out leads on
 * @reaches_include: an include ends somewhere beyond it
 *
 * One way to have matched the start of the node of some patterns.
 */
typedef struct
{
  guint32 exact_bag;
  guint32 subtree_bag;
  guint32 first_edge; /* of the graph's edges; @n_edges of them have a glob */
  guint32 n_edges;
  gboolean loops;
  gboolean has_literals;
  gboolean reaches_include;
} MoorGraphNode;

/**
 * MoorGraph:
 *
 * The nodes of all patterns, component by component.  Filled by one thread, then
 * finished; read by any.
 */
typedef struct
{
  GArray *nodes;   /* (element-type MoorGraphNode): 0 is the top */
  GArray *starts;  /* (element-type guint32): where one is at the top */
  GArray *edges;   /* (element-type MoorGlobEdge) */
  MoorNames names; /* components that are spelled out */
  MoorNames globs;
  MoorPairMap literal_nodes; /* node, name -> node */
  MoorPairMap glob_nodes;    /* node, glob -> node */
} MoorGraph;

void moor_graph_init (MoorGraph *graph);
void moor_graph_clear (MoorGraph *graph);
guint32 moor_graph_add (MoorGraph *graph, const char *node, gboolean is_include);
void moor_graph_finish (MoorGraph *graph);

static inline MoorGraphNode *
moor_graph_node (const MoorGraph *graph, guint32 node)
{
  return &g_array_index (graph->nodes, MoorGraphNode, node);
}

static inline const MoorGlobEdge *
moor_graph_edges (const MoorGraph *graph, const MoorGraphNode *node)
{
  return &g_array_index (graph->edges, MoorGlobEdge, node->first_edge);
}

G_END_DECLS
