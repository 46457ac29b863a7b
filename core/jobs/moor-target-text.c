/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-restore-private.h"

#include <string.h>

/* Where an object went, as the catalogue keeps it: see MoorObject's target_name. */

#define LEFT "."
#define CHANGED "./"

/**
 * moor_target_text_format:
 *
 * Returns: (transfer full) (nullable): what the catalogue keeps; %NULL for what is as it
 *   was, in its own place.  Any thread.
 */
char *
moor_target_text_format (const MoorFate *fate)
{
  const gboolean is_there = fate->stays && g_strcmp0 (fate->name, LEFT) != 0;
  g_autoptr(GString) text = g_string_new (fate->is_changed ? CHANGED : NULL);

  if (!is_there && fate->paths->len == 0)
    return g_strdup (LEFT);
  if (is_there && fate->paths->len == 0 && !fate->is_changed)
    return g_strdup (fate->name);
  if (is_there)
    g_string_append (text, fate->name != NULL ? fate->name : fate->own_name);
  for (guint i = 0; i < fate->paths->len; i++)
    g_string_append_printf (text, "%s%s", is_there || i > 0 ? "/" : "",
                            (const char *) g_ptr_array_index (fate->paths, i));
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/**
 * moor_target_text_parse:
 * @text: what the catalogue keeps
 * @out_text: (out caller-allocates): what it says
 *
 * Any thread.
 */
void
moor_target_text_parse (const char *text, MoorTargetText *out_text)
{
  g_autoptr(GPtrArray) paths = g_ptr_array_new ();
  g_auto(GStrv) places = NULL;
  char **place;

  *out_text = (MoorTargetText){ .is_left = g_str_equal (text, LEFT) };
  if (!out_text->is_left && g_str_has_prefix (text, CHANGED))
    {
      out_text->is_changed = TRUE;
      text += strlen (CHANGED);
    }
  places = g_strsplit (out_text->is_left ? "" : text + (text[0] == '/'), "//", -1);
  place = places;
  if (*place != NULL && text[0] != '/')
    out_text->name = g_strdup (*place++);
  for (; *place != NULL; place++)
    g_ptr_array_add (paths, g_strconcat ("/", *place, NULL));
  g_ptr_array_add (paths, NULL);
  out_text->paths = (char **) g_ptr_array_free (g_steal_pointer (&paths), FALSE);
}

void
moor_target_text_clear (MoorTargetText *text)
{
  g_clear_pointer (&text->name, g_free);
  g_clear_pointer (&text->paths, g_strfreev);
}
