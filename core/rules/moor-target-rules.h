/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-rule-set.h"

G_BEGIN_DECLS

/**
 * MoorTargetRules:
 *
 * What the rules say of putting files back: where to, what on a collision, what
 * is changed on the way.  Immutable; any thread.  Refers to the outcome it was
 * made from, which has to outlive it.
 */
typedef struct _MoorTargetRules MoorTargetRules;

/* What happens when another object has the name. */
typedef enum
{
  MOOR_MERGE_DEFAULT,     /* both are kept: `Name(1).ext` */
  MOOR_MERGE_SOURCE,      /* what comes from the store has the name */
  MOOR_MERGE_DESTINATION, /* what is there keeps the name; the other stays in the store */
  MOOR_MERGE_RENAME,      /* by a pattern of <F>, <E> and <N> */
  MOOR_MERGE_NEWEST,      /* of two versions the higher */
} MoorMergeKind;

typedef struct
{
  MoorMergeKind kind;
  const char *pattern;      /* (nullable) (not owned): of %MOOR_MERGE_RENAME */
  const MoorRuleItem *item; /* (nullable) (not owned): the rule that decided */
} MoorMergeRule;

/**
 * MoorPlacement:
 * @path: (type filename): absolute, within the destination system
 * @user: whose rule it is; -1 for the system's
 *
 * One place to which an object goes.
 */
typedef struct
{
  char *path;
  int user;
  const MoorRuleItem *item; /* (not owned) */
} MoorPlacement;

MoorTargetRules *moor_target_rules_new (const MoorRuleOutcome *outcome,
                                        const MoorRuleHost *host,
                                        GError **error);
void moor_target_rules_free (MoorTargetRules *rules);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorTargetRules, moor_target_rules_free)

GPtrArray *moor_target_rules_get_findings (
    const MoorTargetRules *rules); /* (element-type MoorFinding) */

gboolean moor_target_rules_move_anything (const MoorTargetRules *rules);
GPtrArray *moor_target_rules_relocate (const MoorTargetRules *rules,
                                       const char *path,
                                       gboolean is_node,
                                       gboolean *out_stays); /* (element-type MoorPlacement) */
void moor_target_rules_merge (const MoorTargetRules *rules,
                              const char *path,
                              MoorMergeRule *out_rule);
char *moor_merge_rename (const char *pattern, const char *name, guint n);
gboolean moor_target_rules_restrain_anything (const MoorTargetRules *rules);
gboolean moor_target_rules_never_restored (const MoorTargetRules *rules,
                                           const char *path,
                                           gboolean is_node);
gboolean moor_target_rules_clean_up (const MoorTargetRules *rules,
                                     const char *path,
                                     gboolean is_node);
gboolean moor_target_rules_cleans_anything (const MoorTargetRules *rules);
GPtrArray *moor_target_rules_list_cleanups (
    const MoorTargetRules *rules); /* (element-type filename) (owned) */
gboolean moor_target_rules_change_anything (const MoorTargetRules *rules);
MoorAttributes moor_target_rules_attributes (const MoorTargetRules *rules,
                                             const char *path,
                                             gboolean is_node);
const MoorRuleItem *moor_target_rules_content (const MoorTargetRules *rules, const char *path);

G_END_DECLS
