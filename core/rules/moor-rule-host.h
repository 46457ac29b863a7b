/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-pattern.h"

#include "moor-sys.h"

G_BEGIN_DECLS

/**
 * MoorRuleUser:
 * @name: login name
 * @domain: (nullable): of a domain account; %NULL for a local one
 * @home: (type filename): canonical path within the system
 * @home_dfd: (not owned): the home, or -1
 * @variables: (element-type utf8 filename): upper-case names, without the percent signs
 * @source_variables: (element-type utf8 filename) (nullable): the same as they were where the files
 *   come from; %NULL: the same as @variables
 *
 * A person whose files take part.
 */
typedef struct
{
  char *name;
  char *domain;
  char *home;
  int home_dfd;
  GHashTable *variables;
  GHashTable *source_variables;
} MoorRuleUser;

typedef enum
{
  MOOR_DRIVE_FIXED,
  MOOR_DRIVE_CDROM,
  MOOR_DRIVE_REMOVABLE,
  MOOR_DRIVE_REMOTE,
} MoorDriveType;

/* @path: canonical, as in MoorPattern: "" for the root of a Linux system, "/data", "/C:". */
typedef struct
{
  MoorDriveType type;
  char *path;
} MoorRuleDrive;

/**
 * MoorRuleHost:
 * @root_dfd: (not owned): the top of the system
 * @drive_map: (nullable): Windows drive letters in patterns for a Linux system
 * @style: the system is Windows or Linux
 * @users: (element-type MoorRuleUser) (owned): everybody who takes part
 * @all_homes: (element-type filename) (owned): also of those who do not
 * @variables: (element-type utf8 filename): what System context knows
 * @source_variables: (nullable): see MoorRuleUser
 * @os_version: (nullable): "major.minor.build" of a Windows system
 * @local_only: only fixed drives
 *
 * What the rules are held against.  Made by whoever knows the system; read only
 * while rules are evaluated.  Every look below @root_dfd is a beneath-only one.
 */
typedef struct
{
  MoorPathStyle style;
  const MoorSys *sys;
  int root_dfd;
  MoorDriveMap *drive_map;
  GPtrArray *users;
  GPtrArray *all_homes;
  GPtrArray *drives; /* (element-type MoorRuleDrive) (owned) */
  GHashTable *variables;
  GHashTable *source_variables;
  char *os_version;
  gboolean local_only;
} MoorRuleHost;

MoorRuleHost *moor_rule_host_new (MoorPathStyle style, int root_dfd);
void moor_rule_host_free (MoorRuleHost *host);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorRuleHost, moor_rule_host_free)

MoorRuleUser *moor_rule_host_add_user (MoorRuleHost *host, const char *name, const char *home);
void moor_rule_host_add_drive (MoorRuleHost *host, MoorDriveType type, const char *path);
void moor_rule_host_set_variable (MoorRuleHost *host, const char *name, const char *value);
void moor_rule_user_set_variable (MoorRuleUser *user, const char *name, const char *value);

const char *moor_rule_xdg_name (guint index);

/* The variables of usmt.md 9.2 and 9.3 for a Linux system.  @xdg_folders gives
 * "XDG_PICTURES_DIR" -> path, for the folders that the person has set. */
void moor_rule_host_set_linux_variables (MoorRuleHost *host);
void moor_rule_user_set_linux_variables (MoorRuleUser *user, GHashTable *xdg_folders);

G_END_DECLS
