/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-run.h"

#include <glib/gi18n.h>

#include "moor-text.h"
#include "moor-words.h"

/* A job's sentences.  How it ended, and what that means for the person. */

#define QUIET_AT_FIRST_US (3 * G_USEC_PER_SEC)
#define NEARLY_DONE 0.99

typedef struct
{
  const char *operation;
  const char *running;
  const char *complete;
  const char *exceptions;
  const char *failed;
  const char *cancelled;
} Titles;

/* clang-format off */
static const Titles titles[] = {
  { "capture", N_("Capturing"), N_("Captured"), N_("Captured, with exceptions"),
    N_("The capture failed"), N_("The capture was stopped") },
  { "restore", N_("Restoring"), N_("Restored"), N_("Restored, with exceptions"),
    N_("The restore failed"), N_("The restore was stopped") },
  { "verify", N_("Checking"), N_("Everything is there"), N_("Differences were found"),
    N_("The check failed"), N_("The check was stopped") },
  { "delete", N_("Deleting the store"), N_("The store is deleted"),
    N_("The store is deleted, with exceptions"), N_("The store was not deleted"),
    N_("Deleting was stopped") },
};
/* clang-format on */

static const Titles *
find_titles (MoorRun *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (titles); i++)
    {
      if (g_strcmp0 (titles[i].operation, moor_run_get_operation (self)) == 0)
        return &titles[i];
    }
  return &titles[0];
}

/**
 * moor_run_dup_remaining_text:
 *
 * Returns: (transfer full): how long it still takes, as a range; no number in
 *   the first three seconds, and none at the very end
 */
char *
moor_run_dup_remaining_text (MoorRun *self)
{
  const MoorEvent *progress = moor_run_get_progress (self);

  if (moor_run_get_state (self) == MOOR_RUN_STOPPING)
    return g_strdup (_ ("stopping"));
  if (moor_run_is_finished (self))
    return g_strdup (_ ("nothing"));
  if (moor_run_get_elapsed_us (self) < QUIET_AT_FIRST_US || progress == NULL)
    return g_strdup (_ ("a moment…"));
  if (progress->fraction >= NEARLY_DONE)
    return g_strdup (_ ("finishing"));
  if (progress->low_s < 0 || progress->high_s < 0)
    return g_strdup (_ ("not known yet"));
  return moor_words_duration (progress->low_s, progress->high_s);
}

static char *
dup_running_title (MoorRun *self, const Titles *words)
{
  JsonArray *users = moor_json_list (moor_run_get_request (self), "users");
  guint n_users = users != NULL ? json_array_get_length (users) : 0;

  if (n_users > 0 && g_strcmp0 (words->operation, "capture") == 0)
    return g_strdup_printf (ngettext ("Capturing %u person", "Capturing %u people", n_users),
                            n_users);
  if (n_users > 0 && g_strcmp0 (words->operation, "restore") == 0)
    return g_strdup_printf (ngettext ("Restoring %u person", "Restoring %u people", n_users),
                            n_users);
  return g_strdup (_ (words->running));
}

/**
 * moor_run_dup_title:
 *
 * Returns: (transfer full): what is going on, or how it ended, in a few words
 */
char *
moor_run_dup_title (MoorRun *self)
{
  const Titles *words = find_titles (self);

  switch (moor_run_get_state (self))
    {
    case MOOR_RUN_COMPLETE:
      return g_strdup (_ (words->complete));
    case MOOR_RUN_EXCEPTIONS:
      return g_strdup (_ (words->exceptions));
    case MOOR_RUN_FAILED:
      return g_strdup (_ (words->failed));
    case MOOR_RUN_CANCELLED:
      return g_strdup (_ (words->cancelled));
    case MOOR_RUN_STOPPING:
      return g_strdup (_ ("Stopping after the current file…"));
    case MOOR_RUN_RUNNING:
    default:
      return dup_running_title (self, words);
    }
}

static char *
dup_capture_sentence (MoorRun *self)
{
  JsonObject *result = moor_run_get_result (self);
  g_autofree char *files = moor_words_files (moor_json_count (result, "files"));
  g_autofree char *bytes = moor_text_size (moor_json_count (result, "bytes"));
  g_autofree char *copied = moor_text_size (moor_json_count (result, "copied-bytes"));

  if (moor_json_count (result, "copied-bytes") > 0)
    return g_strdup_printf (_ ("%s, %s, are safe in the store; %s of them had to be copied."),
                            files, bytes, copied);
  return g_strdup_printf (_ ("%s, %s, are safe in the store, and nothing had to be copied."), files,
                          bytes);
}

static gboolean
all_were_there (JsonArray *people)
{
  for (guint i = 0; i < json_array_get_length (people); i++)
    {
      JsonObject *person = json_array_get_object_element (people, i);

      if (g_strcmp0 (moor_json_text (person, "how"), "already") != 0)
        return FALSE;
    }
  return TRUE;
}

