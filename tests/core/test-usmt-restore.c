/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules-restore.h"

/* The worked cases of the reference about putting files back, by their names there, on
 * a Linux system: C:\ is /. */

#define DATA INCLUDE ("/data/* [*]")
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

/* The scenario of section C. */
static JsonObject *
merge_data (JobsFixture *fixture, const char *merges)
{
  g_autofree char *components = g_strdup_printf (COMPONENT ("C", "System", DATA "%s"), merges);
  g_autofree char *inner = jobs_path (fixture, "data/Folder");

  jobs_write (fixture, "data/SampleA.txt", "source A", 0);
  jobs_write (fixture, "data/SampleB.txt", "source B", 0);
  jobs_write (fixture, "data/Folder/SampleB.txt", "source inner B", 0);
  rules_refresh (fixture, components);
  assert_false (g_file_test (inner, G_FILE_TEST_EXISTS));
  jobs_write (fixture, "data/SampleB.txt", "destination B", 0);
  jobs_write (fixture, "data/Folder/SampleB.txt", "destination inner B", 0);
  return rules_restore (fixture, MOOR_EXIT_COMPLETE, components, NULL);
}

static void
test_C1_the_destination_has_priority (void **state)
{
  JobsFixture *fixture = *state;
  g_autoptr(JsonObject) result = NULL;

  NEEDS_ROOT ();
  result = merge_data (fixture, MERGE ("DestinationPriority()", "/data/* [*]"));
  rules_assert_holds (fixture, "data/SampleA.txt", "source A");
  rules_assert_holds (fixture, "data/SampleB.txt", "destination B");
  rules_assert_holds (fixture, "data/Folder/SampleB.txt", "destination inner B");
  rules_assert_holds (fixture, "data/SampleB(1).txt", NULL);
  assert_true (json_object_get_boolean_member (
      json_object_get_object_member (result, "verification"), "clean"));
}

static void
test_C2_the_source_has_priority (void **state)
{
  JobsFixture *fixture = *state;

  NEEDS_ROOT ();
  json_object_unref (merge_data (fixture, MERGE ("SourcePriority()", "/data/* [*]")));
  rules_assert_holds (fixture, "data/SampleA.txt", "source A");
  rules_assert_holds (fixture, "data/SampleB.txt", "source B");
  rules_assert_holds (fixture, "data/Folder/SampleB.txt", "source inner B");
}

static void
test_C3_the_source_has_priority_in_one_folder (void **state)
{
  JobsFixture *fixture = *state;

  NEEDS_ROOT ();
  json_object_unref (merge_data (fixture, MERGE ("SourcePriority()", "/data/ [*]")));
  rules_assert_holds (fixture, "data/SampleA.txt", "source A");
  rules_assert_holds (fixture, "data/SampleB.txt", "source B");
  rules_assert_holds (fixture, "data/Folder/SampleB.txt", "destination inner B");
  rules_assert_holds (fixture, "data/Folder/SampleB(1).txt", "source inner B");
}

static void
test_C4_without_a_rule_both_are_kept (void **state)
{
  JobsFixture *fixture = *state;

  NEEDS_ROOT ();
  json_object_unref (merge_data (fixture, ""));
  rules_assert_holds (fixture, "data/SampleA.txt", "source A");
  rules_assert_holds (fixture, "data/SampleB.txt", "destination B");
  rules_assert_holds (fixture, "data/SampleB(1).txt", "source B");
  rules_assert_holds (fixture, "data/Folder/SampleB.txt", "destination inner B");
  rules_assert_holds (fixture, "data/Folder/SampleB(1).txt", "source inner B");
}

static void
test_C5_the_first_free_number_is_taken (void **state)
{
  JobsFixture *fixture = *state;

  NEEDS_ROOT ();
  jobs_write (fixture, "data/SampleB.txt", "source B", 0);
  rules_refresh (fixture, COMPONENT ("C5", "System", DATA));
  jobs_write (fixture, "data/SampleB.txt", "destination B", 0);
  jobs_write (fixture, "data/SampleB(1).txt", "another", 0);
  json_object_unref (
      rules_restore (fixture, MOOR_EXIT_COMPLETE, COMPONENT ("C5", "System", DATA), NULL));
  rules_assert_holds (fixture, "data/SampleB.txt", "destination B");
  rules_assert_holds (fixture, "data/SampleB(1).txt", "another");
  rules_assert_holds (fixture, "data/SampleB(2).txt", "source B");
}

