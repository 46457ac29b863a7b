/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules-restore.h"

/* What a restore by rules promises beyond the worked cases: nothing is lost, it can be
 * run again and taken back, and rules of others reach no further than they may. */

#define DATA INCLUDE ("/data/* [*]")
#define REPLACING COMPONENT ("R", "System", DATA MERGE ("SourcePriority()", "/data/* [*]"))
#define NEEDS_ROOT() \
  do \
    { \
      if (geteuid () != 0) \
        { \
          moor_test_skip ("only root restores a system"); \
          return; \
        } \
    } \
  while (0)

static int
setup (void **state)
{
  *state = jobs_fixture_new (NULL, 0);
  return 0;
}

/* A file of the system that a restore replaces. */
static void
replace_one (JobsFixture *fixture)
{
  jobs_write (fixture, "data/x", "source", 0);
  rules_refresh (fixture, REPLACING);
  jobs_write (fixture, "data/x", "destination", 0);
  json_object_unref (rules_restore (fixture, MOOR_EXIT_COMPLETE, REPLACING, NULL));
  rules_assert_holds (fixture, "data/x", "source");
}

static void
test_what_is_replaced_comes_back_by_undo (void **state)
{
  JobsFixture *fixture = *state;
  g_autoptr(JsonObject) result = NULL;
  guint64 ino;

  NEEDS_ROOT ();
  jobs_write (fixture, "data/x", "source", 0);
  rules_refresh (fixture, REPLACING);
  jobs_write (fixture, "data/x", "destination", 0);
  ino = moor_test_inode (fixture->root, "data/x");
  json_object_unref (rules_restore (fixture, MOOR_EXIT_COMPLETE, REPLACING, NULL));
  result = jobs_run (fixture, MOOR_EXIT_COMPLETE, "undo", NULL);
  assert_int_equal (jobs_number (result, "put-back"), 1);
  assert_int_equal (moor_test_inode (fixture->root, "data/x"), ino);
  /* And the store has its own still. */
  json_object_unref (rules_restore (fixture, MOOR_EXIT_COMPLETE, REPLACING, NULL));
  rules_assert_holds (fixture, "data/x", "source");
}

static void
test_undo_leaves_what_was_saved_since (void **state)
{
  JobsFixture *fixture = *state;

  NEEDS_ROOT ();
  replace_one (fixture);
  jobs_write (fixture, "data/x", "today", 0);
  jobs_must (fixture, MOOR_EXIT_EXCEPTIONS, "undo", NULL);
  assert_true (jobs_has_issue (fixture, MOOR_CAUSE_COLLISION, "/data/x"));
  rules_assert_holds (fixture, "data/x", "today");
}

/* What comes from elsewhere, what rules move, and what was there all the time. */
#define ADDING \
  COMPONENT ("A", "System", DATA) \
  COMPONENT ("C", "System", \
             INCLUDE ("/Src/* [*]") MOVE ("RelativeMove('/Src','/new/deep')", "/Src/* [*]"))

static void
add_some (JobsFixture *fixture)
{
  jobs_write (fixture, "data/sub/x", "x", JOBS_ALICE);
  jobs_write (fixture, "data/there", "there", 0);
  jobs_write (fixture, "Src/a/1", "one", JOBS_ALICE);
  rules_refresh (fixture, ADDING);
  jobs_write (fixture, "data/there", "there before", 0);
}

static void
test_undo_takes_out_what_was_added_outside_homes (void **state)
{
  JobsFixture *fixture = *state;
  g_autoptr(JsonObject) result = NULL;

  NEEDS_ROOT ();
  add_some (fixture);
  json_object_unref (rules_restore (fixture, MOOR_EXIT_COMPLETE, ADDING, NULL));
  rules_assert_holds (fixture, "new/deep/a/1", "one");
  rules_assert_holds (fixture, "data/sub/x", "x");
  json_object_unref (rules_restore (fixture, MOOR_EXIT_COMPLETE, ADDING, NULL));
  result = jobs_run (fixture, MOOR_EXIT_COMPLETE, "undo", NULL);
  assert_int_equal (json_array_get_length (json_object_get_array_member (result, "left")), 0);
  assert_false (moor_test_exists (fixture->root, "new"));
  assert_false (moor_test_exists (fixture->root, "data/sub"));
  rules_assert_holds (fixture, "data/there", "there before");
  json_object_unref (rules_restore (fixture, MOOR_EXIT_COMPLETE, ADDING, NULL));
  rules_assert_holds (fixture, "new/deep/a/1", "one");
}

