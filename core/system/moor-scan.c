/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-profile-private.h"

#include <string.h>

#include "moor-error.h"
#include "moor-text.h"

/* Whose homes a system holds
 *
 *   1. people: accounts within login.defs' limits that can log in
 *   2. the directories that hold their homes, and /home
 *   3. other accounts whose home is directly in one of those: a locked person, a service
 *   4. what else is in those directories and is nobody's: LDAP, left over
 *   5. root, offered but not selected
 *
 * A home that belongs to two accounts goes with the one that owns it; one inside another
 * goes with the outer one.  Nobody is left out silently: who has a problem is listed
 * with it. */

#define STORE_MARKER "MOORING"

typedef struct
{
  MoorSystem *system;
  MoorLoginDefs defs;
  MoorLook look;
  GPtrArray *passwd;      /* (element-type MoorPasswd) (owned) */
  GPtrArray *profiles;    /* (element-type MoorProfile) (owned) */
  GHashTable *homes_dirs; /* (element-type filename) (owned): directories that hold homes */
} Scan;

static void
scan_clear (Scan *scan)
{
  moor_look_clear (&scan->look);
  g_clear_pointer (&scan->passwd, g_ptr_array_unref);
  g_clear_pointer (&scan->profiles, g_ptr_array_unref);
  g_clear_pointer (&scan->homes_dirs, g_hash_table_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Scan, scan_clear)

static gboolean
is_below (const char *path, const char *dir)
{
  gsize length = strlen (dir);

  return strncmp (path, dir, length) == 0 && path[length] == '/';
}

/* Directories of the system itself, which are nobody's home whatever passwd says. */
static gboolean
is_system_dir (const char *path)
{
  static const char *const exact[] = { "/",    "/home",   "/media",    "/mnt", "/nonexistent",
                                       "/opt", "/srv",    "/var/home", "/tmp", "/var/tmp",
                                       "/var", "/var/lib" };
  static const char *const whole[] = { "/bin",  "/boot", "/dev",  "/etc", "/lib", "/lib64",
                                       "/proc", "/run",  "/sbin", "/sys", "/usr" };

  for (gsize i = 0; i < G_N_ELEMENTS (exact); i++)
    {
      if (strcmp (path, exact[i]) == 0)
        return TRUE;
    }
  for (gsize i = 0; i < G_N_ELEMENTS (whole); i++)
    {
      if (strcmp (path, whole[i]) == 0 || is_below (path, whole[i]))
        return TRUE;
    }
  return FALSE;
}

/* Whether everything in @path is somebody's home if one thing is.  A service may live in
 * /var/lib or /opt without its neighbours being homes. */
static gboolean
may_hold_homes (const char *path)
{
  return strcmp (path, "/home") == 0 || is_below (path, "/home") || strcmp (path, "/var/home") == 0
         || is_below (path, "/var/home")
         || (!is_system_dir (path) && !is_below (path, "/var") && !is_below (path, "/opt")
             && !is_below (path, "/tmp") && strcmp (path, "/root") != 0);
}

static gboolean
can_log_in (const MoorPasswd *entry)
{
  g_autofree char *shell = g_path_get_basename (entry->shell);

  return entry->shell[0] == '\0'
         || (strcmp (shell, "nologin") != 0 && strcmp (shell, "false") != 0
             && strcmp (shell, "sync") != 0);
}

static gboolean
is_person (const Scan *scan, const MoorPasswd *entry)
{
  return entry->uid >= scan->defs.uid_min && entry->uid <= scan->defs.uid_max && can_log_in (entry);
}

/* The first part of the comment field is the name. */
static char *
full_name (const char *gecos)
{
  g_autofree char *name = g_strndup (gecos, strcspn (gecos, ","));
  g_autofree char *valid = g_utf8_make_valid (g_strstrip (name), -1);

  return valid[0] != '\0' ? g_steal_pointer (&valid) : NULL;
}

static void set_problem (MoorProfile *profile, MoorProfileState state, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

static void
set_problem (MoorProfile *profile, MoorProfileState state, const char *format, ...)
{
  va_list args;

  g_free (profile->problem);
  va_start (args, format);
  profile->problem = g_strdup_vprintf (format, args);
  va_end (args);
  profile->state = state;
  profile->selected_by_default = FALSE;
}

static void
set_location_problem (MoorProfile *profile, const GError *error)
{
  g_autofree char *home = moor_text_path (profile->home);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_MOUNTED))
    set_problem (profile, MOOR_PROFILE_VOLUME_MISSING, "%s", error->message);
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    set_problem (profile, MOOR_PROFILE_NO_HOME, "The home folder “%s” does not exist", home);
  else
    set_problem (profile, MOOR_PROFILE_UNREADABLE, "%s", error->message);
}

