/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-verify-private.h"

#include <string.h>

#include "moor-link.h"
#include "moor-restore-private.h"

/* What rules sent elsewhere, or left in the store: a restore has written down what came
 * of it, and the other place is looked at. */

static gboolean
is_same_or_equal (const MoorComparison *comparison,
                  int fd,
                  const MoorObject *object,
                  int other_fd,
                  const char *name)
{
  const MoorSys *sys = comparison->sys;
  struct statx before;
  struct statx after;

  if (sys->statx (fd, object->name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &before) < 0
      || sys->statx (other_fd, name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &after) < 0)
    return FALSE;
  if (before.stx_ino == after.stx_ino && before.stx_dev_major == after.stx_dev_major
      && before.stx_dev_minor == after.stx_dev_minor)
    return TRUE;
  if ((before.stx_mode & S_IFMT) != (after.stx_mode & S_IFMT))
    return FALSE;
  return object->kind == MOOR_KIND_DIRECTORY
         || moor_same_content (sys, fd, object->name, other_fd, name,
                               moor_job_get_cancellable (comparison->job), NULL);
}

/**
 * moor_comparison_is_at:
 * @fd: the directory of the store that holds @object
 * @path: (type filename): absolute, within the restored system
 *
 * Blocks.  Any thread.
 *
 * Returns: whether the object, or one with the same content, is at @path
 */
gboolean
moor_comparison_is_at (const MoorComparison *comparison,
                       int fd,
                       const MoorObject *object,
                       const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  g_auto(MoorPlace) place = { .dfd = -1 };

  return fd >= 0 && moor_system_locate (comparison->system, folder, &place, NULL) && place.dfd >= 0
         && is_same_or_equal (comparison, fd, object, place.dfd, name);
}

/**
 * moor_comparison_has_content:
 * @fd: the directory of the store that holds @object
 * @other_fd: @name: what came back
 *
 * Blocks.  Any thread.
 *
 * Returns: whether it has the same content, whatever its attributes
 */
gboolean
moor_comparison_has_content (const MoorComparison *comparison,
                             int fd,
                             const MoorObject *object,
                             int other_fd,
                             const char *name)
{
  return fd >= 0 && other_fd >= 0 && is_same_or_equal (comparison, fd, object, other_fd, name);
}
