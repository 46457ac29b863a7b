/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tree-record.h"

/* Reads a tree into records.  It goes by descriptors, so no path is too long,
 * and never crosses to another file system. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#define USER_FLAGS \
  (FS_SECRM_FL | FS_UNRM_FL | FS_SYNC_FL | FS_IMMUTABLE_FL | FS_APPEND_FL | FS_NODUMP_FL \
   | FS_NOATIME_FL | FS_NOCOW_FL | FS_DIRSYNC_FL | FS_TOPDIR_FL | FS_PROJINHERIT_FL)

typedef struct
{
  GPtrArray *records; /* (element-type TreeRecord) (owned) */
  GPtrArray *ignored; /* (element-type utf8) */
  gboolean content;
  dev_t dev;
} Reader;

void
tree_die (const char *what, const char *path)
{
  (void) fprintf (stderr, "compare-trees: %s “%s”: %s\n", what, path, g_strerror (errno));
  exit (2);
}

void
tree_record_free (TreeRecord *record)
{
  g_free (record->path);
  g_free (record->group);
  g_free (record->attributes);
  g_free (record->detail);
  g_free (record);
}

/* Bytes that would break a line or a column become %XX. */
static char *
escape (const char *bytes, gsize n_bytes)
{
  GString *text = g_string_sized_new (n_bytes);

  for (gsize i = 0; i < n_bytes; i++)
    {
      const guchar c = (guchar) bytes[i];

      if (c <= ' ' || c >= 0x7f || c == '%')
        g_string_append_printf (text, "%%%02x", c);
      else
        g_string_append_c (text, (char) c);
    }
  return g_string_free (text, FALSE);
}

gboolean
tree_is_ignored (const char *path, GPtrArray *ignored)
{
  for (guint i = 0; ignored != NULL && i < ignored->len; i++)
    {
      const char *prefix = g_ptr_array_index (ignored, i);
      const gsize n = strlen (prefix);

      if (strncmp (path, prefix, n) == 0 && (path[n] == '\0' || path[n] == '/'))
        return TRUE;
    }
  return FALSE;
}

static char
kind_from_mode (mode_t mode)
{
  switch (mode & S_IFMT)
    {
    case S_IFREG:
      return 'f';
    case S_IFDIR:
      return 'd';
    case S_IFLNK:
      return 'l';
    case S_IFIFO:
      return 'p';
    case S_IFSOCK:
      return 's';
    case S_IFCHR:
      return 'c';
    default:
      return 'b';
    }
}

