/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "moor-store-private.h"
#include "moor-text.h"
#include "moor-walk.h"

/* The ends of a store's life: it is sealed, and one day removed. */

/**
 * moor_store_sync:
 *
 * Waits until everything on the volumes of all open parts is on the disk.  Blocks
 * for as long as that takes; any thread.
 */
gboolean
moor_store_sync (MoorStore *store, GError **error)
{
  for (guint i = 0; i < store->parts->len; i++)
    {
      const MoorPart *part = g_ptr_array_index (store->parts, i);

      if (part->dfd >= 0 && syncfs (part->dfd) < 0)
        return moor_throw_errno (error, errno, "writing everything to the volume at “%s”",
                                 part->volume->mount_point);
    }
  return TRUE;
}

static gboolean
write_totals (MoorStore *store, const MoorStoreInfo *totals, GError **error)
{
  g_autoptr(MoorTransaction) transaction = moor_transaction_write (store, error);
  const struct
  {
    const char *key;
    guint64 count;
  } counts[] = {
    { "n_objects", totals->n_objects },
    { "n_linked", totals->n_linked },
    { "n_copied", totals->n_copied },
    { "n_bytes", totals->n_bytes },
    { "n_copied_bytes", totals->n_copied_bytes },
    { "n_issues", totals->n_issues },
  };

  if (transaction == NULL || !moor_schema_add_index (&store->db, error))
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (counts); i++)
    if (!moor_store_write_meta_int (store, counts[i].key, (gint64) counts[i].count, error))
      return FALSE;
  return moor_transaction_commit (transaction, error);
}

static gboolean
write_sealed (MoorStore *store, GError **error)
{
  g_autoptr(MoorTransaction) transaction = moor_transaction_write (store, error);

  if (transaction == NULL
      || !moor_store_write_meta_int (store, "sealed_ns", g_get_real_time () * 1000, error)
      || !moor_store_write_meta_int (store, "state", MOOR_STORE_SEALED, error)
      || !moor_transaction_commit (transaction, error))
    return FALSE;
  store->state = MOOR_STORE_SEALED;
  return TRUE;
}

/**
 * moor_store_seal:
 * @totals: what was captured: its counts are used
 *
 * Completes a store whose objects are all written: makes the catalogue's index,
 * waits until every part is on the disk, and only then says that it is sealed.
 * May be repeated after a failure, which leaves it `capturing`.  Blocks; any
 * thread, one at a time.
 */
gboolean
moor_store_seal (MoorStore *store, const MoorStoreInfo *totals, GError **error)
{
  g_return_val_if_fail (moor_store_get_state (store) == MOOR_STORE_CAPTURING, FALSE);

  for (guint i = 0; i < store->parts->len; i++)
    {
      const MoorPart *part = g_ptr_array_index (store->parts, i);

      if (part->dfd >= 0)
        moor_reserve_make (part->dfd);
    }
  return write_totals (store, totals, error) && moor_store_sync (store, error)
         && write_sealed (store, error) && moor_store_sync (store, error);
}

static gboolean
remove_file (int dfd, const char *name, GError **error)
{
  return unlinkat (dfd, name, 0) == 0 || errno == ENOENT
         || moor_throw_errno (error, errno, "removing “%s” of the store", name);
}

typedef struct
{
  int dfd;
  GError **error;
  gboolean failed;
} Emptying;

static gboolean
remove_entry (const char *name, guint8 type, guint64 ino, gpointer user_data)
{
  Emptying *emptying = user_data;

  emptying->failed = !remove_file (emptying->dfd, name, emptying->error);
  return !emptying->failed;
}

/* The files of a folder in which the store keeps small files, and the folder. */
static gboolean
remove_folder (int dfd, const char *name, GError **error)
{
  g_auto(MoorFd) fd = openat (dfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  Emptying emptying = { .dfd = fd, .error = error };

  if (fd < 0 && errno == ENOENT)
    return TRUE;
  if (fd < 0)
    return moor_throw_errno (error, errno, "opening the folder “%s” of the store", name);
  if (!moor_list_dir (NULL, fd, remove_entry, &emptying, error) || emptying.failed)
    return FALSE;
  return unlinkat (dfd, name, AT_REMOVEDIR) == 0
         || moor_throw_errno (error, errno, "removing the folder “%s” of the store", name);
}

/* A folder that the job has emptied. */
static gboolean
remove_empty_folder (int dfd, const char *name, GError **error)
{
  return unlinkat (dfd, name, AT_REMOVEDIR) == 0 || errno == ENOENT
         || moor_throw_errno (error, errno, "removing the folder “%s” of the store", name);
}

static gboolean
remove_folders (int dfd, GError **error)
{
  static const char *const emptied[] = { MOOR_TREE, MOOR_REPLACED, "old-system", "new-system" };
  static const char *const small[] = { "rules", "accounts", "registry", "log" };

  for (gsize i = 0; i < G_N_ELEMENTS (emptied); i++)
    if (!remove_empty_folder (dfd, emptied[i], error))
      return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (small); i++)
    if (!remove_folder (dfd, small[i], error))
      return FALSE;
  return TRUE;
}

