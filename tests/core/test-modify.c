/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-error.h"
#include "moor-modify.h"
#include "moor-test.h"

#include <string.h>

static MoorCall *
call (const char *text)
{
  const MoorOrigin origin = { "test.xml", 1, 1 };
  g_autoptr(GError) error = NULL;
  MoorCall *parsed = moor_call_parse (text, &origin, &error);

  assert_no_gerror (error);
  return parsed;
}

/* What a function makes of a value, as text: a number, or strings joined with `|`. */
static char *
describe (const MoorValue *value)
{
  g_auto(GStrv) texts = moor_value_to_strings (value);
  g_autofree char *text = g_strjoinv ("|", texts);

  return g_strdup_printf ("%u %s", (guint) value->type, text);
}

static void
assert_value (const MoorValue *value, const char *expected)
{
  g_autofree char *described = NULL;

  assert_non_null (value);
  described = describe (value);
  assert_string_equal (described, expected);
}

static void
assert_applied (const char *text,
                const MoorValue *value,
                const MoorValue *existing,
                const char *expected)
{
  g_autoptr(MoorCall) parsed = call (text);
  g_autoptr(GError) error = NULL;
  g_autoptr(MoorValue) result = moor_modify_apply (parsed, value, existing, &error);

  assert_no_gerror (error);
  assert_value (result, expected);
}

static void
test_values_are_the_bytes_that_windows_writes (void **state)
{
  static const guint8 abc[] = { 0x61, 0, 0x62, 0, 0x63, 0, 0, 0 };
  static const guint8 two[] = { 0x61, 0, 0, 0, 0x62, 0, 0, 0, 0, 0 };
  const char *const texts[] = { "a", "b", NULL };
  g_autoptr(MoorValue) value = moor_value_new_string (MOOR_VALUE_STRING, "abc");
  g_autoptr(MoorValue) multi = moor_value_new_strings (texts);
  g_autoptr(MoorValue) same = moor_value_new (MOOR_VALUE_STRING, abc, sizeof abc);

  assert_true (moor_value_equal (value, same));
  assert_int_equal (g_bytes_get_size (multi->bytes), sizeof two);
  assert_memory_equal (g_bytes_get_data (multi->bytes, NULL), two, sizeof two);
  assert_value (multi, "7 a|b");
}

/* H12 */
static void
test_a_number_becomes_text (void **state)
{
  g_autoptr(MoorValue) one = moor_value_new_dword (1);
  g_autoptr(MoorValue) bytes = moor_value_new (MOOR_VALUE_BINARY, "\x01\x02\x03", 3);

  assert_applied ("MigXmlHelper.ConvertToString('1')", one, NULL, "1 1");
  assert_applied ("MigXmlHelper.ConvertToString('1')", bytes, NULL, "1 1");
  assert_applied ("MigXmlHelper.ConvertToString(NULL)", bytes, NULL, "1 ");
}

/* H13 */
static void
test_text_becomes_a_number_or_the_default (void **state)
{
  g_autoptr(MoorValue) one = moor_value_new_string (MOOR_VALUE_STRING, "1");
  g_autoptr(MoorValue) hex = moor_value_new_string (MOOR_VALUE_STRING, " 0x1F ");
  g_autoptr(MoorValue) word = moor_value_new_string (MOOR_VALUE_STRING, "abc");
  g_autoptr(MoorValue) big = moor_value_new_string (MOOR_VALUE_STRING, "4294967296");
  g_autoptr(MoorValue) bytes = moor_value_new (MOOR_VALUE_BINARY, "\x0b\0\0\0", 4);

  assert_applied ("MigXmlHelper.ConvertToDWORD(NULL)", one, NULL, "4 1");
  assert_applied ("MigXmlHelper.ConvertToDWORD(NULL)", hex, NULL, "4 31");
  assert_applied ("MigXmlHelper.ConvertToDWORD(NULL)", word, NULL, "4 0");
  assert_applied ("MigXmlHelper.ConvertToDWORD('7')", word, NULL, "4 7");
  assert_applied ("MigXmlHelper.ConvertToDWORD('7')", big, NULL, "4 7");
  assert_applied ("MigXmlHelper.ConvertToDWORD(NULL)", bytes, NULL, "4 11");
}

