/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-words.h"

#include <string.h>

#include <glib/gi18n.h>

#include "moor-text.h"

/* What is wrong and what helps, for people who have a window before them and not a
 * command line: the engine's own remedies name options that they cannot give here. */

typedef struct
{
  const char *text;
  const char *remedy;
} CauseWords;

/* clang-format off */
static const CauseWords causes[MOOR_N_CAUSES] = {
  [MOOR_CAUSE_NONE] = { N_("Nothing is wrong."), "" },
  [MOOR_CAUSE_OTHER_VOLUME] = { N_("It lies on another disk or partition, so it has to be copied."),
    N_("Nothing needs to be done: it only takes more time and space.") },
  [MOOR_CAUSE_MOUNT_POINT] = { N_("Another disk or share is connected there. Its files are not captured."),
    N_("They stay on that disk. Disconnect it before the system is replaced.") },
  [MOOR_CAUSE_NO_LINKS] = { N_("This disk cannot give a file a second name, so it has to be copied."),
    N_("Nothing needs to be done: it only takes more time and space.") },
  [MOOR_CAUSE_TOO_MANY_LINKS] = { N_("The file has as many names as the disk allows, so it has to be copied."),
    N_("Nothing needs to be done: it only takes more time and space.") },
  [MOOR_CAUSE_IMMUTABLE] = { N_("The file is locked against changes, so it has to be copied."),
    N_("Nothing needs to be done: it only takes more time and space.") },
  [MOOR_CAUSE_APPEND_ONLY] = { N_("The file may only grow, so it has to be copied."),
    N_("Nothing needs to be done: it only takes more time and space.") },
  [MOOR_CAUSE_PERMISSION] = { N_("Mooring was not allowed to read it."),
    N_("Start Mooring as the administrator (root) and try again.") },
  [MOOR_CAUSE_VANISHED] = { N_("It disappeared while it was being read."),
    N_("If it is needed, close the programs that use it and capture once more.") },
  [MOOR_CAUSE_CHANGED] = { N_("It changed after it was captured."),
    N_("If the newer one is to be kept, capture once more.") },
  [MOOR_CAUSE_NO_SPACE] = { N_("The disk is full."),
    N_("Free some space and try again: it continues where it stopped.") },
  [MOOR_CAUSE_READ_ONLY] = { N_("The disk can only be read, not written."),
    N_("Make the disk writable and try again.") },
  [MOOR_CAUSE_READ_ERROR] = { N_("The disk reported an error."),
    N_("The disk may be failing. Copy what matters most to another disk before anything else.") },
  [MOOR_CAUSE_UNREADABLE_MOUNT] = { N_("A program shows something there that only its owner may see. It is not captured."),
    N_("Log that person out, then try again.") },
  [MOOR_CAUSE_NAME] = { N_("The disk cannot hold a file of this name."),
    N_("Rename the file and capture once more.") },
  [MOOR_CAUSE_COLLISION] = { N_("Another file has the same name. Both were kept."),
    N_("Look at both and keep the one you want.") },
  [MOOR_CAUSE_ID_TAKEN] = { N_("The person’s number belongs to somebody else on this system."),
    N_("Nothing needs to be done: the files get the person’s new number.") },
  [MOOR_CAUSE_NO_ACCOUNT] = { N_("Nobody on this system owns this home."),
    N_("The files are kept. Create the account to use them.") },
  [MOOR_CAUSE_NO_HOME] = { N_("This account has no home folder."),
    N_("There is nothing to capture.") },
  [MOOR_CAUSE_VOLUME_MISSING] = { N_("The disk that holds it is not connected."),
    N_("Connect the disk and try again.") },
  [MOOR_CAUSE_VOLUME_ERRORS] = { N_("The disk’s file system has recorded errors."),
    N_("Have the file system repaired, then try again.") },
  [MOOR_CAUSE_EXCLUDED] = { N_("It is left out by the rules."),
    N_("Nothing needs to be done: programs make caches anew.") },
  [MOOR_CAUSE_METADATA] = { N_("Its owner, permissions or another attribute differ."),
    N_("The contents are not touched. Look at its properties if it matters.") },
  [MOOR_CAUSE_IN_USE] = { N_("It is in use."),
    N_("Save your work and close the programs that use it, so that nothing newer is missed.") },
  [MOOR_CAUSE_MISSING] = { N_("It should be there and is not."),
    N_("If the store holds it, restore it from there.") },
  [MOOR_CAUSE_OTHER_OBJECT] = { N_("The name is there, but it is a different file."),
    N_("Compare both. Restore to get the old one back, or keep the new one.") },
  [MOOR_CAUSE_KEPT_IN_PLACE] = { N_("It was merged into the existing folder, piece by piece."),
    N_("Nothing needs to be done.") },
  [MOOR_CAUSE_OTHER] = { N_("Something else went wrong."), N_("The log has the details.") },
  [MOOR_CAUSE_MOVED] = { N_("A rule moved it."), N_("Nothing needs to be done.") },
  [MOOR_CAUSE_WITHHELD] = { N_("A rule leaves it in the store."),
    N_("Restore without that rule, if you want it back.") },
  [MOOR_CAUSE_LEFT] = { N_("A restore put it there, and undoing that does not take it out."),
                        N_("Look at it, and remove it yourself if you do not want it.") },
};
/* clang-format on */

