/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-account.h"
#include "moor-catalogue.h"
#include "moor-meta.h"
#include "moor-restore.h"

G_BEGIN_DECLS

/**
 * MoorRestoring:
 * @account: (nullable): what the store knows of the account
 * @makes_account: it does not exist on the target
 * @how: what became of the home: "new", "exchanged", "moved", "in-place", "already"
 *
 * One person while being restored.
 */
typedef struct
{
  MoorStoredProfile *profile; /* (not owned) */
  MoorAccount *account;       /* (owned) */
  MoorAccountPlan plan;
  gboolean has_plan;
  gboolean makes_account;
  char *target_name;
  char *target_home;
  MoorIdMap ids;
  const char *how;
  gsize n_linked; /* (atomic) the counters */
  gsize n_copied;
  gsize n_collisions;
  gsize n_reowned;
} MoorRestoring;

/* What one run shares. */
typedef struct
{
  MoorJob *job;
  MoorSystem *system; /* (not owned) */
  MoorStore *store;   /* (not owned) */
  const MoorRestoreOptions *options;
  guint n_workers;
} MoorRestore;

/**
 * MoorMerge:
 * @store_dfd: the home in the store
 * @existing_dfd: the home that is there and has to be kept; -1 if there is none, or @in_place
 * @target_dfd: what is built
 * @in_place: @target_dfd is the living home itself
 * @keeps_folders: folders that are there keep their attributes
 *
 * Putting a person's files together.
 */
typedef struct
{
  const MoorRestore *restore;
  MoorRestoring *person;
  int store_dfd;
  int existing_dfd;
  int target_dfd;
  gboolean in_place;
  gboolean keeps_folders;
} MoorMerge;

gboolean moor_merge_run (const MoorMerge *merge, GError **error);
gboolean moor_home_is_skeleton (MoorSystem *system, int home_dfd);

gboolean moor_restore_locate_home (MoorSystem *system,
                                   const char *home,
                                   gboolean make_parents,
                                   MoorPlace *out_home,
                                   MoorPlace *out_parent,
                                   GError **error);

/* The key under which the state is kept in which a whole restore found the store. */
#define MOOR_BEFORE_RESTORE "before-restore"

gboolean moor_restore_state_before (MoorStore *store,
                                    const char *key,
                                    MoorStoreState *out_state,
                                    GError **error);
gboolean moor_restore_check_homes (const MoorRestore *restore,
                                   GPtrArray *stored,
                                   GPtrArray *people,
                                   GError **error);
gboolean moor_restore_home (const MoorRestore *restore, MoorRestoring *person, GError **error);

G_END_DECLS
