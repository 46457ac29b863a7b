/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-store-private.h"

G_BEGIN_DECLS

/* The columns of an object, in the order in which they are bound and read. */
#define MOOR_OBJECT_COLUMNS \
  "id, parent, name, kind, method, cause, size, mtime_ns, mode, uid, gid, dev, ino, nlink, " \
  "profile, flags, hash, xattrs, target_name"

extern const char moor_object_insert_sql[];

void moor_bind_object (MoorBinder *binder,
                       const MoorObject *object,
                       const guint8 *xattrs,
                       gsize n_xattr_bytes);
gboolean moor_read_object (const MoorDb *db,
                           sqlite3_stmt *stmt,
                           MoorObject *out_object,
                           GError **error);

G_END_DECLS
