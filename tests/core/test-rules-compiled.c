/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outcome-fixture.h"

#include <string.h>

#include "moor-error.h"
#include "moor-lock.h"

/* What somebody has to free by fixture_outcome_free(). */
typedef MoorRuleOutcome Outcome;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Outcome, fixture_outcome_free)

/* The trees of the worked cases; directories end with a backslash. */
#define T1 \
  "C:\\top.txt|C:\\Dir1\\a.txt|C:\\Dir1\\a.doc|C:\\Dir1\\Sub\\b.txt|C:\\Dir1\\Sub\\b.doc|" \
  "C:\\Dir1\\Dir2\\c.txt|C:\\Dir1\\Dir2\\c.doc|C:\\Dir1\\Dir2\\Deep\\d.txt|" \
  "C:\\Dir1\\Dir2\\Deep\\d.doc|C:\\Other\\o.txt"
#define ALL_8 \
  "C:\\Dir1\\a.txt|C:\\Dir1\\a.doc|C:\\Dir1\\Sub\\b.txt|C:\\Dir1\\Sub\\b.doc|" \
  "C:\\Dir1\\Dir2\\c.txt|C:\\Dir1\\Dir2\\c.doc|C:\\Dir1\\Dir2\\Deep\\d.txt|" \
  "C:\\Dir1\\Dir2\\Deep\\d.doc"
#define DOCS_4 \
  "C:\\Dir1\\a.doc|C:\\Dir1\\Sub\\b.doc|C:\\Dir1\\Dir2\\c.doc|C:\\Dir1\\Dir2\\Deep\\d.doc"
#define TXTS_4 \
  "C:\\Dir1\\a.txt|C:\\Dir1\\Sub\\b.txt|C:\\Dir1\\Dir2\\c.txt|C:\\Dir1\\Dir2\\Deep\\d.txt"
#define DIR2_4 \
  "C:\\Dir1\\Dir2\\c.txt|C:\\Dir1\\Dir2\\c.doc|C:\\Dir1\\Dir2\\Deep\\d.txt|" \
  "C:\\Dir1\\Dir2\\Deep\\d.doc"
#define T_DATA \
  "C:\\data\\|C:\\data\\New Folder\\|C:\\data\\test (1).txt|C:\\data\\test.txt|" \
  "C:\\data\\New Folder\\New Text Document.txt"
#define T_DOCX T_DATA "|C:\\data\\test.docx|C:\\data\\New Folder\\test.docx"
#define T_ENG \
  "C:\\Eng\\s.doc|C:\\Eng\\Sample.doc|C:\\Eng\\Sub\\Sample.doc|C:\\p\\q\\Eng\\y|D:\\Eng\\z|" \
  "C:\\Sample.doc|D:\\sample.DOC"
#define T_MP3 "C:\\a.mp3|C:\\a.txt|C:\\Data\\b.mp3|C:\\Data\\b.txt|D:\\c.mp3|D:\\c.txt"
#define T_NEW "D:\\new folder\\new text document.txt"

typedef struct
{
  const char *id;
  const char *rules;  /* lines */
  const char *tree;   /* objects, by | */
  const char *stored; /* those of them that are */
} Case;