static int
compare_texts (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* "name=value;" for each, in order.  Goes by the name in the current directory:
 * links themselves have attributes too, and no call takes a descriptor then. */
static char *
read_attributes (const char *name)
{
  char list[64 * 1024];
  const ssize_t n_list = llistxattr (name, list, sizeof list);
  g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  GString *all = g_string_new (NULL);

  for (const char *c = list; n_list > 0 && c < list + n_list; c += strlen (c) + 1)
    {
      char value[64 * 1024];
      const ssize_t n_value = lgetxattr (name, c, value, sizeof value);
      g_autofree char *key = escape (c, strlen (c));
      g_autofree char *text = escape (value, n_value > 0 ? (gsize) n_value : 0);

      g_ptr_array_add (texts, g_strdup_printf ("%s=%s;", key, text));
    }
  g_ptr_array_sort (texts, compare_texts);
  for (guint i = 0; i < texts->len; i++)
    g_string_append (all, g_ptr_array_index (texts, i));
  return g_string_free (all, FALSE);
}

static char *
hash_content (int fd)
{
  g_autoptr(GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  off_t at = 0;

  /* Holes are left out: what they hold is known, and they may be huge. */
  while ((at = lseek (fd, at, SEEK_DATA)) >= 0)
    {
      guchar buffer[64 * 1024];
      const ssize_t n = pread (fd, buffer, sizeof buffer, at);
      guchar *last = buffer + MAX (n, 0);

      if (n <= 0)
        break;
      while (last > buffer && last[-1] == 0)
        last--;
      if (last > buffer)
        {
          g_checksum_update (checksum, (const guchar *) &at, (gssize) sizeof at);
          g_checksum_update (checksum, buffer, last - buffer);
        }
      at += n;
    }
  return g_strdup (g_checksum_get_string (checksum));
}

static void
read_opened (Reader *reader, int dfd, const char *name, TreeRecord *record)
{
  const int fd = openat (dfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOATIME | O_CLOEXEC);

  if (fd < 0 && errno == EACCES)
    return; /* not root, and its mode forbids it: there is less to compare */
  if (fd < 0)
    tree_die ("opening", record->path);
  if (ioctl (fd, FS_IOC_GETFLAGS, &record->flags) < 0)
    record->flags = 0;
  record->flags &= USER_FLAGS;
  if (record->kind == 'f' && reader->content)
    record->detail = hash_content (fd);
  (void) close (fd);
}

static char *
read_target (int dfd, const char *name)
{
  char target[4096];
  const ssize_t n = readlinkat (dfd, name, target, sizeof target);

  return escape (target, n > 0 ? (gsize) n : 0);
}

static void
read_object (Reader *reader, int dfd, const char *name, const char *path, const struct stat *st)
{
  TreeRecord *record = g_new0 (TreeRecord, 1);

  record->path = escape (path, strlen (path));
  record->kind = kind_from_mode (st->st_mode);
  record->inode = st->st_ino;
  record->uid = st->st_uid;
  record->gid = st->st_gid;
  record->mode = st->st_mode & 07777;
  record->n_bytes = record->kind == 'd' ? 0 : (guint64) st->st_size;
  record->mtime_s = st->st_mtim.tv_sec;
  record->mtime_ns = st->st_mtim.tv_nsec;
  if (record->kind == 'f' || record->kind == 'd')
    read_opened (reader, dfd, name, record);
  if (record->kind == 'l')
    record->detail = read_target (dfd, name);
  if (record->kind == 'c' || record->kind == 'b')
    record->detail = g_strdup_printf ("%u:%u", major (st->st_rdev), minor (st->st_rdev));
  if (fchdir (dfd) < 0)
    tree_die ("entering the folder of", path);
  record->attributes = read_attributes (name);
  g_ptr_array_add (reader->records, record);
}

static void
read_folder (Reader *reader, int dfd, const char *path)
{
  DIR *dir = dfd < 0 ? NULL : fdopendir (dfd);
  const struct dirent *entry = NULL;

  if (dfd < 0 && errno == EACCES)
    return;
  if (dir == NULL)
    tree_die ("reading", path);
  while ((entry = readdir (dir)) != NULL)
    {
      g_autofree char *below = g_strconcat (path, "/", entry->d_name, NULL);
      const char *shown = below + 2; /* without "./" */
      struct stat st;

      if (strcmp (entry->d_name, ".") == 0 || strcmp (entry->d_name, "..") == 0
          || tree_is_ignored (shown, reader->ignored))
        continue;
      if (fstatat (dirfd (dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        tree_die ("looking at", below);
      if (st.st_dev != reader->dev)
        continue;
      read_object (reader, dirfd (dir), entry->d_name, shown, &st);
      if (S_ISDIR (st.st_mode))
        read_folder (
            reader,
            openat (dirfd (dir), entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
            below);
    }
  (void) closedir (dir);
}

static int
compare_paths (gconstpointer a, gconstpointer b)
{
  return strcmp ((*(const TreeRecord *const *) a)->path, (*(const TreeRecord *const *) b)->path);
}

/* Names each link group after its first path. */
static void
find_groups (GPtrArray *records)
{
  g_autoptr(GHashTable) first = g_hash_table_new (g_int64_hash, g_int64_equal);

  for (guint i = 0; i < records->len; i++)
    {
      TreeRecord *record = g_ptr_array_index (records, i);
      const char *group = g_hash_table_lookup (first, &record->inode);

      if (group == NULL || record->kind == 'd')
        {
          g_hash_table_insert (first, &record->inode, record->path);
          group = record->path;
        }
      record->group = g_strdup (group);
    }
}

/* Reads the tree at @path; returns: (element-type TreeRecord): sorted by path. */
GPtrArray *
tree_read (const char *path, gboolean content, GPtrArray *ignored)
{
  const int here_fd = open (".", O_PATH | O_DIRECTORY | O_CLOEXEC);
  const int fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  Reader reader = { .ignored = ignored, .content = content };
  struct stat st;

  if (fd < 0 || fstat (fd, &st) < 0)
    tree_die ("opening", path);
  reader.dev = st.st_dev;
  reader.records = g_ptr_array_new_with_free_func ((GDestroyNotify) tree_record_free);
  read_object (&reader, fd, ".", ".", &st);
  read_folder (&reader, fd, ".");
  g_ptr_array_sort (reader.records, compare_paths);
  find_groups (reader.records);
  if (here_fd < 0 || fchdir (here_fd) < 0)
    tree_die ("going back from", path);
  (void) close (here_fd);
  return reader.records;
}

/* A tree that changes underneath is no reason to stop here: what vanishes
 * while it is read is simply not collected. */
static void
collect_folder (int dfd, GHashTable *inodes)
{
  DIR *dir = dfd < 0 ? NULL : fdopendir (dfd);
  const struct dirent *entry = NULL;

  while (dir != NULL && (entry = readdir (dir)) != NULL)
    {
      if (strcmp (entry->d_name, ".") == 0 || strcmp (entry->d_name, "..") == 0)
        continue;
      if (entry->d_type == DT_DIR)
        collect_folder (
            openat (dirfd (dir), entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
            inodes);
      else
        {
          gint64 *inode = g_new (gint64, 1);

          *inode = (gint64) entry->d_ino;
          g_hash_table_add (inodes, inode);
        }
    }
  if (dir != NULL)
    (void) closedir (dir);
}

/* Adds the inode of every name below @path that is no folder to @inodes
 * (element-type gint64) (owned). */
void
tree_collect_inodes (const char *path, GHashTable *inodes)
{
  const int fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (fd < 0)
    tree_die ("opening", path);
  collect_folder (fd, inodes);
}
