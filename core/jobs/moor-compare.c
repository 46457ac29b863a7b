/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-compare-private.h"

#include "moor-ruling.h"

/*
 * The store's tree is walked, with the home it is compared with as its mirror.
 * For each directory three lists are laid side by side: what the catalogue
 * says, what the store holds, what the other side has.  A home that was moved
 * out of the store is both of the latter.
 */

/* What the catalogue says of a subdirectory. */
typedef struct
{
  guint64 id;
  char *target_name;   /* (nullable): its name on the other side, where that differs */
  gboolean is_changed; /* rules gave it other attributes */
} Subdir;

static void
subdir_free (gpointer user_data)
{
  Subdir *subdir = user_data;

  g_free (subdir->target_name);
  g_free (subdir);
}

static void
dir_data_free (gpointer user_data)
{
  MoorComparedDir *data = user_data;

  g_clear_pointer (&data->names, g_hash_table_unref);
  g_clear_pointer (&data->dirs, g_hash_table_unref);
  g_free (data);
}

static MoorComparedName *
name_of (MoorComparedDir *data, const char *name)
{
  MoorComparedName *found = g_hash_table_lookup (data->names, name);

  if (found == NULL)
    {
      found = g_new0 (MoorComparedName, 1);
      g_hash_table_insert (data->names, g_strdup (name), found);
    }
  return found;
}

static gboolean
note_other_cb (const char *name, guint8 type, guint64 ino, gpointer user_data)
{
  MoorComparedName *entry = name_of (user_data, name);

  entry->in_other = TRUE;
  entry->other_type = type;
  entry->other_ino = ino;
  return TRUE;
}

static MoorReader *
reader_of (MoorComparison *comparison, guint worker, GError **error)
{
  if (comparison->readers[worker] == NULL)
    comparison->readers[worker] = moor_reader_new (comparison->options->store, error);
  return comparison->readers[worker];
}

/* What cannot be looked at cannot be proven to be there. */
static void
note_unreadable (MoorDir *dir, MoorComparedDir *data, const GError *error)
{
  moor_job_log (data->comparison->job, MOOR_LOG_ERROR, "%s", error->message);
  data->is_unreadable = TRUE;
  moor_compare_differ (dir, "", MOOR_STATUS_MISSING, MOOR_CAUSE_READ_ERROR, MOOR_KIND_DIRECTORY,
                       TRUE, "the home's folder cannot be read");
}

/* The twin on the other side, if there is one that may be looked into. */
static void
open_other (MoorDir *dir, MoorComparedDir *data, const char *name)
{
  g_autoptr(GError) error = NULL;

  if (data->compared->moved)
    {
      data->has_other = TRUE;
      return;
    }
  data->has_other = moor_dir_parent (dir) != NULL ? moor_dir_open_mirror (dir, name, &error)
                                                  : data->compared->other_dfd >= 0;
  if (error != NULL && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND)
      && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_DIRECTORY))
    note_unreadable (dir, data, error);
}

static gboolean
enter_cb (MoorDir *dir, guint worker, gpointer user_data)
{
  MoorComparison *comparison = user_data;
  MoorDir *parent = moor_dir_parent (dir);
  MoorComparedDir *above = parent != NULL ? moor_dir_data (parent) : NULL;
  const char *name = moor_dir_name (dir);
  const char *other_name = name;
  MoorComparedDir *data = g_new0 (MoorComparedDir, 1);

  data->comparison = comparison;
  data->compared =
      ((const MoorComparedDir *) moor_dir_data (parent != NULL ? parent : dir))->compared;
  data->names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  data->state = moor_ruling_start (comparison->rules, data->compared->profile->home);
  data->id = data->compared->profile->root_object;
  if (above != NULL)
    {
      const Subdir *subdir = above->dirs != NULL ? g_hash_table_lookup (above->dirs, name) : NULL;
      MoorDecision decision;

      moor_ruling_decide (comparison->rules, comparison->sys, above->has_other ? parent : NULL,
                          moor_dir_mirror_fd, above->state, name, TRUE, &decision);
      data->state = decision.state;
      data->id = subdir != NULL ? subdir->id : 0;
      data->is_changed = subdir != NULL && subdir->is_changed;
      data->is_unreadable = above->is_unreadable;
      if (subdir != NULL && subdir->target_name != NULL)
        other_name = subdir->target_name;
    }
  moor_dir_set_data (dir, data);
  if (data->id == 0 && parent == NULL)
    moor_compare_differ (dir, "", MOOR_STATUS_MISSING, MOOR_CAUSE_MISSING, MOOR_KIND_DIRECTORY,
                         TRUE, "the capture could not take this home");
  /* What the catalogue does not know was put into the tree by somebody else. */
  if (data->id == 0)
    return FALSE;
  open_other (dir, data, other_name);
  return TRUE;
}

