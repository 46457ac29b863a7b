/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-target-private.h"

#include <string.h>

/*
 * The rules that count when files are put back.  They are asked for single
 * paths: on a collision, or, where files are moved at all, once for each object.
 * What a rule file does not speak of costs nothing.
 *
 * Precedence is that of usmt.md 10: within a component, as it holds for one
 * person or for the system, the most specific pattern decides.  Components do
 * not influence each other: an object goes to every place that one of them
 * gives it.  Only for a collision there can be but one answer; there all are
 * compared, and between equals the one that leaves more in place wins.
 */

struct _MoorTargetRules
{
  MoorPathStyle style;
  MoorItemIndex *moves;
  MoorItemIndex *merges;
  MoorItemIndex *cleanups;
  MoorItemIndex *attributes;
  MoorItemIndex *contents;
  MoorItemIndex *selections; /* includes and excludes */
  GHashTable *move_of;       /* (element-type MoorRuleItem MoorMove): keys not owned */
  MoorFolders *folders;
  GPtrArray *findings; /* (element-type MoorFinding) (owned) */
  guint n_never;       /* includes that hold for the capture alone */
};

static gboolean
calls (const MoorRuleItem *item, MoorHelper helper)
{
  return item->call != NULL && item->call->helper == helper;
}

static gboolean
is_switched_on (const MoorRuleOutcome *outcome, const MoorRuleItem *item)
{
  const MoorRuleComponent *component = g_ptr_array_index (outcome->components, item->component);

  return component->detected && !component->switched_off;
}

/* A rule that can mean nothing here is told, once for each file and reason. */
static void
add_move (MoorTargetRules *rules, const MoorRuleItem *item, const MoorRuleHost *host)
{
  g_autoptr(GError) error = NULL;
  MoorMove *move;

  if (item->pattern->type != MOOR_PATTERN_FILE)
    return;
  move = moor_move_new (item, host, &error);
  if (move == NULL)
    {
      g_autofree char *call = item->call != NULL ? moor_call_format (item->call) : g_strdup ("");

      moor_findings_add (
          rules->findings,
          moor_finding_new (MOOR_FINDING_WARNING, &item->origin, "move-not-used",
                            g_strdup_printf ("“%s” moves nothing: %s", call, error->message),
                            "Correct the place, or leave the rule out"));
      return;
    }
  g_hash_table_insert (rules->move_of, (gpointer) item, move);
  moor_item_index_add (rules->moves, item);
}

static void
add_item (MoorTargetRules *rules, const MoorRuleItem *item, const MoorRuleHost *host)
{
  switch (item->kind)
    {
    case MOOR_RULE_LOCATION_MODIFY:
      add_move (rules, item, host);
      break;
    case MOOR_RULE_MERGE:
      moor_item_index_add (rules->merges, item);
      break;
    case MOOR_RULE_DESTINATION_CLEANUP:
      moor_item_index_add (rules->cleanups, item);
      break;
    case MOOR_RULE_INCLUDE_ATTRIBUTES:
    case MOOR_RULE_EXCLUDE_ATTRIBUTES:
      moor_item_index_add (rules->attributes, item);
      break;
    case MOOR_RULE_CONTENT_MODIFY:
      moor_item_index_add (rules->contents, item);
      break;
    case MOOR_RULE_INCLUDE:
    case MOOR_RULE_EXCLUDE:
      moor_item_index_add (rules->selections, item);
      if (item->kind == MOOR_RULE_INCLUDE && calls (item, MOOR_HELPER_NEVER_RESTORE))
        rules->n_never++;
      break;
    case MOOR_RULE_UNCONDITIONAL_EXCLUDE:
    default:
      break;
    }
}

/**
 * moor_target_rules_new:
 * @outcome: of an evaluation at the destination; has to outlive what is returned
 * @host: the destination; not needed afterwards
 *
 * Makes the answers of a restore quick.  Rules about the registry and others
 * that cannot mean anything for files are left out.  Any thread.
 *
 * Returns: (transfer full): the rules; never fails as yet
 */
