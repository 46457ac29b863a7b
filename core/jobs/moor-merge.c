/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-restore-private.h"

#include <string.h>

#include "moor-counter.h"
#include "moor-link.h"
#include "moor-lock.h"
#include "moor-text.h"
#include "moor-walk.h"
#include "moor-wanted-private.h"

/*
 * A home is put together in up to two walks: first what is there is linked into
 * the new tree, then what comes from the store.  Both are links, so nothing is
 * lost whatever a collision ends in: the home that was there stays whole beside
 * the new one, and the store stays whole too.
 *
 * Merged in place there is only the second walk, into the living home.
 */

#define MAX_TRIES 10000

typedef struct
{
  const MoorMerge *merge;
  MoorJob *job;
  const MoorSys *sys;
  gboolean from_store;
  gboolean changes_ids;
  MoorConflict conflict;
  gsize n_left;      /* (atomic): what of the home that is there could not be taken over */
  GPtrArray *wanted; /* (element-type filename) (owned) (nullable): paths below the home */

  GMutex lock;        /* guards renamed */
  GPtrArray *renamed; /* (element-type filename) (owned): pairs: path below the home, new name */
} Run;

typedef struct
{
  MoorWanted wanted;
  gboolean existed;
  guint64 n_placed;
  MoorMeta meta;
} DirData;

static void
dir_data_free (gpointer user_data)
{
  DirData *data = user_data;

  moor_meta_clear (&data->meta);
  g_free (data);
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
  const MoorRestoring *person = run->merge->person;
  g_autofree char *below = moor_dir_path_below (dir, name);
  g_autofree char *path = g_build_filename (person->target_home, below, NULL);

  moor_job_issue (run->job, severity, cause, path, person->target_name, errnum, action);
  if (!run->from_store && severity == MOOR_SEVERITY_ERROR)
    moor_counter_add (&run->n_left, 1);
}

/* Where the object is, and where it will be, within the restored system. */
static char *
target_path (const Run *run, MoorDir *dir, const char *name)
{
  const char *home = run->merge->person->target_home;
  g_autofree char *below = moor_dir_path_below (dir, name);

  return g_strconcat (strlen (home) > 1 ? home : "", "/", below, NULL);
}

static MoorFate *
find_fate (const Run *run, MoorDir *dir, const char *name)
{
  g_autofree char *below = NULL;

  if (!run->from_store || run->merge->person->fates == NULL)
    return NULL;
  below = moor_dir_path_below (dir, name);
  return moor_fates_find (run->merge->person, below);
}

/* Under which name it came back; "." if it did not, because of a rule. */
static void
note_name (Run *run, MoorDir *dir, const char *name, const char *new_name)
{
  MoorFate *fate = find_fate (run, dir, name);

  if (fate != NULL)
    {
      g_free (fate->name);
      fate->name = g_strdup (new_name);
      return;
    }
  moor_lock (&run->lock);
  g_ptr_array_add (run->renamed, moor_dir_path_below (dir, name));
  g_ptr_array_add (run->renamed, g_strdup (new_name));
  moor_unlock (&run->lock);
}

static void
note_renamed (Run *run, MoorDir *dir, const char *name, const char *new_name)
{
  note_name (run, dir, name, new_name);
  moor_counter_add (&run->merge->person->n_collisions, 1);
  report (run, dir, name, MOOR_SEVERITY_NOTE, MOOR_CAUSE_COLLISION, 0, new_name);
}

static void
note_settled (Run *run, MoorDir *dir, const char *name, MoorSettled settled, const char *new_name)
{
  MoorRestoring *person = run->merge->person;
  const gboolean by_rule = settled == MOOR_SETTLED_LEFT_BY_RULE;

  switch (settled)
    {
    case MOOR_SETTLED_BESIDE:
      note_renamed (run, dir, name, new_name);
      break;
    case MOOR_SETTLED_REPLACED:
      moor_counter_add (&person->n_replaced, 1);
      break;
    case MOOR_SETTLED_LEFT:
    case MOOR_SETTLED_LEFT_BY_RULE:
      if (by_rule)
        note_name (run, dir, name, ".");
      moor_counter_add (&person->n_left, 1);
      moor_counter_add (&person->n_collisions, 1);
      report (run, dir, name, by_rule ? MOOR_SEVERITY_NOTE : MOOR_SEVERITY_WARNING,
              MOOR_CAUSE_COLLISION, 0, "the one from before stays in the store");
      break;
    case MOOR_SETTLED_SAME:
    default:
      break;
    }
}

