/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "moor-config-file.h"
#include "moor-sections-private.h"

/* Reads an Offline.xml: where the Windows is that does not run. */

static void
warn (MoorXml *xml, const xmlNode *node, const char *code, const char *remedy, const char *text)
{
  const MoorOrigin origin = moor_xml_origin (xml, node);

  moor_xml_find (xml, MOOR_FINDING_WARNING, &origin, code, remedy, "%s", text);
}

static void
read_win_path (MoorXml *xml, const xmlNode *node, gpointer data)
{
  MoorOfflineFile *offline = data;
  g_autofree char *path = moor_xml_text (node);

  if (path[0] == '\0')
    warn (xml, node, "empty", "Write a directory, or delete it.", "There is no path.");
  else
    g_ptr_array_add (offline->win_dirs, g_steal_pointer (&path));
}

static void
read_win_dir (MoorXml *xml, const xmlNode *node, gpointer data)
{
  static const MoorSection sections[] = { { "path", read_win_path } };

  moor_sections_read (xml, node, sections, G_N_ELEMENTS (sections), data);
}

static void
read_mapping (MoorXml *xml, const xmlNode *node, gpointer data)
{
  MoorOfflineFile *offline = data;
  g_autofree char *text = moor_xml_text (node);
  g_auto(GStrv) pair = g_strsplit (text, ",", 2);

  if (g_strv_length (pair) == 2)
    {
      g_strstrip (pair[0]);
      g_strstrip (pair[1]);
    }
  if (g_strv_length (pair) != 2 || pair[0][0] == '\0' || pair[1][0] == '\0')
    {
      warn (xml, node, "bad-value", "Write two, with a comma between: C:\\, D:\\",
            "A mapping is two places; this one is left out.");
      return;
    }
  g_ptr_array_add (offline->mappings, g_strdup (pair[0]));
  g_ptr_array_add (offline->mappings, g_strdup (pair[1]));
}

static void
read_mappings (MoorXml *xml, const xmlNode *node, gpointer data)
{
  static const MoorSection sections[] = { { "path", read_mapping } };

  moor_sections_read (xml, node, sections, G_N_ELEMENTS (sections), data);
}

static void
read_fail (MoorXml *xml, const xmlNode *node, gpointer data)
{
  MoorOfflineFile *offline = data;
  g_autofree char *text = moor_xml_text (node);

  offline->fail_on_multiple = g_str_equal (text, "1");
  if (!offline->fail_on_multiple && !g_str_equal (text, "0"))
    warn (xml, node, "bad-value", "Write 1 or 0.",
          "<failOnMultipleWinDir> is neither 1 nor 0; it is taken as 0.");
}

/**
 * moor_offline_file_from_xml:
 * @xml: takes the findings and the refusal; gives its findings to the file
 *
 * Returns: (transfer full) (nullable): the file; %NULL if it is refused
 */
MoorOfflineFile *
moor_offline_file_from_xml (MoorXml *xml)
{
  static const MoorSection sections[] = { { "winDir", read_win_dir },
                                          { "mappings", read_mappings },
                                          { "failOnMultipleWinDir", read_fail } };
  const xmlNode *root = moor_xml_root (xml);
  MoorOfflineFile *offline;
  MoorFileKind kind;

  if (!moor_file_kind_of_root (xml, &kind))
    return NULL;
  if (kind != MOOR_FILE_OFFLINE)
    {
      const MoorOrigin origin = moor_xml_origin (xml, root);

      moor_xml_refuse (xml, &origin, "wrong-kind",
                       kind == MOOR_FILE_MIGXML ? "Give it as rules: --rules, /i."
                                                : "Give it as the configuration: /config.",
                       kind == MOOR_FILE_MIGXML ? "This is a rule file and not an Offline.xml."
                                                : "This is a Config.xml and not an Offline.xml.");
      return NULL;
    }
  offline = g_new0 (MoorOfflineFile, 1);
  offline->name = g_strdup (xml->file);
  offline->win_dirs = g_ptr_array_new_with_free_func (g_free);
  offline->mappings = g_ptr_array_new_with_free_func (g_free);
  offline->findings = g_ptr_array_ref (xml->findings);
  moor_sections_read (xml, root, sections, G_N_ELEMENTS (sections), offline);
  if (offline->win_dirs->len == 0)
    warn (xml, root, "empty", "Put <winDir><path>C:\\Windows</path></winDir> in.",
          "No directory of Windows is named.");
  return offline;
}

/**
 * moor_offline_file_read:
 * @name: what the file is called in messages
 * @bytes: what is in it; anybody may have written it
 * @error: return location for a #GError
 *
 * Reads an Offline.xml.  Any thread.
 *
 * Returns: (transfer full): the file, or %NULL with %MOOR_ERROR_USAGE as moor_rule_file_read()
 */
MoorOfflineFile *
moor_offline_file_read (const char *name, GBytes *bytes, GError **error)
{
  g_autoptr(MoorXml) xml = NULL;
  MoorOfflineFile *offline;

  g_return_val_if_fail (name != NULL, NULL);
  g_return_val_if_fail (bytes != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  xml = moor_xml_read (name, bytes);
  offline = moor_offline_file_from_xml (xml);
  if (offline == NULL)
    (void) moor_xml_throw (xml, error);
  return offline;
}

/**
 * moor_offline_file_free:
 * @offline: (nullable) (transfer full): any thread
 */
void
moor_offline_file_free (MoorOfflineFile *offline)
{
  if (offline == NULL)
    return;

  g_free (offline->name);
  g_ptr_array_unref (offline->win_dirs);
  g_ptr_array_unref (offline->mappings);
  g_ptr_array_unref (offline->findings);
  g_free (offline);
}
