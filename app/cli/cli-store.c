/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"

static const GOptionEntry no_entries[] = { G_OPTION_ENTRY_NULL };
static const GOptionEntry delete_entries[] = {
  CLI_FLAG ("even-last-copies", "Even what has no other name anywhere"),
  CLI_DRY_RUN,
  G_OPTION_ENTRY_NULL,
};

static int
run_list (Cli *cli, int argc, char **argv)
{
  static const CliSyntax syntax = {
    .operation = "store-list",
    .verb = "store list",
    .arguments = "[DIR…]",
    .summary = "Lists the stores below the directories, or all that can be found.",
    .entries = no_entries,
    .operands = "dirs",
  };

  return cli_parse_and_run (cli, &syntax, argc, argv);
}

static int
run_show (Cli *cli, int argc, char **argv)
{
  static const CliSyntax syntax = {
    .operation = "store-show",
    .verb = "store show",
    .arguments = "DIR",
    .summary = "Tells what a store holds, what state it is in and where its parts are.",
    .entries = no_entries,
    .operand = "store",
  };

  return cli_parse_and_run (cli, &syntax, argc, argv);
}

static int
run_delete (Cli *cli, int argc, char **argv)
{
  static const CliSyntax syntax = {
    .operation = "delete",
    .verb = "store delete",
    .arguments = "DIR",
    .summary = "Removes a store with all its parts.  It refuses while the store holds the\n"
               "only copy of somebody's data.",
    .entries = delete_entries,
    .operand = "store",
  };

  return cli_parse_and_run (cli, &syntax, argc, argv);
}

int
cli_store (Cli *cli, int argc, char **argv)
{
  static const CliCommand commands[] = {
    { "list", "List stores", run_list },
    { "show", "Tell what a store holds", run_show },
    { "delete", "Remove a store", run_delete },
  };

  return cli_dispatch (cli, "mooring store", commands, G_N_ELEMENTS (commands), argc, argv);
}
