/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-request-private.h"

#include "moor-capture.h"
#include "moor-delete.h"
#include "moor-estimate.h"
#include "moor-set-aside.h"
#include "moor-text.h"
#include "moor-verify.h"

gboolean
moor_request_estimate (MoorJob *job, JsonObject *request, JsonObject *result, GError **error)
{
  g_autoptr(MoorSystem) system = moor_request_open_system (request, error);
  g_autofree char *store = moor_request_dup_path (request, "store");
  g_auto(MoorRuleSource) source = MOOR_RULE_SOURCE_INIT;
  g_auto(MoorWho) who = { 0 };
  MoorEstimateOptions options = { .n_threads = moor_request_get_threads (request) };

  moor_who_init (&who, request);
  if (system == NULL || !moor_request_read_efs (request, &who.selection.encrypted, error)
      || !moor_request_read_rules (request, NULL, &source, error))
    return FALSE;
  options.selection = who.selection;
  options.source = &source;
  if (store == NULL)
    store = moor_request_default_store (moor_system_get_path (system), error);
  options.store_path = store;
  return store != NULL && moor_estimate_run (job, system, &options, result, error);
}

static gboolean
read_method (JsonObject *request, MoorMethod *out_method, GError **error)
{
  static const MoorMethod methods[] = { MOOR_METHOD_LINK, MOOR_METHOD_REFLINK, MOOR_METHOD_COPY };
  const char *word = json_object_get_string_member_with_default (request, "method", "link");

  for (gsize i = 0; i < G_N_ELEMENTS (methods); i++)
    {
      if (g_strcmp0 (moor_method_id (methods[i]), word) == 0)
        {
          *out_method = methods[i];
          return TRUE;
        }
    }
  return moor_throw (error, MOOR_ERROR_USAGE, "“%s” is no method; there are link, reflink and copy",
                     word);
}

static gboolean
run_capture (MoorJob *job, JsonObject *request, JsonObject *result, GError **error)
{
  g_autoptr(MoorSystem) system = moor_request_open_system (request, error);
  g_autofree char *store = moor_request_dup_path (request, "store");
  g_autofree char *list_path = moor_request_dup_path (request, "list-files");
  g_auto(MoorRuleSource) source = MOOR_RULE_SOURCE_INIT;
  g_auto(MoorWho) who = { 0 };
  MoorCaptureOptions options = { .n_threads = moor_request_get_threads (request) };

  moor_who_init (&who, request);
  if (system == NULL || !read_method (request, &options.best_method, error)
      || !moor_request_read_efs (request, &who.selection.encrypted, error))
    return FALSE;
  if (store == NULL)
    return moor_throw (error, MOOR_ERROR_USAGE, "where is the store to be? Say --store DIR");
  if (!moor_request_read_rules (request, NULL, &source, error))
    return FALSE;
  options.selection = who.selection;
  options.source = &source;
  options.store_path = store;
  options.list_path = list_path;
  options.resume = moor_request_get_flag (request, "resume");
  options.overwrite = moor_request_get_flag (request, "overwrite");
  options.stop_on_error = moor_request_get_flag (request, "stop-on-error");
  options.n_expected = (guint64) MAX (
      0, json_object_get_int_member_with_default (request, "expect", 0));
  options.note = json_object_get_string_member_with_default (request, "note", NULL);
  return moor_capture_run (job, system, &options, result, error);
}

gboolean
moor_request_capture (MoorJob *job, JsonObject *request, JsonObject *result, GError **error)
{
  if (moor_request_get_flag (request, "dry-run"))
    return moor_request_estimate (job, request, result, error);
  return run_capture (job, request, result, error);
}

