/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <fcntl.h>
#include <gio/gio.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/types.h>

G_BEGIN_DECLS

/**
 * MoorSys:
 *
 * The system calls through which the engine changes or inspects a tree.
 * Production code uses moor_sys_posix(); a test passes its own table to make
 * the Nth call fail, or the process die at it.  Members have the contract of
 * the call they are named after: -1 and errno on failure.  The `l…xattrat`
 * members work on the name itself and never follow a link; with an empty path
 * they work on the object @dfd, which may have been opened with O_PATH.
 */
typedef struct
{
  int (*openat) (int dfd, const char *path, int flags, mode_t mode);
  int (*openat2) (int dfd, const char *path, const struct open_how *how);
  int (*statx) (int dfd, const char *path, int flags, unsigned mask, struct statx *out_stx);
  ssize_t (*getdents) (int fd, void *buffer, size_t n_bytes);
  ssize_t (*readlinkat) (int dfd, const char *path, char *buffer, size_t n_bytes);
  int (*linkat) (int src_dfd, const char *src, int dst_dfd, const char *dst, int flags);
  int (*mkdirat) (int dfd, const char *path, mode_t mode);
  int (*symlinkat) (const char *target, int dfd, const char *path);
  int (*mknodat) (int dfd, const char *path, mode_t mode, dev_t dev);
  int (*unlinkat) (int dfd, const char *path, int flags);
  int (*renameat2) (int src_dfd, const char *src, int dst_dfd, const char *dst, unsigned flags);
  int (*fchownat) (int dfd, const char *path, uid_t uid, gid_t gid, int flags);
  int (*fchmod) (int fd, mode_t mode);
  int (*fchmodat) (int dfd, const char *path, mode_t mode, int flags);
  int (*utimensat) (int dfd, const char *path, const struct timespec times[2], int flags);
  ssize_t (*flistxattr) (int fd, char *list, size_t n_bytes);
  ssize_t (*fgetxattr) (int fd, const char *name, void *value, size_t n_bytes);
  int (*fsetxattr) (int fd, const char *name, const void *value, size_t n_bytes, int flags);
  int (*fremovexattr) (int fd, const char *name);
  ssize_t (*llistxattrat) (int dfd, const char *path, char *list, size_t n_bytes);
  ssize_t (*lgetxattrat) (int dfd, const char *path, const char *name, void *value, size_t n_bytes);
  int (*lsetxattrat) (int dfd,
                      const char *path,
                      const char *name,
                      const void *value,
                      size_t n_bytes);
  int (*get_flags) (int fd, int *out_flags); /* FS_IOC_GETFLAGS */
  int (*set_flags) (int fd, int flags);      /* FS_IOC_SETFLAGS */
  int (*clone) (int dst_fd, int src_fd);     /* FICLONE */
  ssize_t (*read) (int fd, void *buffer, size_t n_bytes);
  ssize_t (*write) (int fd, const void *buffer, size_t n_bytes);
  int (*fsync) (int fd);
  int (*syncfs) (int fd);
} MoorSys;

const MoorSys *moor_sys_posix (void);

G_END_DECLS
