/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-request.h"

G_BEGIN_DECLS

/**
 * Cli:
 * @json: events and results go to stdout as JSON lines
 * @verbose: the job's log goes to stderr
 * @help: somebody asked for help
 * @version: somebody asked for the version
 * @log_path: (type filename) (nullable): where to append the job's log
 *
 * The options in front of the command, which may stand behind it too, and the
 * two streams.
 */
typedef struct
{
  gboolean json;
  gboolean verbose;
  gboolean help;
  gboolean version;
  char *log_path;
  GOutputStream *out;
  GOutputStream *err;
} Cli;

/**
 * CliCommand:
 * @verb: what the user types
 * @summary: one line about it
 * @run: takes what stands behind the verb (the verb is argv[0]) and gives the exit code
 */
typedef struct
{
  const char *verb;
  const char *summary;
  int (*run) (Cli *cli, int argc, char **argv);
} CliCommand;

/**
 * CliSyntax:
 * @operation: what moor_request_run() is asked for
 * @verb: what the user types: "capture", "store show"
 * @arguments: what has to stand behind it: "--store DIR"
 * @summary: what it does; lines of at most 80 columns
 * @details: (nullable): what stands below the options
 * @entries: its options: callbacks of the cli_take_ family
 * @required: (nullable): options that must be there, without dashes
 * @operand: (nullable): the member that takes the one operand, a path
 * @operands: (nullable): the member that takes any number of operands, paths
 *
 * What one command line may hold.
 */
typedef struct
{
  const char *operation;
  const char *verb;
  const char *arguments;
  const char *summary;
  const char *details;
  const GOptionEntry *entries;
  const char *const *required;
  const char *operand;
  const char *operands;
} CliSyntax;

/* Callbacks for the `arg_data` of options: each writes the request's member of
 * the option's name.  `_list` adds to a list, `_plural` to one whose name has an
 * s more than the option's, `_inner_path` adds a path within the system, `_path_list` one of
 * this machine. */
gboolean cli_take_flag (const char *name, const char *value, gpointer request, GError **error);
gboolean cli_take_word (const char *name, const char *value, gpointer request, GError **error);
gboolean cli_take_path (const char *name, const char *value, gpointer request, GError **error);
gboolean cli_take_number (const char *name, const char *value, gpointer request, GError **error);
gboolean cli_take_list (const char *name, const char *value, gpointer request, GError **error);
gboolean cli_take_inner_path (const char *name,
                              const char *value,
                              gpointer request,
                              GError **error);
gboolean cli_take_path_list (const char *name, const char *value, gpointer request, GError **error);
gboolean cli_take_plural (const char *name, const char *value, gpointer request, GError **error);

#define CLI_FLAG(name, help) \
  { \
    name, 0, G_OPTION_FLAG_NO_ARG, G_OPTION_ARG_CALLBACK, (gpointer) cli_take_flag, help, NULL \
  }
#define CLI_ARGUMENT(name, take, argument, help) \
  { \
    name, 0, G_OPTION_FLAG_FILENAME, G_OPTION_ARG_CALLBACK, (gpointer) take, help, argument \
  }
#define CLI_STORE CLI_ARGUMENT ("store", cli_take_path, "DIR", "The store")
#define CLI_ROOT CLI_ARGUMENT ("root", cli_take_path, "DIR", "The system (default: /)")
#define CLI_DRY_RUN CLI_FLAG ("dry-run", "Only tell what would be done")
#define CLI_USER \
  CLI_ARGUMENT ("user", cli_take_plural, "PATTERN", "Only people whose login name fits; * and ?")
#define CLI_EXCLUDE_USER \
  CLI_ARGUMENT ("exclude-user", cli_take_plural, "PATTERN", "Not these people")
#define CLI_USED_WITHIN \
  CLI_ARGUMENT ("used-within", cli_take_number, "DAYS", "Only people who used it that lately")
#define CLI_RULES \
  CLI_ARGUMENT ("rules", cli_take_path_list, "FILE", "Take what this MigXML file says (repeatable)")
#define CLI_CONFIG CLI_ARGUMENT ("config", cli_take_path, "FILE", "Which of its components count")
#define CLI_DRIVE \
  CLI_ARGUMENT ("drive", cli_take_plural, "C:=DIR", "What a drive is in the rules (repeatable)")
#define CLI_LOCAL_ONLY CLI_FLAG ("local-only", "Rules reach no removable or network drives")
#define CLI_ALLOW_COMMANDS CLI_FLAG ("allow-commands", "Run the commands that the rules name")
#define CLI_EFS \
  CLI_ARGUMENT ("efs", cli_take_word, "HOW", "Encrypted homes: abort, skip, decryptcopy, ...")

int cli_dispatch (Cli *cli,
                  const char *program,
                  const CliCommand *commands,
                  guint n_commands,
                  int argc,
                  char **argv);
gboolean cli_parse_globals (Cli *cli,
                            GOptionContext *context,
                            const char *program,
                            int *argc,
                            char ***argv);
JsonObject *cli_parse (Cli *cli, const CliSyntax *syntax, int argc, char **argv, int *out_exit);

int cli_fail (Cli *cli, MoorExit code, const char *format, ...) G_GNUC_PRINTF (3, 4);
int cli_print (Cli *cli, const char *text);
void cli_complain (Cli *cli, const char *text);

int cli_run (Cli *cli, JsonObject *request, JsonObject **out_result);
int cli_parse_and_run (Cli *cli, const CliSyntax *syntax, int argc, char **argv);

int cli_lint (Cli *cli, int argc, char **argv);
int cli_profiles (Cli *cli, int argc, char **argv);
int cli_estimate (Cli *cli, int argc, char **argv);
int cli_capture (Cli *cli, int argc, char **argv);
int cli_explain (Cli *cli, int argc, char **argv);
int cli_verify (Cli *cli, int argc, char **argv);
int cli_set_aside (Cli *cli, int argc, char **argv);
int cli_restore (Cli *cli, int argc, char **argv);
int cli_undo (Cli *cli, int argc, char **argv);
int cli_rollback (Cli *cli, int argc, char **argv);
int cli_accept (Cli *cli, int argc, char **argv);
int cli_store (Cli *cli, int argc, char **argv);
int cli_usmt (Cli *cli, int argc, char **argv);

G_END_DECLS
