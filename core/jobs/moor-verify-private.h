/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-lock.h"
#include "moor-meta.h"
#include "moor-verify.h"
#include "moor-walk.h"

G_BEGIN_DECLS

/* One person's tree while it is compared.  Counters are atomic. */
typedef struct
{
  const MoorStoredProfile *profile;
  const MoorPart *part;
  int store_dfd; /* the home in the store; -1 when it was moved out */
  int other_dfd; /* the home it is compared with; -1 when there is none */
  char *other_path;
  gboolean moved; /* the restored home is what the store held */
  MoorIdMap ids;
  gsize n_status[MOOR_N_STATUSES];
  gsize n_blocking;
  gsize n_before;
  gsize bytes_before;
  gsize n_after;
  gsize bytes_after;
} MoorCompared;

/* What one comparison shares between its workers. */
typedef struct
{
  MoorJob *job;
  const MoorSys *sys;
  const MoorVerifyOptions *options;
  MoorSystem *system;  /* (not owned) */
  MoorRules *rules;    /* (not owned): what of the other side has to be in the store */
  gboolean compiled;   /* they say what is taken; else what is left out */
  GPtrArray *profiles; /* (element-type MoorStoredProfile) (not owned): everybody in the store */
  GPtrArray *homes; /* (element-type filename) (not owned) (nullable): of everybody who had one */
  MoorStoredProfile outside; /* what is outside homes, if the store has nothing of it */
  MoorCompared *compared;
  guint n_compared;
  MoorReader **readers; /* one for each worker, made when it is needed */

  GMutex lock; /* guards what follows */
  JsonArray *differences;
  guint64 n_differences;
  GError *failed;
} MoorComparison;

void moor_comparison_add (MoorComparison *comparison,
                          MoorCompared *compared,
                          const char *below_home,
                          MoorStatus status,
                          MoorCause cause,
                          MoorKind kind,
                          gboolean blocks,
                          const char *detail);
gboolean moor_comparison_is_system (const MoorCompared *compared);
gboolean moor_comparison_is_apart (const MoorComparison *comparison,
                                   const MoorCompared *compared,
                                   int dfd,
                                   const char *name,
                                   const char *below_home);
void moor_comparison_find_unseen (MoorComparison *comparison,
                                  MoorCompared *compared,
                                  int other_dfd,
                                  const char *name,
                                  const char *below_home,
                                  MoorRuleState state);
gboolean moor_comparison_is_at (const MoorComparison *comparison,
                                int fd,
                                const MoorObject *object,
                                const char *path);
gboolean moor_comparison_has_content (const MoorComparison *comparison,
                                      int fd,
                                      const MoorObject *object,
                                      int other_fd,
                                      const char *name);
gboolean moor_comparison_walk (MoorComparison *comparison, guint n_workers, GError **error);

G_END_DECLS
