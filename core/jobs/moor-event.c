/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-event.h"

#include "moor-text.h"

static const char *const kind_ids[] = { "job",   "phase", "progress", "profile",
                                        "issue", "log",   "result" };
static const char *const level_ids[] = { "debug", "info", "warning", "error" };

/**
 * moor_log_level_id:
 *
 * Returns: the word for @level in events.  Any thread.
 */
const char *
moor_log_level_id (MoorLogLevel level)
{
  g_return_val_if_fail ((guint) level < G_N_ELEMENTS (level_ids), "");
  return level_ids[level];
}

/**
 * moor_event_copy:
 *
 * Returns: (transfer full): a copy of @event that owns all it holds.  Any thread.
 */
MoorEvent *
moor_event_copy (const MoorEvent *event)
{
  MoorEvent *copy = g_new (MoorEvent, 1);

  *copy = *event;
  copy->operation = g_strdup (event->operation);
  copy->phase = g_strdup (event->phase);
  copy->state = g_strdup (event->state);
  copy->profile = g_strdup (event->profile);
  copy->message = g_strdup (event->message);
  copy->issue = event->issue != NULL ? moor_issue_copy (event->issue) : NULL;
  copy->result = event->result != NULL ? json_object_ref (event->result) : NULL;
  return copy;
}

/**
 * moor_event_free:
 * @event: (transfer full) (nullable): what is no longer needed
 */
void
moor_event_free (MoorEvent *event)
{
  if (event == NULL)
    return;

  g_free (event->operation);
  g_free (event->phase);
  g_free (event->state);
  g_free (event->profile);
  g_free (event->message);
  moor_issue_free (event->issue);
  g_clear_pointer (&event->result, json_object_unref);
  g_free (event);
}

/* A message may quote the name of a file, which is bytes; JSON is UTF-8. */
static void
set_text (JsonObject *object, const char *member, const char *text)
{
  g_autofree char *valid = text != NULL ? g_utf8_make_valid (text, -1) : NULL;

  if (valid != NULL)
    json_object_set_string_member (object, member, valid);
}

static void
write_progress (JsonObject *object, const MoorEvent *event)
{
  json_object_set_int_member (object, "done", (gint64) event->done_objects);
  json_object_set_int_member (object, "total", (gint64) event->total_objects);
  json_object_set_int_member (object, "done-bytes", (gint64) event->done_bytes);
  json_object_set_int_member (object, "total-bytes", (gint64) event->total_bytes);
  json_object_set_double_member (object, "fraction", event->fraction);
  json_object_set_double_member (object, "rate", event->rate);
  json_object_set_double_member (object, "remaining-low", event->low_s);
  json_object_set_double_member (object, "remaining-high", event->high_s);
}

static void
write_issue (JsonObject *object, const MoorIssue *issue)
{
  g_autofree char *path = moor_text_path (issue->path);

  set_text (object, "severity", moor_severity_id (issue->severity));
  set_text (object, "cause", moor_cause_id (issue->cause));
  set_text (object, "path", path);
  set_text (object, "profile", issue->profile);
  json_object_set_int_member (object, "errno", issue->errnum);
  set_text (object, "action", issue->action);
  set_text (object, "text", moor_cause_text (issue->cause));
  set_text (object, "remedy", moor_cause_remedy (issue->cause));
}

static void
write_by_kind (JsonObject *object, const MoorEvent *event)
{
  switch (event->kind)
    {
    case MOOR_EVENT_PHASE:
      json_object_set_int_member (object, "index", event->phase_index);
      json_object_set_int_member (object, "phases", event->n_phases);
      json_object_set_int_member (object, "total", (gint64) event->total_objects);
      break;
    case MOOR_EVENT_PROGRESS:
      write_progress (object, event);
      break;
    case MOOR_EVENT_PROFILE:
      json_object_set_int_member (object, "done", (gint64) event->done_objects);
      json_object_set_int_member (object, "done-bytes", (gint64) event->done_bytes);
      break;
    case MOOR_EVENT_ISSUE:
      write_issue (object, event->issue);
      break;
    case MOOR_EVENT_LOG:
      set_text (object, "level", moor_log_level_id (event->level));
      break;
    case MOOR_EVENT_RESULT:
      json_object_set_int_member (object, "exit", event->exit_code);
      if (event->result != NULL)
        json_object_set_object_member (object, "result", json_object_ref (event->result));
      break;
    case MOOR_EVENT_JOB:
    default:
      break;
    }
}

/**
 * moor_event_to_json:
 *
 * Any thread.
 *
 * Returns: (transfer full): @event as one line of JSON, without the line's end
 */
