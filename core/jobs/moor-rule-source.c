/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-ruling.h"

#include <string.h>
#include <unistd.h>

#include "moor-error.h"
#include "moor-text.h"

/* Rule files: from the disk, out of a store, and into it. */

#define MAX_FILE_BYTES ((gsize) 64 * 1024 * 1024)
#define RECORD_NAME "variables.json"

/**
 * moor_rule_source_clear:
 * @source: what is no longer needed
 */
void
moor_rule_source_clear (MoorRuleSource *source)
{
  g_clear_pointer (&source->set, moor_rule_set_unref);
  g_clear_pointer (&source->config, moor_config_file_free);
  g_clear_pointer (&source->drives, g_strfreev);
}

/* Whether only root and we can have written what @st is of. */
static gboolean
is_trusted (const struct stat *st)
{
  return (st->st_uid == 0 || st->st_uid == geteuid ()) && (st->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

static GBytes *
read_all (int fd, const char *shown, gsize n_bytes, GError **error)
{
  g_autofree char *content = g_malloc (n_bytes + 1);
  gsize n_read = 0;

  while (n_read < n_bytes)
    {
      ssize_t n = read (fd, content + n_read, n_bytes - n_read);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        {
          moor_throw_errno (error, errno, "reading “%s”", shown);
          return NULL;
        }
      if (n == 0)
        break;
      n_read += (gsize) n;
    }
  return g_bytes_new_take (g_steal_pointer (&content), n_read);
}

static GBytes *
read_file (MoorRuleSource *source, const char *path, GError **error)
{
  g_autofree char *shown = moor_text_path (path);
  g_auto(MoorFd) fd = open (path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  struct stat st;

  if (fd < 0 || fstat (fd, &st) < 0)
    {
      moor_throw_errno (error, errno, "opening the rule file “%s”", shown);
      return NULL;
    }
  if (!S_ISREG (st.st_mode) || (guint64) st.st_size > MAX_FILE_BYTES)
    {
      moor_throw (error, MOOR_ERROR_REFUSED, "“%s” is no rule file: it is %s", shown,
                  S_ISREG (st.st_mode) ? "too large" : "no regular file");
      return NULL;
    }
  source->trusted = source->trusted && is_trusted (&st);
  return read_all (fd, shown, (gsize) st.st_size, error);
}

static MoorRuleSet *
get_set (MoorRuleSource *source)
{
  if (source->set == NULL)
    source->set = moor_rule_set_new ();
  return source->set;
}

/**
 * moor_rule_source_add_file:
 * @path: (type filename): a MigXML file
 *
 * Blocks.  Any thread.
 *
 * Returns: %FALSE with %MOOR_ERROR_REFUSED, %G_IO_ERROR, or what moor_rule_set_add_file()
 *   says of a file that is not in order
 */
gboolean
moor_rule_source_add_file (MoorRuleSource *source, const char *path, GError **error)
{
  g_autoptr(GBytes) bytes = read_file (source, path, error);

  return bytes != NULL && moor_rule_set_add_file (get_set (source), path, bytes, error);
}

/* Without rule files there are no components for it to switch off. */
static gboolean
take_config (MoorRuleSource *source, const char *name, GBytes *bytes, GError **error)
{
  g_clear_pointer (&source->config, moor_config_file_free);
  source->config = moor_config_file_read (name, bytes, error);
  return source->config != NULL
         && (source->set == NULL || moor_rule_set_set_config (source->set, name, bytes, error));
}

/**
 * moor_rule_source_set_config:
 * @path: (type filename): a Config.xml
 *
 * As moor_rule_source_add_file(), and to be called after all rule files were added.
 */
gboolean
moor_rule_source_set_config (MoorRuleSource *source, const char *path, GError **error)
{
  g_autoptr(GBytes) bytes = read_file (source, path, error);

  return bytes != NULL && take_config (source, path, bytes, error);
}

static gboolean
read_kept (MoorRuleSource *source, MoorStore *store, const MoorHostRecord *record, GError **error)
{
  for (char **name = record->files; *name != NULL; name++)
    {
      g_autoptr(GBytes) bytes = moor_store_read_file (store, "rules", *name, error);

      if (bytes == NULL || !moor_rule_set_add_file (get_set (source), *name, bytes, error))
        return FALSE;
    }
  if (record->config != NULL)
    {
      g_autoptr(GBytes) bytes = moor_store_read_file (store, "rules", record->config, error);

      if (bytes == NULL || !take_config (source, record->config, bytes, error))
        return FALSE;
    }
  return TRUE;
}

/**
 * moor_rule_source_read_store:
 *
 * Makes @source the rules that @store was made with; its `set` stays %NULL for a store
 * that was made without rule files.  Blocks.  Any thread.
 *
 * Returns: %FALSE with %MOOR_ERROR_STORE_UNUSABLE or an error of a file
 */
gboolean
moor_rule_source_read_store (MoorRuleSource *source, MoorStore *store, GError **error)
{
  g_autoptr(MoorHostRecord) record = NULL;
  guint32 owner = moor_store_get_owner (store);

  if (!moor_host_read_record (store, &record, error))
    return FALSE;
  if (record == NULL)
    return TRUE;
  if (!read_kept (source, store, record, error))
    {
      g_prefix_error (
          error, "the rules that the store at %s was made with: ", moor_store_get_path (store));
      return FALSE;
    }
  source->trusted = source->trusted && (owner == 0 || owner == geteuid ());
  source->local_only = record->local_only;
  if (source->drives == NULL)
    source->drives = g_steal_pointer (&record->drives);
  return TRUE;
}

static gboolean
is_kept (MoorStore *store, const char *name, GBytes *bytes)
{
  g_autoptr(GBytes) kept = moor_store_read_file (store, "rules", name, NULL);

  return kept != NULL && g_bytes_equal (kept, bytes);
}

/**
 * moor_rule_source_is_of_store:
 *
 * Blocks.  Any thread.
 *
 * Returns: whether @store was made with these very rule files, in this order
 */
gboolean
moor_rule_source_is_of_store (const MoorRuleSource *source, MoorStore *store)
{
  g_autoptr(MoorHostRecord) record = NULL;
  GPtrArray *files = moor_rule_set_get_files (source->set);
  const MoorConfigFile *config = moor_rule_set_get_config (source->set);

  if (!moor_host_read_record (store, &record, NULL) || record == NULL
      || g_strv_length (record->files) != files->len
      || (record->config != NULL) != (config != NULL))
    return FALSE;
  for (guint i = 0; i < files->len; i++)
    {
      if (!is_kept (store, record->files[i],
                    ((const MoorRuleFile *) g_ptr_array_index (files, i))->bytes))
        return FALSE;
    }
  return config == NULL || is_kept (store, record->config, config->bytes);
}

/* A name for a file in the store that no other file there has. */
static char *
choose_name (GPtrArray *names, const char *path)
{
  g_autofree char *base = g_path_get_basename (path);
  const char *dot = strrchr (base, '.');
  g_autofree char *stem = dot != NULL ? g_strndup (base, (gsize) (dot - base)) : g_strdup (base);
  char *name = moor_name_is_valid (base) && base[0] != '.' ? g_strdup (base)
                                                           : g_strdup ("rules.xml");

  for (guint n = 2; g_str_equal (name, RECORD_NAME)
                    || g_ptr_array_find_with_equal_func (names, name, g_str_equal, NULL);
       n++)
    {
      g_free (name);
      name = g_strdup_printf ("%s-%u%s", stem, n, dot != NULL ? dot : "");
    }
  g_ptr_array_add (names, name);
  return name;
}

/**
 * moor_rule_source_keep:
 * @host: what the rules were held against
 *
 * Keeps the rule files in @store, byte for byte, and what they were held against.
 * Blocks.  Any thread.
 *
 * Returns: %FALSE with %G_IO_ERROR
 */
gboolean
moor_rule_source_keep (const MoorRuleSource *source,
                       const MoorRuleHost *host,
                       MoorStore *store,
                       GError **error)
{
  g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  GPtrArray *files = moor_rule_set_get_files (source->set);
  const MoorConfigFile *config = moor_rule_set_get_config (source->set);
  g_auto(GStrv) file_names = g_new0 (char *, files->len + 1);
  const char *config_name = NULL;

  for (guint i = 0; i < files->len; i++)
    {
      const MoorRuleFile *file = g_ptr_array_index (files, i);

      file_names[i] = g_strdup (choose_name (names, file->name));
      if (!moor_store_keep_file (store, "rules", file_names[i], file->bytes, error))
        return FALSE;
    }
  if (config != NULL)
    {
      config_name = choose_name (names, config->name);
      if (!moor_store_keep_file (store, "rules", config_name, config->bytes, error))
        return FALSE;
    }
  return moor_host_write_record (store, host, (const char *const *) file_names, config_name, error);
}
