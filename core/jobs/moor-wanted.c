/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-wanted-private.h"

#include <string.h>

#include "moor-text.h"

/* A path somebody asked for, below the home in question; %NULL if it is elsewhere. */
static char *
below_this_home (const MoorStoredProfile *profile, const char *wanted)
{
  g_autofree char *path = g_canonicalize_filename (wanted, "/");
  const char *below = path;

  if (wanted[0] == '/')
    {
      if (!moor_path_is_at_or_below (path, profile->home))
        return NULL;
      below += strlen (profile->home);
    }
  return g_strdup (*below == '/' ? below + 1 : below);
}

/**
 * moor_wanted_list:
 * @paths: (array zero-terminated=1) (nullable): what somebody asked for: paths
 *   below any home, or absolute ones
 *
 * Returns: (transfer full) (nullable) (element-type filename): those that may be in
 *   @profile's home, below it; %NULL for everything.  Any thread.
 */
GPtrArray *
moor_wanted_list (const MoorStoredProfile *profile, const char *const *paths)
{
  g_autoptr(GPtrArray) wanted = g_ptr_array_new_with_free_func (g_free);

  if (paths == NULL)
    return NULL;
  for (; *paths != NULL; paths++)
    {
      char *below = below_this_home (profile, *paths);

      if (below != NULL)
        g_ptr_array_add (wanted, below);
    }
  return g_steal_pointer (&wanted);
}

/**
 * moor_wanted_of:
 * @wanted: (nullable): what moor_wanted_list() returned
 * @path: (type filename): an object, below the home
 *
 * Returns: how much of @path is wanted.  Any thread.
 */
MoorWanted
moor_wanted_of (GPtrArray *wanted, const char *path)
{
  MoorWanted much = MOOR_WANTED_NOT;

  if (wanted == NULL)
    return MOOR_WANTED_ALL;
  for (guint i = 0; i < wanted->len; i++)
    {
      const char *below = g_ptr_array_index (wanted, i);

      if (moor_path_is_at_or_below (path, below))
        return MOOR_WANTED_ALL;
      if (moor_path_is_at_or_below (below, path))
        much = MOOR_WANTED_PARTLY;
    }
  return much;
}

static gboolean
take_object_cb (const MoorObject *object, gpointer user_data)
{
  *(guint64 *) user_data = object->id;
  return TRUE;
}

/**
 * moor_wanted_find:
 * @root: the object of a home
 * @path: (type filename): below it
 *
 * Blocks.  The thread that made @reader.
 *
 * Returns: the number of the object at @path; 0 if there is none, or with an error
 *   of the catalogue
 */
guint64
moor_wanted_find (MoorReader *reader, guint64 root, const char *path, GError **error)
{
  g_auto(GStrv) names = g_strsplit (path, "/", -1);
  guint64 id = root;

  for (char **name = names; id != 0 && *name != NULL; name++)
    {
      guint64 parent = id;

      id = 0;
      if (!moor_reader_lookup (reader, parent, *name, take_object_cb, &id, error))
        return 0;
    }
  return id;
}

/**
 * moor_wanted_is_stored:
 * @wanted: (type filename): a path that somebody asked for
 * @out_stored: (out): whether @profile's files hold it
 *
 * Blocks.  The thread that made @reader.
 *
 * Returns: %FALSE with an error of the catalogue
 */
gboolean
moor_wanted_is_stored (MoorReader *reader,
                       const MoorStoredProfile *profile,
                       const char *wanted,
                       gboolean *out_stored,
                       GError **error)
{
  g_autofree char *below = below_this_home (profile, wanted);
  g_autoptr(GError) problem = NULL;

  *out_stored = below != NULL
                && (below[0] == '\0'
                    || moor_wanted_find (reader, profile->root_object, below, &problem) != 0);
  if (problem == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&problem));
  return FALSE;
}
