/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"

static const GOptionEntry entries[] = { CLI_STORE, CLI_ROOT, CLI_DRY_RUN, G_OPTION_ENTRY_NULL };

int
cli_undo (Cli *cli, int argc, char **argv)
{
  static const char *const required[] = { "store", NULL };
  static const CliSyntax syntax = {
    .operation = "undo",
    .verb = "undo",
    .arguments = "--store DIR",
    .summary = "Takes back a restore: homes are as they were before it.  The restored ones\n"
               "stay in the store's keeping.",
    .entries = entries,
    .required = required,
  };

  return cli_parse_and_run (cli, &syntax, argc, argv);
}
