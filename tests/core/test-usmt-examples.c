/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "by-the-book.h"
#include "rules-fixture.h"

#include <sys/stat.h>

/* The worked cases of USMT's manual, as far as they are about what is taken, with the
 * identifiers that our collection of them has.
 *
 * Rules are written a line each:
 *   file                    another rule file begins
 *   comp [CONTEXT]          a component begins
 *   rules [CONTEXT]         another <rules> of its role begins
 *   DET XML                 stands in the role before its rules
 *   ENV XML                 an <environment> of the component
 *   EXT a b                 <extensions>
 *   INC|EXC|UEX [-R] [[FILTER]] PATTERN
 * A pattern may be a script: DRIVES("segment"), or `=` and a call.
 *
 * Every answer is found twice: by the compiled rules, and by holding each object against each
 * rule. */

typedef struct
{
  const char *id;
  const char *tree; /* a line each; a folder ends with `\` */
  const char *rules;
  const char *expected; /* what of the tree is taken */
} Example;

/* ---- from lines to rule files ---- */

typedef struct
{
  MoorRuleSet *set;
  GString *xml;
  guint n_files;
  gboolean in_component;
  gboolean in_role;
  gboolean in_rules;
} Writer;

static void
end_rules (Writer *writer)
{
  if (writer->in_rules)
    g_string_append (writer->xml, "</rules>");
  writer->in_rules = FALSE;
}

static void
end_component (Writer *writer)
{
  end_rules (writer);
  if (writer->in_role)
    g_string_append (writer->xml, "</role>");
  if (writer->in_component)
    g_string_append (writer->xml, "</component>");
  writer->in_role = FALSE;
  writer->in_component = FALSE;
}

static void
end_file (Writer *writer)
{
  g_autofree char *name = g_strdup_printf ("%u.xml", writer->n_files);
  g_autofree char *url_id = g_strdup_printf ("urn:%u", writer->n_files++);
  g_autofree char *xml = NULL;

  end_component (writer);
  xml = migration (url_id, writer->xml->str);
  add_rules (writer->set, name, xml);
  g_string_truncate (writer->xml, 0);
}

static void
begin_component (Writer *writer, const char *context)
{
  end_component (writer);
  g_string_append_printf (writer->xml,
                          "<component type=\"Documents\" context=\"%s\">"
                          "<displayName>C%zu</displayName>",
                          context[0] != '\0' ? context : "UserAndSystem", writer->xml->len);
  writer->in_component = TRUE;
}

static void
begin_role (Writer *writer)
{
  if (!writer->in_component)
    begin_component (writer, "");
  if (!writer->in_role)
    g_string_append (writer->xml, "<role role=\"Data\">");
  writer->in_role = TRUE;
}

static void
begin_rules (Writer *writer, const char *context)
{
  begin_role (writer);
  end_rules (writer);
  g_string_append_printf (writer->xml, "<rules context=\"%s\">",
                          context[0] != '\0' ? context : "UserAndSystem");
  writer->in_rules = TRUE;
}

static char *
object_xml (const char *text, gboolean is_registry)
{
  g_autofree char *escaped = NULL;

  if (g_str_has_prefix (text, "DRIVES("))
    {
      g_autofree char *segment = g_strndup (text + 7, strlen (text) - 8);

      return g_strdup_printf ("<script>MigXmlHelper.GenerateDrivePatterns(%s,\"Fixed\")</script>",
                              segment);
    }
  if (text[0] == '=')
    return g_strdup_printf ("<script>MigXmlHelper.%s</script>", text + 1);
  if (text[0] == '<')
    return g_strdup (text);
  escaped = g_markup_escape_text (text, -1);
  return g_strdup_printf ("<pattern type=\"%s\">%s</pattern>", is_registry ? "Registry" : "File",
                          escaped);
}

static void
write_rule (Writer *writer, const char *element, const char *text)
{
  const gboolean is_registry = g_str_has_prefix (text, "-R ");
  g_autofree char *filter = NULL;
  g_autofree char *object = NULL;

  text += is_registry ? 3 : 0;
  if (text[0] == '[')
    {
      const char *end = strstr (text, "] ");

      filter = g_strdup_printf (" filter='MigXmlHelper.%.*s'", (int) (end - text - 1), text + 1);
      text = end + 2;
    }
  if (!writer->in_rules)
    begin_rules (writer, "");
  object = object_xml (text, is_registry);
  g_string_append_printf (writer->xml, "<%s%s><objectSet>%s</objectSet></%s>", element,
                          filter != NULL ? filter : "", object, element);
}

static void
write_extensions (Writer *writer, const char *text)
{
  g_auto(GStrv) names = g_strsplit (text, " ", -1);

  g_string_append (writer->xml, "<extensions>");
  for (guint i = 0; names[i] != NULL; i++)
    g_string_append_printf (writer->xml, "<extension>%s</extension>", names[i]);
  g_string_append (writer->xml, "</extensions>");
}

static void
write_line (Writer *writer, const char *line)
{
  const char *space = strchr (line, ' ');
  const char *rest = space != NULL ? space + 1 : "";

  if (g_str_has_prefix (line, "file"))
    end_file (writer);
  else if (g_str_has_prefix (line, "comp"))
    begin_component (writer, rest);
  else if (g_str_has_prefix (line, "rules"))
    begin_rules (writer, rest);
  else if (g_str_has_prefix (line, "DET"))
    {
      begin_role (writer);
      g_string_append (writer->xml, rest);
    }
  else if (g_str_has_prefix (line, "ENV"))
    g_string_append_printf (writer->xml, "<environment>%s</environment>", rest);
  else if (g_str_has_prefix (line, "EXT"))
    write_extensions (writer, rest);
  else if (g_str_has_prefix (line, "INC"))
    write_rule (writer, "include", rest);
  else if (g_str_has_prefix (line, "EXC"))
    write_rule (writer, "exclude", rest);
  else if (g_str_has_prefix (line, "UEX"))
    write_rule (writer, "unconditionalExclude", rest);
  else
    fail_msg ("“%s” is no rule", line);
}

