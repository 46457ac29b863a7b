/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-remove.h"

#include <errno.h>
#include <linux/fs.h>

#include "moor-error.h"
#include "moor-fd.h"
#include "moor-lock.h"
#include "moor-text.h"
#include "moor-walk-private.h"

/* Removing a tree is a walk that unlinks what it is told and, on the way back up,
 * the directories.  All of it is by (descriptor of the verified parent, one name),
 * so whatever is swapped meanwhile, what goes is a name below the tree.
 *
 * A directory that is not empty although nothing in it resisted was changed while
 * it was read; it is walked once more, up to MAX_PASSES times. */

#define MAX_PASSES 3
#define MARKS (FS_IMMUTABLE_FL | FS_APPEND_FL)

typedef struct
{
  guint64 n_removed;
  guint64 n_resisted;
} Tally;

/* One moor_remove_tree(). */
typedef struct
{
  const MoorSys *sys;
  const MoorRemoveOptions *options;
  GCancellable *cancellable;
  int dfd;       /* what holds the tree and stays */
  int dfd_flags; /* its own, to be put back */
  gboolean dfd_unmarked;
  Tally *tallies; /* (owned): one for each worker */
  GMutex lock;    /* guards what every Node says, and @dfd_flags with @dfd_unmarked */
} Remover;

/* One walk of it: of everything, or of a directory once more. */
typedef struct
{
  Remover *remover;
  int dfd; /* what holds the directory @name */
  const char *name;
  int worker;        /* in whose place the walk runs, or -1 for its own workers */
  guint n_passes;    /* how many there were, with this one */
  gboolean resisted; /* the directory is still there, and told about */
} Pass;

/* What is known of a directory that is being emptied. */
typedef struct
{
  gboolean resists; /* something in it is there to stay, and was told about */
  int errnum;       /* why it could not be read to its end, or 0 */
} Node;

/* Takes the marks off that forbid to remove something.  %FALSE if there were none. */
static gboolean
unmark (const MoorSys *sys, int fd, int *out_flags)
{
  return sys->get_flags (fd, out_flags) == 0 && (*out_flags & MARKS) != 0
         && sys->set_flags (fd, *out_flags & ~MARKS) == 0;
}

/* A marked directory lets nothing in it go.  The one that holds the whole tree gets
 * its marks back in the end. */
static void
unmark_parent (Remover *remover, int dfd)
{
  int flags;

  if (!unmark (remover->sys, dfd, &flags) || dfd != remover->dfd)
    return;

  moor_lock (&remover->lock);
  remover->dfd_unmarked = TRUE;
  remover->dfd_flags = flags;
  moor_unlock (&remover->lock);
}

static gboolean
has_names (const MoorSys *sys, int fd)
{
  struct statx stx;

  return sys->statx (fd, "", AT_EMPTY_PATH, STATX_NLINK, &stx) == 0 && stx.stx_nlink > 0;
}

/* Removes a name whose object, or whose directory, may be marked.  An object that
 * has other names keeps its marks there.  Returns 0 or an errno. */
static int
unlink_marked (Remover *remover, int dfd, const char *name, guint8 type)
{
  static const struct open_how how = {
    .flags = O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC,
    .resolve = MOOR_DIR_RESOLVE,
  };
  const MoorSys *sys = remover->sys;
  gboolean unmarked = FALSE;
  g_auto(MoorFd) fd = -1;
  int flags, errnum;

  unmark_parent (remover, dfd);
  if (type == DT_REG || type == DT_DIR)
    fd = sys->openat2 (dfd, name, &how);
  if (fd >= 0)
    unmarked = unmark (sys, fd, &flags);

  errnum = sys->unlinkat (dfd, name, type == DT_DIR ? AT_REMOVEDIR : 0) < 0 ? errno : 0;
  if (unmarked && (errnum != 0 || has_names (sys, fd)))
    (void) sys->set_flags (fd, flags);
  return errnum;
}

/* Lets the owner of the directory @dfd, which is going too, write to it. */
static gboolean
allow_writing (const Remover *remover, int dfd)
{
  struct statx stx;

  return dfd != remover->dfd && remover->sys->statx (dfd, "", AT_EMPTY_PATH, STATX_MODE, &stx) == 0
         && (stx.stx_mode & 0200) == 0
         && remover->sys->fchmod (dfd, (stx.stx_mode & 07777) | 0300) == 0;
}

