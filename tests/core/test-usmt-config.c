/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <crypt.h>
#include <errno.h>

#include "usmt-fixture.h"

/* What a Config.xml does at scanstate and loadstate, by the identifiers of the reference's
 * table L, and what becomes of people's groups. */

#define RULES \
  "<?xml version=\"1.0\" encoding=\"UTF-8\"?>" \
  "<migration urlid=\"http://example.org/test\">" \
  "<component type=\"Documents\" context=\"User\"><displayName>Letters</displayName>" \
  "<role role=\"Data\"><rules><include><objectSet>" \
  "<pattern type=\"File\">%CSIDL_PERSONAL%\\* [*.txt]</pattern>" \
  "</objectSet></include></rules></role></component></migration>"
#define LETTERS(migrate) \
  "<component displayname=\"Letters\" migrate=\"" migrate "\" " \
  "ID=\"http://example.org/test/letters/data\"/>"
#define OUTER(inside) \
  "<component displayname=\"All\" migrate=\"no\" ID=\"all\">" inside "</component>"
#define LETTER "home/alice/Documents/letter.txt"

static void
write_config (const Fixture *fixture, const char *inside)
{
  g_autofree char *xml = g_strdup_printf ("<Configuration>%s</Configuration>", inside);

  moor_test_write (fixture->folder, "config.xml", xml);
}

static void
write_components (const Fixture *fixture, const char *components)
{
  g_autofree char *inside = g_strdup_printf ("<Documents>%s</Documents>", components);

  moor_test_write (fixture->folder, "a.xml", RULES);
  write_config (fixture, inside);
}

static void
test_L1_what_is_in_a_component_that_is_off_is_off (void **state)
{
  Fixture *fixture = *state;

  need_root ();
  write_components (fixture, OUTER (LETTERS ("yes")));
  must (fixture, 0, SCAN " /i:a.xml /config:config.xml");
  assert_false (is_stored (fixture, LETTER));
}

static void
test_L2_what_is_listed_as_yes_and_no_migrates (void **state)
{
  Fixture *fixture = *state;

  need_root ();
  write_components (fixture, LETTERS ("yes") LETTERS ("no"));
  must (fixture, 0, SCAN " /i:a.xml /config:config.xml");
  assert_true (is_stored (fixture, LETTER));
  write_components (fixture, LETTERS ("no") LETTERS ("yes"));
  must (fixture, 0, SCAN " /o /i:a.xml /config:config.xml");
  assert_true (is_stored (fixture, LETTER));
}

static void
test_L3_what_is_off_at_loadstate_only_is_stored_and_not_restored (void **state)
{
  Fixture *fixture = *state;

  need_root ();
  write_components (fixture, LETTERS ("no"));
  must (fixture, 0, SCAN " /i:a.xml");
  assert_true (is_stored (fixture, LETTER));
  install_new_system (fixture);
  must (fixture, 0, LOAD " /lac /i:a.xml /config:config.xml");
  assert_false (exists (fixture, LETTER));
  assert_true (is_stored (fixture, LETTER));
}

static void
test_a_config_alone_switches_nothing_off (void **state)
{
  Fixture *fixture = *state;

  need_root ();
  write_components (fixture, LETTERS ("no"));
  must (fixture, 0, SCAN " /config:config.xml");
  assert_said (fixture, "count for nothing without the rule files");
  assert_true (is_stored (fixture, LETTER));
}

#define CHANGE(from, to, whom, inside) \
  "<changeGroup from=\"" from "\" to=\"" to "\" appliesTo=\"" whom "\">" inside "</changeGroup>"
#define FOR(pattern) "<include><pattern>" pattern "</pattern></include>"
#define BUT(pattern) "<exclude><pattern>" pattern "</pattern></exclude>"

static void
write_changes (const Fixture *fixture, const char *changes)
{
  g_autofree char *inside = g_strdup_printf ("<ProfileControl><localGroups><mappings>%s</mappings>"
                                             "</localGroups></ProfileControl>",
                                             changes);

  write_config (fixture, inside);
}

/* The old system: alice rules and prints, bob rules. */
static void
write_old_groups (const Fixture *fixture)
{
  moor_test_write (fixture->jobs->root, "etc/group",
                   "root:x:0:\nsudo:x:27:alice,bob\nlp:x:7:alice\nalice:x:1000:\nbob:x:1001:\n");
  moor_test_write (fixture->jobs->root, "etc/gshadow",
                   "root:*::\nsudo:*::alice,bob\nlp:*::alice\nalice:!::\nbob:!::\n");
}

