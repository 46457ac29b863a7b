/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-test.h"

#include "moor-error.h"
#include "moor-rules.h"

#include <string.h>

/* Descends from the home to @path and tells what becomes of it.  A directory on
 * the way that is left out decides for everything below. */
static MoorDecision
decide (const MoorRules *rules, const char *path, gboolean is_dir)
{
  g_auto(GStrv) components = g_strsplit (path, "/", -1);
  MoorDecision decision = { .selected = TRUE, .rule = -1, .state = moor_rules_home_state (rules) };

  for (guint i = 0; components[i] != NULL && decision.selected; i++)
    moor_rules_decide (rules, decision.state, components[i], components[i + 1] != NULL || is_dir,
                       &decision);
  return decision;
}

static MoorRules *
default_rules (void)
{
  g_autoptr(GError) error = NULL;
  MoorRules *rules = moor_rules_new_default (&error);

  assert_no_gerror (error);
  return rules;
}

static MoorRules *
rules_from (const char *text, GError **error)
{
  g_autoptr(GBytes) bytes = g_bytes_new (text, strlen (text));

  return moor_rules_new_from_bytes ("own.ini", bytes, error);
}

static void
test_well_known_caches_are_left_out (void **state)
{
  static const char *const paths[] = {
    ".cache",
    ".cache/mozilla/firefox/x/cache2/entries/0A",
    ".local/share/Trash/files/letter.odt",
    ".thumbnails/normal/a.png",
    ".mozilla/firefox/abc.default-release/cache2",
    ".config/Slack/Cache/f_000001",
    ".config/Slack/Code Cache",
    ".config/google-chrome/Default/GPUCache",
    ".config/google-chrome/Profile 1/Code Cache",
    ".var/app/org.gimp.GIMP/cache/tmp",
    "snap/firefox/common/.cache",
    ".npm/_cacache",
    ".cargo/registry/cache",
    ".gradle/caches/modules-2",
    ".ccache/0",
    ".gvfs",
  };
  g_autoptr(MoorRules) rules = default_rules ();

  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      MoorDecision decision = decide (rules, paths[i], TRUE);

      if (decision.selected)
        fail_msg ("“%s” is not left out", paths[i]);
      assert_in_range (decision.rule, 0, moor_rules_get_n_rules (rules) - 1);
      assert_int_equal (decision.state, 0);
    }
}

static void
test_what_only_resembles_a_cache_is_kept (void **state)
{
  static const char *const paths[] = {
    ".cached",
    "cache",
    "Cache/photo.jpg",
    "Documents/.cache",
    "Documents/.local/share/Trash",
    ".Cache",
    ".cache.old/letter.odt",
    ".config/Slack/Cached",
    ".config/Slack/storage/Cache",
    ".config/Cache",
    ".mozilla/firefox/profiles.ini",
    ".mozilla/firefox/abc/storage/default",
    ".mozilla/firefox/cache2",
    ".config/google-chrome/Default/Bookmarks",
    ".local/share/Trashes",
    ".cargo/registry/index",
    ".var/app/org.gimp.GIMP/data/cache",
    ".gradle/gradle.properties",
    ".m2/repository/mine",
    ".xsession",
    "",
  };
  g_autoptr(MoorRules) rules = default_rules ();

  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      MoorDecision decision = decide (rules, paths[i], TRUE);

      if (!decision.selected)
        fail_msg ("“%s” is left out by %s", paths[i],
                  moor_rules_get_pattern (rules, (guint) decision.rule));
      assert_int_equal (decision.rule, -1);
    }
}

static void
test_a_file_where_a_cache_folder_would_be_is_kept (void **state)
{
  g_autoptr(MoorRules) rules = default_rules ();

  assert_true (decide (rules, ".cache", FALSE).selected);
  assert_true (decide (rules, ".local/share/Trash", FALSE).selected);
  assert_false (decide (rules, ".xsession-errors", FALSE).selected);
  assert_false (decide (rules, ".xsession-errors.old", FALSE).selected);
}

static void
test_nothing_is_looked_up_where_no_rule_can_match (void **state)
{
  g_autoptr(MoorRules) rules = default_rules ();

  assert_int_not_equal (moor_rules_home_state (rules), 0);
  assert_int_equal (decide (rules, "Documents", TRUE).state, 0);
  assert_int_equal (decide (rules, ".local/share/applications", TRUE).state, 0);
  assert_int_not_equal (decide (rules, ".local/share", TRUE).state, 0);
  assert_int_equal (decide (rules, ".local", FALSE).state, 0);
}

static void
test_every_default_rule_has_words_and_can_match (void **state)
{
  g_autoptr(MoorRules) rules = default_rules ();

  assert_true (moor_rules_get_n_rules (rules) > 20);
  for (guint i = 0; i < moor_rules_get_n_rules (rules); i++)
    {
      g_autofree char *path = g_strdup (moor_rules_get_pattern (rules, i));
      MoorDecision decision;

      g_strdelimit (path, "*", 'x');
      if (g_str_has_suffix (path, "/"))
        path[strlen (path) - 1] = '\0';
      decision = decide (rules, path, TRUE);
      assert_false (decision.selected);
      assert_int_equal (decision.rule, i);
      assert_true (moor_rules_get_name (rules, i)[0] != '\0');
      assert_non_null (moor_rules_get_reason (rules, i));
    }
}

