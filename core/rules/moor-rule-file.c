/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-rule-file.h"

#include <string.h>

#include "moor-rule-reader-private.h"

/* Reads a MigXML file: components and roles, and the file as a whole. */

static const MoorWord role_words[] = { { "Container", MOOR_ROLE_CONTAINER },
                                       { "Binaries", MOOR_ROLE_BINARIES },
                                       { "Settings", MOOR_ROLE_SETTINGS },
                                       { "Data", MOOR_ROLE_DATA },
                                       { NULL, 0 } };

static MoorComponentNode *
component_new (const MoorOrigin *origin)
{
  MoorComponentNode *component = g_new0 (MoorComponentNode, 1);

  component->origin = *origin;
  component->environments = g_ptr_array_new_with_free_func (
      (GDestroyNotify) moor_environment_node_free);
  component->roles = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_role_node_free);
  component->extensions = g_ptr_array_new_with_free_func (g_free);
  return component;
}

static void
name_component (const MoorReader *reader, MoorComponentNode *component)
{
  const MoorRoleNode *role = component->roles->len > 0 ? g_ptr_array_index (component->roles, 0)
                                                       : NULL;
  g_autofree char *id = g_strdup_printf (
      "%s/%s/%s", reader->file->url_id, component->display_name,
      role_words[role != NULL ? role->kind : MOOR_ROLE_DATA].word);

  g_free (component->id);
  component->id = g_utf8_strdown (id, -1);
}

static MoorRoleNode *
role_new (MoorReader *reader, const xmlNode *node, MoorComponentType type)
{
  MoorRoleNode *role = g_new0 (MoorRoleNode, 1);
  int kind = type == MOOR_COMPONENT_DOCUMENTS ? MOOR_ROLE_DATA : MOOR_ROLE_SETTINGS;

  if (!moor_reader_word (reader, node, "role", role_words, &kind)
      && moor_reader_attribute (node, "role") == NULL)
    moor_reader_warn (reader, node, "missing-attribute", "Write role=\"Data\" or \"Settings\".",
                      "The attribute “role” is missing; %s is assumed.", role_words[kind].word);
  role->kind = (MoorRoleKind) kind;
  role->origin = moor_xml_origin (reader->xml, node);
  role->detections = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_detection_node_free);
  role->environments = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_environment_node_free);
  role->rules = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_rules_node_free);
  role->components = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_component_node_free);
  return role;
}

static MoorRoleNode *read_role (MoorReader *reader,
                                const xmlNode *node,
                                const MoorComponentNode *component);

/* A role in a role is as much as a component in it that has that role. */
static MoorComponentNode *
wrap_role (MoorReader *reader, const xmlNode *node, const MoorComponentNode *outer)
{
  const MoorOrigin origin = moor_xml_origin (reader->xml, node);
  MoorComponentNode *component = component_new (&origin);

  component->display_name = g_strdup (outer->display_name);
  component->type = outer->type;
  component->context = outer->context;
  component->default_supported = outer->default_supported;
  g_ptr_array_add (component->roles, read_role (reader, node, component));
  name_component (reader, component);
  return component;
}

static void
judge_role (MoorReader *reader, const xmlNode *node, const MoorRoleNode *role)
{
  if (moor_reader_is_done (reader))
    return;
  if (role->kind == MOOR_ROLE_CONTAINER && role->rules->len > 0)
    moor_reader_warn (reader, node, "rules-in-container",
                      "Write role=\"Data\" or \"Settings\", or put them into a component.",
                      "A role that is a Container holds components, not rules.");
  else if (role->rules->len == 0 && role->components->len == 0)
    moor_reader_warn (reader, node, "empty", "Put <rules> in, or delete it.",
                      "There are no <rules> in <role>, so it does nothing.");
}

