/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"

static const GOptionEntry entries[] = {
  CLI_STORE,
  CLI_ROOT,
  CLI_USER,
  CLI_EXCLUDE_USER,
  CLI_RULES,
  CLI_CONFIG,
  CLI_FLAG ("rules-from-store", "By the rules that the store was made with"),
  CLI_DRIVE,
  CLI_ALLOW_COMMANDS,
  CLI_ARGUMENT ("map", cli_take_list, "OLD:NEW", "Restore OLD into the account NEW (repeatable)"),
  CLI_FLAG ("create-accounts", "Create missing accounts, locked"),
  CLI_FLAG ("enable-accounts", "Create them with the old password"),
  CLI_ARGUMENT ("conflict", cli_take_word, "HOW", "rules, keep-both, keep-old or keep-new"),
  CLI_FLAG ("move", "Move homes out of the store where that is possible"),
  CLI_ARGUMENT ("path", cli_take_inner_path, "PATH", "Only this, as it was called (repeatable)"),
  CLI_DRY_RUN,
  G_OPTION_ENTRY_NULL,
};

int
cli_restore (Cli *cli, int argc, char **argv)
{
  static const char *const required[] = { "store", NULL };
  static const CliSyntax syntax = {
    .operation = "restore",
    .verb = "restore",
    .arguments = "--store DIR",
    .summary = "Links people's files back into a system, their accounts first, and compares\n"
               "the outcome with the store.  A home that was there is kept.",
    .entries = entries,
    .required = required,
  };

  return cli_parse_and_run (cli, &syntax, argc, argv);
}
