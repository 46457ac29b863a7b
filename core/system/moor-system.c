/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-system.h"

#include <inttypes.h>
#include <string.h>

#include "moor-error.h"
#include "moor-lock.h"
#include "moor-system-private.h"
#include "moor-text.h"

/* A Linux system root, running or offline.
 *
 *   moor-system.c    open it; what it is called; which systems there are
 *   moor-resolve.c   where a path of it leads, mounts included
 *   moor-mounts.c    what its fstab mounts
 *   moor-records.c   passwd, group, login.defs and their like
 *   moor-scan.c      whose homes it holds; moor-look.c: what can be said about each
 *   moor-account*.c  a person's account: read, written down, planned, made
 *
 * Everything is read from files below the root's descriptor, never from the machine
 * that runs us, and never more than MAX_FILE_BYTES of one. */

#define MAX_FILE_BYTES (4 * 1024 * 1024)

static gboolean
exists_in (MoorSystem *system, const char *path)
{
  g_auto(MoorSpot) spot = MOOR_SPOT_INIT;

  return moor_system_resolve (system, path, &spot, NULL) && spot.fd >= 0;
}

static gboolean
check_is_system (MoorSystem *system, GError **error)
{
  g_autofree char *shown = NULL;

  if (exists_in (system, "/etc/passwd") || exists_in (system, "/usr") || exists_in (system, "/bin"))
    return TRUE;

  shown = moor_text_path (system->path);
  return moor_throw (
      error, MOOR_ERROR_REFUSED,
      "“%s” is not a Linux system: neither etc/passwd nor usr nor bin was found in it; "
      "give the folder in which the system's root is mounted",
      shown);
}

/* The whole of @fd with a zero byte after it, NULL with errno if it cannot be read. */
static char *
read_all (int fd, gsize *out_n_bytes)
{
  g_autoptr(GByteArray) content = g_byte_array_new ();
  guint8 piece[16 * 1024];

  for (;;)
    {
      ssize_t n_bytes = moor_sys_posix ()->read (fd, piece, sizeof piece);

      if (n_bytes < 0 && errno == EINTR)
        continue;
      if (n_bytes < 0)
        return NULL;
      if (n_bytes == 0)
        break;
      g_byte_array_append (content, piece, (guint) n_bytes);
      if (content->len > MAX_FILE_BYTES)
        {
          errno = EFBIG;
          return NULL;
        }
    }
  *out_n_bytes = content->len;
  g_byte_array_append (content, (const guint8 *) "", 1);
  return (char *) g_byte_array_free (g_steal_pointer (&content), FALSE);
}

/**
 * moor_system_read_file:
 * @path: (type filename): a regular file within @system
 * @out_n_bytes: (out) (optional): its size, in bytes
 *
 * Blocks; any thread.
 *
 * Returns: (transfer full): its content, with a zero byte after it; %NULL with @error as
 *   moor_system_open_file() has it, or when it is larger than any such file should be
 */
char *
moor_system_read_file (MoorSystem *system, const char *path, gsize *out_n_bytes, GError **error)
{
  g_auto(MoorFd) fd = moor_system_open_file (system, path, error);
  gsize n_bytes = 0;
  char *content;

  if (fd < 0)
    return NULL;
  content = read_all (fd, &n_bytes);
  if (content == NULL)
    (void) moor_throw_errno (error, errno, "reading “%s”", path);
  if (content != NULL && out_n_bytes != NULL)
    *out_n_bytes = n_bytes;
  return content;
}

/* The first line of a file, made fit for a line of text; NULL if there is none. */
static char *
read_line (MoorSystem *system, const char *path)
{
  g_autofree char *content = moor_system_read_file (system, path, NULL, NULL);

  if (content == NULL)
    return NULL;
  content[strcspn (content, "\n")] = '\0';
  g_strstrip (content);
  return content[0] != '\0' ? moor_text_path (content) : NULL;
}

/* A value of os-release, which is written as in a shell. */
static char *
os_release_value (const char *content, const char *key)
{
  g_auto(GStrv) lines = g_strsplit (content, "\n", -1);
  gsize length = strlen (key);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_autofree char *value = NULL;

      if (strncmp (lines[i], key, length) != 0 || lines[i][length] != '=')
        continue;
      value = g_shell_unquote (g_strstrip (lines[i] + length + 1), NULL);
      return value != NULL && value[0] != '\0' ? moor_text_path (value) : NULL;
    }
  return NULL;
}

