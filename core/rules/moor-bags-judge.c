/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-bags-private.h"

#include <string.h>

#include "moor-pattern-private.h"

/* What becomes of an object whose bags are known. */

#define N_FIXED_SLICES 48

/* Slices that were found for one object; they stay on the stack unless there are many. */
typedef struct
{
  MoorLeafSlice fixed[N_FIXED_SLICES];
  MoorLeafSlice *slices;
  guint n_slices;
  guint n_room;
} Found;

static void
found_clear (Found *found)
{
  if (found->slices != found->fixed)
    g_free (found->slices);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Found, found_clear)

static void
found_init (Found *found)
{
  found->slices = found->fixed;
  found->n_slices = 0;
  found->n_room = N_FIXED_SLICES;
}

static void
found_add (Found *found, const MoorLeafSlice *slice)
{
  if (slice->at == slice->end)
    return;
  if (found->n_slices == found->n_room)
    {
      MoorLeafSlice *more = g_new (MoorLeafSlice, found->n_room * 2);

      memcpy (more, found->slices, found->n_slices * sizeof *more);
      found_clear (found);
      found->slices = more;
      found->n_room *= 2;
    }
  found->slices[found->n_slices++] = *slice;
}

/* The highest ranks of one group. */
typedef struct
{
  const MoorLeafRule *plain;
  guint64 filtered_include;
  guint64 filtered_exclude;
  gboolean asked; /* an include is about the object; without one, excludes have no effect */
} Contest;

static gboolean
excludes (const MoorLeafRule *rule)
{
  return (rule->rank & 1) != 0;
}

static gboolean
rule_keeps (const MoorBags *bags, const MoorLeafRule *rule, const MoorLook *look)
{
  return look->stx != NULL
         && moor_filter_holds (g_ptr_array_index (bags->filters, rule->rule), look->stx);
}

static void
enter (const MoorBags *bags, Contest *contest, const MoorLeafRule *rule, const MoorLook *look)
{
  contest->asked = contest->asked || !excludes (rule);
  if (rule->filtered && look == NULL)
    {
      guint64 *highest = excludes (rule) ? &contest->filtered_exclude : &contest->filtered_include;

      *highest = MAX (*highest, rule->rank);
      return;
    }
  if ((contest->plain == NULL || rule->rank > contest->plain->rank)
      && (!rule->filtered || rule_keeps (bags, rule, look)))
    contest->plain = rule;
}

/* Takes the lowest group off @found.  Returns: %FALSE when nothing is left. */
static gboolean
next_group (const MoorBags *bags, Found *found, const MoorLook *look, guint32 *group, Contest *out)
{
  gboolean any = FALSE;

  *out = (Contest){ .plain = NULL };
  for (guint i = 0; i < found->n_slices; i++)
    {
      const MoorLeafSlice *slice = &found->slices[i];

      if (slice->at < slice->end && (!any || slice->at->group < *group))
        {
          *group = slice->at->group;
          any = TRUE;
        }
    }
  for (guint i = 0; any && i < found->n_slices; i++)
    {
      MoorLeafSlice *slice = &found->slices[i];

      for (; slice->at < slice->end && slice->at->group == *group; slice->at++)
        enter (bags, out, slice->at, look);
    }
  return any;
}

static MoorVerdict
judge (const MoorBags *bags, Found *found, const MoorLook *look)
{
  const MoorLeafRule *strongest = NULL;
  gboolean may_be_barred = FALSE;
  gboolean may_be_taken = FALSE;
  guint32 group = 0;
  Contest contest;

  while (next_group (bags, found, look, &group, &contest))
    {
      const guint64 rank = contest.plain != NULL ? contest.plain->rank : 0;
      const gboolean includes = contest.plain != NULL && !excludes (contest.plain);

      if (group == 0 && contest.plain != NULL)
        return (MoorVerdict){ .rule = (int) contest.plain->rule };
      if (group == 0)
        may_be_barred = contest.filtered_exclude > 0;
      else if (includes && contest.filtered_exclude <= rank)
        return (MoorVerdict){ .selected = !may_be_barred,
                              .needs_look = may_be_barred,
                              .rule = (int) contest.plain->rule };
      else if (includes || contest.filtered_include > rank)
        may_be_taken = TRUE;
      else if (contest.asked && contest.plain != NULL
               && (strongest == NULL || rank > strongest->rank))
        strongest = contest.plain;
    }
  return (MoorVerdict){ .needs_look = may_be_taken,
                        .rule = strongest != NULL ? (int) strongest->rule : -1 };
}

static void
find_leaf (const MoorBags *bags, const MoorBagSet *set, guint32 key, Found *found)
{
  for (guint i = 0; i < set->n_bags; i++)
    {
      guint32 slice = moor_pair_map_get (&bags->leaves, set->bags[i], key);

      if (slice != 0)
        found_add (found, &g_array_index (bags->slices, MoorLeafSlice, slice));
    }
}

static void
find_suffixes (const MoorBags *bags, const MoorBagSet *set, const char *name, Found *found)
{
  const char *end = name + strlen (name);

  for (const char *at = end; at-- > name && (gsize) (end - at) <= bags->max_suffix_bytes;)
    {
      guint32 suffix = *at == '.' ? moor_names_find (&bags->suffixes, at) : 0;

      if (suffix != 0)
        find_leaf (bags, set, MOOR_LEAF_SUFFIX | suffix, found);
    }
}

