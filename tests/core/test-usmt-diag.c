/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>

#include "usmt-fixture.h"

/* The diagnostics of scanstate, by the identifiers of the reference's table B. */

#define XML(rules) \
  "<?xml version=\"1.0\" encoding=\"UTF-8\"?>" \
  "<migration urlid=\"http://example.org/data\">" \
  "<component type=\"Application\" context=\"System\"><displayName>DATA1</displayName>" \
  "<role role=\"Data\">" rules "</role></component></migration>"
#define RULES(kind, pattern) \
  "<rules><" kind "><objectSet><pattern type=\"File\">" pattern "</pattern></objectSet></" kind \
  "></rules>"
#define SCAN_DATA SCAN " /o /i:data.xml /ue:*"

static void
ignore_start (GMarkupParseContext *context,
              const char *name,
              const char **names,
              const char **values,
              gpointer user_data,
              GError **error)
{
  guint *n_elements = user_data;

  (*n_elements)++;
}

/* Calls scanstate with diagnostics, which are well-formed whatever they say. */
static char *
diagnose (Fixture *fixture, int code, const char *line)
{
  static const GMarkupParser parser = { .start_element = ignore_start };
  guint n_elements = 0;
  GMarkupParseContext *context = g_markup_parse_context_new (&parser, 0, &n_elements, NULL);
  g_autoptr(GError) error = NULL;
  char *text;

  assert_true (g_setenv ("MIG_ENABLE_DIAG", "diag.xml", TRUE));
  must (fixture, code, line);
  g_unsetenv ("MIG_ENABLE_DIAG");
  text = moor_test_read (fixture->folder, "diag.xml");
  assert_true (g_markup_parse_context_parse (context, text, -1, &error));
  assert_true (g_markup_parse_context_end_parse (context, &error));
  assert_true (n_elements > 3);
  g_markup_parse_context_free (context);
  return text;
}

static void
assert_has (const char *text, const char *part)
{
  if (strstr (text, part) == NULL)
    fail_msg ("“%s” is not in\n%s", part, text);
}

static void
assert_lacks (const char *text, const char *part)
{
  if (strstr (text, part) != NULL)
    fail_msg ("“%s” is in\n%s", part, text);
}

#define STORED(path) \
  "<Operation Name=\"Store\" Type=\"File\" Path=\"" path "\" SimObj=\"false\" Success=\"true\"/>"

static void
write_data (const Fixture *fixture)
{
  static const char *const files[] = { "data/test (1).txt", "data/test.txt", "data/test.docx",
                                       "data/New Folder/New Text Document.txt",
                                       "data/New Folder/test.docx" };

  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    moor_test_write (fixture->jobs->root, files[i], "some content!");
}

static void
test_B1_the_files_of_a_folder_and_the_folder (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *text = NULL;

  need_root ();
  write_data (fixture);
  moor_test_write (fixture->folder, "data.xml", XML (RULES ("include", "C:\\data\\ [*]")));
  text = diagnose (fixture, 0, SCAN_DATA);
  assert_has (text, "<MigUnit Name=\"&lt;System&gt;\\DATA1 (CMXEAgent)\" Context=\"System\" "
                    "ConfidenceLevel=\"100\" Group=\"Applications\" Role=\"UserData\" "
                    "Agent=\"CMXEAgent\" Selected=\"true\" Supported=\"true\">");
  assert_has (text, "<Patterns Type=\"Include\">");
  assert_has (text, "<Pattern Type=\"File\" Path=\"/data [*]\"/>");
  assert_has (text, "<Perform Name=\"Gather\" User=\"System\">");
  assert_has (text, STORED ("/data"));
  assert_has (text, STORED ("/data [test.txt]"));
  assert_has (text, STORED ("/data [test (1).txt]"));
  assert_lacks (text, "Path=\"/data/New Folder");
}

static void
test_B2_everything_below_a_folder (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *text = NULL;

  need_root ();
  write_data (fixture);
  moor_test_write (fixture->folder, "data.xml", XML (RULES ("include", "C:\\data\\* [*]")));
  text = diagnose (fixture, 0, SCAN_DATA);
  assert_has (text, "<Pattern Type=\"File\" Path=\"/data/* [*]\"/>");
  assert_has (text, STORED ("/data"));
  assert_has (text, STORED ("/data/New Folder"));
  assert_has (text, STORED ("/data/New Folder [New Text Document.txt]"));
}

static void
test_B3_B4_an_exclusion_counts_if_it_is_as_specific (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *general = NULL;
  g_autofree char *specific = NULL;

  need_root ();
  write_data (fixture);
  moor_test_write (fixture->folder, "data.xml",
                   XML (RULES ("include", "C:\\data\\* [*]") RULES ("exclude", "C:\\* [*.txt]")));
  general = diagnose (fixture, 0, SCAN_DATA);
  assert_has (general, STORED ("/data [test.txt]"));
  assert_has (general, STORED ("/data/New Folder [test.docx]"));
  moor_test_write (
      fixture->folder, "data.xml",
      XML (RULES ("include", "C:\\data\\* [*]") RULES ("exclude", "C:\\data\\* [*.txt]")));
  specific = diagnose (fixture, 0, SCAN_DATA);
  assert_has (specific, "<Patterns Type=\"Exclude\">");
  assert_has (specific, STORED ("/data"));
  assert_has (specific, STORED ("/data/New Folder"));
  assert_has (specific, STORED ("/data [test.docx]"));
  assert_has (specific, STORED ("/data/New Folder [test.docx]"));
  assert_lacks (specific, "test.txt]");
}

