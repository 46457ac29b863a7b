/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-restore-private.h"
#include "moor-root.h"
#include "moor-verify.h"

G_BEGIN_DECLS

gboolean moor_undo_profile (MoorJob *job,
                            MoorSystem *system,
                            MoorStore *store,
                            const MoorStoredProfile *profile,
                            const char **out_how,
                            GError **error);
gboolean moor_undo_reown_home (MoorJob *job,
                               MoorSystem *system,
                               MoorStore *store,
                               const MoorStoredProfile *profile,
                               GError **error);
gboolean moor_undo_reown (MoorJob *job,
                          MoorStore *store,
                          const MoorStoredProfile *profile,
                          GError **error);

G_END_DECLS