static void
test_undo_leaves_and_names_what_is_not_as_it_was_put_there (void **state)
{
  JobsFixture *fixture = *state;
  g_autoptr(JsonObject) result = NULL;

  NEEDS_ROOT ();
  add_some (fixture);
  json_object_unref (rules_restore (fixture, MOOR_EXIT_COMPLETE, ADDING, NULL));
  jobs_remove (fixture, "data/sub/x");
  jobs_write (fixture, "data/sub/x", "today", 0);
  jobs_write (fixture, "new/today", "today", 0);
  result = jobs_run (fixture, MOOR_EXIT_EXCEPTIONS, "undo", NULL);
  rules_assert_holds (fixture, "data/sub/x", "today");
  rules_assert_holds (fixture, "new/today", "today");
  rules_assert_holds (fixture, "new/deep/a/1", NULL);
  assert_true (jobs_has_issue (fixture, MOOR_CAUSE_LEFT, "/data/sub/x"));
  assert_true (jobs_has_issue (fixture, MOOR_CAUSE_LEFT, "/data/sub"));
  assert_true (jobs_has_issue (fixture, MOOR_CAUSE_LEFT, "/new"));
  assert_int_equal (json_array_get_length (json_object_get_array_member (result, "left")), 3);
}

/* A run that died right after it had made the folders: the next one finishes them. */
static void
test_folders_that_a_dead_run_made_get_their_owner (void **state)
{
  static const char added[] = "d 0 /new\0d 0 /new/deep\0d 0 /new/deep/a\0d 0 /data/sub";
  JobsFixture *fixture = *state;
  g_autofree char *folder = g_build_filename (fixture->store, "log", NULL);
  g_autofree char *list = g_build_filename (folder, "added", NULL);
  g_autofree char *made = jobs_path (fixture, "new/deep/a");
  g_autofree char *sub = jobs_path (fixture, "data/sub");
  g_autofree char *old_sub = jobs_path (fixture, "data/sub");
  g_autofree char *old_made = jobs_path (fixture, "Src/a");

  NEEDS_ROOT ();
  jobs_write (fixture, "data/sub/x", "x", JOBS_ALICE);
  jobs_write (fixture, "Src/a/1", "one", JOBS_ALICE);
  jobs_command ("chown", "1000:1000", old_sub, old_made, NULL);
  add_some (fixture);
  assert_int_equal (g_mkdir_with_parents (made, 0755), 0);
  assert_int_equal (g_mkdir_with_parents (sub, 0755), 0);
  assert_int_equal (g_mkdir_with_parents (folder, 0700), 0);
  assert_true (g_file_set_contents (list, added, sizeof added, NULL));
  json_object_unref (rules_restore (fixture, MOOR_EXIT_COMPLETE, ADDING, NULL));
  assert_int_equal (rules_stat (fixture, "new/deep/a").st_uid, JOBS_ALICE);
  assert_int_equal (rules_stat (fixture, "data/sub").st_uid, JOBS_ALICE);
  /* And an administrator's change after that stays. */
  assert_int_equal (chown (sub, 0, 0), 0);
  json_object_unref (rules_restore (fixture, MOOR_EXIT_COMPLETE, ADDING, NULL));
  assert_int_equal (rules_stat (fixture, "data/sub").st_uid, 0);
}

/* Without the old system being put aside everything is in its place already. */
static void
test_undo_leaves_what_was_there_all_the_time (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *members = NULL;

  NEEDS_ROOT ();
  jobs_write (fixture, "data/x", "x", 0);
  members = rules_members (fixture, COMPONENT ("A", "System", DATA), NULL);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", members);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "restore", members);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "undo", NULL);
  rules_assert_holds (fixture, "data/x", "x");
}

static void
test_repeating_it_changes_nothing (void **state)
{
  static const char components[] = COMPONENT ("A", "System", DATA) COMPONENT (
      "B", "User",
      INCLUDE ("/Drafts/* [*]")
          MOVE ("RelativeMove('/Drafts','%CSIDL_PERSONAL%')", "/Drafts/* [*]"))
      COMPONENT ("C", "System", INCLUDE ("/Src/* [*]") MOVE ("ExactMove('/Flat')", "/Src/* [*]"));
  JobsFixture *fixture = *state;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  NEEDS_ROOT ();
  jobs_write (fixture, "data/x", "source", 0);
  jobs_write (fixture, "Drafts/plan", "plan", 0);
  jobs_write (fixture, "Src/a/1", "one", 0);
  jobs_write (fixture, "Src/b/1", "another", 0);
  rules_refresh (fixture, components);
  jobs_write (fixture, "data/x", "destination", 0);
  json_object_unref (rules_restore (fixture, MOOR_EXIT_COMPLETE, components, NULL));
  before = jobs_tree (fixture->root, "StateStore", JOBS_TREE_INODES);
  json_object_unref (rules_restore (fixture, MOOR_EXIT_COMPLETE, components, NULL));
  after = jobs_tree (fixture->root, "StateStore", JOBS_TREE_INODES);
  jobs_assert_trees (before, after);
}

