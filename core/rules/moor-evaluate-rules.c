/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-evaluate-private.h"

#include <string.h>

#include "moor-filter-private.h"

/* <rules>: what becomes of its children for one person, or for the system. */

static MoorValues
values_for (MoorRuleKind kind)
{
  return kind == MOOR_RULE_MERGE || kind == MOOR_RULE_DESTINATION_CLEANUP ? MOOR_VALUES_OWN
                                                                          : MOOR_VALUES_SOURCE;
}

static gboolean
has_filter (MoorRuleKind kind)
{
  return kind == MOOR_RULE_INCLUDE || kind == MOOR_RULE_EXCLUDE
         || kind == MOOR_RULE_UNCONDITIONAL_EXCLUDE || kind == MOOR_RULE_DESTINATION_CLEANUP;
}

/* A filter that makes no sense takes its rule with it. */
static gboolean
filter_makes_sense (MoorEvaluation *self, const MoorCall *call)
{
  g_autoptr(GError) error = NULL;

  if (call->helper == MOOR_HELPER_IGNORE_IRRELEVANT_LINKS && self->host->style == MOOR_PATHS_LINUX)
    moor_evaluation_tell (self, MOOR_FINDING_NOTE, &call->origin, "links-on-linux",
                          g_strdup ("IgnoreIrrelevantLinks lets everything pass on a Linux system:"
                                    " it is about .lnk files."),
                          NULL);
  if (moor_filter_check (call, &error))
    return TRUE;
  moor_evaluation_tell (self, MOOR_FINDING_WARNING, &call->origin, "bad-filter",
                        g_strdup_printf ("The rule does nothing: %s.", error->message),
                        "Correct the filter.");
  return FALSE;
}

/* A filter is about the object, and asked long after this: it stays as it is written. */
static gboolean
read_rule_call (MoorEvaluation *self, const MoorRuleNode *rule, const MoorCall **out_call)
{
  *out_call = rule->call;
  if (rule->call == NULL || has_filter (rule->kind))
    return TRUE;
  *out_call = moor_evaluation_call (self, rule->call);
  return *out_call != NULL;
}

static void
add_items (MoorEvaluation *self, const MoorRuleNode *rule)
{
  g_autoptr(GPtrArray) found = NULL;
  const MoorCall *call = NULL;

  if (rule->call != NULL && has_filter (rule->kind) && !filter_makes_sense (self, rule->call))
    return;
  self->excluding = rule->kind == MOOR_RULE_EXCLUDE
                    || rule->kind == MOOR_RULE_UNCONDITIONAL_EXCLUDE;
  found = moor_evaluation_object_sets (self, values_for (rule->kind), rule->object_sets);
  self->excluding = FALSE;
  if (found->len == 0)
    return;
  if (!read_rule_call (self, rule, &call))
    return;

  for (guint i = 0; i < found->len; i++)
    {
      MoorFound *one = g_ptr_array_index (found, i);
      MoorRuleItem *item = g_new0 (MoorRuleItem, 1);

      item->kind = rule->kind;
      item->user = self->user;
      item->component = self->component;
      item->pattern = g_steal_pointer (&one->pattern);
      item->written = g_steal_pointer (&one->written);
      item->call = call;
      item->attributes = rule->attributes;
      item->origin = rule->origin;
      g_ptr_array_add (self->outcome->items, item);
    }
}

static GBytes *
bytes_from_hex (const char *text)
{
  g_autoptr(GByteArray) bytes = g_byte_array_new ();
  int high = -1;

  for (const char *p = text; *p != '\0'; p++)
    {
      const int digit = g_ascii_xdigit_value (*p);
      guint8 byte;

      if (g_ascii_isspace (*p) || *p == ',')
        continue;
      if (digit < 0)
        return NULL;
      if (high < 0)
        {
          high = digit;
          continue;
        }
      byte = (guint8) (high << 4 | digit);
      g_byte_array_append (bytes, &byte, 1);
      high = -1;
    }
  return high < 0 ? g_byte_array_free_to_bytes (g_steal_pointer (&bytes)) : NULL;
}

