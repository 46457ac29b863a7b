/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs-fixture.h"

#include <string.h>
#include <unistd.h>

#include "moor-host.h"
#include "moor-ruling.h"

/* What rules are told about a system. */

static const char *
variable (GHashTable *variables, const char *name)
{
  const char *value = g_hash_table_lookup (variables, name);

  return value != NULL ? value : "";
}

static MoorRuleHost *
host_of (MoorSystem *system, const char *const *drives)
{
  const MoorHostOptions options = { .drives = drives };
  g_autoptr(GError) error = NULL;
  MoorRuleHost *host = moor_host_new (system, &options, &error);

  assert_no_gerror (error);
  return host;
}

static MoorSystem *
open_system (const JobsFixture *fixture)
{
  g_autoptr(GError) error = NULL;
  MoorSystem *system = moor_system_open (fixture->root, &error);

  assert_no_gerror (error);
  return system;
}

static MoorRuleUser *
add_person (MoorRuleHost *host, MoorSystem *system, const char *name, MoorPlace *place)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *home = g_strconcat ("/home/", name, NULL);
  MoorRuleUser *user;

  assert_true (moor_system_locate (system, home, place, &error));
  user = moor_host_add_person (host, name, place->path, place->dfd, &error);
  assert_no_gerror (error);
  return user;
}

static void
test_a_person_s_own_folders_are_the_variables (void **state)
{
  JobsFixture *fixture = *state;
  g_autoptr(MoorSystem) system = NULL;
  g_autoptr(MoorRuleHost) host = NULL;
  g_auto(MoorPlace) alice_home = { .dfd = -1 };
  g_auto(MoorPlace) bob_home = { .dfd = -1 };
  MoorRuleUser *alice;
  MoorRuleUser *bob;

  jobs_write (fixture, "home/alice/.config/user-dirs.dirs",
              "XDG_PICTURES_DIR=\"$HOME/Bilder\"\nXDG_MUSIC_DIR=\"/etc\"\n", JOBS_ALICE);
  system = open_system (fixture);
  host = host_of (system, NULL);
  alice = add_person (host, system, "alice", &alice_home);
  bob = add_person (host, system, "bob", &bob_home);
  assert_string_equal (variable (alice->variables, "CSIDL_MYPICTURES"), "/home/alice/Bilder");
  assert_string_equal (variable (alice->variables, "USERPROFILE"), "/home/alice");
  assert_string_not_equal (variable (alice->variables, "CSIDL_MYMUSIC"), "/etc");
  assert_string_equal (variable (bob->variables, "CSIDL_MYPICTURES"), "/home/bob/Pictures");
}

/* Conditions of rules have to see what is in it. */
static void
test_a_home_is_looked_at_though_its_folders_are_unknown (void **state)
{
  JobsFixture *fixture = *state;
  const MoorSelection selection = MOOR_SELECTION_INIT;
  g_autofree char *path = jobs_path (fixture, "home/alice/.config/user-dirs.dirs");
  g_autoptr(MoorJob) job = moor_job_new ("rules", NULL, NULL, NULL);
  g_autoptr(MoorSystem) system = NULL;
  g_autoptr(GPtrArray) chosen = NULL;
  g_auto(MoorRuleSource) source = MOOR_RULE_SOURCE_INIT;
  g_auto(MoorRuling) ruling = { 0 };
  g_autoptr(GError) error = NULL;

  jobs_write (fixture, "home/alice/.config/user-dirs.dirs", "", JOBS_ALICE);
  assert_int_equal (unlink (path), 0);
  assert_int_equal (symlink ("../dotfiles/user-dirs.dirs", path), 0);
  system = open_system (fixture);
  chosen = moor_scope_choose (job, system, &selection, &error);
  assert_no_gerror (error);
  source.set = moor_rule_set_new ();
  assert_true (moor_ruling_make (&ruling, job, system, chosen, &source, &error));
  assert_int_equal (ruling.host->users->len, chosen->len);
  for (guint i = 0; i < ruling.host->users->len; i++)
    assert_true (((const MoorRuleUser *) g_ptr_array_index (ruling.host->users, i))->home_dfd >= 0);
}

static void
test_the_system_s_own_volume_is_a_fixed_drive (void **state)
{
  JobsFixture *fixture = *state;
  g_autoptr(MoorSystem) system = open_system (fixture);
  g_autoptr(MoorRuleHost) host = host_of (system, NULL);
  const MoorRuleDrive *drive = g_ptr_array_index (host->drives, 0);

  assert_int_equal (drive->type, MOOR_DRIVE_FIXED);
  assert_string_equal (drive->path, "");
  assert_true (g_ptr_array_find_with_equal_func (host->all_homes, "/home/bob", g_str_equal, NULL));
}

