/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli-test.h"

/* The command lines of the field, as they are written in batch files: only where C:
 * is has been added.  The programs are called by their own names. */

typedef struct
{
  char *dir;
  char *folder; /* with the programs and the rule files, from which they are called */
  MoorTestVolume volume;
  MoorTestVolume homes; /* a volume of its own for /home, in the test that needs it */
  const char *root;
  char *drive;
} Fixture;

static const char *const people[] = { "alice", "bob", NULL };
static const char *const programs[] = { "scanstate", "loadstate", "usmtutils" };

#define RULES(urlid, name, pattern) \
  "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" \
  "<migration urlid=\"http://example.org/" urlid "\">\n" \
  "<component type=\"Documents\" context=\"User\"><displayName>" name "</displayName>\n" \
  "<role role=\"Data\"><rules><include><objectSet>\n" \
  "<pattern type=\"File\">" pattern "</pattern>\n" \
  "<pattern type=\"Registry\">HKCU\\Software\\Test\\* [*]</pattern>\n" \
  "</objectSet></include></rules></role></component></migration>\n"

static void
make_folder (Fixture *fixture)
{
  fixture->folder = g_build_filename (fixture->dir, "usmt", NULL);
  moor_test_write (fixture->folder, "MigUser.xml",
                   RULES ("user", "My Documents", "%CSIDL_PERSONAL%\\* [*]"));
  moor_test_write (fixture->folder, "MigApp.xml",
                   RULES ("app", "Letters", "%USERPROFILE% [*.txt]"));
  for (guint i = 0; i < G_N_ELEMENTS (programs); i++)
    {
      g_autofree char *path = g_build_filename (fixture->folder, programs[i], NULL);

      assert_int_equal (symlink (g_getenv ("MOORING"), path), 0);
    }
}

static int
setup (void **state)
{
  Fixture *fixture = g_new0 (Fixture, 1);

  *state = fixture;
  if (!moor_test_can_mount ("ext4"))
    return 0;
  fixture->dir = moor_test_dir_new ();
  if (!moor_test_volume_new (fixture->dir, "system", "ext4", 512, &fixture->volume))
    return -1;
  fixture->root = fixture->volume.mount_point;
  fixture->drive = g_strconcat ("C:=", fixture->root, NULL);
  make_folder (fixture);
  cli_test_make_system (fixture->root, people);
  cli_test_fill_home (fixture->root, "alice", 1000);
  cli_test_fill_home (fixture->root, "bob", 1001);
  return 0;
}

