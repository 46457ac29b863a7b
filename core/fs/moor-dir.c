/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "moor-error.h"
#include "moor-lock.h"
#include "moor-text.h"
#include "moor-walk-private.h"

/* What a visitor may ask of a directory, and its mirror. */

#define STATX_MASK (STATX_BASIC_STATS | STATX_BTIME | STATX_MNT_ID)

/* The worker that this thread is.  Callbacks are told its number, but the functions
 * for them are not. */
static _Thread_local MoorWorker *current_worker;

void
moor_worker_make_current (MoorWorker *worker)
{
  current_worker = worker;
}

static void
slot_init (MoorSlot *slot)
{
  slot->fd = -1;
  slot->lru_link.data = slot;
}

/* What the caller gave for a root; its mirror is there from the start. */
static void
adopt_base (MoorDir *dir)
{
  const MoorWalkBase *base = dir->base;
  MoorSlot *mirror = &dir->slots[MOOR_SIDE_MIRROR];

  dir->data = base->root->data;
  if (base->base_fds[MOOR_SIDE_MIRROR] < 0)
    return;

  mirror->exists = TRUE;
  mirror->dev = base->domains[MOOR_SIDE_MIRROR].dev;
  mirror->ino = base->inos[MOOR_SIDE_MIRROR];
  mirror->name = ".";
}

/* A directory that is about to be entered.  @parent outlives it and owns @name. */
MoorDir *
moor_dir_new (MoorWalk *walk, const MoorWalkBase *base, MoorDir *parent, const char *name)
{
  MoorDir *dir = g_new0 (MoorDir, 1);

  dir->walk = walk;
  dir->base = base;
  dir->parent = parent;
  dir->name = name;
  dir->depth = parent != NULL ? parent->depth + 1 : 0;
  dir->queue_link.data = dir;
  for (guint side = 0; side < MOOR_N_SIDES; side++)
    slot_init (&dir->slots[side]);
  if (parent == NULL)
    adopt_base (dir);
  return dir;
}

static void
free_data (MoorDir *dir)
{
  if (dir->owns_data && dir->data != NULL && dir->walk->data_free != NULL)
    dir->walk->data_free (dir->data);
  dir->data = NULL;
}

void
moor_dir_free (MoorDir *dir)
{
  free_data (dir);
  moor_dir_close (dir);
  for (guint side = 0; side < MOOR_N_SIDES; side++)
    g_free (dir->slots[side].own_name);
  g_free (dir->names);
  g_free (dir);
}

/* Looks at the directory that was just opened.  Returns 0 or an errno: EXDEV for
 * another mount. */
static int
examine_source (MoorDir *dir, int fd)
{
  const MoorDomain *base = &dir->base->domains[MOOR_SIDE_SOURCE];
  MoorSlot *slot = &dir->slots[MOOR_SIDE_SOURCE];
  MoorDomain domain;

  if (dir->walk->sys->statx (fd, "", AT_EMPTY_PATH, STATX_MASK, &dir->stx) < 0)
    return errno;

  domain = moor_walk_domain (&dir->stx, base);
  if (domain.mnt_id != base->mnt_id)
    return EXDEV;

  dir->other_subvolume = domain.dev != base->dev
                         || (dir->parent != NULL && dir->parent->other_subvolume);
  slot->exists = TRUE;
  slot->dev = domain.dev;
  slot->ino = dir->stx.stx_ino;
  slot->name = dir->parent != NULL ? dir->name : ".";
  return 0;
}

/* Opens a directory for the first time; from here on it is @worker's current one. */
gboolean
moor_dir_open_source (MoorDir *dir, MoorWorker *worker, int *out_errnum, GError **error)
{
  MoorWalk *walk = dir->walk;
  int parent_fd, fd, errnum;

  if ((parent_fd = moor_dir_acquire_parent (dir, MOOR_SIDE_SOURCE, out_errnum, error)) < 0)
    return FALSE;
  fd = moor_open_counted (walk, parent_fd, dir->parent != NULL ? dir->name : ".");
  errnum = fd < 0 ? errno : 0;
  moor_dir_unpin_parent (dir, MOOR_SIDE_SOURCE);

  if (fd >= 0 && (errnum = examine_source (dir, fd)) != 0)
    moor_close_counted (walk, fd);
  if (errnum != 0)
    {
      (void) moor_fail_open (errnum, dir->name, TRUE, out_errnum, error);
      return FALSE;
    }

  moor_worker_begin (worker, dir);
  worker->held[MOOR_SIDE_SOURCE] = moor_slot_put (walk, &dir->slots[MOOR_SIDE_SOURCE], fd);
  return TRUE;
}

