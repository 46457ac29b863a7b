/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-restore-private.h"

#include <string.h>

#include "moor-text.h"
#include "moor-wanted-private.h"

/*
 * Before anything is put back, the catalogue is gone through once and each object
 * is held against the rules.  What they do not speak of has no fate: it comes
 * back as it was.  The rest is known by its path when the trees are walked, and
 * what goes elsewhere is on the list of whoever it goes to.
 *
 * The tree may be deeper than a thread's stack: the way down is a list.
 */

#define ALL_ATTRIBUTES (MOOR_ATTRIBUTES_SECURITY | MOOR_ATTRIBUTES_TIMES)

typedef struct
{
  guint64 id;
  char *name;
  MoorKind kind;
  char *target; /* (nullable): where it went before */
} Child;

/* One folder on the way down. */
typedef struct
{
  char *below;
  GPtrArray *children; /* (element-type Child) (owned) */
  guint next;
  gboolean is_barren; /* so far */
  MoorFate *fate;     /* (not owned) (nullable): the folder's own */
  MoorRuleState all;
  MoorRuleState on;
  MoorFd dfd; /* in the store, once somebody has to look */
} Frame;

typedef struct
{
  const MoorRestore *restore;
  const MoorRestoreRules *rules; /* (nullable) */
  MoorRestoring *person;
  MoorReader *reader;
  GPtrArray *wanted; /* (owned) (nullable) */
  GPtrArray *frames; /* (element-type Frame) (owned) */
} Plan;

static void
child_free (gpointer user_data)
{
  Child *child = user_data;

  g_free (child->name);
  g_free (child->target);
  g_free (child);
}

static void
frame_free (gpointer user_data)
{
  Frame *frame = user_data;

  g_free (frame->below);
  g_ptr_array_unref (frame->children);
  if (frame->dfd >= 0)
    moor_fd_close (frame->dfd);
  g_free (frame);
}

