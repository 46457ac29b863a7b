/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Runs a command and writes down what it took: measure FILE COMMAND...
 *
 * FILE gets one line: wall seconds, user seconds, system seconds, peak memory of
 * the largest process in KiB.  Ends as the command ends. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double
now_s (void)
{
  struct timespec now;

  (void) clock_gettime (CLOCK_MONOTONIC, &now);
  return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

static double
timeval_s (struct timeval time)
{
  return (double) time.tv_sec + (double) time.tv_usec / 1e6;
}

int
main (int argc, char **argv)
{
  const double started_s = now_s ();
  struct rusage usage;
  double wall_s = 0;
  int status = 0;
  FILE *file = NULL;
  pid_t pid = 0;

  if (argc < 3)
    {
      (void) fprintf (stderr, "measure FILE COMMAND...\n");
      return 2;
    }
  pid = fork ();
  if (pid == 0)
    {
      (void) execvp (argv[2], argv + 2);
      (void) fprintf (stderr, "measure: %s: %s\n", argv[2], strerror (errno));
      _exit (127);
    }
  if (pid < 0 || wait4 (pid, &status, 0, &usage) < 0)
    return 2;
  wall_s = now_s () - started_s;
  file = fopen (argv[1], "we");
  if (file == NULL)
    return 2;
  (void) fprintf (file, "%.3f %.3f %.3f %ld\n", wall_s, timeval_s (usage.ru_utime),
                  timeval_s (usage.ru_stime), usage.ru_maxrss);
  (void) fclose (file);
  return WIFEXITED (status) ? WEXITSTATUS (status) : 128 + WTERMSIG (status);
}
