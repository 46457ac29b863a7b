/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-test.h"

#include "moor-account-private.h"
#include "moor-error.h"
#include "moor-fd.h"
#include "moor-issue.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define HASH "$6$salt$thehashofalice"
#define OLD_LINE "alice:" HASH ":19000:1:99999:7:30::"

/* An old system with alice, and a new one with nobody: only the files about accounts. */
typedef struct
{
  char *dir;
  char *old_root;
  char *new_root;
} Fixture;

static void
write_system (const char *root, const char *const files[][2], gsize n_files)
{
  for (gsize i = 0; i < n_files; i++)
    moor_test_write (root, files[i][0], files[i][1]);
}

static void
write_old (const char *root)
{
  static const char *const files[][2] = {
    { "etc/passwd", "root:x:0:0:root:/root:/bin/bash\n"
                    "alice:x:1000:1000:Alice Archer,,,:/home/alice:/bin/zsh\n"
                    "bob:x:1001:1001::/home/bob:/bin/bash\n" },
    { "etc/shadow", "root:*:19000:0:99999:7:::\n" OLD_LINE "\nbob:!:19000\n" },
    { "etc/group",
      "root:x:0:\nsudo:x:27:alice\nalice:x:1000:\nbob:x:1001:alice\nteam:x:1500:bob,alice\n"
      "printers:x:700:alice\n" },
    { "etc/gshadow", "root:*::\nsudo:*::alice\nalice:!::\n" },
    { "etc/subuid", "alice:200000:65536\nbob:100000:65536\n1000:400000:1000\n" },
    { "etc/subgid", "alice:200000:65536\n" },
    { "var/lib/AccountsService/users/alice",
      "[User]\nLanguage=de_DE.UTF-8\nIcon=/var/lib/AccountsService/icons/alice\n" },
    { "var/lib/AccountsService/icons/alice", "picture" },
    { "var/lib/systemd/linger/alice", "" },
    { "home/alice/letter", "x" },
    { "home/bob/letter", "x" },
  };

  write_system (root, files, G_N_ELEMENTS (files));
}

/* Only root and its group read shadow, and that shall stay so. */
static void
close_shadow (const char *root)
{
  g_autofree char *shadow = g_build_filename (root, "etc/shadow", NULL);

  assert_int_equal (chmod (shadow, 0640), 0);
}

static void
write_new (const char *root)
{
  static const char *const files[][2] = {
    { "etc/passwd", "root:x:0:0:root:/root:/bin/bash\n" },
    { "etc/shadow", "root:*:20000:0:99999:7:::\n" },
    { "etc/group", "root:x:0:\nsudo:x:27:\n" },
    { "etc/gshadow", "root:*::\nsudo:*::\n" },
    { "etc/subuid", "" },
    { "etc/subgid", "" },
    { "etc/login.defs", "UID_MIN 1000\nUID_MAX 60000\nGID_MIN 1000\nGID_MAX 60000\n" },
    { "bin/bash", "#!\n" },
  };
  g_autofree char *bash = g_build_filename (root, "bin/bash", NULL);

  write_system (root, files, G_N_ELEMENTS (files));
  close_shadow (root);
  assert_int_equal (chmod (bash, 0755), 0);
}

static int
setup (void **state)
{
  Fixture *fixture = g_new0 (Fixture, 1);

  fixture->dir = moor_test_dir_new ();
  fixture->old_root = g_build_filename (fixture->dir, "old", NULL);
  fixture->new_root = g_build_filename (fixture->dir, "new", NULL);
  write_old (fixture->old_root);
  write_new (fixture->new_root);
  *state = fixture;
  return 0;
}

static int
teardown (void **state)
{
  Fixture *fixture = *state;

  moor_test_dir_free (fixture->dir);
  g_free (fixture->old_root);
  g_free (fixture->new_root);
  g_free (fixture);
  return 0;
}

static MoorSystem *
open_root (const char *root)
{
  g_autoptr(GError) error = NULL;
  MoorSystem *system = moor_system_open (root, &error);

  assert_no_gerror (error);
  return system;
}

