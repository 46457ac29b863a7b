/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-rules-private.h"

#include <string.h>

#include "moor-filter-private.h"

/* Why an object is taken or left out
 *
 * Every rule is held against the object by the text of its pattern, not by the machine that
 * decides in a walk.  Of each component and person (a party) the strongest rule is the party's
 * word; what the machine decided is one of these words, and the others are what it collides
 * with. */

typedef struct
{
  const MoorRuleItem *item;
  guint rule;
  gboolean refused; /* by its own filter */
  gboolean unknown; /* its filter would have to see the object */
} Match;

typedef struct
{
  const MoorRules *rules;
  GArray *matches; /* (element-type Match) */
  gboolean selected;
  int winner; /* index into @rules; -1 for none */
} Case;

static void
explained_free (MoorExplained *explained)
{
  g_free (explained->verdict);
  g_free (explained);
}

/**
 * moor_explanation_free:
 * @explanation: (transfer full) (nullable)
 */
void
moor_explanation_free (MoorExplanation *explanation)
{
  if (explanation == NULL)
    return;
  g_clear_pointer (&explanation->candidates, g_ptr_array_unref);
  g_clear_pointer (&explanation->collisions, g_ptr_array_unref);
  g_free (explanation->reason);
  g_free (explanation);
}

static MoorExplanation *
explanation_new (void)
{
  MoorExplanation *explanation = g_new0 (MoorExplanation, 1);

  explanation->candidates = g_ptr_array_new_with_free_func ((GDestroyNotify) explained_free);
  explanation->collisions = g_ptr_array_new_with_free_func ((GDestroyNotify) explained_free);
  return explanation;
}

/* Takes @verdict. */
static void
tell (GPtrArray *list, guint rule, gboolean won, char *verdict)
{
  MoorExplained *explained = g_new0 (MoorExplained, 1);

  explained->rule = rule;
  explained->won = won;
  explained->verdict = verdict;
  g_ptr_array_add (list, explained);
}

/* What @rule is called in a sentence: its pattern and where it is written. */
static char *
name_rule (const MoorRules *rules, guint rule)
{
  const MoorRuleItem *item = moor_rules_get_item (rules, rule);

  return g_strdup_printf ("“%s” (%s:%u)", moor_rules_get_pattern (rules, rule), item->origin.file,
                          item->origin.line);
}

static gboolean
is_unconditional (const Match *match)
{
  return match->item->kind == MOOR_RULE_UNCONDITIONAL_EXCLUDE;
}

static gboolean
same_party (const Match *a, const Match *b)
{
  return is_unconditional (a) == is_unconditional (b)
         && (is_unconditional (a)
             || (a->item->component == b->item->component && a->item->user == b->item->user));
}

/* More than 0 if @a wins over @b of the same party. */
static int
contest (const Match *a, const Match *b)
{
  const int more = moor_pattern_compare (a->item->pattern, b->item->pattern);

  if (more != 0)
    return more;
  if (a->item->kind != b->item->kind)
    return a->item->kind == MOOR_RULE_INCLUDE ? -1 : 1;
  return a->rule < b->rule ? 1 : -1;
}

/* The strongest of @of's party. */
static const Match *
word_of_party (const Case *c, const Match *of)
{
  const Match *word = NULL;

  for (guint i = 0; i < c->matches->len; i++)
    {
      const Match *match = &g_array_index (c->matches, Match, i);

      if (!match->refused && !match->unknown && same_party (match, of)
          && (word == NULL || contest (match, word) > 0))
        word = match;
    }
  return word;
}

static gboolean
party_includes (const Case *c, const Match *of)
{
  for (guint i = 0; i < c->matches->len; i++)
    {
      const Match *match = &g_array_index (c->matches, Match, i);

      if (!match->refused && match->item->kind == MOOR_RULE_INCLUDE && same_party (match, of))
        return TRUE;
    }
  return FALSE;
}

static const char *
call_name (const Match *match)
{
  return match->item->call != NULL ? moor_helper_name (match->item->call->helper) : "";
}

static char *
say_winner (const Case *c, const Match *match)
{
  const char *component = moor_rules_get_name (c->rules, match->rule);

  if (is_unconditional (match))
    return g_strdup ("It excludes unconditionally, which no other rule can undo.");
  if (match->item->kind == MOOR_RULE_INCLUDE)
    return g_strdup_printf ("It takes the object: in “%s” nothing that matches is more specific.",
                            component);
  return g_strdup_printf (
      "It leaves the object out: in “%s” nothing that matches is more specific.", component);
}

