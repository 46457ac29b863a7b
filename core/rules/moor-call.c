/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-call.h"

#include <string.h>

#include "moor-error.h"
#include "moor-near-private.h"

#define PREFIX "MigXmlHelper"
#define SYSTEM_PREFIX "MigSysHelper"
#define ANY_NUMBER G_MAXUINT

/* @min counts up to the last argument that must not be NULL. */
typedef struct
{
  const char *name;
  MoorCallKind kind;
  guint min_args;
  guint max_args;
} HelperInfo;

static const HelperInfo helpers[MOOR_N_HELPERS] = {
  [MOOR_HELPER_DOES_OS_MATCH] = { "DoesOSMatch", MOOR_CALL_CONDITION, 2, 2 },
  [MOOR_HELPER_IS_NATIVE_64_BIT] = { "IsNative64Bit", MOOR_CALL_CONDITION, 0, 0 },
  [MOOR_HELPER_IS_OS_LATER_THAN] = { "IsOSLaterThan", MOOR_CALL_CONDITION, 2, 2 },
  [MOOR_HELPER_IS_OS_EARLIER_THAN] = { "IsOSEarlierThan", MOOR_CALL_CONDITION, 2, 2 },
  [MOOR_HELPER_DOES_OBJECT_EXIST] = { "DoesObjectExist", MOOR_CALL_CONDITION, 2, 2 },
  [MOOR_HELPER_DOES_FILE_VERSION_MATCH] = { "DoesFileVersionMatch", MOOR_CALL_CONDITION, 3, 3 },
  [MOOR_HELPER_IS_FILE_VERSION_ABOVE] = { "IsFileVersionAbove", MOOR_CALL_CONDITION, 3, 3 },
  [MOOR_HELPER_IS_FILE_VERSION_BELOW] = { "IsFileVersionBelow", MOOR_CALL_CONDITION, 3, 3 },
  [MOOR_HELPER_IS_SYSTEM_CONTEXT] = { "IsSystemContext", MOOR_CALL_CONDITION, 0, 0 },
  [MOOR_HELPER_DOES_STRING_CONTENT_EQUAL] = { "DoesStringContentEqual", MOOR_CALL_CONDITION, 3, 3 },
  [MOOR_HELPER_DOES_STRING_CONTENT_CONTAIN] = { "DoesStringContentContain", MOOR_CALL_CONDITION, 3,
                                                3 },
  [MOOR_HELPER_IS_SAME_OBJECT] = { "IsSameObject", MOOR_CALL_CONDITION, 3, 3 },
  [MOOR_HELPER_IS_SAME_CONTENT] = { "IsSameContent", MOOR_CALL_CONDITION, 4, 4 },
  [MOOR_HELPER_IS_SAME_STRING_CONTENT] = { "IsSameStringContent", MOOR_CALL_CONDITION, 4, 4 },

  [MOOR_HELPER_ANSWER_NO] = { "AnswerNo", MOOR_CALL_FILTER, 0, 0 },
  [MOOR_HELPER_COMPARE_STRING_CONTENT] = { "CompareStringContent", MOOR_CALL_FILTER, 1, 2 },
  [MOOR_HELPER_IGNORE_IRRELEVANT_LINKS] = { "IgnoreIrrelevantLinks", MOOR_CALL_FILTER, 0, 0 },
  [MOOR_HELPER_NEVER_RESTORE] = { "NeverRestore", MOOR_CALL_FILTER, 0, 0 },
  [MOOR_HELPER_SAME_REG_CONTENT] = { "SameRegContent", MOOR_CALL_FILTER, 0, ANY_NUMBER },
  [MOOR_HELPER_FILE_PROPERTIES] = { "FileProperties", MOOR_CALL_FILTER, 3, 3 },

  [MOOR_HELPER_GENERATE_DRIVE_PATTERNS] = { "GenerateDrivePatterns", MOOR_CALL_GENERATOR, 2, 2 },
  [MOOR_HELPER_GENERATE_USER_PATTERNS] = { "GenerateUserPatterns", MOOR_CALL_GENERATOR, 2, 3 },
  [MOOR_HELPER_GENERATE_DOC_PATTERNS] = { "GenerateDocPatterns", MOOR_CALL_GENERATOR, 0, 3 },
  /* The manual knows three; the stock files cut characters off with a fourth and a fifth. */
  [MOOR_HELPER_GET_STRING_CONTENT] = { "GetStringContent", MOOR_CALL_GENERATOR, 2, 5 },

  [MOOR_HELPER_EXTRACT_SINGLE_FILE] = { "ExtractSingleFile", MOOR_CALL_CONTENT, 0, 2 },
  [MOOR_HELPER_EXTRACT_MULTIPLE_FILES] = { "ExtractMultipleFiles", MOOR_CALL_CONTENT, 0, 2 },
  [MOOR_HELPER_EXTRACT_DIRECTORY] = { "ExtractDirectory", MOOR_CALL_CONTENT, 2, 3 },

  [MOOR_HELPER_EXACT_MOVE] = { "ExactMove", MOOR_CALL_LOCATION, 1, 1 },
  [MOOR_HELPER_RELATIVE_MOVE] = { "RelativeMove", MOOR_CALL_LOCATION, 2, 2 },
  [MOOR_HELPER_MOVE] = { "Move", MOOR_CALL_LOCATION, 1, 1 },

  [MOOR_HELPER_SOURCE_PRIORITY] = { "SourcePriority", MOOR_CALL_MERGE, 0, 0 },
  [MOOR_HELPER_DESTINATION_PRIORITY] = { "DestinationPriority", MOOR_CALL_MERGE, 0, 0 },
  [MOOR_HELPER_FIND_FILE_PLACE_BY_PATTERN] = { "FindFilePlaceByPattern", MOOR_CALL_MERGE, 1, 1 },
  [MOOR_HELPER_NEWEST_VERSION] = { "NewestVersion", MOOR_CALL_MERGE, 1, 1 },
  [MOOR_HELPER_HIGHER_VALUE] = { "HigherValue", MOOR_CALL_MERGE, 0, 0 },
  [MOOR_HELPER_LOWER_VALUE] = { "LowerValue", MOOR_CALL_MERGE, 0, 0 },
  [MOOR_HELPER_LEAF_PATTERN] = { "LeafPattern", MOOR_CALL_MERGE, 0, ANY_NUMBER },

  [MOOR_HELPER_CONVERT_TO_DWORD] = { "ConvertToDWORD", MOOR_CALL_MODIFY, 0, 1 },
  [MOOR_HELPER_CONVERT_TO_STRING] = { "ConvertToString", MOOR_CALL_MODIFY, 0, 1 },
  [MOOR_HELPER_CONVERT_TO_BINARY] = { "ConvertToBinary", MOOR_CALL_MODIFY, 0, 0 },
  [MOOR_HELPER_OFFSET_VALUE] = { "OffsetValue", MOOR_CALL_MODIFY, 1, 1 },
  [MOOR_HELPER_SET_VALUE_BY_TABLE] = { "SetValueByTable", MOOR_CALL_MODIFY, 2, 3 },
  [MOOR_HELPER_KEEP_EXISTING] = { "KeepExisting", MOOR_CALL_MODIFY, 1, ANY_NUMBER },
  [MOOR_HELPER_MERGE_MULTI_SZ_CONTENT] = { "MergeMultiSzContent", MOOR_CALL_MODIFY, 2, ANY_NUMBER },
  [MOOR_HELPER_MERGE_DELIMITED_CONTENT] = { "MergeDelimitedContent", MOOR_CALL_MODIFY, 3,
                                            ANY_NUMBER },
  [MOOR_HELPER_MERGE_SHELL_LIBRARIES] = { "MergeShellLibraries", MOOR_CALL_MODIFY, 0, 2 },

  [MOOR_HELPER_ASK_FOR_LOGOFF] = { "AskForLogoff", MOOR_CALL_PROCESSING, 0, 0 },
  [MOOR_HELPER_CONVERT_TO_SHORT_FILE_NAME] = { "ConvertToShortFileName", MOOR_CALL_PROCESSING, 1,
                                               1 },
  [MOOR_HELPER_KILL_EXPLORER] = { "KillExplorer", MOOR_CALL_PROCESSING, 0, 0 },
  [MOOR_HELPER_RESTART_EXPLORER] = { "RestartExplorer", MOOR_CALL_PROCESSING, 0, 0 },
  [MOOR_HELPER_REGISTER_FONTS] = { "RegisterFonts", MOOR_CALL_PROCESSING, 1, 1 },
  [MOOR_HELPER_REMOVE_EMPTY_DIRECTORIES] = { "RemoveEmptyDirectories", MOOR_CALL_PROCESSING, 1, 1 },
  [MOOR_HELPER_START_SERVICE] = { "StartService", MOOR_CALL_PROCESSING, 1, ANY_NUMBER },
  [MOOR_HELPER_STOP_SERVICE] = { "StopService", MOOR_CALL_PROCESSING, 1, 1 },
  [MOOR_HELPER_SYNC_SCM] = { "SyncSCM", MOOR_CALL_PROCESSING, 1, 1 },

  [MOOR_HELPER_INTERNAL] = { "internal", MOOR_CALL_INTERNAL, 0, ANY_NUMBER },
};

