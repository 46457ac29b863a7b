/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-verify-private.h"

#include <string.h>

#include "moor-counter.h"
#include "moor-link.h"
#include "moor-restore-private.h"
#include "moor-ruling.h"
#include "moor-text.h"

/*
 * The store's tree is walked, with the home it is compared with as its mirror.
 * For each directory three lists are laid side by side: what the catalogue
 * says, what the store holds, what the other side has.  A home that was moved
 * out of the store is both of the latter.
 */

/* One name of one directory, from up to three sides. */
typedef struct
{
  gboolean in_store;
  gboolean in_other;
  gboolean in_catalogue;
  guint8 other_type;
  guint64 other_ino;
} Name;

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

typedef struct
{
  MoorComparison *comparison;
  MoorCompared *compared;
  guint64 id;
  MoorRuleState state;
  gboolean has_other;
  gboolean is_changed;    /* rules gave it other attributes */
  gboolean same_volume;   /* as the other side: only then equal inodes are one object */
  gboolean is_unreadable; /* the other side, here or above: what is in it is not known */
  GHashTable *names;      /* (element-type filename Name) (owned): until entries_done */
  GHashTable *dirs;       /* (element-type filename Subdir) (owned) (nullable): subdirectories */
} DirData;

static void
dir_data_free (gpointer user_data)
{
  DirData *data = user_data;

  g_clear_pointer (&data->names, g_hash_table_unref);
  g_clear_pointer (&data->dirs, g_hash_table_unref);
  g_free (data);
}

static void
differ (MoorDir *dir,
        const char *name,
        MoorStatus status,
        MoorCause cause,
        MoorKind kind,
        gboolean blocks,
        const char *detail)
{
  DirData *data = moor_dir_data (dir);
  g_autofree char *path = moor_dir_path_below (dir, name);

  moor_comparison_add (data->comparison, data->compared, path, status, cause, kind, blocks, detail);
}

static Name *
name_of (DirData *data, const char *name)
{
  Name *found = g_hash_table_lookup (data->names, name);

  if (found == NULL)
    {
      found = g_new0 (Name, 1);
      g_hash_table_insert (data->names, g_strdup (name), found);
    }
  return found;
}

static gboolean
note_other_cb (const char *name, guint8 type, guint64 ino, gpointer user_data)
{
  Name *entry = name_of (user_data, name);

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
note_unreadable (MoorDir *dir, DirData *data, const GError *error)
{
  moor_job_log (data->comparison->job, MOOR_LOG_ERROR, "%s", error->message);
  data->is_unreadable = TRUE;
  differ (dir, "", MOOR_STATUS_MISSING, MOOR_CAUSE_READ_ERROR, MOOR_KIND_DIRECTORY, TRUE,
          "the home's folder cannot be read");
}

/* The twin on the other side, if there is one that may be looked into. */
static void
open_other (MoorDir *dir, DirData *data, const char *name)
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
  DirData *above = parent != NULL ? moor_dir_data (parent) : NULL;
  const char *name = moor_dir_name (dir);
  const char *other_name = name;
  DirData *data = g_new0 (DirData, 1);

  data->comparison = comparison;
  data->compared = ((const DirData *) moor_dir_data (parent != NULL ? parent : dir))->compared;
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
    differ (dir, "", MOOR_STATUS_MISSING, MOOR_CAUSE_MISSING, MOOR_KIND_DIRECTORY, TRUE,
            "the capture could not take this home");
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
  DirData *data = moor_dir_data (dir);
  Name *entry = name_of (data, name);

  entry->in_store = !data->compared->moved;
  if (data->compared->moved)
    note_other_cb (name, type, ino, data);
  return type == DT_DIR;
}

static void
fill_time (const struct statx *stx, gint64 *out_mtime_ns)
{
  *out_mtime_ns = stx->stx_mtime.tv_sec * G_GINT64_CONSTANT (1000000000) + stx->stx_mtime.tv_nsec;
}

/* A link is the very file; a copy has to be read to know that it is whole. */
static gboolean
is_damaged_copy (const MoorComparison *comparison, int fd, const MoorObject *object)
{
  guint8 hash[MOOR_HASH_BYTES];

  return object->method != MOOR_METHOD_LINK && object->hash != NULL
         && (!moor_hash_entry (comparison->sys, fd, object->name,
                               moor_job_get_cancellable (comparison->job), hash, NULL)
             || memcmp (hash, object->hash, sizeof hash) != 0);
}

