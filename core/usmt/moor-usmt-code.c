/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-usmt-code.h"

#include <errno.h>
#include <string.h>

G_DEFINE_QUARK (moor - usmt - error - quark, moor_usmt_error)

static const struct
{
  MoorUsmtCode code;
  const char *name;
  const char *advice;
} codes[] = {
  { MOOR_USMT_SUCCESS, "USMT_SUCCESS", "" },
  { MOOR_USMT_DISPLAY_HELP, "USMT_DISPLAY_HELP", "" },
  { MOOR_USMT_STATUS_CANCELED, "USMT_STATUS_CANCELED",
    "If encrypted files were the reason, choose with /efs what becomes of them." },
  { MOOR_USMT_WOULD_HAVE_FAILED, "USMT_WOULD_HAVE_FAILED",
    "Read the log before anything is deleted: what was skipped is listed there." },
  { MOOR_USMT_INVALID_PARAMETERS, "USMT_INVALID_PARAMETERS",
    "Correct the command line; /? shows the options." },
  { MOOR_USMT_ERROR_OPTION_PARAM_TOO_LARGE, "USMT_ERROR_OPTION_PARAM_TOO_LARGE",
    "Shorten the path, or start from another folder." },
  { MOOR_USMT_INIT_LOGFILE_FAILED, "USMT_INIT_LOGFILE_FAILED",
    "Give with /l a path that can be written." },
  { MOOR_USMT_ERROR_USE_LAC, "USMT_ERROR_USE_LAC",
    "Say /lac (and /lae) to have accounts made, or leave these people out with /ue." },
  { MOOR_USMT_INIT_ERROR, "USMT_INIT_ERROR",
    "Check the offline system and the rule files; a Config.xml belongs to /config, not to /i." },
  { MOOR_USMT_INVALID_STORE_LOCATION, "USMT_INVALID_STORE_LOCATION",
    "Check the path of the store; /o replaces a store that is there." },
  { MOOR_USMT_UNABLE_GET_SCRIPTFILES, "USMT_UNABLE_GET_SCRIPTFILES",
    "Check the files given with /i; a Config.xml belongs to /config." },
  { MOOR_USMT_FAILED_MIGSTARTUP, "USMT_FAILED_MIGSTARTUP",
    "Check the log: free space, another migration that runs, or XML that is not well formed." },
  { MOOR_USMT_UNABLE_FINDMIGUNITS, "USMT_UNABLE_FINDMIGUNITS", "Check the rule files." },
  { MOOR_USMT_FAILED_SETMIGRATIONTYPE, "USMT_FAILED_SETMIGRATIONTYPE", "Check the log." },
  { MOOR_USMT_UNABLE_READKEY, "USMT_UNABLE_READKEY", "Check the path given with /keyfile." },
  { MOOR_USMT_ERROR_INSUFFICIENT_RIGHTS, "USMT_ERROR_INSUFFICIENT_RIGHTS",
    "Run the command as root (sudo)." },
  { MOOR_USMT_UNABLE_DELETE_STORE, "USMT_UNABLE_DELETE_STORE",
    "Restore first, or see the message for what keeps the store." },
  { MOOR_USMT_ERROR_UNSUPPORTED_PLATFORM, "USMT_ERROR_UNSUPPORTED_PLATFORM",
    "Offline systems are for scanstate only." },
  { MOOR_USMT_ERROR_NO_INVALID_KEY, "USMT_ERROR_NO_INVALID_KEY",
    "Read this store with the tool that made it." },
  { MOOR_USMT_ERROR_CORRUPTED_NOTENCRYPTED_STORE, "USMT_ERROR_CORRUPTED_NOTENCRYPTED_STORE",
    "Check the path of the store and who may read it." },
  { MOOR_USMT_UNABLE_TO_READ_CONFIG_FILE, "USMT_UNABLE_TO_READ_CONFIG_FILE",
    "Check the file given with /config." },
  { MOOR_USMT_ERROR_UNABLE_CREATE_PROGRESS_LOG, "USMT_ERROR_UNABLE_CREATE_PROGRESS_LOG",
    "Give with /progress a path that can be written." },
  { MOOR_USMT_PREFLIGHT_FILE_CREATION_FAILED, "USMT_PREFLIGHT_FILE_CREATION_FAILED",
    "Give with /p a path that can be written and does not exist yet." },
  { MOOR_USMT_ERROR_CORRUPTED_STORE, "USMT_ERROR_CORRUPTED_STORE",
    "Get what is sound with usmtutils /extract." },
  { MOOR_USMT_MIGRATION_STOPPED_NONFATAL, "USMT_MIGRATION_STOPPED_NONFATAL",
    "With /c, or an ErrorControl section in Config.xml, such errors are skipped." },
  { MOOR_USMT_INIT_OPERATING_ENVIRONMENT_FAILED, "USMT_INIT_OPERATING_ENVIRONMENT_FAILED",
    "Run the command as root (sudo)." },
  { MOOR_USMT_UNABLE_DOMIGRATION, "USMT_UNABLE_DOMIGRATION", "Check the log." },
};

