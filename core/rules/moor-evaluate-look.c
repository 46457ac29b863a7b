/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-evaluate-private.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "moor-beneath.h"
#include "moor-error.h"
#include "moor-fd.h"
#include "moor-text.h"
#include "moor-walk.h"

/* Looking into the system that rules are held against.
 *
 * Everything goes beneath a descriptor: that of a home for what is in it, else that of the
 * root.  No link is followed.  On a Windows system a name that is not there as it is written is
 * looked for in its directory without regard to case.
 *
 * A pattern is looked for from its longest literal beginning.  Only if that is not enough,
 * directories are listed, the nearest first, MAX_DEPTH levels down and MAX_ENTRIES entries in
 * all, and never into another mount: conditions are there to find a program's folder, not to
 * search a disk. */

#define MAX_DEPTH 16
#define MAX_ENTRIES 20000

typedef struct
{
  const char *name; /* folded */
  char *found;
} FoldedName;

static gboolean
compare_folded (const char *name, guint8 type, guint64 ino, gpointer user_data)
{
  FoldedName *wanted = user_data;
  g_autofree char *folded = moor_pattern_fold (name);

  if (!g_str_equal (folded, wanted->name))
    return TRUE;
  wanted->found = g_strdup (name);
  return FALSE;
}

/* Only to be called with the errno of a failed call; returns -1. */
static int
throw_look (GError **error, int errnum, const char *path)
{
  g_autofree char *shown = moor_text_path (path);

  (void) moor_throw_errno (error, errnum, "looking at “%s”", shown);
  return -1;
}

/* What @name is called in the directory, NULL with @error if it is not there. */
static char *
real_name (const MoorRuleHost *host, int dfd, const char *name, GError **error)
{
  g_autofree char *folded = NULL;
  FoldedName wanted = { NULL, NULL };
  struct statx stx;
  int errnum;

  if (host->sys->statx (dfd, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_TYPE, &stx) == 0)
    return g_strdup (name);
  errnum = errno;
  if (errnum == ENOENT && host->style == MOOR_PATHS_WINDOWS)
    {
      folded = moor_pattern_fold (name);
      wanted.name = folded;
      if (!moor_list_dir (host->sys, dfd, compare_folded, &wanted, error))
        return NULL;
    }
  if (wanted.found == NULL)
    (void) throw_look (error, errnum, name);
  return wanted.found;
}

/* The top of a volume may be the system's root itself rather than have a folder for it. */
static gboolean
root_is_drive (const MoorRuleHost *host, const char *name)
{
  const char *drive = g_hash_table_lookup (host->variables, "SYSTEMDRIVE");

  return host->style == MOOR_PATHS_WINDOWS && strlen (name) == 2 && name[1] == ':'
         && (drive == NULL || g_ascii_strcasecmp (drive, name) == 0);
}

/* Where @path begins to be looked for: a descriptor (not owned), and what is left of it. */
static int
starting_point (const MoorRuleHost *host, const char *path, const char **out_rest)
{
  int dfd = host->root_dfd;

  *out_rest = path;
  for (guint i = 0; i < host->users->len; i++)
    {
      const MoorRuleUser *user = g_ptr_array_index (host->users, i);
      const char *rest;

      /* One home may be inside another: the less is left, the deeper is the home. */
      if (user->home_dfd < 0 || user->home[0] == '\0'
          || !moor_path_is_at_or_below (path, user->home))
        continue;
      rest = path + strlen (user->home);
      if (rest < *out_rest)
        continue;
      *out_rest = rest;
      dfd = user->home_dfd;
    }
  return dfd;
}

