/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-rules-private.h"

#include <string.h>

#include "moor-error.h"
#include "moor-pattern-private.h"
#include "moor-text.h"

/* How patterns become a table
 *
 *   .cache/            trie over components        states: sets of trie nodes
 *   .config/x/Cache/   root -+- .cache        =>   1 {root}: ".cache"  -> end
 *   .config/y/Cache/         `- .config -+- x      1:        ".config" -> 2
 *                                        `- y      2 {.config}: "x", "y" -> ...
 *
 * (x and y stand for components with a star.)  A name can fit several
 * components of one node, so a walk is in a *set* of nodes.  All sets that can
 * come up are found once, here: for a name that is spelled out in a pattern the
 * next state is in a hash table; for any other name it depends only on which of
 * the state's few starred components it fits, and that bit mask indexes an array.
 * A step therefore costs one hash lookup and at most MAX_STARS comparisons, and
 * allocates nothing.
 *
 * A node at which a pattern ends is never descended into: what it matches goes
 * with everything below.  State 0 has no steps at all. */

#define MAX_STARS 8 /* different starred components that may apply in one directory */
#define MAX_STATES 4096

typedef struct
{
  char *component;
  GPtrArray *children; /* (element-type Node) (owned) */
  guint id;
  int dir_rule;
  int other_rule;
} Node;

typedef struct
{
  GPtrArray *nodes;    /* (element-type Node): sorted by id */
  GHashTable *literal; /* (element-type utf8 MoorRuleStep) (owned values) */
  GPtrArray *stars;    /* (element-type utf8): components with a star */
  MoorRuleStep *by_mask;
} State;

struct _MoorRuleTable
{
  Node *root;
  GPtrArray *states; /* (element-type State) (owned): state N is at N - 1 */
  guint n_nodes;
};

static const MoorRuleStep nowhere = { 0, -1, -1 };

static void
node_free (Node *node)
{
  g_free (node->component);
  g_ptr_array_unref (node->children);
  g_free (node);
}

static Node *
node_new (MoorRuleTable *table, const char *component)
{
  Node *node = g_new0 (Node, 1);

  node->component = g_strdup (component);
  node->children = g_ptr_array_new_with_free_func ((GDestroyNotify) node_free);
  node->id = table->n_nodes++;
  node->dir_rule = -1;
  node->other_rule = -1;
  return node;
}

static Node *
node_child (MoorRuleTable *table, Node *node, const char *component)
{
  Node *child;

  for (guint i = 0; i < node->children->len; i++)
    {
      child = g_ptr_array_index (node->children, i);
      if (strcmp (child->component, component) == 0)
        return child;
    }
  child = node_new (table, component);
  g_ptr_array_add (node->children, child);
  return child;
}

static void
state_free (State *state)
{
  g_ptr_array_unref (state->nodes);
  g_hash_table_unref (state->literal);
  g_ptr_array_unref (state->stars);
  g_free (state->by_mask);
  g_free (state);
}

static gboolean
has_star (const char *component)
{
  return strchr (component, '*') != NULL;
}

static gboolean
insert_pattern (MoorRuleTable *table, const char *pattern, int rule, GError **error)
{
  g_autofree char *path = g_strdup (pattern);
  gboolean dir_only = g_str_has_suffix (path, "/");
  g_auto(GStrv) components = NULL;
  Node *node = table->root;

  if (dir_only)
    path[strlen (path) - 1] = '\0';
  components = g_strsplit (path, "/", -1);
  if (components[0] == NULL)
    return moor_throw (error, MOOR_ERROR_USAGE, "the path is empty");
  for (guint i = 0; components[i] != NULL; i++)
    {
      if (!moor_name_is_valid (components[i]))
        return moor_throw (error, MOOR_ERROR_USAGE,
                           "the path must go down from the home: no leading slash, no empty "
                           "component, no “.” or “..”");
      if (i == 0 && components[1] == NULL && strcmp (components[0], "*") == 0)
        return moor_throw (error, MOOR_ERROR_USAGE, "the path would leave out the whole home");
      node = node_child (table, node, components[i]);
    }

  if (node->dir_rule < 0)
    node->dir_rule = rule;
  if (!dir_only && node->other_rule < 0)
    node->other_rule = rule;
  return TRUE;
}

