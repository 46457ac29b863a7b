/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-restore-private.h"

#include <string.h>

#include "moor-text.h"

/* Who is restored, and as whom. */

static void
restoring_free (MoorRestoring *person)
{
  g_clear_pointer (&person->known, g_hash_table_unref);
  g_clear_pointer (&person->incoming, g_ptr_array_unref);
  g_clear_pointer (&person->fates, g_hash_table_unref);
  g_clear_pointer (&person->account, moor_account_free);
  if (person->has_plan)
    moor_account_plan_clear (&person->plan);
  g_strfreev (person->groups);
  g_free (person->target_name);
  g_free (person->target_home);
  g_free (person);
}

/* The new login name that --map gives somebody. */
static char *
mapped_name (const MoorRestoreOptions *options, const char *name)
{
  gsize length = strlen (name);

  for (const char *const *at = options->map; at != NULL && *at != NULL; at++)
    {
      if (strncmp (*at, name, length) == 0 && (*at)[length] == ':' && (*at)[length + 1] != '\0')
        return g_strdup (*at + length + 1);
    }
  return g_strdup (name);
}

/**
 * moor_restore_check_map:
 * @stored: (element-type MoorStoredProfile): everybody in the store
 *
 * Returns: %FALSE with %MOOR_ERROR_USAGE if `--map` makes no sense.  Any thread.
 */
gboolean
moor_restore_check_map (const MoorRestoreOptions *options, GPtrArray *stored, GError **error)
{
  for (const char *const *at = options->map; at != NULL && *at != NULL; at++)
    {
      g_auto(GStrv) names = g_strsplit (*at, ":", 2);
      gboolean known = FALSE;

      if (names[0] == NULL || names[1] == NULL || !moor_name_is_valid (names[1]))
        return moor_throw (error, MOOR_ERROR_USAGE, "“%s” is not of the form OLD:NEW", *at);
      for (guint i = 0; i < stored->len; i++)
        known = known
                || g_str_equal (((MoorStoredProfile *) g_ptr_array_index (stored, i))->name,
                                names[0]);
      if (!known)
        return moor_throw (error, MOOR_ERROR_USAGE, "there is nobody called “%s” in this store",
                           names[0]);
    }
  return TRUE;
}

static MoorAccount *
load_account (MoorStore *store, const MoorStoredProfile *profile, GError **error)
{
  g_autofree char *file = g_strconcat (profile->name, ".json", NULL);
  g_autoptr(GBytes) bytes = moor_store_read_file (store, "accounts", file, error);

  return bytes != NULL ? moor_account_from_bytes (bytes, error) : NULL;
}

/* What a store of an ordinary user says about accounts is not even looked at:
 * groups and password are what the system says, and so is the home. */
static void
take_home_of_system (const MoorRestore *restore, MoorRestoring *person)
{
  const MoorProfile *known = moor_system_find_profile (restore->system, person->target_name);

  if (known == NULL)
    return;
  g_free (person->target_home);
  person->target_home = g_strdup (known->home);
}

/* What becomes of one person on the target. */
static MoorRestoring *
plan_person (const MoorRestore *restore, MoorStoredProfile *profile, GError **error)
{
  MoorRestoring *person = g_new0 (MoorRestoring, 1);

  person->profile = profile;
  person->how = "";
  person->target_name = mapped_name (restore->options, profile->name);
  person->target_home = g_strdup (profile->home);
  person->ids = (MoorIdMap){ profile->uid, profile->uid, profile->gid, profile->gid };
  if (moor_store_get_owner (restore->store) != 0)
    {
      take_home_of_system (restore, person);
      return person;
    }
  if (!profile->has_account)
    return person;

  person->account = load_account (restore->store, profile, error);
  person->has_plan = person->account != NULL
                     && moor_account_plan (restore->system, person->account, person->target_name,
                                           &person->plan, error);
  if (!person->has_plan)
    {
      restoring_free (person);
      return NULL;
    }
  g_free (person->target_home);
  person->target_home = g_strdup (person->plan.home);
  person->ids.new_uid = person->plan.uid;
  person->ids.new_gid = person->plan.gid;
  person->makes_account = person->plan.state == MOOR_ACCOUNT_ABSENT
                          || person->plan.state == MOOR_ACCOUNT_ABSENT_ID_TAKEN;
  return person;
}

/* A store that an ordinary user made is hostile input to root: it can give its
 * owner's files back to its owner, and nothing else. */
