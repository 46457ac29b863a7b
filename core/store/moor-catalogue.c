/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-object-private.h"

/* What a catalogue says about people: a capture writes it, a restore keeps its
 * progress in it.  Objects are in moor-writer.c and moor-reader.c. */

/* Of a profile, in the order in which they are bound and read. */
#define CAPTURE_COLUMNS \
  "name, full_name, uid, gid, home, part, tree_path, root_object, home_dev, home_ino, " \
  "n_objects, n_directories, n_linked, n_copied, n_bytes, n_excluded, n_excluded_bytes"
#define RESTORE_COLUMNS \
  "restore_step, restore_part, restore_staging, restore_staging_ino, restore_replaced_ino, " \
  "restore_moved, restore_exchanged, restore_target_name, restore_target_home, " \
  "restore_target_uid, restore_target_gid"

/**
 * moor_stored_profile_free:
 * @profile: (transfer full) (nullable): what is no longer needed
 */
void
moor_stored_profile_free (MoorStoredProfile *profile)
{
  if (profile == NULL)
    return;
  g_free (profile->name);
  g_free (profile->full_name);
  g_free (profile->home);
  g_free (profile->tree_path);
  g_free (profile->restore.staging);
  g_free (profile->restore.target_name);
  g_free (profile->restore.target_home);
  g_free (profile);
}

/**
 * moor_store_begin_catalogue:
 *
 * Makes the catalogue ready for a capture: whatever an earlier one has written
 * about objects, people and issues is forgotten, the index is taken away, and the
 * state is `capturing`, all at once.  Nothing in `tree` changes: links that exist
 * are found again by their inodes.  Blocks; any thread, one at a time.
 */
gboolean
moor_store_begin_catalogue (MoorStore *store, GError **error)
{
  static const char forget_sql[] = "DELETE FROM object; DELETE FROM issue; DELETE FROM account;"
                                   "DELETE FROM profile; DELETE FROM component;"
                                   "DELETE FROM meta WHERE key = 'sealed_ns' OR key LIKE 'n\\_%'"
                                   " ESCAPE '\\';";
  g_autoptr(MoorTransaction) transaction = moor_transaction_write (store, error);

  if (transaction == NULL || !moor_schema_drop_index (&store->db, error)
      || !moor_db_exec (&store->db, forget_sql, "emptying", error)
      || !moor_store_write_meta_int (store, "state", MOOR_STORE_CAPTURING, error)
      || !moor_transaction_commit (transaction, error))
    return FALSE;
  store->state = MOOR_STORE_CAPTURING;
  return TRUE;
}

static void
bind_profile (MoorBinder *binder, const MoorStoredProfile *profile)
{
  moor_bind_text (binder, profile->name);
  moor_bind_text (binder, profile->full_name);
  moor_bind_int (binder, profile->uid);
  moor_bind_int (binder, profile->gid);
  moor_bind_path (binder, profile->home);
  moor_bind_int (binder, profile->part);
  moor_bind_path (binder, profile->tree_path);
  moor_bind_bits (binder, profile->root_object);
  moor_bind_bits (binder, profile->home_dev);
  moor_bind_bits (binder, profile->home_ino);
  moor_bind_bits (binder, profile->n_objects);
  moor_bind_bits (binder, profile->n_directories);
  moor_bind_bits (binder, profile->n_linked);
  moor_bind_bits (binder, profile->n_copied);
  moor_bind_bits (binder, profile->n_bytes);
  moor_bind_bits (binder, profile->n_excluded);
  moor_bind_bits (binder, profile->n_excluded_bytes);
}

static gboolean
write_account (MoorStore *store, guint32 id, const MoorStoredProfile *profile, GError **error)
{
  static const char set_sql[] = "INSERT OR REPLACE INTO account(profile, name, uid, gid)"
                                " VALUES(?, ?, ?, ?)";
  static const char unset_sql[] = "DELETE FROM account WHERE profile = ?";
  const gboolean has_account = profile->has_account;
  g_autoptr(sqlite3_stmt)
                 stmt = moor_db_prepare (&store->db, has_account ? set_sql : unset_sql, error);
  MoorBinder binder = { .stmt = stmt };

  if (stmt == NULL)
    return FALSE;
  moor_bind_int (&binder, id);
  if (has_account)
    {
      moor_bind_text (&binder, profile->name);
      moor_bind_int (&binder, profile->uid);
      moor_bind_int (&binder, profile->gid);
    }
  return moor_db_run (&store->db, &binder, "writing", error);
}

