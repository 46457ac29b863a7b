/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-walk.h"

G_BEGIN_DECLS

/* What moor-walk.c (who visits what, and when), moor-dir.c (what visitors ask) and
 * moor-slot.c (the budget of descriptors) share. */

typedef struct _MoorWalk MoorWalk;
typedef struct _MoorWorker MoorWorker;

typedef enum
{
  MOOR_SIDE_SOURCE,
  MOOR_SIDE_MIRROR,
  MOOR_N_SIDES
} MoorSide;

/* A directory on one side: which one it is, and its descriptor while that is
 * open.  All guarded by MoorWalk.fd_lock, but for a slot that no other thread
 * can know yet. */
typedef struct
{
  gboolean exists; /* dev, ino and name are known */
  guint64 dev;
  guint64 ino;
  const char *name; /* below the parent's slot */
  char *own_name;   /* (owned) (nullable): behind @name where a mirror is called otherwise */
  int fd;           /* -1 while closed */
  guint n_pins;     /* users that @fd must not be closed under */
  GList lru_link;   /* in MoorWalk.lru while open and not pinned */
} MoorSlot;

/* One root of the walk. */
typedef struct
{
  const MoorWalkRoot *root;
  int base_fds[MOOR_N_SIDES]; /* (not owned): -1 for no mirror */
  MoorDomain domains[MOOR_N_SIDES];
  guint64 inos[MOOR_N_SIDES];
  gboolean mirror_is_bare; /* what is made in it inherits nothing */
} MoorWalkBase;

struct _MoorDir
{
  MoorWalk *walk;
  const MoorWalkBase *base;
  MoorDir *parent;  /* (nullable); outlives us */
  const char *name; /* lies in the parent's names */
  guint depth;
  gboolean other_subvolume;
  struct statx stx;
  gpointer data;
  gboolean owns_data;

  MoorSlot slots[MOOR_N_SIDES];
  gboolean mirror_is_bare; /* we made it, and it inherited nothing; guarded by MoorWalk.fd_lock */

  /* Set before the directory is queued, guarded by MoorWalk.lock from then on */
  char *names;        /* (owned): of the subdirectories to enter, each with its NUL */
  const char *next;   /* the first of them that nobody has taken */
  guint n_untaken;    /* names from @next on */
  guint n_unfinished; /* subdirectories whose leave is still to come, untaken ones too */
  GList queue_link;   /* in the queue of a worker while there are untaken ones */
};

struct _MoorWorker
{
  MoorWalk *walk;
  guint index;
  GThread *thread;
  GQueue queue;      /* (element-type MoorDir) (not owned): guarded by MoorWalk.lock */
  char *buffer;      /* (owned): for getdents */
  GByteArray *names; /* (owned): accepted subdirectories of the directory that is being read */
  guint n_names;

  /* Of the callback that is running, or NULL and nothing */
  MoorDir *current;
  int held[MOOR_N_SIDES]; /* pinned descriptors of @current, or -1 */
  GPtrArray *borrowed;    /* (element-type MoorSlot) (not owned): pinned ones of its ancestors */
};

struct _MoorWalk
{
  const MoorSys *sys;
  const MoorWalkVisitor *visitor;
  gpointer user_data;
  GDestroyNotify data_free;
  GCancellable *cancellable;
  MoorWalkBase *bases; /* (owned) */
  guint n_bases;
  MoorWorker *workers; /* (owned) */
  guint n_workers;
  gint stop; /* atomic: nothing is to be begun any more */

  GMutex lock; /* guards the queues, what MoorDir says it does, and what follows */
  GCond changed;
  guint n_idle;
  guint n_bases_taken;
  guint n_bases_finished;

  GMutex fd_lock; /* guards the slots and what follows; never taken together with @lock */
  GQueue lru;     /* (element-type MoorSlot) (not owned): oldest first */
  guint n_open;
  guint max_open;
};

/* moor-dir.c */
MoorDir *moor_dir_new (MoorWalk *walk, const MoorWalkBase *base, MoorDir *parent, const char *name);
void moor_dir_free (MoorDir *dir);
gboolean moor_dir_open_source (MoorDir *dir, MoorWorker *worker, int *out_errnum, GError **error);
void moor_worker_begin (MoorWorker *worker, MoorDir *dir);
void moor_worker_release_borrowed (MoorWorker *worker);
void moor_worker_end (MoorWorker *worker);
void moor_worker_make_current (MoorWorker *worker);

/* moor-dir-meta.c */
gboolean moor_dir_probe_base (const MoorWalk *walk, const MoorWalkBase *base);

/* moor-slot.c */
int moor_open_counted (MoorWalk *walk, int dfd, const char *path);
void moor_close_counted (MoorWalk *walk, int fd);
void moor_slot_unpin (MoorWalk *walk, MoorSlot *slot);
int moor_slot_put (MoorWalk *walk, MoorSlot *slot, int fd);
int moor_dir_acquire (MoorDir *dir, MoorSide side, int *out_errnum, GError **error);
int moor_dir_acquire_parent (MoorDir *dir, MoorSide side, int *out_errnum, GError **error);
void moor_dir_unpin_parent (MoorDir *dir, MoorSide side);
void moor_dir_close (MoorDir *dir);
int moor_fail_open (int errnum, const char *name, gboolean known, int *out_errnum, GError **error);
MoorDomain moor_walk_domain (const struct statx *stx, const MoorDomain *base);

/* moor-list.c */
#define MOOR_DIR_RESOLVE \
  (RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV)

int moor_read_entries (const MoorSys *sys,
                       int fd,
                       char *buffer,
                       gsize n_bytes,
                       MoorListFunc func,
                       gpointer user_data);
guint8 moor_entry_type (const MoorSys *sys, int dfd, const char *name, guint8 type);

G_END_DECLS
