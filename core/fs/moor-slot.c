/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "moor-error.h"
#include "moor-fd.h"
#include "moor-lock.h"
#include "moor-text.h"
#include "moor-walk-private.h"

/* The directories of a walk and their descriptors.
 *
 * A directory has two slots, one in the tree that is walked and one in the mirror,
 * and descriptors are a budget over all of them: those that no callback uses stand
 * in a queue, and the one unused for longest is closed when another is opened.
 *
 *        open, pinned  --unpin-->  open, in walk->lru  --over budget-->  closed
 *              ^                           |                               |
 *              +-----------pin-------------+            reopen by its path from the
 *              +-------------------------------------   nearest ancestor that is open
 *
 * A path may be swapped in between, so a slot remembers which directory it is, and
 * what is reopened must be that one (%MOOR_ERROR_VANISHED).  The budget gives way
 * where more is pinned at once than it allows: nobody waits for a descriptor, so
 * nothing can wait in a circle. */

#define MAX_ATTEMPTS 200
#define RETRY_AFTER_US 1000
#define MIN_OPEN 8

/* If there are too many, takes the descriptor out that was not used for longest. */
static int
take_spare_locked (MoorWalk *walk)
{
  GList *link = walk->n_open > walk->max_open ? g_queue_pop_head_link (&walk->lru) : NULL;
  MoorSlot *slot;
  int fd;

  if (link == NULL)
    return -1;

  slot = link->data;
  fd = slot->fd;
  slot->fd = -1;
  walk->n_open--;
  return fd;
}

/* Closes what take_spare_locked() gave, and whatever else is too much. */
static void
close_spare (MoorWalk *walk, int spare)
{
  while (spare >= 0)
    {
      (void) close (spare);
      moor_lock (&walk->fd_lock);
      spare = take_spare_locked (walk);
      moor_unlock (&walk->fd_lock);
    }
}

/* Counts a descriptor before it is opened, so that there is room for it. */
static void
count_open (MoorWalk *walk)
{
  int spare;

  moor_lock (&walk->fd_lock);
  walk->n_open++;
  spare = take_spare_locked (walk);
  moor_unlock (&walk->fd_lock);
  close_spare (walk, spare);
}

static void
count_closed (MoorWalk *walk)
{
  moor_lock (&walk->fd_lock);
  walk->n_open--;
  moor_unlock (&walk->fd_lock);
}

/* The process has no more descriptors to give: makes do with fewer from now on. */
static void
shrink_budget (MoorWalk *walk)
{
  int spare;

  moor_lock (&walk->fd_lock);
  walk->max_open = MAX (MIN_OPEN, MIN (walk->max_open, walk->n_open) * 3 / 4);
  spare = take_spare_locked (walk);
  moor_unlock (&walk->fd_lock);

  if (spare < 0)
    g_usleep (RETRY_AFTER_US);
  close_spare (walk, spare);
}

/* Opens a directory and counts it.  Reading it shall not touch its times, which
 * only its owner and root may ask for.  -1 and errno on failure. */
int
moor_open_counted (MoorWalk *walk, int dfd, const char *path)
{
  struct open_how how = {
    .flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NOATIME,
    .resolve = MOOR_DIR_RESOLVE,
  };

  for (guint n_attempts = 1;; n_attempts++)
    {
      int fd, errsv;

      count_open (walk);
      fd = walk->sys->openat2 (dfd, path, &how);
      if (fd >= 0)
        return fd;

      errsv = errno;
      count_closed (walk);
      if (errsv == EPERM && (how.flags & O_NOATIME) != 0)
        how.flags &= ~(guint64) O_NOATIME;
      else if ((errsv == EMFILE || errsv == ENFILE) && n_attempts < MAX_ATTEMPTS)
        shrink_budget (walk);
      else if ((errsv != EINTR && errsv != EAGAIN) || n_attempts >= MAX_ATTEMPTS)
        {
          errno = errsv;
          return -1;
        }
    }
}

void
moor_close_counted (MoorWalk *walk, int fd)
{
  (void) close (fd);
  count_closed (walk);
}

static int
pin_locked (MoorWalk *walk, MoorSlot *slot)
{
  if (slot->n_pins++ == 0)
    g_queue_unlink (&walk->lru, &slot->lru_link);
  return slot->fd;
}