/* The name is taken by a different object.  What is still taken then has its name for good. */
static MoorPlaced
settle (Run *run, MoorDir *dir, MoorCollision *collision, char **out_name, MoorPlacing *placing)
{
  g_autofree char *target = target_path (run, dir, collision->src_name);
  MoorSettled settled;
  MoorPlaced placed;

  collision->target = target;
  placed = moor_collision_settle (collision, &settled, out_name, placing);
  if (placed != MOOR_PLACED_FAILED)
    note_settled (run, dir, collision->src_name, settled, *out_name);
  collision->target = NULL;
  return placed;
}

static void
change_owner (Run *run, MoorDir *dir, int dst_fd, const char *name)
{
  g_autoptr(GError) error = NULL;
  gboolean changed = FALSE;

  if (!moor_meta_reown (run->sys, dst_fd, name, &run->merge->person->ids, &changed, &error))
    {
      moor_job_log (run->job, MOOR_LOG_ERROR, "%s", error->message);
      report (run, dir, name, MOOR_SEVERITY_ERROR, MOOR_CAUSE_METADATA, 0, "kept its old owner");
    }
  if (changed)
    moor_counter_add (&run->merge->person->n_reowned, 1);
}

static void
note_placed (Run *run,
             MoorDir *dir,
             const char *name,
             MoorPlaced placed,
             const MoorPlacing *placing)
{
  MoorRestoring *person = run->merge->person;

  if (placed == MOOR_PLACED_COPIED || placed == MOOR_PLACED_REFLINKED)
    {
      moor_counter_add (&person->n_copied, 1);
      /* What rules want to be a copy is one. */
      if (placing->cause == MOOR_CAUSE_NONE)
        return;
      report (run, dir, name, MOOR_SEVERITY_WARNING, placing->cause, placing->errnum, "copied");
    }
  else if (placed == MOOR_PLACED_LINKED)
    moor_counter_add (&person->n_linked, 1);
}

/* What rules want to have other attributes than the store's is a copy, and gets them. */
static void
change_attributes (Run *run, MoorDir *dir, const MoorCollision *collision, const char *name)
{
  g_autoptr(GError) error = NULL;

  if (moor_restore_give_attributes (run->merge->restore, collision->fate, collision->ids,
                                    collision->dst_dfd, name, NULL, &error))
    return;
  moor_job_log (run->job, MOOR_LOG_WARNING, "%s", error->message);
  report (run, dir, name, MOOR_SEVERITY_WARNING, MOOR_CAUSE_METADATA, 0,
          "restored with the attributes it had");
}

/* Before it is there: what comes to a living system's places outside homes. */
static gboolean
note_added (Run *run, MoorDir *dir, const char *name, char kind, int src_fd, GError **error)
{
  const MoorAdded *added = run->merge->restore->added;
  struct statx stx = { 0 };
  g_autofree char *path = NULL;
  int dst_fd;

  if (!run->merge->person->is_system || added == NULL)
    return TRUE;
  dst_fd = moor_dir_mirror_fd (dir, error);
  if (dst_fd < 0)
    return FALSE;
  if (src_fd >= 0 && run->sys->statx (src_fd, name, AT_SYMLINK_NOFOLLOW, STATX_INO, &stx) < 0)
    return moor_throw_errno (error, errno, "looking at “%s” in the store", name);
  path = target_path (run, dir, name);
  return moor_added_note_new (added, dst_fd, name, kind, stx.stx_ino, path, error);
}

