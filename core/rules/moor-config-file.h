/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-rule-file.h"

G_BEGIN_DECLS

typedef struct
{
  char *id; /* lower case */
  char *display_name;
  gboolean migrate;
  int parent; /* index, or -1 */
  MoorOrigin origin;
} MoorConfigComponent;

/* An entry of <fileError>, <registryError> or <fileLocked>, in order of priority. */
typedef struct
{
  gboolean lets_go_on; /* nonFatal, createHardLink */
  int error_code;      /* a Windows system error; -1 for any */
  char *pattern;       /* as written */
  MoorOrigin origin;
} MoorConfigPolicy;

typedef struct
{
  char *from; /* `*` is special */
  char *to;
  gboolean migrated_users;
  gboolean other_users;
  GPtrArray *include; /* (element-type utf8) (owned): account patterns */
  GPtrArray *exclude;
} MoorConfigGroupChange;

/**
 * MoorConfigFile:
 *
 * A Config.xml.  Immutable once read; any thread.
 */
typedef struct
{
  char *name;
  GBytes *bytes;
  GPtrArray *components;      /* (element-type MoorConfigComponent) (owned) */
  GPtrArray *file_errors;     /* (element-type MoorConfigPolicy) (owned) */
  GPtrArray *registry_errors; /* (element-type MoorConfigPolicy) (owned) */
  GPtrArray *locked_files;    /* (element-type MoorConfigPolicy) (owned) */
  GPtrArray *group_changes;   /* (element-type MoorConfigGroupChange) (owned) */
  GPtrArray *findings;        /* (element-type MoorFinding) (owned) */
} MoorConfigFile;

MoorConfigFile *moor_config_file_read (const char *name, GBytes *bytes, GError **error);
void moor_config_file_free (MoorConfigFile *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorConfigFile, moor_config_file_free)

gboolean moor_config_file_migrates (const MoorConfigFile *config, const char *component_id);

/* One line of a new Config.xml. */
typedef struct
{
  const char *id;
  const char *display_name;
  MoorComponentType type;
} MoorConfigEntry;

GBytes *moor_config_file_write (const MoorConfigEntry *entries, guint n_entries);

/**
 * MoorOfflineFile:
 * @win_dirs: (element-type utf8) (owned): candidates, the first valid one counts
 * @mappings: (element-type utf8) (owned): pairs: inside the offline system, where it is now
 *
 * An Offline.xml.
 */
typedef struct
{
  char *name;
  GPtrArray *win_dirs;
  GPtrArray *mappings;
  gboolean fail_on_multiple;
  GPtrArray *findings; /* (element-type MoorFinding) (owned) */
} MoorOfflineFile;

MoorOfflineFile *moor_offline_file_read (const char *name, GBytes *bytes, GError **error);
void moor_offline_file_free (MoorOfflineFile *offline);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorOfflineFile, moor_offline_file_free)

G_END_DECLS
