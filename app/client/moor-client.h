/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-request.h"

G_BEGIN_DECLS

/**
 * MoorTrouble:
 * @n: how many
 * @profile: (nullable): login name of the person they belong to
 * @example: the first of them
 *
 * Issues of one severity, one cause and one person, counted.
 */
typedef struct
{
  MoorSeverity severity;
  MoorCause cause;
  char *profile;
  guint64 n;
  MoorIssue *example;
} MoorTrouble;

MoorTrouble *moor_trouble_new (const MoorIssue *issue);
void moor_trouble_free (MoorTrouble *trouble);

/**
 * MoorNews:
 * @phases: (element-type MoorEvent): phases that started or ended, in order
 * @progress: (nullable): the latest progress
 * @profiles: (element-type utf8 MoorEvent): the latest of each person, by login name
 * @troubles: (element-type MoorTrouble): what came up since the last delivery, counted
 * @log: (element-type MoorEvent): the latest log lines, in order; at most 1,000
 * @n_log_dropped: lines that came between two deliveries and did not fit
 *
 * What a job has told since the last delivery.  However much it tells, this
 * stays small.
 */
typedef struct
{
  GPtrArray *phases;
  MoorEvent *progress;
  GHashTable *profiles;
  GPtrArray *troubles;
  GQueue *log;
  guint64 n_log_dropped;
} MoorNews;

typedef void (*MoorNewsFunc) (const MoorNews *news, gpointer user_data);

/**
 * MoorRunner:
 *
 * How a request is run: blocks, in a thread of its own; the contract is that of
 * moor_request_run().
 */
typedef MoorExit (*MoorRunner) (JsonObject *request,
                                GCancellable *cancellable,
                                MoorEventFunc sink,
                                gpointer sink_data,
                                gpointer runner_data,
                                JsonObject **out_result,
                                GError **error);

#define MOOR_TYPE_CLIENT (moor_client_get_type ())
G_DECLARE_FINAL_TYPE (MoorClient, moor_client, MOOR, CLIENT, GObject)

MoorClient *moor_client_new (void);
MoorClient *moor_client_new_with_runner (MoorRunner runner,
                                         gpointer runner_data,
                                         GDestroyNotify destroy);

gboolean moor_client_can_reach (MoorClient *self, guint32 uid);
gboolean moor_client_is_root (MoorClient *self);
void moor_client_run_async (MoorClient *self,
                            JsonObject *request,
                            MoorNewsFunc func,
                            gpointer func_data,
                            GDestroyNotify func_destroy,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data);
MoorExit moor_client_run_finish (MoorClient *self,
                                 GAsyncResult *result,
                                 JsonObject **out_result,
                                 GError **error);

G_END_DECLS
