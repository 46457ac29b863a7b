/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <libxml/tree.h>

#include "moor-finding.h"

G_BEGIN_DECLS

/**
 * MoorXml:
 * @file: an interned string
 * @doc: (nullable): the tree; %NULL if the file is refused
 * @places: where each element starts; their `_private` is an index into it, plus one
 * @n_elements: elements in all
 * @findings: (element-type MoorFinding) (owned): what was odd
 * @refusal: (nullable): why the file is refused as a whole
 *
 * An XML file that may come from anybody, read by moor_xml_read().
 */
typedef struct
{
  const char *file;
  xmlDoc *doc;
  GArray *places;
  guint n_elements;
  GPtrArray *findings;
  MoorFinding *refusal;
} MoorXml;

/* Where an element starts. */
typedef struct
{
  guint line;
  guint column;
} MoorXmlPlace;

MoorXml *moor_xml_read (const char *name, GBytes *bytes);
void moor_xml_free (MoorXml *xml);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorXml, moor_xml_free)

char *moor_xml_decode (MoorXml *xml, GBytes *bytes, gsize *out_length);

const xmlNode *moor_xml_root (const MoorXml *xml);
const xmlNode *moor_xml_first (const xmlNode *parent);
const xmlNode *moor_xml_next (const xmlNode *node);
MoorOrigin moor_xml_origin (const MoorXml *xml, const xmlNode *node);
char *moor_xml_text (const xmlNode *node);

void moor_xml_refuse (MoorXml *xml,
                      const MoorOrigin *origin,
                      const char *code,
                      const char *remedy,
                      const char *format,
                      ...) G_GNUC_PRINTF (5, 6);
void moor_xml_find (MoorXml *xml,
                    MoorFindingLevel level,
                    const MoorOrigin *origin,
                    const char *code,
                    const char *remedy,
                    const char *format,
                    ...) G_GNUC_PRINTF (6, 7);
gboolean moor_xml_throw (const MoorXml *xml, GError **error);

G_END_DECLS
