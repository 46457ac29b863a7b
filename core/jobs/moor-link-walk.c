/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-capture-private.h"

#include <linux/fs.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "moor-counter.h"
#include "moor-lock.h"
#include "moor-locked.h"
#include "moor-meta.h"
#include "moor-text.h"

/*
 * Workers walk the homes; the mirror of each directory is its twin in the
 * store.  An entry is linked first and looked at afterwards, under the name in
 * the store, which nobody else can touch: what the catalogue gets is what was
 * captured.  Directories get their attributes when everything below is done.
 *
 * Each worker fills a batch of rows of its own and gives it to the catalogue's
 * writer thread when it is full; counters are added up once for each directory.
 */

#define BATCH_ROWS 256
#define PROFILE_EVENT_MS 200

/* What one worker has not given away yet. */
typedef struct
{
  MoorBatch *batch;
  MoorCaptureCounts here; /* of the directory it is in */
  guint n_superseded;
} Worker;

typedef struct
{
  const MoorLinkWalk *walk;
  const MoorSys *sys;
  GCancellable *cancellable; /* (owned): the job's, and our own reasons to stop */
  Worker *workers;
  GArray *parts;   /* (element-type PartInode): directories that are parts of stores */
  gsize n_objects; /* (atomic) */

  GMutex lock;    /* guards what follows */
  GError *failed; /* why we stopped ourselves */
  gboolean enough;
} Run;

typedef struct
{
  guint64 dev;
  guint64 ino;
} PartInode;

/* What the walk keeps for each directory. */
typedef struct
{
  guint64 id;
  guint chosen;
  MoorRuleState state;
  gboolean copy_only;
  MoorMeta meta;
  GHashTable *seen; /* (element-type filename) (owned) (nullable): names, when the mirror was there
                       before */
} DirData;

static void
dir_data_free (gpointer data)
{
  DirData *dir = data;

  moor_meta_clear (&dir->meta);
  g_clear_pointer (&dir->seen, g_hash_table_unref);
  g_free (dir);
}

static const MoorChosen *
chosen_of (const Run *run, const DirData *data)
{
  return g_ptr_array_index (run->walk->chosen, data->chosen);
}

/* The path of an entry within the system, for people. */
static char *
path_of (const Run *run, MoorDir *dir, const char *name)
{
  const DirData *data = moor_dir_data (dir);
  g_autofree char *below = moor_dir_path_below (dir, name);

  return g_build_filename (chosen_of (run, data)->place.path, below, NULL);
}

static void
stop (Run *run, GError *error)
{
  moor_lock (&run->lock);
  if (run->failed == NULL)
    run->failed = error;
  else
    g_error_free (error);
  moor_unlock (&run->lock);
  g_cancellable_cancel (run->cancellable);
}

static void
report (Run *run,
        MoorDir *dir,
        const char *name,
        MoorSeverity severity,
        MoorCause cause,
        int errnum,
        const char *action)
{
  const DirData *data = moor_dir_data (dir);
  g_autofree char *path = path_of (run, dir, name);
  g_autofree char *text = NULL;

  if (run->walk->writer == NULL)
    return;
  moor_job_issue (run->walk->job, severity, cause, path, chosen_of (run, data)->profile->name,
                  errnum, action);
  if (severity != MOOR_SEVERITY_ERROR && cause != MOOR_CAUSE_NO_SPACE)
    return;

  text = moor_text_path (path);
  if (cause == MOOR_CAUSE_NO_SPACE)
    stop (run, g_error_new (G_IO_ERROR, G_IO_ERROR_NO_SPACE, "“%s”: %s. %s", text,
                            moor_cause_text (cause), moor_cause_remedy (cause)));
  else if (run->walk->stop_on_error)
    stop (run, g_error_new (G_IO_ERROR, G_IO_ERROR_FAILED, "“%s”: %s. %s", text,
                            moor_cause_text (cause), moor_cause_remedy (cause)));
}

static void
push_batch (Run *run, Worker *worker)
{
  g_autoptr(MoorBatch) batch = g_steal_pointer (&worker->batch);

  if (batch == NULL || moor_batch_get_n_rows (batch) == 0)
    return;
  /* A writer that failed tells why when it is finished. */
  if (!moor_writer_push (run->walk->writer, g_steal_pointer (&batch)))
    g_cancellable_cancel (run->cancellable);
}

