/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "moor-test.h"
#include "moor-usmt-command.h"

/* What USMT's manual says about its command lines, row by row: the rules common to
 * the tools, who may be combined with whom, the causes of 11, and the table of
 * valid and invalid lines. */

#define LONG_NAME \
  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

typedef struct
{
  const char *id;
  const char *line; /* words; the first is the tool, `_` in a word stands for a blank */
  MoorUsmtCode code;
  const char *said; /* (nullable): what the message has in it */
} Row;

static const Row common_rules[] = {
  { "1.1 any order", "scanstate /c C:\\st /nocompress /hardlink", 0, NULL },
  { "1.1 value behind a colon", "scanstate C:\\st /hardlink /nocompress /l:a.log", 0, NULL },
  { "1.1 value behind a blank", "scanstate C:\\st /hardlink /nocompress /l a.log /i a.xml", 0,
    NULL },
  { "1.1 missing value", "scanstate C:\\st /hardlink /nocompress /l", 11, "/l needs a value" },
  { "1.1 missing value, an option follows", "scanstate C:\\st /l /c", 11, "/l needs a value" },
  { "1.1 nothing behind the colon", "scanstate C:\\st /l:", 11, "/l needs a value" },
  { "1.1 case", "SCANSTATE C:\\st /HardLink /NOCOMPRESS /EFS:HardLink", 0, NULL },
  { "1.1 dash instead of slash", "scanstate C:\\st -hardlink -nocompress -c", 0, NULL },
  { "1.1 twice", "scanstate C:\\st /nocompress /nocompress", 11, "twice" },
  { "1.1 twice, with values", "scanstate C:\\st /l:a /l:b", 11, "twice" },
  { "1.1 repeatable",
    "scanstate C:\\st /nocompress /i:a.xml /i:b.xml /ui:a\\b /ui:c\\d /ue:e\\f /ue:g\\h", 0, NULL },
  { "1.1 repeatable at loadstate", "loadstate C:\\st /md:a:b /md:c:d /mu:a:b /mu:c:d", 0, NULL },
  { "1.1 quoted blanks", "scanstate C:\\my_store /nocompress /ue:dom\\user_one", 0, NULL },
  { "1.1 no arguments", "loadstate", 11, "/?" },
  { "1.1 help", "usmtutils /?", 1, NULL },
  { "1.1 help wins", "scanstate /help /nonsense", 1, NULL },
  { "1.1 unknown option", "scanstate C:\\st /nonsense", 11, "/nonsense" },
  { "1.1 options of other tools", "loadstate C:\\st /localonly", 11, "/localonly" },
  { "1.1 options of old versions", "scanstate C:\\st /x", 11, "/x" },
  { "1.1 too long", "scanstate C:\\st /i:" LONG_NAME LONG_NAME LONG_NAME, 12, "256" },
  { "1.1 too long, behind a blank", "scanstate C:\\st /i " LONG_NAME LONG_NAME LONG_NAME, 12,
    "256" },
  { "1.1 no StorePath", "scanstate /nocompress", 11, "StorePath" },
  { "1.1 two StorePaths", "scanstate C:\\st D:\\st /nocompress", 11, "StorePath" },
  { "1.1 the top of a drive", "scanstate C:\\ /nocompress", 11, "top of a drive" },
  { "1.1 the top of a drive", "scanstate C: /nocompress", 11, "top of a drive" },
  { "1.1 the top of the system", "scanstate / /nocompress", 11, "top of a drive" },
  { "a value where none belongs", "scanstate C:\\st /c:yes", 11, "takes no value" },
  { "an empty argument", "scanstate C:\\st %", 11, "empty" },
  { "a path of Linux", "scanstate /mnt/new/StateStore /nocompress", 0, NULL },
  { "a folder at the top", "scanstate /not-there-at-all/ /nocompress", 0, NULL },
  { "a path of Linux as value", "scanstate /mnt/st /nocompress /l /var/log/scan.log", 0, NULL },
};

