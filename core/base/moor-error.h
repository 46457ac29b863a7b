/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * MoorError:
 * @MOOR_ERROR_USAGE: the request itself makes no sense
 * @MOOR_ERROR_REFUSED: a pre-flight check or the gate said no; nothing was changed
 * @MOOR_ERROR_BUSY: another job holds the store
 * @MOOR_ERROR_STORE_UNUSABLE: no store there, or it is damaged or foreign
 * @MOOR_ERROR_STORE_NEWER: the store was made by a newer Mooring
 * @MOOR_ERROR_NOT_PERMITTED: the user may not do this
 * @MOOR_ERROR_DIFFERENCES: a verification found differences
 * @MOOR_ERROR_OTHER_DOMAIN: a directory is on another volume or behind a mount
 * @MOOR_ERROR_VANISHED: something disappeared, or turned into something else, while it was read
 *
 * Failures a caller branches on.  Every other failure is reported in
 * %G_IO_ERROR, with the code that matches errno.
 */
typedef enum
{
  MOOR_ERROR_USAGE,
  MOOR_ERROR_REFUSED,
  MOOR_ERROR_BUSY,
  MOOR_ERROR_STORE_UNUSABLE,
  MOOR_ERROR_STORE_NEWER,
  MOOR_ERROR_NOT_PERMITTED,
  MOOR_ERROR_DIFFERENCES,
  MOOR_ERROR_OTHER_DOMAIN,
  MOOR_ERROR_VANISHED,
} MoorError;

/**
 * MoorExit:
 *
 * The exit codes of the command line (DESIGN 8), and the outcome of a job.
 */
typedef enum
{
  MOOR_EXIT_COMPLETE = 0,
  MOOR_EXIT_FAILED = 1,
  MOOR_EXIT_USAGE = 2,
  MOOR_EXIT_EXCEPTIONS = 3,
  MOOR_EXIT_CANCELLED = 4,
  MOOR_EXIT_DIFFERENCES = 5,
  MOOR_EXIT_REFUSED = 6,
  MOOR_EXIT_BUSY = 7,
  MOOR_EXIT_STORE_UNUSABLE = 8,
  MOOR_EXIT_NOT_PERMITTED = 9,
} MoorExit;

#define MOOR_ERROR (moor_error_quark ())
GQuark moor_error_quark (void);

gboolean moor_throw (GError **error, MoorError code, const char *format, ...) G_GNUC_PRINTF (3, 4);
gboolean moor_throw_errno (GError **error, int errnum, const char *format, ...)
    G_GNUC_PRINTF (3, 4);
MoorExit moor_exit_from_error (const GError *error);

G_END_DECLS
