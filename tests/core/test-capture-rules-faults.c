/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A capture by rule files, and its verification, with call number N failing. */

#include "jobs-fixture.h"

#include "faulty-sys.h"

#include <string.h>
#include <unistd.h>

/* Folders that are only passed through, in homes and outside. */
static const char rules_text[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<migration urlid=\"http://example.org/faults\">"
    "<component type=\"Documents\" context=\"UserAndSystem\"><displayName>Test</displayName>"
    "<role role=\"Data\"><rules context=\"User\"><include><objectSet>"
    "<pattern type=\"File\">%USERPROFILE%\\* [*.ogg]</pattern>"
    "<pattern type=\"File\">%USERPROFILE%\\Documents\\old\\* [*]</pattern>"
    "</objectSet></include></rules><rules context=\"System\"><include><objectSet>"
    "<pattern type=\"File\">/srv/* [*.html]</pattern>"
    "</objectSet></include></rules></role></component></migration>";

static JobsFixture *
fixture_new (char **out_members)
{
  JobsFixture *fixture = jobs_fixture_new ("tmpfs", 0);
  g_autofree char *path = g_build_filename (fixture->dir, "test.xml", NULL);

  moor_test_write (fixture->dir, "test.xml", rules_text);
  jobs_write (fixture, "home/bob/a/b/c/deep.ogg", "la", JOBS_BOB);
  jobs_write (fixture, "home/bob/a/b/nothing.txt", "no", JOBS_BOB);
  *out_members = g_strdup_printf ("\"threads\":1,\"resume\":true,\"rules\":[\"%s\"]", path);
  return fixture;
}

static void
set_fault (JobsFixture *fixture, guint n)
{
  fault.n_calls = 0;
  fault.fail_at = n;
  fault.errnum = EIO;
  fixture->sys = n > 0 ? &faulty_sys : NULL;
}

static gboolean
has_root (void)
{
  if (geteuid () == 0)
    return TRUE;
  moor_test_skip ("only root captures what is outside homes");
  return FALSE;
}

/* What the store of a capture that nothing disturbs looks like. */
static char *
picture_undisturbed (void)
{
  g_autofree char *members = NULL;
  JobsFixture *fixture = fixture_new (&members);
  g_autofree char *tree = g_build_filename (fixture->store, "tree", NULL);
  char *picture;

  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", members);
  picture = jobs_tree (tree, NULL, JOBS_TREE_NO_ROOT);
  jobs_fixture_free (fixture);
  return picture;
}

/* Names, kinds and sizes; each fixture has its own times. */
static char *
names_of (const char *picture)
{
  g_auto(GStrv) lines = g_strsplit (picture, "\n", -1);
  GString *names = g_string_new (NULL);

  for (char **line = lines; *line != NULL; line++)
    {
      char *space = strchr (*line, ' ');

      if (space != NULL)
        g_string_append_printf (names, "%.*s\n", (int) (space - *line + 7), *line);
    }
  return g_string_free (names, FALSE);
}

static void
test_a_capture_by_rules_survives_faults (void **state)
{
  g_autofree char *undisturbed = NULL;
  g_autofree char *expected = NULL;
  guint n = 0;
  gboolean reached = TRUE;

  if (!has_root ())
    return;
  undisturbed = picture_undisturbed ();
  expected = names_of (undisturbed);
  while (reached)
    {
      g_autofree char *members = NULL;
      JobsFixture *fixture = fixture_new (&members);
      g_autofree char *tree = g_build_filename (fixture->store, "tree", NULL);
      g_autofree char *picture = NULL;
      g_autofree char *names = NULL;

      n++;
      set_fault (fixture, n);
      (void) jobs_try (fixture, "capture", members, NULL);
      reached = fault.n_calls >= n;
      set_fault (fixture, 0);
      jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", members);
      jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", NULL);
      picture = jobs_tree (tree, NULL, JOBS_TREE_NO_ROOT);
      names = names_of (picture);
      if (!g_str_equal (names, expected))
        fail_msg ("with call %u failing the store became\n%s", n, names);
      jobs_fixture_free (fixture);
    }
  assert_true (n > 50);
}

static void
test_a_fault_hides_nothing_that_rules_select (void **state)
{
  static const char *const added[] = { "home/bob/a/b/new/song.ogg", "srv/other/new.html" };

  if (!has_root ())
    return;
  for (gsize i = 0; i < G_N_ELEMENTS (added); i++)
    {
      g_autofree char *members = NULL;
      JobsFixture *fixture = fixture_new (&members);
      guint n = 0;

      jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", members);
      jobs_write (fixture, added[i], "saved since", JOBS_BOB);
      do
        {
          set_fault (fixture, ++n);
          if (jobs_try (fixture, "verify", NULL, NULL) == MOOR_EXIT_COMPLETE)
            fail_msg ("with call %u failing nobody saw %s", n, added[i]);
        }
      while (fault.n_calls >= n);
      set_fault (fixture, 0);
      jobs_fixture_free (fixture);
    }
}

/* What nobody has any more may be the last that is below a folder on the way. */
static void
test_a_fault_leaves_nothing_in_a_store_without_a_word (void **state)
{
  gboolean reached = TRUE;
  guint n = 0;

  if (!has_root ())
    return;
  while (reached)
    {
      g_autofree char *members = NULL;
      JobsFixture *fixture = fixture_new (&members);
      gboolean stays;

      jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", members);
      jobs_remove (fixture, "home/bob/a/b/c/deep.ogg");
      set_fault (fixture, ++n);
      stays = jobs_try (fixture, "capture", members, NULL) == MOOR_EXIT_COMPLETE
              && moor_test_exists (fixture->store, "tree/home/bob/a/b/c/deep.ogg");
      reached = fault.n_calls >= n;
      set_fault (fixture, 0);
      if (stays)
        fail_msg ("with call %u failing nobody was told of what stays in the store", n);
      jobs_fixture_free (fixture);
    }
  assert_true (n > 50);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_a_capture_by_rules_survives_faults),
    cmocka_unit_test (test_a_fault_hides_nothing_that_rules_select),
    cmocka_unit_test (test_a_fault_leaves_nothing_in_a_store_without_a_word),
  };

  return cmocka_run_group_tests_name ("jobs/capture-rules-faults", tests, NULL, NULL);
}
