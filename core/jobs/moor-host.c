/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-host.h"

#include <string.h>

#include "moor-error.h"
#include "moor-folders.h"
#include "moor-text.h"

/* What rules are held against, as a system tells it. */

/* How rules write the path of a directory: the top of everything is "". */
static const char *
canonical_of (const char *path)
{
  return g_str_equal (path, "/") ? "" : path;
}

/* @path of the machine that runs us as a path within the system at @root_path. */
static const char *
path_within (const char *root_path, const char *path)
{
  if (g_str_equal (root_path, "/") || !moor_path_is_at_or_below (path, root_path))
    return path;
  return path[strlen (root_path)] != '\0' ? path + strlen (root_path) : "/";
}

/**
 * moor_host_add_drive_letter:
 * @root_path: (type filename): where the system is on the machine that runs us
 * @text: "C:=DIR", DIR a path on that machine or within the system
 *
 * Tells @host what a Windows drive in a pattern stands for.  Any thread.
 *
 * Returns: %FALSE with %MOOR_ERROR_USAGE
 */
gboolean
moor_host_add_drive_letter (MoorRuleHost *host,
                            const char *root_path,
                            const char *text,
                            GError **error)
{
  g_autofree char *path = NULL;

  if (!g_ascii_isalpha (text[0]) || text[1] != ':' || text[2] != '=' || text[3] != '/')
    return moor_throw (error, MOOR_ERROR_USAGE,
                       "“%s” names no drive; write it as C:=DIR, with an absolute path", text);
  path = g_canonicalize_filename (text + 3, "/");
  if (host->drive_map == NULL)
    host->drive_map = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_hash_table_replace (host->drive_map, g_strdup_printf ("%c:", g_ascii_toupper (text[0])),
                        g_strdup (path_within (root_path, path)));
  return TRUE;
}

static gboolean
is_removable (const MoorVolume *volume)
{
  static const char *const files[] = { "removable", "../removable" };
  const char *name = volume->device != NULL ? strrchr (volume->device, '/') : NULL;

  for (gsize i = 0; name != NULL && i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *path = g_strconcat ("/sys/class/block", name, "/", files[i], NULL);
      g_autofree char *content = NULL;

      if (g_file_get_contents (path, &content, NULL, NULL))
        return content[0] == '1';
    }
  return FALSE;
}

static MoorDriveType
drive_type (const MoorVolume *volume)
{
  static const char *const discs[] = { "iso9660", "udf", NULL };
  static const char *const shares[] = { "nfs", "nfs4", "cifs",      "smb3",       "smbfs", "afs",
                                        "9p",  "ceph", "glusterfs", "fuse.sshfs", NULL };

  if (g_strv_contains (shares, volume->fs_type))
    return MOOR_DRIVE_REMOTE;
  if (g_strv_contains (discs, volume->fs_type))
    return MOOR_DRIVE_CDROM;
  return is_removable (volume) ? MOOR_DRIVE_REMOVABLE : MOOR_DRIVE_FIXED;
}

typedef struct
{
  MoorRuleHost *host;
  MoorSystem *system;
  GArray *seen; /* (element-type guint64): devices; what is mounted twice is one drive */
} Drives;

static gboolean
is_new (Drives *drives, guint64 dev)
{
  for (guint i = 0; i < drives->seen->len; i++)
    {
      if (g_array_index (drives->seen, guint64, i) == dev)
        return FALSE;
    }
  g_array_append_val (drives->seen, dev);
  return TRUE;
}

static void
add_drive (Drives *drives, const char *path)
{
  g_auto(MoorPlace) place = { .dfd = -1 };
  g_autoptr(GError) error = NULL;

  if (!moor_system_locate (drives->system, path, &place, &error))
    {
      g_debug ("“%s” is no drive: %s", path, error->message);
      return;
    }
  if (place.dfd >= 0 && g_str_equal (place.path, place.mount_point)
      && is_new (drives, place.volume->domain.dev))
    moor_rule_host_add_drive (drives->host, drive_type (place.volume), canonical_of (place.path));
}

