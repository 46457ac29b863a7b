/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs-fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

/* Captures by rule files: what is taken, what is made on the way, what a verification
 * makes of it. */

#define COMPONENT(context, rules) \
  "<component type=\"Documents\" context=\"" context "\"><displayName>Test</displayName>" \
  "<role role=\"Data\"><rules context=\"" context "\">" rules "</rules></role></component>"
#define INCLUDE(pattern) \
  "<include><objectSet><pattern type=\"File\">" pattern "</pattern></objectSet></include>"
#define EXCLUDE(pattern) \
  "<exclude><objectSet><pattern type=\"File\">" pattern "</pattern></objectSet></exclude>"

/* Writes a rule file and returns the members of a request that names it. */
static char *
with_rules (JobsFixture *fixture, const char *components, const char *more)
{
  g_autofree char *path = g_build_filename (fixture->dir, "test.xml", NULL);
  g_autofree char *xml = g_strdup_printf ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                                          "<migration urlid=\"http://example.org/test\">%s"
                                          "</migration>\n",
                                          components);

  moor_test_write (fixture->dir, "test.xml", xml);
  return g_strdup_printf ("\"rules\":[\"%s\"]%s%s", path, more != NULL ? "," : "",
                          more != NULL ? more : "");
}

static char *
in_store (const JobsFixture *fixture, const char *below_root)
{
  const char *below_volume = fixture->volume.mount_point != NULL ? "" : fixture->root;

  return g_build_filename (fixture->store, "tree", below_volume, below_root, NULL);
}

static gboolean
is_stored (const JobsFixture *fixture, const char *below_root)
{
  g_autofree char *path = in_store (fixture, below_root);
  GStatBuf st;

  return g_lstat (path, &st) == 0;
}

static void
assert_same_attributes (const JobsFixture *fixture, const char *below_root)
{
  g_autofree char *source = jobs_path (fixture, below_root);
  g_autofree char *twin = in_store (fixture, below_root);
  struct stat a;
  struct stat b;

  assert_int_equal (lstat (source, &a), 0);
  assert_int_equal (lstat (twin, &b), 0);
  assert_int_equal (a.st_mode, b.st_mode);
  assert_int_equal (a.st_uid, b.st_uid);
  assert_int_equal (a.st_mtim.tv_sec, b.st_mtim.tv_sec);
  assert_int_equal (a.st_mtim.tv_nsec, b.st_mtim.tv_nsec);
}

static JsonObject *
find_profile (JsonObject *result, const char *name)
{
  JsonArray *profiles = json_object_get_array_member (result, "profiles");

  for (guint i = 0; i < json_array_get_length (profiles); i++)
    {
      JsonObject *profile = json_array_get_object_element (profiles, i);

      if (g_str_equal (json_object_get_string_member (profile, "name"), name))
        return profile;
    }
  return NULL;
}

static void
test_only_what_rules_select_is_captured (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *members = with_rules (
      fixture,
      COMPONENT ("User", INCLUDE ("%CSIDL_MYDOCUMENTS%\\* [*]")
                             EXCLUDE ("%CSIDL_MYDOCUMENTS%\\old [tax.txt]")
                                 INCLUDE ("%USERPROFILE% [.bashrc]")),
      NULL);
  g_autoptr(JsonObject) result = jobs_run (fixture, MOOR_EXIT_COMPLETE, "capture", members);

  assert_int_equal (jobs_number (result, "files"), 2);
  assert_true (is_stored (fixture, "home/alice/Documents/letter.txt"));
  assert_true (is_stored (fixture, "home/alice/.bashrc"));
  assert_true (is_stored (fixture, "home/alice/Documents/old"));
  assert_false (is_stored (fixture, "home/alice/Documents/old/tax.txt"));
  assert_false (is_stored (fixture, "home/alice/Pictures"));
  assert_false (is_stored (fixture, "home/alice/.cache"));
  assert_false (is_stored (fixture, "home/alice/data"));
  assert_same_attributes (fixture, "home/alice/Documents");
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", NULL);
}