static gboolean
entry_cb (MoorDir *dir,
          const char *name,
          guint8 type,
          guint64 ino,
          guint worker,
          gpointer user_data)
{
  MoorComparedDir *data = moor_dir_data (dir);
  MoorComparedName *entry = name_of (data, name);

  entry->in_store = !data->compared->moved;
  if (data->compared->moved)
    note_other_cb (name, type, ino, data);
  return type == DT_DIR;
}

static void
compare_dir (MoorDir *dir,
             MoorComparedDir *data,
             const MoorObject *object,
             const MoorComparedName *name)
{
  const gboolean restored = data->comparison->options->against == MOOR_AGAINST_RESTORED;
  Subdir *subdir = g_new0 (Subdir, 1);
  const MoorComparedName *renamed = NULL;
  g_auto(MoorTargetText) target = { 0 };

  subdir->id = object->id;
  if (data->dirs == NULL)
    data->dirs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, subdir_free);
  g_hash_table_insert (data->dirs, g_strdup (object->name), subdir);
  if (restored && object->target_name != NULL)
    moor_target_text_parse (object->target_name, &target);
  if (target.name != NULL && !g_str_equal (target.name, object->name))
    renamed = g_hash_table_lookup (data->names, target.name);
  subdir->is_changed = target.is_changed;

  if (name == NULL || (!name->in_store && !data->compared->moved)
      || (data->compared->moved && !name->in_other))
    moor_compare_differ (
        dir, object->name, MOOR_STATUS_MISSING, MOOR_CAUSE_MISSING, object->kind, TRUE,
        data->compared->moved ? "the folder is gone"
                              : "the store no longer has this folder, nor what was in it");
  else if (renamed != NULL && renamed->in_other && renamed->other_type == DT_DIR)
    {
      subdir->target_name = g_strdup (target.name);
      moor_compare_differ (dir, object->name, MOOR_STATUS_RENAMED, MOOR_CAUSE_COLLISION,
                           object->kind, FALSE, target.name);
    }
  else if (target.is_left || (target.paths != NULL && target.paths[0] != NULL))
    (void) moor_compare_is_at_all (dir, data, object, &target);
  else if (data->has_other && !name->in_other)
    moor_compare_missing (dir, data, object);
  else if (name->in_other && name->other_type != DT_DIR)
    moor_compare_differ (dir, object->name, MOOR_STATUS_CHANGED, MOOR_CAUSE_OTHER_OBJECT,
                         object->kind, TRUE, "it is no folder any more");
}

typedef struct
{
  MoorDir *dir;
  MoorComparedDir *data;
} Children;

static gboolean
child_cb (const MoorObject *object, gpointer user_data)
{
  Children *children = user_data;
  MoorComparedDir *data = children->data;
  g_auto(MoorTargetText) target = { 0 };
  MoorComparedName *name = g_hash_table_lookup (data->names, object->name);

  if (name != NULL)
    name->in_catalogue = TRUE;
  if (object->target_name != NULL)
    moor_target_text_parse (object->target_name, &target);
  if (target.name != NULL)
    {
      MoorComparedName *renamed = g_hash_table_lookup (data->names, target.name);

      if (renamed != NULL)
        renamed->in_catalogue = TRUE;
    }
  if (object->kind == MOOR_KIND_DIRECTORY)
    compare_dir (children->dir, data, object, name);
  else
    moor_compare_object (children->dir, data, object, name);
  return TRUE;
}

static MoorKind
kind_of_type (guint8 type)
{
  return type == DT_UNKNOWN ? MOOR_KIND_FILE : moor_kind_from_mode ((guint32) DTTOIF (type));
}

/* A store that lies in the home it was made from is no part of that home, nor is a home
 * one of the system around it. */
