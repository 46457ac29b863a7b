/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-modify.h"

#include <errno.h>
#include <string.h>

/**
 * moor_value_new:
 * @data: copied
 *
 * Returns: (transfer full): a value.  Any thread.
 */
MoorValue *
moor_value_new (MoorValueType type, const void *data, gsize n_bytes)
{
  MoorValue *value = g_new0 (MoorValue, 1);

  value->type = type;
  value->bytes = g_bytes_new (data, n_bytes);
  return value;
}

static void
append_text (GByteArray *bytes, const char *text)
{
  glong n_units = 0;
  g_autofree gunichar2 *units = g_utf8_to_utf16 (text, -1, NULL, &n_units, NULL);

  for (glong i = 0; units != NULL && i <= n_units; i++)
    {
      const guint16 unit = GUINT16_TO_LE (units[i]);

      g_byte_array_append (bytes, (const guint8 *) &unit, sizeof unit);
    }
}

/**
 * moor_value_new_string:
 * @text: UTF-8
 *
 * Returns: (transfer full): a string with its NUL.  Any thread.
 */
MoorValue *
moor_value_new_string (MoorValueType type, const char *text)
{
  g_autoptr(GByteArray) bytes = g_byte_array_new ();

  append_text (bytes, text);
  return moor_value_new (type, bytes->data, bytes->len);
}

/**
 * moor_value_new_strings:
 * @texts: (array zero-terminated=1): UTF-8, none of them empty
 *
 * Returns: (transfer full): several strings.  Any thread.
 */
MoorValue *
moor_value_new_strings (const char *const *texts)
{
  g_autoptr(GByteArray) bytes = g_byte_array_new ();

  for (; *texts != NULL; texts++)
    append_text (bytes, *texts);
  append_text (bytes, "");
  return moor_value_new (MOOR_VALUE_MULTI_STRING, bytes->data, bytes->len);
}

/**
 * moor_value_new_dword:
 *
 * Returns: (transfer full): a %MOOR_VALUE_DWORD.  Any thread.
 */
MoorValue *
moor_value_new_dword (guint32 number)
{
  const guint32 dword = GUINT32_TO_LE (number);

  return moor_value_new (MOOR_VALUE_DWORD, &dword, sizeof dword);
}

/**
 * moor_value_copy:
 *
 * Returns: (transfer full): the same once more; the bytes are shared.  Any thread.
 */
MoorValue *
moor_value_copy (const MoorValue *value)
{
  MoorValue *copy = g_new0 (MoorValue, 1);

  copy->type = value->type;
  copy->bytes = g_bytes_ref (value->bytes);
  return copy;
}

/**
 * moor_value_free:
 * @value: (nullable) (transfer full): any thread
 */
void
moor_value_free (MoorValue *value)
{
  if (value == NULL)
    return;
  g_bytes_unref (value->bytes);
  g_free (value);
}

/**
 * moor_value_equal:
 *
 * Returns: whether type and bytes of @a and @b are the same.  Any thread.
 */
gboolean
moor_value_equal (const MoorValue *a, const MoorValue *b)
{
  return a->type == b->type && g_bytes_equal (a->bytes, b->bytes);
}

/* The string that begins at unit @first; %NULL if it is no text. */
static char *
read_string (const MoorValue *value, gsize first, gsize *out_next)
{
  gsize n_bytes;
  const guint8 *data = g_bytes_get_data (value->bytes, &n_bytes);
  const gsize n_units = n_bytes / sizeof (guint16);
  g_autoptr(GArray) units = g_array_new (TRUE, FALSE, sizeof (gunichar2));
  gsize at = first;

  for (; at < n_units; at++)
    {
      gunichar2 unit = (gunichar2) (data[2 * at] | data[2 * at + 1] << 8);

      if (unit == 0)
        break;
      g_array_append_val (units, unit);
    }
  *out_next = at + 1;
  return g_utf16_to_utf8 ((const gunichar2 *) (const void *) units->data, (glong) units->len, NULL,
                          NULL, NULL);
}

/**
 * moor_value_to_text:
 *
 * Returns: (transfer full) (nullable): what the value is as text, of several strings
 *   the first; %NULL if it cannot be text.  Any thread.
 */
char *
moor_value_to_text (const MoorValue *value)
{
  gsize next;
  guint64 number;

  switch (value->type)
    {
    case MOOR_VALUE_DWORD:
    case MOOR_VALUE_QWORD:
      return moor_value_to_number (value, &number) ? g_strdup_printf ("%" G_GUINT64_FORMAT, number)
                                                   : NULL;
    case MOOR_VALUE_STRING:
    case MOOR_VALUE_EXPAND_STRING:
    case MOOR_VALUE_MULTI_STRING:
      return read_string (value, 0, &next);
    case MOOR_VALUE_NONE:
    case MOOR_VALUE_BINARY:
    default:
      return NULL;
    }
}

/**
 * moor_value_to_strings:
 *
 * Returns: (transfer full): every string of the value; none for what is no text.  Any thread.
 */
char **
moor_value_to_strings (const MoorValue *value)
{
  g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  const gsize n_units = g_bytes_get_size (value->bytes) / sizeof (guint16);
  gsize next = 0;

  while (value->type == MOOR_VALUE_MULTI_STRING && next < n_units)
    {
      char *text = read_string (value, next, &next);

      if (text != NULL && text[0] != '\0')
        g_ptr_array_add (texts, text);
      else
        g_free (text);
    }
  if (value->type != MOOR_VALUE_MULTI_STRING)
    {
      char *text = moor_value_to_text (value);

      if (text != NULL)
        g_ptr_array_add (texts, text);
    }
  g_ptr_array_add (texts, NULL);
  return (char **) g_ptr_array_steal (texts, NULL);
}

/* A text such as "12", "-1" or "0x1f". */
static gboolean
parse_number (const char *text, guint64 *out_number)
{
  g_autofree char *bare = g_strstrip (g_strdup (text));
  const gboolean is_hex = g_ascii_strncasecmp (bare, "0x", 2) == 0;
  char *end = NULL;

  errno = 0;
  *out_number = bare[0] == '-' ? (guint64) g_ascii_strtoll (bare, &end, 10)
                               : g_ascii_strtoull (bare, &end, is_hex ? 16 : 10);
  return errno == 0 && end != bare && *end == '\0';
}

/**
 * moor_value_to_number:
 * @out_number: (out): of a number, of at most 8 bytes, or of a text that is one
 *
 * Returns: whether the value is a number.  Any thread.
 */
gboolean
moor_value_to_number (const MoorValue *value, guint64 *out_number)
{
  gsize n_bytes;
  const guint8 *data = g_bytes_get_data (value->bytes, &n_bytes);
  g_autofree char *text = NULL;

  if (value->type == MOOR_VALUE_STRING || value->type == MOOR_VALUE_EXPAND_STRING)
    {
      text = moor_value_to_text (value);
      return text != NULL && parse_number (text, out_number);
    }
  if (value->type == MOOR_VALUE_NONE || value->type == MOOR_VALUE_MULTI_STRING || n_bytes == 0
      || n_bytes > sizeof (guint64))
    return FALSE;
  *out_number = 0;
  for (gsize i = n_bytes; i > 0; i--)
    *out_number = *out_number << 8 | data[i - 1];
  return TRUE;
}
