/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-target-private.h"

#include <string.h>

#include "moor-error.h"
#include "moor-text.h"

/*
 * What locationModify's three functions mean for a path.  Their arguments are
 * places as the file has them; what a person's own variables stand for may not
 * lead out of that person's home, because the person decides what they say.
 */

static const MoorRuleUser *
user_of (const MoorRuleItem *item, const MoorRuleHost *host)
{
  return item->user >= 0 ? g_ptr_array_index (host->users, (guint) item->user) : NULL;
}

/* A path that leads nowhere else than it says. */
static gboolean
is_plain (const char *path)
{
  g_auto(GStrv) names = g_strsplit (path, "/", -1);

  for (char **name = names; *name != NULL; name++)
    {
      if ((*name)[0] == '\0' ? name != names : !moor_name_is_valid (*name))
        return FALSE;
    }
  return strchr (path, '*') == NULL;
}

/* A place as a file has it: a folder, or a folder and a name in brackets. */
static MoorPattern *
parse_place (const MoorRuleHost *host, const char *text, GError **error)
{
  g_autoptr(MoorPattern) place = moor_pattern_parse (MOOR_PATTERN_FILE, text, host->style,
                                                      host->drive_map, error);

  if (place == NULL)
    return NULL;
  if (!place->subtree && is_plain (place->node)
      && (place->leaf == NULL
          || (moor_name_is_valid (place->leaf) && strchr (place->leaf, '*') == NULL)))
    return g_steal_pointer (&place);
  moor_throw (error, MOOR_ERROR_USAGE, "“%s” is no place for files", text);
  return NULL;
}

static MoorPattern *
read_place (const MoorRuleItem *item, const MoorRuleHost *host, guint arg, GError **error)
{
  const char *text = moor_call_arg (item->call, arg);

  if (text != NULL)
    return parse_place (host, text, error);
  moor_throw (error, MOOR_ERROR_USAGE, "it does not say where to");
  return NULL;
}

/* The folder that a variable stands for, canonical; NULL if it is none. */
static char *
folder_of_value (const MoorRuleHost *host, const char *value)
{
  g_autoptr(MoorPattern) pattern = NULL;

  if (host->style == MOOR_PATHS_LINUX)
    return value[0] == '/' && value[1] != '\0' ? g_strdup (value) : NULL;
  pattern = moor_pattern_parse (MOOR_PATTERN_FILE, value, host->style, NULL, NULL);
  return pattern != NULL && pattern->leaf == NULL ? g_steal_pointer (&pattern->node) : NULL;
}

/**
 * moor_path_below:
 * @path: (type filename): canonical
 * @top: (type filename): canonical; "" is the top of everything
 *
 * Any thread.
 *
 * Returns: (nullable): where in @path what is below @top begins, with its slash; ""
 *   for @top itself; %NULL if @path is elsewhere
 */
const char *
moor_path_below (MoorPathStyle style, const char *path, const char *top)
{
  const gsize n_bytes = strlen (top);
  g_autofree char *folded_path = NULL;
  g_autofree char *folded_top = NULL;

  if (style != MOOR_PATHS_WINDOWS)
    return strncmp (path, top, n_bytes) == 0 && (path[n_bytes] == '\0' || path[n_bytes] == '/')
               ? path + n_bytes
               : NULL;
  /* Folding keeps the number of components, not that of bytes. */
  folded_path = moor_pattern_fold (path);
  folded_top = moor_pattern_fold (top);
  if (moor_path_below (MOOR_PATHS_LINUX, folded_path, folded_top) == NULL)
    return NULL;
  for (const char *at = top; (at = strchr (at, '/')) != NULL; at++)
    path = strchr (path, '/') + 1;
  if (*top == '\0')
    return path;
  return strchr (path, '/') != NULL ? strchr (path, '/') : path + strlen (path);
}

