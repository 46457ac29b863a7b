/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-account-private.h"

#include <string.h>
#include <unistd.h>

#include "moor-error.h"

/* Making an account on a target, or mending a half-made one
 *
 *   group, gshadow      groupadd
 *   passwd              useradd (and shadow, subuid, subgid, which are looked at again:)
 *   shadow              moor_making_shadow()
 *   other groups        groupadd, usermod
 *   subuid, subgid      moor_making_ranges()
 *   picture, linger     moor_making_service()
 *
 * Every step looks first at what is there, so the whole may be run again after a crash
 * at any point.  Programs are found in the usual folders of root, get an argument vector
 * and no shell, and know the target by an inherited descriptor: `--prefix
 * /proc/self/fd/3`.  No secret is ever among the arguments. */

#define SYSTEM_PATH "/usr/sbin:/usr/bin:/sbin:/bin"
#define PREFIX_FD 3
#define MAX_MESSAGE_BYTES 500

/**
 * moor_making_note:
 * @path: what it is about, within the target
 * @format: what was done instead
 *
 * Tells something that the person who runs this should know.
 */
void
moor_making_note (MoorMaking *making,
                  MoorSeverity severity,
                  MoorCause cause,
                  const char *path,
                  const char *format,
                  ...)
{
  g_autofree char *action = NULL;
  va_list args;

  va_start (args, format);
  action = g_strdup_vprintf (format, args);
  va_end (args);
  if (making->notes != NULL)
    g_ptr_array_add (making->notes,
                     moor_issue_new (severity, cause, path, making->plan->name, 0, action));
}

static char *
find_program (const char *name, GError **error)
{
  g_auto(GStrv) folders = g_strsplit (SYSTEM_PATH, ":", -1);

  for (guint i = 0; folders[i] != NULL; i++)
    {
      g_autofree char *path = g_build_filename (folders[i], name, NULL);

      if (g_file_test (path, G_FILE_TEST_IS_EXECUTABLE))
        return g_steal_pointer (&path);
    }
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
               "The program “%s” is missing; install the package “passwd”", name);
  return NULL;
}

/* Waits for the end of a program and makes its words the error. */
static gboolean
wait_for (GSubprocess *process, const char *name, GError **error)
{
  g_autofree char *words = NULL;

  if (!g_subprocess_communicate_utf8 (process, NULL, NULL, NULL, &words, error))
    return FALSE;
  if (g_subprocess_get_successful (process))
    return TRUE;

  g_strstrip (words);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s failed: %.*s", name, MAX_MESSAGE_BYTES,
               words);
  return FALSE;
}

/* Runs one of the programs about accounts on the target.  @arguments end with NULL. */
gboolean
moor_making_run_program (MoorMaking *making,
                         const char *name,
                         const char *const *arguments,
                         GError **error)
{
  g_autoptr(GSubprocessLauncher) launcher = NULL;
  g_autoptr(GSubprocess) process = NULL;
  g_autoptr(GPtrArray) argv = g_ptr_array_new ();
  g_autofree char *program = find_program (name, error);
  g_autofree char *prefix = g_strdup_printf ("/proc/self/fd/%d", PREFIX_FD);

  if (program == NULL)
    return FALSE;
  launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE
                                        | G_SUBPROCESS_FLAGS_STDERR_PIPE);
  g_subprocess_launcher_set_environ (launcher, NULL);
  g_subprocess_launcher_setenv (launcher, "PATH", SYSTEM_PATH, TRUE);
  g_subprocess_launcher_setenv (launcher, "LC_ALL", "C.UTF-8", TRUE);
  g_ptr_array_add (argv, program);
  if (!moor_system_is_running (making->target))
    {
      int fd = fcntl (moor_system_get_dfd (making->target), F_DUPFD_CLOEXEC, 0);

      if (fd < 0)
        return moor_throw_errno (error, errno, "passing the system's root on");
      g_subprocess_launcher_take_fd (launcher, fd, PREFIX_FD);
      g_ptr_array_add (argv, (gpointer) "--prefix");
      g_ptr_array_add (argv, prefix);
    }
  for (guint i = 0; arguments[i] != NULL; i++)
    g_ptr_array_add (argv, (gpointer) arguments[i]);
  g_ptr_array_add (argv, NULL);

  process = g_subprocess_launcher_spawnv (launcher, (const char *const *) argv->pdata, error);
  return process != NULL && wait_for (process, name, error);
}

static gboolean
make_group (MoorMaking *making, const char *name, const guint32 *gid, GError **error)
{
  g_autofree char *number = gid != NULL ? g_strdup_printf ("%u", *gid) : NULL;
  const char *with_number[] = { "--gid", number, "--", name, NULL };
  const char *const any_number[] = { "--", name, NULL };

  return moor_making_run_program (making, "groupadd", gid != NULL ? with_number : any_number,
                                  error);
}

