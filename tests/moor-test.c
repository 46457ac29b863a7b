/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-test.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a test mounts goes with its process, however that ends.  Before main, while
 * there is one thread. */
__attribute__ ((constructor)) static void
keep_mounts_private (void)
{
  if (geteuid () == 0 && unshare (CLONE_NEWNS) == 0)
    (void) mount (NULL, "/", NULL, MS_REC | MS_SLAVE, NULL);
}

/* Runs @argv without a shell; its output is kept quiet unless asked for. */
gboolean
moor_test_run (const char *const *argv, char **out_output)
{
  g_autofree char *output = NULL;
  g_autofree char *errors = NULL;
  g_autoptr(GError) error = NULL;
  int status = 0;

  if (!g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &output, &errors,
                     &status, &error)
      || !g_spawn_check_wait_status (status, &error))
    {
      print_message ("%s: %s %s\n", argv[0], error->message, errors != NULL ? errors : "");
      return FALSE;
    }
  if (out_output != NULL)
    *out_output = g_steal_pointer (&output);
  return TRUE;
}

/* A new empty folder; in $TMPDIR when that is set. */
char *
moor_test_dir_new (void)
{
  const char *parent = g_getenv ("TMPDIR");
  char *dir = g_build_filename (parent != NULL ? parent : "/var/tmp", "mooring-test-XXXXXX", NULL);

  assert_non_null (g_mkdtemp (dir));
  return dir;
}

/* Removes a test's folder and frees its name. */
void
moor_test_dir_free (char *dir)
{
  const char *unmark[] = { "chattr", "-R", "-f", "-i", "-a", dir, NULL };
  const char *argv[] = { "rm", "-rf", "--one-file-system", dir, NULL };

  if (dir == NULL)
    return;
  if (!moor_test_run (argv, NULL))
    {
      (void) moor_test_run (unmark, NULL);
      (void) moor_test_run (argv, NULL);
    }
  g_free (dir);
}

/* Writes a file, making the folders it needs. */
void
moor_test_write (const char *dir, const char *name, const char *content)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);
  g_autofree char *folder = g_path_get_dirname (path);

  assert_int_equal (g_mkdir_with_parents (folder, 0755), 0);
  assert_true (g_file_set_contents (path, content, -1, NULL));
}

/* The content of a file, or NULL. */
char *
moor_test_read (const char *dir, const char *name)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);
  char *content = NULL;

  (void) g_file_get_contents (path, &content, NULL, NULL);
  return content;
}

/* The inode behind a name, links not followed; 0 if there is none. */
guint64
moor_test_inode (const char *dir, const char *name)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);
  struct stat st;

  return lstat (path, &st) == 0 ? st.st_ino : 0;
}

gboolean
moor_test_exists (const char *dir, const char *name)
{
  return moor_test_inode (dir, name) != 0;
}

/* File systems without links keep no owners either: on them everything is bob's. */
static gboolean
is_linkless (const char *fs_type)
{
  return strcmp (fs_type, "vfat") == 0 || strcmp (fs_type, "exfat") == 0;
}

/* What a mount command is told of the file system: exfat comes from a FUSE program,
 * which any kernel can use. */
static const char *
mount_type (const char *fs_type)
{
  return strcmp (fs_type, "exfat") == 0 ? "exfat-fuse" : fs_type;
}

/* A kernel can be without vfat, though its tools are there. */
static gboolean
try_to_mount (const char *fs_type)
{
  char *dir = moor_test_dir_new ();
  MoorTestVolume volume;
  gboolean mounted = moor_test_volume_new (dir, "trial", fs_type, 40, &volume);

  moor_test_volume_free (&volume);
  moor_test_dir_free (dir);
  return mounted;
}

/* A type of file system without hard links that can be mounted here, or NULL. */
const char *
moor_test_linkless_type (void)
{
  static const char *const types[] = { "vfat", "exfat" };

  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    {
      if (moor_test_can_mount (types[i]) && try_to_mount (types[i]))
        return types[i];
    }
  return NULL;
}

/* Whether images of @fs_type can be made and mounted here. */
gboolean
moor_test_can_mount (const char *fs_type)
{
  g_autofree char *mkfs = g_strconcat ("mkfs.", fs_type, NULL);
  g_autofree char *program = g_find_program_in_path (mkfs);
  g_autofree char *losetup = g_find_program_in_path ("losetup");

  return geteuid () == 0 && program != NULL && losetup != NULL
         && g_file_test ("/dev/loop-control", G_FILE_TEST_EXISTS);
}

/* Makes DIR/NAME.img with a file system and mounts it at DIR/NAME. */
gboolean
moor_test_volume_new (const char *dir,
                      const char *name,
                      const char *fs_type,
                      guint size_mib,
                      MoorTestVolume *out_volume)
{
  g_autofree char *mkfs = g_strconcat ("mkfs.", fs_type, NULL);
  g_autofree char *image_name = g_strconcat (name, ".img", NULL);
  g_autofree char *image = g_build_filename (dir, image_name, NULL);
  g_autofree char *mount_point = g_build_filename (dir, name, NULL);
  const gboolean linkless = is_linkless (fs_type);
  const char *make[] = { mkfs, linkless ? image : "-q", linkless ? NULL : image, NULL };
  const char *mount_argv[] = { "mount",
                               "-t",
                               mount_type (fs_type),
                               "-o",
                               linkless ? "loop,uid=1001,gid=1001" : "loop",
                               image,
                               mount_point,
                               NULL };
  int fd = open (image, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

  *out_volume = (MoorTestVolume){ NULL, NULL };
  assert_true (fd >= 0);
  assert_int_equal (ftruncate (fd, (off_t) size_mib << 20), 0);
  close (fd);
  if (!moor_test_run (make, NULL) || g_mkdir (mount_point, 0755) < 0
      || !moor_test_run (mount_argv, NULL))
    return FALSE;

  out_volume->image = g_steal_pointer (&image);
  out_volume->mount_point = g_steal_pointer (&mount_point);
  return TRUE;
}

/* Unmounts and deletes the image; the loop device goes with the mount. */
void
moor_test_volume_free (MoorTestVolume *volume)
{
  if (volume->mount_point != NULL)
    {
      for (guint i = 0; umount2 (volume->mount_point, 0) < 0 && errno == EBUSY && i < 50; i++)
        g_usleep (100 * 1000);
      (void) umount2 (volume->mount_point, MNT_DETACH);
      (void) g_rmdir (volume->mount_point);
    }
  if (volume->image != NULL)
    (void) g_unlink (volume->image);
  g_clear_pointer (&volume->mount_point, g_free);
  g_clear_pointer (&volume->image, g_free);
}
