/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs-fixture.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int
setup_captured (void **state)
{
  JobsFixture *fixture = jobs_fixture_new (NULL, 0);

  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", NULL);
  *state = fixture;
  return 0;
}

static int
setup (void **state)
{
  JobsFixture *fixture = NULL;

  (void) setup_captured ((void **) &fixture);
  *state = fixture;
  if (!jobs_can_make_accounts ())
    return 0;
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "set-aside", NULL);
  jobs_unpack_image (fixture);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "restore", "\"enable-accounts\":true");
  return 0;
}

static GHashTable *
inodes_of_homes (const JobsFixture *fixture)
{
  g_autofree char *home = jobs_path (fixture, "home");

  return jobs_inodes (home);
}

/* What a rehearsal says is to be named to agree. */
static char *
consent (JobsFixture *fixture)
{
  g_autoptr(JsonObject)
                 result = jobs_run (fixture, MOOR_EXIT_COMPLETE, "accept", "\"dry-run\":true");

  return g_strdup_printf ("\"consent\":\"%s\"", json_object_get_string_member (result, "volume"));
}

static gint64
n_last (JsonObject *result, const char *class)
{
  JsonArray *classes = json_object_get_array_member (result, "classes");

  for (guint i = 0; i < json_array_get_length (classes); i++)
    {
      JsonObject *one = json_array_get_object_element (classes, i);

      if (g_str_equal (json_object_get_string_member (one, "class"), class))
        return json_object_get_int_member (one, "last-copies");
    }
  return 0;
}

static void
test_before_a_restore_it_is_refused (void **state)
{
  JobsFixture *fixture = *state;

  NEEDS_ACCOUNTS ();
  jobs_must (fixture, MOOR_EXIT_REFUSED, "accept", NULL);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "set-aside", NULL);
  jobs_must (fixture, MOOR_EXIT_REFUSED, "accept", NULL);
  assert_true (moor_test_exists (fixture->store, "old-system/etc/passwd"));
}

static void
test_a_rehearsal_says_what_would_go (void **state)
{
  JobsFixture *fixture = *state;
  g_autoptr(JsonObject) result = NULL;

  NEEDS_ACCOUNTS ();
  result = jobs_run (fixture, MOOR_EXIT_COMPLETE, "accept", "\"dry-run\":true");
  assert_true (n_last (result, "programs") > 0);
  assert_true (n_last (result, "data") > 0);
  assert_int_equal (n_last (result, "caches"), 1);
  assert_int_equal (n_last (result, "homes"), 0);
  assert_int_equal (n_last (result, "store"), 0);
  assert_true (moor_test_exists (fixture->store, "old-system/etc/passwd"));
}

static void
test_what_is_only_there_needs_consent_by_name (void **state)
{
  JobsFixture *fixture = *state;

  NEEDS_ACCOUNTS ();
  jobs_must (fixture, MOOR_EXIT_REFUSED, "accept", NULL);
  jobs_must (fixture, MOOR_EXIT_REFUSED, "accept", "\"consent\":\"yes\"");
  assert_true (moor_test_exists (fixture->store, "old-system/srv/site/index.html"));
}

static void
test_everything_goes_but_the_homes (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *members = NULL;
  g_autofree char *home = jobs_path (fixture, "home");
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  NEEDS_ACCOUNTS ();
  before = jobs_tree (home, NULL, JOBS_TREE_INODES);
  members = consent (fixture);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "accept", members);
  assert_false (moor_test_exists (fixture->store, ""));
  after = jobs_tree (home, NULL, JOBS_TREE_INODES);
  jobs_assert_trees (before, after);
  assert_true (moor_test_exists (fixture->root, "usr/bin/new-tool"));
}

static void
test_an_unclean_restore_is_not_accepted_by_default (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *members = NULL;
  g_autofree char *despite = NULL;

  NEEDS_ACCOUNTS ();
  members = consent (fixture);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "undo", NULL);
  jobs_write (fixture, "home/alice/data", "of today", JOBS_ALICE);
  jobs_must (fixture, MOOR_EXIT_DIFFERENCES, "restore", "\"conflict\":\"keep-new\"");
  jobs_must (fixture, MOOR_EXIT_REFUSED, "accept", members);
  assert_true (moor_test_exists (fixture->store, "old-system/home/alice/data"));
  despite = g_strconcat ("\"despite-differences\":true,", members, NULL);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "accept", despite);
  assert_false (moor_test_exists (fixture->store, ""));
}

/* Ordinary use between the restore and now is told, and hinders nobody. */
static void
test_drift_is_told_and_hinders_nobody (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *members = NULL;
  g_autoptr(JsonObject) result = NULL;

  NEEDS_ACCOUNTS ();
  members = consent (fixture);
  jobs_write (fixture, "home/alice/data", "edited since", JOBS_ALICE);
  result = jobs_run (fixture, MOOR_EXIT_COMPLETE, "accept", members);
  assert_true (
      jobs_differs (json_object_get_object_member (result, "verification"), "data", "changed"));
  assert_false (moor_test_exists (fixture->store, ""));
}

static void
test_a_home_that_did_not_come_back_needs_consent (void **state)
{
  JobsFixture *fixture = *state;
  g_autoptr(JsonObject) result = NULL;

  NEEDS_ACCOUNTS ();
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "undo", NULL);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "restore", "\"users\":[\"alice\"]");
  result = jobs_run (fixture, MOOR_EXIT_COMPLETE, "accept", "\"dry-run\":true");
  assert_true (n_last (result, "homes") + n_last (result, "store") >= 2);
  jobs_must (fixture, MOOR_EXIT_REFUSED, "accept", NULL);
}

