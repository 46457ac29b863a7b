/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store-fixture.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* No store can be made at @path. */
static void
assert_no_place (const char *path, GQuark domain, int code)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MoorStore) store = moor_store_create (path, &some_info, &error);

  assert_null (store);
  assert_gerror (error, domain, code);
}

static guint
mode_of (const char *dir, const char *name)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);
  struct stat st;

  assert_int_equal (lstat (path, &st), 0);
  return st.st_mode & 07777;
}

static void
sql (const char *path, const char *text)
{
  g_autofree char *file = g_build_filename (path, "catalogue.db", NULL);
  sqlite3 *db = NULL;

  assert_int_equal (sqlite3_open (file, &db), SQLITE_OK);
  if (sqlite3_exec (db, text, NULL, NULL, NULL) != SQLITE_OK)
    fail_msg ("%s: %s", text, sqlite3_errmsg (db));
  sqlite3_close (db);
}

static void
test_a_new_store_is_found_again_as_it_was_made (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorStore) made = create (fixture->path);
  g_autofree char *uuid = g_strdup (moor_store_get_uuid (made));
  g_autoptr(MoorStore) store = NULL;
  g_auto(MoorStoreInfo) info = { 0 };
  const MoorPart *part;

  g_clear_pointer (&made, moor_store_unref);
  assert_true (moor_store_exists (fixture->path));
  store = reopen (fixture->path, FALSE);
  assert_true (moor_store_get_info (store, &info, NULL));
  assert_string_equal (info.uuid, uuid);
  assert_string_equal (info.system_name, some_info.system_name);
  assert_string_equal (info.host_name, some_info.host_name);
  assert_string_equal (info.note, some_info.note);
  assert_true (info.made_ns > 0);
  assert_int_equal (info.sealed_ns, 0);
  assert_int_equal (info.owner_uid, geteuid ());
  assert_int_equal (moor_store_get_owner (store), geteuid ());
  assert_int_equal (moor_store_get_state (store), MOOR_STORE_CAPTURING);
  assert_string_equal (moor_store_get_path (store), fixture->path);

  assert_int_equal (moor_store_get_n_parts (store), 1);
  part = moor_store_get_part (store, 0);
  assert_true (part->dfd >= 0 && part->tree_dfd >= 0);
  assert_non_null (part->volume);
  assert_true (g_str_has_suffix (fixture->path, part->path));
  assert_ptr_equal (moor_store_find_part (store, part->volume_name), part);
}

static void
test_only_the_owner_may_enter (void **state)
{
  const Fixture *fixture = *state;
  g_autofree char *deep = g_build_filename (fixture->root, "a", "b", "store", NULL);

  make (deep);
  assert_int_equal (mode_of (fixture->root, "a"), 0755);
  assert_int_equal (mode_of (fixture->root, "a/b/store"), 0700);
  assert_int_equal (mode_of (deep, "MOORING"), 0600);
  assert_int_equal (mode_of (deep, "catalogue.db"), 0600);
  assert_int_equal (mode_of (deep, "accounts"), 0700);
  assert_int_equal (mode_of (deep, "tree"), 0700);
}

static void
test_states_survive (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorStore) store = create (fixture->path);

  for (int i = MOOR_STORE_CAPTURING; i <= MOOR_STORE_DELETING; i++)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(MoorStore) again = NULL;

      assert_true (moor_store_set_state (store, (MoorStoreState) i, &error));
      again = reopen (fixture->path, FALSE);
      assert_int_equal (moor_store_get_state (again), i);
      assert_true (moor_store_state_id ((MoorStoreState) i)[0] != '\0');
      assert_true (moor_store_state_text ((MoorStoreState) i)[0] != '\0');
      assert_false (moor_store_set_state (again, MOOR_STORE_SEALED, &error));
      assert_gerror (error, G_IO_ERROR, G_IO_ERROR_READ_ONLY);
    }
}

