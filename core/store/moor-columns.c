/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "moor-db-private.h"
#include "moor-text.h"

static void
note_damage (MoorColumns *columns, const char *damage)
{
  if (columns->damage == NULL)
    columns->damage = damage;
}

/**
 * moor_columns_int:
 * @damage: what to say if the next column is no integer from @min to @max
 *
 * Returns: the number, or @min
 */
gint64
moor_columns_int (MoorColumns *columns, gint64 min, gint64 max, const char *damage)
{
  const int index = columns->index++;
  const gint64 value = sqlite3_column_int64 (columns->stmt, index);

  if (sqlite3_column_type (columns->stmt, index) == SQLITE_INTEGER && value >= min && value <= max)
    return value;
  note_damage (columns, damage);
  return min;
}

/**
 * moor_columns_count:
 *
 * Returns: a number that is not negative
 */
guint64
moor_columns_count (MoorColumns *columns, const char *damage)
{
  return (guint64) moor_columns_int (columns, 0, G_MAXINT64, damage);
}

/**
 * moor_columns_u32:
 *
 * Returns: a number of 32 bits
 */
guint32
moor_columns_u32 (MoorColumns *columns, const char *damage)
{
  return (guint32) moor_columns_int (columns, 0, G_MAXUINT32, damage);
}

/**
 * moor_columns_bits:
 *
 * Returns: 64 bits, of which SQLite thinks that the first is a sign
 */
guint64
moor_columns_bits (MoorColumns *columns, const char *damage)
{
  return (guint64) moor_columns_int (columns, G_MININT64, G_MAXINT64, damage);
}

/* Names between single slashes, or nothing at all. */
static gboolean
is_relative_path (const char *path)
{
  g_auto(GStrv) names = g_strsplit (path, "/", -1);

  for (gsize i = 0; names[i] != NULL; i++)
    if (!moor_name_is_valid (names[i]))
      return FALSE;
  return TRUE;
}

/* "name", ".", "/a/b//c/d", "name//a/b", and any of them after "./" */
static gboolean
is_target (const char *value)
{
  g_auto(GStrv) places = NULL;
  gboolean has_name;

  if (g_str_equal (value, "."))
    return TRUE;
  if (g_str_has_prefix (value, "./"))
    value += strlen ("./");
  has_name = value[0] != '/';
  places = g_strsplit (has_name ? value : value + 1, "//", -1);
  for (char **place = places; *place != NULL; place++)
    if (has_name && place == places ? !moor_name_is_valid (*place)
                                    : (*place)[0] == '\0' || !is_relative_path (*place))
      return FALSE;
  return places[0] != NULL;
}

static gboolean
has_shape (const char *value, MoorColumnShape shape)
{
  switch (shape)
    {
    case MOOR_COLUMN_NAME:
      return moor_name_is_valid (value);
    case MOOR_COLUMN_RELATIVE_PATH:
      return is_relative_path (value);
    case MOOR_COLUMN_ABSOLUTE_PATH:
      return value[0] == '/' && is_relative_path (value + 1);
    case MOOR_COLUMN_TARGET:
      return is_target (value);
    case MOOR_COLUMN_BYTES:
    default:
      return TRUE;
    }
}

/**
 * moor_columns_peek:
 * @damage: what to say if the next column does not have @shape
 *
 * Returns: (nullable): a string that lives until the statement is stepped; %NULL
 *   for NULL where that is allowed, and for what is damaged
 */
const char *
moor_columns_peek (MoorColumns *columns,
                   MoorColumnShape shape,
                   gboolean nullable,
                   const char *damage)
{
  const int index = columns->index++;
  const int type = sqlite3_column_type (columns->stmt, index);
  const char *value;

  if (type == SQLITE_NULL && nullable)
    return NULL;

  if (type == SQLITE_TEXT || type == SQLITE_BLOB)
    {
      value = (const char *) sqlite3_column_text (columns->stmt, index);
      /* SQLite has an empty blob be no pointer at all. */
      if (value == NULL && sqlite3_column_bytes (columns->stmt, index) == 0)
        value = "";
      if (value != NULL && strlen (value) == (gsize) sqlite3_column_bytes (columns->stmt, index)
          && has_shape (value, shape))
        return value;
    }
  note_damage (columns, damage);
  return NULL;
}

/**
 * moor_columns_dup:
 *
 * Returns: (transfer full) (nullable): a copy of what moor_columns_peek() gives
 */
char *
moor_columns_dup (MoorColumns *columns,
                  MoorColumnShape shape,
                  gboolean nullable,
                  const char *damage)
{
  return g_strdup (moor_columns_peek (columns, shape, nullable, damage));
}
