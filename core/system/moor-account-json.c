/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-account-private.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "moor-error.h"
#include "moor-text.h"

/* An account as it is written into a store.
 *
 * Whoever could write to the store could have changed it, so everything is checked when it
 * is read: each field must be one that can stand in passwd, shadow and their like without
 * becoming two lines or an option of a program. */

#define FORMAT 1
#define MAX_DEPTH 8
#define MAX_ITEMS 4096
#define MAX_HASH_BYTES 1024
#define MAX_TEXT_BYTES 4096

typedef struct
{
  JsonObject *object;
  GError **error;
  gboolean failed;
} Reader;

static void
throw_member (Reader *reader, const char *name, const char *what)
{
  if (!reader->failed)
    (void) moor_throw (reader->error, MOOR_ERROR_STORE_UNUSABLE,
                       "The account record is damaged: “%s” %s", name, what);
  reader->failed = TRUE;
}

/* Text that need not be UTF-8. */
static void
add_text (JsonBuilder *builder, const char *name, const char *text)
{
  g_autofree char *encoded = NULL;
  g_autofree char *encoded_name = NULL;

  if (text == NULL)
    return;
  if (g_utf8_validate (text, -1, NULL))
    {
      json_builder_set_member_name (builder, name);
      json_builder_add_string_value (builder, text);
      return;
    }
  encoded = g_base64_encode ((const guchar *) text, strlen (text));
  encoded_name = g_strconcat (name, "_base64", NULL);
  json_builder_set_member_name (builder, encoded_name);
  json_builder_add_string_value (builder, encoded);
}

static void
add_bytes (JsonBuilder *builder, const char *name, GBytes *bytes)
{
  g_autofree char *encoded = NULL;
  gsize n_bytes = 0;
  gconstpointer data;

  if (bytes == NULL)
    return;
  data = g_bytes_get_data (bytes, &n_bytes);
  encoded = g_base64_encode (data, n_bytes);
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, encoded);
}

static void
add_int (JsonBuilder *builder, const char *name, gint64 value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, value);
}

static void
add_bool (JsonBuilder *builder, const char *name, gboolean value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_boolean_value (builder, value);
}

static void
add_list (JsonBuilder *builder, const char *name, char **items)
{
  json_builder_set_member_name (builder, name);
  json_builder_begin_array (builder);
  for (guint i = 0; items[i] != NULL; i++)
    json_builder_add_string_value (builder, items[i]);
  json_builder_end_array (builder);
}

static void
add_groups (JsonBuilder *builder, const MoorAccount *account)
{
  json_builder_set_member_name (builder, "groups");
  json_builder_begin_array (builder);
  for (guint i = 0; account->groups[i] != NULL; i++)
    {
      json_builder_begin_object (builder);
      add_text (builder, "name", account->groups[i]);
      add_int (builder, "gid", g_array_index (account->group_ids, guint32, i));
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
}

/**
 * moor_account_to_bytes:
 *
 * The result holds the password hash: keep it where only root reads.  Any thread.
 *
 * Returns: (transfer full): @account as JSON
 */
GBytes *
moor_account_to_bytes (const MoorAccount *account)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  g_autoptr(JsonGenerator) generator = json_generator_new ();
  g_autoptr(JsonNode) root = NULL;
  gsize n_bytes = 0;
  char *text;

  json_builder_begin_object (builder);
  add_int (builder, "format", FORMAT);
  add_bool (builder, "has_account", account->has_account);
  add_text (builder, "name", account->name);
  add_int (builder, "uid", account->uid);
  add_int (builder, "gid", account->gid);
  add_text (builder, "gecos", account->gecos);
  add_text (builder, "home", account->home);
  add_text (builder, "shell", account->shell);
  add_text (builder, "group_name", account->group_name);
  add_text (builder, "shadow", account->shadow);
  add_groups (builder, account);
  add_list (builder, "subuid", account->subuid);
  add_list (builder, "subgid", account->subgid);
  add_bytes (builder, "service_record", account->service_record);
  add_bytes (builder, "picture", account->picture);
  add_bool (builder, "linger", account->linger);
  json_builder_end_object (builder);

  root = json_builder_get_root (builder);
  json_generator_set_root (generator, root);
  json_generator_set_pretty (generator, TRUE);
  text = json_generator_to_data (generator, &n_bytes);
  return g_bytes_new_take (text, n_bytes);
}

