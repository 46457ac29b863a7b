/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz.h"

#include <stdlib.h>

/* libFuzzer keeps the input of what aborts, but not of what traps, as GLib does. */

void
fuzz_fail (const char *condition)
{
  g_printerr ("does not hold: %s\n", condition);
  abort ();
}

static GLogWriterOutput
abort_on_critical (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
  (void) g_log_writer_standard_streams (level, fields, n_fields, NULL);
  if ((level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL)) != 0)
    abort ();
  return G_LOG_WRITER_HANDLED;
}

__attribute__ ((constructor)) static void
watch_log (void)
{
  g_log_set_writer_func (abort_on_critical, NULL, NULL);
}