/* Finds the home that @profile names and what there is to say about it. */
static void
visit_home (Scan *scan, MoorProfile *profile)
{
  g_auto(MoorSpot) spot = MOOR_SPOT_INIT;
  g_autoptr(GError) error = NULL;
  g_autoptr(MoorVolume) volume = NULL;
  struct stat st;

  if (profile->home[0] != '/' || is_system_dir (profile->home))
    {
      set_problem (profile, MOOR_PROFILE_NO_HOME,
                   "The account has no home folder of its own: it names “%s”", profile->home);
      return;
    }
  if (!moor_system_resolve (scan->system, profile->home, &spot, &error))
    {
      set_location_problem (profile, error);
      return;
    }

  profile->canonical_home = g_strdup (spot.canonical);
  if (is_system_dir (spot.canonical))
    set_problem (profile, MOOR_PROFILE_NO_HOME,
                 "The account has no home folder of its own: “%s” is “%s”", profile->home,
                 spot.canonical);
  else if (spot.fd < 0)
    set_problem (profile, MOOR_PROFILE_NO_HOME, "The home folder “%s” does not exist",
                 profile->home);
  else if (fstat (spot.fd, &st) < 0 || !S_ISDIR (st.st_mode))
    set_problem (profile, MOOR_PROFILE_UNREADABLE, "“%s” is not a folder", profile->home);
  if (profile->problem != NULL)
    return;

  volume = moor_volume_for_fd (spot.fd, NULL);
  profile->volume_name = volume != NULL ? g_strdup (volume->name) : NULL;
  moor_look_at (&scan->look, profile, spot.fd, spot.parent_fd);
}

static MoorProfile *
account_profile (Scan *scan, const MoorPasswd *entry)
{
  MoorProfile *profile = moor_profile_new ();

  profile->name = g_strdup (entry->name);
  profile->full_name = full_name (entry->gecos);
  profile->uid = entry->uid;
  profile->gid = entry->gid;
  profile->home = g_strdup (entry->home);
  profile->shell = g_strdup (entry->shell);
  profile->selected_by_default = entry->uid != 0;
  visit_home (scan, profile);
  if (profile->canonical_home == NULL || profile->problem != NULL)
    moor_look_at (&scan->look, profile, -1, -1);
  return profile;
}

static gboolean
has_profile (const Scan *scan, const char *name)
{
  for (guint i = 0; i < scan->profiles->len; i++)
    {
      const MoorProfile *profile = g_ptr_array_index (scan->profiles, i);

      if (strcmp (profile->name, name) == 0)
        return TRUE;
    }
  return FALSE;
}

static void
add_people (Scan *scan)
{
  for (guint i = 0; i < scan->passwd->len; i++)
    {
      const MoorPasswd *entry = g_ptr_array_index (scan->passwd, i);

      if (is_person (scan, entry) && !has_profile (scan, entry->name))
        g_ptr_array_add (scan->profiles, account_profile (scan, entry));
    }
}

/* Whether @path is somebody's own home, or inside one: no folder there is a home that
 * nobody knows of, even if an account names one of them as its home. */
static gboolean
is_in_a_home (const Scan *scan, const char *path)
{
  for (guint i = 0; i < scan->profiles->len; i++)
    {
      const MoorProfile *profile = g_ptr_array_index (scan->profiles, i);
      const char *home = profile->canonical_home;

      if (profile->state == MOOR_PROFILE_READY && home != NULL
          && (strcmp (home, path) == 0 || is_below (path, home)))
        return TRUE;
    }
  return FALSE;
}

static void
add_homes_dir (Scan *scan, const char *home)
{
  g_autofree char *dir = g_path_get_dirname (home);

  if (may_hold_homes (dir) && !g_hash_table_contains (scan->homes_dirs, dir)
      && !is_in_a_home (scan, dir))
    g_hash_table_add (scan->homes_dirs, g_steal_pointer (&dir));
}

/* /home is looked at in any case: there may be nobody but LDAP's people in it. */
static void
find_homes_dirs (Scan *scan)
{
  g_auto(MoorSpot) spot = MOOR_SPOT_INIT;
  g_autoptr(GError) error = NULL;

  for (guint i = 0; i < scan->profiles->len; i++)
    {
      const MoorProfile *profile = g_ptr_array_index (scan->profiles, i);

      if (profile->canonical_home != NULL && !is_system_dir (profile->canonical_home))
        add_homes_dir (scan, profile->canonical_home);
    }

  if (moor_system_resolve (scan->system, "/home", &spot, &error))
    {
      if (spot.fd >= 0)
        g_hash_table_add (scan->homes_dirs, g_strdup (spot.canonical));
    }
  else
    g_ptr_array_add (scan->system->problems,
                     moor_issue_new (MOOR_SEVERITY_WARNING,
                                     g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_MOUNTED)
                                         ? MOOR_CAUSE_VOLUME_MISSING
                                         : MOOR_CAUSE_OTHER,
                                     "/home", NULL, 0, error->message));
}