static char *
read_system_name (MoorSystem *system)
{
  static const char *const files[] = { "/etc/os-release", "/usr/lib/os-release" };

  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *content = moor_system_read_file (system, files[i], NULL, NULL);
      char *name = content != NULL ? os_release_value (content, "PRETTY_NAME") : NULL;

      if (name == NULL && content != NULL)
        name = os_release_value (content, "NAME");
      if (name != NULL)
        return name;
    }
  return g_strdup ("Linux");
}

/* Whether @dfd is the directory that this process has as its root, by whatever path. */
static gboolean
is_own_root (int dfd)
{
  struct stat root;
  struct stat st;

  return stat ("/", &root) == 0 && fstat (dfd, &st) == 0 && root.st_dev == st.st_dev
         && root.st_ino == st.st_ino;
}

/* Mount points are links here and there: /home may be var/home. */
static void
resolve_mount_points (MoorSystem *system)
{
  g_autoptr(GPtrArray) mounts = g_steal_pointer (&system->mounts);

  system->mounts = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_mount_free);
  g_ptr_array_set_free_func (mounts, NULL);
  for (guint i = 0; i < mounts->len; i++)
    {
      MoorMount *mount = g_ptr_array_index (mounts, i);
      g_auto(MoorSpot) spot = MOOR_SPOT_INIT;

      if (moor_system_resolve (system, mount->target, &spot, NULL))
        {
          g_free (mount->canonical);
          mount->canonical = g_strdup (spot.canonical);
        }
      g_ptr_array_add (system->mounts, mount);
    }
}

static void
read_mounts (MoorSystem *system)
{
  g_autofree char *fstab = moor_system_read_file (system, "/etc/fstab", NULL, NULL);

  if (fstab == NULL)
    return;
  g_ptr_array_unref (system->mounts);
  system->mounts = moor_mounts_parse (fstab);
  resolve_mount_points (system);
}

static MoorSystem *
system_new (const char *root_path, int dfd)
{
  MoorSystem *system = g_new0 (MoorSystem, 1);
  struct stat st;

  g_atomic_ref_count_init (&system->refs);
  g_mutex_init (&system->lock);
  system->kind = MOOR_SYSTEM_LINUX;
  system->dfd = dfd;
  system->path = moor_fd_path (dfd);
  if (system->path == NULL)
    system->path = g_strdup (root_path);
  system->owner = fstat (dfd, &st) == 0 ? st.st_uid : 0;
  system->running = is_own_root (dfd);
  system->mounts = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_mount_free);
  system->problems = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_issue_free);
  system->reserved = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                            (GDestroyNotify) moor_ids_free);
  return system;
}

static MoorSystem *
open_root (const char *root_path, gboolean must_be_system, GError **error)
{
  g_autoptr(MoorSystem) system = NULL;
  int dfd;

  g_return_val_if_fail (root_path != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  dfd = moor_open_dir (NULL, root_path, error);
  if (dfd < 0)
    return NULL;
  system = system_new (root_path, dfd);
  if (must_be_system && !check_is_system (system, error))
    return NULL;
  system->volume = moor_volume_for_fd (dfd, error);
  if (system->volume == NULL)
    return NULL;

  system->sought = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) moor_sought_free);
  read_mounts (system);
  system->name = read_system_name (system);
  system->host_name = read_line (system, "/etc/hostname");
  system->machine_id = read_line (system, "/etc/machine-id");
  system->profiles = moor_system_scan_profiles (system);
  g_clear_pointer (&system->sought, g_hash_table_unref);
  return g_steal_pointer (&system);
}

/**
 * moor_system_open:
 * @root_path: (type filename): `/`, or the folder in which a system's root is mounted
 * @error: return location for a #GError
 *
 * Reads what a system is and whom it belongs to.  Works without privileges as far as
 * they reach.  Blocks; any thread.
 *
 * Returns: (transfer full): the system, or %NULL with %MOOR_ERROR_REFUSED if @root_path is
 *   none, otherwise %G_IO_ERROR
 */
MoorSystem *
moor_system_open (const char *root_path, GError **error)
{
  return open_root (root_path, TRUE, error);
}

