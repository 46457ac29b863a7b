/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-request-private.h"

#include <string.h>

#include "moor-catalogue.h"
#include "moor-text.h"

#define NS_PER_S G_GINT64_CONSTANT (1000000000)

static void
set_text (JsonObject *object, const char *member, const char *bytes)
{
  g_autofree char *text = moor_text_path (bytes != NULL ? bytes : "");

  json_object_set_string_member (object, member, text);
}

static JsonObject *
profile_to_json (const MoorProfile *profile)
{
  JsonObject *object = json_object_new ();

  set_text (object, "name", profile->name);
  set_text (object, "full-name", profile->full_name);
  json_object_set_int_member (object, "uid", profile->uid);
  json_object_set_int_member (object, "gid", profile->gid);
  set_text (object, "home", profile->home);
  set_text (object, "volume", profile->volume_name);
  set_text (object, "state", moor_profile_state_id (profile->state));
  json_object_set_boolean_member (object, "selected", profile->selected_by_default);
  json_object_set_boolean_member (object, "in-use", profile->in_use);
  set_text (object, "encrypted", profile->encrypted);
  set_text (object, "problem", profile->problem);
  set_text (object, "picture", profile->picture);
  json_object_set_int_member (object, "last-used", profile->last_used_ns / NS_PER_S);
  return object;
}

gboolean
moor_request_profiles (MoorJob *job, JsonObject *request, JsonObject *result, GError **error)
{
  g_autoptr(MoorSystem) system = moor_request_open_system (request, error);
  JsonArray *profiles;
  GPtrArray *all;

  if (system == NULL)
    return FALSE;
  set_text (result, "root", moor_system_get_path (system));
  set_text (result, "system", moor_system_get_name (system));
  set_text (result, "host", moor_system_get_host_name (system));
  set_text (result, "kind",
            moor_system_get_kind (system) == MOOR_SYSTEM_LINUX ? "linux" : "windows");
  set_text (result, "volume", moor_system_get_volume (system)->name);
  json_object_set_boolean_member (result, "running", moor_system_is_running (system));
  profiles = json_array_new ();
  all = moor_system_get_profiles (system);
  for (guint i = 0; i < all->len; i++)
    json_array_add_object_element (profiles, profile_to_json (g_ptr_array_index (all, i)));
  json_object_set_array_member (result, "profiles", profiles);
  return TRUE;
}

gboolean
moor_request_systems (MoorJob *job, JsonObject *request, JsonObject *result, GError **error)
{
  g_autoptr(GPtrArray) roots = moor_system_find_systems (error);
  JsonArray *systems = json_array_new ();

  json_object_set_array_member (result, "systems", systems);
  for (guint i = 0; roots != NULL && i < roots->len; i++)
    {
      g_autoptr(MoorSystem) system = moor_system_open (g_ptr_array_index (roots, i), NULL);
      JsonObject *entry;

      if (system == NULL)
        continue;
      entry = json_object_new ();
      set_text (entry, "root", moor_system_get_path (system));
      set_text (entry, "name", moor_system_get_name (system));
      set_text (entry, "host", moor_system_get_host_name (system));
      json_object_set_boolean_member (entry, "running", moor_system_is_running (system));
      json_array_add_object_element (systems, entry);
    }
  return roots != NULL;
}

static JsonObject *
stored_profile_to_json (const MoorStoredProfile *profile)
{
  JsonObject *object = json_object_new ();

  set_text (object, "name", profile->name);
  set_text (object, "full-name", profile->full_name);
  set_text (object, "home", profile->home);
  json_object_set_int_member (object, "uid", profile->uid);
  json_object_set_int_member (object, "files", (gint64) profile->n_objects);
  json_object_set_int_member (object, "directories", (gint64) profile->n_directories);
  json_object_set_int_member (object, "bytes", (gint64) profile->n_bytes);
  json_object_set_int_member (object, "linked", (gint64) profile->n_linked);
  json_object_set_int_member (object, "copied", (gint64) profile->n_copied);
  json_object_set_boolean_member (object, "account", profile->has_account);
  json_object_set_boolean_member (object, "restored", profile->restore.step >= MOOR_RESTORE_DONE);
  set_text (object, "target", profile->restore.target_home);
  return object;
}

