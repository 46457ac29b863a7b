/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-restore-private.h"

#include "moor-modify.h"

/*
 * Attributes that rules do not let travel, or that an object takes over from the
 * one it replaces.  They belong to the inode, and the store and the old system
 * have names of the same inode: what gets other attributes is a copy, never a link.
 */

static GVariant *
without_security (GVariant *xattrs)
{
  GVariantBuilder builder;
  GVariantIter iter;
  GVariant *pair;

  if (xattrs == NULL)
    return NULL;
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(ayay)"));
  g_variant_iter_init (&iter, xattrs);
  while ((pair = g_variant_iter_next_value (&iter)) != NULL)
    {
      g_autoptr(GVariant) name = g_variant_get_child_value (pair, 0);
      const char *text = g_variant_get_bytestring (name);

      if (!g_str_has_prefix (text, "system.posix_acl") && !g_str_has_prefix (text, "security."))
        g_variant_builder_add_value (&builder, pair);
      g_variant_unref (pair);
    }
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

/* What a new object of the place would have. */
static void
forget_security (MoorMeta *meta, const MoorIdMap *ids)
{
  const guint32 type = meta->stx.stx_mode & S_IFMT;
  const gboolean is_run = (meta->stx.stx_mode & 0111) != 0;
  GVariant *xattrs = without_security (meta->xattrs);

  g_clear_pointer (&meta->xattrs, g_variant_unref);
  meta->xattrs = xattrs;
  meta->stx.stx_uid = ids->new_uid;
  meta->stx.stx_gid = ids->new_gid;
  if (type != S_IFLNK)
    meta->stx.stx_mode = (guint16) (type | (is_run ? 0755U : 0644U));
}

static void
take_times (MoorMeta *meta, const struct statx *from)
{
  meta->stx.stx_atime = from->stx_atime;
  meta->stx.stx_mtime = from->stx_mtime;
}

static void
take_security (MoorMeta *meta, const MoorMeta *from)
{
  meta->stx.stx_uid = from->stx.stx_uid;
  meta->stx.stx_gid = from->stx.stx_gid;
  meta->stx.stx_mode = (guint16) ((meta->stx.stx_mode & S_IFMT)
                                  | (from->stx.stx_mode & (guint16) ~S_IFMT));
}

/* Which attributes the object that was there leaves to the new one. */
static guint
kept_attributes (const MoorFate *fate)
{
  MoorKept kept = { .attributes = 0 };

  if (fate->content != NULL && fate->content->call != NULL
      && fate->content->call->helper == MOOR_HELPER_KEEP_EXISTING)
    moor_modify_read_kept (fate->content->call, &kept);
  return kept.attributes;
}

/**
 * moor_restore_keeps_existing:
 * @fate: (nullable): of an object
 *
 * Returns: whether it gets attributes of an object that it replaces.  Any thread.
 */
gboolean
moor_restore_keeps_existing (const MoorFate *fate)
{
  return fate != NULL && kept_attributes (fate) != 0;
}

/**
 * moor_restore_change_meta:
 * @ids: @ids->new_uid and @ids->new_gid own what gets attributes of its new place
 * @existing: (nullable): of the object that is replaced
 * @meta: (inout): what comes from the store
 *
 * Takes out of @meta what rules do not let travel.  Any thread.
 *
 * Returns: whether anything is different now
 */
gboolean
moor_restore_change_meta (const MoorFate *fate,
                          const MoorIdMap *ids,
                          const MoorMeta *existing,
                          MoorMeta *meta)
{
  const guint kept = existing != NULL ? kept_attributes (fate) : 0;
  gint64 now_us = g_get_real_time ();
  struct statx now = { 0 };

  now.stx_mtime.tv_sec = now_us / G_USEC_PER_SEC;
  now.stx_mtime.tv_nsec = (guint32) (now_us % G_USEC_PER_SEC) * 1000;
  now.stx_atime = now.stx_mtime;
  if ((fate->travels & MOOR_ATTRIBUTES_TIMES) == 0)
    take_times (meta, &now);
  if ((fate->travels & MOOR_ATTRIBUTES_SECURITY) == 0)
    forget_security (meta, ids);
  if ((kept & MOOR_ATTRIBUTES_TIMES) != 0)
    take_times (meta, &existing->stx);
  if ((kept & MOOR_ATTRIBUTES_SECURITY) != 0)
    take_security (meta, existing);
  return fate->travels != (MOOR_ATTRIBUTES_SECURITY | MOOR_ATTRIBUTES_TIMES) || kept != 0;
}

/**
 * moor_restore_needs_copy:
 * @fate: (nullable): of an object
 *
 * Attributes belong to the inode, which the store and the old system have names of, so
 * what gets others is a copy.  Any thread.
 *
 * Returns: whether the object may not be linked
 */
gboolean
moor_restore_needs_copy (const MoorFate *fate)
{
  return fate != NULL && fate->travels != (MOOR_ATTRIBUTES_SECURITY | MOOR_ATTRIBUTES_TIMES);
}

/**
 * moor_restore_give_attributes:
 * @fate: (nullable): of the copy @name in @dfd
 * @ids: see moor_restore_change_meta()
 * @existing: (nullable): see moor_restore_change_meta()
 *
 * Gives a copy the attributes that rules want it to have, and notes it.  Blocks.  Any
 * thread, for one object one at a time.
 *
 * Returns: %FALSE with %G_IO_ERROR
 */
gboolean
moor_restore_give_attributes (const MoorRestore *restore,
                              MoorFate *fate,
                              const MoorIdMap *ids,
                              int dfd,
                              const char *name,
                              const MoorMeta *existing,
                              GError **error)
{
  const MoorSys *sys = moor_job_get_sys (restore->job);
  g_auto(MoorMeta) meta = { 0 };

  if (fate == NULL)
    return TRUE;
  if (!moor_meta_read_at (sys, dfd, name, &meta, error))
    return FALSE;
  if (!moor_restore_change_meta (fate, ids, existing, &meta))
    return TRUE;
  fate->is_changed = TRUE;
  return moor_meta_apply_at (sys, dfd, name, &meta, error);
}