/* Of MigXmlHelper; all that MigSysHelper has is internal as well. */
static const char *const internal_names[] = {
  "AntiAlias",
  "ConvertScreenSaver",
  "ConvertShowIEOnDesktop",
  "MigrateDisplayCS",
  "ConvertToOfficeLangID",
  "MigrateActiveDesktop",
  "MigrateDisplaySS",
  "MigrateAppearanceUPM",
  "MigrateIEAutoSearch",
  "MigrateMouseUPM",
  "MigrateSoundSysTray",
  "MigrateTaskBarSS",
  "SetPstPathInMapiStruc",
};

/* A typographic quotation mark as it comes from a word processor. */
static gboolean
is_typographic_quote (const char *at)
{
  static const char *const quotes[] = { "“", "”", "„", "‟", "‘", "’", "‚", "«", "»", "″", "′" };

  for (guint i = 0; i < G_N_ELEMENTS (quotes); i++)
    {
      if (g_str_has_prefix (at, quotes[i]))
        return TRUE;
    }
  return FALSE;
}

static const char *
skip_blanks (const char *at)
{
  while (g_ascii_isspace (*at))
    at++;
  return at;
}

static const char *
public_name_at (guint index)
{
  return index + 1 < MOOR_HELPER_INTERNAL ? helpers[index + 1].name : NULL;
}

