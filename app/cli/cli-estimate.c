/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"

static const GOptionEntry entries[] = {
  CLI_STORE,  CLI_ROOT,  CLI_USER,       CLI_EXCLUDE_USER, CLI_USED_WITHIN,     CLI_RULES,
  CLI_CONFIG, CLI_DRIVE, CLI_LOCAL_ONLY, CLI_EFS,          G_OPTION_ENTRY_NULL,
};

int
cli_estimate (Cli *cli, int argc, char **argv)
{
  static const CliSyntax syntax = {
    .operation = "estimate",
    .verb = "estimate",
    .summary = "Counts what a capture would link, copy and leave out, and how long it would\n"
               "take.  Nothing is changed.",
    .entries = entries,
  };

  return cli_parse_and_run (cli, &syntax, argc, argv);
}
