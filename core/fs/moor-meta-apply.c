/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Sets what an object carries besides its content.
 *
 * The order is the point: chown strips setuid and capabilities, chmod rewrites
 * the mask of an ACL, an immutable mark stops all of them, and nothing may come
 * after the times but that mark. */

#include "moor-meta-private.h"

#include "moor-error.h"

/* What could not be set: the first errno, and all of it in words. */
typedef struct
{
  int errnum;
  GString *words;
} Losses;

static void
losses_clear (Losses *losses)
{
  if (losses->words != NULL)
    g_string_free (losses->words, TRUE);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Losses, losses_clear)

static void
lose (Losses *losses, int errnum, const char *what)
{
  if (losses->words == NULL)
    {
      losses->words = g_string_new (NULL);
      losses->errnum = errnum;
    }
  else
    g_string_append (losses->words, ", ");
  g_string_append (losses->words, what);
}

int
moor_handle_chmod (const MoorHandle *handle, mode_t mode)
{
  char path[sizeof "/proc/self/fd/" + 12];

  if (!handle->is_path)
    return handle->sys->fchmod (handle->fd, mode);

  (void) g_snprintf (path, sizeof path, "/proc/self/fd/%d", handle->fd);
  return handle->sys->fchmodat (AT_FDCWD, path, mode, 0);
}

int
moor_handle_set_xattr (const MoorHandle *handle, const char *name, GVariant *value)
{
  gsize n_bytes = 0;
  const void *bytes = g_variant_get_fixed_array (value, &n_bytes, 1);
  const void *data = bytes != NULL ? bytes : "";

  if (handle->is_path)
    return handle->sys->lsetxattrat (handle->fd, "", name, data, n_bytes);
  return handle->sys->fsetxattr (handle->fd, name, data, n_bytes, 0);
}

/* Whether owner and group are as wanted now. */
static gboolean
apply_owner (const MoorHandle *handle, const MoorMeta *meta, Losses *losses)
{
  const MoorSys *sys = handle->sys;

  if (sys->fchownat (handle->fd, "", meta->stx.stx_uid, meta->stx.stx_gid, AT_EMPTY_PATH) == 0)
    return TRUE;

  lose (losses, errno, "owner");
  (void) sys->fchownat (handle->fd, "", (uid_t) -1, meta->stx.stx_gid, AT_EMPTY_PATH);
  return FALSE;
}

/* Somebody else's setuid program must not become the owner's own. */
static void
apply_mode (const MoorHandle *handle, const MoorMeta *meta, gboolean is_owned, Losses *losses)
{
  mode_t mode = meta->stx.stx_mode & 07777;

  if (S_ISLNK (meta->stx.stx_mode))
    return;
  if (!is_owned && !S_ISDIR (meta->stx.stx_mode))
    mode &= (mode_t) ~(S_ISUID | S_ISGID);
  if (moor_handle_chmod (handle, mode) < 0)
    lose (losses, errno, "mode");
}

static gboolean
is_acl (const char *name)
{
  return strcmp (name, MOOR_XATTR_ACL_ACCESS) == 0 || strcmp (name, MOOR_XATTR_ACL_DEFAULT) == 0;
}

/* An ACL that says no more than the mode: setting it removes the longer one. */
static GVariant *
plain_acl (mode_t mode)
{
  const struct
  {
    guint16 tag;
    guint16 perm;
    guint32 id;
  } entries[] = {
    { GUINT16_TO_LE (0x01), GUINT16_TO_LE ((guint16) (mode >> 6 & 7)), G_MAXUINT32 },
    { GUINT16_TO_LE (0x04), GUINT16_TO_LE ((guint16) (mode >> 3 & 7)), G_MAXUINT32 },
    { GUINT16_TO_LE (0x20), GUINT16_TO_LE ((guint16) (mode & 7)), G_MAXUINT32 },
  };
  const guint32 version = GUINT32_TO_LE (2);
  guint8 blob[sizeof version + sizeof entries];

  memcpy (blob, &version, sizeof version);
  memcpy (blob + sizeof version, entries, sizeof entries);
  return g_variant_ref_sink (g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, blob, sizeof blob, 1));
}

/* What a new object inherited, or an old one had.  Labels of the system's own
 * (security.*) and what a file system shows of itself (system.*) stay. */
static void
remove_xattr (const MoorHandle *handle, const MoorMeta *meta, const char *name, Losses *losses)
{
  int result = 0;

  if (strcmp (name, MOOR_XATTR_ACL_ACCESS) == 0)
    {
      g_autoptr(GVariant) acl = plain_acl (meta->stx.stx_mode);

      result = moor_handle_set_xattr (handle, name, acl);
    }
  else if (!handle->is_path && (is_acl (name) || !g_str_has_prefix (name, "system."))
           && !g_str_has_prefix (name, "security."))
    result = handle->sys->fremovexattr (handle->fd, name);

  if (result < 0 && errno != ENODATA)
    lose (losses, errno, name);
}

