/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs-fixture.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define NEW_UID 2000

static char *
old_home (const JobsFixture *fixture)
{
  g_autofree char *path = g_build_filename (fixture->store, "old-system/home/alice", NULL);

  return jobs_tree (path, ".cache", JOBS_TREE_INODES);
}

/* Alice has a program with setuid and one with capabilities, an ACL that names her, and a file
 * that belongs to the number she will get. */
static void
write_hard_cases (const JobsFixture *fixture)
{
  g_autofree char *setuid = jobs_path (fixture, "home/alice/bin/setuid");
  g_autofree char *capable = jobs_path (fixture, "home/alice/bin/capable");
  g_autofree char *shared = jobs_path (fixture, "home/alice/Documents");
  g_autofree char *foreign = jobs_path (fixture, "home/alice/foreign");
  g_autofree char *foreign_folder = jobs_path (fixture, "home/alice/others");

  jobs_write (fixture, "home/alice/bin/setuid", "s", JOBS_ALICE);
  jobs_write (fixture, "home/alice/bin/capable", "c", JOBS_ALICE);
  jobs_write (fixture, "home/alice/foreign", "f", JOBS_ALICE);
  jobs_write (fixture, "home/alice/others/file", "f", JOBS_ALICE);
  assert_int_equal (chown (foreign, NEW_UID, NEW_UID), 0);
  assert_int_equal (chown (foreign_folder, NEW_UID, NEW_UID), 0);
  assert_int_equal (chmod (setuid, 06755), 0);
  jobs_command ("setcap", "cap_net_raw+ep", capable, NULL);
  jobs_command ("setfacl", "-m", "u:1000:rwx,u:1001:r,d:u:1000:rwx", shared, NULL);
  jobs_command ("setfacl", "-m", "u:1000:rwx,u:1001:r", setuid, NULL);
}

/* A new system in which somebody else has alice's number. */
static int
setup (void **state)
{
  JobsFixture *fixture = jobs_fixture_new (NULL, 0);

  *state = fixture;
  if (!jobs_can_make_accounts ())
    return 0;
  write_hard_cases (fixture);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", NULL);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "set-aside", NULL);
  jobs_unpack_image (fixture);
  moor_test_write (fixture->root, "etc/passwd",
                   "root:x:0:0:root:/root:/bin/bash\n"
                   "carol:x:1000:1000::/home/carol:/bin/sh\n"
                   "alice:x:2000:2000:Alice:/home/alice:/bin/sh\n");
  moor_test_write (fixture->root, "etc/group", "root:x:0:\ncarol:x:1000:\nalice:x:2000:\n");
  moor_test_write (fixture->root, "etc/shadow",
                   "root:*:1::::::\ncarol:*:1::::::\nalice:*:1::::::\n");
  return 0;
}

#define RESTORE_ALICE "\"enable-accounts\":true,\"users\":[\"alice\"]"

static struct stat
look (const JobsFixture *fixture, const char *below_root)
{
  g_autofree char *path = jobs_path (fixture, below_root);
  struct stat st;

  assert_int_equal (lstat (path, &st), 0);
  return st;
}

static void
test_the_very_files_get_the_new_numbers (void **state)
{
  JobsFixture *fixture = *state;
  g_autoptr(JsonObject) result = NULL;
  g_autofree char *setuid = jobs_path (fixture, "home/alice/bin/setuid");
  g_autofree char *capable = jobs_path (fixture, "home/alice/bin/capable");
  g_autofree char *acl = NULL;
  const char *argv[] = { "getfacl", "-n", "-c", "-p", setuid, NULL };
  char value[64];
  guint64 ino;

  NEEDS_ACCOUNTS ();
  ino = moor_test_inode (fixture->store, "old-system/home/alice/data");
  result = jobs_run (fixture, MOOR_EXIT_COMPLETE, "restore", RESTORE_ALICE);
  assert_int_equal (look (fixture, "home/alice").st_uid, NEW_UID);
  assert_int_equal (look (fixture, "home/alice/Documents").st_gid, NEW_UID);
  assert_int_equal (look (fixture, "home/alice/data").st_uid, NEW_UID);
  assert_int_equal (look (fixture, "home/alice/last").st_uid, NEW_UID);
  assert_int_equal (look (fixture, "home/alice/data").st_ino, ino);
  assert_int_equal (look (fixture, "home/alice/bin/setuid").st_mode & 07777, 06775);
  assert_true (getxattr (capable, "security.capability", value, sizeof value) > 0);
  assert_true (moor_test_run (argv, &acl));
  assert_non_null (strstr (acl, "user:2000:rwx"));
  assert_null (strstr (acl, "user:1000:"));
  assert_non_null (strstr (acl, "user:1001:r"));
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", NULL);
}

