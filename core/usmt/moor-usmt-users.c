/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-usmt-users.h"

#include <fnmatch.h>
#include <string.h>

/*
 * Who takes part: migrate(u) = /ui(u), or else with /uel: used lately; with /ue:
 * not named by it; without both: everybody who has a profile.
 */

#define SAMBA_USERS "S-1-22-1-" /* the SID of a Unix user, followed by the uid */

/**
 * moor_usmt_user_new:
 * @login: the name on the system
 * @computer: the domain of whoever has none
 *
 * Returns: (transfer full): somebody who is not chosen yet.  Any thread.
 */
MoorUsmtUser *
moor_usmt_user_new (const char *login, const char *computer, guint32 uid)
{
  MoorUsmtUser *user = g_new0 (MoorUsmtUser, 1);
  const char *slash = strchr (login, '\\');
  const char *at = strrchr (login, '@');

  user->login = g_strdup (login);
  user->uid = uid;
  if (slash != NULL)
    {
      user->domain = g_strndup (login, (gsize) (slash - login));
      user->name = g_strdup (slash + 1);
    }
  else if (at != NULL)
    {
      user->domain = g_strdup (at + 1);
      user->name = g_strndup (login, (gsize) (at - login));
    }
  else
    {
      user->domain = g_strdup (computer);
      user->name = g_strdup (login);
    }
  return user;
}

/**
 * moor_usmt_user_free:
 * @user: (transfer full) (nullable): who is no longer needed
 */
void
moor_usmt_user_free (MoorUsmtUser *user)
{
  if (user == NULL)
    return;

  g_free (user->login);
  g_free (user->domain);
  g_free (user->name);
  g_free (user->problem);
  g_free (user);
}

/**
 * moor_usmt_user_dup_account:
 *
 * Returns: (transfer full): `DOMAIN\user`, for logs.  Any thread.
 */
char *
moor_usmt_user_dup_account (const MoorUsmtUser *user)
{
  return g_strconcat (user->domain, "\\", user->name, NULL);
}

/**
 * moor_usmt_fits:
 * @pattern: text in which only the asterisk is special
 *
 * Returns: whether all of @text fits @pattern, whatever the case.  Any thread.
 */
gboolean
moor_usmt_fits (const char *pattern, const char *text)
{
  g_autoptr(GString) glob = g_string_new (NULL);

  for (const char *at = pattern; *at != '\0'; at++)
    {
      if (strchr ("?[]\\", *at) != NULL)
        g_string_append_c (glob, '\\');
      g_string_append_c (glob, *at);
    }
  return fnmatch (glob->str, text, FNM_CASEFOLD) == 0;
}

/* A domain by its full name, or by its first label as Windows shows it. */
static gboolean
fits_domain (const char *pattern, const char *domain)
{
  g_autofree char *label = g_strndup (domain, strcspn (domain, "."));

  return moor_usmt_fits (pattern, domain) || moor_usmt_fits (pattern, label);
}

static gboolean
is_local (const MoorUsmtUser *user)
{
  return g_str_equal (user->login, user->name);
}

static gboolean
fits_user (const char *pattern, const MoorUsmtUser *user)
{
  const char *slash = strchr (pattern, '\\');
  g_autofree char *domain = NULL;

  if (slash == NULL && g_ascii_strncasecmp (pattern, "S-1-", 4) == 0)
    {
      g_autofree char *sid = g_strdup_printf (SAMBA_USERS "%u", user->uid);

      return moor_usmt_fits (pattern, sid);
    }
  if (slash == NULL)
    return is_local (user) && moor_usmt_fits (pattern, user->name);
  domain = g_strndup (pattern, (gsize) (slash - pattern));
  return moor_usmt_fits (slash + 1, user->name)
         && (fits_domain (domain, user->domain) || (g_str_equal (domain, ".") && is_local (user)));
}

static char **
expand_all (const MoorUsmtCommand *command,
            MoorUsmtOption option,
            const MoorUsmtPaths *paths,
            GError **error)
{
  g_autoptr(GStrvBuilder) builder = g_strv_builder_new ();

  for (guint i = 0; moor_usmt_has (command, option) && i < command->values[option]->len; i++)
    {
      g_autofree char *text = moor_usmt_expand (
          paths, g_ptr_array_index (command->values[option], i), error);

      if (text == NULL)
        return NULL;
      g_strv_builder_add (builder, text);
    }
  return g_strv_builder_end (builder);
}

static gboolean
fits_any (char **patterns, const MoorUsmtUser *user, gboolean with_wildcards)
{
  for (char **pattern = patterns; *pattern != NULL; pattern++)
    {
      if ((with_wildcards || strchr (*pattern, '*') == NULL) && fits_user (*pattern, user))
        return TRUE;
    }
  return FALSE;
}

/* Since when somebody must have used the computer; G_MAXINT64 for "is logged on". */
static gint64
read_oldest (const char *value, gint64 now_us)
{
  guint64 days = 0;
  g_auto(GStrv) date = NULL;
  g_autoptr(GDateTime) day = NULL;

  if (g_ascii_string_to_unsigned (value, 10, 0, 100000, &days, NULL))
    return days == 0 ? G_MAXINT64 : now_us - (gint64) days * 24 * 3600 * G_USEC_PER_SEC;
  date = g_strsplit (value, "/", 3);
  day = g_date_time_new_local (atoi (date[0]), atoi (date[1]), atoi (date[2]), 0, 0, 0);
  return day != NULL ? g_date_time_to_unix (day) * G_USEC_PER_SEC : 0;
}

static gboolean
is_recent (const MoorUsmtUser *user, gint64 oldest_us)
{
  return oldest_us == G_MAXINT64 ? user->is_logged_on : user->last_used_us >= oldest_us;
}

