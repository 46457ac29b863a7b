/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-usmt-command.h"

static const char scanstate_help[] =
    "Usage: scanstate StorePath [options]\n"
    "\n"
    "Keeps people's files in StorePath\\USMT, to be put back by loadstate.\n"
    "\n"
    "Store:\n"
    "  /hardlink /nocompress  hard links: nothing is copied; same volume only\n"
    "  /nocompress            copies instead of links\n"
    "  /o                     replace a store that is there\n"
    "  /p[:FILE]              only estimate the space; no store is made\n"
    "Rules:\n"
    "  /i:FILE                a rule file (MigXML); may be repeated\n"
    "  /config:FILE           a Config.xml: which components, which errors to skip\n"
    "  /auto[:DIR]            MigDocs.xml and MigApp.xml of DIR, and /v:5\n"
    "  /genconfig:FILE        write a Config.xml; with /i /v /l /o only\n"
    "  /genmigxml:FILE        write what the document finder would take\n"
    "  /localonly             no removable and network drives\n"
    "  /efs:HOW               encrypted files: abort (default), skip, decryptcopy,\n"
    "                         copyraw or hardlink\n"
    "People:\n"
    "  /all                   everybody (default)\n"
    "  /ui:DOMAIN\\USER        these, whatever else is said; * is a wildcard\n"
    "  /ue:DOMAIN\\USER        not these; %computername%\\* is everybody local\n"
    "  /uel:DAYS|DATE|0       who used it within DAYS, since DATE, is logged on\n"
    "Which system:\n"
    "  /offlineWinDir:DIR     an offline system: its root, or Windows in it\n"
    "  /offlineWinOld:DIR     the same for an old system beside the new one\n"
    "  /offline:FILE          an Offline.xml\n"
    "  --root DIR             the root of a system, said plainly\n"
    "  --drive X:=DIR         where a drive letter is; may be repeated\n"
    "Logs and errors:\n"
    "  /l:FILE /v:LEVEL       the log, and what is in it: a sum of 1, 4 and 8\n"
    "  /progress:FILE         the progress log\n"
    "  /listfiles:FILE        a list of the files that were taken\n"
    "  /c                     go on after errors; the code is 3 then\n"
    "  /r:N /w:SECONDS        retries; local stores need none\n"
    "  --allow-commands       run what rule files want to run\n"
    "  /? or /help            this text\n";

static const char loadstate_help[] =
    "Usage: loadstate StorePath [options]\n"
    "\n"
    "Puts back what scanstate keeps in StorePath\\USMT.  The store stays.\n"
    "\n"
    "Store:\n"
    "  /hardlink /nocompress  as said to scanstate\n"
    "Rules:\n"
    "  /i:FILE                a rule file (MigXML); give the same as to scanstate\n"
    "  --rules-from-store     the rule files that are kept in the store\n"
    "  /config:FILE           a Config.xml\n"
    "  /auto[:DIR]            MigDocs.xml and MigApp.xml of DIR, and /v:5\n"
    "People:\n"
    "  /all                   everybody in the store (default)\n"
    "  /ui: /ue: /uel:        as for scanstate, of the people in the store\n"
    "  /md:OLD:NEW            another domain or computer; may be repeated\n"
    "  /mu:OLD:NEW            another user, [DOMAIN\\]USER; may be repeated\n"
    "  /lac[:PASSWORD]        make missing local accounts, locked\n"
    "  /lae                   make them usable, with the password they had\n"
    "Which system:\n"
    "  --root DIR             the root of the new system, where that is not /\n"
    "  --drive X:=DIR         where a drive letter is; may be repeated\n"
    "Logs and errors:\n"
    "  /l:FILE /v:LEVEL       the log, and what is in it: a sum of 1, 4 and 8\n"
    "  /progress:FILE         the progress log\n"
    "  /c                     go on after errors; the code is 3 then\n"
    "  /r:N /w:SECONDS        retries; local stores need none\n"
    "  --allow-commands       run what rule files want to run\n"
    "  /? or /help            this text\n";

static const char usmtutils_help[] =
    "Usage: usmtutils /rd StorePath [/y]\n"
    "       usmtutils /verify[:MODE] StorePath\n"
    "       usmtutils /extract StorePath Destination [/i:NAMES] [/e:NAMES] [/o]\n"
    "       usmtutils /ec\n"
    "\n"
    "  /rd                 delete a store with its parts on other volumes\n"
    "  /y                  do not ask\n"
    "  --even-last-copies  delete it although it holds the only copy of files\n"
    "  /verify             look whether a store is sound: summary (default), all,\n"
    "                      failureonly or catalog\n"
    "  /extract            copy files out of a store\n"
    "  /i:A,B /e:A,B       only files of these names; not those; * is a wildcard\n"
    "  /o                  overwrite files at the destination\n"
    "  /ec                 list the encryption algorithms\n"
    "  /l:FILE /v:LEVEL    the log, and what is in it: a sum of 1, 4 and 8\n"
    "  --drive X:=DIR      where a drive letter is; may be repeated\n"
    "  /? or /help         this text\n";

/**
 * moor_usmt_help:
 *
 * Returns: what /? shows: lines of at most 80 columns.  Any thread.
 */
const char *
moor_usmt_help (MoorUsmtTool tool)
{
  static const char *const texts[] = { scanstate_help, loadstate_help, usmtutils_help };

  g_return_val_if_fail ((guint) tool < G_N_ELEMENTS (texts), "");
  return texts[tool];
}