static void
test_settings_are_kept_and_forgotten (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorStore) store = create (fixture->path);
  g_autoptr(GError) error = NULL;
  g_autofree char *value = NULL;

  assert_true (moor_store_set_meta (store, "test.key", "what’s kept", &error));
  value = moor_store_dup_meta (store, "test.key", &error);
  assert_string_equal (value, "what’s kept");
  assert_true (moor_store_set_meta (store, "test.key", NULL, &error));
  assert_null (moor_store_dup_meta (store, "test.key", &error));
  assert_no_gerror (error);
}

static void
test_sealing_keeps_the_totals (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorStore) store = create (fixture->path);
  g_autoptr(MoorStore) again = NULL;
  g_autoptr(GError) error = NULL;
  g_auto(MoorStoreInfo) info = { 0 };
  const MoorStoreInfo totals = {
    .n_objects = 512904,
    .n_linked = 512000,
    .n_copied = 904,
    .n_bytes = G_GUINT64_CONSTANT (84100000000),
    .n_copied_bytes = 38000000,
    .n_issues = 3,
  };

  assert_true (moor_store_seal (store, &totals, &error));
  assert_no_gerror (error);
  assert_int_equal (moor_store_get_state (store), MOOR_STORE_SEALED);

  again = reopen (fixture->path, FALSE);
  assert_int_equal (moor_store_get_state (again), MOOR_STORE_SEALED);
  assert_true (moor_store_get_info (again, &info, &error));
  assert_int_equal (info.n_objects, totals.n_objects);
  assert_int_equal (info.n_bytes, totals.n_bytes);
  assert_int_equal (info.n_copied_bytes, totals.n_copied_bytes);
  assert_true (info.sealed_ns >= info.made_ns);
}

static void
test_the_marker_tells_people_how_to_get_their_files_back (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorStore) store = create (fixture->path);
  g_autofree char *text = moor_test_read (fixture->path, "MOORING");
  g_autofree char *uuid_line = g_strdup_printf ("\nuuid: %s\n", moor_store_get_uuid (store));

  assert_true (g_str_has_prefix (text, "Mooring store, format 1\n"));
  assert_non_null (strstr (text, uuid_line));
  assert_non_null (strstr (text, "host: bench-3\n"));
  assert_non_null (strstr (text, "cp -al tree/home/alice /home/alice"));
  assert_non_null (strstr (text, "mv tree/home/alice /home/alice"));
  assert_non_null (strstr (text, "sqlite3"));
  assert_non_null (strstr (text, "\nIn use by: nobody "));
  assert_true (g_str_has_suffix (text, "\n"));
}

static void
test_a_second_job_is_told_who_is_at_work (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorStore) store = create (fixture->path);
  g_autoptr(MoorStore) other = reopen (fixture->path, TRUE);
  g_autoptr(GError) error = NULL;
  g_autofree char *process = g_strdup_printf ("capture, process %d on ", (int) getpid ());
  g_autofree char *owner = NULL;
  g_autofree char *text = NULL;
  const guint64 inode = moor_test_inode (fixture->path, "MOORING");

  assert_null (moor_store_dup_lock_owner (other));
  assert_true (moor_store_lock (store, "capture", &error));
  assert_false (moor_store_lock (other, "restore", &error));
  assert_gerror (error, MOOR_ERROR, MOOR_ERROR_BUSY);
  assert_non_null (strstr (error->message, process));
  owner = moor_store_dup_lock_owner (other);
  assert_true (g_str_has_prefix (owner, process));
  text = moor_test_read (fixture->path, "MOORING");
  assert_non_null (strstr (text, process));
  g_clear_error (&error);

  moor_store_unlock (store);
  assert_null (moor_store_dup_lock_owner (other));
  assert_true (moor_store_lock (other, "restore", &error));
  assert_int_equal (moor_test_inode (fixture->path, "MOORING"), inode);
}

