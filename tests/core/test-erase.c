/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs-fixture.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "moor-last-copies.h"

/* What is about to be removed: what it holds the last names of, and what a
 * removal that was cut off leaves. */

static int
refuse_to_unlink (int dfd, const char *path, int flags)
{
  errno = EIO;
  return -1;
}

/* A system with a second volume, where carol has her home. */
typedef struct
{
  JobsFixture *fixture;
  MoorTestVolume second;
} TwoVolumes;

static int
setup_two (void **state)
{
  TwoVolumes *two = g_new0 (TwoVolumes, 1);

  *state = two;
  if (!moor_test_can_mount ("ext4"))
    return 0;
  two->fixture = jobs_fixture_new ("ext4", 32);
  return moor_test_volume_new (two->fixture->root, "two", "ext4", 32, &two->second) ? 0 : -1;
}

static int
teardown_two (void **state)
{
  TwoVolumes *two = *state;

  moor_test_volume_free (&two->second);
  if (two->fixture != NULL)
    jobs_fixture_free (two->fixture);
  g_free (two);
  return 0;
}

static void
test_a_deletion_ends_though_a_part_is_gone_already (void **state)
{
  static MoorSys sys;
  const TwoVolumes *two = *state;
  JobsFixture *fixture = two->fixture;
  g_autofree char *part = NULL;
  g_autofree char *home = NULL;

  if (fixture == NULL)
    {
      moor_test_skip ("ext4 cannot be mounted here");
      return;
    }
  home = g_build_filename (two->second.mount_point, "carol", NULL);
  moor_test_write (home, "file", "carols");
  jobs_command ("chown", "-R", "1002:1002", home, NULL);
  jobs_command ("sh", "-c", "echo 'carol:x:1002:1002::/two/carol:/bin/sh' >> \"$0/etc/passwd\"",
                fixture->root, NULL);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", NULL);
  part = g_build_filename (two->second.mount_point, "StateStore", NULL);
  assert_true (g_file_test (part, G_FILE_TEST_IS_DIR));

  sys = *moor_sys_posix ();
  sys.unlinkat = refuse_to_unlink;
  fixture->sys = &sys;
  jobs_must (fixture, MOOR_EXIT_REFUSED, "delete", NULL);
  fixture->sys = NULL;
  /* As if that was how far it had come. */
  jobs_command ("rm", "-rf", part, NULL);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "delete", NULL);
  assert_false (g_file_test (fixture->store, G_FILE_TEST_EXISTS));
}

static guint
by_root (guint root, const char *dir, const char *name, const struct statx *stx, gpointer user_data)
{
  return ((const guint *) user_data)[root];
}

static int
open_dir (const char *dir, const char *name)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);
  int fd = moor_open_dir (NULL, path, NULL);

  assert_true (fd >= 0);
  return fd;
}

/* Whichever tree is seen first, what is lost counts where it matters most. */
static void
test_an_object_of_two_classes_is_of_the_more_precious_one (void **state)
{
  static const guint orders[][2] = { { 1, 5 }, { 5, 1 } };
  char *dir = moor_test_dir_new ();
  g_autofree char *from = g_build_filename (dir, "one/file", NULL);
  g_autofree char *to = g_build_filename (dir, "two/file", NULL);

  moor_test_write (dir, "one/file", "content");
  moor_test_write (dir, "two/other", "other");
  assert_int_equal (link (from, to), 0);
  for (gsize i = 0; i < G_N_ELEMENTS (orders); i++)
    {
      MoorWalkRoot roots[] = { { .dfd = open_dir (dir, "one"), .mirror_dfd = -1, .name = "one" },
                               { .dfd = open_dir (dir, "two"), .mirror_dfd = -1, .name = "two" } };
      g_autoptr(MoorJob) job = moor_job_new ("test", NULL, NULL, NULL);
      MoorLastCopies classes[MOOR_MAX_CLASSES];
      g_autoptr(GError) error = NULL;
      guint n_other = orders[i][1];

      assert_true (
          moor_last_copies_count (job, roots, 2, by_root, (gpointer) orders[i], classes, &error));
      assert_no_gerror (error);
      assert_int_equal (classes[5].n_last, n_other == 5 ? 2 : 1);
      assert_int_equal (classes[1].n_last, n_other == 5 ? 0 : 1);
      (void) close (roots[0].dfd);
      (void) close (roots[1].dfd);
    }
  moor_test_dir_free (dir);
}

