/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What one object of a tree looks like, and the manifest of a whole tree. */

#include <gio/gio.h>
#include <sys/types.h>

G_BEGIN_DECLS

/**
 * TreeRecord:
 * @path: below the tree's top, escaped; "." is the top itself
 * @kind: as `find -printf %y` has it: f d l p s c b
 * @group: the first path, in order, that has the same inode
 * @flags: those of chattr that a user may set
 * @attributes: extended attributes with their values, ACLs among them
 * @detail: target of a symbolic link, numbers of a device, hash of a content
 */
typedef struct
{
  char *path;
  char kind;
  guint64 inode;
  guint uid;
  guint gid;
  guint mode;
  guint64 n_bytes;
  gint64 mtime_s;
  long mtime_ns;
  int flags;
  char *group;
  char *attributes;
  char *detail;
} TreeRecord;

void tree_record_free (TreeRecord *record);
GPtrArray *tree_read (const char *path, gboolean content, GPtrArray *ignored);
void tree_write_manifest (GPtrArray *records, const char *path);
GPtrArray *tree_read_manifest (const char *path);
guint tree_compare (GPtrArray *before, GPtrArray *after, gboolean inodes, guint limit);
void tree_collect_inodes (const char *path, GHashTable *inodes);
gboolean tree_is_ignored (const char *path, GPtrArray *ignored);

G_NORETURN void tree_die (const char *what, const char *path);

G_END_DECLS
