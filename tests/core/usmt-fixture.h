/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What the tests of scanstate, loadstate and usmtutils share: a small system, and
 * commands that are called on it as they are written in batch files. */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "jobs-fixture.h"
#include "moor-usmt-run.h"

typedef struct
{
  JobsFixture *jobs;
  char *folder; /* from which the commands are called */
  GString *notices;
  char *message;
} Fixture;

static inline int
setup_on (void **state, const char *fs_type)
{
  Fixture *fixture = g_new0 (Fixture, 1);

  fixture->jobs = jobs_fixture_new (fs_type, 0);
  fixture->folder = g_build_filename (fixture->jobs->dir, "tools", NULL);
  assert_int_equal (g_mkdir_with_parents (fixture->folder, 0755), 0);
  fixture->notices = g_string_new (NULL);
  *state = fixture;
  return 0;
}

static inline int
setup (void **state)
{
  return setup_on (state, NULL);
}

static inline int
teardown (void **state)
{
  Fixture *fixture = *state;

  jobs_fixture_free (fixture->jobs);
  g_string_free (fixture->notices, TRUE);
  g_free (fixture->folder);
  g_free (fixture->message);
  g_free (fixture);
  return 0;
}

#define need_root() \
  do \
    { \
      if (geteuid () != 0) \
        moor_test_skip ("needs root"); \
    } \
  while (0)

static inline void
notice_cb (const MoorUsmtNotice *notice, gpointer user_data)
{
  Fixture *fixture = user_data;

  switch ((int) notice->kind)
    {
    case MOOR_USMT_NOTICE_PHASE:
      g_string_append_printf (fixture->notices, "phase %s\n", notice->phase);
      break;
    case MOOR_USMT_NOTICE_OUTPUT:
      g_string_append_printf (fixture->notices, "%s\n", notice->text);
      break;
    case MOOR_USMT_NOTICE_ISSUE:
      g_string_append_printf (fixture->notices, "%s %s %s\n",
                              moor_severity_id (notice->issue->severity), notice->issue->path,
                              notice->flag ? "aborts" : "goes on");
      break;
    case MOOR_USMT_NOTICE_LOG:
      g_string_append_printf (fixture->notices, "log %s\n", notice->text);
      break;
    default:
      break;
    }
}

static inline MoorUsmtRun *
new_run (const Fixture *fixture, const char *line)
{
  g_autofree char *drive = g_strdup_printf ("--drive C:=%s ", fixture->jobs->root);
  g_autofree char *whole = g_strconcat (drive, strchr (line, ' ') + 1, NULL);
  g_auto(GStrv) name = g_strsplit (line, " ", 2);
  g_auto(GStrv) words = g_strsplit (whole, " ", -1);
  MoorUsmtTool tool = MOOR_USMT_SCANSTATE;
  MoorUsmtRun *run;

  assert_true (moor_usmt_tool_from_name (name[0], &tool));
  run = moor_usmt_run_new (tool, (const char *const *) words);
  g_free (run->paths->directory);
  run->paths->directory = g_strdup (fixture->folder);
  run->sys = fixture->jobs->sys;
  return run;
}

/* Calls a command as it is written; C: is the fixture's root. */
static inline int
usmt (Fixture *fixture, const char *line)
{
  g_autoptr(MoorUsmtRun) run = new_run (fixture, line);
  g_autoptr(GError) error = NULL;

  g_string_truncate (fixture->notices, 0);
  moor_usmt_run_subscribe (run, notice_cb, fixture);
  if (!moor_usmt_run_begin (run, &error))
    moor_usmt_run_fail (run, error);
  (void) moor_usmt_run_execute (run, fixture->jobs->cancellable);
  (void) moor_usmt_run_end (run);
  g_free (fixture->message);
  fixture->message = g_strdup (run->message != NULL ? run->message : "");
  return (int) run->code;
}

static inline void
must (Fixture *fixture, int code, const char *line)
{
  int found = usmt (fixture, line);

  if (found != code)
    fail_msg ("“%s” ends with %d instead of %d: %s\n%s", line, found, code, fixture->message,
              fixture->notices->str);
}

static inline void
assert_said (const Fixture *fixture, const char *part)
{
  if (strstr (fixture->message, part) == NULL && strstr (fixture->notices->str, part) == NULL)
    fail_msg ("“%s” is not in “%s”\n%s", part, fixture->message, fixture->notices->str);
}

static inline gboolean
exists (const Fixture *fixture, const char *path)
{
  return moor_test_exists (fixture->jobs->root, path);
}

/* Where the store keeps what is at @path in the system: it mirrors the volume, of
 * which the fixture's root may be any folder. */
static inline char *
in_tree (const Fixture *fixture, const char *path)
{
  g_autofree char *at = jobs_path (fixture->jobs, "StateStore/USMT/tree");
  g_autofree char *found = NULL;

  for (;;)
    {
      g_autoptr(GDir) dir = g_dir_open (at, 0, NULL);
      const char *name = dir != NULL ? g_dir_read_name (dir) : NULL;
      char *next;

      if (name == NULL || moor_test_exists (at, "home"))
        break;
      next = g_build_filename (at, name, NULL);
      g_free (at);
      at = next;
    }
  found = g_build_filename (at, path, NULL);
  return g_strdup (found + strlen (fixture->jobs->root) + 1);
}

static inline gboolean
is_stored (const Fixture *fixture, const char *path)
{
  g_autofree char *below = in_tree (fixture, path);

  return exists (fixture, below);
}

static inline guint64
stored_inode (const Fixture *fixture, const char *path)
{
  g_autofree char *below = in_tree (fixture, path);

  return moor_test_inode (fixture->jobs->root, below);
}

#define SCAN "scanstate C:\\StateStore /hardlink /nocompress"
#define LOAD "loadstate C:\\StateStore /hardlink /nocompress"

/* The old system goes, as with an image that leaves the store alone, but what was in
 * the homes is kept under another name. */
static inline void
install_new_system (const Fixture *fixture)
{
  g_autofree char *home = jobs_path (fixture->jobs, "home");
  g_autofree char *old = jobs_path (fixture->jobs, "old-home");

  assert_int_equal (rename (home, old), 0);
  jobs_unpack_image (fixture->jobs);
}

#define usmt_test(function) cmocka_unit_test_setup_teardown (function, setup, teardown)
