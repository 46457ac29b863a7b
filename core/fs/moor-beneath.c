/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-beneath.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "moor-error.h"
#include "moor-text.h"

/* Opening things so that hostile names cannot lead elsewhere (DESIGN promise 7).
 *
 * There are two rules.  Down to a home a path is resolved inside a system root
 * as if chrooted, one component at a time, and only links of root are followed:
 * moor_open_in_root().  From a home down no link is followed at all and nothing
 * leads up: moor_open_beneath(). */

#define BENEATH (RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS)
#define DIR_FLAGS (O_RDONLY | O_DIRECTORY)
#define STEP_FLAGS (O_PATH | O_DIRECTORY)
#define MAX_LINKS 40   /* as many as the kernel follows */
#define MAX_ATTEMPTS 8 /* while others rename directories, openat2() may say EAGAIN */

static const MoorSys *
sys_or_real (const MoorSys *sys)
{
  return sys != NULL ? sys : moor_sys_posix ();
}

/* One openat2() that stays beneath @dfd.  -1 and errno on failure. */
static int
open_piece (const MoorSys *sys, int dfd, const char *path, int flags)
{
  const gboolean creates = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
  const struct open_how how = {
    .flags = (guint64) (guint) (flags | O_CLOEXEC | O_NOFOLLOW),
    .mode = creates ? 0600 : 0,
    .resolve = BENEATH,
  };

  for (guint n_attempts = 1;; n_attempts++)
    {
      int fd = sys->openat2 (dfd, path, &how);

      if (fd >= 0 || (errno != EINTR && errno != EAGAIN) || n_attempts >= MAX_ATTEMPTS)
        return fd;
    }
}

/* How much of @path, in bytes, fits into one system call; cut before a slash. */
static gsize
piece_length (const char *path)
{
  gsize n_bytes = strlen (path);

  if (n_bytes < PATH_MAX)
    return n_bytes;

  for (n_bytes = PATH_MAX - 1; n_bytes > 0 && path[n_bytes] != '/'; n_bytes--)
    ;
  return n_bytes > 0 ? n_bytes : PATH_MAX;
}

/* As open_piece(), for a path of any length. */
static int
open_long (const MoorSys *sys, int dfd, const char *path, int flags)
{
  g_auto(MoorFd) from = -1;
  gsize n_bytes;

  while ((n_bytes = piece_length (path)) < strlen (path))
    {
      g_autofree char *piece = g_strndup (path, n_bytes);
      int fd = open_piece (sys, from >= 0 ? from : dfd, piece, STEP_FLAGS);

      if (fd < 0)
        return -1;
      if (from >= 0)
        moor_fd_close (from);
      from = fd;
      path += n_bytes;
      path += strspn (path, "/");
    }

  return open_piece (sys, from >= 0 ? from : dfd, path[0] != '\0' ? path : ".", flags);
}

/**
 * moor_domain_from_statx:
 * @stx: an answer to a request with `STATX_MNT_ID`
 *
 * Takes the link domain out of @stx.  The mount id is 0 where the kernel (before
 * 5.8) did not tell it; moor_domain_of_fd() knows another way.  Any thread.
 */
void
moor_domain_from_statx (const struct statx *stx, MoorDomain *out_domain)
{
  out_domain->dev = makedev (stx->stx_dev_major, stx->stx_dev_minor);
  out_domain->mnt_id = (stx->stx_mask & STATX_MNT_ID) != 0 ? stx->stx_mnt_id : 0;
}

/**
 * moor_domain_equal:
 *
 * Returns: whether an object in @a can be hard-linked to one in @b.  Any thread.
 */
gboolean
moor_domain_equal (const MoorDomain *a, const MoorDomain *b)
{
  return a->dev == b->dev && a->mnt_id == b->mnt_id;
}

/* The line `mnt_id:` of /proc/self/fdinfo/N. */
static gboolean
read_mnt_id (int fd, guint64 *out_mnt_id)
{
  g_autofree char *path = g_strdup_printf ("/proc/self/fdinfo/%d", fd);
  g_autofree char *content = NULL;
  const char *line;

  if (!g_file_get_contents (path, &content, NULL, NULL))
    return FALSE;
  if ((line = strstr (content, "mnt_id:")) == NULL)
    return FALSE;

  *out_mnt_id = g_ascii_strtoull (line + strlen ("mnt_id:"), NULL, 10);
  return TRUE;
}

