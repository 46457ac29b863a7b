/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-lock-control.h"

#include <string.h>
#include <sys/sysmacros.h>

#include "moor-error-control.h"

/* Linux lets a file be linked whoever has it open, so createHardLink is what always happens.
 * errorHardLink is obeyed for files on which somebody has a lock for writing, or a lease, at
 * the time the capture begins: what /proc/locks tells. */

typedef struct
{
  MoorPattern *pattern;
  gboolean links;
} Entry;

typedef struct
{
  guint64 dev;
  guint64 ino;
} Lock;

struct _MoorLockControl
{
  MoorPathStyle style;
  GArray *entries;   /* (element-type Entry) (owned): in order of priority */
  GHashTable *locks; /* (element-type Lock) (owned): a set */
};

static void
entry_clear (gpointer data)
{
  moor_pattern_free (((Entry *) data)->pattern);
}

static guint
lock_hash (gconstpointer key)
{
  const Lock *lock = key;

  return g_int64_hash (&lock->ino);
}

static gboolean
lock_equal (gconstpointer a, gconstpointer b)
{
  const Lock *one = a;
  const Lock *other = b;

  return one->dev == other->dev && one->ino == other->ino;
}

/* `08:01:131342`: the volume in hexadecimal, the file in decimal. */
static gboolean
parse_place (const char *text, Lock *out_lock)
{
  g_auto(GStrv) parts = g_strsplit (text, ":", -1);
  guint64 major_number;
  guint64 minor_number;

  if (g_strv_length (parts) != 3
      || !g_ascii_string_to_unsigned (parts[0], 16, 0, G_MAXUINT32, &major_number, NULL)
      || !g_ascii_string_to_unsigned (parts[1], 16, 0, G_MAXUINT32, &minor_number, NULL)
      || !g_ascii_string_to_unsigned (parts[2], 10, 0, G_MAXUINT64, &out_lock->ino, NULL))
    return FALSE;
  out_lock->dev = (guint64) makedev ((guint) major_number, (guint) minor_number);
  return TRUE;
}

/* A line such as `1: POSIX  ADVISORY  WRITE 812 08:01:131342 0 EOF`. */
static void
add_lock (MoorLockControl *control, const char *line)
{
  g_auto(GStrv) words = g_strsplit (line, " ", -1);
  Lock lock = { 0, 0 };
  gboolean writes = FALSE;

  for (char **word = words; *word != NULL; word++)
    {
      writes = writes || g_str_equal (*word, "WRITE");
      if (writes && parse_place (*word, &lock))
        {
          g_hash_table_add (control->locks, g_memdup2 (&lock, sizeof lock));
          return;
        }
    }
}

/**
 * moor_lock_control_new:
 * @config: (nullable): a Config.xml, if there is one
 * @host: the system, whose variables and drives the patterns may name
 * @locks: what is in /proc/locks
 *
 * Any thread.
 *
 * Returns: (transfer full) (nullable): %NULL if nothing is said, or nothing is locked
 */
MoorLockControl *
moor_lock_control_new (const MoorConfigFile *config, const MoorRuleHost *host, const char *locks)
{
  g_autoptr(MoorLockControl) control = NULL;
  g_auto(GStrv) lines = NULL;

  if (config == NULL || config->locked_files->len == 0)
    return NULL;
  control = g_new0 (MoorLockControl, 1);
  control->style = host->style;
  control->entries = g_array_new (FALSE, FALSE, sizeof (Entry));
  g_array_set_clear_func (control->entries, entry_clear);
  control->locks = g_hash_table_new_full (lock_hash, lock_equal, g_free, NULL);
  for (guint i = 0; i < config->locked_files->len; i++)
    {
      const MoorConfigPolicy *policy = g_ptr_array_index (config->locked_files, i);
      const Entry entry = { moor_policy_pattern (policy, host, NULL), policy->lets_go_on };

      if (entry.pattern != NULL)
        g_array_append_val (control->entries, entry);
    }
  lines = g_strsplit (locks, "\n", -1);
  for (char **line = lines; *line != NULL; line++)
    add_lock (control, *line);
  return g_hash_table_size (control->locks) > 0 ? g_steal_pointer (&control) : NULL;
}

/**
 * moor_lock_control_free:
 * @control: (nullable) (transfer full): what is no longer needed
 */
void
moor_lock_control_free (MoorLockControl *control)
{
  if (control == NULL)
    return;

  g_array_unref (control->entries);
  g_hash_table_unref (control->locks);
  g_free (control);
}

/**
 * moor_lock_control_knows:
 *
 * Returns: whether somebody has locked that file for writing.  Any thread.
 */
gboolean
moor_lock_control_knows (const MoorLockControl *control, guint64 dev, guint64 ino)
{
  const Lock lock = { dev, ino };

  return g_hash_table_contains (control->locks, &lock);
}

/**
 * moor_lock_control_copies:
 * @path: (type filename): a locked file, within the system
 *
 * Returns: whether the first entry about @path says that it is not to be linked.  Any thread.
 */
gboolean
moor_lock_control_copies (const MoorLockControl *control, const char *path)
{
  for (guint i = 0; i < control->entries->len; i++)
    {
      const Entry *entry = &g_array_index (control->entries, Entry, i);

      if (moor_pattern_matches (entry->pattern, control->style, path, FALSE))
        return !entry->links;
    }
  return FALSE;
}