/* The person's own group: there, with the number that was planned, in both files. */
static gboolean
ensure_own_group (MoorMaking *making, GError **error)
{
  g_autoptr(GPtrArray) groups = moor_records_read_group (making->target, NULL, error);
  g_autofree char *name = moor_account_group_on (making->account, making->plan->name);
  const MoorGroup *group;

  if (groups == NULL)
    return FALSE;
  group = moor_group_find_gid (groups, making->plan->gid);
  if (group != NULL && making->plan->state >= MOOR_ACCOUNT_ABSENT
      && strcmp (group->name, name) != 0)
    return moor_throw (
        error, MOOR_ERROR_REFUSED,
        "Number %u belongs to the group “%s” now, not to “%s” as was planned; run the "
        "command again",
        group->gid, group->name, name);
  if (group != NULL)
    return moor_making_gshadow (making, group->name, error);
  return make_group (making, name, &making->plan->gid, error);
}

static gboolean
has_program (MoorSystem *system, const char *path)
{
  g_auto(MoorSpot) spot = MOOR_SPOT_INIT;
  struct stat st;

  return path[0] == '/' && moor_system_resolve (system, path, &spot, NULL) && spot.fd >= 0
         && fstat (spot.fd, &st) == 0 && S_ISREG (st.st_mode) && (st.st_mode & 0111) != 0;
}

/* The person's shell, or one that the target has. */
static const char *
choose_shell (MoorMaking *making)
{
  static const char *const shells[] = { "/bin/bash", "/bin/sh" };
  const char *wanted = making->account->shell;

  if (wanted[0] == '\0' || has_program (making->target, wanted))
    return wanted;
  for (gsize i = 0; i < G_N_ELEMENTS (shells); i++)
    {
      if (has_program (making->target, shells[i]))
        {
          moor_making_note (
              making, MOOR_SEVERITY_NOTE, MOOR_CAUSE_MISSING, wanted,
              "this shell is not installed there, so the account got %s; install it and "
              "use chsh",
              shells[i]);
          return shells[i];
        }
    }
  return wanted;
}

static gboolean
make_user (MoorMaking *making, GError **error)
{
  const MoorAccountPlan *plan = making->plan;
  g_autofree char *uid = g_strdup_printf ("%u", plan->uid);
  g_autofree char *gid = g_strdup_printf ("%u", plan->gid);
  const char *arguments[] = { "--badname",
                              "--no-create-home",
                              "--no-user-group",
                              "--no-log-init",
                              "--uid",
                              uid,
                              "--gid",
                              gid,
                              "--comment",
                              making->account->gecos,
                              "--home-dir",
                              plan->home,
                              "--shell",
                              choose_shell (making),
                              "--",
                              plan->name,
                              NULL };

  return moor_making_run_program (making, "useradd", arguments, error);
}

static gboolean
ensure_user (MoorMaking *making, GError **error)
{
  g_autoptr(GPtrArray) passwd = moor_records_read_passwd (making->target, NULL, error);
  const MoorAccountPlan *plan = making->plan;
  const MoorPasswd *entry;

  if (passwd == NULL)
    return FALSE;
  entry = moor_passwd_find_name (passwd, plan->name);
  if (entry == NULL)
    return make_user (making, error);
  if (entry->uid == plan->uid)
    return TRUE;
  return moor_throw (
      error, MOOR_ERROR_REFUSED,
      "The account “%s” has number %u now, not %u as was planned; run the command again",
      plan->name, entry->uid, plan->uid);
}

/* A group that the target does not have: people's groups are made, those of the system
 * belong to packages and come with them. */
static gboolean
make_missing_group (MoorMaking *making,
                    GPtrArray *groups,
                    const char *name,
                    guint32 gid,
                    gboolean *out_made,
                    GError **error)
{
  MoorLoginDefs defs;

  moor_records_read_login_defs (making->target, &defs);
  *out_made = gid >= defs.gid_min && gid <= defs.gid_max;
  if (!*out_made)
    {
      moor_making_note (
          making, MOOR_SEVERITY_NOTE, MOOR_CAUSE_MISSING, "/etc/group",
          "there is no group “%s”; install what it belongs to and add the person to it", name);
      return TRUE;
    }
  return make_group (making, name, moor_group_find_gid (groups, gid) == NULL ? &gid : NULL, error);
}

/* Whether gshadow knows the group but not that the person is in it. */
static gboolean
lacks_in_gshadow (const char *gshadow, const char *group, const char *name)
{
  g_autofree char *line = gshadow != NULL ? moor_records_find_line (gshadow, group) : NULL;
  g_auto(GStrv) fields = g_strsplit (line != NULL ? line : "", ":", -1);
  g_auto(GStrv) members = NULL;

  if (g_strv_length (fields) != 4)
    return FALSE;
  members = g_strsplit (fields[3], ",", -1);
  return !g_strv_contains ((const char *const *) members, name);
}

static gboolean
ensure_membership (MoorMaking *making,
                   GPtrArray *groups,
                   const char *gshadow,
                   guint i,
                   GPtrArray *missing,
                   GError **error)
{
  const char *name = making->account->groups[i];
  guint32 gid = g_array_index (making->account->group_ids, guint32, i);
  const MoorGroup *group = moor_group_find_name (groups, name);
  gboolean there = TRUE;

  if (group == NULL && !make_missing_group (making, groups, name, gid, &there, error))
    return FALSE;
  if (there
      && (group == NULL || !moor_group_has_member (group, making->plan->name)
          || lacks_in_gshadow (gshadow, name, making->plan->name)))
    g_ptr_array_add (missing, (gpointer) name);
  return TRUE;
}

