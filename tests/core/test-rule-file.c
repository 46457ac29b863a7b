/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-test.h"

#include <string.h>

#include "moor-error.h"
#include "moor-rule-file.h"

static MoorRuleFile *
read_text (const char *text, GError **error)
{
  g_autoptr(GBytes) bytes = g_bytes_new_static (text, strlen (text));

  return moor_rule_file_read ("rules.xml", bytes, error);
}

static MoorRuleFile *
read_good (const char *text)
{
  g_autoptr(GError) error = NULL;
  MoorRuleFile *file = read_text (text, &error);

  assert_no_gerror (error);
  return file;
}

static const char everything[] =
    "<?xml version='1.0' encoding='UTF-8'?>\n"
    "<!-- before the root -->\n"
    "<migration urlid='http://example.com/All'>\n"
    "<library prefix='MigSysHelper'>MigSys.dll</library>\n"
    "<_locDefinition><_locDefault _loc='locNone'/></_locDefinition>\n"
    "<namedElements>\n"
    " <environment name='Paths' context='User'>\n"
    "  <variable name='A'><text> C:\\A </text></variable></environment>\n"
    " <detection name='There'><conditions><condition>MigXmlHelper.IsNative64Bit()</condition>"
    "</conditions></detection>\n"
    " <rules name='Common'><include><objectSet><pattern type='File'>%A%\\* [*]</pattern>"
    "</objectSet></include></rules>\n"
    "</namedElements>\n"
    "<component type='Documents' context='User' defaultSupported='FALSE'>\n"
    " <displayName _locID='x'>Papers</displayName><manufacturer>M</manufacturer>\n"
    " <paths><path type='File'>x</path></paths>\n"
    " <environment><conditions operation='OR'><condition negation='Yes'>"
    "MigXmlHelper.IsSystemContext()</condition><conditions><condition>"
    "MigXmlHelper.IsNative64Bit()</condition></conditions></conditions>\n"
    "  <variable name='S' remap='TRUE'><script>MigXmlHelper.GetStringContent('Registry','HKLM\\K "
    "[V]')</script></variable>\n"
    "  <variable name='O'><objectSet><content filter='MigXmlHelper.ExtractDirectory(NULL,\"1\")'>"
    "<objectSet><pattern type='Registry'>HKCU\\K [V]</pattern></objectSet></content></objectSet>"
    "</variable></environment>\n"
    " <extensions><extension>doc</extension><extension>.xls</extension></extensions>\n"
    " <role role='Data'>\n"
    "  <detects><detect><condition>MigXmlHelper.IsNative64Bit()</condition><objectSet><pattern "
    "type='File'>C:\\x [y]</pattern></objectSet></detect></detects>\n"
    "  <detection name='There'/>\n"
    "  <environment name='Paths'/>\n"
    "  <rules context='System'>\n"
    "   <conditions><condition>MigXmlHelper.IsSystemContext()</condition></conditions>\n"
    "   <include filter='MigXmlHelper.IgnoreIrrelevantLinks()'><objectSet><conditions><condition>"
    "MigXmlHelper.IsSystemContext()</condition></conditions><pattern type='File'> C:\\a [b] "
    "</pattern><script>MigXmlHelper.GenerateDocPatterns()</script></objectSet></include>\n"
    "   <exclude><objectSet><pattern type='File'>C:\\b [b]</pattern></objectSet></exclude>\n"
    "   <unconditionalExclude><objectSet><pattern type='File'>C:\\c [b]</pattern></objectSet>"
    "</unconditionalExclude>\n"
    "   <merge script='MigXmlHelper.SourcePriority()'><objectSet><pattern type='File'>C:\\d [b]"
    "</pattern></objectSet></merge>\n"
    "   <locationModify script='MigXmlHelper.Move(\"C:\\M\")'><objectSet><pattern type='File'>"
    "C:\\e [b]</pattern></objectSet></locationModify>\n"
    "   <contentModify script='MigXmlHelper.ConvertToString(\"1\")'><objectSet><pattern "
    "type='Registry'>HKCU\\e [b]</pattern></objectSet></contentModify>\n"
    "   <destinationCleanup><objectSet><pattern type='File'>C:\\f [b]</pattern></objectSet>"
    "</destinationCleanup>\n"
    "   <includeAttributes attributes='Security, TimeFields'><objectSet><pattern type='File'>C:\\g "
    "[b]</pattern></objectSet></includeAttributes>\n"
    "   <excludeAttributes attributes='timefields'><objectSet><pattern type='File'>C:\\h [b]"
    "</pattern></objectSet></excludeAttributes>\n"
    "   <addObjects><object><location type='Registry'>HKCU\\K [V]</location><attributes>DWORD"
    "</attributes><bytes expand='No'>0B000000</bytes></object></addObjects>\n"
    "   <externalProcess when='post-apply'><commandLine>logoff</commandLine></externalProcess>\n"
    "   <processing when='pre-scan'><script>MigXmlHelper.KillExplorer()</script></processing>\n"
    "   <rules name='Common'/>\n"
    "  </rules>\n"
    "  <component type='System'><displayName>Inner</displayName><role role='Data'><rules "
    "name='Common' context='User'/></role></component>\n"
    " </role>\n"
    "</component>\n"
    "</migration>\n";

