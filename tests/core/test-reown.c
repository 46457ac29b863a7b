/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-meta.h"

#include <stdio.h>
#include <sys/xattr.h>

#include "faulty-sys.h"
#include "moor-error.h"
#include "moor-fd.h"
#include "moor-test.h"

#define ACCESS "system.posix_acl_access"
#define DEFAULT "system.posix_acl_default"
#define CAPABILITY "security.capability"
#define MARK "trusted.mooring.reown"

static const MoorIdMap map = { .old_uid = 1000, .new_uid = 1005, .old_gid = 1001, .new_gid = 1006 };

/* A home of 1000:1001 with one of each: a program with setuid and capabilities
 * and an ACL, a folder with default ACLs, a symbolic link, a fifo. */
typedef struct
{
  char *root;
  MoorFd dfd;
} Fixture;

static Fixture *current; /* what `before` works on */

static const char *const names[] = { "program", "folder", "link", "fifo" };

static void
set_acl (const Fixture *fixture, const char *acl, const char *name)
{
  g_autofree char *path = g_build_filename (fixture->root, name, NULL);
  const char *argv[] = { "setfacl", "-m", acl, path, NULL };

  assert_true (moor_test_run (argv, NULL));
}

static void
make_home (const Fixture *fixture)
{
  g_autofree char *program = g_build_filename (fixture->root, "program", NULL);
  const char *cap[] = { "setcap", "cap_net_raw+ep", program, NULL };

  moor_test_write (fixture->root, "program", "#!");
  moor_test_write (fixture->root, "secret", "root's");
  assert_int_equal (mkdirat (fixture->dfd, "folder", 0755), 0);
  assert_int_equal (symlinkat ("secret", fixture->dfd, "link"), 0);
  assert_int_equal (mkfifoat (fixture->dfd, "fifo", 0640), 0);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    assert_int_equal (fchownat (fixture->dfd, names[i], 1000, 1001, AT_SYMLINK_NOFOLLOW), 0);
  set_acl (fixture, "u:1000:r,g:1001:r,u:77:r", "program");
  set_acl (fixture, "u:1000:r,d:u:1000:rx,d:g:1001:r", "folder");
  set_acl (fixture, "u:1000:r", "fifo");
  assert_int_equal (fchmodat (fixture->dfd, "program", 06755, 0), 0);
  assert_int_equal (fchmodat (fixture->dfd, "folder", 02755, 0), 0);
  assert_true (moor_test_run (cap, NULL));
}

static int
setup (void **state)
{
  Fixture *fixture = g_new0 (Fixture, 1);

  memset (&fault, 0, sizeof fault);
  fixture->root = moor_test_dir_new ();
  fixture->dfd = open (fixture->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  assert_true (fixture->dfd >= 0);
  if (geteuid () == 0)
    make_home (fixture);
  current = fixture;
  *state = fixture;
  return 0;
}

static int
teardown (void **state)
{
  Fixture *fixture = *state;

  memset (&fault, 0, sizeof fault);
  close (fixture->dfd);
  moor_test_dir_free (fixture->root);
  g_free (fixture);
  return 0;
}

static gsize
size_of_xattr (const Fixture *fixture, const char *name, const char *xattr)
{
  g_autofree char *path = g_build_filename (fixture->root, name, NULL);
  ssize_t n = lgetxattr (path, xattr, NULL, 0);

  return n < 0 ? 0 : (gsize) n;
}

/* Whether an ACL of @name has an entry with @tag and @id. */
static gboolean
acl_names (const Fixture *fixture, const char *name, const char *xattr, guint16 tag, guint32 id)
{
  g_autofree char *path = g_build_filename (fixture->root, name, NULL);
  guint8 blob[512];
  ssize_t n = lgetxattr (path, xattr, blob, sizeof blob);

  for (ssize_t i = 4; i + 8 <= n; i += 8)
    {
      guint16 entry_tag;
      guint32 entry_id;

      memcpy (&entry_tag, blob + i, sizeof entry_tag);
      memcpy (&entry_id, blob + i + 4, sizeof entry_id);
      if (GUINT16_FROM_LE (entry_tag) == tag && GUINT32_FROM_LE (entry_id) == id)
        return TRUE;
    }
  return FALSE;
}

static void
assert_owned (const Fixture *fixture, const char *name, uid_t uid, gid_t gid)
{
  struct stat st;

  assert_int_equal (fstatat (fixture->dfd, name, &st, AT_SYMLINK_NOFOLLOW), 0);
  assert_int_equal (st.st_uid, uid);
  assert_int_equal (st.st_gid, gid);
}

static void
assert_home_is_reowned (const Fixture *fixture)
{
  struct stat st;

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      assert_owned (fixture, names[i], 1005, 1006);
      assert_false (acl_names (fixture, names[i], ACCESS, 0x02, 1000));
    }
  assert_int_equal (fstatat (fixture->dfd, "program", &st, 0), 0);
  assert_int_equal (st.st_mode & 07777, 06755);
  assert_int_equal (fstatat (fixture->dfd, "folder", &st, 0), 0);
  assert_int_equal (st.st_mode & 07777, 02755);
  assert_true (size_of_xattr (fixture, "program", CAPABILITY) > 0);
  assert_int_equal (size_of_xattr (fixture, "program", MARK), 0);
  assert_true (acl_names (fixture, "program", ACCESS, 0x02, 1005));
  assert_true (acl_names (fixture, "program", ACCESS, 0x08, 1006));
  assert_true (acl_names (fixture, "program", ACCESS, 0x02, 77));
  assert_true (acl_names (fixture, "folder", DEFAULT, 0x02, 1005));
  assert_true (acl_names (fixture, "folder", DEFAULT, 0x08, 1006));
  assert_true (acl_names (fixture, "fifo", ACCESS, 0x02, 1005));
  assert_owned (fixture, "secret", 0, 0);
}