static void
test_the_rules_of_the_store_can_be_used (void **state)
{
  static const char components[] = COMPONENT (
      "A", "System", DATA MOVE ("RelativeMove('/data','/new')", "/data/* [*]"));
  JobsFixture *fixture = *state;

  NEEDS_ROOT ();
  jobs_write (fixture, "data/x", "x", 0);
  rules_refresh (fixture, components);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "restore", "\"rules-from-store\":true");
  rules_assert_holds (fixture, "new/x", "x");
  rules_assert_holds (fixture, "data/x", NULL);
}

static void
test_a_rehearsal_changes_nothing (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  NEEDS_ROOT ();
  jobs_write (fixture, "data/x", "source", 0);
  rules_refresh (fixture, REPLACING);
  jobs_write (fixture, "data/x", "destination", 0);
  before = jobs_tree (fixture->root, "StateStore/s1", JOBS_TREE_INODES);
  json_object_unref (rules_restore (fixture, MOOR_EXIT_COMPLETE, REPLACING, "\"dry-run\":true"));
  after = jobs_tree (fixture->root, "StateStore/s1", JOBS_TREE_INODES);
  jobs_assert_trees (before, after);
}

/* L3: "no" only at the restore: stored, and not restored. */
static void
test_what_a_config_switches_off_is_not_restored (void **state)
{
  static const char components[] = COMPONENT ("Off", "System", DATA)
      COMPONENT ("On", "System", INCLUDE ("/data/ [*.doc]"));
  static const char config[] =
      "<?xml version=\"1.0\"?><Configuration><Documents>"
      "<component displayname=\"Off\" migrate=\"no\" ID=\"http://example.org/test/off/data\"/>"
      "</Documents></Configuration>";
  JobsFixture *fixture = *state;
  g_autofree char *path = g_build_filename (fixture->dir, "Config.xml", NULL);
  g_autofree char *more = g_strdup_printf ("\"config\":\"%s\"", path);
  g_autoptr(JsonObject) result = NULL;

  NEEDS_ROOT ();
  jobs_write (fixture, "data/a.txt", "a", 0);
  jobs_write (fixture, "data/sub/c.txt", "c", 0);
  jobs_write (fixture, "data/b.doc", "b", 0);
  rules_refresh (fixture, components);
  moor_test_write (fixture->dir, "Config.xml", config);
  result = rules_restore (fixture, MOOR_EXIT_COMPLETE, components, more);
  rules_assert_holds (fixture, "data/b.doc", "b");
  rules_assert_holds (fixture, "data/a.txt", NULL);
  assert_false (moor_test_exists (fixture->root, "data/sub"));
  assert_true (json_object_get_boolean_member (
      json_object_get_object_member (result, "verification"), "clean"));
}

/* Files whose rules nobody gave now come back all the same. */
static void
test_what_no_rule_speaks_of_comes_back (void **state)
{
  JobsFixture *fixture = *state;

  NEEDS_ROOT ();
  jobs_write (fixture, "data/x", "x", 0);
  rules_refresh (fixture, COMPONENT ("A", "System", DATA));
  json_object_unref (rules_restore (fixture, MOOR_EXIT_COMPLETE,
                                    COMPONENT ("B", "System", INCLUDE ("/other/* [*]")), NULL));
  rules_assert_holds (fixture, "data/x", "x");
}

