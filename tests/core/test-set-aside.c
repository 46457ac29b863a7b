/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs-fixture.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEEDS_ROOT() \
  do \
    { \
      if (geteuid () != 0) \
        { \
          moor_test_skip ("a system is set aside by root"); \
          return; \
        } \
    } \
  while (0)

static int
setup (void **state)
{
  JobsFixture *fixture = jobs_fixture_new (NULL, 0);

  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", NULL);
  *state = fixture;
  return 0;
}

/* Refused, and nothing is where it was not before. */
static void
assert_refused (JobsFixture *fixture, const char *words)
{
  g_autofree char *before = jobs_tree (fixture->root, "StateStore/s1", JOBS_TREE_INODES);
  g_autofree char *after = NULL;

  jobs_must (fixture, MOOR_EXIT_REFUSED, "set-aside", NULL);
  after = jobs_tree (fixture->root, "StateStore/s1", JOBS_TREE_INODES);
  jobs_assert_trees (before, after);
  if (words != NULL && strstr (fixture->message, words) == NULL)
    fail_msg ("“%s” does not say “%s”", fixture->message, words);
}

static gboolean
has_entry (JsonObject *result, const char *path, const char *consequence)
{
  JsonArray *entries = json_object_get_array_member (result, "entries");

  for (guint i = 0; i < json_array_get_length (entries); i++)
    {
      JsonObject *entry = json_array_get_object_element (entries, i);

      if (g_str_equal (json_object_get_string_member (entry, "path"), path)
          && g_str_equal (json_object_get_string_member (entry, "consequence"), consequence))
        return TRUE;
    }
  return FALSE;
}

static void
test_the_root_is_empty_afterwards_but_for_the_store (void **state)
{
  JobsFixture *fixture = *state;
  g_autoptr(GHashTable) inodes = jobs_inodes (fixture->root);
  g_autoptr(JsonObject) result = NULL;

  NEEDS_ROOT ();
  result = jobs_run (fixture, MOOR_EXIT_COMPLETE, "set-aside", NULL);
  assert_false (moor_test_exists (fixture->root, "etc"));
  assert_false (moor_test_exists (fixture->root, "home"));
  assert_true (moor_test_exists (fixture->store, "old-system/etc/passwd"));
  assert_true (moor_test_exists (fixture->store, "old-system/home/alice/data"));
  jobs_assert_inodes_have_names (inodes, fixture->root);
  assert_int_equal (jobs_number (result, "moved"), 5);
  assert_true (has_entry (result, "etc", "set-aside"));
  assert_true (has_entry (result, "StateStore/s1", "kept"));
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "set-aside", NULL);
}

static void
test_a_rehearsal_changes_nothing_and_lists_everything (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  g_autoptr(JsonObject) result = NULL;

  NEEDS_ROOT ();
  moor_test_write (fixture->root, "strange/thing", "?");
  before = jobs_tree (fixture->root, "StateStore/s1", JOBS_TREE_INODES);
  result = jobs_run (fixture, MOOR_EXIT_COMPLETE, "set-aside", "\"dry-run\":true");
  after = jobs_tree (fixture->root, "StateStore/s1", JOBS_TREE_INODES);
  jobs_assert_trees (before, after);
  assert_false (moor_test_exists (fixture->store, "old-system"));
  assert_true (has_entry (result, "etc", "set-aside"));
  assert_true (has_entry (result, "strange", "unknown"));
  assert_true (has_entry (result, "StateStore/s1", "kept"));
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "set-aside", NULL);
}

static void
test_an_unsealed_store_refuses (void **state)
{
  JobsFixture *fixture = *state;

  NEEDS_ROOT ();
  fixture->cancellable = g_cancellable_new ();
  g_cancellable_cancel (fixture->cancellable);
  jobs_must (fixture, MOOR_EXIT_CANCELLED, "capture", "\"resume\":true");
  g_clear_object (&fixture->cancellable);
  assert_refused (fixture, NULL);
}

static void
test_an_object_removed_from_the_store_refuses (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *file = g_build_filename (fixture->store, "tree", fixture->root,
                                            "home/alice/data", NULL);

  NEEDS_ROOT ();
  assert_int_equal (g_unlink (file), 0);
  assert_refused (fixture, "does not hold everything");
}

