/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-restore-private.h"

#include <stdio.h>
#include <string.h>

#include "moor-counter.h"
#include "moor-fd.h"
#include "moor-text.h"

/*
 * Objects that rules send to other places, and files that they make up.  What
 * goes into a home that is being built is put there before it takes its place;
 * the rest goes into the living system.
 *
 * A file that comes into somebody's home has to be theirs, and two people must
 * not share one inode: it is linked where both are so, else it is a copy.
 */

typedef struct
{
  const MoorRestore *restore;
  const MoorSys *sys;
  MoorRestoring *into; /* (nullable): whose home; NULL: the system */
  int target_dfd;      /* of the home */
  gboolean in_place;
  GHashTable *placed; /* (element-type filename) (owned): a set: what came to this home by a rule */
  GPtrArray *made;    /* (element-type MoorIncoming): folders that are new */
  char *folder;       /* the one that is open, and its path */
  MoorFd folder_dfd;
} Bringing;

static void
bringing_clear (Bringing *bringing)
{
  g_clear_pointer (&bringing->placed, g_hash_table_unref);
  g_clear_pointer (&bringing->made, g_ptr_array_unref);
  g_free (bringing->folder);
  if (bringing->folder_dfd >= 0)
    moor_fd_close (bringing->folder_dfd);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Bringing, bringing_clear)

static void
report (const Bringing *bringing,
        const MoorIncoming *incoming,
        MoorSeverity severity,
        MoorCause cause,
        int errnum,
        const char *action)
{
  const MoorRestoring *owner = bringing->into != NULL ? bringing->into : incoming->from;

  moor_job_issue (bringing->restore->job, severity, cause, incoming->target,
                  owner != NULL ? owner->target_name : NULL, errnum, action);
}

/* What should be there and is not: a verification will miss it, and the next run try again. */
static void
report_failure (const Bringing *bringing, const MoorIncoming *incoming, MoorCause cause, int errnum)
{
  report (bringing, incoming, MOOR_SEVERITY_ERROR, cause, errnum, "not restored");
  if (incoming->fate != NULL)
    moor_fate_add_path (incoming->fate, incoming->target);
}

static void
report_error (const Bringing *bringing, const MoorIncoming *incoming, const GError *error)
{
  moor_job_log (bringing->restore->job, MOOR_LOG_ERROR, "%s", error->message);
  report_failure (bringing, incoming,
                  g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE) ? MOOR_CAUSE_NO_SPACE
                                                                           : MOOR_CAUSE_OTHER,
                  0);
}

/* One step down, made if it is missing; who owns the home owns it. */
static int
open_step (const Bringing *bringing, int dfd, const char *name, gboolean *out_made, GError **error)
{
  const MoorIdMap *ids = &bringing->into->ids;
  g_auto(MoorFd) fd = -1;

  *out_made = bringing->sys->mkdirat (dfd, name, 0755) == 0;
  if (!*out_made && errno != EEXIST)
    {
      moor_throw_errno (error, errno, "making the folder “%s”", name);
      return -1;
    }
  fd = moor_open_beneath (bringing->sys, dfd, name, O_RDONLY | O_DIRECTORY, error);
  if (fd < 0)
    return -1;
  if (*out_made && bringing->sys->fchownat (fd, "", ids->new_uid, ids->new_gid, AT_EMPTY_PATH) < 0)
    {
      moor_throw_errno (error, errno, "giving “%s” to its owner", name);
      return -1;
    }
  return g_steal_fd (&fd);
}

static int
open_in_home (const Bringing *bringing, const char *path, gboolean *out_made, GError **error)
{
  const char *below = path + strlen (bringing->into->target_home);
  g_auto(GStrv) names = g_strsplit (below, "/", -1);
  g_auto(MoorFd) at = moor_open_beneath (bringing->sys, bringing->target_dfd, ".",
                                          O_RDONLY | O_DIRECTORY, error);

  *out_made = FALSE;
  for (char **name = names; at >= 0 && *name != NULL; name++)
    {
      int next;

      if ((*name)[0] == '\0')
        continue;
      next = open_step (bringing, at, *name, out_made, error);
      moor_fd_close (at);
      at = next;
    }
  return g_steal_fd (&at);
}

