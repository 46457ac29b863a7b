/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * MoorPatternType:
 *
 * What kind of objects a pattern is about.
 */
typedef enum
{
  MOOR_PATTERN_FILE,
  MOOR_PATTERN_REGISTRY,
  MOOR_PATTERN_INI,
} MoorPatternType;

/**
 * MoorPattern:
 * @node: canonical: an absolute path with `/` between components and no `/` at its end ("" is the
 *   top of everything); on Windows systems the first component is the drive ("/C:/Users") and on
 *   the registry the hive ("/HKCU/Software").  Only `*` is special; it spans components.  With
 *   @subtree, the trailing `\*` is not part of it
 * @leaf: (nullable): name of a file or value, `*` special, `^` escapes taken out (a literal `*`
 *   cannot be written); %NULL: the pattern is about directories (keys) themselves
 * @subtree: it ended with `\*`: the node and everything below
 *
 * A pattern of the rule language, `node [leaf]`, variables expanded.
 */
typedef struct
{
  MoorPatternType type;
  char *node;
  char *leaf;
  gboolean subtree;
} MoorPattern;

/* Path conventions: which separators, drives and case rules apply. */
typedef enum
{
  MOOR_PATHS_LINUX,   /* "/" or "\", case matters */
  MOOR_PATHS_WINDOWS, /* drives, case is folded (in both pattern and name) */
} MoorPathStyle;

/**
 * MoorDriveMap:
 *
 * Drive letters of Windows paths and the directories they stand for on a Linux
 * system: "C:" -> "/".
 */
typedef GHashTable MoorDriveMap; /* (element-type utf8 filename): upper-case "C:" */

MoorPattern *moor_pattern_parse (MoorPatternType type,
                                 const char *text,
                                 MoorPathStyle style,
                                 MoorDriveMap *drives,
                                 GError **error);
MoorPattern *moor_pattern_copy (const MoorPattern *pattern);
void moor_pattern_free (MoorPattern *pattern);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorPattern, moor_pattern_free)

char *moor_pattern_format (const MoorPattern *pattern, MoorPathStyle style);
gboolean moor_pattern_matches (const MoorPattern *pattern,
                               MoorPathStyle style,
                               const char *path,
                               gboolean is_node);
int moor_pattern_compare (const MoorPattern *a, const MoorPattern *b);
char *moor_pattern_fold (const char *name);

G_END_DECLS
