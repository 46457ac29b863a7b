/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "faulty-sys.h"
#include "rules-fixture.h"

#include <unistd.h>

#include "moor-error.h"

#define COMPONENT(attributes, body) \
  "<component type=\"Documents\" " attributes "><displayName>C</displayName>" body "</component>"
#define NAMED(name, role, body) \
  "<component type=\"Documents\" context=\"System\"><displayName>" name \
  "</displayName><role role=\"" role "\">" body "</role></component>"
#define ROLE(body) "<role role=\"Data\">" body "</role>"
#define RULES(attributes, body) "<rules " attributes ">" body "</rules>"
#define FILES(text) "<pattern type=\"File\">" text "</pattern>"
#define REGISTRY(text) "<pattern type=\"Registry\">" text "</pattern>"
#define SET(body) "<objectSet>" body "</objectSet>"
#define INCLUDE(body) "<include>" SET (body) "</include>"
#define CONDITION(call) "<condition>" call "</condition>"
#define THERE(path) CONDITION ("MigXmlHelper.DoesObjectExist(\"File\",\"" path "\")")
#define PLAIN ROLE (RULES ("", INCLUDE (FILES ("/data/* [*]"))))

/* A Linux system with two people. */
static int
setup (void **state)
{
  System *system = g_new0 (System, 1);
  static const char *const names[] = { "alice", "bob" };

  system_open (system, MOOR_PATHS_LINUX);
  moor_rule_host_set_linux_variables (system->host);
  moor_rule_host_add_drive (system->host, MOOR_DRIVE_FIXED, "");
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *home = g_strconcat ("/home/", names[i], NULL);

      moor_rule_user_set_linux_variables (moor_rule_host_add_user (system->host, names[i], home),
                                          NULL);
      system_make_dir (system, home);
    }
  *state = system;
  return 0;
}

