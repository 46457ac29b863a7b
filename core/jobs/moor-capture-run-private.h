/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-capture-private.h"
#include "moor-ruling.h"

G_BEGIN_DECLS

/* What moor-capture.c (the run) and moor-capture-store.c (finding or making its store)
 * share. */
typedef struct
{
  MoorJob *job;
  MoorSystem *system;
  const MoorCaptureOptions *options;
  GPtrArray *chosen;            /* (element-type MoorChosen) (owned) */
  MoorStore *store;             /* (owned) */
  MoorRuleSource stored_source; /* the rules that the store was made with, when they go on */
  const MoorRuleSource *source; /* the rules that are asked for, or @stored_source */
  MoorRuling ruling;
  MoorErrorControl *errors; /* (owned) (nullable) */
  MoorLockControl *locks;   /* (owned) (nullable) */
  MoorCaptureCounts *counts;
  MoorUnasked *unasked; /* (owned) (nullable) */
  gboolean resumed;
  gboolean has_system; /* the store has something from outside people's homes */
  gint64 started_us;
} MoorCapture;

gboolean moor_capture_open_store (MoorCapture *capture, GError **error);
gboolean moor_capture_record_people (MoorCapture *capture, GError **error);
gboolean moor_capture_add_stored (MoorCapture *capture, GError **error);

G_END_DECLS
