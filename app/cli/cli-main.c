/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"

#include <gio/gunixoutputstream.h>
#include <locale.h>
#include <signal.h>
#include <unistd.h>

#include "moor-usmt-command.h"

/* `mooring`: a table of verbs, a file for each. */

static const CliCommand commands[] = {
  { "profiles", "List the people of a system", cli_profiles },
  { "estimate", "Count what a capture would link, and how long it would take", cli_estimate },
  { "capture", "Link people's files into a store", cli_capture },
  { "explain", "Tell why a file would be captured, or would not", cli_explain },
  { "verify", "Compare a store with its source or with the restored system", cli_verify },
  { "set-aside", "Move the old system into the store's keeping", cli_set_aside },
  { "restore", "Link people's files back", cli_restore },
  { "undo", "Take back a restore", cli_undo },
  { "rollback", "Put the old system back in its place", cli_rollback },
  { "accept", "Give up the old system and the store", cli_accept },
  { "store", "List, show or delete stores", cli_store },
  { "lint", "Tell what is wrong with rule files", cli_lint },
  { "scanstate", "Capture, with USMT's command line", cli_usmt },
  { "loadstate", "Restore, with USMT's command line", cli_usmt },
  { "usmtutils", "Delete or check a store, with USMT's command line", cli_usmt },
};

int
main (int argc, char **argv)
{
  Cli cli = { 0 };
  MoorUsmtTool tool;
  int code;

  setlocale (LC_ALL, "");
  g_set_prgname ("mooring");
  (void) signal (SIGPIPE, SIG_IGN);
  cli.out = g_unix_output_stream_new (STDOUT_FILENO, FALSE);
  cli.err = g_unix_output_stream_new (STDERR_FILENO, FALSE);

  code = argc > 0 && moor_usmt_tool_from_name (argv[0], &tool)
             ? cli_usmt (&cli, argc, argv)
             : cli_dispatch (&cli, "mooring", commands, G_N_ELEMENTS (commands), argc, argv);

  g_object_unref (cli.out);
  g_object_unref (cli.err);
  g_free (cli.log_path);
  return code;
}
