/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-scope.h"

#include <string.h>

#include "moor-text.h"

#define NS_PER_DAY (G_GINT64_CONSTANT (24) * 3600 * 1000000000)
#define MIN_FREE_BYTES (G_GUINT64_CONSTANT (4) * 1024 * 1024)

static void
chosen_free (MoorChosen *chosen)
{
  moor_profile_unref (chosen->profile);
  moor_place_clear (&chosen->place);
  g_free (chosen->tree_path);
  g_free (chosen);
}

/**
 * moor_chosen_new_system:
 * @place: (transfer full): the top of one of the system's volumes
 *
 * Returns: (transfer full): the pseudo person who has what is there, to be put into
 *   what moor_scope_choose() returned.  Any thread.
 */
MoorChosen *
moor_chosen_new_system (const MoorPlace *place)
{
  MoorChosen *chosen = g_new0 (MoorChosen, 1);

  chosen->profile = moor_profile_new_system (place->path);
  chosen->place = *place;
  chosen->is_system = TRUE;
  return chosen;
}

static gboolean
any_matches (const char *const *patterns, const char *name)
{
  for (; patterns != NULL && *patterns != NULL; patterns++)
    {
      if (moor_name_matches (*patterns, name))
        return TRUE;
    }
  return FALSE;
}

/**
 * moor_selection_matches:
 * @name: a login name
 *
 * Returns: whether the names and patterns of @selection take @name.  Any thread.
 */
gboolean
moor_selection_matches (const MoorSelection *selection, const char *name)
{
  if (any_matches (selection->excluded_users, name))
    return FALSE;
  return selection->users == NULL || any_matches (selection->users, name);
}

/* An ordinary user can take nobody's home but the own one. */
static gboolean
may_take (const MoorProfile *profile)
{
  return geteuid () == 0 || profile->uid == geteuid ();
}

static gboolean
is_chosen (const MoorSelection *selection, const MoorProfile *profile)
{
  if (!moor_selection_matches (selection, profile->name))
    return FALSE;
  if (selection->users == NULL && (!profile->selected_by_default || !may_take (profile)))
    return FALSE;
  if (selection->used_within_days >= 0)
    {
      gint64 oldest_ns = g_get_real_time () * 1000 - selection->used_within_days * NS_PER_DAY;

      return profile->last_used_ns >= oldest_ns;
    }
  return TRUE;
}

/* Whether each name that was given without wildcards exists. */
static gboolean
check_names (MoorSystem *system, const MoorSelection *selection, GError **error)
{
  for (const char *const *at = selection->users; at != NULL && *at != NULL; at++)
    {
      if (strpbrk (*at, "*?[") == NULL && moor_system_find_profile (system, *at) == NULL)
        return moor_throw (error, MOOR_ERROR_REFUSED,
                           "there is nobody called “%s” on %s; “mooring profiles” lists who is",
                           *at, moor_system_get_path (system));
    }
  return TRUE;
}

static gboolean
report_unusable (MoorJob *job, const MoorProfile *profile)
{
  static const MoorCause causes[] = {
    [MOOR_PROFILE_READY] = MOOR_CAUSE_NONE,
    [MOOR_PROFILE_NO_ACCOUNT] = MOOR_CAUSE_NONE,
    [MOOR_PROFILE_NO_HOME] = MOOR_CAUSE_NO_HOME,
    [MOOR_PROFILE_VOLUME_MISSING] = MOOR_CAUSE_VOLUME_MISSING,
    [MOOR_PROFILE_UNREADABLE] = MOOR_CAUSE_PERMISSION,
  };
  MoorCause cause = causes[profile->state];

  if (cause == MOOR_CAUSE_NONE)
    return FALSE;

  moor_job_issue (job, cause == MOOR_CAUSE_NO_HOME ? MOOR_SEVERITY_NOTE : MOOR_SEVERITY_ERROR,
                  cause, profile->home, profile->name, 0, "left out");
  if (profile->problem != NULL)
    moor_job_log (job, MOOR_LOG_WARNING, "%s: %s", profile->name, profile->problem);
  return TRUE;
}

