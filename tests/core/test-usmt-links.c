/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "usmt-fixture.h"

/* Hard-link stores, by the identifiers of the reference's table K.  K1, K2, K11 and K13 are
 * tested with the commands themselves. */

#define LETTER "home/alice/Documents/letter.txt"

static void
refresh (Fixture *fixture)
{
  must (fixture, 0, SCAN);
  install_new_system (fixture);
  must (fixture, 0, LOAD " /lac");
}

static void
assert_holds (const Fixture *fixture, const char *path, const char *expected)
{
  g_autofree char *content = moor_test_read (fixture->jobs->root, path);

  assert_string_equal (content, expected);
}

static void
assert_store_holds (const Fixture *fixture, const char *path, const char *expected)
{
  g_autofree char *below = in_tree (fixture, path);

  assert_holds (fixture, below, expected);
}

/* Bob's home is on a volume of its own; the system says so in its fstab. */
static void
add_volume (const Fixture *fixture, const char *fs_type, MoorTestVolume *volume)
{
  const char *root = fixture->jobs->root;
  const char *argv[] = { "blkid", "-s", "UUID", "-o", "value", NULL, NULL };
  g_autofree char *uuid = NULL;
  g_autofree char *fstab = NULL;

  assert_true (moor_test_volume_new (fixture->jobs->dir, "people", fs_type, 64, volume));
  argv[5] = volume->image;
  assert_true (moor_test_run (argv, &uuid));
  fstab = g_strdup_printf ("UUID=%s /people %s defaults 0 2\n", g_strstrip (uuid), fs_type);
  moor_test_write (root, "etc/fstab", fstab);
  moor_test_write (root, "etc/passwd",
                   "root:x:0:0:root:/root:/bin/bash\n"
                   "alice:x:1000:1000:Alice Archer,,,:/home/alice:/bin/bash\n"
                   "bob:x:1001:1001:Bob:/people/bob:/bin/bash\n");
  jobs_remove (fixture->jobs, "home/bob");
  moor_test_write (volume->mount_point, "bob/notes.txt", "notes");
  {
    g_autofree char *bob = g_build_filename (volume->mount_point, "bob", NULL);

    jobs_command ("chown", "-R", "1001:1001", bob, NULL);
  }
}

/* How many files below @dir have a path that ends so. */
static guint
count_files (const char *dir, const char *end)
{
  g_autofree char *tree = jobs_tree (dir, NULL, JOBS_TREE_PLAIN);
  g_auto(GStrv) lines = g_strsplit (tree, "\n", -1);
  guint n = 0;

  for (char **line = lines; *line != NULL; line++)
    {
      g_autofree char *path = g_strndup (*line, strcspn (*line, " "));

      n += g_str_has_suffix (path, end) ? 1 : 0;
    }
  return n;
}

static void
test_K3_K5_every_volume_has_its_store_and_all_go_at_once (void **state)
{
  Fixture *fixture = *state;
  MoorTestVolume people = { NULL, NULL };
  g_autofree char *store = jobs_path (fixture->jobs, "StateStore");

  if (!moor_test_can_mount ("ext4"))
    moor_test_skip ("needs root and loop devices");
  add_volume (fixture, "ext4", &people);
  must (fixture, 0, SCAN);
  assert_int_equal (count_files (people.mount_point, "bob/notes.txt"), 2);
  assert_int_equal (count_files (store, "bob/notes.txt"), 0);
  must (fixture, 0, "usmtutils /rd C:\\StateStore /y");
  assert_int_equal (count_files (people.mount_point, "bob/notes.txt"), 1);
  assert_false (exists (fixture, "StateStore"));
  moor_test_volume_free (&people);
}

static void
test_K4_what_cannot_be_linked_is_copied_into_the_first_store (void **state)
{
  Fixture *fixture = *state;
  const char *fs_type = moor_test_linkless_type ();
  MoorTestVolume people = { NULL, NULL };
  g_autofree char *store = jobs_path (fixture->jobs, "StateStore");

  if (fs_type == NULL)
    moor_test_skip ("neither vfat nor exfat can be made and mounted here");
  add_volume (fixture, fs_type, &people);
  must (fixture, 0, SCAN);
  assert_said (fixture, "warning /people/bob/notes.txt goes on");
  assert_int_equal (count_files (people.mount_point, "bob/notes.txt"), 1);
  assert_int_equal (count_files (store, "bob/notes.txt"), 1);
  must (fixture, 0, "usmtutils /verify C:\\StateStore");
  moor_test_volume_free (&people);
}

static void
test_K6_an_edit_in_place_shows_in_the_store (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *path = jobs_path (fixture->jobs, LETTER);
  int fd;

  NEEDS_ACCOUNTS ();
  refresh (fixture);
  fd = open (path, O_WRONLY | O_TRUNC | O_CLOEXEC);
  assert_int_equal (write (fd, "edited", 6), 6);
  assert_int_equal (close (fd), 0);
  assert_store_holds (fixture, LETTER, "edited");
  must (fixture, 0, "usmtutils /verify C:\\StateStore");
}

