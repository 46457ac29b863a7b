/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-profile.h"
#include "moor-volume.h"

G_BEGIN_DECLS

/**
 * MoorSystemKind:
 *
 * Which family a system belongs to.
 */
typedef enum
{
  MOOR_SYSTEM_LINUX,
  MOOR_SYSTEM_WINDOWS,
} MoorSystemKind;

/**
 * MoorSystem:
 *
 * A root to migrate (DESIGN 3): `/`, or a mounted offline root.  Ref-counted;
 * what it tells was read when it was opened, and any thread may read it.
 */
typedef struct _MoorSystem MoorSystem;

/**
 * MoorPlace:
 * @path: (type filename): canonical path within the system, with a leading slash
 * @volume: the volume that holds it
 * @volume_path: (type filename): path below the volume's root, without leading slash
 * @mount_point: (type filename): where the system mounts that volume ("/", "/home")
 * @dfd: the directory, open for reading; -1 if it does not exist on the volume
 *
 * Where a path of the system really is: on the offline system of a live medium
 * `/home` may be another volume that is mounted somewhere else altogether.
 */
typedef struct
{
  char *path;
  MoorVolume *volume;
  char *volume_path;
  char *mount_point;
  int dfd;
} MoorPlace;

void moor_place_clear (MoorPlace *place);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (MoorPlace, moor_place_clear)

MoorSystem *moor_system_open (const char *root_path, GError **error);
MoorSystem *moor_system_open_root (const char *root_path, GError **error);
MoorSystem *moor_system_ref (MoorSystem *system);
void moor_system_unref (MoorSystem *system);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorSystem, moor_system_unref)

MoorSystemKind moor_system_get_kind (MoorSystem *system);
const char *moor_system_get_path (MoorSystem *system);
int moor_system_get_dfd (MoorSystem *system);
gboolean moor_system_is_running (MoorSystem *system);
const char *moor_system_get_name (MoorSystem *system);
const char *moor_system_get_host_name (MoorSystem *system);
const char *moor_system_get_machine_id (MoorSystem *system);
MoorVolume *moor_system_get_volume (MoorSystem *system);
GPtrArray *moor_system_get_profiles (MoorSystem *system); /* (element-type MoorProfile) */
GPtrArray *moor_system_get_problems (MoorSystem *system); /* (element-type MoorIssue) */
MoorProfile *moor_system_find_profile (MoorSystem *system, const char *name);
void moor_system_reserve_ids (MoorSystem *system, const char *name, guint32 uid, guint32 gid);

void moor_system_assume_mount (MoorSystem *system,
                               const char *mount_point,
                               const char *volume_name);
gboolean moor_system_mounts (MoorSystem *system, const char *mount_point);
GPtrArray *moor_system_list_mount_points (MoorSystem *system); /* (element-type filename) */
gboolean moor_system_locate (MoorSystem *system,
                             const char *path,
                             MoorPlace *out_place,
                             GError **error);
GPtrArray *moor_system_find_systems (GError **error); /* (element-type filename) (owned) */

G_END_DECLS