static MoorAccount *
read_account (const Fixture *fixture, const char *name)
{
  g_autoptr(MoorSystem) system = open_root (fixture->old_root);
  g_autoptr(GError) error = NULL;
  MoorAccount *account = moor_account_read (system, name, &error);

  assert_no_gerror (error);
  return account;
}

static void
append (const char *root, const char *name, const char *text)
{
  g_autofree char *old = moor_test_read (root, name);
  g_autofree char *all = g_strconcat (old != NULL ? old : "", text, NULL);

  moor_test_write (root, name, all);
}

static void
remove_line (const char *root, const char *name, const char *beginning)
{
  g_autofree char *old = moor_test_read (root, name);
  g_auto(GStrv) lines = g_strsplit (old, "\n", -1);
  g_autoptr(GString) rest = g_string_new (NULL);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      if (lines[i][0] != '\0' && !g_str_has_prefix (lines[i], beginning))
        g_string_append_printf (rest, "%s\n", lines[i]);
    }
  moor_test_write (root, name, rest->str);
}

static void
assert_line (const char *root, const char *name, const char *line)
{
  g_autofree char *text = moor_test_read (root, name);
  g_auto(GStrv) lines = g_strsplit (text != NULL ? text : "", "\n", -1);

  if (!g_strv_contains ((const char *const *) lines, line))
    fail_msg ("%s has no line “%s”:\n%s", name, line, text);
}

static guint
count_lines (const char *root, const char *name, const char *beginning)
{
  g_autofree char *text = moor_test_read (root, name);
  g_auto(GStrv) lines = g_strsplit (text != NULL ? text : "", "\n", -1);
  guint n = 0;

  for (guint i = 0; lines[i] != NULL; i++)
    n += g_str_has_prefix (lines[i], beginning) ? 1 : 0;
  return n;
}

static gboolean
has_note (GPtrArray *notes, const char *words)
{
  for (guint i = 0; i < notes->len; i++)
    {
      const MoorIssue *note = g_ptr_array_index (notes, i);

      if (strstr (note->action, words) != NULL || strstr (note->path, words) != NULL)
        return TRUE;
    }
  return FALSE;
}

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

static GPtrArray *
apply (const Fixture *fixture, const MoorAccount *account, const char *new_name, gboolean enable)
{
  GPtrArray *notes = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_issue_free);
  g_autoptr(MoorSystem) target = open_root (fixture->new_root);
  g_auto(MoorAccountPlan) plan = { 0 };
  g_autoptr(GError) error = NULL;

  assert_true (moor_account_plan (target, account, new_name, &plan, &error));
  assert_true (moor_account_apply (target, account, &plan, enable, notes, NULL, &error));
  assert_no_gerror (error);
  return notes;
}