/* A Windows system with one person. */
static int
setup_windows (void **state)
{
  System *system = g_new0 (System, 1);
  MoorRuleUser *user;

  system_open (system, MOOR_PATHS_WINDOWS);
  moor_rule_host_set_variable (system->host, "SYSTEMDRIVE", "C:");
  moor_rule_host_set_variable (system->host, "PROFILESFOLDER", "C:\\Users");
  moor_rule_host_set_variable (system->host, "WINDIR", "C:\\Windows");
  moor_rule_host_set_variable (system->host, "PROGRAMFILES", "C:\\Program Files");
  moor_rule_host_add_drive (system->host, MOOR_DRIVE_FIXED, "/C:");
  moor_rule_host_add_drive (system->host, MOOR_DRIVE_FIXED, "/D:");
  moor_rule_host_add_drive (system->host, MOOR_DRIVE_REMOVABLE, "/E:");
  user = moor_rule_host_add_user (system->host, "alice", "/C:/Users/alice");
  moor_rule_user_set_variable (user, "USERPROFILE", "C:\\Users\\alice");
  moor_rule_user_set_variable (user, "CSIDL_FAVORITES", "C:\\Users\\alice\\Favorites");
  system_make_dir (system, "C:/Users/alice");
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

static void
assert_evaluates (void **state, const char *components, const char *expected)
{
  const System *system = *state;
  g_autoptr(MoorRuleOutcome) outcome = evaluate (system->host, components);

  assert_items (system->host, outcome, expected);
}

static void
test_rules_hold_for_everybody_in_their_context (void **state)
{
  assert_evaluates (state,
                    COMPONENT ("context=\"UserAndSystem\"",
                               ROLE (RULES ("context=\"User\"", INCLUDE (FILES ("/u [*]")))
                                         RULES ("context=\"System\"", INCLUDE (FILES ("/s [*]")))
                                             RULES ("", INCLUDE (FILES ("/b [*]"))))),
                    "include system /s [*]\ninclude system /b [*]\n"
                    "include alice /u [*]\ninclude alice /b [*]\n"
                    "include bob /u [*]\ninclude bob /b [*]\n");
}

static void
test_what_is_outside_its_components_context_is_as_if_absent (void **state)
{
  assert_evaluates (
      state,
      COMPONENT ("context=\"System\"", ROLE (RULES ("context=\"User\"", INCLUDE (FILES ("/u [*]")))
                                                 RULES ("", INCLUDE (FILES ("/s [*]"))))),
      "include system /s [*]\n");
  assert_evaluates (
      state,
      COMPONENT ("context=\"User\"",
                 ROLE ("<detection context=\"System\"><conditions>" THERE (
                     "/nothing") "</conditions></detection>" RULES ("context=\"System\"",
                                                                    INCLUDE (FILES ("/s [*]")))
                           RULES ("", INCLUDE (FILES ("/u [*]"))))),
      "include alice /u [*]\ninclude bob /u [*]\n");
}

static void
test_variables_are_those_of_the_person (void **state)
{
  assert_evaluates (
      state,
      COMPONENT ("context=\"User\"",
                 ROLE (RULES ("", INCLUDE (FILES ("%CSIDL_MYPICTURES%\\* [*]")
                                               FILES ("%userprofile%\\x [%USERNAME%.txt]"))))),
      "include alice /home/alice/Pictures/* [*]\ninclude alice /home/alice/x [alice.txt]\n"
      "include bob /home/bob/Pictures/* [*]\ninclude bob /home/bob/x [bob.txt]\n");
}

static void
test_a_pattern_whose_variable_has_no_value_is_told_of_once (void **state)
{
  const System *system = *state;
  g_autoptr(MoorRuleOutcome) outcome = evaluate (
      system->host,
      COMPONENT ("", ROLE (RULES ("", INCLUDE (FILES ("%WINDIR%\\a [*]") FILES ("%WINDIR%\\b [*]")
                                                   FILES ("%NOBODY%\\c [*]")
                                                       FILES ("%USERPROFILE%\\d [*]"))))));
  const MoorFinding *missing = find_finding (outcome, "variable-without-value");
  const MoorFinding *unknown = find_finding (outcome, "unknown-variable");
  const MoorFinding *elsewhere = find_finding (outcome, "variable-of-users");

  assert_items (system->host, outcome,
                "include alice /home/alice/d [*]\ninclude bob /home/bob/d [*]\n");
  assert_non_null (missing);
  assert_int_equal (missing->level, MOOR_FINDING_NOTE);
  assert_int_equal (missing->count, 2);
  assert_non_null (unknown);
  assert_int_equal (unknown->level, MOOR_FINDING_WARNING);
  assert_int_equal (unknown->count, 1);
  assert_non_null (elsewhere);
  assert_int_equal (outcome->findings->len, 3);
}

static void
test_registry_rules_are_counted_as_they_are_written (void **state)
{
  const System *system = *state;
  g_autoptr(MoorRuleOutcome) outcome = evaluate (
      system->host,
      COMPONENT ("", ROLE (RULES ("", INCLUDE (REGISTRY ("HKCU\\A [*]") REGISTRY ("HKLM\\B\\* [*]")
                                                   REGISTRY ("%NOBODY%\\C []"))))));
  const MoorFinding *finding = find_finding (outcome, "registry-on-linux");

  assert_int_equal (outcome->items->len, 0);
  assert_int_equal (outcome->findings->len, 1);
  assert_int_equal (finding->count, 3);
  assert_int_equal (finding->level, MOOR_FINDING_NOTE);
}

static void
test_a_drive_of_windows_needs_a_folder_that_stands_for_it (void **state)
{
  const System *system = *state;
  const char *components = COMPONENT ("context=\"System\"",
                                      ROLE (RULES ("", INCLUDE (FILES ("D:\\data\\* [*]")))));
  g_autoptr(MoorRuleOutcome) without = evaluate (system->host, components);
  g_autoptr(MoorRuleOutcome) with = NULL;

  assert_int_equal (without->items->len, 0);
  assert_non_null (find_finding (without, "drive-on-linux"));

  system->host->drive_map = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_hash_table_insert (system->host->drive_map, g_strdup ("D:"), g_strdup ("/srv"));
  with = evaluate (system->host, components);
  assert_items (system->host, with, "include system /srv/data/* [*]\n");
}

static void
test_hkcu_means_nothing_in_system_context (void **state)
{
  const System *system = *state;
  g_autoptr(MoorRuleOutcome) outcome = evaluate (
      system->host,
      COMPONENT ("",
                 ROLE (RULES ("", INCLUDE (REGISTRY ("HKCU\\*[*]") REGISTRY ("HKLM\\K [V]"))))));

  assert_items (system->host, outcome,
                "include system HKLM\\K [V]\n"
                "include alice HKCU\\* [*]\ninclude alice HKLM\\K [V]\n");
  assert_non_null (find_finding (outcome, "hkcu-in-system"));
}

/* ---- detection and conditions ---- */

static gboolean
is_detected (const System *system, const char *detection)
{
  g_autofree char *components = g_strdup_printf (
      COMPONENT ("context=\"System\"", ROLE ("%s" RULES ("", INCLUDE (FILES ("%s"))))), detection,
      system->host->style == MOOR_PATHS_LINUX ? "/data/* [*]" : "C:\\data\\* [*]");
  g_autoptr(MoorRuleOutcome) outcome = evaluate (system->host, components);
  const MoorRuleComponent *component = g_ptr_array_index (outcome->components, 0);

  assert_int_equal (outcome->items->len, component->detected ? 1 : 0);
  return component->detected;
}

static void
test_conditions_are_joined_as_they_say (void **state)
{
  const System *system = *state;
#define NEW(operation, body) "<detection><conditions" operation ">" body "</conditions></detection>"

  system_write (system, "/opt/app/a", "");
  assert_true (is_detected (system, ""));
  assert_true (is_detected (system, NEW ("", THERE ("/opt/app") THERE ("/opt/app [a]"))));
  assert_false (is_detected (system, NEW ("", THERE ("/opt/app") THERE ("/opt/none"))));
  assert_true (
      is_detected (system, NEW (" operation=\"OR\"", THERE ("/opt/none") THERE ("/opt/app"))));
  assert_false (
      is_detected (system, NEW (" operation=\"OR\"", THERE ("/opt/none") THERE ("/opt/app [b]"))));
  assert_true (is_detected (system, NEW ("", THERE ("/opt/none")) NEW ("", THERE ("/opt/app"))));
  assert_true (is_detected (
      system, NEW ("", "<condition negation=\"Yes\">MigXmlHelper.DoesObjectExist(\"File\","
                       "\"/opt/none\")</condition>")));
  assert_true (is_detected (
      system, NEW ("", THERE ("/opt/app") "<conditions operation=\"OR\">" THERE ("/opt/none")
                           THERE ("/opt/app [*]") "</conditions>")));
#undef NEW
}

/* Truth table of the application template (G1), with files in the place of the registry. */
static void
test_old_detection_is_an_and_of_ors (void **state)
{
  static const struct
  {
    const char *marker;
    const char *version;
    gboolean detected;
  } cases[] = {
    { "none", "v7", FALSE },  { "none", "v8", FALSE },  { "marker", "v7", FALSE },
    { "marker", "v8", TRUE }, { "marker", "v9", TRUE },
  };
  const System *system = *state;

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *folder = g_strdup_printf ("/opt/%zu", i);
      g_autofree char *marker = g_build_filename (folder, cases[i].marker, NULL);
      g_autofree char *version = g_build_filename (folder, cases[i].version, NULL);
      g_autofree char *detects = g_strdup_printf (
          "<detects><detect>" THERE ("%s [marker]") "</detect><detect>" THERE ("%s [v8]")
              THERE ("%s [v9]") "</detect></detects>",
          folder, folder, folder);

      system_write (system, marker, "");
      system_write (system, version, "");
      assert_int_equal (is_detected (system, detects), cases[i].detected);
    }
}

