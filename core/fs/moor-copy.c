/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Makes a second object where a second name is impossible.
 *
 *   source --open, look--> temporary name in the target's directory
 *                          content (clone, else extent by extent), hash
 *                          metadata
 *   source --look again--> unchanged?   no: once more, then give up
 *                          look at the copy
 *                          rename to the target name, never replacing
 *
 * Everything that can fail comes before the rename, so a name is either whole
 * or not there.  The temporary name goes when anything fails. */

#include "moor-link-private.h"

#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/sysmacros.h>

#include "moor-error.h"
#include "moor-meta.h"

#define N_TEMP_NAMES 16

typedef struct
{
  const MoorSys *sys;
  int src_dfd;
  const char *src_name;
  int dst_dfd;
  const char *dst_name;
  gboolean allow_reflink;
  GCancellable *cancellable;
  MoorPlacing *placing;
} CopyRun;

/* The object that is copied; @fd and @target only for a file and a symlink. */
typedef struct
{
  MoorFd fd;
  MoorMeta meta;
  char *target;
} Source;

static void
source_clear (Source *source)
{
  if (source->fd >= 0)
    moor_fd_close (source->fd);
  moor_meta_clear (&source->meta);
  g_clear_pointer (&source->target, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Source, source_clear)

/* The half-made copy: its name goes unless it became the real one. */
typedef struct
{
  const MoorSys *sys;
  int dfd;
  gboolean exists;
  char name[sizeof MOOR_TEMP_PREFIX + 16];
} TempName;

static void
temp_name_clear (TempName *temp)
{
  int saved_errno = errno;

  if (temp->exists)
    (void) temp->sys->unlinkat (temp->dfd, temp->name, 0);
  errno = saved_errno;
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TempName, temp_name_clear)

static gboolean
throw_cause (const CopyRun *run, MoorCause cause, int errnum)
{
  (void) moor_placing_fail (run->placing, cause, errnum);
  return FALSE;
}

static gboolean
throw_errnum (const CopyRun *run, int errnum)
{
  MoorCause cause = errnum == ECANCELED ? MOOR_CAUSE_NONE : moor_cause_from_errno (errnum);

  return throw_cause (run, cause, errnum);
}

static gboolean
open_regular (const CopyRun *run, Source *source)
{
  g_autoptr(GError) error = NULL;
  struct statx stx;

  source->fd = moor_open_file (run->sys, run->src_dfd, run->src_name);
  if (source->fd < 0 && errno == EXDEV)
    return throw_cause (run, MOOR_CAUSE_MOUNT_POINT, errno);
  if (source->fd < 0 && errno == ENXIO)
    return throw_cause (run, MOOR_CAUSE_CHANGED, errno);
  if (source->fd < 0)
    return throw_errnum (run, errno);

  if (run->sys->statx (source->fd, "", AT_EMPTY_PATH, MOOR_STATX_MASK, &stx) < 0)
    return throw_errnum (run, errno);
  if (!S_ISREG (stx.stx_mode))
    return throw_cause (run, MOOR_CAUSE_CHANGED, 0);

  if (!moor_meta_read (run->sys, source->fd, &source->meta, &error))
    {
      run->placing->lost_metadata = TRUE;
      source->meta.stx = stx;
    }
  return TRUE;
}

/* The target of a symbolic link, as it is now. */
static char *
read_target (const CopyRun *run)
{
  char buffer[PATH_MAX + 1];
  ssize_t n = run->sys->readlinkat (run->src_dfd, run->src_name, buffer, sizeof buffer);

  return n < 0 ? NULL : g_strndup (buffer, (gsize) n);
}

static gboolean
open_other (const CopyRun *run, const struct statx *stx, Source *source)
{
  g_autoptr(GError) error = NULL;

  if (S_ISLNK (stx->stx_mode))
    {
      source->target = read_target (run);
      if (source->target == NULL)
        return errno == EINVAL ? throw_cause (run, MOOR_CAUSE_CHANGED, errno)
                               : throw_errnum (run, errno);
    }

  if (!moor_meta_read_at (run->sys, run->src_dfd, run->src_name, &source->meta, &error))
    run->placing->lost_metadata = TRUE;
  else if (!moor_same_inode (&source->meta.stx, stx))
    return throw_cause (run, MOOR_CAUSE_CHANGED, 0);
  source->meta.stx = *stx;
  return TRUE;
}

static gboolean
open_source (const CopyRun *run, Source *source)
{
  struct statx stx;

  if (run->sys->statx (run->src_dfd, run->src_name, AT_SYMLINK_NOFOLLOW, MOOR_STATX_MASK, &stx) < 0)
    return throw_errnum (run, errno);
  if ((stx.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0)
    return throw_cause (run, MOOR_CAUSE_MOUNT_POINT, EXDEV);
  if (S_ISDIR (stx.stx_mode))
    return throw_cause (run, MOOR_CAUSE_CHANGED, EISDIR);

  return S_ISREG (stx.stx_mode) ? open_regular (run, source) : open_other (run, &stx, source);
}

/* Makes an object of the source's kind; for a file the result is its
 * descriptor, else 0. */
static int
create (const CopyRun *run, const Source *source, const char *name)
{
  const struct statx *stx = &source->meta.stx;

  if (S_ISREG (stx->stx_mode))
    return run->sys->openat (run->dst_dfd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                             0600);
  if (S_ISLNK (stx->stx_mode))
    return run->sys->symlinkat (source->target, run->dst_dfd, name);

  return run->sys->mknodat (run->dst_dfd, name, (stx->stx_mode & S_IFMT) | 0600,
                            makedev (stx->stx_rdev_major, stx->stx_rdev_minor));
}

static gboolean
make_temp (const CopyRun *run, const Source *source, TempName *temp, MoorFd *out_fd)
{
  int result = -1;

  for (guint i = 0; i < N_TEMP_NAMES && result < 0; i++)
    {
      (void) g_snprintf (temp->name, sizeof temp->name, MOOR_TEMP_PREFIX "%08x%08x",
                         g_random_int (), g_random_int ());
      result = create (run, source, temp->name);
      if (result < 0 && errno != EEXIST)
        break;
    }
  if (result < 0)
    return throw_errnum (run, errno);

  temp->exists = TRUE;
  if (S_ISREG (source->meta.stx.stx_mode))
    *out_fd = result;
  return TRUE;
}

/* Whether the name still stands for what was copied. */
static gboolean
require_unchanged (const CopyRun *run, const Source *source)
{
  const struct statx *before = &source->meta.stx;
  struct statx now;

  if (run->sys->statx (run->src_dfd, run->src_name, AT_SYMLINK_NOFOLLOW, MOOR_STATX_MASK, &now) < 0)
    return throw_errnum (run, errno);
  if (!moor_same_inode (before, &now) || ((before->stx_mode ^ now.stx_mode) & S_IFMT) != 0
      || before->stx_size != now.stx_size || before->stx_mtime.tv_sec != now.stx_mtime.tv_sec
      || before->stx_mtime.tv_nsec != now.stx_mtime.tv_nsec)
    return throw_cause (run, MOOR_CAUSE_CHANGED, 0);

  return TRUE;
}

/* btrfs takes this mark only while a file is empty, and clones only between
 * files that both have it or both have not. */
static void
keep_nocow (const CopyRun *run, const Source *source, int fd)
{
  int flags = 0;

  if ((source->meta.flags & FS_NOCOW_FL) != 0 && run->sys->get_flags (fd, &flags) == 0)
    (void) run->sys->set_flags (fd, flags | FS_NOCOW_FL);
}

/* Fills the new file @fd.  A clone is a snapshot, so it is the moment after it
 * at which the source must be unchanged; a copy takes longer. */
static gboolean
fill (const CopyRun *run, const Source *source, int fd, MoorPlaced *out_placed)
{
  MoorPlacing *placing = run->placing;
  gboolean cloned;
  int errnum;

  keep_nocow (run, source, fd);
  cloned = run->allow_reflink && run->sys->clone (fd, source->fd) == 0;
  if (cloned && !require_unchanged (run, source))
    return FALSE;

  errnum = moor_transfer_content (run->sys, cloned ? fd : source->fd, cloned ? -1 : fd,
                                  source->meta.stx.stx_size, run->cancellable, placing->hash);
  if (errnum != 0)
    return throw_errnum (run, errnum);
  placing->has_hash = TRUE;
  *out_placed = cloned ? MOOR_PLACED_REFLINKED : MOOR_PLACED_COPIED;
  return cloned || require_unchanged (run, source);
}

/* A store must stay deletable: what locks an object is recorded by whoever
 * keeps the metadata, and set when the object is back at home. */
static void
apply_meta (const CopyRun *run, const Source *source, const TempName *temp, int fd)
{
  g_autoptr(GError) error = NULL;
  MoorMeta meta = source->meta;
  gboolean applied;

  meta.flags &= ~MOOR_META_LOCKING_FLAGS;
  if (fd >= 0)
    applied = moor_meta_apply (run->sys, fd, &meta, &error);
  else
    applied = moor_meta_apply_at (run->sys, run->dst_dfd, temp->name, &meta, &error);

  if (!applied)
    {
      g_debug ("copying: %s", error->message);
      run->placing->lost_metadata = TRUE;
    }
}

/* Where neither works, nobody else can take the name between the look and the
 * rename: the directory is ours alone.  Sets errno. */
static gboolean
rename_unguarded (const CopyRun *run, const TempName *temp)
{
  struct statx stx;

  if (run->sys->statx (run->dst_dfd, run->dst_name, AT_SYMLINK_NOFOLLOW, STATX_INO, &stx) == 0)
    {
      errno = EEXIST;
      return FALSE;
    }
  return errno == ENOENT
         && run->sys->renameat2 (run->dst_dfd, temp->name, run->dst_dfd, run->dst_name, 0) == 0;
}

/* Gives the finished copy its name.  FUSE file systems often cannot rename
 * without replacing, but most can link. */
static MoorPlaced
settle (const CopyRun *run, TempName *temp, MoorPlaced placed)
{
  const MoorSys *sys = run->sys;
  int errsv;

  if (sys->renameat2 (run->dst_dfd, temp->name, run->dst_dfd, run->dst_name, RENAME_NOREPLACE) == 0)
    {
      temp->exists = FALSE;
      return placed;
    }

  errsv = errno;
  if (errsv == EINVAL || errsv == ENOSYS)
    {
      if (sys->linkat (run->dst_dfd, temp->name, run->dst_dfd, run->dst_name, 0) == 0)
        return placed;
      if (errno == EPERM || errno == ENOSYS || errno == EOPNOTSUPP)
        {
          temp->exists = !rename_unguarded (run, temp);
          if (!temp->exists)
            return placed;
        }
      errsv = errno;
    }

  run->placing->has_hash = FALSE;
  if (errsv == EEXIST)
    return moor_placing_existing (sys, run->src_dfd, run->src_name, run->dst_dfd, run->dst_name,
                                  run->placing);
  return moor_placing_fail (run->placing, moor_cause_from_errno (errsv), errsv);
}

static MoorPlaced
copy_once (const CopyRun *run)
{
  g_auto(Source) source = { .fd = -1 };
  g_auto(TempName) temp = { .sys = run->sys, .dfd = run->dst_dfd };
  g_auto(MoorFd) fd = -1;
  MoorPlaced placed = MOOR_PLACED_COPIED;

  run->placing->lost_metadata = FALSE;
  run->placing->has_hash = FALSE;
  if (!open_source (run, &source) || !make_temp (run, &source, &temp, &fd))
    return MOOR_PLACED_FAILED;
  if (!(fd >= 0 ? fill (run, &source, fd, &placed) : require_unchanged (run, &source)))
    return MOOR_PLACED_FAILED;

  apply_meta (run, &source, &temp, fd);
  if (run->sys->statx (run->dst_dfd, temp.name, AT_SYMLINK_NOFOLLOW, MOOR_STATX_MASK,
                       &run->placing->stx)
      < 0)
    return moor_placing_fail (run->placing, moor_cause_from_errno (errno), errno);
  return settle (run, &temp, placed);
}

/**
 * moor_copy_entry:
 * @src_dfd: directory of the source
 * @src_name: one name in it; anything but a directory
 * @dst_dfd: directory of the target, which nobody else may write to
 * @dst_name: one name in it
 * @allow_reflink: whether the copy may share the source's data
 * @cancellable: (nullable): looked at once every 256 KiB
 * @out_placing: (out): what lies under the target name, or why nothing does;
 *   the ctime is the one before the copy got its name
 *
 * Makes a copy of a file, symbolic link, fifo, socket or device with all its
 * metadata but the immutable and append-only marks.  Holes stay holes.  The
 * source is neither followed nor waited for, and its access time stays where
 * the caller may ask for that.  What changes while it is copied is copied once
 * more and then given up (%MOOR_CAUSE_CHANGED).
 *
 * The target name is whole or not there; an existing one is never replaced.
 * When the process dies, a name that begins with %MOOR_TEMP_PREFIX may stay.
 * A cancelled copy is FAILED with ECANCELED and no cause.
 *
 * Blocks; any thread.
 *
 * Returns: %MOOR_PLACED_COPIED, REFLINKED, ALREADY, TAKEN or FAILED
 */
MoorPlaced
moor_copy_entry (const MoorSys *sys,
                 int src_dfd,
                 const char *src_name,
                 int dst_dfd,
                 const char *dst_name,
                 gboolean allow_reflink,
                 GCancellable *cancellable,
                 MoorPlacing *out_placing)
{
  const CopyRun run = { .sys = sys,
                        .src_dfd = src_dfd,
                        .src_name = src_name,
                        .dst_dfd = dst_dfd,
                        .dst_name = dst_name,
                        .allow_reflink = allow_reflink,
                        .cancellable = cancellable,
                        .placing = out_placing };
  MoorPlaced placed;

  memset (out_placing, 0, sizeof *out_placing);
  if (sys->statx (dst_dfd, dst_name, AT_SYMLINK_NOFOLLOW, MOOR_STATX_MASK, &out_placing->stx) == 0)
    return moor_placing_existing (sys, src_dfd, src_name, dst_dfd, dst_name, out_placing);
  if (errno != ENOENT)
    return moor_placing_fail (out_placing, moor_cause_from_errno (errno), errno);

  placed = copy_once (&run);
  if (placed == MOOR_PLACED_FAILED && out_placing->cause == MOOR_CAUSE_CHANGED)
    placed = copy_once (&run);
  if (placed != MOOR_PLACED_FAILED)
    (void) moor_placing_fail (out_placing, MOOR_CAUSE_NONE, 0);
  return placed;
}
