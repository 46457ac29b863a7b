/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-event.h"

G_BEGIN_DECLS

/**
 * MoorReportJson:
 *
 * Writes events as JSON lines.  One thread at a time, as events come.
 */
typedef struct _MoorReportJson MoorReportJson;

MoorReportJson *moor_report_json_new (GOutputStream *stream);
void moor_report_json_free (MoorReportJson *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorReportJson, moor_report_json_free)

void moor_report_json_event (const MoorEvent *event, gpointer report);
gboolean moor_report_json_finish (MoorReportJson *report, GError **error);

G_END_DECLS
