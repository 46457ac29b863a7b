/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-rule-reader-private.h"

#include <string.h>

/* Reads <rules> and what stands in it. */

/* What an element that is a rule becomes, and what it calls. */
typedef struct
{
  MoorElement element;
  MoorRuleKind kind;
  const char *attribute; /* of the call; NULL: it has none */
  guint calls;
  gboolean needs_call;
} RuleInfo;

static const RuleInfo rule_infos[] = {
  { MOOR_ELEMENT_INCLUDE, MOOR_RULE_INCLUDE, "filter", MOOR_CALLS (MOOR_CALL_FILTER), FALSE },
  { MOOR_ELEMENT_EXCLUDE, MOOR_RULE_EXCLUDE, "filter", MOOR_CALLS (MOOR_CALL_FILTER), FALSE },
  { MOOR_ELEMENT_UNCONDITIONAL_EXCLUDE, MOOR_RULE_UNCONDITIONAL_EXCLUDE, "filter",
    MOOR_CALLS (MOOR_CALL_FILTER), FALSE },
  { MOOR_ELEMENT_DESTINATION_CLEANUP, MOOR_RULE_DESTINATION_CLEANUP, "filter",
    MOOR_CALLS (MOOR_CALL_FILTER), FALSE },
  { MOOR_ELEMENT_MERGE, MOOR_RULE_MERGE, "script", MOOR_CALLS (MOOR_CALL_MERGE), TRUE },
  { MOOR_ELEMENT_LOCATION_MODIFY, MOOR_RULE_LOCATION_MODIFY, "script",
    MOOR_CALLS (MOOR_CALL_LOCATION), TRUE },
  { MOOR_ELEMENT_CONTENT_MODIFY, MOOR_RULE_CONTENT_MODIFY, "script", MOOR_CALLS (MOOR_CALL_MODIFY),
    TRUE },
  { MOOR_ELEMENT_INCLUDE_ATTRIBUTES, MOOR_RULE_INCLUDE_ATTRIBUTES, NULL, 0, FALSE },
  { MOOR_ELEMENT_EXCLUDE_ATTRIBUTES, MOOR_RULE_EXCLUDE_ATTRIBUTES, NULL, 0, FALSE },
};

static const RuleInfo *
find_rule_info (MoorElement element)
{
  for (guint i = 0; i < G_N_ELEMENTS (rule_infos); i++)
    {
      if (rule_infos[i].element == element)
        return &rule_infos[i];
    }
  return NULL;
}

static MoorAttributes
read_attributes (MoorReader *reader, const xmlNode *node)
{
  const char *text = moor_reader_attribute (node, "attributes");
  g_auto(GStrv) words = g_strsplit (text != NULL ? text : "", ",", -1);
  guint attributes = 0;

  for (guint i = 0; words[i] != NULL; i++)
    {
      g_strstrip (words[i]);
      if (g_ascii_strcasecmp (words[i], "Security") == 0)
        attributes |= MOOR_ATTRIBUTES_SECURITY;
      else if (g_ascii_strcasecmp (words[i], "TimeFields") == 0)
        attributes |= MOOR_ATTRIBUTES_TIMES;
      else
        moor_reader_warn (reader, node, "bad-value", "There are Security, TimeFields.",
                          "“%.40s” is nothing that the attribute “attributes” can be.", words[i]);
    }
  if (attributes == 0)
    moor_reader_warn (reader, node, "missing-attribute",
                      "Write attributes=\"Security\", \"TimeFields\" or \"Security,TimeFields\".",
                      "It is about no attributes, so it does nothing.");
  return (MoorAttributes) attributes;
}

/* A rule whose call cannot be read does nothing, as in USMT. */
static gboolean
read_call (MoorReader *reader, const xmlNode *node, const RuleInfo *info, MoorRuleNode *rule)
{
  const char *text = info->attribute != NULL ? moor_reader_attribute (node, info->attribute) : NULL;

  if (info->attribute == NULL)
    return (rule->attributes = read_attributes (reader, node)) != 0;
  if (text == NULL && !info->needs_call)
    return TRUE;
  if (text == NULL)
    {
      moor_reader_warn (reader, node, "missing-attribute", "Write script=\"MigXmlHelper....\".",
                        "The attribute “%s” is missing, so it does nothing.", info->attribute);
      return FALSE;
    }
  rule->call = moor_reader_call (reader, node, text, info->calls);
  return rule->call != NULL;
}

