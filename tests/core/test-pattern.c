/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-test.h"

#include "moor-error.h"
#include "moor-pattern.h"

static MoorPattern *
parse (MoorPatternType type, const char *text, MoorPathStyle style)
{
  g_autoptr(GError) error = NULL;
  MoorPattern *pattern = moor_pattern_parse (type, text, style, NULL, &error);

  assert_no_gerror (error);
  return pattern;
}

static void
test_patterns_are_read_as_they_are_written (void **state)
{
  static const struct
  {
    MoorPatternType type;
    MoorPathStyle style;
    const char *text;
    const char *node;
    const char *leaf;
    gboolean subtree;
  } cases[] = {
    { 0, MOOR_PATHS_WINDOWS, "C:\\Folder\\ [*]", "/C:/Folder", "*", FALSE },
    { 0, MOOR_PATHS_WINDOWS, "C:\\Folder [*]", "/C:/Folder", "*", FALSE },
    { 0, MOOR_PATHS_WINDOWS, "  c:\\Folder\\[*]  ", "/C:/Folder", "*", FALSE },
    { 0, MOOR_PATHS_WINDOWS, "C:\\Folder\\* [*.mp3]", "/C:/Folder", "*.mp3", TRUE },
    { 0, MOOR_PATHS_WINDOWS, "C:\\Folder\\*", "/C:/Folder", NULL, TRUE },
    { 0, MOOR_PATHS_WINDOWS, "c:\\test docs", "/C:/test docs", NULL, FALSE },
    { 0, MOOR_PATHS_WINDOWS, "C:\\*[*]", "/C:", "*", TRUE },
    { 0, MOOR_PATHS_WINDOWS, "C:*[*.doc]", "/C:", "*.doc", TRUE },
    { 0, MOOR_PATHS_WINDOWS, "C:\\ [*]", "/C:", "*", FALSE },
    { 0, MOOR_PATHS_WINDOWS, "C:\\*\\X\\* [*]", "/C:/*/X", "*", TRUE },
    { 0, MOOR_PATHS_WINDOWS, "/C:/Users/alice\\AppData [x]", "/C:/Users/alice/AppData", "x",
      FALSE },
    { 0, MOOR_PATHS_WINDOWS, "C:\\A\\..\\B\\.\\C", "/C:/B/C", NULL, FALSE },
    { 0, MOOR_PATHS_WINDOWS, "\\\\server\\share\\* [*]", "//server/share", "*", TRUE },
    { 0, MOOR_PATHS_WINDOWS, "C:\\d [file^].txt]", "/C:/d", "file].txt", FALSE },
    { 0, MOOR_PATHS_WINDOWS, "C:\\d [file[1].txt]", "/C:/d", "file[1].txt", FALSE },
    { 0, MOOR_PATHS_WINDOWS, "C:\\d^[1^]", "/C:/d[1]", NULL, FALSE },
    { 0, MOOR_PATHS_WINDOWS, "C:\\d[1]\\* [*]", "/C:/d[1]", "*", TRUE },
    { 0, MOOR_PATHS_LINUX, "* [*]", "", "*", TRUE },
    { 0, MOOR_PATHS_LINUX, "*[**.bak]", "", "*.bak", TRUE },
    { 0, MOOR_PATHS_LINUX, "/", "", NULL, FALSE },
    { 0, MOOR_PATHS_LINUX, "\\* [*]", "", "*", TRUE },
    { 0, MOOR_PATHS_LINUX, "*/Temp/* [*]", "*/Temp", "*", TRUE },
    { 0, MOOR_PATHS_LINUX, "/home/alice\\Music//* [*.ogg]", "/home/alice/Music", "*.ogg", TRUE },
    { 0, MOOR_PATHS_LINUX, "/home/a*b/c [x]", "/home/a*b/c", "x", FALSE },
    { MOOR_PATTERN_REGISTRY, MOOR_PATHS_WINDOWS, "HKLM\\SOFTWARE\\Key[]", "/HKLM/SOFTWARE/Key", "",
      FALSE },
    { MOOR_PATTERN_REGISTRY, MOOR_PATHS_WINDOWS, "hkey_current_user\\K\\* [V]", "/HKCU/K", "V",
      TRUE },
    { MOOR_PATTERN_REGISTRY, MOOR_PATHS_WINDOWS, "HKCU\\*[*]", "/HKCU", "*", TRUE },
    { MOOR_PATTERN_REGISTRY, MOOR_PATHS_WINDOWS, "HKCU\\K [a\\b/c]", "/HKCU/K", "a\\b/c", FALSE },
    { MOOR_PATTERN_INI, MOOR_PATHS_WINDOWS, "C:\\a.ini|Section[Setting]", "/C:/a.ini|Section",
      "Setting", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(MoorPattern) pattern = parse (cases[i].type, cases[i].text, cases[i].style);
      g_autofree char *written = moor_pattern_format (pattern, cases[i].style);
      g_autoptr(MoorPattern) again = parse (cases[i].type, written, cases[i].style);

      assert_string_equal (pattern->node, cases[i].node);
      assert_int_equal (g_strcmp0 (pattern->leaf, cases[i].leaf), 0);
      assert_int_equal (pattern->subtree, cases[i].subtree);
      assert_string_equal (again->node, pattern->node);
      assert_int_equal (g_strcmp0 (again->leaf, pattern->leaf), 0);
      assert_int_equal (again->subtree, pattern->subtree);
    }
}

static void
test_patterns_are_written_as_people_write_them (void **state)
{
  static const struct
  {
    MoorPatternType type;
    MoorPathStyle style;
    const char *text;
    const char *written;
  } cases[] = {
    { 0, MOOR_PATHS_WINDOWS, "c:\\data\\[*]", "C:\\data [*]" },
    { 0, MOOR_PATHS_WINDOWS, "c:\\data\\*[*]", "C:\\data\\* [*]" },
    { 0, MOOR_PATHS_WINDOWS, "c:\\ [a^[1^].txt]", "C:\\ [a^[1^].txt]" },
    { 0, MOOR_PATHS_WINDOWS, "*[*.tmp]", "* [*.tmp]" },
    { 0, MOOR_PATHS_WINDOWS, "\\\\s\\share\\x", "\\\\s\\share\\x" },
    { 0, MOOR_PATHS_LINUX, "*[*.tmp]", "/* [*.tmp]" },
    { 0, MOOR_PATHS_LINUX, "\\home\\alice\\", "/home/alice" },
    { 0, MOOR_PATHS_LINUX, "/ [x]", "/ [x]" },
    { MOOR_PATTERN_REGISTRY, MOOR_PATHS_WINDOWS, "HKEY_LOCAL_MACHINE\\K[]", "HKLM\\K []" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(MoorPattern) pattern = parse (cases[i].type, cases[i].text, cases[i].style);
      g_autofree char *written = moor_pattern_format (pattern, cases[i].style);

      assert_string_equal (written, cases[i].written);
    }
}

static void
test_what_is_no_pattern_is_refused (void **state)
{
  static const struct
  {
    MoorPatternType type;
    MoorPathStyle style;
    const char *text;
    GQuark (*domain) (void);
    int code;
  } cases[] = {
    { 0, MOOR_PATHS_LINUX, "", moor_error_quark, MOOR_ERROR_USAGE },
    { 0, MOOR_PATHS_LINUX, "Documents/x", moor_error_quark, MOOR_ERROR_USAGE },
    { 0, MOOR_PATHS_LINUX, "/a [*", moor_error_quark, MOOR_ERROR_USAGE },
    { 0, MOOR_PATHS_LINUX, "/a *]", moor_error_quark, MOOR_ERROR_USAGE },
    { 0, MOOR_PATHS_LINUX, "/a [*] b", moor_error_quark, MOOR_ERROR_USAGE },
    { 0, MOOR_PATHS_LINUX, "/a [b/c]", moor_error_quark, MOOR_ERROR_USAGE },
    { 0, MOOR_PATHS_LINUX, "/a/../.. [*]", moor_error_quark, MOOR_ERROR_USAGE },
    { 0, MOOR_PATHS_LINUX, "/a/*/../b [*]", moor_error_quark, MOOR_ERROR_USAGE },
    { 0, MOOR_PATHS_WINDOWS, "\\Users\\x", moor_error_quark, MOOR_ERROR_USAGE },
    { 0, MOOR_PATHS_LINUX, "C:\\Users [*]", g_io_error_quark, G_IO_ERROR_NOT_SUPPORTED },
    { 0, MOOR_PATHS_LINUX, "\\\\server\\share", g_io_error_quark, G_IO_ERROR_NOT_SUPPORTED },
    { MOOR_PATTERN_REGISTRY, MOOR_PATHS_LINUX, "HKCU\\K", g_io_error_quark,
      G_IO_ERROR_NOT_SUPPORTED },
    { MOOR_PATTERN_REGISTRY, MOOR_PATHS_WINDOWS, "HKXX\\K", moor_error_quark, MOOR_ERROR_USAGE },
  };
  g_autofree char *stars = g_strnfill (9000, 'a');
  g_autofree char *many = NULL;
  g_autoptr(GString) text = g_string_new ("/x");

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(GError) error = NULL;

      assert_null (moor_pattern_parse (cases[i].type, cases[i].text, cases[i].style, NULL, &error));
      assert_gerror (error, cases[i].domain (), cases[i].code);
    }

  for (guint i = 0; i < 40; i++)
    g_string_append (text, "a*");
  assert_null (moor_pattern_parse (MOOR_PATTERN_FILE, text->str, MOOR_PATHS_LINUX, NULL, NULL));
  many = g_strconcat ("/", stars, NULL);
  assert_null (moor_pattern_parse (MOOR_PATTERN_FILE, many, MOOR_PATHS_LINUX, NULL, NULL));
}

static void
test_drive_letters_stand_for_folders_where_they_are_mapped (void **state)
{
  g_autoptr(GHashTable) drives = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr(MoorPattern) c = NULL;
  g_autoptr(MoorPattern) d = NULL;

  g_hash_table_insert (drives, (char *) "C:", (char *) "/");
  g_hash_table_insert (drives, (char *) "D:", (char *) "/srv/data/");
  c = moor_pattern_parse (MOOR_PATTERN_FILE, "c:\\Users\\* [*]", MOOR_PATHS_LINUX, drives, NULL);
  d = moor_pattern_parse (MOOR_PATTERN_FILE, "D:\\* [*]", MOOR_PATHS_LINUX, drives, NULL);
  assert_string_equal (c->node, "/Users");
  assert_string_equal (d->node, "/srv/data");
  assert_true (d->subtree);
}

/* The table of the pattern language, row by row; an object that ends with a
 * slash is a directory. */
static void
test_patterns_match_what_the_language_says (void **state)
{
  static const struct
  {
    const char *pattern;
    const char *hits[6];
    const char *misses[6];
  } cases[] = {
    { "C:\\Folder\\ [*]",
      { "/C:/Folder/", "/C:/Folder/a.txt", "/c:/folder/B" },
      { "/C:/Folder/Sub/", "/C:/Folder/Sub/a", "/C:/Folder2/a", "/C:/a" } },
    { "C:\\Folder\\* [*]",
      { "/C:/Folder/", "/C:/Folder/a", "/C:/Folder/S/", "/C:/Folder/S/T/b" },
      { "/C:/Folder2/a", "/C:/", "/C:/Folder" } },
    { "C:\\Folder\\ [*.mp3]",
      { "/C:/Folder/a.MP3", "/C:/Folder/.mp3" },
      { "/C:/Folder/", "/C:/Folder/a.mp3x", "/C:/Folder/S/a.mp3" } },
    { "C:\\Folder\\* [*.mp3]",
      { "/C:/Folder/a.mp3", "/C:/Folder/S/a.mp3" },
      { "/C:/Folder/", "/C:/Folder/S.mp3/", "/C:/a.mp3" } },
    { "C:\\* [Sample.doc]",
      { "/C:/Sample.doc", "/C:/a/b/sample.DOC" },
      { "/D:/Sample.doc", "/C:/Sample.doc/", "/C:/Sample.doc/x" } },
    { "C:\\*\\X\\* [*]",
      { "/C:/a/X/", "/C:/a/X/f", "/C:/a/b/X/c/f" },
      { "/C:/X/f", "/C:/X/", "/C:/aX/f", "/C:/a/Xb/f" } },
    { "C:\\Folder\\*", { "/C:/Folder/", "/C:/Folder/S/T/" }, { "/C:/Folder/f", "/C:/" } },
    { "c:\\test docs", { "/C:/test docs/" }, { "/C:/test docs/a/", "/C:/test docs/f" } },
    { "* [*]", { "/C:/", "/C:/f", "/D:/a/b/" }, { NULL } },
    { "*[*.ext]", { "/C:/a.ext", "/D:/a/b.ext" }, { "/D:/b.ext/", "/D:/b.exe" } },
    { "C:\\F*o\\* [*]", { "/C:/Fo/f", "/C:/Fxo/f", "/C:/Fx/y/zo/f" }, { "/C:/Fx/f", "/C:/o/f" } },
    { "*\\X [*]", { "/X/f", "/C:/X/f", "/C:/a/X/f" }, { "/C:/aX/f", "/C:/X/a/f" } },
    { "c:\\documents\\mydocs [file^].txt]",
      { "/C:/documents/mydocs/file].txt" },
      { "/C:/documents/mydocs/file^].txt" } },
    { "C:\\\xc3\x84rger\\* [\xc3\xa4*]", { "/C:/\xc3\xa4RGER/\xc3\x84x" }, { "/C:/arger/ax" } },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(MoorPattern)
                     pattern = parse (MOOR_PATTERN_FILE, cases[i].pattern, MOOR_PATHS_WINDOWS);

      for (guint j = 0; j < 12; j++)
        {
          const char *object = j < 6 ? cases[i].hits[j] : cases[i].misses[j - 6];
          g_autofree char *path = g_strdup (object != NULL ? object : "");
          gboolean is_node = g_str_has_suffix (path, "/");

          if (object == NULL)
            continue;
          if (is_node)
            path[strlen (path) - 1] = '\0';
          if (moor_pattern_matches (pattern, MOOR_PATHS_WINDOWS, path, is_node) != (j < 6))
            fail_msg ("“%s” and “%s”", cases[i].pattern, object);
        }
    }
}

static void
test_case_counts_on_linux (void **state)
{
  g_autoptr(MoorPattern)
                 pattern = parse (MOOR_PATTERN_FILE, "/home/a/* [*.Txt]", MOOR_PATHS_LINUX);

  assert_true (moor_pattern_matches (pattern, MOOR_PATHS_LINUX, "/home/a/x.Txt", FALSE));
  assert_false (moor_pattern_matches (pattern, MOOR_PATHS_LINUX, "/home/a/x.txt", FALSE));
  assert_false (moor_pattern_matches (pattern, MOOR_PATHS_LINUX, "/home/A/x.Txt", FALSE));
  assert_true (moor_pattern_matches (pattern, MOOR_PATHS_LINUX, "/home/a/\xff.Txt", FALSE));
}

static void
test_the_more_specific_pattern_is_known (void **state)
{
  /* Of each pair the first is more specific. */
  static const char *const pairs[][2] = {
    { "C:\\A [x]", "C:\\A\\* [x]" },
    { "C:\\A [*]", "C:\\A\\* [x]" },
    { "C:\\A\\B\\* [*]", "C:\\A\\* [x]" },
    { "C:\\A\\* [*]", "C:\\* [*.txt]" },
    { "C:\\* [*]", "* [a.txt]" },
    { "C:\\*\\X\\* [*]", "C:\\* [*.txt]" },
    { "C:\\A\\* [a.txt]", "C:\\A\\* [*.txt]" },
    { "C:\\A\\* [a*.txt]", "C:\\A\\* [*.txt]" },
    { "C:\\A\\* [*.txt]", "C:\\A\\* [*]" },
    { "C:\\A\\*", "C:\\A\\* [*]" },
    { "C:\\A\\B*\\* [*]", "C:\\A\\* [*]" },
  };
  g_autoptr(MoorPattern) a = parse (MOOR_PATTERN_FILE, "C:\\A\\* [*.txt]", MOOR_PATHS_WINDOWS);
  g_autoptr(MoorPattern) same = moor_pattern_copy (a);

  for (gsize i = 0; i < G_N_ELEMENTS (pairs); i++)
    {
      g_autoptr(MoorPattern) more = parse (MOOR_PATTERN_FILE, pairs[i][0], MOOR_PATHS_WINDOWS);
      g_autoptr(MoorPattern) less = parse (MOOR_PATTERN_FILE, pairs[i][1], MOOR_PATHS_WINDOWS);

      if (moor_pattern_compare (more, less) <= 0 || moor_pattern_compare (less, more) >= 0)
        fail_msg ("“%s” is to be more specific than “%s”", pairs[i][0], pairs[i][1]);
    }
  assert_int_equal (moor_pattern_compare (a, same), 0);
}

static void
test_names_are_folded_character_by_character (void **state)
{
  g_autofree char *folded = moor_pattern_fold ("Stra\xc3\x9f"
                                               "E \xc3\x84\xff.TXT");

  assert_string_equal (folded, "stra\xc3\x9f"
                               "e \xc3\xa4\xff.txt");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_patterns_are_read_as_they_are_written),
    cmocka_unit_test (test_patterns_are_written_as_people_write_them),
    cmocka_unit_test (test_what_is_no_pattern_is_refused),
    cmocka_unit_test (test_drive_letters_stand_for_folders_where_they_are_mapped),
    cmocka_unit_test (test_patterns_match_what_the_language_says),
    cmocka_unit_test (test_case_counts_on_linux),
    cmocka_unit_test (test_the_more_specific_pattern_is_known),
    cmocka_unit_test (test_names_are_folded_character_by_character),
  };

  return cmocka_run_group_tests_name ("core/pattern", tests, NULL, NULL);
}
