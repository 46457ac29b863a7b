/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-account.h"

#include <string.h>

#include "moor-account-private.h"
#include "moor-error.h"

/* A person's account as a system knows it.
 *
 *   moor-account.c         read it from a system
 *   moor-account-json.c    written down in a store, and read back with suspicion
 *   moor-account-plan.c    what it will be on another system
 *   moor-account-apply.c   made there, by the system's own tools
 *   moor-account-files.c   and what the tools cannot do: the hash, which is a secret,
 *                          the ranges of subordinate numbers, the picture
 *   moor-account-groups.c  the groups of an account that is there
 *   moor-account-password.c  a new password, hashed as the system wants it */

/**
 * moor_account_new:
 *
 * Returns: (transfer full): an empty account, all arrays there
 */
MoorAccount *
moor_account_new (void)
{
  MoorAccount *account = g_new0 (MoorAccount, 1);

  account->groups = g_new0 (char *, 1);
  account->group_ids = g_array_new (FALSE, FALSE, sizeof (guint32));
  account->subuid = g_new0 (char *, 1);
  account->subgid = g_new0 (char *, 1);
  return account;
}

/**
 * moor_account_free:
 * @account: (transfer full) (nullable): what is no longer needed; its hash is wiped from memory
 */
void
moor_account_free (MoorAccount *account)
{
  if (account == NULL)
    return;

  if (account->shadow != NULL)
    explicit_bzero (account->shadow, strlen (account->shadow));
  g_free (account->name);
  g_free (account->gecos);
  g_free (account->home);
  g_free (account->shell);
  g_free (account->group_name);
  g_free (account->shadow);
  g_strfreev (account->groups);
  g_array_unref (account->group_ids);
  g_strfreev (account->subuid);
  g_strfreev (account->subgid);
  g_clear_pointer (&account->service_record, g_bytes_unref);
  g_clear_pointer (&account->picture, g_bytes_unref);
  g_free (account);
}

static gboolean
exists_in (MoorSystem *system, const char *path)
{
  g_auto(MoorSpot) spot = MOOR_SPOT_INIT;

  return moor_system_resolve (system, path, &spot, NULL) && spot.fd >= 0;
}

/* systemd-homed keeps the account inside the home: there is nothing to read here. */
static gboolean
check_not_homed (MoorSystem *system, const char *name, GError **error)
{
  g_autofree char *identity = g_strdup_printf ("/var/lib/systemd/home/%s.identity", name);
  const MoorProfile *profile = moor_system_find_profile (system, name);

  if (!exists_in (system, identity)
      && (profile == NULL || g_strcmp0 (profile->encrypted, "homed") != 0))
    return TRUE;
  return moor_throw (
      error, MOOR_ERROR_REFUSED,
      "“%s” is an account of systemd-homed, which keeps it inside the encrypted home; "
      "move this person with homectl",
      name);
}

/* Whether what cannot be read may be missing: it does not exist, or only root may. */
static gboolean
may_be_missing (GError **error)
{
  if (*error != NULL && !g_error_matches (*error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND)
      && !g_error_matches (*error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED))
    return FALSE;
  g_clear_error (error);
  return TRUE;
}

/* @line with all the fields that a line of shadow has today; NULL if it is none. */
static char *
complete_shadow_line (const char *line, const char *name)
{
  GString *complete = g_string_new (line);
  guint n_fields = 1;

  for (const char *at = line; *at != '\0'; at++)
    n_fields += *at == ':' ? 1 : 0;
  for (; n_fields < MOOR_ACCOUNT_N_SHADOW_FIELDS; n_fields++)
    g_string_append_c (complete, ':');
  return g_string_free (complete, !moor_account_is_shadow_line (complete->str, name));
}

static gboolean
read_shadow (MoorSystem *system, MoorAccount *account, GError **error)
{
  g_autoptr(GError) local_error = NULL;
  gsize n_bytes = 0;
  g_autofree char *text = moor_system_read_file (system, "/etc/shadow", &n_bytes, &local_error);

  if (!may_be_missing (&local_error))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (text != NULL)
    {
      g_autofree char *line = moor_records_find_line (text, account->name);

      account->shadow = line != NULL ? complete_shadow_line (line, account->name) : NULL;
      explicit_bzero (text, n_bytes);
    }
  return TRUE;
}