static void
test_the_lock_of_a_killed_job_is_free (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorStore) store = create (fixture->path);
  g_autoptr(GError) error = NULL;
  g_autofree char *stale = NULL;
  int ready[2];
  char byte;
  pid_t pid;

  assert_int_equal (pipe (ready), 0);
  if ((pid = fork ()) == 0)
    {
      g_autoptr(MoorStore) own = moor_store_open (fixture->path, TRUE, NULL);

      if (own != NULL && moor_store_lock (own, "capture", NULL))
        (void) !write (ready[1], "x", 1);
      (void) close (ready[1]);
      for (;;)
        pause ();
    }
  (void) close (ready[1]);
  assert_int_equal (read (ready[0], &byte, 1), 1);
  (void) close (ready[0]);
  assert_false (moor_store_lock (store, "verify", &error));
  assert_gerror (error, MOOR_ERROR, MOOR_ERROR_BUSY);
  g_clear_error (&error);

  (void) kill (pid, SIGKILL);
  assert_int_equal (waitpid (pid, NULL, 0), pid);
  stale = moor_test_read (fixture->path, "MOORING");
  assert_non_null (strstr (stale, "In use by: capture"));
  assert_null (moor_store_dup_lock_owner (store));
  assert_true (moor_store_lock (store, "verify", &error));
}

static void
test_who_waited_for_the_lock_sees_what_changed (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorStore) store = create (fixture->path);
  g_autoptr(MoorStore) other = reopen (fixture->path, TRUE);
  g_autoptr(GError) error = NULL;

  assert_true (moor_store_lock (store, "capture", &error));
  assert_true (moor_store_set_state (store, MOOR_STORE_SEALED, &error));
  moor_store_unlock (store);
  assert_true (moor_store_lock (other, "restore", &error));
  assert_int_equal (moor_store_get_state (other), MOOR_STORE_SEALED);
}

static void
test_newer_formats_are_refused (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorStore) store = create (fixture->path);
  g_autofree char *marker = moor_test_read (fixture->path, "MOORING");

  g_clear_pointer (&store, moor_store_unref);
  sql (fixture->path, "PRAGMA user_version = 2");
  assert_refused (fixture->path, MOOR_ERROR_STORE_NEWER, "format 2");
  sql (fixture->path, "PRAGMA user_version = 1");
  marker[strlen ("Mooring store, format ")] = '7';
  moor_test_write (fixture->path, "MOORING", marker);
  assert_refused (fixture->path, MOOR_ERROR_STORE_NEWER, "format 7");
  assert_true (moor_store_exists (fixture->path));
}

static void
test_what_is_no_store_is_named (void **state)
{
  const Fixture *fixture = *state;

  assert_refused (fixture->path, MOOR_ERROR_STORE_UNUSABLE, fixture->path);
  moor_test_write (fixture->path, "some file", "");
  assert_refused (fixture->path, MOOR_ERROR_STORE_UNUSABLE, "no file MOORING");
  moor_test_write (fixture->path, "MOORING", "the harbour's notes");
  assert_refused (fixture->path, MOOR_ERROR_STORE_UNUSABLE, "did not write");
  moor_test_write (fixture->path, "MOORING", "Mooring store, format 1\nuuid: x\npart: 0\n");
  assert_refused (fixture->path, MOOR_ERROR_STORE_UNUSABLE, "damaged");
  assert_false (moor_store_exists (fixture->path));
}

static void
test_a_tree_that_is_a_link_is_refused (void **state)
{
  const Fixture *fixture = *state;
  g_autofree char *tree = g_build_filename (fixture->path, "tree", NULL);

  make (fixture->path);
  assert_int_equal (g_rmdir (tree), 0);
  assert_int_equal (symlink ("/", tree), 0);
  assert_refused (fixture->path, MOOR_ERROR_STORE_UNUSABLE, "“tree” in the store");
  assert_int_equal (g_unlink (tree), 0);
  moor_test_write (fixture->path, "tree", "a file");
  assert_refused (fixture->path, MOOR_ERROR_STORE_UNUSABLE, "symbolic link");
  assert_int_equal (g_unlink (tree), 0);
  moor_store_unref (reopen (fixture->path, TRUE));
}

static void
test_a_store_that_goes_away_is_noticed (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorStore) store = create (fixture->path);
  const char *argv[] = { "rm", "-r", fixture->path, NULL };
  g_autoptr(GError) error = NULL;

  assert_true (moor_test_run (argv, NULL));
  assert_false (moor_store_lock (store, "restore", &error));
  assert_gerror (error, MOOR_ERROR, MOOR_ERROR_STORE_UNUSABLE);
  assert_refused (fixture->path, MOOR_ERROR_STORE_UNUSABLE, fixture->path);
}

