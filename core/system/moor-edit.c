/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-edit-private.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "moor-error.h"
#include "moor-meta.h"

/* A file is changed by writing the new one beside it, with the owner, mode and
 * attributes of the old one from the start (it may hold secrets), and renaming it over:
 * whoever looks, and whatever crashes, sees the old or the new one.  A new file that a
 * crash left behind is removed by the next edit.
 *
 * While that happens the system's etc/.pwd.lock is held, which is what lckpwdf() of the
 * C library does for `/`; passwd and useradd wait for it there. */

#define LOCK_NAME ".pwd.lock"
#define LOCK_WAIT_MS 15000
#define LOCK_STEP_MS 100
#define US_PER_MS ((gulong) 1000)
#define MAX_BYTES (16 * 1024 * 1024)

/* An open file description lock: other threads are kept out as well. */
static int
lock_records (const MoorSys *sys, int etc_dfd, GError **error)
{
  g_auto(MoorFd) fd = -1;
  struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

  fd = sys->openat (etc_dfd, LOCK_NAME, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0)
    {
      (void) moor_throw_errno (error, errno, "opening “/etc/%s”", LOCK_NAME);
      return -1;
    }
  for (guint waited_ms = 0; fcntl (fd, F_OFD_SETLK, &lock) < 0; waited_ms += LOCK_STEP_MS)
    {
      if ((errno != EAGAIN && errno != EACCES) || waited_ms >= LOCK_WAIT_MS)
        {
          (void) moor_throw_errno (
              error, errno, "locking the system's accounts, which another program is changing");
          return -1;
        }
      g_usleep (LOCK_STEP_MS * US_PER_MS);
    }
  return g_steal_fd (&fd);
}

static char *
read_fd (const MoorSys *sys, int fd, const char *name, GError **error)
{
  g_autoptr(GByteArray) content = g_byte_array_new ();
  guint8 piece[16 * 1024];
  ssize_t n_bytes;

  while ((n_bytes = sys->read (fd, piece, sizeof piece)) != 0)
    {
      if (n_bytes < 0 && errno == EINTR)
        continue;
      if (n_bytes > 0)
        g_byte_array_append (content, piece, (guint) n_bytes);
      if (n_bytes < 0 || content->len > MAX_BYTES)
        {
          (void) moor_throw_errno (error, n_bytes < 0 ? errno : EFBIG, "reading “/etc/%s”", name);
          return NULL;
        }
    }
  if (memchr (content->data != NULL ? (const char *) content->data : "", '\0', content->len)
      != NULL)
    {
      (void) moor_throw_errno (error, EILSEQ, "reading “/etc/%s”", name);
      return NULL;
    }
  g_byte_array_append (content, (const guint8 *) "", 1);
  return (char *) g_byte_array_free (g_steal_pointer (&content), FALSE);
}

static gboolean
write_fd (const MoorSys *sys, int fd, gconstpointer data, gsize n_bytes)
{
  const char *at = data;

  while (n_bytes > 0)
    {
      ssize_t n = sys->write (fd, at, n_bytes);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return FALSE;
      at += n;
      n_bytes -= (gsize) n;
    }
  return sys->fsync (fd) == 0;
}

/* A name that is removed unless it was renamed away. */
typedef struct
{
  const MoorSys *sys;
  int dfd;
  char *name;
} Temporary;