static MoorRuleSet *
rule_set (const char *rules)
{
  g_auto(GStrv) lines = g_strsplit (rules, "\n", -1);
  Writer writer = { .set = moor_rule_set_new (), .xml = g_string_new (NULL) };

  for (guint i = 0; lines[i] != NULL; i++)
    {
      if (lines[i][0] != '\0')
        write_line (&writer, lines[i]);
    }
  end_file (&writer);
  g_string_free (writer.xml, TRUE);
  return writer.set;
}

/* ---- what is taken ---- */

/* "C:\Dir\a" as "/C:/Dir/a". */
static char *
canonical (const char *path)
{
  g_autofree char *text = g_strdelimit (g_strdup (path), "\\", '/');

  if (g_str_has_suffix (text, "/"))
    text[strlen (text) - 1] = '\0';
  return g_strconcat ("/", text, NULL);
}

static void
look (const System *system,
      const MoorRules *rules,
      MoorRuleState parent,
      const char *path,
      gboolean is_dir,
      MoorDecision *decision)
{
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *full = g_strconcat (system->root, folder, NULL);
  const MoorSys *sys = moor_sys_posix ();
  g_auto(MoorFd) dfd = open (full, O_PATH | O_DIRECTORY | O_CLOEXEC);
  struct statx stx;
  MoorLook seen = { sys, dfd, name, &stx };

  assert_int_equal (
      sys->statx (dfd, name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS | STATX_BTIME, &stx), 0);
  moor_rules_look (rules, parent, name, is_dir, &seen, decision);
}

/* Descends from the top, as a walk does. */
static gboolean
is_reached (const System *system, const MoorRules *rules, const char *path, gboolean is_dir)
{
  g_auto(GStrv) names = g_strsplit (path + 1, "/", -1);
  MoorDecision decision = { .state = moor_rules_state_at (rules, "") };

  for (guint i = 0; names[i] != NULL; i++)
    {
      const gboolean is_last = names[i + 1] == NULL;
      const MoorRuleState parent = decision.state;

      moor_rules_decide (rules, parent, names[i], !is_last || is_dir, &decision);
      if (is_last && decision.needs_look)
        look (system, rules, parent, path, is_dir, &decision);
      if (!is_last && !decision.descend)
        return FALSE;
    }
  return decision.selected;
}

/* ---- the system ---- */

static void
add_person (System *system, const char *name)
{
  static const char *const folders[][2] = {
    { "USERPROFILE", "" },
    { "CSIDL_PERSONAL", "\\Documents" },
    { "CSIDL_MYVIDEO", "\\Videos" },
    { "CSIDL_LOCAL_APPDATA", "\\AppData\\Local" },
    { "CSIDL_FAVORITES", "\\Favorites" },
  };
  g_autofree char *home = g_strconcat ("/C:/Users/", name, NULL);
  MoorRuleUser *user = moor_rule_host_add_user (system->host, name, home);

  for (gsize i = 0; i < G_N_ELEMENTS (folders); i++)
    {
      g_autofree char *value = g_strconcat ("C:\\Users\\", name, folders[i][1], NULL);

      moor_rule_user_set_variable (user, folders[i][0], value);
    }
}

static void
make_tree (const System *system, const char *tree)
{
  g_auto(GStrv) lines = g_strsplit (tree, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_autofree char *path = lines[i][0] != '\0' ? canonical (lines[i]) : NULL;

      if (path != NULL && g_str_has_suffix (lines[i], "\\"))
        system_make_dir (system, path);
      else if (path != NULL)
        system_write (system, path, "");
    }
}

static void
open_windows (System *system, const char *tree)
{
  static const char *const variables[][2] = {
    { "SYSTEMDRIVE", "C:" },
    { "PROFILESFOLDER", "C:\\Users" },
    { "WINDIR", "C:\\Windows" },
    { "PROGRAMFILES", "C:\\Program Files" },
    { "CSIDL_PROGRAM_FILES", "C:\\Program Files" },
    { "CSIDL_COMMON_FAVORITES", "C:\\Users\\Public\\Favorites" },
  };

  system_open (system, MOOR_PATHS_WINDOWS);
  for (gsize i = 0; i < G_N_ELEMENTS (variables); i++)
    moor_rule_host_set_variable (system->host, variables[i][0], variables[i][1]);
  moor_rule_host_add_drive (system->host, MOOR_DRIVE_FIXED, "/C:");
  moor_rule_host_add_drive (system->host, MOOR_DRIVE_FIXED, "/D:");
  moor_rule_host_add_drive (system->host, MOOR_DRIVE_REMOVABLE, "/E:");
  add_person (system, "alice");
  add_person (system, "bob");
  g_ptr_array_add (system->host->all_homes, g_strdup ("/C:/Users/stranger"));
  make_tree (system, tree);
}

static void
assert_outcome (const System *system, const Example *example, const MoorRuleOutcome *outcome)
{
  g_auto(GStrv) lines = g_strsplit (example->tree, "\n", -1);
  g_autoptr(GError) error = NULL;
  g_autoptr(MoorRules) rules = moor_rules_compile (outcome, MOOR_PATHS_WINDOWS, &error);
  g_autoptr(GString) taken = g_string_new (NULL);

  assert_no_gerror (error);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      const gboolean is_dir = g_str_has_suffix (lines[i], "\\");
      g_autofree char *path = lines[i][0] != '\0' ? canonical (lines[i]) : NULL;

      if (path != NULL && is_reached (system, rules, path, is_dir))
        g_string_append_printf (taken, "%s\n", lines[i]);
      if (path != NULL && strstr (example->rules, "FileProperties") == NULL
          && book_takes (outcome, MOOR_PATTERN_FILE, MOOR_PATHS_WINDOWS, path, is_dir)
                 != is_reached (system, rules, path, is_dir))
        fail_msg ("%s: the compiled rules are of another opinion about “%s”", example->id,
                  lines[i]);
    }
  if (!g_str_equal (taken->str, example->expected))
    fail_msg ("%s: this is taken:\n%sand not:\n%s", example->id, taken->str, example->expected);
}