static gboolean
check_owner (const MoorRestore *restore, const MoorRestoring *person, GError **error)
{
  guint32 owner = moor_store_get_owner (restore->store);
  const MoorProfile *known = moor_system_find_profile (restore->system, person->target_name);

  if (owner == 0)
    return TRUE;
  if (person->profile->uid != owner || person->has_plan || known == NULL || known->uid != owner
      || g_strcmp0 (known->home, person->target_home) != 0)
    return moor_throw (
        error, MOOR_ERROR_REFUSED,
        "the store at %s belongs to an ordinary user (%u); it gives files back to that "
        "user's own home only, and makes no accounts",
        moor_store_get_path (restore->store), owner);
  return TRUE;
}

static gboolean
check_permission (const MoorRestore *restore, const MoorRestoring *person, GError **error)
{
  if (geteuid () == 0 || person->ids.new_uid == geteuid ())
    return TRUE;
  return moor_throw (error, MOOR_ERROR_NOT_PERMITTED,
                     "the files of “%s” are for somebody else; run this as root (sudo)",
                     person->target_name);
}

static void
report_plan (const MoorRestore *restore, const MoorRestoring *person)
{
  if (person->ids.old_uid == person->ids.new_uid && person->ids.old_gid == person->ids.new_gid)
    return;
  moor_job_issue (restore->job, MOOR_SEVERITY_NOTE, MOOR_CAUSE_ID_TAKEN, person->target_home,
                  person->target_name, 0, "the files get the new numbers");
  moor_job_log (
      restore->job, MOOR_LOG_WARNING,
      "%s had the numbers %u:%u and gets %u:%u here%s%s; the store's files change owner with "
      "them, they are the same files",
      person->target_name, person->ids.old_uid, person->ids.old_gid, person->ids.new_uid,
      person->ids.new_gid, person->plan.taken_by != NULL ? ": the old one belongs to " : "",
      person->plan.taken_by != NULL ? person->plan.taken_by : "");
}

/* Whether somebody in the store is restored, or is no person at all. */
static gboolean
is_wanted (const MoorRestore *restore, const MoorStoredProfile *profile)
{
  const MoorSelection *selection = &restore->options->selection;

  if (g_str_equal (profile->name, MOOR_SYSTEM_PROFILE)
      || !moor_selection_matches (selection, profile->name))
    return FALSE;
  return selection->users != NULL || geteuid () == 0 || profile->uid == geteuid ();
}

static gboolean
throw_missing (const char *names, GError **error)
{
  return moor_throw (error, MOOR_ERROR_REFUSED,
                     "there is no account on this system for %s; say --create-accounts (locked), "
                     "--enable-accounts (with the old password), or --map OLD:NEW",
                     names);
}

/**
 * moor_restore_plan_people:
 * @stored: (element-type MoorStoredProfile): everybody in the store; outlives what is returned
 *
 * Blocks.  Any thread.
 *
 * Returns: (transfer full) (element-type MoorRestoring): who is restored; %NULL with
 *   %MOOR_ERROR_REFUSED, %MOOR_ERROR_NOT_PERMITTED or %G_IO_ERROR
 */
GPtrArray *
moor_restore_plan_people (const MoorRestore *restore, GPtrArray *stored, GError **error)
{
  g_autoptr(GPtrArray) people = g_ptr_array_new_with_free_func ((GDestroyNotify) restoring_free);
  g_autoptr(GString) missing = g_string_new (NULL);

  /* Nobody who needs a new number gets one that somebody else comes with. */
  for (guint i = 0; i < stored->len; i++)
    {
      const MoorStoredProfile *profile = g_ptr_array_index (stored, i);

      if (!g_str_equal (profile->name, MOOR_SYSTEM_PROFILE))
        moor_system_reserve_ids (restore->system, profile->name, profile->uid, profile->gid);
    }
  for (guint i = 0; i < stored->len; i++)
    {
      MoorStoredProfile *profile = g_ptr_array_index (stored, i);
      MoorRestoring *person;

      if (!is_wanted (restore, profile))
        continue;
      person = plan_person (restore, profile, error);
      if (person == NULL)
        return NULL;
      g_ptr_array_add (people, person);
      if (!check_owner (restore, person, error) || !check_permission (restore, person, error))
        return NULL;
      if (person->makes_account && !restore->options->create_accounts
          && !restore->options->enable_accounts)
        g_string_append_printf (missing, "%s%s", missing->len > 0 ? ", " : "", person->target_name);
      report_plan (restore, person);
    }
  if (missing->len > 0 && !throw_missing (missing->str, error))
    return NULL;
  return g_steal_pointer (&people);
}

/**
 * moor_restore_plan_systems:
 * @stored: (element-type MoorStoredProfile): everybody in the store; outlives what is returned
 *
 * Only root can put anything into a system, and only from a store of root.  Any thread.
 *
 * Returns: (transfer full) (element-type MoorRestoring): the pseudo people of @stored that
 *   are restored: with the people, unless they are excluded by name
 */
