/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-evaluate-private.h"

#include <stdlib.h>
#include <string.h>

#include "moor-error.h"
#include "moor-text.h"

/* Conditions and detection: what is asked of the system before rules take part. */

#define MAX_COMPARED_BYTES ((gsize) 64 * 1024 * 1024)
#define N_VERSION_PARTS 4

static void
tell_false (MoorEvaluation *self, const MoorCall *call, const char *code, const char *why)
{
  moor_evaluation_tell (
      self, MOOR_FINDING_NOTE, &call->origin, code,
      g_strdup_printf ("%s is false here: %s.", moor_helper_name (call->helper), why), NULL);
}

/* Versions of Windows, and only where the system tells its own. */
static const char *
windows_version (MoorEvaluation *self, const MoorCall *call)
{
  const char *type = moor_call_arg (call, 0);

  if (self->host->style == MOOR_PATHS_LINUX)
    tell_false (self, call, "windows-version", "this system is not a Windows");
  else if (self->host->os_version == NULL)
    tell_false (self, call, "windows-version", "nobody knows which Windows this is");
  else if (type != NULL && g_ascii_strcasecmp (type, "NT") == 0)
    return self->host->os_version;
  return NULL;
}

/* "6.1" and "6.1.*" stand for "6.1.*.*"; what a version does not tell is 0. */
static char *
pad_version (const char *version, const char *filler)
{
  GString *padded = g_string_new (version);
  guint n_parts = 1;

  for (const char *p = version; *p != '\0'; p++)
    n_parts += *p == '.';
  for (; n_parts < N_VERSION_PARTS; n_parts++)
    g_string_append_printf (padded, ".%s", filler);
  return g_string_free (padded, FALSE);
}

static gboolean
os_matches (MoorEvaluation *self, const MoorCall *call)
{
  const char *version = windows_version (self, call);
  const char *wanted = moor_call_arg (call, 1);
  g_autofree char *padded = NULL;
  g_autofree char *pattern = NULL;

  if (version == NULL || wanted == NULL)
    return FALSE;
  padded = pad_version (version, "0");
  pattern = pad_version (wanted, "*");
  return strchr (pattern, '?') == NULL && moor_name_matches (pattern, padded);
}

/* Compares as far as @wanted goes. */
static int
compare_versions (const char *version, const char *wanted)
{
  g_auto(GStrv) parts = g_strsplit (version, ".", -1);
  g_auto(GStrv) wanted_parts = g_strsplit (wanted, ".", -1);
  guint n_parts = g_strv_length (parts);

  for (guint i = 0; wanted_parts[i] != NULL; i++)
    {
      guint64 a = i < n_parts ? g_ascii_strtoull (parts[i], NULL, 10) : 0;
      guint64 b = g_ascii_strtoull (wanted_parts[i], NULL, 10);

      if (a != b)
        return a < b ? -1 : 1;
    }
  return 0;
}

static gboolean
os_compares (MoorEvaluation *self, const MoorCall *call)
{
  const char *version = windows_version (self, call);
  const char *wanted = moor_call_arg (call, 1);

  if (version == NULL || wanted == NULL)
    return FALSE;
  if (call->helper == MOOR_HELPER_IS_OS_EARLIER_THAN)
    return compare_versions (version, wanted) < 0;
  return compare_versions (version, wanted) >= 0;
}

static gboolean
is_native_64_bit (MoorEvaluation *self)
{
  if (self->host->style == MOOR_PATHS_WINDOWS)
    return g_hash_table_contains (self->host->variables, "PROGRAMFILES(X86)");
  return sizeof (gpointer) == 8;
}

