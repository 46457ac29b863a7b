/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-usmt-path.h"

#include <string.h>
#include <unistd.h>

/*
 * Paths as administrators write them: with drive letters, backslashes and
 * %VARIABLES%, for directories of a Linux system.
 */

#define MAX_PATH_CHARS 256

/**
 * moor_usmt_paths_new:
 *
 * Returns: (transfer full): no drives, the working directory, and this computer's name
 */
MoorUsmtPaths *
moor_usmt_paths_new (void)
{
  MoorUsmtPaths *paths = g_new0 (MoorUsmtPaths, 1);

  paths->drives = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  paths->directory = g_get_current_dir ();
  paths->computer = g_strdup (g_get_host_name ());
  return paths;
}

/**
 * moor_usmt_paths_free:
 * @paths: (transfer full) (nullable): what is no longer needed
 */
void
moor_usmt_paths_free (MoorUsmtPaths *paths)
{
  if (paths == NULL)
    return;

  g_hash_table_unref (paths->drives);
  g_free (paths->directory);
  g_free (paths->computer);
  g_free (paths);
}

static gboolean
has_drive (const char *path)
{
  return g_ascii_isalpha (path[0]) && path[1] == ':';
}

/**
 * moor_usmt_paths_add_drive:
 * @text: `X:=DIR`
 *
 * Says where a drive letter is.
 *
 * Returns: %FALSE with %MOOR_USMT_INVALID_PARAMETERS if @text is nothing of the
 *   kind, or no such directory exists
 */
gboolean
moor_usmt_paths_add_drive (MoorUsmtPaths *paths, const char *text, GError **error)
{
  const char *dir = text + 3;
  g_autofree char *letter = NULL;
  g_autofree char *path = NULL;

  if (!has_drive (text) || text[2] != '=' || dir[0] == '\0')
    return moor_usmt_throw (error, MOOR_USMT_INVALID_PARAMETERS,
                            "--drive takes X:=DIR, such as C:=/mnt, not “%s”", text);
  letter = g_ascii_strup (text, 2);
  path = g_canonicalize_filename (dir, paths->directory);
  if (!g_file_test (path, G_FILE_TEST_IS_DIR))
    return moor_usmt_throw (error, MOOR_USMT_INVALID_PARAMETERS,
                            "--drive %s: there is no folder “%s”", letter, path);
  if (!g_hash_table_insert (paths->drives, g_steal_pointer (&letter), g_steal_pointer (&path)))
    return moor_usmt_throw (error, MOOR_USMT_INVALID_PARAMETERS,
                            "--drive names a drive twice: “%s”", text);
  return TRUE;
}

/* Windows does not mind the case of a variable's name. */
static const char *
find_variable (const MoorUsmtPaths *paths, const char *name, char **environment)
{
  const char *value = g_environ_getenv (environment, name);

  if (value != NULL)
    return value;
  if (g_ascii_strcasecmp (name, "computername") == 0)
    return paths->computer;
  for (char **at = environment; *at != NULL; at++)
    {
      gsize length = strcspn (*at, "=");

      if ((*at)[length] == '=' && strlen (name) == length
          && g_ascii_strncasecmp (*at, name, length) == 0)
        return *at + length + 1;
    }
  return NULL;
}

static gboolean
is_variable_name (const char *name, gsize length)
{
  static const char others[] = "_()-.";

  for (gsize i = 0; i < length; i++)
    {
      if (!g_ascii_isalnum (name[i]) && strchr (others, name[i]) == NULL)
        return FALSE;
    }
  return length > 0;
}

/**
 * moor_usmt_expand:
 * @text: with %VARIABLES% of the environment
 *
 * Returns: (transfer full): @text with their values; %NULL with
 *   %MOOR_USMT_INVALID_PARAMETERS if one of them is not set
 */
char *
moor_usmt_expand (const MoorUsmtPaths *paths, const char *text, GError **error)
{
  g_auto(GStrv) environment = g_get_environ ();
  g_autoptr(GString) expanded = g_string_new (NULL);

  for (const char *at = text; *at != '\0'; at++)
    {
      const char *end = *at == '%' ? strchr (at + 1, '%') : NULL;
      g_autofree char *name = NULL;
      const char *value;

      if (end == NULL || !is_variable_name (at + 1, (gsize) (end - at - 1)))
        {
          g_string_append_c (expanded, *at);
          continue;
        }
      name = g_strndup (at + 1, (gsize) (end - at - 1));
      value = find_variable (paths, name, environment);
      if (value == NULL)
        {
          moor_usmt_throw (error, MOOR_USMT_INVALID_PARAMETERS,
                           "The variable %%%s%% in “%s” is not set", name, text);
          return NULL;
        }
      g_string_append (expanded, value);
      at = end;
    }
  return g_string_free (g_steal_pointer (&expanded), FALSE);
}

