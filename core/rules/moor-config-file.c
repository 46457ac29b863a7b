/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-config-file.h"

#include <string.h>

#include "moor-sections-private.h"

/* Reads a Config.xml: which components take part, which errors are let pass,
 * which groups people join.  No schema of it was ever published; samples differ
 * in capitals, so none matter here. */

/* Components nest; which one is being read. */
typedef struct
{
  MoorConfigFile *config;
  int parent;
} ComponentReader;

static void
warn (MoorXml *xml, const xmlNode *node, const char *code, const char *remedy, const char *text)
{
  const MoorOrigin origin = moor_xml_origin (xml, node);

  moor_xml_find (xml, MOOR_FINDING_WARNING, &origin, code, remedy, "%s", text);
}

static void
component_free (MoorConfigComponent *component)
{
  g_free (component->id);
  g_free (component->display_name);
  g_free (component);
}

static void
policy_free (MoorConfigPolicy *policy)
{
  g_free (policy->pattern);
  g_free (policy);
}

static void
group_change_free (MoorConfigGroupChange *change)
{
  g_free (change->from);
  g_free (change->to);
  g_ptr_array_unref (change->include);
  g_ptr_array_unref (change->exclude);
  g_free (change);
}

static gboolean
read_migrate (MoorXml *xml, const xmlNode *node)
{
  const char *value = moor_reader_attribute (node, "migrate");

  if (value != NULL && g_ascii_strcasecmp (value, "no") == 0)
    return FALSE;
  if (value == NULL || g_ascii_strcasecmp (value, "yes") != 0)
    warn (xml, node, "bad-value", "Write migrate=\"yes\" or migrate=\"no\".",
          "The component says neither yes nor no; it migrates.");
  return TRUE;
}

static void
read_component (MoorXml *xml, const xmlNode *node, gpointer data)
{
  static const MoorSection sections[] = { { "component", read_component } };
  const ComponentReader *outer = data;
  ComponentReader inner = { outer->config, (int) outer->config->components->len };
  MoorConfigComponent *component = g_new0 (MoorConfigComponent, 1);
  const char *id = moor_reader_attribute (node, "ID");
  const char *display_name = moor_reader_attribute (node, "displayname");

  component->id = g_utf8_strdown (id != NULL ? id : "", -1);
  g_strstrip (component->id);
  component->display_name = g_strdup (display_name != NULL ? display_name : "");
  component->parent = outer->parent;
  component->origin = moor_xml_origin (xml, node);
  component->migrate = read_migrate (xml, node);
  g_ptr_array_add (outer->config->components, component);
  if (component->id[0] == '\0' && moor_xml_first (node) == NULL)
    warn (xml, node, "missing-attribute", "Make the file anew with /genconfig.",
          "The component has no ID, so it stands for nothing.");
  moor_sections_read (xml, node, sections, G_N_ELEMENTS (sections), &inner);
}

static void
read_list (MoorXml *xml, const xmlNode *node, gpointer data)
{
  static const MoorSection sections[] = { { "component", read_component } };
  ComponentReader reader = { data, -1 };

  moor_sections_read (xml, node, sections, G_N_ELEMENTS (sections), &reader);
}

/* -1: any; -2: nobody can tell. */
static int
read_error_code (MoorXml *xml, const xmlNode *node)
{
  const char *text = moor_reader_attribute (node, "errorCode");
  guint64 code;

  if (text == NULL || g_ascii_strcasecmp (text, "any") == 0)
    return -1;
  if (g_ascii_string_to_unsigned (text, 10, 0, G_MAXINT, &code, NULL))
    return (int) code;
  warn (xml, node, "bad-value", "Write the number of an error, or any.",
        "The attribute “errorCode” is neither a number nor “any”, so this is left out.");
  return -2;
}

