/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-test.h"

#include "moor-error.h"
#include "moor-fd.h"
#include "moor-issue.h"
#include "moor-system.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <lastlog.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <utmp.h>

/* An offline system in a folder of its own: nothing but the files that say whose it is. */
typedef struct
{
  char *dir;
  char *root;
} Fixture;

static const char passwd[] = "root:x:0:0:root:/root:/bin/bash\n"
                             "daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n"
                             "alice:x:1000:1000:Alice Archer,Room 1,,:/home/alice:/bin/bash\n"
                             "bob:x:1001:1001::/home/bob:/bin/sh\n"
                             "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n";

static void
make_dir (const char *root, const char *path, mode_t mode)
{
  g_autofree char *full = g_build_filename (root, path, NULL);

  assert_int_equal (g_mkdir_with_parents (full, 0755), 0);
  assert_int_equal (chmod (full, mode), 0);
}

static void
make_link (const char *root, const char *path, const char *target)
{
  g_autofree char *full = g_build_filename (root, path, NULL);

  assert_int_equal (symlink (target, full), 0);
}

static void
own (const char *root, const char *path, uid_t uid)
{
  g_autofree char *full = g_build_filename (root, path, NULL);

  assert_int_equal (lchown (full, uid, uid), 0);
}

static int
setup (void **state)
{
  Fixture *fixture = g_new0 (Fixture, 1);

  fixture->dir = moor_test_dir_new ();
  fixture->root = g_build_filename (fixture->dir, "root", NULL);
  moor_test_write (fixture->root, "etc/passwd", passwd);
  moor_test_write (fixture->root, "usr/lib/os-release",
                   "NAME=Testix\nPRETTY_NAME=\"Testix 7 (late)\"\n");
  make_link (fixture->root, "etc/os-release", "../usr/lib/os-release");
  moor_test_write (fixture->root, "etc/hostname", "  bench-3\n");
  moor_test_write (fixture->root, "etc/machine-id", "0123456789abcdef0123456789abcdef\n");
  make_dir (fixture->root, "root", 0700);
  make_dir (fixture->root, "home/alice", 0755);
  make_dir (fixture->root, "home/bob", 0755);
  *state = fixture;
  return 0;
}

static int
teardown (void **state)
{
  Fixture *fixture = *state;

  moor_test_dir_free (fixture->dir);
  g_free (fixture->root);
  g_free (fixture);
  return 0;
}

static MoorSystem *
open_system (const Fixture *fixture)
{
  g_autoptr(GError) error = NULL;
  MoorSystem *system = moor_system_open (fixture->root, &error);

  assert_no_gerror (error);
  assert_non_null (system);
  return system;
}

static void
add_passwd (const Fixture *fixture, const char *lines)
{
  g_autofree char *all = g_strconcat (passwd, lines, NULL);

  moor_test_write (fixture->root, "etc/passwd", all);
}

static const MoorProfile *
profile (MoorSystem *system, const char *name)
{
  const MoorProfile *found = moor_system_find_profile (system, name);

  if (found == NULL)
    fail_msg ("there is no profile “%s”", name);
  return found;
}

static void
assert_names (MoorSystem *system, const char *expected)
{
  GPtrArray *profiles = moor_system_get_profiles (system);
  g_autoptr(GString) names = g_string_new (NULL);

  for (guint i = 0; i < profiles->len; i++)
    {
      const MoorProfile *one = g_ptr_array_index (profiles, i);

      g_string_append_printf (names, "%s%s", i > 0 ? " " : "", one->name);
    }
  assert_string_equal (names->str, expected);
}

static void
test_a_system_tells_its_names (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorSystem) system = open_system (fixture);

  assert_int_equal (moor_system_get_kind (system), MOOR_SYSTEM_LINUX);
  assert_string_equal (moor_system_get_name (system), "Testix 7 (late)");
  assert_string_equal (moor_system_get_host_name (system), "bench-3");
  assert_string_equal (moor_system_get_machine_id (system), "0123456789abcdef0123456789abcdef");
  assert_string_equal (moor_system_get_path (system), fixture->root);
  assert_non_null (moor_system_get_volume (system));
  assert_true (moor_system_get_dfd (system) >= 0);
  assert_false (moor_system_is_running (system));
}

static void
test_a_folder_that_is_no_system_is_refused (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(GError) error = NULL;
  g_autoptr(GError) missing = NULL;
  g_autofree char *nowhere = g_build_filename (fixture->dir, "nowhere", NULL);
  g_autofree char *home = g_build_filename (fixture->root, "home", NULL);

  assert_null (moor_system_open (home, &error));
  assert_gerror (error, MOOR_ERROR, MOOR_ERROR_REFUSED);
  assert_non_null (strstr (error->message, "etc/passwd"));
  assert_null (moor_system_open (nowhere, &missing));
  assert_gerror (missing, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

static void
test_the_running_system_is_known_by_any_path (void **state)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MoorSystem) plain = moor_system_open ("/", &error);
  g_autoptr(MoorSystem) other = moor_system_open ("/proc/self/root", NULL);

  assert_no_gerror (error);
  assert_true (moor_system_is_running (plain));
  assert_non_null (other);
  assert_true (moor_system_is_running (other));
}

