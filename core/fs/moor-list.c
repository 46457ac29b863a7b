/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <string.h>

#include "moor-error.h"
#include "moor-fd.h"
#include "moor-walk-private.h"

#define LIST_BUFFER_BYTES ((gsize) 32 * 1024)

/* What getdents64() writes. */
typedef struct
{
  guint64 ino;
  gint64 offset;
  guint16 n_bytes;
  guint8 type;
  char name[];
} Dirent;

static gboolean
is_dot_name (const char *name)
{
  return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

/* Reads @fd to its end, or until @func says %FALSE.  @func may be told
 * DT_UNKNOWN.  Returns 0, or the errno that ended it. */
int
moor_read_entries (const MoorSys *sys,
                   int fd,
                   char *buffer,
                   gsize n_bytes,
                   MoorListFunc func,
                   gpointer user_data)
{
  for (;;)
    {
      ssize_t n_read = sys->getdents (fd, buffer, n_bytes);
      const Dirent *entry;

      if (n_read < 0 && errno == EINTR)
        continue;
      if (n_read <= 0)
        return n_read < 0 ? errno : 0;

      for (ssize_t at = 0; at < n_read; at += entry->n_bytes)
        {
          entry = (const void *) (buffer + at);
          if (!is_dot_name (entry->name) && !func (entry->name, entry->type, entry->ino, user_data))
            return 0;
        }
    }
}

/* What @name is, asking where the directory itself did not say.  DT_UNKNOWN with
 * errno on failure. */
guint8
moor_entry_type (const MoorSys *sys, int dfd, const char *name, guint8 type)
{
  struct statx stx;

  if (type != DT_UNKNOWN)
    return type;
  if (sys->statx (dfd, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_TYPE, &stx) < 0)
    return DT_UNKNOWN;
  return (guint8) IFTODT (stx.stx_mode);
}

/* The state of one moor_list_dir(). */
typedef struct
{
  const MoorSys *sys;
  int fd;
  MoorListFunc func;
  gpointer user_data;
  GError **error;
  gboolean failed;
} Listing;

static gboolean
list_entry (const char *name, guint8 type, guint64 ino, gpointer user_data)
{
  Listing *listing = user_data;

  type = moor_entry_type (listing->sys, listing->fd, name, type);
  if (type != DT_UNKNOWN)
    return listing->func (name, type, ino, listing->user_data);
  if (errno == ENOENT)
    return TRUE;

  listing->failed = TRUE;
  return moor_throw_errno (listing->error, errno, "looking at “%s”", name);
}

/**
 * moor_list_dir:
 * @sys: (nullable): the calls to go through
 * @dfd: a directory; `O_PATH` will do, and its read position is left alone
 * @func: told about each entry but `.` and `..`, in no order, never with DT_UNKNOWN;
 *   its %FALSE ends the listing, which has succeeded then
 *
 * Reads one directory.  Blocks; any thread.
 *
 * Returns: %FALSE with @error in %G_IO_ERROR if it could not be read to its end
 */
gboolean
moor_list_dir (const MoorSys *sys, int dfd, MoorListFunc func, gpointer user_data, GError **error)
{
  static const struct open_how how = {
    .flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
    .resolve = MOOR_DIR_RESOLVE,
  };
  g_autofree char *buffer = g_malloc (LIST_BUFFER_BYTES);
  Listing listing = { .func = func, .user_data = user_data, .error = error };
  g_auto(MoorFd) fd = -1;
  int errnum;

  g_return_val_if_fail (func != NULL, FALSE);

  listing.sys = sys != NULL ? sys : moor_sys_posix ();
  if ((fd = listing.sys->openat2 (dfd, ".", &how)) < 0)
    return moor_throw_errno (error, errno, "opening a folder to list it");

  listing.fd = fd;
  errnum = moor_read_entries (listing.sys, fd, buffer, LIST_BUFFER_BYTES, list_entry, &listing);
  if (errnum != 0)
    return moor_throw_errno (error, errnum, "reading a folder");
  return !listing.failed;
}
