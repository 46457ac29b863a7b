/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store-fixture.h"

static void
mount_elsewhere (MoorTestVolume *volume, const char *mount_point)
{
  assert_int_equal (g_mkdir (mount_point, 0755), 0);
  assert_int_equal (mount (volume->mount_point, mount_point, NULL, MS_MOVE, NULL), 0);
  assert_int_equal (g_rmdir (volume->mount_point), 0);
  g_free (volume->mount_point);
  volume->mount_point = g_strdup (mount_point);
}

static void
test_a_part_is_found_wherever_its_volume_is_mounted (void **state)
{
  g_autoptr(MoorStore) store = NULL;
  g_autoptr(MoorVolume) first = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *elsewhere = NULL;
  g_autofree char *first_elsewhere = NULL;
  g_autofree char *moved_path = NULL;
  const MoorPart *part;
  Volumes volumes;

  if (!volumes_new (&volumes))
    {
      skip ();
      return;
    }
  elsewhere = g_build_filename (volumes.root, "elsewhere", NULL);
  first_elsewhere = g_build_filename (volumes.root, "first-elsewhere", NULL);
  moved_path = g_build_filename (first_elsewhere, "srv", "store", NULL);
  store = create (volumes.path);
  add_second_part (store, &volumes);
  add_second_part (store, &volumes);
  first = volume_at (volumes.first.mount_point);
  part = moor_store_add_part (store, first, "/", &error);
  assert_int_equal (part->index, 0);
  g_clear_pointer (&store, moor_store_unref);
  g_clear_pointer (&first, moor_volume_unref);

  mount_elsewhere (&volumes.second, elsewhere);
  mount_elsewhere (&volumes.first, first_elsewhere);
  store = reopen (moved_path, TRUE);
  assert_int_equal (moor_store_get_n_parts (store), 2);
  assert_string_equal (moor_store_get_part (store, 0)->mount_point, "/");
  assert_true (moor_store_get_part (store, 1)->dfd < 0);
  assert_true (moor_store_open_parts (store, &error));
  assert_no_gerror (error);
  part = moor_store_get_part (store, 1);
  assert_true (part->dfd >= 0 && part->tree_dfd >= 0);
  assert_string_equal (part->mount_point, "/home");
  assert_string_equal (part->volume->mount_point, elsewhere);
  assert_ptr_equal (moor_store_find_part (store, part->volume_name), part);
  assert_true (moor_store_sync (store, &error));

  g_clear_pointer (&store, moor_store_unref);
  volumes_free (&volumes);
}

static void
test_a_part_whose_volume_is_not_mounted_stays_closed (void **state)
{
  g_autoptr(MoorStore) store = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *part_path = NULL;
  Volumes volumes;

  if (!volumes_new (&volumes))
    {
      skip ();
      return;
    }
  part_path = g_build_filename (volumes.second.mount_point, "srv", "store", NULL);
  store = create (volumes.path);
  add_second_part (store, &volumes);
  assert_refused (part_path, MOOR_ERROR_STORE_UNUSABLE, "a part of a store only");
  g_clear_pointer (&store, moor_store_unref);

  moor_test_volume_free (&volumes.second);
  store = reopen (volumes.path, TRUE);
  assert_true (moor_store_open_parts (store, &error));
  assert_int_equal (moor_store_get_n_parts (store), 2);
  assert_true (moor_store_get_part (store, 1)->dfd < 0);
  assert_null (moor_store_get_part (store, 1)->volume);
  g_clear_pointer (&store, moor_store_unref);
  volumes_free (&volumes);
}

static void
test_a_part_that_is_not_ours_is_refused (void **state)
{
  g_autoptr(MoorStore) store = NULL;
  g_autoptr(MoorStore) other = NULL;
  g_autoptr(MoorVolume) second = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *part_path = NULL;
  g_autofree char *marker = NULL;
  Volumes volumes;

  if (!volumes_new (&volumes))
    {
      skip ();
      return;
    }
  part_path = g_build_filename (volumes.second.mount_point, "srv", "store", NULL);
  second = volume_at (volumes.second.mount_point);
  other = create (part_path);
  store = create (volumes.path);
  assert_null (moor_store_add_part (store, second, "/home", &error));
  assert_gerror (error, MOOR_ERROR, MOOR_ERROR_STORE_UNUSABLE);
  g_clear_error (&error);

  assert_true (moor_store_remove_marker (other, &error)
               || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_EMPTY));
  g_clear_error (&error);
  add_second_part (store, &volumes);
  marker = moor_test_read (part_path, "MOORING");
  strstr (marker, "uuid: ")[6] ^= 1;
  moor_test_write (part_path, "MOORING", marker);
  g_clear_pointer (&store, moor_store_unref);
  store = reopen (volumes.path, TRUE);
  assert_false (moor_store_open_parts (store, &error));
  assert_gerror (error, MOOR_ERROR, MOOR_ERROR_STORE_UNUSABLE);

  g_clear_pointer (&store, moor_store_unref);
  g_clear_pointer (&other, moor_store_unref);
  g_clear_pointer (&second, moor_volume_unref);
  volumes_free (&volumes);
}

/* What the store says of its second part, which holds @content as its marker. */
static void
assert_part_is_told_of (const Volumes *volumes, const char *content, const char *words)
{
  g_autofree char *part_path = g_build_filename (volumes->second.mount_point, "srv", "store", NULL);
  g_autoptr(MoorStore) store = reopen (volumes->path, TRUE);
  g_autoptr(GError) error = NULL;

  if (content != NULL)
    moor_test_write (part_path, "MOORING", content);
  assert_false (moor_store_open_parts (store, &error));
  assert_gerror (error, MOOR_ERROR, MOOR_ERROR_STORE_UNUSABLE);
  assert_non_null (strstr (error->message, words));
}

static void
test_a_damaged_part_is_told_of_even_while_the_store_is_removed (void **state)
{
  g_autoptr(MoorStore) store = NULL;
  g_autofree char *tree = NULL;
  g_autofree char *aside = NULL;
  g_autofree char *marker = NULL;
  Volumes volumes;

  if (!volumes_new (&volumes))
    {
      skip ();
      return;
    }
  tree = g_build_filename (volumes.second.mount_point, "srv", "store", "tree", NULL);
  aside = g_build_filename (volumes.second.mount_point, "srv", "store", "tree.away", NULL);
  store = create (volumes.path);
  add_second_part (store, &volumes);
  assert_true (moor_store_set_state (store, MOOR_STORE_DELETING, NULL));
  g_clear_pointer (&store, moor_store_unref);
  marker = moor_test_read (volumes.second.mount_point, "srv/store/MOORING");
  assert_part_is_told_of (&volumes, "no marker at all\n", "did not write");
  assert_part_is_told_of (&volumes, "Mooring store, format 1\nuuid: none\n", "is damaged");
  assert_part_is_told_of (&volumes, "Mooring store, format 77\n", "newer Mooring");

  assert_int_equal (g_rename (tree, aside), 0);
  assert_int_equal (symlink ("tree.away", tree), 0);
  assert_part_is_told_of (&volumes, marker, "symbolic link");
  volumes_free (&volumes);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_a_part_is_found_wherever_its_volume_is_mounted),
    cmocka_unit_test (test_a_part_whose_volume_is_not_mounted_stays_closed),
    cmocka_unit_test (test_a_part_that_is_not_ours_is_refused),
    cmocka_unit_test (test_a_damaged_part_is_told_of_even_while_the_store_is_removed),
  };

  return cmocka_run_group_tests_name ("core/store-parts", tests, NULL, NULL);
}
