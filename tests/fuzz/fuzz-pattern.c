/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz.h"

#include <string.h>

#include "moor-pattern.h"

static void
match (const MoorPattern *pattern, MoorPathStyle style)
{
  static const char *const paths[] = { "", "/", "/home/alice/a.txt", "/C:/Users/Alice/NTUSER.DAT",
                                       "/HKCU/Software/K/Value" };

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      (void) moor_pattern_matches (pattern, style, paths[i], FALSE);
      (void) moor_pattern_matches (pattern, style, paths[i], TRUE);
    }
}

/* A pattern that is read is equal to its copy, and can be written and read again;
 * what comes then may differ in blanks only, which end no name as it is written.
 * The first byte tells type and style. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  const MoorPatternType type = size > 0 ? (MoorPatternType) (data[0] % 3) : MOOR_PATTERN_FILE;
  const MoorPathStyle style = size > 0 && (data[0] & 4) != 0 ? MOOR_PATHS_WINDOWS
                                                             : MOOR_PATHS_LINUX;
  g_autofree char *text = g_strndup ((const char *) data + (size > 0), size - (size > 0));
  g_autoptr(GError) error = NULL;
  g_autoptr(MoorPattern) pattern = moor_pattern_parse (type, text, style, NULL, &error);
  g_autoptr(MoorPattern) copy = NULL;
  g_autoptr(MoorPattern) again = NULL;
  g_autofree char *written = NULL;

  fuzz_expect ((pattern == NULL) == (error != NULL));
  if (pattern == NULL)
    return 0;
  copy = moor_pattern_copy (pattern);
  fuzz_expect (moor_pattern_compare (pattern, copy) == 0);
  match (pattern, style);
  written = moor_pattern_format (pattern, style);
  again = moor_pattern_parse (type, written, style, NULL, NULL);
  fuzz_expect (strpbrk (pattern->node, " \t\n\r\f\v") != NULL
               || (again != NULL && moor_pattern_compare (pattern, again) == 0));
  return 0;
}