static gboolean
is_apart (MoorDir *dir,
          const MoorComparedDir *data,
          const char *name,
          const MoorComparedName *entry)
{
  int other_fd = entry->other_type == DT_DIR && moor_dir_has_mirror (dir)
                     ? moor_dir_mirror_fd (dir, NULL)
                     : -1;
  g_autofree char *below = moor_dir_path_below (dir, name);

  return other_fd >= 0
         && moor_comparison_is_apart (data->comparison, data->compared, other_fd, name, below);
}

/* What is selected by no rule itself may hold what is. */
static void
find_unseen (MoorDir *dir, MoorComparedDir *data, const char *name, MoorRuleState state)
{
  g_autofree char *below = moor_dir_path_below (dir, name);
  int other_fd = moor_dir_mirror_fd (dir, NULL);

  if (other_fd >= 0)
    moor_comparison_find_unseen (data->comparison, data->compared, other_fd, name, below, state);
}

/* What only the other side has. */
static void
compare_extra (MoorDir *dir, MoorComparedDir *data, const char *name, const MoorComparedName *entry)
{
  gboolean is_source = data->comparison->options->against == MOOR_AGAINST_SOURCE;
  const gboolean is_dir = entry->other_type == DT_DIR;
  MoorDecision decision;

  if (!entry->in_other || entry->in_catalogue
      || (!is_source && moor_comparison_is_system (data->compared)))
    return;
  moor_ruling_decide (data->comparison->rules, data->comparison->sys,
                      data->has_other && !data->compared->moved ? dir : NULL, moor_dir_mirror_fd,
                      data->state, name, is_dir, &decision);
  if ((!decision.selected && !decision.descend) || is_apart (dir, data, name, entry))
    return;
  if (!is_source)
    {
      moor_compare_differ (dir, name, MOOR_STATUS_EXTRA, MOOR_CAUSE_NONE,
                           kind_of_type (entry->other_type), FALSE, "it was not in the store");
      return;
    }
  if (decision.selected)
    moor_compare_differ (dir, name, MOOR_STATUS_MISSING, MOOR_CAUSE_CHANGED,
                         kind_of_type (entry->other_type), TRUE,
                         "it is new since the capture and not in the store");
  if (is_dir && decision.descend && data->comparison->compiled)
    find_unseen (dir, data, name, decision.state);
}

static void
fail (MoorComparison *comparison, GError *error)
{
  moor_lock (&comparison->lock);
  if (comparison->failed == NULL)
    comparison->failed = error;
  else
    g_error_free (error);
  moor_unlock (&comparison->lock);
}

/* Whether the folder has the attributes it had. */
static void
compare_attributes (MoorDir *dir, MoorComparedDir *data)
{
  MoorComparison *comparison = data->comparison;
  g_auto(MoorMeta) before = { 0 };
  g_auto(MoorMeta) after = { 0 };
  g_autoptr(GString) difference = g_string_new (NULL);
  g_autoptr(GError) error = NULL;
  GVariant *mapped;
  int fd = moor_dir_fd (dir, NULL);
  int other_fd = data->has_other && !data->compared->moved ? moor_dir_mirror_fd (dir, NULL) : -1;

  /* Folders that others' files are in are the new system's. */
  if (comparison->options->against != MOOR_AGAINST_RESTORED || fd < 0 || other_fd < 0
      || moor_comparison_is_system (data->compared) || data->is_changed)
    return;
  if (!moor_meta_read (comparison->sys, fd, &before, &error)
      || !moor_meta_read (comparison->sys, other_fd, &after, &error))
    {
      moor_compare_differ (dir, "", MOOR_STATUS_METADATA, MOOR_CAUSE_READ_ERROR,
                           MOOR_KIND_DIRECTORY, TRUE, error->message);
      return;
    }
  before.stx.stx_uid = before.stx.stx_uid == data->compared->ids.old_uid
                           ? data->compared->ids.new_uid
                           : before.stx.stx_uid;
  before.stx.stx_gid = before.stx.stx_gid == data->compared->ids.old_gid
                           ? data->compared->ids.new_gid
                           : before.stx.stx_gid;
  mapped = moor_meta_map_xattrs (before.xattrs, &data->compared->ids);
  g_clear_pointer (&before.xattrs, g_variant_unref);
  before.xattrs = mapped;
  /* Ordinary use changes a folder's time. */
  before.stx.stx_mtime = after.stx.stx_mtime;
  before.flags = after.flags;
  if (!moor_meta_equal (&before, &after, difference))
    moor_compare_differ (dir, "", MOOR_STATUS_METADATA, MOOR_CAUSE_METADATA, MOOR_KIND_DIRECTORY,
                         TRUE, difference->str);
}