static void
plan_clear (Plan *plan)
{
  g_clear_pointer (&plan->reader, moor_reader_free);
  g_clear_pointer (&plan->wanted, g_ptr_array_unref);
  g_clear_pointer (&plan->frames, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Plan, plan_clear)

static void
fate_free (gpointer user_data)
{
  MoorFate *fate = user_data;

  g_free (fate->own_name);
  g_free (fate->name);
  g_ptr_array_unref (fate->paths);
  g_free (fate);
}

void
moor_incoming_free (MoorIncoming *incoming)
{
  g_free (incoming->below);
  g_free (incoming->target);
  g_clear_pointer (&incoming->bytes, g_bytes_unref);
  g_free (incoming);
}

/**
 * moor_fate_add_path:
 * @path: (type filename): where the object is now, absolute
 *
 * Notes it, once.
 */
void
moor_fate_add_path (MoorFate *fate, const char *path)
{
  if (!g_ptr_array_find_with_equal_func (fate->paths, path, g_str_equal, NULL))
    g_ptr_array_add (fate->paths, g_strdup (path));
}

/**
 * moor_fate_remove_path:
 * @path: (type filename): where the object is not
 */
void
moor_fate_remove_path (MoorFate *fate, const char *path)
{
  guint index;

  if (g_ptr_array_find_with_equal_func (fate->paths, path, g_str_equal, &index))
    g_ptr_array_remove_index (fate->paths, index);
}

static gboolean
take_child_cb (const MoorObject *object, gpointer user_data)
{
  Child *child = g_new0 (Child, 1);

  child->id = object->id;
  child->name = g_strdup (object->name);
  child->kind = object->kind;
  child->target = g_strdup (object->target_name);
  g_ptr_array_add (user_data, child);
  return TRUE;
}

static Frame *
push (Plan *plan, guint64 id, char *below, GError **error)
{
  Frame *frame = g_new0 (Frame, 1);

  frame->below = below;
  frame->children = g_ptr_array_new_with_free_func (child_free);
  frame->dfd = -1;
  frame->is_barren = TRUE;
  g_ptr_array_add (plan->frames, frame);
  return moor_reader_children (plan->reader, id, take_child_cb, frame->children, error) ? frame
                                                                                        : NULL;
}

/* Where the object was, as rules write it. */
static char *
source_path (const MoorRestoring *person, const char *below)
{
  const char *home = person->profile->home;

  return g_strconcat (strlen (home) > 1 ? home : "", "/", below, NULL);
}

static char *
target_path (const MoorRestoring *person, const char *below)
{
  const char *home = person->target_home;

  return g_strconcat (strlen (home) > 1 ? home : "", "/", below, NULL);
}

static int
folder_in_store (const Plan *plan, Frame *frame)
{
  const MoorStoredProfile *profile = plan->person->profile;
  const MoorPart *part = moor_store_get_part (plan->restore->store, profile->part);
  g_autofree char *path = NULL;

  if (frame->dfd >= 0 || part == NULL || part->tree_dfd < 0)
    return frame->dfd;
  path = g_build_filename (profile->tree_path, frame->below, NULL);
  frame->dfd = moor_open_beneath (moor_job_get_sys (plan->restore->job), part->tree_dfd, path,
                                  O_RDONLY | O_DIRECTORY, NULL);
  return frame->dfd;
}

static MoorDecision
decide (const Plan *plan,
        const MoorRules *rules,
        MoorRuleState state,
        Frame *frame,
        const Child *child)
{
  const gboolean is_dir = child->kind == MOOR_KIND_DIRECTORY;
  MoorDecision decision;

  moor_rules_decide (rules, state, child->name, is_dir, &decision);
  if (decision.needs_look)
    moor_ruling_look (rules, moor_job_get_sys (plan->restore->job), state,
                      folder_in_store (plan, frame), child->name, is_dir, &decision);
  return decision;
}

/* Whether a Config.xml took away what selected the object. */
static gboolean
is_switched_off (const Plan *plan,
                 Frame *frame,
                 const Child *child,
                 MoorRuleState *out_all,
                 MoorRuleState *out_on)
{
  const MoorRestoreRules *rules = plan->rules;
  MoorDecision all;
  MoorDecision on;

  *out_all = *out_on = 0;
  if (rules->on == NULL)
    return FALSE;
  all = decide (plan, rules->all, frame->all, frame, child);
  on = decide (plan, rules->on, frame->on, frame, child);
  *out_all = all.state;
  *out_on = on.state;
  return all.selected && !on.selected;
}

/* Whether somebody whose own store it is may have things put at @target. */
static gboolean
may_go (const Plan *plan, const char *target)
{
  if (geteuid () == 0 && moor_store_get_owner (plan->restore->store) == 0)
    return TRUE;
  return moor_path_is_at_or_below (target, plan->person->target_home);
}

/**
 * moor_incoming_send:
 * @incoming: (transfer full): what is to be put somewhere
 *
 * Puts it on the list of the person into whose home it goes, or of what goes into none.
 */
void
moor_incoming_send (const MoorRestore *restore, MoorIncoming *incoming)
{
  for (guint i = 0; i < restore->people->len; i++)
    {
      MoorRestoring *person = g_ptr_array_index (restore->people, i);

      if (!moor_path_is_at_or_below (incoming->target, person->target_home))
        continue;
      if (person->incoming == NULL)
        person->incoming = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_incoming_free);
      g_ptr_array_add (person->incoming, incoming);
      return;
    }
  g_ptr_array_add (restore->outside, incoming);
}

static void
send_away (const Plan *plan,
           MoorFate *fate,
           const Child *child,
           const char *below,
           GPtrArray *placements)
{
  g_autofree char *own = target_path (plan->person, below);
  guint n_sent = fate->stays ? 1 : 0;

  for (guint i = 0; i < placements->len; i++)
    {
      const MoorPlacement *placement = g_ptr_array_index (placements, i);
      MoorIncoming *incoming;

      if (g_str_equal (placement->path, own))
        {
          fate->stays = TRUE;
          continue;
        }
      if (!may_go (plan, placement->path))
        {
          moor_job_issue (plan->restore->job, MOOR_SEVERITY_ERROR, MOOR_CAUSE_PERMISSION,
                          placement->path, plan->person->target_name, 0,
                          "kept its own place: this store gives files back to their owner only");
          fate->stays = TRUE;
          continue;
        }
      incoming = g_new0 (MoorIncoming, 1);
      incoming->from = plan->person;
      incoming->fate = fate;
      incoming->below = g_strdup (below);
      incoming->kind = child->kind;
      incoming->target = g_strdup (placement->path);
      incoming->is_first = n_sent++ == 0;
      moor_incoming_send (plan->restore, incoming);
    }
}

