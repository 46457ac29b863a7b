/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-test.h"

#include <string.h>

#include "moor-config-file.h"
#include "moor-error.h"

static MoorConfigFile *
read_config (const char *text, GError **error)
{
  g_autoptr(GBytes) bytes = g_bytes_new (text, strlen (text));

  return moor_config_file_read ("Config.xml", bytes, error);
}

static MoorConfigFile *
read_good (const char *text)
{
  g_autoptr(GError) error = NULL;
  MoorConfigFile *config = read_config (text, &error);

  assert_no_gerror (error);
  return config;
}

static void
test_components_migrate_unless_all_say_no (void **state)
{
  static const struct
  {
    const char *components;
    gboolean migrates;
  } cases[] = {
    { "", TRUE },
    { "<component displayname='x' migrate='yes' ID='u/x/data'/>", TRUE },
    { "<component displayname='x' migrate='no' ID='u/x/data'/>", FALSE },
    { "<component displayname='x' migrate='NO' ID='U/X/Data'/>", FALSE },
    { "<component displayname='y' migrate='no' ID='u/y/data'/>", TRUE },
    { "<component migrate='no' ID='group'><component migrate='yes' ID='u/x/data'/></component>",
      FALSE },
    { "<component migrate='yes' ID='group'><component migrate='no' ID='u/x/data'/></component>",
      FALSE },
    { "<component migrate='yes' ID='group'><component migrate='yes' ID='u/x/data'/></component>",
      TRUE },
    { "<component migrate='no' ID='g'><component migrate='yes' ID='h'><component migrate='yes' "
      "ID='u/x/data'/></component></component>",
      FALSE },
    { "<component migrate='no' ID='u/x/data'/><component migrate='yes' ID='u/x/data'/>", TRUE },
    { "<component migrate='yes' ID='u/x/data'/><component migrate='no' ID='u/x/data'/>", TRUE },
    { "<component migrate='maybe' ID='u/x/data'/>", TRUE },
    { "<component ID='u/x/data'/>", TRUE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = g_strdup_printf (
          "<Configuration><Applications/><Documents>%s</Documents>"
          "</Configuration>",
          cases[i].components);
      g_autoptr(MoorConfigFile) config = read_good (text);

      assert_int_equal (moor_config_file_migrates (config, "U/x/data"), cases[i].migrates);
    }
}

static const char policies[] =
    "<configuration><Policy>\n"
    "<ErrorControl><fileError>\n"
    "<nonfatal errorCode='33'> * [*] </nonfatal>\n"
    "<fatal errorCode='any'>C:\\Users\\* [*]</fatal><nonFatal>D:\\* [*]</nonFatal>\n"
    "<nonFatal errorCode='many'>x</nonFatal></fileError>\n"
    "<registryError><nonFatal errorCode='5'>HKCU\\* [*]</nonFatal></registryError></ErrorControl>\n"
    "<HardLinkStoreControl><fileLocked><createHardLink>C:\\Users\\* [*]</createHardLink>"
    "<errorHardLink>C:\\* [*]</errorHardLink></fileLocked></HardLinkStoreControl></Policy>\n"
    "<ProfileControl><localGroups><mappings><changeGroup from='*' to='Users' "
    "appliesto='MigratedUsers'><include><pattern>D\\u</pattern><pattern>D\\v</pattern></include>"
    "<exclude><pattern>D\\w</pattern></exclude></changeGroup>\n"
    "<changeGroup from='A' to='B' appliesTo='AllUsers'><include><pattern>*</pattern></include>"
    "</changeGroup><changeGroup from='A' to='B'/></mappings></localGroups></ProfileControl>\n"
    "</configuration>";

static void
check_policy (GPtrArray *list, guint index, gboolean goes_on, int code, const char *pattern)
{
  const MoorConfigPolicy *policy = g_ptr_array_index (list, index);

  assert_int_equal (policy->lets_go_on, goes_on);
  assert_int_equal (policy->error_code, code);
  assert_string_equal (policy->pattern, pattern);
}

static void
test_policies_keep_their_order_in_any_capitals (void **state)
{
  g_autoptr(MoorConfigFile) config = read_good (policies);

  assert_int_equal (config->file_errors->len, 3);
  check_policy (config->file_errors, 0, TRUE, 33, "* [*]");
  check_policy (config->file_errors, 1, FALSE, -1, "C:\\Users\\* [*]");
  check_policy (config->file_errors, 2, TRUE, -1, "D:\\* [*]");
  assert_int_equal (config->registry_errors->len, 1);
  check_policy (config->registry_errors, 0, TRUE, 5, "HKCU\\* [*]");
  assert_int_equal (config->locked_files->len, 2);
  check_policy (config->locked_files, 0, TRUE, -1, "C:\\Users\\* [*]");
  check_policy (config->locked_files, 1, FALSE, -1, "C:\\* [*]");
}

static void
test_group_changes_say_who_goes_where (void **state)
{
  g_autoptr(MoorConfigFile) config = read_good (policies);
  const MoorConfigGroupChange *change = g_ptr_array_index (config->group_changes, 0);
  const MoorConfigGroupChange *all = g_ptr_array_index (config->group_changes, 1);

  assert_int_equal (config->group_changes->len, 2);
  assert_string_equal (change->from, "*");
  assert_string_equal (change->to, "Users");
  assert_true (change->migrated_users && !change->other_users);
  assert_int_equal (change->include->len, 2);
  assert_string_equal (g_ptr_array_index (change->exclude, 0), "D\\w");
  assert_true (all->migrated_users && all->other_users);
}

static void
test_what_means_nothing_is_told (void **state)
{
  g_autoptr(MoorConfigFile) config = read_good (policies);
  g_autoptr(MoorConfigFile) wrong = read_good (
      "<Configuration>\n<Aplications/>\n<Documents><file/></Documents></Configuration>");
  const MoorFinding *code = g_ptr_array_index (config->findings, 0);
  const MoorFinding *whom = g_ptr_array_index (config->findings, 1);
  const MoorFinding *element = g_ptr_array_index (wrong->findings, 0);

  assert_int_equal (config->findings->len, 2);
  assert_string_equal (code->code, "bad-value");
  assert_int_equal (code->origin.line, 5);
  assert_string_equal (whom->code, "bad-value");
  assert_int_equal (wrong->findings->len, 2);
  assert_string_equal (element->code, "unknown-element");
  assert_int_equal (element->origin.line, 2);
  assert_int_equal (element->origin.column, 1);
}

static void
test_other_kinds_of_files_are_refused_by_name (void **state)
{
  static const struct
  {
    const char *text;
    const char *said;
  } cases[] = {
    { "<migration/>", "Config.xml:1:1: This is a rule file and not a Config.xml." },
    { "<offline/>", "Config.xml:1:1: This is an Offline.xml and not a Config.xml." },
    { "<Configuration>", "Config.xml:1:16: " },
    { "<x/>", "Config.xml:1:1: The file starts with <x>." },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(MoorConfigFile) config = read_config (cases[i].text, &error);

      assert_null (config);
      assert_gerror (error, MOOR_ERROR, MOOR_ERROR_USAGE);
      assert_true (g_str_has_prefix (error->message, cases[i].said));
    }
}

static void
test_what_is_written_reads_the_same (void **state)
{
  static const MoorConfigEntry entries[] = {
    { "http://example.com/a/my \"papers\" & <more>/data", "My \"Papers\" & <More>",
      MOOR_COMPONENT_DOCUMENTS },
    { "http://example.com/b/gr\u00f6\u00dfe/settings", "Gr\u00f6\u00dfe\nin\ttwo lines",
      MOOR_COMPONENT_APPLICATION },
    { "http://example.com/c/x/settings", "x\x01y", MOOR_COMPONENT_SYSTEM },
    { "http://example.com/d/x/settings", "x", MOOR_COMPONENT_DEVICE },
  };
  g_autoptr(GBytes) bytes = moor_config_file_write (entries, G_N_ELEMENTS (entries));
  g_autofree char *text = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  g_autoptr(GError) error = NULL;
  g_autoptr(MoorConfigFile) config = moor_config_file_read ("Config.xml", bytes, &error);
  const MoorConfigComponent *papers;
  const MoorConfigComponent *size;

  assert_no_gerror (error);
  assert_int_equal (config->findings->len, 0);
  assert_int_equal (config->components->len, 4);
  size = g_ptr_array_index (config->components, 0);
  papers = g_ptr_array_index (config->components, 1);
  assert_string_equal (papers->id, entries[0].id);
  assert_string_equal (papers->display_name, entries[0].display_name);
  assert_string_equal (size->id, entries[1].id);
  assert_string_equal (size->display_name, entries[1].display_name);
  assert_true (papers->migrate);
  assert_int_equal (config->file_errors->len, 0);
  assert_non_null (strstr (text, "<nonFatal errorCode=\"33\">* [*]</nonFatal>"));
  assert_non_null (strstr (text, "<createHardLink>"));
  assert_non_null (strstr (text, "<changeGroup from="));
}

/* People uncomment them, so they have to be right. */
static void
test_the_examples_can_be_used (void **state)
{
  g_autoptr(GBytes) bytes = moor_config_file_write (NULL, 0);
  GString *text = g_string_new_len (g_bytes_get_data (bytes, NULL),
                                    (gssize) g_bytes_get_size (bytes));
  g_autofree char *uncommented = NULL;
  g_autoptr(MoorConfigFile) config = NULL;

  (void) g_string_replace (text, "<!--", "", 0);
  (void) g_string_replace (text, "-->", "", 0);
  uncommented = g_string_free (text, FALSE);
  config = read_good (uncommented);
  assert_int_equal (config->findings->len, 0);
  assert_int_equal (config->file_errors->len, 2);
  assert_int_equal (config->registry_errors->len, 1);
  assert_int_equal (config->locked_files->len, 2);
  assert_int_equal (config->group_changes->len, 1);
}

static void
test_offline_files_name_windows_and_drives (void **state)
{
  static const char text[] =
      "<offline><WinDir><path> C:\\Windows </path><path>D:\\Windows</path><path/></WinDir>"
      "<failOnMultipleWinDir>1</failOnMultipleWinDir>"
      "<mappings><path>C:\\, D:\\</path><path>E:\\</path></mappings></offline>";
  g_autoptr(GBytes) bytes = g_bytes_new_static (text, strlen (text));
  g_autoptr(GBytes) empty = g_bytes_new_static ("<offline/>", 10);
  g_autoptr(GBytes) rules = g_bytes_new_static ("<migration/>", 12);
  g_autoptr(MoorOfflineFile) offline = moor_offline_file_read ("Offline.xml", bytes, NULL);
  g_autoptr(MoorOfflineFile) nowhere = moor_offline_file_read ("Offline.xml", empty, NULL);
  g_autoptr(GError) error = NULL;

  assert_int_equal (offline->win_dirs->len, 2);
  assert_string_equal (g_ptr_array_index (offline->win_dirs, 0), "C:\\Windows");
  assert_true (offline->fail_on_multiple);
  assert_int_equal (offline->mappings->len, 2);
  assert_string_equal (g_ptr_array_index (offline->mappings, 0), "C:\\");
  assert_string_equal (g_ptr_array_index (offline->mappings, 1), "D:\\");
  assert_int_equal (offline->findings->len, 2);
  assert_false (nowhere->fail_on_multiple);
  assert_int_equal (nowhere->findings->len, 1);
  assert_null (moor_offline_file_read ("Offline.xml", rules, &error));
  assert_gerror (error, MOOR_ERROR, MOOR_ERROR_USAGE);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_components_migrate_unless_all_say_no),
    cmocka_unit_test (test_policies_keep_their_order_in_any_capitals),
    cmocka_unit_test (test_group_changes_say_who_goes_where),
    cmocka_unit_test (test_what_means_nothing_is_told),
    cmocka_unit_test (test_other_kinds_of_files_are_refused_by_name),
    cmocka_unit_test (test_what_is_written_reads_the_same),
    cmocka_unit_test (test_the_examples_can_be_used),
    cmocka_unit_test (test_offline_files_name_windows_and_drives),
  };

  return cmocka_run_group_tests_name ("core/config-file", tests, NULL, NULL);
}
