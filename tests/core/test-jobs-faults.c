/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Every job with its call number N failing, and with the process dying at call
 * number N.  Each run is a process of its own, which tells over shared memory how
 * many calls it made; the parent has no threads and only looks. */

#include "rules-restore.h"

#include "faulty-sys.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define DIED 77

/* Written by the child, read by the parent after its end. */
typedef struct
{
  guint n_calls; /* (atomic) */
  char message[512];
} Shared;

static Shared *shared;
static gboolean had_exceptions; /* the run that was disturbed said so */

/* What a job finds, and how it has to leave things. */
typedef struct
{
  const char *operation;
  const char *members;
  char *(*prepare) (JobsFixture *fixture);
  void (*check) (JobsFixture *fixture, const char *before);
  gboolean gives_up; /* all but the homes */
} Case;

static guint
count_call (void)
{
  return __atomic_add_fetch (&shared->n_calls, 1, __ATOMIC_SEQ_CST);
}

static void
count_cb (const char *call)
{
  if (count_call () == fault.fail_at && g_getenv ("MOOR_TEST_VERBOSE") != NULL)
    print_message ("call %u is %s\n", fault.fail_at, call);
}

/* Where several threads count, one of them comes to it. */
static void
die_cb (const char *call)
{
  if (count_call () >= fault.fail_at && fault.fail_at > 0)
    _exit (DIED);
}

static void
run_here (JobsFixture *fixture, const char *operation, const char *members)
{
  g_autoptr(JsonObject) result = NULL;
  MoorExit code = jobs_try (fixture, operation, members, &result);

  g_strlcpy (shared->message, fixture->message, sizeof shared->message);
  for (guint i = 0; i < fixture->issues->len && i < 3; i++)
    {
      const MoorIssue *issue = g_ptr_array_index (fixture->issues, i);

      g_strlcat (shared->message, "; ", sizeof shared->message);
      g_strlcat (shared->message, issue->path, sizeof shared->message);
      g_strlcat (shared->message, ": ", sizeof shared->message);
      g_strlcat (shared->message, issue->action, sizeof shared->message);
    }
  _exit ((int) code);
}

/* A file system without a UUID goes by its type and its number. */
static char *
name_volume (const JobsFixture *fixture)
{
  struct stat st;

  assert_int_equal (stat (fixture->root, &st), 0);
  return g_strdup_printf ("tmpfs-%u:%u", major (st.st_dev), minor (st.st_dev));
}

/* Members of a request may name what is in the fixture's folder: "@DIR@". */
static char *
complete_members (const JobsFixture *fixture, const char *members)
{
  g_autofree char *consent = name_volume (fixture);
  GString *all = g_string_new (members);

  g_string_append_printf (all, "%s\"threads\":1,\"consent\":\"%s\"", members != NULL ? "," : "",
                          consent);
  g_string_replace (all, "@DIR@", fixture->dir, 0);
  return g_string_free (all, FALSE);
}

/* Runs a request in a child; 0 for @fail_at lets it be.  Returns the exit code. */
static int
run (JobsFixture *fixture, const char *operation, const char *members, guint fail_at, gboolean dies)
{
  g_autofree char *all = complete_members (fixture, members);
  int status;
  pid_t pid;

  memset (shared, 0, sizeof *shared);
  fflush (NULL);
  pid = fork ();
  assert_true (pid >= 0);
  if (pid == 0)
    {
      fault.fail_at = fail_at;
      fault.errnum = EIO;
      fault.before = dies ? die_cb : count_cb;
      fixture->sys = &faulty_sys;
      run_here (fixture, operation, all);
    }
  assert_int_equal (waitpid (pid, &status, 0), pid);
  if (!WIFEXITED (status))
    fail_msg ("%s with call %u failing was killed by signal %d", operation, fail_at,
              WTERMSIG (status));
  return WEXITSTATUS (status);
}

static void
must (JobsFixture *fixture, const char *operation, const char *members)
{
  int code = run (fixture, operation, members, 0, FALSE);

  if (code != 0)
    fail_msg ("%s %s ended with %d: %s", operation, members != NULL ? members : "", code,
              shared->message);
}

