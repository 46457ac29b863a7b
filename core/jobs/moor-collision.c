/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-restore-private.h"

/*
 * A name is taken by a different object.  In a tree that is being built what is
 * there has another name in the home it came from, so it may be replaced; in a
 * living one it is put into the store's keeping in the same moment.
 */

#define MAX_TRIES 10000

/* Whether the other object is as good as the one from the store. */
static gboolean
same_content (const MoorCollision *collision, const char *there)
{
  MoorJob *job = collision->restore->job;

  return moor_same_content (moor_job_get_sys (job), collision->src_dfd, collision->src_name,
                            collision->dst_dfd, there, moor_job_get_cancellable (job), NULL);
}

/**
 * moor_restore_is_copy:
 *
 * Returns: whether one object is a copy of the other, made by an earlier run: the same
 *   content with the same time.  Blocks.  Any thread.
 */
gboolean
moor_restore_is_copy (const MoorRestore *restore,
                      int src_dfd,
                      const char *src_name,
                      int dst_dfd,
                      const char *dst_name)
{
  const MoorSys *sys = moor_job_get_sys (restore->job);
  struct statx a;
  struct statx b;

  return sys->statx (src_dfd, src_name, AT_SYMLINK_NOFOLLOW, STATX_MTIME, &a) == 0
         && sys->statx (dst_dfd, dst_name, AT_SYMLINK_NOFOLLOW, STATX_MTIME, &b) == 0
         && a.stx_mtime.tv_sec == b.stx_mtime.tv_sec && a.stx_mtime.tv_nsec == b.stx_mtime.tv_nsec
         && moor_same_content (sys, src_dfd, src_name, dst_dfd, dst_name,
                               moor_job_get_cancellable (restore->job), NULL);
}

/* What an earlier run has put there: rules may have given it another time. */
static gboolean
was_put (const MoorCollision *collision, const char *there)
{
  if (collision->fate != NULL && (collision->fate->travels & MOOR_ATTRIBUTES_TIMES) == 0)
    return same_content (collision, there);
  return moor_restore_is_copy (collision->restore, collision->src_dfd, collision->src_name,
                               collision->dst_dfd, there);
}

static MoorPlaced
place_as (const MoorCollision *collision, MoorMethod method, const char *name, MoorPlacing *placing)
{
  MoorJob *job = collision->restore->job;

  return moor_place_entry (moor_job_get_sys (job), collision->src_dfd, collision->src_name,
                           collision->dst_dfd, name, method, moor_job_get_cancellable (job),
                           placing);
}

/* Takes a name out of the tree that is built; the home it came from keeps it. */
static MoorPlaced
replace (const MoorCollision *collision, MoorPlacing *placing)
{
  const MoorSys *sys = moor_job_get_sys (collision->restore->job);
  const gboolean keeps = moor_restore_keeps_existing (collision->fate);
  g_auto(MoorMeta) existing = { 0 };
  g_autoptr(GError) error = NULL;
  MoorPlaced placed;

  if (keeps && !moor_meta_read_at (sys, collision->dst_dfd, collision->dst_name, &existing, &error))
    moor_job_log (collision->restore->job, MOOR_LOG_WARNING, "%s", error->message);
  if (sys->unlinkat (collision->dst_dfd, collision->dst_name, 0) < 0)
    {
      placing->errnum = errno;
      placing->cause = moor_cause_from_errno (errno);
      return MOOR_PLACED_FAILED;
    }
  placed = place_as (collision, keeps ? MOOR_METHOD_REFLINK : collision->method,
                     collision->dst_name, placing);
  if (keeps && error == NULL && placed != MOOR_PLACED_FAILED
      && !moor_restore_give_attributes (collision->restore, collision->fate, collision->ids,
                                        collision->dst_dfd, collision->dst_name, &existing, &error))
    moor_job_log (collision->restore->job, MOOR_LOG_WARNING, "%s", error->message);
  return placed;
}

