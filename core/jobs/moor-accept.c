/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-accept.h"

#include <string.h>

#include "moor-erase.h"
#include "moor-restore-private.h"
#include "moor-ruling.h"
#include "moor-set-aside.h"
#include "moor-text.h"
#include "moor-verify.h"

/*
 * Accepting gives the old system up for good.  What exists only there, and is
 * not simply the system's own programs, is told by class, and goes only with
 * the volume named.
 */

enum
{
  CLASS_PROGRAMS, /* the old system itself */
  CLASS_CACHES,   /* of people whose homes came back: what the capture left out */
  CLASS_BACK,     /* of them: what is not left out, and should have come back */
  CLASS_HOMES,    /* homes, and files in homes, that are in no store */
  CLASS_DATA,     /* services, databases, what administrators keep */
  CLASS_UNKNOWN,  /* top-level folders no system has by itself */
  CLASS_REPLACED, /* homes that were replaced, and earlier versions of files */
  CLASS_NEW,      /* a new system that a roll back took out */
  CLASS_STORE,    /* what only the store has */
  N_CLASSES
};

G_STATIC_ASSERT (N_CLASSES <= MOOR_MAX_CLASSES);

static const char *const class_ids[N_CLASSES] = { "programs", "caches",     "back",
                                                  "homes",    "data",       "unknown",
                                                  "replaced", "new-system", "store" };

static const MoorPhase phases[] = { { "verify", 25 }, { "check", 25 }, { "delete", 50 } };

/* An object that the store has a copy of: another inode, but not lost.  Where it
 * is does not matter: with name, size and nanosecond the content is the same. */
typedef struct
{
  const char *name;
  guint64 size;
  gint64 mtime_ns;
} Copied;

typedef struct
{
  GArray *roots;       /* (element-type MoorWalkRoot) */
  GPtrArray *profiles; /* (element-type MoorStoredProfile) */
  char **unselected;   /* homes that are in no store, without leading slash */
  MoorRuling ruling;   /* what the capture took */
  MoorRules *caches;   /* what nobody misses, whoever wrote the rules of the capture */
  GHashTable *copied;  /* (element-type Copied) (owned) */
} Classes;

static guint
copied_hash (gconstpointer key)
{
  const Copied *copied = key;

  return g_str_hash (copied->name) ^ (guint) copied->mtime_ns;
}

static gboolean
copied_equal (gconstpointer a, gconstpointer b)
{
  const Copied *one = a;
  const Copied *other = b;

  return one->size == other->size && one->mtime_ns == other->mtime_ns
         && g_str_equal (one->name, other->name);
}

static void
copied_free (Copied *copied)
{
  g_free ((char *) copied->name);
  g_free (copied);
}

static gboolean
add_copied_cb (const MoorObject *object, gpointer user_data)
{
  if (object->method == MOOR_METHOD_COPY || object->method == MOOR_METHOD_REFLINK)
    {
      Copied *copied = g_new (Copied, 1);

      *copied = (Copied){ g_strdup (object->name), object->size, object->mtime_ns };
      g_hash_table_add (user_data, copied);
    }
  return TRUE;
}

static gboolean
load_copied (Classes *classes, MoorStore *store, GError **error)
{
  g_autoptr(MoorReader) reader = NULL;

  for (guint i = 0; i < classes->profiles->len; i++)
    {
      const MoorStoredProfile *profile = g_ptr_array_index (classes->profiles, i);

      if (profile->n_copied == 0)
        continue;
      if (reader == NULL)
        reader = moor_reader_new (store, error);
      if (reader == NULL
          || !moor_reader_each (reader, profile->id, add_copied_cb, classes->copied, error))
        return FALSE;
    }
  return TRUE;
}

