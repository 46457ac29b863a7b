/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"

static const GOptionEntry entries[] = {
  CLI_ROOT,
  CLI_USER,
  CLI_EXCLUDE_USER,
  CLI_RULES,
  CLI_CONFIG,
  CLI_DRIVE,
  CLI_LOCAL_ONLY,
  CLI_STORE,
  CLI_FLAG ("rules-from-store", "The rules that the store was made with"),
  G_OPTION_ENTRY_NULL,
};

int
cli_explain (Cli *cli, int argc, char **argv)
{
  static const CliSyntax syntax = {
    .operation = "explain",
    .verb = "explain",
    .arguments = "PATH",
    .summary = "Tells whether a capture would take an object of the system, which rule decides\n"
               "that, and which others were about it.",
    .details = "A PATH that ends with a slash is a directory, even if there is none.",
    .entries = entries,
    .operand = "path",
  };

  return cli_parse_and_run (cli, &syntax, argc, argv);
}
