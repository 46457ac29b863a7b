/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-usmt-command.h"

#include <string.h>

/* Which options go together, and what their values may be. */

static gboolean fail (MoorUsmtCommand *command,
                      MoorUsmtOption culprit,
                      GError **error,
                      const char *format,
                      ...) G_GNUC_PRINTF (4, 5);

static gboolean
fail (MoorUsmtCommand *command, MoorUsmtOption culprit, GError **error, const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);

  command->culprit = culprit < MOOR_USMT_N_OPTIONS && moor_usmt_has (command, culprit)
                         ? command->places[culprit]
                         : -1;
  return moor_usmt_throw (error, MOOR_USMT_INVALID_PARAMETERS, "%s", message);
}

/* Two options of which at most one may be there. */
static const MoorUsmtOption exclusive[][2] = {
  { MOOR_USMT_ALL, MOOR_USMT_UI },
  { MOOR_USMT_ALL, MOOR_USMT_UE },
  { MOOR_USMT_ALL, MOOR_USMT_UEL },
  { MOOR_USMT_AUTO, MOOR_USMT_ALL },
  { MOOR_USMT_AUTO, MOOR_USMT_UI },
  { MOOR_USMT_AUTO, MOOR_USMT_UE },
  { MOOR_USMT_AUTO, MOOR_USMT_VERBOSE },
  { MOOR_USMT_KEY, MOOR_USMT_KEYFILE },
  { MOOR_USMT_ENCRYPT, MOOR_USMT_NOCOMPRESS },
  { MOOR_USMT_DECRYPT, MOOR_USMT_NOCOMPRESS },
  { MOOR_USMT_HARDLINK, MOOR_USMT_VSC },
  { MOOR_USMT_LISTFILES, MOOR_USMT_ESTIMATE },
  { MOOR_USMT_OFFLINE, MOOR_USMT_OFFLINE_WIN_DIR },
  { MOOR_USMT_OFFLINE, MOOR_USMT_OFFLINE_WIN_OLD },
  { MOOR_USMT_OFFLINE_WIN_DIR, MOOR_USMT_OFFLINE_WIN_OLD },
  { MOOR_USMT_OFFLINE, MOOR_USMT_UEL },
  { MOOR_USMT_OFFLINE_WIN_DIR, MOOR_USMT_UEL },
  { MOOR_USMT_OFFLINE_WIN_OLD, MOOR_USMT_UEL },
  { MOOR_USMT_GENCONFIG, MOOR_USMT_GENMIGXML },
};

/* An option that needs another. */
static const MoorUsmtOption needing[][2] = {
  { MOOR_USMT_HARDLINK, MOOR_USMT_NOCOMPRESS },
  { MOOR_USMT_LAE, MOOR_USMT_LAC },
  { MOOR_USMT_YES, MOOR_USMT_RD },
  { MOOR_USMT_EVEN_LAST_COPIES, MOOR_USMT_RD },
  { MOOR_USMT_EXTRACT_EXCLUDE, MOOR_USMT_EXTRACT },
};

static gboolean
check_pairs (MoorUsmtCommand *command, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (exclusive); i++)
    {
      if (moor_usmt_has (command, exclusive[i][0]) && moor_usmt_has (command, exclusive[i][1]))
        return fail (command, exclusive[i][1], error, "%s and %s cannot be given together",
                     moor_usmt_option_name (exclusive[i][0]),
                     moor_usmt_option_name (exclusive[i][1]));
    }
  for (guint i = 0; i < G_N_ELEMENTS (needing); i++)
    {
      if (moor_usmt_has (command, needing[i][0]) && !moor_usmt_has (command, needing[i][1]))
        return fail (command, needing[i][0], error, "%s needs %s",
                     moor_usmt_option_name (needing[i][0]), moor_usmt_option_name (needing[i][1]));
    }
  return TRUE;
}

static gboolean
check_crypt (MoorUsmtCommand *command, GError **error)
{
  static const char *const strengths[] = { "AES",     "AES_128", "AES_192",
                                           "AES_256", "3DES",    "3DES_112" };
  const gboolean has_key = moor_usmt_has (command, MOOR_USMT_KEY)
                           || moor_usmt_has (command, MOOR_USMT_KEYFILE);
  const MoorUsmtOption option = command->tool == MOOR_USMT_SCANSTATE ? MOOR_USMT_ENCRYPT
                                                                     : MOOR_USMT_DECRYPT;
  const char *strength = moor_usmt_value (command, option);
  gboolean is_known = strength == NULL;

  if (has_key && !moor_usmt_has (command, option))
    return fail (command,
                 moor_usmt_has (command, MOOR_USMT_KEY) ? MOOR_USMT_KEY : MOOR_USMT_KEYFILE, error,
                 "A key needs %s", moor_usmt_option_name (option));
  if (!has_key && moor_usmt_has (command, option))
    return fail (command, option, error, "%s needs /key or /keyfile",
                 moor_usmt_option_name (option));
  for (guint i = 0; i < G_N_ELEMENTS (strengths); i++)
    is_known = is_known || g_ascii_strcasecmp (strengths[i], strength) == 0;
  return is_known
         || fail (command, option, error,
                  "“%s” is no encryption algorithm; there are AES, "
                  "AES_128, AES_192, AES_256, 3DES and 3DES_112",
                  strength);
}

