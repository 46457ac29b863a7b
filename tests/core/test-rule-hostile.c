/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules-fixture.h"

/*
 * Rule files that were written to do harm: a small file that becomes a huge one,
 * a file that fetches another one, a file that keeps the reader busy for ever, a
 * file that is no text.  Each is refused with its place, says nothing on standard
 * error, and takes neither time nor memory to speak of.
 */

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "moor-error.h"
#include "moor-rule-file.h"

#define A_WHILE_S 20 /* sanitizers and slow machines */

static void
add_times (GString *text, const char *part, guint n)
{
  for (guint i = 0; i < n; i++)
    g_string_append (text, part);
}

static void
expect_refusal (const char *text, gsize length, const char *said)
{
  g_autoptr(GBytes) bytes = g_bytes_new (text, length);
  g_autoptr(GError) error = NULL;
  g_autoptr(MoorRuleFile) file = NULL;
  const gint64 start = g_get_monotonic_time ();

  file = moor_rule_file_read ("rules.xml", bytes, &error);
  assert_null (file);
  assert_gerror (error, MOOR_ERROR, MOOR_ERROR_USAGE);
  if (strstr (error->message, said) == NULL)
    fail_msg ("“%s” lacks “%s”", error->message, said);
  assert_true (g_get_monotonic_time () - start < A_WHILE_S * G_USEC_PER_SEC);
}

static void
expect_text_refusal (const char *text, const char *said)
{
  expect_refusal (text, strlen (text), said);
}

static void
test_a_billion_laughs_are_refused_at_the_first_entity (void **state)
{
  expect_text_refusal ("<?xml version='1.0'?>\n<!DOCTYPE m [\n<!ENTITY a 'ha'>\n"
                       "<!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>\n"
                       "<!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;'>\n]>\n<migration>&c;</migration>",
                       "rules.xml:3:1: The file declares entities");
  expect_text_refusal ("<!DOCTYPE m [<!ENTITY % p 'x'>%p;]><migration/>",
                       "declares entities or attributes");
  expect_text_refusal ("<!DOCTYPE m [<!ATTLIST migration urlid CDATA 'x'>]><migration/>",
                       "declares entities or attributes");
}

static void
test_no_other_file_is_fetched (void **state)
{
  g_autofree char *dir = moor_test_dir_new ();
  g_autofree char *text = NULL;

  moor_test_write (dir, "secret", "<!ENTITY e 'secret'>");
  text = g_strdup_printf ("<!DOCTYPE m [<!ENTITY e SYSTEM 'file://%s/secret'>]>"
                          "<migration urlid='&e;'/>",
                          dir);
  expect_text_refusal (text, "declares entities");
  g_free (text);
  text = g_strdup_printf ("<!DOCTYPE m SYSTEM 'file://%s/secret'><migration urlid='&e;'/>", dir);
  expect_text_refusal (text, "“&e;” stands for nothing");
  expect_text_refusal ("<!DOCTYPE m SYSTEM 'http://127.0.0.1:9/x'><migration>&e;</migration>",
                       "“&e;” stands for nothing");
  moor_test_dir_free (g_steal_pointer (&dir));
}

static void
test_depth_has_a_bound (void **state)
{
  g_autoptr(GString) text = g_string_new (NULL);

  add_times (text, "<rules>", 1000000);
  expect_text_refusal (text->str, "rules.xml:1:1401: Elements are nested more than 200 deep.");
}

static void
test_numbers_have_bounds (void **state)
{
  g_autoptr(GString) elements = g_string_new ("<migration>");
  g_autoptr(GString) attributes = g_string_new ("<migration");
  g_autoptr(GString) spaces = g_string_new (NULL);
  g_autofree char *zeros = g_malloc0 (17 * 1024 * 1024);

  add_times (elements, "<a/>", 600000);
  expect_text_refusal (elements->str, "more than 300000 elements");
  for (guint i = 0; i < 300000; i++)
    g_string_append_printf (attributes, " a%u=''", i);
  expect_text_refusal (attributes->str, "more than 1000 attributes");
  for (guint i = 0; i < 100000; i++)
    g_string_append_printf (spaces, "<a xmlns:a%u='a'>", i);
  expect_text_refusal (spaces->str, "more than 100 declarations");
  expect_refusal (zeros, 17 * 1024 * 1024, "rules.xml: The file is larger than 16 MiB.");
}