static char *
picture_of_homes (const JobsFixture *fixture, const char *below_root)
{
  g_autofree char *path = jobs_path (fixture, below_root);

  return jobs_tree (path, "alice/.cache", JOBS_TREE_INODES | JOBS_TREE_NO_ROOT);
}

static char *
prepare_capture (JobsFixture *fixture)
{
  return picture_of_homes (fixture, "home");
}

static void
check_capture (JobsFixture *fixture, const char *before)
{
  g_autofree char *after = picture_of_homes (fixture, "home");
  g_autofree char *kept = picture_of_homes (fixture, "StateStore/s1/tree/home");

  jobs_assert_trees (before, after);
  jobs_assert_trees (before, kept);
  must (fixture, "verify", NULL);
}

static char *
prepare_set_aside (JobsFixture *fixture)
{
  must (fixture, "capture", NULL);
  return jobs_tree (fixture->root, "StateStore", JOBS_TREE_INODES | JOBS_TREE_NO_ROOT);
}

static void
check_set_aside (JobsFixture *fixture, const char *before)
{
  g_autofree char *old = jobs_path (fixture, "StateStore/s1/old-system");
  g_autofree char *after = jobs_tree (old, "StateStore", JOBS_TREE_INODES | JOBS_TREE_NO_ROOT);
  g_autofree char *left = jobs_tree (fixture->root, "StateStore", JOBS_TREE_NO_ROOT);

  jobs_assert_trees (before, after);
  assert_string_equal (left, "");
}

/* The new system has people's accounts, and alice has begun to work. */
static char *
prepare_restore (JobsFixture *fixture)
{
  char *before = picture_of_homes (fixture, "home");

  must (fixture, "capture", NULL);
  must (fixture, "set-aside", NULL);
  jobs_unpack_image (fixture);
  jobs_add_people (fixture);
  jobs_write (fixture, "home/bob/today", "today", JOBS_BOB);
  return before;
}

/* The line about a folder without its time, which a run may have told that it
 * could not set. */
static char *
without_time (const char *line)
{
  g_auto(GStrv) words = g_strsplit (line, " ", 4);

  return g_strv_length (words) == 4 && strchr (line, '#') == NULL
             ? g_strjoin (" ", words[0], words[1], words[2], NULL)
             : g_strdup (line);
}

/* But for what was there, and the times of folders that hold both. */
static void
check_restore (JobsFixture *fixture, const char *before)
{
  g_autofree char *today = moor_test_read (fixture->root, "home/bob/today");
  g_auto(GStrv) lines = g_strsplit (before, "\n", -1);
  g_autofree char *after = NULL;

  assert_string_equal (today, "today");
  must (fixture, "verify", NULL);
  jobs_remove (fixture, "home/bob/today");
  after = picture_of_homes (fixture, "home");
  for (char **line = lines; *line != NULL; line++)
    {
      g_autofree char *expected = had_exceptions ? without_time (*line) : g_strdup (*line);

      if (!g_str_has_prefix (*line, "bob ") && strstr (after, expected) == NULL)
        fail_msg ("not as before: %s", *line);
    }
}

#define WITH_RULES "\"rules\":[\"@DIR@/test.xml\"]"

/* Files of the system and of people, some of which go elsewhere, some of which replace
 * others, and some of which go for good. */
static char *
prepare_rules (JobsFixture *fixture)
{
  static const char components[] = COMPONENT (
      "System", "System",
      INCLUDE ("/data/* [*]") MERGE ("SourcePriority()", "/data/* [*]") CLEAN ("/data/* [*.old]"))
      COMPONENT ("User", "User",
                 INCLUDE ("%USERPROFILE%/* [*]") INCLUDE ("/Drafts/* [*]")
                     MOVE ("RelativeMove('/Drafts','%CSIDL_PERSONAL%')", "/Drafts/* [*]")
                         MOVE ("RelativeMove('%CSIDL_MYPICTURES%','/srv/pictures')",
                               "%CSIDL_MYPICTURES%/* [*]"));

  jobs_write (fixture, "data/one", "source one", 0);
  jobs_write (fixture, "data/sub/two", "source two", 0);
  jobs_write (fixture, "Drafts/plan", "plan", 0);
  g_free (rules_members (fixture, components, NULL));
  must (fixture, "capture", WITH_RULES);
  must (fixture, "set-aside", NULL);
  jobs_unpack_image (fixture);
  jobs_add_people (fixture);
  jobs_write (fixture, "data/one", "destination one", 0);
  jobs_write (fixture, "data/three.old", "destination three", 0);
  jobs_write (fixture, "home/bob/today", "today", JOBS_BOB);
  return jobs_tree (fixture->root, "StateStore", JOBS_TREE_INODES);
}