static MoorRuleNode *
read_rule (MoorReader *reader, const xmlNode *node, const RuleInfo *info)
{
  MoorRuleNode *rule = g_new0 (MoorRuleNode, 1);
  const xmlNode *child = NULL;
  MoorElement element;

  rule->kind = info->kind;
  rule->origin = moor_xml_origin (reader->xml, node);
  rule->object_sets = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_object_set_node_free);
  if (!read_call (reader, node, info, rule))
    {
      moor_rule_node_free (rule);
      return NULL;
    }
  while ((child = moor_reader_next (reader, info->element, node, child, &element)))
    g_ptr_array_add (rule->object_sets, moor_reader_object_set (reader, child));
  if (rule->object_sets->len == 0)
    moor_reader_warn (reader, node, "empty", "Put an <objectSet> in, or delete it.",
                      "There is no <objectSet> in <%s>, so it does nothing.",
                      moor_element_info (info->element)->name);
  return rule;
}

static void
read_location (MoorReader *reader, const xmlNode *node, MoorAddedObject *object)
{
  MoorElement element;
  const xmlNode *script = moor_reader_next (reader, MOOR_ELEMENT_LOCATION, node, NULL, &element);

  if (script != NULL)
    object->script = moor_reader_script (
        reader, script, MOOR_CALLS (MOOR_CALL_GENERATOR) | MOOR_CALLS (MOOR_CALL_LOCATION));
  else
    object->location = moor_reader_pattern (reader, node);
}

static MoorAddedObject *
read_object (MoorReader *reader, const xmlNode *node)
{
  MoorAddedObject *object = g_new0 (MoorAddedObject, 1);
  const xmlNode *child = NULL;
  MoorElement element;

  object->origin = moor_xml_origin (reader->xml, node);
  object->expand = TRUE;
  while ((child = moor_reader_next (reader, MOOR_ELEMENT_OBJECT, node, child, &element)))
    {
      if (element == MOOR_ELEMENT_LOCATION && object->location == NULL && object->script == NULL)
        read_location (reader, child, object);
      else if (element == MOOR_ELEMENT_ATTRIBUTES && object->attributes == NULL)
        object->attributes = moor_xml_text (child);
      else if (element == MOOR_ELEMENT_BYTES && object->bytes == NULL)
        {
          object->bytes = moor_xml_text (child);
          object->bytes_are_text = moor_reader_flag (reader, child, "string", FALSE);
          object->expand = moor_reader_flag (reader, child, "expand", TRUE);
        }
      else
        moor_reader_warn (reader, child, "repeated-element", "Leave one of them.",
                          "There is another <%s> before, which counts.",
                          moor_element_info (element)->name);
    }
  if (object->attributes == NULL)
    object->attributes = g_strdup ("");
  if (object->location == NULL && object->script == NULL)
    {
      moor_reader_warn (reader, node, "empty", "Put a <location> in.",
                        "An <object> without a place means nothing.");
      g_clear_pointer (&object, moor_added_object_free);
    }
  return object;
}

/**
 * moor_reader_add_objects:
 * @node: an <addObjects>
 *
 * Returns: (transfer full): what it adds
 */
MoorAddObjectsNode *
moor_reader_add_objects (MoorReader *reader, const xmlNode *node)
{
  MoorAddObjectsNode *added = g_new0 (MoorAddObjectsNode, 1);
  const xmlNode *child = NULL;
  MoorElement element;

  added->objects = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_added_object_free);
  added->scripts = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_call_free);
  while ((child = moor_reader_next (reader, MOOR_ELEMENT_ADD_OBJECTS, node, child, &element)))
    {
      if (element == MOOR_ELEMENT_OBJECT)
        {
          MoorAddedObject *object = read_object (reader, child);

          if (object != NULL)
            g_ptr_array_add (added->objects, object);
        }
      else if (element == MOOR_ELEMENT_SCRIPT)
        {
          MoorCall *call = moor_reader_script (reader, child, MOOR_CALLS (MOOR_CALL_GENERATOR));

          if (call != NULL)
            g_ptr_array_add (added->scripts, call);
        }
      else
        moor_reader_conditions (reader, element, child, &added->conditions);
    }
  return added;
}

static MoorProcessNode *
process_new (MoorReader *reader, const xmlNode *node)
{
  static const MoorWord words[] = { { "pre-scan", MOOR_WHEN_PRE_SCAN },
                                    { "scan-success", MOOR_WHEN_SCAN_SUCCESS },
                                    { "post-scan", MOOR_WHEN_POST_SCAN },
                                    { "pre-apply", MOOR_WHEN_PRE_APPLY },
                                    { "apply-success", MOOR_WHEN_APPLY_SUCCESS },
                                    { "post-apply", MOOR_WHEN_POST_APPLY },
                                    { NULL, 0 } };
  MoorProcessNode *process;
  int when = 0;

  if (!moor_reader_word (reader, node, "when", words, &when))
    {
      if (moor_reader_attribute (node, "when") == NULL)
        moor_reader_warn (reader, node, "missing-attribute", "Write when=\"post-apply\", say.",
                          "The attribute “when” is missing, so it never runs.");
      return NULL;
    }
  process = g_new0 (MoorProcessNode, 1);
  process->when = (MoorWhen) when;
  process->origin = moor_xml_origin (reader->xml, node);
  return process;
}