/* The home that was captured is still there: files are merged into it. */
static void
test_a_living_home_keeps_what_is_replaced_in_the_store (void **state)
{
  static const char components[] = COMPONENT (
      "A", "User",
      INCLUDE ("%USERPROFILE%/* [*]") MERGE ("SourcePriority()", "%CSIDL_PERSONAL%/* [*]"));
  JobsFixture *fixture = *state;
  g_autofree char *members = NULL;

  NEEDS_ROOT ();
  members = rules_members (fixture, components, NULL);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", members);
  jobs_write (fixture, "home/alice/Documents/letter.txt", "Dear Carol", JOBS_ALICE);
  jobs_write (fixture, "home/alice/data", "new data", JOBS_ALICE);
  json_object_unref (rules_restore (fixture, MOOR_EXIT_COMPLETE, components, NULL));
  rules_assert_holds (fixture, "home/alice/Documents/letter.txt", "Dear Bob");
  rules_assert_holds (fixture, "home/alice/data", "new data");
  rules_assert_holds (fixture, "home/alice/data(1)", "data of alice");
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "undo", NULL);
  rules_assert_holds (fixture, "home/alice/Documents/letter.txt", "Dear Carol");
}

static void
test_a_person_with_another_name_gets_files_in_the_new_home (void **state)
{
  static const char components[] = COMPONENT (
      "A", "User",
      INCLUDE ("%CSIDL_MYPICTURES%/* [*]")
          MOVE ("RelativeMove('%CSIDL_MYPICTURES%','%CSIDL_PERSONAL%/photos')",
                "%CSIDL_MYPICTURES%/* [*]"));
  JobsFixture *fixture = *state;

  NEEDS_ROOT ();
  if (!jobs_can_make_accounts ())
    {
      moor_test_skip ("accounts are made by root with useradd");
      return;
    }
  rules_refresh (fixture, components);
  json_object_unref (rules_restore (fixture, MOOR_EXIT_COMPLETE, components,
                                    "\"map\":[\"alice:alina\"],\"create-accounts\":true"));
  rules_assert_holds (fixture, "home/alina/Documents/photos/a.jpg", "picture");
  rules_assert_holds (fixture, "home/alina/Pictures/a.jpg", NULL);
  /* What were two names of one file are two names of one file. */
  assert_int_equal (rules_stat (fixture, "home/alina/Documents/photos/a.jpg").st_ino,
                    rules_stat (fixture, "home/alina/Documents/photos/b.jpg").st_ino);
}

/* The attack: rules of alice's own store would have root put her files into the system. */
static void
test_a_store_of_an_ordinary_user_reaches_nothing_but_the_home (void **state)
{
  static const char components[] = COMPONENT (
      "A", "User",
      INCLUDE ("%USERPROFILE%/* [*]")
          MOVE ("RelativeMove('%CSIDL_PERSONAL%','/etc/cron.d')", "%CSIDL_PERSONAL%/* [*]"));
  JobsFixture *fixture = *state;
  g_autofree char *members = NULL;

  NEEDS_ROOT ();
  members = rules_members (fixture, components, "\"users\":[\"alice\"]");
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", members);
  assert_int_equal (chown (fixture->store, JOBS_ALICE, JOBS_ALICE), 0);
  jobs_remove (fixture, "home/alice/Documents");
  json_object_unref (
      rules_restore (fixture, MOOR_EXIT_EXCEPTIONS, components, "\"users\":[\"alice\"]"));
  assert_false (moor_test_exists (fixture->root, "etc/cron.d"));
  rules_assert_holds (fixture, "home/alice/Documents/letter.txt", "Dear Bob");
}

static void
test_files_that_rules_make_up_are_made (void **state)
{
  static const char components[] = COMPONENT (
      "A", "User",
      INCLUDE (
          "%CSIDL_PERSONAL%/* [*]") "<addObjects><object><location type=\"File\">%CSIDL_APPDATA%/app/ "
                                    "[marker]</location><attributes>Archive</attributes>"
                                    "<bytes string=\"No\">616263</bytes></object></addObjects>")
      COMPONENT ("B", "System",
                 DATA "<addObjects><object><location type=\"File\">/data [made]</location>"
                      "<attributes>Archive</attributes><bytes string=\"Yes\">new</bytes>"
                      "</object></addObjects>");
  JobsFixture *fixture = *state;

  NEEDS_ROOT ();
  jobs_write (fixture, "data/x", "x", 0);
  rules_refresh (fixture, components);
  jobs_write (fixture, "home/bob/.config/app/marker", "bobs", JOBS_BOB);
  json_object_unref (rules_restore (fixture, MOOR_EXIT_COMPLETE, components, NULL));
  rules_assert_holds (fixture, "home/alice/.config/app/marker", "abc");
  assert_int_equal (rules_stat (fixture, "home/alice/.config/app/marker").st_uid, JOBS_ALICE);
  assert_int_equal (rules_stat (fixture, "home/alice/.config/app").st_uid, JOBS_ALICE);
  rules_assert_holds (fixture, "home/bob/.config/app/marker", "bobs");
  rules_assert_holds (fixture, "data/made", "new");
  assert_int_equal (rules_stat (fixture, "data/made").st_uid, 0);
}

