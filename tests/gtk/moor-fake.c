/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-fake.h"

#include <string.h>

typedef struct
{
  const char *name;
  const char *full_name;
  gint64 last_used_days;
  guint64 n_files;
  guint64 n_bytes;
  double low_s;
  double high_s;
} Person;

static const Person people[] = {
  { "alice", "Alice Anderson", 0, 412904, G_GUINT64_CONSTANT (71234567890), 7.2, 10.4 },
  { "bob", "Bob Brown", 1, 98120, G_GUINT64_CONSTANT (12876543210), 2.1, 3.2 },
  { "carol", "Carol Castellanos-Weatherby", 40, 1880, 4321098, 0.05, 0.2 },
};

/* Where the events of one request go. */
typedef struct
{
  MoorFake *fake;
  GCancellable *cancellable;
  MoorEventFunc sink;
  gpointer sink_data;
  const char *operation;
} Answer;

static void
emit (Answer *answer, MoorEvent *event)
{
  event->time_us = g_get_real_time ();
  event->operation = (char *) answer->operation;
  answer->sink (event, answer->sink_data);
}

static void
emit_phase (Answer *answer, const char *id, guint index, const char *state)
{
  MoorEvent event = { .kind = MOOR_EVENT_PHASE };

  event.phase = (char *) id;
  event.phase_index = index;
  event.n_phases = 3;
  event.state = (char *) state;
  emit (answer, &event);
}

static void
emit_profile (Answer *answer, const char *name, const char *state, guint64 n_files, guint64 n_bytes)
{
  MoorEvent event = { .kind = MOOR_EVENT_PROFILE };

  event.profile = (char *) name;
  event.state = (char *) state;
  event.done_objects = n_files;
  event.done_bytes = n_bytes;
  emit (answer, &event);
}

static void
emit_issue (Answer *answer,
            MoorSeverity severity,
            MoorCause cause,
            const char *path,
            const char *name)
{
  MoorEvent event = { .kind = MOOR_EVENT_ISSUE };
  g_autoptr(MoorIssue) issue = moor_issue_new (severity, cause, path, name, 0, "copied");

  event.issue = issue;
  emit (answer, &event);
}

static void
emit_log (Answer *answer, MoorLogLevel level, const char *text)
{
  MoorEvent event = { .kind = MOOR_EVENT_LOG };

  event.level = level;
  event.message = (char *) text;
  emit (answer, &event);
}

static void
emit_progress (Answer *answer, guint64 done, guint64 total)
{
  MoorEvent event = { .kind = MOOR_EVENT_PROGRESS };

  event.phase = (char *) "link";
  event.done_objects = done;
  event.total_objects = total;
  event.done_bytes = done * 164000;
  event.total_bytes = total * 164000;
  event.fraction = total > 0 ? (double) done / (double) total : -1;
  event.rate = 48211;
  event.low_s = (double) (total - done) / 60000;
  event.high_s = (double) (total - done) / 40000 + 1;
  emit (answer, &event);
}

static gboolean
is_cancelled (Answer *answer, GError **error)
{
  return g_cancellable_set_error_if_cancelled (answer->cancellable, error);
}

static void
set_texts (JsonObject *object, const char *const *pairs)
{
  for (guint i = 0; pairs[i] != NULL; i += 2)
    json_object_set_string_member (object, pairs[i], pairs[i + 1]);
}

static MoorExit
answer_profiles (Answer *answer, JsonObject *result, GError **error)
{
  JsonArray *profiles = json_array_new ();
  gint64 now_s = g_get_real_time () / G_USEC_PER_SEC;

  for (guint i = 0; i < G_N_ELEMENTS (people) && !answer->fake->no_people; i++)
    {
      JsonObject *profile = json_object_new ();
      g_autofree char *home = g_strconcat ("/home/", people[i].name, NULL);
      const char *const texts[] = { "name", people[i].name, "full-name", people[i].full_name,
                                    "home", home,           "state",     "ready",
                                    NULL };

      set_texts (profile, texts);
      json_object_set_int_member (profile, "uid", 1000 + i);
      json_object_set_boolean_member (profile, "selected", TRUE);
      json_object_set_int_member (profile, "last-used", now_s - people[i].last_used_days * 86400);
      json_array_add_object_element (profiles, profile);
    }
  json_object_set_array_member (result, "profiles", profiles);
  json_object_set_string_member (result, "system", "Debian GNU/Linux 12");
  json_object_set_string_member (result, "host", "bench-7");
  return MOOR_EXIT_COMPLETE;
}

