/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules-fixture.h"

#include "moor-target-rules.h"

/* What the rules say of putting files back; the cases by their names in the reference. */

#define COMPONENT(name, context, body) \
  "<component type=\"Documents\" context=\"" context "\"><displayName>" name "</displayName>" \
  "<role role=\"Data\"><rules context=\"" context "\">" body "</rules></role></component>"
#define SET(pattern) "<objectSet><pattern type=\"File\">" pattern "</pattern></objectSet>"
#define INCLUDE(pattern) "<include>" SET (pattern) "</include>"
#define EXCLUDE(pattern) "<exclude>" SET (pattern) "</exclude>"
#define MOVE(call, pattern) \
  "<locationModify script=\"MigXmlHelper." call "\">" SET (pattern) "</locationModify>"
#define MERGE(call, pattern) "<merge script=\"MigXmlHelper." call "\">" SET (pattern) "</merge>"
#define ATTRIBUTES(sign, names, pattern) \
  "<" sign "Attributes attributes=\"" names "\">" SET (pattern) "</" sign "Attributes>"

typedef struct
{
  System system;
  MoorRuleOutcome *outcome;
  MoorTargetRules *rules;
} Fixture;

/* A Linux system with two people. */
static int
setup (void **state)
{
  Fixture *fixture = g_new0 (Fixture, 1);
  static const char *const names[] = { "alice", "bob" };

  system_open (&fixture->system, MOOR_PATHS_LINUX);
  moor_rule_host_set_linux_variables (fixture->system.host);
  moor_rule_host_add_drive (fixture->system.host, MOOR_DRIVE_FIXED, "");
  moor_rule_host_add_drive (fixture->system.host, MOOR_DRIVE_FIXED, "/disk");
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *home = g_strconcat ("/home/", names[i], NULL);

      moor_rule_user_set_linux_variables (
          moor_rule_host_add_user (fixture->system.host, names[i], home), NULL);
    }
  *state = fixture;
  return 0;
}

/* A Windows system with one person, whose profile was elsewhere at the source. */
static int
setup_windows (void **state)
{
  Fixture *fixture = g_new0 (Fixture, 1);
  MoorRuleHost *host;
  MoorRuleUser *user;

  system_open (&fixture->system, MOOR_PATHS_WINDOWS);
  host = fixture->system.host;
  moor_rule_host_set_variable (host, "SYSTEMDRIVE", "C:");
  moor_rule_host_add_drive (host, MOOR_DRIVE_FIXED, "/C:");
  user = moor_rule_host_add_user (host, "User1", "/C:/Users/User1");
  moor_rule_user_set_variable (user, "CSIDL_APPDATA", "C:\\Users\\User1\\AppData\\Roaming");
  moor_rule_user_set_variable (user, "CSIDL_MYMUSIC", "C:\\Users\\User1\\Music");
  user->source_variables = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_hash_table_insert (user->source_variables, g_strdup ("CSIDL_APPDATA"),
                       g_strdup ("C:\\Documents and Settings\\User1\\Application Data"));
  g_hash_table_insert (user->source_variables, g_strdup ("CSIDL_MYMUSIC"),
                       g_strdup ("C:\\Documents and Settings\\User1\\My Documents\\My Music"));
  *state = fixture;
  return 0;
}

static void
forget (Fixture *fixture)
{
  g_clear_pointer (&fixture->rules, moor_target_rules_free);
  g_clear_pointer (&fixture->outcome, moor_rule_outcome_free);
}

static int
teardown (void **state)
{
  Fixture *fixture = *state;

  forget (fixture);
  system_close (&fixture->system);
  g_free (fixture);
  return 0;
}

static MoorTargetRules *
use (Fixture *fixture, const char *components)
{
  g_autoptr(MoorRuleSet) set = moor_rule_set_new ();
  g_autofree char *xml = migration ("urn:test", components);
  g_autoptr(GError) error = NULL;

  forget (fixture);
  add_rules (set, "test.xml", xml);
  fixture->outcome = evaluate_set (set, fixture->system.host, MOOR_RULES_AT_DESTINATION);
  fixture->rules = moor_target_rules_new (fixture->outcome, fixture->system.host, &error);
  assert_no_gerror (error);
  return fixture->rules;
}

