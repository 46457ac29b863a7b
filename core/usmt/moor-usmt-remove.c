/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-usmt-run-private.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "moor-beneath.h"
#include "moor-fd.h"
#include "moor-request.h"
#include "moor-text.h"

/* usmtutils /rd: the store in StorePath/USMT with its parts on other volumes, and
 * the folders around them where nothing else is left in those. */

static gboolean
find_store (MoorUsmtRun *run, gboolean *out_is_inner, GError **error)
{
  g_autofree char *found = moor_usmt_find_store (run->store_path);

  if (found == NULL)
    return moor_usmt_throw_no_store (run, error);
  *out_is_inner = !g_str_equal (found, run->store_path);
  g_free (run->store);
  run->store = g_steal_pointer (&found);
  return TRUE;
}

static void
close_fd (gpointer fd)
{
  (void) close (*(int *) fd);
}

/* The folders that hold the parts, which are what StorePath is on each volume. */
static GArray *
open_folders (const MoorUsmtRun *run)
{
  g_autoptr(MoorStore) store = moor_store_open (run->store, FALSE, NULL);
  GArray *folders = g_array_new (FALSE, FALSE, sizeof (int));

  g_array_set_clear_func (folders, close_fd);
  if (store == NULL || !moor_store_open_parts (store, NULL))
    return folders;
  for (guint i = 0; i < moor_store_get_n_parts (store); i++)
    {
      const MoorPart *part = moor_store_get_part (store, i);
      int fd = part->dfd >= 0 ? openat (part->dfd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

      if (fd >= 0)
        g_array_append_val (folders, fd);
    }
  return folders;
}

/* Removes an empty directory, if its name still leads to it. */
static void
remove_folder (int fd)
{
  g_autofree char *path = moor_fd_path (fd);
  g_autofree char *name = path != NULL ? g_path_get_basename (path) : NULL;
  g_auto(MoorFd) parent = openat (fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  struct stat st;
  struct stat named;

  if (parent >= 0 && name != NULL && fstat (fd, &st) == 0
      && fstatat (parent, name, &named, AT_SYMLINK_NOFOLLOW) == 0 && st.st_dev == named.st_dev
      && st.st_ino == named.st_ino)
    (void) unlinkat (parent, name, AT_REMOVEDIR);
}

static JsonObject *
new_request (const MoorUsmtRun *run, gboolean dry_run)
{
  JsonObject *request = moor_request_new ("delete", NULL, run->store);

  json_object_set_boolean_member (request, "even-last-copies",
                                  moor_usmt_has (run->command, MOOR_USMT_EVEN_LAST_COPIES));
  json_object_set_boolean_member (request, "dry-run", dry_run);
  return request;
}

/**
 * moor_usmt_run_dup_question:
 *
 * Finds out whether somebody has to be asked before @run is executed, and what.
 * Counts what a store holds; changes nothing.  Blocks.
 *
 * Returns: (transfer full) (nullable): a question to be answered with yes; %NULL if
 *   there is nothing to ask, also when executing it will fail
 */
char *
moor_usmt_run_dup_question (MoorUsmtRun *run)
{
  g_autoptr(JsonObject) request = NULL;
  g_autoptr(JsonObject) result = NULL;
  g_autofree char *objects = NULL;
  g_autofree char *freed = NULL;
  gboolean is_inner;
  gint64 n_last;

  if (!moor_usmt_has (run->command, MOOR_USMT_RD) || moor_usmt_has (run->command, MOOR_USMT_YES)
      || !find_store (run, &is_inner, NULL))
    return NULL;
  request = new_request (run, TRUE);
  if (moor_request_run (request, NULL, NULL, NULL, NULL, &result, NULL) > MOOR_EXIT_COMPLETE)
    return NULL;
  n_last = json_object_get_int_member_with_default (result, "last-copies", 0);
  if (n_last > 0 && !moor_usmt_has (run->command, MOOR_USMT_EVEN_LAST_COPIES))
    return NULL;
  objects = moor_text_count (
      (guint64) json_object_get_int_member_with_default (result, "objects", 0));
  freed = moor_text_size ((guint64) json_object_get_int_member_with_default (result, "freed", 0));
  if (n_last > 0)
    return g_strdup_printf ("The store at %s holds the only copy of %" G_GINT64_FORMAT
                            " files, which will be lost. Delete it with its %s objects? (y/n) ",
                            run->store, n_last, objects);
  return g_strdup_printf ("Delete the store at %s with its %s objects? %s come back. (y/n) ",
                          run->store, objects, freed);
}

/* usmtutils /rd */
gboolean
moor_usmt_remove (MoorUsmtCourse *course, GError **error)
{
  MoorUsmtRun *run = course->run;
  g_autoptr(JsonObject) request = NULL;
  g_autoptr(GArray) folders = NULL;
  gboolean is_inner = FALSE;

  if (!find_store (run, &is_inner, error))
    return FALSE;
  if (is_inner)
    folders = open_folders (run);
  request = new_request (run, FALSE);
  if (!moor_usmt_do (course, request, NULL, error))
    return FALSE;
  for (guint i = 0; folders != NULL && i < folders->len; i++)
    remove_folder (g_array_index (folders, int, i));
  moor_usmt_log (run, MOOR_LOG_INFO, "The store at %s is deleted", run->store);
  return TRUE;
}