/* Whether what lies in the store is still what was captured; says what is not. */
static gboolean
check_store (MoorDir *dir, DirData *data, const MoorObject *object, struct statx *out_stx)
{
  MoorComparison *comparison = data->comparison;
  gint64 mtime_ns;
  int fd = moor_dir_fd (dir, NULL);

  if (fd < 0
      || comparison->sys->statx (fd, object->name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, out_stx)
             < 0)
    {
      differ (dir, object->name, MOOR_STATUS_MISSING, MOOR_CAUSE_MISSING, object->kind, TRUE,
              data->compared->moved ? "it is gone" : "the store no longer has it");
      return FALSE;
    }

  fill_time (out_stx, &mtime_ns);
  if (out_stx->stx_ino != object->ino || moor_kind_from_mode (out_stx->stx_mode) != object->kind)
    {
      differ (dir, object->name, MOOR_STATUS_CHANGED, MOOR_CAUSE_OTHER_OBJECT, object->kind, TRUE,
              data->compared->moved ? "it was saved anew or replaced"
                                    : "the store holds another object under this name");
      return FALSE;
    }
  if (object->kind == MOOR_KIND_FILE
      && (out_stx->stx_size != object->size || mtime_ns != object->mtime_ns))
    {
      differ (dir, object->name, MOOR_STATUS_CHANGED, MOOR_CAUSE_CHANGED, object->kind, TRUE,
              "it was edited since the capture; the edit is in the store too");
      return FALSE;
    }
  if (is_damaged_copy (comparison, fd, object))
    {
      differ (dir, object->name, MOOR_STATUS_CHANGED, MOOR_CAUSE_CHANGED, object->kind, TRUE,
              "the copy does not hold what was copied");
      return FALSE;
    }
  return TRUE;
}

static gboolean
same_owner_and_mode (const MoorCompared *compared,
                     const MoorObject *object,
                     const struct statx *stx)
{
  guint32 uid = object->uid == compared->ids.old_uid ? compared->ids.new_uid : object->uid;
  guint32 gid = object->gid == compared->ids.old_gid ? compared->ids.new_gid : object->gid;

  return stx->stx_uid == uid && stx->stx_gid == gid && stx->stx_mode == object->mode;
}

static void
count_after (MoorCompared *compared, const struct statx *stx)
{
  moor_counter_add (&compared->n_after, 1);
  moor_counter_add (&compared->bytes_after, stx->stx_size);
}

static void
be_same (MoorDir *dir,
         DirData *data,
         const MoorObject *object,
         const struct statx *stx,
         MoorStatus status)
{
  count_after (data->compared, stx);
  if (data->comparison->options->against == MOOR_AGAINST_RESTORED
      && !same_owner_and_mode (data->compared, object, stx))
    {
      differ (dir, object->name, MOOR_STATUS_METADATA, MOOR_CAUSE_METADATA, object->kind, TRUE,
              "its owner or its permissions are not what they were");
      return;
    }
  moor_counter_add (&data->compared->n_status[status], 1);
}

/* A copy has another inode: its content is what counts. */
static void
compare_copy (MoorDir *dir, DirData *data, const MoorObject *object, const char *name)
{
  MoorComparison *comparison = data->comparison;
  struct statx stx;
  gint64 mtime_ns;
  guint8 hash[MOOR_HASH_BYTES];
  gboolean equal;
  int fd = moor_dir_mirror_fd (dir, NULL);

  if (fd < 0 || comparison->sys->statx (fd, name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &stx) < 0)
    return;
  fill_time (&stx, &mtime_ns);
  equal = moor_kind_from_mode (stx.stx_mode) == object->kind && mtime_ns == object->mtime_ns
          && (object->kind != MOOR_KIND_FILE || stx.stx_size == object->size);
  if (equal && object->hash != NULL
      && (comparison->options->content || comparison->options->against == MOOR_AGAINST_RESTORED))
    equal = moor_hash_entry (comparison->sys, fd, name, moor_job_get_cancellable (comparison->job),
                             hash, NULL)
            && memcmp (hash, object->hash, sizeof hash) == 0;
  if (equal)
    {
      be_same (dir, data, object, &stx, MOOR_STATUS_EQUAL_COPY);
      return;
    }
  count_after (data->compared, &stx);
  differ (dir, object->name, MOOR_STATUS_CHANGED, MOOR_CAUSE_CHANGED, object->kind, TRUE,
          "it is not the file that was copied");
}

static void
compare_missing (MoorDir *dir, DirData *data, const MoorObject *object)
{
  if (data->is_unreadable)
    return;
  if (data->comparison->options->against == MOOR_AGAINST_SOURCE)
    differ (dir, object->name, MOOR_STATUS_EXTRA, MOOR_CAUSE_VANISHED, object->kind, FALSE,
            "it was deleted since the capture; the store still has it");
  else
    differ (dir, object->name, MOOR_STATUS_MISSING, MOOR_CAUSE_MISSING, object->kind, TRUE,
            "it did not come back");
}