static int
compare_lines (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* Where a file goes: sorted, with a `|` between, "stays" first if it does. */
static char *
places (const MoorTargetRules *rules, const char *path, gboolean is_node)
{
  gboolean stays;
  g_autoptr(GPtrArray) placements = moor_target_rules_relocate (rules, path, is_node, &stays);
  g_autoptr(GPtrArray) lines = g_ptr_array_new ();
  g_autofree char *joined = NULL;

  for (guint i = 0; i < placements->len; i++)
    g_ptr_array_add (lines, ((MoorPlacement *) g_ptr_array_index (placements, i))->path);
  g_ptr_array_sort (lines, compare_lines);
  g_ptr_array_add (lines, NULL);
  joined = g_strjoinv ("|", (char **) lines->pdata);
  return g_strconcat (stays ? "stays" : "", stays && lines->len > 1 ? "|" : "", joined, NULL);
}

static void
assert_goes (const MoorTargetRules *rules, const char *path, const char *expected)
{
  g_autofree char *found = places (rules, path, FALSE);

  assert_string_equal (found, expected);
}

static void
assert_folder_goes (const MoorTargetRules *rules, const char *path, const char *expected)
{
  g_autofree char *found = places (rules, path, TRUE);

  assert_string_equal (found, expected);
}

static void
test_F1_a_folder_goes_to_everybodys_documents (void **state)
{
  const MoorTargetRules *rules = use (
      *state, COMPONENT ("Eng", "User",
                         INCLUDE ("/EngineeringDrafts/* [*]")
                             MOVE ("RelativeMove('\\EngineeringDrafts','%CSIDL_PERSONAL%')",
                                   "/EngineeringDrafts/* [*]")));

  assert_true (moor_target_rules_move_anything (rules));
  assert_goes (rules, "/EngineeringDrafts/a/b.dwg",
               "/home/alice/Documents/a/b.dwg|/home/bob/Documents/a/b.dwg");
  assert_folder_goes (rules, "/EngineeringDrafts/a",
                      "/home/alice/Documents/a|/home/bob/Documents/a");
  assert_goes (rules, "/EngineeringDraftsmen/x", "stays");
}

static void
test_F2_one_file_goes (void **state)
{
  const MoorTargetRules *rules = use (
      *state, COMPONENT ("Eng", "User",
                         INCLUDE (" /EngineeringDrafts/ [Sample.doc]")
                             MOVE ("RelativeMove('/EngineeringDrafts','%CSIDL_PERSONAL%')",
                                   " /EngineeringDrafts/ [Sample.doc]")));

  assert_goes (rules, "/EngineeringDrafts/Sample.doc",
               "/home/alice/Documents/Sample.doc|/home/bob/Documents/Sample.doc");
  assert_goes (rules, "/EngineeringDrafts/Other.doc", "stays");
}

static void
test_F3_an_extension_goes_below_the_deepest_folder (void **state)
{
  const MoorTargetRules *rules = use (
      *state,
      COMPONENT ("Music", "System", INCLUDE ("/* [*.mp3]") MOVE ("Move('/music')", "/* [*.mp3]")));

  assert_goes (rules, "/disk/x.mp3", "/music/x.mp3");
  assert_goes (rules, "/disk/a/x.mp3", "/music/a/x.mp3");
  assert_goes (rules, "/srv/x.mp3", "/music/srv/x.mp3");
  assert_goes (rules, "/home/alice/Music/Rock/y.mp3", "/music/Rock/y.mp3");
  assert_goes (rules, "/home/alice/z.mp3", "/music/z.mp3");
  assert_goes (rules, "/home/alice/z.ogg", "stays");
}

static void
test_F4_one_folder_of_a_person_becomes_another (void **state)
{
  const MoorTargetRules *rules = use (
      *state, COMPONENT ("Office", "User",
                         INCLUDE ("%CSIDL_APPDATA%\\Microsoft\\Office\\ [Access10.pip]") MOVE (
                             "RelativeMove('%CSIDL_APPDATA%\\Microsoft\\Office','%CSIDL_APPDATA%')",
                             "%CSIDL_APPDATA%\\Microsoft\\Office\\ [Access10.pip]")));

  assert_goes (rules,
               "/C:/Documents and Settings/User1/Application Data/Microsoft/Office/"
               "Access10.pip",
               "/C:/Users/User1/AppData/Roaming/Access10.pip");
  assert_goes (rules,
               "/c:/documents and settings/user1/application data/microsoft/OFFICE/"
               "access10.PIP",
               "/C:/Users/User1/AppData/Roaming/access10.PIP");
}

static void
test_F6_everything_goes_flat_into_one_folder (void **state)
{
  const MoorTargetRules *rules = use (
      *state, COMPONENT ("Flat", "System",
                         INCLUDE ("/Src/* [*]") MOVE ("ExactMove('/Flat')", "/Src/* [*]")));

  assert_goes (rules, "/Src/a/1.txt", "/Flat/1.txt");
  assert_goes (rules, "/Src/b/2.txt", "/Flat/2.txt");
  assert_folder_goes (rules, "/Src/a", "");
  rules = use (*state, COMPONENT ("One", "System",
                                  INCLUDE ("/Src/* [*]")
                                      MOVE ("ExactMove('/Flat [one.txt]')", "/Src/* [*]")));
  assert_goes (rules, "/Src/a/1.txt", "/Flat/one.txt");
}

static void
test_F7_what_is_elsewhere_stays (void **state)
{
  const MoorTargetRules *rules = use (
      *state,
      COMPONENT ("A", "System", INCLUDE ("/* [*.x]") MOVE ("RelativeMove('/A','/B')", "/* [*.x]")));

  assert_goes (rules, "/A/p.x", "/B/p.x");
  assert_goes (rules, "/A/deep/p.x", "/B/deep/p.x");
  assert_goes (rules, "/C/q.x", "stays");
  assert_goes (rules, "/AB/q.x", "stays");
}

/* F9, and C5 of the precedence tables. */
static void
test_F9_what_another_component_includes_is_in_both_places (void **state)
{
  const MoorTargetRules *rules = use (
      *state, COMPONENT ("One", "System", INCLUDE ("/data/* [*]")) COMPONENT (
                  "Two", "System", MOVE ("RelativeMove('/data','/new')", "/data/* [*]")));

  assert_goes (rules, "/data/a", "stays|/new/a");
}

/* What was captured comes back though the file that included it is missing. */
static void
test_a_move_without_an_include_takes_nothing_away (void **state)
{
  const MoorTargetRules *rules = use (
      *state, COMPONENT ("Two", "System", MOVE ("RelativeMove('/data','/new')", "/data/* [*]")));

  assert_goes (rules, "/data/a", "stays|/new/a");
}

static void
test_F10_an_absent_drive_is_replaced_by_the_systems (void **state)
{
  const MoorTargetRules *rules = use (
      *state, COMPONENT ("A", "System",
                         INCLUDE ("C:\\A\\* [*]")
                             MOVE ("RelativeMove('C:\\A','E:\\B\\C')", "C:\\A\\* [*]")));

  assert_goes (rules, "/C:/A/p", "/C:/B/C/p");
}

static void
test_moves_on_windows_fold_case_and_drop_the_drive (void **state)
{
  const MoorTargetRules *rules = use (
      *state, COMPONENT ("M", "UserAndSystem",
                         INCLUDE ("D:\\* [*.mp3]") INCLUDE ("%CSIDL_MYMUSIC%\\* [*]")
                             MOVE ("Move('C:\\Music')", "D:\\* [*.mp3]")
                                 MOVE ("Move('C:\\Music')", "%CSIDL_MYMUSIC%\\* [*]")));

  assert_goes (rules, "/D:/x.mp3", "/C:/Music/x.mp3");
  assert_goes (rules, "/d:/Sub/X.MP3", "/C:/Music/Sub/X.MP3");
  assert_goes (rules, "/C:/Documents and Settings/User1/My Documents/My Music/Rock/y.mp3",
               "/C:/Music/Rock/y.mp3");
}

/* The most specific one of a component counts. */
static void
test_one_component_has_one_say (void **state)
{
  const MoorTargetRules *rules = use (
      *state,
      COMPONENT ("A", "System",
                 INCLUDE ("/data/* [*]") MOVE ("RelativeMove('/data','/one')", "/data/* [*]")
                     MOVE ("RelativeMove('/data','/two')", "/data/sub/* [*]")));

  assert_goes (rules, "/data/a", "/one/a");
  assert_goes (rules, "/data/sub/a", "/two/sub/a");
}

/* A person says where the own folders are, and so must not reach into the system. */
static void
test_a_persons_folder_outside_of_the_home_is_no_target (void **state)
{
  Fixture *fixture = *state;
  MoorRuleUser *bob = g_ptr_array_index (fixture->system.host->users, 1);
  const MoorTargetRules *rules;

  moor_rule_user_set_variable (bob, "CSIDL_PERSONAL", "/etc/cron.d");
  rules = use (fixture, COMPONENT ("Eng", "User",
                                   INCLUDE ("/Eng/* [*]") MOVE (
                                       "RelativeMove('/Eng','%CSIDL_PERSONAL%')", "/Eng/* [*]")));
  assert_goes (rules, "/Eng/job", "stays|/home/alice/Documents/job");
  assert_int_equal (moor_target_rules_get_findings (rules)->len, 1);
  rules = use (fixture, COMPONENT ("Eng", "User",
                                   INCLUDE ("/Eng/* [*]")
                                       MOVE ("RelativeMove('/Eng','/srv')", "/Eng/* [*]")));
  assert_goes (rules, "/Eng/job", "/srv/job");
}

static void
test_places_that_lead_elsewhere_are_refused (void **state)
{
  static const char *const calls[] = { "RelativeMove('/data','../etc')",
                                       "RelativeMove('/data','/a*')", "ExactMove('/a/* [*]')",
                                       "ExactMove('/a [*]')", "SourcePriority()" };

  for (gsize i = 0; i < G_N_ELEMENTS (calls); i++)
    {
      g_autofree char *xml = g_strdup_printf (
          COMPONENT ("A", "System", INCLUDE ("/data/* [*]") MOVE ("%s", "/data/* [*]")), calls[i]);
      const MoorTargetRules *rules = use (*state, xml);

      if (moor_target_rules_move_anything (rules))
        fail_msg ("%s moves something", calls[i]);
      assert_goes (rules, "/data/x", "stays");
    }
}

static void
assert_merges (const MoorTargetRules *rules,
               const char *path,
               MoorMergeKind kind,
               const char *pattern)
{
  MoorMergeRule rule;

  moor_target_rules_merge (rules, path, &rule);
  if (rule.kind != kind)
    fail_msg ("%s is merged by %d", path, (int) rule.kind);
  if (pattern == NULL)
    assert_null (rule.pattern);
  else
    assert_string_equal (rule.pattern, pattern);
}

static void
test_the_most_specific_merge_decides (void **state)
{
  const MoorTargetRules *rules = use (
      *state, COMPONENT ("C7", "System",
                         INCLUDE ("/data/* [*]") MERGE ("SourcePriority()", "/* [*]")
                             MERGE ("DestinationPriority()", "/data/Folder/* [*]"))
                  COMPONENT ("C6", "System",
                             MERGE ("FindFilePlaceByPattern('&lt;F&gt; (&lt;N&gt;).&lt;E&gt;')",
                                    "/other/* [*]")
                                 MERGE ("NewestVersion('FileVersion')", "/other/* [*.exe]")));

  assert_merges (rules, "/data/SampleB.txt", MOOR_MERGE_SOURCE, NULL);
  assert_merges (rules, "/data/Folder/SampleB.txt", MOOR_MERGE_DESTINATION, NULL);
  assert_merges (rules, "/other/x.txt", MOOR_MERGE_RENAME, "<F> (<N>).<E>");
  assert_merges (rules, "/other/x.exe", MOOR_MERGE_NEWEST, NULL);
  rules = use (*state, COMPONENT ("C3", "System", MERGE ("SourcePriority()", "/data/ [*]")));
  assert_merges (rules, "/data/SampleB.txt", MOOR_MERGE_SOURCE, NULL);
  assert_merges (rules, "/data/Folder/SampleB.txt", MOOR_MERGE_DEFAULT, NULL);
}

static void
test_of_equal_merges_the_cautious_one_decides (void **state)
{
  const MoorTargetRules *rules = use (
      *state, COMPONENT ("A", "System", MERGE ("SourcePriority()", "/data/* [*]"))
                  COMPONENT ("B", "System", MERGE ("DestinationPriority()", "/data/* [*]")));

  assert_merges (rules, "/data/x", MOOR_MERGE_DESTINATION, NULL);
  rules = use (*state, COMPONENT ("A", "System", MERGE ("HigherValue()", "/data/* [*]")));
  assert_merges (rules, "/data/x", MOOR_MERGE_DEFAULT, NULL);
}

/* Merge rules go by the destination: the variables are those of the new system. */
static void
test_merges_on_windows_go_by_the_destination (void **state)
{
  const MoorTargetRules *rules = use (
      *state,
      COMPONENT ("H20", "User", MERGE ("DestinationPriority()", "%CSIDL_MYMUSIC% [desktop.ini]")));

  assert_merges (rules, "/C:/Users/User1/MUSIC/Desktop.INI", MOOR_MERGE_DESTINATION, NULL);
  assert_merges (rules, "/C:/Users/User1/Music/Sub/desktop.ini", MOOR_MERGE_DEFAULT, NULL);
}

static void
test_names_are_made_by_patterns (void **state)
{
  static const struct
  {
    const char *pattern;
    const char *name;
    guint n;
    const char *expected;
  } cases[] = {
    { NULL, "photo.jpg", 1, "photo(1).jpg" },
    { NULL, "photo.tar.gz", 12, "photo.tar(12).gz" },
    { NULL, ".bashrc", 1, ".bashrc(1)" },
    { NULL, "README", 2, "README(2)" },
    { "<F> (<N>).<E>", "MyDocument.doc", 1, "MyDocument (1).doc" },
    { "<F> (<N>).<E>", "README", 3, "README (3)" },
    { "<N>-<F>.<E>", "a.b", 7, "7-a.b" },
    { "<F>.old.<E>", "a.b", 1, "a.old.b" },
    { "<F>.old.<E>", "a.b", 2, "a.old.b(2)" },
    { "<F><X>", "a.b", 1, "a<X>" },
    { "../<F>", "a.b", 1, NULL },
    { "<E>", "README", 1, NULL },
  };
  g_autofree char *name = g_strnfill (250, 'x');
  g_autofree char *long_name = g_strconcat (name, "ä.txt", NULL);
  g_autofree char *shortened = moor_merge_rename (NULL, long_name, 1);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *made = moor_merge_rename (cases[i].pattern, cases[i].name, cases[i].n);

      if (g_strcmp0 (made, cases[i].expected) != 0)
        fail_msg ("%s becomes %s", cases[i].name, made != NULL ? made : "nothing");
    }
  assert_true (strlen (shortened) <= 255);
  assert_true (g_utf8_validate (shortened, -1, NULL));
  assert_true (g_str_has_suffix (shortened, "(1).txt"));
}