static const char *const tool_names[] = { "ScanState", "LoadState", "UsmtUtils" };

/**
 * moor_usmt_code_name:
 *
 * Returns: the name of @code in USMT's manual; "" for a number that is none.  Any thread.
 */
const char *
moor_usmt_code_name (MoorUsmtCode code)
{
  for (guint i = 0; i < G_N_ELEMENTS (codes); i++)
    {
      if (codes[i].code == code)
        return codes[i].name;
    }
  return "";
}

/**
 * moor_usmt_code_advice:
 *
 * Returns: a sentence of English about what to do after @code; may be "".  Any thread.
 */
const char *
moor_usmt_code_advice (MoorUsmtCode code)
{
  for (guint i = 0; i < G_N_ELEMENTS (codes); i++)
    {
      if (codes[i].code == code)
        return codes[i].advice;
    }
  return "";
}

/**
 * moor_usmt_tool_name:
 *
 * Returns: the name of @tool as its logs write it: "ScanState".  Any thread.
 */
const char *
moor_usmt_tool_name (MoorUsmtTool tool)
{
  g_return_val_if_fail ((guint) tool < G_N_ELEMENTS (tool_names), "");
  return tool_names[tool];
}

/**
 * moor_usmt_tool_from_name:
 * @name: a verb, or the path a program was called by; ".exe" and case do not matter
 * @out_tool: (out): the tool of that name
 *
 * Returns: %FALSE if there is no such tool.  Any thread.
 */
gboolean
moor_usmt_tool_from_name (const char *name, MoorUsmtTool *out_tool)
{
  g_autofree char *base = g_path_get_basename (name);
  g_autofree char *lower = g_ascii_strdown (base, -1);

  if (g_str_has_suffix (lower, ".exe"))
    lower[strlen (lower) - strlen (".exe")] = '\0';
  for (guint i = 0; i < G_N_ELEMENTS (tool_names); i++)
    {
      if (g_ascii_strcasecmp (tool_names[i], lower) == 0)
        {
          *out_tool = (MoorUsmtTool) i;
          return TRUE;
        }
    }
  return FALSE;
}

/**
 * moor_usmt_throw:
 * @code: how the command is to end
 * @format: why, and what to do about it
 *
 * Sets @error in %MOOR_USMT_ERROR.  Any thread.
 *
 * Returns: %FALSE, to be returned at once
 */
gboolean
moor_usmt_throw (GError **error, MoorUsmtCode code, const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);

  g_set_error_literal (error, MOOR_USMT_ERROR, (int) code, message);
  return FALSE;
}

/**
 * moor_usmt_rethrow:
 * @code: how the command is to end
 * @problem: (transfer full): why
 *
 * Sets @error to what @problem says.  Any thread.
 */
void
moor_usmt_rethrow (GError **error, MoorUsmtCode code, GError *problem)
{
  g_set_error_literal (error, MOOR_USMT_ERROR, (int) code, problem->message);
  g_error_free (problem);
}

static MoorUsmtCode
code_from_moor_error (MoorUsmtTool tool, MoorError error)
{
  static const MoorUsmtCode refused[] = { MOOR_USMT_INVALID_STORE_LOCATION,
                                          MOOR_USMT_UNABLE_DOMIGRATION,
                                          MOOR_USMT_UNABLE_DELETE_STORE };
  static const MoorUsmtCode denied[] = { MOOR_USMT_INIT_OPERATING_ENVIRONMENT_FAILED,
                                         MOOR_USMT_ERROR_INSUFFICIENT_RIGHTS,
                                         MOOR_USMT_ERROR_INSUFFICIENT_RIGHTS };

  switch (error)
    {
    case MOOR_ERROR_USAGE:
      return MOOR_USMT_INVALID_PARAMETERS;
    case MOOR_ERROR_REFUSED:
      return refused[tool];
    case MOOR_ERROR_BUSY:
      return MOOR_USMT_FAILED_MIGSTARTUP;
    case MOOR_ERROR_STORE_UNUSABLE:
    case MOOR_ERROR_STORE_NEWER:
      return MOOR_USMT_INVALID_STORE_LOCATION;
    case MOOR_ERROR_NOT_PERMITTED:
      return denied[tool];
    case MOOR_ERROR_DIFFERENCES:
      return MOOR_USMT_MIGRATION_STOPPED_NONFATAL;
    case MOOR_ERROR_OTHER_DOMAIN:
    case MOOR_ERROR_VANISHED:
    default:
      return MOOR_USMT_UNABLE_DOMIGRATION;
    }
}

