/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-ruling.h"

G_BEGIN_DECLS

/**
 * MoorEstimateOptions:
 * @store_path: (type filename): where the store would be
 * @source: what would be taken
 */
typedef struct
{
  const char *store_path;
  MoorSelection selection;
  const MoorRuleSource *source;
  guint n_threads;
} MoorEstimateOptions;

gboolean moor_estimate_run (MoorJob *job,
                            MoorSystem *system,
                            const MoorEstimateOptions *options,
                            JsonObject *result,
                            GError **error);

G_END_DECLS