static gboolean
read_groups (MoorSystem *system, MoorAccount *account, GError **error)
{
  g_autoptr(GError) local_error = NULL;
  g_autoptr(GPtrArray) groups = moor_records_read_group (system, NULL, &local_error);
  g_autoptr(GStrvBuilder) names = g_strv_builder_new ();
  const MoorGroup *own;

  if (!may_be_missing (&local_error))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (groups == NULL)
    return TRUE;

  own = moor_group_find_gid (groups, account->gid);
  account->group_name = own != NULL ? g_strdup (own->name) : NULL;
  for (guint i = 0; i < groups->len; i++)
    {
      const MoorGroup *group = g_ptr_array_index (groups, i);

      if (group == own || !moor_group_has_member (group, account->name))
        continue;
      g_strv_builder_add (names, group->name);
      g_array_append_val (account->group_ids, group->gid);
    }
  g_strfreev (account->groups);
  account->groups = g_strv_builder_end (names);
  return TRUE;
}

static gboolean
read_ranges (MoorSystem *system,
             const char *path,
             const MoorAccount *account,
             char ***ranges,
             GError **error)
{
  g_autoptr(GError) local_error = NULL;
  g_autofree char *text = moor_system_read_file (system, path, NULL, &local_error);

  if (!may_be_missing (&local_error))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (text != NULL)
    {
      g_strfreev (*ranges);
      *ranges = moor_records_find_ranges (text, account->name, account->uid);
    }
  return TRUE;
}

/* Advice only: whatever is wrong with it is no reason to have no account. */
static GBytes *
read_service_file (MoorSystem *system, const char *folder, const char *name)
{
  g_autofree char *path = g_strdup_printf ("/var/lib/AccountsService/%s/%s", folder, name);
  gsize n_bytes = 0;
  char *content = moor_system_read_file (system, path, &n_bytes, NULL);

  return content != NULL ? g_bytes_new_take (content, n_bytes) : NULL;
}

static void
read_service (MoorSystem *system, MoorAccount *account)
{
  g_autofree char *linger = g_strdup_printf ("/var/lib/systemd/linger/%s", account->name);

  account->service_record = read_service_file (system, "users", account->name);
  account->picture = read_service_file (system, "icons", account->name);
  account->linger = exists_in (system, linger);
}

static void
take_entry (MoorAccount *account, const MoorPasswd *entry)
{
  account->has_account = TRUE;
  account->name = g_strdup (entry->name);
  account->uid = entry->uid;
  account->gid = entry->gid;
  account->gecos = g_strdup (entry->gecos);
  account->home = g_strdup (entry->home);
  account->shell = g_strdup (entry->shell);
}

/* The owner of a home that has no account here. */
static MoorAccount *
account_of_profile (MoorSystem *system, const char *name, GError **error)
{
  const MoorProfile *profile = moor_system_find_profile (system, name);
  MoorAccount *account;

  if (profile == NULL)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "The system has no account “%s”", name);
      return NULL;
    }
  account = moor_account_new ();
  account->name = g_strdup (profile->name);
  account->uid = profile->uid;
  account->gid = profile->gid;
  account->gecos = g_strdup ("");
  account->home = g_strdup (profile->home);
  account->shell = g_strdup ("");
  return account;
}

/**
 * moor_account_read:
 * @system: where the person is at home
 * @name: a login name, or the name of a profile without account
 * @error: return location for a #GError
 *
 * Reads everything @system knows about one person.  Without the right to read shadow there
 * is no hash.  Blocks; any thread.
 *
 * Returns: (transfer full): the account; %NULL with %MOOR_ERROR_REFUSED for an account of
 *   systemd-homed, %G_IO_ERROR_NOT_FOUND if there is nobody of that name, or %G_IO_ERROR
 */
MoorAccount *
moor_account_read (MoorSystem *system, const char *name, GError **error)
{
  g_autoptr(GPtrArray) passwd = NULL;
  g_autoptr(MoorAccount) account = NULL;
  const MoorPasswd *entry;

  g_return_val_if_fail (system != NULL && name != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!check_not_homed (system, name, error))
    return NULL;
  passwd = moor_records_read_passwd (system, NULL, error);
  if (passwd == NULL)
    return NULL;
  entry = moor_passwd_find_name (passwd, name);
  if (entry == NULL)
    return account_of_profile (system, name, error);

  account = moor_account_new ();
  take_entry (account, entry);
  if (!read_shadow (system, account, error) || !read_groups (system, account, error)
      || !read_ranges (system, "/etc/subuid", account, &account->subuid, error)
      || !read_ranges (system, "/etc/subgid", account, &account->subgid, error))
    return NULL;
  read_service (system, account);
  return g_steal_pointer (&account);
}
