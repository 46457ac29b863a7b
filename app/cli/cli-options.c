/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"

#include <string.h>

#include "moor-report-print.h"
#include "moor-text.h"

#define DASHES 2

/* Options with a handful of words to choose from. */
static const struct
{
  const char *option;
  const char *words[6];
} choices[] = {
  { "--method", { "link", "reflink", "copy", NULL } },
  { "--against", { "source", "restored", NULL } },
  { "--conflict", { "rules", "keep-both", "keep-old", "keep-new", NULL } },
  { "--efs", { "abort", "skip", "decryptcopy", "copyraw", "hardlink", NULL } },
};

static gboolean throw_option (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
throw_option (GError **error, const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);

  g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, message);
  return FALSE;
}

static gboolean
check_choice (const char *name, const char *value, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (choices); i++)
    {
      g_autofree char *words = NULL;

      if (!g_str_equal (choices[i].option, name))
        continue;
      if (g_strv_contains (choices[i].words, value))
        return TRUE;
      words = g_strjoinv (", ", (char **) choices[i].words);
      return throw_option (error, "%s takes one of: %s", name, words);
    }
  return TRUE;
}

static gboolean
check_text (const char *name, const char *value, GError **error)
{
  g_autofree char *shown = moor_text_path (value);

  if (value[0] == '\0')
    return throw_option (error, "%s needs a value", name);
  if (!g_utf8_validate (value, -1, NULL))
    return throw_option (error, "The value of %s is not UTF-8: %s", name, shown);
  return check_choice (name, value, error);
}

/* An absolute path, written the way requests want it.  `..` stays: what it means
 * depends on links. */
static char *
write_path (const char *value)
{
  g_autofree char *current = g_get_current_dir ();
  g_autofree char *path = g_path_is_absolute (value) ? g_strdup (value)
                                                     : g_build_filename (current, value, NULL);

  return moor_text_path (path);
}

gboolean
cli_take_flag (const char *name, const char *value, gpointer request, GError **error)
{
  json_object_set_boolean_member (request, name + DASHES, TRUE);
  return TRUE;
}

gboolean
cli_take_word (const char *name, const char *value, gpointer request, GError **error)
{
  if (!check_text (name, value, error))
    return FALSE;
  json_object_set_string_member (request, name + DASHES, value);
  return TRUE;
}

gboolean
cli_take_path (const char *name, const char *value, gpointer request, GError **error)
{
  g_autofree char *path = write_path (value);

  if (value[0] == '\0')
    return throw_option (error, "%s needs a path", name);
  json_object_set_string_member (request, name + DASHES, path);
  return TRUE;
}

gboolean
cli_take_number (const char *name, const char *value, gpointer request, GError **error)
{
  guint64 number = 0;

  if (!g_ascii_string_to_unsigned (value, 10, 0, 100000, &number, NULL))
    return throw_option (error, "%s needs a number, which “%s” is not", name, value);
  json_object_set_int_member (request, name + DASHES, (gint64) number);
  return TRUE;
}

static void
add_to_list (JsonObject *request, const char *member, const char *value)
{
  if (!json_object_has_member (request, member))
    json_object_set_array_member (request, member, json_array_new ());
  json_array_add_string_element (json_object_get_array_member (request, member), value);
}

gboolean
cli_take_list (const char *name, const char *value, gpointer request, GError **error)
{
  if (!check_text (name, value, error))
    return FALSE;
  add_to_list (request, name + DASHES, value);
  return TRUE;
}

gboolean
cli_take_plural (const char *name, const char *value, gpointer request, GError **error)
{
  g_autofree char *member = g_strconcat (name + DASHES, "s", NULL);

  if (!check_text (name, value, error))
    return FALSE;
  add_to_list (request, member, value);
  return TRUE;
}

gboolean
cli_take_inner_path (const char *name, const char *value, gpointer request, GError **error)
{
  g_autofree char *member = g_str_equal (name, "--path") ? g_strdup ("paths")
                                                         : g_strdup (name + DASHES);
  g_autofree char *path = moor_text_path (value);

  if (value[0] == '\0')
    return throw_option (error, "%s needs a path", name);
  add_to_list (request, member, path);
  return TRUE;
}

gboolean
cli_take_path_list (const char *name, const char *value, gpointer request, GError **error)
{
  g_autofree char *path = write_path (value);

  if (value[0] == '\0')
    return throw_option (error, "%s needs a path", name);
  add_to_list (request, name + DASHES, path);
  return TRUE;
}

static GOptionGroup *
new_group (Cli *cli, const GOptionEntry *entries, gboolean with_version, JsonObject *request)
{
  const GOptionEntry shared[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &cli->json, "Write events and results as JSON lines", NULL },
    { "log", 0, 0, G_OPTION_ARG_FILENAME, &cli->log_path, "Append what happens to FILE", "FILE" },
    { "verbose", 'v', 0, G_OPTION_ARG_NONE, &cli->verbose, "Tell on stderr what happens", NULL },
    { "help", 'h', 0, G_OPTION_ARG_NONE, &cli->help, "Show this help", NULL },
    G_OPTION_ENTRY_NULL,
  };
  const GOptionEntry version[] = {
    { "version", 0, 0, G_OPTION_ARG_NONE, &cli->version, "Show the version and the licence", NULL },
    G_OPTION_ENTRY_NULL,
  };
  GOptionGroup *group = g_option_group_new ("main", "", "", request, NULL);

  if (entries != NULL)
    g_option_group_add_entries (group, entries);
  g_option_group_add_entries (group, shared);
  if (with_version)
    g_option_group_add_entries (group, version);
  return group;
}

