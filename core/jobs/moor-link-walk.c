/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-link-walk-private.h"

#include <string.h>
#include <sys/sysmacros.h>

#include "moor-counter.h"
#include "moor-error-control.h"
#include "moor-lock.h"
#include "moor-locked.h"
#include "moor-ruling.h"
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

static void
dir_data_free (gpointer data)
{
  MoorLinkDir *dir = data;

  moor_meta_clear (&dir->meta);
  g_clear_pointer (&dir->seen, g_hash_table_unref);
  g_free (dir);
}

/* Whose files @data's directory is of. */
const MoorChosen *
moor_link_chosen (const MoorLinkRun *run, const MoorLinkDir *data)
{
  return g_ptr_array_index (run->walk->chosen, data->chosen);
}

/* The path of an entry within the system, for people. */
char *
moor_link_path (const MoorLinkRun *run, MoorDir *dir, const char *name)
{
  g_autofree char *below = moor_dir_path_below (dir, name);

  return g_build_filename (moor_link_chosen (run, moor_dir_data (dir))->place.path, below, NULL);
}

static void
stop (MoorLinkRun *run, GError *error)
{
  moor_lock (&run->lock);
  if (run->failed == NULL)
    run->failed = error;
  else
    g_error_free (error);
  moor_unlock (&run->lock);
  g_cancellable_cancel (run->cancellable);
}

/* Whether the run ends with this error. */
static gboolean
is_fatal (const MoorLinkRun *run, const char *path, MoorCause cause, int errnum)
{
  switch (moor_error_control_find (run->walk->errors, path, cause, errnum))
    {
    case MOOR_ERROR_CONTROL_GO_ON:
      return FALSE;
    case MOOR_ERROR_CONTROL_STOP:
      return TRUE;
    case MOOR_ERROR_CONTROL_UNSAID:
    default:
      return cause == MOOR_CAUSE_NO_SPACE || run->walk->stop_on_error;
    }
}

/* Tells of what could not be done as usual; an error may be the end of the run. */
void
moor_link_report (MoorLinkRun *run,
                  MoorDir *dir,
                  const char *name,
                  MoorSeverity severity,
                  MoorCause cause,
                  int errnum,
                  const char *action)
{
  const MoorLinkDir *data = moor_dir_data (dir);
  g_autofree char *path = moor_link_path (run, dir, name);
  g_autofree char *text = NULL;

  if (run->walk->writer == NULL)
    return;
  moor_job_issue (run->walk->job, severity, cause, path,
                  moor_link_chosen (run, data)->profile->name, errnum, action);
  if ((severity != MOOR_SEVERITY_ERROR && cause != MOOR_CAUSE_NO_SPACE)
      || !is_fatal (run, path, cause, errnum))
    return;

  text = moor_text_path (path);
  stop (run, g_error_new (
                 G_IO_ERROR, cause == MOOR_CAUSE_NO_SPACE ? G_IO_ERROR_NO_SPACE : G_IO_ERROR_FAILED,
                 "“%s”: %s. %s", text, moor_cause_text (cause), moor_cause_remedy (cause)));
}

static void
push_batch (MoorLinkRun *run, MoorLinkWorker *worker)
{
  g_autoptr(MoorBatch) batch = g_steal_pointer (&worker->batch);

  if (batch == NULL || moor_batch_get_n_rows (batch) == 0)
    return;
  /* A writer that failed tells why when it is finished. */
  if (!moor_writer_push (run->walk->writer, g_steal_pointer (&batch)))
    g_cancellable_cancel (run->cancellable);
}

/* Gives the catalogue a row, sooner or later. */
void
moor_link_add_row (MoorLinkRun *run, guint worker, const MoorObject *object)
{
  MoorLinkWorker *own = &run->workers[worker];

  if (run->walk->writer == NULL)
    return;
  if (own->batch == NULL)
    own->batch = moor_batch_new ();
  moor_batch_add (own->batch, object);
  if (moor_batch_get_n_rows (own->batch) >= BATCH_ROWS)
    push_batch (run, own);
}

/* The number of the next object; 0 in a probe. */
guint64
moor_link_next_id (const MoorLinkRun *run)
{
  return run->walk->writer != NULL ? moor_writer_next_id (run->walk->writer) : 0;
}

/* What a row says of what was looked at. */
void
moor_link_fill_object (MoorObject *object, const struct statx *stx)
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
is_one_of (GArray *inodes, const struct statx *stx)
{
  guint64 dev = (guint64) makedev (stx->stx_dev_major, stx->stx_dev_minor);

  for (guint i = 0; i < inodes->len; i++)
    {
      const MoorLinkInode *inode = &g_array_index (inodes, MoorLinkInode, i);

      if (inode->dev == dev && inode->ino == stx->stx_ino)
        return TRUE;
    }
  return FALSE;
}

/* A store is no part of what it holds, nor of what another holds of a system; and a
 * home is walked by itself. */
