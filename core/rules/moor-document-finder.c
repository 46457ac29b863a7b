/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-evaluate-private.h"

#include <string.h>

#include "moor-error.h"
#include "moor-text.h"
#include "moor-variables-private.h"

/* The document finder: where documents are, on a system of which nobody says so.
 *
 * For a person these are the known folders, and the files and folders at the top of the home; for
 * the system the shared folders, and the files and folders at the top of every fixed drive.
 * What programs keep there for themselves is left out: the hidden ones of Linux, application
 * data of Windows, and the system's own folders.
 *
 * Patterns name the folders that there are, as USMT's do, so that a general exclude does not
 * win against them.  A name that cannot be written in a pattern has `*` in those places. */

#define UNWRITABLE "*%^|"

/* Names at the top of "/" that belong to the system; */
static const char *const linux_system_folders[] = {
  "bin",   "boot",   "cdrom",      "dev",   "efi",     "etc",  "gnu", "home",   "lib",  "lib32",
  "lib64", "libx32", "lost+found", "media", "mnt",     "nix",  "opt", "ostree", "proc", "root",
  "run",   "sbin",   "snap",       "sys",   "sysroot", "swap", "tmp", "usr",    "var"
};
static const char *const linux_system_files[] = { ".*",       "initrd*",  "initramfs*",
                                                  "swapfile", "swap.img", "vmlinuz*" };
static const char *const windows_system_folders[] = {
  "$*",       "Boot",     "Documents and Settings",   "MSOCache",
  "PerfLogs", "Recovery", "System Volume Information"
};
static const char *const windows_system_files[] = { "bootmgr", "BOOTNXT",      "hiberfil.sys",
                                                    "ntldr",   "pagefile.sys", "swapfile.sys" };
static const char *const windows_system_variables[] = {
  "WINDIR",      "PROGRAMFILES",         "PROGRAMFILES(X86)",
  "PROGRAMDATA", "CSIDL_COMMON_APPDATA", "PROFILESFOLDER"
};
static const char *const windows_profile_folders[] = {
  "AppData",   "Application Data", "Cookies", "Local Settings", "NetHood",
  "PrintHood", "Recent",           "SendTo",  "Start Menu",     "Templates"
};

static const char *const shared_folders[] = {
  "CSIDL_COMMON_DESKTOPDIRECTORY", "CSIDL_COMMON_DOCUMENTS",
  "CSIDL_COMMON_FAVORITES",        "CSIDL_COMMON_MUSIC",
  "CSIDL_COMMON_PICTURES",         "CSIDL_COMMON_VIDEO",
  "FOLDERID_PUBLICDOWNLOADS"
};
static const char *const own_folders[] = {
  "CSIDL_DESKTOPDIRECTORY", "CSIDL_MYDOCUMENTS",   "CSIDL_MYPICTURES",    "CSIDL_MYMUSIC",
  "CSIDL_MYVIDEO",          "CSIDL_FAVORITES",     "CSIDL_QUICKLAUNCH",   "CSIDL_CONTACTS",
  "FOLDERID_CONTACTS",      "FOLDERID_DOWNLOADS",  "FOLDERID_LIBRARIES",  "FOLDERID_ORIGINALIMAGES",
  "FOLDERID_RECORDEDTV",    "FOLDERID_SAVEDGAMES", "XDG_PUBLICSHARE_DIR", "XDG_TEMPLATES_DIR"
};

/* Patterns in order, each once. */
typedef struct
{
  const MoorRuleHost *host;
  GPtrArray *patterns; /* (element-type utf8) (owned) */
  GHashTable *seen;    /* (element-type utf8): a set, not owned */
} Finder;

/* @text with brackets escaped, and `*` for what would be no name in a pattern, or no character in
 * XML. */
static char *
writable (MoorPathStyle style, const char *text)
{
  GString *result = g_string_new (NULL);

  for (const char *p = text; *p != '\0';)
    {
      gunichar c = g_utf8_get_char_validated (p, -1);

      if (c == (gunichar) -1 || c == (gunichar) -2 || c < 0x20 || c == 0x7f || c == 0xfffe
          || c == 0xffff || (c < 0x80 && strchr (UNWRITABLE, (int) c) != NULL)
          || (c == '\\' && style == MOOR_PATHS_LINUX))
        {
          g_string_append_c (result, '*');
          p++;
        }
      else
        {
          if (c == '[' || c == ']')
            g_string_append_c (result, '^');
          g_string_append_unichar (result, c);
          p = g_utf8_next_char (p);
        }
    }
  return g_string_free (result, FALSE);
}

static void
add (Finder *finder, char *pattern)
{
  if (!g_hash_table_add (finder->seen, pattern))
    g_free (pattern);
  else
    g_ptr_array_add (finder->patterns, pattern);
}