static const Row pairs[] = {
  { "1.4 /all /ui", "scanstate C:\\st /nocompress /all /ui:a\\b", 11, "/ui" },
  { "1.4 /all /ue", "scanstate C:\\st /nocompress /all /ue:a\\b", 11, "/ue" },
  { "1.4 /all /uel", "scanstate C:\\st /nocompress /all /uel:3", 11, "/uel" },
  { "1.4 /all /ui at loadstate", "loadstate C:\\st /all /ui:a\\b", 11, "/ui" },
  { "1.4 /auto /all", "scanstate C:\\st /nocompress /auto /all", 11, "/all" },
  { "1.4 /auto /ui", "scanstate C:\\st /nocompress /auto /ui:a\\b", 11, "/ui" },
  { "1.4 /auto /ue", "scanstate C:\\st /nocompress /auto /ue:a\\b", 11, "/ue" },
  { "1.4 /auto /v", "scanstate C:\\st /nocompress /auto:x /v:5", 11, "/v" },
  { "1.4 /key /keyfile", "scanstate C:\\st /encrypt /key:k /keyfile:f", 11, "/keyfile" },
  { "1.4 /key without /encrypt", "scanstate C:\\st /key:k", 11, "/encrypt" },
  { "1.4 /keyfile without /encrypt", "scanstate C:\\st /keyfile:f", 11, "/encrypt" },
  { "1.4 /key without /decrypt", "loadstate C:\\st /key:k", 11, "/decrypt" },
  { "1.4 /encrypt without a key", "scanstate C:\\st /encrypt", 11, "/key" },
  { "1.4 /decrypt without a key", "loadstate C:\\st /decrypt", 11, "/key" },
  { "1.4 /decrypt without a key, usmtutils", "usmtutils /verify C:\\st /decrypt", 11, "/key" },
  { "1.4 /encrypt /nocompress", "scanstate C:\\st /encrypt /key:k /nocompress", 11, "/nocompress" },
  { "1.4 /decrypt /nocompress", "loadstate C:\\st /decrypt /key:k /nocompress", 11, "/nocompress" },
  { "1.4 /encrypt /hardlink", "scanstate C:\\st /encrypt /key:k /hardlink", 11, "/nocompress" },
  { "1.4 /hardlink without /nocompress", "scanstate C:\\st /hardlink", 11, "/nocompress" },
  { "1.4 /hardlink without /nocompress", "loadstate C:\\st /hardlink", 11, "/nocompress" },
  { "1.4 /hardlink /vsc", "scanstate C:\\st /hardlink /nocompress /vsc", 11, "/vsc" },
  { "1.4 /efs:hardlink without /hardlink", "scanstate C:\\st /nocompress /efs:hardlink", 11,
    "/hardlink" },
  { "1.4 /lae without /lac", "loadstate C:\\st /lae", 11, "/lac" },
  { "1.4 /listfiles /p", "scanstate C:\\st /nocompress /listfiles:l.txt /p:x.xml", 11,
    "/listfiles" },
  { "1.4 /p without /nocompress", "scanstate C:\\st /p", 11, "/nocompress" },
  { "1.4 /p with /nocompress", "scanstate C:\\st /p /nocompress", 0, NULL },
  { "1.4 /p:file without /nocompress", "scanstate C:\\st /p:x.xml", 0, NULL },
  { "1.4 /genconfig StorePath", "scanstate C:\\st /genconfig:c.xml", 11, "StorePath" },
  { "1.4 /genconfig /config", "scanstate /genconfig:c.xml /config:d.xml", 11, "/config" },
  { "1.4 /genconfig /nocompress", "scanstate /genconfig:c.xml /nocompress", 11, "/nocompress" },
  { "1.4 /genconfig /all", "scanstate /genconfig:c.xml /all", 11, "/all" },
  { "1.4 /genconfig /ui", "scanstate /genconfig:c.xml /ui:a\\b", 11, "/ui" },
  { "1.4 /genconfig /progress", "scanstate /genconfig:c.xml /progress:p", 11, "/progress" },
  { "1.4 /genconfig /localonly", "scanstate /genconfig:c.xml /localonly", 11, "/localonly" },
  { "1.4 /genconfig alone", "scanstate /genconfig:c.xml /i:a.xml /v:5 /l:x.log /o /targetWindows7",
    0, NULL },
  { "1.4 /genmigxml", "scanstate /genmigxml:m.xml /v:5 /l:x.log /o", 0, NULL },
  { "1.4 /genmigxml StorePath", "scanstate C:\\st /genmigxml:m.xml", 11, "StorePath" },
  { "1.4 /genmigxml /c", "scanstate /genmigxml:m.xml /c", 11, "/c" },
  { "1.4 /genmigxml /genconfig", "scanstate /genmigxml:m.xml /genconfig:c.xml", 11, "/genmigxml" },
  { "1.4 /offline /offlineWinDir", "scanstate C:\\st /nocompress /offline:o /offlineWinDir:w", 11,
    "/offlineWinDir" },
  { "1.4 /offline /offlineWinOld", "scanstate C:\\st /nocompress /offline:o /offlineWinOld:w", 11,
    "/offlineWinOld" },
  { "1.4 /offlineWinDir /offlineWinOld",
    "scanstate C:\\st /nocompress /offlineWinDir:o /offlineWinOld:w", 11, "/offlineWinOld" },
  { "1.4 /uel /offline", "scanstate C:\\st /nocompress /uel:3 /offline:o", 11, "/uel" },
  { "1.4 /uel /offlineWinDir", "scanstate C:\\st /nocompress /uel:3 /offlineWinDir:o", 11, "/uel" },
  { "1.4 /uel /offlineWinOld", "scanstate C:\\st /nocompress /uel:3 /offlineWinOld:o", 11, "/uel" },
};

