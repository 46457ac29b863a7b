/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "usmt-fixture.h"

/* scanstate, loadstate and usmtutils on a small system: what they do and the codes
 * they end with, by the identifiers of the manual's tables. */

static int
setup_small (void **state)
{
  return setup_on (state, "tmpfs");
}

static void
test_files_are_linked_and_come_back_as_the_same_files (void **state)
{
  /* K1, K2, K5 */
  Fixture *fixture = *state;
  const char *root = fixture->jobs->root;
  guint64 inode;

  need_root ();
  inode = moor_test_inode (root, "home/alice/Documents/letter.txt");
  must (fixture, 0, SCAN " /o /localonly /l:Scan.log /v:5 /progress:Scan.prg /c /efs:hardlink");
  assert_int_equal (stored_inode (fixture, "home/alice/Documents/letter.txt"), inode);
  install_new_system (fixture);
  must (fixture, 0, LOAD " /lac /l:Load.log /v:5 /progress:Load.prg /c");
  assert_int_equal (moor_test_inode (root, "home/alice/Documents/letter.txt"), inode);
  assert_true (exists (fixture, "home/bob/music/song.ogg"));
  must (fixture, 0, "usmtutils /rd C:\\StateStore /y");
  assert_false (exists (fixture, "StateStore"));
  assert_int_equal (moor_test_inode (root, "home/alice/Documents/letter.txt"), inode);
}

static void
test_phases_come_in_usmts_order (void **state)
{
  Fixture *fixture = *state;

  need_root ();
  must (fixture, 0, SCAN);
  assert_said (fixture, "phase Initializing\nphase Scanning\nphase Collecting\n");
  assert_said (fixture, "phase Saving\n");
  must (fixture, 0, LOAD);
  assert_said (fixture, "phase Initializing\nphase Scanning\n");
  assert_said (fixture, "phase Applying\n");
}

static void
test_a_store_is_replaced_only_with_o (void **state)
{
  /* J16, J17; what else is in StorePath is nobody's business */
  Fixture *fixture = *state;

  need_root ();
  moor_test_write (fixture->jobs->root, "StateStore/tool/scanstate.exe", "cached");
  must (fixture, 0, SCAN);
  must (fixture, 27, SCAN);
  assert_said (fixture, "/o");
  must (fixture, 0, SCAN " /o");
  assert_true (exists (fixture, "StateStore/tool/scanstate.exe"));
  must (fixture, 0, "usmtutils /rd C:\\StateStore /y");
  assert_true (exists (fixture, "StateStore/tool/scanstate.exe"));
  assert_false (exists (fixture, "StateStore/USMT"));
}

static void
test_what_is_no_store_is_never_replaced (void **state)
{
  Fixture *fixture = *state;

  need_root ();
  moor_test_write (fixture->jobs->root, "StateStore/USMT/File/x", "somebody's");
  must (fixture, 27, SCAN " /o");
  assert_true (exists (fixture, "StateStore/USMT/File/x"));
  moor_test_write (fixture->jobs->root, "PlainFile", "");
  must (fixture, 27, "scanstate C:\\PlainFile /hardlink /nocompress /o");
}

static void
test_a_store_is_never_collected_into_itself (void **state)
{
  /* K13 */
  Fixture *fixture = *state;

  need_root ();
  must (fixture, 27, "scanstate C:\\home\\alice\\st /hardlink /nocompress");
  assert_false (exists (fixture, "home/alice/st"));
  must (fixture, 0, SCAN);
  must (fixture, 0, SCAN " /o");
  assert_false (is_stored (fixture, "StateStore"));
}

static void
test_the_last_copy_is_not_replaced_or_deleted (void **state)
{
  /* J34, and the promise that goes before it */
  Fixture *fixture = *state;

  need_root ();
  must (fixture, 0, SCAN);
  jobs_remove (fixture->jobs, "home/alice/Documents/letter.txt");
  must (fixture, 35, SCAN " /o");
  must (fixture, 35, "usmtutils /rd C:\\StateStore /y");
  assert_said (fixture, "last copy of 1 files");
  assert_true (is_stored (fixture, "home/alice/Documents/letter.txt"));
  must (fixture, 0, "usmtutils /rd C:\\StateStore /y --even-last-copies");
  assert_false (exists (fixture, "StateStore"));
}

