/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-xml-private.h"

#include <string.h>

/* Rule files come in whatever encoding somebody's editor or script wrote.  They
 * are decoded here and not by libxml2, so that what is wrong can be said in
 * words, and so that places count characters. */

typedef struct
{
  const char *charset; /* as iconv knows it */
  gsize mark_length;   /* bytes of the byte order mark */
  gboolean is_declared;
} Encoding;

static void
count_places (const char *text, gsize length, MoorOrigin *origin)
{
  origin->line = 1;
  origin->column = 1;
  for (gsize i = 0; i < length; i++)
    {
      if (text[i] == '\n')
        {
          origin->line++;
          origin->column = 1;
        }
      else if (((guchar) text[i] & 0xc0) != 0x80)
        origin->column++;
    }
}

static gboolean
find_mark (const guchar *data, gsize length, Encoding *encoding)
{
  static const struct
  {
    guchar bytes[4];
    gsize n_bytes;
    gsize mark_length;
    const char *charset;
  } marks[] = {
    { { 0xff, 0xfe, 0, 0 }, 4, 4, "UTF-32LE" }, { { 0, 0, 0xfe, 0xff }, 4, 4, "UTF-32BE" },
    { { 0xff, 0xfe }, 2, 2, "UTF-16LE" },       { { 0xfe, 0xff }, 2, 2, "UTF-16BE" },
    { { 0xef, 0xbb, 0xbf }, 3, 3, "UTF-8" },    { { '<', 0, 0, 0 }, 4, 0, "UTF-32LE" },
    { { 0, 0, 0, '<' }, 4, 0, "UTF-32BE" },     { { '<', 0 }, 2, 0, "UTF-16LE" },
    { { 0, '<' }, 2, 0, "UTF-16BE" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (marks); i++)
    {
      if (length >= marks[i].n_bytes && memcmp (data, marks[i].bytes, marks[i].n_bytes) == 0)
        {
          encoding->charset = marks[i].charset;
          encoding->mark_length = marks[i].mark_length;
          return TRUE;
        }
    }
  return FALSE;
}

/* What stands in `<?xml ... encoding="X"?>` of a text in some kind of ASCII. */
static char *
find_declared (const char *data, gsize length)
{
  g_autofree char *head = g_strndup (data, MIN (length, 200));
  char *end = strstr (head, "?>");
  const char *at;
  const char *close;

  if (!g_str_has_prefix (head, "<?xml") || end == NULL)
    return NULL;
  *end = '\0';
  at = strstr (head, "encoding");
  at = at != NULL ? strpbrk (at, "\"'") : NULL;
  close = at != NULL ? strchr (at + 1, *at) : NULL;
  if (close == NULL)
    return NULL;
  /* What else there is means something to iconv. */
  return g_strcanon (g_strndup (at + 1, (gsize) (close - at - 1)),
                     G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-_.:", '?');
}

static gboolean
is_utf16_or_32 (const char *charset)
{
  return g_ascii_strncasecmp (charset, "UTF-16", 6) == 0
         || g_ascii_strncasecmp (charset, "UTF-32", 6) == 0
         || g_ascii_strncasecmp (charset, "UCS-", 4) == 0
         || g_ascii_strncasecmp (charset, "ISO-10646-UCS", 13) == 0;
}

/* Scripts write one byte a character and say UTF-16 all the time. */
static const char *
mend_declared (MoorXml *xml, char *declared)
{
  const MoorOrigin origin = { xml->file, 1, 1 };

  if (declared == NULL || g_ascii_strcasecmp (declared, "UTF8") == 0)
    return "UTF-8";
  if (!is_utf16_or_32 (declared))
    return declared;
  moor_xml_find (xml, MOOR_FINDING_WARNING, &origin, "wrong-encoding", "Write encoding=\"UTF-8\".",
                 "The file says that it is %s, and it is not.", declared);
  return "UTF-8";
}

static void
refuse_bytes (MoorXml *xml, const Encoding *encoding, const guchar *at, const MoorOrigin *origin)
{
  if (*at >= 0x91 && *at <= 0x94 && g_str_equal (encoding->charset, "UTF-8"))
    moor_xml_refuse (xml, origin, "bad-encoding",
                     "Replace typographic quotes by \" or ', and save the file as UTF-8.",
                     "Here is a typographic quote as Windows-1252 has it (byte 0x%02x), and the "
                     "file %s UTF-8.",
                     *at, encoding->is_declared ? "says that it is" : "has to be");
  else if (g_str_equal (encoding->charset, "UTF-8"))
    moor_xml_refuse (xml, origin, "bad-encoding",
                     "Save it as UTF-8, or put <?xml version=\"1.0\" encoding=\"windows-1252\"?> "
                     "into its first line.",
                     "The byte 0x%02x is not UTF-8, which the file %s.", *at,
                     encoding->is_declared ? "says to be" : "has to be, as it names no encoding");
  else
    moor_xml_refuse (xml, origin, "bad-encoding",
                     "It may be cut off or damaged: get a whole copy, or save it as UTF-8.",
                     "From here on the file is not %s.", encoding->charset);
}

static char *
convert (MoorXml *xml, const Encoding *encoding, const char *data, gsize length, gsize *out_length)
{
  g_autoptr(GError) error = NULL;
  gsize n_read = 0;
  char *text = g_convert (data, (gssize) length, "UTF-8", encoding->charset, &n_read, out_length,
                          &error);
  MoorOrigin origin = { xml->file, 1, 1 };

  if (text != NULL && n_read == length)
    return text;
  g_free (text);
  if (g_error_matches (error, G_CONVERT_ERROR, G_CONVERT_ERROR_NO_CONVERSION)
      || g_error_matches (error, G_CONVERT_ERROR, G_CONVERT_ERROR_FAILED))
    {
      moor_xml_refuse (xml, &origin, "bad-encoding", "Save it as UTF-8.",
                       "The encoding that the file names is not known here.");
      return NULL;
    }
  if (n_read < length || error == NULL)
    {
      gsize good_length = 0;
      g_autofree char *good = g_convert (data, (gssize) n_read, "UTF-8", encoding->charset, NULL,
                                         &good_length, NULL);

      if (good != NULL)
        count_places (good, good_length, &origin);
    }
  refuse_bytes (xml, encoding, (const guchar *) data + MIN (n_read, length - 1), &origin);
  return NULL;
}

static char *
copy_utf8 (MoorXml *xml, const Encoding *encoding, const char *data, gsize length)
{
  const char *end;
  char *text;
  MoorOrigin origin = { xml->file, 1, 1 };

  /* A NUL ends what is valid, too, and is told by the caller. */
  if (!g_utf8_validate_len (data, length, &end) && *end != '\0')
    {
      count_places (data, (gsize) (end - data), &origin);
      refuse_bytes (xml, encoding, (const guchar *) end, &origin);
      return NULL;
    }
  text = g_malloc (length + 1);
  memcpy (text, data, length);
  text[length] = '\0';
  return text;
}

/**
 * moor_xml_decode:
 * @xml: takes what is found, and the refusal
 * @bytes: a file that is not empty
 * @out_length: (out): bytes of the text
 *
 * Any thread.
 *
 * Returns: (transfer full) (nullable): the text in UTF-8, without byte order mark and NULs but
 *   the one at its end; %NULL if it is refused
 */
char *
moor_xml_decode (MoorXml *xml, GBytes *bytes, gsize *out_length)
{
  gsize length;
  const char *data = g_bytes_get_data (bytes, &length);
  Encoding encoding = { NULL, 0, FALSE };
  g_autofree char *declared = NULL;
  g_autofree char *text = NULL;
  const char *nul;

  if (!find_mark ((const guchar *) data, length, &encoding))
    {
      declared = find_declared (data, length);
      encoding.is_declared = declared != NULL;
      encoding.charset = mend_declared (xml, declared);
    }
  data += encoding.mark_length;
  length -= encoding.mark_length;
  *out_length = length;
  if (g_ascii_strcasecmp (encoding.charset, "UTF-8") == 0)
    encoding.charset = "UTF-8";
  if (length == 0)
    return g_strdup ("");

  if (g_str_equal (encoding.charset, "UTF-8"))
    text = copy_utf8 (xml, &encoding, data, length);
  else
    text = convert (xml, &encoding, data, length, out_length);
  nul = text != NULL ? memchr (text, '\0', *out_length) : NULL;
  if (nul != NULL)
    {
      MoorOrigin origin = { xml->file, 1, 1 };

      count_places (text, (gsize) (nul - text), &origin);
      moor_xml_refuse (xml, &origin, "bad-encoding",
                       "It may be damaged: get a whole copy, or save it as UTF-8.",
                       "Here is a NUL, which no text holds.");
      return NULL;
    }
  return g_steal_pointer (&text);
}
