/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-walk.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#include "moor-error.h"
#include "moor-lock.h"
#include "moor-text.h"
#include "moor-walk-private.h"

/* A walk over trees, with several workers.
 *
 * The unit of work is one directory.  A directory that was read and has
 * subdirectories to enter goes onto the queue of the worker that read it, with
 * their names; it stays there until the last name is taken:
 *
 *      worker 0   [ home ]--[ home/a ]--[ home/a/x ]   <- takes a name from the newest
 *      worker 1   [ ]   takes a name from the oldest ^ of somebody else
 *
 * So each worker goes depth first, which keeps the queues as short as the tree is
 * deep, and what is stolen is large.  What waits is a name, not a directory: a
 * directory exists from the moment its name is taken until everything below it has
 * left, and the worker that finishes the last of its subdirectories runs its
 * `leave`, and then its parent's.
 *
 * Per entry nothing happens but the visitor's function.  Per directory
 * `walk->lock` is taken twice or three times (queues and counts) and
 * `walk->fd_lock` about four times (moor-slot.c), for a few instructions each. */

#define BUFFER_BYTES ((gsize) 256 * 1024)
#define MAX_OPEN_DIRS 1024
#define MIN_OPEN_PER_WORKER 4

/* A directory to be entered next. */
typedef struct
{
  const MoorWalkBase *base;
  MoorDir *parent; /* (nullable) */
  const char *name;
} Task;

static gboolean
is_stopped (MoorWalk *walk)
{
  if (g_atomic_int_get (&walk->stop))
    return TRUE;
  if (!g_cancellable_is_cancelled (walk->cancellable))
    return FALSE;

  g_atomic_int_set (&walk->stop, TRUE);
  moor_lock (&walk->lock);
  g_cond_broadcast (&walk->changed);
  moor_unlock (&walk->lock);
  return TRUE;
}

/* Takes a name from @dir, which is in @queue. */
static void
take_name_locked (GQueue *queue, MoorDir *dir, Task *out_task)
{
  *out_task = (Task){ .base = dir->base, .parent = dir, .name = dir->next };
  dir->next += strlen (dir->next) + 1;
  if (--dir->n_untaken == 0)
    g_queue_unlink (queue, &dir->queue_link);
}

static gboolean
take_own_locked (MoorWorker *worker, Task *out_task)
{
  MoorDir *newest = g_queue_peek_tail (&worker->queue);

  if (newest != NULL)
    take_name_locked (&worker->queue, newest, out_task);
  return newest != NULL;
}

static gboolean
take_base_locked (MoorWalk *walk, Task *out_task)
{
  const MoorWalkBase *base;

  if (walk->n_bases_taken == walk->n_bases)
    return FALSE;

  base = &walk->bases[walk->n_bases_taken++];
  *out_task = (Task){ .base = base, .name = base->root->name != NULL ? base->root->name : "" };
  return TRUE;
}

static gboolean
steal_locked (MoorWorker *worker, Task *out_task)
{
  MoorWalk *walk = worker->walk;

  for (guint i = 1; i < walk->n_workers; i++)
    {
      GQueue *queue = &walk->workers[(worker->index + i) % walk->n_workers].queue;
      MoorDir *oldest = g_queue_peek_head (queue);

      if (oldest != NULL)
        {
          take_name_locked (queue, oldest, out_task);
          return TRUE;
        }
    }
  return FALSE;
}

/* Waits for something to do.  %FALSE when there will be nothing any more. */
static gboolean
next_task (MoorWorker *worker, Task *out_task)
{
  MoorWalk *walk = worker->walk;
  gboolean found = FALSE;

  moor_lock (&walk->lock);
  while (!g_atomic_int_get (&walk->stop) && walk->n_bases_finished < walk->n_bases)
    {
      found = take_own_locked (worker, out_task) || take_base_locked (walk, out_task)
              || steal_locked (worker, out_task);
      if (found)
        break;
      walk->n_idle++;
      moor_wait (&walk->changed, &walk->lock);
      walk->n_idle--;
    }
  moor_unlock (&walk->lock);
  return found;
}

/* Offers the subdirectories of @dir to everybody.  The worker goes on with the
 * first itself. */
