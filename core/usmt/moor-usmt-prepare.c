/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-usmt-run-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "moor-config-file.h"
#include "moor-rule-set.h"

/* What is looked at before anything begins, each with the code it fails with. */

#define MIN_FREE_BYTES (G_GUINT64_CONSTANT (250) * 1024 * 1024)
#define MAX_XML_BYTES (64 * 1024 * 1024)

static GBytes *
read_file (const char *path, MoorUsmtCode code, GError **error)
{
  g_autoptr(GError) problem = NULL;
  char *content = NULL;
  gsize length = 0;
  struct stat st;

  if (stat (path, &st) == 0 && (!S_ISREG (st.st_mode) || st.st_size > MAX_XML_BYTES))
    {
      moor_usmt_throw (error, code, "“%s” is no file that could be read", path);
      return NULL;
    }
  if (g_file_get_contents (path, &content, &length, &problem))
    return g_bytes_new_take (content, length);
  moor_usmt_rethrow (error, code, g_steal_pointer (&problem));
  return NULL;
}

static gboolean
holds_system (const char *path)
{
  g_autoptr(MoorSystem) system = moor_system_open (path, NULL);

  return system != NULL;
}

/* The root of the system that @path leads to: itself, or what it is the Windows
 * folder of.  NULL if there is none. */
static char *
find_root (const char *path)
{
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *parent = g_path_get_dirname (path);

  if (holds_system (path))
    return g_strdup (path);
  if (g_ascii_strcasecmp (name, "windows") == 0 && holds_system (parent))
    return g_steal_pointer (&parent);
  return NULL;
}

static gboolean
take_offline_dir (MoorUsmtRun *run, MoorUsmtOption option, GError **error)
{
  const char *text = moor_usmt_value (run->command, option);
  g_autofree char *path = moor_usmt_path (run->paths, text, error);
  g_autofree char *root = path != NULL ? find_root (path) : NULL;

  if (path == NULL)
    return FALSE;
  if (root == NULL && !g_file_test (path, G_FILE_TEST_IS_DIR))
    return moor_usmt_throw (error, MOOR_USMT_INVALID_PARAMETERS, "%s: there is no folder “%s”",
                            moor_usmt_option_name (option), path);
  if (root == NULL)
    return moor_usmt_throw (error, MOOR_USMT_INIT_ERROR,
                            "There is no system at “%s”; give the folder where its root is", path);
  g_free (run->root);
  run->root = g_steal_pointer (&root);
  return TRUE;
}

/* Where things are now that had a drive letter in the offline system. */
static gboolean
take_mappings (MoorUsmtRun *run, const MoorOfflineFile *offline, GError **error)
{
  for (guint i = 0; i + 1 < offline->mappings->len; i += 2)
    {
      const char *inside = g_ptr_array_index (offline->mappings, i);
      g_autofree char *letter = g_ascii_strup (inside, 2);
      g_autofree char *now = NULL;

      if (!g_ascii_isalpha (letter[0]) || letter[1] != ':'
          || g_hash_table_contains (run->paths->drives, letter))
        continue;
      now = moor_usmt_path (run->paths, g_ptr_array_index (offline->mappings, i + 1), error);
      if (now == NULL)
        {
          (*error)->code = (int) MOOR_USMT_FAILED_MIGSTARTUP;
          return FALSE;
        }
      g_hash_table_insert (run->paths->drives, g_steal_pointer (&letter), g_steal_pointer (&now));
    }
  return TRUE;
}

static gboolean
choose_offline_root (MoorUsmtRun *run, const MoorOfflineFile *offline, GError **error)
{
  guint n_found = 0;

  for (guint i = 0; i < offline->win_dirs->len; i++)
    {
      const char *text = g_ptr_array_index (offline->win_dirs, i);
      g_autofree char *path = moor_usmt_path (run->paths, text, NULL);
      g_autofree char *root = path != NULL ? find_root (path) : NULL;

      if (root == NULL)
        continue;
      if (n_found++ > 0)
        continue;
      g_free (run->root);
      run->root = g_steal_pointer (&root);
    }
  if (n_found == 0)
    return moor_usmt_throw (error, MOOR_USMT_INIT_ERROR,
                            "None of the folders in “%s” holds a system", offline->name);
  if (n_found > 1 && offline->fail_on_multiple)
    return moor_usmt_throw (error, MOOR_USMT_INIT_ERROR,
                            "“%s” leads to %u systems, and failOnMultipleWinDir says to stop then",
                            offline->name, n_found);
  return TRUE;
}