static void
test_people_come_from_the_systems_own_passwd (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorSystem) system = open_system (fixture);
  const MoorProfile *alice = profile (system, "alice");
  const MoorProfile *root = profile (system, "root");

  assert_names (system, "alice bob root");
  assert_string_equal (alice->full_name, "Alice Archer");
  assert_int_equal (alice->uid, 1000);
  assert_int_equal (alice->state, MOOR_PROFILE_READY);
  assert_string_equal (alice->canonical_home, "/home/alice");
  assert_string_equal (alice->shell, "/bin/bash");
  assert_non_null (alice->volume_name);
  assert_null (alice->problem);
  assert_true (alice->selected_by_default);
  assert_null (profile (system, "bob")->full_name);
  assert_int_equal (root->state, MOOR_PROFILE_READY);
  assert_false (root->selected_by_default);
  assert_null (moor_system_find_profile (system, "daemon"));
}

static void
test_who_is_a_person_is_decided_by_login_defs (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorSystem) system = NULL;

  add_passwd (fixture, "old:x:500:500::/srv/people/old:/bin/bash\n"
                       "big:x:70001:100::/srv/people/big:/bin/bash\n");
  moor_test_write (fixture->root, "etc/login.defs",
                   "# UID_MIN 3\nUID_MIN\t\t  500\nUID_MAX 1000\nUMASK 022\n");
  make_dir (fixture->root, "srv/people/old", 0755);
  system = open_system (fixture);
  /* bob is out of bounds now, but his home is among homes. */
  assert_names (system, "old alice bob root");
}

static void
test_malformed_lines_are_left_out_and_told (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorSystem) system = NULL;
  GPtrArray *problems;

  add_passwd (fixture, "short:x:1002\n"
                       "bad id:x:1003:1003::/home/x:/bin/sh\n"
                       "minus:x:-1:-1::/home/minus:/bin/sh\n"
                       "../../etc:x:1004:1004::/home/up:/bin/sh\n"
                       "-rf:x:1005:1005::/home/rf:/bin/sh\n"
                       "wide:x:4294967295:1::/home/wide:/bin/sh\n"
                       "+@staff::::::\n"
                       "\n"
                       "alice:x:2000:2000:again:/home/bob:/bin/sh\n"
                       "carol:x:1006:1006::/home/carol:/bin/sh");
  make_dir (fixture->root, "home/carol", 0755);
  system = open_system (fixture);
  assert_names (system, "alice bob carol root");
  problems = moor_system_get_problems (system);
  assert_int_equal (problems->len, 5);
  assert_string_equal (((MoorIssue *) g_ptr_array_index (problems, 0))->path, "/etc/passwd");
}

static void
test_a_linked_home_folder_is_followed_inside_the_system (void **state)
{
  const Fixture *fixture = *state;
  g_autofree char *home = g_build_filename (fixture->root, "home", NULL);
  g_autofree char *moved = g_build_filename (fixture->root, "var/home", NULL);
  g_autoptr(MoorSystem) system = NULL;
  g_auto(MoorPlace) place = { .dfd = -1 };
  g_autoptr(GError) error = NULL;

  make_dir (fixture->root, "var", 0755);
  assert_int_equal (g_rename (home, moved), 0);
  make_link (fixture->root, "home", "/var/home");
  make_dir (fixture->root, "var/home/left", 0755);
  system = open_system (fixture);
  assert_names (system, "alice bob left root");
  assert_string_equal (profile (system, "alice")->canonical_home, "/var/home/alice");
  assert_string_equal (profile (system, "alice")->home, "/home/alice");
  assert_string_equal (profile (system, "left")->canonical_home, "/var/home/left");

  assert_true (moor_system_locate (system, "/home/alice", &place, &error));
  assert_string_equal (place.path, "/var/home/alice");
  assert_string_equal (place.mount_point, "/");
  assert_true (g_str_has_suffix (place.volume_path, "root/var/home/alice"));
}