/* How often the system is walked if its volume at /usb is a @type. */
static guint
n_walked (const JobsFixture *fixture, MoorDriveType type, gboolean local_only)
{
  const MoorSelection selection = { .users = (const char *const[]){ "alice", NULL },
                                    .used_within_days = -1 };
  g_autoptr(MoorJob) job = moor_job_new ("rules", NULL, NULL, NULL);
  g_autoptr(MoorSystem) system = open_system (fixture);
  g_autofree char *path = g_build_filename (fixture->dir, "test.xml", NULL);
  g_autoptr(GError) error = NULL;
  g_autoptr(GPtrArray) chosen = moor_scope_choose (job, system, &selection, &error);
  g_auto(MoorRuleSource) source = MOOR_RULE_SOURCE_INIT;
  g_auto(MoorRuling) ruling = { 0 };
  guint n_people = chosen->len;

  source.local_only = local_only;
  assert_true (moor_rule_source_add_file (&source, path, &error));
  assert_true (moor_ruling_make (&ruling, job, system, chosen, &source, &error));
  for (guint i = 0; i < ruling.host->drives->len; i++)
    {
      MoorRuleDrive *drive = g_ptr_array_index (ruling.host->drives, i);

      if (g_str_equal (drive->path, "/usb"))
        drive->type = type;
    }
  assert_true (moor_ruling_add_system (&ruling, job, system, FALSE, chosen, &error));
  return chosen->len - n_people;
}

static void
test_removable_drives_are_walked_unless_only_local_ones_are_wanted (void **state)
{
  JobsFixture *fixture = *state;
  MoorTestVolume volume;

  if (!moor_test_can_mount ("ext4")
      || !moor_test_volume_new (fixture->root, "usb", "ext4", 40, &volume))
    {
      moor_test_skip ("ext4 cannot be made or mounted here");
      return;
    }
  moor_test_write (fixture->dir, "test.xml",
                   "<migration urlid=\"http://example.org/test\">"
                   "<component type=\"Documents\" context=\"System\"><displayName>T</displayName>"
                   "<role role=\"Data\"><rules context=\"System\"><include><objectSet>"
                   "<pattern type=\"File\">/* [*.doc]</pattern>"
                   "</objectSet></include></rules></role></component></migration>");
  assert_int_equal (n_walked (fixture, MOOR_DRIVE_FIXED, FALSE), 2);
  assert_int_equal (n_walked (fixture, MOOR_DRIVE_FIXED, TRUE), 2);
  assert_int_equal (n_walked (fixture, MOOR_DRIVE_REMOVABLE, FALSE), 2);
  assert_int_equal (n_walked (fixture, MOOR_DRIVE_REMOVABLE, TRUE), 1);
  assert_int_equal (n_walked (fixture, MOOR_DRIVE_REMOTE, FALSE), 1);
  moor_test_volume_free (&volume);
}

static void
test_drive_letters_are_folders_of_the_system (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *data = g_strconcat ("d:=", fixture->root, "/srv/data", NULL);
  g_autofree char *root = g_strconcat ("C:=", fixture->root, NULL);
  const char *const drives[] = { root, data, "E:=/mnt/x", NULL };
  g_autoptr(MoorSystem) system = open_system (fixture);
  g_autoptr(MoorRuleHost) host = host_of (system, drives);

  assert_string_equal (g_hash_table_lookup (host->drive_map, "C:"), "/");
  assert_string_equal (g_hash_table_lookup (host->drive_map, "D:"), "/srv/data");
  assert_string_equal (g_hash_table_lookup (host->drive_map, "E:"), "/mnt/x");
}

static void
test_what_is_no_drive_is_refused (void **state)
{
  static const char *const wrong[] = { "C=/", "C:/", "CC:=/", "C:=relative", "1:=/", "" };
  JobsFixture *fixture = *state;
  g_autoptr(MoorSystem) system = open_system (fixture);

  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      const char *const drives[] = { wrong[i], NULL };
      const MoorHostOptions options = { .drives = drives };
      g_autoptr(GError) error = NULL;

      assert_null (moor_host_new (system, &options, &error));
      assert_gerror (error, MOOR_ERROR, MOOR_ERROR_USAGE);
    }
}