static void
test_a_giant_attribute_is_refused (void **state)
{
  g_autoptr(GString) text = g_string_new ("<migration urlid='");

  add_times (text, "0123456789", 1500000);
  g_string_append (text, "'/>");
  expect_text_refusal (text->str, "rules.xml:1:");
}

/* Named elements that use each other twice: 2^40 rules. */
static void
test_named_elements_that_laugh_are_refused (void **state)
{
  g_autoptr(GString) text = g_string_new ("<migration urlid='u'><namedElements>");

  for (guint i = 0; i < 40; i++)
    g_string_append_printf (
        text, "<rules name='r%u'><rules name='r%u'/><rules name='r%u'/></rules>", i, i + 1, i + 1);
  g_string_append (text, "</namedElements><component type='System'><displayName>d</displayName>"
                         "<role role='Data'><rules name='r0'/></role></component></migration>");
  expect_text_refusal (text->str, "or through more than 16 others");
  g_string_truncate (text, 0);
  g_string_append (text, "<migration urlid='u'><namedElements>");
  for (guint i = 0; i < 14; i++)
    {
      g_string_append_printf (text, "<rules name='r%u'>", i);
      for (guint j = 0; j < 8; j++)
        g_string_append_printf (text, "<rules name='r%u'/>", i + 1);
      g_string_append (text, "</rules>");
    }
  g_string_append (text, "</namedElements><component type='System'><displayName>d</displayName>"
                         "<role role='Data'><rules name='r0'/></role></component></migration>");
  expect_text_refusal (text->str, "means more than 300000 elements");
}

static void
test_what_is_no_text_is_refused (void **state)
{
  static const char cut[] = "\xff\xfe<\0m\0/\0>\0\n\0 \0\x3d";
  static const char lone[] = "\xff\xfe<\0\x00\xd8>\0";
  static const char declared[] = "<?xml version='1.0' encoding='utf-8'?>\n<a b='\xe4'/>";
  static const char with_nul[] = "<migration>\n\0</migration>";
  static const char unknown[] = "<?xml version='1.0' encoding='klingon'?><a/>";
  static const char tricky[] = "<?xml version='1.0' encoding='UTF-7//IGNORE'?><a/>";

  expect_refusal (cut, sizeof cut - 1, "rules.xml:2:2: From here on the file is not UTF-16LE.");
  expect_refusal (lone, sizeof lone - 1, "rules.xml:1:2: From here on");
  expect_refusal (declared, sizeof declared - 1,
                  "rules.xml:2:7: The byte 0xe4 is not UTF-8, which the file says to be.");
  expect_refusal (with_nul, sizeof with_nul - 1, "rules.xml:2:1: Here is a NUL");
  expect_refusal (unknown, sizeof unknown - 1, "rules.xml:1:1: The encoding");
  expect_refusal (tricky, sizeof tricky - 1, "rules.xml:1:1: The encoding");
  expect_refusal ("\xff\xfe", 2, "rules.xml:1:1: ");
  expect_refusal ("\xef\xbb\xbf", 3, "rules.xml:1:1: ");
  expect_refusal ("\0\0\0\0", 4, "rules.xml:1:1: Here is a NUL");
}

static void
test_nothing_is_said_on_standard_error (void **state)
{
  static const char *const texts[] = { "<migration>", "<a b=c>",
                                       "<x:a/>",      "&",
                                       "<a>&b;</a>",  "<?xml version='1.0' encoding='x'?><a/>" };
  g_autofree char *dir = moor_test_dir_new ();
  g_autofree char *path = g_build_filename (dir, "stderr", NULL);
  g_autofree char *said = NULL;
  const int kept = dup (STDERR_FILENO);
  const int file = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

  assert_true (kept >= 0 && file >= 0);
  (void) dup2 (file, STDERR_FILENO);
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr(GBytes) bytes = g_bytes_new_static (texts[i], strlen (texts[i]));

      g_ptr_array_unref (moor_rules_lint ("rules.xml", bytes));
    }
  (void) dup2 (kept, STDERR_FILENO);
  (void) close (kept);
  (void) close (file);
  said = moor_test_read (dir, "stderr");
  assert_string_equal (said, "");
  moor_test_dir_free (g_steal_pointer (&dir));
}

