/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-capture-run-private.h"

#include "moor-delete.h"
#include "moor-root.h"
#include "moor-text.h"

/* The store of a capture: a new one, or one that a capture goes on with. */

static gboolean
create_store (MoorCapture *capture, GError **error)
{
  g_autoptr(MoorVolume) volume = NULL;
  MoorStoreInfo info = {
    .system_name = (char *) moor_system_get_name (capture->system),
    .host_name = (char *) moor_system_get_host_name (capture->system),
    .machine_id = (char *) moor_system_get_machine_id (capture->system),
    .note = (char *) capture->options->note,
    .owner_uid = geteuid (),
  };

  if (!moor_scope_check_store_path (capture->system, capture->options->store_path, &volume, error))
    return FALSE;
  capture->store = moor_store_create (capture->options->store_path, &info, error);
  return capture->store != NULL && moor_store_lock (capture->store, "capture", error);
}

/* A store goes on with the system it was begun with. */
static gboolean
check_same_system (const MoorCapture *capture, GError **error)
{
  g_auto(MoorStoreInfo) info = { 0 };
  const char *here = moor_system_get_machine_id (capture->system);

  if (!moor_store_get_info (capture->store, &info, error))
    return FALSE;
  if (here == NULL || here[0] == '\0' || info.machine_id == NULL || info.machine_id[0] == '\0'
      || g_str_equal (here, info.machine_id))
    return TRUE;
  return moor_throw (
      error, MOOR_ERROR_REFUSED,
      "the store at %s was made from another system (%s on %s); choose another folder",
      capture->options->store_path, info.system_name, info.host_name);
}

/* A store is there: whether this capture may go on with it. */
static gboolean
reopen_store (MoorCapture *capture, GError **error)
{
  MoorStoreState state;

  capture->store = moor_store_open (capture->options->store_path, TRUE, error);
  if (capture->store == NULL || !moor_store_lock (capture->store, "capture", error)
      || !moor_store_open_parts (capture->store, error))
    return FALSE;

  if (!moor_store_is_trusted (capture->store, "captured", error))
    return FALSE;
  capture->resumed = TRUE;
  state = moor_store_get_state (capture->store);
  if (state <= MOOR_STORE_SEALED && !check_same_system (capture, error))
    return FALSE;
  if (state == MOOR_STORE_CAPTURING)
    {
      moor_job_log (capture->job, MOOR_LOG_INFO, "Going on with the unfinished store at %s",
                    capture->options->store_path);
      return TRUE;
    }
  if (state == MOOR_STORE_SEALED)
    return TRUE;
  return moor_throw (
      error, MOOR_ERROR_REFUSED,
      "the store at %s is past its capture (%s); choose another folder for a new store",
      capture->options->store_path, moor_store_state_text (state));
}

static gboolean
is_chosen (const MoorCapture *capture, const char *name)
{
  for (guint i = 0; i < capture->chosen->len; i++)
    {
      if (g_str_equal (((MoorChosen *) g_ptr_array_index (capture->chosen, i))->profile->name,
                       name))
        return TRUE;
    }
  return FALSE;
}

/* Writes down who is in the store before its catalogue is begun anew. */
gboolean
moor_capture_record_people (MoorCapture *capture, GError **error)
{
  g_autoptr(GString) names = g_string_new (NULL);

  for (guint i = 0; i < capture->chosen->len; i++)
    {
      const MoorChosen *chosen = g_ptr_array_index (capture->chosen, i);

      g_string_append_printf (names, "%s/", chosen->profile->name);
    }
  return moor_store_set_meta (capture->store, "capture:people", names->str, error);
}

/* Who is in the store, as its catalogue and an earlier run's beginning say. */
static GPtrArray *
list_stored_people (MoorCapture *capture, GError **error)
{
  g_autoptr(GPtrArray) stored = moor_store_load_profiles (capture->store, error);
  g_autofree char *recorded = moor_store_dup_meta (capture->store, "capture:people", NULL);
  g_auto(GStrv) begun = g_strsplit (recorded != NULL ? recorded : "", "/", -1);
  GPtrArray *names;

  if (stored == NULL)
    return NULL;
  names = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < stored->len; i++)
    g_ptr_array_add (names, g_strdup (((MoorStoredProfile *) g_ptr_array_index (stored, i))->name));
  for (char **name = begun; *name != NULL; name++)
    {
      if (**name != '\0' && !g_ptr_array_find_with_equal_func (names, *name, g_str_equal, NULL))
        g_ptr_array_add (names, g_strdup (*name));
    }
  return names;
}

