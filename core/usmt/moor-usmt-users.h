/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-usmt-path.h"

G_BEGIN_DECLS

/**
 * MoorUsmtUser:
 * @login: as the system writes it: "alice", "alice@contoso.com", "CONTOSO\alice"
 * @domain: @name: the two halves; the domain of a local user is the computer
 * @last_used_us: microseconds since the epoch; 0 if nobody knows
 * @by_default: taken when nobody says otherwise
 * @can_be_taken: there is a home that can be opened
 * @is_encrypted: that home is an encrypted one
 * @problem: (nullable): why it cannot
 * @chosen: takes part
 * @n_bytes: of the files; 0 while nobody has counted
 *
 * Somebody on the computer or in the store.
 */
typedef struct
{
  char *login;
  char *domain;
  char *name;
  guint32 uid;
  gboolean has_account;
  gint64 last_used_us;
  gboolean is_logged_on;
  gboolean by_default;
  gboolean can_be_taken;
  gboolean is_encrypted;
  char *problem;
  gboolean chosen;
  guint64 n_bytes;
} MoorUsmtUser;

MoorUsmtUser *moor_usmt_user_new (const char *login, const char *computer, guint32 uid);
void moor_usmt_user_free (MoorUsmtUser *user);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorUsmtUser, moor_usmt_user_free)
char *moor_usmt_user_dup_account (const MoorUsmtUser *user);

gboolean moor_usmt_fits (const char *pattern, const char *text);
gboolean moor_usmt_choose_users (const MoorUsmtCommand *command,
                                 const MoorUsmtPaths *paths,
                                 GPtrArray *users,
                                 gint64 now_us,
                                 GError **error);
gboolean moor_usmt_map_users (const MoorUsmtCommand *command,
                              const MoorUsmtPaths *paths,
                              const char *target_computer,
                              GPtrArray *users,
                              GPtrArray *out_map,
                              GPtrArray *out_unused,
                              GError **error);

G_END_DECLS