MoorTargetRules *
moor_target_rules_new (const MoorRuleOutcome *outcome, const MoorRuleHost *host, GError **error)
{
  MoorTargetRules *rules = g_new0 (MoorTargetRules, 1);

  rules->style = host->style;
  rules->moves = moor_item_index_new (host->style);
  rules->merges = moor_item_index_new (host->style);
  rules->cleanups = moor_item_index_new (host->style);
  rules->attributes = moor_item_index_new (host->style);
  rules->contents = moor_item_index_new (host->style);
  rules->selections = moor_item_index_new (host->style);
  rules->move_of = g_hash_table_new_full (g_direct_hash, g_direct_equal, NULL,
                                          (GDestroyNotify) moor_move_free);
  rules->folders = moor_folders_new (host);
  rules->findings = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_finding_free);
  for (guint i = 0; i < outcome->items->len; i++)
    {
      const MoorRuleItem *item = g_ptr_array_index (outcome->items, i);

      if (is_switched_on (outcome, item))
        add_item (rules, item, host);
    }
  return rules;
}

/**
 * moor_target_rules_free:
 * @rules: (nullable) (transfer full): what no thread uses any more
 */
void
moor_target_rules_free (MoorTargetRules *rules)
{
  if (rules == NULL)
    return;
  moor_item_index_free (rules->moves);
  moor_item_index_free (rules->merges);
  moor_item_index_free (rules->cleanups);
  moor_item_index_free (rules->attributes);
  moor_item_index_free (rules->contents);
  moor_item_index_free (rules->selections);
  g_hash_table_unref (rules->move_of);
  moor_folders_free (rules->folders);
  g_ptr_array_unref (rules->findings);
  g_free (rules);
}

/**
 * moor_target_rules_get_findings:
 *
 * Returns: (transfer none) (element-type MoorFinding): what is wrong with rules
 *   that only count at a restore
 */
GPtrArray *
moor_target_rules_get_findings (const MoorTargetRules *rules)
{
  return rules->findings;
}

/* Whether an include or exclude counts when files are put back. */
static gboolean
holds_at_restore (const MoorRuleItem *item)
{
  return !calls (item, MOOR_HELPER_NEVER_RESTORE) && !calls (item, MOOR_HELPER_ANSWER_NO);
}

/* Whether a component takes an object, going by names alone. */
typedef struct
{
  guint component;
  const MoorRuleItem *include; /* the most specific that matches */
  const MoorRuleItem *exclude;
  const MoorRuleItem *move;
} Claim;

static Claim *
claim_of (GArray *claims, guint component)
{
  const Claim none = { .component = component };

  for (guint i = 0; i < claims->len; i++)
    {
      Claim *claim = &g_array_index (claims, Claim, i);

      if (claim->component == component)
        return claim;
    }
  g_array_append_val (claims, none);
  return &g_array_index (claims, Claim, claims->len - 1);
}

static void
take_better (const MoorRuleItem **best, const MoorRuleItem *item)
{
  if (*best == NULL || moor_pattern_compare (item->pattern, (*best)->pattern) > 0)
    *best = item;
}

static void
claim_selection (const MoorTargetRules *rules, const char *path, gboolean is_node, GArray *claims)
{
  g_autoptr(GPtrArray) matches = moor_item_index_match (rules->selections, path, is_node);

  for (guint i = 0; matches != NULL && i < matches->len; i++)
    {
      const MoorRuleItem *item = g_ptr_array_index (matches, i);
      Claim *claim = claim_of (claims, item->component);

      if (holds_at_restore (item))
        take_better (item->kind == MOOR_RULE_INCLUDE ? &claim->include : &claim->exclude, item);
    }
}

static gboolean
is_included (const Claim *claim)
{
  return claim->include != NULL
         && (claim->exclude == NULL
             || moor_pattern_compare (claim->include->pattern, claim->exclude->pattern) > 0);
}

