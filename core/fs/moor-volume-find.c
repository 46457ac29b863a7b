/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Finds a mounted volume again: by its lasting name, or by what an fstab says. */

#include "moor-volume-private.h"

#include <blkid/blkid.h>

#include "moor-btrfs-private.h"
#include "moor-probe-private.h"

/* Whether the mount shows the whole volume and not one directory of it. */
static gboolean
is_whole (MoorVolume *volume)
{
  g_auto(MoorFd) fd = -1;
  struct stat st;

  if (strcmp (volume->fs_type, "btrfs") != 0)
    return strcmp (volume->mount_root, "/") == 0;

  fd = moor_volume_open_root (volume, NULL);
  return fd >= 0 && fstat (fd, &st) == 0 && st.st_ino == MOOR_BTRFS_ROOT_INO;
}

/* Returns: (transfer full) (nullable): the most useful of several mounts. */
static MoorVolume *
pick (GPtrArray *volumes)
{
  MoorVolume *best = NULL;
  int best_rank = -1;

  for (guint i = 0; i < volumes->len; i++)
    {
      MoorVolume *volume = g_ptr_array_index (volumes, i);
      int rank = (is_whole (volume) ? 2 : 0) + (volume->read_only ? 0 : 1);

      if (rank > best_rank)
        {
          best = volume;
          best_rank = rank;
        }
    }
  return best != NULL ? moor_volume_ref (best) : NULL;
}

typedef gboolean (*VolumeMatch) (const MoorVolume *volume, gconstpointer key);

static GPtrArray *
select_volumes (GPtrArray *volumes, VolumeMatch match, gconstpointer key)
{
  GPtrArray *selected = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_volume_unref);

  for (guint i = 0; i < volumes->len; i++)
    {
      MoorVolume *volume = g_ptr_array_index (volumes, i);

      if (match (volume, key))
        g_ptr_array_add (selected, moor_volume_ref (volume));
    }
  return selected;
}

static gboolean
has_name (const MoorVolume *volume, gconstpointer name)
{
  return strcmp (volume->name, name) == 0;
}

/* The UUID of the file system, whatever the subvolume. */
static gboolean
has_uuid (const MoorVolume *volume, gconstpointer uuid)
{
  gsize n = strlen (uuid);

  if (g_ascii_strncasecmp (volume->name, uuid, n) != 0)
    return FALSE;
  return volume->name[n] == '\0'
         || (volume->name[n] == ':' && strcmp (volume->fs_type, "btrfs") == 0);
}

/* A subvolume that no mount shows as its root lies somewhere below one that is
 * mounted. */
static MoorVolume *
find_nested (GPtrArray *volumes, const char *name)
{
  const char *colon = strchr (name, ':');
  g_autofree char *uuid = colon != NULL ? g_strndup (name, (gsize) (colon - name)) : NULL;
  g_autoptr(GPtrArray) mounts = uuid != NULL ? select_volumes (volumes, has_uuid, uuid) : NULL;

  for (guint i = 0; mounts != NULL && i < mounts->len; i++)
    {
      MoorVolume *mount = g_ptr_array_index (mounts, i);
      g_auto(MoorFd) root = moor_volume_open_root (mount, NULL);
      g_auto(MoorFd) fd = root >= 0 ? moor_btrfs_open_subvolume (
                               root, g_ascii_strtoull (colon + 1, NULL, 10))
                                     : -1;
      g_autoptr(MoorVolume) volume = fd >= 0 ? moor_volume_for_fd (fd, NULL) : NULL;

      if (volume != NULL && strcmp (volume->name, name) == 0)
        return g_steal_pointer (&volume);
    }
  return NULL;
}

/**
 * moor_volume_find:
 * @name: the lasting name of a volume
 *
 * Finds where a volume is mounted now.  Of several mounts it takes one that
 * shows the whole volume, and rather a writable one.  A btrfs subvolume is also
 * found below another one that is mounted.
 *
 * Blocks while superblocks are read; any thread.
 *
 * Returns: (transfer full): the volume, or %NULL with @error in %G_IO_ERROR:
 *   NOT_FOUND if it is not mounted
 */
MoorVolume *
moor_volume_find (const char *name, GError **error)
{
  g_autoptr(GPtrArray) volumes = moor_volume_list_all (error);
  g_autoptr(GPtrArray) named = NULL;
  MoorVolume *volume;

  if (volumes == NULL)
    return NULL;

  named = select_volumes (volumes, has_name, name);
  volume = pick (named);
  if (volume == NULL)
    volume = find_nested (volumes, name);
  if (volume == NULL)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "volume %s is not mounted", name);
  return volume;
}

static gboolean
has_dev (const MoorVolume *volume, gconstpointer dev)
{
  return volume->domain.dev == *(const guint64 *) dev;
}

/* The value of `UUID=value` or `UUID="value"`. */
static char *
uuid_of_source (const char *source)
{
  g_autofree char *uuid = NULL;
  gsize n;

  if (!g_str_has_prefix (source, "UUID="))
    return NULL;

  uuid = g_strdup (source + strlen ("UUID="));
  n = strlen (uuid);
  if (n >= 2 && (uuid[0] == '"' || uuid[0] == '\'') && uuid[n - 1] == uuid[0])
    return g_strndup (uuid + 1, n - 2);
  return g_steal_pointer (&uuid);
}

