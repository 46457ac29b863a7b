/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-near-private.h"
#include "moor-rule-reader-private.h"

/* What may stand where, by the schema and what the manual says beyond it. */

#define E(name) (G_GUINT64_CONSTANT (1) << MOOR_ELEMENT_##name)
#define INFORMATIVE \
  (E (DISPLAY_NAME) | E (MANUFACTURER) | E (VERSION) | E (DESCRIPTION) | E (PATHS) | E (ICON))
#define SOURCES (E (CONDITIONS) | E (CONDITION) | E (PATTERN) | E (SCRIPT) | E (CONTENT))
#define RULE_KINDS \
  (E (INCLUDE) | E (EXCLUDE) | E (UNCONDITIONAL_EXCLUDE) | E (MERGE) | E (LOCATION_MODIFY) \
   | E (CONTENT_MODIFY) | E (DESTINATION_CLEANUP) | E (INCLUDE_ATTRIBUTES) \
   | E (EXCLUDE_ATTRIBUTES))

static const MoorElementInfo elements[MOOR_N_ELEMENTS] = {
  [MOOR_ELEMENT_UNKNOWN] = { "", "", 0, TRUE },
  [MOOR_ELEMENT_LOC_DEFINITION] = { "_locDefinition", "", 0, TRUE },
  [MOOR_ELEMENT_ADD_OBJECTS] = { "addObjects", "",
                                 E (CONDITIONS) | E (CONDITION) | E (OBJECT) | E (SCRIPT), FALSE },
  [MOOR_ELEMENT_ATTRIBUTES] = { "attributes", "", 0, FALSE },
  [MOOR_ELEMENT_BYTES] = { "bytes", "string expand", 0, FALSE },
  [MOOR_ELEMENT_COMMAND_LINE] = { "commandLine", "", 0, FALSE },
  [MOOR_ELEMENT_COMPONENT] = { "component", "type context defaultSupported hidden",
                               INFORMATIVE | E (ENVIRONMENT) | E (EXTENSIONS) | E (ROLE), FALSE },
  [MOOR_ELEMENT_CONDITION] = { "condition", "negation", 0, FALSE },
  [MOOR_ELEMENT_CONDITIONS] = { "conditions", "name operation", E (CONDITION) | E (CONDITIONS),
                                FALSE },
  [MOOR_ELEMENT_CONTENT] = { "content", "filter", E (OBJECT_SET), FALSE },
  [MOOR_ELEMENT_CONTENT_MODIFY] = { "contentModify", "script", E (OBJECT_SET), FALSE },
  [MOOR_ELEMENT_DESCRIPTION] = { "description", "", 0, TRUE },
  [MOOR_ELEMENT_DESTINATION_CLEANUP] = { "destinationCleanup", "filter", E (OBJECT_SET), FALSE },
  [MOOR_ELEMENT_DETECT] = { "detect", "name context",
                            E (CONDITION) | E (CONDITIONS) | E (OBJECT_SET), FALSE },
  [MOOR_ELEMENT_DETECTION] = { "detection", "name context", E (CONDITIONS), FALSE },
  [MOOR_ELEMENT_DETECTS] = { "detects", "name context", E (DETECT), FALSE },
  [MOOR_ELEMENT_DISPLAY_NAME] = { "displayName", "_locID", 0, FALSE },
  [MOOR_ELEMENT_ENVIRONMENT] = { "environment", "name context", E (CONDITIONS) | E (VARIABLE),
                                 FALSE },
  [MOOR_ELEMENT_EXCLUDE] = { "exclude", "filter", E (OBJECT_SET), FALSE },
  [MOOR_ELEMENT_EXCLUDE_ATTRIBUTES] = { "excludeAttributes", "attributes", E (OBJECT_SET), FALSE },
  [MOOR_ELEMENT_EXTENSION] = { "extension", "", 0, FALSE },
  [MOOR_ELEMENT_EXTENSIONS] = { "extensions", "", E (EXTENSION), FALSE },
  [MOOR_ELEMENT_EXTERNAL_PROCESS] = { "externalProcess", "when", E (COMMAND_LINE), FALSE },
  [MOOR_ELEMENT_ICON] = { "icon", "", 0, TRUE },
  [MOOR_ELEMENT_INCLUDE] = { "include", "filter", E (OBJECT_SET), FALSE },
  [MOOR_ELEMENT_INCLUDE_ATTRIBUTES] = { "includeAttributes", "attributes", E (OBJECT_SET), FALSE },
  [MOOR_ELEMENT_LIBRARY] = { "library", "prefix", 0, TRUE },
  [MOOR_ELEMENT_LOCATION] = { "location", "type", E (SCRIPT), FALSE },
  [MOOR_ELEMENT_LOCATION_MODIFY] = { "locationModify", "script", E (OBJECT_SET), FALSE },
  [MOOR_ELEMENT_MANUFACTURER] = { "manufacturer", "", 0, TRUE },
  [MOOR_ELEMENT_MERGE] = { "merge", "script", E (OBJECT_SET), FALSE },
  [MOOR_ELEMENT_MIGRATION] = { "migration", "urlid",
                               E (COMPONENT) | E (LIBRARY) | E (NAMED_ELEMENTS)
                                   | E (LOC_DEFINITION),
                               FALSE },
  [MOOR_ELEMENT_NAMED_ELEMENTS] = { "namedElements", "name",
                                    E (ENVIRONMENT) | E (RULES) | E (CONDITIONS) | E (DETECTION)
                                        | E (DETECTS) | E (DETECT),
                                    FALSE },
  [MOOR_ELEMENT_OBJECT] = { "object", "", E (LOCATION) | E (ATTRIBUTES) | E (BYTES), FALSE },
  [MOOR_ELEMENT_OBJECT_SET] = { "objectSet", "", SOURCES, FALSE },
  [MOOR_ELEMENT_PATH] = { "path", "type", 0, TRUE },
  [MOOR_ELEMENT_PATHS] = { "paths", "", E (PATH), TRUE },
  [MOOR_ELEMENT_PATTERN] = { "pattern", "type", 0, FALSE },
  [MOOR_ELEMENT_PLUGIN] = { "plugin", "", 0, TRUE },
  [MOOR_ELEMENT_PROCESSING] = { "processing", "when", E (SCRIPT), FALSE },
  [MOOR_ELEMENT_ROLE] = { "role", "role",
                          E (DETECTION) | E (DETECTS) | E (ENVIRONMENT) | E (RULES) | E (COMPONENT)
                              | E (ROLE) | E (SUPPORTED_COMPONENTS) | E (PLUGIN) | INFORMATIVE,
                          FALSE },
  [MOOR_ELEMENT_RULES] = { "rules", "name context",
                           RULE_KINDS | E (RULES) | E (CONDITIONS) | E (DETECTS) | E (ADD_OBJECTS)
                               | E (EXTERNAL_PROCESS) | E (PROCESSING) | E (WINDOWS_OBJECTS),
                           FALSE },
  [MOOR_ELEMENT_SCRIPT] = { "script", "", 0, FALSE },
  [MOOR_ELEMENT_SUPPORTED_COMPONENT] = { "supportedComponent", "id rules", 0, TRUE },
  [MOOR_ELEMENT_SUPPORTED_COMPONENTS] = { "supportedComponents", "", E (SUPPORTED_COMPONENT),
                                          TRUE },
  [MOOR_ELEMENT_TEXT] = { "text", "", 0, FALSE },
  [MOOR_ELEMENT_UNCONDITIONAL_EXCLUDE] = { "unconditionalExclude", "filter", E (OBJECT_SET),
                                           FALSE },
  [MOOR_ELEMENT_VARIABLE] = { "variable", "name remap", E (OBJECT_SET) | E (TEXT) | E (SCRIPT),
                              FALSE },
  [MOOR_ELEMENT_VERSION] = { "version", "", 0, TRUE },
  [MOOR_ELEMENT_WINDOWS_OBJECTS] = { "windowsObjects", "filter", E (OBJECT_SET), TRUE },
};

/**
 * moor_element_info:
 *
 * Returns: what @element is called and may hold
 */
const MoorElementInfo *
moor_element_info (MoorElement element)
{
  return &elements[element];
}

/**
 * moor_element_find:
 * @name: in any capitals
 *
 * Returns: the element; %MOOR_ELEMENT_UNKNOWN if there is none of that name
 */
MoorElement
moor_element_find (const char *name)
{
  for (int i = MOOR_ELEMENT_UNKNOWN + 1; i < MOOR_N_ELEMENTS; i++)
    {
      if (g_ascii_strcasecmp (elements[i].name, name) == 0)
        return (MoorElement) i;
    }
  return MOOR_ELEMENT_UNKNOWN;
}

static const char *
name_at (guint index)
{
  return index + 1 < MOOR_N_ELEMENTS ? elements[index + 1].name : NULL;
}

/**
 * moor_element_nearest:
 *
 * Returns: (nullable): the element that somebody who wrote @name probably meant
 */
const char *
moor_element_nearest (const char *name)
{
  return moor_nearest (name, name_at);
}
