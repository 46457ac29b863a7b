/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "moor-error.h"
#include "moor-issue.h"

G_BEGIN_DECLS

/**
 * MoorEventKind:
 *
 * What a running job has to tell (DESIGN 7).
 */
typedef enum
{
  MOOR_EVENT_JOB,
  MOOR_EVENT_PHASE,
  MOOR_EVENT_PROGRESS,
  MOOR_EVENT_PROFILE,
  MOOR_EVENT_ISSUE,
  MOOR_EVENT_LOG,
  MOOR_EVENT_RESULT,
} MoorEventKind;

typedef enum
{
  MOOR_LOG_DEBUG,
  MOOR_LOG_INFO,
  MOOR_LOG_WARNING,
  MOOR_LOG_ERROR,
} MoorLogLevel;

/**
 * MoorEvent:
 * @time_us: when, microseconds since the epoch
 * @operation: "capture", "restore", ...
 * @phase: PHASE and PROGRESS: "scan", "link", "seal", ...
 * @state: PHASE: "started" or "done"; PROFILE: "waiting", "working", "done", "attention"
 * @fraction: PROGRESS: of the whole job, 0 to 1, never falling; negative while unknown
 * @rate: PROGRESS: objects a second lately, 0 while unknown
 * @low_s: @high_s: PROGRESS: remaining seconds; negative while unknown
 * @profile: PROFILE: login name
 * @exit_code: RESULT: a #MoorExit
 * @message: LOG and RESULT: one line of English
 * @result: (nullable): RESULT: what came of it, by operation: see moor-request.h
 *
 * One event.  Members that do not belong to @kind are zero.  A plain value that
 * any thread may hold.
 */
typedef struct
{
  MoorEventKind kind;
  gint64 time_us;
  char *operation;
  char *phase;
  guint phase_index;
  guint n_phases;
  char *state;
  guint64 done_objects;
  guint64 total_objects;
  guint64 done_bytes;
  guint64 total_bytes;
  double fraction;
  double rate;
  double low_s;
  double high_s;
  char *profile;
  MoorIssue *issue;
  MoorLogLevel level;
  char *message;
  int exit_code;
  JsonObject *result;
} MoorEvent;

typedef void (*MoorEventFunc) (const MoorEvent *event, gpointer user_data);

MoorEvent *moor_event_copy (const MoorEvent *event);
void moor_event_free (MoorEvent *event);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorEvent, moor_event_free)

char *moor_event_to_json (const MoorEvent *event);
MoorEvent *moor_event_from_json (const char *line, GError **error);
const char *moor_log_level_id (MoorLogLevel level);

G_END_DECLS
