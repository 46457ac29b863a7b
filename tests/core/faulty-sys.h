/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* A table of system calls in which the call number `fail_at`, counted over all
 * members, fails with `errnum`.  `before`, when set, is told each call's name
 * before it is made: the moment for somebody else to interfere. */

#include <errno.h>

#include "moor-sys.h"

static struct
{
  guint n_calls; /* (atomic) */
  guint fail_at; /* 0: never */
  int errnum;
  void (*before) (const char *call);
} fault;

static gboolean
fault_is_due (const char *call)
{
  if (fault.before != NULL)
    fault.before (call);
  if (__atomic_add_fetch (&fault.n_calls, 1, __ATOMIC_SEQ_CST) != fault.fail_at)
    return FALSE;

  errno = fault.errnum;
  return TRUE;
}

static int
faulty_openat (int dfd, const char *path, int flags, mode_t mode)
{
  return fault_is_due ("openat") ? -1 : moor_sys_posix ()->openat (dfd, path, flags, mode);
}

static int
faulty_openat2 (int dfd, const char *path, const struct open_how *how)
{
  return fault_is_due ("openat2") ? -1 : moor_sys_posix ()->openat2 (dfd, path, how);
}

static int
faulty_statx (int dfd, const char *path, int flags, unsigned mask, struct statx *out_stx)
{
  return fault_is_due ("statx") ? -1 : moor_sys_posix ()->statx (dfd, path, flags, mask, out_stx);
}

static ssize_t
faulty_getdents (int fd, void *buffer, size_t n_bytes)
{
  return fault_is_due ("getdents") ? -1 : moor_sys_posix ()->getdents (fd, buffer, n_bytes);
}

static ssize_t
faulty_readlinkat (int dfd, const char *path, char *buffer, size_t n_bytes)
{
  return fault_is_due ("readlinkat") ? -1
                                     : moor_sys_posix ()->readlinkat (dfd, path, buffer, n_bytes);
}

static int
faulty_linkat (int src_dfd, const char *src, int dst_dfd, const char *dst, int flags)
{
  return fault_is_due ("linkat") ? -1
                                 : moor_sys_posix ()->linkat (src_dfd, src, dst_dfd, dst, flags);
}

static int
faulty_mkdirat (int dfd, const char *path, mode_t mode)
{
  return fault_is_due ("mkdirat") ? -1 : moor_sys_posix ()->mkdirat (dfd, path, mode);
}

static int
faulty_symlinkat (const char *target, int dfd, const char *path)
{
  return fault_is_due ("symlinkat") ? -1 : moor_sys_posix ()->symlinkat (target, dfd, path);
}

static int
faulty_mknodat (int dfd, const char *path, mode_t mode, dev_t dev)
{
  return fault_is_due ("mknodat") ? -1 : moor_sys_posix ()->mknodat (dfd, path, mode, dev);
}

static int
faulty_unlinkat (int dfd, const char *path, int flags)
{
  return fault_is_due ("unlinkat") ? -1 : moor_sys_posix ()->unlinkat (dfd, path, flags);
}

static int
faulty_renameat2 (int src_dfd, const char *src, int dst_dfd, const char *dst, unsigned flags)
{
  return fault_is_due ("renameat2")
             ? -1
             : moor_sys_posix ()->renameat2 (src_dfd, src, dst_dfd, dst, flags);
}

static int
faulty_fchownat (int dfd, const char *path, uid_t uid, gid_t gid, int flags)
{
  return fault_is_due ("fchownat") ? -1 : moor_sys_posix ()->fchownat (dfd, path, uid, gid, flags);
}

static int
faulty_fchmod (int fd, mode_t mode)
{
  return fault_is_due ("fchmod") ? -1 : moor_sys_posix ()->fchmod (fd, mode);
}

static int
faulty_fchmodat (int dfd, const char *path, mode_t mode, int flags)
{
  return fault_is_due ("fchmodat") ? -1 : moor_sys_posix ()->fchmodat (dfd, path, mode, flags);
}

static int
faulty_utimensat (int dfd, const char *path, const struct timespec times[2], int flags)
{
  return fault_is_due ("utimensat") ? -1 : moor_sys_posix ()->utimensat (dfd, path, times, flags);
}

