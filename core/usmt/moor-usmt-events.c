/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-usmt-run-private.h"

#include <math.h>

#include "moor-request.h"
#include "moor-text.h"

/* Mooring's jobs, told in USMT's terms. */

#define MAX_FAILED 100000 /* that are remembered for the diagnostics */

static const struct
{
  const char *operation;
  const char *phase;
  const char *usmt_phase;
} phases[] = {
  { "capture", "prepare", "Collecting" }, { "capture", "link", "Collecting" },
  { "capture", "seal", "Saving" },        { "restore", "plan", "Scanning" },
  { "restore", "accounts", "Scanning" },  { "restore", "restore", "Applying" },
  { "restore", "verify", "Applying" },
};

static const MoorUsmtUser *
find_user (const MoorUsmtRun *run, const char *login)
{
  for (guint i = 0; i < run->users->len; i++)
    {
      const MoorUsmtUser *user = g_ptr_array_index (run->users, i);

      if (g_strcmp0 (user->login, login) == 0)
        return user;
    }
  return NULL;
}

static void
take_phase (MoorUsmtCourse *course, const MoorEvent *event)
{
  if (course->is_counting || g_strcmp0 (event->state, "started") != 0)
    return;
  for (guint i = 0; i < G_N_ELEMENTS (phases); i++)
    {
      if (g_strcmp0 (phases[i].operation, event->operation) == 0
          && g_strcmp0 (phases[i].phase, event->phase) == 0)
        moor_usmt_enter (course, phases[i].usmt_phase);
    }
  /* What is complete is compared to its end: a difference is told, and nothing is undone. */
  if (g_strcmp0 (event->phase, "verify") == 0 || g_strcmp0 (event->phase, "seal") == 0)
    course->cannot_stop = TRUE;
}

static void
take_profile (MoorUsmtCourse *course, const MoorEvent *event)
{
  MoorUsmtNotice notice = { .kind = MOOR_USMT_NOTICE_USER,
                            .user = find_user (course->run, event->profile) };

  if (course->is_counting || notice.user == NULL || g_strcmp0 (event->state, "working") != 0)
    return;
  moor_usmt_tell (course->run, &notice);
}

static void
take_progress (MoorUsmtCourse *course, const MoorEvent *event)
{
  MoorUsmtNotice notice = { .kind = MOOR_USMT_NOTICE_PROGRESS, .minutes = -1 };
  double percent = floor (CLAMP (event->fraction, 0, 1) * 100);

  /* 100 is told when everything has ended, and not before. */
  notice.percent = MIN ((guint) percent, 99);
  if (course->is_counting || event->fraction < 0 || notice.percent <= course->last_percent)
    return;
  course->last_percent = notice.percent;
  if (event->high_s >= 0)
    notice.minutes = (int) ceil (MIN (event->high_s, 6e6) / 60);
  moor_usmt_tell (course->run, &notice);
}

/* Whether an error ends the run.  A capture stops by itself, as ErrorControl says; a
 * restore is stopped here. */
static gboolean
is_fatal (MoorUsmtCourse *course, const MoorIssue *issue)
{
  const MoorUsmtRun *run = course->run;
  const gboolean stops = !moor_usmt_has (run->command, MOOR_USMT_CONTINUE);

  if (run->command->tool != MOOR_USMT_LOADSTATE)
    return stops && run->config == NULL;
  switch (moor_error_control_find (course->errors, issue->path, issue->cause, issue->errnum))
    {
    case MOOR_ERROR_CONTROL_GO_ON:
      g_hash_table_add (course->let_pass, g_strdup (issue->path));
      return FALSE;
    case MOOR_ERROR_CONTROL_STOP:
      return TRUE;
    case MOOR_ERROR_CONTROL_UNSAID:
    default:
      return stops
             && (course->let_pass == NULL
                 || !g_hash_table_contains (course->let_pass, issue->path));
    }
}

static void
take_issue (MoorUsmtCourse *course, const MoorIssue *issue)
{
  MoorUsmtRun *run = course->run;
  MoorUsmtNotice notice = { .kind = MOOR_USMT_NOTICE_ISSUE, .issue = issue };
  gboolean is_error = issue->severity == MOOR_SEVERITY_ERROR;

  if (course->is_counting)
    return;
  if (issue->severity == MOOR_SEVERITY_WARNING)
    run->n_warnings++;
  notice.flag = is_error && !course->aborted && is_fatal (course, issue);
  if (is_error && course->failed != NULL && course->failed->len < MAX_FAILED)
    g_ptr_array_add (course->failed, moor_issue_copy (issue));
  if (is_error)
    moor_usmt_count_issue (run, issue, notice.flag);
  course->aborted = course->aborted || notice.flag;
  moor_usmt_tell (run, &notice);
  if (!notice.flag || run->command->tool != MOOR_USMT_LOADSTATE)
    return;
  course->stopped = TRUE;
  if (!course->cannot_stop)
    g_cancellable_cancel (course->stop);
}

