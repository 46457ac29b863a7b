/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-test.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "moor-catalogue.h"
#include "moor-error.h"

/* A store, and the file of its catalogue. */
typedef struct
{
  char *root;
  char *path;
  char *file;
  MoorStore *store;
} Fixture;

static int
setup (void **state)
{
  const MoorStoreInfo info = { 0 };
  Fixture *fixture = g_new0 (Fixture, 1);
  g_autoptr(GError) error = NULL;

  fixture->root = moor_test_dir_new ();
  fixture->path = g_build_filename (fixture->root, "store", NULL);
  fixture->file = g_build_filename (fixture->path, "catalogue.db", NULL);
  fixture->store = moor_store_create (fixture->path, &info, &error);
  assert_no_gerror (error);
  *state = fixture;
  return 0;
}

static int
teardown (void **state)
{
  Fixture *fixture = *state;

  g_clear_pointer (&fixture->store, moor_store_unref);
  moor_test_dir_free (fixture->root);
  g_free (fixture->path);
  g_free (fixture->file);
  g_free (fixture);
  return 0;
}

static const MoorStoredProfile alice = {
  .name = (char *) "alice",
  .full_name = (char *) "Alice Müller",
  .uid = 1000,
  .gid = 1001,
  .has_account = TRUE,
  .home = (char *) "/home/alice",
  .part = 0,
  .tree_path = (char *) "home/alice",
  .root_object = 1,
  .home_dev = 64769,
  .home_ino = G_MAXUINT64,
  .n_objects = 7,
  .n_directories = 2,
  .n_linked = 4,
  .n_copied = 1,
  .n_bytes = G_GUINT64_CONSTANT (30000000000),
  .n_excluded = 3,
  .n_excluded_bytes = 99,
};

static const MoorStoredProfile nobodys = {
  .name = (char *) "left-over",
  .uid = 4000000000,
  .gid = 4000000000,
  .home = (char *) "/home/left-over",
  .tree_path = (char *) "home/left-over",
};

static const MoorRestoreRecord some_restore = {
  .step = MOOR_RESTORE_READY,
  .part = 0,
  .staging = (char *) "replaced/restore-1/alice",
  .staging_ino = 42,
  .replaced_ino = 43,
  .moved = TRUE,
  .exchanged = TRUE,
  .target_name = (char *) "alice2",
  .target_home = (char *) "/home/alice2",
  .target_uid = 1005,
  .target_gid = 1006,
};

static void
assert_same_profile (const MoorStoredProfile *a, const MoorStoredProfile *b)
{
  assert_string_equal (a->name, b->name);
  assert_int_equal (g_strcmp0 (a->full_name, b->full_name), 0);
  assert_int_equal (a->uid, b->uid);
  assert_int_equal (a->gid, b->gid);
  assert_int_equal (a->has_account, b->has_account);
  assert_string_equal (a->home, b->home);
  assert_string_equal (a->tree_path, b->tree_path);
  assert_int_equal (a->root_object, b->root_object);
  assert_int_equal (a->home_dev, b->home_dev);
  assert_true (a->home_ino == b->home_ino);
  assert_int_equal (a->n_objects, b->n_objects);
  assert_int_equal (a->n_directories, b->n_directories);
  assert_int_equal (a->n_linked, b->n_linked);
  assert_int_equal (a->n_copied, b->n_copied);
  assert_int_equal (a->n_bytes, b->n_bytes);
  assert_int_equal (a->n_excluded, b->n_excluded);
  assert_int_equal (a->n_excluded_bytes, b->n_excluded_bytes);
}

static GPtrArray *
load_profiles (MoorStore *store)
{
  g_autoptr(GError) error = NULL;
  GPtrArray *profiles = moor_store_load_profiles (store, &error);

  assert_no_gerror (error);
  return profiles;
}