static void
find_globs (const MoorBags *bags, const MoorBagSet *set, const char *name, Found *found)
{
  const guint64 pairs = moor_leaf_pairs (name);

  for (guint i = 0; i < set->n_bags; i++)
    {
      const GArray *globs = g_array_index (bags->bags, MoorBag, set->bags[i]).globs;

      for (guint j = 0; globs != NULL && j < globs->len; j++)
        {
          const MoorLeafGlob *glob = &g_array_index (globs, MoorLeafGlob, j);

          if ((glob->pairs & ~pairs) == 0 && moor_glob_fits (glob->glob, name))
            found_add (found, &glob->slice);
        }
    }
}

/* What counts for every file, and also for every directory. */
static void
find_stars (const MoorBags *bags, const MoorBagSet *set, gboolean is_directory, Found *found)
{
  for (guint i = 0; i < set->n_bags; i++)
    {
      const MoorBag *bag = &g_array_index (bags->bags, MoorBag, set->bags[i]);

      found_add (found, &bag->stars);
      if (is_directory)
        found_add (found, &bag->nodes);
    }
}

/**
 * moor_bags_judge_directory:
 * @set: the bags that count for the directory
 * @look: (nullable): what filters see of it
 *
 * Any thread.
 */
MoorVerdict
moor_bags_judge_directory (const MoorBags *bags, const MoorBagSet *set, const MoorLook *look)
{
  g_auto(Found) found;

  found_init (&found);
  find_stars (bags, set, TRUE, &found);
  return judge (bags, &found, look);
}

/**
 * moor_bags_judge_file:
 * @set: the bags that count in the file's directory
 * @name: its name, folded if case does not count
 * @look: (nullable): what filters see of it
 *
 * Any thread; allocates nothing unless a great many rules match.
 */
MoorVerdict
moor_bags_judge_file (const MoorBags *bags,
                      const MoorBagSet *set,
                      const char *name,
                      const MoorLook *look)
{
  g_auto(Found) found;

  found_init (&found);
  if (set->has_exact)
    {
      guint32 exact = moor_names_find (&bags->exact, name);

      if (exact != 0)
        find_leaf (bags, set, MOOR_LEAF_EXACT | exact, &found);
    }
  if (set->has_suffix)
    find_suffixes (bags, set, name, &found);
  if (set->has_globs)
    find_globs (bags, set, name, &found);
  if (found.n_slices == 0 && (look == NULL || !set->files.needs_look))
    return set->files;
  find_stars (bags, set, FALSE, &found);
  return judge (bags, &found, look);
}

static MoorVerdict
judge_unnamed_file (const MoorBags *bags, const MoorBagSet *set)
{
  g_auto(Found) found;

  found_init (&found);
  find_stars (bags, set, FALSE, &found);
  return judge (bags, &found, NULL);
}

/* The highest ranks of one group, for what may still be taken. */
typedef struct
{
  guint64 barrier;           /* what excludes every file and directory */
  guint64 directory_barrier; /* what excludes every directory */
  guint64 file;              /* what includes some file */
  guint64 directory;         /* what includes some directory */
} Outlook;

static void
weigh (Outlook *outlook, const MoorLeafRule *rule)
{
  if (!excludes (rule))
    {
      if (rule->cover != MOOR_COVERS_DIRECTORIES)
        outlook->file = MAX (outlook->file, rule->rank);
      if (rule->cover != MOOR_COVERS_SOME)
        outlook->directory = MAX (outlook->directory, rule->rank);
    }
  else if (!rule->filtered)
    {
      if (rule->cover == MOOR_COVERS_ALL)
        outlook->barrier = MAX (outlook->barrier, rule->rank);
      if (rule->cover != MOOR_COVERS_SOME)
        outlook->directory_barrier = MAX (outlook->directory_barrier, rule->rank);
    }
}

/* Takes the lowest group off @found. */
static gboolean
next_outlook (Found *found, guint32 *group, Outlook *out)
{
  gboolean any = FALSE;

  *out = (Outlook){ .barrier = 0 };
  for (guint i = 0; i < found->n_slices; i++)
    {
      const MoorLeafSlice *slice = &found->slices[i];

      if (slice->at < slice->end && (!any || slice->at->group < *group))
        {
          *group = slice->at->group;
          any = TRUE;
        }
    }
  for (guint i = 0; any && i < found->n_slices; i++)
    {
      MoorLeafSlice *slice = &found->slices[i];

      for (; slice->at < slice->end && slice->at->group == *group; slice->at++)
        weigh (out, slice->at);
    }
  return any;
}

/* Whether anything could be taken by what is in @set. */
static void
look_out (const MoorBags *bags, MoorBagSet *set)
{
  g_auto(Found) found;
  guint32 group = 0;
  Outlook outlook;

  found_init (&found);
  for (guint i = 0; i < set->n_bags; i++)
    found_add (&found, &g_array_index (bags->bags, MoorBag, set->bags[i]).all);
  while (!set->files_live && !set->barred && next_outlook (&found, &group, &outlook))
    {
      if (group == 0)
        set->barred = outlook.barrier > 0;
      set->files_live = !set->barred && outlook.file > outlook.barrier;
      set->live = set->live || set->files_live
                  || (!set->barred && outlook.directory > outlook.directory_barrier);
    }
}

/**
 * moor_bag_set_complete:
 *
 * Finds out what is to be known of the bags together.
 */
void
moor_bag_set_complete (const MoorBags *bags, MoorBagSet *set)
{
  for (guint i = 0; i < set->n_bags; i++)
    {
      const MoorBag *bag = &g_array_index (bags->bags, MoorBag, set->bags[i]);

      set->has_exact |= bag->has_exact;
      set->has_suffix |= bag->has_suffix;
      set->has_globs |= bag->globs != NULL;
    }
  look_out (bags, set);
  set->files = judge_unnamed_file (bags, set);
  set->directory = moor_bags_judge_directory (bags, set, NULL);
}
