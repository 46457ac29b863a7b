/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-usmt-code.h"

G_BEGIN_DECLS

/**
 * MoorUsmtOption:
 *
 * Every option of the three commands, and Mooring's own (with two dashes).
 */
typedef enum
{
  MOOR_USMT_HELP,
  MOOR_USMT_HARDLINK,
  MOOR_USMT_NOCOMPRESS,
  MOOR_USMT_OVERWRITE, /* /o */
  MOOR_USMT_VSC,
  MOOR_USMT_ENCRYPT,
  MOOR_USMT_DECRYPT,
  MOOR_USMT_KEY,
  MOOR_USMT_KEYFILE,
  MOOR_USMT_INCLUDE_FILE, /* /i */
  MOOR_USMT_CONFIG,
  MOOR_USMT_GENCONFIG,
  MOOR_USMT_GENMIGXML,
  MOOR_USMT_AUTO,
  MOOR_USMT_LOCALONLY,
  MOOR_USMT_TARGET, /* /targetWindows7 and its like */
  MOOR_USMT_LISTFILES,
  MOOR_USMT_LOG,     /* /l */
  MOOR_USMT_VERBOSE, /* /v */
  MOOR_USMT_PROGRESS,
  MOOR_USMT_CONTINUE, /* /c */
  MOOR_USMT_RETRIES,  /* /r */
  MOOR_USMT_WAIT,     /* /w */
  MOOR_USMT_ESTIMATE, /* /p */
  MOOR_USMT_ALL,
  MOOR_USMT_UI,
  MOOR_USMT_UE,
  MOOR_USMT_UEL,
  MOOR_USMT_EFS,
  MOOR_USMT_OFFLINE,
  MOOR_USMT_OFFLINE_WIN_DIR,
  MOOR_USMT_OFFLINE_WIN_OLD,
  MOOR_USMT_APPS,
  MOOR_USMT_PPKG,
  MOOR_USMT_TEL,
  MOOR_USMT_MD,
  MOOR_USMT_MU,
  MOOR_USMT_LAC,
  MOOR_USMT_LAE,
  MOOR_USMT_SF,
  MOOR_USMT_EC,
  MOOR_USMT_RD,
  MOOR_USMT_YES, /* /y */
  MOOR_USMT_VERIFY,
  MOOR_USMT_EXTRACT,
  MOOR_USMT_EXTRACT_EXCLUDE, /* /e */
  MOOR_USMT_DRIVE,
  MOOR_USMT_ROOT,
  MOOR_USMT_ALLOW_COMMANDS,
  MOOR_USMT_RULES_FROM_STORE,
  MOOR_USMT_EVEN_LAST_COPIES,
  MOOR_USMT_N_OPTIONS
} MoorUsmtOption;

/**
 * MoorUsmtCommand:
 * @arguments: (array zero-terminated=1): as given, without the program
 * @values: (nullable) (element-type utf8): for each option its values, "" for none; %NULL: not
 * given
 * @places: for each option the index into @arguments where it stands last
 * @operands: (element-type utf8): StorePath, and what usmtutils takes
 * @culprit: index into @arguments of what is wrong; -1
 * @verbosity: the bits of /v
 *
 * A command line, taken apart.  Texts are as written: variables and drive
 * letters are still in them.
 */
typedef struct
{
  MoorUsmtTool tool;
  char **arguments;
  GPtrArray *values[MOOR_USMT_N_OPTIONS]; /* (owned) */
  int places[MOOR_USMT_N_OPTIONS];
  GPtrArray *operands; /* (owned) */
  int culprit;
  guint verbosity;
} MoorUsmtCommand;

#define MOOR_USMT_V_VERBOSE 1u
#define MOOR_USMT_V_STATUS 4u
#define MOOR_USMT_V_DEBUG 8u

MoorUsmtCommand *moor_usmt_command_new (MoorUsmtTool tool, const char *const *arguments);
void moor_usmt_command_free (MoorUsmtCommand *command);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorUsmtCommand, moor_usmt_command_free)

gboolean moor_usmt_command_parse (MoorUsmtCommand *command, GError **error);
gboolean moor_usmt_command_check (MoorUsmtCommand *command, GError **error);
gboolean moor_usmt_has (const MoorUsmtCommand *command, MoorUsmtOption option);
const char *moor_usmt_value (const MoorUsmtCommand *command, MoorUsmtOption option);
void moor_usmt_hide_secrets (MoorUsmtTool tool, char **arguments);
void moor_usmt_command_forget_secrets (MoorUsmtCommand *command);
const char *moor_usmt_option_name (MoorUsmtOption option);
char *moor_usmt_command_text (const MoorUsmtCommand *command, gboolean mark_culprit);
const char *moor_usmt_help (MoorUsmtTool tool);

G_END_DECLS
