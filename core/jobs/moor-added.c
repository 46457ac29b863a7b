/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-restore-private.h"

#include <stdio.h>
#include <string.h>

#include "moor-fd.h"
#include "moor-text.h"

/*
 * What a restore adds to the living system outside homes is written down in the store
 * before it is there, in log/added: records that end with a null byte
 *
 *   f 2a7f /etc/hosts   a file or link, and the inode that it is a name of
 *   d 0 /srv/data       a folder
 *   m 0 /srv/data       it has its owner and all else by now
 *
 * What was there before is never written down: only what is can be taken out again.
 */

#define FOLDER "log"
#define NAME FOLDER "/added"

struct _MoorAdded
{
  const MoorSys *sys;
  int fd;
  GHashTable *unfinished; /* (element-type filename) (owned): a set: folders of runs before */
};

void
moor_added_free (MoorAdded *added)
{
  if (added->fd >= 0)
    moor_fd_close (added->fd);
  g_clear_pointer (&added->unfinished, g_hash_table_unref);
  g_free (added);
}

typedef gboolean (*RecordFunc) (char kind, guint64 ino, const char *path, gpointer user_data);

/* One record; what a crash has left of one, or nobody here wrote, is passed over. */
static void
parse_record (const char *record, RecordFunc func, gpointer user_data)
{
  char *end = NULL;
  guint64 ino;

  if (strchr ("fdm", record[0]) == NULL || record[0] == '\0' || record[1] != ' ')
    return;
  ino = g_ascii_strtoull (record + 2, &end, 16);
  if (end != record + 2 && end[0] == ' ' && end[1] == '/')
    func (record[0], ino, end + 1, user_data);
}

/* Each record, the last one first: what is in a folder comes before it. */
static gboolean
each_record (int fd, RecordFunc func, gpointer user_data, GError **error)
{
  GMappedFile *mapped = g_mapped_file_new_from_fd (fd, FALSE, error);
  g_autoptr(GBytes) bytes = NULL;
  const char *text;
  gsize end;

  if (mapped == NULL)
    return FALSE;
  bytes = g_mapped_file_get_bytes (mapped);
  g_mapped_file_unref (mapped);
  text = g_bytes_get_data (bytes, &end);
  while (end > 0 && text[end - 1] != '\0')
    end--;
  while (end > 0)
    {
      gsize start = end - 1;

      while (start > 0 && text[start - 1] != '\0')
        start--;
      parse_record (text + start, func, user_data);
      end = start;
    }
  return TRUE;
}

typedef struct
{
  GHashTable *finished; /* (element-type filename) */
  GHashTable *unfinished;
} Folders;

static gboolean
sort_folder_cb (char kind, guint64 ino, const char *path, gpointer user_data)
{
  const Folders *folders = user_data;

  if (kind == 'm')
    g_hash_table_add (folders->finished, g_strdup (path));
  else if (kind == 'd' && !g_hash_table_contains (folders->finished, path))
    g_hash_table_add (folders->unfinished, g_strdup (path));
  return TRUE;
}

/**
 * moor_added_open:
 *
 * Opens the list of what restores from @store added, or begins it.  Blocks.
 *
 * Returns: (transfer full): to note down what is added, or %NULL with %G_IO_ERROR
 */
