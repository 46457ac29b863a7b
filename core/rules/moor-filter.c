/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-filter-private.h"

#include <string.h>

#include "moor-error.h"

/* Filters: what the rules ask of an object that a pattern has already matched.
 *
 * Sizes and days are intervals: an object's size is held against [first, last] bytes,
 * its times against [start of the first day, start of the day after the last).  That
 * makes every comparison one of two ends, and "eq" on a day mean that day. */

typedef enum
{
  OP_RANGE,
  OP_NEQ,
  OP_LTE,
  OP_LT,
  OP_EQ,
  OP_GTE,
  OP_GT,
} FilterOp;

static const char *const op_names[] = { "range", "neq", "lte", "lt", "eq", "gte", "gt", NULL };
static const char *const property_names[] = { "filesize", "dateCreated", "dateModified",
                                              "dateAccessed", NULL };

typedef enum
{
  PROPERTY_SIZE,
  PROPERTY_CREATED,
  PROPERTY_MODIFIED,
  PROPERTY_ACCESSED,
} FilterProperty;

/* @low is in the interval, @high is the first after it; bytes, or seconds since 1970. */
struct _MoorFilter
{
  gboolean refused; /* it makes no sense, and holds for nothing */
  FilterProperty property;
  FilterOp op;
  gint64 low;
  gint64 high;
};

static gboolean
find_name (const char *const *names, const char *text, guint *out_index)
{
  for (guint i = 0; text != NULL && names[i] != NULL; i++)
    {
      if (g_ascii_strcasecmp (names[i], text) != 0)
        continue;
      *out_index = i;
      return TRUE;
    }
  return FALSE;
}

/* "5GB", "10 KB", "1024". */
static gboolean
parse_size (const char *text, gint64 *out_low, gint64 *out_high)
{
  static const char *const units[] = { "B", "KB", "MB", "GB", NULL };
  char *end = NULL;
  guint64 n = g_ascii_strtoull (text, &end, 10);
  g_autofree char *unit = g_strstrip (g_strdup (end));
  guint index = 0;

  if (end == text || text[0] == '-' || (unit[0] != '\0' && !find_name (units, unit, &index)))
    return FALSE;
  if (n > (guint64) (G_MAXINT64 - 1) >> (10 * index))
    return FALSE;

  *out_low = (gint64) (n << (10 * index));
  *out_high = *out_low + 1;
  return TRUE;
}

/* "2008/05/15": that day of UTC: a store is judged alike wherever that is done. */
static gboolean
parse_day (const char *text, gint64 *out_low, gint64 *out_high)
{
  g_auto(GStrv) parts = g_strsplit (text, "/", -1);
  g_autoptr(GDateTime) day = NULL;
  g_autoptr(GDateTime) next = NULL;
  guint64 numbers[3];

  if (g_strv_length (parts) != G_N_ELEMENTS (numbers))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      if (!g_ascii_string_to_unsigned (g_strstrip (parts[i]), 10, 1, 9998, &numbers[i], NULL))
        return FALSE;
    }

  day = g_date_time_new_utc ((int) numbers[0], (int) numbers[1], (int) numbers[2], 0, 0, 0);
  next = day != NULL ? g_date_time_add_days (day, 1) : NULL;
  if (next == NULL)
    return FALSE;
  *out_low = g_date_time_to_unix (day);
  *out_high = g_date_time_to_unix (next);
  return TRUE;
}

static gboolean
parse_value (FilterProperty property, const char *text, gint64 *out_low, gint64 *out_high)
{
  g_autofree char *value = g_strstrip (g_strdup (text));

  if (property == PROPERTY_SIZE)
    return parse_size (value, out_low, out_high);
  return parse_day (value, out_low, out_high);
}

/* "1KB-1MB", "2008/05/15-2008/05/17". */
static gboolean
parse_range (FilterProperty property, const char *text, gint64 *out_low, gint64 *out_high)
{
  g_auto(GStrv) ends = g_strsplit (text, "-", -1);
  gint64 unused;

  return g_strv_length (ends) == 2 && parse_value (property, ends[0], out_low, &unused)
         && parse_value (property, ends[1], &unused, out_high) && *out_low < *out_high;
}

static gboolean
parse_file_properties (const MoorCall *call, MoorFilter *out, GError **error)
{
  const char *value = moor_call_arg (call, 2);
  guint property, op;
  gboolean parsed;

  if (!find_name (property_names, moor_call_arg (call, 0), &property))
    return moor_throw (error, MOOR_ERROR_USAGE,
                       "FileProperties knows filesize, dateCreated, dateModified and dateAccessed");
  if (!find_name (op_names, moor_call_arg (call, 1), &op))
    return moor_throw (error, MOOR_ERROR_USAGE,
                       "FileProperties knows range, neq, lte, lt, eq, gte and gt");

  out->property = (FilterProperty) property;
  out->op = (FilterOp) op;
  if (value == NULL)
    parsed = FALSE;
  else if (out->op == OP_RANGE)
    parsed = parse_range (out->property, value, &out->low, &out->high);
  else
    parsed = parse_value (out->property, value, &out->low, &out->high);
  if (!parsed)
    return moor_throw (error, MOOR_ERROR_USAGE, "FileProperties cannot read “%s”",
                       value != NULL ? value : "NULL");
  return TRUE;
}