static gboolean
is_in_homes_dir (const Scan *scan, const char *canonical)
{
  g_autofree char *dir = g_path_get_dirname (canonical);

  return g_hash_table_contains (scan->homes_dirs, dir);
}

/* Accounts that are no people by their number or shell, but have a home among homes. */
static void
add_other_accounts (Scan *scan)
{
  for (guint i = 0; i < scan->passwd->len; i++)
    {
      const MoorPasswd *entry = g_ptr_array_index (scan->passwd, i);
      g_auto(MoorSpot) spot = MOOR_SPOT_INIT;

      if (entry->uid == 0 || entry->home[0] != '/' || is_person (scan, entry)
          || is_system_dir (entry->home) || has_profile (scan, entry->name)
          || !moor_system_resolve (scan->system, entry->home, &spot, NULL) || spot.fd < 0
          || is_system_dir (spot.canonical) || !is_in_homes_dir (scan, spot.canonical)
          || g_hash_table_contains (scan->homes_dirs, spot.canonical))
        continue;
      g_ptr_array_add (scan->profiles, account_profile (scan, entry));
    }
}

/* Whether @path is a known home, holds one, or holds homes. */
static gboolean
is_known (const Scan *scan, const char *path)
{
  GHashTableIter iter;
  gpointer dir;

  for (guint i = 0; i < scan->profiles->len; i++)
    {
      const MoorProfile *profile = g_ptr_array_index (scan->profiles, i);
      const char *home = profile->canonical_home;

      if (home != NULL && (strcmp (home, path) == 0 || is_below (home, path)))
        return TRUE;
    }
  g_hash_table_iter_init (&iter, scan->homes_dirs);
  while (g_hash_table_iter_next (&iter, &dir, NULL))
    {
      if (strcmp (dir, path) == 0 || is_below (dir, path))
        return TRUE;
    }
  return FALSE;
}

/* A store belongs to root (or to who has the whole system): a marker that a person put
 * into the own home hides nothing. */
static gboolean
is_store (const Scan *scan, int dfd, const struct stat *dir)
{
  struct stat st;

  return (dir->st_uid == 0 || dir->st_uid == scan->system->owner) && (dir->st_mode & 0077) == 0
         && fstatat (dfd, STORE_MARKER, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG (st.st_mode);
}

/* Profiles are told apart by name, and a left over home may have that of an account. */
static char *
unused_name (const Scan *scan, const char *name)
{
  char *unused = moor_text_path (name);

  for (guint i = 2;
       has_profile (scan, unused) || moor_passwd_find_name (scan->passwd, unused) != NULL; i++)
    {
      g_free (unused);
      unused = g_strdup_printf ("%s~%u", name, i);
    }
  return unused;
}

static void
describe_orphan (Scan *scan, MoorProfile *profile)
{
  const MoorPasswd *owner = moor_passwd_find_uid (scan->passwd, profile->uid);

  if (owner == NULL)
    set_problem (profile, MOOR_PROFILE_NO_ACCOUNT,
                 "The owner of “%s”, number %u, has no account on this system: it may come from a "
                 "directory service, or be left over",
                 profile->home, profile->uid);
  else
    set_problem (profile, MOOR_PROFILE_NO_ACCOUNT,
                 "No account has its home in “%s”; it belongs to %s", profile->home, owner->name);
  profile->selected_by_default = TRUE;
  if (g_strcmp0 (profile->encrypted, "homed") == 0)
    {
      set_problem (profile, MOOR_PROFILE_NO_ACCOUNT,
                   "systemd-homed keeps the account and the owner's numbers inside “%s”; move this "
                   "person with homectl",
                   profile->home);
    }
}

static void
add_orphan (Scan *scan,
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
  g_ptr_array_add (scan->profiles, profile);
}

/* An image that systemd-homed keeps a home in: a file, so there is nothing to link. */
static void
add_homed_image (Scan *scan, const char *path, const char *name, const struct stat *st)
{
  g_autofree char *login = g_strndup (name, strlen (name) - strlen (".home"));
  MoorProfile *profile = moor_profile_new ();

  profile->name = unused_name (scan, login);
  profile->uid = st->st_uid;
  profile->gid = st->st_gid;
  profile->home = g_strdup (path);
  profile->shell = g_strdup ("");
  profile->encrypted = g_strdup ("homed");
  set_problem (profile, MOOR_PROFILE_UNREADABLE,
               "“%s” is an encrypted image of systemd-homed; move this person with homectl", path);
  g_ptr_array_add (scan->profiles, profile);
}

/* What may be somebody's home and cannot be looked at is told about. */
static void
note_unseen (Scan *scan, const char *path, const GError *error)
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
visit_entry (Scan *scan, const char *dir, int dir_fd, const char *name)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);
  g_auto(MoorSpot) spot = MOOR_SPOT_INIT;
  g_autoptr(GError) error = NULL;
  struct stat st;

  if (is_known (scan, path))
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
add_orphans_of (Scan *scan, const char *dir)
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