static void
run_example (const Example *example)
{
  System system;
  g_autoptr(MoorRuleSet) set = rule_set (example->rules);
  g_autoptr(MoorRuleOutcome) outcome = NULL;

  open_windows (&system, example->tree);
  outcome = evaluate_set (set, system.host, MOOR_RULES_AT_SOURCE);
  assert_outcome (&system, example, outcome);
  system_close (&system);
}

static void
run_examples (const Example *examples, gsize n_examples)
{
  for (gsize i = 0; i < n_examples; i++)
    run_example (&examples[i]);
}

/* ---- A: include and exclude ---- */

#define T1 \
  "C:\\top.txt\n" \
  "C:\\Dir1\\a.txt\nC:\\Dir1\\a.doc\n" \
  "C:\\Dir1\\Sub\\b.txt\nC:\\Dir1\\Sub\\b.doc\n" \
  "C:\\Dir1\\Dir2\\c.txt\nC:\\Dir1\\Dir2\\c.doc\n" \
  "C:\\Dir1\\Dir2\\Deep\\d.txt\nC:\\Dir1\\Dir2\\Deep\\d.doc\n" \
  "C:\\Other\\o.txt\n"
#define ALL_8 \
  "C:\\Dir1\\a.txt\nC:\\Dir1\\a.doc\nC:\\Dir1\\Sub\\b.txt\nC:\\Dir1\\Sub\\b.doc\n" \
  "C:\\Dir1\\Dir2\\c.txt\nC:\\Dir1\\Dir2\\c.doc\n" \
  "C:\\Dir1\\Dir2\\Deep\\d.txt\nC:\\Dir1\\Dir2\\Deep\\d.doc\n"
#define DOCS \
  "C:\\Dir1\\a.doc\nC:\\Dir1\\Sub\\b.doc\nC:\\Dir1\\Dir2\\c.doc\nC:\\Dir1\\Dir2\\Deep\\d.doc\n"
#define TEXTS \
  "C:\\Dir1\\a.txt\nC:\\Dir1\\Sub\\b.txt\nC:\\Dir1\\Dir2\\c.txt\nC:\\Dir1\\Dir2\\Deep\\d.txt\n"
#define DIR2 \
  "C:\\Dir1\\Dir2\\c.txt\nC:\\Dir1\\Dir2\\c.doc\n" \
  "C:\\Dir1\\Dir2\\Deep\\d.txt\nC:\\Dir1\\Dir2\\Deep\\d.doc\n"

static const Example precedence[] = {
  { "A1", T1, "INC C:\\Dir1\\* [*]\nEXC C:\\* [*.txt]", ALL_8 },
  { "A2", T1, "INC C:\\Dir1\\* [*]\nEXC C:\\Dir1\\Dir2\\* [*.txt]",
    "C:\\Dir1\\a.txt\nC:\\Dir1\\a.doc\nC:\\Dir1\\Sub\\b.txt\nC:\\Dir1\\Sub\\b.doc\n"
    "C:\\Dir1\\Dir2\\c.doc\nC:\\Dir1\\Dir2\\Deep\\d.doc\n" },
  { "A3", T1, "INC C:\\Dir1\\* [*]\nEXC C:\\Dir1\\* [*.txt]", DOCS },
  { "A4", T1, "INC C:\\Dir1\\Dir2\\* [*.txt]\nEXC C:\\Dir1\\Dir2\\* [*.txt]", "" },
  { "A5", T1, "INC C:\\Dir1\\* [*.txt]\nEXC C:\\Dir1\\Dir2\\* [*]",
    "C:\\Dir1\\a.txt\nC:\\Dir1\\Sub\\b.txt\n" },
  { "A6", T1, "INC C:\\Dir1\\Dir2\\* [*]\nEXC C:\\Dir1\\* [*.txt]", DIR2 },
  { "A7", T1, "INC C:\\* [*]\nEXC C:\\* [*.txt]", DOCS },
  { "A8", T1, "INC C:\\Dir1\\* [*]\nEXC C:\\Dir1\\ [*]",
    "C:\\Dir1\\Sub\\b.txt\nC:\\Dir1\\Sub\\b.doc\n" DIR2 },
  { "A9", T1, "INC C:\\Dir1\\* [*]\nEXC C:\\Dir1\\ [a.doc]",
    "C:\\Dir1\\a.txt\nC:\\Dir1\\Sub\\b.txt\nC:\\Dir1\\Sub\\b.doc\n" DIR2 },
  { "A10", T1, "EXC C:\\Dir1\\* [*]", "" },
  { "A10 beside another", T1, "comp\nEXC C:\\Dir1\\* [*]\ncomp\nINC C:\\Dir1\\* [*]", ALL_8 },
  { "A11", T1, "INC C:\\Dir1\\ [*]", "C:\\Dir1\\a.txt\nC:\\Dir1\\a.doc\n" },
  { "A12", "C:\\Dir1\\\nC:\\Dir1\\Sub\\\n" T1, "INC C:\\Dir1\\*", "C:\\Dir1\\\nC:\\Dir1\\Sub\\\n" },
  { "A13", T1, "INC C:\\* [c.txt]", "C:\\Dir1\\Dir2\\c.txt\n" },
  { "A14", T1,
    "comp\nINC C:\\Dir1\\* [*]\nEXC C:\\Dir1\\Dir2\\* [*.txt]\n"
    "comp\nINC C:\\Dir1\\Dir2\\* [*.txt]\nEXC C:\\Dir1\\* [*]",
    ALL_8 },
  { "A15", T1, "comp\nEXC C:\\Dir1\\Dir2\\* [*]\ncomp\nINC C:\\Dir1\\* [*.txt]", TEXTS },
  { "A16", T1, "comp\nINC C:\\Dir1\\Dir2\\* [*]\ncomp\nEXC C:\\Dir1\\* [*.txt]", DIR2 },
  { "A17", T1, "comp\nINC C:\\Dir1\\* [*]\nfile\ncomp\nUEX C:\\* [*.txt]", DOCS },
  { "A18", T1, "comp\nUEX C:\\* [*.txt]\nfile\ncomp\nINC C:\\Dir1\\* [*]", DOCS },
  { "A19 exclude first", T1, "EXC C:\\Dir1\\* [*.txt]\nINC C:\\Dir1\\* [*]", DOCS },
  { "A19 sibling rules", T1, "INC C:\\Dir1\\* [*]\nrules\nEXC C:\\Dir1\\* [*.txt]", DOCS },
  { "A20", "C:\\Userdocs\\x.mp3\nC:\\Userdocs\\x.doc\nC:\\Userdocs\\sub\\y.mp3\n",
    "comp\nEXC C:\\Userdocs\\* [*.mp3]\ncomp\nINC C:\\Userdocs\\ [*]",
    "C:\\Userdocs\\x.mp3\nC:\\Userdocs\\x.doc\n" },
  { "A21", "C:\\Data\\x.mp3\nC:\\Data\\x.doc\nC:\\x.mp3\n",
    "INC C:\\Data\\* [*]\nEXC C:\\* [*.mp3]", "C:\\Data\\x.mp3\nC:\\Data\\x.doc\n" },
};