static MoorRoleNode *
read_role (MoorReader *reader, const xmlNode *node, const MoorComponentNode *component)
{
  MoorRoleNode *role = role_new (reader, node, component->type);
  const xmlNode *child = NULL;
  MoorElement element;

  while ((child = moor_reader_next (reader, MOOR_ELEMENT_ROLE, node, child, &element)))
    {
      if (element == MOOR_ELEMENT_DETECTION)
        moor_reader_detection (reader, child, role->detections);
      else if (element == MOOR_ELEMENT_DETECTS)
        moor_reader_detects (reader, child, role->detections);
      else if (element == MOOR_ELEMENT_ENVIRONMENT)
        moor_reader_environment (reader, child, role->environments);
      else if (element == MOOR_ELEMENT_RULES)
        moor_reader_rules (reader, child, role->rules);
      else if (element == MOOR_ELEMENT_COMPONENT)
        moor_reader_component (reader, child, role->components);
      else if (element == MOOR_ELEMENT_ROLE)
        g_ptr_array_add (role->components, wrap_role (reader, child, component));
    }
  judge_role (reader, node, role);
  return role;
}

static void
read_extensions (MoorReader *reader, const xmlNode *node, GPtrArray *extensions)
{
  const xmlNode *child = NULL;
  MoorElement element;

  while ((child = moor_reader_next (reader, MOOR_ELEMENT_EXTENSIONS, node, child, &element)))
    {
      g_autofree char *text = moor_xml_text (child);
      const char *extension = text;

      if (g_str_has_prefix (extension, "*"))
        extension++;
      if (g_str_has_prefix (extension, "."))
        extension++;
      if (extension != text)
        moor_reader_warn (reader, child, "bad-value", "Write doc, not *.doc.",
                          "“%.40s” is read as the extension “%.40s”.", text, extension);
      if (extension[0] != '\0')
        g_ptr_array_add (extensions, g_strdup (extension));
    }
}

static void
read_component_attributes (MoorReader *reader, const xmlNode *node, MoorComponentNode *component)
{
  static const MoorWord words[] = { { "System", MOOR_COMPONENT_SYSTEM },
                                    { "Application", MOOR_COMPONENT_APPLICATION },
                                    { "Device", MOOR_COMPONENT_DEVICE },
                                    { "Documents", MOOR_COMPONENT_DOCUMENTS },
                                    { NULL, 0 } };
  int type = MOOR_COMPONENT_APPLICATION;

  if (!moor_reader_word (reader, node, "type", words, &type)
      && moor_reader_attribute (node, "type") == NULL)
    moor_reader_warn (reader, node, "missing-attribute",
                      "Write type=\"Documents\" or \"Application\".",
                      "The attribute “type” is missing; Application is assumed.");
  component->type = (MoorComponentType) type;
  component->context = moor_reader_context (reader, node);
  component->default_supported = moor_reader_flag (reader, node, "defaultSupported", TRUE);
  if (!component->default_supported)
    moor_reader_warn (reader, node, "default-supported",
                      "Leave the component away with a Config.xml where it is not to come back.",
                      "“defaultSupported” is read and has no effect: what was captured comes back,"
                      " whether or not a rule file of the restore has this component.");
  (void) moor_reader_flag (reader, node, "hidden", FALSE);
}

static void
read_display_name (MoorReader *reader, const xmlNode *node, MoorComponentNode *component)
{
  const xmlNode *child = NULL;
  MoorElement element = MOOR_ELEMENT_UNKNOWN;

  for (child = moor_xml_first (node); child != NULL && element != MOOR_ELEMENT_DISPLAY_NAME;
       child = moor_xml_next (child))
    {
      element = moor_element_find ((const char *) child->name);
      if (element == MOOR_ELEMENT_DISPLAY_NAME)
        component->display_name = moor_xml_text (child);
    }
  if (component->display_name == NULL)
    component->display_name = g_strdup ("");
  if (component->display_name[0] == '\0')
    moor_reader_warn (reader, node, "no-display-name", "Put a <displayName> in.",
                      "The component has no name, so Config.xml cannot switch it off.");
}

/**
 * moor_reader_component:
 * @node: a <component>
 * @components: (element-type MoorComponentNode): to be added to
 */