static MoorHelper
find_helper (const char *prefix, const char *name)
{
  if (g_ascii_strcasecmp (prefix, SYSTEM_PREFIX) == 0)
    return MOOR_HELPER_INTERNAL;
  for (guint i = 0; i < G_N_ELEMENTS (internal_names); i++)
    {
      if (g_ascii_strcasecmp (internal_names[i], name) == 0)
        return MOOR_HELPER_INTERNAL;
    }
  for (int i = MOOR_HELPER_UNKNOWN + 1; i < MOOR_HELPER_INTERNAL; i++)
    {
      if (g_ascii_strcasecmp (helpers[i].name, name) == 0)
        return (MoorHelper) i;
    }
  return MOOR_HELPER_UNKNOWN;
}

static char *
take_word (const char **at)
{
  const char *start = *at;

  while (g_ascii_isalnum (**at) || **at == '_')
    (*at)++;
  return g_strndup (start, (gsize) (*at - start));
}

static gboolean
throw_unknown_helper (GError **error, const char *name)
{
  const char *nearest = moor_nearest (name, public_name_at);

  if (nearest != NULL)
    return moor_throw (error, MOOR_ERROR_USAGE,
                       "“%.40s” is not a helper function. Did you mean " PREFIX ".%s?", name,
                       nearest);
  return moor_throw (error, MOOR_ERROR_USAGE, "“%.40s” is not a helper function.", name);
}

