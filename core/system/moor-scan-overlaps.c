/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-scan-private.h"

#include <string.h>

/* No object may be taken twice: of homes that overlap one is taken. */

/* Whether @profile, rather than @other, is whose home it is when both name the same. */
static gboolean
owns_more (const MoorScan *scan, const MoorProfile *profile, const MoorProfile *other)
{
  g_auto(MoorSpot) spot = MOOR_SPOT_INIT;
  struct stat st;

  return moor_system_resolve (scan->system, profile->canonical_home, &spot, NULL) && spot.fd >= 0
         && fstat (spot.fd, &st) == 0 && st.st_uid == profile->uid && st.st_uid != other->uid;
}

/* Returns: which of the two has the home that both name. */
static MoorProfile *
settle_same (const MoorScan *scan, MoorProfile *first, MoorProfile *second)
{
  gboolean swap = owns_more (scan, second, first);

  moor_scan_set_problem (swap ? first : second, MOOR_PROFILE_NO_HOME,
                         "“%s” is also the home of %s and goes with that account",
                         first->canonical_home, swap ? second->name : first->name);
  return swap ? second : first;
}

/**
 * moor_scan_settle_overlaps:
 * @scan: with all accounts
 *
 * Of those with the same home it is that of one, and a home inside others goes with
 * the outermost.
 */
void
moor_scan_settle_overlaps (MoorScan *scan)
{
  g_autoptr(GHashTable) by_home = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < scan->profiles->len; i++)
    {
      MoorProfile *profile = g_ptr_array_index (scan->profiles, i);
      MoorProfile *other;

      if (profile->state != MOOR_PROFILE_READY)
        continue;
      other = g_hash_table_lookup (by_home, profile->canonical_home);
      if (other != NULL)
        profile = settle_same (scan, other, profile);
      g_hash_table_replace (by_home, profile->canonical_home, profile);
    }
  for (guint i = 0; i < scan->profiles->len; i++)
    {
      MoorProfile *profile = g_ptr_array_index (scan->profiles, i);
      const MoorProfile *outer = NULL;

      if (profile->state == MOOR_PROFILE_READY)
        outer = moor_scan_find_outermost (by_home, profile->canonical_home, FALSE);
      if (outer != NULL)
        moor_scan_set_problem (profile, MOOR_PROFILE_NO_HOME,
                               "The home is inside the home of %s and goes with it", outer->name);
    }
}