static void
add_row (Run *run, Worker *worker, const MoorObject *object)
{
  if (run->walk->writer == NULL)
    return;
  if (worker->batch == NULL)
    worker->batch = moor_batch_new ();
  moor_batch_add (worker->batch, object);
  if (moor_batch_get_n_rows (worker->batch) >= BATCH_ROWS)
    push_batch (run, worker);
}

static guint64
next_id (const Run *run)
{
  return run->walk->writer != NULL ? moor_writer_next_id (run->walk->writer) : 0;
}

static void
fill_object (MoorObject *object, const struct statx *stx)
{
  object->kind = moor_kind_from_mode (stx->stx_mode);
  object->size = stx->stx_size;
  object->mtime_ns = stx->stx_mtime.tv_sec * G_GINT64_CONSTANT (1000000000)
                     + stx->stx_mtime.tv_nsec;
  object->mode = stx->stx_mode;
  object->uid = stx->stx_uid;
  object->gid = stx->stx_gid;
  object->dev = (guint64) makedev (stx->stx_dev_major, stx->stx_dev_minor);
  object->ino = stx->stx_ino;
  object->nlink = stx->stx_nlink;
}

static gboolean
is_part (const Run *run, const struct statx *stx)
{
  guint64 dev = (guint64) makedev (stx->stx_dev_major, stx->stx_dev_minor);

  for (guint i = 0; i < run->parts->len; i++)
    {
      const PartInode *part = &g_array_index (run->parts, PartInode, i);

      if (part->dev == dev && part->ino == stx->stx_ino)
        return TRUE;
    }
  return FALSE;
}

/* Moves what the store holds under @name out of the way.  It may be the last
 * name of what somebody had before they saved the file anew, so it is kept. */
static gboolean
supersede (Run *run,
           Worker *worker,
           guint worker_index,
           MoorDir *dir,
           const char *name,
           GError **error)
{
  const DirData *data = moor_dir_data (dir);
  const MoorPart *part = chosen_of (run, data)->part;
  g_autofree char *kept = NULL;
  g_autofree char *path = path_of (run, dir, name);
  g_autofree char *text = moor_text_path (path);
  g_auto(MoorFd) keep_dfd = -1;
  int mirror_fd = moor_dir_mirror_fd (dir, error);

  if (mirror_fd < 0)
    return FALSE;
  keep_dfd = moor_make_dirs_beneath (run->sys, part->dfd, "replaced/saved-anew", 0700, error);
  if (keep_dfd < 0)
    return FALSE;

  kept = g_strdup_printf ("%.8s-%u-%u", moor_job_get_id (run->walk->job), worker_index,
                          worker->n_superseded++);
  if (run->sys->renameat2 (mirror_fd, name, keep_dfd, kept, RENAME_NOREPLACE) < 0)
    return moor_throw_errno (error, errno, "keeping the earlier version of “%s”", text);

  worker->here.n_superseded++;
  moor_job_log (run->walk->job, MOOR_LOG_INFO,
                "The earlier version of “%s” is kept as replaced/saved-anew/%s", text, kept);
  return TRUE;
}

/* The store's twin of a marked object carries no mark, so that it can be removed. */
static void
note_locked (Run *run, MoorDir *dir, const DirData *data, const char *name, int flags)
{
  g_autofree char *path = NULL;

  if (run->walk->locked == NULL)
    return;
  path = moor_dir_path_below (dir, name);
  moor_lock (&run->lock);
  moor_locked_append (run->walk->locked, chosen_of (run, data)->id, flags, path);
  moor_unlock (&run->lock);
}

static gboolean
read_directory (Run *run, MoorDir *dir, DirData *data, const char *name)
{
  g_autoptr(GError) error = NULL;
  int fd = moor_dir_fd (dir, &error);

  if (fd >= 0 && moor_meta_read (run->sys, fd, &data->meta, &error))
    {
      if (data->meta.flags & MOOR_META_LOCKING_FLAGS)
        note_locked (run, dir, data, "", data->meta.flags & MOOR_META_LOCKING_FLAGS);
      return TRUE;
    }

  moor_job_log (run->walk->job, MOOR_LOG_ERROR, "%s: %s", name, error->message);
  return FALSE;
}

