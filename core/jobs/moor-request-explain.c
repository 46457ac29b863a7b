/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-request-private.h"

#include <string.h>

#include "moor-text.h"

/* Why something is taken, or is not. */

/* What is asked about: a path within the system, and what is there now. */
typedef struct
{
  char *path;
  char *name;
  MoorFd dfd; /* the directory that has it; -1 if there is none */
  struct statx stx;
  gboolean exists;
  gboolean is_dir;
} Object;

static void
object_clear (Object *object)
{
  g_free (object->path);
  g_free (object->name);
  if (object->dfd >= 0)
    moor_fd_close (object->dfd);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Object, object_clear)

/* A path of this machine that leads into the system is meant within it. */
static char *
path_within (MoorSystem *system, const char *text)
{
  const char *root_path = moor_system_get_path (system);
  g_autofree char *path = g_canonicalize_filename (text, "/");

  if (g_str_equal (root_path, "/") || !moor_path_is_at_or_below (path, root_path))
    return g_steal_pointer (&path);
  return g_canonicalize_filename (path + strlen (root_path), "/");
}

/* A path that ends with a slash is a directory, whether it exists or not. */
static void
object_init (Object *object, MoorSystem *system, const MoorSys *sys, const char *text)
{
  g_autofree char *path = path_within (system, text);
  g_autofree char *folder = g_path_get_dirname (path);
  g_auto(MoorPlace) place = { .dfd = -1 };

  object->dfd = -1;
  object->name = g_path_get_basename (path);
  object->is_dir = g_str_has_suffix (text, "/");
  if (moor_system_locate (system, folder, &place, NULL))
    object->dfd = g_steal_fd (&place.dfd);
  object->path = place.path != NULL ? g_build_filename (place.path, object->name, NULL)
                                    : g_steal_pointer (&path);
  object->exists = object->dfd >= 0 && moor_name_is_valid (object->name)
                   && sys->statx (object->dfd, object->name, AT_SYMLINK_NOFOLLOW,
                                  STATX_BASIC_STATS | STATX_BTIME, &object->stx)
                          == 0;
  if (object->exists)
    object->is_dir = S_ISDIR (object->stx.stx_mode);
}

/* Whose home has it; NULL for nobody's. */
static const MoorChosen *
find_owner (GPtrArray *chosen, const char *path)
{
  const MoorChosen *owner = NULL;

  for (guint i = 0; i < chosen->len; i++)
    {
      const MoorChosen *one = g_ptr_array_index (chosen, i);

      if (!one->is_system && moor_path_is_at_or_below (path, one->place.path)
          && (owner == NULL || strlen (one->place.path) > strlen (owner->place.path)))
        owner = one;
    }
  return owner;
}

static void
set_text (JsonObject *object, const char *member, const char *bytes)
{
  g_autofree char *text = moor_text_path (bytes != NULL ? bytes : "");

  json_object_set_string_member (object, member, text);
}

/* What is written in a rule file is no path: its backslashes stay as they are. */
static void
set_words (JsonObject *object, const char *member, const char *words)
{
  g_autofree char *text = g_utf8_make_valid (words != NULL ? words : "", -1);

  json_object_set_string_member (object, member, text);
}

static JsonObject *
rule_to_json (const MoorRuling *ruling, const MoorExplained *explained)
{
  static const char *const kinds[] = { "include", "exclude", "unconditionalExclude" };
  JsonObject *object = json_object_new ();
  const MoorRuleItem *item = moor_rules_get_item (ruling->rules, explained->rule);

  set_words (object, "pattern", moor_rules_get_pattern (ruling->rules, explained->rule));
  set_words (object, "name", moor_rules_get_name (ruling->rules, explained->rule));
  set_words (object, "reason", moor_rules_get_reason (ruling->rules, explained->rule));
  set_words (object, "verdict", explained->verdict);
  json_object_set_boolean_member (object, "won", explained->won);
  if (item == NULL || ruling->outcome == NULL)
    return object;
  set_words (
      object, "component",
      ((const MoorRuleComponent *) g_ptr_array_index (ruling->outcome->components, item->component))
          ->path);
  set_words (object, "kind", (guint) item->kind < G_N_ELEMENTS (kinds) ? kinds[item->kind] : "");
  set_words (object, "written", item->written);
  set_text (object, "file", item->origin.file);
  json_object_set_int_member (object, "line", item->origin.line);
  json_object_set_int_member (object, "column", item->origin.column);
  return object;
}

static JsonArray *
rules_to_json (const MoorRuling *ruling, GPtrArray *all)
{
  JsonArray *array = json_array_new ();

  for (guint i = 0; all != NULL && i < all->len; i++)
    json_array_add_object_element (array, rule_to_json (ruling, g_ptr_array_index (all, i)));
  return array;
}

