/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "moor-store-private.h"
#include "moor-text.h"

static MoorStore *
store_new (const char *path, int dfd, gboolean writable)
{
  MoorStore *store = g_new0 (MoorStore, 1);
  g_autofree char *found = moor_fd_path (dfd);

  g_atomic_ref_count_init (&store->ref_count);
  g_mutex_init (&store->lock);
  store->path = found != NULL ? g_steal_pointer (&found) : g_strdup (path);
  store->shown = moor_text_path (store->path);
  store->writable = writable;
  store->dfd = dfd;
  store->marker_fd = -1;
  store->parts = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_part_free);
  store->db.dfd = dfd;
  store->db.path = store->shown;
  return store;
}

static gboolean
open_marker (MoorStore *store, GError **error)
{
  g_auto(MoorMarker) marker = { 0 };
  g_autofree char *primary = NULL;

  store->marker_fd = moor_marker_open (store->dfd, store->shown, TRUE, &marker, error);
  if (store->marker_fd < 0)
    return FALSE;
  if (marker.part != 0)
    {
      primary = moor_text_path (marker.primary != NULL ? marker.primary : "?");
      return moor_throw (error, MOOR_ERROR_STORE_UNUSABLE,
                         "“%s” is a part of a store only; name the part with the catalogue: %s",
                         store->shown, primary);
    }
  store->uuid = g_steal_pointer (&marker.uuid);
  return TRUE;
}

static gboolean
look_at_dir (MoorStore *store, GError **error)
{
  struct stat st;

  if (fstat (store->dfd, &st) < 0)
    return moor_throw_errno (error, errno, "looking at “%s”", store->shown);
  store->owner = st.st_uid;
  if ((st.st_mode & 0077) != 0)
    g_message ("The store “%s” can be entered by others than its owner; chmod 700 it",
               store->shown);
  return TRUE;
}

/* There is a marker and no catalogue: making the store or removing it was
 * interrupted, or somebody has taken the catalogue away. */
static gboolean
throw_no_catalogue (MoorStore *store, GError **error)
{
  gboolean empty = FALSE;

  if (!moor_folder_holds_nothing (store->dfd, &empty, error))
    return FALSE;
  if (empty)
    return moor_throw (error, MOOR_ERROR_STORE_UNUSABLE,
                       "The store “%s” is empty: making or removing it was interrupted, and no "
                       "file is in it. Capture into it again, or remove the folder.",
                       store->shown);
  return moor_throw (error, MOOR_ERROR_STORE_UNUSABLE,
                     "The catalogue of the store “%s” is missing. The files themselves are still "
                     "in the folder “tree” there; the file MOORING beside it says how to get them "
                     "back by hand.",
                     store->shown);
}

static gboolean
open_catalogue (MoorStore *store, GError **error)
{
  g_autoptr(GError) problem = NULL;
  g_autofree char *owner = NULL;

  if (faccessat (store->dfd, MOOR_CATALOGUE, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
    return throw_no_catalogue (store, error);

  if (moor_db_open (&store->db, MOOR_CATALOGUE, store->writable, &problem)
      && moor_store_load (store, &problem))
    {
      if (!store->writable || sqlite3_db_readonly (store->db.handle, "main") == 0)
        return TRUE;
      return moor_db_throw_read_only (&store->db, error, "This changes the store");
    }

  /* In the middle of a capture nobody else can read. */
  if (g_error_matches (problem, MOOR_ERROR, MOOR_ERROR_BUSY)
      && (owner = moor_store_dup_lock_owner (store)) != NULL)
    return moor_throw (error, MOOR_ERROR_BUSY,
                       "The store “%s” is in use by %s; wait until that has finished, or stop it",
                       store->shown, owner);
  g_propagate_error (error, g_steal_pointer (&problem));
  return FALSE;
}

static gboolean
open_primary (MoorStore *store, GError **error)
{
  MoorPart *first = moor_part_new_primary (store, error);

  if (first == NULL)
    return FALSE;
  g_ptr_array_add (store->parts, first);
  return TRUE;
}

/**
 * moor_store_open:
 * @path: (type filename): the store's directory: its first part
 * @writable: whether the catalogue will be changed
 *
 * Opens a store, wherever it is by now, and a copy of one as well.  Only the first
 * part is opened: see moor_store_open_parts().  What an interrupted job has
 * left in the catalogue is rolled back to the last state that was committed.
 *
 * Nothing in the store is believed: a catalogue that holds anything which Mooring
 * would not have written is refused, here or where it is read.  Blocks; any thread.
 *
 * Returns: (transfer full): a store, or %NULL with @error set:
 *   %MOOR_ERROR_STORE_UNUSABLE if there is none, or a damaged or foreign one;
 *   %MOOR_ERROR_STORE_NEWER; %MOOR_ERROR_BUSY while a capture writes its catalogue;
 *   %MOOR_ERROR_REFUSED if it would have to be changed and is on a read-only volume
 */
MoorStore *
moor_store_open (const char *path, gboolean writable, GError **error)
{
  g_autofree char *shown = moor_text_path (path);
  g_autoptr(GError) problem = NULL;
  g_autoptr(MoorStore) store = NULL;
  int dfd = moor_open_dir (NULL, path, &problem);

  if (dfd < 0)
    {
      if (g_error_matches (problem, G_IO_ERROR, G_IO_ERROR_NOT_FOUND)
          || g_error_matches (problem, G_IO_ERROR, G_IO_ERROR_NOT_DIRECTORY))
        (void) moor_throw (error, MOOR_ERROR_STORE_UNUSABLE, "There is no store at “%s”", shown);
      else
        g_propagate_error (error, g_steal_pointer (&problem));
      return NULL;
    }

  store = store_new (path, dfd, writable);
  if (!open_marker (store, error) || !look_at_dir (store, error) || !open_primary (store, error)
      || !open_catalogue (store, error))
    return NULL;
  return g_steal_pointer (&store);
}

/**
 * moor_store_exists:
 * @path: (type filename): a directory
 *
 * Blocks; any thread.
 *
 * Returns: whether @path is the first part of a store, be it in order or not
 */
gboolean
moor_store_exists (const char *path)
{
  g_auto(MoorMarker) marker = { 0 };
  g_auto(MoorFd) dfd = moor_open_dir (NULL, path, NULL);
  g_auto(MoorFd) fd = -1;
  g_autoptr(GError) error = NULL;

  if (dfd < 0)
    return FALSE;
  fd = moor_marker_open (dfd, path, FALSE, &marker, &error);
  return fd >= 0 ? marker.part == 0 : g_error_matches (error, MOOR_ERROR, MOOR_ERROR_STORE_NEWER);
}
