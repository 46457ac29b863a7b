/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-beneath.h"
#include "moor-meta.h"

G_BEGIN_DECLS

/**
 * MoorDir:
 *
 * One directory while it is being walked.  It has a parent, a name, an open
 * descriptor (which the walk closes and reopens as its budget demands), data of
 * the visitor's own, and optionally a *mirror*: the directory of a second tree
 * that corresponds to it (the store's while capturing, the home's while
 * restoring).  Valid from `enter` to the end of `leave`.
 */
typedef struct _MoorDir MoorDir;

/**
 * MoorWalkVisitor:
 * @enter: the directory is open; look at it, make or open the mirror, set data.
 *   %FALSE skips it: no entry, no leave
 * @entry: one entry, in no order; @type is a `DT_…`, never DT_UNKNOWN.  For a directory the answer
 *   says whether to descend; it is entered later, perhaps by another worker
 * @entries_done: (nullable): every entry of the directory was seen; its subdirectories are yet to
 * come
 * @leave: (nullable): everything below the directory is done, in whatever worker was last
 * @problem: a directory could not be opened (@name is it), or not be read to its end (@name %NULL).
 *   @error is in %MOOR_ERROR (OTHER_DOMAIN: another mount, never crossed; VANISHED) or %G_IO_ERROR;
 *   @errnum is the errno behind it
 *
 * What to do on a walk.  Each callback runs in one of the workers (numbered from
 * 0).  Those of one directory come from the same worker, up to entries_done; after
 * that there are only `problem`s with its subdirectories, which may be several at
 * once, and then `leave`.
 */
typedef struct
{
  gboolean (*enter) (MoorDir *dir, guint worker, gpointer user_data);
  gboolean (*entry) (MoorDir *dir,
                     const char *name,
                     guint8 type,
                     guint64 ino,
                     guint worker,
                     gpointer user_data);
  void (*entries_done) (MoorDir *dir, guint worker, gpointer user_data);
  void (*leave) (MoorDir *dir, guint worker, gpointer user_data);
  void (*problem) (MoorDir *dir,
                   const char *name,
                   int errnum,
                   const GError *error,
                   guint worker,
                   gpointer user_data);
} MoorWalkVisitor;

/**
 * MoorWalkOptions:
 * @n_workers: threads that visit; 0 for one for each core
 * @max_open_dirs: budget of open descriptors; 0 for a sensible one
 * @sys: (nullable): the calls to go through
 * @data_free: (nullable): frees what moor_dir_set_data() was given, after `leave`
 */
typedef struct
{
  guint n_workers;
  guint max_open_dirs;
  const MoorSys *sys;
  GDestroyNotify data_free;
} MoorWalkOptions;

/* One tree to walk: several roots can be walked by the same workers. */
typedef struct
{
  int dfd;          /* (not owned): the directory to start with */
  int mirror_dfd;   /* (not owned): its mirror, or -1 */
  const char *name; /* what moor_dir_name() tells of the root */
  gpointer data;    /* what moor_dir_data() tells in the root's `enter` */
} MoorWalkRoot;

gboolean moor_walk_run (const MoorWalkRoot *roots,
                        guint n_roots,
                        const MoorWalkVisitor *visitor,
                        gpointer user_data,
                        const MoorWalkOptions *options,
                        GCancellable *cancellable,
                        GError **error);

/* For visitors.  Descriptors stay valid until the callback returns. */
MoorDir *moor_dir_parent (MoorDir *dir);
const char *moor_dir_name (MoorDir *dir);
guint moor_dir_depth (MoorDir *dir);
gpointer moor_dir_data (MoorDir *dir);
void moor_dir_set_data (MoorDir *dir, gpointer data);
const struct statx *moor_dir_statx (MoorDir *dir);
gboolean moor_dir_is_other_subvolume (MoorDir *dir);
char *moor_dir_path (MoorDir *dir);
char *moor_dir_path_below (MoorDir *dir, const char *name);
int moor_dir_fd (MoorDir *dir, GError **error);
int moor_dir_mirror_fd (MoorDir *dir, GError **error);
gboolean moor_dir_has_mirror (MoorDir *dir);
gboolean moor_dir_make_mirror (MoorDir *dir,
                               const char *name,
                               mode_t mode,
                               gboolean *out_existed,
                               GError **error);
gboolean moor_dir_open_mirror (MoorDir *dir, const char *name, GError **error);
gboolean moor_dir_read_meta (MoorDir *dir, MoorMeta *out_meta, GError **error);
gboolean moor_dir_finish_mirror (MoorDir *dir, const MoorMeta *meta, GError **error);

typedef gboolean (*MoorListFunc) (const char *name, guint8 type, guint64 ino, gpointer user_data);
gboolean moor_list_dir (const MoorSys *sys,
                        int dfd,
                        MoorListFunc func,
                        gpointer user_data,
                        GError **error);

G_END_DECLS
