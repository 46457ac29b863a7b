/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-rule-reader-private.h"

/* Gives back what reading made. */

static void
clear_array (GPtrArray *array)
{
  if (array != NULL)
    g_ptr_array_unref (array);
}

/**
 * moor_condition_node_free:
 * @node: (nullable) (transfer full): with everything in it; any thread
 */
void
moor_condition_node_free (MoorConditionNode *node)
{
  if (node == NULL)
    return;
  moor_call_free (node->call);
  clear_array (node->children);
  g_free (node);
}

/**
 * moor_pattern_text_free:
 * @pattern: (nullable) (transfer full): with everything in it; any thread
 */
void
moor_pattern_text_free (MoorPatternText *pattern)
{
  if (pattern == NULL)
    return;
  g_free (pattern->text);
  g_free (pattern);
}

/**
 * moor_object_source_free:
 * @source: (nullable) (transfer full): with everything in it; any thread
 */
void
moor_object_source_free (MoorObjectSource *source)
{
  if (source == NULL)
    return;
  moor_pattern_text_free (source->pattern);
  moor_call_free (source->script);
  moor_call_free (source->content_filter);
  clear_array (source->content_sets);
  g_free (source);
}

/**
 * moor_object_set_node_free:
 * @node: (nullable) (transfer full): with everything in it; any thread
 */
void
moor_object_set_node_free (MoorObjectSetNode *node)
{
  if (node == NULL)
    return;
  moor_condition_node_free (node->conditions);
  clear_array (node->sources);
  g_free (node);
}

/**
 * moor_variable_node_free:
 * @node: (nullable) (transfer full): with everything in it; any thread
 */
void
moor_variable_node_free (MoorVariableNode *node)
{
  if (node == NULL)
    return;
  g_free (node->name);
  g_free (node->text);
  moor_call_free (node->script);
  moor_object_set_node_free (node->object_set);
  g_free (node);
}

/**
 * moor_environment_node_free:
 * @node: (nullable) (transfer full): with everything in it; any thread
 */
void
moor_environment_node_free (MoorEnvironmentNode *node)
{
  if (node == NULL)
    return;
  moor_condition_node_free (node->conditions);
  clear_array (node->variables);
  g_free (node);
}

/**
 * moor_detect_node_free:
 * @node: (nullable) (transfer full): with everything in it; any thread
 */
void
moor_detect_node_free (MoorDetectNode *node)
{
  if (node == NULL)
    return;
  clear_array (node->conditions);
  clear_array (node->object_sets);
  g_free (node);
}

/**
 * moor_detection_node_free:
 * @node: (nullable) (transfer full): with everything in it; any thread
 */
void
moor_detection_node_free (MoorDetectionNode *node)
{
  if (node == NULL)
    return;
  moor_condition_node_free (node->conditions);
  clear_array (node->detects);
  g_free (node);
}

/**
 * moor_rule_node_free:
 * @node: (nullable) (transfer full): with everything in it; any thread
 */
void
moor_rule_node_free (MoorRuleNode *node)
{
  if (node == NULL)
    return;
  moor_call_free (node->call);
  clear_array (node->object_sets);
  g_free (node);
}

/**
 * moor_added_object_free:
 * @object: (nullable) (transfer full): with everything in it; any thread
 */
void
moor_added_object_free (MoorAddedObject *object)
{
  if (object == NULL)
    return;
  moor_pattern_text_free (object->location);
  moor_call_free (object->script);
  g_free (object->attributes);
  g_free (object->bytes);
  g_free (object);
}

/**
 * moor_add_objects_node_free:
 * @node: (nullable) (transfer full): with everything in it; any thread
 */
void
moor_add_objects_node_free (MoorAddObjectsNode *node)
{
  if (node == NULL)
    return;
  moor_condition_node_free (node->conditions);
  clear_array (node->objects);
  clear_array (node->scripts);
  g_free (node);
}

/**
 * moor_process_node_free:
 * @node: (nullable) (transfer full): with everything in it; any thread
 */
void
moor_process_node_free (MoorProcessNode *node)
{
  if (node == NULL)
    return;
  clear_array (node->command_lines);
  clear_array (node->scripts);
  g_free (node);
}

/**
 * moor_rules_node_free:
 * @node: (nullable) (transfer full): with everything in it; any thread
 */
void
moor_rules_node_free (MoorRulesNode *node)
{
  if (node == NULL)
    return;
  moor_condition_node_free (node->conditions);
  clear_array (node->detections);
  clear_array (node->rules);
  clear_array (node->added);
  clear_array (node->processes);
  clear_array (node->children);
  g_free (node);
}

/**
 * moor_role_node_free:
 * @node: (nullable) (transfer full): with everything in it; any thread
 */
void
moor_role_node_free (MoorRoleNode *node)
{
  if (node == NULL)
    return;
  clear_array (node->detections);
  clear_array (node->environments);
  clear_array (node->rules);
  clear_array (node->components);
  g_free (node);
}

/**
 * moor_component_node_free:
 * @node: (nullable) (transfer full): with everything in it; any thread
 */
void
moor_component_node_free (MoorComponentNode *node)
{
  if (node == NULL)
    return;
  g_free (node->display_name);
  g_free (node->id);
  clear_array (node->environments);
  clear_array (node->roles);
  clear_array (node->extensions);
  g_free (node);
}

/**
 * moor_rule_file_free:
 * @file: (nullable) (transfer full): any thread
 */
void
moor_rule_file_free (MoorRuleFile *file)
{
  if (file == NULL)
    return;
  g_free (file->name);
  g_clear_pointer (&file->bytes, g_bytes_unref);
  g_free (file->url_id);
  clear_array (file->components);
  clear_array (file->findings);
  g_free (file);
}
