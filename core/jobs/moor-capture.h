/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-ruling.h"

G_BEGIN_DECLS

/**
 * MoorCaptureOptions:
 * @store_path: (type filename): where the store is or will be
 * @source: what is taken; without rule files, a store that is gone on with keeps its own
 * @list_path: (type filename) (nullable): gets a line for each object, once the store is sealed
 * @n_threads: workers; 0 to choose by what limits
 * @resume: a sealed store is opened again; what was saved anew is linked anew
 * @overwrite: an existing store is removed first, unless it holds last copies
 * @stop_on_error: the first object that cannot be had ends the job
 * @best_method: %MOOR_METHOD_LINK; another to make a store that shares nothing
 * @n_expected: objects that an estimate counted, 0 if nobody did
 * @count_first: count before linking, so that progress has a total
 * @note: (nullable): a person's words about this store
 */
typedef struct
{
  const char *store_path;
  MoorSelection selection;
  const MoorRuleSource *source;
  const char *list_path;
  guint n_threads;
  gboolean resume;
  gboolean overwrite;
  gboolean stop_on_error;
  MoorMethod best_method;
  guint64 n_expected;
  gboolean count_first;
  const char *note;
} MoorCaptureOptions;

gboolean moor_capture_run (MoorJob *job,
                           MoorSystem *system,
                           const MoorCaptureOptions *options,
                           JsonObject *result,
                           GError **error);

G_END_DECLS
