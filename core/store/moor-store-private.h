/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-beneath.h"
#include "moor-catalogue.h"
#include "moor-db-private.h"
#include "moor-lock.h"

G_BEGIN_DECLS

#define MOOR_MARKER_NEW "MOORING.new" /* while it is being made */
#define MOOR_TREE "tree"
#define MOOR_REPLACED "replaced"
#define MOOR_RESERVE "reserve"
#define MOOR_MAX_PARTS 64

/* The store (moor-store.c). */
struct _MoorStore
{
  gatomicrefcount ref_count;
  char *path;
  char *shown; /* the path, fit for a line of text */
  char *uuid;
  guint32 owner;
  gboolean writable;
  gboolean locked;
  int dfd;          /* that of the first part */
  int marker_fd;    /* the lock is on it */
  GPtrArray *parts; /* (element-type MoorPart) (owned) */

  GMutex lock; /* guards the members below; held while SQLite works */
  MoorDb db;
  MoorStoreState state;
};

gboolean moor_store_load (MoorStore *store, GError **error);
gboolean moor_store_load_state (MoorStore *store, GError **error);
gboolean moor_store_write_meta (MoorStore *store,
                                const char *key,
                                const char *value,
                                GError **error);
gboolean moor_store_write_meta_int (MoorStore *store,
                                    const char *key,
                                    gint64 value,
                                    GError **error);

/**
 * MoorTransaction:
 *
 * A transaction that is rolled back at the end of the block unless it was
 * committed.  It holds the store's lock, so do not nest.  What the catalogue's
 * writer has inserted so far is committed before.
 */
typedef struct _MoorStore MoorTransaction;

MoorTransaction *moor_transaction_read (MoorStore *store, GError **error);
MoorTransaction *moor_transaction_write (MoorStore *store, GError **error);
gboolean moor_transaction_commit (MoorTransaction *transaction, GError **error);
void moor_transaction_end (MoorTransaction *transaction);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorTransaction, moor_transaction_end)

typedef gpointer (*MoorRowFunc) (MoorStore *store, sqlite3_stmt *stmt, GError **error);

GPtrArray *moor_store_load_rows (MoorStore *store,
                                 const char *sql,
                                 MoorRowFunc read_row,
                                 GDestroyNotify free_row,
                                 GError **error);

/* The marker (moor-marker.c). */
typedef struct
{
  guint format;
  char *uuid;
  guint part;
  char *volume_name;
  char *primary; /* where the first part is, for people */
  char *system_name;
  char *host_name;
  gint64 made_ns;
} MoorMarker;

void moor_marker_clear (MoorMarker *marker);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (MoorMarker, moor_marker_clear)

int moor_marker_open (int dfd,
                      const char *path,
                      gboolean writable,
                      MoorMarker *out_marker,
                      GError **error);
gboolean moor_marker_make (int dfd, const MoorMarker *marker, GError **error);
gboolean moor_marker_try_lock (int fd);
void moor_marker_write_owner (int fd, const char *owner);
char *moor_marker_read_owner (int fd);

/* The parts (moor-store-parts.c). */
void moor_part_free (MoorPart *part);
MoorPart *moor_part_new_primary (MoorStore *store, GError **error);
gboolean moor_part_save (MoorStore *store, const MoorPart *part, GError **error);
gboolean moor_parts_load (MoorStore *store, GError **error);

gboolean moor_store_is_being_removed (MoorStore *store);

/* Room for a full volume (moor-store-reserve.c). */
void moor_reserve_make (int dfd);
void moor_reserve_use (MoorStore *store);
void moor_reserve_restore (MoorStore *store);

/* Folders of a store (moor-store-files.c). */
gboolean moor_folder_make (int dfd, const char *name, GError **error);
gboolean moor_folder_is_empty (int dfd,
                               const char *name,
                               const char *except,
                               gboolean *out_empty,
                               GError **error);
gboolean moor_folder_holds_nothing (int dfd, gboolean *out_empty, GError **error);
gboolean moor_folder_remove_self (int dfd, GError **error);
gboolean moor_file_replace (int dfd,
                            const char *temporary,
                            const char *name,
                            GBytes *bytes,
                            GError **error);

/* Rows on their way (moor-batch.c): how the writer gets at them. */
typedef struct
{
  MoorObject object; /* its pointers lead into the batch */
  const guint8 *xattrs;
  gsize n_xattr_bytes;
} MoorBatchRow;

gsize moor_batch_get_n_bytes (const MoorBatch *batch);
GList *moor_batch_get_link (MoorBatch *batch);
gboolean moor_batch_next (const MoorBatch *batch, gsize *position, MoorBatchRow *out_row);

G_END_DECLS
