/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-last-copies.h"

#include <string.h>
#include <sys/sysmacros.h>

#include "moor-lock.h"

/*
 * An object is a last copy when its link count equals the number of names that
 * what is about to go holds of it (DESIGN promise 2).  With one name that is
 * seen at once; with more the names are counted.
 */

typedef struct
{
  guint64 dev;
  guint64 ino;
  guint64 n_names; /* seen so far */
  guint64 nlink;
  guint64 n_bytes;
  guint64 n_block_bytes;
  guint class;
} Inode;

typedef struct
{
  MoorJob *job;
  const MoorSys *sys;
  MoorClassFunc classify;
  gpointer user_data;

  GMutex lock;        /* guards what follows */
  GHashTable *inodes; /* (element-type Inode) (owned): those with more than one name */
  MoorLastCopies *classes;
  GError *failed;
} Run;

/* The class of what is in a directory, and the numbers of the worker that is in it. */
typedef struct
{
  guint root;
  guint class;
  guint64 n_seen;
  MoorLastCopies here;
} DirData;

static guint
inode_hash (gconstpointer key)
{
  const Inode *inode = key;

  return (guint) (inode->ino ^ (inode->ino >> 32) ^ (inode->dev * 31));
}

static gboolean
inode_equal (gconstpointer a, gconstpointer b)
{
  const Inode *one = a;
  const Inode *other = b;

  return one->ino == other->ino && one->dev == other->dev;
}

static guint
class_of (const Run *run,
          MoorDir *dir,
          const DirData *data,
          const char *name,
          const struct statx *stx)
{
  g_autofree char *path = NULL;
  const char *slash;

  if (run->classify == NULL)
    return 0;
  path = moor_dir_path (dir);
  slash = strchr (path, '/');
  return run->classify (data->root, slash != NULL ? slash + 1 : "", name, stx, run->user_data);
}

static gboolean
enter_cb (MoorDir *dir, guint worker, gpointer user_data)
{
  Run *run = user_data;
  MoorDir *parent = moor_dir_parent (dir);
  DirData *data = g_new0 (DirData, 1);

  data->root = parent != NULL ? ((DirData *) moor_dir_data (parent))->root
                              : GPOINTER_TO_UINT (moor_dir_data (dir));
  data->class = class_of (run, dir, data, NULL, NULL);
  moor_dir_set_data (dir, data);
  return TRUE;
}

static void
add_shared (Run *run, guint class, const struct statx *stx)
{
  Inode key = { .dev = (guint64) makedev (stx->stx_dev_major, stx->stx_dev_minor),
                .ino = stx->stx_ino };
  Inode *inode;

  moor_lock (&run->lock);
  inode = g_hash_table_lookup (run->inodes, &key);
  if (inode == NULL)
    {
      inode = g_new (Inode, 1);
      *inode = key;
      inode->n_names = 0;
      inode->nlink = stx->stx_nlink;
      inode->n_bytes = stx->stx_size;
      inode->n_block_bytes = stx->stx_blocks * 512;
      inode->class = class;
      g_hash_table_add (run->inodes, inode);
    }
  inode->class = MAX (inode->class, class);
  inode->n_names++;
  moor_unlock (&run->lock);
}

static void
fail (Run *run, GError *error)
{
  moor_lock (&run->lock);
  if (run->failed == NULL)
    run->failed = error;
  else
    g_error_free (error);
  moor_unlock (&run->lock);
}

/* An object can be of another class than its directory. */
static void
count_entry (Run *run, DirData *data, guint class, const struct statx *stx)
{
  const gboolean is_last = stx->stx_nlink <= 1;
  const gboolean is_here = class == data->class;
  MoorLastCopies *sum = is_here ? &data->here : &run->classes[class];

  if (!is_here)
    moor_lock (&run->lock);
  sum->n_objects++;
  sum->n_bytes += stx->stx_size;
  if (is_last)
    {
      sum->n_last++;
      sum->n_last_bytes += stx->stx_size;
      sum->n_freed_bytes += stx->stx_blocks * 512;
    }
  if (!is_here)
    moor_unlock (&run->lock);
}

