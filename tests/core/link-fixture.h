/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Two folders, and what placing objects from the first into the second is
 * tested with. */

#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "faulty-sys.h"
#include "moor-fd.h"
#include "moor-link.h"
#include "moor-meta.h"
#include "moor-test.h"

/* Two empty folders side by side, in one that only the test may enter. */
typedef struct
{
  char *root;
  char *src;
  char *dst;
  MoorFd src_dfd;
  MoorFd dst_dfd;
  MoorPlacing placing;
  MoorTestVolume volume;
} Fixture;

/* What `before` works on. */
static Fixture *current;
static guint n_swaps;

static inline void
open_folders (Fixture *fixture)
{
  assert_int_equal (g_mkdir_with_parents (fixture->src, 0700), 0);
  assert_int_equal (g_mkdir_with_parents (fixture->dst, 0700), 0);
  fixture->src_dfd = open (fixture->src, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  fixture->dst_dfd = open (fixture->dst, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  assert_true (fixture->src_dfd >= 0 && fixture->dst_dfd >= 0);
}

static inline void
close_folders (Fixture *fixture)
{
  close (fixture->src_dfd);
  close (fixture->dst_dfd);
  g_clear_pointer (&fixture->src, g_free);
  g_clear_pointer (&fixture->dst, g_free);
}

static inline int
setup (void **state)
{
  Fixture *fixture = g_new0 (Fixture, 1);

  memset (&fault, 0, sizeof fault);
  n_swaps = 0;
  fixture->root = moor_test_dir_new ();
  fixture->src = g_build_filename (fixture->root, "src", NULL);
  fixture->dst = g_build_filename (fixture->root, "dst", NULL);
  open_folders (fixture);
  current = fixture;
  *state = fixture;
  return 0;
}

static inline int
teardown (void **state)
{
  Fixture *fixture = *state;

  memset (&fault, 0, sizeof fault);
  close_folders (fixture);
  moor_test_volume_free (&fixture->volume);
  moor_test_dir_free (fixture->root);
  g_free (fixture);
  return 0;
}

/* Moves the fixture's folders onto a fresh volume.  FALSE: not possible here. */
static inline gboolean
use_volume (Fixture *fixture, const char *fs_type, guint size_mib)
{
  if (!moor_test_can_mount (fs_type))
    return FALSE;
  assert_true (moor_test_volume_new (fixture->root, "volume", fs_type, size_mib, &fixture->volume));
  close_folders (fixture);
  fixture->src = g_build_filename (fixture->volume.mount_point, "src", NULL);
  fixture->dst = g_build_filename (fixture->volume.mount_point, "dst", NULL);
  open_folders (fixture);
  return TRUE;
}

static inline MoorPlaced
do_link (Fixture *fixture, const char *name)
{
  return moor_link_entry (moor_sys_posix (), fixture->src_dfd, name, fixture->dst_dfd, name,
                          &fixture->placing);
}

static inline MoorPlaced
do_copy (Fixture *fixture, const MoorSys *sys, const char *name)
{
  return moor_copy_entry (sys, fixture->src_dfd, name, fixture->dst_dfd, name, TRUE, NULL,
                          &fixture->placing);
}

static inline MoorPlaced
do_place (Fixture *fixture, const char *name, MoorMethod best_method)
{
  return moor_place_entry (moor_sys_posix (), fixture->src_dfd, name, fixture->dst_dfd, name,
                           best_method, NULL, &fixture->placing);
}

/* A regular file's content; the name may be any bytes. */
static inline void
write_at (int dfd, const char *name, const char *content)
{
  g_auto(MoorFd) fd = openat (dfd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

  assert_true (fd >= 0);
  assert_int_equal (write (fd, content, strlen (content)), strlen (content));
}

static inline void
make_socket (const char *dir, const char *name)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  g_auto(MoorFd) fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  assert_true (g_snprintf (address.sun_path, sizeof address.sun_path, "%s/%s", dir, name)
               < (int) sizeof address.sun_path);
  assert_int_equal (bind (fd, (struct sockaddr *) &address, sizeof address), 0);
}

static inline void
make_every_kind (const Fixture *fixture)
{
  write_at (fixture->src_dfd, "file", "payload");
  assert_int_equal (symlinkat ("file", fixture->src_dfd, "symlink"), 0);
  assert_int_equal (symlinkat ("nowhere/at all", fixture->src_dfd, "dangling"), 0);
  assert_int_equal (mkfifoat (fixture->src_dfd, "fifo", 0640), 0);
  make_socket (fixture->src, "socket");
}

static const char *const kinds[] = { "file", "symlink", "dangling", "fifo", "socket" };

/* The number of names in the target folder, without the dots. */
static inline guint
count_names (const Fixture *fixture)
{
  g_autoptr(GDir) dir = g_dir_open (fixture->dst, 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

static inline void
assert_hash_of (const Fixture *fixture, const char *path)
{
  g_autofree char *text = NULL;
  g_autoptr(GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  gsize n_bytes = 0;
  gsize n_hash = MOOR_HASH_BYTES;
  guint8 hash[MOOR_HASH_BYTES];

  assert_true (g_file_get_contents (path, &text, &n_bytes, NULL));
  g_checksum_update (checksum, (const guchar *) text, (gssize) n_bytes);
  g_checksum_get_digest (checksum, hash, &n_hash);
  assert_true (fixture->placing.has_hash);
  assert_memory_equal (fixture->placing.hash, hash, MOOR_HASH_BYTES);
}

static inline void
assert_same_meta (const Fixture *fixture, const char *name)
{
  g_auto(MoorMeta) a = { .flags = 0 };
  g_auto(MoorMeta) b = { .flags = 0 };
  g_autoptr(GString) words = g_string_new (NULL);

  assert_true (moor_meta_read_at (moor_sys_posix (), fixture->src_dfd, name, &a, NULL));
  assert_true (moor_meta_read_at (moor_sys_posix (), fixture->dst_dfd, name, &b, NULL));
  if (!moor_meta_equal (&a, &b, words))
    fail_msg ("“%s” differs: %s", name, words->str);
}
