/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-rule-set.h"

#include "moor-error.h"

struct _MoorRuleSet
{
  gatomicrefcount ref_count;
  GPtrArray *files; /* (element-type MoorRuleFile) (owned) */
  MoorConfigFile *config;
  GPtrArray *own_findings; /* (element-type MoorFinding) (owned) */
  GPtrArray *findings;     /* (element-type MoorFinding): of the files, the config, and own */
};

static void
file_free (gpointer data)
{
  moor_rule_file_free (data);
}

static void
finding_free (gpointer data)
{
  moor_finding_free (data);
}

/**
 * moor_rule_set_new:
 *
 * Returns: (transfer full): a rule set without rules.  Any thread.
 */
MoorRuleSet *
moor_rule_set_new (void)
{
  MoorRuleSet *set = g_new0 (MoorRuleSet, 1);

  g_atomic_ref_count_init (&set->ref_count);
  set->files = g_ptr_array_new_with_free_func (file_free);
  set->own_findings = g_ptr_array_new_with_free_func (finding_free);
  set->findings = g_ptr_array_new ();
  return set;
}

/**
 * moor_rule_set_ref:
 *
 * Returns: (transfer full): @set.  Any thread.
 */
MoorRuleSet *
moor_rule_set_ref (MoorRuleSet *set)
{
  g_return_val_if_fail (set != NULL, NULL);

  g_atomic_ref_count_inc (&set->ref_count);
  return set;
}

/**
 * moor_rule_set_unref:
 * @set: (transfer full): any thread
 */
void
moor_rule_set_unref (MoorRuleSet *set)
{
  g_return_if_fail (set != NULL);

  if (!g_atomic_ref_count_dec (&set->ref_count))
    return;

  g_ptr_array_unref (set->findings);
  g_ptr_array_unref (set->own_findings);
  g_ptr_array_unref (set->files);
  g_clear_pointer (&set->config, moor_config_file_free);
  g_free (set);
}

static void
adopt_findings (MoorRuleSet *set, const GPtrArray *findings)
{
  for (guint i = 0; i < findings->len; i++)
    g_ptr_array_add (set->findings, findings->pdata[i]);
}

/* The file that has the same identity; it came first, so it counts. */
static const MoorRuleFile *
find_file (const MoorRuleSet *set, const char *url_id)
{
  for (guint i = 0; i < set->files->len; i++)
    {
      const MoorRuleFile *file = g_ptr_array_index (set->files, i);

      if (g_ascii_strcasecmp (file->url_id, url_id) == 0)
        return file;
    }
  return NULL;
}

static void
tell_of_duplicate (MoorRuleSet *set, const char *name, const MoorRuleFile *first)
{
  const MoorOrigin origin = { .file = g_intern_string (name) };
  MoorFinding *finding = moor_finding_new (
      MOOR_FINDING_WARNING, &origin, "duplicate-urlid",
      g_strdup_printf ("The file is not used: it has the same urlid as “%s”.", first->name),
      "Give every rule file a urlid of its own.");

  g_ptr_array_add (set->own_findings, finding);
  g_ptr_array_add (set->findings, finding);
}

/**
 * moor_rule_set_add_file:
 * @name: what the file is called in findings
 * @bytes: what is in it
 *
 * Reads one MigXML file and adds its rules.  Of two files with the same urlid the first one
 * counts: the second is read, a finding tells of it, and it is left alone.  After a failure
 * the set is as it was.  The thread that fills the set.
 *
 * Returns: %FALSE with %MOOR_ERROR_USAGE in @error, with line and column, if the file is refused
 */
gboolean
moor_rule_set_add_file (MoorRuleSet *set, const char *name, GBytes *bytes, GError **error)
{
  g_autoptr(MoorRuleFile) file = NULL;
  const MoorRuleFile *first;

  g_return_val_if_fail (set != NULL && name != NULL && bytes != NULL, FALSE);

  file = moor_rule_file_read (name, bytes, error);
  if (file == NULL)
    return FALSE;

  if ((first = find_file (set, file->url_id)) != NULL)
    {
      tell_of_duplicate (set, name, first);
      return TRUE;
    }
  adopt_findings (set, file->findings);
  g_ptr_array_add (set->files, g_steal_pointer (&file));
  return TRUE;
}

