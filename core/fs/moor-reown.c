/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Gives what belonged to one number to another.
 *
 * A chown strips setuid, setgid and capabilities, and a crash right after it
 * would make that final.  So before the chown of an object that has any, what
 * it has is written on the object itself, in an attribute that only root can
 * set, and taken off when everything is back:
 *
 *   mark -> chown -> chmod -> capabilities -> mark off
 *
 * Whoever finds the mark finishes the work. */

#include "moor-meta-private.h"

#include "moor-error.h"

#define MARK "trusted.mooring.reown"
#define MARK_TYPE "(utxuay)" /* mode, size, mtime in s and ns, capabilities */
#define ACL_VERSION 2
#define ACL_USER 0x02
#define ACL_GROUP 0x08
#define ACL_HEADER_BYTES 4
#define ACL_ENTRY_BYTES 8

static guint32
map_uid (const MoorIdMap *map, guint32 uid)
{
  return uid == map->old_uid ? map->new_uid : uid;
}

static guint32
map_gid (const MoorIdMap *map, guint32 gid)
{
  return gid == map->old_gid ? map->new_gid : gid;
}

/* The entry is { le16 tag, le16 permissions, le32 id }. */
static void
map_acl_entry (guint8 *entry, const MoorIdMap *map)
{
  guint16 tag;
  guint32 id;

  memcpy (&tag, entry, sizeof tag);
  memcpy (&id, entry + 4, sizeof id);
  tag = GUINT16_FROM_LE (tag);
  id = GUINT32_FROM_LE (id);

  if (tag == ACL_USER)
    id = map_uid (map, id);
  else if (tag == ACL_GROUP)
    id = map_gid (map, id);

  id = GUINT32_TO_LE (id);
  memcpy (entry + 4, &id, sizeof id);
}

/* Returns: (transfer full): the ACL with other numbers; what is no ACL as it is. */
static GVariant *
map_acl (GVariant *value, const MoorIdMap *map)
{
  gsize n_bytes = 0;
  const guint8 *bytes = g_variant_get_fixed_array (value, &n_bytes, 1);
  g_autofree guint8 *blob = NULL;
  guint32 version;

  if (n_bytes < ACL_HEADER_BYTES || (n_bytes - ACL_HEADER_BYTES) % ACL_ENTRY_BYTES != 0)
    return g_variant_ref (value);
  memcpy (&version, bytes, sizeof version);
  if (GUINT32_FROM_LE (version) != ACL_VERSION)
    return g_variant_ref (value);

  blob = g_memdup2 (bytes, n_bytes);
  for (gsize i = ACL_HEADER_BYTES; i < n_bytes; i += ACL_ENTRY_BYTES)
    map_acl_entry (blob + i, map);
  return g_variant_ref_sink (g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, blob, n_bytes, 1));
}

/**
 * moor_meta_map_xattrs:
 * @xattrs: (nullable): attributes as in #MoorMeta
 * @map: which numbers become which
 *
 * Rewrites the numbers in access control lists; everything else stays as it is,
 * malformed lists too.  Any thread.
 *
 * Returns: (transfer full) (nullable): the attributes with other numbers
 */