/* What an earlier run of this restore noted stays true. */
static void
remember (const Plan *plan, MoorFate *fate, const Child *child)
{
  g_auto(MoorTargetText) before = { 0 };

  if (!plan->restore->goes_on || child->target == NULL)
    return;
  moor_target_text_parse (child->target, &before);
  for (char **path = before.paths; *path != NULL; path++)
    moor_fate_add_path (fate, *path);
}

static MoorFate *
judge (const Plan *plan, const Child *child, const char *below, gboolean switched_off)
{
  const MoorTargetRules *rules = plan->rules->target;
  const gboolean is_dir = child->kind == MOOR_KIND_DIRECTORY;
  g_autofree char *source = source_path (plan->person, below);
  const gboolean is_left = switched_off || moor_target_rules_never_restored (rules, source, is_dir);
  g_autoptr(GPtrArray) placements = NULL;
  MoorAttributes travels = (MoorAttributes) ALL_ATTRIBUTES;
  const MoorRuleItem *content = NULL;
  gboolean stays = !is_left;
  MoorFate *fate;

  if (!is_left && moor_target_rules_move_anything (rules))
    placements = moor_target_rules_relocate (rules, source, is_dir, &stays);
  if (!is_left && moor_target_rules_change_anything (rules))
    {
      travels = moor_target_rules_attributes (rules, source, is_dir);
      content = is_dir ? NULL : moor_target_rules_content (rules, source);
    }
  if (stays && (placements == NULL || placements->len == 0) && (guint) travels == ALL_ATTRIBUTES
      && content == NULL)
    return NULL;
  fate = g_new0 (MoorFate, 1);
  fate->id = child->id;
  fate->own_name = g_strdup (child->name);
  fate->stays = stays;
  fate->travels = travels;
  fate->content = content;
  fate->paths = g_ptr_array_new_with_free_func (g_free);
  remember (plan, fate, child);
  if (placements != NULL)
    send_away (plan, fate, child, below, placements);
  g_hash_table_insert (plan->person->fates, g_strdup (below), fate);
  return fate;
}

/* Takes the next child of the folder we are in. */
static gboolean
plan_child (Plan *plan, Frame *frame, GError **error)
{
  const Child *child = g_ptr_array_index (frame->children, frame->next++);
  char *below = frame->below[0] != '\0' ? g_strconcat (frame->below, "/", child->name, NULL)
                                        : g_strdup (child->name);
  const gboolean is_dir = child->kind == MOOR_KIND_DIRECTORY;
  const MoorWanted wanted = moor_wanted_of (plan->wanted, below);
  MoorRuleState all = 0;
  MoorRuleState on = 0;
  MoorFate *fate = NULL;
  Frame *inner;

  if (plan->person->known != NULL)
    g_hash_table_add (plan->person->known, g_strdup (below));
  if (wanted == MOOR_WANTED_NOT || (wanted == MOOR_WANTED_PARTLY && !is_dir))
    {
      g_free (below);
      frame->is_barren = FALSE;
      return TRUE;
    }
  if (plan->rules != NULL)
    {
      gboolean off = is_switched_off (plan, frame, child, &all, &on);

      if (wanted == MOOR_WANTED_ALL)
        fate = judge (plan, child, below, off);
    }
  if (!is_dir)
    {
      frame->is_barren = frame->is_barren && fate != NULL && !fate->stays;
      g_free (below);
      return TRUE;
    }
  inner = push (plan, child->id, below, error);
  if (inner == NULL)
    return FALSE;
  inner->fate = fate;
  inner->all = all;
  inner->on = on;
  return TRUE;
}