/**
 * moor_rule_set_set_config:
 * @name: what the file is called in findings
 * @bytes: what is in it
 *
 * Reads the Config.xml of the run.  There can be one, and it is set once.  The thread that
 * fills the set.
 *
 * Returns: %FALSE with %MOOR_ERROR_USAGE in @error if the file is refused, or if there is one
 */
gboolean
moor_rule_set_set_config (MoorRuleSet *set, const char *name, GBytes *bytes, GError **error)
{
  MoorConfigFile *config;

  g_return_val_if_fail (set != NULL && name != NULL && bytes != NULL, FALSE);

  if (set->config != NULL)
    return moor_throw (error, MOOR_ERROR_USAGE,
                       "“%s” is one Config.xml too many: there is “%s” already", name,
                       set->config->name);
  config = moor_config_file_read (name, bytes, error);
  if (config == NULL)
    return FALSE;

  adopt_findings (set, config->findings);
  set->config = config;
  return TRUE;
}

/**
 * moor_rule_set_get_files:
 *
 * Returns: (transfer none) (element-type MoorRuleFile): those that count, as they were given.
 *   Any thread once the set is filled.
 */
GPtrArray *
moor_rule_set_get_files (MoorRuleSet *set)
{
  return set->files;
}

/**
 * moor_rule_set_get_config:
 *
 * Returns: (transfer none) (nullable): the Config.xml.  Any thread once the set is filled.
 */
const MoorConfigFile *
moor_rule_set_get_config (MoorRuleSet *set)
{
  return set->config;
}

/**
 * moor_rule_set_get_findings:
 *
 * Returns: (transfer none) (element-type MoorFinding): what reading the files had to tell.  Any
 *   thread once the set is filled.
 */
GPtrArray *
moor_rule_set_get_findings (MoorRuleSet *set)
{
  return set->findings;
}

static void add_entries (const GPtrArray *components, GHashTable *detected, GArray *entries);

/* One entry, if the component was detected and not written before, and those nested in it. */
static void
add_entry (const MoorComponentNode *node, GHashTable *detected, GArray *entries)
{
  const MoorConfigEntry entry = {
    .id = node->id,
    .display_name = node->display_name,
    .type = node->type,
  };

  if (node->display_name[0] != '\0' && g_hash_table_remove (detected, node->id))
    g_array_append_val (entries, entry);
  for (guint i = 0; i < node->roles->len; i++)
    {
      const MoorRoleNode *role = g_ptr_array_index (node->roles, i);

      add_entries (role->components, detected, entries);
    }
}

static void
add_entries (const GPtrArray *components, GHashTable *detected, GArray *entries)
{
  for (guint i = 0; i < components->len; i++)
    add_entry (g_ptr_array_index (components, i), detected, entries);
}

/**
 * moor_rule_set_write_config:
 * @outcome: of @set, on the system that the Config.xml is for
 *
 * Makes a Config.xml with the components that were detected, for one person at least or for the
 * system, each once and in the order of their files.  Any thread.
 *
 * Returns: (transfer full): the file
 */
GBytes *
moor_rule_set_write_config (MoorRuleSet *set, const MoorRuleOutcome *outcome)
{
  g_autoptr(GHashTable) detected = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr(GArray) entries = g_array_new (FALSE, FALSE, sizeof (MoorConfigEntry));

  g_return_val_if_fail (set != NULL && outcome != NULL, NULL);

  for (guint i = 0; i < outcome->components->len; i++)
    {
      const MoorRuleComponent *component = g_ptr_array_index (outcome->components, i);

      if (component->detected)
        (void) g_hash_table_add (detected, component->node->id);
    }
  for (guint i = 0; i < set->files->len; i++)
    {
      const MoorRuleFile *file = g_ptr_array_index (set->files, i);

      add_entries (file->components, detected, entries);
    }
  return moor_config_file_write ((const MoorConfigEntry *) (const void *) entries->data,
                                 entries->len);
}
