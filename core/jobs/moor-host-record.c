/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-host.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "moor-catalogue.h"
#include "moor-error.h"
#include "moor-text.h"

/*
 * rules/variables.json of a store: what the rules were held against when it was
 * made.  Paths are written as moor_text_path() does.
 *
 *   { "system": { NAME: path }, "users": { login: { NAME: path } },
 *     "files": [...], "config": name, "drives": [...], "volumes": [...], "homes": [...],
 *     "local-only": false }
 */

#define RECORD_NAME "variables.json"
#define MAX_DEPTH 8
#define MAX_BYTES ((gsize) 16 * 1024 * 1024) /* some thousand people */
#define RULES_META "capture:rules"
#define BY_FILES "files"

static void
set_path (JsonObject *object, const char *name, const char *path)
{
  g_autofree char *text = moor_text_path (path);

  json_object_set_string_member (object, name, text);
}

static void
add_path (JsonArray *array, const char *path)
{
  g_autofree char *text = moor_text_path (path);

  json_array_add_string_element (array, text);
}

static JsonObject *
variables_to_json (GHashTable *variables)
{
  JsonObject *object = json_object_new ();
  GHashTableIter iter;
  gpointer name;
  gpointer value;

  g_hash_table_iter_init (&iter, variables);
  while (g_hash_table_iter_next (&iter, &name, &value))
    set_path (object, name, value);
  return object;
}

static JsonArray *
strings_to_json (const char *const *strings)
{
  JsonArray *array = json_array_new ();

  for (; strings != NULL && *strings != NULL; strings++)
    add_path (array, *strings);
  return array;
}

static JsonArray *
drive_letters_to_json (const MoorRuleHost *host)
{
  JsonArray *array = json_array_new ();
  GHashTableIter iter;
  gpointer letter;
  gpointer path;

  if (host->drive_map == NULL)
    return array;
  g_hash_table_iter_init (&iter, host->drive_map);
  while (g_hash_table_iter_next (&iter, &letter, &path))
    {
      g_autofree char *text = g_strdup_printf ("%s=%s", (const char *) letter, (const char *) path);

      add_path (array, text);
    }
  return array;
}

static JsonObject *
host_to_json (const MoorRuleHost *host)
{
  JsonObject *record = json_object_new ();
  JsonObject *users = json_object_new ();
  JsonArray *volumes = json_array_new ();
  JsonArray *removable = json_array_new ();
  JsonArray *homes = json_array_new ();

  for (guint i = 0; i < host->users->len; i++)
    {
      const MoorRuleUser *user = g_ptr_array_index (host->users, i);

      json_object_set_object_member (users, user->name, variables_to_json (user->variables));
    }
  for (guint i = 0; i < host->drives->len; i++)
    {
      const MoorRuleDrive *drive = g_ptr_array_index (host->drives, i);

      if (drive->type == MOOR_DRIVE_FIXED)
        add_path (volumes, drive->path);
      else if (drive->type == MOOR_DRIVE_REMOVABLE)
        add_path (removable, drive->path);
    }
  for (guint i = 0; i < host->all_homes->len; i++)
    add_path (homes, g_ptr_array_index (host->all_homes, i));
  json_object_set_object_member (record, "system", variables_to_json (host->variables));
  json_object_set_object_member (record, "users", users);
  json_object_set_array_member (record, "drives", drive_letters_to_json (host));
  json_object_set_array_member (record, "volumes", volumes);
  json_object_set_array_member (record, "removable", removable);
  json_object_set_array_member (record, "homes", homes);
  json_object_set_boolean_member (record, "local-only", host->local_only);
  return record;
}

/**
 * moor_host_write_record:
 * @files: (array zero-terminated=1): the rule files, by the names they have in `rules/`
 * @config: (nullable): that of the Config.xml
 *
 * Keeps in @store what the rules were held against.  Blocks.  Any thread.
 *
 * Returns: %FALSE with %G_IO_ERROR
 */
gboolean
moor_host_write_record (MoorStore *store,
                        const MoorRuleHost *host,
                        const char *const *files,
                        const char *config,
                        GError **error)
{
  g_autoptr(JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  g_autoptr(GBytes) bytes = NULL;
  JsonObject *record = host_to_json (host);
  char *text;

  json_object_set_array_member (record, "files", strings_to_json (files));
  if (config != NULL)
    set_path (record, "config", config);
  json_node_take_object (node, record);
  text = json_to_string (node, TRUE);
  bytes = g_bytes_new_take (text, strlen (text));
  return moor_store_keep_file (store, "rules", RECORD_NAME, bytes, error);
}

/**
 * moor_host_record_free:
 * @record: (transfer full): what is no longer needed
 */
void
moor_host_record_free (MoorHostRecord *record)
{
  g_clear_pointer (&record->system, g_hash_table_unref);
  g_clear_pointer (&record->users, g_hash_table_unref);
  g_strfreev (record->files);
  g_free (record->config);
  g_strfreev (record->drives);
  g_strfreev (record->volumes);
  g_strfreev (record->removable);
  g_strfreev (record->homes);
  g_free (record);
}

static JsonNode *
member_of (JsonObject *object, const char *name, JsonNodeType type)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && JSON_NODE_TYPE (node) == type ? node : NULL;
}

