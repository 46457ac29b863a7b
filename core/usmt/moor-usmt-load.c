/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-usmt-run-private.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "moor-account.h"
#include "moor-ruling.h"
#include "moor-text.h"

/* loadstate. */

/* The store in @store_path: its folder USMT, or what is a store itself; NULL
 * without one. */
char *
moor_usmt_find_store (const char *store_path)
{
  g_autofree char *inner = g_build_filename (store_path, "USMT", NULL);

  if (moor_store_exists (inner))
    return g_steal_pointer (&inner);
  return moor_store_exists (store_path) ? g_strdup (store_path) : NULL;
}

/* No store: because there is none, or because we may not look. */
gboolean
moor_usmt_throw_no_store (const MoorUsmtRun *run, GError **error)
{
  g_autofree char *marker = g_build_filename (run->store_path, "USMT", MOOR_STORE_MARKER, NULL);

  if (access (marker, R_OK) < 0 && errno == EACCES)
    return moor_usmt_throw (error, MOOR_USMT_ERROR_INSUFFICIENT_RIGHTS,
                            "The store at %s belongs to somebody else; run this as root (sudo)",
                            run->store_path);
  return moor_usmt_throw (error, MOOR_USMT_INVALID_STORE_LOCATION, "There is no store at %s",
                          run->store_path);
}

static gboolean
find_store (MoorUsmtRun *run, GError **error)
{
  g_autofree char *foreign = g_build_filename (run->store, "USMT.MIG", NULL);
  g_autofree char *found = moor_usmt_find_store (run->store_path);
  gboolean is_foreign = g_file_test (foreign, G_FILE_TEST_EXISTS);

  if (moor_usmt_has (run->command, MOOR_USMT_DECRYPT))
    return is_foreign
               ? moor_usmt_throw (error, MOOR_USMT_ERROR_NO_INVALID_KEY,
                                  "%s is a compressed store of USMT: Mooring cannot decrypt it",
                                  run->store)
               : moor_usmt_throw (error, MOOR_USMT_ERROR_CORRUPTED_NOTENCRYPTED_STORE,
                                  "Mooring's stores are not encrypted: leave out /decrypt");
  if (is_foreign)
    return moor_usmt_throw (error, MOOR_USMT_ERROR_CORRUPTED_NOTENCRYPTED_STORE,
                            "%s is a compressed store of USMT, which Mooring cannot read",
                            run->store);
  if (found == NULL)
    return moor_usmt_throw_no_store (run, error);
  g_free (run->store);
  run->store = g_steal_pointer (&found);
  if (!moor_usmt_has (run->command, MOOR_USMT_NOCOMPRESS))
    moor_usmt_log (run, MOOR_LOG_INFO, "Taken for /nocompress: the store is not compressed");
  return TRUE;
}

/* What scanstate wrote down of when people used the computer; NULL if it was not
 * scanstate that made the store. */
static JsonObject *
load_usage (MoorStore *store)
{
  g_autofree char *text = moor_store_dup_meta (store, "usmt:users", NULL);
  g_autoptr(JsonNode) node = text != NULL ? json_from_string (text, NULL) : NULL;

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_dup_object (node) : NULL;
}

static void
take_usage (MoorUsmtUser *user, JsonObject *usage)
{
  JsonNode *node = usage != NULL ? json_object_get_member (usage, user->login) : NULL;
  JsonObject *person = node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node)
                                                                     : NULL;

  if (person == NULL)
    return;
  user->last_used_us = json_object_get_int_member_with_default (person, "last-used-us", 0);
  user->is_logged_on = json_object_get_boolean_member_with_default (person, "logged-on", FALSE);
}

/* What rules took outside people's homes is nobody's. */
static gboolean
is_person (const MoorStoredProfile *profile)
{
  return profile->name[0] != ':';
}

static gboolean
add_users (MoorUsmtRun *run, MoorStore *store, GError **error)
{
  g_autoptr(GPtrArray) profiles = moor_store_load_profiles (store, error);
  g_auto(MoorStoreInfo) info = { 0 };
  g_autoptr(JsonObject) usage = load_usage (store);

  if (profiles == NULL || !moor_store_get_info (store, &info, error))
    return FALSE;
  if (usage == NULL && moor_usmt_has (run->command, MOOR_USMT_UEL))
    return moor_usmt_throw (error, MOOR_USMT_INVALID_PARAMETERS,
                            "/uel: this store does not say when people used the computer, because "
                            "scanstate did not make it");
  for (guint i = 0; i < profiles->len; i++)
    {
      const MoorStoredProfile *profile = g_ptr_array_index (profiles, i);
      MoorUsmtUser *user;

      if (!is_person (profile))
        continue;
      user = moor_usmt_user_new (profile->name, info.host_name != NULL ? info.host_name : "",
                                 profile->uid);
      user->has_account = profile->has_account;
      user->by_default = user->can_be_taken = TRUE;
      user->n_bytes = profile->n_bytes;
      take_usage (user, usage);
      g_ptr_array_add (run->users, user);
    }
  /* In the options about people a computer's name is that of the old computer. */
  g_free (run->paths->computer);
  run->paths->computer = g_strdup (info.host_name != NULL ? info.host_name : run->computer);
  return TRUE;
}