static void
test_a_the_most_specific_rule_of_a_component_decides (void **state)
{
  run_examples (precedence, G_N_ELEMENTS (precedence));
}

/* The registry is not walked yet: its rules are held against paths. */
#define K "HKLM\\Software\\Microsoft\\Command Processor"
#define T2 K "\\DefaultColor\n" K "\\CompletionChar\n" K "\\AutoRun\n" K "\\Sub\\X\n"

static const Example registry[] = {
  { "A30", T2, "comp System\nINC -R " K "\\* [*]\nEXC -R " K " [DefaultColor]",
    K "\\CompletionChar\n" K "\\AutoRun\n" K "\\Sub\\X\n" },
  { "A31", T2, "comp System\nINC -R " K " [DefaultColor]\nEXC -R " K "\\* [*]",
    K "\\DefaultColor\n" },
  { "A32", T2, "comp System\nINC -R " K " [DefaultColor]\nEXC -R " K " [DefaultColor]", "" },
  { "A33", T2,
    "comp System\nINC -R " K " [DefaultColor]\nEXC -R " K "\\* [*]\n"
    "comp System\nINC -R " K "\\* [*]\nEXC -R " K " [DefaultColor]",
    T2 },
  { "A34", "HKCU\\testReg\\V\nHKCU\\other\\V\nHKLM\\K\\V\n",
    "comp User\nINC -R HKCU\\testReg[*]\nUEX -R HKCU\\*[*]\nfile\ncomp\nINC -R HKCU\\other [*]\n"
    "INC -R HKLM\\K [V]",
    "HKLM\\K\\V\n" },
  { "D1",
    "HKLM\\Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings\\Cache\\Persistent\n"
    "HKLM\\Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings\\Cache\\Other\n",
    "comp System\nINC -R HKLM\\Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings\\"
    "Cache [Persistent]",
    "HKLM\\Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings\\Cache\\Persistent\n" },
  { "G3 registry",
    "HKCU\\Software\\USMTTESTKEY\\MyKey\nHKCU\\Software\\USMTTESTKEY\\Sub\\MyKey\n"
    "HKCU\\Software\\USMTTESTKEY\\Sub\\Other\nHKLM\\Software\\USMTTESTKEY\\Sub\\Other\n",
    "comp\nINC -R HKCU\\Software\\USMTTESTKEY\\* [MyKey]\nINC -R "
    "HKLM\\Software\\USMTTESTKEY\\* [*]",
    "HKCU\\Software\\USMTTESTKEY\\MyKey\nHKCU\\Software\\USMTTESTKEY\\Sub\\MyKey\n"
    "HKLM\\Software\\USMTTESTKEY\\Sub\\Other\n" },
  { "H6", "HKCU\\Control Panel\\International\\Locale\n",
    "comp User\nINC -R [NeverRestore()] HKCU\\Control Panel\\International [Locale]",
    "HKCU\\Control Panel\\International\\Locale\n" },
};

static void
run_registry_example (const Example *example)
{
  g_auto(GStrv) lines = g_strsplit (example->tree, "\n", -1);
  g_autoptr(MoorRuleSet) set = rule_set (example->rules);
  g_autoptr(GString) taken = g_string_new (NULL);
  g_autoptr(MoorRuleOutcome) outcome = NULL;
  System system;

  open_windows (&system, "");
  outcome = evaluate_set (set, system.host, MOOR_RULES_AT_SOURCE);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_autofree char *path = lines[i][0] != '\0' ? canonical (lines[i]) : NULL;

      if (path != NULL
          && book_takes (outcome, MOOR_PATTERN_REGISTRY, MOOR_PATHS_WINDOWS, path, FALSE))
        g_string_append_printf (taken, "%s\n", lines[i]);
    }
  if (!g_str_equal (taken->str, example->expected))
    fail_msg ("%s: this is taken:\n%sand not:\n%s", example->id, taken->str, example->expected);
  system_close (&system);
}

