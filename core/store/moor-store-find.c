/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>

#include "moor-store-private.h"
#include "moor-walk.h"

/* Looks for stores where people put them: near the root of a volume, or in the
 * own home.  Never across a mount or a link, and never for long. */

#define MAX_DEPTH 2
#define MAX_DIRS 20000

typedef struct
{
  GPtrArray *paths;  /* (element-type filename) (owned) */
  GHashTable *seen;  /* (element-type utf8): directories, by device and inode */
  const char *path;  /* of the directory that is listed */
  int dfd;           /* the same */
  guint depth;       /* below the place to look at */
  MoorDomain domain; /* of the place to look at */
} Search;

static void look_into (Search *search, const char *path, int dfd, guint depth);

static gboolean
see_entry (const char *name, guint8 type, guint64 ino, gpointer user_data)
{
  Search *search = user_data;
  g_autofree char *path = NULL;
  g_auto(MoorFd) dfd = -1;
  MoorDomain domain;

  if (type != DT_DIR && type != DT_UNKNOWN)
    return TRUE;
  dfd = moor_open_beneath (NULL, search->dfd, name, O_RDONLY | O_DIRECTORY, NULL);
  if (dfd < 0 || !moor_domain_of_fd (NULL, dfd, &domain, NULL)
      || !moor_domain_equal (&domain, &search->domain))
    return TRUE;

  path = g_build_filename (search->path, name, NULL);
  look_into (search, path, dfd, search->depth + 1);
  return TRUE;
}

static gboolean
is_first_part (int dfd, const char *path)
{
  g_auto(MoorMarker) marker = { 0 };
  g_autoptr(GError) error = NULL;
  g_auto(MoorFd) fd = moor_marker_open (dfd, path, FALSE, &marker, &error);

  return fd >= 0 ? marker.part == 0 : g_error_matches (error, MOOR_ERROR, MOOR_ERROR_STORE_NEWER);
}

/* A store is not looked into: what is below belongs to it. */
static void
look_into (Search *search, const char *path, int dfd, guint depth)
{
  Search below = *search;
  struct stat st;

  if (fstat (dfd, &st) < 0 || g_hash_table_size (search->seen) >= MAX_DIRS
      || !g_hash_table_add (search->seen,
                            g_strdup_printf ("%u %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT, depth,
                                             (guint64) st.st_dev, (guint64) st.st_ino)))
    return;
  if (is_first_part (dfd, path))
    {
      if (!g_ptr_array_find_with_equal_func (search->paths, path, g_str_equal, NULL))
        g_ptr_array_add (search->paths, g_strdup (path));
      return;
    }
  if (depth >= MAX_DEPTH)
    return;

  below.path = path;
  below.dfd = dfd;
  below.depth = depth;
  (void) moor_list_dir (moor_sys_posix (), dfd, see_entry, &below, NULL);
}

/* Looks at @path and so many levels below it as are left from @depth. */
static gboolean
look_at (Search *search, const char *path, guint depth, GError **error)
{
  g_auto(MoorFd) dfd = moor_open_dir (NULL, path, error);
  g_autofree char *found = NULL;

  if (dfd < 0 || !moor_domain_of_fd (NULL, dfd, &search->domain, error))
    return FALSE;
  found = moor_fd_path (dfd);
  look_into (search, found != NULL ? found : path, dfd, depth);
  return TRUE;
}

static gboolean
look_at_usual_places (Search *search, GError **error)
{
  g_autoptr(GPtrArray) volumes = moor_volume_list (error);
  g_autofree char *own = g_build_filename (g_get_home_dir (), ".local", "share", "mooring", NULL);

  if (volumes == NULL)
    return FALSE;
  for (guint i = 0; i < volumes->len; i++)
    {
      const MoorVolume *volume = g_ptr_array_index (volumes, i);

      (void) look_at (search, volume->mount_point, 0, NULL);
    }
  (void) look_at (search, own, 1, NULL);
  (void) look_at (search, g_get_home_dir (), 1, NULL);
  return TRUE;
}

/**
 * moor_store_find_all:
 * @dirs: (nullable) (array zero-terminated=1): where to look; %NULL for the roots of
 *   all mounted volumes and the own home
 *
 * Finds the first parts of stores, in order or not, that are one of @dirs or at
 * most two levels below.  What may not be read is passed over.  Blocks; any thread.
 *
 * Returns: (transfer full) (element-type filename): their paths, or %NULL with
 *   @error set if one of @dirs cannot be opened
 */
GPtrArray *
moor_store_find_all (const char *const *dirs, GError **error)
{
  g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  Search search = { .paths = paths, .seen = seen, .dfd = -1 };

  if (dirs == NULL && !look_at_usual_places (&search, error))
    return NULL;
  for (gsize i = 0; dirs != NULL && dirs[i] != NULL; i++)
    if (!look_at (&search, dirs[i], 0, error))
      return NULL;
  return g_steal_pointer (&paths);
}
