/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Reads and compares what an object carries besides its content. */

#include "moor-meta-private.h"

#include "moor-error.h"
#include "moor-text.h"

#define STATX_MASK (STATX_BASIC_STATS | STATX_BTIME | STATX_MNT_ID)
#define N_FETCHES 4 /* an attribute may grow between asking its size and reading it */

/**
 * moor_meta_clear:
 * @meta: what was read, or all zero
 *
 * Frees what @meta owns and makes it all zero.  Any thread.
 */
void
moor_meta_clear (MoorMeta *meta)
{
  g_clear_pointer (&meta->xattrs, g_variant_unref);
  memset (meta, 0, sizeof *meta);
}

/* Takes hold of whatever has the name, a symbolic link too, without opening
 * it: nothing is followed, waited for, or crossed. */
int
moor_open_path (const MoorSys *sys, int dfd, const char *name)
{
  const struct open_how how = {
    .flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
    .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV,
  };

  return sys->openat2 (dfd, name, &how);
}

/* The value of attribute @name, or all the names for %NULL. */
static ssize_t
get_bytes (const MoorHandle *handle, const char *name, void *buffer, gsize n_bytes)
{
  const MoorSys *sys = handle->sys;

  if (name == NULL)
    return handle->is_path ? sys->llistxattrat (handle->fd, "", buffer, n_bytes)
                           : sys->flistxattr (handle->fd, buffer, n_bytes);
  return handle->is_path ? sys->lgetxattrat (handle->fd, "", name, buffer, n_bytes)
                         : sys->fgetxattr (handle->fd, name, buffer, n_bytes);
}

/* Always asks for the size first: ntfs-3g answers EIO, not ERANGE, to a buffer
 * that is too small. */
static char *
fetch (const MoorHandle *handle, const char *name, gsize *out_n_bytes)
{
  for (guint i = 0; i < N_FETCHES; i++)
    {
      ssize_t n_needed = get_bytes (handle, name, NULL, 0);
      g_autofree char *buffer = NULL;
      ssize_t n_got;

      if (n_needed < 0)
        return NULL;
      buffer = g_malloc ((gsize) n_needed + 1);
      n_got = n_needed == 0 ? 0 : get_bytes (handle, name, buffer, (gsize) n_needed);
      if (n_got >= 0)
        {
          buffer[n_got] = '\0';
          *out_n_bytes = (gsize) n_got;
          return g_steal_pointer (&buffer);
        }
      if (errno != ERANGE)
        return NULL;
    }

  errno = EAGAIN;
  return NULL;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* The names of all attributes, sorted; they point into @out_list. */
GPtrArray *
moor_handle_list_xattrs (const MoorHandle *handle, char **out_list)
{
  gsize n_bytes = 0;
  g_autoptr(GPtrArray) names = g_ptr_array_new ();

  *out_list = fetch (handle, NULL, &n_bytes);
  if (*out_list == NULL && errno != EOPNOTSUPP && errno != ENOSYS)
    return NULL;

  for (const char *name = *out_list; name != NULL && name < *out_list + n_bytes;
       name += strlen (name) + 1)
    g_ptr_array_add (names, (gpointer) name);
  g_ptr_array_sort (names, compare_names);
  return g_steal_pointer (&names);
}

static gboolean
read_xattrs (const MoorHandle *handle, GVariant **out_xattrs, GError **error)
{
  g_autofree char *list = NULL;
  g_autoptr(GPtrArray) names = moor_handle_list_xattrs (handle, &list);
  GVariantBuilder builder;
  guint n_read = 0;

  if (names == NULL)
    return moor_throw_errno (error, errno, "listing extended attributes");
  if (names->len == 0)
    return TRUE;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(ayay)"));
  for (guint i = 0; i < names->len; i++)
    {
      const char *name = g_ptr_array_index (names, i);
      gsize n_bytes = 0;
      g_autofree char *value = fetch (handle, name, &n_bytes);

      if (value == NULL && errno == ENODATA)
        continue;
      if (value == NULL)
        {
          int errsv = errno;

          g_variant_builder_clear (&builder);
          return moor_throw_errno (error, errsv, "reading extended attribute “%s”", name);
        }
      g_variant_builder_add (&builder, "(@ay@ay)", g_variant_new_bytestring (name),
                             g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, value, n_bytes, 1));
      n_read++;
    }

  *out_xattrs = g_variant_ref_sink (g_variant_builder_end (&builder));
  if (n_read == 0)
    g_clear_pointer (out_xattrs, g_variant_unref);
  return TRUE;
}