static void
test_folders_are_made_only_on_the_way_to_something (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *members = NULL;
  g_autofree char *deep = jobs_path (fixture, "home/bob/a/b/c");

  jobs_write (fixture, "home/bob/a/b/c/d/e/deep.ogg", "la", JOBS_BOB);
  jobs_write (fixture, "home/bob/empty/of/songs.txt", "none", JOBS_BOB);
  assert_int_equal (chmod (deep, 0751), 0);
  members = with_rules (fixture, COMPONENT ("User", INCLUDE ("%USERPROFILE%\\* [*.ogg]")), NULL);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", members);

  assert_true (is_stored (fixture, "home/bob/music/song.ogg"));
  assert_true (is_stored (fixture, "home/bob/a/b/c/d/e/deep.ogg"));
  assert_false (is_stored (fixture, "home/bob/empty"));
  assert_false (is_stored (fixture, "home/alice/Documents"));
  assert_same_attributes (fixture, "home/bob/a/b/c");
  assert_same_attributes (fixture, "home/bob/a");
  assert_same_attributes (fixture, "home/bob/music");
  assert_same_attributes (fixture, "home/alice");
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", NULL);
}

static void
test_very_deep_folders_on_the_way_are_made (void **state)
{
  JobsFixture *fixture = *state;
  g_autoptr(GString) path = g_string_new ("home/bob");
  g_autofree char *members = NULL;

  for (guint i = 0; i < 100; i++)
    g_string_append (path, "/d");
  g_string_append (path, "/x.ogg");
  jobs_write (fixture, path->str, "la", JOBS_BOB);
  members = with_rules (fixture, COMPONENT ("User", INCLUDE ("%USERPROFILE%\\* [*.ogg]")), NULL);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", members);
  assert_true (is_stored (fixture, path->str));
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", NULL);
}

static void
test_what_rules_select_has_to_be_in_the_store (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *members = with_rules (
      fixture, COMPONENT ("User", INCLUDE ("%USERPROFILE%\\* [*.ogg]")), NULL);
  g_autoptr(JsonObject) result = NULL;

  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", members);
  jobs_write (fixture, "home/bob/new/notes.txt", "nobody asks for it", JOBS_BOB);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", NULL);
  jobs_write (fixture, "home/bob/new/deep/song.ogg", "la", JOBS_BOB);
  result = jobs_run (fixture, MOOR_EXIT_DIFFERENCES, "verify", NULL);
  assert_true (jobs_differs (result, "new/deep/song.ogg", "missing"));
  assert_int_equal (jobs_number (result, "blocking"), 1);
}

static void
test_what_is_outside_homes_is_this_computer (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *members = with_rules (fixture,
                                         COMPONENT ("System", INCLUDE ("\\srv\\* [*]")
                                                                  INCLUDE ("/home/* [*.ogg]")
                                                                      INCLUDE ("/etc [hostname]")),
                                         NULL);
  g_autoptr(JsonObject) result = NULL;
  g_autoptr(JsonObject) shown = NULL;
  g_autoptr(JsonObject) verified = NULL;

  if (geteuid () != 0)
    {
      moor_test_skip ("only root captures what is outside homes");
      return;
    }
  result = jobs_run (fixture, MOOR_EXIT_COMPLETE, "capture", members);
  assert_non_null (find_profile (result, ":system"));
  assert_int_equal (jobs_number (find_profile (result, ":system"), "files"), 2);
  assert_int_equal (jobs_number (find_profile (result, "alice"), "files"), 0);
  /* Whoever's rule it is: what is in a home belongs to that home. */
  assert_int_equal (jobs_number (find_profile (result, "bob"), "files"), 1);
  assert_true (is_stored (fixture, "srv/site/index.html"));
  assert_true (is_stored (fixture, "etc/hostname"));
  assert_false (is_stored (fixture, "home/alice/data"));
  assert_false (is_stored (fixture, "etc/passwd"));
  assert_false (is_stored (fixture, "usr"));
  assert_same_attributes (fixture, "srv/site");

  shown = jobs_run (fixture, MOOR_EXIT_COMPLETE, "store-show", NULL);
  assert_string_equal (json_object_get_string_member (find_profile (shown, ":system"), "home"),
                       "/");
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", NULL);
  jobs_write (fixture, "srv/site/new.html", "new", 0);
  jobs_write (fixture, "etc/unrelated", "new", 0);
  verified = jobs_run (fixture, MOOR_EXIT_DIFFERENCES, "verify", NULL);
  assert_true (jobs_differs (verified, "srv/site/new.html", "missing"));
  assert_int_equal (jobs_number (verified, "blocking"), 1);
}