static ssize_t
faulty_flistxattr (int fd, char *list, size_t n_bytes)
{
  return fault_is_due ("flistxattr") ? -1 : moor_sys_posix ()->flistxattr (fd, list, n_bytes);
}

static ssize_t
faulty_fgetxattr (int fd, const char *name, void *value, size_t n_bytes)
{
  return fault_is_due ("fgetxattr") ? -1 : moor_sys_posix ()->fgetxattr (fd, name, value, n_bytes);
}

static int
faulty_fsetxattr (int fd, const char *name, const void *value, size_t n_bytes, int flags)
{
  return fault_is_due ("fsetxattr")
             ? -1
             : moor_sys_posix ()->fsetxattr (fd, name, value, n_bytes, flags);
}

static int
faulty_fremovexattr (int fd, const char *name)
{
  return fault_is_due ("fremovexattr") ? -1 : moor_sys_posix ()->fremovexattr (fd, name);
}

static ssize_t
faulty_llistxattrat (int dfd, const char *path, char *list, size_t n_bytes)
{
  return fault_is_due ("llistxattrat") ? -1
                                       : moor_sys_posix ()->llistxattrat (dfd, path, list, n_bytes);
}

static ssize_t
faulty_lgetxattrat (int dfd, const char *path, const char *name, void *value, size_t n_bytes)
{
  return fault_is_due ("lgetxattrat")
             ? -1
             : moor_sys_posix ()->lgetxattrat (dfd, path, name, value, n_bytes);
}

static int
faulty_lsetxattrat (int dfd, const char *path, const char *name, const void *value, size_t n_bytes)
{
  return fault_is_due ("lsetxattrat")
             ? -1
             : moor_sys_posix ()->lsetxattrat (dfd, path, name, value, n_bytes);
}

static int
faulty_get_flags (int fd, int *out_flags)
{
  return fault_is_due ("get_flags") ? -1 : moor_sys_posix ()->get_flags (fd, out_flags);
}

static int
faulty_set_flags (int fd, int flags)
{
  return fault_is_due ("set_flags") ? -1 : moor_sys_posix ()->set_flags (fd, flags);
}

static int
faulty_clone (int dst_fd, int src_fd)
{
  return fault_is_due ("clone") ? -1 : moor_sys_posix ()->clone (dst_fd, src_fd);
}

static ssize_t
faulty_read (int fd, void *buffer, size_t n_bytes)
{
  return fault_is_due ("read") ? -1 : moor_sys_posix ()->read (fd, buffer, n_bytes);
}

static ssize_t
faulty_write (int fd, const void *buffer, size_t n_bytes)
{
  return fault_is_due ("write") ? -1 : moor_sys_posix ()->write (fd, buffer, n_bytes);
}

static int
faulty_fsync (int fd)
{
  return fault_is_due ("fsync") ? -1 : moor_sys_posix ()->fsync (fd);
}

static int
faulty_syncfs (int fd)
{
  return fault_is_due ("syncfs") ? -1 : moor_sys_posix ()->syncfs (fd);
}

static const MoorSys faulty_sys = {
  .openat = faulty_openat,
  .openat2 = faulty_openat2,
  .statx = faulty_statx,
  .getdents = faulty_getdents,
  .readlinkat = faulty_readlinkat,
  .linkat = faulty_linkat,
  .mkdirat = faulty_mkdirat,
  .symlinkat = faulty_symlinkat,
  .mknodat = faulty_mknodat,
  .unlinkat = faulty_unlinkat,
  .renameat2 = faulty_renameat2,
  .fchownat = faulty_fchownat,
  .fchmod = faulty_fchmod,
  .fchmodat = faulty_fchmodat,
  .utimensat = faulty_utimensat,
  .flistxattr = faulty_flistxattr,
  .fgetxattr = faulty_fgetxattr,
  .fsetxattr = faulty_fsetxattr,
  .fremovexattr = faulty_fremovexattr,
  .llistxattrat = faulty_llistxattrat,
  .lgetxattrat = faulty_lgetxattrat,
  .lsetxattrat = faulty_lsetxattrat,
  .get_flags = faulty_get_flags,
  .set_flags = faulty_set_flags,
  .clone = faulty_clone,
  .read = faulty_read,
  .write = faulty_write,
  .fsync = faulty_fsync,
  .syncfs = faulty_syncfs,
};
