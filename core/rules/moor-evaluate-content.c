/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-evaluate-private.h"

#include <string.h>

/* Strings inside objects: settings of ini files, and the file names in them. */

#define MAX_INI_BYTES ((gsize) 1024 * 1024)

/* Ini files of Windows may be UTF-16; names and values are compared as bytes else. */
static char *
ini_text (GBytes *bytes)
{
  gsize n_bytes;
  const char *data = g_bytes_get_data (bytes, &n_bytes);

  if (n_bytes >= 2 && memcmp (data, "\xff\xfe", 2) == 0)
    return g_convert (data + 2, (gssize) n_bytes - 2, "UTF-8", "UTF-16LE", NULL, NULL, NULL);
  if (n_bytes >= 3 && memcmp (data, "\xef\xbb\xbf", 3) == 0)
    return g_strndup (data + 3, n_bytes - 3);
  return g_strndup (n_bytes > 0 ? data : "", n_bytes);
}

/* Whether @line is "[section]"; if so, whether it is the one. */
static gboolean
is_section (const char *line, const char *section, gboolean *out_is_wanted)
{
  const char *end;
  g_autofree char *name = NULL;

  if (line[0] != '[' || (end = strchr (line, ']')) == NULL)
    return FALSE;
  name = g_strstrip (g_strndup (line + 1, (gsize) (end - line - 1)));
  *out_is_wanted = g_ascii_strcasecmp (name, section) == 0;
  return TRUE;
}

static char *
unquoted (const char *value)
{
  g_autofree char *text = g_strstrip (g_strdup (value));
  gsize n_bytes = strlen (text);

  if (n_bytes >= 2 && (text[0] == '"' || text[0] == '\'') && text[n_bytes - 1] == text[0])
    return g_strndup (text + 1, n_bytes - 2);
  return g_steal_pointer (&text);
}

/* The first one that counts, as programs of Windows read it. */
static char *
find_setting (const char *text, const char *section, const char *setting)
{
  g_auto(GStrv) lines = g_strsplit (text, "\n", -1);
  gboolean inside = section[0] == '\0';

  for (guint i = 0; lines[i] != NULL; i++)
    {
      char *line = g_strstrip (lines[i]);
      char *equals = strchr (line, '=');

      if (line[0] == ';' || is_section (line, section, &inside) || !inside || equals == NULL)
        continue;
      *equals = '\0';
      if (g_ascii_strcasecmp (g_strchomp (line), setting) == 0)
        return unquoted (equals + 1);
    }
  return NULL;
}

/* "path|section[setting]", expanded. */
static gboolean
split_location (const char *location, char **out_path, char **out_section, char **out_setting)
{
  const char *bar = strchr (location, '|');
  const char *bracket = bar != NULL ? strchr (bar, '[') : NULL;
  const char *end = bracket != NULL ? strrchr (bracket, ']') : NULL;

  if (end == NULL)
    return FALSE;
  *out_path = g_strndup (location, (gsize) (bar - location));
  *out_section = g_strstrip (g_strndup (bar + 1, (gsize) (bracket - bar - 1)));
  *out_setting = g_strstrip (g_strndup (bracket + 1, (gsize) (end - bracket - 1)));
  return TRUE;
}

static char *
read_setting (MoorEvaluation *self, const MoorOrigin *origin, const char *location)
{
  g_autoptr(MoorPattern) pattern = NULL;
  g_autofree char *path = NULL;
  g_autofree char *section = NULL;
  g_autofree char *setting = NULL;
  g_autofree char *full = NULL;
  g_autofree char *text = NULL;
  g_autoptr(GBytes) bytes = NULL;
  struct statx stx;

  if (!split_location (location, &path, &section, &setting))
    {
      moor_evaluation_tell (self, MOOR_FINDING_WARNING, origin, "bad-ini-location",
                            g_strdup_printf ("“%s” names no setting of an ini file.", location),
                            "Write it as path|section[setting].");
      return NULL;
    }
  pattern = moor_evaluation_expanded_pattern (self, origin, MOOR_PATTERN_FILE, path);
  if (pattern == NULL)
    return NULL;
  full = pattern->leaf != NULL ? g_strconcat (pattern->node, "/", pattern->leaf, NULL)
                               : g_strdup (pattern->node);
  bytes = moor_look_read (self->host, full, MAX_INI_BYTES, &stx);
  if (bytes == NULL)
    return NULL;
  moor_evaluation_draw_from_file (self, full, &stx);
  text = ini_text (bytes);
  return text != NULL ? find_setting (text, section, setting) : NULL;
}

/* The string form of an object.  NULL if there is none, with a finding where there never is. */
char *
moor_evaluation_string (MoorEvaluation *self,
                        MoorValues values,
                        const MoorOrigin *origin,
                        const char *type,
                        const char *location)
{
  g_autofree char *expanded = NULL;
  MoorPatternType kind;

  if (location == NULL || !moor_evaluation_read_type (type, &kind) || kind == MOOR_PATTERN_FILE)
    {
      moor_evaluation_tell (self, MOOR_FINDING_WARNING, origin, "no-string",
                            g_strdup ("Only settings of ini files and registry values have a"
                                      " string."),
                            NULL);
      return NULL;
    }
  if (kind == MOOR_PATTERN_REGISTRY)
    {
      const gboolean on_linux = self->host->style == MOOR_PATHS_LINUX;

      moor_evaluation_tell (
          self, MOOR_FINDING_NOTE, origin, on_linux ? "registry-on-linux" : "registry-not-read",
          g_strdup (on_linux ? "Registry rules mean nothing on a Linux system."
                             : "Nothing in the registry counts as there: it is not read."),
          NULL);
      return NULL;
    }
  expanded = moor_evaluation_expand (self, values, origin, location);
  return expanded != NULL ? read_setting (self, origin, expanded) : NULL;
}

