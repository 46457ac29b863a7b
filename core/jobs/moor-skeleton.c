/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-restore-private.h"

#include <string.h>

#include "moor-walk.h"

/*
 * A home that holds nothing but untouched files of the system's /etc/skel is
 * nobody's work: it counts as empty.  Anything large or deep is no skeleton.
 */

#define MAX_ENTRIES 100
#define MAX_DEPTH 4
#define MAX_BYTES (256 * 1024)

typedef struct
{
  int home_dfd;
  int skel_dfd; /* -1: nothing may be here */
  guint depth;
  guint *n_entries;
  gboolean is_skeleton;
} Level;

static gboolean compare_level (Level *level);

/* Reads all of a small regular file; links are not followed. */
static char *
read_small (int dfd, const char *name, gsize *out_length)
{
  g_auto(MoorFd)
              fd = moor_open_beneath (moor_sys_posix (), dfd, name, O_RDONLY | O_NONBLOCK, NULL);
  g_autofree char *buffer = NULL;
  struct stat st;
  gsize length = 0;

  if (fd < 0 || fstat (fd, &st) < 0 || !S_ISREG (st.st_mode) || st.st_size > MAX_BYTES)
    return NULL;
  buffer = g_malloc ((gsize) st.st_size + 1);
  while (length < (gsize) st.st_size)
    {
      ssize_t n = read (fd, buffer + length, (gsize) st.st_size - length);

      if (n <= 0)
        return NULL;
      length += (gsize) n;
    }
  *out_length = length;
  return g_steal_pointer (&buffer);
}

static gboolean
same_file (int home_dfd, int skel_dfd, const char *name)
{
  gsize n_here = 0;
  gsize n_there = 0;
  g_autofree char *here = read_small (home_dfd, name, &n_here);
  g_autofree char *there = read_small (skel_dfd, name, &n_there);

  return here != NULL && there != NULL && n_here == n_there && memcmp (here, there, n_here) == 0;
}

static gboolean
same_symlink (int home_dfd, int skel_dfd, const char *name)
{
  char here[1024];
  char there[1024];
  ssize_t n_here = readlinkat (home_dfd, name, here, sizeof here);
  ssize_t n_there = readlinkat (skel_dfd, name, there, sizeof there);

  return n_here > 0 && n_here == n_there && memcmp (here, there, (gsize) n_here) == 0;
}

static gboolean
entry_cb (const char *name, guint8 type, guint64 ino, gpointer user_data)
{
  Level *level = user_data;

  if (++*level->n_entries > MAX_ENTRIES || level->depth > MAX_DEPTH || level->skel_dfd < 0)
    level->is_skeleton = FALSE;
  else if (type == DT_DIR)
    {
      Level below = *level;

      below.depth++;
      below.home_dfd = moor_open_beneath (moor_sys_posix (), level->home_dfd, name,
                                          O_RDONLY | O_DIRECTORY, NULL);
      below.skel_dfd = moor_open_beneath (moor_sys_posix (), level->skel_dfd, name,
                                          O_RDONLY | O_DIRECTORY, NULL);
      level->is_skeleton = compare_level (&below);
      if (below.home_dfd >= 0)
        (void) close (below.home_dfd);
      if (below.skel_dfd >= 0)
        (void) close (below.skel_dfd);
    }
  else if (type == DT_LNK)
    level->is_skeleton = same_symlink (level->home_dfd, level->skel_dfd, name);
  else
    level->is_skeleton = type == DT_REG && same_file (level->home_dfd, level->skel_dfd, name);
  return level->is_skeleton;
}

static gboolean
compare_level (Level *level)
{
  level->is_skeleton = TRUE;
  return level->home_dfd >= 0
         && moor_list_dir (moor_sys_posix (), level->home_dfd, entry_cb, level, NULL)
         && level->is_skeleton;
}

/**
 * moor_home_is_skeleton:
 * @home_dfd: an existing home
 *
 * Blocks.  Any thread.
 *
 * Returns: whether that home is empty, or holds only what @system's /etc/skel
 *   puts into every home
 */
gboolean
moor_home_is_skeleton (MoorSystem *system, int home_dfd)
{
  g_auto(MoorFd) skel_dfd = moor_open_in_root (moor_sys_posix (), moor_system_get_dfd (system),
                                                "/etc/skel", O_RDONLY | O_DIRECTORY, NULL, NULL);
  guint n_entries = 0;
  Level level = { .home_dfd = home_dfd, .skel_dfd = skel_dfd, .n_entries = &n_entries };

  return compare_level (&level);
}
