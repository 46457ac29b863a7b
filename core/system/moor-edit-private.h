/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-system-private.h"

G_BEGIN_DECLS

/* Changing one small file of a system so that it is never half changed. */

/**
 * MoorEditFunc:
 * @text: what is in the file now
 *
 * Returns: (transfer full) (nullable): what shall be in it; %NULL to leave it as it is
 */
typedef char *(*MoorEditFunc) (const char *text, gpointer user_data);

gboolean moor_edit_file (const MoorSys *sys,
                         int etc_dfd,
                         const char *name,
                         MoorEditFunc func,
                         gpointer user_data,
                         GError **error);
gboolean moor_edit_create (const MoorSys *sys,
                           int dfd,
                           const char *name,
                           GBytes *content,
                           mode_t mode,
                           gboolean *out_other,
                           GError **error);

G_END_DECLS
