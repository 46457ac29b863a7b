/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-set-aside.h"

#include <string.h>

#include "moor-catalogue.h"
#include "moor-text.h"

typedef struct
{
  JsonArray *entries;
  guint n_moved;
} Listing;

/* What a system root usually holds; anything else is somebody's own. */
static gboolean
is_usual (const char *path)
{
  static const char *const names[] = {
    "bin",   "boot",   "dev",   "etc", "home", "initrd.img", "initrd.img.old", "lib", "lib32",
    "lib64", "libx32", "media", "mnt", "opt",  "proc",       "root",           "run", "sbin",
    "srv",   "sys",    "tmp",   "usr", "var",  "vmlinuz",    "vmlinuz.old"
  };

  if (strchr (path, '/') != NULL)
    return TRUE;
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      if (g_str_equal (names[i], path))
        return TRUE;
    }
  return FALSE;
}

static void
list_cb (const char *path, MoorConsequence consequence, gpointer user_data)
{
  Listing *listing = user_data;
  JsonObject *entry;
  g_autofree char *text = NULL;
  const char *word = "set-aside";

  if (consequence == MOOR_CONSEQUENCE_PARTLY)
    return;
  if (consequence == MOOR_CONSEQUENCE_STAYS)
    word = "kept";
  else if (!is_usual (path))
    word = "unknown";
  listing->n_moved += consequence == MOOR_CONSEQUENCE_MOVES;

  entry = json_object_new ();
  text = moor_text_path (path);
  json_object_set_string_member (entry, "path", text);
  json_object_set_string_member (entry, "consequence", word);
  json_array_add_object_element (listing->entries, entry);
}

#define UNSELECTED_META "unselected-homes"

/**
 * moor_set_aside_dup_unselected:
 *
 * Blocks.  Any thread, one at a time.
 *
 * Returns: (transfer full) (array zero-terminated=1): where the old system has homes
 *   that are not in @store, without leading slash; %NULL with an error of the catalogue
 */
char **
moor_set_aside_dup_unselected (MoorStore *store, GError **error)
{
  g_autoptr(GError) problem = NULL;
  g_autofree char *text = moor_store_dup_meta (store, UNSELECTED_META, &problem);
  g_autoptr(GStrvBuilder) homes = g_strv_builder_new ();
  g_auto(GStrv) lines = NULL;

  if (problem != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&problem));
      return NULL;
    }
  lines = g_strsplit (text != NULL ? text : "", "\n", -1);
  for (char **line = lines; *line != NULL; line++)
    {
      g_autofree char *home = g_strcompress (*line);

      if (home[0] == '/' && home[1] != '\0')
        g_strv_builder_add (homes, home + 1);
    }
  return g_strv_builder_end (homes);
}

static gboolean
is_stored (GPtrArray *stored, const MoorProfile *profile)
{
  for (guint i = 0; i < stored->len; i++)
    {
      if (g_str_equal (((MoorStoredProfile *) g_ptr_array_index (stored, i))->name, profile->name))
        return TRUE;
    }
  return FALSE;
}

/* People whose homes are in the system and not in the store: not lost, but only
 * in the old system from now on. */
static gboolean
list_unselected (MoorJob *job,
                 MoorSystem *system,
                 MoorStore *store,
                 JsonObject *result,
                 char **out_homes,
                 GError **error)
{
  g_autoptr(GPtrArray) stored = moor_store_load_profiles (store, error);
  GPtrArray *profiles = moor_system_get_profiles (system);
  JsonArray *unselected = json_array_new ();
  g_autoptr(GString) homes = g_string_new (NULL);

  json_object_set_array_member (result, "unselected", unselected);
  for (guint i = 0; stored != NULL && i < profiles->len; i++)
    {
      const MoorProfile *profile = g_ptr_array_index (profiles, i);
      g_autofree char *home = NULL;

      if (profile->state == MOOR_PROFILE_NO_HOME || profile->uid == 0
          || is_stored (stored, profile))
        continue;
      home = g_strescape (profile->canonical_home != NULL ? profile->canonical_home : profile->home,
                          NULL);
      g_string_append_printf (homes, "%s\n", home);
      json_array_add_string_element (unselected, profile->name);
      moor_job_log (job, MOOR_LOG_WARNING,
                    "The home of %s is not in the store; it stays in the old system only",
                    profile->name);
    }
  *out_homes = g_string_free (g_steal_pointer (&homes), FALSE);
  return stored != NULL;
}

static gboolean
open_old_system (MoorJob *job,
                 MoorStore *store,
                 MoorSystem *system,
                 MoorFd *out_dfd,
                 GError **error)
{
  const MoorPart *part = moor_root_part (store, system, FALSE, error);

  if (part == NULL)
    return FALSE;
  *out_dfd = moor_make_dirs_beneath (moor_job_get_sys (job), part->dfd, MOOR_OLD_SYSTEM, 0700,
                                     error);
  return *out_dfd >= 0;
}

