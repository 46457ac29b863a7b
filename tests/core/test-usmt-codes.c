/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>

#include "moor-test.h"
#include "moor-usmt-code.h"

/* The numbers that scripts branch on, and how what Mooring says becomes one. */

static const struct
{
  int number;
  const char *name;
} names[] = {
  { 0, "USMT_SUCCESS" },
  { 1, "USMT_DISPLAY_HELP" },
  { 2, "USMT_STATUS_CANCELED" },
  { 3, "USMT_WOULD_HAVE_FAILED" },
  { 11, "USMT_INVALID_PARAMETERS" },
  { 12, "USMT_ERROR_OPTION_PARAM_TOO_LARGE" },
  { 13, "USMT_INIT_LOGFILE_FAILED" },
  { 14, "USMT_ERROR_USE_LAC" },
  { 26, "USMT_INIT_ERROR" },
  { 27, "USMT_INVALID_STORE_LOCATION" },
  { 28, "USMT_UNABLE_GET_SCRIPTFILES" },
  { 29, "USMT_FAILED_MIGSTARTUP" },
  { 31, "USMT_UNABLE_FINDMIGUNITS" },
  { 32, "USMT_FAILED_SETMIGRATIONTYPE" },
  { 33, "USMT_UNABLE_READKEY" },
  { 34, "USMT_ERROR_INSUFFICIENT_RIGHTS" },
  { 35, "USMT_UNABLE_DELETE_STORE" },
  { 36, "USMT_ERROR_UNSUPPORTED_PLATFORM" },
  { 37, "USMT_ERROR_NO_INVALID_KEY" },
  { 38, "USMT_ERROR_CORRUPTED_NOTENCRYPTED_STORE" },
  { 39, "USMT_UNABLE_TO_READ_CONFIG_FILE" },
  { 40, "USMT_ERROR_UNABLE_CREATE_PROGRESS_LOG" },
  { 41, "USMT_PREFLIGHT_FILE_CREATION_FAILED" },
  { 42, "USMT_ERROR_CORRUPTED_STORE" },
  { 61, "USMT_MIGRATION_STOPPED_NONFATAL" },
  { 71, "USMT_INIT_OPERATING_ENVIRONMENT_FAILED" },
  { 72, "USMT_UNABLE_DOMIGRATION" },
};

static void
test_every_code_has_its_number_and_name (void **state)
{
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      assert_string_equal (moor_usmt_code_name ((MoorUsmtCode) names[i].number), names[i].name);
      if (names[i].number > 1)
        assert_string_not_equal (moor_usmt_code_advice ((MoorUsmtCode) names[i].number), "");
    }
  assert_string_equal (moor_usmt_code_name ((MoorUsmtCode) 99), "");
}

static const struct
{
  MoorError error;
  int scan;
  int load;
  int utils;
} mapping[] = {
  { MOOR_ERROR_USAGE, 11, 11, 11 },       { MOOR_ERROR_REFUSED, 27, 72, 35 },
  { MOOR_ERROR_BUSY, 29, 29, 29 },        { MOOR_ERROR_STORE_UNUSABLE, 27, 27, 27 },
  { MOOR_ERROR_STORE_NEWER, 27, 27, 27 }, { MOOR_ERROR_NOT_PERMITTED, 71, 34, 34 },
  { MOOR_ERROR_DIFFERENCES, 61, 61, 61 }, { MOOR_ERROR_VANISHED, 72, 72, 72 },
};

static void
test_what_mooring_says_becomes_a_code_of_usmt (void **state)
{
  for (gsize i = 0; i < G_N_ELEMENTS (mapping); i++)
    {
      g_autoptr(GError) error = g_error_new_literal (MOOR_ERROR, (int) mapping[i].error, "x");

      assert_int_equal (moor_usmt_code_from_error (MOOR_USMT_SCANSTATE, error), mapping[i].scan);
      assert_int_equal (moor_usmt_code_from_error (MOOR_USMT_LOADSTATE, error), mapping[i].load);
      assert_int_equal (moor_usmt_code_from_error (MOOR_USMT_USMTUTILS, error), mapping[i].utils);
    }
  assert_int_equal (moor_usmt_code_from_error (MOOR_USMT_SCANSTATE, NULL), 0);
}

static void
test_cancelled_is_2_and_a_full_disk_is_72 (void **state)
{
  g_autoptr(GError) cancelled = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "x");
  g_autoptr(GError) full = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_NO_SPACE, "x");
  g_autoptr(GError) own = NULL;

  assert_false (moor_usmt_throw (&own, MOOR_USMT_ERROR_USE_LAC, "%s", "x"));
  assert_int_equal (moor_usmt_code_from_error (MOOR_USMT_LOADSTATE, cancelled), 2);
  assert_int_equal (moor_usmt_code_from_error (MOOR_USMT_SCANSTATE, full), 72);
  assert_int_equal (moor_usmt_code_from_error (MOOR_USMT_LOADSTATE, own), 14);
}

static void
test_issues_have_the_numbers_that_windows_gives_them (void **state)
{
  MoorIssue denied = { .cause = MOOR_CAUSE_PERMISSION, .errnum = EACCES };
  MoorIssue busy = { .cause = MOOR_CAUSE_IN_USE };
  MoorIssue full = { .cause = MOOR_CAUSE_OTHER, .errnum = ENOSPC };
  MoorIssue odd = { .cause = MOOR_CAUSE_OTHER };

  assert_int_equal (moor_usmt_system_error (&denied), 5);
  assert_int_equal (moor_usmt_system_error (&busy), 32);
  assert_int_equal (moor_usmt_system_error (&full), 112);
  assert_int_equal (moor_usmt_system_error (&odd), 31);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_every_code_has_its_number_and_name),
    cmocka_unit_test (test_what_mooring_says_becomes_a_code_of_usmt),
    cmocka_unit_test (test_cancelled_is_2_and_a_full_disk_is_72),
    cmocka_unit_test (test_issues_have_the_numbers_that_windows_gives_them),
  };

  return cmocka_run_group_tests_name ("usmt/codes", tests, NULL, NULL);
}
