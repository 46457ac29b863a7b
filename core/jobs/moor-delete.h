/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-job.h"
#include "moor-store.h"

G_BEGIN_DECLS

/**
 * MoorDeleteOptions:
 * @even_last_copies: somebody said so, in so many words, for this very store
 * @dry_run: only tell
 */
typedef struct
{
  const char *store_path;
  gboolean even_last_copies;
  gboolean dry_run;
} MoorDeleteOptions;

gboolean moor_delete_run (MoorJob *job,
                          const MoorDeleteOptions *options,
                          JsonObject *result,
                          GError **error);
gboolean moor_delete_before_overwriting (MoorJob *job, const char *store_path, GError **error);

G_END_DECLS
