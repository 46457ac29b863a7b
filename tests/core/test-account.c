/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-account-fixture.h"

static void
plan_for (const Fixture *fixture,
          const MoorAccount *account,
          const char *new_name,
          MoorAccountPlan *out_plan)
{
  g_autoptr(MoorSystem) target = open_root (fixture->new_root);
  g_autoptr(GError) error = NULL;

  assert_true (moor_account_plan (target, account, new_name, out_plan, &error));
  assert_no_gerror (error);
}

#define NEEDS_USERADD() \
  do \
    { \
      if (!can_make_accounts ()) \
        moor_test_skip ("making accounts needs root and useradd"); \
    } \
  while (0)

static void
test_an_account_is_read_whole (void **state)
{
  g_autoptr(MoorAccount) alice = read_account (*state, "alice");
  g_autofree char *groups = g_strjoinv (",", alice->groups);
  g_autofree char *subuid = g_strjoinv (",", alice->subuid);

  assert_true (alice->has_account);
  assert_int_equal (alice->uid, 1000);
  assert_string_equal (alice->gecos, "Alice Archer,,,");
  assert_string_equal (alice->home, "/home/alice");
  assert_string_equal (alice->shell, "/bin/zsh");
  assert_string_equal (alice->group_name, "alice");
  assert_string_equal (alice->shadow, OLD_LINE);
  assert_string_equal (groups, "sudo,bob,team,printers");
  assert_int_equal (g_array_index (alice->group_ids, guint32, 2), 1500);
  assert_string_equal (subuid, "200000:65536,400000:1000");
  assert_non_null (alice->service_record);
  assert_int_equal (g_bytes_get_size (alice->picture), 7);
  assert_true (alice->linger);
}

static void
test_a_short_shadow_line_is_completed (void **state)
{
  g_autoptr(MoorAccount) bob = read_account (*state, "bob");

  assert_string_equal (bob->shadow, "bob:!:19000::::::");
  assert_null (bob->picture);
  assert_false (bob->linger);
}

static void
test_a_home_without_account_has_numbers_only (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorAccount) erin = NULL;
  g_autoptr(MoorSystem) system = NULL;
  g_autoptr(GError) error = NULL;

  moor_test_write (fixture->old_root, "home/erin/letter", "x");
  erin = read_account (fixture, "erin");
  assert_false (erin->has_account);
  assert_string_equal (erin->home, "/home/erin");
  assert_null (erin->shadow);

  system = open_root (fixture->old_root);
  assert_null (moor_account_read (system, "nobody-at-all", &error));
  assert_gerror (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

static void
test_accounts_of_systemd_homed_are_refused (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorSystem) system = NULL;
  g_autoptr(GError) error = NULL;

  moor_test_write (fixture->old_root, "var/lib/systemd/home/dora.identity", "{}");
  system = open_root (fixture->old_root);
  assert_null (moor_account_read (system, "dora", &error));
  assert_gerror (error, MOOR_ERROR, MOOR_ERROR_REFUSED);
  assert_non_null (strstr (error->message, "homectl"));
}

static void
test_an_account_comes_back_from_its_record (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorAccount) alice = NULL;
  g_autoptr(MoorAccount) again = NULL;
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GBytes) second = NULL;
  g_autoptr(GError) error = NULL;

  remove_line (fixture->old_root, "etc/passwd", "alice:");
  append (fixture->old_root, "etc/passwd", "alice:x:1000:1000:Alic\xe9:/home/alice:/bin/zsh\n");
  alice = read_account (fixture, "alice");
  bytes = moor_account_to_bytes (alice);
  again = moor_account_from_bytes (bytes, &error);
  assert_no_gerror (error);
  assert_string_equal (again->gecos, "Alic\xe9");
  assert_string_equal (again->shadow, OLD_LINE);
  assert_true (g_bytes_equal (again->picture, alice->picture));
  assert_int_equal (g_array_index (again->group_ids, guint32, 2), 1500);
  second = moor_account_to_bytes (again);
  assert_true (g_bytes_equal (bytes, second));
}

