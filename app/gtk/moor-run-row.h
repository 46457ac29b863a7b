/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-run.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define MOOR_TYPE_RUN_ROW (moor_run_row_get_type ())
G_DECLARE_FINAL_TYPE (MoorRunRow, moor_run_row, MOOR, RUN_ROW, GtkListBoxRow)

GtkWidget *moor_run_row_new (const char *name, const char *full_name);
void moor_run_row_show (MoorRunRow *self, MoorRun *run, const MoorEvent *event);

G_END_DECLS
