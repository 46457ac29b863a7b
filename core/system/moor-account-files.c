/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-account-private.h"

#include <string.h>

#include "moor-edit-private.h"
#include "moor-error.h"

#define SECONDS_PER_DAY 86400
#define SERVICE_DIR "/var/lib/AccountsService"
#define LINGER_DIR "/var/lib/systemd/linger"

/* @line as it is for the person under the name on the target. */
static char *
renamed_line (const char *line, const char *name)
{
  return g_strconcat (name, strchr (line, ':'), NULL);
}

/* @text with the line about @name replaced by @line, or with @line at its end. */
static char *
put_line (const char *text, const char *name, const char *line)
{
  g_auto(GStrv) lines = g_strsplit (text, "\n", -1);
  gsize length = strlen (name);
  gboolean put = FALSE;
  GString *result = g_string_new (NULL);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      gboolean is_it = strncmp (lines[i], name, length) == 0 && lines[i][length] == ':';

      if (lines[i][0] == '\0' && lines[i + 1] == NULL)
        break;
      if (is_it && put)
        continue;
      g_string_append_printf (result, "%s\n", is_it ? line : lines[i]);
      put = put || is_it;
    }
  if (!put)
    g_string_append_printf (result, "%s\n", line);
  return g_string_free (result, FALSE);
}

/* What shadow says about one person before and after. */
typedef struct
{
  MoorMaking *making;
  gboolean kept; /* there is a password already that is not the old one */
} ShadowEdit;

/* What useradd leaves, and what an account without any password has. */
static gboolean
has_no_password (const char *line)
{
  const char *hash = strchr (line, ':') + 1;
  gsize length = strcspn (hash, ":");

  return length > 0 && strspn (hash, "!*") >= length;
}

/* A new line of shadow, of somebody whose password was set today; `!` locks. */
static char *
new_line (const char *name, gboolean locked, const char *hash)
{
  return g_strdup_printf ("%s:%s%s:%" G_GINT64_FORMAT ":0:99999:7:::", name, locked ? "!" : "",
                          hash != NULL ? hash : "",
                          g_get_real_time () / G_USEC_PER_SEC / SECONDS_PER_DAY);
}

static char *
edit_shadow (const char *text, gpointer user_data)
{
  ShadowEdit *edit = user_data;
  const MoorMaking *making = edit->making;
  const char *name = making->plan->name;
  g_autofree char *line = moor_records_find_line (text, name);
  g_autofree char *wanted = NULL;

  if (making->plan->password != NULL)
    wanted = new_line (name, !making->enable, making->plan->password);
  else if (making->enable && making->account->shadow != NULL)
    wanted = renamed_line (making->account->shadow, name);
  if (line != NULL && (wanted == NULL || strcmp (line, wanted) == 0))
    return NULL;
  if (line != NULL && !has_no_password (line))
    {
      edit->kept = TRUE;
      return NULL;
    }
  if (wanted == NULL)
    wanted = new_line (name, TRUE, NULL);
  return put_line (text, name, wanted);
}

/**
 * moor_making_shadow:
 *
 * Gives the account its line in shadow: the old one, or one with the plan's password, when it is
 * to be enabled, otherwise a locked one.  A password that the account has there already is kept,
 * and noted.  The hash goes from file to file and nowhere else.  May be repeated.
 *
 * Returns: %FALSE with %G_IO_ERROR
 */
gboolean
moor_making_shadow (MoorMaking *making, GError **error)
{
  ShadowEdit edit = { making, FALSE };

  if (!moor_edit_file (making->sys, making->etc_dfd, "shadow", edit_shadow, &edit, error))
    return FALSE;
  if (edit.kept)
    moor_making_note (making, MOOR_SEVERITY_NOTE, MOOR_CAUSE_COLLISION, "/etc/shadow",
                      "the account has a password there already, which was kept");
  if (making->enable && making->account->shadow == NULL && making->plan->password == NULL)
    moor_making_note (
        making, MOOR_SEVERITY_WARNING, MOOR_CAUSE_MISSING, "/etc/shadow",
        "the store holds no password for this account: it stays locked; set one with passwd");
  return TRUE;
}