static void
test_a_registry_rules_have_the_same_precedence (void **state)
{
  for (gsize i = 0; i < G_N_ELEMENTS (registry); i++)
    run_registry_example (&registry[i]);
}

/* ---- B: folders are objects, too ---- */

#define T3 \
  "C:\\data\\\nC:\\data\\test (1).txt\nC:\\data\\test.txt\nC:\\data\\New Folder\\\n" \
  "C:\\data\\New Folder\\New Text Document.txt\n"
#define T4 T3 "C:\\data\\test.docx\nC:\\data\\New Folder\\test.docx\n"

static const Example stories[] = {
  { "B1", T3, "comp System\nINC c:\\data\\ [*]",
    "C:\\data\\\nC:\\data\\test (1).txt\nC:\\data\\test.txt\n" },
  { "B2", T3, "comp System\nINC c:\\data\\* [*]", T3 },
  { "B3", T4, "comp System\nINC c:\\data\\* [*]\nrules\nEXC c:\\* [*.txt]", T4 },
  { "B4", T4, "comp System\nINC c:\\data\\* [*]\nrules\nEXC c:\\data\\* [*.txt]",
    "C:\\data\\\nC:\\data\\New Folder\\\nC:\\data\\test.docx\nC:\\data\\New Folder\\test.docx\n" },
};

static void
test_b_folders_are_taken_though_files_are_left_out (void **state)
{
  run_examples (stories, G_N_ELEMENTS (stories));
}

/* ---- D: including ---- */

#define DRAFTS \
  "C:\\EngineeringDrafts\\x\nC:\\EngineeringDrafts\\s\\y\nC:\\p\\q\\EngineeringDrafts\\y\n" \
  "D:\\EngineeringDrafts\\z\nE:\\EngineeringDrafts\\e\nC:\\EngineeringDraftsOld\\n\n"
#define SAMPLES \
  "C:\\EngineeringDrafts\\Sample.doc\nC:\\EngineeringDrafts\\s\\sample.DOC\n" \
  "D:\\a\\Sample.doc\nC:\\EngineeringDrafts\\other.doc\n"

static const Example including[] = {
  { "D2", DRAFTS, "INC C:\\EngineeringDrafts\\* [*]",
    "C:\\EngineeringDrafts\\x\nC:\\EngineeringDrafts\\s\\y\n" },
  { "D3", DRAFTS, "INC  C:\\EngineeringDrafts\\ [*]", "C:\\EngineeringDrafts\\x\n" },
  { "D4", DRAFTS,
    "INC DRIVES(\"\\EngineeringDrafts\\* [*] \")\nINC DRIVES(\"*\\EngineeringDrafts\\* [*] \")",
    "C:\\EngineeringDrafts\\x\nC:\\EngineeringDrafts\\s\\y\nC:\\p\\q\\EngineeringDrafts\\y\n"
    "D:\\EngineeringDrafts\\z\n" },
  { "D5", DRAFTS, "INC C:\\*\\EngineeringDrafts\\* [*]\nINC C:\\EngineeringDrafts\\* [*]",
    "C:\\EngineeringDrafts\\x\nC:\\EngineeringDrafts\\s\\y\nC:\\p\\q\\EngineeringDrafts\\y\n" },
  { "D5 the first alone", DRAFTS, "INC C:\\*\\EngineeringDrafts\\* [*]",
    "C:\\p\\q\\EngineeringDrafts\\y\n" },
  { "D6", "C:\\a\\x.mp3\nD:\\x.mp3\nE:\\x.mp3\nC:\\x.ogg\n",
    "comp System\nINC DRIVES(\"* [*.mp3]\")", "C:\\a\\x.mp3\nD:\\x.mp3\n" },
  { "D7", SAMPLES, "INC C:\\EngineeringDrafts\\ [Sample.doc]",
    "C:\\EngineeringDrafts\\Sample.doc\n" },
  { "D8", SAMPLES, "INC  C:\\* [Sample.doc] ",
    "C:\\EngineeringDrafts\\Sample.doc\nC:\\EngineeringDrafts\\s\\sample.DOC\n" },
  { "D9", SAMPLES, "INC DRIVES(\"* [sample.doc]\")",
    "C:\\EngineeringDrafts\\Sample.doc\nC:\\EngineeringDrafts\\s\\sample.DOC\n"
    "D:\\a\\Sample.doc\n" },
};

static void
test_d_files_are_included_by_place_and_name (void **state)
{
  run_examples (including, G_N_ELEMENTS (including));
}

/* ---- E: excluding ---- */

#define T5 "C:\\a.mp3\nC:\\d\\b.mp3\nC:\\d\\c.doc\nC:\\d\\e.lnk\nD:\\f.mp3\nD:\\g.doc\n"
#define FINDER \
  "comp System\nINC =GenerateDocPatterns(\"FALSE\",\"TRUE\",\"FALSE\")\n" \
  "EXC =GenerateDocPatterns(\"FALSE\",\"FALSE\",\"FALSE\")\n"
#define T6 "D:\\new folder\\new text document.txt\n"