static void
test_an_object_set_detects_what_exists (void **state)
{
  const System *system = *state;

  system_write (system, "/opt/app/deep/er/tool.conf", "");
  assert_true (is_detected (
      system, "<detects><detect>" SET (FILES ("/opt/app/* [*.conf]")) "</detect></detects>"));
  assert_false (is_detected (
      system, "<detects><detect>" SET (FILES ("/opt/app/* [*.ini]")) "</detect></detects>"));
}

static void
test_a_destination_is_not_asked_what_is_there (void **state)
{
  const System *system = *state;
  g_autoptr(MoorRuleSet) set = moor_rule_set_new ();
  g_autofree char *xml = migration (
      "urn:test",
      COMPONENT (
          "context=\"System\"",
          ROLE ("<detection><conditions>" THERE ("/nothing") "</conditions></detection>" RULES (
              "", INCLUDE (FILES ("/data/* [*]"))))));
  g_autoptr(MoorRuleOutcome) source = NULL;
  g_autoptr(MoorRuleOutcome) destination = NULL;

  add_rules (set, "test.xml", xml);
  source = evaluate_set (set, system->host, MOOR_RULES_AT_SOURCE);
  destination = evaluate_set (set, system->host, MOOR_RULES_AT_DESTINATION);
  assert_int_equal (source->items->len, 0);
  assert_int_equal (destination->items->len, 1);
}

static gboolean
holds (const System *system, const char *call)
{
  g_autofree char *detection = g_strdup_printf (
      "<detection><conditions>" CONDITION ("MigXmlHelper.%s") "</conditions>"
                                                              "</detection>",
      call);

  return is_detected (system, detection);
}

static void
test_an_object_is_found_by_any_kind_of_pattern (void **state)
{
  static const struct
  {
    const char *pattern;
    gboolean exists;
  } cases[] = {
    { "/opt/app", TRUE },
    { "/opt/app\\", TRUE },
    { "/opt/app/bin/tool", TRUE },
    { "/opt/app/bin [tool]", TRUE },
    { "/opt/app/bin [Tool]", FALSE },
    { "/opt/app/bin [t*]", TRUE },
    { "/opt/app [tool]", FALSE },
    { "/opt/app/* [tool]", TRUE },
    { "/opt/*/bin [tool]", TRUE },
    { "/opt/*/lib [tool]", FALSE },
    { "/opt/a*", TRUE },
    { "/opt/b*", FALSE },
    { "/opt/*", TRUE },
    { "/none/*", FALSE },
    { "/opt/app/bin [bin]", FALSE },
    { "/opt/outside [tool]", FALSE },
    { "/opt/* [linked]", TRUE },
    { "%WINDIR%\\x", FALSE },
  };
  const System *system = *state;
  g_autofree char *link = g_build_filename (system->root, "opt/outside", NULL);
  g_autofree char *linked = g_build_filename (system->root, "opt/app/linked", NULL);

  system_write (system, "/opt/app/bin/tool", "");
  assert_int_equal (symlink ("app/bin", link), 0);
  assert_int_equal (symlink ("/nowhere", linked), 0);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *call = g_strdup_printf ("DoesObjectExist(\"File\",\"%s\")",
                                               cases[i].pattern);

      if (holds (system, call) != cases[i].exists)
        fail_msg ("“%s” is taken for %s", cases[i].pattern, cases[i].exists ? "missing" : "there");
    }
}

static void
test_a_home_is_looked_into_through_its_own_descriptor (void **state)
{
  const System *system = *state;
  MoorRuleUser *user = g_ptr_array_index (system->host->users, 0);
  g_autofree char *elsewhere = g_build_filename (system->root, "volume", NULL);

  system_write (system, "/volume/.config/app/settings", "");
  user->home_dfd = open (elsewhere, O_PATH | O_DIRECTORY | O_CLOEXEC);
  assert_true (user->home_dfd >= 0);
  assert_true (holds (system, "DoesObjectExist(\"File\",\"/home/alice/.config/app [settings]\")"));
  assert_true (holds (system, "DoesObjectExist(\"File\",\"/home/alice\")"));
  moor_fd_close (user->home_dfd);
  user->home_dfd = -1;
}

static void
test_a_search_that_would_never_end_is_given_up (void **state)
{
  const System *system = *state;
  g_autoptr(GString) path = g_string_new ("/opt/deep");
  g_autoptr(MoorRuleOutcome) outcome = NULL;

  for (guint i = 0; i < 30; i++)
    g_string_append (path, "/d");
  system_make_dir (system, path->str);
  outcome = evaluate (
      system->host,
      COMPONENT (
          "context=\"System\"",
          ROLE ("<detects><detect>" THERE ("/opt/deep/* [tool]") "</detect></detects>" RULES (
              "", INCLUDE (FILES ("/data/* [*]"))))));
  assert_int_equal (outcome->items->len, 0);
  assert_non_null (find_finding (outcome, "search-given-up"));
}

