/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>

#include "moor-store-private.h"
#include "moor-text.h"

/* A store comes into being in an order that can stop anywhere: the directory, the
 * marker, the folders, and the catalogue by a rename.  A marker without catalogue
 * and without anybody's files is such a beginning, and is taken up again. */

#define DIR_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC)
#define CONFIGFS_MAGIC 0x62656570
#define FUSECTL_MAGIC 0x65735543
#define MQUEUE_MAGIC 0x19800202

static gboolean
is_pseudo (guint32 magic)
{
  static const guint32 magics[] = {
    BINFMTFS_MAGIC, BPF_FS_MAGIC,       CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC, CONFIGFS_MAGIC,
    DEBUGFS_MAGIC,  DEVPTS_SUPER_MAGIC, EFIVARFS_MAGIC,     FUSECTL_MAGIC,       HUGETLBFS_MAGIC,
    MQUEUE_MAGIC,   NSFS_MAGIC,         PROC_SUPER_MAGIC,   PSTOREFS_MAGIC,      SECURITYFS_MAGIC,
    SELINUX_MAGIC,  SMACK_MAGIC,        SYSFS_MAGIC,        TRACEFS_MAGIC,
  };

  for (gsize i = 0; i < G_N_ELEMENTS (magics); i++)
    if (magic == magics[i])
      return TRUE;
  return FALSE;
}

/* Whether a store can be made in the directory @dfd, which exists already. */
static gboolean
check_place (int dfd, const char *shown, GError **error)
{
  struct statfs fs;
  struct statvfs vfs;

  if (fstatfs (dfd, &fs) < 0 || fstatvfs (dfd, &vfs) < 0)
    return moor_throw_errno (error, errno, "looking at the volume of “%s”", shown);
  if (is_pseudo ((guint32) fs.f_type))
    return moor_throw (error, MOOR_ERROR_REFUSED,
                       "A store cannot be at “%s”: that is a view of the running system, which "
                       "keeps no files. Choose a folder on the volume that holds the homes.",
                       shown);
  if ((vfs.f_flag & ST_RDONLY) != 0)
    return moor_throw (error, MOOR_ERROR_REFUSED,
                       "A store cannot be made at “%s”: the volume is mounted read-only. Mount it "
                       "writable (mount -o remount,rw) and try again.",
                       shown);
  return TRUE;
}

/* Opens the longest beginning of the absolute @path that exists; @out_rest is what
 * is missing, "" if nothing is. */
static int
open_existing (const char *path, const char *shown, const char **out_rest, GError **error)
{
  g_autofree char *existing = g_strdup (path);
  g_autoptr(GError) problem = NULL;
  int dfd;

  while ((dfd = moor_open_dir (NULL, existing, &problem)) < 0)
    {
      char *slash = strrchr (existing, '/');

      if (g_error_matches (problem, G_IO_ERROR, G_IO_ERROR_NOT_DIRECTORY))
        {
          (void) moor_throw (error, MOOR_ERROR_REFUSED,
                             "A store cannot be at “%s”: something on the way there is no folder",
                             shown);
          return -1;
        }
      if (!g_error_matches (problem, G_IO_ERROR, G_IO_ERROR_NOT_FOUND) || slash == existing)
        {
          g_propagate_error (error, g_steal_pointer (&problem));
          return -1;
        }
      g_clear_error (&problem);
      if (slash != NULL)
        *slash = '\0';
    }
  *out_rest = path + strlen (existing);
  *out_rest += strspn (*out_rest, "/");
  return dfd;
}

/* Opens the directory @name in @parent_dfd, making it if there is none. */
static int
open_or_make (int parent_dfd, const char *name, const char *shown, GError **error)
{
  int dfd;

  if (!moor_folder_make (parent_dfd, name, error))
    return -1;
  if ((dfd = openat (parent_dfd, name, DIR_FLAGS | O_NOFOLLOW)) >= 0)
    {
      (void) fsync (parent_dfd);
      return dfd;
    }
  if (errno == ELOOP || errno == ENOTDIR)
    (void) moor_throw (error, MOOR_ERROR_REFUSED,
                       "A store cannot be made at “%s”: that is a file or a symbolic link. Choose "
                       "another name, or the folder that it leads to.",
                       shown);
  else
    (void) moor_throw_errno (error, errno, "opening “%s”", shown);
  return -1;
}

/* What is in a store goes with it; and its folders are named by us, not by people. */
static gboolean
check_not_in_store (int dfd, const char *shown, GError **error)
{
  g_autofree char *at = moor_fd_path (dfd);

  while (at != NULL)
    {
      g_autofree char *above = g_path_get_dirname (at);
      g_auto(MoorMarker) marker = { 0 };
      g_auto(MoorFd) at_dfd = moor_open_dir (NULL, at, NULL);
      g_auto(MoorFd) fd = at_dfd >= 0 ? moor_marker_open (at_dfd, at, FALSE, &marker, NULL) : -1;

      if (fd >= 0)
        {
          g_autofree char *outer = moor_text_path (at);

          return moor_throw (error, MOOR_ERROR_REFUSED,
                             "A store cannot be made at “%s”: that is inside the store “%s”, and "
                             "would go with it. Choose a folder elsewhere.",
                             shown, outer);
        }
      if (g_str_equal (above, at))
        return TRUE;
      g_free (at);
      at = g_steal_pointer (&above);
    }
  return TRUE;
}