static void
test_overlapping_patterns_all_apply (void **state)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MoorRules)
                 rules = rules_from ("[a/*/c/]\nname=1\n[a/b*/d/]\nname=2\n[a/bx/e/]\nname=3\n"
                                     "[*.tmp]\nname=4\n[a*b*c/]\nname=5\n",
                                     &error);

  assert_no_gerror (error);
  assert_int_equal (decide (rules, "a/bx/c", TRUE).rule, 0);
  assert_int_equal (decide (rules, "a/bx/d", TRUE).rule, 1);
  assert_int_equal (decide (rules, "a/bx/e", TRUE).rule, 2);
  assert_int_equal (decide (rules, "a/by/c", TRUE).rule, 0);
  assert_int_equal (decide (rules, "a/by/d", TRUE).rule, 1);
  assert_true (decide (rules, "a/by/e", TRUE).selected);
  assert_true (decide (rules, "a/x/d", TRUE).selected);
  assert_int_equal (decide (rules, "x.tmp", FALSE).rule, 3);
  assert_true (decide (rules, "x.tmp2", FALSE).selected);
  assert_int_equal (decide (rules, "axbbxc", TRUE).rule, 4);
  assert_true (decide (rules, "acb", TRUE).selected);
  /* The first of two rules that both end at a name is the one that is told. */
  assert_int_equal (decide (rules, "abc.tmp", TRUE).rule, 3);
}

static void
test_names_that_are_not_utf8_are_decided (void **state)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MoorRules) rules = rules_from ("[x*y/]\nname=1\n", &error);

  assert_no_gerror (error);
  assert_false (decide (rules, "x\xff\xfey", TRUE).selected);
  assert_true (decide (rules, "\xffxy", TRUE).selected);
}

static void
test_everything_leaves_nothing_out (void **state)
{
  g_autoptr(MoorRules) rules = moor_rules_new_everything ();

  assert_int_equal (moor_rules_home_state (rules), 0);
  assert_int_equal (moor_rules_get_n_rules (rules), 0);
  assert_true (decide (rules, ".cache/x", TRUE).selected);
}

static void
count_source (const char *name, GBytes *bytes, gpointer user_data)
{
  guint *n = user_data;

  assert_string_equal (name, "caches.ini");
  assert_true (g_bytes_get_size (bytes) > 100);
  (*n)++;
}

static void
test_the_file_can_be_kept_byte_for_byte (void **state)
{
  g_autoptr(MoorRules) rules = default_rules ();
  g_autoptr(MoorRules) everything = moor_rules_new_everything ();
  guint n = 0;

  moor_rules_foreach_source (everything, count_source, &n);
  assert_int_equal (n, 0);
  moor_rules_foreach_source (rules, count_source, &n);
  assert_int_equal (n, 1);
}

static void
test_a_bad_file_is_refused_with_file_group_and_key (void **state)
{
  static const struct
  {
    const char *text;
    const char *said;
  } cases[] = {
    { "[.cache/]\n", "own.ini: [.cache/]: the key “name”" },
    { "[.cache/]\nname=\n", "own.ini: [.cache/]: the key “name”" },
    { "[.cache/]\nname=x\nsize=3\n", "own.ini: [.cache/]: the key “size”" },
    { "[/etc/]\nname=x\n", "own.ini: [/etc/]: the path" },
    { "[../bob/]\nname=x\n", "own.ini: [../bob/]: the path" },
    { "[a//b]\nname=x\n", "own.ini: [a//b]: the path" },
    { "[a/./b]\nname=x\n", "own.ini: [a/./b]: the path" },
    { "[/]\nname=x\n", "own.ini: [/]: the path" },
    { "[*]\nname=x\n", "own.ini: [*]: the path would leave out the whole home" },
    { "name=x\n", "own.ini: " },
    { "[.cache/\nname=x\n", "own.ini: " },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(GError) error = NULL;

      assert_null (rules_from (cases[i].text, &error));
      assert_non_null (error);
      if (!g_str_has_prefix (error->message, cases[i].said))
        fail_msg ("“%s” does not start with “%s”", error->message, cases[i].said);
    }
}

static void
test_too_many_stars_in_one_place_are_refused (void **state)
{
  g_autoptr(GString) text = g_string_new (NULL);
  g_autoptr(GError) error = NULL;

  for (guint i = 0; i < 9; i++)
    g_string_append_printf (text, "[a*%u]\nname=x\n", i);
  assert_null (rules_from (text->str, &error));
  assert_gerror (error, MOOR_ERROR, MOOR_ERROR_USAGE);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_well_known_caches_are_left_out),
    cmocka_unit_test (test_what_only_resembles_a_cache_is_kept),
    cmocka_unit_test (test_a_file_where_a_cache_folder_would_be_is_kept),
    cmocka_unit_test (test_nothing_is_looked_up_where_no_rule_can_match),
    cmocka_unit_test (test_every_default_rule_has_words_and_can_match),
    cmocka_unit_test (test_overlapping_patterns_all_apply),
    cmocka_unit_test (test_names_that_are_not_utf8_are_decided),
    cmocka_unit_test (test_everything_leaves_nothing_out),
    cmocka_unit_test (test_the_file_can_be_kept_byte_for_byte),
    cmocka_unit_test (test_a_bad_file_is_refused_with_file_group_and_key),
    cmocka_unit_test (test_too_many_stars_in_one_place_are_refused),
  };

  return cmocka_run_group_tests_name ("core/rules", tests, NULL, NULL);
}
