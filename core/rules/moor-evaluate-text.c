/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-evaluate-private.h"

#include <string.h>

#include "moor-variables-private.h"

/* What an evaluation has to tell, and how a pattern as written becomes one that holds here. */

void
moor_found_free (gpointer data)
{
  MoorFound *found = data;

  moor_pattern_free (found->pattern);
  g_free (found->written);
  g_free (found);
}

MoorContext
moor_evaluation_context (const MoorEvaluation *self)
{
  return self->user >= 0 ? MOOR_CONTEXT_USER : MOOR_CONTEXT_SYSTEM;
}

const MoorRuleUser *
moor_evaluation_user (const MoorEvaluation *self)
{
  return self->user >= 0 ? g_ptr_array_index (self->host->users, (guint) self->user) : NULL;
}

/* Takes @text.  The same at the same place is told once, whoever it is evaluated for. */
void
moor_evaluation_tell (MoorEvaluation *self,
                      MoorFindingLevel level,
                      const MoorOrigin *origin,
                      const char *code,
                      char *text,
                      const char *remedy)
{
  char *key = g_strdup_printf ("%p:%u:%u:%s", (gconstpointer) origin, origin->line, origin->column,
                               text);

  if (g_hash_table_add (self->told, key))
    moor_findings_add (self->outcome->findings,
                       moor_finding_new (level, origin, code, text, remedy));
  else
    g_free (text);
}

typedef struct
{
  MoorEvaluation *evaluation;
  MoorValues values;
} Lookup;

static const char *
look_up (const char *name, gpointer user_data)
{
  const Lookup *lookup = user_data;
  const gboolean source = lookup->values == MOOR_VALUES_SOURCE;
  const MoorRuleHost *host = lookup->evaluation->host;
  const MoorRuleUser *user = moor_evaluation_user (lookup->evaluation);
  const char *value = NULL;

  for (const MoorScope *scope = lookup->evaluation->scope; scope != NULL && value == NULL;
       scope = scope->outer)
    {
      value = g_hash_table_lookup (source && scope->source != NULL ? scope->source : scope->own,
                                   name);
      if (value != NULL)
        moor_evaluation_draw (lookup->evaluation, g_hash_table_lookup (scope->reaches, name));
    }
  if (value == NULL && user != NULL)
    value = g_hash_table_lookup (
        source && user->source_variables != NULL ? user->source_variables : user->variables, name);
  if (value == NULL)
    value = g_hash_table_lookup (
        source && host->source_variables != NULL ? host->source_variables : host->variables, name);
  return value;
}

static gboolean
is_declared (const MoorEvaluation *self, const char *name)
{
  for (const MoorScope *scope = self->scope; scope != NULL; scope = scope->outer)
    {
      if (g_hash_table_contains (scope->declared, name))
        return TRUE;
    }
  return FALSE;
}

/* A name that some person has a value for was just asked for in the wrong context. */
static gboolean
is_of_users (const MoorEvaluation *self, const char *name)
{
  for (guint i = 0; self->user < 0 && i < self->host->users->len; i++)
    {
      const MoorRuleUser *user = g_ptr_array_index (self->host->users, i);

      if (g_hash_table_contains (user->variables, name))
        return TRUE;
    }
  return FALSE;
}

/* What needs a person is left out in System context as a matter of course, if there is User context
 * as well; else it never takes part. */
static MoorFindingLevel
level_without_person (const MoorEvaluation *self)
{
  return (self->within & MOOR_CONTEXT_USER) != 0 ? MOOR_FINDING_NOTE : MOOR_FINDING_WARNING;
}

static void
tell_of_missing (MoorEvaluation *self, const MoorOrigin *origin, const char *name)
{
  if (is_declared (self, name))
    moor_evaluation_tell (
        self, MOOR_FINDING_NOTE, origin, "variable-without-value",
        g_strdup_printf ("%%%s%%, which the file defines itself, has no value here.", name), NULL);
  else if (is_of_users (self, name))
    moor_evaluation_tell (self, level_without_person (self), origin, "variable-of-users",
                          g_strdup_printf ("%%%s%% has a value in User context only.", name), NULL);
  else if (moor_variable_is_of_windows (name))
    moor_evaluation_tell (self, MOOR_FINDING_NOTE, origin, "variable-without-value",
                          g_strdup_printf ("%%%s%% has no value on this system.", name), NULL);
  else
    moor_evaluation_tell (self, MOOR_FINDING_WARNING, origin, "unknown-variable",
                          g_strdup_printf ("Nobody knows the variable %%%s%%.", name),
                          "Correct its name, or define it in an <environment>.");
}

