/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Volumes as they are mounted now.
 *
 * A volume is a link domain: one mount, and on btrfs one subvolume in it.  The
 * mount table says where it is, the open directory says what it is: a mount
 * that another one hides cannot be opened and so is none. */

#include "moor-volume-private.h"

#include <blkid/blkid.h>
#include <libmount.h>
#include <linux/magic.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>

#include "moor-btrfs-private.h"
#include "moor-error.h"
#include "moor-probe-private.h"
#include "moor-text.h"

#define MOUNTINFO "/proc/self/mountinfo"

typedef struct libmnt_table MountTable;
typedef struct libmnt_iter MountIter;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MountTable, mnt_unref_table)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MountIter, mnt_free_iter)

static void
volume_clear (MoorVolume *volume)
{
  g_free (volume->name);
  g_free (volume->fs_type);
  g_free (volume->device);
  g_free (volume->mount_point);
  g_free (volume->mount_root);
}

/**
 * moor_volume_ref:
 *
 * Returns: (transfer full): @volume, held once more.  Any thread.
 */
MoorVolume *
moor_volume_ref (MoorVolume *volume)
{
  return g_atomic_rc_box_acquire (volume);
}

/**
 * moor_volume_unref:
 * @volume: (transfer full) (nullable): what is no longer needed
 *
 * Any thread.
 */
void
moor_volume_unref (MoorVolume *volume)
{
  if (volume != NULL)
    g_atomic_rc_box_release_full (volume, (GDestroyNotify) volume_clear);
}

static struct libmnt_fs *
find_mount (MountTable *table, guint64 mnt_id)
{
  g_autoptr(MountIter) iter = mnt_new_iter (MNT_ITER_BACKWARD);
  struct libmnt_fs *fs = NULL;

  while (mnt_table_next_fs (table, iter, &fs) == 0)
    {
      if ((guint64) mnt_fs_get_id (fs) == mnt_id)
        return fs;
    }
  return NULL;
}

static MountTable *
parse_mounts (const char *text, GError **error)
{
  g_autoptr(MountTable) table = mnt_new_table ();
  FILE *stream = fmemopen ((char *) text, strlen (text), "r");
  gboolean parsed = table != NULL && stream != NULL
                    && mnt_table_parse_stream (table, stream, MOUNTINFO) == 0;

  if (stream != NULL)
    (void) fclose (stream);
  if (parsed)
    return g_steal_pointer (&table);
  (void) moor_throw_errno (error, EIO, "reading %s", MOUNTINFO);
  return NULL;
}

static const char *
type_of_magic (int fd)
{
  static const struct
  {
    guint32 magic;
    const char *type;
  } types[] = { { EXT4_SUPER_MAGIC, "ext4" },         { XFS_SUPER_MAGIC, "xfs" },
                { BTRFS_SUPER_MAGIC, "btrfs" },       { TMPFS_MAGIC, "tmpfs" },
                { OVERLAYFS_SUPER_MAGIC, "overlay" }, { F2FS_SUPER_MAGIC, "f2fs" } };
  struct statfs fs;

  for (gsize i = 0; fstatfs (fd, &fs) == 0 && i < G_N_ELEMENTS (types); i++)
    {
      if ((guint32) fs.f_type == types[i].magic)
        return types[i].type;
    }
  return "unknown";
}

/* In a chroot whose root is no mount the kernel leaves the root's own mount out
 * of the table.  Returns: (transfer full): its line, or %NULL if it is there. */
