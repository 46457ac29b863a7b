/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "moor-store-item.h"

G_BEGIN_DECLS

#define MOOR_TYPE_RESTORE_DIALOG (moor_restore_dialog_get_type ())
G_DECLARE_FINAL_TYPE (MoorRestoreDialog, moor_restore_dialog, MOOR, RESTORE_DIALOG, GtkDialog)

GtkWidget *moor_restore_dialog_new (GtkWindow *parent, MoorStoreItem *item, const char *system);
JsonObject *moor_restore_dialog_dup_request (MoorRestoreDialog *self, const char *root);

G_END_DECLS
