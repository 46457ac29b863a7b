/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-rule-file.h"
#include "moor-xml-private.h"

G_BEGIN_DECLS

/* The elements of MigXML. */
typedef enum
{
  MOOR_ELEMENT_UNKNOWN,
  MOOR_ELEMENT_LOC_DEFINITION,
  MOOR_ELEMENT_ADD_OBJECTS,
  MOOR_ELEMENT_ATTRIBUTES,
  MOOR_ELEMENT_BYTES,
  MOOR_ELEMENT_COMMAND_LINE,
  MOOR_ELEMENT_COMPONENT,
  MOOR_ELEMENT_CONDITION,
  MOOR_ELEMENT_CONDITIONS,
  MOOR_ELEMENT_CONTENT,
  MOOR_ELEMENT_CONTENT_MODIFY,
  MOOR_ELEMENT_DESCRIPTION,
  MOOR_ELEMENT_DESTINATION_CLEANUP,
  MOOR_ELEMENT_DETECT,
  MOOR_ELEMENT_DETECTION,
  MOOR_ELEMENT_DETECTS,
  MOOR_ELEMENT_DISPLAY_NAME,
  MOOR_ELEMENT_ENVIRONMENT,
  MOOR_ELEMENT_EXCLUDE,
  MOOR_ELEMENT_EXCLUDE_ATTRIBUTES,
  MOOR_ELEMENT_EXTENSION,
  MOOR_ELEMENT_EXTENSIONS,
  MOOR_ELEMENT_EXTERNAL_PROCESS,
  MOOR_ELEMENT_ICON,
  MOOR_ELEMENT_INCLUDE,
  MOOR_ELEMENT_INCLUDE_ATTRIBUTES,
  MOOR_ELEMENT_LIBRARY,
  MOOR_ELEMENT_LOCATION,
  MOOR_ELEMENT_LOCATION_MODIFY,
  MOOR_ELEMENT_MANUFACTURER,
  MOOR_ELEMENT_MERGE,
  MOOR_ELEMENT_MIGRATION,
  MOOR_ELEMENT_NAMED_ELEMENTS,
  MOOR_ELEMENT_OBJECT,
  MOOR_ELEMENT_OBJECT_SET,
  MOOR_ELEMENT_PATH,
  MOOR_ELEMENT_PATHS,
  MOOR_ELEMENT_PATTERN,
  MOOR_ELEMENT_PLUGIN,
  MOOR_ELEMENT_PROCESSING,
  MOOR_ELEMENT_ROLE,
  MOOR_ELEMENT_RULES,
  MOOR_ELEMENT_SCRIPT,
  MOOR_ELEMENT_SUPPORTED_COMPONENT,
  MOOR_ELEMENT_SUPPORTED_COMPONENTS,
  MOOR_ELEMENT_TEXT,
  MOOR_ELEMENT_UNCONDITIONAL_EXCLUDE,
  MOOR_ELEMENT_VARIABLE,
  MOOR_ELEMENT_VERSION,
  MOOR_ELEMENT_WINDOWS_OBJECTS,
  MOOR_N_ELEMENTS
} MoorElement;

/**
 * MoorElementInfo:
 * @attributes: what it may have, separated by blanks
 * @children: bits of #MoorElement
 * @is_ignored: read by nobody, with all that is in it
 */
typedef struct
{
  const char *name;
  const char *attributes;
  guint64 children;
  gboolean is_ignored;
} MoorElementInfo;

const MoorElementInfo *moor_element_info (MoorElement element);
MoorElement moor_element_find (const char *name);
const char *moor_element_nearest (const char *name);

/**
 * MoorReader:
 * @named: "element/name" -> the #xmlNode that defines it, in lower case
 * @open: (element-type xmlNode): the definitions that are being read
 * @n_read: elements read, those of a definition each time it is used
 * @n_misplaced: elements where they mean nothing
 *
 * What reading one MigXML file needs.
 */
typedef struct
{
  MoorXml *xml;
  MoorRuleFile *file;
  GHashTable *named;
  GPtrArray *open;
  guint n_read;
  guint n_misplaced;
} MoorReader;

/* One value of an attribute, in the order of what it becomes. */
typedef struct
{
  const char *word;
  int value;
} MoorWord;