static gboolean
take_offline_file (MoorUsmtRun *run, GError **error)
{
  const char *text = moor_usmt_value (run->command, MOOR_USMT_OFFLINE);
  g_autofree char *path = moor_usmt_path (run->paths, text, error);
  g_autoptr(GBytes) bytes = path != NULL ? read_file (path, MOOR_USMT_INVALID_PARAMETERS, error)
                                          : NULL;
  g_autoptr(MoorOfflineFile) offline = NULL;
  g_autoptr(GError) problem = NULL;
  g_autoptr(GError) mapping_problem = NULL;

  if (bytes == NULL)
    return FALSE;
  offline = moor_offline_file_read (path, bytes, &problem);
  if (offline == NULL)
    {
      moor_usmt_rethrow (error, MOOR_USMT_FAILED_MIGSTARTUP, g_steal_pointer (&problem));
      return FALSE;
    }
  if (!take_mappings (run, offline, &mapping_problem))
    {
      g_propagate_error (error, g_steal_pointer (&mapping_problem));
      return FALSE;
    }
  return choose_offline_root (run, offline, error);
}

/* Which system: said plainly, an offline one, what drive C: is, or the running one. */
static gboolean
choose_root (MoorUsmtRun *run, GError **error)
{
  const MoorUsmtCommand *command = run->command;
  const char *drive = g_hash_table_lookup (run->paths->drives, "C:");

  if (moor_usmt_has (command, MOOR_USMT_ROOT))
    return take_offline_dir (run, MOOR_USMT_ROOT, error);
  if (moor_usmt_has (command, MOOR_USMT_OFFLINE))
    return take_offline_file (run, error);
  if (moor_usmt_has (command, MOOR_USMT_OFFLINE_WIN_DIR))
    return take_offline_dir (run, MOOR_USMT_OFFLINE_WIN_DIR, error);
  if (moor_usmt_has (command, MOOR_USMT_OFFLINE_WIN_OLD))
    return take_offline_dir (run, MOOR_USMT_OFFLINE_WIN_OLD, error);
  if (drive != NULL && holds_system (drive))
    {
      g_free (run->root);
      run->root = g_strdup (drive);
    }
  return TRUE;
}

static gboolean
open_system (MoorUsmtCourse *course, GError **error)
{
  MoorUsmtRun *run = course->run;
  g_autoptr(GError) problem = NULL;

  course->system = moor_system_open (run->root, &problem);
  if (course->system == NULL)
    {
      moor_usmt_rethrow (error, MOOR_USMT_INIT_OPERATING_ENVIRONMENT_FAILED,
                         g_steal_pointer (&problem));
      return FALSE;
    }
  g_free (run->computer);
  run->computer = g_strdup (moor_system_get_host_name (course->system));
  if (run->computer == NULL || run->computer[0] == '\0')
    {
      g_free (run->computer);
      run->computer = g_strdup ("localhost");
    }
  g_free (run->paths->computer);
  run->paths->computer = g_strdup (run->computer);
  run->system_name = g_strdup (moor_system_get_name (course->system));
  return TRUE;
}

/* A rule file: as the administrator says it, or else the one that is installed. */
static char *
find_rule_file (const MoorUsmtRun *run, const char *text, GError **error)
{
  g_autofree char *path = moor_usmt_path (run->paths, text, error);
  g_autofree char *installed = NULL;

  if (path == NULL || g_file_test (path, G_FILE_TEST_EXISTS) || strpbrk (text, "/\\:") != NULL)
    return g_steal_pointer (&path);
  installed = g_build_filename (MOOR_RULES_DIR, text, NULL);
  return g_file_test (installed, G_FILE_TEST_EXISTS) ? g_steal_pointer (&installed)
                                                     : g_steal_pointer (&path);
}

/* What is not MigXML: the other two kinds are known, so that the message helps. */
static void
explain_rule_file (const char *path, GBytes *bytes, GError *problem, GError **error)
{
  g_autoptr(MoorConfigFile) config = moor_config_file_read (path, bytes, NULL);
  g_autoptr(MoorOfflineFile) offline = config == NULL ? moor_offline_file_read (path, bytes, NULL)
                                                       : NULL;

  if (config != NULL)
    moor_usmt_throw (error, MOOR_USMT_UNABLE_GET_SCRIPTFILES,
                     "“%s” is a Config.xml: give it with /config, not with /i", path);
  else if (offline != NULL)
    moor_usmt_throw (error, MOOR_USMT_UNABLE_GET_SCRIPTFILES,
                     "“%s” is an Offline.xml: give it with /offline, not with /i", path);
  else
    moor_usmt_throw (error, MOOR_USMT_FAILED_MIGSTARTUP, "%s", problem->message);
  g_error_free (problem);
}

