/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-machine-private.h"

#include <string.h>

#include "moor-bags-private.h"
#include "moor-filter-private.h"
#include "moor-lock.h"
#include "moor-pattern-private.h"

/* Where a walk is in the rules
 *
 * A directory is in a set of nodes of the graph (which patterns have matched so far, and how
 * far) and has two sets of bags: those that count for itself and the files in it, and those of
 * subtrees, which also count for everything below.  The three together are a state.  States
 * are made when a walk first gets there, and kept: there are as many as there are different
 * places in the rules, not as there are directories.
 *
 * Every name that no pattern spells out leads from one state to the same other, so that one
 * is remembered; almost all directories take that way, which needs no lock.  What a file
 * needs is in the state's bags. */

#define FIRST_CHUNK 256u
#define N_CHUNKS 25u /* each twice as large as the one before: all of 32 bits */

#define NOTHING ((MoorRuleState) 1) /* nothing is taken here and below */

/* Never changes once its number is out, but for @other. */
typedef struct
{
  MoorBagSet *here;
  MoorBagSet *below;
  MoorRuleState number;
  MoorRuleState other; /* (atomic): where other names lead; 0 while nobody has gone there */
  gboolean descend;
  gboolean has_literals;
  guint n_nodes;
  guint32 nodes[]; /* in rising order */
} State;

struct _MoorMachine
{
  MoorGraph graph;
  MoorBags bags;
  MoorPathStyle style;
  MoorRuleState top;

  GMutex lock;
  /* Guarded by @lock; a chunk's pointers are read without by who has a number in it. */
  GHashTable *sets;   /* (element-type MoorBagSet) (owned) */
  GHashTable *states; /* (element-type State) (owned) */
  guint32 n_states;
  State **chunks[N_CHUNKS];
};

static guint
state_hash (gconstpointer key)
{
  const State *state = key;
  guint hash = g_direct_hash (state->here) * 31 + g_direct_hash (state->below);

  for (guint i = 0; i < state->n_nodes; i++)
    hash = hash * 2654435761u + state->nodes[i];
  return hash;
}

static gboolean
state_equal (gconstpointer a, gconstpointer b)
{
  const State *state_a = a;
  const State *state_b = b;

  return state_a->here == state_b->here && state_a->below == state_b->below
         && state_a->n_nodes == state_b->n_nodes
         && memcmp (state_a->nodes, state_b->nodes, state_a->n_nodes * sizeof state_a->nodes[0])
                == 0;
}

/* Chunk N holds FIRST_CHUNK << N states. */
static void
locate (MoorRuleState number, guint *out_chunk, guint32 *out_index)
{
  const guint32 shifted = number / FIRST_CHUNK + 1;

  *out_chunk = g_bit_storage (shifted) - 1;
  *out_index = number - FIRST_CHUNK * ((1u << *out_chunk) - 1);
}

static const State *
get_state (const MoorMachine *machine, MoorRuleState number)
{
  guint chunk;
  guint32 index;

  locate (number, &chunk, &index);
  return machine->chunks[chunk][index];
}

static MoorBagSet *
intern_set_locked (MoorMachine *machine, const GArray *ids)
{
  g_autofree MoorBagSet *set = NULL;
  MoorBagSet *known;

  set = moor_bag_set_new ((const guint32 *) (gpointer) ids->data, ids->len);
  known = g_hash_table_lookup (machine->sets, set);
  if (known != NULL)
    return known;
  moor_bag_set_complete (&machine->bags, set);
  known = g_steal_pointer (&set);
  g_hash_table_add (machine->sets, known);
  return known;
}

static gboolean
may_take_below (const MoorMachine *machine, const State *state)
{
  if (state->below->barred)
    return FALSE;
  if (state->here->files_live || state->below->live)
    return TRUE;
  for (guint i = 0; i < state->n_nodes; i++)
    {
      if (moor_graph_node (&machine->graph, state->nodes[i])->reaches_include)
        return TRUE;
    }
  return FALSE;
}

static void
keep_state_locked (MoorMachine *machine, State *state)
{
  guint chunk;
  guint32 index;

  state->number = ++machine->n_states;
  locate (state->number, &chunk, &index);
  if (machine->chunks[chunk] == NULL)
    machine->chunks[chunk] = g_new0 (State *, (gsize) FIRST_CHUNK << chunk);
  machine->chunks[chunk][index] = state;
  g_hash_table_add (machine->states, state);
}

