/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-test.h"

#include <glib/gstdio.h>
#include <time.h>

#include "moor-system.h"

/* Systems with many people. */

#define N_FEW 5000
#define N_MANY 20000
#define MAX_RATIO 6 /* four would be exact */

static void
make_dir (const char *root, const char *path)
{
  g_autofree char *full = g_build_filename (root, path, NULL);

  assert_int_equal (g_mkdir_with_parents (full, 0755), 0);
}

/* A system with so many people, each with a home, and a home without account for
 * every fourth. */
static void
make_crowd (const char *root, guint n_people)
{
  g_autoptr(GString) lines = g_string_new ("root:x:0:0:root:/root:/bin/bash\n");

  for (guint i = 0; i < n_people; i++)
    {
      g_autofree char *home = g_strdup_printf ("home/person-%u", i);
      g_autofree char *orphan = g_strdup_printf ("home/left-%u", i);

      g_string_append_printf (lines, "person-%u:x:%u:%u::/%s:/bin/sh\n", i, i + 2000, i + 2000,
                              home);
      make_dir (root, home);
      if (i % 4 == 0)
        make_dir (root, orphan);
    }
  moor_test_write (root, "etc/passwd", lines->str);
  moor_test_write (root, "etc/login.defs", "UID_MAX 100000\n");
  moor_test_write (root, "etc/os-release", "NAME=Testix\n");
}

/* The processor's time for the scan, which a busy machine does not stretch much. */
static double
time_crowd (const char *root, guint n_people)
{
  g_autoptr(GError) error = NULL;
  clock_t start = clock ();
  g_autoptr(MoorSystem) system = moor_system_open (root, &error);
  double seconds = (double) (clock () - start) / CLOCKS_PER_SEC;

  assert_no_gerror (error);
  assert_int_equal (moor_system_get_profiles (system)->len, n_people + n_people / 4 + 1);
  return seconds;
}

static void
test_the_time_grows_as_the_number_of_people_does (void **state)
{
  char *dir = moor_test_dir_new ();
  g_autofree char *few = g_build_filename (dir, "few", NULL);
  g_autofree char *many = g_build_filename (dir, "many", NULL);
  double ratio = 99;

  make_crowd (few, N_FEW);
  make_crowd (many, N_MANY);
  for (guint i = 0; i < 3 && ratio > MAX_RATIO; i++)
    ratio = time_crowd (many, N_MANY) / time_crowd (few, N_FEW);
  moor_test_dir_free (dir);
  if (ratio > MAX_RATIO)
    fail_msg ("four times the people took %.1f times the time", ratio);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_the_time_grows_as_the_number_of_people_does),
  };

  return cmocka_run_group_tests_name ("core/scan", tests, NULL, NULL);
}