static gboolean
add_rule_file (MoorUsmtRun *run, MoorRuleSet *set, char *path, GError **error)
{
  g_autofree char *owned = path;
  g_autoptr(GBytes) bytes = path != NULL
                                 ? read_file (path, MOOR_USMT_UNABLE_GET_SCRIPTFILES, error)
                                 : NULL;
  g_autoptr(GError) problem = NULL;

  if (bytes == NULL)
    return FALSE;
  if (!moor_rule_set_add_file (set, path, bytes, &problem))
    {
      explain_rule_file (path, bytes, g_steal_pointer (&problem), error);
      return FALSE;
    }
  g_ptr_array_add (run->rule_files, g_steal_pointer (&owned));
  return TRUE;
}

/* /auto is /i:MigDocs.xml /i:MigApp.xml of a folder. */
static gboolean
add_auto_files (MoorUsmtRun *run, MoorRuleSet *set, GError **error)
{
  static const char *const names[] = { "MigDocs.xml", "MigApp.xml" };
  const char *text = moor_usmt_value (run->command, MOOR_USMT_AUTO);
  g_autofree char *dir = text != NULL ? moor_usmt_path (run->paths, text, error)
                                      : g_strdup (MOOR_RULES_DIR);

  if (dir == NULL)
    return FALSE;
  if (!g_file_test (dir, G_FILE_TEST_IS_DIR))
    return moor_usmt_throw (error, MOOR_USMT_INVALID_PARAMETERS, "/auto: there is no folder “%s”",
                            dir);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      if (!add_rule_file (run, set, g_build_filename (dir, names[i], NULL), error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
take_rule_files (MoorUsmtRun *run, GError **error)
{
  g_autoptr(MoorRuleSet) set = moor_rule_set_new ();
  GPtrArray *files = run->command->values[MOOR_USMT_INCLUDE_FILE];

  if (moor_usmt_has (run->command, MOOR_USMT_AUTO) && !add_auto_files (run, set, error))
    return FALSE;
  for (guint i = 0; files != NULL && i < files->len; i++)
    {
      if (!add_rule_file (run, set, find_rule_file (run, g_ptr_array_index (files, i), error),
                          error))
        return FALSE;
    }
  return TRUE;
}

static void
tell_link_control (MoorUsmtRun *run, const MoorConfigFile *config)
{
  gboolean forbids = FALSE;

  for (guint i = 0; i < config->locked_files->len; i++)
    forbids = forbids
              || !((MoorConfigPolicy *) g_ptr_array_index (config->locked_files, i))->lets_go_on;
  if (config->locked_files->len == 0)
    return;
  if (run->command->tool == MOOR_USMT_LOADSTATE)
    moor_usmt_log (run, MOOR_LOG_INFO, "HardLinkStoreControl is for scanstate only");
  else if (!moor_usmt_has (run->command, MOOR_USMT_HARDLINK))
    moor_usmt_log (run, MOOR_LOG_INFO, "HardLinkStoreControl changes nothing without /hardlink");
  else if (!forbids)
    moor_usmt_log (run, MOOR_LOG_INFO,
                   "createHardLink changes nothing: files that are in use are linked anyway");
}

static gboolean
take_config (MoorUsmtRun *run, GError **error)
{
  const char *text = moor_usmt_value (run->command, MOOR_USMT_CONFIG);
  g_autofree char *path = NULL;
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(MoorConfigFile) config = NULL;
  g_autoptr(GError) problem = NULL;

  if (text == NULL)
    return TRUE;
  path = moor_usmt_path (run->paths, text, error);
  bytes = path != NULL ? read_file (path, MOOR_USMT_UNABLE_TO_READ_CONFIG_FILE, error) : NULL;
  if (bytes == NULL)
    return FALSE;
  config = moor_config_file_read (path, bytes, &problem);
  if (config == NULL)
    {
      moor_usmt_rethrow (error, MOOR_USMT_UNABLE_TO_READ_CONFIG_FILE, g_steal_pointer (&problem));
      return FALSE;
    }
  tell_link_control (run, config);
  run->config = g_steal_pointer (&path);
  return TRUE;
}

static gboolean
check_key_file (const MoorUsmtRun *run, GError **error)
{
  const char *text = moor_usmt_value (run->command, MOOR_USMT_KEYFILE);
  g_autofree char *path = NULL;
  g_autoptr(GBytes) bytes = NULL;

  if (text == NULL)
    return TRUE;
  path = moor_usmt_path (run->paths, text, error);
  bytes = path != NULL ? read_file (path, MOOR_USMT_UNABLE_READKEY, error) : NULL;
  if (bytes == NULL)
    return FALSE;
  return g_bytes_get_size (bytes) > 0
         || moor_usmt_throw (error, MOOR_USMT_UNABLE_READKEY, "The key in “%s” is empty", path);
}

/* A folder nobody else can write to, for locks. */
static char *
make_lock_dir (void)
{
  g_autofree char *dir = geteuid () == 0
                             ? g_strdup ("/run/mooring")
                             : g_build_filename (g_get_user_runtime_dir (), "mooring", NULL);

  return g_mkdir_with_parents (dir, 0700) == 0 ? g_steal_pointer (&dir) : NULL;
}

/* One migration at a time on a system; where no lock can be kept the store's own
 * has to do. */
gboolean
moor_usmt_take_lock (MoorUsmtCourse *course, GError **error)
{
  g_autofree char *dir = make_lock_dir ();
  g_autofree char *name = NULL;
  g_autofree char *path = NULL;
  struct stat st;

  if (dir == NULL || stat (course->run->root, &st) < 0)
    return TRUE;
  name = g_strdup_printf ("usmt-%llu-%llu.lock", (unsigned long long) st.st_dev,
                          (unsigned long long) st.st_ino);
  path = g_build_filename (dir, name, NULL);
  course->lock_fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (course->lock_fd < 0 || flock (course->lock_fd, LOCK_EX | LOCK_NB) == 0)
    return TRUE;
  return errno != EWOULDBLOCK
         || moor_usmt_throw (error, MOOR_USMT_FAILED_MIGSTARTUP,
                             "Another scanstate or loadstate is working on %s", course->run->root);
}

/* A hard-link store needs 250 MB, by USMT's rule. */
gboolean
moor_usmt_check_space (const char *store_path, GError **error)
{
  g_autofree char *at = g_strdup (store_path);
  struct statvfs vfs;
  guint64 n_free;

  while (statvfs (at, &vfs) < 0)
    {
      char *parent = g_path_get_dirname (at);

      if (g_str_equal (parent, at))
        {
          g_free (parent);
          return TRUE;
        }
      g_free (at);
      at = parent;
    }
  n_free = (guint64) vfs.f_bavail * vfs.f_frsize;
  if (n_free >= MIN_FREE_BYTES)
    return TRUE;
  return moor_usmt_throw (error, MOOR_USMT_FAILED_MIGSTARTUP,
                          "Only %" G_GUINT64_FORMAT " MB are free at %s; 250 MB are needed",
                          n_free / (1024 * 1024), at);
}

/* What nobody here needs, said once. */
static void
tell_ignored (MoorUsmtRun *run)
{
  static const struct
  {
    MoorUsmtOption option;
    MoorLogLevel level;
    const char *text;
  } ignored[] = {
    { MOOR_USMT_VSC, MOOR_LOG_INFO, "/vsc: no shadow copy is made; open files can be read here" },
    { MOOR_USMT_TARGET, MOOR_LOG_INFO, "/target… changes nothing here" },
    { MOOR_USMT_TEL, MOOR_LOG_INFO, "/tel changes nothing: nothing is ever sent anywhere" },
    { MOOR_USMT_RETRIES, MOOR_LOG_DEBUG, "/r changes nothing for a local store" },
    { MOOR_USMT_WAIT, MOOR_LOG_DEBUG, "/w changes nothing for a local store" },
    { MOOR_USMT_SF, MOOR_LOG_WARNING, "/sf is not done: it wrote settings of all users wrongly" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (ignored); i++)
    {
      if (moor_usmt_has (run->command, ignored[i].option))
        moor_usmt_log (run, ignored[i].level, "%s", ignored[i].text);
    }
}

/* Finds the system and reads the files that were named. */
gboolean
moor_usmt_prepare (MoorUsmtCourse *course, GError **error)
{
  MoorUsmtRun *run = course->run;

  if (run->command->tool == MOOR_USMT_USMTUTILS)
    return check_key_file (run, error);
  tell_ignored (run);
  if (!choose_root (run, error) || !open_system (course, error) || !take_config (run, error)
      || !take_rule_files (run, error) || !check_key_file (run, error))
    return FALSE;
  return moor_usmt_take_lock (course, error);
}
