/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Gives an object a second name: link first, then look.
 *
 * Whoever owns the source can swap it at any moment, so looking at it before
 * linking proves nothing.  The link is made first; what it caught is then read
 * from the new name, in a directory that nobody else can write to.
 *
 * What does not work is told as a cause and an errno, not as a GError: on a
 * home of a million files it is data, and this is the hot path. */

#include "moor-link-private.h"

#include <linux/magic.h>
#include <sys/vfs.h>

#ifndef EXFAT_SUPER_MAGIC
#define EXFAT_SUPER_MAGIC 0x2011BAB0
#endif
#ifndef FUSE_SUPER_MAGIC
#define FUSE_SUPER_MAGIC 0x65735546
#endif

/* Tells in @placing why nothing was placed.  A tail call for all that fails. */
MoorPlaced
moor_placing_fail (MoorPlacing *placing, MoorCause cause, int errnum)
{
  placing->cause = cause;
  placing->errnum = errnum;
  return MOOR_PLACED_FAILED;
}

gboolean
moor_same_inode (const struct statx *a, const struct statx *b)
{
  return a->stx_ino == b->stx_ino && a->stx_dev_major == b->stx_dev_major
         && a->stx_dev_minor == b->stx_dev_minor;
}

/* The target name is taken.  That is fine if it is a link to the same object,
 * which is how a run that was interrupted is taken up again. */
MoorPlaced
moor_placing_existing (const MoorSys *sys,
                       int src_dfd,
                       const char *src_name,
                       int dst_dfd,
                       const char *dst_name,
                       MoorPlacing *placing)
{
  struct statx src_stx;

  if (sys->statx (dst_dfd, dst_name, AT_SYMLINK_NOFOLLOW, MOOR_STATX_MASK, &placing->stx) < 0)
    return moor_placing_fail (placing, moor_cause_from_errno (errno), errno);
  if (sys->statx (src_dfd, src_name, AT_SYMLINK_NOFOLLOW, MOOR_STATX_MASK, &src_stx) < 0)
    return moor_placing_fail (placing, moor_cause_from_errno (errno), errno);

  return moor_same_inode (&src_stx, &placing->stx) ? MOOR_PLACED_ALREADY : MOOR_PLACED_TAKEN;
}

/* EPERM is also what file systems say that know no links at all. */
static gboolean
knows_no_links (int dfd)
{
  struct statfs sfs;

  if (fstatfs (dfd, &sfs) < 0)
    return FALSE;

  switch ((guint32) sfs.f_type)
    {
    case MSDOS_SUPER_MAGIC:
    case EXFAT_SUPER_MAGIC:
    case FUSE_SUPER_MAGIC:
      return TRUE;
    default:
      return FALSE;
    }
}

/* Finds the precise reason behind the errno of a link.  The source is looked
 * at after the fact: at worst the reason is told less well. */
static MoorPlaced
explain_failure (const MoorSys *sys,
                 int src_dfd,
                 const char *src_name,
                 int dst_dfd,
                 int errnum,
                 MoorPlacing *placing)
{
  struct statx stx;
  gboolean known = sys->statx (src_dfd, src_name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &stx)
                   == 0;

  if (known && S_ISDIR (stx.stx_mode))
    return moor_placing_fail (placing, MOOR_CAUSE_CHANGED, EISDIR);
  if (errnum != EPERM)
    return moor_placing_fail (placing, moor_cause_from_errno (errnum), errnum);
  if (known && (stx.stx_attributes & STATX_ATTR_IMMUTABLE) != 0)
    return moor_placing_fail (placing, MOOR_CAUSE_IMMUTABLE, errnum);
  if (known && (stx.stx_attributes & STATX_ATTR_APPEND) != 0)
    return moor_placing_fail (placing, MOOR_CAUSE_APPEND_ONLY, errnum);
  if (knows_no_links (dst_dfd))
    return moor_placing_fail (placing, MOOR_CAUSE_NO_LINKS, errnum);

  return moor_placing_fail (placing, MOOR_CAUSE_PERMISSION, errnum);
}