static void
test_C6_names_are_found_by_a_pattern (void **state)
{
  JobsFixture *fixture = *state;

  NEEDS_ROOT ();
  json_object_unref (merge_data (
      fixture, MERGE ("FindFilePlaceByPattern('&lt;F&gt; (&lt;N&gt;).&lt;E&gt;')", "/data/* [*]")));
  rules_assert_holds (fixture, "data/SampleB.txt", "destination B");
  rules_assert_holds (fixture, "data/SampleB (1).txt", "source B");
  rules_assert_holds (fixture, "data/Folder/SampleB (1).txt", "source inner B");
}

static void
test_C7_the_most_specific_rule_decides (void **state)
{
  JobsFixture *fixture = *state;

  NEEDS_ROOT ();
  json_object_unref (merge_data (fixture, MERGE ("SourcePriority()", "/* [*]") MERGE (
                                              "DestinationPriority()", "/data/Folder/* [*]")));
  rules_assert_holds (fixture, "data/SampleB.txt", "source B");
  rules_assert_holds (fixture, "data/Folder/SampleB.txt", "destination inner B");
}

/* Files have no versions on Linux: what cannot be compared is kept. */
static void
test_C9_without_versions_both_are_kept (void **state)
{
  JobsFixture *fixture = *state;

  NEEDS_ROOT ();
  json_object_unref (merge_data (fixture, MERGE ("NewestVersion('FileVersion')", "/data/* [*]")));
  rules_assert_holds (fixture, "data/SampleB.txt", "destination B");
  rules_assert_holds (fixture, "data/SampleB(1).txt", "source B");
}

/* C11 and C12: the stock file's rules for a person's folders. */
static void
test_C12_what_is_on_the_desktop_is_kept (void **state)
{
  static const char components[] = COMPONENT (
      "Desktop", "User",
      INCLUDE ("%CSIDL_DESKTOP%\\* [*]")
          MERGE ("DestinationPriority()", "%CSIDL_DESKTOP% [desktop.ini]")
              MERGE ("DestinationPriority()", "%CSIDL_DESKTOP%\\* [*]"));
  JobsFixture *fixture = *state;

  NEEDS_ROOT ();
  jobs_write (fixture, "home/alice/Desktop/desktop.ini", "old ini", JOBS_ALICE);
  jobs_write (fixture, "home/alice/Desktop/a.txt", "old a", JOBS_ALICE);
  jobs_write (fixture, "home/alice/Desktop/b.txt", "old b", JOBS_ALICE);
  rules_refresh (fixture, components);
  jobs_write (fixture, "home/alice/Desktop/desktop.ini", "new ini", JOBS_ALICE);
  jobs_write (fixture, "home/alice/Desktop/a.txt", "new a", JOBS_ALICE);
  json_object_unref (rules_restore (fixture, MOOR_EXIT_COMPLETE, components, NULL));
  rules_assert_holds (fixture, "home/alice/Desktop/desktop.ini", "new ini");
  rules_assert_holds (fixture, "home/alice/Desktop/a.txt", "new a");
  rules_assert_holds (fixture, "home/alice/Desktop/b.txt", "old b");
  rules_assert_holds (fixture, "home/alice/Desktop/a(1).txt", NULL);
}

#define DRAFTS "/EngineeringDrafts"

