/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-report-private.h"

/**
 * moor_report_clean:
 * @text: what somebody wrote: a full name, a path that is text already
 *
 * Makes @text fit for one line of a terminal or a page: valid UTF-8, control and
 * format characters as `\xHH`.  Backslashes stay single, so text that
 * moor_text_path() wrote is not changed.  Any thread.
 *
 * Returns: (transfer full): text
 */
char *
moor_report_clean (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  GString *clean = g_string_new (NULL);

  for (const char *at = valid; *at != '\0'; at = g_utf8_next_char (at))
    {
      gunichar c = g_utf8_get_char (at);

      if (!g_unichar_iscntrl (c) && g_unichar_type (c) != G_UNICODE_FORMAT
          && g_unichar_type (c) != G_UNICODE_LINE_SEPARATOR
          && g_unichar_type (c) != G_UNICODE_PARAGRAPH_SEPARATOR)
        {
          g_string_append_unichar (clean, c);
          continue;
        }
      for (const char *byte = at; byte < g_utf8_next_char (at); byte++)
        g_string_append_printf (clean, "\\x%02x", (guchar) *byte);
    }
  return g_string_free (clean, FALSE);
}

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

/**
 * moor_member_text:
 *
 * Returns: (transfer full): text that is safe to print; "" if there is none
 */
char *
moor_member_text (JsonObject *object, const char *member)
{
  return moor_report_clean (moor_member_word (object, member));
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

  return moor_report_clean (node != NULL && JSON_NODE_HOLDS_VALUE (node)
                                    && json_node_get_value_type (node) == G_TYPE_STRING
                                ? json_node_get_string (node)
                                : "");
}
