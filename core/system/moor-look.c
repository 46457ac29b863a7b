/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-profile-private.h"

#include <lastlog.h>
#include <linux/fscrypt.h>
#include <string.h>
#include <sys/ioctl.h>
#include <utmp.h>

#include "moor-text.h"

/* What can be said about a person besides where the home is: picture, last use, whether
 * somebody works there now, and what encrypts the home.  All of it is advice for people;
 * what cannot be found out is left open.  Homes are hostile: one component at a time or
 * moor_open_beneath(), and only names and times are looked at, never content. */

#define NS_PER_S G_GINT64_CONSTANT (1000000000)
#define MAX_WTMP_RECORDS ((off_t) 64 * 1024) /* from the end; 24 MiB */

static gint64
statx_time_ns (const struct statx_timestamp *time)
{
  return time->tv_sec * NS_PER_S + time->tv_nsec;
}

static gint64 *
box_ns (gint64 value)
{
  return g_memdup2 (&value, sizeof value);
}

static void
note_login (MoorLook *look, const struct utmp *record)
{
  g_autofree char *name = g_strndup (record->ut_user, sizeof record->ut_user);
  gint64 time_ns = record->ut_tv.tv_sec * NS_PER_S;
  const gint64 *known = g_hash_table_lookup (look->logins, name);

  if (record->ut_type == USER_PROCESS && (known == NULL || *known < time_ns))
    g_hash_table_replace (look->logins, g_steal_pointer (&name), box_ns (time_ns));
}

static void
read_logins (MoorLook *look)
{
  g_auto(MoorFd) fd = moor_system_open_file (look->system, "/var/log/wtmp", NULL);
  struct utmp record;
  struct stat st;
  off_t n_records;

  if (fd < 0 || fstat (fd, &st) < 0)
    return;
  n_records = st.st_size / (off_t) sizeof record;
  for (off_t i = MAX (n_records - MAX_WTMP_RECORDS, 0);
       pread (fd, &record, sizeof record, i * (off_t) sizeof record) == (ssize_t) sizeof record;
       i++)
    note_login (look, &record);
}

