/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * MoorRules:
 *
 * What a run takes and what it leaves out, compiled.  Ref-counted and immutable:
 * any thread.  Decisions are descended together with a walk: each directory has
 * a state, from which those of its children follow, so a file costs one match.
 */
typedef struct _MoorRules MoorRules;

/* Where in the compiled rules a directory is.  0 is: no rule can match below. */
typedef guint32 MoorRuleState;

/**
 * MoorDecision:
 * @rule: which rule decided, an index for moor_rules_name(); -1 if none: the default
 */
typedef struct
{
  gboolean selected;
  int rule;
  MoorRuleState state;
} MoorDecision;

MoorRules *moor_rules_new_default (GError **error);
MoorRules *moor_rules_new_everything (void);
MoorRules *moor_rules_new_from_bytes (const char *source_name, GBytes *bytes, GError **error);
MoorRules *moor_rules_ref (MoorRules *rules);
void moor_rules_unref (MoorRules *rules);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorRules, moor_rules_unref)

MoorRuleState moor_rules_home_state (const MoorRules *rules);
void moor_rules_decide (const MoorRules *rules,
                        MoorRuleState parent,
                        const char *name,
                        gboolean is_dir,
                        MoorDecision *out_decision);
guint moor_rules_get_n_rules (const MoorRules *rules);
const char *moor_rules_get_pattern (const MoorRules *rules, guint rule);
const char *moor_rules_get_name (const MoorRules *rules, guint rule);
const char *moor_rules_get_reason (const MoorRules *rules, guint rule);

/* The files the rules came from, to be kept in the store: name -> bytes. */
void moor_rules_foreach_source (const MoorRules *rules,
                                void (*func) (const char *name, GBytes *bytes, gpointer user_data),
                                gpointer user_data);

G_END_DECLS
