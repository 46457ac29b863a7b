/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-event.h"

G_BEGIN_DECLS

/**
 * MoorReportTerminal:
 *
 * One line at the bottom of a terminal that shows how far a job is, and the
 * job's log above it if somebody wants to see it.  Events may come in any
 * thread; drawing is for one thread.
 */
typedef struct _MoorReportTerminal MoorReportTerminal;

MoorReportTerminal *moor_report_terminal_new (GOutputStream *stream,
                                              gboolean show_progress,
                                              gboolean show_log);
void moor_report_terminal_free (MoorReportTerminal *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorReportTerminal, moor_report_terminal_free)

void moor_report_terminal_event (const MoorEvent *event, gpointer report);
void moor_report_terminal_draw (MoorReportTerminal *report, guint width);
void moor_report_terminal_say (MoorReportTerminal *report, const char *text);
void moor_report_terminal_clear (MoorReportTerminal *report);

char *moor_report_progress_line (const MoorEvent *event, double elapsed_s, guint width);
const char *moor_report_phase_text (const char *phase);

G_END_DECLS
