/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-evaluate-private.h"

#include <string.h>

#include "moor-target-private.h"
#include "moor-text.h"

/* How far reaches what rules read from files.
 *
 * A setting of a person's own file is the person's word, and rules are obeyed with the rights of
 * the system: what such a setting names counts only below the same home.  A file that others than
 * the system may write belongs to nobody in particular, and its settings name no place at all.
 *
 * While a text is expanded, self->reach is the top of where it may lead to; self->drawn is the
 * same for everything that a variable is made from. */

/* No canonical path is at or below it. */
#define NOWHERE "//"

/* The deepest home that @path is in, NULL if it is in none. */
static const char *
home_around (const MoorRuleHost *host, const char *path)
{
  const char *best = NULL;

  for (guint i = 0; i < host->users->len + host->all_homes->len; i++)
    {
      const char *home = i < host->users->len ? ((const MoorRuleUser *) host->users->pdata[i])->home
                                              : host->all_homes->pdata[i - host->users->len];

      if (home[0] != '\0' && moor_path_below (host->style, path, home) != NULL
          && (best == NULL || strlen (home) > strlen (best)))
        best = home;
    }
  return best;
}

/* Ownership tells nothing on a Windows system. */
static gboolean
is_the_systems (const MoorRuleHost *host, const struct statx *stx)
{
  struct statx root;

  if (host->style == MOOR_PATHS_WINDOWS)
    return TRUE;
  return host->sys->statx (host->root_dfd, "", AT_EMPTY_PATH, STATX_UID | STATX_GID, &root) == 0
         && stx->stx_uid == root.stx_uid && (stx->stx_mode & S_IWOTH) == 0
         && ((stx->stx_mode & S_IWGRP) == 0 || stx->stx_gid == root.stx_gid);
}

static const char *
narrower (const char *a, const char *b)
{
  if (a == NULL || b == NULL)
    return a != NULL ? a : b;
  return g_str_equal (a, b) ? a : NOWHERE;
}

/* What is expanded now takes part of its text from what may lead to @reach only; NULL: anywhere. */
void
moor_evaluation_draw (MoorEvaluation *self, const char *reach)
{
  const char *interned = reach != NULL ? g_intern_string (reach) : NULL;

  self->reach = narrower (self->reach, interned);
  self->drawn = narrower (self->drawn, interned);
}

/* The same for the content of the file at @path. */
void
moor_evaluation_draw_from_file (MoorEvaluation *self, const char *path, const struct statx *stx)
{
  const char *home = home_around (self->host, path);

  if (home == NULL && !is_the_systems (self->host, stx))
    home = NOWHERE;
  moor_evaluation_draw (self, home);
}

/* Whether @pattern leads to where it may; if not, a finding. */
gboolean
moor_evaluation_reaches (MoorEvaluation *self, const MoorOrigin *origin, const MoorPattern *pattern)
{
  const char *star = strchr (pattern->node, '*');
  g_autofree char *literal = NULL;
  g_autofree char *shown = NULL;
  const char *home;
  const char *rest;
  const char *why = "a setting of a person's own file names it, and it is not in the same home";

  if (self->reach == NULL || pattern->type == MOOR_PATTERN_REGISTRY)
    return TRUE;

  literal = g_strndup (pattern->node,
                       star != NULL ? (gsize) (star - pattern->node) : strlen (pattern->node));
  if (star != NULL && strrchr (literal, '/') != NULL)
    *strrchr (literal, '/') = '\0';
  home = home_around (self->host, literal);
  rest = home != NULL ? moor_path_below (self->host->style, home, self->reach) : NULL;
  if (rest != NULL && rest[0] == '\0')
    return TRUE;

  if (g_str_equal (self->reach, NOWHERE))
    why = "a setting that others than the system may write names it";
  shown = moor_text_path (pattern->node);
  moor_evaluation_tell (self, MOOR_FINDING_WARNING, origin, "foreign-place",
                        g_strdup_printf ("“%s” is not used: %s.", shown, why),
                        "Name the place in the rule, or in a file of the system.");
  return FALSE;
}
