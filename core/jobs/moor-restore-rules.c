/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-restore-private.h"

#include <string.h>

#include "moor-host.h"

/* The rules of a restore: rule files, held against the system that is restored to,
 * with the variables as they were where the store was made. */

/* -1 without @error where the store has no such folder. */
static int
open_home_in_store (const MoorRestore *restore, const MoorRestoring *person, GError **error)
{
  const MoorPart *part = moor_store_get_part (restore->store, person->profile->part);
  g_autoptr(GError) problem = NULL;
  int dfd;

  if (part == NULL || part->tree_dfd < 0)
    return -1;
  dfd = moor_open_beneath (moor_job_get_sys (restore->job), part->tree_dfd,
                           person->profile->tree_path, O_RDONLY | O_DIRECTORY, &problem);
  if (dfd < 0 && !g_error_matches (problem, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    g_propagate_error (error, g_steal_pointer (&problem));
  return dfd;
}

/* What a person's variables were, if nobody wrote them down: as the files say. */
static gboolean
guess_source (MoorRuleUser *user, const MoorRestoring *person, int store_dfd, GError **error)
{
  g_autoptr(MoorRuleHost) source = moor_rule_host_new (MOOR_PATHS_LINUX, -1);
  const MoorRuleUser *before = moor_host_add_person (source, person->profile->name,
                                                     person->profile->home, store_dfd, error);

  if (before == NULL)
    return FALSE;
  user->source_variables = g_hash_table_ref (before->variables);
  return TRUE;
}

/* The folders that the person will have: those of the home that is there, unless the
 * one from the store takes its place. */
static gboolean
add_person (const MoorRestore *restore,
            MoorRuleHost *host,
            const MoorHostRecord *record,
            const MoorRestoring *person,
            GError **error)
{
  g_auto(MoorPlace) home = { .dfd = -1 };
  g_autoptr(GError) problem = NULL;
  g_auto(MoorFd) store_dfd = open_home_in_store (restore, person, &problem);
  gboolean has_own;
  MoorRuleUser *user;

  if (problem != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&problem));
      return FALSE;
    }
  (void) moor_system_locate (restore->system, person->target_home, &home, NULL);
  has_own = home.dfd >= 0 && !moor_home_is_skeleton (restore->system, home.dfd);
  user = moor_host_add_person (host, person->target_name,
                               home.path != NULL ? home.path : person->target_home,
                               has_own ? home.dfd : store_dfd, error);
  if (user == NULL)
    return FALSE;
  user->home_dfd = -1;
  if (record != NULL)
    moor_host_set_source_of (user, record, person->profile->name);
  return user->source_variables != NULL || guess_source (user, person, store_dfd, error);
}

static MoorRuleHost *
make_host (const MoorRestore *restore, const MoorRuleSource *source, GError **error)
{
  const MoorHostOptions options = { .drives = (const char *const *) source->drives,
                                    .local_only = source->local_only };
  g_autoptr(MoorRuleHost) host = NULL;
  g_autoptr(MoorHostRecord) record = NULL;

  if (!moor_host_read_record (restore->store, &record, error))
    return NULL;
  host = moor_host_new (restore->system, &options, error);
  if (host == NULL)
    return NULL;
  host->sys = moor_job_get_sys (restore->job);
  if (record != NULL)
    moor_host_set_source (host, record);
  for (guint i = 0; i < restore->people->len; i++)
    {
      if (!add_person (restore, host, record, g_ptr_array_index (restore->people, i), error))
        return NULL;
    }
  return g_steal_pointer (&host);
}

/* The same rules as if there were no Config.xml. */
static MoorRules *
compile_without_config (const MoorRestore *restore,
                        const MoorRestoreRules *rules,
                        MoorRuleSet *set,
                        GError **error)
{
  g_autoptr(MoorRuleSet) bare = moor_rule_set_new ();
  g_autoptr(MoorRuleOutcome) outcome = NULL;
  GPtrArray *files = moor_rule_set_get_files (set);

  for (guint i = 0; i < files->len; i++)
    {
      const MoorRuleFile *file = g_ptr_array_index (files, i);

      if (!moor_rule_set_add_file (bare, file->name, file->bytes, error))
        return NULL;
    }
  outcome = moor_rule_set_evaluate (bare, rules->host, MOOR_RULES_AT_DESTINATION,
                                    moor_job_get_cancellable (restore->job), error);
  return outcome != NULL ? moor_rules_compile (outcome, rules->host->style, error) : NULL;
}

/* What a Config.xml switches off is what only the rules without it select. */
static gboolean
compile_both (const MoorRestore *restore, MoorRestoreRules *rules, MoorRuleSet *set, GError **error)
{
  if (moor_rule_set_get_config (set) == NULL)
    return TRUE;
  rules->all = compile_without_config (restore, rules, set, error);
  if (rules->all == NULL)
    return FALSE;
  rules->on = moor_rules_compile (rules->outcome, rules->host->style, error);
  return rules->on != NULL;
}

static void
log_findings (const MoorRestore *restore, const MoorRestoreRules *rules)
{
  GPtrArray *findings = moor_target_rules_get_findings (rules->target);

  for (guint i = 0; i < findings->len; i++)
    {
      g_autofree char *text = moor_finding_format (g_ptr_array_index (findings, i));

      moor_job_log (restore->job, MOOR_LOG_WARNING, "%s", text);
    }
}

/**
 * moor_restore_rules_new:
 * @restore: with everybody who is restored
 * @source: whose rule files
 *
 * Blocks.  Any thread.
 *
 * Returns: (transfer full): %NULL with an error of the rules or %G_IO_ERROR
 */
MoorRestoreRules *
moor_restore_rules_new (const MoorRestore *restore, const MoorRuleSource *source, GError **error)
{
  g_autoptr(MoorRestoreRules) rules = g_new0 (MoorRestoreRules, 1);

  rules->host = make_host (restore, source, error);
  if (rules->host == NULL)
    return NULL;
  rules->outcome = moor_rule_set_evaluate (source->set, rules->host, MOOR_RULES_AT_DESTINATION,
                                           moor_job_get_cancellable (restore->job), error);
  if (rules->outcome == NULL)
    return NULL;
  rules->target = moor_target_rules_new (rules->outcome, rules->host, error);
  if (rules->target == NULL || !compile_both (restore, rules, source->set, error))
    return NULL;
  rules->cleans = source->trusted && moor_target_rules_cleans_anything (rules->target);
  if (!source->trusted && moor_target_rules_cleans_anything (rules->target))
    moor_job_log (restore->job, MOOR_LOG_WARNING,
                  "Nothing is cleaned up for these rules: others can have written their files");
  moor_findings_log (restore->job, source->set, rules->outcome);
  log_findings (restore, rules);
  return g_steal_pointer (&rules);
}

void
moor_restore_rules_free (MoorRestoreRules *rules)
{
  if (rules == NULL)
    return;
  g_clear_pointer (&rules->target, moor_target_rules_free);
  g_clear_pointer (&rules->all, moor_rules_unref);
  g_clear_pointer (&rules->on, moor_rules_unref);
  g_clear_pointer (&rules->outcome, moor_rule_outcome_free);
  g_clear_pointer (&rules->host, moor_rule_host_free);
  g_free (rules);
}
