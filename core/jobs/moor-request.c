/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-request-private.h"

#include <string.h>

#include "moor-text.h"

/*
 * A table of operations.  Each takes a request apart, calls the operation, and
 * lets it fill the result.
 */

static const char *
text_of (JsonObject *request, const char *member)
{
  JsonNode *node = json_object_get_member (request, member);

  return node != NULL && JSON_NODE_HOLDS_VALUE (node)
                 && json_node_get_value_type (node) == G_TYPE_STRING
             ? json_node_get_string (node)
             : NULL;
}

/**
 * moor_request_dup_path:
 * @member: a member of @request that holds a path
 *
 * Returns: (transfer full) (nullable) (type filename): the absolute path, bytes
 *   restored from `\xHH`; %NULL if there is none.  Any thread.
 */
char *
moor_request_dup_path (JsonObject *request, const char *member)
{
  const char *text = text_of (request, member);
  g_autofree char *path = text != NULL ? moor_text_to_path (text) : NULL;

  return path != NULL && path[0] != '\0' ? g_canonicalize_filename (path, NULL) : NULL;
}

/**
 * moor_request_dup_strings:
 * @member: a member of @request that holds an array of strings
 *
 * Returns: (transfer full) (nullable) (array zero-terminated=1): the strings;
 *   %NULL if there are none.  Any thread.
 */
char **
moor_request_dup_strings (JsonObject *request, const char *member)
{
  JsonNode *node = json_object_get_member (request, member);
  g_autoptr(GStrvBuilder) builder = NULL;
  JsonArray *array;

  if (node == NULL || !JSON_NODE_HOLDS_ARRAY (node))
    return NULL;
  array = json_node_get_array (node);
  if (json_array_get_length (array) == 0)
    return NULL;
  builder = g_strv_builder_new ();
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      JsonNode *element = json_array_get_element (array, i);

      if (JSON_NODE_HOLDS_VALUE (element) && json_node_get_value_type (element) == G_TYPE_STRING)
        g_strv_builder_add (builder, json_node_get_string (element));
    }
  return g_strv_builder_end (builder);
}

/**
 * moor_request_dup_paths:
 * @member: a member of @request that holds an array of paths
 *
 * Returns: (transfer full) (nullable) (array zero-terminated=1): the paths, bytes
 *   restored from `\xHH`; %NULL if there are none.  Any thread.
 */
char **
moor_request_dup_paths (JsonObject *request, const char *member)
{
  char **strings = moor_request_dup_strings (request, member);

  for (char **at = strings; at != NULL && *at != NULL; at++)
    {
      g_autofree char *text = *at;

      *at = moor_text_to_path (text);
    }
  return strings;
}

/**
 * moor_request_get_flag:
 *
 * Returns: whether @member of @request is true.  Any thread.
 */
gboolean
moor_request_get_flag (JsonObject *request, const char *member)
{
  return json_object_get_boolean_member_with_default (request, member, FALSE);
}

/**
 * moor_request_get_threads:
 *
 * Returns: how many workers @request wants; 0 for as many as are good.  Any thread.
 */
guint
moor_request_get_threads (JsonObject *request)
{
  return (guint) CLAMP (json_object_get_int_member_with_default (request, "threads", 0), 0, 64);
}

/**
 * moor_who_init:
 * @who: gets what @request says about whose files it is about
 */
void
moor_who_init (MoorWho *who, JsonObject *request)
{
  who->users = moor_request_dup_strings (request, "users");
  who->excluded = moor_request_dup_strings (request, "exclude-users");
  who->selection.users = (const char *const *) who->users;
  who->selection.excluded_users = (const char *const *) who->excluded;
  who->selection.used_within_days = (int) json_object_get_int_member_with_default (
      request, "used-within", -1);
}

/**
 * moor_who_clear:
 * @who: what is no longer needed
 */
void
moor_who_clear (MoorWho *who)
{
  g_clear_pointer (&who->users, g_strfreev);
  g_clear_pointer (&who->excluded, g_strfreev);
}

/**
 * moor_request_open_system:
 *
 * Opens the system that @request is about; `/` unless it says otherwise.  Blocks.
 *
 * Returns: (transfer full): %NULL as moor_system_open()
 */
MoorSystem *
moor_request_open_system (JsonObject *request, GError **error)
{
  g_autofree char *root = moor_request_dup_path (request, "root");

  return moor_system_open (root != NULL ? root : "/", error);
}

/**
 * moor_request_open_root:
 *
 * As moor_request_open_system(), for operations on a root that may be empty.
 *
 * Returns: (transfer full): %NULL as moor_system_open_root()
 */
