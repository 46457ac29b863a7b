/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-finding.h"

G_BEGIN_DECLS

/**
 * MoorCallKind:
 *
 * Where a helper function of the rule language belongs.
 */
typedef enum
{
  MOOR_CALL_CONDITION,
  MOOR_CALL_FILTER,
  MOOR_CALL_GENERATOR,
  MOOR_CALL_CONTENT,
  MOOR_CALL_LOCATION,
  MOOR_CALL_MERGE,
  MOOR_CALL_MODIFY,
  MOOR_CALL_PROCESSING,
  MOOR_CALL_INTERNAL, /* names that Windows' own components use */
} MoorCallKind;

typedef enum
{
  MOOR_HELPER_UNKNOWN = 0,
  /* conditions */
  MOOR_HELPER_DOES_OS_MATCH,
  MOOR_HELPER_IS_NATIVE_64_BIT,
  MOOR_HELPER_IS_OS_LATER_THAN,
  MOOR_HELPER_IS_OS_EARLIER_THAN,
  MOOR_HELPER_DOES_OBJECT_EXIST,
  MOOR_HELPER_DOES_FILE_VERSION_MATCH,
  MOOR_HELPER_IS_FILE_VERSION_ABOVE,
  MOOR_HELPER_IS_FILE_VERSION_BELOW,
  MOOR_HELPER_IS_SYSTEM_CONTEXT,
  MOOR_HELPER_DOES_STRING_CONTENT_EQUAL,
  MOOR_HELPER_DOES_STRING_CONTENT_CONTAIN,
  MOOR_HELPER_IS_SAME_OBJECT,
  MOOR_HELPER_IS_SAME_CONTENT,
  MOOR_HELPER_IS_SAME_STRING_CONTENT,
  /* filters */
  MOOR_HELPER_ANSWER_NO,
  MOOR_HELPER_COMPARE_STRING_CONTENT,
  MOOR_HELPER_IGNORE_IRRELEVANT_LINKS,
  MOOR_HELPER_NEVER_RESTORE,
  MOOR_HELPER_SAME_REG_CONTENT,
  MOOR_HELPER_FILE_PROPERTIES,
  /* generators */
  MOOR_HELPER_GENERATE_DRIVE_PATTERNS,
  MOOR_HELPER_GENERATE_USER_PATTERNS,
  MOOR_HELPER_GENERATE_DOC_PATTERNS,
  MOOR_HELPER_GET_STRING_CONTENT,
  /* content filters */
  MOOR_HELPER_EXTRACT_SINGLE_FILE,
  MOOR_HELPER_EXTRACT_MULTIPLE_FILES,
  MOOR_HELPER_EXTRACT_DIRECTORY,
  /* locationModify */
  MOOR_HELPER_EXACT_MOVE,
  MOOR_HELPER_RELATIVE_MOVE,
  MOOR_HELPER_MOVE,
  /* merge */
  MOOR_HELPER_SOURCE_PRIORITY,
  MOOR_HELPER_DESTINATION_PRIORITY,
  MOOR_HELPER_FIND_FILE_PLACE_BY_PATTERN,
  MOOR_HELPER_NEWEST_VERSION,
  MOOR_HELPER_HIGHER_VALUE,
  MOOR_HELPER_LOWER_VALUE,
  MOOR_HELPER_LEAF_PATTERN,
  /* contentModify */
  MOOR_HELPER_CONVERT_TO_DWORD,
  MOOR_HELPER_CONVERT_TO_STRING,
  MOOR_HELPER_CONVERT_TO_BINARY,
  MOOR_HELPER_OFFSET_VALUE,
  MOOR_HELPER_SET_VALUE_BY_TABLE,
  MOOR_HELPER_KEEP_EXISTING,
  MOOR_HELPER_MERGE_MULTI_SZ_CONTENT,
  MOOR_HELPER_MERGE_DELIMITED_CONTENT,
  MOOR_HELPER_MERGE_SHELL_LIBRARIES,
  /* processing */
  MOOR_HELPER_ASK_FOR_LOGOFF,
  MOOR_HELPER_CONVERT_TO_SHORT_FILE_NAME,
  MOOR_HELPER_KILL_EXPLORER,
  MOOR_HELPER_RESTART_EXPLORER,
  MOOR_HELPER_REGISTER_FONTS,
  MOOR_HELPER_REMOVE_EMPTY_DIRECTORIES,
  MOOR_HELPER_START_SERVICE,
  MOOR_HELPER_STOP_SERVICE,
  MOOR_HELPER_SYNC_SCM,
  /* MOOR_CALL_INTERNAL, all of them */
  MOOR_HELPER_INTERNAL,
  MOOR_N_HELPERS
} MoorHelper;

/**
 * MoorCall:
 * @helper: what is called; %MOOR_HELPER_UNKNOWN never comes out of moor_call_parse()
 * @args: (element-type utf8) (owned): without their quotes; %NULL for the literal NULL; trailing
 *   NULLs are not there
 * @internal_name: (nullable): of %MOOR_HELPER_INTERNAL: what is called, with its prefix
 * @origin: where it is written
 *
 * A call such as `MigXmlHelper.RelativeMove("%A%","%B%")`.
 */
typedef struct
{
  MoorHelper helper;
  GPtrArray *args;
  char *internal_name;
  MoorOrigin origin;
} MoorCall;

MoorCall *moor_call_parse (const char *text, const MoorOrigin *origin, GError **error);
MoorCall *moor_call_copy (const MoorCall *call);
void moor_call_free (MoorCall *call);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorCall, moor_call_free)

const char *moor_call_arg (const MoorCall *call, guint index);
const char *moor_helper_name (MoorHelper helper);
MoorCallKind moor_helper_kind (MoorHelper helper);
char *moor_call_format (const MoorCall *call);

G_END_DECLS