static MoorExit
answer_systems (Answer *answer, JsonObject *result, GError **error)
{
  JsonArray *systems = json_array_new ();
  JsonObject *system = json_object_new ();
  const char *const texts[] = { "root", "/mnt/old", "name", "Debian GNU/Linux 12",
                                "host", "bench-7",  NULL };

  set_texts (system, texts);
  json_array_add_object_element (systems, system);
  json_object_set_array_member (result, "systems", systems);
  return MOOR_EXIT_COMPLETE;
}

static JsonObject *
estimate_of (const Person *person)
{
  JsonObject *profile = json_object_new ();

  json_object_set_string_member (profile, "name", person->name);
  json_object_set_int_member (profile, "files", (gint64) person->n_files);
  json_object_set_int_member (profile, "directories", (gint64) person->n_files / 9);
  json_object_set_int_member (profile, "bytes", (gint64) person->n_bytes);
  json_object_set_int_member (profile, "copy-bytes", (gint64) person->n_files * 12);
  json_object_set_int_member (profile, "excluded", (gint64) person->n_files / 20);
  json_object_set_int_member (profile, "excluded-bytes", (gint64) person->n_bytes / 50);
  json_object_set_double_member (profile, "seconds-low", person->low_s);
  json_object_set_double_member (profile, "seconds-high", person->high_s);
  return profile;
}

static JsonArray *
estimate_excluded (void)
{
  static const char *const names[] = { "Browser caches", "Trash", "Thumbnails" };
  JsonArray *excluded = json_array_new ();

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      JsonObject *entry = json_object_new ();

      json_object_set_string_member (entry, "name", names[i]);
      json_object_set_string_member (entry, "pattern", ".cache/*");
      json_object_set_int_member (entry, "objects", 8000 / (i + 1));
      json_object_set_int_member (entry, "bytes", 1400000000 / (i + 1));
      json_array_add_object_element (excluded, entry);
    }
  return excluded;
}

static MoorExit
answer_estimate (Answer *answer, JsonObject *result, GError **error)
{
  JsonArray *profiles = json_array_new ();
  JsonObject *totals = json_object_new ();

  json_object_set_array_member (result, "profiles", profiles);
  json_object_set_object_member (result, "totals", totals);
  json_object_set_array_member (result, "excluded", estimate_excluded ());
  json_object_set_string_member (result, "store-path", "/home/.mooring");
  json_object_set_int_member (totals, "new-space", 38000000);
  json_object_set_double_member (totals, "copy-seconds-low", 610);
  json_object_set_double_member (totals, "copy-seconds-high", 705);

  for (guint i = 0; i < G_N_ELEMENTS (people); i++)
    {
      for (guint step = 1; step <= 4; step++)
        {
          if (is_cancelled (answer, error))
            return MOOR_EXIT_CANCELLED;
          emit_profile (answer, people[i].name, step < 4 ? "working" : "done",
                        people[i].n_files * step / 4, people[i].n_bytes * step / 4);
          g_usleep (answer->fake->estimate_step_ms * 1000);
        }
      if (i == 1)
        {
          emit_issue (answer, MOOR_SEVERITY_WARNING, MOOR_CAUSE_OTHER_VOLUME,
                      "/home/bob/Nextcloud/contract.odt", "bob");
          emit_issue (answer, MOOR_SEVERITY_WARNING, MOOR_CAUSE_IMMUTABLE,
                      "/home/bob/.local/share/keep", "bob");
        }
      json_array_add_object_element (profiles, estimate_of (&people[i]));
    }
  return MOOR_EXIT_COMPLETE;
}

static void
flood (Answer *answer)
{
  for (guint i = 0; i < answer->fake->flood && !g_cancellable_is_cancelled (answer->cancellable);
       i++)
    {
      char path[64];
      char text[96];

      (void) g_snprintf (path, sizeof path, "/home/alice/deep/folder/file-%u", i);
      (void) g_snprintf (text, sizeof text, "linked %s", path);
      emit_progress (answer, i, answer->fake->flood);
      emit_log (answer, (MoorLogLevel) (i % 4), text);
      emit_issue (answer, (MoorSeverity) (i % 3), (MoorCause) (1 + i % (MOOR_N_CAUSES - 1)), path,
                  people[i % 3].name);
      emit_profile (answer, people[i % 3].name, "working", i, i * 1000);
    }
}