static void
test_somebody_is_asked_before_a_store_goes (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *question = NULL;
  g_autofree char *without = NULL;
  g_autofree char *vain = NULL;

  need_root ();
  must (fixture, 0, SCAN);
  {
    g_autoptr(MoorUsmtRun) asks = new_run (fixture, "usmtutils /rd C:\\StateStore");
    g_autoptr(MoorUsmtRun) silent = new_run (fixture, "usmtutils /rd C:\\StateStore /y");

    assert_true (moor_usmt_run_begin (asks, NULL));
    assert_true (moor_usmt_run_begin (silent, NULL));
    question = moor_usmt_run_dup_question (asks);
    without = moor_usmt_run_dup_question (silent);
    assert_non_null (question);
    assert_null (without);
    /* Nobody is asked about what is refused anyhow. */
    jobs_remove (fixture->jobs, "home/bob/notes.txt");
    vain = moor_usmt_run_dup_question (asks);
    assert_null (vain);
  }
  assert_true (exists (fixture, "StateStore/USMT"));
}

static void
test_rule_files_are_looked_at_first (void **state)
{
  /* J18, J19, J20, J32 */
  Fixture *fixture = *state;

  need_root ();
  moor_test_write (fixture->folder, "Config.xml",
                   "<?xml version=\"1.0\"?><Configuration><Applications/></Configuration>");
  moor_test_write (fixture->folder, "bad.xml", "<migration urlid=\"x\"><component>");
  must (fixture, 28, "scanstate C:\\st /i:missing.xml");
  must (fixture, 28, "scanstate C:\\st /i:Config.xml");
  assert_said (fixture, "/config");
  must (fixture, 39, "scanstate C:\\st /config:missing.xml");
  must (fixture, 39, "scanstate C:\\st /config:bad.xml");
  must (fixture, 29, "scanstate C:\\st /i:bad.xml");
  must (fixture, 28, LOAD " /i:missing.xml");
  must (fixture, 11, "scanstate C:\\st /nocompress /auto:no-such-folder");
  assert_false (exists (fixture, "st"));
}

static void
test_logs_and_lists_need_a_place (void **state)
{
  /* J22, J23, and what may not be in a store */
  Fixture *fixture = *state;

  need_root ();
  must (fixture, 13, "scanstate C:\\st /l:Z:\\no\\x.log");
  must (fixture, 40, "scanstate C:\\st /progress:Z:\\no\\p.log");
  must (fixture, 13, SCAN " /l:C:\\StateStore\\USMT\\scan.log");
  must (fixture, 11, SCAN " /listfiles:no/such/folder/list.txt");
  assert_false (exists (fixture, "StateStore"));
}

static void
test_what_mooring_does_not_make_is_refused (void **state)
{
  Fixture *fixture = *state;

  need_root ();
  moor_test_write (fixture->folder, "key.txt", "secret");
  moor_test_write (fixture->folder, "empty.txt", "");
  must (fixture, 11, "scanstate C:\\st");
  assert_said (fixture, "no compressed stores");
  must (fixture, 11, "scanstate C:\\st /encrypt /key:k");
  assert_said (fixture, "no encrypted stores");
  must (fixture, 33, "scanstate C:\\st /encrypt /keyfile:missing.txt");
  must (fixture, 33, "scanstate C:\\st /encrypt /keyfile:empty.txt");
  must (fixture, 11, "scanstate C:\\st /encrypt:AES_256 /keyfile:key.txt");
  must (fixture, 11, "scanstate D:\\st /hardlink /nocompress");
  assert_said (fixture, "--drive D:=DIR");
}