static void
test_other_fixed_volumes_are_walked_by_themselves (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *members = with_rules (fixture, COMPONENT ("System", INCLUDE ("/data/* [*.txt]")),
                                         NULL);
  MoorTestVolume volume;
  g_autoptr(JsonObject) result = NULL;
  g_autoptr(JsonObject) verified = NULL;

  if (!moor_test_can_mount ("ext4")
      || !moor_test_volume_new (fixture->root, "data", "ext4", 40, &volume))
    {
      moor_test_skip ("ext4 cannot be made or mounted here");
      return;
    }
  moor_test_write (volume.mount_point, "plans/one.txt", "plan");
  moor_test_write (volume.mount_point, "plans/one.tmp", "no plan");
  result = jobs_run (fixture, MOOR_EXIT_COMPLETE, "capture", members);
  assert_non_null (find_profile (result, ":system"));
  assert_int_equal (jobs_number (result, "files"), 1);
  assert_int_equal (jobs_number (result, "linked"), 1);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", NULL);
  moor_test_write (volume.mount_point, "more/two.txt", "plan");
  verified = jobs_run (fixture, MOOR_EXIT_DIFFERENCES, "verify", NULL);
  assert_true (jobs_differs (verified, "more/two.txt", "missing"));
  moor_test_volume_free (&volume);
}

static void
test_volumes_that_no_rule_reaches_are_left_alone (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *members = with_rules (fixture, COMPONENT ("System", INCLUDE ("/srv/* [*]")),
                                         NULL);
  MoorTestVolume volume;
  g_autoptr(JsonObject) result = NULL;
  JsonArray *profiles;
  guint n_systems = 0;

  if (!moor_test_can_mount ("ext4")
      || !moor_test_volume_new (fixture->root, "data", "ext4", 40, &volume))
    {
      moor_test_skip ("ext4 cannot be made or mounted here");
      return;
    }
  result = jobs_run (fixture, MOOR_EXIT_COMPLETE, "capture", members);
  profiles = json_object_get_array_member (result, "profiles");
  for (guint i = 0; i < json_array_get_length (profiles); i++)
    n_systems += g_str_equal (
        json_object_get_string_member (json_array_get_object_element (profiles, i), "name"),
        ":system");
  assert_int_equal (n_systems, 1);
  assert_false (moor_test_exists (volume.mount_point, "StateStore"));
  moor_test_volume_free (&volume);
}

static int
failing_statx (int dfd, const char *path, int flags, unsigned int mask, struct statx *stx)
{
  if (g_str_equal (path, "song.ogg") && (mask & STATX_BTIME) != 0)
    {
      errno = EIO;
      return -1;
    }
  return moor_sys_posix ()->statx (dfd, path, flags, mask, stx);
}

/* What a rule leaves out is told to nobody, so a filter must not leave out what fails. */
static void
test_what_a_filter_cannot_look_at_is_told (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *members = with_rules (
      fixture,
      COMPONENT ("User",
                 "<include filter='MigXmlHelper.FileProperties(\"filesize\",\"gt\",\"1GB\")'>"
                 "<objectSet><pattern type=\"File\">%USERPROFILE%\\* [*.ogg]</pattern>"
                 "</objectSet></include>"),
      NULL);
  MoorSys sys = *moor_sys_posix ();
  g_autoptr(JsonObject) result = NULL;

  sys.statx = failing_statx;
  fixture->sys = &sys;
  result = jobs_run (fixture, MOOR_EXIT_EXCEPTIONS, "capture", members);
  fixture->sys = NULL;
  assert_int_equal (json_array_get_length (json_object_get_array_member (result, "causes")), 1);
}

static void
test_what_is_mounted_is_told_and_no_difference (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *members = with_rules (fixture, COMPONENT ("System", INCLUDE ("/srv/* [*]")),
                                         NULL);
  g_autofree char *home = jobs_path (fixture, "home/bob");
  g_autofree char *point = jobs_path (fixture, "srv/mounted");
  g_autofree char *deep = jobs_path (fixture, "srv/new/mounted");
  g_autoptr(JsonObject) verified = NULL;

  if (geteuid () != 0)
    {
      moor_test_skip ("only root captures what is outside homes");
      return;
    }
  assert_int_equal (g_mkdir_with_parents (point, 0755), 0);
  if (mount (home, point, NULL, MS_BIND, NULL) < 0)
    {
      moor_test_skip ("nothing can be mounted here");
      return;
    }
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", members);
  assert_false (is_stored (fixture, "srv/mounted"));
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", NULL);
  assert_int_equal (g_mkdir_with_parents (deep, 0755), 0);
  assert_int_equal (mount (home, deep, NULL, MS_BIND, NULL), 0);
  verified = jobs_run (fixture, MOOR_EXIT_DIFFERENCES, "verify", NULL);
  assert_true (jobs_differs (verified, "srv/new", "missing"));
  assert_int_equal (jobs_number (verified, "blocking"), 1);
  assert_int_equal (umount (deep), 0);
  assert_int_equal (umount (point), 0);
}

