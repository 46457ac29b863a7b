/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-request-private.h"

#include "moor-accept.h"
#include "moor-restore.h"
#include "moor-rollback.h"

static gboolean
read_conflict (JsonObject *request, MoorConflict *out_conflict, GError **error)
{
  static const char *const words[] = { "rules", "keep-both", "keep-old", "keep-new" };
  const char *word = json_object_get_string_member_with_default (request, "conflict", "rules");

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    {
      if (g_strcmp0 (words[i], word) == 0)
        {
          *out_conflict = (MoorConflict) i;
          return TRUE;
        }
    }
  return moor_throw (
      error, MOOR_ERROR_USAGE,
      "“%s” is no way to settle conflicts; there are rules, keep-both, keep-old, keep-new", word);
}

gboolean
moor_request_restore (MoorJob *job, JsonObject *request, JsonObject *result, GError **error)
{
  g_autoptr(MoorSystem) system = moor_request_open_system (request, error);
  g_autoptr(MoorStore) store = system != NULL ? moor_request_open_store (request, "restore", error)
                                               : NULL;
  g_auto(GStrv) map = moor_request_dup_strings (request, "map");
  g_auto(GStrv) paths = moor_request_dup_paths (request, "paths");
  g_auto(GStrv) passwords = moor_request_dup_strings (request, "passwords");
  g_auto(MoorWho) who = { 0 };
  g_auto(MoorRuleSource) rules = MOOR_RULE_SOURCE_INIT;
  MoorRestoreOptions options = { .map = (const char *const *) map,
                                 .paths = (const char *const *) paths,
                                 .passwords = (const char *const *) passwords };

  if (store == NULL || !read_conflict (request, &options.conflict, error)
      || !moor_request_read_rules (request, store, &rules, error))
    return FALSE;
  options.rules = &rules;
  moor_who_init (&who, request);
  options.selection = who.selection;
  options.create_accounts = moor_request_get_flag (request, "create-accounts");
  options.enable_accounts = moor_request_get_flag (request, "enable-accounts");
  options.move = moor_request_get_flag (request, "move");
  options.dry_run = moor_request_get_flag (request, "dry-run");
  options.n_threads = moor_request_get_threads (request);
  return moor_restore_run (job, system, store, &options, result, error);
}

gboolean
moor_request_undo (MoorJob *job, JsonObject *request, JsonObject *result, GError **error)
{
  g_autoptr(MoorSystem) system = moor_request_open_root (request, error);
  g_autoptr(MoorStore) store = system != NULL ? moor_request_open_store (request, "undo", error)
                                               : NULL;

  return store != NULL
         && moor_undo_run (job, system, store, moor_request_get_flag (request, "dry-run"), result,
                           error);
}

gboolean
moor_request_rollback (MoorJob *job, JsonObject *request, JsonObject *result, GError **error)
{
  g_autoptr(MoorSystem) system = moor_request_open_root (request, error);
  g_autoptr(MoorStore) store = system != NULL
                                    ? moor_request_open_store (request, "roll back", error)
                                    : NULL;

  return store != NULL
         && moor_rollback_run (job, system, store, moor_request_get_flag (request, "dry-run"),
                               result, error);
}

gboolean
moor_request_accept (MoorJob *job, JsonObject *request, JsonObject *result, GError **error)
{
  g_autoptr(MoorSystem) system = moor_request_open_root (request, error);
  g_autoptr(MoorStore) store = system != NULL ? moor_request_open_store (request, "accept", error)
                                               : NULL;
  MoorAcceptOptions options = { .despite_differences = moor_request_get_flag (
                                    request, "despite-differences"),
                                .dry_run = moor_request_get_flag (request, "dry-run") };

  options.consent = json_object_get_string_member_with_default (request, "consent", NULL);
  return store != NULL && moor_accept_run (job, system, store, &options, result, error);
}
