/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-job.h"
#include "moor-store.h"

G_BEGIN_DECLS

/* Objects that are marked immutable or append-only.  The store holds them
 * without the mark, and remembers it under this key: a line for each object with
 * the person's number, the marks, and the path below the home. */
#define MOOR_LOCKED_META "capture:locked"

void moor_locked_append (GString *text, guint32 profile, int flags, const char *path);
void moor_locked_reinstate (MoorJob *job,
                            MoorStore *store,
                            guint32 profile,
                            const char *name,
                            int home_dfd);

G_END_DECLS