static gint
compare_nodes (gconstpointer a, gconstpointer b)
{
  const Node *node_a = *(const Node *const *) a;
  const Node *node_b = *(const Node *const *) b;

  return (node_a->id > node_b->id) - (node_a->id < node_b->id);
}

static gboolean
same_nodes (const GPtrArray *a, const GPtrArray *b)
{
  return a->len == b->len
         && (a->len == 0 || memcmp (a->pdata, b->pdata, a->len * sizeof (gpointer)) == 0);
}

/* The number of the state that is in @nodes, made if it is new. */
static MoorRuleState
state_for (MoorRuleTable *table, GPtrArray *nodes)
{
  State *state;

  if (nodes->len == 0)
    return 0;
  g_ptr_array_sort (nodes, compare_nodes);
  for (guint i = 0; i < table->states->len; i++)
    {
      state = g_ptr_array_index (table->states, i);
      if (same_nodes (state->nodes, nodes))
        return i + 1;
    }

  state = g_new0 (State, 1);
  state->nodes = g_ptr_array_ref (nodes);
  state->literal = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);
  state->stars = g_ptr_array_new ();
  g_ptr_array_add (table->states, state);
  return table->states->len;
}

static int
first_rule (int a, int b)
{
  if (a < 0)
    return b;
  return b < 0 ? a : MIN (a, b);
}

/* Where a step leads to that arrives at @arrived. */
static MoorRuleStep
step_to (MoorRuleTable *table, const GPtrArray *arrived)
{
  g_autoptr(GPtrArray) deeper = g_ptr_array_new ();
  MoorRuleStep step = nowhere;

  for (guint i = 0; i < arrived->len; i++)
    {
      Node *node = g_ptr_array_index (arrived, i);

      step.dir_rule = first_rule (step.dir_rule, node->dir_rule);
      step.other_rule = first_rule (step.other_rule, node->other_rule);
      if (node->children->len > 0)
        g_ptr_array_add (deeper, node);
    }
  if (step.dir_rule < 0)
    step.state = state_for (table, deeper);
  return step;
}

/* Every child of the state's nodes that a name fits: @literal if it is not
 * NULL, otherwise any name that fits exactly the stars in @mask. */
static GPtrArray *
arrive (const State *state, const char *literal, guint mask)
{
  GPtrArray *arrived = g_ptr_array_new ();

  for (guint i = 0; i < state->nodes->len; i++)
    {
      const Node *node = g_ptr_array_index (state->nodes, i);

      for (guint j = 0; j < node->children->len; j++)
        {
          Node *child = g_ptr_array_index (node->children, j);
          guint star = 0;

          if (literal != NULL)
            {
              if (moor_glob_fits (child->component, literal))
                g_ptr_array_add (arrived, child);
            }
          else if (has_star (child->component)
                   && g_ptr_array_find_with_equal_func (state->stars, child->component, g_str_equal,
                                                        &star)
                   && (mask & (1u << star)) != 0)
            g_ptr_array_add (arrived, child);
        }
    }
  return arrived;
}

static void
collect_components (State *state, GPtrArray *out_literals)
{
  for (guint i = 0; i < state->nodes->len; i++)
    {
      const Node *node = g_ptr_array_index (state->nodes, i);

      for (guint j = 0; j < node->children->len; j++)
        {
          const Node *child = g_ptr_array_index (node->children, j);
          GPtrArray *list = has_star (child->component) ? state->stars : out_literals;

          if (!g_ptr_array_find_with_equal_func (list, child->component, g_str_equal, NULL))
            g_ptr_array_add (list, child->component);
        }
    }
}

