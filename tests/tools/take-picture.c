/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Saves what the display shows as a PNG file: take-picture FILE */

#include <gdk/gdk.h>
#include <stdio.h>

int
main (int argc, char **argv)
{
  g_autoptr(GdkPixbuf) picture = NULL;
  g_autoptr(GError) error = NULL;
  GdkWindow *screen = NULL;

  if (argc != 2 || !gdk_init_check (&argc, &argv))
    {
      (void) fprintf (stderr, "take-picture: needs one FILE and a display\n");
      return 2;
    }
  screen = gdk_get_default_root_window ();
  picture = gdk_pixbuf_get_from_window (screen, 0, 0, gdk_window_get_width (screen),
                                        gdk_window_get_height (screen));
  if (picture == NULL || !gdk_pixbuf_save (picture, argv[1], "png", &error, NULL))
    {
      (void) fprintf (stderr, "take-picture: %s\n", error != NULL ? error->message : "no picture");
      return 1;
    }
  return 0;
}
