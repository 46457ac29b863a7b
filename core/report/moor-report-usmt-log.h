/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-usmt-run.h"

G_BEGIN_DECLS

/**
 * MoorReportUsmtLog:
 *
 * Writes what a USMT command does as USMT's main log: `scanstate.log` and its
 * like.  One thread at a time, as notices come.
 */
typedef struct _MoorReportUsmtLog MoorReportUsmtLog;

MoorReportUsmtLog *moor_report_usmt_log_new (GOutputStream *stream, const char *version);
void moor_report_usmt_log_free (MoorReportUsmtLog *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorReportUsmtLog, moor_report_usmt_log_free)

void moor_report_usmt_log_notice (const MoorUsmtNotice *notice, gpointer report);
gboolean moor_report_usmt_log_finish (MoorReportUsmtLog *report, GError **error);

const char *moor_report_usmt_phase_text (const char *phase);

G_END_DECLS
