/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs-fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "moor-fd.h"

/* Pictures of whole trees, by descriptors: paths may be longer than PATH_MAX. */

typedef void (*VisitFunc) (int dfd,
                           const char *name,
                           const char *path,
                           const struct stat *st,
                           gpointer user_data);

static int
compare_texts (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static GPtrArray *
list (int fd)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(DIR) stream = fdopendir (openat (fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const struct dirent *entry;

  assert_non_null (stream);
  while ((entry = readdir (stream)) != NULL)
    {
      if (!g_str_equal (entry->d_name, ".") && !g_str_equal (entry->d_name, ".."))
        g_ptr_array_add (names, g_strdup (entry->d_name));
    }
  g_ptr_array_sort (names, compare_texts);
  return names;
}

static void
visit (int dfd, const char *path, const char *skip, VisitFunc func, gpointer user_data)
{
  g_autoptr(GPtrArray) names = list (dfd);

  for (guint i = 0; i < names->len; i++)
    {
      const char *name = g_ptr_array_index (names, i);
      g_autofree char *below = path[0] != '\0' ? g_strconcat (path, "/", name, NULL)
                                               : g_strdup (name);
      struct stat st;

      if (skip != NULL && g_str_equal (below, skip))
        continue;
      assert_int_equal (fstatat (dfd, name, &st, AT_SYMLINK_NOFOLLOW), 0);
      func (dfd, name, below, &st, user_data);
      if (S_ISDIR (st.st_mode))
        {
          g_auto(MoorFd) fd = openat (dfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

          assert_true (fd >= 0);
          visit (fd, below, skip, func, user_data);
        }
    }
}

typedef struct
{
  GString *text;
  JobsTreeFlags flags;
} Picture;

static void
add_xattrs (GString *text, int dfd, const char *name)
{
  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d/%s", dfd, name);
  char names[4096];
  ssize_t n = llistxattr (path, names, sizeof names);
  g_autoptr(GPtrArray) sorted = g_ptr_array_new_with_free_func (g_free);

  for (const char *at = names; n > 0 && at < names + n; at += strlen (at) + 1)
    {
      char value[4096];
      ssize_t length = lgetxattr (path, at, value, sizeof value);
      g_autofree char *encoded = length > 0
                                     ? g_base64_encode ((const guchar *) value, (gsize) length)
                                     : g_strdup ("");

      g_ptr_array_add (sorted, g_strconcat (" ", at, "=", encoded, NULL));
    }
  g_ptr_array_sort (sorted, compare_texts);
  for (guint i = 0; i < sorted->len; i++)
    g_string_append (text, g_ptr_array_index (sorted, i));
}

static void
picture_cb (int dfd, const char *name, const char *path, const struct stat *st, gpointer user_data)
{
  Picture *picture = user_data;
  g_autofree char *shown = g_strescape (path, NULL);
  char target[4096];

  g_string_append_printf (picture->text, "%s %06o", shown, st->st_mode);
  if ((picture->flags & JOBS_TREE_NO_OWNERS) == 0)
    g_string_append_printf (picture->text, " %u:%u", st->st_uid, st->st_gid);
  g_string_append_printf (picture->text, " %" G_GINT64_FORMAT ".%09ld", (gint64) st->st_mtim.tv_sec,
                          st->st_mtim.tv_nsec);
  if (!S_ISDIR (st->st_mode))
    g_string_append_printf (picture->text, " %" G_GINT64_FORMAT, (gint64) st->st_size);
  if (!S_ISDIR (st->st_mode) && (picture->flags & JOBS_TREE_INODES) != 0)
    g_string_append_printf (picture->text, " #%" G_GUINT64_FORMAT, (guint64) st->st_ino);
  if (S_ISLNK (st->st_mode))
    {
      ssize_t n = readlinkat (dfd, name, target, sizeof target);

      g_string_append_printf (picture->text, " -> %.*s", (int) n, target);
    }
  add_xattrs (picture->text, dfd, name);
  g_string_append_c (picture->text, '\n');
}

/**
 * jobs_tree:
 * @skip: (nullable): a path below @dir that is left out with all it holds
 *
 * Returns: everything below @dir with its attributes, a line for each object
 */
char *
jobs_tree (const char *dir, const char *skip, JobsTreeFlags flags)
{
  Picture picture = { g_string_new (NULL), flags };
  g_auto(MoorFd) fd = open (dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  struct stat st;

  assert_true (fd >= 0);
  assert_int_equal (fstat (fd, &st), 0);
  if ((flags & JOBS_TREE_NO_ROOT) == 0)
    picture_cb (fd, ".", ".", &st, &picture);
  visit (fd, "", skip, picture_cb, &picture);
  return g_string_free (picture.text, FALSE);
}

/* Fails with the lines that differ. */
void
jobs_assert_trees (const char *expected, const char *found)
{
  g_auto(GStrv) before = g_strsplit (expected, "\n", -1);
  g_auto(GStrv) after = g_strsplit (found, "\n", -1);
  g_autoptr(GString) text = g_string_new (NULL);

  for (char **line = before; *line != NULL; line++)
    {
      if (!g_strv_contains ((const char *const *) after, *line))
        g_string_append_printf (text, "- %s\n", *line);
    }
  for (char **line = after; *line != NULL; line++)
    {
      if (!g_strv_contains ((const char *const *) before, *line))
        g_string_append_printf (text, "+ %s\n", *line);
    }
  if (text->len > 0)
    fail_msg ("the trees differ:\n%s", text->str);
}

static char *
inode_key (const struct stat *st)
{
  return g_strdup_printf ("%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT, (guint64) st->st_dev,
                          (guint64) st->st_ino);
}

static void
inode_cb (int dfd, const char *name, const char *path, const struct stat *st, gpointer user_data)
{
  if (!S_ISDIR (st->st_mode))
    g_hash_table_insert (user_data, inode_key (st), g_strdup (path));
}

/**
 * jobs_inodes:
 *
 * Returns: (transfer full): the inodes of everything below @dir but directories
 */
GHashTable *
jobs_inodes (const char *dir)
{
  GHashTable *inodes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_auto(MoorFd) fd = open (dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  assert_true (fd >= 0);
  visit (fd, "", NULL, inode_cb, inodes);
  return inodes;
}

/* Each of @inodes has to have a name somewhere below @dir. */
void
jobs_assert_inodes_have_names (GHashTable *inodes, const char *dir)
{
  g_autoptr(GHashTable) here = jobs_inodes (dir);
  GHashTableIter iter;
  gpointer key;
  gpointer path;

  g_hash_table_iter_init (&iter, inodes);
  while (g_hash_table_iter_next (&iter, &key, &path))
    {
      if (!g_hash_table_contains (here, key))
        fail_msg ("nothing below %s is “%s” any more", dir, (const char *) path);
    }
}