static void
test_F1_a_folder_is_in_everybodys_documents (void **state)
{
  static const char components[] = COMPONENT (
      "Eng", "User",
      INCLUDE (DRAFTS "/* [*]")
          MOVE ("RelativeMove('" DRAFTS "','%CSIDL_PERSONAL%')", DRAFTS "/* [*]"));
  JobsFixture *fixture = *state;
  g_autoptr(JsonObject) result = NULL;
  struct stat alices;
  struct stat bobs;

  NEEDS_ROOT ();
  jobs_write (fixture, "EngineeringDrafts/a/b.dwg", "draft", 0);
  rules_refresh (fixture, components);
  result = rules_restore (fixture, MOOR_EXIT_COMPLETE, components, NULL);
  rules_assert_holds (fixture, "home/alice/Documents/a/b.dwg", "draft");
  rules_assert_holds (fixture, "home/bob/Documents/a/b.dwg", "draft");
  assert_false (moor_test_exists (fixture->root, "EngineeringDrafts"));
  alices = rules_stat (fixture, "home/alice/Documents/a/b.dwg");
  bobs = rules_stat (fixture, "home/bob/Documents/a/b.dwg");
  /* Everybody's own, and nobody edits what is somebody else's. */
  assert_int_equal (alices.st_uid, JOBS_ALICE);
  assert_int_equal (bobs.st_uid, JOBS_BOB);
  assert_int_not_equal (alices.st_ino, bobs.st_ino);
  assert_int_equal (rules_stat (fixture, "home/bob/Documents").st_uid, JOBS_BOB);
  assert_true (json_object_get_boolean_member (
      json_object_get_object_member (result, "verification"), "clean"));
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", "\"against\":\"restored\"");
  jobs_remove (fixture, "home/bob/Documents/a/b.dwg");
  jobs_must (fixture, MOOR_EXIT_DIFFERENCES, "verify", "\"against\":\"restored\"");
}

static void
test_F2_one_file_is_in_everybodys_documents (void **state)
{
  static const char components[] = COMPONENT (
      "Eng", "User",
      INCLUDE (DRAFTS "/ [Sample.doc]")
          MOVE ("RelativeMove('" DRAFTS "','%CSIDL_PERSONAL%')", DRAFTS "/ [Sample.doc]"));
  JobsFixture *fixture = *state;

  NEEDS_ROOT ();
  jobs_write (fixture, "EngineeringDrafts/Sample.doc", "sample", 0);
  jobs_write (fixture, "EngineeringDrafts/Other.doc", "other", 0);
  rules_refresh (fixture, components);
  json_object_unref (rules_restore (fixture, MOOR_EXIT_COMPLETE, components, NULL));
  rules_assert_holds (fixture, "home/alice/Documents/Sample.doc", "sample");
  rules_assert_holds (fixture, "home/bob/Documents/Sample.doc", "sample");
  assert_false (moor_test_exists (fixture->root, "home/bob/Documents/Other.doc"));
}

static void
test_F3_an_extension_goes_to_a_folder (void **state)
{
  static const char components[] = COMPONENT (
      "Music", "System", INCLUDE ("/* [*.mp3]") MOVE ("Move('/Music')", "/* [*.mp3]"));
  JobsFixture *fixture = *state;
  guint64 ino;

  NEEDS_ROOT ();
  jobs_write (fixture, "media/x.mp3", "x", 0);
  jobs_write (fixture, "home/alice/Music/Rock/y.mp3", "y", JOBS_ALICE);
  ino = moor_test_inode (fixture->root, "media/x.mp3");
  rules_refresh (fixture, components);
  json_object_unref (rules_restore (fixture, MOOR_EXIT_COMPLETE, components, NULL));
  rules_assert_holds (fixture, "Music/media/x.mp3", "x");
  rules_assert_holds (fixture, "Music/Rock/y.mp3", "y");
  assert_int_equal (moor_test_inode (fixture->root, "Music/media/x.mp3"), ino);
  assert_int_equal (rules_stat (fixture, "Music").st_uid, 0);
  rules_assert_holds (fixture, "home/alice/Music/Rock/y.mp3", NULL);
}

