/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-report-print.h"

#include <string.h>

/**
 * moor_report_clean:
 * @text: what somebody wrote: a full name, a path that is text already
 *
 * Makes @text fit for one line of a terminal or a page: valid UTF-8, control and
 * format characters as `\xHH`.  Backslashes stay single, so text that
 * moor_text_path() wrote is not changed.  Any thread.
 *
 * Returns: (transfer full): text
 */
char *
moor_report_clean (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  GString *clean = g_string_new (NULL);

  for (const char *at = valid; *at != '\0'; at = g_utf8_next_char (at))
    {
      gunichar c = g_utf8_get_char (at);

      if (!g_unichar_iscntrl (c) && g_unichar_type (c) != G_UNICODE_FORMAT
          && g_unichar_type (c) != G_UNICODE_LINE_SEPARATOR
          && g_unichar_type (c) != G_UNICODE_PARAGRAPH_SEPARATOR)
        {
          g_string_append_unichar (clean, c);
          continue;
        }
      for (const char *byte = at; byte < g_utf8_next_char (at); byte++)
        g_string_append_printf (clean, "\\x%02x", (guchar) *byte);
    }
  return g_string_free (clean, FALSE);
}

/* The signs that our own sentences use, as a plain locale has them. */
static const struct
{
  const char *sign;
  const char *plain;
} signs[] = {
  { "“", "\"" },  { "”", "\"" }, { "‘", "'" },  { "’", "'" },      { "–", "-" },
  { "…", "..." }, { "×", "x" },  { "→", "->" }, { "\u00a0", " " },
};

/* Names that the locale cannot show come out as `\uXXXX`, not as question marks. */
static char *
convert (const char *text, const char *charset)
{
  g_autoptr(GString) plain = g_string_new (text);

  for (guint i = 0; i < G_N_ELEMENTS (signs); i++)
    g_string_replace (plain, signs[i].sign, signs[i].plain, 0);
  return g_convert_with_fallback (plain->str, -1, charset, "UTF-8", NULL, NULL, NULL, NULL);
}

/**
 * moor_report_print:
 * @stream: where people read
 * @text: valid UTF-8
 * @error: return location for a #GError
 *
 * Writes @text in the character set of the locale.  Blocks.
 *
 * Returns: %FALSE with %G_IO_ERROR if not all could be written
 */
gboolean
moor_report_print (GOutputStream *stream, const char *text, GError **error)
{
  const char *charset = NULL;
  g_autofree char *converted = g_get_charset (&charset) ? NULL : convert (text, charset);
  const char *bytes = converted != NULL ? converted : text;

  return g_output_stream_write_all (stream, bytes, strlen (bytes), NULL, NULL, error);
}
