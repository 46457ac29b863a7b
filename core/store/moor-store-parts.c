/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "moor-store-private.h"
#include "moor-text.h"

/* The parts of a store: directories at the same path below the roots of several
 * volumes.  The catalogue knows a part by the lasting name of its volume, so it is
 * found wherever that is mounted; the part's own marker proves that it is it. */

#define DIR_FLAGS (O_RDONLY | O_DIRECTORY)

static void
part_close (MoorPart *part)
{
  if (part->dfd >= 0)
    moor_fd_close (part->dfd);
  if (part->tree_dfd >= 0)
    moor_fd_close (part->tree_dfd);
  part->dfd = -1;
  part->tree_dfd = -1;
  g_clear_pointer (&part->volume, moor_volume_unref);
}

/**
 * moor_part_free:
 * @part: (transfer full): closes its descriptors
 */
void
moor_part_free (MoorPart *part)
{
  part_close (part);
  g_free (part->volume_name);
  g_free (part->path);
  g_free (part->mount_point);
  g_free (part);
}

/* Opens what was captured; -1 where there is none, as it may be removed already. */
static gboolean
open_tree (MoorStore *store, int dfd, int *out_tree_dfd, GError **error)
{
  *out_tree_dfd = openat (dfd, MOOR_TREE, DIR_FLAGS | O_NOFOLLOW | O_CLOEXEC);
  if (*out_tree_dfd >= 0 || errno == ENOENT)
    return TRUE;
  if (errno == ELOOP || errno == ENOTDIR)
    return moor_throw (error, MOOR_ERROR_STORE_UNUSABLE,
                       "“%s” in the store “%s” is a file or a symbolic link, and not the folder "
                       "that Mooring has made there. Put the folder back in its place.",
                       MOOR_TREE, store->shown);
  return moor_throw_errno (error, errno, "opening the folder “%s” of the store “%s”", MOOR_TREE,
                           store->shown);
}

/* Takes over @dfd. */
static gboolean
part_attach (MoorStore *store, MoorPart *part, MoorVolume *volume, int dfd, GError **error)
{
  int tree_dfd;

  if (!open_tree (store, dfd, &tree_dfd, error))
    {
      moor_fd_close (dfd);
      return FALSE;
    }
  (void) moor_volume_ref (volume);
  part_close (part);
  part->dfd = dfd;
  part->tree_dfd = tree_dfd;
  part->volume = volume;
  return TRUE;
}

static MoorPart *
part_new (guint index, const char *volume_name, const char *path, const char *mount_point)
{
  MoorPart *part = g_new0 (MoorPart, 1);

  part->index = index;
  part->volume_name = g_strdup (volume_name);
  part->path = g_strdup (path);
  part->mount_point = g_strdup (mount_point);
  part->dfd = -1;
  part->tree_dfd = -1;
  return part;
}

/**
 * moor_part_new_primary:
 *
 * Describes the first part as it is reached now: its volume is that which the
 * store's path leads to, and where else it is mounted does not matter.
 *
 * Returns: (transfer full): a part that owns the store's descriptor, or %NULL with
 *   @error set, and the descriptor not taken over
 */
MoorPart *
moor_part_new_primary (MoorStore *store, GError **error)
{
  g_autoptr(MoorVolume) volume = moor_volume_for_fd (store->dfd, error);
  g_autofree char *path = NULL;
  MoorPart *part;
  int tree_dfd;

  if (volume == NULL || (path = moor_volume_path_of (volume, store->dfd, error)) == NULL
      || !open_tree (store, store->dfd, &tree_dfd, error))
    return NULL;

  part = part_new (0, volume->name, path, volume->mount_point);
  part->dfd = store->dfd;
  part->tree_dfd = tree_dfd;
  part->volume = g_steal_pointer (&volume);
  return part;
}

/**
 * moor_part_save:
 *
 * Records @part in the catalogue.  Inside a transaction.
 */
gboolean
moor_part_save (MoorStore *store, const MoorPart *part, GError **error)
{
  static const char sql[] = "INSERT INTO volume(part, name, path, mount_point) VALUES(?, ?, ?, ?)"
                            " ON CONFLICT(part) DO UPDATE SET name = excluded.name,"
                            " path = excluded.path, mount_point = excluded.mount_point";
  g_autoptr(sqlite3_stmt) stmt = moor_db_prepare (&store->db, sql, error);
  MoorBinder binder = { .stmt = stmt };

  if (stmt == NULL)
    return FALSE;
  moor_bind_int (&binder, part->index);
  moor_bind_text (&binder, part->volume_name);
  moor_bind_path (&binder, part->path);
  moor_bind_path (&binder, part->mount_point);
  return moor_db_run (&store->db, &binder, "writing", error);
}