/**
 * moor_store_add_profile:
 * @profile: a person; its @id and @restore are not used
 *
 * Records a person.  Blocks; any thread, one at a time.
 *
 * Returns: the new profile's number, from 1; 0 with @error set if it was not recorded
 */
guint32
moor_store_add_profile (MoorStore *store, const MoorStoredProfile *profile, GError **error)
{
  static const char sql[] = "INSERT INTO profile(" CAPTURE_COLUMNS
                            ") VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
  g_autoptr(MoorTransaction) transaction = moor_transaction_write (store, error);
  g_autoptr(sqlite3_stmt) stmt = NULL;
  MoorBinder binder = { 0 };
  guint32 id;

  if (transaction == NULL || (stmt = moor_db_prepare (&store->db, sql, error)) == NULL)
    return 0;
  binder.stmt = stmt;
  bind_profile (&binder, profile);
  if (!moor_db_run (&store->db, &binder, "writing", error))
    return 0;
  id = (guint32) sqlite3_last_insert_rowid (store->db.handle);
  return write_account (store, id, profile, error) && moor_transaction_commit (transaction, error)
             ? id
             : 0;
}

/* After an UPDATE: whether there was something to update. */
static gboolean
check_changed (MoorStore *store, const char *what, GError **error)
{
  if (sqlite3_changes (store->db.handle) == 1)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "The catalogue of “%s” has no such %s",
               store->shown, what);
  return FALSE;
}

/**
 * moor_store_update_profile:
 * @profile: a person; @id says which, and everything but @restore is written
 *
 * Blocks; any thread, one at a time.
 *
 * Returns: %FALSE with @error set, to %G_IO_ERROR_NOT_FOUND if there is no such
 *   profile; nothing has changed then
 */
gboolean
moor_store_update_profile (MoorStore *store, const MoorStoredProfile *profile, GError **error)
{
  static const char sql[] = "UPDATE profile SET (" CAPTURE_COLUMNS
                            ") = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) WHERE id = ?";
  g_autoptr(MoorTransaction) transaction = moor_transaction_write (store, error);
  g_autoptr(sqlite3_stmt) stmt = NULL;
  MoorBinder binder = { 0 };

  if (transaction == NULL || (stmt = moor_db_prepare (&store->db, sql, error)) == NULL)
    return FALSE;
  binder.stmt = stmt;
  bind_profile (&binder, profile);
  moor_bind_int (&binder, profile->id);
  return moor_db_run (&store->db, &binder, "writing", error)
         && check_changed (store, "profile", error)
         && write_account (store, profile->id, profile, error)
         && moor_transaction_commit (transaction, error);
}

/**
 * moor_store_set_restore:
 * @profile: a profile's number
 * @restore: how far its restore has come; an all-zero one forgets it
 *
 * Records a step of a restore, on the disk when this returns %TRUE.  Blocks; any
 * thread, one at a time.
 *
 * Returns: as moor_store_update_profile()
 */
gboolean
moor_store_set_restore (MoorStore *store,
                        guint32 profile,
                        const MoorRestoreRecord *restore,
                        GError **error)
{
  static const char sql[] = "UPDATE profile SET (" RESTORE_COLUMNS
                            ") = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) WHERE id = ?";
  g_autoptr(MoorTransaction) transaction = moor_transaction_write (store, error);
  g_autoptr(sqlite3_stmt) stmt = NULL;
  MoorBinder binder = { 0 };

  if (transaction == NULL || (stmt = moor_db_prepare (&store->db, sql, error)) == NULL)
    return FALSE;
  binder.stmt = stmt;
  moor_bind_int (&binder, restore->step);
  moor_bind_int (&binder, restore->part);
  moor_bind_path (&binder, restore->staging);
  moor_bind_bits (&binder, restore->staging_ino);
  moor_bind_bits (&binder, restore->replaced_ino);
  moor_bind_int (&binder, restore->moved);
  moor_bind_int (&binder, restore->exchanged);
  moor_bind_text (&binder, restore->target_name);
  moor_bind_path (&binder, restore->target_home);
  moor_bind_int (&binder, restore->target_uid);
  moor_bind_int (&binder, restore->target_gid);
  moor_bind_int (&binder, profile);
  return moor_db_run (&store->db, &binder, "writing", error)
         && check_changed (store, "profile", error) && moor_transaction_commit (transaction, error);
}

static guint
read_part (MoorStore *store, MoorColumns *columns)
{
  return (guint) moor_columns_int (columns, 0, (gint64) store->parts->len - 1,
                                   "a profile is in a part that does not exist");
}

