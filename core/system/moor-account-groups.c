/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-account-private.h"

#include <string.h>

#include "moor-error.h"

/* Which groups people belong to, beside their own. */

static gboolean
would_be_made (const MoorLoginDefs *defs, guint32 gid)
{
  return gid >= defs->gid_min && gid <= defs->gid_max;
}

static gboolean
has_name (GPtrArray *names, const char *name)
{
  return g_ptr_array_find_with_equal_func (names, name, g_str_equal, NULL);
}

/**
 * moor_account_plan_groups:
 * @account: (nullable): whose groups come along; %NULL if none do
 * @name: the login name on @target
 * @error: return location for a #GError
 *
 * Changes nothing.  Blocks.  Any thread.
 *
 * Returns: (transfer full) (array zero-terminated=1): the groups, beside the own one, in which
 *   the person will be after moor_account_apply(), or is without @account; %NULL with
 *   %G_IO_ERROR
 */
char **
moor_account_plan_groups (MoorSystem *target,
                          const MoorAccount *account,
                          const char *name,
                          GError **error)
{
  g_autoptr(GPtrArray) groups = moor_records_read_group (target, NULL, error);
  g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  MoorLoginDefs defs;

  if (groups == NULL)
    return NULL;
  moor_records_read_login_defs (target, &defs);
  for (guint i = 0; i < groups->len; i++)
    {
      const MoorGroup *group = g_ptr_array_index (groups, i);

      if (moor_group_has_member (group, name) && !has_name (names, group->name))
        g_ptr_array_add (names, g_strdup (group->name));
    }
  for (guint i = 0; account != NULL && account->groups[i] != NULL; i++)
    {
      const char *group = account->groups[i];

      if (!has_name (names, group)
          && (moor_group_find_name (groups, group) != NULL
              || would_be_made (&defs, g_array_index (account->group_ids, guint32, i))))
        g_ptr_array_add (names, g_strdup (group));
    }
  g_ptr_array_add (names, NULL);
  return (char **) g_ptr_array_steal (names, NULL);
}

/**
 * moor_account_has_group:
 *
 * Returns: whether @target has a group called @group.  Blocks.  Any thread.
 */
gboolean
moor_account_has_group (MoorSystem *target, const char *group)
{
  g_autoptr(GPtrArray) groups = moor_records_read_group (target, NULL, NULL);

  return groups != NULL && moor_group_find_name (groups, group) != NULL;
}

/**
 * moor_account_leave_group:
 * @name: one of the groups of @account, or any other name
 *
 * Lets the person come without that group.
 */
void
moor_account_leave_group (MoorAccount *account, const char *name)
{
  guint n_kept = 0;

  for (guint i = 0; account->groups[i] != NULL; i++)
    {
      if (g_str_equal (account->groups[i], name))
        {
          g_free (account->groups[i]);
          continue;
        }
      account->groups[n_kept] = account->groups[i];
      g_array_index (account->group_ids, guint32, n_kept) = g_array_index (account->group_ids,
                                                                           guint32, i);
      n_kept++;
    }
  account->groups[n_kept] = NULL;
  g_array_set_size (account->group_ids, n_kept);
}

static gboolean
check_groups (GPtrArray *groups, const char *const *wanted, GError **error)
{
  for (; *wanted != NULL; wanted++)
    {
      if (!moor_records_name_is_valid (*wanted) || moor_group_find_name (groups, *wanted) == NULL)
        return moor_throw (error, MOOR_ERROR_REFUSED, "There is no group “%s” now", *wanted);
    }
  return TRUE;
}

static gboolean
is_in_exactly (GPtrArray *groups, const char *name, const char *const *wanted)
{
  for (guint i = 0; i < groups->len; i++)
    {
      const MoorGroup *group = g_ptr_array_index (groups, i);

      if (moor_group_has_member (group, name) != g_strv_contains (wanted, group->name))
        return FALSE;
    }
  return TRUE;
}

/**
 * moor_account_set_groups:
 * @name: the login name of an account that @target has
 * @wanted: (array zero-terminated=1): the groups, beside the own one, in which the person is
 *   to be from now on; all of them are there
 * @error: return location for a #GError
 *
 * Changes who belongs to which group, with usermod.  May be repeated.  Blocks; any thread, one
 * at a time for one target.
 *
 * Returns: %FALSE with %MOOR_ERROR_REFUSED if a group is missing, or %G_IO_ERROR
 */
gboolean
moor_account_set_groups (MoorSystem *target,
                         const char *name,
                         const char *const *wanted,
                         GError **error)
{
  g_autoptr(GPtrArray) groups = moor_records_read_group (target, NULL, error);
  g_autofree char *list = g_strjoinv (",", (char **) wanted);
  const char *const arguments[] = { "--groups", list, "--", name, NULL };
  MoorAccountPlan plan = { .name = (char *) name };
  MoorMaking making = { .target = target, .plan = &plan, .etc_dfd = -1 };
  g_auto(MoorFd) etc_dfd = -1;

  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (groups == NULL)
    return FALSE;
  if (!moor_records_name_is_valid (name))
    return moor_throw (error, MOOR_ERROR_REFUSED, "“%s” cannot be a login name", name);
  if (!check_groups (groups, wanted, error))
    return FALSE;
  if (is_in_exactly (groups, name, wanted))
    return TRUE;
  etc_dfd = moor_making_open_etc (target, error);
  return etc_dfd >= 0 && moor_making_run_program (&making, "usermod", arguments, error);
}
