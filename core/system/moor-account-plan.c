/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-account-private.h"

#include <string.h>

#include "moor-error.h"
#include "moor-lock.h"

/* What is known of the target while one account is planned. */
typedef struct
{
  MoorSystem *target;
  MoorLoginDefs defs;
  GPtrArray *passwd; /* (element-type MoorPasswd) (owned) */
  GPtrArray *groups; /* (element-type MoorGroup) (owned) */
  const char *name;  /* the login name there */
} Planner;

static void
planner_clear (Planner *planner)
{
  g_clear_pointer (&planner->passwd, g_ptr_array_unref);
  g_clear_pointer (&planner->groups, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Planner, planner_clear)

/**
 * moor_account_plan_clear:
 * @plan: what is no longer needed
 */
void
moor_account_plan_clear (MoorAccountPlan *plan)
{
  g_clear_pointer (&plan->name, g_free);
  g_clear_pointer (&plan->home, g_free);
  g_clear_pointer (&plan->taken_by, g_free);
  g_clear_pointer (&plan->password, g_free);
}

/**
 * moor_account_group_on:
 * @name: the login name on the target
 *
 * Returns: (transfer full): what the person's own group is called where the person is
 *   called @name: a group of one's own is called as oneself
 */
char *
moor_account_group_on (const MoorAccount *account, const char *name)
{
  if (account->group_name == NULL || strcmp (account->group_name, account->name) == 0)
    return g_strdup (name);
  return g_strdup (account->group_name);
}

/* Who else was promised user number @uid, or NULL. */
static char *
promised_uid (const Planner *planner, guint32 uid)
{
  char *promised = NULL;
  GHashTableIter iter;
  gpointer name;
  gpointer ids;

  moor_lock (&planner->target->lock);
  g_hash_table_iter_init (&iter, planner->target->reserved);
  while (promised == NULL && g_hash_table_iter_next (&iter, &name, &ids))
    {
      if (strcmp (name, planner->name) != 0 && ((const MoorIds *) ids)->uid == uid)
        promised = g_strdup (name);
    }
  moor_unlock (&planner->target->lock);
  return promised;
}

/* Whether group number @gid was promised to somebody else; @group is what the group shall be
 * called, or NULL for a number that must be nobody's.  People may share a group. */
static gboolean
is_promised_gid (const Planner *planner, guint32 gid, const char *group)
{
  gboolean promised = FALSE;
  GHashTableIter iter;
  gpointer name;
  gpointer value;

  moor_lock (&planner->target->lock);
  g_hash_table_iter_init (&iter, planner->target->reserved);
  while (!promised && g_hash_table_iter_next (&iter, &name, &value))
    {
      const MoorIds *ids = value;

      promised = strcmp (name, planner->name) != 0 && ids->gid == gid
                 && (group == NULL || (ids->group != NULL && strcmp (ids->group, group) != 0));
    }
  moor_unlock (&planner->target->lock);
  return promised;
}

/* Whether a home of the target belongs to the number, account or not. */
static gboolean
owns_home (const Planner *planner, guint32 uid)
{
  GPtrArray *profiles = moor_system_get_profiles (planner->target);

  for (guint i = 0; i < profiles->len; i++)
    {
      const MoorProfile *profile = g_ptr_array_index (profiles, i);

      if (profile->uid == uid)
        return TRUE;
    }
  return FALSE;
}

static gboolean
is_free_uid (const Planner *planner, guint32 uid)
{
  g_autofree char *promised = promised_uid (planner, uid);

  return promised == NULL && moor_passwd_find_uid (planner->passwd, uid) == NULL
         && !owns_home (planner, uid);
}

static gboolean
is_free_gid (const Planner *planner, guint32 gid)
{
  return moor_group_find_gid (planner->groups, gid) == NULL
         && !is_promised_gid (planner, gid, NULL);
}

static gboolean
throw_no_id (const char *what, guint32 min, guint32 max, GError **error)
{
  return moor_throw (
      error, MOOR_ERROR_REFUSED,
      "No %s number is left between %u and %u, the limits in the system's login.defs", what, min,
      max);
}

/* Takes the lowest number that is free, rather one that is free as a group too. */
static gboolean
pick_uid (const Planner *planner, gboolean as_group, guint32 *out_uid, GError **error)
{
  for (guint round = as_group ? 0 : 1; round < 2; round++)
    {
      for (guint32 id = planner->defs.uid_min; id <= planner->defs.uid_max; id++)
        {
          if (is_free_uid (planner, id) && (round == 1 || is_free_gid (planner, id)))
            {
              *out_uid = id;
              return TRUE;
            }
        }
    }
  return throw_no_id ("user", planner->defs.uid_min, planner->defs.uid_max, error);
}

static gboolean
pick_gid (const Planner *planner, guint32 like_uid, guint32 *out_gid, GError **error)
{
  if (like_uid >= planner->defs.gid_min && is_free_gid (planner, like_uid))
    {
      *out_gid = like_uid;
      return TRUE;
    }
  for (guint32 id = planner->defs.gid_min; id <= planner->defs.gid_max; id++)
    {
      if (is_free_gid (planner, id))
        {
          *out_gid = id;
          return TRUE;
        }
    }
  return throw_no_id ("group", planner->defs.gid_min, planner->defs.gid_max, error);
}

static void
plan_existing (const MoorAccount *account, const MoorPasswd *entry, MoorAccountPlan *plan)
{
  plan->state = entry->uid == account->uid && entry->gid == account->gid ? MOOR_ACCOUNT_SAME
                                                                         : MOOR_ACCOUNT_OTHER_ID;
  plan->uid = entry->uid;
  plan->gid = entry->gid;
  plan->home = g_strdup (entry->home);
}

/* Under another login name the home is called after it, if it was before. */
static char *
home_on (const MoorAccount *account, const char *name)
{
  g_autofree char *base = g_path_get_basename (account->home);
  g_autofree char *dir = g_path_get_dirname (account->home);

  if (strcmp (base, account->name) != 0)
    return g_strdup (account->home);
  return g_build_filename (dir, name, NULL);
}

/* Who has the user number of @account on the target, or was promised it; NULL if nobody. */
static char *
uid_taker (const Planner *planner, guint32 uid)
{
  const MoorPasswd *taker = moor_passwd_find_uid (planner->passwd, uid);

  return taker != NULL ? g_strdup (taker->name) : promised_uid (planner, uid);
}

static gboolean
plan_absent (Planner *planner, const MoorAccount *account, MoorAccountPlan *plan, GError **error)
{
  g_autofree char *group_name = moor_account_group_on (account, planner->name);
  const MoorGroup *group = moor_group_find_name (planner->groups, group_name);
  const MoorGroup *gid_taker = moor_group_find_gid (planner->groups, account->gid);
  gboolean new_gid = group == NULL
                     && (gid_taker != NULL || is_promised_gid (planner, account->gid, group_name));

  plan->uid = account->uid;
  plan->gid = group != NULL ? group->gid : account->gid;
  plan->taken_by = uid_taker (planner, account->uid);
  if (plan->taken_by != NULL && !pick_uid (planner, new_gid, &plan->uid, error))
    return FALSE;
  if (plan->taken_by == NULL && new_gid && gid_taker != NULL)
    plan->taken_by = g_strdup (gid_taker->name);
  if (new_gid && !pick_gid (planner, plan->uid, &plan->gid, error))
    return FALSE;

  plan->home = home_on (account, planner->name);
  plan->state = plan->uid == account->uid && plan->gid == account->gid
                    ? MOOR_ACCOUNT_ABSENT
                    : MOOR_ACCOUNT_ABSENT_ID_TAKEN;
  moor_system_promise_ids (planner->target, plan->name, plan->uid, plan->gid, group_name);
  return TRUE;
}

/* A home without account goes back by number.  Nothing is made, so nothing is picked:
 * whoever has that number there is named. */
static void
plan_homeless (const Planner *planner, const MoorAccount *account, MoorAccountPlan *plan)
{
  const MoorPasswd *taker = moor_passwd_find_uid (planner->passwd, account->uid);

  plan->state = MOOR_ACCOUNT_ABSENT;
  plan->uid = account->uid;
  plan->gid = account->gid;
  plan->home = home_on (account, planner->name);
  if (taker != NULL && account->uid >= planner->defs.uid_min)
    {
      plan->state = MOOR_ACCOUNT_ABSENT_ID_TAKEN;
      plan->taken_by = g_strdup (taker->name);
    }
}

static gboolean
check_name (const MoorAccount *account, const char *name, GError **error)
{
  if (strcmp (name, account->name) == 0 || moor_records_name_is_valid (name))
    return TRUE;
  return moor_throw (error, MOOR_ERROR_USAGE, "“%s” cannot be a login name", name);
}

/**
 * moor_account_plan:
 * @target: the system that @account comes to
 * @account: who comes
 * @new_name: (nullable): another login name there; %NULL for the same
 * @out_plan: (out): what the account will be; initialise with zero
 * @error: return location for a #GError
 *
 * Compares @account with what @target has and changes nothing.  Numbers are kept where they
 * are free; otherwise new ones are picked, which nobody has, nobody's home belongs to, and
 * nobody was promised (moor_system_reserve_ids()), and are promised to this account.  For
 * %MOOR_ACCOUNT_ABSENT_ID_TAKEN `taken_by` names who has the old uid there, or else the group
 * that has the old gid.  A home without account keeps its numbers in any case.
 *
 * Blocks.  Any thread.
 *
 * Returns: %FALSE with %MOOR_ERROR_USAGE for an impossible @new_name, %MOOR_ERROR_REFUSED if
 *   no number is left, or %G_IO_ERROR if @target's files cannot be read
 */
gboolean
moor_account_plan (MoorSystem *target,
                   const MoorAccount *account,
                   const char *new_name,
                   MoorAccountPlan *out_plan,
                   GError **error)
{
  g_auto(Planner)
              planner = { .target = target, .name = new_name != NULL ? new_name : account->name };
  g_auto(MoorAccountPlan) plan = { 0 };
  const MoorPasswd *entry;

  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!check_name (account, planner.name, error))
    return FALSE;
  planner.passwd = moor_records_read_passwd (target, NULL, error);
  if (planner.passwd == NULL)
    return FALSE;
  planner.groups = moor_records_read_group (target, NULL, error);
  if (planner.groups == NULL)
    return FALSE;
  moor_records_read_login_defs (target, &planner.defs);

  plan.name = g_strdup (planner.name);
  entry = moor_passwd_find_name (planner.passwd, planner.name);
  if (entry != NULL)
    plan_existing (account, entry, &plan);
  else if (!account->has_account)
    plan_homeless (&planner, account, &plan);
  else if (!plan_absent (&planner, account, &plan, error))
    return FALSE;

  *out_plan = plan;
  plan = (MoorAccountPlan){ 0 };
  return TRUE;
}