/* What is mounted below the system's root now, and what its fstab mounts. */
static gboolean
add_drives (MoorRuleHost *host, MoorSystem *system, GError **error)
{
  g_autoptr(GArray) seen = g_array_new (FALSE, FALSE, sizeof (guint64));
  Drives drives = { host, system, seen };
  g_autoptr(GPtrArray) volumes = moor_volume_list (error);
  g_autoptr(GPtrArray) fstab = moor_system_list_mount_points (system);
  g_autofree char *root_path = moor_fd_path (moor_system_get_dfd (system));

  if (volumes == NULL)
    return FALSE;
  moor_rule_host_add_drive (host, MOOR_DRIVE_FIXED, "");
  (void) is_new (&drives, moor_system_get_volume (system)->domain.dev);
  for (guint i = 0; i < fstab->len; i++)
    add_drive (&drives, g_ptr_array_index (fstab, i));
  for (guint i = 0; root_path != NULL && i < volumes->len; i++)
    {
      const MoorVolume *volume = g_ptr_array_index (volumes, i);

      if (moor_path_is_at_or_below (volume->mount_point, root_path)
          && !g_str_equal (volume->mount_point, root_path))
        add_drive (&drives, path_within (root_path, volume->mount_point));
    }
  return TRUE;
}

/**
 * moor_host_new:
 * @options: (nullable): what somebody says besides
 *
 * Makes what rules are held against from @system: its drives, everybody's homes, the
 * variables of System context.  People are added with moor_host_add_person().
 * @system has to outlive it.  Blocks.  Any thread.
 *
 * Returns: (transfer full): %NULL with %MOOR_ERROR_USAGE or %G_IO_ERROR
 */
MoorRuleHost *
moor_host_new (MoorSystem *system, const MoorHostOptions *options, GError **error)
{
  g_autoptr(MoorRuleHost)
                 host = moor_rule_host_new (MOOR_PATHS_LINUX, moor_system_get_dfd (system));
  GPtrArray *profiles = moor_system_get_profiles (system);
  const char *const *text = options != NULL ? options->drives : NULL;

  host->local_only = options != NULL && options->local_only;
  for (; text != NULL && *text != NULL; text++)
    {
      if (!moor_host_add_drive_letter (host, moor_system_get_path (system), *text, error))
        return NULL;
    }
  for (guint i = 0; i < profiles->len; i++)
    {
      const MoorProfile *profile = g_ptr_array_index (profiles, i);
      const char *home = profile->canonical_home != NULL ? profile->canonical_home : profile->home;

      if (home != NULL && strlen (home) > 1)
        g_ptr_array_add (host->all_homes, g_strdup (home));
    }
  if (!add_drives (host, system, error))
    return NULL;
  moor_rule_host_set_linux_variables (host);
  return g_steal_pointer (&host);
}

/* The folders that a person has, by their names of XDG. */
static gboolean
look_up_folders (const char *home, int home_dfd, GHashTable *folders, GError **error)
{
  const char *name;

  for (guint i = 0; (name = moor_rule_xdg_name (i)) != NULL; i++)
    {
      g_autoptr(GError) problem = NULL;
      g_autofree char *below = moor_folders_lookup (home_dfd, name, &problem);

      if (problem != NULL)
        {
          g_propagate_prefixed_error (error, g_steal_pointer (&problem),
                                      "the folders of “%s”: ", home);
          return FALSE;
        }
      if (below != NULL)
        g_hash_table_insert (folders, g_strdup (name), g_build_filename (home, below, NULL));
    }
  return TRUE;
}

/**
 * moor_host_add_person:
 * @home: (type filename): canonical path within the system
 * @home_dfd: the home, which stays the caller's and has to outlive @host; -1 if there is none
 *
 * Adds somebody who takes part, with the variables of User context: the person's own
 * folders where there is a file about them, else the usual ones.  Blocks.  Any thread.
 *
 * Returns: (transfer none): %NULL with %G_IO_ERROR if that file cannot be read
 */
MoorRuleUser *
moor_host_add_person (MoorRuleHost *host,
                      const char *name,
                      const char *home,
                      int home_dfd,
                      GError **error)
{
  g_autoptr(GHashTable) folders = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  MoorRuleUser *user;

  if (home_dfd >= 0 && !look_up_folders (home, home_dfd, folders, error))
    return NULL;
  user = moor_rule_host_add_user (host, name, home);
  user->home_dfd = home_dfd;
  moor_rule_user_set_linux_variables (user, home_dfd >= 0 ? folders : NULL);
  return user;
}