static void
test_people_are_kept_in_order (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(GError) error = NULL;
  g_autoptr(GPtrArray) profiles = NULL;
  MoorStoredProfile changed = nobodys;

  assert_int_equal (moor_store_add_profile (fixture->store, &alice, &error), 1);
  assert_int_equal (moor_store_add_profile (fixture->store, &nobodys, &error), 2);
  profiles = load_profiles (fixture->store);
  assert_int_equal (profiles->len, 2);
  assert_same_profile (g_ptr_array_index (profiles, 0), &alice);
  assert_same_profile (g_ptr_array_index (profiles, 1), &nobodys);
  g_clear_pointer (&profiles, g_ptr_array_unref);

  changed.id = 2;
  changed.n_objects = 12;
  changed.has_account = TRUE;
  assert_true (moor_store_update_profile (fixture->store, &changed, &error));
  profiles = load_profiles (fixture->store);
  assert_same_profile (g_ptr_array_index (profiles, 0), &alice);
  assert_same_profile (g_ptr_array_index (profiles, 1), &changed);

  changed.id = 3;
  assert_false (moor_store_update_profile (fixture->store, &changed, &error));
  assert_gerror (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

static void
test_the_steps_of_a_restore_are_kept (void **state)
{
  const Fixture *fixture = *state;
  const MoorRestoreRecord none = { 0 };
  g_autoptr(GError) error = NULL;
  g_autoptr(GPtrArray) profiles = NULL;
  MoorStoredProfile updated = alice;
  const MoorRestoreRecord *found;

  updated.id = moor_store_add_profile (fixture->store, &alice, &error);
  assert_true (moor_store_set_restore (fixture->store, updated.id, &some_restore, &error));
  assert_true (moor_store_update_profile (fixture->store, &updated, &error));
  profiles = load_profiles (fixture->store);
  found = &((const MoorStoredProfile *) g_ptr_array_index (profiles, 0))->restore;
  assert_int_equal (found->step, MOOR_RESTORE_READY);
  assert_string_equal (found->staging, some_restore.staging);
  assert_int_equal (found->staging_ino, 42);
  assert_int_equal (found->replaced_ino, 43);
  assert_true (found->moved && found->exchanged);
  assert_string_equal (found->target_name, "alice2");
  assert_string_equal (found->target_home, "/home/alice2");
  assert_int_equal (found->target_uid, 1005);
  assert_int_equal (found->target_gid, 1006);
  g_clear_pointer (&profiles, g_ptr_array_unref);

  assert_true (moor_store_set_restore (fixture->store, updated.id, &none, &error));
  profiles = load_profiles (fixture->store);
  found = &((const MoorStoredProfile *) g_ptr_array_index (profiles, 0))->restore;
  assert_int_equal (found->step, MOOR_RESTORE_NONE);
  assert_null (found->staging);
  assert_false (moor_store_set_restore (fixture->store, 77, &none, &error));
  assert_gerror (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

static void
test_issues_are_kept_byte_for_byte (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(GPtrArray) issues = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_issue_free);
  g_autoptr(GPtrArray) found = NULL;
  g_autoptr(GError) error = NULL;
  const MoorIssue *issue;

  g_ptr_array_add (issues, moor_issue_new (MOOR_SEVERITY_WARNING, MOOR_CAUSE_IMMUTABLE,
                                           "/home/alice/caf\xe9\n", "alice", 1, "copied"));
  g_ptr_array_add (issues, moor_issue_new (MOOR_SEVERITY_NOTE, MOOR_CAUSE_OTHER, "", NULL, 0, ""));
  assert_true (moor_store_add_issues (fixture->store, "capture-1", issues, &error));
  assert_true (
      moor_store_note_job (fixture->store, "capture-1", "capture", 3, "with exceptions", &error));
  assert_true (moor_store_note_job (fixture->store, "capture-1", "capture", 0, "complete", &error));

  found = moor_store_load_issues (fixture->store, &error);
  assert_no_gerror (error);
  assert_int_equal (found->len, 2);
  issue = g_ptr_array_index (found, 0);
  assert_int_equal (issue->severity, MOOR_SEVERITY_WARNING);
  assert_int_equal (issue->cause, MOOR_CAUSE_IMMUTABLE);
  assert_string_equal (issue->path, "/home/alice/caf\xe9\n");
  assert_string_equal (issue->profile, "alice");
  assert_int_equal (issue->errnum, 1);
  assert_string_equal (issue->action, "copied");
  issue = g_ptr_array_index (found, 1);
  assert_null (issue->profile);
}

/* A home with a folder and two files, and another one. */
static void
write_objects (MoorStore *store)
{
  static const struct
  {
    guint64 parent;
    const char *name;
    MoorKind kind;
    guint32 profile;
  } rows[] = {
    { 0, "", MOOR_KIND_DIRECTORY, 1 },      { 1, "zebra", MOOR_KIND_FILE, 1 },
    { 1, "album", MOOR_KIND_DIRECTORY, 1 }, { 3, "picture", MOOR_KIND_FILE, 1 },
    { 0, "bob", MOOR_KIND_DIRECTORY, 2 },   { 5, "album", MOOR_KIND_SYMLINK, 2 },
  };
  static const guint32 modes[] = { [MOOR_KIND_FILE] = S_IFREG | 0644,
                                   [MOOR_KIND_DIRECTORY] = S_IFDIR | 0755,
                                   [MOOR_KIND_SYMLINK] = S_IFLNK | 0777 };
  g_autoptr(GError) error = NULL;
  g_autoptr(MoorWriter) writer = moor_writer_new (store, &error);
  MoorBatch *batch = moor_batch_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const MoorObject object = {
        .id = moor_writer_next_id (writer),
        .parent = rows[i].parent,
        .name = rows[i].name,
        .kind = rows[i].kind,
        .method = rows[i].kind == MOOR_KIND_DIRECTORY ? MOOR_METHOD_MADE : MOOR_METHOD_LINK,
        .mode = modes[rows[i].kind],
        .nlink = 2,
        .profile = rows[i].profile,
      };

      moor_batch_add (batch, &object);
    }
  assert_true (moor_writer_push (writer, batch));
  assert_true (moor_writer_finish (writer, &error));
}

static gboolean
note_name (const MoorObject *object, gpointer user_data)
{
  g_string_append_printf (user_data, "%s/", object->name);
  return TRUE;
}

static gboolean
note_first_name (const MoorObject *object, gpointer user_data)
{
  (void) note_name (object, user_data);
  return FALSE;
}

static void
assert_children (MoorReader *reader, guint64 parent, const char *expected)
{
  g_autoptr(GString) names = g_string_new (NULL);
  g_autoptr(GError) error = NULL;

  assert_true (moor_reader_children (reader, parent, note_name, names, &error));
  assert_no_gerror (error);
  assert_string_equal (names->str, expected);
}

static void
test_objects_are_found_by_folder_person_and_name (void **state)
{
  const Fixture *fixture = *state;
  const MoorStoreInfo totals = { 0 };
  g_autoptr(MoorReader) reader = NULL;
  g_autoptr(GString) names = g_string_new (NULL);
  g_autoptr(GError) error = NULL;

  write_objects (fixture->store);
  reader = moor_reader_new (fixture->store, &error);
  assert_children (reader, 1, "album/zebra/");
  g_clear_pointer (&reader, moor_reader_free);

  assert_true (moor_store_seal (fixture->store, &totals, &error));
  reader = moor_reader_new (fixture->store, &error);
  assert_no_gerror (error);
  assert_children (reader, 0, "/bob/");
  assert_children (reader, 1, "album/zebra/");
  assert_children (reader, 3, "picture/");
  assert_children (reader, 4, "");

  assert_true (moor_reader_each (reader, 1, note_name, names, &error));
  assert_string_equal (names->str, "/zebra/album/picture/");
  g_string_truncate (names, 0);
  assert_true (moor_reader_each (reader, 0, note_first_name, names, &error));
  assert_true (moor_reader_lookup (reader, 5, "album", note_name, names, &error));
  assert_true (moor_reader_lookup (reader, 5, "zebra", note_name, names, &error));
  assert_string_equal (names->str, "/album/");
}

static gboolean
note_target (const MoorObject *object, gpointer user_data)
{
  g_string_append_printf (user_data, "%s:%s:%u ", object->name,
                          object->target_name != NULL ? object->target_name : "-", object->nlink);
  return TRUE;
}

static void
test_single_objects_can_be_changed (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(GHashTable) targets = g_hash_table_new (NULL, NULL);
  g_autoptr(MoorReader) reader = NULL;
  g_autoptr(GString) text = g_string_new (NULL);
  g_autoptr(GError) error = NULL;
  MoorObject object = {
    .id = 2,
    .parent = 1,
    .name = "zebra",
    .kind = MOOR_KIND_FILE,
    .method = MOOR_METHOD_LINK,
    .mode = S_IFREG | 0600,
    .nlink = 9,
    .profile = 1,
  };

  write_objects (fixture->store);
  assert_true (moor_store_update_object (fixture->store, &object, &error));
  g_hash_table_insert (targets, GSIZE_TO_POINTER (3), (gpointer) "album(1)");
  g_hash_table_insert (targets, GSIZE_TO_POINTER (2), NULL);
  assert_true (moor_store_set_target_names (fixture->store, targets, &error));
  object.id = 1000;
  assert_false (moor_store_update_object (fixture->store, &object, &error));
  assert_gerror (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);

  reader = moor_reader_new (fixture->store, &error);
  assert_true (moor_reader_children (reader, 1, note_target, text, &error));
  assert_string_equal (text->str, "album:album(1):2 zebra:-:9 ");
}

static void
test_a_new_beginning_forgets_what_was_captured (void **state)
{
  const Fixture *fixture = *state;
  const MoorStoreInfo totals = { .n_objects = 6 };
  g_autoptr(MoorReader) reader = NULL;
  g_autoptr(GPtrArray) profiles = NULL;
  g_autoptr(GError) error = NULL;
  g_auto(MoorStoreInfo) info = { 0 };
  g_autofree char *kept = NULL;

  assert_int_equal (moor_store_add_profile (fixture->store, &alice, &error), 1);
  write_objects (fixture->store);
  assert_true (moor_store_set_meta (fixture->store, "capture.rules", "default", &error));
  assert_true (moor_store_seal (fixture->store, &totals, &error));
  moor_test_write (fixture->path, "tree/home/alice/letter", "dear");

  assert_true (moor_store_begin_catalogue (fixture->store, &error));
  assert_int_equal (moor_store_get_state (fixture->store), MOOR_STORE_CAPTURING);
  assert_true (moor_store_get_info (fixture->store, &info, &error));
  assert_int_equal (info.n_objects, 0);
  assert_int_equal (info.sealed_ns, 0);
  profiles = load_profiles (fixture->store);
  assert_int_equal (profiles->len, 0);
  kept = moor_store_dup_meta (fixture->store, "capture.rules", &error);
  assert_string_equal (kept, "default");
  assert_true (moor_test_exists (fixture->path, "tree/home/alice/letter"));
  reader = moor_reader_new (fixture->store, &error);
  assert_children (reader, 1, "");

  write_objects (fixture->store);
  assert_true (moor_store_seal (fixture->store, &totals, &error));
}

/* What follows is done to a catalogue by a user who wants to mislead root. */

static void
sql (const char *file, const char *text)
{
  sqlite3 *db = NULL;

  assert_int_equal (sqlite3_open (file, &db), SQLITE_OK);
  if (sqlite3_exec (db, text, NULL, NULL, NULL) != SQLITE_OK)
    fail_msg ("%s: %s", text, sqlite3_errmsg (db));
  sqlite3_close (db);
}

/* Reads everything there is to read about a store. */
static gboolean
read_everything (const char *path, GError **error)
{
  g_autoptr(MoorStore) store = moor_store_open (path, TRUE, error);
  g_autoptr(MoorReader) reader = NULL;
  g_autoptr(GPtrArray) profiles = NULL;
  g_autoptr(GPtrArray) issues = NULL;
  g_autoptr(GString) names = g_string_new (NULL);
  g_auto(MoorStoreInfo) info = { 0 };

  return store != NULL && moor_store_get_info (store, &info, error)
         && (profiles = moor_store_load_profiles (store, error)) != NULL
         && (issues = moor_store_load_issues (store, error)) != NULL
         && (reader = moor_reader_new (store, error)) != NULL
         && moor_reader_each (reader, 0, note_name, names, error);
}

static void
write_everything (const Fixture *fixture)
{
  g_autoptr(GPtrArray) issues = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_issue_free);
  g_autoptr(GError) error = NULL;
  const MoorStoreInfo totals = { .n_objects = 6 };

  g_ptr_array_add (issues, moor_issue_new (MOOR_SEVERITY_WARNING, MOOR_CAUSE_IMMUTABLE, "/home/a",
                                           "alice", 1, "copied"));
  assert_int_equal (moor_store_add_profile (fixture->store, &alice, &error), 1);
  assert_true (moor_store_set_restore (fixture->store, 1, &some_restore, &error));
  assert_true (moor_store_add_issues (fixture->store, "capture-1", issues, &error));
  write_objects (fixture->store);
  assert_true (moor_store_seal (fixture->store, &totals, &error));
}

static void
test_values_that_cannot_be_true_are_refused (void **state)
{
  static const char *const attacks[] = {
    "UPDATE meta SET value = 99 WHERE key = 'state'",
    "UPDATE meta SET value = '' WHERE key = 'state'",
    "DELETE FROM meta WHERE key = 'state'",
    "UPDATE meta SET value = 'x' WHERE key = 'made_ns'",
    "UPDATE meta SET value = '-5' WHERE key = 'n_objects'",
    "DELETE FROM volume",
    "UPDATE volume SET part = 3",
    "UPDATE volume SET path = '../../etc'",
    "UPDATE volume SET path = '/etc'",
    "UPDATE volume SET mount_point = 'home'",
    "UPDATE profile SET name = '../root'",
    "UPDATE profile SET name = ''",
    "UPDATE profile SET name = x'616c00'",
    "UPDATE profile SET uid = -1",
    "UPDATE profile SET uid = 4294967296",
    "UPDATE profile SET uid = 'root'",
    "UPDATE profile SET home = '/home/../etc'",
    "UPDATE profile SET home = 'home'",
    "PRAGMA foreign_keys = OFF; UPDATE profile SET part = 1",
    "UPDATE profile SET tree_path = 'home/../../..'",
    "UPDATE profile SET tree_path = '/etc'",
    "UPDATE profile SET tree_path = 'home//alice'",
    "UPDATE profile SET n_objects = 1.5",
    "UPDATE profile SET restore_step = 5",
    "UPDATE profile SET restore_part = 9",
    "UPDATE profile SET restore_staging = 'tree/home/bob'",
    "UPDATE profile SET restore_staging = 'replaced/../../etc'",
    "UPDATE profile SET restore_target_home = 'etc'",
    "UPDATE profile SET restore_target_name = 'a/b'",
    "UPDATE issue SET severity = 3",
    "UPDATE issue SET cause = 1000",
    "UPDATE issue SET errnum = -1",
    "UPDATE object SET name = '..' WHERE id = 2",
    "UPDATE object SET name = 'a/b' WHERE id = 2",
    "UPDATE object SET name = '' WHERE id = 2",
    "UPDATE object SET name = x'6100' WHERE id = 2",
    "UPDATE object SET name = 5 WHERE id = 2",
    "UPDATE object SET id = -2 WHERE id = 2",
    "UPDATE object SET parent = -1 WHERE id = 2",
    "UPDATE object SET kind = 0 WHERE id = 2",
    "UPDATE object SET kind = 8 WHERE id = 2",
    "UPDATE object SET kind = 2 WHERE id = 2",
    "UPDATE object SET method = 5 WHERE id = 2",
    "UPDATE object SET cause = -1 WHERE id = 2",
    "UPDATE object SET mode = 'x' WHERE id = 2",
    "UPDATE object SET hash = x'00' WHERE id = 2",
    "UPDATE object SET xattrs = x'ff' WHERE id = 2",
    "UPDATE object SET xattrs = 'x' WHERE id = 2",
    "UPDATE object SET target_name = '../x' WHERE id = 2",
    "UPDATE object SET target_name = '/a/../b' WHERE id = 2",
    "UPDATE object SET target_name = 'a/b' WHERE id = 2",
    "UPDATE object SET target_name = 'a//../b' WHERE id = 2",
    "UPDATE object SET target_name = './' WHERE id = 2",
    "UPDATE object SET target_name = './.' WHERE id = 2",
    "UPDATE object SET target_name = '//' WHERE id = 2",
    "CREATE TRIGGER t AFTER UPDATE ON meta BEGIN DELETE FROM object; END",
    "CREATE VIEW v AS SELECT * FROM object",
    "CREATE TABLE more(x)",
    "ALTER TABLE object ADD COLUMN more",
    "DROP TABLE issue",
    "DROP INDEX object_by_name; CREATE INDEX object_by_name ON object(id)",
    "PRAGMA user_version = 0",
  };
  const Fixture *fixture = *state;
  g_autofree char *sound = NULL;
  g_autoptr(GError) none = NULL;
  gsize n_bytes;

  write_everything (fixture);
  g_clear_pointer (&((Fixture *) *state)->store, moor_store_unref);
  assert_true (read_everything (fixture->path, &none));
  assert_true (g_file_get_contents (fixture->file, &sound, &n_bytes, NULL));

  for (gsize i = 0; i < G_N_ELEMENTS (attacks); i++)
    {
      g_autoptr(GError) error = NULL;

      sql (fixture->file, attacks[i]);
      if (read_everything (fixture->path, &error))
        fail_msg ("not noticed: %s", attacks[i]);
      assert_gerror (error, MOOR_ERROR, MOOR_ERROR_STORE_UNUSABLE);
      assert_true (g_file_set_contents (fixture->file, sound, (gssize) n_bytes, NULL));
    }
}

/* Each byte in turn of the first pages, where the structure is. */
static void
test_no_damaged_byte_leads_astray (void **state)
{
  const Fixture *fixture = *state;
  g_autofree char *sound = NULL;
  gsize n_bytes;

  write_everything (fixture);
  g_clear_pointer (&((Fixture *) *state)->store, moor_store_unref);
  assert_true (g_file_get_contents (fixture->file, &sound, &n_bytes, NULL));
  for (gsize at = 16; at < n_bytes; at += at < 4096 ? 3 : 41)
    {
      g_autofree char *damaged = g_memdup2 (sound, n_bytes);
      g_autoptr(GError) error = NULL;

      damaged[at] = (char) (damaged[at] ^ 0x55);
      assert_true (g_file_set_contents (fixture->file, damaged, (gssize) n_bytes, NULL));
      if (!read_everything (fixture->path, &error))
        assert_non_null (error);
    }
}

static void
put_number (GByteArray *journal, guint32 number)
{
  const guint32 big = GUINT32_TO_BE (number);

  g_byte_array_append (journal, (const guint8 *) &big, sizeof big);
}

/* A journal, such as a crash leaves, may name a file that SQLite deletes once it
 * has rolled back.  Here it is one of root's. */
static void
test_a_forged_journal_deletes_nothing (void **state)
{
  static const guint8 magic[] = { 0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7 };
  const Fixture *fixture = *state;
  g_autofree char *victim = g_build_filename (fixture->root, "victim", NULL);
  g_autofree char *journal_file = g_strconcat (fixture->file, "-journal", NULL);
  g_autoptr(GByteArray) journal = g_byte_array_new ();
  g_autoptr(GError) error = NULL;
  guint32 checksum = 0;

  g_clear_pointer (&((Fixture *) *state)->store, moor_store_unref);
  moor_test_write (fixture->root, "victim", "precious");
  g_byte_array_append (journal, magic, sizeof magic);
  put_number (journal, 0);    /* pages in it */
  put_number (journal, 1);    /* nonce */
  put_number (journal, 1000); /* pages of the database */
  put_number (journal, 512);  /* bytes of a sector */
  put_number (journal, 4096); /* bytes of a page */
  g_byte_array_set_size (journal, 512);
  memset (journal->data + 28, 0, 512 - 28);
  put_number (journal, 0x40000000 / 4096 + 1);
  g_byte_array_append (journal, (const guint8 *) victim, (guint) strlen (victim));
  for (gsize i = 0; i < strlen (victim); i++)
    checksum += (guint32) (guchar) victim[i];
  put_number (journal, (guint32) strlen (victim));
  put_number (journal, checksum);
  g_byte_array_append (journal, magic, sizeof magic);
  assert_true (g_file_set_contents (journal_file, (const char *) journal->data,
                                    (gssize) journal->len, NULL));

  (void) read_everything (fixture->path, &error);
  assert_true (moor_test_exists (fixture->root, "victim"));
}

/* With a write-ahead log SQLite would make two more files, and map one of them. */
static void
test_a_write_ahead_log_is_refused (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(GError) error = NULL;

  g_clear_pointer (&((Fixture *) *state)->store, moor_store_unref);
  sql (fixture->file, "PRAGMA journal_mode = WAL; UPDATE meta SET value = 1 WHERE key = 'x'");
  assert_false (read_everything (fixture->path, &error));
  assert_gerror (error, MOOR_ERROR, MOOR_ERROR_STORE_UNUSABLE);
  assert_false (moor_test_exists (fixture->path, "catalogue.db-shm"));
}

static void
write_for_ever (const char *path, int ready_fd)
{
  g_autoptr(MoorStore) store = moor_store_open (path, TRUE, NULL);
  g_autoptr(MoorWriter) writer = moor_writer_new (store, NULL);
  g_autofree char *name = g_strnfill (200, 'n');
  MoorObject object = {
    .parent = 1,
    .name = name,
    .kind = MOOR_KIND_FILE,
    .method = MOOR_METHOD_LINK,
    .mode = S_IFREG | 0644,
    .profile = 1,
  };

  if (!moor_store_lock (store, "capture", NULL))
    _exit (1);
  for (guint n = 0;; n++)
    {
      MoorBatch *batch = moor_batch_new ();

      for (guint i = 0; i < 256; i++)
        {
          object.id = moor_writer_next_id (writer);
          moor_batch_add (batch, &object);
        }
      (void) moor_writer_push (writer, batch);
      /* By now more is written than SQLite keeps in memory. */
      if (n == 400 && write (ready_fd, "x", 1) != 1)
        _exit (1);
      if (n > 400)
        g_usleep (1000);
    }
}

static void
test_a_killed_writer_leaves_the_catalogue_as_it_was (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(GError) error = NULL;
  g_autoptr(MoorStore) store = NULL;
  g_autoptr(MoorReader) reader = NULL;
  g_autoptr(GString) names = g_string_new (NULL);
  int ready[2];
  char byte;
  pid_t pid;

  assert_int_equal (moor_store_add_profile (fixture->store, &alice, &error), 1);
  g_clear_pointer (&((Fixture *) *state)->store, moor_store_unref);
  assert_int_equal (pipe (ready), 0);
  if ((pid = fork ()) == 0)
    write_for_ever (fixture->path, ready[1]);
  (void) close (ready[1]);
  assert_int_equal (read (ready[0], &byte, 1), 1);
  (void) close (ready[0]);

  /* Nobody reads what is half written, and whoever asks hears by whom. */
  if ((store = moor_store_open (fixture->path, FALSE, &error)) == NULL)
    {
      assert_gerror (error, MOOR_ERROR, MOOR_ERROR_BUSY);
      assert_non_null (strstr (error->message, "capture, process"));
      g_clear_error (&error);
    }
  g_clear_pointer (&store, moor_store_unref);

  (void) kill (pid, SIGKILL);
  assert_int_equal (waitpid (pid, NULL, 0), pid);
  assert_true (moor_test_exists (fixture->path, "catalogue.db-journal"));
  store = moor_store_open (fixture->path, TRUE, &error);
  assert_no_gerror (error);
  assert_int_equal (moor_store_get_state (store), MOOR_STORE_CAPTURING);
  reader = moor_reader_new (store, &error);
  assert_true (moor_reader_each (reader, 0, note_name, names, &error));
  assert_int_equal (names->len, 0);
}

#define CATALOGUE_TEST(func) cmocka_unit_test_setup_teardown (func, setup, teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    CATALOGUE_TEST (test_people_are_kept_in_order),
    CATALOGUE_TEST (test_the_steps_of_a_restore_are_kept),
    CATALOGUE_TEST (test_issues_are_kept_byte_for_byte),
    CATALOGUE_TEST (test_objects_are_found_by_folder_person_and_name),
    CATALOGUE_TEST (test_single_objects_can_be_changed),
    CATALOGUE_TEST (test_a_new_beginning_forgets_what_was_captured),
    CATALOGUE_TEST (test_values_that_cannot_be_true_are_refused),
    CATALOGUE_TEST (test_no_damaged_byte_leads_astray),
    CATALOGUE_TEST (test_a_forged_journal_deletes_nothing),
    CATALOGUE_TEST (test_a_write_ahead_log_is_refused),
    CATALOGUE_TEST (test_a_killed_writer_leaves_the_catalogue_as_it_was),
  };

  return cmocka_run_group_tests_name ("core/catalogue", tests, NULL, NULL);
}