/**
 * moor_domain_of_fd:
 * @sys: (nullable): the calls to go through
 * @fd: any descriptor, `O_PATH` ones too
 *
 * Tells in which link domain an open object is.  Blocks shortly; any thread.
 *
 * Returns: %FALSE with @error in %G_IO_ERROR if that cannot be found out
 */
gboolean
moor_domain_of_fd (const MoorSys *sys, int fd, MoorDomain *out_domain, GError **error)
{
  struct statx stx;

  if (sys_or_real (sys)->statx (fd, "", AT_EMPTY_PATH, STATX_INO | STATX_MNT_ID, &stx) < 0)
    return moor_throw_errno (error, errno, "looking at descriptor %d", fd);

  moor_domain_from_statx (&stx, out_domain);
  if ((stx.stx_mask & STATX_MNT_ID) == 0 && !read_mnt_id (fd, &out_domain->mnt_id))
    return moor_throw_errno (error, ENOSYS, "finding the mount of descriptor %d", fd);
  return TRUE;
}

/**
 * moor_fd_path:
 * @fd: any descriptor
 *
 * For messages, and for programs that take nothing but paths: by the time it is
 * used the path may be another object's.  Any thread.
 *
 * Returns: (transfer full) (type filename) (nullable): where @fd was last seen;
 *   %NULL if /proc does not say
 */
char *
moor_fd_path (int fd)
{
  g_autofree char *link = g_strdup_printf ("/proc/self/fd/%d", fd);

  return g_file_read_link (link, NULL);
}

/**
 * moor_open_dir:
 * @sys: (nullable): the calls to go through
 * @path: (type filename): a directory named by the person or the program that runs us
 *
 * The edge, where a path becomes a descriptor: links are followed as everywhere.
 * Not for anything that was found below a home.  Blocks; any thread.
 *
 * Returns: a new descriptor, or -1 with @error in %G_IO_ERROR
 */
int
moor_open_dir (const MoorSys *sys, const char *path, GError **error)
{
  int fd;

  g_return_val_if_fail (path != NULL, -1);

  fd = sys_or_real (sys)->openat (AT_FDCWD, path, DIR_FLAGS | O_CLOEXEC, 0);
  if (fd < 0)
    {
      int errsv = errno;
      g_autofree char *shown = moor_text_path (path);

      (void) moor_throw_errno (error, errsv, "opening the folder “%s”", shown);
    }
  return fd;
}

/* Only to be called with the errno of a failed open; returns -1. */
static int
throw_open (GError **error, int errnum, const char *path)
{
  g_autofree char *shown = moor_text_path (path);

  (void) moor_throw_errno (error, errnum, "opening “%s”", shown);
  return -1;
}

/**
 * moor_open_beneath:
 * @sys: (nullable): the calls to go through
 * @dfd: a directory
 * @path: (type filename): relative, of any length; the empty path is @dfd itself
 * @flags: of openat(); `O_CLOEXEC` and `O_NOFOLLOW` are added, what is created has mode 0600
 *
 * Opens what lies at @path below @dfd without following a single link and without
 * leaving @dfd.  Mounts are crossed: compare moor_domain_of_fd().  Blocks; any
 * thread.
 *
 * Returns: a new descriptor, or -1 with @error in %G_IO_ERROR
 */
int
moor_open_beneath (const MoorSys *sys, int dfd, const char *path, int flags, GError **error)
{
  int fd;

  g_return_val_if_fail (path != NULL, -1);

  fd = open_long (sys_or_real (sys), dfd, path, flags);
  return fd >= 0 ? fd : throw_open (error, errno, path);
}

/* Opens the directory @name, making it first if there is none. */
static int
open_or_make (const MoorSys *sys, int dfd, const char *name, mode_t mode, int flags)
{
  int fd = open_piece (sys, dfd, name, flags);

  if (fd >= 0 || errno != ENOENT)
    return fd;
  if (sys->mkdirat (dfd, name, mode) < 0 && errno != EEXIST)
    return -1;
  return open_piece (sys, dfd, name, flags);
}

/* What is left of a path without its empty and its `.` components. */
static GPtrArray *
split_path (const char *path)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  g_auto(GStrv) parts = g_strsplit (path, "/", -1);

  for (gsize i = 0; parts[i] != NULL; i++)
    if (parts[i][0] != '\0' && strcmp (parts[i], ".") != 0)
      g_ptr_array_add (names, g_strdup (parts[i]));
  return names;
}

