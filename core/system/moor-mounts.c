/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-system-private.h"

#include <libmount/libmount.h>
#include <stdio.h>
#include <string.h>

#include "moor-lock.h"

/* What a system mounts when it runs, from its own fstab. */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FILE, fclose)

typedef struct libmnt_table MntTable;
typedef struct libmnt_iter MntIter;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MntTable, mnt_unref_table)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MntIter, mnt_free_iter)

/* @path with one slash between components and none at the end. */
static char *
tidy_path (const char *path)
{
  g_auto(GStrv) components = g_strsplit (path, "/", -1);
  GString *tidy = g_string_new (NULL);

  for (guint i = 0; components[i] != NULL; i++)
    {
      if (components[i][0] != '\0' && strcmp (components[i], ".") != 0)
        g_string_append_printf (tidy, "/%s", components[i]);
    }
  if (tidy->len == 0)
    g_string_append_c (tidy, '/');
  return g_string_free (tidy, FALSE);
}

static gboolean
has_option (const char *options, const char *name)
{
  return options != NULL && mnt_optstr_get_option (options, name, NULL, NULL) == 0;
}

/* The value of an option, or NULL. */
static char *
option_value (const char *options, const char *name)
{
  char *value = NULL;
  size_t n_bytes = 0;

  if (options == NULL || mnt_optstr_get_option (options, name, &value, &n_bytes) != 0
      || n_bytes == 0)
    return NULL;
  return g_strndup (value, n_bytes);
}

/**
 * moor_mount_new:
 * @target: (type filename): where it is mounted
 * @source: what is mounted
 * @options: (nullable): mount options as in fstab
 *
 * Returns: (transfer full): a new mount, whose canonical path is @target yet
 */
MoorMount *
moor_mount_new (const char *target, const char *source, const char *options)
{
  MoorMount *mount = g_new0 (MoorMount, 1);

  mount->target = tidy_path (target);
  mount->canonical = g_strdup (mount->target);
  mount->source = g_strdup (source);
  mount->options = g_strdup (options);
  mount->bind = has_option (options, "bind") || has_option (options, "rbind");
  return mount;
}

/**
 * moor_mount_free:
 * @mount: (transfer full): what is no longer needed
 */
void
moor_mount_free (MoorMount *mount)
{
  g_free (mount->target);
  g_free (mount->canonical);
  g_free (mount->source);
  g_free (mount->options);
  g_free (mount);
}

static int
ignore_bad_line (MntTable *table, const char *file_name, int line)
{
  g_info ("%s: line %d makes no sense and is ignored", file_name, line);
  return 1;
}

/* Whether the system mounts @fs by itself somewhere other than at its root. */
static gboolean
is_wanted (struct libmnt_fs *fs)
{
  const char *target = mnt_fs_get_target (fs);
  const char *options = mnt_fs_get_options (fs);

  if (target == NULL || target[0] != '/' || strspn (target, "/") == strlen (target)
      || mnt_fs_get_source (fs) == NULL || mnt_fs_is_swaparea (fs) != 0)
    return FALSE;
  if (has_option (options, "bind") || has_option (options, "rbind"))
    return TRUE;
  return mnt_fs_is_pseudofs (fs) == 0
         && (!has_option (options, "noauto") || has_option (options, "x-systemd.automount"));
}

/**
 * moor_mounts_parse:
 * @fstab: the content of a system's etc/fstab
 *
 * Swap, pseudo file systems, the root itself and what is only mounted by hand
 * (`noauto`) are left out; lines that make no sense too.
 *
 * Returns: (transfer full): what the system mounts, in the order of @fstab
 */
GPtrArray *
moor_mounts_parse (const char *fstab)
{
  GPtrArray *mounts = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_mount_free);
  g_autoptr(MntTable) table = mnt_new_table ();
  g_autoptr(MntIter) iter = mnt_new_iter (MNT_ITER_FORWARD);
  g_autoptr(FILE) stream = NULL;
  struct libmnt_fs *fs = NULL;

  if (fstab[0] == '\0' || (stream = fmemopen ((void *) fstab, strlen (fstab), "r")) == NULL)
    return mounts;

  mnt_table_set_parser_errcb (table, ignore_bad_line);
  if (mnt_table_parse_stream (table, stream, "etc/fstab") != 0)
    return mounts;
  while (mnt_table_next_fs (table, iter, &fs) == 0)
    {
      if (is_wanted (fs))
        g_ptr_array_add (mounts, moor_mount_new (mnt_fs_get_target (fs), mnt_fs_get_source (fs),
                                                 mnt_fs_get_options (fs)));
    }
  return mounts;
}

/* The volume as the machine that runs us has it mounted, however it says so. */
static MoorVolume *
find_mounted (const MoorMount *mount, GError **error)
{
  g_autofree char *subvolume = option_value (mount->options, "subvol");
  g_autofree char *subvolume_id = option_value (mount->options, "subvolid");

  if (mount->assumed)
    return moor_volume_find (mount->source, error);
  if (subvolume != NULL)
    return moor_volume_find_device_subvolume (mount->source, subvolume, error);
  if (subvolume_id != NULL && g_str_has_prefix (mount->source, "UUID="))
    {
      g_autofree char *name = g_strdup_printf ("%s:%s", mount->source + strlen ("UUID="),
                                               subvolume_id);

      return moor_volume_find (name, error);
    }
  return moor_volume_find_device (mount->source, error);
}

