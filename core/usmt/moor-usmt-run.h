/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-event.h"
#include "moor-sys.h"
#include "moor-usmt-users.h"

G_BEGIN_DECLS

/**
 * MoorUsmtProblem:
 * @error_code: as Windows counts errors
 * @first: what happened first
 *
 * Errors of one kind, for the summary.
 */
typedef struct
{
  guint32 error_code;
  guint64 n_times;
  gboolean caused_abort;
  char *first;
} MoorUsmtProblem;

/**
 * MoorUsmtRun:
 * @sys: (nullable): the system calls that jobs go through
 * @root: (type filename): the system it is about
 * @computer: @system_name: what that system is called
 * @store_path: (type filename) (nullable): StorePath
 * @store: (type filename) (nullable): the store in it
 * @log_path: @progress_path: (type filename) (nullable): where the logs go
 * @rule_files: (element-type filename): absolute
 * @users: (element-type MoorUsmtUser): everybody on the system, or in the store
 * @problems: (element-type MoorUsmtProblem): in order of their first occurrence
 * @n_errors: errors that were met
 * @code: how it ended
 * @message: (nullable): why, in a sentence
 *
 * One call of scanstate, loadstate or usmtutils.  Belongs to one thread at a
 * time; subscribers may read it while they are called.
 */
typedef struct
{
  MoorUsmtCommand *command;
  MoorUsmtPaths *paths;
  const MoorSys *sys;
  char *root;
  char *computer;
  char *system_name;
  char *store_path;
  char *store;
  char *log_path;
  char *progress_path;
  GPtrArray *rule_files;
  char *config;
  GPtrArray *users;
  GPtrArray *problems;
  guint64 n_errors;
  guint64 n_warnings;
  MoorUsmtCode code;
  char *message;
} MoorUsmtRun;

/**
 * MoorUsmtNoticeKind:
 * @MOOR_USMT_NOTICE_BEGIN: the command line is known, sound or not
 * @MOOR_USMT_NOTICE_SYSTEM: the system, the rule files and the users are known
 * @MOOR_USMT_NOTICE_PHASE: @phase begins, one of USMT's: "Initializing", "Scanning", ...
 * @MOOR_USMT_NOTICE_COMPONENT: @text is a component, @user whose (%NULL for the computer's),
 *   @flag whether it is migrated
 * @MOOR_USMT_NOTICE_SIZE: @n_bytes are to be migrated; the users' sizes are known
 * @MOOR_USMT_NOTICE_USER: @user is worked on
 * @MOOR_USMT_NOTICE_PROGRESS: @percent, and @minutes where that is not negative
 * @MOOR_USMT_NOTICE_ISSUE: @issue; @flag: it ends the run
 * @MOOR_USMT_NOTICE_LOG: @level and @text
 * @MOOR_USMT_NOTICE_OUTPUT: @text is a line for standard output, fit to be shown
 * @MOOR_USMT_NOTICE_END: it has ended
 */
typedef enum
{
  MOOR_USMT_NOTICE_BEGIN,
  MOOR_USMT_NOTICE_SYSTEM,
  MOOR_USMT_NOTICE_PHASE,
  MOOR_USMT_NOTICE_COMPONENT,
  MOOR_USMT_NOTICE_SIZE,
  MOOR_USMT_NOTICE_USER,
  MOOR_USMT_NOTICE_PROGRESS,
  MOOR_USMT_NOTICE_ISSUE,
  MOOR_USMT_NOTICE_LOG,
  MOOR_USMT_NOTICE_OUTPUT,
  MOOR_USMT_NOTICE_END,
} MoorUsmtNoticeKind;

/* What happens, in USMT's terms.  Members that do not belong to @kind are zero. */
typedef struct
{
  MoorUsmtNoticeKind kind;
  const MoorUsmtRun *run;
  const char *phase;
  const char *text;
  const MoorUsmtUser *user;
  const MoorIssue *issue;
  MoorLogLevel level;
  gboolean flag;
  guint percent;
  int minutes;
  guint64 n_bytes;
} MoorUsmtNotice;

typedef void (*MoorUsmtNoticeFunc) (const MoorUsmtNotice *notice, gpointer user_data);

MoorUsmtRun *moor_usmt_run_new (MoorUsmtTool tool, const char *const *arguments);
void moor_usmt_run_free (MoorUsmtRun *run);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorUsmtRun, moor_usmt_run_free)

void moor_usmt_run_subscribe (MoorUsmtRun *run, MoorUsmtNoticeFunc func, gpointer user_data);
gboolean moor_usmt_run_begin (MoorUsmtRun *run, GError **error);
void moor_usmt_run_fail (MoorUsmtRun *run, const GError *error);
char *moor_usmt_run_dup_question (MoorUsmtRun *run);
int moor_usmt_open_log (const char *path, int flags, GError **error);
MoorUsmtCode moor_usmt_run_execute (MoorUsmtRun *run, GCancellable *cancellable);
MoorUsmtCode moor_usmt_run_end (MoorUsmtRun *run);

G_END_DECLS
