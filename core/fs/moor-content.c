/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Reads, copies and hashes the content of a file, holes included. */

#include "moor-link-private.h"

#include <limits.h>
#include <string.h>

#include "moor-error.h"

#define BUFFER_BYTES ((gsize) 256 * 1024) /* a cancel is noticed once a buffer */

static const guint8 zeros[64 * 1024];

/* Opens a regular file without following anything, waiting for anybody or
 * changing its access time.  Whether it is regular is seen on the result. */
int
moor_open_file (const MoorSys *sys, int dfd, const char *name)
{
  struct open_how how = {
    .flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | O_NOATIME,
    .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV,
  };
  int fd = sys->openat2 (dfd, name, &how);

  if (fd < 0 && errno == EPERM)
    {
      how.flags &= ~(guint64) O_NOATIME;
      fd = sys->openat2 (dfd, name, &how);
    }
  return fd;
}

/* What is read is hashed, and written unless @dst_fd is -1. */
typedef struct
{
  const MoorSys *sys;
  int src_fd;
  int dst_fd;
  GCancellable *cancellable;
  GChecksum *checksum;
  guint8 *buffer; /* BUFFER_BYTES */
} Transfer;

/* Where the next data lie from @pos on; what lies before is a hole.  A file
 * system that cannot tell has none. */
static void
next_extent (int fd, guint64 pos, guint64 size, guint64 *out_start, guint64 *out_end)
{
  off_t start = lseek (fd, (off_t) pos, SEEK_DATA);
  off_t end = start < 0 ? -1 : lseek (fd, start, SEEK_HOLE);

  if (start < 0 && errno == ENXIO)
    *out_start = size;
  else
    *out_start = start < 0 ? pos : MIN ((guint64) start, size);
  *out_end = end <= start ? size : MIN ((guint64) end, size);
}

/* Returns: 0 or an errno, as all that moves content. */
static int
hash_hole (const Transfer *transfer, guint64 n_bytes)
{
  while (n_bytes > 0)
    {
      gsize n = (gsize) MIN (n_bytes, sizeof zeros);

      if (g_cancellable_is_cancelled (transfer->cancellable))
        return ECANCELED;
      g_checksum_update (transfer->checksum, zeros, (gssize) n);
      n_bytes -= n;
    }
  return 0;
}

static int
write_all (const MoorSys *sys, int fd, const guint8 *buffer, gsize n_bytes)
{
  while (n_bytes > 0)
    {
      ssize_t n = sys->write (fd, buffer, n_bytes);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return errno;
      buffer += n;
      n_bytes -= (gsize) n;
    }
  return 0;
}

/* One piece from where both files stand.  The end of a file that was longer a
 * moment ago is EAGAIN. */
static int
transfer_piece (const Transfer *transfer, gsize n_wanted, gsize *out_n)
{
  ssize_t n;

  if (g_cancellable_is_cancelled (transfer->cancellable))
    return ECANCELED;
  do
    n = transfer->sys->read (transfer->src_fd, transfer->buffer, n_wanted);
  while (n < 0 && errno == EINTR);
  if (n <= 0)
    return n < 0 ? errno : EAGAIN;

  g_checksum_update (transfer->checksum, transfer->buffer, (gssize) n);
  *out_n = (gsize) n;
  return transfer->dst_fd < 0
             ? 0
             : write_all (transfer->sys, transfer->dst_fd, transfer->buffer, (gsize) n);
}

static int
transfer_extent (const Transfer *transfer, guint64 start, guint64 end)
{
  if (lseek (transfer->src_fd, (off_t) start, SEEK_SET) < 0)
    return errno;
  if (transfer->dst_fd >= 0 && lseek (transfer->dst_fd, (off_t) start, SEEK_SET) < 0)
    return errno;

  while (start < end)
    {
      gsize n = 0;
      int errnum = transfer_piece (transfer, (gsize) MIN (end - start, BUFFER_BYTES), &n);

      if (errnum != 0)
        return errnum;
      start += n;
    }
  return 0;
}