static gboolean
take_part_row (MoorStore *store, sqlite3_stmt *stmt, guint expected_index, GError **error)
{
  MoorColumns columns = { .stmt = stmt };
  const guint index = (guint) moor_columns_int (&columns, 0, MOOR_MAX_PARTS - 1,
                                                "it lists too many parts");
  g_autofree char *name = moor_columns_dup (&columns, MOOR_COLUMN_BYTES, FALSE,
                                            "a part has no volume");
  g_autofree char *path = moor_columns_dup (&columns, MOOR_COLUMN_RELATIVE_PATH, FALSE,
                                            "a part has an impossible path");
  g_autofree char *mount_point = moor_columns_dup (&columns, MOOR_COLUMN_ABSOLUTE_PATH, FALSE,
                                                   "a part has an impossible mount point");
  MoorPart *first;

  if (columns.damage == NULL && index != expected_index)
    columns.damage = "a part is missing";
  if (columns.damage != NULL)
    return moor_db_throw_damaged (&store->db, error, columns.damage);

  if (index >= store->parts->len)
    {
      g_ptr_array_add (store->parts, part_new (index, name, path, mount_point));
      return TRUE;
    }
  first = g_ptr_array_index (store->parts, index);
  if (strcmp (first->mount_point, mount_point) != 0)
    {
      g_free (first->mount_point);
      first->mount_point = g_steal_pointer (&mount_point);
    }
  return TRUE;
}

/**
 * moor_parts_load:
 *
 * Reads the list of parts; those that are known already stay as they are, and of
 * the first one only its mount point is taken: a store can be somewhere else by
 * now.  Inside a transaction.
 */
gboolean
moor_parts_load (MoorStore *store, GError **error)
{
  static const char sql[] = "SELECT part, name, path, mount_point FROM volume ORDER BY part";
  g_autoptr(sqlite3_stmt) stmt = moor_db_prepare (&store->db, sql, error);
  gboolean has_row = FALSE;
  guint n_rows = 0;

  if (stmt == NULL)
    return FALSE;
  do
    {
      if (!moor_db_step (&store->db, stmt, "reading", &has_row, error)
          || (has_row && !take_part_row (store, stmt, n_rows++, error)))
        return FALSE;
    }
  while (has_row);
  return n_rows > 0 || moor_db_throw_damaged (&store->db, error, "it lists no parts");
}

/**
 * moor_store_get_n_parts:
 *
 * Returns: how many parts the store has, at least one
 */
guint
moor_store_get_n_parts (MoorStore *store)
{
  return store->parts->len;
}

/**
 * moor_store_get_part:
 * @index: 0 is the part with the catalogue
 *
 * Returns: (transfer none): a part that lives as long as @store; what is open in
 *   it may change with moor_store_open_parts() and moor_store_add_part()
 */
const MoorPart *
moor_store_get_part (MoorStore *store, guint index)
{
  g_return_val_if_fail (index < store->parts->len, NULL);
  return g_ptr_array_index (store->parts, index);
}

static MoorPart *
find_part (MoorStore *store, const char *volume_name)
{
  for (guint i = 0; i < store->parts->len; i++)
    {
      MoorPart *part = g_ptr_array_index (store->parts, i);

      if (strcmp (part->volume_name, volume_name) == 0)
        return part;
    }
  return NULL;
}

/**
 * moor_store_find_part:
 *
 * Returns: (transfer none) (nullable): the part on the volume of that lasting name
 */
const MoorPart *
moor_store_find_part (MoorStore *store, const char *volume_name)
{
  return find_part (store, volume_name);
}

/* Whether the directory @dfd is a part of this store, and nobody else's. */
static gboolean
check_part (MoorStore *store, MoorVolume *volume, int dfd, GError **error)
{
  g_autofree char *path = moor_fd_path (dfd);
  g_autofree char *shown = moor_text_path (path != NULL ? path : "");
  g_auto(MoorMarker) marker = { 0 };
  g_auto(MoorFd) fd = -1;
  MoorDomain domain;
  struct stat st;

  if ((fd = moor_marker_open (dfd, shown, FALSE, &marker, error)) < 0
      || !moor_domain_of_fd (NULL, dfd, &domain, error))
    return FALSE;
  if (fstat (dfd, &st) < 0)
    return moor_throw_errno (error, errno, "looking at “%s”", shown);
  if (strcmp (marker.uuid, store->uuid) != 0)
    return moor_throw (error, MOOR_ERROR_STORE_UNUSABLE, "“%s” belongs to another store than “%s”",
                       shown, store->shown);
  if (st.st_uid != store->owner)
    return moor_throw (error, MOOR_ERROR_STORE_UNUSABLE,
                       "“%s” belongs to user %u, but the store “%s” to user %u", shown,
                       (guint) st.st_uid, store->shown, store->owner);
  if (!moor_domain_equal (&domain, &volume->domain))
    return moor_throw (error, MOOR_ERROR_STORE_UNUSABLE,
                       "“%s” is not on the volume mounted at “%s”: something else is mounted over "
                       "it",
                       shown, volume->mount_point);
  return TRUE;
}

