/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-capture-private.h"
#include "moor-estimate.h"

G_BEGIN_DECLS

/* What was counted; atomic where several workers add. */
typedef struct
{
  gsize n_files;
  gsize n_directories;
  gsize n_bytes;
  gsize n_copies;
  gsize n_copy_bytes;
  gsize n_excluded;
  gsize n_excluded_bytes;
  gsize n_attention;
  gsize next_event_ms;
} MoorEstimated;

void moor_estimated_add (MoorEstimated *sum, const MoorEstimated *one);

/**
 * MoorLinkCost:
 * @unit_s: seconds for one file; a directory costs several
 * @fixed_s: what a capture costs whatever it takes: making the store, sealing it
 * @bytes_per_link: what a name in the store takes on the volume
 *
 * What linking costs on the volumes at hand, measured a moment ago.
 */
typedef struct
{
  double unit_s;
  double fixed_s;
  double scan_s;
  guint bytes_per_link;
} MoorLinkCost;

/* clang-format off */
#define MOOR_LINK_COST_INIT { .unit_s = 12e-6, .fixed_s = 0.05, .scan_s = 0, .bytes_per_link = 100 }
/* clang-format on */

gboolean moor_link_cost_measure (MoorLinkCost *cost,
                                 MoorJob *job,
                                 GPtrArray *chosen,
                                 const MoorRuling *ruling,
                                 const MoorEstimateOptions *options,
                                 GError **error);
void moor_link_cost_fill (const MoorLinkCost *cost,
                          const MoorEstimated *counts,
                          gboolean whole,
                          JsonObject *object);

G_END_DECLS
