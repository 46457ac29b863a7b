/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "moor-store-private.h"
#include "moor-text.h"

/* The file MOORING: it tells programs that this is a store, tells people how to
 * get their files back without any program, and carries the lock.
 *
 * Its last OWNER_BYTES bytes say who holds the lock.  They are overwritten in
 * place, so that the inode, which the lock is on, stays the same for good. */

#define FIRST_LINE "Mooring store, format "
#define OWNER_LINE "In use by: "
#define OWNER_BYTES 192
#define MAX_MARKER_BYTES (64 * 1024)
#define MAX_LOCK_ATTEMPTS 5
#define LOCK_WAIT_US (20 * 1000)

static const char explanation[] =
    "What this folder is\n"
    "\n"
    "Mooring has given the files below “tree” here a second name: they are the very\n"
    "same files, not copies, and they take no space of their own. As long as they\n"
    "have a name here, they are not lost, whatever happens to their old names.\n"
    "Do not edit them here, and do not delete this folder while you may still need\n"
    "it: if the old names are gone, these are the only ones.\n"
    "\n"
    "How to get the files back by hand, without Mooring and without the catalogue\n"
    "\n"
    "Below “tree” every file lies at the path that it had on this volume. If the\n"
    "volume was mounted at /home, then tree/alice is what was /home/alice. Owners,\n"
    "permissions, times and attributes are kept by the files and folders themselves.\n"
    "As root, with this folder as the current one:\n"
    "\n"
    "  - to give the files their old names back and keep the store:\n"
    "        cp -al tree/home/alice /home/alice\n"
    "  - or to move them back, which empties the store:\n"
    "        mv tree/home/alice /home/alice\n"
    "\n"
    "Both work on this volume only and take no space; to bring the files to another\n"
    "disk, copy them: cp -a tree/home/alice /somewhere/else/\n"
    "If people have other user numbers in the new system: chown -Rh alice: /home/alice\n"
    "\n"
    "Homes that a restore has replaced are below “replaced”, an old system that was\n"
    "set aside is in “old-system”. The first part of a store also has the catalogue,\n"
    "“catalogue.db”, which any sqlite3 can read: what was captured from where, and\n"
    "what could not be. The file “reserve” only keeps a little room for the day when\n"
    "the disk is full. A store that spans several volumes has one such folder on\n"
    "each of them; “primary” above says where the one with the catalogue is.\n"
    "\n";

/**
 * moor_marker_clear:
 *
 * Frees what @marker holds.
 */
void
moor_marker_clear (MoorMarker *marker)
{
  g_free (marker->uuid);
  g_free (marker->volume_name);
  g_free (marker->primary);
  g_free (marker->system_name);
  g_free (marker->host_name);
  *marker = (MoorMarker){ 0 };
}

static void
append_line (GString *text, const char *key, const char *value)
{
  g_autofree char *shown = moor_text_path (value != NULL ? value : "");

  g_string_append_printf (text, "%s: %s\n", key, shown);
}

static void
append_owner (GString *text, const char *owner)
{
  const gsize start = text->len;

  g_string_append (text, OWNER_LINE);
  g_string_append_len (text, owner,
                       (gssize) MIN (strlen (owner), OWNER_BYTES - strlen (OWNER_LINE) - 1));
  while (text->len - start < OWNER_BYTES - 1)
    g_string_append_c (text, ' ');
  g_string_append_c (text, '\n');
}

static GBytes *
marker_text (const MoorMarker *marker)
{
  GString *text = g_string_new (NULL);
  g_autofree char *made = moor_text_time (marker->made_ns);

  g_string_append_printf (text, FIRST_LINE "%d\n", MOOR_STORE_FORMAT);
  append_line (text, "uuid", marker->uuid);
  g_string_append_printf (text, "part: %u\n", marker->part);
  append_line (text, "volume", marker->volume_name);
  append_line (text, "primary", marker->primary);
  append_line (text, "made", made);
  append_line (text, "system", marker->system_name);
  append_line (text, "host", marker->host_name);
  g_string_append_c (text, '\n');
  g_string_append (text, explanation);
  append_owner (text, "nobody");
  return g_string_free_to_bytes (text);
}

/**
 * moor_marker_make:
 * @dfd: the directory of a store or a part that has no marker yet
 *
 * Writes the marker.  It is there whole or not at all, and on the disk when this
 * returns %TRUE.
 */
gboolean
moor_marker_make (int dfd, const MoorMarker *marker, GError **error)
{
  g_autoptr(GBytes) text = marker_text (marker);

  return moor_file_replace (dfd, MOOR_MARKER_NEW, MOOR_STORE_MARKER, text, error);
}

