/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs-fixture.h"

#include <string.h>
#include <unistd.h>

/* Captures by rule files of a system that has more than one volume. */

/* Writes a rule file that takes @include in System context; returns a request's members. */
static char *
with_rule (const JobsFixture *fixture, const char *include, const char *more)
{
  g_autofree char *path = g_build_filename (fixture->dir, "test.xml", NULL);
  g_autofree char *xml = g_strdup_printf (
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<migration urlid=\"http://example.org/test\">"
      "<component type=\"Documents\" context=\"System\"><displayName>Test</displayName>"
      "<role role=\"Data\"><rules context=\"System\"><include><objectSet>"
      "<pattern type=\"File\">%s</pattern>"
      "</objectSet></include></rules></role></component></migration>\n",
      include);

  moor_test_write (fixture->dir, "test.xml", xml);
  return g_strdup_printf ("\"rules\":[\"%s\"]%s%s", path, more != NULL ? "," : "",
                          more != NULL ? more : "");
}

/* A volume of the system's, mounted at /usb. */
static gboolean
add_volume (JobsFixture *fixture, const char *fs_type, MoorTestVolume *volume)
{
  if (moor_test_can_mount (fs_type)
      && moor_test_volume_new (fixture->root, "usb", fs_type, 40, volume))
    return TRUE;
  moor_test_skip ("volumes cannot be made or mounted here");
  return FALSE;
}

static void
test_copies_of_two_volumes_do_not_meet (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *members = with_rule (fixture, "/* [*.plan]", "\"method\":\"copy\"");
  g_autofree char *resume = g_strconcat (members, ",\"resume\":true", NULL);
  MoorTestVolume usb;
  g_autoptr(JsonObject) first = NULL;
  g_autoptr(JsonObject) again = NULL;
  g_autofree char *one = NULL;
  g_autofree char *other = NULL;

  if (!add_volume (fixture, "ext4", &usb))
    return;
  g_free (fixture->store);
  fixture->store = g_build_filename (usb.mount_point, "StateStore", NULL);
  jobs_write (fixture, "srv/x.plan", "of the system", 0);
  jobs_write (fixture, "usb/srv/x.plan", "of the other volume", 0);
  first = jobs_run (fixture, MOOR_EXIT_COMPLETE, "capture", members);
  assert_int_equal (jobs_number (first, "files"), 2);
  assert_int_equal (jobs_number (first, "superseded"), 0);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", "\"content\":true");

  again = jobs_run (fixture, MOOR_EXIT_COMPLETE, "capture", resume);
  assert_int_equal (jobs_number (again, "superseded"), 0);
  assert_int_equal (jobs_number (again, "files"), 2);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", "\"content\":true");

  jobs_remove (fixture, "srv/x.plan");
  jobs_remove (fixture, "usb/srv/x.plan");
  jobs_must (fixture, MOOR_EXIT_EXCEPTIONS, "restore", NULL);
  one = moor_test_read (fixture->root, "srv/x.plan");
  other = moor_test_read (fixture->root, "usb/srv/x.plan");
  assert_string_equal (one, "of the system");
  assert_string_equal (other, "of the other volume");
  moor_test_volume_free (&usb);
}

static void
test_homes_that_are_left_out_are_no_part_of_the_system (void **state)
{
  static const char *const ways[] = { "\"users\":[\"alice\"]",
                                      "\"exclude-users\":[\"bob\"],\"users\":[\"*\"]" };

  for (gsize i = 0; i < G_N_ELEMENTS (ways); i++)
    {
      JobsFixture *fixture = *state;
      g_autofree char *members = with_rule (fixture, "/* [*.doc]", ways[i]);
      g_autoptr(JsonObject) estimated = NULL;
      g_autoptr(JsonObject) captured = NULL;

      if (geteuid () != 0)
        {
          moor_test_skip ("only root captures what is outside homes");
          return;
        }
      jobs_write (fixture, "srv/all.doc", "of all", 0);
      jobs_write (fixture, "home/alice/own.doc", "of alice", JOBS_ALICE);
      jobs_write (fixture, "home/bob/own.doc", "of bob", JOBS_BOB);
      estimated = jobs_run (fixture, MOOR_EXIT_COMPLETE, "estimate", members);
      assert_true (jobs_has_issue (fixture, MOOR_CAUSE_EXCLUDED, "/home/bob"));
      assert_int_equal (jobs_number (json_object_get_object_member (estimated, "totals"), "files"),
                        2);
      captured = jobs_run (fixture, MOOR_EXIT_COMPLETE, "capture", members);
      assert_int_equal (jobs_number (captured, "files"), 2);
      assert_true (jobs_has_issue (fixture, MOOR_CAUSE_EXCLUDED, "/home/bob"));
      assert_false (jobs_has_issue (fixture, MOOR_CAUSE_EXCLUDED, "/home/alice"));
      jobs_write (fixture, "home/bob/new/later.doc", "of bob", JOBS_BOB);
      jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", NULL);
      jobs_must (fixture, MOOR_EXIT_COMPLETE, "delete", "\"even-last-copies\":true");
    }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_homes_that_are_left_out_are_no_part_of_the_system,
                                     jobs_setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_copies_of_two_volumes_do_not_meet, jobs_setup,
                                     jobs_teardown),
  };

  return cmocka_run_group_tests_name ("core/capture-rules-volumes", tests, NULL, NULL);
}