void
moor_reader_component (MoorReader *reader, const xmlNode *node, GPtrArray *components)
{
  const MoorOrigin origin = moor_xml_origin (reader->xml, node);
  MoorComponentNode *component = component_new (&origin);
  const xmlNode *child = NULL;
  MoorElement element;

  g_ptr_array_add (components, component);
  read_component_attributes (reader, node, component);
  /* Roles in roles are called like their component, so it comes first. */
  read_display_name (reader, node, component);
  while ((child = moor_reader_next (reader, MOOR_ELEMENT_COMPONENT, node, child, &element)))
    {
      if (element == MOOR_ELEMENT_ENVIRONMENT)
        moor_reader_environment (reader, child, component->environments);
      else if (element == MOOR_ELEMENT_EXTENSIONS)
        read_extensions (reader, child, component->extensions);
      else if (element == MOOR_ELEMENT_ROLE)
        g_ptr_array_add (component->roles, read_role (reader, child, component));
    }
  name_component (reader, component);
  if (!moor_reader_is_done (reader))
    moor_reader_judge_component (reader, node, component);
}

/* Definitions come first: they may be used above where they stand. */
static void
read_definitions (MoorReader *reader, const xmlNode *root)
{
  const xmlNode *named = NULL;
  MoorElement element;

  for (named = moor_xml_first (root); named != NULL; named = moor_xml_next (named))
    {
      const xmlNode *child = NULL;

      if (moor_element_find ((const char *) named->name) != MOOR_ELEMENT_NAMED_ELEMENTS)
        continue;
      while (
          (child = moor_reader_next (reader, MOOR_ELEMENT_NAMED_ELEMENTS, named, child, &element)))
        moor_reader_define (reader, element, child);
    }
}

static void
count_patterns (MoorRuleFile *file, const xmlNode *root)
{
  const xmlNode *node = root;

  while (node != NULL)
    {
      if (node->type == XML_ELEMENT_NODE
          && g_ascii_strcasecmp ((const char *) node->name, "pattern") == 0)
        file->n_patterns++;
      if (node->children != NULL)
        {
          node = node->children;
          continue;
        }
      while (node != root && node->next == NULL)
        node = node->parent;
      node = node == root ? NULL : node->next;
    }
}

static void
read_url_id (MoorReader *reader, const xmlNode *root)
{
  const char *url_id = moor_reader_attribute (root, "urlid");

  reader->file->url_id = g_strstrip (g_strdup (url_id != NULL ? url_id : ""));
  if (reader->file->url_id[0] != '\0')
    return;
  moor_reader_warn (reader, root, "missing-attribute",
                    "Write urlid=\"http://www.example.com/migration/1.0/NAME\", another one for "
                    "every file.",
                    "The attribute “urlid” is missing; the name of the file is taken.");
  g_free (reader->file->url_id);
  reader->file->url_id = g_path_get_basename (reader->file->name);
}

static void
read_migration (MoorReader *reader, const xmlNode *root)
{
  const MoorOrigin origin = moor_xml_origin (reader->xml, root);
  const xmlNode *child = NULL;
  MoorElement element;

  read_url_id (reader, root);
  read_definitions (reader, root);
  while ((child = moor_reader_next (reader, MOOR_ELEMENT_MIGRATION, root, child, &element)))
    {
      if (element == MOOR_ELEMENT_COMPONENT)
        moor_reader_component (reader, child, reader->file->components);
    }
  if (reader->file->components->len > 0)
    return;
  if (reader->n_misplaced > 0)
    moor_xml_refuse (reader->xml, &origin, "no-component",
                     "Rules stand in <migration>, <component>, <role>, <rules>, in this order.",
                     "There is no <component> in the file, so none of its rules means anything.");
  else
    moor_reader_warn (reader, root, "empty", "Put a <component> in.",
                      "There is no <component> in the file, so it does nothing.");
}

/**
 * moor_file_kind_of_root:
 * @xml: a file; refused if its root element is of no kind
 *
 * Returns: whether it is one of the three kinds of files
 */
gboolean
moor_file_kind_of_root (MoorXml *xml, MoorFileKind *out_kind)
{
  static const char *const roots[] = { "migration", "Configuration", "offline" };
  const xmlNode *root = moor_xml_root (xml);
  MoorOrigin origin;

  if (root == NULL || xml->refusal != NULL)
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (roots); i++)
    {
      if (g_ascii_strcasecmp ((const char *) root->name, roots[i]) == 0)
        {
          *out_kind = (MoorFileKind) i;
          return TRUE;
        }
    }
  origin = moor_xml_origin (xml, root);
  moor_xml_refuse (xml, &origin, "unknown-root",
                   "A rule file starts with <migration>, a Config.xml with <Configuration>, an "
                   "Offline.xml with <offline>.",
                   "The file starts with <%.40s>.", (const char *) root->name);
  return FALSE;
}

