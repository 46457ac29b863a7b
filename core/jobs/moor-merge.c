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

/* "photo.jpg" -> "photo(1).jpg", ".bashrc" -> ".bashrc(1)" */
static char *
numbered_name (const char *name, guint n)
{
  const char *dot = strrchr (name, '.');
  gsize stem = dot != NULL && dot != name ? (gsize) (dot - name) : strlen (name);
  g_autofree char *number = g_strdup_printf ("(%u)", n);
  g_autofree char *suffix = g_strdup (name + stem);
  const gsize longest = 255;

  if (strlen (suffix) > 32)
    suffix[0] = '\0';
  /* A name may not grow past what a directory can hold, nor end inside a character. */
  if (stem + strlen (number) + strlen (suffix) > longest)
    {
      stem = longest - strlen (number) - strlen (suffix);
      while (stem > 0 && ((guchar) name[stem] & 0xc0) == 0x80)
        stem--;
    }
  return g_strdup_printf ("%.*s%s%s", (int) stem, name, number, suffix);
}

static void
note_renamed (Run *run, MoorDir *dir, const char *name, const char *new_name)
{
  moor_lock (&run->lock);
  g_ptr_array_add (run->renamed, moor_dir_path_below (dir, name));
  g_ptr_array_add (run->renamed, g_strdup (new_name));
  moor_unlock (&run->lock);
  moor_counter_add (&run->merge->person->n_collisions, 1);
  report (run, dir, name, MOOR_SEVERITY_NOTE, MOOR_CAUSE_COLLISION, 0, new_name);
}

/* Whether the other object is as good as the one from the store. */
static gboolean
same_content (Run *run, int src_fd, const char *name, int dst_fd, const char *there)
{
  return moor_same_content (run->sys, src_fd, name, dst_fd, there,
                            moor_job_get_cancellable (run->job), NULL);
}

/* The same with the same time: what an earlier run has copied. */
static gboolean
is_copy (Run *run, int src_fd, const char *name, int dst_fd, const char *there)
{
  struct statx a;
  struct statx b;

  return run->sys->statx (src_fd, name, AT_SYMLINK_NOFOLLOW, STATX_MTIME, &a) == 0
         && run->sys->statx (dst_fd, there, AT_SYMLINK_NOFOLLOW, STATX_MTIME, &b) == 0
         && a.stx_mtime.tv_sec == b.stx_mtime.tv_sec && a.stx_mtime.tv_nsec == b.stx_mtime.tv_nsec
         && same_content (run, src_fd, name, dst_fd, there);
}

/* Takes a name out of the tree that is built; the home it came from keeps it. */
static MoorPlaced
replace (Run *run, int src_fd, int dst_fd, const char *name, MoorPlacing *placing)
{
  if (run->sys->unlinkat (dst_fd, name, 0) < 0)
    {
      placing->errnum = errno;
      placing->cause = moor_cause_from_errno (errno);
      return MOOR_PLACED_FAILED;
    }
  return moor_place_entry (run->sys, src_fd, name, dst_fd, name, MOOR_METHOD_LINK,
                           moor_job_get_cancellable (run->job), placing);
}

static MoorPlaced
place_beside (Run *run,
              MoorDir *dir,
              int src_fd,
              int dst_fd,
              const char *name,
              char **out_name,
              MoorPlacing *placing)
{
  MoorPlaced placed = MOOR_PLACED_TAKEN;

  for (guint n = 1; placed == MOOR_PLACED_TAKEN && n < MAX_TRIES; n++)
    {
      g_free (*out_name);
      *out_name = numbered_name (name, n);
      placed = moor_place_entry (run->sys, src_fd, name, dst_fd, *out_name, MOOR_METHOD_LINK,
                                 moor_job_get_cancellable (run->job), placing);
      if (placed == MOOR_PLACED_TAKEN && is_copy (run, src_fd, name, dst_fd, *out_name))
        placed = MOOR_PLACED_ALREADY;
    }
  if (placed == MOOR_PLACED_TAKEN)
    {
      placing->cause = MOOR_CAUSE_COLLISION;
      placing->errnum = EEXIST;
      return MOOR_PLACED_FAILED;
    }
  if (placed != MOOR_PLACED_FAILED)
    note_renamed (run, dir, name, *out_name);
  return placed;
}

/* The name is taken by a different object: what is done follows the options.  What
 * is still taken then has its name for good. */