/**
 * moor_link_entry:
 * @src_dfd: directory of the source
 * @src_name: one name in it; anything but a directory
 * @dst_dfd: directory of the target, which nobody else may write to
 * @dst_name: one name in it
 * @out_placing: (out): what lies under the target name, or why nothing does
 *
 * Gives an object a second name, and looks at it under that name.  An existing
 * target is never replaced.  May be repeated: a link that is there already is
 * success.  Where the link was made but could not be looked at, it stays (it
 * may be the last name of the object by then) and the next run finds it.
 *
 * A directory is told as %MOOR_CAUSE_CHANGED with EISDIR: the walk saw
 * something else under that name.
 *
 * Blocks for one or two system calls; allocates nothing; any thread.
 *
 * Returns: %MOOR_PLACED_LINKED, ALREADY, TAKEN or FAILED
 */
MoorPlaced
moor_link_entry (const MoorSys *sys,
                 int src_dfd,
                 const char *src_name,
                 int dst_dfd,
                 const char *dst_name,
                 MoorPlacing *out_placing)
{
  int errsv;

  out_placing->cause = MOOR_CAUSE_NONE;
  out_placing->errnum = 0;
  out_placing->lost_metadata = FALSE;
  out_placing->has_hash = FALSE;

  if (sys->linkat (src_dfd, src_name, dst_dfd, dst_name, 0) == 0)
    {
      if (sys->statx (dst_dfd, dst_name, AT_SYMLINK_NOFOLLOW, MOOR_STATX_MASK, &out_placing->stx)
          == 0)
        return MOOR_PLACED_LINKED;
      return moor_placing_fail (out_placing, moor_cause_from_errno (errno), errno);
    }

  errsv = errno;
  if (errsv == EEXIST)
    return moor_placing_existing (sys, src_dfd, src_name, dst_dfd, dst_name, out_placing);

  return explain_failure (sys, src_dfd, src_name, dst_dfd, errsv, out_placing);
}

/* Whether the next step of the ladder can help where a link could not. */
static gboolean
copying_helps (MoorCause cause)
{
  return cause == MOOR_CAUSE_OTHER_VOLUME || cause == MOOR_CAUSE_NO_LINKS
         || cause == MOOR_CAUSE_TOO_MANY_LINKS || cause == MOOR_CAUSE_IMMUTABLE
         || cause == MOOR_CAUSE_APPEND_ONLY;
}

/**
 * moor_place_entry:
 * @src_dfd: directory of the source
 * @src_name: one name in it; anything but a directory
 * @dst_dfd: directory of the target, which nobody else may write to
 * @dst_name: one name in it
 * @best_method: where the ladder starts: link, reflink or copy
 * @cancellable: (nullable): looked at while content is copied
 * @out_placing: (out): what lies under the target name; the cause tells why it
 *   was not linked, or why it was not placed at all
 *
 * Places an object by the best way that works: link, then reflink, then copy.
 * A link that fails for its owner's sake (vanished, no space, no permission,
 * read-only, I/O) is not tried in another way.  See moor_link_entry() and
 * moor_copy_entry() for what survives and what may be repeated.
 *
 * Blocks; any thread.
 *
 * Returns: what became of it
 */
MoorPlaced
moor_place_entry (const MoorSys *sys,
                  int src_dfd,
                  const char *src_name,
                  int dst_dfd,
                  const char *dst_name,
                  MoorMethod best_method,
                  GCancellable *cancellable,
                  MoorPlacing *out_placing)
{
  MoorCause cause = MOOR_CAUSE_NONE;
  int errnum = 0;
  MoorPlaced placed;

  if (best_method == MOOR_METHOD_LINK)
    {
      placed = moor_link_entry (sys, src_dfd, src_name, dst_dfd, dst_name, out_placing);
      if (placed != MOOR_PLACED_FAILED || !copying_helps (out_placing->cause))
        return placed;
      cause = out_placing->cause;
      errnum = out_placing->errnum;
    }

  placed = moor_copy_entry (sys, src_dfd, src_name, dst_dfd, dst_name,
                            best_method != MOOR_METHOD_COPY, cancellable, out_placing);
  if (placed == MOOR_PLACED_REFLINKED || placed == MOOR_PLACED_COPIED)
    (void) moor_placing_fail (out_placing, cause, errnum);
  return placed;
}
