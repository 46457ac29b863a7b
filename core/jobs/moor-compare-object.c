/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-compare-private.h"

#include <string.h>

#include "moor-counter.h"
#include "moor-link.h"

/* One object that is no directory: whether the store still has what was captured, and the
 * other side the same. */

/* Tells of a difference below @dir. */
void
moor_compare_differ (MoorDir *dir,
                     const char *name,
                     MoorStatus status,
                     MoorCause cause,
                     MoorKind kind,
                     gboolean blocks,
                     const char *detail)
{
  MoorComparedDir *data = moor_dir_data (dir);
  g_autofree char *path = moor_dir_path_below (dir, name);

  moor_comparison_add (data->comparison, data->compared, path, status, cause, kind, blocks, detail);
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
check_store (MoorDir *dir, MoorComparedDir *data, const MoorObject *object, struct statx *out_stx)
{
  MoorComparison *comparison = data->comparison;
  gint64 mtime_ns;
  int fd = moor_dir_fd (dir, NULL);

  if (fd < 0
      || comparison->sys->statx (fd, object->name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, out_stx)
             < 0)
    {
      moor_compare_differ (dir, object->name, MOOR_STATUS_MISSING, MOOR_CAUSE_MISSING, object->kind,
                           TRUE,
                           data->compared->moved ? "it is gone" : "the store no longer has it");
      return FALSE;
    }

  fill_time (out_stx, &mtime_ns);
  if (out_stx->stx_ino != object->ino || moor_kind_from_mode (out_stx->stx_mode) != object->kind)
    {
      moor_compare_differ (
          dir, object->name, MOOR_STATUS_CHANGED, MOOR_CAUSE_OTHER_OBJECT, object->kind, TRUE,
          data->compared->moved ? "it was saved anew or replaced"
                                : "the store holds another object under this name");
      return FALSE;
    }
  if (object->kind == MOOR_KIND_FILE
      && (out_stx->stx_size != object->size || mtime_ns != object->mtime_ns))
    {
      moor_compare_differ (dir, object->name, MOOR_STATUS_CHANGED, MOOR_CAUSE_CHANGED, object->kind,
                           TRUE, "it was edited since the capture; the edit is in the store too");
      return FALSE;
    }
  if (is_damaged_copy (comparison, fd, object))
    {
      moor_compare_differ (dir, object->name, MOOR_STATUS_CHANGED, MOOR_CAUSE_CHANGED, object->kind,
                           TRUE, "the copy does not hold what was copied");
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
         MoorComparedDir *data,
         const MoorObject *object,
         const struct statx *stx,
         MoorStatus status)
{
  count_after (data->compared, stx);
  if (data->comparison->options->against == MOOR_AGAINST_RESTORED
      && !same_owner_and_mode (data->compared, object, stx))
    {
      moor_compare_differ (dir, object->name, MOOR_STATUS_METADATA, MOOR_CAUSE_METADATA,
                           object->kind, TRUE,
                           "its owner or its permissions are not what they were");
      return;
    }
  moor_counter_add (&data->compared->n_status[status], 1);
}

/* A copy has another inode: its content is what counts. */
static void
compare_copy (MoorDir *dir, MoorComparedDir *data, const MoorObject *object, const char *name)
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
  moor_compare_differ (dir, object->name, MOOR_STATUS_CHANGED, MOOR_CAUSE_CHANGED, object->kind,
                       TRUE, "it is not the file that was copied");
}

void
moor_compare_missing (MoorDir *dir, MoorComparedDir *data, const MoorObject *object)
{
  if (data->is_unreadable)
    return;
  if (data->comparison->options->against == MOOR_AGAINST_SOURCE)
    moor_compare_differ (dir, object->name, MOOR_STATUS_EXTRA, MOOR_CAUSE_VANISHED, object->kind,
                         FALSE, "it was deleted since the capture; the store still has it");
  else
    moor_compare_differ (dir, object->name, MOOR_STATUS_MISSING, MOOR_CAUSE_MISSING, object->kind,
                         TRUE, "it did not come back");
}

/* Kept under another name, because there was something in its place. */
static gboolean
compare_renamed (MoorDir *dir,
                 MoorComparedDir *data,
                 const MoorObject *object,
                 const char *target_name,
                 const struct statx *stx)
{
  const MoorComparedName *renamed = g_hash_table_lookup (data->names, target_name);

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
  moor_compare_differ (dir, object->name, MOOR_STATUS_RENAMED, MOOR_CAUSE_COLLISION, object->kind,
                       FALSE, target_name);
  return TRUE;
}

/* Whether it is wherever rules sent it; tells where it is not. */
gboolean
moor_compare_is_at_all (MoorDir *dir,
                        MoorComparedDir *data,
                        const MoorObject *object,
                        const MoorTargetText *target)
{
  int fd = moor_dir_fd (dir, NULL);

  for (char **path = target->paths; *path != NULL; path++)
    {
      g_autofree char *detail = NULL;

      if (moor_comparison_is_at (data->comparison, fd, object, *path))
        continue;
      detail = g_strconcat ("it is not at ", *path, ", where rules sent it", NULL);
      moor_compare_differ (dir, object->name, MOOR_STATUS_MISSING, MOOR_CAUSE_MISSING, object->kind,
                           TRUE, detail);
      return FALSE;
    }
  return TRUE;
}

/* What rules gave other attributes is the same if its content is. */
static gboolean
compare_changed (MoorDir *dir, MoorComparedDir *data, const MoorObject *object, const char *name)
{
  const MoorComparedName *entry = g_hash_table_lookup (data->names, name);

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
compare_target (MoorDir *dir,
                MoorComparedDir *data,
                const MoorObject *object,
                const struct statx *stx)
{
  g_auto(MoorTargetText) target = { 0 };

  if (object->target_name == NULL || data->comparison->options->against != MOOR_AGAINST_RESTORED)
    return FALSE;
  moor_target_text_parse (object->target_name, &target);
  if (!moor_compare_is_at_all (dir, data, object, &target))
    return TRUE;
  if (target.name == NULL)
    {
      moor_compare_differ (dir, object->name, MOOR_STATUS_RENAMED,
                           target.is_left ? MOOR_CAUSE_WITHHELD : MOOR_CAUSE_MOVED, object->kind,
                           FALSE,
                           target.is_left ? "by a rule it stays in the store" : target.paths[0]);
      return TRUE;
    }
  if (target.is_changed && compare_changed (dir, data, object, target.name))
    return TRUE;
  return compare_renamed (dir, data, object, target.name, stx);
}

/* What was linked into the store is copied where the home is on another volume. */
static gboolean
came_back_as_copy (MoorDir *dir, MoorComparedDir *data, const char *name)
{
  const MoorComparison *comparison = data->comparison;
  int fd = moor_dir_fd (dir, NULL);
  int other_fd = moor_dir_mirror_fd (dir, NULL);

  return comparison->options->against == MOOR_AGAINST_RESTORED && fd >= 0 && other_fd >= 0
         && moor_same_content (comparison->sys, fd, name, other_fd, name,
                               moor_job_get_cancellable (comparison->job), NULL);
}

void
moor_compare_object (MoorDir *dir,
                     MoorComparedDir *data,
                     const MoorObject *object,
                     const MoorComparedName *name)
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
      moor_compare_missing (dir, data, object);
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
  moor_compare_differ (dir, object->name, MOOR_STATUS_CHANGED, MOOR_CAUSE_OTHER_OBJECT,
                       object->kind, TRUE,
                       "it was saved anew since the capture; the store has the earlier version");
}
