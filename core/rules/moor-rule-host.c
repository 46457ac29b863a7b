/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-rule-host.h"

static GHashTable *
table_new (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}

static void
user_free (gpointer data)
{
  MoorRuleUser *user = data;

  g_free (user->name);
  g_free (user->domain);
  g_free (user->home);
  g_clear_pointer (&user->variables, g_hash_table_unref);
  g_clear_pointer (&user->source_variables, g_hash_table_unref);
  g_free (user);
}

static void
drive_free (gpointer data)
{
  MoorRuleDrive *drive = data;

  g_free (drive->path);
  g_free (drive);
}

/**
 * moor_rule_host_new:
 * @style: the system is Windows or Linux
 * @root_dfd: the top of the system, -1 if nothing may be looked at; stays the caller's and has to
 *   stay open while rules are evaluated
 *
 * Begins to describe a system that rules are to be held against: nobody takes part yet, there
 * is no drive and no variable.  Any thread, one at a time.
 *
 * Returns: (transfer full): never %NULL
 */
MoorRuleHost *
moor_rule_host_new (MoorPathStyle style, int root_dfd)
{
  MoorRuleHost *host = g_new0 (MoorRuleHost, 1);

  host->style = style;
  host->sys = moor_sys_posix ();
  host->root_dfd = root_dfd;
  host->users = g_ptr_array_new_with_free_func (user_free);
  host->all_homes = g_ptr_array_new_with_free_func (g_free);
  host->drives = g_ptr_array_new_with_free_func (drive_free);
  host->variables = table_new ();
  return host;
}

/**
 * moor_rule_host_free:
 * @host: (nullable) (transfer full): no evaluation uses it any more
 *
 * Frees everything that @host owns; descriptors are not its own.
 */
void
moor_rule_host_free (MoorRuleHost *host)
{
  if (host == NULL)
    return;

  g_clear_pointer (&host->drive_map, g_hash_table_unref);
  g_ptr_array_unref (host->users);
  g_ptr_array_unref (host->all_homes);
  g_ptr_array_unref (host->drives);
  g_hash_table_unref (host->variables);
  g_clear_pointer (&host->source_variables, g_hash_table_unref);
  g_free (host->os_version);
  g_free (host);
}

/**
 * moor_rule_host_add_user:
 * @name: login name
 * @home: (type filename): canonical path within the system
 *
 * Lets a person take part.  Domain, descriptor of the home and variables are for the caller to
 * set.  Any thread, one at a time.
 *
 * Returns: (transfer none): lives as long as @host
 */
MoorRuleUser *
moor_rule_host_add_user (MoorRuleHost *host, const char *name, const char *home)
{
  MoorRuleUser *user;

  g_return_val_if_fail (host != NULL && name != NULL && home != NULL, NULL);

  user = g_new0 (MoorRuleUser, 1);
  user->name = g_strdup (name);
  user->home = g_strdup (home);
  user->home_dfd = -1;
  user->variables = table_new ();
  g_ptr_array_add (host->users, user);
  if (!g_ptr_array_find_with_equal_func (host->all_homes, home, g_str_equal, NULL))
    g_ptr_array_add (host->all_homes, g_strdup (home));
  return user;
}

/**
 * moor_rule_host_add_drive:
 * @path: (type filename): canonical: "" for the root of a Linux system, "/data", "/C:"
 *
 * Tells of one more drive.  Any thread, one at a time.
 */
void
moor_rule_host_add_drive (MoorRuleHost *host, MoorDriveType type, const char *path)
{
  MoorRuleDrive *drive;

  g_return_if_fail (host != NULL && path != NULL);

  drive = g_new0 (MoorRuleDrive, 1);
  drive->type = type;
  drive->path = g_strdup (path);
  g_ptr_array_add (host->drives, drive);
}

static void
set_variable (GHashTable *variables, const char *name, const char *value)
{
  g_hash_table_replace (variables, g_ascii_strup (name, -1), g_strdup (value));
}

/**
 * moor_rule_host_set_variable:
 * @name: without percent signs, capitals or not
 * @value: (type filename): may be empty
 *
 * Sets a variable that everybody knows.  Any thread, one at a time.
 */
void
moor_rule_host_set_variable (MoorRuleHost *host, const char *name, const char *value)
{
  g_return_if_fail (host != NULL && name != NULL && value != NULL);

  set_variable (host->variables, name, value);
}

/**
 * moor_rule_user_set_variable:
 * @name: without percent signs, capitals or not
 * @value: (type filename): may be empty
 *
 * Sets a variable that User context knows; it goes before one of the host's of the same name.
 * Any thread, one at a time.
 */
void
moor_rule_user_set_variable (MoorRuleUser *user, const char *name, const char *value)
{
  g_return_if_fail (user != NULL && name != NULL && value != NULL);

  set_variable (user->variables, name, value);
}