static gboolean
is_elsewhere (const MoorLinkRun *run, MoorDir *dir, const MoorLinkDir *data)
{
  const struct statx *stx = moor_dir_statx (dir);

  return is_one_of (run->parts, stx)
         || (moor_link_chosen (run, data)->is_system && moor_dir_parent (dir) != NULL
             && (is_one_of (run->homes, stx)
                 || moor_scope_is_store (run->sys, moor_dir_fd (dir, NULL))));
}

/* The store's twin of a marked object carries no mark, so that it can be removed. */
void
moor_link_note_locked (MoorLinkRun *run,
                       MoorDir *dir,
                       const MoorLinkDir *data,
                       const char *name,
                       int flags)
{
  g_autofree char *path = NULL;

  if (run->walk->locked == NULL)
    return;
  path = moor_dir_path_below (dir, name);
  moor_lock (&run->lock);
  moor_locked_append (run->walk->locked, moor_link_chosen (run, data)->id, flags, path);
  moor_unlock (&run->lock);
}

static void
tell_profile (MoorLinkRun *run, const MoorLinkDir *data, MoorCaptureCounts *counts)
{
  if (!moor_counter_is_due (&counts->next_event_ms, PROFILE_EVENT_MS))
    return;
  moor_job_profile (run->walk->job, moor_link_chosen (run, data)->profile->name, "working",
                    moor_counter_get (&counts->n_files), moor_counter_get (&counts->n_bytes));
}

static void
add_up (MoorLinkRun *run, guint worker, const MoorLinkDir *data)
{
  MoorCaptureCounts *all = &run->walk->counts[data->chosen];
  MoorCaptureCounts *here = &run->workers[worker].here;
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
  *here = (MoorCaptureCounts){ 0 };
}

/* The directory is entered for its own sake, or for what is below it. */
static gboolean
enter (MoorLinkRun *run, guint worker, MoorDir *dir, const MoorDecision *decision)
{
  const gboolean entered = decision->selected ? moor_link_make_twin (run, worker, dir)
                                              : moor_link_put_off_twin (run, worker, dir);

  if (!entered || decision->descend)
    return entered;
  /* It is taken without what it holds. */
  moor_link_finish_twin (run, dir);
  return FALSE;
}

static gboolean
enter_cb (MoorDir *dir, guint worker, gpointer user_data)
{
  MoorLinkRun *run = user_data;
  MoorDir *parent = moor_dir_parent (dir);
  const MoorLinkDir *above = parent != NULL ? moor_dir_data (parent) : NULL;
  MoorLinkDir *data = g_new0 (MoorLinkDir, 1);
  MoorDecision decision = { .selected = TRUE, .descend = TRUE };

  data->chosen = ((const MoorLinkDir *) moor_dir_data (parent != NULL ? parent : dir))->chosen;
  data->copy_only = (above != NULL ? above->copy_only : moor_link_chosen (run, data)->copy_only)
                    || moor_dir_is_other_subvolume (dir);
  if (above != NULL)
    moor_ruling_decide (run->walk->rules, run->sys, parent, moor_dir_fd, above->state,
                        moor_dir_name (dir), TRUE, &decision);
  else
    decision.state = moor_ruling_start (run->walk->rules, moor_link_chosen (run, data)->place.path);
  data->state = decision.state;
  moor_dir_set_data (dir, data);

  if (is_elsewhere (run, dir, data))
    return FALSE;
  if (enter (run, worker, dir, &decision))
    return TRUE;
  add_up (run, worker, data);
  return FALSE;
}

/* Counts what no rule asks for.  Outside homes that is nearly everything. */
static void
count_unasked (MoorLinkRun *run,
               MoorDir *dir,
               const MoorLinkDir *data,
               const char *name,
               gboolean is_dir)
{
  MoorUnasked *unasked = run->walk->unasked;

  if (unasked != NULL && !moor_link_chosen (run, data)->is_system
      && moor_unasked_count (unasked, data->chosen, is_dir))
    moor_unasked_take_example (unasked, data->chosen, moor_link_path (run, dir, name));
}

static gboolean
entry_cb (MoorDir *dir,
          const char *name,
          guint8 type,
          guint64 ino,
          guint worker,
          gpointer user_data)
{
  MoorLinkRun *run = user_data;
  MoorLinkDir *data = moor_dir_data (dir);
  MoorDecision decision = { .selected = TRUE, .descend = TRUE };

  if (data->state != 0 || run->compiled)
    moor_ruling_decide (run->walk->rules, run->sys, dir, moor_dir_fd, data->state, name,
                        type == DT_DIR, &decision);
  if (!decision.selected && (type != DT_DIR || !decision.descend))
    {
      run->workers[worker].here.n_excluded++;
      if (run->compiled && decision.rule < 0)
        count_unasked (run, dir, data, name, type == DT_DIR);
      return FALSE;
    }
  if (data->seen != NULL)
    g_hash_table_add (data->seen, g_strdup (name));
  if (type == DT_DIR)
    return TRUE;

  if (moor_link_need_twin (run, worker, dir))
    moor_link_place (run, worker, dir, name);
  return FALSE;
}

