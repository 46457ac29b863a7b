/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

char *moor_text_path (const char *path);
char *moor_text_to_path (const char *text);
char *moor_text_seconds_range (double low_s, double high_s);
char *moor_text_size (guint64 n_bytes);
char *moor_text_count (guint64 n);
char *moor_text_time (gint64 time_ns);
gboolean moor_path_is_at_or_below (const char *path, const char *top);
gboolean moor_name_is_valid (const char *name);
gboolean moor_name_matches (const char *pattern, const char *name);
gboolean moor_text_is_plain_json (const char *text, gsize n_bytes, guint max_depth);
int moor_compare_names (const char *const *a, const char *const *b);

G_END_DECLS
