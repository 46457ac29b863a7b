/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-near-private.h"

#include <string.h>

/* Nobody mistypes longer names into ours. */
#define MAX_LENGTH 40

/* How many letters are to be put in, taken out or changed; capitals are equal. */
static guint
distance (const char *a, const char *b)
{
  guint row[MAX_LENGTH + 1];
  const gsize b_length = strlen (b);

  for (guint j = 0; j <= b_length; j++)
    row[j] = j;
  for (guint i = 0; a[i] != '\0'; i++)
    {
      guint diagonal = row[0];

      row[0] = i + 1;
      for (gsize j = 0; j < b_length; j++)
        {
          const guint change = g_ascii_tolower (a[i]) != g_ascii_tolower (b[j]) ? 1 : 0;
          const guint here = MIN (MIN (row[j], row[j + 1]) + 1, diagonal + change);

          diagonal = row[j + 1];
          row[j + 1] = here;
        }
    }
  return row[b_length];
}

/**
 * moor_nearest:
 * @name: what somebody wrote
 * @name_at: gives the names there are
 *
 * Any thread.
 *
 * Returns: (nullable): the name that was probably meant
 */
const char *
moor_nearest (const char *name, MoorNameAt name_at)
{
  const gsize length = strlen (name);
  const char *nearest = NULL;
  guint least = (guint) MIN (length, MAX_LENGTH) / 3 + 1;

  if (length > MAX_LENGTH)
    return NULL;
  for (guint i = 0; name_at (i) != NULL; i++)
    {
      guint its;

      if (strlen (name_at (i)) > MAX_LENGTH)
        continue;
      its = distance (name, name_at (i));
      if (its < least)
        {
          least = its;
          nearest = name_at (i);
        }
    }
  return nearest;
}
