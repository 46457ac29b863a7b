/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-restore-private.h"

#include <string.h>

#include "moor-group-control.h"

/* Groups that people leave and join because a Config.xml says so: known before anything is
 * changed, and changed when the accounts are there. */

#define FIRST_PERSON 1000
#define NOBODY 65534

typedef struct
{
  const MoorRestore *restore;
  MoorGroupControl control;
  GHashTable *told; /* (element-type utf8): groups of which it was said that they are missing */
} Planner;

/* One person's groups, before and after. */
typedef struct
{
  const char *login;    /* as the Config.xml knows the person */
  gboolean is_migrated; /* is restored */
  char **will;          /* (array zero-terminated=1): without the Config.xml */
  GPtrArray *all;       /* (element-type utf8): these, and those that the person was in */
  GPtrArray *left;      /* (element-type utf8) */
  GPtrArray *joined;    /* (element-type utf8) (owned) */
} Membership;

static void
membership_clear (Membership *membership)
{
  g_clear_pointer (&membership->will, g_strfreev);
  g_clear_pointer (&membership->all, g_ptr_array_unref);
  g_clear_pointer (&membership->left, g_ptr_array_unref);
  g_clear_pointer (&membership->joined, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Membership, membership_clear)

void
moor_regrouped_free (MoorRegrouped *person)
{
  g_free (person->name);
  g_strfreev (person->groups);
  g_free (person);
}

static gboolean
has_name (GPtrArray *names, const char *name)
{
  return g_ptr_array_find_with_equal_func (names, name, g_str_equal, NULL);
}

static void
tell_missing (const Planner *planner, const char *group)
{
  g_autofree char *action = NULL;

  if (!g_hash_table_add (planner->told, g_strdup (group)))
    return;
  action = g_strdup_printf ("there is no group “%s” here, so nobody is moved to it; make it with "
                            "groupadd and restore again",
                            group);
  moor_job_issue (planner->restore->job, MOOR_SEVERITY_WARNING, MOOR_CAUSE_MISSING, "/etc/group",
                  NULL, 0, action);
}

/* What becomes of one group of a person; @group is NULL for who is in none. */
static void
follow (const Planner *planner, Membership *membership, const char *group)
{
  const MoorConfigGroupChange *change = moor_group_control_find (
      &planner->control, membership->login, membership->is_migrated, group);
  g_autofree char *to = NULL;

  if (change == NULL)
    return;
  to = moor_group_control_resolve (change->to, planner->restore->system,
                                   (const char *const *) membership->will);
  if (to == NULL)
    {
      tell_missing (planner, change->to);
      return;
    }
  if (group != NULL && g_str_equal (group, to))
    return;
  if (group != NULL)
    g_ptr_array_add (membership->left, (gpointer) group);
  if (!has_name (membership->joined, to))
    g_ptr_array_add (membership->joined, g_steal_pointer (&to));
}

/* The groups in the end; NULL if nothing changes. */
static char **
regroup (const Planner *planner, Membership *membership)
{
  g_autoptr(GStrvBuilder) groups = g_strv_builder_new ();

  membership->left = g_ptr_array_new ();
  membership->joined = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < membership->all->len; i++)
    follow (planner, membership, g_ptr_array_index (membership->all, i));
  if (membership->all->len == 0)
    follow (planner, membership, NULL);
  if (membership->left->len == 0 && membership->joined->len == 0)
    return NULL;

  for (char **group = membership->will; *group != NULL; group++)
    {
      if (!has_name (membership->left, *group) && !has_name (membership->joined, *group))
        g_strv_builder_add (groups, *group);
    }
  for (guint i = 0; i < membership->joined->len; i++)
    g_strv_builder_add (groups, g_ptr_array_index (membership->joined, i));
  return g_strv_builder_end (groups);
}

static void
add_all (GPtrArray *names, char **more)
{
  for (; *more != NULL; more++)
    {
      if (!has_name (names, *more))
        g_ptr_array_add (names, *more);
    }
}

static gboolean
plan_person (const Planner *planner, MoorRestoring *person, GError **error)
{
  const MoorRestoreOptions *options = planner->restore->options;
  const gboolean applies = options->create_accounts || options->enable_accounts;
  g_auto(Membership) membership = { .login = person->profile->name, .is_migrated = TRUE };

  membership.will = moor_account_plan_groups (
      planner->restore->system, applies ? person->account : NULL, person->target_name, error);
  if (membership.will == NULL)
    return FALSE;
  membership.all = g_ptr_array_new ();
  add_all (membership.all, membership.will);
  add_all (membership.all, person->account->groups);
  person->groups = regroup (planner, &membership);
  person->changes_groups = person->groups != NULL;
  if (!person->changes_groups)
    person->groups = g_strdupv (membership.will);
  for (guint i = 0; i < membership.left->len; i++)
    {
      /* The name may stand in the very array that gets shorter. */
      g_autofree char *group = g_strdup (g_ptr_array_index (membership.left, i));

      moor_account_leave_group (person->account, group);
    }
  return TRUE;
}

static gboolean
is_restored (const MoorRestore *restore, const char *name)
{
  for (guint i = 0; i < restore->people->len; i++)
    {
      const MoorRestoring *person = g_ptr_array_index (restore->people, i);

      if (g_str_equal (person->target_name, name))
        return TRUE;
    }
  return FALSE;
}

