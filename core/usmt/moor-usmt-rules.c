/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-usmt-run-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "moor-fd.h"
#include "moor-text.h"

/* What rule files say of this computer: components, and new files about them. */

#define CLUSTER_BYTES 4096

void
moor_usmt_ruled_clear (MoorUsmtRuled *ruled)
{
  moor_ruling_clear (&ruled->ruling);
  moor_rule_source_clear (&ruled->source);
  g_clear_pointer (&ruled->chosen, g_ptr_array_unref);
  g_clear_pointer (&ruled->job, moor_job_unref);
}

/* The drives that were given, as #MoorHostOptions has them. */
char **
moor_usmt_list_drives (const MoorUsmtRun *run)
{
  g_autoptr(GStrvBuilder) builder = g_strv_builder_new ();
  GHashTableIter iter;
  gpointer letter;
  gpointer dir;

  g_hash_table_iter_init (&iter, run->paths->drives);
  while (g_hash_table_iter_next (&iter, &letter, &dir))
    {
      g_autofree char *drive = g_strconcat (letter, "=", dir, NULL);

      g_strv_builder_add (builder, drive);
    }
  return g_strv_builder_end (builder);
}

static char **
list_users (const MoorUsmtRun *run)
{
  g_autoptr(GStrvBuilder) builder = g_strv_builder_new ();

  for (guint i = 0; i < run->users->len; i++)
    {
      const MoorUsmtUser *user = g_ptr_array_index (run->users, i);

      if (user->chosen)
        g_strv_builder_add (builder, user->login);
    }
  return g_strv_builder_end (builder);
}

/* Holds the rules of a run against its system and its people. */
gboolean
moor_usmt_rule (MoorUsmtCourse *course, MoorUsmtRuled *ruled, GError **error)
{
  static const char *const nobody[] = { "*", NULL };
  const MoorUsmtRun *run = course->run;
  g_auto(GStrv) users = list_users (run);
  MoorSelection selection = MOOR_SELECTION_INIT;

  if (run->users->len > 0 && users[0] == NULL)
    selection.excluded_users = nobody;
  else if (run->users->len > 0)
    selection.users = (const char *const *) users;
  ruled->source.set = moor_rule_set_new ();
  ruled->source.drives = moor_usmt_list_drives (run);
  ruled->source.local_only = moor_usmt_has (run->command, MOOR_USMT_LOCALONLY);
  for (guint i = 0; i < run->rule_files->len; i++)
    {
      if (!moor_rule_source_add_file (&ruled->source, g_ptr_array_index (run->rule_files, i),
                                      error))
        return FALSE;
    }
  if (run->config != NULL && !moor_rule_source_set_config (&ruled->source, run->config, error))
    return FALSE;
  ruled->job = moor_job_new ("rules", course->stop, NULL, NULL);
  ruled->chosen = moor_scope_choose (ruled->job, course->system, &selection, error);
  return ruled->chosen != NULL
         && moor_ruling_make (&ruled->ruling, ruled->job, course->system, ruled->chosen,
                              &ruled->source, error);
}

static const MoorUsmtUser *
find_user_of (const MoorUsmtRun *run, const MoorRuleHost *host, int index)
{
  const MoorRuleUser *rule_user = index >= 0 ? g_ptr_array_index (host->users, (guint) index)
                                             : NULL;

  for (guint i = 0; rule_user != NULL && i < run->users->len; i++)
    {
      const MoorUsmtUser *user = g_ptr_array_index (run->users, i);

      if (g_str_equal (user->login, rule_user->name))
        return user;
    }
  return NULL;
}

/* Tells which components are there, for those who read the progress log. */
gboolean
moor_usmt_tell_components (MoorUsmtCourse *course, GError **error)
{
  MoorUsmtRun *run = course->run;
  g_auto(MoorUsmtRuled) ruled = MOOR_USMT_RULED_INIT;
  const MoorRuleOutcome *outcome;

  if (run->rule_files->len == 0 || run->progress_path == NULL)
    return TRUE;
  if (!moor_usmt_rule (course, &ruled, error))
    return FALSE;
  outcome = ruled.ruling.outcome;
  for (guint i = 0; outcome != NULL && i < outcome->components->len; i++)
    {
      const MoorRuleComponent *component = g_ptr_array_index (outcome->components, i);
      MoorUsmtNotice notice = { .kind = MOOR_USMT_NOTICE_COMPONENT,
                                .text = component->path,
                                .flag = component->detected,
                                .user = find_user_of (run, ruled.ruling.host, component->user) };

      if (component->path == NULL || (!component->detected && !component->switched_off))
        continue;
      moor_usmt_tell (run, &notice);
    }
  return TRUE;
}