/* One step down, or as far as it was if the root stands for the drive @name. */
static int
step_down (const MoorRuleHost *host,
           int dfd,
           const char *name,
           gboolean may_be_drive,
           GError **error)
{
  g_autoptr(GError) local_error = NULL;
  g_autofree char *real = NULL;

  if (!moor_name_is_valid (name))
    return throw_look (error, ENOENT, name);

  real = real_name (host, dfd, name, &local_error);
  if (real != NULL)
    return moor_open_beneath (host->sys, dfd, real, O_PATH | O_DIRECTORY, error);
  if (may_be_drive && root_is_drive (host, name))
    return moor_open_beneath (host->sys, dfd, "", O_PATH | O_DIRECTORY, error);
  g_propagate_error (error, g_steal_pointer (&local_error));
  return -1;
}

/* The directory at @path; -1 with @error if there is none. */
static int
open_dir (const MoorRuleHost *host, const char *path, GError **error)
{
  const char *rest;
  const int from = starting_point (host, path, &rest);
  g_auto(GStrv) names = g_strsplit (rest, "/", -1);
  gboolean may_be_drive = rest == path;
  g_auto(MoorFd) fd = -1;

  if (from < 0)
    return throw_look (error, ENOENT, path);
  fd = moor_open_beneath (host->sys, from, "", O_PATH | O_DIRECTORY, error);
  for (guint i = 0; fd >= 0 && names[i] != NULL; i++)
    {
      int next;

      if (names[i][0] == '\0')
        continue;
      next = step_down (host, fd, names[i], may_be_drive, error);
      may_be_drive = FALSE;
      moor_fd_close (fd);
      fd = next;
    }
  return g_steal_fd (&fd);
}

/* The directory that holds the last name of @path, and that name as it is there. */
static int
open_parent (const MoorRuleHost *host, const char *path, char **out_name, GError **error)
{
  const char *slash = strrchr (path, '/');
  g_autofree char *parent = slash != NULL ? g_strndup (path, (gsize) (slash - path)) : NULL;
  g_auto(MoorFd) fd = -1;

  if (parent == NULL || !moor_name_is_valid (slash + 1))
    return throw_look (error, ENOENT, path);
  if ((fd = open_dir (host, parent, error)) < 0)
    return -1;
  if ((*out_name = real_name (host, fd, slash + 1, error)) == NULL)
    return -1;
  return g_steal_fd (&fd);
}

/* What is at @path, a link itself where there is one. */
gboolean
moor_look_statx (const MoorRuleHost *host, const char *path, struct statx *out_stx, GError **error)
{
  const int flags = AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;
  g_auto(MoorFd) dir = open_dir (host, path, NULL);
  g_autofree char *name = NULL;
  g_auto(MoorFd) parent = -1;

  if (dir >= 0)
    return host->sys->statx (dir, "", flags, STATX_BASIC_STATS, out_stx) == 0
           || throw_look (error, errno, path) == 0;
  if ((parent = open_parent (host, path, &name, error)) < 0)
    return FALSE;
  return host->sys->statx (parent, name, flags, STATX_BASIC_STATS, out_stx) == 0
         || throw_look (error, errno, path) == 0;
}

/* The whole of a regular file, NULL if it is none or has more than @max_bytes. */
GBytes *
moor_look_read (const MoorRuleHost *host, const char *path, gsize max_bytes, struct statx *out_stx)
{
  g_autoptr(GByteArray) content = g_byte_array_new ();
  g_autofree char *name = NULL;
  g_auto(MoorFd) parent = open_parent (host, path, &name, NULL);
  g_auto(MoorFd) fd = -1;
  guint8 buffer[16 * 1024];
  ssize_t n;

  if (parent < 0)
    return NULL;
  fd = moor_open_beneath (host->sys, parent, name, O_RDONLY | O_NONBLOCK | O_NOCTTY, NULL);
  if (fd < 0 || host->sys->statx (fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, out_stx) < 0
      || !S_ISREG (out_stx->stx_mode) || out_stx->stx_size > max_bytes)
    return NULL;

  while ((n = host->sys->read (fd, buffer, sizeof buffer)) != 0)
    {
      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0 || content->len + (gsize) n > max_bytes)
        return NULL;
      g_byte_array_append (content, buffer, (guint) n);
    }
  return g_byte_array_free_to_bytes (g_steal_pointer (&content));
}

