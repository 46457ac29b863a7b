/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

char *moor_folders_lookup (int home_dfd, const char *xdg_name, GError **error);

G_END_DECLS
