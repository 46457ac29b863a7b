/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-list-files.h"

#include <string.h>

#include "moor-error.h"
#include "moor-text.h"

/* A directory of the catalogue whose children are yet to be listed. */
typedef struct
{
  guint64 id;
  char *path;
} Folder;

typedef struct
{
  GQueue *folders; /* (element-type Folder) (owned) */
  GOutputStream *stream;
  const char *at; /* where the children that are being listed are */
  GError *error;
} Listing;

static void
folder_free (Folder *folder)
{
  g_free (folder->path);
  g_free (folder);
}

static void
add_folder (Listing *listing, guint64 id, char *path)
{
  Folder *folder = g_new0 (Folder, 1);

  folder->id = id;
  folder->path = path;
  g_queue_push_tail (listing->folders, folder);
}

static gboolean
list_cb (const MoorObject *object, gpointer user_data)
{
  Listing *listing = user_data;
  g_autofree char *path = g_build_filename (listing->at, object->name, NULL);
  g_autofree char *text = moor_text_path (path);
  g_autofree char *line = g_strconcat (text, "\n", NULL);

  if (object->kind == MOOR_KIND_DIRECTORY)
    {
      add_folder (listing, object->id, g_steal_pointer (&path));
      return TRUE;
    }
  return g_output_stream_write_all (listing->stream, line, strlen (line), NULL, NULL,
                                    &listing->error);
}

static gboolean
list_all (Listing *listing, MoorReader *reader, GError **error)
{
  Folder *folder;

  while ((folder = g_queue_pop_head (listing->folders)) != NULL)
    {
      gboolean listed;

      listing->at = folder->path;
      listed = moor_reader_children (reader, folder->id, list_cb, listing, error);
      folder_free (folder);
      if (!listed)
        return FALSE;
      if (listing->error != NULL)
        {
          g_propagate_error (error, g_steal_pointer (&listing->error));
          return FALSE;
        }
    }
  return TRUE;
}

/**
 * moor_list_files_write:
 * @path: (type filename): a file that is written anew
 *
 * Writes a line for everything in @store that is no directory: its path within the
 * system it came from, as moor_text_path() writes it.  Blocks.  Any thread.
 *
 * Returns: %FALSE with %G_IO_ERROR or an error of the catalogue
 */
gboolean
moor_list_files_write (MoorStore *store, const char *path, GError **error)
{
  g_autoptr(GFile) file = g_file_new_for_path (path);
  g_autoptr(GFileOutputStream)
                 raw = g_file_replace (file, NULL, FALSE, G_FILE_CREATE_PRIVATE, NULL, error);
  g_autoptr(GOutputStream) stream = NULL;
  g_autoptr(GPtrArray) profiles = NULL;
  g_autoptr(MoorReader) reader = NULL;
  Listing listing = { .folders = NULL };
  gboolean listed;

  if (raw == NULL)
    return FALSE;
  stream = g_buffered_output_stream_new (G_OUTPUT_STREAM (raw));
  profiles = moor_store_load_profiles (store, error);
  reader = profiles != NULL ? moor_reader_new (store, error) : NULL;
  if (reader == NULL)
    return FALSE;
  listing.folders = g_queue_new ();
  listing.stream = stream;
  for (guint i = 0; i < profiles->len; i++)
    {
      const MoorStoredProfile *profile = g_ptr_array_index (profiles, i);

      if (profile->root_object != 0)
        add_folder (&listing, profile->root_object, g_strdup (profile->home));
    }
  listed = list_all (&listing, reader, error) && g_output_stream_close (stream, NULL, error);
  g_queue_free_full (listing.folders, (GDestroyNotify) folder_free);
  return listed;
}