static void
test_a_link_that_a_user_could_change_is_refused (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorSystem) system = NULL;
  g_autoptr(GError) error = NULL;
  g_auto(MoorPlace) place = { .dfd = -1 };

  if (geteuid () != 0)
    moor_test_skip ("only root can give a link to somebody else");

  add_passwd (fixture, "mallory:x:1002:1002::/home/mallory:/bin/sh\n"
                       "dave:x:1003:1003::/home/dave:/bin/sh\n");
  make_link (fixture->root, "home/mallory", "/etc");
  own (fixture->root, "home/mallory", 1002);
  make_dir (fixture->root, "data/dave", 0755);
  make_link (fixture->root, "home/dave", "/data/dave");
  system = open_system (fixture);

  assert_int_equal (profile (system, "mallory")->state, MOOR_PROFILE_UNREADABLE);
  assert_false (profile (system, "mallory")->selected_by_default);
  assert_non_null (strstr (profile (system, "mallory")->problem, "symbolic link"));
  assert_int_equal (profile (system, "dave")->state, MOOR_PROFILE_READY);
  assert_string_equal (profile (system, "dave")->canonical_home, "/data/dave");
  assert_false (moor_system_locate (system, "/home/mallory", &place, &error));
  assert_gerror (error, MOOR_ERROR, MOOR_ERROR_REFUSED);
}

static void
test_links_never_lead_out_of_the_system (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorSystem) system = NULL;
  g_auto(MoorPlace) place = { .dfd = -1 };
  g_autoptr(GError) error = NULL;
  g_autofree char *hostname = g_build_filename (fixture->root, "etc/hostname", NULL);

  assert_int_equal (g_unlink (hostname), 0);
  moor_test_write (fixture->dir, "secret", "outside\n");
  make_link (fixture->root, "etc/hostname", "../../../secret");
  make_link (fixture->root, "loop", "loop");
  make_link (fixture->root, "up", "../../..");
  system = open_system (fixture);
  assert_null (moor_system_get_host_name (system));

  assert_true (moor_system_locate (system, "/up/home/../home/./alice", &place, &error));
  assert_string_equal (place.path, "/home/alice");
  assert_false (moor_system_locate (system, "/loop", &place, &error));
  assert_non_null (error);
}

static void
test_homes_without_account_are_shown_and_selected (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorSystem) system = NULL;
  const MoorProfile *ldap;

  make_dir (fixture->root, "home/erin", 0755);
  make_dir (fixture->root, "home/shared stuff", 0755);
  make_dir (fixture->root, "home/lost+found", 0700);
  make_dir (fixture->root, "home/store", 0700);
  moor_test_write (fixture->root, "home/store/MOORING", "a store\n");
  moor_test_write (fixture->root, "home/a-file", "");
  if (geteuid () == 0)
    own (fixture->root, "home/erin", 70000);
  system = open_system (fixture);

  assert_names (system, "alice bob erin shared stuff root");
  ldap = profile (system, "erin");
  assert_int_equal (ldap->state, MOOR_PROFILE_NO_ACCOUNT);
  assert_true (ldap->selected_by_default);
  assert_string_equal (ldap->canonical_home, "/home/erin");
  assert_non_null (ldap->problem);
  if (geteuid () == 0)
    {
      assert_int_equal (ldap->uid, 70000);
      assert_int_equal (ldap->gid, 70000);
    }
}

static void
test_a_marker_in_a_persons_home_hides_nothing (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorSystem) system = NULL;

  if (geteuid () != 0)
    moor_test_skip ("only root can make homes of other people");

  make_dir (fixture->root, "home/erin", 0700);
  moor_test_write (fixture->root, "home/erin/MOORING", "");
  own (fixture->root, "home/erin", 70000);
  system = open_system (fixture);
  assert_names (system, "alice bob erin root");
}

static void
test_homes_elsewhere_are_found_through_passwd (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorSystem) system = NULL;

  add_passwd (fixture, "carol:x:1002:1002::/srv/homes/carol:/bin/sh\n"
                       "svc:x:1003:1003::/var/lib/svc:/bin/sh\n"
                       "opt:x:1004:1004::/opt/tool:/bin/sh\n");
  make_dir (fixture->root, "srv/homes/carol", 0755);
  make_dir (fixture->root, "srv/homes/left", 0755);
  make_dir (fixture->root, "srv/www", 0755);
  make_dir (fixture->root, "var/lib/svc", 0755);
  make_dir (fixture->root, "var/lib/dpkg", 0755);
  make_dir (fixture->root, "opt/tool", 0755);
  make_dir (fixture->root, "opt/chrome", 0755);
  system = open_system (fixture);
  assert_names (system, "alice bob carol svc opt left root");
  assert_int_equal (profile (system, "svc")->state, MOOR_PROFILE_READY);
}