/* Lists what the other side has. */
static void
list_other (MoorDir *dir, MoorComparedDir *data)
{
  g_autoptr(GError) error = NULL;
  struct stat here;
  struct stat there;
  int fd = moor_dir_fd (dir, NULL);
  int other_fd;

  if (!data->has_other || data->compared->moved)
    return;
  other_fd = moor_dir_mirror_fd (dir, &error);
  if (other_fd < 0 || !moor_list_dir (data->comparison->sys, other_fd, note_other_cb, data, &error))
    {
      note_unreadable (dir, data, error);
      return;
    }
  data->same_volume = fd >= 0 && fstat (fd, &here) == 0 && fstat (other_fd, &there) == 0
                      && here.st_dev == there.st_dev;
}

static void
entries_done_cb (MoorDir *dir, guint worker, gpointer user_data)
{
  MoorComparison *comparison = user_data;
  MoorComparedDir *data = moor_dir_data (dir);
  Children children = { dir, data };
  GError *error = NULL;
  MoorReader *reader = reader_of (comparison, worker, &error);
  GHashTableIter iter;
  gpointer name;
  gpointer entry;

  list_other (dir, data);
  if (reader == NULL || !moor_reader_children (reader, data->id, child_cb, &children, &error))
    {
      fail (comparison, error);
      g_cancellable_cancel (moor_job_get_cancellable (comparison->job));
      return;
    }
  g_hash_table_iter_init (&iter, data->names);
  while (g_hash_table_iter_next (&iter, &name, &entry))
    compare_extra (dir, data, name, entry);
  compare_attributes (dir, data);
  moor_job_add (comparison->job, g_hash_table_size (data->names), 0);
  g_clear_pointer (&data->names, g_hash_table_unref);
}

static void
problem_cb (MoorDir *dir,
            const char *name,
            int errnum,
            const GError *error,
            guint worker,
            gpointer user_data)
{
  moor_job_log (((MoorComparison *) user_data)->job, MOOR_LOG_ERROR, "%s", error->message);
  moor_compare_differ (dir, name != NULL ? name : "", MOOR_STATUS_MISSING, MOOR_CAUSE_READ_ERROR,
                       MOOR_KIND_DIRECTORY, TRUE, "the store's folder cannot be read");
}

/**
 * moor_comparison_walk:
 *
 * Compares all trees of @comparison.  Blocks.  Any thread.
 *
 * Returns: %FALSE with %G_IO_ERROR_CANCELLED or an error of the catalogue
 */
gboolean
moor_comparison_walk (MoorComparison *comparison, guint n_workers, GError **error)
{
  static const MoorWalkVisitor visitor = { enter_cb, entry_cb, entries_done_cb, NULL, problem_cb };
  g_autofree MoorWalkRoot *roots = g_new0 (MoorWalkRoot, comparison->n_compared + 1);
  g_autofree MoorComparedDir *seeds = g_new0 (MoorComparedDir, comparison->n_compared + 1);
  MoorWalkOptions options = { .n_workers = n_workers,
                              .sys = comparison->sys,
                              .data_free = dir_data_free };
  guint n_roots = 0;
  g_autoptr(GError) walk_error = NULL;

  for (guint i = 0; i < comparison->n_compared; i++)
    {
      MoorCompared *compared = &comparison->compared[i];
      int dfd = compared->moved ? compared->other_dfd : compared->store_dfd;

      if (dfd < 0)
        continue;
      roots[n_roots].dfd = dfd;
      roots[n_roots].mirror_dfd = compared->moved ? -1 : compared->other_dfd;
      roots[n_roots].name = compared->profile->name;
      /* What a root that cannot even be opened is told with. */
      seeds[n_roots].comparison = comparison;
      seeds[n_roots].compared = compared;
      roots[n_roots].data = &seeds[n_roots];
      n_roots++;
    }
  (void) moor_walk_run (roots, n_roots, &visitor, comparison, &options,
                        moor_job_get_cancellable (comparison->job), &walk_error);
  if (comparison->failed != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&comparison->failed));
      return FALSE;
    }
  if (walk_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&walk_error));
      return FALSE;
    }
  return TRUE;
}
