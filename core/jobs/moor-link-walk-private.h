/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-capture-private.h"
#include "moor-meta.h"

G_BEGIN_DECLS

/* What moor-link-walk.c (who is visited), moor-link-twin.c (directories in the store)
 * and moor-link-place.c (everything else in the store) share. */

/* What one worker has not given away yet. */
typedef struct
{
  MoorBatch *batch;
  MoorCaptureCounts here; /* of the directory it is in */
  guint n_superseded;
} MoorLinkWorker;

typedef struct
{
  guint64 dev;
  guint64 ino;
} MoorLinkInode;

typedef struct
{
  const MoorLinkWalk *walk;
  const MoorSys *sys;
  GCancellable *cancellable; /* (owned): the job's, and our own reasons to stop */
  MoorLinkWorker *workers;
  GArray *parts;     /* (element-type MoorLinkInode): directories that are parts of stores */
  GArray *homes;     /* (element-type MoorLinkInode): where the walk of a system does not go */
  GHashTable *roots; /* (element-type filename) (owned): of twins and what is above them */
  gboolean compiled; /* the rules say what is taken; else what is left out */
  gsize n_objects;   /* (atomic) */

  GMutex twin_lock; /* guards the making of twins that were put off */

  GMutex lock;    /* guards what follows */
  GError *failed; /* why we stopped ourselves */
  gboolean enough;
} MoorLinkRun;

/* What the walk keeps for each directory. */
typedef struct
{
  guint64 id;
  guint chosen;
  MoorRuleState state;
  gboolean copy_only;
  gint made;       /* (atomic): the twin is there, and so are @id and @meta */
  gboolean failed; /* it cannot be made; guarded by MoorLinkRun.twin_lock */
  guint n_put_off; /* directories from here upwards whose twins were put off */
  MoorMeta meta;
  GHashTable *seen; /* (element-type filename) (owned) (nullable): names, when the mirror was there
                       before */
} MoorLinkDir;

const MoorChosen *moor_link_chosen (const MoorLinkRun *run, const MoorLinkDir *data);
char *moor_link_path (const MoorLinkRun *run, MoorDir *dir, const char *name);
guint64 moor_link_next_id (const MoorLinkRun *run);
void moor_link_add_row (MoorLinkRun *run, guint worker, const MoorObject *object);
void moor_link_fill_object (MoorObject *object, const struct statx *stx);
void moor_link_report (MoorLinkRun *run,
                       MoorDir *dir,
                       const char *name,
                       MoorSeverity severity,
                       MoorCause cause,
                       int errnum,
                       const char *action);
void moor_link_note_locked (MoorLinkRun *run,
                            MoorDir *dir,
                            const MoorLinkDir *data,
                            const char *name,
                            int flags);

/* moor-link-twin.c */
void moor_link_collect_roots (MoorLinkRun *run);
gboolean moor_link_supersede (MoorLinkRun *run,
                              guint worker,
                              MoorDir *dir,
                              const char *name,
                              GError **error);
gboolean moor_link_make_twin (MoorLinkRun *run, guint worker, MoorDir *dir);
gboolean moor_link_put_off_twin (MoorLinkRun *run, guint worker, MoorDir *dir);
gboolean moor_link_need_twin (MoorLinkRun *run, guint worker, MoorDir *dir);
void moor_link_sweep_twin (MoorLinkRun *run, guint worker, MoorDir *dir);
void moor_link_finish_twin (MoorLinkRun *run, MoorDir *dir);

/* moor-link-place.c */
void moor_link_place (MoorLinkRun *run, guint worker, MoorDir *dir, const char *name);

G_END_DECLS
