/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-gtk-test.h"

#include <string.h>

static gboolean
nothing_cb (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

/* There is one in a process, as in the program; each test has a window and an engine of its own. */
static MoorApplication *
get_application (void)
{
  static MoorApplication *application;

  if (application == NULL)
    {
      g_autoptr(MoorClient) client = moor_client_new ();

      application = moor_application_new (client);
      g_application_set_flags (G_APPLICATION (application), G_APPLICATION_NON_UNIQUE);
      assert_true (g_application_register (G_APPLICATION (application), NULL, NULL));
    }
  return application;
}

int
moor_gtk_setup (void **state)
{
  MoorGtkTest *test = g_new0 (MoorGtkTest, 1);

  test->fake = moor_fake_new ();
  test->client = moor_fake_client (test->fake);
  test->application = get_application ();
  *state = test;
  return 0;
}

int
moor_gtk_teardown (void **state)
{
  MoorGtkTest *test = *state;

  if (test->window != NULL)
    gtk_widget_destroy (GTK_WIDGET (test->window));
  /* Threads that still answer hold a reference to the client. */
  while (G_OBJECT (test->client)->ref_count > 1)
    moor_gtk_iterate ();
  g_object_unref (test->client);
  moor_fake_free (test->fake);
  g_free (test);
  return 0;
}

/* Opens the window; what the fake answers is set by then. */
void
moor_gtk_open (MoorGtkTest *test)
{
  test->window = moor_window_new (GTK_APPLICATION (test->application), test->client, "/mnt/old");
  gtk_window_present (GTK_WINDOW (test->window));
}

/* One turn of the main loop, that never sleeps for more than some ms. */
void
moor_gtk_iterate (void)
{
  guint id = g_timeout_add (5, nothing_cb, NULL);

  (void) g_main_context_iteration (NULL, TRUE);
  g_source_remove (id);
}

void
moor_gtk_settle (guint ms)
{
  gint64 end_us = g_get_monotonic_time () + (gint64) ms * 1000;

  while (g_get_monotonic_time () < end_us)
    moor_gtk_iterate ();
}

void
moor_gtk_activate (MoorGtkTest *test, const char *action, const char *target)
{
  assert_true (moor_gtk_enabled (test, action));
  g_action_group_activate_action (G_ACTION_GROUP (test->window), action,
                                  target != NULL ? g_variant_new_string (target) : NULL);
}

gboolean
moor_gtk_enabled (MoorGtkTest *test, const char *action)
{
  return g_action_group_get_action_enabled (G_ACTION_GROUP (test->window), action);
}

static const char *
get_text (GtkWidget *widget)
{
  if (GTK_IS_LABEL (widget))
    return gtk_label_get_text (GTK_LABEL (widget));
  if (GTK_IS_BUTTON (widget))
    return gtk_button_get_label (GTK_BUTTON (widget));
  return atk_object_get_name (gtk_widget_get_accessible (widget));
}

typedef struct
{
  GType type;
  const char *text;
  GtkWidget *found;
} Search;

static void
search_cb (GtkWidget *widget, gpointer user_data)
{
  Search *search = user_data;

  if (search->found != NULL || !gtk_widget_is_visible (widget)
      || !gtk_widget_get_child_visible (widget))
    return;
  if (g_type_is_a (G_OBJECT_TYPE (widget), search->type))
    {
      const char *text = get_text (widget);

      if (search->text == NULL || (text != NULL && strstr (text, search->text) != NULL))
        {
          search->found = widget;
          return;
        }
    }
  if (GTK_IS_CONTAINER (widget))
    gtk_container_forall (GTK_CONTAINER (widget), search_cb, search);
}

/* The first visible widget of @type whose label or accessible name has @text in it. */
GtkWidget *
moor_gtk_find (GtkWidget *parent, GType type, const char *text)
{
  Search search = { type, text, NULL };

  search_cb (parent, &search);
  return search.found;
}

gboolean
moor_gtk_shows (GtkWidget *parent, const char *text)
{
  return moor_gtk_find (parent, GTK_TYPE_LABEL, text) != NULL;
}

/* Keeps a picture of the screen, where MOOR_SCREENSHOTS says. */
void
moor_gtk_picture (MoorGtkTest *test, const char *name)
{
  const char *dir = g_getenv ("MOOR_SCREENSHOTS");
  g_autofree char *path = NULL;
  g_autoptr(GdkPixbuf) pixbuf = NULL;
  GdkWindow *root;

  if (dir == NULL)
    return;
  moor_gtk_settle (400);
  (void) g_mkdir_with_parents (dir, 0755);
  path = g_strdup_printf ("%s/%s.png", dir, name);
  root = gdk_get_default_root_window ();
  pixbuf = gdk_pixbuf_get_from_window (root, 0, 0, gdk_window_get_width (root),
                                       gdk_window_get_height (root));
  assert_non_null (pixbuf);
  assert_true (gdk_pixbuf_save (pixbuf, path, "png", NULL, NULL));
}

/* The dialog that is open, if one is. */
GtkWidget *
moor_gtk_dialog (MoorGtkTest *test)
{
  GList *windows = gtk_window_list_toplevels ();
  GtkWidget *found = NULL;

  for (GList *link = windows; link != NULL; link = link->next)
    {
      if (GTK_IS_DIALOG (link->data) && gtk_widget_get_visible (link->data))
        found = link->data;
    }
  g_list_free (windows);
  return found;
}

gboolean
moor_gtk_finished (MoorGtkTest *test)
{
  return test->window->run != NULL && moor_run_is_finished (test->window->run);
}
