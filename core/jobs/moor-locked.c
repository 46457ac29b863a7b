/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-locked.h"

#include <stdio.h>
#include <string.h>

#include "moor-beneath.h"
#include "moor-meta.h"

/**
 * moor_locked_append:
 * @text: gets a line
 * @path: (type filename): below the home; empty for the home itself
 */
void
moor_locked_append (GString *text, guint32 profile, int flags, const char *path)
{
  g_autofree char *escaped = g_strescape (path, NULL);

  g_string_append_printf (text, "%u %d %s\n", profile, flags, escaped);
}

static gboolean
mark (const MoorSys *sys, int home_dfd, const char *path, int flags, GError **error)
{
  g_auto(MoorFd) fd = moor_open_beneath (sys, home_dfd, path[0] != '\0' ? path : ".",
                                          O_RDONLY | O_NONBLOCK, error);
  int now;

  if (fd < 0)
    return FALSE;
  if (sys->get_flags (fd, &now) < 0
      || sys->set_flags (fd, now | (flags & MOOR_META_LOCKING_FLAGS)) < 0)
    return moor_throw_errno (error, errno, "marking “%s” immutable or append-only again", path);
  return TRUE;
}

/**
 * moor_locked_reinstate:
 * @profile: whose objects
 * @name: that person's login name, for issues
 * @home_dfd: the restored home
 *
 * Gives what was marked immutable or append-only its mark back.  What fails
 * becomes an issue of @job.  May be repeated.  Blocks.
 */
void
moor_locked_reinstate (MoorJob *job,
                       MoorStore *store,
                       guint32 profile,
                       const char *name,
                       int home_dfd)
{
  g_autofree char *text = moor_store_dup_meta (store, MOOR_LOCKED_META, NULL);
  g_auto(GStrv) lines = g_strsplit (text != NULL ? text : "", "\n", -1);

  for (char **line = lines; *line != NULL; line++)
    {
      g_autofree char *path = NULL;
      g_autoptr(GError) error = NULL;
      guint32 whose;
      int flags;
      int length = 0;

      if (sscanf (*line, "%u %d %n", &whose, &flags, &length) != 2 || length == 0
          || whose != profile)
        continue;
      path = g_strcompress (*line + length);
      if (mark (moor_job_get_sys (job), home_dfd, path, flags, &error))
        continue;
      moor_job_log (job, MOOR_LOG_WARNING, "%s", error->message);
      moor_job_issue (job, MOOR_SEVERITY_WARNING, MOOR_CAUSE_METADATA, path, name, 0,
                      "restored without its mark");
    }
}
