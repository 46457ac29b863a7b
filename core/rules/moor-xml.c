/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-xml-private.h"

#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <string.h>

#include "moor-error.h"

/* Rule files come from anywhere.  What libxml2 would do for a document of good
 * faith is off: no network, no external files, no entities, nothing without a
 * bound.  It parses text that was decoded before, so a place in the text is a
 * place in the file. */

#define MAX_BYTES (16 * 1024 * 1024)
#define MAX_ELEMENTS 300000
#define MAX_DEPTH 200
/* libxml2 compares every attribute with every other, and every prefix too. */
#define MAX_ATTRIBUTES 1000
#define MAX_NAMESPACES 100

typedef struct
{
  MoorXml *xml;
  xmlParserCtxt *context;
  const char *text;
  gsize length;
  gsize offset; /* of @place; both only ever go forward */
  MoorXmlPlace place;
} Parse;

/**
 * moor_xml_refuse:
 * @origin: where
 * @remedy: (nullable): what to do about it
 * @format: why, in a sentence
 *
 * Notes that the file is refused; the first reason stays.
 */
void
moor_xml_refuse (MoorXml *xml,
                 const MoorOrigin *origin,
                 const char *code,
                 const char *remedy,
                 const char *format,
                 ...)
{
  va_list args;

  if (xml->refusal != NULL)
    return;
  va_start (args, format);
  xml->refusal = moor_finding_new (MOOR_FINDING_ERROR, origin, code,
                                   g_strdup_vprintf (format, args), remedy);
  va_end (args);
}

/**
 * moor_xml_find:
 * @origin: where
 * @remedy: (nullable): what to do about it
 * @format: what, in a sentence
 *
 * Adds a finding.
 */
void
moor_xml_find (MoorXml *xml,
               MoorFindingLevel level,
               const MoorOrigin *origin,
               const char *code,
               const char *remedy,
               const char *format,
               ...)
{
  va_list args;

  va_start (args, format);
  moor_findings_add (xml->findings, moor_finding_new (level, origin, code,
                                                      g_strdup_vprintf (format, args), remedy));
  va_end (args);
}

/**
 * moor_xml_throw:
 * @xml: a file that is refused
 *
 * Sets @error to why @xml is refused: "FILE:LINE:COLUMN: what. remedy".
 *
 * Returns: %FALSE
 */
gboolean
moor_xml_throw (const MoorXml *xml, GError **error)
{
  const MoorFinding *why = xml->refusal;
  g_autoptr(GString) place = g_string_new (why->origin.file);

  if (why->origin.line > 0)
    g_string_append_printf (place, ":%u:%u", why->origin.line, MAX (why->origin.column, 1));
  return moor_throw (error, MOOR_ERROR_USAGE, "%s: %s%s%s", place->str, why->text,
                     why->remedy != NULL ? " " : "", why->remedy != NULL ? why->remedy : "");
}

/* Where libxml2 is.  Bounded, so that a surprise there is a wrong place and nothing worse. */
static gsize
current_offset (const Parse *parse)
{
  const xmlParserInput *input = parse->context->input;

  if (input == NULL || input->cur == NULL || input->base == NULL)
    return parse->offset;
  return MIN ((gsize) input->consumed + (gsize) (input->cur - input->base), parse->length);
}

static MoorXmlPlace
place_of (Parse *parse, gsize offset)
{
  for (; parse->offset < offset; parse->offset++)
    {
      const guchar byte = (guchar) parse->text[parse->offset];

      if (byte == '\n')
        {
          parse->place.line++;
          parse->place.column = 1;
        }
      else if ((byte & 0xc0) != 0x80)
        parse->place.column++;
    }
  return parse->place;
}

/* The `<` of the tag that libxml2 has just read: there is none within a tag. */
static MoorXmlPlace
place_of_tag (Parse *parse)
{
  const gsize here = current_offset (parse);
  gsize start = here;

  while (start > parse->offset && parse->text[start] != '<')
    start--;
  return place_of (parse, start);
}

static MoorOrigin
current_origin (Parse *parse, const MoorXmlPlace *place)
{
  return (MoorOrigin){ parse->xml->file, place->line, place->column };
}