/* A new system, with carol in it, who was there before. */
static void
install_with_groups (const Fixture *fixture)
{
  const char *root = fixture->jobs->root;

  install_new_system (fixture);
  moor_test_write (root, "etc/passwd",
                   "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1::/:/bin/sh\n"
                   "carol:x:1500:1500::/home/carol:/bin/sh\n");
  moor_test_write (root, "etc/group",
                   "root:x:0:\nsudo:x:27:carol,daemon\nlp:x:7:\nusers:x:100:\ncarol:x:1500:\n");
  moor_test_write (root, "etc/gshadow",
                   "root:*::\nsudo:*::carol,daemon\nlp:*::\nusers:*::\ncarol:!::\n");
  moor_test_write (root, "home/carol/x", "");
}

static void
migrate_groups (Fixture *fixture, const char *changes, const char *line)
{
  write_old_groups (fixture);
  write_changes (fixture, changes);
  must (fixture, 0, SCAN);
  install_with_groups (fixture);
  must (fixture, 0, line);
}

static void
assert_members (const Fixture *fixture, const char *group, const char *expected)
{
  static const char *const files[] = { "etc/group", "etc/gshadow" };

  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *text = moor_test_read (fixture->jobs->root, files[i]);
      g_auto(GStrv) lines = g_strsplit (text, "\n", -1);
      const char *found = NULL;

      for (char **line = lines; *line != NULL; line++)
        {
          if (g_str_has_prefix (*line, group) && (*line)[strlen (group)] == ':')
            found = strrchr (*line, ':') + 1;
        }
      if (g_strcmp0 (found, expected) != 0)
        fail_msg ("%s in %s has “%s”, not “%s”", group, files[i], found, expected);
    }
}

static void
test_L4_one_becomes_a_user_and_the_other_stays (void **state)
{
  Fixture *fixture = *state;

  NEEDS_ACCOUNTS ();
  migrate_groups (
      fixture,
      CHANGE ("Administrators", "Users", "MigratedUsers", FOR ("oldbox\\*") BUT ("OLDBOX\\bob")),
      LOAD " /lac /config:config.xml");
  assert_members (fixture, "users", "alice");
  assert_members (fixture, "sudo", "carol,daemon,bob");
  assert_members (fixture, "lp", "alice");
  assert_said (fixture, "the groups of alice are now: lp, users");
}

static void
test_L5_everybody_who_migrates_is_a_user (void **state)
{
  Fixture *fixture = *state;

  NEEDS_ACCOUNTS ();
  migrate_groups (fixture, CHANGE ("*", "Users", "MigratedUsers", FOR ("*")),
                  LOAD " /lac /config:config.xml");
  assert_members (fixture, "users", "alice,bob");
  assert_members (fixture, "lp", "");
  assert_members (fixture, "sudo", "carol,daemon");
  /* Once more, and again without the file: what was changed stays as it is. */
  must (fixture, 0, LOAD " /lac /config:config.xml");
  assert_members (fixture, "users", "alice,bob");
}

static void
test_who_is_in_no_group_is_meant_by_an_asterisk (void **state)
{
  Fixture *fixture = *state;

  NEEDS_ACCOUNTS ();
  write_changes (fixture, CHANGE ("*", "Users", "MigratedUsers", FOR ("%computername%\\a*")));
  must (fixture, 0, SCAN);
  install_with_groups (fixture);
  must (fixture, 0, LOAD " /lac /config:config.xml");
  assert_members (fixture, "users", "alice");
}

static void
test_the_first_entry_that_fits_decides (void **state)
{
  Fixture *fixture = *state;

  NEEDS_ACCOUNTS ();
  migrate_groups (fixture,
                  CHANGE ("sudo", "lp", "AllUsers", FOR ("alice") FOR ("carol"))
                      CHANGE ("*", "users", "AllUsers", BUT ("nobody")),
                  LOAD " /lac /config:config.xml");
  assert_members (fixture, "lp", "alice,carol");
  assert_members (fixture, "users", "alice,bob");
  assert_members (fixture, "sudo", "daemon");
}

