/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-root.h"

G_BEGIN_DECLS

gboolean moor_rollback_run (MoorJob *job,
                            MoorSystem *system,
                            MoorStore *store,
                            gboolean dry_run,
                            JsonObject *result,
                            GError **error);

G_END_DECLS
