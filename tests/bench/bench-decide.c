/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What rules cost: reading, evaluating and compiling them, and then each decision of a walk.
 *
 *   bench-decide [RULE-FILE]...
 *
 * The rule files are held against a system with 20 people on which every component counts as
 * detected, which is the worst that can happen. */

#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "moor-rules.h"

#define N_PEOPLE 20
#define N_SWEEPS 2000
#define N_DIRS 400
#define N_FILES 100
#define N_ROUNDS 10

static double
ms_since (gint64 start_us)
{
  return (double) (g_get_monotonic_time () - start_us) / 1000.0;
}

/* A walk over one home in memory: N_DIRS directories of N_FILES files. */
static void
measure_decisions (const char *what, const MoorRules *rules, MoorRuleState home)
{
  static const char *const endings[] = { "txt",    "jpg", "odt", "c",    "h",
                                         "tar.gz", "png", "mp3", "json", "" };
  static const char *const places[] = { ".config", "Documents", ".local", "AppData", "Pictures" };
  g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(GPtrArray) dirs = g_ptr_array_new_with_free_func (g_free);
  guint n_decided = 0;
  guint n_selected = 0;
  gint64 start;

  for (guint i = 0; i < N_FILES; i++)
    g_ptr_array_add (
        names, g_strdup_printf ("IMG_2024_%04u.%s", i * 37, endings[i % G_N_ELEMENTS (endings)]));
  for (guint i = 0; i < N_DIRS; i++)
    g_ptr_array_add (dirs, g_strdup_printf ("project-%u", i));

  start = g_get_monotonic_time ();
  for (guint round = 0; round < N_ROUNDS; round++)
    for (guint i = 0; i < N_DIRS; i++)
      {
        MoorDecision place, dir, file;

        moor_rules_decide (rules, home, places[i % G_N_ELEMENTS (places)], TRUE, &place);
        moor_rules_decide (rules, place.state, g_ptr_array_index (dirs, i), TRUE, &dir);
        for (guint j = 0; j < N_FILES; j++)
          {
            moor_rules_decide (rules, dir.state, g_ptr_array_index (names, j), FALSE, &file);
            n_selected += file.selected;
          }
        n_decided += N_FILES + 2;
      }
  g_print ("%-34s %6.1f ns a decision, %u %% selected\n", what, ms_since (start) * 1e6 / n_decided,
           n_selected * 100 / n_decided);
}

static MoorRuleHost *
host_new (MoorPathStyle style, int root_dfd)
{
  MoorRuleHost *host = moor_rule_host_new (style, root_dfd);

  host->sys = moor_sys_posix ();
  moor_rule_host_add_drive (host, MOOR_DRIVE_FIXED, style == MOOR_PATHS_WINDOWS ? "/C:" : "");
  moor_rule_host_set_linux_variables (host);
  moor_rule_host_set_variable (host, "SYSTEMDRIVE", style == MOOR_PATHS_WINDOWS ? "C:" : "");
  for (guint i = 0; i < N_PEOPLE; i++)
    {
      g_autofree char *name = g_strdup_printf ("user%u", i);
      g_autofree char *home = g_strdup_printf (
          style == MOOR_PATHS_WINDOWS ? "/C:/Users/%s" : "/home/%s", name);
      MoorRuleUser *user = moor_rule_host_add_user (host, name, home);

      moor_rule_user_set_linux_variables (user, NULL);
    }
  return host;
}

