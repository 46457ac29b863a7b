/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-rules.h"

#include <string.h>

#include "moor-error.h"
#include "moor-rules-private.h"
#include "moor-rules-resources.h"

#define DEFAULT_RESOURCE "/io/github/mooring/Mooring/rules/caches.ini"
#define DEFAULT_NAME "caches.ini"

/**
 * moor_rules_alloc:
 *
 * Returns: (transfer full): rules that are neither a table nor compiled yet
 */
MoorRules *
moor_rules_alloc (void)
{
  MoorRules *rules = g_new0 (MoorRules, 1);

  g_atomic_ref_count_init (&rules->refs);
  rules->patterns = g_new0 (char *, 1);
  rules->names = g_ptr_array_new_with_free_func (g_free);
  rules->reasons = g_ptr_array_new_with_free_func (g_free);
  return rules;
}

static gboolean
read_group (MoorRules *rules, GKeyFile *file, const char *group, GError **error)
{
  g_auto(GStrv) keys = g_key_file_get_keys (file, group, NULL, NULL);
  g_autofree char *name = g_key_file_get_string (file, group, "name", NULL);

  for (guint i = 0; keys != NULL && keys[i] != NULL; i++)
    {
      if (g_strcmp0 (keys[i], "name") != 0 && g_strcmp0 (keys[i], "why") != 0)
        return moor_throw (error, MOOR_ERROR_USAGE,
                           "[%s]: the key “%s” is unknown; there are “name” and “why”", group,
                           keys[i]);
    }
  if (name == NULL || name[0] == '\0')
    return moor_throw (error, MOOR_ERROR_USAGE, "[%s]: the key “name” is missing or empty", group);

  g_ptr_array_add (rules->names, g_steal_pointer (&name));
  g_ptr_array_add (rules->reasons, g_key_file_get_string (file, group, "why", NULL));
  return TRUE;
}

static gboolean
read_rules (MoorRules *rules, GError **error)
{
  g_autoptr(GKeyFile) file = g_key_file_new ();
  gsize n_patterns = 0;

  if (!g_key_file_load_from_bytes (file, rules->source, G_KEY_FILE_NONE, error))
    return FALSE;

  g_strfreev (rules->patterns);
  rules->patterns = g_key_file_get_groups (file, &n_patterns);
  for (gsize i = 0; i < n_patterns; i++)
    {
      if (!read_group (rules, file, rules->patterns[i], error))
        return FALSE;
    }
  rules->table = moor_rule_table_new ((const char *const *) rules->patterns, (guint) n_patterns,
                                      error);
  return rules->table != NULL;
}

/**
 * moor_rules_new_default:
 * @error: return location for a #GError
 *
 * Compiles the table that comes with Mooring: whole homes minus the well-known
 * caches.  Any thread.
 *
 * Returns: (transfer full): rules, or %NULL if the table is not in order
 */
MoorRules *
moor_rules_new_default (GError **error)
{
  g_autoptr(GBytes) bytes = NULL;

  bytes = g_resource_lookup_data (moor_rules_get_resource (), DEFAULT_RESOURCE,
                                  G_RESOURCE_LOOKUP_FLAGS_NONE, error);
  return bytes != NULL ? moor_rules_new_from_bytes (DEFAULT_NAME, bytes, error) : NULL;
}

/**
 * moor_rules_new_everything:
 *
 * Returns: (transfer full): rules that leave nothing out and come from no file.  Any thread.
 */
MoorRules *
moor_rules_new_everything (void)
{
  MoorRules *rules = moor_rules_alloc ();

  rules->table = moor_rule_table_new (NULL, 0, NULL);
  return rules;
}

/**
 * moor_rules_new_from_bytes:
 * @source_name: what the file is called in messages and in a store
 * @bytes: a key file as data/rules/caches.ini: a group for each path that is left out
 * @error: return location for a #GError
 *
 * Any thread.
 *
 * Returns: (transfer full): rules, or %NULL with #GKeyFileError or %MOOR_ERROR_USAGE;
 *   the message names the file, the group and the key
 */