/* Whether an encrypted home is to be taken at all. */
static gboolean
takes_encrypted (MoorJob *job,
                 const MoorProfile *profile,
                 MoorEncrypted encrypted,
                 gboolean *out_takes,
                 GError **error)
{
  *out_takes = TRUE;
  if (profile->encrypted == NULL || profile->state > MOOR_PROFILE_NO_ACCOUNT)
    return TRUE;
  if (encrypted == MOOR_ENCRYPTED_ABORT)
    return moor_throw (error, MOOR_ERROR_REFUSED,
                       "the home of “%s” is encrypted (%s); say what becomes of it, or leave it "
                       "out",
                       profile->name, profile->encrypted);
  *out_takes = encrypted != MOOR_ENCRYPTED_SKIP;
  if (!*out_takes)
    moor_job_issue (job, MOOR_SEVERITY_NOTE, MOOR_CAUSE_EXCLUDED, profile->home, profile->name, 0,
                    "left out, because it is encrypted");
  return TRUE;
}

static void
choose (MoorJob *job,
        MoorSystem *system,
        MoorProfile *profile,
        MoorEncrypted encrypted,
        GPtrArray *all)
{
  MoorChosen *chosen;
  g_autoptr(GError) error = NULL;

  if (report_unusable (job, profile))
    return;

  chosen = g_new0 (MoorChosen, 1);
  chosen->profile = moor_profile_ref (profile);
  chosen->place.dfd = -1;
  chosen->in_the_clear = profile->encrypted != NULL && encrypted == MOOR_ENCRYPTED_COPY;
  if (!moor_system_locate (
          system, profile->canonical_home != NULL ? profile->canonical_home : profile->home,
          &chosen->place, &error)
      || chosen->place.dfd < 0)
    {
      moor_job_issue (job, MOOR_SEVERITY_ERROR,
                      error != NULL ? MOOR_CAUSE_PERMISSION : MOOR_CAUSE_VANISHED, profile->home,
                      profile->name, 0, "left out");
      moor_job_log (job, MOOR_LOG_ERROR, "%s: the home cannot be opened: %s", profile->name,
                    error != NULL ? error->message : "it disappeared");
      chosen_free (chosen);
      return;
    }
  if (profile->in_use)
    moor_job_issue (job, MOOR_SEVERITY_NOTE, MOOR_CAUSE_IN_USE, profile->home, profile->name, 0,
                    "taken as it is at this moment");
  g_ptr_array_add (all, chosen);
}

/* What may hide people from us: they would be missing without a word. */
static void
report_hidden (MoorJob *job, MoorSystem *system)
{
  GPtrArray *problems = moor_system_get_problems (system);

  for (guint i = 0; i < problems->len; i++)
    {
      const MoorIssue *issue = g_ptr_array_index (problems, i);

      moor_job_issue (job, issue->severity, issue->cause, issue->path, issue->profile,
                      issue->errnum, issue->action);
    }
}

/* What a volume says of itself before anything on it is touched. */
static void
report_volume_errors (MoorJob *job, GPtrArray *all)
{
  g_autoptr(GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < all->len; i++)
    {
      const MoorChosen *chosen = g_ptr_array_index (all, i);
      const MoorVolume *volume = chosen->place.volume;

      if (volume->n_errors > 0 && g_hash_table_add (seen, volume->name))
        moor_job_issue (job, MOOR_SEVERITY_WARNING, MOOR_CAUSE_VOLUME_ERRORS, volume->mount_point,
                        NULL, 0, "went on; nothing is erased while it has errors");
    }
}

