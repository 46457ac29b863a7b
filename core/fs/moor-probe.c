/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What a file system is and can do, asked in the way each of them wants. */

#include "moor-probe-private.h"

#include <blkid/blkid.h>
#include <linux/ioctl.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

#include "moor-btrfs-private.h"

#define UUID_BYTES 16
#define NTFS_LINK_MAX 1023 /* 1024, one of which is a short name; ntfs-3g does not count */

/* From <linux/fs.h> of 6.9. */
typedef struct
{
  guint8 len;
  guint8 uuid[UUID_BYTES];
} FsUuid;

#define GET_FS_UUID _IOR (0x15, 0, FsUuid)

/* From <xfs/xfs_fs.h>: the first version, which every kernel answers. */
typedef struct
{
  guint32 sizes[8];
  guint64 blocks[4];
  guint8 uuid[UUID_BYTES];
  guint32 sunit;
  guint32 swidth;
  gint32 version;
  guint32 flags;
  guint32 log_and_rt[3];
} XfsGeometry;

#define GET_XFS_GEOMETRY _IOR ('X', 100, XfsGeometry)
#define XFS_GEOMETRY_REFLINK (1u << 20)

G_STATIC_ASSERT (sizeof (FsUuid) == 17);
G_STATIC_ASSERT (sizeof (XfsGeometry) == 112);

/* What is known of file systems by their kernel names. */
typedef struct
{
  const char *type;
  gboolean has_links;
  guint64 max_links;   /* 0: ask the C library */
  gboolean tells_uuid; /* GET_FS_UUID tells the UUID that libblkid would */
} FsKnowledge;

static const FsKnowledge knowledge[] = {
  { "ext2", TRUE, 32000, TRUE },
  { "ext3", TRUE, 32000, TRUE },
  { "ext4", TRUE, 65000, TRUE },
  { "xfs", TRUE, G_MAXINT32, TRUE },
  { "btrfs", TRUE, 65535, FALSE },
  { "f2fs", TRUE, G_MAXUINT32, TRUE },
  { "bcachefs", TRUE, 65535, TRUE },
  { "tmpfs", TRUE, G_MAXUINT32, FALSE },
  { "overlay", TRUE, 0, FALSE },
  { "fuseblk", TRUE, NTFS_LINK_MAX, FALSE },
  { "ntfs3", TRUE, NTFS_LINK_MAX, FALSE },
  { "ntfs", TRUE, NTFS_LINK_MAX, FALSE },
  { "vfat", FALSE, 1, FALSE },
  { "msdos", FALSE, 1, FALSE },
  { "exfat", FALSE, 1, FALSE },
  { "iso9660", FALSE, 1, FALSE },
  { "hfs", FALSE, 1, FALSE },
  { "erofs", FALSE, 1, FALSE },
  { "squashfs", FALSE, 1, FALSE },
};

static const FsKnowledge *
know (const char *fs_type)
{
  for (guint i = 0; i < G_N_ELEMENTS (knowledge); i++)
    {
      if (strcmp (knowledge[i].type, fs_type) == 0)
        return &knowledge[i];
    }
  return NULL;
}

/* Returns: (transfer full): as libblkid and fstab write it. */
char *
moor_uuid_to_text (const guint8 uuid[UUID_BYTES])
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < UUID_BYTES; i++)
    g_string_append_printf (text, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
                            uuid[i]);
  return g_string_free (text, FALSE);
}

void
moor_device_probe_clear (MoorDeviceProbe *probe)
{
  g_clear_pointer (&probe->type, g_free);
  g_clear_pointer (&probe->uuid, g_free);
}

static char *
look_up (blkid_probe probe, const char *name)
{
  const char *value = NULL;

  return blkid_probe_lookup_value (probe, name, &value, NULL) == 0 ? g_strdup (value) : NULL;
}

/* Who may not read the device can still see udev's names for it. */
static char *
find_uuid_link (const char *device)
{
  g_autoptr(GDir) dir = g_dir_open ("/dev/disk/by-uuid", 0, NULL);
  struct stat wanted;
  const char *name;

  if (dir == NULL || stat (device, &wanted) < 0)
    return NULL;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename ("/dev/disk/by-uuid", name, NULL);
      struct stat st;

      if (stat (path, &st) == 0 && S_ISBLK (st.st_mode) && st.st_rdev == wanted.st_rdev)
        return g_strdup (name);
    }
  return NULL;
}