static const Example excluding[] = {
  { "E1", T5, "INC [IgnoreIrrelevantLinks()] C:\\* [*]\nEXC C:\\* [*.mp3]",
    "C:\\d\\c.doc\nC:\\d\\e.lnk\n" },
  { "E2", "C:\\Data\\a\nC:\\Data\\temp\\b\nC:\\Data\\temp\\s\\c\nC:\\Data\\temporary\\d\n",
    "INC C:\\Data\\* [*]\nEXC  C:\\Data\\temp\\* [*]", "C:\\Data\\a\nC:\\Data\\temporary\\d\n" },
  { "E3", DRAFTS, "INC C:\\EngineeringDrafts\\* [*]\nEXC C:\\EngineeringDrafts\\ [*]",
    "C:\\EngineeringDrafts\\s\\y\n" },
  { "E4", SAMPLES, "INC C:\\EngineeringDrafts\\* [*]\nEXC C:\\EngineeringDrafts\\ [Sample.doc]",
    "C:\\EngineeringDrafts\\s\\sample.DOC\nC:\\EngineeringDrafts\\other.doc\n" },
  { "E5", SAMPLES, "INC C:\\* [*]\nEXC C:\\* [Sample.doc]", "C:\\EngineeringDrafts\\other.doc\n" },
  { "E6", T5, "comp\nINC C:\\d\\* [*]\nINC D:\\* [*]\nfile\ncomp System\nUEX DRIVES(\"* [*.mp3]\")",
    "C:\\d\\c.doc\nC:\\d\\e.lnk\nD:\\g.doc\n" },
  { "E7", T5, "comp\nINC C:\\d\\* [*]\nINC D:\\* [*]\nfile\ncomp System\nUEX c:\\*[*]",
    "D:\\f.mp3\nD:\\g.doc\n" },
  { "E9",
    "C:\\x\\a.doc\nD:\\b.xls\nC:\\c.ppt\nC:\\Windows\\d.doc\nC:\\Program Files\\App\\e.ppt\nC:\\f.txt\n",
    "comp System\nINC DRIVES(\"* [*.doc]\")\nINC DRIVES(\"* [*.xls]\")\nINC DRIVES(\"* [*.ppt]\")\n"
    "UEX C:\\Program Files\\* [*]\nUEX C:\\Windows\\* [*]",
    "C:\\x\\a.doc\nD:\\b.xls\nC:\\c.ppt\n" },
  { "E20", T6, FINDER, T6 },
  { "E21", T6, FINDER "EXC D:\\New folder\\[new text document.txt]\nEXC D:\\New folder\\*[*.txt]",
    "" },
  { "E22", T6, FINDER "EXC DRIVES(\"*[*.txt]\")", T6 },
  { "E23", T6, FINDER "UEX DRIVES(\"*[*.txt]\")", "" },
  { "E24", T6, FINDER "comp\nUEX DRIVES(\"*[*.txt]\")", "" },
  { "E25",
    "C:\\Users\\alice\\AppData\\Local\\Microsoft\\Outlook\\a.pst\n"
    "C:\\Users\\bob\\AppData\\Local\\Microsoft\\Outlook\\b.pst\n"
    "C:\\Users\\bob\\AppData\\Local\\Microsoft\\Outlook\\b.ost\n",
    "comp User\nINC %CSIDL_LOCAL_APPDATA%\\Microsoft\\Outlook\\*[*.pst]",
    "C:\\Users\\alice\\AppData\\Local\\Microsoft\\Outlook\\a.pst\n"
    "C:\\Users\\bob\\AppData\\Local\\Microsoft\\Outlook\\b.pst\n" },
  { "E26", "C:\\Program Files\\Mail\\a.pst\nC:\\Program Files\\Mail\\a.exe\nC:\\b.pst\n",
    "comp System\nINC %CSIDL_PROGRAM_FILES%\\*[*.pst]", "C:\\Program Files\\Mail\\a.pst\n" },
};

static void
test_e_files_are_excluded_by_place_and_name (void **state)
{
  run_examples (excluding, G_N_ELEMENTS (excluding));
}

#define PERSONAL "C:\\Users\\alice\\Documents\\a.doc\nC:\\Users\\alice\\Documents\\a.txt\n"
#define TWO_FILES \
  "comp User\nINC %CSIDL_PERSONAL%\\* [*]\nfile\ncomp User\nINC %CSIDL_PERSONAL%\\* [*.doc]"

static void
run_with_config (const Example *example, const char *migrate)
{
  g_autofree char *config = g_strdup_printf (
      "<?xml version=\"1.0\"?><Configuration><Documents>%s</Documents></Configuration>", migrate);
  g_autoptr(GBytes) bytes = g_bytes_new (config, strlen (config));
  g_autoptr(MoorRuleSet) set = rule_set (example->rules);
  g_autoptr(MoorRuleOutcome) outcome = NULL;
  g_autoptr(GError) error = NULL;
  System system;

  assert_true (moor_rule_set_set_config (set, "Config.xml", bytes, &error));
  open_windows (&system, example->tree);
  outcome = evaluate_set (set, system.host, MOOR_RULES_AT_SOURCE);
  assert_outcome (&system, example, outcome);
  system_close (&system);
}

#define OFF(id) "<component displayname=\"C0\" migrate=\"no\" ID=\"" id "\"/>"

static void
test_e10_config_switches_a_component_off_and_not_what_others_include (void **state)
{
  const Example e10 = { "E10", PERSONAL, TWO_FILES, "C:\\Users\\alice\\Documents\\a.doc\n" };
  const Example e11 = { "E11", PERSONAL, "comp User\nINC %CSIDL_PERSONAL%\\* [*]", "" };
  const Example e12 = { "E12", PERSONAL, TWO_FILES, PERSONAL };

  run_with_config (&e10, OFF ("urn:0/c0/data"));
  run_with_config (&e11, OFF ("urn:0/c0/data"));
  run_with_config (&e12, "");
}

/* ---- G: custom files ---- */

#define THERE(call) "<condition>MigXmlHelper.DoesObjectExist(\"File\",\"" call "\")</condition>"
/* Files stand for the registry key and for the versions of the program. */
#define G1 \
  "comp\nDET <detects><detect>" THERE ("C:\\App [win32_version]") "</detect><detect>" THERE ( \
      "C:\\App [8.*]") THERE ("C:\\App [9.*]") "</detect></detects>\nINC C:\\data\\* [*]"