static void
test_an_object_truncated_in_the_store_refuses (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *file = g_build_filename (fixture->store, "tree", fixture->root,
                                            "home/alice/data", NULL);

  NEEDS_ROOT ();
  assert_int_equal (truncate (file, 1), 0);
  assert_refused (fixture, "does not hold everything");
}

static void
test_an_object_replaced_in_the_store_refuses (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *folder = g_build_filename (fixture->store, "tree", fixture->root, "home/alice",
                                              NULL);

  NEEDS_ROOT ();
  moor_test_write (folder, "data", "data of alice");
  assert_refused (fixture, "does not hold everything");
}

static void
test_a_file_saved_since_refuses_until_it_is_captured (void **state)
{
  JobsFixture *fixture = *state;

  NEEDS_ROOT ();
  jobs_write (fixture, "home/bob/late", "late", JOBS_BOB);
  assert_refused (fixture, "--resume");
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", "\"resume\":true");
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "set-aside", NULL);
}

static void
test_a_file_that_came_and_went_does_not_refuse (void **state)
{
  JobsFixture *fixture = *state;

  NEEDS_ROOT ();
  jobs_write (fixture, "home/bob/brief", "brief", JOBS_BOB);
  jobs_remove (fixture, "home/bob/brief");
  jobs_remove (fixture, "home/bob/music/song.ogg");
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "set-aside", NULL);
}

static void
test_the_running_system_refuses (void **state)
{
  JobsFixture *fixture = *state;

  NEEDS_ROOT ();
  jobs_must (fixture, MOOR_EXIT_REFUSED, "set-aside", "\"root\":\"/\"");
  assert_non_null (strstr (fixture->message, "running"));
}

static void
test_a_mount_below_the_root_refuses_by_name (void **state)
{
  JobsFixture *fixture = *state;

  NEEDS_ROOT ();
  jobs_mount (fixture, "proc", "-t", "tmpfs", "tmpfs", NULL);
  jobs_must (fixture, MOOR_EXIT_REFUSED, "set-aside", NULL);
  assert_non_null (strstr (fixture->message, "proc"));
  assert_true (moor_test_exists (fixture->root, "etc/passwd"));
}

/* The system has to be the one that was captured, not another that looks alike. */
static void
test_another_system_refuses (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *other = g_build_filename (fixture->dir, "other", NULL);
  g_autofree char *members = g_strdup_printf ("\"root\":\"%s\"", other);

  NEEDS_ROOT ();
  jobs_command ("cp", "-a", "--", fixture->root, other, NULL);
  jobs_must (fixture, MOOR_EXIT_REFUSED, "set-aside", members);
  assert_true (moor_test_exists (other, "etc/passwd"));
}

static void
test_what_is_protected_stays (void **state)
{
  JobsFixture *fixture = *state;
  g_autoptr(JsonObject) result = NULL;

  NEEDS_ROOT ();
  moor_test_write (fixture->root, "srv/odd\xff/x", "x");
  result = jobs_run (fixture, MOOR_EXIT_COMPLETE, "set-aside",
                     "\"protect\":[\"/srv/site/\",\"srv/odd\\\\xff\"]");
  assert_true (moor_test_exists (fixture->root, "srv/site/index.html"));
  assert_true (moor_test_exists (fixture->root, "srv/odd\xff/x"));
  assert_false (moor_test_exists (fixture->root, "etc"));
  assert_true (has_entry (result, "srv/site", "kept"));
}

static void
test_a_protected_link_stays_with_what_it_leads_to (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *link = jobs_path (fixture, "srv/current");

  NEEDS_ROOT ();
  jobs_write (fixture, "srv/site/page", "page", 0);
  jobs_write (fixture, "srv/other", "other", 0);
  assert_int_equal (symlink ("site", link), 0);
  jobs_must (fixture, MOOR_EXIT_REFUSED, "set-aside", "\"protect\":[\"/\"]");
  jobs_must (fixture, MOOR_EXIT_REFUSED, "set-aside", "\"protect\":[\"srv/..\"]");
  assert_true (moor_test_exists (fixture->root, "srv/other"));

  jobs_must (fixture, MOOR_EXIT_COMPLETE, "set-aside", "\"protect\":[\"/srv/current\"]");
  assert_true (moor_test_exists (fixture->root, "srv/current/page"));
  assert_false (moor_test_exists (fixture->root, "srv/other"));
}

