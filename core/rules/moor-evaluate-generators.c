/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-evaluate-private.h"

#include <string.h>

#include "moor-variables-private.h"

/* Scripts that make patterns. */

static void
add_expanded (MoorEvaluation *self,
              const MoorOrigin *origin,
              MoorPatternType type,
              const char *text,
              const char *written,
              GPtrArray *found)
{
  MoorPattern *pattern = moor_evaluation_expanded_pattern (self, origin, type, text);
  MoorFound *one;

  if (pattern == NULL)
    return;
  one = g_new0 (MoorFound, 1);
  one->pattern = pattern;
  one->written = g_strdup (written);
  g_ptr_array_add (found, one);
}

/* @segment on every drive of the kind.  With fixed drives only, no other kind has any. */
void
moor_evaluation_drive_patterns (MoorEvaluation *self,
                                const char *segment,
                                MoorDriveType type,
                                const MoorOrigin *origin,
                                const char *written,
                                GPtrArray *found)
{
  const char *separator = self->host->style == MOOR_PATHS_LINUX ? "/" : "\\";
  g_autofree char *below = g_strstrip (g_strdup (segment));

  if (self->host->local_only && type != MOOR_DRIVE_FIXED)
    return;
  for (guint i = 0; i < self->host->drives->len; i++)
    {
      const MoorRuleDrive *drive = g_ptr_array_index (self->host->drives, i);
      g_autofree char *top = moor_path_to_text (self->host->style, drive->path);
      g_autofree char *text = g_strconcat (top, separator, below + strspn (below, "\\/"), NULL);

      if (drive->type == type)
        add_expanded (self, origin, MOOR_PATTERN_FILE, text, written, found);
    }
}

static void
tell_of_arguments (MoorEvaluation *self, const MoorCall *call, const char *remedy)
{
  g_autofree char *text = moor_call_format (call);

  moor_evaluation_tell (self, MOOR_FINDING_WARNING, &call->origin, "bad-arguments",
                        g_strdup_printf ("%s makes no patterns: its arguments are none that it"
                                         " knows.",
                                         text),
                        remedy);
}

static void
generate_drive_patterns (MoorEvaluation *self,
                         const MoorCall *call,
                         const char *written,
                         GPtrArray *found)
{
  static const char *const names[] = { "Fixed", "CDROM", "Removable", "Remote" };
  const char *segment = moor_call_arg (call, 0);
  const char *type = moor_call_arg (call, 1);

  for (guint i = 0; segment != NULL && type != NULL && i < G_N_ELEMENTS (names); i++)
    {
      if (g_ascii_strcasecmp (names[i], type) != 0)
        continue;
      moor_evaluation_drive_patterns (self, segment, (MoorDriveType) i, &call->origin, written,
                                      found);
      return;
    }
  tell_of_arguments (self, call, "The second one is Fixed, CDROM, Removable or Remote.");
}

static gboolean
read_boolean (const char *text, gboolean otherwise)
{
  if (text == NULL)
    return otherwise;
  return g_ascii_strcasecmp (text, "TRUE") == 0 || g_ascii_strcasecmp (text, "YES") == 0
         || g_str_equal (text, "1");
}

/* @pattern as it is for somebody else: the component's own variables are not theirs. */
static void
generate_for_user (MoorEvaluation *self,
                   MoorValues values,
                   const MoorCall *call,
                   int user,
                   const char *written,
                   GPtrArray *found)
{
  MoorEvaluation other = *self;
  g_autofree char *text = NULL;
  MoorPatternType type;

  if (!moor_evaluation_read_type (moor_call_arg (call, 0), &type)
      || moor_call_arg (call, 1) == NULL)
    {
      tell_of_arguments (self, call, "The first one is File or Registry, the second a pattern.");
      return;
    }
  other.user = user;
  other.reach = NULL;
  if (user != self->user)
    other.scope = NULL;
  text = moor_evaluation_expand (&other, values, &call->origin, moor_call_arg (call, 1));
  if (text != NULL)
    add_expanded (&other, &call->origin, type, text, written, found);
  self->drawn = other.drawn;
}

