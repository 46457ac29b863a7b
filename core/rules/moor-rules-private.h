/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-rules.h"

G_BEGIN_DECLS

/**
 * MoorRuleTable:
 *
 * The patterns of a rule set as a table of states.  Built once by
 * moor_rule_table_new(), read by any number of threads afterwards.
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

G_END_DECLS
