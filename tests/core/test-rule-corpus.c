/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-test.h"

/*
 * Rule files as they are in the field: those below $MOORING_CORPUS/migxml.  What
 * is read is counted by xmllint, too.  A file that is not well formed has
 * "malformed" in its name, one that is no MigXML has "wrong".
 */

#include <string.h>

#include "moor-config-file.h"
#include "moor-error.h"

#define STOCK_MAX_MS 200

static char *
find_corpus (void)
{
  const char *corpus = g_getenv ("MOORING_CORPUS");

  return corpus != NULL ? g_build_filename (corpus, "migxml", NULL) : NULL;
}

static GPtrArray *
list_corpus (const char *path)
{
  g_autoptr(GDir) dir = g_dir_open (path, 0, NULL);
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  assert_non_null (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      if (g_str_has_suffix (name, ".xml"))
        g_ptr_array_add (names, g_build_filename (path, name, NULL));
    }
  g_ptr_array_sort (names, (GCompareFunc) (void (*) (void)) g_strcmp0);
  return names;
}

static GBytes *
load (const char *path)
{
  g_autoptr(GFile) file = g_file_new_for_path (path);
  GBytes *bytes = g_file_load_bytes (file, NULL, NULL, NULL);

  assert_non_null (bytes);
  return bytes;
}

static gboolean
is_broken (const char *path)
{
  return strstr (path, "malformed") != NULL || strstr (path, "wrong") != NULL;
}

/* Elements, components and patterns by somebody else's count. */
static char *
count_independently (const char *path)
{
  static const char expression[] =
      "concat(count(//*),' ',"
      "count(//*[translate(local-name(),'COMPNET','compnet')='component']),' ',"
      "count(//*[translate(local-name(),'PATERN','patern')='pattern']))";
  const char *argv[] = { "xmllint", "--nonet", "--xpath", expression, path, NULL };
  char *counts = NULL;

  assert_true (moor_test_run (argv, &counts));
  return g_strstrip (counts);
}

static guint
count_components (const GPtrArray *components)
{
  guint n = components->len;

  for (guint i = 0; i < components->len; i++)
    {
      const MoorComponentNode *component = g_ptr_array_index (components, i);

      for (guint j = 0; j < component->roles->len; j++)
        {
          const MoorRoleNode *role = g_ptr_array_index (component->roles, j);

          n += count_components (role->components);
        }
    }
  return n;
}

static void
check_rule_file (const char *path, GBytes *bytes)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MoorRuleFile) file = moor_rule_file_read (path, bytes, &error);
  g_autofree char *independent = NULL;
  g_autofree char *ours = NULL;

  assert_no_gerror (error);
  independent = count_independently (path);
  ours = g_strdup_printf ("%u %u %u", file->n_elements, count_components (file->components),
                          file->n_patterns);
  if (strcmp (ours, independent) != 0)
    fail_msg ("%s: %s instead of %s", path, ours, independent);
}

static void
check_config_file (const char *path, GBytes *bytes)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MoorConfigFile) config = moor_config_file_read (path, bytes, &error);
  g_autofree char *independent = NULL;
  g_auto(GStrv) counts = NULL;
  g_autofree char *ours = NULL;

  assert_no_gerror (error);
  independent = count_independently (path);
  counts = g_strsplit (independent, " ", -1);
  ours = g_strdup_printf ("%u", config->components->len);
  assert_string_equal (ours, counts[1]);
}

static void
check_offline_file (const char *path, GBytes *bytes)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MoorOfflineFile) offline = moor_offline_file_read (path, bytes, &error);

  assert_no_gerror (error);
  assert_true (offline->win_dirs->len > 0);
}