static void
temporary_clear (Temporary *temporary)
{
  if (temporary->name != NULL)
    (void) temporary->sys->unlinkat (temporary->dfd, temporary->name, 0);
  g_clear_pointer (&temporary->name, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Temporary, temporary_clear)

/* Opens a new file beside @name, visible to nobody but its owner. */
static int
open_temporary (const MoorSys *sys,
                int dfd,
                const char *name,
                Temporary *out_temporary,
                GError **error)
{
  g_autofree char *new_name = g_strdup_printf (".%s.mooring-new", name);
  int fd;

  if (sys->unlinkat (dfd, new_name, 0) < 0 && errno != ENOENT)
    {
      (void) moor_throw_errno (error, errno, "removing “%s”", new_name);
      return -1;
    }
  fd = sys->openat (dfd, new_name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0)
    {
      (void) moor_throw_errno (error, errno, "making “%s”", new_name);
      return -1;
    }
  *out_temporary = (Temporary){ sys, dfd, g_steal_pointer (&new_name) };
  return fd;
}

static gboolean
replace_file (const MoorSys *sys,
              int etc_dfd,
              const char *name,
              int old_fd,
              const char *text,
              GError **error)
{
  g_auto(Temporary) temporary = { sys, etc_dfd, NULL };
  g_auto(MoorFd) fd = open_temporary (sys, etc_dfd, name, &temporary, error);
  g_auto(MoorMeta) meta = { 0 };

  if (fd < 0 || !moor_meta_read (sys, old_fd, &meta, error))
    return FALSE;
  meta.flags = 0;
  if (!moor_meta_apply (sys, fd, &meta, error))
    return FALSE;
  if (!write_fd (sys, fd, text, strlen (text)))
    return moor_throw_errno (error, errno, "writing “/etc/%s”", name);
  if (sys->renameat2 (etc_dfd, temporary.name, etc_dfd, name, 0) < 0)
    return moor_throw_errno (error, errno, "replacing “/etc/%s”", name);
  g_clear_pointer (&temporary.name, g_free);
  return sys->fsync (etc_dfd) == 0 || moor_throw_errno (error, errno, "writing the folder “/etc”");
}

/**
 * moor_edit_file:
 * @sys: the calls to go through
 * @etc_dfd: the system's etc
 * @name: a file in it, which must exist and must not be a link
 * @func: what to make of its content
 * @error: return location for a #GError
 *
 * Changes one of the files about accounts, under the lock that all programs take which do
 * so.  After a failure or a crash the file is the old or the new one, and the call may be
 * repeated.  Blocks, up to 15 s for the lock; any thread.
 *
 * Returns: %FALSE with @error in %G_IO_ERROR; NOT_FOUND if there is no such file
 */
gboolean
moor_edit_file (const MoorSys *sys,
                int etc_dfd,
                const char *name,
                MoorEditFunc func,
                gpointer user_data,
                GError **error)
{
  g_auto(MoorFd) lock = lock_records (sys, etc_dfd, error);
  g_auto(MoorFd) fd = -1;
  g_autofree char *text = NULL;
  g_autofree char *changed = NULL;

  if (lock < 0)
    return FALSE;
  fd = sys->openat (etc_dfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0);
  if (fd < 0)
    return moor_throw_errno (error, errno, "opening “/etc/%s”", name);
  text = read_fd (sys, fd, name, error);
  if (text == NULL)
    return FALSE;

  changed = func (text, user_data);
  return changed == NULL || replace_file (sys, etc_dfd, name, fd, changed, error);
}

/* Whether what has the name already is a file with @content. */
static gboolean
has_content (const MoorSys *sys, int dfd, const char *name, GBytes *content)
{
  g_auto(MoorFd) fd = sys->openat (dfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0);
  gsize n_bytes = g_bytes_get_size (content);
  g_autofree guint8 *found = g_malloc (n_bytes + 1);
  gsize n_found = 0;
  ssize_t n;

  if (fd < 0)
    return FALSE;
  while (n_found <= n_bytes && (n = sys->read (fd, found + n_found, n_bytes + 1 - n_found)) > 0)
    n_found += (gsize) n;
  return n_found == n_bytes
         && (n_bytes == 0 || memcmp (found, g_bytes_get_data (content, NULL), n_bytes) == 0);
}

/**
 * moor_edit_create:
 * @sys: the calls to go through
 * @dfd: a directory that only root can change
 * @name: a name in it
 * @mode: of the new file
 * @out_other: (out): something else has the name; it was left alone
 * @error: return location for a #GError
 *
 * Makes a file, whole or not at all.  May be repeated.  Blocks; any thread.
 *
 * Returns: %FALSE with @error in %G_IO_ERROR
 */
gboolean
moor_edit_create (const MoorSys *sys,
                  int dfd,
                  const char *name,
                  GBytes *content,
                  mode_t mode,
                  gboolean *out_other,
                  GError **error)
{
  g_auto(Temporary) temporary = { sys, dfd, NULL };
  g_auto(MoorFd) fd = open_temporary (sys, dfd, name, &temporary, error);
  gsize n_bytes = 0;
  gconstpointer data = g_bytes_get_data (content, &n_bytes);

  *out_other = FALSE;
  if (fd < 0)
    return FALSE;
  if (sys->fchmod (fd, mode) < 0 || !write_fd (sys, fd, data, n_bytes))
    return moor_throw_errno (error, errno, "writing “%s”", name);
  if (sys->renameat2 (dfd, temporary.name, dfd, name, RENAME_NOREPLACE) == 0)
    {
      g_clear_pointer (&temporary.name, g_free);
      return sys->fsync (dfd) == 0
             || moor_throw_errno (error, errno, "writing the folder of “%s”", name);
    }
  if (errno != EEXIST)
    return moor_throw_errno (error, errno, "making “%s”", name);
  *out_other = !has_content (sys, dfd, name, content);
  return TRUE;
}