/**
 * moor_target_rules_move_anything:
 *
 * Returns: whether moor_target_rules_relocate() can answer anything but "stays".  Any thread.
 */
gboolean
moor_target_rules_move_anything (const MoorTargetRules *rules)
{
  return !moor_item_index_is_empty (rules->moves);
}

static void
placement_free (gpointer user_data)
{
  MoorPlacement *placement = user_data;

  g_free (placement->path);
  g_free (placement);
}

static void
add_placement (GPtrArray *placements, const MoorRuleItem *item, char *path)
{
  MoorPlacement *placement;

  for (guint i = 0; i < placements->len; i++)
    {
      placement = g_ptr_array_index (placements, i);
      if (g_str_equal (placement->path, path))
        {
          g_free (path);
          return;
        }
    }
  placement = g_new0 (MoorPlacement, 1);
  placement->path = path;
  placement->user = item->user;
  placement->item = item;
  g_ptr_array_add (placements, placement);
}

/* One component's say: %TRUE if the object moves for it. */
static gboolean
move_claim (const MoorTargetRules *rules,
            const Claim *claim,
            const char *path,
            gboolean is_node,
            GPtrArray *placements)
{
  char *target = NULL;

  if (claim->move == NULL)
    return FALSE;
  switch (moor_move_apply (g_hash_table_lookup (rules->move_of, claim->move), rules->folders, path,
                           is_node, &target))
    {
    case MOOR_MOVE_TO:
      add_placement (placements, claim->move, target);
      return TRUE;
    case MOOR_MOVE_NOWHERE:
      return TRUE;
    case MOOR_MOVE_NOT:
    default:
      return FALSE;
    }
}

/**
 * moor_target_rules_relocate:
 * @path: (type filename): where the object was, canonical, within the source system
 * @is_node: it is a directory
 * @out_stays: (out): whether it goes (also) to the plain place
 *
 * Tells where rules send an object.  It stays where a component includes it and
 * moves it not, and where no component of these files includes it: what was
 * captured comes back.  Any thread.
 *
 * Returns: (transfer full) (element-type MoorPlacement): the other places; empty for
 *   what is not moved
 */
GPtrArray *
moor_target_rules_relocate (const MoorTargetRules *rules,
                            const char *path,
                            gboolean is_node,
                            gboolean *out_stays)
{
  GPtrArray *placements = g_ptr_array_new_with_free_func (placement_free);
  g_autoptr(GPtrArray) matches = moor_item_index_match (rules->moves, path, is_node);
  g_autoptr(GArray) claims = NULL;
  guint n_included = 0;
  guint n_stay = 0;

  *out_stays = TRUE;
  if (matches == NULL)
    return placements;
  claims = g_array_new (FALSE, TRUE, sizeof (Claim));
  for (guint i = 0; i < matches->len; i++)
    {
      const MoorRuleItem *item = g_ptr_array_index (matches, i);

      take_better (&claim_of (claims, item->component)->move, item);
    }
  claim_selection (rules, path, is_node, claims);
  for (guint i = 0; i < claims->len; i++)
    {
      const Claim *claim = &g_array_index (claims, Claim, i);
      gboolean moved = move_claim (rules, claim, path, is_node, placements);

      if (!is_included (claim))
        continue;
      n_included++;
      if (!moved)
        n_stay++;
    }
  *out_stays = n_stay > 0 || n_included == 0;
  return placements;
}

static MoorMergeKind
merge_kind (const MoorRuleItem *item)
{
  if (item->call == NULL)
    return MOOR_MERGE_DEFAULT;
  switch ((int) item->call->helper)
    {
    case MOOR_HELPER_SOURCE_PRIORITY:
      return MOOR_MERGE_SOURCE;
    case MOOR_HELPER_DESTINATION_PRIORITY:
      return MOOR_MERGE_DESTINATION;
    case MOOR_HELPER_FIND_FILE_PLACE_BY_PATTERN:
      return MOOR_MERGE_RENAME;
    case MOOR_HELPER_NEWEST_VERSION:
      return MOOR_MERGE_NEWEST;
    default:
      return MOOR_MERGE_DEFAULT;
    }
}

