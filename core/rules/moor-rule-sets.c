/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-rule-reader-private.h"

#include <string.h>

/* Reads what tells objects and facts: conditions, patterns, sets of objects,
 * variables, detection. */

/**
 * moor_reader_condition:
 * @node: a <condition>
 *
 * Returns: (transfer full): the condition
 */
MoorConditionNode *
moor_reader_condition (MoorReader *reader, const xmlNode *node)
{
  MoorConditionNode *condition = g_new0 (MoorConditionNode, 1);

  condition->origin = moor_xml_origin (reader->xml, node);
  condition->negated = moor_reader_flag (reader, node, "negation", FALSE);
  condition->call = moor_reader_script (reader, node, MOOR_CALLS (MOOR_CALL_CONDITION));
  return condition;
}

static MoorConditionNode *
group_new (const MoorOrigin *origin)
{
  MoorConditionNode *group = g_new0 (MoorConditionNode, 1);

  group->is_group = TRUE;
  group->origin = *origin;
  group->children = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_condition_node_free);
  return group;
}

static MoorConditionNode *
read_group (MoorReader *reader, const xmlNode *node)
{
  static const MoorWord words[] = { { "AND", FALSE }, { "OR", TRUE }, { NULL, 0 } };
  const MoorOrigin origin = moor_xml_origin (reader->xml, node);
  const xmlNode *body = moor_reader_enter (reader, MOOR_ELEMENT_CONDITIONS, node);
  MoorConditionNode *group;
  const xmlNode *child = NULL;
  MoorElement element;
  int any = FALSE;

  if (body == NULL)
    return NULL;
  group = group_new (&origin);
  (void) moor_reader_word (reader, body, "operation", words, &any);
  group->any = any;
  while ((child = moor_reader_next (reader, MOOR_ELEMENT_CONDITIONS, body, child, &element)))
    {
      MoorConditionNode *read = element == MOOR_ELEMENT_CONDITION
                                    ? moor_reader_condition (reader, child)
                                    : read_group (reader, child);

      if (read != NULL)
        g_ptr_array_add (group->children, read);
    }
  if (group->children->len == 0)
    moor_reader_warn (reader, node, "empty", "Put a <condition> in, or delete it.",
                      "There is no condition in <conditions>.");
  moor_reader_leave (reader, node, body);
  return group;
}

/**
 * moor_reader_conditions:
 * @element: whether @node is one <condition> or <conditions>
 * @conditions: (inout) (nullable): what was there before; both have to hold then
 *
 * Adds a condition to those of an element.
 */
void
moor_reader_conditions (MoorReader *reader,
                        MoorElement element,
                        const xmlNode *node,
                        MoorConditionNode **conditions)
{
  MoorConditionNode *read = element == MOOR_ELEMENT_CONDITION ? moor_reader_condition (reader, node)
                                                              : read_group (reader, node);
  MoorConditionNode *both;

  if (read == NULL)
    return;
  if (*conditions == NULL)
    {
      *conditions = read;
      return;
    }
  if (element == MOOR_ELEMENT_CONDITIONS)
    moor_reader_warn (reader, node, "repeated-element", "Put both into one <conditions>.",
                      "There is another <conditions> before; both have to hold.");
  both = group_new (&(*conditions)->origin);
  g_ptr_array_add (both->children, *conditions);
  g_ptr_array_add (both->children, read);
  *conditions = both;
}

static MoorPatternType
guess_type (const char *text)
{
  return g_ascii_strncasecmp (text, "HKCU", 4) == 0 || g_ascii_strncasecmp (text, "HKLM", 4) == 0
                 || g_ascii_strncasecmp (text, "HKEY_", 5) == 0
             ? MOOR_PATTERN_REGISTRY
             : MOOR_PATTERN_FILE;
}

/**
 * moor_reader_pattern:
 * @node: a <pattern> or <location>
 *
 * Returns: (transfer full) (nullable): what is written in it; %NULL if it is empty
 */
