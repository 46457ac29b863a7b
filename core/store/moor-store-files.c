/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "moor-store-private.h"
#include "moor-text.h"
#include "moor-walk.h"

/* The small files and the folders of a store. */

#define FILE_NEW ".new"
#define MAX_FILE_BYTES (256 * 1024 * 1024)

/**
 * moor_folder_make:
 *
 * Makes sure that there is a folder @name of ours.  May be repeated.
 */
gboolean
moor_folder_make (int dfd, const char *name, GError **error)
{
  if (mkdirat (dfd, name, 0700) < 0 && errno != EEXIST)
    return moor_throw_errno (error, errno, "making the folder “%s” of the store", name);
  return TRUE;
}

/**
 * moor_folder_holds_nothing:
 * @dfd: the directory of a store
 * @out_empty: (out): whether nobody's files are in it: captured, replaced or set aside
 */
gboolean
moor_folder_holds_nothing (int dfd, gboolean *out_empty, GError **error)
{
  static const char *const names[] = { MOOR_TREE, MOOR_REPLACED, "old-system", "new-system" };

  *out_empty = TRUE;
  for (gsize i = 0; i < G_N_ELEMENTS (names) && *out_empty; i++)
    if (!moor_folder_is_empty (dfd, names[i], NULL, out_empty, error))
      return FALSE;
  return TRUE;
}

/**
 * moor_folder_remove_self:
 *
 * Removes the empty directory @dfd, if the name it was last seen under still leads
 * to it.  The root of a volume stays.
 */
