/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "home-maker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define BLOCK_BYTES 4096
#define FIRST_TIME_S 1420070400 /* 2015-01-01 */
#define TIME_SPAN_S (10 * 365 * 24 * 3600)

static const char *const words[] = {
  "Angebot",  "Rechnung", "Urlaub", "family",    "report",    "Vertrag", "Entwurf", "budget",
  "photos",   "Garten",   "Umzug",  "notes",     "Protokoll", "meeting", "invoice", "Steuer",
  "Zeugnis",  "recette",  "été",    "Küche",     "Übersicht", "final",   "backup",  "Liste",
  "Kalender", "project",  "plan",   "Zeichnung", "letter",    "Brief",   "scan",    "summary",
};

void
home_die (const char *what, const char *path)
{
  (void) fprintf (stderr, "make-home: %s “%s”: %s\n", what, path, g_strerror (errno));
  exit (EXIT_FAILURE);
}

HomeMaker *
home_maker_new (int dfd, guint64 seed, gint64 n_objects, uid_t uid, gid_t gid)
{
  HomeMaker *maker = g_new0 (HomeMaker, 1);

  *maker = (HomeMaker){ .dfd = dfd, .state = seed, .uid = uid, .gid = gid, .n_left = n_objects };
  maker->dirs = g_ptr_array_new_with_free_func (g_free);
  maker->depths = g_byte_array_new ();
  return maker;
}

void
home_maker_free (HomeMaker *maker)
{
  g_ptr_array_unref (maker->dirs);
  g_byte_array_unref (maker->depths);
  g_free (maker);
}

/* splitmix64 */
static guint64
next_random (HomeMaker *maker)
{
  guint64 z = maker->state += G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);

  z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  return z ^ (z >> 31);
}

guint64
home_maker_random (HomeMaker *maker, guint64 below)
{
  return next_random (maker) % below;
}

/* A name of 15 to 60 bytes as people give them; free with g_free(). */
char *
home_maker_name (HomeMaker *maker, const char *extension)
{
  static const char separators[] = { ' ', '_', '-', ' ' };
  const char separator = separators[home_maker_random (maker, G_N_ELEMENTS (separators))];
  const guint n_words = 1 + (guint) home_maker_random (maker, 4);
  GString *name = g_string_new (NULL);

  for (guint i = 0; i < n_words && name->len < 36; i++)
    {
      g_string_append (name, words[home_maker_random (maker, G_N_ELEMENTS (words))]);
      g_string_append_c (name, separator);
    }
  g_string_append_printf (name, "%04u-%02u %05u", 2015 + (guint) home_maker_random (maker, 10),
                          1 + (guint) home_maker_random (maker, 12),
                          (guint) home_maker_random (maker, 100000));
  g_string_append (name, extension);
  return g_string_free (name, FALSE);
}

/* Many small documents, some pictures, a film now and then: 140 KB on average. */
guint64
home_maker_document_size (HomeMaker *maker)
{
  const guint64 dice = home_maker_random (maker, 1000);

  if (dice < 600)
    return home_maker_random (maker, 32 << 10);
  if (dice < 900)
    return (32 << 10) + home_maker_random (maker, 224 << 10);
  if (dice < 999)
    return (256 << 10) + home_maker_random (maker, 768 << 10);
  return (1 << 20) + home_maker_random (maker, 49 << 20);
}

static void
next_times (HomeMaker *maker, struct timespec out_times[2])
{
  out_times[1] = (struct timespec){
    .tv_sec = FIRST_TIME_S + (time_t) home_maker_random (maker, TIME_SPAN_S),
    .tv_nsec = (long) home_maker_random (maker, 1000000000),
  };
  out_times[0] = out_times[1];
}

static void
give_to_owner (HomeMaker *maker, const char *path)
{
  if (maker->uid != (uid_t) -1
      && fchownat (maker->dfd, path, maker->uid, maker->gid, AT_SYMLINK_NOFOLLOW) < 0)
    home_die ("giving away", path);
}

/* Makes the folder @path (its parent exists); returns a name for it that lives
 * as long as @maker.  The times of folders are set by home_maker_finish(). */