/* The name in @dir that differs from @name only by case, if exactly one does. */
static char *
find_other_case (const char *dir, const char *name)
{
  g_autoptr(GDir) listing = g_dir_open (dir, 0, NULL);
  g_autofree char *folded = g_utf8_casefold (name, -1);
  g_autofree char *found = NULL;
  const char *entry;

  while (listing != NULL && (entry = g_dir_read_name (listing)) != NULL)
    {
      g_autofree char *other = g_utf8_validate (entry, -1, NULL) ? g_utf8_casefold (entry, -1)
                                                                 : NULL;

      if (g_strcmp0 (folded, other) != 0)
        continue;
      if (found != NULL)
        return NULL;
      found = g_strdup (entry);
    }
  return g_steal_pointer (&found);
}

/* Follows a Windows path from @dir; case counts only where two names differ by
 * nothing else. */
static char *
follow (const char *dir, const char *path)
{
  g_auto(GStrv) names = g_strsplit_set (path, "\\/", -1);
  g_autoptr(GPtrArray) kept = g_ptr_array_new ();
  char *at = g_strdup (dir);

  for (char **name = names; *name != NULL; name++)
    {
      if (g_str_equal (*name, "..") && kept->len > 0)
        g_ptr_array_set_size (kept, (gint) kept->len - 1);
      else if (**name != '\0' && !g_str_equal (*name, ".") && !g_str_equal (*name, ".."))
        g_ptr_array_add (kept, *name);
    }
  for (guint i = 0; i < kept->len; i++)
    {
      g_autofree char *parent = at;
      g_autofree char *other = NULL;

      at = g_build_filename (parent, g_ptr_array_index (kept, i), NULL);
      if (g_file_test (at, G_FILE_TEST_EXISTS)
          || (other = find_other_case (parent, g_ptr_array_index (kept, i))) == NULL)
        continue;
      g_free (at);
      at = g_build_filename (parent, other, NULL);
    }
  return at;
}

static char *
map_drive (const MoorUsmtPaths *paths, const char *path, GError **error)
{
  g_autofree char *letter = g_ascii_strup (path, 2);
  const char *dir = g_hash_table_lookup (paths->drives, letter);

  if (dir != NULL)
    return follow (dir, path + 2);
  moor_usmt_throw (error, MOOR_USMT_INVALID_PARAMETERS,
                   "“%s” is a path of Windows: say with --drive %s=DIR where drive %s is", path,
                   letter, letter);
  return NULL;
}

/**
 * moor_usmt_path:
 * @text: a path of Windows or Linux, absolute or not, with %VARIABLES%
 *
 * Finds out which path @text is on this computer.  Looks at directories for
 * names that differ by case only; otherwise nothing has to exist.
 *
 * Returns: (transfer full) (type filename): an absolute path; %NULL with
 *   %MOOR_USMT_INVALID_PARAMETERS for a drive that nobody has mapped, or
 *   %MOOR_USMT_ERROR_OPTION_PARAM_TOO_LARGE
 */
char *
moor_usmt_path (const MoorUsmtPaths *paths, const char *text, GError **error)
{
  g_autofree char *expanded = moor_usmt_expand (paths, text, error);
  g_autofree char *path = NULL;

  if (expanded == NULL)
    return NULL;
  if (g_str_has_prefix (expanded, "\\\\"))
    {
      moor_usmt_throw (error, MOOR_USMT_INVALID_PARAMETERS,
                       "“%s” is on the network: mount it, and give the folder", expanded);
      return NULL;
    }
  if (has_drive (expanded))
    path = map_drive (paths, expanded, error);
  else if (expanded[0] == '\\')
    {
      g_autofree char *on_c = g_strconcat ("C:", expanded, NULL);

      path = map_drive (paths, on_c, error);
    }
  else if (strchr (expanded, '\\') != NULL && strchr (expanded, '/') == NULL)
    path = follow (paths->directory, expanded);
  else
    path = g_canonicalize_filename (expanded, paths->directory);
  if (path == NULL || g_utf8_strlen (path, -1) <= MAX_PATH_CHARS)
    return g_steal_pointer (&path);
  moor_usmt_throw (error, MOOR_USMT_ERROR_OPTION_PARAM_TOO_LARGE,
                   "The path has more than %d characters: “%s”", MAX_PATH_CHARS, path);
  return NULL;
}