/* A callback for @dir is about to run in @worker. */
void
moor_worker_begin (MoorWorker *worker, MoorDir *dir)
{
  worker->current = dir;
  for (guint side = 0; side < MOOR_N_SIDES; side++)
    worker->held[side] = -1;
}

/* A callback returned: it has no use for the descriptors of other directories. */
void
moor_worker_release_borrowed (MoorWorker *worker)
{
  for (guint i = 0; i < worker->borrowed->len; i++)
    moor_slot_unpin (worker->walk, g_ptr_array_index (worker->borrowed, i));
  g_ptr_array_set_size (worker->borrowed, 0);
}

/* The last callback in a row returned, and its directory will be needed again. */
void
moor_worker_end (MoorWorker *worker)
{
  for (guint side = 0; side < MOOR_N_SIDES; side++)
    if (worker->held[side] >= 0)
      moor_slot_unpin (worker->walk, &worker->current->slots[side]);
  worker->current = NULL;
}

/* Keeps a pinned descriptor for the callback that is running. */
static int
lend (MoorDir *dir, MoorSide side, int fd)
{
  MoorWorker *worker = current_worker;

  if (worker->current == dir)
    worker->held[side] = fd;
  else
    g_ptr_array_add (worker->borrowed, &dir->slots[side]);
  return fd;
}

static int
borrow_fd (MoorDir *dir, MoorSide side, GError **error)
{
  const MoorWorker *worker = current_worker;
  int errnum;
  int fd;

  g_return_val_if_fail (worker != NULL && worker->walk == dir->walk, -1);

  /* Asked for with every entry, so nothing else may be needed here. */
  if (worker->current == dir && worker->held[side] >= 0)
    return worker->held[side];

  fd = moor_dir_acquire (dir, side, &errnum, error);
  return fd >= 0 ? lend (dir, side, fd) : -1;
}

/**
 * moor_dir_parent:
 *
 * Returns: (transfer none) (nullable): the directory that @dir was found in, %NULL
 *   for a root.  Callbacks only.
 */
MoorDir *
moor_dir_parent (MoorDir *dir)
{
  return dir->parent;
}

/**
 * moor_dir_name:
 *
 * Returns: (type filename): the name of @dir in its parent, or what #MoorWalkRoot
 *   calls it.  Callbacks only.
 */
const char *
moor_dir_name (MoorDir *dir)
{
  return dir->name;
}

/**
 * moor_dir_depth:
 *
 * Returns: how many directories are above @dir: 0 for a root.  Callbacks only.
 */
guint
moor_dir_depth (MoorDir *dir)
{
  return dir->depth;
}

/**
 * moor_dir_data:
 *
 * What was set for a directory may be read in its callbacks and in those of all
 * directories below it.
 *
 * Returns: (nullable): what moor_dir_set_data() was given; a root begins with what
 *   #MoorWalkRoot has.  Callbacks only.
 */
gpointer
moor_dir_data (MoorDir *dir)
{
  return dir->data;
}

/**
 * moor_dir_set_data:
 * @data: (nullable) (transfer full): freed with #MoorWalkOptions.data_free after
 *   `leave`, or when the walk is stopped, or when it is replaced
 *
 * Attaches something to @dir.  In the callbacks of @dir itself only; later changes
 * of what @data points to are for the visitor to guard.
 */
void
moor_dir_set_data (MoorDir *dir, gpointer data)
{
  free_data (dir);
  dir->data = data;
  dir->owns_data = TRUE;
}

/**
 * moor_dir_statx:
 *
 * Returns: (transfer none): what @dir was when it was opened: basic fields, birth
 *   time, mount id.  Callbacks only.
 */
const struct statx *
moor_dir_statx (MoorDir *dir)
{
  return &dir->stx;
}

/**
 * moor_dir_is_other_subvolume:
 *
 * Returns: whether @dir lies in another btrfs subvolume than its root, so that
 *   nothing in it can be hard-linked to the root's.  Callbacks only.
 */
gboolean
moor_dir_is_other_subvolume (MoorDir *dir)
{
  return dir->other_subvolume;
}