static void
check_environment (const MoorEnvironmentNode *environment)
{
  const MoorVariableNode *script = g_ptr_array_index (environment->variables, 0);
  const MoorVariableNode *set = g_ptr_array_index (environment->variables, 1);
  const MoorConditionNode *first = g_ptr_array_index (environment->conditions->children, 0);
  const MoorObjectSource *content = g_ptr_array_index (set->object_set->sources, 0);

  assert_int_equal (environment->context, MOOR_CONTEXT_BOTH);
  assert_true (environment->conditions->is_group && environment->conditions->any);
  assert_true (first->negated && !first->is_group);
  assert_int_equal (first->call->helper, MOOR_HELPER_IS_SYSTEM_CONTEXT);
  assert_int_equal (environment->conditions->children->len, 2);
  assert_true (script->remap);
  assert_int_equal (script->script->helper, MOOR_HELPER_GET_STRING_CONTENT);
  assert_false (set->remap);
  assert_int_equal (content->content_filter->helper, MOOR_HELPER_EXTRACT_DIRECTORY);
  assert_int_equal (content->content_sets->len, 1);
}

static void
check_rules (const MoorRulesNode *rules)
{
  const MoorRuleNode *include = g_ptr_array_index (rules->rules, 0);
  const MoorObjectSetNode *set = g_ptr_array_index (include->object_sets, 0);
  const MoorObjectSource *pattern = g_ptr_array_index (set->sources, 0);
  const MoorAddObjectsNode *added = g_ptr_array_index (rules->added, 0);
  const MoorAddedObject *object = g_ptr_array_index (added->objects, 0);
  const MoorProcessNode *external = g_ptr_array_index (rules->processes, 0);
  const MoorProcessNode *helper = g_ptr_array_index (rules->processes, 1);

  assert_int_equal (rules->context, MOOR_CONTEXT_SYSTEM);
  assert_non_null (rules->conditions);
  assert_int_equal (rules->rules->len, 9);
  for (guint i = 0; i < rules->rules->len; i++)
    {
      const MoorRuleNode *rule = g_ptr_array_index (rules->rules, i);

      assert_int_equal (rule->kind, i);
      assert_int_equal (rule->object_sets->len, 1);
    }
  assert_int_equal (include->call->helper, MOOR_HELPER_IGNORE_IRRELEVANT_LINKS);
  assert_non_null (set->conditions);
  assert_string_equal (pattern->pattern->text, "C:\\a [b]");
  assert_int_equal (set->sources->len, 2);
  assert_int_equal (((MoorRuleNode *) g_ptr_array_index (rules->rules, 7))->attributes,
                    MOOR_ATTRIBUTES_SECURITY | MOOR_ATTRIBUTES_TIMES);
  assert_int_equal (((MoorRuleNode *) g_ptr_array_index (rules->rules, 8))->attributes,
                    MOOR_ATTRIBUTES_TIMES);
  assert_string_equal (object->bytes, "0B000000");
  assert_false (object->expand || object->bytes_are_text);
  assert_int_equal (object->location->type, MOOR_PATTERN_REGISTRY);
  assert_int_equal (external->when, MOOR_WHEN_POST_APPLY);
  assert_string_equal (g_ptr_array_index (external->command_lines, 0), "logoff");
  assert_int_equal (helper->when, MOOR_WHEN_PRE_SCAN);
  assert_int_equal (helper->scripts->len, 1);
}