/* H1 */
static void
test_H1_attributes_travel_by_the_most_specific_rule (void **state)
{
  const MoorAttributes both = MOOR_ATTRIBUTES_SECURITY | MOOR_ATTRIBUTES_TIMES;
  const MoorTargetRules *rules = use (
      *state, COMPONENT ("H1", "System",
                         INCLUDE ("%SYSTEMDRIVE%/ [*.txt]")
                             ATTRIBUTES ("exclude", "TimeFields", "%SYSTEMDRIVE%/ [a*.txt]")
                                 ATTRIBUTES ("include", "TimeFields", "%SYSTEMDRIVE%/ [aa.txt]")));

  assert_true (moor_target_rules_change_anything (rules));
  assert_int_equal (moor_target_rules_attributes (rules, "/aa.txt", FALSE), both);
  assert_int_equal (moor_target_rules_attributes (rules, "/ab.txt", FALSE),
                    MOOR_ATTRIBUTES_SECURITY);
  assert_int_equal (moor_target_rules_attributes (rules, "/b.txt", FALSE), both);
  rules = use (*state, COMPONENT ("Tie", "System",
                                  ATTRIBUTES ("exclude", "Security", "/d/* [*]")
                                      ATTRIBUTES ("include", "Security,TimeFields", "/d/* [*]")));
  assert_int_equal (moor_target_rules_attributes (rules, "/d/x", FALSE), MOOR_ATTRIBUTES_TIMES);
}

