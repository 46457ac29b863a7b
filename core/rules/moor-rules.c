/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-rules.h"

#include "moor-error.h"
#include "moor-rules-private.h"
#include "moor-rules-resources.h"

#define DEFAULT_RESOURCE "/io/github/mooring/Mooring/rules/caches.ini"
#define DEFAULT_NAME "caches.ini"

struct _MoorRules
{
  gatomicrefcount refs;
  char *source_name;
  GBytes *source;
  char **patterns;    /* the groups of the file */
  GPtrArray *names;   /* (element-type utf8) (owned) */
  GPtrArray *reasons; /* (element-type utf8) (owned): NULL where the file has none */
  MoorRuleTable *table;
};

static MoorRules *
rules_new (void)
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
  MoorRules *rules = rules_new ();

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

  rules = rules_new ();
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
  g_free (rules);
}

/**
 * moor_rules_home_state:
 *
 * Returns: the state of the top directory of a home.  Any thread.
 */
MoorRuleState
moor_rules_home_state (const MoorRules *rules)
{
  return moor_rule_table_start (rules->table);
}

/**
 * moor_rules_decide:
 * @parent: the state of the directory that holds the entry
 * @name: (type filename): the entry
 * @is_dir: whether it is a directory
 * @out_decision: (out): what becomes of it; its state is that of the directory
 *   @name, and 0 for what is left out: the whole subtree is
 *
 * Any thread; allocates nothing and takes no lock.
 */
void
moor_rules_decide (const MoorRules *rules,
                   MoorRuleState parent,
                   const char *name,
                   gboolean is_dir,
                   MoorDecision *out_decision)
{
  const MoorRuleStep *step;

  if (parent == 0)
    {
      *out_decision = (MoorDecision){ .selected = TRUE, .descend = is_dir, .rule = -1 };
      return;
    }
  step = moor_rule_table_step (rules->table, parent, name);
  out_decision->rule = is_dir ? step->dir_rule : step->other_rule;
  out_decision->selected = out_decision->rule < 0;
  out_decision->descend = is_dir && out_decision->selected;
  out_decision->needs_look = FALSE;
  out_decision->state = is_dir && out_decision->selected ? step->state : 0;
}

/**
 * moor_rules_get_n_rules:
 *
 * Returns: how many rules there are.  Any thread.
 */
guint
moor_rules_get_n_rules (const MoorRules *rules)
{
  return rules->names->len;
}

/**
 * moor_rules_get_pattern:
 * @rule: an index below moor_rules_get_n_rules()
 *
 * Returns: the path of @rule, as its file has it.  Any thread.
 */
const char *
moor_rules_get_pattern (const MoorRules *rules, guint rule)
{
  g_return_val_if_fail (rule < rules->names->len, NULL);
  return rules->patterns[rule];
}

/**
 * moor_rules_get_name:
 * @rule: an index below moor_rules_get_n_rules()
 *
 * Returns: what people call what @rule leaves out, in English.  Any thread.
 */
const char *
moor_rules_get_name (const MoorRules *rules, guint rule)
{
  g_return_val_if_fail (rule < rules->names->len, NULL);
  return g_ptr_array_index (rules->names, rule);
}

/**
 * moor_rules_get_reason:
 * @rule: an index below moor_rules_get_n_rules()
 *
 * Returns: (nullable): why nobody misses what @rule leaves out, in English.  Any thread.
 */
const char *
moor_rules_get_reason (const MoorRules *rules, guint rule)
{
  g_return_val_if_fail (rule < rules->names->len, NULL);
  return g_ptr_array_index (rules->reasons, rule);
}

/**
 * moor_rules_foreach_source:
 * @func: called with the name and the bytes of each file, which stay @rules' own
 *
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