gboolean moor_reader_is_done (const MoorReader *reader);
const xmlNode *moor_reader_next (MoorReader *reader,
                                 MoorElement parent,
                                 const xmlNode *in,
                                 const xmlNode *previous,
                                 MoorElement *out_element);
const xmlNode *moor_reader_enter (MoorReader *reader, MoorElement element, const xmlNode *node);
void moor_reader_leave (MoorReader *reader, const xmlNode *node, const xmlNode *entered);
void moor_reader_define (MoorReader *reader, MoorElement element, const xmlNode *node);

const char *moor_reader_attribute (const xmlNode *node, const char *name);
gboolean moor_reader_flag (MoorReader *reader,
                           const xmlNode *node,
                           const char *name,
                           gboolean unless_given);
gboolean moor_reader_word (MoorReader *reader,
                           const xmlNode *node,
                           const char *name,
                           const MoorWord *words,
                           int *in_out_value);
MoorContext moor_reader_context (MoorReader *reader, const xmlNode *node);
void moor_reader_warn (MoorReader *reader,
                       const xmlNode *node,
                       const char *code,
                       const char *remedy,
                       const char *format,
                       ...) G_GNUC_PRINTF (5, 6);

/* Kinds of calls that are welcome somewhere: bits of #MoorCallKind. */
#define MOOR_CALLS(kind) (1u << (kind))

MoorCall *moor_reader_call (MoorReader *reader, const xmlNode *node, const char *text, guint kinds);
MoorCall *moor_reader_script (MoorReader *reader, const xmlNode *node, guint kinds);

void moor_reader_conditions (MoorReader *reader,
                             MoorElement element,
                             const xmlNode *node,
                             MoorConditionNode **conditions);
MoorConditionNode *moor_reader_condition (MoorReader *reader, const xmlNode *node);
MoorPatternText *moor_reader_pattern (MoorReader *reader, const xmlNode *node);
MoorObjectSetNode *moor_reader_object_set (MoorReader *reader, const xmlNode *node);
void moor_reader_detects (MoorReader *reader, const xmlNode *node, GPtrArray *detections);
void moor_reader_detection (MoorReader *reader, const xmlNode *node, GPtrArray *detections);
void moor_reader_environment (MoorReader *reader, const xmlNode *node, GPtrArray *environments);
void moor_reader_rules (MoorReader *reader, const xmlNode *node, GPtrArray *rules);
MoorAddObjectsNode *moor_reader_add_objects (MoorReader *reader, const xmlNode *node);
MoorProcessNode *moor_reader_external_process (MoorReader *reader, const xmlNode *node);
MoorProcessNode *moor_reader_processing (MoorReader *reader, const xmlNode *node);
void moor_reader_component (MoorReader *reader, const xmlNode *node, GPtrArray *components);
void moor_reader_judge_pattern (MoorReader *reader,
                                const xmlNode *node,
                                const MoorPatternText *pattern);
void moor_reader_judge_component (MoorReader *reader,
                                  const xmlNode *node,
                                  const MoorComponentNode *component);

MoorRuleFile *moor_rule_file_from_xml (MoorXml *xml, GBytes *bytes);
gboolean moor_file_kind_of_root (MoorXml *xml, MoorFileKind *out_kind);

void moor_condition_node_free (MoorConditionNode *node);
void moor_pattern_text_free (MoorPatternText *pattern);
void moor_object_source_free (MoorObjectSource *source);
void moor_object_set_node_free (MoorObjectSetNode *node);
void moor_variable_node_free (MoorVariableNode *node);
void moor_environment_node_free (MoorEnvironmentNode *node);
void moor_detect_node_free (MoorDetectNode *node);
void moor_detection_node_free (MoorDetectionNode *node);
void moor_rule_node_free (MoorRuleNode *node);
void moor_added_object_free (MoorAddedObject *object);
void moor_add_objects_node_free (MoorAddObjectsNode *node);
void moor_process_node_free (MoorProcessNode *node);
void moor_rules_node_free (MoorRulesNode *node);
void moor_role_node_free (MoorRoleNode *node);
void moor_component_node_free (MoorComponentNode *node);

G_END_DECLS