gboolean
moor_request_verify (MoorJob *job, JsonObject *request, JsonObject *result, GError **error)
{
  static const MoorPhase phases[] = { { "verify", 1 } };
  g_autoptr(MoorSystem) system = moor_request_open_system (request, error);
  g_autoptr(MoorStore) store = NULL;
  const char *against = json_object_get_string_member_with_default (request, "against", NULL);
  MoorVerifyOptions options = { .n_threads = moor_request_get_threads (request) };

  if (system == NULL)
    return FALSE;
  if (against != NULL && !g_str_equal (against, "source") && !g_str_equal (against, "restored"))
    return moor_throw (error, MOOR_ERROR_USAGE, "“%s” is no side; there are source and restored",
                       against);
  store = moor_request_open_store_to_read (request, "verify", error);
  options.store = store;
  if (store == NULL)
    return FALSE;
  /* Without a word: what makes sense for where the store is in its life. */
  if (against == NULL)
    against = moor_store_get_state (store) <= MOOR_STORE_SETTING_ASIDE ? "source" : "restored";
  options.against = g_str_equal (against, "restored") ? MOOR_AGAINST_RESTORED : MOOR_AGAINST_SOURCE;
  options.content = moor_request_get_flag (request, "content");
  moor_job_set_phases (job, phases, G_N_ELEMENTS (phases));
  return moor_verify_run (job, system, &options, result, NULL, error);
}

static gboolean
verify_and_set_aside (MoorJob *job,
                      MoorSystem *system,
                      MoorStore *store,
                      const MoorSetAsideOptions *options,
                      JsonObject *result,
                      GError **error)
{
  g_autoptr(JsonObject) verification = json_object_new ();
  g_autoptr(MoorGate) gate = NULL;
  MoorVerifyOptions verify = { .store = store, .against = MOOR_AGAINST_SOURCE, .only_root = TRUE };

  if (!moor_verify_run (job, system, &verify, verification, &gate, error))
    {
      if (error != NULL && g_error_matches (*error, MOOR_ERROR, MOOR_ERROR_DIFFERENCES))
        {
          g_autofree char *what = g_strdup ((*error)->message);

          g_clear_error (error);
          moor_throw (error, MOOR_ERROR_REFUSED,
                      "the store does not hold everything: %s. “mooring verify” lists them; "
                      "“mooring capture --resume” takes what was saved since",
                      what);
        }
      json_object_set_object_member (result, "verification", json_object_ref (verification));
      return FALSE;
    }
  if (gate == NULL)
    return moor_throw (error, MOOR_ERROR_REFUSED,
                       "the store at %s is not sealed; end its capture first",
                       moor_store_get_path (store));
  return moor_set_aside_run (job, system, g_steal_pointer (&gate), options, result, error);
}

gboolean
moor_request_set_aside (MoorJob *job, JsonObject *request, JsonObject *result, GError **error)
{
  static const MoorPhase phases[] = { { "verify", 90 }, { "set-aside", 10 } };
  g_autoptr(MoorSystem) system = moor_request_open_root (request, error);
  g_autoptr(MoorStore) store = NULL;
  g_auto(GStrv) protect = moor_request_dup_paths (request, "protect");
  MoorSetAsideOptions options = { .protect = (const char *const *) protect,
                                  .dry_run = moor_request_get_flag (request, "dry-run") };

  /* The running system is refused before anything of the store is looked at. */
  if (system == NULL || !moor_root_check (system, "set aside", error))
    return FALSE;
  store = moor_request_open_store (request, "set aside", error);
  if (store == NULL)
    return FALSE;
  if (!moor_store_is_trusted (store, "set aside", error))
    return FALSE;

  moor_job_set_phases (job, phases, G_N_ELEMENTS (phases));
  switch ((int) moor_store_get_state (store))
    {
    case MOOR_STORE_SEALED:
      return verify_and_set_aside (job, system, store, &options, result, error);
    case MOOR_STORE_SETTING_ASIDE:
      return moor_set_aside_continue (job, system, store, &options, result, error);
    case MOOR_STORE_SET_ASIDE:
      moor_job_log (job, MOOR_LOG_INFO, "The system is set aside already");
      return TRUE;
    default:
      return moor_throw (
          error, MOOR_ERROR_REFUSED, "the store at %s cannot be used for this now: %s",
          moor_store_get_path (store), moor_store_state_text (moor_store_get_state (store)));
    }
}

gboolean
moor_request_delete (MoorJob *job, JsonObject *request, JsonObject *result, GError **error)
{
  g_autofree char *store = moor_request_dup_path (request, "store");
  MoorDeleteOptions options = { .store_path = store,
                                .even_last_copies = moor_request_get_flag (request,
                                                                           "even-last-copies"),
                                .dry_run = moor_request_get_flag (request, "dry-run") };

  if (store == NULL)
    return moor_throw (error, MOOR_ERROR_USAGE, "which store is to be deleted?");
  return moor_delete_run (job, &options, result, error);
}
