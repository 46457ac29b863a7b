/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-root.h"

G_BEGIN_DECLS

/**
 * MoorAcceptOptions:
 * @despite_differences: somebody has seen what differs and accepts it
 * @consent: (nullable): the UUID of the volume on which things go for good
 */
typedef struct
{
  gboolean despite_differences;
  const char *consent;
  gboolean dry_run;
} MoorAcceptOptions;

gboolean moor_accept_run (MoorJob *job,
                          MoorSystem *system,
                          MoorStore *store,
                          const MoorAcceptOptions *options,
                          JsonObject *result,
                          GError **error);

G_END_DECLS
