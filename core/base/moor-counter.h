/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Numbers that several workers add to (DESIGN 7).  The compiler's own atomics:
 * GLib's macros for gsize make clang warn under -Wconversion. */

static inline void
moor_counter_add (gsize *counter, gsize n)
{
  if (n > 0)
    __atomic_fetch_add (counter, n, __ATOMIC_SEQ_CST);
}

static inline gsize
moor_counter_get (const gsize *counter)
{
  return __atomic_load_n (counter, __ATOMIC_SEQ_CST);
}

static inline void
moor_counter_set (gsize *counter, gsize n)
{
  __atomic_store_n (counter, n, __ATOMIC_SEQ_CST);
}

/* Whether it is time again, for one of those who ask: @next_ms is when. */
static inline gboolean
moor_counter_is_due (gsize *next_ms, gsize interval_ms)
{
  gsize now_ms = (gsize) (g_get_monotonic_time () / 1000);
  gsize due_ms = moor_counter_get (next_ms);

  return now_ms >= due_ms
         && __atomic_compare_exchange_n (next_ms, &due_ms, now_ms + interval_ms, FALSE,
                                         __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

G_END_DECLS