/* The descriptor of @slot, which stays open until it is unpinned; -1 if it is not. */
static int
pin_if_open (MoorWalk *walk, MoorSlot *slot, gboolean *out_exists)
{
  int fd = -1;

  moor_lock (&walk->fd_lock);
  if (slot->fd >= 0)
    fd = pin_locked (walk, slot);
  *out_exists = slot->exists;
  moor_unlock (&walk->fd_lock);
  return fd;
}

void
moor_slot_unpin (MoorWalk *walk, MoorSlot *slot)
{
  int spare;

  moor_lock (&walk->fd_lock);
  if (--slot->n_pins == 0)
    g_queue_push_tail_link (&walk->lru, &slot->lru_link);
  spare = take_spare_locked (walk);
  moor_unlock (&walk->fd_lock);
  close_spare (walk, spare);
}

/* Puts a new descriptor into its slot and pins it.  Another worker may have been
 * faster; then its one is used. */
int
moor_slot_put (MoorWalk *walk, MoorSlot *slot, int fd)
{
  int surplus = -1;

  moor_lock (&walk->fd_lock);
  if (slot->fd >= 0)
    {
      surplus = fd;
      fd = pin_locked (walk, slot);
    }
  else
    {
      slot->fd = fd;
      slot->n_pins++;
    }
  moor_unlock (&walk->fd_lock);

  if (surplus >= 0)
    moor_close_counted (walk, surplus);
  return fd;
}

/* Sets @error for a directory that could not be opened; returns -1.  @known if it
 * was a directory a moment ago. */
int
moor_fail_open (int errnum, const char *name, gboolean known, int *out_errnum, GError **error)
{
  g_autofree char *shown = moor_text_path (name);

  *out_errnum = errnum;
  if (errnum == EXDEV)
    (void) moor_throw (error, MOOR_ERROR_OTHER_DOMAIN,
                       "the folder “%s” is on another volume or behind a mount", shown);
  else if (known && (errnum == ENOENT || errnum == ENOTDIR || errnum == ELOOP || errnum == ESTALE))
    (void) moor_throw (error, MOOR_ERROR_VANISHED,
                       "the folder “%s” disappeared, or turned into something else", shown);
  else
    (void) moor_throw_errno (error, errnum, "opening the folder “%s”", shown);
  return -1;
}

/* The domain of what statx() saw.  RESOLVE_NO_XDEV has already kept us on the mount
 * where an old kernel does not tell its id. */
MoorDomain
moor_walk_domain (const struct statx *stx, const MoorDomain *base)
{
  MoorDomain domain;

  moor_domain_from_statx (stx, &domain);
  if ((stx->stx_mask & STATX_MNT_ID) == 0)
    domain.mnt_id = base->mnt_id;
  return domain;
}

static gboolean
is_slot (const MoorDir *dir, MoorSide side, const struct statx *stx)
{
  const MoorSlot *slot = &dir->slots[side];
  const MoorDomain domain = moor_walk_domain (stx, &dir->base->domains[side]);

  return stx->stx_ino == slot->ino && domain.dev == slot->dev
         && domain.mnt_id == dir->base->domains[side].mnt_id;
}

/* Opens @path below @dfd, which must be the directory that @dir was.  Returns its
 * pinned descriptor. */
static int
reopen_at (MoorDir *dir, MoorSide side, int dfd, const char *path, int *out_errnum, GError **error)
{
  MoorWalk *walk = dir->walk;
  int fd = moor_open_counted (walk, dfd, path);
  struct statx stx;
  int errnum;

  if (fd < 0)
    return moor_fail_open (errno, dir->name, TRUE, out_errnum, error);

  errnum = walk->sys->statx (fd, "", AT_EMPTY_PATH, STATX_INO | STATX_MNT_ID, &stx) < 0 ? errno : 0;
  if (errnum == 0 && !is_slot (dir, side, &stx))
    errnum = ESTALE;
  if (errnum == 0)
    return moor_slot_put (walk, &dir->slots[side], fd);

  moor_close_counted (walk, fd);
  return moor_fail_open (errnum, dir->name, TRUE, out_errnum, error);
}

/* The path from an ancestor down to the next directory worth a descriptor: as long
 * as one call takes while that is far up, one name for the last few, which are the
 * ones a walk on its way back up needs next.  @chain goes upwards; *@inout_n is how
 * many are left of it. */
