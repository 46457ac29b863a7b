/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-last-copies.h"
#include "moor-store.h"

G_BEGIN_DECLS

/* Removing what a store holds: what delete and accept share. */
GArray *moor_erase_open_folders (MoorJob *job,
                                 MoorStore *store,
                                 const char *const *folders,
                                 GError **error); /* (element-type MoorWalkRoot) */
void moor_erase_close_folders (GArray *roots);
gboolean moor_erase_check_parts (MoorStore *store, GError **error);
gboolean moor_erase_store (MoorJob *job, MoorStore *store, JsonObject *result, GError **error);

G_END_DECLS