/**
 * moor_usmt_code_from_error:
 * @error: (nullable): how an operation of Mooring, or a check in front of it, ended
 *
 * Returns: the code with which @tool ends then.  Any thread.
 */
MoorUsmtCode
moor_usmt_code_from_error (MoorUsmtTool tool, const GError *error)
{
  if (error == NULL)
    return MOOR_USMT_SUCCESS;
  if (error->domain == MOOR_USMT_ERROR)
    return (MoorUsmtCode) error->code;
  if (error->domain == MOOR_ERROR)
    return code_from_moor_error (tool, (MoorError) error->code);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return MOOR_USMT_STATUS_CANCELED;
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED))
    return code_from_moor_error (tool, MOOR_ERROR_NOT_PERMITTED);
  if (tool == MOOR_USMT_USMTUTILS)
    return MOOR_USMT_UNABLE_DELETE_STORE;
  return MOOR_USMT_UNABLE_DOMIGRATION;
}

/* What Windows calls an errno: readers of logs and ErrorControl know these numbers. */
static const struct
{
  int errnum;
  guint32 windows;
} system_errors[] = {
  { ENOENT, 2 },   { ENOTDIR, 3 },        { EMFILE, 4 },     { EACCES, 5 },   { EPERM, 5 },
  { ENOMEM, 8 },   { EXDEV, 17 },         { EROFS, 19 },     { EBUSY, 32 },   { ETXTBSY, 32 },
  { EAGAIN, 33 },  { EOPNOTSUPP, 50 },    { EEXIST, 183 },   { EINVAL, 87 },  { ENOSPC, 112 },
  { EDQUOT, 112 }, { ENAMETOOLONG, 206 }, { EILSEQ, 123 },   { ESTALE, 2 },   { EMLINK, 1142 },
  { EIO, 1117 },   { ENXIO, 1117 },       { EUCLEAN, 1392 }, { ELOOP, 1921 }, { ENOTCONN, 2250 },
};

static const struct
{
  MoorCause cause;
  guint32 windows;
} cause_errors[] = {
  { MOOR_CAUSE_OTHER_VOLUME, 17 },    { MOOR_CAUSE_TOO_MANY_LINKS, 1142 },
  { MOOR_CAUSE_PERMISSION, 5 },       { MOOR_CAUSE_IMMUTABLE, 5 },
  { MOOR_CAUSE_APPEND_ONLY, 5 },      { MOOR_CAUSE_VANISHED, 2 },
  { MOOR_CAUSE_MISSING, 2 },          { MOOR_CAUSE_NO_SPACE, 112 },
  { MOOR_CAUSE_READ_ONLY, 19 },       { MOOR_CAUSE_READ_ERROR, 1117 },
  { MOOR_CAUSE_NAME, 123 },           { MOOR_CAUSE_IN_USE, 32 },
  { MOOR_CAUSE_VOLUME_MISSING, 21 },  { MOOR_CAUSE_COLLISION, 183 },
  { MOOR_CAUSE_UNREADABLE_MOUNT, 5 },
};

/**
 * moor_usmt_system_error:
 *
 * Returns: the number that Windows has for what @issue is about; 31 ("a device
 *   does not work") where there is none.  Any thread.
 */
guint32
moor_usmt_system_error (const MoorIssue *issue)
{
  for (guint i = 0; i < G_N_ELEMENTS (system_errors) && issue->errnum != 0; i++)
    {
      if (system_errors[i].errnum == issue->errnum)
        return system_errors[i].windows;
    }
  for (guint i = 0; i < G_N_ELEMENTS (cause_errors); i++)
    {
      if (cause_errors[i].cause == issue->cause)
        return cause_errors[i].windows;
    }
  return 31;
}