/* The record of alice with one piece of its text replaced. */
static MoorAccount *
tampered (const Fixture *fixture, const char *from, const char *to, GError **error)
{
  g_autoptr(MoorAccount) alice = read_account (fixture, "alice");
  g_autoptr(GBytes) bytes = moor_account_to_bytes (alice);
  g_autofree char *text = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  g_autoptr(GString) changed = g_string_new (text);
  g_autoptr(GBytes) tampered_bytes = NULL;

  if (g_string_replace (changed, from, to, 1) == 0)
    fail_msg ("the record has no “%s”:\n%s", from, text);
  tampered_bytes = g_bytes_new (changed->str, changed->len);
  return moor_account_from_bytes (tampered_bytes, error);
}

static void
test_a_hostile_record_is_refused (void **state)
{
  static const char *const cases[][2] = {
    { "\"name\" : \"alice\"", "\"name\" : \"ali:ce\"" },
    { "\"name\" : \"alice\"", "\"name\" : \"-rf\"" },
    { "\"name\" : \"alice\"", "\"name\" : \"../../etc/x\"" },
    { "\"name\" : \"alice\"", "\"name\" : \"a\\nroot::0:0::/:\"" },
    { "\"name\" : \"alice\"", "\"name\" : \"\"" },
    { "\"name\" : \"alice\"", "\"name\" : 7" },
    { "\"uid\" : 1000", "\"uid\" : -1" },
    { "\"uid\" : 1000", "\"uid\" : 4294967295" },
    { "\"uid\" : 1000", "\"uid\" : \"0\"" },
    { "\"uid\" : 1000", "\"uid\" : 1e3" },
    { "\"uid\" : 1000,", "" },
    { "Alice Archer,,,", "x\\nroot2::0:0::/:/bin/sh" },
    { "Alice Archer,,,", "x:/root:/bin/sh" },
    { "\"/bin/zsh\"", "\"/bin/zsh\\nx\"" },
    { "\"/home/alice\"", "\"/home/alice:/bin/sh\"" },
    { HASH ":19000", HASH ":19000:x" },
    { "\"alice:" HASH, "\"root:" HASH },
    { HASH, "x y" },
    { ":99999:", ":lots:" },
    { "\"team\"", "\"team,root\"" },
    { "\"team\"", "\"--help\"" },
    { "\"gid\" : 1500", "\"gid\" : true" },
    { "\"200000:65536\"", "\"0:4294967295\"" },
    { "\"200000:65536\"", "\"200000\"" },
    { "\"200000:65536\"", "\"200000:1\\nroot:0:1\"" },
    { "\"linger\" : true", "\"linger\" : 1" },
    { "\"subuid\" : [", "\"subuid\" : 3, \"x\" : [" },
    { "\"format\" : 1", "\"format\" : []" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(MoorAccount) account = tampered (*state, cases[i][0], cases[i][1], &error);

      if (account != NULL)
        fail_msg ("“%s” was accepted", cases[i][1]);
      assert_gerror (error, MOOR_ERROR, MOOR_ERROR_STORE_UNUSABLE);
      assert_null (strstr (error->message, "thehash"));
    }
}

static void
test_a_record_of_a_later_version_is_told_apart (void **state)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MoorAccount) account = tampered (*state, "\"format\" : 1", "\"format\" : 2", &error);

  assert_null (account);
  assert_gerror (error, MOOR_ERROR, MOOR_ERROR_STORE_NEWER);
}

static void
test_what_is_no_record_is_refused (void **state)
{
  g_autoptr(GString) deep = g_string_new ("{\"format\":1,\"x\":");
  const char *const cases[] = {
    "", "null", "[]", "{", "\"x\"", "{}", "{\"format\":1}", "\xff\xfe", "{\"format\":1,\"name\":\""
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(GBytes) bytes = g_bytes_new (cases[i], strlen (cases[i]));
      g_autoptr(GError) error = NULL;

      assert_null (moor_account_from_bytes (bytes, &error));
      assert_gerror (error, MOOR_ERROR, MOOR_ERROR_STORE_UNUSABLE);
    }

  for (guint i = 0; i < 1000 * 1000; i++)
    g_string_append_c (deep, '[');
  {
    g_autoptr(GBytes) bytes = g_bytes_new (deep->str, deep->len);
    g_autoptr(GError) error = NULL;

    assert_null (moor_account_from_bytes (bytes, &error));
    assert_gerror (error, MOOR_ERROR, MOOR_ERROR_STORE_UNUSABLE);
  }
}