static void
set_captured (JsonObject *result)
{
  json_object_set_int_member (result, "files", 512904);
  json_object_set_int_member (result, "bytes", G_GINT64_CONSTANT (84115432198));
  json_object_set_int_member (result, "copied-bytes", 6154848);
  json_object_set_double_member (result, "seconds", 9.8);
}

static MoorExit
answer_capture (Answer *answer, JsonObject *result, GError **error)
{
  const guint64 total = 512904;
  const guint steps = MAX (answer->fake->capture_steps, 1);

  emit_log (answer, MOOR_LOG_INFO, "capturing 3 people");
  emit_phase (answer, "prepare", 0, "started");
  emit_phase (answer, "prepare", 0, "done");
  emit_phase (answer, "link", 1, "started");
  flood (answer);
  for (guint step = 1; step <= steps; step++)
    {
      const Person *person = &people[MIN (step * 3 / steps, 2)];
      g_autofree char *text = g_strdup_printf ("linked /home/%s/Documents/part-%03u", person->name,
                                               step);

      if (is_cancelled (answer, error))
        return MOOR_EXIT_CANCELLED;
      emit_progress (answer, total * step / steps, total);
      emit_profile (answer, person->name, "working", person->n_files * step / steps,
                    person->n_bytes / steps * step);
      emit_log (answer, step % 9 == 4 ? MOOR_LOG_WARNING : MOOR_LOG_INFO, text);
      if (step % 9 == 4)
        emit_issue (answer, MOOR_SEVERITY_WARNING, MOOR_CAUSE_OTHER_VOLUME,
                    "/home/bob/Nextcloud/contract.odt", "bob");
      g_usleep (answer->fake->capture_step_ms * 1000);
    }
  emit_phase (answer, "link", 1, "done");
  emit_phase (answer, "seal", 2, "started");
  for (guint i = 0; i < G_N_ELEMENTS (people); i++)
    emit_profile (answer, people[i].name, i == 1 ? "attention" : "done", people[i].n_files,
                  people[i].n_bytes);
  emit_phase (answer, "seal", 2, "done");
  set_captured (result);
  return answer->fake->capture_exit;
}

static MoorExit
answer_store_list (Answer *answer, JsonObject *result, GError **error)
{
  JsonArray *stores = json_array_new ();
  gint64 now_s = g_get_real_time () / G_USEC_PER_SEC;

  for (guint i = 0; i < answer->fake->n_stores; i++)
    {
      JsonObject *store = json_object_new ();
      JsonArray *names = json_array_new ();
      JsonArray *full_names = json_array_new ();
      gboolean sealed = i > 0 || g_strcmp0 (answer->fake->state, "capturing") != 0;
      g_autofree char *path = i == 0 ? g_strdup ("/home/.mooring")
                                     : g_strdup_printf ("/home/.mooring-%u", i + 1);
      const char *const texts[] = {
        "path",       path,
        "state",      i == 0 ? answer->fake->state : "sealed",
        "state-text", sealed ? "Sealed: complete and safe" : "The capture is not finished",
        "system",     "Debian GNU/Linux 12",
        "host",       "bench-7",
        NULL
      };

      set_texts (store, texts);
      for (guint p = 0; p < G_N_ELEMENTS (people); p++)
        {
          json_array_add_string_element (names, people[p].name);
          json_array_add_string_element (full_names, people[p].full_name);
        }
      json_object_set_array_member (store, "people", names);
      json_object_set_array_member (store, "full-names", full_names);
      json_object_set_int_member (store, "made", now_s - 86400 * i);
      json_object_set_int_member (store, "sealed", sealed ? now_s - 86400 * i + 10 : 0);
      json_object_set_int_member (store, "objects", 512904);
      json_object_set_int_member (store, "bytes", G_GINT64_CONSTANT (84115432198));
      json_array_add_object_element (stores, store);
    }
  json_object_set_array_member (result, "stores", stores);
  return MOOR_EXIT_COMPLETE;
}

