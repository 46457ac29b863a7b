/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outcome-fixture.h"

#include <string.h>

typedef MoorRuleOutcome Outcome;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Outcome, fixture_outcome_free)

static MoorRules *
rules_from (const char *lines)
{
  g_auto(GStrv) each = g_strsplit (lines, "\n", -1);
  g_autoptr(Outcome) outcome = fixture_outcome_new (4);

  for (guint i = 0; each[i] != NULL; i++)
    (void) fixture_add_line (outcome, each[i], MOOR_PATHS_LINUX);
  return fixture_compile (outcome, MOOR_PATHS_LINUX);
}

static const MoorExplained *
find (GPtrArray *list, guint rule)
{
  for (guint i = 0; i < list->len; i++)
    {
      const MoorExplained *explained = g_ptr_array_index (list, i);

      if (explained->rule == rule)
        return explained;
    }
  fail_msg ("rule %u is not told", rule);
  return NULL;
}

static void
test_the_winner_comes_first_and_says_why (void **state)
{
  g_autoptr(MoorRules) rules = rules_from ("INC /home/a/* [*]\nEXC /home/a/* [*.txt]\n"
                                            "INC /home/a/keep/* [*]\nEXC /srv/* [*]");
  g_autoptr(MoorExplanation)
                 explanation = moor_rules_explain (rules, "/home/a/keep/x.txt", FALSE, NULL);
  const MoorExplained *first = g_ptr_array_index (explanation->candidates, 0);

  assert_true (explanation->selected);
  assert_int_equal (explanation->candidates->len, 3);
  assert_int_equal (first->rule, 2);
  assert_true (first->won);
  assert_string_equal (first->verdict, "It takes the object: in “Component 1” nothing that "
                                       "matches is more specific.");
  assert_string_equal (find (explanation->candidates, 1)->verdict,
                       "“/home/a/keep/* [*]” (Own.xml:3) is more specific.");
  assert_false (find (explanation->candidates, 1)->won);
  assert_string_equal (explanation->reason,
                       "“Component 1” takes it: “/home/a/keep/* [*]” (Own.xml:3).");
  assert_int_equal (explanation->collisions->len, 0);
}

static void
test_of_two_equals_the_exclude_wins (void **state)
{
  g_autoptr(MoorRules) rules = rules_from ("INC /a/* [*.txt]\nEXC /a/* [*.txt]");
  g_autoptr(MoorExplanation) explanation = moor_rules_explain (rules, "/a/x.txt", FALSE, NULL);

  assert_false (explanation->selected);
  assert_int_equal (((MoorExplained *) g_ptr_array_index (explanation->candidates, 0))->rule, 1);
  assert_string_equal (find (explanation->candidates, 0)->verdict,
                       "“/a/* [*.txt]” (Own.xml:2) is as specific, and of two equals the "
                       "exclude wins.");
  assert_string_equal (explanation->reason,
                       "“Component 1” leaves it out: “/a/* [*.txt]” (Own.xml:2).");
}

static void
test_other_components_are_collisions (void **state)
{
  g_autoptr(MoorRules) rules = rules_from (
      "INC /a/* [*]\n2 INC /a/* [*]\n2 EXC /a/b/* [*]\n3 EXC /a/* [*]\n"
      "4 INC /a/b/* [*.txt]");
  g_autoptr(MoorExplanation) explanation = moor_rules_explain (rules, "/a/b/x.txt", FALSE, NULL);

  assert_true (explanation->selected);
  assert_int_equal (((MoorExplained *) g_ptr_array_index (explanation->candidates, 0))->rule, 0);
  assert_int_equal (explanation->candidates->len, 5);
  assert_int_equal (explanation->collisions->len, 2);
  assert_string_equal (find (explanation->collisions, 2)->verdict,
                       "It leaves the object out of “Component 2” only.");
  assert_string_equal (find (explanation->collisions, 4)->verdict,
                       "It takes the object, too, for “Component 4”.");
  assert_string_equal (find (explanation->candidates, 3)->verdict,
                       "It has no effect: nothing in “Component 3” takes the object.");
}