/* Returns 0 or an errno. */
static int
unlink_name (Remover *remover, int dfd, const char *name, guint8 type)
{
  int errnum = remover->sys->unlinkat (dfd, name, type == DT_DIR ? AT_REMOVEDIR : 0) < 0 ? errno
                                                                                         : 0;

  if (errnum == EPERM && remover->options->clear_flags)
    return unlink_marked (remover, dfd, name, type);
  if (errnum == EACCES && remover->options->clear_flags && allow_writing (remover, dfd))
    return remover->sys->unlinkat (dfd, name, type == DT_DIR ? AT_REMOVEDIR : 0) < 0 ? errno : 0;
  return errnum;
}

static void
mark_resisting (Remover *remover, MoorDir *dir)
{
  Node *node = moor_dir_data (dir);

  moor_lock (&remover->lock);
  node->resists = TRUE;
  moor_unlock (&remover->lock);
}

/* Counts and tells what became of @name in @dir, or of @dir itself for no name, or
 * of the path @name for no @dir. */
static void
settle (Remover *remover, MoorDir *dir, const char *name, guint8 type, int errnum, guint worker)
{
  const MoorRemoveOptions *options = remover->options;
  g_autofree char *dir_path = NULL;
  g_autofree char *path = NULL;

  /* Gone is what it shall be, whoever did it. */
  if (errnum == ENOENT)
    return;

  if (errnum == 0)
    remover->tallies[worker].n_removed++;
  else
    remover->tallies[worker].n_resisted++;
  if (options->func == NULL)
    return;

  if (dir != NULL)
    dir_path = moor_dir_path (dir);
  if (dir_path != NULL && dir_path[0] != '\0' && name != NULL)
    path = g_strconcat (dir_path, "/", name, NULL);
  else
    path = g_strdup (name != NULL ? name : dir_path);
  options->func (path, type, errnum, worker, options->user_data);
}

static guint
worker_of (const Pass *pass, guint worker)
{
  return pass->worker >= 0 ? (guint) pass->worker : worker;
}

static gboolean
enter (MoorDir *dir, guint worker, gpointer user_data)
{
  moor_dir_set_data (dir, g_new0 (Node, 1));
  return TRUE;
}

static gboolean
remove_entry (MoorDir *dir,
              const char *name,
              guint8 type,
              guint64 ino,
              guint worker,
              gpointer user_data)
{
  const Pass *pass = user_data;
  int dfd, errnum;

  if (type == DT_DIR)
    return TRUE;

  /* Open while it is being read, so this cannot fail. */
  dfd = moor_dir_fd (dir, NULL);
  errnum = unlink_name (pass->remover, dfd, name, type);
  /* It has become a directory; its parent will be found not to be empty. */
  if (errnum == EISDIR)
    return FALSE;

  settle (pass->remover, dir, name, type, errnum, worker_of (pass, worker));
  if (errnum != 0 && errnum != ENOENT)
    mark_resisting (pass->remover, dir);
  return FALSE;
}

static gboolean run_pass (Pass *pass, const char *prefix, guint n_workers, GError **error);

/* Walks a directory once more that was changed meanwhile.  Returns whether it was
 * settled thereby, as what @out_resisted says. */
static gboolean
run_again (const Pass *pass,
           MoorDir *dir,
           int parent_fd,
           const char *name,
           guint worker,
           gboolean *out_resisted)
{
  g_autofree char *path = moor_dir_path (dir);
  Pass again = {
    .remover = pass->remover,
    .dfd = parent_fd,
    .name = name,
    .worker = (int) worker_of (pass, worker),
    .n_passes = pass->n_passes + 1,
  };

  if (pass->n_passes == MAX_PASSES || !run_pass (&again, path, 1, NULL))
    return FALSE;

  *out_resisted = again.resisted;
  return TRUE;
}