/* A rule file says what is taken along, and not what may be thrown away. */
static void
test_what_rules_left_out_needs_consent (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *rules = g_build_filename (fixture->dir, "rules.xml", NULL);
  g_autofree char *members = g_strdup_printf ("\"rules\":[\"%s\"]", rules);
  g_autoptr(JsonObject) result = NULL;

  NEEDS_ACCOUNTS ();
  moor_test_write (fixture->dir, "rules.xml",
                   "<migration urlid='urn:test'><component type='Documents' context='User'>"
                   "<displayName>Test</displayName><role role='Data'><rules>"
                   "<include><objectSet><pattern type='File'>%USERPROFILE%/* [*]</pattern>"
                   "</objectSet></include><exclude><objectSet>"
                   "<pattern type='File'>%USERPROFILE%/* [*.ogg]</pattern>"
                   "<pattern type='File'>%USERPROFILE%/.cache/* [*]</pattern>"
                   "</objectSet></exclude></rules></role></component></migration>");
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", members);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "set-aside", NULL);
  jobs_unpack_image (fixture);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "restore", "\"enable-accounts\":true");
  result = jobs_run (fixture, MOOR_EXIT_COMPLETE, "accept", "\"dry-run\":true");
  assert_int_equal (n_last (result, "homes"), 1);
  assert_int_equal (n_last (result, "caches"), 1);
}

static void
test_nobody_loses_a_file_while_it_is_accepted (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *members = NULL;
  g_autoptr(GHashTable) inodes = NULL;

  NEEDS_ACCOUNTS ();
  inodes = inodes_of_homes (fixture);
  members = consent (fixture);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "accept", members);
  jobs_assert_inodes_have_names (inodes, fixture->root);
}

static void
test_deleting_a_store_whose_files_have_other_names (void **state)
{
  JobsFixture *fixture = *state;
  g_autoptr(JsonObject) result = NULL;

  result = jobs_run (fixture, MOOR_EXIT_COMPLETE, "delete", "\"dry-run\":true");
  assert_int_equal (jobs_number (result, "last-copies"), 0);
  assert_int_equal (jobs_number (result, "freed"), 0);
  assert_true (moor_test_exists (fixture->store, "MOORING"));
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "delete", NULL);
  assert_false (moor_test_exists (fixture->store, ""));
  assert_true (moor_test_exists (fixture->root, "home/alice/data"));
}

/* Two names of one file, both deleted: it is one last copy, and it is guarded. */
static void
test_the_last_names_of_a_link_group_are_guarded (void **state)
{
  JobsFixture *fixture = *state;
  g_autoptr(GHashTable) inodes = inodes_of_homes (fixture);
  g_autoptr(JsonObject) result = NULL;

  jobs_remove (fixture, "home/alice/Pictures/a.jpg");
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "delete", "\"dry-run\":true");
  jobs_remove (fixture, "home/alice/Pictures/b.jpg");
  result = jobs_run (fixture, MOOR_EXIT_COMPLETE, "delete", "\"dry-run\":true");
  assert_int_equal (jobs_number (result, "last-copies"), 1);
  assert_int_equal (jobs_number (result, "last-copy-bytes"), strlen ("picture"));
  jobs_must (fixture, MOOR_EXIT_REFUSED, "delete", NULL);
  jobs_assert_inodes_have_names (inodes, fixture->root);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "delete", "\"even-last-copies\":true");
  assert_false (moor_test_exists (fixture->store, ""));
}

static void
test_an_old_system_is_not_deleted_with_its_store (void **state)
{
  JobsFixture *fixture = *state;

  NEEDS_ACCOUNTS ();
  jobs_must (fixture, MOOR_EXIT_REFUSED, "delete", "\"even-last-copies\":true");
  assert_true (moor_test_exists (fixture->store, "old-system/etc/passwd"));
}

static void
test_an_earlier_version_is_a_last_copy (void **state)
{
  JobsFixture *fixture = *state;
  g_autoptr(GHashTable) inodes = inodes_of_homes (fixture);

  jobs_write (fixture, "home/alice/data", "saved anew", JOBS_ALICE);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", "\"resume\":true");
  jobs_must (fixture, MOOR_EXIT_REFUSED, "delete", NULL);
  jobs_assert_inodes_have_names (inodes, fixture->root);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_before_a_restore_it_is_refused, setup_captured,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_rehearsal_says_what_would_go, setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_what_is_only_there_needs_consent_by_name, setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_everything_goes_but_the_homes, setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_an_unclean_restore_is_not_accepted_by_default, setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_drift_is_told_and_hinders_nobody, setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_home_that_did_not_come_back_needs_consent, setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_what_rules_left_out_needs_consent, jobs_setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_nobody_loses_a_file_while_it_is_accepted, setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_deleting_a_store_whose_files_have_other_names,
                                     setup_captured, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_the_last_names_of_a_link_group_are_guarded,
                                     setup_captured, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_an_old_system_is_not_deleted_with_its_store, setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_an_earlier_version_is_a_last_copy, setup_captured,
                                     jobs_teardown),
  };

  return cmocka_run_group_tests_name ("core/accept", tests, NULL, NULL);
}
