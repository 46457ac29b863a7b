/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-rule-reader-private.h"

#include <string.h>

/* What is written as it should be and still does not do what its author means. */

static const char *
find_unescaped (const char *text, char wanted)
{
  for (const char *at = text; *at != '\0'; at++)
    {
      if (*at == '^' && at[1] != '\0')
        at++;
      else if (*at == wanted)
        return at;
    }
  return NULL;
}

static gboolean
starts_with_hive (const char *text)
{
  static const char *const hives[] = { "HKCU", "HKLM", "HKCR", "HKU\\", "HKEY_" };

  for (guint i = 0; i < G_N_ELEMENTS (hives); i++)
    {
      if (g_ascii_strncasecmp (text, hives[i], strlen (hives[i])) == 0)
        return TRUE;
    }
  return FALSE;
}

static gboolean
starts_with_drive (const char *text)
{
  return g_ascii_isalpha (text[0]) && text[1] == ':';
}

static void
judge_type (MoorReader *reader, const xmlNode *node, const MoorPatternText *pattern)
{
  if (pattern->type == MOOR_PATTERN_FILE && starts_with_hive (pattern->text))
    moor_reader_warn (reader, node, "wrong-type", "Write type=\"Registry\".",
                      "“%.200s” is a place in the registry and no file.", pattern->text);
  else if (pattern->type == MOOR_PATTERN_REGISTRY && starts_with_drive (pattern->text))
    moor_reader_warn (reader, node, "wrong-type", "Write type=\"File\".",
                      "“%.200s” is a file and no place in the registry.", pattern->text);
}

/* Whether what it matches is to be taken or left out. */
static gboolean
is_selection (const xmlNode *node)
{
  const xmlNode *set = node->parent;
  MoorElement element;

  if (set == NULL || set->parent == NULL || set->parent->type != XML_ELEMENT_NODE)
    return FALSE;
  element = moor_element_find ((const char *) set->parent->name);
  return element == MOOR_ELEMENT_INCLUDE || element == MOOR_ELEMENT_EXCLUDE
         || element == MOOR_ELEMENT_UNCONDITIONAL_EXCLUDE;
}

/* A directory alone can be meant, for its permissions.  A wildcard or what looks
 * like the name of a file cannot. */
static void
judge_node_only (MoorReader *reader, const xmlNode *node, const MoorPatternText *pattern)
{
  const char *last = pattern->text;
  const char *dot;

  if (pattern->type != MOOR_PATTERN_FILE || !is_selection (node))
    return;
  for (const char *at = pattern->text; *at != '\0'; at++)
    {
      if (*at == '\\' || *at == '/')
        last = at + 1;
    }
  dot = strchr (last, '.');
  if (strchr (last, '*') != NULL)
    moor_reader_warn (reader, node, "no-leaf", "For the files in them, write [*] behind it.",
                      "“%.200s” is about directories only, not about files.", pattern->text);
  else if (dot != NULL && dot != last && strchr (last, '%') == NULL && strlen (dot) <= 5)
    moor_reader_warn (reader, node, "no-leaf",
                      "The name of a file stands in brackets: C:\\Folder [file.txt].",
                      "“%.200s” is about a directory, not about a file.", pattern->text);
}

static void
judge_brackets (MoorReader *reader, const xmlNode *node, const MoorPatternText *pattern)
{
  const char *open = find_unescaped (pattern->text, '[');
  const char *close = find_unescaped (open != NULL ? open : pattern->text, ']');

  if (open == NULL && close == NULL)
    judge_node_only (reader, node, pattern);
  else if (open == NULL || close == NULL)
    moor_reader_warn (reader, node, "bad-pattern",
                      "The name stands in one pair of brackets at the end; a bracket in it is "
                      "written ^[ or ^].",
                      "“%.200s” has only one of two brackets.", pattern->text);
  else if (close[1] != '\0')
    moor_reader_warn (reader, node, "bad-pattern",
                      "The name in brackets stands at the end: C:\\Folder\\* [*.txt].",
                      "“%.200s” has text behind its brackets.", pattern->text);
  else if (pattern->type == MOOR_PATTERN_FILE
           && memchr (open, '\\', (gsize) (close - open)) != NULL)
    moor_reader_warn (reader, node, "bad-pattern",
                      "Directories stand in front of the brackets: C:\\Folder\\Sub [*].",
                      "“%.200s” has a directory in its brackets, so nothing fits.", pattern->text);
}

/**
 * moor_reader_judge_pattern:
 * @node: where it stands
 *
 * Warns of a pattern that will not match what is meant.
 */
void
moor_reader_judge_pattern (MoorReader *reader, const xmlNode *node, const MoorPatternText *pattern)
{
  judge_type (reader, node, pattern);
  judge_brackets (reader, node, pattern);
  if (pattern->type == MOOR_PATTERN_FILE && strchr (pattern->text, '?') != NULL)
    moor_reader_warn (reader, node, "question-mark", "Write *: it fits any number of characters.",
                      "“%.200s” holds a ?, which is no wildcard in MigXML.", pattern->text);
  if (pattern->text[0] == '"' || pattern->text[0] == '\'')
    moor_reader_warn (reader, node, "bad-pattern", "Take the quotes out.",
                      "“%.200s” starts with a quote, so nothing fits.", pattern->text);
}

static const MoorRuleNode *
find_kind (const GPtrArray *all_rules, MoorRuleKind kind)
{
  const MoorRuleNode *found = NULL;

  for (guint i = 0; i < all_rules->len && found == NULL; i++)
    {
      const MoorRulesNode *rules = g_ptr_array_index (all_rules, i);

      for (guint j = 0; j < rules->rules->len && found == NULL; j++)
        {
          const MoorRuleNode *rule = g_ptr_array_index (rules->rules, j);

          if (rule->kind == kind)
            found = rule;
        }
      if (found == NULL)
        found = find_kind (rules->children, kind);
    }
  return found;
}

static const MoorRuleNode *
find_in_component (const MoorComponentNode *component, MoorRuleKind kind)
{
  const MoorRuleNode *found = NULL;

  for (guint i = 0; i < component->roles->len && found == NULL; i++)
    {
      const MoorRoleNode *role = g_ptr_array_index (component->roles, i);

      found = find_kind (role->rules, kind);
    }
  return found;
}

/**
 * moor_reader_judge_component:
 * @node: where it stands
 *
 * Warns of a component without effect.
 */
void
moor_reader_judge_component (MoorReader *reader,
                             const xmlNode *node,
                             const MoorComponentNode *component)
{
  const MoorRuleNode *exclude = find_in_component (component, MOOR_RULE_EXCLUDE);

  if (component->roles->len == 0 && component->extensions->len == 0)
    moor_reader_warn (reader, node, "no-role",
                      "Put the <rules> of a component into <role role=\"Data\">.",
                      "There is no <role> in the component, so it does nothing.");
  if (exclude != NULL && component->extensions->len == 0
      && find_in_component (component, MOOR_RULE_INCLUDE) == NULL)
    moor_xml_find (reader->xml, MOOR_FINDING_WARNING, &exclude->origin, "exclude-alone",
                   "Put an <include> into the same component, or use <unconditionalExclude>.",
                   "An <exclude> works against the <include> of its own component, and there is "
                   "none: it does nothing.");
}