/* And what came beside something that was there. */
static void
note_beside (Run *run, MoorDir *dir, const char *name, int src_fd, const char *new_name)
{
  g_autofree char *path = target_path (run, dir, new_name);
  g_autoptr(GError) error = NULL;
  struct statx stx = { 0 };

  if (!run->merge->person->is_system)
    return;
  (void) run->sys->statx (src_fd, name, AT_SYMLINK_NOFOLLOW, STATX_INO, &stx);
  if (!moor_added_note (run->merge->restore->added, 'f', stx.stx_ino, path, &error))
    moor_job_log (run->job, MOOR_LOG_WARNING, "%s", error->message);
}

static void
place_one (Run *run, MoorDir *dir, const char *name, MoorFate *fate)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *new_name = NULL;
  MoorPlacing placing = { 0 };
  MoorPlaced placed;
  gboolean is_link;
  int src_fd = moor_dir_fd (dir, &error);
  int dst_fd = src_fd >= 0 ? moor_dir_mirror_fd (dir, &error) : -1;
  MoorCollision collision = { .restore = run->merge->restore,
                              .src_dfd = src_fd,
                              .src_name = name,
                              .dst_dfd = dst_fd,
                              .dst_name = name,
                              .method = moor_restore_needs_copy (fate) ? MOOR_METHOD_REFLINK
                                                                       : MOOR_METHOD_LINK,
                              .in_place = run->merge->in_place,
                              .fate = fate,
                              .ids = &run->merge->person->ids };

  if (dst_fd < 0)
    {
      moor_job_log (run->job, MOOR_LOG_ERROR, "%s", error->message);
      report (run, dir, name, MOOR_SEVERITY_ERROR, MOOR_CAUSE_OTHER, 0, "not restored");
      return;
    }
  if (!note_added (run, dir, name, 'f', src_fd, &error))
    {
      moor_job_log (run->job, MOOR_LOG_ERROR, "%s", error->message);
      report (run, dir, name, MOOR_SEVERITY_ERROR, MOOR_CAUSE_OTHER, 0, "not restored");
      return;
    }
  placed = moor_place_entry (run->sys, src_fd, name, dst_fd, name, collision.method,
                             moor_job_get_cancellable (run->job), &placing);
  is_link = placed == MOOR_PLACED_LINKED || placed == MOOR_PLACED_ALREADY;
  if (placed == MOOR_PLACED_TAKEN && run->from_store)
    placed = settle (run, dir, &collision, &new_name, &placing);
  if (placed == MOOR_PLACED_FAILED)
    {
      report (run, dir, name,
              !run->from_store && placing.cause == MOOR_CAUSE_VANISHED ? MOOR_SEVERITY_NOTE
                                                                       : MOOR_SEVERITY_ERROR,
              placing.cause, placing.errnum,
              run->from_store ? "not restored" : "not taken over from the home that is there");
      return;
    }
  if (!run->from_store || placed == MOOR_PLACED_TAKEN)
    return;
  if (new_name != NULL && placed != MOOR_PLACED_ALREADY)
    note_beside (run, dir, name, src_fd, new_name);
  note_placed (run, dir, name, placed, &placing);
  /* The same object has a name in the store, where nobody can put another in its place. */
  if (run->changes_ids && (is_link || placed == MOOR_PLACED_LINKED))
    change_owner (run, dir, src_fd, name);
  else if (run->changes_ids)
    change_owner (run, dir, dst_fd, new_name != NULL ? new_name : name);
  if (collision.method != MOOR_METHOD_LINK && placed != MOOR_PLACED_ALREADY)
    change_attributes (run, dir, &collision, new_name != NULL ? new_name : name);
}

/* What is not to be looked at at all: on the first walk what is cleaned up, on the
 * second what is somebody else's or goes elsewhere. */