static void
test_people_who_do_not_migrate_are_meant_by_their_own_word (void **state)
{
  Fixture *fixture = *state;

  NEEDS_ACCOUNTS ();
  migrate_groups (fixture, CHANGE ("Administrators", "Users", "NonmigratedUsers", FOR ("*")),
                  LOAD " /lac /config:config.xml");
  assert_members (fixture, "users", "carol");
  /* Accounts of the system keep what they have. */
  assert_members (fixture, "sudo", "daemon,alice,bob");
}

static void
test_a_group_that_is_not_there_is_told_and_never_made (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *groups = NULL;

  NEEDS_ACCOUNTS ();
  migrate_groups (fixture, CHANGE ("Administrators", "Power Users", "MigratedUsers", FOR ("*")),
                  LOAD " /lac /config:config.xml");
  assert_said (fixture, "warning /etc/group goes on");
  assert_members (fixture, "sudo", "carol,daemon,alice,bob");
  groups = moor_test_read (fixture->jobs->root, "etc/group");
  assert_null (strstr (groups, "Power"));
}

static void
test_a_file_that_others_can_write_gives_no_groups (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *path = NULL;

  NEEDS_ACCOUNTS ();
  path = g_build_filename (fixture->folder, "config.xml", NULL);
  write_old_groups (fixture);
  must (fixture, 0, SCAN);
  install_with_groups (fixture);
  write_changes (fixture, CHANGE ("*", "sudo", "AllUsers", FOR ("*")));
  assert_int_equal (chmod (path, 0666), 0);
  must (fixture, 0, LOAD " /lac /config:config.xml");
  assert_said (fixture, "others can have written the Config.xml");
  assert_members (fixture, "lp", "alice");
}

static const char *
groups_text (JsonObject *result, const char *list, const char *name)
{
  JsonArray *array = json_object_get_array_member (result, list);
  static char text[128];

  text[0] = '\0';
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      JsonObject *person = json_array_get_object_element (array, i);
      JsonArray *groups = json_object_get_array_member (person, "groups");

      if (!g_str_equal (json_object_get_string_member (person, "name"), name))
        continue;
      for (guint j = 0; j < json_array_get_length (groups); j++)
        {
          g_strlcat (text, json_array_get_string_element (groups, j), sizeof text);
          g_strlcat (text, " ", sizeof text);
        }
    }
  return text;
}

static void
test_a_dry_run_foretells_the_groups (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *path = NULL;
  g_autofree char *members = NULL;
  g_autoptr(JsonObject) result = NULL;

  NEEDS_ACCOUNTS ();
  path = g_build_filename (fixture->folder, "config.xml", NULL);
  write_old_groups (fixture);
  must (fixture, 0, SCAN);
  install_with_groups (fixture);
  write_changes (fixture, CHANGE ("Administrators", "Users", "AllUsers", FOR ("*")));
  g_free (fixture->jobs->store);
  fixture->jobs->store = jobs_path (fixture->jobs, "StateStore/USMT");
  members = g_strdup_printf ("\"config\":\"%s\",\"create-accounts\":true,\"dry-run\":true", path);
  result = jobs_run (fixture->jobs, MOOR_EXIT_COMPLETE, "restore", members);
  assert_string_equal (groups_text (result, "accounts", "alice"), "lp users ");
  assert_string_equal (groups_text (result, "accounts", "bob"), "users ");
  assert_string_equal (groups_text (result, "regrouped", "carol"), "users ");
  assert_members (fixture, "sudo", "carol,daemon");
}

/* The second field of a line of shadow. */
static char *
read_password (const Fixture *fixture, const char *login)
{
  g_autofree char *shadow = moor_test_read (fixture->jobs->root, "etc/shadow");
  g_auto(GStrv) lines = g_strsplit (shadow, "\n", -1);

  for (char **line = lines; *line != NULL; line++)
    {
      g_auto(GStrv) fields = g_strsplit (*line, ":", -1);

      if (g_strcmp0 (fields[0], login) == 0)
        return g_strdup (fields[1]);
    }
  return NULL;
}

static gboolean
opens (const char *password, const char *hash)
{
  g_autofree struct crypt_data *data = g_new0 (struct crypt_data, 1);

  return g_strcmp0 (crypt_r (password, hash, data), hash) == 0;
}