static MoorPlaced
place_beside (const MoorCollision *collision,
              const char *pattern,
              char **out_name,
              MoorPlacing *placing)
{
  MoorPlaced placed = MOOR_PLACED_TAKEN;

  for (guint n = 1; placed == MOOR_PLACED_TAKEN && n < MAX_TRIES; n++)
    {
      g_free (*out_name);
      *out_name = moor_merge_rename (pattern, collision->dst_name, n);
      /* A pattern that makes no name, or always the same. */
      if (*out_name == NULL)
        *out_name = moor_merge_rename (NULL, collision->dst_name, n);
      placed = place_as (collision, collision->method, *out_name, placing);
      if (placed == MOOR_PLACED_TAKEN && was_put (collision, *out_name))
        placed = MOOR_PLACED_ALREADY;
    }
  if (placed != MOOR_PLACED_TAKEN)
    return placed;
  placing->cause = MOOR_CAUSE_COLLISION;
  placing->errnum = EEXIST;
  return MOOR_PLACED_FAILED;
}

/* What is done, and by which pattern of names. */
typedef struct
{
  MoorConflict conflict;
  const char *pattern;
  gboolean by_rule;
} Choice;

static Choice
choose (const MoorCollision *collision)
{
  const MoorRestore *restore = collision->restore;
  Choice choice = { .conflict = restore->options->conflict };
  MoorMergeRule rule;

  if (collision->between_equals)
    return (Choice){ .conflict = MOOR_CONFLICT_KEEP_BOTH };
  if (choice.conflict != MOOR_CONFLICT_RULES || restore->rules == NULL)
    return choice;
  moor_target_rules_merge (restore->rules->target, collision->target, &rule);
  choice.pattern = rule.pattern;
  choice.by_rule = rule.kind != MOOR_MERGE_DEFAULT;
  if (rule.kind == MOOR_MERGE_SOURCE)
    choice.conflict = MOOR_CONFLICT_KEEP_OLD;
  else if (rule.kind == MOOR_MERGE_DESTINATION)
    choice.conflict = MOOR_CONFLICT_KEEP_NEW;
  else if (rule.kind == MOOR_MERGE_NEWEST)
    moor_job_log (restore->job, MOOR_LOG_INFO,
                  "%s: files have no versions on this system, so both are kept", collision->target);
  return choice;
}

static MoorPlaced
take_the_name (const MoorCollision *collision, const Choice *choice, MoorPlacing *placing)
{
  MoorPlaced placed;

  if (S_ISDIR (placing->stx.stx_mode))
    return MOOR_PLACED_TAKEN;
  if (!collision->in_place)
    return replace (collision, placing);
  if (!choice->by_rule)
    return MOOR_PLACED_TAKEN;
  placed = moor_replaced_exchange (collision, placing);
  if (placed == MOOR_PLACED_TAKEN)
    moor_job_issue (collision->restore->job, MOOR_SEVERITY_WARNING, MOOR_CAUSE_OTHER_VOLUME,
                    collision->target, NULL, 0,
                    "both are kept: the store has no part on this volume to keep what is replaced");
  return placed;
}

/**
 * moor_collision_settle:
 * @out_settled: (out): what was done
 * @out_name: (out) (transfer full): the new name, with %MOOR_SETTLED_BESIDE
 * @placing: (inout): what lies under the taken name; gets what was placed
 *
 * Settles a collision as the options and the rules say.  Blocks.  Any thread.
 *
 * Returns: how it was placed; %MOOR_PLACED_TAKEN if what is there keeps its name for good
 */
MoorPlaced
moor_collision_settle (const MoorCollision *collision,
                       MoorSettled *out_settled,
                       char **out_name,
                       MoorPlacing *placing)
{
  const gboolean is_dir = S_ISDIR (placing->stx.stx_mode);
  const Choice choice = choose (collision);
  MoorPlaced placed = MOOR_PLACED_TAKEN;

  *out_settled = MOOR_SETTLED_SAME;
  if (collision->in_place && was_put (collision, collision->dst_name))
    return MOOR_PLACED_ALREADY;
  if (!collision->in_place && !is_dir && same_content (collision, collision->dst_name))
    return replace (collision, placing);
  if (choice.conflict == MOOR_CONFLICT_KEEP_OLD)
    {
      *out_settled = MOOR_SETTLED_REPLACED;
      placed = take_the_name (collision, &choice, placing);
    }
  if (placed != MOOR_PLACED_TAKEN)
    return placed;
  if (choice.conflict != MOOR_CONFLICT_KEEP_NEW)
    {
      *out_settled = MOOR_SETTLED_BESIDE;
      return place_beside (collision, choice.pattern, out_name, placing);
    }
  *out_settled = choice.by_rule ? MOOR_SETTLED_LEFT_BY_RULE : MOOR_SETTLED_LEFT;
  return MOOR_PLACED_TAKEN;
}