static void
pop (Plan *plan)
{
  const Frame *frame = g_ptr_array_index (plan->frames, plan->frames->len - 1);
  const gboolean is_barren = frame->is_barren && frame->fate != NULL && !frame->fate->stays;

  if (frame->fate != NULL)
    frame->fate->is_barren = is_barren;
  g_ptr_array_remove_index (plan->frames, plan->frames->len - 1);
  if (plan->frames->len > 0 && !is_barren)
    ((Frame *) g_ptr_array_index (plan->frames, plan->frames->len - 1))->is_barren = FALSE;
}

/* Whether rules can say anything but "as it was", which then has to be asked of everything. */
static gboolean
speak (const MoorRestoreRules *rules)
{
  return rules != NULL
         && (rules->on != NULL || moor_target_rules_move_anything (rules->target)
             || moor_target_rules_change_anything (rules->target)
             || moor_target_rules_restrain_anything (rules->target));
}

/**
 * moor_fates_plan:
 * @person: gets `fates`, and `known` for the system; others get `incoming`
 *
 * Holds everything that @person has in the store against the rules.  Blocks.  Any
 * thread, one at a time.
 *
 * Returns: %FALSE with %G_IO_ERROR_CANCELLED or an error of the catalogue
 */
gboolean
moor_fates_plan (const MoorRestore *restore, MoorRestoring *person, GError **error)
{
  g_auto(Plan) plan = { .restore = restore, .person = person };
  const MoorRestoreRules *rules = speak (restore->rules) ? restore->rules : NULL;
  Frame *top;

  if (rules == NULL && !person->is_system)
    return TRUE;
  plan.rules = rules;
  plan.reader = moor_reader_new (restore->store, error);
  if (plan.reader == NULL)
    return FALSE;
  plan.wanted = moor_wanted_list (person->profile, restore->options->paths);
  plan.frames = g_ptr_array_new_with_free_func (frame_free);
  if (person->is_system)
    person->known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  if (rules != NULL)
    person->fates = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, fate_free);
  top = push (&plan, person->profile->root_object, g_strdup (""), error);
  if (top == NULL)
    return FALSE;
  if (rules != NULL && rules->on != NULL)
    {
      top->all = moor_ruling_start (rules->all, person->profile->home);
      top->on = moor_ruling_start (rules->on, person->profile->home);
    }
  while (plan.frames->len > 0)
    {
      Frame *frame = g_ptr_array_index (plan.frames, plan.frames->len - 1);

      if (!moor_job_check (restore->job, error))
        return FALSE;
      if (frame->next >= frame->children->len)
        pop (&plan);
      else if (!plan_child (&plan, frame, error))
        return FALSE;
    }
  return TRUE;
}

/**
 * moor_fates_find:
 * @below: (type filename): below the home
 *
 * Returns: (transfer none) (nullable): what rules say of it.  Any thread.
 */
MoorFate *
moor_fates_find (const MoorRestoring *person, const char *below)
{
  return person->fates != NULL ? g_hash_table_lookup (person->fates, below) : NULL;
}

/**
 * moor_fates_record:
 * @fates: (element-type MoorFate): the same one may be in it several times
 *
 * Writes down what came of objects, so that a verification finds them.  Blocks.
 *
 * Returns: %FALSE with an error of the catalogue
 */
gboolean
moor_fates_record (const MoorRestore *restore, GPtrArray *fates, GError **error)
{
  g_autoptr(GHashTable) names = NULL;

  if (fates->len == 0)
    return TRUE;
  names = g_hash_table_new_full (g_direct_hash, g_direct_equal, NULL, g_free);
  for (guint i = 0; i < fates->len; i++)
    {
      const MoorFate *fate = g_ptr_array_index (fates, i);

      g_hash_table_insert (names, GSIZE_TO_POINTER (fate->id), moor_target_text_format (fate));
    }
  return moor_store_set_target_names (restore->store, names, error);
}