static int
compare_numbers (gconstpointer a, gconstpointer b)
{
  const guint32 number_a = *(const guint32 *) a;
  const guint32 number_b = *(const guint32 *) b;

  return (number_a > number_b) - (number_a < number_b);
}

static void
sort_unique (GArray *numbers)
{
  guint n_kept = 0;

  g_array_sort (numbers, compare_numbers);
  for (guint i = 0; i < numbers->len; i++)
    {
      guint32 number = g_array_index (numbers, guint32, i);

      if (n_kept == 0 || g_array_index (numbers, guint32, n_kept - 1) != number)
        g_array_index (numbers, guint32, n_kept++) = number;
    }
  g_array_set_size (numbers, n_kept);
}

/* The nodes in which it makes a difference to be. */
static void
drop_ends (const MoorMachine *machine, GArray *nodes)
{
  guint n_kept = 0;

  for (guint i = 0; i < nodes->len; i++)
    {
      guint32 number = g_array_index (nodes, guint32, i);
      const MoorGraphNode *node = moor_graph_node (&machine->graph, number);

      if (node->n_edges > 0 || node->has_literals)
        g_array_index (nodes, guint32, n_kept++) = number;
    }
  g_array_set_size (nodes, n_kept);
}

/* The state of a directory below one with the bags @above, in which @nodes are reached.
 * Changes @nodes. */
static const State *
intern (MoorMachine *machine, const MoorBagSet *above, GArray *nodes)
{
  g_autoptr(GArray) here = g_array_new (FALSE, FALSE, sizeof (guint32));
  g_autoptr(GArray) below = g_array_new (FALSE, FALSE, sizeof (guint32));
  g_autofree State *state = NULL;
  State *known;

  if (above != NULL)
    g_array_append_vals (below, above->bags, above->n_bags);
  sort_unique (nodes);
  for (guint i = 0; i < nodes->len; i++)
    {
      const MoorGraphNode *node = moor_graph_node (&machine->graph,
                                                   g_array_index (nodes, guint32, i));

      if (node->exact_bag != 0)
        g_array_append_val (here, node->exact_bag);
      if (node->subtree_bag != 0)
        g_array_append_val (below, node->subtree_bag);
    }
  g_array_append_vals (here, below->data, below->len);
  sort_unique (here);
  sort_unique (below);
  drop_ends (machine, nodes);

  state = g_malloc0 (sizeof *state + nodes->len * sizeof state->nodes[0]);
  state->n_nodes = nodes->len;
  for (guint i = 0; i < nodes->len; i++)
    {
      state->nodes[i] = g_array_index (nodes, guint32, i);
      state->has_literals |= moor_graph_node (&machine->graph, state->nodes[i])->has_literals;
    }

  moor_lock (&machine->lock);
  state->here = intern_set_locked (machine, here);
  state->below = intern_set_locked (machine, below);
  state->descend = may_take_below (machine, state);
  known = g_hash_table_lookup (machine->states, state);
  if (known == NULL)
    {
      known = g_steal_pointer (&state);
      keep_state_locked (machine, known);
    }
  moor_unlock (&machine->lock);
  return known;
}

/* Whether a pattern spells @name out where @state is. */
static gboolean
is_spelled_out (const MoorMachine *machine, const State *state, const char *name, guint32 *out_name)
{
  *out_name = state->has_literals ? moor_names_find (&machine->graph.names, name) : 0;
  for (guint i = 0; i < state->n_nodes; i++)
    {
      const MoorGraphNode *node = moor_graph_node (&machine->graph, state->nodes[i]);
      const MoorGlobEdge *edges = moor_graph_edges (&machine->graph, node);

      if (*out_name != 0
          && moor_pair_map_get (&machine->graph.literal_nodes, state->nodes[i], *out_name) != 0)
        return TRUE;
      for (guint j = 0; j < node->n_edges; j++)
        {
          if (edges[j].glob != NULL && moor_glob_fits (edges[j].glob, name))
            return TRUE;
        }
    }
  return FALSE;
}

