/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-usmt-run-private.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "moor-fd.h"
#include "moor-text.h"

/* scanstate. */

#define FIRST_PERSON 1000
#define NOBODY 65534

static gboolean
is_generous (void)
{
  return g_strcmp0 (g_getenv ("MIG_FAIL_ON_PROFILE_ERROR"), "0") == 0
         || g_strcmp0 (g_getenv ("MIG_IGNORE_PROFILE_MISSING"), "1") == 0;
}

static gboolean
is_out_of_reach (const MoorProfile *profile)
{
  return profile->state == MOOR_PROFILE_VOLUME_MISSING || profile->state == MOOR_PROFILE_UNREADABLE;
}

/* Whose home is out of reach is nobody's choice, but is not passed over either. */
static void
add_user (MoorUsmtRun *run, const MoorProfile *profile)
{
  MoorUsmtUser *user = moor_usmt_user_new (profile->name, run->computer, profile->uid);

  user->has_account = profile->state != MOOR_PROFILE_NO_ACCOUNT;
  user->last_used_us = profile->last_used_ns / 1000;
  user->is_logged_on = profile->in_use;
  user->by_default = profile->selected_by_default;
  user->can_be_taken = profile->state != MOOR_PROFILE_NO_HOME;
  user->is_encrypted = profile->encrypted != NULL;
  if (is_out_of_reach (profile))
    {
      user->by_default = profile->uid >= FIRST_PERSON && profile->uid != NOBODY;
      user->problem = g_strdup (profile->problem != NULL ? profile->problem
                                                         : "the home cannot be opened");
    }
  g_ptr_array_add (run->users, user);
}

/* Without privileges only the own profile takes part; that is told. */
static void
leave_others_out (MoorUsmtRun *run)
{
  guint n_left = 0;

  for (guint i = 0; geteuid () != 0 && i < run->users->len; i++)
    {
      MoorUsmtUser *user = g_ptr_array_index (run->users, i);

      if (user->uid == geteuid () || !user->can_be_taken)
        continue;
      user->can_be_taken = FALSE;
      n_left += user->by_default ? 1 : 0;
    }
  if (n_left > 0)
    moor_usmt_log (run, MOOR_LOG_WARNING,
                   "Not run as root: the profiles of %u other people are left out", n_left);
}

/* USMT leaves such profiles out; here nobody shall miss them when all else is wiped. */
static void
tell_ownerless (MoorUsmtRun *run)
{
  for (guint i = 0; i < run->users->len; i++)
    {
      const MoorUsmtUser *user = g_ptr_array_index (run->users, i);

      if (!user->has_account && user->chosen)
        moor_usmt_log (
            run, MOOR_LOG_WARNING,
            "The home “%s” is no account's: its owner has the number %u. It is taken all "
            "the same; /ue:%s leaves it out",
            user->login, user->uid, user->login);
    }
}

static gboolean
check_profiles (MoorUsmtRun *run, GError **error)
{
  for (guint i = 0; i < run->users->len; i++)
    {
      MoorUsmtUser *user = g_ptr_array_index (run->users, i);

      if (!user->chosen || user->problem == NULL)
        continue;
      if (!is_generous ())
        return moor_usmt_throw (
            error, MOOR_USMT_INIT_ERROR,
            "The profile of %s cannot be taken: %s. Mend it, leave it out with /ue, or set "
            "MIG_FAIL_ON_PROFILE_ERROR=0 to go on without it",
            user->login, user->problem);
      moor_usmt_log (run, MOOR_LOG_WARNING, "The profile of %s is left out: %s", user->login,
                     user->problem);
      user->chosen = FALSE;
    }
  return TRUE;
}

