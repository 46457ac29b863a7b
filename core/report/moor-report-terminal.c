/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-report-terminal.h"

#include <string.h>

#include "moor-lock.h"
#include "moor-report-log.h"
#include "moor-report-print.h"
#include "moor-report-private.h"
#include "moor-report-table.h"
#include "moor-text.h"

/* Before that, rates and remaining times are noise. */
#define QUIET_S 3.0
#define ALMOST_DONE 0.995

struct _MoorReportTerminal
{
  GOutputStream *stream; /* (owned) */
  gboolean show_progress;
  gboolean show_log;
  gint64 started_us; /* monotonic */
  char *drawn;       /* (nullable): what stands on the line now; the drawing thread's */

  GMutex lock;       /* guards what follows */
  MoorEvent *latest; /* (nullable): the last progress or phase */
  GString *pending;  /* log lines that wait to be drawn */
};

/**
 * moor_report_terminal_new:
 * @stream: (transfer none): the terminal
 * @show_progress: whether to draw the line
 * @show_log: whether to write the job's log too
 *
 * Returns: (transfer full): a new subscriber
 */
MoorReportTerminal *
moor_report_terminal_new (GOutputStream *stream, gboolean show_progress, gboolean show_log)
{
  MoorReportTerminal *report = g_new0 (MoorReportTerminal, 1);

  report->stream = g_object_ref (stream);
  report->show_progress = show_progress;
  report->show_log = show_log;
  report->started_us = g_get_monotonic_time ();
  report->pending = g_string_new (NULL);
  g_mutex_init (&report->lock);
  return report;
}

/**
 * moor_report_terminal_free:
 * @report: (transfer full) (nullable): what is no longer needed
 */
void
moor_report_terminal_free (MoorReportTerminal *report)
{
  if (report == NULL)
    return;

  g_object_unref (report->stream);
  g_free (report->drawn);
  moor_event_free (report->latest);
  g_string_free (report->pending, TRUE);
  g_mutex_clear (&report->lock);
  g_free (report);
}

/**
 * moor_report_phase_text:
 * @phase: (nullable): the id of a phase
 *
 * Returns: (transfer none): what a person reads for it; @phase itself if nobody knows it
 */
const char *
moor_report_phase_text (const char *phase)
{
  static const struct
  {
    const char *id;
    const char *text;
  } texts[] = {
    { "prepare", "Getting ready" },
    { "check", "Checking" },
    { "probe", "Measuring the volume" },
    { "scan", "Looking at files" },
    { "link", "Linking" },
    { "copy", "Copying" },
    { "seal", "Sealing the store" },
    { "sync", "Writing to disk" },
    { "verify", "Comparing" },
    { "compare", "Comparing" },
    { "move", "Setting aside" },
    { "set-aside", "Setting aside" },
    { "accounts", "Accounts" },
    { "plan", "Planning" },
    { "stage", "Building homes" },
    { "restore", "Restoring" },
    { "swap", "Putting homes in place" },
    { "own", "Changing owners" },
    { "undo", "Putting back" },
    { "rollback", "Rolling back" },
    { "classify", "Looking at what would go" },
    { "remove", "Removing" },
    { "delete", "Removing" },
  };

  if (phase == NULL)
    return "Starting";
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      if (g_str_equal (texts[i].id, phase))
        return texts[i].text;
    }
  return phase;
}

static void
append_elapsed (GString *line, double elapsed_s)
{
  guint64 seconds = (guint64) elapsed_s;

  if (seconds >= 3600)
    g_string_append_printf (line, "  %" G_GUINT64_FORMAT ":%02u:%02u", seconds / 3600,
                            (guint) (seconds / 60 % 60), (guint) (seconds % 60));
  else
    g_string_append_printf (line, "  %u:%02u", (guint) (seconds / 60), (guint) (seconds % 60));
}

static void
append_counts (GString *line, const MoorEvent *event)
{
  g_autofree char *done = NULL;
  g_autofree char *total = moor_text_count (event->total_objects);
  guint64 n_done = event->done_objects;

  if (event->total_objects > 0)
    n_done = MIN (n_done, event->total_objects);
  done = moor_text_count (n_done);
  if (event->total_objects > 0)
    g_string_append_printf (line, "  %s of %s", done, total);
  else if (n_done > 0)
    g_string_append_printf (line, "  %s", done);

  if (event->fraction >= 0 && event->total_objects > 0)
    g_string_append_printf (line, "  %u %%", (guint) (CLAMP (event->fraction, 0, 0.99) * 100));
  if (event->rate >= 1)
    {
      g_autofree char *rate = moor_text_count ((guint64) event->rate);

      g_string_append_printf (line, "  %s/s", rate);
    }
}