static void
check_named (const MoorRoleNode *role, const MoorRulesNode *rules)
{
  const MoorDetectionNode *old = g_ptr_array_index (role->detections, 0);
  const MoorDetectionNode *named = g_ptr_array_index (role->detections, 1);
  const MoorEnvironmentNode *paths = g_ptr_array_index (role->environments, 0);
  const MoorVariableNode *variable = g_ptr_array_index (paths->variables, 0);
  const MoorDetectNode *detect = g_ptr_array_index (old->detects, 0);
  const MoorRulesNode *common = g_ptr_array_index (rules->children, 0);
  const MoorComponentNode *inner = g_ptr_array_index (role->components, 0);
  const MoorRoleNode *inner_role = g_ptr_array_index (inner->roles, 0);
  const MoorRulesNode *inner_rules = g_ptr_array_index (inner_role->rules, 0);

  assert_null (old->conditions);
  assert_int_equal (detect->conditions->len, 1);
  assert_int_equal (detect->object_sets->len, 1);
  assert_non_null (named->conditions);
  assert_null (named->detects);
  assert_int_equal (paths->context, MOOR_CONTEXT_USER);
  assert_string_equal (variable->text, "C:\\A");
  assert_int_equal (common->rules->len, 1);
  assert_int_equal (common->context, MOOR_CONTEXT_BOTH);
  assert_string_equal (inner->id, "http://example.com/all/inner/data");
  assert_int_equal (inner->type, MOOR_COMPONENT_SYSTEM);
  assert_int_equal (inner_rules->context, MOOR_CONTEXT_USER);
}

static void
test_every_element_is_read (void **state)
{
  g_autoptr(MoorRuleFile) file = read_good (everything);
  const MoorComponentNode *component;
  const MoorRoleNode *role;
  gboolean tells_of_support = FALSE;

  for (guint i = 0; i < file->findings->len; i++)
    {
      g_autofree char *text = moor_finding_format (g_ptr_array_index (file->findings, i));

      if (strstr (text, "defaultSupported") != NULL)
        tells_of_support = strstr (text, "rules.xml:12:") != NULL;
      else if (strstr (text, "xls") == NULL && strstr (text, "timefields") == NULL)
        fail_msg ("%s", text);
    }
  assert_true (tells_of_support);
  assert_string_equal (file->url_id, "http://example.com/All");
  assert_int_equal (file->components->len, 1);
  component = g_ptr_array_index (file->components, 0);
  assert_string_equal (component->display_name, "Papers");
  assert_string_equal (component->id, "http://example.com/all/papers/data");
  assert_int_equal (component->type, MOOR_COMPONENT_DOCUMENTS);
  assert_int_equal (component->context, MOOR_CONTEXT_USER);
  assert_false (component->default_supported);
  assert_int_equal (component->origin.line, 12);
  assert_int_equal (component->origin.column, 1);
  assert_string_equal (g_ptr_array_index (component->extensions, 0), "doc");
  assert_string_equal (g_ptr_array_index (component->extensions, 1), "xls");
  check_environment (g_ptr_array_index (component->environments, 0));
  role = g_ptr_array_index (component->roles, 0);
  assert_int_equal (role->kind, MOOR_ROLE_DATA);
  check_rules (g_ptr_array_index (role->rules, 0));
  check_named (role, g_ptr_array_index (role->rules, 0));
}

#define FILE_OF(inside) "<migration urlid='u'>" inside "</migration>"
#define COMPONENT_OF(inside) \
  FILE_OF ("<component type='Application'><displayName>N</displayName>" inside "</component>")
#define RULES_OF(inside) COMPONENT_OF ("<role role='Data'><rules>\n" inside "\n</rules></role>")
#define INCLUDE_OF(inside) RULES_OF ("<include><objectSet>" inside "</objectSet></include>")
#define PATTERN(text) "<pattern type='File'>" text "</pattern>"
#define INCLUDE "<include><objectSet>" PATTERN ("C:\\* [*]") "</objectSet></include>"