static void
test_accounts_without_home_are_listed_but_not_selected (void **state)
{
  const Fixture *fixture = *state;
  static const char *const names[] = { "gone", "slash", "lib", "none", "homes", "relative" };
  g_autoptr(MoorSystem) system = NULL;

  add_passwd (fixture, "gone:x:1002:1002::/home/gone:/bin/sh\n"
                       "slash:x:1003:1003::/:/bin/sh\n"
                       "lib:x:1004:1004::/usr/lib/x:/bin/sh\n"
                       "none:x:1005:1005::/nonexistent:/bin/sh\n"
                       "homes:x:1006:1006::/home/.:/bin/sh\n"
                       "relative:x:1007:1007::home:/bin/sh\n");
  system = open_system (fixture);
  assert_names (system, "alice bob gone slash lib none homes relative root");
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      assert_int_equal (profile (system, names[i])->state, MOOR_PROFILE_NO_HOME);
      assert_false (profile (system, names[i])->selected_by_default);
      assert_non_null (profile (system, names[i])->problem);
    }
}

static void
test_of_two_accounts_with_one_home_the_owner_has_it (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorSystem) system = NULL;

  add_passwd (fixture, "twin:x:1002:1002::/home/../home/bob:/bin/sh\n"
                       "child:x:1003:1003::/home/alice/child:/bin/sh\n");
  make_dir (fixture->root, "home/alice/child", 0755);
  make_dir (fixture->root, "home/alice/Documents", 0755);
  if (geteuid () == 0)
    own (fixture->root, "home/bob", 1002);
  system = open_system (fixture);
  /* What else is in alice's home is nobody's home. */
  assert_names (system, "alice bob twin child root");
  if (geteuid () == 0)
    {
      assert_int_equal (profile (system, "bob")->state, MOOR_PROFILE_NO_HOME);
      assert_int_equal (profile (system, "twin")->state, MOOR_PROFILE_READY);
      assert_non_null (strstr (profile (system, "bob")->problem, "twin"));
    }
  else
    assert_int_equal (profile (system, "twin")->state, MOOR_PROFILE_NO_HOME);
  assert_int_equal (profile (system, "child")->state, MOOR_PROFILE_NO_HOME);
  assert_non_null (strstr (profile (system, "child")->problem, "alice"));
  assert_int_equal (profile (system, "alice")->state, MOOR_PROFILE_READY);
}

static void
test_locked_people_with_a_home_are_not_forgotten (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorSystem) system = NULL;

  add_passwd (fixture, "frank:x:1002:1002::/home/frank:/usr/sbin/nologin\n"
                       "svc:x:998:998::/home/svc:/bin/false\n"
                       "gone:x:997:997::/home/gone:/bin/false\n");
  make_dir (fixture->root, "home/frank", 0755);
  make_dir (fixture->root, "home/svc", 0755);
  system = open_system (fixture);
  assert_names (system, "svc alice bob frank root");
  assert_int_equal (profile (system, "frank")->state, MOOR_PROFILE_READY);
  assert_true (profile (system, "frank")->selected_by_default);
}

static void
test_homes_below_a_domains_folder_do_not_appear_twice (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorSystem) system = NULL;

  add_passwd (fixture, "carol:x:1002:1002::/home/EXAMPLE/carol:/bin/sh\n");
  make_dir (fixture->root, "home/EXAMPLE/carol", 0755);
  make_dir (fixture->root, "home/EXAMPLE/dan", 0755);
  make_dir (fixture->root, "home/OTHER/eve", 0755);
  system = open_system (fixture);
  assert_names (system, "alice bob carol OTHER dan root");
}

static void
test_two_left_over_homes_have_two_names (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorSystem) system = NULL;

  add_passwd (fixture, "carol:x:1002:1002::/srv/homes/carol:/bin/sh\n");
  make_dir (fixture->root, "srv/homes/carol", 0755);
  make_dir (fixture->root, "srv/homes/left", 0755);
  make_dir (fixture->root, "home/left", 0755);
  make_dir (fixture->root, "home/carol", 0755);
  system = open_system (fixture);
  assert_names (system, "alice bob carol carol~2 left left~2 root");
  assert_string_equal (profile (system, "carol")->home, "/srv/homes/carol");
  assert_string_equal (profile (system, "carol~2")->home, "/home/carol");
}

static void
test_pictures_come_from_the_account_service_or_the_home (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorSystem) system = NULL;

  add_passwd (fixture, "carol:x:1002:1002::/home/carol:/bin/sh\n"
                       "dave:x:1003:1003::/home/dave:/bin/sh\n");
  make_dir (fixture->root, "home/dave", 0755);
  moor_test_write (fixture->root, "var/lib/AccountsService/users/alice",
                   "[User]\nIcon=/usr/share/faces/cat.png\n");
  moor_test_write (fixture->root, "usr/share/faces/cat.png", "png");
  moor_test_write (fixture->root, "var/lib/AccountsService/icons/bob", "png");
  moor_test_write (fixture->root, "var/lib/AccountsService/users/bob",
                   "[User]\nIcon=/home/bob/gone.png\n");
  moor_test_write (fixture->root, "home/carol/.face", "png");
  make_link (fixture->root, "home/dave/.face", "/etc/passwd");
  system = open_system (fixture);
  assert_string_equal (profile (system, "alice")->picture, "/usr/share/faces/cat.png");
  assert_string_equal (profile (system, "bob")->picture, "/var/lib/AccountsService/icons/bob");
  assert_string_equal (profile (system, "carol")->picture, "/home/carol/.face");
  assert_null (profile (system, "dave")->picture);
}

