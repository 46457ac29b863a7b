/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-variables-private.h"

#include <string.h>

/* Variables of the rule language: what a Linux system calls the places that Windows' names
 * mean, and how %NAME% becomes its value.
 *
 * Settings are ~/.config and data are ~/.local/share, as programs that run on both systems have
 * it; what Windows keeps for everybody below C:\Users\Public is below /srv/public.  A name that
 * no Linux rule could mean (the Windows folder, Program Files) has no value: a pattern that
 * needs it means nothing here and is counted. */

#define PUBLIC "/srv/public"
#define SKEL "/etc/skel"

typedef struct
{
  const char *name;
  const char *value;
} Variable;

static const Variable system_variables[] = {
  { "SYSTEMDRIVE", "" },
  { "PROFILESFOLDER", "/home" },
  { "SYSTEMPROFILE", "/root" },
  { "ALLUSERSPROFILE", PUBLIC },
  { "PUBLIC", PUBLIC },
  { "ALLUSERSAPPDATA", "/usr/local/share" },
  { "CSIDL_COMMON_APPDATA", "/usr/local/share" },
  { "PROGRAMDATA", "/usr/local/share" },
  { "CSIDL_COMMON_DESKTOPDIRECTORY", PUBLIC "/Desktop" },
  { "CSIDL_COMMON_DOCUMENTS", PUBLIC "/Documents" },
  { "CSIDL_COMMON_FAVORITES", PUBLIC "/Favorites" },
  { "CSIDL_COMMON_MUSIC", PUBLIC "/Music" },
  { "CSIDL_COMMON_PICTURES", PUBLIC "/Pictures" },
  { "CSIDL_COMMON_VIDEO", PUBLIC "/Videos" },
  { "FOLDERID_PUBLICDOWNLOADS", PUBLIC "/Downloads" },
  { "CSIDL_COMMON_STARTMENU", "/usr/local/share/applications" },
  { "CSIDL_COMMON_PROGRAMS", "/usr/local/share/applications" },
  { "CSIDL_COMMON_STARTUP", "/etc/xdg/autostart" },
  { "CSIDL_FONTS", "/usr/local/share/fonts" },
  { "DEFAULTUSERPROFILE", SKEL },
  { "CSIDL_DEFAULT_APPDATA", SKEL "/.config" },
  { "CSIDL_DEFAULT_LOCAL_APPDATA", SKEL "/.local/share" },
  { "CSIDL_DEFAULT_DESKTOP", SKEL "/Desktop" },
  { "CSIDL_DEFAULT_DOWNLOADS", SKEL "/Downloads" },
  { "CSIDL_DEFAULT_MYDOCUMENTS", SKEL "/Documents" },
  { "CSIDL_DEFAULT_PERSONAL", SKEL "/Documents" },
  { "CSIDL_DEFAULT_MYMUSIC", SKEL "/Music" },
  { "CSIDL_DEFAULT_MYPICTURES", SKEL "/Pictures" },
  { "CSIDL_DEFAULT_MYVIDEO", SKEL "/Videos" },
  { "CSIDL_DEFAULT_TEMPLATES", SKEL "/Templates" },
  { "CSIDL_DEFAULT_STARTUP", SKEL "/.config/autostart" },
};

/* Relative to the home. */
static const Variable user_variables[] = {
  { "USERPROFILE", "" },
  { "CSIDL_PROFILE", "" },
  { "HOME", "" },
  { "HOMEPATH", "" },
  { "APPDATA", ".config" },
  { "CSIDL_APPDATA", ".config" },
  { "XDG_CONFIG_HOME", ".config" },
  { "LOCALAPPDATA", ".local/share" },
  { "CSIDL_LOCAL_APPDATA", ".local/share" },
  { "XDG_DATA_HOME", ".local/share" },
  { "XDG_STATE_HOME", ".local/state" },
  { "XDG_CACHE_HOME", ".cache" },
  { "CSIDL_INTERNET_CACHE", ".cache" },
  { "TEMP", ".cache" },
  { "TMP", ".cache" },
  { "CSIDL_FAVORITES", "Favorites" },
  { "CSIDL_CONTACTS", "Contacts" },
  { "FOLDERID_CONTACTS", "Contacts" },
  { "CSIDL_STARTMENU", ".local/share/applications" },
  { "CSIDL_PROGRAMS", ".local/share/applications" },
  { "CSIDL_STARTUP", ".config/autostart" },
  { "CSIDL_RECENT", ".local/share/RecentDocuments" },
};