static gboolean
can_make_accounts (void)
{
  return geteuid () == 0 && g_file_test ("/usr/sbin/useradd", G_FILE_TEST_IS_EXECUTABLE);
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

/* What is true of alice on the new system once all is done. */
static void
assert_alice_is_whole (const Fixture *fixture, gboolean enabled)
{
  const char *root = fixture->new_root;
  g_autofree char *record = moor_test_read (root, "var/lib/AccountsService/users/alice");
  g_autofree char *picture = moor_test_read (root, "var/lib/AccountsService/icons/alice");

  assert_line (root, "etc/passwd", "alice:x:1000:1000:Alice Archer,,,:/home/alice:/bin/bash");
  assert_line (root, "etc/group", "alice:x:1000:");
  assert_line (root, "etc/gshadow", "alice:!::");
  assert_line (root, "etc/group", "sudo:x:27:alice");
  assert_line (root, "etc/gshadow", "sudo:*::alice");
  assert_line (root, "etc/group", "team:x:1500:alice");
  assert_line (root, "etc/subuid", "alice:200000:65536");
  assert_line (root, "etc/subuid", "alice:400000:1000");
  assert_int_equal (count_lines (root, "etc/subuid", "alice:"), 2);
  assert_line (root, "etc/subgid", "alice:200000:65536");
  assert_int_equal (count_lines (root, "etc/subgid", "alice:"), 1);
  assert_int_equal (count_lines (root, "etc/passwd", "alice:"), 1);
  assert_int_equal (count_lines (root, "etc/shadow", "alice:"), 1);
  assert_int_equal (count_lines (root, "etc/shadow", "root:*:20000:0:99999:7:::"), 1);
  assert_int_equal (count_lines (root, "etc/group", "alice:"), 1);
  if (enabled)
    assert_line (root, "etc/shadow", OLD_LINE);
  else
    assert_int_equal (count_lines (root, "etc/shadow", "alice:!:"), 1);
  assert_non_null (strstr (record, "Language=de_DE.UTF-8"));
  assert_string_equal (picture, "picture");
  assert_true (moor_test_exists (root, "var/lib/systemd/linger/alice"));
  assert_false (moor_test_exists (root, "home/alice"));
}

/* Nothing of an edit may stay behind, and shadow stays as closed as it was. */
static void
assert_no_traces (const Fixture *fixture)
{
  g_autofree char *etc = g_build_filename (fixture->new_root, "etc", NULL);
  g_autofree char *shadow = g_build_filename (etc, "shadow", NULL);
  g_autoptr(GDir) dir = g_dir_open (etc, 0, NULL);
  const char *name;
  struct stat st;

  while ((name = g_dir_read_name (dir)) != NULL)
    assert_null (strstr (name, ".mooring-new"));
  assert_int_equal (stat (shadow, &st), 0);
  assert_int_equal (st.st_mode & 0777, 0640);
}

static void
test_an_account_is_made_locked (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorAccount) alice = NULL;
  g_autoptr(GPtrArray) notes = NULL;

  NEEDS_USERADD ();
  alice = read_account (fixture, "alice");
  notes = apply (fixture, alice, NULL, FALSE);
  assert_alice_is_whole (fixture, FALSE);
  assert_no_traces (fixture);
  assert_true (has_note (notes, "/bin/zsh"));
  assert_true (has_note (notes, "printers"));
}

static void
test_an_account_is_enabled_with_the_old_password (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorAccount) alice = NULL;
  g_autoptr(GPtrArray) notes = NULL;
  g_autoptr(GPtrArray) again = NULL;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  NEEDS_USERADD ();
  alice = read_account (fixture, "alice");
  notes = apply (fixture, alice, NULL, TRUE);
  assert_alice_is_whole (fixture, TRUE);
  assert_no_traces (fixture);
  before = moor_test_read (fixture->new_root, "etc/shadow");

  /* Once more, and without enabling: what is there stays. */
  again = apply (fixture, alice, NULL, FALSE);
  assert_alice_is_whole (fixture, TRUE);
  after = moor_test_read (fixture->new_root, "etc/shadow");
  assert_string_equal (before, after);
}

static void
test_an_account_made_locked_can_be_enabled_later (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorAccount) alice = NULL;
  g_autoptr(GPtrArray) locked = NULL;
  g_autoptr(GPtrArray) enabled = NULL;

  NEEDS_USERADD ();
  alice = read_account (fixture, "alice");
  locked = apply (fixture, alice, NULL, FALSE);
  enabled = apply (fixture, alice, NULL, TRUE);
  assert_alice_is_whole (fixture, TRUE);
}

static void
test_a_password_of_the_new_system_is_kept (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorAccount) alice = NULL;
  g_autoptr(GPtrArray) notes = NULL;

  NEEDS_USERADD ();
  alice = read_account (fixture, "alice");
  append (fixture->new_root, "etc/passwd", "alice:x:1000:1000::/home/alice:/bin/bash\n");
  append (fixture->new_root, "etc/shadow", "alice:$y$new:20001:0:99999:7:::\n");
  append (fixture->new_root, "etc/group", "alice:x:1000:\n");
  notes = apply (fixture, alice, NULL, TRUE);
  assert_line (fixture->new_root, "etc/shadow", "alice:$y$new:20001:0:99999:7:::");
  assert_line (fixture->new_root, "etc/group", "sudo:x:27:alice");
  assert_true (has_note (notes, "password there already"));
}

