/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store-fixture.h"

#include <sqlite3.h>
#include <sys/wait.h>

#include "moor-catalogue.h"

/* Stores on volumes that are mounted read-only: they can be read. */

/* A volume with a complete store. */
typedef struct
{
  char *root;
  char *path;
  MoorTestVolume volume;
} ReadOnly;

static gboolean
read_only_new (ReadOnly *fixture)
{
  if (!moor_test_can_mount ("ext4"))
    {
      print_message ("skipped: needs root, loop devices and mkfs.ext4\n");
      return FALSE;
    }
  fixture->root = moor_test_dir_new ();
  assert_true (moor_test_volume_new (fixture->root, "volume", "ext4", 16, &fixture->volume));
  fixture->path = g_build_filename (fixture->volume.mount_point, "store", NULL);
  make (fixture->path);
  return TRUE;
}

static void
read_only_free (ReadOnly *fixture)
{
  moor_test_volume_free (&fixture->volume);
  moor_test_dir_free (fixture->root);
  g_free (fixture->path);
}

static void
remount (const ReadOnly *fixture, unsigned long flags)
{
  assert_int_equal (mount (NULL, fixture->volume.mount_point, NULL, MS_REMOUNT | flags, NULL), 0);
}

static gboolean
see_nothing (const MoorObject *object, gpointer user_data)
{
  return TRUE;
}

static void
test_a_store_on_a_read_only_volume_can_be_read (void **state)
{
  ReadOnly fixture = { 0 };
  g_autoptr(MoorStore) store = NULL;
  g_autoptr(MoorStore) none = NULL;
  g_autoptr(MoorReader) reader = NULL;
  g_autoptr(GPtrArray) profiles = NULL;
  g_autoptr(GPtrArray) issues = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *other = NULL;
  g_auto(MoorStoreInfo) info = { 0 };

  if (!read_only_new (&fixture))
    {
      skip ();
      return;
    }
  other = g_build_filename (fixture.volume.mount_point, "other", NULL);
  remount (&fixture, MS_RDONLY);
  assert_refused (fixture.path, MOOR_ERROR_REFUSED, "mount -o remount,rw");
  none = moor_store_create (other, &some_info, &error);
  assert_gerror (error, MOOR_ERROR, MOOR_ERROR_REFUSED);
  g_clear_error (&error);

  store = reopen (fixture.path, FALSE);
  assert_true (moor_store_lock (store, "verify", &error));
  assert_true (moor_store_open_parts (store, &error));
  assert_true (moor_store_get_info (store, &info, &error));
  assert_string_equal (info.host_name, some_info.host_name);
  profiles = moor_store_load_profiles (store, &error);
  issues = moor_store_load_issues (store, &error);
  reader = moor_reader_new (store, &error);
  assert_true (moor_reader_children (reader, 1, see_nothing, NULL, &error));
  assert_no_gerror (error);
  assert_non_null (profiles);
  assert_non_null (issues);
  assert_false (moor_store_set_meta (store, "test.key", "x", &error));
  assert_gerror (error, G_IO_ERROR, G_IO_ERROR_READ_ONLY);
  g_clear_pointer (&reader, moor_reader_free);
  g_clear_pointer (&store, moor_store_unref);
  read_only_free (&fixture);
}

/* A process that dies in the middle of a transaction, so that its journal stays. */
static void
die_while_writing (const char *path)
{
  pid_t pid = fork ();

  if (pid == 0)
    {
      g_autofree char *file = g_build_filename (path, "catalogue.db", NULL);
      sqlite3 *db = NULL;

      (void) sqlite3_open (file, &db);
      (void) sqlite3_exec (db,
                           "PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN IMMEDIATE;"
                           "UPDATE meta SET value = 'x' WHERE key = 'note';"
                           "CREATE TABLE filler (x); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL"
                           " SELECT i + 1 FROM n WHERE i < 500)"
                           " INSERT INTO filler SELECT zeroblob(4000) FROM n;",
                           NULL, NULL, NULL);
      _exit (0);
    }
  assert_int_equal (waitpid (pid, NULL, 0), pid);
  assert_true (moor_test_exists (path, "catalogue.db-journal"));
}

static void
test_an_interrupted_commit_there_is_told (void **state)
{
  ReadOnly fixture = { 0 };
  g_autoptr(GError) error = NULL;

  if (!read_only_new (&fixture))
    {
      skip ();
      return;
    }
  die_while_writing (fixture.path);
  remount (&fixture, MS_RDONLY);
  assert_null (moor_store_open (fixture.path, FALSE, &error));
  remount (&fixture, 0);
  assert_gerror (error, MOOR_ERROR, MOOR_ERROR_REFUSED);
  assert_non_null (strstr (error->message, "interrupted"));
  assert_non_null (strstr (error->message, "mount -o remount,rw"));
  moor_store_unref (reopen (fixture.path, FALSE));
  read_only_free (&fixture);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_a_store_on_a_read_only_volume_can_be_read),
    cmocka_unit_test (test_an_interrupted_commit_there_is_told),
  };

  return cmocka_run_group_tests_name ("core/store-read-only", tests, NULL, NULL);
}