static const Row causes_of_11[] = {
  { "2.1 bad file for /genconfig", "scanstate /genconfig:", 11, "/genconfig" },
  { "2.1 bad file for /genmigxml", "scanstate /genmigxml", 11, "/genmigxml" },
  { "2.1 bad file for /listfiles", "scanstate C:\\st /nocompress /listfiles:", 11, "/listfiles" },
  { "2.1 bad /auto folder", "scanstate C:\\st /nocompress /auto:", 11, "/auto:" },
  { "2.1 /offline without a path", "scanstate C:\\st /nocompress /offline", 11, "/offline" },
  { "2.1 /offlineWinDir without a path", "scanstate C:\\st /offlineWinDir:", 11, "/offlineWinDir" },
  { "2.1 /offlineWinOld without a path", "scanstate C:\\st /offlineWinOld", 11, "/offlineWinOld" },
  { "2.1 second command", "usmtutils /rd C:\\st /verify D:\\st", 11, "one command" },
  { "2.1 second command", "usmtutils /ec /extract a b", 11, "one command" },
  { "2.1 bad /efs", "scanstate C:\\st /nocompress /efs:maybe", 11, "maybe" },
  { "2.1 bad /efs", "scanstate C:\\st /nocompress /efs", 11, "/efs" },
  { "2.1 bad estimate path", "scanstate C:\\st /nocompress /p:", 11, "/p:" },
  { "2.1 /r", "scanstate C:\\st /nocompress /r:three", 11, "three" },
  { "2.1 /w", "loadstate C:\\st /w:1.5", 11, "1.5" },
  { "2.1 /r is a number", "scanstate C:\\st /nocompress /r:5 /w:2", 0, NULL },
  { "2.1 unsupported algorithm", "scanstate C:\\st /encrypt:ROT13 /key:k", 11, "ROT13" },
  { "2.1 malformed /md", "loadstate C:\\st /md:contoso", 11, "OLD:NEW" },
  { "2.1 malformed /md", "loadstate C:\\st /md::fabrikam", 11, "OLD:NEW" },
  { "2.1 malformed /md", "loadstate C:\\st /md:a:b:c", 11, "OLD:NEW" },
  { "2.1 /md takes wildcards", "loadstate C:\\st /md:cont*:fabrikam", 0, NULL },
  { "2.1 malformed /mu", "loadstate C:\\st /mu:user1", 11, "OLD:NEW" },
  { "2.1 /mu takes no wildcards", "loadstate C:\\st /mu:contoso\\*:fabrikam\\x", 11, "OLD:NEW" },
  { "2.1 malformed /mu", "loadstate C:\\st /mu:a\\b\\c:d", 11, "OLD:NEW" },
  { "2.1 bad user exclusion", "scanstate C:\\st /nocompress /ue:\\user", 11, "DOMAIN\\USER" },
  { "2.1 bad user exclusion", "scanstate C:\\st /nocompress /ue:dom\\", 11, "DOMAIN\\USER" },
  { "2.1 bad user exclusion", "scanstate C:\\st /nocompress /ue:a\\b\\c", 11, "DOMAIN\\USER" },
  { "2.1 bad /uel", "scanstate C:\\st /nocompress /uel:soon", 11, "soon" },
  { "2.1 bad /uel", "scanstate C:\\st /nocompress /uel:2024/02/30", 11, "2024/02/30" },
  { "2.1 /uel is a date", "scanstate C:\\st /nocompress /uel:2024/02/29", 0, NULL },
  { "2.1 verbosity 3", "scanstate C:\\st /nocompress /v:3", 11, "/v" },
  { "2.1 verbosity 6", "scanstate C:\\st /nocompress /v:6", 11, "/v" },
  { "2.1 verbosity 16", "scanstate C:\\st /nocompress /v:16", 11, "/v" },
  { "2.1 verbosity x", "loadstate C:\\st /v:x", 11, "/v" },
  { "/apps", "scanstate C:\\st /nocompress /apps", 11, "installed programs" },
  { "/ppkg", "scanstate C:\\st /nocompress /ppkg:x.ppkg", 11, "installed programs" },
  { "/tel:off", "scanstate C:\\st /nocompress /tel:off", 0, NULL },
  { "/targetXP", "scanstate C:\\st /nocompress /targetXP", 0, NULL },
  { "/sf", "loadstate C:\\st /sf", 0, NULL },
};

