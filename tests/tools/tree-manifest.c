/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tree-record.h"

/* Manifests on disk, and what differs between two of them.  One line for each
 * object, its columns parted by tabs; no byte of a name can be one (they are
 * escaped), so the file goes well with diff(1) and grep(1) too. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define N_COLUMNS 12

static void
print_record (FILE *file, const TreeRecord *record)
{
  (void) fprintf (file, "%s\t%c\t%" G_GUINT64_FORMAT "\t%u\t%u\t%04o\t%" G_GUINT64_FORMAT,
                  record->path, record->kind, record->inode, record->uid, record->gid, record->mode,
                  record->n_bytes);
  (void) fprintf (file, "\t%" G_GINT64_FORMAT ".%09ld\t%x\t%s\t%s\t%s\n", record->mtime_s,
                  record->mtime_ns, (guint) record->flags, record->group, record->attributes,
                  record->detail != NULL ? record->detail : "");
}

void
tree_write_manifest (GPtrArray *records, const char *path)
{
  FILE *file = fopen (path, "we");

  if (file == NULL)
    tree_die ("writing", path);
  for (guint i = 0; i < records->len; i++)
    print_record (file, g_ptr_array_index (records, i));
  if (fclose (file) != 0)
    tree_die ("writing", path);
}

static TreeRecord *
parse_record (const char *line)
{
  g_auto(GStrv) columns = g_strsplit (line, "\t", N_COLUMNS);
  TreeRecord *record = g_new0 (TreeRecord, 1);
  char *rest = NULL;

  if (g_strv_length (columns) != N_COLUMNS)
    {
      errno = EINVAL;
      tree_die ("understanding", line);
    }
  record->path = g_strdup (columns[0]);
  record->kind = columns[1][0];
  record->inode = g_ascii_strtoull (columns[2], NULL, 10);
  record->uid = (guint) g_ascii_strtoull (columns[3], NULL, 10);
  record->gid = (guint) g_ascii_strtoull (columns[4], NULL, 10);
  record->mode = (guint) g_ascii_strtoull (columns[5], NULL, 8);
  record->n_bytes = g_ascii_strtoull (columns[6], NULL, 10);
  record->mtime_s = g_ascii_strtoll (columns[7], &rest, 10);
  record->mtime_ns = (long) g_ascii_strtoll (rest + 1, NULL, 10);
  record->flags = (int) g_ascii_strtoull (columns[8], NULL, 16);
  record->group = g_strdup (columns[9]);
  record->attributes = g_strdup (columns[10]);
  record->detail = g_strdup (columns[11]);
  return record;
}

/* Returns: (element-type TreeRecord): as they stand in the file, sorted by path. */
GPtrArray *
tree_read_manifest (const char *path)
{
  GPtrArray *records = g_ptr_array_new_with_free_func ((GDestroyNotify) tree_record_free);
  FILE *file = fopen (path, "re");
  char *line = NULL;
  size_t n_line = 0;
  ssize_t n = 0;

  if (file == NULL)
    tree_die ("reading", path);
  while ((n = getline (&line, &n_line, file)) > 0)
    {
      line[n - 1] = '\0';
      g_ptr_array_add (records, parse_record (line));
    }
  g_free (line);
  (void) fclose (file);
  return records;
}

static void
say (GString *text, const char *what, const char *before, const char *after)
{
  if (g_strcmp0 (before, after) != 0)
    g_string_append_printf (text, " %s %s -> %s,", what, before, after);
}

static void
say_number (GString *text, const char *what, guint64 before, guint64 after, gboolean octal)
{
  if (before == after)
    return;
  if (octal)
    g_string_append_printf (text, " %s %04o -> %04o,", what, (guint) before, (guint) after);
  else
    g_string_append_printf (text, " %s %" G_GUINT64_FORMAT " -> %" G_GUINT64_FORMAT ",", what,
                            before, after);
}

/* Returns: (transfer full): what differs, empty if nothing does. */
static char *
describe_difference (const TreeRecord *before, const TreeRecord *after, gboolean inodes)
{
  GString *text = g_string_new (NULL);

  if (before->kind != after->kind)
    g_string_append_printf (text, " kind %c -> %c,", before->kind, after->kind);
  if (inodes && before->kind != 'd')
    say_number (text, "inode", before->inode, after->inode, FALSE);
  say_number (text, "uid", before->uid, after->uid, FALSE);
  say_number (text, "gid", before->gid, after->gid, FALSE);
  say_number (text, "mode", before->mode, after->mode, TRUE);
  say_number (text, "size", before->n_bytes, after->n_bytes, FALSE);
  say_number (text, "flags", (guint64) before->flags, (guint64) after->flags, FALSE);
  if (before->mtime_s != after->mtime_s || before->mtime_ns != after->mtime_ns)
    g_string_append_printf (text,
                            " mtime %" G_GINT64_FORMAT ".%09ld -> %" G_GINT64_FORMAT ".%09ld,",
                            before->mtime_s, before->mtime_ns, after->mtime_s, after->mtime_ns);
  say (text, "link group", before->group, after->group);
  say (text, "attributes", before->attributes, after->attributes);
  if (before->detail != NULL && *before->detail != '\0' && after->detail != NULL)
    say (text, "content", before->detail, after->detail);
  return g_string_free (text, FALSE);
}

static void
report (guint *n_differences, guint limit, const char *what, const char *path, const char *detail)
{
  if (++*n_differences <= limit)
    (void) printf ("%s: %.300s%s\n", what, path, detail);
}

/* Prints every difference, at most @limit; returns how many there are. */
guint
tree_compare (GPtrArray *before, GPtrArray *after, gboolean inodes, guint limit)
{
  guint n_differences = 0;
  guint i = 0;
  guint k = 0;

  while (i < before->len || k < after->len)
    {
      const TreeRecord *old = i < before->len ? g_ptr_array_index (before, i) : NULL;
      const TreeRecord *new = k < after->len ? g_ptr_array_index (after, k) : NULL;
      const int order = old == NULL ? 1 : new == NULL ? -1 : strcmp (old->path, new->path);

      if (order < 0)
        report (&n_differences, limit, "missing", old->path, "");
      else if (order > 0)
        report (&n_differences, limit, "extra", new->path, "");
      else
        {
          g_autofree char *text = describe_difference (old, new, inodes);

          if (*text != '\0')
            report (&n_differences, limit, "differs", old->path, text);
        }
      i += order <= 0;
      k += order >= 0;
    }
  return n_differences;
}
