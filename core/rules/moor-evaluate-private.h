/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-rule-set.h"

G_BEGIN_DECLS

/* Variables that a component, or a role of it, defines for itself and what is nested in it. */
typedef struct _MoorScope MoorScope;
struct _MoorScope
{
  const MoorScope *outer;
  GHashTable *own;      /* (element-type utf8 filename) (owned): by names in capitals */
  GHashTable *source;   /* (nullable): as they were at the source, where that is another system */
  GHashTable *declared; /* (element-type utf8) (owned): a set: names, with a value or without */
  GHashTable *reaches;  /* (element-type utf8 filename) (owned): of those with a limit; interned */
};

/* Whose variables an expansion takes: see MoorRuleItem. */
typedef enum
{
  MOOR_VALUES_OWN,
  MOOR_VALUES_SOURCE,
} MoorValues;

/**
 * MoorEvaluation:
 * @told: a set of what has been told of, so that nothing is counted again for each person
 * @user: who it is evaluated for; -1 in System context
 * @component: index into the outcome's components
 * @within: the context that is left where it is, the current one among others
 * @excluding: the patterns are those of an exclude
 * @scope: (nullable): what the component defines
 * @reach: (nullable): what is expanded now may only lead to below this home: see
 *   moor-evaluate-reach.c
 * @drawn: (nullable): the same for the variable that is defined now
 *
 * One run of moor_rule_set_evaluate(), and where it is.
 */
typedef struct
{
  MoorRuleOutcome *outcome;
  const MoorRuleHost *host;
  MoorRulesSide side;
  GCancellable *cancellable;
  GHashTable *told;
  int user;
  guint component;
  MoorContext within;
  gboolean excluding;
  const MoorScope *scope;
  const char *reach;
  const char *drawn;
} MoorEvaluation;

/* One pattern of an object set: expanded, and what it was made from. */
typedef struct
{
  MoorPattern *pattern;
  char *written;
} MoorFound;

void moor_found_free (gpointer found);

/* moor-evaluate-text.c: findings, expansion, single patterns. */
MoorContext moor_evaluation_context (const MoorEvaluation *self);
const MoorRuleUser *moor_evaluation_user (const MoorEvaluation *self);
void moor_evaluation_tell (MoorEvaluation *self,
                           MoorFindingLevel level,
                           const MoorOrigin *origin,
                           const char *code,
                           char *text,
                           const char *remedy);
char *moor_evaluation_expand (MoorEvaluation *self,
                              MoorValues values,
                              const MoorOrigin *origin,
                              const char *text);
gboolean moor_evaluation_read_type (const char *text, MoorPatternType *out_type);
MoorPattern *moor_evaluation_pattern (MoorEvaluation *self,
                                      MoorValues values,
                                      const MoorOrigin *origin,
                                      MoorPatternType type,
                                      const char *text);
MoorPattern *moor_evaluation_expanded_pattern (MoorEvaluation *self,
                                               const MoorOrigin *origin,
                                               MoorPatternType type,
                                               const char *expanded);
const MoorCall *moor_evaluation_call (MoorEvaluation *self, const MoorCall *call);

/* moor-evaluate-reach.c */
void moor_evaluation_draw (MoorEvaluation *self, const char *reach);
void moor_evaluation_draw_from_file (MoorEvaluation *self,
                                     const char *path,
                                     const struct statx *stx);
gboolean moor_evaluation_reaches (MoorEvaluation *self,
                                  const MoorOrigin *origin,
                                  const MoorPattern *pattern);

/* moor-evaluate-conditions.c */
gboolean moor_evaluation_find (MoorEvaluation *self,
                               const MoorOrigin *origin,
                               const MoorPattern *pattern,
                               char **out_path);
gboolean moor_evaluation_condition (MoorEvaluation *self, const MoorConditionNode *node);
gboolean moor_evaluation_detects (MoorEvaluation *self,
                                  MoorContext within,
                                  const GPtrArray *detections);

/* moor-evaluate-objects.c */
GPtrArray *moor_evaluation_object_sets (MoorEvaluation *self,
                                        MoorValues values,
                                        const GPtrArray *sets); /* (element-type MoorFound) */

/* moor-evaluate-generators.c */
void moor_evaluation_generate (MoorEvaluation *self,
                               MoorValues values,
                               const MoorCall *call,
                               GPtrArray *found);
void moor_evaluation_drive_patterns (MoorEvaluation *self,
                                     const char *segment,
                                     MoorDriveType type,
                                     const MoorOrigin *origin,
                                     const char *written,
                                     GPtrArray *found);

/* moor-evaluate-content.c */
char *moor_evaluation_string (MoorEvaluation *self,
                              MoorValues values,
                              const MoorOrigin *origin,
                              const char *type,
                              const char *location);
void moor_evaluation_extract (MoorEvaluation *self,
                              MoorValues values,
                              const MoorCall *filter,
                              const char *location,
                              GPtrArray *found);

/* moor-evaluate-environment.c */
MoorScope *moor_scope_new (MoorEvaluation *self, MoorContext within, const GPtrArray *environments);
void moor_scope_free (MoorEvaluation *self, MoorScope *scope);

/* moor-evaluate-rules.c */
void moor_evaluation_rules (MoorEvaluation *self, MoorContext within, const GPtrArray *rules);

/* moor-evaluate-look.c: into the system itself. */
typedef enum
{
  MOOR_SEARCH_NOTHING,
  MOOR_SEARCH_FOUND,
  MOOR_SEARCH_GAVE_UP,
  MOOR_SEARCH_FAILED,
} MoorSearch;

MoorSearch moor_look_exists (const MoorRuleHost *host,
                             const MoorPattern *pattern,
                             GCancellable *cancellable,
                             char **out_path,
                             GError **error);
gboolean moor_look_statx (const MoorRuleHost *host,
                          const char *path,
                          struct statx *out_stx,
                          GError **error);
GBytes *moor_look_read (const MoorRuleHost *host,
                        const char *path,
                        gsize max_bytes,
                        struct statx *out_stx);
gboolean moor_look_list (const MoorRuleHost *host,
                         const char *path,
                         GPtrArray *dirs,
                         GPtrArray *others);

/* moor-document-finder.c */
GPtrArray *moor_document_finder_patterns (const MoorRuleHost *host,
                                          const MoorRuleUser *user,
                                          gboolean includes,
                                          gboolean system_drive_only); /* (element-type utf8) */

G_END_DECLS
