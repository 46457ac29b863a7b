/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Makes a realistic home below a folder, the same one for the same seed.
 *
 *   make-home [--seed N] [--objects N] [--kind KIND] [--owner UID:GID]
 *             [--every-kind] [--unlinkable] DIR
 */

#include "home-maker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define N_MANY_USERS 10

typedef struct
{
  gint64 seed;
  gint64 n_objects;
  char *kind;
  char *owner;
  gboolean every_kind;
  gboolean unlinkable;
  char **dirs;
} Options;

static gboolean
parse_owner (const char *text, uid_t *out_uid, gid_t *out_gid)
{
  unsigned uid = 0;
  unsigned gid = 0;
  int n = 0;

  *out_uid = (uid_t) -1;
  *out_gid = (gid_t) -1;
  if (text == NULL)
    return TRUE;
  if (sscanf (text, "%u:%u%n", &uid, &gid, &n) != 2 || text[n] != '\0')
    return FALSE;
  *out_uid = uid;
  *out_gid = gid;
  return TRUE;
}

static int
open_home (int dfd, const char *path, uid_t uid, gid_t gid)
{
  int fd = -1;

  if (mkdirat (dfd, path, 0755) < 0 && errno != EEXIST)
    home_die ("making", path);
  fd = openat (dfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0 || (uid != (uid_t) -1 && fchown (fd, uid, gid) < 0))
    home_die ("opening", path);
  return fd;
}

static void
make_one (int home_fd, const Options *options, guint64 seed, gint64 n_objects, uid_t uid, gid_t gid)
{
  g_autoptr(HomeMaker) maker = home_maker_new (home_fd, seed, n_objects, uid, gid);

  if (strcmp (options->kind, "developer") == 0)
    home_make_developer (maker);
  else if (strcmp (options->kind, "huge") == 0)
    home_make_huge (maker);
  else
    home_make_office (maker);
  if (options->every_kind)
    home_make_every_kind (maker, options->unlinkable);
  home_maker_finish (maker);
}

/* Ten people with a tenth each, their ids counting up from the owner's. */
static void
make_many (int dir_fd, const Options *options, uid_t uid, gid_t gid)
{
  for (guint i = 0; i < N_MANY_USERS; i++)
    {
      g_autofree char *name = g_strdup_printf ("user%02u", i);
      const uid_t his_uid = uid == (uid_t) -1 ? uid : uid + i;
      const gid_t his_gid = gid == (gid_t) -1 ? gid : gid + i;
      const int home_fd = open_home (dir_fd, name, his_uid, his_gid);

      make_one (home_fd, options, (guint64) options->seed + i, options->n_objects / N_MANY_USERS,
                his_uid, his_gid);
      (void) close (home_fd);
    }
}

static gboolean
kind_is_known (const char *kind)
{
  static const char *const kinds[] = { "office", "developer", "many", "huge", NULL };

  return g_strv_contains (kinds, kind);
}

int
main (int argc, char **argv)
{
  Options options = { .seed = 1, .n_objects = 1000 };
  const GOptionEntry entries[] = {
    { "seed", 0, 0, G_OPTION_ARG_INT64, &options.seed, "The same seed makes the same home", "N" },
    { "objects", 0, 0, G_OPTION_ARG_INT64, &options.n_objects, "How many, folders included", "N" },
    { "kind", 0, 0, G_OPTION_ARG_STRING, &options.kind, "office, developer, many or huge", "KIND" },
    { "owner", 0, 0, G_OPTION_ARG_STRING, &options.owner, "Whose it is", "UID:GID" },
    { "every-kind", 0, 0, G_OPTION_ARG_NONE, &options.every_kind, "One of every kind too", NULL },
    { "unlinkable", 0, 0, G_OPTION_ARG_NONE, &options.unlinkable, "Immutable ones too", NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options.dirs, NULL, "DIR" },
    { NULL, 0, 0, 0, NULL, NULL, NULL },
  };
  g_autoptr(GOptionContext) context = g_option_context_new (NULL);
  g_autoptr(GError) error = NULL;
  uid_t uid = 0;
  gid_t gid = 0;
  int dir_fd = -1;

  (void) umask (0);
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      (void) fprintf (stderr, "make-home: %s\n", error->message);
      return 2;
    }
  if (options.kind == NULL)
    options.kind = g_strdup ("office");
  if (options.dirs == NULL || options.dirs[1] != NULL || !kind_is_known (options.kind)
      || !parse_owner (options.owner, &uid, &gid))
    {
      (void) fprintf (stderr, "make-home: one DIR, a known kind and UID:GID, please\n");
      return 2;
    }

  if (strcmp (options.kind, "many") == 0)
    {
      dir_fd = open_home (AT_FDCWD, options.dirs[0], (uid_t) -1, (gid_t) -1);
      make_many (dir_fd, &options, uid, gid);
    }
  else
    {
      dir_fd = open_home (AT_FDCWD, options.dirs[0], uid, gid);
      make_one (dir_fd, &options, (guint64) options.seed, options.n_objects, uid, gid);
    }
  (void) close (dir_fd);
  g_free (options.kind);
  g_free (options.owner);
  g_strfreev (options.dirs);
  return EXIT_SUCCESS;
}