/* The argument that says what kind of object the next one is about. */
static gboolean
read_type_arg (MoorEvaluation *self, const MoorCall *call, guint index, MoorPatternType *out_type)
{
  const char *text = moor_call_arg (call, index);

  if (moor_evaluation_read_type (text, out_type))
    return TRUE;
  moor_evaluation_tell (self, MOOR_FINDING_WARNING, &call->origin, "unknown-object-type",
                        g_strdup_printf ("%s does not know objects of type “%s”.",
                                         moor_helper_name (call->helper),
                                         text != NULL ? text : "NULL"),
                        "It knows File, Registry and Ini.");
  return FALSE;
}

static MoorPattern *
read_place (MoorEvaluation *self, const MoorCall *call, MoorPatternType type, guint index)
{
  const char *text = moor_call_arg (call, index);

  if (text == NULL)
    return NULL;
  return moor_evaluation_pattern (self, MOOR_VALUES_OWN, &call->origin, type, text);
}

/* Whether there is an object that matches @pattern; that nobody can tell is told. */
gboolean
moor_evaluation_find (MoorEvaluation *self,
                      const MoorOrigin *origin,
                      const MoorPattern *pattern,
                      char **out_path)
{
  g_autoptr(GError) error = NULL;
  MoorSearch result;

  if (pattern->type != MOOR_PATTERN_FILE)
    {
      moor_evaluation_tell (self, MOOR_FINDING_NOTE, origin, "registry-not-read",
                            g_strdup ("Nothing in the registry counts as there: it is not read."),
                            NULL);
      return FALSE;
    }
  result = moor_look_exists (self->host, pattern, self->cancellable, out_path, &error);
  if (result == MOOR_SEARCH_GAVE_UP)
    moor_evaluation_tell (self, MOOR_FINDING_WARNING, origin, "search-given-up",
                          g_strdup ("The search for an object ended without a result: there is"
                                    " too much to look through."),
                          "Begin the pattern with the folder that it is in.");
  else if (result == MOOR_SEARCH_FAILED)
    moor_evaluation_tell (
        self, MOOR_FINDING_WARNING, origin, "search-failed",
        g_strdup_printf ("What the rule asks for counts as missing: %s.", error->message),
        "Run it with the rights to look there.");
  return result == MOOR_SEARCH_FOUND;
}

static gboolean
ini_exists (MoorEvaluation *self, const MoorCall *call)
{
  g_autofree char *value = moor_evaluation_string (self, MOOR_VALUES_OWN, &call->origin, "Ini",
                                                   moor_call_arg (call, 1));

  return value != NULL;
}

static gboolean
object_exists (MoorEvaluation *self, const MoorCall *call)
{
  g_autoptr(MoorPattern) pattern = NULL;
  MoorPatternType type;

  if (!read_type_arg (self, call, 0, &type))
    return FALSE;
  if (type == MOOR_PATTERN_INI)
    return ini_exists (self, call);
  pattern = read_place (self, call, type, 1);
  return pattern != NULL && moor_evaluation_find (self, &call->origin, pattern, NULL);
}

static char *
path_of (const MoorPattern *pattern)
{
  return pattern->leaf != NULL ? g_strconcat (pattern->node, "/", pattern->leaf, NULL)
                               : g_strdup (pattern->node);
}

static gboolean
paths_are_equal (const MoorRuleHost *host, const char *a, const char *b)
{
  g_autofree char *folded_a = NULL;
  g_autofree char *folded_b = NULL;

  if (host->style == MOOR_PATHS_LINUX)
    return g_str_equal (a, b);
  folded_a = moor_pattern_fold (a);
  folded_b = moor_pattern_fold (b);
  return g_str_equal (folded_a, folded_b);
}

