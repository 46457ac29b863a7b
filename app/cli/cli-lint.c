/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <gio/gunixinputstream.h>
#include <string.h>
#include <sys/stat.h>

#include "cli.h"
#include "moor-fd.h"
#include "moor-report-json.h"
#include "moor-report-print.h"
#include "moor-rule-file.h"
#include "moor-text.h"

/* `mooring lint`: reads rule files and tells what it thinks of them; nothing
 * else is looked at, so it is no job. */

/* One more than any reader takes, so that it is the reader who refuses. */
#define MAX_BYTES (16 * 1024 * 1024 + 1)

static const char details[] =
    "FILE is a rule file (MigXML), a Config.xml or an Offline.xml.\n"
    "Ends with 0 if nothing is to be mended, 3 with warnings, 1 if one is refused.\n"
    "Notes tell what means nothing on a Linux system.";

typedef struct
{
  guint n_files;
  guint n_levels[MOOR_FINDING_ERROR + 1];
} Count;

/* Paths of requests are absolute; people know them as they typed them. */
static char *
show_path (const char *path)
{
  g_autofree char *current = g_get_current_dir ();
  g_autofree char *shown = moor_text_path (current);
  const gsize length = strlen (shown);

  if (length > 1 && moor_path_is_at_or_below (path, shown) && path[length] == '/')
    return g_strdup (path + length + 1);
  return g_strdup (path);
}

static GBytes *
read_file (const char *path, GError **error)
{
  g_auto(MoorFd) fd = open (path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  g_autoptr(GInputStream) stream = NULL;
  g_autofree char *content = NULL;
  struct stat st;
  gsize n_read = 0;

  if (fd < 0 || fstat (fd, &st) < 0)
    {
      (void) moor_throw_errno (error, errno, "opening it");
      return NULL;
    }
  if (S_ISDIR (st.st_mode))
    {
      (void) moor_throw_errno (error, EISDIR, "opening it");
      return NULL;
    }
  if (!S_ISREG (st.st_mode) || st.st_size >= MAX_BYTES)
    {
      moor_throw (error, MOOR_ERROR_REFUSED, "It is no rule file: it is %s.",
                  S_ISREG (st.st_mode) ? "too large" : "no regular file");
      return NULL;
    }
  content = g_malloc (MAX_BYTES);
  stream = g_unix_input_stream_new (fd, FALSE);
  if (!g_input_stream_read_all (stream, content, MAX_BYTES, &n_read, NULL, error))
    return NULL;
  return g_bytes_new (content, n_read);
}

static GPtrArray *
lint_file (const char *text)
{
  g_autofree char *path = moor_text_to_path (text);
  g_autofree char *name = show_path (text);
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) bytes = read_file (path, &error);
  const MoorOrigin origin = { g_intern_string (name), 0, 0 };
  GPtrArray *findings;

  if (bytes != NULL)
    return moor_rules_lint (name, bytes);
  findings = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_finding_free);
  moor_findings_add (findings, moor_finding_new (MOOR_FINDING_ERROR, &origin, "unreadable",
                                                 g_strdup (error->message), NULL));
  return findings;
}

static void
add_json (JsonArray *array, const MoorFinding *finding)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "level", moor_finding_level_name (finding->level));
  json_object_set_string_member (object, "file", finding->origin.file);
  json_object_set_int_member (object, "line", finding->origin.line);
  json_object_set_int_member (object, "column", finding->origin.column);
  json_object_set_string_member (object, "code", finding->code);
  json_object_set_string_member (object, "text", finding->text);
  if (finding->remedy != NULL)
    json_object_set_string_member (object, "remedy", finding->remedy);
  json_object_set_int_member (object, "count", finding->count);
  json_array_add_object_element (array, object);
}

static char *
sum_up (const Count *count)
{
  if (count->n_levels[MOOR_FINDING_WARNING] == 0 && count->n_levels[MOOR_FINDING_ERROR] == 0)
    return g_strdup (count->n_files == 1 ? "There is nothing to mend in the file."
                                         : "There is nothing to mend in the files.");
  return g_strdup_printf ("%u file%s refused, %u warning%s.", count->n_levels[MOOR_FINDING_ERROR],
                          count->n_levels[MOOR_FINDING_ERROR] == 1 ? "" : "s",
                          count->n_levels[MOOR_FINDING_WARNING],
                          count->n_levels[MOOR_FINDING_WARNING] == 1 ? "" : "s");
}

static MoorExit
exit_of (const Count *count)
{
  if (count->n_levels[MOOR_FINDING_ERROR] > 0)
    return MOOR_EXIT_FAILED;
  return count->n_levels[MOOR_FINDING_WARNING] > 0 ? MOOR_EXIT_EXCEPTIONS : MOOR_EXIT_COMPLETE;
}

static int
finish (Cli *cli, const Count *count, JsonArray *array, GString *text)
{
  g_autofree char *message = sum_up (count);
  g_autoptr(JsonObject) result = json_object_new ();
  g_autoptr(MoorReportJson) report = NULL;
  g_autoptr(GError) error = NULL;
  const MoorEvent event = { .kind = MOOR_EVENT_RESULT,
                            .time_us = g_get_real_time (),
                            .exit_code = (int) exit_of (count),
                            .message = message,
                            .result = result };

  json_object_set_int_member (result, "files", count->n_files);
  json_object_set_array_member (result, "findings", json_array_ref (array));
  if (!cli->json)
    {
      g_string_append_printf (text, "%s\n", message);
      return cli_print (cli, text->str) == MOOR_EXIT_COMPLETE ? event.exit_code : MOOR_EXIT_FAILED;
    }
  report = moor_report_json_new (cli->out);
  moor_report_json_event (&event, report);
  if (moor_report_json_finish (report, &error))
    return event.exit_code;
  cli_complain (cli, error->message);
  return MOOR_EXIT_FAILED;
}

static int
lint_files (Cli *cli, JsonArray *files)
{
  g_autoptr(JsonArray) array = json_array_new ();
  g_autoptr(GString) text = g_string_new (NULL);
  Count count = { json_array_get_length (files), { 0 } };

  for (guint i = 0; i < count.n_files; i++)
    {
      g_autoptr(GPtrArray) findings = lint_file (json_array_get_string_element (files, i));

      for (guint j = 0; j < findings->len; j++)
        {
          const MoorFinding *finding = g_ptr_array_index (findings, j);
          g_autofree char *line = moor_finding_format (finding);
          g_autofree char *clean = moor_report_clean (line);

          count.n_levels[finding->level]++;
          g_string_append_printf (text, "%s\n", clean);
          add_json (array, finding);
        }
    }
  return finish (cli, &count, array, text);
}

int
cli_lint (Cli *cli, int argc, char **argv)
{
  static const CliSyntax syntax = {
    .operation = "lint",
    .verb = "lint",
    .arguments = "FILE…",
    .summary = "Tells what is wrong with rule files: where, and what to do about it.",
    .details = details,
    .operands = "files",
  };
  g_autoptr(JsonObject) request = NULL;
  int code = MOOR_EXIT_USAGE;

  request = cli_parse (cli, &syntax, argc, argv, &code);
  if (request == NULL)
    return code;
  if (!json_object_has_member (request, "files"))
    return cli_fail (cli, MOOR_EXIT_USAGE, "FILE is missing; try “mooring lint --help”");
  return lint_files (cli, json_object_get_array_member (request, "files"));
}
