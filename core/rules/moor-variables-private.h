/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-rule-host.h"

G_BEGIN_DECLS

/* @name is in capitals; the answer is not owned, NULL for a name without a value. */
typedef const char *(*MoorVariableFunc) (const char *name, gpointer user_data);

char *moor_variables_expand (const char *text,
                             MoorVariableFunc func,
                             gpointer user_data,
                             char **out_missing);
gboolean moor_variable_is_of_windows (const char *name);
char *moor_path_to_text (MoorPathStyle style, const char *path);

G_END_DECLS
