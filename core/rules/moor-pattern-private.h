/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-pattern.h"

G_BEGIN_DECLS

/* What `*` fits: in moor_glob_fits() any bytes, separators too. */
gboolean moor_glob_fits (const char *pattern, const char *name);
guint64 moor_pattern_rank (const MoorPattern *pattern);

/* Ranks are below 1 << MOOR_RANK_BITS. */
#define MOOR_RANK_BITS 48

G_END_DECLS