/* A failure in any call: what is asked for is found all the same, or somebody is told. */
static void
test_what_cannot_be_looked_at_is_told_of (void **state)
{
  const System *system = *state;

  system_write (system, "/opt/app/deep/tool", "");
  system->host->sys = &faulty_sys;
  fault.errnum = EIO;
  for (fault.fail_at = 1;; fault.fail_at++)
    {
      g_autoptr(MoorRuleOutcome) outcome = NULL;

      fault.n_calls = 0;
      outcome = evaluate (
          system->host,
          COMPONENT (
              "context=\"System\"",
              ROLE ("<detects><detect>" THERE ("/opt/app/* [tool]") "</detect></detects>" RULES (
                  "", INCLUDE (FILES ("/data/* [*]"))))));
      if (fault.n_calls < fault.fail_at)
        {
          assert_int_equal (outcome->items->len, 1);
          break;
        }
      assert_true (outcome->items->len == 1 || find_finding (outcome, "search-failed") != NULL);
    }
  assert_true (fault.fail_at > 5);
  fault.fail_at = 0;
}

static void
test_objects_and_contents_are_compared (void **state)
{
  const System *system = *state;

  system_write (system, "/a/1", "same");
  system_write (system, "/a/2", "same");
  system_write (system, "/a/3", "other");
  assert_true (holds (system, "IsSameObject(\"File\",\"/a [1]\",\"/a/1\")"));
  assert_false (holds (system, "IsSameObject(\"File\",\"/a [1]\",\"/a [2]\")"));
  assert_true (holds (system, "IsSameContent(\"File\",\"/a [1]\",\"File\",\"/a [2]\")"));
  assert_false (holds (system, "IsSameContent(\"File\",\"/a [1]\",\"File\",\"/a [3]\")"));
  assert_false (holds (system, "IsSameContent(\"File\",\"/a [1]\",\"File\",\"/a [4]\")"));
}

static void
test_settings_of_ini_files_are_read (void **state)
{
  const System *system = *state;

  system_write (system, "/etc/app.ini",
                "; ours\r\nPath=top\r\n[Main]\r\nPath = \"C:\\Data\"\r\n[other]\r\nPath=x\r\n");
  assert_true (
      holds (system, "DoesStringContentEqual(\"Ini\",\"/etc/app.ini|main[path]\",\"C:\\Data\")"));
  assert_true (
      holds (system, "DoesStringContentContain(\"Ini\",\"/etc/app.ini|Main[Path]\",\"Data\")"));
  assert_true (
      holds (system, "DoesStringContentEqual(\"Ini\",\"/etc/app.ini|Other[Path]\",\"x\")"));
  assert_false (holds (system, "DoesStringContentEqual(\"Ini\",\"/etc/app.ini|Main[Not]\",\"x\")"));
  assert_false (holds (system, "DoesObjectExist(\"Ini\",\"/etc/none.ini|Main[Path]\")"));
  assert_true (holds (system, "DoesObjectExist(\"Ini\",\"/etc/app.ini|Main[Path]\")"));
}

static void
test_versions_of_windows_are_false_on_linux (void **state)
{
  const System *system = *state;
  g_autoptr(MoorRuleOutcome) outcome = evaluate (
      system->host,
      COMPONENT (
          "",
          ROLE (
              "<detection><conditions>" CONDITION ("MigXmlHelper.IsOSLaterThan(\"NT\",\"6.0\")") "</conditions></detection>" RULES (
                  "", INCLUDE (FILES ("/data/* [*]"))))));

  assert_int_equal (outcome->items->len, 0);
  assert_non_null (find_finding (outcome, "windows-version"));
}

static void
test_versions_of_windows_are_compared_as_far_as_they_go (void **state)
{
  const System *system = *state;

  assert_false (holds (system, "IsOSLaterThan(\"NT\",\"5.0\")"));
  system->host->os_version = g_strdup ("6.1.7601");
  assert_true (holds (system, "IsOSLaterThan(\"NT\",\"6.0\")"));
  assert_true (holds (system, "IsOSLaterThan(\"NT\",\"6.1\")"));
  assert_true (holds (system, "IsOSLaterThan(\"NT\",\"6.1.7601\")"));
  assert_false (holds (system, "IsOSLaterThan(\"NT\",\"6.1.7602\")"));
  assert_false (holds (system, "IsOSLaterThan(\"NT\",\"10.0\")"));
  assert_false (holds (system, "IsOSLaterThan(\"9x\",\"4.0\")"));
  assert_true (holds (system, "IsOSEarlierThan(\"NT\",\"10.0\")"));
  assert_false (holds (system, "IsOSEarlierThan(\"NT\",\"6.1\")"));
  assert_true (holds (system, "DoesOSMatch(\"NT\",\"6.1.*\")"));
  assert_true (holds (system, "DoesOSMatch(\"NT\",\"6.1.7601.*\")"));
  assert_false (holds (system, "DoesOSMatch(\"NT\",\"6.0.*\")"));
  assert_false (holds (system, "IsNative64Bit()"));
  moor_rule_host_set_variable (system->host, "ProgramFiles(x86)", "C:\\Program Files (x86)");
  assert_true (holds (system, "IsNative64Bit()"));
}

static void
test_names_of_windows_are_found_in_any_case (void **state)
{
  const System *system = *state;

  system_write (system, "/C:/Program Files/App/Tool.exe", "");
  assert_true (holds (system, "DoesObjectExist(\"File\",\"%programfiles%\\APP [tool.EXE]\")"));
  assert_true (holds (system, "DoesObjectExist(\"File\",\"c:\\program files\\* [tool.exe]\")"));
  assert_false (holds (system, "DoesObjectExist(\"File\",\"d:\\program files\\* [tool.exe]\")"));
}

/* ---- variables ---- */

#define ENVIRONMENT(body) "<environment>" body "</environment>"
#define VARIABLE(name, body) "<variable name=\"" name "\">" body "</variable>"