static JsonNode *
get_member (Reader *reader, const char *name, gboolean required)
{
  JsonNode *node = json_object_get_member (reader->object, name);

  if (node == NULL && required)
    throw_member (reader, name, "is missing");
  return node;
}

static gboolean
get_bool (Reader *reader, const char *name)
{
  JsonNode *node = get_member (reader, name, TRUE);

  if (node == NULL)
    return FALSE;
  if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_BOOLEAN)
    {
      throw_member (reader, name, "is neither true nor false");
      return FALSE;
    }
  return json_node_get_boolean (node);
}

static guint32
get_id (Reader *reader, const char *name)
{
  JsonNode *node = get_member (reader, name, TRUE);
  gint64 value;

  if (node == NULL)
    return 0;
  value = JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_INT64
              ? json_node_get_int (node)
              : -1;
  if (value < 0 || value >= G_MAXUINT32)
    {
      throw_member (reader, name, "is not a user or group number");
      return 0;
    }
  return (guint32) value;
}

static const char *
node_string (Reader *reader, JsonNode *node, const char *name)
{
  if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING)
    return json_node_get_string (node);
  throw_member (reader, name, "is not text");
  return NULL;
}

static GBytes *
get_bytes (Reader *reader, const char *name)
{
  JsonNode *node = get_member (reader, name, FALSE);
  const char *encoded = node != NULL ? node_string (reader, node, name) : NULL;
  gsize n_bytes = 0;
  guchar *data;

  if (encoded == NULL)
    return NULL;
  data = g_base64_decode (encoded, &n_bytes);
  return g_bytes_new_take (data, n_bytes);
}

static char *
get_text (Reader *reader, const char *name, gboolean required)
{
  g_autofree char *encoded_name = g_strconcat (name, "_base64", NULL);
  g_autoptr(GBytes) bytes = get_bytes (reader, encoded_name);
  gsize n_bytes = 0;
  gconstpointer data = bytes != NULL ? g_bytes_get_data (bytes, &n_bytes) : NULL;
  JsonNode *node = get_member (reader, name, required && bytes == NULL);

  if (node != NULL)
    return g_strdup (node_string (reader, node, name));
  if (data == NULL)
    return NULL;
  if (memchr (data, '\0', n_bytes) != NULL)
    {
      throw_member (reader, encoded_name, "holds a zero byte");
      return NULL;
    }
  return g_strndup (data, n_bytes);
}

static JsonArray *
get_array (Reader *reader, const char *name)
{
  JsonNode *node = get_member (reader, name, TRUE);

  if (node == NULL)
    return NULL;
  if (!JSON_NODE_HOLDS_ARRAY (node)
      || json_array_get_length (json_node_get_array (node)) > MAX_ITEMS)
    {
      throw_member (reader, name, "is not a list, or too long a one");
      return NULL;
    }
  return json_node_get_array (node);
}

static char **
get_list (Reader *reader, const char *name)
{
  g_autoptr(GStrvBuilder) items = g_strv_builder_new ();
  JsonArray *array = get_array (reader, name);

  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    {
      const char *item = node_string (reader, json_array_get_element (array, i), name);

      if (item != NULL)
        g_strv_builder_add (items, item);
    }
  return g_strv_builder_end (items);
}

