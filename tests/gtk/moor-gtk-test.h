/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-test.h"

#include "moor-application.h"
#include "moor-fake.h"
#include "moor-window-private.h"

G_BEGIN_DECLS

/**
 * MoorGtkTest:
 *
 * A window on a fake engine.
 */
typedef struct
{
  MoorFake *fake;
  MoorClient *client;
  MoorApplication *application;
  MoorWindow *window;
} MoorGtkTest;

int moor_gtk_setup (void **state);
int moor_gtk_teardown (void **state);
void moor_gtk_open (MoorGtkTest *test);

/* Runs the main loop until @condition holds, or fails after ten seconds. */
#define moor_gtk_wait(condition) \
  do \
    { \
      gint64 deadline_us = g_get_monotonic_time () + 20 * G_USEC_PER_SEC; \
      while (!(condition) && g_get_monotonic_time () < deadline_us) \
        moor_gtk_iterate (); \
      if (!(condition)) \
        fail_msg ("waited in vain for: %s", #condition); \
    } \
  while (0)

void moor_gtk_iterate (void);
void moor_gtk_settle (guint ms);
void moor_gtk_activate (MoorGtkTest *test, const char *action, const char *target);
gboolean moor_gtk_enabled (MoorGtkTest *test, const char *action);
GtkWidget *moor_gtk_find (GtkWidget *parent, GType type, const char *text);
gboolean moor_gtk_shows (GtkWidget *parent, const char *text);
void moor_gtk_picture (MoorGtkTest *test, const char *name);
GtkWidget *moor_gtk_dialog (MoorGtkTest *test);
gboolean moor_gtk_finished (MoorGtkTest *test);

G_END_DECLS
