/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-link.h"
#include "moor-store.h"

G_BEGIN_DECLS

/**
 * MoorStoredProfile:
 * @home: (type filename): canonical path within the captured system
 * @part: the part that holds it
 * @tree_path: (type filename): its path below that part's `tree/`, without leading slash
 * @root_object: the object of the home itself
 * @home_dev: @home_ino: the home directory at capture
 * @restore: how far a restore of this person has come
 *
 * One person in a store.
 */
typedef enum
{
  MOOR_RESTORE_NONE = 0,
  MOOR_RESTORE_STAGING = 1, /* the staging directory exists and is recorded */
  MOOR_RESTORE_READY = 2,   /* it is complete and synced; only the rename is missing */
  MOOR_RESTORE_DONE = 3,
  MOOR_RESTORE_IN_PLACE = 4, /* merged in place, or found in place */
} MoorRestoreStep;

/**
 * MoorRestoreRecord:
 * @staging: (type filename): its path below the part of @part: `replaced/JOB/NAME`
 * @staging_ino: inode of the staged home: "target inode == staging_ino" means done
 * @moved: the staged home is the store's own tree (`--move`)
 * @exchanged: there was a home, which is kept at @staging afterwards
 * @replaced_ino: inode of that home
 */
typedef struct
{
  MoorRestoreStep step;
  guint part;
  char *staging;
  guint64 staging_ino;
  guint64 replaced_ino;
  gboolean moved;
  gboolean exchanged;
  char *target_name;
  char *target_home;
  guint32 target_uid;
  guint32 target_gid;
} MoorRestoreRecord;

typedef struct
{
  guint32 id;
  char *name;
  char *full_name;
  guint32 uid;
  guint32 gid;
  gboolean has_account;
  char *home;
  guint part;
  char *tree_path;
  guint64 root_object;
  guint64 home_dev;
  guint64 home_ino;
  guint64 n_objects;
  guint64 n_directories;
  guint64 n_linked;
  guint64 n_copied;
  guint64 n_bytes;
  guint64 n_excluded;
  guint64 n_excluded_bytes;
  MoorRestoreRecord restore;
} MoorStoredProfile;

void moor_stored_profile_free (MoorStoredProfile *profile);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorStoredProfile, moor_stored_profile_free)

/**
 * MoorObject:
 * @id: number within the catalogue, from 1
 * @parent: the directory's @id; 0 for a home itself
 * @name: (type filename): bytes
 * @cause: why it is not a link
 * @nlink: names the inode had right after the capture of this one, the store's included
 * @hash: (nullable): SHA-256, for copies of files only
 * @xattrs: (nullable): for directories and copies only: see #MoorMeta
 * @target_name: (nullable) (type filename): where it was restored, if not under its own name in
 *   its own place: another name there; "." if rules leave it in the store; or absolute paths
 *   within the restored system, joined by a slash ("/a/b//c"), after the name if it is in its own
 *   place too ("name//a/b").  All of it after "./" if rules gave it other attributes
 *
 * One row of the catalogue.  Strings are borrowed and live as long as what they
 * were read from or given to says.
 */
typedef struct
{
  guint64 id;
  guint64 parent;
  const char *name;
  MoorKind kind;
  MoorMethod method;
  MoorCause cause;
  guint64 size;
  gint64 mtime_ns;
  guint32 mode;
  guint32 uid;
  guint32 gid;
  guint64 dev;
  guint64 ino;
  guint32 nlink;
  guint32 profile;
  guint32 flags;
  const guint8 *hash;
  GVariant *xattrs;
  const char *target_name;
} MoorObject;

/* Rows on their way to the catalogue: a plain container, one thread at a time. */
typedef struct _MoorBatch MoorBatch;
MoorBatch *moor_batch_new (void);
void moor_batch_free (MoorBatch *batch);
void moor_batch_add (MoorBatch *batch, const MoorObject *object);
guint moor_batch_get_n_rows (const MoorBatch *batch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorBatch, moor_batch_free)

/* The one writer thread of a catalogue, behind a bounded queue. */
typedef struct _MoorWriter MoorWriter;
MoorWriter *moor_writer_new (MoorStore *store, GError **error);
guint64 moor_writer_next_id (MoorWriter *writer);
gboolean moor_writer_push (MoorWriter *writer, MoorBatch *batch);
gboolean moor_writer_finish (MoorWriter *writer, GError **error);
void moor_writer_free (MoorWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorWriter, moor_writer_free)

/* Reads a catalogue; each thread has its own. */
typedef struct _MoorReader MoorReader;
typedef gboolean (*MoorObjectFunc) (const MoorObject *object, gpointer user_data);
MoorReader *moor_reader_new (MoorStore *store, GError **error);
void moor_reader_free (MoorReader *reader);
gboolean moor_reader_children (MoorReader *reader,
                               guint64 parent,
                               MoorObjectFunc func,
                               gpointer user_data,
                               GError **error);
gboolean moor_reader_each (MoorReader *reader,
                           guint32 profile,
                           MoorObjectFunc func,
                           gpointer user_data,
                           GError **error);
gboolean moor_reader_lookup (MoorReader *reader,
                             guint64 parent,
                             const char *name,
                             MoorObjectFunc func,
                             gpointer user_data,
                             GError **error);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorReader, moor_reader_free)

gboolean moor_store_begin_catalogue (MoorStore *store, GError **error);
guint32 moor_store_add_profile (MoorStore *store, const MoorStoredProfile *profile, GError **error);
gboolean moor_store_update_profile (MoorStore *store,
                                    const MoorStoredProfile *profile,
                                    GError **error);
GPtrArray *moor_store_load_profiles (MoorStore *store,
                                     GError **error); /* (element-type MoorStoredProfile) (owned) */
gboolean moor_store_set_restore (MoorStore *store,
                                 guint32 profile,
                                 const MoorRestoreRecord *restore,
                                 GError **error);
gboolean moor_store_set_target_names (MoorStore *store, GHashTable *names, GError **error);
gboolean moor_store_clear_target_names (MoorStore *store, GError **error);
gboolean moor_store_update_object (MoorStore *store, const MoorObject *object, GError **error);
gboolean moor_store_add_issues (MoorStore *store,
                                const char *job,
                                GPtrArray *issues,
                                GError **error);
GPtrArray *moor_store_load_issues (MoorStore *store,
                                   GError **error); /* (element-type MoorIssue) (owned) */
gboolean moor_store_note_job (MoorStore *store,
                              const char *job,
                              const char *operation,
                              int exit_code,
                              const char *summary,
                              GError **error);

G_END_DECLS
