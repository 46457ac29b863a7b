/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "moor-catalogue.h"
#include "moor-error-control.h"
#include "moor-ruling.h"
#include "moor-system.h"
#include "moor-usmt-run.h"

G_BEGIN_DECLS

/**
 * MoorUsmtCourse:
 * @lock_fd: while it runs no other one touches the same system; -1
 * @stop: (nullable): cancelled by the user, or by an error that ends the run
 * @errors: (nullable): which errors end a restore
 * @let_pass: (element-type filename) (nullable): what had an error that @errors let pass; it is
 *   missed afterwards, too
 * @diag_fd: where the diagnostics go; -1
 * @failed: (element-type MoorIssue) (nullable): what could not be had, for the diagnostics
 * @is_counting: an estimate runs, whose issues come again
 * @cannot_stop: what runs has to come to its end
 * @goes_on: a restore of this store was cut off before
 * @aborted: the error that ends it was told
 * @stopped: an error ended it
 *
 * What a run needs while it works.
 */
typedef struct
{
  MoorUsmtRun *run;
  GCancellable *stop;
  MoorSystem *system;
  MoorErrorControl *errors;
  GHashTable *let_pass;
  GPtrArray *failed;
  int diag_fd;
  int lock_fd;
  char *phase;
  gboolean is_counting;
  gboolean cannot_stop;
  gboolean goes_on;
  gboolean aborted;
  gboolean stopped;
  guint last_percent;
} MoorUsmtCourse;

void moor_usmt_tell (MoorUsmtRun *run, MoorUsmtNotice *notice);
void moor_usmt_log (MoorUsmtRun *run, MoorLogLevel level, const char *format, ...)
    G_GNUC_PRINTF (3, 4);
void moor_usmt_print (MoorUsmtRun *run, const char *format, ...) G_GNUC_PRINTF (2, 3);
void moor_usmt_enter (MoorUsmtCourse *course, const char *phase);
void moor_usmt_count_issue (MoorUsmtRun *run, const MoorIssue *issue, gboolean caused_abort);
void moor_usmt_event (const MoorEvent *event, gpointer course);

gboolean moor_usmt_prepare (MoorUsmtCourse *course, GError **error);
gboolean moor_usmt_take_lock (MoorUsmtCourse *course, GError **error);
gboolean moor_usmt_check_space (const char *store_path, GError **error);
gboolean moor_usmt_is_in_store (const MoorUsmtRun *run, const char *path);
char *moor_usmt_find_store (const char *store_path);
gboolean moor_usmt_throw_no_store (const MoorUsmtRun *run, GError **error);

JsonObject *moor_usmt_request (MoorUsmtCourse *course, const char *operation);
gboolean moor_usmt_do (MoorUsmtCourse *course,
                       JsonObject *request,
                       JsonObject **out_result,
                       GError **error);

gboolean moor_usmt_scan (MoorUsmtCourse *course, GError **error);
gboolean moor_usmt_generate (MoorUsmtCourse *course, GError **error);
char **moor_usmt_list_drives (const MoorUsmtRun *run);

/* The rules of a run held against its system and people. */
typedef struct
{
  MoorJob *job;
  MoorRuleSource source;
  GPtrArray *chosen;
  MoorRuling ruling;
} MoorUsmtRuled;

/* clang-format off */
#define MOOR_USMT_RULED_INIT { .source = MOOR_RULE_SOURCE_INIT }
/* clang-format on */

void moor_usmt_ruled_clear (MoorUsmtRuled *ruled);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (MoorUsmtRuled, moor_usmt_ruled_clear)
gboolean moor_usmt_rule (MoorUsmtCourse *course, MoorUsmtRuled *ruled, GError **error);

gboolean moor_usmt_diag_begin (MoorUsmtCourse *course, GError **error);
gboolean moor_usmt_diag_write (MoorUsmtCourse *course, GError **error);
gboolean moor_usmt_tell_components (MoorUsmtCourse *course, GError **error);
gboolean moor_usmt_write_estimate (MoorUsmtCourse *course, JsonObject *result, GError **error);
gboolean moor_usmt_load (MoorUsmtCourse *course, GError **error);
gboolean moor_usmt_remove (MoorUsmtCourse *course, GError **error);
gboolean moor_usmt_verify (MoorUsmtCourse *course, GError **error);
gboolean moor_usmt_extract (MoorUsmtCourse *course, GError **error);

/**
 * MoorUsmtStoredFunc:
 * @path: (type filename): within the captured system
 * @dfd: the directory in the store that holds it, or -1 if that is gone
 *
 * Told about one object of a store.  Returns: %FALSE with @error to end.
 */
typedef gboolean (*MoorUsmtStoredFunc) (const MoorObject *object,
                                        const char *path,
                                        int dfd,
                                        gpointer user_data,
                                        GError **error);
gboolean moor_usmt_each_object (MoorStore *store,
                                GCancellable *cancellable,
                                MoorUsmtStoredFunc func,
                                gpointer user_data,
                                GError **error);

G_END_DECLS
