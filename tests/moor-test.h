/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What the tests share: temporary folders, files, loop-mounted volumes. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <gio/gio.h>

#define assert_gerror(error, domain_, code_) \
  do \
    { \
      assert_non_null (error); \
      if (!g_error_matches ((error), (domain_), (int) (code_))) \
        fail_msg ("unexpected error: %s (%s, %d)", (error)->message, \
                  g_quark_to_string ((error)->domain), (error)->code); \
    } \
  while (0)

#define assert_no_gerror(error) \
  do \
    { \
      if ((error) != NULL) \
        fail_msg ("unexpected error: %s", (error)->message); \
    } \
  while (0)

#define moor_test_skip(...) \
  do \
    { \
      print_message ("skipped: " __VA_ARGS__); \
      print_message ("\n"); \
      skip (); \
    } \
  while (0)

char *moor_test_dir_new (void);
void moor_test_dir_free (char *dir);
void moor_test_write (const char *dir, const char *name, const char *content);
char *moor_test_read (const char *dir, const char *name);
guint64 moor_test_inode (const char *dir, const char *name);
gboolean moor_test_exists (const char *dir, const char *name);
gboolean moor_test_run (const char *const *argv, char **out_output);

/**
 * MoorTestVolume:
 * @mount_point: where it is mounted
 *
 * A file system of its own in a loop-mounted image below a test's folder.
 */
typedef struct
{
  char *image;
  char *mount_point;
} MoorTestVolume;

gboolean moor_test_can_mount (const char *fs_type);
const char *moor_test_linkless_type (void);
gboolean moor_test_volume_new (const char *dir,
                               const char *name,
                               const char *fs_type,
                               guint size_mib,
                               MoorTestVolume *out_volume);
void moor_test_volume_free (MoorTestVolume *volume);
