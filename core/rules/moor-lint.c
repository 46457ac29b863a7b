/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-sections-private.h"

#include <string.h>

/* What a person who writes rules wants to know of a file: what reading it found,
 * and, in a note for each reason, what means nothing on a Linux system. */

static void
note (MoorXml *xml,
      const MoorOrigin *origin,
      const char *code,
      const char *remedy,
      const char *text)
{
  moor_xml_find (xml, MOOR_FINDING_NOTE, origin, code, remedy, "%s", text);
}

static gboolean
is_drive_path (const char *text)
{
  return g_ascii_isalpha (text[0]) && text[1] == ':';
}

static void
judge_place (MoorXml *xml, MoorPatternType type, const char *text, const MoorOrigin *origin)
{
  if (type == MOOR_PATTERN_REGISTRY)
    note (xml, origin, "registry", NULL,
          "The registry is a part of Windows; on a Linux system this matches nothing.");
  else if (is_drive_path (text))
    note (xml, origin, "drive", "Variables such as %SYSTEMDRIVE% are there on both.",
          "On a Linux system a drive letter means something only with a mapping of drives.");
}

static void
judge_call (MoorXml *xml, const char *text, const MoorOrigin *origin)
{
  g_autoptr(MoorCall) call = moor_call_parse (text, origin, NULL);

  if (call == NULL)
    return;
  switch (moor_helper_kind (call->helper))
    {
    case MOOR_CALL_INTERNAL:
    case MOOR_CALL_PROCESSING:
      note (xml, origin, "windows-only", NULL,
            "This helper function is about Windows itself; on a Linux system it does nothing.");
      return;
    case MOOR_CALL_CONDITION:
    case MOOR_CALL_GENERATOR:
      if (g_ascii_strcasecmp (moor_call_arg (call, 0) != NULL ? moor_call_arg (call, 0) : "",
                              "Registry")
          == 0)
        judge_place (xml, MOOR_PATTERN_REGISTRY, "", origin);
      return;
    case MOOR_CALL_FILTER:
    case MOOR_CALL_CONTENT:
    case MOOR_CALL_LOCATION:
    case MOOR_CALL_MERGE:
    case MOOR_CALL_MODIFY:
    default:
      return;
    }
}

static void
judge_element (MoorXml *xml, const xmlNode *node)
{
  const MoorOrigin origin = moor_xml_origin (xml, node);
  const MoorElement element = moor_element_find ((const char *) node->name);
  const char *type = moor_reader_attribute (node, "type");
  const char *call = moor_reader_attribute (node, "filter");
  g_autofree char *text = NULL;

  call = call != NULL ? call : moor_reader_attribute (node, "script");
  if (call != NULL)
    judge_call (xml, call, &origin);
  if (element != MOOR_ELEMENT_PATTERN && element != MOOR_ELEMENT_CONDITION
      && element != MOOR_ELEMENT_SCRIPT)
    return;
  text = moor_xml_text (node);
  if (element != MOOR_ELEMENT_PATTERN)
    judge_call (xml, text, &origin);
  else
    judge_place (xml,
                 type != NULL && g_ascii_strcasecmp (type, "Registry") == 0 ? MOOR_PATTERN_REGISTRY
                                                                            : MOOR_PATTERN_FILE,
                 text, &origin);
}

static void
judge_for_linux (MoorXml *xml)
{
  const xmlNode *root = moor_xml_root (xml);
  const xmlNode *node = root;

  while (node != NULL)
    {
      judge_element (xml, node);
      if (moor_xml_first (node) != NULL)
        {
          node = moor_xml_first (node);
          continue;
        }
      while (node != root && moor_xml_next (node) == NULL)
        node = node->parent;
      node = node == root ? NULL : moor_xml_next (node);
    }
}

static void
read_as (MoorXml *xml, GBytes *bytes, MoorFileKind kind)
{
  switch (kind)
    {
    case MOOR_FILE_MIGXML:
      moor_rule_file_free (moor_rule_file_from_xml (xml, bytes));
      if (xml->refusal == NULL)
        judge_for_linux (xml);
      return;
    case MOOR_FILE_CONFIG:
      moor_config_file_free (moor_config_file_from_xml (xml, bytes));
      return;
    case MOOR_FILE_OFFLINE:
      moor_offline_file_free (moor_offline_file_from_xml (xml));
      return;
    default:
      return;
    }
}

static int
compare_places (const MoorFinding *const *a, const MoorFinding *const *b)
{
  if ((*a)->origin.line != (*b)->origin.line)
    return (*a)->origin.line < (*b)->origin.line ? -1 : 1;
  if ((*a)->origin.column != (*b)->origin.column)
    return (*a)->origin.column < (*b)->origin.column ? -1 : 1;
  return (int) (*b)->level - (int) (*a)->level;
}

/**
 * moor_rules_lint:
 * @name: what the file is called in messages
 * @bytes: what is in it; anybody may have written it
 *
 * Reads a MigXML file, a Config.xml or an Offline.xml, whichever its root element
 * says, and tells all there is to tell.  Any thread.
 *
 * Returns: (transfer full) (element-type MoorFinding): in the order of the file; one of
 *   %MOOR_FINDING_ERROR if the file is refused, notes of what means nothing on a Linux system
 */
GPtrArray *
moor_rules_lint (const char *name, GBytes *bytes)
{
  g_autoptr(MoorXml) xml = NULL;
  MoorFileKind kind;

  g_return_val_if_fail (name != NULL, NULL);
  g_return_val_if_fail (bytes != NULL, NULL);

  xml = moor_xml_read (name, bytes);
  if (moor_file_kind_of_root (xml, &kind))
    read_as (xml, bytes, kind);
  if (xml->refusal != NULL)
    g_ptr_array_add (xml->findings, g_steal_pointer (&xml->refusal));
  g_ptr_array_sort (xml->findings, (GCompareFunc) compare_places);
  return g_ptr_array_ref (xml->findings);
}
