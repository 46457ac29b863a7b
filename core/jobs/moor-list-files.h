/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-catalogue.h"

G_BEGIN_DECLS

gboolean moor_list_files_write (MoorStore *store, const char *path, GError **error);

G_END_DECLS
