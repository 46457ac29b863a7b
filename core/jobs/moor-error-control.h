/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-config-file.h"
#include "moor-job.h"
#include "moor-rule-host.h"

G_BEGIN_DECLS

/**
 * MoorErrorControl:
 *
 * The <ErrorControl> of a Config.xml: which errors end a run and which do not.
 * Immutable; any thread.
 */
typedef struct _MoorErrorControl MoorErrorControl;

typedef enum
{
  MOOR_ERROR_CONTROL_UNSAID, /* no entry is about it */
  MOOR_ERROR_CONTROL_GO_ON,
  MOOR_ERROR_CONTROL_STOP,
} MoorErrorVerdict;

MoorPattern *moor_policy_pattern (const MoorConfigPolicy *policy,
                                  const MoorRuleHost *host,
                                  GError **error);
void moor_error_control_tell (MoorJob *job, const MoorConfigFile *config, const MoorRuleHost *host);

MoorErrorControl *moor_error_control_new (const MoorConfigFile *config, const MoorRuleHost *host);
void moor_error_control_free (MoorErrorControl *control);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorErrorControl, moor_error_control_free)
MoorErrorVerdict moor_error_control_find (const MoorErrorControl *control,
                                          const char *path,
                                          MoorCause cause,
                                          int errnum);

G_END_DECLS