static void
test_another_name_is_used_everywhere (void **state)
{
  const Fixture *fixture = *state;
  const char *root = fixture->new_root;
  g_autoptr(MoorAccount) alice = NULL;
  g_autoptr(GPtrArray) notes = NULL;
  g_autofree char *record = NULL;

  NEEDS_USERADD ();
  alice = read_account (fixture, "alice");
  append (root, "etc/passwd", "carol:x:1000:1000::/home/carol:/bin/sh\n");
  append (root, "etc/group", "carol:x:1000:\n");
  notes = apply (fixture, alice, "alison", TRUE);
  assert_line (root, "etc/passwd", "alison:x:1001:1001:Alice Archer,,,:/home/alison:/bin/bash");
  assert_line (root, "etc/shadow", "alison:" HASH ":19000:1:99999:7:30::");
  assert_line (root, "etc/group", "alison:x:1001:");
  assert_line (root, "etc/group", "sudo:x:27:alison");
  assert_line (root, "etc/subuid", "alison:200000:65536");
  assert_int_equal (count_lines (root, "etc/shadow", "alice"), 0);
  record = moor_test_read (root, "var/lib/AccountsService/users/alison");
  assert_non_null (strstr (record, "Icon=/var/lib/AccountsService/icons/alison"));
  assert_true (moor_test_exists (root, "var/lib/AccountsService/icons/alison"));
}

static void
test_ranges_of_somebody_else_are_respected (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorAccount) alice = NULL;
  g_autoptr(GPtrArray) notes = NULL;

  NEEDS_USERADD ();
  alice = read_account (fixture, "alice");
  moor_test_write (fixture->new_root, "etc/subuid", "carol:250000:65536\n");
  notes = apply (fixture, alice, NULL, FALSE);
  assert_line (fixture->new_root, "etc/subuid", "carol:250000:65536");
  assert_int_equal (count_lines (fixture->new_root, "etc/subuid", "alice:200000"), 0);
  assert_int_equal (count_lines (fixture->new_root, "etc/subuid", "alice:"), 1);
  assert_line (fixture->new_root, "etc/subgid", "alice:200000:65536");
  assert_true (has_note (notes, "carol"));
}

/* Each piece as a run leaves it that was killed just before: the next run mends it. */
static void
test_a_half_made_account_is_mended (void **state)
{
  static const char *const missing[][2] = {
    { "etc/passwd", "alice:" },  { "etc/shadow", "alice:" }, { "etc/group", "alice:" },
    { "etc/gshadow", "alice:" }, { "etc/subuid", "alice:" }, { "etc/subgid", "alice:" },
    { "etc/group", "team:" },
  };
  static const char *const files[] = { "var/lib/AccountsService/users/alice",
                                       "var/lib/AccountsService/icons/alice",
                                       "var/lib/systemd/linger/alice" };
  const Fixture *fixture = *state;
  g_autoptr(MoorAccount) alice = NULL;
  g_autoptr(GPtrArray) first = NULL;

  NEEDS_USERADD ();
  alice = read_account (fixture, "alice");
  first = apply (fixture, alice, NULL, TRUE);
  for (gsize i = 0; i < G_N_ELEMENTS (missing); i++)
    {
      g_autoptr(GPtrArray) notes = NULL;

      remove_line (fixture->new_root, missing[i][0], missing[i][1]);
      notes = apply (fixture, alice, NULL, TRUE);
      assert_alice_is_whole (fixture, TRUE);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *path = g_build_filename (fixture->new_root, files[i], NULL);
      g_autoptr(GPtrArray) notes = NULL;

      assert_int_equal (g_unlink (path), 0);
      notes = apply (fixture, alice, NULL, TRUE);
      assert_alice_is_whole (fixture, TRUE);
    }
}

/* Nobody else's line may ever be missing, and no file may be half written. */
static void
assert_root_is_there (const Fixture *fixture)
{
  assert_line (fixture->new_root, "etc/passwd", "root:x:0:0:root:/root:/bin/bash");
  assert_line (fixture->new_root, "etc/shadow", "root:*:20000:0:99999:7:::");
  assert_int_equal (count_lines (fixture->new_root, "etc/gshadow", "root:*::"), 1);
}