/* How many of a thread's refusals came out as they should. */
static gpointer
refuse_often (gpointer data)
{
  const guint mine = GPOINTER_TO_UINT (data);
  guint n_right = 0;

  for (guint i = 0; i < 200; i++)
    {
      g_autofree char *name = g_strdup_printf ("rules-%u.xml", mine);
      g_autofree char *want = g_strdup_printf ("rules-%u.xml:2:4: ", mine);
      g_autoptr(GBytes) bytes = g_bytes_new_static ("<a>\n<b></a>", 11);
      g_autoptr(GError) error = NULL;
      g_autoptr(MoorRuleFile) file = moor_rule_file_read (name, bytes, &error);

      want[strlen (want) - 3] = '\0';
      if (file == NULL && g_str_has_prefix (error->message, want))
        n_right++;
    }
  return GUINT_TO_POINTER (n_right);
}

static void
test_threads_do_not_get_each_others_errors (void **state)
{
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("reader", refuse_often, GUINT_TO_POINTER (i));
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    assert_int_equal (GPOINTER_TO_UINT (g_thread_join (threads[i])), 200);
}

/* As people set their comments off. */
static void
test_lines_of_signs_are_no_attributes (void **state)
{
  g_autoptr(GString) text = g_string_new ("<migration urlid='x'><!-- ");
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(MoorRuleFile) file = NULL;

  add_times (text, "====================\n", 100);
  g_string_append (text, " --></migration>");
  bytes = g_bytes_new (text->str, text->len);
  file = moor_rule_file_read ("rules.xml", bytes, &error);
  assert_no_gerror (error);
}

static const char *
command_line (const MoorRuleOutcome *outcome, guint index)
{
  return ((const MoorRuleProcess *) g_ptr_array_index (outcome->processes, index))->command_line;
}

/* The folders of a person are called what the person likes. */
static void
test_a_variable_is_never_more_than_one_word_of_a_command (void **state)
{
  g_autoptr(MoorRuleHost) host = moor_rule_host_new (MOOR_PATHS_LINUX, -1);
  MoorRuleUser *alice = moor_rule_host_add_user (host, "alice", "/home/alice");
  g_autoptr(MoorRuleOutcome) outcome = NULL;
  g_auto(GStrv) words = NULL;

  moor_rule_user_set_variable (alice, "CSIDL_MYMUSIC", "/home/alice/a' --root='b c");
  outcome = evaluate (host, "<component type='System' context='User'><role role='Data'><rules>"
                            "<externalProcess when='post-apply'>"
                            "<commandLine>mend --in=%CSIDL_MYMUSIC% 'a b'</commandLine>"
                            "<commandLine>mend '%CSIDL_MYMUSIC%</commandLine>"
                            "</externalProcess></rules></role></component>");

  assert_true (g_shell_parse_argv (command_line (outcome, 0), NULL, &words, NULL));
  assert_int_equal (g_strv_length (words), 3);
  assert_string_equal (words[1], "--in=/home/alice/a' --root='b c");
  assert_string_equal (words[2], "a b");
  assert_false (g_shell_parse_argv (command_line (outcome, 1), NULL, NULL, NULL));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_a_billion_laughs_are_refused_at_the_first_entity),
    cmocka_unit_test (test_no_other_file_is_fetched),
    cmocka_unit_test (test_depth_has_a_bound),
    cmocka_unit_test (test_numbers_have_bounds),
    cmocka_unit_test (test_a_giant_attribute_is_refused),
    cmocka_unit_test (test_lines_of_signs_are_no_attributes),
    cmocka_unit_test (test_a_variable_is_never_more_than_one_word_of_a_command),
    cmocka_unit_test (test_named_elements_that_laugh_are_refused),
    cmocka_unit_test (test_what_is_no_text_is_refused),
    cmocka_unit_test (test_nothing_is_said_on_standard_error),
    cmocka_unit_test (test_threads_do_not_get_each_others_errors),
  };

  return cmocka_run_group_tests_name ("core/rule-hostile", tests, NULL, NULL);
}
