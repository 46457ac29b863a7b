/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-system-private.h"

#include <limits.h>
#include <string.h>

#include "moor-error.h"
#include "moor-text.h"

/* Where a path of a system leads
 *
 * As moor_open_in_root(), one component at a time and following only links of
 * root, but with the mounts that the system would have if it were running: after
 * each step the canonical path so far is looked up among them, and where one is
 * found the walk goes on in the root of that volume, wherever it is mounted now:
 *
 *   /home/alice   steps: [home] -> fstab: UUID=7… -> root of that volume -> [alice]
 *
 * A link of the system may lead from one volume to another this way.  The running
 * system has its mounts already; there fstab is not looked at. */

#define MAX_LINKS 40
#define MAX_BINDS 8
#define MAX_ATTEMPTS 8

/* A component that was found, and in which link domain. */
typedef struct
{
  MoorFd fd;
  char *name; /* (owned) */
  MoorDomain domain;
} Step;

typedef struct
{
  MoorSystem *system;
  const char *path; /* as asked for, for messages */
  MoorDomain root_domain;
  guint n_links;
  guint n_binds;
  GArray *steps; /* (element-type Step) (owned) */
  GQueue *names; /* (element-type filename) (owned): yet to come */
} Walk;

static gboolean walk_run (Walk *walk, MoorSpot *out_spot, GError **error);

static void
step_clear (Step *step)
{
  moor_fd_close (step->fd);
  g_free (step->name);
}