MoorPatternText *
moor_reader_pattern (MoorReader *reader, const xmlNode *node)
{
  static const MoorWord words[] = { { "File", MOOR_PATTERN_FILE },
                                    { "Registry", MOOR_PATTERN_REGISTRY },
                                    { "Ini", MOOR_PATTERN_INI },
                                    { NULL, 0 } };
  const char *written = moor_reader_attribute (node, "type");
  g_autofree char *text = moor_xml_text (node);
  MoorPatternText *pattern;
  int type = (int) guess_type (text);

  if (text[0] == '\0')
    {
      moor_reader_warn (reader, node, "empty", "Write a pattern, such as C:\\Data\\* [*].",
                        "There is no text in <%s>.", (const char *) node->name);
      return NULL;
    }
  if (written == NULL)
    moor_reader_warn (reader, node, "missing-attribute", "Write type=\"File\" or \"Registry\".",
                      "The attribute “type” is missing; %s is assumed.",
                      type == MOOR_PATTERN_FILE ? "File" : "Registry");
  (void) moor_reader_word (reader, node, "type", words, &type);

  pattern = g_new0 (MoorPatternText, 1);
  pattern->type = (MoorPatternType) type;
  pattern->text = g_steal_pointer (&text);
  pattern->origin = moor_xml_origin (reader->xml, node);
  moor_reader_judge_pattern (reader, node, pattern);
  return pattern;
}

static gboolean
read_content (MoorReader *reader, const xmlNode *node, MoorObjectSource *source)
{
  const xmlNode *child = NULL;
  MoorElement element;

  source->content_filter = moor_reader_call (reader, node, moor_reader_attribute (node, "filter"),
                                             MOOR_CALLS (MOOR_CALL_CONTENT));
  source->content_sets = g_ptr_array_new_with_free_func (
      (GDestroyNotify) moor_object_set_node_free);
  while ((child = moor_reader_next (reader, MOOR_ELEMENT_CONTENT, node, child, &element)))
    g_ptr_array_add (source->content_sets, moor_reader_object_set (reader, child));
  return source->content_filter != NULL;
}

static MoorObjectSource *
read_source (MoorReader *reader, MoorElement element, const xmlNode *node)
{
  MoorObjectSource *source = g_new0 (MoorObjectSource, 1);
  gboolean found;

  source->origin = moor_xml_origin (reader->xml, node);
  if (element == MOOR_ELEMENT_PATTERN)
    {
      source->pattern = moor_reader_pattern (reader, node);
      found = source->pattern != NULL;
    }
  else if (element == MOOR_ELEMENT_SCRIPT)
    {
      source->script = moor_reader_script (reader, node, MOOR_CALLS (MOOR_CALL_GENERATOR));
      found = source->script != NULL;
    }
  else
    found = read_content (reader, node, source);
  if (!found)
    g_clear_pointer (&source, moor_object_source_free);
  return source;
}

/**
 * moor_reader_object_set:
 * @node: an <objectSet>
 *
 * Returns: (transfer full): the set
 */
MoorObjectSetNode *
moor_reader_object_set (MoorReader *reader, const xmlNode *node)
{
  MoorObjectSetNode *set = g_new0 (MoorObjectSetNode, 1);
  const xmlNode *child = NULL;
  MoorElement element;
  gboolean is_empty = TRUE;

  set->origin = moor_xml_origin (reader->xml, node);
  set->sources = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_object_source_free);
  while ((child = moor_reader_next (reader, MOOR_ELEMENT_OBJECT_SET, node, child, &element)))
    {
      MoorObjectSource *source;

      if (element == MOOR_ELEMENT_CONDITION || element == MOOR_ELEMENT_CONDITIONS)
        {
          moor_reader_conditions (reader, element, child, &set->conditions);
          continue;
        }
      is_empty = FALSE;
      source = read_source (reader, element, child);
      if (source != NULL)
        g_ptr_array_add (set->sources, source);
    }
  if (is_empty)
    moor_reader_warn (reader, node, "empty", "Put a <pattern> or a <script> in, or delete it.",
                      "There is nothing in <objectSet>.");
  return set;
}