static void
test_a_variable_is_private_to_its_component (void **state)
{
  const System *system = *state;
  g_autoptr(MoorRuleOutcome) outcome = evaluate (
      system->host,
      COMPONENT ("context=\"System\"",
                 ENVIRONMENT (VARIABLE ("DataPath", "<text>%SYSTEMDRIVE%\\data\\dir1 </text>")
                                  VARIABLE ("Below", "<text>%DATAPATH%\\dir2</text>"))
                     ROLE (RULES (
                         "", INCLUDE (FILES ("%DATAPATH% [File1.txt]") FILES ("%below%\\* [*]")))))
          COMPONENT ("context=\"System\"",
                     ROLE (RULES ("", INCLUDE (FILES ("%DATAPATH% [File2.txt]"))))));

  assert_items (system->host, outcome,
                "include system /data/dir1 [File1.txt]\ninclude system /data/dir1/dir2/* [*]\n");
  assert_non_null (find_finding (outcome, "unknown-variable"));
}

static void
test_a_nested_component_knows_the_variables_around_it (void **state)
{
  assert_evaluates (
      state,
      "<component type=\"Documents\" context=\"System\"><displayName>Outer</displayName>"
      "<role role=\"Container\">" ENVIRONMENT (VARIABLE ("TOP", "<text>/top</text>"))
          COMPONENT ("", ROLE (ENVIRONMENT (VARIABLE ("SUB", "<text>%TOP%/sub</text>")) RULES (
                             "", INCLUDE (FILES ("%SUB% [*]"))))) "</role></component>",
      "include system /top/sub [*]\n");
}

static void
test_a_variable_may_come_from_a_setting_or_be_the_first_object_found (void **state)
{
  const System *system = *state;

  system_write (system, "/etc/app.ini", "[Main]\nFolder=/opt/app\n");
  system_write (system, "/opt/app/data/x.conf", "");
  assert_evaluates (
      state,
      COMPONENT ("context=\"System\"",
                 ENVIRONMENT (VARIABLE ("A", "<script>MigXmlHelper.GetStringContent(\"Ini\","
                                             "\"/etc/app.ini|Main[Folder]\")</script>")
                                  VARIABLE ("B", SET (FILES ("/opt/none") FILES ("/opt/app/data")))
                                      VARIABLE ("C", SET (FILES ("/opt/* [*.conf]"))))
                     ROLE (RULES ("", INCLUDE (FILES ("%A%\\a [*]") FILES ("%B%\\b [*]")
                                                   FILES ("%C%\\c [*]"))))),
      "include system /opt/app/a [*]\ninclude system /opt/app/data/b [*]\n"
      "include system /opt/app/data/x.conf/c [*]\n");
}

static void
test_a_variable_without_a_value_takes_its_patterns_with_it (void **state)
{
  const System *system = *state;
  g_autoptr(MoorRuleOutcome) outcome = evaluate (
      system->host,
      COMPONENT ("context=\"System\"",
                 ENVIRONMENT (VARIABLE ("PATHX", "<script>MigXmlHelper.GetStringContent("
                                                 "\"Registry\",\"HKLM\\S [P]\")</script>"))
                     ROLE (RULES ("", INCLUDE (FILES ("%PATHX%\\ [*.xyz]"))))));

  assert_int_equal (outcome->items->len, 0);
  assert_non_null (find_finding (outcome, "variable-without-value"));
  assert_non_null (find_finding (outcome, "registry-on-linux"));
}

static GHashTable *
source_variables (const char *name, const char *value)
{
  GHashTable *table = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  g_hash_table_insert (table, g_strdup (name), g_strdup (value));
  return table;
}

static void
test_a_destination_knows_both_its_own_places_and_those_of_the_source (void **state)
{
  const System *system = *state;
  MoorRuleUser *user = g_ptr_array_index (system->host->users, 0);
  g_autoptr(MoorRuleSet) set = moor_rule_set_new ();
  g_autoptr(MoorRuleOutcome) outcome = NULL;
  g_autofree char *xml = migration (
      "urn:test",
      COMPONENT (
          "context=\"User\"",
          ENVIRONMENT ("<variable name=\"PICS\" remap=\"TRUE\"><text>%CSIDL_MYPICTURES%</text>"
                       "</variable>")
              ROLE (RULES (
                  "",
                  INCLUDE (FILES ("%PICS% [*]")) "<merge script=\"MigXmlHelper.SourcePriority()\">" SET (
                      FILES ("%PICS% [*]")) "</merge>"
                                            "<locationModify script=\"MigXmlHelper.RelativeMove("
                                            "'%PICS%','%PICS%/new')\">" SET (
                                                FILES ("%PICS%\\* [*]")) "</locationModify>"))));
  const MoorRuleItem *remap;
  const MoorRuleItem *move;

  g_ptr_array_set_size (system->host->users, 1);
  user->source_variables = source_variables ("CSIDL_MYPICTURES", "/home/al/Bilder");
  add_rules (set, "test.xml", xml);
  outcome = evaluate_set (set, system->host, MOOR_RULES_AT_DESTINATION);

  assert_items (system->host, outcome,
                "move alice /home/al/Bilder/* [*]\n"
                "include alice /home/al/Bilder [*]\n"
                "merge alice /home/alice/Pictures [*]\n"
                "move alice /home/al/Bilder/* [*]\n");
  remap = g_ptr_array_index (outcome->items, 0);
  assert_string_equal (moor_call_arg (remap->call, 0), "/home/al/Bilder");
  assert_string_equal (moor_call_arg (remap->call, 1), "/home/alice/Pictures");
  move = g_ptr_array_index (outcome->items, 3);
  assert_string_equal (moor_call_arg (move->call, 0), "/home/al/Bilder");
  assert_string_equal (moor_call_arg (move->call, 1), "/home/alice/Pictures/new");
}

/* ---- what makes patterns ---- */