static void
test_a_store_tells_what_its_rules_were_held_against (void **state)
{
  JobsFixture *fixture = *state;
  const char *const files[] = { "a.xml", "b.xml", NULL };
  const char *const drives[] = { "C:=/", NULL };
  g_autoptr(MoorSystem) system = open_system (fixture);
  g_autoptr(MoorRuleHost) host = host_of (system, drives);
  g_auto(MoorPlace) home = { .dfd = -1 };
  g_autoptr(GError) error = NULL;
  g_autoptr(MoorStore) store = NULL;
  g_autoptr(MoorHostRecord) record = NULL;
  GHashTable *alice;

  (void) add_person (host, system, "alice", &home);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", NULL);
  store = moor_store_open (fixture->store, TRUE, &error);
  assert_no_gerror (error);
  assert_true (moor_host_read_record (store, &record, &error));
  assert_null (record);
  assert_true (moor_host_write_record (store, host, files, "Config.xml", &error));
  assert_true (moor_host_read_record (store, &record, &error));
  assert_string_equal (record->files[1], "b.xml");
  assert_string_equal (record->config, "Config.xml");
  assert_string_equal (record->drives[0], "C:=/");
  assert_string_equal (record->volumes[0], "");
  alice = g_hash_table_lookup (record->users, "alice");
  assert_string_equal (variable (alice, "USERPROFILE"), "/home/alice");
  assert_string_equal (variable (record->system, "SYSTEMDRIVE"),
                       variable (host->variables, "SYSTEMDRIVE"));
}

static void
test_a_record_that_is_damaged_is_told (void **state)
{
  static const char *const damaged[] = { "{ \"system\":", "", " ", "[]" };
  JobsFixture *fixture = *state;
  g_autofree char *path = g_build_filename (fixture->store, "rules", NULL);
  g_autoptr(GError) error = NULL;
  g_autoptr(MoorStore) store = NULL;
  g_autoptr(MoorHostRecord) record = NULL;

  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", NULL);
  store = moor_store_open (fixture->store, FALSE, &error);
  assert_no_gerror (error);
  for (guint i = 0; i < G_N_ELEMENTS (damaged); i++)
    {
      g_autoptr(GError) problem = NULL;

      moor_test_write (path, "variables.json", damaged[i]);
      assert_false (moor_host_read_record (store, &record, &problem));
      assert_gerror (problem, MOOR_ERROR, MOOR_ERROR_STORE_UNUSABLE);
      assert_null (record);
    }
}

/* Whoever can write into a store must not make its reader busy or fall. */
static void
test_a_record_that_is_too_large_or_too_deep_is_told (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *path = g_build_filename (fixture->store, "rules", NULL);
  g_autofree char *deep = g_strnfill (100000, '[');
  g_autofree char *blanks = g_strnfill (17 * 1024 * 1024, ' ');
  g_autofree char *large = g_strconcat ("{ \"files\": [\"a.xml\"]", blanks, "}", NULL);
  const char *const hostile[] = { deep, large };
  g_autoptr(GError) error = NULL;
  g_autoptr(MoorStore) store = NULL;
  g_autoptr(MoorHostRecord) record = NULL;

  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", NULL);
  store = moor_store_open (fixture->store, FALSE, &error);
  assert_no_gerror (error);
  for (guint i = 0; i < G_N_ELEMENTS (hostile); i++)
    {
      g_autoptr(GError) problem = NULL;

      moor_test_write (path, "variables.json", hostile[i]);
      assert_false (moor_host_read_record (store, &record, &problem));
      assert_gerror (problem, MOOR_ERROR, MOOR_ERROR_STORE_UNUSABLE);
      assert_null (record);
    }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_a_person_s_own_folders_are_the_variables, jobs_setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_home_is_looked_at_though_its_folders_are_unknown,
                                     jobs_setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_the_system_s_own_volume_is_a_fixed_drive, jobs_setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (
        test_removable_drives_are_walked_unless_only_local_ones_are_wanted, jobs_setup,
        jobs_teardown),
    cmocka_unit_test_setup_teardown (test_drive_letters_are_folders_of_the_system, jobs_setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_what_is_no_drive_is_refused, jobs_setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_store_tells_what_its_rules_were_held_against,
                                     jobs_setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_record_that_is_damaged_is_told, jobs_setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_record_that_is_too_large_or_too_deep_is_told,
                                     jobs_setup, jobs_teardown),
  };

  return cmocka_run_group_tests_name ("jobs/host", tests, NULL, NULL);
}
