/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-verify-private.h"

#include <fcntl.h>
#include <sys/sysmacros.h>

#include "moor-ruling.h"
#include "moor-text.h"

/*
 * Directories of the other side that the store knows nothing of.  Where rules say
 * what is taken, such a directory may well hold something that has to be there:
 * nothing did when the store was made, or it would have its directory, too.
 */

/**
 * moor_comparison_is_system:
 *
 * Returns: whether @compared is what a system has outside people's homes.  Any thread.
 */
gboolean
moor_comparison_is_system (const MoorCompared *compared)
{
  return g_str_equal (compared->profile->name, MOOR_SYSTEM_PROFILE);
}

static gboolean
is_part (const MoorComparison *comparison, const struct statx *stx)
{
  const guint64 dev = makedev (stx->stx_dev_major, stx->stx_dev_minor);

  for (guint i = 0; i < moor_store_get_n_parts (comparison->options->store); i++)
    {
      const MoorPart *part = moor_store_get_part (comparison->options->store, i);
      struct stat st;

      if (part->dfd >= 0 && fstat (part->dfd, &st) == 0 && st.st_ino == stx->stx_ino
          && st.st_dev == dev)
        return TRUE;
    }
  return FALSE;
}

/**
 * moor_comparison_is_apart:
 * @dfd: the directory that has @name
 * @name: (type filename): a directory of the other side
 * @below_home: (type filename): its path
 *
 * Returns: whether it is no part of what is compared: a store, somebody else's home, or
 *   what is mounted on a system, which is walked by itself, if at all.  Blocks.  Any thread.
 */
