/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli-test.h"
#include "moor-error.h"

/* The main job from outside: a small offline system on a volume of its own. */

typedef struct
{
  char *dir;
  MoorTestVolume volume;
  const char *root; /* where the volume is mounted */
  char *store;
} Fixture;

static const char *const people[] = { "alice", "bob", NULL };

static int
setup (void **state)
{
  Fixture *fixture = g_new0 (Fixture, 1);

  *state = fixture;
  if (!moor_test_can_mount ("ext4"))
    return 0;
  fixture->dir = moor_test_dir_new ();
  if (!moor_test_volume_new (fixture->dir, "system", "ext4", 96, &fixture->volume))
    return -1;
  fixture->root = fixture->volume.mount_point;
  fixture->store = g_build_filename (fixture->root, "StateStore", "move", NULL);
  cli_test_make_system (fixture->root, people);
  cli_test_fill_home (fixture->root, "alice", 1000);
  cli_test_fill_home (fixture->root, "bob", 1001);
  return 0;
}

static int
teardown (void **state)
{
  Fixture *fixture = *state;

  moor_test_volume_free (&fixture->volume);
  moor_test_dir_free (fixture->dir);
  g_free (fixture->store);
  g_free (fixture);
  return 0;
}

#define need_volume(fixture) \
  do \
    { \
      if ((fixture)->root == NULL) \
        moor_test_skip ("needs root and loop devices"); \
    } \
  while (0)