static void G_GNUC_PRINTF (4, 5)
    stop (Parse *parse, const char *code, const char *remedy, const char *format, ...)
{
  const MoorXmlPlace place = place_of_tag (parse);
  const MoorOrigin origin = current_origin (parse, &place);
  g_autofree char *why = NULL;
  va_list args;

  va_start (args, format);
  why = g_strdup_vprintf (format, args);
  va_end (args);
  moor_xml_refuse (parse->xml, &origin, code, remedy, "%s", why);
  xmlStopParser (parse->context);
}

static void
start_element (void *context,
               const xmlChar *name,
               const xmlChar *prefix,
               const xmlChar *uri,
               int n_namespaces,
               const xmlChar **namespaces,
               int n_attributes,
               int n_defaulted,
               const xmlChar **attributes)
{
  xmlParserCtxt *parser = context;
  Parse *parse = parser->_private;
  const MoorXmlPlace place = place_of_tag (parse);

  if (parse->xml->refusal != NULL)
    return;
  if (parser->nodeNr >= MAX_DEPTH)
    {
      stop (parse, "too-deep", NULL, "Elements are nested more than %d deep.", MAX_DEPTH);
      return;
    }
  if (parse->xml->n_elements >= MAX_ELEMENTS)
    {
      stop (parse, "too-large", NULL, "There are more than %d elements.", MAX_ELEMENTS);
      return;
    }
  xmlSAX2StartElementNs (context, name, prefix, uri, n_namespaces, namespaces, n_attributes,
                         n_defaulted, attributes);
  parse->xml->n_elements++;
  g_array_append_val (parse->xml->places, place);
  if (parser->node != NULL && parser->node->_private == NULL)
    parser->node->_private = GUINT_TO_POINTER (parse->xml->places->len);
}

static void
refuse_declaration (Parse *parse)
{
  stop (parse, "entity", "Delete the declaration (<!DOCTYPE ...>): rule files need none.",
        "The file declares entities or attributes of its own, which is how a small file becomes "
        "a huge one.");
}

static void
declare_entity (void *context,
                const xmlChar *name,
                int type,
                const xmlChar *public_id,
                const xmlChar *system_id,
                xmlChar *content)
{
  xmlParserCtxt *parser = context;

  refuse_declaration (parser->_private);
}

static void
declare_unparsed (void *context,
                  const xmlChar *name,
                  const xmlChar *public_id,
                  const xmlChar *system_id,
                  const xmlChar *notation)
{
  xmlParserCtxt *parser = context;

  refuse_declaration (parser->_private);
}

static void
declare_attribute (void *context,
                   const xmlChar *element,
                   const xmlChar *name,
                   int type,
                   int def,
                   const xmlChar *value,
                   xmlEnumeration *tree)
{
  xmlParserCtxt *parser = context;

  refuse_declaration (parser->_private);
  xmlFreeEnumeration (tree);
}

/* Asked for every name but the five that XML itself has. */
static xmlEntity *
get_entity (void *context, const xmlChar *name)
{
  xmlParserCtxt *parser = context;

  stop (parser->_private, "entity", "An “&” itself is written “&amp;”.",
        "“&%.40s;” stands for nothing.", (const char *) name);
  return NULL;
}

static const char *
remedy_for (const Parse *parse, int code)
{
  const char *at = parse->text + MIN (parse->offset, parse->length);
  const gsize left = parse->length - MIN (parse->offset, parse->length);

  if (left >= 3 && memcmp (at, "\xe2\x80", 2) == 0 && (guchar) at[2] >= 0x98
      && (guchar) at[2] <= 0x9f)
    return "This is a typographic quote: write \" or ' instead.";
  switch (code)
    {
    case XML_ERR_DOCUMENT_EMPTY:
      return "The file must begin with “<”.";
    case XML_ERR_DOCUMENT_END:
      return "Delete what stands behind the last end tag, or mend the end tags before it.";
    case XML_ERR_TAG_NAME_MISMATCH:
    case XML_ERR_TAG_NOT_FINISHED:
      return "Every element that is opened must be closed, the last opened first.";
    case XML_ERR_ATTRIBUTE_NOT_STARTED:
    case XML_ERR_ATTRIBUTE_NOT_FINISHED:
      return "Values of attributes stand between two \" or two '.";
    case XML_ERR_NAME_REQUIRED:
    case XML_ERR_ENTITYREF_SEMICOL_MISSING:
      return "An “&” itself is written “&amp;”, a “<” is written “&lt;”.";
    case XML_ERR_LT_IN_ATTRIBUTE:
      return "Close the quote before it, or write “&lt;”.";
    case XML_ERR_HYPHEN_IN_COMMENT:
    case XML_ERR_COMMENT_NOT_FINISHED:
      return "A comment holds no “--” and ends with “-->”.";
    case XML_ERR_RESERVED_XML_NAME:
      return "<?xml ...?> must be the very first of the file: no blank and no line before it.";
    default:
      return "The file is not well-formed XML here: mend it in an editor that checks XML.";
    }
}

