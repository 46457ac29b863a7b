/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs-fixture.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where the store keeps @below_root. */
static char *
in_store (const JobsFixture *fixture, const char *below_root)
{
  /* The tree mirrors the volume, which begins above a root that is a mere folder. */
  const char *below_volume = fixture->volume.mount_point != NULL ? "" : fixture->root;

  return g_build_filename (fixture->store, "tree", below_volume, below_root, NULL);
}

static guint64
inode_in_store (const JobsFixture *fixture, const char *below_root)
{
  g_autofree char *path = in_store (fixture, below_root);

  return moor_test_inode (path, "");
}

static void
test_the_store_holds_the_very_files (void **state)
{
  static const char *const files[] = { "home/alice/.bashrc", "home/alice/Documents/old/tax.txt",
                                       "home/alice/Pictures/a.jpg", "home/alice/last",
                                       "home/bob/music/song.ogg" };
  JobsFixture *fixture = *state;
  g_autofree char *home = jobs_path (fixture, "home");
  g_autofree char *before = jobs_tree (home, NULL, JOBS_TREE_INODES);
  g_autoptr(JsonObject) result = jobs_run (fixture, MOOR_EXIT_COMPLETE, "capture", NULL);
  g_autofree char *after = jobs_tree (home, NULL, JOBS_TREE_INODES);

  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    {
      guint64 ino = moor_test_inode (fixture->root, files[i]);

      if (ino == 0 || inode_in_store (fixture, files[i]) != ino)
        fail_msg ("the store does not hold %s", files[i]);
    }
  jobs_assert_trees (before, after);
  assert_string_equal (json_object_get_string_member (result, "state"), "sealed");
  assert_int_equal (jobs_number (result, "files"), 9);
  assert_int_equal (jobs_number (result, "linked"), 9);
  assert_int_equal (jobs_number (result, "copied"), 0);
  assert_false (fixture->fraction_fell);
  assert_true (fixture->fraction > 0.99);
}

static void
test_hard_links_stay_hard_links (void **state)
{
  JobsFixture *fixture = *state;

  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", NULL);
  assert_true (inode_in_store (fixture, "home/alice/Pictures/a.jpg") != 0);
  assert_int_equal (inode_in_store (fixture, "home/alice/Pictures/a.jpg"),
                    inode_in_store (fixture, "home/alice/Pictures/b.jpg"));
}

static void
test_caches_are_left_out_and_counted (void **state)
{
  JobsFixture *fixture = *state;
  g_autoptr(JsonObject) result = jobs_run (fixture, MOOR_EXIT_COMPLETE, "capture", NULL);

  assert_int_equal (inode_in_store (fixture, "home/alice/.cache/thumbnails/one"), 0);
  assert_true (jobs_number (result, "excluded") > 0);
}

static void
test_directories_keep_their_attributes (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *folder = jobs_path (fixture, "home/alice/Documents");
  const struct timespec times[2] = { { 1500000000, 1 }, { 1400000000, 123456789 } };
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  g_autofree char *kept = NULL;

  assert_int_equal (chmod (folder, 02751), 0);
  jobs_command ("setfacl", "-m", "u:1001:rx,d:u:1001:rwx", folder, NULL);
  jobs_command ("setfattr", "-n", "user.colour", "-v", "blue", folder, NULL);
  assert_int_equal (utimensat (AT_FDCWD, folder, times, 0), 0);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", NULL);
  kept = in_store (fixture, "home/alice/Documents");
  before = jobs_tree (folder, NULL, JOBS_TREE_INODES);
  after = jobs_tree (kept, NULL, JOBS_TREE_INODES);
  jobs_assert_trees (before, after);
}

