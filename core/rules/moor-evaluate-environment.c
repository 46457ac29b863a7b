/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-evaluate-private.h"

#include <string.h>

#include "moor-variables-private.h"

/* Variables that a component defines for itself.  A later one may use an earlier one. */

static GHashTable *
values_new (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}

/* Whether what was true of the source may be something else here. */
static gboolean
has_source (const MoorEvaluation *self)
{
  const MoorRuleUser *user = moor_evaluation_user (self);

  return self->host->source_variables != NULL || (user != NULL && user->source_variables != NULL)
         || (self->scope != NULL && self->scope->source != NULL);
}

/* What the call says, the empty string being nothing. */
static char *
script_value (MoorEvaluation *self, MoorValues values, const MoorCall *call)
{
  char *value = NULL;

  if (call->helper == MOOR_HELPER_GET_STRING_CONTENT)
    value = moor_evaluation_string (self, values, &call->origin, moor_call_arg (call, 0),
                                    moor_call_arg (call, 1));
  else
    moor_evaluation_tell (self, MOOR_FINDING_WARNING, &call->origin, "no-string",
                          g_strdup_printf ("%s gives no string.", moor_helper_name (call->helper)),
                          NULL);
  if (value != NULL && value[0] == '\0')
    g_clear_pointer (&value, g_free);
  return value;
}

/* The first object of the set.  What the source had is not there to look at, so a name without
 * wildcards is believed. */
static char *
object_value (MoorEvaluation *self, MoorValues values, const MoorObjectSetNode *set)
{
  g_autoptr(GPtrArray) sets = g_ptr_array_new ();
  g_autoptr(GPtrArray) found = NULL;
  const gboolean believe = values == MOOR_VALUES_SOURCE;

  g_ptr_array_add (sets, (gpointer) set);
  found = moor_evaluation_object_sets (self, values, sets);
  for (guint i = 0; i < found->len; i++)
    {
      const MoorPattern *pattern = ((const MoorFound *) g_ptr_array_index (found, i))->pattern;
      g_autofree char *path = NULL;

      if (pattern->type != MOOR_PATTERN_FILE)
        continue;
      if (believe && pattern->leaf == NULL && strchr (pattern->node, '*') == NULL)
        return moor_path_to_text (self->host->style, pattern->node);
      if (moor_evaluation_find (self, &set->origin, pattern, &path))
        return moor_path_to_text (self->host->style, path);
    }
  return NULL;
}

static char *
variable_value (MoorEvaluation *self, MoorValues values, const MoorVariableNode *variable)
{
  char *value = NULL;

  if (variable->text != NULL)
    value = moor_evaluation_expand (self, values, &variable->origin, variable->text);
  else if (variable->script != NULL)
    value = script_value (self, values, variable->script);
  else if (variable->object_set != NULL)
    value = object_value (self, values, variable->object_set);
  return value != NULL ? g_strstrip (value) : NULL;
}

static MoorCall *
relative_move_new (const MoorOrigin *origin, const char *from, const char *to)
{
  MoorCall *call = g_new0 (MoorCall, 1);

  call->helper = MOOR_HELPER_RELATIVE_MOVE;
  call->args = g_ptr_array_new_with_free_func (g_free);
  call->origin = *origin;
  g_ptr_array_add (call->args, g_strdup (from));
  g_ptr_array_add (call->args, g_strdup (to));
  return call;
}

/* With remap, what was below the variable's place at the source goes below its place here. */
static void
add_remap (MoorEvaluation *self, const MoorVariableNode *variable, const char *from, const char *to)
{
  const char *separator = self->host->style == MOOR_PATHS_LINUX ? "/" : "\\";
  g_autofree char *text = g_strconcat (from, separator, "* [*]", NULL);
  MoorPattern *pattern = moor_evaluation_expanded_pattern (self, &variable->origin,
                                                           MOOR_PATTERN_FILE, text);
  g_autoptr(MoorPattern) place = moor_evaluation_expanded_pattern (self, &variable->origin,
                                                                    MOOR_PATTERN_FILE, to);
  MoorRuleItem *item;

  if (pattern == NULL || place == NULL)
    {
      moor_pattern_free (pattern);
      return;
    }
  item = g_new0 (MoorRuleItem, 1);
  item->kind = MOOR_RULE_LOCATION_MODIFY;
  item->user = self->user;
  item->component = self->component;
  item->pattern = pattern;
  item->written = g_strdup_printf ("%%%s%% (remap)", variable->name);
  item->call = relative_move_new (&variable->origin, from, to);
  item->origin = variable->origin;
  g_ptr_array_add (self->outcome->calls, (gpointer) item->call);
  g_ptr_array_add (self->outcome->items, item);
}

static void
define (MoorEvaluation *self, MoorScope *scope, const MoorVariableNode *variable)
{
  const char *own = NULL;
  const char *source = NULL;
  char *name = g_ascii_strup (variable->name, -1);
  char *value;

  self->reach = NULL;
  self->drawn = NULL;
  value = variable_value (self, MOOR_VALUES_OWN, variable);
  if (value != NULL)
    g_hash_table_replace (scope->own, g_strdup (name), value);
  if (scope->source != NULL
      && (value = variable_value (self, MOOR_VALUES_SOURCE, variable)) != NULL)
    {
      g_hash_table_replace (scope->source, g_strdup (name), value);
      own = g_hash_table_lookup (scope->own, name);
      source = value;
    }
  if (self->drawn != NULL)
    g_hash_table_replace (scope->reaches, g_strdup (name), (gpointer) self->drawn);
  else
    g_hash_table_remove (scope->reaches, name);
  self->reach = self->drawn;
  if (variable->remap && own != NULL && source != NULL && own[0] != '\0' && source[0] != '\0'
      && !g_str_equal (own, source))
    add_remap (self, variable, source, own);
  self->reach = NULL;
  g_free (name);
}

static void
declare_all (MoorScope *scope, const GPtrArray *environments)
{
  for (guint i = 0; i < environments->len; i++)
    {
      const MoorEnvironmentNode *environment = g_ptr_array_index (environments, i);

      for (guint j = 0; j < environment->variables->len; j++)
        {
          const MoorVariableNode *variable = g_ptr_array_index (environment->variables, j);

          g_hash_table_add (scope->declared, g_ascii_strup (variable->name, -1));
        }
    }
}

/* From here on the variables of @environments are known, until moor_scope_free(). */
MoorScope *
moor_scope_new (MoorEvaluation *self, MoorContext within, const GPtrArray *environments)
{
  MoorScope *scope = g_new0 (MoorScope, 1);

  scope->outer = self->scope;
  scope->own = values_new ();
  scope->source = has_source (self) ? values_new () : NULL;
  scope->declared = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  scope->reaches = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  declare_all (scope, environments);
  self->scope = scope;

  for (guint i = 0; i < environments->len; i++)
    {
      const MoorEnvironmentNode *environment = g_ptr_array_index (environments, i);

      if ((environment->context & within & moor_evaluation_context (self)) == 0)
        continue;
      if (environment->conditions != NULL
          && !moor_evaluation_condition (self, environment->conditions))
        continue;
      for (guint j = 0; j < environment->variables->len; j++)
        define (self, scope, g_ptr_array_index (environment->variables, j));
    }
  return scope;
}

void
moor_scope_free (MoorEvaluation *self, MoorScope *scope)
{
  self->scope = scope->outer;
  g_hash_table_unref (scope->own);
  g_clear_pointer (&scope->source, g_hash_table_unref);
  g_hash_table_unref (scope->declared);
  g_hash_table_unref (scope->reaches);
  g_free (scope);
}
