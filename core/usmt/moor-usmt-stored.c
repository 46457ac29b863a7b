/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-usmt-run-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "moor-beneath.h"
#include "moor-fd.h"
#include "moor-link.h"
#include "moor-text.h"

/* What is in a store, object by object: looked at, and copied out. */

typedef struct
{
  guint64 id;
  char *path; /* below the home; "" is the home itself */
} Folder;

typedef struct
{
  MoorUsmtStoredFunc func;
  gpointer user_data;
  GCancellable *cancellable;
  const MoorStoredProfile *profile;
  const MoorPart *part;
  const char *folder; /* that is being looked at */
  int dfd;
  GQueue *pending; /* (element-type Folder) (owned) */
  GError *error;
} Visit;

static void
folder_free (Folder *folder)
{
  g_free (folder->path);
  g_free (folder);
}

static Folder *
folder_new (guint64 id, char *path)
{
  Folder *folder = g_new0 (Folder, 1);

  folder->id = id;
  folder->path = path;
  return folder;
}

static gboolean
visit_object (const MoorObject *object, gpointer user_data)
{
  Visit *visit = user_data;
  g_autofree char *below = g_build_filename (visit->folder, object->name, NULL);
  g_autofree char *path = g_build_filename (visit->profile->home, below, NULL);

  if (g_cancellable_set_error_if_cancelled (visit->cancellable, &visit->error)
      || !visit->func (object, path, visit->dfd, visit->user_data, &visit->error))
    return FALSE;
  if (object->kind == MOOR_KIND_DIRECTORY)
    g_queue_push_tail (visit->pending, folder_new (object->id, g_steal_pointer (&below)));
  return TRUE;
}

static gboolean
visit_folder (Visit *visit, MoorReader *reader, const Folder *folder, GError **error)
{
  g_autofree char *path = g_build_filename (visit->profile->tree_path, folder->path, NULL);
  g_auto(MoorFd) dfd = visit->part->tree_dfd >= 0
                            ? moor_open_beneath (NULL, visit->part->tree_dfd,
                                                 path[0] != '\0' ? path : ".",
                                                 O_RDONLY | O_DIRECTORY, NULL)
                            : -1;

  visit->folder = folder->path;
  visit->dfd = dfd;
  if (!moor_reader_children (reader, folder->id, visit_object, visit, error))
    return FALSE;
  if (visit->error == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&visit->error));
  return FALSE;
}

static gboolean
visit_profile (Visit *visit, MoorReader *reader, GError **error)
{
  gboolean visited = TRUE;

  visit->pending = g_queue_new ();
  g_queue_push_tail (visit->pending, folder_new (visit->profile->root_object, g_strdup ("")));
  while (visited && !g_queue_is_empty (visit->pending))
    {
      Folder *folder = g_queue_pop_head (visit->pending);

      visited = visit_folder (visit, reader, folder, error);
      folder_free (folder);
    }
  g_queue_free_full (visit->pending, (GDestroyNotify) folder_free);
  return visited;
}

/* Everything in a store whose parts are open.  What a restore has moved out of it
 * is not in it any more. */
gboolean
moor_usmt_each_object (MoorStore *store,
                       GCancellable *cancellable,
                       MoorUsmtStoredFunc func,
                       gpointer user_data,
                       GError **error)
{
  g_autoptr(GPtrArray) profiles = moor_store_load_profiles (store, error);
  g_autoptr(MoorReader) reader = profiles != NULL ? moor_reader_new (store, error) : NULL;
  Visit visit = { .func = func, .user_data = user_data, .cancellable = cancellable };

  for (guint i = 0; reader != NULL && i < profiles->len; i++)
    {
      visit.profile = g_ptr_array_index (profiles, i);
      visit.part = moor_store_get_part (store, visit.profile->part);
      if (visit.part != NULL && !visit.profile->restore.moved
          && !visit_profile (&visit, reader, error))
        return FALSE;
    }
  return reader != NULL;
}

/* The store that a path of usmtutils means: StorePath, the folder USMT in it, or the
 * file that a compressed store would be. */
static MoorStore *
open_store (MoorUsmtCourse *course, GError **error)
{
  MoorUsmtRun *run = course->run;
  g_autofree char *name = g_path_get_basename (run->store_path);
  g_autofree char *parent = g_path_get_dirname (run->store_path);
  g_autofree char *found = NULL;
  g_autoptr(MoorStore) store = NULL;

  if (g_file_test (run->store_path, G_FILE_TEST_IS_REGULAR))
    {
      moor_usmt_throw (error, MOOR_USMT_ERROR_CORRUPTED_NOTENCRYPTED_STORE,
                       "“%s” is a compressed store of USMT, which Mooring cannot read",
                       run->store_path);
      return NULL;
    }
  found = moor_usmt_find_store (g_ascii_strcasecmp (name, "USMT.MIG") == 0 ? parent
                                                                           : run->store_path);
  if (found == NULL)
    {
      (void) moor_usmt_throw_no_store (run, error);
      return NULL;
    }
  g_free (run->store);
  run->store = g_steal_pointer (&found);
  store = moor_store_open (run->store, FALSE, error);
  if (store == NULL || !moor_store_open_parts (store, error))
    return NULL;
  return g_steal_pointer (&store);
}

