/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-system-private.h"

G_BEGIN_DECLS

/* The colon-separated files in a system's etc. */

typedef struct
{
  char *name;
  guint32 uid;
  guint32 gid;
  char *gecos;
  char *home;
  char *shell;
} MoorPasswd;

typedef struct
{
  char *name;
  guint32 gid;
  char **members;
} MoorGroup;

/* What login.defs says; the defaults of `passwd` where it says nothing. */
typedef struct
{
  guint32 uid_min;
  guint32 uid_max;
  guint32 gid_min;
  guint32 gid_max;
} MoorLoginDefs;

gboolean moor_records_parse_id (const char *text, guint32 *out_id);
gboolean moor_records_name_is_valid (const char *name);
GPtrArray *moor_records_parse_passwd (const char *text, GPtrArray *out_problems);
GPtrArray *moor_records_parse_group (const char *text, GPtrArray *out_problems);
GPtrArray *moor_records_read_passwd (MoorSystem *system, GPtrArray *out_problems, GError **error);
GPtrArray *moor_records_read_group (MoorSystem *system, GPtrArray *out_problems, GError **error);
void moor_records_read_login_defs (MoorSystem *system, MoorLoginDefs *out_defs);
char *moor_records_find_line (const char *text, const char *name);
char **moor_records_find_ranges (const char *text, const char *name, guint32 uid);

const MoorPasswd *moor_passwd_find_name (GPtrArray *passwd, const char *name);
const MoorPasswd *moor_passwd_find_uid (GPtrArray *passwd, guint32 uid);
const MoorGroup *moor_group_find_name (GPtrArray *groups, const char *name);
const MoorGroup *moor_group_find_gid (GPtrArray *groups, guint32 gid);
gboolean moor_group_has_member (const MoorGroup *group, const char *name);

G_END_DECLS
