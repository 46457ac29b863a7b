/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-report-private.h"

#include "moor-profile.h"

static JsonNode *
find_node (JsonObject *object, const char *member, JsonNodeType type)
{
  JsonNode *node = object != NULL ? json_object_get_member (object, member) : NULL;

  return node != NULL && json_node_get_node_type (node) == type ? node : NULL;
}

static gboolean
is_number (JsonNode *node)
{
  return node != NULL
         && (json_node_get_value_type (node) == G_TYPE_INT64
             || json_node_get_value_type (node) == G_TYPE_DOUBLE);
}

/**
 * moor_member_count:
 *
 * Returns: a count or a size; 0 if there is none or it is negative
 */
guint64
moor_member_count (JsonObject *object, const char *member)
{
  JsonNode *node = find_node (object, member, JSON_NODE_VALUE);
  gint64 value = is_number (node) ? json_node_get_int (node) : 0;

  return value > 0 ? (guint64) value : 0;
}

/**
 * moor_member_number:
 *
 * Returns: a number; @fallback if there is none
 */
double
moor_member_number (JsonObject *object, const char *member, double fallback)
{
  JsonNode *node = find_node (object, member, JSON_NODE_VALUE);

  return is_number (node) ? json_node_get_double (node) : fallback;
}

/**
 * moor_member_flag:
 *
 * Returns: whether @member is there and true
 */
gboolean
moor_member_flag (JsonObject *object, const char *member)
{
  JsonNode *node = find_node (object, member, JSON_NODE_VALUE);

  return node != NULL && json_node_get_value_type (node) == G_TYPE_BOOLEAN
         && json_node_get_boolean (node);
}

/**
 * moor_member_word:
 *
 * Returns: (transfer none): a word to compare with, never to print; "" if there is none
 */
const char *
moor_member_word (JsonObject *object, const char *member)
{
  JsonNode *node = find_node (object, member, JSON_NODE_VALUE);

  return node != NULL && json_node_get_value_type (node) == G_TYPE_STRING
             ? json_node_get_string (node)
             : "";
}

/* What a system has outside people's homes is told as if it were somebody's. */
static char *
dup_printable (const char *word)
{
  return g_str_equal (word, MOOR_SYSTEM_PROFILE) ? g_strdup ("This Computer")
                                                 : moor_report_clean (word);
}

/**
 * moor_member_text:
 *
 * Returns: (transfer full): text that is safe to print; "" if there is none
 */
char *
moor_member_text (JsonObject *object, const char *member)
{
  return dup_printable (moor_member_word (object, member));
}

/**
 * moor_member_object:
 *
 * Returns: (transfer none) (nullable): the object that is called @member
 */
JsonObject *
moor_member_object (JsonObject *object, const char *member)
{
  JsonNode *node = find_node (object, member, JSON_NODE_OBJECT);

  return node != NULL ? json_node_get_object (node) : NULL;
}

/**
 * moor_member_length:
 *
 * Returns: how many elements the array has that is called @member
 */
guint
moor_member_length (JsonObject *object, const char *member)
{
  JsonNode *node = find_node (object, member, JSON_NODE_ARRAY);

  return node != NULL ? json_array_get_length (json_node_get_array (node)) : 0;
}

static JsonNode *
find_element (JsonObject *object, const char *member, guint index)
{
  JsonNode *node = find_node (object, member, JSON_NODE_ARRAY);

  return node != NULL ? json_array_get_element (json_node_get_array (node), index) : NULL;
}

/**
 * moor_member_element:
 * @index: less than moor_member_length()
 *
 * Returns: (transfer none) (nullable): one object of the array
 */
JsonObject *
moor_member_element (JsonObject *object, const char *member, guint index)
{
  JsonNode *node = find_element (object, member, index);

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

/**
 * moor_member_element_text:
 * @index: less than moor_member_length()
 *
 * Returns: (transfer full): one text of the array, safe to print
 */
char *
moor_member_element_text (JsonObject *object, const char *member, guint index)
{
  JsonNode *node = find_element (object, member, index);

  return dup_printable (node != NULL && JSON_NODE_HOLDS_VALUE (node)
                                && json_node_get_value_type (node) == G_TYPE_STRING
                            ? json_node_get_string (node)
                            : "");
}