/* clang-format off */
static const Case cases[] = {
  { "A1", "INC C:\\Dir1\\* [*]\nEXC C:\\* [*.txt]", T1, ALL_8 },
  { "A2", "INC C:\\Dir1\\* [*]\nEXC C:\\Dir1\\Dir2\\* [*.txt]", T1,
    "C:\\Dir1\\a.txt|C:\\Dir1\\a.doc|C:\\Dir1\\Sub\\b.txt|C:\\Dir1\\Sub\\b.doc|"
    "C:\\Dir1\\Dir2\\c.doc|C:\\Dir1\\Dir2\\Deep\\d.doc" },
  { "A3", "INC C:\\Dir1\\* [*]\nEXC C:\\Dir1\\* [*.txt]", T1, DOCS_4 },
  { "A4", "INC C:\\Dir1\\Dir2\\* [*.txt]\nEXC C:\\Dir1\\Dir2\\* [*.txt]", T1, "" },
  { "A5", "INC C:\\Dir1\\* [*.txt]\nEXC C:\\Dir1\\Dir2\\* [*]", T1,
    "C:\\Dir1\\a.txt|C:\\Dir1\\Sub\\b.txt" },
  { "A6 as decided", "INC C:\\Dir1\\Dir2\\* [*]\nEXC C:\\Dir1\\* [*.txt]", T1, DIR2_4 },
  { "A7", "INC C:\\* [*]\nEXC C:\\* [*.txt]", T1, DOCS_4 },
  { "A8", "INC C:\\Dir1\\* [*]\nEXC C:\\Dir1\\ [*]", T1,
    "C:\\Dir1\\Sub\\b.txt|C:\\Dir1\\Sub\\b.doc|" DIR2_4 },
  { "A9", "INC C:\\Dir1\\* [*]\nEXC C:\\Dir1\\ [a.doc]", T1,
    "C:\\Dir1\\a.txt|C:\\Dir1\\Sub\\b.txt|C:\\Dir1\\Sub\\b.doc|" DIR2_4 },
  { "A10", "EXC C:\\Dir1\\* [*]", T1, "" },
  { "A10 beside another", "EXC C:\\Dir1\\* [*]\n2 INC C:\\Dir1\\* [*]", T1, ALL_8 },
  { "A11", "INC C:\\Dir1\\ [*]", T1, "C:\\Dir1\\a.txt|C:\\Dir1\\a.doc" },
  { "A12", "INC C:\\Dir1\\*", T1 "|C:\\Dir1\\|C:\\Dir1\\Sub\\|C:\\Other\\",
    "C:\\Dir1\\|C:\\Dir1\\Sub\\" },
  { "A13", "INC C:\\* [c.txt]", T1, "C:\\Dir1\\Dir2\\c.txt" },
  { "A14", "INC C:\\Dir1\\* [*]\nEXC C:\\Dir1\\Dir2\\* [*.txt]\n"
    "2 INC C:\\Dir1\\Dir2\\* [*.txt]\n2 EXC C:\\Dir1\\* [*]", T1, ALL_8 },
  { "A15", "EXC C:\\Dir1\\Dir2\\* [*]\n2 INC C:\\Dir1\\* [*.txt]", T1, TXTS_4 },
  { "A16 as decided", "INC C:\\Dir1\\Dir2\\* [*]\n2 EXC C:\\Dir1\\* [*.txt]", T1, DIR2_4 },
  { "A17", "INC C:\\Dir1\\* [*]\n2 UEX C:\\* [*.txt]", T1, DOCS_4 },
  { "A18", "2 UEX C:\\* [*.txt]\nINC C:\\Dir1\\* [*]", T1, DOCS_4 },
  { "A19", "EXC C:\\Dir1\\* [*.txt]\nINC C:\\Dir1\\* [*]", T1, DOCS_4 },
  { "A20", "EXC C:\\Userdocs\\* [*.mp3]\n2 INC C:\\Userdocs\\ [*]",
    "C:\\Userdocs\\x.mp3|C:\\Userdocs\\x.doc|C:\\Userdocs\\sub\\y.mp3",
    "C:\\Userdocs\\x.mp3|C:\\Userdocs\\x.doc" },
  { "A21", "INC C:\\Data\\* [*]\nEXC C:\\* [*.mp3]", T_MP3, "C:\\Data\\b.mp3|C:\\Data\\b.txt" },
  { "B1", "INC c:\\data\\ [*]", T_DATA, "C:\\data\\|C:\\data\\test (1).txt|C:\\data\\test.txt" },
  { "B2", "INC c:\\data\\* [*]", T_DATA, T_DATA },
  { "B3", "INC c:\\data\\* [*]\nEXC c:\\* [*.txt]", T_DOCX, T_DOCX },
  { "B4", "INC c:\\data\\* [*]\nEXC c:\\data\\* [*.txt]", T_DOCX,
    "C:\\data\\|C:\\data\\New Folder\\|C:\\data\\test.docx|C:\\data\\New Folder\\test.docx" },
  { "directories go with [*]", "INC c:\\data\\* [*]\nEXC c:\\data\\New Folder\\* [*]", T_DOCX,
    "C:\\data\\|C:\\data\\test (1).txt|C:\\data\\test.txt|C:\\data\\test.docx" },
  { "D2", "INC C:\\Eng\\* [*]", T_ENG, "C:\\Eng\\s.doc|C:\\Eng\\Sample.doc|C:\\Eng\\Sub\\Sample.doc" },
  { "D3", "INC  C:\\Eng\\ [*]", T_ENG, "C:\\Eng\\s.doc|C:\\Eng\\Sample.doc" },
  { "D4", "INC C:\\Eng\\* [*]\nINC C:\\*\\Eng\\* [*]\nINC D:\\Eng\\* [*]\nINC D:\\*\\Eng\\* [*]",
    T_ENG "|E:\\Eng\\x", "C:\\Eng\\s.doc|C:\\Eng\\Sample.doc|C:\\Eng\\Sub\\Sample.doc|"
    "C:\\p\\q\\Eng\\y|D:\\Eng\\z" },
  { "D5", "INC C:\\*\\Eng\\* [*]\nINC C:\\Eng\\* [*]", T_ENG,
    "C:\\Eng\\s.doc|C:\\Eng\\Sample.doc|C:\\Eng\\Sub\\Sample.doc|C:\\p\\q\\Eng\\y" },
  { "D5, only the first", "INC C:\\*\\Eng\\* [*]", T_ENG, "C:\\p\\q\\Eng\\y" },
  { "D7", "INC C:\\Eng\\ [Sample.doc]", T_ENG, "C:\\Eng\\Sample.doc" },
  { "D8", "INC  C:\\* [Sample.doc] ", T_ENG,
    "C:\\Eng\\Sample.doc|C:\\Eng\\Sub\\Sample.doc|C:\\Sample.doc" },
  { "D9", "INC C:\\* [sample.doc]\nINC D:\\* [sample.doc]", T_ENG,
    "C:\\Eng\\Sample.doc|C:\\Eng\\Sub\\Sample.doc|C:\\Sample.doc|D:\\sample.DOC" },
  { "E1", "INC C:\\* [*]\nEXC C:\\* [*.mp3]", T_MP3, "C:\\a.txt|C:\\Data\\b.txt" },
  { "E2", "INC C:\\Data\\* [*]\nEXC  C:\\Data\\temp\\* [*]",
    "C:\\Data\\a|C:\\Data\\temp\\b|C:\\Data\\temp\\x\\c", "C:\\Data\\a" },
  { "E5", "INC C:\\* [*]\nEXC C:\\* [Sample.doc]", T_ENG, "C:\\Eng\\s.doc|C:\\p\\q\\Eng\\y" },
  { "E6", "2 UEX C:\\* [*.mp3]\n2 UEX D:\\* [*.mp3]\nINC C:\\Data\\ [b.mp3]\nINC C:\\* [*]\n"
    "INC D:\\* [*]", T_MP3, "C:\\a.txt|C:\\Data\\b.txt|D:\\c.txt" },
  { "E7", "UEX c:\\*[*]\nINC C:\\* [*]\n2 INC D:\\* [*]", T_MP3, "D:\\c.mp3|D:\\c.txt" },
  { "E9", "INC C:\\* [*.doc]\nUEX C:\\Program Files\\* [*]\nUEX C:\\Windows\\* [*]",
    "C:\\a.doc|C:\\Program Files\\b.doc|C:\\Windows\\x\\c.doc|C:\\w\\d.doc", "C:\\a.doc|C:\\w\\d.doc" },
  { "E20", "INC D:\\new folder\\* [*]", T_NEW, T_NEW },
  { "E21", "INC D:\\new folder\\* [*]\nINC D:\\new folder [new text document.txt]\n"
    "EXC D:\\New folder\\[new text document.txt]\nEXC D:\\New folder\\*[*.txt]", T_NEW, "" },
  { "E22", "INC D:\\new folder\\* [*]\nEXC D:\\*[*.txt]", T_NEW, T_NEW },
  { "E23", "INC D:\\new folder\\* [*]\nUEX D:\\*[*.txt]", T_NEW, "" },
  { "E24", "INC D:\\new folder\\* [*]\n3 UEX D:\\*[*.txt]", T_NEW, "" },
  { "H17", "INC c:\\documents\\mydocs [file^].txt]",
    "C:\\documents\\mydocs\\file].txt|C:\\documents\\mydocs\\file.txt",
    "C:\\documents\\mydocs\\file].txt" },
};
/* clang-format on */

