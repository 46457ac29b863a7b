/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-error.h"
#include "moor-issue.h"

G_BEGIN_DECLS

/**
 * MoorUsmtCode:
 *
 * The return codes of USMT's commands.  Scripts branch on the numbers.
 */
typedef enum
{
  MOOR_USMT_SUCCESS = 0,
  MOOR_USMT_DISPLAY_HELP = 1,
  MOOR_USMT_STATUS_CANCELED = 2,
  MOOR_USMT_WOULD_HAVE_FAILED = 3,
  MOOR_USMT_INVALID_PARAMETERS = 11,
  MOOR_USMT_ERROR_OPTION_PARAM_TOO_LARGE = 12,
  MOOR_USMT_INIT_LOGFILE_FAILED = 13,
  MOOR_USMT_ERROR_USE_LAC = 14,
  MOOR_USMT_INIT_ERROR = 26,
  MOOR_USMT_INVALID_STORE_LOCATION = 27,
  MOOR_USMT_UNABLE_GET_SCRIPTFILES = 28,
  MOOR_USMT_FAILED_MIGSTARTUP = 29,
  MOOR_USMT_UNABLE_FINDMIGUNITS = 31,
  MOOR_USMT_FAILED_SETMIGRATIONTYPE = 32,
  MOOR_USMT_UNABLE_READKEY = 33,
  MOOR_USMT_ERROR_INSUFFICIENT_RIGHTS = 34,
  MOOR_USMT_UNABLE_DELETE_STORE = 35,
  MOOR_USMT_ERROR_UNSUPPORTED_PLATFORM = 36,
  MOOR_USMT_ERROR_NO_INVALID_KEY = 37,
  MOOR_USMT_ERROR_CORRUPTED_NOTENCRYPTED_STORE = 38,
  MOOR_USMT_UNABLE_TO_READ_CONFIG_FILE = 39,
  MOOR_USMT_ERROR_UNABLE_CREATE_PROGRESS_LOG = 40,
  MOOR_USMT_PREFLIGHT_FILE_CREATION_FAILED = 41,
  MOOR_USMT_ERROR_CORRUPTED_STORE = 42,
  MOOR_USMT_MIGRATION_STOPPED_NONFATAL = 61,
  MOOR_USMT_INIT_OPERATING_ENVIRONMENT_FAILED = 71,
  MOOR_USMT_UNABLE_DOMIGRATION = 72,
} MoorUsmtCode;

/**
 * MoorUsmtTool:
 *
 * The three commands.
 */
typedef enum
{
  MOOR_USMT_SCANSTATE,
  MOOR_USMT_LOADSTATE,
  MOOR_USMT_USMTUTILS,
} MoorUsmtTool;

/* Failures whose code is a MoorUsmtCode. */
#define MOOR_USMT_ERROR (moor_usmt_error_quark ())
GQuark moor_usmt_error_quark (void);

gboolean moor_usmt_throw (GError **error, MoorUsmtCode code, const char *format, ...)
    G_GNUC_PRINTF (3, 4);
void moor_usmt_rethrow (GError **error, MoorUsmtCode code, GError *problem);
MoorUsmtCode moor_usmt_code_from_error (MoorUsmtTool tool, const GError *error);

const char *moor_usmt_code_name (MoorUsmtCode code);
const char *moor_usmt_code_advice (MoorUsmtCode code);
const char *moor_usmt_tool_name (MoorUsmtTool tool);
gboolean moor_usmt_tool_from_name (const char *name, MoorUsmtTool *out_tool);
guint32 moor_usmt_system_error (const MoorIssue *issue);

G_END_DECLS