/**
 * moor_word_cause:
 *
 * Returns: what is wrong, in a sentence, translated
 */
const char *
moor_word_cause (MoorCause cause)
{
  const char *text = cause < MOOR_N_CAUSES ? causes[cause].text : NULL;

  return text != NULL ? _ (text) : moor_cause_text (cause);
}

/**
 * moor_word_remedy:
 *
 * Returns: what helps, in a sentence, translated; may be empty
 */
const char *
moor_word_remedy (MoorCause cause)
{
  const char *remedy = cause < MOOR_N_CAUSES ? causes[cause].remedy : NULL;

  return remedy != NULL && *remedy != '\0' ? _ (remedy) : "";
}

/* Adds @clause to @text as a sentence of its own. */
static void
append_sentence (GString *text, const char *clause)
{
  if (clause == NULL || *clause == '\0')
    return;
  if (text->len > 0)
    g_string_append_c (text, ' ');
  g_string_append_unichar (text, g_unichar_toupper (g_utf8_get_char (clause)));
  g_string_append (text, g_utf8_next_char (clause));
  if (strchr (".!?", text->str[text->len - 1]) == NULL)
    g_string_append_c (text, '.');
}

/**
 * moor_words_cause:
 * @detail: (nullable): what else the engine knows of it
 *
 * Returns: (transfer full): what is wrong, in full sentences; may be empty
 */
char *
moor_words_cause (MoorCause cause, const char *detail)
{
  GString *text = g_string_new (cause != MOOR_CAUSE_NONE ? moor_word_cause (cause) : NULL);
  g_autofree char *clean = moor_text_path (detail != NULL ? detail : "");

  append_sentence (text, clean);
  return g_string_free (text, FALSE);
}

/* Where the part of a message begins that speaks of the command line; NULL if none does. */
static const char *
find_command_words (const char *message)
{
  const char *option = g_strstr_len (message, -1, " --");
  const char *command = g_strstr_len (message, -1, "“mooring ");

  if (option == NULL || (command != NULL && command < option))
    return command;
  return option;
}

/* @message without the clause that speaks of the command line. */
static char *
dup_without_commands (const char *message)
{
  static const char *const ends[] = { "; ", "? ", ". ", ": " };
  const char *command = find_command_words (message);
  const char *cut = NULL;

  for (guint i = 0; command != NULL && i < G_N_ELEMENTS (ends); i++)
    {
      const char *end = g_strrstr_len (message, command - message + 1, ends[i]);

      if (end != NULL && (cut == NULL || end > cut))
        cut = end;
    }
  return cut != NULL ? g_strndup (message, (gsize) (cut - message)) : g_strdup (message);
}

static const char *
get_error_remedy (const GError *error)
{
  if (error->domain != MOOR_ERROR)
    return NULL;
  switch ((MoorError) error->code)
    {
    case MOOR_ERROR_BUSY:
      return _ ("Wait until the other job has ended, then try again.");
    case MOOR_ERROR_NOT_PERMITTED:
      return _ ("Start Mooring as the administrator (root) to do this.");
    case MOOR_ERROR_STORE_NEWER:
      return _ ("Use a newer Mooring with this store.");
    case MOOR_ERROR_STORE_UNUSABLE:
      return _ ("Leave the store as it is: its files may still be taken out by hand.");
    case MOOR_ERROR_REFUSED:
      return _ ("Nothing was changed.");
    case MOOR_ERROR_USAGE:
    case MOOR_ERROR_DIFFERENCES:
    case MOOR_ERROR_OTHER_DOMAIN:
    case MOOR_ERROR_VANISHED:
    default:
      return NULL;
    }
}

/**
 * moor_words_error:
 * @error: what the engine said
 *
 * Returns: (transfer full): the same in full sentences, without words of the
 *   command line, and with what helps where that is known
 */
char *
moor_words_error (const GError *error)
{
  g_autofree char *plain = dup_without_commands (error->message);
  g_autofree char *clean = moor_text_path (g_strstrip (plain));
  GString *text = g_string_new (NULL);

  append_sentence (text, clean);
  append_sentence (text, get_error_remedy (error));
  return g_string_free (text, FALSE);
}
