/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-usmt-command.h"

#include <string.h>

/*
 * USMT's command lines, word by word.  An option begins with a slash, and so
 * does a path of Linux: what looks like both is the option if there is one of
 * that name, else the path if it has a second slash or exists.
 */

#define MAX_ARGUMENT 256

#define SCAN (1u << MOOR_USMT_SCANSTATE)
#define LOAD (1u << MOOR_USMT_LOADSTATE)
#define UTILS (1u << MOOR_USMT_USMTUTILS)
#define BOTH (SCAN | LOAD)
#define EVERY (SCAN | LOAD | UTILS)

typedef enum
{
  TAKES_NOTHING,
  MAY_TAKE,  /* after a colon only */
  TAKES_ONE, /* after a colon, or the next word */
} Takes;

typedef enum
{
  ONCE,
  REPEATED,
} Times;

typedef struct
{
  const char *name;
  MoorUsmtOption option;
  guint tools;
  Takes takes;
  Times times;
  gboolean is_secret;
} Syntax;

static const Syntax table[] = {
  { "?", MOOR_USMT_HELP, EVERY, TAKES_NOTHING, REPEATED, FALSE },
  { "help", MOOR_USMT_HELP, EVERY, TAKES_NOTHING, REPEATED, FALSE },
  { "hardlink", MOOR_USMT_HARDLINK, BOTH, TAKES_NOTHING, ONCE, FALSE },
  { "nocompress", MOOR_USMT_NOCOMPRESS, BOTH, TAKES_NOTHING, ONCE, FALSE },
  { "o", MOOR_USMT_OVERWRITE, SCAN | UTILS, TAKES_NOTHING, ONCE, FALSE },
  { "vsc", MOOR_USMT_VSC, SCAN, TAKES_NOTHING, ONCE, FALSE },
  { "encrypt", MOOR_USMT_ENCRYPT, SCAN, MAY_TAKE, ONCE, FALSE },
  { "decrypt", MOOR_USMT_DECRYPT, LOAD | UTILS, MAY_TAKE, ONCE, FALSE },
  { "key", MOOR_USMT_KEY, EVERY, TAKES_ONE, ONCE, TRUE },
  { "keyfile", MOOR_USMT_KEYFILE, EVERY, TAKES_ONE, ONCE, FALSE },
  { "i", MOOR_USMT_INCLUDE_FILE, EVERY, TAKES_ONE, REPEATED, FALSE },
  { "config", MOOR_USMT_CONFIG, BOTH, TAKES_ONE, ONCE, FALSE },
  { "genconfig", MOOR_USMT_GENCONFIG, SCAN, TAKES_ONE, ONCE, FALSE },
  { "genmigxml", MOOR_USMT_GENMIGXML, SCAN, TAKES_ONE, ONCE, FALSE },
  { "auto", MOOR_USMT_AUTO, BOTH, MAY_TAKE, ONCE, FALSE },
  { "localonly", MOOR_USMT_LOCALONLY, SCAN, TAKES_NOTHING, ONCE, FALSE },
  { "targetWindows8", MOOR_USMT_TARGET, SCAN, TAKES_NOTHING, ONCE, FALSE },
  { "targetWindows7", MOOR_USMT_TARGET, SCAN, TAKES_NOTHING, ONCE, FALSE },
  { "targetVista", MOOR_USMT_TARGET, SCAN, TAKES_NOTHING, ONCE, FALSE },
  { "targetXP", MOOR_USMT_TARGET, SCAN, TAKES_NOTHING, ONCE, FALSE },
  { "listfiles", MOOR_USMT_LISTFILES, SCAN, TAKES_ONE, ONCE, FALSE },
  { "l", MOOR_USMT_LOG, EVERY, TAKES_ONE, ONCE, FALSE },
  { "v", MOOR_USMT_VERBOSE, EVERY, TAKES_ONE, ONCE, FALSE },
  { "progress", MOOR_USMT_PROGRESS, BOTH, TAKES_ONE, ONCE, FALSE },
  { "c", MOOR_USMT_CONTINUE, BOTH, TAKES_NOTHING, ONCE, FALSE },
  { "r", MOOR_USMT_RETRIES, BOTH, TAKES_ONE, ONCE, FALSE },
  { "w", MOOR_USMT_WAIT, BOTH, TAKES_ONE, ONCE, FALSE },
  { "p", MOOR_USMT_ESTIMATE, SCAN, MAY_TAKE, ONCE, FALSE },
  { "all", MOOR_USMT_ALL, BOTH, TAKES_NOTHING, ONCE, FALSE },
  { "ui", MOOR_USMT_UI, BOTH, TAKES_ONE, REPEATED, FALSE },
  { "ue", MOOR_USMT_UE, BOTH, TAKES_ONE, REPEATED, FALSE },
  { "uel", MOOR_USMT_UEL, BOTH, TAKES_ONE, ONCE, FALSE },
  { "efs", MOOR_USMT_EFS, SCAN, TAKES_ONE, ONCE, FALSE },
  { "offline", MOOR_USMT_OFFLINE, BOTH, TAKES_ONE, ONCE, FALSE },
  { "offlineWinDir", MOOR_USMT_OFFLINE_WIN_DIR, BOTH, TAKES_ONE, ONCE, FALSE },
  { "offlineWinOld", MOOR_USMT_OFFLINE_WIN_OLD, BOTH, TAKES_ONE, ONCE, FALSE },
  { "apps", MOOR_USMT_APPS, SCAN, TAKES_NOTHING, ONCE, FALSE },
  { "ppkg", MOOR_USMT_PPKG, SCAN, TAKES_ONE, ONCE, FALSE },
  { "tel", MOOR_USMT_TEL, BOTH, TAKES_ONE, ONCE, FALSE },
  { "md", MOOR_USMT_MD, LOAD, TAKES_ONE, REPEATED, FALSE },
  { "mu", MOOR_USMT_MU, LOAD, TAKES_ONE, REPEATED, FALSE },
  { "lac", MOOR_USMT_LAC, LOAD, MAY_TAKE, ONCE, TRUE },
  { "lae", MOOR_USMT_LAE, LOAD, TAKES_NOTHING, ONCE, FALSE },
  { "sf", MOOR_USMT_SF, LOAD, TAKES_NOTHING, ONCE, FALSE },
  { "ec", MOOR_USMT_EC, UTILS, TAKES_NOTHING, ONCE, FALSE },
  { "rd", MOOR_USMT_RD, UTILS, TAKES_ONE, ONCE, FALSE },
  { "y", MOOR_USMT_YES, UTILS, TAKES_NOTHING, ONCE, FALSE },
  { "verify", MOOR_USMT_VERIFY, UTILS, MAY_TAKE, ONCE, FALSE },
  { "extract", MOOR_USMT_EXTRACT, UTILS, TAKES_NOTHING, ONCE, FALSE },
  { "e", MOOR_USMT_EXTRACT_EXCLUDE, UTILS, TAKES_ONE, ONCE, FALSE },
  { "-help", MOOR_USMT_HELP, EVERY, TAKES_NOTHING, REPEATED, FALSE },
  { "-drive", MOOR_USMT_DRIVE, EVERY, TAKES_ONE, REPEATED, FALSE },
  { "-root", MOOR_USMT_ROOT, BOTH, TAKES_ONE, ONCE, FALSE },
  { "-allow-commands", MOOR_USMT_ALLOW_COMMANDS, BOTH, TAKES_NOTHING, ONCE, FALSE },
  { "-rules-from-store", MOOR_USMT_RULES_FROM_STORE, LOAD, TAKES_NOTHING, ONCE, FALSE },
  { "-even-last-copies", MOOR_USMT_EVEN_LAST_COPIES, UTILS, TAKES_NOTHING, ONCE, FALSE },
};

