/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"
#include "moor-report-file.h"

static gboolean
take_report (const char *name, const char *value, gpointer request, GError **error)
{
  MoorReportFormat format = MOOR_REPORT_HTML;

  if (!moor_report_format_from_path (value, &format, error))
    return FALSE;
  json_object_set_string_member (request, "report", value);
  return TRUE;
}

static const GOptionEntry entries[] = {
  CLI_STORE,
  CLI_ROOT,
  CLI_ARGUMENT ("against", cli_take_word, "WHAT", "source or restored (default: what fits)"),
  CLI_FLAG ("content", "Read and compare contents too"),
  CLI_ARGUMENT ("report", take_report, "FILE", "Write a report: .html, .csv or .json"),
  G_OPTION_ENTRY_NULL,
};

static int
write_report (Cli *cli, const char *path, JsonObject *request, JsonObject *result, int code)
{
  g_autoptr(GError) error = NULL;

  if (moor_report_write_file (path, request, result, &error))
    return code;
  g_prefix_error (&error, "The report was not written: ");
  cli_complain (cli, error->message);
  return code == MOOR_EXIT_COMPLETE ? MOOR_EXIT_FAILED : code;
}

int
cli_verify (Cli *cli, int argc, char **argv)
{
  static const char *const required[] = { "store", NULL };
  static const CliSyntax syntax = {
    .operation = "verify",
    .verb = "verify",
    .arguments = "--store DIR",
    .summary = "Compares a store, object by object, with its source or with the restored\n"
               "system, and says whether the old system may be set aside.",
    .entries = entries,
    .required = required,
  };
  int code = MOOR_EXIT_COMPLETE;
  g_autoptr(JsonObject) request = cli_parse (cli, &syntax, argc, argv, &code);
  g_autoptr(JsonObject) result = NULL;
  g_autofree char *report = NULL;

  if (request == NULL)
    return code;
  report = g_strdup (json_object_get_string_member_with_default (request, "report", NULL));
  json_object_remove_member (request, "report");
  code = cli_run (cli, request, &result);
  return report != NULL && result != NULL ? write_report (cli, report, request, result, code)
                                          : code;
}