static const char *
find_new_name (GPtrArray *map, const char *login)
{
  gsize length = strlen (login);

  for (guint i = 0; i < map->len; i++)
    {
      const char *entry = g_ptr_array_index (map, i);

      if (strncmp (entry, login, length) == 0 && entry[length] == ':')
        return entry + length + 1;
    }
  return login;
}

static gboolean
has_account (MoorUsmtCourse *course, const char *login)
{
  g_autoptr(MoorAccount) account = moor_account_read (course->system, login, NULL);

  return account != NULL && account->has_account;
}

/* 14 is told before anything is changed. */
static gboolean
check_accounts (MoorUsmtCourse *course, GPtrArray *map, GError **error)
{
  g_autoptr(GString) missing = g_string_new (NULL);

  if (moor_usmt_has (course->run->command, MOOR_USMT_LAC))
    return TRUE;
  for (guint i = 0; i < course->run->users->len; i++)
    {
      const MoorUsmtUser *user = g_ptr_array_index (course->run->users, i);
      const char *login = find_new_name (map, user->login);

      if (user->chosen && user->has_account && !has_account (course, login))
        g_string_append_printf (missing, "%s%s", missing->len > 0 ? ", " : "", login);
    }
  if (missing->len == 0)
    return TRUE;
  return moor_usmt_throw (error, MOOR_USMT_ERROR_USE_LAC,
                          "There is no account on %s for %s; say /lac, or leave them out with /ue",
                          course->run->computer, missing->str);
}

static gboolean
map_users (MoorUsmtCourse *course, GPtrArray *map, GError **error)
{
  MoorUsmtRun *run = course->run;
  g_autoptr(GPtrArray) unused = g_ptr_array_new_with_free_func (g_free);

  if (!moor_usmt_choose_users (run->command, run->paths, run->users, g_get_real_time (), error)
      || !moor_usmt_map_users (run->command, run->paths, run->computer, run->users, map, unused,
                               error))
    return FALSE;
  for (guint i = 0; i < unused->len; i++)
    moor_usmt_log (run, MOOR_LOG_WARNING, "%s is about nobody in this store",
                   (const char *) g_ptr_array_index (unused, i));
  return TRUE;
}

static void
tell_users (MoorUsmtRun *run)
{
  MoorUsmtNotice system = { .kind = MOOR_USMT_NOTICE_SYSTEM };
  MoorUsmtNotice size = { .kind = MOOR_USMT_NOTICE_SIZE };

  for (guint i = 0; i < run->users->len; i++)
    {
      const MoorUsmtUser *user = g_ptr_array_index (run->users, i);

      size.n_bytes += user->chosen ? user->n_bytes : 0;
    }
  moor_usmt_tell (run, &system);
  moor_usmt_tell (run, &size);
}

static void
tell_notes (MoorUsmtRun *run)
{
  const MoorUsmtCommand *command = run->command;

  if (moor_usmt_has (command, MOOR_USMT_LAE) && moor_usmt_value (command, MOOR_USMT_LAC) == NULL)
    moor_usmt_log (run, MOOR_LOG_INFO,
                   "/lac says no password: accounts that are made get the one they had");
  if (run->rule_files->len == 0 && !moor_usmt_has (command, MOOR_USMT_RULES_FROM_STORE))
    moor_usmt_log (run, MOOR_LOG_INFO,
                   "Without /i no rule moves or merges anything; --rules-from-store takes the "
                   "rules that are kept in the store");
}

/* From here on only hashes are known.  Accounts that are there are none of /lac's business,
 * but for those that a run which was cut off may have half made. */