static void
get_groups (Reader *reader, MoorAccount *account)
{
  g_autoptr(GStrvBuilder) names = g_strv_builder_new ();
  JsonArray *array = get_array (reader, "groups");

  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    {
      JsonNode *node = json_array_get_element (array, i);
      Reader inner = { NULL, reader->error, reader->failed };
      g_autofree char *name = NULL;
      guint32 gid;

      if (!JSON_NODE_HOLDS_OBJECT (node))
        {
          throw_member (reader, "groups", "holds something that is not a group");
          break;
        }
      inner.object = json_node_get_object (node);
      name = get_text (&inner, "name", TRUE);
      gid = get_id (&inner, "gid");
      reader->failed = inner.failed;
      if (reader->failed)
        break;
      g_strv_builder_add (names, name);
      g_array_append_val (account->group_ids, gid);
    }
  g_strfreev (account->groups);
  account->groups = g_strv_builder_end (names);
}

static gboolean
is_plain_text (const char *text)
{
  if (strlen (text) > MAX_TEXT_BYTES)
    return FALSE;
  for (; *text != '\0'; text++)
    {
      if (*text == ':' || *text == '\n' || *text == '\r')
        return FALSE;
    }
  return TRUE;
}

static gboolean
is_absolute_path (const char *path)
{
  g_auto(GStrv) names = g_strsplit (path, "/", -1);

  return path[0] == '/' && !g_strv_contains ((const char *const *) names, "..");
}

static gboolean
is_shadow_field (const char *field, gboolean number)
{
  const char *digits = number && field[0] == '-' ? field + 1 : field;

  for (const char *at = field; *at != '\0'; at++)
    {
      if (!g_ascii_isgraph (*at))
        return FALSE;
    }
  return strlen (field) <= MAX_HASH_BYTES
         && (!number || strspn (digits, "0123456789") == strlen (digits));
}

/**
 * moor_account_is_password_hash:
 *
 * Returns: whether @text can stand in shadow where the hash of a password does.  Any thread.
 */
gboolean
moor_account_is_password_hash (const char *text)
{
  return text[0] == '$' && strchr (text, ':') == NULL && is_shadow_field (text, FALSE);
}

/**
 * moor_account_is_shadow_line:
 *
 * Returns: whether @line is one line of shadow, about @name.  Any thread.
 */
gboolean
moor_account_is_shadow_line (const char *line, const char *name)
{
  g_auto(GStrv) fields = g_strsplit (line, ":", -1);

  if (g_strv_length (fields) != MOOR_ACCOUNT_N_SHADOW_FIELDS || strcmp (fields[0], name) != 0)
    return FALSE;
  for (guint i = 1; i < MOOR_ACCOUNT_N_SHADOW_FIELDS; i++)
    {
      if (!is_shadow_field (fields[i], i > 1))
        return FALSE;
    }
  return TRUE;
}

/**
 * moor_account_is_range:
 *
 * Returns: whether @range is "START:COUNT", as in subuid.  Any thread.
 */
gboolean
moor_account_is_range (const char *range, guint64 *out_start, guint64 *out_count)
{
  g_auto(GStrv) fields = g_strsplit (range, ":", -1);

  return g_strv_length (fields) == 2
         && g_ascii_string_to_unsigned (fields[0], 10, 1, G_MAXUINT32 - 1, out_start, NULL)
         && g_ascii_string_to_unsigned (fields[1], 10, 1, G_MAXUINT32 - *out_start, out_count,
                                        NULL);
}

static gboolean
are_ranges (char **ranges)
{
  guint64 start;
  guint64 count;

  for (guint i = 0; ranges[i] != NULL; i++)
    {
      if (!moor_account_is_range (ranges[i], &start, &count))
        return FALSE;
    }
  return TRUE;
}

static gboolean
are_names (char **names)
{
  for (guint i = 0; names[i] != NULL; i++)
    {
      if (!moor_records_name_is_valid (names[i]))
        return FALSE;
    }
  return TRUE;
}

/* Homes without account are called as their folder is: nothing of them gets into passwd. */
static gboolean
is_profile_name (const char *name)
{
  return moor_name_is_valid (name) && name[0] != '-';
}

/**
 * moor_account_check:
 *
 * Any thread.
 *
 * Returns: whether every field of @account can stand in the file it belongs to; otherwise
 *   %FALSE with %MOOR_ERROR_STORE_UNUSABLE
 */