/* json-glib takes comments and other quotes, too: neither may hide how deep a text is. */
static void
test_no_comment_or_quote_hides_depth (void **state)
{
  static const char *const starts[] = { "{\"format\":1, /* \" */ \"x\":", "{'\"':" };

  for (gsize i = 0; i < G_N_ELEMENTS (starts); i++)
    {
      g_autoptr(GString) deep = g_string_new (starts[i]);
      g_autoptr(GBytes) bytes = NULL;
      g_autoptr(GError) error = NULL;

      for (guint j = 0; j < 300 * 1000; j++)
        g_string_append_c (deep, '[');
      bytes = g_bytes_new (deep->str, deep->len);
      assert_null (moor_account_from_bytes (bytes, &error));
      assert_gerror (error, MOOR_ERROR, MOOR_ERROR_STORE_UNUSABLE);
    }
}

static void
test_numbers_are_kept_where_they_are_free (void **state)
{
  g_autoptr(MoorAccount) alice = read_account (*state, "alice");
  g_auto(MoorAccountPlan) plan = { 0 };

  plan_for (*state, alice, NULL, &plan);
  assert_int_equal (plan.state, MOOR_ACCOUNT_ABSENT);
  assert_string_equal (plan.name, "alice");
  assert_int_equal (plan.uid, 1000);
  assert_int_equal (plan.gid, 1000);
  assert_string_equal (plan.home, "/home/alice");
  assert_null (plan.taken_by);
}

static void
test_an_account_that_is_there_keeps_its_numbers (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorAccount) alice = read_account (fixture, "alice");
  g_auto(MoorAccountPlan) same = { 0 };
  g_auto(MoorAccountPlan) other = { 0 };

  append (fixture->new_root, "etc/passwd",
          "alice:x:1000:1000::/data/alice:/bin/sh\nalicia:x:1007:100::/home/al:/bin/sh\n");
  plan_for (fixture, alice, NULL, &same);
  assert_int_equal (same.state, MOOR_ACCOUNT_SAME);
  assert_string_equal (same.home, "/data/alice");
  plan_for (fixture, alice, "alicia", &other);
  assert_int_equal (other.state, MOOR_ACCOUNT_OTHER_ID);
  assert_int_equal (other.uid, 1007);
  assert_int_equal (other.gid, 100);
  assert_string_equal (other.home, "/home/al");
}

static void
test_a_taken_number_is_replaced_by_a_free_one (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorAccount) alice = read_account (fixture, "alice");
  g_autoptr(MoorSystem) target = NULL;
  g_auto(MoorAccountPlan) first = { 0 };
  g_auto(MoorAccountPlan) again = { 0 };
  g_auto(MoorAccountPlan) other = { 0 };

  append (fixture->new_root, "etc/passwd",
          "carol:x:1000:1000::/home/carol:/bin/sh\nsvc:x:1002:1002::/:/bin/false\n");
  append (fixture->new_root, "etc/group", "carol:x:1000:\nteam2:x:1003:\n");
  target = open_root (fixture->new_root);
  /* bob of the same store will need 1001, and 1003 is a group. */
  moor_system_reserve_ids (target, "bob", 1001, 1001);
  assert_true (moor_account_plan (target, alice, NULL, &first, NULL));
  assert_int_equal (first.state, MOOR_ACCOUNT_ABSENT_ID_TAKEN);
  assert_string_equal (first.taken_by, "carol");
  assert_int_equal (first.uid, 1004);
  assert_int_equal (first.gid, 1004);
  /* Planned once more it is the same, and nobody else gets it. */
  assert_true (moor_account_plan (target, alice, NULL, &again, NULL));
  assert_int_equal (again.uid, 1004);
  assert_true (moor_account_plan (target, alice, "alison", &other, NULL));
  assert_int_equal (other.uid, 1005);
}

