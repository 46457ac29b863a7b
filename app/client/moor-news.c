/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-news-private.h"

#define MAX_LOG_LINES 1000

/**
 * moor_trouble_new:
 * @issue: the first of its kind
 *
 * Returns: (transfer full): one trouble, counted once.  Any thread.
 */
MoorTrouble *
moor_trouble_new (const MoorIssue *issue)
{
  MoorTrouble *trouble = g_new0 (MoorTrouble, 1);

  trouble->severity = issue->severity;
  trouble->cause = issue->cause;
  trouble->profile = g_strdup (issue->profile);
  trouble->n = 1;
  trouble->example = moor_issue_copy (issue);
  return trouble;
}

/**
 * moor_trouble_free:
 * @trouble: (transfer full) (nullable): what is no longer needed
 */
void
moor_trouble_free (MoorTrouble *trouble)
{
  if (trouble == NULL)
    return;

  g_free (trouble->profile);
  moor_issue_free (trouble->example);
  g_free (trouble);
}

/**
 * moor_news_new:
 *
 * Returns: (transfer full): nothing new yet.  Any thread, one at a time.
 */
MoorNews *
moor_news_new (void)
{
  MoorNews *news = g_new0 (MoorNews, 1);

  news->phases = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_event_free);
  news->profiles = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                          (GDestroyNotify) moor_event_free);
  news->troubles = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_trouble_free);
  news->log = g_queue_new ();
  return news;
}

/**
 * moor_news_free:
 * @news: (transfer full): what has been delivered
 */
void
moor_news_free (MoorNews *news)
{
  g_ptr_array_unref (news->phases);
  moor_event_free (news->progress);
  g_hash_table_unref (news->profiles);
  g_ptr_array_unref (news->troubles);
  g_queue_free_full (news->log, (GDestroyNotify) moor_event_free);
  g_free (news);
}

static void
add_issue (MoorNews *news, const MoorIssue *issue)
{
  for (guint i = 0; i < news->troubles->len; i++)
    {
      MoorTrouble *trouble = g_ptr_array_index (news->troubles, i);

      if (trouble->cause == issue->cause && trouble->severity == issue->severity
          && g_strcmp0 (trouble->profile, issue->profile) == 0)
        {
          trouble->n++;
          return;
        }
    }
  g_ptr_array_add (news->troubles, moor_trouble_new (issue));
}

static void
add_log (MoorNews *news, const MoorEvent *event)
{
  if (news->log->length >= MAX_LOG_LINES)
    {
      moor_event_free (g_queue_pop_head (news->log));
      news->n_log_dropped++;
    }
  g_queue_push_tail (news->log, moor_event_copy (event));
}

/**
 * moor_news_add:
 * @event: what the job told; copied where it is kept
 *
 * Takes @event in: counts issues, keeps the latest of what only the latest
 * counts of.  Any thread, one at a time.
 */
void
moor_news_add (MoorNews *news, const MoorEvent *event)
{
  switch (event->kind)
    {
    case MOOR_EVENT_PHASE:
      g_ptr_array_add (news->phases, moor_event_copy (event));
      break;
    case MOOR_EVENT_PROGRESS:
      moor_event_free (news->progress);
      news->progress = moor_event_copy (event);
      break;
    case MOOR_EVENT_PROFILE:
      if (event->profile != NULL)
        g_hash_table_replace (news->profiles, g_strdup (event->profile), moor_event_copy (event));
      break;
    case MOOR_EVENT_ISSUE:
      add_issue (news, event->issue);
      break;
    case MOOR_EVENT_LOG:
      add_log (news, event);
      break;
    case MOOR_EVENT_JOB:
    case MOOR_EVENT_RESULT:
    default:
      break;
    }
}