static void
test_rules_that_select_nothing_make_an_empty_store (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *members = with_rules (
      fixture, COMPONENT ("UserAndSystem", INCLUDE ("/nowhere/at/all [it]")), NULL);
  g_autoptr(JsonObject) result = jobs_run (fixture, MOOR_EXIT_COMPLETE, "capture", members);

  assert_int_equal (jobs_number (result, "files"), 0);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", NULL);
}

static void
test_a_refreshed_store_keeps_its_rules_and_everybody_s_tree (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *members = with_rules (
      fixture,
      COMPONENT ("System", INCLUDE ("/srv/* [*]")) COMPONENT (
          "User", INCLUDE ("%USERPROFILE%\\* [*.ogg]") INCLUDE ("%USERPROFILE%\\* [*.jpg]")),
      NULL);
  g_autoptr(JsonObject) result = NULL;

  if (geteuid () != 0)
    {
      moor_test_skip ("only root captures what is outside homes");
      return;
    }
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", members);
  jobs_write (fixture, "home/bob/music/more.ogg", "lala", JOBS_BOB);
  jobs_write (fixture, "srv/site/index.html", "saved anew", 0);
  jobs_remove (fixture, "home/alice/Pictures/b.jpg");
  result = jobs_run (fixture, MOOR_EXIT_COMPLETE, "capture", "\"resume\":true");
  assert_int_equal (jobs_number (result, "superseded"), 2);
  assert_true (is_stored (fixture, "home/bob/music/more.ogg"));
  assert_true (is_stored (fixture, "home/alice/Pictures/a.jpg"));
  assert_false (is_stored (fixture, "home/alice/Pictures/b.jpg"));
  assert_false (is_stored (fixture, "home/alice/Documents"));
  assert_same_attributes (fixture, "home/bob/music");
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", NULL);
}

static void
test_a_sealed_store_does_not_pass_for_what_other_rules_ask_for (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *members = with_rules (
      fixture, COMPONENT ("User", INCLUDE ("%USERPROFILE%\\* [*.ogg]")), "\"users\":[\"bob\"]");

  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", members);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", members);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", "\"users\":[\"bob\"]");
  jobs_must (fixture, MOOR_EXIT_REFUSED, "capture", "\"users\":[\"alice\"]");
  jobs_must (fixture, MOOR_EXIT_REFUSED, "capture", NULL);
  g_free (members);
  members = with_rules (fixture, COMPONENT ("User", INCLUDE ("%USERPROFILE%\\* [*]")),
                        "\"users\":[\"bob\"]");
  jobs_must (fixture, MOOR_EXIT_REFUSED, "capture", members);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", NULL);
  g_free (members);
  members = with_rules (fixture, COMPONENT ("User", INCLUDE ("%USERPROFILE%\\* [*]")),
                        "\"resume\":true");
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", members);
  assert_true (is_stored (fixture, "home/alice/data"));
  assert_true (is_stored (fixture, "home/bob/music/song.ogg"));
}

static void
test_without_its_rules_a_store_proves_nothing (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *members = with_rules (
      fixture, COMPONENT ("User", INCLUDE ("%USERPROFILE%\\* [*.ogg]")), NULL);
  g_autofree char *kept = g_build_filename (fixture->store, "rules", "test.xml", NULL);

  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", members);
  assert_int_equal (g_unlink (kept), 0);
  jobs_must (fixture, MOOR_EXIT_REFUSED, "verify", NULL);
  jobs_must (fixture, MOOR_EXIT_REFUSED, "set-aside", NULL);
}