static void
add_policy (MoorXml *xml, const xmlNode *node, GPtrArray *policies, gboolean lets_go_on)
{
  g_autofree char *pattern = moor_xml_text (node);
  const int error_code = read_error_code (xml, node);
  MoorConfigPolicy *policy;

  if (pattern[0] == '\0')
    warn (xml, node, "empty", "Write a pattern; * [*] is about everything.",
          "There is no pattern, so this is about nothing.");
  if (pattern[0] == '\0' || error_code < -1)
    return;
  policy = g_new0 (MoorConfigPolicy, 1);
  policy->lets_go_on = lets_go_on;
  policy->error_code = error_code;
  policy->pattern = g_steal_pointer (&pattern);
  policy->origin = moor_xml_origin (xml, node);
  g_ptr_array_add (policies, policy);
}

static void
read_lenient (MoorXml *xml, const xmlNode *node, gpointer data)
{
  add_policy (xml, node, data, TRUE);
}

static void
read_strict (MoorXml *xml, const xmlNode *node, gpointer data)
{
  add_policy (xml, node, data, FALSE);
}

static void
read_errors (MoorXml *xml, const xmlNode *node, GPtrArray *policies)
{
  static const MoorSection sections[] = { { "nonFatal", read_lenient }, { "fatal", read_strict } };

  moor_sections_read (xml, node, sections, G_N_ELEMENTS (sections), policies);
}

static void
read_file_errors (MoorXml *xml, const xmlNode *node, gpointer data)
{
  MoorConfigFile *config = data;

  read_errors (xml, node, config->file_errors);
}

static void
read_registry_errors (MoorXml *xml, const xmlNode *node, gpointer data)
{
  MoorConfigFile *config = data;

  read_errors (xml, node, config->registry_errors);
}

static void
read_error_control (MoorXml *xml, const xmlNode *node, gpointer data)
{
  static const MoorSection sections[] = { { "fileError", read_file_errors },
                                          { "registryError", read_registry_errors } };

  moor_sections_read (xml, node, sections, G_N_ELEMENTS (sections), data);
}

static void
read_locked (MoorXml *xml, const xmlNode *node, gpointer data)
{
  static const MoorSection sections[] = { { "createHardLink", read_lenient },
                                          { "errorHardLink", read_strict } };
  MoorConfigFile *config = data;

  moor_sections_read (xml, node, sections, G_N_ELEMENTS (sections), config->locked_files);
}

static void
read_link_control (MoorXml *xml, const xmlNode *node, gpointer data)
{
  static const MoorSection sections[] = { { "fileLocked", read_locked } };

  moor_sections_read (xml, node, sections, G_N_ELEMENTS (sections), data);
}

static void
read_policies (MoorXml *xml, const xmlNode *node, gpointer data)
{
  static const MoorSection sections[] = { { "ErrorControl", read_error_control },
                                          { "HardLinkStoreControl", read_link_control } };

  moor_sections_read (xml, node, sections, G_N_ELEMENTS (sections), data);
}

static void
read_account (MoorXml *xml, const xmlNode *node, gpointer data)
{
  GPtrArray *accounts = data;
  g_autofree char *text = moor_xml_text (node);

  if (text[0] != '\0')
    g_ptr_array_add (accounts, g_steal_pointer (&text));
}

static void
read_accounts (MoorXml *xml, const xmlNode *node, GPtrArray *accounts)
{
  static const MoorSection sections[] = { { "pattern", read_account } };

  moor_sections_read (xml, node, sections, G_N_ELEMENTS (sections), accounts);
}

static void
read_included (MoorXml *xml, const xmlNode *node, gpointer data)
{
  MoorConfigGroupChange *change = data;

  read_accounts (xml, node, change->include);
}

static void
read_excluded (MoorXml *xml, const xmlNode *node, gpointer data)
{
  MoorConfigGroupChange *change = data;

  read_accounts (xml, node, change->exclude);
}