/* Of "KEY: VALUE" in @text, which ends with the first empty line. */
static char *
find_value (const char *text, const char *key)
{
  g_auto(GStrv) lines = g_strsplit (text, "\n", 32);

  for (gsize i = 0; lines[i] != NULL && lines[i][0] != '\0'; i++)
    {
      const gsize n_bytes = strlen (key);

      if (strncmp (lines[i], key, n_bytes) == 0 && strncmp (lines[i] + n_bytes, ": ", 2) == 0)
        return g_strdup (lines[i] + n_bytes + 2);
    }
  return NULL;
}

static gboolean
parse_marker (const char *text, const char *path, MoorMarker *marker, GError **error)
{
  g_autofree char *part = NULL;
  g_autofree char *first_line = g_strndup (text, strcspn (text, "\n"));
  guint64 number;

  if (!g_str_has_prefix (first_line, FIRST_LINE)
      || !g_ascii_string_to_unsigned (first_line + strlen (FIRST_LINE), 10, 1, G_MAXUINT16, &number,
                                      NULL))
    return moor_throw (error, MOOR_ERROR_STORE_UNUSABLE,
                       "“%s” has a file MOORING that Mooring did not write; this is no store",
                       path);
  if (number > MOOR_STORE_FORMAT)
    return moor_throw (error, MOOR_ERROR_STORE_NEWER,
                       "The store “%s” was made by a newer Mooring: it has format %u, and this "
                       "program knows formats up to %d. Use a Mooring that knows format %u.",
                       path, (guint) number, MOOR_STORE_FORMAT, (guint) number);
  marker->format = (guint) number;

  marker->uuid = find_value (text, "uuid");
  part = find_value (text, "part");
  if (marker->uuid == NULL || !g_uuid_string_is_valid (marker->uuid) || part == NULL
      || !g_ascii_string_to_unsigned (part, 10, 0, MOOR_MAX_PARTS, &number, NULL))
    return moor_throw (error, MOOR_ERROR_STORE_UNUSABLE,
                       "The file MOORING of the store “%s” is damaged; the files are still in the "
                       "folder “tree” there",
                       path);
  marker->part = (guint) number;
  marker->volume_name = find_value (text, "volume");
  marker->primary = find_value (text, "primary");
  return TRUE;
}

static gboolean
read_marker (int fd, const char *path, MoorMarker *marker, GError **error)
{
  g_autofree char *text = g_malloc0 (MAX_MARKER_BYTES + 1);
  struct stat st;

  if (fstat (fd, &st) < 0)
    return moor_throw_errno (error, errno, "looking at the file MOORING in “%s”", path);
  if (!S_ISREG (st.st_mode))
    return moor_throw (error, MOOR_ERROR_STORE_UNUSABLE,
                       "“%s” is no store: MOORING there is not a regular file", path);
  if (pread (fd, text, MAX_MARKER_BYTES, 0) < 0)
    return moor_throw_errno (error, errno, "reading the file MOORING in “%s”", path);
  return parse_marker (text, path, marker, error);
}

/**
 * moor_marker_open:
 * @path: of the directory, for messages
 * @writable: whether to open it for writing if possible
 *
 * Opens and reads the marker of the store or part @dfd.
 *
 * Returns: a descriptor that can carry the lock, or -1 with @error set:
 *   %MOOR_ERROR_STORE_UNUSABLE if there is no (sound) marker, %MOOR_ERROR_STORE_NEWER
 */
int
moor_marker_open (int dfd,
                  const char *path,
                  gboolean writable,
                  MoorMarker *out_marker,
                  GError **error)
{
  const int flags = O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  g_auto(MoorMarker) marker = { 0 };
  g_auto(MoorFd) fd = openat (dfd, MOOR_STORE_MARKER, flags | (writable ? O_RDWR : O_RDONLY));

  if (fd < 0 && writable && (errno == EROFS || errno == EACCES))
    fd = openat (dfd, MOOR_STORE_MARKER, flags | O_RDONLY);
  if (fd < 0 && (errno == ENOENT || errno == ELOOP))
    {
      (void) moor_throw (error, MOOR_ERROR_STORE_UNUSABLE,
                         "“%s” is no store: there is no file MOORING in it", path);
      return -1;
    }
  if (fd < 0)
    {
      (void) moor_throw_errno (error, errno, "opening the file MOORING in “%s”", path);
      return -1;
    }
  if (!read_marker (fd, path, &marker, error))
    return -1;

  *out_marker = marker;
  marker = (MoorMarker){ 0 };
  return g_steal_fd (&fd);
}

/**
 * moor_marker_try_lock:
 *
 * Who asks whether the lock is free holds it for a moment, so this tries more
 * than once.  Blocks up to 0.1 s.
 *
 * Returns: whether the lock is ours now
 */
gboolean
moor_marker_try_lock (int fd)
{
  for (guint i = 0; i < MAX_LOCK_ATTEMPTS; i++)
    {
      if (flock (fd, LOCK_EX | LOCK_NB) == 0)
        return TRUE;
      g_usleep (LOCK_WAIT_US);
    }
  return FALSE;
}