static void
test_every_kind_of_object_is_taken (void **state)
{
  JobsFixture *fixture = *state;
  static const char *const names[] = { "pipe", "socket", "null", "loop", "dangling", "empty" };
  g_autofree char *alice = jobs_path (fixture, "home/alice");

  if (geteuid () != 0)
    {
      moor_test_skip ("devices are made by root");
      return;
    }
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      static const mode_t modes[] = { S_IFIFO, S_IFSOCK, S_IFCHR, S_IFBLK };
      g_autofree char *path = g_build_filename (alice, names[i], NULL);

      if (i < G_N_ELEMENTS (modes))
        assert_int_equal (mknod (path, modes[i] | 0600, 0x103), 0);
      else if (i == 4)
        assert_int_equal (symlink ("nowhere", path), 0);
      else
        assert_int_equal (g_mkdir (path, 0700), 0);
    }
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_build_filename ("home/alice", names[i], NULL);

      assert_true (inode_in_store (fixture, path) != 0);
      if (i < 5)
        assert_int_equal (inode_in_store (fixture, path), moor_test_inode (fixture->root, path));
    }
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", NULL);
}

static void
test_any_name_is_taken (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *longest = g_strnfill (255, 'x');
  const char *const names[] = { "two\nlines", "bad\xff\xfeutf", " ",        "-rf",
                                "a\\x41b",    "tab\t",          "quote\"'", longest };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *file = g_build_filename ("home/alice/odd", names[i], NULL);
      g_autofree char *below = g_build_filename ("home/alice/folders", names[i], "file", NULL);

      jobs_write (fixture, file, names[i], JOBS_ALICE);
      jobs_write (fixture, below, names[i], JOBS_ALICE);
    }
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", NULL);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *file = g_build_filename ("home/alice/odd", names[i], NULL);

      assert_int_equal (inode_in_store (fixture, file), moor_test_inode (fixture->root, file));
    }
}