typedef struct
{
  MoorUsmtRun *run;
  gboolean tells_sound;
  gboolean tells_corrupt;
  guint64 n_sound;
  guint64 n_corrupt;
} Check;

/* A link is sound while it is the same file, whatever was saved into that since;
 * a copy while it has the content that was captured. */
static gboolean
is_sound (const MoorObject *object, int dfd)
{
  guint8 hash[MOOR_HASH_BYTES];
  struct statx stx;

  if (dfd < 0 || statx (dfd, object->name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &stx) < 0
      || moor_kind_from_mode (stx.stx_mode) != object->kind)
    return FALSE;
  if (object->method == MOOR_METHOD_LINK)
    return object->ino == 0 || stx.stx_ino == object->ino;
  return object->hash == NULL || object->kind != MOOR_KIND_FILE
         || (moor_hash_entry (moor_sys_posix (), dfd, object->name, NULL, hash, NULL)
             && memcmp (hash, object->hash, sizeof hash) == 0);
}

static gboolean
check_object (const MoorObject *object,
              const char *path,
              int dfd,
              gpointer user_data,
              GError **error)
{
  Check *check = user_data;
  gboolean sound = is_sound (object, dfd);
  g_autofree char *text = NULL;

  if (object->kind == MOOR_KIND_DIRECTORY && sound)
    return TRUE;
  *(sound ? &check->n_sound : &check->n_corrupt) += 1;
  if (!(sound ? check->tells_sound : check->tells_corrupt))
    return TRUE;
  text = moor_text_path (path);
  moor_usmt_print (check->run, "%s\t%s", text, sound ? "OK" : "CORRUPTED");
  return TRUE;
}

static gboolean
is_mode (const MoorUsmtRun *run, const char *mode)
{
  const char *value = moor_usmt_value (run->command, MOOR_USMT_VERIFY);

  return g_ascii_strcasecmp (value != NULL ? value : "summary", mode) == 0;
}