/* Of the word of a party that did not decide. */
static char *
say_other_word (const Case *c, const Match *match)
{
  const char *component = moor_rules_get_name (c->rules, match->rule);

  if (is_unconditional (match))
    return g_strdup ("It excludes unconditionally, too.");
  if (match->item->kind == MOOR_RULE_INCLUDE && c->selected)
    return g_strdup_printf ("It takes the object, too, for “%s”.", component);
  if (match->item->kind == MOOR_RULE_INCLUDE)
    return g_strdup_printf ("It would take the object for “%s”, but an unconditional exclude wins.",
                            component);
  if (!party_includes (c, match))
    return g_strdup_printf ("It has no effect: nothing in “%s” takes the object.", component);
  return g_strdup_printf ("It leaves the object out of “%s” only.", component);
}

static char *
say_loser (const Case *c, const Match *match, const Match *word)
{
  g_autofree char *name = name_rule (c->rules, word->rule);

  if (moor_pattern_compare (word->item->pattern, match->item->pattern) > 0)
    return g_strdup_printf ("%s is more specific.", name);
  if (word->item->kind != match->item->kind)
    return g_strdup_printf ("%s is as specific, and of two equals the exclude wins.", name);
  return g_strdup_printf ("%s is as specific and says the same.", name);
}

static char *
say (const Case *c, const Match *match)
{
  const Match *word = word_of_party (c, match);

  if (match->refused)
    return g_strdup_printf ("Its filter %s is against it, so the rule is not about the object.",
                            call_name (match));
  if (match->unknown)
    return g_strdup_printf ("Its filter %s would have to see the object.", call_name (match));
  if ((int) match->rule == c->winner)
    return say_winner (c, match);
  return match == word ? say_other_word (c, match) : say_loser (c, match, word);
}

/* Other components that would have decided otherwise, or that take the object too. */
static void
tell_collisions (const Case *c, const Match *winner, GPtrArray *collisions)
{
  for (guint i = 0; i < c->matches->len; i++)
    {
      const Match *match = &g_array_index (c->matches, Match, i);
      const gboolean includes = match->item->kind == MOOR_RULE_INCLUDE;

      if (match == winner || match != word_of_party (c, match) || same_party (match, winner))
        continue;
      if (includes || (c->selected && party_includes (c, match)))
        tell (collisions, match->rule, FALSE, say (c, match));
    }
}

static char *
reason_of (const Case *c, const Match *winner, gboolean is_unsure)
{
  g_autofree char *name = winner != NULL ? name_rule (c->rules, winner->rule) : NULL;
  const char *component = winner != NULL ? moor_rules_get_name (c->rules, winner->rule) : NULL;

  if (is_unsure)
    return g_strdup ("A filter has to see the object to decide.");
  if (winner == NULL)
    return g_strdup ("No rule takes it.");
  if (c->selected)
    return g_strdup_printf ("“%s” takes it: %s.", component, name);
  if (is_unconditional (winner))
    return g_strdup_printf ("“%s” leaves it out unconditionally: %s.", component, name);
  return g_strdup_printf ("“%s” leaves it out: %s.", component, name);
}

static void
find_matches (Case *c, const char *path, gboolean is_dir, const MoorLook *look)
{
  const MoorPatternType type = moor_rules_type_of (c->rules, path);

  for (guint i = 0; i < c->rules->items->len; i++)
    {
      const MoorRuleItem *item = g_ptr_array_index (c->rules->items, i);
      Match match = { .item = item, .rule = i };

      if (item->pattern->type != type
          || !moor_pattern_matches (item->pattern, c->rules->style, path, is_dir))
        continue;
      match.unknown = look == NULL && moor_filter_needs_look (item->call);
      match.refused = !match.unknown && !moor_filter_keeps (item->call, look);
      g_array_append_val (c->matches, match);
    }
}

static void
decide (const MoorRules *rules,
        const char *path,
        gboolean is_dir,
        const MoorLook *look,
        MoorDecision *out_decision)
{
  g_autofree char *parent = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);

  if (path[strspn (path, "/")] == '\0')
    (void) moor_machine_judge_top (rules->machine, out_decision);
  else if (g_str_equal (parent, "/") && moor_rules_type_of (rules, path) == MOOR_PATTERN_REGISTRY)
    moor_machine_decide (rules->registry, moor_machine_top (rules->registry), name, is_dir, look,
                         out_decision);
  else
    moor_rules_look (rules, moor_rules_state_at (rules, parent), name, is_dir, look, out_decision);
}