static void
test_F4_a_file_moves_within_a_home (void **state)
{
  static const char components[] = COMPONENT (
      "Office", "User",
      INCLUDE ("%CSIDL_APPDATA%\\Office\\ [Access10.pip]")
          MOVE ("RelativeMove('%CSIDL_APPDATA%\\Office','%CSIDL_APPDATA%')",
                "%CSIDL_APPDATA%\\Office\\ [Access10.pip]"));
  JobsFixture *fixture = *state;
  guint64 ino;

  NEEDS_ROOT ();
  jobs_write (fixture, "home/alice/.config/Office/Access10.pip", "pip", JOBS_ALICE);
  ino = moor_test_inode (fixture->root, "home/alice/.config/Office/Access10.pip");
  rules_refresh (fixture, components);
  json_object_unref (rules_restore (fixture, MOOR_EXIT_COMPLETE, components, NULL));
  assert_int_equal (moor_test_inode (fixture->root, "home/alice/.config/Access10.pip"), ino);
  rules_assert_holds (fixture, "home/alice/.config/Office/Access10.pip", NULL);
}

static void
test_F6_equal_names_in_a_flat_folder_are_both_kept (void **state)
{
  static const char components[] = COMPONENT (
      "Flat", "System", INCLUDE ("/Src/* [*]") MOVE ("ExactMove('/Flat')", "/Src/* [*]"));
  JobsFixture *fixture = *state;

  NEEDS_ROOT ();
  jobs_write (fixture, "Src/a/1.txt", "one", 0);
  jobs_write (fixture, "Src/b/2.txt", "two", 0);
  jobs_write (fixture, "Src/b/1.txt", "another one", 0);
  rules_refresh (fixture, components);
  json_object_unref (rules_restore (fixture, MOOR_EXIT_COMPLETE, components, NULL));
  rules_assert_holds (fixture, "Flat/2.txt", "two");
  assert_true (moor_test_exists (fixture->root, "Flat/1.txt"));
  assert_true (moor_test_exists (fixture->root, "Flat/1(1).txt"));
  assert_false (moor_test_exists (fixture->root, "Src"));
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", "\"against\":\"restored\"");
}

static void
test_F7_what_is_outside_of_the_root_stays (void **state)
{
  static const char components[] = COMPONENT (
      "A", "System",
      INCLUDE ("/srv/* [*.x]") MOVE ("RelativeMove('/srv/A','/srv/B')", "/srv/* [*.x]"));
  JobsFixture *fixture = *state;

  NEEDS_ROOT ();
  jobs_write (fixture, "srv/A/p.x", "p", 0);
  jobs_write (fixture, "srv/C/q.x", "q", 0);
  rules_refresh (fixture, components);
  json_object_unref (rules_restore (fixture, MOOR_EXIT_COMPLETE, components, NULL));
  rules_assert_holds (fixture, "srv/B/p.x", "p");
  rules_assert_holds (fixture, "srv/C/q.x", "q");
  rules_assert_holds (fixture, "srv/A/p.x", NULL);
}

static void
test_F8_without_the_rules_files_go_where_they_were (void **state)
{
  static const char components[] = COMPONENT (
      "Eng", "User",
      INCLUDE (DRAFTS "/* [*]")
          MOVE ("RelativeMove('" DRAFTS "','%CSIDL_PERSONAL%')", DRAFTS "/* [*]"));
  JobsFixture *fixture = *state;
  g_autoptr(JsonObject) result = NULL;

  NEEDS_ROOT ();
  jobs_write (fixture, "EngineeringDrafts/a/b.dwg", "draft", 0);
  rules_refresh (fixture, components);
  result = jobs_run (fixture, MOOR_EXIT_COMPLETE, "restore", NULL);
  rules_assert_holds (fixture, "EngineeringDrafts/a/b.dwg", "draft");
  assert_false (moor_test_exists (fixture->root, "home/alice/Documents/a"));
  assert_true (json_object_get_boolean_member (result, "rules-in-store"));
}

static void
test_F9_what_two_components_want_is_in_both_places (void **state)
{
  static const char components[] = COMPONENT ("One", "System", DATA)
      COMPONENT ("Two", "System", MOVE ("RelativeMove('/data','/new')", "/data/* [*]"));
  JobsFixture *fixture = *state;

  NEEDS_ROOT ();
  jobs_write (fixture, "data/x", "x", 0);
  rules_refresh (fixture, components);
  json_object_unref (rules_restore (fixture, MOOR_EXIT_COMPLETE, components, NULL));
  rules_assert_holds (fixture, "data/x", "x");
  rules_assert_holds (fixture, "new/x", "x");
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", "\"against\":\"restored\"");
}