static void
walk_clear (Walk *walk)
{
  g_clear_pointer (&walk->steps, g_array_unref);
  if (walk->names != NULL)
    g_queue_free_full (walk->names, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Walk, walk_clear)

static const Step *
last_step (const Walk *walk)
{
  return walk->steps->len > 0 ? &g_array_index (walk->steps, Step, walk->steps->len - 1) : NULL;
}

static int
walk_fd (const Walk *walk)
{
  const Step *last = last_step (walk);

  return last != NULL ? last->fd : walk->system->dfd;
}

static void
push_names (Walk *walk, const char *path)
{
  g_auto(GStrv) names = g_strsplit (path, "/", -1);

  for (guint i = g_strv_length (names); i > 0; i--)
    {
      if (names[i - 1][0] != '\0' && strcmp (names[i - 1], ".") != 0)
        g_queue_push_head (walk->names, g_strdup (names[i - 1]));
    }
}

/* The canonical path of where we are, plus @name if that is not NULL. */
static char *
walk_path (const Walk *walk, const char *name)
{
  GString *path = g_string_new (NULL);

  for (guint i = 0; i < walk->steps->len; i++)
    g_string_append_printf (path, "/%s", g_array_index (walk->steps, Step, i).name);
  if (name != NULL)
    g_string_append_printf (path, "/%s", name);
  if (path->len == 0)
    g_string_append_c (path, '/');
  return g_string_free (path, FALSE);
}

/* The last place on the way where the volume changes. */
static char *
mount_point_of (const Walk *walk)
{
  GString *path = g_string_new (NULL);
  const MoorDomain *domain = &walk->root_domain;
  gsize length = 0;

  for (guint i = 0; i < walk->steps->len; i++)
    {
      const Step *step = &g_array_index (walk->steps, Step, i);

      g_string_append_printf (path, "/%s", step->name);
      if (!moor_domain_equal (domain, &step->domain))
        {
          domain = &step->domain;
          length = path->len;
        }
    }
  g_string_truncate (path, length);
  if (length == 0)
    g_string_append_c (path, '/');
  return g_string_free (path, FALSE);
}

static int
open_piece (int dfd, const char *name, int flags)
{
  const struct open_how how = {
    .flags = (guint64) (guint) (flags | O_CLOEXEC | O_NOFOLLOW),
    .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
  };
  int fd = -1;

  for (guint i = 0; i < MAX_ATTEMPTS; i++)
    {
      fd = moor_sys_posix ()->openat2 (dfd, name, &how);
      if (fd >= 0 || (errno != EINTR && errno != EAGAIN))
        break;
    }
  return fd;
}

static gboolean
throw_walk (const Walk *walk, int errnum, const char *what, GError **error)
{
  g_autofree char *shown = moor_text_path (walk->path);

  return moor_throw_errno (error, errnum, "%s “%s”", what, shown);
}

static gboolean
follow_link (Walk *walk, int fd, const char *name, uid_t owner, GError **error)
{
  g_autofree char *at = walk_path (walk, name);
  g_autofree char *shown = moor_text_path (at);
  char target[PATH_MAX];
  ssize_t n_bytes;

  if (owner != 0 && owner != walk->system->owner)
    return moor_throw (
        error, MOOR_ERROR_REFUSED,
        "“%s” is a symbolic link that belongs to user %u, who could change it at any "
        "moment; let the account name the folder that it leads to",
        shown, (guint) owner);
  if (++walk->n_links > MAX_LINKS)
    return throw_walk (walk, ELOOP, "following the links in", error);
  n_bytes = moor_sys_posix ()->readlinkat (fd, "", target, sizeof target - 1);
  if (n_bytes < 0)
    return throw_walk (walk, errno, "reading a link in", error);

  target[n_bytes] = '\0';
  if (target[0] == '/')
    g_array_set_size (walk->steps, 0);
  push_names (walk, target);
  return TRUE;
}

/* Opens the directory of the system that a bind mount shows. */
static int
open_bound (Walk *walk, const MoorMount *mount, GError **error)
{
  g_auto(Walk) other = {
    .system = walk->system,
    .path = mount->source,
    .root_domain = walk->root_domain,
    .n_binds = walk->n_binds + 1,
  };
  g_auto(MoorSpot) spot = MOOR_SPOT_INIT;

  if (other.n_binds > MAX_BINDS)
    {
      (void) throw_walk (walk, ELOOP, "following the bind mounts of", error);
      return -1;
    }
  if (!walk_run (&other, &spot, error))
    return -1;
  if (spot.fd < 0)
    {
      (void) throw_walk (&other, ENOENT, "opening the bind mount of", error);
      return -1;
    }
  return g_steal_fd (&spot.fd);
}

static gboolean
is_device_path (const MoorMount *mount)
{
  return !mount->assumed && mount->source[0] == '/';
}

/* Whether what lies at @fd, which is in @domain, is a mount of its own. */
static gboolean
is_mounted_here (const Walk *walk, const MoorDomain *domain)
{
  const Step *parent = last_step (walk);

  return domain->mnt_id != (parent != NULL ? parent->domain.mnt_id : walk->root_domain.mnt_id);
}

/* The system mounts @mount where we are.  Opens what it would see there: the root of
 * that volume.  @fd (or -1) is what lies there now; when that is a mount, put there by
 * hand, and the system names its device by a path, which differs between machines, the
 * hand is believed. */
static int
open_mounted (Walk *walk, const MoorMount *mount, int fd, GError **error)
{
  g_autoptr(MoorVolume) volume = NULL;
  g_autoptr(GError) local_error = NULL;
  MoorDomain here = { 0, 0 };
  gboolean by_hand;

  if (mount->bind)
    return open_bound (walk, mount, error);
  if (fd >= 0 && !moor_domain_of_fd (NULL, fd, &here, error))
    return -1;

  by_hand = fd >= 0 && is_mounted_here (walk, &here);
  volume = moor_system_find_volume (walk->system, mount, &local_error);
  if (by_hand && (volume == NULL ? is_device_path (mount) : volume->domain.dev == here.dev))
    return fcntl (fd, F_DUPFD_CLOEXEC, 0);
  if (volume != NULL)
    return moor_volume_open_root (volume, error);

  g_propagate_error (error, g_steal_pointer (&local_error));
  return -1;
}

/* Makes what was opened the next step, or what the system mounts over it. */
static gboolean
take_step (Walk *walk, const char *name, int fd, GError **error)
{
  g_autofree char *canonical = walk_path (walk, name);
  const MoorMount *mount = NULL;
  g_auto(MoorFd) found = fd;
  Step step;

  if (!walk->system->running)
    mount = moor_system_find_mount (walk->system, canonical);
  if (mount != NULL)
    {
      int mounted = open_mounted (walk, mount, found, error);

      if (mounted < 0)
        return FALSE;
      if (found >= 0)
        moor_fd_close (found);
      found = mounted;
    }
  if (found < 0)
    return throw_walk (walk, ENOENT, "opening", error);
  if (!moor_domain_of_fd (NULL, found, &step.domain, error))
    return FALSE;

  step.name = g_strdup (name);
  step.fd = g_steal_fd (&found);
  g_array_append_val (walk->steps, step);
  return TRUE;
}

/* Takes one component.  @out_missing: it does not exist, and the way ends here. */
static gboolean
walk_name (Walk *walk, const char *name, gboolean *out_missing, GError **error)
{
  g_auto(MoorFd) fd = -1;
  struct statx stx;

  if (strcmp (name, "..") == 0)
    {
      if (walk->steps->len > 0)
        g_array_set_size (walk->steps, walk->steps->len - 1);
      return TRUE;
    }

  fd = open_piece (walk_fd (walk), name, O_PATH);
  if (fd < 0 && errno == ENOENT)
    {
      g_autofree char *canonical = walk_path (walk, name);

      if (walk->system->running || moor_system_find_mount (walk->system, canonical) == NULL)
        {
          *out_missing = g_queue_is_empty (walk->names);
          return *out_missing || throw_walk (walk, ENOENT, "opening", error);
        }
      return take_step (walk, name, -1, error);
    }
  if (fd < 0)
    return throw_walk (walk, errno, "opening", error);
  if (moor_sys_posix ()->statx (fd, "", AT_EMPTY_PATH, STATX_TYPE | STATX_UID, &stx) < 0)
    return throw_walk (walk, errno, "looking at", error);
  if (S_ISLNK (stx.stx_mode))
    return follow_link (walk, fd, name, stx.stx_uid, error);
  return take_step (walk, name, g_steal_fd (&fd), error);
}

static gboolean
fill_spot (Walk *walk, const char *missing, MoorSpot *out_spot, GError **error)
{
  const Step *last = last_step (walk);
  int parent_fd = walk_fd (walk);

  out_spot->canonical = walk_path (walk, missing);
  out_spot->mount_point = mount_point_of (walk);
  if (missing == NULL)
    {
      guint n = walk->steps->len;

      out_spot->fd = fcntl (walk_fd (walk), F_DUPFD_CLOEXEC, 0);
      if (out_spot->fd < 0)
        return throw_walk (walk, errno, "opening", error);
      if (last == NULL)
        return TRUE;
      parent_fd = n > 1 ? g_array_index (walk->steps, Step, n - 2).fd : walk->system->dfd;
    }
  out_spot->name = g_strdup (missing != NULL ? missing : last->name);
  out_spot->parent_fd = fcntl (parent_fd, F_DUPFD_CLOEXEC, 0);
  return out_spot->parent_fd >= 0 || throw_walk (walk, errno, "opening the parent of", error);
}

static gboolean
walk_run (Walk *walk, MoorSpot *out_spot, GError **error)
{
  gboolean missing = FALSE;
  g_autofree char *name = NULL;

  walk->steps = g_array_new (FALSE, FALSE, sizeof (Step));
  g_array_set_clear_func (walk->steps, (GDestroyNotify) step_clear);
  walk->names = g_queue_new ();
  push_names (walk, walk->path);
  while (!missing && !g_queue_is_empty (walk->names))
    {
      g_free (name);
      name = g_queue_pop_head (walk->names);
      if (!walk_name (walk, name, &missing, error))
        return FALSE;
    }
  return fill_spot (walk, missing ? name : NULL, out_spot, error);
}

/**
 * moor_spot_clear:
 * @spot: what is no longer needed; closes its descriptors
 */
void
moor_spot_clear (MoorSpot *spot)
{
  g_clear_pointer (&spot->canonical, g_free);
  g_clear_pointer (&spot->mount_point, g_free);
  g_clear_pointer (&spot->name, g_free);
  if (spot->parent_fd >= 0)
    moor_fd_close (g_steal_fd (&spot->parent_fd));
  if (spot->fd >= 0)
    moor_fd_close (g_steal_fd (&spot->fd));
}

/**
 * moor_system_resolve:
 * @path: (type filename): a path within @system
 * @out_spot: (out): where it leads; initialise with %MOOR_SPOT_INIT, and clear it after a
 *   failure too
 *
 * Blocks; any thread.
 *
 * Returns: %FALSE with @error: %MOOR_ERROR_REFUSED for a link of somebody other than root,
 *   %G_IO_ERROR_NOT_MOUNTED when the volume is not mounted, otherwise %G_IO_ERROR.  That the
 *   last component does not exist is no error
 */
gboolean
moor_system_resolve (MoorSystem *system, const char *path, MoorSpot *out_spot, GError **error)
{
  g_auto(Walk) walk = { .system = system, .path = path };

  if (!moor_domain_of_fd (NULL, system->dfd, &walk.root_domain, error))
    return FALSE;
  return walk_run (&walk, out_spot, error);
}

/* The volume, and the path below its root, of something that exists. */
static gboolean
fill_volume (int fd, MoorPlace *out_place, GError **error)
{
  out_place->volume = moor_volume_for_fd (fd, error);
  if (out_place->volume == NULL)
    return FALSE;
  out_place->volume_path = moor_volume_path_of (out_place->volume, fd, error);
  return out_place->volume_path != NULL;
}

static gboolean
fill_missing (const MoorSpot *spot, MoorPlace *out_place, GError **error)
{
  g_autofree char *parent = NULL;

  if (!fill_volume (spot->parent_fd, out_place, error))
    return FALSE;
  parent = g_steal_pointer (&out_place->volume_path);
  out_place->volume_path = parent[0] != '\0' ? g_strconcat (parent, "/", spot->name, NULL)
                                             : g_strdup (spot->name);
  return TRUE;
}

/**
 * moor_place_clear:
 * @place: what is no longer needed; closes its descriptor
 */
void
moor_place_clear (MoorPlace *place)
{
  g_clear_pointer (&place->path, g_free);
  g_clear_pointer (&place->volume, moor_volume_unref);
  g_clear_pointer (&place->volume_path, g_free);
  g_clear_pointer (&place->mount_point, g_free);
  /* A place that was never filled in is all zero, and 0 is no directory of ours. */
  if (place->dfd > 0)
    moor_fd_close (place->dfd);
  place->dfd = -1;
}

/**
 * moor_system_locate:
 * @path: (type filename): a directory within @system, which need not exist; its parents must
 * @out_place: (out): where it really is; to be cleared by the caller only after success
 *
 * On the running system the mounts of the kernel apply; on an offline one those of its
 * own fstab, and then what moor_system_assume_mount() was told: the volume is looked for
 * wherever it is mounted now.  Only links of root are followed.  Blocks; any thread.
 *
 * Returns: %FALSE with @error: %G_IO_ERROR_NOT_MOUNTED naming volume and mount point when
 *   the volume is not mounted, %G_IO_ERROR_NOT_FOUND when a parent does not exist,
 *   %MOOR_ERROR_REFUSED for a link of somebody other than root
 */
gboolean
moor_system_locate (MoorSystem *system, const char *path, MoorPlace *out_place, GError **error)
{
  g_auto(MoorSpot) spot = MOOR_SPOT_INIT;
  g_auto(MoorPlace) place = { .dfd = -1 };

  g_return_val_if_fail (path != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!moor_system_resolve (system, path, &spot, error))
    return FALSE;
  if (spot.fd < 0)
    {
      if (!fill_missing (&spot, &place, error))
        return FALSE;
    }
  else
    {
      place.dfd = moor_open_beneath (NULL, spot.fd, ".", O_RDONLY | O_DIRECTORY, error);
      if (place.dfd < 0)
        {
          g_prefix_error (error, "“%s”: ", spot.canonical);
          return FALSE;
        }
      if (!fill_volume (place.dfd, &place, error))
        return FALSE;
    }

  place.path = g_steal_pointer (&spot.canonical);
  place.mount_point = g_steal_pointer (&spot.mount_point);
  *out_place = place;
  place = (MoorPlace){ .dfd = -1 };
  return TRUE;
}

/**
 * moor_system_open_dir:
 * @path: (type filename): a directory within @system
 *
 * Blocks; any thread.
 *
 * Returns: a new descriptor, or -1 with @error as moor_system_resolve() has it
 */
int
moor_system_open_dir (MoorSystem *system, const char *path, GError **error)
{
  g_auto(MoorSpot) spot = MOOR_SPOT_INIT;

  if (!moor_system_resolve (system, path, &spot, error))
    return -1;
  if (spot.fd < 0)
    {
      (void) moor_throw_errno (error, ENOENT, "opening “%s”", path);
      return -1;
    }
  return moor_open_beneath (NULL, spot.fd, ".", O_RDONLY | O_DIRECTORY, error);
}

/**
 * moor_system_open_file:
 * @path: (type filename): a regular file within @system
 *
 * Anything but a regular file is refused, without waiting for a pipe's other end or
 * waking a device.  Blocks; any thread.
 *
 * Returns: a new descriptor open for reading, or -1 with @error as moor_system_resolve()
 *   has it
 */
int
moor_system_open_file (MoorSystem *system, const char *path, GError **error)
{
  g_auto(MoorSpot) spot = MOOR_SPOT_INIT;
  g_auto(MoorFd) fd = -1;
  struct stat st;

  if (!moor_system_resolve (system, path, &spot, error))
    return -1;
  if (spot.fd < 0 || spot.name == NULL)
    {
      (void) moor_throw_errno (error, spot.fd < 0 ? ENOENT : EISDIR, "opening “%s”", path);
      return -1;
    }

  fd = open_piece (spot.parent_fd, spot.name, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (fd < 0 || fstat (fd, &st) < 0)
    {
      (void) moor_throw_errno (error, errno, "opening “%s”", path);
      return -1;
    }
  if (!S_ISREG (st.st_mode))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE, "“%s” is not a regular file",
                   path);
      return -1;
    }
  return g_steal_fd (&fd);
}