static void
test_drive_patterns_are_made_for_drives_of_the_kind (void **state)
{
  const System *system = *state;
#define DRIVES(kind) \
  COMPONENT ("context=\"System\"", \
             ROLE (RULES ("", INCLUDE ("<script>MigXmlHelper.GenerateDrivePatterns(" \
                                       "\"\\Path [file.txt] \",\"" kind "\")</script>"))))

  assert_evaluates (state, DRIVES ("Fixed"),
                    "include system C:\\Path [file.txt]\ninclude system D:\\Path [file.txt]\n");
  assert_evaluates (state, DRIVES ("removable"), "include system E:\\Path [file.txt]\n");
  system->host->local_only = TRUE;
  assert_evaluates (state, DRIVES ("Removable"), "");
  assert_evaluates (
      state,
      COMPONENT ("context=\"System\"",
                 ROLE (RULES ("", INCLUDE (FILES ("E:\\x\\* [*]") FILES ("D:\\x\\* [*]"))))),
      "include system D:\\x\\* [*]\n");
#undef DRIVES
}

static void
test_user_patterns_are_made_for_everybody_or_everybody_else (void **state)
{
#define USERS(flag) \
  COMPONENT ("context=\"User\"", \
             ROLE (RULES ("", INCLUDE ("<script>MigXmlHelper.GenerateUserPatterns(\"File\"," \
                                       "\"%userprofile%\\* [*.doc]\",\"" flag "\")</script>"))))

  assert_evaluates (state, USERS ("TRUE"),
                    "include alice /home/alice/* [*.doc]\ninclude alice /home/bob/* [*.doc]\n"
                    "include bob /home/alice/* [*.doc]\ninclude bob /home/bob/* [*.doc]\n");
  assert_evaluates (state, USERS ("FALSE"),
                    "include alice /home/bob/* [*.doc]\ninclude bob /home/alice/* [*.doc]\n");
#undef USERS
}

static void
test_extensions_stand_for_patterns_on_every_fixed_drive (void **state)
{
  assert_evaluates (state,
                    COMPONENT ("context=\"System\"",
                               "<extensions><extension>doc</extension><extension>PPT</extension>"
                               "</extensions>" PLAIN),
                    "include system /data/* [*]\ninclude system /* [*.doc]\n"
                    "include system /* [*.PPT]\ninclude system /* [*.ppt]\n");
}

static void
test_an_object_set_is_empty_unless_its_conditions_hold (void **state)
{
  const System *system = *state;
#define GUARDED \
  COMPONENT ( \
      "context=\"System\"", \
      ROLE (RULES ("", "<include>" SET ("<conditions>" THERE ("/opt/app") "</conditions>" FILES ( \
                           "/a [*]")) SET (FILES ("/b [*]")) "</include>") \
                RULES ("", "<conditions>" THERE ("/opt/app") "</conditions>" INCLUDE ( \
                               FILES ("/c [*]")))))

  assert_evaluates (state, GUARDED, "include system /b [*]\n");
  system_make_dir (system, "/opt/app");
  assert_evaluates (state, GUARDED,
                    "include system /a [*]\ninclude system /b [*]\ninclude system /c [*]\n");
#undef GUARDED
}

static void
test_files_named_in_settings_are_found (void **state)
{
  const System *system = *state;
#define CONTENT(filter, setting) \
  COMPONENT ("context=\"System\"", \
             ROLE (RULES ("", INCLUDE ("<content filter='MigXmlHelper." filter "'>" SET ( \
                                  "<pattern type=\"Ini\">/etc/app.ini|Main[" setting \
                                  "]</pattern>") "</content>"))))

  system_write (system, "/etc/app.ini",
                "[Main]\nExe=/opt/app/bin/x.bin,-2\nName=x.bin\n"
                "Many=/opt/app/bin/x.bin;/opt/none;/opt/app/y\n");
  system_write (system, "/opt/app/bin/x.bin", "");
  system_write (system, "/opt/app/y", "");
  assert_evaluates (state, CONTENT ("ExtractSingleFile(\",\",NULL)", "Exe"),
                    "include system /opt/app/bin [x.bin]\n");
  assert_evaluates (state,
                    CONTENT ("ExtractSingleFile(\",\",\"/none;%TOP%;/opt/app/bin\")", "Name"),
                    "include system /opt/app/bin [x.bin]\n");
  assert_evaluates (state, CONTENT ("ExtractMultipleFiles(\";\",NULL)", "Many"),
                    "include system /opt/app/bin [x.bin]\ninclude system /opt/app [y]\n");
  assert_evaluates (state, CONTENT ("ExtractDirectory(\",\",\"1\",\"/* [*]\")", "Exe"),
                    "include system /opt/app/bin/* [*]\n");
  assert_evaluates (state, CONTENT ("ExtractDirectory(\",\",\"1\")", "Exe"),
                    "include system /opt/app/bin\n");
  assert_evaluates (state, CONTENT ("ExtractSingleFile(\",\",NULL)", "Missing"), "");
#undef CONTENT
}

static void
test_a_filter_that_makes_no_sense_takes_its_rule_with_it (void **state)
{
  const System *system = *state;
  g_autoptr(MoorRuleOutcome) outcome = evaluate (
      system->host,
      COMPONENT (
          "context=\"System\"",
          ROLE (RULES (
              "", "<include filter='MigXmlHelper.FileProperties(\"colour\",\"eq\",\"1\")'>" SET (
                      FILES ("/a [*]")) "</include><include filter='MigXmlHelper."
                                        "FileProperties(\"filesize\",\"lt\",\"5GB\")'>" SET (
                                            FILES ("/b [*]")) "</include>"))));

  assert_items (system->host, outcome, "include system /b [*]\n");
  assert_non_null (find_finding (outcome, "bad-filter"));
}

/* ---- sets of files ---- */