static gboolean
check_numbers (MoorUsmtCommand *command, GError **error)
{
  static const MoorUsmtOption options[] = { MOOR_USMT_RETRIES, MOOR_USMT_WAIT };

  for (guint i = 0; i < G_N_ELEMENTS (options); i++)
    {
      const char *value = moor_usmt_value (command, options[i]);

      if (value != NULL && !g_ascii_string_to_unsigned (value, 10, 0, 1000000, NULL, NULL))
        return fail (command, options[i], error, "%s needs a whole number, which “%s” is not",
                     moor_usmt_option_name (options[i]), value);
    }
  return TRUE;
}

static gboolean
check_verbosity (MoorUsmtCommand *command, GError **error)
{
  const char *value = moor_usmt_value (command, MOOR_USMT_VERBOSE);
  guint64 bits = moor_usmt_has (command, MOOR_USMT_AUTO) ? 5 : 0;

  if (value != NULL
      && (!g_ascii_string_to_unsigned (value, 10, 0, 15, &bits, NULL)
          || (bits & ~(guint64) (MOOR_USMT_V_VERBOSE | MOOR_USMT_V_STATUS | MOOR_USMT_V_DEBUG))
                 != 0))
    return fail (command, MOOR_USMT_VERBOSE, error, "/v takes a sum of 1, 4 and 8, not “%s”",
                 value);
  command->verbosity = (guint) bits;
  return TRUE;
}

static gboolean
check_efs (MoorUsmtCommand *command, GError **error)
{
  static const char *const ways[] = { "abort", "skip", "decryptcopy", "copyraw", "hardlink" };
  const char *value = moor_usmt_value (command, MOOR_USMT_EFS);

  if (value == NULL)
    return TRUE;
  if (g_ascii_strcasecmp (value, "hardlink") == 0 && !moor_usmt_has (command, MOOR_USMT_HARDLINK))
    return fail (command, MOOR_USMT_EFS, error, "/efs:hardlink needs /hardlink");
  for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
    {
      if (g_ascii_strcasecmp (ways[i], value) == 0)
        return TRUE;
    }
  return fail (command, MOOR_USMT_EFS, error,
               "/efs takes abort, skip, decryptcopy, copyraw or hardlink, not “%s”", value);
}

static gboolean
is_date (const char *value)
{
  guint64 year;
  guint64 month;
  guint64 day;
  g_auto(GStrv) parts = g_strsplit (value, "/", -1);

  return g_strv_length (parts) == 3
         && g_ascii_string_to_unsigned (parts[0], 10, 1601, 9999, &year, NULL)
         && g_ascii_string_to_unsigned (parts[1], 10, 1, 12, &month, NULL)
         && g_ascii_string_to_unsigned (parts[2], 10, 1, 31, &day, NULL)
         && g_date_valid_dmy ((GDateDay) day, (GDateMonth) month, (GDateYear) year);
}

/* `user`, `domain\user`; both halves there, and no third. */
static gboolean
is_account (const char *text, gboolean allow_wildcard)
{
  const char *slash = strchr (text, '\\');

  if (text[0] == '\0' || (!allow_wildcard && strchr (text, '*') != NULL))
    return FALSE;
  return slash == NULL || (slash != text && slash[1] != '\0' && strchr (slash + 1, '\\') == NULL);
}

static gboolean
check_people (MoorUsmtCommand *command, GError **error)
{
  static const MoorUsmtOption options[] = { MOOR_USMT_UI, MOOR_USMT_UE };
  const char *value = moor_usmt_value (command, MOOR_USMT_UEL);

  for (guint i = 0; i < G_N_ELEMENTS (options); i++)
    {
      for (guint j = 0; moor_usmt_has (command, options[i]) && j < command->values[options[i]]->len;
           j++)
        {
          const char *account = g_ptr_array_index (command->values[options[i]], j);

          if (!is_account (account, TRUE))
            return fail (command, options[i], error, "“%s” is not of the form DOMAIN\\USER",
                         account);
        }
    }
  if (value != NULL && !is_date (value)
      && !g_ascii_string_to_unsigned (value, 10, 0, 100000, NULL, NULL))
    return fail (command, MOOR_USMT_UEL, error,
                 "/uel takes a number of days or a date YYYY/MM/DD, not “%s”", value);
  return TRUE;
}

