/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-error-control.h"

#include <errno.h>
#include <string.h>

#include "moor-error.h"
#include "moor-variables.h"

/* Numbers of Windows system errors, by what they mean here. */
#define ERROR_ANY (-1)
#define ERROR_FILE_NOT_FOUND 2
#define ERROR_ACCESS_DENIED 5
#define ERROR_SHARING_VIOLATION 32
#define ERROR_LOCK_VIOLATION 33
#define ERROR_DISK_FULL 112
#define ERROR_IO_DEVICE 1117

typedef struct
{
  MoorPattern *pattern;
  int error_code;
  MoorErrorVerdict verdict;
} Entry;

struct _MoorErrorControl
{
  MoorPathStyle style;
  GArray *entries; /* (element-type Entry) (owned) */
};

static void
entry_clear (gpointer data)
{
  moor_pattern_free (((Entry *) data)->pattern);
}

static const char *
variable_of (const char *name, gpointer user_data)
{
  return g_hash_table_lookup (user_data, name);
}

/**
 * moor_policy_pattern:
 * @policy: an entry of a Config.xml
 * @host: the system, whose variables and drives its pattern may name
 *
 * Any thread.
 *
 * Returns: (transfer full): what @policy is about; %NULL with %MOOR_ERROR_USAGE, or an error
 *   of moor_pattern_parse(), if that is nothing here
 */
MoorPattern *
moor_policy_pattern (const MoorConfigPolicy *policy, const MoorRuleHost *host, GError **error)
{
  g_autofree char *missing = NULL;
  g_autofree char *text = moor_variables_expand (policy->pattern, variable_of, host->variables,
                                                 &missing);

  if (text == NULL)
    {
      moor_throw (error, MOOR_ERROR_USAGE, "nobody knows what %%%s%% stands for", missing);
      return NULL;
    }
  return moor_pattern_parse (MOOR_PATTERN_FILE, text, host->style, host->drive_map, error);
}

static void
tell_all (MoorJob *job, const MoorConfigFile *config, GPtrArray *policies, const MoorRuleHost *host)
{
  for (guint i = 0; i < policies->len; i++)
    {
      const MoorConfigPolicy *policy = g_ptr_array_index (policies, i);
      g_autoptr(GError) error = NULL;
      g_autoptr(MoorPattern) pattern = moor_policy_pattern (policy, host, &error);

      if (pattern == NULL)
        moor_job_log (job, MOOR_LOG_WARNING,
                      "“%s” in the policies of “%s” is about nothing here: %s", policy->pattern,
                      config->name, error->message);
    }
}

/**
 * moor_error_control_tell:
 * @config: a Config.xml
 * @host: the system, whose variables and drives its patterns may name
 *
 * Writes into the job's log which policies about files have no effect.  Any thread.
 */
void
moor_error_control_tell (MoorJob *job, const MoorConfigFile *config, const MoorRuleHost *host)
{
  tell_all (job, config, config->file_errors, host);
  tell_all (job, config, config->locked_files, host);
}

/**
 * moor_error_control_new:
 * @config: (nullable): the Config.xml, if there is one
 * @host: the system, whose variables and drives the patterns may name
 *
 * An entry whose pattern means nothing on @host is about nothing.  Any thread.
 *
 * Returns: (transfer full) (nullable): %NULL if nothing is said
 */
MoorErrorControl *
moor_error_control_new (const MoorConfigFile *config, const MoorRuleHost *host)
{
  MoorErrorControl *control;

  if (config == NULL || config->file_errors->len == 0)
    return NULL;
  control = g_new0 (MoorErrorControl, 1);
  control->style = host->style;
  control->entries = g_array_new (FALSE, FALSE, sizeof (Entry));
  g_array_set_clear_func (control->entries, entry_clear);
  for (guint i = 0; i < config->file_errors->len; i++)
    {
      const MoorConfigPolicy *policy = g_ptr_array_index (config->file_errors, i);
      g_autoptr(MoorPattern) pattern = moor_policy_pattern (policy, host, NULL);
      Entry entry = { .error_code = policy->error_code,
                      .verdict = policy->lets_go_on ? MOOR_ERROR_CONTROL_GO_ON
                                                    : MOOR_ERROR_CONTROL_STOP };

      if (pattern == NULL)
        continue;
      entry.pattern = g_steal_pointer (&pattern);
      g_array_append_val (control->entries, entry);
    }
  return control;
}

/**
 * moor_error_control_free:
 * @control: (nullable) (transfer full): what is no longer needed
 */
void
moor_error_control_free (MoorErrorControl *control)
{
  if (control == NULL)
    return;

  g_array_unref (control->entries);
  g_free (control);
}

/* The number that the same thing has on Windows; ERROR_ANY for none. */
static int
windows_error (MoorCause cause, int errnum)
{
  static const struct
  {
    int errnum;
    int code;
  } codes[] = {
    { EACCES, ERROR_ACCESS_DENIED },    { EPERM, ERROR_ACCESS_DENIED },
    { EBUSY, ERROR_SHARING_VIOLATION }, { ETXTBSY, ERROR_SHARING_VIOLATION },
    { EAGAIN, ERROR_LOCK_VIOLATION },   { ENOSPC, ERROR_DISK_FULL },
    { EDQUOT, ERROR_DISK_FULL },        { EIO, ERROR_IO_DEVICE },
    { ENOENT, ERROR_FILE_NOT_FOUND },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (codes); i++)
    {
      if (codes[i].errnum == errnum)
        return codes[i].code;
    }
  switch ((int) cause)
    {
    case MOOR_CAUSE_PERMISSION:
    case MOOR_CAUSE_UNREADABLE_MOUNT:
      return ERROR_ACCESS_DENIED;
    case MOOR_CAUSE_IN_USE:
      return ERROR_SHARING_VIOLATION;
    case MOOR_CAUSE_NO_SPACE:
      return ERROR_DISK_FULL;
    case MOOR_CAUSE_READ_ERROR:
      return ERROR_IO_DEVICE;
    default:
      return ERROR_ANY;
    }
}

/**
 * moor_error_control_find:
 * @control: (nullable): %NULL says nothing
 * @path: (type filename): what the error is about, within the system
 * @errnum: the errno behind it, or 0
 *
 * Returns: what the first entry that fits says of an error.  Any thread.
 */
MoorErrorVerdict
moor_error_control_find (const MoorErrorControl *control,
                         const char *path,
                         MoorCause cause,
                         int errnum)
{
  const int code = windows_error (cause, errnum);

  for (guint i = 0; control != NULL && i < control->entries->len; i++)
    {
      const Entry *entry = &g_array_index (control->entries, Entry, i);

      if ((entry->error_code == ERROR_ANY || entry->error_code == code)
          && (moor_pattern_matches (entry->pattern, control->style, path, FALSE)
              || moor_pattern_matches (entry->pattern, control->style, path, TRUE)))
        return entry->verdict;
    }
  return MOOR_ERROR_CONTROL_UNSAID;
}
