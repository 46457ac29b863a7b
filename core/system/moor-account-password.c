/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-account.h"

#include <crypt.h>
#include <errno.h>
#include <string.h>

#include "moor-account-private.h"
#include "moor-error.h"

/* How a system hashes passwords, by the word in its login.defs.  What is not known here,
 * or too weak, becomes the first. */
static const struct
{
  const char *word;
  const char *prefix;
} methods[] = {
  { "YESCRYPT", "$y$" },
  { "SHA512", "$6$" },
  { "SHA256", "$5$" },
  { "BCRYPT", "$2b$" },
};

static const char *
choose_prefix (MoorSystem *target)
{
  g_autofree char *text = moor_system_read_file (target, "/etc/login.defs", NULL, NULL);
  g_auto(GStrv) lines = g_strsplit (text != NULL ? text : "", "\n", -1);
  const char *prefix = methods[0].prefix;

  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_auto(GStrv) words = g_strsplit_set (g_strstrip (lines[i]), " \t", 2);

      if (words[0] == NULL || words[1] == NULL || !g_str_equal (words[0], "ENCRYPT_METHOD"))
        continue;
      for (gsize j = 0; j < G_N_ELEMENTS (methods); j++)
        {
          if (g_ascii_strcasecmp (g_strstrip (words[1]), methods[j].word) == 0)
            prefix = methods[j].prefix;
        }
    }
  return prefix;
}

static gboolean
is_hash (const char *result)
{
  return result != NULL && moor_account_is_password_hash (result);
}

/**
 * moor_account_hash_password:
 * @target: the system whose people it is for: its login.defs says how passwords are hashed
 * @password: a password, which is in no memory of ours afterwards; the caller wipes its own
 * @error: return location for a #GError
 *
 * Hashes @password with a new salt, so that equal passwords do not look equal: with yescrypt,
 * unless @target wants SHA-512, SHA-256 or bcrypt.  Takes some tenths of a second.  Any thread.
 *
 * Returns: (transfer full): the hash; %NULL with %MOOR_ERROR_USAGE for a password that is empty
 *   or too long, or %G_IO_ERROR
 */
char *
moor_account_hash_password (MoorSystem *target, const char *password, GError **error)
{
  char setting[CRYPT_GENSALT_OUTPUT_SIZE];
  struct crypt_data *data;
  const char *result;
  char *hash = NULL;

  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (password[0] == '\0' || strlen (password) >= CRYPT_MAX_PASSPHRASE_SIZE)
    {
      (void) moor_throw (error, MOOR_ERROR_USAGE, "A password has 1 to %d bytes",
                         CRYPT_MAX_PASSPHRASE_SIZE - 1);
      return NULL;
    }
  if (crypt_gensalt_rn (choose_prefix (target), 0, NULL, 0, setting, (int) sizeof setting) == NULL)
    {
      (void) moor_throw_errno (error, errno, "choosing a salt");
      return NULL;
    }

  data = g_new0 (struct crypt_data, 1);
  result = crypt_r (password, setting, data);
  if (is_hash (result))
    hash = g_strdup (result);
  else
    (void) moor_throw_errno (error, errno, "hashing a password");
  explicit_bzero (data, sizeof *data);
  g_free (data);
  return hash;
}