/* H6 */
static void
test_H6_what_is_never_restored (void **state)
{
  const MoorTargetRules *rules = use (
      *state, COMPONENT ("H6", "System",
                         "<include filter=\"MigXmlHelper.NeverRestore()\">" SET (
                             "/data/* [*]") "</include>")
                  COMPONENT ("Other", "System",
                             INCLUDE ("/data/keep/* [*]") EXCLUDE ("/data/keep/* [*.tmp]")));

  assert_true (moor_target_rules_restrain_anything (rules));
  assert_true (moor_target_rules_never_restored (rules, "/data/x", FALSE));
  assert_false (moor_target_rules_never_restored (rules, "/data/keep/x", FALSE));
  assert_true (moor_target_rules_never_restored (rules, "/data/keep/x.tmp", FALSE));
  assert_false (moor_target_rules_never_restored (rules, "/elsewhere", FALSE));
}

/* H15 */
static void
test_H15_what_is_cleaned_up (void **state)
{
  const MoorTargetRules *rules = use (
      *state, COMPONENT ("H15", "User",
                         INCLUDE ("%CSIDL_APPDATA%/lotus/* [*]") "<destinationCleanup>" SET (
                             "%CSIDL_APPDATA%/lotus/dde/* [*]") "</destinationCleanup>"));
  g_autoptr(GPtrArray) folders = moor_target_rules_list_cleanups (rules);

  assert_true (moor_target_rules_cleans_anything (rules));
  assert_int_equal (folders->len, 2);
  assert_true (moor_target_rules_clean_up (rules, "/home/alice/.config/lotus/dde/x", FALSE));
  assert_false (moor_target_rules_clean_up (rules, "/home/alice/.config/lotus/x", FALSE));
}

