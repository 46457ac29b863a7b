/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-restore-private.h"

#include <string.h>

/* Where @home really is in the system; in the end what matters is that it is one string. */
static char *
canonical_home (const MoorRestore *restore, const char *home)
{
  g_auto(MoorPlace) place = { .dfd = -1 };

  return moor_system_locate (restore->system, home, &place, NULL) ? g_steal_pointer (&place.path)
                                                                  : g_strdup (home);
}

/* Who has that home, or one around it. */
static const char *
whose_home (GHashTable *homes, const char *home)
{
  g_autofree char *at = g_strdup (home);
  const char *name;

  while ((name = g_hash_table_lookup (homes, at)) == NULL && strlen (at) > 1)
    {
      g_autofree char *above = g_path_get_dirname (at);

      if (g_str_equal (above, at))
        return NULL;
      g_free (at);
      at = g_steal_pointer (&above);
    }
  return name;
}

static gboolean
is_restored_now (GPtrArray *people, const MoorStoredProfile *profile)
{
  for (guint i = 0; i < people->len; i++)
    {
      if (((const MoorRestoring *) g_ptr_array_index (people, i))->profile == profile)
        return TRUE;
    }
  return FALSE;
}

/* Takes homes into the set that were restored before, to stay. */
static GHashTable *
list_homes_of_others (const MoorRestore *restore, GPtrArray *stored, GPtrArray *people)
{
  GHashTable *homes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < stored->len; i++)
    {
      const MoorStoredProfile *profile = g_ptr_array_index (stored, i);

      if (!g_str_equal (profile->name, MOOR_SYSTEM_PROFILE)
          && profile->restore.step != MOOR_RESTORE_NONE && profile->restore.target_home != NULL
          && !is_restored_now (people, profile))
        g_hash_table_insert (homes, canonical_home (restore, profile->restore.target_home),
                             profile->name);
    }
  return homes;
}

static gboolean
throw_one_home (const char *one, const char *other, const char *home, GError **error)
{
  return moor_throw (error, MOOR_ERROR_REFUSED,
                     "%s and %s would both come back into “%s”, and neither could be taken back "
                     "alone. Restore one of them to another account with --map",
                     one, other, home);
}

/* Whoever came back elsewhere would have two homes, and undo would know one of them. */
static gboolean
check_same_home (const MoorRestoring *person, const char *home, GError **error)
{
  const MoorRestoreRecord *before = &person->profile->restore;

  if (before->step < MOOR_RESTORE_READY || before->target_home == NULL
      || g_str_equal (before->target_home, home))
    return TRUE;
  return moor_throw (error, MOOR_ERROR_REFUSED,
                     "%s was restored to “%s” before; “mooring undo” takes that back, and then "
                     "“%s” is possible",
                     person->profile->name, before->target_home, home);
}

/**
 * moor_restore_check_homes:
 * @stored: (element-type MoorStoredProfile): everybody in the store
 * @people: (element-type MoorRestoring): who is to be restored now
 *
 * Two people cannot come back into one home, nor one into the home of another: each
 * swap would take the other's home for the one that was there before.  Nor can
 * anybody come back into a second home.  Blocks.
 *
 * Returns: %FALSE with %MOOR_ERROR_REFUSED
 */
gboolean
moor_restore_check_homes (const MoorRestore *restore,
                          GPtrArray *stored,
                          GPtrArray *people,
                          GError **error)
{
  g_autoptr(GHashTable) homes = list_homes_of_others (restore, stored, people);
  g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < people->len; i++)
    {
      const MoorRestoring *person = g_ptr_array_index (people, i);
      char *home = canonical_home (restore, person->target_home);
      const char *other = g_hash_table_lookup (homes, home);

      g_ptr_array_add (paths, home);
      if (!check_same_home (person, home, error))
        return FALSE;
      if (other != NULL)
        return throw_one_home (other, person->profile->name, home, error);
      g_hash_table_insert (homes, g_strdup (home), person->profile->name);
    }
  for (guint i = 0; i < people->len; i++)
    {
      const MoorRestoring *person = g_ptr_array_index (people, i);
      g_autofree char *above = g_path_get_dirname (g_ptr_array_index (paths, i));
      const char *other = whose_home (homes, above);

      if (other != NULL)
        return throw_one_home (other, person->profile->name, g_ptr_array_index (paths, i), error);
    }
  return TRUE;
}