static char *
edit_gshadow (const char *text, gpointer user_data)
{
  const char *group = user_data;
  g_autofree char *line = moor_records_find_line (text, group);
  g_autofree char *wanted = g_strdup_printf ("%s:!::", group);

  return line == NULL ? put_line (text, group, wanted) : NULL;
}

/**
 * moor_making_gshadow:
 * @group: a group that exists
 *
 * Gives @group its line in gshadow if a crash came between both files; systems without
 * gshadow have none.  May be repeated.
 *
 * Returns: %FALSE with %G_IO_ERROR
 */
gboolean
moor_making_gshadow (MoorMaking *making, const char *group, GError **error)
{
  g_autoptr(GError) local_error = NULL;

  if (moor_edit_file (making->sys, making->etc_dfd, "gshadow", edit_gshadow, (gpointer) group,
                      &local_error)
      || g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

typedef struct
{
  const MoorMaking *making;
  char **ranges;
  char *in_the_way; /* (owned): who has one of them */
} RangesEdit;

static gboolean
overlaps (const char *range, char **ranges)
{
  guint64 start = 0;
  guint64 count = 0;

  if (!moor_account_is_range (range, &start, &count))
    return FALSE;
  for (guint i = 0; ranges[i] != NULL; i++)
    {
      guint64 other_start = 0;
      guint64 other_count = 0;

      if (moor_account_is_range (ranges[i], &other_start, &other_count)
          && start < other_start + other_count && other_start < start + count)
        return TRUE;
    }
  return FALSE;
}

/* The old ranges instead of the ones useradd gave, unless somebody else has them now. */
static char *
edit_ranges (const char *text, gpointer user_data)
{
  RangesEdit *edit = user_data;
  const char *name = edit->making->plan->name;
  g_autofree char *number = g_strdup_printf ("%u", edit->making->plan->uid);
  g_auto(GStrv) lines = g_strsplit (text, "\n", -1);
  g_autoptr(GString) result = g_string_new (NULL);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      const char *colon = strchr (lines[i], ':');
      g_autofree char *owner = g_strndup (lines[i], colon != NULL ? (gsize) (colon - lines[i]) : 0);

      if (lines[i][0] == '\0'
          || (colon != NULL && (strcmp (owner, name) == 0 || strcmp (owner, number) == 0)))
        continue;
      if (colon != NULL && overlaps (colon + 1, edit->ranges))
        {
          edit->in_the_way = g_steal_pointer (&owner);
          return NULL;
        }
      g_string_append_printf (result, "%s\n", lines[i]);
    }
  for (guint i = 0; edit->ranges[i] != NULL; i++)
    g_string_append_printf (result, "%s:%s\n", name, edit->ranges[i]);
  return strcmp (result->str, text) != 0 ? g_string_free (g_steal_pointer (&result), FALSE) : NULL;
}

/**
 * moor_making_ranges:
 * @file: `subuid` or `subgid`
 * @ranges: (array zero-terminated=1): what the person had; containers in the home have
 *   files with these numbers
 *
 * Puts the old ranges back in place of those that useradd gave.  If somebody else has one of
 * them now the new ones are kept, and that is noted.  May be repeated.
 *
 * Returns: %FALSE with %G_IO_ERROR
 */
gboolean
moor_making_ranges (MoorMaking *making, const char *file, char **ranges, GError **error)
{
  g_autofree char *path = g_strconcat ("/etc/", file, NULL);
  g_autoptr(GBytes) nothing = g_bytes_new (NULL, 0);
  RangesEdit edit = { making, ranges, NULL };
  gboolean other;

  if (ranges[0] == NULL)
    return TRUE;
  if (!moor_edit_create (making->sys, making->etc_dfd, file, nothing, 0644, &other, error)
      || !moor_edit_file (making->sys, making->etc_dfd, file, edit_ranges, &edit, error))
    return FALSE;
  if (edit.in_the_way != NULL)
    moor_making_note (making, MOOR_SEVERITY_WARNING, MOOR_CAUSE_ID_TAKEN, path,
                      "the range %s belongs to %s there; containers in this home may need “podman "
                      "system migrate”",
                      ranges[0], edit.in_the_way);
  g_free (edit.in_the_way);
  return TRUE;
}

/* Opens a folder below /var/lib, making what is missing of it. */
static int
open_state_dir (MoorMaking *making, const char *path, mode_t mode, GError **error)
{
  g_autofree char *parent_path = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  g_autoptr(GError) local_error = NULL;
  g_auto(MoorFd) parent = -1;
  int fd = moor_system_open_dir (making->target, path, &local_error);

  if (fd >= 0 || !g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    {
      if (fd < 0)
        g_propagate_error (error, g_steal_pointer (&local_error));
      return fd;
    }
  if (strcmp (parent_path, "/") == 0)
    parent = fcntl (moor_system_get_dfd (making->target), F_DUPFD_CLOEXEC, 0);
  else
    parent = open_state_dir (making, parent_path, 0755, error);
  if (parent < 0)
    return -1;
  if (making->sys->mkdirat (parent, name, mode) < 0 && errno != EEXIST)
    {
      (void) moor_throw_errno (error, errno, "making “%s”", path);
      return -1;
    }
  return moor_system_open_dir (making->target, path, error);
}

static gboolean
create_state_file (MoorMaking *making,
                   const char *folder,
                   mode_t folder_mode,
                   GBytes *content,
                   mode_t mode,
                   GError **error)
{
  g_auto(MoorFd) dfd = open_state_dir (making, folder, folder_mode, error);
  g_autofree char *path = g_build_filename (folder, making->plan->name, NULL);
  gboolean other = FALSE;

  if (dfd < 0
      || !moor_edit_create (making->sys, dfd, making->plan->name, content, mode, &other, error))
    return FALSE;
  if (other)
    moor_making_note (making, MOOR_SEVERITY_NOTE, MOOR_CAUSE_COLLISION, path,
                      "the system has one of its own, which was kept");
  return TRUE;
}

/* The record names the picture by a path that has the login name in it. */
static GBytes *
renamed_record (const MoorMaking *making)
{
  g_autofree char *old_icon = g_strdup_printf (SERVICE_DIR "/icons/%s", making->account->name);
  g_autofree char *new_icon = g_strdup_printf (SERVICE_DIR "/icons/%s", making->plan->name);
  g_autoptr(GKeyFile) record = g_key_file_new ();
  g_autofree char *icon = NULL;
  gsize n_bytes = 0;
  char *text;

  if (!g_key_file_load_from_bytes (record, making->account->service_record,
                                   G_KEY_FILE_KEEP_COMMENTS, NULL))
    return NULL;
  icon = g_key_file_get_string (record, "User", "Icon", NULL);
  if (g_strcmp0 (icon, old_icon) != 0 || strcmp (old_icon, new_icon) == 0)
    return g_bytes_ref (making->account->service_record);

  g_key_file_set_string (record, "User", "Icon", new_icon);
  text = g_key_file_to_data (record, &n_bytes, NULL);
  return g_bytes_new_take (text, n_bytes);
}

/**
 * moor_making_service:
 *
 * Puts AccountsService's record and picture back, and the wish to have processes without
 * being logged in.  What the system has of its own is kept, and noted.  May be repeated.
 *
 * Returns: %FALSE with %G_IO_ERROR
 */
gboolean
moor_making_service (MoorMaking *making, GError **error)
{
  const MoorAccount *account = making->account;
  g_autoptr(GBytes) record = account->service_record != NULL ? renamed_record (making) : NULL;
  g_autoptr(GBytes) nothing = g_bytes_new (NULL, 0);

  if (account->picture != NULL
      && !create_state_file (making, SERVICE_DIR "/icons", 0775, account->picture, 0644, error))
    return FALSE;
  if (record != NULL
      && !create_state_file (making, SERVICE_DIR "/users", 0700, record, 0600, error))
    return FALSE;
  return !account->linger || create_state_file (making, LINGER_DIR, 0755, nothing, 0644, error);
}
