/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-scope.h"

G_BEGIN_DECLS

/**
 * MoorUnasked:
 *
 * What is in people's homes that no rule asks for: counted, with a few examples.
 * Several threads may add to it.
 */
typedef struct _MoorUnasked MoorUnasked;

MoorUnasked *moor_unasked_new (guint n_chosen);
void moor_unasked_free (MoorUnasked *unasked);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorUnasked, moor_unasked_free)

gboolean moor_unasked_count (MoorUnasked *unasked, guint chosen, gboolean is_dir);
void moor_unasked_take_example (MoorUnasked *unasked, guint chosen, char *path);
JsonArray *moor_unasked_to_json (const MoorUnasked *unasked, GPtrArray *chosen);

G_END_DECLS
