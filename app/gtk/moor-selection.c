/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-selection.h"

#include <glib/gi18n.h>

#include "moor-text.h"
#include "moor-words.h"

/* What the chosen people come to, added up from what the estimate told of each. */

typedef struct
{
  guint n_people;
  guint n_measured;
  guint64 n_files;
  guint64 n_objects;
  guint64 n_bytes;
  guint64 n_copy_bytes;
  guint64 n_all_objects;
  guint64 n_all_bytes;
  guint64 n_all_copy_bytes;
  double low_s;
  double high_s;
} Sums;

static void
add_person (Sums *sums, MoorPerson *person)
{
  double low_s;
  double high_s;

  sums->n_all_objects += moor_person_get_n_objects (person);
  sums->n_all_bytes += moor_person_get_n_bytes (person);
  sums->n_all_copy_bytes += moor_person_get_copy_bytes (person);
  if (!moor_person_get_selected (person))
    return;

  sums->n_people++;
  sums->n_measured += moor_person_get_measure (person) == MOOR_MEASURE_DONE;
  sums->n_files += moor_person_get_n_files (person);
  sums->n_objects += moor_person_get_n_objects (person);
  sums->n_bytes += moor_person_get_n_bytes (person);
  sums->n_copy_bytes += moor_person_get_copy_bytes (person);
  moor_person_get_seconds (person, &low_s, &high_s);
  sums->low_s += MAX (low_s, 0);
  sums->high_s += MAX (high_s, 0);
}

static Sums
add_up (GListModel *people)
{
  Sums sums = { 0 };

  for (guint i = 0; i < g_list_model_get_n_items (people); i++)
    {
      g_autoptr(MoorPerson) person = g_list_model_get_item (people, i);

      add_person (&sums, person);
    }
  return sums;
}

/**
 * moor_selection_count:
 * @people: (element-type MoorPerson)
 *
 * Returns: how many are chosen
 */
guint
moor_selection_count (GListModel *people)
{
  return add_up (people).n_people;
}

/**
 * moor_selection_count_objects:
 * @people: (element-type MoorPerson)
 *
 * Returns: how many objects those who are chosen have, as far as is known
 */
guint64
moor_selection_count_objects (GListModel *people)
{
  return add_up (people).n_objects;
}

/**
 * moor_selection_dup_names:
 * @people: (element-type MoorPerson)
 *
 * Returns: (transfer full): login names of those who are chosen
 */
char **
moor_selection_dup_names (GListModel *people)
{
  GPtrArray *names = g_ptr_array_new ();

  for (guint i = 0; i < g_list_model_get_n_items (people); i++)
    {
      g_autoptr(MoorPerson) person = g_list_model_get_item (people, i);

      if (moor_person_get_selected (person))
        g_ptr_array_add (names, g_strdup (moor_person_get_name (person)));
    }
  g_ptr_array_add (names, NULL);
  return (char **) g_ptr_array_free (names, FALSE);
}

/**
 * moor_selection_all_reachable:
 * @people: (element-type MoorPerson)
 *
 * Returns: whether everybody's files may be read
 */
gboolean
moor_selection_all_reachable (GListModel *people)
{
  for (guint i = 0; i < g_list_model_get_n_items (people); i++)
    {
      g_autoptr(MoorPerson) person = g_list_model_get_item (people, i);

      if (!moor_person_get_reachable (person))
        return FALSE;
    }
  return TRUE;
}

/* What is not copied costs a name each: its part of the whole by the number of names. */
static guint64
new_space (const Sums *sums, JsonObject *totals)
{
  guint64 all = moor_json_count (totals, "new-space");
  guint64 names = all > sums->n_all_copy_bytes ? all - sums->n_all_copy_bytes : 0;
  double part = sums->n_all_objects > 0 ? (double) sums->n_objects / (double) sums->n_all_objects
                                        : 0;

  return sums->n_copy_bytes + (guint64) ((double) names * part);
}

static char *
dup_copying (const Sums *sums, JsonObject *totals)
{
  double part = sums->n_all_bytes > 0 ? (double) sums->n_bytes / (double) sums->n_all_bytes : 0;
  double low_s = moor_json_number (totals, "copy-seconds-low", -1) * part;
  double high_s = moor_json_number (totals, "copy-seconds-high", -1) * part;
  g_autofree char *range = NULL;

  if (low_s < 0 || high_s < 0)
    return g_strdup (".");
  range = moor_words_about (low_s, high_s);
  return g_strdup_printf (_ ("; copying would take %s."), range);
}

/**
 * moor_selection_dup_sentence:
 * @people: (element-type MoorPerson)
 * @totals: (nullable): "totals" of the estimate, once it is there
 * @measuring: whether an estimate is under way
 *
 * Returns: (transfer full): what capturing the chosen people comes to
 */
char *
moor_selection_dup_sentence (GListModel *people, JsonObject *totals, gboolean measuring)
{
  Sums sums = add_up (people);
  g_autofree char *files = moor_words_files (sums.n_files);
  g_autofree char *bytes = moor_text_size (sums.n_bytes);
  g_autofree char *space = moor_text_size (new_space (&sums, totals));
  g_autofree char *range = moor_words_about (sums.low_s, sums.high_s);
  g_autofree char *copying = dup_copying (&sums, totals);

  if (sums.n_people == 0)
    return g_strdup (_ ("Choose whose files to capture."));
  if (measuring)
    return g_strdup_printf (_ ("%s, %s so far; measuring %u of %u people…"), files, bytes,
                            MIN (sums.n_measured + 1, sums.n_people), sums.n_people);
  if (totals == NULL)
    return g_strdup_printf (ngettext ("%u person chosen.", "%u people chosen.", sums.n_people),
                            sums.n_people);
  return g_strdup_printf (_ ("%s, %s stay where they are; %s of new space; %s%s"), files, bytes,
                          space, range, copying);
}