static char *
next_stretch (const GPtrArray *chain, MoorSide side, guint n_single, guint *inout_n)
{
  GString *path = g_string_new (NULL);

  do
    {
      const MoorDir *dir = g_ptr_array_index (chain, *inout_n - 1);
      const char *name = dir->slots[side].name;

      if (path->len > 0 && path->len + 1 + strlen (name) >= PATH_MAX)
        break;
      if (path->len > 0)
        g_string_append_c (path, '/');
      g_string_append (path, name);
      (*inout_n)--;
    }
  while (*inout_n > n_single);

  return g_string_free (path, FALSE);
}

static guint
single_steps (MoorWalk *walk)
{
  guint max_open;

  moor_lock (&walk->fd_lock);
  max_open = walk->max_open;
  moor_unlock (&walk->fd_lock);
  return max_open / 4;
}

static int
reopen_chain (MoorDir *from,
              int fd,
              const GPtrArray *chain,
              MoorSide side,
              int *out_errnum,
              GError **error)
{
  MoorDir *dir = g_ptr_array_index (chain, 0);
  const guint n_single = single_steps (dir->walk);

  for (guint n_left = chain->len; n_left > 0;)
    {
      g_autofree char *path = next_stretch (chain, side, n_single, &n_left);
      MoorDir *target = g_ptr_array_index (chain, n_left);
      int target_fd = reopen_at (target, side, fd, path, out_errnum, error);

      if (from != NULL)
        moor_slot_unpin (from->walk, &from->slots[side]);
      if (target_fd < 0)
        return -1;
      from = target;
      fd = target_fd;
    }
  return fd;
}

/* Pins the descriptor of @dir on one side, reopening it if it was closed. */
int
moor_dir_acquire (MoorDir *dir, MoorSide side, int *out_errnum, GError **error)
{
  g_autoptr(GPtrArray) chain = NULL; /* (element-type MoorDir) (not owned): from @dir upwards */
  MoorDir *from = dir;
  gboolean exists;
  int fd = pin_if_open (dir->walk, &dir->slots[side], &exists);

  if (fd >= 0)
    return fd;
  if (!exists)
    return moor_fail_open (ENOENT, dir->name, FALSE, out_errnum, error);

  chain = g_ptr_array_new ();
  while (from != NULL && (fd = pin_if_open (dir->walk, &from->slots[side], &exists)) < 0)
    {
      g_ptr_array_add (chain, from);
      from = from->parent;
    }
  if (from == dir)
    return fd;
  return reopen_chain (from, from != NULL ? fd : dir->base->base_fds[side], chain, side, out_errnum,
                       error);
}

/* As moor_dir_acquire(), for the directory above; a root's is what the caller gave. */
int
moor_dir_acquire_parent (MoorDir *dir, MoorSide side, int *out_errnum, GError **error)
{
  if (dir->parent == NULL)
    return dir->base->base_fds[side];
  return moor_dir_acquire (dir->parent, side, out_errnum, error);
}

void
moor_dir_unpin_parent (MoorDir *dir, MoorSide side)
{
  if (dir->parent != NULL)
    moor_slot_unpin (dir->walk, &dir->parent->slots[side]);
}

/* Takes the descriptor out of a slot that nobody else uses any more. */
static int
empty_slot_locked (MoorWalk *walk, MoorSlot *slot)
{
  int fd = slot->fd;

  if (fd < 0)
    return -1;
  if (slot->n_pins == 0)
    g_queue_unlink (&walk->lru, &slot->lru_link);
  slot->fd = -1;
  walk->n_open--;
  return fd;
}

/* Closes both sides of @dir, pinned by its own callbacks or not. */
void
moor_dir_close (MoorDir *dir)
{
  int fds[MOOR_N_SIDES];

  moor_lock (&dir->walk->fd_lock);
  for (guint side = 0; side < MOOR_N_SIDES; side++)
    fds[side] = empty_slot_locked (dir->walk, &dir->slots[side]);
  moor_unlock (&dir->walk->fd_lock);

  for (guint side = 0; side < MOOR_N_SIDES; side++)
    if (fds[side] >= 0)
      (void) close (fds[side]);
}
