/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-call.h"
#include "moor-pattern.h"

G_BEGIN_DECLS

/*
 * A MigXML file as it is written: nothing is expanded, nothing decided.  What
 * the schema knows and what the field writes (other capitals, missing
 * optional parts) ends up in the same structures; what was odd is in findings.
 */

/* Bits: User | System is UserAndSystem. */
typedef enum
{
  MOOR_CONTEXT_USER = 1 << 0,
  MOOR_CONTEXT_SYSTEM = 1 << 1,
  MOOR_CONTEXT_BOTH = 3,
} MoorContext;

typedef enum
{
  MOOR_COMPONENT_SYSTEM,
  MOOR_COMPONENT_APPLICATION,
  MOOR_COMPONENT_DEVICE,
  MOOR_COMPONENT_DOCUMENTS,
} MoorComponentType;

typedef enum
{
  MOOR_ROLE_CONTAINER,
  MOOR_ROLE_BINARIES,
  MOOR_ROLE_SETTINGS,
  MOOR_ROLE_DATA,
} MoorRoleKind;

typedef enum
{
  MOOR_WHEN_PRE_SCAN,
  MOOR_WHEN_SCAN_SUCCESS,
  MOOR_WHEN_POST_SCAN,
  MOOR_WHEN_PRE_APPLY,
  MOOR_WHEN_APPLY_SUCCESS,
  MOOR_WHEN_POST_APPLY,
} MoorWhen;

typedef enum
{
  MOOR_ATTRIBUTES_SECURITY = 1 << 0,
  MOOR_ATTRIBUTES_TIMES = 1 << 1,
} MoorAttributes;

typedef enum
{
  MOOR_RULE_INCLUDE,
  MOOR_RULE_EXCLUDE,
  MOOR_RULE_UNCONDITIONAL_EXCLUDE,
  MOOR_RULE_MERGE,
  MOOR_RULE_LOCATION_MODIFY,
  MOOR_RULE_CONTENT_MODIFY,
  MOOR_RULE_DESTINATION_CLEANUP,
  MOOR_RULE_INCLUDE_ATTRIBUTES,
  MOOR_RULE_EXCLUDE_ATTRIBUTES,
} MoorRuleKind;

/* <condition>, and <conditions> with its children. */
typedef struct
{
  gboolean is_group;
  gboolean any;     /* (group): OR instead of AND */
  gboolean negated; /* (condition) */
  MoorCall *call;   /* (condition) (nullable): NULL when it could not be read; it is then false */
  GPtrArray *children; /* (group) (element-type MoorConditionNode) (owned) */
  MoorOrigin origin;
} MoorConditionNode;

typedef struct
{
  MoorPatternType type;
  char *text; /* as written, blanks at the ends taken off */
  MoorOrigin origin;
} MoorPatternText;

/* One of what stands in an objectSet, in the order of the file. */
typedef struct _MoorObjectSetNode MoorObjectSetNode;
typedef struct
{
  MoorPatternText *pattern; /* (owned) (nullable): exactly one of the three is set */
  MoorCall *script;         /* (owned) (nullable) */
  MoorCall *content_filter; /* (owned) (nullable): with @content_sets */
  GPtrArray *content_sets;  /* (element-type MoorObjectSetNode) (owned) (nullable) */
  MoorOrigin origin;
} MoorObjectSource;

struct _MoorObjectSetNode
{
  MoorConditionNode *conditions; /* (owned) (nullable) */
  GPtrArray *sources;            /* (element-type MoorObjectSource) (owned) */
  MoorOrigin origin;
};

typedef struct
{
  char *name;
  gboolean remap;
  char *text;                    /* (nullable): exactly one of the three is set */
  MoorCall *script;              /* (nullable) */
  MoorObjectSetNode *object_set; /* (nullable) */
  MoorOrigin origin;
} MoorVariableNode;

typedef struct
{
  MoorContext context;
  MoorConditionNode *conditions; /* (owned) (nullable) */
  GPtrArray *variables;          /* (element-type MoorVariableNode) (owned) */
  MoorOrigin origin;
} MoorEnvironmentNode;

/* New style (<detection>): @conditions.  Old style (<detects>): @detects, AND
 * of its members, each of which is an OR of conditions and object sets. */
typedef struct
{
  MoorContext context;
  MoorConditionNode *conditions; /* (owned) (nullable) */
  GPtrArray *detects;            /* (element-type MoorDetectNode) (owned) (nullable) */
  MoorOrigin origin;
} MoorDetectionNode;

