/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <dirent.h>
#include <errno.h>
#include <gio/gio.h>
#include <unistd.h>

/* An owned file descriptor: `g_auto(MoorFd) fd = -1;`.  Closing keeps errno, so
 * a cleanup on the error path cannot change the message. */
typedef int MoorFd;

static inline void
moor_fd_close (MoorFd fd)
{
  int saved_errno = errno;

  (void) close (fd);
  errno = saved_errno;
}

G_DEFINE_AUTO_CLEANUP_FREE_FUNC (MoorFd, moor_fd_close, -1)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DIR, closedir)
