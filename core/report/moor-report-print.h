/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

char *moor_report_clean (const char *text);
gboolean moor_report_print (GOutputStream *stream, const char *text, GError **error);

G_END_DECLS
