/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-restore-private.h"

#include "moor-text.h"

/* What a restore tells of itself: see moor-request.h. */

static const char *
account_action (const MoorRestore *restore, const MoorRestoring *person)
{
  if (!person->has_plan)
    return "none";
  if (!person->makes_account)
    return "kept";
  return restore->options->enable_accounts ? "enabled" : "created";
}

static void
set_groups (JsonObject *object, char **groups)
{
  JsonArray *array = json_array_new ();

  for (; *groups != NULL; groups++)
    json_array_add_string_element (array, *groups);
  json_object_set_array_member (object, "groups", array);
}

static JsonObject *
account_to_json (const MoorRestore *restore, const MoorRestoring *person)
{
  static const char *const states[] = { "same", "other-id", "absent", "id-taken" };
  JsonObject *account = json_object_new ();

  json_object_set_string_member (account, "name", person->profile->name);
  json_object_set_string_member (account, "target", person->target_name);
  json_object_set_string_member (account, "state",
                                 person->has_plan ? states[person->plan.state] : "none");
  json_object_set_string_member (account, "action", account_action (restore, person));
  json_object_set_int_member (account, "uid", person->ids.old_uid);
  json_object_set_int_member (account, "new-uid", person->ids.new_uid);
  json_object_set_int_member (account, "reowned", (gint64) person->n_reowned);
  if (person->groups != NULL)
    set_groups (account, person->groups);
  return account;
}

static JsonObject *
person_to_json (const MoorRestoring *person)
{
  JsonObject *profile = json_object_new ();
  g_autofree char *home = moor_text_path (person->target_home);

  json_object_set_string_member (profile, "name", person->profile->name);
  json_object_set_string_member (profile, "target", person->target_name);
  json_object_set_string_member (profile, "home", home);
  json_object_set_string_member (profile, "how", person->how);
  json_object_set_int_member (profile, "files", (gint64) person->profile->n_objects);
  json_object_set_int_member (profile, "bytes", (gint64) person->profile->n_bytes);
  json_object_set_int_member (profile, "linked", (gint64) person->n_linked);
  json_object_set_int_member (profile, "copied", (gint64) person->n_copied);
  json_object_set_int_member (profile, "collisions", (gint64) person->n_collisions);
  json_object_set_int_member (profile, "replaced", (gint64) person->n_replaced);
  json_object_set_int_member (profile, "left", (gint64) person->n_left);
  json_object_set_int_member (profile, "elsewhere", (gint64) person->n_elsewhere);
  return profile;
}

static JsonArray *
others_to_json (const MoorRestore *restore)
{
  JsonArray *others = json_array_new ();

  for (guint i = 0; restore->others != NULL && i < restore->others->len; i++)
    {
      const MoorRegrouped *other = g_ptr_array_index (restore->others, i);
      JsonObject *object = json_object_new ();

      json_object_set_string_member (object, "name", other->name);
      set_groups (object, other->groups);
      json_array_add_object_element (others, object);
    }
  return others;
}

/**
 * moor_restore_fill_result:
 * @restore: with the people, if it came to that
 *
 * Tells what came of them.
 */
void
moor_restore_fill_result (const MoorRestore *restore, JsonObject *result)
{
  JsonArray *accounts = json_array_new ();
  JsonArray *profiles = json_array_new ();

  for (guint i = 0; restore->people != NULL && i < restore->people->len; i++)
    {
      const MoorRestoring *person = g_ptr_array_index (restore->people, i);

      json_array_add_object_element (accounts, account_to_json (restore, person));
      json_array_add_object_element (profiles, person_to_json (person));
    }
  for (guint i = 0; restore->systems != NULL && i < restore->systems->len; i++)
    json_array_add_object_element (profiles,
                                   person_to_json (g_ptr_array_index (restore->systems, i)));
  json_object_set_array_member (result, "accounts", accounts);
  json_object_set_array_member (result, "regrouped", others_to_json (restore));
  json_object_set_array_member (result, "profiles", profiles);
  json_object_set_boolean_member (result, "dry-run", restore->options->dry_run);
  json_object_set_array_member (result, "causes", moor_job_causes_to_json (restore->job));
}