static void
test_an_encrypted_home_ends_a_run_unless_efs_says_otherwise (void **state)
{
  /* J24 */
  Fixture *fixture = *state;

  need_root ();
  moor_test_write (fixture->jobs->root, "home/bob/.ecryptfs/wrapped-passphrase", "x");
  must (fixture, 2, SCAN);
  must (fixture, 2, SCAN " /efs:abort");
  assert_false (exists (fixture, "StateStore/USMT/catalogue.db"));
  must (fixture, 0, SCAN " /ue:oldbox\\bob");
  must (fixture, 0, SCAN " /o /efs:hardlink");
  assert_true (is_stored (fixture, "home/bob/notes.txt"));
}

static gboolean
is_unreadable (const char *path)
{
  return g_str_equal (path, "tax.txt");
}

static int
failing_linkat (int src_dfd, const char *src, int dst_dfd, const char *dst, int flags)
{
  if (!is_unreadable (src))
    return moor_sys_posix ()->linkat (src_dfd, src, dst_dfd, dst, flags);
  errno = EPERM;
  return -1;
}

static int
failing_openat (int dfd, const char *path, int flags, mode_t mode)
{
  if (!is_unreadable (path))
    return moor_sys_posix ()->openat (dfd, path, flags, mode);
  errno = EACCES;
  return -1;
}

static int
failing_openat2 (int dfd, const char *path, const struct open_how *how)
{
  if (!is_unreadable (path))
    return moor_sys_posix ()->openat2 (dfd, path, how);
  errno = EACCES;
  return -1;
}

static void
write_error_control (const Fixture *fixture, const char *name, const char *entries)
{
  g_autofree char *xml = g_strdup_printf ("<Configuration><Policies><ErrorControl><fileError>%s"
                                          "</fileError></ErrorControl></Policies></Configuration>",
                                          entries);

  moor_test_write (fixture->folder, name, xml);
}

static void
test_an_unreadable_file_stops_or_is_skipped_with_c (void **state)
{
  /* J25, J26, K11 */
  Fixture *fixture = *state;
  MoorSys sys = *moor_sys_posix ();

  need_root ();
  sys.linkat = failing_linkat;
  sys.openat = failing_openat;
  sys.openat2 = failing_openat2;
  fixture->jobs->sys = &sys;
  write_error_control (fixture, "skip.xml", "<nonFatal errorCode=\"5\">* [*]</nonFatal>");
  write_error_control (fixture, "stop.xml",
                       "<nonFatal errorCode=\"33\">* [*]</nonFatal>"
                       "<fatal errorCode=\"any\">/home/* [*]</fatal>");
  moor_test_write (fixture->folder, "homes.xml",
                   "<?xml version=\"1.0\"?><migration urlid=\"http://example.org/homes\">"
                   "<component type=\"Documents\" context=\"User\"><displayName>Homes</displayName>"
                   "<role role=\"Data\"><rules><include><objectSet>"
                   "<pattern type=\"File\">%USERPROFILE%\\* [*]</pattern>"
                   "</objectSet></include></rules></role></component></migration>");
  must (fixture, 61, SCAN);
  assert_said (fixture, "error /home/alice/Documents/old/tax.txt aborts");
  must (fixture, 3, SCAN " /o /c");
  assert_said (fixture, "error /home/alice/Documents/old/tax.txt goes on");
  assert_said (fixture, "1 errors were ignored");
  must (fixture, 3, SCAN " /o /i:homes.xml /config:skip.xml");
  must (fixture, 61, SCAN " /o /c /i:homes.xml /config:stop.xml");
  must (fixture, 3, SCAN " /o /config:skip.xml");
  must (fixture, 61, SCAN " /o /c /config:stop.xml");
}