static void
test_the_same_bytes_become_binary (void **state)
{
  g_autoptr(MoorValue) text = moor_value_new_string (MOOR_VALUE_STRING, "ab");
  g_autoptr(MoorValue) binary = moor_modify_to_binary (text);

  assert_int_equal (binary->type, MOOR_VALUE_BINARY);
  assert_true (g_bytes_equal (binary->bytes, text->bytes));
}

/* H14 */
static void
test_an_offset_is_added (void **state)
{
  g_autoptr(MoorValue) number = moor_value_new_dword (14);
  g_autoptr(MoorValue) text = moor_value_new_string (MOOR_VALUE_STRING, "14");
  g_autoptr(MoorValue) word = moor_value_new_string (MOOR_VALUE_STRING, "abc");
  g_autoptr(MoorCall) bad = call ("MigXmlHelper.OffsetValue('x')");
  g_autoptr(GError) error = NULL;

  assert_applied ("MigXmlHelper.OffsetValue('-2')", number, NULL, "4 12");
  assert_applied ("MigXmlHelper.OffsetValue('-15')", number, NULL, "4 4294967295");
  assert_applied ("MigXmlHelper.OffsetValue('-15')", text, NULL, "1 -1");
  assert_applied ("MigXmlHelper.OffsetValue('-2')", word, NULL, "1 abc");
  assert_null (moor_modify_apply (bad, number, NULL, &error));
  assert_gerror (error, MOOR_ERROR, MOOR_ERROR_USAGE);
}

static void
test_a_table_maps_values (void **state)
{
  g_autoptr(MoorValue) number = moor_value_new_dword (2);
  g_autoptr(MoorValue) text = moor_value_new_string (MOOR_VALUE_STRING, "Blue");
  g_autoptr(MoorValue) other = moor_value_new_string (MOOR_VALUE_EXPAND_STRING, "pink");

  assert_applied ("MigXmlHelper.SetValueByTable('1,2','10,20',NULL)", number, NULL, "4 20");
  assert_applied ("MigXmlHelper.SetValueByTable('red, BLUE','r,b',NULL)", text, NULL, "1 b");
  assert_applied ("MigXmlHelper.SetValueByTable('red,blue','r,b',NULL)", other, NULL, "2 pink");
  assert_applied ("MigXmlHelper.SetValueByTable('red,blue','r,b','x')", other, NULL, "2 x");
  assert_applied ("MigXmlHelper.SetValueByTable('2,3','zwei')", number, NULL, "1 zwei");
}

static void
test_lists_of_strings_are_merged (void **state)
{
  const char *const ours[] = { "a", "B", "c", NULL };
  const char *const theirs[] = { "b", "x", NULL };
  g_autoptr(MoorValue) value = moor_value_new_strings (ours);
  g_autoptr(MoorValue) existing = moor_value_new_strings (theirs);

  assert_applied ("MigXmlHelper.MergeMultiSzContent('Remove','none')", value, existing,
                  "7 b|x|a|c");
  assert_applied ("MigXmlHelper.MergeMultiSzContent('Add','d','Remove','X','Add','A')", value,
                  existing, "7 b|a|c|d");
  assert_applied ("MigXmlHelper.MergeMultiSzContent('Remove','a')", value, NULL, "7 B|c");
}