/* Reads the superblock on @device.  What cannot be told stays %NULL. */
void
moor_device_probe (const char *device, MoorDeviceProbe *out_probe)
{
  blkid_probe probe = blkid_new_probe_from_filename (device);

  *out_probe = (MoorDeviceProbe){ .type = NULL };
  if (probe != NULL)
    {
      (void) blkid_probe_enable_superblocks (probe, 1);
      (void) blkid_probe_set_superblocks_flags (probe, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_UUID);
      if (blkid_do_safeprobe (probe) == 0)
        {
          out_probe->type = look_up (probe, "TYPE");
          out_probe->uuid = look_up (probe, "UUID");
        }
      blkid_free_probe (probe);
    }
  if (out_probe->uuid == NULL)
    out_probe->uuid = find_uuid_link (device);
}

/* A UUID of zeros is none: libblkid does not show it either. */
static char *
ask_uuid (int fd, const char *fs_type)
{
  const FsKnowledge *known = know (fs_type);
  FsUuid answer = { .len = 0 };

  if (known == NULL || !known->tells_uuid || ioctl (fd, GET_FS_UUID, &answer) < 0
      || answer.len != UUID_BYTES
      || memcmp (answer.uuid, (guint8[UUID_BYTES]){ 0 }, UUID_BYTES) == 0)
    return NULL;
  return moor_uuid_to_text (answer.uuid);
}

static char *
name_btrfs (int fd)
{
  g_autofree char *uuid = moor_btrfs_uuid (fd);
  guint64 id = 0;

  if (uuid == NULL || !moor_btrfs_subvolume_id (fd, &id))
    return NULL;
  return g_strdup_printf ("%s:%" G_GUINT64_FORMAT, uuid, id);
}

/* The name is the same on every machine and after every boot, whichever way the
 * UUID was found.  @device (nullable) is read only where the file system does
 * not tell; @out_probe says what was read.  Returns: (transfer full). */
char *
moor_probe_name (int fd,
                 const char *fs_type,
                 const char *device,
                 guint64 dev,
                 MoorDeviceProbe *out_probe)
{
  gboolean is_btrfs = strcmp (fs_type, "btrfs") == 0;
  char *name = is_btrfs ? name_btrfs (fd) : ask_uuid (fd, fs_type);

  if (name == NULL && device != NULL && !is_btrfs)
    {
      moor_device_probe (device, out_probe);
      name = g_strdup (out_probe->uuid);
    }
  if (name == NULL)
    name = g_strdup_printf ("%s-%u:%u", fs_type, major (dev), minor (dev));
  return name;
}

gboolean
moor_probe_can_link (const char *fs_type, const MoorDeviceProbe *probe)
{
  const FsKnowledge *known = know (fs_type);

  if (strcmp (fs_type, "fuseblk") == 0 && g_strcmp0 (probe->type, "exfat") == 0)
    return FALSE;
  return known == NULL || known->has_links;
}

gboolean
moor_probe_can_clone (int fd, const char *fs_type)
{
  XfsGeometry geometry = { .flags = 0 };

  if (strcmp (fs_type, "btrfs") == 0 || strcmp (fs_type, "bcachefs") == 0)
    return TRUE;
  return strcmp (fs_type, "xfs") == 0 && ioctl (fd, GET_XFS_GEOMETRY, &geometry) == 0
         && (geometry.flags & XFS_GEOMETRY_REFLINK) != 0;
}

guint64
moor_probe_max_links (int fd, const char *fs_type)
{
  const FsKnowledge *known = know (fs_type);
  long n;

  if (known != NULL && known->max_links > 0)
    return known->max_links;

  n = fpathconf (fd, _PC_LINK_MAX);
  return n > 0 ? (guint64) n : 1;
}

/* ext4 counts errors in its superblock until fsck clears them. */
static guint64
read_ext4_errors (guint64 dev)
{
  g_autofree char *link = g_strdup_printf ("/sys/dev/block/%u:%u", major (dev), minor (dev));
  g_autofree char *target = g_file_read_link (link, NULL);
  g_autofree char *name = target != NULL ? g_path_get_basename (target) : NULL;
  g_autofree char *path = name != NULL
                              ? g_build_filename ("/sys/fs/ext4", name, "errors_count", NULL)
                              : NULL;
  g_autofree char *text = NULL;

  if (path == NULL || !g_file_get_contents (path, &text, NULL, NULL))
    return 0;
  return g_ascii_strtoull (text, NULL, 10);
}

guint64
moor_probe_n_errors (int fd, const char *fs_type, guint64 dev)
{
  if (strcmp (fs_type, "btrfs") == 0)
    return moor_btrfs_n_errors (fd);
  return g_str_has_prefix (fs_type, "ext") ? read_ext4_errors (dev) : 0;
}