char *
moor_event_to_json (const MoorEvent *event)
{
  g_autoptr(JsonObject) object = json_object_new ();
  g_autoptr(JsonNode) node = json_node_new (JSON_NODE_OBJECT);

  json_object_set_int_member (object, "v", 1);
  set_text (object, "event", kind_ids[event->kind]);
  json_object_set_int_member (object, "time-us", event->time_us);
  set_text (object, "operation", event->operation);
  set_text (object, "phase", event->phase);
  set_text (object, "state", event->state);
  set_text (object, "profile", event->profile);
  set_text (object, "message", event->message);
  write_by_kind (object, event);

  json_node_set_object (node, object);
  return json_to_string (node, FALSE);
}

/* A member that is a value, whatever the other end has sent. */
static JsonNode *
get_value (JsonObject *object, const char *member)
{
  JsonNode *node = json_object_get_member (object, member);

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) ? node : NULL;
}

static const char *
get_text (JsonObject *object, const char *member, const char *fallback)
{
  JsonNode *node = get_value (object, member);
  const char *text = node != NULL ? json_node_get_string (node) : NULL;

  return text != NULL ? text : fallback;
}

static gint64
get_int (JsonObject *object, const char *member)
{
  JsonNode *node = get_value (object, member);

  return node != NULL ? json_node_get_int (node) : 0;
}

static double
get_double (JsonObject *object, const char *member, double fallback)
{
  JsonNode *node = get_value (object, member);

  return node != NULL ? json_node_get_double (node) : fallback;
}

static char *
dup_text (JsonObject *object, const char *member)
{
  return g_strdup (get_text (object, member, NULL));
}

static gboolean
find_id (const char *const *ids, guint n_ids, const char *id, guint *out_index)
{
  for (guint i = 0; i < n_ids; i++)
    {
      if (g_strcmp0 (ids[i], id) == 0)
        {
          *out_index = i;
          return TRUE;
        }
    }
  return FALSE;
}

static MoorIssue *
read_issue (JsonObject *object)
{
  const char *severity = get_text (object, "severity", "error");
  const char *id = get_text (object, "cause", "other");
  MoorCause cause = MOOR_CAUSE_OTHER;
  MoorSeverity level = MOOR_SEVERITY_ERROR;

  (void) moor_cause_from_id (id, &cause);
  if (g_str_equal (severity, "note"))
    level = MOOR_SEVERITY_NOTE;
  else if (g_str_equal (severity, "warning"))
    level = MOOR_SEVERITY_WARNING;

  return moor_issue_new (level, cause, get_text (object, "path", ""),
                         get_text (object, "profile", NULL), (int) get_int (object, "errno"),
                         get_text (object, "action", ""));
}

static guint64
read_count (JsonObject *object, const char *member)
{
  gint64 value = get_int (object, member);

  return value > 0 ? (guint64) value : 0;
}

/**
 * moor_event_from_json:
 * @line: one line, as moor_event_to_json() writes it
 * @error: return location for a #GError
 *
 * Any thread.
 *
 * Returns: (transfer full): the event; %NULL with %G_IO_ERROR_INVALID_DATA, or
 *   an error of json-glib, if @line is not one
 */
MoorEvent *
moor_event_from_json (const char *line, GError **error)
{
  g_autoptr(JsonNode) node = json_from_string (line, error);
  g_autoptr(MoorEvent) event = NULL;
  JsonObject *object;
  guint index = 0;

  if (node == NULL && error != NULL && *error != NULL)
    return NULL;
  /* Nothing at all is read as nothing, without an error. */
  object = node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  if (object == NULL
      || !find_id (kind_ids, G_N_ELEMENTS (kind_ids), get_text (object, "event", ""), &index))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "this is no event");
      return NULL;
    }

  event = g_new0 (MoorEvent, 1);
  event->kind = (MoorEventKind) index;
  event->time_us = get_int (object, "time-us");
  event->operation = dup_text (object, "operation");
  event->phase = dup_text (object, "phase");
  event->state = dup_text (object, "state");
  event->profile = dup_text (object, "profile");
  event->message = dup_text (object, "message");
  event->phase_index = (guint) get_int (object, "index");
  event->n_phases = (guint) get_int (object, "phases");
  event->done_objects = read_count (object, "done");
  event->total_objects = read_count (object, "total");
  event->done_bytes = read_count (object, "done-bytes");
  event->total_bytes = read_count (object, "total-bytes");
  event->fraction = get_double (object, "fraction", -1);
  event->rate = get_double (object, "rate", 0);
  event->low_s = get_double (object, "remaining-low", -1);
  event->high_s = get_double (object, "remaining-high", -1);
  event->exit_code = (int) get_int (object, "exit");
  if (find_id (level_ids, G_N_ELEMENTS (level_ids), get_text (object, "level", ""), &index))
    event->level = (MoorLogLevel) index;
  if (event->kind == MOOR_EVENT_ISSUE)
    event->issue = read_issue (object);
  if (json_object_has_member (object, "result")
      && JSON_NODE_HOLDS_OBJECT (json_object_get_member (object, "result")))
    event->result = json_object_ref (json_object_get_object_member (object, "result"));
  return g_steal_pointer (&event);
}