/* FALSE, with a finding, if the content cannot be made. */
static gboolean
read_bytes (MoorEvaluation *self, const MoorAddedObject *object, GBytes **out_bytes)
{
  char *text;

  *out_bytes = NULL;
  if (object->bytes == NULL)
    return TRUE;
  if (!object->bytes_are_text)
    {
      *out_bytes = bytes_from_hex (object->bytes);
      if (*out_bytes == NULL)
        moor_evaluation_tell (self, MOOR_FINDING_WARNING, &object->origin, "bad-bytes",
                              g_strdup ("The <bytes> are no pairs of hexadecimal digits."),
                              "Write string=\"Yes\" if they are a text.");
      return *out_bytes != NULL;
    }
  text = object->expand
             ? moor_evaluation_expand (self, MOOR_VALUES_SOURCE, &object->origin, object->bytes)
             : g_strdup (object->bytes);
  self->reach = NULL;
  if (text == NULL)
    return FALSE;
  *out_bytes = g_bytes_new_take (text, strlen (text));
  return TRUE;
}

static MoorPattern *
addition_location (MoorEvaluation *self, const MoorAddedObject *object)
{
  g_autoptr(GPtrArray) found = NULL;

  if (object->location != NULL)
    return moor_evaluation_pattern (self, MOOR_VALUES_SOURCE, &object->location->origin,
                                    object->location->type, object->location->text);
  found = g_ptr_array_new_with_free_func (moor_found_free);
  moor_evaluation_generate (self, MOOR_VALUES_SOURCE, object->script, found);
  if (found->len == 0)
    return NULL;
  return g_steal_pointer (&((MoorFound *) g_ptr_array_index (found, 0))->pattern);
}

static void
add_addition (MoorEvaluation *self, const MoorAddedObject *object)
{
  g_autoptr(MoorPattern) location = addition_location (self, object);
  GBytes *bytes;
  MoorRuleAddition *addition;

  if (location == NULL || !read_bytes (self, object, &bytes))
    return;
  addition = g_new0 (MoorRuleAddition, 1);
  addition->user = self->user;
  addition->component = self->component;
  addition->location = g_steal_pointer (&location);
  addition->object = object;
  addition->bytes = bytes;
  g_ptr_array_add (self->outcome->additions, addition);
}

static void
add_objects (MoorEvaluation *self, const MoorAddObjectsNode *added)
{
  if (added->conditions != NULL && !moor_evaluation_condition (self, added->conditions))
    return;
  for (guint i = 0; i < added->objects->len; i++)
    add_addition (self, g_ptr_array_index (added->objects, i));
  for (guint i = 0; i < added->scripts->len; i++)
    {
      const MoorCall *call = g_ptr_array_index (added->scripts, i);

      moor_evaluation_tell (
          self, MOOR_FINDING_NOTE, &call->origin, "add-objects-script",
          g_strdup_printf ("%s adds no objects.", moor_helper_name (call->helper)),
          "Write an <object> for each.");
    }
}

static MoorRuleProcess *
add_process (MoorEvaluation *self, const MoorProcessNode *node)
{
  MoorRuleProcess *process = g_new0 (MoorRuleProcess, 1);

  process->when = node->when;
  process->user = self->user;
  process->component = self->component;
  process->origin = node->origin;
  g_ptr_array_add (self->outcome->processes, process);
  return process;
}

/* Quotes those of @words that are not what they were any more.  NULL, with a finding, if a
 * variable has no value. */
static char *
join_words (MoorEvaluation *self, const MoorProcessNode *node, char **words)
{
  g_autoptr(GString) line = g_string_new (NULL);

  for (char **word = words; *word != NULL; word++)
    {
      g_autofree char *expanded = moor_evaluation_expand (self, MOOR_VALUES_OWN, &node->origin,
                                                          *word);
      g_autofree char *quoted = expanded != NULL ? g_shell_quote (expanded) : NULL;

      if (quoted == NULL)
        return NULL;
      g_string_append_printf (line, "%s%s", word != words ? " " : "", quoted);
    }
  return g_string_free (g_steal_pointer (&line), FALSE);
}

static gboolean
same_words (const char *a, const char *b)
{
  g_auto(GStrv) words_a = NULL;
  g_auto(GStrv) words_b = NULL;

  return g_shell_parse_argv (a, NULL, &words_a, NULL)
         && g_shell_parse_argv (b, NULL, &words_b, NULL)
         && g_strv_equal ((const char *const *) words_a, (const char *const *) words_b);
}