static void
write_record (const char *root, const char *path, const void *record, gsize n_bytes, off_t at)
{
  g_autofree char *full = g_build_filename (root, path, NULL);
  int fd = open (full, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

  assert_true (fd >= 0);
  assert_int_equal (pwrite (fd, record, n_bytes, at), n_bytes);
  close (fd);
}

static void
test_last_use_comes_from_logins_or_from_the_home (void **state)
{
  const Fixture *fixture = *state;
  const struct lastlog last = { .ll_time = 1600000000 };
  struct utmp login = { .ut_type = USER_PROCESS,
                        .ut_user = "alice",
                        .ut_tv = { .tv_sec = 1700000000 } };
  const struct timespec times[2] = { { 1500000000, 5 }, { 1500000000, 5 } };
  g_autofree char *history = g_build_filename (fixture->root, "home/bob/.bash_history", NULL);
  g_autoptr(MoorSystem) system = NULL;

  make_dir (fixture->root, "var/log", 0755);
  write_record (fixture->root, "var/log/lastlog", &last, sizeof last, 1000 * (off_t) sizeof last);
  write_record (fixture->root, "var/log/wtmp", &login, sizeof login, 0);
  login.ut_tv.tv_sec = 1650000000;
  write_record (fixture->root, "var/log/wtmp", &login, sizeof login, sizeof login);
  write_record (fixture->root, "var/log/wtmp", "torn", 4, 2 * sizeof login);
  moor_test_write (fixture->root, "home/bob/.bash_history", "ls\n");
  assert_int_equal (utimensat (AT_FDCWD, history, times, 0), 0);
  system = open_system (fixture);
  assert_int_equal (profile (system, "alice")->last_used_ns,
                    G_GINT64_CONSTANT (1700000000000000000));
  assert_int_equal (profile (system, "bob")->last_used_ns, G_GINT64_CONSTANT (1500000000000000005));
  assert_int_equal (profile (system, "root")->last_used_ns, 0);
  assert_false (profile (system, "alice")->in_use);
}

static void
test_encrypted_homes_are_recognised (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorSystem) system = NULL;

  add_passwd (fixture, "carol:x:1002:1002::/home/carol:/bin/sh\n");
  make_dir (fixture->root, "home/.ecryptfs/alice/.Private", 0755);
  moor_test_write (fixture->root, "home/bob/gocryptfs.conf", "{}");
  make_dir (fixture->root, "home/carol", 0755);
  make_dir (fixture->root, "home/dora.homedir", 0700);
  moor_test_write (fixture->root, "home/emil.home", "image");
  system = open_system (fixture);
  assert_names (system, "alice bob carol .ecryptfs dora.homedir emil root");
  assert_string_equal (profile (system, "alice")->encrypted, "ecryptfs");
  assert_string_equal (profile (system, "bob")->encrypted, "gocryptfs");
  assert_null (profile (system, "carol")->encrypted);
  assert_true (profile (system, ".ecryptfs")->selected_by_default);
  assert_string_equal (profile (system, "dora.homedir")->encrypted, "homed");
  assert_false (profile (system, "dora.homedir")->selected_by_default);
  assert_int_equal (profile (system, "emil")->state, MOOR_PROFILE_UNREADABLE);
}

static void
test_a_home_that_does_not_exist_has_a_place_if_its_parent_does (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorSystem) system = open_system (fixture);
  g_auto(MoorPlace) place = { .dfd = -1 };
  g_autoptr(GError) error = NULL;

  assert_true (moor_system_locate (system, "/home/new", &place, &error));
  assert_no_gerror (error);
  assert_int_equal (place.dfd, -1);
  assert_string_equal (place.path, "/home/new");
  assert_true (g_str_has_suffix (place.volume_path, "root/home/new"));
  assert_false (moor_system_locate (system, "/homes/new", &place, &error));
  assert_gerror (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

static void
test_the_root_itself_has_a_place (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorSystem) system = open_system (fixture);
  g_auto(MoorPlace) place = { .dfd = -1 };
  g_autoptr(GError) error = NULL;

  assert_true (moor_system_locate (system, "/", &place, &error));
  assert_no_gerror (error);
  assert_true (place.dfd >= 0);
  assert_string_equal (place.path, "/");
  assert_string_equal (place.mount_point, "/");
}

