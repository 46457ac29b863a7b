/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz.h"
#include "moor-rule-file.h"

/* A MigXML file is read or refused; whichever, there is something to say. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr(GBytes) bytes = g_bytes_new (data, size);
  g_autoptr(GError) error = NULL;
  g_autoptr(MoorRuleFile) file = moor_rule_file_read ("fuzz.xml", bytes, &error);
  g_autoptr(GPtrArray) findings = moor_rules_lint ("fuzz.xml", bytes);

  fuzz_expect ((file == NULL) == (error != NULL));
  fuzz_expect (file == NULL || (file->n_elements > 0 && file->url_id[0] != '\0'));
  for (guint i = 0; i < findings->len; i++)
    {
      const MoorFinding *finding = g_ptr_array_index (findings, i);
      g_autofree char *line = moor_finding_format (finding);

      fuzz_expect (g_utf8_validate (line, -1, NULL));
      fuzz_expect (finding->count > 0);
    }
  return 0;
}