static JsonObject *
difference_new (guint i)
{
  static const char *const statuses[] = { "missing", "changed", "extra", "metadata", "renamed" };
  static const char *const causes[] = { "missing", "changed", "none", "metadata", "collision" };
  JsonObject *difference = json_object_new ();
  g_autofree char *path = g_strdup_printf ("Documents/letter-%05u.odt", i);
  const char *const texts[] = { "profile", people[i % 3].name,
                                "path",    path,
                                "status",  statuses[i % 5],
                                "cause",   causes[i % 5],
                                "detail",  i % 5 == 3 ? "mode 0644 before, 0600 now" : "",
                                "kind",    "file",
                                NULL };

  set_texts (difference, texts);
  json_object_set_boolean_member (difference, "blocks", i % 5 < 2);
  return difference;
}

static JsonObject *
compared_new (const Person *person, guint n_differences)
{
  JsonObject *profile = json_object_new ();
  const char *const texts[] = { "name", person->name, "full-name", person->full_name, NULL };

  set_texts (profile, texts);
  json_object_set_int_member (profile, "before-files", (gint64) person->n_files);
  json_object_set_int_member (profile, "before-bytes", (gint64) person->n_bytes);
  json_object_set_int_member (profile, "after-files", (gint64) (person->n_files - n_differences));
  json_object_set_int_member (profile, "after-bytes", (gint64) person->n_bytes);
  json_object_set_int_member (profile, "same", (gint64) person->n_files);
  json_object_set_int_member (profile, "missing", n_differences / 3);
  return profile;
}

static MoorExit
answer_verify (Answer *answer, JsonObject *result, GError **error)
{
  JsonArray *profiles = json_array_new ();
  JsonArray *differences = json_array_new ();
  guint n = answer->fake->n_differences;

  emit_phase (answer, "compare", 0, "started");
  for (guint i = 0; i < G_N_ELEMENTS (people); i++)
    json_array_add_object_element (profiles, compared_new (&people[i], n));
  for (guint i = 0; i < n; i++)
    json_array_add_object_element (differences, difference_new (i));
  json_object_set_array_member (result, "profiles", profiles);
  json_object_set_array_member (result, "differences", differences);
  json_object_set_string_member (result, "against", "restored");
  json_object_set_string_member (result, "store", "/home/.mooring");
  json_object_set_boolean_member (result, "clean", n == 0);
  json_object_set_int_member (result, "blocking", n * 2 / 5);
  json_object_set_int_member (result, "same", 512904);
  json_object_set_int_member (result, "missing", n / 5);
  emit_phase (answer, "compare", 0, "done");
  return n == 0 ? MOOR_EXIT_COMPLETE : MOOR_EXIT_DIFFERENCES;
}

static MoorExit
answer_restore (Answer *answer, JsonObject *result, GError **error)
{
  JsonArray *profiles = json_array_new ();

  emit_phase (answer, "stage", 0, "started");
  for (guint i = 0; i < G_N_ELEMENTS (people); i++)
    {
      JsonObject *profile = json_object_new ();

      json_object_set_string_member (profile, "name", people[i].name);
      json_array_add_object_element (profiles, profile);
      emit_profile (answer, people[i].name, "done", people[i].n_files, people[i].n_bytes);
    }
  json_object_set_array_member (result, "profiles", profiles);
  emit_phase (answer, "stage", 0, "done");
  return MOOR_EXIT_COMPLETE;
}

static void
add_entry (JsonArray *entries, const char *name, const char *kind, const char *method, gint64 size)
{
  JsonObject *entry = json_object_new ();
  const char *const texts[] = { "name", name, "kind", kind, "method", method, NULL };

  set_texts (entry, texts);
  json_object_set_int_member (entry, "size", size);
  json_array_add_object_element (entries, entry);
}

static MoorExit
answer_browse (Answer *answer, JsonObject *request, JsonObject *result, GError **error)
{
  JsonArray *entries = json_array_new ();
  const char *path = json_object_get_string_member_with_default (request, "path", "");

  json_object_set_array_member (result, "entries", entries);
  if (*path == '\0')
    {
      add_entry (entries, "Documents", "directory", "made", 0);
      add_entry (entries, "Pictures", "directory", "made", 0);
      add_entry (entries, ".bashrc", "file", "link", 3526);
      add_entry (entries, "budget.ods", "file", "copy", 48111);
      return MOOR_EXIT_COMPLETE;
    }
  for (guint i = 0; i < answer->fake->n_children; i++)
    {
      g_autofree char *name = g_strdup_printf ("letter-%05u.odt", i);

      add_entry (entries, name, "file", "link", 12000 + i);
    }
  return MOOR_EXIT_COMPLETE;
}