static void
classes_clear (Classes *classes)
{
  moor_erase_close_folders (classes->roots);
  g_clear_pointer (&classes->profiles, g_ptr_array_unref);
  g_clear_pointer (&classes->unselected, g_strfreev);
  moor_ruling_clear (&classes->ruling);
  g_clear_pointer (&classes->caches, moor_rules_unref);
  g_clear_pointer (&classes->copied, g_hash_table_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Classes, classes_clear)

/* The rules are held against the system they were made for, which may be set aside. */
static gboolean
load_rules (Classes *classes, MoorJob *job, MoorSystem *system, MoorStore *store, GError **error)
{
  for (guint i = 0; i < classes->roots->len; i++)
    {
      const MoorWalkRoot *root = &g_array_index (classes->roots, MoorWalkRoot, i);

      if (g_str_equal (root->name, MOOR_OLD_SYSTEM))
        return moor_ruling_of_store (&classes->ruling, job, store, classes->profiles, NULL,
                                     root->dfd, error);
    }
  return moor_ruling_of_store (&classes->ruling, job, store, classes->profiles, system,
                               moor_system_get_dfd (system), error);
}

static gboolean
classes_init (Classes *classes, MoorJob *job, MoorSystem *system, MoorStore *store, GError **error)
{
  static const char *const names[] = { "tree", "replaced", MOOR_OLD_SYSTEM, MOOR_NEW_SYSTEM, NULL };

  classes->copied = g_hash_table_new_full (copied_hash, copied_equal, (GDestroyNotify) copied_free,
                                           NULL);
  return (classes->profiles = moor_store_load_profiles (store, error)) != NULL
         && (classes->caches = moor_rules_new_default (error)) != NULL
         && (classes->unselected = moor_set_aside_dup_unselected (store, error)) != NULL
         && load_copied (classes, store, error)
         && (classes->roots = moor_erase_open_folders (job, store, names, error)) != NULL
         && load_rules (classes, job, system, store, error);
}

static gboolean
is_at_or_below (const char *path, const char *top)
{
  gsize length = strlen (top);

  return strncmp (path, top, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

static gboolean
is_any (const char *path, const char *const *tops)
{
  for (; *tops != NULL; tops++)
    {
      if (is_at_or_below (path, *tops))
        return TRUE;
    }
  return FALSE;
}

/* What the capture made of what is called @name in @dir, below @home; or of @dir itself. */
static void
decide (const MoorRules *rules,
        const char *home,
        const char *dir,
        const char *name,
        MoorDecision *out_decision)
{
  g_auto(GStrv) names = g_strsplit (dir, "/", -1);

  *out_decision = (MoorDecision){ .selected = TRUE, .descend = TRUE, .rule = -1 };
  out_decision->state = moor_ruling_start (rules, home);
  for (char **at = names; out_decision->descend && *at != NULL; at++)
    {
      if (**at != '\0')
        moor_rules_decide (rules, out_decision->state, *at, TRUE, out_decision);
    }
  if (out_decision->descend && name != NULL)
    moor_rules_decide (rules, out_decision->state, name, FALSE, out_decision);
  else if (name != NULL && out_decision->selected)
    *out_decision = (MoorDecision){ .rule = -1 }; /* the directory was taken without it */
}

static gboolean
is_copied (const Classes *classes, const char *name, const struct statx *stx)
{
  const Copied key = { name, stx->stx_size,
                       stx->stx_mtime.tv_sec * G_GINT64_CONSTANT (1000000000)
                           + stx->stx_mtime.tv_nsec };

  return g_hash_table_contains (classes->copied, &key);
}

/* What is in a home that came back: what the store has is no loss, nor are caches.  What a
 * rule file left out is: that was a rule for what to take, not for what to throw away. */
static guint
classify_back (const Classes *classes,
               const char *home,
               const char *dir,
               const char *name,
               const struct statx *stx)
{
  MoorDecision decision;

  decide (classes->ruling.rules, home, dir, name, &decision);
  if (decision.selected)
    return name != NULL && is_copied (classes, name, stx) ? CLASS_CACHES : CLASS_BACK;
  if (moor_rules_are_compiled (classes->ruling.rules))
    decide (classes->caches, home, dir, name, &decision);
  return decision.selected ? CLASS_HOMES : CLASS_CACHES;
}

/* What a system puts on the disk by itself.  Of `var` and `var/lib` that is what is
 * named here; whatever else is there some service or some person has made. */
static guint
classify_elsewhere (const char *path)
{
  static const char *const data[] = { "srv",   "root",      "opt",     "mnt",
                                      "media", "usr/local", "usr/src", NULL };
  static const char *const programs[] = { "bin",   "boot",   "dev",        "etc",  "lib", "lib32",
                                          "lib64", "libx32", "lost+found", "proc", "run", "sbin",
                                          "sys",   "tmp",    "usr",        NULL };
  static const char *const state[] = {
    "var/cache",        "var/tmp",          "var/log",
    "var/run",          "var/lock",         "var/lib/PackageKit",
    "var/lib/apt",      "var/lib/aspell",   "var/lib/dbus",
    "var/lib/dnf",      "var/lib/dpkg",     "var/lib/initramfs-tools",
    "var/lib/misc",     "var/lib/pacman",   "var/lib/pam",
    "var/lib/polkit-1", "var/lib/python",   "var/lib/rpm",
    "var/lib/systemd",  "var/lib/ucf",      "var/lib/usbutils",
    "var/lib/vim",      "var/lib/xml-core", NULL
  };

  if (is_at_or_below (path, "home"))
    return CLASS_HOMES;
  if (is_any (path, data))
    return CLASS_DATA;
  if (path[0] == '\0' || is_any (path, programs) || is_any (path, state)
      || g_str_equal (path, "var") || g_str_equal (path, "var/lib"))
    return CLASS_PROGRAMS;
  return is_at_or_below (path, "var") ? CLASS_DATA : CLASS_UNKNOWN;
}

/* What rules took outside homes should have come back; the rest is as in any system. */
static guint
classify_system (const Classes *classes,
                 const MoorStoredProfile *profile,
                 const char *dir,
                 const char *name,
                 const struct statx *stx)
{
  const char *below = profile->home[1] != '\0' ? dir + strlen (profile->home + 1) : dir;
  MoorDecision decision;

  if (name == NULL)
    return classify_elsewhere (dir);
  decide (classes->ruling.rules, profile->home, below, name, &decision);
  if (!decision.selected)
    return classify_elsewhere (dir);
  return is_copied (classes, name, stx) ? CLASS_CACHES : CLASS_BACK;
}

static guint
classify_old (const Classes *classes, const char *dir, const char *name, const struct statx *stx)
{
  const MoorStoredProfile *system = NULL;

  for (guint i = 0; i < classes->profiles->len; i++)
    {
      const MoorStoredProfile *profile = g_ptr_array_index (classes->profiles, i);
      const char *home = profile->home + 1;

      if (g_str_equal (profile->name, MOOR_SYSTEM_PROFILE))
        {
          if (home[0] == '\0' || is_at_or_below (dir, home))
            system = system == NULL || home[0] != '\0' ? profile : system;
        }
      else if (is_at_or_below (dir, home))
        return profile->restore.step >= MOOR_RESTORE_DONE
                   ? classify_back (classes, profile->home, dir + strlen (home), name, stx)
                   : CLASS_HOMES;
    }
  if (is_any (dir, (const char *const *) classes->unselected))
    return CLASS_HOMES;
  return system != NULL ? classify_system (classes, system, dir, name, stx)
                        : classify_elsewhere (dir);
}

static guint
classify_cb (guint root,
             const char *dir,
             const char *name,
             const struct statx *stx,
             gpointer user_data)
{
  const Classes *classes = user_data;
  const char *folder = g_array_index (classes->roots, MoorWalkRoot, root).name;

  if (g_str_equal (folder, MOOR_OLD_SYSTEM))
    return classify_old (classes, dir, name, stx);
  if (g_str_has_prefix (folder, MOOR_NEW_SYSTEM))
    return CLASS_NEW;
  return g_str_equal (folder, "replaced") ? CLASS_REPLACED : CLASS_STORE;
}

static void
fill_classes (const MoorLastCopies *counts, JsonObject *result)
{
  JsonArray *classes = json_array_new ();
  guint64 n_freed_bytes = 0;

  for (guint i = 0; i < N_CLASSES; i++)
    {
      JsonObject *entry;

      if (counts[i].n_objects == 0)
        continue;
      entry = json_object_new ();
      json_object_set_string_member (entry, "class", class_ids[i]);
      json_object_set_int_member (entry, "objects", (gint64) counts[i].n_objects);
      json_object_set_int_member (entry, "last-copies", (gint64) counts[i].n_last);
      json_object_set_int_member (entry, "bytes", (gint64) counts[i].n_last_bytes);
      json_object_set_int_member (entry, "freed", (gint64) counts[i].n_freed_bytes);
      json_array_add_object_element (classes, entry);
      n_freed_bytes += counts[i].n_freed_bytes;
    }
  json_object_set_int_member (result, "freed", (gint64) n_freed_bytes);
  json_object_set_array_member (result, "classes", classes);
}

/* Whether what would be lost is more than an old system's own files and caches. */
static guint64
count_people_lose (const MoorLastCopies *counts)
{
  static const guint precious[] = { CLASS_BACK,     CLASS_HOMES, CLASS_DATA, CLASS_UNKNOWN,
                                    CLASS_REPLACED, CLASS_NEW,   CLASS_STORE };
  guint64 n = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (precious); i++)
    n += counts[precious[i]].n_last;
  return n;
}

static gboolean
check_consent (MoorSystem *system, const MoorAcceptOptions *options, guint64 n_lost, GError **error)
{
  const char *uuid = moor_system_get_volume (system)->name;
  g_autofree char *count = moor_text_count (n_lost);

  if (options->consent != NULL && !g_str_equal (options->consent, uuid))
    return moor_throw (
        error, MOOR_ERROR_REFUSED,
        "the consent names the volume %s, and this system is on %s; nothing was changed",
        options->consent, uuid);
  if (n_lost == 0 || options->consent != NULL)
    return TRUE;
  return moor_throw (
      error, MOOR_ERROR_REFUSED,
      "%s files exist only in what would be given up, and are more than the old system's "
      "own; look at the list (--dry-run), save what you need, then say --consent %s",
      count, uuid);
}

static gboolean
count_losses (MoorJob *job,
              MoorSystem *system,
              MoorStore *store,
              MoorLastCopies *counts,
              GError **error)
{
  g_auto(Classes) classes = { .roots = NULL };

  return classes_init (&classes, job, system, store, error)
         && moor_last_copies_count (job, (const MoorWalkRoot *) (gpointer) classes.roots->data,
                                    classes.roots->len, classify_cb, &classes, counts, error);
}

/* The restore has to have been verified, and what drifted since is told. */
static gboolean
verify (MoorJob *job,
        MoorSystem *system,
        MoorStore *store,
        const MoorAcceptOptions *options,
        JsonObject *result,
        GError **error)
{
  g_autoptr(MoorRules) rules = moor_rules_new_everything ();
  g_autofree char *recorded = moor_store_dup_meta (store, "restore-verified", NULL);
  g_autoptr(GError) problem = NULL;
  JsonObject *verification = json_object_new ();
  const MoorVerifyOptions verify_options = { .store = store,
                                             .against = MOOR_AGAINST_RESTORED,
                                             .rules = rules,
                                             .only_notes = TRUE };
  gboolean clean;

  json_object_set_object_member (result, "verification", verification);
  moor_job_begin_phase (job, "verify", 0, 0);
  clean = moor_verify_run (job, system, &verify_options, verification, NULL, &problem);
  if (!clean && !g_error_matches (problem, MOOR_ERROR, MOOR_ERROR_DIFFERENCES))
    {
      g_propagate_error (error, g_steal_pointer (&problem));
      return FALSE;
    }
  if (g_strcmp0 (recorded, "clean") == 0 || options->despite_differences)
    return TRUE;
  return moor_throw (
      error, MOOR_ERROR_REFUSED,
      "the restore did not end with everything in its place; run “mooring restore” again, "
      "or say --despite-differences if you have seen what differs");
}

static gboolean
accept (MoorJob *job,
        MoorSystem *system,
        MoorStore *store,
        const MoorAcceptOptions *options,
        JsonObject *result,
        GError **error)
{
  MoorLastCopies counts[MOOR_MAX_CLASSES];

  if (moor_store_get_state (store) == MOOR_STORE_RESTORED)
    {
      if (!verify (job, system, store, options, result, error))
        return FALSE;
      moor_job_begin_phase (job, "check", 0, 0);
      if (!count_losses (job, system, store, counts, error))
        return FALSE;
      fill_classes (counts, result);
      json_object_set_string_member (result, "volume", moor_system_get_volume (system)->name);
      if (options->dry_run)
        return TRUE;
      if (!check_consent (system, options, count_people_lose (counts), error)
          || !moor_store_set_state (store, MOOR_STORE_ACCEPTING, error))
        return FALSE;
    }
  moor_job_begin_phase (job, "delete", 0, 0);
  if (options->dry_run || !moor_erase_store (job, store, result, error))
    return options->dry_run;
  moor_job_end_phase (job);
  return moor_store_remove_remains (moor_store_get_path (store), error);
}

/**
 * moor_accept_run:
 * @store: open and locked
 * @result: gets "classes", "verification", "removed"
 *
 * Gives the old system, the replaced homes and the store up for good, once the
 * restore was verified without differences.  It only goes forward: after a crash
 * it is gone on with.  Blocks.  Any thread.
 *
 * Returns: %FALSE with %MOOR_ERROR_REFUSED before anything was removed, or
 *   %G_IO_ERROR
 */
gboolean
moor_accept_run (MoorJob *job,
                 MoorSystem *system,
                 MoorStore *store,
                 const MoorAcceptOptions *options,
                 JsonObject *result,
                 GError **error)
{
  MoorStoreState state = moor_store_get_state (store);

  moor_job_set_phases (job, phases, G_N_ELEMENTS (phases));
  json_object_set_boolean_member (result, "dry-run", options->dry_run);
  if (state != MOOR_STORE_RESTORED && state != MOOR_STORE_ACCEPTING)
    return moor_throw (error, MOOR_ERROR_REFUSED,
                       "nothing can be accepted yet: the store at %s is not restored (%s)",
                       moor_store_get_path (store), moor_store_state_text (state));
  if (!moor_store_is_trusted (store, "accepted", error))
    return FALSE;
  if (moor_system_get_volume (system)->n_errors > 0)
    return moor_throw (
        error, MOOR_ERROR_REFUSED,
        "the file system at %s has recorded errors; repair it (fsck, or a btrfs scrub) "
        "before anything on it is deleted",
        moor_system_get_volume (system)->mount_point);
  moor_verify_assume_mounts (store, system);
  return moor_erase_check_parts (store, error)
         && accept (job, system, store, options, result, error);
}