static void
test_an_error_of_a_restore_stops_it_or_is_skipped (void **state)
{
  /* J25 and J26 at the other end, with ErrorControl */
  static const char *const lines[] = { LOAD " /lac", LOAD " /lac /config:other.xml",
                                       LOAD " /lac /c /config:stop.xml" };
  Fixture *fixture = *state;
  MoorSys sys = *moor_sys_posix ();

  need_root ();
  sys.linkat = failing_linkat;
  sys.openat = failing_openat;
  sys.openat2 = failing_openat2;
  write_error_control (fixture, "skip.xml", "<nonFatal errorCode=\"5\">* [*]</nonFatal>");
  write_error_control (fixture, "other.xml", "<nonFatal errorCode=\"33\">* [*]</nonFatal>");
  write_error_control (fixture, "stop.xml", "<fatal errorCode=\"any\">C:\\home\\* [*]</fatal>");
  must (fixture, 0, SCAN);
  install_new_system (fixture);
  fixture->jobs->sys = &sys;
  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      must (fixture, 61, lines[i]);
      assert_said (fixture, "error /home/alice/Documents/old/tax.txt aborts");
    }
  must (fixture, 3, LOAD " /lac /config:skip.xml");
  assert_said (fixture, "error /home/alice/Documents/old/tax.txt goes on");
  assert_true (exists (fixture, "home/alice/Documents/letter.txt"));
  assert_true (exists (fixture, "home/bob/notes.txt"));
  must (fixture, 3, LOAD " /lac /c");
  fixture->jobs->sys = NULL;
  must (fixture, 0, LOAD " /lac");
  assert_true (exists (fixture, "home/alice/Documents/old/tax.txt"));
}

static void
test_offline_systems_are_found (void **state)
{
  /* J29, J30, and the forms that take a folder */
  Fixture *fixture = *state;

  need_root ();
  moor_test_write (fixture->folder, "one.xml",
                   "<offline><winDir><path>C:\\nowhere</path><path>C:\\Windows</path></winDir>"
                   "</offline>");
  moor_test_write (fixture->folder, "two.xml",
                   "<offline><winDir><path>C:\\Windows</path><path>C:\\</path></winDir>"
                   "<failOnMultipleWinDir>1</failOnMultipleWinDir></offline>");
  moor_test_write (fixture->folder, "none.xml",
                   "<offline><winDir><path>C:\\nowhere</path></winDir></offline>");
  must (fixture, 26, SCAN " /offline:two.xml");
  must (fixture, 26, SCAN " /offline:none.xml");
  must (fixture, 11, SCAN " /offline:missing.xml");
  must (fixture, 11, SCAN " /offlineWinDir:C:\\nowhere");
  must (fixture, 26, SCAN " /offlineWinDir:C:\\srv");
  must (fixture, 0, SCAN " /offline:one.xml");
  must (fixture, 0, SCAN " /o /offlinewindir:C:\\Windows");
  must (fixture, 0, SCAN " /o /offlineWinOld:C:\\");
  must (fixture, 36, LOAD " /offline:one.xml");
}

static void
test_loadstate_needs_a_store_of_ours (void **state)
{
  /* J31, J36 */
  Fixture *fixture = *state;

  need_root ();
  must (fixture, 27, "loadstate C:\\empty /nocompress");
  must (fixture, 38, "loadstate C:\\empty /decrypt /key:k");
  moor_test_write (fixture->jobs->root, "encrypted/USMT/USMT.MIG", "x");
  must (fixture, 37, "loadstate C:\\encrypted /decrypt /key:wrong");
  must (fixture, 38, "loadstate C:\\encrypted");
  must (fixture, 27, "usmtutils /rd C:\\empty /y");
  must (fixture, 27, "usmtutils /verify C:\\empty");
  must (fixture, 38, "usmtutils /verify C:\\encrypted\\USMT\\USMT.MIG");
}

static void
test_an_unfinished_store_is_not_restored (void **state)
{
  Fixture *fixture = *state;
  MoorSys sys = *moor_sys_posix ();

  need_root ();
  sys.linkat = failing_linkat;
  sys.openat = failing_openat;
  sys.openat2 = failing_openat2;
  fixture->jobs->sys = &sys;
  must (fixture, 61, SCAN);
  must (fixture, 27, LOAD);
  assert_said (fixture, "incomplete");
  must (fixture, 42, "usmtutils /verify C:\\StateStore");
  fixture->jobs->sys = NULL;
  must (fixture, 0, SCAN " /o");
  must (fixture, 0, LOAD);
}

