/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules-fixture.h"

#include <time.h>

#include "moor-error.h"
#include "moor-filter-private.h"

static MoorCall *
call_of (const char *text)
{
  const MoorOrigin origin = { .file = "test.xml", .line = 1, .column = 1 };
  g_autofree char *full = g_strconcat ("MigXmlHelper.", text, NULL);
  g_autoptr(GError) error = NULL;
  MoorCall *call = moor_call_parse (full, &origin, &error);

  assert_no_gerror (error);
  return call;
}

static gboolean
keeps (const char *text, const struct statx *stx)
{
  g_autoptr(MoorCall) call = call_of (text);
  const MoorLook look = { .stx = stx };

  return moor_filter_keeps (call, &look);
}

typedef struct
{
  const char *op;
  const char *value;
  gint64 object;
  gboolean keeps;
} Case;

static void
test_sizes_are_compared (void **state)
{
  static const Case cases[] = {
    { "eq", "5KB", 5120, TRUE },         { "eq", "5KB", 5121, FALSE },
    { "neq", "5KB", 5121, TRUE },        { "neq", "5 kb", 5120, FALSE },
    { "lt", "1024", 1023, TRUE },        { "lt", "1024B", 1024, FALSE },
    { "lte", "1KB", 1024, TRUE },        { "lte", "1KB", 1025, FALSE },
    { "gt", "5GB", 5368709121, TRUE },   { "gt", "5GB", 5368709120, FALSE },
    { "gte", "1MB", 1048576, TRUE },     { "gte", "1MB", 1048575, FALSE },
    { "range", "1KB-1MB", 1024, TRUE },  { "range", "1KB-1MB", 1048576, TRUE },
    { "range", "1KB-1MB", 1023, FALSE }, { "RANGE", "1KB-1MB", 1048577, FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = g_strdup_printf ("FileProperties(\"filesize\",\"%s\","
                                               "\"%s\")",
                                               cases[i].op, cases[i].value);
      const struct statx stx = { .stx_mode = S_IFREG, .stx_size = (guint64) cases[i].object };

      if (keeps (text, &stx) != cases[i].keeps)
        fail_msg ("%s %s is wrong for %" G_GINT64_FORMAT, cases[i].op, cases[i].value,
                  cases[i].object);
    }
}

/* @object is a second of 15 May 2008, counted from its beginning by UTC. */
static void
test_days_are_compared_as_a_whole (void **state)
{
  static const Case cases[] = {
    { "eq", "2008/05/15", 0, TRUE },
    { "eq", "2008/05/15", 86399, TRUE },
    { "eq", "2008/05/15", -1, FALSE },
    { "eq", "2008/05/15", 86400, FALSE },
    { "neq", "2008/05/15", 86400, TRUE },
    { "neq", "2008/05/15", 1, FALSE },
    { "gt", "2008/05/15", 86400, TRUE },
    { "gt", "2008/05/15", 86399, FALSE },
    { "gte", "2008/05/15", 0, TRUE },
    { "gte", "2008/05/15", -1, FALSE },
    { "lt", "2008/05/15", -1, TRUE },
    { "lt", "2008/05/15", 0, FALSE },
    { "lte", "2008/05/15", 86399, TRUE },
    { "lte", "2008/05/15", 86400, FALSE },
    { "range", "2008/05/15-2008/05/16", 86400, TRUE },
    { "range", "2008/05/15-2008/05/16", 172800, FALSE },
  };
  g_autoptr(GDateTime) day = g_date_time_new_utc (2008, 5, 15, 0, 0, 0);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = g_strdup_printf ("FileProperties(\"dateModified\","
                                               "\"%s\",\"%s\")",
                                               cases[i].op, cases[i].value);
      struct statx stx = { .stx_mode = S_IFREG };

      stx.stx_mtime.tv_sec = g_date_time_to_unix (day) + cases[i].object;
      if (keeps (text, &stx) != cases[i].keeps)
        fail_msg ("%s %s is wrong for second %" G_GINT64_FORMAT, cases[i].op, cases[i].value,
                  cases[i].object);
    }
}

/* A capture and the restore or check of it need not run at one place. */
static void
test_days_are_the_same_in_every_zone (void **state)
{
  static const char *const zones[] = { "UTC", "Asia/Tokyo", "America/Los_Angeles", "XXX-14" };
  g_autofree char *before = g_strdup (g_getenv ("TZ"));
  struct statx stx = { .stx_mode = S_IFREG };

  for (gsize i = 0; i < G_N_ELEMENTS (zones); i++)
    {
      g_setenv ("TZ", zones[i], TRUE);
      tzset ();
      stx.stx_mtime.tv_sec = 1210809600;
      assert_true (keeps ("FileProperties(\"dateModified\",\"eq\",\"2008/05/15\")", &stx));
      stx.stx_mtime.tv_sec += 86399;
      assert_true (keeps ("FileProperties(\"dateModified\",\"eq\",\"2008/05/15\")", &stx));
    }
  if (before != NULL)
    g_setenv ("TZ", before, TRUE);
  else
    g_unsetenv ("TZ");
  tzset ();
}