/* What a person may say of the own folders does not reach beyond the own home. */
static gboolean
check_reach (const MoorRuleItem *item, const MoorRuleHost *host, const char *target, GError **error)
{
  const MoorRuleUser *user = user_of (item, host);
  GHashTableIter iter;
  gpointer name;
  gpointer value;

  if (user == NULL || moor_path_below (host->style, target, user->home) != NULL)
    return TRUE;
  g_hash_table_iter_init (&iter, user->variables);
  while (g_hash_table_iter_next (&iter, &name, &value))
    {
      const char *systems = g_hash_table_lookup (host->variables, name);
      g_autofree char *folder = folder_of_value (host, value);

      if (folder != NULL && g_strcmp0 (systems, value) != 0
          && moor_path_below (host->style, folder, user->home) == NULL
          && moor_path_below (host->style, target, folder) != NULL)
        return moor_throw (error, MOOR_ERROR_USAGE,
                           "“%s” of %s is outside of the home: nothing is moved there for them",
                           (const char *) name, user->name);
    }
  return TRUE;
}

/* A drive that the destination does not have: the system's takes its files. */
static void
replace_absent_drive (const MoorRuleHost *host, char **path)
{
  const char *drive = g_hash_table_lookup (host->variables, "SYSTEMDRIVE");
  g_autofree char *system = drive != NULL ? folder_of_value (host, drive) : NULL;
  const char *rest;
  char *replaced;

  if (host->style != MOOR_PATHS_WINDOWS || host->drives->len == 0 || system == NULL)
    return;
  for (guint i = 0; i < host->drives->len; i++)
    {
      if (moor_path_below (host->style, *path,
                           ((MoorRuleDrive *) g_ptr_array_index (host->drives, i))->path)
          != NULL)
        return;
    }
  rest = strchr (*path + 1, '/');
  replaced = g_strconcat (system, rest != NULL ? rest : "", NULL);
  g_free (*path);
  *path = replaced;
}

/**
 * moor_move_new:
 * @item: a %MOOR_RULE_LOCATION_MODIFY
 *
 * Blocks not; any thread.
 *
 * Returns: (transfer full): what it says; %NULL with %MOOR_ERROR_USAGE when it can
 *   mean nothing here
 */
MoorMove *
moor_move_new (const MoorRuleItem *item, const MoorRuleHost *host, GError **error)
{
  g_autoptr(MoorMove) move = g_new0 (MoorMove, 1);
  g_autoptr(MoorPattern) source = NULL;
  g_autoptr(MoorPattern) target = NULL;
  gboolean is_relative;

  if (item->call == NULL || moor_helper_kind (item->call->helper) != MOOR_CALL_LOCATION)
    {
      moor_throw (error, MOOR_ERROR_USAGE, "it calls nothing that moves files");
      return NULL;
    }
  move->helper = item->call->helper;
  is_relative = move->helper == MOOR_HELPER_RELATIVE_MOVE;
  if (is_relative && (source = read_place (item, host, 0, error)) == NULL)
    return NULL;
  target = read_place (item, host, is_relative ? 1 : 0, error);
  if (target == NULL)
    return NULL;
  replace_absent_drive (host, &target->node);
  if (!check_reach (item, host, target->node, error))
    return NULL;
  if (source != NULL)
    move->source = g_steal_pointer (&source->node);
  move->target = g_steal_pointer (&target->node);
  if (move->helper == MOOR_HELPER_EXACT_MOVE)
    move->leaf = g_steal_pointer (&target->leaf);
  return g_steal_pointer (&move);
}

/**
 * moor_move_free:
 * @move: (nullable) (transfer full): any thread
 */
void
moor_move_free (MoorMove *move)
{
  if (move == NULL)
    return;
  g_free (move->source);
  g_free (move->target);
  g_free (move->leaf);
  g_free (move);
}

static char *
fold (MoorPathStyle style, const char *path)
{
  return style == MOOR_PATHS_WINDOWS ? moor_pattern_fold (path) : g_strdup (path);
}

/* Which variables are folders of the shell, and not of the system. */
static gboolean
is_folder_variable (const char *name)
{
  static const char *const prefixes[] = { "CSIDL_", "FOLDERID_", "XDG_", "USERPROFILE", "HOME" };

  for (guint i = 0; i < G_N_ELEMENTS (prefixes); i++)
    {
      if (g_str_has_prefix (name, prefixes[i]))
        return TRUE;
    }
  return FALSE;
}

static void
add_folders (MoorFolders *folders, const MoorRuleHost *host, GHashTable *variables)
{
  GHashTableIter iter;
  gpointer name;
  gpointer value;

  g_hash_table_iter_init (&iter, variables);
  while (g_hash_table_iter_next (&iter, &name, &value))
    {
      g_autofree char *folder = is_folder_variable (name) ? folder_of_value (host, value) : NULL;

      if (folder != NULL)
        g_hash_table_add (folders->folders, fold (folders->style, folder));
    }
}

