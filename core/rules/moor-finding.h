/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * MoorOrigin:
 * @file: name of the rule file, as given
 * @line: 1-based; 0 for the file as a whole
 * @column: 1-based, in characters; 0 if unknown
 *
 * Where in a rule file something is written.
 */
typedef struct
{
  const char *file; /* (not owned): an interned string */
  guint line;
  guint column;
} MoorOrigin;

/**
 * MoorFindingLevel:
 * @MOOR_FINDING_NOTE: something that means nothing on this system
 * @MOOR_FINDING_WARNING: probably not what its author meant
 * @MOOR_FINDING_ERROR: the file is refused
 */
typedef enum
{
  MOOR_FINDING_NOTE,
  MOOR_FINDING_WARNING,
  MOOR_FINDING_ERROR,
} MoorFindingLevel;

/**
 * MoorFinding:
 * @code: a short stable name of the kind of finding, such as "unknown-element"
 * @text: what is wrong, in a sentence
 * @remedy: (nullable): what to do about it, in a sentence
 * @count: how often it was found; equal notes of one file are counted, not repeated
 *
 * What reading or evaluating a rule file has to tell.
 */
typedef struct
{
  MoorFindingLevel level;
  MoorOrigin origin;
  char *code;
  char *text;
  char *remedy;
  guint count;
} MoorFinding;

MoorFinding *moor_finding_new (MoorFindingLevel level,
                               const MoorOrigin *origin,
                               const char *code,
                               char *text,
                               const char *remedy);
void moor_finding_free (MoorFinding *finding);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorFinding, moor_finding_free)

void moor_findings_add (GPtrArray *findings, MoorFinding *finding);
const char *moor_finding_level_name (MoorFindingLevel level);
char *moor_finding_format (const MoorFinding *finding);

G_END_DECLS
