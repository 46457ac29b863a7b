/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-test.h"

#include <dirent.h>
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "moor-error.h"
#include "moor-fd.h"
#include "moor-walk.h"

#define MAX_WORKERS 8
#define DEPTH 5000

typedef struct
{
  char *root;
  char *src;
  char *dst;
} Fixture;

static int
setup (void **state)
{
  Fixture *fixture = g_new0 (Fixture, 1);

  fixture->root = moor_test_dir_new ();
  fixture->src = g_build_filename (fixture->root, "src", NULL);
  fixture->dst = g_build_filename (fixture->root, "dst", NULL);
  assert_int_equal (g_mkdir (fixture->src, 0755), 0);
  assert_int_equal (g_mkdir (fixture->dst, 0755), 0);
  *state = fixture;
  return 0;
}

static int
teardown (void **state)
{
  Fixture *fixture = *state;

  moor_test_dir_free (fixture->root);
  g_free (fixture->src);
  g_free (fixture->dst);
  g_free (fixture);
  return 0;
}

/* What one walk saw.  Worker threads write their own part; nobody asserts there. */
typedef struct
{
  guint n_left;
  guint n_done;
  guint n_problems;
  GPtrArray *paths; /* (element-type filename) (owned): what entry() was told */
} Seen;

typedef struct
{
  Seen seen[MAX_WORKERS];
  gint clock;
  gint n_data; /* set and not freed yet */
  gint n_data_set;
  gint n_misplaced; /* leaves before those of a subdirectory, and the like */
  GError *error;    /* (owned) (nullable): the last problem; for tests with one worker */
  char *problem;    /* (owned) (nullable): its name */
  int errnum;

  gboolean mirrors;     /* make mirrors and look at both sides in leave */
  gboolean accept_none; /* descend nowhere */
  const char *skip;     /* enter refuses it */
  gint cancel_at;       /* entries; 0 for never */
  GCancellable *cancellable;
  gint n_entries;
  guint max_fds; /* seen open at once; one worker */
  void (*on_enter) (MoorDir *dir, gpointer user_data);
  void (*on_leave) (MoorDir *dir, gpointer user_data);
  gpointer hook_data;
} Trip;

/* The data of a directory. */
typedef struct
{
  Trip *trip;
  gint n_below; /* subdirectories that entered and did not leave */
  gint entered_at;
  gint done_at;
} Mark;

static void
mark_free (gpointer data)
{
  Mark *mark = data;

  g_atomic_int_add (&mark->trip->n_data, -1);
  g_free (mark);
}

static void
trip_init (Trip *trip)
{
  *trip = (Trip){ 0 };
  for (guint i = 0; i < MAX_WORKERS; i++)
    trip->seen[i].paths = g_ptr_array_new_with_free_func (g_free);
}

static void
trip_clear (Trip *trip)
{
  for (guint i = 0; i < MAX_WORKERS; i++)
    g_ptr_array_unref (trip->seen[i].paths);
  g_clear_error (&trip->error);
  g_free (trip->problem);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Trip, trip_clear)

