/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs-fixture.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENABLE "\"enable-accounts\":true"

/* Captured and set aside, with a new system in its place. */
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
  return 0;
}

/* The old home as it was: caches are not restored. */
static char *
old_home (const JobsFixture *fixture, const char *name, JobsTreeFlags flags)
{
  g_autofree char *path = g_build_filename (fixture->store, "old-system/home", name, NULL);

  return jobs_tree (path, ".cache", flags);
}

static void
assert_home_is_back (const JobsFixture *fixture, const char *name)
{
  g_autofree char *path = g_build_filename (fixture->root, "home", name, NULL);
  g_autofree char *before = old_home (fixture, name, JOBS_TREE_INODES);
  g_autofree char *after = jobs_tree (path, ".cache", JOBS_TREE_INODES);

  jobs_assert_trees (before, after);
}

static gboolean
has_line (const JobsFixture *fixture, const char *file, const char *beginning)
{
  g_autofree char *text = moor_test_read (fixture->root, file);
  g_auto(GStrv) lines = g_strsplit (text != NULL ? text : "", "\n", -1);

  for (char **line = lines; *line != NULL; line++)
    {
      if (g_str_has_prefix (*line, beginning))
        return TRUE;
    }
  return FALSE;
}

static void
test_homes_and_accounts_are_back (void **state)
{
  JobsFixture *fixture = *state;
  g_autoptr(JsonObject) result = NULL;
  JsonObject *verification;

  NEEDS_ACCOUNTS ();
  result = jobs_run (fixture, MOOR_EXIT_COMPLETE, "restore", ENABLE);
  assert_home_is_back (fixture, "alice");
  assert_home_is_back (fixture, "bob");
  assert_string_equal (jobs_how (result, "alice"), "new");
  assert_true (has_line (fixture, "etc/passwd", "alice:x:1000:1000:Alice Archer,,,:/home/alice:"));
  assert_true (has_line (fixture, "etc/shadow", "alice:" JOBS_HASH ":"));
  verification = json_object_get_object_member (result, "verification");
  assert_true (json_object_get_boolean_member (verification, "clean"));
  assert_false (fixture->fraction_fell);
}

static void
test_repeating_it_changes_nothing (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *home = jobs_path (fixture, "home");
  g_autoptr(JsonObject) result = NULL;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  NEEDS_ACCOUNTS ();
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "restore", ENABLE);
  before = jobs_tree (home, NULL, JOBS_TREE_INODES);
  result = jobs_run (fixture, MOOR_EXIT_COMPLETE, "restore", ENABLE);
  after = jobs_tree (home, NULL, JOBS_TREE_INODES);
  jobs_assert_trees (before, after);
  assert_string_equal (jobs_how (result, "alice"), "already");
}

static void
test_missing_accounts_are_refused_before_any_change (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  NEEDS_ACCOUNTS ();
  before = jobs_tree (fixture->root, "StateStore/s1", JOBS_TREE_INODES);
  jobs_must (fixture, MOOR_EXIT_REFUSED, "restore", NULL);
  assert_non_null (strstr (fixture->message, "alice, bob"));
  after = jobs_tree (fixture->root, "StateStore/s1", JOBS_TREE_INODES);
  jobs_assert_trees (before, after);
}

static void
test_accounts_can_be_made_locked (void **state)
{
  JobsFixture *fixture = *state;

  NEEDS_ACCOUNTS ();
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "restore", "\"create-accounts\":true");
  assert_false (has_line (fixture, "etc/shadow", "alice:" JOBS_HASH));
  assert_true (has_line (fixture, "etc/shadow", "alice:"));
}

static void
test_a_rehearsal_changes_nothing (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  NEEDS_ACCOUNTS ();
  before = jobs_tree (fixture->root, "StateStore/s1", JOBS_TREE_INODES);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "restore", ENABLE ",\"dry-run\":true");
  after = jobs_tree (fixture->root, "StateStore/s1", JOBS_TREE_INODES);
  jobs_assert_trees (before, after);
  assert_false (moor_test_exists (fixture->root, "home/alice"));
}

static void
test_one_person_now_and_another_later (void **state)
{
  JobsFixture *fixture = *state;

  NEEDS_ACCOUNTS ();
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "restore", ENABLE ",\"users\":[\"alice\"]");
  assert_home_is_back (fixture, "alice");
  assert_false (moor_test_exists (fixture->root, "home/bob"));
  assert_false (has_line (fixture, "etc/passwd", "bob:"));
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "restore", ENABLE);
  assert_home_is_back (fixture, "bob");
}

static void
test_a_skeleton_is_exchanged_and_kept (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *home = jobs_path (fixture, "home");
  g_autoptr(JsonObject) result = NULL;
  g_autoptr(GHashTable) inodes = NULL;

  NEEDS_ACCOUNTS ();
  jobs_write (fixture, "home/alice/.profile", "# profile\n", JOBS_ALICE);
  inodes = jobs_inodes (home);
  result = jobs_run (fixture, MOOR_EXIT_COMPLETE, "restore", ENABLE);
  assert_string_equal (jobs_how (result, "alice"), "exchanged");
  assert_home_is_back (fixture, "alice");
  jobs_assert_inodes_have_names (inodes, fixture->root);
}

