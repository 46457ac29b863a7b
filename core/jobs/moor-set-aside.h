/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-root.h"
#include "moor-verify.h"

G_BEGIN_DECLS

/**
 * MoorSetAsideOptions:
 * @protect: (array zero-terminated=1) (nullable): paths within the system that stay
 */
typedef struct
{
  const char *const *protect;
  gboolean dry_run;
} MoorSetAsideOptions;

gboolean moor_set_aside_run (MoorJob *job,
                             MoorSystem *system,
                             MoorGate *gate,
                             const MoorSetAsideOptions *options,
                             JsonObject *result,
                             GError **error);
gboolean moor_set_aside_continue (MoorJob *job,
                                  MoorSystem *system,
                                  MoorStore *store,
                                  const MoorSetAsideOptions *options,
                                  JsonObject *result,
                                  GError **error);
char **moor_set_aside_dup_unselected (MoorStore *store, GError **error);

G_END_DECLS