static void
add_directory_row (Run *run, Worker *worker, MoorDir *dir, const DirData *data, const char *name)
{
  MoorDir *parent = moor_dir_parent (dir);
  const DirData *above = parent != NULL ? moor_dir_data (parent) : NULL;
  MoorObject object = { .method = MOOR_METHOD_MADE };

  fill_object (&object, &data->meta.stx);
  object.id = data->id;
  object.parent = above != NULL ? above->id : 0;
  object.name = name;
  object.profile = chosen_of (run, data)->id;
  object.flags = (guint32) data->meta.flags;
  object.xattrs = data->meta.xattrs;
  add_row (run, worker, &object);
}

/* Makes the directory @dir's twin; a file that was there before is moved aside. */
static gboolean
make_mirror (Run *run,
             Worker *worker,
             guint worker_index,
             MoorDir *dir,
             gboolean *out_existed,
             GError **error)
{
  const char *name = moor_dir_name (dir);
  g_autoptr(GError) first = NULL;

  if (moor_dir_make_mirror (dir, name, 0700, out_existed, &first))
    return TRUE;
  if (!run->walk->resumed || !g_error_matches (first, G_IO_ERROR, G_IO_ERROR_NOT_DIRECTORY))
    {
      g_propagate_error (error, g_steal_pointer (&first));
      return FALSE;
    }
  return supersede (run, worker, worker_index, moor_dir_parent (dir), name, error)
         && moor_dir_make_mirror (dir, name, 0700, out_existed, error);
}

/* Makes the twin of @dir in the store.  If there already is one, a list of what
 * is in it is needed later. */
static gboolean
make_twin (Run *run, Worker *worker, guint worker_index, MoorDir *dir, DirData *data)
{
  g_autoptr(GError) error = NULL;
  gboolean existed = run->walk->resumed;
  MoorDir *parent = moor_dir_parent (dir);
  int mirror_fd;

  if (parent != NULL && !make_mirror (run, worker, worker_index, dir, &existed, &error))
    {
      gboolean full = g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);

      moor_job_log (run->walk->job, MOOR_LOG_ERROR, "%s", error->message);
      report (run, parent, moor_dir_name (dir), MOOR_SEVERITY_ERROR,
              full ? MOOR_CAUSE_NO_SPACE : MOOR_CAUSE_OTHER, 0, "left out with all it holds");
      return FALSE;
    }
  if (!existed)
    return TRUE;

  /* An earlier run may have taken our own permission already. */
  mirror_fd = moor_dir_mirror_fd (dir, NULL);
  if (mirror_fd >= 0)
    (void) run->sys->fchmod (mirror_fd, 0700);
  data->seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return TRUE;
}

static gboolean
enter_cb (MoorDir *dir, guint worker_index, gpointer user_data)
{
  Run *run = user_data;
  Worker *worker = &run->workers[worker_index];
  MoorDir *parent = moor_dir_parent (dir);
  const DirData *above = parent != NULL ? moor_dir_data (parent) : NULL;
  const char *name = moor_dir_name (dir);
  DirData *data = g_new0 (DirData, 1);

  data->chosen = ((const DirData *) moor_dir_data (parent != NULL ? parent : dir))->chosen;
  data->copy_only = (above != NULL ? above->copy_only : chosen_of (run, data)->copy_only)
                    || moor_dir_is_other_subvolume (dir);
  data->state = moor_rules_home_state (run->walk->rules);
  if (above != NULL)
    {
      MoorDecision decision;

      moor_rules_decide (run->walk->rules, above->state, name, TRUE, &decision);
      data->state = decision.state;
    }
  moor_dir_set_data (dir, data);

  if (is_part (run, moor_dir_statx (dir)))
    return FALSE;
  if (!read_directory (run, dir, data, name))
    {
      report (run, parent != NULL ? parent : dir, parent != NULL ? name : NULL, MOOR_SEVERITY_ERROR,
              MOOR_CAUSE_READ_ERROR, 0, "left out with all it holds");
      return FALSE;
    }
  if (!make_twin (run, worker, worker_index, dir, data))
    return FALSE;

  data->id = next_id (run);
  if (parent == NULL)
    run->walk->counts[data->chosen].root_object = data->id;
  add_directory_row (run, worker, dir, data, name);
  worker->here.n_directories = 1;
  return TRUE;
}