static void
test_a_moved_home_is_the_store_s_own_tree (void **state)
{
  JobsFixture *fixture = *state;
  g_autoptr(JsonObject) result = NULL;
  g_autofree char *tree = NULL;

  NEEDS_ACCOUNTS ();
  result = jobs_run (fixture, MOOR_EXIT_COMPLETE, "restore", ENABLE ",\"move\":true");
  tree = g_build_filename (fixture->store, "tree", fixture->root, "home/alice", NULL);
  assert_string_equal (jobs_how (result, "alice"), "moved");
  assert_home_is_back (fixture, "alice");
  assert_false (moor_test_exists (tree, ""));
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", NULL);
  jobs_remove (fixture, "home/alice/data");
  jobs_must (fixture, MOOR_EXIT_DIFFERENCES, "verify", NULL);
}

static void
test_moving_into_a_home_that_is_used_links_instead (void **state)
{
  JobsFixture *fixture = *state;
  g_autoptr(JsonObject) result = NULL;

  NEEDS_ACCOUNTS ();
  jobs_write (fixture, "home/alice/work", "of today", JOBS_ALICE);
  result = jobs_run (fixture, MOOR_EXIT_COMPLETE, "restore", ENABLE ",\"move\":true");
  assert_string_equal (jobs_how (result, "alice"), "exchanged");
  assert_string_equal (jobs_how (result, "bob"), "moved");
  assert_true (moor_test_exists (fixture->root, "home/alice/work"));
  assert_true (moor_test_exists (fixture->root, "home/alice/data"));
}

static void
test_a_home_never_set_aside_is_found_in_place (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  g_autoptr(JsonObject) result = NULL;

  NEEDS_ACCOUNTS ();
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "rollback", NULL);
  before = jobs_tree (fixture->root, "StateStore/s1", JOBS_TREE_INODES);
  result = jobs_run (fixture, MOOR_EXIT_COMPLETE, "restore", NULL);
  after = jobs_tree (fixture->root, "StateStore/s1", JOBS_TREE_INODES);
  jobs_assert_trees (before, after);
  assert_string_equal (jobs_how (result, "alice"), "already");
}

static void
test_a_deleted_file_comes_back_alone (void **state)
{
  static const char *const paths[] = { "\"Documents/letter.txt\"", "\"Documents/\"",
                                       "\"/home/alice/Documents\"", "\"/home/alice/Documents/\"" };
  JobsFixture *fixture = *state;

  NEEDS_ACCOUNTS ();
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "rollback", NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autofree char *members = g_strdup_printf ("\"paths\":[%s],\"users\":[\"alice\"]", paths[i]);
      guint64 ino = moor_test_inode (fixture->root, "home/alice/Documents/letter.txt");

      jobs_remove (fixture, "home/alice/Documents");
      jobs_remove (fixture, "home/alice/data");
      jobs_must (fixture, MOOR_EXIT_COMPLETE, "restore", members);
      assert_int_equal (moor_test_inode (fixture->root, "home/alice/Documents/letter.txt"), ino);
      assert_false (moor_test_exists (fixture->root, "home/alice/data"));
      assert_int_equal (moor_test_exists (fixture->root, "home/alice/Documents/old"), i > 0);
    }
}

static void
test_a_path_that_is_in_no_store_is_told (void **state)
{
  JobsFixture *fixture = *state;

  NEEDS_ACCOUNTS ();
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "rollback", NULL);
  jobs_must (fixture, MOOR_EXIT_EXCEPTIONS, "restore", "\"paths\":[\"Documents/typo.txt\"]");
  assert_true (jobs_has_issue (fixture, MOOR_CAUSE_MISSING, "Documents/typo.txt"));
}

/* Giving a single file back says nothing about the whole: the refresh goes on. */
static void
test_after_a_single_file_the_system_can_still_be_set_aside (void **state)
{
  JobsFixture *fixture = *state;

  NEEDS_ACCOUNTS ();
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "rollback", NULL);
  jobs_remove (fixture, "home/alice/data");
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "restore", "\"paths\":[\"data\"],\"users\":[\"alice\"]");
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "set-aside", NULL);
}

static void
test_nobody_else_can_look_into_a_home_meanwhile (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *replaced = g_build_filename (fixture->store, "replaced", NULL);
  struct stat st;

  NEEDS_ACCOUNTS ();
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "restore", ENABLE);
  assert_int_equal (stat (replaced, &st), 0);
  assert_int_equal (st.st_mode & 0777, 0700);
  assert_int_equal (st.st_uid, 0);
}