static gboolean
decide_windows (const MoorRules *rules, const char *object)
{
  g_autofree char *path = g_strconcat ("/", object, NULL);
  gboolean is_dir;

  g_strdelimit (path, "\\", '/');
  is_dir = g_str_has_suffix (path, "/");
  if (is_dir)
    path[strlen (path) - 1] = '\0';
  return fixture_decide (rules, path, is_dir).selected;
}

static Outcome *
outcome_from (const char *lines, MoorPathStyle style)
{
  g_auto(GStrv) each = g_strsplit (lines, "\n", -1);
  Outcome *outcome = fixture_outcome_new (4);

  for (guint i = 0; each[i] != NULL; i++)
    (void) fixture_add_line (outcome, each[i], style);
  return outcome;
}

static void
test_worked_cases_come_out_as_they_are_documented (void **state)
{
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(Outcome) outcome = outcome_from (cases[i].rules, MOOR_PATHS_WINDOWS);
      g_autoptr(MoorRules) rules = fixture_compile (outcome, MOOR_PATHS_WINDOWS);
      g_auto(GStrv) objects = g_strsplit (cases[i].tree, "|", -1);
      g_auto(GStrv) stored = g_strsplit (cases[i].stored, "|", -1);

      for (guint j = 0; objects[j] != NULL; j++)
        {
          const gboolean expected = g_strv_contains ((const char *const *) stored, objects[j]);

          if (decide_windows (rules, objects[j]) != expected)
            fail_msg ("%s: “%s” is %sto be stored", cases[i].id, objects[j],
                      expected ? "" : "not ");
        }
    }
}

/* Chance */

typedef struct
{
  GRand *rand;
  Outcome *outcome;
  MoorRules *rules;
  MoorPathStyle style;
  guint64 size; /* of every file */
  guint n_decided;
  guint n_pruned;
} Trial;

