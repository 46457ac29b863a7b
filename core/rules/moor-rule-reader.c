/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-rule-reader-private.h"

#include <string.h>

/* What reading MigXML has in common everywhere: which element it is, whether it
 * may stand here, what its attributes say, and where a name points. */

/* An element is read once for each time that its definition is used, so a
 * small file can mean a lot. */
#define MAX_READ 300000
#define MAX_OPEN 16

/**
 * moor_reader_is_done:
 *
 * Returns: whether the file is refused by now, so that nothing need be read any more
 */
gboolean
moor_reader_is_done (const MoorReader *reader)
{
  return reader->xml->refusal != NULL;
}

/**
 * moor_reader_warn:
 * @remedy: (nullable): what to do about it
 * @format: what is probably not meant so, in a sentence
 *
 * Adds a warning about @node.
 */
void
moor_reader_warn (MoorReader *reader,
                  const xmlNode *node,
                  const char *code,
                  const char *remedy,
                  const char *format,
                  ...)
{
  const MoorOrigin origin = moor_xml_origin (reader->xml, node);
  va_list args;

  va_start (args, format);
  moor_findings_add (reader->xml->findings,
                     moor_finding_new (MOOR_FINDING_WARNING, &origin, code,
                                       g_strdup_vprintf (format, args), remedy));
  va_end (args);
}

static const char *
value_of (const xmlAttr *attribute)
{
  if (attribute->children == NULL || attribute->children->content == NULL)
    return "";
  return (const char *) attribute->children->content;
}

/**
 * moor_reader_attribute:
 * @name: in the capitals of the schema; another capital in the file is taken, too
 *
 * Returns: (nullable): the value, owned by @node
 */
const char *
moor_reader_attribute (const xmlNode *node, const char *name)
{
  for (const xmlAttr *at = node->properties; at != NULL; at = at->next)
    {
      if (strcmp ((const char *) at->name, name) == 0)
        return value_of (at);
    }
  for (const xmlAttr *at = node->properties; at != NULL; at = at->next)
    {
      if (g_ascii_strcasecmp ((const char *) at->name, name) == 0)
        return value_of (at);
    }
  return NULL;
}

/* 0: unknown, 1: known, 2: known in other capitals. */
static int
know_attribute (const char *known, const char *name, char **out_right)
{
  g_auto(GStrv) names = g_strsplit (known, " ", -1);

  for (guint i = 0; names[i] != NULL; i++)
    {
      if (g_ascii_strcasecmp (names[i], name) == 0)
        {
          *out_right = g_strdup (names[i]);
          return strcmp (names[i], name) == 0 ? 1 : 2;
        }
    }
  return 0;
}

static void
check_attributes (MoorReader *reader, MoorElement element, const xmlNode *node)
{
  const MoorElementInfo *info = moor_element_info (element);

  for (const xmlAttr *at = node->properties; at != NULL; at = at->next)
    {
      const char *name = (const char *) at->name;
      g_autofree char *right = NULL;
      int known;

      if (at->ns != NULL || g_str_equal (name, "_locID"))
        continue;
      known = know_attribute (info->attributes, name, &right);
      if (known == 0)
        moor_reader_warn (reader, node, "unknown-attribute", "Delete it, or correct its name.",
                          "<%s> has no attribute “%.40s”; it means nothing.", info->name, name);
      else if (known == 2)
        moor_reader_warn (reader, node, "wrong-capitals", "Correct its capitals.",
                          "The attribute “%.40s” is written “%s”.", name, right);
    }
}

static void
warn_unknown (MoorReader *reader, const xmlNode *node)
{
  const char *name = (const char *) node->name;
  const char *nearest = moor_element_nearest (name);
  g_autofree char *remedy = NULL;

  reader->n_misplaced++;
  if (nearest != NULL)
    remedy = g_strdup_printf ("Did you mean <%s>?", nearest);
  moor_reader_warn (reader, node, "unknown-element", remedy,
                    "<%.40s> is not an element of MigXML; it means nothing, with all that is in "
                    "it.",
                    name);
}

