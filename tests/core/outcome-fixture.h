/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Rules made by hand, as an evaluation would have made them. */

#include "moor-test.h"

#include "moor-rules.h"

static inline void
fixture_component_free (MoorRuleComponent *component)
{
  g_free (component->path);
  g_free (component);
}

static inline void
fixture_item_free (MoorRuleItem *item)
{
  moor_pattern_free (item->pattern);
  g_free (item->written);
  g_free (item);
}

static inline void
fixture_outcome_free (MoorRuleOutcome *outcome)
{
  g_ptr_array_unref (outcome->components);
  g_ptr_array_unref (outcome->items);
  g_free (outcome);
}

static inline MoorRuleOutcome *
fixture_outcome_new (guint n_components)
{
  MoorRuleOutcome *outcome = g_new0 (MoorRuleOutcome, 1);

  outcome->components = g_ptr_array_new_with_free_func ((GDestroyNotify) fixture_component_free);
  outcome->items = g_ptr_array_new_with_free_func ((GDestroyNotify) fixture_item_free);
  for (guint i = 0; i < n_components; i++)
    {
      MoorRuleComponent *component = g_new0 (MoorRuleComponent, 1);

      component->path = g_strdup_printf ("Component %u", i + 1);
      component->user = -1;
      component->detected = TRUE;
      g_ptr_array_add (outcome->components, component);
    }
  return outcome;
}

/* Takes @pattern. */
static inline MoorRuleItem *
fixture_add (MoorRuleOutcome *outcome, MoorRuleKind kind, guint component, MoorPattern *pattern)
{
  MoorRuleItem *item = g_new0 (MoorRuleItem, 1);

  item->kind = kind;
  item->component = component;
  item->user = -1;
  item->pattern = pattern;
  item->origin.file = g_intern_static_string ("Own.xml");
  item->origin.line = outcome->items->len + 1;
  g_ptr_array_add (outcome->items, item);
  return item;
}

/* "2 EXC C:\Dir\* [*]": component (1 if there is no number), INC, EXC or UEX, pattern. */
static inline MoorRuleItem *
fixture_add_typed (MoorRuleOutcome *outcome,
                   MoorPatternType type,
                   const char *line,
                   MoorPathStyle style)
{
  g_autoptr(GError) error = NULL;
  guint component = 0;
  MoorRuleKind kind = MOOR_RULE_INCLUDE;
  MoorPattern *pattern;
  MoorRuleItem *item;

  if (g_ascii_isdigit (line[0]))
    {
      component = (guint) (line[0] - '1');
      line += 2;
    }
  if (g_str_has_prefix (line, "EXC"))
    kind = MOOR_RULE_EXCLUDE;
  else if (g_str_has_prefix (line, "UEX"))
    kind = MOOR_RULE_UNCONDITIONAL_EXCLUDE;
  pattern = moor_pattern_parse (type, line + 4, style, NULL, &error);
  assert_no_gerror (error);
  item = fixture_add (outcome, kind, component, pattern);
  item->written = g_strdup (line + 4);
  return item;
}

static inline MoorRuleItem *
fixture_add_line (MoorRuleOutcome *outcome, const char *line, MoorPathStyle style)
{
  return fixture_add_typed (outcome, MOOR_PATTERN_FILE, line, style);
}

static inline MoorRules *
fixture_compile (const MoorRuleOutcome *outcome, MoorPathStyle style)
{
  g_autoptr(GError) error = NULL;
  MoorRules *rules = moor_rules_compile (outcome, style, &error);

  assert_no_gerror (error);
  return rules;
}

/* Decides about the object at @path, from the top. */
static inline MoorDecision
fixture_decide (const MoorRules *rules, const char *path, gboolean is_dir)
{
  g_autofree char *directory = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  MoorDecision decision;

  moor_rules_decide (rules, moor_rules_state_at (rules, directory), name, is_dir, &decision);
  return decision;
}
