/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-catalogue.h"

G_BEGIN_DECLS

/* What of a home is wanted, when only some paths are. */
typedef enum
{
  MOOR_WANTED_ALL,
  MOOR_WANTED_PARTLY, /* something below it */
  MOOR_WANTED_NOT,
} MoorWanted;

GPtrArray *moor_wanted_list (const MoorStoredProfile *profile,
                             const char *const *paths); /* (element-type filename) (owned) */
MoorWanted moor_wanted_of (GPtrArray *wanted, const char *path);
guint64 moor_wanted_find (MoorReader *reader, guint64 root, const char *path, GError **error);
gboolean moor_wanted_is_stored (MoorReader *reader,
                                const MoorStoredProfile *profile,
                                const char *wanted,
                                gboolean *out_stored,
                                GError **error);

G_END_DECLS
