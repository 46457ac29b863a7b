/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-test.h"

#include <string.h>

#include "moor-call.h"
#include "moor-error.h"

static const MoorOrigin origin = { "rules.xml", 3, 7 };

typedef struct
{
  const char *text;
  MoorHelper helper;
  const char *formatted;
} Good;

static const Good good[] = {
  { "MigXmlHelper.IsNative64Bit()", MOOR_HELPER_IS_NATIVE_64_BIT, "MigXmlHelper.IsNative64Bit()" },
  { "\n  MigXMLHelper.isnative64bit ( )  \n", MOOR_HELPER_IS_NATIVE_64_BIT,
    "MigXmlHelper.IsNative64Bit()" },
  { "MigXmlHelper.GenerateDrivePatterns (\"* [*.doc]\", \"Fixed\")",
    MOOR_HELPER_GENERATE_DRIVE_PATTERNS,
    "MigXmlHelper.GenerateDrivePatterns(\"* [*.doc]\", \"Fixed\")" },
  { "MigXmlHelper.RelativeMove('%A%','%B%')", MOOR_HELPER_RELATIVE_MOVE,
    "MigXmlHelper.RelativeMove(\"%A%\", \"%B%\")" },
  { "MigXmlHelper.ExtractSingleFile(NULL, null)", MOOR_HELPER_EXTRACT_SINGLE_FILE,
    "MigXmlHelper.ExtractSingleFile()" },
  { "MigXmlHelper.ExtractSingleFile(NULL,'NULL')", MOOR_HELPER_EXTRACT_SINGLE_FILE,
    "MigXmlHelper.ExtractSingleFile(NULL, \"NULL\")" },
  { "MigXmlHelper.ExtractDirectory(NULL, \"1\")", MOOR_HELPER_EXTRACT_DIRECTORY,
    "MigXmlHelper.ExtractDirectory(NULL, \"1\")" },
  { "MigXmlHelper.GetStringContent(\"Registry\",\"HKLM\\K []\",\"0\",'\"','\"\\')",
    MOOR_HELPER_GET_STRING_CONTENT,
    "MigXmlHelper.GetStringContent(\"Registry\", \"HKLM\\K []\", \"0\", '\"', '\"\\')" },
  { "MigXmlHelper.FindFilePlaceByPattern('<F> (<N>).<E>')", MOOR_HELPER_FIND_FILE_PLACE_BY_PATTERN,
    "MigXmlHelper.FindFilePlaceByPattern(\"<F> (<N>).<E>\")" },
  { "MigXmlHelper.Move('a, b)')", MOOR_HELPER_MOVE, "MigXmlHelper.Move(\"a, b)\")" },
  { "MigSysHelper.SetPstPathInMapiStruct ()", MOOR_HELPER_INTERNAL,
    "MigSysHelper.SetPstPathInMapiStruct()" },
  { "MigXmlHelper.AntiAlias()", MOOR_HELPER_INTERNAL, "MigXmlHelper.AntiAlias()" },
};

static void
test_calls_are_read_however_they_are_spaced (void **state)
{
  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(MoorCall) call = moor_call_parse (good[i].text, &origin, &error);
      g_autofree char *text = NULL;

      assert_no_gerror (error);
      assert_int_equal (call->helper, good[i].helper);
      assert_int_equal (call->origin.line, 3);
      text = moor_call_format (call);
      assert_string_equal (text, good[i].formatted);
    }
}

static void
test_what_is_written_reads_as_the_same_call (void **state)
{
  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr(MoorCall) call = moor_call_parse (good[i].formatted, &origin, NULL);
      g_autoptr(MoorCall) copy = NULL;
      g_autofree char *text = NULL;

      assert_non_null (call);
      copy = moor_call_copy (call);
      text = moor_call_format (copy);
      assert_string_equal (text, good[i].formatted);
    }
}

static const struct
{
  const char *text;
  const char *said;
} bad[] = {
  { "", "not a call" },
  { "yes", "starts with “MigXmlHelper.”" },
  { "GenerateDrivePatterns(\"*\",\"Fixed\")", "starts with “MigXmlHelper.”" },
  { "MigXmlHelper.", "not a call" },
  { "MigXmlHelper.GenerateDrivePattern(\"*\",\"Fixed\")",
    "Did you mean MigXmlHelper.GenerateDrivePatterns?" },
  { "MigXmlHelper.Frobnicate()", "“Frobnicate” is not a helper function." },
  { "OtherHelper.Move('x')", "“OtherHelper” is not a library" },
  { "MigXmlHelper.Move", "no “(”" },
  { "MigXmlHelper.Move('x'", "neither “,” nor “)”" },
  { "MigXmlHelper.Move('x)", "starts with ' and does not end" },
  { "MigXmlHelper.Move('x\")", "starts with ' and does not end" },
  { "MigXmlHelper.Move(“x”)", "typographic quotes" },
  { "MigXmlHelper.Move('x”)", "does not end" },
  { "MigXmlHelper.RelativeMove('x',’y’)", "typographic quotes" },
  { "MigXmlHelper.Move(x)", "Argument 1 is neither in quotes nor NULL" },
  { "MigXmlHelper.RelativeMove('x',)", "Argument 2 is neither in quotes nor NULL" },
  { "MigXmlHelper.RelativeMove('x' 'y')", "neither “,” nor “)” behind argument 1" },
  { "MigXmlHelper.Move('x') and more", "more behind the “)”" },
  { "MigXmlHelper.Move()", "takes 1 argument, not 0" },
  { "MigXmlHelper.Move(NULL)", "takes 1 argument, not 0" },
  { "MigXmlHelper.RelativeMove('x')", "takes 2 arguments, not 1" },
  { "MigXmlHelper.SourcePriority('x')", "takes 0 arguments, not 1" },
  { "MigXmlHelper.GenerateDocPatterns('1','2','3','4')", "takes at most 3 arguments, not 4" },
  { "MigXmlHelper.GetStringContent('Registry')", "takes at least 2 arguments, not 1" },
};