/* Where the name of an option ends: `--drive=C:=/mnt`, `/l:file`. */
static gsize
name_length (const char *name)
{
  return strcspn (name, name[0] == '-' ? "=" : ":");
}

static gboolean
looks_like_option (const char *argument)
{
  return (argument[0] == '/' || argument[0] == '-') && argument[1] != '\0';
}

/* The option that @argument names.  @out_value is behind the colon, NULL without one. */
static const Syntax *
find_option (MoorUsmtTool tool, const char *argument, const char **out_value)
{
  const char *name = argument + 1;
  gsize length;

  if (!looks_like_option (argument) || (argument[0] == '/' && name[0] == '-'))
    return NULL;
  length = name_length (name);
  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      if ((table[i].tools & 1u << tool) == 0 || strlen (table[i].name) != length
          || g_ascii_strncasecmp (table[i].name, name, length) != 0)
        continue;
      *out_value = name[length] != '\0' ? name + length + 1 : NULL;
      return &table[i];
    }
  return NULL;
}

static gboolean
is_linux_path (const char *argument)
{
  return argument[0] == '/'
         && (strchr (argument + 1, '/') != NULL || g_file_test (argument, G_FILE_TEST_EXISTS));
}

static gboolean
is_operand (MoorUsmtTool tool, const char *argument)
{
  const char *value = NULL;

  if (find_option (tool, argument, &value) != NULL)
    return FALSE;
  return !looks_like_option (argument) || is_linux_path (argument);
}

