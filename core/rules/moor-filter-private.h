/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-call.h"
#include "moor-rules.h"

G_BEGIN_DECLS

gboolean moor_filter_check (const MoorCall *call, GError **error);
gboolean moor_filter_needs_look (const MoorCall *call);
gboolean moor_filter_keeps (const MoorCall *call, MoorPathStyle style, const MoorLook *look);

G_END_DECLS