/* People only: the accounts of the system itself keep their groups whatever a file says. */
static gboolean
is_other_person (const MoorRestore *restore, const MoorProfile *profile)
{
  return profile->state != MOOR_PROFILE_NO_ACCOUNT && profile->uid >= FIRST_PERSON
         && profile->uid != NOBODY && !is_restored (restore, profile->name);
}

static gboolean
plan_others (const Planner *planner, GError **error)
{
  GPtrArray *profiles = moor_system_get_profiles (planner->restore->system);

  for (guint i = 0; i < profiles->len; i++)
    {
      const MoorProfile *profile = g_ptr_array_index (profiles, i);
      g_auto(Membership) membership = { .login = profile->name };
      MoorRegrouped *other;
      char **groups;

      if (!is_other_person (planner->restore, profile))
        continue;
      membership.will = moor_account_plan_groups (planner->restore->system, NULL, profile->name,
                                                  error);
      if (membership.will == NULL)
        return FALSE;
      membership.all = g_ptr_array_new ();
      add_all (membership.all, membership.will);
      groups = regroup (planner, &membership);
      if (groups == NULL)
        continue;
      other = g_new0 (MoorRegrouped, 1);
      other->name = g_strdup (profile->name);
      other->groups = groups;
      g_ptr_array_add (planner->restore->others, other);
    }
  return TRUE;
}

/* Groups are power: who may not give it does not get to say who has it. */
static gboolean
may_change (const MoorRestore *restore)
{
  const char *why = NULL;

  if (!restore->options->rules->trusted)
    why = "others can have written the Config.xml";
  else if (geteuid () != 0)
    why = "only root can do that";
  else if (moor_store_get_owner (restore->store) != 0)
    why = "an ordinary user made the store";
  if (why != NULL)
    moor_job_log (restore->job, MOOR_LOG_WARNING,
                  "Nobody changes groups as <ProfileControl> says: %s", why);
  return why == NULL;
}

static gboolean
plan (Planner *planner, GError **error)
{
  const MoorRestore *restore = planner->restore;
  const char *here = moor_system_get_host_name (restore->system);
  g_auto(MoorStoreInfo) info = { 0 };

  if (!moor_store_get_info (restore->store, &info, error))
    return FALSE;
  if (info.host_name != NULL)
    g_ptr_array_add (planner->control.computers, g_strdup (info.host_name));
  if (here != NULL)
    g_ptr_array_add (planner->control.computers, g_strdup (here));
  for (guint i = 0; i < restore->people->len; i++)
    {
      MoorRestoring *person = g_ptr_array_index (restore->people, i);

      if (person->has_plan && !plan_person (planner, person, error))
        return FALSE;
    }
  return plan_others (planner, error);
}

/**
 * moor_restore_plan_groups:
 *
 * Finds out who leaves and joins which groups because the Config.xml says so.  What a person
 * leaves does not come along with the account either.  A restore of some paths only changes no
 * groups.  Blocks.  Any thread.
 *
 * Returns: %FALSE with %G_IO_ERROR
 */
gboolean
moor_restore_plan_groups (const MoorRestore *restore, GError **error)
{
  const MoorRuleSource *source = restore->options->rules;
  g_autoptr(GPtrArray) computers = NULL;
  g_autoptr(GHashTable) told = NULL;
  Planner planner = { .restore = restore };

  if (source == NULL || source->config == NULL || source->config->group_changes->len == 0
      || restore->options->paths != NULL || !may_change (restore))
    return TRUE;
  computers = g_ptr_array_new_with_free_func (g_free);
  told = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  planner.control = (MoorGroupControl){ source->config, computers };
  planner.told = told;
  return plan (&planner, error);
}

static gboolean
set_groups (const MoorRestore *restore, const char *name, char **groups, GError **error)
{
  g_auto(GStrv) before = moor_account_plan_groups (restore->system, NULL, name, error);
  g_autofree char *old_list = before != NULL ? g_strjoinv (", ", before) : NULL;
  g_autofree char *new_list = g_strjoinv (", ", groups);

  if (before == NULL
      || !moor_account_set_groups (restore->system, name, (const char *const *) groups, error))
    {
      g_prefix_error (error, "the groups of “%s”: ", name);
      return FALSE;
    }
  moor_job_log (restore->job, MOOR_LOG_INFO,
                "As the Config.xml says, the groups of %s are now: %s (before: %s)", name,
                new_list[0] != '\0' ? new_list : "none", old_list[0] != '\0' ? old_list : "none");
  return TRUE;
}

/**
 * moor_restore_apply_groups:
 *
 * Does what moor_restore_plan_groups() found out; the accounts are there.  May be repeated.
 * Blocks.  Any thread.
 *
 * Returns: %FALSE with %MOOR_ERROR_REFUSED or %G_IO_ERROR
 */
gboolean
moor_restore_apply_groups (const MoorRestore *restore, GError **error)
{
  for (guint i = 0; i < restore->people->len; i++)
    {
      const MoorRestoring *person = g_ptr_array_index (restore->people, i);

      if (person->changes_groups
          && !set_groups (restore, person->target_name, person->groups, error))
        return FALSE;
    }
  for (guint i = 0; i < restore->others->len; i++)
    {
      const MoorRegrouped *other = g_ptr_array_index (restore->others, i);

      if (!set_groups (restore, other->name, other->groups, error))
        return FALSE;
    }
  return TRUE;
}
