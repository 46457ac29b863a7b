/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-ruling.h"

#include <string.h>
#include <unistd.h>

#include "moor-catalogue.h"
#include "moor-error.h"
#include "moor-text.h"

/* Rules, held against a system. */

#define DEFAULT_NAME "caches.ini" /* what is kept of a capture without rule files */

/**
 * moor_ruling_clear:
 * @ruling: what is no longer needed
 */
void
moor_ruling_clear (MoorRuling *ruling)
{
  g_clear_pointer (&ruling->rules, moor_rules_unref);
  g_clear_pointer (&ruling->outcome, moor_rule_outcome_free);
  g_clear_pointer (&ruling->host, moor_rule_host_free);
  for (guint i = 0; ruling->home_fds != NULL && i < ruling->home_fds->len; i++)
    moor_fd_close (g_array_index (ruling->home_fds, int, i));
  g_clear_pointer (&ruling->home_fds, g_array_unref);
  g_clear_pointer (&ruling->strangers, g_array_unref);
}

static gboolean
evaluate (MoorRuling *ruling, MoorJob *job, MoorRuleSet *set, GError **error)
{
  ruling->host->sys = moor_job_get_sys (job);
  ruling->outcome = moor_rule_set_evaluate (set, ruling->host, MOOR_RULES_AT_SOURCE,
                                            moor_job_get_cancellable (job), error);
  if (ruling->outcome == NULL)
    return FALSE;
  ruling->rules = moor_rules_compile (ruling->outcome, ruling->host->style, error);
  return ruling->rules != NULL;
}

static gboolean
add_people (MoorRuling *ruling, MoorJob *job, GPtrArray *chosen, GError **error)
{
  for (guint i = 0; i < chosen->len; i++)
    {
      const MoorChosen *one = g_ptr_array_index (chosen, i);
      g_autoptr(GError) problem = NULL;
      MoorRuleUser *person;

      if (one->is_system
          || moor_host_add_person (ruling->host, one->profile->name, one->place.path,
                                   one->place.dfd, &problem)
                 != NULL)
        continue;
      /* Without the file the folders have their usual names; the home is there all the same. */
      moor_job_log (job, MOOR_LOG_WARNING, "%s", problem->message);
      person = moor_host_add_person (ruling->host, one->profile->name, one->place.path, -1, error);
      if (person == NULL)
        return FALSE;
      person->home_dfd = one->place.dfd;
    }
  return TRUE;
}

/**
 * moor_ruling_make:
 * @ruling: all zero; gets what holds; to be cleared after a failure too
 * @chosen: (element-type MoorChosen): whose files it is about; outlives @ruling
 * @source: whose rule files; outlives @ruling
 *
 * Holds rules against @system and @chosen.  What the rule files make somebody wonder
 * about becomes lines of the log.  Blocks.  Any thread.
 *
 * Returns: %FALSE with an error of the rules, or %G_IO_ERROR
 */
gboolean
moor_ruling_make (MoorRuling *ruling,
                  MoorJob *job,
                  MoorSystem *system,
                  GPtrArray *chosen,
                  const MoorRuleSource *source,
                  GError **error)
{
  MoorHostOptions options = { .local_only = source->local_only };

  if (source->set == NULL)
    {
      if (source->config != NULL)
        moor_findings_log_config (job, source->config);
      ruling->rules = moor_rules_new_default (error);
      return ruling->rules != NULL;
    }
  options.drives = (const char *const *) source->drives;
  ruling->host = moor_host_new (system, &options, error);
  if (ruling->host == NULL || !add_people (ruling, job, chosen, error)
      || !evaluate (ruling, job, source->set, error))
    return FALSE;
  moor_findings_log (job, source->set, ruling->outcome);
  return TRUE;
}