/**
 * moor_report_progress_line:
 * @event: the last progress or phase
 * @elapsed_s: since the job started
 * @width: of the terminal, in cells
 *
 * Writes how far a job is: phase, done of total, share, rate, elapsed and
 * remaining time.  In the first seconds there is only the phase, because no
 * number is worth anything yet; it never says more than 99 %.
 *
 * Returns: (transfer full): one line, shorter than @width
 */
char *
moor_report_progress_line (const MoorEvent *event, double elapsed_s, guint width)
{
  g_autoptr(GString) line = g_string_new (moor_report_phase_text (event->phase));

  if (elapsed_s < QUIET_S)
    g_string_append (line, "…");
  else
    {
      append_counts (line, event);
      append_elapsed (line, elapsed_s);
      if (event->fraction >= ALMOST_DONE)
        g_string_append (line, "  finishing");
      else if (event->high_s >= 0)
        {
          g_autofree char *rest = moor_text_seconds_range (event->low_s, event->high_s);

          g_string_append_printf (line, "  %s left", rest);
        }
    }
  return moor_text_cut (line->str, width > 1 ? width - 1 : 0);
}

static void
keep_latest (MoorReportTerminal *report, const MoorEvent *event)
{
  MoorEvent *copy = moor_event_copy (event);
  MoorEvent *previous;

  if (event->kind == MOOR_EVENT_PHASE)
    copy->fraction = copy->low_s = copy->high_s = -1;
  moor_lock (&report->lock);
  previous = report->latest;
  report->latest = copy;
  moor_unlock (&report->lock);
  moor_event_free (previous);
}

static void
keep_line (MoorReportTerminal *report, const MoorEvent *event)
{
  MoorLogLevel level = MOOR_LOG_INFO;
  g_autofree char *text = moor_report_log_text (event, &level);
  g_autofree char *clean = text != NULL ? moor_report_clean (text) : NULL;

  if (clean == NULL)
    return;
  moor_lock (&report->lock);
  g_string_append_printf (report->pending, "%s: %s\n", moor_log_level_id (level), clean);
  moor_unlock (&report->lock);
}

/**
 * moor_report_terminal_event:
 * @event: what happened
 * @report: a #MoorReportTerminal
 *
 * Remembers an event: a #MoorEventFunc.  Does not block; any thread.
 */
void
moor_report_terminal_event (const MoorEvent *event, gpointer report)
{
  MoorReportTerminal *self = report;

  if (event->kind == MOOR_EVENT_PROGRESS
      || (event->kind == MOOR_EVENT_PHASE && g_strcmp0 (event->state, "started") == 0))
    keep_latest (self, event);
  if (self->show_log)
    keep_line (self, event);
}

static void
put (MoorReportTerminal *report, const char *text)
{
  (void) moor_report_print (report->stream, text, NULL);
}

/**
 * moor_report_terminal_clear:
 *
 * Takes the line away, so that something else can be written.  The drawing
 * thread; blocks while the terminal does.
 */
void
moor_report_terminal_clear (MoorReportTerminal *report)
{
  g_autofree char *blank = NULL;

  if (report->drawn == NULL)
    return;
  blank = g_strdup_printf ("\r%*s\r", (int) moor_text_width (report->drawn), "");
  put (report, blank);
  g_clear_pointer (&report->drawn, g_free);
}

/**
 * moor_report_terminal_say:
 * @text: whole lines
 *
 * Writes above the progress line.  The drawing thread; blocks while the terminal does.
 */
void
moor_report_terminal_say (MoorReportTerminal *report, const char *text)
{
  moor_report_terminal_clear (report);
  put (report, text);
}

static void
draw_line (MoorReportTerminal *report, const char *line)
{
  guint width = moor_text_width (line);
  guint drawn_width = report->drawn != NULL ? moor_text_width (report->drawn) : 0;
  guint padding = drawn_width > width ? drawn_width - width : 0;
  g_autofree char *whole = g_strdup_printf ("\r%s%*s", line, (int) padding, "");

  if (g_strcmp0 (report->drawn, line) == 0)
    return;
  put (report, whole);
  g_free (report->drawn);
  report->drawn = g_strdup (line);
}

/**
 * moor_report_terminal_draw:
 * @width: of the terminal, in cells
 *
 * Writes what has come since the last call.  The drawing thread; blocks while
 * the terminal does.
 */
void
moor_report_terminal_draw (MoorReportTerminal *report, guint width)
{
  double elapsed_s = (double) (g_get_monotonic_time () - report->started_us) / G_USEC_PER_SEC;
  g_autofree char *line = NULL;
  g_autofree char *lines = NULL;

  moor_lock (&report->lock);
  if (report->pending->len > 0)
    {
      lines = g_strdup (report->pending->str);
      g_string_truncate (report->pending, 0);
    }
  if (report->show_progress && report->latest != NULL)
    line = moor_report_progress_line (report->latest, elapsed_s, width);
  moor_unlock (&report->lock);

  if (lines != NULL)
    moor_report_terminal_say (report, lines);
  if (line != NULL)
    draw_line (report, line);
}
