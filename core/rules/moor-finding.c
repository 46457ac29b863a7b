/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-finding.h"

/* So many of one list are kept apart; the rest is counted in one more. */
#define MAX_FINDINGS 1000
#define MORE "more-findings"

/**
 * moor_finding_new:
 * @origin: (nullable): where it is; its file must be an interned string
 * @code: a short stable name of the kind of finding
 * @text: (transfer full): what is wrong, in a sentence
 * @remedy: (nullable): what to do about it, in a sentence
 *
 * Any thread.
 *
 * Returns: (transfer full): a finding, found once
 */
MoorFinding *
moor_finding_new (MoorFindingLevel level,
                  const MoorOrigin *origin,
                  const char *code,
                  char *text,
                  const char *remedy)
{
  MoorFinding *finding = g_new0 (MoorFinding, 1);

  finding->level = level;
  if (origin != NULL)
    finding->origin = *origin;
  finding->code = g_strdup (code);
  /* What is quoted of a file may have been cut off within a letter. */
  finding->text = g_utf8_make_valid (text, -1);
  g_free (text);
  finding->remedy = g_strdup (remedy);
  finding->count = 1;
  return finding;
}

/**
 * moor_finding_free:
 * @finding: (nullable) (transfer full): any thread
 */
void
moor_finding_free (MoorFinding *finding)
{
  if (finding == NULL)
    return;

  g_free (finding->code);
  g_free (finding->text);
  g_free (finding->remedy);
  g_free (finding);
}

/* Notes are about a file; everything else is about a place in it. */
static gboolean
are_equal (const MoorFinding *a, const MoorFinding *b)
{
  if (a->level != b->level || a->origin.file != b->origin.file)
    return FALSE;
  if (a->level != MOOR_FINDING_NOTE
      && (a->origin.line != b->origin.line || a->origin.column != b->origin.column))
    return FALSE;
  return g_str_equal (a->code, b->code) && g_strcmp0 (a->text, b->text) == 0;
}

static void
count_more (GPtrArray *findings, const MoorFinding *finding)
{
  MoorFinding *last = g_ptr_array_index (findings, findings->len - 1);

  if (!g_str_equal (last->code, MORE))
    {
      last = moor_finding_new (finding->level, &finding->origin, MORE,
                               g_strdup ("There is more of this than anybody can read."),
                               "Mend the first ones, then look again.");
      last->count = 0;
      g_ptr_array_add (findings, last);
    }
  last->count += finding->count;
  last->level = MAX (last->level, finding->level);
}

/**
 * moor_findings_add:
 * @findings: (element-type MoorFinding): what was found so far
 * @finding: (transfer full): one more
 *
 * Adds @finding.  What was found before, a note anywhere in the same file or
 * anything else at the same place, is counted there.  After the first thousand
 * the rest is counted in one.
 *
 * Any thread, one at a time for one list.
 */
void
moor_findings_add (GPtrArray *findings, MoorFinding *finding)
{
  g_autoptr(MoorFinding) owned = finding;

  g_return_if_fail (findings != NULL);
  g_return_if_fail (finding != NULL);

  if (findings->len >= MAX_FINDINGS)
    {
      count_more (findings, owned);
      return;
    }
  for (guint i = 0; i < findings->len; i++)
    {
      MoorFinding *known = g_ptr_array_index (findings, i);

      if (are_equal (known, owned))
        {
          known->count += owned->count;
          return;
        }
    }
  g_ptr_array_add (findings, g_steal_pointer (&owned));
}

/**
 * moor_finding_level_name:
 *
 * Returns: what compilers and our own lists call @level.  Any thread.
 */
const char *
moor_finding_level_name (MoorFindingLevel level)
{
  static const char *const names[] = { "note", "warning", "error" };

  return names[level];
}

/**
 * moor_finding_format:
 *
 * Returns: (transfer full): @finding in one line, as compilers write theirs:
 *   "file.xml:12:5: warning: What is wrong.  What to do about it.".  Any thread.
 */
char *
moor_finding_format (const MoorFinding *finding)
{
  GString *line = g_string_new (NULL);

  if (finding->origin.file != NULL)
    g_string_append_printf (line, "%s:", finding->origin.file);
  if (finding->origin.line > 0)
    g_string_append_printf (line, "%u:", finding->origin.line);
  if (finding->origin.line > 0 && finding->origin.column > 0)
    g_string_append_printf (line, "%u:", finding->origin.column);
  g_string_append_printf (line, "%s%s: %s", line->len > 0 ? " " : "",
                          moor_finding_level_name (finding->level), finding->text);
  if (finding->remedy != NULL)
    g_string_append_printf (line, " %s", finding->remedy);
  if (finding->count > 1)
    g_string_append_printf (line, " (%u times)", finding->count);
  /* What is quoted of a file may have been several lines. */
  return g_strdelimit (g_string_free (line, FALSE), "\r\n\t", ' ');
}
