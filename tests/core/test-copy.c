/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-link.h"

#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "link-fixture.h"

static void
test_a_copy_carries_everything (void **state)
{
  Fixture *fixture = *state;
  const struct timespec times[2] = { { 1000000000, 123456789 }, { -1, 987654321 } };
  g_autofree char *path = g_build_filename (fixture->src, "file", NULL);
  const char *acl[] = { "setfacl", "-m", "u:1234:r,g:4321:rw", path, NULL };
  const char *cap[] = { "setcap", "cap_net_raw+ep", path, NULL };
  gboolean is_root = geteuid () == 0;

  write_at (fixture->src_dfd, "file", "payload");
  assert_int_equal (setxattr (path, "user.note", "x\0y", 3, 0), 0);
  assert_int_equal (setxattr (path, "user.empty", "", 0, 0), 0);
  if (is_root)
    assert_int_equal (chown (path, 1000, 1001), 0);
  assert_int_equal (chmod (path, 06755), 0);
  (void) moor_test_run (acl, NULL);
  if (is_root)
    (void) moor_test_run (cap, NULL);
  assert_int_equal (utimensat (AT_FDCWD, path, times, 0), 0);

  assert_int_equal (do_place (fixture, "file", MOOR_METHOD_COPY), MOOR_PLACED_COPIED);
  assert_false (fixture->placing.lost_metadata);
  assert_int_not_equal (fixture->placing.stx.stx_ino, moor_test_inode (fixture->src, "file"));
  assert_int_equal (fixture->placing.stx.stx_ino, moor_test_inode (fixture->dst, "file"));
  assert_int_equal (fixture->placing.stx.stx_mtime.tv_nsec, 987654321);
  assert_hash_of (fixture, path);
  assert_same_meta (fixture, "file");
}

static void
test_copying_leaves_the_access_time (void **state)
{
  Fixture *fixture = *state;
  const struct timespec times[2] = { { 1000, 5 }, { 2000000000, 0 } };
  struct stat st;

  write_at (fixture->src_dfd, "file", "payload");
  assert_int_equal (utimensat (fixture->src_dfd, "file", times, 0), 0);
  assert_int_equal (do_copy (fixture, moor_sys_posix (), "file"), MOOR_PLACED_COPIED);
  assert_int_equal (fstatat (fixture->src_dfd, "file", &st, 0), 0);
  assert_int_equal (st.st_atim.tv_sec, 1000);
}

static void
test_every_other_kind_is_copied_as_it_is (void **state)
{
  Fixture *fixture = *state;

  make_every_kind (fixture);
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      const struct timespec times[2] = { { 1111111111, 1 }, { 1222222222, 2 } };

      if (geteuid () == 0)
        assert_int_equal (fchownat (fixture->src_dfd, kinds[i], 1000, 1001, AT_SYMLINK_NOFOLLOW),
                          0);
      assert_int_equal (utimensat (fixture->src_dfd, kinds[i], times, AT_SYMLINK_NOFOLLOW), 0);
      assert_int_equal (do_copy (fixture, moor_sys_posix (), kinds[i]), MOOR_PLACED_COPIED);
      assert_false (fixture->placing.lost_metadata);
      assert_int_equal (fixture->placing.has_hash, i == 0);
      assert_same_meta (fixture, kinds[i]);
    }

  if (geteuid () != 0)
    return;
  assert_int_equal (mknodat (fixture->src_dfd, "null", S_IFCHR | 0666, makedev (1, 3)), 0);
  assert_int_equal (mknodat (fixture->src_dfd, "loop", S_IFBLK | 0600, makedev (7, 250)), 0);
  assert_int_equal (do_copy (fixture, moor_sys_posix (), "null"), MOOR_PLACED_COPIED);
  assert_int_equal (fixture->placing.stx.stx_rdev_minor, 3);
  assert_int_equal (do_copy (fixture, moor_sys_posix (), "loop"), MOOR_PLACED_COPIED);
  assert_int_equal (fixture->placing.stx.stx_rdev_minor, 250);
  assert_same_meta (fixture, "null");
}

