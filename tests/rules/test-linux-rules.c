/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-test.h"

#include "moor-fd.h"
#include "moor-rules.h"
#include "moor-target-rules.h"

#include <fcntl.h>
#include <libxml/parser.h>
#include <libxml/valid.h>
#include <libxml/xpath.h>
#include <string.h>

/* The rule files for Linux desktops: what is in them, and what they do to a computer on which all
 * those programs were used.  linux-desktop.paths says path by path what has to come of it. */

static const char *const file_names[] = { "MigApp.xml", "MigDocs.xml", "MigUser.xml" };
static const char *table_name;
static const char *dtd_name;

/* Components whose rules stand for something that is always there, or that is never put back:
 * the files say why, too. */
static const char *const always_there[] = {
  "Command line tools",
  "Documents elsewhere on this computer",
  "Documents of each person",
  "Documents of this computer",
};
static const char *const keep_both[] = {
  "Documents elsewhere on this computer",
  "Identity of the installation",
  "Shared folders",
};

G_DEFINE_AUTOPTR_CLEANUP_FUNC (xmlDoc, xmlFreeDoc)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (xmlDtd, xmlFreeDtd)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (xmlValidCtxt, xmlFreeValidCtxt)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (xmlXPathContext, xmlXPathFreeContext)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (xmlXPathObject, xmlXPathFreeObject)

static gboolean
is_listed (const char *const *names, gsize n_names, const char *name)
{
  for (gsize i = 0; i < n_names; i++)
    {
      if (g_str_equal (names[i], name))
        return TRUE;
    }
  return FALSE;
}

static char *
rule_file_path (const char *name)
{
  return g_build_filename (g_getenv ("MOORING_RULES"), name, NULL);
}

static xmlDoc *
read_xml (const char *name)
{
  g_autofree char *path = rule_file_path (name);
  xmlDoc *doc = xmlReadFile (path, NULL, XML_PARSE_NONET);

  if (doc == NULL)
    fail_msg ("%s is not well formed", path);
  return doc;
}

static void
test_the_files_keep_the_order_that_the_language_wants (void **state)
{
  g_autoptr(xmlDtd) dtd = xmlParseDTD (NULL, (const xmlChar *) dtd_name);

  assert_non_null (dtd);
  for (gsize i = 0; i < G_N_ELEMENTS (file_names); i++)
    {
      g_autoptr(xmlDoc) doc = read_xml (file_names[i]);
      g_autoptr(xmlValidCtxt) context = xmlNewValidCtxt ();

      if (!xmlValidateDtd (context, doc, dtd))
        fail_msg ("%s is no valid MigXML", file_names[i]);
    }
}

/* What an XPath expression counts below @node, or in the whole of @doc. */
static guint
count (xmlDoc *doc, xmlNode *node, const char *expression)
{
  g_autoptr(xmlXPathContext) context = xmlXPathNewContext (doc);
  g_autoptr(xmlXPathObject) result = NULL;

  context->node = node != NULL ? node : xmlDocGetRootElement (doc);
  result = xmlXPathEval ((const xmlChar *) expression, context);
  assert_non_null (result);
  return result->nodesetval != NULL ? (guint) result->nodesetval->nodeNr : 0;
}

static char *
display_name (xmlNode *component)
{
  for (xmlNode *child = component->children; child != NULL; child = child->next)
    {
      if (child->type == XML_ELEMENT_NODE && g_str_equal (child->name, "displayName"))
        {
          xmlChar *content = xmlNodeGetContent (child);
          char *name = g_strdup ((const char *) content);

          xmlFree (content);
          return name;
        }
    }
  fail_msg ("a component has no name for people");
  return NULL;
}

static void
assert_complete (xmlDoc *doc, xmlNode *component, GHashTable *names)
{
  static const char named[] = "role/rules[@name = //namedElements/rules[merge]/@name]";
  char *name = display_name (component);

  if (!g_hash_table_add (names, name))
    fail_msg ("two components are called “%s”", name);
  if (!is_listed (always_there, G_N_ELEMENTS (always_there), name)
      && count (doc, component, "role/detection") == 0)
    fail_msg ("“%s” does not say when it is there", name);
  if (!is_listed (keep_both, G_N_ELEMENTS (keep_both), name)
      && count (doc, component, named) + count (doc, component, "role/rules/merge") == 0)
    fail_msg ("“%s” does not say what happens when a file is there already", name);
}