/* NULL, with a finding, if a variable has no value. */
char *
moor_evaluation_expand (MoorEvaluation *self,
                        MoorValues values,
                        const MoorOrigin *origin,
                        const char *text)
{
  Lookup lookup = { self, values };
  g_autofree char *missing = NULL;
  char *expanded = moor_variables_expand (text, look_up, &lookup, &missing);

  if (expanded == NULL)
    tell_of_missing (self, origin, missing);
  return expanded;
}

gboolean
moor_evaluation_read_type (const char *text, MoorPatternType *out_type)
{
  static const char *const names[] = { "File", "Registry", "Ini" };

  for (guint i = 0; text != NULL && i < G_N_ELEMENTS (names); i++)
    {
      if (g_ascii_strcasecmp (names[i], text) != 0)
        continue;
      *out_type = (MoorPatternType) i;
      return TRUE;
    }
  return FALSE;
}

/* What can mean nothing on a Linux system, told of in words that are the same every time. */
static gboolean
means_something (MoorEvaluation *self,
                 const MoorOrigin *origin,
                 MoorPatternType type,
                 const char *text)
{
  char drive[] = "C:";

  if (self->host->style != MOOR_PATHS_LINUX)
    return TRUE;

  if (type == MOOR_PATTERN_REGISTRY)
    moor_evaluation_tell (self, MOOR_FINDING_NOTE, origin, "registry-on-linux",
                          g_strdup ("Registry rules mean nothing on a Linux system."), NULL);
  else if (type == MOOR_PATTERN_INI)
    moor_evaluation_tell (
        self, MOOR_FINDING_NOTE, origin, "ini-on-linux",
        g_strdup ("Single settings of ini files are not taken on a Linux system."),
        "Name the whole file in a pattern.");
  else if (g_str_has_prefix (text, "\\\\"))
    moor_evaluation_tell (self, MOOR_FINDING_NOTE, origin, "network-path",
                          g_strdup ("Folders of other computers are no part of this system."),
                          NULL);
  else if (g_ascii_isalpha (text[0]) && text[1] == ':')
    {
      drive[0] = g_ascii_toupper (text[0]);
      if (self->host->drive_map != NULL && g_hash_table_contains (self->host->drive_map, drive))
        return TRUE;
      moor_evaluation_tell (self, MOOR_FINDING_NOTE, origin, "drive-on-linux",
                            g_strdup_printf ("Drive %s means nothing on a Linux system.", drive),
                            "Say which folder stands for it with --drive.");
    }
  else
    return TRUE;
  return FALSE;
}

/* The user's part of the registry needs a user. */
static gboolean
is_users_hive (const MoorPattern *pattern)
{
  return pattern->type == MOOR_PATTERN_REGISTRY
         && g_ascii_strncasecmp (pattern->node, "/HKCU", 5) == 0
         && (pattern->node[5] == '\0' || pattern->node[5] == '/' || pattern->node[5] == '*');
}

/* With /localonly, what lies on drives that can be taken away does not take part. */
static gboolean
is_out_of_reach (const MoorRuleHost *host, const MoorPattern *pattern)
{
  gboolean away = FALSE;
  gsize n_best = 0;

  if (!host->local_only || pattern->type != MOOR_PATTERN_FILE)
    return FALSE;
  for (guint i = 0; i < host->drives->len; i++)
    {
      const MoorRuleDrive *drive = g_ptr_array_index (host->drives, i);
      gsize n_bytes = strlen (drive->path);

      if (g_ascii_strncasecmp (pattern->node, drive->path, n_bytes) != 0
          || (pattern->node[n_bytes] != '\0' && pattern->node[n_bytes] != '/') || n_bytes < n_best)
        continue;
      n_best = n_bytes;
      away = drive->type != MOOR_DRIVE_FIXED;
    }
  return away;
}

/* Whether the pattern of something that is here at all is one for this run. */
static gboolean
holds_here (MoorEvaluation *self, const MoorOrigin *origin, const MoorPattern *pattern)
{
  if (self->user < 0 && is_users_hive (pattern))
    {
      moor_evaluation_tell (self, level_without_person (self), origin, "hkcu-in-system",
                            g_strdup ("HKCU belongs to a person and means nothing in System"
                                      " context."),
                            "Give the rules User context.");
      return FALSE;
    }
  if (is_out_of_reach (self->host, pattern))
    {
      moor_evaluation_tell (self, MOOR_FINDING_NOTE, origin, "not-local",
                            g_strdup ("Drives that can be taken away take no part in a run with"
                                      " fixed drives only."),
                            NULL);
      return FALSE;
    }
  return TRUE;
}

