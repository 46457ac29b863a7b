/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs-fixture.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENABLE "\"enable-accounts\":true"

/* In the new system alice has worked already: some names are taken. */
static int
setup (void **state)
{
  JobsFixture *fixture = jobs_fixture_new (NULL, 0);

  *state = fixture;
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", NULL);
  if (!jobs_can_make_accounts ())
    return 0;
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "set-aside", NULL);
  jobs_unpack_image (fixture);
  jobs_write (fixture, "home/alice/data", "data of today", JOBS_ALICE);
  jobs_write (fixture, "home/alice/Documents/letter.txt", "Dear Carol", JOBS_ALICE);
  jobs_write (fixture, "home/alice/Documents/letter(1).txt", "in the way", JOBS_ALICE);
  jobs_write (fixture, "home/alice/Documents/today.txt", "today", JOBS_ALICE);
  jobs_write (fixture, "home/alice/Pictures/a.jpg", "picture", JOBS_ALICE);
  jobs_write (fixture, "home/alice/last", "a file, no link", JOBS_ALICE);
  return 0;
}

static void
assert_content (const JobsFixture *fixture, const char *path, const char *content)
{
  g_autofree char *found = moor_test_read (fixture->root, path);

  if (g_strcmp0 (found, content) != 0)
    fail_msg ("%s holds “%s” and not “%s”", path, found != NULL ? found : "(nothing)", content);
}

static void
test_both_are_kept (void **state)
{
  static const char *const words[] = { ENABLE, ENABLE ",\"conflict\":\"keep-both\"" };
  JobsFixture *fixture = *state;
  g_autofree char *home = jobs_path (fixture, "home");

  NEEDS_ACCOUNTS ();
  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    {
      g_autoptr(GHashTable) inodes = jobs_inodes (home);
      g_autoptr(JsonObject) result = jobs_run (fixture, MOOR_EXIT_COMPLETE, "restore", words[i]);
      JsonObject *verification = json_object_get_object_member (result, "verification");

      assert_content (fixture, "home/alice/data", "data of today");
      assert_content (fixture, "home/alice/data(1)", "data of alice");
      assert_content (fixture, "home/alice/Documents/letter.txt", "Dear Carol");
      assert_content (fixture, "home/alice/Documents/letter(1).txt", "in the way");
      assert_content (fixture, "home/alice/Documents/letter(2).txt", "Dear Bob");
      assert_content (fixture, "home/alice/Documents/today.txt", "today");
      assert_content (fixture, "home/alice/last", "a file, no link");
      assert_true (moor_test_exists (fixture->root, "home/alice/last(1)"));
      assert_true (jobs_differs (verification, "data", "renamed"));
      assert_true (jobs_differs (verification, "Documents/letter.txt", "renamed"));
      assert_true (json_object_get_boolean_member (verification, "clean"));
      jobs_assert_inodes_have_names (inodes, fixture->root);
      jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", NULL);
      jobs_must (fixture, MOOR_EXIT_COMPLETE, "undo", NULL);
      assert_content (fixture, "home/alice/data", "data of today");
      assert_false (moor_test_exists (fixture->root, "home/alice/data(1)"));
    }
}

/* The same content is no collision: the file from before takes its name back. */
static void
test_equal_content_is_no_collision (void **state)
{
  JobsFixture *fixture = *state;
  guint64 before;

  NEEDS_ACCOUNTS ();
  before = moor_test_inode (fixture->store, "old-system/home/alice/Pictures/a.jpg");
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "restore", ENABLE);
  assert_int_equal (moor_test_inode (fixture->root, "home/alice/Pictures/a.jpg"), before);
  assert_int_equal (moor_test_inode (fixture->root, "home/alice/Pictures/b.jpg"), before);
  assert_false (moor_test_exists (fixture->root, "home/alice/Pictures/a(1).jpg"));
}

static void
test_the_old_one_can_have_the_name (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *home = jobs_path (fixture, "home");
  g_autoptr(GHashTable) inodes = jobs_inodes (home);

  NEEDS_ACCOUNTS ();
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "restore", ENABLE ",\"conflict\":\"keep-old\"");
  assert_content (fixture, "home/alice/data", "data of alice");
  assert_content (fixture, "home/alice/Documents/letter.txt", "Dear Bob");
  assert_content (fixture, "home/alice/Documents/today.txt", "today");
  assert_false (moor_test_exists (fixture->root, "home/alice/data(1)"));
  jobs_assert_inodes_have_names (inodes, fixture->root);
}

static void
test_the_new_one_can_have_the_name (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *home = jobs_path (fixture, "home");
  g_autoptr(GHashTable) inodes = jobs_inodes (home);

  NEEDS_ACCOUNTS ();
  jobs_must (fixture, MOOR_EXIT_DIFFERENCES, "restore", ENABLE ",\"conflict\":\"keep-new\"");
  assert_content (fixture, "home/alice/data", "data of today");
  assert_false (moor_test_exists (fixture->root, "home/alice/data(1)"));
  assert_true (moor_test_exists (fixture->root, "home/alice/.bashrc"));
  jobs_assert_inodes_have_names (inodes, fixture->root);
}

