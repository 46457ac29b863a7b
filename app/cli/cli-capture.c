/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"

static const GOptionEntry entries[] = {
  CLI_STORE,
  CLI_ROOT,
  CLI_USER,
  CLI_EXCLUDE_USER,
  CLI_USED_WITHIN,
  CLI_RULES,
  CLI_CONFIG,
  CLI_DRIVE,
  CLI_LOCAL_ONLY,
  CLI_ALLOW_COMMANDS,
  CLI_EFS,
  CLI_ARGUMENT ("list-files", cli_take_path, "FILE", "Write a line for each file captured"),
  CLI_FLAG ("resume", "Continue or refresh the store that is there"),
  CLI_FLAG ("overwrite", "Replace the store unless it holds the only copy"),
  CLI_FLAG ("stop-on-error", "Stop at the first object that makes trouble"),
  CLI_ARGUMENT ("method", cli_take_word, "METHOD", "link (default), reflink or copy"),
  CLI_ARGUMENT ("threads", cli_take_number, "N", "How many workers (default: what fits)"),
  CLI_DRY_RUN,
  G_OPTION_ENTRY_NULL,
};

/* A dry run is an estimate: what only a capture understands goes. */
static void
turn_into_estimate (JsonObject *request)
{
  static const char *const members[] = { "dry-run",       "resume", "overwrite",
                                         "stop-on-error", "method", "list-files" };

  json_object_set_string_member (request, "operation", "estimate");
  for (guint i = 0; i < G_N_ELEMENTS (members); i++)
    json_object_remove_member (request, members[i]);
}

int
cli_capture (Cli *cli, int argc, char **argv)
{
  static const char *const required[] = { "store", NULL };
  static const CliSyntax syntax = {
    .operation = "capture",
    .verb = "capture",
    .arguments = "--store DIR",
    .summary = "Gives people's files a second name in a store on the same volume, and seals\n"
               "the store.  The source is not changed.",
    .entries = entries,
    .required = required,
  };
  int code = MOOR_EXIT_COMPLETE;
  g_autoptr(JsonObject) request = cli_parse (cli, &syntax, argc, argv, &code);

  if (request == NULL)
    return code;
  if (json_object_has_member (request, "dry-run"))
    turn_into_estimate (request);
  return cli_run (cli, request, NULL);
}