/**
 * moor_mount_find_volume:
 *
 * Blocks.  Any thread.
 *
 * Returns: (transfer full): the volume that @mount mounts, as it is mounted on the
 *   machine that runs us; %NULL with %G_IO_ERROR_NOT_MOUNTED, naming volume and mount
 *   point, if it is not
 */
MoorVolume *
moor_mount_find_volume (const MoorMount *mount, GError **error)
{
  g_autoptr(GError) local_error = NULL;
  g_autofree char *subvolume = NULL;
  MoorVolume *volume = find_mounted (mount, &local_error);

  if (volume != NULL)
    return volume;

  g_debug ("%s: %s", mount->source, local_error->message);
  subvolume = option_value (mount->options, "subvol");
  g_set_error (
      error, G_IO_ERROR, G_IO_ERROR_NOT_MOUNTED,
      "The volume %s%s%s, which the system has at “%s”, is not mounted; mount it anywhere and "
      "run the same command again",
      mount->source, subvolume != NULL ? ", subvolume " : "", subvolume != NULL ? subvolume : "",
      mount->target);
  return NULL;
}

/**
 * moor_sought_free:
 * @sought: (transfer full): what is no longer needed
 */
void
moor_sought_free (MoorSought *sought)
{
  g_clear_pointer (&sought->volume, moor_volume_unref);
  g_clear_error (&sought->error);
  g_free (sought);
}

/**
 * moor_system_find_volume:
 * @mount: one of @system's
 *
 * As moor_mount_find_volume(), which reads superblocks; while @system is being opened, and
 * everybody's home is looked for, each is looked for once.
 *
 * Returns: (transfer full): the volume, or %NULL with %G_IO_ERROR_NOT_MOUNTED
 */
MoorVolume *
moor_system_find_volume (MoorSystem *system, const MoorMount *mount, GError **error)
{
  MoorSought *sought;

  if (system->sought == NULL)
    return moor_mount_find_volume (mount, error);

  sought = g_hash_table_lookup (system->sought, mount);
  if (sought == NULL)
    {
      sought = g_new0 (MoorSought, 1);
      sought->volume = moor_mount_find_volume (mount, &sought->error);
      g_hash_table_insert (system->sought, (gpointer) mount, sought);
    }
  if (sought->volume != NULL)
    return moor_volume_ref (sought->volume);
  if (error != NULL)
    *error = g_error_copy (sought->error);
  return NULL;
}

/**
 * moor_system_find_mount:
 * @canonical: (type filename): a path within the system, links resolved
 *
 * Any thread.
 *
 * Returns: (transfer none) (nullable): what the system mounts at exactly @canonical; of
 *   two mounts the last one in fstab, as it hides the other, and fstab before what was
 *   assumed
 */
const MoorMount *
moor_system_find_mount (MoorSystem *system, const char *canonical)
{
  const MoorMount *found = NULL;

  moor_lock (&system->lock);
  for (guint i = 0; i < system->mounts->len; i++)
    {
      const MoorMount *mount = g_ptr_array_index (system->mounts, i);

      if (strcmp (mount->canonical, canonical) == 0 && (found == NULL || !mount->assumed))
        found = mount;
    }
  moor_unlock (&system->lock);
  return found;
}

/**
 * moor_system_mounts:
 * @mount_point: (type filename): a path within the system
 *
 * Any thread.
 *
 * Returns: whether the system's own fstab mounts something at @mount_point
 */
gboolean
moor_system_mounts (MoorSystem *system, const char *mount_point)
{
  g_autofree char *tidy = tidy_path (mount_point);
  gboolean found = FALSE;

  moor_lock (&system->lock);
  for (guint i = 0; i < system->mounts->len && !found; i++)
    {
      const MoorMount *mount = g_ptr_array_index (system->mounts, i);

      found = !mount->assumed
              && (strcmp (mount->target, tidy) == 0 || strcmp (mount->canonical, tidy) == 0);
    }
  moor_unlock (&system->lock);
  return found;
}

/**
 * moor_system_assume_mount:
 * @mount_point: (type filename): a path within the system, links resolved
 * @volume_name: the lasting name of a volume
 *
 * From now on moor_system_locate() looks on that volume for what is below
 * @mount_point, as if the system's fstab said so; where fstab does say something,
 * fstab wins.  Changes nothing on disk, and nothing at all for the running system,
 * whose mounts are what they are.  Any thread.
 */
void
moor_system_assume_mount (MoorSystem *system, const char *mount_point, const char *volume_name)
{
  MoorMount *mount;

  g_return_if_fail (mount_point != NULL && mount_point[0] == '/');
  g_return_if_fail (volume_name != NULL);

  mount = moor_mount_new (mount_point, volume_name, NULL);
  mount->assumed = TRUE;
  moor_lock (&system->lock);
  g_ptr_array_add (system->mounts, mount);
  moor_unlock (&system->lock);
}

/**
 * moor_system_list_mount_points:
 *
 * Any thread.
 *
 * Returns: (transfer full) (element-type filename): where @system mounts something besides its
 *   root: what its fstab says, and what was assumed; canonical, in that order, none twice
 */
GPtrArray *
moor_system_list_mount_points (MoorSystem *system)
{
  GPtrArray *paths = g_ptr_array_new_with_free_func (g_free);

  moor_lock (&system->lock);
  for (guint i = 0; i < system->mounts->len; i++)
    {
      const MoorMount *mount = g_ptr_array_index (system->mounts, i);

      if (!g_ptr_array_find_with_equal_func (paths, mount->canonical, g_str_equal, NULL))
        g_ptr_array_add (paths, g_strdup (mount->canonical));
    }
  moor_unlock (&system->lock);
  return paths;
}
