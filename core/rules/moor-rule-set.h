/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-config-file.h"
#include "moor-rule-host.h"

G_BEGIN_DECLS

/* At which of the two ends rules are evaluated. */
typedef enum
{
  MOOR_RULES_AT_SOURCE,      /* scanstate: detection counts */
  MOOR_RULES_AT_DESTINATION, /* loadstate: everything counts as detected */
} MoorRulesSide;

/**
 * MoorRuleItem:
 * @user: index into the host's users; -1 in System context
 * @component: index into the outcome's components
 * @pattern: expanded.  Of merge and destinationCleanup with the variables of the system itself, of
 *   everything else with those of the source
 * @written: the pattern as it stands in the file, or the call that made it
 * @call: (nullable): the filter, as written, or the script, its variables expanded
 *
 * One rule about objects, as it holds for one person, or for the system.
 */
typedef struct
{
  MoorRuleKind kind;
  int user;
  guint component;
  MoorPattern *pattern;
  char *written;
  const MoorCall *call; /* (not owned) */
  MoorAttributes attributes;
  MoorOrigin origin;
} MoorRuleItem;

/**
 * MoorRuleComponent:
 * @path: display names of nested components, joined with `\`
 * @user: as in MoorRuleItem
 * @detected: it is there, and nothing switched it off
 *
 * One component as it holds for one person, or for the system.
 */
typedef struct
{
  const MoorComponentNode *node; /* (not owned) */
  const MoorRuleFile *file;      /* (not owned) */
  char *path;
  int user;
  gboolean detected;
  gboolean switched_off; /* by Config.xml */
} MoorRuleComponent;

/* Something to run, or to list as not run. */
typedef struct
{
  MoorWhen when;
  int user;
  guint component;
  char *command_line;   /* (nullable): of <externalProcess>, variables expanded */
  const MoorCall *call; /* (nullable) (not owned): of <processing> */
  MoorOrigin origin;
} MoorRuleProcess;

/* An object to pretend: see <addObjects>. */
typedef struct
{
  int user;
  guint component;
  MoorPattern *location;
  const MoorAddedObject *object; /* (not owned) */
  GBytes *bytes;                 /* (nullable) */
} MoorRuleAddition;

/**
 * MoorRuleOutcome:
 *
 * What rule files mean on one system, before it is compiled.  Immutable; refers
 * to its rule set, which it keeps alive.
 */
typedef struct
{
  GPtrArray *components; /* (element-type MoorRuleComponent) (owned) */
  GPtrArray *items;      /* (element-type MoorRuleItem) (owned) */
  GPtrArray *processes;  /* (element-type MoorRuleProcess) (owned) */
  GPtrArray *additions;  /* (element-type MoorRuleAddition) (owned) */
  GPtrArray *findings;   /* (element-type MoorFinding) (owned): once per file and reason */
  GPtrArray *calls;      /* (element-type MoorCall) (owned): those that items refer to and that are
                          * not as they stand in the file */
  struct _MoorRuleSet *set;
} MoorRuleOutcome;

/**
 * MoorRuleSet:
 *
 * The rule files of one run and the Config.xml.  Ref-counted; filled by one
 * thread, read by any afterwards.
 */
typedef struct _MoorRuleSet MoorRuleSet;

MoorRuleSet *moor_rule_set_new (void);
MoorRuleSet *moor_rule_set_ref (MoorRuleSet *set);
void moor_rule_set_unref (MoorRuleSet *set);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorRuleSet, moor_rule_set_unref)

gboolean moor_rule_set_add_file (MoorRuleSet *set, const char *name, GBytes *bytes, GError **error);
gboolean moor_rule_set_set_config (MoorRuleSet *set,
                                   const char *name,
                                   GBytes *bytes,
                                   GError **error);
GPtrArray *moor_rule_set_get_files (MoorRuleSet *set);             /* (element-type MoorRuleFile) */
const MoorConfigFile *moor_rule_set_get_config (MoorRuleSet *set); /* (nullable) */
GPtrArray *moor_rule_set_get_findings (
    MoorRuleSet *set); /* (element-type MoorFinding): all files' */

MoorRuleOutcome *moor_rule_set_evaluate (MoorRuleSet *set,
                                         const MoorRuleHost *host,
                                         MoorRulesSide side,
                                         GCancellable *cancellable,
                                         GError **error);
void moor_rule_outcome_free (MoorRuleOutcome *outcome);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorRuleOutcome, moor_rule_outcome_free)

GBytes *moor_rule_set_write_config (MoorRuleSet *set, const MoorRuleOutcome *outcome);
GBytes *moor_document_finder_write (const MoorRuleHost *host, GError **error); /* /genmigxml */

G_END_DECLS