/* Why an entry that could not be linked is nobody's loss, or is. */
static MoorSeverity
severity_of (MoorCause cause)
{
  return cause == MOOR_CAUSE_VANISHED ? MOOR_SEVERITY_NOTE : MOOR_SEVERITY_ERROR;
}

static MoorPlaced
place (Run *run,
       const DirData *data,
       int src_fd,
       int dst_fd,
       const char *name,
       MoorPlacing *placing)
{
  MoorMethod best = data->copy_only && run->walk->best_method == MOOR_METHOD_LINK
                        ? MOOR_METHOD_REFLINK
                        : run->walk->best_method;
  MoorPlaced placed = MOOR_PLACED_FAILED;

  if (best == MOOR_METHOD_LINK)
    {
      placed = moor_link_entry (run->sys, src_fd, name, dst_fd, name, placing);
      if (placed != MOOR_PLACED_FAILED || run->walk->writer == NULL)
        return placed;
    }
  placed = moor_place_entry (run->sys, src_fd, name, dst_fd, name, best, run->cancellable, placing);
  if (data->copy_only && placing->cause == MOOR_CAUSE_NONE)
    placing->cause = MOOR_CAUSE_OTHER_VOLUME;
  return placed;
}

static void
note_placed (Run *run,
             Worker *worker,
             MoorDir *dir,
             const DirData *data,
             const char *name,
             MoorPlaced placed,
             const MoorPlacing *placing)
{
  MoorObject object = { .method = MOOR_METHOD_LINK };
  gboolean copied = placed == MOOR_PLACED_COPIED || placed == MOOR_PLACED_REFLINKED;

  fill_object (&object, &placing->stx);
  object.id = next_id (run);
  object.parent = data->id;
  object.name = name;
  object.profile = chosen_of (run, data)->id;
  worker->here.n_files++;
  worker->here.n_bytes += placing->stx.stx_size;
  worker->here.n_linked += placed == MOOR_PLACED_LINKED;
  worker->here.n_already += placed == MOOR_PLACED_ALREADY;
  if (copied)
    {
      object.method = placed == MOOR_PLACED_COPIED ? MOOR_METHOD_COPY : MOOR_METHOD_REFLINK;
      object.cause = placing->cause;
      object.hash = placing->has_hash ? placing->hash : NULL;
      worker->here.n_copied += placed == MOOR_PLACED_COPIED;
      worker->here.n_reflinked += placed == MOOR_PLACED_REFLINKED;
      worker->here.n_copied_bytes += placing->stx.stx_size;
      if (run->walk->best_method == MOOR_METHOD_LINK)
        report (run, dir, name, MOOR_SEVERITY_WARNING, placing->cause, placing->errnum,
                placed == MOOR_PLACED_COPIED ? "copied" : "copied, sharing its data");
    }
  if (placing->cause == MOOR_CAUSE_IMMUTABLE || placing->cause == MOOR_CAUSE_APPEND_ONLY)
    note_locked (run, dir, data, name,
                 placing->cause == MOOR_CAUSE_IMMUTABLE ? FS_IMMUTABLE_FL : FS_APPEND_FL);
  if (copied && placing->lost_metadata)
    report (run, dir, name, MOOR_SEVERITY_WARNING, MOOR_CAUSE_METADATA, 0, "copied without it");
  add_row (run, worker, &object);
}

/* Why an object has to be copied, as far as that is seen on it. */
static MoorCause
why_copied (Run *run, const DirData *data, int src_fd, const char *name)
{
  struct statx stx;

  if (data->copy_only)
    return MOOR_CAUSE_OTHER_VOLUME;
  if (run->sys->statx (src_fd, name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &stx) < 0)
    return MOOR_CAUSE_NONE;
  if ((stx.stx_attributes & STATX_ATTR_IMMUTABLE) != 0)
    return MOOR_CAUSE_IMMUTABLE;
  if ((stx.stx_attributes & STATX_ATTR_APPEND) != 0)
    return MOOR_CAUSE_APPEND_ONLY;
  return stx.stx_nlink >= chosen_of (run, data)->place.volume->max_links ? MOOR_CAUSE_TOO_MANY_LINKS
                                                                         : MOOR_CAUSE_NONE;
}