static const char *
separator (const Finder *finder)
{
  return finder->host->style == MOOR_PATHS_LINUX ? "/" : "\\";
}

/* Everything in the folder @name (a pattern) of @folder (a path as rules write it). */
static void
add_folder_in (Finder *finder, const char *folder, const char *name)
{
  g_autofree char *top = writable (finder->host->style, folder);
  const char *slash = separator (finder);

  add (finder, g_strconcat (top, slash, name, slash, "* [*]", NULL));
}

/* A name is a pattern: only what comes from the disk is made writable by the caller. */
static void
add_files_in (Finder *finder, const char *folder, const char *name)
{
  g_autofree char *top = writable (finder->host->style, folder);

  add (finder, g_strconcat (top, separator (finder), " [", name, "]", NULL));
}

static void
add_folder (Finder *finder, const char *folder)
{
  g_autofree char *top = writable (finder->host->style, folder);

  add (finder, g_strconcat (top, separator (finder), "* [*]", NULL));
}

static void
add_variables (Finder *finder, GHashTable *variables, const char *const *names, gsize n_names)
{
  for (gsize i = 0; i < n_names; i++)
    {
      const char *folder = g_hash_table_lookup (variables, names[i]);

      if (folder != NULL && folder[0] != '\0')
        add_folder (finder, folder);
    }
}

static gboolean
is_among (MoorPathStyle style, const char *const *patterns, gsize n_patterns, const char *name)
{
  g_autofree char *small = g_ascii_strdown (name, -1);

  for (gsize i = 0; i < n_patterns; i++)
    {
      g_autofree char *pattern = g_ascii_strdown (patterns[i], -1);

      if (style == MOOR_PATHS_LINUX ? moor_name_matches (patterns[i], name)
                                    : moor_name_matches (pattern, small))
        return TRUE;
    }
  return FALSE;
}

/* Drives speak for themselves. */
static gboolean
is_drive (const Finder *finder, const char *path, const char *name)
{
  g_autofree char *full = g_strconcat (path, "/", name, NULL);

  for (guint i = 0; i < finder->host->drives->len; i++)
    {
      const MoorRuleDrive *drive = g_ptr_array_index (finder->host->drives, i);

      if (g_str_equal (drive->path, full))
        return TRUE;
    }
  return FALSE;
}

/* The folders at the top of a home or a drive, but those among @others, or hidden. */
static void
add_listed (Finder *finder, const char *path, const char *const *others, gsize n_others)
{
  const MoorPathStyle style = finder->host->style;
  g_autoptr(GPtrArray) dirs = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *folder = moor_path_to_text (style, path);

  (void) moor_look_list (finder->host, path, dirs, files);
  for (guint i = 0; i < dirs->len; i++)
    {
      const char *name = g_ptr_array_index (dirs, i);
      g_autofree char *pattern = writable (style, name);

      if (!is_among (style, others, n_others, name) && !is_drive (finder, path, name)
          && (style == MOOR_PATHS_WINDOWS || name[0] != '.'))
        add_folder_in (finder, folder, pattern);
    }
}

static void
find_for_user (Finder *finder, const MoorRuleUser *user)
{
  g_autofree char *folder = moor_path_to_text (finder->host->style, user->home);
  const gboolean on_linux = finder->host->style == MOOR_PATHS_LINUX;

  add_variables (finder, user->variables, own_folders, G_N_ELEMENTS (own_folders));
  add_files_in (finder, folder, "*");
  add_listed (finder, user->home, windows_profile_folders,
              on_linux ? 0 : G_N_ELEMENTS (windows_profile_folders));
}

static void
leave_out_for_user (Finder *finder, const MoorRuleUser *user)
{
  g_autofree char *folder = moor_path_to_text (finder->host->style, user->home);

  if (finder->host->style == MOOR_PATHS_LINUX)
    {
      add_files_in (finder, folder, ".*");
      add_folder_in (finder, folder, ".*");
      return;
    }
  add_files_in (finder, folder, "ntuser*");
  for (gsize i = 0; i < G_N_ELEMENTS (windows_profile_folders); i++)
    add_folder_in (finder, folder, windows_profile_folders[i]);
}

/* A volume that is mounted somewhere below the system's own folders is part of the system. */
static gboolean
is_of_system (const Finder *finder, const MoorRuleDrive *drive)
{
  g_auto(GStrv) names = g_strsplit (drive->path, "/", 3);

  if (finder->host->style == MOOR_PATHS_WINDOWS || drive->path[0] == '\0' || names[1] == NULL
      || g_str_equal (names[1], "mnt") || g_str_equal (names[1], "media"))
    return FALSE;
  return is_among (MOOR_PATHS_LINUX, linux_system_folders, G_N_ELEMENTS (linux_system_folders),
                   names[1]);
}

