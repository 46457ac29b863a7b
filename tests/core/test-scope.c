/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs-fixture.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "moor-scope.h"

static gboolean
matches (const char *users, const char *excluded, const char *name)
{
  g_auto(GStrv) taken = users != NULL ? g_strsplit (users, " ", -1) : NULL;
  g_auto(GStrv) left = excluded != NULL ? g_strsplit (excluded, " ", -1) : NULL;
  const MoorSelection selection = { (const char *const *) taken, (const char *const *) left, -1,
                                    MOOR_ENCRYPTED_TAKE };

  return moor_selection_matches (&selection, name);
}

static void
test_patterns_take_and_exclusions_win (void **state)
{
  assert_true (matches (NULL, NULL, "alice"));
  assert_true (matches ("alice bob", NULL, "bob"));
  assert_true (matches ("a*", NULL, "alice"));
  assert_true (matches ("?ob", NULL, "bob"));
  assert_false (matches ("a*", NULL, "bob"));
  assert_false (matches ("*", "b*", "bob"));
  assert_false (matches (NULL, "bob", "bob"));
  assert_true (matches (NULL, "bob", "alice"));
}

static gint64
n_people (JobsFixture *fixture, const char *members)
{
  g_autoptr(JsonObject) result = jobs_run (fixture, MOOR_EXIT_COMPLETE, "estimate", members);

  return json_array_get_length (json_object_get_array_member (result, "profiles"));
}

static void
test_an_estimate_takes_whom_a_capture_would (void **state)
{
  JobsFixture *fixture = *state;

  assert_int_equal (n_people (fixture, NULL), 2);
  assert_int_equal (n_people (fixture, "\"users\":[\"al*\"]"), 1);
  assert_int_equal (n_people (fixture, "\"exclude-users\":[\"*\"]"), 0);
  assert_int_equal (n_people (fixture, "\"users\":[\"*\"],\"exclude-users\":[\"bob\"]"), 1);
  assert_false (moor_test_exists (fixture->store, ""));
}

static void
test_a_name_that_nobody_has_is_refused (void **state)
{
  jobs_must (*state, MOOR_EXIT_REFUSED, "capture", "\"users\":[\"alise\"]");
  jobs_must (*state, MOOR_EXIT_REFUSED, "estimate", "\"users\":[\"alise\"]");
}

static void
assert_place_refused (JobsFixture *fixture, const char *path, const char *words)
{
  g_autofree char *members = g_strdup_printf ("\"store\":\"%s\"", path);

  jobs_must (fixture, MOOR_EXIT_REFUSED, "capture", members);
  if (words != NULL && strstr (fixture->message, words) == NULL)
    fail_msg ("“%s” does not say “%s”", fixture->message, words);
}

static void
test_the_kernel_s_own_folders_are_refused (void **state)
{
  assert_place_refused (*state, "/proc/store", "proc");
  assert_place_refused (*state, "/sys/kernel/store", NULL);
}

static void
test_a_store_in_somebody_s_home_is_refused (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *path = jobs_path (fixture, "home/alice/keep/store");
  g_autofree char *link = jobs_path (fixture, "shortcut");
  g_autofree char *through = g_build_filename (link, "store", NULL);

  assert_int_equal (symlink ("home/bob", link), 0);
  assert_place_refused (fixture, path, "alice");
  assert_place_refused (fixture, through, "bob");
  assert_false (moor_test_exists (fixture->root, "home/alice/keep"));
}

static void
test_a_read_only_volume_is_refused (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *mount = jobs_path (fixture, "mnt");
  g_autofree char *path = g_build_filename (mount, "store", NULL);

  if (geteuid () != 0)
    {
      moor_test_skip ("mounting takes root");
      return;
    }
  jobs_mount (fixture, "mnt", "-t", "tmpfs", "-o", "ro", "tmpfs", NULL);
  assert_place_refused (fixture, path, "read-only");
}

static void
test_a_full_volume_is_refused (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *mount = jobs_path (fixture, "mnt");
  g_autofree char *path = g_build_filename (mount, "store", NULL);

  if (geteuid () != 0)
    {
      moor_test_skip ("mounting takes root");
      return;
    }
  jobs_mount (fixture, "mnt", "-t", "tmpfs", "-o", "size=1m", "tmpfs", NULL);
  assert_place_refused (fixture, path, "full");
}

static void
test_a_file_system_without_links_is_refused (void **state)
{
  JobsFixture *fixture = *state;
  const char *fs_type = moor_test_linkless_type ();
  MoorTestVolume volume;
  g_autofree char *path = NULL;

  if (fs_type == NULL)
    {
      moor_test_skip ("neither vfat nor exfat can be made and mounted here");
      return;
    }
  assert_true (moor_test_volume_new (fixture->dir, "stick", fs_type, 40, &volume));
  path = g_build_filename (volume.mount_point, "store", NULL);
  assert_place_refused (fixture, path, "no hard links");
  moor_test_volume_free (&volume);
}

static void
test_a_file_in_the_way_is_refused (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *path = jobs_path (fixture, "etc/passwd/store");
  g_autofree char *itself = jobs_path (fixture, "etc/passwd");
  g_autofree char *members = g_strdup_printf ("\"store\":\"%s\"", path);
  g_autoptr(JsonObject) result = NULL;

  assert_true (jobs_try (fixture, "capture", members, &result) != MOOR_EXIT_COMPLETE);
  assert_place_refused (fixture, itself, NULL);
}

static void
test_a_root_that_is_no_system_is_refused (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *members = g_strdup_printf ("\"root\":\"%s/srv\"", fixture->root);
  g_autoptr(JsonObject) result = NULL;
  MoorExit code = jobs_try (fixture, "capture", members, &result);

  assert_true (code == MOOR_EXIT_REFUSED || code == MOOR_EXIT_USAGE);
}

static void
test_an_operation_that_does_not_exist_is_refused (void **state)
{
  jobs_must (*state, MOOR_EXIT_USAGE, "explode", NULL);
}

static void
test_a_store_that_is_none_is_unusable (void **state)
{
  JobsFixture *fixture = *state;
  static const char *const operations[] = { "verify",   "restore",   "undo",       "accept",
                                            "rollback", "set-aside", "store-show", "delete" };

  for (gsize i = 0; i < G_N_ELEMENTS (operations); i++)
    {
      g_autoptr(JsonObject) result = NULL;
      MoorExit code = jobs_try (fixture, operations[i], NULL, &result);

      if (code != MOOR_EXIT_STORE_UNUSABLE)
        fail_msg ("%s of no store ended with %d: %s", operations[i], code, fixture->message);
    }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_patterns_take_and_exclusions_win),
    cmocka_unit_test_setup_teardown (test_an_estimate_takes_whom_a_capture_would, jobs_setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_name_that_nobody_has_is_refused, jobs_setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_the_kernel_s_own_folders_are_refused, jobs_setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_store_in_somebody_s_home_is_refused, jobs_setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_read_only_volume_is_refused, jobs_setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_full_volume_is_refused, jobs_setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_file_system_without_links_is_refused, jobs_setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_file_in_the_way_is_refused, jobs_setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_root_that_is_no_system_is_refused, jobs_setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_an_operation_that_does_not_exist_is_refused, jobs_setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_store_that_is_none_is_unusable, jobs_setup,
                                     jobs_teardown),
  };

  return cmocka_run_group_tests_name ("core/scope", tests, NULL, NULL);
}
