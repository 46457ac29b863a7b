/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-application.h"

#include <glib/gi18n.h>

#include "moor-window.h"

/**
 * MoorApplication:
 *
 * One process, one window for each system asked for.
 */
struct _MoorApplication
{
  GtkApplication parent_instance;

  MoorClient *client;
};

G_DEFINE_FINAL_TYPE (MoorApplication, moor_application, GTK_TYPE_APPLICATION)

static const GOptionEntry options[] = { { "root", 0, 0, G_OPTION_ARG_FILENAME, NULL,
                                          N_ ("Work on the system whose root is DIR"), N_ ("DIR") },
                                        { "version", 0, 0, G_OPTION_ARG_NONE, NULL,
                                          N_ ("Print the version and exit"), NULL },
                                        { NULL, 0, 0, 0, NULL, NULL, NULL } };

static void
about_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  gtk_show_about_dialog (
      gtk_application_get_active_window (user_data), "program-name", _ ("Mooring"), "version",
      MOOR_VERSION, "logo-icon-name", MOOR_APPLICATION_ID, "license-type", GTK_LICENSE_GPL_3_0,
      "comments", _ ("Keeps people's files moored while the system under them is replaced"), NULL);
}

static void
quit_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  GList *windows = g_list_copy (gtk_application_get_windows (user_data));

  /* A window with a running job asks first. */
  for (GList *link = windows; link != NULL; link = link->next)
    gtk_window_close (link->data);
  g_list_free (windows);
}

static const GActionEntry actions[] = {
  { .name = "about", .activate = about_cb },
  { .name = "quit", .activate = quit_cb },
};

static void
set_accels (GtkApplication *self)
{
  static const struct
  {
    const char *action;
    const char *accels[3];
  } table[] = {
    { "app.quit", { "<Primary>q", NULL } },
    { "win.close", { "<Primary>w", NULL } },
    { "win.rescan", { "F5", NULL } },
    { "win.find", { "<Primary>f", NULL } },
    { "win.show-place::profiles", { "<Alt>1", NULL } },
    { "win.show-place::stores", { "<Alt>2", NULL } },
    { "win.show-place::check", { "<Alt>3", NULL } },
    { "win.choose-root", { "<Primary>o", NULL } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    gtk_application_set_accels_for_action (self, table[i].action, table[i].accels);
}

static void
load_style (void)
{
  g_autoptr(GtkCssProvider) provider = gtk_css_provider_new ();

  gtk_css_provider_load_from_resource (provider, "/io/github/mooring/Mooring/ui/style.css");
  gtk_style_context_add_provider_for_screen (gdk_screen_get_default (),
                                             GTK_STYLE_PROVIDER (provider),
                                             GTK_STYLE_PROVIDER_PRIORITY_APPLICATION);
}

static void
moor_application_startup (GApplication *application)
{
  G_APPLICATION_CLASS (moor_application_parent_class)->startup (application);

  g_action_map_add_action_entries (G_ACTION_MAP (application), actions, G_N_ELEMENTS (actions),
                                   application);
  set_accels (GTK_APPLICATION (application));
  load_style ();
}

static void
open_window (MoorApplication *self, const char *root)
{
  MoorWindow *window;

  /* Another system is a matter for the window's own chooser; a second start shows the first. */
  if (gtk_application_get_active_window (GTK_APPLICATION (self)) != NULL)
    {
      gtk_window_present (gtk_application_get_active_window (GTK_APPLICATION (self)));
      return;
    }
  window = moor_window_new (GTK_APPLICATION (self), self->client, root);
  gtk_window_present (GTK_WINDOW (window));
}

static void
moor_application_activate (GApplication *application)
{
  open_window (MOOR_APPLICATION (application), "/");
}

static int
moor_application_command_line (GApplication *application, GApplicationCommandLine *command_line)
{
  GVariantDict *dict = g_application_command_line_get_options_dict (command_line);
  const char *root = NULL;
  g_autoptr(GFile) file = NULL;
  g_autofree char *path = NULL;

  (void) g_variant_dict_lookup (dict, "root", "^&ay", &root);
  if (root != NULL)
    {
      file = g_application_command_line_create_file_for_arg (command_line, root);
      path = g_file_get_path (file);
    }
  open_window (MOOR_APPLICATION (application), path != NULL ? path : "/");
  return 0;
}

static int
moor_application_handle_local_options (GApplication *application, GVariantDict *dict)
{
  if (!g_variant_dict_contains (dict, "version"))
    return -1;
  g_print ("mooring-gtk %s\n", MOOR_VERSION);
  return 0;
}

static void
moor_application_finalize (GObject *object)
{
  g_clear_object (&MOOR_APPLICATION (object)->client);

  G_OBJECT_CLASS (moor_application_parent_class)->finalize (object);
}

static void
moor_application_class_init (MoorApplicationClass *klass)
{
  GApplicationClass *application_class = G_APPLICATION_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = moor_application_finalize;
  application_class->startup = moor_application_startup;
  application_class->activate = moor_application_activate;
  application_class->command_line = moor_application_command_line;
  application_class->handle_local_options = moor_application_handle_local_options;
}

static void
moor_application_init (MoorApplication *self)
{
  g_application_add_main_option_entries (G_APPLICATION (self), options);
}

/**
 * moor_application_new:
 * @client: runs what is asked for
 *
 * Returns: (transfer full): the application, not registered yet
 */
MoorApplication *
moor_application_new (MoorClient *client)
{
  MoorApplication *self = g_object_new (MOOR_TYPE_APPLICATION, "application-id",
                                        MOOR_APPLICATION_ID, "flags",
                                        G_APPLICATION_HANDLES_COMMAND_LINE, "resource-base-path",
                                        "/io/github/mooring/Mooring/ui", NULL);

  self->client = g_object_ref (client);
  return self;
}