MoorSystem *
moor_request_open_root (JsonObject *request, GError **error)
{
  g_autofree char *root = moor_request_dup_path (request, "root");

  return moor_system_open_root (root != NULL ? root : "/", error);
}

static MoorStore *
open_store (JsonObject *request, gboolean writable, const char *what, GError **error)
{
  g_autofree char *path = moor_request_dup_path (request, "store");
  g_autoptr(MoorStore) store = NULL;

  if (path == NULL)
    {
      moor_throw (error, MOOR_ERROR_USAGE, "which store? Say --store DIR");
      return NULL;
    }
  store = moor_store_open (path, writable, error);
  if (store == NULL || (what != NULL && !moor_store_lock (store, what, error))
      || !moor_store_open_parts (store, error))
    return NULL;
  return g_steal_pointer (&store);
}

/**
 * moor_request_open_store:
 * @what: what for, to be shown to whoever comes meanwhile; %NULL only to look
 *
 * Opens the store that @request names, with all parts that are mounted, and
 * locks it.  Blocks.
 *
 * Returns: (transfer full): %NULL with %MOOR_ERROR_USAGE, or as moor_store_open()
 *   and moor_store_lock()
 */
MoorStore *
moor_request_open_store (JsonObject *request, const char *what, GError **error)
{
  return open_store (request, what != NULL, what, error);
}

/**
 * moor_request_open_store_to_read:
 * @what: what for, to be shown to whoever comes meanwhile
 *
 * As moor_request_open_store(), for what changes nothing in the store: its volume
 * may be read-only.
 */
MoorStore *
moor_request_open_store_to_read (JsonObject *request, const char *what, GError **error)
{
  return open_store (request, FALSE, what, error);
}

/**
 * moor_request_new:
 * @root: (nullable) (type filename): the system; %NULL for the running one
 * @store: (nullable) (type filename): the store
 *
 * Returns: (transfer full): a request to which the rest is added.  Any thread.
 */
JsonObject *
moor_request_new (const char *operation, const char *root, const char *store)
{
  JsonObject *request = json_object_new ();

  json_object_set_string_member (request, "operation", operation);
  if (root != NULL)
    {
      g_autofree char *text = moor_text_path (root);

      json_object_set_string_member (request, "root", text);
    }
  if (store != NULL)
    {
      g_autofree char *text = moor_text_path (store);

      json_object_set_string_member (request, "store", text);
    }
  return request;
}

/**
 * moor_request_set_strings:
 * @values: (array zero-terminated=1) (nullable): what @member is to hold
 *
 * Any thread.
 */
void
moor_request_set_strings (JsonObject *request, const char *member, const char *const *values)
{
  JsonArray *array = json_array_new ();

  for (; values != NULL && *values != NULL; values++)
    json_array_add_string_element (array, *values);
  json_object_set_array_member (request, member, array);
}

/**
 * moor_request_default_store:
 * @root: (type filename): a system's root
 *
 * Returns: (transfer full) (type filename): where a store goes when nobody says:
 *   a folder of its own at the top of the system's volume, or in the own home for
 *   an ordinary user.  Any thread.
 */
char *
moor_request_default_store (const char *root, GError **error)
{
  g_autoptr(GDateTime) now = g_date_time_new_now_local ();
  g_autofree char *name = g_date_time_format (now, "%Y-%m-%d-%H%M");

  if (geteuid () != 0)
    return g_build_filename (g_get_home_dir (), "StateStore", name, NULL);
  return g_build_filename (root != NULL ? root : "/", "StateStore", name, NULL);
}

typedef gboolean (*Operation) (MoorJob *job,
                               JsonObject *request,
                               JsonObject *result,
                               GError **error);

static const struct
{
  const char *name;
  Operation run;
} operations[] = {
  { "profiles", moor_request_profiles },     { "systems", moor_request_systems },
  { "estimate", moor_request_estimate },     { "capture", moor_request_capture },
  { "verify", moor_request_verify },         { "set-aside", moor_request_set_aside },
  { "restore", moor_request_restore },       { "undo", moor_request_undo },
  { "rollback", moor_request_rollback },     { "accept", moor_request_accept },
  { "delete", moor_request_delete },         { "store-list", moor_request_store_list },
  { "store-show", moor_request_store_show }, { "browse", moor_request_browse },
  { "explain", moor_request_explain },
};

typedef enum
{
  TYPE_TEXT,
  TYPE_TEXTS,
  TYPE_NUMBER,
  TYPE_FLAG,
} MemberType;