static void
take_log (MoorUsmtCourse *course, const MoorEvent *event)
{
  if (!course->is_counting)
    moor_usmt_log (course->run, event->level, "%s", event->message);
}

/* A MoorEventFunc. */
void
moor_usmt_event (const MoorEvent *event, gpointer course)
{
  switch (event->kind)
    {
    case MOOR_EVENT_PHASE:
      take_phase (course, event);
      break;
    case MOOR_EVENT_PROFILE:
      take_profile (course, event);
      break;
    case MOOR_EVENT_PROGRESS:
      take_progress (course, event);
      break;
    case MOOR_EVENT_ISSUE:
      take_issue (course, event->issue);
      break;
    case MOOR_EVENT_LOG:
      take_log (course, event);
      break;
    case MOOR_EVENT_JOB:
    case MOOR_EVENT_RESULT:
    default:
      break;
    }
}

static void
set_paths (JsonObject *request, const char *member, GPtrArray *paths)
{
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < paths->len; i++)
    {
      g_autofree char *text = moor_text_path (g_ptr_array_index (paths, i));

      json_array_add_string_element (array, text);
    }
  json_object_set_array_member (request, member, array);
}

static void
set_drives (JsonObject *request, const MoorUsmtRun *run)
{
  JsonArray *array = json_array_new ();
  GHashTableIter iter;
  gpointer letter;
  gpointer dir;

  g_hash_table_iter_init (&iter, run->paths->drives);
  while (g_hash_table_iter_next (&iter, &letter, &dir))
    {
      g_autofree char *text = moor_text_path (dir);
      g_autofree char *drive = g_strdup_printf ("%s=%s", (char *) letter, text);

      json_array_add_string_element (array, drive);
    }
  json_object_set_array_member (request, "drives", array);
}

/* A login name in which nothing is a wildcard. */
static char *
escape_name (const char *name)
{
  GString *pattern = g_string_new (NULL);

  for (const char *at = name; *at != '\0'; at++)
    {
      if (*at == '*' || *at == '?' || *at == '[')
        g_string_append_printf (pattern, "[%c]", *at);
      else
        g_string_append_c (pattern, *at);
    }
  return g_string_free (pattern, FALSE);
}

/* Nobody is said by leaving everybody out: an empty list would mean everybody. */
static void
set_users (JsonObject *request, const MoorUsmtRun *run)
{
  JsonArray *users = json_array_new ();

  for (guint i = 0; i < run->users->len; i++)
    {
      const MoorUsmtUser *user = g_ptr_array_index (run->users, i);
      g_autofree char *name = escape_name (user->login);

      if (user->chosen)
        json_array_add_string_element (users, name);
    }
  if (json_array_get_length (users) == 0)
    {
      json_array_add_string_element (users, "*");
      json_object_set_array_member (request, "exclude-users", users);
    }
  else
    json_object_set_array_member (request, "users", users);
}

/* A request with what estimate, capture and restore have in common. */
JsonObject *
moor_usmt_request (MoorUsmtCourse *course, const char *operation)
{
  const MoorUsmtRun *run = course->run;
  JsonObject *request = moor_request_new (operation, run->root, run->store);

  set_users (request, run);
  if (run->rule_files->len > 0)
    set_paths (request, "rules", run->rule_files);
  if (run->config != NULL)
    {
      g_autofree char *text = moor_text_path (run->config);

      json_object_set_string_member (request, "config", text);
    }
  if (g_hash_table_size (run->paths->drives) > 0)
    set_drives (request, run);
  json_object_set_boolean_member (request, "local-only",
                                  moor_usmt_has (run->command, MOOR_USMT_LOCALONLY));
  json_object_set_boolean_member (request, "allow-commands",
                                  moor_usmt_has (run->command, MOOR_USMT_ALLOW_COMMANDS));
  return request;
}

/* Runs a request; what arises on the way goes to the subscribers. */
gboolean
moor_usmt_do (MoorUsmtCourse *course, JsonObject *request, JsonObject **out_result, GError **error)
{
  g_autoptr(GError) problem = NULL;
  MoorExit code = moor_request_run (request, course->run->sys, course->stop, moor_usmt_event,
                                    course, out_result, &problem);

  course->cannot_stop = FALSE;
  if (code == MOOR_EXIT_COMPLETE || code == MOOR_EXIT_EXCEPTIONS)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&problem));
  return FALSE;
}
