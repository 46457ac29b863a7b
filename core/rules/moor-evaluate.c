/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-evaluate-private.h"

#include "moor-rules-private.h"

/* Rule files as written become rules as they hold on one system.
 *
 * Every component is evaluated for every person, and once more in System context, as far as its
 * context goes.  Then its own variables are defined, it is detected, and its rules give items:
 * one pattern each, expanded.  Whatever means nothing here is told of and counted.
 *
 *   moor-evaluate.c              components and roles
 *   moor-evaluate-environment.c  their variables
 *   moor-evaluate-conditions.c   detection
 *   moor-evaluate-rules.c        <rules>
 *   moor-evaluate-objects.c      object sets, with -generators.c and -content.c
 *   moor-evaluate-text.c         single patterns, findings
 *   moor-evaluate-reach.c        how far what files of people say may lead
 *   moor-evaluate-look.c         into the system itself */

/* What a nested component inherits. */
typedef struct
{
  const MoorRuleFile *file;
  const char *path; /* (nullable) */
  MoorContext context;
  gboolean switched_off;
  gboolean detected;
} Outer;

static void evaluate_component (MoorEvaluation *self,
                                const Outer *outer,
                                const MoorComponentNode *node);

static void
component_free (gpointer data)
{
  MoorRuleComponent *component = data;

  g_free (component->path);
  g_free (component);
}

static void
item_free (gpointer data)
{
  moor_rule_item_free (data);
}

static void
process_free (gpointer data)
{
  MoorRuleProcess *process = data;

  g_free (process->command_line);
  g_free (process);
}

static void
addition_free (gpointer data)
{
  MoorRuleAddition *addition = data;

  moor_pattern_free (addition->location);
  g_clear_pointer (&addition->bytes, g_bytes_unref);
  g_free (addition);
}

static void
finding_free (gpointer data)
{
  moor_finding_free (data);
}

static void
call_free (gpointer data)
{
  moor_call_free (data);
}

static MoorRuleOutcome *
outcome_new (MoorRuleSet *set)
{
  MoorRuleOutcome *outcome = g_new0 (MoorRuleOutcome, 1);

  outcome->components = g_ptr_array_new_with_free_func (component_free);
  outcome->items = g_ptr_array_new_with_free_func (item_free);
  outcome->processes = g_ptr_array_new_with_free_func (process_free);
  outcome->additions = g_ptr_array_new_with_free_func (addition_free);
  outcome->findings = g_ptr_array_new_with_free_func (finding_free);
  outcome->calls = g_ptr_array_new_with_free_func (call_free);
  outcome->set = moor_rule_set_ref (set);
  return outcome;
}

/**
 * moor_rule_outcome_free:
 * @outcome: (nullable) (transfer full): any thread
 */
void
moor_rule_outcome_free (MoorRuleOutcome *outcome)
{
  if (outcome == NULL)
    return;

  g_ptr_array_unref (outcome->components);
  g_ptr_array_unref (outcome->items);
  g_ptr_array_unref (outcome->processes);
  g_ptr_array_unref (outcome->additions);
  g_ptr_array_unref (outcome->findings);
  g_ptr_array_unref (outcome->calls);
  moor_rule_set_unref (outcome->set);
  g_free (outcome);
}

static MoorRuleComponent *
component_new (const MoorEvaluation *self, const Outer *outer, const MoorComponentNode *node)
{
  const MoorConfigFile *config = moor_rule_set_get_config (self->outcome->set);
  const char *name = node->display_name[0] != '\0' ? node->display_name : node->id;
  MoorRuleComponent *component = g_new0 (MoorRuleComponent, 1);

  component->node = node;
  component->file = outer->file;
  component->path = outer->path != NULL ? g_strconcat (outer->path, "\\", name, NULL)
                                        : g_strdup (name);
  component->user = self->user;
  component->switched_off = outer->switched_off
                            || (config != NULL && !moor_config_file_migrates (config, node->id));
  return component;
}

/* <extension>doc</extension> is short for a pattern on every fixed drive.  Where case matters,
 * extensions are written small, whatever the rule file has. */
static void
add_extension (MoorEvaluation *self, const MoorComponentNode *node, const char *extension)
{
  g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func (moor_found_free);
  g_autofree char *segment = g_strconcat ("* [*.", extension, "]", NULL);
  g_autofree char *small = g_ascii_strdown (extension, -1);

  moor_evaluation_drive_patterns (self, segment, MOOR_DRIVE_FIXED, &node->origin, extension, found);
  if (self->host->style == MOOR_PATHS_LINUX && !g_str_equal (small, extension))
    {
      g_autofree char *small_segment = g_strconcat ("* [*.", small, "]", NULL);

      moor_evaluation_drive_patterns (self, small_segment, MOOR_DRIVE_FIXED, &node->origin,
                                      extension, found);
    }
  for (guint i = 0; i < found->len; i++)
    {
      MoorFound *one = g_ptr_array_index (found, i);
      MoorRuleItem *item = g_new0 (MoorRuleItem, 1);

      item->kind = MOOR_RULE_INCLUDE;
      item->user = self->user;
      item->component = self->component;
      item->pattern = g_steal_pointer (&one->pattern);
      item->written = g_steal_pointer (&one->written);
      item->origin = node->origin;
      g_ptr_array_add (self->outcome->items, item);
    }
}