static const struct
{
  const char *name;
  MemberType type;
} members[] = {
  { "operation", TYPE_TEXT },
  { "root", TYPE_TEXT },
  { "store", TYPE_TEXT },
  { "users", TYPE_TEXTS },
  { "exclude-users", TYPE_TEXTS },
  { "used-within", TYPE_NUMBER },
  { "threads", TYPE_NUMBER },
  { "resume", TYPE_FLAG },
  { "overwrite", TYPE_FLAG },
  { "stop-on-error", TYPE_FLAG },
  { "method", TYPE_TEXT },
  { "expect", TYPE_NUMBER },
  { "note", TYPE_TEXT },
  { "against", TYPE_TEXT },
  { "content", TYPE_FLAG },
  { "protect", TYPE_TEXTS },
  { "dry-run", TYPE_FLAG },
  { "map", TYPE_TEXTS },
  { "create-accounts", TYPE_FLAG },
  { "enable-accounts", TYPE_FLAG },
  { "passwords", TYPE_TEXTS },
  { "conflict", TYPE_TEXT },
  { "move", TYPE_FLAG },
  { "paths", TYPE_TEXTS },
  { "despite-differences", TYPE_FLAG },
  { "consent", TYPE_TEXT },
  { "dirs", TYPE_TEXTS },
  { "even-last-copies", TYPE_FLAG },
  { "profile", TYPE_TEXT },
  { "path", TYPE_TEXT },
  { "rules", TYPE_TEXTS },
  { "config", TYPE_TEXT },
  { "drives", TYPE_TEXTS },
  { "rules-from-store", TYPE_FLAG },
  { "local-only", TYPE_FLAG },
  { "allow-commands", TYPE_FLAG },
  { "efs", TYPE_TEXT },
  { "list-files", TYPE_TEXT },
};

static gboolean
holds (JsonNode *node, GType type)
{
  return JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == type;
}

static gboolean
has_type (JsonNode *node, MemberType type)
{
  JsonArray *array;

  switch (type)
    {
    case TYPE_TEXT:
      return holds (node, G_TYPE_STRING);
    case TYPE_NUMBER:
      return holds (node, G_TYPE_INT64);
    case TYPE_FLAG:
      return holds (node, G_TYPE_BOOLEAN);
    case TYPE_TEXTS:
    default:
      break;
    }
  array = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    {
      if (!holds (json_array_get_element (array, i), G_TYPE_STRING))
        return FALSE;
    }
  return array != NULL;
}

/* A member of a wrong type is never taken for one that is not there: that might
 * mean everybody where somebody was meant. */
static gboolean
check_members (JsonObject *request, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (members); i++)
    {
      JsonNode *node = json_object_get_member (request, members[i].name);

      if (node != NULL && !has_type (node, members[i].type))
        return moor_throw (error, MOOR_ERROR_USAGE, "“%s” is of the wrong type in this request",
                           members[i].name);
    }
  return TRUE;
}

/**
 * moor_request_run:
 * @request: what to do; see the header
 * @sys: (nullable): the system calls to go through
 * @cancellable: (nullable): stops it
 * @sink: (nullable): told about events, in whatever thread they arise, one at a time
 * @out_result: (out) (optional) (transfer full): what came of it, on failure too
 *
 * Does what @request asks for, and ends with a `result` event.  Blocks.  Any
 * thread; several at once as long as they are about different stores.
 *
 * Returns: the exit code; @error is set when it is 1, 2 or more than 3
 */
MoorExit
moor_request_run (JsonObject *request,
                  const MoorSys *sys,
                  GCancellable *cancellable,
                  MoorEventFunc sink,
                  gpointer user_data,
                  JsonObject **out_result,
                  GError **error)
{
  const char *name = text_of (request, "operation");
  g_autoptr(JsonObject) result = json_object_new ();
  g_autoptr(MoorJob) job = moor_job_new (name != NULL ? name : "", cancellable, sink, user_data);
  g_autoptr(GError) failure = NULL;
  Operation run = NULL;
  MoorExit code;

  for (gsize i = 0; i < G_N_ELEMENTS (operations); i++)
    {
      if (g_strcmp0 (operations[i].name, name) == 0)
        run = operations[i].run;
    }
  moor_job_set_sys (job, sys);
  if (run == NULL)
    moor_throw (&failure, MOOR_ERROR_USAGE, "there is no operation “%s”", name != NULL ? name : "");
  else if (check_members (request, &failure))
    (void) run (job, request, result, &failure);

  code = moor_job_conclude (job, failure, result);
  if (out_result != NULL)
    *out_result = g_steal_pointer (&result);
  if (failure != NULL)
    g_propagate_error (error, g_steal_pointer (&failure));
  return code;
}