static gboolean fail_usage (Cli *cli, const char *program, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

static gboolean
fail_usage (Cli *cli, const char *program, const char *format, ...)
{
  g_autofree char *message = NULL;
  g_autofree char *hint = g_strdup_printf ("Try “%s --help”.\n", program);
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);

  (void) cli_fail (cli, MOOR_EXIT_USAGE, "%s", message);
  (void) moor_report_print (cli->err, hint, NULL);
  return FALSE;
}

/* GOption forgets what it has read when it meets a mistake. */
static gboolean
wants_json (int argc, char **argv)
{
  for (int i = 1; i < argc && !g_str_equal (argv[i], "--"); i++)
    {
      if (g_str_equal (argv[i], "--json"))
        return TRUE;
    }
  return FALSE;
}

static gboolean
parse (Cli *cli, GOptionContext *context, const char *program, int *argc, char ***argv)
{
  g_autoptr(GError) error = NULL;

  g_option_context_set_help_enabled (context, FALSE);
  g_set_prgname (program);
  if (g_option_context_parse (context, argc, argv, &error))
    return TRUE;

  cli->json = cli->json || wants_json (*argc, *argv);
  return fail_usage (cli, program, "%s", error->message);
}

/**
 * cli_parse_globals:
 * @context: without options
 * @program: what stands in front of the verb
 *
 * Reads the options in front of a verb into @cli.
 *
 * Returns: %FALSE if there was a mistake, which was told
 */
gboolean
cli_parse_globals (Cli *cli, GOptionContext *context, const char *program, int *argc, char ***argv)
{
  g_option_context_set_main_group (context, new_group (cli, NULL, TRUE, NULL));
  return parse (cli, context, program, argc, argv);
}

/* A path of a Windows drive is mapped by the engine, where it names nothing here. */
static char *
write_operand (const CliSyntax *syntax, const char *value)
{
  const gboolean is_drive = g_ascii_isalpha (value[0]) && value[1] == ':'
                            && (value[2] == '\\' || value[2] == '/');

  if (is_drive && g_strcmp0 (syntax->operand, "path") == 0
      && !g_file_test (value, G_FILE_TEST_EXISTS))
    return moor_text_path (value);
  return write_path (value);
}

static gboolean
take_operands (Cli *cli, const CliSyntax *syntax, JsonObject *request, int argc, char **argv)
{
  int first = argc > 1 && g_str_equal (argv[1], "--") ? 2 : 1;

  for (int i = first; i < argc; i++)
    {
      g_autofree char *path = write_operand (syntax, argv[i]);

      if (syntax->operands != NULL)
        add_to_list (request, syntax->operands, path);
      else if (syntax->operand != NULL && i == first)
        json_object_set_string_member (request, syntax->operand, path);
      else
        return fail_usage (cli, g_get_prgname (), "“%s” is one argument too many", argv[i]);
    }
  return TRUE;
}

static gboolean
check_required (Cli *cli, const CliSyntax *syntax, JsonObject *request)
{
  for (guint i = 0; syntax->required != NULL && syntax->required[i] != NULL; i++)
    {
      if (json_object_has_member (request, syntax->required[i]))
        continue;
      return fail_usage (cli, g_get_prgname (), "--%s is missing", syntax->required[i]);
    }
  if (syntax->operand != NULL && !json_object_has_member (request, syntax->operand))
    return fail_usage (cli, g_get_prgname (), "%s is missing", syntax->arguments);
  return TRUE;
}

/**
 * cli_parse:
 * @syntax: what may stand there
 * @argv: the first is not looked at
 * @out_exit: (out): the exit code if there is nothing to run
 *
 * Turns a command line into a request.
 *
 * Returns: (transfer full) (nullable): the request; %NULL if help was asked for
 *   and given, or a mistake was told
 */
JsonObject *
cli_parse (Cli *cli, const CliSyntax *syntax, int argc, char **argv, int *out_exit)
{
  g_autoptr(GOptionContext) context = g_option_context_new (syntax->arguments);
  g_autoptr(JsonObject) request = json_object_new ();
  g_autofree char *program = g_strconcat ("mooring ", syntax->verb, NULL);

  *out_exit = MOOR_EXIT_USAGE;
  json_object_set_string_member (request, "operation", syntax->operation);
  g_option_context_set_summary (context, syntax->summary);
  g_option_context_set_description (context, syntax->details);
  g_option_context_set_main_group (context, new_group (cli, syntax->entries, FALSE, request));
  if (!parse (cli, context, program, &argc, &argv))
    return NULL;
  if (cli->help)
    {
      g_autofree char *help = g_option_context_get_help (context, TRUE, NULL);

      *out_exit = cli_print (cli, help);
      return NULL;
    }
  if (!take_operands (cli, syntax, request, argc, argv) || !check_required (cli, syntax, request))
    return NULL;
  if (!json_object_has_member (request, "root"))
    json_object_set_string_member (request, "root", "/");
  return g_steal_pointer (&request);
}