static void
test_K7_a_save_by_renaming_leaves_the_store_as_it_was (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *old = NULL;
  g_autofree char *path = jobs_path (fixture->jobs, LETTER);
  g_autofree char *new_path = g_strconcat (path, ".new", NULL);

  NEEDS_ACCOUNTS ();
  old = moor_test_read (fixture->jobs->root, LETTER);
  refresh (fixture);
  jobs_write (fixture->jobs, LETTER ".new", "edited", JOBS_ALICE);
  assert_int_equal (rename (new_path, path), 0);
  assert_holds (fixture, LETTER, "edited");
  assert_store_holds (fixture, LETTER, old);
}

static void
test_K8_what_moves_to_another_volume_is_copied (void **state)
{
  Fixture *fixture = *state;
  MoorTestVolume people = { NULL, NULL };
  g_autofree char *copy = NULL;
  g_autofree char *old = NULL;

  NEEDS_ACCOUNTS ();
  if (!moor_test_can_mount ("ext4"))
    moor_test_skip ("needs loop devices");
  old = moor_test_read (fixture->jobs->root, LETTER);
  add_volume (fixture, "ext4", &people);
  moor_test_write (
      fixture->folder, "move.xml",
      "<?xml version=\"1.0\"?><migration urlid=\"http://example.org/move\">"
      "<component type=\"Documents\" context=\"User\"><displayName>Letters</displayName>"
      "<role role=\"Data\"><rules><include><objectSet>"
      "<pattern type=\"File\">%CSIDL_PERSONAL%\\* [*.txt]</pattern></objectSet></include>"
      "<locationModify script=\"MigXmlHelper.RelativeMove('%CSIDL_PERSONAL%','/people/all')\">"
      "<objectSet><pattern type=\"File\">%CSIDL_PERSONAL%\\* [*.txt]</pattern></objectSet>"
      "</locationModify></rules></role></component></migration>");
  must (fixture, 0, SCAN " /i:move.xml");
  install_new_system (fixture);
  must (fixture, 0, LOAD " /lac /i:move.xml");
  assert_false (exists (fixture, LETTER));
  copy = moor_test_read (people.mount_point, "all/letter.txt");
  assert_string_equal (copy, old);
  assert_store_holds (fixture, LETTER, old);
  moor_test_volume_free (&people);
}

/* Locks a file for writing, and looks whether the kernel tells of it as of this file. */
static int
lock (const Fixture *fixture, const char *below_root)
{
  g_autofree char *path = jobs_path (fixture->jobs, below_root);
  g_autofree char *locks = NULL;
  g_autofree char *place = NULL;
  struct stat st;
  int fd = open (path, O_RDWR | O_CLOEXEC);

  assert_true (fd >= 0);
  assert_int_equal (flock (fd, LOCK_EX), 0);
  assert_int_equal (fstat (fd, &st), 0);
  place = g_strdup_printf ("%02x:%02x:%llu ", major (st.st_dev), minor (st.st_dev),
                           (unsigned long long) st.st_ino);
  if (g_file_get_contents ("/proc/locks", &locks, NULL, NULL) && strstr (locks, place) != NULL)
    return fd;
  assert_int_equal (close (fd), 0);
  return -1;
}

#define LINK_CONTROL(inside) \
  "<Configuration><Policies><HardLinkStoreControl><fileLocked>" inside \
  "</fileLocked></HardLinkStoreControl></Policies></Configuration>"

static void
test_K9_nothing_keeps_a_locked_file_from_being_linked (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *path = jobs_path (fixture->jobs, LETTER);
  int fd;

  need_root ();
  fd = open (path, O_RDWR | O_CLOEXEC);
  assert_int_equal (flock (fd, LOCK_EX), 0);
  moor_test_write (fixture->folder, "config.xml",
                   LINK_CONTROL ("<createHardLink>* [*]</createHardLink>"));
  must (fixture, 0, SCAN);
  must (fixture, 0, SCAN " /o /config:config.xml");
  assert_said (fixture, "createHardLink changes nothing");
  assert_int_equal (stored_inode (fixture, LETTER), moor_test_inode (fixture->jobs->root, LETTER));
  assert_int_equal (close (fd), 0);
}

static void
test_K10_errorHardLink_copies_what_is_locked (void **state)
{
  static const char *const files[] = { "home/alice/a", "home/bob/b", "home/bob/notes.txt" };
  Fixture *fixture = *state;
  const char *root = fixture->jobs->root;
  int alices;
  int bobs;

  need_root ();
  jobs_write (fixture->jobs, files[0], "a", JOBS_ALICE);
  jobs_write (fixture->jobs, files[1], "b", JOBS_BOB);
  alices = lock (fixture, files[0]);
  bobs = lock (fixture, files[1]);
  if (alices < 0 || bobs < 0)
    moor_test_skip ("this kernel does not tell which files are locked on this file system");
  moor_test_write (fixture->folder, "config.xml",
                   LINK_CONTROL ("<createHardLink>C:\\home\\alice\\* [*]</createHardLink>"
                                 "<errorHardLink>C:\\* [*]</errorHardLink>"));
  must (fixture, 0, SCAN " /config:config.xml");
  assert_said (fixture, "warning /home/bob/b goes on");
  assert_int_equal (stored_inode (fixture, files[0]), moor_test_inode (root, files[0]));
  assert_int_not_equal (stored_inode (fixture, files[1]), moor_test_inode (root, files[1]));
  assert_store_holds (fixture, files[1], "b");
  assert_int_equal (stored_inode (fixture, files[2]), moor_test_inode (root, files[2]));
  assert_int_equal (close (alices), 0);
  assert_int_equal (close (bobs), 0);
  /* It is locked no more. */
  must (fixture, 0, "usmtutils /rd C:\\StateStore /y --even-last-copies");
  must (fixture, 0, SCAN " /config:config.xml");
  assert_int_equal (stored_inode (fixture, files[1]), moor_test_inode (root, files[1]));
}