/* Where the owner is written in the file @fd; -1 if it has no room for that. */
static off_t
owner_offset (int fd)
{
  struct stat st;

  return fstat (fd, &st) == 0 && st.st_size >= OWNER_BYTES ? st.st_size - OWNER_BYTES : -1;
}

/**
 * moor_marker_write_owner:
 * @owner: who has the lock; "nobody"
 *
 * Writes it for people; that it does not work, on a volume that is read-only, is
 * no failure.
 */
void
moor_marker_write_owner (int fd, const char *owner)
{
  g_autoptr(GString) text = g_string_new (NULL);
  g_autofree char *shown = moor_text_path (owner);
  char old[sizeof OWNER_LINE];
  const off_t offset = owner_offset (fd);
  const ssize_t n_bytes = sizeof OWNER_LINE - 1;

  /* Whatever else ends the file was not made to be overwritten. */
  if (offset < 0 || pread (fd, old, (gsize) n_bytes, offset) != n_bytes
      || memcmp (old, OWNER_LINE, (gsize) n_bytes) != 0)
    return;

  append_owner (text, shown);
  if (pwrite (fd, text->str, text->len, offset) < 0)
    g_debug ("the owner of the lock was not written: %s", g_strerror (errno));
}

/**
 * moor_marker_read_owner:
 *
 * Returns: (transfer full): what moor_marker_write_owner() wrote, fit for a line of text
 */
char *
moor_marker_read_owner (int fd)
{
  char text[OWNER_BYTES + 1] = { 0 };
  const off_t offset = owner_offset (fd);

  if (offset < 0 || pread (fd, text, OWNER_BYTES, offset) != OWNER_BYTES
      || !g_str_has_prefix (text, OWNER_LINE))
    return g_strdup ("another job");
  text[strcspn (text, "\n")] = '\0';
  return moor_text_path (g_strchomp (text + strlen (OWNER_LINE)));
}

/* "capture, process 1234 on bench-3 since 2026-01-31 12:00:00" */
static char *
describe_owner (const char *what)
{
  g_autofree char *since = moor_text_time (g_get_real_time () * 1000);

  return g_strdup_printf ("%s, process %d on %s since %s", what, (int) getpid (),
                          g_get_host_name (), since);
}

/* What another job may have changed between the opening and the lock. */
static gboolean
look_again (MoorStore *store, GError **error)
{
  g_autoptr(MoorTransaction) transaction = NULL;
  struct stat st;

  if (fstat (store->marker_fd, &st) < 0 || st.st_nlink == 0)
    return moor_throw (error, MOOR_ERROR_STORE_UNUSABLE,
                       "The store “%s” has been removed meanwhile", store->shown);
  transaction = moor_transaction_read (store, error);
  return transaction != NULL && moor_store_load_state (store, error)
         && moor_parts_load (store, error);
}

/**
 * moor_store_lock:
 * @what: the job, in a word or two of English: "capture"
 *
 * Makes sure that nobody else changes the store.  The lock goes with the process,
 * however it ends.  The state and the list of parts are read again, since another
 * job may have changed them after the store was opened.  Blocks shortly; any thread, one at a time.
 *
 * Returns: %FALSE with %MOOR_ERROR_BUSY, and who has the lock in the message;
 *   %MOOR_ERROR_STORE_UNUSABLE if the store was removed meanwhile
 */
gboolean
moor_store_lock (MoorStore *store, const char *what, GError **error)
{
  g_autofree char *owner = NULL;

  g_return_val_if_fail (!store->locked, FALSE);

  if (!moor_marker_try_lock (store->marker_fd))
    {
      owner = moor_marker_read_owner (store->marker_fd);
      return moor_throw (error, MOOR_ERROR_BUSY,
                         "The store “%s” is in use by %s; wait until that has finished, or stop it",
                         store->shown, owner);
    }

  store->locked = TRUE;
  owner = describe_owner (what);
  moor_marker_write_owner (store->marker_fd, owner);
  if (look_again (store, error))
    return TRUE;
  moor_store_unlock (store);
  return FALSE;
}

/**
 * moor_store_unlock:
 *
 * Gives the lock back, if it is held.
 */
void
moor_store_unlock (MoorStore *store)
{
  if (!store->locked)
    return;
  moor_reserve_restore (store);
  moor_marker_write_owner (store->marker_fd, "nobody");
  (void) flock (store->marker_fd, LOCK_UN);
  store->locked = FALSE;
}

/**
 * moor_store_dup_lock_owner:
 *
 * Looks who holds the lock now; what a killed job has left written is ignored.
 * Blocks shortly; any thread.
 *
 * Returns: (transfer full) (nullable): text for people; %NULL if the store is free
 */
char *
moor_store_dup_lock_owner (MoorStore *store)
{
  g_auto(MoorFd) fd = openat (store->dfd, MOOR_STORE_MARKER,
                               O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

  if (fd < 0 || flock (fd, LOCK_SH | LOCK_NB) == 0)
    return NULL;
  return moor_marker_read_owner (fd);
}