/* Writes a new file; one that is there is replaced if somebody said so. */
static gboolean
write_new (const char *path,
           gboolean may_replace,
           const char *content,
           gsize length,
           MoorUsmtCode code,
           GError **error)
{
  g_autoptr(GError) problem = NULL;
  g_auto(MoorFd) fd = -1;

  if (may_replace)
    {
      if (g_file_set_contents_full (path, content, (gssize) length, G_FILE_SET_CONTENTS_CONSISTENT,
                                    0666, &problem))
        return TRUE;
      moor_usmt_rethrow (error, code, g_steal_pointer (&problem));
      return FALSE;
    }
  fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0666);
  if (fd < 0 && errno == EEXIST)
    return moor_usmt_throw (error, code, "“%s” exists already", path);
  while (fd >= 0 && length > 0)
    {
      ssize_t n = write (fd, content, length);

      if (n < 0 && errno != EINTR)
        break;
      content += MAX (n, 0);
      length -= (gsize) MAX (n, 0);
    }
  return length == 0
         || moor_usmt_throw (error, code, "“%s” cannot be written: %s", path, g_strerror (errno));
}

/* /genconfig and /genmigxml. */
gboolean
moor_usmt_generate (MoorUsmtCourse *course, GError **error)
{
  MoorUsmtRun *run = course->run;
  const MoorUsmtOption option = moor_usmt_has (run->command, MOOR_USMT_GENCONFIG)
                                    ? MOOR_USMT_GENCONFIG
                                    : MOOR_USMT_GENMIGXML;
  g_autofree char *path = moor_usmt_path (run->paths, moor_usmt_value (run->command, option),
                                          error);
  g_auto(MoorUsmtRuled) ruled = MOOR_USMT_RULED_INIT;
  g_autoptr(GBytes) bytes = NULL;
  gsize length = 0;
  const char *content;

  if (path == NULL)
    return FALSE;
  moor_usmt_enter (course, "Scanning");
  if (!moor_usmt_rule (course, &ruled, error))
    return FALSE;
  bytes = option == MOOR_USMT_GENCONFIG
              ? moor_rule_set_write_config (ruled.source.set, ruled.ruling.outcome)
              : moor_document_finder_write (ruled.ruling.host, error);
  if (bytes == NULL)
    return FALSE;
  content = g_bytes_get_data (bytes, &length);
  if (!write_new (path, moor_usmt_has (run->command, MOOR_USMT_OVERWRITE), content, length,
                  MOOR_USMT_INVALID_PARAMETERS, error))
    return FALSE;
  moor_usmt_log (run, MOOR_LOG_INFO, "Written: %s", path);
  return TRUE;
}

static guint64
get_count (JsonObject *result, const char *member)
{
  JsonObject *totals = json_object_has_member (result, "totals")
                           ? json_object_get_object_member (result, "totals")
                           : NULL;

  return totals == NULL
             ? 0
             : (guint64) MAX (0, json_object_get_int_member_with_default (totals, member, 0));
}

/* Space in whole clusters; links need none. */
static guint64
count_store_bytes (const MoorUsmtRun *run, JsonObject *result, guint64 cluster)
{
  guint64 n_files = get_count (result, "files");

  if (moor_usmt_has (run->command, MOOR_USMT_HARDLINK))
    return (get_count (result, "new-space") / cluster + 1) * cluster;
  return (get_count (result, "bytes") / cluster + n_files + 1) * cluster;
}

static char *
write_sizes_text (const MoorUsmtRun *run, JsonObject *result)
{
  GString *text = g_string_new ("Cluster size\tSpace needed\n");

  for (guint64 cluster = 512; cluster <= 65536; cluster *= 2)
    g_string_append_printf (text, "%" G_GUINT64_FORMAT "\t%" G_GUINT64_FORMAT "\n", cluster,
                            count_store_bytes (run, result, cluster));
  return g_string_free (text, FALSE);
}

/* /p: what space a store would need. */
gboolean
moor_usmt_write_estimate (MoorUsmtCourse *course, JsonObject *result, GError **error)
{
  const MoorUsmtRun *run = course->run;
  const char *text = moor_usmt_value (run->command, MOOR_USMT_ESTIMATE);
  guint64 n_bytes = count_store_bytes (run, result, CLUSTER_BYTES);
  g_autofree char *path = NULL;
  g_autofree char *content = NULL;

  if (text == NULL)
    {
      path = g_build_filename (run->store_path, "USMTsize.txt", NULL);
      content = write_sizes_text (run, result);
      if (g_mkdir_with_parents (run->store_path, 0700) < 0)
        return moor_usmt_throw (error, MOOR_USMT_INVALID_STORE_LOCATION, "“%s” cannot be made: %s",
                                run->store_path, g_strerror (errno));
      return write_new (path, TRUE, content, strlen (content),
                        MOOR_USMT_PREFLIGHT_FILE_CREATION_FAILED, error);
    }
  path = moor_usmt_path (run->paths, text, error);
  if (path == NULL)
    return FALSE;
  content = g_strdup_printf ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                             "<PreMigration>\n"
                             "  <storeSize>\n"
                             "    <size clusterSize=\"%d\">%" G_GUINT64_FORMAT "</size>\n"
                             "  </storeSize>\n"
                             "  <temporarySpace>\n"
                             "    <size>0</size>\n"
                             "  </temporarySpace>\n"
                             "</PreMigration>\n",
                             CLUSTER_BYTES, n_bytes);
  return write_new (path, FALSE, content, strlen (content),
                    MOOR_USMT_PREFLIGHT_FILE_CREATION_FAILED, error);
}