static void
test_a_file_is_no_place (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorSystem) system = NULL;
  g_auto(MoorPlace) place = { .dfd = -1 };
  g_autoptr(GError) error = NULL;

  add_passwd (fixture, "carol:x:1002:1002::/home/carol:/bin/sh\n");
  moor_test_write (fixture->root, "home/carol", "not a folder");
  system = open_system (fixture);
  assert_int_equal (profile (system, "carol")->state, MOOR_PROFILE_UNREADABLE);
  assert_false (moor_system_locate (system, "/home/carol", &place, &error));
  assert_gerror (error, G_IO_ERROR, G_IO_ERROR_NOT_DIRECTORY);
}

static const char fstab[] =
    "# <file system> <mount point>   <type>  <options>\n"
    "UUID=11111111-2222-3333-4444-555555555555 / ext4 defaults 0 1\n"
    "UUID=11111111-2222-3333-4444-666666666666 /srv/homes/ ext4 defaults 0 2\n"
    "UUID=11111111-2222-3333-4444-777777777777 none swap sw 0 0\n"
    "this line makes no sense\n"
    "tmpfs /tmp tmpfs defaults 0 0\n"
    "/dev/sr0 /media/cdrom udf,iso9660 user,noauto 0 0\n"
    "/data/deep /mnt/bound none bind 0 0\n";

static void
test_a_volume_that_is_not_mounted_is_named (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorSystem) system = NULL;
  g_auto(MoorPlace) place = { .dfd = -1 };
  g_autoptr(GError) error = NULL;
  const MoorProfile *carol;

  moor_test_write (fixture->root, "etc/fstab", fstab);
  add_passwd (fixture, "carol:x:1002:1002::/srv/homes/carol:/bin/sh\n");
  make_dir (fixture->root, "srv/homes/carol", 0755);
  system = open_system (fixture);
  carol = profile (system, "carol");
  assert_int_equal (carol->state, MOOR_PROFILE_VOLUME_MISSING);
  assert_false (carol->selected_by_default);
  assert_non_null (strstr (carol->problem, "UUID=11111111-2222-3333-4444-666666666666"));
  assert_non_null (strstr (carol->problem, "/srv/homes"));
  assert_int_equal (profile (system, "alice")->state, MOOR_PROFILE_READY);

  assert_false (moor_system_locate (system, "/srv/homes/carol", &place, &error));
  assert_gerror (error, G_IO_ERROR, G_IO_ERROR_NOT_MOUNTED);
  assert_true (moor_system_mounts (system, "/srv/homes"));
  assert_true (moor_system_mounts (system, "/srv//homes/"));
  assert_false (moor_system_mounts (system, "/media/cdrom"));
  assert_false (moor_system_mounts (system, "/tmp"));
  assert_false (moor_system_mounts (system, "/home"));
  assert_false (moor_system_mounts (system, "/"));
}

/* No passwd names it, as with LDAP, and the volume it is on is not there. */
static void
test_a_nameless_home_on_a_missing_volume_is_told (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorSystem) system = NULL;
  const MoorIssue *issue;

  moor_test_write (fixture->root, "home/elsewhere/.keep", "");
  moor_test_write (fixture->root, "etc/fstab",
                   "LABEL=no-such-volume /home/elsewhere ext4 defaults 0 2\n");
  system = open_system (fixture);
  assert_int_equal (moor_system_get_problems (system)->len, 1);
  issue = g_ptr_array_index (moor_system_get_problems (system), 0);
  assert_int_equal (issue->cause, MOOR_CAUSE_VOLUME_MISSING);
  assert_string_equal (issue->path, "/home/elsewhere");
}

static void
test_a_missing_volume_of_home_is_told_even_without_accounts (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorSystem) system = NULL;
  const MoorIssue *issue;

  moor_test_write (fixture->root, "etc/passwd", "root:x:0:0:root:/root:/bin/bash\n");
  moor_test_write (fixture->root, "etc/fstab", "LABEL=no-such-volume /home ext4 defaults 0 2\n");
  system = open_system (fixture);
  assert_names (system, "root");
  assert_int_equal (moor_system_get_problems (system)->len, 1);
  issue = g_ptr_array_index (moor_system_get_problems (system), 0);
  assert_int_equal (issue->cause, MOOR_CAUSE_VOLUME_MISSING);
  assert_string_equal (issue->path, "/home");
}

static void
test_bind_mounts_of_the_system_are_followed (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorSystem) system = NULL;
  g_auto(MoorPlace) place = { .dfd = -1 };
  g_autoptr(GError) error = NULL;

  moor_test_write (fixture->root, "etc/fstab", fstab);
  make_dir (fixture->root, "data/deep/carol", 0755);
  make_dir (fixture->root, "mnt/bound", 0755);
  system = open_system (fixture);
  assert_true (moor_system_locate (system, "/mnt/bound/carol", &place, &error));
  assert_string_equal (place.path, "/mnt/bound/carol");
  assert_true (g_str_has_suffix (place.volume_path, "root/data/deep/carol"));
}