/* The table of caches as it was when the store was made. */
static gboolean
make_default_of_store (MoorRuling *ruling, MoorStore *store, GError **error)
{
  g_autoptr(GError) problem = NULL;
  g_autoptr(GBytes) bytes = moor_store_read_file (store, "rules", DEFAULT_NAME, &problem);

  if (bytes != NULL)
    ruling->rules = moor_rules_new_from_bytes (DEFAULT_NAME, bytes, error);
  else if (g_error_matches (problem, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    ruling->rules = moor_rules_new_default (error);
  else
    g_propagate_error (error, g_steal_pointer (&problem));
  return ruling->rules != NULL;
}

/* Opens the homes of who takes part; one that is not there is none of the rules' business. */
static void
open_homes (MoorRuling *ruling, MoorSystem *system, int root_dfd)
{
  ruling->home_fds = g_array_new (FALSE, FALSE, sizeof (int));
  for (guint i = 0; i < ruling->host->users->len; i++)
    {
      MoorRuleUser *user = g_ptr_array_index (ruling->host->users, i);
      g_auto(MoorPlace) place = { .dfd = -1 };

      if (system == NULL)
        user->home_dfd = moor_open_beneath (NULL, root_dfd, user->home + 1, O_RDONLY | O_DIRECTORY,
                                            NULL);
      else if (moor_system_locate (system, user->home, &place, NULL))
        user->home_dfd = g_steal_fd (&place.dfd);
      if (user->home_dfd >= 0)
        g_array_append_val (ruling->home_fds, user->home_dfd);
    }
}

/**
 * moor_ruling_of_store:
 * @ruling: all zero; gets what holds; to be cleared after a failure too
 * @profiles: (element-type MoorStoredProfile): who is in @store
 * @system: (nullable): the captured system, if it is one that can be run
 * @root_dfd: where the captured system is now
 *
 * Holds the rules that @store was made with against the captured system, with the
 * variables as they were then.  Blocks.  Any thread.
 *
 * Returns: %FALSE with %MOOR_ERROR_REFUSED: nobody knows what the store should hold
 */
gboolean
moor_ruling_of_store (MoorRuling *ruling,
                      MoorJob *job,
                      MoorStore *store,
                      GPtrArray *profiles,
                      MoorSystem *system,
                      int root_dfd,
                      GError **error)
{
  g_auto(MoorRuleSource) source = MOOR_RULE_SOURCE_INIT;
  g_autoptr(MoorHostRecord) record = NULL;
  g_autoptr(GError) problem = NULL;
  gboolean made;

  made = moor_host_read_record (store, &record, &problem)
         && moor_rule_source_read_store (&source, store, &problem);
  if (made && source.set == NULL)
    made = make_default_of_store (ruling, store, &problem);
  else if (made)
    {
      ruling->host = moor_host_new_from_record (record, profiles, root_dfd, &problem);
      if (ruling->host != NULL)
        open_homes (ruling, system, root_dfd);
      made = ruling->host != NULL && evaluate (ruling, job, source.set, &problem);
    }
  if (made)
    return TRUE;
  if (g_error_matches (problem, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      g_propagate_error (error, g_steal_pointer (&problem));
      return FALSE;
    }
  return moor_throw (error, MOOR_ERROR_REFUSED,
                     "by which rules the store at %s was made cannot be told: %s",
                     moor_store_get_path (store), problem->message);
}

/**
 * moor_ruling_start:
 * @path: (type filename): canonical path of a home, or of the top of a volume, within the system
 *
 * Returns: the state with which a walk from @path begins.  Any thread.
 */
MoorRuleState
moor_ruling_start (const MoorRules *rules, const char *path)
{
  if (!moor_rules_are_compiled (rules))
    return moor_rules_home_state (rules);
  return moor_rules_state_at (rules, g_str_equal (path, "/") ? "" : path);
}

/**
 * moor_ruling_look:
 * @parent: the state of the directory that has @name
 * @dfd: that directory, or -1
 * @name: (type filename): the entry
 * @decision: (inout): one that needs a look
 *
 * Looks at an object for the filters of the rules.  What cannot be looked at is taken,
 * and whoever takes it finds out why.  Any thread.
 */
void
moor_ruling_look (const MoorRules *rules,
                  const MoorSys *sys,
                  MoorRuleState parent,
                  int dfd,
                  const char *name,
                  gboolean is_dir,
                  MoorDecision *decision)
{
  struct statx stx;
  const MoorLook look = { sys, dfd, name, &stx };

  if (dfd >= 0
      && sys->statx (dfd, name, AT_SYMLINK_NOFOLLOW | AT_STATX_DONT_SYNC,
                     STATX_BASIC_STATS | STATX_BTIME, &stx)
             == 0)
    moor_rules_look (rules, parent, name, is_dir, &look, decision);
  else
    decision->selected = TRUE;
  decision->needs_look = FALSE;
}

/**
 * moor_ruling_decide:
 * @dir: (nullable): the directory that has @name; %NULL if nobody can look into it
 * @dir_fd: (scope call): which side of @dir is meant
 * @state: of that directory
 * @name: (type filename): the entry
 *
 * Tells what becomes of an entry.  A filter looks at it if it has to, and what cannot be
 * looked at is taken.  In callbacks of @dir or of what is below it.
 */
void
moor_ruling_decide (const MoorRules *rules,
                    const MoorSys *sys,
                    MoorDir *dir,
                    MoorDirFdFunc dir_fd,
                    MoorRuleState state,
                    const char *name,
                    gboolean is_dir,
                    MoorDecision *out_decision)
{
  moor_rules_decide (rules, state, name, is_dir, out_decision);
  if (out_decision->needs_look)
    moor_ruling_look (rules, sys, state, dir != NULL ? dir_fd (dir, NULL) : -1, name, is_dir,
                      out_decision);
}

static gboolean
reaches_outside (const MoorRules *rules, GPtrArray *chosen)
{
  g_autofree const char **homes = g_new0 (const char *, chosen->len + 1);

  for (guint i = 0; i < chosen->len; i++)
    homes[i] = ((const MoorChosen *) g_ptr_array_index (chosen, i))->place.path;
  return moor_rules_reach_outside (rules, homes);
}

static gboolean
is_home_of_chosen (GPtrArray *chosen, const char *path)
{
  for (guint i = 0; i < chosen->len; i++)
    {
      const MoorChosen *one = g_ptr_array_index (chosen, i);

      if (!one->is_system && g_str_equal (one->place.path, path))
        return TRUE;
    }
  return FALSE;
}

/* Who is left out is left out whatever rules of System context say: their homes are not
 * entered, which is told where rules reach into them. */
static void
find_strangers (MoorRuling *ruling, MoorJob *job, MoorSystem *system, GPtrArray *chosen)
{
  g_clear_pointer (&ruling->strangers, g_array_unref);
  ruling->strangers = g_array_new (FALSE, FALSE, sizeof (struct stat));
  for (guint i = 0; i < ruling->host->all_homes->len; i++)
    {
      const char *home = g_ptr_array_index (ruling->host->all_homes, i);
      g_auto(MoorPlace) place = { .dfd = -1 };
      g_autoptr(GError) problem = NULL;
      struct stat st;

      if (is_home_of_chosen (chosen, home))
        continue;
      /* What cannot be opened is not walked either. */
      if (!moor_system_locate (system, home, &place, &problem))
        moor_job_log (job, MOOR_LOG_INFO, "%s", problem->message);
      if (place.dfd < 0 || fstat (place.dfd, &st) < 0)
        continue;
      g_array_append_val (ruling->strangers, st);
      if (moor_rules_reach (ruling->rules, home))
        moor_job_issue (job, MOOR_SEVERITY_NOTE, MOOR_CAUSE_EXCLUDED, home, MOOR_SYSTEM_PROFILE, 0,
                        "left out: it is the home of somebody whose files are not taken");
    }
}

/* Whether a volume is, or is mounted in, a home that decides about it. */
static gboolean
belongs_to_home (const MoorRuling *ruling, GPtrArray *chosen, const char *path)
{
  if (is_home_of_chosen (chosen, path))
    return TRUE;
  for (guint i = 0; i < ruling->host->all_homes->len; i++)
    {
      const char *home = g_ptr_array_index (ruling->host->all_homes, i);

      if (moor_path_is_at_or_below (path, home) && !is_home_of_chosen (chosen, home))
        return TRUE;
    }
  return FALSE;
}

/* What is not walked, though rules reach it, is told; of the network by tell_of_network(). */
static gboolean
may_walk (const MoorRuling *ruling,
          MoorJob *job,
          const MoorRuleDrive *drive,
          const MoorPlace *place)
{
  if (drive->type == MOOR_DRIVE_REMOTE)
    return FALSE;
  if (drive->type != MOOR_DRIVE_FIXED && ruling->host->local_only)
    moor_job_issue (job, MOOR_SEVERITY_NOTE, MOOR_CAUSE_OTHER_VOLUME, place->path,
                    MOOR_SYSTEM_PROFILE, 0, "left out: only fixed drives were asked for");
  else if (place->volume->read_only)
    moor_job_issue (job, MOOR_SEVERITY_WARNING, MOOR_CAUSE_READ_ONLY, place->path,
                    MOOR_SYSTEM_PROFILE, 0, "left out with all it holds");
  else
    return TRUE;
  return FALSE;
}

/* What other machines lend is not walked: one that does not answer would stop everything. */
static void
tell_of_network (const MoorRuling *ruling, MoorJob *job, MoorSystem *system)
{
  g_autoptr(GPtrArray) mounts = moor_volume_network_mounts (NULL);
  g_autofree char *root = moor_fd_path (moor_system_get_dfd (system));

  for (guint i = 0; root != NULL && mounts != NULL && i < mounts->len; i++)
    {
      const char *mount = g_ptr_array_index (mounts, i);
      const char *path = mount + (root[1] != '\0' ? strlen (root) : 0);

      if (moor_path_is_at_or_below (mount, root) && !g_str_equal (mount, root)
          && moor_rules_reach (ruling->rules, path))
        moor_job_issue (job, ruling->host->local_only ? MOOR_SEVERITY_NOTE : MOOR_SEVERITY_WARNING,
                        MOOR_CAUSE_OTHER_VOLUME, path, MOOR_SYSTEM_PROFILE, 0,
                        "left out: it is a network drive");
    }
}

/**
 * moor_ruling_add_system:
 * @always: the system's volumes are walked though no rule reaches them: a store has
 *   something of them
 * @chosen: (element-type MoorChosen): gets the system as a pseudo person, once for each
 *   of its volumes that rules reach
 *
 * Adds what rules take outside people's homes.  Only root can.  Homes of people who are
 * not chosen are part of nothing.  Blocks.  Any thread.
 *
 * Returns: %FALSE with %G_IO_ERROR
 */
gboolean
moor_ruling_add_system (MoorRuling *ruling,
                        MoorJob *job,
                        MoorSystem *system,
                        gboolean always,
                        GPtrArray *chosen,
                        GError **error)
{
  if (ruling->host == NULL || (!always && !reaches_outside (ruling->rules, chosen)))
    return TRUE;
  if (geteuid () != 0)
    {
      moor_job_issue (job, MOOR_SEVERITY_NOTE, MOOR_CAUSE_PERMISSION, "/", MOOR_SYSTEM_PROFILE, 0,
                      "what rules take outside homes is left out: only root can take it");
      return TRUE;
    }

  find_strangers (ruling, job, system, chosen);
  tell_of_network (ruling, job, system);
  for (guint i = 0; i < ruling->host->drives->len; i++)
    {
      const MoorRuleDrive *drive = g_ptr_array_index (ruling->host->drives, i);
      const char *path = drive->path[0] != '\0' ? drive->path : "/";
      g_auto(MoorPlace) place = { .dfd = -1 };
      MoorChosen *one;

      if ((!always && !moor_rules_reach (ruling->rules, drive->path))
          || belongs_to_home (ruling, chosen, path))
        continue;
      if (!moor_system_locate (system, path, &place, error))
        return FALSE;
      if (place.dfd < 0 || !may_walk (ruling, job, drive, &place))
        continue;
      one = moor_chosen_new_system (&place);
      place = (MoorPlace){ .dfd = -1 };
      g_ptr_array_add (chosen, one);
    }
  return TRUE;
}