static void
take_error (void *data, xmlErrorPtr problem)
{
  Parse *parse = ((xmlParserCtxt *) data)->_private;
  g_autofree char *text = NULL;
  MoorXmlPlace place;
  MoorOrigin origin;

  if (problem->level != XML_ERR_FATAL || parse->xml->refusal != NULL)
    return;
  place = place_of (parse, current_offset (parse));
  origin = current_origin (parse, &place);
  text = g_strstrip (g_strdup (problem->message != NULL ? problem->message : "bad XML"));
  moor_xml_refuse (parse->xml, &origin, "not-well-formed", remedy_for (parse, problem->code),
                   "%s%s", text, g_str_has_suffix (text, ".") ? "" : ".");
}

/* Whether a value may follow the `=` before @text. */
static gboolean
begins_value (const char *text)
{
  text += strspn (text, " \t\r\n");
  return *text == '"' || *text == '\'';
}

/* libxml2's work grows with the square of these numbers. */
static gboolean
check_numbers (MoorXml *xml, const char *text, gsize length)
{
  const MoorOrigin origin = { xml->file, 0, 0 };
  guint n_signs = 0;
  guint n_namespaces = 0;

  for (gsize i = 0; i < length && xml->refusal == NULL; i++)
    {
      if (text[i] == '<')
        n_signs = 0;
      else if (text[i] == '=' && begins_value (text + i + 1) && ++n_signs > MAX_ATTRIBUTES)
        moor_xml_refuse (xml, &origin, "too-large", NULL,
                         "There is an element with more than %d attributes.", MAX_ATTRIBUTES);
      else if (text[i] == 'x' && length - i > 5 && memcmp (text + i, "xmlns", 5) == 0
               && ++n_namespaces > MAX_NAMESPACES)
        moor_xml_refuse (xml, &origin, "too-large", NULL,
                         "There are more than %d declarations of name spaces.", MAX_NAMESPACES);
    }
  return xml->refusal == NULL;
}

static void
set_handlers (xmlParserCtxt *context)
{
  context->sax->startElementNs = start_element;
  context->sax->entityDecl = declare_entity;
  context->sax->unparsedEntityDecl = declare_unparsed;
  context->sax->attributeDecl = declare_attribute;
  context->sax->getEntity = get_entity;
  context->sax->externalSubset = NULL;
  context->sax->resolveEntity = NULL;
  context->sax->comment = NULL;
  context->sax->processingInstruction = NULL;
  context->sax->serror = take_error;
}

static void
parse_text (MoorXml *xml, const char *text, gsize length)
{
  const int options = XML_PARSE_NONET | XML_PARSE_NOCDATA | XML_PARSE_COMPACT
                      | XML_PARSE_IGNORE_ENC;
  Parse parse = { .xml = xml, .text = text, .length = length, .place = { 1, 1 } };

  parse.context = xmlNewParserCtxt ();
  if (parse.context == NULL)
    g_error ("out of memory");
  parse.context->_private = &parse;
  set_handlers (parse.context);
  xml->doc = xmlCtxtReadMemory (parse.context, text, (int) length, NULL, NULL, options);
  if ((xml->doc == NULL || !parse.context->wellFormed) && xml->refusal == NULL)
    {
      const MoorXmlPlace place = place_of (&parse, current_offset (&parse));
      const MoorOrigin origin = current_origin (&parse, &place);

      moor_xml_refuse (xml, &origin, "not-well-formed", remedy_for (&parse, XML_ERR_OK),
                       "The file is not XML.");
    }
  xmlFreeParserCtxt (parse.context);
}

