/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib/gi18n.h>
#include <locale.h>

#include "moor-application.h"

int
main (int argc, char **argv)
{
  g_autoptr(MoorClient) client = moor_client_new ();
  g_autoptr(MoorApplication) application = NULL;

  (void) setlocale (LC_ALL, "");
  (void) bindtextdomain (GETTEXT_PACKAGE, MOOR_LOCALE_DIR);
  (void) bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  (void) textdomain (GETTEXT_PACKAGE);
  g_set_prgname ("mooring-gtk");
  g_set_application_name (_ ("Mooring"));
  gtk_window_set_default_icon_name (MOOR_APPLICATION_ID);

  application = moor_application_new (client);
  return g_application_run (G_APPLICATION (application), argc, argv);
}
