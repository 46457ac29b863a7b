/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs-fixture.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "moor-fd.h"

static char *
in_store (const JobsFixture *fixture, const char *below_root)
{
  return g_build_filename (fixture->store, "tree", fixture->root, below_root, NULL);
}

static guint64
inode_in_store (const JobsFixture *fixture, const char *below_root)
{
  g_autofree char *path = in_store (fixture, below_root);

  return moor_test_inode (path, "");
}

/* Whether one of the files that were moved aside holds @content. */
static gboolean
is_kept_aside (const JobsFixture *fixture, guint64 ino)
{
  g_autofree char *path = g_build_filename (fixture->store, "replaced", "saved-anew", NULL);
  g_autoptr(GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      if (moor_test_inode (path, name) == ino)
        return TRUE;
    }
  return FALSE;
}

static void
test_what_was_saved_anew_is_linked_anew (void **state)
{
  JobsFixture *fixture = *state;
  guint64 earlier = moor_test_inode (fixture->root, "home/alice/Documents/letter.txt");
  g_autoptr(JsonObject) result = NULL;

  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", NULL);
  jobs_write (fixture, "home/alice/Documents/letter.txt", "Dear Bob, once more", JOBS_ALICE);
  jobs_write (fixture, "home/alice/Documents/new.txt", "new", JOBS_ALICE);
  result = jobs_run (fixture, MOOR_EXIT_COMPLETE, "capture", "\"resume\":true");

  assert_int_equal (inode_in_store (fixture, "home/alice/Documents/letter.txt"),
                    moor_test_inode (fixture->root, "home/alice/Documents/letter.txt"));
  assert_int_equal (inode_in_store (fixture, "home/alice/Documents/new.txt"),
                    moor_test_inode (fixture->root, "home/alice/Documents/new.txt"));
  assert_true (is_kept_aside (fixture, earlier));
  assert_int_equal (jobs_number (result, "superseded"), 1);
  assert_int_equal (jobs_number (result, "already"), 8);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", NULL);
}

static void
test_what_was_edited_in_place_is_recorded_anew (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *path = jobs_path (fixture, "home/bob/notes.txt");
  FILE *file;

  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", NULL);
  file = fopen (path, "ae");
  assert_non_null (file);
  fputs ("more", file);
  fclose (file);
  jobs_must (fixture, MOOR_EXIT_DIFFERENCES, "verify", NULL);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", "\"resume\":true");
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", NULL);
}

static void
test_what_was_deleted_is_kept_aside (void **state)
{
  JobsFixture *fixture = *state;
  guint64 ino = moor_test_inode (fixture->root, "home/alice/data");
  g_autoptr(GHashTable) inodes = jobs_inodes (fixture->root);

  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", NULL);
  jobs_remove (fixture, "home/alice/data");
  jobs_remove (fixture, "home/bob/music");
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", "\"resume\":true");
  assert_int_equal (inode_in_store (fixture, "home/alice/data"), 0);
  assert_int_equal (inode_in_store (fixture, "home/bob/music"), 0);
  assert_true (is_kept_aside (fixture, ino));
  jobs_assert_inodes_have_names (inodes, fixture->root);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", NULL);
}

static void
test_a_file_that_became_a_folder_and_the_reverse (void **state)
{
  JobsFixture *fixture = *state;
  g_autoptr(GHashTable) inodes = jobs_inodes (fixture->root);

  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", NULL);
  jobs_remove (fixture, "home/alice/data");
  jobs_write (fixture, "home/alice/data/inside", "x", JOBS_ALICE);
  jobs_remove (fixture, "home/alice/Documents");
  jobs_write (fixture, "home/alice/Documents", "a file now", JOBS_ALICE);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", "\"resume\":true");
  assert_int_equal (inode_in_store (fixture, "home/alice/data/inside"),
                    moor_test_inode (fixture->root, "home/alice/data/inside"));
  assert_int_equal (inode_in_store (fixture, "home/alice/Documents"),
                    moor_test_inode (fixture->root, "home/alice/Documents"));
  jobs_assert_inodes_have_names (inodes, fixture->root);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", NULL);
}

static void
test_nothing_new_changes_nothing (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *tree = g_build_filename (fixture->store, "tree", NULL);
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", NULL);
  before = jobs_tree (tree, NULL, JOBS_TREE_INODES);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", "\"resume\":true");
  after = jobs_tree (tree, NULL, JOBS_TREE_INODES);
  jobs_assert_trees (before, after);
}

/* Who is in the store stays in it, whoever is named the second time. */
static void
test_nobody_falls_out_of_a_store (void **state)
{
  JobsFixture *fixture = *state;
  g_autoptr(JsonObject) result = NULL;

  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", "\"users\":[\"alice\"]");
  assert_int_equal (inode_in_store (fixture, "home/bob"), 0);
  result = jobs_run (fixture, MOOR_EXIT_COMPLETE, "capture", "\"users\":[\"bob\"],\"resume\":true");
  assert_int_equal (jobs_number (result, "files"), 9);
  assert_true (inode_in_store (fixture, "home/bob/notes.txt") != 0);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", NULL);
}

static void
test_a_store_somebody_works_on_is_busy (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *marker = g_build_filename (fixture->store, "MOORING", NULL);
  static const char *const operations[] = { "capture", "verify", "restore", "undo", "delete" };
  g_auto(MoorFd) fd = -1;

  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", NULL);
  fd = open (marker, O_RDWR | O_CLOEXEC);
  assert_int_equal (flock (fd, LOCK_EX | LOCK_NB), 0);
  for (gsize i = 0; i < G_N_ELEMENTS (operations); i++)
    jobs_must (fixture, MOOR_EXIT_BUSY, operations[i], "\"resume\":true");
}

static void
test_overwriting_needs_the_files_to_have_other_names (void **state)
{
  JobsFixture *fixture = *state;
  g_autoptr(GHashTable) inodes = jobs_inodes (fixture->root);

  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", NULL);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", "\"overwrite\":true");
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", NULL);
  jobs_remove (fixture, "home/alice/data");
  jobs_must (fixture, MOOR_EXIT_REFUSED, "capture", "\"overwrite\":true");
  assert_true (inode_in_store (fixture, "home/alice/data") != 0);
  jobs_assert_inodes_have_names (inodes, fixture->root);
}

/* A person who has nothing but a folder with the name of the store loses nothing. */
static void
test_a_folder_that_is_no_store_is_left_alone (void **state)
{
  JobsFixture *fixture = *state;

  moor_test_write (fixture->store, "precious", "mine");
  jobs_must (fixture, MOOR_EXIT_REFUSED, "capture", NULL);
  jobs_must (fixture, MOOR_EXIT_REFUSED, "capture", "\"overwrite\":true");
  assert_true (moor_test_exists (fixture->store, "precious"));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_what_was_saved_anew_is_linked_anew, jobs_setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_what_was_edited_in_place_is_recorded_anew, jobs_setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_what_was_deleted_is_kept_aside, jobs_setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_file_that_became_a_folder_and_the_reverse, jobs_setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_nothing_new_changes_nothing, jobs_setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_nobody_falls_out_of_a_store, jobs_setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_store_somebody_works_on_is_busy, jobs_setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_overwriting_needs_the_files_to_have_other_names,
                                     jobs_setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_folder_that_is_no_store_is_left_alone, jobs_setup,
                                     jobs_teardown),
  };

  return cmocka_run_group_tests_name ("core/capture-again", tests, NULL, NULL);
}
