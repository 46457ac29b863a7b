/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "moor-report-print.h"

G_BEGIN_DECLS

/* Reading results.  They may come from a child process, so nothing here minds a
 * member that is missing or of another type. */

guint64 moor_member_count (JsonObject *object, const char *member);
double moor_member_number (JsonObject *object, const char *member, double fallback);
gboolean moor_member_flag (JsonObject *object, const char *member);
const char *moor_member_word (JsonObject *object, const char *member);
char *moor_member_text (JsonObject *object, const char *member);
JsonObject *moor_member_object (JsonObject *object, const char *member);
guint moor_member_length (JsonObject *object, const char *member);
JsonObject *moor_member_element (JsonObject *object, const char *member, guint index);
char *moor_member_element_text (JsonObject *object, const char *member, guint index);

G_END_DECLS