static void
test_a_protected_path_that_is_not_there_refuses (void **state)
{
  JobsFixture *fixture = *state;

  NEEDS_ROOT ();
  jobs_must (fixture, MOOR_EXIT_REFUSED, "set-aside", "\"protect\":[\"/srv/nothing\"]");
  assert_true (moor_test_exists (fixture->root, "etc/passwd"));
}

static int
setup_deep (void **state)
{
  JobsFixture *fixture = jobs_fixture_new (NULL, 0);

  g_free (fixture->store);
  fixture->store = g_build_filename (fixture->root, "var/lib/refresh/store", NULL);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", NULL);
  *state = fixture;
  return 0;
}

static void
test_a_store_deep_below_the_root_keeps_only_its_way (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  g_autofree char *var = jobs_path (fixture, "var");

  NEEDS_ROOT ();
  assert_int_equal (chmod (var, 02775), 0);
  before = jobs_tree (fixture->root, "var/lib/refresh/store", JOBS_TREE_INODES);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "set-aside", NULL);
  assert_false (moor_test_exists (fixture->root, "var/lib/service"));
  assert_true (moor_test_exists (fixture->store, "old-system/var/lib/service/data"));
  jobs_unpack_image (fixture);
  assert_int_equal (chmod (var, 0700), 0);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "rollback", NULL);
  after = jobs_tree (fixture->root, "var/lib/refresh/store", JOBS_TREE_INODES);
  jobs_assert_trees (before, after);
  assert_true (moor_test_exists (fixture->store, "new-system/usr/bin/new-tool"));
}

static void
test_who_is_not_in_the_store_is_named (void **state)
{
  JobsFixture *fixture = *state;
  g_autoptr(JsonObject) result = NULL;
  JsonArray *unselected;

  NEEDS_ROOT ();
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "delete", NULL);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", "\"users\":[\"alice\"]");
  result = jobs_run (fixture, MOOR_EXIT_COMPLETE, "set-aside", "\"dry-run\":true");
  unselected = json_object_get_array_member (result, "unselected");
  assert_int_equal (json_array_get_length (unselected), 1);
  assert_string_equal (json_array_get_string_element (unselected, 0), "bob");
}

/* After it the names of the captured system must not be set aside a second time. */
static void
test_a_second_system_is_not_mixed_with_the_first (void **state)
{
  JobsFixture *fixture = *state;

  NEEDS_ROOT ();
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "set-aside", NULL);
  jobs_unpack_image (fixture);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "set-aside", NULL);
  assert_true (moor_test_exists (fixture->root, "usr/bin/new-tool"));
  assert_true (moor_test_exists (fixture->store, "old-system/usr/bin/old-tool"));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_the_root_is_empty_afterwards_but_for_the_store, setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_rehearsal_changes_nothing_and_lists_everything, setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_an_unsealed_store_refuses, setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_an_object_removed_from_the_store_refuses, setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_an_object_truncated_in_the_store_refuses, setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_an_object_replaced_in_the_store_refuses, setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_file_saved_since_refuses_until_it_is_captured, setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_file_that_came_and_went_does_not_refuse, setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_the_running_system_refuses, setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_mount_below_the_root_refuses_by_name, setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_another_system_refuses, setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_what_is_protected_stays, setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_protected_link_stays_with_what_it_leads_to, setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_protected_path_that_is_not_there_refuses, setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_store_deep_below_the_root_keeps_only_its_way,
                                     setup_deep, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_who_is_not_in_the_store_is_named, setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_second_system_is_not_mixed_with_the_first, setup,
                                     jobs_teardown),
  };

  return cmocka_run_group_tests_name ("core/set-aside", tests, NULL, NULL);
}
