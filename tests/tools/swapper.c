/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The enemy within: swaps folders, symbolic links and files of its own home for
 * one another as fast as it can, hoping that somebody with more rights looks at
 * one and then acts on the other.
 *
 *   swapper DIR CANARY SWAPS
 *
 * Makes DIR/swap-N with a folder, a link to CANARY (a folder it must not reach),
 * a file and a link to CANARY/secret, and exchanges two of them at a time.  It
 * goes on until it gets SIGTERM and has made SWAPS exchanges; then it prints how
 * many there were. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define N_ARENAS 64
#define N_NAMES 5

static const char *const names[N_NAMES] = { "folder", "link", "file", "file link", "nested" };

static volatile sig_atomic_t told_to_stop;

static void
on_signal (int number)
{
  (void) number;
  told_to_stop = 1;
}

static void
die (const char *what)
{
  (void) fprintf (stderr, "swapper: %s: %s\n", what, strerror (errno));
  exit (EXIT_FAILURE);
}

static void
write_file (int dfd, const char *path)
{
  const int fd = openat (dfd, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

  if (fd < 0 || write (fd, "mine\n", 5) != 5)
    die (path);
  (void) close (fd);
}

/* A folder with the names that CANARY has, so that a walk which is led astray
 * finds what it looks for. */
static void
make_decoy (int dfd, const char *name)
{
  char path[256];

  if (mkdirat (dfd, name, 0755) < 0)
    die (name);
  (void) snprintf (path, sizeof path, "%s/secret", name);
  write_file (dfd, path);
  (void) snprintf (path, sizeof path, "%s/below", name);
  if (mkdirat (dfd, path, 0755) < 0)
    die (path);
  (void) snprintf (path, sizeof path, "%s/below/secret", name);
  write_file (dfd, path);
}

static int
make_arena (int home_fd, const char *canary, unsigned number)
{
  char name[64];
  char secret[4096];
  int dfd = -1;

  (void) snprintf (name, sizeof name, "swap-%u", number);
  (void) snprintf (secret, sizeof secret, "%s/secret", canary);
  if (mkdirat (home_fd, name, 0755) < 0)
    die (name);
  dfd = openat (home_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (dfd < 0)
    die (name);
  make_decoy (dfd, "folder");
  make_decoy (dfd, "nested");
  write_file (dfd, "file");
  if (symlinkat (canary, dfd, "link") < 0 || symlinkat (secret, dfd, "file link") < 0)
    die ("making links");
  return dfd;
}

int
main (int argc, char **argv)
{
  int arenas[N_ARENAS];
  unsigned long n_wanted = 0;
  unsigned long n_swaps = 0;
  unsigned random = 12345;
  int home_fd = -1;

  if (argc != 4)
    {
      (void) fprintf (stderr, "swapper DIR CANARY SWAPS\n");
      return 2;
    }
  n_wanted = strtoul (argv[3], NULL, 10);
  home_fd = open (argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (home_fd < 0)
    die (argv[1]);
  (void) signal (SIGTERM, on_signal);
  for (unsigned i = 0; i < N_ARENAS; i++)
    arenas[i] = make_arena (home_fd, argv[2], i);
  (void) printf ("ready\n");
  (void) fflush (stdout);

  while (!told_to_stop || n_swaps < n_wanted)
    {
      const int dfd = arenas[(random >> 8) % N_ARENAS];
      const char *one = names[(random >> 12) % N_NAMES];
      const char *other = names[(random >> 18) % N_NAMES];

      random = random * 1103515245 + 12345;
      if (one == other)
        continue;
      if (renameat2 (dfd, one, dfd, other, RENAME_EXCHANGE) < 0 && errno != ENOENT)
        die ("exchanging");
      n_swaps++;
    }
  (void) printf ("%lu swaps\n", n_swaps);
  return EXIT_SUCCESS;
}
