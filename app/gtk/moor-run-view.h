/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "moor-run.h"

G_BEGIN_DECLS

#define MOOR_TYPE_RUN_VIEW (moor_run_view_get_type ())
G_DECLARE_FINAL_TYPE (MoorRunView, moor_run_view, MOOR, RUN_VIEW, GtkBox)

void moor_run_view_set_run (MoorRunView *self, MoorRun *run);
void moor_run_view_start_search (MoorRunView *self);

G_END_DECLS