/* An oddity, what it is called, and where. */
static const struct
{
  const char *text;
  const char *code;
  guint line;
  guint column;
  const char *said;
} odd[] = {
  { RULES_OF ("<inclde/>" INCLUDE), "unknown-element", 2, 1, "Did you mean <include>?" },
  { RULES_OF ("  <Include><objectSet>" PATTERN ("C:\\* [*]") "</objectSet></Include>"),
    "wrong-capitals", 2, 3, "<Include> is written <include>" },
  { RULES_OF (INCLUDE "<role role='Data'/>"), "misplaced-element", 2, 82, "It belongs in" },
  { COMPONENT_OF ("<rules>" INCLUDE "</rules>"), "misplaced-element", 1, 80,
    "<rules> means nothing in <component>" },
  { COMPONENT_OF ("<rules>" INCLUDE "</rules>"), "no-role", 1, 22, "no <role>" },
  { COMPONENT_OF ("<role><rules>" INCLUDE "</rules></role>"), "missing-attribute", 1, 80,
    "“role” is missing" },
  { FILE_OF (
        "<component type='Settings'><displayName>N</displayName><role role='Data'><rules>" INCLUDE
        "</rules></role></component>"),
    "bad-value", 1, 22, "System, Application, Device, Documents" },
  { FILE_OF ("<component type='System' context='user'><displayName>N</displayName><role "
             "role='Data'><rules>" INCLUDE "</rules></role></component>"),
    "wrong-capitals", 1, 22, "“user” is written “User”" },
  { FILE_OF ("<component type='System' Context='User'><displayName>N</displayName><role "
             "role='Data'><rules>" INCLUDE "</rules></role></component>"),
    "wrong-capitals", 1, 22, "“Context” is written “context”" },
  { FILE_OF ("<component type='System' id='x'><displayName>N</displayName><role "
             "role='Data'><rules>" INCLUDE "</rules></role></component>"),
    "unknown-attribute", 1, 22, "no attribute “id”" },
  { FILE_OF ("<component type='System'><role role='Data'><rules>" INCLUDE
             "</rules></role></component>"),
    "no-display-name", 1, 22, "no name" },
  { "<migration><component type='System'><displayName>N</displayName><role role='Data'><rules>" INCLUDE
    "</rules></role></component></migration>",
    "missing-attribute", 1, 1, "urlid" },
  { RULES_OF ("<exclude><objectSet>" PATTERN ("C:\\* [*]") "</objectSet></exclude>"),
    "exclude-alone", 2, 1, "none: it does nothing" },
  { INCLUDE_OF (PATTERN ("C:\\Data\\*")), "no-leaf", 2, 21, "directories only" },
  { INCLUDE_OF (PATTERN ("C:\\Data\\x.doc")), "no-leaf", 2, 21, "about a directory" },
  { INCLUDE_OF (PATTERN ("C:\\Data [*")), "bad-pattern", 2, 21, "one of two brackets" },
  { INCLUDE_OF (PATTERN ("*[*]\\OneDrive\\**")), "bad-pattern", 2, 21, "behind its brackets" },
  { INCLUDE_OF (PATTERN ("C:\\* [a\\b.txt]")), "bad-pattern", 2, 21, "directory in its brackets" },
  { INCLUDE_OF (PATTERN ("C:\\* [a?.txt]")), "question-mark", 2, 21, "no wildcard" },
  { INCLUDE_OF (PATTERN ("HKCU\\Software [*]")), "wrong-type", 2, 21, "type=\"Registry\"" },
  { INCLUDE_OF ("<pattern>C:\\* [*]</pattern>"), "missing-attribute", 2, 21, "File is assumed" },
  { INCLUDE_OF ("<pattern type='Files'>C:\\* [*]</pattern>"), "bad-value", 2, 21, "Registry, Ini" },
  { INCLUDE_OF (PATTERN (" ")), "empty", 2, 21, "no text" },
  { INCLUDE_OF (""), "empty", 2, 10, "nothing in <objectSet>" },
  { RULES_OF ("<include/>"), "empty", 2, 1, "no <objectSet>" },
  { INCLUDE_OF ("<script>MigXmlHelper.GenerateDrivePatterns(“*”,“Fixed”)</script>"), "bad-call", 2,
    21, "typographic quotes" },
  { INCLUDE_OF ("<script>MigXmlHelper.IsNative64Bit()</script>"), "wrong-helper", 2, 21,
    "not a function for <script>" },
  { RULES_OF (INCLUDE "<merge><objectSet>" PATTERN ("C:\\* [*]") "</objectSet></merge>"),
    "missing-attribute", 2, 82, "“script” is missing" },
  { RULES_OF (INCLUDE "<externalProcess when='later'><commandLine>x</commandLine>"
                      "</externalProcess>"),
    "bad-value", 2, 82, "post-apply" },
  { COMPONENT_OF ("<role role='Data'><rules name='Nobody'/></role>"), "undefined-name", 1, 98,
    "“Nobody”" },
  { COMPONENT_OF ("<role role='Container'><rules>" INCLUDE "</rules></role>"), "rules-in-container",
    1, 80, "holds components" },
  { FILE_OF (""), "empty", 1, 1, "no <component>" },
};

