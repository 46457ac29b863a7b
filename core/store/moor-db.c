/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-db-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "moor-text.h"
#include "moor-volume.h"

/* How Mooring opens a catalogue.
 *
 * SQLite knows paths only, resolves them itself, and believes what a journal
 * says about other files.  A store may lie where its owner can rename
 * directories, and its owner may have written the journal.  So SQLite gets a
 * file system of its own ("moor-beneath"): paths have the form
 * /proc/self/fd/N/NAME, where N is the descriptor of the store's directory, they
 * are used as they are, and no other name than those of a catalogue and its
 * journal is opened, asked about or deleted.  The system's own "unix" file
 * system does the rest, and never follows a link in the last component. */

#define VFS_NAME "moor-beneath"
#define FD_PREFIX "/proc/self/fd/"
#define BUSY_TIMEOUT_MS 2000
#define MAX_VALUE_BYTES (64 * 1024 * 1024)

static sqlite3_vfs *unix_vfs;
static sqlite3_vfs beneath_vfs;

static gboolean
is_catalogue_path (const char *path)
{
  static const char *const names[] = {
    "/" MOOR_CATALOGUE,
    "/" MOOR_CATALOGUE "-journal",
    "/" MOOR_CATALOGUE_NEW,
    "/" MOOR_CATALOGUE_NEW "-journal",
  };

  if (!g_str_has_prefix (path, FD_PREFIX))
    return FALSE;
  path += strlen (FD_PREFIX);
  path += strspn (path, "0123456789");
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    if (strcmp (path, names[i]) == 0)
      return TRUE;
  return FALSE;
}

/* Without a name it is a temporary file, which SQLite makes with O_EXCL. */
static int
beneath_open (sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *out_flags)
{
  file->pMethods = NULL;
  if (path != NULL && !is_catalogue_path (path))
    return SQLITE_CANTOPEN;
  return unix_vfs->xOpen (unix_vfs, path, file, flags, out_flags);
}

static int
beneath_delete (sqlite3_vfs *vfs, const char *path, int sync_dir)
{
  if (!is_catalogue_path (path))
    return SQLITE_IOERR_DELETE;
  return unix_vfs->xDelete (unix_vfs, path, sync_dir);
}

static int
beneath_access (sqlite3_vfs *vfs, const char *path, int flags, int *out_result)
{
  *out_result = 0;
  return is_catalogue_path (path) ? unix_vfs->xAccess (unix_vfs, path, flags, out_result)
                                  : SQLITE_OK;
}

static int
beneath_full_pathname (sqlite3_vfs *vfs, const char *path, int n_bytes, char *out_path)
{
  return g_strlcpy (out_path, path, (gsize) n_bytes) < (gsize) n_bytes ? SQLITE_OK
                                                                       : SQLITE_CANTOPEN;
}

static void
register_vfs (void)
{
  static gsize registered;

  if (!g_once_init_enter (&registered))
    return;

  unix_vfs = sqlite3_vfs_find ("unix");
  g_assert (unix_vfs != NULL);
  beneath_vfs = *unix_vfs;
  beneath_vfs.pNext = NULL;
  beneath_vfs.zName = VFS_NAME;
  beneath_vfs.xOpen = beneath_open;
  beneath_vfs.xDelete = beneath_delete;
  beneath_vfs.xAccess = beneath_access;
  beneath_vfs.xFullPathname = beneath_full_pathname;
  (void) sqlite3_vfs_register (&beneath_vfs, 0);
  g_once_init_leave (&registered, 1);
}

/* The catalogue lies in the store's own directory and belongs to its owner.
 * fstatat() and not open(): closing a second descriptor of the file would give
 * up the locks that another connection of this process holds on it. */
static gboolean
check_file (const MoorDb *db, const char *name, GError **error)
{
  struct stat dir;
  struct stat file;

  if (fstat (db->dfd, &dir) < 0 || fstatat (db->dfd, name, &file, AT_SYMLINK_NOFOLLOW) < 0)
    return moor_throw_errno (error, errno, "looking at “%s” in the store “%s”", name, db->path);
  if (!S_ISREG (file.st_mode))
    return moor_db_throw_damaged (db, error, "it is not a regular file");
  if (file.st_uid != dir.st_uid && file.st_uid != 0)
    return moor_db_throw_damaged (db, error, "it belongs to somebody else than the store");
  return TRUE;
}