static void
test_every_component_is_named_detected_and_merged (void **state)
{
  for (gsize i = 0; i < G_N_ELEMENTS (file_names); i++)
    {
      g_autoptr(xmlDoc) doc = read_xml (file_names[i]);
      g_autoptr(GHashTable) names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
      xmlNode *root = xmlDocGetRootElement (doc);

      for (xmlNode *child = root->children; child != NULL; child = child->next)
        {
          if (child->type == XML_ELEMENT_NODE && g_str_equal (child->name, "component"))
            assert_complete (doc, child, names);
        }
      assert_int_equal (g_hash_table_size (names), count (doc, NULL, "//component"));
      assert_int_equal (count (doc, NULL,
                               "//*[self::rules or self::detection][@name][not(*)]"
                               "[not(@name = //namedElements/*[*]/@name)]"),
                        0);
    }
}

/* ---- A computer on which everything was used ---- */

/* @taken: what has to come of it; @path: within the system. */
typedef struct
{
  char *file;
  gboolean taken;
  char *path;
  guint line;
} Row;

typedef struct
{
  char *root;
  int root_dfd;
  MoorRuleHost *host;
  GPtrArray *rows; /* (element-type Row) (owned) */
} Computer;

static void
row_free (gpointer data)
{
  Row *row = data;

  g_free (row->file);
  g_free (row->path);
  g_free (row);
}

/* "MigApp + ~/path with blanks" */
static void
read_row (const char *text, guint line, GPtrArray *rows)
{
  g_auto(GStrv) words = g_strsplit (text, " ", 3);
  Row *row;

  if (text[0] == '\0' || text[0] == '#')
    return;
  if (g_strv_length (words) != 3 || (words[1][0] != '+' && words[1][0] != '-'))
    fail_msg ("%s:%u: not “FILE +|- PATH”", table_name, line);
  row = g_new0 (Row, 1);
  row->file = g_strconcat (words[0], ".xml", NULL);
  row->taken = words[1][0] == '+';
  row->path = words[2][0] == '~' ? g_strconcat ("/home/alice", words[2] + 1, NULL)
                                 : g_strdup (words[2]);
  row->line = line;
  g_ptr_array_add (rows, row);
}

