/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-walk.h"

G_BEGIN_DECLS

/**
 * MoorRemoveFunc:
 * @path: below the directory that is removed
 * @errnum: why it resisted, or 0 when it was removed
 *
 * Told about each object; runs in a worker thread.
 */
typedef void (
    *MoorRemoveFunc) (const char *path, guint8 type, int errnum, guint worker, gpointer user_data);

/**
 * MoorRemoveOptions:
 * @clear_flags: immutable and append-only marks are taken off what resists
 * @n_workers: see #MoorWalkOptions
 * @func: (nullable): told about each object
 */
typedef struct
{
  const MoorSys *sys;
  gboolean clear_flags;
  guint n_workers;
  MoorRemoveFunc func;
  gpointer user_data;
} MoorRemoveOptions;

gboolean moor_remove_tree (int dfd,
                           const char *name,
                           const MoorRemoveOptions *options,
                           guint64 *out_n_removed,
                           guint64 *out_n_resisted,
                           GCancellable *cancellable,
                           GError **error);

G_END_DECLS