/* Runs VERB on the fixture's store and system. */
#define run_verb(fixture, verb, ...) \
  cli_test_run (verb, "--store", (fixture)->store, "--root", (fixture)->root, ##__VA_ARGS__, NULL)

#define expect_verb(fixture, code, verb, ...) \
  do \
    { \
      g_auto(CliRun) once = run_verb (fixture, verb, ##__VA_ARGS__); \
\
      cli_test_expect (&once, code); \
    } \
  while (0)

/* What stands on a terminal must be one line for each line that was meant. */
static void
assert_harmless (const char *text)
{
  cli_test_lacks (text, "\x1b");
  cli_test_lacks (text, "new\nline");
  assert_true (g_utf8_validate (text, -1, NULL));
}

/* Another system in the place of the one that was set aside. */
static void
install_new_system (const Fixture *fixture)
{
  cli_test_make_system (fixture->root, NULL);
  moor_test_write (fixture->root, "etc/os-release", "ID=test\nPRETTY_NAME=\"Test System 2\"\n");
}

static void
test_profiles_are_listed_with_name_home_and_state (void **state)
{
  const Fixture *fixture = *state;

  need_volume (fixture);
  {
    g_auto(CliRun) text = cli_test_run ("profiles", "--root", fixture->root, NULL);
    g_auto(CliRun) json = cli_test_run ("profiles", "--root", fixture->root, "--json", NULL);
    g_autoptr(JsonObject) last = cli_test_last_event (&json);
    JsonObject *result = json_object_get_object_member (last, "result");

    cli_test_expect (&text, MOOR_EXIT_COMPLETE);
    cli_test_has (text.out, "Test System 1, testhost at ");
    cli_test_has (text.out, "alice  alice Doe  1000  /home/alice  linux");
    cli_test_has (text.out, "bob ");
    assert_string_equal (text.err, "");
    assert_true (json_array_get_length (json_object_get_array_member (result, "profiles")) >= 2);
  }
}

static void
test_estimate_counts_and_changes_nothing (void **state)
{
  const Fixture *fixture = *state;

  need_volume (fixture);
  {
    g_autofree char *before = cli_test_listing (fixture->root);
    g_auto(CliRun) run = cli_test_run ("estimate", "--root", fixture->root, NULL);
    g_autofree char *after = NULL;

    cli_test_expect (&run, MOOR_EXIT_COMPLETE);
    assert_harmless (run.out);
    cli_test_has (run.out, "alice");
    cli_test_has (run.out, "stay where they are");
    cli_test_has (run.out, "Left out");
    cli_test_has (run.out, "Nothing was changed.");
    expect_verb (fixture, MOOR_EXIT_COMPLETE, "estimate");
    expect_verb (fixture, MOOR_EXIT_COMPLETE, "capture", "--dry-run");
    after = cli_test_listing (fixture->root);
    assert_string_equal (before, after);
  }
}

static void
test_selection_takes_the_people_that_were_named (void **state)
{
  const Fixture *fixture = *state;

  need_volume (fixture);
  {
    g_auto(CliRun) run = cli_test_run ("estimate", "--root", fixture->root, "--user", "a*", NULL);
    g_auto(CliRun) rest = cli_test_run ("estimate", "--root", fixture->root, "--exclude-user",
                                         "alice", NULL);

    cli_test_expect (&run, MOOR_EXIT_COMPLETE);
    cli_test_has (run.out, "alice");
    cli_test_lacks (run.out, "bob");
    cli_test_expect (&rest, MOOR_EXIT_COMPLETE);
    cli_test_has (rest.out, "bob");
    cli_test_lacks (rest.out, "alice");
  }
}

static void
test_capture_tells_what_it_did_and_what_comes_next (void **state)
{
  const Fixture *fixture = *state;

  need_volume (fixture);
  {
    g_auto(CliRun) run = run_verb (fixture, "capture");
    g_auto(CliRun) list = cli_test_run ("store", "list", fixture->root, NULL);
    g_auto(CliRun) show = cli_test_run ("store", "show", fixture->store, NULL);

    cli_test_expect (&run, MOOR_EXIT_COMPLETE);
    assert_string_equal (run.err, "");
    assert_harmless (run.out);
    cli_test_has (run.out, "alice");
    cli_test_has (run.out, " linked");
    cli_test_has (run.out, fixture->store);
    cli_test_has (run.out, "mooring set-aside --store ");
    cli_test_expect (&list, MOOR_EXIT_COMPLETE);
    cli_test_has (list.out, fixture->store);
    cli_test_has (list.out, "alice, bob");
    cli_test_expect (&show, MOOR_EXIT_COMPLETE);
    cli_test_has (show.out, "Test System 1");
    cli_test_has (show.out, "/home/bob");
  }
}

static void
test_jobs_write_json_lines_that_end_with_the_result (void **state)
{
  static const char *const verbs[] = { "estimate", "capture", "verify" };
  const Fixture *fixture = *state;

  need_volume (fixture);
  for (gsize i = 0; i < G_N_ELEMENTS (verbs); i++)
    {
      g_auto(CliRun) run = run_verb (fixture, verbs[i], "--json");
      g_autoptr(JsonObject) last = cli_test_last_event (&run);

      cli_test_expect (&run, MOOR_EXIT_COMPLETE);
      assert_string_equal (json_object_get_string_member (last, "operation"), verbs[i]);
      assert_int_equal (json_object_get_int_member (last, "exit"), MOOR_EXIT_COMPLETE);
      assert_non_null (json_object_get_object_member (last, "result"));
    }
}

static void
test_log_is_appended_and_harmless (void **state)
{
  const Fixture *fixture = *state;

  need_volume (fixture);
  {
    g_autofree char *log = g_build_filename (fixture->dir, "log", NULL);
    g_autofree char *content = NULL;

    moor_test_write (fixture->dir, "log", "first\n");
    expect_verb (fixture, MOOR_EXIT_COMPLETE, "capture", "--log", log);
    content = moor_test_read (fixture->dir, "log");
    assert_true (g_str_has_prefix (content, "first\n"));
    cli_test_has (content, "capture: Complete (exit 0)");
    assert_harmless (content);
  }
}

static void
test_what_cannot_be_linked_makes_the_outcome_three (void **state)
{
  const Fixture *fixture = *state;

  need_volume (fixture);
  {
    g_autofree char *file = g_build_filename (fixture->root, "home/alice/letter.txt", NULL);
    const char *mark[] = { "chattr", "+i", file, NULL };

    assert_true (moor_test_run (mark, NULL));
    {
      g_auto(CliRun) run = run_verb (fixture, "capture");

      cli_test_expect (&run, MOOR_EXIT_EXCEPTIONS);
      cli_test_has (run.out, "Needs attention:\n  1 × The file is marked immutable\n"
                             "      for example /home/alice/letter.txt\n");
      cli_test_has (run.out, "chattr -i");
    }
  }
}

static void
test_a_lost_object_is_told_and_closes_the_gate (void **state)
{
  const Fixture *fixture = *state;

  need_volume (fixture);
  {
    g_autofree char *lost = g_build_filename (fixture->store, "tree/home/alice/=formula<b>", NULL);

    expect_verb (fixture, MOOR_EXIT_COMPLETE, "capture");
    assert_int_equal (unlink (lost), 0);
    {
      g_auto(CliRun) run = run_verb (fixture, "verify");
      g_auto(CliRun) aside = run_verb (fixture, "set-aside");

      cli_test_expect (&run, MOOR_EXIT_DIFFERENCES);
      cli_test_has (run.out, "missing");
      cli_test_has (run.out, "for example ");
      cli_test_has (run.out, "The gate is closed: 1 of them");
      cli_test_expect (&aside, MOOR_EXIT_REFUSED);
      assert_true (moor_test_exists (fixture->root, "etc/passwd"));
    }
  }
}

static void
test_reports_are_written_and_escaped (void **state)
{
  const Fixture *fixture = *state;

  need_volume (fixture);
  {
    g_autofree char *page = g_build_filename (fixture->dir, "report.html", NULL);
    g_autofree char *table = g_build_filename (fixture->dir, "report.csv", NULL);
    g_autofree char *data = g_build_filename (fixture->dir, "report.json", NULL);
    g_autofree char *lost = g_build_filename (fixture->store, "tree/home/alice/=formula<b>", NULL);
    g_autofree char *html = NULL;
    g_autofree char *csv = NULL;
    g_autofree char *json = NULL;
    g_autoptr(JsonNode) node = NULL;

    expect_verb (fixture, MOOR_EXIT_COMPLETE, "capture");
    assert_int_equal (unlink (lost), 0);
    expect_verb (fixture, MOOR_EXIT_DIFFERENCES, "verify", "--report", page);
    expect_verb (fixture, MOOR_EXIT_DIFFERENCES, "verify", "--report", table);
    expect_verb (fixture, MOOR_EXIT_DIFFERENCES, "verify", "--report", data);
    html = moor_test_read (fixture->dir, "report.html");
    csv = moor_test_read (fixture->dir, "report.csv");
    json = moor_test_read (fixture->dir, "report.json");
    cli_test_has (html, "=formula&lt;b&gt;");
    cli_test_lacks (html, "=formula<b>");
    cli_test_has (csv, "=formula<b>");
    node = json_from_string (json, NULL);
    assert_non_null (node);
  }
}

static void
test_a_report_of_unknown_kind_stops_before_anything (void **state)
{
  const Fixture *fixture = *state;

  need_volume (fixture);
  {
    g_autofree char *before = NULL;
    g_autofree char *after = NULL;

    expect_verb (fixture, MOOR_EXIT_COMPLETE, "capture");
    before = cli_test_listing (fixture->root);
    expect_verb (fixture, MOOR_EXIT_USAGE, "verify", "--report", "report.pdf");
    after = cli_test_listing (fixture->root);
    assert_string_equal (before, after);
  }
}

static void
test_no_store_is_eight_and_a_busy_one_seven (void **state)
{
  const Fixture *fixture = *state;

  need_volume (fixture);
  expect_verb (fixture, MOOR_EXIT_STORE_UNUSABLE, "verify");
  expect_verb (fixture, MOOR_EXIT_COMPLETE, "capture");
  {
    g_autofree char *marker = g_build_filename (fixture->store, "MOORING", NULL);
    int fd = open (marker, O_RDONLY | O_CLOEXEC);

    assert_true (fd >= 0);
    assert_int_equal (flock (fd, LOCK_EX | LOCK_NB), 0);
    expect_verb (fixture, MOOR_EXIT_BUSY, "set-aside");
    close (fd);
  }
}

static void
test_the_running_system_is_never_set_aside (void **state)
{
  const Fixture *fixture = *state;

  need_volume (fixture);
  expect_verb (fixture, MOOR_EXIT_COMPLETE, "capture");
  {
    g_auto(CliRun)
                run = cli_test_run ("set-aside", "--store", fixture->store, "--root", "/", NULL);

    cli_test_expect (&run, MOOR_EXIT_REFUSED);
  }
}

/* Every step first as a dry run, which must leave everything as it is. */
static void
dry_run_changes_nothing (const Fixture *fixture, const char *verb, const char *option)
{
  g_autofree char *before = cli_test_listing (fixture->root);
  g_autofree char *after = NULL;
  g_auto(CliRun) run = run_verb (fixture, verb, "--dry-run", option);

  cli_test_expect (&run, MOOR_EXIT_COMPLETE);
  cli_test_has (run.out, "Nothing was changed.");
  assert_harmless (run.out);
  after = cli_test_listing (fixture->root);
  if (strcmp (before, after) != 0)
    fail_msg ("%s --dry-run changed something:\n%s\n---\n%s", verb, before, after);
}

static void
set_aside_and_install (const Fixture *fixture)
{
  expect_verb (fixture, MOOR_EXIT_COMPLETE, "capture");
  dry_run_changes_nothing (fixture, "set-aside", NULL);
  {
    g_auto(CliRun) run = run_verb (fixture, "set-aside");

    cli_test_expect (&run, MOOR_EXIT_COMPLETE);
    cli_test_has (run.out, "mooring rollback --store ");
  }
  assert_false (moor_test_exists (fixture->root, "etc/passwd"));
  install_new_system (fixture);
}

static void
test_a_refresh_from_capture_to_accept (void **state)
{
  const Fixture *fixture = *state;

  need_volume (fixture);
  {
    guint64 inode = moor_test_inode (fixture->root, "home/alice/letter.txt");
    g_autofree char *passwd = NULL;

    set_aside_and_install (fixture);
    expect_verb (fixture, MOOR_EXIT_REFUSED, "restore");
    dry_run_changes_nothing (fixture, "restore", "--create-accounts");
    {
      g_auto(CliRun) run = run_verb (fixture, "restore", "--create-accounts");

      cli_test_expect (&run, MOOR_EXIT_COMPLETE);
      assert_harmless (run.out);
      cli_test_has (run.out, "/home/alice");
      cli_test_has (run.out, "Everything is there");
    }
    assert_int_equal (moor_test_inode (fixture->root, "home/alice/letter.txt"), inode);
    passwd = moor_test_read (fixture->root, "etc/passwd");
    cli_test_has (passwd, "alice:");
    expect_verb (fixture, MOOR_EXIT_COMPLETE, "verify", "--against", "restored");

    dry_run_changes_nothing (fixture, "undo", NULL);
    expect_verb (fixture, MOOR_EXIT_COMPLETE, "undo");
    assert_false (moor_test_exists (fixture->root, "home/alice/letter.txt"));
    expect_verb (fixture, MOOR_EXIT_COMPLETE, "restore", "--create-accounts");
    assert_int_equal (moor_test_inode (fixture->root, "home/alice/letter.txt"), inode);

    dry_run_changes_nothing (fixture, "accept", NULL);
    {
      g_auto(CliRun) run = run_verb (fixture, "accept");

      cli_test_expect (&run, MOOR_EXIT_COMPLETE);
      cli_test_has (run.out, "The new system is accepted");
    }
    assert_int_equal (moor_test_inode (fixture->root, "home/alice/letter.txt"), inode);
    assert_false (moor_test_exists (fixture->store, "MOORING"));
  }
}

static void
test_a_single_file_comes_back_by_its_path (void **state)
{
  const Fixture *fixture = *state;

  need_volume (fixture);
  {
    g_autofree char *lost = g_build_filename (fixture->root, "home/alice/letter.txt", NULL);
    guint64 inode = moor_test_inode (fixture->root, "home/alice/letter.txt");

    expect_verb (fixture, MOOR_EXIT_COMPLETE, "capture");
    assert_int_equal (unlink (lost), 0);
    expect_verb (fixture, MOOR_EXIT_COMPLETE, "restore", "--user", "alice", "--path", "letter.txt");
    assert_int_equal (moor_test_inode (fixture->root, "home/alice/letter.txt"), inode);
  }
}

static void
test_a_person_can_be_mapped_to_another_account (void **state)
{
  const Fixture *fixture = *state;
  static const char *const others[] = { "carl", NULL };

  need_volume (fixture);
  expect_verb (fixture, MOOR_EXIT_COMPLETE, "capture", "--user", "alice");
  expect_verb (fixture, MOOR_EXIT_COMPLETE, "set-aside");
  cli_test_make_system (fixture->root, others);
  {
    g_auto(CliRun) run = run_verb (fixture, "restore", "--map", "alice:carl");

    cli_test_expect (&run, MOOR_EXIT_COMPLETE);
    cli_test_has (run.out, "carl");
    assert_true (moor_test_exists (fixture->root, "home/carl/letter.txt"));
    assert_false (moor_test_exists (fixture->root, "home/alice"));
  }
}

/* What only the old system has goes when the volume is named, and not before. */
static void
test_accepting_asks_for_consent_by_the_volume (void **state)
{
  const Fixture *fixture = *state;

  need_volume (fixture);
  moor_test_write (fixture->root, "srv/database", "years of work");
  set_aside_and_install (fixture);
  expect_verb (fixture, MOOR_EXIT_COMPLETE, "restore", "--create-accounts");
  expect_verb (fixture, MOOR_EXIT_REFUSED, "accept", "--consent", "another-volume");
  {
    g_auto(CliRun) run = run_verb (fixture, "accept");
    const char *at;
    g_autofree char *uuid = NULL;

    cli_test_expect (&run, MOOR_EXIT_REFUSED);
    cli_test_has (run.out, "services, databases");
    cli_test_lacks (run.out, "is accepted");
    at = strstr (run.err, "--consent ");
    assert_non_null (at);
    uuid = g_strstrip (g_strdup (at + strlen ("--consent ")));
    expect_verb (fixture, MOOR_EXIT_COMPLETE, "accept", "--consent", uuid);
  }
  assert_false (moor_test_exists (fixture->store, "MOORING"));
  assert_true (moor_test_exists (fixture->root, "home/alice/letter.txt"));
}

static void
test_a_rollback_puts_the_old_system_back (void **state)
{
  const Fixture *fixture = *state;

  need_volume (fixture);
  {
    guint64 inode = moor_test_inode (fixture->root, "home/alice/letter.txt");
    g_autofree char *release = NULL;
    g_autofree char *saved = g_build_filename (fixture->root, "home/alice/saved-since", NULL);
    const char *touch[] = { "touch", "-d", "+1 minute", saved, NULL };

    set_aside_and_install (fixture);
    expect_verb (fixture, MOOR_EXIT_COMPLETE, "restore", "--create-accounts");
    moor_test_write (fixture->root, "home/alice/saved-since", "new");
    assert_true (moor_test_run (touch, NULL));
    dry_run_changes_nothing (fixture, "rollback", NULL);
    {
      g_auto(CliRun) run = run_verb (fixture, "rollback");

      cli_test_expect (&run, MOOR_EXIT_COMPLETE);
      cli_test_has (run.out, "saved-since");
    }
    release = moor_test_read (fixture->root, "etc/os-release");
    cli_test_has (release, "Test System 1");
    assert_int_equal (moor_test_inode (fixture->root, "home/alice/letter.txt"), inode);
  }
}

static void
test_a_store_can_be_deleted_while_the_source_is_there (void **state)
{
  const Fixture *fixture = *state;

  need_volume (fixture);
  {
    g_autofree char *before = NULL;
    g_autofree char *after = NULL;

    expect_verb (fixture, MOOR_EXIT_COMPLETE, "capture");
    before = cli_test_listing (fixture->root);
    {
      g_auto(CliRun) run = cli_test_run ("store", "delete", fixture->store, "--dry-run", NULL);

      cli_test_expect (&run, MOOR_EXIT_COMPLETE);
      cli_test_has (run.out, "Nothing was changed.");
    }
    after = cli_test_listing (fixture->root);
    assert_string_equal (before, after);
    {
      g_auto(CliRun) run = cli_test_run ("store", "delete", fixture->store, NULL);

      cli_test_expect (&run, MOOR_EXIT_COMPLETE);
      cli_test_has (run.out, "is deleted");
    }
    assert_false (moor_test_exists (fixture->store, "MOORING"));
    assert_true (moor_test_exists (fixture->root, "home/alice/letter.txt"));
  }
}

static void
test_the_only_copy_is_not_deleted (void **state)
{
  const Fixture *fixture = *state;

  need_volume (fixture);
  expect_verb (fixture, MOOR_EXIT_COMPLETE, "capture");
  {
    g_autofree char *file = g_build_filename (fixture->root, "home/alice/letter.txt", NULL);

    assert_int_equal (unlink (file), 0);
  }
  {
    g_auto(CliRun) run = cli_test_run ("store", "delete", fixture->store, NULL);

    cli_test_expect (&run, MOOR_EXIT_REFUSED);
    assert_true (moor_test_exists (fixture->store, "tree/home/alice/letter.txt"));
  }
  {
    g_auto(CliRun)
                run = cli_test_run ("store", "delete", fixture->store, "--even-last-copies", NULL);

    cli_test_expect (&run, MOOR_EXIT_COMPLETE);
    cli_test_has (run.out, "last copy");
  }
}

/* Files that make an issue each fill the pipe that nobody reads, so the capture
 * stands still when the signal comes. */
static void
make_issues (const Fixture *fixture)
{
  g_autofree char *dir = g_build_filename (fixture->root, "home/alice/marked", NULL);
  const char *mark[] = { "chattr", "-R", "+i", dir, NULL };

  for (guint i = 0; i < 1000; i++)
    {
      g_autofree char *name = g_strdup_printf ("%u", i);

      moor_test_write (dir, name, "x");
    }
  assert_true (moor_test_run (mark, NULL));
}

static void
test_an_interrupt_cancels_and_the_same_command_continues (void **state)
{
  const Fixture *fixture = *state;

  need_volume (fixture);
  make_issues (fixture);
  {
    g_autoptr(GError) error = NULL;
    g_autoptr(GSubprocess) process = g_subprocess_new (
        G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE, &error,
        g_getenv ("MOORING"), "--json", "capture", "--root", fixture->root, "--store",
        fixture->store, NULL);
    g_autofree char *out = NULL;
    g_autofree char *err = NULL;

    assert_no_gerror (error);
    g_usleep (700 * 1000);
    g_subprocess_send_signal (process, SIGINT);
    g_usleep (100 * 1000);
    assert_true (g_subprocess_communicate_utf8 (process, NULL, NULL, &out, &err, &error));
    cli_test_has (err, "stopping after the current file");
    cli_test_has (err, "what was done so far is kept");
    if (g_subprocess_get_exit_status (process) != MOOR_EXIT_CANCELLED)
      fail_msg ("exit %d: %s", g_subprocess_get_exit_status (process), err);
  }
  expect_verb (fixture, MOOR_EXIT_EXCEPTIONS, "capture");
}

static void
test_a_reader_that_goes_away_does_not_stop_a_capture (void **state)
{
  const Fixture *fixture = *state;

  need_volume (fixture);
  make_issues (fixture);
  {
    int ends[2];
    pid_t pid;
    int status = 0;

    assert_int_equal (pipe (ends), 0);
    pid = fork ();
    assert_true (pid >= 0);
    if (pid == 0)
      {
        dup2 (ends[1], STDOUT_FILENO);
        close (ends[0]);
        close (ends[1]);
        execl (g_getenv ("MOORING"), "mooring", "--json", "capture", "--root", fixture->root,
               "--store", fixture->store, NULL);
        _exit (127);
      }
    close (ends[0]);
    close (ends[1]);
    assert_true (waitpid (pid, &status, 0) == pid);
    assert_true (WIFEXITED (status));
    assert_int_equal (WEXITSTATUS (status), MOOR_EXIT_EXCEPTIONS);
  }
  {
    g_auto(CliRun) show = cli_test_run ("store", "show", fixture->store, NULL);

    cli_test_expect (&show, MOOR_EXIT_COMPLETE);
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
#define test(name) cmocka_unit_test_setup_teardown (name, setup, teardown)
    test (test_profiles_are_listed_with_name_home_and_state),
    test (test_estimate_counts_and_changes_nothing),
    test (test_selection_takes_the_people_that_were_named),
    test (test_capture_tells_what_it_did_and_what_comes_next),
    test (test_jobs_write_json_lines_that_end_with_the_result),
    test (test_log_is_appended_and_harmless),
    test (test_what_cannot_be_linked_makes_the_outcome_three),
    test (test_a_lost_object_is_told_and_closes_the_gate),
    test (test_reports_are_written_and_escaped),
    test (test_a_report_of_unknown_kind_stops_before_anything),
    test (test_no_store_is_eight_and_a_busy_one_seven),
    test (test_the_running_system_is_never_set_aside),
    test (test_a_refresh_from_capture_to_accept),
    test (test_a_single_file_comes_back_by_its_path),
    test (test_a_person_can_be_mapped_to_another_account),
    test (test_accepting_asks_for_consent_by_the_volume),
    test (test_a_rollback_puts_the_old_system_back),
    test (test_a_store_can_be_deleted_while_the_source_is_there),
    test (test_the_only_copy_is_not_deleted),
    test (test_an_interrupt_cancels_and_the_same_command_continues),
    test (test_a_reader_that_goes_away_does_not_stop_a_capture),
#undef test
  };

  return cmocka_run_group_tests_name ("cli/refresh", tests, NULL, NULL);
}
