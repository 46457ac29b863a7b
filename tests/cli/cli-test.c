/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli-test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

void
cli_run_clear (CliRun *run)
{
  g_free (run->out);
  g_free (run->err);
}

static CliRun
spawn (const char *const *arguments)
{
  g_autoptr(GPtrArray) argv = g_ptr_array_new ();
  g_autoptr(GError) error = NULL;
  CliRun run = { -1, NULL, NULL };
  int status = 0;

  g_ptr_array_add (argv, (gpointer) g_getenv ("MOORING"));
  for (; *arguments != NULL; arguments++)
    g_ptr_array_add (argv, (gpointer) *arguments);
  g_ptr_array_add (argv, NULL);

  assert_non_null (g_getenv ("MOORING"));
  if (!g_spawn_sync (NULL, (char **) argv->pdata, NULL, G_SPAWN_DEFAULT, NULL, NULL, &run.out,
                     &run.err, &status, &error))
    fail_msg ("%s", error->message);
  run.code = WIFEXITED (status) ? WEXITSTATUS (status) : 128 + WTERMSIG (status);
  return run;
}

/* Runs `mooring` with these arguments. */
CliRun
cli_test_run (const char *first, ...)
{
  g_autoptr(GPtrArray) arguments = g_ptr_array_new ();
  va_list args;

  va_start (args, first);
  for (const char *at = first; at != NULL; at = va_arg (args, const char *))
    g_ptr_array_add (arguments, (gpointer) at);
  va_end (args);
  g_ptr_array_add (arguments, NULL);
  return spawn ((const char *const *) arguments->pdata);
}

void
cli_test_expect (const CliRun *run, int code)
{
  if (run->code != code)
    fail_msg ("exit %d instead of %d\n%s\n%s", run->code, code, run->out, run->err);
}

void
cli_test_has (const char *text, const char *part)
{
  if (strstr (text, part) == NULL)
    fail_msg ("“%s” is not in “%s”", part, text);
}

void
cli_test_lacks (const char *text, const char *part)
{
  if (strstr (text, part) != NULL)
    fail_msg ("“%s” is in “%s”", part, text);
}

/* Every line must be an object of version 1, and the last a result. */
JsonObject *
cli_test_last_event (const CliRun *run)
{
  g_auto(GStrv) lines = g_strsplit (run->out, "\n", -1);
  guint n_lines = g_strv_length (lines);
  JsonObject *last = NULL;

  assert_true (n_lines >= 2);
  assert_string_equal (lines[n_lines - 1], "");
  for (guint i = 0; i + 1 < n_lines; i++)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(JsonNode) node = json_from_string (lines[i], &error);

      if (node == NULL)
        fail_msg ("“%s”: %s", lines[i], error->message);
      g_clear_pointer (&last, json_object_unref);
      last = json_node_dup_object (node);
      assert_non_null (last);
      assert_int_equal (json_object_get_int_member (last, "v"), 1);
      assert_int_equal (g_str_equal (json_object_get_string_member (last, "event"), "result"),
                        i + 2 == n_lines);
    }
  return last;
}

static int
compare_lines (const void *a, const void *b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* Everything below @dir, but not the times of directories, which a probe for
 * links changes, and not that of a store's marker, in which its lock is noted. */
char *
cli_test_listing (const char *dir)
{
  const char *argv[] = { "find",
                         dir,
                         "(",
                         "-type",
                         "d",
                         "-o",
                         "-name",
                         "MOORING",
                         ")",
                         "-printf",
                         "%P %y %i %m %U %G\n",
                         "-o",
                         "-printf",
                         "%P %y %i %m %U %G %s %T@ %n\n",
                         NULL };
  g_autofree char *output = NULL;
  g_auto(GStrv) lines = NULL;

  assert_true (moor_test_run (argv, &output));
  lines = g_strsplit (output, "\n", -1);
  qsort (lines, g_strv_length (lines), sizeof *lines, compare_lines);
  return g_strjoinv ("\n", lines);
}

/* A system as small as can be: two people, and others who have no home. */
void
cli_test_make_system (const char *root, const char *const *people)
{
  g_autoptr(GString) passwd = g_string_new ("root:x:0:0:root:/root:/bin/sh\n");
  g_autoptr(GString) shadow = g_string_new ("root:*:19000:0:99999:7:::\n");
  g_autoptr(GString) group = g_string_new ("root:x:0:\nusers:x:100:\n");
  g_autofree char *homes = g_build_filename (root, "home", NULL);
  guint32 uid = 1000;

  for (; people != NULL && *people != NULL; people++, uid++)
    {
      g_string_append_printf (passwd, "%s:x:%u:%u:%s Doe,,,:/home/%s:/bin/sh\n", *people, uid, uid,
                              *people, *people);
      g_string_append_printf (shadow, "%s:$6$salt$%s:19000:0:99999:7:::\n", *people, *people);
      g_string_append_printf (group, "%s:x:%u:\n", *people, uid);
    }
  moor_test_write (root, "etc/os-release", "ID=test\nPRETTY_NAME=\"Test System 1\"\n");
  moor_test_write (root, "etc/hostname", "testhost\n");
  moor_test_write (root, "etc/login.defs", "UID_MIN 1000\nUID_MAX 60000\n");
  moor_test_write (root, "etc/passwd", passwd->str);
  moor_test_write (root, "etc/shadow", shadow->str);
  moor_test_write (root, "etc/group", group->str);
  moor_test_write (root, "etc/gshadow", "root:*::\n");
  moor_test_write (root, "etc/subuid", "");
  moor_test_write (root, "etc/subgid", "");
  moor_test_write (root, "etc/skel/.profile", "# new\n");
  moor_test_write (root, "usr/bin/true", "");
  assert_int_equal (g_mkdir_with_parents (homes, 0755), 0);
}

static void
own (const char *path, guint32 uid)
{
  g_autofree char *ids = g_strdup_printf ("%u:%u", uid, uid);
  const char *argv[] = { "chown", "-hR", ids, path, NULL };

  if (geteuid () == 0)
    assert_true (moor_test_run (argv, NULL));
}

/* Ordinary files, a cache that is left out, and names that nobody wants to see
 * on a terminal. */
void
cli_test_fill_home (const char *root, const char *name, guint32 uid)
{
  g_autofree char *home = g_build_filename (root, "home", name, NULL);
  g_autofree char *link = g_build_filename (home, "link", NULL);

  moor_test_write (home, "letter.txt", "Dear all");
  moor_test_write (home, "Documents/report.odt", "numbers");
  moor_test_write (home, "Documents/deep/er/note", "deep");
  moor_test_write (home, "new\nline", "1");
  moor_test_write (home, "esc\x1b[31mape", "2");
  moor_test_write (home,
                   "not\xff"
                   "utf8",
                   "3");
  moor_test_write (home, "=formula<b>", "4");
  moor_test_write (home, ".cache/thumbnails/x", "junk");
  assert_int_equal (symlink ("letter.txt", link), 0);
  own (home, uid);
}
