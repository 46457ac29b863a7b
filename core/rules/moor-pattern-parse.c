/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-pattern.h"

#include <string.h>

#include "moor-error.h"
#include "moor-pattern-private.h"

/* Patterns: `node [leaf]`.
 *
 * Reading one takes it apart (the leaf is what the last pair of unescaped brackets holds) and
 * makes the node canonical, so that everybody else deals with one kind of path whatever the
 * system and however it was written:
 *
 *   C:\Folder\* [*.mp3]       /C:/Folder    subtree    *.mp3
 *   /home/alice [*]           /home/alice              *
 *   HKEY_CURRENT_USER\K []    /HKCU/K                  (the default value)
 *   *[*.tmp]                  (the top)     subtree    *.tmp
 *   *Temp [*]                 *Temp                    *       (no slash: the star holds it)
 */

#define MAX_BYTES 8000
#define MAX_STARS 32

static const struct
{
  const char *name;
  const char *canonical;
} hives[] = {
  { "HKCU", "HKCU" }, { "HKEY_CURRENT_USER", "HKCU" },
  { "HKLM", "HKLM" }, { "HKEY_LOCAL_MACHINE", "HKLM" },
  { "HKCR", "HKCR" }, { "HKEY_CLASSES_ROOT", "HKCR" },
  { "HKU", "HKU" },   { "HKEY_USERS", "HKU" },
  { "HKCC", "HKCC" }, { "HKEY_CURRENT_CONFIG", "HKCC" },
};

static gboolean
is_escape (const char *at)
{
  return at[0] == '^' && (at[1] == '[' || at[1] == ']');
}

/* Takes `^` escapes out, in place. */
static void
unescape (char *text)
{
  char *to = text;

  for (const char *from = text; *from != '\0'; from++)
    {
      if (is_escape (from))
        from++;
      *to++ = *from;
    }
  *to = '\0';
}

static void
squeeze_stars (char *text)
{
  char *to = text;

  for (const char *from = text; *from != '\0'; from++)
    {
      if (from[0] != '*' || from[1] != '*')
        *to++ = *from;
    }
  *to = '\0';
}

/* Where the bracket opens that the last character of @text closes. */
static char *
find_opening (char *text)
{
  guint depth = 0;

  for (char *at = text + strlen (text) - 1; at >= text; at--)
    {
      if (at > text && is_escape (at - 1))
        continue;
      if (*at == ']')
        depth++;
      else if (*at == '[' && --depth == 0)
        return at;
    }
  return NULL;
}

static gboolean
has_open_bracket (const char *text)
{
  for (const char *at = text; *at != '\0'; at++)
    {
      if (is_escape (at))
        at++;
      else if (*at == '[')
        return TRUE;
    }
  return FALSE;
}

/* Cuts @text before its leaf; *@out_leaf points into it, or is %NULL. */
static gboolean
split_leaf (char *text, char **out_leaf, GError **error)
{
  gsize length = strlen (text);
  char *opening;

  *out_leaf = NULL;
  if (length == 0 || text[length - 1] != ']' || (length > 1 && is_escape (text + length - 2)))
    return !has_open_bracket (text)
           || moor_throw (error, MOOR_ERROR_USAGE, "something follows “]”, or it is missing");

  opening = find_opening (text);
  if (opening == NULL)
    return moor_throw (error, MOOR_ERROR_USAGE, "“]” closes no “[”");
  text[length - 1] = '\0';
  *opening = '\0';
  *out_leaf = opening + 1;
  unescape (*out_leaf);
  squeeze_stars (*out_leaf);
  g_strchomp (text);
  return TRUE;
}

static gboolean
is_drive (const char *text)
{
  return g_ascii_isalpha (text[0]) && text[1] == ':';
}

static gboolean
throw_other_system (GError **error, const char *what)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "%s", what);
  return FALSE;
}