static void
test_an_unfinished_store_gives_nothing_back (void **state)
{
  JobsFixture *fixture = *state;

  NEEDS_ACCOUNTS ();
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "rollback", NULL);
  fixture->cancellable = g_cancellable_new ();
  g_cancellable_cancel (fixture->cancellable);
  jobs_must (fixture, MOOR_EXIT_CANCELLED, "capture", "\"resume\":true");
  g_clear_object (&fixture->cancellable);
  jobs_must (fixture, MOOR_EXIT_REFUSED, "restore", NULL);
}

static void
test_a_map_has_to_make_sense (void **state)
{
  static const char *const maps[] = { "alice",     "alice:",   ":x",       "nobody:x",
                                      "alice:a/b", "alice:..", "alice:x:y" };
  JobsFixture *fixture = *state;

  for (gsize i = 0; i < G_N_ELEMENTS (maps); i++)
    {
      g_autofree char *members = g_strdup_printf ("\"map\":[\"%s\"]", maps[i]);

      jobs_must (fixture, MOOR_EXIT_USAGE, "restore", members);
    }
  jobs_must (fixture, MOOR_EXIT_USAGE, "restore", "\"conflict\":\"flip-a-coin\"");
}

/* A home that somebody moved away after it came back can come back again. */
static void
test_a_restored_home_that_is_gone_comes_back_once_more (void **state)
{
  JobsFixture *fixture = *state;

  NEEDS_ACCOUNTS ();
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "restore", ENABLE);
  jobs_remove (fixture, "home/alice");
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "restore", ENABLE);
  assert_home_is_back (fixture, "alice");
}

/* What somebody removed or made anew must not leave an undo without an end. */
static void
test_undo_ends_though_a_restored_home_was_removed (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *anew = jobs_path (fixture, "home/anew");
  g_autofree char *bob = jobs_path (fixture, "home/bob");

  NEEDS_ACCOUNTS ();
  jobs_add_people (fixture);
  jobs_write (fixture, "home/alice/today", "today", JOBS_ALICE);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "restore", NULL);
  jobs_remove (fixture, "home/alice");
  /* Made first, or it might get the number of the one that is removed. */
  jobs_write (fixture, "home/anew/made", "anew", JOBS_BOB);
  jobs_remove (fixture, "home/bob");
  assert_int_equal (rename (anew, bob), 0);
  jobs_must (fixture, MOOR_EXIT_REFUSED, "undo", NULL);
  assert_true (moor_test_exists (fixture->root, "home/bob/made"));
  jobs_remove (fixture, "home/bob");
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "undo", NULL);
  assert_true (moor_test_exists (fixture->root, "home/alice/today"));
  assert_false (moor_test_exists (fixture->root, "home/alice/Documents"));
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "restore", NULL);
  assert_true (moor_test_exists (fixture->root, "home/alice/Documents"));
}

/* Undo would find neither of two people in one home, and only one of two homes. */
static void
test_everybody_has_one_home_of_the_own (void **state)
{
  JobsFixture *fixture = *state;

  NEEDS_ACCOUNTS ();
  jobs_must (fixture, MOOR_EXIT_REFUSED, "restore",
             ENABLE ",\"map\":[\"alice:alina\",\"bob:alina\"]");
  jobs_must (fixture, MOOR_EXIT_REFUSED, "restore", ENABLE ",\"map\":[\"alice:bob\"]");
  assert_false (moor_test_exists (fixture->root, "home/alice"));

  jobs_must (fixture, MOOR_EXIT_COMPLETE, "restore",
             ENABLE ",\"users\":[\"alice\"],\"map\":[\"alice:alina\"]");
  jobs_must (fixture, MOOR_EXIT_REFUSED, "restore", ENABLE ",\"users\":[\"alice\"]");
  jobs_must (fixture, MOOR_EXIT_REFUSED, "restore",
             ENABLE ",\"users\":[\"bob\"],\"map\":[\"bob:alina\"]");
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "undo", NULL);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "restore",
             ENABLE ",\"users\":[\"bob\"],\"map\":[\"bob:bert\"]");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_homes_and_accounts_are_back, setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_repeating_it_changes_nothing, setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_missing_accounts_are_refused_before_any_change, setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_accounts_can_be_made_locked, setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_rehearsal_changes_nothing, setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_one_person_now_and_another_later, setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_skeleton_is_exchanged_and_kept, setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_moved_home_is_the_store_s_own_tree, setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_moving_into_a_home_that_is_used_links_instead, setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_home_never_set_aside_is_found_in_place, setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_deleted_file_comes_back_alone, setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_path_that_is_in_no_store_is_told, setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_after_a_single_file_the_system_can_still_be_set_aside,
                                     setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_nobody_else_can_look_into_a_home_meanwhile, setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_an_unfinished_store_gives_nothing_back, setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_map_has_to_make_sense, setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_undo_ends_though_a_restored_home_was_removed, setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_everybody_has_one_home_of_the_own, setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_restored_home_that_is_gone_comes_back_once_more, setup,
                                     jobs_teardown),
  };

  return cmocka_run_group_tests_name ("core/restore", tests, NULL, NULL);
}
