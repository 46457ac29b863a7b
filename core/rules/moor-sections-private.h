/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-config-file.h"
#include "moor-rule-reader-private.h"

G_BEGIN_DECLS

/**
 * MoorSection:
 * @name: of the element, in any capitals
 * @read: (nullable): what to do with it; %NULL: nothing, it is known
 *
 * An element that may stand in another one.
 */
typedef struct
{
  const char *name;
  void (*read) (MoorXml *xml, const xmlNode *node, gpointer data);
} MoorSection;

void moor_sections_read (MoorXml *xml,
                         const xmlNode *parent,
                         const MoorSection *sections,
                         guint n_sections,
                         gpointer data);
MoorConfigFile *moor_config_file_from_xml (MoorXml *xml, GBytes *bytes);
MoorOfflineFile *moor_offline_file_from_xml (MoorXml *xml);

G_END_DECLS