/* The folders that people choose themselves, with what they are called where nobody asked. */
static const struct
{
  const char *xdg_name;
  const char *folder;
  const char *names[4];
} chosen_folders[] = {
  { "XDG_DESKTOP_DIR", "Desktop", { "CSIDL_DESKTOPDIRECTORY", "CSIDL_DESKTOP" } },
  { "XDG_DOCUMENTS_DIR", "Documents", { "CSIDL_PERSONAL", "CSIDL_MYDOCUMENTS" } },
  { "XDG_DOWNLOAD_DIR", "Downloads", { "CSIDL_DOWNLOADS", "FOLDERID_DOWNLOADS" } },
  { "XDG_MUSIC_DIR", "Music", { "CSIDL_MYMUSIC" } },
  { "XDG_PICTURES_DIR", "Pictures", { "CSIDL_MYPICTURES" } },
  { "XDG_PUBLICSHARE_DIR", "Public", { NULL } },
  { "XDG_TEMPLATES_DIR", "Templates", { "CSIDL_TEMPLATES" } },
  { "XDG_VIDEOS_DIR", "Videos", { "CSIDL_MYVIDEO" } },
};

/* Windows has them, and no Linux rule could mean them. */
static const char *const names_of_windows[] = {
  "COMMONPROGRAMFILES",
  "COMMONPROGRAMFILES(X86)",
  "COMPUTERNAME",
  "PROGRAMFILES",
  "PROGRAMFILES(X86)",
  "PROGRAMW6432",
  "SYSTEM",
  "SYSTEM16",
  "SYSTEM32",
  "SYSTEMROOT",
  "USERDOMAIN",
  "USERSID",
  "WINDIR",
};

/**
 * moor_rule_xdg_name:
 *
 * Returns: (nullable): what XDG calls the folders that people choose themselves, as
 *   "XDG_PICTURES_DIR"; %NULL after the last one.  Any thread.
 */
const char *
moor_rule_xdg_name (guint index)
{
  return index < G_N_ELEMENTS (chosen_folders) ? chosen_folders[index].xdg_name : NULL;
}

/**
 * moor_rule_host_set_linux_variables:
 *
 * Sets the variables that System context has on a Linux system.  Any thread, one at a time.
 */
void
moor_rule_host_set_linux_variables (MoorRuleHost *host)
{
  g_return_if_fail (host != NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (system_variables); i++)
    moor_rule_host_set_variable (host, system_variables[i].name, system_variables[i].value);
}

static char *
below_home (const MoorRuleUser *user, const char *folder)
{
  if (folder[0] == '/')
    return g_strdup (folder);
  return folder[0] != '\0' ? g_strconcat (user->home, "/", folder, NULL) : g_strdup (user->home);
}

/* A person may call a folder anything, and patterns have signs of their own. */
static gboolean
patterns_can_name (const char *folder)
{
  return strpbrk (folder, "\\*?[]^") == NULL;
}

/* "Playlists" are where the music is, if anywhere. */
static void
set_chosen_folder (MoorRuleUser *user, guint index, const char *folder)
{
  g_autofree char *path = below_home (user, folder);

  moor_rule_user_set_variable (user, chosen_folders[index].xdg_name, path);
  for (guint i = 0; chosen_folders[index].names[i] != NULL; i++)
    moor_rule_user_set_variable (user, chosen_folders[index].names[i], path);
  if (strcmp (chosen_folders[index].xdg_name, "XDG_MUSIC_DIR") == 0)
    {
      g_autofree char *playlists = g_strconcat (path, "/Playlists", NULL);

      moor_rule_user_set_variable (user, "CSIDL_PLAYLISTS", playlists);
    }
}

/**
 * moor_rule_user_set_linux_variables:
 * @xdg_folders: (element-type utf8 filename) (nullable): "XDG_PICTURES_DIR" -> path, absolute or
 *   relative to the home; a folder that is not in it, the person does not have, nor one whose
 *   name is something else as part of a pattern.  %NULL: nobody asked, so the folders have their
 *   English names
 *
 * Sets the variables that User context has on a Linux system.  Any thread, one at a time.
 */
