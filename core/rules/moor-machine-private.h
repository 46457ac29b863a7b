/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-rules.h"

G_BEGIN_DECLS

/**
 * MoorMachine:
 *
 * Rules about files, or about the registry, as a machine that is descended together with a walk.
 * Callers see something immutable; any thread.
 */
typedef struct _MoorMachine MoorMachine;

MoorMachine *moor_machine_new (const GPtrArray *items, MoorPatternType type, MoorPathStyle style);
void moor_machine_free (MoorMachine *machine);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorMachine, moor_machine_free)

MoorRuleState moor_machine_top (const MoorMachine *machine);
gboolean moor_machine_judge_top (const MoorMachine *machine, MoorDecision *out_decision);
void moor_machine_decide (const MoorMachine *machine,
                          MoorRuleState parent,
                          const char *name,
                          gboolean is_dir,
                          const MoorLook *look,
                          MoorDecision *out_decision);
guint moor_machine_count_states (const MoorMachine *machine);

G_END_DECLS