static void
offer_subdirs (MoorWorker *worker, MoorDir *dir)
{
  MoorWalk *walk = worker->walk;

  dir->names = g_memdup2 (worker->names->data, worker->names->len);
  dir->next = dir->names;
  dir->n_untaken = worker->n_names;
  dir->n_unfinished = worker->n_names;

  moor_lock (&walk->lock);
  g_queue_push_tail_link (&worker->queue, &dir->queue_link);
  for (guint i = 1; i < dir->n_untaken && i <= walk->n_idle; i++)
    g_cond_signal (&walk->changed);
  moor_unlock (&walk->lock);
}

static void
leave (MoorWorker *worker, MoorDir *dir)
{
  const MoorWalkVisitor *visitor = worker->walk->visitor;

  if (visitor->leave == NULL || is_stopped (worker->walk))
    return;

  visitor->leave (dir, worker->index, worker->walk->user_data);
  moor_worker_release_borrowed (worker);
}

/* Counts @dir as finished and frees it.  Returns its parent if that was the last
 * thing it waited for. */
static MoorDir *
finish (MoorDir *dir)
{
  MoorWalk *walk = dir->walk;
  MoorDir *parent = dir->parent;
  gboolean last;

  moor_dir_free (dir);

  moor_lock (&walk->lock);
  if (parent != NULL)
    last = --parent->n_unfinished == 0;
  else if ((last = ++walk->n_bases_finished == walk->n_bases))
    g_cond_broadcast (&walk->changed);
  moor_unlock (&walk->lock);
  return last ? parent : NULL;
}

/* Finishes @dir and whatever above it is finished thereby. */
static void
finish_upwards (MoorWorker *worker, MoorDir *dir)
{
  while ((dir = finish (dir)) != NULL)
    {
      moor_worker_begin (worker, dir);
      leave (worker, dir);
      worker->current = NULL;
    }
}

static void
tell_problem (MoorWorker *worker, MoorDir *dir, const char *name, int errnum, const GError *error)
{
  MoorWalk *walk = worker->walk;

  if (walk->visitor->problem == NULL)
    return;

  walk->visitor->problem (dir, name, errnum, error, worker->index, walk->user_data);
  moor_worker_release_borrowed (worker);
}

/* The problem is with a directory that there is none of: it is its parent's. */
static void
tell_unopened (MoorWorker *worker, MoorDir *dir, int errnum, const GError *error)
{
  MoorDir *teller = dir->parent != NULL ? dir->parent : dir;

  moor_worker_begin (worker, teller);
  tell_problem (worker, teller, dir->parent != NULL ? dir->name : NULL, errnum, error);
  moor_worker_end (worker);
}

static void
tell_untyped (MoorWorker *worker, const char *name, int errnum)
{
  g_autofree char *shown = moor_text_path (name);
  g_autoptr(GError) error = NULL;

  if (errnum == ENOENT)
    (void) moor_throw (&error, MOOR_ERROR_VANISHED, "“%s” disappeared", shown);
  else
    (void) moor_throw_errno (&error, errnum, "looking at “%s”", shown);
  tell_problem (worker, worker->current, name, errnum, error);
}

/* One entry of the directory that is being read. */
static gboolean
visit_entry (const char *name, guint8 type, guint64 ino, gpointer user_data)
{
  MoorWorker *worker = user_data;
  MoorWalk *walk = worker->walk;
  gboolean accepted;

  if (is_stopped (walk))
    return FALSE;
  if (type == DT_UNKNOWN)
    {
      type = moor_entry_type (walk->sys, worker->held[MOOR_SIDE_SOURCE], name, type);
      if (type == DT_UNKNOWN)
        {
          tell_untyped (worker, name, errno);
          return TRUE;
        }
    }

  accepted = walk->visitor->entry (worker->current, name, type, ino, worker->index,
                                   walk->user_data);
  if (worker->borrowed->len > 0)
    moor_worker_release_borrowed (worker);

  if (accepted && type == DT_DIR)
    {
      g_byte_array_append (worker->names, (const guint8 *) name, (guint) strlen (name) + 1);
      worker->n_names++;
    }
  return TRUE;
}

static void
read_entries (MoorWorker *worker, MoorDir *dir)
{
  MoorWalk *walk = worker->walk;
  g_autoptr(GError) error = NULL;
  int errnum = moor_read_entries (walk->sys, worker->held[MOOR_SIDE_SOURCE], worker->buffer,
                                  BUFFER_BYTES, visit_entry, worker);

  if (errnum != 0)
    {
      g_autofree char *shown = moor_text_path (dir->name);

      if (errnum == ENOENT)
        (void) moor_throw (&error, MOOR_ERROR_VANISHED, "the folder “%s” disappeared", shown);
      else
        (void) moor_throw_errno (&error, errnum, "reading the folder “%s”", shown);
      tell_problem (worker, dir, NULL, errnum, error);
    }
  if (walk->visitor->entries_done != NULL && !is_stopped (walk))
    {
      walk->visitor->entries_done (dir, worker->index, walk->user_data);
      moor_worker_release_borrowed (worker);
    }
}