static char *
text_of (JsonNode *node)
{
  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node)
      || json_node_get_value_type (node) != G_TYPE_STRING)
    return NULL;
  return moor_text_to_path (json_node_get_string (node));
}

static char **
read_strings (JsonObject *object, const char *name)
{
  g_autoptr(GPtrArray) strings = g_ptr_array_new ();
  JsonNode *node = member_of (object, name, JSON_NODE_ARRAY);
  JsonArray *array = node != NULL ? json_node_get_array (node) : NULL;

  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    {
      char *text = text_of (json_array_get_element (array, i));

      if (text != NULL)
        g_ptr_array_add (strings, text);
    }
  g_ptr_array_add (strings, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&strings), FALSE);
}

static GHashTable *
read_variables (JsonNode *node)
{
  GHashTable *variables = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  JsonObjectIter iter;
  const char *name;
  JsonNode *value;

  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    return variables;
  json_object_iter_init (&iter, json_node_get_object (node));
  while (json_object_iter_next (&iter, &name, &value))
    {
      char *text = text_of (value);

      if (text != NULL)
        g_hash_table_insert (variables, g_strdup (name), text);
    }
  return variables;
}

static GHashTable *
read_users (JsonNode *node)
{
  GHashTable *users = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                             (GDestroyNotify) g_hash_table_unref);
  JsonObjectIter iter;
  const char *name;
  JsonNode *value;

  if (node == NULL)
    return users;
  json_object_iter_init (&iter, json_node_get_object (node));
  while (json_object_iter_next (&iter, &name, &value))
    g_hash_table_insert (users, g_strdup (name), read_variables (value));
  return users;
}

/* Rules that are not known by name were no rules of the store. */
static gboolean
names_files (JsonObject *object)
{
  JsonNode *node = member_of (object, "files", JSON_NODE_ARRAY);
  JsonArray *array = node != NULL ? json_node_get_array (node) : NULL;
  g_auto(GStrv) names = read_strings (object, "files");
  g_autofree char *config = text_of (json_object_get_member (object, "config"));

  return array != NULL && names[0] != NULL && g_strv_length (names) == json_array_get_length (array)
         && (config != NULL || !json_object_has_member (object, "config"));
}

static MoorHostRecord *
record_from_json (JsonObject *object)
{
  MoorHostRecord *record = g_new0 (MoorHostRecord, 1);
  JsonNode *local_only = member_of (object, "local-only", JSON_NODE_VALUE);

  record->system = read_variables (member_of (object, "system", JSON_NODE_OBJECT));
  record->users = read_users (member_of (object, "users", JSON_NODE_OBJECT));
  record->files = read_strings (object, "files");
  record->config = text_of (json_object_get_member (object, "config"));
  record->drives = read_strings (object, "drives");
  record->volumes = read_strings (object, "volumes");
  record->removable = read_strings (object, "removable");
  record->homes = read_strings (object, "homes");
  record->local_only = local_only != NULL && json_node_get_boolean (local_only);
  return record;
}

/**
 * moor_host_announce_record:
 * @by_files: @store is made by rule files: there will be a record
 *
 * Writes down in the catalogue whether a record belongs to @store, before there is one.  Without
 * that, who finds none would take it for a store that was made without rule files.  Blocks.
 * Any thread, one at a time.
 *
 * Returns: %FALSE with an error of the catalogue
 */
gboolean
moor_host_announce_record (MoorStore *store, gboolean by_files, GError **error)
{
  return moor_store_set_meta (store, RULES_META, by_files ? BY_FILES : "", error);
}

/* A store without a record is one that was made without rule files, or one that lost it. */
static gboolean
check_no_record (MoorStore *store, GError **error)
{
  g_autofree char *announced = NULL;

  if (!moor_store_read_meta (store, RULES_META, &announced, error))
    return FALSE;
  if (g_strcmp0 (announced, BY_FILES) != 0)
    return TRUE;
  return moor_throw (error, MOOR_ERROR_STORE_UNUSABLE,
                     "the store at %s was made by rule files, which are not in it; capture again "
                     "with --resume and name them",
                     moor_store_get_path (store));
}

static MoorHostRecord *
parse_record (GBytes *bytes, GError **error)
{
  g_autoptr(JsonParser) parser = json_parser_new_immutable ();
  gsize n_bytes = 0;
  const char *text = g_bytes_get_data (bytes, &n_bytes);
  JsonNode *root = NULL;

  if (n_bytes > 0 && n_bytes <= MAX_BYTES && moor_text_is_plain_json (text, n_bytes, MAX_DEPTH))
    {
      if (!json_parser_load_from_data (parser, text, (gssize) n_bytes, error))
        return NULL;
      root = json_parser_get_root (parser);
    }
  if (root != NULL && JSON_NODE_HOLDS_OBJECT (root) && names_files (json_node_get_object (root)))
    return record_from_json (json_node_get_object (root));
  moor_throw (error, MOOR_ERROR_STORE_UNUSABLE, "it is no record of rules");
  return NULL;
}

