/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* A folder in which stores are made, and how the tests of stores make, open and
 * are refused them. */

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "moor-error.h"
#include "moor-store.h"
#include "moor-test.h"

typedef struct
{
  char *root;
  char *path; /* where the store will be */
} Fixture;

static inline int
setup (void **state)
{
  Fixture *fixture = g_new0 (Fixture, 1);

  fixture->root = moor_test_dir_new ();
  fixture->path = g_build_filename (fixture->root, "store", NULL);
  *state = fixture;
  return 0;
}

static inline int
teardown (void **state)
{
  Fixture *fixture = *state;

  moor_test_dir_free (fixture->root);
  g_free (fixture->path);
  g_free (fixture);
  return 0;
}

static const MoorStoreInfo some_info = {
  .system_name = (char *) "Debian GNU/Linux 12",
  .host_name = (char *) "bench-3",
  .machine_id = (char *) "0123456789abcdef",
  .note = (char *) "before the upgrade\nof floor 2",
};

static inline MoorStore *
create (const char *path)
{
  g_autoptr(GError) error = NULL;
  MoorStore *store = moor_store_create (path, &some_info, &error);

  assert_no_gerror (error);
  assert_non_null (store);
  return store;
}

static inline MoorStore *
reopen (const char *path, gboolean writable)
{
  g_autoptr(GError) error = NULL;
  MoorStore *store = moor_store_open (path, writable, &error);

  assert_no_gerror (error);
  assert_non_null (store);
  return store;
}

/* Makes a store and closes it. */
static inline void
make (const char *path)
{
  g_autoptr(MoorStore) store = create (path);

  assert_non_null (store);
}

/* The store at @path cannot be opened, and the message says @words. */
static inline void
assert_refused (const char *path, MoorError code, const char *words)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MoorStore) store = moor_store_open (path, TRUE, &error);

  assert_null (store);
  assert_gerror (error, MOOR_ERROR, code);
  if (strstr (error->message, words) == NULL)
    fail_msg ("“%s” is not in: %s", words, error->message);
}

/* Two volumes, "first" with the store, and "second". */
typedef struct
{
  char *root;
  char *path;
  MoorTestVolume first;
  MoorTestVolume second;
} Volumes;

static inline gboolean
volumes_new (Volumes *volumes)
{
  if (!moor_test_can_mount ("ext4"))
    {
      print_message ("skipped: needs root, loop devices and mkfs.ext4\n");
      return FALSE;
    }
  *volumes = (Volumes){ .root = moor_test_dir_new () };
  assert_true (moor_test_volume_new (volumes->root, "first", "ext4", 16, &volumes->first));
  assert_true (moor_test_volume_new (volumes->root, "second", "ext4", 16, &volumes->second));
  volumes->path = g_build_filename (volumes->first.mount_point, "srv", "store", NULL);
  return TRUE;
}

static inline void
volumes_free (Volumes *volumes)
{
  moor_test_volume_free (&volumes->first);
  moor_test_volume_free (&volumes->second);
  moor_test_dir_free (volumes->root);
  g_free (volumes->path);
}

static inline MoorVolume *
volume_at (const char *path)
{
  g_autoptr(GError) error = NULL;
  int fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  MoorVolume *volume = moor_volume_for_fd (fd, &error);

  assert_no_gerror (error);
  (void) close (fd);
  return volume;
}

static inline void
add_second_part (MoorStore *store, const Volumes *volumes)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MoorVolume) second = volume_at (volumes->second.mount_point);
  const MoorPart *part = moor_store_add_part (store, second, "/home", &error);

  assert_no_gerror (error);
  assert_int_equal (part->index, 1);
  assert_true (part->dfd >= 0 && part->tree_dfd >= 0);
  assert_string_equal (part->path, "srv/store");
}