/* Whether what has the name in the store is the copy that an earlier run made. */
static gboolean
is_earlier_copy (Run *run,
                 const DirData *data,
                 int src_fd,
                 int dst_fd,
                 const char *name,
                 MoorPlacing *placing)
{
  MoorCause cause = why_copied (run, data, src_fd, name);
  MoorPlacing found;

  if ((cause == MOOR_CAUSE_NONE && run->walk->best_method == MOOR_METHOD_LINK)
      || !moor_is_copy (run->sys, src_fd, dst_fd, name, run->cancellable, &found))
    return FALSE;
  *placing = found;
  placing->cause = cause;
  return TRUE;
}

static void
link_one (Run *run,
          Worker *worker,
          guint worker_index,
          MoorDir *dir,
          const DirData *data,
          const char *name)
{
  g_autoptr(GError) error = NULL;
  MoorPlacing placing = { 0 };
  MoorPlaced placed;
  int src_fd = moor_dir_fd (dir, &error);
  int dst_fd = src_fd >= 0 ? moor_dir_mirror_fd (dir, &error) : -1;

  if (dst_fd < 0)
    {
      moor_job_log (run->walk->job, MOOR_LOG_ERROR, "%s", error->message);
      report (run, dir, name, MOOR_SEVERITY_ERROR, MOOR_CAUSE_OTHER, 0, "left out");
      return;
    }

  placed = place (run, data, src_fd, dst_fd, name, &placing);
  if (placed == MOOR_PLACED_TAKEN && run->walk->writer != NULL
      && is_earlier_copy (run, data, src_fd, dst_fd, name, &placing))
    placed = MOOR_PLACED_COPIED;
  if (placed == MOOR_PLACED_TAKEN && run->walk->writer != NULL)
    {
      if (!supersede (run, worker, worker_index, dir, name, &error))
        {
          moor_job_log (run->walk->job, MOOR_LOG_ERROR, "%s", error->message);
          report (run, dir, name, MOOR_SEVERITY_ERROR, MOOR_CAUSE_OTHER, 0, "left out");
          return;
        }
      placed = place (run, data, src_fd, dst_fd, name, &placing);
    }

  if (placed == MOOR_PLACED_FAILED || placed == MOOR_PLACED_TAKEN)
    {
      if (!g_cancellable_is_cancelled (run->cancellable))
        report (run, dir, name, severity_of (placing.cause), placing.cause, placing.errnum,
                "left out");
      return;
    }
  note_placed (run, worker, dir, data, name, placed, &placing);
}

static gboolean
entry_cb (MoorDir *dir,
          const char *name,
          guint8 type,
          guint64 ino,
          guint worker_index,
          gpointer user_data)
{
  Run *run = user_data;
  Worker *worker = &run->workers[worker_index];
  DirData *data = moor_dir_data (dir);
  MoorDecision decision = { .selected = TRUE };

  if (data->state != 0)
    moor_rules_decide (run->walk->rules, data->state, name, type == DT_DIR, &decision);
  if (!decision.selected)
    {
      worker->here.n_excluded++;
      return FALSE;
    }
  if (data->seen != NULL)
    g_hash_table_add (data->seen, g_strdup (name));
  if (type == DT_DIR)
    return TRUE;

  link_one (run, worker, worker_index, dir, data, name);
  return FALSE;
}

typedef struct
{
  const DirData *data;
  GPtrArray *extra; /* (element-type filename) (owned) */
} Sweep;

static gboolean
collect_unseen_cb (const char *name, guint8 type, guint64 ino, gpointer user_data)
{
  Sweep *sweep = user_data;

  if (!g_hash_table_contains (sweep->data->seen, name))
    g_ptr_array_add (sweep->extra, g_strdup (name));
  return TRUE;
}

/* What an earlier run linked and nobody has any more goes out of the tree. */
static void
sweep_twin (Run *run, Worker *worker, guint worker_index, MoorDir *dir, const DirData *data)
{
  g_autoptr(GPtrArray) extra = g_ptr_array_new_with_free_func (g_free);
  Sweep sweep = { data, extra };
  g_autoptr(GError) error = NULL;
  int mirror_fd = moor_dir_mirror_fd (dir, &error);

  if (mirror_fd < 0 || !moor_list_dir (run->sys, mirror_fd, collect_unseen_cb, &sweep, &error))
    {
      moor_job_log (run->walk->job, MOOR_LOG_WARNING, "%s", error->message);
      return;
    }
  for (guint i = 0; i < extra->len; i++)
    {
      if (!supersede (run, worker, worker_index, dir, g_ptr_array_index (extra, i), &error))
        {
          moor_job_log (run->walk->job, MOOR_LOG_ERROR, "%s", error->message);
          report (run, dir, g_ptr_array_index (extra, i), MOOR_SEVERITY_WARNING, MOOR_CAUSE_OTHER,
                  0, "stays in the store");
          g_clear_error (&error);
        }
    }
}