static void
test_a_store_that_lost_track_of_its_rules_proves_nothing (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *deep = g_strnfill (100000, '[');
  g_autofree char *hidden = g_strconcat ("/* \" */", deep, NULL);
  g_autofree char *quoted = g_strconcat ("{'\"':", deep, NULL);
  const char *const damages[] = {
    NULL,
    "",
    "[]",
    "{}",
    "{\"files\":[]}",
    "{\"files\":[\"test.xml\",7]}",
    "{\"files\":[\"test.xml\"],\"config\":7}",
    deep,
    hidden,
    quoted,
  };
  g_autofree char *members = with_rules (
      fixture, COMPONENT ("User", INCLUDE ("%USERPROFILE%\\* [*.ogg]")), NULL);
  g_autofree char *record = g_build_filename (fixture->store, "rules", "variables.json", NULL);

  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", members);
  for (gsize i = 0; i < G_N_ELEMENTS (damages); i++)
    {
      if (damages[i] == NULL)
        assert_int_equal (g_unlink (record), 0);
      else
        moor_test_write (fixture->store, "rules/variables.json", damages[i]);
      jobs_must (fixture, MOOR_EXIT_REFUSED, "verify", NULL);
      jobs_must (fixture, MOOR_EXIT_REFUSED, "set-aside", NULL);
      jobs_must (fixture, MOOR_EXIT_STORE_UNUSABLE, "capture", "\"resume\":true");
    }
  g_free (members);
  members = with_rules (fixture, COMPONENT ("User", INCLUDE ("%USERPROFILE%\\* [*.ogg]")),
                        "\"resume\":true");
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", members);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", NULL);
}

static void
test_rules_that_mean_nothing_here_are_told_and_change_nothing (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *members = with_rules (
      fixture,
      COMPONENT ("User",
                 INCLUDE ("%USERPROFILE%\\* [*.ogg]") "<include><objectSet><pattern "
                                                      "type=\"Registry\">HKCU\\Software\\X\\* "
                                                      "[*]</pattern></objectSet></include>"),
      NULL);
  g_autoptr(JsonObject) result = jobs_run (fixture, MOOR_EXIT_COMPLETE, "capture", members);
  JsonObject *file = json_array_get_object_element (json_object_get_array_member (result, "rules"),
                                                    0);

  assert_int_equal (jobs_number (result, "files"), 1);
  assert_int_equal (jobs_number (file, "components"), 1);
  assert_int_equal (jobs_number (file, "patterns"), 2);
  assert_true (json_array_get_length (json_object_get_array_member (file, "findings")) >= 1);
}

static void
test_a_damaged_rule_file_is_refused_before_anything (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *members = with_rules (fixture, "<component", NULL);

  assert_true (jobs_try (fixture, "capture", members, NULL) != MOOR_EXIT_COMPLETE);
  assert_false (moor_test_exists (fixture->store, ""));
  assert_non_null (strstr (fixture->message, "test.xml"));
}

static void
test_drives_of_rules_are_folders_here (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *drive = g_strdup_printf ("\"drives\":[\"C:=%s\"]", fixture->root);
  g_autofree char *members = with_rules (fixture, COMPONENT ("System", INCLUDE ("C:\\srv\\* [*]")),
                                         drive);

  if (geteuid () != 0)
    {
      moor_test_skip ("only root captures what is outside homes");
      return;
    }
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", members);
  assert_true (is_stored (fixture, "srv/site/index.html"));
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "verify", NULL);
}

static void
test_an_estimate_counts_what_a_capture_takes (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *members = with_rules (
      fixture,
      COMPONENT ("UserAndSystem", INCLUDE ("%USERPROFILE%\\* [*.txt]")
                                      EXCLUDE ("%USERPROFILE%\\Documents\\old\\* [*]")),
      NULL);
  g_autoptr(JsonObject) estimated = jobs_run (fixture, MOOR_EXIT_COMPLETE, "estimate", members);
  g_autoptr(JsonObject) captured = jobs_run (fixture, MOOR_EXIT_COMPLETE, "capture", members);
  JsonObject *totals = json_object_get_object_member (estimated, "totals");

  assert_int_equal (jobs_number (totals, "files"), 2);
  assert_int_equal (jobs_number (captured, "files"), 2);
  assert_int_equal (jobs_number (totals, "directories"), jobs_number (captured, "directories"));
  assert_int_equal (jobs_number (totals, "bytes"), jobs_number (captured, "bytes"));
}