static void
test_oddities_are_told_with_place_and_remedy (void **state)
{
  for (gsize i = 0; i < G_N_ELEMENTS (odd); i++)
    {
      g_autoptr(MoorRuleFile) file = read_good (odd[i].text);
      g_autoptr(GString) all = g_string_new (NULL);
      gboolean is_found = FALSE;

      for (guint j = 0; j < file->findings->len; j++)
        {
          const MoorFinding *finding = g_ptr_array_index (file->findings, j);
          g_autofree char *text = moor_finding_format (finding);

          g_string_append_printf (all, "%s [%s]\n", text, finding->code);
          assert_int_equal (finding->level, MOOR_FINDING_WARNING);
          is_found =
              is_found
              || (g_str_equal (finding->code, odd[i].code) && finding->origin.line == odd[i].line
                  && finding->origin.column == odd[i].column && strstr (text, odd[i].said) != NULL);
        }
      if (!is_found)
        fail_msg ("case %zu, %s at %u:%u is not among:\n%s", i, odd[i].code, odd[i].line,
                  odd[i].column, all->str);
    }
}

static void
test_a_rule_whose_call_is_wrong_does_nothing (void **state)
{
  g_autoptr(MoorRuleFile) file = read_good (
      RULES_OF ("<include filter='MigXmlHelper.Nothing()'><objectSet>" PATTERN (
          "C:\\* [*]") "</objectSet></include>"));
  const MoorComponentNode *component = g_ptr_array_index (file->components, 0);
  const MoorRoleNode *role = g_ptr_array_index (component->roles, 0);
  const MoorRulesNode *rules = g_ptr_array_index (role->rules, 0);

  assert_int_equal (rules->rules->len, 0);
}

static void
test_a_condition_that_cannot_be_read_stays_as_false (void **state)
{
  g_autoptr(MoorRuleFile) file = read_good (
      RULES_OF ("<conditions><condition>MigXmlHelper.Nothing()</condition></conditions>" INCLUDE));
  const MoorComponentNode *component = g_ptr_array_index (file->components, 0);
  const MoorRoleNode *role = g_ptr_array_index (component->roles, 0);
  const MoorRulesNode *rules = g_ptr_array_index (role->rules, 0);
  const MoorConditionNode *condition = g_ptr_array_index (rules->conditions->children, 0);

  assert_false (condition->is_group);
  assert_null (condition->call);
}

static const struct
{
  const char *text;
  const char *message;
} refused[] = {
  { "", "rules.xml: The file is empty." },
  { "<migration>", "rules.xml:1:12: " },
  { "<migration urlid='u'>\n <component>\n</migration>", "rules.xml:3:13: " },
  { "<offline/>", "rules.xml:1:1: This is an Offline.xml" },
  { "\n<Configuration/>", "rules.xml:2:1: This is a Config.xml and not a rule file." },
  { "<html/>", "rules.xml:1:1: The file starts with <html>. A rule file starts with <migration>" },
  { "no xml at all", "rules.xml:1:1: Start tag expected" },
  { "<migration urlid=\xe2\x80\x9cu\xe2\x80\x9d/>",
    "rules.xml:1:18: AttValue: \" or ' expected. This is a typographic quote" },
  { "<migration urlid=\x93u\x94/>", "rules.xml:1:18: Here is a typographic quote as Windows" },
  { "<migration urlid='u'>&nbsp;</migration>", "rules.xml:1:" },
  { "<migration urlid='u'><rules><include/></rules></migration>",
    "rules.xml:1:1: There is no <component>" },
  { FILE_OF ("<namedElements><rules name='A'><rules name='a'/></rules></namedElements>"
             "<component type='System'><role role='Data'><rules name='A'/></role></component>"),
    "rules.xml:1:53: The named element “a” leads back to itself" },
};

