/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-job.h"
#include "moor-store.h"
#include "moor-system.h"

G_BEGIN_DECLS

/**
 * MoorEncrypted:
 * @MOOR_ENCRYPTED_TAKE: as any other
 * @MOOR_ENCRYPTED_ABORT: the job does not begin
 * @MOOR_ENCRYPTED_SKIP: it is left out
 * @MOOR_ENCRYPTED_COPY: what can be read of it is copied, in the clear
 *
 * What becomes of an encrypted home.
 */
typedef enum
{
  MOOR_ENCRYPTED_TAKE,
  MOOR_ENCRYPTED_ABORT,
  MOOR_ENCRYPTED_SKIP,
  MOOR_ENCRYPTED_COPY,
} MoorEncrypted;

/**
 * MoorSelection:
 * @users: (array zero-terminated=1) (nullable): patterns of login names; %NULL for
 *   everybody whom a capture takes when nobody says otherwise
 * @excluded_users: (array zero-terminated=1) (nullable): patterns; they win
 * @used_within_days: only who used the system lately; negative for all
 * @encrypted: what becomes of encrypted homes
 *
 * Whose files a job is about.
 */
typedef struct
{
  const char *const *users;
  const char *const *excluded_users;
  int used_within_days;
  MoorEncrypted encrypted;
} MoorSelection;

/* clang-format off */
#define MOOR_SELECTION_INIT { .users = NULL, .excluded_users = NULL, .used_within_days = -1 }
/* clang-format on */

/**
 * MoorChosen:
 * @place: where the home really is
 * @part: (nullable): the part of the store that takes it; known once a store exists
 * @tree_path: (type filename): its path below that part's `tree/`
 * @copy_only: nothing of it can be linked: its volume has no part of its own
 * @in_the_clear: nothing of it is linked: the copies are to be readable without a key
 * @is_system: what rules take outside people's homes, on one volume
 *
 * One chosen person.
 */
typedef struct
{
  MoorProfile *profile;
  MoorPlace place;
  const MoorPart *part;
  char *tree_path;
  gboolean copy_only;
  gboolean in_the_clear;
  gboolean is_system;
  guint32 id;
} MoorChosen;

MoorChosen *moor_chosen_new_system (const MoorPlace *place);

gboolean moor_selection_matches (const MoorSelection *selection, const char *name);
GPtrArray *moor_scope_choose (MoorJob *job,
                              MoorSystem *system,
                              const MoorSelection *selection,
                              GError **error); /* (element-type MoorChosen) (owned) */
gboolean moor_scope_volume_takes_part (MoorSystem *system, const MoorChosen *chosen);
gboolean moor_scope_is_store (const MoorSys *sys, int dfd);
gboolean moor_scope_check_store_path (MoorSystem *system,
                                      const char *store_path,
                                      MoorVolume **out_volume,
                                      GError **error);

G_END_DECLS
