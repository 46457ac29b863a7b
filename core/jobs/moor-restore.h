/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-ruling.h"

G_BEGIN_DECLS

/**
 * MoorConflict:
 * @MOOR_CONFLICT_RULES: as the rules say; without a rule both are kept
 * @MOOR_CONFLICT_KEEP_BOTH: what is there keeps its name, what comes gets `(1)`
 * @MOOR_CONFLICT_KEEP_OLD: what comes from the store has the name; the other is in the replaced
 * home
 * @MOOR_CONFLICT_KEEP_NEW: what is there keeps the name; the other stays in the store
 *
 * What to do when a name is taken by a different object.
 */
typedef enum
{
  MOOR_CONFLICT_RULES,
  MOOR_CONFLICT_KEEP_BOTH,
  MOOR_CONFLICT_KEEP_OLD,
  MOOR_CONFLICT_KEEP_NEW,
} MoorConflict;

/**
 * MoorRestoreOptions:
 * @map: (array zero-terminated=1) (nullable): "OLD:NEW" login names
 * @paths: (array zero-terminated=1) (nullable): only these, below the homes or absolute
 * @create_accounts: missing accounts are made, locked
 * @enable_accounts: missing accounts are made, with the old password
 * @passwords: (array zero-terminated=1) (nullable): "NAME:HASH": what accounts that are made get
 *   instead of the old password; a secret
 * @move: rename the store's own trees instead of linking, where that is possible
 * @rules: (nullable): rule files; without any, everything comes back to where it was
 */
typedef struct
{
  MoorSelection selection;
  const char *const *map;
  const char *const *paths;
  gboolean create_accounts;
  gboolean enable_accounts;
  const char *const *passwords;
  MoorConflict conflict;
  gboolean move;
  gboolean dry_run;
  guint n_threads;
  const MoorRuleSource *rules;
} MoorRestoreOptions;

gboolean moor_restore_run (MoorJob *job,
                           MoorSystem *system,
                           MoorStore *store,
                           const MoorRestoreOptions *options,
                           JsonObject *result,
                           GError **error);
gboolean moor_undo_run (MoorJob *job,
                        MoorSystem *system,
                        MoorStore *store,
                        gboolean dry_run,
                        JsonObject *result,
                        GError **error);

G_END_DECLS
