/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-call.h"
#include "moor-rule-file.h"

G_BEGIN_DECLS

/* Windows' own numbers. */
typedef enum
{
  MOOR_VALUE_NONE = 0,
  MOOR_VALUE_STRING = 1,        /* UTF-16LE, with its NUL */
  MOOR_VALUE_EXPAND_STRING = 2, /* the same */
  MOOR_VALUE_BINARY = 3,
  MOOR_VALUE_DWORD = 4,        /* little-endian, 4 bytes */
  MOOR_VALUE_MULTI_STRING = 7, /* UTF-16LE strings, each with its NUL, and one more NUL */
  MOOR_VALUE_QWORD = 11,
} MoorValueType;

/**
 * MoorValue:
 *
 * What a registry value holds, byte for byte.  Immutable.
 */
typedef struct
{
  MoorValueType type;
  GBytes *bytes;
} MoorValue;

MoorValue *moor_value_new (MoorValueType type, const void *data, gsize n_bytes);
MoorValue *moor_value_new_string (MoorValueType type, const char *text);
MoorValue *moor_value_new_strings (const char *const *texts);
MoorValue *moor_value_new_dword (guint32 number);
MoorValue *moor_value_copy (const MoorValue *value);
void moor_value_free (MoorValue *value);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorValue, moor_value_free)

gboolean moor_value_equal (const MoorValue *a, const MoorValue *b);
char *moor_value_to_text (const MoorValue *value);
char **moor_value_to_strings (const MoorValue *value);
gboolean moor_value_to_number (const MoorValue *value, guint64 *out_number);

MoorValue *moor_modify_to_dword (const MoorValue *value, const char *default_text);
MoorValue *moor_modify_to_string (const MoorValue *value, const char *default_text);
MoorValue *moor_modify_to_binary (const MoorValue *value);
MoorValue *moor_modify_offset (const MoorValue *value, gint64 offset);
MoorValue *moor_modify_by_table (const MoorValue *value,
                                 const char *from,
                                 const char *to,
                                 const char *default_text);
MoorValue *moor_modify_merge_strings (const MoorValue *value,
                                      const MoorValue *existing,
                                      const MoorCall *call);
MoorValue *moor_modify_merge_delimited (const MoorValue *value,
                                        const MoorValue *existing,
                                        const MoorCall *call);
MoorValue *moor_modify_apply (const MoorCall *call,
                              const MoorValue *value,
                              const MoorValue *existing,
                              GError **error);

/**
 * MoorKept:
 * @attributes: what an object that is replaced leaves to the one that replaces it
 * @letters: of Windows' file attributes A C E H I O R S T, in this order
 *
 * What KeepExisting() asks for.
 */
typedef struct
{
  MoorAttributes attributes;
  char letters[10];
} MoorKept;

void moor_modify_read_kept (const MoorCall *call, MoorKept *out_kept);

G_END_DECLS