static char *
describe_root_mount (MountTable *table)
{
  g_auto(MoorFd) fd = open ("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  MoorDomain domain;

  if (fd < 0 || !moor_domain_of_fd (NULL, fd, &domain, NULL)
      || find_mount (table, domain.mnt_id) != NULL)
    return NULL;
  return g_strdup_printf ("%" G_GUINT64_FORMAT " 0 %u:%u / / rw - %s /dev/root rw\n", domain.mnt_id,
                          major (domain.dev), minor (domain.dev), type_of_magic (fd));
}

static MountTable *
read_mounts (GError **error)
{
  g_autofree char *text = NULL;
  g_autofree char *root = NULL;
  g_autofree char *all = NULL;
  g_autoptr(MountTable) table = NULL;

  if (!g_file_get_contents (MOUNTINFO, &text, NULL, error)
      || (table = parse_mounts (text, error)) == NULL)
    return NULL;
  root = describe_root_mount (table);
  if (root == NULL)
    return g_steal_pointer (&table);
  all = g_strconcat (root, text, NULL);
  return parse_mounts (all, error);
}

static const char *
text_or (const char *text, const char *fallback)
{
  return text != NULL ? text : fallback;
}

/* The block device behind a mount.  The table's word may be out of date
 * (/dev/root), the number is not, but for btrfs, which has one of its own. */
static char *
find_device (struct libmnt_fs *fs)
{
  const char *source = mnt_fs_get_srcpath (fs);
  dev_t devno = mnt_fs_get_devno (fs);
  g_autofree char *found = NULL;
  struct stat st;

  if (source != NULL && stat (source, &st) == 0 && S_ISBLK (st.st_mode)
      && (major (devno) == 0 || st.st_rdev == devno))
    return g_strdup (source);
  if (major (devno) == 0)
    return NULL;

  found = blkid_devno_to_devname (devno);
  return g_steal_pointer (&found);
}

static gboolean
is_read_only (int fd, const char *fs_type)
{
  struct statvfs vfs;

  if (fstatvfs (fd, &vfs) == 0 && (vfs.f_flag & ST_RDONLY) != 0)
    return TRUE;
  return strcmp (fs_type, "btrfs") == 0 && moor_btrfs_is_read_only (fd);
}

/* The volume that the open directory @fd is in, whose root is at @point (which
 * is @root within the file system). */
static MoorVolume *
volume_new (struct libmnt_fs *fs,
            int fd,
            const MoorDomain *domain,
            const char *point,
            const char *root)
{
  MoorVolume *volume = g_atomic_rc_box_new0 (MoorVolume);
  g_auto(MoorDeviceProbe) probe = { .type = NULL };

  volume->fs_type = g_strdup (text_or (mnt_fs_get_fstype (fs), "unknown"));
  volume->device = find_device (fs);
  volume->mount_point = g_strdup (point);
  volume->mount_root = g_strdup (root);
  volume->domain = *domain;
  volume->name = moor_probe_name (fd, volume->fs_type, volume->device, domain->dev, &probe);
  volume->read_only = is_read_only (fd, volume->fs_type);
  volume->can_link = moor_probe_can_link (volume->fs_type, &probe);
  volume->can_clone = moor_probe_can_clone (fd, volume->fs_type);
  volume->max_links = moor_probe_max_links (fd, volume->fs_type);
  volume->n_errors = moor_probe_n_errors (fd, volume->fs_type, domain->dev);
  return volume;
}

static int
open_dir_at (int dfd, const char *path)
{
  return openat (dfd, path, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

/* The root of the mount, unless another mount hides it. */
static int
open_mount (struct libmnt_fs *fs, MoorDomain *out_domain)
{
  const char *target = mnt_fs_get_target (fs);
  g_auto(MoorFd) fd = target != NULL ? open_dir_at (AT_FDCWD, target) : -1;
  int opened = -1;

  if (fd < 0 || !moor_domain_of_fd (NULL, fd, out_domain, NULL)
      || out_domain->mnt_id != (guint64) mnt_fs_get_id (fs))
    return -1;

  opened = fd;
  fd = -1;
  return opened;
}

/* File systems that hold nobody's files, or that must not be touched unasked:
 * a dead server or FUSE program would block whoever looks. */
static gboolean
is_real (struct libmnt_fs *fs)
{
  const char *type = text_or (mnt_fs_get_fstype (fs), "");

  if (strcmp (type, "overlay") == 0 || strcmp (type, "tmpfs") == 0
      || strcmp (type, "virtiofs") == 0)
    return TRUE;
  return !mnt_fs_is_pseudofs (fs) && !mnt_fs_is_netfs (fs) && !mnt_fs_is_swaparea (fs)
         && strcmp (type, "fuse") != 0 && !g_str_has_prefix (type, "fuse.");
}

/* Every mount that can be looked into, tmpfs too.  Returns: (transfer full)
 * (element-type MoorVolume): or %NULL with @error set. */
GPtrArray *
moor_volume_list_all (GError **error)
{
  g_autoptr(MountTable) table = read_mounts (error);
  g_autoptr(MountIter) iter = mnt_new_iter (MNT_ITER_FORWARD);
  g_autoptr(GPtrArray)
                 volumes = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_volume_unref);
  struct libmnt_fs *fs = NULL;

  if (table == NULL)
    return NULL;

  while (mnt_table_next_fs (table, iter, &fs) == 0)
    {
      MoorDomain domain;
      g_auto(MoorFd) fd = is_real (fs) ? open_mount (fs, &domain) : -1;

      if (fd >= 0)
        g_ptr_array_add (volumes, volume_new (fs, fd, &domain, mnt_fs_get_target (fs),
                                              text_or (mnt_fs_get_root (fs), "/")));
    }
  return g_steal_pointer (&volumes);
}

/**
 * moor_volume_list:
 *
 * Lists the mounted volumes that can hold people's files, one for each mount.
 * Pseudo file systems, tmpfs, network and FUSE mounts (but those on a block
 * device) are left out, and what another mount hides.
 *
 * Blocks while superblocks are read; any thread.
 *
 * Returns: (transfer full) (element-type MoorVolume): the volumes, or %NULL with
 *   @error in %G_IO_ERROR
 */
GPtrArray *
moor_volume_list (GError **error)
{
  GPtrArray *volumes = moor_volume_list_all (error);

  for (guint i = volumes != NULL ? volumes->len : 0; i > 0; i--)
    {
      const MoorVolume *volume = g_ptr_array_index (volumes, i - 1);

      if (strcmp (volume->fs_type, "tmpfs") == 0)
        g_ptr_array_remove_index (volumes, i - 1);
    }
  return volumes;
}

/* The path of @path below the directory @base; %NULL if it is not there. */
static const char *
strip_base (const char *path, const char *base)
{
  gsize n = strlen (base);

  if (strcmp (base, "/") == 0)
    return path + strspn (path, "/");
  if (strncmp (path, base, n) != 0 || (path[n] != '/' && path[n] != '\0'))
    return NULL;
  return path + n + strspn (path + n, "/");
}

/* A subvolume without a mount of its own: its root is the highest directory
 * above @fd that still is in its domain. */
static char *
find_domain_root (int fd, const MoorDomain *domain, const char *mount_point)
{
  g_autofree char *path = moor_fd_path (fd);
  g_autofree char *root = NULL;

  while (path != NULL && strip_base (path, mount_point) != NULL)
    {
      g_autofree char *dir = NULL;
      g_auto(MoorFd) dir_fd = open_dir_at (AT_FDCWD, path);
      MoorDomain here;

      if (dir_fd >= 0 && moor_domain_of_fd (NULL, dir_fd, &here, NULL))
        {
          if (!moor_domain_equal (&here, domain))
            break;
          g_free (root);
          root = g_strdup (path);
        }
      dir = g_path_get_dirname (path);
      if (strcmp (dir, path) == 0)
        break;
      g_free (path);
      path = g_steal_pointer (&dir);
    }
  return g_steal_pointer (&root);
}

static MoorVolume *
volume_new_nested (struct libmnt_fs *fs, int fd, const MoorDomain *domain)
{
  const char *target = mnt_fs_get_target (fs);
  g_autofree char *point = find_domain_root (fd, domain, target);
  g_auto(MoorFd) point_fd = point != NULL ? open_dir_at (AT_FDCWD, point) : -1;
  g_autofree char *root = NULL;

  if (point_fd < 0)
    return NULL;

  root = g_build_filename (text_or (mnt_fs_get_root (fs), "/"), strip_base (point, target), NULL);
  return volume_new (fs, point_fd, domain, point, root);
}

static MoorVolume *
volume_for (struct libmnt_fs *fs, int fd, const MoorDomain *domain)
{
  MoorDomain mounted;
  g_auto(MoorFd) mount_fd = open_mount (fs, &mounted);
  g_auto(MoorFd) dir_fd = -1;

  if (mount_fd >= 0 && !moor_domain_equal (&mounted, domain))
    return volume_new_nested (fs, fd, domain);

  if (mount_fd < 0)
    dir_fd = open_dir_at (fd, ".");
  if (mount_fd < 0 && dir_fd < 0)
    return NULL;
  return volume_new (fs, mount_fd >= 0 ? mount_fd : dir_fd, domain, mnt_fs_get_target (fs),
                     text_or (mnt_fs_get_root (fs), "/"));
}

/**
 * moor_volume_for_fd:
 * @fd: any descriptor
 *
 * Finds the volume that an open object lies on.  A btrfs subvolume that is not
 * mounted itself is a volume too: its mount point is the path of its root.
 *
 * Blocks while the superblock is read; any thread.
 *
 * Returns: (transfer full): the volume, or %NULL with @error in %G_IO_ERROR
 */
MoorVolume *
moor_volume_for_fd (int fd, GError **error)
{
  g_autoptr(MountTable) table = read_mounts (error);
  struct libmnt_fs *fs;
  MoorVolume *volume;
  MoorDomain domain;

  if (table == NULL || !moor_domain_of_fd (NULL, fd, &domain, error))
    return NULL;

  fs = find_mount (table, domain.mnt_id);
  volume = fs != NULL ? volume_for (fs, fd, &domain) : NULL;
  if (volume == NULL)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                 "descriptor %d is on a volume that is not reachable", fd);
  return volume;
}

/**
 * moor_volume_open_root:
 *
 * Opens the directory at which @volume is mounted and makes sure that it still
 * is @volume.  Blocks; any thread.
 *
 * Returns: a new descriptor, or -1 with @error set: %MOOR_ERROR_OTHER_DOMAIN if
 *   something else is mounted there now, or %G_IO_ERROR
 */
int
moor_volume_open_root (MoorVolume *volume, GError **error)
{
  g_auto(MoorFd) fd = moor_open_dir (NULL, volume->mount_point, error);
  MoorDomain domain;
  int opened;

  if (fd < 0 || !moor_domain_of_fd (NULL, fd, &domain, error))
    return -1;
  if (!moor_domain_equal (&domain, &volume->domain))
    {
      g_autofree char *shown = moor_text_path (volume->mount_point);

      (void) moor_throw (error, MOOR_ERROR_OTHER_DOMAIN, "volume %s is no longer mounted at “%s”",
                         volume->name, shown);
      return -1;
    }

  opened = fd;
  fd = -1;
  return opened;
}

/**
 * moor_volume_path_of:
 * @fd: an object on @volume
 *
 * Tells where an open object lies below the volume's mount point, as seen now.
 * Blocks shortly; any thread.
 *
 * Returns: (transfer full) (type filename): a path without leading slash, empty
 *   for the mount point itself; %NULL with @error set: %MOOR_ERROR_OTHER_DOMAIN
 *   if it is on another volume, %MOOR_ERROR_VANISHED if it has no name any more,
 *   or %G_IO_ERROR
 */
char *
moor_volume_path_of (MoorVolume *volume, int fd, GError **error)
{
  g_autofree char *path = moor_fd_path (fd);
  const char *below = path != NULL ? strip_base (path, volume->mount_point) : NULL;
  MoorDomain domain;
  struct stat st;

  if (!moor_domain_of_fd (NULL, fd, &domain, error))
    return NULL;
  if (fstat (fd, &st) == 0 && st.st_nlink == 0)
    (void) moor_throw (error, MOOR_ERROR_VANISHED, "it has been deleted");
  else if (!moor_domain_equal (&domain, &volume->domain) || below == NULL)
    (void) moor_throw (error, MOOR_ERROR_OTHER_DOMAIN, "it is not on volume %s", volume->name);
  else
    return g_strdup (below);
  return NULL;
}

static int
compare_paths (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/**
 * moor_volume_mounts_below:
 * @dfd: a directory
 *
 * Lists what is mounted strictly below a directory, on whatever volume, pseudo
 * file systems and hidden mounts too.  Blocks shortly; any thread.
 *
 * Returns: (transfer full) (element-type filename): sorted absolute paths, none
 *   twice; %NULL with @error in %G_IO_ERROR
 */
GPtrArray *
moor_volume_mounts_below (int dfd, GError **error)
{
  g_autoptr(MountTable) table = read_mounts (error);
  g_autoptr(MountIter) iter = mnt_new_iter (MNT_ITER_FORWARD);
  g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *base = moor_fd_path (dfd);
  struct libmnt_fs *fs = NULL;

  if (table == NULL)
    return NULL;
  if (base == NULL)
    {
      (void) moor_throw_errno (error, ENOENT, "finding the path of descriptor %d", dfd);
      return NULL;
    }

  while (mnt_table_next_fs (table, iter, &fs) == 0)
    {
      const char *target = text_or (mnt_fs_get_target (fs), "/");
      const char *below = strip_base (target, base);

      if (below != NULL && *below != '\0'
          && !g_ptr_array_find_with_equal_func (paths, target, g_str_equal, NULL))
        g_ptr_array_add (paths, g_strdup (target));
    }
  g_ptr_array_sort (paths, compare_paths);
  return g_steal_pointer (&paths);
}

/**
 * moor_volume_network_mounts:
 *
 * Lists where another machine's files are mounted, without looking at them: a server
 * that does not answer would block whoever does.  Any thread.
 *
 * Returns: (transfer full) (element-type filename): absolute paths, or %NULL with @error
 *   in %G_IO_ERROR
 */
GPtrArray *
moor_volume_network_mounts (GError **error)
{
  g_autoptr(MountTable) table = read_mounts (error);
  g_autoptr(MountIter) iter = mnt_new_iter (MNT_ITER_FORWARD);
  GPtrArray *paths;
  struct libmnt_fs *fs = NULL;

  if (table == NULL)
    return NULL;
  paths = g_ptr_array_new_with_free_func (g_free);
  while (mnt_table_next_fs (table, iter, &fs) == 0)
    {
      if (mnt_fs_is_netfs (fs))
        g_ptr_array_add (paths, g_strdup (text_or (mnt_fs_get_target (fs), "/")));
    }
  return paths;
}

/**
 * moor_volume_space:
 * @fd: anything on the volume
 *
 * Tells what is left on a volume for those who are not root.  On btrfs it is
 * the file system's own guess.  Blocks shortly; any thread.
 *
 * Returns: %FALSE on failure, in %G_IO_ERROR
 */
gboolean
moor_volume_space (int fd, MoorSpace *out_space, GError **error)
{
  struct statvfs vfs;

  if (fstatvfs (fd, &vfs) < 0)
    return moor_throw_errno (error, errno, "asking for free space");

  out_space->n_total_bytes = (guint64) vfs.f_blocks * vfs.f_frsize;
  out_space->n_free_bytes = (guint64) vfs.f_bavail * vfs.f_frsize;
  out_space->n_free_inodes = vfs.f_files == 0 ? G_MAXUINT64 : vfs.f_favail;
  return TRUE;
}
