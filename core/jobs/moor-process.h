/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-job.h"
#include "moor-rule-set.h"

G_BEGIN_DECLS

/**
 * MoorProcessOptions:
 * @allowed: the user said that commands may be run
 * @trusted: nobody but root and that user can have written the rule files
 *
 * Whether what rules want to be run is run.
 */
typedef struct
{
  gboolean allowed;
  gboolean trusted;
} MoorProcessOptions;

gboolean moor_process_run (MoorJob *job,
                           const MoorRuleOutcome *outcome,
                           MoorWhen when,
                           const MoorProcessOptions *options,
                           JsonObject *result,
                           GError **error);

G_END_DECLS