static const Row validity[] = {
  { "J1", "scanstate", 11, NULL },
  { "J2", "scanstate /?", 1, NULL },
  { "J2", "loadstate /help", 1, NULL },
  { "J3", "scanstate C:\\st /hardlink", 11, NULL },
  { "J4", "scanstate C:\\st /hardlink /nocompress /vsc", 11, NULL },
  { "J5", "scanstate C:\\st /efs:hardlink /nocompress", 11, NULL },
  { "J6", "scanstate C:\\st /nocompress /encrypt /key:k", 11, NULL },
  { "J7", "scanstate C:\\st /encrypt", 11, NULL },
  { "J8", "scanstate C:\\st /encrypt /key:k /keyfile:f", 11, NULL },
  { "J9", "scanstate C:\\st /key:k", 11, NULL },
  { "J10", "scanstate C:\\st /v:2", 11, NULL },
  { "J11", "scanstate C:\\st /r:x", 11, NULL },
  { "J11", "scanstate C:\\st /w:x", 11, NULL },
  { "J12", "scanstate C:\\st /p", 11, NULL },
  { "J13", "scanstate C:\\st /p:x.xml /listfiles:l.txt", 11, NULL },
  { "J14", "scanstate C:\\st /genconfig:c.xml", 11, NULL },
  { "J15", "scanstate /genconfig:c.xml /i:a.xml /v:5 /l:x.log", 0, NULL },
  { "J21", "scanstate /" LONG_NAME LONG_NAME LONG_NAME, 12, NULL },
  { "J27", "scanstate C:\\st /auto /v:13", 11, NULL },
  { "J28", "loadstate C:\\st /offline:o.xml", 36, NULL },
  { "J37", "scanstate C:\\st /offlineWinDir:D:\\Windows /offlineWinOld:C:\\Windows.old", 11, NULL },
  { "I9", "scanstate C:\\st /nocompress /all /ue:x", 11, NULL },
  { "I16", "loadstate C:\\st /lae", 11, NULL },
};

static const Row tools[] = {
  { "1.5 /rd", "usmtutils /rd C:\\st", 0, NULL },
  { "1.5 /rd /y", "usmtutils /rd C:\\st /y", 0, NULL },
  { "1.5 /rd, a path of Linux", "usmtutils /y /rd /mnt/st", 0, NULL },
  { "1.5 /rd without a path", "usmtutils /rd", 11, "/rd needs a value" },
  { "1.5 /rd with two", "usmtutils /rd C:\\a C:\\b", 11, "too many" },
  { "1.5 /y alone", "usmtutils /y", 11, "/rd" },
  { "1.5 no command", "usmtutils /v:5", 11, "command is missing" },
  { "1.5 /ec", "usmtutils /ec", 0, NULL },
  { "1.5 /verify", "usmtutils /verify C:\\st", 0, NULL },
  { "1.5 /verify:all", "usmtutils /verify:ALL C:\\st /l:v.log", 0, NULL },
  { "1.5 /verify:failureonly", "usmtutils /verify:failureonly C:\\st", 0, NULL },
  { "1.5 /verify:catalog", "usmtutils /verify:catalog C:\\st", 0, NULL },
  { "1.5 /verify:other", "usmtutils /verify:other C:\\st", 11, "other" },
  { "1.5 /verify without a store", "usmtutils /verify", 11, "path is missing" },
  { "1.5 /extract", "usmtutils /extract C:\\st D:\\out /i:*.txt,*.pdf /e:*.exe /o", 0, NULL },
  { "1.5 /extract without a destination", "usmtutils /extract C:\\st", 11, "path is missing" },
  { "1.5 /i without /extract", "usmtutils /verify C:\\st /i:*.txt", 11, "/extract" },
  { "1.5 /e without /extract", "usmtutils /verify C:\\st /e:*.txt", 11, "/extract" },
};