static int
teardown (void **state)
{
  Fixture *fixture = *state;

  moor_test_volume_free (&fixture->homes);
  moor_test_volume_free (&fixture->volume);
  moor_test_dir_free (fixture->dir);
  g_free (fixture->folder);
  g_free (fixture->drive);
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

/* Calls a program by its name, with --drive in front of the rest. */
static CliRun
call (const Fixture *fixture, const char *input, const char *line)
{
  g_auto(GStrv) words = g_strsplit (line, " ", -1);
  g_autoptr(GPtrArray) argv = g_ptr_array_new ();
  g_autofree char *program = g_build_filename (fixture->folder, words[0], NULL);
  g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new (
      G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE
      | G_SUBPROCESS_FLAGS_STDERR_PIPE);
  g_autoptr(GSubprocess) process = NULL;
  g_autoptr(GError) error = NULL;
  CliRun run = { -1, NULL, NULL };

  g_ptr_array_add (argv, program);
  g_ptr_array_add (argv, (gpointer) "--drive");
  g_ptr_array_add (argv, fixture->drive);
  for (char **word = words + 1; *word != NULL; word++)
    g_ptr_array_add (argv, *word);
  g_ptr_array_add (argv, NULL);
  g_subprocess_launcher_set_cwd (launcher, fixture->folder);
  process = g_subprocess_launcher_spawnv (launcher, (const char *const *) argv->pdata, &error);
  assert_no_gerror (error);
  assert_true (g_subprocess_communicate_utf8 (process, input, NULL, &run.out, &run.err, &error));
  run.code = g_subprocess_get_exit_status (process);
  return run;
}

static void
expect (const Fixture *fixture, int code, const char *line)
{
  g_auto(CliRun) run = call (fixture, "", line);

  if (run.code != code)
    fail_msg ("“%s” ends with %d instead of %d\n%s\n%s", line, run.code, code, run.out, run.err);
}

static void
expect_log (const Fixture *fixture, const char *name, const char *part)
{
  g_autofree char *log = moor_test_read (fixture->folder, name);

  if (log == NULL)
    fail_msg ("there is no %s", name);
  cli_test_has (log, part);
}

/* Another system in the place of the old one; what was in the homes stays elsewhere. */
static void
install_new_system (const Fixture *fixture)
{
  g_autofree char *home = g_build_filename (fixture->root, "home", NULL);
  g_autofree char *old = g_build_filename (fixture->root, "old-home", NULL);

  assert_int_equal (rename (home, old), 0);
  cli_test_make_system (fixture->root, NULL);
}

#define SCANSTATE \
  "scanstate C:\\StateStore /o /hardlink /nocompress /i:MigUser.xml /i:MigApp.xml /localonly " \
  "/l:ScanState.log /v:5 /progress:ScanStateProgress.log /c /efs:hardlink"
#define LOADSTATE \
  "loadstate C:\\StateStore /hardlink /nocompress /lac /i:MigUser.xml /i:MigApp.xml " \
  "/l:LoadState.log /v:5 /progress:LoadStateProgress.log /c"

static void
test_the_lines_of_the_field_move_a_computer (void **state)
{
  const Fixture *fixture = *state;
  guint64 inode;

  need_volume (fixture);
  inode = moor_test_inode (fixture->root, "home/alice/Documents/report.odt");
  expect (fixture, 0, SCANSTATE);
  assert_int_equal (moor_test_inode (fixture->root, "StateStore/USMT/tree/home/alice/Documents/"
                                                    "report.odt"),
                    inode);
  assert_true (moor_test_exists (fixture->root, "StateStore/USMT/tree/home/alice/letter.txt"));
  assert_false (moor_test_exists (fixture->root, "StateStore/USMT/tree/home/alice/link"));
  install_new_system (fixture);
  expect (fixture, 0, LOADSTATE);
  assert_int_equal (moor_test_inode (fixture->root, "home/alice/Documents/report.odt"), inode);
  assert_true (moor_test_exists (fixture->root, "home/bob/letter.txt"));
  expect (fixture, 0, "usmtutils /rd C:\\StateStore /y");
  assert_false (moor_test_exists (fixture->root, "StateStore"));
}

static void
test_the_same_line_takes_an_offline_system (void **state)
{
  const Fixture *fixture = *state;

  need_volume (fixture);
  expect (fixture, 0, SCANSTATE " /offlinewindir:C:\\Windows");
  assert_true (moor_test_exists (fixture->root, "StateStore/USMT/tree/home/bob/letter.txt"));
  expect (fixture, 0, SCANSTATE " /offlinewindir:C:\\");
}

static void
test_readers_of_the_logs_find_what_they_look_for (void **state)
{
  const Fixture *fixture = *state;
  g_autofree char *progress = NULL;
  g_auto(GStrv) lines = NULL;

  need_volume (fixture);
  expect (fixture, 0, SCANSTATE);
  expect_log (fixture, "ScanState.log", "Script file specified: ");
  expect_log (fixture, "ScanState.log", "No error in migration process is recorded.");
  expect_log (fixture, "ScanState.log", "ScanState return code: 0");
  expect_log (fixture, "ScanStateProgress.log", "PercentageCompleted, 100");
  expect_log (fixture, "ScanStateProgress.log", "Successful run");
  expect_log (fixture, "ScanStateProgress.log",
              "detectedUser, testhost\\alice, includedInMigration, Yes");
  expect_log (fixture, "ScanStateProgress.log", "detectedComponent, \"My Documents\"");
  progress = moor_test_read (fixture->folder, "ScanStateProgress.log");
  lines = g_strsplit (g_strchomp (progress), "\n", -1);
  for (char **line = lines; *line != NULL; line++)
    {
      g_auto(GStrv) fields = g_strsplit (*line, ",", -1);

      assert_true (g_strv_length (fields) >= 5);
    }
}

static void
test_a_log_is_added_to_and_named_after_its_tool (void **state)
{
  const Fixture *fixture = *state;
  g_autofree char *log = NULL;
  const char *first;

  need_volume (fixture);
  expect (fixture, 11, "scanstate C:\\StateStore /hardlink /lac:secret");
  expect (fixture, 27, "loadstate C:\\StateStore /nocompress /lac:secret");
  expect (fixture, 11, "scanstate C:\\StateStore /nonsense");
  log = moor_test_read (fixture->folder, "scanstate.log");
  first = strstr (log, "USMT Started at");
  assert_non_null (strstr (first + 1, "USMT Started at"));
  cli_test_has (log, "scanstate --drive ");
  cli_test_has (log, "C:\\StateStore ##ERROR## --> /nonsense");
  g_free (log);
  log = moor_test_read (fixture->folder, "loadstate.log");
  cli_test_has (log, "/lac:***");
  cli_test_lacks (log, "secret");
}

static void
test_the_console_tells_phases_and_the_code (void **state)
{
  const Fixture *fixture = *state;

  need_volume (fixture);
  {
    g_auto(CliRun) done = call (fixture, "", SCANSTATE);
    g_auto(CliRun) failed = call (fixture, "",
                                   "scanstate C:\\StateStore /hardlink /nocompress /l:x.log");

    cli_test_has (done.out, "Starting the migration process");
    cli_test_has (done.out, "Gathering data");
    cli_test_has (done.out, "Success.\nScanState return code: 0\n");
    assert_int_equal (failed.code, 27);
    cli_test_has (failed.out, "Failed.\n");
    cli_test_has (failed.out, "/o");
    cli_test_has (failed.out, "x.log");
    cli_test_has (failed.out, "ScanState return code: 27\n");
  }
}

static void
test_an_answer_may_come_through_a_pipe (void **state)
{
  const Fixture *fixture = *state;

  need_volume (fixture);
  expect (fixture, 0, SCANSTATE);
  {
    g_auto(CliRun) no = call (fixture, "n\n", "usmtutils /rd C:\\StateStore");
    g_auto(CliRun) nothing = call (fixture, "", "usmtutils /rd C:\\StateStore");

    assert_int_equal (no.code, 2);
    assert_int_equal (nothing.code, 2);
    cli_test_has (no.out, "(y/n)");
    assert_true (moor_test_exists (fixture->root, "StateStore/USMT/MOORING"));
  }
  {
    g_auto(CliRun) yes = call (fixture, "y\n", "usmtutils /rd C:\\StateStore");

    assert_int_equal (yes.code, 0);
    assert_false (moor_test_exists (fixture->root, "StateStore"));
  }
}

static void
test_a_store_on_two_volumes_goes_as_one (void **state)
{
  /* K3, K5 */
  Fixture *fixture = *state;
  g_autofree char *home = NULL;
  g_autofree char *alice = NULL;
  const char *owner[] = { "chown", "-R", "1000:1000", NULL, NULL };
  const char *move[] = { "mount", "--move", NULL, NULL, NULL };

  need_volume (fixture);
  home = g_build_filename (fixture->root, "home", NULL);
  assert_true (moor_test_volume_new (fixture->dir, "homes", "ext4", 512, &fixture->homes));
  moor_test_write (fixture->homes.mount_point, "alice/letter.txt", "Dear all");
  move[2] = fixture->homes.mount_point;
  move[3] = home;
  assert_true (moor_test_run (move, NULL));
  g_free (fixture->homes.mount_point);
  fixture->homes.mount_point = g_strdup (home);
  alice = g_build_filename (home, "alice", NULL);
  owner[3] = alice;
  assert_true (moor_test_run (owner, NULL));

  expect (fixture, 0, "scanstate C:\\StateStore /hardlink /nocompress");
  assert_true (moor_test_exists (fixture->root, "StateStore/USMT/catalogue.db"));
  assert_int_equal (moor_test_inode (home, "StateStore/USMT/tree/alice/letter.txt"),
                    moor_test_inode (home, "alice/letter.txt"));
  expect (fixture, 0, "usmtutils /rd C:\\StateStore /y");
  assert_false (moor_test_exists (fixture->root, "StateStore"));
  assert_false (moor_test_exists (home, "StateStore"));
  assert_true (moor_test_exists (home, "alice/letter.txt"));
}

static void
test_somebody_elses_store_needs_root (void **state)
{
  /* J33 */
  const Fixture *fixture = *state;
  g_autofree char *path = NULL;
  g_autofree char *log = NULL;
  g_autofree char *output = NULL;
  const char *argv[] = { "setpriv",
                         "--reuid",
                         "65534",
                         "--regid",
                         "65534",
                         "--clear-groups",
                         g_getenv ("MOORING"),
                         "usmtutils",
                         "/rd",
                         NULL,
                         "/y",
                         NULL,
                         NULL };

  need_volume (fixture);
  expect (fixture, 0, SCANSTATE);
  assert_int_equal (chmod (fixture->dir, 0755), 0);
  path = g_build_filename (fixture->root, "StateStore", NULL);
  log = g_strdup ("/l:/dev/null");
  argv[9] = path;
  argv[11] = log;
  {
    g_autoptr(GError) error = NULL;
    int status = 0;

    assert_true (g_spawn_sync ("/", (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &output,
                               NULL, &status, &error));
    if (strstr (output, "return code") == NULL)
      moor_test_skip ("the program cannot be run by others here");
    cli_test_has (output, "UsmtUtils return code: 34");
  }
  assert_true (moor_test_exists (fixture->root, "StateStore/USMT/MOORING"));
}

static void
test_logs_that_cannot_be_made_have_codes_of_their_own (void **state)
{
  const Fixture *fixture = *state;

  need_volume (fixture);
  expect (fixture, 13, "scanstate C:\\StateStore /hardlink /nocompress /l:no\\such\\x.log");
  expect (fixture, 40, "scanstate C:\\StateStore /hardlink /nocompress /progress:no\\such\\p.log");
  assert_false (moor_test_exists (fixture->root, "StateStore"));
}

static void
test_nothing_is_written_into_a_store_from_outside (void **state)
{
  static const char *const lines[] = {
    SCANSTATE " /l:C:\\StateStore\\USMT\\x",           SCANSTATE " /l:C:\\Other\\USMT\\x",
    SCANSTATE " /progress:C:\\StateStore\\USMT\\x",    SCANSTATE " /listfiles:C:\\Other\\USMT\\x",
    SCANSTATE " /nonsense /l:C:\\StateStore\\USMT\\x",
  };
  const Fixture *fixture = *state;
  g_autofree char *other = NULL;

  need_volume (fixture);
  expect (fixture, 0, "scanstate C:\\StateStore /hardlink /nocompress");
  other = g_build_filename (fixture->root, "Other", NULL);
  assert_int_equal (symlink ("StateStore", other), 0);
  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      g_auto(CliRun) run = call (fixture, "", lines[i]);

      assert_int_not_equal (run.code, 0);
      assert_false (moor_test_exists (fixture->root, "StateStore/USMT/x"));
      assert_true (moor_test_exists (fixture->root, "StateStore/USMT/MOORING"));
    }
}

static void
test_a_log_follows_no_link_of_somebody_else (void **state)
{
  static const char line[] = "scanstate C:\\StateStore /hardlink /nocompress";
  const Fixture *fixture = *state;
  g_autofree char *link_path = NULL;

  need_volume (fixture);
  link_path = g_build_filename (fixture->folder, "scanstate.log", NULL);
  assert_int_equal (symlink ("target", link_path), 0);
  assert_int_equal (lchown (link_path, 1001, 1001), 0);
  expect (fixture, 13, line);
  assert_false (moor_test_exists (fixture->folder, "target"));
  assert_false (moor_test_exists (fixture->root, "StateStore"));
  assert_int_equal (lchown (link_path, 0, 0), 0);
  expect (fixture, 0, line);
  assert_true (moor_test_exists (fixture->folder, "target"));
}

static void
test_help_is_shown_without_a_log (void **state)
{
  const Fixture *fixture = *state;

  need_volume (fixture);
  for (guint i = 0; i < G_N_ELEMENTS (programs); i++)
    {
      g_autofree char *line = g_strconcat (programs[i], " /?", NULL);
      g_autofree char *log = g_strconcat (programs[i], ".log", NULL);
      g_auto(CliRun) run = call (fixture, "", line);

      assert_int_equal (run.code, 1);
      assert_true (g_str_has_prefix (run.out, "Usage: "));
      assert_false (moor_test_exists (fixture->folder, log));
    }
}

static void
test_the_tools_are_verbs_of_mooring_too (void **state)
{
  g_auto(CliRun) run = cli_test_run ("scanstate", "/?", NULL);
  g_auto(CliRun) help = cli_test_run ("--help", NULL);

  assert_int_equal (run.code, 1);
  assert_true (g_str_has_prefix (run.out, "Usage: scanstate "));
  cli_test_has (help.out, "usmtutils");
}

#define usmt_test(function) cmocka_unit_test_setup_teardown (function, setup, teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    usmt_test (test_the_lines_of_the_field_move_a_computer),
    usmt_test (test_the_same_line_takes_an_offline_system),
    usmt_test (test_readers_of_the_logs_find_what_they_look_for),
    usmt_test (test_a_log_is_added_to_and_named_after_its_tool),
    usmt_test (test_the_console_tells_phases_and_the_code),
    usmt_test (test_an_answer_may_come_through_a_pipe),
    usmt_test (test_a_store_on_two_volumes_goes_as_one),
    usmt_test (test_somebody_elses_store_needs_root),
    usmt_test (test_logs_that_cannot_be_made_have_codes_of_their_own),
    usmt_test (test_nothing_is_written_into_a_store_from_outside),
    usmt_test (test_a_log_follows_no_link_of_somebody_else),
    usmt_test (test_help_is_shown_without_a_log),
    cmocka_unit_test (test_the_tools_are_verbs_of_mooring_too),
  };

  return cmocka_run_group_tests_name ("cli/usmt", tests, NULL, NULL);
}