static gboolean
is_passed_over (Run *run, MoorDir *dir, const char *name, guint8 type, MoorFate **out_fate)
{
  const MoorRestoreRules *rules = run->merge->restore->rules;
  const MoorRestoring *person = run->merge->person;
  g_autofree char *below = NULL;

  *out_fate = NULL;
  if (!run->from_store)
    {
      if (rules == NULL || !rules->cleans || type == DT_DIR)
        return FALSE;
      below = target_path (run, dir, name);
      return moor_target_rules_clean_up (rules->target, below, FALSE);
    }
  if (person->known == NULL && person->fates == NULL)
    return FALSE;
  below = moor_dir_path_below (dir, name);
  if (person->known != NULL && !g_hash_table_contains (person->known, below))
    return TRUE;
  *out_fate = moor_fates_find (person, below);
  if (*out_fate == NULL || (*out_fate)->stays)
    return FALSE;
  return type != DT_DIR || (*out_fate)->is_barren;
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
  MoorFate *fate;

  if (run->from_store && data->wanted != MOOR_WANTED_ALL)
    {
      g_autofree char *path = moor_dir_path_below (dir, name);
      MoorWanted wanted = moor_wanted_of (run->wanted, path);

      if (wanted == MOOR_WANTED_NOT || (wanted == MOOR_WANTED_PARTLY && type != DT_DIR))
        return FALSE;
    }
  if (is_passed_over (run, dir, name, type, &fate))
    return FALSE;
  if (type == DT_DIR)
    return TRUE;
  place_one (run, dir, name, fate);
  data->n_placed++;
  return FALSE;
}

/* A run that was cut off has made the folder, and given it nothing of what it had. */
static gboolean
is_unfinished (const Run *run, MoorDir *dir)
{
  g_autofree char *path = target_path (run, dir, NULL);

  return run->merge->person->is_system
         && moor_added_is_unfinished (run->merge->restore->added, path);
}

/* Makes the twin of a directory from the store whose name is taken by a file. */
static gboolean
make_beside (Run *run, MoorDir *dir, gboolean *out_existed, GError **error)
{
  const char *name = moor_dir_name (dir);

  for (guint n = 1; n < MAX_TRIES; n++)
    {
      g_autofree char *new_name = moor_merge_rename (NULL, name, n);
      g_autoptr(GError) problem = NULL;

      if (moor_dir_make_mirror (dir, new_name, 0700, out_existed, &problem))
        {
          note_renamed (run, moor_dir_parent (dir), name, new_name);
          return TRUE;
        }
      if (!g_error_matches (problem, G_IO_ERROR, G_IO_ERROR_NOT_DIRECTORY))
        {
          g_propagate_error (error, g_steal_pointer (&problem));
          return FALSE;
        }
    }
  return moor_throw_errno (error, EEXIST, "finding a free name for “%s”", name);
}

static gboolean
make_twin (Run *run, MoorDir *dir, DirData *data)
{
  g_autoptr(GError) error = NULL;
  mode_t mode = 0700;

  if (moor_dir_parent (dir) == NULL)
    {
      data->existed = run->merge->in_place;
      return TRUE;
    }
  /* A living system's folders may be looked into by others; a cut off run leaves them so. */
  if (run->merge->person->is_system)
    mode = (mode_t) data->meta.stx.stx_mode & 0777;
  if (note_added (run, moor_dir_parent (dir), moor_dir_name (dir), 'd', -1, &error)
      && moor_dir_make_mirror (dir, moor_dir_name (dir), mode, &data->existed, &error))
    {
      data->existed = data->existed && !is_unfinished (run, dir);
      return TRUE;
    }
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_DIRECTORY) && run->from_store
      && run->conflict != MOOR_CONFLICT_KEEP_NEW)
    {
      g_clear_error (&error);
      if (make_beside (run, dir, &data->existed, &error))
        return TRUE;
    }
  moor_job_log (run->job, MOOR_LOG_ERROR, "%s", error->message);
  report (run, dir, NULL, MOOR_SEVERITY_ERROR,
          g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE) ? MOOR_CAUSE_NO_SPACE
                                                                   : MOOR_CAUSE_COLLISION,
          0, "not restored, nor what it holds");
  return FALSE;
}