static char **
split (const char *line, MoorUsmtTool *out_tool)
{
  g_auto(GStrv) words = g_strsplit (line, " ", -1);

  assert_true (moor_usmt_tool_from_name (words[0], out_tool));
  for (char **word = words; *word != NULL; word++)
    {
      g_strdelimit (*word, "_", ' ');
      if (g_str_equal (*word, "%"))
        **word = '\0';
    }
  return g_strdupv (words + 1);
}

static MoorUsmtCommand *
parse (const char *line, GError **error)
{
  MoorUsmtTool tool;
  g_auto(GStrv) words = split (line, &tool);
  MoorUsmtCommand *command = moor_usmt_command_new (tool, (const char *const *) words);

  if (moor_usmt_command_parse (command, error))
    (void) moor_usmt_command_check (command, error);
  return command;
}

static void
check_rows (const Row *rows, gsize n_rows)
{
  for (gsize i = 0; i < n_rows; i++)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(MoorUsmtCommand) command = parse (rows[i].line, &error);
      int code = error != NULL ? error->code : 0;

      assert_non_null (command);
      if (code != (int) rows[i].code)
        fail_msg ("%s: “%s” gives %d instead of %d: %s", rows[i].id, rows[i].line, code,
                  (int) rows[i].code, error != NULL ? error->message : "");
      if (rows[i].said != NULL && strstr (error->message, rows[i].said) == NULL)
        fail_msg ("%s: “%s” is not in “%s”", rows[i].id, rows[i].said, error->message);
    }
}

static void
test_rules_common_to_the_tools (void **state)
{
  check_rows (common_rules, G_N_ELEMENTS (common_rules));
}

static void
test_every_row_of_who_may_be_combined_with_whom (void **state)
{
  check_rows (pairs, G_N_ELEMENTS (pairs));
}

static void
test_every_cause_of_11 (void **state)
{
  check_rows (causes_of_11, G_N_ELEMENTS (causes_of_11));
}

static void
test_every_line_of_the_validity_table_that_needs_no_disk (void **state)
{
  check_rows (validity, G_N_ELEMENTS (validity));
}

static void
test_usmtutils_takes_one_command_with_its_paths (void **state)
{
  check_rows (tools, G_N_ELEMENTS (tools));
}

/* The documented matrix: each option beside /nocompress, /genconfig and /all. */
static const struct
{
  const char *option;
  gboolean nocompress;
  gboolean genconfig;
  gboolean all;
} matrix[] = {
  { "/i:a.xml", TRUE, TRUE, TRUE },
  { "/o", TRUE, TRUE, TRUE },
  { "/v:5", TRUE, TRUE, TRUE },
  { "/l:x.log", TRUE, TRUE, TRUE },
  { "/localonly", TRUE, FALSE, TRUE },
  { "/listfiles:l.txt", TRUE, FALSE, TRUE },
  { "/progress:p.log", TRUE, FALSE, TRUE },
  { "/r:3", TRUE, FALSE, TRUE },
  { "/w:1", TRUE, FALSE, TRUE },
  { "/c", TRUE, FALSE, TRUE },
  { "/efs:skip", TRUE, FALSE, TRUE },
  { "/config:c.xml", TRUE, FALSE, TRUE },
  { "/p:p.xml", TRUE, FALSE, TRUE },
  { "/ui:a\\b", TRUE, FALSE, FALSE },
  { "/ue:a\\b", TRUE, FALSE, FALSE },
  { "/uel:3", TRUE, FALSE, FALSE },
  { "/encrypt", FALSE, FALSE, TRUE },
  { "/vsc", TRUE, FALSE, TRUE },
};

