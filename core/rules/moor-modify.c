/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-modify.h"

#include <errno.h>
#include <string.h>

#include "moor-error.h"

/*
 * <contentModify>: functions from a value to a value, as usmt.md 4.5 lists them.
 * What a function cannot do anything with it leaves as it is.
 */

/**
 * moor_modify_to_dword:
 * @default_text: (nullable): the number when @value is none; %NULL for 0
 *
 * Returns: (transfer full): ConvertToDWORD().  Any thread.
 */
MoorValue *
moor_modify_to_dword (const MoorValue *value, const char *default_text)
{
  g_autoptr(MoorValue) fallback = NULL;
  guint64 number = 0;

  if (moor_value_to_number (value, &number) && number <= G_MAXUINT32)
    return moor_value_new_dword ((guint32) number);
  fallback = moor_value_new_string (MOOR_VALUE_STRING, default_text != NULL ? default_text : "0");
  if (!moor_value_to_number (fallback, &number) || number > G_MAXUINT32)
    number = 0;
  return moor_value_new_dword ((guint32) number);
}

/**
 * moor_modify_to_string:
 * @default_text: (nullable): the text when @value cannot be one; %NULL for none
 *
 * Returns: (transfer full): ConvertToString().  Any thread.
 */
MoorValue *
moor_modify_to_string (const MoorValue *value, const char *default_text)
{
  g_autofree char *text = moor_value_to_text (value);

  if (text == NULL)
    text = g_strdup (default_text != NULL ? default_text : "");
  return moor_value_new_string (MOOR_VALUE_STRING, text);
}

/**
 * moor_modify_to_binary:
 *
 * Returns: (transfer full): ConvertToBinary(): the same bytes under another type.  Any thread.
 */
MoorValue *
moor_modify_to_binary (const MoorValue *value)
{
  gsize n_bytes;
  const void *data = g_bytes_get_data (value->bytes, &n_bytes);

  return moor_value_new (MOOR_VALUE_BINARY, data, n_bytes);
}

/* A number of the type that @like has. */
static MoorValue *
new_number (const MoorValue *like, guint64 number)
{
  const guint64 qword = GUINT64_TO_LE (number);
  g_autofree char *text = NULL;

  switch (like->type)
    {
    case MOOR_VALUE_DWORD:
      return moor_value_new_dword ((guint32) (number & G_MAXUINT32));
    case MOOR_VALUE_QWORD:
      return moor_value_new (MOOR_VALUE_QWORD, &qword, sizeof qword);
    case MOOR_VALUE_STRING:
    case MOOR_VALUE_EXPAND_STRING:
      text = g_strdup_printf ("%" G_GINT64_FORMAT, (gint64) number);
      return moor_value_new_string (like->type, text);
    case MOOR_VALUE_NONE:
    case MOOR_VALUE_BINARY:
    case MOOR_VALUE_MULTI_STRING:
    default:
      return moor_value_copy (like);
    }
}

/**
 * moor_modify_offset:
 *
 * Returns: (transfer full): OffsetValue(): the number with @offset added, which wraps
 *   around; what is no number as it is.  Any thread.
 */
MoorValue *
moor_modify_offset (const MoorValue *value, gint64 offset)
{
  guint64 number;

  if (!moor_value_to_number (value, &number))
    return moor_value_copy (value);
  return new_number (value, number + (guint64) offset);
}

/* A value of the type that @like has and that @text stands for. */
static MoorValue *
parse_like (const MoorValue *like, const char *text)
{
  g_autoptr(MoorValue) value = moor_value_new_string (MOOR_VALUE_STRING, text);
  guint64 number;

  if ((like->type == MOOR_VALUE_DWORD || like->type == MOOR_VALUE_QWORD)
      && moor_value_to_number (value, &number))
    return new_number (like, number);
  if (like->type == MOOR_VALUE_EXPAND_STRING)
    return moor_value_new_string (MOOR_VALUE_EXPAND_STRING, text);
  return g_steal_pointer (&value);
}

/**
 * moor_modify_by_table:
 * @from: comma-separated
 * @to: comma-separated, as many
 * @default_text: (nullable): for what is not in @from; %NULL leaves it as it is
 *
 * Returns: (transfer full): SetValueByTable(), case-insensitive.  Any thread.
 */