static void
test_an_unconditional_exclude_is_told_with_what_it_undoes (void **state)
{
  g_autoptr(MoorRules) rules = rules_from ("INC /a/x [b]\n2 UEX /* [*]");
  g_autoptr(MoorExplanation) explanation = moor_rules_explain (rules, "/a/x/b", FALSE, NULL);

  assert_false (explanation->selected);
  assert_int_equal (((MoorExplained *) g_ptr_array_index (explanation->candidates, 0))->rule, 1);
  assert_int_equal (explanation->collisions->len, 1);
  assert_string_equal (
      find (explanation->collisions, 0)->verdict,
      "It would take the object for “Component 1”, but an unconditional exclude wins.");
  assert_string_equal (explanation->reason,
                       "“Component 2” leaves it out unconditionally: “/* [*]” (Own.xml:2).");
}

static void
test_what_no_rule_is_about_has_a_reason_too (void **state)
{
  g_autoptr(MoorRules) rules = rules_from ("INC /a/* [*]\n2 EXC /b/* [*]");
  g_autoptr(MoorExplanation) nothing = moor_rules_explain (rules, "/c", TRUE, NULL);
  g_autoptr(MoorExplanation) lonely = moor_rules_explain (rules, "/b/x", FALSE, NULL);
  g_autoptr(MoorExplanation) top = moor_rules_explain (rules, "/", TRUE, NULL);

  assert_false (nothing->selected);
  assert_int_equal (nothing->candidates->len, 0);
  assert_string_equal (nothing->reason, "No rule takes it.");
  assert_string_equal (lonely->reason, "No rule takes it.");
  assert_string_equal (((const MoorExplained *) g_ptr_array_index (lonely->candidates, 0))->verdict,
                       "It has no effect: nothing in “Component 2” takes the object.");
  assert_false (top->selected);
}

static void
test_filters_are_told (void **state)
{
  const MoorOrigin origin = { .file = "Own.xml", .line = 1 };
  g_autoptr(MoorCall) filter = moor_call_parse (
      "MigXmlHelper.FileProperties(\"filesize\",\"gte\",\"100B\")", &origin, NULL);
  g_autoptr(Outcome) outcome = fixture_outcome_new (1);
  struct statx stx = { .stx_mode = S_IFREG | 0600, .stx_size = 50 };
  const MoorLook look = { .dfd = -1, .name = "x", .stx = &stx };
  g_autoptr(MoorRules) rules = NULL;
  g_autoptr(MoorExplanation) unseen = NULL;
  g_autoptr(MoorExplanation) seen = NULL;

  fixture_add_line (outcome, "INC /a/* [*]", MOOR_PATHS_LINUX)->call = filter;
  rules = fixture_compile (outcome, MOOR_PATHS_LINUX);
  unseen = moor_rules_explain (rules, "/a/x", FALSE, NULL);
  seen = moor_rules_explain (rules, "/a/x", FALSE, &look);
  assert_string_equal (unseen->reason, "A filter has to see the object to decide.");
  assert_false (seen->selected);
  assert_string_equal (
      find (seen->candidates, 0)->verdict,
      "Its filter FileProperties is against it, so the rule is not about the object.");
}

static void
test_the_default_rules_explain_themselves (void **state)
{
  g_autoptr(MoorRules) rules = moor_rules_new_default (NULL);
  g_autoptr(MoorExplanation) taken = moor_rules_explain (rules, "Documents/x", FALSE, NULL);
  g_autoptr(MoorExplanation) left = moor_rules_explain (rules, ".cache/x/y", FALSE, NULL);

  assert_true (taken->selected);
  assert_int_equal (taken->candidates->len, 0);
  assert_false (left->selected);
  assert_int_equal (left->candidates->len, 1);
  assert_non_null (strstr (left->reason, "(“.cache/”)"));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_the_winner_comes_first_and_says_why),
    cmocka_unit_test (test_of_two_equals_the_exclude_wins),
    cmocka_unit_test (test_other_components_are_collisions),
    cmocka_unit_test (test_an_unconditional_exclude_is_told_with_what_it_undoes),
    cmocka_unit_test (test_what_no_rule_is_about_has_a_reason_too),
    cmocka_unit_test (test_filters_are_told),
    cmocka_unit_test (test_the_default_rules_explain_themselves),
  };

  return cmocka_run_group_tests_name ("core/explain", tests, NULL, NULL);
}
