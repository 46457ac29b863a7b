/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-filter-private.h"
#include "moor-graph-private.h"
#include "moor-rules.h"

G_BEGIN_DECLS

/* What a leaf is looked up as: one of these, and the number of the name in all but the first two.
 */
#define MOOR_LEAF_STAR 0u
#define MOOR_LEAF_NONE 1u
#define MOOR_LEAF_EXACT (1u << 30)
#define MOOR_LEAF_SUFFIX (2u << 30)
#define MOOR_LEAF_GLOB (3u << 30)
#define MOOR_LEAF_KINDS (3u << 30)

/* What a leaf is about. */
typedef enum
{
  MOOR_COVERS_SOME,        /* files of some names */
  MOOR_COVERS_ALL,         /* `*`: every file, and the directories */
  MOOR_COVERS_DIRECTORIES, /* no leaf */
} MoorLeafCover;

/**
 * MoorLeafRule:
 * @rank: moor_pattern_rank(), and whether it excludes as the last bit: of two that match, the one
 *   with the higher rank wins
 * @group: component and person; 0 are the unconditional excludes of all
 * @filtered: what the object looks like decides whether the rule is about it
 */
typedef struct
{
  guint64 rank;
  guint32 group;
  guint32 rule;
  guint8 filtered;
  guint8 cover; /* MoorLeafCover */
} MoorLeafRule;

/* Rules for the same leaf in the same bag, by group; in a group by rank, the highest first. */
typedef struct
{
  const MoorLeafRule *at;
  const MoorLeafRule *end;
} MoorLeafSlice;

/**
 * MoorBag:
 * @all: everything in it
 * @stars: of it, what has the leaf `*`
 * @nodes: of it, what has no leaf
 * @globs: (nullable) (element-type MoorLeafGlob): leaves that can only be tried one by one
 *
 * The rules whose node ends at the same place: what is to be known about the leaves there.
 */
typedef struct
{
  MoorLeafSlice all;
  MoorLeafSlice stars;
  MoorLeafSlice nodes;
  GArray *globs;
  gboolean has_exact;
  gboolean has_suffix;
} MoorBag;

/* @pairs: of characters side by side, one bit for each or several; a name that fits has them. */
typedef struct
{
  const char *glob;
  guint64 pairs;
  MoorLeafSlice slice;
} MoorLeafGlob;

/* What becomes of an object as far as is known without a look. */
typedef struct
{
  gboolean selected;
  gboolean needs_look;
  int rule;
} MoorVerdict;

/**
 * MoorBagSet:
 * @files: of every file for which no leaf but `*` counts
 * @directory: of a directory
 * @files_live: some file may be taken
 * @live: some file or directory may be
 * @barred: an unconditional exclude is about everything
 * @bags: in rising order
 *
 * The bags that count at one place.
 */
typedef struct
{
  MoorVerdict files;
  MoorVerdict directory;
  gboolean files_live;
  gboolean live;
  gboolean barred;
  gboolean has_exact;
  gboolean has_suffix;
  gboolean has_globs;
  guint n_bags;
  guint32 bags[];
} MoorBagSet;

typedef struct
{
  guint32 bag;
  guint32 key;
  MoorLeafRule rule;
} MoorLeafEntry;

/**
 * MoorBags:
 *
 * All bags.  Filled by one thread, then finished; read by any.
 */
typedef struct
{
  GPtrArray *filters;    /* (element-type MoorFilter) (nullable elements) (owned): by rule */
  GArray *entries;       /* (element-type MoorLeafEntry): until finished */
  GArray *bags;          /* (element-type MoorBag): 0 is none */
  MoorLeafRule *by_leaf; /* what slices point into */
  MoorLeafRule *by_group;
  GArray *slices; /* (element-type MoorLeafSlice): 0 is none */
  MoorNames exact;
  MoorNames suffixes;
  MoorNames globs;
  gsize max_suffix_bytes;
  MoorPairMap leaves; /* bag, key -> slice */
} MoorBags;

void moor_bags_init (MoorBags *bags, const GPtrArray *items);
void moor_bags_clear (MoorBags *bags);
guint32 moor_bags_new_bag (MoorBags *bags);
void moor_bags_add (MoorBags *bags, guint32 bag, const char *leaf, const MoorLeafRule *rule);
void moor_bags_finish (MoorBags *bags);

MoorBagSet *moor_bag_set_new (const guint32 *ids, guint n_ids);
void moor_bag_set_complete (const MoorBags *bags, MoorBagSet *set);
guint moor_bag_set_hash (gconstpointer set);
gboolean moor_bag_set_equal (gconstpointer a, gconstpointer b);
MoorVerdict moor_bags_judge_directory (const MoorBags *bags,
                                       const MoorBagSet *set,
                                       const MoorLook *look);
MoorVerdict moor_bags_judge_file (const MoorBags *bags,
                                  const MoorBagSet *set,
                                  const char *name,
                                  const MoorLook *look);

/* The pairs of characters in a name or glob: see MoorLeafGlob. */
static inline guint64
moor_leaf_pairs (const char *text)
{
  guint64 pairs = 0;

  for (; text[0] != '\0' && text[1] != '\0'; text++)
    {
      if (text[0] != '*' && text[1] != '*')
        pairs |= G_GUINT64_CONSTANT (1) << (((guchar) text[0] * 5 + (guchar) text[1]) % 64);
    }
  return pairs;
}

static inline gboolean
moor_bag_set_has_names (const MoorBagSet *set)
{
  return set->has_exact || set->has_suffix || set->has_globs;
}

G_END_DECLS
