/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-restore-private.h"
#include "moor-verify-private.h"

G_BEGIN_DECLS

/* What moor-compare.c (directories and their lists) and moor-compare-object.c (everything
 * else in them) share. */

/* One name of one directory, from up to three sides. */
typedef struct
{
  gboolean in_store;
  gboolean in_other;
  gboolean in_catalogue;
  guint8 other_type;
  guint64 other_ino;
} MoorComparedName;

/* What the walk keeps for each directory. */
typedef struct
{
  MoorComparison *comparison;
  MoorCompared *compared;
  guint64 id;
  MoorRuleState state;
  gboolean has_other;
  gboolean is_changed;    /* rules gave it other attributes */
  gboolean same_volume;   /* as the other side: only then equal inodes are one object */
  gboolean is_unreadable; /* the other side, here or above: what is in it is not known */
  GHashTable *names;      /* (element-type filename MoorComparedName) (owned): until entries_done */
  GHashTable *dirs;       /* (element-type filename Subdir) (owned) (nullable): subdirectories */
} MoorComparedDir;

/* moor-compare-object.c */
void moor_compare_differ (MoorDir *dir,
                          const char *name,
                          MoorStatus status,
                          MoorCause cause,
                          MoorKind kind,
                          gboolean blocks,
                          const char *detail);
void moor_compare_missing (MoorDir *dir, MoorComparedDir *data, const MoorObject *object);
gboolean moor_compare_is_at_all (MoorDir *dir,
                                 MoorComparedDir *data,
                                 const MoorObject *object,
                                 const MoorTargetText *target);
void moor_compare_object (MoorDir *dir,
                          MoorComparedDir *data,
                          const MoorObject *object,
                          const MoorComparedName *name);

G_END_DECLS