static GPtrArray *
read_rows (void)
{
  GPtrArray *rows = g_ptr_array_new_with_free_func (row_free);
  g_autofree char *content = NULL;
  g_autoptr(GError) error = NULL;
  g_auto(GStrv) lines = NULL;

  g_file_get_contents (table_name, &content, NULL, &error);
  assert_no_gerror (error);
  lines = g_strsplit (content, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    read_row (lines[i], i + 1, rows);
  return rows;
}

/* alice has her music in "Musik", and no templates. */
static void
add_alice (MoorRuleHost *host)
{
  static const char *const folders[][2] = {
    { "XDG_DESKTOP_DIR", "Desktop" },    { "XDG_DOCUMENTS_DIR", "Documents" },
    { "XDG_DOWNLOAD_DIR", "Downloads" }, { "XDG_MUSIC_DIR", "Musik" },
    { "XDG_PICTURES_DIR", "Pictures" },  { "XDG_PUBLICSHARE_DIR", "Public" },
    { "XDG_VIDEOS_DIR", "Videos" },
  };
  g_autoptr(GHashTable) xdg_folders = g_hash_table_new (g_str_hash, g_str_equal);

  for (gsize i = 0; i < G_N_ELEMENTS (folders); i++)
    g_hash_table_insert (xdg_folders, (gpointer) folders[i][0], (gpointer) folders[i][1]);
  moor_rule_user_set_linux_variables (moor_rule_host_add_user (host, "alice", "/home/alice"),
                                      xdg_folders);
}

static int
setup (void **state)
{
  Computer *computer = g_new0 (Computer, 1);

  computer->rows = read_rows ();
  computer->root = moor_test_dir_new ();
  for (guint i = 0; i < computer->rows->len; i++)
    {
      const Row *row = g_ptr_array_index (computer->rows, i);

      moor_test_write (computer->root, row->path + 1, "x");
    }
  computer->root_dfd = open (computer->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
  assert_true (computer->root_dfd >= 0);
  computer->host = moor_rule_host_new (MOOR_PATHS_LINUX, computer->root_dfd);
  moor_rule_host_set_linux_variables (computer->host);
  moor_rule_host_add_drive (computer->host, MOOR_DRIVE_FIXED, "");
  moor_rule_host_add_drive (computer->host, MOOR_DRIVE_FIXED, "/data");
  g_ptr_array_add (computer->host->all_homes, g_strdup ("/home/alice"));
  g_ptr_array_add (computer->host->all_homes, g_strdup ("/home/bob"));
  add_alice (computer->host);
  *state = computer;
  return 0;
}

static int
teardown (void **state)
{
  Computer *computer = *state;

  moor_rule_host_free (computer->host);
  moor_fd_close (computer->root_dfd);
  moor_test_dir_free (computer->root);
  g_ptr_array_unref (computer->rows);
  g_free (computer);
  return 0;
}

static MoorRuleOutcome *
evaluate_file (const MoorRuleHost *host, const char *name, MoorRulesSide side)
{
  g_autoptr(MoorRuleSet) set = moor_rule_set_new ();
  g_autofree char *path = rule_file_path (name);
  g_autofree char *content = NULL;
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GError) error = NULL;
  MoorRuleOutcome *outcome;
  gsize n_bytes = 0;

  g_file_get_contents (path, &content, &n_bytes, &error);
  assert_no_gerror (error);
  bytes = g_bytes_new (content, n_bytes);
  (void) moor_rule_set_add_file (set, name, bytes, &error);
  assert_no_gerror (error);
  outcome = moor_rule_set_evaluate (set, host, side, NULL, &error);
  assert_no_gerror (error);
  return outcome;
}

/* What is said of patterns that are no mistake: alice's templates. */
static gboolean
is_expected (const MoorFinding *finding)
{
  return strstr (finding->text, "XDG_TEMPLATES_DIR") != NULL
         || strstr (finding->text, "%FOLDER%") != NULL;
}

static void
assert_nothing_wrong (const char *name, const GPtrArray *findings)
{
  for (guint i = 0; i < findings->len; i++)
    {
      const MoorFinding *finding = g_ptr_array_index (findings, i);
      g_autofree char *text = moor_finding_format (finding);

      if (!is_expected (finding))
        fail_msg ("%s: %s", name, text);
    }
}

static void
test_lint_and_a_linux_system_find_nothing_wrong (void **state)
{
  Computer *computer = *state;

  for (gsize i = 0; i < G_N_ELEMENTS (file_names); i++)
    {
      g_autoptr(MoorRuleOutcome)
                     outcome = evaluate_file (computer->host, file_names[i], MOOR_RULES_AT_SOURCE);
      g_autofree char *path = rule_file_path (file_names[i]);
      g_autofree char *content = NULL;
      g_autoptr(GBytes) bytes = NULL;
      g_autoptr(GPtrArray) findings = NULL;
      gsize n_bytes = 0;

      assert_true (g_file_get_contents (path, &content, &n_bytes, NULL));
      bytes = g_bytes_new (content, n_bytes);
      findings = moor_rules_lint (file_names[i], bytes);
      assert_nothing_wrong (file_names[i], findings);
      assert_nothing_wrong (file_names[i], outcome->findings);
    }
}

/* The language by its book, without what makes it fast: the most specific rule of a component
 * decides, at a tie the exclude, and what one component includes is taken. */
static gboolean
takes (const MoorRuleOutcome *outcome, const char *path)
{
  g_autoptr(GHashTable) includes = g_hash_table_new (NULL, NULL);
  g_autoptr(GHashTable) excludes = g_hash_table_new (NULL, NULL);
  GHashTableIter iter;
  gpointer component;
  gpointer include;

  for (guint i = 0; i < outcome->items->len; i++)
    {
      const MoorRuleItem *item = g_ptr_array_index (outcome->items, i);
      GHashTable *best = item->kind == MOOR_RULE_INCLUDE ? includes : excludes;
      gpointer key = GUINT_TO_POINTER (item->component + 1);
      const MoorRuleItem *other;

      if (item->kind > MOOR_RULE_UNCONDITIONAL_EXCLUDE
          || !moor_pattern_matches (item->pattern, MOOR_PATHS_LINUX, path, FALSE))
        continue;
      if (item->kind == MOOR_RULE_UNCONDITIONAL_EXCLUDE)
        return FALSE;
      other = g_hash_table_lookup (best, key);
      if (other == NULL || moor_pattern_compare (item->pattern, other->pattern) > 0)
        g_hash_table_insert (best, key, (gpointer) item);
    }

  g_hash_table_iter_init (&iter, includes);
  while (g_hash_table_iter_next (&iter, &component, &include))
    {
      const MoorRuleItem *exclude = g_hash_table_lookup (excludes, component);

      if (exclude == NULL
          || moor_pattern_compare (((const MoorRuleItem *) include)->pattern, exclude->pattern) > 0)
        return TRUE;
    }
  return FALSE;
}

static void
test_each_path_is_taken_or_left_out_as_the_table_says (void **state)
{
  Computer *computer = *state;
  guint n_wrong = 0;
  guint n_rows = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (file_names); i++)
    {
      g_autoptr(MoorRuleOutcome)
                     outcome = evaluate_file (computer->host, file_names[i], MOOR_RULES_AT_SOURCE);

      for (guint j = 0; j < computer->rows->len; j++)
        {
          const Row *row = g_ptr_array_index (computer->rows, j);

          if (!g_str_equal (row->file, file_names[i]))
            continue;
          n_rows++;
          if (takes (outcome, row->path) != row->taken)
            {
              print_message ("%s:%u: %s %s %s\n", table_name, row->line, row->file,
                             row->taken ? "does not take" : "takes", row->path);
              n_wrong++;
            }
        }
    }
  assert_int_equal (n_rows, computer->rows->len);
  assert_int_equal (n_wrong, 0);
}