static void
check_combination (const char *option, const char *rest, gboolean expected)
{
  g_autofree char *line = g_strdup_printf ("scanstate %s %s%s", rest, option,
                                           g_str_equal (option, "/encrypt") ? " /key:k" : "");
  g_autoptr(GError) error = NULL;
  g_autoptr(MoorUsmtCommand) command = parse (line, &error);

  assert_non_null (command);
  if ((error == NULL) != expected)
    fail_msg ("“%s”: %s", line, error != NULL ? error->message : "was accepted");
}

static void
test_every_cell_of_the_scanstate_matrix (void **state)
{
  for (gsize i = 0; i < G_N_ELEMENTS (matrix); i++)
    {
      check_combination (matrix[i].option, "C:\\st /nocompress", matrix[i].nocompress);
      check_combination (matrix[i].option, "/genconfig:g.xml", matrix[i].genconfig);
      check_combination (matrix[i].option, "C:\\st /all", matrix[i].all);
    }
}

static void
test_values_are_kept_as_written (void **state)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MoorUsmtCommand) command = parse (
      "scanstate --drive C:=/mnt C:\\st --drive=D:=/srv /nocompress /hardlink /i:a.xml /i b.xml "
      "/l:C:\\logs\\scan.log /p /c /v:13",
      &error);

  assert_no_gerror (error);
  assert_int_equal (command->values[MOOR_USMT_INCLUDE_FILE]->len, 2);
  assert_string_equal (g_ptr_array_index (command->values[MOOR_USMT_INCLUDE_FILE], 1), "b.xml");
  assert_string_equal (g_ptr_array_index (command->values[MOOR_USMT_DRIVE], 0), "C:=/mnt");
  assert_string_equal (g_ptr_array_index (command->values[MOOR_USMT_DRIVE], 1), "D:=/srv");
  assert_string_equal (moor_usmt_value (command, MOOR_USMT_LOG), "C:\\logs\\scan.log");
  assert_string_equal (g_ptr_array_index (command->operands, 0), "C:\\st");
  assert_true (moor_usmt_has (command, MOOR_USMT_ESTIMATE));
  assert_null (moor_usmt_value (command, MOOR_USMT_ESTIMATE));
  assert_int_equal (command->verbosity, 13);
}

static void
test_a_mistake_is_marked_and_the_log_is_known_all_the_same (void **state)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MoorUsmtCommand)
                 command = parse ("scanstate C:\\my_store /nonsense /l:scan.log", &error);
  g_autofree char *text = moor_usmt_command_text (command, TRUE);

  assert_gerror (error, MOOR_USMT_ERROR, MOOR_USMT_INVALID_PARAMETERS);
  assert_string_equal (text, "scanstate \"C:\\my store\" ##ERROR## --> /nonsense /l:scan.log");
  assert_string_equal (moor_usmt_value (command, MOOR_USMT_LOG), "scan.log");
}

static void
test_a_pair_that_does_not_fit_is_marked (void **state)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MoorUsmtCommand)
                 command = parse ("scanstate C:\\st /all /nocompress /ui:a\\b", &error);
  g_autofree char *text = moor_usmt_command_text (command, TRUE);

  assert_string_equal (text, "scanstate C:\\st /all /nocompress ##ERROR## --> /ui:a\\b");
}