static void
test_well_formed_files_load_and_their_counts_agree (void **state)
{
  g_autofree char *corpus = find_corpus ();
  g_autofree char *xmllint = g_find_program_in_path ("xmllint");
  g_autoptr(GPtrArray) paths = NULL;
  guint n_read = 0;

  if (corpus == NULL)
    moor_test_skip ("MOORING_CORPUS names no folder of rule files");
  if (xmllint == NULL)
    moor_test_skip ("xmllint is not installed");
  paths = list_corpus (corpus);
  for (guint i = 0; i < paths->len; i++)
    {
      const char *path = g_ptr_array_index (paths, i);
      g_autoptr(GBytes) bytes = load (path);
      MoorFileKind kind = MOOR_FILE_MIGXML;

      if (is_broken (path))
        continue;
      assert_true (moor_rule_file_sniff (path, bytes, &kind, NULL));
      if (kind == MOOR_FILE_MIGXML)
        check_rule_file (path, bytes);
      else if (kind == MOOR_FILE_CONFIG)
        check_config_file (path, bytes);
      else
        check_offline_file (path, bytes);
      n_read++;
    }
  assert_true (n_read > 0);
}

/* The line at which xmllint stops; 0 if it does not. */
static guint64
find_line_independently (const char *path)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GSubprocess) xmllint = g_subprocess_new (
      G_SUBPROCESS_FLAGS_STDERR_PIPE | G_SUBPROCESS_FLAGS_STDOUT_SILENCE, &error, "xmllint",
      "--nonet", "--noout", path, NULL);
  g_autoptr(GBytes) said = NULL;
  g_autofree char *text = NULL;
  const char *data;
  gsize length;

  assert_no_gerror (error);
  assert_true (g_subprocess_communicate (xmllint, NULL, NULL, NULL, &said, NULL));
  data = g_bytes_get_data (said, &length);
  text = g_strndup (data != NULL ? data : "", length);
  return g_str_has_prefix (text, path) ? g_ascii_strtoull (text + strlen (path) + 1, NULL, 10) : 0;
}

static void
test_broken_files_are_refused_with_line_and_column (void **state)
{
  g_autofree char *corpus = find_corpus ();
  g_autofree char *xmllint = g_find_program_in_path ("xmllint");
  g_autoptr(GPtrArray) paths = NULL;

  if (corpus == NULL)
    moor_test_skip ("MOORING_CORPUS names no folder of rule files");
  if (xmllint == NULL)
    moor_test_skip ("xmllint is not installed");
  paths = list_corpus (corpus);
  for (guint i = 0; i < paths->len; i++)
    {
      const char *path = g_ptr_array_index (paths, i);
      g_autoptr(GBytes) bytes = load (path);
      g_autoptr(GPtrArray) findings = NULL;
      const MoorFinding *last;
      guint64 line;

      if (!is_broken (path))
        continue;
      findings = moor_rules_lint (path, bytes);
      assert_true (findings->len > 0);
      last = g_ptr_array_index (findings, 0);
      for (guint j = 0; j < findings->len && last->level != MOOR_FINDING_ERROR; j++)
        last = g_ptr_array_index (findings, j);
      assert_int_equal (last->level, MOOR_FINDING_ERROR);
      assert_true (last->origin.line > 0 && last->origin.column > 0);
      assert_non_null (last->remedy);
      line = find_line_independently (path);
      assert_true (line == 0 || line == last->origin.line);
    }
}

static void
test_the_largest_stock_file_is_read_at_once (void **state)
{
  g_autofree char *corpus = find_corpus ();
  g_autoptr(GPtrArray) paths = NULL;
  gint64 longest_us = 0;

  if (corpus == NULL)
    moor_test_skip ("MOORING_CORPUS names no folder of rule files");
  paths = list_corpus (corpus);
  for (guint i = 0; i < paths->len; i++)
    {
      const char *path = g_ptr_array_index (paths, i);
      g_autoptr(GBytes) bytes = load (path);
      gint64 start;

      if (is_broken (path))
        continue;
      start = g_get_monotonic_time ();
      moor_rule_file_free (moor_rule_file_read (path, bytes, NULL));
      longest_us = MAX (longest_us, g_get_monotonic_time () - start);
    }
  print_message ("the longest took %.1f ms\n", (double) longest_us / 1000);
  assert_true (longest_us < STOCK_MAX_MS * 1000);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_well_formed_files_load_and_their_counts_agree),
    cmocka_unit_test (test_broken_files_are_refused_with_line_and_column),
    cmocka_unit_test (test_the_largest_stock_file_is_read_at_once),
  };

  return cmocka_run_group_tests_name ("core/rule-corpus", tests, NULL, NULL);
}