/* Sets aside, installs another system, restores, and tries to give all up. */
static MoorExit
accept_after (JobsFixture *fixture, const char *capture, const char *late)
{
  g_autoptr(JsonObject) result = NULL;

  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", capture);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "set-aside", NULL);
  if (late != NULL)
    moor_test_write (fixture->store, late, "saved at the last moment");
  jobs_unpack_image (fixture);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "restore", "\"enable-accounts\":true");
  return jobs_try (fixture, "accept", NULL, &result);
}

static void
test_accepting_asks_before_it_loses_a_home_that_was_not_captured (void **state)
{
  JobsFixture *fixture = *state;

  NEEDS_ACCOUNTS ();
  jobs_command ("sh", "-c",
                "mkdir -p \"$0/usr/people\" && mv \"$0/home/bob\" \"$0/usr/people/bob\" && "
                "sed -i 's|/home/bob|/usr/people/bob|' \"$0/etc/passwd\"",
                fixture->root, NULL);
  assert_int_equal (accept_after (fixture, "\"exclude-users\":[\"bob\"]", NULL), MOOR_EXIT_REFUSED);
  assert_true (moor_test_exists (fixture->store, "old-system/usr/people/bob/notes.txt"));
}

static void
test_accepting_asks_when_home_was_a_link (void **state)
{
  JobsFixture *fixture = *state;

  NEEDS_ACCOUNTS ();
  jobs_command ("sh", "-c", "mv \"$0/home\" \"$0/var/home\" && ln -s var/home \"$0/home\"",
                fixture->root, NULL);
  assert_int_equal (accept_after (fixture, "\"exclude-users\":[\"bob\"]", NULL), MOOR_EXIT_REFUSED);
  assert_true (moor_test_exists (fixture->store, "old-system/var/home/bob/notes.txt"));
}

static void
test_accepting_asks_before_it_loses_a_file_saved_after_the_capture (void **state)
{
  JobsFixture *fixture = *state;

  NEEDS_ACCOUNTS ();
  assert_int_equal (accept_after (fixture, NULL, "old-system/home/alice/late.txt"),
                    MOOR_EXIT_REFUSED);
  assert_true (moor_test_exists (fixture->store, "old-system/home/alice/late.txt"));
}

/* How many last copies of a class accepting would lose. */
static gint64
count_lost (JobsFixture *fixture, const char *class)
{
  g_autoptr(JsonObject)
                 result = jobs_run (fixture, MOOR_EXIT_COMPLETE, "accept", "\"dry-run\":true");
  JsonArray *classes = json_object_get_array_member (result, "classes");

  for (guint i = 0; i < json_array_get_length (classes); i++)
    {
      JsonObject *entry = json_array_get_object_element (classes, i);

      if (g_str_equal (json_object_get_string_member (entry, "class"), class))
        return jobs_number (entry, "last-copies");
    }
  return 0;
}

static void
test_a_cache_of_somebody_who_is_back_is_told_as_one (void **state)
{
  JobsFixture *fixture = *state;

  NEEDS_ACCOUNTS ();
  (void) accept_after (fixture, NULL, "old-system/home/alice/.cache/late");
  assert_true (count_lost (fixture, "caches") > 0);
  assert_int_equal (count_lost (fixture, "back"), 0);
}

static void
test_what_was_copied_is_not_lost_with_the_old_system (void **state)
{
  JobsFixture *fixture = *state;

  NEEDS_ACCOUNTS ();
  (void) accept_after (fixture, "\"method\":\"copy\"", NULL);
  assert_int_equal (count_lost (fixture, "back"), 0);
}

static void
test_accepting_asks_about_the_data_of_any_service (void **state)
{
  JobsFixture *fixture = *state;

  NEEDS_ACCOUNTS ();
  jobs_write (fixture, "var/lib/some-service/data", "years of work", 0);
  assert_int_equal (accept_after (fixture, NULL, NULL), MOOR_EXIT_REFUSED);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_a_deletion_ends_though_a_part_is_gone_already, setup_two,
                                     teardown_two),
    cmocka_unit_test_setup_teardown (
        test_accepting_asks_before_it_loses_a_home_that_was_not_captured, jobs_setup,
        jobs_teardown),
    cmocka_unit_test_setup_teardown (test_accepting_asks_when_home_was_a_link, jobs_setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (
        test_accepting_asks_before_it_loses_a_file_saved_after_the_capture, jobs_setup,
        jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_cache_of_somebody_who_is_back_is_told_as_one,
                                     jobs_setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_what_was_copied_is_not_lost_with_the_old_system,
                                     jobs_setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_accepting_asks_about_the_data_of_any_service, jobs_setup,
                                     jobs_teardown),
    cmocka_unit_test (test_an_object_of_two_classes_is_of_the_more_precious_one),
  };

  return cmocka_run_group_tests_name ("core/erase", tests, NULL, NULL);
}
