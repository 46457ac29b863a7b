/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "moor-store-private.h"

/* Rows packed one behind the other in one piece of memory: a fixed part, then the
 * bytes of its strings.  A batch of the usual 256 rows is one allocation. */

#define FIRST_BYTES (48 * 1024)
#define ALIGNMENT 8

struct _MoorBatch
{
  GList link; /* in the queue of the writer */
  guint8 *rows;
  gsize n_bytes;
  gsize n_allocated;
  guint n_rows;
};

/* @object's pointers are those of whoever added it; the strings follow the row:
 * name and NUL, target name and NUL, hash, attributes. */
typedef struct
{
  MoorObject object;
  guint32 n_bytes; /* of the row, up to the next one */
  guint32 n_xattr_bytes;
  guint16 n_name_bytes;
  guint16 n_target_bytes;
} PackedRow;

/**
 * moor_batch_new:
 *
 * A batch belongs to one thread at a time.
 *
 * Returns: (transfer full): an empty batch
 */
MoorBatch *
moor_batch_new (void)
{
  MoorBatch *batch = g_new0 (MoorBatch, 1);

  batch->link.data = batch;
  return batch;
}

/**
 * moor_batch_free:
 * @batch: (transfer full) (nullable): rows that are no longer needed
 */
void
moor_batch_free (MoorBatch *batch)
{
  if (batch == NULL)
    return;
  g_free (batch->rows);
  g_free (batch);
}

static guint8 *
make_room (MoorBatch *batch, gsize n_bytes)
{
  if (batch->n_bytes + n_bytes > batch->n_allocated)
    {
      batch->n_allocated = MAX (MAX (FIRST_BYTES, 2 * batch->n_allocated),
                                batch->n_bytes + n_bytes);
      batch->rows = g_realloc (batch->rows, batch->n_allocated);
    }
  batch->n_bytes += n_bytes;
  return batch->rows + batch->n_bytes - n_bytes;
}

static guint8 *
put (guint8 *at, const void *bytes, gsize n_bytes)
{
  if (n_bytes > 0)
    memcpy (at, bytes, n_bytes);
  return at + n_bytes;
}

/**
 * moor_batch_add:
 * @object: a row, which is copied; its name is at most 65,534 bytes long
 */
void
moor_batch_add (MoorBatch *batch, const MoorObject *object)
{
  const gsize n_name = strlen (object->name) + 1;
  const gsize n_target = object->target_name != NULL ? strlen (object->target_name) + 1 : 0;
  const gsize n_hash = object->hash != NULL ? MOOR_HASH_BYTES : 0;
  const gsize n_xattrs = object->xattrs != NULL ? g_variant_get_size (object->xattrs) : 0;
  const gsize n_used = sizeof (PackedRow) + n_name + n_target + n_hash + n_xattrs;
  const gsize n_bytes = (n_used + ALIGNMENT - 1) & ~(gsize) (ALIGNMENT - 1);
  guint8 *at;
  PackedRow row;

  g_return_if_fail (n_name <= G_MAXUINT16 && n_target <= G_MAXUINT16 && n_bytes <= G_MAXUINT32);

  row = (PackedRow){
    .object = *object,
    .n_bytes = (guint32) n_bytes,
    .n_xattr_bytes = (guint32) n_xattrs,
    .n_name_bytes = (guint16) n_name,
    .n_target_bytes = (guint16) n_target,
  };
  at = put (make_room (batch, n_bytes), &row, sizeof row);
  at = put (at, object->name, n_name);
  at = put (at, object->target_name, n_target);
  at = put (at, object->hash, n_hash);
  if (n_xattrs > 0)
    g_variant_store (object->xattrs, at);
  batch->n_rows++;
}

/**
 * moor_batch_get_n_rows:
 *
 * Returns: how many rows were added
 */
guint
moor_batch_get_n_rows (const MoorBatch *batch)
{
  return batch->n_rows;
}

/**
 * moor_batch_get_n_bytes:
 *
 * Returns: how much memory the rows take
 */
gsize
moor_batch_get_n_bytes (const MoorBatch *batch)
{
  return batch->n_bytes;
}

/**
 * moor_batch_get_link:
 *
 * Returns: (transfer none): what the batch can be put into a #GQueue with
 */
GList *
moor_batch_get_link (MoorBatch *batch)
{
  return &batch->link;
}

/**
 * moor_batch_next:
 * @position: (inout): where to read; 0 at first
 * @out_row: (out): a row whose pointers lead into @batch
 *
 * Returns: %FALSE after the last row
 */
gboolean
moor_batch_next (const MoorBatch *batch, gsize *position, MoorBatchRow *out_row)
{
  const guint8 *at = batch->rows + *position;
  PackedRow row;

  if (*position >= batch->n_bytes)
    return FALSE;

  memcpy (&row, at, sizeof row);
  *position += row.n_bytes;
  at += sizeof row;
  out_row->object = row.object;
  out_row->object.name = (const char *) at;
  at += row.n_name_bytes;
  out_row->object.target_name = row.n_target_bytes > 0 ? (const char *) at : NULL;
  at += row.n_target_bytes;
  out_row->object.hash = row.object.hash != NULL ? at : NULL;
  at += row.object.hash != NULL ? MOOR_HASH_BYTES : 0;
  out_row->xattrs = row.object.xattrs != NULL ? at : NULL;
  out_row->n_xattr_bytes = row.n_xattr_bytes;
  return TRUE;
}
