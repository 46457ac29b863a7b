/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-issue.h"

#include <errno.h>

/* What people read.  Front ends translate these; the engine does not. */
typedef struct
{
  const char *id;
  const char *text;
  const char *remedy;
} CauseText;

/* clang-format off */
static const CauseText causes[MOOR_N_CAUSES] = {
  [MOOR_CAUSE_NONE] = { "none", "Nothing is wrong", "" },
  [MOOR_CAUSE_OTHER_VOLUME] = { "other-volume", "It lies on another volume, so it cannot be linked",
    "It is copied instead; to link it, give that volume a place outside the homes." },
  [MOOR_CAUSE_MOUNT_POINT] = { "mount-point", "Something is mounted there, and mounts are never crossed",
    "Unmount it, or capture what is mounted there separately." },
  [MOOR_CAUSE_NO_LINKS] = { "no-links", "This file system has no hard links",
    "It is copied instead; put the store on ext4, xfs or btrfs to link." },
  [MOOR_CAUSE_TOO_MANY_LINKS] = { "too-many-links", "The file already has as many names as the file system allows",
    "It is copied instead; nothing needs to be done." },
  [MOOR_CAUSE_IMMUTABLE] = { "immutable", "The file is marked immutable",
    "It is copied instead; to link it, clear the mark with “chattr -i” and capture again." },
  [MOOR_CAUSE_APPEND_ONLY] = { "append-only", "The file is marked append-only",
    "It is copied instead; to link it, clear the mark with “chattr -a” and capture again." },
  [MOOR_CAUSE_PERMISSION] = { "permission", "Permission was denied",
    "Run Mooring as root (sudo), or ask the owner of the file." },
  [MOOR_CAUSE_VANISHED] = { "vanished", "It disappeared while it was being read",
    "If it was needed, close the programs that use it and capture again with --resume." },
  [MOOR_CAUSE_CHANGED] = { "changed", "It changed since it was captured",
    "Capture again with --resume: what was saved anew is linked anew." },
  [MOOR_CAUSE_NO_SPACE] = { "no-space", "The volume is full",
    "Free some space on the volume and run the same command again; it continues where it stopped." },
  [MOOR_CAUSE_READ_ONLY] = { "read-only", "The volume is mounted read-only",
    "Mount it writable (mount -o remount,rw) and run the same command again." },
  [MOOR_CAUSE_READ_ERROR] = { "read-error", "The disk reported an error",
    "Check the disk (smartctl, fsck) before anything else, and copy this file elsewhere if you can." },
  [MOOR_CAUSE_UNREADABLE_MOUNT] = { "unreadable-mount", "A program has mounted something there that only its owner may look at",
    "Log that person out or unmount it (fusermount -u), then capture again." },
  [MOOR_CAUSE_NAME] = { "name", "The volume cannot hold this name", "Rename the file and capture again." },
  [MOOR_CAUSE_COLLISION] = { "collision", "Another file has the same name; both were kept",
    "Look at both and keep the one you want." },
  [MOOR_CAUSE_ID_TAKEN] = { "id-taken", "The user or group number belongs to somebody else there",
    "The files get the new number; say --map OLD:NEW to choose the account yourself." },
  [MOOR_CAUSE_NO_ACCOUNT] = { "no-account", "There is no account for this home",
    "It is kept with its owner's number; create the account, or have it come from the directory service." },
  [MOOR_CAUSE_NO_HOME] = { "no-home", "This account has no home folder", "There is nothing to capture for it." },
  [MOOR_CAUSE_VOLUME_MISSING] = { "volume-missing", "The volume that holds it is not mounted",
    "Mount that volume and run the same command again." },
  [MOOR_CAUSE_VOLUME_ERRORS] = { "volume-errors", "The file system has recorded errors",
    "Repair it (fsck, or a btrfs scrub) while it is unmounted, then run the command again." },
  [MOOR_CAUSE_EXCLUDED] = { "excluded", "A rule leaves it out", "Programs make caches anew; nothing needs to be done." },
  [MOOR_CAUSE_METADATA] = { "metadata", "An attribute could not be kept",
    "Look at the owner, permissions and attributes of this object." },
  [MOOR_CAUSE_IN_USE] = { "in-use", "It is in use",
    "Close the programs that use it, or log the person out, and run the command again." },
  [MOOR_CAUSE_MISSING] = { "missing", "It should be there and is not",
    "Run the restore again to put it back; if it is the store that lacks it, capture again with --resume." },
  [MOOR_CAUSE_OTHER_OBJECT] = { "other-object", "The name is there, but it is a different file",
    "Compare both; capture again with --resume to take the new one, or restore to get the old one back." },
  [MOOR_CAUSE_KEPT_IN_PLACE] = { "merged-in-place", "It was merged into the existing folder, piece by piece",
    "Nothing needs to be done; an undo of this person's restore is not a single exchange then." },
  [MOOR_CAUSE_OTHER] = { "other", "Something else went wrong", "The log has the details." },
  [MOOR_CAUSE_MOVED] = { "moved", "A rule moved it", "Nothing needs to be done." },
  [MOOR_CAUSE_WITHHELD] = { "withheld", "A rule leaves it in the store",
    "Nothing needs to be done; restore without that rule, if you want it back." },
  [MOOR_CAUSE_LEFT] = { "left", "A restore put it there, and it is not what the store holds, or has no other name",
    "Look at it, and remove it yourself if you do not want it." },
};
/* clang-format on */