static gboolean
add_passwords (MoorUsmtCourse *course, GPtrArray *map, JsonObject *request, GError **error)
{
  MoorUsmtRun *run = course->run;
  g_autoptr(JsonArray) passwords = json_array_new ();
  const char *password = moor_usmt_value (run->command, MOOR_USMT_LAC);

  for (guint i = 0; password != NULL && i < run->users->len; i++)
    {
      const MoorUsmtUser *user = g_ptr_array_index (run->users, i);
      const char *login = find_new_name (map, user->login);
      g_autoptr(GError) problem = NULL;
      g_autofree char *hash = NULL;
      g_autofree char *entry = NULL;

      if (!user->chosen || !user->has_account || (has_account (course, login) && !course->goes_on))
        continue;
      hash = moor_account_hash_password (course->system, password, &problem);
      if (hash == NULL)
        {
          moor_usmt_rethrow (error, MOOR_USMT_INVALID_PARAMETERS, g_steal_pointer (&problem));
          return FALSE;
        }
      entry = g_strdup_printf ("%s:%s", login, hash);
      json_array_add_string_element (passwords, entry);
    }
  moor_usmt_command_forget_secrets (run->command);
  json_object_set_array_member (request, "passwords", g_steal_pointer (&passwords));
  return TRUE;
}

/* Differences are errors of single files; they were told one by one. */
static gboolean
judge (MoorUsmtCourse *course, GError *problem, GError **error)
{
  MoorUsmtRun *run = course->run;

  const gboolean may_pass = moor_usmt_has (run->command, MOOR_USMT_CONTINUE)
                            || (course->errors != NULL && run->n_errors > 0);

  if (course->stopped || !may_pass
      || !g_error_matches (problem, MOOR_ERROR, MOOR_ERROR_DIFFERENCES))
    {
      g_propagate_error (error, problem);
      return FALSE;
    }
  moor_usmt_log (run, MOOR_LOG_WARNING, "%s", problem->message);
  run->n_errors = MAX (run->n_errors, 1);
  g_error_free (problem);
  return TRUE;
}

/* What /config says of errors; it was read before and is in order. */
static gboolean
control_errors (MoorUsmtCourse *course, GError **error)
{
  const MoorUsmtRun *run = course->run;
  g_auto(MoorRuleSource) source = MOOR_RULE_SOURCE_INIT;
  g_autoptr(MoorRuleHost) host = NULL;
  g_auto(GStrv) drives = moor_usmt_list_drives (run);
  const MoorHostOptions options = { .drives = (const char *const *) drives };

  if (run->config == NULL)
    return TRUE;
  if (!moor_rule_source_set_config (&source, run->config, error))
    return FALSE;
  host = moor_host_new (course->system, &options, error);
  if (host == NULL)
    return FALSE;
  course->errors = moor_error_control_new (source.config, host);
  course->let_pass = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return TRUE;
}

static gboolean
restore (MoorUsmtCourse *course, GPtrArray *map, GError **error)
{
  const MoorUsmtRun *run = course->run;
  g_autoptr(JsonObject) request = moor_usmt_request (course, "restore");
  g_autoptr(JsonArray) names = json_array_new ();
  g_autoptr(GError) problem = NULL;

  if (!add_passwords (course, map, request, error))
    return FALSE;

  for (guint i = 0; i < map->len; i++)
    json_array_add_string_element (names, g_ptr_array_index (map, i));
  json_object_set_array_member (request, "map", g_steal_pointer (&names));
  json_object_set_boolean_member (request, "create-accounts",
                                  moor_usmt_has (run->command, MOOR_USMT_LAC));
  json_object_set_boolean_member (request, "enable-accounts",
                                  moor_usmt_has (run->command, MOOR_USMT_LAE));
  json_object_set_boolean_member (request, "rules-from-store",
                                  moor_usmt_has (run->command, MOOR_USMT_RULES_FROM_STORE));
  if (moor_usmt_do (course, request, NULL, &problem))
    return TRUE;
  return judge (course, g_steal_pointer (&problem), error);
}

gboolean
moor_usmt_load (MoorUsmtCourse *course, GError **error)
{
  MoorUsmtRun *run = course->run;
  g_autoptr(MoorStore) store = NULL;
  g_autoptr(GPtrArray) map = g_ptr_array_new_with_free_func (g_free);

  if (!find_store (run, error))
    return FALSE;
  store = moor_store_open (run->store, FALSE, error);
  if (store == NULL)
    return FALSE;
  if (moor_store_get_state (store) == MOOR_STORE_CAPTURING)
    return moor_usmt_throw (error, MOOR_USMT_INVALID_STORE_LOCATION,
                            "The store at %s is incomplete: its capture has not come to an end",
                            run->store);
  course->goes_on = moor_store_get_state (store) == MOOR_STORE_RESTORING;
  if (!add_users (run, store, error) || !map_users (course, map, error))
    return FALSE;
  tell_users (run);
  moor_usmt_enter (course, "Scanning");
  tell_notes (run);
  g_clear_pointer (&store, moor_store_unref);
  return check_accounts (course, map, error) && control_errors (course, error)
         && restore (course, map, error);
}