/**
 * moor_folders_new:
 *
 * Returns: (transfer full): the folders and drives of @host's source
 */
MoorFolders *
moor_folders_new (const MoorRuleHost *host)
{
  MoorFolders *folders = g_new0 (MoorFolders, 1);
  GHashTableIter iter;
  gpointer path;

  folders->style = host->style;
  folders->folders = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  folders->drives = g_ptr_array_new_with_free_func (g_free);
  add_folders (folders, host,
               host->source_variables != NULL ? host->source_variables : host->variables);
  for (guint i = 0; i < host->users->len; i++)
    {
      const MoorRuleUser *user = g_ptr_array_index (host->users, i);

      add_folders (folders, host,
                   user->source_variables != NULL ? user->source_variables : user->variables);
    }
  for (guint i = 0; i < host->drives->len; i++)
    g_ptr_array_add (folders->drives,
                     g_strdup (((MoorRuleDrive *) g_ptr_array_index (host->drives, i))->path));
  if (host->drive_map == NULL)
    return folders;
  g_hash_table_iter_init (&iter, host->drive_map);
  while (g_hash_table_iter_next (&iter, NULL, &path))
    g_ptr_array_add (folders->drives, g_strdup (path));
  return folders;
}

/**
 * moor_folders_free:
 * @folders: (nullable) (transfer full): any thread
 */
void
moor_folders_free (MoorFolders *folders)
{
  if (folders == NULL)
    return;
  g_hash_table_unref (folders->folders);
  g_ptr_array_unref (folders->drives);
  g_free (folders);
}

/* What is left of @path below the deepest folder of a variable; %NULL if it is in none. */
static const char *
below_folder (const MoorFolders *folders, const char *path)
{
  g_autofree char *top = fold (folders->style, path);
  guint n_up = 0;
  const char *rest = path + strlen (path);
  char *slash;

  while (!g_hash_table_contains (folders->folders, top))
    {
      slash = strrchr (top, '/');
      if (slash == NULL || slash == top)
        return NULL;
      *slash = '\0';
      n_up++;
    }
  for (; n_up > 0; n_up--)
    {
      do
        rest--;
      while (*rest != '/');
    }
  return rest;
}

/* What is left of @path without its drive. */
static const char *
below_drive (const MoorFolders *folders, const char *path)
{
  const char *shortest = path;

  if (folders->style == MOOR_PATHS_WINDOWS)
    {
      shortest = strchr (path + 1, '/');
      return shortest != NULL ? shortest : "";
    }
  for (guint i = 0; i < folders->drives->len; i++)
    {
      const char *drive = g_ptr_array_index (folders->drives, i);
      const char *rest = strlen (drive) > 1 ? moor_path_below (folders->style, path, drive) : NULL;

      if (rest != NULL && strlen (rest) < strlen (shortest))
        shortest = rest;
    }
  return shortest;
}

/**
 * moor_move_apply:
 * @path: (type filename): at the source, canonical
 * @is_node: it is a directory
 * @out_path: (out): with %MOOR_MOVE_TO where it goes
 *
 * Any thread.
 */
MoorMoved
moor_move_apply (const MoorMove *move,
                 const MoorFolders *folders,
                 const char *path,
                 gboolean is_node,
                 char **out_path)
{
  const char *rest;

  switch ((int) move->helper)
    {
    case MOOR_HELPER_RELATIVE_MOVE:
      rest = moor_path_below (folders->style, path, move->source);
      break;
    case MOOR_HELPER_MOVE:
      rest = below_folder (folders, path);
      if (rest == NULL)
        rest = below_drive (folders, path);
      break;
    default:
      if (is_node)
        return MOOR_MOVE_NOWHERE;
      rest = strrchr (path, '/');
      *out_path = move->leaf != NULL ? g_strconcat (move->target, "/", move->leaf, NULL)
                                     : g_strconcat (move->target, rest, NULL);
      return MOOR_MOVE_TO;
    }
  if (rest == NULL)
    return MOOR_MOVE_NOT;
  *out_path = g_strconcat (move->target, rest, NULL);
  return MOOR_MOVE_TO;
}