static gboolean
check_catalogue (MoorUsmtCourse *course, MoorStore *store, Check *check, GError **error)
{
  gboolean readable = moor_store_get_state (store) != MOOR_STORE_CAPTURING
                      && (is_mode (course->run, "catalog")
                          || moor_usmt_each_object (store, course->stop, check_object, check,
                                                    error));

  if (!readable && error != NULL && g_error_matches (*error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return FALSE;
  if (is_mode (course->run, "all") || is_mode (course->run, "catalog")
      || (is_mode (course->run, "failureonly") && !readable))
    moor_usmt_print (course->run, "CATALOG\t%s", readable ? "OK" : "CORRUPTED");
  g_clear_error (error);
  check->n_corrupt += readable ? 0 : 1;
  return TRUE;
}

/* usmtutils /verify */
gboolean
moor_usmt_verify (MoorUsmtCourse *course, GError **error)
{
  Check check = { .run = course->run,
                  .tells_sound = is_mode (course->run, "all"),
                  .tells_corrupt = !is_mode (course->run, "summary") };
  g_autoptr(MoorStore) store = open_store (course, error);
  g_autoptr(GError) problem = NULL;

  if (store == NULL)
    return FALSE;
  if (!check_catalogue (course, store, &check, &problem))
    {
      g_propagate_error (error, g_steal_pointer (&problem));
      return FALSE;
    }
  if (is_mode (course->run, "summary"))
    {
      moor_usmt_print (course->run, "%" G_GUINT64_FORMAT " files are OK.", check.n_sound);
      moor_usmt_print (course->run, "%" G_GUINT64_FORMAT " files are CORRUPTED.", check.n_corrupt);
    }
  return check.n_corrupt == 0
         || moor_usmt_throw (error, MOOR_USMT_ERROR_CORRUPTED_STORE,
                             "%" G_GUINT64_FORMAT " files of the store are corrupted",
                             check.n_corrupt);
}

typedef struct
{
  MoorUsmtCourse *course;
  char **included; /* (nullable) */
  char **excluded;
  int dfd;
  guint64 n_copied;
  guint64 n_taken;
  guint64 n_lost;
} Extraction;

static gboolean
fits_any (char **patterns, const char *name)
{
  for (; patterns != NULL && *patterns != NULL; patterns++)
    {
      if (moor_usmt_fits (g_strstrip (*patterns), name))
        return TRUE;
    }
  return FALSE;
}

/* An inclusion goes before an exclusion. */
static gboolean
is_wanted (const Extraction *extraction, const char *name)
{
  if (extraction->included != NULL)
    return fits_any (extraction->included, name);
  return !fits_any (extraction->excluded, name);
}

static MoorPlaced
copy_out (const Extraction *extraction, const MoorObject *object, int src_dfd, int dst_dfd)
{
  const MoorSys *sys = moor_sys_posix ();
  GCancellable *stop = extraction->course->stop;
  MoorPlacing placing = { 0 };
  MoorPlaced placed = moor_copy_entry (sys, src_dfd, object->name, dst_dfd, object->name, TRUE,
                                       stop, &placing);

  if (placed != MOOR_PLACED_TAKEN
      || !moor_usmt_has (extraction->course->run->command, MOOR_USMT_OVERWRITE)
      || unlinkat (dst_dfd, object->name, 0) < 0)
    return placed;
  return moor_copy_entry (sys, src_dfd, object->name, dst_dfd, object->name, TRUE, stop, &placing);
}

static gboolean
extract_object (const MoorObject *object,
                const char *path,
                int dfd,
                gpointer user_data,
                GError **error)
{
  Extraction *extraction = user_data;
  g_autofree char *folder = g_path_get_dirname (path + 1);
  g_auto(MoorFd) dst_dfd = -1;
  MoorPlaced placed;

  if (object->kind == MOOR_KIND_DIRECTORY || !is_wanted (extraction, object->name))
    return TRUE;
  dst_dfd = moor_make_dirs_beneath (moor_sys_posix (), extraction->dfd, folder, 0700, error);
  if (dst_dfd < 0)
    return FALSE;
  placed = dfd >= 0 ? copy_out (extraction, object, dfd, dst_dfd) : MOOR_PLACED_FAILED;
  extraction->n_copied += placed == MOOR_PLACED_COPIED || placed == MOOR_PLACED_REFLINKED;
  extraction->n_taken += placed == MOOR_PLACED_TAKEN;
  extraction->n_lost += placed == MOOR_PLACED_FAILED;
  if (placed == MOOR_PLACED_FAILED || placed == MOOR_PLACED_TAKEN)
    {
      g_autofree char *text = moor_text_path (path);

      moor_usmt_log (extraction->course->run, MOOR_LOG_ERROR, "%s: %s", text,
                     placed == MOOR_PLACED_TAKEN ? "there is a file of this name already"
                                                 : "could not be copied");
    }
  return TRUE;
}

static char **
split_patterns (const MoorUsmtCommand *command, MoorUsmtOption option)
{
  g_autofree char *all = NULL;

  if (!moor_usmt_has (command, option))
    return NULL;
  g_ptr_array_add (command->values[option], NULL);
  all = g_strjoinv (",", (char **) command->values[option]->pdata);
  g_ptr_array_set_size (command->values[option], (gint) command->values[option]->len - 1);
  return g_strsplit_set (all, ",;", -1);
}

static int
open_destination (MoorUsmtRun *run, GError **error)
{
  g_autofree char *path = moor_usmt_path (run->paths, g_ptr_array_index (run->command->operands, 1),
                                          error);

  if (path == NULL)
    return -1;
  if (g_mkdir_with_parents (path, 0700) < 0)
    {
      moor_usmt_throw (error, MOOR_USMT_INVALID_PARAMETERS, "“%s” cannot be made: %s", path,
                       g_strerror (errno));
      return -1;
    }
  return moor_open_dir (moor_sys_posix (), path, error);
}

static gboolean
judge (const Extraction *extraction, GError **error)
{
  moor_usmt_print (extraction->course->run, "%" G_GUINT64_FORMAT " files were copied.",
                   extraction->n_copied);
  if (extraction->n_lost > 0)
    return moor_usmt_throw (error, MOOR_USMT_ERROR_CORRUPTED_STORE,
                            "%" G_GUINT64_FORMAT " files could not be copied", extraction->n_lost);
  return extraction->n_taken == 0
         || moor_usmt_throw (error, MOOR_USMT_UNABLE_DOMIGRATION,
                             "%" G_GUINT64_FORMAT " files are there already; say /o to overwrite "
                             "them",
                             extraction->n_taken);
}

/* usmtutils /extract */
gboolean
moor_usmt_extract (MoorUsmtCourse *course, GError **error)
{
  g_autoptr(MoorStore) store = open_store (course, error);
  g_auto(MoorFd) dfd = store != NULL ? open_destination (course->run, error) : -1;
  g_auto(GStrv) included = split_patterns (course->run->command, MOOR_USMT_INCLUDE_FILE);
  g_auto(GStrv) excluded = split_patterns (course->run->command, MOOR_USMT_EXTRACT_EXCLUDE);
  Extraction extraction = { .course = course,
                            .included = included,
                            .excluded = excluded,
                            .dfd = dfd };

  return dfd >= 0 && moor_usmt_each_object (store, course->stop, extract_object, &extraction, error)
         && judge (&extraction, error);
}
