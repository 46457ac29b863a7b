/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-sections-private.h"

static const MoorSection *
find_section (const char *name, const MoorSection *sections, guint n_sections)
{
  for (guint i = 0; i < n_sections; i++)
    {
      if (g_ascii_strcasecmp (sections[i].name, name) == 0)
        return &sections[i];
    }
  return NULL;
}

static char *
list_sections (const MoorSection *sections, guint n_sections)
{
  GString *list = g_string_new ("Here may stand ");

  for (guint i = 0; i < n_sections; i++)
    g_string_append_printf (list, "%s<%s>", i > 0 ? ", " : "", sections[i].name);
  g_string_append_c (list, '.');
  return g_string_free (list, FALSE);
}

/**
 * moor_sections_read:
 * @sections: the elements that may stand in @parent
 * @data: handed to those that read them
 *
 * Reads the elements in @parent; what does not belong there ends up in the
 * findings.
 */
void
moor_sections_read (MoorXml *xml,
                    const xmlNode *parent,
                    const MoorSection *sections,
                    guint n_sections,
                    gpointer data)
{
  for (const xmlNode *node = moor_xml_first (parent); node != NULL; node = moor_xml_next (node))
    {
      const char *name = (const char *) node->name;
      const MoorSection *section = find_section (name, sections, n_sections);
      const MoorOrigin origin = moor_xml_origin (xml, node);
      g_autofree char *remedy = NULL;

      if (section != NULL)
        {
          if (section->read != NULL)
            section->read (xml, node, data);
          continue;
        }
      remedy = list_sections (sections, n_sections);
      moor_xml_find (xml, MOOR_FINDING_WARNING, &origin, "unknown-element", remedy,
                     "<%.40s> means nothing in <%.40s>, with all that is in it.", name,
                     (const char *) parent->name);
    }
}
