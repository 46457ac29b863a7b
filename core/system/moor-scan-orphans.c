/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-scan-private.h"

#include <string.h>

#include "moor-error.h"
#include "moor-text.h"

/* Homes that no account of a system names: of LDAP's people, or left over. */

#define STORE_MARKER "MOORING"

/* A store belongs to root (or to who has the whole system): a marker that a person put
 * into the own home hides nothing. */
static gboolean
is_store (const MoorScan *scan, int dfd, const struct stat *dir)
{
  struct stat st;

  return (dir->st_uid == 0 || dir->st_uid == scan->system->owner) && (dir->st_mode & 0077) == 0
         && fstatat (dfd, STORE_MARKER, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG (st.st_mode);
}

/* Profiles are told apart by name, and a left over home may have that of an account. */
static char *
unused_name (MoorScan *scan, const char *name)
{
  char *unused = moor_text_path (name);
  guint n = GPOINTER_TO_UINT (g_hash_table_lookup (scan->n_namesakes, name));

  while (g_hash_table_contains (scan->names, unused)
         || g_hash_table_contains (scan->accounts, unused))
    {
      n++;
      g_free (unused);
      unused = g_strdup_printf ("%s~%u", name, n + 1);
    }
  if (n > 0)
    g_hash_table_replace (scan->n_namesakes, g_strdup (name), GUINT_TO_POINTER (n));
  return unused;
}

static void
describe_orphan (MoorScan *scan, MoorProfile *profile)
{
  const MoorPasswd *owner = g_hash_table_lookup (scan->owners, GUINT_TO_POINTER (profile->uid));

  if (owner == NULL)
    moor_scan_set_problem (
        profile, MOOR_PROFILE_NO_ACCOUNT,
        "The owner of “%s”, number %u, has no account on this system: it may come from a "
        "directory service, or be left over",
        profile->home, profile->uid);
  else
    moor_scan_set_problem (profile, MOOR_PROFILE_NO_ACCOUNT,
                           "No account has its home in “%s”; it belongs to %s", profile->home,
                           owner->name);
  profile->selected_by_default = TRUE;
  if (g_strcmp0 (profile->encrypted, "homed") == 0)
    {
      moor_scan_set_problem (
          profile, MOOR_PROFILE_NO_ACCOUNT,
          "systemd-homed keeps the account and the owner's numbers inside “%s”; move this "
          "person with homectl",
          profile->home);
    }
}

static void
add_orphan (MoorScan *scan,
            const char *path,
            const char *name,
            int dfd,
            int parent_fd,
            const struct stat *st)
{
  g_autoptr(MoorVolume) volume = moor_volume_for_fd (dfd, NULL);
  MoorProfile *profile = moor_profile_new ();

  profile->name = unused_name (scan, name);
  profile->uid = st->st_uid;
  profile->gid = st->st_gid;
  profile->home = g_strdup (path);
  profile->canonical_home = g_strdup (path);
  profile->shell = g_strdup ("");
  profile->volume_name = volume != NULL ? g_strdup (volume->name) : NULL;
  moor_look_at (&scan->look, profile, dfd, parent_fd);
  describe_orphan (scan, profile);
  moor_scan_add (scan, profile);
}

/* An image that systemd-homed keeps a home in: a file, so there is nothing to link. */
static void
add_homed_image (MoorScan *scan, const char *path, const char *name, const struct stat *st)
{
  g_autofree char *login = g_strndup (name, strlen (name) - strlen (".home"));
  MoorProfile *profile = moor_profile_new ();

  profile->name = unused_name (scan, login);
  profile->uid = st->st_uid;
  profile->gid = st->st_gid;
  profile->home = g_strdup (path);
  profile->shell = g_strdup ("");
  profile->encrypted = g_strdup ("homed");
  moor_scan_set_problem (
      profile, MOOR_PROFILE_UNREADABLE,
      "“%s” is an encrypted image of systemd-homed; move this person with homectl", path);
  moor_scan_add (scan, profile);
}

/* What may be somebody's home and cannot be looked at is told about. */
static void
note_unseen (MoorScan *scan, const char *path, const GError *error)
{
  MoorCause cause = MOOR_CAUSE_PERMISSION;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    return;
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_MOUNTED))
    cause = MOOR_CAUSE_VOLUME_MISSING;
  g_ptr_array_add (scan->system->problems,
                   moor_issue_new (MOOR_SEVERITY_WARNING, cause, path, NULL, 0, error->message));
}

static void
visit_entry (MoorScan *scan, const char *dir, int dir_fd, const char *name)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);
  g_auto(MoorSpot) spot = MOOR_SPOT_INIT;
  g_autoptr(GError) error = NULL;
  struct stat st;

  if (g_hash_table_contains (scan->known, path))
    return;
  if (fstatat (dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
    {
      (void) moor_throw_errno (&error, errno, "looking at it");
      note_unseen (scan, path, error);
      return;
    }
  if (S_ISLNK (st.st_mode))
    return;
  if (S_ISREG (st.st_mode) && g_str_has_suffix (name, ".home"))
    {
      add_homed_image (scan, path, name, &st);
      return;
    }
  if (!S_ISDIR (st.st_mode) || strcmp (name, "lost+found") == 0)
    return;

  /* By path once more, because the system may mount something there. */
  if (!moor_system_resolve (scan->system, path, &spot, &error))
    {
      note_unseen (scan, path, error);
      return;
    }
  if (spot.fd < 0 || fstat (spot.fd, &st) < 0 || !S_ISDIR (st.st_mode)
      || is_store (scan, spot.fd, &st))
    return;
  add_orphan (scan, path, name, spot.fd, spot.parent_fd, &st);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static void
add_orphans_of (MoorScan *scan, const char *dir)
{
  g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(GError) error = NULL;
  g_autoptr(DIR) stream = NULL;
  const struct dirent *entry;
  int fd = moor_system_open_dir (scan->system, dir, &error);

  if (fd < 0 || (stream = fdopendir (fd)) == NULL)
    {
      g_ptr_array_add (scan->system->problems,
                       moor_issue_new (MOOR_SEVERITY_WARNING, MOOR_CAUSE_PERMISSION, dir, NULL, 0,
                                       error != NULL ? error->message : "it cannot be listed"));
      return;
    }
  while ((entry = readdir (stream)) != NULL)
    {
      if (moor_name_is_valid (entry->d_name))
        g_ptr_array_add (names, g_strdup (entry->d_name));
    }
  g_ptr_array_sort (names, compare_names);
  for (guint i = 0; i < names->len; i++)
    visit_entry (scan, dir, dirfd (stream), g_ptr_array_index (names, i));
}

/**
 * moor_scan_add_orphans:
 * @scan: with all accounts, and all directories that hold homes
 *
 * Adds the homes that no account names; what cannot be looked at becomes a problem of
 * the system.  Blocks.
 */
void
moor_scan_add_orphans (MoorScan *scan)
{
  g_autoptr(GList) dirs = g_list_sort (g_hash_table_get_keys (scan->homes_dirs),
                                        (GCompareFunc) strcmp);

  for (const GList *at = dirs; at != NULL; at = at->next)
    add_orphans_of (scan, at->data);
}
