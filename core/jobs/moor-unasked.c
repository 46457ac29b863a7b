/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-unasked.h"

#include "moor-counter.h"
#include "moor-lock.h"
#include "moor-text.h"

#define N_EXAMPLES 4

typedef struct
{
  gsize n_folders; /* (atomic) the counters */
  gsize n_files;
  gsize n_examples;
  GPtrArray *examples; /* (element-type filename) (owned): guarded by the lock */
} Home;

struct _MoorUnasked
{
  GMutex lock;
  guint n_homes;
  Home *homes; /* (owned) */
};

/**
 * moor_unasked_new:
 * @n_chosen: how many people there are
 *
 * Returns: (transfer full): nothing found yet
 */
MoorUnasked *
moor_unasked_new (guint n_chosen)
{
  MoorUnasked *unasked = g_new0 (MoorUnasked, 1);

  g_mutex_init (&unasked->lock);
  unasked->n_homes = n_chosen;
  unasked->homes = g_new0 (Home, n_chosen);
  for (guint i = 0; i < n_chosen; i++)
    unasked->homes[i].examples = g_ptr_array_new_with_free_func (g_free);
  return unasked;
}

/**
 * moor_unasked_free:
 * @unasked: (transfer full): what no thread adds to any more
 */
void
moor_unasked_free (MoorUnasked *unasked)
{
  for (guint i = 0; i < unasked->n_homes; i++)
    g_ptr_array_unref (unasked->homes[i].examples);
  g_free (unasked->homes);
  g_mutex_clear (&unasked->lock);
  g_free (unasked);
}

/**
 * moor_unasked_count:
 * @chosen: whose home it is in
 * @is_dir: a folder, with all that is in it; else a single object
 *
 * Any thread.
 *
 * Returns: whether it would do as an example, for moor_unasked_take_example()
 */
gboolean
moor_unasked_count (MoorUnasked *unasked, guint chosen, gboolean is_dir)
{
  Home *home = &unasked->homes[chosen];

  moor_counter_add (is_dir ? &home->n_folders : &home->n_files, 1);
  if (moor_counter_get (&home->n_examples) >= N_EXAMPLES)
    return FALSE;
  moor_counter_add (&home->n_examples, 1);
  return TRUE;
}

/**
 * moor_unasked_take_example:
 * @path: (transfer full) (type filename): what was counted
 *
 * Any thread.
 */
void
moor_unasked_take_example (MoorUnasked *unasked, guint chosen, char *path)
{
  moor_lock (&unasked->lock);
  g_ptr_array_add (unasked->homes[chosen].examples, path);
  moor_unlock (&unasked->lock);
}

/**
 * moor_unasked_to_json:
 * @chosen: (element-type MoorChosen): the people it was made for
 *
 * Returns: (transfer full): an object for each home in which there is something:
 *   profile, folders, files, examples[]
 */
JsonArray *
moor_unasked_to_json (const MoorUnasked *unasked, GPtrArray *chosen)
{
  JsonArray *homes = json_array_new ();

  for (guint i = 0; i < unasked->n_homes; i++)
    {
      const Home *home = &unasked->homes[i];
      const MoorChosen *one = g_ptr_array_index (chosen, i);
      JsonArray *examples;
      JsonObject *entry;

      if (home->n_folders + home->n_files == 0)
        continue;
      entry = json_object_new ();
      examples = json_array_new ();
      json_object_set_string_member (entry, "profile", one->profile->name);
      json_object_set_int_member (entry, "folders", (gint64) home->n_folders);
      json_object_set_int_member (entry, "files", (gint64) home->n_files);
      json_object_set_array_member (entry, "examples", examples);
      g_ptr_array_sort (home->examples, (GCompareFunc) (void (*) (void)) moor_compare_names);
      for (guint j = 0; j < home->examples->len; j++)
        {
          g_autofree char *text = moor_text_path (g_ptr_array_index (home->examples, j));

          json_array_add_string_element (examples, text);
        }
      json_array_add_object_element (homes, entry);
    }
  return homes;
}