/* What is known of one store; a store that cannot be read is told of as well. */
static gboolean
describe_store (MoorStore *store, JsonObject *object, GError **error)
{
  g_auto(MoorStoreInfo) info = { 0 };
  g_autoptr(GPtrArray) profiles = NULL;
  g_autofree char *owner = moor_store_dup_lock_owner (store);
  JsonArray *people = json_array_new ();
  JsonArray *full_names = json_array_new ();
  MoorStoreState state = moor_store_get_state (store);
  gboolean restored = FALSE;

  json_object_set_array_member (object, "people", people);
  json_object_set_array_member (object, "full-names", full_names);
  if (!moor_store_get_info (store, &info, error))
    return FALSE;
  profiles = moor_store_load_profiles (store, error);
  if (profiles == NULL)
    return FALSE;
  for (guint i = 0; i < profiles->len; i++)
    {
      const MoorStoredProfile *profile = g_ptr_array_index (profiles, i);

      json_array_add_string_element (people, profile->name);
      json_array_add_string_element (full_names,
                                     profile->full_name != NULL ? profile->full_name : "");
      restored = restored || profile->restore.step >= MOOR_RESTORE_DONE;
    }
  set_text (object, "uuid", info.uuid);
  set_text (object, "state", moor_store_state_id (state));
  set_text (object, "state-text", moor_store_state_text (state));
  set_text (object, "system", info.system_name);
  set_text (object, "host", info.host_name);
  set_text (object, "note", info.note);
  json_object_set_int_member (object, "made", info.made_ns / NS_PER_S);
  json_object_set_int_member (object, "sealed", info.sealed_ns / NS_PER_S);
  json_object_set_int_member (object, "objects", (gint64) info.n_objects);
  json_object_set_int_member (object, "bytes", (gint64) info.n_bytes);
  json_object_set_int_member (object, "copied-bytes", (gint64) info.n_copied_bytes);
  json_object_set_int_member (object, "owner", moor_store_get_owner (store));
  json_object_set_boolean_member (object, "restored", restored);
  set_text (object, "in-use-by", owner);
  return TRUE;
}

gboolean
moor_request_store_list (MoorJob *job, JsonObject *request, JsonObject *result, GError **error)
{
  g_auto(GStrv) dirs = moor_request_dup_paths (request, "dirs");
  g_autoptr(GPtrArray) paths = moor_store_find_all ((const char *const *) dirs, error);
  JsonArray *stores = json_array_new ();

  json_object_set_array_member (result, "stores", stores);
  for (guint i = 0; paths != NULL && i < paths->len; i++)
    {
      const char *path = g_ptr_array_index (paths, i);
      JsonObject *object = json_object_new ();
      g_autoptr(GError) problem = NULL;
      g_autoptr(MoorStore) store = moor_store_open (path, FALSE, &problem);

      set_text (object, "path", path);
      if (store == NULL || !describe_store (store, object, &problem))
        set_text (object, "problem", problem->message);
      json_array_add_object_element (stores, object);
    }
  return paths != NULL;
}