/**
 * moor_scope_choose:
 *
 * Finds the people that @selection names and opens their homes.  Who cannot be
 * taken becomes an issue of @job.  Blocks.  Any thread.
 *
 * Returns: (transfer full) (element-type MoorChosen): maybe nobody; %NULL with
 *   %MOOR_ERROR_REFUSED for a name that nobody has or an encrypted home that is not
 *   wanted, %MOOR_ERROR_NOT_PERMITTED for somebody else's home
 */
GPtrArray *
moor_scope_choose (MoorJob *job, MoorSystem *system, const MoorSelection *selection, GError **error)
{
  g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func ((GDestroyNotify) chosen_free);
  GPtrArray *profiles = moor_system_get_profiles (system);

  if (!check_names (system, selection, error))
    return NULL;
  report_hidden (job, system);

  for (guint i = 0; i < profiles->len; i++)
    {
      MoorProfile *profile = g_ptr_array_index (profiles, i);
      gboolean takes;

      if (!is_chosen (selection, profile))
        continue;
      if (!may_take (profile))
        {
          moor_throw (error, MOOR_ERROR_NOT_PERMITTED,
                      "the files of “%s” belong to somebody else; run this as root (sudo)",
                      profile->name);
          return NULL;
        }
      if (!takes_encrypted (job, profile, selection->encrypted, &takes, error))
        return NULL;
      if (takes)
        choose (job, system, profile, selection->encrypted, all);
    }
  report_volume_errors (job, all);
  return g_steal_pointer (&all);
}

/**
 * moor_scope_volume_takes_part:
 * @chosen: somebody whose home is on the volume in question
 *
 * Whether that volume can have a part of the store (DESIGN 4): writable, with
 * hard links, and rooted outside all homes.  Any thread.
 */
gboolean
moor_scope_volume_takes_part (MoorSystem *system, const MoorChosen *chosen)
{
  const MoorVolume *volume = chosen->place.volume;
  GPtrArray *profiles = moor_system_get_profiles (system);

  if (volume->read_only || !volume->can_link)
    return FALSE;

  for (guint i = 0; i < profiles->len; i++)
    {
      const MoorProfile *profile = g_ptr_array_index (profiles, i);
      const char *home = profile->canonical_home != NULL ? profile->canonical_home : profile->home;

      /* A home that is "/" or the like says nothing about who owns the volume. */
      if (profile->selected_by_default && home != NULL && strlen (home) > 1
          && moor_path_is_at_or_below (chosen->place.mount_point, home))
        return FALSE;
    }
  return TRUE;
}