static void
test_missing_accounts_are_made_as_usmt_makes_them (void **state)
{
  /* I13, I14, I15 */
  Fixture *fixture = *state;
  g_autofree char *locked = NULL;
  g_autofree char *passwd = NULL;

  need_root ();
  must (fixture, 0, SCAN);
  install_new_system (fixture);
  must (fixture, 14, LOAD);
  assert_said (fixture, "alice, bob");
  assert_false (exists (fixture, "home/alice"));
  must (fixture, 0, LOAD " /lac");
  locked = moor_test_read (fixture->jobs->root, "etc/shadow");
  assert_non_null (strstr (locked, "alice:!:"));
  passwd = moor_test_read (fixture->jobs->root, "etc/passwd");
  assert_non_null (strstr (passwd, "bob:x:1001:"));
}

static void
test_accounts_are_enabled_with_the_password_they_had (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *shadow = NULL;

  need_root ();
  must (fixture, 0, SCAN);
  install_new_system (fixture);
  must (fixture, 0, LOAD " /lac /lae");
  shadow = moor_test_read (fixture->jobs->root, "etc/shadow");
  assert_non_null (strstr (shadow, "alice:" JOBS_HASH));
}

static void
test_people_are_chosen_at_both_ends (void **state)
{
  /* I10 with local users; /uel at loadstate knows what scanstate saw */
  Fixture *fixture = *state;

  need_root ();
  must (fixture, 0, SCAN " /ue:*\\* /ui:oldbox\\a*");
  assert_true (is_stored (fixture, "home/alice"));
  assert_false (is_stored (fixture, "home/bob"));
  must (fixture, 0, SCAN " /o");
  install_new_system (fixture);
  must (fixture, 0, LOAD " /lac /ue:%computername%\\alice");
  assert_false (exists (fixture, "home/alice"));
  assert_true (exists (fixture, "home/bob/notes.txt"));
  must (fixture, 0, LOAD " /lac /uel:0");
  assert_false (exists (fixture, "home/alice"));
}

static void
test_nobody_chosen_is_nobody_taken (void **state)
{
  Fixture *fixture = *state;

  need_root ();
  must (fixture, 0, SCAN " /ue:*\\*");
  assert_false (is_stored (fixture, "home/alice"));
}

static void
test_users_get_other_names_with_mu (void **state)
{
  Fixture *fixture = *state;

  need_root ();
  must (fixture, 0, SCAN);
  install_new_system (fixture);
  must (fixture, 0, LOAD " /lac /mu:oldbox\\alice:newbox\\carol /md:nobody:elsewhere");
  assert_said (fixture, "/md:nobody:elsewhere is about nobody");
  assert_true (exists (fixture, "home/carol/data"));
  assert_false (exists (fixture, "home/alice"));
}

static void
test_only_one_works_on_a_system_at_a_time (void **state)
{
  /* J38 */
  Fixture *fixture = *state;
  struct stat st;
  g_autofree char *path = NULL;
  int fd;

  need_root ();
  must (fixture, 0, SCAN);
  assert_int_equal (stat (fixture->jobs->root, &st), 0);
  path = g_strdup_printf ("/run/mooring/usmt-%llu-%llu.lock", (unsigned long long) st.st_dev,
                          (unsigned long long) st.st_ino);
  fd = open (path, O_RDWR | O_CLOEXEC);
  assert_true (fd >= 0);
  assert_int_equal (flock (fd, LOCK_EX | LOCK_NB), 0);
  must (fixture, 29, SCAN " /o");
  must (fixture, 29, LOAD);
  assert_int_equal (close (fd), 0);
  must (fixture, 0, SCAN " /o");
}

static void
test_a_hard_link_store_needs_250_mb (void **state)
{
  /* J39 */
  Fixture *fixture = *state;

  need_root ();
  if (fixture->jobs->volume.mount_point == NULL)
    moor_test_skip ("cannot mount");
  must (fixture, 29, SCAN);
  assert_said (fixture, "250 MB");
  must (fixture, 0, "scanstate C:\\StateStore /nocompress");
}

