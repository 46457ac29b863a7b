/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-scan-private.h"

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

static void
scan_clear (MoorScan *scan)
{
  moor_look_clear (&scan->look);
  g_clear_pointer (&scan->homes_dirs, g_hash_table_unref);
  g_clear_pointer (&scan->accounts, g_hash_table_unref);
  g_clear_pointer (&scan->owners, g_hash_table_unref);
  g_clear_pointer (&scan->names, g_hash_table_unref);
  g_clear_pointer (&scan->known, g_hash_table_unref);
  g_clear_pointer (&scan->n_namesakes, g_hash_table_unref);
  g_clear_pointer (&scan->profiles, g_ptr_array_unref);
  g_clear_pointer (&scan->passwd, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (MoorScan, scan_clear)

/**
 * moor_scan_add_known:
 * @path: (type filename): a home, or a directory that holds homes, without links in it
 *
 * Keeps it and what is above it from being taken for a home that nobody knows.
 */
void
moor_scan_add_known (MoorScan *scan, const char *path)
{
  g_autofree char *at = g_strdup (path);

  while (!g_hash_table_contains (scan->known, at))
    {
      char *above = g_path_get_dirname (at);

      g_hash_table_add (scan->known, g_steal_pointer (&at));
      at = above;
    }
}

/**
 * moor_scan_add:
 * @profile: (transfer full): with its name and homes filled in
 *
 * Adds it to those that were found.
 */
void
moor_scan_add (MoorScan *scan, MoorProfile *profile)
{
  g_ptr_array_add (scan->profiles, profile);
  g_hash_table_add (scan->names, profile->name);
  if (profile->canonical_home != NULL)
    moor_scan_add_known (scan, profile->canonical_home);
}

/**
 * moor_scan_find_outermost:
 * @by_home: (element-type filename gpointer): by absolute path
 * @path: (type filename): an absolute path
 * @itself: whether @path counts as above itself
 *
 * Returns: (transfer none) (nullable): the value of the shortest path above @path
 */
gpointer
moor_scan_find_outermost (GHashTable *by_home, const char *path, gboolean itself)
{
  g_autofree char *above = g_strdup (path);

  for (gsize i = 1; above[0] != '\0' && above[i] != '\0'; i++)
    {
      gpointer found;

      if (path[i] != '/')
        continue;
      above[i] = '\0';
      found = g_hash_table_lookup (by_home, above);
      above[i] = '/';
      if (found != NULL)
        return found;
    }
  return itself ? g_hash_table_lookup (by_home, path) : NULL;
}

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
is_person (const MoorScan *scan, const MoorPasswd *entry)
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

/**
 * moor_scan_set_problem:
 * @format: a sentence for people
 *
 * Says why @profile cannot be taken, which takes the selection away.
 */
void
moor_scan_set_problem (MoorProfile *profile, MoorProfileState state, const char *format, ...)
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
    moor_scan_set_problem (profile, MOOR_PROFILE_VOLUME_MISSING, "%s", error->message);
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    moor_scan_set_problem (profile, MOOR_PROFILE_NO_HOME, "The home folder “%s” does not exist",
                           home);
  else
    moor_scan_set_problem (profile, MOOR_PROFILE_UNREADABLE, "%s", error->message);
}

/* Finds the home that @profile names and what there is to say about it. */
static void
visit_home (MoorScan *scan, MoorProfile *profile)
{
  g_auto(MoorSpot) spot = MOOR_SPOT_INIT;
  g_autoptr(GError) error = NULL;
  g_autoptr(MoorVolume) volume = NULL;
  struct stat st;

  if (profile->home[0] != '/' || is_system_dir (profile->home))
    {
      moor_scan_set_problem (profile, MOOR_PROFILE_NO_HOME,
                             "The account has no home folder of its own: it names “%s”",
                             profile->home);
      return;
    }
  if (!moor_system_resolve (scan->system, profile->home, &spot, &error))
    {
      set_location_problem (profile, error);
      return;
    }

  profile->canonical_home = g_strdup (spot.canonical);
  if (is_system_dir (spot.canonical))
    moor_scan_set_problem (profile, MOOR_PROFILE_NO_HOME,
                           "The account has no home folder of its own: “%s” is “%s”", profile->home,
                           spot.canonical);
  else if (spot.fd < 0)
    moor_scan_set_problem (profile, MOOR_PROFILE_NO_HOME, "The home folder “%s” does not exist",
                           profile->home);
  else if (fstat (spot.fd, &st) < 0 || !S_ISDIR (st.st_mode))
    moor_scan_set_problem (profile, MOOR_PROFILE_UNREADABLE, "“%s” is not a folder", profile->home);
  if (profile->problem != NULL)
    return;

  volume = moor_volume_for_fd (spot.fd, NULL);
  profile->volume_name = volume != NULL ? g_strdup (volume->name) : NULL;
  moor_look_at (&scan->look, profile, spot.fd, spot.parent_fd);
}

static MoorProfile *
account_profile (MoorScan *scan, const MoorPasswd *entry)
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

static void
add_people (MoorScan *scan)
{
  for (guint i = 0; i < scan->passwd->len; i++)
    {
      const MoorPasswd *entry = g_ptr_array_index (scan->passwd, i);

      if (is_person (scan, entry) && !g_hash_table_contains (scan->names, entry->name))
        moor_scan_add (scan, account_profile (scan, entry));
    }
}

/* A folder in somebody's own home is none that holds homes, even if an account names one
 * of those in it as its home. */
static void
add_homes_dir (MoorScan *scan, GHashTable *ready, const char *home)
{
  g_autofree char *dir = g_path_get_dirname (home);

  if (may_hold_homes (dir) && !g_hash_table_contains (scan->homes_dirs, dir)
      && moor_scan_find_outermost (ready, dir, TRUE) == NULL)
    {
      moor_scan_add_known (scan, dir);
      g_hash_table_add (scan->homes_dirs, g_steal_pointer (&dir));
    }
}

/* /home is looked at in any case: there may be nobody but LDAP's people in it. */
static void
find_homes_dirs (MoorScan *scan)
{
  g_autoptr(GHashTable) ready = g_hash_table_new (g_str_hash, g_str_equal);
  g_auto(MoorSpot) spot = MOOR_SPOT_INIT;
  g_autoptr(GError) error = NULL;

  for (guint i = 0; i < scan->profiles->len; i++)
    {
      MoorProfile *profile = g_ptr_array_index (scan->profiles, i);

      if (profile->canonical_home != NULL && profile->state == MOOR_PROFILE_READY)
        g_hash_table_insert (ready, profile->canonical_home, profile);
    }
  for (guint i = 0; i < scan->profiles->len; i++)
    {
      const MoorProfile *profile = g_ptr_array_index (scan->profiles, i);

      if (profile->canonical_home != NULL && !is_system_dir (profile->canonical_home))
        add_homes_dir (scan, ready, profile->canonical_home);
    }

  if (moor_system_resolve (scan->system, "/home", &spot, &error))
    {
      if (spot.fd < 0)
        return;
      moor_scan_add_known (scan, spot.canonical);
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
is_in_homes_dir (const MoorScan *scan, const char *canonical)
{
  g_autofree char *dir = g_path_get_dirname (canonical);

  return g_hash_table_contains (scan->homes_dirs, dir);
}

/* Accounts that are no people by their number or shell, but have a home among homes. */
static void
add_other_accounts (MoorScan *scan)
{
  for (guint i = 0; i < scan->passwd->len; i++)
    {
      const MoorPasswd *entry = g_ptr_array_index (scan->passwd, i);
      g_auto(MoorSpot) spot = MOOR_SPOT_INIT;

      if (entry->uid == 0 || entry->home[0] != '/' || is_person (scan, entry)
          || is_system_dir (entry->home) || g_hash_table_contains (scan->names, entry->name)
          || !moor_system_resolve (scan->system, entry->home, &spot, NULL) || spot.fd < 0
          || is_system_dir (spot.canonical) || !is_in_homes_dir (scan, spot.canonical)
          || g_hash_table_contains (scan->homes_dirs, spot.canonical))
        continue;
      moor_scan_add (scan, account_profile (scan, entry));
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
add_root (MoorScan *scan)
{
  const MoorPasswd *root = g_hash_table_lookup (scan->owners, GUINT_TO_POINTER (0));

  if (root != NULL)
    moor_scan_add (scan, account_profile (scan, root));
}

static void
scan_init (MoorScan *scan)
{
  scan->profiles = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_profile_unref);
  scan->homes_dirs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  scan->accounts = g_hash_table_new (g_str_hash, g_str_equal);
  scan->owners = g_hash_table_new (NULL, NULL);
  scan->names = g_hash_table_new (g_str_hash, g_str_equal);
  scan->known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  scan->n_namesakes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = scan->passwd->len; i > 0; i--)
    {
      MoorPasswd *entry = g_ptr_array_index (scan->passwd, i - 1);

      g_hash_table_insert (scan->accounts, entry->name, entry);
      g_hash_table_insert (scan->owners, GUINT_TO_POINTER (entry->uid), entry);
    }
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
  g_auto(MoorScan) scan = { .system = system, .look = { .lastlog_fd = -1 } };
  g_autoptr(GError) error = NULL;

  scan.passwd = moor_records_read_passwd (system, system->problems, &error);
  if (scan.passwd == NULL)
    {
      scan.passwd = g_ptr_array_new ();
      g_ptr_array_add (system->problems, moor_issue_new (MOOR_SEVERITY_WARNING, MOOR_CAUSE_OTHER,
                                                         "/etc/passwd", NULL, 0, error->message));
    }
  scan_init (&scan);
  moor_records_read_login_defs (system, &scan.defs);
  moor_look_init (&scan.look, system);

  add_people (&scan);
  find_homes_dirs (&scan);
  add_other_accounts (&scan);
  g_ptr_array_sort (scan.profiles, compare_accounts);
  moor_scan_settle_overlaps (&scan);
  moor_scan_add_orphans (&scan);
  add_root (&scan);
  return g_steal_pointer (&scan.profiles);
}