static void
test_of_two_files_with_one_urlid_the_first_counts (void **state)
{
  const System *system = *state;
  g_autoptr(MoorRuleSet) set = moor_rule_set_new ();
  g_autofree char *first = migration (
      "urn:one", COMPONENT ("context=\"System\"", ROLE (RULES ("", INCLUDE (FILES ("/1 [*]"))))));
  g_autofree char *second = migration (
      "urn:ONE", COMPONENT ("context=\"System\"", ROLE (RULES ("", INCLUDE (FILES ("/2 [*]"))))));
  g_autoptr(MoorRuleOutcome) outcome = NULL;
  const MoorFinding *finding;

  add_rules (set, "first.xml", first);
  add_rules (set, "second.xml", second);
  outcome = evaluate_set (set, system->host, MOOR_RULES_AT_SOURCE);
  assert_items (system->host, outcome, "include system /1 [*]\n");
  assert_int_equal (moor_rule_set_get_files (set)->len, 1);
  finding = g_ptr_array_index (moor_rule_set_get_findings (set),
                               moor_rule_set_get_findings (set)->len - 1);
  assert_string_equal (finding->code, "duplicate-urlid");
  assert_string_equal (finding->origin.file, "second.xml");
}

static void
test_a_refused_file_leaves_the_set_as_it_was (void **state)
{
  g_autoptr(MoorRuleSet) set = moor_rule_set_new ();
  g_autoptr(GBytes) bytes = g_bytes_new_static ("<migration", 10);
  g_autoptr(GError) error = NULL;

  assert_false (moor_rule_set_add_file (set, "broken.xml", bytes, &error));
  assert_non_null (error);
  assert_int_equal (moor_rule_set_get_files (set)->len, 0);
}

#define NESTED \
  "<component type=\"Documents\" context=\"System\"><displayName>Outer</displayName>" \
  "<role role=\"Container\">" NAMED ( \
      "Inner", "Data", \
      RULES ("", INCLUDE (FILES ( \
                     "/inner [*]")))) "</role></component>" NAMED ("Other", "Data", \
                                                                   RULES ("", INCLUDE (FILES ( \
                                                                                  "/other [*]"))))

static void
test_config_switches_a_component_off_with_what_is_nested_in_it (void **state)
{
  static const char config[] =
      "<?xml version=\"1.0\"?><Configuration><Documents>"
      "<component displayname=\"Outer\" migrate=\"no\" ID=\"urn:test/outer/container\">"
      "<component displayname=\"Inner\" migrate=\"yes\" ID=\"urn:test/inner/data\"/>"
      "</component></Documents></Configuration>";
  const System *system = *state;
  g_autoptr(MoorRuleSet) set = moor_rule_set_new ();
  g_autofree char *xml = migration ("urn:test", NESTED);
  g_autoptr(GBytes) bytes = g_bytes_new_static (config, strlen (config));
  g_autoptr(GError) error = NULL;
  g_autoptr(MoorRuleOutcome) outcome = NULL;
  const MoorRuleComponent *inner;

  add_rules (set, "test.xml", xml);
  assert_true (moor_rule_set_set_config (set, "Config.xml", bytes, &error));
  assert_false (moor_rule_set_set_config (set, "Second.xml", bytes, &error));
  assert_gerror (error, MOOR_ERROR, MOOR_ERROR_USAGE);
  outcome = evaluate_set (set, system->host, MOOR_RULES_AT_SOURCE);
  assert_items (system->host, outcome, "include system /other [*]\n");
  assert_int_equal (outcome->components->len, 3);
  inner = g_ptr_array_index (outcome->components, 1);
  assert_string_equal (inner->path, "Outer\\Inner");
  assert_true (inner->switched_off);
  assert_false (inner->detected);
}

static void
test_a_new_config_lists_what_is_there (void **state)
{
  const System *system = *state;
  g_autoptr(MoorRuleSet) set = moor_rule_set_new ();
  g_autofree char *xml = migration (
      "urn:test", NESTED NAMED ("Absent", "Data",
                                "<detects><detect>" THERE ("/nothing") "</detect></detects>" RULES (
                                    "", INCLUDE (FILES ("/absent [*]")))));
  g_autoptr(MoorRuleOutcome) outcome = NULL;
  g_autoptr(GBytes) written = NULL;
  g_autoptr(MoorConfigFile) config = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(GString) ids = g_string_new (NULL);

  add_rules (set, "test.xml", xml);
  outcome = evaluate_set (set, system->host, MOOR_RULES_AT_SOURCE);
  written = moor_rule_set_write_config (set, outcome);
  config = moor_config_file_read ("Config.xml", written, &error);
  assert_no_gerror (error);
  for (guint i = 0; i < config->components->len; i++)
    {
      const MoorConfigComponent *component = g_ptr_array_index (config->components, i);

      assert_true (component->migrate);
      g_string_append_printf (ids, "%s\n", component->id);
    }
  assert_string_equal (ids->str, "urn:test/outer/container\nurn:test/inner/data\n"
                                 "urn:test/other/data\n");
}

/* ---- commands and added objects ---- */

static void
test_commands_have_their_variables_expanded (void **state)
{
  const System *system = *state;
  g_autoptr(MoorRuleOutcome) outcome = evaluate (
      system->host,
      COMPONENT (
          "context=\"User\"",
          ROLE (RULES ("", "<externalProcess when=\"post-apply\">"
                           "<commandLine>refresh %USERPROFILE%</commandLine>"
                           "<commandLine>%NOBODY%\\x</commandLine></externalProcess>"
                           "<processing when=\"pre-scan\"><script>MigXmlHelper.KillExplorer()"
                           "</script></processing>" INCLUDE (FILES ("/a [*]"))))));
  const MoorRuleProcess *process;

  assert_int_equal (outcome->processes->len, 2);
  process = g_ptr_array_index (outcome->processes, 0);
  assert_string_equal (process->command_line, "refresh /home/alice");
  assert_int_equal (process->when, MOOR_WHEN_POST_APPLY);
  process = g_ptr_array_index (outcome->processes, 1);
  assert_string_equal (process->command_line, "refresh /home/bob");
  assert_non_null (find_finding (outcome, "processing-on-linux"));
  assert_non_null (find_finding (outcome, "unknown-variable"));
}