/* Visits @dir, which is open and current.  %FALSE if it is finished thereby. */
static gboolean
visit (MoorWorker *worker, MoorDir *dir)
{
  const MoorWalkVisitor *visitor = worker->walk->visitor;
  gboolean entered = visitor->enter (dir, worker->index, worker->walk->user_data);

  moor_worker_release_borrowed (worker);
  if (!entered)
    return FALSE;

  g_byte_array_set_size (worker->names, 0);
  worker->n_names = 0;
  read_entries (worker, dir);
  if (worker->n_names > 0 && !is_stopped (worker->walk))
    return TRUE;

  leave (worker, dir);
  return FALSE;
}

static void
run_task (MoorWorker *worker, const Task *task)
{
  MoorDir *dir = moor_dir_new (worker->walk, task->base, task->parent, task->name);
  g_autoptr(GError) error = NULL;
  int errnum = 0;

  if (!moor_dir_open_source (dir, worker, &errnum, &error))
    {
      tell_unopened (worker, dir, errnum, error);
      finish_upwards (worker, dir);
    }
  else if (visit (worker, dir))
    {
      /* Whoever takes a name of it may need its descriptor: hand it back first. */
      moor_worker_end (worker);
      offer_subdirs (worker, dir);
    }
  else
    {
      worker->current = NULL;
      finish_upwards (worker, dir);
    }
}

static gpointer
work (gpointer user_data)
{
  MoorWorker *worker = user_data;
  Task task;

  moor_worker_make_current (worker);
  while (!is_stopped (worker->walk) && next_task (worker, &task))
    run_task (worker, &task);
  moor_worker_make_current (NULL);

  MOOR_TSAN_RELEASE (g_thread_self ());
  return NULL;
}

/* After a stop: frees the directories that still wait, and what waits for them. */
static void
drop_queued (MoorWalk *walk)
{
  for (guint i = 0; i < walk->n_workers; i++)
    {
      GList *link;

      while ((link = g_queue_pop_tail_link (&walk->workers[i].queue)) != NULL)
        {
          MoorDir *dir = link->data;

          dir->n_unfinished -= dir->n_untaken;
          while (dir != NULL && dir->n_unfinished == 0)
            dir = finish (dir);
        }
    }
}

static void
walk_clear (MoorWalk *walk)
{
  for (guint i = 0; i < walk->n_workers; i++)
    {
      MoorWorker *worker = &walk->workers[i];

      g_free (worker->buffer);
      g_byte_array_unref (worker->names);
      g_ptr_array_unref (worker->borrowed);
    }
  g_free (walk->workers);
  g_free (walk->bases);
  g_mutex_clear (&walk->lock);
  g_mutex_clear (&walk->fd_lock);
  g_cond_clear (&walk->changed);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (MoorWalk, walk_clear)

/* A quarter of what the process may have, as it needs some for other things. */
static guint
default_max_open (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur / 4 > MAX_OPEN_DIRS)
    return MAX_OPEN_DIRS;
  return (guint) limit.rlim_cur / 4;
}

static void
init_workers (MoorWalk *walk, const MoorWalkOptions *options)
{
  const guint max_open = options->max_open_dirs > 0 ? options->max_open_dirs : default_max_open ();

  walk->n_workers = options->n_workers > 0 ? options->n_workers : g_get_num_processors ();
  walk->max_open = MAX (max_open, walk->n_workers * MIN_OPEN_PER_WORKER);
  walk->workers = g_new0 (MoorWorker, walk->n_workers);
  for (guint i = 0; i < walk->n_workers; i++)
    {
      MoorWorker *worker = &walk->workers[i];

      worker->walk = walk;
      worker->index = i;
      g_queue_init (&worker->queue);
      worker->buffer = g_malloc (BUFFER_BYTES);
      worker->names = g_byte_array_new ();
      worker->borrowed = g_ptr_array_new ();
    }
}

