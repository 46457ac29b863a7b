/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define MOOR_TYPE_STATUS_PAGE (moor_status_page_get_type ())
G_DECLARE_FINAL_TYPE (MoorStatusPage, moor_status_page, MOOR, STATUS_PAGE, GtkBox)

void moor_status_page_show (MoorStatusPage *self,
                            const char *icon,
                            const char *title,
                            const char *text,
                            const char *button_label,
                            const char *action_name);

G_END_DECLS
