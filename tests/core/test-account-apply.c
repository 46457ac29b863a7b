/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-account-fixture.h"

#include <signal.h>
#include <sys/wait.h>

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

  return cmocka_run_group_tests_name ("core/account-apply", tests, NULL, NULL);
}