static void
remove_other_xattrs (const MoorHandle *handle, const MoorMeta *meta, Losses *losses)
{
  g_autofree char *list = NULL;
  g_autoptr(GPtrArray) names = moor_handle_list_xattrs (handle, &list);

  if (names == NULL)
    {
      lose (losses, errno, "extended attributes");
      return;
    }

  for (guint i = 0; i < names->len; i++)
    {
      const char *name = g_ptr_array_index (names, i);
      g_autoptr(GVariant) wanted = moor_xattrs_lookup (meta->xattrs, name);

      if (wanted == NULL)
        remove_xattr (handle, meta, name, losses);
    }
}

/* Which attributes are set when: plain ones while the owner may still write,
 * ACLs after the mode, capabilities when nothing strips them any more. */
typedef enum
{
  ROUND_PLAIN,
  ROUND_ACL,
  ROUND_CAPABILITY,
} XattrRound;

static XattrRound
round_of (const char *name)
{
  if (strcmp (name, MOOR_XATTR_CAPABILITY) == 0)
    return ROUND_CAPABILITY;
  return is_acl (name) ? ROUND_ACL : ROUND_PLAIN;
}

static void
apply_xattrs (const MoorHandle *handle, const MoorMeta *meta, XattrRound round, Losses *losses)
{
  gsize n = meta->xattrs != NULL ? g_variant_n_children (meta->xattrs) : 0;

  for (gsize i = 0; i < n; i++)
    {
      g_autoptr(GVariant) pair = g_variant_get_child_value (meta->xattrs, i);
      g_autoptr(GVariant) key = g_variant_get_child_value (pair, 0);
      g_autoptr(GVariant) value = g_variant_get_child_value (pair, 1);
      const char *name = g_variant_get_bytestring (key);

      if (round_of (name) == round && moor_handle_set_xattr (handle, name, value) < 0)
        lose (losses, errno, name);
    }
}

static void
times_of (const struct statx *stx, struct timespec out_times[2])
{
  out_times[0].tv_sec = stx->stx_atime.tv_sec;
  out_times[0].tv_nsec = stx->stx_atime.tv_nsec;
  out_times[1].tv_sec = stx->stx_mtime.tv_sec;
  out_times[1].tv_nsec = stx->stx_mtime.tv_nsec;
}

static void
apply_times (const MoorHandle *handle, const MoorMeta *meta, Losses *losses)
{
  struct timespec times[2];

  times_of (&meta->stx, times);
  if (handle->sys->utimensat (handle->fd, "", times, AT_EMPTY_PATH) < 0)
    lose (losses, errno, "times");
}

static void
toggle_flags (const MoorHandle *handle, int *flags, int toggle, Losses *losses)
{
  if (toggle == 0)
    return;
  if (handle->sys->set_flags (handle->fd, *flags ^ toggle) == 0)
    *flags ^= toggle;
  else
    lose (losses, errno, "attributes (chattr)");
}

/* One mark at a time: file systems differ in which they know, and refuse a
 * whole set for one.  Those that lock the object come last, at once: one of
 * them keeps the other from being set. */
static void
apply_flags (const MoorHandle *handle, const MoorMeta *meta, int flags, Losses *losses)
{
  int wanted = meta->flags & MOOR_META_SETTABLE_FLAGS;
  int toggle;

  if (flags < 0)
    {
      if (wanted != 0)
        lose (losses, EOPNOTSUPP, "attributes (chattr)");
      return;
    }

  toggle = (flags ^ wanted) & MOOR_META_SETTABLE_FLAGS;
  for (int bit = 1; bit <= MOOR_META_SETTABLE_FLAGS; bit <<= 1)
    toggle_flags (handle, &flags, toggle & bit & ~MOOR_META_LOCKING_FLAGS, losses);
  toggle_flags (handle, &flags, toggle & MOOR_META_LOCKING_FLAGS, losses);
}

/* The flags that the object has now, or -1 where there are none.  One that is
 * locked, as from an earlier run, is opened up first. */
static int
take_flags (const MoorHandle *handle, const MoorMeta *meta)
{
  int flags = 0;

  if (!moor_handle_can_have_flags (handle, &meta->stx)
      || handle->sys->get_flags (handle->fd, &flags) < 0)
    return -1;
  if ((flags & MOOR_META_LOCKING_FLAGS) != 0
      && handle->sys->set_flags (handle->fd, flags & ~MOOR_META_LOCKING_FLAGS) == 0)
    flags &= ~MOOR_META_LOCKING_FLAGS;
  return flags;
}