static void
warn_misplaced (MoorReader *reader, MoorElement parent, MoorElement element, const xmlNode *node)
{
  g_autoptr(GString) where = g_string_new (NULL);
  const char *const name = moor_element_info (element)->name;

  reader->n_misplaced++;
  for (int i = 1; i < MOOR_N_ELEMENTS; i++)
    {
      if ((moor_element_info ((MoorElement) i)->children >> element & 1) != 0)
        g_string_append_printf (where, "%s<%s>", where->len > 0 ? ", " : "It belongs in ",
                                moor_element_info ((MoorElement) i)->name);
    }
  g_string_append_c (where, '.');
  moor_reader_warn (reader, node, "misplaced-element", where->str,
                    "<%s> means nothing in <%s>, with all that is in it.", name,
                    moor_element_info (parent)->name);
}

/* What is ignored is for people, but for these. */
static void
note_ignored (MoorReader *reader, MoorElement element, const xmlNode *node)
{
  const MoorOrigin origin = moor_xml_origin (reader->xml, node);

  if (element == MOOR_ELEMENT_WINDOWS_OBJECTS || element == MOOR_ELEMENT_SUPPORTED_COMPONENTS
      || element == MOOR_ELEMENT_PLUGIN)
    moor_xml_find (reader->xml, MOOR_FINDING_NOTE, &origin, "windows-only", NULL,
                   "<%s> is for parts of Windows itself and means nothing here.",
                   moor_element_info (element)->name);
}

/* Whether somebody reads it. */
static gboolean
check_element (MoorReader *reader, MoorElement parent, MoorElement element, const xmlNode *node)
{
  const MoorElementInfo *info = moor_element_info (element);

  if (element == MOOR_ELEMENT_UNKNOWN)
    {
      warn_unknown (reader, node);
      return FALSE;
    }
  if ((moor_element_info (parent)->children >> element & 1) == 0)
    {
      warn_misplaced (reader, parent, element, node);
      return FALSE;
    }
  if (strcmp (info->name, (const char *) node->name) != 0)
    moor_reader_warn (reader, node, "wrong-capitals", "Correct its capitals.",
                      "<%.40s> is written <%s>.", (const char *) node->name, info->name);
  if (info->is_ignored)
    {
      note_ignored (reader, element, node);
      return FALSE;
    }
  check_attributes (reader, element, node);
  return TRUE;
}

/**
 * moor_reader_next:
 * @parent: what @in is
 * @in: the element whose children are wanted
 * @previous: (nullable): the last one; %NULL for the first
 * @out_element: (out): what it is
 *
 * Steps through the elements in @in, which are those that may stand in a
 * @parent; whatever else is there ends up in the findings.
 *
 * Returns: (nullable): the next element; %NULL after the last, and as soon as the file is refused
 */
const xmlNode *
moor_reader_next (MoorReader *reader,
                  MoorElement parent,
                  const xmlNode *in,
                  const xmlNode *previous,
                  MoorElement *out_element)
{
  const xmlNode *node = previous == NULL ? moor_xml_first (in) : moor_xml_next (previous);

  for (; node != NULL && !moor_reader_is_done (reader); node = moor_xml_next (node))
    {
      const MoorOrigin origin = moor_xml_origin (reader->xml, node);

      if (++reader->n_read > MAX_READ)
        {
          moor_xml_refuse (reader->xml, &origin, "too-large", NULL,
                           "With its <namedElements> the file means more than %d elements.",
                           MAX_READ);
          return NULL;
        }
      *out_element = moor_element_find ((const char *) node->name);
      if (check_element (reader, parent, *out_element, node))
        return node;
    }
  return NULL;
}

static char *
named_key (MoorElement element, const char *name)
{
  g_autofree char *folded = g_utf8_strdown (name, -1);

  return g_strdup_printf ("%s/%s", moor_element_info (element)->name, folded);
}

/**
 * moor_reader_define:
 * @node: an element in <namedElements>
 *
 * Notes what its name stands for.
 */