static gboolean
is_move (MoorUsmtOption option, const char *text)
{
  g_auto(GStrv) names = g_strsplit (text, ":", -1);

  if (g_strv_length (names) != 2 || names[0][0] == '\0' || names[1][0] == '\0')
    return FALSE;
  if (option == MOOR_USMT_MU)
    return is_account (names[0], FALSE) && is_account (names[1], FALSE);
  return strchr (names[0], '\\') == NULL && strpbrk (names[1], "\\*") == NULL;
}

static gboolean
check_moves (MoorUsmtCommand *command, GError **error)
{
  static const MoorUsmtOption options[] = { MOOR_USMT_MD, MOOR_USMT_MU };

  for (guint i = 0; i < G_N_ELEMENTS (options); i++)
    {
      for (guint j = 0; moor_usmt_has (command, options[i]) && j < command->values[options[i]]->len;
           j++)
        {
          const char *move = g_ptr_array_index (command->values[options[i]], j);

          if (!is_move (options[i], move))
            return fail (command, options[i], error, "“%s” is not of the form OLD:NEW", move);
        }
    }
  return TRUE;
}

/* What writes a file about the computer instead of a store stands nearly alone. */
static gboolean
check_generators (MoorUsmtCommand *command, GError **error)
{
  static const MoorUsmtOption allowed[] = { MOOR_USMT_INCLUDE_FILE, MOOR_USMT_VERBOSE,
                                            MOOR_USMT_LOG,          MOOR_USMT_OVERWRITE,
                                            MOOR_USMT_TARGET,       MOOR_USMT_DRIVE,
                                            MOOR_USMT_ROOT };
  MoorUsmtOption generator = MOOR_USMT_N_OPTIONS;

  if (moor_usmt_has (command, MOOR_USMT_GENCONFIG))
    generator = MOOR_USMT_GENCONFIG;
  else if (moor_usmt_has (command, MOOR_USMT_GENMIGXML))
    generator = MOOR_USMT_GENMIGXML;
  if (generator == MOOR_USMT_N_OPTIONS)
    return TRUE;

  if (command->operands->len > 0)
    return fail (command, generator, error, "%s takes no StorePath: it makes no store",
                 moor_usmt_option_name (generator));
  for (guint i = 0; i < MOOR_USMT_N_OPTIONS; i++)
    {
      gboolean is_allowed = i == (guint) generator || !moor_usmt_has (command, (MoorUsmtOption) i);

      for (guint j = 0; j < G_N_ELEMENTS (allowed); j++)
        is_allowed = is_allowed || i == (guint) allowed[j];
      if (!is_allowed)
        return fail (command, (MoorUsmtOption) i, error, "%s and %s cannot be given together",
                     moor_usmt_option_name (generator), moor_usmt_option_name ((MoorUsmtOption) i));
    }
  return TRUE;
}

static gboolean
is_drive_root (const char *path)
{
  return g_ascii_isalpha (path[0]) && path[1] == ':'
         && (path[2] == '\0' || ((path[2] == '\\' || path[2] == '/') && path[3] == '\0'));
}

static gboolean
check_store_path (MoorUsmtCommand *command, GError **error)
{
  const char *path;

  if (moor_usmt_has (command, MOOR_USMT_GENCONFIG) || moor_usmt_has (command, MOOR_USMT_GENMIGXML))
    return TRUE;
  if (command->operands->len == 0)
    return fail (command, MOOR_USMT_N_OPTIONS, error, "The StorePath is missing");
  path = g_ptr_array_index (command->operands, 0);
  if (command->operands->len > 1)
    return fail (command, MOOR_USMT_N_OPTIONS, error,
                 "There is more than one StorePath: “%s” and “%s”", path,
                 (const char *) g_ptr_array_index (command->operands, 1));
  if (is_drive_root (path) || g_str_equal (path, "/"))
    return fail (command, MOOR_USMT_N_OPTIONS, error,
                 "The StorePath is a folder, not the top of a drive: “%s”", path);
  return TRUE;
}

