/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-config-file.h"

#include <libxml/parser.h>
#include <libxml/tree.h>

/* Writes a Config.xml that people go on with: all on, and examples to uncomment. */

static const char policies_example[] =
    " Examples; take them out of the comment to use them.\n"
    "    <ErrorControl>\n"
    "      <fileError>\n"
    "        <nonFatal errorCode=\"33\">* [*]</nonFatal>\n"
    "        <fatal errorCode=\"any\">C:\\Users\\* [*]</fatal>\n"
    "      </fileError>\n"
    "      <registryError>\n"
    "        <nonFatal errorCode=\"5\">HKCU\\SOFTWARE\\Microsoft\\* [*]</nonFatal>\n"
    "      </registryError>\n"
    "    </ErrorControl>\n"
    "    <HardLinkStoreControl>\n"
    "      <fileLocked>\n"
    "        <createHardLink>C:\\Users\\* [*]</createHardLink>\n"
    "        <errorHardLink>C:\\* [*]</errorHardLink>\n"
    "      </fileLocked>\n"
    "    </HardLinkStoreControl>\n"
    "  ";

static const char profile_example[] =
    " Example; take it out of the comment to use it.\n"
    "    <localGroups>\n"
    "      <mappings>\n"
    "        <changeGroup from=\"Administrators\" to=\"Users\" appliesTo=\"MigratedUsers\">\n"
    "          <include>\n"
    "            <pattern>*</pattern>\n"
    "          </include>\n"
    "          <exclude>\n"
    "            <pattern>DOMAIN\\Admin</pattern>\n"
    "          </exclude>\n"
    "        </changeGroup>\n"
    "      </mappings>\n"
    "    </localGroups>\n"
    "  ";

/* What no XML can hold would make all of the file unreadable. */
static char *
make_fit (const char *text)
{
  char *fit = g_utf8_make_valid (text, -1);

  for (char *at = fit; *at != '\0'; at++)
    {
      if ((guchar) *at < 0x20 && *at != '\t' && *at != '\n' && *at != '\r')
        *at = ' ';
    }
  return fit;
}

static const char *
section_of (MoorComponentType type)
{
  switch (type)
    {
    case MOOR_COMPONENT_APPLICATION:
      return "Applications";
    case MOOR_COMPONENT_DOCUMENTS:
      return "Documents";
    case MOOR_COMPONENT_SYSTEM:
    case MOOR_COMPONENT_DEVICE:
    default:
      return "WindowsComponents";
    }
}

static void
write_section (xmlNode *root, const char *name, const MoorConfigEntry *entries, guint n_entries)
{
  xmlNode *section = xmlNewChild (root, NULL, (const xmlChar *) name, NULL);

  for (guint i = 0; i < n_entries; i++)
    {
      g_autofree char *display_name = NULL;
      g_autofree char *id = NULL;
      xmlNode *component;

      if (!g_str_equal (section_of (entries[i].type), name))
        continue;
      display_name = make_fit (entries[i].display_name);
      id = make_fit (entries[i].id);
      component = xmlNewChild (section, NULL, (const xmlChar *) "component", NULL);
      (void) xmlNewProp (component, (const xmlChar *) "displayname",
                         (const xmlChar *) display_name);
      (void) xmlNewProp (component, (const xmlChar *) "migrate", (const xmlChar *) "yes");
      (void) xmlNewProp (component, (const xmlChar *) "ID", (const xmlChar *) id);
    }
}

static void
write_example (xmlNode *root, const char *name, const char *example)
{
  xmlNode *section = xmlNewChild (root, NULL, (const xmlChar *) name, NULL);

  (void) xmlAddChild (section, xmlNewComment ((const xmlChar *) example));
}

/**
 * moor_config_file_write:
 * @entries: (array length=n_entries): the components that are there; all of them migrate
 *
 * Any thread.
 *
 * Returns: (transfer full): a Config.xml with @entries, and with examples in comments
 */
GBytes *
moor_config_file_write (const MoorConfigEntry *entries, guint n_entries)
{
  xmlDoc *doc;
  xmlNode *root;
  xmlChar *text = NULL;
  int length = 0;
  GBytes *bytes;

  xmlInitParser ();
  doc = xmlNewDoc ((const xmlChar *) "1.0");
  root = xmlNewNode (NULL, (const xmlChar *) "Configuration");
  (void) xmlDocSetRootElement (doc, root);
  write_section (root, "Applications", entries, n_entries);
  write_section (root, "Documents", entries, n_entries);
  write_section (root, "WindowsComponents", entries, n_entries);
  write_example (root, "Policies", policies_example);
  write_example (root, "ProfileControl", profile_example);
  xmlDocDumpFormatMemoryEnc (doc, &text, &length, "UTF-8", 1);
  bytes = g_bytes_new (text, (gsize) length);
  xmlFree (text);
  xmlFreeDoc (doc);
  return bytes;
}