static void
test_a_folder_that_meets_a_file_gets_another_name (void **state)
{
  JobsFixture *fixture = *state;
  g_autoptr(JsonObject) result = NULL;
  JsonObject *verification;

  NEEDS_ACCOUNTS ();
  jobs_remove (fixture, "home/alice/Documents");
  jobs_write (fixture, "home/alice/Documents", "a file", JOBS_ALICE);
  result = jobs_run (fixture, MOOR_EXIT_COMPLETE, "restore", ENABLE);
  verification = json_object_get_object_member (result, "verification");
  assert_content (fixture, "home/alice/Documents", "a file");
  assert_content (fixture, "home/alice/Documents(1)/letter.txt", "Dear Bob");
  assert_content (fixture, "home/alice/Documents(1)/old/tax.txt", "0");
  assert_true (jobs_differs (verification, "Documents", "renamed"));
  assert_true (json_object_get_boolean_member (verification, "clean"));
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", NULL);

  jobs_remove (fixture, "home/alice/Documents(1)/old/tax.txt");
  json_object_unref (result);
  result = jobs_run (fixture, MOOR_EXIT_DIFFERENCES, "verify", NULL);
  assert_true (jobs_differs (result, "Documents/old/tax.txt", "missing"));
}

static void
test_a_file_that_meets_a_folder_gets_another_name (void **state)
{
  JobsFixture *fixture = *state;
  g_autoptr(JsonObject) result = NULL;

  NEEDS_ACCOUNTS ();
  jobs_remove (fixture, "home/alice/data");
  jobs_write (fixture, "home/alice/data/inside", "inside", JOBS_ALICE);
  result = jobs_run (fixture, MOOR_EXIT_COMPLETE, "restore", ENABLE);
  assert_content (fixture, "home/alice/data/inside", "inside");
  assert_content (fixture, "home/alice/data(1)", "data of alice");
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", NULL);
}

static void
test_the_longest_names_can_collide (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *filler = g_strnfill (251, 'x');
  g_autofree char *letters = g_strnfill (255, 'x');
  g_autofree char *with_suffix = g_strconcat ("home/alice/", filler, ".txt", NULL);
  g_autofree char *plain = g_strconcat ("home/alice/", letters, NULL);
  g_autoptr(GString) wide = g_string_new ("home/alice/");
  const char *names[3];

  NEEDS_ACCOUNTS ();
  for (guint i = 0; i < 127; i++)
    g_string_append (wide, "é");
  names[0] = with_suffix;
  names[1] = plain;
  names[2] = wide->str;
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "rollback", NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    jobs_write (fixture, names[i], "of before", JOBS_ALICE);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", "\"resume\":true");
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "set-aside", NULL);
  jobs_unpack_image (fixture);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    jobs_write (fixture, names[i], "of today", JOBS_ALICE);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "restore", ENABLE);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    assert_content (fixture, names[i], "of today");
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", NULL);
}

/* What is in a home that has a mount in it cannot be exchanged: it is merged. */
static void
test_a_home_with_a_mount_is_merged_in_place (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *home = jobs_path (fixture, "home");
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  g_autoptr(JsonObject) result = NULL;

  NEEDS_ACCOUNTS ();
  jobs_mount (fixture, "home/alice/mnt", "-t", "tmpfs", "tmpfs", NULL);
  result = jobs_run (fixture, MOOR_EXIT_EXCEPTIONS, "restore", ENABLE);
  assert_string_equal (jobs_how (result, "alice"), "in-place");
  assert_true (jobs_has_issue (fixture, MOOR_CAUSE_KEPT_IN_PLACE, "/home/alice"));
  assert_content (fixture, "home/alice/data", "data of today");
  assert_content (fixture, "home/alice/data(1)", "data of alice");
  assert_content (fixture, "home/alice/Documents/letter(2).txt", "Dear Bob");

  before = jobs_tree (home, NULL, JOBS_TREE_INODES);
  jobs_must (fixture, MOOR_EXIT_EXCEPTIONS, "restore", ENABLE);
  after = jobs_tree (home, NULL, JOBS_TREE_INODES);
  jobs_assert_trees (before, after);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_both_are_kept, setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_equal_content_is_no_collision, setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_the_old_one_can_have_the_name, setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_the_new_one_can_have_the_name, setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_folder_that_meets_a_file_gets_another_name, setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_file_that_meets_a_folder_gets_another_name, setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_the_longest_names_can_collide, setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_home_with_a_mount_is_merged_in_place, setup,
                                     jobs_teardown),
  };

  return cmocka_run_group_tests_name ("core/merge", tests, NULL, NULL);
}