/* Everybody who has a process, from the owners of /proc/N. */
static void
read_busy (MoorLook *look)
{
  g_autoptr(DIR) proc = opendir ("/proc");
  const struct dirent *entry;

  while (proc != NULL && (entry = readdir (proc)) != NULL)
    {
      struct stat st;

      if (g_ascii_isdigit (entry->d_name[0])
          && fstatat (dirfd (proc), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
        g_hash_table_add (look->busy, GUINT_TO_POINTER (st.st_uid));
    }
}

/**
 * moor_look_init:
 * @look: (out): what everybody's answers need
 *
 * Blocks.
 */
void
moor_look_init (MoorLook *look, MoorSystem *system)
{
  look->system = system;
  look->busy = g_hash_table_new (NULL, NULL);
  look->logins = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  look->lastlog_fd = moor_system_open_file (system, "/var/log/lastlog", NULL);
  read_logins (look);
  if (system->running)
    read_busy (look);
}

/**
 * moor_look_clear:
 * @look: what is no longer needed
 */
void
moor_look_clear (MoorLook *look)
{
  g_clear_pointer (&look->busy, g_hash_table_unref);
  g_clear_pointer (&look->logins, g_hash_table_unref);
  if (look->lastlog_fd >= 0)
    moor_fd_close (g_steal_fd (&look->lastlog_fd));
}

/* lastlog is an array over user numbers, full of holes. */
static gint64
lastlog_ns (const MoorLook *look, guint32 uid)
{
  struct lastlog record;
  off_t at = (off_t) uid * (off_t) sizeof record;

  if (look->lastlog_fd < 0
      || pread (look->lastlog_fd, &record, sizeof record, at) != (ssize_t) sizeof record)
    return 0;
  return record.ll_time * NS_PER_S;
}

/* When something that programs touch all the time was written last. */
static gint64
home_activity_ns (int home_fd)
{
  static const char *const paths[] = {
    ".bash_history",
    ".zsh_history",
    ".cache",
    ".config/dconf/user",
    ".local/share/recently-used.xbel",
    ".local/state",
    ".xsession-errors",
  };
  gint64 newest_ns = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_auto(MoorFd) fd = moor_open_beneath (NULL, home_fd, paths[i], O_PATH, NULL);
      struct statx stx;

      if (fd >= 0 && statx (fd, "", AT_EMPTY_PATH, STATX_MTIME, &stx) == 0)
        newest_ns = MAX (newest_ns, statx_time_ns (&stx.stx_mtime));
    }
  return newest_ns;
}

static gint64
last_used_ns (const MoorLook *look, const MoorProfile *profile, int home_fd)
{
  const gint64 *login_ns = g_hash_table_lookup (look->logins, profile->name);
  gint64 known_ns = lastlog_ns (look, profile->uid);

  if (login_ns != NULL)
    known_ns = MAX (known_ns, *login_ns);
  return known_ns > 0 || home_fd < 0 ? known_ns : home_activity_ns (home_fd);
}

static gboolean
is_file_in (MoorSystem *system, const char *path)
{
  g_auto(MoorFd) fd = path[0] == '/' ? moor_system_open_file (system, path, NULL) : -1;

  return fd >= 0;
}

/* The picture that AccountsService's record of the person names. */
static char *
recorded_picture (MoorSystem *system, const char *name)
{
  g_autofree char *path = g_strdup_printf ("/var/lib/AccountsService/users/%s", name);
  g_autofree char *content = NULL;
  g_autofree char *icon = NULL;
  g_autoptr(GKeyFile) record = g_key_file_new ();
  gsize n_bytes = 0;

  content = moor_system_read_file (system, path, &n_bytes, NULL);
  if (content == NULL
      || !g_key_file_load_from_data (record, content, n_bytes, G_KEY_FILE_NONE, NULL))
    return NULL;
  icon = g_key_file_get_string (record, "User", "Icon", NULL);
  return icon != NULL && is_file_in (system, icon) ? g_steal_pointer (&icon) : NULL;
}

static gboolean
is_file_at (int dfd, const char *name)
{
  struct statx stx;

  return dfd >= 0 && statx (dfd, name, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &stx) == 0
         && S_ISREG (stx.stx_mode);
}

static char *
find_picture (MoorSystem *system, const MoorProfile *profile, int home_fd)
{
  static const char *const faces[] = { ".face", ".face.icon" };
  g_autofree char *icon = g_strdup_printf ("/var/lib/AccountsService/icons/%s", profile->name);
  g_autofree char *recorded = recorded_picture (system, profile->name);

  if (recorded != NULL)
    return g_steal_pointer (&recorded);
  if (is_file_in (system, icon))
    return g_steal_pointer (&icon);
  for (gsize i = 0; i < G_N_ELEMENTS (faces); i++)
    {
      if (is_file_at (home_fd, faces[i]))
        return g_build_filename (profile->canonical_home, faces[i], NULL);
    }
  return NULL;
}

static gboolean
exists_at (int dfd, const char *name)
{
  struct statx stx;

  return dfd >= 0 && statx (dfd, name, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &stx) == 0;
}

static gboolean
has_fscrypt_policy (int home_fd)
{
  g_auto(MoorFd) fd = moor_open_beneath (NULL, home_fd, ".", O_RDONLY | O_DIRECTORY, NULL);
  struct fscrypt_get_policy_ex_arg arg = { .policy_size = sizeof arg.policy };

  return fd >= 0 && ioctl (fd, FS_IOC_GET_ENCRYPTION_POLICY_EX, &arg) == 0;
}

/* What encrypts a home, or NULL; @parent_fd is the directory that holds it. */
static const char *
find_encryption (const MoorProfile *profile, int home_fd, int parent_fd)
{
  g_autofree char *ecryptfs = g_strdup_printf (".ecryptfs/%s", profile->name);
  g_auto(MoorFd) private_fd = -1;

  if (g_str_has_suffix (profile->canonical_home, ".homedir") || exists_at (home_fd, ".identity"))
    return "homed";
  if (exists_at (home_fd, "gocryptfs.conf"))
    return "gocryptfs";
  if (parent_fd >= 0)
    private_fd = moor_open_beneath (NULL, parent_fd, ecryptfs, O_PATH, NULL);
  if (private_fd >= 0 || exists_at (home_fd, ".ecryptfs"))
    return "ecryptfs";
  return has_fscrypt_policy (home_fd) ? "fscrypt" : NULL;
}

/**
 * moor_look_at:
 * @profile: name, numbers and homes are filled in; the rest is now
 * @home_fd: the home, `O_PATH` is enough; -1 if there is none
 * @parent_fd: the directory that holds it, or -1
 *
 * Blocks.
 */
void
moor_look_at (MoorLook *look, MoorProfile *profile, int home_fd, int parent_fd)
{
  profile->last_used_ns = last_used_ns (look, profile, home_fd);
  profile->picture = find_picture (look->system, profile, home_fd);
  profile->in_use = profile->uid != 0
                    && g_hash_table_contains (look->busy, GUINT_TO_POINTER (profile->uid));
  if (home_fd >= 0)
    profile->encrypted = g_strdup (find_encryption (profile, home_fd, parent_fd));
}