static void
test_a_damaged_catalogue_is_explained (void **state)
{
  const Fixture *fixture = *state;
  g_autofree char *garbage = g_strnfill (20000, 'x');
  g_autofree char *file = g_build_filename (fixture->path, "catalogue.db", NULL);
  g_autofree char *content = NULL;
  gsize n_bytes;

  make (fixture->path);
  moor_test_write (fixture->path, "tree/home/alice/letter", "dear");
  assert_true (g_file_get_contents (file, &content, &n_bytes, NULL));

  moor_test_write (fixture->path, "catalogue.db", garbage);
  assert_refused (fixture->path, MOOR_ERROR_STORE_UNUSABLE, "still in the folder “tree”");
  moor_test_write (fixture->path, "catalogue.db", "");
  assert_refused (fixture->path, MOOR_ERROR_STORE_UNUSABLE, "still in the folder “tree”");
  assert_true (g_file_set_contents (file, content, (gssize) n_bytes / 2, NULL));
  assert_refused (fixture->path, MOOR_ERROR_STORE_UNUSABLE, "still in the folder “tree”");
  assert_int_equal (g_unlink (file), 0);
  assert_refused (fixture->path, MOOR_ERROR_STORE_UNUSABLE, "is missing");
  assert_int_equal (symlink ("/etc/passwd", file), 0);
  assert_refused (fixture->path, MOOR_ERROR_STORE_UNUSABLE, "not a regular file");
  assert_no_place (fixture->path, G_IO_ERROR, G_IO_ERROR_EXISTS);
  assert_true (moor_test_exists (fixture->path, "tree/home/alice/letter"));
}

static void
test_the_catalogue_of_another_store_is_refused (void **state)
{
  const Fixture *fixture = *state;
  g_autofree char *other = g_build_filename (fixture->root, "other", NULL);
  g_autofree char *from = g_build_filename (other, "catalogue.db", NULL);
  g_autofree char *to = g_build_filename (fixture->path, "catalogue.db", NULL);

  make (fixture->path);
  make (other);
  assert_int_equal (g_rename (from, to), 0);
  assert_refused (fixture->path, MOOR_ERROR_STORE_UNUSABLE, "another store");
}

static void
test_a_copy_elsewhere_opens (void **state)
{
  const Fixture *fixture = *state;
  g_autofree char *copy = g_build_filename (fixture->root, "elsewhere", NULL);
  const char *argv[] = { "cp", "-a", fixture->path, copy, NULL };
  g_autoptr(MoorStore) store = create (fixture->path);
  g_autoptr(MoorStore) copied = NULL;

  assert_true (moor_test_run (argv, NULL));
  copied = reopen (copy, TRUE);
  assert_string_equal (moor_store_get_uuid (copied), moor_store_get_uuid (store));
  assert_string_equal (moor_store_get_path (copied), copy);
}

static void
test_whoever_owns_the_folder_is_the_owner (void **state)
{
  const Fixture *fixture = *state;
  const char *argv[] = { "chown", "-R", "65534:65534", fixture->path, NULL };
  g_autoptr(MoorStore) store = NULL;
  g_auto(MoorStoreInfo) info = { 0 };
  g_autofree char *file = g_build_filename (fixture->path, "catalogue.db", NULL);

  if (geteuid () != 0)
    {
      moor_test_skip ("needs root");
      return;
    }
  make (fixture->path);
  assert_true (moor_test_run (argv, NULL));
  store = reopen (fixture->path, TRUE);
  assert_int_equal (moor_store_get_owner (store), 65534);
  assert_true (moor_store_get_info (store, &info, NULL));
  assert_int_equal (info.owner_uid, 0);
  g_clear_pointer (&store, moor_store_unref);

  assert_int_equal (chown (file, 1, 1), 0);
  assert_refused (fixture->path, MOOR_ERROR_STORE_UNUSABLE, "belongs to somebody else");
}

