/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "by-the-book.h"
#include "rules-fixture.h"

#include "moor-error.h"

#define FINDER(includes, drive) \
  "<script>MigXmlHelper.GenerateDocPatterns(\"FALSE\",\"" includes "\",\"" drive "\")</script>"
#define FIND(context, drive) \
  "<component type=\"Documents\" context=\"" context "\"><displayName>D</displayName>" \
  "<role role=\"Data\"><rules><include><objectSet>" FINDER ( \
      "TRUE", drive) "</objectSet>" \
                     "</include><exclude><objectSet>" FINDER ( \
                         "FALSE", drive) "</objectSet></exclude></rules>" \
                                         "</role></component>"

static int
setup (void **state)
{
  static const char *const files[] = {
    "home/alice/Documents/letter",
    "home/alice/projects/x",
    "home/alice/.config/app/settings",
    "home/alice/notes.txt",
    "home/alice/odd [1]%/x",
    "srv/files/x",
    "data/archive/x",
    "usr/bin/x",
    "etc/passwd",
    "vmlinuz",
    "lib64/x",
  };
  System *system = g_new0 (System, 1);

  system_open (system, MOOR_PATHS_LINUX);
  moor_rule_host_set_linux_variables (system->host);
  moor_rule_host_add_drive (system->host, MOOR_DRIVE_FIXED, "");
  moor_rule_host_add_drive (system->host, MOOR_DRIVE_FIXED, "/data");
  moor_rule_host_add_drive (system->host, MOOR_DRIVE_FIXED, "/boot/efi");
  moor_rule_host_add_drive (system->host, MOOR_DRIVE_REMOVABLE, "/media/stick");
  moor_rule_user_set_linux_variables (
      moor_rule_host_add_user (system->host, "alice", "/home/alice"), NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    system_write (system, files[i], "");
  *state = system;
  return 0;
}

static int
setup_windows (void **state)
{
  static const char *const files[] = {
    "C:/Users/alice/AppData/Roaming/x",
    "C:/Users/alice/Projects/x",
    "C:/Windows/x",
    "C:/Program Files/App/x",
    "C:/Stuff/x",
    "D:/new folder/text.txt",
    "C:/$Recycle.Bin/x",
  };
  System *system = g_new0 (System, 1);
  MoorRuleUser *user;

  system_open (system, MOOR_PATHS_WINDOWS);
  moor_rule_host_set_variable (system->host, "SYSTEMDRIVE", "C:");
  moor_rule_host_set_variable (system->host, "WINDIR", "C:\\Windows");
  moor_rule_host_set_variable (system->host, "PROGRAMFILES", "C:\\Program Files");
  moor_rule_host_set_variable (system->host, "PROFILESFOLDER", "C:\\Users");
  moor_rule_host_set_variable (system->host, "CSIDL_COMMON_DOCUMENTS",
                               "C:\\Users\\Public\\Documents");
  moor_rule_host_add_drive (system->host, MOOR_DRIVE_FIXED, "/C:");
  moor_rule_host_add_drive (system->host, MOOR_DRIVE_FIXED, "/D:");
  user = moor_rule_host_add_user (system->host, "alice", "/C:/Users/alice");
  moor_rule_user_set_variable (user, "USERPROFILE", "C:\\Users\\alice");
  moor_rule_user_set_variable (user, "CSIDL_MYDOCUMENTS", "C:\\Users\\alice\\Documents");
  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    system_write (system, files[i], "");
  *state = system;
  return 0;
}

static int
teardown (void **state)
{
  System *system = *state;

  system_close (system);
  g_free (system);
  return 0;
}

typedef struct
{
  const char *path;
  gboolean taken;
} Case;

static void
assert_taken (const System *system,
              const MoorRuleOutcome *outcome,
              const Case *cases,
              gsize n_cases)
{
  for (gsize i = 0; i < n_cases; i++)
    {
      if (book_takes (outcome, MOOR_PATTERN_FILE, system->host->style, cases[i].path, FALSE)
          != cases[i].taken)
        fail_msg ("“%s” is %s", cases[i].path, cases[i].taken ? "left out" : "taken");
    }
}

static const Case own_cases[] = {
  { "/home/alice/Documents/letter", TRUE },
  { "/home/alice/Pictures/not yet there", TRUE },
  { "/home/alice/projects/deep/x", TRUE },
  { "/home/alice/odd [1]%/x", TRUE },
  { "/home/alice/notes.txt", TRUE },
  { "/home/alice/.bashrc", FALSE },
  { "/home/alice/.config/app/settings", FALSE },
  { "/srv/files/x", FALSE },
};

static const Case shared_cases[] = {
  { "/srv/files/x", TRUE },    { "/srv/public/Music/x", TRUE }, { "/data/archive/x", TRUE },
  { "/data/top", TRUE },       { "/report.txt", TRUE },         { "/vmlinuz", FALSE },
  { "/usr/bin/x", FALSE },     { "/etc/passwd", FALSE },        { "/lib64/x", FALSE },
  { "/home/alice/x", FALSE },  { "/boot/efi/x", FALSE },        { "/media/stick/x", FALSE },
  { "/data/.Trash/x", FALSE },
};

static void
test_a_persons_documents_are_found_at_the_top_of_the_home (void **state)
{
  const System *system = *state;
  g_autoptr(MoorRuleOutcome) outcome = evaluate (system->host, FIND ("User", "FALSE"));

  assert_taken (system, outcome, own_cases, G_N_ELEMENTS (own_cases));
}

static void
test_shared_documents_are_found_at_the_top_of_drives (void **state)
{
  const System *system = *state;
  g_autoptr(MoorRuleOutcome) outcome = evaluate (system->host, FIND ("System", "FALSE"));

  assert_taken (system, outcome, shared_cases, G_N_ELEMENTS (shared_cases));
}

static void
test_the_system_drive_alone_can_be_asked_for (void **state)
{
  static const Case cases[] = { { "/srv/files/x", TRUE }, { "/data/top", FALSE } };
  const System *system = *state;
  g_autoptr(MoorRuleOutcome) outcome = evaluate (system->host, FIND ("System", "TRUE"));

  assert_taken (system, outcome, cases, G_N_ELEMENTS (cases));
}

static void
test_a_written_file_means_what_the_finder_found (void **state)
{
  const System *system = *state;
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) written = moor_document_finder_write (system->host, &error);
  g_autoptr(MoorRuleSet) set = moor_rule_set_new ();
  g_autoptr(MoorRuleOutcome) outcome = NULL;

  assert_no_gerror (error);
  assert_true (moor_rule_set_add_file (set, "documents.xml", written, &error));
  assert_int_equal (moor_rule_set_get_findings (set)->len, 0);
  outcome = evaluate_set (set, system->host, MOOR_RULES_AT_SOURCE);
  assert_int_equal (outcome->findings->len, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (own_cases); i++)
    {
      if (!g_str_has_prefix (own_cases[i].path, "/srv"))
        assert_taken (system, outcome, &own_cases[i], 1);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (shared_cases); i++)
    {
      if (!g_str_has_prefix (shared_cases[i].path, "/home"))
        assert_taken (system, outcome, &shared_cases[i], 1);
    }
}