static const char *const dir_names[] = { "a", "b", "ab", "b.txt" };
static const char *const file_names[] = { "a", "ab", "b.txt", "a.b.txt", ".txt", "x" };

static const char *
pick (GRand *rand, const char *const *of, guint n)
{
  return of[g_rand_int_range (rand, 0, (gint32) n)];
}

static MoorPattern *
random_pattern (GRand *rand)
{
  static const char *const parts[] = { "a",  "a",   "b",   "ab",    "*",    "a*",
                                       "*b", "*b*", "a*b", "b.txt", "*a*b*" };
  static const char *const leaves[] = { NULL,    "*",       "*",  "*",   "a",  "b.txt",
                                        "*.txt", "*.b.txt", "a*", "*b*", "*x", "a*.txt" };
  static const char *const opens[] = { "*", "*a", "*b*", "*a*b" };
  MoorPattern *pattern = g_new0 (MoorPattern, 1);
  g_autoptr(GString) node = g_string_new (NULL);
  gint n_parts = g_rand_int_range (rand, 0, 4);

  if (g_rand_int_range (rand, 0, 6) == 0)
    g_string_append (node, pick (rand, opens, G_N_ELEMENTS (opens)));
  for (gint i = 0; i < n_parts; i++)
    g_string_append_printf (node, "/%s", pick (rand, parts, G_N_ELEMENTS (parts)));
  pattern->node = g_string_free (g_steal_pointer (&node), FALSE);
  pattern->leaf = g_strdup (pick (rand, leaves, G_N_ELEMENTS (leaves)));
  pattern->subtree = g_rand_int_range (rand, 0, 3) > 0;
  if (g_str_equal (pattern->node, "*"))
    {
      /* That is how it is read. */
      pattern->node[0] = '\0';
      pattern->subtree = TRUE;
    }
  return pattern;
}

static Outcome *
random_outcome (GRand *rand, const MoorCall *filter)
{
  Outcome *outcome = fixture_outcome_new (3);
  gint n_rules = g_rand_int_range (rand, 1, 9);

  for (gint i = 0; i < n_rules; i++)
    {
      gint kind = g_rand_int_range (rand, 0, 10);
      MoorRuleItem *item = fixture_add (outcome,
                                        kind < 5   ? MOOR_RULE_INCLUDE
                                        : kind < 9 ? MOOR_RULE_EXCLUDE
                                                   : MOOR_RULE_UNCONDITIONAL_EXCLUDE,
                                        (guint) g_rand_int_range (rand, 0, 3),
                                        random_pattern (rand));

      item->user = g_rand_int_range (rand, -1, 2);
      if (g_rand_int_range (rand, 0, 8) == 0)
        item->call = filter;
    }
  return outcome;
}

static gboolean
oracle_matches (const Trial *trial, const MoorRuleItem *item, const char *path, gboolean is_dir)
{
  /* The filter of these tests: at least 100 bytes.  Directories count as empty. */
  if (item->call != NULL && (is_dir || trial->size < 100))
    return FALSE;
  return moor_pattern_matches (item->pattern, trial->style, path, is_dir);
}

/* The best of one component and person decides: as the text says, rule by rule. */
static gboolean
oracle_group (const Trial *trial, const MoorRuleItem *of, const char *path, gboolean is_dir)
{
  const MoorRuleItem *best = NULL;

  for (guint i = 0; i < trial->outcome->items->len; i++)
    {
      const MoorRuleItem *item = g_ptr_array_index (trial->outcome->items, i);
      int more;

      if (item->component != of->component || item->user != of->user
          || item->kind == MOOR_RULE_UNCONDITIONAL_EXCLUDE
          || !oracle_matches (trial, item, path, is_dir))
        continue;
      more = best != NULL ? moor_pattern_compare (item->pattern, best->pattern) : 1;
      if (more > 0 || (more == 0 && item->kind == MOOR_RULE_EXCLUDE))
        best = item;
    }
  return best != NULL && best->kind == MOOR_RULE_INCLUDE;
}

static gboolean
oracle (const Trial *trial, const char *path, gboolean is_dir)
{
  gboolean selected = FALSE;

  for (guint i = 0; i < trial->outcome->items->len; i++)
    {
      const MoorRuleItem *item = g_ptr_array_index (trial->outcome->items, i);

      if (item->kind == MOOR_RULE_UNCONDITIONAL_EXCLUDE
          && oracle_matches (trial, item, path, is_dir))
        return FALSE;
      selected = selected || oracle_group (trial, item, path, is_dir);
    }
  return selected;
}