void
moor_reader_define (MoorReader *reader, MoorElement element, const xmlNode *node)
{
  const char *name = moor_reader_attribute (node, "name");
  char *key;

  if (name == NULL || name[0] == '\0')
    {
      moor_reader_warn (reader, node, "missing-attribute", "Give it a name, or delete it.",
                        "A <%s> in <namedElements> has no name, so nothing can use it.",
                        moor_element_info (element)->name);
      return;
    }
  key = named_key (element, name);
  if (g_hash_table_contains (reader->named, key))
    {
      moor_reader_warn (reader, node, "repeated-name", "Give each its own name.",
                        "There is another <%s> of the name “%.80s” before, which is used.",
                        moor_element_info (element)->name, name);
      g_free (key);
      return;
    }
  g_hash_table_insert (reader->named, key, (gpointer) node);
}

static void
refuse_circle (MoorReader *reader, const xmlNode *node, const char *name)
{
  const MoorOrigin origin = moor_xml_origin (reader->xml, node);

  moor_xml_refuse (
      reader->xml, &origin, "circle", "Take the reference out of the definition.",
      "The named element “%.80s” leads back to itself, or through more than %d others.", name,
      MAX_OPEN);
}

/**
 * moor_reader_enter:
 * @node: an element that may be a reference to one in <namedElements>
 *
 * Looks up where @node is defined.  moor_reader_leave() belongs to it.
 *
 * Returns: (nullable): the element to read: @node itself, or its definition; %NULL if there is none
 */
const xmlNode *
moor_reader_enter (MoorReader *reader, MoorElement element, const xmlNode *node)
{
  const char *name = moor_reader_attribute (node, "name");
  g_autofree char *key = name != NULL ? named_key (element, name) : NULL;
  const xmlNode *definition = key != NULL ? g_hash_table_lookup (reader->named, key) : NULL;

  if (definition == node)
    return node;
  if (definition == NULL)
    {
      if (name == NULL || moor_xml_first (node) != NULL)
        return node;
      moor_reader_warn (reader, node, "undefined-name",
                        "Define it in <namedElements>, or correct the name.",
                        "No <%s> of the name “%.80s” is defined; it means nothing.",
                        moor_element_info (element)->name, name);
      return NULL;
    }
  if (moor_xml_first (node) != NULL)
    moor_reader_warn (reader, node, "body-ignored", "Leave it empty, or give it another name.",
                      "What stands in this <%s> is ignored: “%.80s” is defined in <namedElements>.",
                      moor_element_info (element)->name, name);
  if (reader->open->len >= MAX_OPEN || g_ptr_array_find (reader->open, (gpointer) definition, NULL))
    {
      refuse_circle (reader, node, name);
      return NULL;
    }
  g_ptr_array_add (reader->open, (gpointer) definition);
  return definition;
}

/**
 * moor_reader_leave:
 * @node: what moor_reader_enter() was given
 * @entered: what it returned, not %NULL
 */
void
moor_reader_leave (MoorReader *reader, const xmlNode *node, const xmlNode *entered)
{
  if (entered != node)
    g_ptr_array_set_size (reader->open, (int) reader->open->len - 1);
}

/**
 * moor_reader_flag:
 * @unless_given: what it is without the attribute
 *
 * Returns: what a boolean attribute says
 */
gboolean
moor_reader_flag (MoorReader *reader, const xmlNode *node, const char *name, gboolean unless_given)
{
  static const char *const yes[] = { "yes", "true", "1" };
  static const char *const no[] = { "no", "false", "0" };
  const char *value = moor_reader_attribute (node, name);

  if (value == NULL)
    return unless_given;
  for (guint i = 0; i < G_N_ELEMENTS (yes); i++)
    {
      if (g_ascii_strcasecmp (value, yes[i]) == 0)
        return TRUE;
      if (g_ascii_strcasecmp (value, no[i]) == 0)
        return FALSE;
    }
  moor_reader_warn (reader, node, "bad-value", "Write Yes or No.",
                    "The attribute “%s” is neither Yes nor No but “%.40s”; it is taken as %s.",
                    name, value, unless_given ? "Yes" : "No");
  return unless_given;
}