static void
test_another_store_is_not_captured (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *members = with_rules (fixture, COMPONENT ("System", INCLUDE ("\\srv\\* [*]")),
                                         NULL);
  g_autoptr(JsonObject) estimated = NULL;
  g_autoptr(JsonObject) captured = NULL;

  if (geteuid () != 0)
    moor_test_skip ("only root captures what is outside homes");
  jobs_write (fixture, "srv/site/index.html", "site", 0);
  jobs_write (fixture, "srv/backup/MOORING", "marker", 0);
  jobs_write (fixture, "srv/backup/tree/home/alice/letter.txt", "letter", 0);
  estimated = jobs_run (fixture, MOOR_EXIT_COMPLETE, "estimate", members);
  captured = jobs_run (fixture, MOOR_EXIT_COMPLETE, "capture", members);
  assert_true (is_stored (fixture, "srv/site/index.html"));
  assert_false (is_stored (fixture, "srv/backup"));
  assert_int_equal (jobs_number (captured, "files"), 1);
  assert_int_equal (jobs_number (json_object_get_object_member (estimated, "totals"), "files"), 1);
}

/* What is told of alice's home. */
static JsonObject *
unasked_of (JsonObject *result)
{
  JsonArray *unasked = json_object_get_array_member (result, "unasked");

  for (guint i = 0; i < json_array_get_length (unasked); i++)
    {
      JsonObject *home = json_array_get_object_element (unasked, i);

      if (g_str_equal (json_object_get_string_member (home, "profile"), "alice"))
        return home;
    }
  fail_msg ("nothing is told of alice's home");
  return NULL;
}

static void
test_what_no_rule_asks_for_is_told (void **state)
{
  JobsFixture *fixture = *state;
  /* An exclude of a component that does not ask for the object either has no say in it. */
  g_autofree char *members = with_rules (
      fixture,
      COMPONENT ("User", INCLUDE ("%CSIDL_MYDOCUMENTS%\\* [*]") EXCLUDE ("%USERPROFILE%\\* [*]")),
      NULL);
  g_autoptr(JsonObject) estimated = NULL;
  g_autoptr(JsonObject) captured = NULL;
  JsonObject *home;
  JsonArray *examples;

  jobs_write (fixture, "home/alice/Work/plan.txt", "plan", 1001);
  estimated = jobs_run (fixture, MOOR_EXIT_COMPLETE, "estimate", members);
  captured = jobs_run (fixture, MOOR_EXIT_COMPLETE, "capture", members);
  home = unasked_of (estimated);
  examples = json_object_get_array_member (home, "examples");
  assert_true (jobs_number (home, "folders") >= 1);
  assert_true (jobs_number (home, "files") >= 1);
  assert_true (json_array_get_length (examples) >= 1);
  assert_int_equal (jobs_number (unasked_of (captured), "folders"), jobs_number (home, "folders"));
  assert_int_equal (jobs_number (unasked_of (captured), "files"), jobs_number (home, "files"));
}

static void
test_a_dry_run_is_an_estimate (void **state)
{
  JobsFixture *fixture = *state;
  g_autoptr(JsonObject)
                 result = jobs_run (fixture, MOOR_EXIT_COMPLETE, "capture", "\"dry-run\":true");

  assert_non_null (json_object_get_object_member (result, "totals"));
  assert_false (moor_test_exists (fixture->store, ""));
}

static void
test_a_list_names_every_file_that_was_captured (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *list = g_build_filename (fixture->dir, "list.txt", NULL);
  g_autofree char *more = g_strdup_printf ("\"list-files\":\"%s\"", list);
  g_autofree char *members = with_rules (
      fixture, COMPONENT ("User", INCLUDE ("%USERPROFILE%\\* [*.ogg]")), more);
  g_autofree char *content = NULL;

  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", members);
  content = moor_test_read (fixture->dir, "list.txt");
  assert_string_equal (content, "/home/bob/music/song.ogg\n");
}

#define RUN(when, command) \
  "<externalProcess when=\"" when "\"><commandLine>" command "</commandLine></externalProcess>"