MoorValue *
moor_modify_by_table (const MoorValue *value,
                      const char *from,
                      const char *to,
                      const char *default_text)
{
  g_auto(GStrv) old = g_strsplit (from, ",", -1);
  g_auto(GStrv) new = g_strsplit (to, ",", -1);
  g_autofree char *text = moor_value_to_text (value);
  g_autofree char *folded = text != NULL ? g_utf8_casefold (text, -1) : NULL;

  for (guint i = 0; folded != NULL && old[i] != NULL && new[i] != NULL; i++)
    {
      g_autofree char *candidate = g_utf8_casefold (g_strstrip (old[i]), -1);

      if (g_str_equal (candidate, folded))
        return parse_like (value, g_strstrip (new[i]));
    }
  return default_text != NULL ? parse_like (value, default_text) : moor_value_copy (value);
}

static gboolean
find_folded (const GPtrArray *texts, const char *text, guint *out_index)
{
  g_autofree char *folded = g_utf8_casefold (text, -1);

  for (guint i = 0; i < texts->len; i++)
    {
      g_autofree char *candidate = g_utf8_casefold (g_ptr_array_index (texts, i), -1);

      if (!g_str_equal (candidate, folded))
        continue;
      *out_index = i;
      return TRUE;
    }
  return FALSE;
}

static void
add_once (GPtrArray *texts, const char *text)
{
  guint index;

  if (text[0] != '\0' && !find_folded (texts, text, &index))
    g_ptr_array_add (texts, g_strdup (text));
}

/* Adds and removes what the pairs of arguments from @first on say. */
static void
follow_instructions (GPtrArray *texts, const MoorCall *call, guint first)
{
  guint index;

  for (guint i = first; i + 1 < call->args->len; i += 2)
    {
      const char *instruction = moor_call_arg (call, i);
      const char *text = moor_call_arg (call, i + 1);

      if (instruction == NULL || text == NULL)
        continue;
      if (g_ascii_strcasecmp (instruction, "Add") == 0)
        add_once (texts, text);
      else if (g_ascii_strcasecmp (instruction, "Remove") == 0 && find_folded (texts, text, &index))
        g_ptr_array_remove_index (texts, index);
    }
}

static void
add_all (GPtrArray *texts, char **strings)
{
  for (char **text = strings; text != NULL && *text != NULL; text++)
    add_once (texts, *text);
}

/**
 * moor_modify_merge_strings:
 * @existing: (nullable): what the destination has
 * @call: its arguments are pairs of "Add" or "Remove" and a string
 *
 * Returns: (transfer full): MergeMultiSzContent(): the strings of both, those of the
 *   destination first, each once.  Any thread.
 */
MoorValue *
moor_modify_merge_strings (const MoorValue *value, const MoorValue *existing, const MoorCall *call)
{
  g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  g_auto(GStrv) theirs = existing != NULL ? moor_value_to_strings (existing) : NULL;
  g_auto(GStrv) ours = moor_value_to_strings (value);

  add_all (texts, theirs);
  add_all (texts, ours);
  follow_instructions (texts, call, 0);
  g_ptr_array_add (texts, NULL);
  return moor_value_new_strings ((const char *const *) texts->pdata);
}

static void
add_delimited (GPtrArray *texts, const MoorValue *value, const char *delimiters)
{
  g_autofree char *text = value != NULL ? moor_value_to_text (value) : NULL;
  g_auto(GStrv) pieces = text != NULL ? g_strsplit_set (text, delimiters, -1) : NULL;

  add_all (texts, pieces);
}

/**
 * moor_modify_merge_delimited:
 * @existing: (nullable): what the destination has
 * @call: its arguments are the delimiters, and pairs of "Add" or "Remove" and a string
 *
 * Returns: (transfer full): MergeDelimitedContent(): as moor_modify_merge_strings()
 *   with pieces of one string, joined by the first delimiter.  Any thread.
 */
MoorValue *
moor_modify_merge_delimited (const MoorValue *value,
                             const MoorValue *existing,
                             const MoorCall *call)
{
  const char *delimiters = moor_call_arg (call, 0);
  g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *joined = NULL;
  char delimiter[] = { 0, 0 };

  if (delimiters == NULL || delimiters[0] == '\0')
    return moor_value_copy (value);
  add_delimited (texts, existing, delimiters);
  add_delimited (texts, value, delimiters);
  follow_instructions (texts, call, 1);
  g_ptr_array_add (texts, NULL);
  delimiter[0] = delimiters[0];
  joined = g_strjoinv (delimiter, (char **) texts->pdata);
  return moor_value_new_string (value->type == MOOR_VALUE_EXPAND_STRING ? MOOR_VALUE_EXPAND_STRING
                                                                        : MOOR_VALUE_STRING,
                                joined);
}