/* Applies in a process group of its own and kills all of it, useradd too, after a while. */
static void
apply_and_kill (const Fixture *fixture, const MoorAccount *account, guint after_us)
{
  int status;
  pid_t pid = fork ();

  assert_true (pid >= 0);
  if (pid == 0)
    {
      g_autoptr(MoorSystem) target = NULL;
      g_auto(MoorAccountPlan) plan = { 0 };

      (void) setpgid (0, 0);
      target = moor_system_open (fixture->new_root, NULL);
      if (target != NULL && moor_account_plan (target, account, NULL, &plan, NULL))
        (void) moor_account_apply (target, account, &plan, TRUE, NULL, NULL, NULL);
      _exit (0);
    }
  (void) setpgid (pid, pid);
  g_usleep (after_us);
  (void) kill (-pid, SIGKILL);
  assert_int_equal (waitpid (pid, &status, 0), pid);
  assert_root_is_there (fixture);
}

static void
test_a_run_that_was_killed_is_completed_by_the_next (void **state)
{
  NEEDS_USERADD ();
  for (guint i = 0; i < 12; i++)
    {
      void *fresh = NULL;
      const Fixture *fixture;
      g_autoptr(MoorAccount) alice = NULL;
      g_autoptr(GPtrArray) notes = NULL;

      setup (&fresh);
      fixture = fresh;
      alice = read_account (fixture, "alice");
      apply_and_kill (fixture, alice, 5000 + i * 12000);
      notes = apply (fixture, alice, NULL, TRUE);
      assert_alice_is_whole (fixture, TRUE);
      teardown (&fresh);
    }
}

static void
test_records_that_are_links_are_refused (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorAccount) alice = read_account (fixture, "alice");
  g_autoptr(MoorSystem) target = open_root (fixture->new_root);
  g_auto(MoorAccountPlan) plan = { 0 };
  g_autoptr(GError) error = NULL;
  g_autofree char *passwd = g_build_filename (fixture->new_root, "etc/passwd", NULL);
  g_autofree char *other = g_build_filename (fixture->new_root, "etc/passwd.real", NULL);

  assert_true (moor_account_plan (target, alice, NULL, &plan, NULL));
  assert_int_equal (g_rename (passwd, other), 0);
  assert_int_equal (symlink ("/etc/passwd.real", passwd), 0);
  assert_false (moor_account_apply (target, alice, &plan, FALSE, NULL, NULL, &error));
  assert_gerror (error, MOOR_ERROR, MOOR_ERROR_REFUSED);
}

static void
test_a_cancelled_run_changes_nothing (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorAccount) alice = read_account (fixture, "alice");
  g_autoptr(MoorSystem) target = open_root (fixture->new_root);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_auto(MoorAccountPlan) plan = { 0 };
  g_autoptr(GError) error = NULL;

  assert_true (moor_account_plan (target, alice, NULL, &plan, NULL));
  g_cancellable_cancel (cancellable);
  assert_false (moor_account_apply (target, alice, &plan, TRUE, NULL, cancellable, &error));
  assert_gerror (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  assert_int_equal (count_lines (fixture->new_root, "etc/passwd", "alice"), 0);
}

/* A MoorSys in which the call number `fail_at` that may change the disk fails. */
static struct
{
  guint n_calls;
  guint fail_at;
} fault;

static gboolean
fault_is_due (void)
{
  if (++fault.n_calls != fault.fail_at)
    return FALSE;
  errno = ENOSPC;
  return TRUE;
}

static int
faulty_openat (int dfd, const char *path, int flags, mode_t mode)
{
  return fault_is_due () ? -1 : moor_sys_posix ()->openat (dfd, path, flags, mode);
}

static int
faulty_unlinkat (int dfd, const char *path, int flags)
{
  /* A file that cannot be removed on the way out is left to the next run. */
  return fault_is_due () ? -1 : moor_sys_posix ()->unlinkat (dfd, path, flags);
}

static int
faulty_renameat2 (int src_dfd, const char *src, int dst_dfd, const char *dst, unsigned flags)
{
  return fault_is_due () ? -1 : moor_sys_posix ()->renameat2 (src_dfd, src, dst_dfd, dst, flags);
}

static int
faulty_mkdirat (int dfd, const char *path, mode_t mode)
{
  return fault_is_due () ? -1 : moor_sys_posix ()->mkdirat (dfd, path, mode);
}

