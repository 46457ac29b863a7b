/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-fd.h"
#include "moor-issue.h"
#include "moor-system.h"

G_BEGIN_DECLS

/**
 * MoorMount:
 * @target: (type filename): where the system mounts it, as written
 * @canonical: (type filename): the same, links resolved within the system
 * @source: `UUID=…`, `/dev/…`, or the lasting name of a volume when @assumed
 * @bind: @source is a directory of the system
 * @assumed: not from the system's fstab
 *
 * What a system mounts when it runs.  Immutable once it is in the system's list.
 */
typedef struct
{
  char *target;
  char *canonical;
  char *source;
  char *options;
  gboolean bind;
  gboolean assumed;
} MoorMount;

MoorMount *moor_mount_new (const char *target, const char *source, const char *options);
void moor_mount_free (MoorMount *mount);
GPtrArray *moor_mounts_parse (const char *fstab); /* (element-type MoorMount) (owned) */
MoorVolume *moor_mount_find_volume (const MoorMount *mount, GError **error);

/* What came of looking for the volume of a mount: one of both. */
typedef struct
{
  MoorVolume *volume;
  GError *error;
} MoorSought;

void moor_sought_free (MoorSought *sought);

/* Numbers that somebody on the target needs.  @group is NULL where it is not known yet what
 * the group will be called. */
typedef struct
{
  guint32 uid;
  guint32 gid;
  char *group;
} MoorIds;

void moor_ids_free (MoorIds *ids);

struct _MoorSystem
{
  gatomicrefcount refs;
  MoorSystemKind kind;
  char *path;
  int dfd;
  uid_t owner;
  gboolean running;
  char *name;
  char *host_name;
  char *machine_id;
  MoorVolume *volume;
  GPtrArray *profiles;  /* (element-type MoorProfile) (owned) */
  GPtrArray *problems;  /* (element-type MoorIssue) (owned) */
  GHashTable *sought;   /* (element-type MoorMount MoorSought) (owned values): NULL once open */
  GMutex lock;          /* guards the two below */
  GPtrArray *mounts;    /* (element-type MoorMount) (owned): grows, never shrinks */
  GHashTable *reserved; /* (element-type utf8 MoorIds) (owned) */
};

void moor_system_promise_ids (MoorSystem *system,
                              const char *name,
                              guint32 uid,
                              guint32 gid,
                              const char *group);
const MoorMount *moor_system_find_mount (MoorSystem *system, const char *canonical);
MoorVolume *moor_system_find_volume (MoorSystem *system, const MoorMount *mount, GError **error);

/**
 * MoorSpot:
 * @canonical: (type filename): path within the system, links resolved
 * @mount_point: (type filename): where the system mounts the volume that holds it
 * @parent_fd: the directory that holds it; -1 for the root
 * @name: (type filename) (nullable): its name in there
 * @fd: the object, `O_PATH` and never a link; -1 if there is none
 *
 * Where a path leads.
 */
typedef struct
{
  char *canonical;
  char *mount_point;
  MoorFd parent_fd;
  char *name;
  MoorFd fd;
} MoorSpot;

/* clang-format off */
#define MOOR_SPOT_INIT { NULL, NULL, -1, NULL, -1 }
/* clang-format on */

void moor_spot_clear (MoorSpot *spot);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (MoorSpot, moor_spot_clear)

gboolean moor_system_resolve (MoorSystem *system,
                              const char *path,
                              MoorSpot *out_spot,
                              GError **error);
int moor_system_open_dir (MoorSystem *system, const char *path, GError **error);
int moor_system_open_file (MoorSystem *system, const char *path, GError **error);
char *moor_system_read_file (MoorSystem *system,
                             const char *path,
                             gsize *out_n_bytes,
                             GError **error);
GPtrArray *moor_system_scan_profiles (MoorSystem *system);

G_END_DECLS