/**
 * moor_host_read_record:
 * @out_record: (out) (transfer full) (nullable): what @store tells; %NULL if it was made
 *   without rule files
 *
 * Reads what moor_host_write_record() kept.  Blocks.  Any thread.
 *
 * Returns: %FALSE with %MOOR_ERROR_STORE_UNUSABLE if it cannot be read, or is not there though
 *   it should be
 */
gboolean
moor_host_read_record (MoorStore *store, MoorHostRecord **out_record, GError **error)
{
  g_autoptr(GError) problem = NULL;
  g_autoptr(GBytes) bytes = moor_store_read_file (store, "rules", RECORD_NAME, &problem);

  *out_record = NULL;
  if (bytes == NULL && g_error_matches (problem, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    return check_no_record (store, error);
  if (bytes != NULL)
    *out_record = parse_record (bytes, &problem);
  return *out_record != NULL
         || moor_throw (error, MOOR_ERROR_STORE_UNUSABLE,
                        "what the store at %s says about its rules cannot be read: %s",
                        moor_store_get_path (store), problem->message);
}

static GHashTable *
copy_variables (GHashTable *variables)
{
  GHashTable *copy = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  GHashTableIter iter;
  gpointer name;
  gpointer value;

  g_hash_table_iter_init (&iter, variables);
  while (g_hash_table_iter_next (&iter, &name, &value))
    g_hash_table_insert (copy, g_strdup (name), g_strdup (value));
  return copy;
}

/**
 * moor_host_set_source:
 *
 * Tells @host, a destination, what the variables of System context were at the source.
 */
void
moor_host_set_source (MoorRuleHost *host, const MoorHostRecord *record)
{
  g_clear_pointer (&host->source_variables, g_hash_table_unref);
  host->source_variables = copy_variables (record->system);
}

/**
 * moor_host_set_source_of:
 * @source_name: the login name that the person had at the source
 *
 * Tells @user what that person's variables were at the source.
 */
void
moor_host_set_source_of (MoorRuleUser *user, const MoorHostRecord *record, const char *source_name)
{
  GHashTable *variables = g_hash_table_lookup (record->users, source_name);

  g_clear_pointer (&user->source_variables, g_hash_table_unref);
  if (variables != NULL)
    user->source_variables = copy_variables (variables);
}

static void
replace_variables (GHashTable *target, GHashTable *source)
{
  GHashTableIter iter;
  gpointer name;
  gpointer value;

  g_hash_table_remove_all (target);
  g_hash_table_iter_init (&iter, source);
  while (g_hash_table_iter_next (&iter, &name, &value))
    g_hash_table_insert (target, g_strdup (name), g_strdup (value));
}

/**
 * moor_host_new_from_record:
 * @profiles: (element-type MoorStoredProfile): who is in the store
 * @root_dfd: where the captured system is now; stays the caller's and has to outlive it
 *
 * Makes what the rules of a store were held against, once more.  Any thread.
 *
 * Returns: (transfer full): %NULL with %MOOR_ERROR_USAGE
 */
MoorRuleHost *
moor_host_new_from_record (const MoorHostRecord *record,
                           GPtrArray *profiles,
                           int root_dfd,
                           GError **error)
{
  g_autoptr(MoorRuleHost) host = moor_rule_host_new (MOOR_PATHS_LINUX, root_dfd);

  host->local_only = record->local_only;
  for (char **text = record->drives; *text != NULL; text++)
    {
      if (!moor_host_add_drive_letter (host, "/", *text, error))
        return NULL;
    }
  for (char **path = record->homes; *path != NULL; path++)
    g_ptr_array_add (host->all_homes, g_strdup (*path));
  for (char **path = record->volumes; *path != NULL; path++)
    moor_rule_host_add_drive (host, MOOR_DRIVE_FIXED, *path);
  for (char **path = record->removable; *path != NULL; path++)
    moor_rule_host_add_drive (host, MOOR_DRIVE_REMOVABLE, *path);
  replace_variables (host->variables, record->system);
  for (guint i = 0; i < profiles->len; i++)
    {
      const MoorStoredProfile *profile = g_ptr_array_index (profiles, i);
      GHashTable *variables = g_hash_table_lookup (record->users, profile->name);
      MoorRuleUser *user;

      if (variables == NULL)
        continue;
      user = moor_rule_host_add_user (host, profile->name, profile->home);
      user->home_dfd = -1;
      replace_variables (user->variables, variables);
    }
  return g_steal_pointer (&host);
}