/* Puts what stands for the drive at the start of @node (with slashes) into @head. */
static gboolean
take_drive (const char **node,
            MoorPathStyle style,
            MoorDriveMap *drives,
            GString *head,
            GError **error)
{
  const char drive[] = { (char) g_ascii_toupper ((*node)[0]), ':', '\0' };
  const char *place;

  *node += 2;
  if (style == MOOR_PATHS_WINDOWS)
    {
      g_string_append_printf (head, "/%s", drive);
      return TRUE;
    }
  place = drives != NULL ? g_hash_table_lookup (drives, drive) : NULL;
  if (place == NULL)
    return throw_other_system (error, "a drive letter means nothing on this system");
  g_string_append (head, place);
  while (head->len > 0 && head->str[head->len - 1] == '/')
    g_string_truncate (head, head->len - 1);
  return TRUE;
}

/* What a file's node starts with: a drive, a share, the root, or a star. */
static gboolean
take_file_head (const char **node,
                gboolean is_share,
                MoorPathStyle style,
                MoorDriveMap *drives,
                GString *head,
                GError **error)
{
  const char *at = *node;

  if (is_share)
    {
      if (style != MOOR_PATHS_WINDOWS)
        return throw_other_system (error, "a network share means nothing on this system");
      g_string_append_c (head, '/');
      return TRUE;
    }
  if (is_drive (at))
    return take_drive (node, style, drives, head, error);
  if (at[0] == '*' || (at[0] == '/' && style == MOOR_PATHS_LINUX))
    return TRUE;
  if (at[0] == '/' && is_drive (at + 1))
    {
      (*node)++;
      return take_drive (node, style, drives, head, error);
    }
  return moor_throw (error, MOOR_ERROR_USAGE,
                     at[0] == '/' ? "the path names no drive" : "the path is not absolute");
}

static gboolean
take_hive (const char **node, MoorPathStyle style, GString *head, GError **error)
{
  const char *start = *node + strspn (*node, "/");
  gsize length = strcspn (start, "/");
  g_autofree char *name = g_strndup (start, length);

  if (style != MOOR_PATHS_WINDOWS)
    return throw_other_system (error, "there is no registry on this system");
  if (start[0] == '*')
    {
      *node = start;
      return TRUE;
    }
  for (gsize i = 0; i < G_N_ELEMENTS (hives); i++)
    {
      if (g_ascii_strcasecmp (hives[i].name, name) != 0)
        continue;
      g_string_append_printf (head, "/%s", hives[i].canonical);
      *node = start + length;
      return TRUE;
    }
  return moor_throw (error, MOOR_ERROR_USAGE, "the path starts with no registry hive");
}

/* Goes one up from the last of @components. */
static gboolean
take_back (GPtrArray *components, GError **error)
{
  if (components->len == 0)
    return moor_throw (error, MOOR_ERROR_USAGE, "“..” leads out of the top of the path");
  if (strchr (g_ptr_array_index (components, components->len - 1), '*') != NULL)
    return moor_throw (error, MOOR_ERROR_USAGE, "“..” after a “*” leads nowhere in particular");
  g_ptr_array_set_size (components, (int) components->len - 1);
  return TRUE;
}