/* `MigXmlHelper.Name`, up to and with the opening parenthesis. */
static gboolean
take_name (MoorCall *call, const char **at, GError **error)
{
  g_autofree char *prefix = take_word (at);
  g_autofree char *name = NULL;

  if (**at == '.')
    {
      (*at)++;
      name = take_word (at);
    }
  if (prefix[0] == '\0' || (name != NULL && name[0] == '\0'))
    return moor_throw (error, MOOR_ERROR_USAGE,
                       "This is not a call of a helper function. One is written " PREFIX
                       ".Name(\"argument\", ...).");
  if (name == NULL)
    return moor_throw (error, MOOR_ERROR_USAGE,
                       "The name of a helper function starts with “" PREFIX ".”, “%.40s” does not.",
                       prefix);
  if (g_ascii_strcasecmp (prefix, PREFIX) != 0 && g_ascii_strcasecmp (prefix, SYSTEM_PREFIX) != 0)
    return moor_throw (
        error, MOOR_ERROR_USAGE,
        "“%.40s” is not a library of helper functions. They start with “" PREFIX ".”.", prefix);

  call->helper = find_helper (prefix, name);
  if (call->helper == MOOR_HELPER_UNKNOWN)
    return throw_unknown_helper (error, name);
  if (call->helper == MOOR_HELPER_INTERNAL)
    call->internal_name = g_strdup_printf ("%s.%s", prefix, name);

  *at = skip_blanks (*at);
  if (**at != '(')
    return moor_throw (error, MOOR_ERROR_USAGE, "There is no “(” behind “%.40s”.", name);
  (*at)++;
  return TRUE;
}

static gboolean
take_quoted (const char **at, char **out_argument, GError **error)
{
  const char quote = **at;
  const char *end = strchr (*at + 1, quote);

  if (end == NULL)
    return moor_throw (error, MOOR_ERROR_USAGE,
                       "An argument starts with %c and does not end. Arguments stand between two "
                       "equal quotes.",
                       quote);
  *out_argument = g_strndup (*at + 1, (gsize) (end - *at - 1));
  *at = end + 1;
  return TRUE;
}

static gboolean
take_argument (MoorCall *call, const char **at, GError **error)
{
  char *argument = NULL;

  if (is_typographic_quote (*at))
    return moor_throw (error, MOOR_ERROR_USAGE,
                       "Argument %u is in typographic quotes. Write \" or ' instead.",
                       call->args->len + 1);
  if (**at == '"' || **at == '\'')
    {
      if (!take_quoted (at, &argument, error))
        return FALSE;
    }
  else if (g_ascii_strncasecmp (*at, "NULL", 4) == 0 && !g_ascii_isalnum ((*at)[4]))
    *at += 4;
  else
    return moor_throw (error, MOOR_ERROR_USAGE,
                       "Argument %u is neither in quotes nor NULL. Write it between two \" or '.",
                       call->args->len + 1);
  g_ptr_array_add (call->args, argument);
  return TRUE;
}

static gboolean
take_arguments (MoorCall *call, const char **at, GError **error)
{
  *at = skip_blanks (*at);
  while (**at != ')' || call->args->len > 0)
    {
      if (!take_argument (call, at, error))
        return FALSE;
      *at = skip_blanks (*at);
      if (**at == ')')
        break;
      if (is_typographic_quote (*at))
        return moor_throw (error, MOOR_ERROR_USAGE,
                           "There are typographic quotes in the call. Write \" or ' instead.");
      if (**at != ',')
        return moor_throw (error, MOOR_ERROR_USAGE,
                           "There is neither “,” nor “)” behind argument %u. Arguments are "
                           "separated by “,”, and the last is followed by “)”.",
                           call->args->len);
      *at = skip_blanks (*at + 1);
    }
  *at = skip_blanks (*at + 1);
  if (**at != '\0')
    return moor_throw (error, MOOR_ERROR_USAGE,
                       "There is more behind the “)” of the call. Only one call stands here.");
  return TRUE;
}

static gboolean
check_count (const MoorCall *call, guint n_written, GError **error)
{
  const HelperInfo *info = &helpers[call->helper];

  if (call->args->len >= info->min_args && n_written <= info->max_args)
    return TRUE;
  if (info->min_args == info->max_args)
    return moor_throw (error, MOOR_ERROR_USAGE, PREFIX ".%s takes %u argument%s, not %u.",
                       info->name, info->min_args, info->min_args == 1 ? "" : "s",
                       n_written > info->max_args ? n_written : call->args->len);
  if (n_written > info->max_args)
    return moor_throw (error, MOOR_ERROR_USAGE, PREFIX ".%s takes at most %u argument%s, not %u.",
                       info->name, info->max_args, info->max_args == 1 ? "" : "s", n_written);
  return moor_throw (error, MOOR_ERROR_USAGE, PREFIX ".%s takes at least %u argument%s, not %u.",
                     info->name, info->min_args, info->min_args == 1 ? "" : "s", call->args->len);
}