#define G2 \
  "comp User\nDET <detects><detect>" THERE ( \
      "%CSIDL_MYVIDEO%") "</detect></detects>\n" \
                         "INC [IgnoreIrrelevantLinks()] %CSIDL_MYVIDEO%\\* [*]"

static const Example custom[] = {
  { "G1 no key", "C:\\data\\x\nC:\\App\\8.1\n", G1, "" },
  { "G1 version 7", "C:\\data\\x\nC:\\App\\7.0\nC:\\App\\win32_version\n", G1, "" },
  { "G1 version 8", "C:\\data\\x\nC:\\App\\8.1\nC:\\App\\win32_version\n", G1, "C:\\data\\x\n" },
  { "G1 version 9", "C:\\data\\x\nC:\\App\\9.0\nC:\\App\\win32_version\n", G1, "C:\\data\\x\n" },
  { "G2", "C:\\Users\\alice\\Videos\\a.mp4\nC:\\Users\\alice\\Videos\\s.lnk\nC:\\Users\\bob\\x\n",
    G2, "C:\\Users\\alice\\Videos\\a.mp4\nC:\\Users\\alice\\Videos\\s.lnk\n" },
  { "G3 files",
    "C:\\Program Files\\USMTTestFolder\\USMTTestFile.txt\n"
    "C:\\Program Files\\USMTTestFolder\\s\\USMTTestFile.txt\n"
    "C:\\Program Files\\USMTTestFolder\\other.txt\n"
    "C:\\Program Files\\USMTDIRTestFolder\\s\\x\n",
    "comp System\nINC %ProgramFiles%\\USMTTestFolder\\* [USMTTestFile.txt]\n"
    "INC %ProgramFiles%\\USMTDIRTestFolder\\* [*]",
    "C:\\Program Files\\USMTTestFolder\\USMTTestFile.txt\n"
    "C:\\Program Files\\USMTTestFolder\\s\\USMTTestFile.txt\n"
    "C:\\Program Files\\USMTDIRTestFolder\\s\\x\n" },
  { "G4",
    "C:\\EngineeringDrafts\\x\nC:\\EngineeringDrafts\\s\\y\nC:\\UserDocuments\\Sample.doc\n"
    "C:\\UserDocuments\\o\\Sample.doc\nD:\\w\\Requests\\r\nC:\\Requests\\r\nE:\\Requests\\r\n"
    "C:\\w\\Presentations\\p\nC:\\Presentations\\p\nD:\\Presentations\\p\n",
    "comp System\nINC C:\\EngineeringDrafts\\* [*]\nEXC C:\\EngineeringDrafts\\ [*]\n"
    "comp System\nINC C:\\UserDocuments\\* [*]\nEXC C:\\UserDocuments\\ [Sample.doc]\n"
    "comp System\nINC DRIVES(\"\\Requests\\* [*] \")\nINC DRIVES(\"*\\Requests\\* [*] \")\n"
    "comp System\nINC C:\\*\\Presentations\\* [*]\nINC C:\\Presentations\\* [*]",
    "C:\\EngineeringDrafts\\s\\y\nC:\\UserDocuments\\o\\Sample.doc\nD:\\w\\Requests\\r\n"
    "C:\\Requests\\r\nC:\\w\\Presentations\\p\nC:\\Presentations\\p\n" },
};

static void
test_g_custom_files_take_what_they_are_written_for (void **state)
{
  run_examples (custom, G_N_ELEMENTS (custom));
}

/* ---- H: elements ---- */

#define FIVE(n) "INC %DATAPATH% [File" n ".txt]\n"
#define T7 \
  "C:\\data\\userdata\\dir1\\dir2\\File1.txt\nC:\\data\\userdata\\dir1\\dir2\\File2.txt\n" \
  "C:\\data\\userdata\\dir1\\dir2\\File3.txt\nC:\\data\\userdata\\dir1\\dir2\\File4.txt\n" \
  "C:\\data\\userdata\\dir1\\dir2\\File5.txt\n"
#define T8 \
  "C:\\work\\o.doc\nD:\\o.doc\nC:\\Users\\alice\\a.doc\nC:\\Users\\bob\\b.doc\n" \
  "C:\\Users\\stranger\\s.doc\nC:\\Users\\alice\\a.txt\n"

