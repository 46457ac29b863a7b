/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-account.h"
#include "moor-catalogue.h"
#include "moor-meta.h"
#include "moor-restore.h"
#include "moor-target-rules.h"

G_BEGIN_DECLS

/**
 * MoorFate:
 * @id: the object
 * @stays: it comes back in its own place
 * @is_barren: (directory): nor does anything that was in it
 * @travels: which of its attributes come with it
 * @content: (nullable): the rule that changes it on the way
 * @is_changed: it got other attributes
 * @own_name: what it was called
 * @name: (nullable): its name in its own place, where that differs; "." if it was left in the store
 * @paths: (element-type filename) (owned): where else it is; filled as it gets there
 *
 * What rules say of one object, and what came of it.
 */
typedef struct
{
  guint64 id;
  gboolean stays;
  gboolean is_barren;
  gboolean is_changed;
  MoorAttributes travels;
  const MoorRuleItem *content; /* (not owned) */
  char *own_name;
  char *name;
  GPtrArray *paths;
} MoorFate;

typedef struct _MoorRestoring MoorRestoring;
typedef struct _MoorAdded MoorAdded;

/**
 * MoorIncoming:
 * @from: (nullable): whose it was; %NULL for a file that rules make up
 * @below: (type filename): where it was, below that home
 * @target: (type filename): where it goes, absolute, within the restored system
 * @is_first: the only one of its places that may be a link
 * @bytes: (nullable): its content, if it is made up
 *
 * One object on its way to a place that is not its own.
 */
typedef struct
{
  MoorRestoring *from;
  MoorFate *fate; /* (not owned) (nullable) */
  char *below;
  MoorKind kind;
  char *target;
  gboolean is_first;
  GBytes *bytes;
} MoorIncoming;

/**
 * MoorRestoring:
 * @account: (nullable): what the store knows of the account
 * @makes_account: it does not exist on the target
 * @groups: (array zero-terminated=1) (nullable): in which groups the person will be, if a
 *   Config.xml is about groups
 * @changes_groups: they are others because of it
 * @how: what became of the home: "new", "exchanged", "moved", "in-place", "already"
 * @is_system: no person, but what was taken outside people's homes
 * @known: (element-type filename) (nullable): a set: what of the tree is the system's own
 * @fates: (element-type filename MoorFate) (nullable): by path below the home; only what rules
 *   speak of
 * @incoming: (element-type MoorIncoming) (nullable): what goes into this home
 *
 * One person while being restored.
 */
struct _MoorRestoring
{
  MoorStoredProfile *profile; /* (not owned) */
  MoorAccount *account;       /* (owned) */
  MoorAccountPlan plan;
  gboolean has_plan;
  gboolean makes_account;
  char *target_name;
  char *target_home;
  MoorIdMap ids;
  char **groups;
  gboolean changes_groups;
  const char *how;
  gboolean is_system;
  GHashTable *known;
  GHashTable *fates;
  GPtrArray *incoming;
  gsize n_linked; /* (atomic) the counters */
  gsize n_copied;
  gsize n_collisions;
  gsize n_reowned;
  gsize n_replaced;
  gsize n_left; /* in the store, because of a rule */
  gsize n_elsewhere;
};

/**
 * MoorRestoreRules:
 * @host: the destination, with what the source was
 * @all: @on: (nullable): what the rules select without and with the Config.xml, if there is one
 * @cleans: destinationCleanup is obeyed
 *
 * The rules of one restore.
 */
typedef struct
{
  MoorRuleHost *host;
  MoorRuleOutcome *outcome;
  MoorTargetRules *target;
  MoorRules *all;
  MoorRules *on;
  gboolean cleans;
} MoorRestoreRules;

/* Somebody who is not restored and changes groups. */
typedef struct
{
  char *name;
  char **groups; /* (array zero-terminated=1) */
} MoorRegrouped;

/* What one run shares. */
typedef struct
{
  MoorJob *job;
  MoorSystem *system; /* (not owned) */
  MoorStore *store;   /* (not owned) */
  const MoorRestoreOptions *options;
  guint n_workers;
  const MoorRestoreRules *rules; /* (nullable) */
  GPtrArray *people;             /* (element-type MoorRestoring) */
  GPtrArray *systems;            /* (element-type MoorRestoring) */
  GPtrArray *outside;            /* (element-type MoorIncoming): what goes into nobody's home */
  GPtrArray *others;             /* (element-type MoorRegrouped) */
  MoorAdded *added;              /* (nullable): while anything is put outside homes */
  gboolean goes_on;              /* a restore of this store was begun before */
} MoorRestore;