static gboolean
reown (const Fixture *fixture, const MoorSys *sys, const char *name, gboolean *out_changed)
{
  g_autoptr(GError) error = NULL;

  if (moor_meta_reown (sys, fixture->dfd, name, &map, out_changed, &error))
    {
      assert_null (error);
      return TRUE;
    }
  assert_non_null (error);
  return FALSE;
}

static void
test_everything_goes_to_the_new_owner_and_keeps_its_powers (void **state)
{
  const Fixture *fixture = *state;
  gboolean changed = FALSE;

  if (geteuid () != 0)
    moor_test_skip ("only root may change owners");

  alarm (20);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      assert_true (reown (fixture, moor_sys_posix (), names[i], &changed));
      assert_true (changed);
    }
  assert_home_is_reowned (fixture);

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      assert_true (reown (fixture, moor_sys_posix (), names[i], &changed));
      assert_false (changed);
    }
  alarm (0);
  assert_home_is_reowned (fixture);
}

static void
test_what_belongs_to_others_stays_theirs (void **state)
{
  const Fixture *fixture = *state;
  gboolean changed = TRUE;
  struct stat st;

  if (geteuid () != 0)
    moor_test_skip ("only root may change owners");

  assert_true (reown (fixture, moor_sys_posix (), "secret", &changed));
  assert_false (changed);

  assert_int_equal (fchownat (fixture->dfd, "secret", 2000, 1001, 0), 0);
  assert_int_equal (fchmodat (fixture->dfd, "secret", 04711, 0), 0);
  assert_true (reown (fixture, moor_sys_posix (), "secret", &changed));
  assert_true (changed);
  assert_owned (fixture, "secret", 2000, 1006);
  assert_int_equal (fstatat (fixture->dfd, "secret", &st, 0), 0);
  assert_int_equal (st.st_mode & 07777, 04711);
}

static void
test_every_name_of_an_object_sees_the_new_owner (void **state)
{
  const Fixture *fixture = *state;
  gboolean changed = FALSE;

  if (geteuid () != 0)
    moor_test_skip ("only root may change owners");

  assert_int_equal (linkat (fixture->dfd, "program", fixture->dfd, "stored", 0), 0);
  assert_true (reown (fixture, moor_sys_posix (), "program", &changed));
  assert_owned (fixture, "stored", 1005, 1006);
  assert_true (size_of_xattr (fixture, "stored", CAPABILITY) > 0);
}

/* Whatever fails, a second run ends where an undisturbed one does. */
static void
test_survives_a_fault_in_every_call (void **state)
{
  if (geteuid () != 0)
    moor_test_skip ("only root may change owners");

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      gboolean reached = TRUE;

      for (guint n = 1; reached; n++)
        {
          void *fresh = NULL;
          Fixture *fixture;
          gboolean changed = FALSE;

          setup (&fresh);
          fixture = fresh;
          fault.fail_at = n;
          fault.errnum = EIO;
          (void) reown (fixture, &faulty_sys, names[i], &changed);
          reached = fault.n_calls >= n;
          fault.fail_at = 0;
          for (gsize j = 0; j < G_N_ELEMENTS (names); j++)
            assert_true (reown (fixture, &faulty_sys, names[j], &changed));
          assert_home_is_reowned (fixture);
          teardown (&fresh);
          if (!reached)
            assert_true (n > (i == 0 ? 15 : 4));
        }
    }
}

/* The process dies at call n: nothing after it happens. */
static void
fail_from_here (const char *call)
{
  if (fault.n_calls + 1 >= fault.fail_at)
    fault.fail_at = fault.n_calls + 1;
}

static void
test_survives_a_death_at_every_call (void **state)
{
  gboolean reached = TRUE;

  if (geteuid () != 0)
    moor_test_skip ("only root may change owners");

  for (guint n = 1; reached; n++)
    {
      void *fresh = NULL;
      Fixture *fixture;
      gboolean changed = FALSE;

      setup (&fresh);
      fixture = fresh;
      fault.before = fail_from_here;
      fault.fail_at = n;
      fault.errnum = EIO;
      (void) reown (fixture, &faulty_sys, "program", &changed);
      reached = fault.n_calls >= n;
      fault.before = NULL;
      fault.fail_at = 0;
      for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
        assert_true (reown (fixture, &faulty_sys, names[i], &changed));
      assert_home_is_reowned (fixture);
      teardown (&fresh);
    }
}

