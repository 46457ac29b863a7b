/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"

static const GOptionEntry entries[] = {
  CLI_STORE,
  CLI_ROOT,
  CLI_FLAG ("despite-differences", "Even though the restore was not found complete"),
  CLI_ARGUMENT ("consent",
                cli_take_word,
                "UUID",
                "Agree that what is listed goes from this volume"),
  CLI_DRY_RUN,
  G_OPTION_ENTRY_NULL,
};

int
cli_accept (Cli *cli, int argc, char **argv)
{
  static const char *const required[] = { "store", NULL };
  static const CliSyntax syntax = {
    .operation = "accept",
    .verb = "accept",
    .arguments = "--store DIR",
    .summary = "Removes the old system, the replaced homes and the store, once everything was\n"
               "found restored.  What exists only in the old system is listed first and goes\n"
               "only with --consent.",
    .details = "“mooring accept --dry-run” lists what would go and names the volume.",
    .entries = entries,
    .required = required,
  };

  return cli_parse_and_run (cli, &syntax, argc, argv);
}
