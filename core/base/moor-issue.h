/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * MoorCause:
 *
 * Why something could not be done as usual, or at all.  One cause, one remedy:
 * front ends group by it.  Written to catalogues: append, never renumber.
 */
typedef enum
{
  MOOR_CAUSE_NONE = 0,
  MOOR_CAUSE_OTHER_VOLUME = 1,      /* EXDEV: a subvolume, or a volume without a part */
  MOOR_CAUSE_MOUNT_POINT = 2,       /* something is mounted there; never crossed */
  MOOR_CAUSE_NO_LINKS = 3,          /* the file system has no hard links */
  MOOR_CAUSE_TOO_MANY_LINKS = 4,    /* EMLINK */
  MOOR_CAUSE_IMMUTABLE = 5,         /* chattr +i */
  MOOR_CAUSE_APPEND_ONLY = 6,       /* chattr +a */
  MOOR_CAUSE_PERMISSION = 7,        /* EACCES, EPERM */
  MOOR_CAUSE_VANISHED = 8,          /* was there a moment ago */
  MOOR_CAUSE_CHANGED = 9,           /* changed while it was read, or since the capture */
  MOOR_CAUSE_NO_SPACE = 10,         /* ENOSPC, EDQUOT */
  MOOR_CAUSE_READ_ONLY = 11,        /* EROFS */
  MOOR_CAUSE_READ_ERROR = 12,       /* EIO and what else a disk says */
  MOOR_CAUSE_UNREADABLE_MOUNT = 13, /* FUSE mount that even root cannot look at */
  MOOR_CAUSE_NAME = 14,             /* a name this volume cannot hold */
  MOOR_CAUSE_COLLISION = 15,        /* another object has the name; both were kept */
  MOOR_CAUSE_ID_TAKEN = 16,         /* the uid or gid belongs to somebody else there */
  MOOR_CAUSE_NO_ACCOUNT = 17,       /* a home without an account */
  MOOR_CAUSE_NO_HOME = 18,          /* an account without a home */
  MOOR_CAUSE_VOLUME_MISSING = 19,   /* the volume that holds it is not mounted */
  MOOR_CAUSE_VOLUME_ERRORS = 20,    /* the file system has recorded errors */
  MOOR_CAUSE_EXCLUDED = 21,         /* a rule leaves it out */
  MOOR_CAUSE_METADATA = 22,         /* an attribute could not be kept */
  MOOR_CAUSE_IN_USE = 23,           /* open for writing, or its owner has processes */
  MOOR_CAUSE_MISSING = 24,          /* should be there and is not */
  MOOR_CAUSE_OTHER_OBJECT = 25,     /* the name is there, but it is another object */
  MOOR_CAUSE_KEPT_IN_PLACE = 26,    /* merged in place: a mount point, or no part on that volume */
  MOOR_CAUSE_OTHER = 27,
  MOOR_CAUSE_LEFT = 28,     /* a restore put it there, and an undo does not take it out */
  MOOR_CAUSE_MOVED = 29,    /* a rule sent it to another place */
  MOOR_CAUSE_WITHHELD = 30, /* a rule leaves it in the store */
  MOOR_N_CAUSES
} MoorCause;

/**
 * MoorSeverity:
 * @MOOR_SEVERITY_NOTE: worth knowing; changes no outcome
 * @MOOR_SEVERITY_WARNING: done, but differently; makes the outcome "with exceptions"
 * @MOOR_SEVERITY_ERROR: not done; makes the outcome "with exceptions"
 */
typedef enum
{
  MOOR_SEVERITY_NOTE,
  MOOR_SEVERITY_WARNING,
  MOOR_SEVERITY_ERROR,
} MoorSeverity;

/**
 * MoorIssue:
 * @path: (type filename): the object, as a path within the system; bytes, not UTF-8
 * @profile: (nullable): login name of the person it belongs to
 * @errnum: the errno behind it, or 0
 * @action: what was done instead, in a few words of English
 */
typedef struct
{
  MoorSeverity severity;
  MoorCause cause;
  char *path;
  char *profile;
  int errnum;
  char *action;
} MoorIssue;

MoorIssue *moor_issue_new (MoorSeverity severity,
                           MoorCause cause,
                           const char *path,
                           const char *profile,
                           int errnum,
                           const char *action);
MoorIssue *moor_issue_copy (const MoorIssue *issue);
void moor_issue_free (MoorIssue *issue);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorIssue, moor_issue_free)

const char *moor_cause_id (MoorCause cause);
gboolean moor_cause_from_id (const char *id, MoorCause *out_cause);
const char *moor_cause_text (MoorCause cause);
const char *moor_cause_remedy (MoorCause cause);
MoorCause moor_cause_from_errno (int errnum);
const char *moor_severity_id (MoorSeverity severity);

G_END_DECLS