static char *
list_words (const MoorWord *words)
{
  GString *list = g_string_new ("There are ");

  for (guint i = 0; words[i].word != NULL; i++)
    g_string_append_printf (list, "%s%s", i > 0 ? ", " : "", words[i].word);
  g_string_append_c (list, '.');
  return g_string_free (list, FALSE);
}

/**
 * moor_reader_word:
 * @words: the values there are; the last has no word
 * @in_out_value: (inout): set to what the attribute says
 *
 * Returns: whether the attribute is there and has one of the values
 */
gboolean
moor_reader_word (MoorReader *reader,
                  const xmlNode *node,
                  const char *name,
                  const MoorWord *words,
                  int *in_out_value)
{
  const char *value = moor_reader_attribute (node, name);
  g_autofree char *remedy = NULL;

  if (value == NULL)
    return FALSE;
  for (guint i = 0; words[i].word != NULL; i++)
    {
      g_autofree char *stripped = g_strstrip (g_strdup (value));

      if (g_ascii_strcasecmp (stripped, words[i].word) != 0)
        continue;
      if (strcmp (stripped, words[i].word) != 0)
        moor_reader_warn (reader, node, "wrong-capitals", "Correct its capitals.",
                          "“%s” is written “%s”.", value, words[i].word);
      *in_out_value = words[i].value;
      return TRUE;
    }
  remedy = list_words (words);
  moor_reader_warn (reader, node, "bad-value", remedy,
                    "“%.40s” is nothing that the attribute “%s” can be.", value, name);
  return FALSE;
}

/**
 * moor_reader_context:
 *
 * Returns: the contexts that @node is for
 */
MoorContext
moor_reader_context (MoorReader *reader, const xmlNode *node)
{
  static const MoorWord words[] = { { "User", MOOR_CONTEXT_USER },
                                    { "System", MOOR_CONTEXT_SYSTEM },
                                    { "UserAndSystem", MOOR_CONTEXT_BOTH },
                                    { NULL, 0 } };
  int context = MOOR_CONTEXT_BOTH;

  (void) moor_reader_word (reader, node, "context", words, &context);
  return (MoorContext) context;
}

/**
 * moor_reader_call:
 * @node: where it stands
 * @text: (nullable): the call; %NULL if it is missing
 * @kinds: what may be called here
 *
 * Returns: (transfer full) (nullable): the call; %NULL if it means nothing, which is in the
 * findings
 */
MoorCall *
moor_reader_call (MoorReader *reader, const xmlNode *node, const char *text, guint kinds)
{
  const MoorOrigin origin = moor_xml_origin (reader->xml, node);
  const MoorElement element = moor_element_find ((const char *) node->name);
  g_autoptr(MoorCall) call = NULL;
  g_autoptr(GError) error = NULL;

  call = moor_call_parse (text != NULL ? text : "", &origin, &error);
  if (call == NULL)
    {
      moor_reader_warn (reader, node, "bad-call", "Until it is mended, it does nothing.", "%s",
                        error->message);
      return NULL;
    }
  if ((kinds & MOOR_CALLS (moor_helper_kind (call->helper))) == 0
      && moor_helper_kind (call->helper) != MOOR_CALL_INTERNAL)
    {
      moor_reader_warn (reader, node, "wrong-helper", "Until it is mended, it does nothing.",
                        "MigXmlHelper.%s is not a function for <%s>.",
                        moor_helper_name (call->helper), moor_element_info (element)->name);
      return NULL;
    }
  return g_steal_pointer (&call);
}

/**
 * moor_reader_script:
 *
 * Returns: (transfer full) (nullable): the call that is the text of @node, as moor_reader_call()
 */
MoorCall *
moor_reader_script (MoorReader *reader, const xmlNode *node, guint kinds)
{
  g_autofree char *text = moor_xml_text (node);

  return moor_reader_call (reader, node, text, kinds);
}