static gboolean
enter_cb (MoorDir *dir, guint worker, gpointer user_data)
{
  Run *run = user_data;
  DirData *data = g_new0 (DirData, 1);
  g_autoptr(GError) error = NULL;
  g_autofree char *path = NULL;
  int fd;

  moor_dir_set_data (dir, data);
  if (run->from_store)
    {
      path = moor_dir_path_below (dir, NULL);
      data->wanted = moor_wanted_of (run->wanted, path);
    }
  fd = moor_dir_fd (dir, &error);
  if (fd < 0 || !moor_meta_read (run->sys, fd, &data->meta, &error))
    {
      moor_job_log (run->job, MOOR_LOG_ERROR, "%s", error->message);
      report (run, dir, NULL, MOOR_SEVERITY_ERROR, MOOR_CAUSE_READ_ERROR, 0,
              "not restored, nor what it holds");
      return FALSE;
    }
  return make_twin (run, dir, data);
}

static void
map_meta (const Run *run, MoorMeta *meta)
{
  const MoorIdMap *ids = &run->merge->person->ids;
  GVariant *mapped;

  if (meta->stx.stx_uid == ids->old_uid)
    meta->stx.stx_uid = ids->new_uid;
  if (meta->stx.stx_gid == ids->old_gid)
    meta->stx.stx_gid = ids->new_gid;
  if (meta->xattrs == NULL)
    return;
  mapped = moor_meta_map_xattrs (meta->xattrs, ids);
  g_variant_unref (meta->xattrs);
  meta->xattrs = mapped;
}

static gboolean
note_finished (const Run *run, MoorDir *dir, const DirData *data, GError **error)
{
  g_autofree char *path = target_path (run, dir, NULL);

  return !run->merge->person->is_system || data->existed
         || moor_added_note (run->merge->restore->added, 'm', 0, path, error);
}

static void
leave_cb (MoorDir *dir, guint worker, gpointer user_data)
{
  Run *run = user_data;
  DirData *data = moor_dir_data (dir);
  g_autoptr(GError) error = NULL;
  MoorFate *fate;
  int fd;

  /* A living directory, and one that is only on the way, may keep what they have. */
  if (data->existed && (run->merge->keeps_folders || data->wanted != MOOR_WANTED_ALL))
    {
      fd = run->changes_ids && data->wanted == MOOR_WANTED_ALL ? moor_dir_mirror_fd (dir, NULL)
                                                               : -1;
      if (fd >= 0)
        change_owner (run, dir, fd, ".");
      return;
    }
  if (run->from_store && run->changes_ids)
    map_meta (run, &data->meta);
  fate = find_fate (run, dir, NULL);
  if (fate != NULL && moor_restore_change_meta (fate, &run->merge->person->ids, NULL, &data->meta))
    fate->is_changed = TRUE;
  fd = moor_dir_mirror_fd (dir, &error);
  if (fd >= 0 && moor_meta_apply (run->sys, fd, &data->meta, &error)
      && note_finished (run, dir, data, &error))
    return;
  moor_job_log (run->job, MOOR_LOG_WARNING, "%s", error->message);
  report (run, dir, NULL, MOOR_SEVERITY_WARNING, MOOR_CAUSE_METADATA, 0, "restored without it");
}

static void
entries_done_cb (MoorDir *dir, guint worker, gpointer user_data)
{
  Run *run = user_data;
  const DirData *data = moor_dir_data (dir);

  if (run->from_store)
    moor_job_add (run->job, data->n_placed + 1, 0);
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
  MoorCause cause = g_error_matches (error, MOOR_ERROR, MOOR_ERROR_OTHER_DOMAIN)
                        ? MOOR_CAUSE_MOUNT_POINT
                        : moor_cause_from_errno (errnum);

  moor_job_log (run->job, MOOR_LOG_ERROR, "%s", error->message);
  report (run, dir, name, MOOR_SEVERITY_ERROR, cause, errnum,
          run->from_store ? "not restored, nor what it holds"
                          : "not taken over from the home that is there");
}

static gboolean
walk (Run *run, int from_dfd, GError **error)
{
  static const MoorWalkVisitor visitor = { enter_cb, entry_cb, entries_done_cb, leave_cb,
                                           problem_cb };
  const MoorWalkRoot root = { .dfd = from_dfd,
                              .mirror_dfd = run->merge->target_dfd,
                              .name = run->merge->person->target_name };
  const MoorWalkOptions options = { .n_workers = run->merge->restore->n_workers,
                                    .sys = run->sys,
                                    .data_free = dir_data_free };

  return moor_walk_run (&root, 1, &visitor, run, &options, moor_job_get_cancellable (run->job),
                        error);
}