static void
tell_profile (Run *run, const DirData *data, MoorCaptureCounts *counts)
{
  if (!moor_counter_is_due (&counts->next_event_ms, PROFILE_EVENT_MS))
    return;
  moor_job_profile (run->walk->job, chosen_of (run, data)->profile->name, "working",
                    moor_counter_get (&counts->n_files), moor_counter_get (&counts->n_bytes));
}

static void
add_up (Run *run, Worker *worker, const DirData *data)
{
  MoorCaptureCounts *all = &run->walk->counts[data->chosen];
  const MoorCaptureCounts *here = &worker->here;
  gsize n_objects = here->n_files + here->n_directories;

  moor_counter_add (&all->n_files, here->n_files);
  moor_counter_add (&all->n_directories, here->n_directories);
  moor_counter_add (&all->n_bytes, here->n_bytes);
  moor_counter_add (&all->n_linked, here->n_linked);
  moor_counter_add (&all->n_already, here->n_already);
  moor_counter_add (&all->n_reflinked, here->n_reflinked);
  moor_counter_add (&all->n_copied, here->n_copied);
  moor_counter_add (&all->n_copied_bytes, here->n_copied_bytes);
  moor_counter_add (&all->n_excluded, here->n_excluded);
  moor_counter_add (&all->n_superseded, here->n_superseded);
  moor_counter_add (&run->n_objects, n_objects);

  if (run->walk->writer != NULL)
    {
      moor_job_add (run->walk->job, n_objects, here->n_bytes);
      tell_profile (run, data, all);
    }
  else if (run->walk->stop_after > 0 && moor_counter_get (&run->n_objects) >= run->walk->stop_after)
    {
      moor_lock (&run->lock);
      run->enough = TRUE;
      moor_unlock (&run->lock);
      g_cancellable_cancel (run->cancellable);
    }
  worker->here = (MoorCaptureCounts){ 0 };
}

static void
entries_done_cb (MoorDir *dir, guint worker_index, gpointer user_data)
{
  Run *run = user_data;
  Worker *worker = &run->workers[worker_index];
  DirData *data = moor_dir_data (dir);

  if (data->seen != NULL)
    {
      sweep_twin (run, worker, worker_index, dir, data);
      g_clear_pointer (&data->seen, g_hash_table_unref);
    }
  add_up (run, worker, data);
}

static void
leave_cb (MoorDir *dir, guint worker_index, gpointer user_data)
{
  Run *run = user_data;
  DirData *data = moor_dir_data (dir);
  g_autoptr(GError) error = NULL;
  int mirror_fd;

  if (run->walk->writer == NULL)
    return;

  /* The store has to stay removable; the catalogue has the marks. */
  data->meta.flags &= ~MOOR_META_LOCKING_FLAGS;
  mirror_fd = moor_dir_mirror_fd (dir, &error);
  if (mirror_fd >= 0 && moor_meta_apply (run->sys, mirror_fd, &data->meta, &error))
    return;

  moor_job_log (run->walk->job, MOOR_LOG_WARNING, "%s", error->message);
  report (run, dir, NULL, MOOR_SEVERITY_WARNING, MOOR_CAUSE_METADATA, 0, "kept without it");
}

static void
problem_cb (MoorDir *dir,
            const char *name,
            int errnum,
            const GError *error,
            guint worker,
            gpointer user_data)
{
  Run *run = user_data;
  MoorCause cause = moor_cause_from_errno (errnum);

  if (g_error_matches (error, MOOR_ERROR, MOOR_ERROR_OTHER_DOMAIN))
    cause = MOOR_CAUSE_MOUNT_POINT;
  else if (g_error_matches (error, MOOR_ERROR, MOOR_ERROR_VANISHED))
    cause = MOOR_CAUSE_VANISHED;
  else if (errnum == EACCES && geteuid () == 0)
    cause = MOOR_CAUSE_UNREADABLE_MOUNT;

  report (run, dir, name, severity_of (cause), cause, errnum, "left out with all it holds");
}