static gboolean
remove_primary (int dfd, GError **error)
{
  return remove_file (dfd, MOOR_CATALOGUE "-journal", error)
         && remove_file (dfd, MOOR_CATALOGUE_NEW "-journal", error)
         && remove_file (dfd, MOOR_CATALOGUE_NEW, error) && remove_file (dfd, MOOR_CATALOGUE, error)
         && remove_file (dfd, MOOR_RESERVE, error) && remove_file (dfd, MOOR_MARKER_NEW, error)
         && remove_file (dfd, MOOR_STORE_MARKER, error) && moor_folder_remove_self (dfd, error);
}

static gboolean
remove_part (int dfd, GError **error)
{
  return remove_folders (dfd, error) && remove_file (dfd, MOOR_RESERVE, error)
         && remove_file (dfd, MOOR_MARKER_NEW, error) && remove_file (dfd, MOOR_STORE_MARKER, error)
         && moor_folder_remove_self (dfd, error);
}

/**
 * moor_store_remove_marker:
 *
 * Removes what is left of a store whose trees are all removed: the small files,
 * the empty folders and the markers, the first part's catalogue and marker last.
 * A folder that is not empty stops it before anything of that part is removed,
 * and the store stays one.  May be repeated; once the catalogue is gone,
 * moor_store_remove_remains() completes it.  The store cannot be used for
 * anything afterwards but to be unreferenced.  Blocks; any thread, one at a time.
 */
gboolean
moor_store_remove_marker (MoorStore *store, GError **error)
{
  for (guint i = store->parts->len - 1; i > 0; i--)
    {
      const MoorPart *part = g_ptr_array_index (store->parts, i);

      if (part->dfd >= 0 && !remove_part (part->dfd, error))
        return FALSE;
    }
  if (!remove_folders (store->dfd, error))
    return FALSE;

  moor_lock (&store->lock);
  moor_db_close (&store->db);
  moor_unlock (&store->lock);
  return remove_primary (store->dfd, error);
}

/* As a store's directory is, and hardly anything else. */
static gboolean
is_closed_folder (int dfd)
{
  struct stat st;

  return fstat (dfd, &st) == 0 && st.st_uid == geteuid () && (st.st_mode & 07777) == 0700;
}

/**
 * moor_store_remove_remains:
 * @path: (type filename): where a store was, or was going to be
 *
 * Completes what a crash has interrupted while a store was being made or removed:
 * a marker without a catalogue and nothing in the folders, or an empty directory
 * of mode 0700.  Anything else stays as it is.  Blocks; any thread.
 *
 * Returns: whether there is no store and nothing of one at @path now; otherwise
 *   @error is set, to %MOOR_ERROR_REFUSED if there is more than remains
 */
gboolean
moor_store_remove_remains (const char *path, GError **error)
{
  g_autofree char *shown = moor_text_path (path);
  g_auto(MoorMarker) marker = { 0 };
  g_auto(MoorFd) dfd = -1;
  g_auto(MoorFd) fd = -1;
  gboolean empty = FALSE;

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    return TRUE;
  if ((dfd = moor_open_dir (NULL, path, error)) < 0
      || !moor_folder_is_empty (dfd, ".", NULL, &empty, error))
    return FALSE;
  if (empty && is_closed_folder (dfd))
    return moor_folder_remove_self (dfd, error);

  if ((fd = moor_marker_open (dfd, shown, TRUE, &marker, error)) < 0
      || !moor_folder_holds_nothing (dfd, &empty, error))
    return FALSE;
  if (!empty || marker.part != 0 || faccessat (dfd, MOOR_CATALOGUE, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
    return moor_throw (error, MOOR_ERROR_REFUSED, "There still is a store at “%s”", shown);
  if (!moor_marker_try_lock (fd))
    return moor_throw (error, MOOR_ERROR_BUSY, "The store “%s” is in use", shown);
  return remove_folders (dfd, error) && remove_primary (dfd, error);
}
