/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-machine-private.h"

G_BEGIN_DECLS

/**
 * MoorRuleTable:
 *
 * The patterns of the caches that are left out by default, as a table of states.  Built once
 * by moor_rule_table_new(), read by any number of threads afterwards.
 */
typedef struct _MoorRuleTable MoorRuleTable;

/* Where one step leads: the state of what has the name, and the rule that ends
 * there, for a directory and for anything else; -1 if none does. */
typedef struct
{
  MoorRuleState state;
  int dir_rule;
  int other_rule;
} MoorRuleStep;

MoorRuleTable *moor_rule_table_new (const char *const *patterns, guint n_patterns, GError **error);
void moor_rule_table_free (MoorRuleTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorRuleTable, moor_rule_table_free)

MoorRuleState moor_rule_table_start (const MoorRuleTable *table);
const MoorRuleStep *moor_rule_table_step (const MoorRuleTable *table,
                                          MoorRuleState state,
                                          const char *name);

#define MOOR_REGISTRY_STATE ((MoorRuleState) 1 << 31)

/* Either a table of what is left out (@table), or compiled rule files (@machine). */
struct _MoorRules
{
  gatomicrefcount refs;
  MoorRuleTable *table;

  /* Of a table: the groups of its file, and what they say. */
  char *source_name;
  GBytes *source;
  char **patterns;
  GPtrArray *names;   /* (element-type utf8) (owned) */
  GPtrArray *reasons; /* (element-type utf8) (owned): NULL where the file has none */

  /* Of rule files. */
  MoorMachine *machine;
  MoorMachine *registry; /* (nullable): on Windows; its states have MOOR_REGISTRY_STATE */
  MoorPathStyle style;
  MoorRuleSet *set;      /* (nullable): keeps what @items refer to */
  GPtrArray *items;      /* (element-type MoorRuleItem) (owned): includes and excludes */
  GPtrArray *expanded;   /* (element-type utf8) (owned): the items' patterns */
  GPtrArray *components; /* (element-type utf8) (owned): their paths */
};

void moor_rule_item_free (MoorRuleItem *item);
MoorRules *moor_rules_alloc (void);
MoorPatternType moor_rules_type_of (const MoorRules *rules, const char *path);

G_END_DECLS