/* What leaves the object out, if anything does: where a whole tree is, the machine does not
 * say. */
static const Match *
strongest_exclude (const Case *c)
{
  const Match *strongest = NULL;

  for (guint i = 0; i < c->matches->len; i++)
    {
      const Match *match = &g_array_index (c->matches, Match, i);

      if (match->item->kind == MOOR_RULE_INCLUDE || match != word_of_party (c, match))
        continue;
      if (is_unconditional (match))
        return match;
      if (!party_includes (c, match))
        continue;
      if (strongest == NULL || contest (match, strongest) > 0)
        strongest = match;
    }
  return strongest;
}

static const Match *
find_winner (Case *c, const MoorDecision *decision)
{
  const Match *winner = NULL;

  if (decision->needs_look)
    return NULL;
  for (guint i = 0; i < c->matches->len && decision->rule >= 0; i++)
    {
      if (g_array_index (c->matches, Match, i).rule == (guint) decision->rule)
        winner = &g_array_index (c->matches, Match, i);
    }
  if (winner == NULL && !decision->selected)
    winner = strongest_exclude (c);
  c->winner = winner != NULL ? (int) winner->rule : -1;
  return winner;
}

static MoorExplanation *
explain_compiled (const MoorRules *rules, const char *path, gboolean is_dir, const MoorLook *look)
{
  g_autoptr(GArray) matches = g_array_new (FALSE, FALSE, sizeof (Match));
  Case c = { .rules = rules, .matches = matches, .winner = -1 };
  MoorExplanation *explanation = explanation_new ();
  const Match *winner = NULL;
  MoorDecision decision;

  decide (rules, path, is_dir, look, &decision);
  find_matches (&c, path, is_dir, look);
  c.selected = explanation->selected = decision.selected;
  winner = find_winner (&c, &decision);
  if (winner != NULL)
    {
      tell (explanation->candidates, winner->rule, TRUE, say (&c, winner));
      tell_collisions (&c, winner, explanation->collisions);
    }
  for (guint i = 0; i < matches->len; i++)
    {
      const Match *match = &g_array_index (matches, Match, i);

      if (match != winner)
        tell (explanation->candidates, match->rule, FALSE, say (&c, match));
    }
  explanation->reason = reason_of (&c, winner, decision.needs_look);
  return explanation;
}

/* @path is below a home. */
static MoorExplanation *
explain_by_table (const MoorRules *rules, const char *path, gboolean is_dir)
{
  g_auto(GStrv) components = g_strsplit (path, "/", -1);
  MoorExplanation *explanation = explanation_new ();
  MoorDecision decision = { .selected = TRUE, .rule = -1, .state = moor_rules_home_state (rules) };

  for (guint i = 0; components[i] != NULL && decision.selected; i++)
    {
      if (components[i][0] != '\0')
        moor_rules_decide (rules, decision.state, components[i],
                           components[i + 1] != NULL || is_dir, &decision);
    }
  explanation->selected = decision.selected;
  if (decision.selected)
    {
      explanation->reason = g_strdup ("Homes are taken whole, and no rule leaves this out.");
      return explanation;
    }
  tell (explanation->candidates, (guint) decision.rule, TRUE,
        g_strdup ("It leaves this out with everything below."));
  explanation->reason = g_strdup_printf ("It is left out as %s (“%s”).",
                                         moor_rules_get_name (rules, (guint) decision.rule),
                                         moor_rules_get_pattern (rules, (guint) decision.rule));
  return explanation;
}

/**
 * moor_rules_explain:
 * @path: (type filename): an object's canonical path within the system; without rule files its
 *   path below a home
 * @is_dir: whether it is a directory
 * @look: (nullable): what filters see of it
 *
 * Tells everything that rules have to say of one object.  Holds every rule against it: of the
 * order of ten milliseconds for big rule sets.  Any thread.
 *
 * Returns: (transfer full): the decision and its reasons
 */
MoorExplanation *
moor_rules_explain (const MoorRules *rules, const char *path, gboolean is_dir, const MoorLook *look)
{
  g_return_val_if_fail (rules != NULL, NULL);
  g_return_val_if_fail (path != NULL, NULL);

  if (rules->machine != NULL)
    return explain_compiled (rules, path, is_dir, look);
  return explain_by_table (rules, path, is_dir);
}