/* The variables come first: detection may need them. */
static gboolean
evaluate_role (MoorEvaluation *self, const Outer *inner, const MoorRoleNode *role)
{
  Outer nested = *inner;
  MoorScope *scope;

  self->within = inner->context;
  scope = moor_scope_new (self, inner->context, role->environments);
  nested.detected = inner->detected
                    && moor_evaluation_detects (self, inner->context, role->detections);
  if (nested.detected)
    moor_evaluation_rules (self, inner->context, role->rules);
  for (guint i = 0; i < role->components->len; i++)
    evaluate_component (self, &nested, g_ptr_array_index (role->components, i));
  moor_scope_free (self, scope);
  return nested.detected;
}

/* A component is there when one of its roles is. */
static void
evaluate_content (MoorEvaluation *self, const Outer *inner, MoorRuleComponent *component)
{
  const MoorComponentNode *node = component->node;
  const guint index = self->component;
  MoorScope *scope;
  gboolean detected = node->roles->len == 0 && inner->detected;

  self->within = inner->context;
  scope = moor_scope_new (self, inner->context, node->environments);
  for (guint i = 0; i < node->roles->len; i++)
    {
      self->component = index;
      detected |= evaluate_role (self, inner, g_ptr_array_index (node->roles, i));
    }
  self->component = index;
  for (guint i = 0; detected && i < node->extensions->len; i++)
    add_extension (self, node, g_ptr_array_index (node->extensions, i));
  component->detected = detected;
  moor_scope_free (self, scope);
}

/* What is switched off is listed, and nothing more is asked of it. */
static void
list_nested (MoorEvaluation *self, const Outer *inner, const MoorComponentNode *node)
{
  for (guint i = 0; i < node->roles->len; i++)
    {
      const MoorRoleNode *role = g_ptr_array_index (node->roles, i);

      for (guint j = 0; j < role->components->len; j++)
        evaluate_component (self, inner, g_ptr_array_index (role->components, j));
    }
}

static void
evaluate_component (MoorEvaluation *self, const Outer *outer, const MoorComponentNode *node)
{
  MoorRuleComponent *component;
  Outer inner = *outer;

  inner.context = node->context & outer->context;
  if ((inner.context & moor_evaluation_context (self)) == 0
      || g_cancellable_is_cancelled (self->cancellable))
    return;

  component = component_new (self, outer, node);
  self->component = self->outcome->components->len;
  g_ptr_array_add (self->outcome->components, component);
  inner.path = component->path;
  inner.switched_off = component->switched_off;
  if (component->switched_off || !outer->detected)
    list_nested (self, &inner, node);
  else
    evaluate_content (self, &inner, component);
}

static void
evaluate_files (MoorEvaluation *self)
{
  GPtrArray *files = moor_rule_set_get_files (self->outcome->set);

  for (guint i = 0; i < files->len; i++)
    {
      const MoorRuleFile *file = g_ptr_array_index (files, i);
      const Outer outer = { .file = file, .context = MOOR_CONTEXT_BOTH, .detected = TRUE };

      for (guint j = 0; j < file->components->len; j++)
        evaluate_component (self, &outer, g_ptr_array_index (file->components, j));
    }
}

/**
 * moor_rule_set_evaluate:
 * @set: filled; the outcome keeps it
 * @host: the system; not needed any more afterwards
 * @side: at the destination everything counts as detected
 *
 * Finds out what the rules mean on one system: which components are there, what their patterns
 * are for each person and for the system, what is to be run.  Looks into the system where rules
 * ask what is there.  A rule that can mean nothing here is told of in the outcome's findings,
 * once for each place it is written at; it is no failure.  Blocks; any thread.
 *
 * Returns: (transfer full): %NULL with %G_IO_ERROR_CANCELLED in @error
 */
MoorRuleOutcome *
moor_rule_set_evaluate (MoorRuleSet *set,
                        const MoorRuleHost *host,
                        MoorRulesSide side,
                        GCancellable *cancellable,
                        GError **error)
{
  g_autoptr(GHashTable) told = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr(MoorRuleOutcome) outcome = NULL;
  MoorEvaluation evaluation = {
    .host = host,
    .side = side,
    .cancellable = cancellable,
    .told = told,
  };

  g_return_val_if_fail (set != NULL && host != NULL, NULL);

  outcome = outcome_new (set);
  evaluation.outcome = outcome;
  for (evaluation.user = -1; evaluation.user < (int) host->users->len; evaluation.user++)
    evaluate_files (&evaluation);
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return NULL;
  return g_steal_pointer (&outcome);
}