/* Whose groups are changed. */
static gboolean
read_applies_to (MoorXml *xml, const xmlNode *node, MoorConfigGroupChange *change)
{
  const char *whom = moor_reader_attribute (node, "appliesTo");

  change->migrated_users = g_ascii_strcasecmp (whom != NULL ? whom : "", "NonmigratedUsers") != 0;
  change->other_users = g_ascii_strcasecmp (whom != NULL ? whom : "", "MigratedUsers") != 0;
  if (whom != NULL
      && (!change->migrated_users || !change->other_users
          || g_ascii_strcasecmp (whom, "AllUsers") == 0))
    return TRUE;
  warn (xml, node, "bad-value",
        "Write appliesTo=\"MigratedUsers\", \"NonmigratedUsers\" or \"AllUsers\".",
        "<changeGroup> does not say whom it is about, so it does nothing.");
  return FALSE;
}

static void
read_change (MoorXml *xml, const xmlNode *node, gpointer data)
{
  static const MoorSection sections[] = { { "include", read_included },
                                          { "exclude", read_excluded } };
  MoorConfigFile *config = data;
  MoorConfigGroupChange *change = g_new0 (MoorConfigGroupChange, 1);
  const char *from = moor_reader_attribute (node, "from");
  const char *to = moor_reader_attribute (node, "to");
  gboolean is_complete;

  change->from = g_strstrip (g_strdup (from != NULL ? from : ""));
  change->to = g_strstrip (g_strdup (to != NULL ? to : ""));
  change->include = g_ptr_array_new_with_free_func (g_free);
  change->exclude = g_ptr_array_new_with_free_func (g_free);
  is_complete = read_applies_to (xml, node, change);
  moor_sections_read (xml, node, sections, G_N_ELEMENTS (sections), change);
  if (change->from[0] == '\0' || change->to[0] == '\0')
    {
      warn (xml, node, "missing-attribute", "Write from=\"...\" and to=\"...\".",
            "<changeGroup> does not say from which group to which, so it does nothing.");
      is_complete = FALSE;
    }
  if (is_complete && change->include->len == 0 && change->exclude->len == 0)
    warn (xml, node, "empty", "Put <include><pattern>*</pattern></include> in for all.",
          "<changeGroup> names nobody.");
  if (is_complete)
    g_ptr_array_add (config->group_changes, change);
  else
    group_change_free (change);
}

static void
read_mappings (MoorXml *xml, const xmlNode *node, gpointer data)
{
  static const MoorSection sections[] = { { "changeGroup", read_change } };

  moor_sections_read (xml, node, sections, G_N_ELEMENTS (sections), data);
}

static void
read_local_groups (MoorXml *xml, const xmlNode *node, gpointer data)
{
  static const MoorSection sections[] = { { "mappings", read_mappings } };

  moor_sections_read (xml, node, sections, G_N_ELEMENTS (sections), data);
}

static void
read_profile_control (MoorXml *xml, const xmlNode *node, gpointer data)
{
  static const MoorSection sections[] = { { "localGroups", read_local_groups } };

  moor_sections_read (xml, node, sections, G_N_ELEMENTS (sections), data);
}

static MoorConfigFile *
config_new (const char *name, GBytes *bytes)
{
  MoorConfigFile *config = g_new0 (MoorConfigFile, 1);

  config->name = g_strdup (name);
  config->bytes = g_bytes_ref (bytes);
  config->components = g_ptr_array_new_with_free_func ((GDestroyNotify) component_free);
  config->file_errors = g_ptr_array_new_with_free_func ((GDestroyNotify) policy_free);
  config->registry_errors = g_ptr_array_new_with_free_func ((GDestroyNotify) policy_free);
  config->locked_files = g_ptr_array_new_with_free_func ((GDestroyNotify) policy_free);
  config->group_changes = g_ptr_array_new_with_free_func ((GDestroyNotify) group_change_free);
  return config;
}

/**
 * moor_config_file_from_xml:
 * @xml: takes the findings and the refusal; gives its findings to the file
 *
 * Returns: (transfer full) (nullable): the file; %NULL if it is refused
 */