/* Two names of one place are the same object even where there is nothing. */
static gboolean
is_same_object (MoorEvaluation *self, const MoorCall *call)
{
  g_autoptr(MoorPattern) a = NULL;
  g_autoptr(MoorPattern) b = NULL;
  g_autofree char *path_a = NULL;
  g_autofree char *path_b = NULL;
  struct statx stx_a, stx_b;
  MoorPatternType type;

  if (!read_type_arg (self, call, 0, &type) || (a = read_place (self, call, type, 1)) == NULL
      || (b = read_place (self, call, type, 2)) == NULL)
    return FALSE;

  path_a = path_of (a);
  path_b = path_of (b);
  if (paths_are_equal (self->host, path_a, path_b))
    return TRUE;
  return type == MOOR_PATTERN_FILE && moor_look_statx (self->host, path_a, &stx_a, NULL)
         && moor_look_statx (self->host, path_b, &stx_b, NULL) && stx_a.stx_ino == stx_b.stx_ino
         && stx_a.stx_dev_major == stx_b.stx_dev_major
         && stx_a.stx_dev_minor == stx_b.stx_dev_minor;
}

static GBytes *
read_content (MoorEvaluation *self, const MoorCall *call, guint index)
{
  g_autoptr(MoorPattern) pattern = NULL;
  g_autofree char *path = NULL;
  struct statx stx;
  MoorPatternType type;
  char *value;

  if (!read_type_arg (self, call, index, &type))
    return NULL;
  if (type == MOOR_PATTERN_FILE)
    {
      if ((pattern = read_place (self, call, type, index + 1)) == NULL)
        return NULL;
      path = path_of (pattern);
      return moor_look_read (self->host, path, MAX_COMPARED_BYTES, &stx);
    }
  value = moor_evaluation_string (self, MOOR_VALUES_OWN, &call->origin, moor_call_arg (call, index),
                                  moor_call_arg (call, index + 1));
  return value != NULL ? g_bytes_new_take (value, strlen (value)) : NULL;
}

static gboolean
is_same_content (MoorEvaluation *self, const MoorCall *call)
{
  g_autoptr(GBytes) a = read_content (self, call, 0);
  g_autoptr(GBytes) b = a != NULL ? read_content (self, call, 2) : NULL;

  return a != NULL && b != NULL && g_bytes_equal (a, b);
}

static gboolean
is_same_string (MoorEvaluation *self, const MoorCall *call)
{
  g_autofree char *a = moor_evaluation_string (self, MOOR_VALUES_OWN, &call->origin,
                                               moor_call_arg (call, 0), moor_call_arg (call, 1));
  g_autofree char *b = moor_evaluation_string (self, MOOR_VALUES_OWN, &call->origin,
                                               moor_call_arg (call, 2), moor_call_arg (call, 3));

  return a != NULL && g_strcmp0 (a, b) == 0;
}

static gboolean
string_compares (MoorEvaluation *self, const MoorCall *call)
{
  const char *text = moor_call_arg (call, 2);
  g_autofree char *value = moor_evaluation_string (
      self, MOOR_VALUES_OWN, &call->origin, moor_call_arg (call, 0), moor_call_arg (call, 1));

  if (value == NULL || text == NULL)
    return FALSE;
  if (call->helper == MOOR_HELPER_DOES_STRING_CONTENT_CONTAIN)
    return strstr (value, text) != NULL;
  return g_str_equal (value, text);
}

static gboolean
call_holds (MoorEvaluation *self, const MoorCall *call)
{
  switch ((guint) call->helper)
    {
    case MOOR_HELPER_DOES_OS_MATCH:
      return os_matches (self, call);
    case MOOR_HELPER_IS_OS_LATER_THAN:
    case MOOR_HELPER_IS_OS_EARLIER_THAN:
      return os_compares (self, call);
    case MOOR_HELPER_IS_NATIVE_64_BIT:
      return is_native_64_bit (self);
    case MOOR_HELPER_DOES_OBJECT_EXIST:
      return object_exists (self, call);
    case MOOR_HELPER_DOES_FILE_VERSION_MATCH:
    case MOOR_HELPER_IS_FILE_VERSION_ABOVE:
    case MOOR_HELPER_IS_FILE_VERSION_BELOW:
      tell_false (self, call, "file-version", "versions of programs are not read");
      return FALSE;
    case MOOR_HELPER_IS_SYSTEM_CONTEXT:
      return self->user < 0;
    case MOOR_HELPER_DOES_STRING_CONTENT_EQUAL:
    case MOOR_HELPER_DOES_STRING_CONTENT_CONTAIN:
      return string_compares (self, call);
    case MOOR_HELPER_IS_SAME_OBJECT:
      return is_same_object (self, call);
    case MOOR_HELPER_IS_SAME_CONTENT:
      return is_same_content (self, call);
    case MOOR_HELPER_IS_SAME_STRING_CONTENT:
      return is_same_string (self, call);
    default:
      moor_evaluation_tell (
          self, MOOR_FINDING_WARNING, &call->origin, "no-condition",
          g_strdup_printf ("%s is no condition, so it is false.", moor_helper_name (call->helper)),
          NULL);
      return FALSE;
    }
}

