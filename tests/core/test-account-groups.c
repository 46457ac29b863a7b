/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-account-fixture.h"

#include <crypt.h>

/* The groups of an account that is there, and passwords that are given to new ones. */

#define NEEDS_USERADD() \
  do \
    { \
      if (geteuid () != 0 || !g_file_test ("/usr/sbin/useradd", G_FILE_TEST_IS_EXECUTABLE)) \
        moor_test_skip ("making accounts needs root and useradd"); \
    } \
  while (0)

static void
make_alice (const Fixture *fixture, const char *password, gboolean enable)
{
  g_autoptr(MoorAccount) alice = read_account (fixture, "alice");
  g_autoptr(MoorSystem) target = open_root (fixture->new_root);
  g_auto(MoorAccountPlan) plan = { 0 };
  g_autoptr(GError) error = NULL;

  assert_true (moor_account_plan (target, alice, NULL, &plan, &error));
  plan.password = g_strdup (password);
  assert_true (moor_account_apply (target, alice, &plan, enable, NULL, NULL, &error));
  assert_no_gerror (error);
}

static char *
groups_of (const Fixture *fixture, const MoorAccount *account)
{
  g_autoptr(MoorSystem) target = open_root (fixture->new_root);
  g_autoptr(GError) error = NULL;
  g_auto(GStrv) groups = moor_account_plan_groups (target, account, "alice", &error);

  assert_no_gerror (error);
  return g_strjoinv (",", groups);
}

static gboolean
set_groups (const Fixture *fixture, const char *list, GError **error)
{
  g_autoptr(MoorSystem) target = open_root (fixture->new_root);
  g_auto(GStrv) groups = g_strsplit (list, ",", -1);

  return moor_account_set_groups (target, "alice", (const char *const *) groups, error);
}

static void
test_groups_are_foretold_and_then_so (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorAccount) alice = read_account (fixture, "alice");
  g_autofree char *before = groups_of (fixture, NULL);
  g_autofree char *planned = groups_of (fixture, alice);
  g_autofree char *after = NULL;

  NEEDS_USERADD ();
  assert_string_equal (before, "");
  /* The group printers belongs to a package that is not there; team can be made. */
  assert_string_equal (planned, "sudo,bob,team");
  make_alice (fixture, NULL, FALSE);
  after = groups_of (fixture, NULL);
  assert_string_equal (after, planned);
}

static void
test_somebody_is_in_exactly_the_groups_that_are_wanted (void **state)
{
  const Fixture *fixture = *state;
  g_autofree char *some = NULL;
  g_autofree char *none = NULL;
  g_autofree char *gshadow = NULL;
  g_autoptr(GError) error = NULL;

  NEEDS_USERADD ();
  append (fixture->new_root, "etc/group", "users:x:100:\n");
  append (fixture->new_root, "etc/gshadow", "users:*::\n");
  make_alice (fixture, NULL, FALSE);
  for (guint i = 0; i < 2; i++)
    {
      assert_true (set_groups (fixture, "users,team", &error));
      g_free (some);
      some = groups_of (fixture, NULL);
      assert_string_equal (some, "users,team");
    }
  gshadow = moor_test_read (fixture->new_root, "etc/gshadow");
  assert_non_null (strstr (gshadow, "sudo:*::\n"));
  assert_non_null (strstr (gshadow, "users:*::alice\n"));
  assert_true (set_groups (fixture, "", &error));
  none = groups_of (fixture, NULL);
  assert_string_equal (none, "");
}

static void
test_no_group_is_made_by_the_way (void **state)
{
  const Fixture *fixture = *state;
  g_autofree char *after = NULL;
  g_autoptr(GError) error = NULL;

  NEEDS_USERADD ();
  make_alice (fixture, NULL, FALSE);
  assert_false (set_groups (fixture, "team,nowhere", &error));
  assert_gerror (error, MOOR_ERROR, MOOR_ERROR_REFUSED);
  after = groups_of (fixture, NULL);
  assert_string_equal (after, "sudo,bob,team");
}

static void
test_somebody_can_come_without_a_group (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorAccount) alice = read_account (fixture, "alice");
  g_autofree char *planned = NULL;

  moor_account_leave_group (alice, "sudo");
  moor_account_leave_group (alice, "nowhere");
  planned = groups_of (fixture, alice);
  assert_string_equal (planned, "bob,team");
  assert_int_equal (g_array_index (alice->group_ids, guint32, 0), 1001);
  assert_int_equal (alice->group_ids->len, g_strv_length (alice->groups));
}

