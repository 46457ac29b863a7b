/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-rules-private.h"

/* Rule files become rules. */

/**
 * moor_rule_item_free:
 * @item: (transfer full): any thread
 */
void
moor_rule_item_free (MoorRuleItem *item)
{
  moor_pattern_free (item->pattern);
  g_free (item->written);
  g_free (item);
}

static void
add_item (MoorRules *rules, const MoorRuleItem *item)
{
  MoorRuleItem *copy = g_memdup2 (item, sizeof *item);

  copy->pattern = moor_pattern_copy (item->pattern);
  copy->written = g_strdup (item->written);
  g_ptr_array_add (rules->items, copy);
  g_ptr_array_add (rules->expanded, moor_pattern_format (item->pattern, rules->style));
}

static gboolean
decides (const MoorRuleOutcome *outcome, const MoorRuleItem *item)
{
  const MoorRuleComponent *component = g_ptr_array_index (outcome->components, item->component);

  return component->detected && item->pattern->type != MOOR_PATTERN_INI
         && (item->kind == MOOR_RULE_INCLUDE || item->kind == MOOR_RULE_EXCLUDE
             || item->kind == MOOR_RULE_UNCONDITIONAL_EXCLUDE);
}

/**
 * moor_rules_compile:
 * @outcome: what rule files mean on a system; not needed afterwards
 * @style: how paths of the system look
 * @error: return location for a #GError
 *
 * Compiles the includes and excludes of files and of the registry in @outcome, of all components
 * and people together.  Blocks for about a microsecond for each.  Any thread.
 *
 * Returns: (transfer full): rules
 */
MoorRules *
moor_rules_compile (const MoorRuleOutcome *outcome, MoorPathStyle style, GError **error)
{
  g_autoptr(MoorRules) rules = NULL;

  g_return_val_if_fail (outcome != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  rules = moor_rules_alloc ();
  rules->style = style;
  rules->set = outcome->set != NULL ? moor_rule_set_ref (outcome->set) : NULL;
  rules->items = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_rule_item_free);
  rules->expanded = g_ptr_array_new_with_free_func (g_free);
  rules->components = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < outcome->components->len; i++)
    {
      const MoorRuleComponent *component = g_ptr_array_index (outcome->components, i);

      g_ptr_array_add (rules->components, g_strdup (component->path));
    }
  for (guint i = 0; i < outcome->items->len; i++)
    {
      const MoorRuleItem *item = g_ptr_array_index (outcome->items, i);

      if (decides (outcome, item))
        add_item (rules, item);
    }
  rules->machine = moor_machine_new (rules->items, MOOR_PATTERN_FILE, style);
  if (style == MOOR_PATHS_WINDOWS)
    rules->registry = moor_machine_new (rules->items, MOOR_PATTERN_REGISTRY, style);
  return g_steal_pointer (&rules);
}
