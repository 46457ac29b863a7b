/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * MoorProfileState:
 * @MOOR_PROFILE_READY: an account with its home
 * @MOOR_PROFILE_NO_ACCOUNT: a home whose owner is not in the system's passwd (LDAP, or left over)
 * @MOOR_PROFILE_NO_HOME: an account whose home does not exist
 * @MOOR_PROFILE_VOLUME_MISSING: the home's volume is not mounted
 * @MOOR_PROFILE_UNREADABLE: the home cannot be opened safely; see @problem
 */
typedef enum
{
  MOOR_PROFILE_READY,
  MOOR_PROFILE_NO_ACCOUNT,
  MOOR_PROFILE_NO_HOME,
  MOOR_PROFILE_VOLUME_MISSING,
  MOOR_PROFILE_UNREADABLE,
} MoorProfileState;

/**
 * MoorProfile:
 * @name: login name; for a home without account the name of its directory
 * @full_name: (nullable): from the account's comment field
 * @home: (type filename): path within the system, as the account says it
 * @canonical_home: (type filename) (nullable): the same, links resolved within the system
 * @volume_name: (nullable): lasting name of the volume that holds the home
 * @picture: (type filename) (nullable): path within the system of the person's picture
 * @last_used_ns: when the person last used this system, 0 if nobody knows
 * @selected_by_default: whether a capture takes it when nobody says otherwise
 * @in_use: somebody is logged in or has processes (running system only)
 * @encrypted: (nullable): "ecryptfs", "fscrypt", "gocryptfs", "homed": what the home is encrypted
 * by
 * @problem: (nullable): why @state is what it is, in English
 *
 * One person's account on a system.  Ref-counted and immutable; any thread.
 */
typedef struct
{
  char *name;
  char *full_name;
  guint32 uid;
  guint32 gid;
  char *home;
  char *canonical_home;
  char *volume_name;
  char *shell;
  char *picture;
  gint64 last_used_ns;
  gboolean selected_by_default;
  gboolean in_use;
  char *encrypted;
  MoorProfileState state;
  char *problem;
} MoorProfile;

MoorProfile *moor_profile_ref (MoorProfile *profile);
void moor_profile_unref (MoorProfile *profile);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorProfile, moor_profile_unref)

/* What a system has outside people's homes, as if it were somebody's: no login name has a colon. */
#define MOOR_SYSTEM_PROFILE ":system"

MoorProfile *moor_profile_new_system (const char *path);
const char *moor_profile_state_id (MoorProfileState state);

G_END_DECLS