/* Encrypted files end a run unless /efs says what becomes of them. */
static gboolean
check_encrypted (const MoorUsmtRun *run, GError **error)
{
  const char *way = moor_usmt_value (run->command, MOOR_USMT_EFS);

  if (way != NULL && g_ascii_strcasecmp (way, "abort") != 0)
    return TRUE;
  for (guint i = 0; i < run->users->len; i++)
    {
      const MoorUsmtUser *user = g_ptr_array_index (run->users, i);

      if (user->chosen && user->is_encrypted)
        return moor_usmt_throw (error, MOOR_USMT_STATUS_CANCELED,
                                "The home of %s is encrypted; choose with /efs what becomes of it",
                                user->login);
    }
  return TRUE;
}

static gboolean
choose_users (MoorUsmtCourse *course, GError **error)
{
  MoorUsmtRun *run = course->run;
  GPtrArray *profiles = moor_system_get_profiles (course->system);
  MoorUsmtNotice notice = { .kind = MOOR_USMT_NOTICE_SYSTEM };

  for (guint i = 0; i < profiles->len; i++)
    add_user (run, g_ptr_array_index (profiles, i));
  leave_others_out (run);
  if (!moor_usmt_choose_users (run->command, run->paths, run->users, g_get_real_time (), error)
      || !check_profiles (run, error))
    return FALSE;
  tell_ownerless (run);
  moor_usmt_tell (run, &notice);
  return check_encrypted (run, error);
}

static gboolean
is_empty_dir (const char *path)
{
  g_autoptr(GDir) dir = g_dir_open (path, 0, NULL);

  return dir != NULL && g_dir_read_name (dir) == NULL;
}

/* What is at the store's place; /o replaces a store, and nothing else. */
static gboolean
check_place (const MoorUsmtRun *run, GError **error)
{
  const gboolean may_replace = moor_usmt_has (run->command, MOOR_USMT_OVERWRITE);

  if (g_file_test (run->store_path, G_FILE_TEST_EXISTS)
      && !g_file_test (run->store_path, G_FILE_TEST_IS_DIR))
    return moor_usmt_throw (error, MOOR_USMT_INVALID_STORE_LOCATION, "“%s” is no folder",
                            run->store_path);
  if (moor_store_exists (run->store))
    return may_replace
           || moor_usmt_throw (error, MOOR_USMT_INVALID_STORE_LOCATION,
                               "There is a store at %s; say /o to replace it", run->store);
  if (!g_file_test (run->store, G_FILE_TEST_EXISTS) || is_empty_dir (run->store))
    return TRUE;
  return moor_usmt_throw (
      error, MOOR_USMT_INVALID_STORE_LOCATION,
      "%s holds something that is no store of Mooring; choose another StorePath", run->store);
}

static gboolean
check_kind (const MoorUsmtRun *run, GError **error)
{
  if (moor_usmt_has (run->command, MOOR_USMT_ENCRYPT))
    return moor_usmt_throw (error, MOOR_USMT_INVALID_PARAMETERS,
                            "Mooring makes no encrypted stores: leave out /encrypt, and say "
                            "/hardlink /nocompress");
  if (!moor_usmt_has (run->command, MOOR_USMT_NOCOMPRESS)
      && !moor_usmt_has (run->command, MOOR_USMT_ESTIMATE))
    return moor_usmt_throw (error, MOOR_USMT_INVALID_PARAMETERS,
                            "Mooring makes no compressed stores: say /hardlink /nocompress, or "
                            "/nocompress alone for copies");
  return TRUE;
}

static void
set_efs (const MoorUsmtRun *run, JsonObject *request)
{
  const char *way = moor_usmt_value (run->command, MOOR_USMT_EFS);
  g_autofree char *lower = way != NULL ? g_ascii_strdown (way, -1) : NULL;

  if (lower != NULL)
    json_object_set_string_member (request, "efs", lower);
}

