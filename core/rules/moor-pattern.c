/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-pattern.h"

#include <string.h>

#include "moor-pattern-private.h"

/* Patterns once they are read: written again, held against objects and against each other. */

/**
 * moor_glob_fits:
 * @pattern: only `*` is special
 * @name: (type filename): need not be UTF-8
 *
 * Returns: whether all of @name fits @pattern.  Any thread.
 */
gboolean
moor_glob_fits (const char *pattern, const char *name)
{
  const char *star = NULL;
  const char *retry = NULL;

  while (*name != '\0')
    {
      if (*pattern == '*')
        {
          star = pattern++;
          retry = name;
        }
      else if (*pattern == *name)
        {
          pattern++;
          name++;
        }
      else if (star != NULL)
        {
          pattern = star + 1;
          name = ++retry;
        }
      else
        return FALSE;
    }
  while (*pattern == '*')
    pattern++;
  return *pattern == '\0';
}

/**
 * moor_pattern_copy:
 *
 * Returns: (transfer full): the same again.  Any thread.
 */
MoorPattern *
moor_pattern_copy (const MoorPattern *pattern)
{
  MoorPattern *copy = g_memdup2 (pattern, sizeof *pattern);

  copy->node = g_strdup (pattern->node);
  copy->leaf = g_strdup (pattern->leaf);
  return copy;
}

/**
 * moor_pattern_free:
 * @pattern: (transfer full) (nullable)
 */
void
moor_pattern_free (MoorPattern *pattern)
{
  if (pattern == NULL)
    return;
  g_free (pattern->node);
  g_free (pattern->leaf);
  g_free (pattern);
}

static void
append_escaped (GString *text, const char *name, char separator)
{
  for (; *name != '\0'; name++)
    {
      if (*name == '[' || *name == ']')
        g_string_append_c (text, '^');
      g_string_append_c (text, *name == '/' ? separator : *name);
    }
}

static gboolean
is_drive_root (const char *node)
{
  return node[0] == '/' && g_ascii_isalpha (node[1]) && node[2] == ':' && node[3] == '\0';
}

/**
 * moor_pattern_format:
 * @style: how paths of the system look
 *
 * Writes @pattern as people write it: `C:\data\* [*]`, `/home/alice [*.txt]`.
 * moor_pattern_parse() reads it back as the same.  Any thread.
 *
 * Returns: (transfer full): text
 */