static guint
count_fds (void)
{
  g_autoptr(GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  guint n_fds = 0;

  while (g_dir_read_name (dir) != NULL)
    n_fds++;
  return n_fds;
}

static gboolean
note_enter (MoorDir *dir, guint worker, gpointer user_data)
{
  Trip *trip = user_data;
  MoorDir *parent = moor_dir_parent (dir);
  Mark *mark;

  if (g_strcmp0 (moor_dir_name (dir), trip->skip) == 0)
    return FALSE;
  if (trip->mirrors && parent != NULL
      && !moor_dir_make_mirror (dir, moor_dir_name (dir), 0755, NULL, NULL))
    g_atomic_int_inc (&trip->n_misplaced);
  if (parent != NULL)
    g_atomic_int_inc (&((Mark *) moor_dir_data (parent))->n_below);

  mark = g_new0 (Mark, 1);
  mark->trip = trip;
  mark->entered_at = g_atomic_int_add (&trip->clock, 1);
  g_atomic_int_inc (&trip->n_data);
  g_atomic_int_inc (&trip->n_data_set);
  moor_dir_set_data (dir, mark);
  if (trip->on_enter != NULL)
    trip->on_enter (dir, trip->hook_data);
  return TRUE;
}

static gboolean
note_entry (MoorDir *dir,
            const char *name,
            guint8 type,
            guint64 ino,
            guint worker,
            gpointer user_data)
{
  Trip *trip = user_data;
  g_autofree char *path = moor_dir_path (dir);

  g_ptr_array_add (trip->seen[worker].paths, g_build_filename (path, name, NULL));
  if (type == DT_UNKNOWN || ino == 0)
    g_atomic_int_inc (&trip->n_misplaced);
  if (g_atomic_int_add (&trip->n_entries, 1) + 1 == trip->cancel_at)
    g_cancellable_cancel (trip->cancellable);
  return !trip->accept_none;
}

static void
note_done (MoorDir *dir, guint worker, gpointer user_data)
{
  Trip *trip = user_data;
  Mark *mark = moor_dir_data (dir);

  mark->done_at = g_atomic_int_add (&trip->clock, 1) + 1;
  trip->seen[worker].n_done++;
}

static void
note_leave (MoorDir *dir, guint worker, gpointer user_data)
{
  Trip *trip = user_data;
  const Mark *mark = moor_dir_data (dir);
  MoorDir *parent = moor_dir_parent (dir);
  struct stat st;

  if (g_atomic_int_get (&mark->n_below) != 0 || mark->done_at == 0)
    g_atomic_int_inc (&trip->n_misplaced);
  if (trip->mirrors
      && (fstat (moor_dir_fd (dir, NULL), &st) < 0 || st.st_ino != moor_dir_statx (dir)->stx_ino
          || fstat (moor_dir_mirror_fd (dir, NULL), &st) < 0 || !S_ISDIR (st.st_mode)))
    g_atomic_int_inc (&trip->n_misplaced);
  if (trip->mirrors && moor_dir_depth (dir) % 100 == 0)
    trip->max_fds = MAX (trip->max_fds, count_fds ());
  if (trip->on_leave != NULL)
    trip->on_leave (dir, trip->hook_data);
  if (parent != NULL)
    g_atomic_int_add (&((Mark *) moor_dir_data (parent))->n_below, -1);
  trip->seen[worker].n_left++;
}

static void
note_problem (MoorDir *dir,
              const char *name,
              int errnum,
              const GError *error,
              guint worker,
              gpointer user_data)
{
  Trip *trip = user_data;

  trip->seen[worker].n_problems++;
  if (worker != 0)
    return;
  g_clear_error (&trip->error);
  g_clear_pointer (&trip->problem, g_free);
  trip->error = g_error_copy (error);
  trip->problem = g_strdup (name);
  trip->errnum = errnum;
}

static const MoorWalkVisitor noting = {
  .enter = note_enter,
  .entry = note_entry,
  .entries_done = note_done,
  .leave = note_leave,
  .problem = note_problem,
};

static gboolean
take_trip (Trip *trip,
           const Fixture *fixture,
           guint n_workers,
           guint max_open_dirs,
           const MoorSys *sys,
           GError **error)
{
  const MoorWalkOptions options = {
    .n_workers = n_workers,
    .max_open_dirs = max_open_dirs,
    .sys = sys,
    .data_free = mark_free,
  };
  g_auto(MoorFd) src = moor_open_dir (NULL, fixture->src, NULL);
  g_auto(MoorFd) dst = trip->mirrors ? moor_open_dir (NULL, fixture->dst, NULL) : -1;
  const MoorWalkRoot root = { .dfd = src, .mirror_dfd = dst, .name = "" };

  return moor_walk_run (&root, 1, &noting, trip, &options, trip->cancellable, error);
}

static int
compare_paths (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* All that was seen, sorted. */
static GPtrArray *
seen_paths (Trip *trip)
{
  GPtrArray *paths = g_ptr_array_new (); /* (element-type filename) (not owned) */

  for (guint i = 0; i < MAX_WORKERS; i++)
    for (guint k = 0; k < trip->seen[i].paths->len; k++)
      g_ptr_array_add (paths, g_ptr_array_index (trip->seen[i].paths, k));
  g_ptr_array_sort (paths, compare_paths);
  return paths;
}

static guint
sum_of (const Trip *trip, gsize offset)
{
  guint sum = 0;

  for (guint i = 0; i < MAX_WORKERS; i++)
    sum += G_STRUCT_MEMBER (guint, &trip->seen[i], offset);
  return sum;
}

#define SUM(trip, member) sum_of ((trip), G_STRUCT_OFFSET (Seen, member))

/* What is below @dir, found in another way: sorted paths relative to it. */
static GPtrArray *
real_paths (const char *dir)
{
  const char *argv[] = { "find", dir, "-mindepth", "1", "-xdev", "-printf", "%P\\n", NULL };
  g_autofree char *output = NULL;
  g_auto(GStrv) lines = NULL;
  GPtrArray *paths = g_ptr_array_new_with_free_func (g_free);

  assert_true (moor_test_run (argv, &output));
  lines = g_strsplit (output, "\n", -1);
  for (gsize i = 0; lines[i] != NULL; i++)
    if (lines[i][0] != '\0')
      g_ptr_array_add (paths, g_strdup (lines[i]));
  g_ptr_array_sort (paths, compare_paths);
  return paths;
}

static void
assert_same_paths (GPtrArray *a, GPtrArray *b)
{
  assert_int_equal (a->len, b->len);
  for (guint i = 0; i < a->len; i++)
    assert_string_equal (g_ptr_array_index (a, i), g_ptr_array_index (b, i));
}

/* Everything was seen once, everything entered has left in order, nothing is left over. */
static void
assert_whole_trip (Trip *trip, const Fixture *fixture)
{
  g_autoptr(GPtrArray) seen = seen_paths (trip);
  g_autoptr(GPtrArray) real = real_paths (fixture->src);

  assert_same_paths (seen, real);
  assert_int_equal (SUM (trip, n_problems), 0);
  assert_int_equal (trip->n_misplaced, 0);
  assert_int_equal (SUM (trip, n_left), trip->n_data_set);
  assert_int_equal (SUM (trip, n_done), trip->n_data_set);
  assert_int_equal (trip->n_data, 0);
}

static void
make_files (const char *dir, guint n_files)
{
  for (guint i = 0; i < n_files; i++)
    {
      g_autofree char *path = g_strdup_printf ("%s/file-%u", dir, i);
      int fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

      assert_true (fd >= 0);
      close (fd);
    }
}

/* @n_dirs directories in each one, @depth levels deep, with files in all of them. */
static void
make_tree (const char *dir, guint n_dirs, guint n_files, guint depth)
{
  make_files (dir, n_files);
  for (guint i = 0; depth > 0 && i < n_dirs; i++)
    {
      g_autofree char *child = g_strdup_printf ("%s/dir-%u", dir, i);

      assert_int_equal (g_mkdir (child, 0755), 0);
      make_tree (child, n_dirs, n_files, depth - 1);
    }
}

/* A chain of directories that no path reaches. */
static void
make_chain (const char *dir, guint depth)
{
  g_auto(MoorFd) fd = open (dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  for (guint i = 0; i < depth; i++)
    {
      int child;

      assert_int_equal (mkdirat (fd, "a-link", 0755), 0);
      child = openat (fd, "a-link", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      assert_true (child >= 0);
      close (fd);
      fd = child;
    }
}

static void
test_every_entry_is_seen_exactly_once (void **state)
{
  static const guint n_workers[] = { 1, 2, 8 };
  const Fixture *fixture = *state;
  g_autofree char *odd = g_build_filename (fixture->src, "odd", NULL);

  make_tree (fixture->src, 6, 5, 3);
  moor_test_write (fixture->src, "odd/file", "x");
  assert_int_equal (g_chdir (odd), 0);
  assert_int_equal (symlink ("/nowhere", "dangling"), 0);
  assert_int_equal (symlink ("..", "to-a-folder"), 0);
  assert_int_equal (mkfifo ("fifo", 0600), 0);
  moor_test_write (fixture->src, "odd/\xff\xfe not UTF-8", "x");
  assert_int_equal (g_chdir ("/"), 0);

  for (gsize i = 0; i < G_N_ELEMENTS (n_workers); i++)
    {
      g_auto(Trip) trip;
      g_autoptr(GError) error = NULL;

      trip_init (&trip);
      assert_true (take_trip (&trip, fixture, n_workers[i], 0, NULL, &error));
      assert_no_gerror (error);
      assert_whole_trip (&trip, fixture);
    }
}

static void
test_a_directory_of_20000_entries_is_read_to_its_end (void **state)
{
  const Fixture *fixture = *state;
  g_auto(Trip) trip;

  trip_init (&trip);
  make_files (fixture->src, 20000);
  assert_true (take_trip (&trip, fixture, 2, 0, NULL, NULL));
  assert_whole_trip (&trip, fixture);
  assert_int_equal (trip.n_entries, 20000);
}

static void
test_a_directory_of_many_directories_is_shared_out (void **state)
{
  const Fixture *fixture = *state;
  g_auto(Trip) trip;

  trip_init (&trip);
  make_tree (fixture->src, 3000, 1, 1);
  assert_true (take_trip (&trip, fixture, 4, 16, NULL, NULL));
  assert_whole_trip (&trip, fixture);
}

static void
test_the_mirror_gets_the_same_directories (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(GPtrArray) made = NULL;
  g_autoptr(GPtrArray) real = NULL;

  make_tree (fixture->src, 7, 0, 3);
  for (guint n_workers = 1; n_workers <= 4; n_workers *= 2)
    {
      g_auto(Trip) trip;

      trip_init (&trip);
      trip.mirrors = TRUE;
      assert_true (take_trip (&trip, fixture, n_workers, 16, NULL, NULL));
      assert_whole_trip (&trip, fixture);
    }

  made = real_paths (fixture->dst);
  real = real_paths (fixture->src);
  assert_same_paths (made, real);
}

static void
test_depth_needs_no_descriptors (void **state)
{
  const Fixture *fixture = *state;
  const Fixture mirror = { .src = fixture->dst };
  const guint n_before = count_fds ();
  g_auto(Trip) trip;
  g_auto(Trip) check;

  trip_init (&trip);
  trip_init (&check);
  make_chain (fixture->src, DEPTH);
  trip.mirrors = TRUE;
  assert_true (take_trip (&trip, fixture, 1, 16, NULL, NULL));

  assert_int_equal (SUM (&trip, n_problems), 0);
  assert_int_equal (SUM (&trip, n_left), DEPTH + 1);
  assert_int_equal (trip.n_misplaced, 0);
  assert_int_equal (trip.n_data, 0);
  /* The budget, the two roots, and the one that counts. */
  assert_true (trip.max_fds <= n_before + 16 + 3);
  assert_int_equal (count_fds (), n_before);

  assert_true (take_trip (&check, &mirror, 2, 16, NULL, NULL));
  assert_int_equal (check.n_entries, DEPTH);
}

static void
test_survives_running_out_of_descriptors (void **state)
{
  const Fixture *fixture = *state;
  struct rlimit limit, low;
  g_auto(Trip) trip;
  gboolean walked;

  trip_init (&trip);
  make_chain (fixture->src, 300);
  assert_int_equal (getrlimit (RLIMIT_NOFILE, &limit), 0);
  low = (struct rlimit){ .rlim_cur = count_fds () + 24, .rlim_max = limit.rlim_max };
  assert_int_equal (setrlimit (RLIMIT_NOFILE, &low), 0);
  trip.mirrors = TRUE;
  walked = take_trip (&trip, fixture, 2, 1000, NULL, NULL);
  assert_int_equal (setrlimit (RLIMIT_NOFILE, &limit), 0);

  assert_true (walked);
  assert_int_equal (SUM (&trip, n_problems), 0);
  assert_int_equal (SUM (&trip, n_left), 301);
  assert_int_equal (trip.n_misplaced, 0);
}

static void
test_what_enter_refuses_is_not_visited (void **state)
{
  const Fixture *fixture = *state;
  g_auto(Trip) trip;

  trip_init (&trip);
  moor_test_write (fixture->src, "no/below/file", "x");
  moor_test_write (fixture->src, "yes/file", "x");
  trip.skip = "no";
  assert_true (take_trip (&trip, fixture, 2, 0, NULL, NULL));
  assert_int_equal (trip.n_entries, 3);
  assert_int_equal (SUM (&trip, n_left), 2);
  assert_int_equal (trip.n_misplaced, 0);
}

static void
test_what_entry_refuses_is_not_entered (void **state)
{
  const Fixture *fixture = *state;
  g_auto(Trip) trip;

  trip_init (&trip);
  moor_test_write (fixture->src, "a/b/file", "x");
  trip.accept_none = TRUE;
  assert_true (take_trip (&trip, fixture, 2, 0, NULL, NULL));
  assert_int_equal (trip.n_entries, 1);
  assert_int_equal (SUM (&trip, n_left), 1);
}

static void
test_a_cancelled_walk_stops_and_frees_everything (void **state)
{
  const Fixture *fixture = *state;

  make_tree (fixture->src, 5, 5, 4);
  for (gint cancel_at = 1; cancel_at < 5000; cancel_at = cancel_at * 3)
    {
      g_autoptr(GCancellable) cancellable = g_cancellable_new ();
      g_autoptr(GError) error = NULL;
      g_auto(Trip) trip;

      trip_init (&trip);
      trip.mirrors = TRUE;
      trip.cancel_at = cancel_at;
      trip.cancellable = cancellable;
      assert_false (take_trip (&trip, fixture, 3, 0, NULL, &error));
      assert_gerror (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      /* Each worker may have been in an entry when it happened. */
      assert_true (trip.n_entries <= cancel_at + 2);
      assert_int_equal (trip.n_data, 0);
      assert_true (SUM (&trip, n_left) < (guint) trip.n_data_set);
      assert_int_equal (trip.n_misplaced, 0);
    }
}

static void
test_cancelled_before_it_starts (void **state)
{
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GError) error = NULL;
  g_auto(Trip) trip;

  trip_init (&trip);
  g_cancellable_cancel (cancellable);
  trip.cancellable = cancellable;
  assert_false (take_trip (&trip, *state, 2, 0, NULL, &error));
  assert_gerror (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  assert_int_equal (trip.n_data_set, 0);
}

static void
test_access_times_stay (void **state)
{
  const Fixture *fixture = *state;
  const struct timespec long_ago[2] = { { .tv_sec = 1000 }, { .tv_sec = 2000 } };
  g_autofree char *dir = g_build_filename (fixture->src, "dir", NULL);
  struct stat st;
  g_auto(Trip) trip;

  trip_init (&trip);
  moor_test_write (fixture->src, "dir/file", "x");
  assert_int_equal (utimensat (AT_FDCWD, dir, long_ago, 0), 0);
  assert_true (take_trip (&trip, fixture, 1, 0, NULL, NULL));
  assert_int_equal (stat (dir, &st), 0);
  assert_int_equal (st.st_atime, 1000);
}

static void
test_several_roots_keep_their_names (void **state)
{
  const Fixture *fixture = *state;
  g_autofree char *one = g_build_filename (fixture->src, "one", NULL);
  g_autofree char *two = g_build_filename (fixture->src, "two", NULL);
  const MoorWalkOptions options = { .n_workers = 2, .data_free = mark_free };
  g_auto(MoorFd) one_fd = -1;
  g_auto(MoorFd) two_fd = -1;
  g_auto(Trip) trip;
  g_autoptr(GPtrArray) seen = NULL;

  trip_init (&trip);
  moor_test_write (one, "a/b", "x");
  moor_test_write (two, "c", "x");
  one_fd = moor_open_dir (NULL, one, NULL);
  two_fd = open (two, O_PATH | O_CLOEXEC);
  for (guint i = 0; i < 2; i++)
    {
      const MoorWalkRoot roots[] = { { .dfd = one_fd, .mirror_dfd = -1, .name = "home/one" },
                                     { .dfd = two_fd, .mirror_dfd = -1, .name = "/" } };

      assert_true (moor_walk_run (roots, 2, &noting, &trip, &options, NULL, NULL));
    }

  /* Twice, for the position in the caller's descriptor is left alone. */
  seen = seen_paths (&trip);
  assert_int_equal (seen->len, 6);
  assert_string_equal (g_ptr_array_index (seen, 0), "/c");
  assert_string_equal (g_ptr_array_index (seen, 1), "/c");
  assert_string_equal (g_ptr_array_index (seen, 2), "home/one/a");
  assert_string_equal (g_ptr_array_index (seen, 4), "home/one/a/b");
  assert_true (moor_walk_run (NULL, 0, &noting, &trip, &options, NULL, NULL));
}

static int
refuse_locked (int dfd, const char *path, const struct open_how *how)
{
  if (strcmp (path, "locked") != 0)
    return moor_sys_posix ()->openat2 (dfd, path, how);
  errno = EACCES;
  return -1;
}

static void
test_an_unreadable_directory_is_a_problem (void **state)
{
  const Fixture *fixture = *state;
  MoorSys sys = *moor_sys_posix ();
  g_auto(Trip) trip;

  trip_init (&trip);
  sys.openat2 = refuse_locked;
  moor_test_write (fixture->src, "above/locked/file", "x");
  moor_test_write (fixture->src, "open/file", "x");
  assert_true (take_trip (&trip, fixture, 1, 0, &sys, NULL));

  assert_int_equal (SUM (&trip, n_problems), 1);
  assert_gerror (trip.error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);
  assert_string_equal (trip.problem, "locked");
  assert_int_equal (trip.errnum, EACCES);
  assert_int_equal (trip.n_entries, 4);
  assert_int_equal (SUM (&trip, n_left), 3);
}

static ssize_t
forget_types (int fd, void *buffer, size_t n_bytes)
{
  ssize_t n_read = moor_sys_posix ()->getdents (fd, buffer, n_bytes);
  struct dirent64 *entry;

  for (ssize_t at = 0; at < n_read; at += entry->d_reclen)
    {
      entry = (void *) ((char *) buffer + at);
      entry->d_type = DT_UNKNOWN;
    }
  return n_read;
}

static void
test_types_are_asked_for_where_the_directory_does_not_tell (void **state)
{
  const Fixture *fixture = *state;
  MoorSys sys = *moor_sys_posix ();
  g_auto(Trip) trip;

  trip_init (&trip);
  sys.getdents = forget_types;
  make_tree (fixture->src, 2, 2, 2);
  assert_true (take_trip (&trip, fixture, 2, 0, &sys, NULL));
  assert_whole_trip (&trip, fixture);
}

static gboolean
remove_seen (MoorDir *dir,
             const char *name,
             guint8 type,
             guint64 ino,
             guint worker,
             gpointer user_data)
{
  (void) unlinkat (moor_dir_fd (dir, NULL), name, AT_REMOVEDIR);
  return TRUE;
}

static void
test_a_directory_that_disappears_is_a_problem (void **state)
{
  const Fixture *fixture = *state;
  const MoorWalkVisitor visitor = {
    .enter = note_enter,
    .entry = remove_seen,
    .problem = note_problem,
  };
  const MoorWalkOptions options = { .n_workers = 1, .data_free = mark_free };
  g_autofree char *gone = g_build_filename (fixture->src, "gone", NULL);
  g_auto(MoorFd) fd = moor_open_dir (NULL, fixture->src, NULL);
  const MoorWalkRoot root = { .dfd = fd, .mirror_dfd = -1, .name = "" };
  g_auto(Trip) trip;

  trip_init (&trip);
  assert_int_equal (g_mkdir (gone, 0755), 0);
  assert_true (moor_walk_run (&root, 1, &visitor, &trip, &options, NULL, NULL));
  assert_gerror (trip.error, MOOR_ERROR, MOOR_ERROR_VANISHED);
  assert_string_equal (trip.problem, "gone");
  assert_int_equal (trip.errnum, ENOENT);
}

/* At depth 100 the chain is moved away; at 50 the descriptor has long been closed. */
typedef struct
{
  char *old;
  char *new;
  GError *error;
} Move;

static void
move_away (MoorDir *dir, gpointer user_data)
{
  const Move *move = user_data;

  if (moor_dir_depth (dir) == 100 && g_mkdir (move->new, 0755) == 0
      && renameat2 (AT_FDCWD, move->old, AT_FDCWD, move->new, RENAME_EXCHANGE) < 0)
    g_warning ("cannot exchange directories");
}

static void
look_back (MoorDir *dir, gpointer user_data)
{
  Move *move = user_data;

  if (moor_dir_depth (dir) == 50)
    (void) moor_dir_fd (dir, &move->error);
}

static void
test_what_is_reopened_must_be_what_it_was (void **state)
{
  const Fixture *fixture = *state;
  Move move = { .old = g_build_filename (fixture->src, "a-link", NULL),
                .new = g_build_filename (fixture->dst, "elsewhere", NULL) };
  g_auto(Trip) trip;

  trip_init (&trip);
  make_chain (fixture->src, 100);
  trip.on_enter = move_away;
  trip.on_leave = look_back;
  trip.hook_data = &move;
  assert_true (take_trip (&trip, fixture, 1, 16, NULL, NULL));
  assert_gerror (move.error, MOOR_ERROR, MOOR_ERROR_VANISHED);
  assert_int_equal (SUM (&trip, n_left), 101);

  g_clear_error (&move.error);
  g_free (move.old);
  g_free (move.new);
}

/* Answers of the mirror functions, for one worker. */
typedef struct
{
  GError *made_over_link;
  GError *opened_missing;
  GError *without_parent;
  gboolean existed;
  gboolean renamed;
} Answers;

static void
ask_mirrors (MoorDir *dir, gpointer user_data)
{
  Answers *answers = user_data;

  if (strcmp (moor_dir_name (dir), "link") == 0)
    (void) moor_dir_make_mirror (dir, "link", 0755, NULL, &answers->made_over_link);
  else if (strcmp (moor_dir_name (dir), "missing") == 0)
    (void) moor_dir_open_mirror (dir, "missing", &answers->opened_missing);
  else if (strcmp (moor_dir_name (dir), "below") == 0)
    (void) moor_dir_make_mirror (dir, "below", 0755, NULL, &answers->without_parent);
  else if (strcmp (moor_dir_name (dir), "there") == 0)
    (void) moor_dir_make_mirror (dir, "there", 0755, &answers->existed, NULL);
  else if (strcmp (moor_dir_name (dir), "renamed") == 0)
    answers->renamed = moor_dir_make_mirror (dir, "new name", 0755, &answers->existed, NULL);
  else if (strcmp (moor_dir_name (dir), "deeper") == 0)
    answers->renamed = answers->renamed && moor_dir_make_mirror (dir, "deeper", 0755, NULL, NULL)
                       && moor_dir_has_mirror (dir);
}

static void
test_a_mirror_is_a_real_directory (void **state)
{
  const Fixture *fixture = *state;
  g_autofree char *link = g_build_filename (fixture->dst, "link", NULL);
  const MoorWalkOptions options = { .n_workers = 1, .data_free = mark_free };
  g_auto(MoorFd) src = -1;
  g_auto(MoorFd) dst = -1;
  Answers answers = { 0 };
  g_auto(Trip) trip;

  trip_init (&trip);
  trip.on_enter = ask_mirrors;
  trip.hook_data = &answers;
  moor_test_write (fixture->src, "link/file", "x");
  moor_test_write (fixture->src, "missing/below/file", "x");
  moor_test_write (fixture->src, "there/file", "x");
  moor_test_write (fixture->src, "renamed/deeper/file", "x");
  moor_test_write (fixture->dst, "there/file", "x");
  assert_int_equal (symlink ("there", link), 0);
  src = moor_open_dir (NULL, fixture->src, NULL);
  dst = moor_open_dir (NULL, fixture->dst, NULL);
  {
    const MoorWalkRoot root = { .dfd = src, .mirror_dfd = dst, .name = "" };

    assert_true (moor_walk_run (&root, 1, &noting, &trip, &options, NULL, NULL));
  }

  assert_gerror (answers.made_over_link, G_IO_ERROR, G_IO_ERROR_NOT_DIRECTORY);
  assert_gerror (answers.opened_missing, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  assert_gerror (answers.without_parent, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  assert_true (answers.renamed);
  assert_true (moor_test_exists (fixture->dst, "new name/deeper"));
  assert_false (moor_test_exists (fixture->dst, "missing"));
  g_clear_error (&answers.made_over_link);
  g_clear_error (&answers.opened_missing);
  g_clear_error (&answers.without_parent);
}

/* The call number `fail_at`, counted over all members, fails with EIO. */
static struct
{
  guint n_calls;
  guint fail_at;
} fault;

static gboolean
fault_is_due (void)
{
  if (++fault.n_calls != fault.fail_at)
    return FALSE;

  errno = EIO;
  return TRUE;
}

static int
faulty_openat2 (int dfd, const char *path, const struct open_how *how)
{
  return fault_is_due () ? -1 : moor_sys_posix ()->openat2 (dfd, path, how);
}

static int
faulty_statx (int dfd, const char *path, int flags, unsigned mask, struct statx *out_stx)
{
  return fault_is_due () ? -1 : moor_sys_posix ()->statx (dfd, path, flags, mask, out_stx);
}

static ssize_t
faulty_getdents (int fd, void *buffer, size_t n_bytes)
{
  return fault_is_due () ? -1 : moor_sys_posix ()->getdents (fd, buffer, n_bytes);
}

static int
faulty_mkdirat (int dfd, const char *path, mode_t mode)
{
  return fault_is_due () ? -1 : moor_sys_posix ()->mkdirat (dfd, path, mode);
}

/* Whatever fails is told: as an error, as a problem, or by the function that the
 * visitor called.  Nothing leaks, and the walk ends. */
static void
test_survives_a_fault_in_every_call (void **state)
{
  const Fixture *fixture = *state;
  const guint n_fds = count_fds ();
  MoorSys faulty = *moor_sys_posix ();

  make_tree (fixture->src, 2, 1, 4);
  faulty.openat2 = faulty_openat2;
  faulty.statx = faulty_statx;
  faulty.getdents = faulty_getdents;
  faulty.mkdirat = faulty_mkdirat;

  for (fault.fail_at = 1;; fault.fail_at++)
    {
      g_autoptr(GError) error = NULL;
      g_auto(Trip) trip;
      gboolean walked;

      trip_init (&trip);
      trip.mirrors = TRUE;
      fault.n_calls = 0;
      walked = take_trip (&trip, fixture, 1, 4, &faulty, &error);
      assert_int_equal (trip.n_data, 0);
      assert_int_equal (count_fds (), n_fds);
      if (fault.n_calls < fault.fail_at)
        {
          assert_whole_trip (&trip, fixture);
          break;
        }

      if (!walked)
        assert_gerror (error, G_IO_ERROR, g_io_error_from_errno (EIO));
      else
        assert_true (SUM (&trip, n_problems) + (guint) trip.n_misplaced > 0);
    }
  assert_true (fault.fail_at > 100);
}

static gboolean
count_three (const char *name, guint8 type, guint64 ino, gpointer user_data)
{
  guint *n = user_data;

  return ++(*n) < 3;
}

static void
test_a_listing_ends_when_it_is_told_to (void **state)
{
  const Fixture *fixture = *state;
  g_autoptr(GError) error = NULL;
  g_auto(MoorFd) fd = -1;
  guint n = 0;

  make_files (fixture->src, 10);
  fd = open (fixture->src, O_PATH | O_CLOEXEC);
  assert_true (moor_list_dir (NULL, fd, count_three, &n, &error));
  assert_int_equal (n, 3);
  moor_fd_close (fd);
  fd = open ("/dev/null", O_RDONLY | O_CLOEXEC);
  assert_false (moor_list_dir (NULL, fd, count_three, &n, &error));
  assert_gerror (error, G_IO_ERROR, G_IO_ERROR_NOT_DIRECTORY);
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, setup, teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (test_every_entry_is_seen_exactly_once),
    TEST (test_a_directory_of_20000_entries_is_read_to_its_end),
    TEST (test_a_directory_of_many_directories_is_shared_out),
    TEST (test_the_mirror_gets_the_same_directories),
    TEST (test_depth_needs_no_descriptors),
    TEST (test_survives_running_out_of_descriptors),
    TEST (test_what_enter_refuses_is_not_visited),
    TEST (test_what_entry_refuses_is_not_entered),
    TEST (test_a_cancelled_walk_stops_and_frees_everything),
    TEST (test_cancelled_before_it_starts),
    TEST (test_access_times_stay),
    TEST (test_several_roots_keep_their_names),
    TEST (test_an_unreadable_directory_is_a_problem),
    TEST (test_types_are_asked_for_where_the_directory_does_not_tell),
    TEST (test_a_directory_that_disappears_is_a_problem),
    TEST (test_what_is_reopened_must_be_what_it_was),
    TEST (test_a_mirror_is_a_real_directory),
    TEST (test_survives_a_fault_in_every_call),
    TEST (test_a_listing_ends_when_it_is_told_to),
  };

  return cmocka_run_group_tests_name ("core/walk", tests, NULL, NULL);
}
