/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-client.h"

G_BEGIN_DECLS

/**
 * MoorRunState:
 *
 * Where a job is.  The last four are ends.
 */
typedef enum
{
  MOOR_RUN_RUNNING,
  MOOR_RUN_STOPPING,
  MOOR_RUN_COMPLETE,
  MOOR_RUN_EXCEPTIONS,
  MOOR_RUN_FAILED,
  MOOR_RUN_CANCELLED,
} MoorRunState;

/**
 * MoorLogLine:
 * @serial: 1, 2, 3, ... without a gap
 */
typedef struct
{
  guint64 serial;
  gint64 time_us;
  MoorLogLevel level;
  char *text;
} MoorLogLine;

/**
 * MoorRunPhase:
 * @done: whether it has ended
 */
typedef struct
{
  char *id;
  gboolean done;
} MoorRunPhase;

#define MOOR_RUN_MAX_LOG_LINES 5000

#define MOOR_TYPE_RUN (moor_run_get_type ())
G_DECLARE_FINAL_TYPE (MoorRun, moor_run, MOOR, RUN, GObject)

MoorRun *moor_run_new (MoorClient *client, JsonObject *request);
void moor_run_set_full_names (MoorRun *self, GHashTable *full_names);
void moor_run_start (MoorRun *self);
void moor_run_cancel (MoorRun *self);

JsonObject *moor_run_get_request (MoorRun *self);
const char *moor_run_get_operation (MoorRun *self);
const char *moor_run_get_store (MoorRun *self);
JsonObject *moor_run_get_result (MoorRun *self);
const GError *moor_run_get_error (MoorRun *self);
MoorExit moor_run_get_exit_code (MoorRun *self);
MoorRunState moor_run_get_state (MoorRun *self);
gboolean moor_run_is_finished (MoorRun *self);
guint moor_run_get_n_phases (MoorRun *self);
GPtrArray *moor_run_get_phases (MoorRun *self);
const MoorEvent *moor_run_get_progress (MoorRun *self);
GHashTable *moor_run_get_people (MoorRun *self);
GHashTable *moor_run_get_full_names (MoorRun *self);
GPtrArray *moor_run_get_troubles (MoorRun *self);
guint64 moor_run_get_n_troubles (MoorRun *self);
GQueue *moor_run_get_log (MoorRun *self);
gint64 moor_run_get_elapsed_us (MoorRun *self);

char *moor_run_dup_remaining_text (MoorRun *self);
char *moor_run_dup_title (MoorRun *self);
char *moor_run_dup_sentence (MoorRun *self);

G_END_DECLS
