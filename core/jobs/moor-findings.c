/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-ruling.h"

#include "moor-text.h"

/* What reading and evaluating rule files has to tell, for logs and results. */

static guint
count_in_roles (const MoorComponentNode *component)
{
  guint n = 1;

  for (guint i = 0; component->roles != NULL && i < component->roles->len; i++)
    {
      const MoorRoleNode *role = g_ptr_array_index (component->roles, i);

      for (guint j = 0; role->components != NULL && j < role->components->len; j++)
        n += count_in_roles (g_ptr_array_index (role->components, j));
    }
  return n;
}

static guint
count_components (const MoorRuleFile *file)
{
  guint n = 0;

  for (guint i = 0; i < file->components->len; i++)
    n += count_in_roles (g_ptr_array_index (file->components, i));
  return n;
}

static const char *
level_id (MoorFindingLevel level)
{
  static const char *const ids[] = { "note", "warning", "error" };

  return ids[level];
}

static JsonObject *
finding_to_json (const MoorFinding *finding)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "level", level_id (finding->level));
  json_object_set_string_member (object, "code", finding->code);
  json_object_set_int_member (object, "line", finding->origin.line);
  json_object_set_int_member (object, "column", finding->origin.column);
  json_object_set_string_member (object, "text", finding->text);
  json_object_set_string_member (object, "remedy", finding->remedy != NULL ? finding->remedy : "");
  json_object_set_int_member (object, "count", finding->count);
  return object;
}

static void
add_findings (JsonArray *array, GPtrArray *findings, const char *file)
{
  for (guint i = 0; findings != NULL && i < findings->len; i++)
    {
      const MoorFinding *finding = g_ptr_array_index (findings, i);

      if (g_strcmp0 (finding->origin.file, file) == 0)
        json_array_add_object_element (array, finding_to_json (finding));
    }
}

static void
add_file (JsonArray *files,
          const char *name,
          guint n_components,
          guint n_patterns,
          MoorRuleSet *set,
          const MoorRuleOutcome *outcome)
{
  JsonObject *object = json_object_new ();
  JsonArray *findings = json_array_new ();
  g_autofree char *text = moor_text_path (name);

  add_findings (findings, moor_rule_set_get_findings (set), name);
  if (outcome != NULL)
    add_findings (findings, outcome->findings, name);
  json_object_set_string_member (object, "file", text);
  json_object_set_int_member (object, "components", n_components);
  json_object_set_int_member (object, "patterns", n_patterns);
  json_object_set_array_member (object, "findings", findings);
  json_array_add_object_element (files, object);
}

/**
 * moor_findings_to_json:
 * @outcome: (nullable): what came of evaluating @set
 *
 * Returns: (transfer full): the member `rules` of a result, see moor-request.h.  Any thread.
 */
JsonArray *
moor_findings_to_json (MoorRuleSet *set, const MoorRuleOutcome *outcome)
{
  JsonArray *array = json_array_new ();
  GPtrArray *files = moor_rule_set_get_files (set);
  const MoorConfigFile *config = moor_rule_set_get_config (set);

  for (guint i = 0; i < files->len; i++)
    {
      const MoorRuleFile *file = g_ptr_array_index (files, i);

      add_file (array, file->name, count_components (file), file->n_patterns, set, outcome);
    }
  if (config != NULL)
    add_file (array, config->name, config->components->len, 0, set, outcome);
  return array;
}

static void
log_all (MoorJob *job, GPtrArray *findings)
{
  for (guint i = 0; findings != NULL && i < findings->len; i++)
    {
      const MoorFinding *finding = g_ptr_array_index (findings, i);
      g_autofree char *text = moor_finding_format (finding);

      moor_job_log (job, finding->level == MOOR_FINDING_NOTE ? MOOR_LOG_INFO : MOOR_LOG_WARNING,
                    "%s", text);
    }
}

/**
 * moor_findings_log_config:
 *
 * As moor_findings_log(), for a Config.xml without rule files.
 */
void
moor_findings_log_config (MoorJob *job, const MoorConfigFile *config)
{
  log_all (job, config->findings);
  if (config->components->len > 0)
    moor_job_log (job, MOOR_LOG_INFO,
                  "The components in “%s” count for nothing without the rule files they are of",
                  config->name);
}

/**
 * moor_findings_log:
 * @outcome: (nullable): what came of evaluating @set
 *
 * Writes what is odd about rule files into the job's log, each thing once.  It changes
 * no outcome.  Any thread.
 */
void
moor_findings_log (MoorJob *job, MoorRuleSet *set, const MoorRuleOutcome *outcome)
{
  log_all (job, moor_rule_set_get_findings (set));
  if (outcome != NULL)
    log_all (job, outcome->findings);
}
