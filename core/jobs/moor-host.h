/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-rule-host.h"
#include "moor-store.h"
#include "moor-system.h"

G_BEGIN_DECLS

/**
 * MoorHostOptions:
 * @drives: (array zero-terminated=1) (nullable): "C:=DIR": what a Windows drive in a rule file is
 * @local_only: rules reach fixed drives only
 *
 * What somebody says of a system besides what it says itself.
 */
typedef struct
{
  const char *const *drives;
  gboolean local_only;
} MoorHostOptions;

MoorRuleHost *moor_host_new (MoorSystem *system, const MoorHostOptions *options, GError **error);
MoorRuleUser *moor_host_add_person (MoorRuleHost *host,
                                    const char *name,
                                    const char *home,
                                    int home_dfd,
                                    GError **error);
gboolean moor_host_add_drive_letter (MoorRuleHost *host,
                                     const char *root_path,
                                     const char *text,
                                     GError **error);

/**
 * MoorHostRecord:
 * @system: (element-type utf8 filename): variables of System context at the capture
 * @users: (element-type utf8 GHashTable): of each person, by login name
 * @files: (array zero-terminated=1): the rule files, by their names in `rules/`, in their order
 * @config: (nullable): the Config.xml among them
 * @drives: (array zero-terminated=1): as in #MoorHostOptions, within the captured system
 * @volumes: (array zero-terminated=1): its fixed drives, canonical
 * @removable: (array zero-terminated=1): the same of removable drives
 * @homes: (array zero-terminated=1) (element-type filename): everybody's, also of who was left out
 *
 * What a store tells of the system that its rules were held against.
 */
typedef struct
{
  GHashTable *system;
  GHashTable *users;
  char **files;
  char *config;
  char **drives;
  char **volumes;
  char **removable;
  char **homes;
  gboolean local_only;
} MoorHostRecord;

void moor_host_record_free (MoorHostRecord *record);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorHostRecord, moor_host_record_free)

gboolean moor_host_write_record (MoorStore *store,
                                 const MoorRuleHost *host,
                                 const char *const *files,
                                 const char *config,
                                 GError **error);
gboolean moor_host_announce_record (MoorStore *store, gboolean by_files, GError **error);
gboolean moor_host_read_record (MoorStore *store, MoorHostRecord **out_record, GError **error);
void moor_host_set_source (MoorRuleHost *host, const MoorHostRecord *record);
void moor_host_set_source_of (MoorRuleUser *user,
                              const MoorHostRecord *record,
                              const char *source_name);
MoorRuleHost *moor_host_new_from_record (const MoorHostRecord *record,
                                         GPtrArray *profiles,
                                         int root_dfd,
                                         GError **error);

G_END_DECLS
