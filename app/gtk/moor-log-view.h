/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "moor-run.h"

G_BEGIN_DECLS

#define MOOR_TYPE_LOG_VIEW (moor_log_view_get_type ())
G_DECLARE_FINAL_TYPE (MoorLogView, moor_log_view, MOOR, LOG_VIEW, GtkBox)

void moor_log_view_set_run (MoorLogView *self, MoorRun *run);
void moor_log_view_refresh (MoorLogView *self);
void moor_log_view_start_search (MoorLogView *self);
guint moor_log_view_get_n_lines (MoorLogView *self);

G_END_DECLS
