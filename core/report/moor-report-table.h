/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * MoorTable:
 *
 * Aligned columns of text for people.  Not shared between threads.
 */
typedef struct _MoorTable MoorTable;

MoorTable *moor_table_new (const char *const *titles, const char *alignment);
void moor_table_free (MoorTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorTable, moor_table_free)

void moor_table_take (MoorTable *table, char *cell);
void moor_table_add (MoorTable *table, const char *cell);
guint moor_table_get_n_rows (const MoorTable *table);
void moor_table_write (const MoorTable *table, const char *indent, GString *out);

guint moor_text_width (const char *text);
char *moor_text_cut (const char *text, guint width);

G_END_DECLS