static void
test_bind_mounts_in_a_circle_are_refused (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorSystem) system = NULL;
  g_auto(MoorPlace) place = { .dfd = -1 };
  g_autoptr(GError) error = NULL;

  moor_test_write (fixture->root, "etc/fstab", "/b/x /a none bind\n/a/x /b none bind\n");
  make_dir (fixture->root, "a", 0755);
  make_dir (fixture->root, "b", 0755);
  system = open_system (fixture);
  assert_false (moor_system_locate (system, "/a/x", &place, &error));
  assert_gerror (error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_LINKS);
}

/* One more volume, mounted where the offline system knows nothing of. */
typedef struct
{
  MoorTestVolume volume;
  char *uuid;
} Second;

static void
second_clear (Second *second)
{
  moor_test_volume_free (&second->volume);
  g_clear_pointer (&second->uuid, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Second, second_clear)

static gboolean
make_second (const Fixture *fixture, Second *out_second)
{
  const char *argv[] = { "blkid", "-p", "-o", "value", "-s", "UUID", NULL, NULL };

  if (!moor_test_volume_new (fixture->dir, "elsewhere", "ext4", 16, &out_second->volume))
    return FALSE;
  argv[6] = out_second->volume.image;
  if (!moor_test_run (argv, &out_second->uuid))
    return FALSE;
  g_strstrip (out_second->uuid);
  make_dir (out_second->volume.mount_point, "carol", 0755);
  return TRUE;
}

static void
test_a_home_on_another_volume_is_found_through_fstab (void **state)
{
  const Fixture *fixture = *state;
  g_auto(Second) second = { 0 };
  g_autoptr(MoorSystem) system = NULL;
  g_auto(MoorPlace) place = { .dfd = -1 };
  g_auto(MoorPlace) missing = { .dfd = -1 };
  g_autoptr(GError) error = NULL;
  g_autofree char *line = NULL;
  struct stat st;

  if (!moor_test_can_mount ("ext4"))
    moor_test_skip ("loop-mounted volumes need root and mkfs.ext4");

  assert_true (make_second (fixture, &second));
  line = g_strdup_printf ("UUID=%s /srv/homes ext4 defaults 0 2\n", second.uuid);
  moor_test_write (fixture->root, "etc/fstab", line);
  add_passwd (fixture, "carol:x:1002:1002::/srv/homes/carol:/bin/sh\n");
  make_dir (fixture->root, "srv/homes/carol/hidden", 0755);
  make_dir (second.volume.mount_point, "ldap", 0755);
  system = open_system (fixture);

  assert_names (system, "alice bob carol ldap root");
  assert_int_equal (profile (system, "carol")->state, MOOR_PROFILE_READY);
  assert_string_equal (profile (system, "carol")->volume_name, second.uuid);
  assert_true (moor_system_locate (system, "/srv/homes/carol", &place, &error));
  assert_string_equal (place.path, "/srv/homes/carol");
  assert_string_equal (place.mount_point, "/srv/homes");
  assert_string_equal (place.volume_path, "carol");
  assert_string_equal (place.volume->name, second.uuid);
  assert_int_equal (fstat (place.dfd, &st), 0);
  assert_int_equal (st.st_ino, moor_test_inode (second.volume.mount_point, "carol"));

  assert_true (moor_system_locate (system, "/srv/homes/new", &missing, &error));
  assert_string_equal (missing.volume_path, "new");
  assert_int_equal (missing.dfd, -1);
}

static void
test_a_remembered_mount_helps_where_fstab_is_silent (void **state)
{
  const Fixture *fixture = *state;
  g_auto(Second) second = { 0 };
  g_autoptr(MoorSystem) system = NULL;
  g_auto(MoorPlace) before = { .dfd = -1 };
  g_auto(MoorPlace) after = { .dfd = -1 };
  g_autoptr(GError) error = NULL;

  if (!moor_test_can_mount ("ext4"))
    moor_test_skip ("loop-mounted volumes need root and mkfs.ext4");

  assert_true (make_second (fixture, &second));
  moor_test_write (fixture->root, "etc/fstab", "LABEL=no-such-volume /data ext4 defaults 0 2\n");
  make_dir (fixture->root, "srv", 0755);
  system = open_system (fixture);
  assert_false (moor_system_locate (system, "/srv/homes/carol", &before, &error));
  g_clear_error (&error);

  moor_system_assume_mount (system, "/srv/homes", second.uuid);
  assert_true (moor_system_locate (system, "/srv/homes/carol", &after, &error));
  assert_string_equal (after.volume->name, second.uuid);
  assert_string_equal (after.mount_point, "/srv/homes");
  assert_false (moor_system_mounts (system, "/srv/homes"));

  moor_system_assume_mount (system, "/data", second.uuid);
  assert_false (moor_system_locate (system, "/data/carol", &before, &error));
  assert_gerror (error, G_IO_ERROR, G_IO_ERROR_NOT_MOUNTED);
}

static void
test_a_volume_mounted_in_its_place_is_used_there (void **state)
{
  const Fixture *fixture = *state;
  g_auto(Second) second = { 0 };
  g_autoptr(MoorSystem) system = NULL;
  g_auto(MoorPlace) place = { .dfd = -1 };
  g_autoptr(GError) error = NULL;
  g_autofree char *line = NULL;
  g_autofree char *there = NULL;
  gboolean located;

  if (!moor_test_can_mount ("ext4"))
    moor_test_skip ("loop-mounted volumes need root and mkfs.ext4");

  assert_true (make_second (fixture, &second));
  line = g_strdup_printf ("UUID=%s /home ext4 defaults 0 2\n", second.uuid);
  moor_test_write (fixture->root, "etc/fstab", line);
  there = g_build_filename (fixture->root, "home", NULL);
  assert_int_equal (mount (second.volume.mount_point, there, NULL, MS_BIND, NULL), 0);
  system = moor_system_open (fixture->root, &error);
  located = system != NULL && moor_system_locate (system, "/home/carol", &place, &error);
  assert_int_equal (umount2 (there, MNT_DETACH), 0);
  assert_true (located);
  assert_string_equal (place.mount_point, "/home");
  assert_string_equal (place.volume->mount_point, there);
}

static void
test_systems_on_other_volumes_are_found (void **state)
{
  const Fixture *fixture = *state;
  g_auto(Second) second = { 0 };
  g_autoptr(GPtrArray) none = NULL;
  g_autoptr(GPtrArray) systems = NULL;

  if (!moor_test_can_mount ("ext4"))
    moor_test_skip ("loop-mounted volumes need root and mkfs.ext4");

  none = moor_system_find_systems (NULL);
  assert_non_null (none);
  assert_string_equal (g_ptr_array_index (none, 0), "/");
  assert_true (make_second (fixture, &second));
  moor_test_write (second.volume.mount_point, "etc/passwd", passwd);
  moor_test_write (second.volume.mount_point, "etc/os-release", "NAME=x\n");
  systems = moor_system_find_systems (NULL);
  assert_int_equal (systems->len, none->len + 1);
  assert_true (
      g_ptr_array_find_with_equal_func (systems, second.volume.mount_point, g_str_equal, NULL));
}

int
main (void)
{
#define system_test(name) cmocka_unit_test_setup_teardown (name, setup, teardown)
  const struct CMUnitTest tests[] = {
    system_test (test_a_system_tells_its_names),
    system_test (test_a_folder_that_is_no_system_is_refused),
    system_test (test_the_running_system_is_known_by_any_path),
    system_test (test_people_come_from_the_systems_own_passwd),
    system_test (test_who_is_a_person_is_decided_by_login_defs),
    system_test (test_malformed_lines_are_left_out_and_told),
    system_test (test_a_linked_home_folder_is_followed_inside_the_system),
    system_test (test_a_link_that_a_user_could_change_is_refused),
    system_test (test_links_never_lead_out_of_the_system),
    system_test (test_homes_without_account_are_shown_and_selected),
    system_test (test_a_marker_in_a_persons_home_hides_nothing),
    system_test (test_homes_elsewhere_are_found_through_passwd),
    system_test (test_accounts_without_home_are_listed_but_not_selected),
    system_test (test_of_two_accounts_with_one_home_the_owner_has_it),
    system_test (test_locked_people_with_a_home_are_not_forgotten),
    system_test (test_homes_below_a_domains_folder_do_not_appear_twice),
    system_test (test_two_left_over_homes_have_two_names),
    system_test (test_pictures_come_from_the_account_service_or_the_home),
    system_test (test_last_use_comes_from_logins_or_from_the_home),
    system_test (test_encrypted_homes_are_recognised),
    system_test (test_a_home_that_does_not_exist_has_a_place_if_its_parent_does),
    system_test (test_the_root_itself_has_a_place),
    system_test (test_a_file_is_no_place),
    system_test (test_a_volume_that_is_not_mounted_is_named),
    system_test (test_a_nameless_home_on_a_missing_volume_is_told),
    system_test (test_a_missing_volume_of_home_is_told_even_without_accounts),
    system_test (test_bind_mounts_of_the_system_are_followed),
    system_test (test_bind_mounts_in_a_circle_are_refused),
    system_test (test_a_home_on_another_volume_is_found_through_fstab),
    system_test (test_a_remembered_mount_helps_where_fstab_is_silent),
    system_test (test_a_volume_mounted_in_its_place_is_used_there),
    system_test (test_systems_on_other_volumes_are_found),
  };

  return cmocka_run_group_tests_name ("core/system", tests, NULL, NULL);
}