static void
test_what_is_no_call_is_told_with_a_remedy (void **state)
{
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(MoorCall) call = moor_call_parse (bad[i].text, &origin, &error);

      assert_null (call);
      assert_gerror (error, MOOR_ERROR, MOOR_ERROR_USAGE);
      if (strstr (error->message, bad[i].said) == NULL)
        fail_msg ("“%s” of “%s” lacks “%s”", error->message, bad[i].text, bad[i].said);
    }
}

static void
test_arguments_that_are_not_there_are_null (void **state)
{
  g_autoptr(MoorCall) call = moor_call_parse ("MigXmlHelper.ExtractDirectory(NULL, '2', NULL)",
                                               NULL, NULL);

  assert_int_equal (call->args->len, 2);
  assert_null (moor_call_arg (call, 0));
  assert_string_equal (moor_call_arg (call, 1), "2");
  assert_null (moor_call_arg (call, 2));
  assert_null (moor_call_arg (call, 99));
}

/* Every function of the manual, so none is forgotten in the table. */
static void
test_every_helper_has_a_name_of_its_own_and_a_kind (void **state)
{
  g_autoptr(GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);

  for (int i = MOOR_HELPER_UNKNOWN + 1; i < MOOR_N_HELPERS; i++)
    {
      const char *name = moor_helper_name ((MoorHelper) i);

      assert_non_null (name);
      assert_true (g_hash_table_add (names, (gpointer) name));
      assert_true (moor_helper_kind ((MoorHelper) i) <= MOOR_CALL_INTERNAL);
    }
  assert_int_equal (moor_helper_kind (MOOR_HELPER_DOES_OBJECT_EXIST), MOOR_CALL_CONDITION);
  assert_int_equal (moor_helper_kind (MOOR_HELPER_NEVER_RESTORE), MOOR_CALL_FILTER);
  assert_int_equal (moor_helper_kind (MOOR_HELPER_GET_STRING_CONTENT), MOOR_CALL_GENERATOR);
  assert_int_equal (moor_helper_kind (MOOR_HELPER_EXTRACT_DIRECTORY), MOOR_CALL_CONTENT);
  assert_int_equal (moor_helper_kind (MOOR_HELPER_MOVE), MOOR_CALL_LOCATION);
  assert_int_equal (moor_helper_kind (MOOR_HELPER_LEAF_PATTERN), MOOR_CALL_MERGE);
  assert_int_equal (moor_helper_kind (MOOR_HELPER_KEEP_EXISTING), MOOR_CALL_MODIFY);
  assert_int_equal (moor_helper_kind (MOOR_HELPER_SYNC_SCM), MOOR_CALL_PROCESSING);
}

static MoorFinding *
finding_at (MoorFindingLevel level, guint line, const char *text)
{
  const MoorOrigin place = { "rules.xml", line, 2 };

  return moor_finding_new (level, &place, "code", g_strdup (text), "Mend it.");
}

static void
test_equal_notes_of_a_file_are_counted (void **state)
{
  g_autoptr(GPtrArray)
                 findings = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_finding_free);
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;

  moor_findings_add (findings, finding_at (MOOR_FINDING_NOTE, 1, "Nothing here."));
  moor_findings_add (findings, finding_at (MOOR_FINDING_NOTE, 2, "Nothing here."));
  moor_findings_add (findings, finding_at (MOOR_FINDING_WARNING, 1, "Wrong."));
  moor_findings_add (findings, finding_at (MOOR_FINDING_WARNING, 2, "Wrong."));
  moor_findings_add (findings, finding_at (MOOR_FINDING_WARNING, 2, "Wrong."));
  assert_int_equal (findings->len, 3);
  first = moor_finding_format (g_ptr_array_index (findings, 0));
  second = moor_finding_format (g_ptr_array_index (findings, 1));
  assert_string_equal (first, "rules.xml:1:2: note: Nothing here. Mend it. (2 times)");
  assert_string_equal (second, "rules.xml:1:2: warning: Wrong. Mend it.");
}

static void
test_findings_without_end_are_counted_in_one (void **state)
{
  g_autoptr(GPtrArray)
                 findings = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_finding_free);
  const MoorFinding *last;

  for (guint i = 1; i <= 5000; i++)
    moor_findings_add (findings, finding_at (MOOR_FINDING_WARNING, i, "Wrong."));
  assert_int_equal (findings->len, 1001);
  last = g_ptr_array_index (findings, 1000);
  assert_int_equal (last->count, 4000);
  assert_int_equal (last->level, MOOR_FINDING_WARNING);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_calls_are_read_however_they_are_spaced),
    cmocka_unit_test (test_what_is_written_reads_as_the_same_call),
    cmocka_unit_test (test_what_is_no_call_is_told_with_a_remedy),
    cmocka_unit_test (test_arguments_that_are_not_there_are_null),
    cmocka_unit_test (test_every_helper_has_a_name_of_its_own_and_a_kind),
    cmocka_unit_test (test_equal_notes_of_a_file_are_counted),
    cmocka_unit_test (test_findings_without_end_are_counted_in_one),
  };

  return cmocka_run_group_tests_name ("core/call", tests, NULL, NULL);
}