/* Outside of homes folders belong to root. */
static int
open_outside (const Bringing *bringing, const char *path, gboolean *out_made, GError **error)
{
  g_auto(MoorPlace) place = { .dfd = -1 };
  g_autofree char *above = NULL;
  g_autofree char *name = NULL;
  g_auto(MoorFd) above_dfd = -1;
  g_autoptr(GError) problem = NULL;
  gboolean ignored;

  *out_made = FALSE;
  if (moor_system_locate (bringing->restore->system, path, &place, &problem) && place.dfd >= 0)
    return g_steal_fd (&place.dfd);
  /* Where folders above it are missing, too, it cannot be told where it would be. */
  if ((problem != NULL && !g_error_matches (problem, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
      || path[1] == '\0')
    {
      g_propagate_error (error, g_steal_pointer (&problem));
      return -1;
    }
  above = g_path_get_dirname (path);
  name = g_path_get_basename (path);
  above_dfd = open_outside (bringing, above, &ignored, error);
  if (above_dfd < 0 || !moor_added_note (bringing->restore->added, 'd', 0, path, error))
    return -1;
  *out_made = TRUE;
  return moor_make_dirs_beneath (bringing->sys, above_dfd, name, 0755, error);
}

static int
open_folder (const Bringing *bringing, const char *path, gboolean *out_made, GError **error)
{
  return bringing->into != NULL ? open_in_home (bringing, path, out_made, error)
                                : open_outside (bringing, path, out_made, error);
}

/* The folder that @path is in; the list is sorted, so it is often the last one. */
static int
folder_of (Bringing *bringing, const char *path, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);
  gboolean made;

  if (g_strcmp0 (folder, bringing->folder) == 0)
    return bringing->folder_dfd;
  if (bringing->folder_dfd >= 0)
    moor_fd_close (g_steal_fd (&bringing->folder_dfd));
  g_clear_pointer (&bringing->folder, g_free);
  bringing->folder_dfd = open_folder (bringing, folder, &made, error);
  if (bringing->folder_dfd >= 0)
    bringing->folder = g_steal_pointer (&folder);
  return bringing->folder_dfd;
}

static int
open_source (const Bringing *bringing,
             const MoorIncoming *incoming,
             const char *below,
             GError **error)
{
  const MoorStoredProfile *profile = incoming->from->profile;
  const MoorPart *part = moor_store_get_part (bringing->restore->store, profile->part);
  g_autofree char *path = g_build_filename (profile->tree_path, below, NULL);

  return moor_open_beneath (bringing->sys, part->tree_dfd, path, O_RDONLY | O_DIRECTORY, error);
}

/* Who owns an object when it has come: in a home its owner, else who owned it.  Tells
 * whether it changes hands, and therefore cannot be the same object. */
static MoorIdMap
owner_after (const Bringing *bringing,
             const MoorIncoming *incoming,
             const struct statx *stx,
             gboolean *out_changes_hands)
{
  const MoorIdMap *ids = &incoming->from->ids;
  MoorIdMap owner = { .old_uid = stx->stx_uid, .old_gid = stx->stx_gid };

  owner.new_uid = stx->stx_uid == ids->old_uid ? ids->new_uid : stx->stx_uid;
  owner.new_gid = stx->stx_gid == ids->old_gid ? ids->new_gid : stx->stx_gid;
  *out_changes_hands = bringing->into != NULL && owner.new_uid != bringing->into->ids.new_uid;
  if (*out_changes_hands)
    {
      owner.new_uid = bringing->into->ids.new_uid;
      owner.new_gid = bringing->into->ids.new_gid;
    }
  return owner;
}

static MoorPlaced
settle (Bringing *bringing,
        const MoorIncoming *incoming,
        MoorCollision *collision,
        MoorSettled *out_settled,
        char **out_name,
        MoorPlacing *placing)
{
  /* Of two that come to one place neither replaces the other. */
  if (g_hash_table_contains (bringing->placed, incoming->target))
    collision->in_place = TRUE;
  collision->between_equals = collision->in_place && !bringing->in_place;
  return moor_collision_settle (collision, out_settled, out_name, placing);
}

/* Notes what came of it.  @name is the new one, if it got another. */
static void
note (Bringing *bringing,
      const MoorIncoming *incoming,
      MoorPlaced placed,
      MoorSettled settled,
      const char *name,
      const MoorPlacing *placing)
{
  MoorRestoring *counted = bringing->into != NULL ? bringing->into : incoming->from;
  g_autofree char *folder = g_path_get_dirname (incoming->target);
  g_autofree char *path = name != NULL ? g_build_filename (folder, name, NULL)
                                       : g_strdup (incoming->target);

  if (settled != MOOR_SETTLED_SAME)
    moor_counter_add (&counted->n_collisions, 1);
  if (placed == MOOR_PLACED_TAKEN)
    {
      moor_counter_add (&counted->n_left, 1);
      report (bringing, incoming,
              settled == MOOR_SETTLED_LEFT_BY_RULE ? MOOR_SEVERITY_NOTE : MOOR_SEVERITY_WARNING,
              MOOR_CAUSE_COLLISION, 0, "the one from before stays in the store");
      return;
    }
  if (settled == MOOR_SETTLED_BESIDE)
    report (bringing, incoming, MOOR_SEVERITY_NOTE, MOOR_CAUSE_COLLISION, 0, name);
  if (settled == MOOR_SETTLED_REPLACED)
    moor_counter_add (&counted->n_replaced, 1);
  moor_counter_add (&counted->n_elsewhere, 1);
  moor_counter_add (placed == MOOR_PLACED_LINKED ? &counted->n_linked : &counted->n_copied,
                    placed != MOOR_PLACED_ALREADY);
  g_hash_table_add (bringing->placed, g_strdup (path));
  if (name != NULL)
    moor_fate_remove_path (incoming->fate, incoming->target);
  moor_fate_add_path (incoming->fate, path);
}

/* A copy gets its owner and what else rules want; a link whose owner has another number now too. */
static gboolean
finish (const Bringing *bringing,
        const MoorCollision *collision,
        const char *name,
        const MoorIdMap *owner,
        MoorPlaced placed,
        GError **error)
{
  const gboolean is_link = placed == MOOR_PLACED_LINKED;
  gboolean changed;

  if (placed == MOOR_PLACED_TAKEN || placed == MOOR_PLACED_ALREADY)
    return TRUE;
  if ((owner->old_uid != owner->new_uid || owner->old_gid != owner->new_gid)
      && !moor_meta_reown (bringing->sys, is_link ? collision->src_dfd : collision->dst_dfd,
                           is_link ? collision->src_name : name, owner, &changed, error))
    return FALSE;
  return is_link
         || moor_restore_give_attributes (bringing->restore, collision->fate, collision->ids,
                                          collision->dst_dfd, name, NULL, error);
}

/* Before it is there: what comes to a living system's places outside homes. */
static gboolean
note_added (const Bringing *bringing, int dfd, const char *path, guint64 ino, GError **error)
{
  g_autofree char *name = g_path_get_basename (path);

  return bringing->into != NULL
         || moor_added_note_new (bringing->restore->added, dfd, name, 'f', ino, path, error);
}

/* And what came beside something that was there. */
static gboolean
note_beside (const Bringing *bringing,
             const MoorIncoming *incoming,
             const char *new_name,
             guint64 ino,
             GError **error)
{
  g_autofree char *folder = g_path_get_dirname (incoming->target);
  g_autofree char *path = NULL;

  if (bringing->into != NULL || new_name == NULL)
    return TRUE;
  path = g_build_filename (folder, new_name, NULL);
  return moor_added_note (bringing->restore->added, 'f', ino, path, error);
}

static gboolean
bring_stored (Bringing *bringing, const MoorIncoming *incoming, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (incoming->below);
  g_autofree char *name = g_path_get_basename (incoming->below);
  g_autofree char *base = g_path_get_basename (incoming->target);
  g_autofree char *new_name = NULL;
  g_auto(MoorFd) src_dfd = open_source (bringing, incoming,
                                         g_str_equal (folder, ".") ? "" : folder, error);
  MoorSettled settled = MOOR_SETTLED_SAME;
  MoorPlacing placing = { 0 };
  MoorPlaced placed;
  gboolean changes_hands;
  struct statx stx;
  MoorIdMap owner;
  MoorCollision collision = { .restore = bringing->restore,
                              .src_dfd = src_dfd,
                              .src_name = name,
                              .dst_name = base,
                              .target = incoming->target,
                              .in_place = bringing->in_place,
                              .fate = incoming->fate };

  if (src_dfd < 0 || (collision.dst_dfd = folder_of (bringing, incoming->target, error)) < 0)
    return FALSE;
  if (bringing->sys->statx (src_dfd, name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &stx) < 0)
    return moor_throw_errno (error, errno, "looking at “%s” in the store", incoming->below);
  owner = owner_after (bringing, incoming, &stx, &changes_hands);
  collision.ids = &owner;
  collision.method = MOOR_METHOD_REFLINK;
  if (incoming->is_first && !changes_hands && !moor_restore_needs_copy (incoming->fate))
    collision.method = MOOR_METHOD_LINK;
  if (!note_added (bringing, collision.dst_dfd, incoming->target, stx.stx_ino, error))
    return FALSE;
  placed = moor_place_entry (bringing->sys, src_dfd, name, collision.dst_dfd, base,
                             collision.method, moor_job_get_cancellable (bringing->restore->job),
                             &placing);
  if (placed == MOOR_PLACED_TAKEN)
    placed = settle (bringing, incoming, &collision, &settled, &new_name, &placing);
  if (placed == MOOR_PLACED_FAILED)
    {
      report_failure (bringing, incoming, placing.cause, placing.errnum);
      return TRUE;
    }
  if ((placed != MOOR_PLACED_ALREADY && placed != MOOR_PLACED_TAKEN
       && !note_beside (bringing, incoming, new_name, stx.stx_ino, error))
      || !finish (bringing, &collision, new_name != NULL ? new_name : base, &owner, placed, error))
    return FALSE;
  note (bringing, incoming, placed, settled, new_name, &placing);
  return TRUE;
}

static gboolean
write_all (const MoorSys *sys, int fd, GBytes *bytes)
{
  gsize n_bytes;
  const char *data = g_bytes_get_data (bytes, &n_bytes);

  while (n_bytes > 0)
    {
      ssize_t n = sys->write (fd, data, n_bytes);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return FALSE;
      data += n;
      n_bytes -= (gsize) n;
    }
  return TRUE;
}

/* A file that rules make up: whole or not at all, and only where there is none. */
static gboolean
make_file (Bringing *bringing, const MoorIncoming *incoming, GError **error)
{
  const MoorSys *sys = bringing->sys;
  g_autofree char *name = g_path_get_basename (incoming->target);
  g_autofree char *half = g_strdup_printf (MOOR_TEMP_PREFIX "%.8s",
                                           moor_job_get_id (bringing->restore->job));
  int dfd = folder_of (bringing, incoming->target, error);
  g_auto(MoorFd) fd = -1;
  struct statx stx;
  int errsv;

  if (dfd < 0)
    return FALSE;
  if (sys->statx (dfd, name, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &stx) == 0)
    return TRUE;
  if (!note_added (bringing, dfd, incoming->target, 0, error))
    return FALSE;
  fd = sys->openat (dfd, half, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (fd < 0)
    return moor_throw_errno (error, errno, "making “%s”", incoming->target);
  if (write_all (sys, fd, incoming->bytes)
      && (bringing->into == NULL
          || sys->fchownat (fd, "", bringing->into->ids.new_uid, bringing->into->ids.new_gid,
                            AT_EMPTY_PATH)
                 == 0)
      && sys->renameat2 (dfd, half, dfd, name, RENAME_NOREPLACE) == 0)
    return TRUE;
  errsv = errno;
  (void) sys->unlinkat (dfd, half, 0);
  return errsv == EEXIST || moor_throw_errno (error, errsv, "making “%s”", incoming->target);
}

static gboolean
make_folder (Bringing *bringing, MoorIncoming *incoming, GError **error)
{
  gboolean made = FALSE;
  g_auto(MoorFd) fd = open_folder (bringing, incoming->target, &made, error);

  if (fd < 0)
    return FALSE;
  if (bringing->into == NULL)
    made = made || moor_added_is_unfinished (bringing->restore->added, incoming->target);
  if (made && incoming->from != NULL)
    g_ptr_array_add (bringing->made, incoming);
  if (incoming->fate != NULL)
    moor_fate_add_path (incoming->fate, incoming->target);
  return TRUE;
}

/* A folder that came gets what it had, once everything is in it. */
static gboolean
give_meta (Bringing *bringing, const MoorIncoming *incoming, GError **error)
{
  g_auto(MoorFd) src_dfd = open_source (bringing, incoming, incoming->below, error);
  g_auto(MoorMeta) meta = { 0 };
  g_auto(MoorFd) fd = -1;
  gboolean ignored;
  MoorIdMap owner;

  if (src_dfd < 0 || !moor_meta_read (bringing->sys, src_dfd, &meta, error))
    return FALSE;
  fd = open_folder (bringing, incoming->target, &ignored, error);
  if (fd < 0)
    return FALSE;
  owner = owner_after (bringing, incoming, &meta.stx, &ignored);
  meta.stx.stx_uid = owner.new_uid;
  meta.stx.stx_gid = owner.new_gid;
  (void) moor_restore_change_meta (incoming->fate, &owner, NULL, &meta);
  return moor_meta_apply (bringing->sys, fd, &meta, error)
         && (bringing->into != NULL
             || moor_added_note (bringing->restore->added, 'm', 0, incoming->target, error));
}

static int
compare_targets (gconstpointer a, gconstpointer b)
{
  const MoorIncoming *const *first = a;
  const MoorIncoming *const *second = b;

  return strcmp ((*first)->target, (*second)->target);
}

/* Each object on its own: what fails is told, and the next one comes. */
static void
bring_one (Bringing *bringing, MoorIncoming *incoming)
{
  g_autoptr(GError) error = NULL;
  gboolean brought;

  if (incoming->kind == MOOR_KIND_DIRECTORY)
    brought = make_folder (bringing, incoming, &error);
  else if (incoming->from == NULL)
    brought = make_file (bringing, incoming, &error);
  else
    brought = bring_stored (bringing, incoming, &error);
  if (!brought)
    report_error (bringing, incoming, error);
}

static void
give_all_meta (Bringing *bringing)
{
  for (guint i = bringing->made->len; i > 0; i--)
    {
      const MoorIncoming *incoming = g_ptr_array_index (bringing->made, i - 1);
      g_autoptr(GError) error = NULL;

      if (give_meta (bringing, incoming, &error))
        continue;
      moor_job_log (bringing->restore->job, MOOR_LOG_WARNING, "%s", error->message);
      report (bringing, incoming, MOOR_SEVERITY_WARNING, MOOR_CAUSE_METADATA, 0,
              "restored without it");
    }
}

/**
 * moor_placements_bring:
 * @into: (nullable): whose home they come into; %NULL: outside of all homes
 * @incoming: (element-type MoorIncoming) (nullable): is sorted
 * @target_dfd: that home, or what is being built for it; -1 without @into
 * @in_place: it is a living one
 *
 * Puts what rules send there into its places, and records them.  May be repeated: what
 * is there already is left alone.  Blocks.  Any thread.
 *
 * Returns: %FALSE with %G_IO_ERROR_CANCELLED or an error of the catalogue; single
 *   objects that could not be restored are issues of the job
 */
gboolean
moor_placements_bring (const MoorRestore *restore,
                       MoorRestoring *into,
                       GPtrArray *incoming,
                       int target_dfd,
                       gboolean in_place,
                       GError **error)
{
  g_auto(Bringing) bringing = { .restore = restore,
                                 .sys = moor_job_get_sys (restore->job),
                                 .into = into,
                                 .target_dfd = target_dfd,
                                 .in_place = in_place,
                                 .folder_dfd = -1 };
  g_autoptr(GPtrArray) fates = NULL;

  if (incoming == NULL || incoming->len == 0)
    return TRUE;
  bringing.placed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  bringing.made = g_ptr_array_new ();
  fates = g_ptr_array_new ();
  g_ptr_array_sort (incoming, compare_targets);
  for (guint i = 0; i < incoming->len; i++)
    {
      MoorIncoming *one = g_ptr_array_index (incoming, i);

      if (!moor_job_check (restore->job, error))
        return FALSE;
      bring_one (&bringing, one);
      if (one->fate != NULL)
        g_ptr_array_add (fates, one->fate);
    }
  give_all_meta (&bringing);
  return moor_fates_record (restore, fates, error);
}

static void
add_file (const MoorRestore *restore, const MoorRuleAddition *addition)
{
  const MoorPattern *location = addition->location;
  MoorIncoming *incoming = g_new0 (MoorIncoming, 1);

  incoming->kind = location->leaf != NULL ? MOOR_KIND_FILE : MOOR_KIND_DIRECTORY;
  incoming->target = location->leaf != NULL
                         ? g_strconcat (location->node, "/", location->leaf, NULL)
                         : g_strdup (location->node);
  incoming->bytes = addition->bytes != NULL ? g_bytes_ref (addition->bytes)
                                            : g_bytes_new_static ("", 0);
  moor_incoming_send (restore, incoming);
}

/**
 * moor_placements_add_files:
 *
 * Has the files that rules make up put where they are not yet.
 */
void
moor_placements_add_files (const MoorRestore *restore)
{
  const gboolean may = geteuid () == 0 && moor_store_get_owner (restore->store) == 0;
  GPtrArray *additions;

  if (restore->rules == NULL || !may || restore->options->paths != NULL)
    return;
  additions = restore->rules->outcome->additions;
  for (guint i = 0; i < additions->len; i++)
    {
      const MoorRuleAddition *addition = g_ptr_array_index (additions, i);

      if (addition->location->type == MOOR_PATTERN_FILE && !addition->location->subtree
          && strchr (addition->location->node, '*') == NULL
          && (addition->location->leaf == NULL || moor_name_is_valid (addition->location->leaf)))
        add_file (restore, addition);
    }
}