/* Removes the emptied @dir.  Returns whether it is still there. */
static gboolean
remove_emptied (const Pass *pass, MoorDir *dir, int parent_fd, const char *name, guint worker)
{
  Remover *remover = pass->remover;
  int errnum = unlink_name (remover, parent_fd, name, DT_DIR);
  gboolean resisted;
  Node node;

  moor_lock (&remover->lock);
  node = *(const Node *) moor_dir_data (dir);
  moor_unlock (&remover->lock);

  if (errnum == ENOTDIR)
    errnum = unlink_name (remover, parent_fd, name, DT_UNKNOWN);
  if ((errnum == ENOTEMPTY || errnum == EEXIST) && node.errnum != 0)
    errnum = node.errnum;
  else if ((errnum == ENOTEMPTY || errnum == EEXIST) && !node.resists
           && run_again (pass, dir, parent_fd, name, worker, &resisted))
    return resisted;

  settle (remover, dir, NULL, DT_DIR, errnum, worker_of (pass, worker));
  return errnum != 0 && errnum != ENOENT;
}

static void
leave (MoorDir *dir, guint worker, gpointer user_data)
{
  Pass *pass = user_data;
  MoorDir *parent = moor_dir_parent (dir);
  int parent_fd;

  if (parent == NULL)
    {
      pass->resisted = remove_emptied (pass, dir, pass->dfd, pass->name, worker);
      return;
    }

  parent_fd = moor_dir_fd (parent, NULL);
  if (parent_fd < 0)
    settle (pass->remover, dir, NULL, DT_DIR, ESTALE, worker_of (pass, worker));
  else if (!remove_emptied (pass, dir, parent_fd, moor_dir_name (dir), worker))
    return;
  mark_resisting (pass->remover, parent);
}

/* A directory that cannot be read can still be removed if it is empty, unless it is
 * another volume's.  Returns 0 or why it is still there. */
static int
remove_unread (Remover *remover, int dfd, const char *name, int errnum)
{
  if (dfd >= 0 && errnum != EXDEV && unlink_name (remover, dfd, name, DT_DIR) == 0)
    return 0;
  return errnum;
}

static void
problem (MoorDir *dir,
         const char *name,
         int errnum,
         const GError *error,
         guint worker,
         gpointer user_data)
{
  Pass *pass = user_data;
  Node *node = moor_dir_data (dir);

  /* The root of the pass, which could be opened and not be walked. */
  if (node == NULL)
    {
      errnum = remove_unread (pass->remover, pass->dfd, pass->name, errnum);
      settle (pass->remover, dir, NULL, DT_DIR, errnum, worker_of (pass, worker));
      pass->resisted = errnum != 0;
      return;
    }
  /* What became something else makes its parent not empty, and that is walked again. */
  if (g_error_matches (error, MOOR_ERROR, MOOR_ERROR_VANISHED))
    return;
  if (name == NULL)
    {
      node->errnum = errnum;
      return;
    }

  errnum = remove_unread (pass->remover, moor_dir_fd (dir, NULL), name, errnum);
  settle (pass->remover, dir, name, DT_DIR, errnum, worker_of (pass, worker));
  if (errnum != 0)
    mark_resisting (pass->remover, dir);
}

/* Walks the directory that @pass is about; @prefix is its path.  %FALSE with @error
 * if the walk was stopped. */
static gboolean
run_pass (Pass *pass, const char *prefix, guint n_workers, GError **error)
{
  static const MoorWalkVisitor visitor = {
    .enter = enter,
    .entry = remove_entry,
    .leave = leave,
    .problem = problem,
  };
  static const struct open_how how = {
    .flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
    .resolve = MOOR_DIR_RESOLVE,
  };
  Remover *remover = pass->remover;
  const MoorWalkOptions options = {
    .n_workers = n_workers,
    .sys = remover->sys,
    .data_free = g_free,
  };
  g_auto(MoorFd) fd = remover->sys->openat2 (pass->dfd, pass->name, &how);
  const MoorWalkRoot root = { .dfd = fd, .mirror_dfd = -1, .name = prefix };

  if (fd < 0)
    {
      int errnum = remove_unread (remover, pass->dfd, pass->name, errno);

      settle (remover, NULL, prefix, DT_DIR, errnum, worker_of (pass, 0));
      pass->resisted = errnum != 0 && errnum != ENOENT;
      return TRUE;
    }
  return moor_walk_run (&root, 1, &visitor, pass, &options, remover->cancellable, error);
}