static void
test_a_written_file_is_for_other_people_too (void **state)
{
  static const Case cases[] = {
    { "/home/bob/Documents/x", TRUE },
    { "/home/bob/projects/x", TRUE },
    { "/home/bob/.config/x", FALSE },
  };
  const System *system = *state;
  g_autoptr(GBytes) written = moor_document_finder_write (system->host, NULL);
  g_autoptr(MoorRuleSet) set = moor_rule_set_new ();
  g_autoptr(MoorRuleOutcome) outcome = NULL;
  g_autoptr(GError) error = NULL;

  moor_rule_user_set_linux_variables (moor_rule_host_add_user (system->host, "bob", "/home/bob"),
                                      NULL);
  assert_true (moor_rule_set_add_file (set, "documents.xml", written, &error));
  outcome = evaluate_set (set, system->host, MOOR_RULES_AT_SOURCE);
  assert_taken (system, outcome, cases, G_N_ELEMENTS (cases));
}

static void
test_there_has_to_be_a_place_to_look_at (void **state)
{
  g_autoptr(MoorRuleHost) host = moor_rule_host_new (MOOR_PATHS_LINUX, -1);
  g_autoptr(GError) error = NULL;

  assert_null (moor_document_finder_write (host, &error));
  assert_gerror (error, MOOR_ERROR, MOOR_ERROR_REFUSED);
}

static void
test_documents_of_windows_are_found_outside_its_own_folders (void **state)
{
  static const Case cases[] = {
    { "/C:/Stuff/x", TRUE },
    { "/D:/new folder/text.txt", TRUE },
    { "/C:/report.txt", TRUE },
    { "/C:/Users/Public/Documents/x", TRUE },
    { "/C:/Users/alice/Projects/x", TRUE },
    { "/C:/Users/alice/Documents/x", TRUE },
    { "/C:/Users/alice/notes.txt", TRUE },
    { "/C:/Users/alice/NTUSER.DAT", FALSE },
    { "/C:/Users/alice/AppData/Roaming/x", FALSE },
    { "/C:/Users/bob/x", FALSE },
    { "/C:/Windows/x", FALSE },
    { "/C:/Program Files/App/x", FALSE },
    { "/C:/$Recycle.Bin/x", FALSE },
    { "/C:/pagefile.sys", FALSE },
  };
  const System *system = *state;
  g_autoptr(MoorRuleOutcome) outcome = evaluate (system->host, FIND ("UserAndSystem", "FALSE"));

  assert_taken (system, outcome, cases, G_N_ELEMENTS (cases));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_a_persons_documents_are_found_at_the_top_of_the_home,
                                     setup, teardown),
    cmocka_unit_test_setup_teardown (test_shared_documents_are_found_at_the_top_of_drives, setup,
                                     teardown),
    cmocka_unit_test_setup_teardown (test_the_system_drive_alone_can_be_asked_for, setup, teardown),
    cmocka_unit_test_setup_teardown (test_a_written_file_means_what_the_finder_found, setup,
                                     teardown),
    cmocka_unit_test_setup_teardown (test_a_written_file_is_for_other_people_too, setup, teardown),
    cmocka_unit_test (test_there_has_to_be_a_place_to_look_at),
    cmocka_unit_test_setup_teardown (test_documents_of_windows_are_found_outside_its_own_folders,
                                     setup_windows, teardown),
  };

  return cmocka_run_group_tests_name ("core/document-finder", tests, NULL, NULL);
}