/* Whoever is in the store stays in it, whoever is asked for now. */
static gboolean
add_people (MoorCapture *capture, GPtrArray *names, GError **error)
{
  MoorSelection selection = MOOR_SELECTION_INIT;
  g_autoptr(GPtrArray) more = NULL;

  g_ptr_array_add (names, NULL);
  selection.users = (const char *const *) names->pdata;
  more = moor_scope_choose (capture->job, capture->system, &selection, error);
  if (more == NULL)
    {
      g_prefix_error (error, "the store at %s holds somebody who has to stay in it: ",
                      capture->options->store_path);
      return FALSE;
    }
  if (more->len < names->len - 1)
    return moor_throw (
        error, MOOR_ERROR_REFUSED,
        "the store at %s holds the files of people whose homes cannot be reached now; "
        "mount what is missing, or choose another folder for a new store",
        capture->options->store_path);
  g_ptr_array_extend_and_steal (capture->chosen, g_steal_pointer (&more));
  return TRUE;
}

/**
 * moor_capture_add_stored:
 *
 * Lets who and what is in a store that is gone on with stay in it, and the rules that it
 * was made with hold, unless others are given.  Blocks.
 *
 * Returns: %FALSE with %MOOR_ERROR_REFUSED, or an error of the store
 */
gboolean
moor_capture_add_stored (MoorCapture *capture, GError **error)
{
  g_autoptr(GPtrArray) names = list_stored_people (capture, error);

  if (names == NULL)
    return FALSE;
  for (guint i = names->len; i > 0; i--)
    {
      const char *name = g_ptr_array_index (names, i - 1);

      capture->has_system = capture->has_system || g_str_equal (name, MOOR_SYSTEM_PROFILE);
      if (g_str_equal (name, MOOR_SYSTEM_PROFILE) || is_chosen (capture, name))
        g_ptr_array_remove_index (names, i - 1);
    }
  if (names->len > 0 && !add_people (capture, names, error))
    return FALSE;
  if (capture->source->set != NULL)
    return TRUE;
  capture->stored_source.allow_commands = capture->source->allow_commands;
  capture->stored_source.trusted = TRUE;
  capture->source = &capture->stored_source;
  return moor_rule_source_read_store (&capture->stored_source, capture->store, error);
}

/* That a sealed store is left alone is right only if it holds what is asked for. */
static gboolean
check_asked (MoorCapture *capture, GError **error)
{
  const char *path = capture->options->store_path;
  g_autoptr(GPtrArray) names = NULL;

  if (moor_store_get_state (capture->store) != MOOR_STORE_SEALED || capture->options->resume)
    return TRUE;
  if (capture->source->set != NULL
      && !moor_rule_source_is_of_store (capture->source, capture->store))
    return moor_throw (error, MOOR_ERROR_REFUSED,
                       "the store at %s is sealed, and was not made by these rule files; say "
                       "--resume to take what they ask for, or choose another folder",
                       path);
  names = list_stored_people (capture, error);
  for (guint i = 0; names != NULL && i < capture->chosen->len; i++)
    {
      const char *name = ((MoorChosen *) g_ptr_array_index (capture->chosen, i))->profile->name;

      if (!g_ptr_array_find_with_equal_func (names, name, g_str_equal, NULL))
        return moor_throw (error, MOOR_ERROR_REFUSED,
                           "the store at %s is sealed, and does not hold the files of “%s”; say "
                           "--resume to take them, too",
                           path, name);
    }
  return names != NULL;
}

/* What is at the store's place may be one, the beginning of one, or be made by
 * somebody else at this very moment. */
gboolean
moor_capture_open_store (MoorCapture *capture, GError **error)
{
  const char *path = capture->options->store_path;
  g_autoptr(GError) problem = NULL;

  if (moor_store_exists (path) && capture->options->overwrite
      && !moor_delete_before_overwriting (capture->job, path, error))
    return FALSE;
  if (moor_store_exists (path))
    {
      if (reopen_store (capture, &problem))
        return check_asked (capture, error);
      if (!g_error_matches (problem, MOOR_ERROR, MOOR_ERROR_STORE_UNUSABLE))
        {
          g_propagate_error (error, g_steal_pointer (&problem));
          return FALSE;
        }
    }
  if (capture->store == NULL && create_store (capture, error))
    return TRUE;
  if (error == NULL || !g_error_matches (*error, G_IO_ERROR, G_IO_ERROR_EXISTS))
    return FALSE;
  g_clear_error (error);
  return reopen_store (capture, error) && check_asked (capture, error);
}