typedef struct
{
  GPtrArray *conditions;  /* (element-type MoorConditionNode) (owned) */
  GPtrArray *object_sets; /* (element-type MoorObjectSetNode) (owned) */
  MoorOrigin origin;
} MoorDetectNode;

typedef struct
{
  MoorRuleKind kind;
  MoorCall *call;            /* (owned) (nullable): filter or script */
  MoorAttributes attributes; /* (include/excludeAttributes) */
  GPtrArray *object_sets;    /* (element-type MoorObjectSetNode) (owned) */
  MoorOrigin origin;
} MoorRuleNode;

typedef struct
{
  MoorPatternText *location; /* (owned) (nullable): or @script */
  MoorCall *script;
  char *attributes;
  char *bytes; /* (nullable) */
  gboolean bytes_are_text;
  gboolean expand;
  MoorOrigin origin;
} MoorAddedObject;

typedef struct
{
  MoorConditionNode *conditions; /* (nullable) */
  GPtrArray *objects;            /* (element-type MoorAddedObject) (owned) */
  GPtrArray *scripts;            /* (element-type MoorCall) (owned) */
} MoorAddObjectsNode;

typedef struct
{
  MoorWhen when;
  GPtrArray *command_lines; /* (element-type utf8) (owned) (nullable): <externalProcess> */
  GPtrArray *scripts;       /* (element-type MoorCall) (owned) (nullable): <processing> */
  MoorOrigin origin;
} MoorProcessNode;

/* <rules>, which nest. */
typedef struct _MoorRulesNode MoorRulesNode;
struct _MoorRulesNode
{
  MoorContext context;
  MoorConditionNode *conditions; /* (owned) (nullable) */
  GPtrArray *detections;         /* (element-type MoorDetectionNode) (owned) */
  GPtrArray *rules;              /* (element-type MoorRuleNode) (owned) */
  GPtrArray *added;              /* (element-type MoorAddObjectsNode) (owned) */
  GPtrArray *processes;          /* (element-type MoorProcessNode) (owned) */
  GPtrArray *children;           /* (element-type MoorRulesNode) (owned) */
  MoorOrigin origin;
};

typedef struct
{
  MoorRoleKind kind;
  GPtrArray *detections;   /* (element-type MoorDetectionNode) (owned) */
  GPtrArray *environments; /* (element-type MoorEnvironmentNode) (owned) */
  GPtrArray *rules;        /* (element-type MoorRulesNode) (owned) */
  GPtrArray *components;   /* (element-type MoorComponentNode) (owned) */
  MoorOrigin origin;
} MoorRoleNode;

/**
 * MoorComponentNode:
 * @display_name: as written; "" if there is none
 * @id: "urlid/displayname/role" in lower case: what Config.xml calls it (role: its first)
 * @extensions: from <extensions>: without dots
 */
typedef struct
{
  char *display_name;
  char *id;
  MoorComponentType type;
  MoorContext context;
  gboolean default_supported;
  GPtrArray *environments; /* (element-type MoorEnvironmentNode) (owned) */
  GPtrArray *roles;        /* (element-type MoorRoleNode) (owned) */
  GPtrArray *extensions;   /* (element-type utf8) (owned) */
  MoorOrigin origin;
} MoorComponentNode;

/**
 * MoorRuleFile:
 *
 * One MigXML file.  Immutable once read; any thread.
 */
typedef struct
{
  char *name;
  GBytes *bytes;
  char *url_id;
  GPtrArray *components; /* (element-type MoorComponentNode) (owned) */
  GPtrArray *findings;   /* (element-type MoorFinding) (owned): never an error */
  guint n_elements;      /* elements in all, as XPath counts them */
  guint n_patterns;      /* <pattern> elements */
} MoorRuleFile;

MoorRuleFile *moor_rule_file_read (const char *name, GBytes *bytes, GError **error);
void moor_rule_file_free (MoorRuleFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorRuleFile, moor_rule_file_free)

/* Which of the three kinds of files it is, by its root element. */
typedef enum
{
  MOOR_FILE_MIGXML,
  MOOR_FILE_CONFIG,
  MOOR_FILE_OFFLINE,
} MoorFileKind;

gboolean moor_rule_file_sniff (const char *name,
                               GBytes *bytes,
                               MoorFileKind *out_kind,
                               GError **error);
GPtrArray *moor_rules_lint (const char *name,
                            GBytes *bytes); /* (element-type MoorFinding) (owned) */

G_END_DECLS