static void
test_two_people_never_get_the_same_number (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorAccount) alice = read_account (fixture, "alice");
  g_autoptr(MoorAccount) bob = read_account (fixture, "bob");
  g_autoptr(MoorSystem) target = NULL;
  g_auto(MoorAccountPlan) first = { 0 };
  g_auto(MoorAccountPlan) second = { 0 };

  append (fixture->new_root, "etc/passwd", "carol:x:1000:1000::/home/carol:/bin/sh\n");
  append (fixture->new_root, "etc/group", "carol:x:1000:\n");
  target = open_root (fixture->new_root);
  /* Nobody said that bob needs 1001, so alice gets it, and bob another one. */
  assert_true (moor_account_plan (target, alice, NULL, &first, NULL));
  assert_int_equal (first.uid, 1001);
  assert_true (moor_account_plan (target, bob, NULL, &second, NULL));
  assert_int_equal (second.uid, 1002);
  assert_int_equal (second.gid, 1002);
  assert_string_equal (second.taken_by, "alice");
}

static void
test_people_may_share_a_group (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorAccount) alice = NULL;
  g_autoptr(MoorAccount) bob = NULL;
  g_autoptr(MoorSystem) target = NULL;
  g_auto(MoorAccountPlan) first = { 0 };
  g_auto(MoorAccountPlan) second = { 0 };

  moor_test_write (fixture->old_root, "etc/passwd",
                   "alice:x:1000:1500::/home/alice:/bin/sh\nbob:x:1001:1500::/home/bob:/bin/sh\n");
  alice = read_account (fixture, "alice");
  bob = read_account (fixture, "bob");
  target = open_root (fixture->new_root);
  moor_system_reserve_ids (target, "alice", 1000, 1500);
  moor_system_reserve_ids (target, "bob", 1001, 1500);
  assert_true (moor_account_plan (target, alice, NULL, &first, NULL));
  assert_true (moor_account_plan (target, bob, NULL, &second, NULL));
  assert_int_equal (first.state, MOOR_ACCOUNT_ABSENT);
  assert_int_equal (second.state, MOOR_ACCOUNT_ABSENT);
  assert_int_equal (second.gid, 1500);
}

static void
test_a_number_that_owns_a_home_is_not_given_away (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorAccount) alice = NULL;
  g_auto(MoorAccountPlan) plan = { 0 };
  g_autofree char *home = NULL;

  if (geteuid () != 0)
    moor_test_skip ("only root can make homes of other people");

  alice = read_account (fixture, "alice");
  home = g_build_filename (fixture->new_root, "home/ldap", NULL);
  append (fixture->new_root, "etc/passwd", "carol:x:1000:1000::/home/carol:/bin/sh\n");
  moor_test_write (fixture->new_root, "home/ldap/letter", "x");
  assert_int_equal (chown (home, 1001, 1001), 0);
  plan_for (fixture, alice, NULL, &plan);
  assert_int_equal (plan.uid, 1002);
}

static void
test_a_group_that_is_there_gives_its_number (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorAccount) alice = read_account (fixture, "alice");
  g_auto(MoorAccountPlan) plan = { 0 };
  g_auto(MoorAccountPlan) taken = { 0 };

  append (fixture->new_root, "etc/group", "alice:x:1234:\n");
  plan_for (fixture, alice, NULL, &plan);
  assert_int_equal (plan.state, MOOR_ACCOUNT_ABSENT_ID_TAKEN);
  assert_int_equal (plan.uid, 1000);
  assert_int_equal (plan.gid, 1234);

  remove_line (fixture->new_root, "etc/group", "alice:");
  append (fixture->new_root, "etc/group", "staff:x:1000:\n");
  plan_for (fixture, alice, NULL, &taken);
  assert_int_equal (taken.uid, 1000);
  assert_int_equal (taken.gid, 1001);
  assert_string_equal (taken.taken_by, "staff");
}

