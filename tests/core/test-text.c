/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-test.h"

#include "moor-error.h"
#include "moor-issue.h"
#include "moor-text.h"

static void
test_paths_are_written_without_control_characters (void **state)
{
  static const struct
  {
    const char *path;
    const char *text;
  } cases[] = {
    { "/home/alice/Fotos", "/home/alice/Fotos" },
    { "a\nb", "a\\x0ab" },
    { "a\\b", "a\\\\b" },
    { "caf\xe9", "caf\\xe9" },
    { "ü", "ü" },
    { "\xe2\x80\xae"
      "exe",
      "\\xe2\\x80\\xaeexe" },
    { "x\x1b[31m", "x\\x1b[31m" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = moor_text_path (cases[i].path);
      g_autofree char *back = moor_text_to_path (text);

      assert_string_equal (text, cases[i].text);
      assert_string_equal (back, cases[i].path);
      assert_true (g_utf8_validate (text, -1, NULL));
    }
}

static void
test_durations_are_ranges (void **state)
{
  static const struct
  {
    double low;
    double high;
    const char *text;
  } cases[] = {
    { 0.2, 0.8, "under 1 s" }, { 0.4, 1.6, "up to 2 s" }, { 9.2, 11.4, "9–12 s" },
    { 130, 170, "2–3 min" },   { 3600, 3590, "60 min" },  { 2 * 3600, 3 * 3600, "2–3 h" },
    { 5, 5, "5 s" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = moor_text_seconds_range (cases[i].low, cases[i].high);

      assert_string_equal (text, cases[i].text);
    }
}

static void
test_counts_have_thousands (void **state)
{
  g_autofree char *small = moor_text_count (999);
  g_autofree char *large = moor_text_count (1234567);

  assert_string_equal (small, "999");
  assert_string_equal (large, "1,234,567");
}

static void
test_names_that_are_paths_are_refused (void **state)
{
  assert_true (moor_name_is_valid ("a"));
  assert_true (moor_name_is_valid ("..."));
  assert_false (moor_name_is_valid (NULL));
  assert_false (moor_name_is_valid (""));
  assert_false (moor_name_is_valid ("."));
  assert_false (moor_name_is_valid (".."));
  assert_false (moor_name_is_valid ("a/b"));
}

static void
test_every_cause_has_words (void **state)
{
  for (guint i = 0; i < MOOR_N_CAUSES; i++)
    {
      MoorCause cause = MOOR_CAUSE_OTHER;

      assert_true (moor_cause_from_id (moor_cause_id ((MoorCause) i), &cause));
      assert_int_equal (cause, i);
      assert_true (moor_cause_text ((MoorCause) i)[0] != '\0');
      assert_true (i == MOOR_CAUSE_NONE || moor_cause_remedy ((MoorCause) i)[0] != '\0');
    }
}

static void
test_exit_codes_follow_the_error (void **state)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GError) cancelled = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "");

  assert_int_equal (moor_exit_from_error (NULL), 0);
  assert_int_equal (moor_exit_from_error (cancelled), 4);
  assert_false (moor_throw (&error, MOOR_ERROR_STORE_NEWER, "format %d", 9));
  assert_string_equal (error->message, "format 9");
  assert_int_equal (moor_exit_from_error (error), 8);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_paths_are_written_without_control_characters),
    cmocka_unit_test (test_durations_are_ranges),
    cmocka_unit_test (test_counts_have_thousands),
    cmocka_unit_test (test_names_that_are_paths_are_refused),
    cmocka_unit_test (test_every_cause_has_words),
    cmocka_unit_test (test_exit_codes_follow_the_error),
  };

  return cmocka_run_group_tests_name ("core/text", tests, NULL, NULL);
}