/**
 * moor_usmt_option_name:
 *
 * Returns: the option with its slash, as USMT's manual writes it.  Any thread.
 */
const char *
moor_usmt_option_name (MoorUsmtOption option)
{
  static const char *const own[] = { "--drive", "--root", "--allow-commands", "--rules-from-store",
                                     "--even-last-copies" };
  static char names[MOOR_USMT_N_OPTIONS][24];
  static gsize filled = 0;

  g_return_val_if_fail ((guint) option < MOOR_USMT_N_OPTIONS, "");
  if (option >= MOOR_USMT_DRIVE)
    return own[option - MOOR_USMT_DRIVE];
  if (g_once_init_enter (&filled))
    {
      for (guint i = G_N_ELEMENTS (table); i > 0; i--)
        g_snprintf (names[table[i - 1].option], sizeof names[0], "/%s", table[i - 1].name);
      g_once_init_leave (&filled, 1);
    }
  return names[option];
}

/**
 * moor_usmt_command_new:
 * @arguments: (array zero-terminated=1): what stands behind the program's name
 *
 * Returns: (transfer full): a command line that is not parsed yet.  Any thread.
 */
MoorUsmtCommand *
moor_usmt_command_new (MoorUsmtTool tool, const char *const *arguments)
{
  MoorUsmtCommand *command = g_new0 (MoorUsmtCommand, 1);

  command->tool = tool;
  command->arguments = g_strdupv ((char **) arguments);
  command->operands = g_ptr_array_new_with_free_func (g_free);
  command->culprit = -1;
  return command;
}

static void
hide (char *text)
{
  gsize length = strlen (text);

  explicit_bzero (text, length);
  memset (text, '*', length);
}

/**
 * moor_usmt_hide_secrets:
 * @arguments: (array zero-terminated=1): what stands behind the program's name
 *
 * Overwrites the keys and passwords in @arguments with asterisks.  Any thread.
 */
void
moor_usmt_hide_secrets (MoorUsmtTool tool, char **arguments)
{
  for (char **at = arguments; *at != NULL; at++)
    {
      const char *value = NULL;
      const Syntax *syntax = find_option (tool, *at, &value);

      if (syntax == NULL || !syntax->is_secret)
        continue;
      if (value != NULL)
        hide (*at + (value - *at));
      else if (syntax->takes == TAKES_ONE && at[1] != NULL && is_operand (tool, at[1]))
        hide (at[1]);
    }
}

/**
 * moor_usmt_command_forget_secrets:
 *
 * Wipes the keys and passwords of @command from memory; their options stay given.  Any thread.
 */
void
moor_usmt_command_forget_secrets (MoorUsmtCommand *command)
{
  moor_usmt_hide_secrets (command->tool, command->arguments);
  for (gsize i = 0; i < G_N_ELEMENTS (table); i++)
    {
      GPtrArray *values = table[i].is_secret ? command->values[table[i].option] : NULL;

      for (guint j = 0; values != NULL && j < values->len; j++)
        {
          char *value = g_ptr_array_index (values, j);

          explicit_bzero (value, strlen (value));
        }
    }
}