/* As a walk comes to @path: from the top of the home or of the system, a folder at a time. */
static gboolean
walk_takes (const MoorRules *rules, const char *path)
{
  static const char home[] = "/home/alice";
  const gboolean in_home = g_str_has_prefix (path, home) && path[strlen (home)] == '/';
  g_auto(GStrv) names = g_strsplit (path + (in_home ? strlen (home) : 0) + 1, "/", -1);
  MoorRuleState state = moor_rules_state_at (rules, in_home ? home : "");

  for (guint i = 0; names[i] != NULL; i++)
    {
      const gboolean is_dir = names[i + 1] != NULL;
      MoorDecision decision = { 0 };

      moor_rules_decide (rules, state, names[i], is_dir, &decision);
      if (!is_dir)
        return decision.selected;
      if (!decision.descend)
        return FALSE;
      state = decision.state;
    }
  return FALSE;
}

static void
test_a_walk_with_the_compiled_rules_takes_the_same (void **state)
{
  Computer *computer = *state;

  for (gsize i = 0; i < G_N_ELEMENTS (file_names); i++)
    {
      g_autoptr(MoorRuleOutcome)
                     outcome = evaluate_file (computer->host, file_names[i], MOOR_RULES_AT_SOURCE);
      g_autoptr(GError) error = NULL;
      g_autoptr(MoorRules) rules = moor_rules_compile (outcome, MOOR_PATHS_LINUX, &error);

      assert_no_gerror (error);
      for (guint j = 0; j < computer->rows->len; j++)
        {
          const Row *row = g_ptr_array_index (computer->rows, j);

          if (g_str_equal (row->file, file_names[i]) && walk_takes (rules, row->path) != row->taken)
            fail_msg ("%s:%u: a walk %s %s", table_name, row->line,
                      row->taken ? "does not come to" : "takes", row->path);
        }
    }
}

