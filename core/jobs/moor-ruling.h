/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-host.h"
#include "moor-rules.h"
#include "moor-scope.h"
#include "moor-walk.h"

G_BEGIN_DECLS

/**
 * MoorRuleSource:
 * @set: (nullable): the rule files; %NULL: whole homes minus the well-known caches
 * @config: (nullable): the Config.xml; what it says of components is in @set as well
 * @drives: (array zero-terminated=1) (nullable): see #MoorHostOptions
 * @allow_commands: what the rules want to be run is run, if @trusted
 * @trusted: nobody but root and the user who asks can have written the rule files
 *
 * The rules that somebody wants, before they are held against a system.
 */
typedef struct
{
  MoorRuleSet *set;
  MoorConfigFile *config;
  char **drives;
  gboolean local_only;
  gboolean allow_commands;
  gboolean trusted;
} MoorRuleSource;

/* clang-format off */
#define MOOR_RULE_SOURCE_INIT { .set = NULL, .drives = NULL, .trusted = TRUE }
/* clang-format on */

void moor_rule_source_clear (MoorRuleSource *source);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (MoorRuleSource, moor_rule_source_clear)

gboolean moor_rule_source_add_file (MoorRuleSource *source, const char *path, GError **error);
gboolean moor_rule_source_set_config (MoorRuleSource *source, const char *path, GError **error);
gboolean moor_rule_source_read_store (MoorRuleSource *source, MoorStore *store, GError **error);
gboolean moor_rule_source_is_of_store (const MoorRuleSource *source, MoorStore *store);
gboolean moor_rule_source_keep (const MoorRuleSource *source,
                                const MoorRuleHost *host,
                                MoorStore *store,
                                GError **error);

/**
 * MoorRuling:
 * @host: @outcome: (nullable): %NULL without rule files
 * @rules: what is taken
 * @strangers: (nullable): homes of people whose files it is not about, which no walk of the
 *   system enters; known once the system was added
 *
 * Rules as they hold for one system and its people.  Immutable once made.
 */
typedef struct
{
  MoorRuleHost *host;
  MoorRuleOutcome *outcome;
  MoorRules *rules;
  GArray *home_fds;  /* (element-type int) (owned) (nullable) */
  GArray *strangers; /* (element-type struct stat) (owned) */
} MoorRuling;

void moor_ruling_clear (MoorRuling *ruling);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (MoorRuling, moor_ruling_clear)

gboolean moor_ruling_make (MoorRuling *ruling,
                           MoorJob *job,
                           MoorSystem *system,
                           GPtrArray *chosen,
                           const MoorRuleSource *source,
                           GError **error);
gboolean moor_ruling_of_store (MoorRuling *ruling,
                               MoorJob *job,
                               MoorStore *store,
                               GPtrArray *profiles,
                               MoorSystem *system,
                               int root_dfd,
                               GError **error);
gboolean moor_ruling_add_system (MoorRuling *ruling,
                                 MoorJob *job,
                                 MoorSystem *system,
                                 gboolean always,
                                 GPtrArray *chosen,
                                 GError **error);

/* moor_dir_fd() or moor_dir_mirror_fd(). */
typedef int (*MoorDirFdFunc) (MoorDir *dir, GError **error);

MoorRuleState moor_ruling_start (const MoorRules *rules, const char *path);
void moor_ruling_look (const MoorRules *rules,
                       const MoorSys *sys,
                       MoorRuleState parent,
                       int dfd,
                       const char *name,
                       gboolean is_dir,
                       MoorDecision *decision);
void moor_ruling_decide (const MoorRules *rules,
                         const MoorSys *sys,
                         MoorDir *dir,
                         MoorDirFdFunc dir_fd,
                         MoorRuleState state,
                         const char *name,
                         gboolean is_dir,
                         MoorDecision *out_decision);

JsonArray *moor_findings_to_json (MoorRuleSet *set, const MoorRuleOutcome *outcome);
void moor_findings_log_config (MoorJob *job, const MoorConfigFile *config);
void moor_findings_log (MoorJob *job, MoorRuleSet *set, const MoorRuleOutcome *outcome);

G_END_DECLS