static MoorCall *
call_new (void)
{
  MoorCall *call = g_new0 (MoorCall, 1);

  call->args = g_ptr_array_new_with_free_func (g_free);
  return call;
}

/**
 * moor_call_parse:
 * @text: such as `MigXmlHelper.RelativeMove("%A%", '%B%')`; capitals of the names and blanks
 *   between the parts do not matter
 * @origin: (nullable): where it is written
 * @error: return location for a #GError
 *
 * Reads the call of a helper function.  What the arguments mean is not looked at.
 * Any thread.
 *
 * Returns: (transfer full): the call, or %NULL with %MOOR_ERROR_USAGE: the function is unknown,
 *   has too many or too few arguments, or the text is no call.  The message says what to do.
 */
MoorCall *
moor_call_parse (const char *text, const MoorOrigin *origin, GError **error)
{
  g_autoptr(MoorCall) call = call_new ();
  const char *at;
  guint n_written;

  g_return_val_if_fail (text != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (origin != NULL)
    call->origin = *origin;
  at = skip_blanks (text);
  if (!take_name (call, &at, error) || !take_arguments (call, &at, error))
    return NULL;

  n_written = call->args->len;
  while (call->args->len > 0 && g_ptr_array_index (call->args, call->args->len - 1) == NULL)
    g_ptr_array_set_size (call->args, (int) call->args->len - 1);
  if (!check_count (call, n_written, error))
    return NULL;
  return g_steal_pointer (&call);
}

/**
 * moor_call_copy:
 *
 * Returns: (transfer full): a copy of @call.  Any thread.
 */
MoorCall *
moor_call_copy (const MoorCall *call)
{
  MoorCall *copy = call_new ();

  copy->helper = call->helper;
  copy->origin = call->origin;
  copy->internal_name = g_strdup (call->internal_name);
  for (guint i = 0; i < call->args->len; i++)
    g_ptr_array_add (copy->args, g_strdup (g_ptr_array_index (call->args, i)));
  return copy;
}

/**
 * moor_call_free:
 * @call: (nullable) (transfer full): any thread
 */
void
moor_call_free (MoorCall *call)
{
  if (call == NULL)
    return;

  g_ptr_array_unref (call->args);
  g_free (call->internal_name);
  g_free (call);
}

/**
 * moor_call_arg:
 * @index: from 0; there need not be so many
 *
 * Returns: (nullable): that argument; %NULL if it is NULL or not there.  Any thread.
 */
const char *
moor_call_arg (const MoorCall *call, guint index)
{
  return index < call->args->len ? g_ptr_array_index (call->args, index) : NULL;
}

/**
 * moor_helper_name:
 *
 * Returns: the name of @helper as the manual spells it, without a prefix.  Any thread.
 */
const char *
moor_helper_name (MoorHelper helper)
{
  g_return_val_if_fail (helper > MOOR_HELPER_UNKNOWN && helper < MOOR_N_HELPERS, NULL);
  return helpers[helper].name;
}

/**
 * moor_helper_kind:
 *
 * Returns: where @helper belongs.  Any thread.
 */
MoorCallKind
moor_helper_kind (MoorHelper helper)
{
  g_return_val_if_fail (helper > MOOR_HELPER_UNKNOWN && helper < MOOR_N_HELPERS,
                        MOOR_CALL_INTERNAL);
  return helpers[helper].kind;
}

/**
 * moor_call_format:
 *
 * Returns: (transfer full): @call as it can be written; it reads as the same call.  Any thread.
 */
char *
moor_call_format (const MoorCall *call)
{
  GString *text = g_string_new (NULL);

  if (call->internal_name != NULL)
    g_string_append (text, call->internal_name);
  else
    g_string_append_printf (text, PREFIX ".%s", moor_helper_name (call->helper));
  g_string_append_c (text, '(');
  for (guint i = 0; i < call->args->len; i++)
    {
      const char *argument = g_ptr_array_index (call->args, i);
      /* What holds one kind of quote was written in the other. */
      const char quote = argument != NULL && strchr (argument, '"') != NULL ? '\'' : '"';

      if (i > 0)
        g_string_append (text, ", ");
      if (argument == NULL)
        g_string_append (text, "NULL");
      else
        g_string_append_printf (text, "%c%s%c", quote, argument, quote);
    }
  g_string_append_c (text, ')');
  return g_string_free (text, FALSE);
}