static void
test_a_tree_deeper_than_a_path_is_taken (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *alice = jobs_path (fixture, "home/alice");
  g_autofree char *name = g_strnfill (200, 'd');
  g_autoptr(JsonObject) result = NULL;
  int dfd = open (alice, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  for (guint depth = 0; depth < 40; depth++)
    {
      int below;

      assert_int_equal (mkdirat (dfd, name, 0755), 0);
      below = openat (dfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      assert_true (below >= 0);
      close (dfd);
      dfd = below;
    }
  close (openat (dfd, "treasure", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  close (dfd);
  result = jobs_run (fixture, MOOR_EXIT_COMPLETE, "capture", NULL);
  assert_int_equal (jobs_number (result, "files"), 10);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", NULL);
}

static void
test_an_empty_home_is_taken (void **state)
{
  JobsFixture *fixture = *state;

  jobs_remove (fixture, "home/bob/notes.txt");
  jobs_remove (fixture, "home/bob/music");
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", NULL);
  assert_true (inode_in_store (fixture, "home/bob") != 0);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", NULL);
}

static void
test_what_is_immutable_is_copied_and_said_so (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *fixed = jobs_path (fixture, "home/alice/data");
  g_autofree char *growing = jobs_path (fixture, "home/bob/notes.txt");

  if (geteuid () != 0)
    {
      moor_test_skip ("marking a file takes root");
      return;
    }
  jobs_command ("chattr", "+i", fixed, NULL);
  jobs_command ("chattr", "+a", growing, NULL);
  jobs_must (fixture, MOOR_EXIT_EXCEPTIONS, "capture", NULL);
  jobs_command ("chattr", "-i", fixed, NULL);
  jobs_command ("chattr", "-a", growing, NULL);
  assert_true (jobs_has_issue (fixture, MOOR_CAUSE_IMMUTABLE, "/home/alice/data"));
  assert_true (jobs_has_issue (fixture, MOOR_CAUSE_APPEND_ONLY, "/home/bob/notes.txt"));
  assert_true (inode_in_store (fixture, "home/alice/data") != 0);
  assert_true (inode_in_store (fixture, "home/alice/data")
               != moor_test_inode (fixture->root, "home/alice/data"));
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", NULL);
}

static void
test_a_file_with_too_many_names_is_copied (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *file = jobs_path (fixture, "home/alice/data");
  guint n = 1;

  for (;; n++)
    {
      g_autofree char *name = g_strdup_printf ("%s/srv/%u", fixture->root, n);

      if (link (file, name) < 0)
        break;
      if (n > 70000)
        {
          moor_test_skip ("this file system sets no limit that a test can reach");
          return;
        }
    }
  assert_int_equal (errno, EMLINK);
  jobs_must (fixture, MOOR_EXIT_EXCEPTIONS, "capture", NULL);
  assert_true (jobs_has_issue (fixture, MOOR_CAUSE_TOO_MANY_LINKS, "/home/alice/data"));
  assert_true (inode_in_store (fixture, "home/alice/data") != 0);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", NULL);
}

static void
remove_bob_cb (const MoorEvent *event, gpointer user_data)
{
  if (event->kind == MOOR_EVENT_PHASE && g_strcmp0 (event->phase, "link") == 0
      && g_strcmp0 (event->state, "started") == 0)
    jobs_remove (user_data, "home/bob");
}

static void
test_a_home_that_vanishes_meanwhile_stops_nobody_else (void **state)
{
  JobsFixture *fixture = *state;

  fixture->on_event = remove_bob_cb;
  fixture->user_data = fixture;
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", NULL);
  assert_true (inode_in_store (fixture, "home/alice/data") != 0);
  assert_true (jobs_has_issue (fixture, MOOR_CAUSE_VANISHED, "/home/bob"));
}

static void
test_a_second_run_finds_the_store_sealed (void **state)
{
  JobsFixture *fixture = *state;

  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", NULL);
  jobs_write (fixture, "home/alice/late", "too late", JOBS_ALICE);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", NULL);
  assert_int_equal (inode_in_store (fixture, "home/alice/late"), 0);
}

static void
test_nobody_to_capture_makes_no_store (void **state)
{
  JobsFixture *fixture = *state;

  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", "\"users\":[\"z*\"]");
  assert_false (moor_test_exists (fixture->store, ""));
}

static void
test_a_cancelled_capture_can_be_gone_on_with (void **state)
{
  JobsFixture *fixture = *state;

  fixture->cancellable = g_cancellable_new ();
  g_cancellable_cancel (fixture->cancellable);
  jobs_must (fixture, MOOR_EXIT_CANCELLED, "capture", NULL);
  g_clear_object (&fixture->cancellable);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", NULL);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", NULL);
}

static void
test_reflinks_or_copies_share_no_inode (void **state)
{
  static const char *const methods[] = { "\"method\":\"copy\"", "\"method\":\"reflink\"" };
  JobsFixture *fixture = *state;

  for (gsize i = 0; i < G_N_ELEMENTS (methods); i++)
    {
      jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", methods[i]);
      assert_true (inode_in_store (fixture, "home/alice/data") != 0);
      assert_true (inode_in_store (fixture, "home/alice/data")
                   != moor_test_inode (fixture->root, "home/alice/data"));
      jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", NULL);
      jobs_must (fixture, MOOR_EXIT_COMPLETE, "delete", "\"even-last-copies\":true");
    }
}

static void
test_a_method_that_does_not_exist_is_refused (void **state)
{
  jobs_must (*state, MOOR_EXIT_USAGE, "capture", "\"method\":\"magic\"");
  jobs_must (*state, MOOR_EXIT_USAGE, "capture", "\"method\":5");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_the_store_holds_the_very_files, jobs_setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_hard_links_stay_hard_links, jobs_setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_caches_are_left_out_and_counted, jobs_setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_directories_keep_their_attributes, jobs_setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_every_kind_of_object_is_taken, jobs_setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_any_name_is_taken, jobs_setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_tree_deeper_than_a_path_is_taken, jobs_setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_an_empty_home_is_taken, jobs_setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_what_is_immutable_is_copied_and_said_so, jobs_setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_file_with_too_many_names_is_copied, jobs_setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_home_that_vanishes_meanwhile_stops_nobody_else,
                                     jobs_setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_second_run_finds_the_store_sealed, jobs_setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_nobody_to_capture_makes_no_store, jobs_setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_cancelled_capture_can_be_gone_on_with, jobs_setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_reflinks_or_copies_share_no_inode, jobs_setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_method_that_does_not_exist_is_refused, jobs_setup,
                                     jobs_teardown),
  };

  return cmocka_run_group_tests_name ("core/capture", tests, NULL, NULL);
}