static void
test_a_copy_store_shares_nothing (void **state)
{
  Fixture *fixture = *state;
  const char *root = fixture->jobs->root;

  need_root ();
  must (fixture, 0, "scanstate C:\\StateStore /nocompress");
  assert_int_not_equal (stored_inode (fixture, "home/alice/data"),
                        moor_test_inode (root, "home/alice/data"));
  must (fixture, 0, "usmtutils /verify C:\\StateStore");
  {
    g_autofree char *copy = in_tree (fixture, "home/alice/data");

    moor_test_write (root, copy, "other");
  }
  must (fixture, 42, "usmtutils /verify C:\\StateStore");
}

static void
test_verify_tells_what_is_sound (void **state)
{
  /* J35 and the formats of 1.5 */
  Fixture *fixture = *state;

  need_root ();
  must (fixture, 0, SCAN);
  must (fixture, 0, "usmtutils /verify C:\\StateStore");
  assert_said (fixture, "0 files are CORRUPTED.");
  must (fixture, 0, "usmtutils /verify:all C:\\StateStore\\USMT");
  assert_said (fixture, "/home/alice/Documents/letter.txt\tOK\n");
  assert_true (g_str_has_suffix (fixture->notices->str, "CATALOG\tOK\n"));
  {
    g_autofree char *link = in_tree (fixture, "home/alice/Documents/letter.txt");

    jobs_remove (fixture->jobs, link);
  }
  must (fixture, 42, "usmtutils /verify:failureonly C:\\StateStore");
  assert_true (
      g_str_has_suffix (fixture->notices->str, "/home/alice/Documents/letter.txt\tCORRUPTED\n"));
  assert_null (strstr (fixture->notices->str, "OK"));
  must (fixture, 0, "usmtutils /verify:catalog C:\\StateStore");
  assert_said (fixture, "CATALOG\tOK\n");
}

static const struct
{
  const char *options;
  const char *expected[6];
  const char *missing[6];
} extractions[] = {
  { "/i:*.txt,*.pdf", { "a.txt", "b.pdf" }, { "c.exe", "myProject.exe", "myProject.c" } },
  { "/e:*.exe", { "a.txt", "b.pdf", "myProject.c" }, { "c.exe", "myProject.exe" } },
  { "/i:myProject.* /e:*.exe", { "myProject.exe", "myProject.c" }, { "c.exe", "a.txt" } },
  { "/i:*.TXT;*.c", { "a.txt", "myProject.c" }, { "b.pdf" } },
};

static void
test_extract_takes_names_by_patterns (void **state)
{
  /* M */
  static const char *const names[] = { "a.txt", "b.pdf", "c.exe", "myProject.exe", "myProject.c" };
  Fixture *fixture = *state;

  need_root ();
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_strconcat ("home/alice/work/", names[i], NULL);

      jobs_write (fixture->jobs, path, names[i], JOBS_ALICE);
    }
  must (fixture, 0, SCAN);
  for (guint i = 0; i < G_N_ELEMENTS (extractions); i++)
    {
      g_autofree char *out = g_strdup_printf ("out%u", i);
      g_autofree char *line = g_strdup_printf ("usmtutils /extract C:\\StateStore %s %s", out,
                                               extractions[i].options);
      g_autofree char *folder = g_build_filename (fixture->folder, out, "home/alice/work", NULL);

      must (fixture, 0, line);
      for (const char *const *name = extractions[i].expected; *name != NULL; name++)
        assert_true (moor_test_exists (folder, *name));
      for (const char *const *name = extractions[i].missing; *name != NULL; name++)
        assert_false (moor_test_exists (folder, *name));
    }
  must (fixture, 72, "usmtutils /extract C:\\StateStore out1 /e:*.exe");
  must (fixture, 0, "usmtutils /extract C:\\StateStore out1 /e:*.exe /o");
}

