/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-report-private.h"
#include "moor-report-table.h"
#include "moor-report-text.h"
#include "moor-text.h"

G_BEGIN_DECLS

/* One answer on its way to becoming text. */
typedef struct
{
  JsonObject *request;
  JsonObject *result;
  GString *out;
} MoorReportText;

void moor_report_text_profiles (MoorReportText *text);
void moor_report_text_estimate (MoorReportText *text);
void moor_report_text_capture (MoorReportText *text);
void moor_report_text_explain (MoorReportText *text);
void moor_report_text_verify (MoorReportText *text);
void moor_report_text_set_aside (MoorReportText *text);
void moor_report_text_restore (MoorReportText *text);
void moor_report_text_undo (MoorReportText *text);
void moor_report_text_rollback (MoorReportText *text);
void moor_report_text_accept (MoorReportText *text);
void moor_report_text_delete (MoorReportText *text);
void moor_report_text_store_list (MoorReportText *text);
void moor_report_text_store_show (MoorReportText *text);

void moor_report_add_causes (MoorReportText *text);
void moor_report_add_rules (MoorReportText *text);
void moor_report_add_classes (MoorReportText *text);
void moor_report_add_differences (GString *out, JsonObject *verification);
void moor_report_add_verdict (GString *out,
                              JsonObject *request,
                              JsonObject *verification,
                              const char *against);
void moor_report_add_hint (MoorReportText *text, const char *verb, const char *why);
gboolean moor_report_is_dry_run (const MoorReportText *text);
void moor_table_take_count (MoorTable *table, JsonObject *object, const char *member);
void moor_table_take_size (MoorTable *table, JsonObject *object, const char *member);
void moor_table_take_text (MoorTable *table, JsonObject *object, const char *member);
void moor_table_take_range (MoorTable *table, JsonObject *object);
void moor_table_take_time (MoorTable *table, JsonObject *object, const char *member);

G_END_DECLS
