/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

char *moor_report_html (JsonObject *request, JsonObject *result);

G_END_DECLS