gboolean
moor_comparison_is_apart (const MoorComparison *comparison,
                          const MoorCompared *compared,
                          int dfd,
                          const char *name,
                          const char *below_home)
{
  const gboolean is_system = moor_comparison_is_system (compared);
  g_autofree char *path = g_build_filename (compared->profile->home, below_home, NULL);
  struct statx stx;

  if (is_system && comparison->homes != NULL
      && g_ptr_array_find_with_equal_func (comparison->homes, path, g_str_equal, NULL))
    return TRUE;
  for (guint i = 0; is_system && i < comparison->profiles->len; i++)
    {
      const MoorStoredProfile *profile = g_ptr_array_index (comparison->profiles, i);

      if (profile != compared->profile && g_str_equal (profile->home, path))
        return TRUE;
    }
  if (comparison->sys->statx (dfd, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_INO, &stx)
      < 0)
    return FALSE;
  return is_part (comparison, &stx)
         || (is_system && (stx.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0);
}

typedef struct
{
  MoorComparison *comparison;
  MoorCompared *compared;
  const char *below_home; /* of where the walk begins */
} Unseen;

static void
note_missing (const Unseen *unseen,
              MoorDir *dir,
              const char *name,
              MoorCause cause,
              MoorKind kind,
              const char *detail)
{
  g_autofree char *below = moor_dir_path_below (dir, name);
  g_autofree char *path = g_build_filename (unseen->below_home, below, NULL);

  moor_comparison_add (unseen->comparison, unseen->compared, path, MOOR_STATUS_MISSING, cause, kind,
                       TRUE, detail);
}

static gboolean
enter_cb (MoorDir *dir, guint worker, gpointer user_data)
{
  const Unseen *unseen = user_data;
  MoorDir *parent = moor_dir_parent (dir);
  MoorDecision decision;

  if (parent == NULL)
    return TRUE;
  moor_ruling_decide (unseen->comparison->rules, unseen->comparison->sys, parent, moor_dir_fd,
                      GPOINTER_TO_UINT (moor_dir_data (parent)), moor_dir_name (dir), TRUE,
                      &decision);
  moor_dir_set_data (dir, GUINT_TO_POINTER (decision.state));
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
  const Unseen *unseen = user_data;
  g_autofree char *below = NULL;
  g_autofree char *path = NULL;
  MoorDecision decision;

  moor_ruling_decide (unseen->comparison->rules, unseen->comparison->sys, dir, moor_dir_fd,
                      GPOINTER_TO_UINT (moor_dir_data (dir)), name, type == DT_DIR, &decision);
  if (!decision.selected && (type != DT_DIR || !decision.descend))
    return FALSE;
  below = moor_dir_path_below (dir, name);
  path = g_build_filename (unseen->below_home, below, NULL);
  if (type == DT_DIR
      && moor_comparison_is_apart (unseen->comparison, unseen->compared, moor_dir_fd (dir, NULL),
                                   name, path))
    return FALSE;
  if (decision.selected)
    note_missing (unseen, dir, name, MOOR_CAUSE_CHANGED,
                  moor_kind_from_mode ((guint32) DTTOIF (type)),
                  "it is new since the capture and not in the store");
  return decision.descend;
}

static void
problem_cb (MoorDir *dir,
            const char *name,
            int errnum,
            const GError *error,
            guint worker,
            gpointer user_data)
{
  const Unseen *unseen = user_data;

  if (g_error_matches (error, MOOR_ERROR, MOOR_ERROR_VANISHED) || errnum == ENOENT)
    return;
  if (!g_error_matches (error, MOOR_ERROR, MOOR_ERROR_OTHER_DOMAIN))
    note_missing (unseen, dir, name, MOOR_CAUSE_READ_ERROR, MOOR_KIND_DIRECTORY,
                  "the folder cannot be read");
  else if (!moor_comparison_is_system (unseen->compared))
    note_missing (unseen, dir, name, MOOR_CAUSE_MOUNT_POINT, MOOR_KIND_DIRECTORY,
                  "what is mounted there is not in the store");
}

/**
 * moor_comparison_find_unseen:
 * @other_dfd: a directory of the other side
 * @name: (type filename): a directory in it that the catalogue knows nothing of
 * @below_home: (type filename): its path
 * @state: of @name
 *
 * Looks for what the rules take below @name: all of it is missing in the store.  Other
 * mounts are not entered.  Blocks.  Any thread.
 */
void
moor_comparison_find_unseen (MoorComparison *comparison,
                             MoorCompared *compared,
                             int other_dfd,
                             const char *name,
                             const char *below_home,
                             MoorRuleState state)
{
  static const MoorWalkVisitor visitor = { enter_cb, entry_cb, NULL, NULL, problem_cb };
  const MoorWalkOptions options = { .n_workers = 1, .max_open_dirs = 32, .sys = comparison->sys };
  Unseen unseen = { comparison, compared, below_home };
  g_autoptr(GError) error = NULL;
  g_auto(MoorFd) fd = moor_open_beneath (comparison->sys, other_dfd, name, O_RDONLY | O_DIRECTORY,
                                          &error);
  MoorWalkRoot root = { .dfd = fd, .mirror_dfd = -1, .name = name };
  MoorDomain here;
  MoorDomain there;

  if (fd < 0 && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    return;
  if (fd >= 0 && moor_domain_of_fd (comparison->sys, other_dfd, &here, &error)
      && moor_domain_of_fd (comparison->sys, fd, &there, &error))
    {
      if (here.mnt_id == there.mnt_id)
        {
          root.data = GUINT_TO_POINTER (state);
          (void) moor_walk_run (&root, 1, &visitor, &unseen, &options,
                                moor_job_get_cancellable (comparison->job), &error);
        }
      else if (!moor_comparison_is_system (compared))
        moor_comparison_add (comparison, compared, below_home, MOOR_STATUS_MISSING,
                             MOOR_CAUSE_MOUNT_POINT, MOOR_KIND_DIRECTORY, TRUE,
                             "what is mounted there is not in the store");
    }
  if (error != NULL && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    moor_comparison_add (comparison, compared, below_home, MOOR_STATUS_MISSING,
                         MOOR_CAUSE_READ_ERROR, MOOR_KIND_DIRECTORY, TRUE, error->message);
}