GVariant *
moor_meta_map_xattrs (GVariant *xattrs, const MoorIdMap *map)
{
  GVariantBuilder builder;

  if (xattrs == NULL)
    return NULL;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(ayay)"));
  for (gsize i = 0; i < g_variant_n_children (xattrs); i++)
    {
      g_autoptr(GVariant) pair = g_variant_get_child_value (xattrs, i);
      g_autoptr(GVariant) key = g_variant_get_child_value (pair, 0);
      g_autoptr(GVariant) value = g_variant_get_child_value (pair, 1);
      const char *name = g_variant_get_bytestring (key);
      g_autoptr(GVariant) mapped = NULL;

      if (strcmp (name, MOOR_XATTR_ACL_ACCESS) == 0 || strcmp (name, MOOR_XATTR_ACL_DEFAULT) == 0)
        mapped = map_acl (value, map);
      g_variant_builder_add (&builder, "(@ay@ay)", key, mapped != NULL ? mapped : value);
    }
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

/* What a chown strips, and the content it was granted to. */
typedef struct
{
  guint32 mode;
  guint64 size;
  gint64 mtime_s;
  guint32 mtime_ns;
  GVariant *capability; /* (nullable) (owned) */
} Grant;

static void
grant_clear (Grant *grant)
{
  g_clear_pointer (&grant->capability, g_variant_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Grant, grant_clear)

static GVariant *
grant_to_mark (const Grant *grant)
{
  g_autoptr(GVariant) none = g_variant_ref_sink (
      g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, NULL, 0, 1));
  g_autoptr(GVariant) packed = g_variant_ref_sink (
      g_variant_new ("(utxu@ay)", grant->mode, grant->size, grant->mtime_s, grant->mtime_ns,
                     grant->capability != NULL ? grant->capability : none));

  return g_variant_ref_sink (g_variant_new_fixed_array (
      G_VARIANT_TYPE_BYTE, g_variant_get_data (packed), g_variant_get_size (packed), 1));
}

static void
grant_from_mark (Grant *grant, GVariant *mark)
{
  gsize n_bytes = 0;
  const guint8 *bytes = g_variant_get_fixed_array (mark, &n_bytes, 1);
  g_autoptr(GBytes) aligned = g_bytes_new (bytes, n_bytes);
  g_autoptr(GVariant) packed = g_variant_ref_sink (
      g_variant_new_from_bytes (G_VARIANT_TYPE (MARK_TYPE), aligned, FALSE));
  g_autoptr(GVariant) capability = NULL;

  g_variant_get (packed, "(utxu@ay)", &grant->mode, &grant->size, &grant->mtime_s, &grant->mtime_ns,
                 &capability);
  if (g_variant_n_children (capability) > 0)
    grant->capability = g_steal_pointer (&capability);
}

static void
grant_from_meta (Grant *grant, const MoorMeta *meta)
{
  grant->mode = meta->stx.stx_mode & 07777;
  grant->size = meta->stx.stx_size;
  grant->mtime_s = meta->stx.stx_mtime.tv_sec;
  grant->mtime_ns = meta->stx.stx_mtime.tv_nsec;
  grant->capability = moor_xattrs_lookup (meta->xattrs, MOOR_XATTR_CAPABILITY);
}

static gboolean
grant_is_empty (const Grant *grant)
{
  return (grant->mode & (S_ISUID | S_ISGID)) == 0 && grant->capability == NULL;
}

/* What was granted to one content is not granted to another. */
static gboolean
check_content (const MoorHandle *handle, const Grant *grant, gboolean *out_same, GError **error)
{
  struct statx stx;

  if (handle->sys->statx (handle->fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &stx) < 0)
    return moor_throw_errno (error, errno, "looking at it");

  *out_same = stx.stx_size == grant->size && stx.stx_mtime.tv_sec == grant->mtime_s
              && stx.stx_mtime.tv_nsec == grant->mtime_ns;
  return TRUE;
}

static gboolean
give_back (const MoorHandle *handle, const Grant *grant, GError **error)
{
  if (moor_handle_chmod (handle, grant->mode) < 0)
    return moor_throw_errno (error, errno, "setting the mode");
  if (grant->capability != NULL
      && moor_handle_set_xattr (handle, MOOR_XATTR_CAPABILITY, grant->capability) < 0)
    return moor_throw_errno (error, errno, "setting capabilities");
  return TRUE;
}

/* Only for a regular file, which @handle is known to be. */
static gboolean
take_mark_off (const MoorHandle *handle, GError **error)
{
  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", handle->fd);
  g_auto(MoorFd) fd = handle->sys->openat (AT_FDCWD, path,
                                            O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);

  if (fd < 0 || (handle->sys->fremovexattr (fd, MARK) < 0 && errno != ENODATA))
    return moor_throw_errno (error, errno, "removing the mark");
  return TRUE;
}

/* A file system without attributes has no capabilities to lose, and who is not
 * root may not change owners: there the mark is no loss. */
static gboolean
put_mark_on (const MoorHandle *handle, const Grant *grant, gboolean *out_marked, GError **error)
{
  g_autoptr(GVariant) mark = grant_to_mark (grant);

  *out_marked = moor_handle_set_xattr (handle, MARK, mark) == 0;
  if (!*out_marked && errno != EOPNOTSUPP && errno != EPERM)
    return moor_throw_errno (error, errno, "marking it");
  return TRUE;
}

static gboolean
chown_to (const MoorHandle *handle, guint32 uid, guint32 gid, GError **error)
{
  if (handle->sys->fchownat (handle->fd, "", uid, gid, AT_EMPTY_PATH) < 0)
    return moor_throw_errno (error, errno, "changing the owner");
  return TRUE;
}

/* The object carries old numbers and something that a chown strips, or was left
 * like that by a run that died. */
static gboolean
reown_granted (const MoorHandle *handle,
               const MoorMeta *meta,
               const MoorIdMap *map,
               const Grant *grant,
               gboolean marked,
               GError **error)
{
  gboolean is_file = S_ISREG (meta->stx.stx_mode);
  gboolean is_same = FALSE;

  if (is_file && !marked && !put_mark_on (handle, grant, &marked, error))
    return FALSE;
  if (!chown_to (handle, map_uid (map, meta->stx.stx_uid), map_gid (map, meta->stx.stx_gid), error)
      || !check_content (handle, grant, &is_same, error)
      || (is_same && !give_back (handle, grant, error))
      || (marked && !take_mark_off (handle, error)))
    return FALSE;

  return is_same
         || moor_throw (error, MOOR_ERROR_VANISHED,
                        "it changed meanwhile, so its setuid mark and capabilities were left off");
}

static gboolean
reown_acls (const MoorHandle *handle,
            GVariant *xattrs,
            const MoorIdMap *map,
            gboolean *out_changed,
            GError **error)
{
  static const char *const names[] = { MOOR_XATTR_ACL_ACCESS, MOOR_XATTR_ACL_DEFAULT };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr(GVariant) value = moor_xattrs_lookup (xattrs, names[i]);
      g_autoptr(GVariant) mapped = value != NULL ? map_acl (value, map) : NULL;

      if (value == NULL || g_variant_equal (value, mapped))
        continue;
      if (moor_handle_set_xattr (handle, names[i], mapped) < 0)
        return moor_throw_errno (error, errno, "setting the access control list");
      *out_changed = TRUE;
    }
  return TRUE;
}

