/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-system.h"

G_BEGIN_DECLS

/**
 * MoorAccount:
 * @has_account: %FALSE for a home whose owner is not in passwd
 * @shadow: (nullable): the whole shadow line; a secret: never in logs, events, arguments
 * @groups: (array zero-terminated=1): names of the other groups the person belongs to
 * @group_ids: (element-type guint32): the number of each of @groups
 * @subuid: @subgid: (array zero-terminated=1): "START:COUNT" ranges
 * @service_record: (nullable): AccountsService's file about the person
 * @picture: (nullable): the picture AccountsService keeps
 *
 * Everything a system knows about one person besides the home.
 */
typedef struct
{
  gboolean has_account;
  char *name;
  guint32 uid;
  guint32 gid;
  char *gecos;
  char *home;
  char *shell;
  char *group_name;
  char *shadow;
  char **groups;
  GArray *group_ids;
  char **subuid;
  char **subgid;
  GBytes *service_record;
  GBytes *picture;
  gboolean linger;
} MoorAccount;

void moor_account_free (MoorAccount *account);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorAccount, moor_account_free)

MoorAccount *moor_account_read (MoorSystem *system, const char *name, GError **error);
GBytes *moor_account_to_bytes (const MoorAccount *account);
MoorAccount *moor_account_from_bytes (GBytes *bytes, GError **error);

/**
 * MoorAccountState:
 * @MOOR_ACCOUNT_SAME: there, with the same name, uid and gid
 * @MOOR_ACCOUNT_OTHER_ID: there, with the same name and another uid or gid
 * @MOOR_ACCOUNT_ABSENT: not there, its uid and gid are free
 * @MOOR_ACCOUNT_ABSENT_ID_TAKEN: not there, and somebody else has its uid or gid
 */
typedef enum
{
  MOOR_ACCOUNT_SAME,
  MOOR_ACCOUNT_OTHER_ID,
  MOOR_ACCOUNT_ABSENT,
  MOOR_ACCOUNT_ABSENT_ID_TAKEN,
} MoorAccountState;

/**
 * MoorAccountPlan:
 * @name: the login name on the target
 * @uid: @gid: the numbers it has or will have there
 * @home: (type filename): its home on the target
 * @taken_by: (nullable): who has the old uid there
 * @password: (nullable): the hash of a password that it gets instead of the old one
 */
typedef struct
{
  MoorAccountState state;
  char *name;
  guint32 uid;
  guint32 gid;
  char *home;
  char *taken_by;
  char *password;
} MoorAccountPlan;

void moor_account_plan_clear (MoorAccountPlan *plan);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (MoorAccountPlan, moor_account_plan_clear)

gboolean moor_account_plan (MoorSystem *target,
                            const MoorAccount *account,
                            const char *new_name,
                            MoorAccountPlan *out_plan,
                            GError **error);
gboolean moor_account_apply (MoorSystem *target,
                             const MoorAccount *account,
                             const MoorAccountPlan *plan,
                             gboolean enable,
                             GPtrArray *out_notes,
                             GCancellable *cancellable,
                             GError **error);

gboolean moor_account_is_password_hash (const char *text);
char *moor_account_hash_password (MoorSystem *target, const char *password, GError **error);

char **moor_account_plan_groups (MoorSystem *target,
                                 const MoorAccount *account,
                                 const char *name,
                                 GError **error);
void moor_account_leave_group (MoorAccount *account, const char *name);
gboolean moor_account_has_group (MoorSystem *target, const char *group);
gboolean moor_account_set_groups (MoorSystem *target,
                                  const char *name,
                                  const char *const *groups,
                                  GError **error);

G_END_DECLS