MoorConfigFile *
moor_config_file_from_xml (MoorXml *xml, GBytes *bytes)
{
  static const MoorSection sections[] = {
    { "Applications", read_list },
    { "Documents", read_list },
    { "WindowsComponents", read_list },
    { "Policies", read_policies },
    { "Policy", read_policies },
    { "ProfileControl", read_profile_control },
    { "ProfileMigration", read_profile_control },
  };
  MoorConfigFile *config;
  MoorFileKind kind;

  if (!moor_file_kind_of_root (xml, &kind))
    return NULL;
  if (kind != MOOR_FILE_CONFIG)
    {
      const MoorOrigin origin = moor_xml_origin (xml, moor_xml_root (xml));

      moor_xml_refuse (xml, &origin, "wrong-kind",
                       kind == MOOR_FILE_MIGXML ? "Give it as rules: --rules, /i."
                                                : "Give it with /offline.",
                       kind == MOOR_FILE_MIGXML ? "This is a rule file and not a Config.xml."
                                                : "This is an Offline.xml and not a Config.xml.");
      return NULL;
    }
  config = config_new (xml->file, bytes);
  config->findings = g_ptr_array_ref (xml->findings);
  moor_sections_read (xml, moor_xml_root (xml), sections, G_N_ELEMENTS (sections), config);
  return config;
}

/**
 * moor_config_file_read:
 * @name: what the file is called in messages
 * @bytes: what is in it; anybody may have written it
 * @error: return location for a #GError
 *
 * Reads a Config.xml.  Any thread.
 *
 * Returns: (transfer full): the file, or %NULL with %MOOR_ERROR_USAGE as moor_rule_file_read()
 */
MoorConfigFile *
moor_config_file_read (const char *name, GBytes *bytes, GError **error)
{
  g_autoptr(MoorXml) xml = NULL;
  MoorConfigFile *config;

  g_return_val_if_fail (name != NULL, NULL);
  g_return_val_if_fail (bytes != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  xml = moor_xml_read (name, bytes);
  config = moor_config_file_from_xml (xml, bytes);
  if (config == NULL)
    (void) moor_xml_throw (xml, error);
  return config;
}

/**
 * moor_config_file_free:
 * @config: (nullable) (transfer full): any thread
 */
void
moor_config_file_free (MoorConfigFile *config)
{
  if (config == NULL)
    return;

  g_free (config->name);
  g_bytes_unref (config->bytes);
  g_ptr_array_unref (config->components);
  g_ptr_array_unref (config->file_errors);
  g_ptr_array_unref (config->registry_errors);
  g_ptr_array_unref (config->locked_files);
  g_ptr_array_unref (config->group_changes);
  g_ptr_array_unref (config->findings);
  g_free (config);
}

/* What is in a component that does not migrate does not either. */
static gboolean
entry_migrates (const MoorConfigFile *config, const MoorConfigComponent *entry)
{
  while (entry->migrate && entry->parent >= 0)
    entry = g_ptr_array_index (config->components, (guint) entry->parent);
  return entry->migrate;
}

/**
 * moor_config_file_migrates:
 * @component_id: "urlid/displayname/role", in any capitals
 *
 * Any thread.
 *
 * Returns: %FALSE if @config lists the component, and every time as one that does not migrate
 */
gboolean
moor_config_file_migrates (const MoorConfigFile *config, const char *component_id)
{
  g_autofree char *id = g_utf8_strdown (component_id, -1);
  gboolean is_listed = FALSE;

  for (guint i = 0; i < config->components->len; i++)
    {
      const MoorConfigComponent *entry = g_ptr_array_index (config->components, i);

      if (!g_str_equal (entry->id, id))
        continue;
      if (entry_migrates (config, entry))
        return TRUE;
      is_listed = TRUE;
    }
  return !is_listed;
}