static void
assert_bytes (const MoorRuleOutcome *outcome, guint index, const void *expected, gsize n_bytes)
{
  const MoorRuleAddition *addition = g_ptr_array_index (outcome->additions, index);

  assert_int_equal (g_bytes_get_size (addition->bytes), n_bytes);
  assert_memory_equal (g_bytes_get_data (addition->bytes, NULL), expected, n_bytes);
}

/* H11 and H16 of the worked examples. */
static void
test_added_objects_have_the_bytes_that_are_written (void **state)
{
  const System *system = *state;
  static const guint8 eleven[] = { 0x0b, 0, 0, 0 };
#define OBJECT(bytes) \
  "<object><location type=\"Registry\">HKLM\\S\\Office [V]</location>" \
  "<attributes>DWORD</attributes>" bytes "</object>"
  g_autoptr(MoorRuleOutcome) outcome = evaluate (
      system->host,
      COMPONENT ("context=\"System\"",
                 ROLE (RULES ("", INCLUDE (FILES ("C:\\a [*]")) "<addObjects>" OBJECT (
                                      "<bytes string=\"No\">0B000000</bytes>")
                                      OBJECT ("<bytes string=\"No\">616263</bytes>")
                                          OBJECT ("<bytes string=\"Yes\">abc</bytes>")
                                              OBJECT ("<bytes string=\"No\">abc</bytes>")
                                                  OBJECT ("") "</addObjects>"))));
#undef OBJECT

  assert_int_equal (outcome->additions->len, 4);
  assert_bytes (outcome, 0, eleven, sizeof eleven);
  assert_bytes (outcome, 1, "abc", 3);
  assert_bytes (outcome, 2, "abc", 3);
  assert_null (((MoorRuleAddition *) g_ptr_array_index (outcome->additions, 3))->bytes);
  assert_non_null (find_finding (outcome, "bad-bytes"));
}

static void
test_a_cancelled_evaluation_says_so (void **state)
{
  const System *system = *state;
  g_autoptr(MoorRuleSet) set = moor_rule_set_new ();
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GError) error = NULL;
  g_autofree char *xml = migration ("urn:test", NESTED);

  add_rules (set, "test.xml", xml);
  g_cancellable_cancel (cancellable);
  assert_null (
      moor_rule_set_evaluate (set, system->host, MOOR_RULES_AT_SOURCE, cancellable, &error));
  assert_gerror (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

int
main (void)
{
#define linux_test(name) cmocka_unit_test_setup_teardown (name, setup, teardown)
#define windows_test(name) cmocka_unit_test_setup_teardown (name, setup_windows, teardown)
  const struct CMUnitTest tests[] = {
    linux_test (test_rules_hold_for_everybody_in_their_context),
    linux_test (test_what_is_outside_its_components_context_is_as_if_absent),
    linux_test (test_variables_are_those_of_the_person),
    linux_test (test_a_pattern_whose_variable_has_no_value_is_told_of_once),
    linux_test (test_registry_rules_are_counted_as_they_are_written),
    linux_test (test_a_drive_of_windows_needs_a_folder_that_stands_for_it),
    windows_test (test_hkcu_means_nothing_in_system_context),
    linux_test (test_conditions_are_joined_as_they_say),
    linux_test (test_old_detection_is_an_and_of_ors),
    linux_test (test_an_object_set_detects_what_exists),
    linux_test (test_a_destination_is_not_asked_what_is_there),
    linux_test (test_an_object_is_found_by_any_kind_of_pattern),
    linux_test (test_a_home_is_looked_into_through_its_own_descriptor),
    linux_test (test_a_search_that_would_never_end_is_given_up),
    linux_test (test_what_cannot_be_looked_at_is_told_of),
    linux_test (test_objects_and_contents_are_compared),
    linux_test (test_settings_of_ini_files_are_read),
    linux_test (test_versions_of_windows_are_false_on_linux),
    windows_test (test_versions_of_windows_are_compared_as_far_as_they_go),
    windows_test (test_names_of_windows_are_found_in_any_case),
    linux_test (test_a_variable_is_private_to_its_component),
    linux_test (test_a_nested_component_knows_the_variables_around_it),
    linux_test (test_a_variable_may_come_from_a_setting_or_be_the_first_object_found),
    linux_test (test_a_variable_without_a_value_takes_its_patterns_with_it),
    linux_test (test_a_destination_knows_both_its_own_places_and_those_of_the_source),
    windows_test (test_drive_patterns_are_made_for_drives_of_the_kind),
    linux_test (test_user_patterns_are_made_for_everybody_or_everybody_else),
    linux_test (test_extensions_stand_for_patterns_on_every_fixed_drive),
    linux_test (test_an_object_set_is_empty_unless_its_conditions_hold),
    linux_test (test_files_named_in_settings_are_found),
    linux_test (test_a_filter_that_makes_no_sense_takes_its_rule_with_it),
    linux_test (test_of_two_files_with_one_urlid_the_first_counts),
    linux_test (test_a_refused_file_leaves_the_set_as_it_was),
    linux_test (test_config_switches_a_component_off_with_what_is_nested_in_it),
    linux_test (test_a_new_config_lists_what_is_there),
    linux_test (test_commands_have_their_variables_expanded),
    windows_test (test_added_objects_have_the_bytes_that_are_written),
    linux_test (test_a_cancelled_evaluation_says_so),
  };

  return cmocka_run_group_tests_name ("core/rule-set", tests, NULL, NULL);
}