static void
fail_with_rules (const Trial *trial, const char *path, gboolean is_dir, const char *what)
{
  g_autoptr(GString) text = g_string_new (NULL);

  for (guint i = 0; i < trial->outcome->items->len; i++)
    {
      const MoorRuleItem *item = g_ptr_array_index (trial->outcome->items, i);
      g_autofree char *pattern = moor_pattern_format (item->pattern, MOOR_PATHS_LINUX);

      g_string_append_printf (text, "\n  kind %d component %u user %d: “%s”%s", item->kind,
                              item->component, item->user, pattern,
                              item->call != NULL ? " (filtered)" : "");
    }
  fail_msg ("%s “%s”: %s, with%s", is_dir ? "directory" : "file", path, what, text->str);
}

/* @name with other capitals, where they do not count. */
static char *
vary (const Trial *trial, const char *name)
{
  if (trial->style == MOOR_PATHS_LINUX || g_rand_boolean (trial->rand))
    return g_strdup (name);
  return g_ascii_strup (name, -1);
}

static void
check_one (Trial *trial,
           MoorRuleState state,
           gboolean reachable,
           const char *directory,
           const char *name,
           gboolean is_dir,
           MoorDecision *out)
{
  g_autofree char *path = g_strconcat (directory, "/", name, NULL);
  g_autofree char *varied = vary (trial, name);
  const gboolean expected = oracle (trial, path, is_dir);
  struct statx stx = { .stx_mode = is_dir ? S_IFDIR | 0700 : S_IFREG | 0600,
                       .stx_size = trial->size };
  MoorLook look = { .dfd = -1, .name = name, .stx = &stx };

  trial->n_decided++;
  if (!reachable && expected)
    fail_with_rules (trial, path, is_dir, "it is taken, but nobody would get there");
  moor_rules_decide (trial->rules, state, varied, is_dir, out);
  if (!out->needs_look && out->selected != expected)
    fail_with_rules (trial, path, is_dir, "decided otherwise");
  if (out->selected
      && (out->rule < 0
          || moor_rules_get_item (trial->rules, (guint) out->rule)->kind != MOOR_RULE_INCLUDE))
    fail_with_rules (trial, path, is_dir, "no include took it");
  moor_rules_look (trial->rules, state, varied, is_dir, &look, out);
  if (out->needs_look || out->selected != expected)
    fail_with_rules (trial, path, is_dir, "decided otherwise after a look");
  if (!is_dir && out->descend)
    fail_with_rules (trial, path, is_dir, "nothing is below a file");
}

static void
check_below (Trial *trial, MoorRuleState state, gboolean reachable, const char *path, guint depth)
{
  for (gsize i = 0; i < G_N_ELEMENTS (file_names); i++)
    {
      MoorDecision decision;

      check_one (trial, state, reachable, path, file_names[i], FALSE, &decision);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (dir_names) && depth > 0; i++)
    {
      g_autofree char *below = g_strconcat (path, "/", dir_names[i], NULL);
      MoorDecision decision;

      check_one (trial, state, reachable, path, dir_names[i], TRUE, &decision);
      if (decision.state != moor_rules_state_at (trial->rules, below))
        fail_with_rules (trial, below, TRUE, "another state from the top");
      trial->n_pruned += !decision.descend;
      check_below (trial, decision.state, reachable && decision.descend, below, depth - 1);
    }
}

static void
check_chance (MoorPathStyle style, guint n_trials)
{
  const MoorOrigin origin = { .file = "Own.xml", .line = 1 };
  g_autoptr(MoorCall) filter = moor_call_parse (
      "MigXmlHelper.FileProperties(\"filesize\",\"gte\",\"100B\")", &origin, NULL);
  const char *seed = g_getenv ("MOOR_TEST_SEED");
  g_autoptr(GRand) rand = g_rand_new_with_seed (
      seed != NULL ? (guint32) g_ascii_strtoull (seed, NULL, 10) : 20260);
  Trial trial = { .rand = rand, .style = style };

  assert_non_null (filter);
  for (guint i = 0; i < n_trials; i++)
    {
      g_autoptr(Outcome) outcome = random_outcome (rand, filter);
      g_autoptr(MoorRules) rules = fixture_compile (outcome, style);

      trial.outcome = outcome;
      trial.rules = rules;
      trial.size = g_rand_boolean (rand) ? 50 : 200;
      check_below (&trial, moor_rules_state_at (rules, ""), TRUE, "", 3);
    }
  assert_true (trial.n_pruned > n_trials);
  print_message ("%u decisions, %u directories not entered\n", trial.n_decided, trial.n_pruned);
}

static void
test_decisions_are_those_of_the_text (void **state)
{
  check_chance (MOOR_PATHS_LINUX, 2500);
}

static void
test_decisions_are_those_of_the_text_where_case_does_not_count (void **state)
{
  check_chance (MOOR_PATHS_WINDOWS, 700);
}

#define K "HKLM\\Software\\Microsoft\\Command Processor"
#define T_K K " [DefaultColor]|" K " [CompletionChar]|" K " [AutoRun]|" K "\\Sub [X]"