gboolean
moor_request_store_show (MoorJob *job, JsonObject *request, JsonObject *result, GError **error)
{
  g_autoptr(MoorStore) store = moor_request_open_store (request, NULL, error);
  g_autoptr(GPtrArray) profiles = NULL;
  g_autoptr(GPtrArray) issues = NULL;
  JsonArray *people = json_array_new ();
  JsonArray *parts = json_array_new ();
  JsonArray *problems = json_array_new ();

  json_object_set_array_member (result, "profiles", people);
  json_object_set_array_member (result, "parts", parts);
  json_object_set_array_member (result, "issues", problems);
  if (store == NULL || !describe_store (store, result, error))
    return FALSE;
  set_text (result, "path", moor_store_get_path (store));
  profiles = moor_store_load_profiles (store, error);
  issues = profiles != NULL ? moor_store_load_issues (store, error) : NULL;
  if (issues == NULL)
    return FALSE;

  for (guint i = 0; i < profiles->len; i++)
    json_array_add_object_element (people,
                                   stored_profile_to_json (g_ptr_array_index (profiles, i)));
  for (guint i = 0; i < moor_store_get_n_parts (store); i++)
    {
      const MoorPart *part = moor_store_get_part (store, i);
      JsonObject *object = json_object_new ();

      set_text (object, "volume", part->volume_name);
      set_text (object, "path", part->path);
      json_object_set_boolean_member (object, "mounted", part->dfd >= 0);
      json_array_add_object_element (parts, object);
    }
  for (guint i = 0; i < issues->len; i++)
    {
      const MoorIssue *issue = g_ptr_array_index (issues, i);
      JsonObject *object = json_object_new ();

      set_text (object, "severity", moor_severity_id (issue->severity));
      set_text (object, "cause", moor_cause_id (issue->cause));
      set_text (object, "path", issue->path);
      set_text (object, "action", issue->action);
      json_array_add_object_element (problems, object);
    }
  return TRUE;
}

static gboolean
take_id_cb (const MoorObject *object, gpointer user_data)
{
  *(guint64 *) user_data = object->kind == MOOR_KIND_DIRECTORY ? object->id : 0;
  return TRUE;
}

static gboolean
list_cb (const MoorObject *object, gpointer user_data)
{
  JsonObject *entry = json_object_new ();

  json_object_set_int_member (entry, "id", (gint64) object->id);
  set_text (entry, "name", object->name);
  set_text (entry, "kind", moor_kind_id (object->kind));
  set_text (entry, "method", moor_method_id (object->method));
  json_object_set_int_member (entry, "size", (gint64) object->size);
  json_object_set_int_member (entry, "mtime", object->mtime_ns / NS_PER_S);
  json_object_set_int_member (entry, "mode", object->mode);
  json_object_set_int_member (entry, "uid", object->uid);
  json_object_set_int_member (entry, "gid", object->gid);
  set_text (entry, "target-name", object->target_name);
  json_array_add_object_element (user_data, entry);
  return TRUE;
}

/* Follows @path from a person's home down through the catalogue. */
static gboolean
find_directory (MoorStore *store,
                MoorReader *reader,
                const char *name,
                const char *path,
                guint64 *out_id,
                GError **error)
{
  g_autoptr(GPtrArray) profiles = moor_store_load_profiles (store, error);
  g_auto(GStrv) names = g_strsplit (path, "/", -1);

  *out_id = 0;
  for (guint i = 0; profiles != NULL && i < profiles->len; i++)
    {
      const MoorStoredProfile *profile = g_ptr_array_index (profiles, i);

      if (g_str_equal (profile->name, name))
        *out_id = profile->root_object;
    }
  if (profiles == NULL)
    return FALSE;

  for (char **at = names; *out_id != 0 && *at != NULL; at++)
    {
      guint64 parent = *out_id;

      if (**at == '\0')
        continue;
      *out_id = 0;
      if (!moor_reader_lookup (reader, parent, *at, take_id_cb, out_id, error))
        return FALSE;
    }
  if (*out_id == 0)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "the store has no folder “%s” of “%s”",
                 path, name);
  return *out_id != 0;
}

gboolean
moor_request_browse (MoorJob *job, JsonObject *request, JsonObject *result, GError **error)
{
  g_autoptr(MoorStore) store = moor_request_open_store (request, NULL, error);
  g_autoptr(MoorReader) reader = store != NULL ? moor_reader_new (store, error) : NULL;
  const char *name = json_object_get_string_member_with_default (request, "profile", "");
  g_autofree char *path = moor_text_to_path (
      json_object_get_string_member_with_default (request, "path", ""));
  JsonArray *entries = json_array_new ();
  guint64 id;

  json_object_set_array_member (result, "entries", entries);
  return reader != NULL && find_directory (store, reader, name, path, &id, error)
         && moor_reader_children (reader, id, list_cb, entries, error);
}
