/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-request-private.h"

#include "moor-text.h"

/* What requests say about rules. */

static gboolean
add_files (MoorRuleSource *source, char **paths, GError **error)
{
  for (; paths != NULL && *paths != NULL; paths++)
    {
      g_autofree char *path = g_canonicalize_filename (*paths, NULL);

      if (!moor_rule_source_add_file (source, path, error))
        return FALSE;
    }
  return TRUE;
}

/**
 * moor_request_read_rules:
 * @store: (nullable): the store it is about, whose rules @request may ask for
 * @source: gets the rule files that @request names; initialise with %MOOR_RULE_SOURCE_INIT, and
 *   clear it after a failure too
 *
 * Reads what @request says about rules.  Without rule files @source has no set.  Blocks.
 * Any thread.
 *
 * Returns: %FALSE with %MOOR_ERROR_USAGE, or an error of a file
 */
gboolean
moor_request_read_rules (JsonObject *request,
                         MoorStore *store,
                         MoorRuleSource *source,
                         GError **error)
{
  g_auto(GStrv) paths = moor_request_dup_paths (request, "rules");
  g_autofree char *config = moor_request_dup_path (request, "config");

  source->drives = moor_request_dup_paths (request, "drives");
  source->local_only = moor_request_get_flag (request, "local-only");
  source->allow_commands = moor_request_get_flag (request, "allow-commands");
  if (moor_request_get_flag (request, "rules-from-store"))
    {
      if (paths != NULL || config != NULL || store == NULL)
        return moor_throw (error, MOOR_ERROR_USAGE,
                           "the rules are either those of a store or files that are named");
      return moor_rule_source_read_store (source, store, error);
    }
  return add_files (source, paths, error)
         && (config == NULL || moor_rule_source_set_config (source, config, error));
}

/**
 * moor_request_read_efs:
 * @out_encrypted: (out): what becomes of encrypted homes
 *
 * Returns: %FALSE with %MOOR_ERROR_USAGE.  Any thread.
 */
gboolean
moor_request_read_efs (JsonObject *request, MoorEncrypted *out_encrypted, GError **error)
{
  static const struct
  {
    const char *word;
    MoorEncrypted encrypted;
  } words[] = {
    { "", MOOR_ENCRYPTED_TAKE },        { "abort", MOOR_ENCRYPTED_ABORT },
    { "skip", MOOR_ENCRYPTED_SKIP },    { "decryptcopy", MOOR_ENCRYPTED_COPY },
    { "copyraw", MOOR_ENCRYPTED_TAKE }, { "hardlink", MOOR_ENCRYPTED_TAKE },
  };
  const char *word = json_object_get_string_member_with_default (request, "efs", "");

  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    {
      if (g_str_equal (words[i].word, word))
        {
          *out_encrypted = words[i].encrypted;
          return TRUE;
        }
    }
  return moor_throw (error, MOOR_ERROR_USAGE,
                     "“%s” is nothing that can be done with encrypted homes; there are abort, "
                     "skip, decryptcopy, copyraw and hardlink",
                     word);
}