static void
test_a_store_without_catalogue_is_not_made_anew_over_files (void **state)
{
  static const char *const files[] = { "tree/x", "replaced/x", "old-system/x", "new-system/x" };
  const Fixture *fixture = *state;

  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *path = g_strdup_printf ("%s-%u", fixture->path, (guint) i);
      g_autofree char *file = g_build_filename (path, "catalogue.db", NULL);
      g_autoptr(GError) error = NULL;

      make (path);
      assert_int_equal (g_unlink (file), 0);
      moor_test_write (path, files[i], "precious");
      assert_refused (path, MOOR_ERROR_STORE_UNUSABLE, "is missing");
      assert_no_place (path, G_IO_ERROR, G_IO_ERROR_EXISTS);
      assert_false (moor_store_remove_remains (path, &error));
      assert_true (moor_test_exists (path, files[i]));
    }
}

static void
test_bad_places_are_refused (void **state)
{
  const Fixture *fixture = *state;
  g_autofree char *link = g_build_filename (fixture->root, "link", NULL);
  g_autofree char *file = g_build_filename (fixture->root, "file", NULL);
  g_autofree char *below_file = g_build_filename (file, "store", NULL);

  assert_no_place ("/proc/mooring/store", MOOR_ERROR, MOOR_ERROR_REFUSED);
  assert_no_place ("/sys/kernel/store", MOOR_ERROR, MOOR_ERROR_REFUSED);
  assert_no_place ("/", MOOR_ERROR, MOOR_ERROR_REFUSED);
  moor_test_write (fixture->root, "file", "");
  assert_no_place (file, MOOR_ERROR, MOOR_ERROR_REFUSED);
  assert_no_place (below_file, MOOR_ERROR, MOOR_ERROR_REFUSED);
  assert_int_equal (symlink ("nowhere", link), 0);
  assert_no_place (link, MOOR_ERROR, MOOR_ERROR_REFUSED);
  moor_test_write (fixture->path, "precious", "");
  assert_no_place (fixture->path, MOOR_ERROR, MOOR_ERROR_REFUSED);
  assert_false (moor_test_exists (fixture->path, "MOORING"));
}

static void
test_a_store_is_not_made_over_a_store (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorStore) store = create (fixture->path);
  g_autofree char *inside = g_build_filename (fixture->path, "old-system", NULL);
  g_autofree char *deep = g_build_filename (fixture->path, "tree/not/there", NULL);

  assert_no_place (inside, MOOR_ERROR, MOOR_ERROR_REFUSED);
  assert_no_place (deep, MOOR_ERROR, MOOR_ERROR_REFUSED);
  assert_no_place (fixture->path, G_IO_ERROR, G_IO_ERROR_EXISTS);
  assert_true (moor_store_set_state (store, MOOR_STORE_SEALED, NULL));
  assert_no_place (fixture->path, G_IO_ERROR, G_IO_ERROR_EXISTS);
}

static void
test_an_empty_folder_becomes_a_store (void **state)
{
  const Fixture *fixture = *state;

  assert_int_equal (g_mkdir (fixture->path, 0755), 0);
  make (fixture->path);
  assert_int_equal (mode_of (fixture->root, "store"), 0700);
}

static void
test_small_files_are_kept (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorStore) store = create (fixture->path);
  g_autoptr(GBytes) first = g_bytes_new_static ("one", 3);
  g_autoptr(GBytes) second = g_bytes_new_static ("two\0", 4);
  g_autoptr(GBytes) found = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *link = g_build_filename (fixture->path, "accounts", "bob", NULL);

  assert_true (moor_store_keep_file (store, "accounts", "alice", first, &error));
  assert_true (moor_store_keep_file (store, "accounts", "alice", second, &error));
  assert_int_equal (mode_of (fixture->path, "accounts/alice"), 0600);
  found = moor_store_read_file (store, "accounts", "alice", &error);
  assert_true (g_bytes_equal (found, second));

  assert_false (moor_store_keep_file (store, "accounts", "../tree/x", first, &error));
  assert_gerror (error, MOOR_ERROR, MOOR_ERROR_USAGE);
  g_clear_error (&error);
  assert_false (moor_store_keep_file (store, "tree", "x", first, &error));
  g_clear_error (&error);
  assert_null (moor_store_read_file (store, "accounts", "nobody", &error));
  assert_gerror (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);

  assert_int_equal (symlink ("/etc/shadow", link), 0);
  assert_null (moor_store_read_file (store, "accounts", "bob", &error));
  assert_non_null (error);
}