static ssize_t
faulty_write (int fd, const void *buffer, size_t n_bytes)
{
  return fault_is_due () ? -1 : moor_sys_posix ()->write (fd, buffer, n_bytes);
}

static int
faulty_fsync (int fd)
{
  return fault_is_due () ? -1 : moor_sys_posix ()->fsync (fd);
}

static int
faulty_fchmod (int fd, mode_t mode)
{
  return fault_is_due () ? -1 : moor_sys_posix ()->fchmod (fd, mode);
}

/* The new system right after useradd, groupadd and usermod: what follows are our own edits. */
static void
write_half_made (const char *root)
{
  append (root, "etc/passwd", "alice:x:1000:1000:Alice Archer,,,:/home/alice:/bin/bash\n");
  append (root, "etc/shadow", "alice:!:20001:0:99999:7:::\n");
  close_shadow (root);
  append (root, "etc/subuid", "alice:100000:65536\n");
  moor_test_write (root, "etc/group",
                   "root:x:0:\nsudo:x:27:alice\nalice:x:1000:\nteam:x:1500:alice\n");
  moor_test_write (root, "etc/gshadow", "root:*::\nsudo:*::alice\n");
}

/* One run in which call number fault.fail_at fails, and the run that mends it. */
static gboolean
run_with_fault (const MoorSys *sys)
{
  void *fresh = NULL;
  const Fixture *fixture;
  g_autoptr(MoorAccount) alice = NULL;
  g_autoptr(MoorSystem) target = NULL;
  g_autoptr(GPtrArray) notes = NULL;
  g_autoptr(GError) error = NULL;
  g_auto(MoorAccountPlan) plan = { 0 };
  gboolean applied;

  setup (&fresh);
  fixture = fresh;
  write_half_made (fixture->new_root);
  alice = read_account (fixture, "alice");
  g_strfreev (alice->groups);
  alice->groups = g_strsplit ("sudo,team", ",", -1);
  target = open_root (fixture->new_root);
  assert_true (moor_account_plan (target, alice, NULL, &plan, NULL));
  fault.n_calls = 0;
  applied = moor_account_apply_with (sys, target, alice, &plan, TRUE, NULL, NULL, &error);
  assert_root_is_there (fixture);
  assert_true (applied || error != NULL);
  if (error != NULL)
    assert_null (strstr (error->message, "thehash"));

  notes = apply (fixture, alice, NULL, TRUE);
  assert_alice_is_whole (fixture, TRUE);
  assert_no_traces (fixture);
  teardown (&fresh);
  return applied;
}

static void
test_a_failure_of_any_call_is_mended_by_the_next_run (void **state)
{
  MoorSys sys = *moor_sys_posix ();
  guint n_failed = 0;

  sys.openat = faulty_openat;
  sys.unlinkat = faulty_unlinkat;
  sys.renameat2 = faulty_renameat2;
  sys.mkdirat = faulty_mkdirat;
  sys.write = faulty_write;
  sys.fsync = faulty_fsync;
  sys.fchmod = faulty_fchmod;

  for (fault.fail_at = 1; fault.fail_at == 1 || fault.n_calls >= fault.fail_at - 1; fault.fail_at++)
    n_failed += run_with_fault (&sys) ? 0 : 1;
  assert_true (n_failed > 20);
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
    account_test (test_an_account_is_made_locked),
    account_test (test_an_account_is_enabled_with_the_old_password),
    account_test (test_an_account_made_locked_can_be_enabled_later),
    account_test (test_a_password_of_the_new_system_is_kept),
    account_test (test_another_name_is_used_everywhere),
    account_test (test_ranges_of_somebody_else_are_respected),
    account_test (test_a_half_made_account_is_mended),
    cmocka_unit_test (test_a_run_that_was_killed_is_completed_by_the_next),
    account_test (test_records_that_are_links_are_refused),
    account_test (test_a_cancelled_run_changes_nothing),
    cmocka_unit_test (test_a_failure_of_any_call_is_mended_by_the_next_run),
  };

  return cmocka_run_group_tests_name ("core/account", tests, NULL, NULL);
}
