/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-check-place.h"
#include "moor-profiles-place.h"
#include "moor-run-view.h"
#include "moor-stores-place.h"
#include "moor-window.h"

G_BEGIN_DECLS

struct _MoorWindow
{
  GtkApplicationWindow parent_instance;

  MoorClient *client;
  char *root;
  GSettings *settings; /* (nullable): where the schema is not installed */
  MoorRun *run;        /* (nullable): the job that is shown */
  guint inhibit_cookie;
  gboolean close_after_run;
  GCancellable *cancellable; /* of small questions; cancelled when the window goes */

  GtkStack *main_stack;
  GtkStack *places;
  GtkStack *title_stack;
  GtkMenuButton *system_button;
  GtkLabel *system_label;
  GtkWidget *menu_button;
  GtkInfoBar *info_bar;
  GtkLabel *info_label;
  GtkImage *info_image;
  MoorProfilesPlace *profiles_place;
  MoorStoresPlace *stores_place;
  MoorCheckPlace *check_place;
  MoorRunView *run_view;
};

void moor_window_add_actions (MoorWindow *self);
void moor_window_update (MoorWindow *self);
void moor_window_load (MoorWindow *self);
void moor_window_set_root (MoorWindow *self, const char *root);
void moor_window_show_place (MoorWindow *self, const char *place);
void moor_window_start (MoorWindow *self, JsonObject *request);
void moor_window_leave_run (MoorWindow *self, const char *place);
void moor_window_show_error (MoorWindow *self, const char *title, const char *text);

void moor_window_confirm_delete (MoorWindow *self, const char *store);

G_END_DECLS