/* Asking a device for flags would send it an ioctl of its own. */
gboolean
moor_handle_can_have_flags (const MoorHandle *handle, const struct statx *stx)
{
  return !handle->is_path && (S_ISREG (stx->stx_mode) || S_ISDIR (stx->stx_mode));
}

static gboolean
read_known (const MoorHandle *handle, const struct statx *stx, MoorMeta *out_meta, GError **error)
{
  g_auto(MoorMeta) meta = { .stx = *stx };

  if (!read_xattrs (handle, &meta.xattrs, error))
    return FALSE;
  if (moor_handle_can_have_flags (handle, &meta.stx)
      && handle->sys->get_flags (handle->fd, &meta.flags) < 0)
    meta.flags = 0;

  *out_meta = meta;
  memset (&meta, 0, sizeof meta);
  return TRUE;
}

gboolean
moor_handle_read (const MoorHandle *handle, MoorMeta *out_meta, GError **error)
{
  struct statx stx;

  if (handle->sys->statx (handle->fd, "", AT_EMPTY_PATH, STATX_MASK, &stx) < 0)
    return moor_throw_errno (error, errno, "looking at it");
  return read_known (handle, &stx, out_meta, error);
}

/**
 * moor_meta_read:
 * @fd: a file or directory, open for reading
 * @out_meta: (out): what it carries; free with moor_meta_clear()
 *
 * Reads the metadata of an open object.  Attributes that a file system does not
 * know are none.  The project id of ext4, xfs and f2fs is not read.
 *
 * Blocks for a few system calls; any thread.
 *
 * Returns: %FALSE on failure, in %G_IO_ERROR
 */
gboolean
moor_meta_read (const MoorSys *sys, int fd, MoorMeta *out_meta, GError **error)
{
  const MoorHandle handle = { .sys = sys, .fd = fd };

  return moor_handle_read (&handle, out_meta, error);
}

/**
 * moor_meta_read_known:
 * @fd: a file or directory, open for reading
 * @stx: what statx() has just said of it
 * @out_meta: (out): what it carries; free with moor_meta_clear()
 *
 * As moor_meta_read(), for who has looked at it already.
 *
 * Blocks for a few system calls; any thread.
 *
 * Returns: %FALSE on failure, in %G_IO_ERROR
 */
gboolean
moor_meta_read_known (const MoorSys *sys,
                      int fd,
                      const struct statx *stx,
                      MoorMeta *out_meta,
                      GError **error)
{
  const MoorHandle handle = { .sys = sys, .fd = fd };

  return read_known (&handle, stx, out_meta, error);
}

/**
 * moor_meta_read_at:
 * @dfd: a directory
 * @name: one name in it
 * @out_meta: (out): what the object carries; free with moor_meta_clear()
 *
 * Reads the metadata of something that cannot or must not be opened: a symbolic
 * link, fifo, socket or device.  All of it is of one object, even if the name
 * passes to another meanwhile.  There are no flags.
 *
 * Blocks for a few system calls; any thread.
 *
 * Returns: %FALSE on failure, in %G_IO_ERROR
 */
gboolean
moor_meta_read_at (const MoorSys *sys,
                   int dfd,
                   const char *name,
                   MoorMeta *out_meta,
                   GError **error)
{
  g_auto(MoorFd) fd = moor_open_path (sys, dfd, name);
  const MoorHandle handle = { .sys = sys, .fd = fd, .is_path = TRUE };

  if (fd < 0)
    return moor_throw_errno (error, errno, "looking at “%s”", name);
  if (moor_handle_read (&handle, out_meta, error))
    return TRUE;

  g_prefix_error (error, "“%s”: ", name);
  return FALSE;
}

/* Returns: (transfer full) (nullable): the value of one attribute. */
GVariant *
moor_xattrs_lookup (GVariant *xattrs, const char *name)
{
  gsize n = xattrs != NULL ? g_variant_n_children (xattrs) : 0;

  for (gsize i = 0; i < n; i++)
    {
      g_autoptr(GVariant) pair = g_variant_get_child_value (xattrs, i);
      g_autoptr(GVariant) key = g_variant_get_child_value (pair, 0);

      if (strcmp (g_variant_get_bytestring (key), name) == 0)
        return g_variant_get_child_value (pair, 1);
    }
  return NULL;
}

