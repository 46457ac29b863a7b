/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-error.h"

G_DEFINE_QUARK (moor - error - quark, moor_error)

/**
 * moor_throw:
 * @error: return location for a #GError
 * @code: what kind of failure
 * @format: what is wrong, where, and what to do about it
 *
 * Sets @error in %MOOR_ERROR.  Any thread.
 *
 * Returns: %FALSE, to be returned at once
 */
gboolean
moor_throw (GError **error, MoorError code, const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);

  g_set_error_literal (error, MOOR_ERROR, (int) code, message);
  return FALSE;
}

/**
 * moor_throw_errno:
 * @error: return location for a #GError
 * @errnum: the errno of the failed call, saved by being an argument
 * @format: a noun phrase: what was being done to what
 *
 * Sets @error in %G_IO_ERROR to the code that matches @errnum.  Any thread.
 *
 * Returns: %FALSE, to be returned at once
 */
gboolean
moor_throw_errno (GError **error, int errnum, const char *format, ...)
{
  g_autofree char *what = NULL;
  va_list args;

  va_start (args, format);
  what = g_strdup_vprintf (format, args);
  va_end (args);

  g_set_error (error, G_IO_ERROR, (int) g_io_error_from_errno (errnum), "%s: %s", what,
               g_strerror (errnum));
  return FALSE;
}

/**
 * moor_exit_from_error:
 * @error: (nullable): how an operation ended; %NULL for success
 *
 * Returns: the exit code that scripts are promised for @error.  Any thread.
 */
MoorExit
moor_exit_from_error (const GError *error)
{
  if (error == NULL)
    return MOOR_EXIT_COMPLETE;
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return MOOR_EXIT_CANCELLED;
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED))
    return MOOR_EXIT_NOT_PERMITTED;
  if (error->domain == G_OPTION_ERROR)
    return MOOR_EXIT_USAGE;
  if (error->domain != MOOR_ERROR)
    return MOOR_EXIT_FAILED;

  switch ((MoorError) error->code)
    {
    case MOOR_ERROR_USAGE:
      return MOOR_EXIT_USAGE;
    case MOOR_ERROR_REFUSED:
      return MOOR_EXIT_REFUSED;
    case MOOR_ERROR_BUSY:
      return MOOR_EXIT_BUSY;
    case MOOR_ERROR_STORE_UNUSABLE:
    case MOOR_ERROR_STORE_NEWER:
      return MOOR_EXIT_STORE_UNUSABLE;
    case MOOR_ERROR_NOT_PERMITTED:
      return MOOR_EXIT_NOT_PERMITTED;
    case MOOR_ERROR_DIFFERENCES:
      return MOOR_EXIT_DIFFERENCES;
    case MOOR_ERROR_OTHER_DOMAIN:
    case MOOR_ERROR_VANISHED:
    default:
      return MOOR_EXIT_FAILED;
    }
}