/* Among equally specific rules: who changes less of what is there. */
static int
caution_of (const MoorRuleItem *item)
{
  static const int caution[] = { [MOOR_MERGE_DEFAULT] = 4,
                                 [MOOR_MERGE_RENAME] = 3,
                                 [MOOR_MERGE_DESTINATION] = 2,
                                 [MOOR_MERGE_NEWEST] = 1,
                                 [MOOR_MERGE_SOURCE] = 0 };

  return caution[merge_kind (item)];
}

/**
 * moor_target_rules_merge:
 * @path: (type filename): the name that is taken, absolute, within the destination system
 * @out_rule: (out caller-allocates): what to do
 *
 * Decides a collision.  Any thread.
 */
void
moor_target_rules_merge (const MoorTargetRules *rules, const char *path, MoorMergeRule *out_rule)
{
  g_autoptr(GPtrArray) matches = moor_item_index_match (rules->merges, path, FALSE);
  const MoorRuleItem *best = NULL;

  *out_rule = (MoorMergeRule){ .kind = MOOR_MERGE_DEFAULT };
  for (guint i = 0; matches != NULL && i < matches->len; i++)
    {
      const MoorRuleItem *item = g_ptr_array_index (matches, i);
      int more = best != NULL ? moor_pattern_compare (item->pattern, best->pattern) : 1;

      if (more > 0 || (more == 0 && caution_of (item) > caution_of (best)))
        best = item;
    }
  if (best == NULL)
    return;
  out_rule->item = best;
  out_rule->kind = merge_kind (best);
  if (out_rule->kind != MOOR_MERGE_RENAME)
    return;
  out_rule->pattern = moor_call_arg (best->call, 0);
  if (out_rule->pattern == NULL)
    out_rule->kind = MOOR_MERGE_DEFAULT;
}

/**
 * moor_target_rules_restrain_anything:
 *
 * Returns: whether moor_target_rules_never_restored() can say so of anything.  Any thread.
 */
gboolean
moor_target_rules_restrain_anything (const MoorTargetRules *rules)
{
  return rules->n_never > 0;
}

/**
 * moor_target_rules_never_restored:
 * @path: (type filename): where the object was, within the source system
 * @is_node: it is a directory
 *
 * Any thread.
 *
 * Returns: whether an include with NeverRestore() took the object into the store,
 *   and no other include wants it back
 */
gboolean
moor_target_rules_never_restored (const MoorTargetRules *rules, const char *path, gboolean is_node)
{
  g_autoptr(GPtrArray) matches = NULL;
  g_autoptr(GArray) claims = NULL;
  guint n_never = 0;

  if (rules->n_never == 0)
    return FALSE;
  matches = moor_item_index_match (rules->selections, path, is_node);
  for (guint i = 0; matches != NULL && i < matches->len; i++)
    {
      const MoorRuleItem *item = g_ptr_array_index (matches, i);

      if (item->kind == MOOR_RULE_INCLUDE && calls (item, MOOR_HELPER_NEVER_RESTORE))
        n_never++;
    }
  if (n_never == 0)
    return FALSE;
  claims = g_array_new (FALSE, TRUE, sizeof (Claim));
  claim_selection (rules, path, is_node, claims);
  for (guint i = 0; i < claims->len; i++)
    {
      if (is_included (&g_array_index (claims, Claim, i)))
        return FALSE;
    }
  return TRUE;
}

/**
 * moor_target_rules_cleans_anything:
 *
 * Returns: whether moor_target_rules_clean_up() can say so of anything.  Any thread.
 */