static void
test_people_have_their_own_environment_and_units (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *text = NULL;

  need_root ();
  jobs_write (fixture->jobs, "home/alice/Documents/a & <b>\x01.txt", "x", JOBS_ALICE);
  moor_test_write (
      fixture->folder, "letters.xml",
      "<?xml version=\"1.0\"?><migration urlid=\"http://example.org/letters\">"
      "<component type=\"Documents\" context=\"User\"><displayName>Letters</displayName>"
      "<role role=\"Data\"><rules><include><objectSet>"
      "<pattern type=\"File\">%CSIDL_PERSONAL%\\* [*.txt]</pattern>"
      "</objectSet></include></rules></role></component></migration>");
  text = diagnose (fixture, 0, SCAN " /i:letters.xml");
  assert_has (text, "<UserEnvironment User=\"oldbox\\alice\">");
  assert_has (text, "<Variable Name=\"CSIDL_PERSONAL\" Value=\"/home/alice/Documents\"/>");
  assert_has (text, "<MigUnit Name=\"&lt;oldbox\\bob&gt;\\Letters (CMXEAgent)\" Context=\"User\"");
  assert_has (text, "<Perform Name=\"Gather\" User=\"oldbox\\alice\">");
  assert_has (text, STORED ("/home/alice/Documents [letter.txt]"));
  assert_has (text, "[a &amp; &lt;b&gt;\\x01.txt]");
}

static gboolean
is_unreadable (const char *path)
{
  return g_str_equal (path, "letter.txt");
}

static int
failing_linkat (int src_dfd, const char *src, int dst_dfd, const char *dst, int flags)
{
  if (!is_unreadable (src))
    return moor_sys_posix ()->linkat (src_dfd, src, dst_dfd, dst, flags);
  errno = EPERM;
  return -1;
}

static int
failing_openat2 (int dfd, const char *path, const struct open_how *how)
{
  if (!is_unreadable (path))
    return moor_sys_posix ()->openat2 (dfd, path, how);
  errno = EACCES;
  return -1;
}

static int
failing_openat (int dfd, const char *path, int flags, mode_t mode)
{
  if (!is_unreadable (path))
    return moor_sys_posix ()->openat (dfd, path, flags, mode);
  errno = EACCES;
  return -1;
}

static void
test_what_could_not_be_had_is_told_whether_or_not_it_ended_the_run (void **state)
{
  static const char expected[] = "Path=\"/home/alice/Documents [letter.txt]\" SimObj=\"false\" "
                                 "Success=\"false\" ErrorCode=\"5\"/>";
  Fixture *fixture = *state;
  MoorSys sys = *moor_sys_posix ();
  g_autofree char *stopped = NULL;
  g_autofree char *skipped = NULL;

  need_root ();
  sys.linkat = failing_linkat;
  sys.openat = failing_openat;
  sys.openat2 = failing_openat2;
  fixture->jobs->sys = &sys;
  stopped = diagnose (fixture, 61, SCAN);
  assert_has (stopped, expected);
  skipped = diagnose (fixture, 3, SCAN " /o /c");
  assert_has (skipped, expected);
  assert_has (skipped, STORED ("/home/bob [notes.txt]"));
  assert_has (skipped, "<MigUnit Name=\"(whole home)\">");
}

static void
test_diagnostics_need_a_place (void **state)
{
  static const char *const places[] = { "no/such/folder/diag.xml", "C:\\StateStore\\USMT\\diag.xml",
                                        "Z:\\diag.xml" };
  Fixture *fixture = *state;

  need_root ();
  for (gsize i = 0; i < G_N_ELEMENTS (places); i++)
    {
      assert_true (g_setenv ("MIG_ENABLE_DIAG", places[i], TRUE));
      must (fixture, 71, SCAN);
      g_unsetenv ("MIG_ENABLE_DIAG");
    }
  assert_false (exists (fixture, "StateStore"));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    usmt_test (test_B1_the_files_of_a_folder_and_the_folder),
    usmt_test (test_B2_everything_below_a_folder),
    usmt_test (test_B3_B4_an_exclusion_counts_if_it_is_as_specific),
    usmt_test (test_people_have_their_own_environment_and_units),
    usmt_test (test_what_could_not_be_had_is_told_whether_or_not_it_ended_the_run),
    usmt_test (test_diagnostics_need_a_place),
  };

  return cmocka_run_group_tests_name ("usmt/diag", tests, NULL, NULL);
}