static void
test_an_estimate_makes_no_store (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *xml = NULL;
  g_autofree char *text = NULL;

  need_root ();
  must (fixture, 0, "scanstate C:\\StateStore /p:size.xml");
  assert_said (fixture, "phase Estimating");
  xml = moor_test_read (fixture->folder, "size.xml");
  assert_non_null (strstr (xml, "<PreMigration>"));
  assert_non_null (strstr (xml, "<size clusterSize=\"4096\">"));
  must (fixture, 41, "scanstate C:\\StateStore /p:size.xml");
  must (fixture, 41, "scanstate C:\\StateStore /p:no/such/folder/size.xml");
  must (fixture, 0, "scanstate C:\\StateStore /nocompress /p");
  text = moor_test_read (fixture->jobs->root, "StateStore/USMTsize.txt");
  assert_non_null (strstr (text, "4096\t"));
  assert_false (exists (fixture, "StateStore/USMT"));
}

static void
test_files_are_listed (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *list = NULL;

  need_root ();
  must (fixture, 0, SCAN " /listfiles:list.txt");
  list = moor_test_read (fixture->folder, "list.txt");
  assert_non_null (strstr (list, "/home/alice/Documents/letter.txt\n"));
  assert_non_null (strstr (list, "/home/bob/notes.txt\n"));
  assert_null (strstr (list, ".cache"));
}

#define RULES \
  "<?xml version=\"1.0\" encoding=\"UTF-8\"?>" \
  "<migration urlid=\"http://example.org/test\">" \
  "<component type=\"Documents\" context=\"User\"><displayName>Letters</displayName>" \
  "<role role=\"Data\"><rules><include><objectSet>" \
  "<pattern type=\"File\">%CSIDL_PERSONAL%\\* [*.txt]</pattern>" \
  "</objectSet></include></rules></role></component>" \
  "<component type=\"Application\" context=\"User\"><displayName>Not here</displayName>" \
  "<role role=\"Settings\"><detects><detect><condition>" \
  "MigXmlHelper.DoesObjectExist(\"File\",\"%SYSTEMDRIVE%\\nowhere\")</condition></detect>" \
  "</detects><rules><include><objectSet>" \
  "<pattern type=\"File\">%CSIDL_APPDATA%\\* [*]</pattern>" \
  "</objectSet></include></rules></role></component></migration>"

static void
test_a_config_lists_the_components_that_are_here (void **state)
{
  /* J15, L6 */
  Fixture *fixture = *state;
  g_autofree char *config = NULL;
  g_autofree char *found = NULL;

  need_root ();
  moor_test_write (fixture->folder, "a.xml", RULES);
  must (fixture, 0, "scanstate /genconfig:c.xml /i:a.xml /v:5 /l:x.log");
  config = moor_test_read (fixture->folder, "c.xml");
  assert_non_null (strstr (config, "Letters"));
  assert_null (strstr (config, "Not here"));
  must (fixture, 11, "scanstate /genconfig:c.xml /i:a.xml");
  must (fixture, 0, "scanstate /genconfig:c.xml /i:a.xml /o");
  must (fixture, 0, "scanstate /genmigxml:m.xml");
  found = moor_test_read (fixture->folder, "m.xml");
  assert_non_null (strstr (found, "<migration"));
}

static void
test_rules_decide_what_is_taken (void **state)
{
  /* L1, L3 with a component that Config.xml switches off */
  Fixture *fixture = *state;

  need_root ();
  moor_test_write (fixture->folder, "a.xml", RULES);
  moor_test_write (fixture->folder, "off.xml",
                   "<Configuration><Documents><component displayname=\"Letters\" migrate=\"no\" "
                   "ID=\"http://example.org/test/letters/data\"/></Documents></Configuration>");
  must (fixture, 0, SCAN " /i:a.xml");
  assert_true (is_stored (fixture, "home/alice/Documents/letter.txt"));
  assert_false (is_stored (fixture, "home/alice/data"));
  must (fixture, 0, SCAN " /o /i:a.xml /config:off.xml");
  assert_false (is_stored (fixture, "home/alice/Documents/letter.txt"));
}