/* As @cases, with values. */
static const Case registry_cases[] = {
  { "A30", "INC " K "\\* [*]\nEXC " K " [DefaultColor]", T_K,
    K " [CompletionChar]|" K " [AutoRun]|" K "\\Sub [X]" },
  { "A31", "INC " K " [DefaultColor]\nEXC " K "\\* [*]", T_K, K " [DefaultColor]" },
  { "A32", "INC " K " [DefaultColor]\nEXC " K " [DefaultColor]", T_K, "" },
  { "A33",
    "INC " K " [DefaultColor]\nEXC " K "\\* [*]\n2 INC " K "\\* [*]\n2 EXC " K " [DefaultColor]",
    T_K, T_K },
  { "A34", "INC HKCU\\testReg[*]\n2 INC HKCU\\other\\*[*]\n3 UEX HKCU\\*[*]",
    "HKCU\\testReg [a]|HKCU\\other\\b [c]", "" },
};

static void
test_worked_cases_of_the_registry_come_out_as_they_are_documented (void **state)
{
  for (gsize i = 0; i < G_N_ELEMENTS (registry_cases); i++)
    {
      g_auto(GStrv) lines = g_strsplit (registry_cases[i].rules, "\n", -1);
      g_auto(GStrv) values = g_strsplit (registry_cases[i].tree, "|", -1);
      g_auto(GStrv) stored = g_strsplit (registry_cases[i].stored, "|", -1);
      g_autoptr(Outcome) outcome = fixture_outcome_new (4);
      g_autoptr(MoorRules) rules = NULL;

      for (guint j = 0; lines[j] != NULL; j++)
        (void) fixture_add_typed (outcome, MOOR_PATTERN_REGISTRY, lines[j], MOOR_PATHS_WINDOWS);
      rules = fixture_compile (outcome, MOOR_PATHS_WINDOWS);
      for (guint j = 0; values[j] != NULL; j++)
        {
          g_autoptr(MoorPattern) value = moor_pattern_parse (MOOR_PATTERN_REGISTRY, values[j],
                                                              MOOR_PATHS_WINDOWS, NULL, NULL);
          const gboolean expected = g_strv_contains ((const char *const *) stored, values[j]);
          MoorDecision decision;

          moor_rules_decide (rules, moor_rules_state_at (rules, value->node), value->leaf, FALSE,
                             &decision);
          if (decision.selected != expected)
            fail_msg ("%s: “%s” is %sto be stored", registry_cases[i].id, values[j],
                      expected ? "" : "not ");
        }
      assert_false (fixture_decide (rules, "/C:/x", FALSE).selected);
    }
}