/* Fills in the steps of one state; new states go to the end of the table. */
static gboolean
compile_state (MoorRuleTable *table, State *state, GError **error)
{
  g_autoptr(GPtrArray) literals = g_ptr_array_new ();

  collect_components (state, literals);
  if (state->stars->len > MAX_STARS)
    return moor_throw (error, MOOR_ERROR_USAGE,
                       "more than %d different components with “*” apply in one directory",
                       MAX_STARS);

  for (guint i = 0; i < literals->len; i++)
    {
      const char *literal = g_ptr_array_index (literals, i);
      g_autoptr(GPtrArray) arrived = arrive (state, literal, 0);
      MoorRuleStep step = step_to (table, arrived);

      g_hash_table_insert (state->literal, (gpointer) literal, g_memdup2 (&step, sizeof step));
    }

  state->by_mask = g_new0 (MoorRuleStep, 1u << state->stars->len);
  for (guint mask = 0; mask < 1u << state->stars->len; mask++)
    {
      g_autoptr(GPtrArray) arrived = arrive (state, NULL, mask);

      state->by_mask[mask] = step_to (table, arrived);
    }
  if (table->states->len > MAX_STATES)
    return moor_throw (error, MOOR_ERROR_USAGE, "the patterns are too entangled to be compiled");
  return TRUE;
}

/**
 * moor_rule_table_new:
 * @patterns: (array length=n_patterns): paths below a home, see data/rules/caches.ini
 *
 * Compiles @patterns; the rule of a step is an index into them.  Any thread.
 *
 * Returns: (transfer full): the table, or %NULL with %MOOR_ERROR_USAGE if a pattern is
 *   no path below a home; the message starts with that pattern
 */
MoorRuleTable *
moor_rule_table_new (const char *const *patterns, guint n_patterns, GError **error)
{
  g_autoptr(MoorRuleTable) table = g_new0 (MoorRuleTable, 1);
  g_autoptr(GPtrArray) start = g_ptr_array_new ();

  table->states = g_ptr_array_new_with_free_func ((GDestroyNotify) state_free);
  table->root = node_new (table, "");
  for (guint i = 0; i < n_patterns; i++)
    {
      if (!insert_pattern (table, patterns[i], (int) i, error))
        {
          g_prefix_error (error, "[%s]: ", patterns[i]);
          return NULL;
        }
    }

  if (table->root->children->len > 0)
    g_ptr_array_add (start, table->root);
  (void) state_for (table, start);
  for (guint i = 0; i < table->states->len; i++)
    {
      if (!compile_state (table, g_ptr_array_index (table->states, i), error))
        return NULL;
    }
  return g_steal_pointer (&table);
}

/**
 * moor_rule_table_free:
 * @table: (transfer full): what no thread reads any more
 */
void
moor_rule_table_free (MoorRuleTable *table)
{
  g_ptr_array_unref (table->states);
  if (table->root != NULL)
    node_free (table->root);
  g_free (table);
}

/**
 * moor_rule_table_start:
 *
 * Returns: the state of the top of a home.  Any thread.
 */
MoorRuleState
moor_rule_table_start (const MoorRuleTable *table)
{
  return table->states->len > 0 ? 1 : 0;
}

/**
 * moor_rule_table_step:
 * @state: the state of a directory
 * @name: (type filename): one of its entries
 *
 * Any thread; allocates nothing.
 *
 * Returns: where @name leads
 */
const MoorRuleStep *
moor_rule_table_step (const MoorRuleTable *table, MoorRuleState state, const char *name)
{
  const MoorRuleStep *literal;
  const State *here;
  guint mask = 0;

  if (state == 0 || state > table->states->len)
    return &nowhere;

  here = g_ptr_array_index (table->states, state - 1);
  literal = g_hash_table_lookup (here->literal, name);
  if (literal != NULL)
    return literal;
  for (guint i = 0; i < here->stars->len; i++)
    mask |= moor_glob_fits (g_ptr_array_index (here->stars, i), name) ? 1u << i : 0;
  return &here->by_mask[mask];
}