/* The table of caches knows paths below homes only. */
static const char *
path_for_rules (const MoorRuling *ruling, const MoorChosen *owner, const char *path)
{
  if (ruling->outcome != NULL || owner == NULL)
    return path;
  path += strlen (owner->place.path);
  return path + strspn (path, "/");
}

static void
fill_result (const MoorRuling *ruling,
             const MoorSys *sys,
             const Object *object,
             const MoorChosen *owner,
             JsonObject *result)
{
  const MoorLook look = { sys, object->dfd, object->name, &object->stx };
  g_autoptr(MoorExplanation) explanation = NULL;

  set_text (result, "path", object->path);
  set_text (result, "profile",
            owner != NULL             ? owner->profile->name
            : ruling->outcome != NULL ? MOOR_SYSTEM_PROFILE
                                      : "");
  json_object_set_boolean_member (result, "exists", object->exists);
  json_object_set_boolean_member (result, "directory", object->is_dir);
  if (owner == NULL && ruling->outcome == NULL)
    {
      json_object_set_boolean_member (result, "selected", FALSE);
      set_words (result, "reason",
                 "It is in nobody's home, and without rule files only homes are "
                 "taken.");
      json_object_set_array_member (result, "candidates", json_array_new ());
      json_object_set_array_member (result, "collisions", json_array_new ());
      return;
    }
  explanation = moor_rules_explain (ruling->rules, path_for_rules (ruling, owner, object->path),
                                    object->is_dir, object->exists ? &look : NULL);
  json_object_set_boolean_member (result, "selected", explanation->selected);
  set_words (result, "reason", explanation->reason);
  json_object_set_array_member (result, "candidates",
                                rules_to_json (ruling, explanation->candidates));
  json_object_set_array_member (result, "collisions",
                                rules_to_json (ruling, explanation->collisions));
}

static gboolean
names_drive (const char *path)
{
  return g_ascii_isalpha (path[0]) && path[1] == ':' && (path[2] == '\\' || path[2] == '/');
}

/* "C:\\Data" is what the drives say that it is, as it is in a pattern. */
static gboolean
map_drive (char **path, const char *const *drives, GError **error)
{
  const char *place = NULL;
  char *mapped;

  if ((*path)[0] == '/')
    return TRUE;
  for (; drives != NULL && *drives != NULL; drives++)
    {
      if (g_ascii_strncasecmp (*drives, *path, 2) == 0 && (*drives)[2] == '=')
        place = *drives + 3;
    }
  if (place == NULL)
    return moor_throw (error, MOOR_ERROR_USAGE,
                       "no folder is known for the drive %.2s; tell it with --drive %.2s=DIR",
                       *path, *path);
  mapped = g_strconcat (place, *path + 2, NULL);
  (void) g_strdelimit (mapped + strlen (place), "\\", '/');
  g_free (*path);
  *path = mapped;
  return TRUE;
}

gboolean
moor_request_explain (MoorJob *job, JsonObject *request, JsonObject *result, GError **error)
{
  g_autoptr(MoorSystem) system = moor_request_open_system (request, error);
  g_autoptr(MoorStore) store = NULL;
  g_autofree char *path = moor_text_to_path (
      json_object_get_string_member_with_default (request, "path", ""));
  g_auto(MoorRuleSource) source = MOOR_RULE_SOURCE_INIT;
  g_auto(MoorRuling) ruling = { 0 };
  g_auto(MoorWho) who = { 0 };
  g_auto(Object) object = { .dfd = -1 };
  g_autoptr(GPtrArray) chosen = NULL;

  if (system == NULL)
    return FALSE;
  if (path[0] != '/' && !names_drive (path))
    return moor_throw (error, MOOR_ERROR_USAGE,
                       "which object? Name it by its absolute path within the system");
  if (moor_request_get_flag (request, "rules-from-store")
      && (store = moor_request_open_store (request, NULL, error)) == NULL)
    return FALSE;
  if (!moor_request_read_rules (request, store, &source, error)
      || !map_drive (&path, (const char *const *) source.drives, error))
    return FALSE;
  moor_who_init (&who, request);
  chosen = moor_scope_choose (job, system, &who.selection, error);
  if (chosen == NULL || !moor_ruling_make (&ruling, job, system, chosen, &source, error))
    return FALSE;
  object_init (&object, system, moor_job_get_sys (job), path);
  fill_result (&ruling, moor_job_get_sys (job), &object, find_owner (chosen, object.path), result);
  if (source.set != NULL)
    json_object_set_array_member (result, "rules",
                                  moor_findings_to_json (source.set, ruling.outcome));
  return TRUE;
}