static void
test_rules_that_mean_nothing_here_do_not_change_the_code (void **state)
{
  Fixture *fixture = *state;

  need_root ();
  moor_test_write (fixture->folder, "registry.xml",
                   "<?xml version=\"1.0\"?><migration urlid=\"http://example.org/registry\">"
                   "<component type=\"System\" context=\"User\"><displayName>Keys</displayName>"
                   "<role role=\"Settings\"><rules><include><objectSet>"
                   "<pattern type=\"Registry\">HKCU\\Software\\Test\\* [*]</pattern>"
                   "<pattern type=\"File\">D:\\Data\\* [*]</pattern>"
                   "</objectSet></include></rules></role></component></migration>");
  must (fixture, 0, SCAN " /i:registry.xml");
}

static void
test_a_home_that_cannot_be_reached_is_not_passed_over (void **state)
{
  Fixture *fixture = *state;

  need_root ();
  jobs_remove (fixture->jobs, "home/bob");
  moor_test_write (fixture->jobs->root, "home/bob", "no folder");
  must (fixture, 26, SCAN);
  assert_said (fixture, "bob");
  must (fixture, 0, SCAN " /ue:oldbox\\bob");
  assert_true (g_setenv ("MIG_FAIL_ON_PROFILE_ERROR", "0", TRUE));
  must (fixture, 0, SCAN " /o");
  g_unsetenv ("MIG_FAIL_ON_PROFILE_ERROR");
}

static void
test_cancelling_ends_with_2 (void **state)
{
  Fixture *fixture = *state;

  need_root ();
  fixture->jobs->cancellable = g_cancellable_new ();
  g_cancellable_cancel (fixture->jobs->cancellable);
  must (fixture, 2, SCAN);
  g_clear_object (&fixture->jobs->cancellable);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    usmt_test (test_files_are_linked_and_come_back_as_the_same_files),
    usmt_test (test_phases_come_in_usmts_order),
    usmt_test (test_a_store_is_replaced_only_with_o),
    usmt_test (test_what_is_no_store_is_never_replaced),
    usmt_test (test_a_store_is_never_collected_into_itself),
    usmt_test (test_the_last_copy_is_not_replaced_or_deleted),
    usmt_test (test_somebody_is_asked_before_a_store_goes),
    usmt_test (test_rule_files_are_looked_at_first),
    usmt_test (test_logs_and_lists_need_a_place),
    usmt_test (test_what_mooring_does_not_make_is_refused),
    usmt_test (test_an_encrypted_home_ends_a_run_unless_efs_says_otherwise),
    usmt_test (test_an_unreadable_file_stops_or_is_skipped_with_c),
    usmt_test (test_an_error_of_a_restore_stops_it_or_is_skipped),
    usmt_test (test_offline_systems_are_found),
    usmt_test (test_loadstate_needs_a_store_of_ours),
    usmt_test (test_an_unfinished_store_is_not_restored),
    usmt_test (test_missing_accounts_are_made_as_usmt_makes_them),
    usmt_test (test_accounts_are_enabled_with_the_password_they_had),
    usmt_test (test_people_are_chosen_at_both_ends),
    usmt_test (test_nobody_chosen_is_nobody_taken),
    usmt_test (test_users_get_other_names_with_mu),
    usmt_test (test_only_one_works_on_a_system_at_a_time),
    cmocka_unit_test_setup_teardown (test_a_hard_link_store_needs_250_mb, setup_small, teardown),
    usmt_test (test_a_copy_store_shares_nothing),
    usmt_test (test_verify_tells_what_is_sound),
    usmt_test (test_extract_takes_names_by_patterns),
    usmt_test (test_an_estimate_makes_no_store),
    usmt_test (test_files_are_listed),
    usmt_test (test_a_config_lists_the_components_that_are_here),
    usmt_test (test_rules_decide_what_is_taken),
    usmt_test (test_rules_that_mean_nothing_here_do_not_change_the_code),
    usmt_test (test_a_home_that_cannot_be_reached_is_not_passed_over),
    usmt_test (test_cancelling_ends_with_2),
  };

  return cmocka_run_group_tests_name ("usmt/run", tests, NULL, NULL);
}