/* The owner of the home puts a link to root's file where the program was. */
static void
swap_for_link (const char *call)
{
  if (strcmp (call, "openat2") == 0)
    return;
  fault.before = NULL;
  assert_int_equal (renameat (current->dfd, "program", current->dfd, "aside"), 0);
  assert_int_equal (symlinkat ("secret", current->dfd, "program"), 0);
}

static void
test_a_swapped_name_leads_nowhere_else (void **state)
{
  const Fixture *fixture = *state;
  gboolean changed = FALSE;

  if (geteuid () != 0)
    moor_test_skip ("only root may change owners");

  fault.before = swap_for_link;
  assert_true (reown (fixture, &faulty_sys, "program", &changed));
  assert_owned (fixture, "aside", 1005, 1006);
  assert_owned (fixture, "secret", 0, 0);
  assert_int_equal (size_of_xattr (fixture, "secret", CAPABILITY), 0);
}

static void
rewrite_after_chown (const char *call)
{
  if (strcmp (call, "fchownat") == 0)
    moor_test_write (current->root, "other", "evil");
  else if (moor_test_exists (current->root, "other"))
    {
      g_auto(MoorFd) fd = openat (current->dfd, "program", O_WRONLY | O_APPEND | O_CLOEXEC);

      assert_int_equal (write (fd, "evil", 4), 4);
      fault.before = NULL;
    }
}

static void
test_new_content_does_not_get_the_old_powers (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(GError) error = NULL;
  gboolean changed = FALSE;
  struct stat st;

  if (geteuid () != 0)
    moor_test_skip ("only root may change owners");

  fault.before = rewrite_after_chown;
  assert_false (moor_meta_reown (&faulty_sys, fixture->dfd, "program", &map, &changed, &error));
  assert_gerror (error, MOOR_ERROR, MOOR_ERROR_VANISHED);
  assert_int_equal (fstatat (fixture->dfd, "program", &st, 0), 0);
  assert_int_equal (st.st_mode & 07000, 0);
  assert_int_equal (size_of_xattr (fixture, "program", CAPABILITY), 0);
  assert_true (reown (fixture, moor_sys_posix (), "program", &changed));
  assert_false (changed);
}

static GVariant *
xattrs_with (const char *name, const void *value, gsize n_bytes)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(ayay)"));
  g_variant_builder_add (&builder, "(@ay@ay)", g_variant_new_bytestring (name),
                         g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, value, n_bytes, 1));
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

static void
test_only_the_numbers_in_an_acl_are_mapped (void **state)
{
  static const guint8 acl[] = { 2, 0, 0,    0, 0x01, 0, 7,    0, 0xff, 0xff, 0xff, 0xff, 0x02, 0,
                                5, 0, 0xe8, 3, 0,    0, 0x08, 0, 4,    0,    0xe9, 3,    0,    0 };
  static const guint8 mapped[] = {
    2, 0, 0,    0, 0x01, 0, 7,    0, 0xff, 0xff, 0xff, 0xff, 0x02, 0,
    5, 0, 0xed, 3, 0,    0, 0x08, 0, 4,    0,    0xee, 3,    0,    0
  };
  g_autoptr(GVariant) before = xattrs_with (DEFAULT, acl, sizeof acl);
  g_autoptr(GVariant) wanted = xattrs_with (DEFAULT, mapped, sizeof mapped);
  g_autoptr(GVariant) other = xattrs_with ("user.acl", acl, sizeof acl);
  g_autoptr(GVariant) torn = xattrs_with (ACCESS, acl, sizeof acl - 1);
  g_autoptr(GVariant) a = moor_meta_map_xattrs (before, &map);
  g_autoptr(GVariant) b = moor_meta_map_xattrs (other, &map);
  g_autoptr(GVariant) c = moor_meta_map_xattrs (torn, &map);

  assert_true (g_variant_equal (a, wanted));
  assert_true (g_variant_equal (b, other));
  assert_true (g_variant_equal (c, torn));
  assert_null (moor_meta_map_xattrs (NULL, &map));
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, setup, teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (test_everything_goes_to_the_new_owner_and_keeps_its_powers),
    TEST (test_what_belongs_to_others_stays_theirs),
    TEST (test_every_name_of_an_object_sees_the_new_owner),
    cmocka_unit_test (test_survives_a_fault_in_every_call),
    cmocka_unit_test (test_survives_a_death_at_every_call),
    TEST (test_a_swapped_name_leads_nowhere_else),
    TEST (test_new_content_does_not_get_the_old_powers),
    cmocka_unit_test (test_only_the_numbers_in_an_acl_are_mapped),
  };

  return cmocka_run_group_tests_name ("core/reown", tests, NULL, NULL);
}
