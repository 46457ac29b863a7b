/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

/* Locks that ThreadSanitizer can follow.  A distribution's GLib is built
 * without it, so what g_mutex_lock() orders is invisible and correctly locked
 * code is reported as a race. */
#if defined(__SANITIZE_THREAD__)
#define MOOR_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define MOOR_TSAN 1
#endif
#endif

#if defined(MOOR_TSAN)
#include <sanitizer/tsan_interface.h>
#define MOOR_TSAN_ACQUIRE(addr) __tsan_acquire (addr)
#define MOOR_TSAN_RELEASE(addr) __tsan_release (addr)
#else
#define MOOR_TSAN_ACQUIRE(addr) ((void) 0)
#define MOOR_TSAN_RELEASE(addr) ((void) 0)
#endif

static inline void
moor_lock (GMutex *mutex)
{
  g_mutex_lock (mutex);
  MOOR_TSAN_ACQUIRE (mutex);
}

static inline void
moor_unlock (GMutex *mutex)
{
  MOOR_TSAN_RELEASE (mutex);
  g_mutex_unlock (mutex);
}

static inline void
moor_wait (GCond *cond, GMutex *mutex)
{
  MOOR_TSAN_RELEASE (mutex);
  g_cond_wait (cond, mutex);
  MOOR_TSAN_ACQUIRE (mutex);
}

/* Waiting for a thread orders everything it did before what follows. */
static inline gpointer
moor_thread_join (GThread *thread)
{
  gpointer result = g_thread_join (thread);

  MOOR_TSAN_ACQUIRE (thread);
  return result;
}