static void
test_what_nothing_is_taken_from_is_not_entered (void **state)
{
  g_autoptr(Outcome)
                 outcome = outcome_from ("INC /home/alice/* [*]\nEXC /home/alice/.cache/* [*]\n"
                                         "UEX /home/alice/secret/* [*]\n"
                                         "2 INC /home/alice/.cache/keep/* [*]\n"
                                         "EXC /home/alice/big/* [*.iso]\n"
                                         "2 INC /etc/cups [*.conf]",
                                         MOOR_PATHS_LINUX);
  g_autoptr(MoorRules) rules = fixture_compile (outcome, MOOR_PATHS_LINUX);
  static const struct
  {
    const char *path;
    gboolean selected;
    gboolean descend;
  } dirs[] = {
    { "/home", FALSE, TRUE },
    { "/home/alice", TRUE, TRUE },
    { "/home/bob", FALSE, FALSE },
    { "/home/alice/x/y", TRUE, TRUE },
    { "/home/alice/.cache", FALSE, TRUE },
    { "/home/alice/.cache/mozilla", FALSE, FALSE },
    { "/home/alice/.cache/keep", TRUE, TRUE },
    { "/home/alice/secret", FALSE, FALSE },
    { "/home/alice/big", TRUE, TRUE },
    { "/etc", FALSE, TRUE },
    { "/etc/cups", FALSE, TRUE },
    { "/etc/cups/ppd", FALSE, FALSE },
    { "/usr", FALSE, FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (dirs); i++)
    {
      MoorDecision decision = fixture_decide (rules, dirs[i].path, TRUE);

      if (decision.selected != dirs[i].selected || decision.descend != dirs[i].descend)
        fail_msg ("“%s”: selected %d, descend %d", dirs[i].path, decision.selected,
                  decision.descend);
    }
  assert_true (fixture_decide (rules, "/etc/cups/printers.conf", FALSE).selected);
  assert_false (fixture_decide (rules, "/etc/cups/x/printers.conf", FALSE).selected);
  assert_false (fixture_decide (rules, "/home/alice/big/x.iso", FALSE).selected);
  assert_true (fixture_decide (rules, "/home/alice/x.iso", FALSE).selected);
  assert_int_equal (fixture_decide (rules, "/home/alice/x", TRUE).state,
                    fixture_decide (rules, "/home/alice/x/y/z", TRUE).state);
}

static void
test_a_walk_outside_homes_is_asked_for_when_it_is_needed (void **state)
{
  static const char *const homes[] = { "/home/alice", "/home/bob", NULL };
  static const struct
  {
    const char *rule;
    gboolean outside;
  } reaches[] = {
    { "INC /home/alice/* [*]", FALSE }, { "INC /home/bob [*]", FALSE },
    { "INC /home/bob", FALSE },         { "INC /home/alice/x*/y/* [*]", FALSE },
    { "INC /home/al* [*]", TRUE },      { "INC /home/alice*/x [*]", TRUE },
    { "INC /home/* [*]", TRUE },        { "INC /etc/cups/* [*]", TRUE },
    { "INC * [*.doc]", TRUE },          { "INC /home/alicex/* [*]", TRUE },
    { "UEX /etc/* [*]", FALSE },
  };
  g_autoptr(MoorRules) defaults = moor_rules_new_default (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (reaches); i++)
    {
      g_autoptr(Outcome) outcome = outcome_from (reaches[i].rule, MOOR_PATHS_LINUX);
      g_autoptr(MoorRules) rules = fixture_compile (outcome, MOOR_PATHS_LINUX);

      if (moor_rules_reach_outside (rules, homes) != reaches[i].outside)
        fail_msg ("“%s”", reaches[i].rule);
      assert_true (moor_rules_are_compiled (rules));
    }
  assert_false (moor_rules_reach_outside (defaults, homes));
  assert_false (moor_rules_are_compiled (defaults));
  assert_int_equal (moor_rules_state_at (defaults, "/home/alice"),
                    moor_rules_home_state (defaults));
}

static void
test_a_volume_is_walked_only_if_rules_reach_it (void **state)
{
  static const struct
  {
    const char *rules;
    const char *path;
    gboolean reached;
  } reaches[] = {
    { "INC /srv/* [*]", "", TRUE },
    { "INC /srv/* [*]", "/data", FALSE },
    { "INC /data/a/b [x]", "/data", TRUE },
    { "INC /data", "/data", TRUE },
    { "INC /data/a", "/data/a/b", FALSE },
    { "INC * [*.doc]", "/data", TRUE },
    { "EXC /data/* [*]", "/data", FALSE },
    { "INC /data/* [*]\nUEX /data/* [*]", "/data", FALSE },
    { "EXC /* [*]", "", FALSE },
  };
  g_autoptr(MoorRules) defaults = moor_rules_new_default (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (reaches); i++)
    {
      g_autoptr(Outcome) outcome = outcome_from (reaches[i].rules, MOOR_PATHS_LINUX);
      g_autoptr(MoorRules) rules = fixture_compile (outcome, MOOR_PATHS_LINUX);

      if (moor_rules_reach (rules, reaches[i].path) != reaches[i].reached)
        fail_msg ("“%s”: “%s”", reaches[i].rules, reaches[i].path);
    }
  assert_true (moor_rules_reach (defaults, "/home/alice"));
}

static void
test_rules_can_be_named (void **state)
{
  g_autoptr(Outcome) outcome = outcome_from ("2 INC /home/a/* [*]\nEXC /home/a/x [*]",
                                              MOOR_PATHS_LINUX);
  g_autoptr(MoorRules) rules = NULL;
  MoorDecision decision;

  ((MoorRuleItem *) g_ptr_array_index (outcome->items, 1))->component = 1;
  rules = fixture_compile (outcome, MOOR_PATHS_LINUX);
  assert_int_equal (moor_rules_get_n_rules (rules), 2);
  decision = fixture_decide (rules, "/home/a/y", FALSE);
  assert_int_equal (decision.rule, 0);
  assert_string_equal (moor_rules_get_pattern (rules, 0), "/home/a/* [*]");
  assert_string_equal (moor_rules_get_name (rules, 0), "Component 2");
  assert_null (moor_rules_get_reason (rules, 0));
  decision = fixture_decide (rules, "/home/a/x/y", FALSE);
  assert_false (decision.selected);
  assert_int_equal (decision.rule, 1);
  assert_int_equal (moor_rules_get_item (rules, 1)->kind, MOOR_RULE_EXCLUDE);
  assert_int_equal (fixture_decide (rules, "/srv", TRUE).rule, -1);
}

/* Patterns that are not of files, and components that are off, do not count. */
static void
test_what_is_not_about_files_here_is_not_compiled (void **state)
{
  g_autoptr(Outcome) outcome = outcome_from ("INC /a/* [*]\n2 INC /b/* [*]", MOOR_PATHS_LINUX);
  g_autoptr(MoorRules) rules = NULL;
  MoorRuleItem *item;

  item = fixture_add_line (outcome, "INC /c/* [*]", MOOR_PATHS_LINUX);
  item->kind = MOOR_RULE_MERGE;
  item = fixture_add_line (outcome, "INC /d/* [*]", MOOR_PATHS_LINUX);
  item->pattern->type = MOOR_PATTERN_INI;
  ((MoorRuleComponent *) g_ptr_array_index (outcome->components, 1))->detected = FALSE;
  rules = fixture_compile (outcome, MOOR_PATHS_LINUX);
  assert_int_equal (moor_rules_get_n_rules (rules), 1);
  assert_true (fixture_decide (rules, "/a/x", FALSE).selected);
  assert_false (fixture_decide (rules, "/b/x", FALSE).selected);
  assert_false (fixture_decide (rules, "/c/x", FALSE).selected);
  assert_false (fixture_decide (rules, "/d/x", FALSE).selected);
}

static void
test_names_that_are_not_utf8_are_decided (void **state)
{
  g_autoptr(Outcome) outcome = outcome_from ("INC /h/x*y/* [*\xc3\xa4*]", MOOR_PATHS_LINUX);
  g_autoptr(MoorRules) rules = fixture_compile (outcome, MOOR_PATHS_LINUX);

  assert_true (fixture_decide (rules, "/h/x\xff\xfey/\xff\xc3\xa4", FALSE).selected);
  assert_false (fixture_decide (rules, "/h/x\xff\xfey/\xc3", FALSE).selected);
}

/* Many threads, all of which come to new states at once. */

#define N_THREADS 8

typedef struct
{
  const MoorRules *rules;
  guint first;
  guint64 sum;
} Walker;

static guint64
walk_all (const MoorRules *rules, MoorRuleState state, guint first, guint depth)
{
  static const char *const names[] = { "a", "b", "c", "ab", "other" };
  guint64 sum = 0;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      const guint at = (first + i) % G_N_ELEMENTS (names);
      MoorDecision decision;

      moor_rules_decide (rules, state, names[at], FALSE, &decision);
      sum += decision.selected ? at + 1 : 0;
      moor_rules_decide (rules, state, names[at], TRUE, &decision);
      sum += decision.selected ? 100 * (at + 1) : 0;
      if (decision.descend && depth > 0)
        sum += (at + 1) * walk_all (rules, decision.state, first, depth - 1);
    }
  return sum;
}