static void
test_commands_run_only_when_they_may (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *touched = g_build_filename (fixture->dir, "touched", NULL);
  g_autofree char *rules = g_strdup_printf (
      COMPONENT ("User", INCLUDE ("%%USERPROFILE%%\\* [*.ogg]") RUN ("pre-scan", "touch '%s'")
                             RUN ("post-scan", "no-such-program $HOME | cat")),
      touched);
  g_autofree char *not_allowed = with_rules (fixture, rules, "\"users\":[\"bob\"]");
  g_autofree char *allowed = with_rules (
      fixture, rules, "\"users\":[\"bob\"],\"allow-commands\":true,\"overwrite\":true");
  g_autoptr(JsonObject) first = jobs_run (fixture, MOOR_EXIT_COMPLETE, "capture", not_allowed);
  g_autoptr(JsonObject) second = NULL;
  g_autoptr(JsonObject) third = NULL;
  g_autofree char *file = g_build_filename (fixture->dir, "test.xml", NULL);
  JsonArray *commands = json_object_get_array_member (first, "commands");

  assert_int_equal (json_array_get_length (commands), 2);
  assert_false (
      json_object_get_boolean_member (json_array_get_object_element (commands, 0), "run"));
  assert_false (moor_test_exists (fixture->dir, "touched"));

  assert_int_equal (chmod (file, 0666), 0);
  second = jobs_run (fixture, MOOR_EXIT_COMPLETE, "capture", allowed);
  assert_false (moor_test_exists (fixture->dir, "touched"));

  assert_int_equal (chmod (file, 0644), 0);
  third = jobs_run (fixture, MOOR_EXIT_EXCEPTIONS, "capture", allowed);
  assert_true (moor_test_exists (fixture->dir, "touched"));
  commands = json_object_get_array_member (third, "commands");
  assert_true (json_object_get_boolean_member (json_array_get_object_element (commands, 0), "run"));
  assert_int_equal (jobs_number (json_array_get_object_element (commands, 0), "status"), 0);
}

/* Nobody can link tax.txt: its disk says so. */
static int
failing_linkat (int src_dfd, const char *src, int dst_dfd, const char *dst, int flags)
{
  if (g_str_equal (src, "tax.txt"))
    {
      errno = EACCES;
      return -1;
    }
  return moor_sys_posix ()->linkat (src_dfd, src, dst_dfd, dst, flags);
}

static int
failing_openat2 (int dfd, const char *path, const struct open_how *how)
{
  if (g_str_equal (path, "tax.txt"))
    {
      errno = EACCES;
      return -1;
    }
  return moor_sys_posix ()->openat2 (dfd, path, how);
}

static int
failing_openat (int dfd, const char *path, int flags, mode_t mode)
{
  if (g_str_equal (path, "tax.txt"))
    {
      errno = EACCES;
      return -1;
    }
  return moor_sys_posix ()->openat (dfd, path, flags, mode);
}

static MoorExit
capture_with_policy (JobsFixture *fixture, const char *policy, gboolean stop_on_error)
{
  g_autofree char *config = g_build_filename (fixture->dir, "Config.xml", NULL);
  g_autofree char *xml = g_strdup_printf ("<Configuration><Policies><ErrorControl><fileError>%s"
                                          "</fileError></ErrorControl></Policies></Configuration>",
                                          policy);
  g_autofree char *more = g_strdup_printf ("\"config\":\"%s\",\"stop-on-error\":%s", config,
                                           stop_on_error ? "true" : "false");
  g_autofree char *members = with_rules (
      fixture, COMPONENT ("User", INCLUDE ("%USERPROFILE%\\* [*]")), more);
  MoorSys sys = *moor_sys_posix ();
  MoorExit code;

  sys.linkat = failing_linkat;
  sys.openat2 = failing_openat2;
  sys.openat = failing_openat;
  moor_test_write (fixture->dir, "Config.xml", xml);
  jobs_remove (fixture, "StateStore");
  fixture->sys = &sys;
  code = jobs_try (fixture, "capture", members, NULL);
  fixture->sys = NULL;
  return code;
}

static void
test_a_policy_tells_which_errors_end_a_run (void **state)
{
  JobsFixture *fixture = *state;

  assert_int_equal (capture_with_policy (fixture, "", TRUE), MOOR_EXIT_FAILED);
  assert_int_equal (capture_with_policy (fixture, "", FALSE), MOOR_EXIT_EXCEPTIONS);
  assert_int_equal (
      capture_with_policy (fixture, "<nonFatal errorCode=\"5\">* [*]</nonFatal>", TRUE),
      MOOR_EXIT_EXCEPTIONS);
  assert_int_equal (
      capture_with_policy (fixture, "<nonFatal errorCode=\"33\">* [*]</nonFatal>", TRUE),
      MOOR_EXIT_FAILED);
  assert_int_equal (
      capture_with_policy (fixture, "<fatal errorCode=\"any\">/home/* [*]</fatal>", FALSE),
      MOOR_EXIT_FAILED);
  assert_int_equal (capture_with_policy (fixture,
                                         "<nonFatal errorCode=\"5\">/home/alice/* [tax.txt]"
                                         "</nonFatal><fatal errorCode=\"any\">* [*]</fatal>",
                                         FALSE),
                    MOOR_EXIT_EXCEPTIONS);
}