/* The components of @rest below @head, without what is redundant. */
static gboolean
join_node (MoorPattern *pattern, const GString *head, const char *rest, GError **error)
{
  g_auto(GStrv) parts = g_strsplit (rest, "/", -1);
  g_autoptr(GPtrArray) components = g_ptr_array_new ();
  g_autoptr(GString) node = g_string_new (head->str);
  guint n_stars = 0;

  for (guint i = 0; parts[i] != NULL; i++)
    {
      if (g_str_equal (parts[i], "..") && !take_back (components, error))
        return FALSE;
      if (parts[i][0] != '\0' && !g_str_equal (parts[i], ".") && !g_str_equal (parts[i], ".."))
        g_ptr_array_add (components, parts[i]);
    }
  if (components->len > 0 && g_str_equal (g_ptr_array_index (components, components->len - 1), "*"))
    {
      pattern->subtree = TRUE;
      g_ptr_array_set_size (components, (int) components->len - 1);
    }
  for (guint i = 0; i < components->len; i++)
    {
      if (i > 0 || head->len > 0 || rest[0] != '*')
        g_string_append_c (node, '/');
      g_string_append (node, g_ptr_array_index (components, i));
    }
  if (g_str_equal (node->str, "*"))
    {
      pattern->subtree = TRUE;
      g_string_truncate (node, 0);
    }

  for (const char *at = node->str; *at != '\0'; at++)
    n_stars += *at == '*';
  if (n_stars > MAX_STARS)
    return moor_throw (error, MOOR_ERROR_USAGE, "more than %d “*” in one path", MAX_STARS);
  pattern->node = g_string_free (g_steal_pointer (&node), FALSE);
  return TRUE;
}

static gboolean
parse_node (MoorPattern *pattern,
            char *text,
            MoorPathStyle style,
            MoorDriveMap *drives,
            GError **error)
{
  gboolean is_share = g_str_has_prefix (text, "\\\\");
  g_autoptr(GString) head = g_string_new (NULL);
  const char *at = text;

  unescape (text);
  g_strdelimit (text, "\\", '/');
  squeeze_stars (text);
  if (pattern->type == MOOR_PATTERN_REGISTRY)
    {
      if (!take_hive (&at, style, head, error))
        return FALSE;
    }
  else if (!take_file_head (&at, is_share, style, drives, head, error))
    return FALSE;
  if (!join_node (pattern, head, at, error))
    return FALSE;
  /* "//" and the computer's name. */
  if (is_share && strlen (pattern->node) < 3)
    return moor_throw (error, MOOR_ERROR_USAGE, "the path names no computer");
  return TRUE;
}

/**
 * moor_pattern_parse:
 * @type: what it is about
 * @text: `node [leaf]`, variables expanded; blanks around it do not count
 * @style: how paths of the system look
 * @drives: (nullable): what drive letters stand for on a Linux system
 * @error: return location for a #GError
 *
 * Reads a pattern of the rule language.  `.` and `..` are taken out of the node, a path may
 * also be canonical already.  Any thread.
 *
 * Returns: (transfer full): the pattern, or %NULL with %MOOR_ERROR_USAGE if it is none, or
 *   %G_IO_ERROR_NOT_SUPPORTED if it means nothing on such a system: a drive that @drives does
 *   not know, a network share, the registry
 */
MoorPattern *
moor_pattern_parse (MoorPatternType type,
                    const char *text,
                    MoorPathStyle style,
                    MoorDriveMap *drives,
                    GError **error)
{
  g_autoptr(MoorPattern) pattern = g_new0 (MoorPattern, 1);
  g_autofree char *copy = NULL;
  char *leaf = NULL;
  gboolean parsed;

  g_return_val_if_fail (text != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  copy = g_strstrip (g_strdup (text));
  pattern->type = type;
  if (strlen (copy) > MAX_BYTES)
    parsed = moor_throw (error, MOOR_ERROR_USAGE, "longer than %d bytes", MAX_BYTES);
  else
    parsed = split_leaf (copy, &leaf, error) && parse_node (pattern, copy, style, drives, error);
  if (parsed && type == MOOR_PATTERN_FILE && leaf != NULL && strpbrk (leaf, "/\\") != NULL)
    parsed = moor_throw (error, MOOR_ERROR_USAGE, "there is a separator between the brackets");
  if (!parsed)
    {
      if (strlen (copy) <= MAX_BYTES)
        g_prefix_error (error, "“%s”: ", text);
      return NULL;
    }
  pattern->leaf = g_strdup (leaf);
  return g_steal_pointer (&pattern);
}
