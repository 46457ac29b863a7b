/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-error-control.h"

#include <errno.h>
#include <string.h>

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

/* @text with the variables of System context; NULL if there is one that nobody knows. */
static char *
expand (const char *text, GHashTable *variables)
{
  g_autoptr(GString) out = g_string_new (NULL);
  const char *start;

  while ((start = strchr (text, '%')) != NULL)
    {
      const char *end = strchr (start + 1, '%');
      g_autofree char *name = end != NULL ? g_strndup (start + 1, (gsize) (end - start - 1)) : NULL;
      g_autofree char *upper = name != NULL ? g_ascii_strup (name, -1) : NULL;
      const char *value = upper != NULL ? g_hash_table_lookup (variables, upper) : NULL;

      if (value == NULL)
        return NULL;
      g_string_append_len (out, text, start - text);
      g_string_append (out, value);
      text = end + 1;
    }
  g_string_append (out, text);
  return g_string_free (g_steal_pointer (&out), FALSE);
}

/**
 * moor_policy_pattern:
 * @policy: an entry of a Config.xml
 * @host: the system, whose variables and drives its pattern may name
 *
 * Returns: (transfer full) (nullable): what @policy is about; %NULL if that is nothing here.
 *   Any thread.
 */
MoorPattern *
moor_policy_pattern (const MoorConfigPolicy *policy, const MoorRuleHost *host)
{
  g_autofree char *text = expand (policy->pattern, host->variables);

  return text != NULL
             ? moor_pattern_parse (MOOR_PATTERN_FILE, text, host->style, host->drive_map, NULL)
             : NULL;
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
      g_autoptr(MoorPattern) pattern = moor_policy_pattern (policy, host);
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