static gboolean
check_load (MoorUsmtCommand *command, GError **error)
{
  static const MoorUsmtOption offline[] = { MOOR_USMT_OFFLINE, MOOR_USMT_OFFLINE_WIN_DIR,
                                            MOOR_USMT_OFFLINE_WIN_OLD };

  for (guint i = 0; i < G_N_ELEMENTS (offline); i++)
    {
      if (!moor_usmt_has (command, offline[i]))
        continue;
      command->culprit = command->places[offline[i]];
      return moor_usmt_throw (error, MOOR_USMT_ERROR_UNSUPPORTED_PLATFORM,
                              "%s is for scanstate only; --root DIR tells loadstate the system",
                              moor_usmt_option_name (offline[i]));
    }
  return TRUE;
}

static gboolean
check_tools (MoorUsmtCommand *command, GError **error)
{
  static const MoorUsmtOption verbs[] = { MOOR_USMT_EC, MOOR_USMT_RD, MOOR_USMT_VERIFY,
                                          MOOR_USMT_EXTRACT };
  static const guint operands[] = { 0, 0, 1, 2 };
  static const char *const modes[] = { "summary", "all", "failureonly", "catalog" };
  const char *mode = moor_usmt_value (command, MOOR_USMT_VERIFY);
  guint n_expected = 0;
  guint n_verbs = 0;
  gboolean is_mode = mode == NULL;

  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++)
    {
      if (!moor_usmt_has (command, verbs[i]))
        continue;
      if (++n_verbs > 1)
        return fail (command, verbs[i], error, "Only one command can be given at a time");
      n_expected = operands[i];
    }
  if (n_verbs == 0)
    return fail (command, MOOR_USMT_RD, error,
                 "A command is missing: /ec, /rd, /verify or /extract");
  if (command->operands->len != n_expected)
    return fail (command, MOOR_USMT_N_OPTIONS, error, "%s",
                 command->operands->len < n_expected ? "A path is missing"
                                                     : "There is a path too many");
  if (!moor_usmt_has (command, MOOR_USMT_EXTRACT)
      && (moor_usmt_has (command, MOOR_USMT_INCLUDE_FILE)
          || moor_usmt_has (command, MOOR_USMT_OVERWRITE)))
    return fail (command, MOOR_USMT_INCLUDE_FILE, error, "/i and /o need /extract");
  for (guint i = 0; i < G_N_ELEMENTS (modes); i++)
    is_mode = is_mode || g_ascii_strcasecmp (modes[i], mode) == 0;
  return is_mode
         || fail (command, MOOR_USMT_VERIFY, error,
                  "/verify takes summary, all, failureonly or catalog, not “%s”", mode);
}

/* What no store of ours can be, said before anything else is looked at. */
static gboolean
check_unsupported (MoorUsmtCommand *command, GError **error)
{
  if (moor_usmt_has (command, MOOR_USMT_APPS) || moor_usmt_has (command, MOOR_USMT_PPKG))
    return fail (command, moor_usmt_has (command, MOOR_USMT_APPS) ? MOOR_USMT_APPS : MOOR_USMT_PPKG,
                 error,
                 "Mooring does not capture installed programs: /apps and /ppkg are not supported");
  return TRUE;
}

/**
 * moor_usmt_command_check:
 * @command: one that was parsed
 * @error: return location for a #GError
 *
 * Checks which options go together and what their values may be; sets the
 * verbosity, and on failure the culprit.  Nothing on the disk is looked at.  Any
 * thread.
 *
 * Returns: %FALSE with %MOOR_USMT_INVALID_PARAMETERS, or
 *   %MOOR_USMT_ERROR_UNSUPPORTED_PLATFORM for an offline system at loadstate
 */
gboolean
moor_usmt_command_check (MoorUsmtCommand *command, GError **error)
{
  if (!check_verbosity (command, error) || !check_pairs (command, error)
      || !check_crypt (command, error))
    return FALSE;
  if (command->tool == MOOR_USMT_USMTUTILS)
    return check_tools (command, error);
  if (command->tool == MOOR_USMT_LOADSTATE && !check_load (command, error))
    return FALSE;
  if (!check_numbers (command, error) || !check_efs (command, error)
      || !check_people (command, error) || !check_moves (command, error)
      || !check_generators (command, error) || !check_store_path (command, error))
    return FALSE;
  if (moor_usmt_has (command, MOOR_USMT_ESTIMATE)
      && moor_usmt_value (command, MOOR_USMT_ESTIMATE) == NULL
      && !moor_usmt_has (command, MOOR_USMT_NOCOMPRESS))
    return fail (command, MOOR_USMT_ESTIMATE, error, "/p without a file needs /nocompress");
  return check_unsupported (command, error);
}