static GArray *
go_on (const MoorMachine *machine, const State *state, const char *name, guint32 number)
{
  GArray *reached = g_array_new (FALSE, FALSE, sizeof (guint32));

  for (guint i = 0; i < state->n_nodes; i++)
    {
      const MoorGraphNode *node = moor_graph_node (&machine->graph, state->nodes[i]);
      const MoorGlobEdge *edges = moor_graph_edges (&machine->graph, node);
      guint32 literal = number != 0 ? moor_pair_map_get (&machine->graph.literal_nodes,
                                                         state->nodes[i], number)
                                    : 0;

      if (literal != 0)
        g_array_append_val (reached, literal);
      if (node->loops)
        g_array_append_val (reached, state->nodes[i]);
      for (guint j = 0; j < node->n_edges; j++)
        {
          if (edges[j].glob == NULL || moor_glob_fits (edges[j].glob, name))
            g_array_append_val (reached, edges[j].to);
        }
    }
  return reached;
}

/* The state of the directory @name in one that is in @state. */
static const State *
step (const MoorMachine *machine, const State *state, const char *name)
{
  g_autoptr(GArray) reached = NULL;
  guint32 number;
  const gboolean spelled_out = is_spelled_out (machine, state, name, &number);
  MoorRuleState *other = (MoorRuleState *) &state->other;
  const MoorRuleState known = spelled_out ? 0 : (MoorRuleState) g_atomic_int_get (other);
  const State *next;

  if (known != 0)
    return get_state (machine, known);
  reached = go_on (machine, state, name, number);
  next = intern ((MoorMachine *) machine, state->below, reached);
  if (!spelled_out)
    g_atomic_int_set (other, next->number);
  return next;
}

static guint32
bag_for (MoorMachine *machine, guint32 at, gboolean subtree)
{
  MoorGraphNode *node = moor_graph_node (&machine->graph, at);
  guint32 *bag = subtree ? &node->subtree_bag : &node->exact_bag;

  if (*bag == 0)
    *bag = moor_bags_new_bag (&machine->bags);
  return *bag;
}

/* Components and people in the order in which they come up. */
static guint32
group_of (MoorPairMap *groups, const MoorRuleItem *item)
{
  guint32 group;

  if (item->kind == MOOR_RULE_UNCONDITIONAL_EXCLUDE)
    return 0;
  group = moor_pair_map_get (groups, item->component, (guint32) (item->user + 1));
  if (group == 0)
    {
      group = groups->n_used + 1;
      moor_pair_map_set (groups, item->component, (guint32) (item->user + 1), group);
    }
  return group;
}

static void
add_item (MoorMachine *machine, MoorPairMap *groups, guint index, const MoorRuleItem *item)
{
  const gboolean folds = machine->style == MOOR_PATHS_WINDOWS;
  const MoorPattern *pattern = item->pattern;
  g_autofree char *node = folds ? moor_pattern_fold (pattern->node) : NULL;
  g_autofree char *leaf = folds && pattern->leaf != NULL ? moor_pattern_fold (pattern->leaf) : NULL;
  MoorLeafRule rule = { .rule = index, .filtered = (guint8) moor_filter_needs_look (item->call) };
  guint32 at;

  if (!rule.filtered && !moor_filter_keeps (item->call, NULL))
    return;
  rule.group = group_of (groups, item);
  rule.rank = moor_pattern_rank (pattern) << 1 | (item->kind != MOOR_RULE_INCLUDE);
  at = moor_graph_add (&machine->graph, folds ? node : pattern->node,
                       item->kind == MOOR_RULE_INCLUDE);
  moor_bags_add (&machine->bags, bag_for (machine, at, pattern->subtree),
                 folds ? leaf : pattern->leaf, &rule);
}

/**
 * moor_machine_new:
 * @items: (element-type MoorRuleItem): includes and excludes; outlives the machine
 * @type: which of them it is about
 *
 * Blocks for about a microsecond for each of @items.  Any thread.
 *
 * Returns: (transfer full): the machine
 */
MoorMachine *
moor_machine_new (const GPtrArray *items, MoorPatternType type, MoorPathStyle style)
{
  MoorMachine *machine = g_new0 (MoorMachine, 1);
  MoorPairMap groups = { .keys = NULL };
  g_autoptr(GArray) nowhere = g_array_new (FALSE, FALSE, sizeof (guint32));
  g_autoptr(GArray) starts = NULL;

  machine->style = style;
  g_mutex_init (&machine->lock);
  machine->sets = g_hash_table_new_full (moor_bag_set_hash, moor_bag_set_equal, g_free, NULL);
  machine->states = g_hash_table_new_full (state_hash, state_equal, g_free, NULL);
  moor_graph_init (&machine->graph);
  moor_bags_init (&machine->bags, items);
  for (guint i = 0; i < items->len; i++)
    {
      const MoorRuleItem *item = g_ptr_array_index (items, i);

      if (item->pattern->type == type)
        add_item (machine, &groups, i, item);
    }
  moor_pair_map_clear (&groups);
  moor_graph_finish (&machine->graph);
  moor_bags_finish (&machine->bags);

  (void) intern (machine, NULL, nowhere);
  starts = g_array_copy (machine->graph.starts);
  machine->top = intern (machine, NULL, starts)->number;
  return machine;
}