/**
 * moor_make_dirs_beneath:
 * @sys: (nullable): the calls to go through
 * @dfd: a directory
 * @path: (type filename): relative, of any length
 * @mode: of each directory that has to be made, less the umask
 *
 * Opens the directory @path below @dfd, making what is missing on the way; as
 * safe as moor_open_beneath().  May be repeated: what was made before a failure
 * stays and is found by the next call.  Blocks; any thread.
 *
 * Returns: a new descriptor of the last directory, or -1 with @error in %G_IO_ERROR
 */
int
moor_make_dirs_beneath (const MoorSys *sys, int dfd, const char *path, mode_t mode, GError **error)
{
  g_autoptr(GPtrArray) names = NULL; /* (element-type filename) (owned) */
  g_auto(MoorFd) from = -1;

  g_return_val_if_fail (path != NULL, -1);

  sys = sys_or_real (sys);
  if (path[0] == '/')
    return throw_open (error, EXDEV, path);

  names = split_path (path);
  if (names->len == 0)
    return moor_open_beneath (sys, dfd, ".", DIR_FLAGS, error);

  for (guint i = 0; i < names->len; i++)
    {
      const int flags = i + 1 < names->len ? STEP_FLAGS : DIR_FLAGS;
      int fd = open_or_make (sys, from >= 0 ? from : dfd, g_ptr_array_index (names, i), mode,
                             flags);

      if (fd < 0)
        return throw_open (error, errno, path);
      if (from >= 0)
        moor_fd_close (from);
      from = fd;
    }

  return g_steal_fd (&from);
}

/* A directory on the way, opened and found to be no link. */
typedef struct
{
  MoorFd fd;
  char *name; /* (owned) */
} Step;

static void
step_clear (Step *step)
{
  moor_fd_close (step->fd);
  g_free (step->name);
}

/* The state of one moor_open_in_root(). */
typedef struct
{
  const MoorSys *sys;
  int root_dfd;
  const char *path; /* as asked for, for messages */
  uid_t root_uid;
  guint n_links;
  GArray *steps; /* (element-type Step) (owned): from below the root to where we are */
  GQueue *names; /* (element-type filename) (owned): yet to be resolved */
} Resolver;