static void
test_each_date_is_its_own (void **state)
{
  struct statx stx = { .stx_mode = S_IFREG, .stx_mask = STATX_BTIME };

  stx.stx_btime.tv_sec = 1000000000;
  stx.stx_mtime.tv_sec = 1100000000;
  stx.stx_atime.tv_sec = 1200000000;
  assert_true (keeps ("FileProperties(\"dateCreated\",\"lt\",\"2003/01/01\")", &stx));
  assert_true (
      keeps ("FileProperties(\"dateModified\",\"range\",\"2003/01/01-2006/01/01\")", &stx));
  assert_true (keeps ("FileProperties(\"dateAccessed\",\"gt\",\"2006/01/01\")", &stx));
  stx.stx_mask = 0;
  assert_false (keeps ("FileProperties(\"dateCreated\",\"lt\",\"2003/01/01\")", &stx));
}

static void
test_a_filter_is_read_once_and_for_all (void **state)
{
  g_autoptr(MoorCall) call = call_of ("FileProperties(\"filesize\",\"lt\",\"1KB\")");
  g_autoptr(MoorCall) other = call_of ("FileProperties(\"filesize\",\"lt\",\"a lot\")");
  g_autoptr(MoorFilter) filter = moor_filter_new (call);
  g_autoptr(MoorFilter) refused = moor_filter_new (other);
  struct statx stx = { .stx_mode = S_IFREG, .stx_size = 1023 };

  g_ptr_array_set_size (call->args, 0);
  assert_true (moor_filter_holds (filter, &stx));
  assert_false (moor_filter_holds (refused, &stx));
  stx.stx_size = 1024;
  assert_false (moor_filter_holds (filter, &stx));
}

static void
test_a_folder_counts_as_empty (void **state)
{
  const struct statx stx = { .stx_mode = S_IFDIR, .stx_size = 4096 };

  assert_true (keeps ("FileProperties(\"filesize\",\"lt\",\"1KB\")", &stx));
  assert_false (keeps ("FileProperties(\"filesize\",\"gt\",\"1KB\")", &stx));
}

static void
test_a_capture_keeps_what_is_decided_later (void **state)
{
  const struct statx stx = { .stx_mode = S_IFREG };

  assert_true (moor_filter_keeps (NULL, NULL));
  assert_true (keeps ("IgnoreIrrelevantLinks()", &stx));
  assert_true (keeps ("NeverRestore()", &stx));
  assert_false (keeps ("AnswerNo()", &stx));
  assert_false (keeps ("CompareStringContent(\"x\",\"Equal\")", &stx));
  assert_true (keeps ("CompareStringContent(\"x\",NULL)", &stx));
}

/* Links of Windows are files like others here. */
static void
test_that_irrelevant_links_pass_on_linux_is_told_once (void **state)
{
  System system = { .root = NULL };
  g_autoptr(MoorRuleOutcome) outcome = NULL;

#define LINKS(path) \
  "<include filter='MigXmlHelper.IgnoreIrrelevantLinks()'><objectSet><pattern type='File'>" path \
  " [*]</pattern></objectSet></include>"
  system_open (&system, MOOR_PATHS_LINUX);
  outcome = evaluate (system.host,
                      "<component type='Documents' context='System'><displayName>C</displayName>"
                      "<role role='Data'><rules>" LINKS ("/a") LINKS ("/b") "</rules></role>"
                                                                            "</component>");
#undef LINKS
  assert_items (system.host, outcome, "include system /a [*]\ninclude system /b [*]\n");
  assert_int_equal (outcome->findings->len, 1);
  assert_int_equal (find_finding (outcome, "links-on-linux")->count, 2);
  assert_int_equal (find_finding (outcome, "links-on-linux")->level, MOOR_FINDING_NOTE);
  system_close (&system);
}

static void
test_arguments_that_make_no_sense_are_refused (void **state)
{
  static const char *const texts[] = {
    "FileProperties(\"colour\",\"eq\",\"1\")",
    "FileProperties(\"filesize\",\"about\",\"1\")",
    "FileProperties(\"filesize\",\"eq\",\"many\")",
    "FileProperties(\"filesize\",\"eq\",\"1TB\")",
    "FileProperties(\"filesize\",\"eq\",\"-1\")",
    "FileProperties(\"filesize\",\"eq\",\"99999999999999GB\")",
    "FileProperties(\"filesize\",\"range\",\"1KB\")",
    "FileProperties(\"filesize\",\"range\",\"2KB-1KB\")",
    "FileProperties(\"dateModified\",\"eq\",\"2008/13/01\")",
    "FileProperties(\"dateModified\",\"eq\",\"15.5.2008\")",
    "FileProperties(\"dateModified\",\"range\",\"2008/05/15\")",
    "SameRegContent()",
  };
  const struct statx stx = { .stx_mode = S_IFREG };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr(MoorCall) call = call_of (texts[i]);
      g_autoptr(GError) error = NULL;

      if (moor_filter_check (call, &error))
        fail_msg ("%s is not refused", texts[i]);
      assert_gerror (error, MOOR_ERROR, MOOR_ERROR_USAGE);
      assert_false (keeps (texts[i], &stx));
    }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_sizes_are_compared),
    cmocka_unit_test (test_days_are_compared_as_a_whole),
    cmocka_unit_test (test_days_are_the_same_in_every_zone),
    cmocka_unit_test (test_each_date_is_its_own),
    cmocka_unit_test (test_a_filter_is_read_once_and_for_all),
    cmocka_unit_test (test_a_folder_counts_as_empty),
    cmocka_unit_test (test_a_capture_keeps_what_is_decided_later),
    cmocka_unit_test (test_that_irrelevant_links_pass_on_linux_is_told_once),
    cmocka_unit_test (test_arguments_that_make_no_sense_are_refused),
  };

  return cmocka_run_group_tests_name ("core/filter", tests, NULL, NULL);
}
