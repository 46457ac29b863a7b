/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-test.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "moor-catalogue.h"
#include "moor-error.h"

/* A store in a folder of its own. */
typedef struct
{
  char *root;
  char *path;
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
  fixture->store = moor_store_create (fixture->path, &info, &error);
  assert_no_gerror (error);
  *state = fixture;
  return 0;
}

static int
teardown (void **state)
{
  Fixture *fixture = *state;

  moor_store_unref (fixture->store);
  moor_test_dir_free (fixture->root);
  g_free (fixture->path);
  g_free (fixture);
  return 0;
}

static MoorObject
file_object (guint64 id, const char *name)
{
  return (MoorObject){
    .id = id,
    .parent = 1,
    .name = name,
    .kind = MOOR_KIND_FILE,
    .method = MOOR_METHOD_LINK,
    .size = id * 10,
    .mtime_ns = G_GINT64_CONSTANT (1700000000123456789),
    .mode = S_IFREG | 0644,
    .uid = 1000,
    .gid = 1000,
    .dev = 64769,
    .ino = G_MAXUINT64 - id,
    .nlink = 2,
    .profile = 1,
  };
}

#define N_THREADS 4
#define N_BATCHES 100
#define N_ROWS_IN_BATCH 250
#define N_ROWS (N_THREADS * N_BATCHES * N_ROWS_IN_BATCH)

/* Runs in a thread of its own and must not assert. */
static gpointer
push_many (gpointer user_data)
{
  MoorWriter *writer = user_data;

  for (guint i = 0; i < N_BATCHES; i++)
    {
      MoorBatch *batch = moor_batch_new ();

      for (guint j = 0; j < N_ROWS_IN_BATCH; j++)
        {
          const guint64 id = moor_writer_next_id (writer);
          g_autofree char *name = g_strdup_printf ("a file with number %" G_GUINT64_FORMAT, id);
          const MoorObject object = file_object (id, name);

          moor_batch_add (batch, &object);
        }
      if (!moor_writer_push (writer, batch))
        return GINT_TO_POINTER (FALSE);
    }
  return GINT_TO_POINTER (TRUE);
}

static gboolean
push_from_threads (MoorWriter *writer)
{
  GThread *threads[N_THREADS];
  gboolean pushed = TRUE;

  for (guint i = 0; i < N_THREADS; i++)
    threads[i] = g_thread_new ("worker", push_many, writer);
  for (guint i = 0; i < N_THREADS; i++)
    pushed = GPOINTER_TO_INT (g_thread_join (threads[i])) && pushed;
  return pushed;
}

typedef struct
{
  guint64 n_rows;
  guint64 last_id;
  gboolean in_order;
  gboolean as_written;
} Seen;

static gboolean
check_row (const MoorObject *object, gpointer user_data)
{
  Seen *seen = user_data;
  g_autofree char *name = g_strdup_printf ("a file with number %" G_GUINT64_FORMAT, object->id);
  const MoorObject written = file_object (object->id, name);

  seen->n_rows++;
  seen->in_order = seen->in_order && object->id == seen->last_id + 1;
  seen->last_id = object->id;
  seen->as_written = seen->as_written && strcmp (object->name, name) == 0
                     && object->parent == written.parent && object->kind == written.kind
                     && object->method == written.method && object->size == written.size
                     && object->mtime_ns == written.mtime_ns && object->mode == written.mode
                     && object->dev == written.dev && object->ino == written.ino
                     && object->nlink == written.nlink && object->profile == written.profile
                     && object->hash == NULL && object->xattrs == NULL
                     && object->target_name == NULL;
  return TRUE;
}

static Seen
read_all (MoorStore *store)
{
  Seen seen = { .in_order = TRUE, .as_written = TRUE };
  g_autoptr(GError) error = NULL;
  g_autoptr(MoorReader) reader = moor_reader_new (store, &error);

  assert_no_gerror (error);
  assert_true (moor_reader_each (reader, 0, check_row, &seen, &error));
  assert_no_gerror (error);
  return seen;
}

static void
test_rows_of_four_threads_all_arrive (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(GError) error = NULL;
  g_autoptr(MoorWriter) writer = moor_writer_new (fixture->store, &error);
  Seen seen;

  assert_no_gerror (error);
  assert_true (push_from_threads (writer));
  assert_true (moor_writer_finish (writer, &error));
  assert_no_gerror (error);

  seen = read_all (fixture->store);
  assert_int_equal (seen.n_rows, N_ROWS);
  assert_true (seen.in_order);
  assert_true (seen.as_written);
}

static void
test_numbers_go_on_after_those_in_the_catalogue (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(GError) error = NULL;

  for (guint64 round = 0; round < 2; round++)
    {
      g_autoptr(MoorWriter) writer = moor_writer_new (fixture->store, &error);
      MoorBatch *batch = moor_batch_new ();
      const MoorObject object = file_object (moor_writer_next_id (writer), "a");

      assert_int_equal (object.id, round + 1);
      moor_batch_add (batch, &object);
      assert_int_equal (moor_batch_get_n_rows (batch), 1);
      assert_true (moor_writer_push (writer, batch));
      assert_true (moor_writer_finish (writer, &error));
    }
}

static void
test_a_writer_that_is_not_finished_leaves_nothing (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(GError) error = NULL;
  MoorWriter *writer = moor_writer_new (fixture->store, &error);

  assert_true (push_from_threads (writer));
  moor_writer_free (writer);
  assert_int_equal (read_all (fixture->store).n_rows, 0);
}