gboolean
moor_target_rules_cleans_anything (const MoorTargetRules *rules)
{
  return !moor_item_index_is_empty (rules->cleanups);
}

/**
 * moor_target_rules_list_cleanups:
 *
 * Returns: (transfer full) (element-type filename): the directories of the destination
 *   below which moor_target_rules_clean_up() can say so; on a Windows system in folded
 *   case.  Any thread.
 */
GPtrArray *
moor_target_rules_list_cleanups (const MoorTargetRules *rules)
{
  return moor_item_index_list_prefixes (rules->cleanups);
}

/**
 * moor_target_rules_clean_up:
 * @path: (type filename): something that is there, within the destination system
 * @is_node: it is a directory
 *
 * A rule with a filter that would have to look at the object cleans nothing up.
 * Any thread.
 *
 * Returns: whether it has to go before files are put back
 */
gboolean
moor_target_rules_clean_up (const MoorTargetRules *rules, const char *path, gboolean is_node)
{
  g_autoptr(GPtrArray) matches = moor_item_index_match (rules->cleanups, path, is_node);

  for (guint i = 0; matches != NULL && i < matches->len; i++)
    {
      const MoorRuleItem *item = g_ptr_array_index (matches, i);

      if (item->call == NULL || calls (item, MOOR_HELPER_IGNORE_IRRELEVANT_LINKS))
        return TRUE;
    }
  return FALSE;
}

/**
 * moor_target_rules_change_anything:
 *
 * Returns: whether any object comes back with other attributes than it had.  Any thread.
 */
gboolean
moor_target_rules_change_anything (const MoorTargetRules *rules)
{
  return !moor_item_index_is_empty (rules->attributes)
         || !moor_item_index_is_empty (rules->contents);
}

static gboolean
travels (const GPtrArray *matches, MoorAttributes attribute)
{
  const MoorRuleItem *include = NULL;
  const MoorRuleItem *exclude = NULL;

  for (guint i = 0; i < matches->len; i++)
    {
      const MoorRuleItem *item = g_ptr_array_index (matches, i);

      if ((item->attributes & attribute) != 0)
        take_better (item->kind == MOOR_RULE_INCLUDE_ATTRIBUTES ? &include : &exclude, item);
    }
  return exclude == NULL
         || (include != NULL && moor_pattern_compare (include->pattern, exclude->pattern) > 0);
}

/**
 * moor_target_rules_attributes:
 * @path: (type filename): where the object was, within the source system
 * @is_node: it is a directory
 *
 * Any thread.
 *
 * Returns: which attributes travel with it; without a rule both
 */
MoorAttributes
moor_target_rules_attributes (const MoorTargetRules *rules, const char *path, gboolean is_node)
{
  g_autoptr(GPtrArray) matches = moor_item_index_match (rules->attributes, path, is_node);
  guint travelling = MOOR_ATTRIBUTES_SECURITY | MOOR_ATTRIBUTES_TIMES;

  if (matches != NULL && !travels (matches, MOOR_ATTRIBUTES_SECURITY))
    travelling &= ~(guint) MOOR_ATTRIBUTES_SECURITY;
  if (matches != NULL && !travels (matches, MOOR_ATTRIBUTES_TIMES))
    travelling &= ~(guint) MOOR_ATTRIBUTES_TIMES;
  return (MoorAttributes) travelling;
}

/**
 * moor_target_rules_content:
 * @path: (type filename): where the file was, within the source system
 *
 * Any thread.
 *
 * Returns: (transfer none) (nullable): the most specific rule that changes what comes
 *   back; %NULL if none does
 */
const MoorRuleItem *
moor_target_rules_content (const MoorTargetRules *rules, const char *path)
{
  g_autoptr(GPtrArray) matches = moor_item_index_match (rules->contents, path, FALSE);
  const MoorRuleItem *best = NULL;

  for (guint i = 0; matches != NULL && i < matches->len; i++)
    take_better (&best, g_ptr_array_index (matches, i));
  return best;
}