const char *
home_maker_dir (HomeMaker *maker, const char *path)
{
  guint8 depth = 1;
  char *kept = g_strdup (path);

  if (mkdirat (maker->dfd, path, 0755) < 0 && errno != EEXIST)
    home_die ("making the folder", path);
  give_to_owner (maker, path);
  for (const char *c = path; *c != '\0'; c++)
    depth = (guint8) (depth + (*c == '/'));
  g_ptr_array_add (maker->dirs, kept);
  g_byte_array_append (maker->depths, &depth, 1);
  maker->n_left--;
  return kept;
}

static void
fill_file (HomeMaker *maker, int fd, const char *path, guint64 n_bytes)
{
  guint64 block[BLOCK_BYTES / sizeof (guint64)];
  const gsize n_real = (gsize) MIN (n_bytes, BLOCK_BYTES);

  for (gsize i = 0; i < G_N_ELEMENTS (block); i++)
    block[i] = next_random (maker);
  if (write (fd, block, n_real) != (ssize_t) n_real || ftruncate (fd, (off_t) n_bytes) < 0)
    home_die ("writing", path);
}

/* Makes a file whose first 4 KB are real and the rest a hole.
 * Returns: FALSE if the name is taken. */
gboolean
home_maker_file (HomeMaker *maker, const char *path, guint64 n_bytes, mode_t mode)
{
  struct timespec times[2];
  const int fd = openat (maker->dfd, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                         0600);

  if (fd < 0 && errno == EEXIST)
    return FALSE;
  if (fd < 0)
    home_die ("making the file", path);

  fill_file (maker, fd, path, n_bytes);
  next_times (maker, times);
  if ((maker->uid != (uid_t) -1 && fchown (fd, maker->uid, maker->gid) < 0) || fchmod (fd, mode) < 0
      || futimens (fd, times) < 0)
    home_die ("finishing", path);
  (void) close (fd);
  maker->n_left--;
  return TRUE;
}

gboolean
home_maker_symlink (HomeMaker *maker, const char *target, const char *path)
{
  struct timespec times[2];

  if (symlinkat (target, maker->dfd, path) < 0)
    {
      if (errno == EEXIST)
        return FALSE;
      home_die ("making the symbolic link", path);
    }
  give_to_owner (maker, path);
  next_times (maker, times);
  (void) utimensat (maker->dfd, path, times, AT_SYMLINK_NOFOLLOW);
  maker->n_left--;
  return TRUE;
}

gboolean
home_maker_link (HomeMaker *maker, const char *existing, const char *path)
{
  if (linkat (maker->dfd, existing, maker->dfd, path, 0) < 0)
    {
      if (errno == EEXIST)
        return FALSE;
      home_die ("linking", path);
    }
  maker->n_left--;
  return TRUE;
}

/* Gives the file @path an ACL and a user attribute, where the volume has them. */
void
home_maker_decorate (HomeMaker *maker, const char *path)
{
  static const struct
  {
    guint32 version;
    struct
    {
      guint16 tag;
      guint16 perm;
      guint32 id;
    } entries[5];
  } acl = { 2,
            { { 0x01, 6, G_MAXUINT32 },
              { 0x02, 4, 4711 },
              { 0x04, 4, G_MAXUINT32 },
              { 0x10, 4, G_MAXUINT32 },
              { 0x20, 0, G_MAXUINT32 } } };
  const int fd = openat (maker->dfd, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

  if (fd < 0)
    home_die ("opening", path);
  (void) fsetxattr (fd, "user.comment", "a note", strlen ("a note"), 0);
  (void) fsetxattr (fd, "system.posix_acl_access", &acl, sizeof acl, 0);
  (void) close (fd);
}

/* Sets the times of every folder; nothing may be made afterwards. */
void
home_maker_finish (HomeMaker *maker)
{
  for (guint i = 0; i < maker->dirs->len; i++)
    {
      const char *path = g_ptr_array_index (maker->dirs, i);
      struct timespec times[2];

      next_times (maker, times);
      if (utimensat (maker->dfd, path, times, AT_SYMLINK_NOFOLLOW) < 0)
        home_die ("setting the times of", path);
    }
}