static void
read_restore (MoorStore *store, MoorColumns *columns, MoorRestoreRecord *restore)
{
  static const char damage[] = "a profile's restore has an impossible value";

  restore->step = (MoorRestoreStep) moor_columns_int (columns, MOOR_RESTORE_NONE,
                                                      MOOR_RESTORE_IN_PLACE, damage);
  restore->part = read_part (store, columns);
  restore->staging = moor_columns_dup (columns, MOOR_COLUMN_RELATIVE_PATH, TRUE, damage);
  restore->staging_ino = moor_columns_bits (columns, damage);
  restore->replaced_ino = moor_columns_bits (columns, damage);
  restore->moved = moor_columns_int (columns, 0, 1, damage) != 0;
  restore->exchanged = moor_columns_int (columns, 0, 1, damage) != 0;
  restore->target_name = moor_columns_dup (columns, MOOR_COLUMN_NAME, TRUE, damage);
  restore->target_home = moor_columns_dup (columns, MOOR_COLUMN_ABSOLUTE_PATH, TRUE, damage);
  restore->target_uid = moor_columns_u32 (columns, damage);
  restore->target_gid = moor_columns_u32 (columns, damage);

  if (restore->staging != NULL && !g_str_has_prefix (restore->staging, MOOR_REPLACED "/")
      && columns->damage == NULL)
    columns->damage = "a restore would be staged outside the store";
}

static void
read_capture (MoorStore *store, MoorColumns *columns, MoorStoredProfile *profile)
{
  static const char damage[] = "a profile has an impossible value";

  profile->name = moor_columns_dup (columns, MOOR_COLUMN_NAME, FALSE,
                                    "a profile has an impossible name");
  profile->full_name = moor_columns_dup (columns, MOOR_COLUMN_BYTES, TRUE, damage);
  profile->uid = moor_columns_u32 (columns, damage);
  profile->gid = moor_columns_u32 (columns, damage);
  profile->home = moor_columns_dup (columns, MOOR_COLUMN_ABSOLUTE_PATH, FALSE,
                                    "a profile has an impossible home");
  profile->part = read_part (store, columns);
  profile->tree_path = moor_columns_dup (columns, MOOR_COLUMN_RELATIVE_PATH, FALSE,
                                         "a profile is at an impossible place in the store");
  profile->root_object = moor_columns_count (columns, damage);
  profile->home_dev = moor_columns_bits (columns, damage);
  profile->home_ino = moor_columns_bits (columns, damage);
  profile->n_objects = moor_columns_count (columns, damage);
  profile->n_directories = moor_columns_count (columns, damage);
  profile->n_linked = moor_columns_count (columns, damage);
  profile->n_copied = moor_columns_count (columns, damage);
  profile->n_bytes = moor_columns_count (columns, damage);
  profile->n_excluded = moor_columns_count (columns, damage);
  profile->n_excluded_bytes = moor_columns_count (columns, damage);
}

static gpointer
read_profile (MoorStore *store, sqlite3_stmt *stmt, GError **error)
{
  MoorColumns columns = { .stmt = stmt };
  g_autoptr(MoorStoredProfile) profile = g_new0 (MoorStoredProfile, 1);

  profile->id = moor_columns_u32 (&columns, "a profile has an impossible number");
  profile->has_account = moor_columns_int (&columns, 0, 1, "a profile has an impossible account")
                         != 0;
  read_capture (store, &columns, profile);
  read_restore (store, &columns, &profile->restore);
  if (columns.damage == NULL)
    return g_steal_pointer (&profile);

  (void) moor_db_throw_damaged (&store->db, error, columns.damage);
  return NULL;
}

/**
 * moor_store_load_profiles:
 *
 * Blocks; any thread, one at a time.
 *
 * Returns: (transfer full) (element-type MoorStoredProfile): everybody in the store,
 *   in the order in which they were captured; %NULL with @error set, to
 *   %MOOR_ERROR_STORE_UNUSABLE if something about somebody cannot be true
 */
GPtrArray *
moor_store_load_profiles (MoorStore *store, GError **error)
{
  static const char sql[] =
      "SELECT id, EXISTS(SELECT 1 FROM account WHERE account.profile = profile.id),"
      " " CAPTURE_COLUMNS ", " RESTORE_COLUMNS " FROM profile ORDER BY id";

  return moor_store_load_rows (store, sql, read_profile, (GDestroyNotify) moor_stored_profile_free,
                               error);
}
