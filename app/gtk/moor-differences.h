/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/**
 * MoorDifferences:
 *
 * What a check found, ready to be looked up by person and path.  Immutable and
 * ref-counted; any thread.
 */
typedef struct _MoorDifferences MoorDifferences;

MoorDifferences *moor_differences_new (JsonObject *result);
MoorDifferences *moor_differences_ref (MoorDifferences *self);
void moor_differences_unref (MoorDifferences *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorDifferences, moor_differences_unref)

GPtrArray *moor_differences_get_all (MoorDifferences *self);
JsonObject *moor_differences_find (MoorDifferences *self, const char *profile, const char *path);
guint moor_differences_count_inside (MoorDifferences *self, const char *profile, const char *path);
GPtrArray *moor_differences_find_extra (MoorDifferences *self,
                                        const char *profile,
                                        const char *path);

G_END_DECLS