/**
 * moor_reader_external_process:
 * @node: an <externalProcess>
 *
 * Returns: (transfer full) (nullable): what it runs; %NULL if it never does
 */
MoorProcessNode *
moor_reader_external_process (MoorReader *reader, const xmlNode *node)
{
  MoorProcessNode *process = process_new (reader, node);
  const xmlNode *child = NULL;
  MoorElement element;

  if (process == NULL)
    return NULL;
  process->command_lines = g_ptr_array_new_with_free_func (g_free);
  while ((child = moor_reader_next (reader, MOOR_ELEMENT_EXTERNAL_PROCESS, node, child, &element)))
    g_ptr_array_add (process->command_lines, moor_xml_text (child));
  if (process->command_lines->len == 0)
    moor_reader_warn (reader, node, "empty", "Put a <commandLine> in, or delete it.",
                      "There is nothing to run in <externalProcess>.");
  return process;
}

/**
 * moor_reader_processing:
 * @node: a <processing>
 *
 * Returns: (transfer full) (nullable): what it runs; %NULL if it never does
 */
MoorProcessNode *
moor_reader_processing (MoorReader *reader, const xmlNode *node)
{
  MoorProcessNode *process = process_new (reader, node);
  const xmlNode *child = NULL;
  MoorElement element;

  if (process == NULL)
    return NULL;
  process->scripts = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_call_free);
  while ((child = moor_reader_next (reader, MOOR_ELEMENT_PROCESSING, node, child, &element)))
    {
      MoorCall *call = moor_reader_script (reader, child, MOOR_CALLS (MOOR_CALL_PROCESSING));

      if (call != NULL)
        g_ptr_array_add (process->scripts, call);
    }
  return process;
}

static MoorRulesNode *
rules_new (MoorReader *reader, const xmlNode *node)
{
  MoorRulesNode *rules = g_new0 (MoorRulesNode, 1);

  rules->origin = moor_xml_origin (reader->xml, node);
  rules->detections = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_detection_node_free);
  rules->rules = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_rule_node_free);
  rules->added = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_add_objects_node_free);
  rules->processes = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_process_node_free);
  rules->children = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_rules_node_free);
  return rules;
}

static void
add_process (MoorRulesNode *rules, MoorProcessNode *process)
{
  if (process != NULL)
    g_ptr_array_add (rules->processes, process);
}

static void
read_in_rules (MoorReader *reader, MoorElement element, const xmlNode *node, MoorRulesNode *rules)
{
  const RuleInfo *info = find_rule_info (element);
  MoorRuleNode *rule = info != NULL ? read_rule (reader, node, info) : NULL;

  if (rule != NULL)
    g_ptr_array_add (rules->rules, rule);
  else if (element == MOOR_ELEMENT_RULES)
    moor_reader_rules (reader, node, rules->children);
  else if (element == MOOR_ELEMENT_CONDITIONS)
    moor_reader_conditions (reader, element, node, &rules->conditions);
  else if (element == MOOR_ELEMENT_DETECTS)
    moor_reader_detects (reader, node, rules->detections);
  else if (element == MOOR_ELEMENT_ADD_OBJECTS)
    g_ptr_array_add (rules->added, moor_reader_add_objects (reader, node));
  else if (element == MOOR_ELEMENT_EXTERNAL_PROCESS)
    add_process (rules, moor_reader_external_process (reader, node));
  else if (element == MOOR_ELEMENT_PROCESSING)
    add_process (rules, moor_reader_processing (reader, node));
}

/**
 * moor_reader_rules:
 * @node: a <rules>
 * @rules: (element-type MoorRulesNode): to be added to
 */
void
moor_reader_rules (MoorReader *reader, const xmlNode *node, GPtrArray *rules)
{
  const xmlNode *body = moor_reader_enter (reader, MOOR_ELEMENT_RULES, node);
  MoorRulesNode *read;
  const xmlNode *child = NULL;
  MoorElement element;

  if (body == NULL)
    return;
  read = rules_new (reader, node);
  g_ptr_array_add (rules, read);
  read->context = moor_reader_context (
      reader, node != body && moor_reader_attribute (node, "context") != NULL ? node : body);
  while ((child = moor_reader_next (reader, MOOR_ELEMENT_RULES, body, child, &element)))
    read_in_rules (reader, element, child, read);
  moor_reader_leave (reader, node, body);
}