/**
 * moor_usmt_command_free:
 * @command: (transfer full) (nullable): what is no longer needed
 */
void
moor_usmt_command_free (MoorUsmtCommand *command)
{
  if (command == NULL)
    return;

  moor_usmt_command_forget_secrets (command);
  for (guint i = 0; i < MOOR_USMT_N_OPTIONS; i++)
    g_clear_pointer (&command->values[i], g_ptr_array_unref);
  g_ptr_array_unref (command->operands);
  g_strfreev (command->arguments);
  g_free (command);
}

/**
 * moor_usmt_has:
 *
 * Returns: whether @option was given.  Any thread.
 */
gboolean
moor_usmt_has (const MoorUsmtCommand *command, MoorUsmtOption option)
{
  return command->values[option] != NULL;
}

/**
 * moor_usmt_value:
 *
 * Returns: (nullable): the first value of @option; %NULL if it was not given or
 *   has none.  Any thread.
 */
const char *
moor_usmt_value (const MoorUsmtCommand *command, MoorUsmtOption option)
{
  const char *value = command->values[option] != NULL
                          ? g_ptr_array_index (command->values[option], 0)
                          : NULL;

  return value != NULL && value[0] != '\0' ? value : NULL;
}

static gboolean
add_value (MoorUsmtCommand *command, const Syntax *syntax, const char *value, GError **error)
{
  GPtrArray **values = &command->values[syntax->option];

  if (*values != NULL && syntax->times == ONCE)
    return moor_usmt_throw (error, MOOR_USMT_INVALID_PARAMETERS, "/%s was given twice",
                            syntax->name);
  if (*values == NULL)
    *values = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (*values, g_strdup (value != NULL ? value : ""));
  command->places[syntax->option] = command->culprit;
  return TRUE;
}

/* Reads the option at @at, and the word behind it where that belongs to it. */
static gboolean
take_option (MoorUsmtCommand *command,
             const Syntax *syntax,
             const char *value,
             guint *at,
             GError **error)
{
  const char *next = command->arguments[*at + 1];

  if (value != NULL && syntax->takes == TAKES_NOTHING)
    return moor_usmt_throw (error, MOOR_USMT_INVALID_PARAMETERS, "/%s takes no value",
                            syntax->name);
  if (value == NULL && syntax->takes == TAKES_ONE && next != NULL
      && is_operand (command->tool, next))
    {
      value = next;
      (*at)++;
    }
  if (syntax->takes == TAKES_ONE && (value == NULL || value[0] == '\0'))
    return moor_usmt_throw (error, MOOR_USMT_INVALID_PARAMETERS, "/%s needs a value", syntax->name);
  if (value != NULL && value[0] == '\0')
    return moor_usmt_throw (error, MOOR_USMT_INVALID_PARAMETERS, "There is nothing behind “/%s:”",
                            syntax->name);
  return add_value (command, syntax, value, error);
}

/* A password is not shown, however long it is. */
static gboolean
check_length (const char *argument, const Syntax *syntax, GError **error)
{
  if (g_utf8_strlen (argument, -1) <= MAX_ARGUMENT)
    return TRUE;
  if (syntax != NULL && syntax->is_secret)
    return moor_usmt_throw (error, MOOR_USMT_ERROR_OPTION_PARAM_TOO_LARGE,
                            "The argument of /%s has more than %d characters", syntax->name,
                            MAX_ARGUMENT);
  return moor_usmt_throw (error, MOOR_USMT_ERROR_OPTION_PARAM_TOO_LARGE,
                          "An argument has more than %d characters: %.32s…", MAX_ARGUMENT,
                          argument);
}