static void
test_K12_an_encrypted_home_comes_back_as_the_same_files (void **state)
{
  Fixture *fixture = *state;
  const char *cipher = "home/bob/.ecryptfs/wrapped-passphrase";
  guint64 inode;

  NEEDS_ACCOUNTS ();
  jobs_write (fixture->jobs, cipher, "ciphertext", JOBS_BOB);
  inode = moor_test_inode (fixture->jobs->root, cipher);
  must (fixture, 0, SCAN " /efs:skip");
  assert_false (is_stored (fixture, cipher));
  must (fixture, 0, SCAN " /o /efs:hardlink");
  install_new_system (fixture);
  must (fixture, 0, LOAD " /lac");
  assert_int_equal (moor_test_inode (fixture->jobs->root, cipher), inode);
}

static void
test_K12_on_another_volume_what_is_encrypted_is_copied_as_it_is (void **state)
{
  Fixture *fixture = *state;
  MoorTestVolume people = { NULL, NULL };
  g_autofree char *store = jobs_path (fixture->jobs, "StateStore");

  NEEDS_ACCOUNTS ();
  if (moor_test_linkless_type () == NULL)
    moor_test_skip ("neither vfat nor exfat can be made and mounted here");
  add_volume (fixture, moor_test_linkless_type (), &people);
  moor_test_write (people.mount_point, "bob/.ecryptfs/wrapped-passphrase", "ciphertext");
  must (fixture, 0, SCAN " /efs:copyraw");
  assert_int_equal (count_files (store, "bob/.ecryptfs/wrapped-passphrase"), 1);
  moor_test_volume_free (&people);
}

static void
test_K14_a_file_stays_read_only_when_the_store_goes (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *path = jobs_path (fixture->jobs, LETTER);
  struct stat st;

  NEEDS_ACCOUNTS ();
  assert_int_equal (chmod (path, 0444), 0);
  refresh (fixture);
  must (fixture, 0, "usmtutils /rd C:\\StateStore /y");
  assert_int_equal (stat (path, &st), 0);
  assert_int_equal (st.st_mode & 07777, 0444);
}

static void
test_K15_a_home_whose_owner_is_unknown_is_told_before_anything_goes (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *ghost = jobs_path (fixture->jobs, "home/ghost");
  g_autoptr(JsonObject) result = NULL;
  JsonArray *unselected;

  need_root ();
  jobs_write (fixture->jobs, "home/ghost/thesis.txt", "the only one", 1234);
  jobs_command ("chown", "1234:1234", ghost, NULL);
  must (fixture, 0, SCAN);
  assert_said (fixture, "The home “ghost” is no account's");
  assert_true (is_stored (fixture, "home/ghost/thesis.txt"));
  must (fixture, 0, SCAN " /o /ue:ghost");
  assert_false (is_stored (fixture, "home/ghost"));
  g_free (fixture->jobs->store);
  fixture->jobs->store = jobs_path (fixture->jobs, "StateStore/USMT");
  result = jobs_run (fixture->jobs, MOOR_EXIT_COMPLETE, "set-aside", "\"dry-run\":true");
  unselected = json_object_get_array_member (result, "unselected");
  assert_int_equal (json_array_get_length (unselected), 1);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    usmt_test (test_K3_K5_every_volume_has_its_store_and_all_go_at_once),
    usmt_test (test_K4_what_cannot_be_linked_is_copied_into_the_first_store),
    usmt_test (test_K6_an_edit_in_place_shows_in_the_store),
    usmt_test (test_K7_a_save_by_renaming_leaves_the_store_as_it_was),
    usmt_test (test_K8_what_moves_to_another_volume_is_copied),
    usmt_test (test_K9_nothing_keeps_a_locked_file_from_being_linked),
    usmt_test (test_K10_errorHardLink_copies_what_is_locked),
    usmt_test (test_K12_an_encrypted_home_comes_back_as_the_same_files),
    usmt_test (test_K12_on_another_volume_what_is_encrypted_is_copied_as_it_is),
    usmt_test (test_K14_a_file_stays_read_only_when_the_store_goes),
    usmt_test (test_K15_a_home_whose_owner_is_unknown_is_told_before_anything_goes),
  };

  return cmocka_run_group_tests_name ("usmt/links", tests, NULL, NULL);
}