static void
test_what_cannot_be_read_is_refused_whole (void **state)
{
  for (gsize i = 0; i < G_N_ELEMENTS (refused); i++)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(MoorRuleFile) file = read_text (refused[i].text, &error);

      assert_null (file);
      assert_gerror (error, MOOR_ERROR, MOOR_ERROR_USAGE);
      if (!g_str_has_prefix (error->message, refused[i].message))
        fail_msg ("“%s” does not start with “%s”", error->message, refused[i].message);
    }
}

#define UMLAUT \
  "<migration urlid='u'>\n <component type='Application'><displayName>Gr\u00f6\u00dfe</displayName" \
  "><role role='Data'/></component></migration>\n"

static const struct
{
  const char *declaration;
  const char *charset;
  const char *mark;
  gsize mark_length;
  const char *newline;
} encodings[] = {
  { "", "UTF-8", "", 0, "\n" },
  { "<?xml version='1.0'?>", "UTF-8", "", 0, "\r\n" },
  { "<?xml version='1.0' encoding='utf-8'?>", "UTF-8", "\xef\xbb\xbf", 3, "\r\n" },
  { "<?xml version='1.0' encoding='UTF-16'?>", "UTF-16LE", "\xff\xfe", 2, "\r\n" },
  { "<?xml version='1.0' encoding='UTF-16'?>", "UTF-16BE", "\xfe\xff", 2, "\n" },
  { "", "UTF-16LE", "\xff\xfe", 2, "\n" },
  { "", "UTF-16LE", "", 0, "\n" },
  { "", "UTF-16BE", "", 0, "\n" },
  { "<?xml version='1.0' encoding='utf-8'?>", "UTF-16LE", "\xff\xfe", 2, "\n" },
  { "<?xml version='1.0' encoding='windows-1252'?>", "CP1252", "", 0, "\n" },
  { "<?xml version=\"1.0\" encoding=\"ISO-8859-1\" ?>", "ISO-8859-1", "", 0, "\r\n" },
  { "<?xml version='1.0' encoding='UTF-16'?>", "UTF-8", "", 0, "\n" },
  { "", "UTF-32LE", "\xff\xfe\0\0", 4, "\n" },
};

static void
test_any_encoding_is_read (void **state)
{
  for (gsize i = 0; i < G_N_ELEMENTS (encodings); i++)
    {
      g_autofree char *text = g_strconcat (encodings[i].declaration, UMLAUT, NULL);
      g_auto(GStrv) lines = g_strsplit (text, "\n", -1);
      g_autofree char *with_ends = g_strjoinv (encodings[i].newline, lines);
      gsize length = 0;
      g_autofree char *encoded = g_convert (with_ends, -1, encodings[i].charset, "UTF-8", NULL,
                                            &length, NULL);
      g_autoptr(GByteArray) array = g_byte_array_new ();
      g_autoptr(GBytes) bytes = NULL;
      g_autoptr(GError) error = NULL;
      g_autoptr(MoorRuleFile) file = NULL;
      const MoorComponentNode *component;

      g_byte_array_append (array, (const guint8 *) encodings[i].mark,
                           (guint) encodings[i].mark_length);
      g_byte_array_append (array, (const guint8 *) encoded, (guint) length);
      bytes = g_bytes_new (array->data, array->len);
      file = moor_rule_file_read ("rules.xml", bytes, &error);
      assert_no_gerror (error);
      component = g_ptr_array_index (file->components, 0);
      assert_string_equal (component->display_name, "Gr\u00f6\u00dfe");
      assert_int_equal (component->origin.line, 2);
      assert_int_equal (component->origin.column, 2);
    }
}