/* What a <variable> is worth: the first of the three that is there. */
static gboolean
read_value (MoorReader *reader, const xmlNode *node, MoorVariableNode *variable)
{
  MoorElement element;
  const xmlNode *child = moor_reader_next (reader, MOOR_ELEMENT_VARIABLE, node, NULL, &element);

  if (child == NULL)
    {
      moor_reader_warn (reader, node, "empty", "Put a <text>, <script> or <objectSet> in.",
                        "The variable “%.80s” has no value.", variable->name);
      return FALSE;
    }
  if (element == MOOR_ELEMENT_TEXT)
    variable->text = moor_xml_text (child);
  else if (element == MOOR_ELEMENT_SCRIPT)
    variable->script = moor_reader_script (reader, child, MOOR_CALLS (MOOR_CALL_GENERATOR));
  else
    variable->object_set = moor_reader_object_set (reader, child);
  if (moor_reader_next (reader, MOOR_ELEMENT_VARIABLE, node, child, &element) != NULL)
    moor_reader_warn (reader, node, "repeated-element", "Leave one of them.",
                      "The variable “%.80s” has more than one value; the first counts.",
                      variable->name);
  return variable->text != NULL || variable->script != NULL || variable->object_set != NULL;
}

static MoorVariableNode *
read_variable (MoorReader *reader, const xmlNode *node)
{
  MoorVariableNode *variable = g_new0 (MoorVariableNode, 1);
  const char *name = moor_reader_attribute (node, "name");

  variable->origin = moor_xml_origin (reader->xml, node);
  variable->name = g_strstrip (g_strdup (name != NULL ? name : ""));
  variable->remap = moor_reader_flag (reader, node, "remap", FALSE);
  if (variable->name[0] == '\0')
    moor_reader_warn (reader, node, "missing-attribute", "Write name=\"...\".",
                      "A <variable> without a name means nothing.");
  else if (strchr (variable->name, '%') != NULL)
    moor_reader_warn (reader, node, "bad-value", "Write the name without %.",
                      "A variable whose name holds a %% cannot be used.");
  if (!read_value (reader, node, variable) || variable->name[0] == '\0')
    g_clear_pointer (&variable, moor_variable_node_free);
  return variable;
}

/* The context of what is used by name: that of its definition, unless the place
 * of use says its own. */
static MoorContext
context_of_both (MoorReader *reader, const xmlNode *node, const xmlNode *body)
{
  if (node != body && moor_reader_attribute (node, "context") != NULL)
    return moor_reader_context (reader, node);
  return moor_reader_context (reader, body);
}

/**
 * moor_reader_environment:
 * @node: an <environment>
 * @environments: (element-type MoorEnvironmentNode): to be added to
 */
void
moor_reader_environment (MoorReader *reader, const xmlNode *node, GPtrArray *environments)
{
  const xmlNode *body = moor_reader_enter (reader, MOOR_ELEMENT_ENVIRONMENT, node);
  MoorEnvironmentNode *environment;
  const xmlNode *child = NULL;
  MoorElement element;

  if (body == NULL)
    return;
  environment = g_new0 (MoorEnvironmentNode, 1);
  g_ptr_array_add (environments, environment);
  environment->origin = moor_xml_origin (reader->xml, node);
  environment->context = context_of_both (reader, node, body);
  environment->variables = g_ptr_array_new_with_free_func (
      (GDestroyNotify) moor_variable_node_free);
  while ((child = moor_reader_next (reader, MOOR_ELEMENT_ENVIRONMENT, body, child, &element)))
    {
      MoorVariableNode *variable;

      if (element == MOOR_ELEMENT_CONDITIONS)
        {
          moor_reader_conditions (reader, element, child, &environment->conditions);
          continue;
        }
      variable = read_variable (reader, child);
      if (variable != NULL)
        g_ptr_array_add (environment->variables, variable);
    }
  moor_reader_leave (reader, node, body);
}

