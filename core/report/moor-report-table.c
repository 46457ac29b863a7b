/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-report-table.h"

#include <string.h>

#define GAP 2

struct _MoorTable
{
  char **titles;
  char *alignment;
  guint n_columns;
  GPtrArray *cells; /* (element-type utf8) (owned): row by row */
};

/**
 * moor_table_new:
 * @titles: (array zero-terminated=1): what stands above the columns
 * @alignment: a letter for each column: `l` or `r`
 *
 * Returns: (transfer full): a table without rows
 */
MoorTable *
moor_table_new (const char *const *titles, const char *alignment)
{
  MoorTable *table = g_new0 (MoorTable, 1);

  table->titles = g_strdupv ((char **) titles);
  table->alignment = g_strdup (alignment);
  table->n_columns = g_strv_length (table->titles);
  table->cells = g_ptr_array_new_with_free_func (g_free);
  g_return_val_if_fail (strlen (alignment) == table->n_columns, table);
  return table;
}

/**
 * moor_table_free:
 * @table: (transfer full) (nullable): what is no longer needed
 */
void
moor_table_free (MoorTable *table)
{
  if (table == NULL)
    return;

  g_strfreev (table->titles);
  g_free (table->alignment);
  g_ptr_array_unref (table->cells);
  g_free (table);
}

/**
 * moor_table_take:
 * @cell: (transfer full): one line of text
 *
 * Fills the next cell; after the last column comes the next row.
 */
void
moor_table_take (MoorTable *table, char *cell)
{
  g_ptr_array_add (table->cells, cell);
}

/**
 * moor_table_add:
 * @cell: one line of text
 *
 * Like moor_table_take(), with a copy.
 */
void
moor_table_add (MoorTable *table, const char *cell)
{
  moor_table_take (table, g_strdup (cell));
}

/**
 * moor_table_get_n_rows:
 *
 * Returns: how many rows are complete
 */
guint
moor_table_get_n_rows (const MoorTable *table)
{
  return table->cells->len / table->n_columns;
}

/**
 * moor_text_width:
 *
 * Returns: how many cells of a terminal @text takes
 */
guint
moor_text_width (const char *text)
{
  guint width = 0;

  for (const char *at = text; *at != '\0'; at = g_utf8_next_char (at))
    {
      gunichar c = g_utf8_get_char (at);

      if (!g_unichar_iszerowidth (c))
        width += g_unichar_iswide (c) ? 2 : 1;
    }
  return width;
}

/**
 * moor_text_cut:
 * @width: in cells of a terminal
 *
 * Returns: (transfer full): as much of @text as fits in @width
 */
char *
moor_text_cut (const char *text, guint width)
{
  const char *at = text;
  guint used = 0;

  while (*at != '\0')
    {
      gunichar c = g_utf8_get_char (at);
      guint cells = g_unichar_iszerowidth (c) ? 0 : g_unichar_iswide (c) ? 2 : 1;

      if (used + cells > width)
        break;
      used += cells;
      at = g_utf8_next_char (at);
    }
  return g_strndup (text, (gsize) (at - text));
}

static const char *
get_cell (const MoorTable *table, guint row, guint column)
{
  return g_ptr_array_index (table->cells, row * table->n_columns + column);
}

/* The width of a column; 0 if nobody has anything in it, then it is left out. */
static guint
measure_column (const MoorTable *table, guint column)
{
  guint n_rows = moor_table_get_n_rows (table);
  guint width = 0;

  for (guint row = 0; row < n_rows; row++)
    width = MAX (width, moor_text_width (get_cell (table, row, column)));
  return width > 0 ? MAX (width, moor_text_width (table->titles[column])) : 0;
}

static void
append_spaces (GString *out, guint n)
{
  for (guint i = 0; i < n; i++)
    g_string_append_c (out, ' ');
}

static void
write_cell (GString *line, const char *cell, guint width, char alignment)
{
  guint padding = width - MIN (width, moor_text_width (cell));

  if (alignment == 'r')
    append_spaces (line, padding);
  g_string_append (line, cell);
  if (alignment != 'r')
    append_spaces (line, padding);
  append_spaces (line, GAP);
}

static void
write_row (const MoorTable *table,
           const char *indent,
           const char *const *cells,
           const guint *widths,
           GString *out)
{
  g_autoptr(GString) line = g_string_new (indent);

  for (guint i = 0; i < table->n_columns; i++)
    {
      if (widths[i] > 0)
        write_cell (line, cells[i], widths[i], table->alignment[i]);
    }
  g_string_append_printf (out, "%s\n", g_strchomp (line->str));
}

/**
 * moor_table_write:
 * @indent: what stands before each line
 * @out: where to append
 *
 * Writes titles and rows, columns aligned.  A column without content is left
 * out, a table without rows too.
 */
void
moor_table_write (const MoorTable *table, const char *indent, GString *out)
{
  g_autofree guint *widths = g_new0 (guint, table->n_columns);
  guint n_rows = moor_table_get_n_rows (table);

  if (n_rows == 0)
    return;

  for (guint i = 0; i < table->n_columns; i++)
    widths[i] = measure_column (table, i);
  write_row (table, indent, (const char *const *) table->titles, widths, out);
  for (guint row = 0; row < n_rows; row++)
    write_row (table, indent, (const char *const *) &table->cells->pdata[row * table->n_columns],
               widths, out);
}