/* Writes down what got another name, so that a verification finds it there. */
static gboolean
record_renamed (Run *run, GError **error)
{
  MoorStore *store = run->merge->restore->store;
  g_autoptr(GHashTable) names = NULL;
  g_autoptr(MoorReader) reader = NULL;

  if (run->renamed->len == 0)
    return TRUE;
  reader = moor_reader_new (store, error);
  if (reader == NULL)
    return FALSE;
  names = g_hash_table_new (g_direct_hash, g_direct_equal);
  for (guint i = 0; i + 1 < run->renamed->len; i += 2)
    {
      g_autoptr(GError) problem = NULL;
      guint64 id = moor_wanted_find (reader, run->merge->person->profile->root_object,
                                     g_ptr_array_index (run->renamed, i), &problem);

      if (problem != NULL)
        {
          g_propagate_error (error, g_steal_pointer (&problem));
          return FALSE;
        }
      g_hash_table_insert (names, GSIZE_TO_POINTER (id), g_ptr_array_index (run->renamed, i + 1));
    }
  g_clear_pointer (&reader, moor_reader_free);
  return moor_store_set_target_names (store, names, error);
}

/* Nobody is to miss in the new home what was in the one that is there. */
static gboolean
check_nothing_left (const Run *run, GError **error)
{
  gsize n_left = moor_counter_get (&run->n_left);

  if (n_left == 0)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
               "%" G_GSIZE_FORMAT " objects of the home that is there could not be taken over "
               "into the new one, so “%s” stays as it is; see which, and run this again",
               n_left, run->merge->person->target_home);
  return FALSE;
}

/* What rules said of anything is written down with what came of it. */
static gboolean
record_fates (const MoorMerge *merge, GError **error)
{
  g_autoptr(GPtrArray) fates = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer fate;

  if (merge->person->fates == NULL)
    return TRUE;
  g_hash_table_iter_init (&iter, merge->person->fates);
  while (g_hash_table_iter_next (&iter, NULL, &fate))
    g_ptr_array_add (fates, fate);
  return moor_fates_record (merge->restore, fates, error);
}

/* What comes from the store: what was in this home, and what rules send there. */
static gboolean
merge_store (Run *run, GError **error)
{
  const MoorMerge *merge = run->merge;

  run->from_store = TRUE;
  return walk (run, merge->store_dfd, error)
         && moor_placements_bring (merge->restore, merge->person, merge->person->incoming,
                                   merge->target_dfd, merge->in_place, error)
         && record_renamed (run, error) && record_fates (merge, error);
}

/**
 * moor_merge_run:
 *
 * Links what is there, and then what the store has, into the target.  May be
 * repeated: what is there already is left alone.  Blocks.  Any thread.
 *
 * Returns: %FALSE with %G_IO_ERROR_CANCELLED or another %G_IO_ERROR; single
 *   objects that could not be restored are issues of the job
 */
gboolean
moor_merge_run (const MoorMerge *merge, GError **error)
{
  const MoorIdMap *ids = &merge->person->ids;
  Run run = { .merge = merge, .job = merge->restore->job };
  gboolean merged;

  run.sys = moor_job_get_sys (run.job);
  run.changes_ids = ids->old_uid != ids->new_uid || ids->old_gid != ids->new_gid;
  run.conflict = merge->restore->options->conflict;
  run.wanted = moor_wanted_list (merge->person->profile, merge->restore->options->paths);
  run.renamed = g_ptr_array_new_with_free_func (g_free);
  g_mutex_init (&run.lock);
  merged = (merge->existing_dfd < 0
            || (walk (&run, merge->existing_dfd, error) && check_nothing_left (&run, error)))
           && merge_store (&run, error);
  g_clear_pointer (&run.wanted, g_ptr_array_unref);
  g_ptr_array_unref (run.renamed);
  g_mutex_clear (&run.lock);
  return merged;
}
