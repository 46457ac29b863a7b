/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>
#include <sys/stat.h>

G_BEGIN_DECLS

/* Plain words that store, rules and system share (DESIGN 3).  Their numbers are
 * written to catalogues: append, never renumber. */

/**
 * MoorKind:
 *
 * What an object is.
 */
typedef enum
{
  MOOR_KIND_FILE = 1,
  MOOR_KIND_DIRECTORY = 2,
  MOOR_KIND_SYMLINK = 3,
  MOOR_KIND_FIFO = 4,
  MOOR_KIND_SOCKET = 5,
  MOOR_KIND_CHAR_DEVICE = 6,
  MOOR_KIND_BLOCK_DEVICE = 7,
} MoorKind;

/**
 * MoorMethod:
 * @MOOR_METHOD_LINK: a second name of the same inode
 * @MOOR_METHOD_REFLINK: another inode that shares the data
 * @MOOR_METHOD_COPY: another inode with its own data
 * @MOOR_METHOD_MADE: re-created: directories
 *
 * How an object came into the store.
 */
typedef enum
{
  MOOR_METHOD_LINK = 1,
  MOOR_METHOD_REFLINK = 2,
  MOOR_METHOD_COPY = 3,
  MOOR_METHOD_MADE = 4,
} MoorMethod;

MoorKind moor_kind_from_mode (guint32 mode);
const char *moor_kind_id (MoorKind kind);
const char *moor_method_id (MoorMethod method);

G_END_DECLS