/**
 * MoorMerge:
 * @store_dfd: the home in the store
 * @existing_dfd: the home that is there and has to be kept; -1 if there is none, or @in_place
 * @target_dfd: what is built
 * @in_place: @target_dfd is the living home itself
 * @keeps_folders: folders that are there keep their attributes
 *
 * Putting a person's files together.
 */
typedef struct
{
  const MoorRestore *restore;
  MoorRestoring *person;
  int store_dfd;
  int existing_dfd;
  int target_dfd;
  gboolean in_place;
  gboolean keeps_folders;
} MoorMerge;

gboolean moor_merge_run (const MoorMerge *merge, GError **error);
gboolean moor_home_is_skeleton (MoorSystem *system, int home_dfd);

gboolean moor_restore_locate_home (MoorSystem *system,
                                   const char *home,
                                   gboolean make_parents,
                                   MoorPlace *out_home,
                                   MoorPlace *out_parent,
                                   GError **error);

/* The key under which the state is kept in which a whole restore found the store. */
#define MOOR_BEFORE_RESTORE "before-restore"

gboolean moor_restore_state_before (MoorStore *store,
                                    const char *key,
                                    MoorStoreState *out_state,
                                    GError **error);
gboolean moor_restore_check_homes (const MoorRestore *restore,
                                   GPtrArray *stored,
                                   GPtrArray *people,
                                   GError **error);

/* moor-restore-people.c */
gboolean moor_restore_check_map (const MoorRestoreOptions *options,
                                 GPtrArray *stored,
                                 GError **error);
GPtrArray *moor_restore_plan_people (const MoorRestore *restore,
                                     GPtrArray *stored,
                                     GError **error); /* (element-type MoorRestoring) (owned) */
GPtrArray *moor_restore_plan_systems (const MoorRestore *restore,
                                      GPtrArray *stored); /* (element-type MoorRestoring) (owned) */
gboolean moor_restore_check_parts (const MoorRestore *restore, GPtrArray *people, GError **error);

gboolean moor_restore_give_passwords (const MoorRestore *restore,
                                      GPtrArray *people,
                                      GError **error);
gboolean moor_restore_passwords_given (const MoorRestore *restore, GError **error);

/* moor-restore-groups.c */
void moor_regrouped_free (MoorRegrouped *person);
gboolean moor_restore_plan_groups (const MoorRestore *restore, GError **error);
gboolean moor_restore_apply_groups (const MoorRestore *restore, GError **error);

/* moor-restore-result.c */
void moor_restore_fill_result (const MoorRestore *restore, JsonObject *result);

/* moor-restore-home.c */
gboolean moor_restore_home (const MoorRestore *restore, MoorRestoring *person, GError **error);
gboolean moor_restore_system (const MoorRestore *restore, MoorRestoring *person, GError **error);

/* moor-restore-rules.c */
MoorRestoreRules *moor_restore_rules_new (const MoorRestore *restore,
                                          const MoorRuleSource *source,
                                          GError **error);
void moor_restore_rules_free (MoorRestoreRules *rules);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorRestoreRules, moor_restore_rules_free)

/* moor-fates.c */
gboolean moor_fates_plan (const MoorRestore *restore, MoorRestoring *person, GError **error);
MoorFate *moor_fates_find (const MoorRestoring *person, const char *below);
gboolean moor_fates_record (const MoorRestore *restore, GPtrArray *fates, GError **error);
void moor_fate_add_path (MoorFate *fate, const char *path);
void moor_fate_remove_path (MoorFate *fate, const char *path);
void moor_incoming_free (MoorIncoming *incoming);
void moor_incoming_send (const MoorRestore *restore, MoorIncoming *incoming);

/* moor-target-text.c */
typedef struct
{
  gboolean is_changed; /* it got other attributes */
  gboolean is_left;    /* it is in the store only */
  char *name;          /* (nullable): in its own place; NULL if it is not there */
  char **paths;        /* elsewhere */
} MoorTargetText;

char *moor_target_text_format (const MoorFate *fate);
void moor_target_text_parse (const char *text, MoorTargetText *out_text);
void moor_target_text_clear (MoorTargetText *text);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (MoorTargetText, moor_target_text_clear)