static void
test_keys_and_passwords_are_not_shown (void **state)
{
  static const char *const lines[][2] = {
    { "loadstate C:\\st /lac:geheim /lae", "loadstate C:\\st /lac:*** /lae" },
    { "loadstate C:\\st /lac /lae", "loadstate C:\\st /lac /lae" },
    { "scanstate C:\\st /encrypt /key:geheim /c", "scanstate C:\\st /encrypt /key:*** /c" },
    { "scanstate C:\\st /encrypt /key geheim /c", "scanstate C:\\st /encrypt /key *** /c" },
    { "scanstate C:\\st /KEY:a /key:b", "scanstate C:\\st /KEY:*** /key:***" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      g_autoptr(MoorUsmtCommand) command = parse (lines[i][0], NULL);
      g_autofree char *text = moor_usmt_command_text (command, FALSE);

      assert_string_equal (text, lines[i][1]);
    }
}

static void
test_a_password_that_is_too_long_is_not_shown_either (void **state)
{
  g_autofree char *endless = g_strnfill (300, 'x');
  g_autofree char *lac = g_strconcat ("loadstate C:\\st /lac:geheim", endless, NULL);
  g_autofree char *key = g_strconcat ("scanstate C:\\st /key geheim", endless, NULL);
  const char *const lines[] = { lac, key };

  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(MoorUsmtCommand) command = parse (lines[i], &error);

      assert_non_null (command);
      assert_gerror (error, MOOR_USMT_ERROR, MOOR_USMT_ERROR_OPTION_PARAM_TOO_LARGE);
      assert_null (strstr (error->message, "geheim"));
    }
}

static void
test_passwords_are_forgotten_when_they_were_used (void **state)
{
  g_autoptr(MoorUsmtCommand) command = parse ("loadstate C:\\st /lac:geheim /lae /c", NULL);
  char lac[] = "/LAC:geheim";
  char key[] = "/key";
  char value[] = "geheim";
  char other[] = "/lae";
  char *arguments[] = { lac, key, value, other, NULL };
  g_autofree char *text = NULL;

  moor_usmt_command_forget_secrets (command);
  assert_null (moor_usmt_value (command, MOOR_USMT_LAC));
  assert_true (moor_usmt_has (command, MOOR_USMT_LAC));
  text = moor_usmt_command_text (command, FALSE);
  assert_string_equal (text, "loadstate C:\\st /lac:*** /lae /c");
  for (char **argument = command->arguments; *argument != NULL; argument++)
    assert_null (strstr (*argument, "geheim"));
  moor_usmt_hide_secrets (MOOR_USMT_LOADSTATE, arguments);
  assert_string_equal (lac, "/LAC:******");
  assert_string_equal (value, "******");
  assert_string_equal (other, "/lae");
}

static void
test_help_fits_a_terminal (void **state)
{
  for (guint tool = 0; tool < 3; tool++)
    {
      g_auto(GStrv) lines = g_strsplit (moor_usmt_help ((MoorUsmtTool) tool), "\n", -1);

      assert_true (g_str_has_prefix (lines[0], "Usage: "));
      for (char **line = lines; *line != NULL; line++)
        assert_true (g_utf8_strlen (*line, -1) <= 80);
    }
}

static void
test_a_tool_is_known_by_the_name_it_was_called (void **state)
{
  MoorUsmtTool tool = MOOR_USMT_SCANSTATE;

  assert_true (moor_usmt_tool_from_name ("/usr/bin/loadstate", &tool));
  assert_int_equal (tool, MOOR_USMT_LOADSTATE);
  assert_true (moor_usmt_tool_from_name ("USMTutils.exe", &tool));
  assert_int_equal (tool, MOOR_USMT_USMTUTILS);
  assert_false (moor_usmt_tool_from_name ("mooring", &tool));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_rules_common_to_the_tools),
    cmocka_unit_test (test_every_row_of_who_may_be_combined_with_whom),
    cmocka_unit_test (test_every_cause_of_11),
    cmocka_unit_test (test_every_line_of_the_validity_table_that_needs_no_disk),
    cmocka_unit_test (test_usmtutils_takes_one_command_with_its_paths),
    cmocka_unit_test (test_every_cell_of_the_scanstate_matrix),
    cmocka_unit_test (test_values_are_kept_as_written),
    cmocka_unit_test (test_a_mistake_is_marked_and_the_log_is_known_all_the_same),
    cmocka_unit_test (test_a_pair_that_does_not_fit_is_marked),
    cmocka_unit_test (test_keys_and_passwords_are_not_shown),
    cmocka_unit_test (test_a_password_that_is_too_long_is_not_shown_either),
    cmocka_unit_test (test_passwords_are_forgotten_when_they_were_used),
    cmocka_unit_test (test_help_fits_a_terminal),
    cmocka_unit_test (test_a_tool_is_known_by_the_name_it_was_called),
  };

  return cmocka_run_group_tests_name ("usmt/syntax", tests, NULL, NULL);
}
