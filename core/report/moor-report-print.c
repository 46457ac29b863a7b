/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-report-print.h"

#include <string.h>

/* In a locale without UTF-8 a dash becomes a hyphen rather than a question mark. */
static char *
convert (const char *text, const char *charset)
{
  g_autofree char *similar = g_strconcat (charset, "//TRANSLIT", NULL);
  char *converted = g_convert (text, -1, similar, "UTF-8", NULL, NULL, NULL);

  if (converted == NULL)
    converted = g_convert_with_fallback (text, -1, charset, "UTF-8", "?", NULL, NULL, NULL);
  return converted;
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