/**
 * moor_issue_new:
 * @path: (type filename): the object, as a path within the system
 * @profile: (nullable): login name of the person it belongs to
 * @errnum: the errno behind it, or 0
 * @action: what was done instead
 *
 * Any thread.
 *
 * Returns: (transfer full): a new issue
 */
MoorIssue *
moor_issue_new (MoorSeverity severity,
                MoorCause cause,
                const char *path,
                const char *profile,
                int errnum,
                const char *action)
{
  MoorIssue *issue = g_new0 (MoorIssue, 1);

  issue->severity = severity;
  issue->cause = cause;
  issue->path = g_strdup (path != NULL ? path : "");
  issue->profile = g_strdup (profile);
  issue->errnum = errnum;
  issue->action = g_strdup (action != NULL ? action : "");
  return issue;
}

/**
 * moor_issue_copy:
 *
 * Returns: (transfer full): a copy of @issue.  Any thread.
 */
MoorIssue *
moor_issue_copy (const MoorIssue *issue)
{
  return moor_issue_new (issue->severity, issue->cause, issue->path, issue->profile, issue->errnum,
                         issue->action);
}

/**
 * moor_issue_free:
 * @issue: (transfer full) (nullable): what is no longer needed
 */
void
moor_issue_free (MoorIssue *issue)
{
  if (issue == NULL)
    return;

  g_free (issue->path);
  g_free (issue->profile);
  g_free (issue->action);
  g_free (issue);
}

/**
 * moor_cause_id:
 *
 * Returns: the lasting word for @cause in events, reports and scripts.  Any thread.
 */
const char *
moor_cause_id (MoorCause cause)
{
  g_return_val_if_fail ((guint) cause < MOOR_N_CAUSES, "other");
  return causes[cause].id;
}

/**
 * moor_cause_from_id:
 * @out_cause: (out): the cause whose word @id is
 *
 * Returns: %FALSE if no cause has that word.  Any thread.
 */
gboolean
moor_cause_from_id (const char *id, MoorCause *out_cause)
{
  for (guint i = 0; i < MOOR_N_CAUSES; i++)
    {
      if (g_strcmp0 (causes[i].id, id) == 0)
        {
          *out_cause = (MoorCause) i;
          return TRUE;
        }
    }
  return FALSE;
}

/**
 * moor_cause_text:
 *
 * Returns: one English sentence without full stop that tells a person what is
 *   the matter; front ends translate it.  Any thread.
 */
const char *
moor_cause_text (MoorCause cause)
{
  g_return_val_if_fail ((guint) cause < MOOR_N_CAUSES, "");
  return causes[cause].text;
}

/**
 * moor_cause_remedy:
 *
 * Returns: what a person can do about @cause, in English; may be empty.  Any thread.
 */
const char *
moor_cause_remedy (MoorCause cause)
{
  g_return_val_if_fail ((guint) cause < MOOR_N_CAUSES, "");
  return causes[cause].remedy;
}

/**
 * moor_cause_from_errno:
 * @errnum: what a system call on a person's object answered
 *
 * EPERM of a link has several reasons; who linked looks at the object's
 * attributes first and asks this last.  Any thread.
 *
 * Returns: the cause that fits @errnum best
 */
MoorCause
moor_cause_from_errno (int errnum)
{
  switch (errnum)
    {
    case EXDEV:
      return MOOR_CAUSE_OTHER_VOLUME;
    case EMLINK:
      return MOOR_CAUSE_TOO_MANY_LINKS;
    case EPERM:
    case EACCES:
      return MOOR_CAUSE_PERMISSION;
    case ENOENT:
    case ENOTDIR:
    case ESTALE:
      return MOOR_CAUSE_VANISHED;
    case ELOOP:
    case EAGAIN:
      return MOOR_CAUSE_CHANGED;
    case ENOSPC:
    case EDQUOT:
      return MOOR_CAUSE_NO_SPACE;
    case EROFS:
      return MOOR_CAUSE_READ_ONLY;
    case EIO:
    case ENXIO:
    case EUCLEAN:
      return MOOR_CAUSE_READ_ERROR;
    case ENAMETOOLONG:
    case EILSEQ:
    case EINVAL:
      return MOOR_CAUSE_NAME;
    case ENOTCONN:
      return MOOR_CAUSE_UNREADABLE_MOUNT;
    case EOPNOTSUPP:
      return MOOR_CAUSE_NO_LINKS;
    case EBUSY:
    case ETXTBSY:
      return MOOR_CAUSE_IN_USE;
    default:
      return MOOR_CAUSE_OTHER;
    }
}

/**
 * moor_severity_id:
 *
 * Returns: the word for @severity in events and reports.  Any thread.
 */
const char *
moor_severity_id (MoorSeverity severity)
{
  static const char *const ids[] = { "note", "warning", "error" };

  g_return_val_if_fail ((guint) severity < G_N_ELEMENTS (ids), "");
  return ids[severity];
}