static void
collect_parts (Run *run)
{
  guint n_parts = run->walk->store != NULL ? moor_store_get_n_parts (run->walk->store) : 0;

  for (guint i = 0; i < n_parts; i++)
    {
      const MoorPart *part = moor_store_get_part (run->walk->store, i);
      struct stat st;

      if (part->dfd >= 0 && fstat (part->dfd, &st) == 0)
        {
          PartInode inode = { st.st_dev, st.st_ino };

          g_array_append_val (run->parts, inode);
        }
    }
}

static gboolean
conclude (Run *run, gboolean walked, GError *walk_error, GError **error)
{
  if (run->failed != NULL)
    {
      g_clear_error (&walk_error);
      g_propagate_error (error, g_steal_pointer (&run->failed));
      return FALSE;
    }
  if (run->enough)
    {
      g_clear_error (&walk_error);
      return TRUE;
    }
  if (!walked)
    {
      g_propagate_error (error, walk_error);
      return FALSE;
    }
  return TRUE;
}

static void
cancel_cb (GCancellable *outer, gpointer user_data)
{
  g_cancellable_cancel (user_data);
}

/**
 * moor_link_walk_run:
 * @walk: what to do; its counters are added to
 *
 * Links everything the rules select into the mirrors.  May be repeated: names
 * that are the right links already are counted and left alone, and with
 * @walk's `resumed` what is too much is moved to the part's `replaced/saved-anew`.
 *
 * Blocks.  Any thread.
 *
 * Returns: %FALSE with %G_IO_ERROR_CANCELLED, %G_IO_ERROR_NO_SPACE, or the first
 *   failure with `stop_on_error`; what was linked so far stays
 */
gboolean
moor_link_walk_run (const MoorLinkWalk *walk, GError **error)
{
  static const MoorWalkVisitor visitor = { enter_cb, entry_cb, entries_done_cb, leave_cb,
                                           problem_cb };
  g_autofree MoorWalkRoot *roots = g_new0 (MoorWalkRoot, walk->chosen->len);
  g_autofree DirData *seeds = g_new0 (DirData, walk->chosen->len);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GArray) parts = g_array_new (FALSE, FALSE, sizeof (PartInode));
  g_autofree Worker *workers = g_new0 (Worker, walk->n_workers);
  GCancellable *outer = moor_job_get_cancellable (walk->job);
  MoorWalkOptions options = { .n_workers = walk->n_workers, .data_free = dir_data_free };
  Run run = { .walk = walk, .sys = moor_job_get_sys (walk->job), .cancellable = cancellable };
  GError *walk_error = NULL;
  gulong handler;
  gboolean walked;
  gboolean concluded;

  run.workers = workers;
  run.parts = parts;
  g_mutex_init (&run.lock);
  options.sys = run.sys;
  collect_parts (&run);
  for (guint i = 0; i < walk->chosen->len; i++)
    {
      const MoorChosen *chosen = g_ptr_array_index (walk->chosen, i);
      const char *slash = strrchr (chosen->place.path, '/');

      roots[i].dfd = chosen->place.dfd;
      roots[i].mirror_dfd = walk->mirror_dfds[i];
      roots[i].name = slash != NULL ? slash + 1 : chosen->place.path;
      /* What a root that cannot even be opened is told with. */
      seeds[i].chosen = i;
      roots[i].data = &seeds[i];
    }

  handler = g_cancellable_connect (outer, G_CALLBACK (cancel_cb), cancellable, NULL);
  walked = moor_walk_run (roots, walk->chosen->len, &visitor, &run, &options, cancellable,
                          &walk_error);
  g_cancellable_disconnect (outer, handler);

  for (guint i = 0; i < walk->n_workers; i++)
    {
      if (walk->writer != NULL && walked)
        push_batch (&run, &workers[i]);
      g_clear_pointer (&workers[i].batch, moor_batch_free);
    }
  concluded = conclude (&run, walked, walk_error, error);
  g_mutex_clear (&run.lock);
  return concluded;
}