static void
test_I14_lac_with_a_password_makes_accounts_behind_a_lock (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *alice = NULL;
  g_autofree char *bob = NULL;

  NEEDS_ACCOUNTS ();
  must (fixture, 0, SCAN);
  install_new_system (fixture);
  must (fixture, 0, LOAD " /lac:geheim:1");
  assert_null (strstr (fixture->notices->str, "geheim"));
  alice = read_password (fixture, "alice");
  bob = read_password (fixture, "bob");
  assert_true (g_str_has_prefix (alice, "!$y$"));
  assert_true (opens ("geheim:1", alice + 1));
  assert_true (opens ("geheim:1", bob + 1));
  assert_string_not_equal (alice, bob);
}

static void
test_I15_with_lae_the_password_opens_the_account_at_once (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *alice = NULL;
  g_autofree char *again = NULL;

  NEEDS_ACCOUNTS ();
  must (fixture, 0, SCAN);
  install_new_system (fixture);
  must (fixture, 0, LOAD " /lac:geheim /lae");
  alice = read_password (fixture, "alice");
  assert_true (opens ("geheim", alice));
  /* An account that is there has the password that it has. */
  must (fixture, 0, LOAD " /lac:other /lae");
  again = read_password (fixture, "alice");
  assert_string_equal (again, alice);
}

static void
test_an_account_that_is_there_and_locked_gets_no_new_password (void **state)
{
  Fixture *fixture = *state;
  const char *root = fixture->jobs->root;
  g_autofree char *alice = NULL;

  NEEDS_ACCOUNTS ();
  must (fixture, 0, SCAN);
  install_new_system (fixture);
  moor_test_write (root, "etc/passwd",
                   "root:x:0:0:root:/root:/bin/bash\nalice:x:1000:1000::/home/alice:/bin/bash\n");
  moor_test_write (root, "etc/shadow", "root:*:20000:0:99999:7:::\nalice:!:20000:0:99999:7:::\n");
  moor_test_write (root, "etc/group", "root:x:0:\nalice:x:1000:\n");
  must (fixture, 0, LOAD " /lac:geheim");
  alice = read_password (fixture, "alice");
  assert_string_equal (alice, "!");
}

static guint n_left;

/* Makes the call fail with which shadow is replaced, and everything after it. */
static int
failing_fsync (int fd)
{
  if (n_left > 0)
    {
      n_left--;
      return moor_sys_posix ()->fsync (fd);
    }
  errno = EIO;
  return -1;
}

static void
test_a_password_is_given_though_a_run_was_cut_off_on_the_way (void **state)
{
  Fixture *fixture = *state;

  NEEDS_ACCOUNTS ();
  must (fixture, 0, SCAN);
  install_new_system (fixture);
  for (guint n = 0;; n++)
    {
      MoorSys sys = *moor_sys_posix ();
      int code;

      n_left = n;
      sys.fsync = failing_fsync;
      fixture->jobs->sys = &sys;
      code = usmt (fixture, LOAD " /lac:geheim /lae");
      fixture->jobs->sys = NULL;
      if (code == 0)
        break;
      assert_true (n < 200);
    }
  {
    g_autofree char *alice = read_password (fixture, "alice");
    g_autofree char *bob = read_password (fixture, "bob");

    assert_true (opens ("geheim", alice));
    assert_true (opens ("geheim", bob));
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    usmt_test (test_L1_what_is_in_a_component_that_is_off_is_off),
    usmt_test (test_L2_what_is_listed_as_yes_and_no_migrates),
    usmt_test (test_L3_what_is_off_at_loadstate_only_is_stored_and_not_restored),
    usmt_test (test_a_config_alone_switches_nothing_off),
    usmt_test (test_L4_one_becomes_a_user_and_the_other_stays),
    usmt_test (test_L5_everybody_who_migrates_is_a_user),
    usmt_test (test_who_is_in_no_group_is_meant_by_an_asterisk),
    usmt_test (test_the_first_entry_that_fits_decides),
    usmt_test (test_people_who_do_not_migrate_are_meant_by_their_own_word),
    usmt_test (test_a_group_that_is_not_there_is_told_and_never_made),
    usmt_test (test_a_file_that_others_can_write_gives_no_groups),
    usmt_test (test_a_dry_run_foretells_the_groups),
    usmt_test (test_I14_lac_with_a_password_makes_accounts_behind_a_lock),
    usmt_test (test_I15_with_lae_the_password_opens_the_account_at_once),
    usmt_test (test_an_account_that_is_there_and_locked_gets_no_new_password),
    usmt_test (test_a_password_is_given_though_a_run_was_cut_off_on_the_way),
  };

  return cmocka_run_group_tests_name ("usmt/config", tests, NULL, NULL);
}