gboolean
moor_folder_remove_self (int dfd, GError **error)
{
  g_autofree char *path = moor_fd_path (dfd);
  g_autofree char *name = path != NULL ? g_path_get_basename (path) : g_strdup (".");
  g_auto(MoorFd) parent_dfd = openat (dfd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  struct stat st;
  struct stat named;

  if (parent_dfd < 0 || fstat (dfd, &st) < 0)
    return moor_throw_errno (error, errno, "removing the store's folder “%s”", name);
  if (fstatat (parent_dfd, name, &named, AT_SYMLINK_NOFOLLOW) < 0 || st.st_dev != named.st_dev
      || st.st_ino != named.st_ino)
    return TRUE;
  if (unlinkat (parent_dfd, name, AT_REMOVEDIR) < 0 && errno != EBUSY)
    return moor_throw_errno (error, errno, "removing the store's folder “%s”", name);
  return fsync (parent_dfd) == 0
         || moor_throw_errno (error, errno, "removing the store's folder “%s”", name);
}

typedef struct
{
  const char *except;
  gboolean found;
} Occupant;

static gboolean
see_occupant (const char *name, guint8 type, guint64 ino, gpointer user_data)
{
  Occupant *occupant = user_data;

  occupant->found = g_strcmp0 (name, occupant->except) != 0;
  return !occupant->found;
}

/**
 * moor_folder_is_empty:
 * @name: "." for @dfd itself
 * @except: (nullable): a name that does not count
 * @out_empty: (out): whether there is nothing in it; %TRUE if it does not exist
 */
gboolean
moor_folder_is_empty (int dfd,
                      const char *name,
                      const char *except,
                      gboolean *out_empty,
                      GError **error)
{
  g_auto(MoorFd) fd = openat (dfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  Occupant occupant = { .except = except };

  if (fd < 0 && errno != ENOENT)
    return moor_throw_errno (error, errno, "looking into the folder “%s” of the store", name);
  if (fd >= 0 && !moor_list_dir (NULL, fd, see_occupant, &occupant, error))
    return FALSE;
  *out_empty = !occupant.found;
  return TRUE;
}

static gboolean
write_all (int fd, GBytes *bytes, const char *name, GError **error)
{
  gsize n_left;
  const char *at = g_bytes_get_data (bytes, &n_left);

  while (n_left > 0)
    {
      ssize_t n_written = write (fd, at, n_left);

      if (n_written < 0 && errno == EINTR)
        continue;
      if (n_written < 0)
        return moor_throw_errno (error, errno, "writing “%s” in the store", name);
      at += n_written;
      n_left -= (gsize) n_written;
    }
  return TRUE;
}

static gboolean
write_and_rename (int fd,
                  int dfd,
                  const char *temporary,
                  const char *name,
                  GBytes *bytes,
                  GError **error)
{
  if (!write_all (fd, bytes, name, error))
    return FALSE;
  if (fsync (fd) < 0 || renameat (dfd, temporary, dfd, name) < 0 || fsync (dfd) < 0)
    return moor_throw_errno (error, errno, "writing “%s” in the store", name);
  return TRUE;
}

/**
 * moor_file_replace:
 * @temporary: the name it has while it is being written; may be left over
 * @name: the name it gets
 *
 * Writes a file of mode 0600 that is there whole or not at all, and on the disk
 * when this returns %TRUE.  May be repeated.
 */
gboolean
moor_file_replace (int dfd, const char *temporary, const char *name, GBytes *bytes, GError **error)
{
  const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  g_auto(MoorFd) fd = -1;

  if (unlinkat (dfd, temporary, 0) < 0 && errno != ENOENT)
    return moor_throw_errno (error, errno, "removing “%s” in the store", temporary);
  if ((fd = openat (dfd, temporary, flags, 0600)) < 0)
    return moor_throw_errno (error, errno, "making “%s” in the store", name);
  if (write_and_rename (fd, dfd, temporary, name, bytes, error))
    return TRUE;

  (void) unlinkat (dfd, temporary, 0);
  return FALSE;
}

static gboolean
check_names (const char *folder, const char *name, GError **error)
{
  static const char *const folders[] = { "rules", "accounts", "registry", "log", NULL };
  g_autofree char *shown = moor_text_path (name);

  if (!g_strv_contains (folders, folder) || !moor_name_is_valid (name)
      || strcmp (name, FILE_NEW) == 0)
    return moor_throw (error, MOOR_ERROR_USAGE, "“%s” cannot be the name of a file in “%s”", shown,
                       folder);
  return TRUE;
}

/**
 * moor_store_keep_file:
 * @folder: "rules", "accounts", "registry" or "log"
 * @name: (type filename): one name, without a slash
 *
 * Keeps a small file, readable by the store's owner only; one of the same name
 * is replaced.  It is there whole or not at all, and on the disk when this returns
 * %TRUE.  Blocks; any thread, one at a time.
 */
gboolean
moor_store_keep_file (MoorStore *store,
                      const char *folder,
                      const char *name,
                      GBytes *bytes,
                      GError **error)
{
  g_auto(MoorFd) dfd = -1;

  if (!check_names (folder, name, error) || !moor_folder_make (store->dfd, folder, error))
    return FALSE;
  if ((dfd = moor_open_beneath (NULL, store->dfd, folder, O_RDONLY | O_DIRECTORY, error)) < 0)
    return FALSE;
  return moor_file_replace (dfd, FILE_NEW, name, bytes, error);
}

static GBytes *
read_all (int fd, gsize n_bytes, const char *shown, GError **error)
{
  g_autofree char *content = g_malloc (n_bytes + 1);
  gsize n_read = 0;

  while (n_read < n_bytes)
    {
      ssize_t n = read (fd, content + n_read, n_bytes - n_read);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        {
          (void) moor_throw_errno (error, errno, "reading “%s” in the store", shown);
          return NULL;
        }
      if (n == 0)
        break;
      n_read += (gsize) n;
    }
  return g_bytes_new_take (g_steal_pointer (&content), n_read);
}

/**
 * moor_store_read_file:
 *
 * Reads what moor_store_keep_file() kept.  In a store of an ordinary user this is
 * text of that user's.  Blocks; any thread.
 *
 * Returns: (transfer full): the content, or %NULL with @error set:
 *   %G_IO_ERROR_NOT_FOUND if there is no such file
 */
GBytes *
moor_store_read_file (MoorStore *store, const char *folder, const char *name, GError **error)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autofree char *shown = moor_text_path (path);
  g_auto(MoorFd) fd = -1;
  struct stat st;

  if (!check_names (folder, name, error))
    return NULL;
  if ((fd = moor_open_beneath (NULL, store->dfd, path, O_RDONLY | O_NONBLOCK, error)) < 0)
    return NULL;
  if (fstat (fd, &st) < 0)
    {
      (void) moor_throw_errno (error, errno, "looking at “%s” in the store", shown);
      return NULL;
    }
  if (!S_ISREG (st.st_mode) || (st.st_uid != store->owner && st.st_uid != 0)
      || st.st_size > MAX_FILE_BYTES)
    {
      (void) moor_throw (error, MOOR_ERROR_STORE_UNUSABLE,
                         "“%s” in the store “%s” is no file that Mooring has put there", shown,
                         store->shown);
      return NULL;
    }
  return read_all (fd, (gsize) st.st_size, shown, error);
}