static gboolean
entry_cb (MoorDir *dir,
          const char *name,
          guint8 type,
          guint64 ino,
          guint worker,
          gpointer user_data)
{
  Run *run = user_data;
  DirData *data = moor_dir_data (dir);
  struct statx stx;
  guint class;
  int fd;

  if (type == DT_DIR)
    return TRUE;
  fd = moor_dir_fd (dir, NULL);
  if (fd < 0 || run->sys->statx (fd, name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &stx) < 0)
    {
      GError *error = NULL;

      moor_throw_errno (&error, errno, "looking at “%s”", name);
      fail (run, error);
      return FALSE;
    }
  class = class_of (run, dir, data, name, &stx);
  count_entry (run, data, class, &stx);
  if (stx.stx_nlink > 1)
    add_shared (run, class, &stx);
  data->n_seen++;
  return FALSE;
}

static void
entries_done_cb (MoorDir *dir, guint worker, gpointer user_data)
{
  Run *run = user_data;
  const DirData *data = moor_dir_data (dir);
  MoorLastCopies *sum = &run->classes[data->class];

  moor_lock (&run->lock);
  sum->n_objects += data->here.n_objects;
  sum->n_bytes += data->here.n_bytes;
  sum->n_last += data->here.n_last;
  sum->n_last_bytes += data->here.n_last_bytes;
  sum->n_freed_bytes += data->here.n_freed_bytes;
  moor_unlock (&run->lock);
  moor_job_add (run->job, data->n_seen, 0);
}

/* What cannot be looked at cannot be proven not to be the last copy. */
static void
problem_cb (MoorDir *dir,
            const char *name,
            int errnum,
            const GError *error,
            guint worker,
            gpointer user_data)
{
  fail (user_data, g_error_copy (error));
}

static void
count_shared (Run *run)
{
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, run->inodes);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      const Inode *inode = key;
      MoorLastCopies *sum = &run->classes[inode->class];

      if (inode->n_names < inode->nlink)
        continue;
      sum->n_last++;
      sum->n_last_bytes += inode->n_bytes;
      sum->n_freed_bytes += inode->n_block_bytes;
    }
}

/**
 * moor_last_copies_count:
 * @roots: (array length=n_roots): the trees that would go, all together; `data` is ignored
 * @classify: (nullable): %NULL when all is of class 0
 * @out_classes: (out): the numbers of each class
 *
 * Counts what deleting @roots would lose.  An object with names in several classes
 * counts in the highest: that has to be the one that matters most.  Changes nothing.  Blocks.  Any
 * thread.
 *
 * Returns: %FALSE with %G_IO_ERROR or %MOOR_ERROR if anything could not be looked at
 */
gboolean
moor_last_copies_count (MoorJob *job,
                        const MoorWalkRoot *roots,
                        guint n_roots,
                        MoorClassFunc classify,
                        gpointer user_data,
                        MoorLastCopies out_classes[MOOR_MAX_CLASSES],
                        GError **error)
{
  static const MoorWalkVisitor visitor = { enter_cb, entry_cb, entries_done_cb, NULL, problem_cb };
  Run run = { .job = job,
              .sys = moor_job_get_sys (job),
              .classify = classify,
              .user_data = user_data };
  MoorWalkOptions options = { .sys = run.sys, .data_free = g_free };
  g_autofree MoorWalkRoot *numbered = g_new0 (MoorWalkRoot, n_roots + 1);
  gboolean walked;

  for (guint i = 0; i < n_roots; i++)
    {
      numbered[i] = roots[i];
      numbered[i].mirror_dfd = -1;
      numbered[i].data = GUINT_TO_POINTER (i);
    }
  memset (out_classes, 0, MOOR_MAX_CLASSES * sizeof *out_classes);
  run.classes = out_classes;
  run.inodes = g_hash_table_new_full (inode_hash, inode_equal, g_free, NULL);
  g_mutex_init (&run.lock);
  walked = moor_walk_run (numbered, n_roots, &visitor, &run, &options,
                          moor_job_get_cancellable (job), error);
  count_shared (&run);
  g_mutex_clear (&run.lock);
  g_hash_table_unref (run.inodes);
  if (walked && run.failed != NULL)
    {
      g_propagate_prefixed_error (error, run.failed, "it is not known what would be lost: ");
      return FALSE;
    }
  g_clear_error (&run.failed);
  return walked;
}