/* The hash that shadow has for alice. */
static char *
read_hash (const Fixture *fixture)
{
  g_autofree char *shadow = moor_test_read (fixture->new_root, "etc/shadow");
  g_autofree char *line = moor_records_find_line (shadow, "alice");
  g_auto(GStrv) fields = g_strsplit (line, ":", -1);

  assert_int_equal (g_strv_length (fields), MOOR_ACCOUNT_N_SHADOW_FIELDS);
  return g_strdup (fields[1]);
}

static gboolean
opens (const char *password, const char *hash)
{
  g_autofree struct crypt_data *data = g_new0 (struct crypt_data, 1);

  return g_strcmp0 (crypt_r (password, hash, data), hash) == 0;
}

static char *
hash_on (const Fixture *fixture, const char *password)
{
  g_autoptr(MoorSystem) target = open_root (fixture->new_root);
  g_autoptr(GError) error = NULL;
  char *hash = moor_account_hash_password (target, password, &error);

  assert_no_gerror (error);
  return hash;
}

static void
test_passwords_are_hashed_as_the_system_wants_it (void **state)
{
  const Fixture *fixture = *state;
  g_autofree char *first = hash_on (fixture, "pässword 1");
  g_autofree char *second = hash_on (fixture, "pässword 1");
  g_autofree char *other = NULL;
  g_autofree char *weak = NULL;

  assert_true (g_str_has_prefix (first, "$y$"));
  assert_true (opens ("pässword 1", first));
  assert_false (opens ("password 1", first));
  assert_string_not_equal (first, second);
  moor_test_write (fixture->new_root, "etc/login.defs",
                   "# ENCRYPT_METHOD DES\nENCRYPT_METHOD\tSHA512 \n");
  other = hash_on (fixture, "x");
  assert_true (g_str_has_prefix (other, "$6$"));
  moor_test_write (fixture->new_root, "etc/login.defs", "ENCRYPT_METHOD MD5\n");
  weak = hash_on (fixture, "x");
  assert_true (g_str_has_prefix (weak, "$y$"));
}

static void
test_an_empty_password_is_none (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorSystem) target = open_root (fixture->new_root);
  g_autofree char *endless = g_strnfill (CRYPT_MAX_PASSPHRASE_SIZE, 'x');
  g_autoptr(GError) error = NULL;
  g_autoptr(GError) too_long = NULL;

  assert_null (moor_account_hash_password (target, "", &error));
  assert_gerror (error, MOOR_ERROR, MOOR_ERROR_USAGE);
  assert_null (moor_account_hash_password (target, endless, &too_long));
  assert_gerror (too_long, MOOR_ERROR, MOOR_ERROR_USAGE);
}

static void
test_a_new_account_has_the_given_password_behind_a_lock (void **state)
{
  const Fixture *fixture = *state;
  g_autofree char *hash = hash_on (fixture, "new");
  g_autofree char *locked = NULL;
  g_autofree char *found = NULL;

  NEEDS_USERADD ();
  make_alice (fixture, hash, FALSE);
  locked = g_strconcat ("!", hash, NULL);
  found = read_hash (fixture);
  assert_string_equal (found, locked);
}

static void
test_an_enabled_account_has_the_given_password_and_not_the_old_one (void **state)
{
  const Fixture *fixture = *state;
  g_autofree char *hash = hash_on (fixture, "new");
  g_autofree char *found = NULL;
  g_autofree char *again = NULL;

  NEEDS_USERADD ();
  make_alice (fixture, hash, TRUE);
  found = read_hash (fixture);
  assert_string_equal (found, hash);
  /* It stays, whatever somebody says later. */
  make_alice (fixture, NULL, TRUE);
  again = read_hash (fixture);
  assert_string_equal (again, hash);
}

#define CASE(function) cmocka_unit_test_setup_teardown (function, setup, teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    CASE (test_groups_are_foretold_and_then_so),
    CASE (test_somebody_is_in_exactly_the_groups_that_are_wanted),
    CASE (test_no_group_is_made_by_the_way),
    CASE (test_somebody_can_come_without_a_group),
    CASE (test_passwords_are_hashed_as_the_system_wants_it),
    CASE (test_an_empty_password_is_none),
    CASE (test_a_new_account_has_the_given_password_behind_a_lock),
    CASE (test_an_enabled_account_has_the_given_password_and_not_the_old_one),
  };

  return cmocka_run_group_tests_name ("account/groups", tests, NULL, NULL);
}