/**
 * moor_usmt_choose_users:
 * @users: (element-type MoorUsmtUser): everybody there is; who takes part is set in them
 * @now_us: microseconds since the epoch
 *
 * Applies /all, /ui, /ue and /uel.  Accounts of the system itself are taken only
 * when /ui names them without a wildcard.  Any thread.
 *
 * Returns: %FALSE as moor_usmt_expand()
 */
gboolean
moor_usmt_choose_users (const MoorUsmtCommand *command,
                        const MoorUsmtPaths *paths,
                        GPtrArray *users,
                        gint64 now_us,
                        GError **error)
{
  g_auto(GStrv) included = expand_all (command, MOOR_USMT_UI, paths, error);
  g_auto(GStrv) excluded = included != NULL ? expand_all (command, MOOR_USMT_UE, paths, error)
                                             : NULL;
  const char *uel = moor_usmt_value (command, MOOR_USMT_UEL);
  gint64 oldest_us = uel != NULL ? read_oldest (uel, now_us) : 0;

  if (excluded == NULL)
    return FALSE;
  for (guint i = 0; i < users->len; i++)
    {
      MoorUsmtUser *user = g_ptr_array_index (users, i);

      user->chosen = uel != NULL ? is_recent (user, oldest_us) : !fits_any (excluded, user, TRUE);
      user->chosen = user->can_be_taken
                     && ((user->by_default && (user->chosen || fits_any (included, user, TRUE)))
                         || fits_any (included, user, FALSE));
    }
  return TRUE;
}

/* The login name that somebody of another domain has; domains are kept in the form
 * the old name has them in, and local names have none. */
static char *
move_to_domain (const MoorUsmtUser *user, const char *domain, const char *name, const char *here)
{
  if (is_local (user) || g_ascii_strcasecmp (domain, here) == 0 || g_str_equal (domain, "."))
    return g_strdup (name);
  if (strchr (user->login, '\\') != NULL)
    return g_strconcat (domain, "\\", name, NULL);
  return g_strconcat (name, "@", domain, NULL);
}

typedef struct
{
  const MoorUsmtPaths *paths;
  const char *here;
  MoorUsmtOption option;
  gboolean *used;
} Mover;

/* The new login name that the first fitting /mu or /md gives; NULL without one. */
static char *
move_user (const Mover *mover, char **moves, const MoorUsmtUser *user)
{
  for (guint i = 0; moves[i] != NULL; i++)
    {
      g_auto(GStrv) names = g_strsplit (moves[i], ":", 2);
      const char *slash = strchr (names[1], '\\');
      g_autofree char *domain = slash != NULL ? g_strndup (names[1], (gsize) (slash - names[1]))
                                              : g_strdup (user->domain);
      gboolean is_about = mover->option == MOOR_USMT_MD ? fits_domain (names[0], user->domain)
                                                        : fits_user (names[0], user);

      if (!is_about)
        continue;
      mover->used[i] = TRUE;
      if (mover->option == MOOR_USMT_MD)
        return move_to_domain (user, names[1], user->name, mover->here);
      return move_to_domain (user, domain, slash != NULL ? slash + 1 : names[1], mover->here);
    }
  return NULL;
}

static void
note_unused (char **moves, const gboolean *used, MoorUsmtOption option, GPtrArray *out_unused)
{
  for (guint i = 0; moves[i] != NULL; i++)
    {
      if (!used[i])
        g_ptr_array_add (out_unused,
                         g_strdup_printf ("%s:%s", moor_usmt_option_name (option), moves[i]));
    }
}

/**
 * moor_usmt_map_users:
 * @target_computer: the name of the computer that is restored to
 * @users: (element-type MoorUsmtUser): who was chosen
 * @out_map: (element-type utf8): gets "OLD:NEW" login names of those who change theirs
 * @out_unused: (element-type utf8): gets the options that fitted nobody
 *
 * Applies /mu and /md; a user that /mu names is not moved by /md as well.  Any thread.
 *
 * Returns: %FALSE as moor_usmt_expand()
 */
gboolean
moor_usmt_map_users (const MoorUsmtCommand *command,
                     const MoorUsmtPaths *paths,
                     const char *target_computer,
                     GPtrArray *users,
                     GPtrArray *out_map,
                     GPtrArray *out_unused,
                     GError **error)
{
  g_auto(GStrv) renames = expand_all (command, MOOR_USMT_MU, paths, error);
  g_auto(GStrv) moves = renames != NULL ? expand_all (command, MOOR_USMT_MD, paths, error) : NULL;
  g_autofree gboolean *renamed = NULL;
  g_autofree gboolean *moved = NULL;

  if (moves == NULL)
    return FALSE;
  renamed = g_new0 (gboolean, g_strv_length (renames) + 1);
  moved = g_new0 (gboolean, g_strv_length (moves) + 1);
  for (guint i = 0; i < users->len; i++)
    {
      const MoorUsmtUser *user = g_ptr_array_index (users, i);
      const Mover by_name = { paths, target_computer, MOOR_USMT_MU, renamed };
      const Mover by_domain = { paths, target_computer, MOOR_USMT_MD, moved };
      g_autofree char *login = move_user (&by_name, renames, user);

      if (login == NULL)
        login = move_user (&by_domain, moves, user);
      if (login != NULL && user->chosen && !g_str_equal (login, user->login))
        g_ptr_array_add (out_map, g_strconcat (user->login, ":", login, NULL));
    }
  note_unused (renames, renamed, MOOR_USMT_MU, out_unused);
  note_unused (moves, moved, MOOR_USMT_MD, out_unused);
  return TRUE;
}
