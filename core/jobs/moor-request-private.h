/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-job.h"
#include "moor-request.h"
#include "moor-ruling.h"

G_BEGIN_DECLS

char *moor_request_dup_path (JsonObject *request, const char *member);
char **moor_request_dup_strings (JsonObject *request, const char *member);
char **moor_request_dup_paths (JsonObject *request, const char *member);
gboolean moor_request_get_flag (JsonObject *request, const char *member);
MoorSystem *moor_request_open_system (JsonObject *request, GError **error);
MoorSystem *moor_request_open_root (JsonObject *request, GError **error);
MoorStore *moor_request_open_store (JsonObject *request, const char *what, GError **error);
MoorStore *moor_request_open_store_to_read (JsonObject *request, const char *what, GError **error);

/* What the members of a request that say whose files it is about hold. */
typedef struct
{
  char **users;
  char **excluded;
  MoorSelection selection;
} MoorWho;

void moor_who_init (MoorWho *who, JsonObject *request);
void moor_who_clear (MoorWho *who);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (MoorWho, moor_who_clear)
guint moor_request_get_threads (JsonObject *request);
gboolean moor_request_read_rules (JsonObject *request,
                                  MoorStore *store,
                                  MoorRuleSource *source,
                                  GError **error);
gboolean moor_request_read_efs (JsonObject *request, MoorEncrypted *out_encrypted, GError **error);

/* One for each operation.  They block, and fill @result on failure as far as they came. */
gboolean moor_request_profiles (MoorJob *job,
                                JsonObject *request,
                                JsonObject *result,
                                GError **error);
gboolean moor_request_systems (MoorJob *job,
                               JsonObject *request,
                               JsonObject *result,
                               GError **error);
gboolean moor_request_estimate (MoorJob *job,
                                JsonObject *request,
                                JsonObject *result,
                                GError **error);
gboolean moor_request_explain (MoorJob *job,
                               JsonObject *request,
                               JsonObject *result,
                               GError **error);
gboolean moor_request_capture (MoorJob *job,
                               JsonObject *request,
                               JsonObject *result,
                               GError **error);
gboolean moor_request_verify (MoorJob *job,
                              JsonObject *request,
                              JsonObject *result,
                              GError **error);
gboolean moor_request_set_aside (MoorJob *job,
                                 JsonObject *request,
                                 JsonObject *result,
                                 GError **error);
gboolean moor_request_restore (MoorJob *job,
                               JsonObject *request,
                               JsonObject *result,
                               GError **error);
gboolean moor_request_undo (MoorJob *job, JsonObject *request, JsonObject *result, GError **error);
gboolean moor_request_rollback (MoorJob *job,
                                JsonObject *request,
                                JsonObject *result,
                                GError **error);
gboolean moor_request_accept (MoorJob *job,
                              JsonObject *request,
                              JsonObject *result,
                              GError **error);
gboolean moor_request_delete (MoorJob *job,
                              JsonObject *request,
                              JsonObject *result,
                              GError **error);
gboolean moor_request_store_list (MoorJob *job,
                                  JsonObject *request,
                                  JsonObject *result,
                                  GError **error);
gboolean moor_request_store_show (MoorJob *job,
                                  JsonObject *request,
                                  JsonObject *result,
                                  GError **error);
gboolean moor_request_browse (MoorJob *job,
                              JsonObject *request,
                              JsonObject *result,
                              GError **error);

G_END_DECLS
