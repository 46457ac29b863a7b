/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

char *moor_report_text (JsonObject *request, JsonObject *result);
char *moor_report_refusal_text (JsonObject *request, JsonObject *result);
char *moor_report_totals_sentence (JsonObject *totals);
char *moor_report_status_text (const char *status);
char *moor_report_state_text (const char *state);
char *moor_report_command (JsonObject *request, const char *verb);

G_END_DECLS
