/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-rule-set.h"

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
 * @selected: the object itself is taken
 * @descend: (directory): something below may be; @state is what its entries are decided with
 * @needs_look: a filter has to see the object: ask moor_rules_look() with what it looks like
 * @rule: which rule decided, an index for moor_rules_get_name(); -1 if none: the default
 */
typedef struct
{
  gboolean selected;
  gboolean descend;
  gboolean needs_look;
  int rule;
  MoorRuleState state;
} MoorDecision;

/* What filters see of an object: its directory, its name there, and its statx. */
typedef struct
{
  const MoorSys *sys;
  int dfd;
  const char *name;
  const struct statx *stx;
} MoorLook;

/**
 * MoorExplained:
 * @won: this rule decided
 * @verdict: what became of it, in a sentence: "It is more specific than ..."
 *
 * One rule that matches an object, and what became of it.
 */
typedef struct
{
  guint rule;
  gboolean won;
  char *verdict;
} MoorExplained;

/**
 * MoorExplanation:
 * @candidates: (element-type MoorExplained) (owned): every rule that matches, the winner first
 * @collisions: other components that would have decided otherwise, or also include it
 * @reason: the decision, in a sentence
 */
typedef struct
{
  gboolean selected;
  GPtrArray *candidates;
  GPtrArray *collisions; /* (element-type MoorExplained) (owned) */
  char *reason;
} MoorExplanation;

MoorRules *moor_rules_new_default (GError **error);
MoorRules *moor_rules_new_everything (void);
MoorRules *moor_rules_new_from_bytes (const char *source_name, GBytes *bytes, GError **error);
MoorRules *moor_rules_ref (MoorRules *rules);
void moor_rules_unref (MoorRules *rules);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorRules, moor_rules_unref)

MoorRules *moor_rules_compile (const MoorRuleOutcome *outcome, MoorPathStyle style, GError **error);

gboolean moor_rules_are_compiled (const MoorRules *rules);
MoorRuleState moor_rules_home_state (const MoorRules *rules);
MoorRuleState moor_rules_state_at (const MoorRules *rules, const char *path);
gboolean moor_rules_reach (const MoorRules *rules, const char *path);
gboolean moor_rules_reach_outside (const MoorRules *rules, const char *const *homes);
void moor_rules_decide (const MoorRules *rules,
                        MoorRuleState parent,
                        const char *name,
                        gboolean is_dir,
                        MoorDecision *out_decision);
void moor_rules_look (const MoorRules *rules,
                      MoorRuleState parent,
                      const char *name,
                      gboolean is_dir,
                      const MoorLook *look,
                      MoorDecision *out_decision);
guint moor_rules_get_n_rules (const MoorRules *rules);
const char *moor_rules_get_pattern (const MoorRules *rules, guint rule);
const char *moor_rules_get_name (const MoorRules *rules, guint rule);
const char *moor_rules_get_reason (const MoorRules *rules, guint rule);

const MoorRuleItem *moor_rules_get_item (const MoorRules *rules, guint rule);

MoorExplanation *moor_rules_explain (const MoorRules *rules,
                                     const char *path,
                                     gboolean is_dir,
                                     const MoorLook *look);
void moor_explanation_free (MoorExplanation *explanation);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorExplanation, moor_explanation_free)

/* The file that a table came from, to be kept in the store. */
void moor_rules_foreach_source (const MoorRules *rules,
                                void (*func) (const char *name, GBytes *bytes, gpointer user_data),
                                gpointer user_data);

G_END_DECLS
