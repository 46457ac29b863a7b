/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-lock.h"
#include "moor-walk-private.h"

/* The attributes of a walk's directories and of their mirrors.
 *
 * What a new directory carries that nobody gave it comes from the directory it was made
 * in: a default ACL, marks (chattr), properties of btrfs.  So under a mirror that passes
 * nothing on there is nothing to be looked for in the ones that this walk makes, and by
 * the same rule in those that it makes in them; as long as a mirror gets its own
 * attributes when all below it are made. */

/* Whether something is to be looked for in what is made in the mirror of a root. */
gboolean
moor_dir_probe_base (const MoorWalk *walk, const MoorWalkBase *base)
{
  const int fd = base->base_fds[MOOR_SIDE_MIRROR];

  return fd >= 0 && moor_meta_is_bare (walk->sys, fd);
}

/**
 * moor_dir_read_meta:
 * @out_meta: (out): what @dir carries; free with moor_meta_clear()
 *
 * As moor_meta_read(), with what the walk has seen of it already.  In `enter`, and
 * nowhere else.
 *
 * Returns: %FALSE on failure, as moor_dir_fd() or moor_meta_read()
 */
gboolean
moor_dir_read_meta (MoorDir *dir, MoorMeta *out_meta, GError **error)
{
  const int fd = moor_dir_fd (dir, error);

  return fd >= 0 && moor_meta_read_known (dir->walk->sys, fd, &dir->stx, out_meta, error);
}

/**
 * moor_dir_finish_mirror:
 * @meta: what the mirror shall carry
 *
 * As moor_meta_apply() to the mirror of @dir, without looking for what cannot be there.
 * In `leave` and nowhere else, and nothing else may have given attributes to a mirror.
 *
 * Returns: %FALSE with @error, as moor_dir_mirror_fd() or moor_meta_apply()
 */
gboolean
moor_dir_finish_mirror (MoorDir *dir, const MoorMeta *meta, GError **error)
{
  const int fd = moor_dir_mirror_fd (dir, error);
  gboolean is_bare;

  if (fd < 0)
    return FALSE;
  moor_lock (&dir->walk->fd_lock);
  is_bare = dir->mirror_is_bare;
  moor_unlock (&dir->walk->fd_lock);
  return is_bare ? moor_meta_apply_bare (dir->walk->sys, fd, meta, error)
                 : moor_meta_apply (dir->walk->sys, fd, meta, error);
}