/* NULL, with a finding, if it means nothing here. */
MoorPattern *
moor_evaluation_expanded_pattern (MoorEvaluation *self,
                                  const MoorOrigin *origin,
                                  MoorPatternType type,
                                  const char *expanded)
{
  g_autoptr(MoorPattern) pattern = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *text = g_strstrip (g_strdup (expanded));

  if (!means_something (self, origin, type, text))
    return NULL;

  /* "%SYSTEMDRIVE%" and "%SYSTEMDRIVE% [x]": the top of everything has no name. */
  if (self->host->style == MOOR_PATHS_LINUX && (text[0] == '\0' || text[0] == '['))
    {
      g_autofree char *bare = g_steal_pointer (&text);

      text = g_strconcat ("/", bare, NULL);
    }
  pattern = moor_pattern_parse (type, text, self->host->style, self->host->drive_map, &error);
  if (pattern == NULL)
    {
      const gboolean elsewhere = g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);

      moor_evaluation_tell (self, elsewhere ? MOOR_FINDING_NOTE : MOOR_FINDING_WARNING, origin,
                            elsewhere ? "means-nothing" : "bad-pattern",
                            g_strdup_printf ("The pattern is not used: %s.", error->message), NULL);
      return NULL;
    }
  if (!moor_evaluation_reaches (self, origin, pattern) || !holds_here (self, origin, pattern))
    return NULL;
  return g_steal_pointer (&pattern);
}

/* NULL, with a finding, if it means nothing here. */
MoorPattern *
moor_evaluation_pattern (MoorEvaluation *self,
                         MoorValues values,
                         const MoorOrigin *origin,
                         MoorPatternType type,
                         const char *text)
{
  const char *reach = self->reach;
  g_autofree char *expanded = NULL;
  MoorPattern *pattern;

  /* Nobody wants to hear of the variables of a pattern that is of no use anyway. */
  if (type != MOOR_PATTERN_FILE && !means_something (self, origin, type, text))
    return NULL;
  self->reach = NULL;
  expanded = moor_evaluation_expand (self, values, origin, text);
  pattern = expanded != NULL ? moor_evaluation_expanded_pattern (self, origin, type, expanded)
                             : NULL;
  self->reach = reach;
  return pattern;
}

/* An argument of @call with its variables expanded; where it names a place to go to, it has to be
 * one that it may name. */
static char *
expanded_arg (MoorEvaluation *self, MoorValues values, const MoorCall *call, const char *arg)
{
  const char *reach = self->reach;
  g_autofree char *expanded = NULL;
  g_autoptr(MoorPattern) place = NULL;
  gboolean may;

  self->reach = NULL;
  expanded = moor_evaluation_expand (self, values, &call->origin, arg);
  may = expanded != NULL;
  if (may && self->reach != NULL
      && (call->helper == MOOR_HELPER_RELATIVE_MOVE || call->helper == MOOR_HELPER_EXACT_MOVE
          || call->helper == MOOR_HELPER_MOVE))
    {
      place = moor_evaluation_expanded_pattern (self, &call->origin, MOOR_PATTERN_FILE, expanded);
      may = place != NULL;
    }
  self->reach = reach;
  return may ? g_steal_pointer (&expanded) : NULL;
}

/* @call with its variables expanded, kept by the outcome; NULL, with a finding, if one has no
 * value.  Only the root that RelativeMove starts from is a place of the source. */
const MoorCall *
moor_evaluation_call (MoorEvaluation *self, const MoorCall *call)
{
  g_autoptr(MoorCall) copy = NULL;
  gboolean has_names = FALSE;

  for (guint i = 0; i < call->args->len; i++)
    has_names |= moor_call_arg (call, i) != NULL && strchr (moor_call_arg (call, i), '%') != NULL;
  if (!has_names)
    return call;

  copy = moor_call_copy (call);
  for (guint i = 0; i < copy->args->len; i++)
    {
      const MoorValues values = call->helper == MOOR_HELPER_RELATIVE_MOVE && i == 0
                                    ? MOOR_VALUES_SOURCE
                                    : MOOR_VALUES_OWN;
      char *arg = g_ptr_array_index (copy->args, i);
      char *expanded;

      if (arg == NULL)
        continue;
      expanded = expanded_arg (self, values, call, arg);
      if (expanded == NULL)
        return NULL;
      g_free (arg);
      copy->args->pdata[i] = expanded;
    }
  g_ptr_array_add (self->outcome->calls, copy);
  return g_steal_pointer (&copy);
}