MoorRules *
moor_rules_new_from_bytes (const char *source_name, GBytes *bytes, GError **error)
{
  g_autoptr(MoorRules) rules = NULL;

  g_return_val_if_fail (source_name != NULL, NULL);
  g_return_val_if_fail (bytes != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  rules = moor_rules_alloc ();
  rules->source_name = g_strdup (source_name);
  rules->source = g_bytes_ref (bytes);
  if (!read_rules (rules, error))
    {
      g_prefix_error (error, "%s: ", source_name);
      return NULL;
    }
  return g_steal_pointer (&rules);
}

/**
 * moor_rules_ref:
 *
 * Returns: (transfer full): @rules.  Any thread.
 */
MoorRules *
moor_rules_ref (MoorRules *rules)
{
  g_atomic_ref_count_inc (&rules->refs);
  return rules;
}

/**
 * moor_rules_unref:
 * @rules: (transfer full): any thread
 */
void
moor_rules_unref (MoorRules *rules)
{
  if (!g_atomic_ref_count_dec (&rules->refs))
    return;

  g_free (rules->source_name);
  g_clear_pointer (&rules->source, g_bytes_unref);
  g_strfreev (rules->patterns);
  g_ptr_array_unref (rules->names);
  g_ptr_array_unref (rules->reasons);
  g_clear_pointer (&rules->table, moor_rule_table_free);
  g_clear_pointer (&rules->machine, moor_machine_free);
  g_clear_pointer (&rules->registry, moor_machine_free);
  g_clear_pointer (&rules->items, g_ptr_array_unref);
  g_clear_pointer (&rules->expanded, g_ptr_array_unref);
  g_clear_pointer (&rules->components, g_ptr_array_unref);
  g_clear_pointer (&rules->set, moor_rule_set_unref);
  g_free (rules);
}

/**
 * moor_rules_are_compiled:
 *
 * Returns: whether rule files decide, so that a walk starts with moor_rules_state_at().
 *   Any thread.
 */
gboolean
moor_rules_are_compiled (const MoorRules *rules)
{
  return rules->machine != NULL;
}

/**
 * moor_rules_home_state:
 *
 * Returns: the state of the top directory of a home, if it is the same for all homes; of
 *   compiled rules that of the top of the system.  Any thread.
 */
MoorRuleState
moor_rules_home_state (const MoorRules *rules)
{
  if (rules->machine != NULL)
    return moor_machine_top (rules->machine);
  return moor_rule_table_start (rules->table);
}

/**
 * moor_rules_type_of:
 *
 * Returns: what has the canonical path @path: on Windows files are below drives, keys below hives.
 */
MoorPatternType
moor_rules_type_of (const MoorRules *rules, const char *path)
{
  return rules->registry != NULL && g_str_has_prefix (path, "/HK") ? MOOR_PATTERN_REGISTRY
                                                                   : MOOR_PATTERN_FILE;
}

/**
 * moor_rules_state_at:
 * @path: (type filename): a directory's canonical path within the system, or that of a key of the
 *   registry; "" or "/" for the top
 *
 * Goes to @path from the top, for a walk that starts there.  Any thread.
 *
 * Returns: the state inside @path; without rule files that of a home
 */
MoorRuleState
moor_rules_state_at (const MoorRules *rules, const char *path)
{
  MoorDecision decision = { .state = moor_rules_home_state (rules) };
  g_auto(GStrv) components = NULL;

  g_return_val_if_fail (path != NULL, 0);

  if (rules->machine == NULL)
    return decision.state;
  if (moor_rules_type_of (rules, path) == MOOR_PATTERN_REGISTRY)
    decision.state = moor_machine_top (rules->registry) | MOOR_REGISTRY_STATE;
  components = g_strsplit (path, "/", -1);
  for (guint i = 0; components[i] != NULL; i++)
    {
      if (components[i][0] != '\0')
        moor_rules_decide (rules, decision.state, components[i], TRUE, &decision);
    }
  return decision.state;
}

/**
 * moor_rules_reach:
 * @path: (type filename): as of moor_rules_state_at()
 *
 * Any thread.
 *
 * Returns: whether the rules could take the directory @path or anything below it
 */
gboolean
moor_rules_reach (const MoorRules *rules, const char *path)
{
  const char *name = strrchr (path, '/');
  g_autofree char *parent = name != NULL ? g_strndup (path, (gsize) (name - path)) : NULL;
  MoorDecision decision;

  if (rules->machine == NULL)
    return TRUE;
  if (name == NULL || name[1] == '\0')
    (void) moor_machine_judge_top (rules->machine, &decision);
  else
    moor_rules_decide (rules, moor_rules_state_at (rules, parent), name + 1, TRUE, &decision);
  return decision.selected || decision.needs_look || decision.descend;
}

/* Whether everything that fits @pattern is at or below one of @homes. */
static gboolean
stays_inside (const MoorRules *rules, const MoorPattern *pattern, const char *const *homes)
{
  const gboolean folds = rules->style == MOOR_PATHS_WINDOWS;
  g_autofree char *start = g_strdup (pattern->node);
  const char *star = strchr (start, '*');

  if (star != NULL)
    start[star - start] = '\0';
  for (guint i = 0; homes != NULL && homes[i] != NULL; i++)
    {
      g_autofree char *home = folds ? moor_pattern_fold (homes[i]) : g_strdup (homes[i]);
      g_autofree char *here = folds ? moor_pattern_fold (start) : g_strdup (start);
      gsize length = strlen (home);

      if (g_str_has_prefix (here, home)
          && (here[length] == '/' || (here[length] == '\0' && star == NULL)))
        return TRUE;
    }
  return FALSE;
}

/**
 * moor_rules_reach_outside:
 * @homes: (array zero-terminated=1) (nullable): canonical paths within the system
 *
 * Any thread.
 *
 * Returns: whether the rules could take anything that is not at or below one of @homes, so that
 *   the rest of the system has to be walked.  It may be %TRUE although an exclude prevents it.
 */
gboolean
moor_rules_reach_outside (const MoorRules *rules, const char *const *homes)
{
  for (guint i = 0; rules->items != NULL && i < rules->items->len; i++)
    {
      const MoorRuleItem *item = g_ptr_array_index (rules->items, i);

      if (item->kind == MOOR_RULE_INCLUDE && item->pattern->type == MOOR_PATTERN_FILE
          && !stays_inside (rules, item->pattern, homes))
        return TRUE;
    }
  return FALSE;
}

static void
decide_by_table (const MoorRules *rules,
                 MoorRuleState parent,
                 const char *name,
                 gboolean is_dir,
                 MoorDecision *out_decision)
{
  const MoorRuleStep *step = moor_rule_table_step (rules->table, parent, name);

  out_decision->rule = is_dir ? step->dir_rule : step->other_rule;
  out_decision->selected = out_decision->rule < 0;
  out_decision->descend = is_dir && out_decision->selected;
  out_decision->needs_look = FALSE;
  out_decision->state = is_dir && out_decision->selected ? step->state : 0;
}

/**
 * moor_rules_decide:
 * @parent: the state of the directory that holds the entry
 * @name: (type filename): the entry
 * @is_dir: whether it is a directory
 * @out_decision: (out): what becomes of it; its state is that of the directory @name.  Without
 *   rule files what is left out goes with everything below.  With them a directory may be left
 *   out and still have something below that is taken
 *
 * Any thread.  For files it allocates nothing and takes no lock, see moor_machine_decide().
 */
void
moor_rules_decide (const MoorRules *rules,
                   MoorRuleState parent,
                   const char *name,
                   gboolean is_dir,
                   MoorDecision *out_decision)
{
  moor_rules_look (rules, parent, name, is_dir, NULL, out_decision);
}

/**
 * moor_rules_look:
 * @parent: the state of the directory that holds the entry
 * @name: (type filename): the entry
 * @is_dir: whether it is a directory
 * @look: (nullable): what it looks like
 * @out_decision: (out): as of moor_rules_decide(); nothing needs a look any more
 *
 * Decides about an object of which filters want to know more than the name.  Any thread.
 */
void
moor_rules_look (const MoorRules *rules,
                 MoorRuleState parent,
                 const char *name,
                 gboolean is_dir,
                 const MoorLook *look,
                 MoorDecision *out_decision)
{
  if (parent == 0)
    *out_decision = (MoorDecision){ .selected = TRUE, .descend = is_dir, .rule = -1 };
  else if ((parent & MOOR_REGISTRY_STATE) != 0)
    {
      moor_machine_decide (rules->registry, parent & ~MOOR_REGISTRY_STATE, name, is_dir, look,
                           out_decision);
      out_decision->state |= MOOR_REGISTRY_STATE;
    }
  else if (rules->machine != NULL)
    moor_machine_decide (rules->machine, parent, name, is_dir, look, out_decision);
  else
    decide_by_table (rules, parent, name, is_dir, out_decision);
}

/**
 * moor_rules_get_n_rules:
 *
 * Returns: how many rules there are.  Any thread.
 */
guint
moor_rules_get_n_rules (const MoorRules *rules)
{
  return rules->items != NULL ? rules->items->len : rules->names->len;
}

/**
 * moor_rules_get_item:
 * @rule: an index below moor_rules_get_n_rules()
 *
 * Returns: (nullable) (transfer none): what stands in a rule file; %NULL without rule files.
 *   Any thread.
 */
const MoorRuleItem *
moor_rules_get_item (const MoorRules *rules, guint rule)
{
  g_return_val_if_fail (rule < moor_rules_get_n_rules (rules), NULL);
  return rules->items != NULL ? g_ptr_array_index (rules->items, rule) : NULL;
}

/**
 * moor_rules_get_pattern:
 * @rule: an index below moor_rules_get_n_rules()
 *
 * Returns: the path of @rule, as its file has it; of rule files with the variables expanded.
 *   Any thread.
 */
const char *
moor_rules_get_pattern (const MoorRules *rules, guint rule)
{
  g_return_val_if_fail (rule < moor_rules_get_n_rules (rules), NULL);
  return rules->items != NULL ? g_ptr_array_index (rules->expanded, rule) : rules->patterns[rule];
}

/**
 * moor_rules_get_name:
 * @rule: an index below moor_rules_get_n_rules()
 *
 * Returns: what people call what @rule is about, in English: of rule files the names of the
 *   component and those around it.  Any thread.
 */
const char *
moor_rules_get_name (const MoorRules *rules, guint rule)
{
  const MoorRuleItem *item;

  g_return_val_if_fail (rule < moor_rules_get_n_rules (rules), NULL);
  item = moor_rules_get_item (rules, rule);
  return item != NULL ? g_ptr_array_index (rules->components, item->component)
                      : g_ptr_array_index (rules->names, rule);
}

/**
 * moor_rules_get_reason:
 * @rule: an index below moor_rules_get_n_rules()
 *
 * Returns: (nullable): why nobody misses what @rule leaves out, in English; rule files do not
 *   say.  Any thread.
 */
const char *
moor_rules_get_reason (const MoorRules *rules, guint rule)
{
  g_return_val_if_fail (rule < moor_rules_get_n_rules (rules), NULL);
  return rules->items == NULL ? g_ptr_array_index (rules->reasons, rule) : NULL;
}

/**
 * moor_rules_foreach_source:
 * @func: called with the name and the bytes of the file, which stay @rules' own
 *
 * Tells of the file that a table was read from; rule files are known to whoever compiled them.
 * Any thread.
 */
void
moor_rules_foreach_source (const MoorRules *rules,
                           void (*func) (const char *name, GBytes *bytes, gpointer user_data),
                           gpointer user_data)
{
  if (rules->source != NULL)
    func (rules->source_name, rules->source, user_data);
}