static void
entries_done_cb (MoorDir *dir, guint worker, gpointer user_data)
{
  MoorLinkRun *run = user_data;
  MoorLinkDir *data = moor_dir_data (dir);

  if (data->seen != NULL)
    {
      moor_link_sweep_twin (run, worker, dir);
      g_clear_pointer (&data->seen, g_hash_table_unref);
    }
  add_up (run, worker, data);
}

static void
leave_cb (MoorDir *dir, guint worker, gpointer user_data)
{
  moor_link_finish_twin (user_data, dir);
}

/* Another volume of the system is walked by itself, if at all. */
static MoorSeverity
severity_of (const MoorLinkRun *run, MoorDir *dir, MoorCause cause)
{
  const gboolean is_system = moor_link_chosen (run, moor_dir_data (dir))->is_system;

  return cause == MOOR_CAUSE_VANISHED || (cause == MOOR_CAUSE_MOUNT_POINT && is_system)
             ? MOOR_SEVERITY_NOTE
             : MOOR_SEVERITY_ERROR;
}

static gboolean
is_walked (const MoorLinkRun *run, MoorDir *dir, const char *name)
{
  g_autofree char *path = moor_link_path (run, dir, name);

  for (guint i = 0; i < run->walk->chosen->len; i++)
    {
      const MoorChosen *chosen = g_ptr_array_index (run->walk->chosen, i);

      if (g_str_equal (chosen->place.path, path))
        return TRUE;
    }
  return FALSE;
}

static void
problem_cb (MoorDir *dir,
            const char *name,
            int errnum,
            const GError *error,
            guint worker,
            gpointer user_data)
{
  MoorLinkRun *run = user_data;
  MoorCause cause = moor_cause_from_errno (errnum);

  if (g_error_matches (error, MOOR_ERROR, MOOR_ERROR_OTHER_DOMAIN))
    cause = MOOR_CAUSE_MOUNT_POINT;
  else if (g_error_matches (error, MOOR_ERROR, MOOR_ERROR_VANISHED))
    cause = MOOR_CAUSE_VANISHED;
  else if (errnum == EACCES && geteuid () == 0)
    cause = MOOR_CAUSE_UNREADABLE_MOUNT;

  if (cause == MOOR_CAUSE_MOUNT_POINT && is_walked (run, dir, name))
    return;
  moor_link_report (run, dir, name, severity_of (run, dir, cause), cause, errnum,
                    "left out with all it holds");
}

static void
add_inode (GArray *inodes, int fd)
{
  struct stat st;

  if (fd >= 0 && fstat (fd, &st) == 0)
    {
      MoorLinkInode inode = { st.st_dev, st.st_ino };

      g_array_append_val (inodes, inode);
    }
}

static void
collect_inodes (MoorLinkRun *run)
{
  guint n_parts = run->walk->store != NULL ? moor_store_get_n_parts (run->walk->store) : 0;

  for (guint i = 0; i < n_parts; i++)
    add_inode (run->parts, moor_store_get_part (run->walk->store, i)->dfd);
  for (guint i = 0; i < run->walk->chosen->len; i++)
    add_inode (run->homes,
               ((const MoorChosen *) g_ptr_array_index (run->walk->chosen, i))->place.dfd);
  for (guint i = 0; run->walk->strangers != NULL && i < run->walk->strangers->len; i++)
    {
      const struct stat *st = &g_array_index (run->walk->strangers, struct stat, i);
      MoorLinkInode inode = { st->st_dev, st->st_ino };

      g_array_append_val (run->homes, inode);
    }
}

static gboolean
conclude (MoorLinkRun *run, gboolean walked, GError *walk_error, GError **error)
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
  g_autofree MoorLinkDir *seeds = g_new0 (MoorLinkDir, walk->chosen->len);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GArray) parts = g_array_new (FALSE, FALSE, sizeof (MoorLinkInode));
  g_autoptr(GArray) homes = g_array_new (FALSE, FALSE, sizeof (MoorLinkInode));
  g_autoptr(GHashTable) twins = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree MoorLinkWorker *workers = g_new0 (MoorLinkWorker, walk->n_workers);
  GCancellable *outer = moor_job_get_cancellable (walk->job);
  MoorWalkOptions options = { .n_workers = walk->n_workers, .data_free = dir_data_free };
  MoorLinkRun run = { .walk = walk, .sys = moor_job_get_sys (walk->job) };
  GError *walk_error = NULL;
  gulong handler;
  gboolean walked;
  gboolean concluded;

  run.cancellable = cancellable;
  run.compiled = moor_rules_are_compiled (walk->rules);
  run.workers = workers;
  run.parts = parts;
  run.homes = homes;
  run.roots = twins;
  g_mutex_init (&run.lock);
  g_mutex_init (&run.twin_lock);
  options.sys = run.sys;
  collect_inodes (&run);
  moor_link_collect_roots (&run);
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
  g_mutex_clear (&run.twin_lock);
  return concluded;
}