/* Gives the users the sizes that an estimate has counted. */
static void
take_sizes (MoorUsmtRun *run, JsonObject *result)
{
  JsonArray *profiles = json_object_has_member (result, "profiles")
                            ? json_object_get_array_member (result, "profiles")
                            : NULL;
  MoorUsmtNotice notice = { .kind = MOOR_USMT_NOTICE_SIZE };

  for (guint i = 0; profiles != NULL && i < json_array_get_length (profiles); i++)
    {
      JsonObject *profile = json_array_get_object_element (profiles, i);
      const char *name = json_object_get_string_member_with_default (profile, "name", "");
      guint64 n_bytes = (guint64) MAX (
          0, json_object_get_int_member_with_default (profile, "bytes", 0));

      notice.n_bytes += n_bytes;
      for (guint j = 0; j < run->users->len; j++)
        {
          MoorUsmtUser *user = g_ptr_array_index (run->users, j);
          g_autofree char *text = moor_text_path (user->login);

          if (g_str_equal (user->login, name) || g_str_equal (text, name))
            user->n_bytes = n_bytes;
        }
    }
  moor_usmt_tell (run, &notice);
}

static gint64
count_objects (JsonObject *result)
{
  JsonObject *totals = json_object_has_member (result, "totals")
                           ? json_object_get_object_member (result, "totals")
                           : NULL;

  return totals == NULL ? 0
                        : json_object_get_int_member_with_default (totals, "files", 0)
                              + json_object_get_int_member_with_default (totals, "directories", 0);
}

static gboolean
estimate (MoorUsmtCourse *course, JsonObject **out_result, GError **error)
{
  g_autoptr(JsonObject) request = moor_usmt_request (course, "estimate");
  gboolean done;

  set_efs (course->run, request);
  course->is_counting = TRUE;
  done = moor_usmt_do (course, request, out_result, error);
  course->is_counting = FALSE;
  if (done)
    take_sizes (course->run, *out_result);
  return done;
}