/* All mounts of one device.  By UUID, the mounted file systems know best; for
 * the rest a device has to be found first.  A file system on several devices
 * (btrfs) has a number of its own, so there again the UUID decides. */
static GPtrArray *
select_by_source (GPtrArray *volumes, const char *source)
{
  g_autofree char *uuid = uuid_of_source (source);
  g_autofree char *device = NULL;
  g_auto(MoorDeviceProbe) probe = { .type = NULL };
  g_autoptr(GPtrArray) selected = NULL;
  struct stat st;
  guint64 dev;

  if (uuid != NULL)
    return select_volumes (volumes, has_uuid, uuid);

  device = blkid_evaluate_spec (source, NULL);
  if (device == NULL || stat (device, &st) < 0 || !S_ISBLK (st.st_mode))
    return g_ptr_array_new_with_free_func ((GDestroyNotify) moor_volume_unref);

  dev = st.st_rdev;
  selected = select_volumes (volumes, has_dev, &dev);
  if (selected->len > 0)
    return g_steal_pointer (&selected);

  moor_device_probe (device, &probe);
  return probe.uuid != NULL ? select_volumes (volumes, has_uuid, probe.uuid)
                            : g_steal_pointer (&selected);
}

static MoorVolume *
throw_not_mounted (const char *source, const char *subvolume, GError **error)
{
  if (subvolume != NULL)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "subvolume %s of %s is not mounted",
                 subvolume, source);
  else
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "%s is not mounted", source);
  return NULL;
}

/**
 * moor_volume_find_device:
 * @source: a device as an fstab names it: `UUID=`, `LABEL=`, `PARTUUID=`,
 *   `PARTLABEL=` or a path
 *
 * Finds where a device is mounted now, as moor_volume_find() does.
 *
 * Blocks while superblocks are read; any thread.
 *
 * Returns: (transfer full): the volume, or %NULL with @error in %G_IO_ERROR:
 *   NOT_FOUND if it is not mounted, or there is no such device
 */
MoorVolume *
moor_volume_find_device (const char *source, GError **error)
{
  g_autoptr(GPtrArray) volumes = moor_volume_list_all (error);
  g_autoptr(GPtrArray) mounts = NULL;
  MoorVolume *volume;

  if (volumes == NULL)
    return NULL;

  mounts = select_by_source (volumes, source);
  volume = pick (mounts);
  return volume != NULL ? volume : throw_not_mounted (source, NULL, error);
}

/* The subvolume at @root ("/@home"), if the mount @volume shows it or what it
 * lies in. */
static MoorVolume *
find_below (MoorVolume *volume, const char *root)
{
  gboolean shows_all = strcmp (volume->mount_root, "/") == 0;
  gsize n = shows_all ? 0 : strlen (volume->mount_root);
  const char *below;
  g_auto(MoorFd) mount = -1;
  g_auto(MoorFd) fd = -1;
  g_autoptr(MoorVolume) found = NULL;

  if (strncmp (root, volume->mount_root, n) != 0 || (root[n] != '/' && root[n] != '\0'))
    return NULL;
  mount = moor_volume_open_root (volume, NULL);
  if (mount < 0)
    return NULL;

  below = root + n + strspn (root + n, "/");
  fd = moor_open_beneath (NULL, mount, *below != '\0' ? below : ".", O_RDONLY | O_DIRECTORY, NULL);
  found = fd >= 0 ? moor_volume_for_fd (fd, NULL) : NULL;
  return found != NULL && strcmp (found->mount_root, root) == 0 ? g_steal_pointer (&found) : NULL;
}

/**
 * moor_volume_find_device_subvolume:
 * @source: a device as in moor_volume_find_device()
 * @subvolume: (nullable) (type filename): what the option `subvol=` says, with or
 *   without a leading slash; %NULL for any
 *
 * Finds where a subvolume of a btrfs file system is mounted now, or where it can
 * be reached below another one that is.
 *
 * Blocks while superblocks are read; any thread.
 *
 * Returns: (transfer full): the volume, or %NULL with @error in %G_IO_ERROR:
 *   NOT_FOUND if it is not mounted, or there is no such device or subvolume
 */
MoorVolume *
moor_volume_find_device_subvolume (const char *source, const char *subvolume, GError **error)
{
  g_autoptr(GPtrArray) volumes = NULL;
  g_autoptr(GPtrArray) mounts = NULL;
  g_autoptr(GPtrArray) found = NULL;
  g_autofree char *root = NULL;
  MoorVolume *volume;

  if (subvolume == NULL)
    return moor_volume_find_device (source, error);
  volumes = moor_volume_list_all (error);
  if (volumes == NULL)
    return NULL;

  root = g_strconcat ("/", subvolume + strspn (subvolume, "/"), NULL);
  mounts = select_by_source (volumes, source);
  found = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_volume_unref);
  for (guint i = 0; i < mounts->len; i++)
    {
      volume = find_below (g_ptr_array_index (mounts, i), root);
      if (volume != NULL)
        g_ptr_array_add (found, volume);
    }

  volume = pick (found);
  return volume != NULL ? volume : throw_not_mounted (source, subvolume, error);
}