GPtrArray *
moor_restore_plan_systems (const MoorRestore *restore, GPtrArray *stored)
{
  const MoorSelection *selection = &restore->options->selection;
  const char *const *excluded = selection->excluded_users;
  GPtrArray *systems = g_ptr_array_new_with_free_func ((GDestroyNotify) restoring_free);

  for (guint i = 0; i < stored->len; i++)
    {
      MoorStoredProfile *profile = g_ptr_array_index (stored, i);
      MoorRestoring *system;

      if (!g_str_equal (profile->name, MOOR_SYSTEM_PROFILE)
          || (excluded != NULL && g_strv_contains (excluded, MOOR_SYSTEM_PROFILE)))
        continue;
      if (geteuid () != 0 || moor_store_get_owner (restore->store) != 0)
        {
          moor_job_issue (restore->job, MOOR_SEVERITY_WARNING, MOOR_CAUSE_PERMISSION, profile->home,
                          MOOR_SYSTEM_PROFILE, 0,
                          "left out: only root can restore it, from a store that root made");
          continue;
        }
      system = g_new0 (MoorRestoring, 1);
      system->profile = profile;
      system->how = "";
      system->is_system = TRUE;
      system->target_name = g_strdup (MOOR_SYSTEM_PROFILE);
      system->target_home = g_strdup (profile->home);
      g_ptr_array_add (systems, system);
    }
  return systems;
}

/**
 * moor_restore_check_parts:
 * @people: (element-type MoorRestoring)
 *
 * Returns: %FALSE with %MOOR_ERROR_REFUSED if the files of one of them are not within
 *   reach.  Any thread.
 */
gboolean
moor_restore_check_parts (const MoorRestore *restore, GPtrArray *people, GError **error)
{
  for (guint i = 0; i < people->len; i++)
    {
      const MoorRestoring *person = g_ptr_array_index (people, i);
      const MoorPart *part = moor_store_get_part (restore->store, person->profile->part);

      if (part == NULL || part->dfd < 0)
        return moor_throw (
            error, MOOR_ERROR_REFUSED,
            "the part of the store that holds “%s” is on the volume %s, which is not "
            "mounted; mount it and run this again, or leave that person out",
            person->profile->name, part != NULL ? part->volume_name : "?");
    }
  return TRUE;
}

/* Whose accounts were being made, with new passwords, when a restore was cut off: names,
 * with slashes between them. */
#define MAKING_ACCOUNTS "making-accounts"

static char *
find_password (const MoorRestoreOptions *options, const char *name)
{
  gsize length = strlen (name);

  for (const char *const *at = options->passwords; *at != NULL; at++)
    {
      if (strncmp (*at, name, length) == 0 && (*at)[length] == ':')
        return g_strdup (*at + length + 1);
    }
  return NULL;
}

/**
 * moor_restore_give_passwords:
 * @people: (element-type MoorRestoring): gets the new passwords of those whose accounts are made
 *
 * An account that is there keeps what it has, unless it is one that a restore which was cut
 * off has half made.  Blocks.  Any thread.
 *
 * Returns: %FALSE with %MOOR_ERROR_USAGE for what is no hash, or %G_IO_ERROR
 */
gboolean
moor_restore_give_passwords (const MoorRestore *restore, GPtrArray *people, GError **error)
{
  g_autofree char *begun = moor_store_dup_meta (restore->store, MAKING_ACCOUNTS, NULL);
  g_auto(GStrv) half_made = g_strsplit (begun != NULL ? begun : "", "/", -1);
  g_autoptr(GString) making = g_string_new (NULL);

  if (restore->options->passwords == NULL)
    return TRUE;
  for (guint i = 0; i < people->len; i++)
    {
      MoorRestoring *person = g_ptr_array_index (people, i);

      if (!person->has_plan
          || (!person->makes_account
              && !g_strv_contains ((const char *const *) half_made, person->target_name)))
        continue;
      g_free (person->plan.password);
      person->plan.password = find_password (restore->options, person->target_name);
      if (person->plan.password == NULL)
        continue;
      if (!moor_account_is_password_hash (person->plan.password))
        return moor_throw (error, MOOR_ERROR_USAGE, "the new password of “%s” is no hash",
                           person->target_name);
      g_string_append_printf (making, "%s/", person->target_name);
    }
  return moor_store_set_meta (restore->store, MAKING_ACCOUNTS, making->str, error);
}

/**
 * moor_restore_passwords_given:
 *
 * To be called when the accounts are there: from now on they keep what they have.
 *
 * Returns: %FALSE with %G_IO_ERROR
 */
gboolean
moor_restore_passwords_given (const MoorRestore *restore, GError **error)
{
  return moor_store_set_meta (restore->store, MAKING_ACCOUNTS, NULL, error);
}