static gboolean
reown (const MoorHandle *handle, const MoorIdMap *map, gboolean *out_changed, GError **error)
{
  g_auto(MoorMeta) meta = { .flags = 0 };
  g_auto(Grant) grant = { .mode = 0 };
  g_autoptr(GVariant) mark = NULL;
  gboolean carries;

  if (!moor_handle_read (handle, &meta, error)
      || !reown_acls (handle, meta.xattrs, map, out_changed, error))
    return FALSE;

  carries = map_uid (map, meta.stx.stx_uid) != meta.stx.stx_uid
            || map_gid (map, meta.stx.stx_gid) != meta.stx.stx_gid;
  mark = S_ISREG (meta.stx.stx_mode) ? moor_xattrs_lookup (meta.xattrs, MARK) : NULL;
  if (!carries && mark == NULL)
    return TRUE;

  *out_changed = TRUE;
  if (mark != NULL)
    grant_from_mark (&grant, mark);
  else
    grant_from_meta (&grant, &meta);
  if (S_ISDIR (meta.stx.stx_mode) || S_ISLNK (meta.stx.stx_mode) || grant_is_empty (&grant))
    return chown_to (handle, map_uid (map, meta.stx.stx_uid), map_gid (map, meta.stx.stx_gid),
                     error);
  return reown_granted (handle, &meta, map, &grant, mark != NULL, error);
}

/**
 * moor_meta_reown:
 * @dfd: a directory
 * @name: one name in it, a symbolic link too
 * @map: which numbers become which
 * @out_changed: (out): whether something was changed, set on failure too
 *
 * Gives an object that belongs to an old number to the new one, with the
 * numbers in its access control lists, and keeps setuid and setgid bits and
 * capabilities.  All names of the object see the change.  Nothing is followed;
 * whatever happens to the name meanwhile, it is one object that is changed.
 *
 * May be repeated: what is done is not done again, and what a failure or a
 * crash left half done is completed (on file systems with `trusted.`
 * attributes; elsewhere a crash can cost a setuid bit).  An immutable object
 * resists: its mark is set after this.
 *
 * Blocks for a few system calls; any thread.
 *
 * Returns: %FALSE on failure: %MOOR_ERROR_VANISHED if its content changed while
 *   setuid or capabilities were off, which then stay off, or %G_IO_ERROR
 */
gboolean
moor_meta_reown (const MoorSys *sys,
                 int dfd,
                 const char *name,
                 const MoorIdMap *map,
                 gboolean *out_changed,
                 GError **error)
{
  g_auto(MoorFd) fd = moor_open_path (sys, dfd, name);
  const MoorHandle handle = { .sys = sys, .fd = fd, .is_path = TRUE };

  *out_changed = FALSE;
  if (fd < 0)
    return moor_throw_errno (error, errno, "opening “%s”", name);
  if (reown (&handle, map, out_changed, error))
    return TRUE;

  g_prefix_error (error, "“%s”: ", name);
  return FALSE;
}
