/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-undo-private.h"

#include "moor-walk.h"

/*
 * The numbers that a restore changed are changed back object by object, as the
 * catalogue knows them: what belonged to the new number before the restore, or
 * is not what was captured, keeps its owner.
 */

typedef struct
{
  MoorJob *job;
  const MoorSys *sys;
  MoorStore *store;
  const MoorStoredProfile *profile;
  MoorReader *reader; /* of the one worker, made when it is needed */
  gboolean with_folders;
  GError *failed;
} Reown;

static void
reown_one (Reown *reown, int dfd, const char *name, const MoorIdMap *back)
{
  g_autoptr(GError) error = NULL;
  gboolean changed;

  if (moor_meta_reown (reown->sys, dfd, name, back, &changed, &error))
    return;
  moor_job_log (reown->job, MOOR_LOG_ERROR, "%s", error->message);
  moor_job_issue (reown->job, MOOR_SEVERITY_ERROR, MOOR_CAUSE_METADATA, name, reown->profile->name,
                  0, "kept the new owner");
}

static void
fail (Reown *reown, GError *error)
{
  if (reown->failed == NULL)
    reown->failed = error;
  else
    g_error_free (error);
}

static gboolean
take_id_cb (const MoorObject *object, gpointer user_data)
{
  *(guint64 *) user_data = object->kind == MOOR_KIND_DIRECTORY ? object->id : 0;
  return TRUE;
}

static gboolean
enter_cb (MoorDir *dir, guint worker, gpointer user_data)
{
  Reown *reown = user_data;
  MoorDir *parent = moor_dir_parent (dir);
  guint64 id = reown->profile->root_object;
  GError *error = NULL;

  if (reown->reader == NULL)
    reown->reader = moor_reader_new (reown->store, &error);
  if (reown->reader != NULL && parent != NULL)
    {
      id = 0;
      (void) moor_reader_lookup (reown->reader, GPOINTER_TO_SIZE (moor_dir_data (parent)),
                                 moor_dir_name (dir), take_id_cb, &id, &error);
    }
  if (error != NULL)
    fail (reown, error);
  moor_dir_set_data (dir, GSIZE_TO_POINTER (id));
  return id != 0 && reown->failed == NULL;
}

static gboolean
entry_cb (MoorDir *dir,
          const char *name,
          guint8 type,
          guint64 ino,
          guint worker,
          gpointer user_data)
{
  return type == DT_DIR;
}

typedef struct
{
  Reown *reown;
  int dfd;
} Children;

static gboolean
child_cb (const MoorObject *object, gpointer user_data)
{
  const Children *children = user_data;
  Reown *reown = children->reown;
  const MoorStoredProfile *profile = reown->profile;
  const MoorRestoreRecord *record = &profile->restore;
  const MoorIdMap back = {
    .old_uid = record->target_uid,
    .new_uid = object->uid == record->target_uid ? record->target_uid : profile->uid,
    .old_gid = record->target_gid,
    .new_gid = object->gid == record->target_gid ? record->target_gid : profile->gid,
  };
  struct statx stx;

  if (object->kind == MOOR_KIND_DIRECTORY && !reown->with_folders)
    return TRUE;
  if (reown->sys->statx (children->dfd, object->name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &stx)
          == 0
      && stx.stx_ino == object->ino)
    reown_one (reown, children->dfd, object->name, &back);
  return TRUE;
}

static void
entries_done_cb (MoorDir *dir, guint worker, gpointer user_data)
{
  Reown *reown = user_data;
  GError *error = NULL;
  Children children = { reown, moor_dir_fd (dir, &error) };

  if (children.dfd < 0
      || !moor_reader_children (reown->reader, GPOINTER_TO_SIZE (moor_dir_data (dir)), child_cb,
                                &children, &error))
    fail (reown, error);
}

static void
problem_cb (MoorDir *dir,
            const char *name,
            int errnum,
            const GError *error,
            guint worker,
            gpointer user_data)
{
  Reown *reown = user_data;

  moor_job_log (reown->job, MOOR_LOG_ERROR, "%s", error->message);
  moor_job_issue (reown->job, MOOR_SEVERITY_ERROR, moor_cause_from_errno (errnum),
                  name != NULL ? name : moor_dir_name (dir), reown->profile->name, errnum,
                  "kept the new owner");
}

static gboolean
reown_tree (Reown *reown, int dfd, GError **error)
{
  static const MoorWalkVisitor visitor = { enter_cb, entry_cb, entries_done_cb, NULL, problem_cb };
  const MoorWalkOptions options = { .n_workers = 1, .sys = reown->sys };
  const MoorWalkRoot root = { .dfd = dfd, .mirror_dfd = -1, .name = reown->profile->name };
  gboolean walked = moor_walk_run (&root, 1, &visitor, reown, &options,
                                   moor_job_get_cancellable (reown->job), error);

  g_clear_pointer (&reown->reader, moor_reader_free);
  if (walked && reown->failed != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&reown->failed));
      return FALSE;
    }
  g_clear_error (&reown->failed);
  return walked;
}

static gboolean
has_other_numbers (const MoorStoredProfile *profile)
{
  const MoorRestoreRecord *record = &profile->restore;

  /* Without a step some paths only have come back. */
  return record->target_name != NULL
         && (record->target_uid != profile->uid || record->target_gid != profile->gid);
}

/**
 * moor_undo_reown:
 * @profile: somebody whose files got other owner numbers
 *
 * Gives the store's objects, which are the very files, their old numbers.
 * The store's own directories never had others.  May be repeated.  Blocks.
 *
 * Returns: %FALSE with %G_IO_ERROR
 */
gboolean
moor_undo_reown (MoorJob *job, MoorStore *store, const MoorStoredProfile *profile, GError **error)
{
  const MoorPart *part = moor_store_get_part (store, profile->part);
  Reown reown = { .job = job, .sys = moor_job_get_sys (job), .store = store, .profile = profile };
  g_auto(MoorFd) dfd = -1;

  if (!has_other_numbers (profile))
    return TRUE;
  dfd = moor_open_beneath (reown.sys, part->tree_dfd, profile->tree_path, O_RDONLY | O_DIRECTORY,
                           error);
  return dfd >= 0 && reown_tree (&reown, dfd, error);
}

/**
 * moor_undo_reown_home:
 * @profile: somebody whose files were merged in place
 *
 * As moor_undo_reown().  Where the home is the very one that was captured, its
 * folders got other numbers too, and get the old ones back.
 */
gboolean
moor_undo_reown_home (MoorJob *job,
                      MoorSystem *system,
                      MoorStore *store,
                      const MoorStoredProfile *profile,
                      GError **error)
{
  const MoorRestoreRecord *record = &profile->restore;
  const MoorIdMap back = { record->target_uid, profile->uid, record->target_gid, profile->gid };
  Reown reown = { .job = job,
                  .sys = moor_job_get_sys (job),
                  .store = store,
                  .profile = profile,
                  .with_folders = TRUE };
  g_auto(MoorPlace) home = { .dfd = -1 };
  struct stat st;

  if (!has_other_numbers (profile))
    return TRUE;
  if (!moor_system_locate (system, record->target_home, &home, error))
    return FALSE;
  if (home.dfd < 0 || fstat (home.dfd, &st) < 0 || st.st_ino != profile->home_ino)
    return moor_undo_reown (job, store, profile, error);
  reown_one (&reown, home.dfd, ".", &back);
  return reown_tree (&reown, home.dfd, error);
}