static void
test_stores_are_found (void **state)
{
  const Fixture *fixture = *state;
  g_autofree char *near = g_build_filename (fixture->root, "near", NULL);
  g_autofree char *far = g_build_filename (fixture->root, "a", "far", NULL);
  g_autofree char *too_far = g_build_filename (fixture->root, "a", "b", "too-far", NULL);
  g_autofree char *link = g_build_filename (fixture->root, "link", NULL);
  const char *dirs[] = { fixture->root, near, NULL };
  const char *missing[] = { fixture->path, NULL };
  g_autoptr(GPtrArray) found = NULL;
  g_autoptr(GError) error = NULL;

  make (near);
  make (far);
  make (too_far);
  assert_int_equal (symlink ("near", link), 0);

  found = moor_store_find_all (dirs, &error);
  assert_no_gerror (error);
  assert_int_equal (found->len, 2);
  assert_true (g_ptr_array_find_with_equal_func (found, near, g_str_equal, NULL));
  assert_true (g_ptr_array_find_with_equal_func (found, far, g_str_equal, NULL));
  assert_null (moor_store_find_all (missing, &error));
  assert_gerror (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

static void
test_a_store_with_files_is_not_removed (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(MoorStore) store = create (fixture->path);
  g_autoptr(GError) error = NULL;

  moor_test_write (fixture->path, "tree/home/alice/letter", "dear");
  assert_false (moor_store_remove_marker (store, &error));
  assert_gerror (error, G_IO_ERROR, G_IO_ERROR_NOT_EMPTY);
  g_clear_error (&error);
  assert_false (moor_store_remove_remains (fixture->path, &error));
  assert_gerror (error, MOOR_ERROR, MOOR_ERROR_REFUSED);
  g_clear_pointer (&store, moor_store_unref);
  store = reopen (fixture->path, TRUE);
  assert_true (moor_test_exists (fixture->path, "tree/home/alice/letter"));
}

#define STORE_TEST(func) cmocka_unit_test_setup_teardown (func, setup, teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    STORE_TEST (test_a_new_store_is_found_again_as_it_was_made),
    STORE_TEST (test_only_the_owner_may_enter),
    STORE_TEST (test_states_survive),
    STORE_TEST (test_settings_are_kept_and_forgotten),
    STORE_TEST (test_sealing_keeps_the_totals),
    STORE_TEST (test_the_marker_tells_people_how_to_get_their_files_back),
    STORE_TEST (test_a_second_job_is_told_who_is_at_work),
    STORE_TEST (test_the_lock_of_a_killed_job_is_free),
    STORE_TEST (test_who_waited_for_the_lock_sees_what_changed),
    STORE_TEST (test_newer_formats_are_refused),
    STORE_TEST (test_what_is_no_store_is_named),
    STORE_TEST (test_a_tree_that_is_a_link_is_refused),
    STORE_TEST (test_a_store_that_goes_away_is_noticed),
    STORE_TEST (test_a_damaged_catalogue_is_explained),
    STORE_TEST (test_the_catalogue_of_another_store_is_refused),
    STORE_TEST (test_a_copy_elsewhere_opens),
    STORE_TEST (test_whoever_owns_the_folder_is_the_owner),
    STORE_TEST (test_a_store_without_catalogue_is_not_made_anew_over_files),
    STORE_TEST (test_bad_places_are_refused),
    STORE_TEST (test_a_store_is_not_made_over_a_store),
    STORE_TEST (test_an_empty_folder_becomes_a_store),
    STORE_TEST (test_small_files_are_kept),
    STORE_TEST (test_stores_are_found),
    STORE_TEST (test_a_store_with_files_is_not_removed),
  };

  return cmocka_run_group_tests_name ("core/store", tests, NULL, NULL);
}