static gboolean
init_side (MoorWalk *walk, MoorWalkBase *base, MoorSide side, int fd, GError **error)
{
  struct statx stx;

  base->base_fds[side] = fd;
  if (fd < 0)
    return TRUE;
  if (!moor_domain_of_fd (walk->sys, fd, &base->domains[side], error))
    return FALSE;
  if (walk->sys->statx (fd, "", AT_EMPTY_PATH, STATX_INO, &stx) < 0)
    return moor_throw_errno (error, errno, "looking at “%s”", base->root->name);

  base->inos[side] = stx.stx_ino;
  return TRUE;
}

static gboolean
init_bases (MoorWalk *walk, const MoorWalkRoot *roots, guint n_roots, GError **error)
{
  walk->bases = g_new0 (MoorWalkBase, n_roots);
  walk->n_bases = n_roots;
  for (guint i = 0; i < n_roots; i++)
    {
      walk->bases[i].root = &roots[i];
      if (!init_side (walk, &walk->bases[i], MOOR_SIDE_SOURCE, roots[i].dfd, error)
          || !init_side (walk, &walk->bases[i], MOOR_SIDE_MIRROR, roots[i].mirror_dfd, error))
        return FALSE;
      walk->bases[i].mirror_is_bare = moor_dir_probe_base (walk, &walk->bases[i]);
    }
  return TRUE;
}

/* Runs the workers until they are done.  Fewer than asked for will do. */
static gboolean
run_workers (MoorWalk *walk, GError **error)
{
  guint n_started = 0;
  g_autoptr(GError) first_error = NULL;

  for (; n_started < walk->n_workers; n_started++)
    {
      MoorWorker *worker = &walk->workers[n_started];

      worker->thread = g_thread_try_new ("moor-walk", work, worker, &first_error);
      if (worker->thread == NULL)
        break;
    }
  for (guint i = 0; i < n_started; i++)
    (void) moor_thread_join (walk->workers[i].thread);

  if (n_started > 0)
    return TRUE;
  g_propagate_prefixed_error (error, g_steal_pointer (&first_error), "starting a worker: ");
  return FALSE;
}

/**
 * moor_walk_run:
 * @roots: (array length=n_roots): directories to walk; the descriptors stay the caller's
 * @visitor: what to do there
 * @options: (nullable): how to go about it
 * @cancellable: (nullable): looked at before each entry; a visitor stops the walk by it
 *
 * Visits everything below @roots that is on their mounts; other btrfs subvolumes
 * are entered and marked.  Symbolic links are never followed, and what is swapped
 * for one meanwhile is a `problem`.  Access times do not change where the kernel
 * lets us say so.
 *
 * Every directory that `enter` takes has one `leave`, after those of all
 * directories below it.  A directory that cannot be read goes to `problem` and the
 * walk goes on: whether that is a failure is the visitor's to say.  When the walk is
 * stopped, directories that are not finished have no `leave`, but their data is freed.
 *
 * Depth costs neither stack nor descriptors: there are at most
 * #MoorWalkOptions.max_open_dirs of them, but four for each worker at least.
 *
 * Blocks, while the visitor runs in worker threads.  Any thread, also in a
 * callback of another walk.
 *
 * Returns: %TRUE if everything was visited; %FALSE with %G_IO_ERROR_CANCELLED if
 *   @cancellable was cancelled, be it in the last callback, or with another
 *   %G_IO_ERROR if the walk could not be begun
 */
gboolean
moor_walk_run (const MoorWalkRoot *roots,
               guint n_roots,
               const MoorWalkVisitor *visitor,
               gpointer user_data,
               const MoorWalkOptions *options,
               GCancellable *cancellable,
               GError **error)
{
  const MoorWalkOptions defaults = { 0 };
  g_auto(MoorWalk) walk = { 0 };

  g_return_val_if_fail (n_roots == 0 || roots != NULL, FALSE);
  g_return_val_if_fail (visitor != NULL && visitor->enter != NULL && visitor->entry != NULL, FALSE);

  if (options == NULL)
    options = &defaults;
  walk.sys = options->sys != NULL ? options->sys : moor_sys_posix ();
  walk.visitor = visitor;
  walk.user_data = user_data;
  walk.data_free = options->data_free;
  walk.cancellable = cancellable;
  g_mutex_init (&walk.lock);
  g_mutex_init (&walk.fd_lock);
  g_cond_init (&walk.changed);
  g_queue_init (&walk.lru);
  init_workers (&walk, options);

  if (!init_bases (&walk, roots, n_roots, error) || !run_workers (&walk, error))
    return FALSE;
  drop_queued (&walk);

  return !g_cancellable_set_error_if_cancelled (cancellable, error);
}