MoorAdded *
moor_added_open (const MoorSys *sys, MoorStore *store, GError **error)
{
  const MoorPart *part = moor_store_get_part (store, 0);
  g_autoptr(GHashTable) finished = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_auto(MoorFd) folder = moor_make_dirs_beneath (sys, part->dfd, FOLDER, 0700, error);
  g_autoptr(MoorAdded) added = g_new0 (MoorAdded, 1);
  Folders folders = { .finished = finished };

  added->sys = sys;
  added->fd = -1;
  added->unfinished = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  folders.unfinished = added->unfinished;
  if (folder < 0)
    return NULL;
  added->fd = sys->openat (folder, "added",
                           O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
  if (added->fd < 0)
    {
      moor_throw_errno (error, errno, "opening the store's list of what is added");
      return NULL;
    }
  /* Half a record that a crash left must not swallow the next one. */
  if (sys->write (added->fd, "", 1) != 1)
    {
      moor_throw_errno (error, errno, "writing the store's list of what is added");
      return NULL;
    }
  return each_record (added->fd, sort_folder_cb, &folders, error) ? g_steal_pointer (&added) : NULL;
}

/**
 * moor_added_note:
 * @added: (nullable): %NULL notes nothing
 * @kind: 'f', 'd' or 'm'
 * @ino: of what it will be a name of; 0 for folders
 * @path: (type filename): absolute, within the restored system
 *
 * Notes down what is about to be added.  Blocks.  Any thread.
 *
 * Returns: %FALSE with %G_IO_ERROR: then it may not be added
 */
gboolean
moor_added_note (const MoorAdded *added, char kind, guint64 ino, const char *path, GError **error)
{
  g_autofree char *record = NULL;
  gssize n_bytes;

  if (added == NULL)
    return TRUE;
  record = g_strdup_printf ("%c %" G_GINT64_MODIFIER "x %s", kind, ino, path);
  n_bytes = (gssize) strlen (record) + 1;
  return added->sys->write (added->fd, record, (gsize) n_bytes) == n_bytes
         || moor_throw_errno (error, errno != 0 ? errno : EIO,
                              "noting down in the store that “%s” is added", path);
}

/**
 * moor_added_note_new:
 * @dfd: @name: where it will be
 *
 * As moor_added_note(), unless something has the name already.
 */
gboolean
moor_added_note_new (const MoorAdded *added,
                     int dfd,
                     const char *name,
                     char kind,
                     guint64 ino,
                     const char *path,
                     GError **error)
{
  struct statx stx;

  if (added == NULL || added->sys->statx (dfd, name, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &stx) == 0)
    return TRUE;
  return moor_added_note (added, kind, ino, path, error);
}

/**
 * moor_added_is_unfinished:
 * @added: (nullable):
 *
 * Returns: whether an earlier run made the folder @path and came no further than that.
 *   Any thread.
 */
gboolean
moor_added_is_unfinished (const MoorAdded *added, const char *path)
{
  return added != NULL && g_hash_table_contains (added->unfinished, path);
}

typedef struct
{
  MoorJob *job;
  MoorSystem *system;
  GHashTable *seen; /* (element-type filename) (owned): a set */
  JsonArray *left;
  guint n_gone;
} TakingOut;

static void
leave (TakingOut *taking, const char *path, int errnum, const char *action)
{
  g_autofree char *text = moor_text_path (path);

  json_array_add_string_element (taking->left, text);
  moor_job_issue (taking->job, MOOR_SEVERITY_WARNING,
                  errnum != 0 ? moor_cause_from_errno (errnum) : MOOR_CAUSE_LEFT, path, NULL,
                  errnum, action);
}

static void
take_out (TakingOut *taking, int dfd, const char *name, char kind, guint64 ino, const char *path)
{
  const MoorSys *sys = moor_job_get_sys (taking->job);
  struct statx stx;

  if (sys->statx (dfd, name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &stx) < 0)
    {
      if (errno != ENOENT)
        leave (taking, path, errno, "stays: it cannot be looked at");
      return;
    }
  if ((kind == 'd') != S_ISDIR (stx.stx_mode))
    leave (taking, path, 0, "stays: there is something else in its place now");
  /* With another name in the store nothing is lost. */
  else if (kind == 'f' && (stx.stx_ino != ino || stx.stx_nlink < 2))
    leave (taking, path, 0, "stays: it is a copy, or was saved anew since the restore");
  else if (sys->unlinkat (dfd, name, kind == 'd' ? AT_REMOVEDIR : 0) == 0)
    taking->n_gone++;
  else if (errno == ENOTEMPTY || errno == EEXIST)
    leave (taking, path, 0, "the folder stays: it is not empty");
  else if (errno != ENOENT)
    leave (taking, path, errno, "stays: it cannot be removed");
}

static gboolean
take_out_cb (char kind, guint64 ino, const char *path, gpointer user_data)
{
  TakingOut *taking = user_data;
  g_autofree char *parent = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  g_auto(MoorPlace) place = { .dfd = -1 };
  g_autoptr(GError) problem = NULL;

  if (kind == 'm' || !g_hash_table_add (taking->seen, g_strdup (path)))
    return TRUE;
  if (!moor_system_locate (taking->system, parent, &place, &problem)
      && !g_error_matches (problem, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    {
      moor_job_log (taking->job, MOOR_LOG_WARNING, "%s", problem->message);
      leave (taking, path, 0, "stays: its folder cannot be opened");
    }
  else if (place.dfd >= 0)
    take_out (taking, place.dfd, name, kind, ino, path);
  return TRUE;
}

/**
 * moor_added_take_out:
 * @out_n_gone: (out): how many names are gone
 * @left: gets the paths of what stays, because it is not what the restore put there any
 *   more or has no other name
 *
 * Takes what restores from @store added outside homes out again.  May be repeated.
 * Blocks.
 *
 * Returns: %FALSE with %G_IO_ERROR
 */
gboolean
moor_added_take_out (MoorJob *job,
                     MoorSystem *system,
                     MoorStore *store,
                     guint *out_n_gone,
                     JsonArray *left,
                     GError **error)
{
  const MoorPart *part = moor_store_get_part (store, 0);
  g_autoptr(GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  TakingOut taking = { .job = job, .system = system, .seen = seen, .left = left };
  g_autoptr(GError) problem = NULL;
  g_auto(MoorFd) fd = moor_open_beneath (moor_job_get_sys (job), part->dfd, NAME,
                                          O_RDONLY | O_NONBLOCK, &problem);

  *out_n_gone = 0;
  if (fd < 0 && g_error_matches (problem, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    return TRUE;
  if (fd < 0)
    {
      g_propagate_error (error, g_steal_pointer (&problem));
      return FALSE;
    }
  if (!each_record (fd, take_out_cb, &taking, error))
    return FALSE;
  *out_n_gone = taking.n_gone;
  return TRUE;
}

/**
 * moor_added_forget:
 *
 * Once a restore is undone nothing is left of what it added, or it was told.  Blocks.
 *
 * Returns: %FALSE with %G_IO_ERROR
 */
gboolean
moor_added_forget (MoorJob *job, MoorStore *store, GError **error)
{
  const MoorPart *part = moor_store_get_part (store, 0);
  g_autoptr(GError) problem = NULL;
  g_auto(MoorFd) fd = moor_open_beneath (moor_job_get_sys (job), part->dfd, NAME,
                                          O_WRONLY | O_TRUNC | O_NONBLOCK, &problem);

  if (fd >= 0 || g_error_matches (problem, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&problem));
  return FALSE;
}