char *
moor_pattern_format (const MoorPattern *pattern, MoorPathStyle style)
{
  gboolean slashes = style == MOOR_PATHS_LINUX && pattern->type != MOOR_PATTERN_REGISTRY;
  char separator = slashes ? '/' : '\\';
  const char *node = pattern->node;
  g_autoptr(GString) text = g_string_new (NULL);

  if (!slashes && node[0] == '/' && node[1] != '/')
    node++;
  append_escaped (text, node, separator);
  if (pattern->subtree)
    {
      if (slashes || text->len > 0)
        g_string_append_c (text, separator);
      g_string_append_c (text, '*');
    }
  else if (text->len == 0 || (!slashes && is_drive_root (pattern->node)))
    g_string_append_c (text, separator);
  if (pattern->leaf != NULL)
    {
      g_string_append (text, " [");
      append_escaped (text, pattern->leaf, '/');
      g_string_append_c (text, ']');
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/**
 * moor_pattern_fold:
 * @name: (type filename): a name or a path
 *
 * Returns: (transfer full): @name as names are compared where case does not count: character by
 *   character, what is not UTF-8 as it is.  Any thread.
 */
char *
moor_pattern_fold (const char *name)
{
  g_autoptr(GString) folded = g_string_sized_new (strlen (name));

  while (*name != '\0')
    {
      gunichar character = g_utf8_get_char_validated (name, -1);

      if (character == (gunichar) -1 || character == (gunichar) -2)
        {
          g_string_append_c (folded, *name++);
          continue;
        }
      g_string_append_unichar (folded, g_unichar_tolower (g_unichar_toupper (character)));
      name = g_utf8_next_char (name);
    }
  return g_string_free (g_steal_pointer (&folded), FALSE);
}

/* Whether @pattern's node is @node (a path that may be cut short here). */
static gboolean
node_fits (const MoorPattern *pattern, const char *glob, const char *node)
{
  g_autofree char *below = NULL;

  if (moor_glob_fits (glob, node))
    return TRUE;
  if (!pattern->subtree)
    return FALSE;
  below = g_strconcat (glob, "/*", NULL);
  return moor_glob_fits (below, node);
}

/* @node and @leaf are those of @pattern, and @path an object's, all of them folded if case does
 * not count. */
static gboolean
matches (const MoorPattern *pattern,
         const char *node,
         const char *leaf,
         const char *path,
         gboolean is_node)
{
  const char *slash = strrchr (path, '/');
  g_autofree char *directory = NULL;

  if (is_node)
    return (leaf == NULL || g_str_equal (leaf, "*")) && node_fits (pattern, node, path);
  if (leaf == NULL || slash == NULL || !moor_glob_fits (leaf, slash + 1))
    return FALSE;
  directory = g_strndup (path, (gsize) (slash - path));
  return node_fits (pattern, node, directory);
}

/**
 * moor_pattern_matches:
 * @style: how paths of the system look
 * @path: (type filename): an object's canonical path; "" or "/" for the top
 * @is_node: whether it is a directory or key
 *
 * A pattern with a leaf is about what is not a directory; with the leaf `*` also about the
 * directories that hold it.  Any thread.
 *
 * Returns: whether the object fits @pattern
 */
gboolean
moor_pattern_matches (const MoorPattern *pattern,
                      MoorPathStyle style,
                      const char *path,
                      gboolean is_node)
{
  g_autofree char *node = NULL;
  g_autofree char *leaf = NULL;
  g_autofree char *folded = NULL;

  g_return_val_if_fail (pattern != NULL, FALSE);
  g_return_val_if_fail (path != NULL, FALSE);

  if (g_str_equal (path, "/"))
    path = "";
  if (style != MOOR_PATHS_WINDOWS)
    return matches (pattern, pattern->node, pattern->leaf, path, is_node);
  node = moor_pattern_fold (pattern->node);
  leaf = pattern->leaf != NULL ? moor_pattern_fold (pattern->leaf) : NULL;
  folded = moor_pattern_fold (path);
  return matches (pattern, node, leaf, folded, is_node);
}

static guint64
count_literals (const char *text)
{
  guint64 n = 0;

  for (; *text != '\0'; text++)
    n += *text != '*';
  return n;
}

/* What a leaf weighs: 2 bits for its kind, 15 for its literal characters. */
static guint64
rank_leaf (const char *leaf)
{
  if (leaf == NULL || strchr (leaf, '*') == NULL)
    return 3u << 15;
  if (g_str_equal (leaf, "*"))
    return 1u << 15;
  return (2u << 15) + count_literals (leaf);
}

/**
 * moor_pattern_rank:
 *
 * Returns: how specific @pattern is, as a number of %MOOR_RANK_BITS bits: the node before the
 *   leaf; a whole path before one with stars; of these the longer start, then the more literal
 *   characters; a whole leaf (or none) before one with stars, `*` last.  Any thread.
 */
guint64
moor_pattern_rank (const MoorPattern *pattern)
{
  guint64 length = strlen (pattern->node);
  guint64 prefix = strcspn (pattern->node, "*");
  guint64 literals = count_literals (pattern->node) + (pattern->subtree ? 1 : 0);
  guint64 exact = prefix == length && !pattern->subtree;

  if (prefix == length && pattern->subtree)
    prefix++;
  return exact << 47 | prefix << 32 | literals << 17 | rank_leaf (pattern->leaf);
}

/**
 * moor_pattern_compare:
 * @a: @b: patterns that match the same object
 *
 * Returns: more than 0 if @a is more specific than @b, less if it is less so, 0 if neither.
 *   Any thread.
 */
int
moor_pattern_compare (const MoorPattern *a, const MoorPattern *b)
{
  guint64 rank_a = moor_pattern_rank (a);
  guint64 rank_b = moor_pattern_rank (b);

  return (rank_a > rank_b) - (rank_a < rank_b);
}