static void
add_orphans (Scan *scan)
{
  g_autoptr(GList) dirs = g_list_sort (g_hash_table_get_keys (scan->homes_dirs),
                                        (GCompareFunc) strcmp);

  for (const GList *at = dirs; at != NULL; at = at->next)
    add_orphans_of (scan, at->data);
}

/* Whether @profile, rather than @other, is whose home it is when both name the same. */
static gboolean
owns_more (const Scan *scan, const MoorProfile *profile, const MoorProfile *other)
{
  g_auto(MoorSpot) spot = MOOR_SPOT_INIT;
  struct stat st;

  return moor_system_resolve (scan->system, profile->canonical_home, &spot, NULL) && spot.fd >= 0
         && fstat (spot.fd, &st) == 0 && st.st_uid == profile->uid && st.st_uid != other->uid;
}

static void
settle_pair (const Scan *scan, MoorProfile *first, MoorProfile *second)
{
  if (strcmp (first->canonical_home, second->canonical_home) == 0)
    {
      gboolean swap = owns_more (scan, second, first);

      set_problem (swap ? first : second, MOOR_PROFILE_NO_HOME,
                   "“%s” is also the home of %s and goes with that account", first->canonical_home,
                   swap ? second->name : first->name);
    }
  else if (is_below (second->canonical_home, first->canonical_home))
    set_problem (second, MOOR_PROFILE_NO_HOME, "The home is inside the home of %s and goes with it",
                 first->name);
  else if (is_below (first->canonical_home, second->canonical_home))
    set_problem (first, MOOR_PROFILE_NO_HOME, "The home is inside the home of %s and goes with it",
                 second->name);
}

/* No object may be taken twice: of homes that overlap one is taken. */
static void
settle_overlaps (const Scan *scan)
{
  for (guint i = 0; i < scan->profiles->len; i++)
    {
      MoorProfile *first = g_ptr_array_index (scan->profiles, i);

      for (guint j = i + 1; j < scan->profiles->len && first->state == MOOR_PROFILE_READY; j++)
        {
          MoorProfile *second = g_ptr_array_index (scan->profiles, j);

          if (second->state == MOOR_PROFILE_READY)
            settle_pair (scan, first, second);
        }
    }
}

static int
compare_accounts (gconstpointer a, gconstpointer b)
{
  const MoorProfile *first = *(const MoorProfile *const *) a;
  const MoorProfile *second = *(const MoorProfile *const *) b;

  if (first->uid != second->uid)
    return first->uid < second->uid ? -1 : 1;
  return strcmp (first->name, second->name);
}

static void
add_root (Scan *scan)
{
  const MoorPasswd *root = moor_passwd_find_uid (scan->passwd, 0);

  if (root != NULL)
    g_ptr_array_add (scan->profiles, account_profile (scan, root));
}

/**
 * moor_system_scan_profiles:
 * @system: opened so far; gets the problems that were met
 *
 * Blocks.
 *
 * Returns: (transfer full) (element-type MoorProfile): everybody whose home @system holds
 */
GPtrArray *
moor_system_scan_profiles (MoorSystem *system)
{
  g_auto(Scan) scan = { .system = system, .look = { .lastlog_fd = -1 } };
  g_autoptr(GError) error = NULL;

  scan.passwd = moor_records_read_passwd (system, system->problems, &error);
  if (scan.passwd == NULL)
    {
      scan.passwd = g_ptr_array_new ();
      g_ptr_array_add (system->problems, moor_issue_new (MOOR_SEVERITY_WARNING, MOOR_CAUSE_OTHER,
                                                         "/etc/passwd", NULL, 0, error->message));
    }
  scan.profiles = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_profile_unref);
  scan.homes_dirs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  moor_records_read_login_defs (system, &scan.defs);
  moor_look_init (&scan.look, system);

  add_people (&scan);
  find_homes_dirs (&scan);
  add_other_accounts (&scan);
  g_ptr_array_sort (scan.profiles, compare_accounts);
  settle_overlaps (&scan);
  add_orphans (&scan);
  add_root (&scan);
  return g_steal_pointer (&scan.profiles);
}