/* Opens @part on @volume, which is where it should be. */
static gboolean
open_part_on (MoorStore *store, MoorPart *part, MoorVolume *volume, GError **error)
{
  g_auto(MoorFd) root_dfd = moor_volume_open_root (volume, error);
  g_auto(MoorFd) dfd = -1;

  if (root_dfd < 0 || (dfd = moor_open_beneath (NULL, root_dfd, part->path, DIR_FLAGS, error)) < 0
      || !check_part (store, volume, dfd, error))
    return FALSE;
  return part_attach (store, part, volume, g_steal_fd (&dfd), error);
}

/**
 * moor_store_is_being_removed:
 *
 * Returns: whether @store is going for good, its parts first
 */
gboolean
moor_store_is_being_removed (MoorStore *store)
{
  const MoorStoreState state = moor_store_get_state (store);

  return state == MOOR_STORE_ACCEPTING || state == MOOR_STORE_DELETING;
}

/* Whether there is nothing of a part, because it was removed.  That may have been
 * interrupted between its marker and its directory. */
static gboolean
is_removed (const MoorPart *part, MoorVolume *volume)
{
  g_auto(MoorFd) root_dfd = moor_volume_open_root (volume, NULL);
  g_auto(MoorFd) dfd = -1;
  g_autoptr(GError) error = NULL;
  gboolean empty = FALSE;

  if (root_dfd < 0)
    return FALSE;
  dfd = moor_open_beneath (NULL, root_dfd, part->path, DIR_FLAGS, &error);
  if (dfd < 0)
    return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  return moor_folder_is_empty (dfd, ".", NULL, &empty, NULL) && empty
         && moor_folder_remove_self (dfd, NULL);
}

/* Tries every mount of the part's volume: one may show a directory of it only. */
static gboolean
open_part (MoorStore *store, MoorPart *part, GPtrArray *volumes, GError **error)
{
  g_autoptr(GError) problem = NULL;
  g_autofree char *shown = moor_text_path (part->path);
  gboolean removed = FALSE;

  for (guint i = 0; i < volumes->len; i++)
    {
      MoorVolume *volume = g_ptr_array_index (volumes, i);

      if (strcmp (volume->name, part->volume_name) != 0)
        continue;
      g_clear_error (&problem);
      if (open_part_on (store, part, volume, &problem))
        return TRUE;
      removed = removed || (moor_store_is_being_removed (store) && is_removed (part, volume));
    }
  if (problem == NULL || removed)
    return TRUE;

  return moor_throw (error, MOOR_ERROR_STORE_UNUSABLE,
                     "The part of the store “%s” at “%s” on the volume %s cannot be used: %s",
                     store->shown, shown, part->volume_name, problem->message);
}

/**
 * moor_store_open_parts:
 *
 * Opens every part whose volume is mounted now, wherever that is.  A part whose
 * volume is not mounted stays closed, and so does one that is gone while the
 * store is being removed.  May be repeated, after a volume was mounted.  Blocks;
 * one thread at a time.
 *
 * Returns: %FALSE with %MOOR_ERROR_STORE_UNUSABLE if a volume is there and what
 *   should be on it is not
 */
gboolean
moor_store_open_parts (MoorStore *store, GError **error)
{
  g_autoptr(GPtrArray) volumes = NULL; /* (element-type MoorVolume) (owned) */

  if (store->parts->len == 1)
    return TRUE;
  if ((volumes = moor_volume_list (error)) == NULL)
    return FALSE;

  for (guint i = 1; i < store->parts->len; i++)
    {
      MoorPart *part = g_ptr_array_index (store->parts, i);

      if (part->dfd < 0 && !open_part (store, part, volumes, error))
        return FALSE;
    }
  return TRUE;
}

/* The same path below the root of every volume; its last name where the first
 * part is the root of its volume. */
static char *
path_for_parts (MoorStore *store)
{
  const MoorPart *first = moor_store_get_part (store, 0);

  return first->path[0] != '\0' ? g_strdup (first->path) : g_path_get_basename (store->path);
}

