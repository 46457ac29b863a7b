/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What the tests of the command line share: running it, and a small system. */

#include <json-glib/json-glib.h>

#include "moor-test.h"

/**
 * CliRun:
 * @code: the exit code
 * @out: what came on stdout, UTF-8 or not
 * @err: what came on stderr
 *
 * One run of the program.
 */
typedef struct
{
  int code;
  char *out;
  char *err;
} CliRun;

void cli_run_clear (CliRun *run);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CliRun, cli_run_clear)

CliRun cli_test_run (const char *first, ...) G_GNUC_NULL_TERMINATED;
void cli_test_expect (const CliRun *run, int code);
void cli_test_has (const char *text, const char *part);
void cli_test_lacks (const char *text, const char *part);
JsonObject *cli_test_last_event (const CliRun *run);
char *cli_test_listing (const char *dir);

void cli_test_make_system (const char *root, const char *const *people);
void cli_test_fill_home (const char *root, const char *name, guint32 uid);