/* Opens the nearest ancestor of @path that exists. */
static int
open_nearest (const char *path, char **out_found)
{
  g_autofree char *at = g_canonicalize_filename (path, NULL);
  int fd;

  while ((fd = open (at, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0 && errno == ENOENT
         && strlen (at) > 1)
    {
      g_autofree char *below = g_steal_pointer (&at);

      at = g_path_get_dirname (below);
    }
  *out_found = g_steal_pointer (&at);
  return fd;
}

static gboolean
is_pseudo (const char *fs_type)
{
  static const char *const types[] = { "proc",    "sysfs",    "devtmpfs", "devpts",     "cgroup",
                                       "cgroup2", "debugfs",  "tracefs",  "securityfs", "bpf",
                                       "pstore",  "configfs", "mqueue",   "autofs" };

  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    {
      if (g_str_equal (types[i], fs_type))
        return TRUE;
    }
  return FALSE;
}

/* Whose home, if anybody's, the directory behind @fd lies in. */
static const MoorProfile *
find_home_around (MoorSystem *system, int fd)
{
  g_autofree char *real = moor_fd_path (fd);
  GPtrArray *profiles = moor_system_get_profiles (system);

  for (guint i = 0; real != NULL && i < profiles->len; i++)
    {
      const MoorProfile *profile = g_ptr_array_index (profiles, i);
      g_auto(MoorPlace) place = { .dfd = -1 };
      g_autofree char *home = NULL;

      if (profile->canonical_home == NULL
          || !moor_system_locate (system, profile->canonical_home, &place, NULL) || place.dfd < 0)
        continue;
      home = moor_fd_path (place.dfd);
      if (home != NULL && strlen (home) > 1 && moor_path_is_at_or_below (real, home))
        return profile;
    }
  return NULL;
}

static gboolean
check_volume (const char *store_path, const MoorVolume *volume, int fd, GError **error)
{
  MoorSpace space;

  if (is_pseudo (volume->fs_type))
    return moor_throw (
        error, MOOR_ERROR_REFUSED,
        "“%s” is in %s, which the kernel makes up: nothing can be kept there; choose a "
        "folder on the volume that holds the homes",
        store_path, volume->mount_point);
  if (volume->read_only)
    return moor_throw (error, MOOR_ERROR_REFUSED,
                       "the volume at %s is mounted read-only; mount it writable (mount -o "
                       "remount,rw %s) or choose another folder for the store",
                       volume->mount_point, volume->mount_point);
  if (!volume->can_link)
    return moor_throw (error, MOOR_ERROR_REFUSED,
                       "the volume at %s is %s, which has no hard links; choose a folder on the "
                       "volume that holds the homes",
                       volume->mount_point, volume->fs_type);
  if (!moor_volume_space (fd, &space, error))
    return FALSE;
  if (space.n_free_bytes < MIN_FREE_BYTES || space.n_free_inodes < 16)
    return moor_throw (error, MOOR_ERROR_REFUSED,
                       "the volume at %s is full; free at least a few MB on it first",
                       volume->mount_point);
  return TRUE;
}

/**
 * moor_scope_is_store:
 * @dfd: a directory outside people's homes
 *
 * Blocks for one system call.  Any thread.
 *
 * Returns: whether it is a store, or a part of one, that root made
 */
gboolean
moor_scope_is_store (const MoorSys *sys, int dfd)
{
  struct statx stx;

  return dfd >= 0
         && sys->statx (dfd, MOOR_STORE_MARKER, AT_SYMLINK_NOFOLLOW, STATX_TYPE | STATX_UID, &stx)
                == 0
         && S_ISREG (stx.stx_mode) && stx.stx_uid == 0;
}

/**
 * moor_scope_check_store_path:
 * @store_path: (type filename): where somebody wants the store
 * @out_volume: (out) (transfer full): the volume it is on
 *
 * Refuses the places where a store cannot be, with the reason and the remedy.
 * Changes nothing.  Blocks.  Any thread.
 *
 * Returns: %FALSE with %MOOR_ERROR_REFUSED or %G_IO_ERROR
 */
gboolean
moor_scope_check_store_path (MoorSystem *system,
                             const char *store_path,
                             MoorVolume **out_volume,
                             GError **error)
{
  g_autofree char *found = NULL;
  g_auto(MoorFd) fd = open_nearest (store_path, &found);
  g_autoptr(MoorVolume) volume = NULL;
  const MoorProfile *owner;

  if (fd < 0 && errno == ENOTDIR)
    return moor_throw (error, MOOR_ERROR_REFUSED,
                       "the store cannot be at “%s”: “%s” is no folder; choose another place",
                       store_path, found);
  if (fd < 0)
    return moor_throw_errno (error, errno, "opening “%s” for the store", found);
  if ((volume = moor_volume_for_fd (fd, error)) == NULL
      || !check_volume (store_path, volume, fd, error))
    return FALSE;

  owner = find_home_around (system, fd);
  if (owner != NULL && (geteuid () == 0 || owner->uid != geteuid ()))
    return moor_throw (error, MOOR_ERROR_REFUSED,
                       "“%s” lies in the home of “%s”, who could change the store; choose a folder "
                       "outside the homes, such as “%s”",
                       store_path, owner->name, "/StateStore");

  *out_volume = g_steal_pointer (&volume);
  return TRUE;
}