/**
 * moor_system_open_root:
 * @root_path: (type filename): the folder in which a system's root is mounted
 *
 * As moor_system_open(), for a root that may hold no system at the moment,
 * because it was set aside.
 *
 * Returns: (transfer full): the system, or %NULL with %G_IO_ERROR
 */
MoorSystem *
moor_system_open_root (const char *root_path, GError **error)
{
  return open_root (root_path, FALSE, error);
}

/**
 * moor_system_ref:
 *
 * Returns: (transfer full): @system.  Any thread.
 */
MoorSystem *
moor_system_ref (MoorSystem *system)
{
  g_atomic_ref_count_inc (&system->refs);
  return system;
}

/**
 * moor_system_unref:
 * @system: (transfer full): any thread
 */
void
moor_system_unref (MoorSystem *system)
{
  if (!g_atomic_ref_count_dec (&system->refs))
    return;

  g_free (system->path);
  moor_fd_close (system->dfd);
  g_free (system->name);
  g_free (system->host_name);
  g_free (system->machine_id);
  g_clear_pointer (&system->volume, moor_volume_unref);
  g_clear_pointer (&system->profiles, g_ptr_array_unref);
  g_clear_pointer (&system->sought, g_hash_table_unref);
  g_ptr_array_unref (system->problems);
  g_ptr_array_unref (system->mounts);
  g_hash_table_unref (system->reserved);
  g_mutex_clear (&system->lock);
  g_free (system);
}

/**
 * moor_system_get_kind:
 *
 * Returns: which family @system belongs to.  Any thread.
 */
MoorSystemKind
moor_system_get_kind (MoorSystem *system)
{
  return system->kind;
}

/**
 * moor_system_get_path:
 *
 * Returns: (type filename): where the root is on the machine that runs us, for messages.
 *   Any thread.
 */
const char *
moor_system_get_path (MoorSystem *system)
{
  return system->path;
}

/**
 * moor_system_get_dfd:
 *
 * Returns: the root's descriptor, which stays @system's.  Any thread.
 */
int
moor_system_get_dfd (MoorSystem *system)
{
  return system->dfd;
}

/**
 * moor_system_is_running:
 *
 * Returns: whether @system is the one that runs this process, by whatever path it was
 *   opened.  Any thread.
 */
gboolean
moor_system_is_running (MoorSystem *system)
{
  return system->running;
}

/**
 * moor_system_get_name:
 *
 * Returns: what @system calls itself ("Debian GNU/Linux 12 (bookworm)").  Any thread.
 */
const char *
moor_system_get_name (MoorSystem *system)
{
  return system->name;
}

/**
 * moor_system_get_host_name:
 *
 * Returns: (nullable): the name in etc/hostname.  Any thread.
 */
const char *
moor_system_get_host_name (MoorSystem *system)
{
  return system->host_name;
}

/**
 * moor_system_get_machine_id:
 *
 * Returns: (nullable): the content of etc/machine-id.  Any thread.
 */
const char *
moor_system_get_machine_id (MoorSystem *system)
{
  return system->machine_id;
}

/**
 * moor_system_get_volume:
 *
 * Returns: (transfer none): the volume that holds the root.  Any thread.
 */
MoorVolume *
moor_system_get_volume (MoorSystem *system)
{
  return system->volume;
}

/**
 * moor_system_get_profiles:
 *
 * Returns: (transfer none) (element-type MoorProfile): the people on @system: accounts by
 *   number, then homes without account by name, then root.  Their names differ.  Any thread.
 */
GPtrArray *
moor_system_get_profiles (MoorSystem *system)
{
  return system->profiles;
}

/**
 * moor_system_get_problems:
 *
 * Returns: (transfer none) (element-type MoorIssue): what could not be looked at when
 *   @system was opened and may hide people: a homes' volume that is not mounted, lines of
 *   passwd that make no sense.  Any thread.
 */
GPtrArray *
moor_system_get_problems (MoorSystem *system)
{
  return system->problems;
}

/**
 * moor_system_find_profile:
 *
 * Returns: (transfer none) (nullable): the profile called @name.  Any thread.
 */