typedef struct
{
  GPtrArray *dirs;
  GPtrArray *others;
} Names;

static gboolean
sort_name (const char *name, guint8 type, guint64 ino, gpointer user_data)
{
  const Names *names = user_data;

  g_ptr_array_add (type == DT_DIR ? names->dirs : names->others, g_strdup (name));
  return TRUE;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* Adds the names in the directory @path, in order.  FALSE if it cannot be read. */
gboolean
moor_look_list (const MoorRuleHost *host, const char *path, GPtrArray *dirs, GPtrArray *others)
{
  Names names = { dirs, others };
  g_auto(MoorFd) fd = open_dir (host, path, NULL);

  if (fd < 0 || !moor_list_dir (host->sys, fd, sort_name, &names, NULL))
    return FALSE;
  g_ptr_array_sort (dirs, compare_names);
  g_ptr_array_sort (others, compare_names);
  return TRUE;
}

/* A search below one directory.  Paths in the queue are relative to it. */
typedef struct
{
  const MoorRuleHost *host;
  const MoorPattern *pattern;
  const char *base;
  int base_fd;
  MoorDomain domain;
  GQueue queue; /* (element-type Place) (owned) */
  guint n_entries;
  const char *current; /* relative path */
  guint depth;
  char *found;
  GError *error; /* the first failure that leaves it open what there is */
} Search;

typedef struct
{
  char *path;
  guint depth;
} Place;

static void
place_free (gpointer data)
{
  Place *place = data;

  g_free (place->path);
  g_free (place);
}

static gboolean
try_entry (const char *name, guint8 type, guint64 ino, gpointer user_data)
{
  Search *search = user_data;
  const char *slash = search->current[0] != '\0' ? "/" : "";
  g_autofree char *below = g_strconcat (search->current, slash, name, NULL);
  g_autofree char *path = g_strconcat (search->base, "/", below, NULL);
  Place *place;

  if (++search->n_entries > MAX_ENTRIES)
    return FALSE;
  if ((type == DT_DIR) == (search->pattern->leaf == NULL)
      && moor_pattern_matches (search->pattern, search->host->style, path, type == DT_DIR))
    {
      search->found = g_steal_pointer (&path);
      return FALSE;
    }
  if (type == DT_DIR)
    {
      place = g_new0 (Place, 1);
      place->path = g_steal_pointer (&below);
      place->depth = search->depth + 1;
      g_queue_push_tail (&search->queue, place);
    }
  return TRUE;
}

/* What is not there, or is reached through a link only, is simply not found. */
static gboolean
is_absent (const GError *error)
{
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND)
         || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_DIRECTORY)
         || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_LINKS);
}

static void
keep_failure (Search *search, GError *error)
{
  if (search->error == NULL && !is_absent (error))
    search->error = error;
  else
    g_error_free (error);
}

static void
try_directory (Search *search, const Place *place)
{
  const MoorSys *sys = search->host->sys;
  GError *error = NULL;
  g_auto(MoorFd) fd = moor_open_beneath (sys, search->base_fd, place->path, O_PATH | O_DIRECTORY,
                                          &error);
  MoorDomain domain;

  if (fd >= 0 && moor_domain_of_fd (sys, fd, &domain, &error)
      && domain.mnt_id == search->domain.mnt_id)
    {
      search->current = place->path;
      search->depth = place->depth;
      (void) moor_list_dir (sys, fd, try_entry, search, &error);
    }
  if (error != NULL)
    keep_failure (search, error);
}