static gpointer
walk_cb (gpointer user_data)
{
  Walker *walker = user_data;

  walker->sum = walk_all (walker->rules, moor_rules_state_at (walker->rules, ""), walker->first, 5);
  return NULL;
}

static void
test_any_number_of_threads_decide_alike (void **state)
{
  static const char lines[] = "INC /a/* [*]\nINC */b/* [a]\nEXC */c/* [*]\n2 INC /*b/a/* [c]\n"
                              "2 EXC *a*c/* [*]\n3 INC */ab/* [*b]";
  g_autoptr(Outcome) outcome = outcome_from (lines, MOOR_PATHS_LINUX);
  g_autoptr(MoorRules) rules = fixture_compile (outcome, MOOR_PATHS_LINUX);
  g_autoptr(MoorRules) alone = fixture_compile (outcome, MOOR_PATHS_LINUX);
  const guint64 expected = walk_all (alone, moor_rules_state_at (alone, ""), 0, 5);
  Walker walkers[N_THREADS];
  GThread *threads[N_THREADS];

  for (guint i = 0; i < N_THREADS; i++)
    {
      walkers[i] = (Walker){ .rules = rules, .first = i };
      threads[i] = g_thread_new ("walker", walk_cb, &walkers[i]);
    }
  for (guint i = 0; i < N_THREADS; i++)
    (void) moor_thread_join (threads[i]);
  for (guint i = 0; i < N_THREADS; i++)
    assert_true (walkers[i].sum == expected);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_worked_cases_come_out_as_they_are_documented),
    cmocka_unit_test (test_worked_cases_of_the_registry_come_out_as_they_are_documented),
    cmocka_unit_test (test_what_nothing_is_taken_from_is_not_entered),
    cmocka_unit_test (test_a_walk_outside_homes_is_asked_for_when_it_is_needed),
    cmocka_unit_test (test_a_volume_is_walked_only_if_rules_reach_it),
    cmocka_unit_test (test_rules_can_be_named),
    cmocka_unit_test (test_what_is_not_about_files_here_is_not_compiled),
    cmocka_unit_test (test_names_that_are_not_utf8_are_decided),
    cmocka_unit_test (test_any_number_of_threads_decide_alike),
    cmocka_unit_test (test_decisions_are_those_of_the_text),
    cmocka_unit_test (test_decisions_are_those_of_the_text_where_case_does_not_count),
  };

  return cmocka_run_group_tests_name ("core/rules-compiled", tests, NULL, NULL);
}
