/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What rules say of one object, held against it rule by rule: slow and plain. */

#include "moor-test.h"

#include "moor-rules.h"

static inline const MoorRuleItem *
book_stronger (const MoorRuleItem *a, const MoorRuleItem *b)
{
  int order = b != NULL ? moor_pattern_compare (a->pattern, b->pattern) : 1;

  return order > 0 || (order == 0 && a->kind == MOOR_RULE_EXCLUDE) ? a : b;
}

/* The best rule of each component decides; one that takes the object is enough. */
static inline gboolean
book_takes (const MoorRuleOutcome *outcome,
            MoorPatternType type,
            MoorPathStyle style,
            const char *path,
            gboolean is_node)
{
  g_autofree const MoorRuleItem **best = g_new0 (const MoorRuleItem *, outcome->components->len);

  for (guint i = 0; i < outcome->items->len; i++)
    {
      const MoorRuleItem *item = g_ptr_array_index (outcome->items, i);

      if (item->pattern->type != type
          || !moor_pattern_matches (item->pattern, style, path, is_node))
        continue;
      if (item->kind == MOOR_RULE_UNCONDITIONAL_EXCLUDE)
        return FALSE;
      if (item->kind == MOOR_RULE_INCLUDE || item->kind == MOOR_RULE_EXCLUDE)
        best[item->component] = book_stronger (item, best[item->component]);
    }
  for (guint i = 0; i < outcome->components->len; i++)
    {
      if (best[i] != NULL && best[i]->kind == MOOR_RULE_INCLUDE)
        return TRUE;
    }
  return FALSE;
}
