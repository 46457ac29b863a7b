/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* @name is in capitals; the answer is not owned, NULL for a name without a value. */
typedef const char *(*MoorVariableFunc) (const char *name, gpointer user_data);

char *moor_variables_expand (const char *text,
                             MoorVariableFunc func,
                             gpointer user_data,
                             char **out_missing);

G_END_DECLS
