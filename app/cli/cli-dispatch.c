/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"
#include "moor-report-print.h"

static const char version_text[] =
    "mooring " MOOR_VERSION "\n"
    "Licence GPLv3+: GNU GPL version 3 or later <https://gnu.org/licenses/gpl.html>.\n"
    "This is free software: you are free to change and redistribute it.\n"
    "There is NO WARRANTY, to the extent permitted by law.\n";

static char *
list_commands (const CliCommand *commands, guint n_commands)
{
  GString *list = g_string_new ("Commands:");

  for (guint i = 0; i < n_commands; i++)
    g_string_append_printf (list, "\n  %-10s %s", commands[i].verb, commands[i].summary);
  return g_string_free (list, FALSE);
}

/* Whatever stands between the program and the verb. */
static void
drop_separator (int *argc, char ***argv)
{
  if (*argc > 1 && g_str_equal ((*argv)[1], "--"))
    {
      (*argv)[1] = (*argv)[0];
      (*argc)--;
      (*argv)++;
    }
}

static int
fail_with_list (Cli *cli, const char *list, const char *message)
{
  int code = cli_fail (cli, MOOR_EXIT_USAGE, "%s", message);

  (void) moor_report_print (cli->err, list, NULL);
  (void) moor_report_print (cli->err, "\n", NULL);
  return code;
}

static int
run_command (Cli *cli,
             const CliCommand *commands,
             guint n_commands,
             const char *list,
             int argc,
             char **argv)
{
  g_autofree char *message = NULL;

  for (guint i = 0; i < n_commands; i++)
    {
      if (g_str_equal (commands[i].verb, argv[0]))
        return commands[i].run (cli, argc, argv);
    }
  message = g_strdup_printf ("“%s” is not a command.", argv[0]);
  return fail_with_list (cli, list, message);
}

/**
 * cli_dispatch:
 * @program: what stands in front of the verb: "mooring", "mooring store"
 * @commands: the verbs there are
 * @argv: the first is not looked at
 *
 * Reads the options in front of the verb and runs it.
 *
 * Returns: the exit code
 */
int
cli_dispatch (Cli *cli,
              const char *program,
              const CliCommand *commands,
              guint n_commands,
              int argc,
              char **argv)
{
  g_autofree char *list = list_commands (commands, n_commands);
  g_autofree char *more = g_strdup_printf ("“%s COMMAND --help” tells more about a command.",
                                           program);
  g_autoptr(GOptionContext) context = g_option_context_new ("COMMAND …");

  g_option_context_set_strict_posix (context, TRUE);
  g_option_context_set_summary (context, list);
  g_option_context_set_description (context, more);
  if (!cli_parse_globals (cli, context, program, &argc, &argv))
    return MOOR_EXIT_USAGE;

  if (cli->version)
    return cli_print (cli, version_text);
  if (cli->help)
    {
      g_autofree char *help = g_option_context_get_help (context, TRUE, NULL);

      return cli_print (cli, help);
    }
  drop_separator (&argc, &argv);
  if (argc < 2)
    return fail_with_list (cli, list, "A command is missing.");
  return run_command (cli, commands, n_commands, list, argc - 1, argv + 1);
}
