/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-event.h"

G_BEGIN_DECLS

/**
 * MoorReportLog:
 *
 * Writes what a job says as plain lines: time, level, message.  One thread at a
 * time, as events come.
 */
typedef struct _MoorReportLog MoorReportLog;

MoorReportLog *moor_report_log_new (GOutputStream *stream);
void moor_report_log_free (MoorReportLog *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorReportLog, moor_report_log_free)

void moor_report_log_event (const MoorEvent *event, gpointer report);
void moor_report_log_line (MoorReportLog *report, MoorLogLevel level, const char *message);
gboolean moor_report_log_finish (MoorReportLog *report, GError **error);

char *moor_report_log_text (const MoorEvent *event, MoorLogLevel *out_level);

G_END_DECLS
