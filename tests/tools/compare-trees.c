/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The round trip's oracle: it knows nothing of Mooring.
 *
 *   compare-trees --record=MANIFEST DIR        writes down what DIR holds
 *   compare-trees --compare=MANIFEST DIR       prints what has changed since
 *   compare-trees --inodes-alive=MANIFEST DIR...
 *                                              every inode still has a name
 *
 * Ends with 0 if all is the same, 1 if something differs, 2 if it cannot tell.
 * Folders are compared in all but the inode; everything else in everything but
 * ctime.  It stays on the file system of DIR. */

#include "tree-record.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct
{
  char *record;
  char *compare;
  char *alive;
  char **ignored;
  char **dirs;
  gboolean content;
  gboolean no_inodes;
  int limit;
} Options;

static GPtrArray *
make_ignored (char **prefixes)
{
  GPtrArray *ignored = g_ptr_array_new ();

  for (char **prefix = prefixes; prefix != NULL && *prefix != NULL; prefix++)
    g_ptr_array_add (ignored, *prefix);
  return ignored;
}

/* A manifest may have been written without --ignore. */
static void
drop_ignored (GPtrArray *records, GPtrArray *ignored)
{
  for (guint i = records->len; i > 0; i--)
    {
      const TreeRecord *record = g_ptr_array_index (records, i - 1);

      if (tree_is_ignored (record->path, ignored))
        g_ptr_array_remove_index (records, i - 1);
    }
}

static int
run_record (const Options *options)
{
  g_autoptr(GPtrArray) ignored = make_ignored (options->ignored);
  g_autoptr(GPtrArray) records = tree_read (options->dirs[0], options->content, ignored);

  tree_write_manifest (records, options->record);
  (void) printf ("%u objects recorded\n", records->len);
  return 0;
}

static int
run_compare (const Options *options)
{
  g_autoptr(GPtrArray) ignored = make_ignored (options->ignored);
  g_autoptr(GPtrArray) before = tree_read_manifest (options->compare);
  g_autoptr(GPtrArray) after = tree_read (options->dirs[0], options->content, ignored);
  guint n_differences = 0;

  drop_ignored (before, ignored);
  n_differences = tree_compare (before, after, !options->no_inodes, (guint) options->limit);
  (void) printf ("%u objects compared, %u differences\n", before->len, n_differences);
  return n_differences > 0 ? 1 : 0;
}

static int
run_alive (const Options *options)
{
  g_autoptr(GPtrArray) before = tree_read_manifest (options->alive);
  g_autoptr(GHashTable) inodes = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  guint n_lost = 0;

  for (char **dir = options->dirs; *dir != NULL; dir++)
    tree_collect_inodes (*dir, inodes);
  for (guint i = 0; i < before->len; i++)
    {
      const TreeRecord *record = g_ptr_array_index (before, i);

      if (record->kind != 'd' && !g_hash_table_contains (inodes, &record->inode)
          && ++n_lost <= (guint) options->limit)
        (void) printf ("lost: %s (inode %" G_GUINT64_FORMAT ")\n", record->path, record->inode);
    }
  (void) printf ("%u objects looked for, %u without any name\n", before->len, n_lost);
  return n_lost > 0 ? 1 : 0;
}

int
main (int argc, char **argv)
{
  Options options = { .limit = 50 };
  const GOptionEntry entries[] = {
    { "record", 0, 0, G_OPTION_ARG_FILENAME, &options.record, "Write a manifest", "MANIFEST" },
    { "compare", 0, 0, G_OPTION_ARG_FILENAME, &options.compare, "Compare with it", "MANIFEST" },
    { "inodes-alive", 0, 0, G_OPTION_ARG_FILENAME, &options.alive, "Look for names", "MANIFEST" },
    { "ignore", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options.ignored, "Leave out", "PREFIX" },
    { "content", 0, 0, G_OPTION_ARG_NONE, &options.content, "Hash the files' content", NULL },
    { "no-inodes", 0, 0, G_OPTION_ARG_NONE, &options.no_inodes, "Copies are as good", NULL },
    { "limit", 0, 0, G_OPTION_ARG_INT, &options.limit, "Print at most so many", "N" },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options.dirs, NULL, "DIR" },
    { NULL, 0, 0, 0, NULL, NULL, NULL },
  };
  g_autoptr(GOptionContext) context = g_option_context_new (NULL);
  g_autoptr(GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || options.dirs == NULL)
    {
      (void) fprintf (stderr, "compare-trees: %s\n", error != NULL ? error->message : "which DIR?");
      return 2;
    }
  if (options.record != NULL)
    return run_record (&options);
  if (options.compare != NULL)
    return run_compare (&options);
  if (options.alive != NULL)
    return run_alive (&options);
  (void) fprintf (stderr, "compare-trees: --record, --compare or --inodes-alive?\n");
  return 2;
}
