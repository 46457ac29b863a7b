/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-client.h"

G_BEGIN_DECLS

/**
 * MoorFake:
 * @estimate_step_ms: pause between two events of an estimate
 * @capture_steps: how many steps a capture takes
 * @capture_step_ms: pause between two of them
 * @flood: how many events of each kind a capture throws at the window, without a pause
 * @capture_exit: how a capture ends
 * @n_differences: what a check finds
 * @n_children: how many files each folder of the store holds
 * @fail: (nullable): an operation that fails
 * @no_people: the system is empty
 * @n_stores: how many stores there are
 * @state: state of the stores
 * @last_copies: what deleting a store would lose
 * @operations: (element-type utf8): what was asked for, in order; guarded by lock
 *
 * An engine that answers what a test says, without touching a disk.
 */
typedef struct
{
  guint estimate_step_ms;
  guint capture_steps;
  guint capture_step_ms;
  guint flood;
  MoorExit capture_exit;
  guint n_differences;
  guint n_children;
  const char *fail;
  gboolean no_people;
  guint n_stores;
  const char *state;
  guint last_copies;

  GMutex lock;
  GPtrArray *operations;
  JsonObject *last_request;
} MoorFake;

MoorFake *moor_fake_new (void);
void moor_fake_free (MoorFake *fake);
MoorClient *moor_fake_client (MoorFake *fake);
guint moor_fake_count (MoorFake *fake, const char *operation);
JsonObject *moor_fake_dup_last_request (MoorFake *fake);

G_END_DECLS