G_GNUC_PRINTF (2, 3)
static gboolean
differ (GString *words, const char *format, ...)
{
  va_list args;

  if (words == NULL)
    return TRUE;
  if (words->len > 0)
    g_string_append (words, ", ");
  va_start (args, format);
  g_string_append_vprintf (words, format, args);
  va_end (args);
  return TRUE;
}

static gboolean
differ_in_mtime (const struct statx *a, const struct statx *b, GString *words)
{
  g_autofree char *before = moor_text_time (a->stx_mtime.tv_sec * G_GINT64_CONSTANT (1000000000));
  g_autofree char *now = moor_text_time (b->stx_mtime.tv_sec * G_GINT64_CONSTANT (1000000000));

  return differ (words, "modified %s.%09u before, %s.%09u now", before, a->stx_mtime.tv_nsec, now,
                 b->stx_mtime.tv_nsec);
}

static const char *
text_of_xattr (const char *name)
{
  if (strcmp (name, MOOR_XATTR_ACL_ACCESS) == 0)
    return "access control list";
  if (strcmp (name, MOOR_XATTR_ACL_DEFAULT) == 0)
    return "default access control list";
  if (strcmp (name, MOOR_XATTR_CAPABILITY) == 0)
    return "capabilities";
  return name;
}

/* Attributes of @a that @b lacks or, with @values, has another value for.  The
 * system gives labels (security.selinux) to what has none: no difference. */
static gboolean
differ_in_xattrs (GVariant *a, GVariant *b, gboolean values, const char *word, GString *words)
{
  gsize n = a != NULL ? g_variant_n_children (a) : 0;
  gboolean different = FALSE;

  for (gsize i = 0; i < n; i++)
    {
      g_autoptr(GVariant) pair = g_variant_get_child_value (a, i);
      g_autoptr(GVariant) key = g_variant_get_child_value (pair, 0);
      g_autoptr(GVariant) value = g_variant_get_child_value (pair, 1);
      const char *name = g_variant_get_bytestring (key);
      g_autoptr(GVariant) other = moor_xattrs_lookup (b, name);

      if (other == NULL && strcmp (name, "security.selinux") != 0)
        different = differ (words, "%s %s", text_of_xattr (name), word);
      else if (other != NULL && values && !g_variant_equal (value, other))
        different = differ (words, "%s changed", text_of_xattr (name));
    }
  return different;
}

/**
 * moor_meta_equal:
 * @a: how it was
 * @b: how it is now
 * @out_difference: (nullable): gets a few English words for each difference
 *
 * Compares kind, owner, mode, modification time in ns, attributes and those
 * flags that can be set.  Not access and change times, size or inode.  The mode
 * of a symbolic link means nothing.  Any thread.
 *
 * Returns: whether there is no difference
 */
gboolean
moor_meta_equal (const MoorMeta *a, const MoorMeta *b, GString *out_difference)
{
  const struct statx *before = &a->stx;
  const struct statx *now = &b->stx;
  int flags = (a->flags ^ b->flags) & MOOR_META_SETTABLE_FLAGS;
  gboolean different = FALSE;

  if (((before->stx_mode ^ now->stx_mode) & S_IFMT) != 0)
    different = differ (out_difference, "another kind of object");
  else if (before->stx_mode != now->stx_mode && !S_ISLNK (now->stx_mode))
    different = differ (out_difference, "mode %04o before, %04o now", before->stx_mode & 07777u,
                        now->stx_mode & 07777u);
  if (before->stx_uid != now->stx_uid || before->stx_gid != now->stx_gid)
    different = differ (out_difference, "owner %u:%u before, %u:%u now", before->stx_uid,
                        before->stx_gid, now->stx_uid, now->stx_gid);
  if (before->stx_mtime.tv_sec != now->stx_mtime.tv_sec
      || before->stx_mtime.tv_nsec != now->stx_mtime.tv_nsec)
    different = differ_in_mtime (before, now, out_difference);
  if (differ_in_xattrs (a->xattrs, b->xattrs, TRUE, "lost", out_difference))
    different = TRUE;
  if (differ_in_xattrs (b->xattrs, a->xattrs, FALSE, "added", out_difference))
    different = TRUE;
  if (flags != 0)
    different = differ (out_difference, "attributes (chattr) 0x%x before, 0x%x now",
                        (guint) (a->flags & MOOR_META_SETTABLE_FLAGS),
                        (guint) (b->flags & MOOR_META_SETTABLE_FLAGS));
  return !different;
}