gboolean
moor_account_check (const MoorAccount *account, GError **error)
{
  const char *bad = NULL;

  if (account->has_account ? !moor_records_name_is_valid (account->name)
                           : !is_profile_name (account->name))
    bad = "name";
  else if (!is_plain_text (account->gecos))
    bad = "gecos";
  else if (account->has_account ? !is_plain_text (account->home)
                                : !is_absolute_path (account->home))
    bad = "home";
  else if (!is_plain_text (account->shell))
    bad = "shell";
  else if (account->group_name != NULL && !moor_records_name_is_valid (account->group_name))
    bad = "group_name";
  else if (account->shadow != NULL && !moor_account_is_shadow_line (account->shadow, account->name))
    bad = "shadow";
  else if (!are_names (account->groups))
    bad = "groups";
  else if (!are_ranges (account->subuid))
    bad = "subuid";
  else if (!are_ranges (account->subgid))
    bad = "subgid";

  return bad == NULL
         || moor_throw (error, MOOR_ERROR_STORE_UNUSABLE,
                        "The account record is damaged: “%s” is not what such a field can hold",
                        bad);
}

static gboolean
check_format (Reader *reader)
{
  guint32 format = get_id (reader, "format");

  if (reader->failed || format == FORMAT)
    return !reader->failed;
  return moor_throw (reader->error, MOOR_ERROR_STORE_NEWER,
                     "The account record has format %u; this Mooring knows %u", format, FORMAT);
}

static MoorAccount *
read_record (Reader *reader)
{
  g_autoptr(MoorAccount) account = moor_account_new ();

  if (!check_format (reader))
    return NULL;
  account->has_account = get_bool (reader, "has_account");
  account->name = get_text (reader, "name", TRUE);
  account->uid = get_id (reader, "uid");
  account->gid = get_id (reader, "gid");
  account->gecos = get_text (reader, "gecos", TRUE);
  account->home = get_text (reader, "home", TRUE);
  account->shell = get_text (reader, "shell", TRUE);
  account->group_name = get_text (reader, "group_name", FALSE);
  account->shadow = get_text (reader, "shadow", FALSE);
  get_groups (reader, account);
  g_strfreev (account->subuid);
  account->subuid = get_list (reader, "subuid");
  g_strfreev (account->subgid);
  account->subgid = get_list (reader, "subgid");
  account->service_record = get_bytes (reader, "service_record");
  account->picture = get_bytes (reader, "picture");
  account->linger = get_bool (reader, "linger");
  if (reader->failed || !moor_account_check (account, reader->error))
    return NULL;
  return g_steal_pointer (&account);
}

/**
 * moor_account_from_bytes:
 * @bytes: what moor_account_to_bytes() made, or what somebody made of it
 * @error: return location for a #GError
 *
 * Any thread.
 *
 * Returns: (transfer full): the account, each field fit for the file it belongs to; %NULL
 *   with %MOOR_ERROR_STORE_UNUSABLE, or %MOOR_ERROR_STORE_NEWER for a record of a later version
 */
MoorAccount *
moor_account_from_bytes (GBytes *bytes, GError **error)
{
  g_autoptr(JsonParser) parser = json_parser_new_immutable ();
  g_autoptr(GError) local_error = NULL;
  Reader reader = { NULL, error, FALSE };
  gsize n_bytes = 0;
  const char *text = g_bytes_get_data (bytes, &n_bytes);
  JsonNode *root = NULL;

  if (n_bytes > 0 && n_bytes <= MOOR_ACCOUNT_MAX_BYTES
      && moor_text_is_plain_json (text, n_bytes, MAX_DEPTH)
      && json_parser_load_from_data (parser, text, (gssize) n_bytes, &local_error))
    root = json_parser_get_root (parser);
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root))
    {
      (void) moor_throw (error, MOOR_ERROR_STORE_UNUSABLE, "The account record is damaged: %s",
                         local_error != NULL ? local_error->message : "it is not an account");
      return NULL;
    }
  reader.object = json_node_get_object (root);
  return read_record (&reader);
}