static guint
count_files (const JobsFixture *fixture, const char *below_root)
{
  g_autofree char *path = jobs_path (fixture, below_root);
  g_autoptr(GDir) dir = g_dir_open (path, 0, NULL);
  guint n = 0;

  assert_non_null (dir);
  while (g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

static void
check_rules (JobsFixture *fixture, const char *before)
{
  rules_assert_holds (fixture, "data/one", "source one");
  rules_assert_holds (fixture, "data/sub/two", "source two");
  rules_assert_holds (fixture, "home/alice/Documents/plan", "plan");
  rules_assert_holds (fixture, "home/bob/Documents/plan", "plan");
  rules_assert_holds (fixture, "srv/pictures/a.jpg", "picture");
  rules_assert_holds (fixture, "home/alice/Documents/letter.txt", "Dear Bob");
  rules_assert_holds (fixture, "home/bob/today", "today");
  /* Nothing is there twice, whatever was disturbed. */
  if (!had_exceptions)
    {
      assert_int_equal (count_files (fixture, "data"), 2);
      assert_int_equal (count_files (fixture, "srv/pictures"), 2);
      assert_int_equal (count_files (fixture, "home/bob/Documents"), 1);
    }
  must (fixture, "verify", NULL);
}

static char *
prepare_undo_of_rules (JobsFixture *fixture)
{
  g_free (prepare_rules (fixture));
  must (fixture, "restore", WITH_RULES);
  return NULL;
}

static void
check_undo_of_rules (JobsFixture *fixture, const char *before)
{
  rules_assert_holds (fixture, "data/one", "destination one");
  rules_assert_holds (fixture, "data/three.old", "destination three");
  rules_assert_holds (fixture, "home/bob/today", "today");
}

static char *
prepare_undo (JobsFixture *fixture)
{
  char *before;

  g_free (prepare_restore (fixture));
  before = picture_of_homes (fixture, "home");

  must (fixture, "restore", NULL);
  return before;
}

/* Where nobody has begun to work, the store's own trees become the homes. */
static char *
prepare_undo_of_move (JobsFixture *fixture)
{
  char *before;

  must (fixture, "capture", NULL);
  must (fixture, "set-aside", NULL);
  jobs_unpack_image (fixture);
  jobs_add_people (fixture);
  before = picture_of_homes (fixture, "home");
  must (fixture, "restore", "\"move\":true");
  return before;
}

static void
check_undo (JobsFixture *fixture, const char *before)
{
  g_autofree char *after = picture_of_homes (fixture, "home");

  jobs_assert_trees (before, after);
}

static char *
prepare_rollback (JobsFixture *fixture)
{
  char *before;

  must (fixture, "capture", NULL);
  before = jobs_tree (fixture->root, "StateStore/s1", JOBS_TREE_INODES);
  must (fixture, "set-aside", NULL);
  jobs_unpack_image (fixture);
  jobs_add_people (fixture);
  must (fixture, "restore", NULL);
  return before;
}

static void
check_rollback (JobsFixture *fixture, const char *before)
{
  g_autofree char *after = jobs_tree (fixture->root, "StateStore/s1", JOBS_TREE_INODES);

  jobs_assert_trees (before, after);
  must (fixture, "verify", NULL);
}

static char *
prepare_accept (JobsFixture *fixture)
{
  g_free (prepare_rollback (fixture));
  return picture_of_homes (fixture, "home");
}

/* Nothing is left of the store, and everything of the homes. */
static void
check_gone (JobsFixture *fixture, const char *before)
{
  g_autofree char *after = picture_of_homes (fixture, "home");

  jobs_assert_trees (before, after);
  assert_false (moor_test_exists (fixture->store, ""));
}

static char *
prepare_delete (JobsFixture *fixture)
{
  must (fixture, "capture", NULL);
  return picture_of_homes (fixture, "home");
}

#define CASE(operation_, members_, prepare_, check_, gives_up_) \
  { \
    .operation = operation_, .members = members_, .prepare = prepare_, .check = check_, \
    .gives_up = gives_up_ \
  }

static const Case capture =
    CASE ("capture", "\"resume\":true", prepare_capture, check_capture, FALSE);
static const Case set_aside = CASE ("set-aside", NULL, prepare_set_aside, check_set_aside, FALSE);
static const Case restore = CASE ("restore", NULL, prepare_restore, check_restore, FALSE);
static const Case move = CASE ("restore", "\"move\":true", prepare_restore, check_restore, FALSE);
static const Case rules = CASE ("restore", WITH_RULES, prepare_rules, check_rules, FALSE);
static const Case undo_of_rules =
    CASE ("undo", NULL, prepare_undo_of_rules, check_undo_of_rules, FALSE);
static const Case undo = CASE ("undo", NULL, prepare_undo, check_undo, FALSE);
static const Case undo_of_move = CASE ("undo", NULL, prepare_undo_of_move, check_undo, FALSE);
static const Case rollback = CASE ("rollback", NULL, prepare_rollback, check_rollback, FALSE);
static const Case accept = CASE ("accept", NULL, prepare_accept, check_gone, TRUE);
static const Case delete = CASE ("delete", NULL, prepare_delete, check_gone, TRUE);

/* One round: returns whether the call was reached. */
static gboolean
disturb (const Case *one, guint n, gboolean dies)
{
  JobsFixture *fixture = jobs_fixture_new ("tmpfs", 0);
  g_autofree char *before = one->prepare (fixture);
  g_autofree char *precious = jobs_path (fixture, one->gives_up ? "home" : "");
  g_autoptr(GHashTable) inodes = jobs_inodes (precious);
  int code = run (fixture, one->operation, one->members, n, dies);
  gboolean reached = shared->n_calls >= n;

  had_exceptions = code == MOOR_EXIT_EXCEPTIONS;
  jobs_assert_inodes_have_names (inodes, fixture->root);
  if (reached && !dies && g_getenv ("MOOR_TEST_VERBOSE") != NULL)
    print_message ("%s %u: %d %s\n", one->operation, n, code, shared->message);
  if (!reached)
    assert_int_equal (code, 0);
  else if (dies)
    assert_int_equal (code, DIED);
  /* What ended as if nothing had been has to be as if nothing had been. */
  if (code == 0)
    one->check (fixture, before);
  else
    {
      must (fixture, one->operation, one->members);
      jobs_assert_inodes_have_names (inodes, fixture->root);
      one->check (fixture, before);
    }
  jobs_fixture_free (fixture);
  return reached;
}

/* At every @stride-th call, or at every one when MOOR_TEST_EVERY_CALL is set. */
static void
disturb_all (const Case *one, gboolean dies, guint stride)
{
  guint n = 1;

  while (disturb (one, n, dies))
    n += g_getenv ("MOOR_TEST_EVERY_CALL") != NULL ? 1 : stride;
  assert_true (n > 5);
}

static void
test_a_capture_survives_faults (void **state)
{
  disturb_all (&capture, FALSE, 3);
}

static void
test_a_capture_survives_its_death (void **state)
{
  disturb_all (&capture, TRUE, 5);
}

static void
test_a_set_aside_survives_faults (void **state)
{
  disturb_all (&set_aside, FALSE, 3);
}

static void
test_a_set_aside_survives_its_death (void **state)
{
  disturb_all (&set_aside, TRUE, 5);
}

static void
test_a_restore_survives_faults (void **state)
{
  disturb_all (&restore, FALSE, 4);
}

static void
test_a_restore_survives_its_death (void **state)
{
  disturb_all (&restore, TRUE, 6);
}

static void
test_a_restore_by_rules_survives_faults (void **state)
{
  disturb_all (&rules, FALSE, 5);
}

static void
test_a_restore_by_rules_survives_its_death (void **state)
{
  disturb_all (&rules, TRUE, 7);
}

static void
test_an_undo_by_rules_survives_faults (void **state)
{
  disturb_all (&undo_of_rules, FALSE, 2);
}

static void
test_an_undo_by_rules_survives_its_death (void **state)
{
  disturb_all (&undo_of_rules, TRUE, 3);
}

static void
test_a_move_survives_faults (void **state)
{
  disturb_all (&move, FALSE, 5);
}

static void
test_a_move_survives_its_death (void **state)
{
  disturb_all (&move, TRUE, 7);
}

static void
test_an_undo_survives_faults (void **state)
{
  disturb_all (&undo, FALSE, 1);
}

static void
test_an_undo_survives_its_death (void **state)
{
  disturb_all (&undo, TRUE, 1);
}

static void
test_an_undo_of_a_move_survives_faults (void **state)
{
  disturb_all (&undo_of_move, FALSE, 1);
}

static void
test_an_undo_of_a_move_survives_its_death (void **state)
{
  disturb_all (&undo_of_move, TRUE, 1);
}

static void
test_a_roll_back_survives_faults (void **state)
{
  disturb_all (&rollback, FALSE, 4);
}

static void
test_a_roll_back_survives_its_death (void **state)
{
  disturb_all (&rollback, TRUE, 6);
}

static void
test_an_accept_survives_faults (void **state)
{
  disturb_all (&accept, FALSE, 3);
}

static void
test_an_accept_survives_its_death (void **state)
{
  disturb_all (&accept, TRUE, 5);
}

static void
test_a_delete_survives_faults (void **state)
{
  disturb_all (&delete, FALSE, 2);
}

static void
test_a_delete_survives_its_death (void **state)
{
  disturb_all (&delete, TRUE, 4);
}

/* Whatever cannot be looked at, a verification never says that all is well. */
static void
test_a_fault_hides_no_difference (void **state)
{
  static const char *const changed[] = { "home/alice/Documents/old/new", "home/bob/music/song.ogg",
                                         "home/alice/data" };

  for (gsize i = 0; i < G_N_ELEMENTS (changed); i++)
    {
      JobsFixture *fixture = jobs_fixture_new ("tmpfs", 0);
      guint n = 0;

      must (fixture, "capture", NULL);
      jobs_write (fixture, changed[i], "saved since", JOBS_ALICE);
      do
        {
          int code = run (fixture, "verify", NULL, ++n, FALSE);

          if (code == 0)
            fail_msg ("nobody noticed %s with call %u failing", changed[i], n);
        }
      while (shared->n_calls >= n);
      assert_true (n > 20);
      jobs_fixture_free (fixture);
    }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_a_capture_survives_faults),
    cmocka_unit_test (test_a_capture_survives_its_death),
    cmocka_unit_test (test_a_set_aside_survives_faults),
    cmocka_unit_test (test_a_set_aside_survives_its_death),
    cmocka_unit_test (test_a_restore_survives_faults),
    cmocka_unit_test (test_a_restore_survives_its_death),
    cmocka_unit_test (test_a_restore_by_rules_survives_faults),
    cmocka_unit_test (test_a_restore_by_rules_survives_its_death),
    cmocka_unit_test (test_an_undo_by_rules_survives_faults),
    cmocka_unit_test (test_an_undo_by_rules_survives_its_death),
    cmocka_unit_test (test_a_move_survives_faults),
    cmocka_unit_test (test_a_move_survives_its_death),
    cmocka_unit_test (test_an_undo_survives_faults),
    cmocka_unit_test (test_an_undo_survives_its_death),
    cmocka_unit_test (test_an_undo_of_a_move_survives_faults),
    cmocka_unit_test (test_an_undo_of_a_move_survives_its_death),
    cmocka_unit_test (test_a_roll_back_survives_faults),
    cmocka_unit_test (test_a_roll_back_survives_its_death),
    cmocka_unit_test (test_an_accept_survives_faults),
    cmocka_unit_test (test_an_accept_survives_its_death),
    cmocka_unit_test (test_a_delete_survives_faults),
    cmocka_unit_test (test_a_delete_survives_its_death),
    cmocka_unit_test (test_a_fault_hides_no_difference),
  };

  if (geteuid () != 0)
    {
      print_message ("skipped: jobs on whole systems are root's\n");
      return 77;
    }
  shared = mmap (NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  g_assert (shared != MAP_FAILED);
  return cmocka_run_group_tests_name ("core/jobs-faults", tests, NULL, NULL);
}
