/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What libFuzzer calls with each input, and what replays the kept ones where
 * there is no libFuzzer. */

#include <gio/gio.h>

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

/* Does not depend on anything that can be switched off. */
#define fuzz_expect(condition) \
  do \
    { \
      if (!(condition)) \
        fuzz_fail (#condition); \
    } \
  while (0)

void fuzz_fail (const char *condition) G_GNUC_NORETURN;