/* @is_bare: it carries nothing that would have to be taken away. */
static gboolean
apply (const MoorHandle *handle, const MoorMeta *meta, gboolean is_bare, GError **error)
{
  g_auto(Losses) losses = { .errnum = 0 };
  gboolean needs_flags = !is_bare || (meta->flags & MOOR_META_SETTABLE_FLAGS) != 0;
  int flags = needs_flags ? take_flags (handle, meta) : 0;
  gboolean is_owned = apply_owner (handle, meta, &losses);

  apply_xattrs (handle, meta, ROUND_PLAIN, &losses);
  apply_mode (handle, meta, is_owned, &losses);
  if (!is_bare)
    remove_other_xattrs (handle, meta, &losses);
  apply_xattrs (handle, meta, ROUND_ACL, &losses);
  apply_xattrs (handle, meta, ROUND_CAPABILITY, &losses);
  apply_times (handle, meta, &losses);
  apply_flags (handle, meta, flags, &losses);

  return losses.words == NULL
         || moor_throw_errno (error, losses.errnum, "setting %s", losses.words->str);
}

/**
 * moor_meta_apply:
 * @fd: a file or directory of the kind that @meta is of, open for reading
 * @meta: what it shall carry
 *
 * Makes an object carry what @meta says: owner, mode, ACLs and attributes (those
 * it has and @meta has not are removed, but for labels in `security.`),
 * capabilities, times, flags.  What cannot be set does not keep the rest from
 * being set; all of it is named in @error.  Without the right owner, setuid and
 * setgid are left off.  May be repeated.
 *
 * Blocks for a dozen system calls; any thread.
 *
 * Returns: %FALSE if something could not be set, in %G_IO_ERROR
 */
gboolean
moor_meta_apply (const MoorSys *sys, int fd, const MoorMeta *meta, GError **error)
{
  const MoorHandle handle = { .sys = sys, .fd = fd };

  return apply (&handle, meta, FALSE, error);
}

/**
 * moor_meta_is_bare:
 * @fd: a directory, open for reading
 *
 * Blocks for two system calls; any thread.
 *
 * Returns: whether it has no attributes and marks that moor_meta_apply() would set or
 *   remove; then a directory made in it has none either
 */
gboolean
moor_meta_is_bare (const MoorSys *sys, int fd)
{
  const MoorHandle handle = { .sys = sys, .fd = fd };
  g_autofree char *list = NULL;
  g_autoptr(GPtrArray) names = moor_handle_list_xattrs (&handle, &list);
  int flags = 0;

  if (names == NULL)
    return FALSE;
  for (guint i = 0; i < names->len; i++)
    {
      if (!g_str_has_prefix (g_ptr_array_index (names, i), "security."))
        return FALSE;
    }
  return sys->get_flags (fd, &flags) < 0 ? errno == ENOTTY || errno == EOPNOTSUPP
                                         : (flags & MOOR_META_SETTABLE_FLAGS) == 0;
}

/**
 * moor_meta_apply_bare:
 * @fd: a directory that the caller has made in one that moor_meta_is_bare() held for, and
 *   that nobody has given anything since
 * @meta: what it shall carry
 *
 * As moor_meta_apply(), without looking for what would have to be taken away.
 *
 * Blocks for a few system calls; any thread.
 *
 * Returns: %FALSE if something could not be set, in %G_IO_ERROR
 */
gboolean
moor_meta_apply_bare (const MoorSys *sys, int fd, const MoorMeta *meta, GError **error)
{
  const MoorHandle handle = { .sys = sys, .fd = fd };

  return apply (&handle, meta, TRUE, error);
}

/**
 * moor_meta_apply_at:
 * @dfd: a directory
 * @name: one name in it, of the kind that @meta is of
 * @meta: what it shall carry
 *
 * Like moor_meta_apply(), for what cannot be opened: a symbolic link, fifo,
 * socket or device.
 *
 * Blocks for a dozen system calls; any thread.
 *
 * Returns: %FALSE if something could not be set, in %G_IO_ERROR
 */
gboolean
moor_meta_apply_at (const MoorSys *sys,
                    int dfd,
                    const char *name,
                    const MoorMeta *meta,
                    GError **error)
{
  g_auto(MoorFd) fd = moor_open_path (sys, dfd, name);
  const MoorHandle handle = { .sys = sys, .fd = fd, .is_path = TRUE };

  if (fd < 0)
    return moor_throw_errno (error, errno, "opening “%s”", name);
  if (apply (&handle, meta, FALSE, error))
    return TRUE;

  g_prefix_error (error, "“%s”: ", name);
  return FALSE;
}

/**
 * moor_meta_apply_times:
 * @dfd: a directory
 * @name: one name in it
 * @meta: whose access and modification times it shall have
 *
 * Sets the times alone: for directories, bottom-up, when nothing is put into
 * them any more.
 *
 * Blocks for one system call; any thread.
 *
 * Returns: %FALSE on failure, in %G_IO_ERROR
 */
gboolean
moor_meta_apply_times (const MoorSys *sys,
                       int dfd,
                       const char *name,
                       const MoorMeta *meta,
                       GError **error)
{
  struct timespec times[2];

  times_of (&meta->stx, times);
  if (sys->utimensat (dfd, name, times, AT_SYMLINK_NOFOLLOW) < 0)
    return moor_throw_errno (error, errno, "setting the times of “%s”", name);
  return TRUE;
}
