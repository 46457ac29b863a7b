/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli-test.h"
#include "moor-error.h"

/* An ordinary user and the own home.  The user is made up: a mount namespace of
 * its own has another passwd over that of this computer. */

#define UID 54321

typedef struct
{
  char *dir;
  char *home;
  char *store;
} Fixture;

static gboolean
can_have_namespace (void)
{
  const char *argv[] = { "unshare", "-m", "mount", "--bind", "/etc/passwd", "/etc/passwd", NULL };
  int status = -1;

  return geteuid () == 0
         && g_spawn_sync (NULL, (char **) argv, NULL,
                          G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL
                              | G_SPAWN_STDERR_TO_DEV_NULL,
                          NULL, NULL, NULL, NULL, &status, NULL)
         && status == 0;
}

static int
setup (void **state)
{
  Fixture *fixture = g_new0 (Fixture, 1);
  g_autofree char *passwd = NULL;

  *state = fixture;
  fixture->dir = moor_test_dir_new ();
  assert_int_equal (chmod (fixture->dir, 0755), 0);
  fixture->home = g_build_filename (fixture->dir, "home", "moortest", NULL);
  fixture->store = g_build_filename (fixture->home, "StateStore", "move", NULL);
  if (geteuid () == 0)
    cli_test_fill_home (fixture->dir, "moortest", UID);
  passwd = g_strdup_printf ("root:x:0:0:root:/root:/bin/sh\n"
                            "moortest:x:%u:%u:Made Up:%s:/bin/sh\n",
                            UID, UID, fixture->home);
  moor_test_write (fixture->dir, "passwd", passwd);
  return 0;
}

static int
teardown (void **state)
{
  Fixture *fixture = *state;

  moor_test_dir_free (fixture->dir);
  g_free (fixture->home);
  g_free (fixture->store);
  g_free (fixture);
  return 0;
}

/* Runs `mooring VERB --store STORE` as that user; the words after -c are constant. */
static CliRun
run_as_user (const Fixture *fixture, const char *verb)
{
  g_autofree char *passwd = g_build_filename (fixture->dir, "passwd", NULL);
  g_autofree char *home = g_strdup_printf ("HOME=%s", fixture->home);
  g_autofree char *id = g_strdup_printf ("%u", UID);
  const char *argv[] = { "unshare",
                         "-m",
                         "sh",
                         "-c",
                         "mount --bind \"$1\" /etc/passwd && exec setpriv --reuid \"$2\" --regid "
                         "\"$2\" --clear-groups env \"$3\" \"$4\" \"$5\" --store \"$6\"",
                         "sh",
                         passwd,
                         id,
                         home,
                         g_getenv ("MOORING"),
                         verb,
                         fixture->store,
                         NULL };
  g_autoptr(GError) error = NULL;
  CliRun run = { -1, NULL, NULL };
  int status = 0;

  if (!g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &run.out,
                     &run.err, &status, &error))
    fail_msg ("%s", error->message);
  run.code = WIFEXITED (status) ? WEXITSTATUS (status) : -1;
  return run;
}

static void
test_a_user_captures_the_own_home_into_itself (void **state)
{
  const Fixture *fixture = *state;

  if (!can_have_namespace ())
    moor_test_skip ("needs root and mount namespaces to make up a user");
  {
    g_auto(CliRun) run = run_as_user (fixture, "capture");
    g_auto(CliRun) again = run_as_user (fixture, "verify");
    g_autofree char *copied = g_strconcat ("tree", fixture->home, NULL);
    g_autofree char *letter = g_build_filename (copied, "letter.txt", NULL);
    g_autofree char *itself = g_build_filename (copied, "StateStore", "move", NULL);

    cli_test_expect (&run, MOOR_EXIT_COMPLETE);
    cli_test_has (run.out, "moortest");
    cli_test_lacks (run.out, "set-aside");
    cli_test_expect (&again, MOOR_EXIT_COMPLETE);
    assert_int_equal (moor_test_inode (fixture->store, letter),
                      moor_test_inode (fixture->home, "letter.txt"));
    assert_false (moor_test_exists (fixture->store, itself));
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_a_user_captures_the_own_home_into_itself, setup,
                                     teardown),
  };

  return cmocka_run_group_tests_name ("cli/own", tests, NULL, NULL);
}