static gboolean
write_part_marker (MoorStore *store, const MoorPart *part, int dfd, GError **error)
{
  const MoorPart *first = moor_store_get_part (store, 0);
  g_autofree char *primary = g_strdup_printf ("%s on the volume %s", first->path,
                                              first->volume_name);
  g_auto(MoorStoreInfo) info = { 0 };
  MoorMarker marker;

  if (!moor_store_get_info (store, &info, error))
    return FALSE;
  marker = (MoorMarker){
    .uuid = store->uuid,
    .part = part->index,
    .volume_name = part->volume_name,
    .primary = primary,
    .system_name = info.system_name,
    .host_name = info.host_name,
    .made_ns = info.made_ns,
  };
  return moor_marker_make (dfd, &marker, error);
}

/* A directory of ours that an interrupted capture has made, or an empty one. */
static gboolean
prepare_part (MoorStore *store, const MoorPart *part, int dfd, GError **error)
{
  gboolean empty;

  if (!moor_folder_is_empty (dfd, ".", MOOR_MARKER_NEW, &empty, error))
    return FALSE;
  if (empty && !write_part_marker (store, part, dfd, error))
    return FALSE;
  if (!check_part (store, part->volume, dfd, error) || !moor_folder_make (dfd, MOOR_TREE, error)
      || !moor_folder_make (dfd, MOOR_REPLACED, error))
    return FALSE;
  moor_reserve_make (dfd);
  return fsync (dfd) == 0 || moor_throw_errno (error, errno, "making a part of the store");
}

static int
make_part_dir (MoorVolume *volume, const char *path, GError **error)
{
  g_autofree char *parent = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  g_auto(MoorFd) root_dfd = moor_volume_open_root (volume, error);
  g_auto(MoorFd) parent_dfd = -1;
  int dfd;

  if (root_dfd < 0
      || (parent_dfd = moor_make_dirs_beneath (NULL, root_dfd, parent, 0755, error)) < 0
      || !moor_folder_make (parent_dfd, name, error)
      || (dfd = moor_open_beneath (NULL, parent_dfd, name, DIR_FLAGS, error)) < 0)
    return -1;
  (void) fsync (parent_dfd);
  return dfd;
}

static gboolean
record_part (MoorStore *store, const MoorPart *part, GError **error)
{
  g_autoptr(MoorTransaction) transaction = moor_transaction_write (store, error);

  return transaction != NULL && moor_part_save (store, part, error)
         && moor_transaction_commit (transaction, error);
}

/* A part that is known gets its mount point set, and is opened if need be. */
static const MoorPart *
use_part (MoorStore *store,
          MoorPart *part,
          MoorVolume *volume,
          const char *mount_point,
          GError **error)
{
  if (strcmp (part->mount_point, mount_point) != 0)
    {
      g_free (part->mount_point);
      part->mount_point = g_strdup (mount_point);
      if (!record_part (store, part, error))
        return NULL;
    }
  return part->dfd >= 0 || open_part_on (store, part, volume, error) ? part : NULL;
}

/**
 * moor_store_add_part:
 * @volume: a volume
 * @mount_point: (type filename): where the captured system mounts @volume
 *
 * Makes sure that the store has a part on @volume, with its marker, `tree` and
 * `replaced`.  If it has one already, the first part included, only @mount_point
 * is recorded.  May be repeated after a failure: what was made is found again.
 * Blocks; one thread at a time.
 *
 * Returns: (transfer none): the part, open; or %NULL with @error set:
 *   %MOOR_ERROR_STORE_UNUSABLE if something else lies at the part's path
 */
const MoorPart *
moor_store_add_part (MoorStore *store, MoorVolume *volume, const char *mount_point, GError **error)
{
  g_autofree char *path = path_for_parts (store);
  g_auto(MoorFd) dfd = -1;
  MoorPart *part = find_part (store, volume->name);
  guint index = store->parts->len;

  if (part != NULL)
    return use_part (store, part, volume, mount_point, error);
  if (index >= MOOR_MAX_PARTS)
    {
      (void) moor_throw (error, MOOR_ERROR_REFUSED, "A store can have %d parts at most",
                         MOOR_MAX_PARTS);
      return NULL;
    }
  if ((dfd = make_part_dir (volume, path, error)) < 0)
    return NULL;

  part = part_new (index, volume->name, path, mount_point);
  part->volume = moor_volume_ref (volume);
  if (!prepare_part (store, part, dfd, error)
      || !part_attach (store, part, volume, g_steal_fd (&dfd), error)
      || !record_part (store, part, error))
    {
      moor_part_free (part);
      return NULL;
    }
  g_ptr_array_add (store->parts, part);
  return part;
}