static void
keep_message_cb (const MoorEvent *event, gpointer user_data)
{
  if (event->message != NULL)
    g_string_append_printf (user_data, "%s\n", event->message);
}

static void
test_a_policy_without_effect_is_told (void **state)
{
  JobsFixture *fixture = *state;
  g_autoptr(GString) log = g_string_new (NULL);

  fixture->on_event = keep_message_cb;
  fixture->user_data = log;
  (void) capture_with_policy (fixture,
                              "<fatal errorCode=\"any\">%NOWHERE%/* [*]</fatal>"
                              "<fatal errorCode=\"any\">/home/[open</fatal>"
                              "<fatal errorCode=\"any\">/home/50%/* [100%]</fatal>",
                              FALSE);
  fixture->on_event = NULL;
  assert_non_null (strstr (log->str, "%NOWHERE%/* [*]"));
  assert_non_null (strstr (log->str, "/home/[open"));
  assert_null (strstr (log->str, "/home/50%"));
}

static void
test_every_decision_can_be_explained (void **state)
{
  JobsFixture *fixture = *state;
  g_autofree char *members = with_rules (
      fixture,
      COMPONENT ("User",
                 INCLUDE ("%USERPROFILE%\\* [*]") EXCLUDE ("%USERPROFILE%\\Documents\\old\\* [*]")),
      "\"path\":\"/home/alice/Documents/old/tax.txt\"");
  g_autoptr(JsonObject) result = jobs_run (fixture, MOOR_EXIT_COMPLETE, "explain", members);
  g_autoptr(JsonObject) by_default = NULL;
  JsonObject *winner = json_array_get_object_element (
      json_object_get_array_member (result, "candidates"), 0);

  assert_false (json_object_get_boolean_member (result, "selected"));
  assert_true (json_object_get_boolean_member (result, "exists"));
  assert_string_equal (json_object_get_string_member (result, "profile"), "alice");
  assert_true (json_object_get_boolean_member (winner, "won"));
  assert_string_equal (json_object_get_string_member (winner, "kind"), "exclude");
  assert_true (json_object_get_int_member (winner, "line") > 0);

  by_default = jobs_run (fixture, MOOR_EXIT_COMPLETE, "explain",
                         "\"path\":\"/home/alice/.cache/thumbnails/one\"");
  assert_false (json_object_get_boolean_member (by_default, "selected"));
  assert_true (json_array_get_length (json_object_get_array_member (by_default, "candidates")) > 0);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_only_what_rules_select_is_captured, jobs_setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_folders_are_made_only_on_the_way_to_something, jobs_setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_very_deep_folders_on_the_way_are_made, jobs_setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_what_rules_select_has_to_be_in_the_store, jobs_setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_what_is_outside_homes_is_this_computer, jobs_setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_other_fixed_volumes_are_walked_by_themselves, jobs_setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_volumes_that_no_rule_reaches_are_left_alone, jobs_setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_what_a_filter_cannot_look_at_is_told, jobs_setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_what_is_mounted_is_told_and_no_difference, jobs_setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_rules_that_select_nothing_make_an_empty_store, jobs_setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_refreshed_store_keeps_its_rules_and_everybody_s_tree,
                                     jobs_setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_sealed_store_does_not_pass_for_what_other_rules_ask_for,
                                     jobs_setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_without_its_rules_a_store_proves_nothing, jobs_setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_store_that_lost_track_of_its_rules_proves_nothing,
                                     jobs_setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_rules_that_mean_nothing_here_are_told_and_change_nothing,
                                     jobs_setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_damaged_rule_file_is_refused_before_anything,
                                     jobs_setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_drives_of_rules_are_folders_here, jobs_setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_an_estimate_counts_what_a_capture_takes, jobs_setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_another_store_is_not_captured, jobs_setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_what_no_rule_asks_for_is_told, jobs_setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_dry_run_is_an_estimate, jobs_setup, jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_list_names_every_file_that_was_captured, jobs_setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_commands_run_only_when_they_may, jobs_setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_policy_tells_which_errors_end_a_run, jobs_setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_a_policy_without_effect_is_told, jobs_setup,
                                     jobs_teardown),
    cmocka_unit_test_setup_teardown (test_every_decision_can_be_explained, jobs_setup,
                                     jobs_teardown),
  };

  return cmocka_run_group_tests_name ("jobs/capture-rules", tests, NULL, NULL);
}