static MoorExit
answer_delete (Answer *answer, JsonObject *request, JsonObject *result, GError **error)
{
  gboolean consent = json_object_get_boolean_member_with_default (request, "even-last-copies",
                                                                  FALSE);
  gboolean dry_run = json_object_get_boolean_member_with_default (request, "dry-run", FALSE);

  json_object_set_int_member (result, "freed", 38000000);
  json_object_set_int_member (result, "last-copies", answer->fake->last_copies);
  json_object_set_int_member (result, "last-copy-bytes", answer->fake->last_copies * 1000);
  if (answer->fake->last_copies > 0 && !consent)
    {
      (void) moor_throw (error, MOOR_ERROR_REFUSED, "the store holds the only copy of files");
      return MOOR_EXIT_REFUSED;
    }
  if (!dry_run)
    answer->fake->n_stores = 0;
  return MOOR_EXIT_COMPLETE;
}

static MoorExit
answer_request (Answer *answer, JsonObject *request, JsonObject *result, GError **error)
{
  static const struct
  {
    const char *operation;
    MoorExit (*answer) (Answer *answer, JsonObject *result, GError **error);
  } table[] = {
    { "profiles", answer_profiles },     { "systems", answer_systems },
    { "estimate", answer_estimate },     { "capture", answer_capture },
    { "store-list", answer_store_list }, { "verify", answer_verify },
    { "restore", answer_restore },
  };

  if (g_strcmp0 (answer->operation, answer->fake->fail) == 0)
    {
      (void) moor_throw (error, MOOR_ERROR_REFUSED,
                         "“/mnt/old” holds no system: there is no /etc/passwd; say --root DIR");
      return MOOR_EXIT_REFUSED;
    }
  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      if (g_strcmp0 (answer->operation, table[i].operation) == 0)
        return table[i].answer (answer, result, error);
    }
  if (g_strcmp0 (answer->operation, "browse") == 0)
    return answer_browse (answer, request, result, error);
  return answer_delete (answer, request, result, error);
}

static MoorExit
run_cb (JsonObject *request,
        GCancellable *cancellable,
        MoorEventFunc sink,
        gpointer sink_data,
        gpointer runner_data,
        JsonObject **out_result,
        GError **error)
{
  MoorFake *fake = runner_data;
  Answer answer = { fake, cancellable, sink, sink_data,
                    json_object_get_string_member (request, "operation") };
  g_autoptr(JsonObject) result = json_object_new ();
  MoorExit exit_code;

  g_mutex_lock (&fake->lock);
  g_ptr_array_add (fake->operations, g_strdup (answer.operation));
  g_clear_pointer (&fake->last_request, json_object_unref);
  fake->last_request = json_object_ref (request);
  g_mutex_unlock (&fake->lock);

  exit_code = answer_request (&answer, request, result, error);
  json_object_set_int_member (result, "exit", exit_code);
  *out_result = g_steal_pointer (&result);
  return exit_code;
}

/* A fake that answers at once, and well. */
MoorFake *
moor_fake_new (void)
{
  MoorFake *fake = g_new0 (MoorFake, 1);

  fake->capture_steps = 3;
  fake->n_children = 12;
  fake->n_stores = 1;
  fake->state = "sealed";
  fake->operations = g_ptr_array_new_with_free_func (g_free);
  g_mutex_init (&fake->lock);
  return fake;
}

void
moor_fake_free (MoorFake *fake)
{
  g_ptr_array_unref (fake->operations);
  g_clear_pointer (&fake->last_request, json_object_unref);
  g_mutex_clear (&fake->lock);
  g_free (fake);
}

MoorClient *
moor_fake_client (MoorFake *fake)
{
  return moor_client_new_with_runner (run_cb, fake, NULL);
}

guint
moor_fake_count (MoorFake *fake, const char *operation)
{
  guint n = 0;

  g_mutex_lock (&fake->lock);
  for (guint i = 0; i < fake->operations->len; i++)
    n += g_strcmp0 (g_ptr_array_index (fake->operations, i), operation) == 0;
  g_mutex_unlock (&fake->lock);
  return n;
}

/* The request that came last. */
JsonObject *
moor_fake_dup_last_request (MoorFake *fake)
{
  JsonObject *request;

  g_mutex_lock (&fake->lock);
  request = json_object_ref (fake->last_request);
  g_mutex_unlock (&fake->lock);
  return request;
}