/* The names from the root's, or from below it, down to @dir's, and then @name. */
static char *
join_names (MoorDir *dir, gboolean with_root, const char *name)
{
  g_autoptr(GPtrArray) names = g_ptr_array_new (); /* (element-type filename) (not owned) */
  GString *path = g_string_new (NULL);

  if (name != NULL && name[0] != '\0')
    g_ptr_array_add (names, (gpointer) name);
  for (; dir != NULL && (with_root || dir->parent != NULL); dir = dir->parent)
    g_ptr_array_add (names, (gpointer) dir->name);

  for (guint i = names->len; i > 0; i--)
    {
      if (path->len > 0 && path->str[path->len - 1] != '/')
        g_string_append_c (path, '/');
      g_string_append (path, g_ptr_array_index (names, i - 1));
    }
  return g_string_free (path, FALSE);
}

/**
 * moor_dir_path:
 *
 * Returns: (transfer full) (type filename): the names from the root's down to
 *   @dir's, with slashes between; a root without a name adds nothing.  Callbacks
 *   only.
 */
char *
moor_dir_path (MoorDir *dir)
{
  return join_names (dir, TRUE, NULL);
}

/**
 * moor_dir_path_below:
 * @name: (type filename) (nullable): an entry of @dir
 *
 * Returns: (transfer full) (type filename): the path of @name, or else of @dir, below
 *   the root of the walk; empty for the root itself.  Callbacks only.
 */
char *
moor_dir_path_below (MoorDir *dir, const char *name)
{
  return join_names (dir, FALSE, name);
}

/**
 * moor_dir_fd:
 *
 * Blocks only if the descriptor had to be closed meanwhile.  Callbacks only, of
 * @dir or of a directory below it.
 *
 * Returns: (transfer none): the descriptor of @dir, valid until the callback
 *   returns; -1 with @error, which is %MOOR_ERROR_VANISHED if it is not where it
 *   was any more
 */
int
moor_dir_fd (MoorDir *dir, GError **error)
{
  return borrow_fd (dir, MOOR_SIDE_SOURCE, error);
}

/**
 * moor_dir_mirror_fd:
 *
 * As moor_dir_fd(), for the mirror of @dir; %G_IO_ERROR_NOT_FOUND if it has none.
 *
 * Returns: (transfer none): its descriptor, or -1 with @error
 */
int
moor_dir_mirror_fd (MoorDir *dir, GError **error)
{
  return borrow_fd (dir, MOOR_SIDE_MIRROR, error);
}

/**
 * moor_dir_has_mirror:
 *
 * Returns: whether @dir has a mirror.  Callbacks only, of @dir or of a directory
 *   below it.
 */
gboolean
moor_dir_has_mirror (MoorDir *dir)
{
  gboolean exists;

  moor_lock (&dir->walk->fd_lock);
  exists = dir->slots[MOOR_SIDE_MIRROR].exists;
  moor_unlock (&dir->walk->fd_lock);
  return exists;
}

static gboolean
inherits_nothing_locked (const MoorDir *dir)
{
  return dir->parent->parent == NULL ? dir->base->mirror_is_bare : dir->parent->mirror_is_bare;
}

/* Makes @fd the mirror of @dir; @made if nobody had it before.  %FALSE if another worker has given
 * it one, which is all that anybody wants. */
static gboolean
adopt_mirror (MoorDir *dir, const char *name, const struct statx *stx, int fd, gboolean made)
{
  MoorSlot *slot = &dir->slots[MOOR_SIDE_MIRROR];
  gboolean adopted;

  moor_lock (&dir->walk->fd_lock);
  adopted = !slot->exists;
  if (adopted)
    {
      slot->exists = TRUE;
      slot->dev = makedev (stx->stx_dev_major, stx->stx_dev_minor);
      slot->ino = stx->stx_ino;
      slot->own_name = strcmp (name, dir->name) != 0 ? g_strdup (name) : NULL;
      slot->name = slot->own_name != NULL ? slot->own_name : dir->name;
      slot->fd = fd;
      slot->n_pins = 1;
      dir->mirror_is_bare = made && inherits_nothing_locked (dir);
    }
  moor_unlock (&dir->walk->fd_lock);
  return adopted;
}

/* Opens @name below @parent_fd as the mirror of @dir; @made if that was just made.
 * @linkable if what is in @dir may be linked there, so that another subvolume will not do. */