static MoorSearch
run_search (Search *search, gboolean deep, GCancellable *cancellable)
{
  gboolean gave_up = FALSE;
  Place *start = g_new0 (Place, 1);

  start->path = g_strdup ("");
  g_queue_push_tail (&search->queue, start);
  while (search->found == NULL && search->n_entries <= MAX_ENTRIES
         && !g_queue_is_empty (&search->queue) && !g_cancellable_is_cancelled (cancellable))
    {
      Place *place = g_queue_pop_head (&search->queue);

      if (place->depth > 0 && !deep)
        g_queue_clear_full (&search->queue, place_free);
      else if (place->depth > MAX_DEPTH)
        gave_up = TRUE;
      else
        try_directory (search, place);
      place_free (place);
    }
  gave_up |= search->n_entries > MAX_ENTRIES;
  g_queue_clear_full (&search->queue, place_free);
  if (search->found != NULL)
    return MOOR_SEARCH_FOUND;
  if (search->error != NULL)
    return MOOR_SEARCH_FAILED;
  return gave_up ? MOOR_SEARCH_GAVE_UP : MOOR_SEARCH_NOTHING;
}

/* Gives @from away, unless it only says that there is nothing. */
static MoorSearch
failed (GError *from, GError **error)
{
  if (!is_absent (from))
    {
      g_propagate_error (error, from);
      return MOOR_SEARCH_FAILED;
    }
  g_error_free (from);
  return MOOR_SEARCH_NOTHING;
}

static MoorSearch
search_below (const MoorRuleHost *host,
              const MoorPattern *pattern,
              const char *base,
              GCancellable *cancellable,
              char **out_path,
              GError **error)
{
  const gboolean deep = pattern->subtree || strchr (pattern->node, '*') != NULL;
  GError *local_error = NULL;
  g_auto(MoorFd) fd = open_dir (host, base, &local_error);
  Search search = {
    .host = host,
    .pattern = pattern,
    .base = base,
    .base_fd = fd,
    .queue = G_QUEUE_INIT,
  };
  MoorSearch result;

  if (fd < 0 || !moor_domain_of_fd (host->sys, fd, &search.domain, &local_error))
    return failed (local_error, error);
  result = run_search (&search, deep, cancellable);
  if (result == MOOR_SEARCH_FOUND && out_path != NULL)
    *out_path = g_steal_pointer (&search.found);
  if (result == MOOR_SEARCH_FAILED)
    g_propagate_error (error, g_steal_pointer (&search.error));
  g_clear_error (&search.error);
  g_free (search.found);
  return result;
}

static MoorSearch
literal_exists (const MoorRuleHost *host,
                char *path,
                gboolean of_any_kind,
                char **out_path,
                GError **error)
{
  g_autofree char *owned = path;
  GError *local_error = NULL;
  struct statx stx;

  if (!moor_look_statx (host, path, &stx, &local_error))
    return failed (local_error, error);
  if (!of_any_kind && S_ISDIR (stx.stx_mode))
    return MOOR_SEARCH_NOTHING;
  if (out_path != NULL)
    *out_path = g_steal_pointer (&owned);
  return MOOR_SEARCH_FOUND;
}

/* Whether any object matches @pattern, a file pattern, and which was found first.  @error is set
 * with MOOR_SEARCH_FAILED. */
MoorSearch
moor_look_exists (const MoorRuleHost *host,
                  const MoorPattern *pattern,
                  GCancellable *cancellable,
                  char **out_path,
                  GError **error)
{
  const char *star = strchr (pattern->node, '*');
  g_autofree char *base = NULL;
  MoorSearch result;

  /* A file is often named without the brackets that make it one. */
  if (star == NULL && pattern->leaf == NULL)
    return literal_exists (host, g_strdup (pattern->node), TRUE, out_path, error);
  if (star == NULL && strchr (pattern->leaf, '*') == NULL)
    {
      char *path = g_strconcat (pattern->node, "/", pattern->leaf, NULL);

      result = literal_exists (host, path, FALSE, out_path, error);
      if (result != MOOR_SEARCH_NOTHING || !pattern->subtree)
        return result;
    }

  base = star != NULL ? g_strndup (pattern->node, (gsize) (star - pattern->node))
                      : g_strdup (pattern->node);
  if (star != NULL && strrchr (base, '/') != NULL)
    *strrchr (base, '/') = '\0';
  return search_below (host, pattern, base, cancellable, out_path, error);
}
