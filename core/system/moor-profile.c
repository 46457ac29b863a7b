/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-profile-private.h"

/* The count comes after what everybody may see. */
typedef struct
{
  MoorProfile profile;
  gatomicrefcount refs;
} CountedProfile;

/**
 * moor_profile_new:
 *
 * Returns: (transfer full): an empty profile, to be filled in by the one who makes it and
 *   immutable from then on
 */
MoorProfile *
moor_profile_new (void)
{
  CountedProfile *counted = g_new0 (CountedProfile, 1);

  g_atomic_ref_count_init (&counted->refs);
  return &counted->profile;
}

/**
 * moor_profile_new_system:
 * @path: (type filename): where its tree begins: "/", or the mount point of another volume
 *
 * Returns: (transfer full): the pseudo person whose files are what a system has outside
 *   people's homes
 */
MoorProfile *
moor_profile_new_system (const char *path)
{
  MoorProfile *profile = moor_profile_new ();

  profile->name = g_strdup (MOOR_SYSTEM_PROFILE);
  profile->home = g_strdup (path);
  profile->canonical_home = g_strdup (path);
  profile->state = MOOR_PROFILE_NO_ACCOUNT;
  return profile;
}

/**
 * moor_profile_ref:
 *
 * Returns: (transfer full): @profile.  Any thread.
 */
MoorProfile *
moor_profile_ref (MoorProfile *profile)
{
  g_atomic_ref_count_inc (&((CountedProfile *) profile)->refs);
  return profile;
}

/**
 * moor_profile_unref:
 * @profile: (transfer full): any thread
 */
void
moor_profile_unref (MoorProfile *profile)
{
  CountedProfile *counted = (CountedProfile *) profile;

  if (!g_atomic_ref_count_dec (&counted->refs))
    return;

  g_free (profile->name);
  g_free (profile->full_name);
  g_free (profile->home);
  g_free (profile->canonical_home);
  g_free (profile->volume_name);
  g_free (profile->shell);
  g_free (profile->picture);
  g_free (profile->encrypted);
  g_free (profile->problem);
  g_free (counted);
}

/**
 * moor_profile_state_id:
 *
 * Returns: the word for @state in events, reports and scripts.  Any thread.
 */
const char *
moor_profile_state_id (MoorProfileState state)
{
  static const char *const ids[] = { "ready", "no-account", "no-home", "volume-missing",
                                     "unreadable" };

  g_return_val_if_fail ((guint) state < G_N_ELEMENTS (ids), "");
  return ids[state];
}