void
moor_rule_user_set_linux_variables (MoorRuleUser *user, GHashTable *xdg_folders)
{
  g_return_if_fail (user != NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (user_variables); i++)
    {
      g_autofree char *path = below_home (user, user_variables[i].value);

      moor_rule_user_set_variable (user, user_variables[i].name, path);
    }
  for (guint i = 0; i < G_N_ELEMENTS (chosen_folders); i++)
    {
      const char *folder = chosen_folders[i].folder;

      if (xdg_folders != NULL)
        folder = g_hash_table_lookup (xdg_folders, chosen_folders[i].xdg_name);
      if (folder != NULL && patterns_can_name (folder))
        set_chosen_folder (user, i, folder);
    }
  moor_rule_user_set_variable (user, "HOMEDRIVE", "");
  moor_rule_user_set_variable (user, "USERNAME", user->name);
}

/* How many bytes the name between two percent signs has; 0 if this is none: a file may well be
 * called "100% done". */
static gsize
name_length (const char *text)
{
  gsize n_bytes = strcspn (text, "%/\\[]*|:\"<>?");

  return text[n_bytes] == '%' ? n_bytes : 0;
}

/**
 * moor_variables_expand:
 * @text: with names between percent signs
 * @func: (scope call): what a name stands for
 * @out_missing: (out) (transfer full): a name that stands for nothing, in capitals
 *
 * Puts values in the place of names.  Values are taken as they are, percent signs and all.  Does
 * not block; any thread.
 *
 * Returns: (transfer full) (nullable): %NULL if a name has no value; @out_missing is then set
 */
char *
moor_variables_expand (const char *text,
                       MoorVariableFunc func,
                       gpointer user_data,
                       char **out_missing)
{
  GString *expanded = g_string_new (NULL);

  for (const char *p = text; *p != '\0';)
    {
      gsize n_plain = strcspn (p, "%");
      gsize n_name;

      g_string_append_len (expanded, p, (gssize) n_plain);
      p += n_plain;
      if (*p == '\0')
        break;

      n_name = name_length (p + 1);
      if (n_name > 0)
        {
          g_autofree char *name = g_ascii_strup (p + 1, (gssize) n_name);
          const char *value = func (name, user_data);

          if (value == NULL)
            {
              *out_missing = g_steal_pointer (&name);
              g_string_free (expanded, TRUE);
              return NULL;
            }
          g_string_append (expanded, value);
          p += n_name + 2;
        }
      else
        g_string_append_c (expanded, *p++);
    }
  return g_string_free (expanded, FALSE);
}

/**
 * moor_variable_is_of_windows:
 * @name: in capitals
 *
 * Returns: whether @name is one that Windows gives to rules: where it has no value, its rule is
 *   not mistaken but means nothing.  Any thread.
 */
gboolean
moor_variable_is_of_windows (const char *name)
{
  if (g_str_has_prefix (name, "CSIDL_") || g_str_has_prefix (name, "FOLDERID_"))
    return TRUE;
  for (gsize i = 0; i < G_N_ELEMENTS (names_of_windows); i++)
    {
      if (strcmp (names_of_windows[i], name) == 0)
        return TRUE;
    }
  for (gsize i = 0; i < G_N_ELEMENTS (system_variables); i++)
    {
      if (strcmp (system_variables[i].name, name) == 0)
        return TRUE;
    }
  for (gsize i = 0; i < G_N_ELEMENTS (user_variables); i++)
    {
      if (strcmp (user_variables[i].name, name) == 0)
        return TRUE;
    }
  return FALSE;
}

/**
 * moor_path_to_text:
 * @path: (type filename): canonical
 *
 * Returns: (transfer full) (type filename): @path as rule files write it: "C:\Users" for
 *   "/C:/Users", and as it is on a Linux system.  Any thread.
 */
char *
moor_path_to_text (MoorPathStyle style, const char *path)
{
  if (style == MOOR_PATHS_LINUX)
    return g_strdup (path);
  return g_strdelimit (g_strdup (path[0] == '/' ? path + 1 : path), "/", '\\');
}
