/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-event.h"
#include "moor-sys.h"

G_BEGIN_DECLS

/**
 * MoorPhase:
 * @id: "scan", "link", ...
 * @weight: its share of the whole job's time, in any unit
 */
typedef struct
{
  const char *id;
  guint weight;
} MoorPhase;

/**
 * MoorJob:
 *
 * One running operation: phases, counters, cancellation, events (DESIGN 7).
 * Ref-counted.  Counters and issues may be added from any thread; phases and
 * the end come from the thread that runs the operation.  Events are handed to
 * the sink one at a time, in whatever thread they arise; the sink must be quick
 * and must not call back into the job.
 */
typedef struct _MoorJob MoorJob;

MoorJob *moor_job_new (const char *operation,
                       GCancellable *cancellable,
                       MoorEventFunc sink,
                       gpointer user_data);
MoorJob *moor_job_ref (MoorJob *job);
void moor_job_unref (MoorJob *job);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorJob, moor_job_unref)

void moor_job_set_sys (MoorJob *job, const MoorSys *sys);
const MoorSys *moor_job_get_sys (MoorJob *job);
GCancellable *moor_job_get_cancellable (MoorJob *job);
gboolean moor_job_check (MoorJob *job, GError **error);
const char *moor_job_get_id (MoorJob *job);

void moor_job_set_phases (MoorJob *job, const MoorPhase *phases, guint n_phases);
void moor_job_begin_phase (MoorJob *job,
                           const char *id,
                           guint64 total_objects,
                           guint64 total_bytes);
void moor_job_end_phase (MoorJob *job);
void moor_job_add (MoorJob *job, guint64 n_objects, guint64 n_bytes);

void moor_job_profile (MoorJob *job,
                       const char *name,
                       const char *state,
                       guint64 n_objects,
                       guint64 n_bytes);
void moor_job_issue (MoorJob *job,
                     MoorSeverity severity,
                     MoorCause cause,
                     const char *path,
                     const char *profile,
                     int errnum,
                     const char *action);
void moor_job_log (MoorJob *job, MoorLogLevel level, const char *format, ...) G_GNUC_PRINTF (3, 4);
guint64 moor_job_get_n_exceptions (MoorJob *job);
GPtrArray *moor_job_dup_issues (MoorJob *job); /* (element-type MoorIssue) (owned) */
JsonArray *moor_job_causes_to_json (MoorJob *job);
char *moor_job_dup_log (MoorJob *job);

MoorExit moor_job_conclude (MoorJob *job, const GError *error, JsonObject *result);

G_END_DECLS