static void
test_the_system_can_be_left_out (void **state)
{
  JobsFixture *fixture = *state;

  NEEDS_ROOT ();
  jobs_write (fixture, "data/x", "x", 0);
  rules_refresh (fixture, COMPONENT ("A", "System", DATA));
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "restore", "\"exclude-users\":[\":system\"]");
  assert_false (moor_test_exists (fixture->root, "data"));
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "restore", NULL);
  rules_assert_holds (fixture, "data/x", "x");
}

/* The folders on the way are as they were, and those that are there stay as they are. */
static void
test_folders_of_the_system_keep_what_they_have (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *there = NULL;
  g_autofree char *missing = NULL;

  NEEDS_ROOT ();
  there = jobs_path (fixture, "srv/there");
  missing = jobs_path (fixture, "srv/missing");
  jobs_write (fixture, "srv/there/x", "x", 0);
  jobs_write (fixture, "srv/missing/y", "y", 0);
  assert_int_equal (chmod (there, 0700), 0);
  assert_int_equal (chmod (missing, 0711), 0);
  assert_int_equal (lchown (missing, 7, 8), 0);
  rules_refresh (fixture, COMPONENT ("A", "System", INCLUDE ("/srv/* [*]")));
  jobs_write (fixture, "srv/there/z", "z", 0);
  json_object_unref (rules_restore (fixture, MOOR_EXIT_COMPLETE,
                                    COMPONENT ("A", "System", INCLUDE ("/srv/* [*]")), NULL));
  assert_int_equal (rules_stat (fixture, "srv/there").st_mode & 07777, 0755);
  assert_int_equal (rules_stat (fixture, "srv/missing").st_mode & 07777, 0711);
  assert_int_equal (rules_stat (fixture, "srv/missing").st_uid, 7);
  rules_assert_holds (fixture, "srv/there/x", "x");
}

static void
test_commands_are_run_when_that_is_allowed (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *marker = g_build_filename (fixture->dir, "ran", NULL);
  g_autofree char *components = g_strdup_printf (
      COMPONENT ("A", "System",
                 DATA "<externalProcess when=\"post-apply\"><commandLine>touch %s</commandLine>"
                      "</externalProcess>"),
      marker);
  g_autoptr(JsonObject) result = NULL;

  NEEDS_ROOT ();
  jobs_write (fixture, "data/x", "x", 0);
  rules_refresh (fixture, components);
  result = rules_restore (fixture, MOOR_EXIT_COMPLETE, components, NULL);
  assert_false (g_file_test (marker, G_FILE_TEST_EXISTS));
  assert_int_equal (json_array_get_length (json_object_get_array_member (result, "commands")), 1);
  json_object_unref (
      rules_restore (fixture, MOOR_EXIT_COMPLETE, components, "\"allow-commands\":true"));
  assert_true (g_file_test (marker, G_FILE_TEST_EXISTS));
}

int
main (void)
{
#define CASE(test) cmocka_unit_test_setup_teardown (test, setup, jobs_teardown)
  const struct CMUnitTest tests[] = {
    CASE (test_what_is_replaced_comes_back_by_undo),
    CASE (test_undo_leaves_what_was_saved_since),
    CASE (test_undo_takes_out_what_was_added_outside_homes),
    CASE (test_undo_leaves_and_names_what_is_not_as_it_was_put_there),
    CASE (test_undo_leaves_what_was_there_all_the_time),
    CASE (test_folders_that_a_dead_run_made_get_their_owner),
    CASE (test_repeating_it_changes_nothing),
    CASE (test_the_rules_of_the_store_can_be_used),
    CASE (test_a_rehearsal_changes_nothing),
    CASE (test_what_a_config_switches_off_is_not_restored),
    CASE (test_what_no_rule_speaks_of_comes_back),
    CASE (test_a_living_home_keeps_what_is_replaced_in_the_store),
    CASE (test_a_person_with_another_name_gets_files_in_the_new_home),
    CASE (test_a_store_of_an_ordinary_user_reaches_nothing_but_the_home),
    CASE (test_files_that_rules_make_up_are_made),
    CASE (test_the_system_can_be_left_out),
    CASE (test_folders_of_the_system_keep_what_they_have),
    CASE (test_commands_are_run_when_that_is_allowed),
  };

  return cmocka_run_group_tests_name ("restore-rules", tests, NULL, NULL);
}