static gboolean
read_offset (const MoorCall *call, gint64 *out_offset, GError **error)
{
  const char *text = moor_call_arg (call, 0);
  char *end = NULL;

  errno = 0;
  *out_offset = text != NULL ? g_ascii_strtoll (text, &end, 10) : 0;
  if (text == NULL || end == text || *end != '\0' || errno != 0)
    return moor_throw (error, MOOR_ERROR_USAGE, "“%s” is no number to add",
                       text != NULL ? text : "NULL");
  return TRUE;
}

static MoorValue *
apply_table (const MoorCall *call, const MoorValue *value, GError **error)
{
  const char *from = moor_call_arg (call, 0);
  const char *to = moor_call_arg (call, 1);

  if (from != NULL && to != NULL)
    return moor_modify_by_table (value, from, to, moor_call_arg (call, 2));
  moor_throw (error, MOOR_ERROR_USAGE, "the table lacks a column");
  return NULL;
}

/**
 * moor_modify_apply:
 * @call: of a <contentModify>
 * @value: what comes
 * @existing: (nullable): what is there
 *
 * Any thread.
 *
 * Returns: (transfer full): what is to be written; %NULL with %MOOR_ERROR_USAGE for a
 *   call with impossible arguments or one that does nothing to a registry value
 */
MoorValue *
moor_modify_apply (const MoorCall *call,
                   const MoorValue *value,
                   const MoorValue *existing,
                   GError **error)
{
  gint64 offset;

  switch ((int) call->helper)
    {
    case MOOR_HELPER_CONVERT_TO_DWORD:
      return moor_modify_to_dword (value, moor_call_arg (call, 0));
    case MOOR_HELPER_CONVERT_TO_STRING:
      return moor_modify_to_string (value, moor_call_arg (call, 0));
    case MOOR_HELPER_CONVERT_TO_BINARY:
      return moor_modify_to_binary (value);
    case MOOR_HELPER_OFFSET_VALUE:
      return read_offset (call, &offset, error) ? moor_modify_offset (value, offset) : NULL;
    case MOOR_HELPER_SET_VALUE_BY_TABLE:
      return apply_table (call, value, error);
    case MOOR_HELPER_MERGE_MULTI_SZ_CONTENT:
      return moor_modify_merge_strings (value, existing, call);
    case MOOR_HELPER_MERGE_DELIMITED_CONTENT:
      return moor_modify_merge_delimited (value, existing, call);
    default:
      moor_throw (error, MOOR_ERROR_USAGE, "%s changes no value", moor_helper_name (call->helper));
      return NULL;
    }
}

/* "FileAttrib: H, R": every letter that there is, once, in a fixed order. */
static void
read_letters (const char *text, char *out_letters, gsize n_letters)
{
  static const char known[] = "ACEHIORST";
  gsize n = 0;

  for (const char *letter = known; *letter != '\0' && n + 1 < n_letters; letter++)
    {
      if (strchr (text, *letter) != NULL || strchr (text, g_ascii_tolower (*letter)) != NULL)
        out_letters[n++] = *letter;
    }
  out_letters[n] = '\0';
}

/**
 * moor_modify_read_kept:
 * @call: KeepExisting()
 * @out_kept: (out caller-allocates): what the destination's object keeps
 *
 * Of options of one kind the last counts; what is none is passed over.  Any thread.
 */
void
moor_modify_read_kept (const MoorCall *call, MoorKept *out_kept)
{
  static const char file_attributes[] = "FileAttrib:";
  guint attributes = 0;

  *out_kept = (MoorKept){ .attributes = 0 };
  for (guint i = 0; i < call->args->len; i++)
    {
      const char *option = moor_call_arg (call, i);

      if (option == NULL)
        continue;
      if (g_ascii_strcasecmp (option, "Security") == 0)
        attributes |= MOOR_ATTRIBUTES_SECURITY;
      else if (g_ascii_strcasecmp (option, "TimeFields") == 0)
        attributes |= MOOR_ATTRIBUTES_TIMES;
      else if (g_ascii_strncasecmp (option, file_attributes, strlen (file_attributes)) == 0)
        read_letters (option + strlen (file_attributes), out_kept->letters,
                      sizeof out_kept->letters);
    }
  out_kept->attributes = (MoorAttributes) attributes;
}
