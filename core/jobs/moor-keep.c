/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-root.h"

#include <string.h>

#include "moor-text.h"

/* What stays where it is when a root is emptied. */

/**
 * moor_keep_clear:
 * @keep: what is no longer needed
 */
void
moor_keep_clear (MoorKeep *keep)
{
  g_clear_pointer (&keep->paths, g_ptr_array_unref);
}

/* What an earlier run of the same job kept stays kept. */
static gboolean
keep_recorded (MoorKeep *keep, MoorStore *store, GError **error)
{
  g_autofree char *text = NULL;
  g_auto(GStrv) lines = NULL;

  if (!moor_store_read_meta (store, "kept", &text, error))
    return FALSE;
  lines = text != NULL ? g_strsplit (text, "\n", -1) : NULL;

  for (char **line = lines; line != NULL && *line != NULL; line++)
    {
      if (**line != '\0')
        g_ptr_array_add (keep->paths, g_strcompress (*line));
    }
  return TRUE;
}

/**
 * moor_keep_record:
 *
 * Writes down what stays, for whoever goes on with the job or undoes it.  Blocks.
 *
 * Returns: %FALSE with an error of the catalogue
 */
gboolean
moor_keep_record (const MoorKeep *keep, MoorStore *store, GError **error)
{
  g_autoptr(GString) text = g_string_new (NULL);

  for (guint i = 0; i < keep->paths->len; i++)
    {
      g_autofree char *escaped = g_strescape (g_ptr_array_index (keep->paths, i), NULL);

      g_string_append_printf (text, "%s\n", escaped);
    }
  return moor_store_set_meta (store, "kept", text->str, error);
}

/* Keeps what lies at @path, below the root's own path. */
static void
keep_path (MoorKeep *keep, const char *path)
{
  while (*path == '/')
    path++;
  if (*path != '\0')
    g_ptr_array_add (keep->paths, g_strdup (path));
}

static void
keep_parts (MoorKeep *keep, const char *root_path, MoorStore *store)
{
  gsize length = strlen (root_path);

  for (guint i = 0; i < moor_store_get_n_parts (store); i++)
    {
      const MoorPart *part = moor_store_get_part (store, i);
      g_autofree char *path = part->dfd >= 0 ? moor_fd_path (part->dfd) : NULL;

      if (path == NULL)
        continue;
      if (length == 1)
        keep_path (keep, path);
      else if (strncmp (path, root_path, length) == 0 && path[length] == '/')
        keep_path (keep, path + length);
    }
}

/* A link stays together with what it leads to. */
static gboolean
keep_protected (MoorKeep *keep, MoorSystem *system, const char *path, GError **error)
{
  const MoorSys *sys = moor_sys_posix ();
  int root_dfd = moor_system_get_dfd (system);
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *canonical = NULL;
  g_autofree char *canonical_folder = NULL;
  g_autofree char *link = NULL;
  g_autoptr(GError) problem = NULL;
  g_auto(MoorFd) fd = moor_open_in_root (sys, root_dfd, path, O_PATH, &canonical, &problem);
  g_auto(MoorFd) folder_fd = -1;

  if (fd < 0)
    return moor_throw (error, MOOR_ERROR_REFUSED,
                       "“%s” should be protected, but it cannot be found: %s", path,
                       problem->message);
  if (canonical[strspn (canonical, "/")] == '\0')
    return moor_throw (error, MOOR_ERROR_REFUSED,
                       "“%s” should be protected, but that is the whole system: nothing would be "
                       "set aside",
                       path);
  keep_path (keep, canonical);
  folder_fd = moor_open_in_root (sys, root_dfd, folder, O_PATH, &canonical_folder, NULL);
  link = folder_fd >= 0 ? g_build_filename (canonical_folder, name, NULL) : NULL;
  if (link != NULL && moor_name_is_valid (name) && !g_str_equal (link, canonical))
    keep_path (keep, link);
  return TRUE;
}

/**
 * moor_keep_init:
 * @protect: (array zero-terminated=1) (nullable): paths within the system that stay, too
 *
 * Blocks.  Any thread.
 *
 * Returns: %FALSE with %MOOR_ERROR_REFUSED if a path to be protected is not there, or
 *   an error of the catalogue
 */
gboolean
moor_keep_init (MoorKeep *keep,
                MoorSystem *system,
                MoorStore *store,
                const char *const *protect,
                GError **error)
{
  g_autofree char *root_path = moor_fd_path (moor_system_get_dfd (system));

  keep->paths = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (keep->paths, g_strdup ("lost+found"));
  keep_parts (keep, root_path, store);
  if (!keep_recorded (keep, store, error))
    return FALSE;

  for (; protect != NULL && *protect != NULL; protect++)
    {
      if (!keep_protected (keep, system, *protect, error))
        return FALSE;
    }
  return TRUE;
}

/**
 * moor_keep_consequence:
 * @path: (type filename): below the root, without leading slash
 *
 * Returns: what becomes of @path when a root is emptied.  Any thread.
 */
MoorConsequence
moor_keep_consequence (const MoorKeep *keep, const char *path)
{
  gsize length = strlen (path);
  MoorConsequence consequence = MOOR_CONSEQUENCE_MOVES;

  for (guint i = 0; i < keep->paths->len; i++)
    {
      const char *kept = g_ptr_array_index (keep->paths, i);

      if (strncmp (kept, path, length) != 0)
        continue;
      if (kept[length] == '\0')
        return MOOR_CONSEQUENCE_STAYS;
      if (kept[length] == '/')
        consequence = MOOR_CONSEQUENCE_PARTLY;
    }
  return consequence;
}