static MoorPlaced
settle (Run *run,
        MoorDir *dir,
        int src_fd,
        int dst_fd,
        const char *name,
        char **out_name,
        MoorPlacing *placing)
{
  gboolean is_dir = S_ISDIR (placing->stx.stx_mode);

  /* In a living home nothing is taken away. */
  if (run->merge->in_place && is_copy (run, src_fd, name, dst_fd, name))
    return MOOR_PLACED_ALREADY;
  if (!run->merge->in_place && !is_dir
      && (run->conflict == MOOR_CONFLICT_KEEP_OLD
          || same_content (run, src_fd, name, dst_fd, name)))
    return replace (run, src_fd, dst_fd, name, placing);
  if (run->conflict != MOOR_CONFLICT_KEEP_NEW)
    return place_beside (run, dir, src_fd, dst_fd, name, out_name, placing);

  moor_counter_add (&run->merge->person->n_collisions, 1);
  report (run, dir, name, MOOR_SEVERITY_WARNING, MOOR_CAUSE_COLLISION, 0,
          "the one from before stays in the store");
  return MOOR_PLACED_TAKEN;
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
      report (run, dir, name, MOOR_SEVERITY_WARNING, placing->cause, placing->errnum, "copied");
    }
  else if (placed == MOOR_PLACED_LINKED)
    moor_counter_add (&person->n_linked, 1);
}

static void
place_one (Run *run, MoorDir *dir, const char *name)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *new_name = NULL;
  MoorPlacing placing = { 0 };
  MoorPlaced placed;
  gboolean is_link;
  int src_fd = moor_dir_fd (dir, &error);
  int dst_fd = src_fd >= 0 ? moor_dir_mirror_fd (dir, &error) : -1;

  if (dst_fd < 0)
    {
      moor_job_log (run->job, MOOR_LOG_ERROR, "%s", error->message);
      report (run, dir, name, MOOR_SEVERITY_ERROR, MOOR_CAUSE_OTHER, 0, "not restored");
      return;
    }
  placed = moor_place_entry (run->sys, src_fd, name, dst_fd, name, MOOR_METHOD_LINK,
                             moor_job_get_cancellable (run->job), &placing);
  is_link = placed == MOOR_PLACED_LINKED || placed == MOOR_PLACED_ALREADY;
  if (placed == MOOR_PLACED_TAKEN && run->from_store)
    placed = settle (run, dir, src_fd, dst_fd, name, &new_name, &placing);
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
  note_placed (run, dir, name, placed, &placing);
  /* The same object has a name in the store, where nobody can put another in its place. */
  if (run->changes_ids && (is_link || placed == MOOR_PLACED_LINKED))
    change_owner (run, dir, src_fd, name);
  else if (run->changes_ids)
    change_owner (run, dir, dst_fd, new_name != NULL ? new_name : name);
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

  if (run->from_store && data->wanted != MOOR_WANTED_ALL)
    {
      g_autofree char *path = moor_dir_path_below (dir, name);
      MoorWanted wanted = moor_wanted_of (run->wanted, path);

      if (wanted == MOOR_WANTED_NOT || (wanted == MOOR_WANTED_PARTLY && type != DT_DIR))
        return FALSE;
    }
  if (type == DT_DIR)
    return TRUE;
  place_one (run, dir, name);
  data->n_placed++;
  return FALSE;
}

/* Makes the twin of a directory from the store whose name is taken by a file. */
static gboolean
make_beside (Run *run, MoorDir *dir, gboolean *out_existed, GError **error)
{
  const char *name = moor_dir_name (dir);

  for (guint n = 1; n < MAX_TRIES; n++)
    {
      g_autofree char *new_name = numbered_name (name, n);
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

  if (moor_dir_parent (dir) == NULL)
    {
      data->existed = run->merge->in_place;
      return TRUE;
    }
  if (moor_dir_make_mirror (dir, moor_dir_name (dir), 0700, &data->existed, &error))
    return TRUE;
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

static void
leave_cb (MoorDir *dir, guint worker, gpointer user_data)
{
  Run *run = user_data;
  DirData *data = moor_dir_data (dir);
  g_autoptr(GError) error = NULL;
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
  fd = moor_dir_mirror_fd (dir, &error);
  if (fd >= 0 && moor_meta_apply (run->sys, fd, &data->meta, &error))
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
  merged = merge->existing_dfd < 0
           || (walk (&run, merge->existing_dfd, error) && check_nothing_left (&run, error));
  run.from_store = TRUE;
  merged = merged && walk (&run, merge->store_dfd, error) && record_renamed (&run, error);
  g_clear_pointer (&run.wanted, g_ptr_array_unref);
  g_ptr_array_unref (run.renamed);
  g_mutex_clear (&run.lock);
  return merged;
}
