/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"

static const GOptionEntry entries[] = {
  CLI_STORE,
  CLI_ARGUMENT ("root", cli_take_path, "DIR", "The system; never the running one"),
  CLI_ARGUMENT ("protect", cli_take_inner_path, "PATH", "Leave this where it is (repeatable)"),
  CLI_DRY_RUN,
  G_OPTION_ENTRY_NULL,
};

int
cli_set_aside (Cli *cli, int argc, char **argv)
{
  static const char *const required[] = { "store", "root", NULL };
  static const CliSyntax syntax = {
    .operation = "set-aside",
    .verb = "set-aside",
    .arguments = "--store DIR --root DIR",
    .summary = "Checks the store against the system, then moves the system into the store's\n"
               "keeping, on the same volume.  Nothing is deleted; “mooring rollback” puts\n"
               "everything back.",
    .entries = entries,
    .required = required,
  };

  return cli_parse_and_run (cli, &syntax, argc, argv);
}