static void
test_holes_stay_holes (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *path = g_build_filename (fixture->src, "sparse", NULL);
  g_autofree char *copy = g_build_filename (fixture->dst, "sparse", NULL);
  const off_t starts[] = { 3 << 20, 9 << 20 };
  struct stat st;
  g_auto(MoorFd) fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  g_autofree char *a = NULL;
  g_autofree char *b = NULL;
  gsize n_a = 0;
  gsize n_b = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (starts); i++)
    assert_int_equal (pwrite (fd, "data", 4, starts[i]), 4);
  assert_int_equal (ftruncate (fd, (16 << 20) + 7), 0);

  assert_int_equal (do_place (fixture, "sparse", MOOR_METHOD_COPY), MOOR_PLACED_COPIED);
  assert_hash_of (fixture, path);
  assert_int_equal (stat (copy, &st), 0);
  assert_int_equal (st.st_size, (16 << 20) + 7);
  assert_true (st.st_blocks * 512 < 1 << 20);
  assert_true (g_file_get_contents (path, &a, &n_a, NULL));
  assert_true (g_file_get_contents (copy, &b, &n_b, NULL));
  assert_memory_equal (a, b, n_a);
}

static void
test_an_empty_and_a_large_file_are_copied (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *large = g_strnfill ((3 << 20) + 17, 'z');
  g_autofree char *path = g_build_filename (fixture->dst, "large", NULL);
  g_autofree char *empty = g_build_filename (fixture->dst, "empty", NULL);

  write_at (fixture->src_dfd, "empty", "");
  write_at (fixture->src_dfd, "large", large);
  assert_int_equal (do_copy (fixture, moor_sys_posix (), "empty"), MOOR_PLACED_COPIED);
  assert_hash_of (fixture, empty);
  assert_int_equal (do_copy (fixture, moor_sys_posix (), "large"), MOOR_PLACED_COPIED);
  assert_int_equal (fixture->placing.stx.stx_size, (3 << 20) + 17);
  assert_hash_of (fixture, path);
}