static gboolean
take_argument (MoorUsmtCommand *command, guint *at, GError **error)
{
  const char *argument = command->arguments[*at];
  const char *value = NULL;
  const Syntax *syntax = find_option (command->tool, argument, &value);

  command->culprit = (int) *at;
  if (!g_utf8_validate (argument, -1, NULL))
    return moor_usmt_throw (error, MOOR_USMT_INVALID_PARAMETERS, "An argument is not UTF-8");
  if (!check_length (argument, syntax, error))
    return FALSE;
  if (syntax != NULL)
    return take_option (command, syntax, value, at, error)
           && check_length (command->arguments[*at], syntax, error);
  if (looks_like_option (argument) && !is_linux_path (argument))
    return moor_usmt_throw (
        error, MOOR_USMT_INVALID_PARAMETERS,
        "%s has no option “%s”; /? shows the options. A folder at the top of the system is "
        "written with a slash at its end",
        moor_usmt_tool_name (command->tool), argument);
  if (argument[0] == '\0')
    return moor_usmt_throw (error, MOOR_USMT_INVALID_PARAMETERS, "An argument is empty");
  g_ptr_array_add (command->operands, g_strdup (argument));
  return TRUE;
}

/**
 * moor_usmt_command_parse:
 * @error: return location for a #GError
 *
 * Takes the arguments of @command apart.  After a mistake what was read
 * is in @command all the same, so that /l is known, and its culprit is set.
 * Any thread.
 *
 * Returns: %FALSE with %MOOR_USMT_INVALID_PARAMETERS or
 *   %MOOR_USMT_ERROR_OPTION_PARAM_TOO_LARGE; %MOOR_USMT_DISPLAY_HELP if somebody
 *   asked for help
 */
gboolean
moor_usmt_command_parse (MoorUsmtCommand *command, GError **error)
{
  g_autoptr(GError) first = NULL;
  int culprit = -1;

  if (command->arguments[0] == NULL)
    return moor_usmt_throw (error, MOOR_USMT_INVALID_PARAMETERS,
                            "There are no options; /? shows them");
  for (guint at = 0; command->arguments[at] != NULL; at++)
    {
      g_autoptr(GError) problem = NULL;

      if (take_argument (command, &at, &problem) || first != NULL)
        continue;
      first = g_steal_pointer (&problem);
      culprit = command->culprit;
    }
  command->culprit = culprit;
  if (moor_usmt_has (command, MOOR_USMT_HELP))
    return moor_usmt_throw (error, MOOR_USMT_DISPLAY_HELP, "Help was asked for");
  if (first == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&first));
  return FALSE;
}

static void
append_argument (GString *text, const char *argument, gsize n_shown)
{
  gboolean quoted = argument[0] == '\0' || strpbrk (argument, " \t,") != NULL;

  g_string_append (text, text->len > 0 ? " " : "");
  g_string_append (text, quoted ? "\"" : "");
  g_string_append_len (text, argument, (gssize) n_shown);
  g_string_append (text, n_shown < strlen (argument) ? "***" : "");
  g_string_append (text, quoted ? "\"" : "");
}

/**
 * moor_usmt_command_text:
 * @mark_culprit: put a mark in front of what is wrong
 *
 * Returns: (transfer full): the command line for logs; keys and passwords are
 *   not in it.  Any thread.
 */
char *
moor_usmt_command_text (const MoorUsmtCommand *command, gboolean mark_culprit)
{
  g_autofree char *program = g_ascii_strdown (moor_usmt_tool_name (command->tool), -1);
  GString *text = g_string_new (program);
  gboolean is_hidden = FALSE;

  for (guint i = 0; command->arguments[i] != NULL; i++)
    {
      const char *argument = command->arguments[i];
      const char *value = NULL;
      const Syntax *syntax = find_option (command->tool, argument, &value);
      gsize n_shown = strlen (argument);

      if (is_hidden && syntax == NULL)
        n_shown = 0;
      else if (syntax != NULL && syntax->is_secret && value != NULL)
        n_shown = (gsize) (value - argument);
      is_hidden = syntax != NULL && syntax->is_secret && value == NULL
                  && syntax->takes == TAKES_ONE;
      if (mark_culprit && command->culprit == (int) i)
        g_string_append (text, " ##ERROR## -->");
      append_argument (text, argument, n_shown);
    }
  if (mark_culprit && command->culprit < 0)
    g_string_append (text, " ##ERROR## -->");
  return g_string_free (text, FALSE);
}
