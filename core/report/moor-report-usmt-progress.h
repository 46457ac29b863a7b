/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-usmt-run.h"

G_BEGIN_DECLS

/**
 * MoorReportUsmtProgress:
 *
 * Writes what a USMT command does as USMT's progress log, which others read while
 * it grows: a line at once for each thing that happens.  One thread at a time.
 */
typedef struct _MoorReportUsmtProgress MoorReportUsmtProgress;

MoorReportUsmtProgress *moor_report_usmt_progress_new (GOutputStream *stream, const char *version);
void moor_report_usmt_progress_free (MoorReportUsmtProgress *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorReportUsmtProgress, moor_report_usmt_progress_free)

void moor_report_usmt_progress_notice (const MoorUsmtNotice *notice, gpointer report);
gboolean moor_report_usmt_progress_finish (MoorReportUsmtProgress *report, GError **error);

G_END_DECLS