/* Removes the one name that was asked for, and what is below it. */
static gboolean
remove_base (Remover *remover, const char *name, guint n_workers, GError **error)
{
  Pass pass = { .remover = remover,
                .dfd = remover->dfd,
                .name = name,
                .worker = -1,
                .n_passes = 1 };
  const guint8 type = moor_entry_type (remover->sys, remover->dfd, name, DT_UNKNOWN);
  int errnum = type == DT_UNKNOWN ? errno : 0;

  if (errnum == ENOENT)
    return TRUE;
  /* Not even to be looked at is a mount of somebody else's, which is a directory. */
  if (type == DT_DIR || errnum != 0)
    return run_pass (&pass, "", n_workers, error);

  settle (remover, NULL, "", type, unlink_name (remover, remover->dfd, name, type), 0);
  return TRUE;
}

static void
sum_tallies (const Tally *tallies, guint n_workers, guint64 *out_n_removed, guint64 *out_n_resisted)
{
  Tally sum = { 0 };

  for (guint i = 0; i < n_workers; i++)
    {
      sum.n_removed += tallies[i].n_removed;
      sum.n_resisted += tallies[i].n_resisted;
    }
  if (out_n_removed != NULL)
    *out_n_removed = sum.n_removed;
  if (out_n_resisted != NULL)
    *out_n_resisted = sum.n_resisted;
}

/**
 * moor_remove_tree:
 * @dfd: a directory, which stays; open for reading, or its own marks cannot be taken off
 * @name: (type filename): what to remove from it: a directory with all below it, or
 *   anything else
 * @options: (nullable): how to go about it
 * @out_n_removed: (out) (optional): names that are gone, filled in on failure too
 * @out_n_resisted: (out) (optional): names that are still there, the directories
 *   they lie in too; filled in on failure too
 * @cancellable: (nullable): looked at before each entry
 *
 * Removes a tree.  What is mounted in it is not entered and resists with EXDEV (a
 * mounted file with EBUSY); other btrfs subvolumes are part of it.  An object that
 * does not let itself be removed is told to #MoorRemoveOptions.func and counted, and
 * the rest goes.  Links are removed, not followed, and a directory that is swapped
 * for one cannot lead elsewhere.
 *
 * With `clear_flags` an object that keeps other names keeps its marks there, and
 * so does @dfd.
 *
 * May be repeated; that there is nothing is success.  Blocks; any thread.
 *
 * Returns: %TRUE if everything was tried, whatever resisted; %FALSE with
 *   %G_IO_ERROR_CANCELLED, or %MOOR_ERROR_USAGE for a @name that is none
 */
gboolean
moor_remove_tree (int dfd,
                  const char *name,
                  const MoorRemoveOptions *options,
                  guint64 *out_n_removed,
                  guint64 *out_n_resisted,
                  GCancellable *cancellable,
                  GError **error)
{
  const MoorRemoveOptions defaults = { 0 };
  g_autofree Tally *tallies = NULL;
  Remover remover = { .cancellable = cancellable, .dfd = dfd };
  guint n_workers;
  gboolean removed;

  sum_tallies (NULL, 0, out_n_removed, out_n_resisted);
  if (!moor_name_is_valid (name))
    return moor_throw (error, MOOR_ERROR_USAGE, "“%s” is not the name of one object", name);
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;

  remover.options = options != NULL ? options : &defaults;
  remover.sys = remover.options->sys != NULL ? remover.options->sys : moor_sys_posix ();
  n_workers = remover.options->n_workers;
  if (n_workers == 0)
    n_workers = g_get_num_processors ();
  remover.tallies = tallies = g_new0 (Tally, n_workers);
  g_mutex_init (&remover.lock);

  removed = remove_base (&remover, name, n_workers, error);
  if (remover.dfd_unmarked)
    (void) remover.sys->set_flags (dfd, remover.dfd_flags);
  g_mutex_clear (&remover.lock);
  sum_tallies (tallies, n_workers, out_n_removed, out_n_resisted);
  return removed;
}