static gboolean
ensure_groups (MoorMaking *making, GError **error)
{
  g_autoptr(GPtrArray) groups = moor_records_read_group (making->target, NULL, error);
  g_autofree char *gshadow = moor_system_read_file (making->target, "/etc/gshadow", NULL, NULL);
  g_autoptr(GPtrArray) missing = g_ptr_array_new ();
  g_autofree char *list = NULL;

  if (groups == NULL)
    return FALSE;
  for (guint i = 0; making->account->groups[i] != NULL; i++)
    {
      if (!ensure_membership (making, groups, gshadow, i, missing, error))
        return FALSE;
    }
  if (missing->len == 0)
    return TRUE;

  g_ptr_array_add (missing, NULL);
  list = g_strjoinv (",", (char **) missing->pdata);
  {
    const char *const arguments[] = {
      "--append", "--groups", list, "--", making->plan->name, NULL
    };

    return moor_making_run_program (making, "usermod", arguments, error);
  }
}

/* The programs append "/etc/passwd" to the prefix: a link on the way could lead them out of
 * the target, and into the system that runs us. */
int
moor_making_open_etc (MoorSystem *target, GError **error)
{
  static const char *const names[] = { "passwd", "shadow", "group",     "gshadow",
                                       "subuid", "subgid", "login.defs" };
  g_auto(MoorFd) fd = moor_open_beneath (NULL, moor_system_get_dfd (target), "etc",
                                          O_RDONLY | O_DIRECTORY, error);
  struct stat st;

  if (fd < 0)
    {
      g_prefix_error (error,
                      "Accounts can only be made where “/etc” is a folder of the system itself: ");
      return -1;
    }
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      if (fstatat (fd, names[i], &st, AT_SYMLINK_NOFOLLOW) < 0 || S_ISREG (st.st_mode))
        continue;
      (void) moor_throw (
          error, MOOR_ERROR_REFUSED,
          "Accounts cannot be made here: “/etc/%s” is not a regular file of the system", names[i]);
      return -1;
    }
  return g_steal_fd (&fd);
}

static gboolean
ensure_subuids (MoorMaking *making, GError **error)
{
  return moor_making_ranges (making, "subuid", making->account->subuid, error)
         && moor_making_ranges (making, "subgid", making->account->subgid, error);
}

/**
 * moor_account_apply_with:
 * @sys: the calls to go through when files are written here
 *
 * As moor_account_apply().
 */
gboolean
moor_account_apply_with (const MoorSys *sys,
                         MoorSystem *target,
                         const MoorAccount *account,
                         const MoorAccountPlan *plan,
                         gboolean enable,
                         GPtrArray *out_notes,
                         GCancellable *cancellable,
                         GError **error)
{
  gboolean (*const steps[]) (MoorMaking *, GError **) = { ensure_own_group,   ensure_user,
                                                          moor_making_shadow, ensure_groups,
                                                          ensure_subuids,     moor_making_service };
  g_auto(MoorFd) etc_dfd = -1;
  MoorMaking making = { sys, target, account, plan, enable, out_notes, -1 };

  if (!account->has_account)
    return TRUE;
  if (!moor_account_check (account, error))
    return FALSE;
  etc_dfd = moor_making_open_etc (target, error);
  if (etc_dfd < 0)
    return FALSE;
  making.etc_dfd = etc_dfd;

  for (gsize i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      if (!steps[i](&making, error))
        {
          g_prefix_error (error, "Making the account “%s”: ", plan->name);
          return FALSE;
        }
    }
  return TRUE;
}

/**
 * moor_account_apply:
 * @target: the system that gets the account
 * @account: who it is; nothing is done for a home without account
 * @plan: what moor_account_plan() said
 * @enable: put the old password back, or the one of @plan; otherwise a new account is locked,
 *   with the one of @plan behind the lock
 * @out_notes: (nullable) (element-type MoorIssue): gets what is different from before
 * @cancellable: (nullable): looked at between the steps
 * @error: return location for a #GError
 *
 * Makes the account on @target, or mends what is missing of one that is there; a password,
 * picture or record that @target has of its own is kept and noted.  The home is not made.
 * After a failure or a crash what was made stays, and the same call completes it.
 *
 * Blocks, and runs programs of the package `passwd`; any thread, one at a time for one target.
 *
 * Returns: %FALSE with %MOOR_ERROR_REFUSED when @plan is out of date, or %G_IO_ERROR; the
 *   message of a failed program is in it
 */
gboolean
moor_account_apply (MoorSystem *target,
                    const MoorAccount *account,
                    const MoorAccountPlan *plan,
                    gboolean enable,
                    GPtrArray *out_notes,
                    GCancellable *cancellable,
                    GError **error)
{
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return moor_account_apply_with (moor_sys_posix (), target, account, plan, enable, out_notes,
                                  cancellable, error);
}
