/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "home-maker.h"

/* The kinds of homes: an office, a developer's, few huge files. */

#include <string.h>

#define MAX_DEPTH 12
#define N_REMEMBERED 64

static char *
in_dir (const char *dir, const char *name)
{
  return g_strconcat (dir, "/", name, NULL);
}

/* A folder below a folder made before, not too deep; shallow ones are likelier. */
static void
add_nested_dir (HomeMaker *maker)
{
  for (;;)
    {
      const guint parent = (guint) home_maker_random (maker, maker->dirs->len);
      g_autofree char *name = home_maker_name (maker, "");
      g_autofree char *path = in_dir (g_ptr_array_index (maker->dirs, parent), name);

      if (maker->depths->data[parent] + 1 > MAX_DEPTH)
        continue;
      (void) home_maker_dir (maker, path);
      return;
    }
}

/* Half of an office's folders hold files themselves, the others only folders. */
static const char *
some_dir_with_files (HomeMaker *maker)
{
  for (;;)
    {
      const char *dir = g_ptr_array_index (maker->dirs,
                                           home_maker_random (maker, maker->dirs->len));

      if (g_str_hash (dir) % 100 < 55)
        return dir;
    }
}

static void
add_office_object (HomeMaker *maker, char *remembered[N_REMEMBERED])
{
  static const char *const extensions[] = { ".pdf", ".odt", ".jpg", ".docx", ".xlsx",
                                            ".eml", ".txt", ".png", ".mp3",  ".ods" };
  const char *extension = extensions[home_maker_random (maker, G_N_ELEMENTS (extensions))];
  g_autofree char *name = home_maker_name (maker, extension);
  g_autofree char *path = in_dir (some_dir_with_files (maker), name);
  const guint64 dice = home_maker_random (maker, 10000);
  char **slot = &remembered[home_maker_random (maker, N_REMEMBERED)];

  if (dice < 110)
    (void) home_maker_symlink (maker, dice < 100 ? "../Documents" : "/nowhere/gone", path);
  else if (dice < 150 && *slot != NULL)
    (void) home_maker_link (maker, *slot, path);
  else if (home_maker_file (maker, path, home_maker_document_size (maker),
                            dice % 3 == 0 ? 0600 : 0644))
    {
      if (dice >= 9995)
        home_maker_decorate (maker, path);
      g_free (*slot);
      *slot = g_steal_pointer (&path);
    }
}

/* Documents, pictures, mail: a tenth are folders, a hundredth symbolic links. */
void
home_make_office (HomeMaker *maker)
{
  static const char *const tops[] = { "Documents", "Pictures", "Music",     "Videos",
                                      "Downloads", "Desktop",  "Templates", "Mail",
                                      ".config",   ".local",   ".mozilla",  ".thunderbird",
                                      "Projects" };
  const gint64 n_dirs = maker->n_left / 10;
  char *remembered[N_REMEMBERED] = { NULL };

  for (gsize i = 0; i < G_N_ELEMENTS (tops); i++)
    (void) home_maker_dir (maker, tops[i]);
  for (gint64 i = G_N_ELEMENTS (tops); i < n_dirs; i++)
    add_nested_dir (maker);
  while (maker->n_left > 0)
    add_office_object (maker, remembered);
  for (gsize i = 0; i < N_REMEMBERED; i++)
    g_free (remembered[i]);
}

