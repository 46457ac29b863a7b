/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-issue.h"
#include "moor-kind.h"
#include "moor-volume.h"

G_BEGIN_DECLS

#define MOOR_STORE_FORMAT 1
#define MOOR_STORE_MARKER "MOORING"

/**
 * MoorStoreState:
 *
 * Where in its life a store is (DESIGN 4).  Written to catalogues: append, never renumber.
 */
typedef enum
{
  MOOR_STORE_CAPTURING = 1,
  MOOR_STORE_SEALED = 2,
  MOOR_STORE_SETTING_ASIDE = 3,
  MOOR_STORE_SET_ASIDE = 4,
  MOOR_STORE_WIPING = 5,
  MOOR_STORE_WIPED = 6,
  MOOR_STORE_RESTORING = 7,
  MOOR_STORE_RESTORED = 8,
  MOOR_STORE_UNDOING = 9,
  MOOR_STORE_ROLLING_BACK = 10,
  MOOR_STORE_ACCEPTING = 11,
  MOOR_STORE_DELETING = 12,
} MoorStoreState;

const char *moor_store_state_id (MoorStoreState state);
const char *moor_store_state_text (MoorStoreState state);

/**
 * MoorPart:
 * @index: 0 is the primary part
 * @volume_name: lasting name of the volume it is on
 * @path: (type filename): its path below that volume's root, without leading slash
 * @mount_point: (type filename): where the captured system mounts that volume
 * @volume: (nullable): the volume if it is mounted now
 * @dfd: the part's directory, or -1 while the volume is not mounted
 * @tree_dfd: its `tree/`, or -1
 */
typedef struct
{
  guint index;
  char *volume_name;
  char *path;
  char *mount_point;
  MoorVolume *volume;
  int dfd;
  int tree_dfd;
} MoorPart;

/**
 * MoorStore:
 *
 * One logical store: the primary part with the catalogue, and the parts on other
 * volumes.  Ref-counted.  One thread at a time, except where a function says
 * otherwise.
 */
typedef struct _MoorStore MoorStore;

/**
 * MoorStoreInfo:
 * @made_ns: when the capture began
 * @owner_uid: who captured: 0, or an ordinary user (then it is hostile input to root)
 */
typedef struct
{
  char *uuid;
  char *system_name;
  char *host_name;
  char *machine_id;
  char *note;
  gint64 made_ns;
  gint64 sealed_ns;
  guint32 owner_uid;
  guint64 n_objects;
  guint64 n_linked;
  guint64 n_copied;
  guint64 n_bytes;
  guint64 n_copied_bytes;
  guint64 n_issues;
} MoorStoreInfo;

void moor_store_info_clear (MoorStoreInfo *info);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (MoorStoreInfo, moor_store_info_clear)

MoorStore *moor_store_create (const char *path, const MoorStoreInfo *info, GError **error);
MoorStore *moor_store_open (const char *path, gboolean writable, GError **error);
MoorStore *moor_store_ref (MoorStore *store);
void moor_store_unref (MoorStore *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorStore, moor_store_unref)
gboolean moor_store_exists (const char *path);
GPtrArray *moor_store_find_all (const char *const *dirs,
                                GError **error); /* (element-type filename) */

gboolean moor_store_lock (MoorStore *store, const char *what, GError **error);
void moor_store_unlock (MoorStore *store);
char *moor_store_dup_lock_owner (MoorStore *store);

const char *moor_store_get_path (MoorStore *store);
const char *moor_store_get_uuid (MoorStore *store);
guint32 moor_store_get_owner (MoorStore *store);
MoorStoreState moor_store_get_state (MoorStore *store);
gboolean moor_store_set_state (MoorStore *store, MoorStoreState state, GError **error);
gboolean moor_store_get_info (MoorStore *store, MoorStoreInfo *out_info, GError **error);
gboolean moor_store_set_meta (MoorStore *store, const char *key, const char *value, GError **error);
char *moor_store_dup_meta (MoorStore *store, const char *key, GError **error);
gboolean moor_store_read_meta (MoorStore *store, const char *key, char **out_value, GError **error);

guint moor_store_get_n_parts (MoorStore *store);
const MoorPart *moor_store_get_part (MoorStore *store, guint index);
const MoorPart *moor_store_find_part (MoorStore *store, const char *volume_name);
const MoorPart *moor_store_add_part (MoorStore *store,
                                     MoorVolume *volume,
                                     const char *mount_point,
                                     GError **error);
gboolean moor_store_open_parts (MoorStore *store, GError **error);

gboolean moor_store_keep_file (MoorStore *store,
                               const char *folder,
                               const char *name,
                               GBytes *bytes,
                               GError **error);
GBytes *moor_store_read_file (MoorStore *store,
                              const char *folder,
                              const char *name,
                              GError **error);
gboolean moor_store_seal (MoorStore *store, const MoorStoreInfo *totals, GError **error);
gboolean moor_store_sync (MoorStore *store, GError **error);
gboolean moor_store_remove_marker (MoorStore *store, GError **error);
gboolean moor_store_remove_remains (const char *path, GError **error);

G_END_DECLS