static void
test_no_number_left_is_a_refusal (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorAccount) alice = read_account (fixture, "alice");
  g_autoptr(MoorSystem) target = NULL;
  g_auto(MoorAccountPlan) plan = { 0 };
  g_autoptr(GError) error = NULL;

  append (fixture->new_root, "etc/passwd", "carol:x:1000:1000::/home/carol:/bin/sh\n");
  moor_test_write (fixture->new_root, "etc/login.defs", "UID_MIN 1000\nUID_MAX 1000\n");
  target = open_root (fixture->new_root);
  assert_false (moor_account_plan (target, alice, NULL, &plan, &error));
  assert_gerror (error, MOOR_ERROR, MOOR_ERROR_REFUSED);
}

static void
test_another_name_takes_the_home_along (void **state)
{
  g_autoptr(MoorAccount) alice = read_account (*state, "alice");
  g_auto(MoorAccountPlan) plan = { 0 };
  g_autoptr(MoorSystem) target = open_root (((Fixture *) *state)->new_root);
  g_autoptr(GError) error = NULL;

  plan_for (*state, alice, "alison", &plan);
  assert_int_equal (plan.state, MOOR_ACCOUNT_ABSENT);
  assert_string_equal (plan.name, "alison");
  assert_string_equal (plan.home, "/home/alison");
  assert_false (moor_account_plan (target, alice, "no/name", &plan, &error));
  assert_gerror (error, MOOR_ERROR, MOOR_ERROR_USAGE);
}

static void
test_a_home_without_account_keeps_its_numbers (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorAccount) erin = NULL;
  g_auto(MoorAccountPlan) plan = { 0 };

  moor_test_write (fixture->old_root, "home/erin/letter", "x");
  erin = read_account (fixture, "erin");
  erin->uid = 70000;
  erin->gid = 70000;
  plan_for (fixture, erin, NULL, &plan);
  assert_int_equal (plan.state, MOOR_ACCOUNT_ABSENT);
  assert_int_equal (plan.uid, 70000);
  moor_account_plan_clear (&plan);

  append (fixture->new_root, "etc/passwd", "frank:x:70000:1000::/home/frank:/bin/sh\n");
  plan_for (fixture, erin, NULL, &plan);
  assert_int_equal (plan.state, MOOR_ACCOUNT_ABSENT_ID_TAKEN);
  assert_int_equal (plan.uid, 70000);
  assert_string_equal (plan.taken_by, "frank");
}

int
main (void)
{
#define account_test(name) cmocka_unit_test_setup_teardown (name, setup, teardown)
  const struct CMUnitTest tests[] = {
    account_test (test_an_account_is_read_whole),
    account_test (test_a_short_shadow_line_is_completed),
    account_test (test_a_home_without_account_has_numbers_only),
    account_test (test_accounts_of_systemd_homed_are_refused),
    account_test (test_an_account_comes_back_from_its_record),
    account_test (test_a_hostile_record_is_refused),
    account_test (test_a_record_of_a_later_version_is_told_apart),
    account_test (test_what_is_no_record_is_refused),
    account_test (test_no_comment_or_quote_hides_depth),
    account_test (test_numbers_are_kept_where_they_are_free),
    account_test (test_an_account_that_is_there_keeps_its_numbers),
    account_test (test_a_taken_number_is_replaced_by_a_free_one),
    account_test (test_two_people_never_get_the_same_number),
    account_test (test_people_may_share_a_group),
    account_test (test_a_number_that_owns_a_home_is_not_given_away),
    account_test (test_a_group_that_is_there_gives_its_number),
    account_test (test_no_number_left_is_a_refusal),
    account_test (test_another_name_takes_the_home_along),
    account_test (test_a_home_without_account_keeps_its_numbers),
  };

  return cmocka_run_group_tests_name ("core/account", tests, NULL, NULL);
}