static gboolean
configure (const MoorDb *db, gboolean writable, GError **error)
{
  sqlite3 *handle = db->handle;

  (void) sqlite3_busy_timeout (handle, BUSY_TIMEOUT_MS);
  (void) sqlite3_limit (handle, SQLITE_LIMIT_LENGTH, MAX_VALUE_BYTES);
  (void) sqlite3_limit (handle, SQLITE_LIMIT_ATTACHED, 0);
  (void) sqlite3_db_config (handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  (void) sqlite3_db_config (handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
  (void) sqlite3_db_config (handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
  (void) sqlite3_db_config (handle, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
  return moor_db_exec (db,
                       "PRAGMA cell_size_check = ON; PRAGMA foreign_keys = ON;"
                       "PRAGMA synchronous = EXTRA;",
                       "opening", error)
         && moor_db_exec (db,
                          writable ? "PRAGMA cache_size = -16384;"
                                   : "PRAGMA cache_size = -2048; PRAGMA query_only = ON;",
                          "opening", error);
}

/**
 * moor_db_open:
 * @db: its @dfd and @path are set
 * @name: %MOOR_CATALOGUE, or another name that is_catalogue_path() knows; an existing file
 * @writable: %FALSE for a connection that refuses to change anything; an
 *   interrupted transaction of somebody else is rolled back nevertheless
 *
 * Opens a connection.  Nothing of the content has been looked at afterwards.
 * Blocks; the connection may be used by one thread at a time.
 *
 * Returns: %FALSE with @error set, and nothing to be closed
 */
gboolean
moor_db_open (MoorDb *db, const char *name, gboolean writable, GError **error)
{
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
  g_autofree char *path = g_strdup_printf (FD_PREFIX "%d/%s", db->dfd, name);

  register_vfs ();
  if (!check_file (db, name, error))
    return FALSE;

  if (sqlite3_open_v2 (path, &db->handle, flags, VFS_NAME) != SQLITE_OK)
    {
      (void) moor_db_throw (db, error, "opening");
      moor_db_close (db);
      return FALSE;
    }
  if (!configure (db, writable, error))
    {
      moor_db_close (db);
      return FALSE;
    }
  return TRUE;
}

/**
 * moor_db_close:
 *
 * Closes the connection; what was not committed is rolled back.  Every statement
 * has to be finalized before.
 */
void
moor_db_close (MoorDb *db)
{
  if (db->handle == NULL)
    return;
  if (sqlite3_close (g_steal_pointer (&db->handle)) != SQLITE_OK)
    g_warning ("a catalogue was closed with statements left");
}

static gboolean
throw_full (const MoorDb *db, GError **error, const char *what)
{
  g_autoptr(MoorVolume) volume = moor_volume_for_fd (db->dfd, NULL);
  g_autofree char *mount_point = moor_text_path (volume != NULL ? volume->mount_point : db->path);

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE,
               "%s the catalogue: the volume at “%s” is full; free some space there and run the "
               "same command again",
               what, mount_point);
  return FALSE;
}

/**
 * moor_db_throw_read_only:
 * @what: what cannot be done, and why it takes writing; a sentence without full stop
 *
 * Sets @error to %MOOR_ERROR_REFUSED, with what a person can do about it.
 *
 * Returns: %FALSE
 */
gboolean
moor_db_throw_read_only (const MoorDb *db, GError **error, const char *what)
{
  g_autoptr(MoorVolume) volume = moor_volume_for_fd (db->dfd, NULL);
  g_autofree char *mount_point = moor_text_path (volume != NULL ? volume->mount_point : db->path);

  if (volume == NULL || !volume->read_only)
    return moor_throw (error, MOOR_ERROR_REFUSED,
                       "%s, and the file “%s” in the store “%s” may only be read", what,
                       MOOR_CATALOGUE, db->path);
  return moor_throw (error, MOOR_ERROR_REFUSED,
                     "%s, and the volume at “%s”, where the store “%s” is, is mounted read-only. "
                     "Mount it writable (mount -o remount,rw %s) and run the same command again.",
                     what, mount_point, db->path, mount_point);
}

/**
 * moor_db_throw_damaged:
 * @damage: what is wrong with it, half a sentence
 *
 * Sets @error to %MOOR_ERROR_STORE_UNUSABLE, with what a person can still do.
 *
 * Returns: %FALSE
 */
gboolean
moor_db_throw_damaged (const MoorDb *db, GError **error, const char *damage)
{
  g_autofree char *shown = moor_text_path (damage);

  return moor_throw (error, MOOR_ERROR_STORE_UNUSABLE,
                     "The catalogue of the store “%s” is damaged: %s. The files themselves are "
                     "still in the folder “tree” there; the file MOORING beside it says how to get "
                     "them back by hand.",
                     db->path, shown);
}

/**
 * moor_db_throw:
 * @what: what was being done to the catalogue: "opening", "counting objects in"
 *
 * Sets @error from the connection's last failure: %MOOR_ERROR_STORE_UNUSABLE
 * for damage, %MOOR_ERROR_BUSY, %MOOR_ERROR_REFUSED where an interrupted job's
 * changes cannot be taken back, %G_IO_ERROR_NO_SPACE with the volume named, or what
 * else %G_IO_ERROR has for it.
 *
 * Returns: %FALSE
 */
gboolean
moor_db_throw (const MoorDb *db, GError **error, const char *what)
{
  const int rc = sqlite3_errcode (db->handle) & 0xff;
  const int errnum = sqlite3_system_errno (db->handle);
  const gboolean io = rc == SQLITE_IOERR || rc == SQLITE_CANTOPEN;

  if (rc == SQLITE_FULL || (io && (errnum == ENOSPC || errnum == EDQUOT)))
    return throw_full (db, error, what);
  if (rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB || rc == SQLITE_SCHEMA || rc == SQLITE_ERROR
      || (rc == SQLITE_CANTOPEN && (errnum == 0 || errnum == ENOENT)))
    return moor_db_throw_damaged (db, error, sqlite3_errmsg (db->handle));
  if (rc == SQLITE_BUSY || rc == SQLITE_LOCKED)
    return moor_throw (error, MOOR_ERROR_BUSY,
                       "%s the catalogue of “%s”: another job is writing to it", what, db->path);
  if (rc == SQLITE_READONLY)
    return moor_db_throw_read_only (db, error,
                                    "A job was interrupted while it wrote to the catalogue, "
                                    "which has to be put in order first");
  if (io && errnum != 0)
    return moor_throw_errno (error, errnum, "%s the catalogue of “%s”", what, db->path);

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s the catalogue of “%s”: %s", what, db->path,
               sqlite3_errmsg (db->handle));
  return FALSE;
}

/**
 * moor_db_exec:
 * @sql: fixed text
 *
 * Runs one or more statements without parameters.
 */
gboolean
moor_db_exec (const MoorDb *db, const char *sql, const char *what, GError **error)
{
  return sqlite3_exec (db->handle, sql, NULL, NULL, NULL) == SQLITE_OK
         || moor_db_throw (db, error, what);
}

/**
 * moor_db_prepare:
 * @sql: fixed text
 *
 * Returns: (transfer full): a statement, or %NULL with @error set
 */
sqlite3_stmt *
moor_db_prepare (const MoorDb *db, const char *sql, GError **error)
{
  sqlite3_stmt *stmt = NULL;

  if (sqlite3_prepare_v2 (db->handle, sql, -1, &stmt, NULL) != SQLITE_OK)
    (void) moor_db_throw (db, error, "reading");
  return stmt;
}

/**
 * moor_db_step:
 * @out_has_row: (out): whether there is a (further) row
 */
gboolean
moor_db_step (const MoorDb *db,
              sqlite3_stmt *stmt,
              const char *what,
              gboolean *out_has_row,
              GError **error)
{
  const int rc = sqlite3_step (stmt);

  if (rc != SQLITE_ROW && rc != SQLITE_DONE)
    return moor_db_throw (db, error, what);
  *out_has_row = rc == SQLITE_ROW;
  return TRUE;
}

/**
 * moor_db_run:
 * @binder: the statement with all its parameters
 *
 * Runs a statement that has no rows to tell, and makes it and @binder ready to
 * be used again.
 */
gboolean
moor_db_run (const MoorDb *db, MoorBinder *binder, const char *what, GError **error)
{
  gboolean done = binder->rc == SQLITE_OK && sqlite3_step (binder->stmt) == SQLITE_DONE;

  if (!done)
    (void) moor_db_throw (db, error, what);
  (void) sqlite3_reset (binder->stmt);
  binder->index = 0;
  binder->rc = SQLITE_OK;
  return done;
}
