/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-job.h"
#include "moor-walk.h"

G_BEGIN_DECLS

#define MOOR_MAX_CLASSES 9

/**
 * MoorLastCopies:
 * @n_objects: names that would go, directories not counted
 * @n_last: objects whose last name is among them
 * @n_last_bytes: their size
 * @n_freed_bytes: the space that comes back with them
 *
 * What deleting some trees together would lose and free, for each class of paths.
 */
typedef struct
{
  guint64 n_objects;
  guint64 n_bytes;
  guint64 n_last;
  guint64 n_last_bytes;
  guint64 n_freed_bytes;
} MoorLastCopies;

/* Tells the class of what is in the directory @dir, a path below @root (an index); or, if there
 * is a @name, of that object in it.  Any worker. */
typedef guint (*MoorClassFunc) (guint root,
                                const char *dir,
                                const char *name,
                                const struct statx *stx,
                                gpointer user_data);

gboolean moor_last_copies_count (MoorJob *job,
                                 const MoorWalkRoot *roots,
                                 guint n_roots,
                                 MoorClassFunc classify,
                                 gpointer user_data,
                                 MoorLastCopies out_classes[MOOR_MAX_CLASSES],
                                 GError **error);

G_END_DECLS