/* @written with values in the place of variables, which people decide about for themselves: a
 * value neither ends the word that it is in nor begins another. */
static char *
expand_command (MoorEvaluation *self, const MoorProcessNode *node, const char *written)
{
  g_auto(GStrv) words = NULL;
  g_autofree char *line = NULL;
  g_autofree char *joined = NULL;

  /* A quote that nobody closes here must not be closed by a value. */
  if (self->host->style == MOOR_PATHS_LINUX && !g_shell_parse_argv (written, NULL, &words, NULL))
    return g_strdup (written);
  line = moor_evaluation_expand (self, MOOR_VALUES_OWN, &node->origin, written);
  if (line == NULL || words == NULL)
    return g_steal_pointer (&line);
  joined = join_words (self, node, words);
  return joined == NULL || same_words (line, joined) ? g_steal_pointer (&line)
                                                     : g_steal_pointer (&joined);
}

/* A command that cannot be expanded is no command: half of one may do anything. */
static void
add_command (MoorEvaluation *self, const MoorProcessNode *node, const char *written)
{
  g_autofree char *line = NULL;

  self->reach = NULL;
  line = expand_command (self, node, written);
  if (line != NULL && self->reach != NULL)
    moor_evaluation_tell (self, MOOR_FINDING_WARNING, &node->origin, "foreign-word",
                          g_strdup ("The command is not run: a word of it comes from a file of a"
                                    " person."),
                          "Write the word in the rule, or in a file of the system.");
  else if (line != NULL)
    add_process (self, node)->command_line = g_steal_pointer (&line);
  self->reach = NULL;
}

/* What there is only on Windows. */
static gboolean
is_of_windows (MoorHelper helper)
{
  return helper != MOOR_HELPER_REMOVE_EMPTY_DIRECTORIES && helper != MOOR_HELPER_ASK_FOR_LOGOFF;
}

static void
add_script (MoorEvaluation *self, const MoorProcessNode *node, const MoorCall *call)
{
  const MoorCall *expanded;

  if (self->host->style == MOOR_PATHS_LINUX && is_of_windows (call->helper))
    {
      moor_evaluation_tell (
          self, MOOR_FINDING_NOTE, &call->origin, "processing-on-linux",
          g_strdup_printf ("%s means nothing on a Linux system.", moor_helper_name (call->helper)),
          NULL);
      return;
    }
  expanded = moor_evaluation_call (self, call);
  if (expanded != NULL)
    add_process (self, node)->call = expanded;
}

static void
add_processes (MoorEvaluation *self, const MoorProcessNode *node)
{
  for (guint i = 0; node->command_lines != NULL && i < node->command_lines->len; i++)
    add_command (self, node, g_ptr_array_index (node->command_lines, i));
  for (guint i = 0; node->scripts != NULL && i < node->scripts->len; i++)
    add_script (self, node, g_ptr_array_index (node->scripts, i));
}

static void
add_rules (MoorEvaluation *self, MoorContext within, const MoorRulesNode *node)
{
  const MoorContext narrowed = node->context & within;

  if ((narrowed & moor_evaluation_context (self)) == 0)
    return;
  self->within = narrowed;
  if (node->conditions != NULL && !moor_evaluation_condition (self, node->conditions))
    return;
  if (!moor_evaluation_detects (self, narrowed, node->detections))
    return;

  for (guint i = 0; i < node->rules->len; i++)
    add_items (self, g_ptr_array_index (node->rules, i));
  for (guint i = 0; i < node->added->len; i++)
    add_objects (self, g_ptr_array_index (node->added, i));
  for (guint i = 0; i < node->processes->len; i++)
    add_processes (self, g_ptr_array_index (node->processes, i));
  moor_evaluation_rules (self, narrowed, node->children);
}

/* Adds what @rules say, and what is nested in them.  A context narrows on the way down; what
 * does not meet it is as if it were not there. */
void
moor_evaluation_rules (MoorEvaluation *self, MoorContext within, const GPtrArray *rules)
{
  for (guint i = 0; i < rules->len; i++)
    add_rules (self, within, g_ptr_array_index (rules, i));
}