/* When who used the computer, for /uel at loadstate. */
static void
remember_users (const MoorUsmtRun *run, MoorStore *store)
{
  g_autoptr(JsonObject) people = json_object_new ();
  g_autoptr(JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  g_autofree char *text = NULL;

  for (guint i = 0; i < run->users->len; i++)
    {
      const MoorUsmtUser *user = g_ptr_array_index (run->users, i);
      JsonObject *person;

      if (!user->chosen)
        continue;
      person = json_object_new ();
      json_object_set_int_member (person, "last-used-us", user->last_used_us);
      json_object_set_boolean_member (person, "logged-on", user->is_logged_on);
      json_object_set_object_member (people, user->login, person);
    }
  json_node_set_object (node, people);
  text = json_to_string (node, FALSE);
  (void) moor_store_set_meta (store, "usmt:users", text, NULL);
}

/* The list is begun before anything is stored: a path that cannot be written is
 * known at once. */
static gboolean
begin_list (MoorUsmtRun *run, char **out_path, GError **error)
{
  const char *text = moor_usmt_value (run->command, MOOR_USMT_LISTFILES);
  g_autofree char *path = NULL;
  g_auto(MoorFd) fd = -1;
  g_autoptr(GError) problem = NULL;

  if (text == NULL)
    return TRUE;
  path = moor_usmt_path (run->paths, text, error);
  if (path == NULL)
    return FALSE;
  if (moor_usmt_is_in_store (run, path))
    return moor_usmt_throw (error, MOOR_USMT_INVALID_PARAMETERS,
                            "/listfiles: the list cannot be kept in the store %s", run->store);
  fd = moor_usmt_open_log (path, O_TRUNC, &problem);
  if (fd < 0)
    return moor_usmt_throw (error, MOOR_USMT_INVALID_PARAMETERS, "/listfiles: %s",
                            problem->message);
  *out_path = g_steal_pointer (&path);
  return TRUE;
}

static gboolean
finish_store (MoorUsmtCourse *course, GError **error)
{
  g_autoptr(MoorStore) store = NULL;

  if (!moor_store_exists (course->run->store))
    return TRUE;
  store = moor_store_open (course->run->store, TRUE, error);
  if (store == NULL)
    return FALSE;
  if (moor_store_lock (store, "scanstate", NULL))
    remember_users (course->run, store);
  return TRUE;
}

/* Why a capture ended, as USMT counts reasons. */
static void
judge_failure (MoorUsmtCourse *course, GError *problem, GError **error)
{
  MoorUsmtRun *run = course->run;
  gboolean is_in_the_way = g_error_matches (problem, MOOR_ERROR, MOOR_ERROR_REFUSED)
                           && moor_usmt_has (run->command, MOOR_USMT_OVERWRITE)
                           && moor_store_exists (run->store);

  if (is_in_the_way)
    {
      moor_usmt_rethrow (error, MOOR_USMT_UNABLE_DELETE_STORE, problem);
      return;
    }
  course->stopped = run->n_errors > 0 && g_error_matches (problem, G_IO_ERROR, G_IO_ERROR_FAILED);
  if (course->stopped)
    ((MoorUsmtProblem *) g_ptr_array_index (run->problems, run->problems->len - 1))->caused_abort =
        TRUE;
  g_propagate_error (error, problem);
}

static gboolean
capture (MoorUsmtCourse *course, gint64 n_expected, const char *list_path, GError **error)
{
  const MoorUsmtRun *run = course->run;
  g_autoptr(JsonObject) request = moor_usmt_request (course, "capture");
  g_autoptr(GError) problem = NULL;

  json_object_set_boolean_member (request, "overwrite",
                                  moor_usmt_has (run->command, MOOR_USMT_OVERWRITE));
  json_object_set_boolean_member (request, "stop-on-error",
                                  !moor_usmt_has (run->command, MOOR_USMT_CONTINUE));
  json_object_set_string_member (
      request, "method", moor_usmt_has (run->command, MOOR_USMT_HARDLINK) ? "link" : "copy");
  json_object_set_int_member (request, "expect", n_expected);
  set_efs (run, request);
  if (list_path != NULL)
    {
      g_autofree char *text = moor_text_path (list_path);

      json_object_set_string_member (request, "list-files", text);
    }
  moor_usmt_enter (course, "Collecting");
  if (moor_usmt_do (course, request, NULL, &problem))
    return TRUE;
  judge_failure (course, g_steal_pointer (&problem), error);
  return FALSE;
}

/* What is stored, and whatever came of it the diagnostics. */
static gboolean
store_everything (MoorUsmtCourse *course, gint64 n_expected, const char *list_path, GError **error)
{
  if (!capture (course, n_expected, list_path, error))
    {
      (void) moor_usmt_diag_write (course, NULL);
      return FALSE;
    }
  moor_usmt_enter (course, "Saving");
  return finish_store (course, error) && moor_usmt_diag_write (course, error);
}

/* scanstate with a store, or with /p. */
gboolean
moor_usmt_scan (MoorUsmtCourse *course, GError **error)
{
  MoorUsmtRun *run = course->run;
  const gboolean only_counts = moor_usmt_has (run->command, MOOR_USMT_ESTIMATE);
  g_autoptr(JsonObject) estimated = NULL;
  g_autofree char *list_path = NULL;

  if (!check_kind (run, error) || (!only_counts && !check_place (run, error)))
    return FALSE;
  if (!only_counts && moor_usmt_has (run->command, MOOR_USMT_HARDLINK)
      && !moor_usmt_check_space (run->store_path, error))
    return FALSE;
  if (!begin_list (run, &list_path, error) || !moor_usmt_diag_begin (course, error)
      || !choose_users (course, error))
    return FALSE;
  moor_usmt_enter (course, only_counts ? "Estimating" : "Scanning");
  if (!moor_usmt_tell_components (course, error) || !estimate (course, &estimated, error))
    return FALSE;
  if (only_counts)
    return moor_usmt_write_estimate (course, estimated, error)
           && moor_usmt_diag_write (course, error);
  return store_everything (course, count_objects (estimated), list_path, error);
}