/* Kept under another name, because there was something in its place. */
static gboolean
compare_renamed (MoorDir *dir,
                 DirData *data,
                 const MoorObject *object,
                 const char *target_name,
                 const struct statx *stx)
{
  const Name *renamed = g_hash_table_lookup (data->names, target_name);

  if (renamed == NULL || !renamed->in_other)
    return FALSE;
  if (!data->same_volume || renamed->other_ino != object->ino)
    {
      compare_copy (dir, data, object, target_name);
      return TRUE;
    }
  if (g_str_equal (target_name, object->name))
    {
      be_same (dir, data, object, stx, MOOR_STATUS_SAME);
      return TRUE;
    }
  count_after (data->compared, stx);
  differ (dir, object->name, MOOR_STATUS_RENAMED, MOOR_CAUSE_COLLISION, object->kind, FALSE,
          target_name);
  return TRUE;
}

/* Whether it is wherever rules sent it; tells where it is not. */
static gboolean
is_at_all (MoorDir *dir, DirData *data, const MoorObject *object, const MoorTargetText *target)
{
  int fd = moor_dir_fd (dir, NULL);

  for (char **path = target->paths; *path != NULL; path++)
    {
      g_autofree char *detail = NULL;

      if (moor_comparison_is_at (data->comparison, fd, object, *path))
        continue;
      detail = g_strconcat ("it is not at ", *path, ", where rules sent it", NULL);
      differ (dir, object->name, MOOR_STATUS_MISSING, MOOR_CAUSE_MISSING, object->kind, TRUE,
              detail);
      return FALSE;
    }
  return TRUE;
}

/* What rules gave other attributes is the same if its content is. */
static gboolean
compare_changed (MoorDir *dir, DirData *data, const MoorObject *object, const char *name)
{
  const Name *entry = g_hash_table_lookup (data->names, name);

  if (entry == NULL || !entry->in_other
      || !moor_comparison_has_content (data->comparison, moor_dir_fd (dir, NULL), object,
                                       moor_dir_mirror_fd (dir, NULL), name))
    return FALSE;
  moor_counter_add (&data->compared->n_after, 1);
  moor_counter_add (&data->compared->bytes_after, object->size);
  moor_counter_add (&data->compared->n_status[MOOR_STATUS_EQUAL_COPY], 1);
  return TRUE;
}

/* What a restore has written down of an object.  %TRUE if nothing more is to be compared. */
static gboolean
compare_target (MoorDir *dir, DirData *data, const MoorObject *object, const struct statx *stx)
{
  g_auto(MoorTargetText) target = { 0 };

  if (object->target_name == NULL || data->comparison->options->against != MOOR_AGAINST_RESTORED)
    return FALSE;
  moor_target_text_parse (object->target_name, &target);
  if (!is_at_all (dir, data, object, &target))
    return TRUE;
  if (target.name == NULL)
    {
      differ (dir, object->name, MOOR_STATUS_RENAMED, MOOR_CAUSE_COLLISION, object->kind, FALSE,
              target.is_left ? "by a rule it stays in the store" : target.paths[0]);
      return TRUE;
    }
  if (target.is_changed && compare_changed (dir, data, object, target.name))
    return TRUE;
  return compare_renamed (dir, data, object, target.name, stx);
}

/* What was linked into the store is copied where the home is on another volume. */
static gboolean
came_back_as_copy (MoorDir *dir, DirData *data, const char *name)
{
  const MoorComparison *comparison = data->comparison;
  int fd = moor_dir_fd (dir, NULL);
  int other_fd = moor_dir_mirror_fd (dir, NULL);

  return comparison->options->against == MOOR_AGAINST_RESTORED && fd >= 0 && other_fd >= 0
         && moor_same_content (comparison->sys, fd, name, other_fd, name,
                               moor_job_get_cancellable (comparison->job), NULL);
}