static gboolean
is_system_drive (const MoorRuleHost *host, const MoorRuleDrive *drive)
{
  const char *name = g_hash_table_lookup (host->variables, "SYSTEMDRIVE");
  g_autofree char *text = moor_path_to_text (host->style, drive->path);

  return host->style == MOOR_PATHS_LINUX ? drive->path[0] == '\0'
                                         : name == NULL || g_ascii_strcasecmp (name, text) == 0;
}

static gboolean
takes_part (const Finder *finder, const MoorRuleDrive *drive, gboolean system_drive_only)
{
  return drive->type == MOOR_DRIVE_FIXED && !is_of_system (finder, drive)
         && (!system_drive_only || is_system_drive (finder->host, drive));
}

/* What Windows keeps below folders of other names than the usual ones. */
static gboolean
is_windows_folder (const MoorRuleHost *host, const char *folder)
{
  for (gsize i = 0; i < G_N_ELEMENTS (windows_system_variables); i++)
    {
      const char *value = g_hash_table_lookup (host->variables, windows_system_variables[i]);

      if (value != NULL && g_ascii_strcasecmp (value, folder) == 0)
        return TRUE;
    }
  return FALSE;
}

static void
find_on_windows_drive (Finder *finder, const MoorRuleDrive *drive)
{
  g_autoptr(GPtrArray) dirs = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *top = moor_path_to_text (MOOR_PATHS_WINDOWS, drive->path);

  (void) moor_look_list (finder->host, drive->path, dirs, files);
  for (guint i = 0; i < dirs->len; i++)
    {
      const char *name = g_ptr_array_index (dirs, i);
      g_autofree char *folder = g_strconcat (top, "\\", name, NULL);

      if (!is_among (MOOR_PATHS_WINDOWS, windows_system_folders,
                     G_N_ELEMENTS (windows_system_folders), name)
          && !is_windows_folder (finder->host, folder))
        add_folder (finder, folder);
    }
}

static void
find_for_system (Finder *finder, gboolean system_drive_only)
{
  add_variables (finder, finder->host->variables, shared_folders, G_N_ELEMENTS (shared_folders));
  for (guint i = 0; i < finder->host->drives->len; i++)
    {
      const MoorRuleDrive *drive = g_ptr_array_index (finder->host->drives, i);
      g_autofree char *top = moor_path_to_text (finder->host->style, drive->path);

      if (!takes_part (finder, drive, system_drive_only))
        continue;
      add_files_in (finder, top, "*");
      if (finder->host->style == MOOR_PATHS_WINDOWS)
        find_on_windows_drive (finder, drive);
      else
        add_listed (finder, drive->path, linux_system_folders, G_N_ELEMENTS (linux_system_folders));
    }
}

static void
leave_out_of_linux_drive (Finder *finder, const char *path)
{
  for (gsize i = 0; i < G_N_ELEMENTS (linux_system_files); i++)
    add_files_in (finder, path, linux_system_files[i]);
  add_folder_in (finder, path, ".*");
  if (path[0] != '\0')
    {
      add_folder_in (finder, path, "lost+found");
      return;
    }
  for (gsize i = 0; i < G_N_ELEMENTS (linux_system_folders); i++)
    add_folder_in (finder, path, linux_system_folders[i]);
}

static void
leave_out_of_windows_drive (Finder *finder, const char *path)
{
  g_autofree char *top = moor_path_to_text (MOOR_PATHS_WINDOWS, path);

  for (gsize i = 0; i < G_N_ELEMENTS (windows_system_files); i++)
    add_files_in (finder, top, windows_system_files[i]);
  for (gsize i = 0; i < G_N_ELEMENTS (windows_system_folders); i++)
    add_folder_in (finder, top, windows_system_folders[i]);
}

static void
leave_out_for_system (Finder *finder, gboolean system_drive_only)
{
  for (guint i = 0; i < finder->host->drives->len; i++)
    {
      const MoorRuleDrive *drive = g_ptr_array_index (finder->host->drives, i);

      if (!takes_part (finder, drive, system_drive_only))
        continue;
      if (finder->host->style == MOOR_PATHS_LINUX)
        leave_out_of_linux_drive (finder, drive->path);
      else
        leave_out_of_windows_drive (finder, drive->path);
    }
  if (finder->host->style == MOOR_PATHS_WINDOWS)
    add_variables (finder, finder->host->variables, windows_system_variables,
                   G_N_ELEMENTS (windows_system_variables));
}

/* The patterns that GenerateDocPatterns makes for a person, or with @user NULL for the system;
 * without @includes those of what is left out. */
