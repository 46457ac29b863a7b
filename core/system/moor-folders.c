/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-folders.h"

#include <string.h>

#include "moor-beneath.h"
#include "moor-error.h"
#include "moor-text.h"

#define MAX_BYTES ((gsize) 64 * 1024)
#define FILE_NAME ".config/user-dirs.dirs"

/* What xdg-user-dirs makes in English when nobody says otherwise. */
static const struct
{
  const char *name;
  const char *folder;
} defaults[] = {
  { "XDG_DESKTOP_DIR", "Desktop" },     { "XDG_DOCUMENTS_DIR", "Documents" },
  { "XDG_DOWNLOAD_DIR", "Downloads" },  { "XDG_MUSIC_DIR", "Music" },
  { "XDG_PICTURES_DIR", "Pictures" },   { "XDG_PUBLICSHARE_DIR", "Public" },
  { "XDG_TEMPLATES_DIR", "Templates" }, { "XDG_VIDEOS_DIR", "Videos" },
};

static char *
default_folder (const char *xdg_name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (defaults); i++)
    {
      if (strcmp (defaults[i].name, xdg_name) == 0)
        return g_strdup (defaults[i].folder);
    }
  return NULL;
}

/* The beginning of the person's file, @out_content NULL if there is none. */
static gboolean
read_own_file (int home_dfd, char **out_content, GError **error)
{
  g_autoptr(GError) local_error = NULL;
  g_auto(MoorFd) fd = moor_open_beneath (NULL, home_dfd, FILE_NAME, O_RDONLY | O_NONBLOCK,
                                          &local_error);
  g_autofree char *content = g_malloc0 (MAX_BYTES + 1);
  gsize n_bytes = 0;
  struct stat st;

  *out_content = NULL;
  if (fd < 0 && g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    return TRUE;
  if (fd < 0)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (fstat (fd, &st) < 0 || !S_ISREG (st.st_mode))
    return TRUE;

  while (n_bytes < MAX_BYTES)
    {
      ssize_t n = moor_sys_posix ()->read (fd, content + n_bytes, MAX_BYTES - n_bytes);

      if (n < 0 && errno != EINTR)
        return moor_throw_errno (error, errno, "reading “%s”", FILE_NAME);
      if (n == 0)
        break;
      n_bytes += n > 0 ? (gsize) n : 0;
    }
  *out_content = g_steal_pointer (&content);
  return TRUE;
}

/* The value of the last line that sets @xdg_name, which is how a shell reads it. */
static char *
find_value (const char *content, const char *xdg_name)
{
  g_auto(GStrv) lines = g_strsplit (content, "\n", -1);
  gsize length = strlen (xdg_name);
  char *value = NULL;

  for (guint i = 0; lines[i] != NULL; i++)
    {
      char *line = g_strchug (lines[i]);

      if (strncmp (line, xdg_name, length) != 0 || line[length] != '=')
        continue;
      g_free (value);
      value = g_shell_unquote (g_strstrip (line + length + 1), NULL);
    }
  return value;
}

/* @value without "$HOME/", as a plain path below the home; NULL if it is none. */
static char *
below_home (const char *value)
{
  static const char home[] = "$HOME/";
  g_auto(GStrv) names = NULL;
  GString *path;

  if (!g_str_has_prefix (value, home))
    return NULL;

  path = g_string_new (NULL);
  names = g_strsplit (value + strlen (home), "/", -1);
  for (guint i = 0; names[i] != NULL; i++)
    {
      if (names[i][0] == '\0' || strcmp (names[i], ".") == 0)
        continue;
      if (!moor_name_is_valid (names[i]))
        {
          g_string_free (path, TRUE);
          return NULL;
        }
      g_string_append_printf (path, "%s%s", path->len > 0 ? "/" : "", names[i]);
    }
  return g_string_free (path, path->len == 0);
}

/**
 * moor_folders_lookup:
 * @home_dfd: a person's home
 * @xdg_name: which folder, as `XDG_PICTURES_DIR`
 * @error: return location for a #GError
 *
 * Reads the person's own ~/.config/user-dirs.dirs; where that file is missing or does not
 * mention the folder, the folder has its English name.  The file is the person's: whatever
 * does not lead below the home is no folder.  Blocks; any thread.
 *
 * Returns: (transfer full) (nullable) (type filename): the folder, relative to the home;
 *   it need not exist.  %NULL without @error if the person has none (`$HOME/`), it lies
 *   outside the home, or the name is unknown; %NULL with %G_IO_ERROR if the file cannot be read
 */
char *
moor_folders_lookup (int home_dfd, const char *xdg_name, GError **error)
{
  g_autofree char *content = NULL;
  g_autofree char *value = NULL;

  g_return_val_if_fail (home_dfd >= 0, NULL);
  g_return_val_if_fail (xdg_name != NULL, NULL);

  if (!read_own_file (home_dfd, &content, error))
    return NULL;
  if (content != NULL)
    value = find_value (content, xdg_name);
  return value != NULL ? below_home (value) : default_folder (xdg_name);
}