static const Example elements[] = {
  { "H2", "C:\\a.DOC\nD:\\s\\b.ppt\nC:\\c.vxd\nC:\\d.txt\nE:\\e.doc\n",
    "comp System\nEXT DOC PPT VXD PST CPP\nDET <rules/>", "C:\\a.DOC\nD:\\s\\b.ppt\nC:\\c.vxd\n" },
  { "H3", T7 "C:\\data\\userdata\\dir1\\dir2\\File6.txt\n",
    "comp System\nENV <variable name=\"DATAPATH\">"
    "<text>%SYSTEMDRIVE%\\data\\userdata\\dir1\\dir2 </text></variable>\n" FIVE ("1") FIVE ("2")
        FIVE ("3") FIVE ("4") FIVE ("5"),
    T7 },
  { "H4 unresolved", "C:\\App\\a.xyz\n",
    "comp System\nENV <variable name=\"INSTALLPATH\"><script>MigXmlHelper.GetStringContent("
    "\"Registry\",\"HKLM\\Software\\MyApp [EXEPATH]\")</script></variable>\n"
    "INC %INSTALLPATH%\\ [*.xyz]",
    "" },
  { "H17", "C:\\documents\\mydocs\\file].txt\nC:\\documents\\mydocs\\file.txt\n",
    "comp System\nINC c:\\documents\\mydocs [file^].txt]", "C:\\documents\\mydocs\\file].txt\n" },
  { "H8", T8,
    "comp\nrules System\nINC DRIVES(\"* [*.doc]\")\nEXC %ProfilesFolder%\\* [*.doc]\n"
    "rules User\nINC %ProfilesFolder%\\* [*.doc]\n"
    "EXC =GenerateUserPatterns(\"File\",\"%userprofile%\\* [*.doc]\",\"FALSE\")",
    "C:\\work\\o.doc\nD:\\o.doc\nC:\\Users\\alice\\a.doc\nC:\\Users\\bob\\b.doc\n" },
  { "H18", "C:\\Users\\alice\\Favorites\\f\nC:\\Users\\bob\\Favorites\\g\n",
    "comp User\nINC <conditions><condition negation=\"Yes\">MigXmlHelper.IsSameObject(\"File\","
    "\"%CSIDL_FAVORITES%\",\"%CSIDL_COMMON_FAVORITES%\")</condition></conditions>"
    "<pattern type=\"File\">%CSIDL_FAVORITES%\\* [*]</pattern>",
    "C:\\Users\\alice\\Favorites\\f\nC:\\Users\\bob\\Favorites\\g\n" },
  { "H18 the same folder", "C:\\Users\\alice\\Favorites\\f\nC:\\Users\\bob\\Favorites\\g\n",
    "comp User\nINC <conditions><condition negation=\"Yes\">MigXmlHelper.IsSameObject(\"File\","
    "\"%CSIDL_FAVORITES%\",\"c:\\users\\ALICE\\favorites\")</condition></conditions>"
    "<pattern type=\"File\">%CSIDL_FAVORITES%\\* [*]</pattern>",
    "C:\\Users\\bob\\Favorites\\g\n" },
};

static void
test_h_elements_do_what_their_reference_says (void **state)
{
  run_examples (elements, G_N_ELEMENTS (elements));
}

static void
set_access_time (const System *system, const char *path, int day)
{
  g_autofree char *full = g_build_filename (system->root, path, NULL);
  g_autoptr(GDateTime) noon = g_date_time_new_local (2008, 5, day, 23, 59, 59);
  struct timespec times[2] = { { 0 }, { .tv_nsec = UTIME_OMIT } };

  times[0].tv_sec = g_date_time_to_unix (noon);
  assert_int_equal (utimensat (AT_FDCWD, full, times, 0), 0);
}

static void
test_h7_a_range_of_days_has_its_ends_in_it (void **state)
{
  const Example h7 = {
    "H7",
    "C:\\DOCS\\14\nC:\\DOCS\\15\nC:\\DOCS\\16\nC:\\DOCS\\17\nC:\\DOCS\\18\n",
    "comp System\nINC [FileProperties(\"dateAccessed\",\"range\",\"2008/05/15-2008/05/17\")] "
    "%SYSTEMDRIVE%\\DOCS\\* [*]",
    "C:\\DOCS\\15\nC:\\DOCS\\16\nC:\\DOCS\\17\n",
  };
  g_autoptr(MoorRuleSet) set = rule_set (h7.rules);
  g_autoptr(MoorRuleOutcome) outcome = NULL;
  System system;

  open_windows (&system, h7.tree);
  for (int day = 14; day <= 18; day++)
    {
      g_autofree char *path = g_strdup_printf ("C:/DOCS/%d", day);

      set_access_time (&system, path, day);
    }
  outcome = evaluate_set (set, system.host, MOOR_RULES_AT_SOURCE);
  assert_outcome (&system, &h7, outcome);
  system_close (&system);
}

static void
assert_patterns (const char *rules, const char *expected)
{
  g_autoptr(MoorRuleSet) set = rule_set (rules);
  g_autoptr(MoorRuleOutcome) outcome = NULL;
  System system;

  open_windows (&system, "");
  outcome = evaluate_set (set, system.host, MOOR_RULES_AT_SOURCE);
  assert_items (system.host, outcome, expected);
  system_close (&system);
}

static void
test_h9_h10_generators_make_patterns_for_people_and_drives (void **state)
{
  assert_patterns (
      "comp User\nINC =GenerateUserPatterns(\"File\",\"%userprofile%\\* [*.doc]\",\"TRUE\")",
      "include alice C:\\Users\\alice\\* [*.doc]\ninclude alice C:\\Users\\bob\\* [*.doc]\n"
      "include bob C:\\Users\\alice\\* [*.doc]\ninclude bob C:\\Users\\bob\\* [*.doc]\n");
  assert_patterns (
      "comp User\nINC =GenerateUserPatterns(\"File\",\"%userprofile%\\* [*.doc]\",\"FALSE\")",
      "include alice C:\\Users\\bob\\* [*.doc]\ninclude bob C:\\Users\\alice\\* [*.doc]\n");
  assert_patterns ("comp System\nINC DRIVES(\"Path [file.txt]\")",
                   "include system C:\\Path [file.txt]\ninclude system D:\\Path [file.txt]\n");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_a_the_most_specific_rule_of_a_component_decides),
    cmocka_unit_test (test_a_registry_rules_have_the_same_precedence),
    cmocka_unit_test (test_b_folders_are_taken_though_files_are_left_out),
    cmocka_unit_test (test_d_files_are_included_by_place_and_name),
    cmocka_unit_test (test_e_files_are_excluded_by_place_and_name),
    cmocka_unit_test (test_e10_config_switches_a_component_off_and_not_what_others_include),
    cmocka_unit_test (test_g_custom_files_take_what_they_are_written_for),
    cmocka_unit_test (test_h_elements_do_what_their_reference_says),
    cmocka_unit_test (test_h7_a_range_of_days_has_its_ends_in_it),
    cmocka_unit_test (test_h9_h10_generators_make_patterns_for_people_and_drives),
  };

  return cmocka_run_group_tests_name ("core/usmt-examples", tests, NULL, NULL);
}