static int
make_dir (const char *path, const char *shown, GError **error)
{
  g_autofree char *parent = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  g_auto(MoorFd) existing_dfd = -1;
  g_auto(MoorFd) parent_dfd = -1;
  const char *rest = "";

  if (!moor_name_is_valid (name))
    {
      (void) moor_throw (error, MOOR_ERROR_REFUSED, "A store cannot be at “%s”", shown);
      return -1;
    }
  if ((existing_dfd = open_existing (parent, shown, &rest, error)) < 0
      || !check_place (existing_dfd, shown, error)
      || !check_not_in_store (existing_dfd, shown, error)
      || (parent_dfd = moor_make_dirs_beneath (NULL, existing_dfd, rest, 0755, error)) < 0)
    return -1;
  return open_or_make (parent_dfd, name, shown, error);
}

/* A directory that was there before is taken only if nothing is in it and it is
 * ours. */
static gboolean
check_dir (int dfd, const char *shown, GError **error)
{
  struct stat st;
  gboolean empty;

  if (!check_place (dfd, shown, error))
    return FALSE;
  if (fstat (dfd, &st) < 0)
    return moor_throw_errno (error, errno, "looking at “%s”", shown);
  if (st.st_uid != geteuid ())
    return moor_throw (error, MOOR_ERROR_REFUSED,
                       "A store cannot be made in “%s”: the folder belongs to somebody else. Name "
                       "a folder that does not exist yet.",
                       shown);
  if (faccessat (dfd, MOOR_STORE_MARKER, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
    return TRUE;
  if (!moor_folder_is_empty (dfd, ".", MOOR_MARKER_NEW, &empty, error))
    return FALSE;
  if (!empty)
    return moor_throw (error, MOOR_ERROR_REFUSED,
                       "A store cannot be made in “%s”: the folder is neither empty nor a store. "
                       "Name a folder that does not exist yet.",
                       shown);
  return (st.st_mode & 0077) == 0 || fchmod (dfd, 0700) == 0
         || moor_throw_errno (error, errno, "closing “%s” to others", shown);
}

static gboolean
check_unused (int dfd, const char *shown, GError **error)
{
  gboolean empty;

  if (!moor_folder_holds_nothing (dfd, &empty, error))
    return FALSE;
  if (empty && faccessat (dfd, MOOR_CATALOGUE, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS, "There is a store at “%s” already", shown);
  return FALSE;
}

/* Whether the marker belongs to a store that nobody has completed, or is about to. */
static gboolean
lock_beginning (int dfd, int marker_fd, const char *shown, GError **error)
{
  if (!check_unused (dfd, shown, error))
    return FALSE;
  if (!moor_marker_try_lock (marker_fd))
    return moor_throw (error, MOOR_ERROR_BUSY, "Somebody else is making the store “%s”", shown);
  return check_unused (dfd, shown, error);
}

static gboolean
make_marker (int dfd, const MoorStoreInfo *info, GError **error)
{
  g_autoptr(MoorVolume) volume = moor_volume_for_fd (dfd, error);
  g_autofree char *uuid = g_uuid_string_random ();
  const MoorMarker marker = {
    .uuid = uuid,
    .volume_name = volume != NULL ? volume->name : NULL,
    .primary = (char *) "here",
    .system_name = info->system_name,
    .host_name = info->host_name,
    .made_ns = info->made_ns,
  };

  return volume != NULL && moor_marker_make (dfd, &marker, error);
}

/* Opens the marker, which is locked afterwards, making it if there is none. */
static int
begin_store (int dfd,
             const char *shown,
             const MoorStoreInfo *info,
             MoorMarker *out_marker,
             GError **error)
{
  g_auto(MoorMarker) marker = { 0 };
  g_auto(MoorFd) fd = -1;

  if (faccessat (dfd, MOOR_STORE_MARKER, F_OK, AT_SYMLINK_NOFOLLOW) < 0
      && !make_marker (dfd, info, error))
    return -1;
  if ((fd = moor_marker_open (dfd, shown, TRUE, &marker, error)) < 0)
    return -1;
  if (marker.part != 0)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS,
                   "There is a part of a store at “%s” already", shown);
      return -1;
    }
  if (!lock_beginning (dfd, fd, shown, error))
    return -1;

  *out_marker = marker;
  marker = (MoorMarker){ 0 };
  return g_steal_fd (&fd);
}

static gboolean
make_folders (int dfd, GError **error)
{
  static const char *const names[] = { MOOR_TREE, "rules", "accounts", MOOR_REPLACED, "log" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    if (!moor_folder_make (dfd, names[i], error))
      return FALSE;
  moor_reserve_make (dfd);
  return TRUE;
}

static gboolean
write_first_meta (MoorStore *store, const MoorStoreInfo *info, GError **error)
{
  return moor_store_write_meta (store, "uuid", store->uuid, error)
         && moor_store_write_meta (store, "system_name", info->system_name, error)
         && moor_store_write_meta (store, "host_name", info->host_name, error)
         && moor_store_write_meta (store, "machine_id", info->machine_id, error)
         && moor_store_write_meta (store, "note", info->note, error)
         && moor_store_write_meta_int (store, "made_ns", info->made_ns, error)
         && moor_store_write_meta_int (store, "owner_uid", geteuid (), error)
         && moor_store_write_meta_int (store, "state", MOOR_STORE_CAPTURING, error);
}

static gboolean
write_first_rows (MoorStore *store, const MoorStoreInfo *info, GError **error)
{
  MoorPart *first = moor_part_new_primary (store, error);
  gboolean written = FALSE;

  if (first == NULL)
    return FALSE;
  if (moor_db_exec (&store->db, "BEGIN IMMEDIATE", "making", error))
    written = moor_schema_create (&store->db, error) && moor_part_save (store, first, error)
              && write_first_meta (store, info, error)
              && moor_db_exec (&store->db, "COMMIT", "making", error);
  first->dfd = -1;
  moor_part_free (first);
  return written;
}

static gboolean
make_catalogue (int dfd,
                const char *shown,
                const char *uuid,
                const MoorStoreInfo *info,
                GError **error)
{
  const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  MoorStore store = {
    .shown = (char *) shown,
    .uuid = (char *) uuid,
    .dfd = dfd,
    .db = { .dfd = dfd, .path = shown },
  };
  gboolean written;
  int fd;

  (void) unlinkat (dfd, MOOR_CATALOGUE_NEW "-journal", 0);
  if (unlinkat (dfd, MOOR_CATALOGUE_NEW, 0) < 0 && errno != ENOENT)
    return moor_throw_errno (error, errno, "removing an unfinished catalogue in “%s”", shown);
  if ((fd = openat (dfd, MOOR_CATALOGUE_NEW, flags, 0600)) < 0)
    return moor_throw_errno (error, errno, "making the catalogue in “%s”", shown);
  moor_fd_close (fd);

  if (!moor_db_open (&store.db, MOOR_CATALOGUE_NEW, TRUE, error))
    return FALSE;
  written = write_first_rows (&store, info, error);
  moor_db_close (&store.db);
  if (!written)
    return FALSE;
  if (renameat (dfd, MOOR_CATALOGUE_NEW, dfd, MOOR_CATALOGUE) == 0 && fsync (dfd) == 0)
    return TRUE;
  (void) moor_throw_errno (error, errno, "making the catalogue in “%s”", shown);
  (void) unlinkat (dfd, MOOR_CATALOGUE, 0);
  return FALSE;
}

static gboolean
make_store (const char *path, const MoorStoreInfo *info, GError **error)
{
  g_autofree char *shown = moor_text_path (path);
  g_auto(MoorMarker) marker = { 0 };
  g_auto(MoorFd) dfd = make_dir (path, shown, error);
  g_auto(MoorFd) marker_fd = -1;

  if (dfd < 0)
    return FALSE;
  /* Whoever makes the same store at this moment is waited for: it is made once. */
  if (flock (dfd, LOCK_EX) < 0)
    return moor_throw_errno (error, errno, "waiting for “%s”", shown);
  return check_dir (dfd, shown, error)
         && (marker_fd = begin_store (dfd, shown, info, &marker, error)) >= 0
         && make_folders (dfd, error) && make_catalogue (dfd, shown, marker.uuid, info, error);
}

/**
 * moor_store_create:
 * @path: (type filename): where; parents that are missing are made
 * @info: what is captured; `made_ns` 0 for now. Its uuid, owner and totals are not used
 *
 * Makes a store in the state `capturing`, which belongs to whoever runs this.  A
 * beginning that a crash has left at @path is completed; after a failure the call
 * can be repeated.  Blocks; any thread.
 *
 * Returns: (transfer full): the store, writable and not locked; or %NULL with
 *   @error set: %G_IO_ERROR_EXISTS if there is a store already, %MOOR_ERROR_REFUSED
 *   if @path is no place for one
 */
MoorStore *
moor_store_create (const char *path, const MoorStoreInfo *info, GError **error)
{
  g_autofree char *absolute = g_canonicalize_filename (path, NULL);
  MoorStoreInfo first = *info;

  if (first.made_ns == 0)
    first.made_ns = g_get_real_time () * 1000;
  return make_store (absolute, &first, error) ? moor_store_open (absolute, TRUE, error) : NULL;
}