static void
test_reading_only_when_asked_hashes_the_content (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *path = g_build_filename (fixture->src, "file", NULL);
  g_autoptr(GError) error = NULL;

  make_every_kind (fixture);
  assert_true (moor_hash_entry (moor_sys_posix (), fixture->src_dfd, "file", NULL,
                                fixture->placing.hash, NULL));
  fixture->placing.has_hash = TRUE;
  assert_hash_of (fixture, path);

  for (gsize i = 1; i < G_N_ELEMENTS (kinds); i++)
    {
      assert_false (moor_hash_entry (moor_sys_posix (), fixture->src_dfd, kinds[i], NULL,
                                     fixture->placing.hash, &error));
      assert_non_null (error);
      g_clear_error (&error);
    }
  assert_false (moor_hash_entry (moor_sys_posix (), fixture->src_dfd, "gone", NULL,
                                 fixture->placing.hash, &error));
  assert_gerror (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

/* Somebody replaces the file just when it is opened. */
static void
swap_for_fifo (const char *call)
{
  if (strcmp (call, "openat2") != 0 || n_swaps++ > 0)
    return;
  assert_int_equal (unlinkat (current->src_dfd, "file", 0), 0);
  assert_int_equal (mkfifoat (current->src_dfd, "file", 0600), 0);
}

static void
test_a_file_that_turns_into_a_fifo_blocks_nobody (void **state)
{
  Fixture *fixture = *state;

  write_at (fixture->src_dfd, "file", "payload");
  fault.before = swap_for_fifo;
  alarm (20);
  assert_int_equal (do_copy (fixture, &faulty_sys, "file"), MOOR_PLACED_COPIED);
  alarm (0);
  assert_true (S_ISFIFO (fixture->placing.stx.stx_mode));
  assert_int_equal (count_names (fixture), 1);
}

/* The owner of the home puts a link to somebody's secret in the file's place
 * after it was looked at, and the file back when it is looked at again. */
static void
swap_for_link (const char *call)
{
  if (strcmp (call, "openat2") == 0)
    {
      assert_int_equal (renameat (current->src_dfd, "file", current->src_dfd, "aside"), 0);
      assert_int_equal (symlinkat ("../secret", current->src_dfd, "file"), 0);
      n_swaps++;
    }
  else if (moor_test_exists (current->src, "aside"))
    assert_int_equal (renameat (current->src_dfd, "aside", current->src_dfd, "file"), 0);
}

static void
test_a_file_that_turns_into_a_link_is_not_followed (void **state)
{
  Fixture *fixture = *state;

  moor_test_write (fixture->root, "secret", "secret");
  write_at (fixture->src_dfd, "file", "payload");
  fault.before = swap_for_link;
  assert_int_equal (do_copy (fixture, &faulty_sys, "file"), MOOR_PLACED_FAILED);
  assert_int_equal (fixture->placing.cause, MOOR_CAUSE_CHANGED);
  assert_true (n_swaps >= 2);
  assert_int_equal (count_names (fixture), 0);
}

static gboolean keep_changing;

static void
append_while_reading (const char *call)
{
  g_auto(MoorFd) fd = -1;

  if (strcmp (call, "read") != 0 || (n_swaps++ > 0 && !keep_changing))
    return;
  fd = openat (current->src_dfd, "file", O_WRONLY | O_APPEND | O_CLOEXEC);
  assert_int_equal (write (fd, "+", 1), 1);
}

static void
test_a_file_that_changes_while_it_is_copied_is_copied_again (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *content = NULL;

  keep_changing = FALSE;
  write_at (fixture->src_dfd, "file", "payload");
  fault.before = append_while_reading;
  assert_int_equal (do_copy (fixture, &faulty_sys, "file"), MOOR_PLACED_COPIED);
  assert_int_equal (fixture->placing.cause, MOOR_CAUSE_NONE);
  content = moor_test_read (fixture->dst, "file");
  assert_string_equal (content, "payload+");
  assert_int_equal (count_names (fixture), 1);
}

static void
test_a_file_that_never_rests_is_given_up (void **state)
{
  Fixture *fixture = *state;

  keep_changing = TRUE;
  write_at (fixture->src_dfd, "file", "payload");
  fault.before = append_while_reading;
  assert_int_equal (do_copy (fixture, &faulty_sys, "file"), MOOR_PLACED_FAILED);
  assert_int_equal (fixture->placing.cause, MOOR_CAUSE_CHANGED);
  assert_int_equal (count_names (fixture), 0);
}

static void
truncate_while_reading (const char *call)
{
  if (strcmp (call, "read") == 0)
    {
      g_autofree char *path = g_build_filename (current->src, "file", NULL);

      assert_int_equal (truncate (path, 1), 0);
      n_swaps++;
    }
}

static void
test_a_file_that_shrinks_is_copied_as_it_is_then (void **state)
{
  Fixture *fixture = *state;

  write_at (fixture->src_dfd, "file", "payload");
  fault.before = truncate_while_reading;
  (void) do_copy (fixture, &faulty_sys, "file");
  fault.before = NULL;
  (void) unlinkat (fixture->dst_dfd, "file", 0);
  assert_int_equal (count_names (fixture), 0);
  assert_int_equal (do_copy (fixture, &faulty_sys, "file"), MOOR_PLACED_COPIED);
  assert_int_equal (fixture->placing.stx.stx_size, 1);
}

static GCancellable *cancellable;

static void
cancel_while_reading (const char *call)
{
  if (strcmp (call, "read") == 0)
    g_cancellable_cancel (cancellable);
}

static void
test_a_cancelled_copy_leaves_nothing (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *large = g_strnfill (3 << 20, 'z');

  cancellable = g_cancellable_new ();
  write_at (fixture->src_dfd, "file", large);
  fault.before = cancel_while_reading;
  assert_int_equal (moor_copy_entry (&faulty_sys, fixture->src_dfd, "file", fixture->dst_dfd,
                                     "file", TRUE, cancellable, &fixture->placing),
                    MOOR_PLACED_FAILED);
  assert_int_equal (fixture->placing.errnum, ECANCELED);
  assert_int_equal (fixture->placing.cause, MOOR_CAUSE_NONE);
  assert_int_equal (count_names (fixture), 0);
  g_clear_object (&cancellable);
}

/* After a fault the target name is whole or not there, there is no other name,
 * and a plain run completes the work. */
static void
assert_recovers (Fixture *fixture, const char *name, MoorPlaced placed)
{
  g_autofree char *content = NULL;

  fault.fail_at = 0;
  if (placed == MOOR_PLACED_FAILED)
    {
      assert_int_not_equal (fixture->placing.cause, MOOR_CAUSE_NONE);
      if (count_names (fixture) > 0)
        assert_int_equal (do_place (fixture, name, MOOR_METHOD_LINK), MOOR_PLACED_ALREADY);
      else
        assert_true (do_copy (fixture, moor_sys_posix (), name) == MOOR_PLACED_COPIED);
    }
  assert_int_equal (count_names (fixture), 1);
  assert_true (moor_test_exists (fixture->dst, name));
  if (strcmp (name, "file") == 0)
    {
      content = moor_test_read (fixture->dst, name);
      assert_string_equal (content, "payload");
    }
}

static void
survive_faults_in (const char *name, MoorMethod best_method, guint n_calls_min)
{
  for (guint n = 1;; n++)
    {
      void *fresh = NULL;
      Fixture *fixture;
      MoorPlaced placed;
      gboolean reached;

      setup (&fresh);
      fixture = fresh;
      make_every_kind (fixture);
      fault.fail_at = n;
      fault.errnum = EIO;
      placed = moor_place_entry (&faulty_sys, fixture->src_dfd, name, fixture->dst_dfd, name,
                                 best_method, NULL, &fixture->placing);
      reached = fault.n_calls >= n;
      assert_recovers (fixture, name, placed);
      teardown (&fresh);
      if (!reached)
        {
          assert_true (n > n_calls_min);
          return;
        }
    }
}

static void
test_survives_a_fault_in_every_call (void **state)
{
  survive_faults_in ("file", MOOR_METHOD_LINK, 2);
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    survive_faults_in (kinds[i], MOOR_METHOD_COPY, i == 0 ? 16 : 10);
}

static void
fail_reading_attributes (const char *call)
{
  if (strcmp (call, "flistxattr") == 0)
    {
      fault.fail_at = fault.n_calls + 1;
      fault.errnum = EIO;
    }
}

static void
test_a_copy_without_its_attributes_says_so (void **state)
{
  Fixture *fixture = *state;

  write_at (fixture->src_dfd, "file", "payload");
  fault.before = fail_reading_attributes;
  assert_int_equal (do_copy (fixture, &faulty_sys, "file"), MOOR_PLACED_COPIED);
  assert_true (fixture->placing.lost_metadata);
}

/* FUSE file systems know no flags of renameat2(). */
static void
refuse_rename (const char *call)
{
  if (strcmp (call, "renameat2") == 0)
    {
      fault.fail_at = fault.n_calls + 1;
      fault.errnum = EINVAL;
    }
}

static void
test_a_copy_settles_without_renameat2 (void **state)
{
  Fixture *fixture = *state;

  write_at (fixture->src_dfd, "file", "payload");
  fault.before = refuse_rename;
  assert_int_equal (do_copy (fixture, &faulty_sys, "file"), MOOR_PLACED_COPIED);
  assert_int_equal (count_names (fixture), 1);
}

static void
take_the_name (const char *call)
{
  if (strcmp (call, "renameat2") == 0)
    write_at (current->dst_dfd, "file", "someone else's");
}

static void
test_a_name_taken_at_the_last_moment_is_left_alone (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *content = NULL;

  write_at (fixture->src_dfd, "file", "payload");
  fault.before = take_the_name;
  assert_int_equal (do_copy (fixture, &faulty_sys, "file"), MOOR_PLACED_TAKEN);
  content = moor_test_read (fixture->dst, "file");
  assert_string_equal (content, "someone else's");
  assert_int_equal (count_names (fixture), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, setup, teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (test_a_copy_carries_everything),
    TEST (test_copying_leaves_the_access_time),
    TEST (test_every_other_kind_is_copied_as_it_is),
    TEST (test_holes_stay_holes),
    TEST (test_an_empty_and_a_large_file_are_copied),
    TEST (test_reading_only_when_asked_hashes_the_content),
    TEST (test_a_file_that_turns_into_a_fifo_blocks_nobody),
    TEST (test_a_file_that_turns_into_a_link_is_not_followed),
    TEST (test_a_file_that_changes_while_it_is_copied_is_copied_again),
    TEST (test_a_file_that_never_rests_is_given_up),
    TEST (test_a_file_that_shrinks_is_copied_as_it_is_then),
    TEST (test_a_cancelled_copy_leaves_nothing),
    cmocka_unit_test (test_survives_a_fault_in_every_call),
    TEST (test_a_copy_without_its_attributes_says_so),
    TEST (test_a_copy_settles_without_renameat2),
    TEST (test_a_name_taken_at_the_last_moment_is_left_alone),
  };

  return cmocka_run_group_tests_name ("core/copy", tests, NULL, NULL);
}