/* An answer says nothing about places, whatever it was drawn from. */
static gboolean
answer (MoorEvaluation *self, const MoorCall *call)
{
  const char *reach = self->reach;
  const char *drawn = self->drawn;
  gboolean holds;

  self->reach = NULL;
  holds = call_holds (self, call);
  self->reach = reach;
  self->drawn = drawn;
  return holds;
}

/* What could not be read is false, negated or not: nobody knows what it says. */
gboolean
moor_evaluation_condition (MoorEvaluation *self, const MoorConditionNode *node)
{
  if (!node->is_group)
    return node->call != NULL && answer (self, node->call) != node->negated;

  for (guint i = 0; i < node->children->len; i++)
    {
      if (moor_evaluation_condition (self, g_ptr_array_index (node->children, i)) == node->any)
        return node->any;
    }
  return !node->any || node->children->len == 0;
}

static gboolean
any_condition_holds (MoorEvaluation *self, const GPtrArray *conditions)
{
  for (guint i = 0; i < conditions->len; i++)
    {
      if (moor_evaluation_condition (self, g_ptr_array_index (conditions, i)))
        return TRUE;
    }
  return FALSE;
}

static gboolean
any_object_exists (MoorEvaluation *self, const MoorDetectNode *detect)
{
  g_autoptr(GPtrArray)
                 found = moor_evaluation_object_sets (self, MOOR_VALUES_OWN, detect->object_sets);

  for (guint i = 0; i < found->len; i++)
    {
      const MoorFound *one = g_ptr_array_index (found, i);

      if (moor_evaluation_find (self, &detect->origin, one->pattern, NULL))
        return TRUE;
    }
  return FALSE;
}

/* The old form: every <detect> of a <detects> has to find something. */
static gboolean
old_detection_holds (MoorEvaluation *self, const GPtrArray *detects)
{
  for (guint i = 0; i < detects->len; i++)
    {
      const MoorDetectNode *detect = g_ptr_array_index (detects, i);

      if (!any_condition_holds (self, detect->conditions) && !any_object_exists (self, detect))
        return FALSE;
    }
  return TRUE;
}

static gboolean
detection_holds (MoorEvaluation *self, const MoorDetectionNode *detection)
{
  if (detection->detects != NULL)
    return old_detection_holds (self, detection->detects);
  return detection->conditions == NULL || moor_evaluation_condition (self, detection->conditions);
}

/* One that holds is enough.  None for this context is as if nothing were asked, and a
 * destination is not asked at all. */
gboolean
moor_evaluation_detects (MoorEvaluation *self, MoorContext within, const GPtrArray *detections)
{
  gboolean asked = FALSE;

  if (self->side == MOOR_RULES_AT_DESTINATION)
    return TRUE;
  for (guint i = 0; i < detections->len; i++)
    {
      const MoorDetectionNode *detection = g_ptr_array_index (detections, i);

      if ((detection->context & within & moor_evaluation_context (self)) == 0)
        continue;
      asked = TRUE;
      if (detection_holds (self, detection))
        return TRUE;
    }
  return !asked;
}