/* Settings come back as they were, of documents both are kept; but these. */
static MoorMergeKind
expected_merge (const Row *row)
{
  static const struct
  {
    const char *path;
    MoorMergeKind kind;
  } others[] = {
    { "/etc/systemd/user/own.service", MOOR_MERGE_DESTINATION },
    { "/etc/systemd/user/default.target.wants/own.service", MOOR_MERGE_DESTINATION },
    { "/home/alice/.config/user-dirs.dirs", MOOR_MERGE_SOURCE },
    { "/home/alice/.config/user-dirs.locale", MOOR_MERGE_SOURCE },
    { "/var/lib/samba/usershares/plans", MOOR_MERGE_SOURCE },
    { "/home/alice/Desktop/browser.desktop", MOOR_MERGE_DESTINATION },
    { "/home/alice/Documents/.directory", MOOR_MERGE_DESTINATION },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (others); i++)
    {
      if (g_str_equal (row->path, others[i].path))
        return others[i].kind;
    }
  return g_str_equal (row->file, "MigApp.xml") ? MOOR_MERGE_SOURCE : MOOR_MERGE_DEFAULT;
}

static void
assert_merged (const MoorTargetRules *rules, const Row *row)
{
  MoorMergeRule merge;

  moor_target_rules_merge (rules, row->path, &merge);
  if (merge.kind != expected_merge (row))
    fail_msg ("%s:%u: a rule of the other kind decides when %s is there already", table_name,
              row->line, row->path);
}

static void
test_settings_come_back_as_they_were_and_documents_beside_others (void **state)
{
  Computer *computer = *state;

  for (gsize i = 0; i < G_N_ELEMENTS (file_names); i++)
    {
      g_autoptr(MoorRuleOutcome) outcome = evaluate_file (computer->host, file_names[i],
                                                           MOOR_RULES_AT_DESTINATION);
      g_autoptr(GError) error = NULL;
      g_autoptr(MoorTargetRules) rules = moor_target_rules_new (outcome, computer->host, &error);

      assert_no_gerror (error);
      for (guint j = 0; j < computer->rows->len; j++)
        {
          const Row *row = g_ptr_array_index (computer->rows, j);

          if (row->taken && g_str_equal (row->file, file_names[i]))
            assert_merged (rules, row);
        }
    }
}

static void
test_a_home_without_programs_has_no_program_detected (void **state)
{
  g_autofree char *root = moor_test_dir_new ();
  g_auto(MoorFd) root_dfd = open (root, O_PATH | O_DIRECTORY | O_CLOEXEC);
  g_autoptr(MoorRuleHost) host = moor_rule_host_new (MOOR_PATHS_LINUX, root_dfd);
  g_autoptr(MoorRuleOutcome) outcome = NULL;

  moor_test_write (root, "home/alice/Documents/letter.odt", "x");
  moor_rule_host_set_linux_variables (host);
  moor_rule_host_add_drive (host, MOOR_DRIVE_FIXED, "");
  add_alice (host);
  outcome = evaluate_file (host, "MigApp.xml", MOOR_RULES_AT_SOURCE);
  for (guint i = 0; i < outcome->components->len; i++)
    {
      const MoorRuleComponent *component = g_ptr_array_index (outcome->components, i);

      if (component->detected
          && !is_listed (always_there, G_N_ELEMENTS (always_there), component->path))
        fail_msg ("“%s” is there", component->path);
    }
  moor_test_dir_free (g_steal_pointer (&root));
}

int
main (int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_the_files_keep_the_order_that_the_language_wants),
    cmocka_unit_test (test_every_component_is_named_detected_and_merged),
    cmocka_unit_test_setup_teardown (test_lint_and_a_linux_system_find_nothing_wrong, setup,
                                     teardown),
    cmocka_unit_test_setup_teardown (test_each_path_is_taken_or_left_out_as_the_table_says, setup,
                                     teardown),
    cmocka_unit_test_setup_teardown (test_a_walk_with_the_compiled_rules_takes_the_same, setup,
                                     teardown),
    cmocka_unit_test_setup_teardown (
        test_settings_come_back_as_they_were_and_documents_beside_others, setup, teardown),
    cmocka_unit_test (test_a_home_without_programs_has_no_program_detected),
  };

  if (argc != 3)
    return 2;
  table_name = argv[1];
  dtd_name = argv[2];
  return cmocka_run_group_tests_name ("rules/linux", tests, NULL, NULL);
}
