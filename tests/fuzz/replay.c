/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz.h"

/* Hands every file of some folders to a fuzz target:
 * what fuzzing found once stays found without a fuzzer.  Usage: replay-X DIR... */

static void
replay_file (const char *path)
{
  g_autofree char *content = NULL;
  gsize length = 0;

  if (!g_file_get_contents (path, &content, &length, NULL))
    g_error ("cannot read %s", path);
  (void) LLVMFuzzerTestOneInput ((const guint8 *) content, length);
}

static guint
replay_folder (const char *path)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GDir) dir = g_dir_open (path, 0, &error);
  const char *name;
  guint n = 0;

  if (dir == NULL)
    g_error ("%s", error->message);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *file = g_build_filename (path, name, NULL);

      replay_file (file);
      n++;
    }
  return n;
}

int
main (int argc, char **argv)
{
  guint n = 0;

  for (int i = 1; i < argc; i++)
    n += replay_folder (argv[i]);
  g_print ("%u inputs\n", n);
  return n > 0 ? 0 : 1;
}
