/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-call.h"
#include "moor-rules.h"

G_BEGIN_DECLS

/**
 * MoorFilter:
 *
 * A filter that sees the object, in the form it is asked in for each.  Immutable; any thread.
 */
typedef struct _MoorFilter MoorFilter;

MoorFilter *moor_filter_new (const MoorCall *call);
void moor_filter_free (MoorFilter *filter);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorFilter, moor_filter_free)

gboolean moor_filter_holds (const MoorFilter *filter, const struct statx *stx);
gboolean moor_filter_check (const MoorCall *call, GError **error);
gboolean moor_filter_needs_look (const MoorCall *call);
gboolean moor_filter_keeps (const MoorCall *call, const MoorLook *look);

G_END_DECLS
