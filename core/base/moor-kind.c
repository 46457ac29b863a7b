/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-kind.h"

/**
 * moor_kind_from_mode:
 * @mode: a `st_mode`
 *
 * Returns: what kind of object has @mode.  Any thread.
 */
MoorKind
moor_kind_from_mode (guint32 mode)
{
  switch (mode & S_IFMT)
    {
    case S_IFDIR:
      return MOOR_KIND_DIRECTORY;
    case S_IFLNK:
      return MOOR_KIND_SYMLINK;
    case S_IFIFO:
      return MOOR_KIND_FIFO;
    case S_IFSOCK:
      return MOOR_KIND_SOCKET;
    case S_IFCHR:
      return MOOR_KIND_CHAR_DEVICE;
    case S_IFBLK:
      return MOOR_KIND_BLOCK_DEVICE;
    default:
      return MOOR_KIND_FILE;
    }
}

/**
 * moor_kind_id:
 *
 * Returns: the word for @kind in events and reports.  Any thread.
 */
const char *
moor_kind_id (MoorKind kind)
{
  static const char *const ids[] = { "",     "file",   "directory",   "symlink",
                                     "fifo", "socket", "char-device", "block-device" };

  g_return_val_if_fail ((guint) kind < G_N_ELEMENTS (ids), "");
  return ids[kind];
}

/**
 * moor_method_id:
 *
 * Returns: the word for @method in events and reports.  Any thread.
 */
const char *
moor_method_id (MoorMethod method)
{
  static const char *const ids[] = { "", "link", "reflink", "copy", "made" };

  g_return_val_if_fail ((guint) method < G_N_ELEMENTS (ids), "");
  return ids[method];
}
