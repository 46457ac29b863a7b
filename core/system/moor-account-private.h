/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-account.h"
#include "moor-records-private.h"

G_BEGIN_DECLS

#define MOOR_ACCOUNT_MAX_BYTES ((gsize) 32 * 1024 * 1024)
#define MOOR_ACCOUNT_N_SHADOW_FIELDS 9

MoorAccount *moor_account_new (void);
gboolean moor_account_check (const MoorAccount *account, GError **error);
gboolean moor_account_is_shadow_line (const char *line, const char *name);
gboolean moor_account_is_range (const char *range, guint64 *out_start, guint64 *out_count);
char *moor_account_group_on (const MoorAccount *account, const char *name);
gboolean moor_account_apply_with (const MoorSys *sys,
                                  MoorSystem *target,
                                  const MoorAccount *account,
                                  const MoorAccountPlan *plan,
                                  gboolean enable,
                                  GPtrArray *out_notes,
                                  GCancellable *cancellable,
                                  GError **error);

/**
 * MoorMaking:
 *
 * One account that is being made or repaired.
 */
typedef struct
{
  const MoorSys *sys;
  MoorSystem *target;
  const MoorAccount *account;
  const MoorAccountPlan *plan;
  gboolean enable;
  GPtrArray *notes; /* (element-type MoorIssue) */
  int etc_dfd;
} MoorMaking;

void moor_making_note (MoorMaking *making,
                       MoorSeverity severity,
                       MoorCause cause,
                       const char *path,
                       const char *format,
                       ...) G_GNUC_PRINTF (5, 6);
int moor_making_open_etc (MoorSystem *target, GError **error);
gboolean moor_making_run_program (MoorMaking *making,
                                  const char *name,
                                  const char *const *arguments,
                                  GError **error);
gboolean moor_making_shadow (MoorMaking *making, GError **error);
gboolean moor_making_gshadow (MoorMaking *making, const char *group, GError **error);
gboolean moor_making_ranges (MoorMaking *making, const char *file, char **ranges, GError **error);
gboolean moor_making_service (MoorMaking *making, GError **error);

G_END_DECLS