/* H1, without the command. */
static void
test_H1_times_that_do_not_travel_are_new (void **state)
{
  static const char components[] = COMPONENT (
      "H1", "System",
      INCLUDE ("/data/ [*.txt]") ATTRIBUTES ("exclude", "TimeFields", "/data/ [a*.txt]")
          ATTRIBUTES ("include", "TimeFields", "/data/ [aa.txt]"));
  static const char *const names[] = { "data/aa.txt", "data/ab.txt", "data/b.txt" };
  const struct timespec times[] = { { .tv_sec = 1000000 }, { .tv_sec = 1000000 } };
  JobsFixture *fixture = *state;
  struct stat in_store;

  NEEDS_ROOT ();
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = jobs_path (fixture, names[i]);

      jobs_write (fixture, names[i], "text", 0);
      assert_int_equal (utimensat (AT_FDCWD, path, times, 0), 0);
    }
  rules_refresh (fixture, components);
  json_object_unref (rules_restore (fixture, MOOR_EXIT_COMPLETE, components, NULL));
  assert_int_equal (rules_stat (fixture, "data/aa.txt").st_mtime, 1000000);
  assert_int_equal (rules_stat (fixture, "data/b.txt").st_mtime, 1000000);
  assert_true (rules_stat (fixture, "data/ab.txt").st_mtime > 1000000);
  /* The store and the old system have what they had. */
  in_store = rules_stat (fixture, "StateStore/s1/old-system/data/ab.txt");
  assert_int_equal (in_store.st_mtime, 1000000);
}

/* H6 */
static void
test_H6_what_is_never_restored_stays_in_the_store (void **state)
{
  static const char components[] = COMPONENT ("H6", "System", NEVER ("/data/* [*]"));
  JobsFixture *fixture = *state;
  g_autoptr(JsonObject) result = NULL;

  NEEDS_ROOT ();
  jobs_write (fixture, "data/locale", "de", 0);
  rules_refresh (fixture, components);
  result = rules_restore (fixture, MOOR_EXIT_COMPLETE, components, NULL);
  assert_false (moor_test_exists (fixture->root, "data"));
  assert_true (json_object_get_boolean_member (
      json_object_get_object_member (result, "verification"), "clean"));
}

/* H15 */
static void
test_H15_the_destination_is_cleaned_up (void **state)
{
  static const char components[] = COMPONENT (
      "H15", "User", INCLUDE ("%CSIDL_APPDATA%/lotus/* [*]") CLEAN ("%CSIDL_APPDATA%/lotus/* [*]"))
      COMPONENT ("Etc", "System", DATA CLEAN ("/data/* [*.old]"));
  JobsFixture *fixture = *state;

  NEEDS_ROOT ();
  jobs_write (fixture, "home/alice/.config/lotus/a", "source a", JOBS_ALICE);
  jobs_write (fixture, "data/x", "source x", 0);
  rules_refresh (fixture, components);
  jobs_write (fixture, "home/alice/.config/lotus/a", "destination a", JOBS_ALICE);
  jobs_write (fixture, "home/alice/.config/lotus/b", "destination b", JOBS_ALICE);
  jobs_write (fixture, "home/alice/.config/other", "other", JOBS_ALICE);
  jobs_write (fixture, "data/y.old", "destination y", 0);
  jobs_write (fixture, "data/z", "destination z", 0);
  json_object_unref (rules_restore (fixture, MOOR_EXIT_COMPLETE, components, NULL));
  rules_assert_holds (fixture, "home/alice/.config/lotus/a", "source a");
  rules_assert_holds (fixture, "home/alice/.config/lotus/a(1)", NULL);
  rules_assert_holds (fixture, "home/alice/.config/lotus/b", NULL);
  rules_assert_holds (fixture, "home/alice/.config/other", "other");
  rules_assert_holds (fixture, "data/y.old", NULL);
  rules_assert_holds (fixture, "data/z", "destination z");
  /* Once: what was saved since is not touched. */
  jobs_write (fixture, "data/w.old", "today", 0);
  jobs_write (fixture, "home/alice/.config/lotus/c", "today", JOBS_ALICE);
  json_object_unref (rules_restore (fixture, MOOR_EXIT_COMPLETE, components, NULL));
  rules_assert_holds (fixture, "data/w.old", "today");
  rules_assert_holds (fixture, "home/alice/.config/lotus/c", "today");
  /* Nothing is lost. */
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "undo", NULL);
  rules_assert_holds (fixture, "home/alice/.config/lotus/b", "destination b");
  rules_assert_holds (fixture, "data/y.old", "destination y");
}

