/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-capture.h"
#include "moor-catalogue.h"
#include "moor-error-control.h"
#include "moor-lock-control.h"
#include "moor-unasked.h"
#include "moor-walk.h"

G_BEGIN_DECLS

/* What was done for one person, added up by several workers: every member is
 * atomic but @root_object, which is written once. */
typedef struct
{
  gsize n_files;
  gsize n_directories;
  gsize n_bytes;
  gsize n_linked;
  gsize n_already;
  gsize n_reflinked;
  gsize n_copied;
  gsize n_copied_bytes;
  gsize n_excluded;
  gsize n_superseded;
  gsize next_event_ms;
  guint64 root_object;
} MoorCaptureCounts;

/**
 * MoorLinkWalk:
 * @writer: (nullable): gets a row for each object; %NULL for a probe
 * @resumed: the store held something before: what it holds too much is moved aside
 * @errors: (nullable): which errors end the run, whatever @stop_on_error says
 * @locks: (nullable): which files are copied because somebody has locked them
 * @strangers: (element-type struct stat) (nullable): see #MoorRuling
 * @locked: (nullable): gets a line for each object that is marked immutable or append-only,
 *   see moor-locked.h; guarded by the walk's own lock while it runs
 * @unasked: (nullable): gets what no rule asks for
 * @stop_after: end quietly when so many objects were linked; 0 for never
 *
 * The walk that links homes into mirrored trees: what a capture does, and what an
 * estimate tries out on a few thousand objects.
 */
typedef struct
{
  MoorJob *job;
  MoorRules *rules;
  MoorWriter *writer;
  MoorStore *store;
  MoorMethod best_method;
  gboolean resumed;
  gboolean stop_on_error;
  const MoorErrorControl *errors;
  const MoorLockControl *locks;
  const GArray *strangers;
  guint n_workers;
  GString *locked;
  guint64 stop_after;
  MoorUnasked *unasked;      /* (nullable) (not owned) */
  GPtrArray *chosen;         /* (element-type MoorChosen) (not owned) */
  const int *mirror_dfds;    /* (not owned): one for each of @chosen */
  MoorCaptureCounts *counts; /* (not owned): one for each of @chosen */
} MoorLinkWalk;

gboolean moor_link_walk_run (const MoorLinkWalk *walk, GError **error);

G_END_DECLS