/**
 * moor_machine_free:
 * @machine: (transfer full): what no thread uses any more
 */
void
moor_machine_free (MoorMachine *machine)
{
  g_hash_table_unref (machine->states);
  g_hash_table_unref (machine->sets);
  for (guint i = 0; i < N_CHUNKS; i++)
    g_free (machine->chunks[i]);
  moor_graph_clear (&machine->graph);
  moor_bags_clear (&machine->bags);
  g_mutex_clear (&machine->lock);
  g_free (machine);
}

/**
 * moor_machine_top:
 *
 * Returns: the state of the top of everything
 */
MoorRuleState
moor_machine_top (const MoorMachine *machine)
{
  return machine->top;
}

static void
decide_directory (const MoorMachine *machine,
                  const State *state,
                  const MoorLook *look,
                  MoorDecision *out)
{
  MoorVerdict verdict = state->here->directory;

  if (look != NULL && verdict.needs_look)
    verdict = moor_bags_judge_directory (&machine->bags, state->here, look);
  out->selected = verdict.selected;
  out->needs_look = verdict.needs_look;
  out->rule = verdict.rule;
  out->descend = state->descend;
  out->state = state->descend ? state->number : NOTHING;
}

/**
 * moor_machine_judge_top:
 *
 * Decides about the top of everything, which is in nothing.
 *
 * Returns: whether it is taken
 */
gboolean
moor_machine_judge_top (const MoorMachine *machine, MoorDecision *out_decision)
{
  decide_directory (machine, get_state (machine, machine->top), NULL, out_decision);
  return out_decision->selected;
}

static void
decide_file (const MoorMachine *machine,
             const State *state,
             const char *name,
             const MoorLook *look,
             MoorDecision *out)
{
  const MoorVerdict verdict = moor_bags_judge_file (&machine->bags, state->here, name, look);

  out->selected = verdict.selected;
  out->needs_look = verdict.needs_look;
  out->rule = verdict.rule;
  out->descend = FALSE;
  out->state = NOTHING;
}

/* @name as the patterns have it, in @buffer, or in *@out_owned if it is no plain ASCII. */
static const char *
fold (const char *name, char *buffer, gsize n_bytes, char **out_owned)
{
  gsize i;

  for (i = 0; name[i] != '\0' && (guchar) name[i] < 0x80 && i + 1 < n_bytes; i++)
    buffer[i] = g_ascii_tolower (name[i]);
  buffer[i] = '\0';
  if (name[i] == '\0')
    return buffer;
  return *out_owned = moor_pattern_fold (name);
}

/**
 * moor_machine_decide:
 * @parent: the state of the directory that holds the entry; not 0
 * @name: (type filename): the entry
 * @look: (nullable): what filters see of it
 *
 * Any thread.  Takes a lock, for a moment, only for directories of which a pattern spells the
 * name out, or where nobody has been; allocates nothing for files, other than long lists of rules
 * that match, and for names that are not ASCII where case does not count.
 */
void
moor_machine_decide (const MoorMachine *machine,
                     MoorRuleState parent,
                     const char *name,
                     gboolean is_dir,
                     const MoorLook *look,
                     MoorDecision *out_decision)
{
  const State *state = get_state (machine, parent);
  g_autofree char *owned = NULL;
  char buffer[256];

  if (machine->style == MOOR_PATHS_WINDOWS
      && (is_dir ? state->n_nodes > 0 : moor_bag_set_has_names (state->here)))
    name = fold (name, buffer, sizeof buffer, &owned);
  if (is_dir)
    decide_directory (machine, step (machine, state, name), look, out_decision);
  else
    decide_file (machine, state, name, look, out_decision);
}

/**
 * moor_machine_count_states:
 *
 * Returns: how many states walks have come to
 */
guint
moor_machine_count_states (const MoorMachine *machine)
{
  MoorMachine *mutable = (MoorMachine *) machine;
  guint n;

  moor_lock (&mutable->lock);
  n = machine->n_states;
  moor_unlock (&mutable->lock);
  return n;
}