static gboolean
move (MoorJob *job,
      MoorSystem *system,
      MoorStore *store,
      const MoorKeep *keep,
      JsonObject *result,
      GError **error)
{
  Listing listing = { json_array_new (), 0 };
  g_auto(MoorFd) old_dfd = -1;

  json_object_set_array_member (result, "entries", listing.entries);
  if (!open_old_system (job, store, system, &old_dfd, error)
      || !moor_root_move_out (job, moor_system_get_dfd (system), old_dfd, keep, FALSE, list_cb,
                              &listing, error)
      || !moor_store_sync (store, error)
      || !moor_store_set_state (store, MOOR_STORE_SET_ASIDE, error))
    return FALSE;

  json_object_set_int_member (result, "moved", listing.n_moved);
  moor_job_log (job, MOOR_LOG_INFO, "%u entries of the old system were set aside", listing.n_moved);
  return TRUE;
}

static gboolean
rehearse (MoorJob *job,
          MoorSystem *system,
          const MoorKeep *keep,
          JsonObject *result,
          GError **error)
{
  Listing listing = { json_array_new (), 0 };

  json_object_set_array_member (result, "entries", listing.entries);
  if (!moor_root_move_out (job, moor_system_get_dfd (system), -1, keep, TRUE, list_cb, &listing,
                           error))
    return FALSE;
  json_object_set_int_member (result, "moved", 0);
  json_object_set_boolean_member (result, "dry-run", TRUE);
  return TRUE;
}

/* What an earlier set aside left must not be mixed with this system. */
static gboolean
check_no_old_system (MoorJob *job, const MoorPart *part, GError **error)
{
  const MoorSys *sys = moor_job_get_sys (job);

  if (sys->unlinkat (part->dfd, MOOR_OLD_SYSTEM, AT_REMOVEDIR) < 0 && errno != ENOENT)
    return moor_throw (
        error, MOOR_ERROR_REFUSED,
        "the store already keeps an old system in its folder %s; accept or roll back "
        "that one first",
        MOOR_OLD_SYSTEM);
  return TRUE;
}

/**
 * moor_set_aside_run:
 * @gate: (transfer full): the proof that the store holds everything; consumed
 * @result: gets "entries", "moved", "unselected"
 *
 * Renames the system root's entries into the store's keeping.  Nothing is
 * deleted; moor_rollback_run() undoes it.  After a crash
 * moor_set_aside_continue() ends it.  Blocks.  Any thread.
 *
 * Returns: %FALSE with %MOOR_ERROR_REFUSED, %MOOR_ERROR_NOT_PERMITTED or
 *   %G_IO_ERROR; before the first rename nothing is changed, after it the store
 *   is in the state `setting-aside`
 */
gboolean
moor_set_aside_run (MoorJob *job,
                    MoorSystem *system,
                    MoorGate *gate,
                    const MoorSetAsideOptions *options,
                    JsonObject *result,
                    GError **error)
{
  g_autoptr(MoorGate) proof = gate;
  g_auto(MoorKeep) keep = { NULL };
  g_autofree char *root = NULL;
  g_autofree char *unselected = NULL;
  const MoorPart *part;
  MoorStore *store;

  g_return_val_if_fail (proof != NULL, FALSE);

  store = moor_gate_get_store (proof);
  if (!moor_gate_is_for (proof, system))
    return moor_throw (error, MOOR_ERROR_REFUSED, "the store was verified against another system");
  if (!moor_root_check (system, "set aside", error)
      || !list_unselected (job, system, store, result, &unselected, error))
    return FALSE;

  part = moor_root_part (store, system, !options->dry_run, options->dry_run ? NULL : error);
  if (part == NULL && !options->dry_run)
    return FALSE;
  if (!moor_keep_init (&keep, system, store, options->protect, error))
    return FALSE;
  moor_job_begin_phase (job, "set-aside", 0, 0);
  if (options->dry_run)
    return rehearse (job, system, &keep, result, error);

  root = moor_root_describe (system, error);
  return root != NULL && check_no_old_system (job, part, error)
         && moor_store_set_meta (store, "root", root, error)
         && moor_store_set_meta (store, UNSELECTED_META, unselected, error)
         && moor_keep_record (&keep, store, error)
         && moor_root_record (job, store, moor_system_get_dfd (system), &keep, error)
         && moor_store_set_state (store, MOOR_STORE_SETTING_ASIDE, error)
         && move (job, system, store, &keep, result, error);
}

/**
 * moor_set_aside_continue:
 * @store: open, locked, in the state `setting-aside`: its gate was used when it began
 *
 * Ends a set aside that was cut off.  Blocks.  Any thread.
 *
 * Returns: as moor_set_aside_run()
 */
gboolean
moor_set_aside_continue (MoorJob *job,
                         MoorSystem *system,
                         MoorStore *store,
                         const MoorSetAsideOptions *options,
                         JsonObject *result,
                         GError **error)
{
  g_auto(MoorKeep) keep = { NULL };

  if (!moor_root_check_same (system, store, error) || !moor_root_check (system, "set aside", error)
      || !moor_keep_init (&keep, system, store, options->protect, error))
    return FALSE;
  moor_job_log (job, MOOR_LOG_INFO, "Going on with the set aside that was cut off");
  moor_job_begin_phase (job, "set-aside", 0, 0);
  if (options->dry_run)
    return rehearse (job, system, &keep, result, error);
  return move (job, system, store, &keep, result, error);
}
