/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs-fixture.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The attack: alice owns a store, so she has written everything in it, the
 * catalogue and the account records too.  She asks root to restore from it. */

static void
write_groups (JobsFixture *fixture, const char *sudoers)
{
  g_autofree char *group = g_strdup_printf ("root:x:0:\nsudo:x:27:%s\nalice:x:1000:\nbob:x:1001:\n",
                                            sudoers);
  g_autofree char *gshadow = g_strdup_printf ("root:*::\nsudo:*::%s\nalice:!::\nbob:!::\n",
                                              sudoers);

  moor_test_write (fixture->root, "etc/group", group);
  moor_test_write (fixture->root, "etc/gshadow", gshadow);
}

/* A store of alice's own, in which she is an administrator. */
static void
make_alices_store (JobsFixture *fixture)
{
  write_groups (fixture, "alice");
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", "\"users\":[\"alice\"]");
  write_groups (fixture, "");
  assert_int_equal (chown (fixture->store, JOBS_ALICE, JOBS_ALICE), 0);
}

static int
setup (void **state)
{
  int result = jobs_setup (state);

  if (result == 0 && jobs_can_make_accounts ())
    make_alices_store (*state);
  return result;
}

static void
test_it_makes_nobody_an_administrator (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *group = NULL;
  g_autofree char *gshadow = NULL;

  if (!jobs_can_make_accounts ())
    {
      moor_test_skip ("accounts are made by root, with the package passwd");
      return;
    }
  jobs_remove (fixture, "home/alice/data");
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "restore", "\"enable-accounts\":true");
  assert_true (moor_test_exists (fixture->root, "home/alice/data"));
  group = moor_test_read (fixture->root, "etc/group");
  gshadow = moor_test_read (fixture->root, "etc/gshadow");
  assert_null (strstr (group, "sudo:x:27:alice"));
  assert_null (strstr (gshadow, "sudo:*::alice"));
}

static void
test_it_restores_nobody_elses_home (void **state)
{
  JobsFixture *fixture = *state;

  if (!jobs_can_make_accounts ())
    {
      moor_test_skip ("accounts are made by root, with the package passwd");
      return;
    }
  jobs_must (fixture, MOOR_EXIT_REFUSED, "restore", "\"map\":[\"alice:bob\"]");
  assert_int_equal (chown (fixture->store, JOBS_BOB, JOBS_BOB), 0);
  jobs_must (fixture, MOOR_EXIT_REFUSED, "restore", NULL);
}

static void
test_it_opens_no_gate (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *etc = NULL;

  if (!jobs_can_make_accounts ())
    {
      moor_test_skip ("accounts are made by root, with the package passwd");
      return;
    }
  jobs_must (fixture, MOOR_EXIT_REFUSED, "set-aside", NULL);
  jobs_must (fixture, MOOR_EXIT_REFUSED, "rollback", NULL);
  jobs_must (fixture, MOOR_EXIT_REFUSED, "capture", "\"resume\":true");
  etc = jobs_path (fixture, "etc/passwd");
  assert_true (g_file_test (etc, G_FILE_TEST_IS_REGULAR));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_it_makes_nobody_an_administrator, setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_it_restores_nobody_elses_home, setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_it_opens_no_gate, setup, jobs_teardown),
  };

  return cmocka_run_group_tests_name ("core/restore-untrusted", tests, NULL, NULL);
}