static void
refuse_kind (MoorXml *xml, MoorFileKind kind)
{
  const MoorOrigin origin = moor_xml_origin (xml, moor_xml_root (xml));

  if (kind == MOOR_FILE_CONFIG)
    moor_xml_refuse (xml, &origin, "wrong-kind", "Give it as the configuration: --config, /config.",
                     "This is a Config.xml and not a rule file.");
  else
    moor_xml_refuse (xml, &origin, "wrong-kind", "Give it with /offline.",
                     "This is an Offline.xml and not a rule file.");
}

/**
 * moor_rule_file_from_xml:
 * @xml: takes the findings and the refusal; gives its findings to the file
 *
 * Returns: (transfer full) (nullable): the file; %NULL if it is refused
 */
MoorRuleFile *
moor_rule_file_from_xml (MoorXml *xml, GBytes *bytes)
{
  g_autoptr(MoorRuleFile) file = NULL;
  g_autoptr(GHashTable) named = NULL;
  g_autoptr(GPtrArray) open = NULL;
  MoorReader reader = { .xml = xml };
  MoorFileKind kind;

  if (!moor_file_kind_of_root (xml, &kind))
    return NULL;
  if (kind != MOOR_FILE_MIGXML)
    {
      refuse_kind (xml, kind);
      return NULL;
    }
  file = g_new0 (MoorRuleFile, 1);
  file->name = g_strdup (xml->file);
  file->bytes = g_bytes_ref (bytes);
  file->n_elements = xml->n_elements;
  file->components = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_component_node_free);
  file->findings = g_ptr_array_ref (xml->findings);
  count_patterns (file, moor_xml_root (xml));

  named = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  open = g_ptr_array_new ();
  reader.file = file;
  reader.named = named;
  reader.open = open;
  read_migration (&reader, moor_xml_root (xml));
  return xml->refusal == NULL ? g_steal_pointer (&file) : NULL;
}

/**
 * moor_rule_file_read:
 * @name: what the file is called in messages
 * @bytes: what is in it; anybody may have written it
 * @error: return location for a #GError
 *
 * Reads a MigXML file.  Whatever is not as the schema has it, but can be read,
 * is in the findings.  Any thread.
 *
 * Returns: (transfer full): the file, or %NULL with %MOOR_ERROR_USAGE: it is refused as a whole,
 *   being no XML, of another kind, or made to do harm.  The message is "FILE:LINE:COLUMN: what is
 *   wrong. What to do about it."
 */
MoorRuleFile *
moor_rule_file_read (const char *name, GBytes *bytes, GError **error)
{
  g_autoptr(MoorXml) xml = NULL;
  MoorRuleFile *file;

  g_return_val_if_fail (name != NULL, NULL);
  g_return_val_if_fail (bytes != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  xml = moor_xml_read (name, bytes);
  file = moor_rule_file_from_xml (xml, bytes);
  if (file == NULL)
    (void) moor_xml_throw (xml, error);
  return file;
}

/**
 * moor_rule_file_sniff:
 * @name: what the file is called in messages
 * @bytes: what is in it
 * @out_kind: (out): which kind of file it is
 * @error: return location for a #GError
 *
 * Tells the kind of a file by its root element, in any capitals.  Any thread.
 *
 * Returns: %TRUE, or %FALSE with %MOOR_ERROR_USAGE: it is refused
 */
gboolean
moor_rule_file_sniff (const char *name, GBytes *bytes, MoorFileKind *out_kind, GError **error)
{
  g_autoptr(MoorXml) xml = NULL;

  g_return_val_if_fail (name != NULL, FALSE);
  g_return_val_if_fail (bytes != NULL, FALSE);
  g_return_val_if_fail (out_kind != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  xml = moor_xml_read (name, bytes);
  if (!moor_file_kind_of_root (xml, out_kind))
    return moor_xml_throw (xml, error);
  return TRUE;
}