static MoorDetectionNode *
detection_new (MoorReader *reader, const xmlNode *node, const xmlNode *body)
{
  MoorDetectionNode *detection = g_new0 (MoorDetectionNode, 1);

  detection->origin = moor_xml_origin (reader->xml, node);
  detection->context = context_of_both (reader, node, body);
  return detection;
}

/**
 * moor_reader_detection:
 * @node: a <detection>
 * @detections: (element-type MoorDetectionNode): to be added to
 */
void
moor_reader_detection (MoorReader *reader, const xmlNode *node, GPtrArray *detections)
{
  const xmlNode *body = moor_reader_enter (reader, MOOR_ELEMENT_DETECTION, node);
  MoorDetectionNode *detection;
  const xmlNode *child = NULL;
  MoorElement element;

  if (body == NULL)
    return;
  detection = detection_new (reader, node, body);
  g_ptr_array_add (detections, detection);
  while ((child = moor_reader_next (reader, MOOR_ELEMENT_DETECTION, body, child, &element)))
    moor_reader_conditions (reader, element, child, &detection->conditions);
  if (detection->conditions == NULL)
    moor_reader_warn (reader, node, "empty", "Put <conditions> in, or delete it.",
                      "There are no conditions in <detection>.");
  moor_reader_leave (reader, node, body);
}

static void
read_detect (MoorReader *reader, const xmlNode *node, GPtrArray *detects)
{
  const xmlNode *body = moor_reader_enter (reader, MOOR_ELEMENT_DETECT, node);
  MoorDetectNode *detect;
  const xmlNode *child = NULL;
  MoorElement element;

  if (body == NULL)
    return;
  detect = g_new0 (MoorDetectNode, 1);
  g_ptr_array_add (detects, detect);
  detect->origin = moor_xml_origin (reader->xml, node);
  detect->conditions = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_condition_node_free);
  detect->object_sets = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_object_set_node_free);
  while ((child = moor_reader_next (reader, MOOR_ELEMENT_DETECT, body, child, &element)))
    {
      MoorConditionNode *condition;

      if (element == MOOR_ELEMENT_OBJECT_SET)
        {
          g_ptr_array_add (detect->object_sets, moor_reader_object_set (reader, child));
          continue;
        }
      condition = element == MOOR_ELEMENT_CONDITION ? moor_reader_condition (reader, child)
                                                    : read_group (reader, child);
      if (condition != NULL)
        g_ptr_array_add (detect->conditions, condition);
    }
  moor_reader_leave (reader, node, body);
}

/**
 * moor_reader_detects:
 * @node: a <detects>
 * @detections: (element-type MoorDetectionNode): to be added to
 */
void
moor_reader_detects (MoorReader *reader, const xmlNode *node, GPtrArray *detections)
{
  const xmlNode *body = moor_reader_enter (reader, MOOR_ELEMENT_DETECTS, node);
  MoorDetectionNode *detection;
  const xmlNode *child = NULL;
  MoorElement element;

  if (body == NULL)
    return;
  detection = detection_new (reader, node, body);
  g_ptr_array_add (detections, detection);
  detection->detects = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_detect_node_free);
  while ((child = moor_reader_next (reader, MOOR_ELEMENT_DETECTS, body, child, &element)))
    read_detect (reader, child, detection->detects);
  if (detection->detects->len == 0)
    moor_reader_warn (reader, node, "empty", "Put a <detect> in, or delete it.",
                      "There is no <detect> in <detects>.");
  moor_reader_leave (reader, node, body);
}
