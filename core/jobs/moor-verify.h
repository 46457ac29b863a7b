/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-catalogue.h"
#include "moor-job.h"
#include "moor-rules.h"
#include "moor-system.h"

G_BEGIN_DECLS

/**
 * MoorGate:
 *
 * Proof that a store held everything a moment ago (DESIGN promise 3).  Only a
 * successful verification against the source hands one out; a destructive step
 * takes it and consumes it.  It keeps the store locked.
 */
typedef struct _MoorGate MoorGate;

void moor_gate_free (MoorGate *gate);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorGate, moor_gate_free)
MoorStore *moor_gate_get_store (MoorGate *gate);
gboolean moor_gate_is_for (MoorGate *gate, MoorSystem *system);

typedef enum
{
  MOOR_AGAINST_SOURCE,
  MOOR_AGAINST_RESTORED,
} MoorAgainst;

/**
 * MoorStatus:
 * @MOOR_STATUS_SAME: the very same object: same inode
 * @MOOR_STATUS_EQUAL_COPY: a copy with the same content
 * @MOOR_STATUS_CHANGED: the name is there, the object is another or was edited
 * @MOOR_STATUS_MISSING: it should be there and is not
 * @MOOR_STATUS_EXTRA: it is there and the store knows nothing of it (or, against the source, only
 * the store has it)
 * @MOOR_STATUS_METADATA: the same object, with another owner, mode or attribute
 * @MOOR_STATUS_RENAMED: there under another name, because both were kept
 */
typedef enum
{
  MOOR_STATUS_SAME,
  MOOR_STATUS_EQUAL_COPY,
  MOOR_STATUS_CHANGED,
  MOOR_STATUS_MISSING,
  MOOR_STATUS_EXTRA,
  MOOR_STATUS_METADATA,
  MOOR_STATUS_RENAMED,
  MOOR_N_STATUSES
} MoorStatus;

const char *moor_status_id (MoorStatus status);

/**
 * MoorVerifyOptions:
 * @store: open and locked by the caller
 * @rules: (nullable): what of a restored home is told of when it is not in the store; against
 *   the source the rules that the store was made with count
 * @content: copies of files are compared by content on both sides
 * @only_notes: differences are told, and are no exceptions of the job
 * @only_root: leave out who is on a volume that is not mounted, if it is not the system's own:
 *   a set aside touches no other volume
 */
typedef struct
{
  MoorStore *store;
  MoorAgainst against;
  MoorRules *rules;
  gboolean content;
  gboolean only_notes;
  gboolean only_root;
  guint n_threads;
} MoorVerifyOptions;

gboolean moor_verify_run (MoorJob *job,
                          MoorSystem *system,
                          const MoorVerifyOptions *options,
                          JsonObject *result,
                          MoorGate **out_gate,
                          GError **error);
void moor_verify_assume_mounts (MoorStore *store, MoorSystem *system);

G_END_DECLS
