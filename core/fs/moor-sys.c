/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-sys.h"

#include <errno.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Room for "/proc/self/fd/N/" and a path. */
#define AT_PATH_BYTES (PATH_MAX + 32)

/* What openat() is to open(), /proc/self/fd is to the calls on attributes, which
 * have no `…at` on kernels before 6.13.  The magic link in the middle leads to
 * the very directory that @dfd is; the last component is the caller's, and the
 * `l…` calls do not follow it.  Without one the magic link itself is followed,
 * to the object that @dfd is and no further. */
static gboolean
build_at_path (char buffer[AT_PATH_BYTES], int dfd, const char *path)
{
  int n_chars;

  if (*path == '\0')
    n_chars = snprintf (buffer, AT_PATH_BYTES, "/proc/self/fd/%d", dfd);
  else if (dfd == AT_FDCWD)
    n_chars = snprintf (buffer, AT_PATH_BYTES, "%s", path);
  else
    n_chars = snprintf (buffer, AT_PATH_BYTES, "/proc/self/fd/%d/%s", dfd, path);

  if (n_chars >= 0 && n_chars < AT_PATH_BYTES)
    return TRUE;

  errno = ENAMETOOLONG;
  return FALSE;
}

static int
posix_openat (int dfd, const char *path, int flags, mode_t mode)
{
  return openat (dfd, path, flags, mode);
}

static int
posix_openat2 (int dfd, const char *path, const struct open_how *how)
{
  return (int) syscall (SYS_openat2, dfd, path, how, sizeof *how);
}

static ssize_t
posix_getdents (int fd, void *buffer, size_t n_bytes)
{
  return syscall (SYS_getdents64, fd, buffer, n_bytes);
}

static ssize_t
posix_llistxattrat (int dfd, const char *path, char *list, size_t n_bytes)
{
  char at_path[AT_PATH_BYTES];

  if (!build_at_path (at_path, dfd, path))
    return -1;
  return *path == '\0' ? listxattr (at_path, list, n_bytes) : llistxattr (at_path, list, n_bytes);
}

static ssize_t
posix_lgetxattrat (int dfd, const char *path, const char *name, void *value, size_t n_bytes)
{
  char at_path[AT_PATH_BYTES];

  if (!build_at_path (at_path, dfd, path))
    return -1;
  return *path == '\0' ? getxattr (at_path, name, value, n_bytes)
                       : lgetxattr (at_path, name, value, n_bytes);
}

static int
posix_lsetxattrat (int dfd, const char *path, const char *name, const void *value, size_t n_bytes)
{
  char at_path[AT_PATH_BYTES];

  if (!build_at_path (at_path, dfd, path))
    return -1;
  return *path == '\0' ? setxattr (at_path, name, value, n_bytes, 0)
                       : lsetxattr (at_path, name, value, n_bytes, 0);
}

/* Declared with a long, the kernel reads and writes an int. */
static int
posix_get_flags (int fd, int *out_flags)
{
  return ioctl (fd, FS_IOC_GETFLAGS, out_flags);
}

static int
posix_set_flags (int fd, int flags)
{
  return ioctl (fd, FS_IOC_SETFLAGS, &flags);
}

static int
posix_clone (int dst_fd, int src_fd)
{
  return ioctl (dst_fd, FICLONE, src_fd);
}

/**
 * moor_sys_posix:
 *
 * Returns: (transfer none): the real system calls.  Constant; any thread.  A test
 *   copies the table and replaces what shall fail.
 */
const MoorSys *
moor_sys_posix (void)
{
  static const MoorSys table = {
    .openat = posix_openat,
    .openat2 = posix_openat2,
    .statx = statx,
    .getdents = posix_getdents,
    .readlinkat = readlinkat,
    .linkat = linkat,
    .mkdirat = mkdirat,
    .symlinkat = symlinkat,
    .mknodat = mknodat,
    .unlinkat = unlinkat,
    .renameat2 = renameat2,
    .fchownat = fchownat,
    .fchmod = fchmod,
    .fchmodat = fchmodat,
    .utimensat = utimensat,
    .flistxattr = flistxattr,
    .fgetxattr = fgetxattr,
    .fsetxattr = fsetxattr,
    .fremovexattr = fremovexattr,
    .llistxattrat = posix_llistxattrat,
    .lgetxattrat = posix_lgetxattrat,
    .lsetxattrat = posix_lsetxattrat,
    .get_flags = posix_get_flags,
    .set_flags = posix_set_flags,
    .clone = posix_clone,
    .read = read,
    .write = write,
    .fsync = fsync,
    .syncfs = syncfs,
  };

  return &table;
}