/* H19, as far as it means something here. */
static void
test_H19_what_is_replaced_leaves_its_owner_and_times (void **state)
{
  static const char components[] = COMPONENT (
      "H19", "System",
      DATA MERGE ("SourcePriority()", "/data/* [*]")
          MODIFY ("KeepExisting('Security','TimeFields')", "/data/ [kept]"));
  const struct timespec times[] = { { .tv_sec = 5000 }, { .tv_sec = 5000 } };
  JobsFixture *fixture = *state;
  g_autofree char *path = NULL;
  struct stat st;

  NEEDS_ROOT ();
  path = jobs_path (fixture, "data/kept");
  jobs_write (fixture, "data/kept", "source", 0);
  rules_refresh (fixture, components);
  jobs_write (fixture, "data/kept", "destination", 0);
  assert_int_equal (lchown (path, 12, 34), 0);
  assert_int_equal (chmod (path, 0604), 0);
  assert_int_equal (utimensat (AT_FDCWD, path, times, 0), 0);
  json_object_unref (rules_restore (fixture, MOOR_EXIT_COMPLETE, components, NULL));
  rules_assert_holds (fixture, "data/kept", "source");
  st = rules_stat (fixture, "data/kept");
  assert_int_equal (st.st_uid, 12);
  assert_int_equal (st.st_gid, 34);
  assert_int_equal (st.st_mode & 07777, 0604);
  assert_int_equal (st.st_mtime, 5000);
  assert_int_equal (rules_stat (fixture, "StateStore/s1/old-system/data/kept").st_uid, 0);
}

int
main (void)
{
#define CASE(test) cmocka_unit_test_setup_teardown (test, setup, jobs_teardown)
  const struct CMUnitTest tests[] = {
    CASE (test_C1_the_destination_has_priority),
    CASE (test_C2_the_source_has_priority),
    CASE (test_C3_the_source_has_priority_in_one_folder),
    CASE (test_C4_without_a_rule_both_are_kept),
    CASE (test_C5_the_first_free_number_is_taken),
    CASE (test_C6_names_are_found_by_a_pattern),
    CASE (test_C7_the_most_specific_rule_decides),
    CASE (test_C9_without_versions_both_are_kept),
    CASE (test_C12_what_is_on_the_desktop_is_kept),
    CASE (test_F1_a_folder_is_in_everybodys_documents),
    CASE (test_F2_one_file_is_in_everybodys_documents),
    CASE (test_F3_an_extension_goes_to_a_folder),
    CASE (test_F4_a_file_moves_within_a_home),
    CASE (test_F6_equal_names_in_a_flat_folder_are_both_kept),
    CASE (test_F7_what_is_outside_of_the_root_stays),
    CASE (test_F8_without_the_rules_files_go_where_they_were),
    CASE (test_F9_what_two_components_want_is_in_both_places),
    CASE (test_H1_times_that_do_not_travel_are_new),
    CASE (test_H6_what_is_never_restored_stays_in_the_store),
    CASE (test_H15_the_destination_is_cleaned_up),
    CASE (test_H19_what_is_replaced_leaves_its_owner_and_times),
  };

  return cmocka_run_group_tests_name ("usmt-restore", tests, NULL, NULL);
}
