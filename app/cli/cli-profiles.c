/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"

static const GOptionEntry entries[] = { CLI_ROOT, G_OPTION_ENTRY_NULL };

int
cli_profiles (Cli *cli, int argc, char **argv)
{
  static const CliSyntax syntax = {
    .operation = "profiles",
    .verb = "profiles",
    .summary = "Lists the people of a system: name, id, home, last use and state.",
    .entries = entries,
  };

  return cli_parse_and_run (cli, &syntax, argc, argv);
}