static void
test_delimited_strings_are_merged (void **state)
{
  g_autoptr(MoorValue) value = moor_value_new_string (MOOR_VALUE_STRING, "a;b,c");
  g_autoptr(MoorValue) existing = moor_value_new_string (MOOR_VALUE_STRING, "C;d;");

  assert_applied ("MigXmlHelper.MergeDelimitedContent(';,','Remove','none')", value, existing,
                  "1 C;d;a;b");
  assert_applied ("MigXmlHelper.MergeDelimitedContent(';,','Add','e','Remove','D')", value,
                  existing, "1 C;a;b;e");
  assert_applied ("MigXmlHelper.MergeDelimitedContent(';','Remove','none')", value, NULL,
                  "1 a;b,c");
}

/* H19 and usmt.md 4.5 */
static void
test_of_what_is_kept_the_last_of_a_kind_counts (void **state)
{
  g_autoptr(MoorCall) both = call ("MigXmlHelper.KeepExisting('FileAttrib:HR')");
  g_autoptr(MoorCall) last = call (
      "MigXmlHelper.KeepExisting('FileAttrib:H','FileAttrib:R','Security')");
  g_autoptr(MoorCall) odd = call (
      "MigXmlHelper.KeepExisting('FileAttrib: r r,Zh','TimeFields','Nonsense',NULL)");
  MoorKept kept;

  moor_modify_read_kept (both, &kept);
  assert_string_equal (kept.letters, "HR");
  assert_int_equal (kept.attributes, 0);
  moor_modify_read_kept (last, &kept);
  assert_string_equal (kept.letters, "R");
  assert_int_equal (kept.attributes, MOOR_ATTRIBUTES_SECURITY);
  moor_modify_read_kept (odd, &kept);
  assert_string_equal (kept.letters, "HR");
  assert_int_equal (kept.attributes, MOOR_ATTRIBUTES_TIMES);
}

static void
test_what_changes_no_value_is_refused (void **state)
{
  g_autoptr(MoorCall) parsed = call ("MigXmlHelper.SourcePriority()");
  g_autoptr(MoorValue) value = moor_value_new_dword (1);
  g_autoptr(GError) error = NULL;

  assert_null (moor_modify_apply (parsed, value, NULL, &error));
  assert_gerror (error, MOOR_ERROR, MOOR_ERROR_USAGE);
}

/* What somebody else wrote into a registry may be anything. */
static void
test_damaged_values_do_no_harm (void **state)
{
  static const guint8 lone[] = { 0x00, 0xd8, 0x61 };
  g_autoptr(MoorValue) odd = moor_value_new (MOOR_VALUE_STRING, lone, sizeof lone);
  g_autoptr(MoorValue) empty = moor_value_new (MOOR_VALUE_DWORD, "", 0);
  g_autoptr(MoorValue) strings = moor_value_new (MOOR_VALUE_MULTI_STRING, lone, sizeof lone);

  assert_applied ("MigXmlHelper.ConvertToString('d')", odd, NULL, "1 d");
  assert_applied ("MigXmlHelper.ConvertToDWORD('3')", empty, NULL, "4 3");
  assert_applied ("MigXmlHelper.OffsetValue('3')", empty, NULL, "4 ");
  assert_applied ("MigXmlHelper.MergeMultiSzContent('Add','z')", strings, odd, "7 z");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_values_are_the_bytes_that_windows_writes),
    cmocka_unit_test (test_a_number_becomes_text),
    cmocka_unit_test (test_text_becomes_a_number_or_the_default),
    cmocka_unit_test (test_the_same_bytes_become_binary),
    cmocka_unit_test (test_an_offset_is_added),
    cmocka_unit_test (test_a_table_maps_values),
    cmocka_unit_test (test_lists_of_strings_are_merged),
    cmocka_unit_test (test_delimited_strings_are_merged),
    cmocka_unit_test (test_of_what_is_kept_the_last_of_a_kind_counts),
    cmocka_unit_test (test_what_changes_no_value_is_refused),
    cmocka_unit_test (test_damaged_values_do_no_harm),
  };

  return cmocka_run_group_tests_name ("modify", tests, NULL, NULL);
}