static gboolean
add_files (MoorRuleSet *set, char **paths, GError **error)
{
  for (; *paths != NULL; paths++)
    {
      g_autofree char *content = NULL;
      g_autoptr(GBytes) bytes = NULL;
      gsize length = 0;

      if (!g_file_get_contents (*paths, &content, &length, error))
        return FALSE;
      bytes = g_bytes_new_take (g_steal_pointer (&content), length);
      if (!moor_rule_set_add_file (set, *paths, bytes, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
measure_files (char **paths, MoorPathStyle style, GError **error)
{
  g_autoptr(MoorRuleSet) set = moor_rule_set_new ();
  g_autofree char *root = g_dir_make_tmp ("bench-decide-XXXXXX", NULL);
  int root_dfd = open (root, O_PATH | O_DIRECTORY | O_CLOEXEC);
  g_autoptr(MoorRuleHost) host = host_new (style, root_dfd);
  g_autoptr(MoorRuleOutcome) outcome = NULL;
  g_autoptr(MoorRules) rules = NULL;
  const char *home = style == MOOR_PATHS_WINDOWS ? "/C:/Users/user7" : "/home/user7";
  gint64 start = g_get_monotonic_time ();

  if (!add_files (set, paths, error))
    return FALSE;
  g_print ("read                               %6.1f ms\n", ms_since (start));
  start = g_get_monotonic_time ();
  outcome = moor_rule_set_evaluate (set, host, MOOR_RULES_AT_DESTINATION, NULL, error);
  if (outcome == NULL)
    return FALSE;
  g_print ("evaluated, %8u items          %6.1f ms\n", outcome->items->len, ms_since (start));
  start = g_get_monotonic_time ();
  rules = moor_rules_compile (outcome, style, error);
  if (rules == NULL)
    return FALSE;
  g_print ("compiled, %8u rules           %6.1f ms\n", moor_rules_get_n_rules (rules),
           ms_since (start));
  measure_decisions ("the rule files", rules, moor_rules_state_at (rules, home));
  (void) close (root_dfd);
  (void) g_rmdir (root);
  return TRUE;
}

static void
item_free (MoorRuleItem *item)
{
  moor_pattern_free (item->pattern);
  g_free (item);
}

static void
add_item (MoorRuleOutcome *outcome, MoorRuleKind kind, int user, guint component, char *text)
{
  MoorRuleItem *item = g_new0 (MoorRuleItem, 1);

  item->kind = kind;
  item->user = user;
  item->component = component;
  item->pattern = moor_pattern_parse (MOOR_PATTERN_FILE, text, MOOR_PATHS_LINUX, NULL, NULL);
  g_ptr_array_add (outcome->items, item);
  g_free (text);
}

/* N_SWEEPS patterns through the whole system for each of N_PEOPLE, and everybody's home. */
static void
measure_sweeps (gboolean with_homes)
{
  MoorRuleComponent component = { .path = (char *) "Sweeps", .detected = TRUE };
  g_autoptr(GPtrArray) components = g_ptr_array_new ();
  g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func ((GDestroyNotify) item_free);
  MoorRuleOutcome outcome = { .components = components, .items = items };
  g_autoptr(MoorRules) rules = NULL;
  gint64 start;

  g_ptr_array_add (components, &component);
  g_ptr_array_add (components, &component);
  for (int user = 0; user < N_PEOPLE; user++)
    {
      for (guint i = 0; i < N_SWEEPS; i++)
        add_item (&outcome, MOOR_RULE_INCLUDE, user, 0,
                  i == 0 ? g_strdup ("* [*.jpg]") : g_strdup_printf ("* [*.x%u]", i));
      if (with_homes)
        add_item (&outcome, MOOR_RULE_INCLUDE, user, 1,
                  g_strdup_printf ("/home/user%d/* [*]", user));
      add_item (&outcome, MOOR_RULE_EXCLUDE, user, 1, g_strdup ("* [*.mp3]"));
    }
  start = g_get_monotonic_time ();
  rules = moor_rules_compile (&outcome, MOOR_PATHS_LINUX, NULL);
  g_print ("compiled, %8u rules           %6.1f ms\n", moor_rules_get_n_rules (rules),
           ms_since (start));
  measure_decisions (with_homes ? "sweeps, and homes" : "sweeps", rules,
                     moor_rules_state_at (rules, "/home/user7"));
}

int
main (int argc, char **argv)
{
  g_autoptr(MoorRules) defaults = moor_rules_new_default (NULL);
  g_autoptr(MoorRules) everything = moor_rules_new_everything ();
  g_autoptr(GError) error = NULL;

  measure_decisions ("no rules", everything, moor_rules_home_state (everything));
  measure_decisions ("the default rules", defaults, moor_rules_home_state (defaults));
  measure_sweeps (TRUE);
  measure_sweeps (FALSE);
  if (argc > 1
      && (!measure_files (argv + 1, MOOR_PATHS_LINUX, &error)
          || !measure_files (argv + 1, MOOR_PATHS_WINDOWS, &error)))
    {
      g_printerr ("%s\n", error->message);
      return 1;
    }
  return 0;
}