/* Who has a home, but no part in the run. */
static MoorRuleHost *
strangers_new (const MoorRuleHost *host)
{
  MoorRuleHost *strangers = moor_rule_host_new (host->style, -1);

  for (guint i = 0; i < host->all_homes->len; i++)
    {
      const char *home = g_ptr_array_index (host->all_homes, i);
      g_autofree char *text = moor_path_to_text (host->style, home);
      gboolean takes_part = FALSE;
      MoorRuleUser *user;

      for (guint j = 0; j < host->users->len && !takes_part; j++)
        takes_part = g_str_equal (((const MoorRuleUser *) host->users->pdata[j])->home, home);
      if (takes_part)
        continue;
      user = moor_rule_host_add_user (strangers, "", home);
      if (host->style == MOOR_PATHS_LINUX)
        moor_rule_user_set_linux_variables (user, NULL);
      moor_rule_user_set_variable (user, "USERPROFILE", text);
      moor_rule_user_set_variable (user, "CSIDL_PROFILE", text);
    }
  return strangers;
}

/* Who is excluded as somebody else's is excluded all the more if nothing of theirs is to be taken.
 * That not all is known of strangers is no fault of the rule, so nothing is told. */
static void
generate_for_strangers (MoorEvaluation *self,
                        MoorValues values,
                        const MoorCall *call,
                        const char *written,
                        GPtrArray *found)
{
  g_autoptr(MoorRuleHost) strangers = strangers_new (self->host);
  g_autoptr(GHashTable) told = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr(GPtrArray)
                 findings = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_finding_free);
  MoorRuleOutcome outcome = { .findings = findings };
  MoorRuleHost host = *self->host;
  MoorEvaluation other = *self;

  host.users = strangers->users;
  other.host = &host;
  other.user = -1;
  other.outcome = &outcome;
  other.told = told;
  for (guint i = 0; i < host.users->len; i++)
    generate_for_user (&other, values, call, (int) i, written, found);
}

static void
generate_user_patterns (MoorEvaluation *self,
                        MoorValues values,
                        const MoorCall *call,
                        const char *written,
                        GPtrArray *found)
{
  const gboolean with_current = read_boolean (moor_call_arg (call, 2), TRUE);

  for (guint i = 0; i < self->host->users->len; i++)
    {
      if ((int) i != self->user || with_current)
        generate_for_user (self, values, call, (int) i, written, found);
    }
  if (self->excluding && !with_current)
    generate_for_strangers (self, values, call, written, found);
}

static void
generate_doc_patterns (MoorEvaluation *self,
                       const MoorCall *call,
                       const char *written,
                       GPtrArray *found)
{
  g_autoptr(GPtrArray) patterns = moor_document_finder_patterns (
      self->host, moor_evaluation_user (self), read_boolean (moor_call_arg (call, 1), TRUE),
      read_boolean (moor_call_arg (call, 2), FALSE));

  if (self->user < 0 && read_boolean (moor_call_arg (call, 0), FALSE))
    moor_evaluation_tell (self, MOOR_FINDING_NOTE, &call->origin, "program-files",
                          g_strdup ("Documents among program files are not looked for: nothing"
                                    " tells which ones they are."),
                          NULL);
  for (guint i = 0; i < patterns->len; i++)
    add_expanded (self, &call->origin, MOOR_PATTERN_FILE, g_ptr_array_index (patterns, i), written,
                  found);
}

/* Adds the patterns that @call makes. */
void
moor_evaluation_generate (MoorEvaluation *self,
                          MoorValues values,
                          const MoorCall *call,
                          GPtrArray *found)
{
  g_autofree char *written = moor_call_format (call);

  switch ((guint) call->helper)
    {
    case MOOR_HELPER_GENERATE_DRIVE_PATTERNS:
      generate_drive_patterns (self, call, written, found);
      break;
    case MOOR_HELPER_GENERATE_USER_PATTERNS:
      generate_user_patterns (self, values, call, written, found);
      break;
    case MOOR_HELPER_GENERATE_DOC_PATTERNS:
      generate_doc_patterns (self, call, written, found);
      break;
    default:
      moor_evaluation_tell (
          self, MOOR_FINDING_WARNING, &call->origin, "no-generator",
          g_strdup_printf ("%s makes no patterns.", moor_helper_name (call->helper)), NULL);
    }
}