/* moor-placements.c */
void moor_placements_add_files (const MoorRestore *restore);
gboolean moor_placements_bring (const MoorRestore *restore,
                                MoorRestoring *into,
                                GPtrArray *incoming,
                                int target_dfd,
                                gboolean in_place,
                                GError **error);

/**
 * MoorCollision:
 * @src_dfd: @src_name: what comes
 * @dst_dfd: @dst_name: the name that is taken
 * @target: (type filename): that name as an absolute path within the restored system
 * @method: the best way in which it may be placed
 * @in_place: @dst_dfd is part of a living tree
 * @between_equals: what has the name comes from the store too: both are kept
 * @fate: (nullable): of what comes
 * @ids: of whoever it comes to
 *
 * A name that another object has.
 */
typedef struct
{
  const MoorRestore *restore;
  int src_dfd;
  const char *src_name;
  int dst_dfd;
  const char *dst_name;
  const char *target;
  MoorMethod method;
  gboolean in_place;
  gboolean between_equals;
  MoorFate *fate;
  const MoorIdMap *ids;
} MoorCollision;

typedef enum
{
  MOOR_SETTLED_SAME,     /* it was there all the time, or could be put there */
  MOOR_SETTLED_REPLACED, /* the other went to the store's keeping */
  MOOR_SETTLED_BESIDE,   /* it has another name */
  MOOR_SETTLED_LEFT,     /* it stays in the store, because somebody said so */
  MOOR_SETTLED_LEFT_BY_RULE,
} MoorSettled;

/* moor-collision.c */
MoorPlaced moor_collision_settle (const MoorCollision *collision,
                                  MoorSettled *out_settled,
                                  char **out_name,
                                  MoorPlacing *placing);
gboolean moor_restore_needs_copy (const MoorFate *fate);
gboolean moor_restore_keeps_existing (const MoorFate *fate);
gboolean moor_restore_change_meta (const MoorFate *fate,
                                   const MoorIdMap *ids,
                                   const MoorMeta *existing,
                                   MoorMeta *meta);
gboolean moor_restore_give_attributes (const MoorRestore *restore,
                                       MoorFate *fate,
                                       const MoorIdMap *ids,
                                       int dfd,
                                       const char *name,
                                       const MoorMeta *existing,
                                       GError **error);
gboolean moor_restore_is_copy (const MoorRestore *restore,
                               int src_dfd,
                               const char *src_name,
                               int dst_dfd,
                               const char *dst_name);

/* moor-replaced.c: what was replaced in place, and its way back. */
MoorPlaced moor_replaced_exchange (const MoorCollision *collision, MoorPlacing *placing);
gboolean moor_replaced_put_away (const MoorRestore *restore,
                                 int dfd,
                                 const char *name,
                                 const char *path,
                                 GError **error);
gboolean moor_replaced_put_back (MoorJob *job,
                                 MoorSystem *system,
                                 MoorStore *store,
                                 guint *out_n_back,
                                 GError **error);
/* moor-added.c: what came to be outside homes, and its way out. */
MoorAdded *moor_added_open (const MoorSys *sys, MoorStore *store, GError **error);
void moor_added_free (MoorAdded *added);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorAdded, moor_added_free)
gboolean moor_added_note (const MoorAdded *added,
                          char kind,
                          guint64 ino,
                          const char *path,
                          GError **error);
gboolean moor_added_note_new (const MoorAdded *added,
                              int dfd,
                              const char *name,
                              char kind,
                              guint64 ino,
                              const char *path,
                              GError **error);
gboolean moor_added_is_unfinished (const MoorAdded *added, const char *path);
gboolean moor_added_take_out (MoorJob *job,
                              MoorSystem *system,
                              MoorStore *store,
                              guint *out_n_gone,
                              JsonArray *left,
                              GError **error);
gboolean moor_added_forget (MoorJob *job, MoorStore *store, GError **error);

/* moor-cleanup.c */
gboolean moor_cleanup_run (const MoorRestore *restore, GError **error);
gboolean moor_cleanup_forget (MoorStore *store, GError **error);
gboolean moor_cleanup_home (const MoorRestore *restore,
                            const MoorRestoring *person,
                            int home_dfd,
                            GError **error);

G_END_DECLS