static int
transfer_extents (const Transfer *transfer, guint64 size)
{
  guint64 pos = 0;

  while (pos < size)
    {
      guint64 start;
      guint64 end;
      int errnum;

      next_extent (transfer->src_fd, pos, size, &start, &end);
      errnum = hash_hole (transfer, start - pos);
      if (errnum == 0)
        errnum = transfer_extent (transfer, start, end);
      if (errnum != 0)
        return errnum;
      pos = MAX (start, end);
    }

  if (transfer->dst_fd >= 0 && ftruncate (transfer->dst_fd, (off_t) size) < 0)
    return errno;
  return 0;
}

/* Reads @size bytes, writes them to @dst_fd unless it is -1, and tells their
 * hash.  Returns 0 or an errno. */
int
moor_transfer_content (const MoorSys *sys,
                       int src_fd,
                       int dst_fd,
                       guint64 size,
                       GCancellable *cancellable,
                       guint8 out_hash[MOOR_HASH_BYTES])
{
  g_autoptr(GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree guint8 *buffer = g_malloc (BUFFER_BYTES);
  const Transfer transfer = { .sys = sys,
                              .src_fd = src_fd,
                              .dst_fd = dst_fd,
                              .cancellable = cancellable,
                              .checksum = checksum,
                              .buffer = buffer };
  gsize n_hash = MOOR_HASH_BYTES;
  int errnum = transfer_extents (&transfer, size);

  if (errnum == 0)
    g_checksum_get_digest (checksum, out_hash, &n_hash);
  return errnum;
}

/**
 * moor_hash_entry:
 * @dfd: a directory
 * @name: one name in it: a regular file
 * @cancellable: (nullable): looked at once every 256 KiB
 * @out_hash: (out): SHA-256 of its content
 *
 * Reads a file and tells its hash.  Neither follows a link, nor waits, nor
 * looks into what is mounted on the name.  May be repeated.
 *
 * Blocks; any thread.
 *
 * Returns: %FALSE on failure: %MOOR_ERROR_VANISHED when it is no regular file
 *   or got shorter in the meantime, %MOOR_ERROR_OTHER_DOMAIN when something is
 *   mounted there, or %G_IO_ERROR
 */
gboolean
moor_hash_entry (const MoorSys *sys,
                 int dfd,
                 const char *name,
                 GCancellable *cancellable,
                 guint8 out_hash[MOOR_HASH_BYTES],
                 GError **error)
{
  g_auto(MoorFd) fd = moor_open_file (sys, dfd, name);
  struct statx stx;
  int errnum;

  if (fd < 0 && errno == EXDEV)
    return moor_throw (error, MOOR_ERROR_OTHER_DOMAIN, "something is mounted on “%s”", name);
  if (fd < 0 && (errno == ELOOP || errno == ENXIO))
    return moor_throw (error, MOOR_ERROR_VANISHED, "“%s” is no regular file", name);
  if (fd < 0 || sys->statx (fd, "", AT_EMPTY_PATH, MOOR_STATX_MASK, &stx) < 0)
    return moor_throw_errno (error, errno, "opening “%s”", name);
  if (!S_ISREG (stx.stx_mode))
    return moor_throw (error, MOOR_ERROR_VANISHED, "“%s” is no regular file", name);

  errnum = moor_transfer_content (sys, fd, -1, stx.stx_size, cancellable, out_hash);
  if (errnum == EAGAIN)
    return moor_throw (error, MOOR_ERROR_VANISHED, "“%s” became shorter while it was read", name);
  return errnum == 0 || moor_throw_errno (error, errnum, "reading “%s”", name);
}

static gboolean
same_target (const MoorSys *sys, int a_dfd, const char *a_name, int b_dfd, const char *b_name)
{
  char a[PATH_MAX];
  char b[PATH_MAX];
  ssize_t n_a = sys->readlinkat (a_dfd, a_name, a, sizeof a);
  ssize_t n_b = sys->readlinkat (b_dfd, b_name, b, sizeof b);

  return n_a >= 0 && n_a == n_b && memcmp (a, b, (gsize) n_a) == 0;
}

static gboolean
same_kind (const struct statx *a, const struct statx *b)
{
  return ((a->stx_mode ^ b->stx_mode) & S_IFMT) == 0 && !S_ISDIR (a->stx_mode)
         && a->stx_size == b->stx_size && a->stx_rdev_major == b->stx_rdev_major
         && a->stx_rdev_minor == b->stx_rdev_minor;
}

/**
 * moor_same_content:
 * @cancellable: (nullable): looked at once every 256 KiB
 * @out_hash: (out) (optional): the hash of both, for regular files
 *
 * Compares two objects by what is in them: kind, and a file's content, a symbolic
 * link's target, a device's number.  Files of one size are read to their ends.
 *
 * Blocks; any thread.
 *
 * Returns: whether they are equal; %FALSE too for directories, and if it cannot be
 *   found out
 */
gboolean
moor_same_content (const MoorSys *sys,
                   int a_dfd,
                   const char *a_name,
                   int b_dfd,
                   const char *b_name,
                   GCancellable *cancellable,
                   guint8 out_hash[MOOR_HASH_BYTES])
{
  guint8 a_hash[MOOR_HASH_BYTES];
  guint8 b_hash[MOOR_HASH_BYTES];
  struct statx a;
  struct statx b;

  if (sys->statx (a_dfd, a_name, AT_SYMLINK_NOFOLLOW, MOOR_STATX_MASK, &a) < 0
      || sys->statx (b_dfd, b_name, AT_SYMLINK_NOFOLLOW, MOOR_STATX_MASK, &b) < 0
      || !same_kind (&a, &b))
    return FALSE;
  if (S_ISLNK (a.stx_mode))
    return same_target (sys, a_dfd, a_name, b_dfd, b_name);
  if (!S_ISREG (a.stx_mode))
    return TRUE;

  if (!moor_hash_entry (sys, a_dfd, a_name, cancellable, a_hash, NULL)
      || !moor_hash_entry (sys, b_dfd, b_name, cancellable, b_hash, NULL)
      || memcmp (a_hash, b_hash, sizeof a_hash) != 0)
    return FALSE;
  if (out_hash != NULL)
    memcpy (out_hash, a_hash, sizeof a_hash);
  return TRUE;
}

static gboolean
same_outside (const struct statx *a, const struct statx *b)
{
  return !moor_same_inode (a, b) && a->stx_mode == b->stx_mode && a->stx_uid == b->stx_uid
         && a->stx_gid == b->stx_gid && a->stx_mtime.tv_sec == b->stx_mtime.tv_sec
         && a->stx_mtime.tv_nsec == b->stx_mtime.tv_nsec;
}

/**
 * moor_is_copy:
 * @src_dfd: directory of the source
 * @dst_dfd: directory of the target, which nobody else may write to
 * @name: the name in both
 * @cancellable: (nullable): looked at once every 256 KiB
 * @out_placing: (out): what lies under the target name, with its hash
 *
 * Finds what moor_copy_entry() has made in an earlier run: another object of the
 * same kind, owner, mode, time and content.  A file is read twice for that.
 *
 * Blocks; any thread.
 *
 * Returns: whether the target is such a copy; %FALSE too if that cannot be found out
 */
gboolean
moor_is_copy (const MoorSys *sys,
              int src_dfd,
              int dst_dfd,
              const char *name,
              GCancellable *cancellable,
              MoorPlacing *out_placing)
{
  struct statx stx;

  memset (out_placing, 0, sizeof *out_placing);
  if (sys->statx (src_dfd, name, AT_SYMLINK_NOFOLLOW, MOOR_STATX_MASK, &stx) < 0
      || sys->statx (dst_dfd, name, AT_SYMLINK_NOFOLLOW, MOOR_STATX_MASK, &out_placing->stx) < 0
      || !same_outside (&stx, &out_placing->stx)
      || !moor_same_content (sys, src_dfd, name, dst_dfd, name, cancellable, out_placing->hash))
    return FALSE;

  out_placing->has_hash = S_ISREG (stx.stx_mode);
  return TRUE;
}