static void
test_the_store_can_be_changed_while_rows_are_written (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(GError) error = NULL;
  g_autoptr(MoorWriter) writer = moor_writer_new (fixture->store, &error);
  GThread *thread = g_thread_new ("worker", push_many, writer);
  g_autofree char *value = NULL;

  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *number = g_strdup_printf ("%u", i);

      assert_true (moor_store_set_meta (fixture->store, "test.number", number, &error));
      assert_no_gerror (error);
    }
  assert_true (GPOINTER_TO_INT (g_thread_join (thread)));
  assert_true (moor_writer_finish (writer, &error));
  value = moor_store_dup_meta (fixture->store, "test.number", &error);
  assert_string_equal (value, "19");
  assert_int_equal (read_all (fixture->store).n_rows, N_BATCHES * N_ROWS_IN_BATCH);
}

static gboolean
copy_row (const MoorObject *object, gpointer user_data)
{
  g_autofree char *attributes = object->xattrs != NULL ? g_variant_print (object->xattrs, FALSE)
                                                       : g_strdup ("none");

  g_string_append_printf (user_data, "%s hash %02x%02x target %s attributes %s\n", object->name,
                          object->hash != NULL ? object->hash[0] : 0,
                          object->hash != NULL ? object->hash[MOOR_HASH_BYTES - 1] : 0,
                          object->target_name != NULL ? object->target_name : "-", attributes);
  return TRUE;
}

static void
test_a_copy_keeps_its_hash_and_attributes (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(GError) error = NULL;
  g_autoptr(MoorWriter) writer = moor_writer_new (fixture->store, &error);
  g_autoptr(MoorReader) reader = NULL;
  g_autoptr(GString) text = g_string_new (NULL);
  g_autoptr(GVariant) xattrs = g_variant_ref_sink (
      g_variant_new_parsed ("[(b'user.a', b'1'), (b'user.b', b'22')]"));
  guint8 hash[MOOR_HASH_BYTES] = { [0] = 0xab, [MOOR_HASH_BYTES - 1] = 0xcd };
  MoorObject object = file_object (moor_writer_next_id (writer), "odd \xff\n name");
  MoorBatch *batch = moor_batch_new ();

  object.method = MOOR_METHOD_COPY;
  object.cause = MOOR_CAUSE_IMMUTABLE;
  object.hash = hash;
  object.xattrs = xattrs;
  object.target_name = "name(1)";
  moor_batch_add (batch, &object);
  assert_true (moor_writer_push (writer, batch));
  assert_true (moor_writer_finish (writer, &error));

  reader = moor_reader_new (fixture->store, &error);
  assert_true (moor_reader_lookup (reader, 1, "odd \xff\n name", copy_row, text, &error));
  assert_string_equal (text->str, "odd \xff\n name hash abcd target name(1) attributes "
                                  "[(b'user.a', b'1'), (b'user.b', b'22')]\n");
  assert_true (moor_reader_lookup (reader, 1, "another", copy_row, text, &error));
  assert_no_gerror (error);
}

/* Rows as long as they can be, until the volume has no room for them. */
static void
test_a_full_volume_is_named (void **state)
{
  const MoorStoreInfo info = { 0 };
  g_autofree char *root = NULL;
  g_autofree char *path = NULL;
  g_autofree char *name = g_strnfill (250, 'n');
  g_autoptr(GError) error = NULL;
  g_autoptr(MoorStore) store = NULL;
  g_autoptr(MoorWriter) writer = NULL;
  MoorTestVolume volume;
  gboolean accepted = TRUE;

  if (!moor_test_can_mount ("ext4"))
    {
      moor_test_skip ("needs root, loop devices and mkfs.ext4");
      return;
    }
  root = moor_test_dir_new ();
  assert_true (moor_test_volume_new (root, "small", "ext4", 8, &volume));
  path = g_build_filename (volume.mount_point, "store", NULL);
  store = moor_store_create (path, &info, &error);
  assert_no_gerror (error);
  writer = moor_writer_new (store, &error);
  for (guint i = 0; i < 2000 && accepted; i++)
    {
      MoorBatch *batch = moor_batch_new ();

      for (guint j = 0; j < 256; j++)
        {
          const MoorObject object = file_object (moor_writer_next_id (writer), name);

          moor_batch_add (batch, &object);
        }
      accepted = moor_writer_push (writer, batch);
    }

  assert_false (moor_writer_finish (writer, &error));
  assert_false (accepted);
  assert_gerror (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  assert_non_null (strstr (error->message, volume.mount_point));
  g_clear_error (&error);

  /* The catalogue is as it was before. */
  g_clear_pointer (&writer, moor_writer_free);
  g_clear_pointer (&store, moor_store_unref);
  store = moor_store_open (path, TRUE, &error);
  assert_no_gerror (error);
  assert_int_equal (moor_store_get_state (store), MOOR_STORE_CAPTURING);
  assert_int_equal (read_all (store).n_rows, 0);
  g_clear_pointer (&store, moor_store_unref);
  moor_test_volume_free (&volume);
  moor_test_dir_free (g_steal_pointer (&root));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_rows_of_four_threads_all_arrive, setup, teardown),
    cmocka_unit_test_setup_teardown (test_numbers_go_on_after_those_in_the_catalogue, setup,
                                     teardown),
    cmocka_unit_test_setup_teardown (test_a_writer_that_is_not_finished_leaves_nothing, setup,
                                     teardown),
    cmocka_unit_test_setup_teardown (test_the_store_can_be_changed_while_rows_are_written, setup,
                                     teardown),
    cmocka_unit_test_setup_teardown (test_a_copy_keeps_its_hash_and_attributes, setup, teardown),
    cmocka_unit_test (test_a_full_volume_is_named),
  };

  return cmocka_run_group_tests_name ("core/writer", tests, NULL, NULL);
}
