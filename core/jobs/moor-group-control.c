/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-group-control.h"

#include <string.h>

#include "moor-account.h"

/* The groups of Windows that have something like them here; all others are called what
 * they are called. */
static const struct
{
  const char *windows;
  const char *here[4];
} known[] = {
  { "Administrators", { "sudo", "wheel", "admin" } },
  { "Users", { "users" } },
};

static const char *const *
others_of (const char *written)
{
  static const char *const none[] = { NULL };

  for (gsize i = 0; i < G_N_ELEMENTS (known); i++)
    {
      if (g_ascii_strcasecmp (known[i].windows, written) == 0)
        return known[i].here;
    }
  return none;
}

/* Only the asterisk is special, and capitals do not matter. */
static gboolean
fits (const char *pattern, const char *text)
{
  g_autofree char *folded_pattern = g_utf8_casefold (pattern, -1);
  g_autofree char *folded_text = g_utf8_casefold (text, -1);

  return g_pattern_match_simple (folded_pattern, folded_text);
}

/* A domain by its full name, or by its first label as Windows shows it. */
static gboolean
fits_domain (const char *pattern, const char *domain)
{
  g_autofree char *label = g_strndup (domain, strcspn (domain, "."));

  return fits (pattern, domain) || fits (pattern, label);
}

static gboolean
is_computer (const MoorGroupControl *control, const char *pattern)
{
  if (g_str_equal (pattern, ".") || g_ascii_strcasecmp (pattern, "%computername%") == 0)
    return TRUE;
  for (guint i = 0; i < control->computers->len; i++)
    {
      if (fits_domain (pattern, g_ptr_array_index (control->computers, i)))
        return TRUE;
    }
  return FALSE;
}

/* `DOMAIN\user`; without a domain it is about local users, and `*` about all. */
static gboolean
fits_account (const MoorGroupControl *control, const char *pattern, const char *login)
{
  const char *slash = strchr (login, '\\');
  const char *at = strrchr (login, '@');
  const char *pattern_slash = strchr (pattern, '\\');
  g_autofree char *domain = NULL;
  g_autofree char *wanted = NULL;
  g_autofree char *name = NULL;

  if (pattern_slash == NULL)
    return fits (pattern, login);
  wanted = g_strndup (pattern, (gsize) (pattern_slash - pattern));
  if (slash != NULL)
    {
      domain = g_strndup (login, (gsize) (slash - login));
      name = g_strdup (slash + 1);
    }
  else if (at != NULL)
    {
      domain = g_strdup (at + 1);
      name = g_strndup (login, (gsize) (at - login));
    }
  else
    name = g_strdup (login);
  return fits (pattern_slash + 1, name)
         && (domain != NULL ? fits_domain (wanted, domain) : is_computer (control, wanted));
}

static gboolean
fits_any (const MoorGroupControl *control, GPtrArray *patterns, const char *login)
{
  for (guint i = 0; i < patterns->len; i++)
    {
      if (fits_account (control, g_ptr_array_index (patterns, i), login))
        return TRUE;
    }
  return FALSE;
}

static gboolean
is_about (const MoorGroupControl *control,
          const MoorConfigGroupChange *change,
          const char *login,
          gboolean is_migrated)
{
  const gboolean included = change->include->len > 0 ? fits_any (control, change->include, login)
                                                     : change->exclude->len > 0;

  return (is_migrated ? change->migrated_users : change->other_users) && included
         && !fits_any (control, change->exclude, login);
}

static gboolean
is_from (const MoorConfigGroupChange *change, const char *group)
{
  if (group == NULL)
    return g_str_equal (change->from, "*");
  return fits (change->from, group) || g_strv_contains (others_of (change->from), group);
}

/**
 * moor_group_control_find:
 * @login: the login name that somebody had, or has without being migrated
 * @is_migrated: the person is restored
 * @group: (nullable): a group of that person; %NULL for somebody who is in none
 *
 * Returns: (nullable): the first entry that is about this membership.  Any thread.
 */
const MoorConfigGroupChange *
moor_group_control_find (const MoorGroupControl *control,
                         const char *login,
                         gboolean is_migrated,
                         const char *group)
{
  for (guint i = 0; i < control->config->group_changes->len; i++)
    {
      const MoorConfigGroupChange *change = g_ptr_array_index (control->config->group_changes, i);

      if (is_from (change, group) && is_about (control, change, login, is_migrated))
        return change;
    }
  return NULL;
}

/**
 * moor_group_control_resolve:
 * @written: the name of a group, perhaps one of Windows
 * @more: (array zero-terminated=1): groups that @target will have
 *
 * Blocks.  Any thread.
 *
 * Returns: (transfer full) (nullable): the group of @target that is meant; %NULL if there is
 *   none
 */
char *
moor_group_control_resolve (const char *written, MoorSystem *target, const char *const *more)
{
  if (g_strv_contains (more, written) || moor_account_has_group (target, written))
    return g_strdup (written);
  for (const char *const *name = others_of (written); *name != NULL; name++)
    {
      if (g_strv_contains (more, *name) || moor_account_has_group (target, *name))
        return g_strdup (*name);
    }
  return NULL;
}