static void
resolver_clear (Resolver *resolver)
{
  g_clear_pointer (&resolver->steps, g_array_unref);
  if (resolver->names != NULL)
    g_queue_free_full (resolver->names, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Resolver, resolver_clear)

static int
resolver_fd (const Resolver *resolver)
{
  const GArray *steps = resolver->steps;

  return steps->len > 0 ? g_array_index (steps, Step, steps->len - 1).fd : resolver->root_dfd;
}

static void
push_names (Resolver *resolver, const char *path)
{
  g_autoptr(GPtrArray) names = split_path (path);

  for (guint i = names->len; i > 0; i--)
    g_queue_push_head (resolver->names, g_strdup (g_ptr_array_index (names, i - 1)));
}

/* Puts the target of the link behind @fd in front of what is to be resolved. */
static gboolean
follow_link (Resolver *resolver, int fd, const char *name, uid_t owner, GError **error)
{
  g_autofree char *shown = moor_text_path (name);
  g_autofree char *shown_path = moor_text_path (resolver->path);
  char target[PATH_MAX];
  ssize_t n_bytes;

  if (owner != 0 && owner != resolver->root_uid)
    return moor_throw (error, MOOR_ERROR_REFUSED,
                       "“%s” on the way to “%s” is a symbolic link that belongs to user %u, who "
                       "could change it at any moment; give the folder it leads to instead",
                       shown, shown_path, (guint) owner);
  if (++resolver->n_links > MAX_LINKS)
    return moor_throw_errno (error, ELOOP, "following the symbolic links in “%s”", shown_path);
  if ((n_bytes = resolver->sys->readlinkat (fd, "", target, sizeof target - 1)) < 0)
    return moor_throw_errno (error, errno, "reading the symbolic link “%s” in “%s”", shown,
                             shown_path);

  target[n_bytes] = '\0';
  if (target[0] == '/')
    g_array_set_size (resolver->steps, 0);
  push_names (resolver, target);
  return TRUE;
}

/* Takes one component.  What is no link becomes the next step, whatever it is: the
 * component after it finds out whether it is a directory. */
static gboolean
resolve_name (Resolver *resolver, const char *name, GError **error)
{
  g_autofree char *shown = moor_text_path (resolver->path);
  g_auto(MoorFd) fd = -1;
  struct statx stx;
  Step step;

  if (strcmp (name, "..") == 0)
    {
      if (resolver->steps->len > 0)
        g_array_set_size (resolver->steps, resolver->steps->len - 1);
      return TRUE;
    }

  if ((fd = open_piece (resolver->sys, resolver_fd (resolver), name, O_PATH)) < 0)
    return moor_throw_errno (error, errno, "opening “%s”", shown);
  if (resolver->sys->statx (fd, "", AT_EMPTY_PATH, STATX_TYPE | STATX_UID, &stx) < 0)
    return moor_throw_errno (error, errno, "looking at “%s”", shown);
  if (S_ISLNK (stx.stx_mode))
    return follow_link (resolver, fd, name, stx.stx_uid, error);

  step.fd = g_steal_fd (&fd);
  step.name = g_strdup (name);
  g_array_append_val (resolver->steps, step);
  return TRUE;
}

/* Opens for real what was found, the very object and not its name once more. */
static int
open_found (const Resolver *resolver, int flags)
{
  const int found = resolver_fd (resolver);
  char link[64];
  struct statx stx;

  if (resolver->sys->statx (found, "", AT_EMPTY_PATH, STATX_TYPE, &stx) < 0)
    return -1;
  if (S_ISDIR (stx.stx_mode))
    return open_piece (resolver->sys, found, ".", flags);
  if ((flags & O_PATH) != 0 && (flags & O_DIRECTORY) == 0)
    return fcntl (found, F_DUPFD_CLOEXEC, 0);

  (void) snprintf (link, sizeof link, "/proc/self/fd/%d", found);
  return resolver->sys->openat (AT_FDCWD, link, (flags & ~O_NOFOLLOW) | O_CLOEXEC, 0);
}

static char *
canonical_path (const Resolver *resolver)
{
  GString *path = g_string_new (resolver->steps->len > 0 ? NULL : "/");

  for (guint i = 0; i < resolver->steps->len; i++)
    {
      g_string_append_c (path, '/');
      g_string_append (path, g_array_index (resolver->steps, Step, i).name);
    }
  return g_string_free (path, FALSE);
}

static gboolean
resolver_init (Resolver *resolver,
               const MoorSys *sys,
               int root_dfd,
               const char *path,
               GError **error)
{
  struct statx stx;

  *resolver = (Resolver){
    .sys = sys_or_real (sys),
    .root_dfd = root_dfd,
    .path = path,
    .steps = g_array_new (FALSE, FALSE, sizeof (Step)),
    .names = g_queue_new (),
  };
  g_array_set_clear_func (resolver->steps, (GDestroyNotify) step_clear);
  push_names (resolver, path);

  if (resolver->sys->statx (root_dfd, "", AT_EMPTY_PATH, STATX_UID, &stx) < 0)
    return moor_throw_errno (error, errno, "looking at the system's root folder");
  resolver->root_uid = stx.stx_uid;
  return TRUE;
}

/**
 * moor_open_in_root:
 * @sys: (nullable): the calls to go through
 * @root_dfd: the root directory of a system
 * @path: (type filename): within that system; begins at @root_dfd with or without a slash
 * @flags: of openat(), without `O_CREAT`; `O_CLOEXEC` is added
 * @out_canonical: (out) (optional) (transfer full) (type filename): @path without
 *   links, `.` and `..`, beginning with a slash
 *
 * Resolves @path as the system itself would if it were running: absolute links
 * begin at @root_dfd, and `..` stops there.  Links are followed, a last one too,
 * when they belong to root, or to the owner of @root_dfd.  Mounts are crossed.
 * For the way down to a home; from there on moor_open_beneath().  Blocks; any
 * thread.
 *
 * Returns: a new descriptor, or -1 with @error in %G_IO_ERROR, or
 *   %MOOR_ERROR_REFUSED for a link of somebody else
 */
int
moor_open_in_root (const MoorSys *sys,
                   int root_dfd,
                   const char *path,
                   int flags,
                   char **out_canonical,
                   GError **error)
{
  g_auto(Resolver) resolver = { 0 };
  int fd;

  g_return_val_if_fail (path != NULL, -1);
  g_return_val_if_fail ((flags & O_CREAT) == 0, -1);

  if (!resolver_init (&resolver, sys, root_dfd, path, error))
    return -1;
  while (!g_queue_is_empty (resolver.names))
    {
      g_autofree char *name = g_queue_pop_head (resolver.names);

      if (!resolve_name (&resolver, name, error))
        return -1;
    }

  if ((fd = open_found (&resolver, flags)) < 0)
    return throw_open (error, errno, path);
  if (out_canonical != NULL)
    *out_canonical = canonical_path (&resolver);
  return fd;
}
