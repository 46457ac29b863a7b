/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz.h"
#include "moor-config-file.h"

/* What a Config.xml says of its components can be written and read again. */
static void
write_again (const MoorConfigFile *config)
{
  g_autofree MoorConfigEntry *entries = g_new0 (MoorConfigEntry, config->components->len + 1);
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(MoorConfigFile) again = NULL;

  for (guint i = 0; i < config->components->len; i++)
    {
      const MoorConfigComponent *component = g_ptr_array_index (config->components, i);

      entries[i] = (MoorConfigEntry){ component->id, component->display_name,
                                      MOOR_COMPONENT_DOCUMENTS };
      (void) moor_config_file_migrates (config, component->id);
    }
  bytes = moor_config_file_write (entries, config->components->len);
  again = moor_config_file_read ("again.xml", bytes, NULL);
  fuzz_expect (again != NULL && again->components->len == config->components->len);
  for (guint i = 0; i < config->components->len; i++)
    {
      const MoorConfigComponent *component = g_ptr_array_index (config->components, i);
      const MoorConfigComponent *copy = g_ptr_array_index (again->components, i);

      fuzz_expect (g_str_equal (component->display_name, copy->display_name));
    }
}

/* A Config.xml or an Offline.xml: both readers get every input. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr(GBytes) bytes = g_bytes_new (data, size);
  g_autoptr(GError) config_error = NULL;
  g_autoptr(GError) offline_error = NULL;
  g_autoptr(MoorConfigFile) config = moor_config_file_read ("fuzz.xml", bytes, &config_error);
  g_autoptr(MoorOfflineFile) offline = moor_offline_file_read ("fuzz.xml", bytes, &offline_error);

  fuzz_expect ((config == NULL) == (config_error != NULL));
  fuzz_expect ((offline == NULL) == (offline_error != NULL));
  fuzz_expect (config == NULL || offline == NULL);
  fuzz_expect (offline == NULL || offline->mappings->len % 2 == 0);
  if (config != NULL)
    write_again (config);
  return 0;
}
