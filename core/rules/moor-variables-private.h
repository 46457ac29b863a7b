/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-rule-host.h"
#include "moor-variables.h"

G_BEGIN_DECLS

gboolean moor_variable_is_of_windows (const char *name);
char *moor_path_to_text (MoorPathStyle style, const char *path);

G_END_DECLS