/* A file system without birth times: nothing comes closer than the last change. */
static gint64
read_property (FilterProperty property, const struct statx *stx)
{
  switch (property)
    {
    case PROPERTY_SIZE:
      return S_ISDIR (stx->stx_mode) ? 0 : (gint64) MIN (stx->stx_size, (guint64) G_MAXINT64);
    case PROPERTY_CREATED:
      return (stx->stx_mask & STATX_BTIME) != 0 ? stx->stx_btime.tv_sec : stx->stx_mtime.tv_sec;
    case PROPERTY_MODIFIED:
      return stx->stx_mtime.tv_sec;
    case PROPERTY_ACCESSED:
      return stx->stx_atime.tv_sec;
    default:
      g_assert_not_reached ();
    }
}

/**
 * moor_filter_new:
 * @call: a filter that moor_filter_needs_look() says yes of
 *
 * Reads what @call says, so that it need not be read for each object.  Any thread.
 *
 * Returns: (transfer full): of one that moor_filter_check() refuses, a filter that holds for
 *   nothing
 */
MoorFilter *
moor_filter_new (const MoorCall *call)
{
  MoorFilter *filter = g_new0 (MoorFilter, 1);

  filter->refused = !parse_file_properties (call, filter, NULL);
  return filter;
}

/**
 * moor_filter_free:
 * @filter: (nullable) (transfer full): any thread
 */
void
moor_filter_free (MoorFilter *filter)
{
  g_free (filter);
}

/**
 * moor_filter_holds:
 * @stx: what the object looks like
 *
 * Does not block; any thread.
 *
 * Returns: whether @filter keeps the object
 */
gboolean
moor_filter_holds (const MoorFilter *filter, const struct statx *stx)
{
  gint64 value;

  if (filter->refused)
    return FALSE;

  value = read_property (filter->property, stx);
  switch (filter->op)
    {
    case OP_RANGE:
    case OP_EQ:
      return value >= filter->low && value < filter->high;
    case OP_NEQ:
      return value < filter->low || value >= filter->high;
    case OP_LTE:
      return value < filter->high;
    case OP_LT:
      return value < filter->low;
    case OP_GTE:
      return value >= filter->low;
    case OP_GT:
      return value >= filter->high;
    default:
      g_assert_not_reached ();
    }
}

/* A file has no string: it equals none, and differs from every one. */
static gboolean
missing_string_compares (const MoorCall *call)
{
  const char *type = moor_call_arg (call, 1);

  return type == NULL || g_ascii_strcasecmp (type, "Equal") != 0;
}

/**
 * moor_filter_check:
 * @call: the filter of a rule
 *
 * Tells whether moor_filter_keeps() can make sense of @call, so that one that it cannot is
 * reported once instead of keeping nothing in silence.  Any thread.
 *
 * Returns: %FALSE with %MOOR_ERROR_USAGE in @error for something that is no filter, or that is
 *   called with arguments it does not have
 */
gboolean
moor_filter_check (const MoorCall *call, GError **error)
{
  MoorFilter unused;

  g_return_val_if_fail (call != NULL, FALSE);

  if (moor_helper_kind (call->helper) != MOOR_CALL_FILTER)
    return moor_throw (error, MOOR_ERROR_USAGE, "%s is not a filter",
                       moor_helper_name (call->helper));
  if (call->helper == MOOR_HELPER_FILE_PROPERTIES)
    return parse_file_properties (call, &unused, error);
  if (call->helper == MOOR_HELPER_SAME_REG_CONTENT)
    return moor_throw (error, MOOR_ERROR_USAGE, "SameRegContent compares registry values only");
  return TRUE;
}

/**
 * moor_filter_needs_look:
 * @call: (nullable): the filter of a rule
 *
 * Returns: whether the answer depends on the object, so that moor_filter_keeps() needs a
 *   #MoorLook.  Any thread.
 */
gboolean
moor_filter_needs_look (const MoorCall *call)
{
  return call != NULL && call->helper == MOOR_HELPER_FILE_PROPERTIES;
}

/**
 * moor_filter_keeps:
 * @call: (nullable): the filter of an include or exclude
 * @look: (nullable): the object; may be missing where moor_filter_needs_look() says so
 *
 * Asks the filter of a rule about an object that a pattern of the rule matches, at the time of
 * a capture: what is decided on the destination (IgnoreIrrelevantLinks, NeverRestore) keeps
 * everything here.  Days are days of UTC, whoever runs us, and belong to their ranges whole.  A
 * directory counts as empty, whatever its size.  A filter that moor_filter_check() refuses
 * keeps nothing: its rule does nothing.  Does not block; any thread.
 *
 * Returns: whether the rule is about the object
 */
gboolean
moor_filter_keeps (const MoorCall *call, const MoorLook *look)
{
  MoorFilter filter = { .refused = FALSE };

  if (call == NULL || call->helper == MOOR_HELPER_IGNORE_IRRELEVANT_LINKS
      || call->helper == MOOR_HELPER_NEVER_RESTORE)
    return TRUE;
  if (call->helper == MOOR_HELPER_COMPARE_STRING_CONTENT)
    return missing_string_compares (call);
  if (call->helper == MOOR_HELPER_FILE_PROPERTIES)
    return look != NULL && look->stx != NULL && parse_file_properties (call, &filter, NULL)
           && moor_filter_holds (&filter, look->stx);
  return FALSE;
}
