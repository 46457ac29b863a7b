/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What the tests of jobs share: an offline system with two people, a different
 * system to put in its place, requests, and pictures of whole trees. */

#include "moor-test.h"

#include "moor-job.h"
#include "moor-request.h"

#define JOBS_ALICE 1000
#define JOBS_BOB 1001
#define JOBS_HASH "$6$salt$thehashofalice"

/**
 * JobsFixture:
 * @root: a system below @dir
 * @store: where the store will be: below @root
 * @volume: what @root is, when it has a file system of its own
 * @sys: (nullable): the calls that requests go through
 * @mounts: (element-type filename) (owned): what is mounted below the root for a while
 * @issues: (element-type MoorIssue) (owned): of the last request
 * @message: how the last request ended
 * @fraction_fell: progress went backwards at some time
 */
typedef struct
{
  char *dir;
  char *root;
  char *store;
  MoorTestVolume volume;
  const MoorSys *sys;
  GCancellable *cancellable;
  void (*on_event) (const MoorEvent *event, gpointer user_data);
  gpointer user_data;
  GPtrArray *mounts;
  GPtrArray *issues;
  char *message;
  double fraction;
  gboolean fraction_fell;
} JobsFixture;

JobsFixture *jobs_fixture_new (const char *fs_type, guint size_mib);
void jobs_fixture_free (JobsFixture *fixture);
int jobs_setup (void **state);
int jobs_teardown (void **state);
gboolean jobs_can_make_accounts (void);

/* For a test that restores accounts: skips it where they cannot be made. */
#define NEEDS_ACCOUNTS() \
  do \
    { \
      if (!jobs_can_make_accounts ()) \
        { \
          moor_test_skip ("accounts are made by root with useradd"); \
          return; \
        } \
    } \
  while (0)

char *jobs_path (const JobsFixture *fixture, const char *below_root);
void jobs_write (const JobsFixture *fixture,
                 const char *below_root,
                 const char *content,
                 guint uid);
void jobs_remove (const JobsFixture *fixture, const char *below_root);
void jobs_mount (JobsFixture *fixture, const char *below_root, const char *first, ...)
    G_GNUC_NULL_TERMINATED;
void jobs_unmount (JobsFixture *fixture);
void jobs_command (const char *first, ...) G_GNUC_NULL_TERMINATED;
void jobs_add_people (const JobsFixture *fixture);
void jobs_unpack_image (const JobsFixture *fixture);
void jobs_clear_root (const JobsFixture *fixture);

MoorExit jobs_try (JobsFixture *fixture,
                   const char *operation,
                   const char *members,
                   JsonObject **out_result);
JsonObject *jobs_run (JobsFixture *fixture,
                      MoorExit expected,
                      const char *operation,
                      const char *members);
void jobs_must (JobsFixture *fixture,
                MoorExit expected,
                const char *operation,
                const char *members);
gint64 jobs_number (JsonObject *result, const char *member);
const char *jobs_how (JsonObject *result, const char *name);
gboolean jobs_has_issue (const JobsFixture *fixture, MoorCause cause, const char *path_end);
gboolean jobs_differs (JsonObject *result, const char *path, const char *status);

typedef enum
{
  JOBS_TREE_PLAIN = 0,
  JOBS_TREE_INODES = 1 << 0,    /* of everything but directories */
  JOBS_TREE_NO_ROOT = 1 << 1,   /* without the line about the top itself */
  JOBS_TREE_NO_OWNERS = 1 << 2, /* without uid and gid */
} JobsTreeFlags;

char *jobs_tree (const char *dir, const char *skip, JobsTreeFlags flags);
void jobs_assert_trees (const char *expected, const char *found);
GHashTable *jobs_inodes (const char *dir);
void jobs_assert_inodes_have_names (GHashTable *inodes, const char *dir);
