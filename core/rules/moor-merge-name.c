/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-target-rules.h"

#include <string.h>

#include "moor-text.h"

#define LONGEST_NAME 255     /* bytes that a directory can hold */
#define LONGEST_EXTENSION 32 /* what is longer is no extension */
#define DEFAULT_PATTERN "<F>(<N>).<E>"

/* "photo.jpg" -> "photo" and "jpg", ".bashrc" -> ".bashrc" and "" */
static const char *
split_name (const char *name, gsize *out_n_stem)
{
  const char *dot = strrchr (name, '.');

  if (dot == NULL || dot == name || strlen (dot) > LONGEST_EXTENSION)
    {
      *out_n_stem = strlen (name);
      return "";
    }
  *out_n_stem = (gsize) (dot - name);
  return dot + 1;
}

static char *
fill_in (const char *pattern, const char *name, gsize n_stem, const char *extension, guint n)
{
  g_autoptr(GString) filled = g_string_new (NULL);
  gboolean has_number = FALSE;

  for (const char *at = pattern; *at != '\0';)
    {
      if (g_str_has_prefix (at, ".<E>") && extension[0] == '\0')
        at += strlen (".<E>");
      else if (g_str_has_prefix (at, "<F>"))
        {
          g_string_append_len (filled, name, (gssize) n_stem);
          at += strlen ("<F>");
        }
      else if (g_str_has_prefix (at, "<E>"))
        {
          g_string_append (filled, extension);
          at += strlen ("<E>");
        }
      else if (g_str_has_prefix (at, "<N>"))
        {
          g_string_append_printf (filled, "%u", n);
          has_number = TRUE;
          at += strlen ("<N>");
        }
      else
        g_string_append_c (filled, *at++);
    }
  /* Without a number there is one try; then it gets one. */
  if (!has_number && n > 1)
    g_string_append_printf (filled, "(%u)", n);
  return g_string_free (g_steal_pointer (&filled), FALSE);
}

/**
 * moor_merge_rename:
 * @pattern: (nullable): of `<F>`, `<E>` and `<N>`: the name, the extension, the number;
 *   %NULL for `<F>(<N>).<E>`
 * @name: (type filename): the name that is taken
 * @n: the number, from 1
 *
 * Makes up another name.  It is never longer than a directory can hold, and not
 * cut inside a character.  Any thread.
 *
 * Returns: (transfer full) (nullable): the name; %NULL if @pattern makes none
 */
char *
moor_merge_rename (const char *pattern, const char *name, guint n)
{
  gsize n_stem;
  const char *extension = split_name (name, &n_stem);
  g_autofree char *filled = NULL;
  gsize n_over;

  if (pattern == NULL)
    pattern = DEFAULT_PATTERN;
  filled = fill_in (pattern, name, n_stem, extension, n);
  if (strlen (filled) > LONGEST_NAME)
    {
      n_over = strlen (filled) - LONGEST_NAME;
      n_stem -= MIN (n_over, n_stem);
      while (n_stem > 0 && ((guchar) name[n_stem] & 0xc0) == 0x80)
        n_stem--;
      g_free (filled);
      filled = fill_in (pattern, name, n_stem, extension, n);
    }
  if (strlen (filled) > LONGEST_NAME || !moor_name_is_valid (filled))
    return NULL;
  return g_steal_pointer (&filled);
}
