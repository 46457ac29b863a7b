/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-gate-private.h"

struct _MoorGate
{
  MoorStore *store; /* (owned): locked as long as the gate lives */
  guint64 root_dev;
  guint64 root_ino;
};

/**
 * moor_gate_new:
 * @store: sealed, locked, and just now verified against @system without anything that blocks
 *
 * For the verification alone.  Any thread.
 *
 * Returns: (transfer full): the proof
 */
MoorGate *
moor_gate_new (MoorStore *store, MoorSystem *system)
{
  MoorGate *gate = g_new0 (MoorGate, 1);
  struct stat st = { 0 };

  (void) fstat (moor_system_get_dfd (system), &st);
  gate->store = moor_store_ref (store);
  gate->root_dev = st.st_dev;
  gate->root_ino = st.st_ino;
  return gate;
}

/**
 * moor_gate_free:
 * @gate: (transfer full) (nullable): a proof that was used or is not needed
 */
void
moor_gate_free (MoorGate *gate)
{
  if (gate == NULL)
    return;

  moor_store_unref (gate->store);
  g_free (gate);
}

/**
 * moor_gate_get_store:
 *
 * Returns: (transfer none): the store that was proven to hold everything.  Any thread.
 */
MoorStore *
moor_gate_get_store (MoorGate *gate)
{
  return gate->store;
}

/**
 * moor_gate_is_for:
 *
 * Returns: whether @gate was handed out for the very root of @system.  Any thread.
 */
gboolean
moor_gate_is_for (MoorGate *gate, MoorSystem *system)
{
  struct stat st;

  return fstat (moor_system_get_dfd (system), &st) == 0 && st.st_dev == gate->root_dev
         && st.st_ino == gate->root_ino;
}