static gboolean
open_mirror_at (MoorDir *dir,
                int parent_fd,
                const char *name,
                gboolean made,
                gboolean linkable,
                GError **error)
{
  const MoorDomain *base = &dir->base->domains[MOOR_SIDE_MIRROR];
  MoorWalk *walk = dir->walk;
  int fd = moor_open_counted (walk, parent_fd, name);
  struct statx stx;
  MoorDomain domain;
  int errnum = fd < 0 ? errno : 0;

  /* A link in the place of a directory has its own errno, which tells nobody more. */
  if (errnum == ELOOP)
    errnum = ENOTDIR;
  if (fd >= 0 && walk->sys->statx (fd, "", AT_EMPTY_PATH, STATX_INO | STATX_MNT_ID, &stx) < 0)
    errnum = errno;
  if (errnum == 0)
    {
      domain = moor_walk_domain (&stx, base);
      errnum = domain.mnt_id == base->mnt_id && (!linkable || domain.dev == base->dev) ? 0 : EXDEV;
    }

  if (errnum == 0 && adopt_mirror (dir, name, &stx, fd, made))
    (void) lend (dir, MOOR_SIDE_MIRROR, fd);
  else if (fd >= 0)
    moor_close_counted (walk, fd);
  return errnum == 0 || moor_fail_open (errnum, name, FALSE, &errnum, error) == 0;
}

/**
 * moor_dir_open_mirror:
 * @name: (type filename): the mirror's name in the mirror of the parent
 *
 * Makes an existing directory the mirror of @dir, one in another btrfs subvolume
 * than the root's too: that is for looking, not for linking.  Succeeds at once if @dir has one,
 * as a root may from the start.  Without a mirror a directory's subdirectories
 * cannot have one either.  Callbacks only, of @dir or of a directory below it.
 *
 * Returns: %FALSE with @error: %G_IO_ERROR_NOT_FOUND if there is none, or none of
 *   the parent; %G_IO_ERROR_NOT_DIRECTORY if it is something else, a link too;
 *   %MOOR_ERROR_OTHER_DOMAIN if it is behind a mount.  @dir has no mirror then, and
 *   the call may be repeated
 */
gboolean
moor_dir_open_mirror (MoorDir *dir, const char *name, GError **error)
{
  int parent_fd, errnum;
  gboolean opened;

  g_return_val_if_fail (current_worker != NULL, FALSE);
  g_return_val_if_fail (dir->parent == NULL || moor_name_is_valid (name), FALSE);

  if (moor_dir_has_mirror (dir))
    return TRUE;
  if (dir->parent == NULL)
    return moor_fail_open (ENOENT, dir->name, FALSE, &errnum, error) == 0;
  if ((parent_fd = moor_dir_acquire (dir->parent, MOOR_SIDE_MIRROR, &errnum, error)) < 0)
    return FALSE;

  opened = open_mirror_at (dir, parent_fd, name, FALSE, FALSE, error);
  moor_dir_unpin_parent (dir, MOOR_SIDE_MIRROR);
  return opened;
}

/**
 * moor_dir_make_mirror:
 * @name: (type filename): the mirror's name in the mirror of the parent
 * @mode: of a new directory, less the umask
 * @out_existed: (out) (optional): whether it was there before
 *
 * Makes a directory and opens it as moor_dir_open_mirror() does; one that exists
 * is taken as it is.  What was made stays when opening it fails.
 *
 * Returns: %FALSE with @error, as moor_dir_open_mirror(); %MOOR_ERROR_OTHER_DOMAIN
 *   in another subvolume than the root's mirror as well
 */
gboolean
moor_dir_make_mirror (MoorDir *dir,
                      const char *name,
                      mode_t mode,
                      gboolean *out_existed,
                      GError **error)
{
  gboolean existed = TRUE;
  gboolean opened = TRUE;
  int parent_fd, errnum;

  g_return_val_if_fail (current_worker != NULL, FALSE);
  g_return_val_if_fail (dir->parent == NULL || moor_name_is_valid (name), FALSE);

  if (dir->parent == NULL || moor_dir_has_mirror (dir))
    opened = moor_dir_open_mirror (dir, name, error);
  else if ((parent_fd = moor_dir_acquire (dir->parent, MOOR_SIDE_MIRROR, &errnum, error)) < 0)
    return FALSE;
  else
    {
      existed = dir->walk->sys->mkdirat (parent_fd, name, mode) < 0;
      if (existed && errno != EEXIST)
        opened = moor_throw_errno (error, errno, "making the folder “%s”", name);
      else
        opened = open_mirror_at (dir, parent_fd, name, !existed, TRUE, error);
      moor_dir_unpin_parent (dir, MOOR_SIDE_MIRROR);
    }

  if (opened && out_existed != NULL)
    *out_existed = existed;
  return opened;
}
