/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-usmt-command.h"

G_BEGIN_DECLS

/**
 * MoorUsmtPaths:
 * @drives: (element-type utf8 filename): upper-case "C:" and the directory it stands for
 * @directory: (type filename): what relative paths start from
 * @computer: what %COMPUTERNAME% stands for
 *
 * What a path in a command line is held against.
 */
typedef struct
{
  GHashTable *drives;
  char *directory;
  char *computer;
} MoorUsmtPaths;

MoorUsmtPaths *moor_usmt_paths_new (void);
void moor_usmt_paths_free (MoorUsmtPaths *paths);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorUsmtPaths, moor_usmt_paths_free)

gboolean moor_usmt_paths_add_drive (MoorUsmtPaths *paths, const char *text, GError **error);
char *moor_usmt_expand (const MoorUsmtPaths *paths, const char *text, GError **error);
char *moor_usmt_path (const MoorUsmtPaths *paths, const char *text, GError **error);

G_END_DECLS
