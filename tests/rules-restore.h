/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What tests of restores by rules share: rule files as text, and what lies where. */

#include "jobs-fixture.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COMPONENT(name, context, body) \
  "<component type=\"Documents\" context=\"" context "\"><displayName>" name "</displayName>" \
  "<role role=\"Data\"><rules context=\"" context "\">" body "</rules></role></component>"
#define SET(pattern) "<objectSet><pattern type=\"File\">" pattern "</pattern></objectSet>"
#define INCLUDE(pattern) "<include>" SET (pattern) "</include>"
#define NEVER(pattern) "<include filter=\"MigXmlHelper.NeverRestore()\">" SET (pattern) "</include>"
#define MOVE(call, pattern) \
  "<locationModify script=\"MigXmlHelper." call "\">" SET (pattern) "</locationModify>"
#define MERGE(call, pattern) "<merge script=\"MigXmlHelper." call "\">" SET (pattern) "</merge>"
#define CLEAN(pattern) "<destinationCleanup>" SET (pattern) "</destinationCleanup>"
#define MODIFY(call, pattern) \
  "<contentModify script=\"MigXmlHelper." call "\">" SET (pattern) "</contentModify>"
#define ATTRIBUTES(sign, names, pattern) \
  "<" sign "Attributes attributes=\"" names "\">" SET (pattern) "</" sign "Attributes>"

/* Writes a rule file and returns the members of a request that names it. */
static inline char *
rules_members (const JobsFixture *fixture, const char *components, const char *more)
{
  g_autofree char *path = g_build_filename (fixture->dir, "test.xml", NULL);
  g_autofree char *xml = g_strdup_printf ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                                          "<migration urlid=\"http://example.org/test\">%s"
                                          "</migration>\n",
                                          components);

  moor_test_write (fixture->dir, "test.xml", xml);
  return g_strdup_printf ("\"rules\":[\"%s\"]%s%s", path, more != NULL ? "," : "",
                          more != NULL ? more : "");
}

/* Captures by rules, and puts another system with the same people in the place of the old. */
static inline void
rules_refresh (JobsFixture *fixture, const char *components)
{
  g_autofree char *members = rules_members (fixture, components, NULL);

  jobs_must (fixture, MOOR_EXIT_COMPLETE, "capture", members);
  jobs_must (fixture, MOOR_EXIT_COMPLETE, "set-aside", NULL);
  jobs_unpack_image (fixture);
  jobs_add_people (fixture);
}

static inline JsonObject *
rules_restore (JobsFixture *fixture, MoorExit expected, const char *components, const char *more)
{
  g_autofree char *members = rules_members (fixture, components, more);

  return jobs_run (fixture, expected, "restore", members);
}

/* What a file of the system holds; NULL if there is none. */
static inline void
rules_assert_holds (const JobsFixture *fixture, const char *below_root, const char *expected)
{
  g_autofree char *path = jobs_path (fixture, below_root);
  g_autofree char *content = NULL;

  (void) g_file_get_contents (path, &content, NULL, NULL);
  if (g_strcmp0 (content, expected) != 0)
    fail_msg ("%s holds %s, not %s", below_root, content != NULL ? content : "nothing",
              expected != NULL ? expected : "nothing");
}

static inline struct stat
rules_stat (const JobsFixture *fixture, const char *below_root)
{
  g_autofree char *path = jobs_path (fixture, below_root);
  struct stat st;

  assert_int_equal (lstat (path, &st), 0);
  return st;
}