/* libxml2 itself stops counting at 65,535. */
static void
test_places_are_right_far_down_and_behind_wide_letters (void **state)
{
  g_autoptr(GString) text = g_string_new ("<migration urlid='u'>");
  g_autoptr(MoorRuleFile) file = NULL;
  const MoorFinding *finding;

  for (guint i = 0; i < 70000; i++)
    g_string_append_c (text, '\n');
  g_string_append (text, "\u00e4\u20ac\U0001f600 <component type='System'\n id='>'/></migration>");
  file = read_good (text->str);
  finding = g_ptr_array_index (file->findings, 0);
  assert_string_equal (finding->code, "unknown-attribute");
  assert_int_equal (finding->origin.line, 70001);
  assert_int_equal (finding->origin.column, 5);
}

static void
test_files_are_told_by_their_root (void **state)
{
  static const struct
  {
    const char *text;
    MoorFileKind kind;
  } cases[] = {
    { "<migration urlid='x'/>", MOOR_FILE_MIGXML },
    { "<Migration/>", MOOR_FILE_MIGXML },
    { "<Configuration/>", MOOR_FILE_CONFIG },
    { "<configuration/>", MOOR_FILE_CONFIG },
    { "<!-- x --><offline></offline>", MOOR_FILE_OFFLINE },
  };
  g_autoptr(GBytes) other = g_bytes_new_static ("<sequence/>", 11);
  g_autoptr(GError) error = NULL;
  MoorFileKind kind;

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(GBytes) bytes = g_bytes_new_static (cases[i].text, strlen (cases[i].text));

      assert_true (moor_rule_file_sniff ("x.xml", bytes, &kind, NULL));
      assert_int_equal (kind, cases[i].kind);
    }
  assert_false (moor_rule_file_sniff ("x.xml", other, &kind, &error));
  assert_gerror (error, MOOR_ERROR, MOOR_ERROR_USAGE);
}

static void
test_lint_notes_once_what_means_nothing_on_linux (void **state)
{
  static const char text[] = RULES_OF (
      "<include><objectSet><pattern type='Registry'>HKCU\\A [*]</pattern>"
      "<pattern type='Registry'>HKCU\\B [*]</pattern>" PATTERN ("C:\\* [*]")
          PATTERN ("%A%\\* [*]") "</objectSet></include>");
  g_autoptr(GBytes) bytes = g_bytes_new_static (text, strlen (text));
  g_autoptr(GPtrArray) findings = moor_rules_lint ("rules.xml", bytes);
  const MoorFinding *registry = g_ptr_array_index (findings, 0);
  const MoorFinding *drive = g_ptr_array_index (findings, 1);

  assert_int_equal (findings->len, 2);
  assert_int_equal (registry->level, MOOR_FINDING_NOTE);
  assert_string_equal (registry->code, "registry");
  assert_int_equal (registry->count, 2);
  assert_string_equal (drive->code, "drive");
  assert_int_equal (drive->count, 1);
}

static void
test_lint_tells_why_a_file_is_refused (void **state)
{
  g_autoptr(GBytes) bytes = g_bytes_new_static ("<migration>\n</migraton>", 23);
  g_autoptr(GPtrArray) findings = moor_rules_lint ("rules.xml", bytes);
  const MoorFinding *finding = g_ptr_array_index (findings, 0);

  assert_int_equal (findings->len, 1);
  assert_int_equal (finding->level, MOOR_FINDING_ERROR);
  assert_int_equal (finding->origin.line, 2);
  assert_non_null (finding->remedy);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_every_element_is_read),
    cmocka_unit_test (test_oddities_are_told_with_place_and_remedy),
    cmocka_unit_test (test_a_rule_whose_call_is_wrong_does_nothing),
    cmocka_unit_test (test_a_condition_that_cannot_be_read_stays_as_false),
    cmocka_unit_test (test_what_cannot_be_read_is_refused_whole),
    cmocka_unit_test (test_any_encoding_is_read),
    cmocka_unit_test (test_places_are_right_far_down_and_behind_wide_letters),
    cmocka_unit_test (test_files_are_told_by_their_root),
    cmocka_unit_test (test_lint_notes_once_what_means_nothing_on_linux),
    cmocka_unit_test (test_lint_tells_why_a_file_is_refused),
  };

  return cmocka_run_group_tests_name ("core/rule-file", tests, NULL, NULL);
}
