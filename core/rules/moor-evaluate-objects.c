/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-evaluate-private.h"

/* Object sets: patterns, what generators make, and what is found in the content of objects. */

static void
add_pattern (MoorEvaluation *self, MoorValues values, const MoorPatternText *text, GPtrArray *found)
{
  MoorPattern *pattern = moor_evaluation_pattern (self, values, &text->origin, text->type,
                                                  text->text);
  MoorFound *one;

  if (pattern == NULL)
    return;
  one = g_new0 (MoorFound, 1);
  one->pattern = pattern;
  one->written = g_strdup (text->text);
  g_ptr_array_add (found, one);
}

static void
extract_from_pattern (MoorEvaluation *self,
                      MoorValues values,
                      const MoorCall *filter,
                      const MoorPatternText *text,
                      GPtrArray *found)
{
  if (text->type == MOOR_PATTERN_INI)
    moor_evaluation_extract (self, values, filter, text->text, found);
  else if (text->type == MOOR_PATTERN_FILE)
    moor_evaluation_tell (
        self, MOOR_FINDING_WARNING, &text->origin, "content-of-file",
        g_strdup_printf ("%s finds nothing in files.", moor_helper_name (filter->helper)),
        "Name a value of the registry or a setting of an ini file.");
  else if (self->host->style == MOOR_PATHS_LINUX)
    moor_evaluation_tell (self, MOOR_FINDING_NOTE, &text->origin, "registry-on-linux",
                          g_strdup ("Registry rules mean nothing on a Linux system."), NULL);
  else
    moor_evaluation_tell (self, MOOR_FINDING_NOTE, &text->origin, "registry-not-read",
                          g_strdup ("Nothing in the registry counts as there: it is not read."),
                          NULL);
}

/* A content filter looks into single objects, so what generators make is not for it. */
static void
add_content (MoorEvaluation *self,
             MoorValues values,
             const MoorObjectSource *content,
             GPtrArray *found)
{
  for (guint i = 0; i < content->content_sets->len; i++)
    {
      const MoorObjectSetNode *set = g_ptr_array_index (content->content_sets, i);

      if (set->conditions != NULL && !moor_evaluation_condition (self, set->conditions))
        continue;
      for (guint j = 0; j < set->sources->len; j++)
        {
          const MoorObjectSource *source = g_ptr_array_index (set->sources, j);

          if (source->pattern != NULL)
            extract_from_pattern (self, values, content->content_filter, source->pattern, found);
          else
            moor_evaluation_tell (self, MOOR_FINDING_WARNING, &source->origin, "content-of-script",
                                  g_strdup ("A <content> takes nothing but patterns."), NULL);
        }
    }
}

static void
add_object_set (MoorEvaluation *self,
                MoorValues values,
                const MoorObjectSetNode *set,
                GPtrArray *found)
{
  if (set->conditions != NULL && !moor_evaluation_condition (self, set->conditions))
    return;

  for (guint i = 0; i < set->sources->len; i++)
    {
      const MoorObjectSource *source = g_ptr_array_index (set->sources, i);

      if (source->pattern != NULL)
        add_pattern (self, values, source->pattern, found);
      else if (source->script != NULL)
        moor_evaluation_generate (self, values, source->script, found);
      else if (source->content_filter != NULL && source->content_sets != NULL)
        add_content (self, values, source, found);
    }
}

/* (element-type MoorFound) (owned): the patterns of all @sets. */
GPtrArray *
moor_evaluation_object_sets (MoorEvaluation *self, MoorValues values, const GPtrArray *sets)
{
  GPtrArray *found = g_ptr_array_new_with_free_func (moor_found_free);

  for (guint i = 0; i < sets->len; i++)
    add_object_set (self, values, g_ptr_array_index (sets, i), found);
  return found;
}