/* Adds "folder [file]" or, with @suffix, "folder" and the suffix, if the object is there. */
static gboolean
add_if_there (MoorEvaluation *self,
              const MoorCall *filter,
              const char *path,
              const char *suffix,
              GPtrArray *found)
{
  g_autoptr(MoorPattern) pattern = moor_evaluation_expanded_pattern (self, &filter->origin,
                                                                      MOOR_PATTERN_FILE, path);
  g_autofree char *text = NULL;
  MoorPattern *result;
  MoorFound *one;

  if (pattern == NULL || pattern->leaf != NULL || strchr (pattern->node, '*') != NULL
      || !moor_evaluation_find (self, &filter->origin, pattern, NULL))
    return FALSE;
  if (suffix != NULL)
    {
      text = g_strconcat (path, suffix, NULL);
      result = moor_evaluation_expanded_pattern (self, &filter->origin, MOOR_PATTERN_FILE, text);
    }
  else
    {
      result = moor_pattern_copy (pattern);
      result->leaf = g_strdup (strrchr (pattern->node, '/') + 1);
      *strrchr (result->node, '/') = '\0';
    }
  if (result == NULL)
    return FALSE;
  one = g_new0 (MoorFound, 1);
  one->pattern = result;
  one->written = moor_call_format (filter);
  g_ptr_array_add (found, one);
  return TRUE;
}

static gboolean
is_absolute (const char *path)
{
  return path[0] == '/' || path[0] == '\\' || (g_ascii_isalpha (path[0]) && path[1] == ':');
}

/* A name without a folder is looked for where the filter says. */
static void
extract_file (MoorEvaluation *self, const MoorCall *filter, const char *name, GPtrArray *found)
{
  const char *hints = moor_call_arg (filter, 1);
  const char *separator = self->host->style == MOOR_PATHS_LINUX ? "/" : "\\";
  g_auto(GStrv) folders = NULL;

  if (name[0] == '\0')
    return;
  if (is_absolute (name))
    {
      (void) add_if_there (self, filter, name, NULL, found);
      return;
    }
  folders = g_strsplit (hints != NULL ? hints : "", ";", -1);
  for (guint i = 0; folders[i] != NULL; i++)
    {
      g_autofree char *folder = moor_evaluation_expand (self, MOOR_VALUES_OWN, &filter->origin,
                                                        folders[i]);
      g_autofree char *path = NULL;

      if (folder == NULL || folder[0] == '\0')
        continue;
      path = g_strconcat (g_strstrip (folder), separator, name, NULL);
      if (add_if_there (self, filter, path, NULL, found))
        return;
    }
}

static void
extract_directory (MoorEvaluation *self, const MoorCall *filter, const char *name, GPtrArray *found)
{
  const char *levels = moor_call_arg (filter, 1);
  const char *suffix = moor_call_arg (filter, 2);
  g_autofree char *path = g_strdup (name);
  guint64 n_levels = levels != NULL ? g_ascii_strtoull (levels, NULL, 10) : 0;

  for (guint64 i = 0; i < n_levels; i++)
    {
      char *end = NULL;

      for (char *p = path; *p != '\0'; p++)
        end = *p == '/' || *p == '\\' ? p : end;
      if (end == NULL)
        return;
      *end = '\0';
    }
  if (path[0] != '\0')
    (void) add_if_there (self, filter, path, suffix != NULL ? suffix : "", found);
}

static void
extract (MoorEvaluation *self,
         MoorValues values,
         const MoorCall *filter,
         const char *location,
         GPtrArray *found)
{
  g_autofree char *value = moor_evaluation_string (self, values, &filter->origin, "Ini", location);
  g_autofree char *expanded = NULL;
  g_auto(GStrv) names = NULL;
  const char *separators = moor_call_arg (filter, 0);

  if (value == NULL)
    return;
  expanded = moor_evaluation_expand (self, values, &filter->origin, value);
  if (expanded == NULL)
    return;

  names = g_strsplit_set (expanded, separators != NULL ? separators : "", -1);
  for (guint i = 0; names[i] != NULL; i++)
    {
      g_autofree char *name = unquoted (names[i]);

      if (filter->helper == MOOR_HELPER_EXTRACT_DIRECTORY)
        extract_directory (self, filter, name, found);
      else
        extract_file (self, filter, name, found);
      if (filter->helper != MOOR_HELPER_EXTRACT_MULTIPLE_FILES)
        return;
    }
}

/* Adds patterns for what the setting at @location names. */
void
moor_evaluation_extract (MoorEvaluation *self,
                         MoorValues values,
                         const MoorCall *filter,
                         const char *location,
                         GPtrArray *found)
{
  const char *reach = self->reach;

  self->reach = NULL;
  extract (self, values, filter, location, found);
  self->reach = reach;
}