static void
compare_object (MoorDir *dir, DirData *data, const MoorObject *object, const Name *name)
{
  struct statx stx;

  moor_counter_add (&data->compared->n_before, 1);
  moor_counter_add (&data->compared->bytes_before, object->size);
  if (!check_store (dir, data, object, &stx))
    return;
  if (data->compared->moved)
    {
      be_same (dir, data, object, &stx, MOOR_STATUS_SAME);
      return;
    }
  if (compare_target (dir, data, object, &stx))
    return;
  if (name == NULL || !name->in_other)
    {
      compare_missing (dir, data, object);
      return;
    }
  if (data->same_volume && name->other_ino == object->ino && name->other_type != DT_DIR)
    {
      be_same (dir, data, object, &stx, MOOR_STATUS_SAME);
      return;
    }
  if (object->method != MOOR_METHOD_LINK || came_back_as_copy (dir, data, object->name))
    {
      compare_copy (dir, data, object, object->name);
      return;
    }
  count_after (data->compared, &stx);
  differ (dir, object->name, MOOR_STATUS_CHANGED, MOOR_CAUSE_OTHER_OBJECT, object->kind, TRUE,
          "it was saved anew since the capture; the store has the earlier version");
}

static void
compare_dir (MoorDir *dir, DirData *data, const MoorObject *object, const Name *name)
{
  const gboolean restored = data->comparison->options->against == MOOR_AGAINST_RESTORED;
  Subdir *subdir = g_new0 (Subdir, 1);
  const Name *renamed = NULL;
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
    differ (dir, object->name, MOOR_STATUS_MISSING, MOOR_CAUSE_MISSING, object->kind, TRUE,
            data->compared->moved ? "the folder is gone"
                                  : "the store no longer has this folder, nor what was in it");
  else if (renamed != NULL && renamed->in_other && renamed->other_type == DT_DIR)
    {
      subdir->target_name = g_strdup (target.name);
      differ (dir, object->name, MOOR_STATUS_RENAMED, MOOR_CAUSE_COLLISION, object->kind, FALSE,
              target.name);
    }
  else if (target.is_left || (target.paths != NULL && target.paths[0] != NULL))
    (void) is_at_all (dir, data, object, &target);
  else if (data->has_other && !name->in_other)
    compare_missing (dir, data, object);
  else if (name->in_other && name->other_type != DT_DIR)
    differ (dir, object->name, MOOR_STATUS_CHANGED, MOOR_CAUSE_OTHER_OBJECT, object->kind, TRUE,
            "it is no folder any more");
}

typedef struct
{
  MoorDir *dir;
  DirData *data;
} Children;

static gboolean
child_cb (const MoorObject *object, gpointer user_data)
{
  Children *children = user_data;
  DirData *data = children->data;
  g_auto(MoorTargetText) target = { 0 };
  Name *name = g_hash_table_lookup (data->names, object->name);

  if (name != NULL)
    name->in_catalogue = TRUE;
  if (object->target_name != NULL)
    moor_target_text_parse (object->target_name, &target);
  if (target.name != NULL)
    {
      Name *renamed = g_hash_table_lookup (data->names, target.name);

      if (renamed != NULL)
        renamed->in_catalogue = TRUE;
    }
  if (object->kind == MOOR_KIND_DIRECTORY)
    compare_dir (children->dir, data, object, name);
  else
    compare_object (children->dir, data, object, name);
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
is_apart (MoorDir *dir, const DirData *data, const char *name, const Name *entry)
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
find_unseen (MoorDir *dir, DirData *data, const char *name, MoorRuleState state)
{
  g_autofree char *below = moor_dir_path_below (dir, name);
  int other_fd = moor_dir_mirror_fd (dir, NULL);

  if (other_fd >= 0)
    moor_comparison_find_unseen (data->comparison, data->compared, other_fd, name, below, state);
}

/* What only the other side has. */
static void
compare_extra (MoorDir *dir, DirData *data, const char *name, const Name *entry)
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
      differ (dir, name, MOOR_STATUS_EXTRA, MOOR_CAUSE_NONE, kind_of_type (entry->other_type),
              FALSE, "it was not in the store");
      return;
    }
  if (decision.selected)
    differ (dir, name, MOOR_STATUS_MISSING, MOOR_CAUSE_CHANGED, kind_of_type (entry->other_type),
            TRUE, "it is new since the capture and not in the store");
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
compare_attributes (MoorDir *dir, DirData *data)
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
      differ (dir, "", MOOR_STATUS_METADATA, MOOR_CAUSE_READ_ERROR, MOOR_KIND_DIRECTORY, TRUE,
              error->message);
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
    differ (dir, "", MOOR_STATUS_METADATA, MOOR_CAUSE_METADATA, MOOR_KIND_DIRECTORY, TRUE,
            difference->str);
}

/* Lists what the other side has. */
static void
list_other (MoorDir *dir, DirData *data)
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
  DirData *data = moor_dir_data (dir);
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
  differ (dir, name != NULL ? name : "", MOOR_STATUS_MISSING, MOOR_CAUSE_READ_ERROR,
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
  g_autofree DirData *seeds = g_new0 (DirData, comparison->n_compared + 1);
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
