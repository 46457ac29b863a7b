/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-text.h"

#include <fnmatch.h>
#include <math.h>
#include <string.h>

/**
 * moor_text_path:
 * @path: (type filename): bytes
 *
 * Makes a path fit for a line of text: valid UTF-8, no control characters.
 * Whatever is not is written as `\xHH`, a backslash as two.  Any thread.
 *
 * Returns: (transfer full): text
 */
char *
moor_text_path (const char *path)
{
  GString *text = g_string_new (NULL);
  const char *at = path;

  while (*at != '\0')
    {
      gunichar c = g_utf8_get_char_validated (at, -1);

      if (c == (gunichar) -1 || c == (gunichar) -2 || g_unichar_iscntrl (c)
          || g_unichar_type (c) == G_UNICODE_FORMAT)
        {
          g_string_append_printf (text, "\\x%02x", (guchar) *at);
          at++;
          /* The rest of a refused character is refused byte by byte too. */
          while (c < (gunichar) -2 && ((guchar) *at & 0xc0) == 0x80)
            g_string_append_printf (text, "\\x%02x", (guchar) *at++);
          continue;
        }
      if (c == '\\')
        g_string_append_c (text, '\\');
      g_string_append_unichar (text, c);
      at = g_utf8_next_char (at);
    }
  return g_string_free (text, FALSE);
}

/**
 * moor_text_to_path:
 * @text: as moor_text_path() writes it
 *
 * Any thread.
 *
 * Returns: (transfer full) (type filename): the bytes
 */
char *
moor_text_to_path (const char *text)
{
  GString *path = g_string_new (NULL);

  for (const char *at = text; *at != '\0'; at++)
    {
      if (at[0] == '\\' && at[1] == '\\')
        at++;
      else if (at[0] == '\\' && at[1] == 'x' && g_ascii_isxdigit (at[2])
               && g_ascii_isxdigit (at[3]))
        {
          char byte = (char) (g_ascii_xdigit_value (at[2]) << 4 | g_ascii_xdigit_value (at[3]));

          at += 3;
          /* A path cannot hold it, so no path was written so. */
          if (byte != '\0')
            g_string_append_c (path, byte);
          continue;
        }
      g_string_append_c (path, *at);
    }
  return g_string_free (path, FALSE);
}

/**
 * moor_text_seconds_range:
 * @low_s: at least so many seconds
 * @high_s: at most so many seconds
 *
 * Writes a duration the way DESIGN 9 wants it: "under 1 s", "9–12 s",
 * "2–3 min".  Any thread.
 *
 * Returns: (transfer full): text
 */
char *
moor_text_seconds_range (double low_s, double high_s)
{
  static const struct
  {
    double up_to_s;
    double seconds;
    const char *unit;
  } units[] = { { 99.5, 1, "s" }, { 90 * 60, 60, "min" }, { HUGE_VAL, 3600, "h" } };
  guint i = 0;
  double low;
  double high;

  if (high_s <= 1.0)
    return g_strdup ("under 1 s");

  while (high_s >= units[i].up_to_s)
    i++;
  low = MAX (floor (low_s / units[i].seconds), 1);
  high = MAX (ceil (high_s / units[i].seconds), low);
  if (low_s < 1.0 && i == 0)
    return g_strdup_printf ("up to %.0f s", high);
  if (low >= high)
    return g_strdup_printf ("%.0f %s", high, units[i].unit);
  return g_strdup_printf ("%.0f–%.0f %s", low, high, units[i].unit);
}

/**
 * moor_text_size:
 *
 * Returns: (transfer full): @n_bytes as people write it.  Any thread.
 */
char *
moor_text_size (guint64 n_bytes)
{
  return g_format_size (n_bytes);
}

/**
 * moor_text_count:
 *
 * Returns: (transfer full): @n with a comma between thousands.  Any thread.
 */
char *
moor_text_count (guint64 n)
{
  g_autofree char *digits = g_strdup_printf ("%" G_GUINT64_FORMAT, n);
  GString *text = g_string_new (NULL);
  gsize length = strlen (digits);

  for (gsize i = 0; i < length; i++)
    {
      if (i > 0 && (length - i) % 3 == 0)
        g_string_append_c (text, ',');
      g_string_append_c (text, digits[i]);
    }
  return g_string_free (text, FALSE);
}

/**
 * moor_text_time:
 * @time_ns: nanoseconds since the epoch
 *
 * Returns: (transfer full): the local time to the second, ISO 8601.  Any thread.
 */
char *
moor_text_time (gint64 time_ns)
{
  g_autoptr(GDateTime)
                 time = g_date_time_new_from_unix_local (time_ns / G_GINT64_CONSTANT (1000000000));

  return time != NULL ? g_date_time_format (time, "%Y-%m-%d %H:%M:%S") : g_strdup ("?");
}

/**
 * moor_path_is_at_or_below:
 * @path: (type filename): a path
 * @top: (type filename): another; the empty one is above every relative path
 *
 * Compares names only, so both have to be canonical.  Any thread.
 *
 * Returns: whether @path is @top or leads to something in it
 */
gboolean
moor_path_is_at_or_below (const char *path, const char *top)
{
  const gsize length = strlen (top);

  return strncmp (path, top, length) == 0
         && (length == 0 || path[length] == '\0' || path[length] == '/');
}

/**
 * moor_name_is_valid:
 * @name: (type filename) (nullable): a name from a catalogue, a rule or a directory
 *
 * Returns: whether @name can be one entry of one directory: not empty, not `.`
 *   or `..`, without a slash.  Any thread.
 */
gboolean
moor_name_is_valid (const char *name)
{
  return name != NULL && name[0] != '\0' && strchr (name, '/') == NULL && strcmp (name, ".") != 0
         && strcmp (name, "..") != 0;
}

/**
 * moor_name_matches:
 * @pattern: a pattern with `*` and `?`
 * @name: a login name, or one component of a path
 *
 * Returns: whether all of @name fits @pattern.  Any thread.
 */
gboolean
moor_name_matches (const char *pattern, const char *name)
{
  return fnmatch (pattern, name, FNM_NOESCAPE) == 0;
}

/**
 * moor_text_is_plain_json:
 * @text: (array length=n_bytes): what somebody else may have written
 * @max_depth: how deep objects and arrays may be nested
 *
 * json-glib recurses into what it parses, and takes comments and other quotes, too.  Whatever
 * it would find deeper than @max_depth is found here, before it gets there; the rest
 * of JSON's grammar is its own business.
 *
 * Returns: whether json-glib can be given @text.  Any thread.
 */
gboolean
moor_text_is_plain_json (const char *text, gsize n_bytes, guint max_depth)
{
  gboolean in_string = FALSE;
  guint depth = 0;

  for (gsize i = 0; i < n_bytes; i++)
    {
      const char c = text[i];

      if (in_string && c == '\\')
        i++;
      else if (c == '"')
        in_string = !in_string;
      else if (in_string)
        continue;
      else if (c == '\0' || c == '/' || c == '\'')
        return FALSE;
      else if ((c == '{' || c == '[') && ++depth > max_depth)
        return FALSE;
      else if ((c == '}' || c == ']') && depth > 0)
        depth--;
    }
  return TRUE;
}

/**
 * moor_compare_names:
 * @a: @b: (type filename): where two strings are, as a #GPtrArray hands them out
 *
 * Returns: their order by bytes, for g_ptr_array_sort().  Any thread.
 */
int
moor_compare_names (const char *const *a, const char *const *b)
{
  return strcmp (*a, *b);
}