GPtrArray *
moor_document_finder_patterns (const MoorRuleHost *host,
                               const MoorRuleUser *user,
                               gboolean includes,
                               gboolean system_drive_only)
{
  g_autoptr(GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  Finder finder = { host, g_ptr_array_new_with_free_func (g_free), seen };

  if (user != NULL && includes)
    find_for_user (&finder, user);
  else if (user != NULL)
    leave_out_for_user (&finder, user);
  else if (includes)
    find_for_system (&finder, system_drive_only);
  else
    leave_out_for_system (&finder, system_drive_only);
  return finder.patterns;
}

/* Adds the patterns of @user with %USERPROFILE% for the home. */
static void
add_portable (const MoorRuleHost *host,
              const MoorRuleUser *user,
              gboolean includes,
              GPtrArray *portable)
{
  g_autoptr(GPtrArray) patterns = moor_document_finder_patterns (host, user, includes, FALSE);
  g_autofree char *home = moor_path_to_text (host->style, user->home);
  g_autofree char *top = writable (host->style, home);

  for (guint i = 0; i < patterns->len; i++)
    {
      const char *pattern = g_ptr_array_index (patterns, i);
      const char *rest = pattern + strlen (top);
      char *text = g_str_has_prefix (pattern, top) && strchr ("/\\ ", rest[0]) != NULL
                       ? g_strconcat ("%USERPROFILE%", rest, NULL)
                       : g_strdup (pattern);

      if (g_ptr_array_find_with_equal_func (portable, text, g_str_equal, NULL))
        g_free (text);
      else
        g_ptr_array_add (portable, text);
    }
}

static GPtrArray *
patterns_to_write (const MoorRuleHost *host, MoorContext context, gboolean includes)
{
  GPtrArray *portable;

  if (context == MOOR_CONTEXT_SYSTEM)
    return moor_document_finder_patterns (host, NULL, includes, FALSE);
  portable = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < host->users->len; i++)
    add_portable (host, g_ptr_array_index (host->users, i), includes, portable);
  return portable;
}

static void
write_rule (GString *xml, const char *element, const GPtrArray *patterns)
{
  if (patterns->len == 0)
    return;
  g_string_append_printf (xml, "        <%s>\n          <objectSet>\n", element);
  for (guint i = 0; i < patterns->len; i++)
    {
      g_autofree char *text = g_markup_escape_text (g_ptr_array_index (patterns, i), -1);

      g_string_append_printf (xml, "            <pattern type=\"File\">%s</pattern>\n", text);
    }
  g_string_append_printf (xml, "          </objectSet>\n        </%s>\n", element);
}

static gboolean
write_component (GString *xml, const MoorRuleHost *host, MoorContext context)
{
  g_autoptr(GPtrArray) includes = patterns_to_write (host, context, TRUE);
  g_autoptr(GPtrArray) excludes = patterns_to_write (host, context, FALSE);
  const char *name = context == MOOR_CONTEXT_USER ? "User" : "System";

  if (includes->len == 0)
    return FALSE;
  g_string_append_printf (xml,
                          "  <component type=\"Documents\" context=\"%s\">\n"
                          "    <displayName>MigDoc%s</displayName>\n"
                          "    <role role=\"Data\">\n      <rules context=\"%s\">\n",
                          name, name, name);
  write_rule (xml, "include", includes);
  write_rule (xml, "exclude", excludes);
  g_string_append (xml, "      </rules>\n    </role>\n  </component>\n");
  return TRUE;
}

/**
 * moor_document_finder_write:
 * @host: the system to look at
 *
 * Makes a MigXML file of the patterns that the document finder finds on @host: one component
 * for the system, one for people, in which the patterns of all are joined and homes are
 * `%USERPROFILE%`.  Blocks; any thread.
 *
 * Returns: (transfer full): the file; %NULL with %MOOR_ERROR_REFUSED in @error if there is
 *   neither a drive nor a person to look at
 */
GBytes *
moor_document_finder_write (const MoorRuleHost *host, GError **error)
{
  g_autoptr(GString) xml = g_string_new ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                                          "<migration urlid=\"urn:mooring:documents\">\n");
  gboolean any;

  g_return_val_if_fail (host != NULL, NULL);

  any = write_component (xml, host, MOOR_CONTEXT_SYSTEM);
  any |= write_component (xml, host, MOOR_CONTEXT_USER);
  if (!any)
    {
      (void) moor_throw (error, MOOR_ERROR_REFUSED, "there is no place to look for documents at");
      return NULL;
    }
  g_string_append (xml, "</migration>\n");
  return g_string_free_to_bytes (g_steal_pointer (&xml));
}
