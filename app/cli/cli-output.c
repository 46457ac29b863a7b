/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"
#include "moor-report-json.h"
#include "moor-report-print.h"
#include "moor-report-text.h"

/**
 * cli_complain:
 * @text: one line, without its end
 *
 * Tells something on stderr; control characters in it are escaped.
 */
void
cli_complain (Cli *cli, const char *text)
{
  g_autofree char *clean = moor_report_clean (text);
  g_autofree char *line = g_strdup_printf ("mooring: %s\n", clean);

  (void) moor_report_print (cli->err, line, NULL);
}

/**
 * cli_fail:
 * @code: how the command ends
 * @format: why
 *
 * Tells an error on stderr, with --json as the last line of stdout too.
 *
 * Returns: @code
 */
int
cli_fail (Cli *cli, MoorExit code, const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);

  cli_complain (cli, message);
  if (cli->json)
    {
      g_autoptr(MoorReportJson) report = moor_report_json_new (cli->out);
      const MoorEvent event = { .kind = MOOR_EVENT_RESULT,
                                .time_us = g_get_real_time (),
                                .exit_code = (int) code,
                                .message = message };

      moor_report_json_event (&event, report);
    }
  return (int) code;
}

/**
 * cli_print:
 * @text: what the user asked for
 *
 * Writes to stdout.
 *
 * Returns: %MOOR_EXIT_COMPLETE, or %MOOR_EXIT_FAILED if nobody could read it
 */
int
cli_print (Cli *cli, const char *text)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *message = NULL;

  if (moor_report_print (cli->out, text, &error))
    return MOOR_EXIT_COMPLETE;

  message = g_strdup_printf ("standard output: %s", error->message);
  cli_complain (cli, message);
  return MOOR_EXIT_FAILED;
}