static void
test_an_undo_gives_the_old_numbers_back_and_no_others (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  NEEDS_ACCOUNTS ();
  before = old_home (fixture);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "restore", RESTORE_ALICE);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "undo", NULL);
  after = old_home (fixture);
  jobs_assert_trees (before, after);
  assert_false (moor_test_exists (fixture->root, "home/alice"));
}

static void
test_a_roll_back_gives_them_back_too (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  g_autofree char *home = jobs_path (fixture, "home/alice");

  NEEDS_ACCOUNTS ();
  before = old_home (fixture);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "restore", RESTORE_ALICE);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "rollback", NULL);
  after = jobs_tree (home, ".cache", JOBS_TREE_INODES);
  jobs_assert_trees (before, after);
}

/* What the new system's alice had there is hers, and stays so. */
static void
test_undoing_a_merge_in_place_takes_nothing_from_anybody (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  NEEDS_ACCOUNTS ();
  before = old_home (fixture);
  jobs_write (fixture, "home/alice/of-today", "today", NEW_UID);
  jobs_mount (fixture, "home/alice/mnt", "-t", "tmpfs", "tmpfs", NULL);
  jobs_must (fixture, MOOR_EXIT_EXCEPTIONS, "restore", RESTORE_ALICE);
  assert_int_equal (look (fixture, "home/alice/data").st_uid, NEW_UID);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "undo", NULL);
  assert_int_equal (look (fixture, "home/alice/of-today").st_uid, NEW_UID);
  assert_int_equal (look (fixture, "home/alice").st_uid, NEW_UID);
  after = old_home (fixture);
  jobs_assert_trees (before, after);
}

static void
test_a_person_can_get_another_name (void **state)
{
  JobsFixture *fixture = *state;
  g_autoptr(JsonObject) result = NULL;

  NEEDS_ACCOUNTS ();
  result = jobs_run (fixture, MOOR_EXIT_COMPLETE, "restore",
                     RESTORE_ALICE ",\"map\":[\"alice:alina\"]");
  assert_int_equal (look (fixture, "home/alina/data").st_size, strlen ("data of alice"));
  assert_true (look (fixture, "home/alina").st_uid != JOBS_ALICE);
  assert_int_equal (look (fixture, "home/alina").st_uid, look (fixture, "home/alina/data").st_uid);
  assert_false (moor_test_exists (fixture->root, "home/alice"));
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", NULL);
}

/* Whoever has the number on the new system gets nothing of alice's. */
static void
test_the_other_owner_of_the_number_is_left_alone (void **state)
{
  JobsFixture *fixture = *state;

  NEEDS_ACCOUNTS ();
  jobs_write (fixture, "home/carol/own", "carol's", JOBS_ALICE);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "restore", RESTORE_ALICE);
  assert_int_equal (look (fixture, "home/carol/own").st_uid, JOBS_ALICE);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "undo", NULL);
  assert_int_equal (look (fixture, "home/carol/own").st_uid, JOBS_ALICE);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_the_very_files_get_the_new_numbers, setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_an_undo_gives_the_old_numbers_back_and_no_others, setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_roll_back_gives_them_back_too, setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_undoing_a_merge_in_place_takes_nothing_from_anybody,
                                     setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_person_can_get_another_name, setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_the_other_owner_of_the_number_is_left_alone, setup,
                                     jobs_teardown),
  };

  return cmocka_run_group_tests_name ("core/restore-ids", tests, NULL, NULL);
}