static void
test_rules_that_say_nothing_cost_nothing (void **state)
{
  const MoorTargetRules *rules = use (*state, COMPONENT ("A", "System", INCLUDE ("/data/* [*]")));

  assert_false (moor_target_rules_move_anything (rules));
  assert_false (moor_target_rules_restrain_anything (rules));
  assert_false (moor_target_rules_cleans_anything (rules));
  assert_false (moor_target_rules_change_anything (rules));
  assert_merges (rules, "/data/x", MOOR_MERGE_DEFAULT, NULL);
  assert_null (moor_target_rules_content (rules, "/data/x"));
}

static void
test_content_rules_are_found (void **state)
{
  const MoorTargetRules *rules = use (
      *state,
      COMPONENT ("H19", "System",
                 INCLUDE ("/data/* [*]") "<contentModify "
                                         "script=\"MigXmlHelper.KeepExisting('Security')\">" SET (
                                             "/data/ [x]") "</contentModify>"));
  const MoorRuleItem *item = moor_target_rules_content (rules, "/data/x");

  assert_non_null (item);
  assert_int_equal (item->call->helper, MOOR_HELPER_KEEP_EXISTING);
  assert_null (moor_target_rules_content (rules, "/data/y"));
}

int
main (void)
{
#define ON_LINUX(test) cmocka_unit_test_setup_teardown (test, setup, teardown)
#define ON_WINDOWS(test) cmocka_unit_test_setup_teardown (test, setup_windows, teardown)
  const struct CMUnitTest tests[] = {
    ON_LINUX (test_F1_a_folder_goes_to_everybodys_documents),
    ON_LINUX (test_F2_one_file_goes),
    ON_LINUX (test_F3_an_extension_goes_below_the_deepest_folder),
    ON_WINDOWS (test_F4_one_folder_of_a_person_becomes_another),
    ON_LINUX (test_F6_everything_goes_flat_into_one_folder),
    ON_LINUX (test_F7_what_is_elsewhere_stays),
    ON_LINUX (test_F9_what_another_component_includes_is_in_both_places),
    ON_LINUX (test_a_move_without_an_include_takes_nothing_away),
    ON_WINDOWS (test_F10_an_absent_drive_is_replaced_by_the_systems),
    ON_WINDOWS (test_moves_on_windows_fold_case_and_drop_the_drive),
    ON_LINUX (test_one_component_has_one_say),
    ON_LINUX (test_a_persons_folder_outside_of_the_home_is_no_target),
    ON_LINUX (test_places_that_lead_elsewhere_are_refused),
    ON_LINUX (test_the_most_specific_merge_decides),
    ON_LINUX (test_of_equal_merges_the_cautious_one_decides),
    ON_WINDOWS (test_merges_on_windows_go_by_the_destination),
    ON_LINUX (test_names_are_made_by_patterns),
    ON_LINUX (test_H1_attributes_travel_by_the_most_specific_rule),
    ON_LINUX (test_H6_what_is_never_restored),
    ON_LINUX (test_H15_what_is_cleaned_up),
    ON_LINUX (test_rules_that_say_nothing_cost_nothing),
    ON_LINUX (test_content_rules_are_found),
  };

  return cmocka_run_group_tests_name ("target-rules", tests, NULL, NULL);
}