/* One package as npm unpacks it; some bring packages of their own. */
static void
add_package (HomeMaker *maker, const char *modules, guint number, guint depth)
{
  static const char *const files[] = { "package.json", "index.js",   "README.md",
                                       "LICENSE",      "index.d.ts", "CHANGELOG.md" };
  g_autofree char *name = g_strdup_printf ("pkg-%s-%u", depth == 0 ? "core" : "dep", number);
  g_autofree char *path = in_dir (modules, name);
  g_autofree char *lib_path = in_dir (path, "lib");
  const guint n_lib = 4 + (guint) home_maker_random (maker, 24);

  (void) home_maker_dir (maker, path);
  for (gsize i = 0; i < G_N_ELEMENTS (files) && maker->n_left > 0; i++)
    {
      g_autofree char *file = in_dir (path, files[i]);

      (void) home_maker_file (maker, file, 100 + home_maker_random (maker, 6000), 0644);
    }
  (void) home_maker_dir (maker, lib_path);
  for (guint i = 0; i < n_lib && maker->n_left > 0; i++)
    {
      g_autofree char *file = g_strdup_printf ("%s/module-%02u.js", lib_path, i);

      (void) home_maker_file (maker, file, 100 + home_maker_random (maker, 20000), 0644);
    }
  if (depth < 3 && maker->n_left > 100 && home_maker_random (maker, 4) == 0)
    {
      g_autofree char *nested = in_dir (path, "node_modules");

      (void) home_maker_dir (maker, nested);
      add_package (maker, nested, 0, depth + 1);
      add_package (maker, nested, 1, depth + 1);
    }
}

/* Loose objects as git keeps them: 256 folders, read-only files. */
static void
add_git (HomeMaker *maker, const char *project, gint64 n_objects)
{
  g_autofree char *git = in_dir (project, ".git");
  g_autofree char *objects = in_dir (git, "objects");
  const guint n_fans = (guint) CLAMP (n_objects / 3, 1, 256);

  (void) home_maker_dir (maker, git);
  (void) home_maker_dir (maker, objects);
  for (guint i = 0; i < n_fans && maker->n_left > 0; i++)
    {
      g_autofree char *fan = g_strdup_printf ("%s/%02x", objects, i);

      (void) home_maker_dir (maker, fan);
      for (gint64 k = 0; k < n_objects / n_fans - 1 && maker->n_left > 0; k++)
        {
          const guint64 high = home_maker_random (maker, G_MAXUINT64);
          const guint64 low = home_maker_random (maker, G_MAXUINT64);
          g_autofree char *file = g_strdup_printf (
              "%s/%016" G_GINT64_MODIFIER "x%016" G_GINT64_MODIFIER "x%06x", fan, high, low, i);

          (void) home_maker_file (maker, file, 60 + home_maker_random (maker, 3000), 0444);
        }
    }
}

/* One crowded folder: data sets, mail queues and build caches look like this. */
static void
add_crowded_dir (HomeMaker *maker, const char *project, gint64 n_files)
{
  g_autofree char *dir = in_dir (project, "dataset");

  (void) home_maker_dir (maker, dir);
  for (gint64 i = 0; i < n_files && maker->n_left > 0; i++)
    {
      g_autofree char *file = g_strdup_printf ("%s/%06" G_GINT64_FORMAT ".bin", dir, i);

      (void) home_maker_file (maker, file, home_maker_random (maker, 4000), 0644);
    }
}

/* Five projects: a crowded folder, a history and a forest of modules each. */
void
home_make_developer (HomeMaker *maker)
{
  const guint n_projects = maker->n_left < 5000 ? 1 : 5;
  const gint64 share = maker->n_left / n_projects;

  for (guint p = 0; p < n_projects; p++)
    {
      g_autofree char *project = g_strdup_printf ("project-%u", p);
      g_autofree char *modules = in_dir (project, "node_modules");
      const gint64 stop_at = p + 1 == n_projects ? 0 : MAX (maker->n_left - share, 0);

      (void) home_maker_dir (maker, project);
      add_crowded_dir (maker, project, share / 5);
      add_git (maker, project, share / 5);
      (void) home_maker_dir (maker, modules);
      for (guint i = 0; maker->n_left > stop_at; i++)
        add_package (maker, modules, i, 0);
    }
}

/* Few files, each of 100 to 200 MB that are almost all holes. */
void
home_make_huge (HomeMaker *maker)
{
  (void) home_maker_dir (maker, "Videos");
  while (maker->n_left > 0)
    {
      g_autofree char *name = home_maker_name (maker, ".mkv");
      g_autofree char *path = in_dir ("Videos", name);

      (void) home_maker_file (maker, path, (100 << 20) + home_maker_random (maker, 100 << 20),
                              0644);
    }
}