static char *
dup_restore_sentence (MoorRun *self)
{
  JsonArray *people = moor_json_list (moor_run_get_result (self), "profiles");
  g_autofree char *names = moor_words_people (people, moor_run_get_full_names (self));

  if (people == NULL || json_array_get_length (people) == 0)
    return g_strdup (_ ("Nobody was restored."));
  if (all_were_there (people))
    return g_strdup (_ ("Everybody was restored already: nothing was to be done."));
  return g_strdup_printf (_ ("The files of %s are back in place. The store still keeps them too."),
                          names);
}

static char *
dup_verify_sentence (MoorRun *self)
{
  if (moor_run_get_state (self) == MOOR_RUN_COMPLETE)
    return g_strdup (_ ("Every file was compared, and every one is as it was."));
  return g_strdup (_ ("The Check place shows each of them, with its cause."));
}

static char *
dup_delete_sentence (MoorRun *self)
{
  g_autofree char *freed = moor_text_size (moor_json_count (moor_run_get_result (self), "freed"));

  return g_strdup_printf (_ ("%s of space is free again."), freed);
}

static char *
dup_cancelled_sentence (MoorRun *self)
{
  const char *operation = moor_run_get_operation (self);

  if (g_strcmp0 (operation, "capture") == 0)
    return g_strdup (_ ("Nothing is lost: all files are where they were. What is captured so far "
                        "can be kept for later, or removed."));
  if (g_strcmp0 (operation, "restore") == 0)
    return g_strdup (
        _ ("Each person is back as a whole or not at all. Resume to restore the rest."));
  return g_strdup (_ ("Nothing was changed."));
}

static char *
dup_outcome (MoorRun *self)
{
  const char *operation = moor_run_get_operation (self);

  if (g_strcmp0 (operation, "restore") == 0)
    return dup_restore_sentence (self);
  if (g_strcmp0 (operation, "verify") == 0)
    return dup_verify_sentence (self);
  if (g_strcmp0 (operation, "delete") == 0)
    return dup_delete_sentence (self);
  return dup_capture_sentence (self);
}

/* What was not done at all; what was only done differently is no loss. */
static guint64
count_not_done (MoorRun *self)
{
  GPtrArray *troubles = moor_run_get_troubles (self);
  guint64 n = 0;

  for (guint i = 0; i < troubles->len; i++)
    {
      const MoorTrouble *trouble = g_ptr_array_index (troubles, i);

      if (trouble->severity == MOOR_SEVERITY_ERROR)
        n += trouble->n;
    }
  return n;
}

static char *
dup_finished_sentence (MoorRun *self)
{
  guint64 n = g_strcmp0 (moor_run_get_operation (self), "verify") != 0 ? count_not_done (self) : 0;
  g_autofree char *outcome = dup_outcome (self);
  g_autofree char *took = moor_words_took (moor_run_get_elapsed_us (self));
  g_autofree char *count = moor_words_objects (n);

  if (n > 0)
    /* Translators: how it ended; how many items; a time */
    return g_strdup_printf (_ ("%s %s could not be done: Problems tells which and what helps. "
                               "It took %s."),
                            outcome, count, took);
  /* Translators: how it ended, in a sentence; a time */
  return g_strdup_printf (_ ("%s It took %s."), outcome, took);
}

static char *
dup_failed_sentence (MoorRun *self)
{
  const GError *error = moor_run_get_error (self);
  g_autofree char *text = NULL;

  if (error == NULL)
    return g_strdup (_ ("The log tells what happened."));
  text = moor_words_error (error);
  if (g_strcmp0 (moor_run_get_operation (self), "restore") != 0
      || !g_error_matches (error, MOOR_ERROR, MOOR_ERROR_REFUSED)
      || moor_json_flag (moor_run_get_request (self), "create-accounts"))
    return g_steal_pointer (&text);
  /* Translators: why it was refused, in sentences */
  return g_strdup_printf (_ ("%s If accounts are missing, restore again and let them be created."),
                          text);
}

/**
 * moor_run_dup_sentence:
 *
 * Returns: (transfer full): what it means, in a sentence
 */
char *
moor_run_dup_sentence (MoorRun *self)
{
  const char *store = moor_run_get_store (self);

  switch (moor_run_get_state (self))
    {
    case MOOR_RUN_COMPLETE:
    case MOOR_RUN_EXCEPTIONS:
      return dup_finished_sentence (self);
    case MOOR_RUN_FAILED:
      return dup_failed_sentence (self);
    case MOOR_RUN_CANCELLED:
      return dup_cancelled_sentence (self);
    case MOOR_RUN_STOPPING:
      return g_strdup (_ ("This takes a second or so. Nothing is lost."));
    case MOOR_RUN_RUNNING:
    default:
      /* Translators: a store's path */
      return g_strdup_printf (_ ("Store: %s"), store != NULL ? store : "");
    }
}
