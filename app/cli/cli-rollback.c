/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"

static const GOptionEntry entries[] = {
  CLI_STORE,
  CLI_ARGUMENT ("root", cli_take_path, "DIR", "The system; never the running one"),
  CLI_DRY_RUN,
  G_OPTION_ENTRY_NULL,
};

int
cli_rollback (Cli *cli, int argc, char **argv)
{
  static const char *const required[] = { "store", "root", NULL };
  static const CliSyntax syntax = {
    .operation = "rollback",
    .verb = "rollback",
    .arguments = "--store DIR --root DIR",
    .summary = "Puts the old system back in its place, homes as they were.  The new system\n"
               "goes into the store's keeping; nothing is deleted.",
    .entries = entries,
    .required = required,
  };

  return cli_parse_and_run (cli, &syntax, argc, argv);
}