MoorProfile *
moor_system_find_profile (MoorSystem *system, const char *name)
{
  for (guint i = 0; i < system->profiles->len; i++)
    {
      MoorProfile *profile = g_ptr_array_index (system->profiles, i);

      if (strcmp (profile->name, name) == 0)
        return profile;
    }
  return NULL;
}

/**
 * moor_ids_free:
 * @ids: (transfer full): what is no longer needed
 */
void
moor_ids_free (MoorIds *ids)
{
  g_free (ids->group);
  g_free (ids);
}

/**
 * moor_system_promise_ids:
 * @group: (nullable): what the group is called, if that is known
 *
 * As moor_system_reserve_ids().
 */
void
moor_system_promise_ids (MoorSystem *system,
                         const char *name,
                         guint32 uid,
                         guint32 gid,
                         const char *group)
{
  MoorIds *ids = g_new0 (MoorIds, 1);

  ids->uid = uid;
  ids->gid = gid;
  ids->group = g_strdup (group);
  moor_lock (&system->lock);
  g_hash_table_replace (system->reserved, g_strdup (name), ids);
  moor_unlock (&system->lock);
}

/**
 * moor_system_reserve_ids:
 * @name: the login name that will have them
 *
 * Keeps moor_account_plan() from giving these numbers to anybody else who needs new ones.
 * To be called for everybody in a store before the first of them is planned.  Any thread.
 */
void
moor_system_reserve_ids (MoorSystem *system, const char *name, guint32 uid, guint32 gid)
{
  moor_system_promise_ids (system, name, uid, gid, NULL);
}

/* Systems that were found, each once however often it is mounted. */
typedef struct
{
  GPtrArray *paths; /* (element-type filename) */
  GHashTable *seen; /* (element-type utf8): device and inode of each root */
} Found;

/* Takes the system at @path below @mount_point, if there is one. */
static void
consider (Found *found, const char *mount_point, const char *path)
{
  g_autofree char *root = g_build_filename (mount_point, path, NULL);
  g_auto(MoorFd) dfd = moor_open_dir (NULL, root, NULL);
  g_auto(MoorFd) passwd = -1;
  g_auto(MoorFd) release = -1;
  struct stat st;

  if (dfd < 0 || fstat (dfd, &st) < 0 || is_own_root (dfd))
    return;
  passwd = moor_open_in_root (NULL, dfd, "etc/passwd", O_PATH, NULL, NULL);
  release = moor_open_in_root (NULL, dfd, "etc/os-release", O_PATH, NULL, NULL);
  if (passwd >= 0 && release >= 0
      && g_hash_table_add (
          found->seen, g_strdup_printf ("%ju:%ju", (uintmax_t) st.st_dev, (uintmax_t) st.st_ino)))
    g_ptr_array_add (found->paths, g_steal_pointer (&root));
}

/* Read-only images and layers of containers look like systems but hold nobody's home. */
static gboolean
may_hold_system (const MoorVolume *volume)
{
  static const char *const images[] = { "squashfs", "erofs", "iso9660", "overlay", "tmpfs", NULL };

  return !g_strv_contains (images, volume->fs_type);
}

/**
 * moor_system_find_systems:
 * @error: return location for a #GError
 *
 * Looks at the volumes that are mounted now.  Blocks; any thread.
 *
 * Returns: (transfer full) (element-type filename): `/`, and wherever else a Linux system's
 *   root is mounted
 */
GPtrArray *
moor_system_find_systems (GError **error)
{
  /* How distributions call the subvolume of the root on btrfs. */
  static const char *const roots[] = { "", "@", "@rootfs", "root" };
  g_autoptr(GPtrArray) volumes = moor_volume_list (error);
  g_autoptr(GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr(GPtrArray) systems = g_ptr_array_new_with_free_func (g_free);
  Found found = { systems, seen };

  if (volumes == NULL)
    return NULL;
  g_ptr_array_add (systems, g_strdup ("/"));
  for (guint i = 0; i < volumes->len; i++)
    {
      const MoorVolume *volume = g_ptr_array_index (volumes, i);
      guint n = strcmp (volume->fs_type, "btrfs") == 0 ? G_N_ELEMENTS (roots) : 1;

      for (guint j = 0; may_hold_system (volume) && j < n; j++)
        consider (&found, volume->mount_point, roots[j]);
    }
  return g_steal_pointer (&systems);
}
