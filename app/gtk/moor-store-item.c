/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-store-item.h"

#include <glib/gi18n.h>

#include "moor-text.h"
#include "moor-words.h"

/**
 * MoorStoreItem:
 *
 * One store of the list, as "store-list" told of it.  Immutable.
 */
struct _MoorStoreItem
{
  GObject parent_instance;

  JsonObject *json;
  GHashTable *full_names; /* (element-type utf8 utf8) (owned) */
};

G_DEFINE_FINAL_TYPE (MoorStoreItem, moor_store_item, G_TYPE_OBJECT)

static void
moor_store_item_finalize (GObject *object)
{
  json_object_unref (MOOR_STORE_ITEM (object)->json);
  g_hash_table_unref (MOOR_STORE_ITEM (object)->full_names);

  G_OBJECT_CLASS (moor_store_item_parent_class)->finalize (object);
}

static void
moor_store_item_class_init (MoorStoreItemClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = moor_store_item_finalize;
}

static void
moor_store_item_init (MoorStoreItem *self)
{
  self->full_names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}

static void
learn_names (MoorStoreItem *self)
{
  JsonArray *people = moor_json_list (self->json, "people");
  JsonArray *full_names = moor_json_list (self->json, "full-names");
  guint n_names = people != NULL && full_names != NULL
                      ? MIN (json_array_get_length (people), json_array_get_length (full_names))
                      : 0;

  for (guint i = 0; i < n_names; i++)
    {
      const char *full_name = json_array_get_string_element (full_names, i);

      if (full_name != NULL && *full_name != '\0')
        g_hash_table_replace (self->full_names,
                              g_strdup (json_array_get_string_element (people, i)),
                              moor_text_path (full_name));
    }
}

/**
 * moor_store_item_new:
 * @store: one of the stores of the answer
 *
 * Returns: (transfer full): a new item
 */
MoorStoreItem *
moor_store_item_new (JsonObject *store)
{
  MoorStoreItem *self = g_object_new (MOOR_TYPE_STORE_ITEM, NULL);

  self->json = json_object_ref (store);
  learn_names (self);
  return self;
}

JsonObject *
moor_store_item_get_json (MoorStoreItem *self)
{
  return self->json;
}

const char *
moor_store_item_get_path (MoorStoreItem *self)
{
  return moor_json_text (self->json, "path");
}

const char *
moor_store_item_get_state (MoorStoreItem *self)
{
  return moor_json_text (self->json, "state");
}

/**
 * moor_store_item_is_usable:
 *
 * Returns: whether anything can be done with it: neither damaged nor in use
 */
gboolean
moor_store_item_is_usable (MoorStoreItem *self)
{
  const char *problem = moor_json_text (self->json, "problem");
  const char *in_use_by = moor_json_text (self->json, "in-use-by");

  return (problem == NULL || *problem == '\0') && (in_use_by == NULL || *in_use_by == '\0');
}

static gboolean
is_in (MoorStoreItem *self, const char *const *states)
{
  const char *state = moor_store_item_get_state (self);

  return moor_store_item_is_usable (self) && state != NULL && g_strv_contains (states, state);
}

gboolean
moor_store_item_can_restore (MoorStoreItem *self)
{
  static const char *const states[] = { "sealed",    "set-aside", "wiped",
                                        "restoring", "restored",  NULL };

  return is_in (self, states);
}

gboolean
moor_store_item_can_resume (MoorStoreItem *self)
{
  static const char *const states[] = { "capturing", NULL };

  return is_in (self, states);
}

gboolean
moor_store_item_can_check (MoorStoreItem *self)
{
  static const char *const states[] = { "sealed", "set-aside", "wiped", "restored", NULL };

  return is_in (self, states);
}

/**
 * moor_store_item_is_restored:
 *
 * Returns: whether a check compares with the restored system rather than with the source
 */
gboolean
moor_store_item_is_restored (MoorStoreItem *self)
{
  static const char *const states[] = { "set-aside", "wiped", "restoring", "restored", NULL };

  return is_in (self, states);
}

/**
 * moor_store_item_get_full_names:
 *
 * Returns: (transfer none) (element-type utf8 utf8): what its people are called, by login name
 */
GHashTable *
moor_store_item_get_full_names (MoorStoreItem *self)
{
  return self->full_names;
}

/**
 * moor_store_item_dup_title:
 *
 * Returns: (transfer full): whose files it holds
 */
char *
moor_store_item_dup_title (MoorStoreItem *self)
{
  JsonArray *people = moor_json_list (self->json, "people");

  if (people == NULL || json_array_get_length (people) == 0)
    return g_strdup (_ ("Store"));
  return moor_words_people (people, self->full_names);
}

/**
 * moor_store_item_dup_summary:
 *
 * Returns: (transfer full): "yesterday · 1.2 GB · /home/.mooring"
 */
char *
moor_store_item_dup_summary (MoorStoreItem *self)
{
  gint64 made_s = (gint64) moor_json_count (self->json, "made");
  g_autofree char *day = made_s > 0 ? moor_words_day (made_s) : g_strdup (_ ("unknown date"));
  g_autofree char *size = moor_text_size (moor_json_count (self->json, "bytes"));

  return g_strjoin (" · ", day, size, moor_store_item_get_path (self), NULL);
}

/**
 * moor_store_item_dup_label:
 *
 * Returns: (transfer full): one line to tell it from other stores by
 */
char *
moor_store_item_dup_label (MoorStoreItem *self)
{
  g_autofree char *title = moor_store_item_dup_title (self);
  gint64 made_s = (gint64) moor_json_count (self->json, "made");
  g_autofree char *made = made_s > 0 ? moor_words_moment (made_s) : g_strdup (_ ("unknown date"));

  return g_strjoin (" · ", made, title, NULL);
}