static void
init_libxml (void)
{
  static gsize done = 0;

  if (g_once_init_enter (&done))
    {
      xmlInitParser ();
      g_once_init_leave (&done, 1);
    }
}

/**
 * moor_xml_read:
 * @name: what the file is called in messages
 * @bytes: what is in it
 *
 * Reads a file that may have been written to do harm: in any encoding, without
 * network, external files, entities, and with bounds for size, depth and number.
 * Any thread.
 *
 * Returns: (transfer full): the tree, or nothing but the reason why the file is refused
 */
MoorXml *
moor_xml_read (const char *name, GBytes *bytes)
{
  MoorXml *xml = g_new0 (MoorXml, 1);
  const MoorOrigin origin = { g_intern_string (name), 0, 0 };
  g_autofree char *text = NULL;
  gsize length = 0;

  init_libxml ();
  xml->file = origin.file;
  xml->places = g_array_new (FALSE, FALSE, sizeof (MoorXmlPlace));
  xml->findings = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_finding_free);

  if (g_bytes_get_size (bytes) == 0)
    moor_xml_refuse (xml, &origin, "empty", NULL, "The file is empty.");
  else if (g_bytes_get_size (bytes) > MAX_BYTES)
    moor_xml_refuse (xml, &origin, "too-large", NULL, "The file is larger than %d MiB.",
                     MAX_BYTES / 1024 / 1024);
  else
    text = moor_xml_decode (xml, bytes, &length);
  if (text != NULL && check_numbers (xml, text, length))
    parse_text (xml, text, length);
  return xml;
}

/**
 * moor_xml_free:
 * @xml: (nullable) (transfer full): any thread
 */
void
moor_xml_free (MoorXml *xml)
{
  if (xml == NULL)
    return;

  g_clear_pointer (&xml->doc, xmlFreeDoc);
  g_array_unref (xml->places);
  g_ptr_array_unref (xml->findings);
  moor_finding_free (xml->refusal);
  g_free (xml);
}

/**
 * moor_xml_root:
 *
 * Returns: (nullable): the root element
 */
const xmlNode *
moor_xml_root (const MoorXml *xml)
{
  return xml->doc != NULL ? xmlDocGetRootElement (xml->doc) : NULL;
}

/**
 * moor_xml_first:
 *
 * Returns: (nullable): the first element in @parent
 */
const xmlNode *
moor_xml_first (const xmlNode *parent)
{
  const xmlNode *node = parent->children;

  while (node != NULL && node->type != XML_ELEMENT_NODE)
    node = node->next;
  return node;
}

/**
 * moor_xml_next:
 *
 * Returns: (nullable): the element that follows @node in the same parent
 */
const xmlNode *
moor_xml_next (const xmlNode *node)
{
  do
    node = node->next;
  while (node != NULL && node->type != XML_ELEMENT_NODE);
  return node;
}

/**
 * moor_xml_origin:
 *
 * Returns: where @node starts
 */
MoorOrigin
moor_xml_origin (const MoorXml *xml, const xmlNode *node)
{
  const guint index = GPOINTER_TO_UINT (node->_private);
  const MoorXmlPlace *place;

  if (index == 0 || index > xml->places->len)
    return (MoorOrigin){ xml->file, 0, 0 };
  place = &g_array_index (xml->places, MoorXmlPlace, index - 1);
  return (MoorOrigin){ xml->file, place->line, place->column };
}

/**
 * moor_xml_text:
 *
 * Returns: (transfer full): the text directly in @node, without the blanks at its ends
 */
char *
moor_xml_text (const xmlNode *node)
{
  GString *text = g_string_new (NULL);

  for (const xmlNode *child = node->children; child != NULL; child = child->next)
    {
      if ((child->type == XML_TEXT_NODE || child->type == XML_CDATA_SECTION_NODE)
          && child->content != NULL)
        g_string_append (text, (const char *) child->content);
    }
  return g_strstrip (g_string_free (text, FALSE));
}
